"""Things within things: they belong to one parent, go with it, and are counted by it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

from contract_tests.contract import Operation
from contract_tests.resources import Resource, fold, values_of_identity
from contract_tests.sequences.paging import count_of, identities, walk
from contract_tests.sequences.rules import (
    Rule,
    bug,
    documents,
    full_body,
    make_full,
    makes,
    members_of,
    one_change,
    show,
    write_to,
)
from contract_tests.session import Exchange, Made, Session
from contract_tests.verdicts import Finding

_STAYS = re.compile(r"\b(stays?|remains?|(is|are) kept|refused|409)\b", re.IGNORECASE)


def parent_of(session: Session, resource: Resource) -> Resource | None:
    """The nearest kind of thing that a path leads through."""
    above = [other for other in session.resources if other.parameter and resource.item.startswith(f"{other.item}/")]
    return max(above, key=lambda other: len(other.item), default=None)


def nested(session: Session, resource: Resource) -> Iterator[Finding]:
    """What belongs to one parent is neither found nor listed under another."""
    read, parent = resource.read, parent_of(session, resource)
    if parent is None or parent.maker is None:
        return
    made, other = make_full(session, resource), make_full(session, parent)
    if made is None or other is None or parent.parameter not in made.path_values:
        return
    if other.path_values[parent.parameter] == made.path_values[parent.parameter]:
        return
    name = parent.parameter
    foreign = replace(made, path_values={**made.path_values, **other.path_values})
    for operation in (read, resource.patch, resource.replace, resource.delete):
        if operation is None or not documents(operation, "404"):
            continue
        if operation is resource.replace and makes(operation):
            continue
        found = session.on(operation, foreign)
        if found is not None and found.is_success:
            problem = f"answers {found.answer.status} under another {name} than that of what it names"
            yield bug(operation, "nested", name, problem, found, 404)
            return
    pages = walk(session, resource, foreign) if resource.listing else []
    identity = made.path_values[resource.parameter]
    if (
        resource.listing
        and identity in identities(pages, resource)
        and identity in identities(walk(session, resource, made), resource)
    ):
        problem = f"lists under one {name} what was made under another"
        yield bug(resource.listing, "nested", f"{name} list", problem, pages[-1])


def orphaned(session: Session, resource: Resource) -> Iterator[Finding]:
    """What is below something that is deleted is gone with it."""
    read, parent = resource.read, parent_of(session, resource) or _source_of(session, resource)
    if read is None or parent is None or parent.delete is None or not documents(read, "404", "410"):
        return
    above = make_full(session, parent)
    made = make_below(session, resource, above)
    if made is None or above is None:
        return
    deleted = session.on(parent.delete, above)
    if deleted is None or not deleted.is_success or deleted.answer.status == 202:
        return

    def look() -> list[Finding]:
        found = session.on(read, made)
        if found is None or not found.is_success:
            return []
        problem = f"answers {found.answer.status} below something that {parent.delete} deleted"
        return [bug(read, "orphan", parent.parameter, problem, found, 404)]

    yield from session.until(look)


def _source_of(session: Session, resource: Resource) -> Resource | None:
    """What such things are made below, and go with as it is said, though their path does not lead through it."""
    create, collection = resource.create, resource.item.rpartition("/")[0].rpartition("/")[2]
    for other in session.resources if create is not None and collection else ():
        if create is None or other.delete is None or not create.path.startswith(f"{other.item}/"):
            continue
        said = [session.contract.said_at(other.delete.pointer)]
        said += [session.contract.said_at(r.pointer) for r in other.delete.responses if r.status[:1] == "2"]
        name = re.escape(collection)
        goes = rf"\b{name}\b[^.;]*\b(with it|too|also|as well|along)\b|\bwith\b[^.;]*\b{name}\b"
        if any(re.search(goes, each, re.IGNORECASE) and not _STAYS.search(each) for each in said):
            return other
    return None


def unknown_parents(session: Session, resource: Resource) -> Iterator[Finding]:
    """Nothing is listed or made below what does not exist, where the document has 404 for it."""
    parent = parent_of(session, resource)
    found = session.unknown(parent) if parent is not None else None
    if parent is None or found is None or found.answer.status != 404:
        return
    for operation in (resource.listing, resource.create):
        if operation is None or not documents(operation, "404") or operation.path.count("{") != parent.item.count("{"):
            continue
        found = session.unknown(parent, operation)
        if found is not None and found.is_success:
            problem = f"answers {found.answer.status} below a {parent.parameter} that nothing has"
            yield bug(operation, "unknown parent", str(found.answer.status), problem, found, 404)


def make_below(session: Session, resource: Resource, above: Made | None, body: Any = None) -> Made | None:
    """Something new within a parent, where one can say which."""
    if above is None or resource.maker is None or resource.maker is resource.replace:
        return None
    place = above.path_values
    return session.make(resource, body, change=lambda draft: replace(draft, path_values={**draft.path_values, **place}))


def iter_holders(session: Session, resource: Resource) -> Iterator[Resource]:
    """What holds such things: the parent that their path leads through, and what their bodies name."""
    parent = parent_of(session, resource)
    named = session.renewal.references(resource.create).values() if resource.create else ()
    found = [*([parent] if parent is not None else []), *(reference.resource for reference in named)]
    yield from {holder.item: holder for holder in found}.values()


def make_within(session: Session, resource: Resource, above: Made | None) -> Made | None:
    """Something new below a thing, or that names it."""
    if above is None or resource.item.startswith(f"{above.resource.item}/"):
        return make_below(session, resource, above)
    create, body = resource.create, full_body(session, resource.create) if resource.create else None
    bodies = session.bodies(create) if create else None
    if create is None or bodies is None or not isinstance(body, dict):
        return None
    identities = values_of_identity(above.path_values[above.resource.parameter])
    for name, reference in session.renewal.references(create).items():
        if reference.resource.item == above.resource.item:
            named = ({**body, name: value} for value in identities)
            valid = next(filter(bodies.validator.is_valid, named), None)
            if valid is not None and (made := session.make(resource, valid)) is not None:
                return made
    return None


def counted_by(session: Session, resource: Resource) -> Iterator[Finding]:
    """A number of things that something has goes up with each, and down again."""
    for holder in iter_holders(session, resource):
        above = make_full(session, holder) if holder.read is not None and holder.maker is not None else None
        before = _counts(resource, session.on(holder.read, above)) if above is not None else {}
        made = make_within(session, resource, above) if before else None
        if made is None or above is None or holder.read is None:
            continue
        for operation, more in ((resource.maker, 1), (resource.delete, 0)):
            done = session.on(operation, made) if operation is resource.delete else made.exchange
            if operation is None or done is None or not done.is_success or done.answer.status == 202:
                break
            wanted = {name: value + more for name, value in before.items()}
            yield from session.until(partial(_miscounted, session, holder.read, above, wanted, operation))


def _miscounted(
    session: Session, read: Operation, above: Made, wanted: dict[str, int], done: Operation
) -> list[Finding]:
    found = session.on(read, above)
    return [
        bug(read, "counted", name, f"says {name}={shown} after {done}, not {wanted[name]}", found, wanted[name])
        for name, shown in members_of(found).items()
        if found is not None and type(shown) is int and wanted.get(name, shown) != shown
    ][:1]


def _counts(resource: Resource, found: Exchange | None) -> dict[str, int]:
    """The members of an answer that are named as the number of these (`part_count`)."""
    names = {
        pattern.format(stem) for stem in resource.nouns for pattern in ("{}count", "num{}", "numberof{}", "{}total")
    }
    return {name: value for name, value in members_of(found).items() if fold(name) in names and type(value) is int}


def counted(session: Session, resource: Resource) -> Iterator[Finding]:
    """A member of the parent that is named as the number of these (`part_count`) is their number."""
    parent = parent_of(session, resource)
    if parent is None or parent.read is None or resource.listing is None:
        return
    above = make_full(session, parent)
    made = make_below(session, resource, above)
    if made is None or above is None:
        return
    read, listing = parent.read, resource.listing

    def look() -> list[Finding]:
        found, count = session.on(read, above), count_of(session, resource, made)
        if found is None or count is None:
            return []
        return [
            bug(read, "counted", name, f"says {name}={value} where {listing} lists {count}", found, count)
            for name, value in _counts(resource, found).items()
            if value != count
        ]

    yield from session.until(look)


def unharmed(session: Session, resource: Resource) -> Iterator[Finding]:
    """A change of a parent leaves there what is below it."""
    parent = parent_of(session, resource)
    for write in (parent.replace, parent.patch) if parent is not None else ():
        above = make_full(session, parent) if parent is not None and write is not None else None
        made = make_below(session, resource, above)
        before = count_of(session, resource, made) if made is not None else None
        sendable = full_body(session, write) if write is not None else None
        if write is None or above is None or made is None or not before or not isinstance(sendable, dict):
            continue
        held = {fold(name) for name in sendable}
        if held & resource.nouns:
            continue  # what is below may be sent with it
        change = one_change(session, write, members_of(above.exchange) or sendable) or sendable
        done = write_to(session, write, above, change)
        after = count_of(session, resource, made) if done is not None and done.is_success else None
        if done is not None and after == 0:
            problem = f"takes away what is below: {resource.listing} listed {before} before, and none after it"
            yield bug(write, "below", resource.item, problem, done, before)


def placed(session: Session, resource: Resource) -> Iterator[Finding]:
    """An answer with a member that is named like a part of its path, an id of a parent, shows what the path says."""
    made, read = make_full(session, resource), resource.read
    if made is None or read is None:
        return
    above = {other.parameter for other in session.resources if resource.item.startswith(other.item)} - {""}
    sent = made.sent if isinstance(made.sent, dict) else {}
    for operation, exchange in ((resource.maker, made.exchange), (read, session.on(read, made))):
        if operation is None or exchange is None or not isinstance(exchange.body, dict):
            continue
        for name in above & exchange.body.keys() & made.path_values.keys() - sent.keys():
            shown, value = exchange.body[name], made.path_values[name]
            if isinstance(shown, str | int) and str(shown).lower() != value.lower():
                problem = f"says {name}={show(shown)} of what is at {name}={value} in its path"
                yield bug(operation, "placed", name, problem, exchange, value)


HIERARCHY = (
    Rule("a number of things goes up and down with them", ("create",), counted_by),
    Rule("what belongs to one parent is not found under another", ("maker",), nested),
    Rule("what is deleted takes along what is below it", ("maker", "read"), orphaned),
    Rule("nothing is below what does not exist", (), unknown_parents),
    Rule("a parent counts what is below it", ("maker", "listing"), counted),
    Rule("a change of a parent leaves what is below it", ("create", "listing"), unharmed),
    Rule("what a path says is what is shown", ("maker", "read"), placed),
)
