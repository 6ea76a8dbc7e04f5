"""Actions on a thing (`POST /tasks/{id}/transition`): one that is done is seen, one that is refused is not."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from functools import partial
from typing import Any

from contract_tests.contract import Operation
from contract_tests.resources import STATES, Resource, answer_shape, find_key, fold, is_running
from contract_tests.sequences.listing import says_left_out
from contract_tests.sequences.paging import identities, is_whole, walk
from contract_tests.sequences.rules import (
    GONE,
    Rule,
    bug,
    documents,
    full_body,
    make_full,
    members_of,
    operations_below,
    says_of,
    show,
    states_after,
)
from contract_tests.session import Exchange, Made, Session
from contract_tests.values import iter_echo_problems, same
from contract_tests.verdicts import Finding

MAX_VALUES = 6
MAX_SECOND = 3
MAX_KEPT = 4
PAUSES = (0.0, 0.1, 0.2, 0.4, 0.8, 1.6)
"""Seconds after which it is looked again whether what was started shows."""

_ONCE = (
    r"\b(once only|only once|just once|at most once|(can|may|must) be \w+ once)\b"
    r"|\b(already|again|twice|a second time)\b[^.;]*\b(409|refused|rejected|conflict)\b"
)
STAYS = (0.05, 0.3)
"""Seconds after which it is looked again whether what was stopped has gone on."""


def settled(session: Session, read: Operation, made: Made) -> Exchange | None:
    """A thing as it is read when it does not run any more, or has not ended for seconds."""
    found = session.on(read, made)
    for pause in PAUSES:
        if found is None or not is_running(found.body):
            break
        session.clock.sleep(pause)
        found = session.on(read, made)
    return found


def find_actions(session: Session, resource: Resource) -> list[Operation]:
    """The operations below a thing that make nothing there."""
    makers = {str(other.create) for other in session.resources}
    return [each for each in operations_below(session, resource, "POST", "PUT") if str(each) not in makers]


def acted(session: Session, resource: Resource) -> Iterator[Finding]:
    """An action changes what is read to what it answers; one that is refused changes nothing."""
    read = resource.read
    if read is None:
        return
    for action in find_actions(session, resource):
        if not (_members(session, action) & _members(session, read) or documents(action, "204")):
            continue
        bodies = bodies_of(session, action)
        for first, second in itertools.product(bodies, bodies[:MAX_SECOND]):
            made = make_full(session, resource)
            if made is None:
                return
            for body in (first, second):
                yield from _acted(session, action, read, made, body)


def _acted(session: Session, action: Operation, read: Operation, made: Made, body: Any) -> Iterator[Finding]:
    draft, before = session.draft_on(action, made, body), session.on(read, made)
    done = session.send(action, draft) if draft else None
    if done is None or before is None or not before.is_success:
        return
    yield from _told(session, action, done)
    if done.answer.status != 202:
        yield from session.until(partial(_effect, session, action, read, made, before, done))
    if done.is_success and is_running(before.body):
        yield from _stays(session, action, read, made, done)


def _effect(
    session: Session, action: Operation, read: Operation, made: Made, before: Exchange, done: Exchange
) -> list[Finding]:
    after = session.on(read, made)
    if after is None or not after.is_success:
        return []
    if done.is_success:
        said = "answers {name}={a}, and then {read} shows {b}"
        return [*_differ(session, action, read, done, after, said), *_named(session, action, read, done, after)]
    said = f"refuses a request with {done.answer.status}, yet changes {{name}} from {{a}} to {{b}}"
    return list(_differ(session, action, read, before, after, said))


def _members(session: Session, operation: Operation) -> set[str]:
    shape = answer_shape(session.contract, operation, 200) or answer_shape(session.contract, operation, 201)
    return {name for name, _, _ in session.contract.iter_properties(*shape)} if shape else set()


def bodies_of(session: Session, action: Operation) -> list[Any]:
    """A body for each value of the first member that lists its values."""
    bodies = session.bodies(action)
    if bodies is None:
        return [...]
    base = bodies.small if bodies.small is not None else bodies.full
    if not isinstance(base, dict):
        return [...]
    for name, schema, _ in session.contract.iter_properties(bodies.schema, bodies.pointer):
        values = session.contract.enum(schema)
        if name in base and len(values) > 1:
            return [{**base, name: value} for value in values[:MAX_VALUES]]
    return [base]


def _told(session: Session, action: Operation, done: Exchange) -> Iterator[Finding]:
    """A member of the request whose values are those of one member of the answer: that is what it becomes."""
    bodies, shape = session.bodies(action), answer_shape(session.contract, action, done.answer.status)
    if bodies is None or shape is None or not done.is_success or not isinstance(done.body, dict):
        return
    told = list(session.contract.iter_properties(*shape))
    for name, schema, _ in session.contract.iter_properties(bodies.schema, bodies.pointer):
        values = session.contract.enum(schema)
        alike = [
            other
            for other, theirs, _ in told
            if values
            and (session.contract.enum(theirs) == values or (other == name and _holds(session, theirs, values)))
        ]
        wanted = (done.sent or {}).get(name, ...)
        if len(alike) == 1 and wanted is not ... and not same(wanted, done.body.get(alike[0])):
            problem = f"was sent {name}={show(wanted)} and answers {alike[0]}={show(done.body.get(alike[0]))}"
            yield bug(action, "action", alike[0], problem, done, wanted)
        for holder, inner, pointer in told if values and not alike and wanted is not ... else ():
            held = done.body.get(holder)
            within = {other: theirs for other, theirs, _ in session.contract.iter_properties(inner, pointer)}
            is_same = isinstance(held, dict) and name in within and session.contract.enum(within[name]) == values
            if is_same and isinstance(held, dict) and name in held and not same(wanted, held[name]):
                problem = f"was sent {name}={show(wanted)} and answers {holder}.{name}={show(held[name])}"
                yield bug(action, "action", f"{holder}.{name}", problem, done, wanted)


def _holds(session: Session, schema: Any, values: list[Any]) -> bool:
    return all(value in session.contract.enum(schema) for value in values)


def _named(session: Session, action: Operation, read: Operation, done: Exchange, after: Exchange) -> Iterator[Finding]:
    """An action that is named like one of the listed values of a state (`cancel`, `cancelled`) leads to it."""
    body, sent = after.body, done.sent
    words = [value for value in sent.values() if isinstance(value, str)] if isinstance(sent, dict) else []
    for verb in [action.path.rpartition("/")[2], *words] if isinstance(body, dict) and not is_running(body) else ():
        for name, value in states_after(session, read, verb):
            if name in body and body[name] != value:
                problem = f"is done, and {read} then shows {name}={show(body[name])}, not {show(value)}"
                yield bug(action, "action", f"{name} {value}", problem, after, value)


def _stays(session: Session, action: Operation, read: Operation, made: Made, done: Exchange) -> Iterator[Finding]:
    """What an action put an end to does not go on by itself."""
    for pause in STAYS:
        session.clock.sleep(pause)
        after = session.on(read, made)
        findings = list(_named(session, action, read, done, after)) if after is not None and after.is_success else []
        if findings:
            yield from findings
            return


def _differ(
    session: Session, action: Operation, read: Operation, first: Exchange, second: Exchange, said: str
) -> Iterator[Finding]:
    """The members that the document lists the values of, or that a plain value is of, and that are not the same."""
    a, b = first.body, second.body
    if not isinstance(a, dict) or not isinstance(b, dict):
        return
    shape = answer_shape(session.contract, read, 200)
    for name, schema, _ in session.contract.iter_properties(*shape) if shape else ():
        if name in a and name in b and session.contract.enum(schema) and not same(a[name], b[name]):
            problem = said.format(name=name, a=show(a[name]), b=show(b[name]), read=read)
            yield bug(action, "action", name, problem, second, a[name])


def kept_after(session: Session, resource: Resource) -> Iterator[Finding]:
    """What an action has changed has another tag, and is still there when it may not be deleted any more."""
    read, delete = resource.read, resource.delete
    for action in _below(session, resource, "POST", "PUT") if read else ():
        made = make_full(session, resource)
        before = session.on(read, made) if read and made else None
        if read is None or made is None or before is None or not before.is_success:
            return
        done = session.on(action, made, bodies_of(session, action)[0])
        if done is None or not done.is_success:
            continue
        after = _changed(session, read, made, before, PAUSES if done.answer.status == 202 else (0.0,))
        tag = before.answer.header("etag") if after is not None else None
        if after is not None and tag is not None and tag.startswith('"') and after.answer.header("etag") == tag:
            problem = f"changes {_first_change(before, after)}, and the tag of {read} stays {tag}"
            yield bug(action, "action", "tag", problem, after, "another tag")
        yield from _undeleted(session, read, delete, made) if delete and documents(delete, "409") else ()


def _changed(
    session: Session, read: Operation, made: Made, before: Exchange, pauses: tuple[float, ...]
) -> Exchange | None:
    """What is read once an action shows; None where it does not."""
    for pause in pauses:
        session.clock.sleep(pause)
        after = session.on(read, made)
        if after is not None and after.is_success and _first_change(before, after):
            return after
    return None


def _first_change(before: Exchange, after: Exchange) -> str:
    """The state that is another than before."""
    a, b = before.body, after.body
    names = (
        [name for name in a if name in b and fold(name) in STATES]
        if isinstance(a, dict) and isinstance(b, dict)
        else []
    )
    return next((name for name in names if not same(a[name], b[name])), "")


def listed_after(session: Session, resource: Resource) -> Iterator[Finding]:
    """What an action was done to is listed as before, unless it is said that such things are not."""
    read = resource.read
    for action in _below(session, resource, "POST", "PUT") if read is not None else ():
        for body in bodies_of(session, action):
            made = make_full(session, resource)
            before = session.on(read, made) if read is not None and made is not None else None
            done = session.on(action, made, body) if made is not None and before is not None else None
            if read is None or made is None or before is None or done is None or not done.is_success:
                continue
            after = _changed(session, read, made, before, PAUSES if done.answer.status == 202 else (0.0,))
            yield from _still_listed(session, resource, action, made, after) if after is not None else ()


def _still_listed(
    session: Session, resource: Resource, action: Operation, made: Made, after: Exchange
) -> Iterator[Finding]:
    listing, other = resource.listing, make_full(session, resource)
    pages = walk(session, resource, made) if listing is not None and other is not None else []
    names = identities(pages, resource) if pages and is_whole(session, resource, pages) else []
    own, states = (
        made.path_values[resource.parameter],
        [(n, v) for n, v in members_of(after).items() if fold(n) in STATES],
    )
    if listing is None or other is None or not states or own in names:
        return
    if other.path_values[resource.parameter] in names and not says_left_out(session, resource, states[0]):
        problem = f"does not list what {action} brought to {states[0][0]}={show(states[0][1])}"
        yield bug(listing, "action", "listed", problem, pages[-1], own)


def _undeleted(session: Session, read: Operation, delete: Operation, made: Made) -> Iterator[Finding]:
    done = session.on(delete, made)
    after = session.on(read, made) if done is not None and done.answer.status == 409 else None
    if done is not None and after is not None and after.answer.status in GONE:
        problem = f"refuses a request with 409, yet {read} no longer finds the thing"
        yield bug(delete, "action", "deleted", problem, done, "no change")


def once(session: Session, resource: Resource) -> Iterator[Finding]:
    """An action that is said to be possible once is refused the second time, where it shows that it was done."""
    read = resource.read
    if read is None:
        return
    for action in _below(session, resource, "POST"):
        if find_key(action) is not None or not documents(action, "409") or not says_of(session, action, "409", _ONCE):
            continue
        made, body = make_full(session, resource), bodies_of(session, action)[0]
        before = session.on(read, made) if made else None
        first = session.on(action, made, body) if made else None
        if made is None or before is None or first is None or first.answer.status not in {200, 201, 204}:
            continue
        second = session.on(action, made, body) if _changed(session, read, made, before, (0.0,)) else None
        if second is not None and second.is_success:
            problem = f"answers {second.answer.status} a second time to what it says can be done once"
            yield bug(action, "action", "once", problem, second, 409)


def made_below(session: Session, resource: Resource) -> Iterator[Finding]:
    """What is made below a thing, and has no path of its own, shows what was sent all the same."""
    for operation in _below(session, resource, "POST"):
        body = full_body(session, operation) if documents(operation, "201") else None
        for make in (make_full, Session.make):  # what has every member may be in a state that allows nothing
            made = make(session, resource) if isinstance(body, dict) else None
            done = session.on(operation, made, body) if made else None
            if done is not None and done.answer.status == 201:
                yield from iter_echo_problems(session.contract, operation, done)
                break


def _below(session: Session, resource: Resource, *methods: str) -> list[Operation]:
    """The first operations below a thing whose paths are those of no other kind of things."""
    collections = {other.item.rpartition("/")[0] for other in session.resources}
    return [each for each in operations_below(session, resource, *methods) if each.path not in collections][:MAX_KEPT]


ACTIONS = (
    Rule("what is made below a thing is as asked", ("maker",), made_below),
    Rule("what can be done once is refused a second time", ("create", "read"), once),
    Rule("what an action was done to stays listed", ("create", "read", "listing"), listed_after),
    Rule("an action is seen in what is read", ("create", "read"), acted),
    Rule("an action changes the tag and deletes nothing", ("create", "read"), kept_after),
)
