"""Ranges: what lies within is listed, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from contract_tests.contract import Operation
from contract_tests.forms import as_text
from contract_tests.resources import Resource, fold
from contract_tests.sequences.queries import Field, Listing, Place, held_at, iter_fields, prepare
from contract_tests.sequences.rules import Rule, bug, show
from contract_tests.session import Session
from contract_tests.verdicts import Finding

_LOW = frozenset({"min", "minimum", "from", "since", "gte", "ge", "start", "atleast", "lower"})
_ABOVE = frozenset({"gt", "after", "above", "over", "newer"})
_HIGH = frozenset({"max", "maximum", "to", "until", "lte", "le", "end", "atmost", "upper"})
_BELOW = frozenset({"lt", "before", "below", "under", "older"})
_BOUNDS = _LOW | _ABOVE | _HIGH | _BELOW
_EXACT = frozenset({"min", "minimum", "max", "maximum", "gte", "ge", "lte", "le", "atleast", "atmost"})
"""Ends that are included; `to` and `until` are as often not."""

_HOLDERS = frozenset({"filter", "filters"})
_ALIKE: Mapping[str, frozenset[str]] = {"size": frozenset({"bytes", "filesize", "sizebytes", "contentlength"})}
"""Members that a range may be called after otherwise."""


@dataclass(frozen=True, slots=True)
class Bound:
    """An end of a range: what a query names, the member of things, and what it keeps."""

    field: Field
    place: Place
    is_low: bool
    is_included: bool | None

    def keeps(self, value: Any, limit: Any) -> bool | None:
        """Whether a value is listed; None where the name does not say."""
        if value == limit:
            return self.is_included
        return bool(value > limit if self.is_low else value < limit)


def _bounds(session: Session, listing: Operation, items: list[dict[str, Any]]) -> Iterator[Bound]:
    places = _places(items)
    for field in iter_fields(session, listing):
        words = _words(field.name)
        bound = [word for word in words if word in _BOUNDS]
        stem = "".join(word for word in words if word not in _BOUNDS | _HOLDERS)
        named = _named(places, stem) if stem else _described(field, places)
        if len(bound) == 1 and named is not None:
            yield Bound(field, named, bound[0] in _LOW | _ABOVE, _is_included(field, bound[0]))


def _places(items: list[dict[str, Any]]) -> list[Place]:
    """The members of items, and those of their members."""
    own = {(name,) for item in items for name in item}
    inner = {(n, child) for item in items for n, held in item.items() if isinstance(held, dict) for child in held}
    return [*sorted(own), *sorted(inner)]


def _named(places: list[Place], stem: str) -> Place | None:
    """The one that a stem is the name of, or else the beginning of the name of a moment."""
    folded = [(place, fold("".join(place))) for place in places]
    named = [place for place, name in folded if name == stem or name in _ALIKE.get(stem, ())]
    named = named or [place for place, name in folded if re.fullmatch(f"{re.escape(stem)}(at|on|date|time)", name)]
    return next(iter(named), None)


def _described(field: Field, places: list[Place]) -> Place | None:
    """The only one whose name stands in a description, in code or as a name that is no word (`created_at`)."""
    found = [
        place
        for place in places
        if len(place) == 1
        and field.says(rf"`{re.escape(place[0])}`|\b{re.escape(place[0])}\b" if _is_coined(place[0]) else "`" +
                       re.escape(place[0]) + "`")
    ]  # fmt: skip
    return found[0] if len(found) == 1 else None


def _is_coined(name: str) -> bool:
    return "_" in name or re.search(r"[a-z][A-Z]", name) is not None


_SAYS_INCLUDED = (
    r"\binclu(sive|ded|ding)|\bor (later|earlier|more|less|after|before|equal)\b|\bat (least|most)\b"
    r"|\b(not|no) (before|after|earlier|later|more|less|older|newer)\b"
)


def _is_included(field: Field, word: str) -> bool | None:
    """Whether the end itself lies within; None where neither its name nor its description says."""
    if field.says(_SAYS_INCLUDED):
        return True
    if word in {"gt", "lt"} or field.says(r"\bexclu(sive|ded|ding)|\bstrictly\b|\b(later|earlier) than\b"):
        return False
    return True if word in _EXACT else None


def ranged(session: Session, resource: Resource) -> Iterator[Finding]:
    """A range keeps what lies within, its ends included where its name says so."""
    listing = resource.listing
    if listing is None or not any(_BOUNDS & {*_words(each.name)} for each in iter_fields(session, listing)):
        return
    prepared = prepare(session, resource, number=3)
    whole = prepared.whole() if prepared else None
    if prepared is None or not whole:
        return
    for bound in _bounds(session, listing, whole):
        found = {value for item in whole if (value := _comparable(held_at(item, bound.place))) is not None}
        if len({isinstance(value, str) for value in found}) != 1 or len(found) < 2:
            continue
        values = sorted(found, key=_key)
        limits = {_key(values[len(values) // 2]): values[len(values) // 2], _key(values[-1]): values[-1]}
        for limit in limits.values():
            yield from _within(prepared, bound, limit, whole)


def _words(text: str) -> list[str]:
    return [word.lower() for word in re.findall(r"[a-z]+|[A-Z][a-z]*|[0-9]+", text)]


def _comparable(value: Any) -> Any:
    """A number, a date, or a text that is a moment with its offset."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    return value if isinstance(value, str) and len(value) >= 10 and _moment(value) else None


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    is_date = re.fullmatch(r"\d{4}-\d\d-\d\d", text) is not None
    return moment.replace(tzinfo=UTC) if is_date else moment if moment.tzinfo else None


def _key(value: Any) -> Any:
    return _moment(value) if isinstance(value, str) else value


def _within(listing: Listing, bound: Bound, limit: Any, whole: list[dict[str, Any]]) -> Iterator[Finding]:
    field, member = bound.field, ".".join(bound.place)
    if not listing.session.contract.spec.document.validator(field.pointer).is_valid(limit):
        return
    found = listing.ask((field, limit))
    if found is None:
        return
    said = f"{field.name}={as_text(limit)}"
    items = listing.items(found)
    for item in items:
        value = _comparable(held_at(item, bound.place))
        if value is not None and bound.keeps(_key(value), _key(limit)) is False:
            problem = f"lists {member}={show(value)} for {said}"
            yield bug(listing.operation, "range", field.name, problem, found, said)
            return
    got = set(listing.names(items)) if listing.is_all(found) else set(listing.names(whole))
    for item, name in zip(whole, listing.names(whole), strict=True):
        value = _comparable(held_at(item, bound.place))
        if value is not None and name not in got and bound.keeps(_key(value), _key(limit)):
            problem = f"leaves out {member}={show(value)} for {said}"
            yield bug(listing.operation, "range", field.name, problem, found, said)
            return


RANGES = (Rule("a range keeps what lies within", ("maker", "listing"), ranged),)
