"""What a sequence is, and the pieces that sequences share."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from contract_tests.contract import Operation
from contract_tests.resources import Resource, answer_media, iter_members, shared_properties, value_media
from contract_tests.session import Exchange, Made, Session
from contract_tests.values import same, value_bug
from contract_tests.verdicts import Finding

GONE = frozenset({404, 410})
_MADE = re.compile(r"(created|uploaded|registered|inserted|added|submitted|joined|issued)(at|on|date|time|by)?")
Run = Callable[[Session, Resource], Iterator[Finding]]


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule about a kind of resource; `needs` are the operations it cannot do without."""

    title: str
    needs: tuple[str, ...]
    run: Run


@dataclass(frozen=True, slots=True)
class Sequence:
    """A rule for one resource, and for one of the alternatives of the bodies that make it."""

    resource: Resource
    rule: Rule
    alternative: int = 0

    @property
    def id(self) -> str:
        number = f" · alternative {self.alternative + 1}" if self.alternative else ""
        return f"{self.resource} · {self.rule.title}{number}"

    def run(self, session: Session, resource: Resource) -> Iterator[Finding]:
        """What the rule finds; nothing where the service keeps nothing."""
        session.alternative = self.alternative
        try:
            if session.remembers(resource):
                yield from self.rule.run(session, resource)
        finally:
            session.alternative = 0


def bug(
    operation: Operation, claim: str, subject: str, problem: str, exchange: Exchange, wanted: Any = None
) -> Finding:
    """A finding about the last request of a sequence."""
    return value_bug(operation, claim, subject, problem, "", exchange.call, exchange.answer, wanted)


def full_body(session: Session, operation: Operation) -> Any:
    """A valid body with every member, or the smallest."""
    bodies = session.bodies(operation)
    return None if bodies is None else bodies.full if bodies.full is not None else bodies.small


def small_body(session: Session, operation: Operation) -> Any:
    """The smallest valid body."""
    bodies = session.bodies(operation)
    return None if bodies is None else bodies.small if bodies.small is not None else bodies.full


def other_body(session: Session, operation: Operation, body: Any) -> Any:
    """A valid body that differs in every member where one can."""
    bodies = session.bodies(operation)
    if bodies is None or not isinstance(body, dict):
        return body
    result, unique = dict(body), session.unique(operation)
    for path, candidate in bodies.samples.iter_near(bodies.schema, body):
        if len(path) != 1 or path[0] in unique:
            continue  # a unique member is given a new value when it is sent
        if candidate is None or path[0] not in body or result[path[0]] != body[path[0]]:
            continue
        if candidate not in ("", [], {}) and not same(candidate, body[path[0]]):
            changed = {**result, path[0]: candidate}
            if bodies.validator.is_valid(changed):
                result = changed
    return result


def make_full(session: Session, resource: Resource) -> Made | None:
    """A thing with every member set, or as few as the service insists on."""
    body = full_body(session, resource.create) if resource.create else None
    return session.make(resource, body) or session.make(resource)


def differences(
    session: Session, one: Operation, first: Exchange, two: Operation, second: Exchange
) -> Iterator[tuple[str, Any, Any]]:
    """The members that two answers document alike and show differently, but those that time changes."""
    a, b = first.body, second.body
    if not isinstance(a, dict) or not isinstance(b, dict):
        return
    media = answer_media(session.contract, one, first.answer.status)
    shared = shared_properties(session.contract, media, answer_media(session.contract, two, second.answer.status))
    for name in [*shared, *(n for n in _read_only(session, media) if n in a and n in b)]:
        if is_volatile(name) or (name not in a and name not in b):
            continue
        if name in a and name in b and same(a[name], b[name]):
            continue
        if a.get(name) is None and b.get(name) is None:
            continue
        yield name, a.get(name), b.get(name)


def _read_only(session: Session, media: Any) -> list[str]:
    if media is None:
        return []
    properties = iter_members(session.contract, media.schema, "")
    return [name for name, schema, _ in properties if session.contract.is_read_only(schema)]


def is_volatile(name: str) -> bool:
    """Whether a member changes by itself, judged by its name."""
    folded = name.lower()
    words = ("updated", "modified", "accessed", "last", "version", "etag", "revision", "status", "state", "progress",
             "expires", "remaining", "age", "url", "token", "views", "count", "now", "seen")  # fmt: skip
    return any(word in folded for word in words)


def is_server_made(name: str) -> bool:
    """Whether a member is set once, when a thing is made, judged by its name."""
    folded = name.lower().replace("_", "").replace("-", "")
    moment = re.fullmatch(
        r"(created|uploaded|registered|inserted|added|submitted|joined|issued)(at|on|date|time|by)?", folded
    )
    return moment is not None or folded in {"id", "uuid", "key", "creationtime", "creationdate", "href"}


def shared_names(session: Session, operation: Operation, status: int) -> Mapping[str, Any]:
    """The members that a request of this operation and its answer have in common."""
    media = value_media(operation)
    return shared_properties(session.contract, media, answer_media(session.contract, operation, status))


def show(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)[:200]
