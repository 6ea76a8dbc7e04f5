"""Where prose speaks of the states of things: "while it is still pending", "reports that are not drafts"."""

from __future__ import annotations

import itertools
import re
from collections.abc import Collection, Iterator
from typing import NamedTuple

MIN_STATE = 3
"""A state of fewer letters may be any word."""

_SEPARATOR = re.compile(r"(?<=[.;!?])\s+|\n\n|\n[-*] ")
_NOT = re.compile(
    r"(?:\bnot|\bno longer|n't|\bneither|\bnor|\bnever)(?: (?:a|an|in|the|state|status|been|yet|being|be))*$"
)
_WAS = re.compile(r"\b(?:was|were|been|has|have)$")
_LISTED = re.compile(r"[\s,]*(?:(?:or|and|nor|a|an|already|in|state|either)\b[\s,]*)*")
_WORD = re.compile(r"\s*([a-z']+)")
_GOES_ON = frozenset({
    "is", "are", "can", "cannot", "can't", "may", "must", "already", "or", "and", "in", "one", "ones", "when",
    "while", "by", "at", "it", "a", "an", "the", "be", "once", "if", "with", "from", "to", "for", "will", "was",
    "were", "no", "not", "any", "anymore", "again", "yet", "state", "status", "only", "that", "which", "on",
    "of", "nor", "has", "things", "thing",
})  # fmt: skip


class Mention(NamedTuple):
    """A state that a sentence speaks of, from one letter of it to another."""

    state: str
    start: int
    end: int
    is_negated: bool
    is_past: bool


class Said(NamedTuple):
    """A sentence, in small letters with all names in words, and the states in it."""

    sentence: str
    plain: str
    mentions: tuple[Mention, ...]

    def after(self, start: int) -> tuple[Mention, ...]:
        """The states that are mentioned from a letter on."""
        return tuple(mention for mention in self.mentions if mention.start >= start)

    def is_list(self, mentions: Collection[Mention]) -> bool:
        """Whether states are listed, with nothing else said between them."""
        pairs = itertools.pairwise(mentions)
        return all(_LISTED.fullmatch(self.plain[one.end : two.start]) for one, two in pairs)

    def groups(self) -> Iterator[tuple[str, frozenset[str]]]:
        """The states that are listed together, and the word before each list of them."""
        group: list[Mention] = []
        for mention in self.mentions:
            if group and not self.is_list([group[-1], mention]):
                yield self._group(group)
                group = []
            group.append(mention)
        if group:
            yield self._group(group)

    def _group(self, group: list[Mention]) -> tuple[str, frozenset[str]]:
        ahead = re.sub(r"\b(a|an|the|in|state|status|either|it is|is)$", "", self.plain[: group[0].start].rstrip())
        return (ahead.split() or [""])[-1], frozenset(mention.state for mention in group)


def read_sentences(text: str, states: Collection[str], nouns: Collection[str] = ()) -> Iterator[Said]:
    """The sentences of a text. A state is none where another thing is meant than those that are called `nouns`."""
    words = {word: state for state in states if len(word := _plain(state)) >= MIN_STATE}
    for sentence in _SEPARATOR.split(text) if words else ():
        plain = _plain(sentence, words)
        yield Said(" ".join(sentence.split()), plain, tuple(_iter_mentions(plain, words, nouns)))


def _plain(text: str, words: Collection[str] = ()) -> str:
    """A text in small letters, its names in words; names of members are none of these words."""

    def name(match: re.Match[str]) -> str:
        spoken = re.sub(r"[_-]", " ", match[0])
        return spoken if not words or spoken in words or "_" not in match[0] else "it"

    plain = re.sub(r"[a-z][a-z0-9]*(?:[_-][a-z0-9]+)+", name, re.sub(r"[`\"*]|'(?!t\b)", "", text.lower()))
    return " ".join(plain.split())


def _iter_mentions(plain: str, words: dict[str, str], nouns: Collection[str]) -> Iterator[Mention]:
    longest = sorted(map(re.escape, words), key=len, reverse=True)
    for match in re.finditer(rf"\b({'|'.join(longest)})s?\b", plain):
        follows = _WORD.match(plain, match.end())
        if follows is None or follows[1] in _GOES_ON or follows[1] in nouns:
            ahead = plain[: match.start()].rstrip()
            is_negated, is_past = _NOT.search(ahead) is not None, _WAS.search(ahead) is not None
            yield Mention(words[match[1]], match.start(), match.end(), is_negated, is_past)
