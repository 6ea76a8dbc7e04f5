"""States in which something may not be done, where the document says so: "only drafts can be changed"."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from contract_tests.conditions import find_conditions
from contract_tests.contract import Operation
from contract_tests.guards import Guard, iter_guards, read_first, read_moves
from contract_tests.resources import (
    STATES,
    Resource,
    answer_shape,
    fold,
    iter_members,
)
from contract_tests.sequences.actions import bodies_of, find_actions, settled
from contract_tests.sequences.rules import (
    Rule,
    bug,
    differences,
    documents,
    full_body,
    make_full,
    members_of,
    one_change,
    operations_below,
    show,
    small_body,
    write_to,
)
from contract_tests.session import Exchange, Made, Session
from contract_tests.statuses import ABOUT_THE_REQUEST
from contract_tests.verdicts import Finding

REFUSED = ("400", "403", "405", "409", "422", "423")
MAX_STEPS = 3
MAX_WAYS = 40
"""So many things are made to find out how states are reached."""
MAX_STARTS = 6


class Ward(NamedTuple):
    """An operation that is possible in some states only, as a sentence says of a member of the thing."""

    operation: Operation
    member: str
    guard: Guard


class Step(NamedTuple):
    """An operation on a thing, with the body it is sent; `...` for its own."""

    operation: Operation
    body: Any


class Way(NamedTuple):
    """What is sent to make a thing, None for every member, and what is then done to it."""

    start: Any
    steps: tuple[Step, ...]


class States:
    """The values of the members that say how far a thing is, and the ways to them."""

    def __init__(self, session: Session, resource: Resource, read: Operation) -> None:
        self.session, self.resource, self.read = session, resource, read
        self.values = _values(session, read)
        self._ways: dict[tuple[str, Any], Way] = {}

    def make(self, way: Way) -> tuple[Made, Exchange] | None:
        """A thing that has come this way, and what is read of it; None where it has not."""
        session = self.session
        made = make_full(session, self.resource) if way.start is None else session.make(self.resource, way.start)
        for step in way.steps if made is not None else ():
            done = session.on(step.operation, made, step.body) if made is not None else None
            if done is None or not done.is_success:
                return None
        found = self._look(made) if made is not None else None
        return (made, found) if made is not None and found is not None and found.is_success else None

    def _look(self, made: Made) -> Exchange | None:
        if made.exchange.answer.status == 202:
            return settled(self.session, self.read, made)
        return self.session.on(self.read, made)

    def explore(self, wanted: set[tuple[str, Any]]) -> dict[tuple[str, Any], Way]:
        """How the wanted values of members are reached, as far as is found out."""
        ways = [Way(start, ()) for start in self._starts()]
        steps, count = self._steps(), 0
        while ways and count < MAX_WAYS and not wanted <= self._ways.keys():
            way, count = ways.pop(0), count + 1
            reached = self.make(way)
            new = [] if reached is None else [e for e in self._shown(reached[1]) if e not in self._ways]
            self._ways |= dict.fromkeys(new, way)
            if new and len(way.steps) < MAX_STEPS:
                ways += [Way(way.start, (*way.steps, step)) for step in steps]
        return {entry: way for entry, way in self._ways.items() if entry in wanted}

    def _shown(self, found: Exchange) -> list[tuple[str, Any]]:
        return [(name, value) for name, value in members_of(found).items() if name in self.values]

    def _starts(self) -> list[Any]:
        """Every member set, and each listed value of a member in its turn."""
        create = self.resource.maker
        bodies = self.session.bodies(create) if create is not None else None
        full = full_body(self.session, create) if create is not None else None
        if bodies is None or not isinstance(full, dict):
            return [None]
        others = [
            {**full, name: value}
            for name, schema, _ in self.session.contract.iter_properties(bodies.schema, bodies.pointer)
            for value in self.session.contract.enum(schema)
            if name in full and value != full[name]
        ]
        return [None, *itertools.islice(filter(bodies.validator.is_valid, others), MAX_STARTS)]

    def _steps(self) -> list[Step]:
        """The actions on a thing, and the changes of its state."""
        resource, session = self.resource, self.session
        steps = [Step(each, body) for each in find_actions(session, resource) for body in bodies_of(session, each)]
        bodies = session.bodies(resource.patch) if resource.patch is not None else None
        if resource.patch is not None and bodies is not None:
            changes = [{name: value} for name, values in self.values.items() for value in values]
            steps += [Step(resource.patch, change) for change in changes if bodies.validator.is_valid(change)]
        return steps


def _values(session: Session, read: Operation) -> dict[str, list[Any]]:
    """The members that say how far a thing is, and what they may say."""
    shape = answer_shape(session.contract, read, 200)
    found: dict[str, list[Any]] = {}
    for name, schema, _ in iter_members(session.contract, *shape) if shape else ():
        listed = session.contract.enum(schema)
        if fold(name) in STATES and len(listed) > 1:
            found[name] = [value for value in listed if isinstance(value, str)]
        elif session.contract.json_types(schema) == {"boolean"} and fold(name).removeprefix("is").endswith("ed"):
            found[name] = [True, False]
    return found


def _words(values: dict[str, list[Any]]) -> dict[str, tuple[str, Any]]:
    """What prose calls a state, and the value of a member that it is."""
    listed = {value: (name, value) for name, held in values.items() for value in held if isinstance(value, str)}
    flags = {name.removeprefix("is_"): (name, True) for name, held in values.items() if True in held}
    return {**flags, **listed}


def find_wards(session: Session, resource: Resource, read: Operation) -> list[Ward]:
    """The operations on a thing that the document allows in some states only."""
    words = _words(_values(session, read))
    if not words:
        return []
    below = operations_below(session, resource, "POST", "PUT", "PATCH", "DELETE")
    own = [each for each in (resource.replace, resource.patch, resource.delete) if each is not None]
    guarded = [each for each in (*own, *below) if documents(each, *REFUSED)]
    found: list[Ward] = []
    for source, text, is_refusal in _texts(session, resource, read, guarded):
        for guard in iter_guards(text, words, resource.nouns, is_refusal=is_refusal):
            members = {words[state][0] for state in guard.states}
            about = [each for each in guarded if guard.verb and guard.is_about(each.method, each.path)]
            is_own = source is not None and (is_refusal or not guard.verb or (not about and source not in own))
            for operation in [source] if source is not None and is_own else about:
                is_new = not any(ward.operation == operation and ward.guard.states == guard.states for ward in found)
                if len(members) == 1 and is_new:
                    found.append(Ward(operation, members.pop(), guard))
    return found


def _texts(
    session: Session, resource: Resource, read: Operation, guarded: list[Operation]
) -> Iterator[tuple[Operation | None, str, bool]]:
    """What is said of operations, of their refusals, and of the thing and its members."""
    contract = session.contract
    for operation in guarded:
        yield operation, f"{operation.summary}.\n\n{contract.said_at(operation.pointer)}", False
        for response in operation.responses:
            if response.status in {"409", "423"}:
                yield operation, contract.said_at(response.pointer), True
    shape = answer_shape(contract, read, 200)
    texts = [contract.said_at(each.pointer) for each in (resource.maker, resource.listing, read) if each is not None]
    if shape is not None:
        texts += [contract.description(shape.schema)]
        texts += [
            contract.description(schema) for name, schema, _ in iter_members(contract, *shape) if fold(name) in STATES
        ]
    yield from ((None, text, False) for text in texts)


def guarded(session: Session, resource: Resource) -> Iterator[Finding]:
    """What is said to be impossible in a state is refused in it, and what is refused changes nothing."""
    read = resource.read
    wards = find_wards(session, resource, read) if read is not None else []
    if read is None or not wards:
        return
    states = States(session, resource, read)
    forbidden = [
        (ward, (ward.member, value))
        for ward in wards
        for value in states.values[ward.member]
        if ward.guard.forbids(_word(ward.member, value))
    ]
    ways = states.explore({entry for _, entry in forbidden})
    for ward, entry in forbidden:
        reached = states.make(ways[entry]) if entry in ways else None
        if reached is not None and members_of(reached[1]).get(entry[0]) == entry[1]:
            yield from _tried(session, read, ward, entry, *reached)


def _word(member: str, value: Any) -> str:
    """What prose calls the value of a member."""
    return value if isinstance(value, str) else member.removeprefix("is_") if value else ""


def _tried(
    session: Session, read: Operation, ward: Ward, entry: tuple[str, Any], made: Made, before: Exchange
) -> Iterator[Finding]:
    done = _do(session, ward.operation, made, before)
    state = f"{entry[0]}={show(entry[1])}"
    if done is not None and done.is_success:
        problem = f"answers {done.answer.status} where {state}, though it is said: {ward.guard.sentence!r}"
        yield bug(ward.operation, "state", str(entry[1]), problem, done, 409)
        return
    told = {
        int(status) for status in re.findall(r"\b4\d\d\b", ward.guard.sentence) if documents(ward.operation, status)
    }
    if done is not None and len(told) == 1 and done.answer.status in (ABOUT_THE_REQUEST | {403, 409}) - told:
        problem = f"answers {done.answer.status} where {state}, though it is said: {ward.guard.sentence!r}"
        yield bug(ward.operation, "state", f"{entry[1]} status", problem, done, told.pop())
        return
    after = session.on(read, made) if done is not None and done.answer.status < 500 else None
    if after is not None and after.is_success:
        for name, a, b in differences(session, read, before, read, after):
            problem = f"refuses a request, as {state}, yet changes {name} from {show(a)} to {show(b)}"
            yield bug(ward.operation, "state", f"{name} changed", problem, after, a)
        if after.body.get(entry[0]) != entry[1]:
            problem = f"refuses a request, as {state}, yet {read} then shows {show(after.body.get(entry[0]))}"
            yield bug(ward.operation, "state", f"{entry[0]} changed", problem, after, entry[1])


def _do(session: Session, operation: Operation, made: Made, before: Exchange) -> Exchange | None:
    """The request that is guarded: a change changes another member than the state, an action has its own body."""
    if operation.path == made.resource.item and operation.method in {"PUT", "PATCH"}:
        held = {name: value for name, value in members_of(before).items() if fold(name) not in STATES}
        change = one_change(session, operation, held)
        return write_to(session, operation, made, change) if change is not None else None
    return session.on(operation, made)


def moved(session: Session, resource: Resource) -> Iterator[Finding]:
    """From each state only those are reached that are said to follow, and these are."""
    read = resource.read
    told = list(_iter_moves(session, resource, read)) if read is not None else []
    if read is None or not told:
        return
    states = States(session, resource, read)
    for action, member, moves in told:
        ways = states.explore({(member, state) for state in moves})
        for (_, state), way in ways.items():
            for wanted, body in _asking(session, action, states.values[member]):
                reached = states.make(way) if wanted != state else None
                if reached is not None and members_of(reached[1]).get(member) == state:
                    done = session.on(action, reached[0], body)
                    yield from _moved(action, (state, wanted), done, is_open=wanted in moves[state])


def _iter_moves(
    session: Session, resource: Resource, read: Operation
) -> Iterator[tuple[Operation, str, dict[str, frozenset[str]]]]:
    """The actions that bring a thing from one state to another, as far as it is said which follow."""
    for member, values in _values(session, read).items():
        listed = [value for value in values if isinstance(value, str)]
        for action in find_actions(session, resource):
            said = session.contract.said_at(action.pointer)
            if documents(action, "409") and (moves := read_moves(said, listed, resource.nouns)):
                yield action, member, moves


def _asking(session: Session, action: Operation, states: list[Any]) -> list[tuple[Any, Any]]:
    """The bodies of an action that ask for a state, each with what they ask for."""
    bodies, base = session.bodies(action), small_body(session, action)
    if bodies is None or not isinstance(base, dict):
        return []
    for name, schema, _ in session.contract.iter_properties(bodies.schema, bodies.pointer):
        listed = session.contract.enum(schema)
        if name in base and len(set(map(str, listed)) & set(map(str, states))) > 1:
            return [
                (value, {**base, name: value}) for value in listed if bodies.validator.is_valid({**base, name: value})
            ]
    return []


def _moved(action: Operation, way: tuple[str, Any], done: Exchange | None, *, is_open: bool) -> Iterator[Finding]:
    state, wanted = way
    if done is not None and done.is_success and not is_open:
        problem = (
            f"answers {done.answer.status} to a move from {state} to {wanted}, which is none of those that are said"
        )
        yield bug(action, "state", f"{state} to {wanted}", problem, done, 409)
    elif done is not None and done.answer.status == 409 and is_open:
        problem = f"answers 409 to a move from {state} to {wanted}, which is said to be open"
        yield bug(action, "state", f"{state} to {wanted}", problem, done, 200)


def fresh(session: Session, resource: Resource) -> Iterator[Finding]:
    """What was just made is in the state that is said to be the first; what is null until something is done is null."""
    read = resource.read
    yield from _first(session, resource, read) if read is not None else ()
    shape = answer_shape(session.contract, read, 200) if read is not None else None
    told = find_conditions(session.contract, shape) if shape is not None else None
    made = make_full(session, resource) if told is not None else None
    found = session.on(read, made) if made is not None else None
    if read is None or told is None or found is None or not found.is_success:
        return
    state, conditions = told
    body = members_of(found)
    for name, condition in conditions.items():
        if body.get(name) is not None and condition.set_in and body.get(state) not in condition.set_in:
            problem = (
                f"shows {name}={show(body[name])} of what was just made, though it is said: {condition.sentence!r}"
            )
            yield bug(read, "condition", name, problem, found, None)


def _first(session: Session, resource: Resource, read: Operation) -> Iterator[Finding]:
    """What is new is in the state that a description of what makes it, or of the state itself, has for that."""
    maker, sendable = resource.maker, full_body(session, resource.maker) if resource.maker is not None else None
    shape = answer_shape(session.contract, read, 200)
    schemas = {name: schema for name, schema, _ in iter_members(session.contract, *shape)} if shape else {}
    for member, values in _values(session, read).items() if maker is not None else ():
        if isinstance(sendable, dict) and member in sendable:
            continue
        texts = (
            (session.contract.said_at(maker.pointer), session.contract.description(schemas[member])) if maker else ()
        )
        listed = [value for value in values if isinstance(value, str)]
        told = {state for text in texts for state in read_first(text, listed, resource.nouns)}
        made = session.make(resource) if len(told) == 1 else None
        found = session.on(read, made) if made is not None and made.exchange.answer.status != 202 else None
        if found is not None and found.is_success and members_of(found).get(member) not in told:
            shown, wanted = show(members_of(found).get(member)), told.pop()
            problem = f"shows {member}={shown} of what was just made, and is said to begin with {wanted}"
            yield bug(read, "state", "first", problem, found, wanted)


STATED = (
    Rule("what is new is in its first state", ("maker", "read"), fresh),
    Rule("only those moves are open that are said", ("maker", "read"), moved),
    Rule("what is said to be impossible in a state is refused in it", ("maker", "read"), guarded),
)
