"""What every oracle has: an operation, what it documents, and the ways in which a finding is told."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from contract_tests.contract import Contract, Operation
from contract_tests.exchanges import Answer
from contract_tests.intents import Intent, Kind
from contract_tests.statuses import VALIDATION
from contract_tests.verdicts import Finding, Verdict

UNTRUSTED = frozenset({Kind.ANONYMOUS, Kind.FORGED, Kind.UNSCOPED})
_WHEN = {
    400: "to a request that cannot be parsed",
    401: "to missing or wrong credentials",
    403: "to missing or wrong credentials",
    404: "to an unknown id",
    405: "to another method",
    413: "to a large request",
    415: "to another media type",
    429: "to too many requests",
}


@dataclass(frozen=True, slots=True)
class Situation:
    """What is known of the service when an answer is judged.

    `reached`: the operation accepted a valid request before. `authenticated`: the request carried credentials that the
    user says are right. `guessed`: the path holds an id that nobody named, so that it need not exist. `large`: the
    request is larger than servers commonly take. `validated`: the path parameters whose wrong values were refused as
    such before, so that another wrong value is not merely unknown. `looks_up`: an id that nothing has is not found.
    `proven`: a valid request to the same thing was fine right after.
    """

    reached: bool = False
    authenticated: bool = False
    guessed: bool = False
    large: bool = False
    validated: frozenset[tuple[str, ...]] = frozenset()
    looks_up: bool = False
    proven: bool = False


@dataclass(frozen=True, slots=True)
class Oracle:
    """Tells what is wrong with answers of one operation."""

    contract: Contract
    operation: Operation

    def documents(self, status: int) -> bool:
        """Whether this operation documents the status, so that headers and body must be as documented."""
        if not self.operation.responses:
            return True  # a document without responses says nothing of them
        return self.contract.find_response(self.operation, status) is not None

    def _documented(self, statuses: Iterable[int]) -> list[str]:
        wanted = set(map(str, statuses))
        return [response.status for response in self.operation.responses if response.status in wanted]

    def _documents_refusal(self) -> bool:
        return any(response.status.upper() in {"400", "422", "4XX", "DEFAULT"} for response in self.operation.responses)

    def _takes_json(self) -> bool:
        """Whether the body is JSON, into which a JSON pointer can point."""
        body = self.operation.request_body
        return body is not None and any("json" in media.name.lower() for media in body.content)

    # --- What several of them find ------------------------------------------------------------------------------------

    def _accepted_status(self, intent: Intent, answer: Answer) -> Iterator[Finding]:
        status = answer.status
        if self.documents(status):
            return
        if status in {307, 308} and answer.header("location"):
            yield self._say(Verdict.POLICY, intent, answer, "redirect", str(status), f"{{}} is redirected ({status})")
            return
        sentence = (
            f"{self.operation} answers {status} to {intent.said}, a status that the contract does not document "
            f"(it documents {self.contract.statuses(self.operation)})"
        )
        yield self._bug(intent, answer, "status", str(status), sentence)

    def _undocumented(self, intent: Intent, answer: Answer) -> list[Finding]:
        """A gap unless the status is documented. That of another method is documented with those that there are."""
        status = answer.status
        if self.documents(status):
            return []
        text = " ".join(filter(None, ("the answer", str(status), _WHEN.get(status), "is not documented")))
        return [self._say(Verdict.GAP, intent, answer, "undocumented", str(status), text)]

    # --- How a finding is told ----------------------------------------------------------------------------------------

    def _expected(self, intent: Intent) -> str:
        if intent.kind is Kind.VALID:
            good = [r.status for r in self.operation.responses if r.status[0] in "23"]
            return " or ".join(good) or "a documented success"
        if intent.kind is Kind.METHOD:
            return "405 with Allow"
        if intent.kind in UNTRUSTED:
            return "401 or 403"
        return " or ".join(self._documented(VALIDATION)) or "a documented 4xx"

    def _subject(self, intent: Intent) -> str:
        return ".".join((intent.location, *intent.field)) if intent.location else intent.said

    def _say(self, verdict: Verdict, intent: Intent, answer: Answer, claim: str, subject: str, text: str) -> Finding:
        """A finding that fails nothing; `{}` in the text stands for the request."""
        pointer = intent.pointer or self.operation.pointer
        label = str(self.operation)
        return Finding(verdict, label, claim, subject, text.format(intent.said), pointer, "", str(answer))

    def _lenient(
        self,
        intent: Intent,
        answer: Answer,
        claim: str,
        subject: str,
        text: str,
        pointer: str,
        *,
        is_bug: bool,
        expected: str = "",
    ) -> Finding:
        """A bug, or a policy where frameworks do so by themselves."""
        finding = self._bug(intent, answer, claim, subject, text, expected=expected, pointer=pointer)
        return finding if is_bug else replace(finding, verdict=Verdict.POLICY)

    def _bug(
        self,
        intent: Intent,
        answer: Answer,
        claim: str,
        subject: str,
        sentence: str,
        *,
        expected: str = "",
        pointer: str = "",
    ) -> Finding:
        return Finding(
            verdict=Verdict.BUG,
            operation=str(self.operation),
            claim=claim,
            subject=subject,
            sentence=sentence,
            pointer=pointer or intent.pointer or self.operation.pointer,
            expected=expected or self._expected(intent),
            got=str(answer),
        )
