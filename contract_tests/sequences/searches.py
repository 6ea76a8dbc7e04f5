"""Texts that things are found by: searches, and filters that take a part of a text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from contract_tests.resources import Resource, fold
from contract_tests.sequences.paging import identities
from contract_tests.sequences.queries import (
    MAX_VALUES,
    Field,
    Listing,
    Place,
    find_place,
    held_at,
    iter_fields,
    prepare,
)
from contract_tests.sequences.rules import Rule, bug, documents, show
from contract_tests.session import Session
from contract_tests.verdicts import Finding

_SEARCHES = frozenset({"q", "query", "search", "text", "term", "keyword", "keywords", "searchterm", "searchtext"})
NOWHERE = "zqxunderstudyjvk"
"""A text that nothing holds."""


def searched(session: Session, resource: Resource) -> Iterator[Finding]:
    """A search finds what holds the text, and not everything."""
    fields = iter_fields(session, resource.listing) if resource.listing else iter(())
    field = next((each for each in fields if fold(each.name) in _SEARCHES), None)
    listing = prepare(session, resource) if field else None
    whole = listing.whole() if listing else None
    if field is None or listing is None or not whole:
        return
    validator = session.contract.spec.document.validator(field.pointer)
    if validator.is_valid(NOWHERE) and (refused := _refused(listing, field)):
        yield refused
        return
    nothing = listing.ask((field, NOWHERE)) if validator.is_valid(NOWHERE) else None
    first = len(listing.items(listing.pages[0])) if listing.pages else 0
    if nothing is not None and first > 1 and len(listing.items(nothing)) >= first:
        problem = f"lists all {len(whole)} for {field.name}={NOWHERE}, which none of them holds"
        yield bug(listing.operation, "search", field.name, problem, nothing, 0)
        return
    yield from session.until(lambda: list(_found(listing, field, validator.is_valid)))


def _refused(listing: Listing, field: Field) -> Finding | None:
    """A list of nothing is a list, where no 404 is documented that may mean it."""
    found = listing.answer((field, NOWHERE))
    if found is None or found.answer.status != 404 or documents(listing.operation, "404"):
        return None
    problem = f"answers 404 for {field.name}={NOWHERE}, which none of them holds, not an empty list"
    return bug(listing.operation, "search", field.name, problem, found, [])


def _found(listing: Listing, field: Field, is_valid: Callable[[Any], bool]) -> Iterator[Finding]:
    """A whole text of a thing finds it in at least one of its members."""
    held, sent = listing.held(), listing.made.sent if isinstance(listing.made.sent, dict) else {}
    texts = {name: value for name, value in held.items() if isinstance(value, str) and name in sent}
    named = [value for name, value in texts.items() if field.says(rf"\b{re.escape(name)}s?\b")]
    suited = [value for value in named or texts.values() if is_valid(value) and value.strip() == value]
    tried = []
    for text in suited[:MAX_VALUES]:
        found = listing.ask((field, text))
        if found is None or not listing.is_all(found):
            continue
        if listing.made.path_values[listing.resource.parameter] in identities([found], listing.resource):
            return
        tried.append((text, found))
    if tried:
        said = " nor ".join(show(text) for text, _ in tried)
        problem = f"does not find what {listing.resource.maker} made by {field.name} {said}"
        yield bug(listing.operation, "search", f"{field.name} finds", problem, tried[0][1], "the thing")


# --- Parts of texts ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Mode:
    """A way to ask for a part of a text: how it reads in a sentence, and the members; none where more is said of it."""

    said: str
    places: tuple[Place, ...]
    has: Callable[[str, str], bool]

    @property
    def place(self) -> Place | None:
        """The one member that is looked at; None where there are more, or more is said."""
        return self.places[0] if len(self.places) == 1 else None

    def keeps(self, item: Mapping[str, Any], piece: str, *, is_exact: bool = False) -> bool:
        """Whether one of the members of a thing has a piece, in whatever case unless that counts."""
        texts = [held for place in self.places if isinstance(held := held_at(item, place), str)]
        return any(
            self.has(text, piece) or (not is_exact and self.has(text.casefold(), piece.casefold())) for text in texts
        )


_BEGINS = ("startswith", "beginswith", "startingwith", "beginningwith", "prefix")
_HOLDS = ("contains", "containing", "includes", "substring", "ilike", "like")
_SAYS_BEGINS = (
    r"\b(begin|start)(s|ning|ing)? with\b|\bprefix\b|\b(beginning|first (letters?|characters?)) of (the |its |a )?"
    r"({}|name|title|text|value)\b"
)
_SAYS_HOLDS = (
    r"\b(contain|hold|includ)(s|es|ing)?\b|\boccurs? in\b|\bsub-?string\b|\bpartial"
    r"|\bpart of (the |its |a )?({}|name|title|text|value)\b"
)
_SAYS_ELSE = r"\b(not|no|without|except|exclud\w+|unless|that contains?|which contains?)\b"
SAYS_ANY_CASE = (
    r"\bcase (is|are|being) (ignored|not significant)\b"
    r"|\bcase[- ]?insensitiv|\b(in )?any case\b|\b(regardless of|ignor\w+|whatever the) case\b"
    r"|\b(whatever|without regard to|irrespective of) (the |its )?case\b"
    r"|\bupper and lower case( \w+)?( letters)?( being| are)? (the same|equal|alike)\b"
    r"|\bwhether in upper or lower case\b"
)
_SAYS_CASE = (
    r"\bcase (matters|counts|is significant|is minded)\b|\bcase[- ]?sensitiv"
    r"|\bupper and lower case( \w+)? (are|being) (different|told apart|distinct|distinguished)\b"
)
_SAYS_WORDS = r"\bwords?\b|\bfull[- ]?text|\bfuzzy\b|\btokens?\b"
MIN_TEXT = 3


def text_mode(field: Field, held: Mapping[str, Any]) -> Mode | None:
    """How a field asks for a part of a text, as its name (`name_prefix`) or its description says, if it does."""
    name = fold(field.name)
    for endings, pattern, said, has in (
        (_BEGINS, _SAYS_BEGINS, "begins with", str.startswith),
        (_HOLDS, _SAYS_HOLDS, "contains", str.__contains__),
    ):
        stem = next((name.removesuffix(ending) for ending in endings if name.endswith(ending)), "")
        found = find_place(stem or field.name, held)
        places = (found,) if found is not None else _described_places(field, held)
        if not places or not all(isinstance(held_at(held, place), str) for place in places):
            continue
        if stem or field.says(pattern.format(re.escape(places[0][-1]))):
            is_clear = bool(stem) or not field.says(_SAYS_ELSE)
            return Mode(said, places if is_clear else (), has)
    return None


def _described_places(field: Field, held: Mapping[str, Any]) -> tuple[Place, ...]:
    """The text members that the description of a search names ("whose name or title contains this text")."""
    if fold(field.name) not in _SEARCHES or field.says(_SAYS_WORDS):
        return ()
    named = [name for name, value in held.items() if isinstance(value, str) and field.says(rf"\b{name}\b")]
    listed = "|".join(map(re.escape, named))
    # Of more than one, nothing but a list of them is understood.
    is_list = len(named) > 1 and field.says(rf"`?\b({listed})`?(, `?({listed})`?)* or `?({listed})\b")
    return tuple((name,) for name in named) if len(named) == 1 or is_list else ()


def partly(session: Session, resource: Resource) -> Iterator[Finding]:
    """A filter of a part of a text keeps what begins with it, or holds it, and only that."""
    fields = list(iter_fields(session, resource.listing)) if resource.listing else []
    listing = prepare(session, resource) if fields else None
    held = listing.held() if listing else {}
    for field in fields if listing is not None else ():
        mode = text_mode(field, held)
        for place in mode.places if listing is not None and mode is not None else ():
            if listing is not None and mode is not None:
                yield from _by_pieces(listing, field, mode, place, held_at(held, place))


def _by_pieces(listing: Listing, field: Field, mode: Mode, place: Place, text: str) -> Iterator[Finding]:
    """The beginning of a text, its middle, and what no text holds."""
    size = min(len(text) // 2 + 1, 8)
    is_valid = listing.session.contract.spec.document.validator(field.pointer).is_valid
    # Of a text that is looked for literally, nothing is a wildcard.
    wild = ("%", "_", "*") if field.says(r"\bliteral(ly)?\b|\bas it is\b") else ()
    spaced = [
        part for part in (f"{text[:1]} ", f" {text[-1:]}") if len(text) >= MIN_TEXT and field.says("spaces count")
    ]
    is_exact = field.says(_SAYS_CASE)
    others = [text[:size].swapcase()] if is_exact else []
    pieces = (text[:size], text[1 : 1 + size], NOWHERE, *others, *wild, *spaced)
    for piece in pieces if len(text) >= MIN_TEXT else ():
        is_edged = piece != piece.strip() and not field.says(r"\bspaces count\b|\bexactly\b")
        if is_edged or not piece.isprintable() or not is_valid(piece):
            continue
        found = listing.ask((field, piece))
        items = listing.items(found) if found else []
        wrong = [
            held_at(item, place)
            for item in items
            if place in _texts(mode, item) and not mode.keeps(item, piece, is_exact=is_exact)
        ]
        if found is not None and wrong:
            member, said = ".".join(place), f"{field.name}={piece}"
            problem = f"lists {member}={show(wrong[0])} for {said}, where it should keep what {mode.said} it"
            yield bug(listing.operation, "part", field.name, problem, found, piece)
            return
        spellings = [piece] + ([piece.swapcase()] if field.says(SAYS_ANY_CASE) else [])
        for spelled in dict.fromkeys(spellings):
            left_out = listing.session.until(partial(_left_out, listing, field, mode, place, (piece, spelled)))
            yield from left_out
            if left_out:
                return


def _texts(mode: Mode, item: Mapping[str, Any]) -> list[Place]:
    """The members that are looked at, where all of them are texts."""
    return [*mode.places] if all(isinstance(held_at(item, place), str) for place in mode.places) else []


def _left_out(listing: Listing, field: Field, mode: Mode, place: Place, piece: tuple[str, str]) -> list[Finding]:
    """The first thing that has a piece and is not listed for it, as it is spelled."""
    own, spelled = piece
    found = listing.ask((field, spelled))
    if found is None or not listing.is_all(found):
        return []
    got, whole = set(listing.names(listing.items(found))), listing.whole() or []
    for item, name in zip(whole, listing.names(whole), strict=True):
        held = held_at(item, place)
        if isinstance(held, str) and mode.has(held, own) and name not in got:
            problem = f"leaves out {'.'.join(place)}={show(held)} for {field.name}={spelled}"
            return [bug(listing.operation, "part", field.name, problem, found, spelled)]
    return []


SEARCHES = (
    Rule("a search finds what holds the text", ("maker", "listing"), searched),
    Rule("a filter of a part keeps what has it", ("maker", "listing"), partly),
)
