"""What a sequence is, and the pieces that sequences share."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from contract_tests.contract import Operation, Parameter
from contract_tests.drafts import Draft
from contract_tests.freshness import MAX_TRIES
from contract_tests.ordering import is_in_order
from contract_tests.resources import (
    STATES,
    Resource,
    Shape,
    answer_shape,
    find_header,
    find_scope,
    fold,
    is_running,
    iter_members,
    part_of,
    scope_of,
    shared_properties,
    shown_shape,
    value_media,
    visible,
)
from contract_tests.session import Exchange, Made, Session
from contract_tests.steps import relevant
from contract_tests.values import same, value_bug
from contract_tests.verdicts import Finding

_TENANTS = ("ab", "acme", "other", "tenant-b", "2")
GONE = frozenset({404, 410})
_MADE = re.compile(r"(created|uploaded|registered|inserted|added|submitted|joined|issued)(at|on|date|time|by)?")
Run = Callable[[Session, Resource], Iterator[Finding]]


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule about a kind of resource; `needs` are the operations it cannot do without."""

    title: str
    needs: tuple[str, ...]
    run: Run

    def suits(self, resource: Resource) -> bool:
        """Whether a resource has the operations that the rule needs."""
        return all(getattr(resource, name) is not None for name in self.needs)


@dataclass(frozen=True, slots=True)
class Sequence:
    """A rule for one resource, and for one of the alternatives of the bodies that make it."""

    resource: Resource
    rule: Rule
    alternative: int = 0

    @property
    def id(self) -> str:
        number = f" · alternative {self.alternative + 1}" if self.alternative else ""
        return f"{self.resource} · {self.rule.title}{number}"

    def run(self, session: Session, resource: Resource) -> Iterator[Finding]:
        """What the rule finds; nothing where the service keeps nothing."""
        session.alternative = self.alternative
        try:
            if session.remembers(resource):
                session.trace.clear()
                for finding in self.rule.run(session, resource):
                    steps = finding.steps or (relevant(session.trace, finding.call) if finding.call else ())
                    yield finding.after(steps)
        finally:
            session.alternative = 0


def bug(
    operation: Operation, claim: str, subject: str, problem: str, exchange: Exchange, wanted: Any = None
) -> Finding:
    """A finding about the last request of a sequence."""
    return value_bug(operation, claim, subject, problem, "", exchange.call, exchange.answer, wanted)


def documents(operation: Operation | None, *statuses: str) -> bool:
    """Whether an operation documents one of these statuses."""
    return operation is not None and any(response.status in statuses for response in operation.responses)


def parameter_says(parameter: Parameter, pattern: str) -> bool:
    """Whether the description of a parameter or of its schema matches a pattern in any case."""
    told = parameter.schema.get("description", "") if isinstance(parameter.schema, Mapping) else ""
    return any(re.search(pattern, str(text), re.IGNORECASE) for text in (parameter.description, told))


def says_of(session: Session, operation: Operation, status: str, pattern: str) -> bool:
    """Whether an operation, or what it documents for a status, has a description that matches in any case."""
    response = next((each for each in operation.responses if each.status == status), None)
    pointers = [operation.pointer, *([response.pointer] if response else [])]
    return any(re.search(pattern, session.contract.said_at(place), re.IGNORECASE) for place in pointers)


def makes(operation: Operation | None) -> bool:
    """Whether an operation may make what its path names."""
    return documents(operation, "201")


def says(session: Session, operation: Operation, pattern: str) -> bool:
    """Whether a description of an operation or of its successes matches a pattern in any case."""
    places = [operation.pointer, *(r.pointer for r in operation.responses if r.status[:1] == "2")]
    texts = [operation.summary, *map(session.contract.said_at, places)]
    return any(re.search(pattern, text, re.IGNORECASE) for text in texts)


def full_body(session: Session, operation: Operation) -> Any:
    """A valid body with every member that the service takes, or the smallest."""
    return session.fullness.body(operation)


def small_body(session: Session, operation: Operation) -> Any:
    """The smallest valid body."""
    bodies = session.bodies(operation)
    return None if bodies is None else bodies.small if bodies.small is not None else bodies.full


def other_body(session: Session, operation: Operation, body: Any) -> Any:
    """A valid body that differs in every member where one can."""
    bodies = session.bodies(operation)
    if bodies is None or not isinstance(body, dict):
        return body
    result, unique = dict(body), session.renewal.unique(operation)
    for path, candidate in bodies.samples.iter_near(bodies.schema, body):
        if len(path) != 1 or path[0] in unique:
            continue  # a unique member is given a new value when it is sent
        if candidate is None or path[0] not in body or result[path[0]] != body[path[0]]:
            continue
        if candidate not in ("", [], {}) and not same(candidate, body[path[0]]):
            changed = {**result, path[0]: candidate}
            if bodies.validator.is_valid(changed) and is_in_order(changed):
                result = changed
    return result


def make_full(session: Session, resource: Resource) -> Made | None:
    """A thing with every member set, or as few as the service insists on; the only one of its kind as it is."""
    if resource.is_single:
        return session.only(resource)
    body = full_body(session, resource.maker) if resource.maker else None
    return session.make(resource, body) or session.make(resource)


def is_beside(one: Made, other: Made) -> bool:
    """Whether two things of a kind stand at one place, so that one list holds both."""
    own = one.resource.parameter
    return all(other.path_values.get(name) == text for name, text in one.path_values.items() if name != own)


def make_new(
    session: Session, resource: Resource, *, change: Callable[[Draft], Draft] = lambda draft: draft
) -> Made | None:
    """A thing made by PUT under an id of which a read said just before that there is nothing."""
    seen: list[Exchange | None] = []

    def look(draft: Draft) -> Draft:
        base = session.base(resource.read) if resource.read else None
        if base is not None and resource.read is not None:
            place = {**base.path_values, **draft.path_values}
            seen.append(session.send(resource.read, replace(base, path_values=place)))
        return change(draft)

    for _ in range(MAX_TRIES):
        made, found = session.make(resource, change=look), seen[-1] if seen else None
        if made is None or found is None or found.answer.status in GONE:
            return made if found is not None else None
    return None


def differences(
    session: Session, one: Operation, first: Exchange, two: Operation, second: Exchange
) -> Iterator[tuple[str, Any, Any]]:
    """The members that two answers document alike and show differently, but those that time changes."""
    a, b = first.body, second.body
    if not isinstance(a, dict) or not isinstance(b, dict):
        return
    shape = answer_shape(session.contract, one, first.answer.status)
    shared = shared_properties(session.contract, shape, answer_shape(session.contract, two, second.answer.status))
    for name in [*shared, *(n for n in _read_only(session, shape) if n in a and n in b)]:
        if is_volatile(name) or (name not in a and name not in b):
            continue
        if name in a and name in b and same(a[name], b[name]):
            continue
        if (a.get(name) is None and b.get(name) is None) or (a.get(name) in (None, [], {}) and is_running(a)):
            continue  # what runs fills in what it has found
        yield name, a.get(name), b.get(name)


def _read_only(session: Session, shape: Shape | None) -> list[str]:
    if shape is None:
        return []
    properties = iter_members(session.contract, *shape)
    return [name for name, schema, _ in properties if session.contract.is_read_only(schema)]


MIN_VERB = 4


def states_after(session: Session, read: Operation, verb: str) -> Iterator[tuple[str, str]]:
    """The members that say how far a thing is, and what they say once this is done to it (`cancel`: `cancelled`)."""
    shape, stem = answer_shape(session.contract, read, 200), fold(verb).removesuffix("e")
    for name, schema, _ in iter_members(session.contract, *shape) if shape else ():
        values = [value for value in session.contract.enum(schema) if isinstance(value, str)]
        meant = [value for value in values if fold(value).startswith(stem)]
        if fold(name) in STATES and len(stem) >= MIN_VERB and len(meant) == 1:
            yield name, meant[0]


def is_volatile(name: str) -> bool:
    """Whether a member changes by itself, judged by its name."""
    folded = name.lower()
    words = ("updated", "modified", "accessed", "last", "version", "etag", "revision", "status", "state", "progress",
             "expires", "remaining", "age", "url", "token", "views", "count", "now", "seen")  # fmt: skip
    return any(word in folded for word in words)


def is_server_made(name: str) -> bool:
    """Whether a member is set once, when a thing is made, judged by its name."""
    folded = fold(name)
    return _MADE.fullmatch(folded) is not None or folded in {
        "id",
        "uuid",
        "key",
        "creationtime",
        "creationdate",
        "href",
    }


def sentences(text: str) -> list[str]:
    """What a text says, one sentence or clause at a time."""
    return re.split(r"(?<=[.;])\s+", text)


def members_of(found: Exchange | None) -> dict[str, Any]:
    """The members of what an answer shows; none where it shows no object."""
    return found.body if found is not None and isinstance(found.body, dict) else {}


def documented(session: Session, read: Operation) -> dict[str, tuple[Any, str]]:
    """The members that a read is documented to show, each with its schema and where that stands."""
    shape = answer_shape(session.contract, read, 200)
    return {name: (schema, place) for name, schema, place in iter_members(session.contract, *shape)} if shape else {}


def show(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)[:200]


def write_to(session: Session, operation: Operation, made: Made, body: Any) -> Exchange | None:
    """Send a body to a thing, under its current tag where the operation knows one."""
    draft = session.draft_on(operation, made, body)
    if draft is None:
        return None
    for name, value in _preconditions(session, operation, made):
        draft = draft.with_parameter("header", name, value)
    return session.send(operation, draft)


def _preconditions(session: Session, operation: Operation, made: Made) -> tuple[tuple[str, str], ...]:
    if find_header(operation, "ifmatch") is None or made.resource.read is None:
        return ()
    found = session.on(made.resource.read, made)
    tag = found.answer.header("etag") if found else None
    return (("If-Match", tag),) if tag else ()


def one_change(session: Session, write: Operation, held: Any) -> dict[str, Any] | None:
    """A body that changes something of what is held: one member for PATCH, as many as can be for PUT."""
    bodies, full = session.bodies(write), full_body(session, write)
    if bodies is None or not isinstance(full, dict) or not isinstance(held, dict):
        return None
    start = {name: held.get(name, value) for name, value in full.items()}
    changed = other_body(session, write, start if bodies.validator.is_valid(start) else full)
    if write.method != "PATCH":
        return changed if isinstance(changed, dict) else None
    for name, value in changed.items():
        if name in held and not same(value, held[name]) and bodies.validator.is_valid({name: value}):
            return {name: value}
    return None


def unlike(session: Session, write: Operation, read: Operation, sent: Any, found: Exchange) -> Iterator[Finding]:
    """The members that were sent, that the answer to a read documents too, and that it shows otherwise."""
    held, media = found.body, value_media(write)
    sent = visible(session.contract, media.schema, sent) if media else sent
    if not isinstance(sent, dict) or not isinstance(held, dict):
        return
    if (part := part_of(session.contract, write)) is not None and isinstance(sent.get(part[0]), dict):
        sent = {**sent, **sent[part[0]]}
    shape = answer_shape(session.contract, read, 200)
    for name in shared_properties(session.contract, shown_shape(session.contract, write), shape):
        if name in sent and not same(sent[name], held.get(name)) and not (sent[name] is None and name not in held):
            shown = show(held[name]) if name in held else "nothing"
            problem = f"was sent {name}={show(sent[name])}, then {read} shows {shown}"
            yield bug(write, "stored", name, problem, found, sent[name])


def unlike_get(read: Operation, head: Exchange | None, got: Exchange) -> Iterator[Finding]:
    """What HEAD says otherwise than GET (RFC 9110, section 9.3.2), where it is served at all."""
    if head is None or head.answer.status in {404, 405, 501}:
        return
    if head.answer.status != got.answer.status:
        yield bug(read, "head", "status", f"answers HEAD with {head.answer.status}, not as GET", head, 200)
    elif head.answer.media_type and head.answer.media_type != got.answer.media_type:
        yield bug(read, "head", "type", f"answers HEAD with {head.answer.media_type}, not as GET", head, "")
    elif head.answer.header("content-length") == "0" and got.answer.body:
        problem = "answers HEAD with Content-Length: 0, where GET has a body (RFC 9110, section 8.6)"
        yield bug(read, "head", "length", problem, head, "the length of what GET answers, or none")
    elif (length := head.answer.header("content-length")) is not None and _is_as_long_as(got, length) is False:
        problem = f"answers HEAD with Content-Length: {length}, where GET has {len(got.answer.body)} bytes"
        yield bug(read, "head", "length", f"{problem} (RFC 9110, section 8.6)", head, len(got.answer.body))


def _is_as_long_as(got: Exchange, length: str) -> bool | None:
    """Whether an answer has a length, where it is sent as it is and says so itself."""
    is_plain = (got.answer.header("content-encoding") or "identity").lower() == "identity"
    own = str(len(got.answer.body))
    return own == length if is_plain and got.answer.header("content-length") == own else None


class Tenants(NamedTuple):
    """The header that says on whose behalf, whose something is, and somebody else."""

    scope: Parameter
    own: str
    foreign: str


def tenants_of(session: Session, made: Made) -> Tenants | None:
    """On whose behalf something was made, and somebody else; None where nobody is told apart."""
    maker = made.resource.maker
    scope = find_scope(maker) if maker else None
    if scope is None:
        return None
    is_valid = session.contract.spec.document.validator(scope.pointer).is_valid
    own = scope_of(scope, made.headers)
    # Those on whose behalf something is done may share it; tenants do not.
    is_person = re.search(r"user|member|actor|role|person", scope.name, re.IGNORECASE) is not None
    listed = [] if is_person else [value for value in session.contract.enum(scope.schema) if isinstance(value, str)]
    foreign = next((value for value in (*_TENANTS, *listed) if value != own and is_valid(value)), None)
    return None if foreign is None else Tenants(scope, own, foreign)


def operations_below(session: Session, resource: Resource, *methods: str) -> list[Operation]:
    """The operations of these methods below a thing whose paths name nothing further."""
    return [
        operation
        for operation in session.contract.operations
        if operation.method in methods
        and operation.path.startswith(f"{resource.item}/")
        and "{" not in operation.path[len(resource.item) :]
    ]
