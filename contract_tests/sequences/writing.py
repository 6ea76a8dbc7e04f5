"""Replacing, patching, refused writes and repeated ones."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from contract_tests.contract import Operation
from contract_tests.drafts import Draft
from contract_tests.resources import (
    Resource,
    answer_shape,
    find_key,
    iter_members,
    shared_properties,
    value_media,
    value_shape,
    visible,
)
from contract_tests.sequences.rules import (
    GONE,
    Rule,
    bug,
    differences,
    documented,
    documents,
    full_body,
    is_server_made,
    make_full,
    members_of,
    other_body,
    show,
    small_body,
    unlike,
    write_to,
)
from contract_tests.session import Exchange, Made, Session
from contract_tests.statuses import VALIDATION
from contract_tests.values import default_of, iter_echo_problems, merge, same
from contract_tests.verdicts import Finding

MAX_ALIKE = 12
"""So many things are made in a row to see whether two of them have one id."""


def replaced(session: Session, resource: Resource) -> Iterator[Finding]:
    """PUT stores exactly what it is sent, keeps the id, and does the same a second time."""
    put, read = resource.replace, resource.read
    made = make_full(session, resource)
    if made is None or put is None:
        return
    before = session.on(read, made)
    for body in (other_body(session, put, full_body(session, put)), small_body(session, put)):
        if body is None:
            continue
        done = write_to(session, put, made, body)
        if done is None or not done.is_success:
            continue
        yield from iter_echo_problems(session.contract, put, done)
        if done.answer.status == 201 and before is not None and before.is_success and documents(put, "200", "204"):
            problem = "answers 201 where it replaces something (RFC 9110, 9.3.4)"
            yield bug(put, "replaced", "201", problem, done, "200 or 204")
        yield from _kept(session, put, before or made.exchange, done)
        if read is not None:
            yield from _stored(session, put, read, made, done, whole=True)
            yield from _kept(session, put, before or made.exchange, session.on(read, made))


def _kept(session: Session, put: Operation, before: Exchange, after: Exchange | None) -> Iterator[Finding]:
    if after is None or not isinstance(before.body, dict) or not isinstance(after.body, dict):
        return
    sendable = full_body(session, put)
    for name in before.body:
        if (
            is_server_made(name)
            and name not in (sendable or ())
            and name in after.body
            and not same(before.body[name], after.body[name])
        ):
            problem = f"changes {name} from {show(before.body[name])} to {show(after.body[name])}"
            yield bug(put, "kept", name, problem, after, before.body[name])


def _stored(
    session: Session, write: Operation, read: Operation, made: Made, done: Exchange, *, whole: bool
) -> Iterator[Finding]:
    body = done.sent

    def look() -> list[Finding]:
        found = session.on(read, made)
        if found is None or not isinstance(found.body, dict):
            return []
        problems = list(unlike(session, write, read, body, found))
        if whole:
            problems += [
                bug(write, "replaced", name, f"keeps {name}={show(b)}, which was not sent again", found, a)
                for name, a, b in differences(session, write, done, read, found)
                if name not in body
            ]
        return problems

    yield from session.until(look)


def not_merged(session: Session, resource: Resource) -> Iterator[Finding]:
    """PUT takes away what it is not sent."""
    put, read = resource.replace, resource.read
    made = make_full(session, resource)
    if made is None or put is None or read is None:
        return
    full, small = full_body(session, put), small_body(session, put)
    if not isinstance(full, dict) or not isinstance(small, dict):
        return
    first = write_to(session, put, made, full)
    second = write_to(session, put, made, small)
    if first is None or second is None or not (first.is_success and second.is_success):
        return
    shared = shared_properties(session.contract, value_shape(put), answer_shape(session.contract, read, 200))

    def look() -> list[Finding]:
        found = session.on(read, made)
        if found is None or not isinstance(found.body, dict):
            return []
        return [
            bug(put, "replaced", name, f"keeps {name}={show(full[name])}, which was not sent again", found)
            for name in full.keys() - small.keys()
            if name in shared and found.body.get(name) is not None and same(full[name], found.body[name])
            and not _is_default(session, shared[name], full[name])
        ]  # fmt: skip

    yield from session.until(look)
    yield from _not_merged_within(session, resource, put, read, made, full)


def _not_merged_within(
    session: Session, resource: Resource, put: Operation, read: Operation, made: Made, full: dict[str, Any]
) -> Iterator[Finding]:
    """PUT takes away what it is not sent of an object within, too."""
    bodies = session.bodies(put)
    for name, value in full.items():
        for inner in list(value) if isinstance(value, dict) and bodies is not None else ():
            less = {**full, name: {key: held for key, held in value.items() if key != inner}}
            if (
                bodies is None
                or not bodies.validator.is_valid(less)
                or _may_stay(session, resource, (name, inner), value[inner])
            ):
                continue
            first, second = write_to(session, put, made, full), write_to(session, put, made, less)
            found = session.on(read, made)
            shown = found.body.get(name) if found is not None and isinstance(found.body, dict) else None
            is_done = first is not None and second is not None and first.is_success and second.is_success
            if found and is_done and isinstance(shown, dict) and inner in shown and same(value[inner], shown[inner]):
                problem = f"keeps {name}.{inner}={show(value[inner])}, which was not sent again"
                yield bug(put, "replaced", f"{name}.{inner}", problem, found)
                return


def _is_default(session: Session, entry: Any, value: Any) -> bool:
    nodes = [session.contract.resolve(schema, "")[0] for schema in (entry[0], entry[2])]
    return any(isinstance(node, dict) and "default" in node and same(node["default"], value) for node in nodes)


def patched(session: Session, resource: Resource) -> Iterator[Finding]:
    """PATCH changes what it is sent and nothing else."""
    patch, read = resource.patch, resource.read
    made = make_full(session, resource)
    if made is None or patch is None or read is None:
        return
    bodies = session.bodies(patch)
    before = session.on(read, made)
    if bodies is None or before is None or not isinstance(before.body, dict) or ("patch+json" in bodies.media.name \
            and "merge" not in bodies.media.name):  # fmt: skip
        return
    merging = "merge" in bodies.media.name
    start = full_body(session, patch) or {}
    changes = other_body(session, patch, start)
    for name in start:
        options = [changes[name]] + ([None] if bodies.validator.is_valid({name: None}) else [])
        for value in options:
            if not bodies.validator.is_valid({name: value}):
                continue
            before = session.on(read, made)
            done = write_to(session, patch, made, {name: value})
            if done is None or not done.is_success or before is None or not isinstance(before.body, dict):
                continue
            sent = done.sent.get(name, value) if isinstance(done.sent, dict) else value  # what names another is renewed
            yield from _patch_effect(session, resource, made, before.body, name, sent, merging=merging)
    if merging:
        yield from _nested(session, resource, patch, read, made, start)
        _send_halves(session, resource, patch, start)
    before = session.on(read, made)
    done = write_to(session, patch, made, {}) if bodies.validator.is_valid({}) else None
    after = session.on(read, made)
    if done and done.is_success and before and after:
        for name, a, b in differences(session, read, before, read, after):
            yield bug(patch, "patch empty", name, f"changes {name} from {show(a)} to {show(b)} unasked", after, a)


def _nested(
    session: Session, resource: Resource, patch: Operation, read: Operation, made: Made, start: Any
) -> Iterator[Finding]:
    """A merge patch of an object keeps what it does not name (RFC 7396)."""
    bodies = session.bodies(patch)
    for name, value in start.items() if bodies else ():
        if not isinstance(value, dict) or len(value) < 2 or not bodies:
            continue
        first = next(iter(value))
        whole = write_to(session, patch, made, {name: value}) if bodies.validator.is_valid({name: value}) else None
        part = {name: {first: value[first]}}
        if whole is None or not whole.is_success or not bodies.validator.is_valid(part):
            continue
        before = session.on(read, made)
        done = write_to(session, patch, made, part)
        after = session.on(read, made)
        if done is None or before is None or after is None:
            continue
        if not done.is_success:
            if done.answer.status in VALIDATION and same(value, members_of(before).get(name)):
                sent = f"{name}={show(part[name])}"
                problem = f"refuses {sent} with {done.answer.status}, which changes nothing of {show(value)}"
                yield bug(patch, "patched", f"{name} merged", problem, done, "a success")
            continue
        held, kept = before.body.get(name), after.body.get(name)
        if isinstance(held, dict) and not same(held, kept):
            problem = f"was sent {name}={show(part[name])}, and {read} then shows {show(kept)}, not {show(held)}"
            yield bug(patch, "patched", f"{name} merged", problem, after, held)
        yield from _taken_away(session, resource, patch, read, made, name, kept)


def _send_halves(session: Session, resource: Resource, patch: Operation, start: Any) -> None:
    """Patch a part of what a thing has nothing of: who takes that shows half an object, which its schema tells of."""
    bodies, made = session.bodies(patch), session.make(resource)
    if bodies is None or made is None:
        return
    held = members_of(session.on(resource.read, made))
    absent = {n: v for n, v in start.items() if isinstance(v, dict) and len(v) > 1 and held.get(n) is None}
    for part in ({name: {inner: value[inner]}} for name, value in absent.items() for inner in value):
        if bodies.validator.is_valid(part):
            write_to(session, patch, made, part)
            nothing = dict.fromkeys(part)
            if bodies.validator.is_valid(nothing):
                write_to(session, patch, made, nothing)


def _taken_away(
    session: Session, resource: Resource, patch: Operation, read: Operation, made: Made, name: str, held: Any
) -> Iterator[Finding]:
    """A null within an object takes its member away and leaves the others (RFC 7396)."""
    bodies, told = session.bodies(patch), documented(session, read).get(name)
    own = {each for each, _, _ in iter_members(session.contract, *told)} if told is not None else set()
    for inner in list(held) if isinstance(held, dict) and bodies else ():
        part = {name: {inner: None}}
        if held[inner] is None or not bodies or not bodies.validator.is_valid(part):
            continue
        if _may_stay(session, resource, (name, inner), held[inner]):
            continue  # whatever it then shows tells nothing; another member may
        done = write_to(session, patch, made, part)
        after = session.on(read, made)
        kept = after.body.get(name) if after is not None and isinstance(after.body, dict) else None
        if done is None or not done.is_success or after is None:
            continue
        shown = kept.get(inner) if isinstance(kept, dict) else None
        if shown is not None and (same(held[inner], shown) or inner not in own):
            problem = f"was sent {name}={show(part[name])}, yet {read} still shows {name}={show(kept)}"
            yield bug(patch, "patched null", f"{name}.{inner}", problem, after, None)
        return


def _patch_effect(
    session: Session, resource: Resource, made: Made, before: Any, name: str, value: Any, *, merging: bool
) -> Iterator[Finding]:
    patch, read = resource.patch, resource.read
    if patch is None or read is None:
        return
    bodies = session.bodies(patch)
    sendable = bodies.full if bodies and isinstance(bodies.full, dict) else {}
    media = value_media(patch)
    shown = visible(session.contract, media.schema, {name: value}).get(name) if media else value
    wanted = merge(before.get(name), shown) if merging else shown
    may_be = not merging or _may_show(session, read, name, wanted)
    may_stay = value is None and _may_stay(session, resource, (name,), before.get(name))

    def look() -> list[Finding]:
        found = session.on(read, made)
        if found is None or not isinstance(found.body, dict):
            return []
        after = found.body
        problems = []
        if may_be and name in before and wanted is not None and not same(wanted, after.get(name)):
            problem = f"was sent {name}={show(value)}, then {read} shows {show(after.get(name))}"
            problems.append(bug(patch, "patched", name, problem, found, wanted))
        is_kept = before.get(name) is not None and same(before[name], after.get(name))
        if wanted is None and is_kept and not may_stay:
            problem = f"was sent {name}=null, yet {read} still shows {show(after.get(name))}"
            problems.append(bug(patch, "patched null", name, problem, found, None))
        for other in before:
            if other == name or not (is_server_made(other) or other in sendable):
                continue
            if not same(before[other], after.get(other)):
                problem = f"changes {other} from {show(before[other])} to {show(after.get(other))} with {name}"
                problems.append(bug(patch, "patched other", other, problem, found, before[other]))
        return problems

    yield from session.until(look)


def _may_stay(session: Session, resource: Resource, path: tuple[str, ...], held: Any) -> bool:
    """Whether a member may show what it held after a null was sent: its default, or the only thing it can show."""
    contract = session.contract
    shapes = [value_shape(o) for o in (resource.create, resource.replace, resource.patch) if o is not None]
    shapes.append(answer_shape(contract, resource.read, 200) if resource.read else None)
    found, must_stay = [], False
    for shape in shapes:
        schema: Any = shape[0] if shape else True
        for name in path:
            must_stay = name in contract.required(schema)
            schema = next((child for other, child, _ in contract.iter_properties(schema, "") if other == name), True)
        found.append(schema)
    default = default_of(contract, *found)
    return same(default, held) if default is not ... else must_stay and "null" not in contract.json_types(found[-1])


def _may_show(session: Session, read: Operation, name: str, value: Any) -> bool:
    """Whether an answer may show this of a member: the members of two alternatives together are often neither."""
    shape = answer_shape(session.contract, read, 200)
    pointers = (
        [pointer for member, _, pointer in iter_members(session.contract, *shape) if member == name] if shape else []
    )
    return not pointers or session.contract.spec.document.validator(*pointers, keyword="anyOf").is_valid(value)


def distinct(session: Session, resource: Resource) -> Iterator[Finding]:
    """Each request makes another thing: ids are counted up, or made up of enough letters."""
    create = resource.create
    key = find_key(create) if create else None
    if create is None:
        return

    def unkeyed(draft: Draft) -> Draft:
        return draft if key is None or key.required else draft.without_header(key.name)

    seen: list[Made] = []
    body = full_body(session, create)
    for _ in range(MAX_ALIKE if session.settings.is_local else 2):
        one = session.make(resource, body, change=unkeyed) or session.make(resource, change=unkeyed)
        if one is None:
            return
        sent = {str(value) for value in one.sent.values()} if isinstance(one.sent, dict) else set()
        if one.path_values in [other.path_values for other in seen]:
            if one.path_values[resource.parameter] not in sent:
                problem = "gives two things one id"
                yield bug(create, "identity", "same", problem, one.exchange)
            return
        seen.append(one)

    def lost() -> list[Finding]:
        found = session.on(resource.read, seen[0])
        if found is None or found.answer.status not in GONE or resource.read is None:
            return []
        problem = f"does not find the first of {len(seen)} things that were made alike"
        return [bug(resource.read, "identity", "lost", problem, found, "each of them")]

    yield from session.until(lost)


WRITING = (
    Rule("PUT stores what it is sent", ("source", "replace"), replaced),
    Rule("PUT replaces and does not merge", ("source", "replace", "read"), not_merged),
    Rule("PATCH changes what it is sent and nothing else", ("source", "patch", "read"), patched),
    Rule("two requests make two things", ("create",), distinct),
)
