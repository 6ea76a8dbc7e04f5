"""Filters and orders of lists: what a parameter names is what is listed, all of it, in that order."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from contract_tests.contract import Operation, Parameter
from contract_tests.drafts import Draft
from contract_tests.resources import Resource, fold
from contract_tests.sequences.paging import items_of, largest_size, size_parameter, walk
from contract_tests.sequences.rules import Rule, bug, make_full, other_body, show
from contract_tests.session import Exchange, Made, Session
from contract_tests.values import same
from contract_tests.verdicts import Finding

_SORTS = ("sort", "sortby", "orderby", "order", "ordering", "sorting")
_DOWN = ("desc", "descending", "down")
_UP = ("asc", "ascending", "up")
MAX_VALUES = 8


def filtered(session: Session, resource: Resource) -> Iterator[Finding]:
    """A parameter that is named like a member keeps what has that value, all of it, and only that."""
    listing, create = resource.listing, resource.create
    made = make_full(session, resource)
    if made is None or listing is None or create is None:
        return
    session.make(resource, other_body(session, create, made.sent))
    shown = session.on(resource.read, made) or made.exchange
    values = shown.body if isinstance(shown.body, dict) else {}
    for parameter in listing.parameters:
        if parameter.location != "query" or parameter.name not in values:
            continue
        wanted = _values(session, parameter, values[parameter.name])
        whole = walk(session, resource, made) if wanted else []
        for value in wanted:
            found = _ask(session, resource, made, parameter, value)
            if found is not None:
                yield from _kept(listing, parameter, value, found, whole)


def _values(session: Session, parameter: Parameter, own: Any) -> list[Any]:
    """What to ask a filter for: what a thing has, and what the document lists."""
    node, _ = session.contract.resolve(parameter.schema, parameter.pointer)
    is_array = session.contract.json_types(parameter.schema) - {"null"} == {"array"}
    schema = node.get("items", {}) if is_array and isinstance(node, dict) else parameter.schema
    candidates = [*(own if isinstance(own, list) else [own]), *session.contract.enum(schema)]
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


def _ask(session: Session, resource: Resource, made: Made, parameter: Parameter, value: Any) -> Exchange | None:
    listing = resource.listing
    base = session.draft_on(listing, made)
    if base is None or listing is None:
        return None
    if (size := size_parameter(listing)) is not None:
        base = base.with_parameter("query", size.name, str(largest_size(session, size)))
    found = session.send(listing, _with_values(base, parameter, value))
    return found if found and found.is_success and items_of(found.body) is not None else None


def _with_values(draft: Draft, parameter: Parameter, value: Any) -> Draft:
    texts = [_text(item) for item in (value if isinstance(value, list) else [value])]
    if len(texts) > 1 and parameter.explode:
        draft = draft.without_parameter("query", parameter.name)
        for text in texts:
            draft = draft.adding_query(parameter.name, text)
        return draft
    joint = {"spaceDelimited": " ", "pipeDelimited": "|"}.get(parameter.style, ",")
    return draft.with_parameter("query", parameter.name, joint.join(texts))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _kept(
    listing: Operation, parameter: Parameter, value: Any, found: Exchange, whole: list[Exchange]
) -> Iterator[Finding]:
    name, wanted = parameter.name, value if isinstance(value, list) else [value]
    text = ",".join(map(_text, wanted))
    items = [item for item in items_of(found.body) or [] if isinstance(item, dict)]
    for item in items:
        if name in item and not _has_any(item[name], wanted):
            problem = f"lists {name}={show(item[name])} for {name}={text}"
            yield bug(listing, "filter", name, problem, found, value)
            return
    all_items = [item for page in whole for item in items_of(page.body) or [] if isinstance(item, dict)]
    matching = [item for item in all_items if name in item and _has_all(item[name], wanted)]
    if len(whole) == 1 and len(matching) > len(items) and len(items) < len(all_items):
        problem = f"lists {len(items)} for {name}={text}, and without it {len(matching)} that have this value"
        yield bug(listing, "filter", name, problem, found, len(matching))


def _has_any(held: Any, wanted: list[Any]) -> bool:
    return any(same(value, one) for value in wanted for one in (held if isinstance(held, list) else [held]))


def _has_all(held: Any, wanted: list[Any]) -> bool:
    """Whether something is listed whichever way several values are meant: one of them, or all."""
    if not isinstance(held, list):
        return _has_any(held, wanted)
    return all(any(same(value, one) for one in held) for value in wanted)


# --- Order --------------------------------------------------------------------------------------------------------


def ordered(session: Session, resource: Resource) -> Iterator[Finding]:
    """A list is in the order that it is asked for."""
    listing, create = resource.listing, resource.create
    parameter = next((p for p in listing.parameters if p.location == "query" and fold(p.name) in _SORTS), None) \
        if listing else None  # fmt: skip
    if listing is None or create is None or parameter is None:
        return
    made = make_full(session, resource)
    if made is None:
        return
    for _ in range(2):
        session.make(resource, other_body(session, create, made.sent))
        make_full(session, resource)
    for value in session.contract.enum(parameter.schema)[:MAX_VALUES]:
        found = _ask(session, resource, made, parameter, value) if isinstance(value, str) else None
        items = [item for item in items_of(found.body) or [] if isinstance(item, dict)] if found else []
        order = _order_of(value, set().union(*items)) if items else None
        if found is None or order is None:
            continue
        name, down = order
        keys = [item[name] for item in items if isinstance(item.get(name), str | int | float)]
        if len(keys) < len(items) or len({type(key) for key in keys}) > 1:
            continue
        if not any(_is_sorted(form, down=down) for form in _collations(keys)):
            problem = f"is not in the order of {parameter.name}={value}: {name} is {show(keys[:6])}"
            yield bug(listing, "order", value, problem, found, sorted(keys, reverse=down)[:6])


def _order_of(text: str, names: set[str]) -> tuple[str, bool] | None:
    """The member that a value names, and whether it goes down: `-name`, `name:desc`, `name_desc`, `name`."""
    by_fold = {fold(name): name for name in names}
    bare, down = text.lstrip("+-"), text.startswith("-")
    if fold(bare) in by_fold:
        return by_fold[fold(bare)], down
    for words, is_down in ((_DOWN, True), (_UP, False)):
        for word in words:
            if fold(bare).endswith(word) and fold(bare).removesuffix(word) in by_fold:
                return by_fold[fold(bare).removesuffix(word)], is_down
    return None


def _collations(keys: list[Any]) -> Iterator[list[Any]]:
    """The keys as services compare them: as they are, without case, without what is no letter or digit."""
    yield keys
    if all(isinstance(key, str) for key in keys):
        yield [key.casefold() for key in keys]
        yield [fold(key) for key in keys]


def _is_sorted(keys: list[Any], *, down: bool) -> bool:
    return all(a >= b if down else a <= b for a, b in pairwise(keys))


FILTERS = (
    Rule("a filter keeps what it names", ("create", "listing"), filtered),
    Rule("a list is in the order that is asked for", ("create", "listing"), ordered),
)
