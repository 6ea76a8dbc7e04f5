"""Orders of lists: the one that is asked for, the one that is the default, and the one that the document speaks of."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial
from itertools import pairwise
from typing import Any, NamedTuple

from contract_tests.contract import Operation, Parameter
from contract_tests.drafts import Draft
from contract_tests.resources import Resource, fold, singulars
from contract_tests.sequences.metadata import MADE, moments_of
from contract_tests.sequences.paging import items_of
from contract_tests.sequences.queries import MAX_VALUES, Field, Listing, prepare
from contract_tests.sequences.rules import (
    Rule,
    bug,
    make_full,
    members_of,
    one_change,
    operations_below,
    parameter_says,
    says,
    sentences,
    show,
    write_to,
)
from contract_tests.session import Exchange, Session
from contract_tests.values import default_of
from contract_tests.verdicts import Finding

_SORTS = ("sort", "sortby", "orderby", "order", "ordering", "sorting", "sortfield", "sortkey")
_DIRECTIONS = ("order", "direction", "sortorder", "sortdirection", "sortdir", "dir", "orderdirection", "orderdir")
_DOWN = ("desc", "descending", "down")
_UP = ("asc", "ascending", "up")
_MIXED = ("beta", "Gamma", "alpha")
_NUMBERS = (9, 10, 100)
_NEWEST = r"\b(newest|latest|most recent(ly \w+)?) (ones? |\w+ )?first\b|reverse chronological"
_IN_ORDER = r"\b(order of|order by|ordered by|sorted by)( (their|the|its|ascending|descending))* `?(?P<word>\w+)`?"
_BY = r"\bby `?(?P<word>\w+)`?,? in (the |an? )?(\w+ )?order\b"
_CODE_POINTS = r"\bcode[- ]?points?\b"
_OLDEST = r"\boldest (ones? |\w+ )?first\b"
_DONE = r"(made|written|added|created|uploaded|recorded|posted|opened|booked|placed|registered|sent)"
_AS_MADE = re.compile(rf"\bin (the )?order (in which |that )?(they|\w+s) (were|was|are|is) {_DONE}\b", re.IGNORECASE)
_TIES = re.compile(
    r"\b(sort|order(ed)? by|equal|same|alike|ties?|together|otherwise|those|then by|if|by)\b", re.IGNORECASE
)
_NUMBERS_OF = ("number", "revision", "version", "seq", "sequence", "id")
"""Members that count what happens."""


def ordered(session: Session, resource: Resource) -> Iterator[Finding]:
    """A list is in the order that it is asked for, and by default in that of the default."""
    listing = resource.listing
    sort = _query(listing, _SORTS, session) if listing else None
    if listing is None or sort is None:
        return
    prepared = _fill(session, resource)
    if prepared is None:
        return
    values = _listed(session, sort)
    direction = _direction(session, listing, sort)
    for value in values[:MAX_VALUES]:
        yield from _in_order(prepared, value, prepared.ask((Field.of(sort), value)), f"{sort.name}={value}")
        for other in _listed(session, direction) if direction else ():
            found = prepared.ask((Field.of(sort), value), (Field.of(direction), other)) if direction else None
            said = f"{sort.name}={value} with {direction.name}={other}" if direction else ""
            yield from _in_order(prepared, f"{value} {other}", found, said)
    yield from _by_two(prepared, sort, values)
    default = default_of(session.contract, sort.schema)
    if isinstance(default, str) and direction is None:
        yield from _in_order(prepared, default, prepared.ask(), f"{sort.name}={default}, its default")


def _query(listing: Operation, names: tuple[str, ...], session: Session) -> Parameter | None:
    found = [p for p in listing.parameters if p.location == "query" and fold(p.name) in names]
    found = [p for p in found if _listed(session, p) and not _is_direction(session, p)]
    return found[0] if found else None


def _is_direction(session: Session, parameter: Parameter) -> bool:
    values = {fold(value) for value in _listed(session, parameter)}
    return bool(values) and values <= {*_UP, *_DOWN}


def _direction(session: Session, listing: Operation, sort: Parameter) -> Parameter | None:
    """The parameter that says which way, beside the one that says by what."""
    found = [p for p in listing.parameters if p != sort and fold(p.name) in _DIRECTIONS and _is_direction(session, p)]
    return found[0] if found else None


def _listed(session: Session, parameter: Parameter) -> list[str]:
    node, _ = session.contract.resolve(parameter.schema, parameter.pointer)
    values = session.contract.enum(node) or session.contract.enum(
        node.get("items", {}) if isinstance(node, dict) else {}
    )
    return [value for value in values if isinstance(value, str)]


def _fill(session: Session, resource: Resource) -> Listing | None:
    """A list whose values rise and fall, and of which some are the same."""
    prepared = prepare(session, resource)
    if prepared is None:
        return None
    for _ in range(2):
        prepared.add()
    sent = prepared.made.sent if isinstance(prepared.made.sent, dict) else {}
    for value in _NUMBERS:  # which texts would have in another order
        for name in (name for name, held in sent.items() if type(held) is int):
            session.make(resource, {**sent, name: value})
    is_exact = _says_code_points(prepared)
    for name in (name for name, held in sent.items() if is_exact and isinstance(held, str) and held.isascii()):
        for text in _MIXED:  # which are in another order where case does not count
            session.make(resource, {**sent, name: text})
    return prepared


def _says_code_points(listing: Listing) -> bool:
    """Whether texts are said to be in the order of their code points."""
    told = any(parameter_says(parameter, _CODE_POINTS) for parameter in listing.operation.parameters)
    return told or says(listing.session, listing.operation, _CODE_POINTS)


def _in_order(listing: Listing, value: str, found: Exchange | None, said: str) -> Iterator[Finding]:
    items = listing.items(found) if found else []
    order = _order_of(value, set().union(*items)) if items else None
    if found is None or order is None:
        return
    name, down = order
    # Where those stand that have no value, no standard says.
    keys = [item[name] for item in items if isinstance(item.get(name), str | int | float)]
    if len({isinstance(key, str) for key in keys}) > 1:
        return
    is_exact = _says_code_points(listing)
    if not any(_is_sorted(form, down=down) for form in ([keys] if is_exact else _collations(keys))):
        problem = f"is not in the order of {said}: {name} is {show(keys[:6])}"
        yield bug(listing.operation, "order", value, problem, found, sorted(keys, reverse=down)[:6])


def _by_two(listing: Listing, sort: Parameter, values: list[str]) -> Iterator[Finding]:
    """Of two orders the first counts most, and the second where the first makes no difference."""
    is_valid = listing.session.contract.spec.document.validator(sort.pointer).is_valid
    pairs = [(a, b) for a in values for b in values if a.strip("+-") != b.strip("+-") and is_valid([a, b])]
    for first, second in pairs[:MAX_VALUES]:
        found = listing.ask((Field.of(sort), [first, second]))
        items = listing.items(found) if found else []
        orders = [_order_of(value, set().union(*items)) for value in (first, second)] if items else []
        if found is None or not all(orders):
            continue
        keys = [[item.get(order[0]) for order in orders if order] for item in items]
        downs = [order[1] for order in orders if order]
        columns = list(zip(*keys, strict=True))
        if any(None in column or len({isinstance(value, str) for value in column}) > 1 for column in columns):
            continue
        if not _is_sorted_by(keys, downs):
            problem = f"is not in the order of {sort.name}={first},{second}: it lists {show(keys[:6])}"
            yield bug(listing.operation, "order", f"{first} {second}", problem, found, "the first counts most")
            return


def _is_sorted_by(keys: list[list[Any]], downs: list[bool]) -> bool:
    folded = [[value.casefold() if isinstance(value, str) else value for value in key] for key in keys]
    return any(all(_comes_first(a, b, downs) for a, b in pairwise(form)) for form in (keys, folded))


def _comes_first(one: list[Any], two: list[Any], downs: list[bool]) -> bool:
    for a, b, down in zip(one, two, downs, strict=True):
        if a != b:
            return bool(a > b if down else a < b)
    return True


def _order_of(text: str, names: set[str]) -> tuple[str, bool] | None:
    """The member that a value names, and whether it goes down: `-name`, `name:desc`, `name_desc`, `name`."""
    by_fold = {fold(name): name for name in names}
    bare, down = text.lstrip("+-"), text.startswith("-")
    for name in (fold(bare), f"{fold(bare)}at", f"{fold(bare)}on"):  # `created`, which is `created_at`
        if name in by_fold:
            return by_fold[name], down
    for words, is_down in ((_DOWN, True), (_UP, False)):
        for word in words:
            if fold(bare).endswith(word) and fold(bare).removesuffix(word) in by_fold:
                return by_fold[fold(bare).removesuffix(word)], is_down
    return None


def _collations(keys: list[Any]) -> Iterator[list[Any]]:
    """The keys as services compare them: as they are, without case, without what is no letter or digit."""
    yield keys
    if keys and all(isinstance(key, str) for key in keys):
        yield [key.casefold() for key in keys]
        yield [fold(key) for key in keys]


def _is_sorted(keys: list[Any], *, down: bool) -> bool:
    return all(a >= b if down else a <= b for a, b in pairwise(keys))


def _newest_first(session: Session, listing: Operation) -> bool | None:
    """Whether a list is said to have the newest first rather than the oldest; None where neither is said, or both."""
    newest, oldest = says(session, listing, _NEWEST), _says_oldest(session, listing)
    return None if newest is oldest else newest


def _says_oldest(session: Session, listing: Operation) -> bool:
    """Whether a list is said to have the oldest first, and not only among those that are alike."""
    said = sentences(" ".join(session.contract.said_at(listing.pointer).split()))
    in_order = any(_AS_MADE.search(each) and not _TIES.search(each) for each in said)
    return in_order or says(session, listing, _OLDEST)


def told_order(session: Session, resource: Resource) -> Iterator[Finding]:
    """A list that is said to have the newest first, or the oldest, does."""
    listing = resource.listing
    if listing is None:
        return
    newest = _newest_first(session, listing)
    if newest is None:
        return
    made = [make_full(session, resource) for _ in range(3)]
    names = [one.path_values[resource.parameter] for one in made if one is not None]
    first = next((one for one in made if one is not None), None)
    whole = Listing(session, resource, listing, first).whole() if first else None
    if first is None or not whole or len(set(names)) < 3:
        return
    prepared = Listing(session, resource, listing, first)
    if any(len(set(moments)) < len(moments) for moments in _moments_of_three(prepared, whole, names)):
        return  # made in one second: which of them is newer, the service cannot tell
    seen = [name for name in prepared.names(whole) if name in names]
    wanted = names[::-1] if newest else names
    found = prepared.ask()
    if found is not None and sorted(seen) == sorted(wanted) and seen != wanted:
        which = "newest" if newest else "oldest"
        problem = f"does not have the {which} first: it lists {show(seen)}, made in the order {show(names)}"
        yield bug(listing, "order", which, problem, found, wanted)


def stated_order(session: Session, resource: Resource) -> Iterator[Finding]:
    """A list that is said to be in the order of a member is ("in ascending order of their names")."""
    listing = resource.listing
    said = next(_iter_stated(session, listing), None) if listing else None
    prepared = _fill(session, resource) if said else None
    held = prepared.held() if prepared else {}
    if said is None or prepared is None:
        return
    name = next((name for name in held if fold(name) in {fold(said.word), *map(fold, singulars(said.word))}), None)
    if name is None:
        return
    _disorder(session, prepared, name, down=said.down or False)
    ways = [name] if said.down is False else [f"-{name}"] if said.down else [name, f"-{name}"]
    wrong = [list(_in_order(prepared, way, prepared.ask(), f"{said.word}, which is said of it")) for way in ways]
    yield from wrong[0] if all(wrong) else ()


class _Stated(NamedTuple):
    """The word for a member in whose order a list is said to be, and which way; None where that is not said."""

    word: str
    down: bool | None


def _iter_stated(session: Session, listing: Operation) -> Iterator[_Stated]:
    successes = [response.pointer for response in listing.responses if response.status[:1] == "2"]
    texts = [listing.summary, *map(session.contract.said_at, [listing.pointer, *successes])]
    for sentence in itertools.chain.from_iterable(map(sentences, texts)):
        found = re.search(_BY, sentence, re.IGNORECASE) or re.search(_IN_ORDER, sentence, re.IGNORECASE)
        down = re.search(r"\b(descending|reverse)\b", sentence, re.IGNORECASE)
        up = re.search(r"\b(ascending|alphabetical(ly)?)\b", sentence, re.IGNORECASE)
        if found:
            yield _Stated(found["word"], down is not None if up or down else None)


def _disorder(session: Session, listing: Listing, name: str, *, down: bool) -> None:
    """One more thing, whose place is not the last."""
    resource = listing.resource
    bodies = session.bodies(resource.maker) if resource.maker else None
    own = [one for one in session.made if one.resource is resource and isinstance(one.sent, dict)]
    is_chosen = resource.maker is resource.replace and name == resource.parameter
    values = [one.path_values[name] if is_chosen else one.sent.get(name) for one in own]
    texts = sorted({value for value in values if isinstance(value, str) and value}, reverse=down)
    if bodies is None or not texts:
        return
    last, sent = texts[-1], listing.made.sent
    near = chr(ord(last[-1]) + (1 if down else -1))
    near = near if near.isalnum() else ""
    ends = [near, near * 2, *("Zz9" if down else "Aa0")]
    for text in (*(last[:-1] + end for end in ends), f"{last}a" if down else last[:-1]):
        body, place = (sent, {name: text}) if is_chosen else ({**sent, name: text}, {})
        if text in texts or not bodies.validator.is_valid(body):
            continue
        if session.make(resource, body, change=partial(_placed, place)):
            return


def _placed(place: Mapping[str, str], draft: Draft) -> Draft:
    return replace(draft, path_values={**draft.path_values, **place})


def _moments_of_three(
    listing: Listing, whole: list[dict[str, Any]], names: list[str]
) -> Iterator[tuple[datetime, ...]]:
    """When the things of these names were made, by each member that says so."""
    told = [moments_of(item, MADE) for item, name in zip(whole, listing.names(whole), strict=True) if name in names]
    for member in set().union(*told):
        yield tuple(one[member] for one in told if member in one)


def listed_elsewhere(session: Session, resource: Resource) -> Iterator[Finding]:
    """A list of what nobody makes (`/events`) is in the order that it is said to have, by the moments in it."""
    made = [each for each in session.resources if each.maker is not None]
    known = [each.listing for each in made]
    for listing in session.contract.operations if resource == made[-1] else ():  # by then, much has happened
        newest, oldest = says(session, listing, _NEWEST), says(session, listing, _OLDEST)
        if listing.method != "GET" or "{" in listing.path or listing in known or newest is oldest:
            continue
        for each in 2 * made[:MAX_VALUES]:  # something has to happen
            session.make(each)
        draft = session.draft(listing)
        found = session.send(listing, draft) if draft else None
        told = [moments_of(item, MADE) for item in items_of(found.body) or []] if found and found.is_success else []
        for member in set().union(*told):
            moments = [one[member] for one in told if member in one]
            if found is not None and len(set(moments)) > 2 and not _is_sorted(moments, down=newest):
                which = "newest" if newest else "oldest"
                yield bug(listing, "order", which, f"does not have the {which} first by {member}", found, which)


def past(session: Session, resource: Resource) -> Iterator[Finding]:
    """A list of what happened to a thing (`/pages/{id}/revisions`) is in the order that it is said to have."""
    known = [each.listing for each in session.resources if each.maker is not None]
    write = resource.patch or resource.replace
    for listing in operations_below(session, resource, "GET") if write is not None else ():
        newest = _newest_first(session, listing) if listing not in known else None
        made = make_full(session, resource) if newest is not None else None
        if write is None or newest is None or made is None:
            continue
        for _ in range(3):
            body = one_change(session, write, members_of(session.on(resource.read, made)))
            if body is not None:
                write_to(session, write, made, body)
        found = session.on(listing, made)
        if found is not None and found.is_success:
            yield from _counted_wrong(listing, found, newest=newest)


def _counted_wrong(listing: Operation, found: Exchange, *, newest: bool) -> Iterator[Finding]:
    """What is numbered goes down where the newest is first, and up where the oldest is."""
    items = [item for item in items_of(found.body) or [] if isinstance(item, dict)]
    for name in _NUMBERS_OF:
        numbers = [item[name] for item in items if type(item.get(name)) is int]
        if len(set(numbers)) == len(items) > 2:
            if not _is_sorted(numbers, down=newest):
                which = "newest" if newest else "oldest"
                problem = f"does not have the {which} first: {name} is {show(numbers[:6])}"
                yield bug(listing, "order", which, problem, found, sorted(numbers, reverse=newest)[:6])
            return


ORDERS = (
    Rule("a list of what happened to a thing is in its order", ("create", "read"), past),
    Rule("a list of what nobody makes is in its order", ("maker",), listed_elsewhere),
    Rule("a list is in the order that is asked for", ("maker", "listing"), ordered),
    Rule("a list is in the order of the member that is said", ("maker", "listing"), stated_order),
    Rule("a list is in the order that it is said to have", ("maker", "listing"), told_order),
)
