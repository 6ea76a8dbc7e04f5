"""The clone operation beside a real FastAPI route, which it was measured on.

A service whose refusals are FastAPI's own, word for word, is such a route with something around it. What it answers
otherwise than FastAPI is a fault of its own, where a service of another framework would merely differ. FastAPI's
versions are not told apart: what they disagree on (a body of `null` or without a media type, `url` in an error) is
not compared, nor is what a service may well be stricter in (NaN, UTF-16, members given twice), nor the spellings of a
flag where a wrong one is refused in other words than FastAPI's.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, unquote, urlsplit

from contract_tests.contract import Contract, Operation
from contract_tests.decoding import NotJSON, decode
from contract_tests.exchanges import Answer, Call
from contract_tests.fastapi import FastAPIReading
from contract_tests.intents import Intent, Kind
from contract_tests.probes.tables import NESTED, Change, with_value
from contract_tests.session import Session
from contract_tests.verdicts import Finding, Verdict

_ENOUGH = 2
"""So many of the three refusals must be FastAPI's: a fault may be about the third."""

_AS_FASTAPI = frozenset({"challenge", "every-error", "method", "order", "scheme"})
"""Policies that are no longer open where a service is FastAPI."""

_BEYOND = frozenset({Kind.CONSTANT, Kind.NESTED, Kind.OVERSIZED, Kind.HEAD, Kind.ANONYMOUS_HEAD, Kind.VERB})
_REFUSALS = frozenset({400, 415, 422})

Entry = tuple[str, tuple[Any, ...]]


class Difference(NamedTuple):
    """What an answer is that FastAPI's is not: a root cause, and the end of a sentence."""

    subject: str
    said: str
    expected: str


class Twin:
    """Holds a service that is FastAPI, by its own answers, against what FastAPI answers."""

    def __init__(self, session: Session, reading: FastAPIReading, *, is_measured: bool) -> None:
        self._session, self._reading = session, reading
        self._is_measured = is_measured
        self._speaks: dict[str, bool] = {}
        self._flags: dict[str, str] = {}

    def judge(self, operation: Operation, intent: Intent, call: Call, answer: Answer) -> Iterator[Finding]:
        """What the service answers to an authentic request, and FastAPI would not."""
        found = self._difference(intent, call, answer)
        if found is None or not self.speaks(operation) or self._reads_flag_itself(operation, call):
            return
        yield Finding(
            Verdict.BUG,
            str(operation),
            "fastapi",
            found.subject,
            f"{operation} answers like FastAPI, yet {found.said}",
            pointer=intent.pointer or operation.pointer,
            expected=found.expected,
            got=str(answer),
        )

    def settle(self, operation: Operation, call: Call, findings: list[Finding]) -> list[Finding]:
        """The findings, with those that are a matter of policy decided where the service is FastAPI."""
        opened = [f for f in findings if f.verdict is Verdict.POLICY and f.claim in _AS_FASTAPI]
        if (
            not opened
            or not self._is_measured
            or not self.speaks(operation)
            or self._reads_flag_itself(operation, call)
        ):
            return findings
        return [replace(f, verdict=Verdict.BUG) if f in opened else f for f in findings]

    def speaks(self, operation: Operation) -> bool:
        """Whether the refusals of an operation are FastAPI's own; asked once."""
        label = str(operation)
        if label not in self._speaks:
            self._speaks[label] = False  # while it is being asked
            self._speaks[label] = sum(self._iter_agreements(operation)) >= _ENOUGH
        return self._speaks[label]

    def _iter_agreements(self, operation: Operation) -> Iterator[bool]:
        draft = self._session.draft(operation)
        if draft is None:
            return
        for flag, change in _iter_changes(self._session.contract, operation):
            found = self._session.send(operation, change(draft))
            reply = self._reading.reply(found.call) if found else None
            if found and reply and reply.status == 422:
                texts = _texts(found.answer.json())
                agrees = found.answer.status == 422 and all(text in texts for text in _texts(_decoded(reply.body)))
                if flag and found.answer.status == 422 and not agrees:
                    self._flags[str(operation)] = flag
                yield agrees

    def _reads_flag_itself(self, operation: Operation, call: Call) -> bool:
        """Whether a request has a flag of another spelling, and the service refuses a wrong one in words of its own.

        It reads the flag by a rule of its own, then, and not as pydantic does.
        """
        flag = self._flags.get(str(operation))
        given = parse_qsl(urlsplit(call.url).query, keep_blank_values=True)
        return any(name == flag and value not in {"true", "false"} for name, value in given)

    def _difference(self, intent: Intent, call: Call, answer: Answer) -> Difference | None:
        is_deep = intent.said == NESTED  # how deep a parser reads is its own affair (RFC 8259, section 9)
        if not self._is_measured or is_deep or intent.kind in _BEYOND or not _is_plain(call):
            return None
        reply = self._reading.reply(call)
        if reply is None:
            return None
        if reply.status == 307 and _leaves(call, answer):
            return Difference(
                "307", f"redirects {intent.said} to another host", "307 to where it came from, as FastAPI"
            )
        if reply.status == answer.status != 422:
            return None
        is_clear = intent.kind is not Kind.UNCERTAIN and intent.location != "path"
        is_json = "json" in (call.header("content-type") or "").lower()  # others may be refused unread
        if reply.status == 422 and ((is_clear and is_json) or answer.status < 300):
            return _refusal(intent, answer, _entries(_decoded(reply.body)))
        # A parameter given twice may be refused for that.
        if reply.status < 300 and answer.status in _REFUSALS and is_clear:
            said = f"refuses {intent.said} with {answer.status}"
            return Difference(intent.said, said, f"{reply.status}, as FastAPI")
        if reply.status == 404 and answer.status < 300:
            return Difference("path", f"takes {intent.said} for the path", "404, as FastAPI")
        if reply.status == 400 and answer.status < 300:
            return Difference("400", f"accepts {intent.said}", "400, as FastAPI")
        return None


def _leaves(call: Call, answer: Answer) -> bool:
    """Whether a redirect leads to another host."""
    host = urlsplit(answer.header("location") or "").netloc
    return 300 <= answer.status < 400 and host not in {"", urlsplit(call.url).netloc}


def _refusal(intent: Intent, answer: Answer, wanted: list[Entry]) -> Difference | None:
    """How an answer differs from the refusal with these entries, if it does."""
    shown = _shown(wanted)
    subject = ".".join((intent.location, *intent.field)) or intent.said
    if answer.status < 300:
        return Difference(subject, f"accepts {intent.said}", f"422, as FastAPI: {shown}")
    if answer.status == 400:
        return Difference("400", f"refuses {intent.said} with 400", f"422, as FastAPI: {shown}")
    if answer.status == 422 and sorted(map(repr, got := _entries(answer.json()))) != sorted(map(repr, wanted)):
        return Difference("errors", f"refuses {intent.said} and tells {_shown(got)}", f"422, as FastAPI: {shown}")
    return None


def _iter_changes(contract: Contract, operation: Operation) -> Iterator[tuple[str, Change]]:
    """Three requests that FastAPI refuses, each in words of its own, and the flag that one is about."""
    flag = next((p.name for p in operation.parameters if contract.json_types(p.schema) == {"boolean"}), None)
    if flag is not None:
        yield flag, lambda draft: draft.with_parameter("query", flag, "understudy")
    yield "", lambda draft: draft.with_body(b"[]")
    for media in operation.request_body.content if operation.request_body else ():
        for name, schema, _ in contract.iter_properties(media.schema, ""):
            if "string" in contract.json_types(schema):
                yield "", with_value(name, 5)
                return


def _is_plain(call: Call) -> bool:
    """Whether nothing about a request is unusual but what it is about."""
    body, url = call.body or b"", urlsplit(call.url)
    if not unquote(url.path + url.query).isprintable() or call.header("content-type") is None:
        return False
    try:
        json.dumps(content := decode(body), allow_nan=False, ensure_ascii=False).encode()
    except NotJSON:
        return _is_broken(body)
    except ValueError:  # too large for a double, or half of a character
        return False
    return content is not None


def _is_broken(body: bytes) -> bool:
    """Whether Python's own forgiving reader does not read it either."""
    try:
        json.loads(body)
    except ValueError:
        return True
    except RecursionError:
        return False
    return False


def _entries(content: Any) -> list[Entry]:
    """The type and the place of each error. Where JSON ends depends on who reads it."""
    found = []
    for item in _items(content):
        loc = item.get("loc")
        is_json = item.get("type") == "json_invalid"
        found.append((str(item.get("type")), tuple(loc[:1] if is_json else loc) if isinstance(loc, list) else ()))
    return found


def _shown(entries: list[Entry]) -> str:
    return "; ".join(f"{code} at {'.'.join(map(str, loc))}" for code, loc in entries) or "nothing"


def _texts(content: Any) -> list[tuple[str, ...]]:
    return sorted((str(i.get("type")), str(i.get("loc")), str(i.get("msg"))) for i in _items(content))


def _items(content: Any) -> list[dict[str, Any]]:
    detail = content.get("detail") if isinstance(content, dict) else None
    return [item for item in detail if isinstance(item, dict)] if isinstance(detail, list) else []


def _decoded(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None
