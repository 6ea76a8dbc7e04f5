"""What is refused changes nothing: for what is sent, for who sends it, or for how."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any

from contract_tests.contract import Operation, Way
from contract_tests.drafts import Draft
from contract_tests.renewal import with_new_key
from contract_tests.resources import STATES, Resource, find_header, find_key, fold, is_running
from contract_tests.samples import bounds
from contract_tests.sequences.actions import find_actions
from contract_tests.sequences.dangling import unlikely_reference
from contract_tests.sequences.paging import count_of, identities, is_whole, walk
from contract_tests.sequences.rules import (
    GONE,
    Rule,
    bug,
    differences,
    full_body,
    make_full,
    one_change,
    operations_below,
    other_body,
    show,
    write_to,
)
from contract_tests.session import Exchange, Made, Session
from contract_tests.values import same
from contract_tests.verdicts import Finding

MAX_ACTIONS = 4
MAX_BELOW = 4
LARGE = 999_999_999
MAX_WAYS = 8
"""No request is refusable in more ways."""


def refused(session: Session, resource: Resource) -> Iterator[Finding]:
    """A refused write changes nothing."""
    made = make_full(session, resource)
    if made is None:
        return
    for operation in (resource.replace, resource.patch):
        if operation is None or resource.read is None:
            continue
        held = session.on(resource.read, made)
        for body in iter_invalid(session, operation, held.body if held else None):
            before, again = session.on(resource.read, made), session.on(resource.read, made)
            done = write_to(session, operation, made, body)
            after = session.on(resource.read, made)
            if done is None or done.is_success or before is None or after is None or again is None:
                continue
            is_still = before.body == again.body
            changes = (
                _changes(before.body, after.body)
                if is_still
                else differences(session, resource.read, before, resource.read, after)
            )
            for name, a, b in changes:
                problem = f"refuses a request with {done.answer.status}, yet changes {name} from {show(a)} to {show(b)}"
                yield bug(operation, "refused", name, problem, done, a)
    create = resource.create
    if create is not None and resource.listing is not None:
        for body in iter_invalid(session, create):
            draft = session.draft_on(create, made, body)
            done = _made_something(session, resource, made, partial(session.send, create, draft)) if draft else None
            if done is not None:
                problem = f"refuses a request with {done.answer.status}, yet makes something"
                yield bug(create, "refused", "made", problem, done)


def _made_something(
    session: Session, resource: Resource, made: Made, send: Callable[[], Exchange | None]
) -> Exchange | None:
    """The refusal of a request after which a list holds more than before; None where it is as it was."""
    done, more = _grown(session, resource, made, send)
    return done if done is not None and not done.is_success and more > 0 else None


def _grown(
    session: Session, resource: Resource, made: Made, send: Callable[[], Exchange | None]
) -> tuple[Exchange | None, int]:
    """The answer to a request, and how many more a list holds after it; none where that cannot be told.

    A list that lags grows by what was made earlier, until it shows what was made last.
    """

    def is_behind() -> bool:
        pages = walk(session, resource, made)
        is_seen = made.path_values[resource.parameter] in identities(pages, resource)
        return is_whole(session, resource, pages) and not is_seen if pages else False

    if session.until(is_behind):
        return None, 0
    counts = [count_of(session, resource, made), count_of(session, resource, made)]
    done = send()
    later = count_of(session, resource, made)
    if counts[0] is None or later is None or counts[0] != counts[1]:
        return done, 0
    return done, later - counts[0]


def made_once(session: Session, resource: Resource) -> Iterator[Finding]:
    """A request makes one thing, with a key for it and without."""
    create, made = resource.create, make_full(session, resource)
    if create is None or made is None:
        return

    def make(change: Callable[[Draft], Draft]) -> Exchange | None:
        one = session.make(resource, change=change)
        return one.exchange if one else None

    keyed: list[Callable[[Draft], Draft]] = [partial(with_new_key, create)] if find_key(create) else []
    for change in (*keyed, lambda draft: draft):
        known = len(session.made)
        done, more = _grown(session, resource, made, partial(make, change))
        own = sum(one.resource is resource for one in session.made[known:])
        if done is not None and more > own > 0:
            problem = f"makes {more} at once: so many more are listed"
            yield bug(create, "made", "more", problem, done, own)
            return


def refused_below(session: Session, resource: Resource) -> Iterator[Finding]:
    """What is refused below a thing (`POST /payments/{id}/refunds`) leaves the thing as it is."""
    read = resource.read
    below = operations_below(session, resource, "POST", "PUT")[:MAX_BELOW] if read else []
    for operation in below:
        made = make_full(session, resource)
        if read is None or made is None:
            return
        for body in [*iter_invalid(session, operation), *extremes(session, operation)]:
            before, again = (session.on(read, made) for _ in range(2))
            done = session.on(operation, made, body)
            after = session.on(read, made)
            if done is None or done.is_success or done.answer.status >= 500:
                break
            if before is None or again is None or after is None or not after.is_success or before.body != again.body:
                break
            for name, a, b in _changes(before.body, after.body):
                refuses = f"refuses a request with {done.answer.status}"
                problem = f"{refuses}, yet {read} shows {name}={show(b)} then, not {show(a)}"
                yield bug(operation, "refused", name, problem, done, a)
                return


def _changes(before: Any, after: Any) -> Iterator[tuple[str, Any, Any]]:
    if isinstance(before, dict) and isinstance(after, dict) and not is_running(before):
        for name in before.keys() & after.keys():
            if not same(before[name], after[name]):
                yield name, before[name], after[name]


def extremes(session: Session, operation: Operation) -> Iterator[Any]:
    """Valid bodies with a number that is as large or as small as may be: more than there is of anything."""
    bodies = session.bodies(operation)
    if bodies is None or not isinstance(bodies.full, dict):
        return
    for name, schema, _ in session.contract.iter_properties(bodies.schema, bodies.pointer):
        if type(bodies.full.get(name)) is not int:
            continue
        node, _ = session.contract.resolve(schema, "")
        low, high = bounds(node) if isinstance(node, dict) else (None, None)
        for value in (low if low is not None else -LARGE, high if high is not None else LARGE):
            body = {**bodies.full, name: int(value)}
            if bodies.validator.is_valid(body):
                yield body


def iter_invalid(session: Session, operation: Operation, held: Any = None) -> list[Any]:
    """Bodies with one wrong member, whose others would change something of what is held."""
    bodies = session.bodies(operation)
    if bodies is None or not isinstance(bodies.full, dict):
        return []
    start = {name: held.get(name, value) for name, value in bodies.full.items()} if isinstance(held, dict) else {}
    full = other_body(session, operation, start) if bodies.validator.is_valid(start) else bodies.full
    late = list(full)
    candidates = [{**full, name: {"wrong": []}} for name in (late[-1:] + late[:1])]
    candidates.append({})
    return [body for body in candidates if not bodies.validator.is_valid(body)][:2]


# --- Who asks, and how -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Refusable:
    """A request that a service should refuse for something else than its content."""

    said: str
    draft: Draft
    credentials: Mapping[Way, str] | None = None


def _iter_refusable(session: Session, write: Operation, draft: Draft) -> Iterator[Refusable]:
    target = session.target
    if session.contract.needs_credentials(write) and target.right_credentials(write):
        yield Refusable("a request without credentials", draft, {})
    if target.lacks(write):
        yield Refusable("a token without the scope", draft, target.scoped_credentials(write))
    if draft.body is not None:
        yield Refusable("a body sent as text/plain", draft.with_parameter("header", "Content-Type", "text/plain"))
    if find_header(write, "ifmatch"):
        stale = draft.with_parameter("header", "If-Match", '"understudy-stale"')
        yield Refusable("an If-Match that is not current", stale)
        yield Refusable("a request without If-Match", draft.without_header("if-match"))
    held = draft.value if draft.form is None and isinstance(draft.value, dict) else None
    full = (full_body(session, write) or {}) if held is not None else {}
    for name, reference in session.renewal.references(write).items() if held is not None else ():
        value = unlikely_reference(session, reference) if name in full else None
        if value is not None and held is not None:
            yield Refusable(f"{name}={show(value)}, which nothing has,", draft.with_value({**held, name: value}))


def turned_away(session: Session, resource: Resource) -> Iterator[Finding]:
    """A change that is refused for who asks for it, or for how, is not made."""
    changes = [resource.replace, resource.patch, *find_actions(session, resource)[:MAX_ACTIONS], resource.delete]
    for write in filter(None, changes):
        made = make_full(session, resource)
        for number in range(MAX_WAYS):
            made = yield from _turned_away(session, resource, write, made, number)
            if made is None:
                break


def _turned_away(
    session: Session, resource: Resource, write: Operation, made: Made | None, number: int
) -> Generator[Finding, None, Made | None]:
    """Ask in one of the ways that are refusable; what is there afterwards, None where there is no such way."""
    read = resource.read
    before = session.on(read, made) if made else None
    if read is None or made is None or before is None or not before.is_success or not isinstance(before.body, dict):
        return None
    # A change that is another each time: one that was made all the same would show no effect when it is made again.
    body = one_change(session, write, before.body) if write in (resource.replace, resource.patch) else ...
    draft = session.draft_on(write, made, body) if body else None
    each = next(islice(_iter_refusable(session, write, draft), number, None), None) if draft else None
    if each is None:
        return None
    done = session.send(write, each.draft, each.credentials)
    after = session.on(read, made)
    if done is None or after is None:
        return None
    if done.answer.status >= 400:
        yield from _effect(session, write, each.said, read, (before, done, after))
    return made if after.is_success else make_full(session, resource)


def _effect(
    session: Session, write: Operation, said: str, read: Operation, exchanges: tuple[Exchange, Exchange, Exchange]
) -> Iterator[Finding]:
    before, done, after = exchanges
    refuses = f"refuses {said} with {done.answer.status}"
    if after.answer.status in GONE and before.is_success:
        yield bug(write, "turned away", "gone", f"{refuses}, yet {read} no longer finds the thing", done, "no change")
        return
    changed = list(differences(session, read, before, read, after))
    for name in before.body if isinstance(before.body, dict) and isinstance(after.body, dict) else ():
        a, b = before.body[name], after.body.get(name)
        if fold(name) in STATES and not is_running(before.body) and not same(a, b):
            changed.append((name, a, b))
    for name, a, b in changed[:1]:
        yield bug(write, "turned away", name, f"{refuses}, yet changes {name} from {show(a)} to {show(b)}", done, a)


def not_made(session: Session, resource: Resource) -> Iterator[Finding]:
    """What is not to be made, for who asks for it or how, is not made."""
    create, made = resource.create, make_full(session, resource)
    draft = session.draft_on(create, made) if create and made else None
    if create is None or made is None or draft is None:
        return
    for each in _iter_refusable(session, create, draft):
        done = _made_something(session, resource, made, partial(session.send, create, each.draft, each.credentials))
        if done is not None:
            problem = f"refuses {each.said} with {done.answer.status}, yet makes something"
            yield bug(create, "turned away", "made", problem, done, "nothing new")


REFUSALS = (
    Rule("a refused write changes nothing", ("source",), refused),
    Rule("a request makes one thing", ("create", "listing"), made_once),
    Rule("what is refused below a thing leaves it as it is", ("maker", "read"), refused_below),
    Rule("who is turned away changes nothing", ("source", "read"), turned_away),
    Rule("who is turned away makes nothing", ("create", "listing"), not_made),
)
