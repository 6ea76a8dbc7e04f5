"""What takes a while: 202, then a state that ends (RFC 9110, section 15.3.3)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, NamedTuple

from contract_tests.contract import Operation
from contract_tests.drafts import Draft
from contract_tests.forms import as_text
from contract_tests.resources import RUNNING, STATES, Resource, answer_shape, fold, is_running
from contract_tests.sequences.lifecycle import follow_location
from contract_tests.sequences.metadata import SECOND, moments_of
from contract_tests.sequences.rules import (
    GONE,
    Rule,
    bug,
    documents,
    full_body,
    says,
    show,
    small_body,
    states_after,
)
from contract_tests.session import Exchange, Made, Session
from contract_tests.values import default_of, same
from contract_tests.verdicts import Finding

_NOT_DONE = r"\bnot (yet )?(done|finished|complete(d)?|ready)\b|\bis (still )?`?(queued|pending|running)\b"
_LOOKS = (0.0, 0.0, 0.3)
"""Seconds after which it is looked again whether what has ended stays as it is."""
DEADLINE = 10.0
"""How long something may take, in seconds; a service that needs more is not told from one that never ends."""

_ENDED = frozenset({
    "done", "finished", "completed", "complete", "succeeded", "success", "successful", "failed", "failure", "error",
    "errored", "cancelled", "canceled", "aborted", "expired", "ready", "active", "available", "timedout", "rejected",
})  # fmt: skip
_WELL = _ENDED - {"failed", "failure", "error", "errored", "cancelled", "canceled", "aborted", "expired", "timedout",
                  "rejected"}  # fmt: skip
_RESULTS = frozenset({"result", "results", "rows", "output", "outputs", "download", "content", "file", "data", "items"})
_ENDS = re.compile(r"\b(terminal|finished|ended|already|completed?|over)\b", re.IGNORECASE)
"""How a document says that something has come to its end."""
_WHEN = re.compile(r"(finished|ended|completed|done|stopped|cancell?ed)(at|on|time|date)?")
_BEGAN = re.compile(r"(created|started|begun|began|queued|requested|submitted)(at|on|time|date)?")
_PROGRESS = frozenset({"progress", "percent", "percentage", "percentcomplete", "percentdone", "progresspercent"})
_WAIT = {"wait": True, "sync": True, "synchronous": True, "blocking": True, "async": False, "background": False}
"""Flags that ask to wait, and the value that does."""


class Flag(NamedTuple):
    """A flag that asks to wait: where it stands, and the value that asks."""

    place: str
    name: str
    schema: Any
    asks: bool

    def put(self, value: bool | None, draft: Draft) -> Draft:
        """A draft with this value of the flag, or without it."""
        if self.place == "query":
            plain = draft.without_parameter("query", self.name)
            return plain if value is None else plain.with_parameter("query", self.name, as_text(value))
        held = {key: kept for key, kept in (draft.value or {}).items() if key != self.name}
        return draft.with_value(held if value is None else {**held, self.name: value})


def _states_of(session: Session, operation: Operation, status: int) -> tuple[str, frozenset[str]] | None:
    """The member that says how far something is, and the values that the document lists for it."""
    shape = answer_shape(session.contract, operation, status)
    for name, schema, _ in session.contract.iter_properties(*shape) if shape else ():
        values = frozenset(value for value in session.contract.enum(schema) if isinstance(value, str))
        folded = {fold(value) for value in values}
        if fold(name) in STATES and folded & RUNNING and folded & _ENDED:
            return name, values
    return None


def is_done_well(session: Session, operation: Operation, found: Exchange) -> bool:
    """Whether an answer says that what it shows has ended, and as it should."""
    known = _states_of(session, operation, found.answer.status)
    return known is not None and isinstance(found.body, dict) and fold(str(found.body.get(known[0]))) in _WELL


def ended(session: Session, resource: Resource) -> Iterator[Finding]:
    """What is started ends within a deadline, and stays as it ended."""
    create, read = resource.create, resource.read
    if create is None or read is None or not documents(create, "202"):
        return
    made = _begun(session, resource, create)
    if made is None:
        return
    problems = []
    if made.exchange.answer.status == 202:
        yield from _is_begun(session, create, made.exchange)
        yield from follow_location(session, resource, made)
        problems = session.until(partial(_lost, session, create, read, made))
        yield from problems
    if not problems:
        yield from _ends(session, resource, create, read, made)


def _ends(session: Session, resource: Resource, create: Operation, read: Operation, made: Made) -> Iterator[Finding]:
    known = _states_of(session, read, 200)
    if known is None:
        return
    name, values = known
    started, limit, pause, seen = session.clock.now(), _limit(session, create), 0.02, _told_at_first(made, name)
    lasts = DEADLINE if limit is None else _tolerated(limit)
    if lasts > DEADLINE:
        return  # nobody waits that long
    yield from _null_until_done(session, create, made.exchange, is_done=False)
    reached: dict[str, float] = {}
    while True:
        found = session.on(read, made)
        state = found.body.get(name) if found is not None and isinstance(found.body, dict) else None
        if found is None or state not in values:
            return
        if seen and _rank(state) < _rank(seen[-1]):
            problem = f"says {name}={show(state)} after it said {show(seen[-1])}"
            yield bug(read, "waiting", "goes back", problem, found, seen[-1])
            return
        seen.append(state)
        yield from _falling(read, found, reached)
        yield from _null_until_done(session, read, found, is_done=fold(state) in _ENDED and fold(state) in _WELL)
        if fold(state) in _ENDED:
            break
        if session.clock.now() > started + lasts:
            problem = f"still says {name}={show(state)} {lasts:g} seconds after {create} was answered 202"
            yield bug(read, "waiting", "never ends", problem, found, "a state that ends")
            return
        session.clock.sleep(pause)
        pause = min(pause * 2, 0.5)
    yield from _ended_before_its_start(read, found)
    yield from _fetched(session, resource, made) if fold(state) in _WELL else ()
    yield from _changed_late(session, resource, made, name, state)
    for pause in _LOOKS:
        session.clock.sleep(pause)
        after = session.on(read, made)
        for member, first, later in _ended_later(found, after):
            problem = f"says {member}={show(later)} after it said {show(first)}, of what has ended"
            yield bug(read, "waiting", member, problem, after or found, first)
            return
        if after is not None and isinstance(after.body, dict) and fold(str(after.body.get(name))) in RUNNING:
            problem = f"says {name}={show(after.body[name])} after it said {show(state)}"
            yield bug(read, "waiting", "goes on", problem, after, state)
            return


def _begun(session: Session, resource: Resource, create: Operation) -> Made | None:
    """One that nobody waits for, as far as that can be asked."""
    flag = find_flag(session, create)
    for body in (small_body(session, create), full_body(session, create)):
        change = partial(flag.put, not flag.asks) if flag else lambda draft: draft
        if (made := session.make(resource, body, change=change)) is not None:
            return made
    return None


def _lost(session: Session, create: Operation, read: Operation, made: Made) -> list[Finding]:
    """What was begun can be read."""
    found = session.on(read, made)
    if found is None or found.answer.status not in GONE:
        return []
    problem = f"does not find what {create} began (answer {found.answer.status})"
    return [bug(read, "waiting", "lost", problem, found, 200)]


_WITHIN = r"\bwithin (\d+(?:\.\d+)?) (milli)?seconds?\b"
_ENDS_WITHIN = rf"\b(?:ends?|ended|finish(?:es|ed)?|completed?s?|done|ready)\b[^.;]*?{_WITHIN}"


def _limit(session: Session, create: Operation, flag: str = "") -> float | None:
    """Within how many seconds something is done, as an operation says, or the flag that asks to wait for it."""
    texts = [(p.description, _WITHIN) for p in create.parameters if p.name == flag]
    for text, pattern in (*texts, (session.contract.said_at(create.pointer), _ENDS_WITHIN)):
        if found := re.search(pattern, text, re.IGNORECASE):
            return float(found[1]) / (1000 if found[2] else 1)
    return None


def _tolerated(limit: float) -> float:
    """A machine that has more to do takes longer."""
    return 1.5 * limit + 0.25


def _ended_before_its_start(read: Operation, found: Exchange) -> Iterator[Finding]:
    """Nothing ends before it was made; one of two moments may be of whole seconds."""
    for first, began in moments_of(found.body, _BEGAN).items():
        for name, moment in moments_of(found.body, _WHEN).items():
            if (began - moment).total_seconds() > SECOND:
                shown, other = show(found.body[name]), show(found.body[first])
                yield bug(read, "waiting", name, f"says {name}={shown}, before {first}={other}", found, other)


def _ended_later(found: Exchange, after: Exchange | None) -> Iterator[tuple[str, Any, Any]]:
    """The members that say when something ended, and that change."""
    held = after.body if after is not None and after.is_success and isinstance(after.body, dict) else {}
    for name, value in found.body.items():
        if _WHEN.fullmatch(fold(name)) and value is not None and name in held and not same(value, held[name]):
            yield name, value, held[name]


def _changed_late(session: Session, resource: Resource, made: Made, name: str, state: str) -> Iterator[Finding]:
    """What has ended is not brought into another end by an action that documents 409 for what it cannot do."""
    for operation in session.contract.operations:
        stem, _, verb = operation.path.rpartition("/")
        if operation.method != "POST" or stem != resource.item or not documents(operation, "409") or not resource.read:
            continue
        meant = {value for member, value in states_after(session, resource.read, verb) if member == name}
        done = session.on(operation, made) if meant and state not in meant else None
        after = session.on(resource.read, made) if done is not None and done.is_success else None
        conflict = session.contract.find_response(operation, 409)
        said = session.contract.said_at(conflict.pointer) if conflict else ""
        if done is not None and after is not None and _ENDS.search(said):
            problem = f"answers {done.answer.status} to what has ended ({name}={show(state)})"
            yield bug(operation, "waiting", "late", problem, done, 409)
            return
        if after is not None and isinstance(after.body, dict) and after.body.get(name) in meant:
            problem = f"turns {name}={show(state)}, which is an end, into {show(after.body[name])}"
            yield bug(operation, "waiting", "late", problem, after, 409)
            return


def _fetched(session: Session, resource: Resource, made: Made) -> Iterator[Finding]:
    """What came of it is there once it is done."""
    for operation in session.contract.operations:
        stem, _, last = operation.path.rpartition("/")
        if operation.method != "GET" or stem != resource.item or fold(last) not in _RESULTS:
            continue
        found = session.on(operation, made)
        if found is not None and found.answer.status in {404, 409, 410, 425}:
            problem = f"answers {found.answer.status} although {resource.read} says that it is done"
            yield bug(operation, "waiting", "result", problem, found, 200)


def _falling(read: Operation, found: Exchange, reached: dict[str, float]) -> Iterator[Finding]:
    """How much is done never gets less; notes what is `reached`."""
    for name, value in found.body.items():
        if fold(name) not in _PROGRESS or isinstance(value, bool) or not isinstance(value, int | float):
            continue
        if value < reached.get(name, value):
            problem = f"says {name}={show(value)} after it said {show(reached[name])}"
            yield bug(read, "waiting", name, problem, found, reached[name])
        reached[name] = max(value, reached.get(name, value))


def _told_at_first(made: Made, name: str) -> list[str]:
    """The state in the answer that started it."""
    state = made.exchange.body.get(name) if isinstance(made.exchange.body, dict) else None
    return [state] if isinstance(state, str) else []


def _rank(state: str) -> int:
    """How far something is: it waits, it runs, it has ended; no number goes down."""
    if fold(state) in _ENDED:
        return 2
    return int(fold(state) in {"running", "inprogress", "processing", "working", "ongoing", "building"})


def _null_until_done(session: Session, read: Operation, found: Exchange, *, is_done: bool) -> Iterator[Finding]:
    """A member that is said to be null until it is done is so, and is not null then."""
    shape = answer_shape(session.contract, read, found.answer.status)
    for name, schema, _ in session.contract.iter_properties(*shape) if shape else ():
        said = session.contract.description(schema)
        if not re.search(r"\bnull`? (until|unless|before|while)\b", said, re.IGNORECASE):
            continue
        if is_done and found.body.get(name) is None and not _is_of_another_state(session, read, found, said):
            yield bug(read, "condition", name, f"says {name}=null of what is done", found, said)
        elif is_running(found.body) and found.body.get(name) is not None:
            problem = f"says {name}={show(found.body[name])} of what is not done yet"
            yield bug(read, "condition", name, problem, found, said)


def _is_of_another_state(session: Session, read: Operation, found: Exchange, said: str) -> bool:
    """Whether what is said of a member names states in which it is there, and not the one that is shown."""
    states = _states_of(session, read, found.answer.status)
    ends = [state for state in states[1] if fold(state) not in RUNNING] if states else []
    named = {state for state in ends if re.search(rf"\b{re.escape(state)}\b", said)}
    return states is not None and bool(named) and found.body.get(states[0]) not in named


def waited(session: Session, resource: Resource) -> Iterator[Finding]:
    """Who asks to wait gets what is done; who does not ask gets what the default says."""
    create = resource.create
    flag = find_flag(session, create) if create else None
    statuses = {response.status for response in create.responses} if create else set()
    if create is None or flag is None or not {"200", "202"} <= statuses | ({"200"} if "201" in statuses else set()):
        return
    name, asks = flag.name, flag.asks

    def start(value: bool | None) -> Made | None:
        return session.make(resource, full_body(session, create), change=partial(flag.put, value))

    began = session.clock.now()
    patient, took = start(asks), session.clock.now() - began
    hasty, silent = start(not asks), start(None)
    limit = _limit(session, create, name)
    if patient is not None and limit is not None and took > _tolerated(limit):
        began = session.clock.now()  # a machine that was busy once is not so again
        if start(asks) is not None and (took := session.clock.now() - began) > _tolerated(limit):
            problem = f"takes {took:.1f} seconds to answer {name}={show(asks)}, not the {limit:g} that it says"
            yield bug(create, "waiting", "late", problem, patient.exchange, limit)
    if patient is not None:
        yield from _is_there(session, resource, create, patient)
        yield from _is_done(session, create, patient.exchange, f"{name}={show(asks)}")
    if hasty is not None and patient is not None:
        yield from _is_accepted(session, create, hasty.exchange, f"{name}={show(not asks)}")
        yield from _is_of_who_waits(session, create, hasty.exchange, flag)
    default = default_of(session.contract, flag.schema)
    if silent is None or hasty is None or patient is None or default is ...:
        return
    like = patient if same(default, asks) else hasty
    got, wanted = silent.exchange.answer.status, like.exchange.answer.status
    if got != wanted and patient.exchange.answer.status != hasty.exchange.answer.status:
        problem = f"answers {got} without {name}, and {wanted} to {name}={show(default)}, its default"
        yield bug(create, "waiting", "default", problem, silent.exchange, wanted)


def _is_there(session: Session, resource: Resource, create: Operation, made: Made) -> Iterator[Finding]:
    """What was waited for can be read."""
    found = session.on(resource.read, made) if resource.read else None
    if resource.read and found is not None and found.answer.status in {404, 410}:
        problem = f"answers {found.answer.status} for what {create} was waited for"
        yield bug(resource.read, "waiting", "missing", problem, found, 200)


def find_flag(session: Session, create: Operation) -> Flag | None:
    """The flag of an operation that asks to wait."""
    bodies = session.bodies(create)
    members = session.contract.iter_properties(bodies.schema, bodies.pointer) if bodies else ()
    found = [("query", p.name, p.schema) for p in create.parameters if p.location == "query"]
    found += [("body", name, schema) for name, schema, _ in members]
    for place, name, schema in found:
        if fold(name) in _WAIT and session.contract.json_types(schema) - {"null"} == {"boolean"}:
            return Flag(place, name, schema, _WAIT[fold(name)])
    return None


def _is_done(session: Session, create: Operation, exchange: Exchange, said: str) -> Iterator[Finding]:
    if exchange.answer.status == 202:
        yield bug(create, "waiting", "ignored", f"answers 202 to {said}", exchange, 200)
        return
    known = _states_of(session, create, exchange.answer.status)
    body = exchange.body
    if known is not None and isinstance(body, Mapping) and fold(str(body.get(known[0]))) in RUNNING:
        problem = f"answers {said} with {known[0]}={show(body[known[0]])}: it is not done"
        yield bug(create, "waiting", "early", problem, exchange, "a state that ends")


def _is_begun(session: Session, create: Operation, exchange: Exchange) -> Iterator[Finding]:
    """What is said to be answered before it is done is not done."""
    known, state = _states_of(session, create, 202), None
    if known is not None and isinstance(exchange.body, Mapping):
        state = exchange.body.get(known[0])
    if known is not None and fold(str(state)) in _ENDED and says(session, create, _NOT_DONE):
        problem = f"answers 202 with {known[0]}={show(state)}, where it is said that it is not done by then"
        yield bug(create, "waiting", "done", problem, exchange, "a state in which it runs")


def _is_accepted(session: Session, create: Operation, exchange: Exchange, said: str) -> Iterator[Finding]:
    known, body = _states_of(session, create, exchange.answer.status), exchange.body
    running = known is not None and isinstance(body, Mapping) and fold(str(body.get(known[0]))) in RUNNING
    if exchange.answer.status == 201 and not running and {"201", "202"} <= {r.status for r in create.responses}:
        problem = f"answers 201, not 202, to {said}, as if it had waited"
        yield bug(create, "waiting", "status", problem, exchange, 202)
    if exchange.answer.status in {200, 201} and running:
        problem = f"answers {exchange.answer.status}, not 202, to {said} with what is not done"
        yield bug(create, "waiting", "status", problem, exchange, 202)


def _is_of_who_waits(session: Session, create: Operation, exchange: Exchange, flag: Flag) -> Iterator[Finding]:
    """Who did not ask to wait gets another answer than the one that is said to be for who did."""
    name, asks = flag.name, flag.asks
    response = session.contract.find_response(create, exchange.answer.status)
    said = session.contract.said_at(response.pointer) if response else ""
    flag_says = next((p.description for p in create.parameters if p.name == name), "")
    of_create = session.contract.said_at(create.pointer)
    of_flag = [re.sub(r";\s", ", ", of_create)] if re.search(rf"\b{name}\b", of_create) else []
    is_said = re.search(_spelled(name, asks), said) or any(
        re.search(pattern, each, re.IGNORECASE)
        for each in (flag_says, *of_flag)
        for pattern in (rf"\b{show(not asks)}\b[^.;]*\b202\b", _ELSE_ACCEPTED)
    )
    if exchange.answer.status != 202 and documents(create, "202") and is_said:
        status = exchange.answer.status
        problem = f"answers {show(not asks)} for {name} with {status}, which it documents for {show(asks)}"
        yield bug(create, "waiting", "waits", problem, exchange, 202)


_ELSE_ACCEPTED = r"\b(otherwise|else|without it)\b[^.;]*\b202\b"


def _spelled(name: str, value: bool) -> str:
    return rf"\b{re.escape(name)}\W{{1,4}}{show(value)}\b"


WAITING = (
    Rule("what is started ends", ("create", "read"), ended),
    Rule("waiting is for what is done", ("create",), waited),
)
