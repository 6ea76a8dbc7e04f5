"""Members that are said to be null in some states and not in others: "null until the job is done"."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple

from contract_tests.contract import Contract, MediaType, Operation
from contract_tests.exchanges import Answer, Call
from contract_tests.mentions import Mention, Said, read_sentences
from contract_tests.resources import RUNNING, STATES, Shape, fold, iter_members
from contract_tests.values import value_bug
from contract_tests.verdicts import Finding

MAX_ITEMS = 50
"""So many things of one answer are looked at."""

_NULL = r"\b(?:null|absent|left out|not (?:there|present|set|shown|known)|unset)"
_UNTIL = re.compile(rf"{_NULL} (?:until|before)\b(.*)")
_WHILE = re.compile(rf"{_NULL} (?:while|as long as|when|if|for|in)\b(.*)")
_UNLESS = re.compile(rf"{_NULL} unless\b(.*)")
_THERE = r"(?:set|present|there|given|known|filled|shown|available)"
_ONLY = re.compile(rf"\b(?:only {_THERE}|{_THERE} only) (?:when|while|if|for|in|as long as)\b(.*)")
_WHEN = re.compile(rf"\b{_THERE} (?:when|while|if|for|as long as)\b(.*)")
_OTHERWISE = re.compile(
    rf"\b(?:otherwise|else)(?: it)?(?: is)? {_NULL[2:]}|{_NULL} (?:otherwise|in (?:all|any|every) others?)\b"
)
_ENDS = frozenset(
    {"done", "succeeded", "failed", "complete", "completed", "finished", "ready", "success", "error", "succeed"}
)


class Condition(NamedTuple):
    """In which states a member is null, and in which it is not."""

    null_in: frozenset[str]
    set_in: frozenset[str]
    sentence: str


def read_condition(text: str, states: Collection[str]) -> Condition | None:
    """What the description of a member says of the states in which it is null; None where it says nothing of them."""
    listed, before = frozenset(states), _Named(frozenset(), frozenset())
    for said in read_sentences(text, states):
        for pattern in (_UNTIL, _UNLESS, _WHILE, _ONLY):
            if pattern is not _UNTIL and re.search(r"\bnever\b", said.plain):
                continue  # what was never so need not be in a state now
            match = pattern.search(said.plain)
            named, others = _named(said, match.start(1), listed) if match else before
            if match is None or not named:
                continue
            if pattern is _UNTIL:
                return Condition(_early(listed) - named, named, said.sentence)
            if pattern is _WHILE:
                return Condition(named, frozenset(), said.sentence)
            return Condition(others, named if pattern is _UNLESS else frozenset(), said.sentence)
        when = _WHEN.search(said.plain)
        here = _named(said, when.start(1), listed) if when else None
        there = here or before
        if there.named and _OTHERWISE.search(said.plain):
            return Condition(there.others, there.named, said.sentence)
        before = here or _Named(frozenset(), frozenset())
    return None


class _Named(NamedTuple):
    """States that a sentence names, and all others that something can be in that is in none of them."""

    named: frozenset[str]
    others: frozenset[str]


def _named(said: Said, start: int, listed: frozenset[str]) -> _Named:
    """The states that are listed behind a word, or all others where it is said that it is none of them."""
    first: list[Mention] = []
    for mention in said.after(start):
        if first and not said.is_list([first[-1], mention]):
            break
        first.append(mention)
    named = frozenset(mention.state for mention in first)
    if first and first[0].is_negated:
        named = listed - named
    # What "was resolved" may be opened again; what has ended by itself may not.
    is_over = any(mention.is_past for mention in first) and not _early(listed)
    return _Named(named, frozenset() if is_over else listed - named)


def _early(listed: frozenset[str]) -> frozenset[str]:
    """The states that something has only before it is done: those of what ends by itself, and is never begun again."""
    if not any(fold(state) in _ENDS for state in listed):
        return frozenset()
    return frozenset(state for state in listed if fold(state) in RUNNING)


def find_conditions(contract: Contract, shape: Shape) -> tuple[str, dict[str, Condition]] | None:
    """The member that says how far a thing is, and what is said of others; None where nothing is."""
    members = {name: schema for name, schema, _ in iter_members(contract, *shape)}
    for state, schema in members.items():
        listed = [value for value in contract.enum(schema) if isinstance(value, str)]
        if fold(state) in STATES and len(listed) > 1:
            told = {name: read_condition(contract.description(other), listed) for name, other in members.items()}
            found = {name: condition for name, condition in told.items() if condition is not None}
            return (state, found) if found else None
    return None


class Conditions:
    """Looks at what answers show of things that say how far they are."""

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self._told = cache(self._find)

    def iter_problems(self, operation: Operation, call: Call, answer: Answer) -> Iterator[Finding]:
        """The members of an answer that are null where they are said not to be, or the other way round."""
        found = self._told(str(operation), answer.status) if 200 <= answer.status < 300 else {}
        body = answer.json() if found else None
        for place, (state, conditions) in found.items():
            for thing in _things(body, place):
                value = thing.get(state)
                for name, condition in conditions.items() if isinstance(value, str) else ():
                    shown = thing.get(name)
                    if shown is not None and value in condition.null_in:
                        wanted, problem = None, f"shows {name}={shown!r} where {state}={value!r}"
                    elif shown is None and value in condition.set_in:
                        wanted, problem = "a value", f"shows no {name} where {state}={value!r}"
                    else:
                        continue
                    problem = f"{problem}, though it is said: {condition.sentence!r}"
                    yield value_bug(operation, "condition", name, problem, "", call, answer, wanted)

    def _find(self, label: str, status: int) -> dict[tuple[str, ...], tuple[str, dict[str, Condition]]]:
        """By the place of a thing in an answer: the member that says how far it is, and those that depend on it."""
        response = self._contract.find_response(self._contract.by_label[label], status)
        media = next((each for each in response.content if "json" in each.name.lower()), None) if response else None
        told = {place: find_conditions(self._contract, shape) for place, shape in self._shapes(media)}
        return {place: found for place, found in told.items() if found is not None}

    def _shapes(self, media: MediaType | None) -> Iterator[tuple[tuple[str, ...], Shape]]:
        """What an answer is, and what its members are or hold."""
        if media is None:
            return
        shape = Shape.of(media)
        yield (), shape
        inside = [((), shape), *(((name,), Shape(s, p)) for name, s, p in iter_members(self._contract, *shape))]
        for place, held in inside:
            node, pointer = self._contract.resolve(*held)
            if isinstance(node, Mapping) and isinstance(node.get("items"), Mapping):
                yield (*place, "*"), Shape(node["items"], f"{pointer}/items")
            elif place and isinstance(node, Mapping):
                yield place, held


def _things(body: Any, place: tuple[str, ...]) -> Iterator[Mapping[str, Any]]:
    """The objects at a place of an answer."""
    if not place:
        yield from [body] if isinstance(body, Mapping) else []
    elif place[0] == "*":
        for item in body[:MAX_ITEMS] if isinstance(body, list) else ():
            yield from _things(item, place[1:])
    elif isinstance(body, Mapping):
        yield from _things(body.get(place[0]), place[1:])
