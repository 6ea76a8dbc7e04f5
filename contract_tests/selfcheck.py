"""`contract-tests selfcheck`: a mutation score for a document. Faulty mocks of it are made; the suite must see each.

A mutant is killed by a bug that the unmutated mock does not show. One that survives is compared with the unmutated mock
on all that it was asked and on requests generated for both documents: where no answer differs, nobody outside can tell
them apart, and it does not count.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, TextIO

import requests
from requests.adapters import BaseAdapter
from schemathesis import Case, GenerationMode
from urllib3 import HTTPHeaderDict

from contract_tests.audit import Audit
from contract_tests.contract import Contract
from contract_tests.exchanges import Answer
from contract_tests.mutations import Mutant, iter_mutants
from contract_tests.records import ClaimUnchecked, ContractBroken
from contract_tests.settings import DEFAULT_SEED, UsageProblem, parse_settings
from contract_tests.strategies import find_operation, load_schema, run_cases
from contract_tests.suite import Check, iter_checks
from contract_tests.target import IN_PROCESS_BASIC, IN_PROCESS_KEY, ASGIAdapter, add_credentials
from mockserver import SpecError, load_spec
from mockserver.app import create_app

MAX_MUTANTS = 300
MAX_TIME = 120.0
EXAMPLES = 25
"""Generated requests for each mutant that the probes leave alive, and again to tell it from the unmutated mock."""

KILLED, SURVIVED, EQUIVALENT, BROKEN = "killed", "survived", "not seen from outside", "cannot be served"
Cause = tuple[str, str, str, str]


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of a mutant, and the sentence that killed it."""

    mutant: Mutant
    outcome: str
    sentence: str = ""


@dataclass
class Score:
    """The fates of the mutants that were tried, of all `made`."""

    made: int
    fates: list[Fate] = field(default_factory=list)
    seconds: float = 0.0

    def count(self, outcome: str, group: str | None = None) -> int:
        return sum(fate.outcome == outcome and group in {None, fate.mutant.group} for fate in self.fates)

    def percent(self, group: str | None = None) -> float | None:
        """The share of killed mutants among those that can be seen, in per cent; None when there are none."""
        counted = self.count(KILLED, group) + self.count(SURVIVED, group)
        return 100 * self.count(KILLED, group) / counted if counted else None


class MutantAdapter(BaseAdapter):
    """A mock in process whose answers are twisted, remembering what it was asked and what it said."""

    def __init__(self, document: dict[str, Any], mutant: Mutant | None, *, seed: int) -> None:
        super().__init__()
        auth = mutant.auth if mutant else ""
        keys = None if auth == "any" else (IN_PROCESS_KEY, IN_PROCESS_BASIC)
        app = create_app(document, seed=seed, auth=auth != "off", api_keys=keys, overlays=())
        self.inner = ASGIAdapter(app)
        self.twist = mutant.twist if mutant else None
        self.exchanges: list[tuple[requests.PreparedRequest, Answer]] = []

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        response = self.inner.send(request)
        headers = {name.lower(): (value,) for name, value in response.headers.items()}
        answer = Answer(response.status_code, headers, response.content)
        if self.twist is not None:
            answer = self.twist(str(request.method), answer)
            response.status_code, response._content = answer.status, answer.body
            response.headers.clear()
            response.headers.update({name: values[0] for name, values in answer.headers.items()})
            pairs = [(name, value) for name, values in answer.headers.items() for value in values]
            response.raw.headers = HTTPHeaderDict(pairs)
        self.exchanges.append((request, answer))
        return response

    def close(self) -> None:
        self.inner.close()


class Bench:
    """Runs the suite of one contract against its mutants."""

    def __init__(self, spec: str | None, *, seed: int = DEFAULT_SEED) -> None:
        self.seed = seed
        self.audit = Audit(parse_settings(spec=spec, seed=seed))
        self.audit.target.close()
        self.document = dict(self.contract.document)
        self._checks: dict[str, list[Check]] = {}
        for check in iter_checks(self.audit):
            for label in check.operations:
                self._checks.setdefault(label, []).append(check)
        self._usual: dict[str, set[Cause]] = {}

    @property
    def contract(self) -> Contract:
        return self.audit.contract

    def run(self, *, max_mutants: int, max_time: float, progress: TextIO | None = None) -> Score:
        """Try the mutants, a sample of them when there are more than `max_mutants`, for `max_time` seconds at most."""
        started = time.monotonic()
        mutants = list(iter_mutants(self.contract))
        score = Score(len(mutants))
        # In a random order a run that is cut short has still seen something of everything.
        chosen = Random(self.seed).sample(mutants, min(max_mutants, len(mutants)))
        for number, mutant in enumerate(chosen, 1):
            if time.monotonic() - started > max_time:
                break
            score.fates.append(self.judge(mutant))
            if progress is not None:
                progress.write(f"\r{_bar(number, len(chosen))} {score.count(SURVIVED)} survive ")
                progress.flush()
        if progress is not None:
            progress.write("\n")
        score.seconds = time.monotonic() - started
        return score

    def judge(self, mutant: Mutant) -> Fate:
        """Audit one mutant."""
        try:
            document = mutant.document(self.document)
            adapter = MutantAdapter(document, mutant, seed=self.seed)
        except SpecError as error:
            return Fate(mutant, BROKEN, str(error))
        usual = self._usual_causes(mutant.operation)
        try:
            for finding in self._iter_bugs(mutant.operation, adapter):
                if finding[0] not in usual:
                    return Fate(mutant, KILLED, finding[1])
            return Fate(mutant, SURVIVED if self._differs(mutant, adapter, document) else EQUIVALENT)
        finally:
            adapter.close()

    def _usual_causes(self, label: str) -> set[Cause]:
        """The bugs that the unmutated mock shows: they say nothing of a mutant."""
        if label not in self._usual:
            adapter = MutantAdapter(self.document, None, seed=self.seed)
            self._usual[label] = {cause for cause, _ in self._iter_bugs(label, adapter)}
            adapter.close()
        return self._usual[label]

    def _iter_bugs(self, label: str, adapter: MutantAdapter) -> Iterator[tuple[Cause, str]]:
        """Cause and sentence of each bug, as it is found: by the fixed checks first, then by generated requests."""
        audit = self.audit
        audit.restart(adapter)
        for check in self._checks.get(label, ()):
            audit.begin()
            try:
                check.run()
            except ContractBroken:
                pass
            except ClaimUnchecked:
                continue
            yield from ((cause, finding.sentence) for cause, finding in audit.record.bugs.items())
        audit.begin()
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            self._generate(label, mode, audit.check_generated)
        yield from ((cause, finding.sentence) for cause, finding in audit.record.bugs.items())

    def _generate(
        self, label: str, mode: GenerationMode, check: Callable[[Case[Any]], None], schema: Any = None
    ) -> None:
        """Call `check` with a few generated cases; what it raises ends them."""
        operation = find_operation(schema or self.audit.schema, label)
        if operation is not None:
            run_cases(operation, check, mode=mode, seed=self.seed, examples=EXAMPLES)

    def _differs(self, mutant: Mutant, adapter: MutantAdapter, document: dict[str, Any]) -> bool:
        """Whether an answer of the mutant differs from that of the unmutated mock to the same requests."""
        reference = MutantAdapter(self.document, None, seed=self.seed)
        fresh = MutantAdapter(document, mutant, seed=self.seed)
        try:
            asked = [request for request, _ in adapter.exchanges]
            if any(_told_apart(reference, fresh, request) for request in asked):
                return True
            found: list[bool] = []

            def compare(case: Any) -> None:
                if not found and _told_apart(reference, fresh, self._prepare(mutant.operation, case)):
                    found.append(True)

            self._generate(mutant.operation, GenerationMode.POSITIVE, compare, self._schema_of(document))
            return bool(found)
        except (SpecError, requests.RequestException, ValueError):
            return False
        finally:
            reference.close()
            fresh.close()

    def _prepare(self, label: str, case: Any) -> requests.PreparedRequest:
        """A generated case as a request with the right credentials."""
        arguments = case.as_transport_kwargs(base_url=self.audit.target.base_url)
        known = ("url", "headers", "files", "data", "json", "params", "cookies")
        request = requests.Request(case.method, **{name: arguments[name] for name in known if name in arguments})
        prepared = request.prepare()
        add_credentials(prepared, self.audit.target.right_credentials(self.contract.by_label[label]))
        return prepared

    def _schema_of(self, document: dict[str, Any]) -> Any:
        contract = Contract(load_spec(document, overlays=()))
        base_url = self.audit.target.base_url
        return load_schema(contract, pins={}, seed=self.seed, max_examples=EXAMPLES, base_url=base_url)


def _told_apart(reference: MutantAdapter, mutant: MutantAdapter, request: requests.PreparedRequest) -> bool:
    reference.send(request)
    mutant.send(request)
    ours, theirs = reference.exchanges[-1][1], mutant.exchanges[-1][1]
    # The bodies of an accepted request are generated from the document: another document may give other valid ones.
    if mutant.twist is None:
        return ours.status != theirs.status
    return (ours.status, ours.headers, ours.body) != (theirs.status, theirs.headers, theirs.body)


def iter_table(score: Score) -> Iterator[str]:
    """The kill table, survivors first."""
    survivors = [fate.mutant for fate in score.fates if fate.outcome == SURVIVED]
    if survivors:
        yield f"survivors: {len(survivors)} faults that the suite does not see"
        yield from (f"  {mutant}" for mutant in sorted(survivors, key=str))
    yield f"{'killed':>8}{'of':>6}{'score':>9}  kind of fault"
    groups = sorted({fate.mutant.group for fate in score.fates}, key=lambda group: (score.percent(group) or 0, group))
    for group in (*groups, None):
        percent = score.percent(group)
        if percent is not None:
            killed = score.count(KILLED, group)
            counted = killed + score.count(SURVIVED, group)
            yield f"{killed:>8}{counted:>6}{percent:>8.1f}%  {group or 'all'}"
    left_out = len(score.fates) - score.count(KILLED) - score.count(SURVIVED)
    note = f"{len(score.fates)} of {score.made} mutants tried in {score.seconds:.1f} s"
    if left_out:
        note += f"; {left_out} not counted: {score.count(EQUIVALENT)} {EQUIVALENT}, {score.count(BROKEN)} {BROKEN}"
    yield note


def _bar(number: int, total: int) -> str:
    full = 30 * number // total
    return f"[{'#' * full}{'.' * (30 - full)}] {number}/{total}"


def build_parser() -> argparse.ArgumentParser:
    """The options of the subcommand."""
    parser = argparse.ArgumentParser(
        prog="contract-tests selfcheck",
        description="Makes faulty mocks of a document and says which faults the suite does not see.",
        allow_abbrev=False,
    )
    parser.add_argument("--spec", metavar="FILE", help="the OpenAPI document (default: the vendored contract)")
    parser.add_argument("--max-mutants", metavar="N", type=int, default=MAX_MUTANTS, help="default: %(default)s")
    parser.add_argument("--max-time", metavar="SECONDS", type=float, default=MAX_TIME, help="default: %(default)g")
    parser.add_argument("--seed", metavar="N", type=int, default=DEFAULT_SEED, help="which mutants are taken")
    parser.add_argument("--floor", metavar="PERCENT", type=float, default=0.0, help="a lower score is exit code 1")
    return parser


def main(arguments: Iterable[str] | Sequence[str]) -> int:
    """Run the subcommand; returns its exit code."""
    options = build_parser().parse_args(list(arguments))
    try:
        spec = str(Path(options.spec)) if options.spec else None
        bench = Bench(spec, seed=options.seed)
    except UsageProblem as problem:
        print(f"contract-tests: {problem}", file=sys.stderr)
        return 2
    progress = sys.stderr if sys.stderr.isatty() else None
    score = bench.run(max_mutants=options.max_mutants, max_time=options.max_time, progress=progress)
    for line in iter_table(score):
        print(line)
    percent = score.percent()
    if percent is None:
        print("contract-tests: no mutant could be judged.", file=sys.stderr)
        return 2
    return 1 if percent < options.floor else 0
