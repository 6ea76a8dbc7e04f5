"""The service as it is met on a socket: requests as bytes for one operation, and the answer to compare others with."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from contract_tests import sockets
from contract_tests.checks import call_of
from contract_tests.contract import Operation, Way
from contract_tests.drafts import Draft
from contract_tests.exchanges import Call
from contract_tests.framing import Framed
from contract_tests.knowledge import Knowledge
from contract_tests.probes import METHODS, UNSAFE
from contract_tests.records import ClaimUnchecked
from contract_tests.session import Session
from contract_tests.sockets import Heard, converse, write_request
from contract_tests.statuses import GATEWAY
from contract_tests.target import Unsendable
from contract_tests.verdicts import Finding, Verdict

MAX_ASKED = 5
"""So many operations are tried until one accepts a valid request."""

MAX_BODY = 65536

SLOW = 1.0
"""A service that takes longer, in seconds, may have reasons not to answer in time."""

NOWHERE = "/understudy-no-such-path"

EXCUSED = frozenset({408, 409, 412, 423, 425, 428, 429, 502, 503, 504})
"""Refusals that say something of the moment, not of the request."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A request of a conversation: a word for it, and how it reads in a sentence. `stays` keeps the connection."""

    call: Call
    said: str
    word: str = ""
    version: str = "1.1"
    stays: bool = False

    @property
    def data(self) -> bytes:
        """The request as bytes."""
        ending = () if self.stays else (("Connection", "close"),)
        return write_request(replace(self.call, headers=(*self.call.headers, *ending)), version=self.version)


class Line:
    """Conversations with one service about one operation."""

    def __init__(self, session: Session, knowledge: Knowledge) -> None:
        self.session, self.knowledge = session, knowledge
        self.contract, self.target = session.contract, session.target
        self.host = urlsplit(self.target.base_url).netloc
        self._operation: Operation | None = None
        self._first: tuple[Sent, Heard] | None = None
        self.seconds = 0.0
        """How long a valid request took."""
        self._renews = False
        """Whether no two things may have the values of samples."""

    @property
    def operation(self) -> Operation:
        """One that takes a body and accepts a valid request, as far as there is one. Raises `ClaimUnchecked`."""
        if self._operation is None:
            self._operation = self._choose()
        return self._operation

    @property
    def may_lack_body(self) -> bool:
        """Whether the operation need not miss a body that is lost."""
        body = self.operation.request_body
        return body is None or not body.required

    def _choose(self) -> Operation:
        first: Operation | None = None
        for operation in sorted(self.contract.operations, key=self._rank)[:MAX_ASKED]:
            draft = self._draft(operation) if operation.method != "DELETE" else None
            if draft is None or len(draft.body or b"") > MAX_BODY:
                continue
            if self.knowledge.is_reached(operation, draft):
                return operation
            first = first or operation
        if first is None:
            raise ClaimUnchecked("no operation could be asked")
        return first

    def _rank(self, operation: Operation) -> tuple[bool, bool]:
        """What takes a body comes first, and of that what is known to accept a request."""
        takes_body = operation.request_body is not None and operation.method in UNSAFE - {"DELETE"}
        return not takes_body, not self.knowledge.was_reached(operation)

    def _draft(self, operation: Operation) -> Draft | None:
        draft = self.session.draft(operation) if self.knowledge.may_touch(operation) else None
        return draft if draft is None or not self._renews else self.session.renewal.renamed(operation, draft)

    # --- Requests --------------------------------------------------------------------------------------------------

    def valid(
        self, *, body: bytes | None = None, chunked: bool = False, headers: Mapping[str, str] | None = None
    ) -> Sent:
        """A valid request of the operation, as new as each must be. Raises `ClaimUnchecked`."""
        call = self._call(self.operation, self.target.right_credentials(self.operation))
        call = call if body is None or not call.body else replace(call, body=body)
        kept = [(name, value) for name, value in call.headers if name.lower() != "content-length"]
        if chunked and call.body:
            kept.append(("Transfer-Encoding", "chunked"))
        elif call.body is not None:
            kept.append(("Content-Length", str(len(call.body))))
        call = replace(call, headers=(*kept, *(headers or {}).items()))
        return Sent(call, f"{self.operation}" if body is None else f"{self.operation} with broken JSON")

    def head(self) -> Sent:
        """HEAD where GET is accepted, else on the operation's path."""
        reads = (one for one in self.contract.operations if one.method == "GET" and self.knowledge.was_reached(one))
        operation = next(reads, None) or self.operation
        call = self._call(operation, self.target.right_credentials(operation))
        headers = tuple(pair for pair in call.headers if not pair[0].lower().startswith("content-"))
        return Sent(Call("HEAD", call.url, headers), f"HEAD {operation.path}")

    def refused(self) -> list[Sent]:
        """Requests that a service refuses before it has read their bodies, if it likes."""
        valid, found = self.valid().call, []
        if self.contract.needs_credentials(self.operation) and self.target.known_ways(self.operation):
            call = self._call(self.operation, {})
            found.append(Sent(self._counted(call), "a request without credentials", "without credentials"))
        elsewhere = replace(valid, url=f"{self.target.base_url}{NOWHERE}")
        found.append(Sent(elsewhere, "a request to a path that is not there", "no such path"))
        methods = (m for m in ("PUT", *METHODS) if m in UNSAFE and m not in self.contract.methods(self.operation.path))
        if valid.body is not None and (method := next(methods, None)) is not None:
            found.append(Sent(replace(valid, method=method), f"a {method} to its path", "another method"))
        return found

    def iter_empty(self) -> Iterator[Sent]:
        """Requests whose answers have no body: 204 to an operation that has no other success, 304 to what is known."""
        for operation in self.contract.operations:
            statuses = {response.status for response in operation.responses}
            successes = {status for status in statuses if status.startswith("2")}
            names = {parameter.name for parameter in operation.parameters if parameter.location == "path"}
            is_own = operation.method != "DELETE" or (names and names <= self.session.names(operation))
            if successes == {"204"} and is_own and (draft := self._draft(operation)) is not None:
                call = self._call(operation, self.target.right_credentials(operation), draft)
                yield Sent(self._counted(call), str(operation))
                if operation.method == "DELETE":
                    self.session.forget(operation)
                break
        for operation in self.contract.operations:
            if operation.method != "GET" or all(response.status != "304" for response in operation.responses):
                continue
            draft = self._draft(operation)
            found = self.session.send(operation, draft) if draft is not None else None
            if draft is not None and found is not None and (tag := found.answer.header("etag")) is not None:
                call = self._call(operation, self.target.right_credentials(operation), draft)
                yield Sent(call.with_headers([("If-None-Match", tag)]), f"{operation} with If-None-Match")
                break

    def _call(self, operation: Operation, ways: Mapping[Way, str], draft: Draft | None = None) -> Call:
        draft = draft or self._draft(operation)
        if draft is None:
            raise ClaimUnchecked(f"no valid request for {operation} could be generated")
        try:
            return call_of(self.target.prepare(draft.call(self.target.base_url), ways))
        except Unsendable as error:
            raise ClaimUnchecked(str(error)) from None

    def _counted(self, call: Call) -> Call:
        return call if call.body is None else call.with_headers([("Content-Length", str(len(call.body)))])

    # --- Answers ---------------------------------------------------------------------------------------------------

    def ask(self, sent: list[Sent], *, apart: bool = False) -> Heard:
        """Send requests in one write; with `apart` the head of the only one goes first. Raises `ClaimUnchecked`."""
        for _ in sent:
            self.target.gate.admit()
        data = b"".join(one.data for one in sent)
        cut = data.index(b"\r\n\r\n") + 4
        try:
            parts = [data[:cut], data[cut:]] if apart else [data]
            return converse(self.target.base_url, parts, [one.call.method for one in sent])
        except OSError as error:
            raise ClaimUnchecked(f"no connection: {error}") from None

    def first(self) -> tuple[Sent, Heard]:
        """A valid request that is sent as any client would, and what came back. Raises `ClaimUnchecked`."""
        while self._first is None:
            sent = self.valid()
            started = time.monotonic()
            heard = self.ask([sent])
            self.seconds = time.monotonic() - started
            is_taken = any(answer.status == 409 for answer in heard.reading.answers)
            if self._renews or not is_taken:
                self._first = sent, heard
            self._renews |= is_taken
        return self._first

    def plain(self) -> Framed:
        """The answer to a valid request, to compare others with. Raises `ClaimUnchecked`."""
        answers = self.first()[1].reading.answers
        if not answers or answers[0].status >= 500 or answers[0].status in EXCUSED:
            raise ClaimUnchecked(f"{self.operation} gives no plain answer to compare others with")
        if self.seconds > SLOW:
            raise ClaimUnchecked(f"{self.operation} takes long to answer")
        return answers[0]

    def is_in_time(self, number: int) -> bool:
        """Whether so many answers, one after the other, should well have come."""
        return 2 * number * self.seconds < sockets.DEADLINE

    @property
    def is_answered(self) -> bool:
        """Whether the last valid request was answered by the service, and not by a gateway that failed."""
        answers = self._first[1].reading.answers if self._first else ()
        return any(answer.status not in GATEWAY for answer in answers)

    def forget(self) -> None:
        """What a valid request is answered may have changed."""
        self._first = None

    def is_wrong(self, status: int, tolerated: Collection[int] = ()) -> bool:
        """Whether an answer differs from the plain one in a way that only how it was sent explains."""
        plain = self.plain().status
        if status in EXCUSED or status in tolerated:
            return False
        return status >= 400 if plain < 400 else status != plain and (status == 400 or status >= 500)

    def problem(self, heard: Heard, tolerated: Collection[int] = ()) -> str:
        """What is wrong with what came in place of the plain answer; how a connection was broken says nothing."""
        answers, plain = heard.reading.answers, self.plain().status
        if answers:
            return (
                f"is answered {answers[0].status}, not {plain}" if self.is_wrong(answers[0].status, tolerated) else ""
            )
        if heard.reading.problems or heard.reset:
            return ""
        return "gets no answer before the connection is closed" if heard.closed else "gets no answer within 5 seconds"

    def finding(
        self,
        sent: Sent,
        claim: str,
        subject: str,
        sentence: str,
        expected: str,
        heard: Heard,
        *,
        all_: Iterable[Sent] = (),
    ) -> Finding:
        """A bug that one request of a conversation shows, or `all_` of it."""
        statuses = " ".join(str(answer.status) for answer in heard.reading.answers)
        return Finding(
            verdict=Verdict.BUG,
            operation=str(self.operation),
            claim=claim,
            subject=subject,
            sentence=sentence,
            pointer=self.operation.pointer,
            expected=expected,
            got=f"{statuses or 'nothing'}{', closed' if heard.closed else ''}",
            call=sent.call,
            written=b"".join(one.data for one in all_).decode("latin-1"),
        )
