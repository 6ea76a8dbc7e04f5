"""What a job makes is there when it is done and not before, and who waits for it sees it done."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from contract_tests.contract import Operation, Parameter
from contract_tests.drafts import Draft
from contract_tests.resources import (
    STATES,
    Resource,
    answer_shape,
    find_scope,
    fold,
    is_running,
    iter_members,
    singulars,
)
from contract_tests.sequences.actions import settled
from contract_tests.sequences.paging import count_of
from contract_tests.sequences.rules import (
    GONE,
    Rule,
    bug,
    documents,
    full_body,
    make_full,
    members_of,
    one_change,
    parameter_says,
    says,
    says_of,
    show,
    small_body,
    tenants_of,
    write_to,
)
from contract_tests.session import Exchange, Session
from contract_tests.verdicts import Finding

_WAIT = frozenset({"wait", "block", "blocking", "longpoll", "sync"})
_UNTIL = r"\buntil\b.*\b(done|end\w*|finish\w*|complet\w*|ready|over)\b"
_UNREADY = r"\b(not|until|before|unless|while)\b[^.;]*\b(done|ready|finish\w*|complet\w*|end(s|ed)|yet)\b"
MAX_NAMED = 5
MAX_OTHERS = 6
_MARK = "Qzx7Understudy"
_FORMATS = frozenset({"format", "fileformat", "type", "filetype", "outputformat"})
_AS_IT_WAS = (
    r"\bas (it|they) (is|are|was|were) (at|when)\b|\bat the (time|moment) (of|when)\b|\bat (this|that) moment\b"
    r"|\bsnapshot\b|\blater changes\b"
)
AT_ONCE = 0.5
"""Who answers sooner, in seconds, has not waited."""


def waited(session: Session, resource: Resource) -> Iterator[Finding]:
    """A read that is said to hold its answer back until a job is done does so."""
    read = resource.read
    flag = _flag(read) if read else None
    made = make_full(session, resource) if flag is not None else None
    draft = session.draft_on(read, made) if read is not None and made is not None else None
    if read is None or flag is None or made is None or draft is None or not is_running(made.exchange.body):
        return
    began = session.clock.now()
    found = session.send(read, draft.with_parameter("query", flag.name, "true"))
    if found is not None and found.is_success and is_running(found.body) and session.clock.now() - began < AT_ONCE:
        problem = f"still says {_state(found)} at once to {flag.name}=true"
        yield bug(read, "waiting", flag.name, problem, found, "a job that is done")


def _flag(read: Operation) -> Parameter | None:
    """The flag that asks to wait until it is done."""
    flags = (p for p in read.parameters if p.location == "query" and fold(p.name) in _WAIT)
    return next((p for p in flags if parameter_says(p, _UNTIL)), None)


def early(session: Session, resource: Resource) -> Iterator[Finding]:
    """What is documented to be refused with 409 or 425 until a job is done is so while the job says that it runs."""
    read = resource.read
    for operation in session.contract.operations if read else ():
        is_below = operation.path.rpartition("/")[0] == resource.item
        status = next((each for each in ("409", "425") if documents(operation, each)), "")
        if read is None or operation.method != "GET" or not is_below or not status:
            continue
        made = make_full(session, resource) if says_of(session, operation, status, _UNREADY) else None
        if made is None or not is_running(made.exchange.body):
            continue
        found, after = session.on(operation, made), session.on(read, made)
        if found is None or after is None or not is_running(after.body):
            continue
        if found.is_success or found.answer.status == 404:
            problem = f"answers {found.answer.status} while {read} says {_state(after)}"
            yield bug(operation, "waiting", "early", problem, found, int(status))


def named(session: Session, resource: Resource) -> Iterator[Finding]:
    """What a job that has ended says it made (`order_ids`) is there, once each."""
    read, create = resource.read, resource.create
    shape = answer_shape(session.contract, read, 200) if read is not None else None
    if read is None or create is None or shape is None or not documents(create, "202"):
        return
    members = [name for name, _, _ in iter_members(session.contract, *shape)]
    for other in session.resources:
        name = next((each for each in members if other is not resource and _names(each, other)), None)
        if name is not None and other.read is not None and other.create is not None:
            found = list(_made_by_job(session, resource, read, other, name))
            # What earlier jobs make while this one runs is not its own.
            yield from _made_by_job(session, resource, read, other, name) if found else ()


def _made_by_job(
    session: Session, resource: Resource, read: Operation, other: Resource, name: str
) -> Iterator[Finding]:
    known = session.make(other)
    before = count_of(session, other, known) if known is not None else None
    made = make_full(session, resource)
    found = settled(session, read, made) if made is not None else None
    told = members_of(found).get(name)
    base = session.base(other.read) if other.read is not None else None
    if found is None or base is None or known is None or other.read is None or not isinstance(told, list):
        return
    ids = [str(each) for each in told]
    for each in ids[:MAX_NAMED]:
        place = {**base.path_values, **known.path_values, other.parameter: each}
        shown = session.send(other.read, replace(base, path_values=place))
        if shown is not None and shown.answer.status in GONE:
            problem = f"says {name}={show(ids)}, of which {other.read} does not find {each}"
            yield bug(read, "result", name, problem, found, 200)
            return
    after = count_of(session, other, known) if ids else None
    if before is not None and after is not None and after - before != len(ids):
        problem = f"says {name}={show(ids)}, and {other.listing} lists {after - before} more than before"
        yield bug(read, "result", f"{name} number", problem, found, len(ids))


def downloads(session: Session, resource: Resource) -> Iterator[Operation]:
    """What is read right below a job."""
    for operation in session.contract.operations:
        if operation.method == "GET" and operation.path.rpartition("/")[0] == resource.item:
            yield operation


def typed(session: Session, resource: Resource) -> Iterator[Finding]:
    """What comes of a job is of the media type that goes with the format that was asked for (`csv`: `text/csv`)."""
    create, read = resource.create, resource.read
    bodies, small = (session.bodies(create), small_body(session, create)) if create is not None else (None, None)
    if create is None or read is None or bodies is None or not isinstance(small, dict):
        return
    members = {
        name: session.contract.enum(schema) for name, schema, _ in session.contract.iter_properties(bodies.schema, "")
    }
    name = next((each for each in members if fold(each) in _FORMATS), "")
    for download in downloads(session, resource) if name else ():
        types = {m.name.lower() for r in download.responses if r.status == "200" for m in r.content}
        for value in members[name]:
            meant = [each for each in types if re.search(rf"[/+.]{re.escape(str(value).lower())}$", each)]
            body = {**small, name: value}
            made = (
                session.make(resource, body)
                if len(meant) == 1 < len(types) and bodies.validator.is_valid(body)
                else None
            )
            done = settled(session, read, made) if made is not None else None
            found = session.on(download, made) if made is not None and done is not None and done.is_success else None
            if found is not None and found.is_success and found.answer.media_type not in meant:
                problem = f"answers as {found.answer.media_type} what was asked for as {name}={show(value)}"
                yield bug(download, "result", f"{name} {value}", problem, found, meant[0])


def separate(session: Session, resource: Resource) -> Iterator[Finding]:
    """What a job makes for one tenant holds nothing of another."""
    create, read = resource.create, resource.read
    if create is None or read is None or find_scope(create) is None:
        return
    for other in session.resources:
        maker = other.create
        body = full_body(session, maker) if maker is not None and find_scope(maker) is not None else None
        bodies = session.bodies(maker) if maker is not None else None
        marked = (
            {**body, name: _MARK}
            for name, schema, _ in (session.contract.iter_properties(bodies.schema, "") if bodies is not None else ())
            if isinstance(body, dict)
            and isinstance(body.get(name), str)
            and session.contract.is_free_text(schema, len(_MARK))
        )
        told = next((each for each in marked if bodies is not None and bodies.validator.is_valid(each)), None)
        made = session.make(other, told) if told is not None and other.item != resource.item else None
        tenants = tenants_of(session, made) if made is not None else None
        if made is None or tenants is None:
            continue
        scope, own, foreign = tenants
        job = session.make(
            resource,
            small_body(session, create),
            change=partial(Draft.with_parameter, location="header", name=scope.name, value=foreign),
        )
        if job is None or settled(session, read, job) is None:
            continue
        for download in downloads(session, resource):
            found = session.on(download, job)
            if found is not None and found.is_success and _MARK.encode() in found.answer.body:
                problem = f"shows for {scope.name}: {foreign} what {scope.name}: {own} made"
                yield bug(download, "result", scope.name, problem, found, "nothing of it")
                return


def unmoved(session: Session, resource: Resource) -> Iterator[Finding]:
    """What comes of a job is as things were when it was asked for, where that is said."""
    create, read = resource.create, resource.read
    if create is None or read is None or not says(session, create, _AS_IT_WAS):
        return
    others = [each for each in session.resources if each.create is not None and each.item != resource.item][:MAX_OTHERS]
    held = [(each, one) for each in others if (one := session.living(each)) is not None]
    made = session.make(resource, small_body(session, create))
    if made is None or settled(session, read, made) is None:
        return
    for download in downloads(session, resource):
        before, again = session.on(download, made), session.on(download, made)
        if before is None or again is None or not before.is_success or before.answer.body != again.answer.body:
            continue
        for each, one in held:
            body = one_change(session, each.patch, members_of(session.on(each.read, one))) if each.patch else None
            if each.patch is not None and body is not None:
                write_to(session, each.patch, one, body)
            make_full(session, each)
        after = session.on(download, made)
        if after is not None and after.is_success and after.answer.body != before.answer.body:
            problem = "shows what was changed or made after it had ended, and is said to be as things were before"
            yield bug(download, "result", "later", problem, after, "what it showed before")


def _names(member: str, resource: Resource) -> bool:
    """Whether a member is called after the ids of such things."""
    collection = resource.collection
    return fold(member) in {f"{single}ids" for single in singulars(collection)} | {f"created{collection}"}


def _state(found: Exchange) -> str:
    body = found.body if isinstance(found.body, dict) else {}
    return next((f"{name}={show(value)}" for name, value in body.items() if fold(name) in STATES), "that it runs")


RESULTS = (
    Rule("what comes of a job is of one tenant", ("create", "read"), separate),
    Rule("what comes of a job is of the type that was asked for", ("create", "read"), typed),
    Rule("what comes of a job is not changed later", ("create", "read"), unmoved),
    Rule("who waits for a job sees it done", ("maker", "read"), waited),
    Rule("what a job says it made is there", ("create", "read"), named),
    Rule("what a job makes is there when it is done", ("maker", "read"), early),
)
