"""How much of what is wrong with a service the suite sees, and whether it is silent on what is merely different.

    python -m tests.services.scoring tracker --only A,K

Each variant is audited in this process, with generated requests where `--examples` asks for them, until a bug is found
that the correct implementation does not show.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from contract_tests.audit import Audit
from contract_tests.settings import parse_settings
from tests.services.judging import Judge, Verdict
from tests.services.moments import SHARED
from tests.services.variant import Service, Variant


@dataclass(frozen=True)
class Outcome:
    """What the suite said of a variant: the sentences of its bugs."""

    variant: Variant
    verdict: Verdict

    @property
    def is_found(self) -> bool:
        return bool(self.verdict.bugs)


class Scorer:
    """The suite on the variants of one service."""

    def __init__(self, service: Service, examples: int = 0) -> None:
        settings = parse_settings(
            spec=str(service.contract),
            base_url=f"http://127.0.0.1:4010{service.path}",
            api_key_env="KEY",
            bearer_env="TOKEN" if service.token else None,
            other_api_key_env="OTHER" if service.other else None,
            environment={"KEY": service.credential, "TOKEN": service.token, "OTHER": service.other},
        )
        self.service = service
        self._judge = Judge(settings, examples, SHARED)
        self._usual: set[str] = set()

    @property
    def audit(self) -> Audit:
        return self._judge.audit

    def judge(self, variant: Variant, *, whole: bool = False) -> Outcome:
        """Audit one variant: to its first bug that the correct implementation does not show, or the `whole` of it."""
        verdict = self._judge.judge(
            self.service.adapter(variant), until=lambda sentence: not whole and sentence not in self._usual
        )
        return Outcome(variant, replace(verdict, bugs=tuple(bug for bug in verdict.bugs if bug not in self._usual)))

    def learn(self) -> Verdict:
        """Audit the correct implementation: what it shows is no news of another."""
        verdict = self.judge(self.service["REF"], whole=True).verdict
        self._usual |= {*verdict.bugs}
        return verdict


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
        yield from (f"  {outcome.variant.id} {outcome.variant.text}: {text[:300]}" for text in outcome.verdict.bugs[:6])


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("service")
    parser.add_argument("--only", default="", help="ids or first letters, separated by commas")
    parser.add_argument("--examples", type=int, default=0, help="generated requests for each operation and mode")
    parser.add_argument("-v", "--verbose", action="store_true", help="the sentence that tells each fault")
    options = parser.parse_args(arguments)
    scorer = Scorer(load_service(options.service), options.examples)
    correct = scorer.learn()
    print(
        f"the correct implementation: {len(correct.bugs)} alarms, {correct.seconds:.1f} s, {correct.requests} requests"
    )
    print(*(f"  {text[:300]}" for text in correct.bugs), sep="\n")
    wanted = [name for name in options.only.split(",") if name]
    outcomes = []
    for variant in scorer.service.variants:
        if variant.id != "REF" and (not wanted or variant.id in wanted or variant.id[0] in wanted):
            outcomes.append(outcome := scorer.judge(variant, whole=not variant.is_fault))
            if options.verbose:
                told = next(iter(outcome.verdict.bugs), "-")
                print(f"{variant.id} {outcome.verdict.seconds:5.1f} s  {variant.text}: {told[:200]}", flush=True)
    print(*iter_table(outcomes), sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
