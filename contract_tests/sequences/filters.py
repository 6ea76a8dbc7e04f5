"""Filters of lists: what a parameter names is what is listed, all of it, and only that."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from contract_tests.contract import Operation, Parameter
from contract_tests.drafts import Draft
from contract_tests.forms import as_text
from contract_tests.resources import Resource, answer_shape, fold, iter_members
from contract_tests.sequences.paging import identities, identity, items_of, largest_size, size_parameter, walk
from contract_tests.sequences.rules import Rule, bug, make_full, other_body, parameter_says, show
from contract_tests.session import Exchange, Made, Session
from contract_tests.values import same
from contract_tests.verdicts import Finding

MAX_VALUES = 8
_LOW = frozenset({"min", "minimum", "from", "since", "gte", "ge", "start", "atleast", "lower"})
_ABOVE = frozenset({"gt", "after", "above", "over", "newer"})
_HIGH = frozenset({"max", "maximum", "to", "until", "lte", "le", "end", "atmost", "upper"})
_BELOW = frozenset({"lt", "before", "below", "under", "older"})
_BOUNDS = _LOW | _ABOVE | _HIGH | _BELOW
_EXACT = frozenset({"min", "minimum", "max", "maximum", "gte", "ge", "lte", "le", "atleast", "atmost"})
"""Ends that are included; `to` and `until` are as often not."""

_ALIKE: Mapping[str, frozenset[str]] = {"size": frozenset({"bytes", "filesize", "sizebytes", "contentlength"})}
"""Members that a range may be called after otherwise."""

_SEARCHES = frozenset({"q", "query", "search", "text", "term", "keyword", "keywords", "searchterm", "searchtext"})
NOWHERE = "zqxunderstudyjvk"
"""A text that nothing holds."""


@dataclass(frozen=True, slots=True)
class Listing:
    """A list with things in it that differ: how to ask for it, and all that it holds where that is one page."""

    session: Session
    resource: Resource
    operation: Operation
    made: Made

    def ask(self, *pairs: tuple[Parameter, Any], key: str = "") -> Exchange | None:
        """The largest page under these parameters; `key` is the member of a deep object."""
        draft = self.session.draft_on(self.operation, self.made)
        if draft is None:
            return None
        if (size := size_parameter(self.operation)) is not None:
            draft = draft.with_parameter("query", size.name, str(largest_size(self.session, size)))
        for parameter, value in pairs:
            draft = with_values(draft, parameter, value, key)
        found = self.session.send(self.operation, draft)
        return found if found and found.is_success and items_of(found.body) is not None else None

    def items(self, found: Exchange) -> list[dict[str, Any]]:
        return [item for item in items_of(found.body) or [] if isinstance(item, dict)]

    def whole(self) -> list[dict[str, Any]] | None:
        """Everything, where one page holds it all."""
        pages = walk(self.session, self.resource, self.made)
        return self.items(pages[0]) if len(pages) == 1 else None

    def names(self, items: list[dict[str, Any]]) -> list[str]:
        """What items are called."""
        return [identity(item, self.resource) for item in items]


def prepare(session: Session, resource: Resource, *, number: int = 1) -> Listing | None:
    """A list with at least one full thing, and so many others that differ from it."""
    listing, maker = resource.listing, resource.maker
    made = make_full(session, resource)
    if made is None or listing is None or maker is None:
        return None
    body = made.sent
    for _ in range(number):
        body = other_body(session, maker, body)
        session.make(resource, body)
    return Listing(session, resource, listing, made)


def with_values(draft: Draft, parameter: Parameter, value: Any, key: str = "") -> Draft:
    """A draft with a query parameter, in the style that the document has."""
    name = f"{parameter.name}[{key}]" if key else parameter.name
    texts = [as_text(item) for item in (value if isinstance(value, list) else [value])]
    if len(texts) > 1 and parameter.explode:
        draft = draft.without_parameter("query", name)
        for text in texts:
            draft = draft.adding_query(name, text)
        return draft
    joint = {"spaceDelimited": " ", "pipeDelimited": "|"}.get(parameter.style, ",")
    return draft.with_parameter("query", name, joint.join(texts))


# --- Values -------------------------------------------------------------------------------------------------------


def filtered(session: Session, resource: Resource) -> Iterator[Finding]:
    """A parameter that is named like a member keeps what has that value, all of it, and only that."""
    listing = prepare(session, resource)
    if listing is None:
        return
    shown = session.on(resource.read, listing.made) or listing.made.exchange
    held = shown.body if isinstance(shown.body, dict) else {}
    sure: list[tuple[Parameter, Any, list[str]]] = []
    for parameter in listing.operation.parameters:
        member = _member_of(parameter, held) if parameter.location == "query" else None
        wanted = _values(session, parameter, held[member]) if member else []
        whole = listing.whole() if wanted else None
        for value in wanted:
            found = listing.ask((parameter, value))
            if found is None or member is None:
                continue
            findings = list(_kept(listing, parameter, member, value, found, whole))
            yield from findings
            if not findings and whole and 0 < len(listing.items(found)) < len(whole):
                sure.append((parameter, value, listing.names(listing.items(found))))
    yield from _flagged(listing)
    yield from _together(listing, sure)


def _flagged(listing: Listing) -> Iterator[Finding]:
    """A flag that is named like one of a member's listed values (`archived`) keeps those that have it, or have not."""
    contract = listing.session.contract
    shape = answer_shape(contract, listing.resource.read, 200) if listing.resource.read else None
    members = {n: contract.enum(s) for n, s, _ in iter_members(contract, *shape)} if shape else {}
    for parameter in listing.operation.parameters:
        if parameter.location != "query" or contract.json_types(parameter.schema) - {"null"} != {"boolean"}:
            continue
        named = fold(parameter.name).removeprefix("is")
        alike = [(n, value) for n, values in members.items() for value in values if fold(str(value)) == named]
        # `archived=true` may mean that those are listed, too.
        flags = (False,) if parameter_says(listing.session, parameter, r"\b(includ|also\b|too\b)") else (True, False)
        for flag in flags if len(alike) == 1 and parameter.name not in members else ():
            (member, value), found = alike[0], listing.ask((parameter, flag))
            for item in listing.items(found) if found else ():
                if found is not None and member in item and same(value, item[member]) is not flag:
                    problem = f"lists {member}={show(item[member])} for {parameter.name}={as_text(flag)}"
                    yield bug(listing.operation, "filter", parameter.name, problem, found, flag)
                    break


def _member_of(parameter: Parameter, held: Mapping[str, Any]) -> str | None:
    """The member that a parameter names, also as its plural or singular."""
    name = fold(parameter.name)
    forms = {name, f"{name}s", name.removesuffix("s"), name.removesuffix("es")}
    found = [member for member in held if fold(member) in forms]
    return parameter.name if parameter.name in held else found[0] if len(found) == 1 else None


def _values(session: Session, parameter: Parameter, own: Any) -> list[Any]:
    """What to ask a filter for: what a thing has, and what the document lists."""
    node, _ = session.contract.resolve(parameter.schema, parameter.pointer)
    is_array = session.contract.json_types(parameter.schema) - {"null"} == {"array"}
    schema = node.get("items", {}) if is_array and isinstance(node, dict) else parameter.schema
    candidates = [*(own if isinstance(own, list) else [own]), *session.contract.enum(schema)]
    candidates += [not own] if isinstance(own, bool) else []
    validator = session.contract.spec.document.validator(parameter.pointer)
    kept: list[Any] = []
    for value in candidates:
        if (
            isinstance(value, str | int | float)
            and value not in kept
            and validator.is_valid([value] if is_array else value)
        ):
            kept.append(value)
    if is_array and len(kept) > 1:
        kept = [*kept[: MAX_VALUES - 1], kept[:2]]
    return kept[:MAX_VALUES]


def _kept(
    listing: Listing,
    parameter: Parameter,
    member: str,
    value: Any,
    found: Exchange,
    whole: list[dict[str, Any]] | None,
) -> Iterator[Finding]:
    name, wanted = parameter.name, value if isinstance(value, list) else [value]
    text = ",".join(map(as_text, wanted))
    needs_all = parameter_says(listing.session, parameter, r"\ball (of|the|these)\b|\bevery\b|\band\b")
    items = listing.items(found)
    for item in items:
        if member in item and not (_has_all if needs_all else _has_any)(item[member], wanted):
            problem = f"lists {member}={show(item[member])} for {name}={text}"
            yield bug(listing.operation, "filter", name, problem, found, value)
            return
    matching = [item for item in whole or [] if member in item and _has_all(item[member], wanted)]
    if whole and len(matching) > len(items) and len(items) < len(whole):
        problem = f"lists {len(items)} for {name}={text}, and without it {len(matching)} that have this value"
        yield bug(listing.operation, "filter", name, problem, found, len(matching))


def _has_any(held: Any, wanted: list[Any]) -> bool:
    return any(is_asked_for(value, one) for value in wanted for one in (held if isinstance(held, list) else [held]))


def is_asked_for(wanted: Any, held: Any) -> bool:
    """Whether a thing holds what a query asks for, where everything is a text: `done=true` asks for true."""
    return same(wanted, held) or (isinstance(held, bool | int | float) and as_text(held) == wanted)


def _has_all(held: Any, wanted: list[Any]) -> bool:
    """Whether something is listed whichever way several values are meant: one of them, or all."""
    if not isinstance(held, list):
        return _has_any(held, wanted)
    return all(any(is_asked_for(value, one) for one in held) for value in wanted)


def _together(listing: Listing, sure: list[tuple[Parameter, Any, list[str]]]) -> Iterator[Finding]:
    """Two filters at once keep what each of them keeps."""
    pairs = [(one, two) for one in sure for two in sure if one[0].name < two[0].name]
    for (first, one, kept), (second, two, also) in pairs[:MAX_VALUES]:
        found = listing.ask((first, one), (second, two))
        if found is None:
            continue
        got, wanted = set(listing.names(listing.items(found))), set(kept) & set(also)
        if got != wanted:
            said = f"{first.name}={as_text(one)} with {second.name}={as_text(two)}"
            problem = f"lists {len(got)} for {said}, and {len(wanted)} for both of them alone"
            yield bug(listing.operation, "filter", f"{first.name} with {second.name}", problem, found, len(wanted))
            return


# --- Ranges -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Bound:
    """An end of a range: the parameter, the member of its deep object, the member of things, and what it keeps."""

    parameter: Parameter
    key: str
    member: str
    is_low: bool
    is_included: bool | None

    @property
    def name(self) -> str:
        return f"{self.parameter.name}[{self.key}]" if self.key else self.parameter.name

    def keeps(self, value: Any, limit: Any) -> bool | None:
        """Whether a value is listed; None where the name does not say."""
        if value == limit:
            return self.is_included
        return bool(value > limit if self.is_low else value < limit)


def _bounds(session: Session, listing: Operation, items: list[dict[str, Any]]) -> Iterator[Bound]:
    members = {name for item in items for name in item}
    for parameter in listing.parameters:
        node, _ = session.contract.resolve(parameter.schema, parameter.pointer)
        keys = list(node.get("properties", {})) if parameter.style == "deepObject" and isinstance(node, Mapping) else []
        for key in keys or [""]:
            words = re.findall(r"[a-z]+|[A-Z][a-z]*|[0-9]+", f"{parameter.name} {key}")
            bound = [word.lower() for word in words if word.lower() in _BOUNDS]
            stem = "".join(word.lower() for word in words if word.lower() not in _BOUNDS)
            named = [m for m in sorted(members) if fold(m) == stem or fold(m) in _ALIKE.get(stem, ())]
            named = named or [m for m in sorted(members) if stem and re.fullmatch(f"{stem}(at|on|date|time)", fold(m))]
            if len(bound) == 1 and named and parameter.location == "query":
                included = _is_included(session, parameter, bound[0])
                yield Bound(parameter, key, named[0], bound[0] in _LOW | _ABOVE, included)


def _is_included(session: Session, parameter: Parameter, word: str) -> bool | None:
    """Whether the end itself lies within; None where neither its name nor its description says."""
    if parameter_says(
        session, parameter, r"\binclu(sive|ded|ding)|\bor (later|earlier|more|less|after|before|equal)\b"
    ):
        return True
    if word in {"gt", "lt"} or parameter_says(session, parameter, r"\bexclu(sive|ded|ding)|\bstrictly\b"):
        return False
    return True if word in _EXACT else None


def ranged(session: Session, resource: Resource) -> Iterator[Finding]:
    """A range keeps what lies within, its ends included where its name says so."""
    if resource.listing is None or not any(_words(parameter) & _BOUNDS for parameter in _all_keys(session, resource)):
        return
    listing = prepare(session, resource, number=3)
    whole = listing.whole() if listing else None
    if listing is None or not whole:
        return
    for bound in _bounds(session, listing.operation, whole):
        found = {value for item in whole if (value := _comparable(item.get(bound.member))) is not None}
        if len({isinstance(value, str) for value in found}) != 1 or len(found) < 2:
            continue
        values = sorted(found, key=_key)
        limits = {_key(values[len(values) // 2]): values[len(values) // 2], _key(values[-1]): values[-1]}
        for limit in limits.values():
            yield from _within(listing, bound, limit, whole)


def _all_keys(session: Session, resource: Resource) -> Iterator[str]:
    for parameter in resource.listing.parameters if resource.listing else ():
        node, _ = session.contract.resolve(parameter.schema, parameter.pointer)
        properties = node.get("properties", {}) if isinstance(node, Mapping) else {}
        yield " ".join([parameter.name, *properties])


def _words(text: str) -> set[str]:
    return {word.lower() for word in re.findall(r"[a-z]+|[A-Z][a-z]*", text)}


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
    pointer = bound.parameter.pointer + (f"/properties/{bound.key}" if bound.key else "")
    if not listing.session.contract.spec.document.validator(pointer).is_valid(limit):
        return
    found = listing.ask((bound.parameter, limit), key=bound.key)
    if found is None:
        return
    said = f"{bound.name}={as_text(limit)}"
    items = listing.items(found)
    for item in items:
        value = _comparable(item.get(bound.member))
        if value is not None and bound.keeps(_key(value), _key(limit)) is False:
            problem = f"lists {bound.member}={show(value)} for {said}"
            yield bug(listing.operation, "range", bound.name, problem, found, said)
            return
    got = set(listing.names(items))
    for item, name in zip(whole, listing.names(whole), strict=True):
        value = _comparable(item.get(bound.member))
        if value is not None and name not in got and bound.keeps(_key(value), _key(limit)):
            problem = f"leaves out {bound.member}={show(value)} for {said}"
            yield bug(listing.operation, "range", bound.name, problem, found, said)
            return


# --- Search -------------------------------------------------------------------------------------------------------


def searched(session: Session, resource: Resource) -> Iterator[Finding]:
    """A search finds what holds the text, and not everything."""
    wanted = [p for p in resource.listing.parameters if fold(p.name) in _SEARCHES] if resource.listing else []
    parameter = next((p for p in wanted if p.location == "query"), None)
    listing = prepare(session, resource) if parameter else None
    whole = listing.whole() if listing else None
    if parameter is None or listing is None or not whole:
        return
    validator = session.contract.spec.document.validator(parameter.pointer)
    nothing = listing.ask((parameter, NOWHERE)) if validator.is_valid(NOWHERE) else None
    if nothing is not None and len(whole) > 1 and len(listing.items(nothing)) >= len(whole):
        problem = f"lists all {len(whole)} for {parameter.name}={NOWHERE}, which none of them holds"
        yield bug(listing.operation, "search", parameter.name, problem, nothing, 0)
        return
    yield from session.until(lambda: list(_found(listing, parameter, validator.is_valid)))


def _found(listing: Listing, parameter: Parameter, is_valid: Callable[[Any], bool]) -> Iterator[Finding]:
    """A whole text of a thing finds it in at least one of its members."""
    shown = listing.session.on(listing.resource.read, listing.made) or listing.made.exchange
    held = shown.body if isinstance(shown.body, dict) else {}
    sent = listing.made.sent if isinstance(listing.made.sent, dict) else {}
    texts = [v for name, v in held.items() if isinstance(v, str) and name in sent and is_valid(v) and v.strip() == v]
    tried = []
    for text in texts[:MAX_VALUES]:
        found = listing.ask((parameter, text))
        if found is None:
            continue
        if listing.made.path_values[listing.resource.parameter] in identities([found], listing.resource):
            return
        tried.append((text, found))
    if tried:
        said = " nor ".join(show(text) for text, _ in tried)
        problem = f"does not find what {listing.resource.maker} made by {parameter.name} {said}"
        yield bug(listing.operation, "search", f"{parameter.name} finds", problem, tried[0][1], "the thing")


FILTERS = (
    Rule("a filter keeps what it names", ("maker", "listing"), filtered),
    Rule("a range keeps what lies within", ("maker", "listing"), ranged),
    Rule("a search finds what holds the text", ("maker", "listing"), searched),
)
