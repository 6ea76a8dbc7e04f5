"""What names a thing that does not exist is refused, with the status that the document says."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from contract_tests.contract import Operation
from contract_tests.references import Reference, put_references, value_of, value_or_text
from contract_tests.resources import Resource, fold
from contract_tests.sequences.actions import bodies_of, find_actions
from contract_tests.sequences.rules import Rule, bug, documents, full_body, make_full, sentences, show, states_after
from contract_tests.session import Exchange, Made, Session
from contract_tests.statuses import ABOUT_THE_REQUEST
from contract_tests.verdicts import Finding

_ABSENT = re.compile(
    r"\b(does not|doesn't|do not|must) exist\b|\bthere (is|are) no(t| such)?\b|\bno such\b|\bunknown\b|\bnot found\b"
    r"|\b(is|are) not in (the|a|this)\b|\bnon-?existent\b|\bcannot be found\b|\b(is|are) none\b",
    re.IGNORECASE,
)
_STATUS = re.compile(r"\b4\d\d\b")
_CODE = re.compile(r"\bcode `(\w+)`", re.IGNORECASE)
_MUST_BE = r"\b(?:only|must|has to|have to|needs? to)\b[^.;]*\b{0}\b(?! (?:is|are) refused)|\b(?:not|in|un)[ -]?{0}\b"
_MAY_NOT_BE = (
    r"\b(?:not|no|neither|nor)(?: (?:be|an?|yet))* {0}\b"
    r"|\b{0}\b(?: \w+){{0,2}} (?:cannot|can not|may not|must not|(?:is|are) (?:refused|not))\b"
)
_OFF = r"\boff {0}\b"
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


# --- In a state that forbids it ---------------------------------------------------------------------------------------


class Forbidden(NamedTuple):
    """What a thing that is named may not be: by these members when it is made, or once this is done to it."""

    word: str
    sentence: str
    members: Mapping[str, Any] = MappingProxyType({})
    action: Operation | None = None

    def make(self, session: Session, resource: Resource) -> Made | None:
        """A thing that is so."""
        if self.action is None:
            body = full_body(session, resource.maker) if resource.maker is not None else None
            return session.make(resource, {**body, **self.members}) if isinstance(body, dict) else None
        made = make_full(session, resource)
        body = bodies_of(session, self.action)[0]
        done = session.on(self.action, made, body) if made is not None else None
        return made if done is not None and done.is_success else None


def forbidding(session: Session, resource: Resource) -> Iterator[Finding]:
    """What is named in a state that is said to forbid it ("archived products cannot be ordered") is refused."""
    for operation in session.contract.operations:
        if operation.method not in {"POST", "PUT", "PATCH"} or not documents(operation, "409", "422"):
            continue
        for name, reference in session.renewal.references(operation).items():
            if reference.resource.item == resource.item:
                for forbidden in iter_forbidden(session, operation, name, reference):
                    yield from _taken(session, operation, name, reference, forbidden)


def iter_forbidden(session: Session, operation: Operation, name: str, reference: Reference) -> Iterator[Forbidden]:
    """What a thing that a member names may not be, by the description of the operation or of its conflict."""
    contract, resource = session.contract, reference.resource
    places = [operation.pointer, reference.pointer, *(r.pointer for r in operation.responses if r.status == "409")]
    own = fold(name).removesuffix("id")
    words = {own} | (set() if operation.path.startswith(resource.item.rpartition("/")[0]) else resource.nouns)
    told = [each for place in places for each in sentences(" ".join(contract.said_at(place).split()))]
    told = [each for each in told if _words(each) & words]
    for sentence in told:
        yield from _by_members(session, resource, sentence)
        yield from _by_actions(session, resource, sentence)


def _by_members(session: Session, resource: Resource, sentence: str) -> Iterator[Forbidden]:
    """What a sentence forbids that a thing is made with: a flag, or one of the values that a member lists."""
    contract, bodies = session.contract, session.bodies(resource.maker) if resource.maker is not None else None
    for member, schema, _ in contract.iter_properties(bodies.schema, bodies.pointer) if bodies is not None else ():
        if contract.json_types(schema) == {"boolean"}:
            spoken = member.replace("_", " ")
            if _says(sentence, _MUST_BE, spoken) or (member.startswith("on_") and _says(sentence, _OFF, spoken[3:])):
                yield Forbidden(f"not {member}", sentence, {member: False})
            elif _says(sentence, _MAY_NOT_BE, spoken):
                yield Forbidden(member, sentence, {member: True})
        for value in contract.enum(schema):
            if isinstance(value, str) and _says(sentence, _MAY_NOT_BE, value):
                yield Forbidden(value, sentence, {member: value})


def _by_actions(session: Session, resource: Resource, sentence: str) -> Iterator[Forbidden]:
    """What a sentence forbids that has been done to a thing."""
    if resource.read is not None:
        for action in find_actions(session, resource):
            for _, value in states_after(session, resource.read, action.path.rpartition("/")[2]):
                if _says(sentence, _MAY_NOT_BE, value):
                    yield Forbidden(value, sentence, action=action)


def _says(sentence: str, pattern: str, word: str) -> bool:
    return re.search(pattern.format(re.escape(word)), sentence, re.IGNORECASE) is not None


def _taken(
    session: Session, operation: Operation, name: str, reference: Reference, forbidden: Forbidden
) -> Iterator[Finding]:
    body, draft = full_body(session, operation), session.draft(operation)
    if draft is None or not isinstance(body, dict):
        return
    control = session.send(operation, session.current(operation, draft.with_value(body)))
    made = forbidden.make(session, reference.resource) if control is not None and control.is_success else None
    if made is None:
        return
    identity = made.path_values[reference.resource.parameter]
    value = value_or_text(session.contract, reference.pointer, identity)
    draft = session.draft(operation) or draft
    done = session.send(operation, session.current(operation, draft.with_value(put_references(body, {name: value}))))
    if done is not None and done.is_success:
        problem = f"takes {name} of what is {forbidden.word}, though it is said: {forbidden.sentence!r}"
        yield bug(operation, "reference", f"{name} {forbidden.word}", problem, done, "a refusal")


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
    return value_of(session.contract, reference.pointer, text)


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


DANGLING = (
    Rule("what is named in a state that forbids it is refused", ("maker", "read"), forbidding),
    Rule("what names nothing is refused as it is said", ("maker", "read"), dangling),
)
