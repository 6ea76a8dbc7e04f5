"""What names a thing that does not exist is refused, with the status that the document says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from contract_tests.contract import Operation
from contract_tests.references import Reference, put_references
from contract_tests.resources import Resource, fold, values_of_identity
from contract_tests.sequences.rules import Rule, bug, full_body, sentences, show
from contract_tests.session import Exchange, Session
from contract_tests.statuses import ABOUT_THE_REQUEST
from contract_tests.verdicts import Finding

_ABSENT = re.compile(
    r"\b(does not|doesn't|do not|must) exist\b|\bthere (is|are) no(t| such)?\b|\bno such\b|\bunknown\b|\bnot found\b"
    r"|\b(is|are) not in (the|a|this)\b|\bnon-?existent\b|\bcannot be found\b|\b(is|are) none\b",
    re.IGNORECASE,
)
_STATUS = re.compile(r"\b4\d\d\b")
_CODE = re.compile(r"\bcode `(\w+)`", re.IGNORECASE)
_CONFLICT = re.compile(r"\bconflicts?\b", re.IGNORECASE)


def dangling(session: Session, resource: Resource) -> Iterator[Finding]:
    """A request whose body names such a thing, and nothing has the id, is refused as it is said."""
    for operation in session.contract.operations:
        for name, reference in session.renewal.references(operation).items():
            if reference.resource.item == resource.item and operation.method in {"POST", "PUT", "PATCH"}:
                status = _said_status(session, operation, name, reference)
                yield from _dangling(session, operation, name, reference, status) if status is not None else ()


def _dangling(
    session: Session, operation: Operation, name: str, reference: Reference, status: int
) -> Iterator[Finding]:
    body, draft, value = full_body(session, operation), session.draft(operation), unlikely_reference(session, reference)
    if draft is None or value is None or not isinstance(body, dict):
        return
    control = session.send(operation, session.current(operation, draft.with_value(body)))
    if control is None or not control.is_success:
        return
    done = session.send(operation, session.current(operation, draft.with_value(put_references(body, {name: value}))))
    if done is None:
        return
    said = f"{name}={show(value)}, which nothing has"
    if done.is_success:
        problem = f"takes {said}, though it is said to be refused with {status}"
        yield bug(operation, "reference", name, problem, done, status)
    elif done.answer.status == status:
        yield from _coded(session, operation, name, done)
    elif done.answer.status in ABOUT_THE_REQUEST | {409}:
        problem = f"refuses {said}, with {done.answer.status} and not with the {status} that is said"
        yield bug(operation, "reference", name, problem, done, status)


def _coded(session: Session, operation: Operation, name: str, done: Exchange) -> Iterator[Finding]:
    """The code that is said to be of this refusal stands in it."""
    for sentence in sentences(" ".join(session.contract.said_at(operation.pointer).split())):
        code = _CODE.search(sentence)
        if code is None or not _ABSENT.search(sentence) or name not in sentence:
            continue
        if isinstance(done.body, dict) and code[1] not in set(_texts(done.body)):
            problem = f"refuses {name}, which names nothing, and the code {code[1]} that is said does not stand in it"
            yield bug(operation, "reference", f"{name} code", problem, done, code[1])
        return


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    for held in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _texts(held)


def unlikely_reference(session: Session, reference: Reference) -> str | int | None:
    """A well-formed value that names nothing; elsewhere than on this machine a number may be somebody's."""
    read = reference.resource.read
    text = session.unlikely(read, reference.resource.parameter) if read is not None else ""
    if not text or (text.isdecimal() and not session.settings.is_local):
        return None
    is_valid = session.contract.spec.document.validator(reference.pointer).is_valid
    return next(filter(is_valid, values_of_identity(text)), None)


def _said_status(session: Session, operation: Operation, name: str, reference: Reference) -> int | None:
    """The status that a description has for a thing that does not exist, if one does."""
    contract = session.contract
    documented = {response.status for response in operation.responses}
    words = {fold(name), fold(name).removesuffix("id"), *reference.resource.nouns} - {""}
    texts = [(contract.said_at(operation.pointer), ""), (contract.said_at(reference.pointer), "")]
    texts += [(contract.said_at(each.pointer), each.status) for each in operation.responses if each.status[:1] == "4"]
    found: set[str] = set()
    for text, own in texts:
        for sentence in sentences(" ".join(text.split())):
            if not _ABSENT.search(sentence) or not _words(sentence) & words or (own and "{" in operation.path):
                continue
            clauses = re.split(r",? and (?=4\d\d\b)|, (?=4\d\d\b)", sentence)
            absent = [each for each in clauses if _ABSENT.search(each)]
            clause = next((each for each in absent if _words(each) & words), absent[0] if absent else sentence)
            told = set(_STATUS.findall(clause)) or ({"409"} if _CONFLICT.search(sentence) else {own})
            found |= told & documented
    return int(found.pop()) if len(found) == 1 else None


def _words(text: str) -> set[str]:
    return {fold(word) for word in re.findall(r"\w+", text)}


DANGLING = (Rule("what names nothing is refused as it is said", ("maker", "read"), dangling),)
