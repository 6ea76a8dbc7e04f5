"""What follows from an answer: findings are made, remembered, repeated and told."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import requests
from schemathesis import Case, Response

from contract_tests import checks, strategies
from contract_tests.conditions import Conditions
from contract_tests.contract import Operation
from contract_tests.csv_answers import iter_csv_problems
from contract_tests.echoes import Echoes
from contract_tests.exchanges import Answer, Call
from contract_tests.failures import render_finding
from contract_tests.fastapi import FastAPIReading
from contract_tests.file_names import iter_name_problems
from contract_tests.intents import Intent, Kind
from contract_tests.knowledge import Knowledge
from contract_tests.messages import coding_problem
from contract_tests.oracle import Situation
from contract_tests.oracles import Judge
from contract_tests.policies import apply_policies
from contract_tests.records import TOLD_ABOVE, ClaimUnchecked, ContractBroken, Record
from contract_tests.report import Ledger
from contract_tests.resources import is_on_behalf
from contract_tests.returned_headers import ReturnedHeaders
from contract_tests.safety import BudgetSpent
from contract_tests.session import Exchange, Session
from contract_tests.statuses import GATEWAY
from contract_tests.target import NoAnswer, Unsendable
from contract_tests.twin import Twin
from contract_tests.values import iter_echo_problems
from contract_tests.verdicts import Finding, Verdict

LARGE = 4096
"""Requests longer than this, in bytes, may be refused for their size."""

HICCUPS = 3
"""A service that fails so often with 503, each time on a request that it answers when asked again, is at fault."""

REPETITIONS = 5
"""How often a failing request is sent again, to say how often it fails."""

_OF_TWO = frozenset({"echo", "default", "header echo", "header made up"})
"""Claims that compare an answer with more than its document: `find` does not make them again."""

_OTHERS = frozenset({Kind.METHOD, Kind.ANY, Kind.NESTED, Kind.HEAD, Kind.ANONYMOUS_HEAD, Kind.VERB})
"""Kinds of requests whose answers need not be as the operation documents."""

Cause = tuple[str, str, str, str]


class Judging:
    """Judges the answers of one service; what is found is kept in a ledger for the run and a record for each claim."""

    def __init__(
        self, session: Session, volatile: frozenset[str], fastapi: FastAPIReading, *, is_measured: bool
    ) -> None:
        self.session, self.volatile = session, volatile
        self.contract, self.target, self.settings = session.contract, session.target, session.settings
        self.ledger = Ledger()
        self.record = Record()
        self.knowledge = Knowledge(session, self.ledger)
        self._fastapi = fastapi
        self.twin = Twin(session, fastapi, is_measured=is_measured)
        self._told: set[Cause] = set()
        self._observed: list[Finding] = []
        self._hiccups = 0
        self._echoes = Echoes(session.contract)
        self._conditions = Conditions(session.contract)
        self._headers = ReturnedHeaders(session.contract)
        self._finders: dict[tuple[Cause, Call], Callable[[Response], list[Finding]]] = {}

    def observe(self, operation: Operation, answer: requests.Response) -> None:
        """What no answer may be, whatever a sequence asked for: a failure, or otherwise than documented."""
        generated = strategies.find_operation(self.session.schema, str(operation))
        call, response = checks.call_of(answer.request), Response.from_any(answer)
        if generated is None or answer.status_code in GATEWAY or self._is_unanswerable(operation, response):
            return
        intent = Intent(Kind.UNCERTAIN, f"{call.method} {urlsplit(call.url).path}")
        judged = checks.answer_of(response)
        findings = Judge(self.contract, operation).judge(intent, judged, Situation())
        if call.method != "HEAD":
            case = checks.manual_case(generated)
            findings += checks.iter_undocumented(self.contract, operation, case, response, intent)
            findings += checks.iter_unreadable(operation, intent, judged)
            findings += iter_csv_problems(self.contract, operation, intent, judged)
            findings += checks.iter_disguised(self.contract, operation, intent, judged)
        findings = _first_causes(findings) + self._returned(operation, call, judged)
        if self.session.has_remembered:  # what a mock makes up follows from nothing
            findings += self._conditions.iter_problems(operation, call, judged)
        bugs = [f for f in apply_policies(findings, self.settings.policies) if f.verdict is Verdict.BUG]
        self._observed += [replace(f, call=call, media_type=judged.media_type) for f in bugs]

    def take_observed(self) -> list[Finding]:
        """What `observe` found since it was last asked."""
        observed, self._observed = self._observed, []
        return observed

    def iter_texts(self, claim: str) -> Iterator[str]:
        """The text of each bug of the current record; of a root cause that was told before, the first line."""
        for cause, finding in self.record.bugs.items():
            if cause not in self._told:
                finding = self._repeat(finding)
            self.ledger.show(finding)
            text = render_finding(finding, redact=self.target.redact, claim=claim)
            yield f"{text.splitlines()[0]}{TOLD_ABOVE}" if cause in self._told else text
            self._told.add(cause)

    def _repeat(self, finding: Finding) -> Finding:
        """The finding with how often its request fails, where that is not always. As far as the budget allows."""
        find = self._finders.get((finding.cause, finding.call)) if finding.call else None
        if find is None or finding.call is None or not self.target.gate.budget.allows(REPETITIONS):
            return finding
        failed = 0
        for _ in range(REPETITIONS):
            with suppress(NoAnswer, Unsendable, BudgetSpent):
                answer = Response.from_any(self.target.send(finding.call))
                failed += finding.cause in {again.cause for again in find(answer)}
        if failed == REPETITIONS:
            return finding
        text = f"fails {failed} of {REPETITIONS} times: it depends on chance, or on what was asked before"
        return replace(finding, repeated=text)

    # --- Judging ---------------------------------------------------------------------------------------------------

    def judge(
        self,
        operation: Operation,
        intent: Intent,
        answer: requests.Response,
        *,
        reached: bool,
        credentials: str,
        proven: bool,
    ) -> None:
        """Judge the answer to a request that was not generated. Raises `ContractBroken`, `ClaimUnchecked`."""
        generated = strategies.find_operation(self.session.schema, str(operation))
        if generated is None:
            raise ClaimUnchecked(f"Schemathesis cannot read {operation}")
        case = checks.manual_case(generated)
        response = Response.from_any(answer)
        self.judge_response(
            operation,
            intent,
            case,
            response,
            reached=reached,
            proven=proven,
            authenticated=credentials in {"right", "alone", "lower", "scoped"},
        )

    def judge_response(
        self,
        operation: Operation,
        intent: Intent,
        case: Case[Any],
        response: Response,
        *,
        reached: bool,
        authenticated: bool = True,
        proven: bool = False,
    ) -> None:
        """Judge the answer to any request. Raises `ContractBroken`."""
        call = checks.call_of(response.request)
        if self._is_unanswerable(operation, response):
            return
        intent = self._fastapi.reread(intent, call)
        situation = Situation(
            reached=reached,
            authenticated=authenticated
            and not is_on_behalf(operation, call.headers)
            and (bool(self.target.known_ways(operation)) or self.contract.is_public(operation)),
            guessed=not self.knowledge.is_sure(operation, call if intent.location != "path" else None)
            or self.knowledge.is_vacant(operation, call)
            or is_on_behalf(operation, call.headers),
            large=call.size > LARGE,
            validated=self.knowledge.validated(operation),
            proven=proven,
            looks_up=intent.kind is Kind.ELSEWHERE and self.knowledge.looks_up(operation),
        )
        judge = Judge(self.contract, operation)
        refused = intent.kind is Kind.INVALID and judge.refuses_as_invalid(response.status_code)
        if refused and intent.location == "path" and not intent.is_generated:
            self.knowledge.note_validated(operation, intent.field, intent.keyword)
        if intent.kind is Kind.VALID:
            self.ledger.tried(str(operation), response.status_code)
        answer = checks.answer_of(response)

        def find(response: Response) -> list[Finding]:
            answer = checks.answer_of(response)
            findings = self.twin.settle(operation, call, judge.judge(intent, answer, situation))
            if problem := coding_problem(call, answer):
                findings.append(judge.miscoded(intent, answer, problem))
            is_told = any(finding.verdict is Verdict.BUG for finding in findings)
            if not is_told and situation.reached and situation.authenticated:
                findings += self.twin.judge(operation, intent, call, answer)
            if not any(finding.verdict is Verdict.ENVIRONMENT for finding in findings):
                asks = bool(intent.accept) and response.status_code < 300
                # What is not routed is answered by who routes.
                is_elsewhere = intent.kind is Kind.ELSEWHERE and not intent.field and response.status_code >= 400
                is_other = is_elsewhere or intent.kind in _OTHERS
                if asks or not is_other:
                    findings += checks.iter_undocumented(self.contract, operation, case, response, intent)
                findings += checks.iter_unreadable(operation, intent, answer)
                findings += iter_csv_problems(self.contract, operation, intent, answer)
                findings += checks.iter_disguised(self.contract, operation, intent, answer)
            return list(apply_policies(_first_causes(findings), self.settings.policies))

        findings = find(response)
        by_service = not any(finding.verdict is Verdict.ENVIRONMENT for finding in findings)
        # A method that nobody knows may be refused by what reads the request line.
        self.ledger.judged += by_service and intent.kind is not Kind.VERB
        if answer.status in GATEWAY and not judge.documents(answer.status):
            findings += self._hiccup(operation, call, answer)
        if by_service:
            findings += self._returned(operation, call, answer)
            findings += self._remembered(operation, intent, self.session.exchange(operation, call, answer))
        accepted = self.knowledge.accepted.get(str(operation))
        found = [replace(f, call=call, accepted=accepted, media_type=answer.media_type) for f in findings]
        repeatable = [f for f in found if f.verdict is Verdict.BUG and f.claim not in _OF_TWO]
        self._finders.update({(finding.cause, call): find for finding in repeatable})
        self.keep(found + self.take_observed())

    def _returned(self, operation: Operation, call: Call, answer: Answer) -> list[Finding]:
        """What is wrong with headers that come back. A mock makes its answers up."""
        found = list(self._headers.note(operation, call, answer))
        return found if found and self.session.remembers_any() else []

    def _hiccup(self, operation: Operation, call: Call, answer: Answer) -> Iterator[Finding]:
        """A service of this machine that fails now and then, and never says when to come back, is at fault itself.

        One that is starting fails again when it is asked again; elsewhere it may be a gateway that fails.
        """
        if not self.settings.is_local or answer.header("retry-after") or self._hiccups >= HICCUPS:
            return
        try:
            again = self.target.send(call)
        except (NoAnswer, Unsendable):
            return
        self._hiccups += again.status_code not in GATEWAY
        if self._hiccups == HICCUPS:
            yield Finding(
                verdict=Verdict.BUG,
                operation=str(operation),
                claim="intermittent",
                subject=str(answer.status),
                sentence=f"{operation} answers {answer.status} now and then, to requests that succeed when repeated",
                pointer=operation.pointer,
                expected="an answer to each request, or Retry-After",
                got=str(answer),
                call=call,
            )

    def _is_unanswerable(self, operation: Operation, response: Response) -> bool:
        """Whether the mock says that no answer can be as its document has it: nothing follows for a service."""
        if not self.target.in_process or response.status_code != 501:
            return False
        problem = checks.answer_of(response).json()
        self.ledger.note(f"{operation}: {problem.get('detail', 'no answer') if isinstance(problem, dict) else problem}")
        return True

    def _remembered(self, operation: Operation, intent: Intent, exchange: Exchange) -> Iterator[Finding]:
        """Note what a request made or deleted, and compare what it sent with what came back."""
        if not exchange.is_success:
            return
        self.knowledge.note_written(exchange.call)
        if operation.method == "DELETE" and exchange.call.method == "DELETE":
            self.session.forget(operation)
        for resource in self.session.resources:
            if resource.create is operation and exchange.call.method == "POST":
                draft = self.session.base(operation)
                if draft is not None:
                    self.session.note(resource, draft, exchange)
            writes = (resource.create, resource.replace, resource.patch)
            if operation in writes and intent.kind is Kind.VALID:
                if self.session.remembers(resource):
                    yield from iter_name_problems(self.contract, operation, exchange)
                    problems = iter_echo_problems(
                        self.contract, operation, exchange, partial=operation is resource.patch
                    )
                    yield from (finding for finding in problems if finding.subject not in self.volatile)
                return
        if operation.method == "POST" and intent.kind is Kind.VALID:
            found = [f for f in self._echoes.note(operation, exchange) if f.subject not in self.volatile]
            # A mock makes its answers up, and may hit upon what was sent.
            if found and self.session.remembers_any():
                yield from found

    def judge_silence(self, operation: Operation, intent: Intent, call: Call, error: NoAnswer) -> None:
        """A service that hangs up on one request, again and again, but answers another, has crashed on the first.

        All else is the network's, or a machine's that is too busy.
        """
        # Who will not read all of a large body may hang up on who sends it, and who cannot follow a deep one.
        is_crash = error.closed and intent.kind not in {Kind.OVERSIZED, Kind.NESTED}
        is_bug = error.malformed or (is_crash and self.target.is_answering())
        verdict = Verdict.BUG if is_bug else Verdict.ENVIRONMENT
        sentence = f"{operation} gives no answer to {intent.said}: {error}"
        finding = Finding(
            verdict=verdict,
            operation=str(operation),
            claim="no answer",
            subject=str(error),
            sentence=sentence,
            pointer=operation.pointer,
            expected="an answer",
            got=str(error),
            call=call,
        )
        self.keep([finding])

    def keep(self, findings: Iterable[Finding]) -> None:
        """Note findings. Raises `ContractBroken` for a bug that is the first of its claim."""
        bugs = []
        for finding in findings:
            self.ledger.findings.append(finding)
            if finding.verdict is Verdict.BUG:
                self.record.keep(finding)
                bugs.append(finding.cause)
        # Only the first root cause fails an example: shrinking must not slip from one to another.
        if next(iter(self.record.bugs), None) in bugs:
            self.raise_bugs()

    def raise_bugs(self) -> None:
        """Raises `ContractBroken` where the claim has a bug."""
        if self.record.bugs:
            raise ContractBroken


def _first_causes(findings: list[Finding]) -> list[Finding]:
    """The findings without what follows from others: a wrong value that was taken is shown; no JSON fits no schema."""
    claims = {finding.claim for finding in findings}
    follow = {"body", "json", "disguised"} if "invalid accepted" in claims else {"body"} if "json" in claims else set()
    return [finding for finding in findings if finding.claim not in follow]
