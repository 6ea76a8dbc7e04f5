"""What holds something is not deleted, where the document says so: "a project with tasks cannot be deleted (409)"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from contract_tests.contract import Operation
from contract_tests.resources import STATES, Resource, fold, singulars
from contract_tests.sequences.actions import find_actions
from contract_tests.sequences.hierarchy import iter_holders, make_within
from contract_tests.sequences.rules import Rule, bug, differences, documents, make_full, members_of, sentences, show
from contract_tests.session import Made, Session
from contract_tests.verdicts import Finding

_REFUSES = re.compile(
    r"\b(not|never)( be)? deleted\b|\bcan(not|'t) be deleted\b|\brefuse[ds]?\b|\b409\b", re.IGNORECASE
)
_HOLDS = (
    r"\b(?:with|has|have|contains?|there (?:is|are))(?: (?:a|an|any|some|its|still|existing|at least one))* (?:{})\b"
)
_INSIDE = (
    r"\b(?:(?:is|are)(?: still)? (?:in|part of|used (?:by|in)|named by)|still in) (?:a|an|any|some|one) (?:{})\b"
    r"(?! that| which| of)"
)
_STATED = re.compile(r" (?:that|which) (?:is|are) (\w+)", re.IGNORECASE)
_NAMED = (
    r"\b(?:while|as long as|if|when)\b[^.;]*\b(?:{})\b[^.;]*"
    r"\b(?:names?|refers? to|uses?|belongs? to|points? (?:to|at))\b"
)
_ENDS = re.compile(
    r"\W*$|[.,;)]| (?:below|within|in|under|left)\b(?! (?:a|an|the)\b)"
    r"| (?:is|are|can|cannot|can't|may|must|exists?)\b|: | \(",
    re.IGNORECASE,
)
"""What may stand behind the name of what is held; anything else says more of it."""


def held(session: Session, resource: Resource) -> Iterator[Finding]:
    """A parent that is said to stay as long as it has one of these is not deleted."""
    for holder in iter_holders(session, resource):
        if holder.delete is not None and documents(holder.delete, "409"):
            yield from _held(session, resource, holder, holder.delete)


def _held(session: Session, resource: Resource, holder: Resource, delete: Operation) -> Iterator[Finding]:
    for sentence in _sentences(session, delete):
        condition = _condition(sentence, resource)
        above = make_full(session, holder) if condition is not None else None
        made = make_within(session, resource, above)
        if condition is None or above is None or made is None or not _is_brought_to(session, resource, made, condition):
            continue
        before = session.on(resource.read, made) if resource.read is not None else None
        done = session.on(delete, above)
        after = session.on(resource.read, made) if before is not None and before.is_success else None
        if done is not None and not done.is_success and before is not None and after is not None:
            for name, a, b in differences(session, resource.read or delete, before, resource.read or delete, after):
                problem = f"refuses a request with {done.answer.status}, yet {name} of what is held is {show(b)} then"
                yield bug(delete, "held", name, problem, after, a)
                return
        if done is not None and done.is_success:
            problem = f"deletes what it should refuse to: {sentence.strip()!r}"
            yield bug(delete, "held", resource.item, problem, done, 409)
        return


def _sentences(session: Session, operation: Operation) -> list[str]:
    """What the document says of an operation and of its conflict."""
    response = session.contract.find_response(operation, 409)
    places = [operation.pointer, *([response.pointer] if response else [])]
    texts = [*map(session.contract.said_at, places)]
    # The description of a conflict need not say that there is one.
    return [said for said in sentences(texts[0]) if _REFUSES.search(said)] + sentences(" ".join(texts[1:]))


def _condition(sentence: str, resource: Resource) -> str | None:
    """The state that something below must be in, empty for any; None where it is not that alone which counts."""
    collection = resource.item.rpartition("/")[0].rpartition("/")[2]
    names = {collection, *singulars(collection)}
    if re.search(rf"\b({'|'.join(map(re.escape, names))}) (is|are) still\b", sentence, re.IGNORECASE):
        return ""
    above = {word for part in resource.item.split("/") if part and "{" not in part for word in _words_for(part)}
    if re.search(_INSIDE.format("|".join(map(re.escape, names | above))), sentence, re.IGNORECASE):
        return ""
    if re.search(_NAMED.format("|".join(map(re.escape, names))), sentence, re.IGNORECASE):
        return ""
    match = re.search(_HOLDS.format("|".join(map(re.escape, names))), sentence, re.IGNORECASE)
    if match is None:
        return None
    rest = sentence[match.end() :]
    if stated := _STATED.match(rest):
        return stated[1] if _ENDS.match(rest[stated.end() :]) else None
    return "" if _ENDS.match(rest) else None


def _words_for(segment: str) -> set[str]:
    return {segment.lower(), *singulars(fold(segment))}


def _is_brought_to(session: Session, resource: Resource, made: Made, state: str) -> bool:
    """Whether a thing is in a state, or is once an action that has its name is done."""
    if not state or _is_in(session, resource, made, state):
        return True
    for action in find_actions(session, resource):
        for body in _bodies(session, action, state):
            session.on(action, made, body)
            if _is_in(session, resource, made, state):
                return True
    return False


def _is_in(session: Session, resource: Resource, made: Made, state: str) -> bool:
    found = session.on(resource.read, made)
    shown = members_of(found).items()
    return any(fold(name) in STATES and fold(str(value)) == fold(state) for name, value in shown)


def _bodies(session: Session, action: Operation, state: str) -> list[Any]:
    """The valid bodies of an action that name a state, or its own where its path does (`confirm`: `confirmed`)."""
    bodies = session.bodies(action)
    base = bodies.small if bodies is not None else None
    if fold(state).startswith(fold(action.path.rpartition("/")[2]).removesuffix("e")):
        return [...]
    if bodies is None or not isinstance(base, dict):
        return []
    told = [{**base, name: state} for name, _, _ in session.contract.iter_properties(bodies.schema, bodies.pointer)]
    return [body for body in told if bodies.validator.is_valid(body)]


HOLDING = (Rule("what holds something is not deleted where it is said to stay", ("create",), held),)
