"""What a job makes is there when it is done and not before, and who waits for it sees it done."""

from __future__ import annotations

from collections.abc import Iterator

from contract_tests.contract import Operation, Parameter
from contract_tests.resources import STATES, Resource, fold, is_running
from contract_tests.sequences.rules import Rule, bug, documents, make_full, parameter_says, says_of, show
from contract_tests.session import Exchange, Session
from contract_tests.verdicts import Finding

_WAIT = frozenset({"wait", "block", "blocking", "longpoll", "sync"})
_UNTIL = r"\buntil\b.*\b(done|end\w*|finish\w*|complet\w*|ready|over)\b"
_UNREADY = r"\b(not|until|before|unless|while)\b[^.;]*\b(done|ready|finish\w*|complet\w*|end(s|ed)|yet)\b"
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


def _state(found: Exchange) -> str:
    body = found.body if isinstance(found.body, dict) else {}
    return next((f"{name}={show(value)}" for name, value in body.items() if fold(name) in STATES), "that it runs")


RESULTS = (
    Rule("who waits for a job sees it done", ("maker", "read"), waited),
    Rule("what a job makes is there when it is done", ("maker", "read"), early),
)
