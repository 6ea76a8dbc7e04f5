"""Members that are said to stay as they are when a thing is replaced, changed or acted on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from contract_tests.contract import Operation
from contract_tests.resources import Resource, fold, iter_members, singulars, value_media
from contract_tests.sequences.effects import body_of, do
from contract_tests.sequences.rules import (
    Rule,
    bug,
    documented,
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

MAX_BEFORE = 5
"""So many things are done before a change, one at a time, so that what stays is not what everything begins with."""

_STAY = re.compile(
    r"(?P<names>[^:]*)\b(stays?|remains?|(is|are) (kept|untouched|unchanged|not (touched|changed|affected)))\b"
    r"|\b(keeps?|retains?) (its|their|the)\b(?P<kept>[^:]*)"
    r"|\bleaves?\b(?P<left>[^:]*)\b(alone|as (it|they) (is|are|was|were)|untouched|unchanged)\b",
    re.IGNORECASE,
)
_PROVIDED = re.compile(
    r"\b(if|unless|until|when|while|only|except|without|where|may|that|what|which|not|changes nothing)\b", re.IGNORECASE
)


def names_that_stay(session: Session, operation: Operation, read: Operation) -> list[str]:
    """The members that a read shows, that an operation is not sent, and that its description says it leaves alone."""
    media = value_media(operation)
    sent = iter_members(session.contract, media.schema, media.pointer) if media is not None else ()
    shown = documented(session, read).keys() - {name for name, _, _ in sent}
    words: set[str] = set()
    for sentence in sentences(" ".join(session.contract.said_at(operation.pointer).split())):
        found = _STAY.search(sentence) if not _PROVIDED.search(sentence) else None
        said = next(filter(None, found.groupdict().values()), "") if found else ""
        words |= {each for word in re.findall(r"[\w-]+", said) for each in (fold(word), *singulars(fold(word)))}
    return sorted(name for name in shown if fold(name) in words)


def stays(session: Session, resource: Resource) -> Iterator[Finding]:
    """What is said to stay does, also when something has been done with the thing before."""
    read = resource.read
    if read is None:
        return
    below = operations_below(session, resource, "POST", "PUT")
    for operation in filter(None, (resource.replace, resource.patch, *below)):
        names = names_that_stay(session, operation, read)
        others = [each for each in below if each is not operation] if names else []
        for first in [None, *islice(others, MAX_BEFORE)] if names else ():
            if (found := _changed(session, resource, read, operation, first, names)) is not None:
                yield found
                break


def _changed(
    session: Session,
    resource: Resource,
    read: Operation,
    operation: Operation,
    first: Operation | None,
    names: list[str],
) -> Finding | None:
    made = make_full(session, resource)
    new = session.on(read, made) if made is not None else None
    if made is None or new is None:
        return None
    if first is not None:
        done = do(session, first, "", made, body_of(session, first))
        if done is None or not done.is_success or done.answer.status == 202:
            return None
    before = session.on(read, made)
    if first is not None and all(same(members_of(new).get(n), members_of(before).get(n)) for n in names):
        return None
    done = _write(session, operation, made, before)
    after = session.on(read, made) if done is not None and done.is_success and done.answer.status != 202 else None
    if before is None or after is None or not after.is_success:
        return None
    held, later = members_of(before), members_of(after)
    for name in names:
        if name in held and not same(held[name], later.get(name)):
            problem = (
                f"is said to leave {name} as it is, and turns it from {show(held[name])} into {show(later.get(name))}"
            )
            return bug(operation, "stays", name, problem, after, held[name])
    return None


def _write(session: Session, operation: Operation, made: Made, before: Exchange | None) -> Exchange | None:
    if operation not in (made.resource.replace, made.resource.patch):  # not opened first: that may be what changes it
        body = body_of(session, operation)
        return session.on(operation, made, ... if body is None else body)
    body = one_change(session, operation, members_of(before))
    return write_to(session, operation, made, body) if body is not None else None


STAYING = (Rule("what is said to stay stays", ("create", "read"), stays),)
