"""Real documents: against the mock of each, what is reported is right. `UNDERSTUDY_CORPUS` names a folder of them."""

from __future__ import annotations

import os
import random
import time
from pathlib import Path

import pytest

from contract_tests.audit import Audit
from contract_tests.records import ClaimUnchecked, ContractBroken
from contract_tests.settings import UsageProblem, parse_settings
from contract_tests.suite import iter_checks
from contract_tests.verdicts import Finding

FOLDER = os.environ.get("UNDERSTUDY_CORPUS")
CHECKS = int(os.environ.get("UNDERSTUDY_CORPUS_CHECKS", "300"))
SECONDS = 30.0

# The mock answers some errors in FastAPI's words, or as problem details, where a document has another form: what is
# said of these answers is right.
ABOUT_ERRORS = {("body", "4"), ("media type", "4")}

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(FOLDER is None, reason="UNDERSTUDY_CORPUS names no folder"),
    pytest.mark.filterwarnings("ignore"),
]


def documents() -> list[Path]:
    files = sorted(Path(FOLDER).iterdir()) if FOLDER else []
    return [file for file in files if file.suffix in {".json", ".yaml", ".yml"} and file.stem != "index"]


def sample(audit: Audit) -> list[Finding]:
    """The bugs that a random sample of the checks finds."""
    checks = [*iter_checks(audit)]
    random.Random(1).shuffle(checks)
    until = time.monotonic() + SECONDS
    bugs: list[Finding] = []
    for check in checks[:CHECKS]:
        if time.monotonic() > until:
            break
        audit.begin()
        try:
            check.run()
        except ContractBroken:
            bugs += audit.record.bugs.values()
        except ClaimUnchecked:
            continue
    return bugs


def is_about_an_error(bug: Finding) -> bool:
    return (bug.claim, bug.got[:1]) in ABOUT_ERRORS


@pytest.mark.parametrize("file", documents(), ids=lambda file: file.name)
def test_the_mock_is_accused_of_nothing(file: Path) -> None:
    try:
        audit = Audit(parse_settings(spec=str(file)))
    except UsageProblem as problem:
        pytest.skip(str(problem))
    try:
        bugs = [bug for bug in sample(audit) if not is_about_an_error(bug)]
    finally:
        audit.close()

    shown = {f"{bug.sentence} -> {bug.got[:200]}" for bug in bugs}
    # FastAPI routes in the order of its document: the mock does, too, and a route behind a template is out of reach.
    shown = {text for text in shown if not (audit.contract.spec.is_fastapi and "has a wrong body" in text)}
    assert shown == set()
