"""A run: sends probes and generated cases to the target, has the answers judged and keeps what is found."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import requests
from hypothesis.errors import HypothesisException
from requests.adapters import BaseAdapter
from schemathesis import BaseSchema, Case, Response
from schemathesis.errors import SchemathesisError

from contract_tests import checks, strategies
from contract_tests.claims import Claim, NoSuchValue, has_clone, load_claims, load_volatile
from contract_tests.clock import SYSTEM, Clock
from contract_tests.contract import Contract, Operation, Way
from contract_tests.conversations import ENDLESS, Conversation
from contract_tests.defaults import ROUNDS, Default, as_other, odd, unlikely_spellings
from contract_tests.defaults import problem as find_difference
from contract_tests.drafts import Draft, draft_of
from contract_tests.exchanges import Answer, Call
from contract_tests.fastapi import FastAPIReading
from contract_tests.forgeries import choose
from contract_tests.forms import is_text
from contract_tests.intents import Intent, Kind
from contract_tests.judging import Judging
from contract_tests.knowledge import Knowledge
from contract_tests.line import Line
from contract_tests.merging import excused
from contract_tests.policies import apply_policies
from contract_tests.probes import UNSAFE, Probe
from contract_tests.records import ClaimUnchecked, ContractBroken, Record
from contract_tests.references import put_references
from contract_tests.report import Ledger
from contract_tests.resources import find_scope, is_meaningful, json_media
from contract_tests.safety import BudgetSpent
from contract_tests.sequences import Sequence
from contract_tests.session import Session
from contract_tests.settings import Settings
from contract_tests.starts import NO_SUCH_ID
from contract_tests.statuses import ABOUT_THE_STATE, GATEWAY, VALIDATION
from contract_tests.strangers import Trespass
from contract_tests.target import NoAnswer, Target, Unsendable, load_contract
from contract_tests.verdicts import Finding, Verdict

MAX_LISTED = 6
"""How many listed values are tried in place of one that met a conflict."""


class Audit:
    """One run against one target."""

    def __init__(self, settings: Settings, clock: Clock = SYSTEM) -> None:
        self.settings = settings
        self.contract: Contract = load_contract(settings)
        self.claims = load_claims(settings, self.contract)
        self.volatile = load_volatile(settings, self.contract)
        self.target = Target(settings, self.contract, clock)
        self.session = Session(self.contract, self.target, settings)
        self._fastapi = FastAPIReading(self.contract, self.target.base_url)
        self._is_measured = self.contract.spec.is_fastapi and has_clone(self.contract)
        self.judging = self._start()

    def _start(self) -> Judging:
        judging = Judging(self.session, self.volatile, self._fastapi, is_measured=self._is_measured)
        self.session.observe = judging.observe
        self.line = Line(self.session, judging.knowledge)
        return judging

    @property
    def ledger(self) -> Ledger:
        """What the run found and asked so far."""
        return self.judging.ledger

    @property
    def record(self) -> Record:
        """The bugs of the claim that is being checked."""
        return self.judging.record

    @property
    def knowledge(self) -> Knowledge:
        """What is known of the service."""
        return self.judging.knowledge

    @property
    def schema(self) -> BaseSchema:
        """What Schemathesis generates requests from."""
        return self.session.schema

    def restart(self, inner: BaseAdapter) -> None:
        """Audit another service with the same contract; requests to start from are kept, findings are not."""
        self.target.gate.inner = inner
        self.session.restart()
        self.judging = self._start()

    def begin(self) -> None:
        """A new claim starts with a clean record."""
        self.judging.record = Record()

    def document_problem(self) -> str:
        """Why the document is no valid OpenAPI; empty when it is."""
        return strategies.find_problem(self.contract.document)

    # --- Claims ----------------------------------------------------------------------------------------------------

    def check_probe(self, probe: Probe, *, again: bool = False) -> None:
        """Send a probe and judge its answer. Raises `ContractBroken`, `ClaimUnchecked`, `BudgetSpent`."""
        draft = self.session.draft(probe.operation)
        if draft is None:
            raise ClaimUnchecked(f"no valid request for {probe.operation} could be generated")
        was_asked = self.knowledge.was_asked(probe.operation)
        # The start of every probe: a request that differs in nothing.
        reached = self.knowledge.is_reached(probe.operation, draft)
        if not was_asked and self.session.is_hasty(probe.operation):
            draft = self.session.draft(probe.operation) or draft
        if probe.intent.kind is Kind.METHOD:
            draft = self._harmless(probe, draft)
        elif not self.knowledge.may_touch(probe.operation):
            raise ClaimUnchecked("it could do harm: nobody named what its path names, and this run did not make it")
        if probe.intent.kind in {Kind.OVERSIZED, Kind.NESTED} and not self.settings.is_local:
            raise ClaimUnchecked("so much is only sent to this machine")
        call = self.session.renewal.renewed(probe.operation, probe.change(draft)).call(self.target.base_url)
        try:
            response = self.target.send(call, self._credentials(probe))
            if response.status_code == 409 and reached:
                call, response = self._on_another(probe, call, response)
        except Unsendable:
            raise ClaimUnchecked("no HTTP client can send this request") from None
        except NoAnswer as error:
            self.judging.judge_silence(probe.operation, probe.intent, call, error)
            return
        is_absent = response.status_code in {404, 410} and probe.intent.location != "path"
        if is_absent and not again and self._renew_gone(probe.operation):  # a request of another probe has deleted it
            self.check_probe(probe, again=True)
            return
        if response.status_code == 409 and probe.intent.kind is Kind.VALID and self._is_taken(probe, draft):
            raise ClaimUnchecked("a value of it is in use")
        proven = self._is_proven(probe, response.status_code)
        intent = excused(self.session, probe.operation, self._suspected(probe, call), response)
        self.judging.judge(
            probe.operation, intent, response, reached=reached, credentials=probe.credentials, proven=proven
        )

    def iter_texts(self, claim: str) -> Iterator[str]:
        """The text of each bug of the current record; of a root cause that was told before, the first line."""
        return self.judging.iter_texts(claim)

    def _suspected(self, probe: Probe, call: Call) -> Intent:
        """The intent of a probe. What is right by itself may be wrong all the same.

        A well-formed reference may name nothing, and a member may make its body one of two alternatives.
        """
        intent = probe.intent
        if intent.kind is not Kind.VALID:
            return intent
        names_another = not self.session.renewal.references(probe.operation).keys().isdisjoint(intent.field)
        return (
            replace(intent, kind=Kind.UNCERTAIN) if names_another or self._is_wrong(probe.operation, call) else intent
        )

    def _is_wrong(self, operation: Operation, call: Call) -> bool:
        """Whether a JSON body that was sent is not valid."""
        media = json_media(operation)
        if media is None or not call.body or "json" not in (call.header("content-type") or ""):
            return False
        try:
            return not self.contract.body_validator(media).is_valid(json.loads(call.body))
        except ValueError:
            return False

    def _is_taken(self, probe: Probe, draft: Draft) -> bool:
        """Whether a request that met a conflict is fine with other names in it."""
        changed = probe.change(draft)
        renamed = self.session.renewal.renamed(probe.operation, changed)
        found = self.session.send(probe.operation, renamed) if renamed != changed else None
        return found is not None and found.is_success

    def _renew_gone(self, operation: Operation) -> bool:
        """Aim an operation at another thing where the one that this run made for it is gone."""
        before = self.session.names(operation)
        if not before or operation.method == "DELETE" or not self.session.is_gone(operation):
            return False
        self.session.forget_all()
        return self.session.names(operation) == before

    def _on_another(self, probe: Probe, call: Call, response: requests.Response) -> tuple[Call, requests.Response]:
        """The request and its answer where an action that met a conflict does not meet it on a new thing."""
        for _ in self.session.hasten(probe.operation):
            draft = self.session.draft(probe.operation)
            if draft is None:
                continue
            again = self.session.renewal.renewed(probe.operation, probe.change(draft)).call(self.target.base_url)
            found = self.target.send(again, self._credentials(probe))
            if found.status_code != 409:
                return again, found
        return call, response

    def _is_proven(self, probe: Probe, status: int) -> bool:
        """Whether a valid request is fine after an invalid one met a conflict: then it was no conflict."""
        intent, operation = probe.intent, probe.operation
        if intent.kind is not Kind.INVALID or status not in ABOUT_THE_STATE or not self.settings.is_local:
            return False
        self.session.renew(operation)
        draft = self.session.draft(operation)
        if draft is None:
            return False
        invalid, *valid = [probe.change(draft), draft]
        if intent.location == "body" and intent.field and draft.is_json:
            listed = self.contract.enum(self.contract.spec.document.lookup(intent.pointer))
            valid += [draft.with_property(intent.field, value) for value in listed[:MAX_LISTED]]
        wrong = intent.field[0] if intent.location == "body" and intent.field else ""
        invalid = self.session.renewal.renamed(operation, self.session.renewal.renewed(operation, invalid), keep=wrong)
        found = self.session.send(operation, invalid)
        if found is None or found.answer.status != status:
            return False
        again = (self.session.send(operation, self.session.renewal.renewed(operation, each)) for each in valid)
        return any(exchange is not None and exchange.is_success for exchange in again)

    def iter_claims(self) -> Iterator[Claim]:
        """The claims beside the document that are always asserted, and those whose policy is not off."""
        for claim in self.claims:
            if claim.level_in(self.settings.policies) != "off":
                yield claim

    def check_claim(self, claim: Claim) -> None:
        """Send the requests of a claim and judge their answers. Raises `ContractBroken`, `ClaimUnchecked`."""
        operation = self.contract.by_label[claim.operation]
        accepted = self.session.draft(operation)
        if accepted is None or not self.knowledge.is_reached(operation, accepted):
            raise ClaimUnchecked(f"{operation} accepted no valid request to start from")
        if claim.framework and claim.policy not in self.settings.policies and not self.judging.twin.speaks(operation):
            raise ClaimUnchecked("the service is of another framework (--policy asks for it all the same)")
        answers: list[Any] = []
        for number, response in enumerate(self._iter_claimed(claim, operation, accepted, answers)):
            answer = checks.answer_of(Response.from_any(response))
            # What came before may have taken a name, or all that an account may have.
            is_full = answer.status in {402, 403, 409} and number > 0 and not claim.statuses
            if answer.status in GATEWAY or answer.status == 429 or is_full or claim.is_aside(number, answer.status):
                raise ClaimUnchecked(f"answer {answer.status}")
            self.ledger.judged += 1
            answers.append(answer.json())
            self.judging.observe(operation, response)
            self.judging.keep(self.judging.take_observed())
            try:
                problem = claim.status_problem(number, answer.status) or claim.problem(answers)
            except NoSuchValue as error:
                raise ClaimUnchecked(str(error)) from None
            if problem:
                self.judging.keep(
                    [self._broken(claim, operation, problem, checks.call_of(response.request), str(answer))]
                )
                return

    def _iter_claimed(
        self, claim: Claim, operation: Operation, accepted: Draft, answers: list[Any]
    ) -> Iterator[requests.Response]:
        """What comes back for each request of a claim, given the answers so far. Raises `ClaimUnchecked`."""
        credentials = self.target.right_credentials(operation)
        numbers = range(len(claim.requests))
        try:
            if not claim.together:
                for number in numbers:
                    call = claim.draft(number, accepted, answers).call(self.target.base_url)
                    yield self.target.send(call, credentials)
                return
            if not self.settings.is_local:
                raise ClaimUnchecked("requests at the same time are only sent to this machine")
            calls = [claim.draft(number, accepted, []).call(self.target.base_url) for number in numbers]
            for response in self.target.send_together(calls, credentials):
                if response is None:
                    raise ClaimUnchecked("a request was not answered")
                yield response
        except (NoAnswer, NoSuchValue, Unsendable) as error:
            raise ClaimUnchecked(str(error)) from None

    def _broken(self, claim: Claim, operation: Operation, problem: str, call: Call, got: str) -> Finding:
        return Finding(
            verdict=Verdict.BUG if claim.level_in(self.settings.policies) == "error" else Verdict.POLICY,
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
        plain = draft.without_parameter("query", default.parameter.name)
        usual = answers = self._compare(default, plain)
        sentence, wrong = self._misread(default, plain, answers)
        bodies = self.session.bodies(operation)
        if not sentence and plain.is_json and bodies is not None and bodies.full not in (None, bodies.small):
            plain = self.session.renewal.renewed(operation, plain.with_json(bodies.full))
            with suppress(ClaimUnchecked):  # one that is asked for six times may be refused for that
                answers = self._compare(default, plain)
                sentence, wrong = self._misread(default, plain, answers)
                if not sentence and (problem := as_other(usual[0], usual[1], answers[0])):
                    wrong = plain.with_parameter("query", default.parameter.name, default.value)
                    sentence = f"{operation} takes {default.parameter.name}={default.value} for {default.other}"
                    sentence = f"{sentence} where the body has every member: {problem}"
        self.ledger.judged += 1
        findings = self.judging.take_observed()
        if sentence:
            name, pointer = default.parameter.name, default.parameter.pointer
            wanted, got = f"as with {name}={default.value}", str(answers[2][0])
            call = wrong.call(self.target.base_url)
            findings.append(Finding(Verdict.BUG, str(operation), "omitted", name, sentence, pointer, wanted, got, call))
        self.judging.keep(findings)

    def _compare(self, default: Default, plain: Draft) -> list[list[Answer]]:
        """The answers to a default, another value and neither. Raises `ClaimUnchecked`."""
        name = default.parameter.name
        drafts = [plain.with_parameter("query", name, text) for text in (default.value, default.other)] + [plain]
        return self._ask_in_turn(default.operation, drafts)

    def _ask_in_turn(self, operation: Operation, drafts: list[Draft]) -> list[list[Answer]]:
        """A few answers to each request, one after the other. Raises `ClaimUnchecked`."""
        answers: list[list[Answer]] = [[] for _ in drafts]
        for _ in range(ROUNDS):
            for number, one in enumerate(drafts):
                exchange = self.session.send_anew(operation, one)
                if exchange is None or not exchange.is_success:
                    raise ClaimUnchecked(f"answer {exchange.answer.status if exchange else 'missing'}")
                answers[number].append(exchange.answer)
        return answers

    def _misread(self, default: Default, plain: Draft, answers: list[list[Answer]]) -> tuple[str, Draft]:
        """What is wrong with how a parameter is read, as a sentence, and the request that shows it."""
        operation, name = default.operation, default.parameter.name
        ours, theirs, omitted = answers
        if problem := find_difference(ours, theirs, omitted, asked=default.other):
            return f"{operation} takes an omitted {name} for {default.other}, not for its default: {problem}", plain
        # A mock makes its answers up for each request.
        is_real = self.knowledge.looks_up(operation) or self.session.remembers_any()
        if problem := odd(ours, omitted, name) if is_real else "":
            return f"{operation} does not take an omitted {name} for {default.value}, its default: {problem}", plain
        for draft, reads_as, said in self._iter_readings(default, plain):
            with suppress(ClaimUnchecked):
                found = self._ask_in_turn(operation, [draft])[0]
                wrong, right = (ours, theirs) if reads_as == default.other else (theirs, ours)
                if problem := find_difference(right, wrong, found, asked=""):
                    return f"{operation} {said}: {problem}", draft
        return "", plain

    def _iter_readings(self, default: Default, plain: Draft) -> Iterator[tuple[Draft, str, str]]:
        """Requests that must be like one with a certain value, that value, and how it reads where they are not."""
        operation, name = default.operation, default.parameter.name
        texts = unlikely_spellings(default.other)
        refused = self.session.send_anew(operation, plain.with_parameter("query", name, "maybe")) if texts else None
        if refused is not None and not refused.is_success:
            for value, wrong in ((default.other, default.value), (default.value, default.other)):
                for text in unlikely_spellings(value):
                    yield plain.with_parameter("query", name, text), value, f"takes {name}={text} for {wrong}"
        body, media = plain.value, json_media(operation)
        names = {known for known, *_ in self.contract.iter_properties(media.schema, "")} if media else set()
        if media is not None and plain.is_json and isinstance(body, dict) and name not in names:
            told = {**body, name: json.loads(default.other) if texts else default.other}
            if self.contract.body_validator(media).is_valid(told):
                said = f"obeys {name} in the body, where the contract does not have it"
                yield plain.with_json(told), default.value, said

    def check_sequence(self, sequence: Sequence) -> None:
        """Run a sequence and keep what it finds. Raises `ContractBroken`, `ClaimUnchecked`, `BudgetSpent`."""
        found = sequence.run(self.session, sequence.resource)
        findings = [finding for finding in found if finding.subject not in self.volatile]
        self.ledger.judged += 1
        self.judging.keep(findings + self.judging.take_observed())

    def check_trespass(self, trespass: Trespass) -> None:
        """Let another caller try, and keep what is found. Raises `ContractBroken`, `ClaimUnchecked`, `BudgetSpent`."""
        found = [*trespass.run(self.session, self.target.strange_credentials(trespass.operation))]
        self.ledger.judged += 1
        self.judging.keep([*apply_policies(found, self.settings.policies), *self.judging.take_observed()])

    def check_conversation(self, conversation: Conversation) -> None:
        """Talk to the service over a socket. Raises `ContractBroken`, `ClaimUnchecked`, `BudgetSpent`."""
        if not self.settings.is_local:
            raise ClaimUnchecked("elsewhere than on this machine it may be a gateway that answers")
        found = conversation.run(self.line)
        # Where nobody knows the end of an answer, each request would take as long as a client waits.
        self.target.gate.is_impatient |= any(finding.subject in ENDLESS for finding in found)
        self.ledger.judged += self.line.is_answered
        self.judging.keep(found)

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
        negative = strategies.negative_parts(case)
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
            self.judging.judge_silence(operation, Intent(Kind.UNCERTAIN, "a generated request"), call, error)
            return
        except BudgetSpent:
            self.judging.raise_bugs()
            raise
        intent = checks.intent_of(self.contract, operation, case, response)
        intent = excused(self.session, operation, intent, response)
        is_alone = negative == ["path"]  # another part may be wrong as well, and taken all the same
        if strategies.is_pinned_over(case, self.settings.pins) and (is_alone or response.status_code >= 400):
            intent = replace(intent, kind=Kind.UNCERTAIN)
        is_made_up_text = operation.request_body is not None and all(map(is_text, operation.request_body.content))
        if is_made_up_text and intent.kind is Kind.VALID and response.status_code in VALIDATION:
            intent = replace(intent, kind=Kind.UNCERTAIN)  # a schema does not say what a text must have
        is_absent = response.status_code in {404, 410} and "path" not in negative
        # Another generated request has deleted it, or it never was: an id, a tenant or a cursor was made up.
        scope = find_scope(operation)
        made_up = [p for p in operation.parameters if p.location in negative]
        is_foreign = any(p == scope or is_meaningful(operation, p) for p in made_up)
        if is_absent and (is_foreign or self._renew_gone(operation) or not self.session.is_placed(operation)):
            intent = replace(intent, kind=Kind.UNCERTAIN)
        self.judging.judge_response(operation, intent, case, response, reached=self.knowledge.was_reached(operation))

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
        base = self.session.base(operation) if operation.method == "DELETE" else self.session.draft(operation)
        if operation.method != "DELETE" and "path" not in negative and base is not None:
            own = self.session.names(operation)
            case.path_parameters.update({name: value for name, value in base.path_values.items() if name in own})
        for parameter in operation.parameters:
            if not is_meaningful(operation, parameter) or parameter.location in negative:
                continue
            container = case.headers if parameter.location == "header" else case.query
            container.pop(parameter.name, None)
            values = (base.headers if parameter.location == "header" else base.query) if base else ()
            container.update({name: value for name, value in values if name.lower() == parameter.name.lower()})
        identities = self.session.renewal.identities(operation)
        if "body" not in negative:
            case.body = put_references(case.body, identities)
        if "query" not in negative:
            case.query.update({name: value for name, value in identities.items() if name in case.query})

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
        if probe.credentials == "scoped":
            return self.target.scoped_credentials(probe.operation)
        right = self.target.right_credentials(probe.operation)
        likely = self.target.likely_credentials(probe.operation)
        if probe.way in likely and probe.credentials == "likely":
            return {probe.way: likely[probe.way]}
        if probe.way in likely and probe.credentials != "wrong":
            if not self.knowledge.holds(probe.operation, probe.way, likely[probe.way]):
                raise ClaimUnchecked("the credential is not known to hold in this place")
            right[probe.way] = likely[probe.way]
        shown = right if probe.credentials == "right" else choose(probe.credentials, probe.way, right)
        if shown is None:
            raise ClaimUnchecked("this credential has no such forgery")
        return shown


def is_generation_problem(error: BaseException) -> bool:
    """Whether an error came from making requests, so that it says nothing about the service.

    `Flaky` too: a bug that was seen once is in the record, whether or not Hypothesis could repeat it.
    """
    return isinstance(error, HypothesisException | SchemathesisError)
