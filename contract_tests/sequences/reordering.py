"""Lists that are ordered by hand: a new order is kept, and a thing that is put at a place moves the others."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from contract_tests.contract import Operation
from contract_tests.references import value_or_text
from contract_tests.resources import Resource, fold, iter_members, value_shape
from contract_tests.sequences.hierarchy import make_below, parent_of
from contract_tests.sequences.paging import identities, is_whole, items_of, walk
from contract_tests.sequences.rules import Rule, bug, documents, full_body, make_full, says, sentences, show, small_body
from contract_tests.session import Exchange, Made, Session
from contract_tests.verdicts import Finding

_PLACES = frozenset({"position", "index", "at", "place", "rank"})
_ORDERS = re.compile(r"(re)?order(ing)?|arrange(ment)?|sort(ing)?|positions?|sequence", re.IGNORECASE)
_GIVES_WAY = re.compile(
    r"\b(insert\w*|shift\w*|move[sd]?|append\w*|(without|no) gaps?|(counts?|counted) from|in front of)\b"
    r"|\b(give way|the end)\b",
    re.IGNORECASE,
)
_EVERY = r"\b(every|all|each)\b[^.;]*\b(once|items?|ids?)\b|\bexactly\b|\bpermutation\b"


class Order(NamedTuple):
    """An operation below a parent whose body lists the ids of what is in it, and the member that does."""

    operation: Operation
    member: str
    schema_pointer: str

    def body(self, session: Session, names: list[str]) -> Any:
        """The body that asks for an order; None where a body is no object."""
        base = small_body(session, self.operation)
        ids = [value_or_text(session.contract, f"{self.schema_pointer}/items", name) for name in names]
        return {**base, self.member: ids} if isinstance(base, dict) else None


def _find(session: Session, resource: Resource, parent: Resource) -> Order | None:
    for operation in session.contract.operations:
        above, _, last = operation.path.rpartition("/")
        collection = resource.item.rpartition("/")[0]
        shape = value_shape(operation) if operation.method in {"PUT", "POST", "PATCH"} else None
        if shape is None or above not in {parent.item, collection} or not _ORDERS.fullmatch(last):
            continue
        for name, schema, pointer in iter_members(session.contract, *shape):
            if session.contract.json_types(schema) == {"array"}:
                _, at = session.contract.resolve(schema, pointer)
                return Order(operation, name, at)
    return None


def reordered(session: Session, resource: Resource) -> Iterator[Finding]:
    """An order that is asked for is kept; one that lists not everything once is refused, where that is said."""
    parent = parent_of(session, resource)
    order = _find(session, resource, parent) if parent is not None else None
    above = make_full(session, parent) if parent is not None and order is not None else None
    made = [make_below(session, resource, above) for _ in range(3)] if above is not None else []
    first = made[0] if made else None
    names = _names(session, resource, first)
    if order is None or above is None or first is None or None in made or len(set(names)) != 3:
        return
    wanted = names[::-1]
    body = order.body(session, wanted)
    done = session.on(order.operation, above, body) if body is not None else None
    if done is None:
        return
    if done.is_success and (got := _names(session, resource, first)) != wanted:
        problem = f"was sent {order.member}={show(wanted)}, and {resource.listing} lists {show(got)}"
        yield bug(order.operation, "order", "kept", problem, done, wanted)
        return
    if not done.is_success or not documents(order.operation, "409", "422", "400"):
        return
    for wrong in (wanted[:2], [*wanted, wanted[0]]) if says(session, order.operation, _EVERY) else ():
        body = order.body(session, wrong)
        refused = session.on(order.operation, above, body) if body is not None else None
        got = _names(session, resource, first)
        if refused is not None and refused.is_success:
            problem = f"takes {order.member}={show(wrong)} of {show(wanted)}, where each is to be named once"
            yield bug(order.operation, "order", "each", problem, refused, "a refusal")
            return
        if refused is not None and refused.answer.status < 500 and got != wanted:
            problem = f"refuses an order with {refused.answer.status}, and {resource.listing} then lists {show(got)}"
            yield bug(order.operation, "order", "refused", problem, refused, wanted)
            return


def _names(session: Session, resource: Resource, made: Made | None) -> list[str]:
    pages = walk(session, resource, made) if made is not None else []
    return identities(pages, resource) if pages and is_whole(session, resource, pages) else []


def put_at(session: Session, resource: Resource) -> Iterator[Finding]:
    """What is put at the first place stands there, and the others behind it, as they were."""
    parent, create = parent_of(session, resource), resource.create
    body = full_body(session, create) if create is not None else None
    bodies = session.bodies(create) if create is not None else None
    place = next((name for name in body if fold(name) in _PLACES), "") if isinstance(body, dict) else ""
    if parent is None or create is None or bodies is None or not place or not _is_said(session, resource, place):
        return
    plain = {name: value for name, value in (body or {}).items() if name != place}
    above = make_full(session, parent) if bodies.validator.is_valid(plain) else None
    made = [make_below(session, resource, above, plain) for _ in range(2)] if above is not None else []
    first = made[0] if made else None
    before = _names(session, resource, first)
    if first is None or None in made or len(before) != 2:
        return
    lowest = next((n for n in (0, 1) if bodies.validator.is_valid({**plain, place: n})), None)
    new = make_below(session, resource, above, {**plain, place: lowest}) if lowest is not None else None
    if new is None:
        return
    wanted = [new.path_values[resource.parameter], *before]
    got = _names(session, resource, first)
    if got and got != wanted:
        problem = f"was sent {place}={lowest}, and {resource.listing} lists {show(got)}, not {show(wanted)}"
        yield bug(create, "order", place, problem, new.exchange, wanted)
        return
    yield from _without_gaps(session, resource, first, place, lowest or 0)


def _is_said(session: Session, resource: Resource, place: str) -> bool:
    """Whether it is said what a place is, and that others give way: it may be no more than a number."""
    shapes = [value_shape(each) for each in (resource.create,) if each is not None]
    members = [member for shape in shapes if shape is not None for member in iter_members(session.contract, *shape)]
    texts = [session.contract.description(schema) for name, schema, _ in members if name == place]
    for operation in (resource.create, resource.listing):
        said = session.contract.said_at(operation.pointer) if operation is not None else ""
        texts += [each for each in sentences(said) if re.search(rf"\b{re.escape(place)}\b", each)]
    return any(_GIVES_WAY.search(text) for text in texts)


def _without_gaps(session: Session, resource: Resource, made: Made, place: str, lowest: int) -> Iterator[Finding]:
    """The places that are shown are counted without gaps, where each is shown its own."""
    pages: list[Exchange] = walk(session, resource, made)
    items = [item for page in pages for item in items_of(page.body) or []]
    shown = [item.get(place) for item in items if isinstance(item, dict)]
    if resource.listing is not None and shown and all(type(each) is int for each in shown):
        wanted = list(range(lowest, lowest + len(shown)))
        if shown != wanted:
            problem = f"shows the places {show(shown)} of {len(shown)} that stand in this order"
            yield bug(resource.listing, "order", f"{place} shown", problem, pages[-1], wanted)


REORDERING = (
    Rule("an order that is asked for is kept", ("create", "listing"), reordered),
    Rule("what is put at a place moves the others", ("create", "listing"), put_at),
)
