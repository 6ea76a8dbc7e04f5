"""Names that are put into a thing (its labels, its members, the recipes of a book) are in it until taken out, once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from contract_tests.contract import Operation
from contract_tests.references import value_or_text
from contract_tests.resources import (
    Resource,
    find_path_parameter,
    fold,
    singulars,
)
from contract_tests.sequences.rules import (
    GONE,
    Rule,
    bug,
    documented,
    documents,
    make_full,
    says,
    says_of,
    sentences,
    show,
    small_body,
)
from contract_tests.session import Exchange, Made, Session
from contract_tests.verdicts import Finding

MAX_DEPTH = 3
MAX_NAMES = 4
"""So many names are made, of which some may be in a thing from the start."""

_ALREADY = r"\balready\b|\btwice\b|\bonly once\b|\bat most once\b|\ba second time\b"
_GOES = r"\b(disappears?|removed?|removes|taken|goes|vanish\w*|dropped|drops|leaves?)\b"
_LAST = r"\b(at|to) the (very )?end\b|\bappend(s|ed)?\b"

Place = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Membership:
    """Where names are put into a thing and taken out of it, and what they name.

    `member` is the one of the body that has the name; empty where the path has it, as it is for whoever takes it out.
    """

    parameter: str
    add: Operation
    member: str
    remove: Operation | None
    listing: Operation | None
    order: Operation | None
    named: Resource | None

    def put(self, session: Session, made: Made, name: str) -> Exchange | None:
        """Put a name into a thing."""
        if not self.member:
            return self._on(session, self.add, made, name)
        body, reference = small_body(session, self.add), session.renewal.references(self.add)[self.member]
        value = value_or_text(session.contract, reference.pointer, name)
        return session.on(self.add, made, {**body, self.member: value}) if isinstance(body, dict) else None

    def take_out(self, session: Session, made: Made, name: str) -> Exchange | None:
        """Take a name out of a thing."""
        return self._on(session, self.remove, made, name) if self.remove is not None else None

    def _on(self, session: Session, operation: Operation, made: Made, name: str) -> Exchange | None:
        draft = session.draft_on(operation, made)
        if draft is None:
            return None
        return session.send(operation, replace(draft, path_values={**draft.path_values, self.parameter: name}))

    def made(self, session: Session, name: str) -> Made | None:
        """What a name is the id of, where this run made it."""
        named = self.named
        found = (each for each in reversed(session.made) if named is not None and each.resource.item == named.item)
        return next((each for each in found if each.path_values[each.resource.parameter] == name), None)

    def names(self, session: Session, number: int) -> list[str]:
        """So many names that may be put into a thing."""
        if self.named is not None:
            made = [make_full(session, self.named) for _ in range(number)]
            return [each.path_values[self.named.parameter] for each in made if each is not None]
        parameter = find_path_parameter(self.add, self.parameter)
        if parameter is None:
            return []
        if values := [value for value in session.contract.enum(parameter.schema) if isinstance(value, str)]:
            return values[:number]
        base = session.base(self.add)
        if base is None or session.contract.json_types(parameter.schema) != {"string"}:
            return []
        sample, fresh = base.path_values[self.parameter], session.renewal.fresh
        texts = [fresh.text(parameter.schema, parameter.pointer, sample) for _ in range(number)]
        return [text for text in texts if text is not None]


def find_memberships(session: Session, holder: Resource) -> Iterator[Membership]:
    """Where names are put into a thing: `PUT /pages/{id}/labels/{label}`, `POST /books/{id}/recipes` with a slug."""
    by_path: dict[str, dict[str, Operation]] = {}
    for operation in session.contract.operations:
        by_path.setdefault(operation.path, {})[operation.method] = operation
    for path, items in by_path.items():
        rest = re.fullmatch(r"/([^/{}]+)/\{([^{}]+)\}", path.removeprefix(holder.item))
        if not path.startswith(f"{holder.item}/") or rest is None or "GET" in items:
            continue
        beside = by_path.get(path.rpartition("/")[0], {})
        add, named = items.get("PUT"), _named(session, rest[1], rest[2], path)
        member = "" if add is not None else _member(session, beside.get("POST"), named)
        if add is None and member:
            add = beside["POST"]
        if add is not None:
            yield Membership(rest[2], add, member, items.get("DELETE"), beside.get("GET"), beside.get("PUT"), named)


def _named(session: Session, segment: str, parameter: str, path: str) -> Resource | None:
    """What a name in a path is the id of, where that is made elsewhere."""
    words = {fold(segment), *singulars(fold(segment))}
    own = fold(parameter).removesuffix("id") or fold(parameter)
    for resource in session.resources:
        is_within = path == resource.item or path.startswith(f"{resource.item}/")
        if resource.maker is None or resource.is_single or is_within:
            continue
        if own in resource.nouns or (resource.nouns & words and fold(resource.parameter) == fold(parameter)):
            return resource
    return None


def _member(session: Session, post: Operation | None, named: Resource | None) -> str:
    """The member of a body that names what is put into a thing."""
    references = session.renewal.references(post) if post is not None and named is not None else {}
    names = [name for name, each in references.items() if named is not None and each.resource.item == named.item]
    return names[0] if len(names) == 1 else ""


def kept(session: Session, resource: Resource) -> Iterator[Finding]:
    """What is put into a thing shows there and nowhere else, once, and until it is taken out."""
    for membership in find_memberships(session, resource):
        yield from _kept(session, resource, membership)


def _kept(session: Session, resource: Resource, membership: Membership) -> Iterator[Finding]:
    made, beside = make_full(session, resource), make_full(session, resource)
    if made is None or beside is None:
        return
    there = {name for held in _shown(session, membership, made).values() for name in held}
    names = [name for name in membership.names(session, MAX_NAMES) if name not in there][:2]
    if len(names) < 2:
        return
    first, second = names
    tag = _tag(session, made)
    added = membership.put(session, made, first)
    if added is None or not added.is_success or added.answer.status == 202:
        return
    places: set[Place] = set()
    yield from session.until(partial(_unlisted, session, membership, made, first, places))
    if not places:
        return
    if tag is not None and any(place[0] == str(resource.read) for place in places) and _tag(session, made) == tag:
        problem = f"changes what {resource.read} shows, and its tag stays {tag} (RFC 9110, section 8.8.3)"
        yield bug(membership.add, "member", "tag", problem, added, "another tag")
    yield from _put_twice(session, membership, made, first)
    added = membership.put(session, made, second)
    if added is None or not added.is_success:
        return
    shown = _shown(session, membership, made)
    if lost := next((place for place in places if first not in shown.get(place, ())), None):
        problem = f"puts {second!r} into it, and {first!r}, which was there, is gone from {_said(lost)}"
        yield bug(membership.add, "member", "lost", problem, added, [first, second])
        return
    wrong = next((p for p in places if second in shown[p] and shown[p].index(second) < shown[p].index(first)), None)
    if wrong is not None and says(session, membership.add, _LAST):
        problem = f"puts {second!r} before {first!r} in {_said(wrong)}, where it is said to come last"
        yield bug(membership.add, "member", "order", problem, added, [first, second])
    yield from _reordered(session, membership, made, places)
    for place, held in _shown(session, membership, beside).items():
        if place in places and first in held:
            problem = f"puts {first!r} into one thing, and {_said(place)} has it for another, too"
            yield bug(membership.add, "member", "elsewhere", problem, added, [])
            return
    yield from _taken_out(session, membership, made, places, names)


def _put_twice(session: Session, membership: Membership, made: Made, name: str) -> Iterator[Finding]:
    """What is in a thing already is not put into it again."""
    again = membership.put(session, made, name)
    if again is None:
        return
    if not again.is_success:
        if again.answer.status == 409 and not documents(membership.add, "409"):
            yield bug(membership.add, "member", "again", f"answers 409 for {name!r}, which is there", again, 200)
        return
    if documents(membership.add, "409") and membership.member and says_of(session, membership.add, "409", _ALREADY):
        yield bug(membership.add, "member", "twice", f"takes {name!r}, which is there already", again, 409)
    for place, held in _shown(session, membership, made).items():
        if held.count(name) > 1:
            problem = f"puts {name!r}, which was there, into it again: {_said(place)} has it twice"
            yield bug(membership.add, "member", "twice", problem, again, [name])
            return


def _reordered(session: Session, membership: Membership, made: Made, places: set[Place]) -> Iterator[Finding]:
    """Names whose whole list is sent in another order are in that order then."""
    order, shown = membership.order, _shown(session, membership, made)
    is_told = order is not None and says(session, order, r"\b(re)?order")
    lists = list(_iter_name_lists(session, order)) if order is not None and is_told else []
    place = next((place for place in sorted(places) if len(shown.get(place, ())) > 1), None)
    if order is None or place is None or len(lists) != 1:
        return
    wanted = shown[place][::-1]
    done = session.on(order, made, {lists[0]: wanted})
    if done is None or not done.is_success:
        return

    def look() -> list[Finding]:
        found = _shown(session, membership, made).get(place)
        if found is None or found == wanted:
            return []
        problem = f"is sent the order {show(wanted)}, and {_said(place)} then has {show(found)}"
        return [bug(order, "member", "reordered", problem, done, wanted)]

    yield from session.until(look)


def _iter_name_lists(session: Session, order: Operation) -> Iterator[str]:
    """The members of a body that are lists of texts, where there is nothing else in it."""
    bodies = session.bodies(order)
    found = list(session.contract.iter_properties(bodies.schema, bodies.pointer)) if bodies is not None else []
    for name, schema, _ in found if len(found) == 1 else ():
        node, _ = session.contract.resolve(schema, "")
        items = node.get("items") if isinstance(node, dict) else None
        if items is not None and session.contract.json_types(items) == {"string"} and not session.contract.enum(items):
            yield name


def _taken_out(
    session: Session, membership: Membership, made: Made, places: set[Place], names: list[str]
) -> Iterator[Finding]:
    (first, second), remove = names, membership.remove
    yield from _gone_with(session, membership, made, places, second)
    done = membership.take_out(session, made, first)
    if remove is None or done is None or not done.is_success or done.answer.status == 202:
        return

    def tell(place: Place) -> Finding:
        problem = f"takes {first!r} out, and {_said(place)} still has it"
        return bug(remove, "member", "still there", problem, done, [])

    yield from session.until(partial(_still_there, session, membership, made, places, first, tell))
    own = membership.made(session, first)
    found = session.on(own.resource.read, own) if own is not None else None
    if own is not None and found is not None and found.answer.status in GONE:
        problem = f"takes {first!r} out, and {own.resource.read} no longer finds it"
        yield bug(remove, "member", "deleted", problem, found, 200)
        return
    again = membership.take_out(session, made, first)
    if again is None or not again.is_success or not documents(remove, "404"):
        return
    never = next((name for name in membership.names(session, MAX_NAMES) if name not in names), None)
    control = membership.take_out(session, made, never) if never is not None else None
    if _says_absent(session, remove) or (control is not None and control.answer.status in GONE):
        problem = f"answers {again.answer.status} for {first!r}, which was taken out before"
        yield bug(remove, "member", "out twice", problem, again, 404)


def _still_there(
    session: Session,
    membership: Membership,
    made: Made,
    places: set[Place],
    name: str,
    tell: Callable[[Place], Finding],
) -> list[Finding]:
    """What there is to tell of the first of these places where a thing still has a name."""
    shown = _shown(session, membership, made)
    return [tell(place) for place in places if name in shown.get(place, ())][:1]


def _says_absent(session: Session, remove: Operation) -> bool:
    """Whether a document says that what is not in a thing is not found."""
    return says(session, remove, r"\b404\b[^.;]*\b(not?|nothing|none)\b")


def _gone_with(
    session: Session, membership: Membership, made: Made, places: set[Place], name: str
) -> Iterator[Finding]:
    """What is deleted is no longer in anything, where the document says so."""
    own = membership.made(session, name)
    delete = own.resource.delete if own is not None else None
    if own is None or delete is None or not _says_goes(session, delete, made.resource.nouns):
        return
    done = session.on(delete, own)
    if done is None or not done.is_success:
        return

    def tell(place: Place) -> Finding:
        problem = f"deletes {name!r}, and {_said(place)} still has it"
        return bug(delete, "member", "deleted", problem, done, [])

    yield from session.until(partial(_still_there, session, membership, made, places, name, tell))


def _says_goes(session: Session, delete: Operation, nouns: set[str]) -> bool:
    words = nouns | {f"{noun}s" for noun in nouns}
    said = sentences(session.contract.said_at(delete.pointer))
    return any(
        re.search(_GOES, each, re.IGNORECASE) and words & set(re.findall(r"[a-z]+", each.lower())) for each in said
    )


def _unlisted(session: Session, membership: Membership, made: Made, name: str, places: set[Place]) -> list[Finding]:
    """Where a name that was put into a thing does not show; notes the places where it does."""
    shown = _shown(session, membership, made)
    places |= {place for place, held in shown.items() if name in held}
    if places:
        return []
    for operation, member in _expected(session, membership, made.resource):
        found = session.on(operation, made)
        if found is not None and found.is_success:
            where = f"`{member}` of {operation}" if member else str(operation)
            problem = f"is answered with a success, and {where} does not have {name!r}"
            return [bug(membership.add, "member", "missing", problem, found, name)]
    return []


def _expected(session: Session, membership: Membership, resource: Resource) -> Iterator[tuple[Operation, str]]:
    """Where names are documented to show: in the list of them, or in a member that is called like it."""
    if membership.listing is not None:
        yield membership.listing, ""
    segment = membership.add.path.removeprefix(f"{resource.item}/").partition("/")[0]
    for name, (schema, _) in documented(session, resource.read).items() if resource.read is not None else ():
        if resource.read is not None and fold(name) == fold(segment) and "array" in session.contract.json_types(schema):
            yield resource.read, name


def _tag(session: Session, made: Made) -> str | None:
    found = session.on(made.resource.read, made)
    tag = found.answer.header("etag") if found is not None else None
    return tag if tag is not None and tag.startswith('"') else None


def _shown(session: Session, membership: Membership, made: Made) -> dict[Place, list[str]]:
    """The texts and numbers in the lists that a thing and its list of names show, by where they stand."""
    found: dict[Place, list[str]] = {}
    for operation in filter(None, (made.resource.read, membership.listing)):
        shown = session.on(operation, made)
        if shown is not None and shown.is_success:
            found |= {(str(operation), *place): held for place, held in _iter_lists(shown.body, ())}
    return found


def _iter_lists(value: Any, place: Place) -> Iterator[tuple[Place, list[str]]]:
    """The lists in a JSON value, each as texts: items that are objects count with each of their members."""
    if isinstance(value, list):
        plain = [each for item in value for each in (item.items() if isinstance(item, dict) else [("", item)])]
        for name in dict.fromkeys(key for key, _ in plain):
            held = [str(each) for key, each in plain if key == name and isinstance(each, str | int)]
            yield (*place, *([name] if name else [])), held
        if not value:
            yield place, []
    elif isinstance(value, dict) and len(place) < MAX_DEPTH:
        for name, held in value.items():
            yield from _iter_lists(held, (*place, name))


def _said(place: Place) -> str:
    operation, *members = place
    return f"{'.'.join(members)} of {operation}" if members else operation


MEMBERSHIPS = (Rule("what is put into a thing is in it until it is taken out", ("create", "read"), kept),)
