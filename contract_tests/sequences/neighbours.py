"""What a write reaches besides what its path names: nothing, not even something of the same kind."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from contract_tests.resources import Resource, find_path_parameter
from contract_tests.sequences.rules import GONE, Rule, bug, differences, make_full, one_change, show, write_to
from contract_tests.session import Made, Session
from contract_tests.verdicts import Finding


def left_alone(session: Session, resource: Resource) -> Iterator[Finding]:
    """A write to one of two things leaves the other as it was."""
    read = resource.read
    pair = _pair(session, resource)
    if read is None or pair is None:
        return
    one, other = pair
    for write in filter(None, (resource.patch, resource.replace)):
        held, before = session.on(read, one), session.on(read, other)
        body = one_change(session, write, held.body) if held is not None and held.is_success else None
        if held is None or before is None or not before.is_success or not body:
            return
        done = write_to(session, write, one, body)
        after = session.on(read, other)
        if done is None or not done.is_success or after is None or not after.is_success:
            continue
        for name, a, b in differences(session, read, before, read, after):
            problem = f"changes {name} of another from {show(a)} to {show(b)}: {_named(resource, other)}"
            yield bug(write, "neighbour", name, problem, after, a)
            return


def kept_beside(session: Session, resource: Resource) -> Iterator[Finding]:
    """What stands beside something under another of a few names (`/plans/{day}/{slot}`) is not deleted with it."""
    names, put, delete = _listed(session, resource), resource.replace, resource.delete
    one = make_full(session, resource) if len(names) > 1 and resource.maker is put else None
    draft = session.draft_on(put, one, one.sent) if one is not None and one.sent is not None else None
    if one is None or draft is None or put is None or delete is None:
        return
    name = next(each for each in names if each != one.path_values[resource.parameter])
    place = {**one.path_values, resource.parameter: name}
    made = session.send(put, replace(draft, path_values=place))
    done = session.on(delete, one) if made is not None and made.is_success else None
    other = replace(one, path_values=place)
    found = session.on(resource.read or delete, other) if done is not None and done.is_success else None
    if found is not None and found.answer.status in GONE:
        yield bug(delete, "neighbour", "deleted", f"deletes {_named(resource, other)}, too", found, 200)


def _named(resource: Resource, made: Made) -> str:
    return f"{resource.parameter}={made.path_values[resource.parameter]}"


def _pair(session: Session, resource: Resource) -> tuple[Made, Made] | None:
    """Two of a kind: those that an enumeration names are there without being made."""
    names = _listed(session, resource)
    if len(names) < 2 and resource.maker is not None:
        made = [make_full(session, resource) for _ in range(2)]
        return (made[0], made[1]) if made[0] is not None and made[1] is not None else None
    draft = session.draft(resource.read) if resource.read and len(names) > 1 else None
    found = session.send(resource.read, draft) if draft and resource.read else None
    if draft is None or found is None or not found.is_success:
        return None
    first, second = (
        Made(resource, None, found, {**draft.path_values, resource.parameter: name}, draft.headers)
        for name in names[:2]
    )
    return first, second


def _listed(session: Session, resource: Resource) -> list[str]:
    operation = resource.read or resource.replace
    parameter = find_path_parameter(operation, resource.parameter) if operation is not None else None
    return [value for value in session.contract.enum(parameter.schema) if isinstance(value, str)] if parameter else []


NEIGHBOURS = (
    Rule("a write leaves others as they are", ("read",), left_alone),
    Rule("what stands beside is not deleted, too", ("replace", "delete"), kept_beside),
)
