"""Audits one implementation after another in this process: every check of a run, and generated requests at the end."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass

from requests.adapters import BaseAdapter
from schemathesis import GenerationMode

from contract_tests.audit import Audit
from contract_tests.clock import SYSTEM, Clock
from contract_tests.records import ClaimUnchecked, ContractBroken
from contract_tests.settings import Settings, parse_settings
from contract_tests.strategies import find_operation, run_cases
from contract_tests.suite import iter_checks
from contract_tests.target import IN_PROCESS_URL
from tests.services.clone_variants import API_KEY, VM_ID


@dataclass(frozen=True)
class Verdict:
    """The sentences of the bugs that were found, the requests that it took, and the seconds."""

    bugs: tuple[str, ...]
    requests: int
    seconds: float


@dataclass
class Judge:
    """An audit that is made once and pointed at implementation after implementation of one contract.

    `examples` is the number of generated requests for each operation and mode; `clock` is the implementation's, too.
    """

    settings: Settings
    examples: int = 0
    clock: Clock = SYSTEM

    def __post_init__(self) -> None:
        self.audit = Audit(self.settings, self.clock)
        self.checks = [*iter_checks(self.audit)]

    def judge(self, adapter: BaseAdapter, *, until: Callable[[str], bool] = bool) -> Verdict:
        """Audit until a bug's sentence is the wanted one: the first, unless `until` says which."""
        self.audit.restart(adapter)
        budget = self.audit.target.gate.budget
        before, started = budget.spent, time.perf_counter()
        bugs: list[str] = []
        try:
            for sentence in self._iter_bugs():
                bugs.append(sentence)
                if until(sentence):
                    break
        finally:
            adapter.close()
        return Verdict(tuple(dict.fromkeys(bugs)), budget.spent - before, time.perf_counter() - started)

    def _iter_bugs(self) -> Iterator[str]:
        audit = self.audit
        for check in self.checks:
            audit.begin()
            with suppress(ContractBroken, ClaimUnchecked):
                check.run()
            yield from (finding.sentence for finding in audit.record.bugs.values())
        for label in audit.contract.by_label if self.examples else ():
            operation = find_operation(audit.schema, label)
            for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
                audit.begin()
                if operation is not None:
                    run_cases(operation, audit.check_generated, mode=mode, seed=0, examples=self.examples)
                yield from (finding.sentence for finding in audit.record.bugs.values())


def make_clone_judge() -> Judge:
    """The judge of the vendored contract's implementations: it has both credentials and knows a machine that exists."""
    settings = parse_settings(
        base_url=IN_PROCESS_URL,
        api_key_env="KEY",
        bearer_env="KEY",
        pins=(f"vm_id={VM_ID}",),
        environment={"KEY": API_KEY},
    )
    return Judge(settings, examples=20)
