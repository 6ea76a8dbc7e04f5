"""What only an interleaving of requests shows is found, shrunk, and told so that it can be repeated."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from contract_tests.audit import Audit
from contract_tests.failures import iter_commands
from contract_tests.regressions import write_regressions
from contract_tests.sequences import Sequence, iter_sequences
from contract_tests.sequences.machine import INTERLEAVED, MAX_RUNS
from contract_tests.settings import parse_settings
from contract_tests.target import ASGIAdapter
from contract_tests.verdicts import Finding
from tests.services import depot
from tests.services.serving import serve_asgi

PART = "/bins/{bin}/parts/{part_id}"
TITLE = INTERLEAVED[0].title
LOCAL = "http://127.0.0.1:4010"
SHOWN_BY_INTERLEAVING = {
    "deleting two brings the first back": 6,
    "a third part replaces the first": 5,
    "a second deletion hides the oldest": 6,
}
"""Faults that need several requests, and to how many steps the seed of these tests shrinks them."""


def find(audit: Audit, fault: str, *, others: bool = False) -> list[Finding]:
    """What the machine finds, or the `others`, that is the tables."""
    sequences = [s for s in iter_sequences(audit.contract) if str(s.resource) == PART]
    chosen = [s for s in sequences if (s.rule.title == TITLE) is not others]
    adapter = ASGIAdapter(depot.build(fault))
    audit.restart(adapter)
    try:
        return [finding for sequence in chosen for finding in run(audit, sequence)]
    finally:
        adapter.close()


def run(audit: Audit, sequence: Sequence) -> list[Finding]:
    return list(sequence.run(audit.session, sequence.resource))


@pytest.fixture(autouse=True)
def impatience(monkeypatch: pytest.MonkeyPatch) -> None:
    """The depot shows at once what was written."""
    monkeypatch.setattr("contract_tests.patience.PATIENCE", 0.0)


@pytest.fixture(scope="module")
def audit() -> Audit:
    return Audit(parse_settings(spec=str(depot.CONTRACT), base_url=LOCAL))


@pytest.mark.parametrize("fault", SHOWN_BY_INTERLEAVING)
def test_the_tables_miss_it_and_the_machine_shrinks_it(audit: Audit, fault: str) -> None:
    tables = find(audit, fault, others=True)
    [finding] = find(audit, fault)

    assert tables == []
    assert len(finding.steps) <= SHOWN_BY_INTERLEAVING[fault], finding.sentence


def test_the_same_seed_sends_the_same_requests(audit: Audit) -> None:
    sent = []
    for _ in range(2):
        [finding] = find(audit, "a third part replaces the first")
        sent.append([step.call for step in finding.steps])

    assert sent[0] == sent[1]


def test_a_search_is_bounded(audit: Audit) -> None:
    before = audit.target.sent
    find(audit, "deleting two brings the first back")

    assert audit.target.sent - before < MAX_RUNS * 60


def test_the_steps_run_as_they_are_printed(audit: Audit, tmp_path: Path) -> None:
    fault = "deleting two brings the first back"
    [finding] = find(audit, fault)
    assert finding.call is not None
    commands = "\n".join(iter_commands(finding.steps, finding.call, redact=audit.target.redact))
    file = tmp_path / "test_regressions.py"
    write_regressions(file, [finding], base_url=LOCAL, redact=audit.target.redact)

    outcomes = {}
    for variant in (fault, ""):
        with serve_asgi(depot.build(variant)) as url:
            told = subprocess.run(
                ["bash", "-euc", commands.replace(LOCAL, url)], capture_output=True, text=True, check=True
            )
            tested = subprocess.run(
                [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(file)],
                env={"BASE_URL": url, "PATH": ""},
                cwd=tmp_path,
                capture_output=True,
                check=False,
            )
        outcomes[variant] = re.findall(r"^HTTP/1.1 (\d+)", told.stdout, re.MULTILINE)[-1], tested.returncode

    assert outcomes == {fault: ("200", 1), "": ("404", 0)}
