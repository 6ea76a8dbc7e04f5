"""A run: sends probes and generated cases to the target, has the answers judged and keeps what is found."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any
from urllib.parse import quote, urlsplit

import requests
from hypothesis.errors import HypothesisException
from requests.adapters import BaseAdapter
from schemathesis import BaseSchema, Case, Response
from schemathesis.errors import SchemathesisError

from contract_tests import checks, strategies
from contract_tests.claims import Claim, NoSuchValue, load_claims, load_volatile
from contract_tests.contract import Contract, Operation, Way
from contract_tests.defaults import ROUNDS, Default
from contract_tests.defaults import problem as find_difference
from contract_tests.drafts import Draft, draft_of
from contract_tests.exchanges import Answer, Call
from contract_tests.failures import render_finding
from contract_tests.fastapi import FastAPIReading
from contract_tests.forgeries import choose
from contract_tests.intents import Intent, Kind
from contract_tests.knowledge import Knowledge
from contract_tests.oracles import GATEWAY, Judge, Situation
from contract_tests.policies import apply_policies
from contract_tests.probes import UNSAFE, Probe
from contract_tests.records import ClaimUnchecked, ContractBroken, Record
from contract_tests.report import Ledger
from contract_tests.resources import is_meaningful
from contract_tests.safety import BudgetSpent
from contract_tests.sequences import Sequence
from contract_tests.session import Exchange, Session
from contract_tests.settings import Settings
from contract_tests.target import NoAnswer, Target, Unsendable, load_contract
from contract_tests.values import iter_echo_problems
from contract_tests.verdicts import Finding, Verdict
from mockserver import default_spec_path

LARGE = 4096
"""Requests longer than this, in bytes, may be refused for their size."""

HICCUPS = 3
"""A service that fails so often with 503, each time on a request that it answers when asked again, is at fault."""

REPETITIONS = 5
"""How often a failing request is sent again, to say how often it fails."""

NO_SUCH_ID = "understudy-no-such-id"


class Audit:
    """One run against one target."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.contract: Contract = load_contract(settings)
        self.claims = load_claims(settings.spec or default_spec_path(), self.contract)
        self.volatile = load_volatile(settings.spec or default_spec_path(), self.contract)
        self.target = Target(settings, self.contract)
        self.ledger = Ledger()
        self.record = Record()
        self._told: set[tuple[str, str, str, str]] = set()
        self.session = Session(self.contract, self.target, settings)
        self.session.observe = self._observe
        self.knowledge = Knowledge(self.session, self.ledger)
        self._fastapi = FastAPIReading(self.contract, self.target.base_url)
        self._observed: list[Finding] = []
        self._hiccups = 0
        self._finders: dict[tuple[tuple[str, str, str, str], Call], Callable[[Response], list[Finding]]] = {}

    @property
    def schema(self) -> BaseSchema:
        """What Schemathesis generates requests from."""
        return self.session.schema

    def restart(self, inner: BaseAdapter) -> None:
        """Audit another service with the same contract; requests to start from are kept, findings are not."""
        self.target.gate.inner = inner
        self.ledger, self.record = Ledger(), Record()
        self._hiccups = 0
        for known in (self._told, self._finders, self._observed):
            known.clear()
        self.session.restart()
        self.knowledge = Knowledge(self.session, self.ledger)

    def begin(self) -> None:
        """A new claim starts with a clean record."""
        self.record = Record()

    def document_problem(self) -> str:
        """Why the document is no valid OpenAPI; empty when it is."""
        return strategies.find_problem(self.contract.document)

    # --- Claims ----------------------------------------------------------------------------------------------------

    def check_probe(self, probe: Probe) -> None:
        """Send a probe and judge its answer. Raises `ContractBroken`, `ClaimUnchecked`, `BudgetSpent`."""
        draft = self.session.draft(probe.operation)
        if draft is None:
            raise ClaimUnchecked(f"no valid request for {probe.operation} could be generated")
        # The start of every probe: a request that differs in nothing.
        reached = self.knowledge.is_reached(probe.operation, draft)
        if probe.intent.kind is Kind.METHOD:
            draft = self._harmless(probe, draft)
        elif not self.knowledge.may_touch(probe.operation):
            raise ClaimUnchecked("it could do harm: nobody named what its path names, and this run did not make it")
        if probe.intent.kind is Kind.OVERSIZED and not self.settings.is_local:
            raise ClaimUnchecked("so much is only sent to this machine")
        call = self.session.fresh(probe.operation, probe.change(draft)).call(self.target.base_url)
        try:
            response = self.target.send(call, self._credentials(probe))
        except Unsendable:
            raise ClaimUnchecked("no HTTP client can send this request") from None
        except NoAnswer as error:
            self._judge_silence(probe.operation, probe.intent, call, error)
            return
        self._judge(probe.operation, probe.intent, response, reached=reached, credentials=probe.credentials)

    def iter_claims(self) -> Iterator[Claim]:
        """The claims beside the document that are always asserted, and those whose policy is not off."""
        for claim in self.claims:
            if not claim.policy or self.settings.policies.get(claim.policy, "off") != "off":
                yield claim

    def check_claim(self, claim: Claim) -> None:
        """Send the requests of a claim and judge their answers. Raises `ContractBroken`, `ClaimUnchecked`."""
        operation = self.contract.by_label[claim.operation]
        accepted = self.session.draft(operation)
        if accepted is None or not self.knowledge.is_reached(operation, accepted):
            raise ClaimUnchecked(f"{operation} accepted no valid request to start from")
        answers: list[Any] = []
        for number in range(len(claim.requests)):
            try:
                call = claim.draft(number, accepted, answers).call(self.target.base_url)
                response = self.target.send(call, self.target.right_credentials(operation))
            except (NoAnswer, NoSuchValue, Unsendable) as error:
                raise ClaimUnchecked(str(error)) from None
            answer = checks.answer_of(Response.from_any(response))
            if answer.status in GATEWAY or answer.status == 429:
                raise ClaimUnchecked(f"answer {answer.status}")
            self.ledger.judged += 1
            answers.append(answer.json())
            try:
                problem = f"it answers {answer.status}" if answer.status >= 300 else claim.problem(answers)
            except NoSuchValue as error:
                raise ClaimUnchecked(str(error)) from None
            if problem:
                self._keep([self._broken(claim, operation, problem, checks.call_of(response.request), str(answer))])
                return

    def _broken(self, claim: Claim, operation: Operation, problem: str, call: Call, got: str) -> Finding:
        level = self.settings.policies.get(claim.policy, "error") if claim.policy else "error"
        return Finding(
            verdict=Verdict.BUG if level == "error" else Verdict.POLICY,
            operation=str(operation),
            claim=claim.policy or "claim",
            subject=claim.title,
            sentence=f"{operation} breaks the claim that {claim.title}: {problem}",
            pointer=operation.pointer,
            expected=claim.title,
            got=got,
            call=call,
        )

    def check_default(self, default: Default) -> None:
        """Compare answers to a default, another value and neither. Raises `ContractBroken`, `ClaimUnchecked`."""
        operation = default.operation
        draft = self.session.draft(operation)
        if draft is None or not self.knowledge.may_touch(operation) or not self.knowledge.is_reached(operation, draft):
            raise ClaimUnchecked(f"{operation} accepted no valid request to start from")
        name = default.parameter.name
        plain = draft.without_parameter("query", name)
        drafts = [plain.with_parameter("query", name, text) for text in (default.value, default.other)] + [plain]
        answers: list[list[Answer]] = [[], [], []]
        for _ in range(ROUNDS):
            for number, one in enumerate(drafts):
                exchange = self.session.send(operation, one)
                if exchange is None or not exchange.is_success:
                    raise ClaimUnchecked(f"answer {exchange.answer.status if exchange else 'missing'}")
                answers[number].append(exchange.answer)
        self.ledger.judged += 1
        problem = find_difference(*answers)
        findings = self._take_observed()
        if problem:
            call = plain.call(self.target.base_url)
            sentence = f"{operation} takes an omitted {name} for {default.other}, not for its default: {problem}"
            wanted, got = f"as with {name}={default.value}", str(answers[2][0])
            findings.append(
                Finding(
                    Verdict.BUG, str(operation), "omitted", name, sentence, default.parameter.pointer, wanted, got, call
                )
            )
        self._keep(findings)

    def check_sequence(self, sequence: Sequence) -> None:
        """Run a sequence and keep what it finds. Raises `ContractBroken`, `ClaimUnchecked`, `BudgetSpent`."""
        found = sequence.run(self.session, sequence.resource)
        findings = [finding for finding in found if finding.subject not in self.volatile]
        self.ledger.judged += 1
        self._keep(findings + self._take_observed())

    def _observe(self, operation: Operation, answer: requests.Response) -> None:
        """What no answer may be, whatever a sequence asked for: a failure, or otherwise than documented."""
        generated = strategies.find_operation(self.schema, str(operation))
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
        bugs = [f for f in apply_policies(findings, self.settings.policies) if f.verdict is Verdict.BUG]
        self._observed += [replace(f, call=call, media_type=judged.media_type) for f in bugs]

    def _take_observed(self) -> list[Finding]:
        observed, self._observed = self._observed, []
        return observed

    def close(self) -> None:
        """Delete what the run made on a service that is not this machine's, and let go of the connections."""
        if not self.settings.is_local:
            for sentence in self.session.clean_up():
                self.ledger.note(sentence)
        self.target.close()

    def check_case(self, case: Case[Any]) -> None:
        """Send a generated case and judge its answer. Raises `ContractBroken`, `BudgetSpent`."""
        operation = self.contract.by_label[case.operation.label]
        if not self.knowledge.may_touch(operation):
            return
        negative = _negative_parts(case)
        if not self.settings.is_local and operation.method in UNSAFE and "path" in negative:
            return  # a random id may be somebody's
        self._place(operation, case, negative)
        self.target.authenticate(operation)
        try:
            response = case.call(base_url=self.target.base_url, session=self.target.session, allow_redirects=False)
        except Unsendable:
            return
        except NoAnswer as error:
            call = draft_of(case).call(self.target.base_url)
            self._judge_silence(operation, Intent(Kind.UNCERTAIN, "a generated request"), call, error)
            return
        except BudgetSpent:
            self._raise_bugs()
            raise
        intent = checks.intent_of(self.contract, operation, case, response)
        self._judge_response(operation, intent, case, response, reached=self.knowledge.was_reached(operation))

    def check_generated(self, case: Case[Any]) -> None:
        """As `check_case`, for cases that nobody shrinks: bugs stay in the record."""
        with suppress(ContractBroken):
            self.check_case(case)

    def _place(self, operation: Operation, case: Case[Any], negative: list[str]) -> None:
        """Aim a generated request at something that exists, unless its path is what is wrong with it.

        What would be deleted is needed further on: elsewhere than on this machine, no random id is deleted either.
        """
        if operation.method == "DELETE" and not self.settings.is_local:
            case.path_parameters.update(dict.fromkeys(case.path_parameters, NO_SUCH_ID))
        if "path" not in negative:
            named = {name: value for name, value in self.settings.pins.items() if name in case.path_parameters}
            case.path_parameters.update({name: quote(value, safe="") for name, value in named.items()})
        if operation.method != "DELETE" and "path" not in negative:
            case.path_parameters.update(self.session.place(operation))
        base = self.session.base(operation) if operation.method == "DELETE" else self.session.draft(operation)
        for parameter in operation.parameters:
            if not is_meaningful(operation, parameter) or parameter.location in negative:
                continue
            container = case.headers if parameter.location == "header" else case.query
            container.pop(parameter.name, None)
            values = (base.headers if parameter.location == "header" else base.query) if base else ()
            container.update({name: value for name, value in values if name.lower() == parameter.name.lower()})

    def iter_texts(self, claim: str) -> Iterator[str]:
        """The text of each bug of the current record; of a root cause that was told before, the first line."""
        for cause, finding in self.record.bugs.items():
            if cause not in self._told:
                finding = self._repeat(finding)
            self.ledger.show(finding)
            text = render_finding(finding, redact=self.target.redact, claim=claim)
            yield f"{text.splitlines()[0]} (told above)" if cause in self._told else text
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

    def free_parameters(self) -> dict[str, tuple[str, ...]]:
        """The path parameters of each operation that are not pinned."""
        return {
            label: tuple(
                parameter.name
                for parameter in operation.parameters
                if parameter.location == "path" and parameter.name not in self.settings.pins
            )
            for label, operation in self.contract.by_label.items()
        }

    # --- Requests to start from ------------------------------------------------------------------------------------

    def _harmless(self, probe: Probe, draft: Draft) -> Draft:
        """On somebody else's machine, an undocumented method must not meet a thing that exists."""
        if self.settings.is_local or probe.change(draft).method not in UNSAFE:
            return draft
        if not draft.path_values:
            raise ClaimUnchecked("it could do harm: the path has no id, and the target is not this machine")
        return replace(draft, path_values=dict.fromkeys(draft.path_values, NO_SUCH_ID))

    def _credentials(self, probe: Probe) -> Mapping[Way, str]:
        right = self.target.right_credentials(probe.operation)
        shown = right if probe.credentials == "right" else choose(probe.credentials, probe.way, right)
        if shown is None:
            raise ClaimUnchecked("this credential has no such forgery")
        return shown

    # --- Judging ---------------------------------------------------------------------------------------------------

    def _judge(
        self, operation: Operation, intent: Intent, answer: requests.Response, *, reached: bool, credentials: str
    ) -> None:
        generated = strategies.find_operation(self.schema, str(operation))
        if generated is None:
            raise ClaimUnchecked(f"Schemathesis cannot read {operation}")
        case = checks.manual_case(generated)
        response = Response.from_any(answer)
        self._judge_response(
            operation, intent, case, response, reached=reached, authenticated=credentials in {"right", "alone"}
        )

    def _judge_response(
        self,
        operation: Operation,
        intent: Intent,
        case: Case[Any],
        response: Response,
        *,
        reached: bool,
        authenticated: bool = True,
    ) -> None:
        call = checks.call_of(response.request)
        if self._is_unanswerable(operation, response):
            return
        intent = self._fastapi.reread(intent, call)
        situation = Situation(
            reached=reached,
            authenticated=authenticated and bool(self.target.known_ways(operation)),
            guessed=not self.knowledge.is_sure(operation),
            large=call.size > LARGE,
            validated=self.knowledge.validated(operation),
            looks_up=intent.kind is Kind.ELSEWHERE and self.knowledge.looks_up(operation),
        )
        judge = Judge(self.contract, operation)
        refused = intent.kind is Kind.INVALID and judge.refuses_as_invalid(response.status_code)
        if refused and intent.location == "path":
            self.knowledge.note_validated(operation, intent.field)
        if intent.kind is Kind.VALID:
            self.ledger.tried(str(operation), response.status_code)
        answer = checks.answer_of(response)

        def find(response: Response) -> list[Finding]:
            answer = checks.answer_of(response)
            findings = judge.judge(intent, answer, situation)
            if not any(finding.verdict is Verdict.ENVIRONMENT for finding in findings):
                if intent.kind not in {Kind.METHOD, Kind.ANY}:
                    findings += checks.iter_undocumented(self.contract, operation, case, response, intent)
                findings += checks.iter_unreadable(operation, intent, answer)
            return list(apply_policies(findings, self.settings.policies))

        findings = find(response)
        by_service = not any(finding.verdict is Verdict.ENVIRONMENT for finding in findings)
        self.ledger.judged += by_service
        if answer.status in GATEWAY and not judge.documents(answer.status):
            findings += self._hiccup(operation, call, answer)
        if by_service:
            findings += self._remembered(operation, intent, Exchange(call, answer))
        accepted = self.knowledge.accepted.get(str(operation))
        found = [replace(f, call=call, accepted=accepted, media_type=answer.media_type) for f in findings]
        repeatable = [f for f in found if f.verdict is Verdict.BUG and f.claim not in {"echo", "default"}]
        self._finders.update({(finding.cause, call): find for finding in repeatable})
        self._keep(found + self._take_observed())

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
                    call, answer, partial = exchange.call, exchange.answer, operation is resource.patch
                    problems = iter_echo_problems(self.contract, operation, call, answer, partial=partial)
                    yield from (finding for finding in problems if finding.subject not in self.volatile)
                return

    def _judge_silence(self, operation: Operation, intent: Intent, call: Call, error: NoAnswer) -> None:
        """A service that hangs up on one request, again and again, but answers another, has crashed on the first.

        All else is the network's, or a machine's that is too busy.
        """
        verdict = Verdict.BUG if error.closed and self.target.is_answering() else Verdict.ENVIRONMENT
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
        self._keep([finding])

    def _keep(self, findings: Iterable[Finding]) -> None:
        bugs = []
        for finding in findings:
            self.ledger.findings.append(finding)
            if finding.verdict is Verdict.BUG:
                self.record.keep(finding)
                bugs.append(finding.cause)
        # Only the first root cause fails an example: shrinking must not slip from one to another.
        if next(iter(self.record.bugs), None) in bugs:
            self._raise_bugs()

    def _raise_bugs(self) -> None:
        if self.record.bugs:
            raise ContractBroken


def _negative_parts(case: Case[Any]) -> list[str]:
    """Which parts of a generated request were made to be wrong."""
    return [place.value for place, info in case.meta.components.items() if info.mode.is_negative] if case.meta else []


def is_generation_problem(error: BaseException) -> bool:
    """Whether an error came from making requests, so that it says nothing about the service.

    `Flaky` too: a bug that was seen once is in the record, whether or not Hypothesis could repeat it.
    """
    return isinstance(error, HypothesisException | SchemathesisError)
