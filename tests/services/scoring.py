"""How much of what is wrong with a service the suite sees, and whether it is silent on what is merely different.

    python -m tests.services.scoring tracker --only A,K

Runs in process: sequences, probes and, with `--examples`, generated requests against each variant, until a bug is found
that the correct implementation does not show.
"""

from __future__ import annotations

import argparse
import importlib
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import hypothesis
from hypothesis import HealthCheck, Phase
from schemathesis import GenerationMode

from contract_tests.audit import Audit, is_generation_problem
from contract_tests.probes import iter_credential_probes, iter_method_probes, iter_probes
from contract_tests.records import ClaimUnchecked, ContractBroken
from contract_tests.sequences import iter_sequences
from contract_tests.settings import parse_settings
from contract_tests.strategies import find_operation
from tests.services.variant import Service, Variant

Cause = tuple[str, str, str, str]
Check = Callable[[], None]


@dataclass(frozen=True)
class Outcome:
    """What the suite said of a variant: the sentences of its bugs."""

    variant: Variant
    sentences: tuple[str, ...]
    seconds: float

    @property
    def is_found(self) -> bool:
        return bool(self.sentences)


@dataclass
class Scorer:
    """The suite on the variants of one service."""

    service: Service
    examples: int = 0
    usual: set[Cause] = field(default_factory=set)

    def __post_init__(self) -> None:
        spec, environment = str(self.service.contract), {"KEY": self.service.credential}
        url = f"http://127.0.0.1:4010{self.service.path}"
        settings = parse_settings(spec=spec, base_url=url, api_key_env="KEY", environment=environment)
        self.audit = Audit(settings)
        contract, known = self.audit.contract, self.audit.target.known_ways
        sequences, probes = list(iter_sequences(contract)), list(iter_probes(contract))
        probes += [*iter_credential_probes(contract, known), *iter_method_probes(contract)]
        self.checks: list[tuple[Callable[[Any], None], Any]] = [
            *((self.audit.check_sequence, sequence) for sequence in sequences),
            *((self.audit.check_probe, probe) for probe in probes),
        ]

    def judge(self, variant: Variant, *, whole: bool = False) -> Outcome:
        """Audit one variant: to its first unusual bug, or the `whole` of it."""
        started, sentences = time.monotonic(), []
        adapter = self.service.adapter(variant)
        self.audit.restart(adapter)
        for cause, sentence in self._iter_bugs():
            if cause not in self.usual:
                sentences.append(sentence)
                if not whole:
                    break
        adapter.close()
        return Outcome(variant, tuple(sentences), time.monotonic() - started)

    def learn(self) -> Outcome:
        """Audit the correct implementation: what it shows is no news of another."""
        adapter = self.service.adapter(self.service["REF"])
        self.audit.restart(adapter)
        started, found = time.monotonic(), dict(self._iter_bugs())
        adapter.close()
        self.usual = set(found)
        return Outcome(self.service["REF"], tuple(found.values()), time.monotonic() - started)

    def _iter_bugs(self) -> Iterator[tuple[Cause, str]]:
        audit = self.audit
        for check, subject in self.checks:
            audit.begin()
            with suppress(ContractBroken, ClaimUnchecked):
                check(subject)
            yield from ((cause, finding.sentence) for cause, finding in audit.record.bugs.items())
        for label in audit.contract.by_label if self.examples else ():
            audit.begin()
            for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
                self._generate(label, mode)
            yield from ((cause, finding.sentence) for cause, finding in audit.record.bugs.items())

    def _generate(self, label: str, mode: GenerationMode) -> None:
        operation = find_operation(self.audit.schema, label)
        if operation is None:
            return

        @hypothesis.seed(0)
        @hypothesis.settings(
            max_examples=self.examples,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
            verbosity=hypothesis.Verbosity.quiet,
        )
        @hypothesis.given(operation.as_strategy(generation_mode=mode))
        def each(case: Any) -> None:
            self.audit.check_case(case)

        try:
            each()
        except ContractBroken:
            return
        except BaseException as error:
            if not is_generation_problem(error):
                raise


def load_service(name: str) -> Service:
    """The service of this name in `tests.services`."""
    service: Service = importlib.import_module(f"tests.services.{name}.variants").SERVICE
    return service


def find_rates(outcomes: Iterable[Outcome], *, least: int = 5) -> dict[str, float]:
    """Per cent of the faults that were found, of `all` and of each group of at least so many."""
    faults = [outcome for outcome in outcomes if outcome.variant.is_fault and not outcome.variant.silent]
    groups = {outcome.variant.group for outcome in faults}
    by_group = {group: [o.is_found for o in faults if o.variant.group == group] for group in groups}
    rates = {group: 100 * sum(found) / len(found) for group, found in by_group.items() if len(found) >= least}
    return {**rates, "all": 100 * sum(o.is_found for o in faults) / max(1, len(faults))}


def iter_table(outcomes: Iterable[Outcome]) -> Iterator[str]:
    """Kills by class, survivors, and false alarms."""
    outcomes = list(outcomes)
    faults = [outcome for outcome in outcomes if outcome.variant.is_fault and not outcome.variant.silent]
    for group in [*dict.fromkeys(outcome.variant.group for outcome in faults), None]:
        rows = [outcome for outcome in faults if group in {None, outcome.variant.group}]
        found = sum(outcome.is_found for outcome in rows)
        yield f"{group or 'all':28}{found:4} of{len(rows):4}{100 * found / max(1, len(rows)):7.1f} %"
    silent = [outcome for outcome in outcomes if outcome.variant.is_fault and outcome.variant.silent]
    yield f"{'not in the contract':28}{sum(outcome.is_found for outcome in silent):4} of{len(silent):4}"
    yield from (f"  survives: {o.variant.id} {o.variant.text}" for o in faults if not o.is_found)
    benign = [outcome for outcome in outcomes if outcome.variant.id[0] == "B"]
    yield f"{'false alarms':28}{sum(outcome.is_found for outcome in benign):4} of{len(benign):4}"
    for outcome in benign:
        yield from (f"  {outcome.variant.id} {outcome.variant.text}: {text[:300]}" for text in outcome.sentences[:6])


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("service")
    parser.add_argument("--only", default="", help="ids or first letters, separated by commas")
    parser.add_argument("--examples", type=int, default=0, help="generated requests for each operation and mode")
    parser.add_argument("-v", "--verbose", action="store_true", help="the sentence that tells each fault")
    options = parser.parse_args(arguments)
    scorer = Scorer(load_service(options.service), options.examples)
    correct = scorer.learn()
    sent = scorer.audit.target.sent
    print(f"the correct implementation: {len(correct.sentences)} alarms, {correct.seconds:.1f} s, {sent} requests")
    print(*(f"  {text[:300]}" for text in correct.sentences), sep="\n")
    wanted = [name for name in options.only.split(",") if name]
    outcomes = []
    for variant in scorer.service.variants:
        if variant.id != "REF" and (not wanted or variant.id in wanted or variant.id[0] in wanted):
            outcomes.append(outcome := scorer.judge(variant, whole=not variant.is_fault))
            if options.verbose:
                told = next(iter(outcome.sentences), "-")
                print(f"{variant.id} {outcome.seconds:5.1f} s  {variant.text}: {told[:200]}", flush=True)
    print(*iter_table(outcomes), sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
