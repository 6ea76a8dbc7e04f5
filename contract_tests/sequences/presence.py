"""A flag of a thing that says whether it has something below it (`has_photo`, `/rooms/{id}/photo`)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from contract_tests.contract import Operation
from contract_tests.resources import Resource, answer_shape, fold, iter_members
from contract_tests.sequences.rules import Rule, bug, make_full, members_of, operations_below
from contract_tests.session import Made, Session
from contract_tests.verdicts import Finding


def flagged(session: Session, resource: Resource) -> Iterator[Finding]:
    """The flag is false at first, true once something was put there, and false when that was deleted."""
    read = resource.read
    shape = answer_shape(session.contract, read, 200) if read else None
    flags = {fold(name): name for name, schema, _ in iter_members(session.contract, *shape)
             if session.contract.json_types(schema) == {"boolean"}} if shape else {}  # fmt: skip
    for put in operations_below(session, resource, "PUT"):
        flag = flags.get(f"has{fold(put.path.rpartition('/')[2])}")
        made = make_full(session, resource) if flag else None
        if read is None or flag is None or made is None:
            continue
        deletes = [each for each in operations_below(session, resource, "DELETE") if each.path == put.path]
        yield from session.until(partial(_shown, session, read, made, flag, is_there=False, done=resource.maker))
        for operation, is_there in ((put, True), *((each, False) for each in deletes)):
            done = session.on(operation, made)
            if done is None or not done.is_success or done.answer.status == 202:
                break
            yield from session.until(partial(_shown, session, read, made, flag, is_there=is_there, done=operation))


def _shown(
    session: Session, read: Operation, made: Made, flag: str, *, is_there: bool, done: Operation | None
) -> list[Finding]:
    found = session.on(read, made)
    got = members_of(found).get(flag)
    if found is None or not isinstance(got, bool) or got is is_there:
        return []
    said = "true" if got else "false"
    return [bug(read, "presence", flag, f"says {flag}={said} after {done}", found, is_there)]


PRESENCE = (Rule("a flag says whether something is there", ("maker", "read"), flagged),)
