"""What a document says of the states in which something may not be done: "only drafts can be changed"."""

from __future__ import annotations

import itertools
import re
from collections.abc import Collection, Iterator
from typing import NamedTuple

MIN_STATE = 3
"""A state of fewer letters may be any word."""

_CHANGED = re.compile(r"changed|edited|updated|modified|altered|replaced|patched|written|amended")
_DELETED = re.compile(r"deleted|removed|erased")
_MAY_NOT = re.compile(
    r"\b(?:cannot|can not|can't|can no longer|can never|may not|may no longer|must not|must no longer|is not possible"
    r"|(?:is|are) (?:not|no longer) (?:allowed|permitted|possible|accepted))\b"
)
_ONLY_MAY = re.compile(r"\bonly\b([^,:]*?)\b(?:can|may)\b")
_ONLY_WHILE = re.compile(r"\bonly\b(?:(?! can | may ).)*?\b(?:while|when|if|in|as long as|from|for|on)\b(.*)")
_BUT = re.compile(
    r"\b(?:anything|any|every|all|states?|status|statuses)(?: [a-z]+){0,2} (?:but|except|other than)\b(.*)"
)
_OTHERS = re.compile(r"\b(?:any|every|all) others?\b|\botherwise\b")
_UNLESS = re.compile(r"\bunless\b(.*)")
_WHILE = re.compile(r"\b(?:while|when|once|if|after|as long as|in)\b(.*)")
_REFUSED = re.compile(r"\b(?:409|423|conflict\w*|refuse[sd]?|rejected with|is an error)\b")
_MORE = re.compile(r"\b(?:must|needs?|requires?|without|otherwise|missing|key|makes?|turns?|becomes?|sets?|same)\b")
"""What is refused is not, or not only, refused for a state."""
_EXCEPTED = re.compile(r"\b(?:unless|except|but|until|before|other than)\b")
_VERB = re.compile(r"\bbe (?:\w+ly )?(\w+(?:ed|en|t))\b")
_SEPARATOR = re.compile(r"(?<=[.:;!?])\s+|\n\n|\n[-*] ")
_NOT = re.compile(
    r"(?:\bnot|\bno longer|n't|\bneither|\bnor|\bnever)(?: (?:a|an|in|the|state|status|been|yet|being|be))*$"
)
_WAS = re.compile(r"\b(?:was|were|been|has|have)$")
_LISTED = re.compile(r"[\s,]*(?:(?:or|and|nor|a|an|already|in|state|either)\b[\s,]*)*")
_WORD = re.compile(r"[\s]*([a-z']+)")
_GOES_ON = frozenset({
    "is", "are", "can", "cannot", "can't", "may", "must", "already", "or", "and", "in", "one", "ones", "when",
    "while", "by", "at", "it", "a", "an", "the", "be", "once", "if", "with", "from", "to", "for", "will", "was",
    "were", "no", "not", "any", "anymore", "again", "yet", "state", "status", "only", "that", "which", "on",
    "of", "nor", "has", "things", "thing",
})  # fmt: skip


class Guard(NamedTuple):
    """The states in which something is possible or, where they are not `allowed`, is not; the participle of what is."""

    states: frozenset[str]
    allowed: bool
    verb: str
    sentence: str

    def forbids(self, state: str) -> bool:
        """Whether it is not possible in a state."""
        return (state in self.states) is not self.allowed

    def is_about(self, method: str, path: str) -> bool:
        """Whether an operation on a thing does what is said: by its method, or by the last word of its path."""
        if _CHANGED.fullmatch(self.verb):
            return method in {"PUT", "PATCH"}
        if _DELETED.fullmatch(self.verb):
            return method == "DELETE"
        last = re.sub(r"[^a-z]", "", path.rpartition("/")[2].lower())
        stem = re.sub(r"(?:ted|ed|en|d|t)$", "", self.verb)
        return method in {"POST", "PUT"} and len(stem) >= MIN_STATE and last.startswith(stem)


class _Mention(NamedTuple):
    state: str
    start: int
    end: int
    is_negated: bool
    is_past: bool


def iter_guards(
    text: str, states: Collection[str], nouns: Collection[str] = (), *, is_refusal: bool = False
) -> Iterator[Guard]:
    """What a description says of the states of things that are called `nouns`.

    What is the description of a refusal need not say that something is refused.
    """
    words = {word: state for state in states if len(word := _plain(state)) >= MIN_STATE}
    before: list[_Mention] = []
    for sentence in _SEPARATOR.split(text) if words else ():
        plain = _plain(sentence, words)
        mentions = list(_iter_mentions(plain, words, nouns))
        found = _read(plain, mentions, before, is_refusal=is_refusal)
        if found is not None and found[0]:
            verb = _VERB.search(plain)
            yield Guard(frozenset(found[0]), found[1], verb[1] if verb else "", " ".join(sentence.split()))
        before = mentions


def _plain(text: str, words: Collection[str] = ()) -> str:
    """A text in small letters, its names in words; names of members are none of these words."""

    def name(match: re.Match[str]) -> str:
        spoken = re.sub(r"[_-]", " ", match[0])
        return spoken if not words or spoken in words or "_" not in match[0] else "it"

    plain = re.sub(r"[a-z][a-z0-9]*(?:[_-][a-z0-9]+)+", name, re.sub(r"[`\"*]|'(?!t\b)", "", text.lower()))
    return " ".join(plain.split())


def _iter_mentions(plain: str, words: dict[str, str], nouns: Collection[str]) -> Iterator[_Mention]:
    longest = sorted(map(re.escape, words), key=len, reverse=True)
    for match in re.finditer(rf"\b({'|'.join(longest)})s?\b", plain):
        follows = _WORD.match(plain, match.end())
        if follows is None or follows[1] in _GOES_ON or follows[1] in nouns:
            ahead = plain[: match.start()].rstrip()
            is_negated, is_past = _NOT.search(ahead) is not None, _WAS.search(ahead) is not None
            yield _Mention(words[match[1]], match.start(), match.end(), is_negated, is_past)


def _read(
    plain: str, mentions: list[_Mention], before: list[_Mention], *, is_refusal: bool
) -> tuple[set[str], bool] | None:
    """The states that a sentence speaks of, and whether it is these that are allowed."""
    is_refused = is_refusal or _REFUSED.search(plain) is not None
    if not mentions:
        return ({before[0].state}, True) if before and is_refused and _OTHERS.search(plain) else None
    if allowed := _allowed(plain, mentions, is_refused=is_refused):
        return allowed, True
    if match := _MAY_NOT.search(plain):
        ahead = [mention for mention in mentions if mention.start < match.start()]
        condition = _WHILE.search(plain, match.end())
        behind = [m for m in mentions if condition is not None and m.start >= condition.start(1)]
        return _alike(plain, ahead or behind)
    return _alike(plain, mentions) if is_refused and not _MORE.search(plain) else None


def _allowed(plain: str, mentions: list[_Mention], *, is_refused: bool) -> set[str]:
    """The only states in which a sentence says that something may be done."""
    if match := _ONLY_MAY.search(plain):
        named = {m.state for m in mentions if match.start(1) <= m.start < match.end(1) and not m.is_past}
        if named:
            return named
    starts = [match.start(1) for match in (_ONLY_WHILE.search(plain),) if match]
    starts += [match.start(1) for match in (_BUT.search(plain),) if match and is_refused]
    match = _UNLESS.search(plain)
    if match and (is_refused or _MAY_NOT.search(plain)) and mentions[0].start > match.start():
        starts.append(match.start(1))
    return {mention.state for mention in mentions if starts and mention.start >= starts[0]}


def _alike(plain: str, mentions: list[_Mention]) -> tuple[set[str], bool] | None:
    """States that are listed, all forbidden or, where it is said that something is none of them, all allowed."""
    pairs = itertools.pairwise(mentions)
    if not mentions or _EXCEPTED.search(plain) or not all(_LISTED.fullmatch(plain[a.end : b.start]) for a, b in pairs):
        return None
    return {mention.state for mention in mentions}, mentions[0].is_negated
