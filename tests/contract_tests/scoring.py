"""Audits one service after another in this process with all that a run does, but for Schemathesis' boundary cases."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from schemathesis import GenerationMode

from contract_tests.audit import Audit
from contract_tests.records import ClaimUnchecked, ContractBroken
from contract_tests.settings import parse_settings
from contract_tests.strategies import find_operation, run_cases
from contract_tests.suite import Check, iter_checks
from contract_tests.target import IN_PROCESS_URL, ASGIAdapter

KEY = "UNDERSTUDY_SCORED_KEY"


@dataclass(frozen=True)
class Outcome:
    """The sentences of the bugs that were found, the requests until the first, and the seconds that it took."""

    bugs: tuple[str, ...]
    requests: int
    seconds: float


class Scorer:
    """An audit that is made once and pointed at service after service."""

    def __init__(self, *, key: str, pins: tuple[str, ...] = (), examples: int = 20) -> None:
        os.environ[KEY] = key
        settings = parse_settings(
            base_url=IN_PROCESS_URL, api_key_env=KEY, bearer_env=KEY, pins=pins, max_examples=examples
        )
        self.audit = Audit(settings)
        self.checks: list[Check] = [*iter_checks(self.audit)]

    def judge(self, app: Any, *, until: Callable[[str], bool] = bool) -> Outcome:
        """Audit an ASGI application until a bug's sentence is the wanted one: the first, unless `until` says which."""
        adapter = ASGIAdapter(app)
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
        return Outcome(tuple(bugs), budget.spent - before, time.perf_counter() - started)

    def _iter_bugs(self) -> Iterator[str]:
        audit = self.audit
        for check in self.checks:
            audit.begin()
            try:
                check.run()
            except ContractBroken:
                yield from (finding.sentence for finding in audit.record.bugs.values())
            except ClaimUnchecked:
                continue
        for label in audit.contract.by_label:
            operation = find_operation(audit.schema, label)
            for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
                audit.begin()
                if operation is not None:
                    run_cases(operation, audit.check_generated, mode=mode, seed=0, examples=audit.settings.max_examples)
                yield from (finding.sentence for finding in audit.record.bugs.values())
