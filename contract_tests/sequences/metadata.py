"""What a service notes of a thing by itself: moments, revisions, and members that nobody can send."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from datetime import UTC, datetime
from typing import Any

from contract_tests.contract import Operation
from contract_tests.resources import Resource, answer_shape, fold, iter_members
from contract_tests.sequences.rules import (
    Rule,
    bug,
    documented,
    documents,
    full_body,
    is_beside,
    is_server_made,
    make_full,
    members_of,
    one_change,
    operations_below,
    sentences,
    show,
    write_to,
)
from contract_tests.session import Exchange, Made, Session
from contract_tests.values import same
from contract_tests.verdicts import Finding

_CHANGED = re.compile(r"(last)?(updated|modified|changed|edited)(at|on|date|time)?")
MADE = re.compile(
    r"(created|inserted|added|booked|recorded|posted|entered|logged|received|issued|sent)(at|on|date|time)?"
)
_COUNTED = frozenset({"version", "revision", "rev", "lockversion", "generation", "resourceversion", "changecount"})
_UNTOUCHED = re.compile(
    r"\b(nothing (changes|is changed)|changes nothing|without (any )?effect|no effect|no change)\b", re.IGNORECASE
)
_COUNTS = re.compile(r"\bcounts? as (a )?changes? (of|to) \w+( \w+)?", re.IGNORECASE)
_BY_ONE = r"\b(by|plus) (one|1)\b"
_ONE_MORE = rf"\bone more\b|{_BY_ONE}|\bcounts (the |its )?(changes|updates|versions)\b"
SECOND = 1.05
"""After so long, moments of whole seconds differ."""

_AMONG = r"\bunique\b.*\b(exist|existing|present|current|live|active|not deleted)\b"
_ANY_CASE = (
    r"\b(whatever|regardless of|irrespective of|ignoring|without regard to)\b[^.;]*\bcase\b|\bcase[- ]?insensitiv"
)
_IS_UNIQUE = r"^(?!.*\b(not|needn't|never)( \w+){0,2} unique\b).*\bunique\b|\bno two\b[^.;]*\b(share|have)\b"
_UNIQUE = (
    r"\bunique\b|\bno two\b[^.;]*\b(share|have)\b|\balready (exists|in use|taken|used)\b|\b(is|are) taken\b|\bduplicate"
)


def moments_of(body: Any, names: re.Pattern[str]) -> dict[str, datetime]:
    """The members of these names that are moments."""
    found = {}
    for name, value in body.items() if isinstance(body, dict) else ():
        if names.fullmatch(fold(name)) and isinstance(value, str) and len(value) >= 19:
            try:
                moment = datetime.fromisoformat(value)
            except ValueError:
                continue
            found[name] = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return found


def _counters(body: Any) -> dict[str, int]:
    """The members that count changes."""
    items = body.items() if isinstance(body, dict) else ()
    return {name: value for name, value in items if fold(name) in _COUNTED and type(value) is int}


def noted(session: Session, resource: Resource) -> Iterator[Finding]:
    """What is changed has a later moment of change and a higher revision; what is only read keeps both."""
    read, made = resource.read, make_full(session, resource)
    writes = [write for write in (resource.patch, resource.replace) if write is not None]
    if read is None or made is None:
        return
    first, second = session.on(read, made), session.on(read, made)
    if first is None or second is None or not (first.is_success and second.is_success):
        return
    told = documented(session, read).keys()  # what another `version` of a service adds counts what it likes
    yield from _kept(read, first, second, told)
    for name, moment in moments_of(second.body, _CHANGED).items():
        for other, start in moments_of(second.body, MADE).items():
            if moment < start:
                yield bug(read, "noted", f"{name} order", f"says {name} is before {other}", second, second.body[other])
    yield from _equal(session, read, second)
    for write in writes:
        body = one_change(session, write, second.body)
        done = write_to(session, write, made, body) if body else None
        after = session.on(read, made)
        if done is None or after is None or not (done.is_success and after.is_success):
            continue
        if all(same(after.body.get(name), second.body.get(name)) for name in body or () if name in second.body):
            continue  # nothing was changed
        if session.settings.is_local and _stand_still(second, after):
            session.clock.sleep(SECOND)  # its moments are of whole seconds
            again = one_change(session, write, after.body) or body
            done = write_to(session, write, made, again)
            later = session.on(read, made)
            is_done = done is not None and done.is_success and later is not None and later.is_success
            # What is kept of a text may be what it was: then nothing was changed the second time.
            if later is not None and is_done and _differs(after, later, again):
                after = later
                yield from _noted(write, body, (second, after), told, set(), is_exact=True)
        else:
            yield from _noted(write, body, (second, after), told, _by_one(session, read, write))
        second = after


def _by_one(session: Session, read: Operation, write: Operation) -> set[str]:
    """The members that are said to go up by one with each change, where they or the change are described."""
    shape = answer_shape(session.contract, read, 200)
    own = session.contract.said_at(write.pointer)
    return {
        name
        for name, schema, _ in (iter_members(session.contract, *shape) if shape else ())
        if fold(name) in _COUNTED
        and (
            re.search(_ONE_MORE, session.contract.description(schema), re.IGNORECASE)
            or re.search(rf"\b{re.escape(name)}`? [^.;]*{_BY_ONE}", own, re.IGNORECASE)
        )
    }


def _equal(session: Session, read: Operation, found: Exchange) -> Iterator[Finding]:
    """Where the moment of change is said to be that of making until there is a change, it is."""
    shape = answer_shape(session.contract, read, 200)
    members = (
        {name: session.contract.description(schema) for name, schema, _ in iter_members(session.contract, *shape)}
        if shape
        else {}
    )
    everywhere = session.contract.description(session.contract.document.get("info"))
    for name in moments_of(found.body, _CHANGED):
        for other in moments_of(found.body, MADE):
            said = rf"\b(equals?|equal to|same as|identical to) (that of )?`?{re.escape(other)}\b"
            is_said = re.search(said, members.get(name, "")) or re.search(
                rf"`?\b{re.escape(name)}`? (is )?{said}", everywhere
            )
            if is_said and not same(found.body[name], found.body[other]):
                problem = f"says {name}={show(found.body[name])} of what is new, not {other}={show(found.body[other])}"
                yield bug(read, "noted", f"{name} new", problem, found, found.body[other])


def unmoved(session: Session, resource: Resource) -> Iterator[Finding]:
    """A change that is said to leave the moment and the tag as they are when it changes nothing does."""
    read, patch = resource.read, resource.patch
    said = session.contract.said_at(patch.pointer) if patch is not None else ""
    told = [each for each in sentences(said) if _UNTOUCHED.search(each) and re.search(r"\b(stay|leave|keep)", each)]
    made = make_full(session, resource) if told else None
    before = session.on(read, made) if read is not None and made is not None else None
    bodies = session.bodies(patch) if patch is not None else None
    if read is None or patch is None or made is None or bodies is None or before is None or not before.is_success:
        return
    held = members_of(before)
    same_again = {name: held[name] for name in full_body(session, patch) or {} if held.get(name) is not None}
    for body in (same_again, *({name: value} for name, value in same_again.items())):
        done = write_to(session, patch, made, body) if bodies.validator.is_valid(body) else None
        after = session.on(read, made) if done is not None and done.is_success else None
        if after is None or not after.is_success:
            continue
        for name, moment in moments_of(held, _CHANGED).items():
            later = moments_of(after.body, _CHANGED).get(name)
            if later is not None and later != moment and not _differs(before, after, same_again):
                problem = f"changes nothing, yet {name} goes from {show(held[name])} to {show(after.body[name])}"
                yield bug(patch, "noted", f"{name} unmoved", f"{problem}: {told[0]!r}", after, held[name])
                return


def counted(session: Session, resource: Resource) -> Iterator[Finding]:
    """What is said to count as a change of the thing that it is done below moves its moment and its tag."""
    read = resource.read
    for operation in operations_below(session, resource, "POST", "PUT", "PATCH", "DELETE") if read is not None else ():
        said = next(filter(_COUNTS.search, sentences(session.contract.said_at(operation.pointer))), None)
        made = make_full(session, resource) if said is not None else None
        before = session.on(read, made) if read is not None and made is not None else None
        if read is None or made is None or before is None or not before.is_success:
            continue
        if any(not moment.microsecond for moment in moments_of(before.body, _CHANGED).values()):
            session.clock.sleep(SECOND)
        done = session.on(operation, made)
        after = session.on(read, made) if done is not None and done.is_success else None
        if after is None or not after.is_success:
            continue
        later = moments_of(after.body, _CHANGED)
        for name, moment in moments_of(before.body, _CHANGED).items():
            if name in later and later[name] <= moment:
                problem = f"leaves {name} of {read} as it was, though it is said: {said!r}"
                yield bug(operation, "noted", f"{name} counted", problem, after, f"later than {before.body[name]}")
        tag = before.answer.header("etag")
        if tag is not None and after.answer.header("etag") == tag:
            problem = f"leaves the tag of {read} as it was, though it is said: {said!r}"
            yield bug(operation, "noted", "tag counted", problem, after, "another tag")


def _kept(read: Operation, first: Exchange, second: Exchange, told: Collection[str]) -> Iterator[Finding]:
    """Nobody changed it, so that nothing is newer; what runs may change by itself."""
    a, b = first.body, second.body
    if not isinstance(a, dict) or not isinstance(b, dict) or any(a.get(n) != b.get(n) for n in ("status", "state")):
        return
    for name in [*moments_of(a, _CHANGED), *_counters(a)]:
        if name in told and name in b and not same(a[name], b[name]):
            problem = f"changes {name} from {show(a[name])} to {show(b[name])} when it is only read"
            yield bug(read, "noted", f"{name} read", problem, second, a[name])


def _differs(one: Exchange, other: Exchange, names: Any) -> bool:
    """Whether two answers show any of these members otherwise."""
    return any(not same(one.body.get(name), other.body.get(name)) for name in names or ())


def _stand_still(before: Exchange, after: Exchange) -> bool:
    """Whether a moment of whole seconds is the same after a change, which may have been within the second."""
    later, earlier = moments_of(after.body, _CHANGED), moments_of(before.body, _CHANGED)
    return any(moment == later.get(name) and not moment.microsecond for name, moment in earlier.items())


def _noted(
    write: Operation,
    body: Any,
    exchanges: tuple[Exchange, Exchange],
    told: Collection[str],
    ones: set[str],
    *,
    is_exact: bool = False,
) -> Iterator[Finding]:
    """What a change leaves as it was, and should not; a counter in `ones` goes up by one, which a retry may double."""
    before, after = exchanges
    later = moments_of(after.body, _CHANGED)
    for name, moment in moments_of(before.body, _CHANGED).items():
        still = later.get(name) == moment and (is_exact or moment.microsecond)
        if name in later and name in told and name not in body and (later[name] < moment or still):
            problem = f"changes something, and {name} stays {show(after.body[name])}"
            yield bug(write, "noted", name, problem, after, f"later than {before.body[name]}")
    counters = _counters(after.body)
    for name, number in _counters(before.body).items():
        is_by_one = counters.get(name, number) != number + 1 and name in ones
        if name in counters and name in told and name not in body and (counters[name] <= number or is_by_one):
            problem = f"changes something, and {name} goes from {number} to {counters[name]}"
            yield bug(write, "noted", name, problem, after, number + 1 if is_by_one else f"more than {number}")


def unsendable(session: Session, resource: Resource) -> Iterator[Finding]:
    """What only the service sets is refused or left out of account when it is sent, never stored."""
    read, made = resource.read, make_full(session, resource)
    if read is None or made is None:
        return
    for write in (resource.create, resource.replace, resource.patch):
        bodies = session.bodies(write) if write else None
        before = session.on(read, made)
        if write is None or bodies is None or before is None or not isinstance(before.body, dict):
            continue
        base = {} if write.method == "PATCH" else full_body(session, write)
        known = {name for name, schema, _ in iter_members(session.contract, bodies.schema, "")
                 if not session.contract.is_read_only(schema)}  # fmt: skip
        marked = _marked(session, read)
        named = [n for n in before.body if is_server_made(n) or fold(n) in _COUNTED or _CHANGED.fullmatch(fold(n))]
        for name in dict.fromkeys([*(n for n in marked if n in before.body), *named]):
            value = _another(session, read, name, before.body[name])
            if name in known or value is None or not isinstance(base, dict):
                continue
            is_valid = bodies.validator.is_valid({**base, name: value})
            if is_valid and name not in marked and (write is resource.create or not is_server_made(name)):
                continue  # where anything may be sent, it may be that this may, too
            change = one_change(session, write, before.body) if write.method == "PATCH" else base
            body = {**(change or {}), name: value}
            if write is resource.create:
                fresh = session.make(resource, body)
                done, found = (fresh.exchange, session.on(read, fresh)) if fresh else (None, None)
            else:
                done, found = write_to(session, write, made, body), session.on(read, made)
            without = {other: held for other, held in body.items() if other != name}
            is_valid = bodies.validator.is_valid(body) or not bodies.validator.is_valid(without)
            yield from _taken(write, name, value, done, found, is_valid=is_valid)


def _marked(session: Session, read: Operation) -> list[str]:
    """The members that the document says stand only in answers."""
    shape = answer_shape(session.contract, read, 200)
    members = iter_members(session.contract, *shape) if shape else ()
    return [name for name, schema, _ in members if session.contract.is_read_only(schema)]


def _another(session: Session, read: Operation, name: str, held: Any) -> Any:
    """A valid value of a member that is not the one it has; None when there is none."""
    shape = answer_shape(session.contract, read, 200)
    members = iter_members(session.contract, *shape) if shape else ()
    for known, schema, pointer in members:
        if known != name:
            continue
        node, _ = session.contract.resolve(schema, pointer)
        validator = session.contract.spec.document.validator(pointer)
        near = [value for path, value in session.samples.iter_near(node, held) if path == ()]
        for value in [*_UNLIKELY, *near]:
            if type(value) is type(held) and value != "" and not same(held, value) and validator.is_valid(value):
                return value
    return None


_UNLIKELY = (7654321, "00000000-0000-4000-8000-00000000beef", "2001-02-03T04:05:06Z")


def _taken(
    write: Operation, name: str, value: Any, done: Exchange | None, found: Exchange | None, *, is_valid: bool
) -> Iterator[Finding]:
    if done is None or not done.is_success:
        return
    if not is_valid:
        problem = f"accepts {name}, which the contract forbids to send"
        yield bug(write, "invalid accepted", name, problem, done, "a refusal")
    for exchange in (done, found):
        held = exchange.body if exchange is not None and isinstance(exchange.body, dict) else {}
        if same(value, held.get(name)):
            problem = f"stores {name}={show(value)}, which only the service sets"
            yield bug(write, "unsendable", name, problem, done, "its own value")
            return


def taken(session: Session, resource: Resource) -> Iterator[Finding]:
    """A second thing with a value that is said to be unique is refused."""
    create = resource.create
    bodies = session.bodies(create) if create else None
    made = make_full(session, resource) if create else None
    if create is None or bodies is None or made is None or not isinstance(made.sent, dict):
        return
    if not documents(create, "409"):
        return
    names = [
        name
        for name, schema, _ in session.contract.iter_properties(bodies.schema, bodies.pointer)
        if name in made.sent and re.search(_IS_UNIQUE, _described(session, schema), re.IGNORECASE)
    ]
    if not names and not _says_taken(session, create):
        return
    same_place = session.draft_on(create, made, made.sent)
    again = session.send(create, same_place.with_value(made.sent)) if same_place else None
    if again is not None and again.is_success:
        named = " and ".join(names) or "everything"
        problem = f"makes a second thing with the {named} of another, which the document says is unique"
        yield bug(create, "taken", named, problem, again, 409)
    elif again is not None:
        for name in names:
            found = [*_taken_by_case(session, create, made, name), *_taken_by_change(session, resource, made, name)]
            yield from found or _free_again(session, resource, made, name)


def _taken_by_case(session: Session, create: Operation, made: Made, name: str) -> Iterator[Finding]:
    """What is said to be unique whatever its case cannot be had in another."""
    bodies, value = session.bodies(create), made.sent.get(name)
    schemas = {n: s for n, s, _ in session.contract.iter_properties(bodies.schema, bodies.pointer)} if bodies else {}
    other = {**made.sent, name: value.swapcase()} if isinstance(value, str) else made.sent
    if bodies is None or other == made.sent or not bodies.validator.is_valid(other):
        return
    if not re.search(_ANY_CASE, _described(session, schemas.get(name)), re.IGNORECASE):
        return
    draft = session.draft_on(create, made, made.sent)
    # What is unique is made new when it is sent, which would be beside the point.
    again = session.send(create, draft.with_value(other)) if draft else None
    if again is not None and again.is_success:
        problem = f"makes a second thing with the {name} of another in other letters, where case does not count"
        yield bug(create, "taken", f"{name} case", problem, again, 409)


def _taken_by_change(session: Session, resource: Resource, made: Made, name: str) -> Iterator[Finding]:
    """Nor can a change take what is said to be unique and somebody else's."""
    value = made.sent.get(name)
    for write in (resource.patch, resource.replace):
        bodies = session.bodies(write) if write is not None and documents(write, "409") else None
        if write is None or value is None or bodies is None:
            continue
        full = full_body(session, write) if write.method == "PUT" else {}
        change = {**full, name: value} if isinstance(full, dict) else {}
        other = make_full(session, resource) if bodies.validator.is_valid(change) else None
        draft = session.draft_on(write, other) if other is not None and is_beside(made, other) else None
        # What is unique is made new when it is sent, which would be beside the point.
        done = session.send(write, draft.with_value(change)) if draft else None
        if done is not None and done.is_success and isinstance(done.body, dict) and same(done.body.get(name), value):
            problem = f"gives a thing the {name} of another, which the document says is unique"
            yield bug(write, "taken", f"{name} changed", problem, done, 409)
            return


def _free_again(session: Session, resource: Resource, made: Made, name: str) -> Iterator[Finding]:
    """What is said to be unique among those that exist is free again once its thing is deleted."""
    create, delete = resource.create, resource.delete
    bodies = session.bodies(create) if create else None
    if create is None or delete is None or bodies is None:
        return
    members = session.contract.iter_properties(bodies.schema, bodies.pointer)
    schemas = {known: schema for known, schema, _ in members}
    if not re.search(_AMONG, _described(session, schemas.get(name)), re.IGNORECASE):
        return
    gone = session.on(delete, made)
    draft = session.draft_on(create, made) if gone is not None and gone.answer.status == 204 else None
    again = session.send(create, draft.with_value(made.sent)) if draft else None
    if again is not None and again.answer.status == 409:
        problem = f"refuses the {name} of something that {delete} deleted, which no other has"
        yield bug(create, "taken", f"{name} again", problem, again, 201)


def _described(session: Session, schema: Any) -> str:
    node, _ = session.contract.resolve(schema, "")
    texts = [part.get("description", "") for part in (schema, node) if isinstance(part, dict)]
    return " ".join(map(str, texts))


def _says_taken(session: Session, create: Operation) -> bool:
    response = session.contract.find_response(create, 409)
    node = session.contract.spec.document.lookup(response.pointer) if response else None
    text = _described(session, node)
    return bool(re.search(_UNIQUE, text, re.IGNORECASE)) and "idempoten" not in text.lower()


METADATA = (
    Rule("what is changed is noted", ("source", "read"), noted),
    Rule("a change of nothing moves nothing where that is said", ("create", "read", "patch"), unmoved),
    Rule("what counts as a change is noted", ("create", "read"), counted),
    Rule("what only the service sets cannot be sent", ("source", "read"), unsendable),
    Rule("what is taken cannot be had again", ("create",), taken),
)
