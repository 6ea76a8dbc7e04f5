"""A list with things in it that differ, and how to ask for a part of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from contract_tests.contract import Operation, Parameter
from contract_tests.drafts import Draft
from contract_tests.forms import as_text
from contract_tests.references import value_of
from contract_tests.resources import Resource, fold, values_of_identity
from contract_tests.sequences.paging import (
    MAX_PAGES,
    TURNS_PAGES,
    identity,
    is_whole,
    items_of,
    largest_size,
    size_parameter,
    walk,
)
from contract_tests.sequences.rules import make_full, other_body, parameter_says
from contract_tests.session import Exchange, Made, Session

MAX_OTHERS = 4
MAX_VALUES = 8
"""So many values are tried of one parameter."""


@dataclass(frozen=True, slots=True)
class Field:
    """What a query may name: a parameter, or the member `key` of one that is a deep object (`filter[status]`)."""

    parameter: Parameter
    key: str
    schema: Any
    pointer: str

    @classmethod
    def of(cls, parameter: Parameter) -> Field:
        """The whole of a parameter."""
        return cls(parameter, "", parameter.schema, parameter.pointer)

    @property
    def name(self) -> str:
        return f"{self.parameter.name}[{self.key}]" if self.key else self.parameter.name

    def says(self, pattern: str) -> bool:
        """Whether a description of it matches a pattern in any case."""
        told = self.schema.get("description", "") if isinstance(self.schema, Mapping) else ""
        return parameter_says(self.parameter, pattern) or bool(re.search(pattern, str(told), re.IGNORECASE))


def iter_fields(session: Session, operation: Operation) -> Iterator[Field]:
    """What a query of an operation may name."""
    for parameter in operation.parameters:
        if parameter.location != "query":
            continue
        is_deep, place = parameter.style == "deepObject", (parameter.schema, parameter.pointer)
        members = [Field(parameter, *each) for each in session.contract.iter_properties(*place)] if is_deep else []
        yield from members or [Field.of(parameter)]


@dataclass(frozen=True, slots=True)
class Listing:
    """A list with things in it that differ: how to ask for it, and its `pages` as they were before.

    One that is long is asked for what refers to one thing only, its `scope`.
    """

    session: Session
    resource: Resource
    operation: Operation
    made: Made
    pages: tuple[Exchange, ...] = ()
    scope: tuple[tuple[Field, Any], ...] = ()

    def held(self) -> dict[str, Any]:
        """What is read of the thing that was made."""
        found = self.session.on(self.resource.read, self.made)
        shown = found if found is not None and found.is_success else self.made.exchange
        return shown.body if isinstance(shown.body, dict) else {}

    def ask(self, *pairs: tuple[Field, Any], size: int | None = None) -> Exchange | None:
        """A page of this size, else the largest, under these values of fields; None where there is none."""
        found = self.answer(*pairs, size=size)
        return found if found and found.is_success and items_of(found.body) is not None else None

    def answer(
        self,
        *pairs: tuple[Field, Any],
        size: int | None = None,
        change: Callable[[Draft], Draft] = lambda draft: draft,
    ) -> Exchange | None:
        """What is answered to `ask`, be it a list or not; to a request that was changed after all."""
        draft = self.session.draft_on(self.operation, self.made)
        if draft is None:
            return None
        if (sizes := size_parameter(self.operation)) is not None:
            size = size or largest_size(self.session, sizes)
            draft = draft.with_parameter("query", sizes.name, str(size))
        return self.session.send(self.operation, change(self._asking(draft, *pairs)))

    def _asking(self, draft: Draft, *pairs: tuple[Field, Any]) -> Draft:
        """A draft with these values of fields, and those of the scope for all others."""
        asked = {field.name for field, _ in pairs}
        for field, value in (*pairs, *(each for each in self.scope if each[0].name not in asked)):
            draft = with_values(draft, field, value)
        return draft

    def turn(self, size: int | None = None, *pairs: tuple[Field, Any]) -> list[Exchange]:
        """The pages of this size, else of the largest, under these values of fields."""
        return walk(self.session, self.resource, self.made, size, change=lambda draft: self._asking(draft, *pairs))

    def renewed(self) -> Listing:
        """The same list as it is now."""
        return replace(self, pages=tuple(self.turn()))

    def add(self) -> None:
        """One more of the same, and one that differs."""
        sent = self.made.sent
        self.session.make(self.resource, sent)
        _make_others(self.session, self.resource, sent, 1, {field.name: value for field, value in self.scope})

    def items(self, found: Exchange) -> list[dict[str, Any]]:
        return [item for item in items_of(found.body) or [] if isinstance(item, dict)]

    def whole(self) -> list[dict[str, Any]] | None:
        """Everything, where its pages can be turned to the end."""
        pages = [*self.pages] or self.turn()
        is_all = 0 < len(pages) < MAX_PAGES and is_whole(self.session, self.resource, pages)
        return [item for page in pages for item in self.items(page)] if is_all else None

    def is_all(self, found: Exchange) -> bool:
        """Whether an answer leaves nothing for a page behind it."""
        return len(self.pages) == 1 or len(self.items(found)) < len(self.items(self.pages[0]))

    def names(self, items: list[dict[str, Any]]) -> list[str]:
        """What items are called."""
        return [identity(item, self.resource) for item in items]


def _make_elsewhere(session: Session, resource: Resource) -> None:
    """One more below another parent, where things of all parents are listed together."""
    maker, listing = resource.maker, resource.listing
    if maker is None or listing is None:
        return
    above = [r for r in session.resources if maker.path.startswith(f"{r.item}/") and f"{{{r.parameter}}}" in maker.path]
    if not above or f"{{{above[-1].parameter}}}" in listing.path:
        return
    other = session.make(above[-1])
    if other is not None:
        place = other.path_values
        session.make(resource, change=lambda draft: replace(draft, path_values={**draft.path_values, **place}))


def _make_of_others(session: Session, resource: Resource, body: Any) -> None:
    """One more that names another thing than the rest, where such things name one."""
    maker = resource.maker
    for name, reference in session.renewal.references(maker).items() if maker is not None else ():
        other = session.make(reference.resource) if isinstance(body, dict) and name in body else None
        if other is not None:
            identity = other.path_values[reference.resource.parameter]
            if (value := value_of(session.contract, reference.pointer, identity)) is not None:
                session.make(resource, {**body, name: value})
            return


def _make_partly_other(session: Session, resource: Resource, sent: dict[str, Any], other: dict[str, Any]) -> None:
    """Things that differ in one member each, where one that differs in all is refused."""
    for name in [name for name in other if name in sent and other[name] != sent[name]][:MAX_OTHERS]:
        session.make(resource, {**sent, name: other[name]})


def prepare(session: Session, resource: Resource, *, number: int = 1) -> Listing | None:
    """A list with at least one full thing, and so many others that differ from it."""
    listing, maker = resource.listing, resource.maker
    made = make_full(session, resource)
    if made is None or listing is None or maker is None:
        return None
    _make_others(session, resource, made.sent, number, {})
    _make_elsewhere(session, resource)
    _make_of_others(session, resource, made.sent)
    prepared = Listing(session, resource, listing, made).renewed()
    scope = _find_scope(session, listing, made.sent) if len(prepared.pages) > 1 else ()
    fixed = {field.name: value for field, value in scope}
    others = session.renewal.references(maker).keys() - fixed.keys()
    for leaving_out in (frozenset[str](), others) if scope else ():  # what else it refers to may belong elsewhere
        sent = {**{name: value for name, value in made.sent.items() if name not in leaving_out}, **fixed}
        if (within := session.make(resource, sent)) is not None:
            _make_others(session, resource, sent, number, fixed)
            return Listing(session, resource, listing, within, (), scope).renewed()
    return prepared


def _make_others(session: Session, resource: Resource, sent: Any, number: int, fixed: dict[str, Any]) -> None:
    """So many things that differ from one in every member but those that are fixed."""
    body, maker = sent, resource.maker
    if maker is None:
        return
    for _ in range(number):
        body = other_body(session, maker, body)
        body = {**body, **fixed} if fixed else body
        if session.make(resource, body) is None and isinstance(sent, dict) and isinstance(body, dict):
            _make_partly_other(session, resource, sent, body)


def _find_scope(session: Session, listing: Operation, sent: Any) -> tuple[tuple[Field, Any], ...]:
    """A filter for what refers to another thing, and a new one of those."""
    for name, reference in session.renewal.references(listing).items() if isinstance(sent, dict) else ():
        field = next((each for each in iter_fields(session, listing) if each.name == name), None)
        other = session.make(reference.resource) if field is not None and name in sent else None
        if other is not None and field is not None:
            values = values_of_identity(other.path_values[reference.resource.parameter])
            return ((field, next((value for value in values if type(value) is type(sent[name])), values[0])),)
    return ()


# --- What a field is about -------------------------------------------------------------------------------------------

Place = tuple[str, ...]
_HOLDER = re.compile(r"filters?[\[._]+(.+?)\]*", re.IGNORECASE)


def find_place(name: str, held: Mapping[str, Any]) -> Place | None:
    """The member that a name stands for, as its plural or singular too; also a member of a member (`address.city`)."""
    if name in held:
        return (name,)
    match = _HOLDER.fullmatch(name)
    wanted = fold(match[1] if match else name)
    forms = {wanted, f"{wanted}s", wanted.removesuffix("s"), wanted.removesuffix("es")}
    inner = [(n, child) for n, value in held.items() if isinstance(value, dict) for child in value]
    for places in ([(n,) for n in held], inner):
        found = [place for place in places if fold("".join(place)) in forms]
        if found:
            return found[0] if len(found) == 1 else None
    found = [place for place in inner if fold(place[1]) in forms and wanted not in TURNS_PAGES]
    return found[0] if len(found) == 1 else None


def held_at(item: Any, place: Place) -> Any:
    """What an item holds there; `...` where it has no such member."""
    for name in place:
        if not isinstance(item, dict) or name not in item:
            return ...
        item = item[name]
    return item


def with_values(draft: Draft, field: Field, value: Any) -> Draft:
    """A draft with a query parameter, in the style that the document has."""
    name, parameter = field.name, field.parameter
    texts = [as_text(item) for item in (value if isinstance(value, list) else [value])]
    if len(texts) > 1 and parameter.explode:
        draft = draft.without_parameter("query", name)
        for text in texts:
            draft = draft.adding_query(name, text)
        return draft
    joint = {"spaceDelimited": " ", "pipeDelimited": "|"}.get(parameter.style, ",")
    return draft.with_parameter("query", name, joint.join(texts))
