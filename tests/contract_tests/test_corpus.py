"""Real documents: against the mock of each, what is reported is right. `UNDERSTUDY_CORPUS` names a folder of them."""

from __future__ import annotations

import os
import random
import re
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from contract_tests.audit import Audit
from contract_tests.contract import Contract, Operation
from contract_tests.exchanges import Answer, Call
from contract_tests.records import ClaimUnchecked, ContractBroken
from contract_tests.session import answer_of
from contract_tests.settings import UsageProblem, parse_settings
from contract_tests.suite import iter_checks
from contract_tests.verdicts import Finding

FOLDER = os.environ.get("UNDERSTUDY_CORPUS")
CHECKS = int(os.environ.get("UNDERSTUDY_CORPUS_CHECKS", "300"))
SECONDS = 30.0

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


def is_right(audit: Audit, bug: Finding) -> bool:
    """Whether another validator says so, too, of the mock's answer to the request of a bug.

    The mock answers some errors in FastAPI's words, or as problem details, where a document has another form. It routes
    as FastAPI does: in the order of the document, so that an operation behind another's template is out of reach.
    """
    if bug.call is None or bug.claim not in {"body", "media type"}:
        return False
    contract = audit.contract
    operation = contract.by_label[bug.operation]
    answer = answer_of(audit.target.send(bug.call))
    if answer.status >= 400:
        return not fits(contract, operation, answer)
    first = next(other for other in contract.operations if other.method == operation.method and covers(other, bug.call))
    return contract.spec.is_fastapi and first is not operation and fits(contract, first, answer)


def covers(operation: Operation, call: Call) -> bool:
    """Whether a request may be routed to an operation."""
    pattern = "/".join("[^/]+" if "{" in part else re.escape(part) for part in operation.path.split("/"))
    return re.fullmatch(pattern, urlsplit(call.url).path) is not None


def fits(contract: Contract, operation: Operation, answer: Answer) -> bool:
    """Whether an answer has a documented media type, and its schema takes the body."""
    response = contract.find_response(operation, answer.status)
    media = next((m for m in response.content if m.name.lower() == answer.media_type), None) if response else None
    return media is not None and contract.spec.document.validator(f"{media.pointer}/schema").is_valid(answer.json())


@pytest.mark.parametrize("file", documents(), ids=lambda file: file.name)
def test_the_mock_is_accused_of_nothing(file: Path) -> None:
    try:
        audit = Audit(parse_settings(spec=str(file)))
    except UsageProblem as problem:
        pytest.skip(str(problem))
    try:
        bugs = [bug for bug in sample(audit) if not is_right(audit, bug)]
    finally:
        audit.close()

    shown = {f"{bug.sentence} -> {bug.got[:200]}" for bug in bugs}
    assert shown == set()
