"""What a document says of the states in which something may not be done: "only drafts can be changed"."""

from __future__ import annotations

import itertools
import re
from collections.abc import Collection, Iterator
from typing import NamedTuple

from contract_tests.mentions import MIN_STATE, Mention, Said, read_sentences

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
_OTHERS = re.compile(
    r"\b(?:any|every|all) others?\b(?! (?:steps?|moves?|transitions?|changes?|ways?|requests?|values?)\b)|\botherwise\b"
)
_UNLESS = re.compile(r"\bunless\b(.*)")
_WHILE = re.compile(r"\b(?:while|when|once|if|after|as long as|in)\b(.*)")
_REFUSED = re.compile(r"\b(?:409|423|conflict\w*|refuse[sd]?|rejected with|is an error)\b")
_MORE = re.compile(r"\b(?:must|needs?|requires?|without|otherwise|missing|key|makes?|turns?|becomes?|sets?|same)\b")
"""What is refused is not, or not only, refused for a state."""
_EXCEPTED = re.compile(r"\b(?:unless|except|but|until|before|other than)\b")
_VERB = re.compile(r"\bbe (?:\w+ly )?(\w+(?:ed|en|t))\b")
_ELSE = re.compile(r"\b(?:anything|everything|any|every|all) (?:else|others?)\b|\bno others?\b|\bonly\b")
_FIRST = re.compile(
    r"\b(?:a )?new (?:[a-z]+ )?(?:is|are|begins?|starts?(?: out)?)(?: as| in| with)?(?: an?| the)?$"
    r"|\b(?:is|are) (?:created|made|stored|registered|opened) (?:as|in)(?: an?| the)?(?: state| status)?$"
    r"|\b(?:starts?|begins?)(?: out)?(?: life)? (?:as|in|with)(?: an?| the)?(?: state| status)?$"
    r"|\b(?:is |are )?(?:initially|at first)(?: an?| in)?$"
)
_DONE_TO = re.compile(r"\b(?:can|may|cannot|can't|could|to) be$")
"""What is behind is no state, but what is done to a thing."""
_FOR = re.compile(r"for (?:an? |the )?(?:\w+ (?:and|or) )?\w+ \w+ \(409\b")
"""The only things that something is for: "for open invoices (409)"."""
_STAYS = re.compile(r"\bstays?\b|\b(?:is|are) (?:final|terminal)\b")


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


def iter_guards(
    text: str, states: Collection[str], nouns: Collection[str] = (), *, is_refusal: bool = False
) -> Iterator[Guard]:
    """What a description says of the states of things that are called `nouns`.

    What is the description of a refusal need not say that something is refused.
    """
    before: tuple[Mention, ...] = ()
    for said in read_sentences(text, states, nouns):
        found = _read(said, before, is_refusal=is_refusal)
        if found is not None and found[0]:
            verb = _VERB.search(said.plain)
            yield Guard(frozenset(found[0]), found[1], verb[1] if verb else "", said.sentence)
        before = tuple(m for m in said.mentions if not _DONE_TO.search(said.plain[: m.start].rstrip()))


def read_moves(text: str, states: Collection[str], nouns: Collection[str] = ()) -> dict[str, frozenset[str]]:
    """To which states something can be brought from each, where it is said that no other way is open."""
    moves: dict[str, frozenset[str]] = {}
    is_all = False
    for said in read_sentences(text, states, nouns):
        groups = list(said.groups())
        for (word, sources), (link, targets) in itertools.pairwise(groups):
            if (word, link) in {("from", "to"), ("from", "over"), ("from", "into")}:
                moves |= {source: moves.get(source, frozenset()) | targets for source in sources}
        for source, targets in _passive(said, nouns):
            moves[source] = moves.get(source, frozenset()) | targets
        if _STAYS.search(said.plain) and groups:
            moves |= {state: frozenset() for state in groups[0][1] if state not in moves}
        is_all = is_all or (_ELSE.search(said.plain) is not None and _REFUSED.search(said.plain) is not None)
    if is_all and any(moves.values()):
        return {state: moves.get(state, frozenset()) for state in states}
    return {state: targets for state, targets in moves.items() if not targets}


def read_first(text: str, states: Collection[str], nouns: Collection[str] = ()) -> frozenset[str]:
    """The states in which what is new is said to be: "a new order is a draft", "starts as pending"."""
    found: set[str] = set()
    for said in read_sentences(text, states, nouns):
        for mention in said.mentions:
            ahead = said.plain[: mention.start].rstrip()
            if _FIRST.search(ahead) and not mention.is_negated:
                found.add(mention.state)
    return frozenset(found)


def _passive(said: Said, nouns: Collection[str]) -> Iterator[tuple[str, frozenset[str]]]:
    """The moves of "a draft can be placed or cancelled, a placed order received or cancelled"."""
    noun = "|".join(map(re.escape, sorted({*nouns, "one", "ones", "thing", "things"})))
    first = re.compile(rf"\s*(?:(?:{noun})\b)?\s*(?:can|may) (?:only )?be\s*")
    later = re.compile(rf"\s*(?:(?:{noun})\b)\s*(?:(?:can|may) )?(?:only )?(?:be )?\s*")
    is_open = False
    for clause in re.finditer(r"[^,;]+", said.plain):
        inside = [m for m in said.mentions if clause.start() <= m.start < clause.end()]
        between = said.plain[inside[0].end : inside[1].start] if len(inside) > 1 else ""
        is_move = len(inside) > 1 and (first if not is_open else later).fullmatch(between) is not None
        if not is_move or not said.is_list(inside[1:]) or any(m.is_negated for m in inside):
            is_open = False
            continue
        is_open = True
        yield inside[0].state, frozenset(m.state for m in inside[1:])


def _read(said: Said, before: tuple[Mention, ...], *, is_refusal: bool) -> tuple[set[str], bool] | None:
    """The states that a sentence speaks of, and whether it is these that are allowed."""
    plain, mentions = said.plain, said.mentions
    is_refused = is_refusal or _REFUSED.search(plain) is not None
    if not mentions:
        return ({before[0].state}, True) if before and is_refused and _OTHERS.search(plain) else None
    if allowed := _allowed(said, is_refused=is_refused):
        return allowed, True
    if match := _MAY_NOT.search(plain):
        ahead = tuple(mention for mention in mentions if mention.start < match.start())
        condition = _WHILE.search(plain, match.end())
        return _alike(said, ahead or (said.after(condition.start(1)) if condition else ()))
    behind = said.after(plain.find(": ")) if ": " in plain else ()
    return _alike(said, behind or mentions) if is_refused and not _MORE.search(plain) else None


def _allowed(said: Said, *, is_refused: bool) -> set[str]:
    """The only states in which a sentence says that something may be done."""
    plain = said.plain
    if match := _ONLY_MAY.search(plain):
        named = {m.state for m in said.mentions if match.start(1) <= m.start < match.end(1) and not m.is_past}
        if named:
            return named
    if _FOR.match(plain) and is_refused:
        return set(next(said.groups())[1])
    starts = [match.start(1) for match in (_ONLY_WHILE.search(plain),) if match]
    starts += [match.start(1) for match in (_BUT.search(plain),) if match and is_refused]
    match = _UNLESS.search(plain)
    if match and (is_refused or _MAY_NOT.search(plain)) and said.mentions[0].start > match.start():
        starts.append(match.start(1))
    return {mention.state for mention in said.after(starts[0])} if starts else set()


def _alike(said: Said, mentions: tuple[Mention, ...]) -> tuple[set[str], bool] | None:
    """States that are listed, all forbidden or, where it is said that something is none of them, all allowed."""
    if not mentions or _EXCEPTED.search(said.plain) or not said.is_list(mentions):
        return None
    return {mention.state for mention in mentions}, mentions[0].is_negated
