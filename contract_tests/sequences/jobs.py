"""What an action on a thing starts (`POST /articles/{id}/publish`: 202 and a job), followed to its end and back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from contract_tests.contract import Operation
from contract_tests.resources import Resource, is_running
from contract_tests.sequences.rules import Rule, bug, documents, make_full, sentences, show, states_after
from contract_tests.sequences.waiting import DEADLINE, find_flag, is_done_well
from contract_tests.session import Exchange, Made, Session
from contract_tests.verdicts import Finding

_TWICE = re.compile(r"\balready\b|\btwice\b|\bonly once\b", re.IGNORECASE)
_MEANWHILE = re.compile(r"\bwhile\b|\bunder ?way\b|\bin progress\b|\bongoing\b|\bbeing \w+ed\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Start:
    """An action that starts something, what it is done to, and what comes of it."""

    action: Operation
    jobs: Resource
    subjects: Resource

    def states(self, session: Session) -> list[tuple[str, str]]:
        """What a subject shows once this is done to it (`publish`: `published`)."""
        read = self.subjects.read
        return list(states_after(session, read, self.action.path.rpartition("/")[2])) if read else []


def _starts(session: Session, resource: Resource) -> Iterator[Start]:
    for action in session.starters(resource):
        subjects = session.subject(action)
        if subjects is not None and subjects.read is not None and subjects.item != resource.item:
            yield Start(action, resource, subjects)


def followed(session: Session, resource: Resource) -> Iterator[Finding]:
    """What is started is not started again meanwhile; when it has ended well, its subject shows what was done to it."""
    for start in _starts(session, resource):
        subject = make_full(session, start.subjects)
        before = session.on(start.subjects.read, subject) if subject else None
        draft = session.draft_on(start.action, subject) if subject else None
        begun = session.send(start.action, draft) if draft else None
        if subject is None or draft is None or before is None or begun is None or not begun.is_success:
            continue
        job = session.note(resource, draft, begun)
        if job is None:
            continue
        again = session.on(start.action, subject) if _refuses(session, start.action, _MEANWHILE) else None
        end = session.on(resource.read, job) if resource.read else None
        if again is not None and again.is_success and end is not None and is_running(end.body):
            problem = f"answers {again.answer.status} while what it started before still runs"
            yield bug(start.action, "waiting", "meanwhile", problem, again, 409)
            continue
        end = _end(session, resource, job)
        if end is not None and resource.read is not None and is_done_well(session, resource.read, end):
            yield from session.until(partial(_unseen, session, start, subject, before))
            yield from _once_more(session, start, subject)


def followed_at_once(session: Session, resource: Resource) -> Iterator[Finding]:
    """When an answer was waited for, the subject shows what was done to it."""
    for start in _starts(session, resource):
        flag = find_flag(session, start.action)
        if flag is None or flag.place != "query" or not start.states(session):
            continue
        subject = make_full(session, start.subjects)
        before = session.on(start.subjects.read, subject) if subject else None
        draft = session.draft_on(start.action, subject) if subject else None
        if subject is None or before is None or draft is None:
            continue
        done = session.send(start.action, flag.put(flag.asks, draft))
        if done is not None and done.is_success and is_done_well(session, start.action, done):
            yield from session.until(partial(_unseen, session, start, subject, before))


def _end(session: Session, resource: Resource, job: Made) -> Exchange | None:
    """What a job shows when it has ended; None where that takes too long."""
    deadline, pause = session.clock.now() + DEADLINE, 0.02
    while resource.read is not None and session.clock.now() < deadline:
        found = session.on(resource.read, job)
        if found is None or not is_running(found.body):
            return found
        session.clock.sleep(pause)
        pause = min(pause * 2, 0.5)
    return None


def _unseen(session: Session, start: Start, subject: Made, before: Exchange) -> list[Finding]:
    """What is done to a thing changes its state, and with its state its tag (RFC 9110, section 8.8.3)."""
    read = start.subjects.read
    after = session.on(read, subject)
    if read is None or after is None or not isinstance(after.body, dict) or not isinstance(before.body, dict):
        return []
    found, tag = [], after.answer.header("etag")
    for name, value in start.states(session):
        held, was = after.body.get(name), before.body.get(name)
        if was == held != value and held is not None:
            problem = f"is done, and {read} still shows {name}={show(held)}, not {show(value)}"
            found.append(bug(start.action, "action", f"{name} {value}", problem, after, value))
        elif was != held and tag and not tag.startswith("W/") and tag == before.answer.header("etag"):
            problem = f"changes {name} from {show(was)} to {show(held)}, and {read} still answers with the tag {tag}"
            found.append(bug(start.action, "etag", "action", problem, after, "another tag"))
    return found


def _once_more(session: Session, start: Start, subject: Made) -> Iterator[Finding]:
    """What is done already is not done again where the document answers 409 to that."""
    states = start.states(session) if _refuses(session, start.action, _TWICE) else []
    found = session.on(start.subjects.read, subject) if states else None
    if found is None or not isinstance(found.body, dict) or any(found.body.get(n) != v for n, v in states):
        return
    again = session.on(start.action, subject)
    if again is not None and again.is_success:
        name, value = states[0]
        problem = f"answers {again.answer.status} to what has {name}={show(value)} already"
        yield bug(start.action, "action", "twice", problem, again, 409)


def _refuses(session: Session, action: Operation, said: re.Pattern[str]) -> bool:
    """Whether the document answers 409 to what is so, in the sentence about it or at the response."""
    if not documents(action, "409"):
        return False
    said_at = session.contract.said_at
    texts = [said_at(response.pointer) for response in action.responses if response.status == "409"]
    texts += [sentence for sentence in sentences(said_at(action.pointer)) if "409" in sentence]
    return any(map(said.search, texts))


JOBS = (
    Rule("what a job was started for is done when it has ended", ("create", "read"), followed),
    Rule("what was waited for is done", ("create",), followed_at_once),
)
