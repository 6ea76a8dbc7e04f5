"""What is done with a thing by another operation (a payment of an invoice) shows, once, and stays."""

from __future__ import annotations

import math
import re
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from contract_tests.contract import Operation
from contract_tests.references import value_or_text
from contract_tests.resources import Resource, answer_shape, find_key, fold, iter_members, singulars
from contract_tests.sequences.paging import identity, items_of, walk
from contract_tests.sequences.refusals import extremes, iter_invalid
from contract_tests.sequences.rules import (
    GONE,
    Rule,
    bug,
    documents,
    full_body,
    is_volatile,
    make_full,
    members_of,
    operations_below,
    show,
    small_body,
    write_to,
)
from contract_tests.session import Exchange, Made, Session
from contract_tests.values import same
from contract_tests.verdicts import Finding

MAX_OPERATIONS = 4
_WHAT, _WHOSE = r"(?:the |its |their )?`?(?P<what>\w+)`?", r"(?:the |its |their )?`?(?P<whose>\w+)\b"
_ADDS = rf"\badd(?:s|ed)? {_WHAT}(?: is| are)? to {_WHOSE}"
_TAKES = rf"\b(?:subtract|deduct|take)(?:s|ed|n)? {_WHAT}(?: is| are)? (?:away )?from {_WHOSE}"
_SUM = r"\b(?:sum|total)(?: amount)? of (?:all |the |its |their )*(?:{})\b"
_NOT_MORE = (
    r"\bmore than (what )?(is|was|are|the|it)\b|\bexceed|\bup to what\b|\bnegative\b|\bnot (have )?enough\b"
    r"|\binsufficient\b|\bnot so (much|many)\b|\b(amount )?above (that|the|what)\b"
)
_NOTHING = r"`?\b{name}\b`?(?: is| of| must be| has to be)? (?:0|zero)\b"


@dataclass(frozen=True, slots=True)
class Effect:
    """An operation that does something with a thing, the body that it is sent, and what of the thing that changes.

    `reference` is the member of the body that names the thing; empty where the path does.
    """

    operation: Operation
    reference: str
    body: Any
    changed: Mapping[str, tuple[Any, Any]]

    def on(self, session: Session, made: Made, body: Any = None) -> Exchange | None:
        """Do the same with another thing, or something else."""
        return do(session, self.operation, self.reference, made, self.body if body is None else body)


def do(session: Session, operation: Operation, reference: str, made: Made, body: Any, key: str = "") -> Exchange | None:
    """Do something with a thing, which is opened for it first where it has to be."""
    draft = session.draft_on(operation, made, ...)
    if draft is None:
        return None
    if body is not None:
        draft = draft.with_value(_naming(session, operation, reference, made, body))
    header = find_key(operation)
    draft = draft if header is None or not key else draft.with_parameter("header", header.name, key)
    done = session.send(operation, draft)
    if done is None or done.answer.status != 409 or reference or not documents(operation, "409"):
        return done
    opener = session.find_opener(operation)
    opened = session.on(opener, made) if opener is not None else None
    return session.send(operation, draft) if opened is not None and opened.is_success else done


def _naming(session: Session, operation: Operation, reference: str, made: Made, body: Any) -> Any:
    """A body that names a thing."""
    if not reference or not isinstance(body, dict):
        return body
    identity = made.path_values[made.resource.parameter]
    pointer = session.renewal.references(operation)[reference].pointer
    return {**body, reference: value_or_text(session.contract, pointer, identity)}


def _candidates(session: Session, resource: Resource) -> list[tuple[Operation, str]]:
    """The operations below a thing, and those whose bodies name it."""
    below = [(each, "") for each in operations_below(session, resource, "POST")]
    naming = [
        (operation, name)
        for operation in session.contract.operations
        if operation.method == "POST" and operation.request_body is not None
        for name, reference in session.renewal.references(operation).items()
        if reference.resource.item == resource.item and name in (full_body(session, operation) or ())
    ]
    return [*below, *naming][:MAX_OPERATIONS]


def find_effects(session: Session, resource: Resource, read: Operation) -> Iterator[Effect]:
    """What changes a thing that is neither sent to it nor a moment."""
    for operation, reference in _candidates(session, resource):
        for body in _bodies(session, operation):
            made = make_full(session, resource)
            before = session.on(read, made) if made is not None else None
            again = session.on(read, made) if made is not None else None
            done = do(session, operation, reference, made, body) if made is not None and before is not None else None
            if made is None or before is None or again is None or done is None or before.body != again.body:
                break
            after = session.on(read, made) if done.is_success and done.answer.status != 202 else None
            changed = dict(_changes(before, after)) if after is not None and after.is_success else {}
            if changed:
                yield Effect(operation, reference, body, changed)
                break


def body_of(session: Session, operation: Operation) -> Any:
    """The fullest body that an operation takes; None where it takes none, or no object."""
    return next(iter(_bodies(session, operation)), None)


def _bodies(session: Session, operation: Operation) -> list[Any]:
    if operation.request_body is None:
        return [None]
    bodies = [full_body(session, operation), small_body(session, operation)]
    return [body for body in bodies if isinstance(body, dict)]


def _changes(before: Exchange, after: Exchange) -> Iterator[tuple[str, tuple[Any, Any]]]:
    a, b = members_of(before), members_of(after)
    for name in a.keys() & b.keys():
        if not same(a[name], b[name]) and not is_volatile(name):
            yield name, (a[name], b[name])


def summed(session: Session, resource: Resource) -> Iterator[Finding]:
    """A number that is said to be added to a member of a thing, or whose sum a member is said to be, is added to it."""
    read = resource.read
    for operation, reference in _candidates(session, resource) if read is not None else ():
        for body in _bodies(session, operation):
            made = make_full(session, resource) if isinstance(body, dict) else None
            before = session.on(read, made) if made is not None else None
            told = (
                dict(_told(session, operation, read, body, members_of(before))) if read is not None and before else {}
            )
            done = do(session, operation, reference, made, body) if made is not None and told else None
            if done is None or made is None or not done.is_success or done.answer.status == 202:
                continue
            yield from session.until(partial(_unsummed, session, operation, made, members_of(before), told))
            break


def _told(
    session: Session, operation: Operation, read: Operation, body: dict[str, Any], held: dict[str, Any]
) -> Iterator[tuple[str, Any]]:
    """The members of a thing that a body is said to change by a number, and that number."""
    numbers = {name: value for name, value in body.items() if type(value) in {int, float} and value}
    said = session.contract.said_at(operation.pointer)
    for pattern, sign in ((_ADDS, 1), (_TAKES, -1)):
        for match in re.finditer(pattern, said, re.IGNORECASE):
            if match["what"] in numbers and type(held.get(match["whose"])) in {int, float}:
                yield match["whose"], sign * numbers[match["what"]]
    last = fold(operation.path.rpartition("/")[2])
    shape = answer_shape(session.contract, read, 200)
    for name, schema, _ in iter_members(session.contract, *shape) if shape and len(numbers) == 1 else ():
        nouns = "|".join(map(re.escape, {last, *singulars(last)}))
        is_sum = re.search(_SUM.format(nouns), session.contract.description(schema), re.IGNORECASE)
        if is_sum and type(held.get(name)) in {int, float}:
            yield name, next(iter(numbers.values()))


def _unsummed(
    session: Session, operation: Operation, made: Made, before: dict[str, Any], told: dict[str, Any]
) -> list[Finding]:
    after = session.on(made.resource.read, made)
    return [
        bug(
            operation,
            "sum",
            name,
            f"is to change {name} by {show(number)}, and {made.resource.read} shows {show(members_of(after)[name])} "
            f"after {show(before[name])}",
            after,
            before[name] + number,
        )
        for name, number in told.items()
        if after is not None and name in members_of(after)
        and not same(round(before[name] + number, 6), members_of(after)[name])
    ]  # fmt: skip


def affected(session: Session, resource: Resource) -> Iterator[Finding]:
    """What is done with a thing shows wherever it stands, changes its tag, and is not undone by anything else."""
    read = resource.read
    for effect in find_effects(session, resource, read) if read is not None else ():
        made = make_full(session, resource)
        before = session.on(read, made) if made is not None else None
        done = effect.on(session, made) if made is not None and before is not None else None
        after = session.on(read, made) if done is not None and done.is_success and made is not None else None
        if read is None or made is None or before is None or after is None or not after.is_success:
            continue
        if not any(_changes(before, after)):
            continue
        yield from _tagged(effect, read, before, after)
        yield from session.until(partial(_listed, session, effect, made, after))
        yield from _kept_when_refused(session, effect, read, made)
        yield from _kept_when_written(session, effect, read, made, before)
        yield from _undeleted(session, effect, read, made)
        yield from _repeated(session, effect, read, resource)
        yield from _overdrawn(session, effect, read, resource)


def _overdrawn(session: Session, effect: Effect, read: Operation, resource: Resource) -> Iterator[Finding]:
    """What takes more than is there is refused, where the document says so, and takes nothing."""
    operation = effect.operation
    places = [operation.pointer, *(each.pointer for each in operation.responses if each.status == "409")]
    sent = effect.body if isinstance(effect.body, dict) else {}
    numbers = [name for name, value in sent.items() if type(value) in {int, float}]
    is_said = any(re.search(_NOT_MORE, session.contract.said_at(place), re.IGNORECASE) for place in places)
    if len(numbers) != 1 or not is_said or not documents(operation, "409", "422"):
        return
    (number,), bodies = numbers, session.bodies(operation)
    for name, (a, b) in effect.changed.items():
        if not {type(a), type(b)} <= {int, float} or not math.isclose(abs(b - a), abs(effect.body[number])):
            continue
        sign = 1 if (b < a) is (effect.body[number] > 0) else -1
        made = _untouched(session, effect, resource)
        held = members_of(session.on(read, made)).get(name) if made is not None else None
        body = {**effect.body, number: sign * (held + 1)} if isinstance(held, int | float) and held >= 0 else None
        if made is None or body is None or bodies is None or not bodies.validator.is_valid(body):
            continue
        done = effect.on(session, made, body)
        after = members_of(session.on(read, made)).get(name)
        if done is not None and done.is_success and after != held:
            problem = f"takes {number}={show(body[number])}, which turns {name} from {show(held)} into {show(after)}"
            yield bug(operation, "effect", f"{name} overdrawn", problem, done, "a refusal")
        elif done is not None and not done.is_success and after is not None and after != held:
            problem = (
                f"refuses {number}={show(body[number])} with {done.answer.status}, yet turns {name} from {show(held)}"
            )
            yield bug(operation, "effect", f"{name} refused", f"{problem} into {show(after)}", done, held)


def _untouched(session: Session, effect: Effect, resource: Resource) -> Made | None:
    """A thing on which the effect is possible, with what it takes from still there."""
    made = make_full(session, resource)
    opener = session.find_opener(effect.operation) if not effect.reference else None
    if made is not None and opener is not None:
        session.on(opener, made)
    return made


def _tagged(effect: Effect, read: Operation, before: Exchange, after: Exchange) -> Iterator[Finding]:
    tag, name = before.answer.header("etag"), next(iter(effect.changed))
    if tag is not None and tag.startswith('"') and after.answer.header("etag") == tag:
        problem = f"changes {name}, and the tag of {read} stays {tag} (RFC 9110, section 8.8.3)"
        yield bug(effect.operation, "effect", "tag", problem, after, "another tag")


def _listed(session: Session, effect: Effect, made: Made, after: Exchange) -> list[Finding]:
    """A list shows what is read."""
    resource = made.resource
    pages = walk(session, resource, made) if resource.listing is not None else []
    items = [item for page in pages for item in items_of(page.body) or [] if isinstance(item, dict)]
    own = next((item for item in items if identity(item, resource) == made.path_values[resource.parameter]), {})
    held = members_of(after)
    return [
        bug(
            resource.listing or effect.operation,
            "effect",
            f"{name} listed",
            f"shows {name}={show(own[name])} after {effect.operation}, and {resource.read} {show(held[name])}",
            pages[-1],
            held[name],
        )
        for name in effect.changed
        if name in own and name in held and not same(own[name], held[name])
    ][:1]


def _kept_when_refused(session: Session, effect: Effect, read: Operation, made: Made) -> Iterator[Finding]:
    """What is refused afterwards changes nothing."""
    for body in [*iter_invalid(session, effect.operation), *extremes(session, effect.operation)]:
        before = session.on(read, made)
        done = effect.on(session, made, body)
        later = session.on(read, made)
        if before is None or done is None or later is None or done.is_success or done.answer.status >= 500:
            continue
        for name, (a, b) in _changes(before, later):
            problem = (
                f"refuses a request with {done.answer.status}, yet {read} shows {name}={show(b)} then, not {show(a)}"
            )
            yield bug(effect.operation, "effect", f"{name} refused", problem, done, a)
            return


def _kept_when_written(
    session: Session, effect: Effect, read: Operation, made: Made, before: Exchange
) -> Iterator[Finding]:
    """A change of the thing itself does not undo a number that no change is sent."""
    resource = made.resource
    for write in (resource.patch, resource.replace):
        held, body = session.on(read, made), full_body(session, write) if write is not None else None
        if write is None or held is None or not isinstance(body, dict):
            continue
        sent = (
            {} if write.method == "PATCH" else {name: members_of(held).get(name, value) for name, value in body.items()}
        )
        if write.method == "PATCH":
            sent = {name: members_of(held)[name] for name in list(body)[:1] if members_of(held).get(name) is not None}
        done = write_to(session, write, made, sent)
        after = session.on(read, made) if done is not None and done.is_success else None
        for name in effect.changed if after is not None else ():
            first, kept, now = (members_of(each).get(name) for each in (before, held, after))
            if type(kept) in {int, float} and name not in body and same(now, first) and not same(kept, now) and after:
                problem = f"turns {name} from {show(kept)}, which {effect.operation} made of it, into {show(now)} again"
                yield bug(write, "effect", f"{name} kept", problem, after, kept)
                return


def _undeleted(session: Session, effect: Effect, read: Operation, made: Made) -> Iterator[Finding]:
    """What may be deleted only while a number is 0 is not deleted otherwise, where that is said."""
    delete, held = made.resource.delete, members_of(session.on(read, made))
    if delete is None or not documents(delete, "409"):
        return
    texts = [
        session.contract.said_at(p)
        for p in (delete.pointer, *(r.pointer for r in delete.responses if r.status == "409"))
    ]
    for name in effect.changed:
        said = any(re.search(_NOTHING.format(name=re.escape(name)), text) for text in texts)
        if not said or type(held.get(name)) not in {int, float} or held[name] == 0:
            continue
        done = session.on(delete, made)
        if done is not None and done.is_success:
            problem = f"deletes what has {name}={show(held[name])}, though it is said to need {name}=0"
            yield bug(delete, "effect", f"{name} deleted", problem, done, 409)
        elif done is not None and (after := session.on(read, made)) is not None and after.answer.status in GONE:
            problem = f"refuses a request with {done.answer.status}, yet {read} no longer finds the thing"
            yield bug(delete, "effect", "deleted", problem, done, "no change")
        return


def _repeated(session: Session, effect: Effect, read: Operation, resource: Resource) -> Iterator[Finding]:
    """What is repeated under its `Idempotency-Key` has no second effect."""
    header = find_key(effect.operation)
    made, key = make_full(session, resource) if header is not None else None, str(uuid.uuid4())
    if header is None or made is None:
        return
    first = do(session, effect.operation, effect.reference, made, effect.body, key)
    held = session.on(read, made)
    second = do(session, effect.operation, effect.reference, made, effect.body, key) if first is not None else None
    after = session.on(read, made)
    if first is None or second is None or held is None or after is None or not (first.is_success and second.is_success):
        return
    for name, (a, b) in _changes(held, after):
        if name in effect.changed:
            problem = f"changes {name} from {show(a)} to {show(b)} when a request is repeated with its {header.name}"
            yield bug(effect.operation, "effect", f"{name} again", problem, second, a)
            return


EFFECTS = (
    Rule("what is said to be added is", ("maker", "read"), summed),
    Rule("what is done with a thing shows, once, and stays", ("maker", "read"), affected),
)
