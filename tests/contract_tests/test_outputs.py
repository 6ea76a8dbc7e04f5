"""What a run leaves behind: the overlay that closes the gaps, tests that stand alone, a report without secrets."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from contract_tests.exchanges import Call
from contract_tests.failures import describe_difference
from contract_tests.overlays import json_path
from tests.contract_tests.auditing import KEY_VARIABLE, audit
from tests.services.clone_variants import API_KEY, FAULTS, Variant
from tests.services.serving import serve_asgi
from tests.services.twisting import Answered, Asked, twist

KEYED = ("--api-key-env", KEY_VARIABLE, "--max-examples", "3")


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY_VARIABLE, API_KEY)


def test_the_overlay_closes_the_gaps(tmp_path: Path) -> None:
    overlay = str(tmp_path / "gaps.json")
    with serve_asgi(Variant("").build()) as url:
        first = audit(url, *KEYED, "--overlay-out", overlay)
        second = audit(url, *KEYED, "--overlay", overlay)

    assert "gaps: the contract is silent about" in first.text
    assert f"written: {overlay}" in first.text
    assert second.code == 0, second.text
    assert "gaps:" not in second.text
    assert json.loads(Path(overlay).read_text())["actions"][0]["update"].keys() == {"400", "401", "405"}


@pytest.mark.parametrize(
    ("pointer", "path"),
    [
        ("#/paths/~1a~1{b}/get", "$['paths']['/a/{b}']['get']"),
        ("#/paths/~1it's~1~0x", "$['paths']['/it\\'s/~x']"),
    ],
)
def test_a_pointer_as_a_json_path(pointer: str, path: str) -> None:
    assert json_path(pointer) == path


@pytest.mark.parametrize(
    "fault", ["number as name", "400 for 422", "405 without Allow", "any wait", "DELETE implemented", "loc empty"]
)
def test_a_regression_test_fails_on_the_fault_and_passes_without(fault: str, tmp_path: Path) -> None:
    file = tmp_path / "test_regressions.py"
    with serve_asgi(FAULTS[fault].build()) as url:
        run = audit(url, *KEYED, "--regressions", str(file))
        broken = run_tests(file, url)
    with serve_asgi(Variant("").build()) as url:
        mended = run_tests(file, url)

    assert run.code == 1, run.text
    assert API_KEY not in file.read_text()
    assert (" failed" in broken, " passed" in broken) == (True, False), broken
    assert (" failed" in mended, " passed" in mended) == (False, True), mended


def run_tests(file: Path, url: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", os.devnull, str(file)],
        env={**os.environ, "BASE_URL": url, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return done.stdout + done.stderr


def test_the_report_tells_all_without_secrets(tmp_path: Path) -> None:
    file, junit, folder = tmp_path / "report.json", tmp_path / "junit.xml", tmp_path / "tests"
    with serve_asgi(FAULTS["number as name"].build()) as url:
        audit(url, *KEYED, "--report", str(file), "--junitxml", str(junit), "--regressions", str(folder))

    report = json.loads(file.read_text())
    bug = next(finding for finding in report["findings"] if finding["verdict"] == "bug")
    assert (report["target"], report["nothing_accepted"]) == (url, [])
    assert bug["operation"] == "POST /v1/vms/{vm_id}/clone"
    assert bug["change"] == 'body {"snapshot_name": 5} (was {})'
    assert '"$CLONE_KEY"' in bug["curl"]
    assert [*folder.glob("test_*.py")]
    assert all(API_KEY not in path.read_text() for path in [file, junit, *folder.iterdir()])


def test_a_bug_that_comes_and_goes_is_said_as_a_rate() -> None:
    dice = random.Random(1)

    def sometimes(asked: Asked, answered: Answered) -> None:
        if answered.status == 200 and dice.random() < 0.5:
            answered.status = 201

    with serve_asgi(twist(Variant("").build(), after=sometimes)) as url:
        run = audit(url, *KEYED, "-k", "generated")

    assert run.code == 1, run.text
    assert "of 5 times: it depends on chance" in run.text


def test_the_time_ends_the_run_and_says_so() -> None:
    run = audit("--max-time", "0.0001")

    assert "Not everything was checked: the 0.0001 seconds are used up (--max-time)." in run.text


@pytest.mark.parametrize(
    ("level", "code", "said"),
    [((), 0, True), (("--policy", "lax=error"), 1, True), (("--policy", "lax=off"), 0, False)],
    ids=["by default", "error", "off"],
)
def test_a_policy_is_switched(level: tuple[str, ...], code: int, said: bool) -> None:
    with serve_asgi(Variant("").build()) as url:
        run = audit(url, *KEYED, *level, "-k", "wait=yes")

    assert run.code == code, run.text
    assert ("wait=yes is accepted" in run.text) is said


def test_an_unknown_policy_is_a_usage_error_that_names_those_that_are() -> None:
    assert (
        "accept, allow, challenge, error-code, every-error, fastapi, lax, method, nesting, order, other-reads, "
        "other-writes, redirect, scheme, scope-status" in audit("--policy", "laks=error").text
    )
    assert "lax " in audit("--list-policies").text


DATED = """
openapi: 3.0.3
info: {title: t, version: "1"}
paths:
  /positions:
    post:
      requestBody:
        required: true
        content:
          application/json:
            schema: {type: object, properties: {at: {type: string, format: date-time, nullable: true}}, required: [at]}
      responses: {"200": {description: fine}}
"""


def test_a_generated_request_that_breaks_the_schema_is_not_called_valid(tmp_path: Path) -> None:
    (tmp_path / "spec.yaml").write_text(DATED)

    run = audit("--spec", str(tmp_path / "spec.yaml"), "-k", "generated")

    assert run.code == 0, run.text


POST: dict[str, Any] = {"method": "POST", "url": "http://h/a?x=1", "body": b"{}"}


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({}, ""),
        ({"method": "PUT"}, "method PUT (was POST)"),
        ({"url": "http://h/a?x=2"}, "query x 2 (was 1)"),
        ({"url": "http://h/a"}, "without query x (was 1)"),
        ({"url": "http://h/a?x=1&y=3"}, "query y 3"),
        ({"url": "http://h/b?x=1"}, "path /b (was /a)"),
        ({"headers": (("X-A", "1"),)}, "header x-a 1"),
        ({"body": b"[]"}, "body [] (was {})"),
        ({"body": None}, "without body (was {})"),
        ({"body": None, "method": "GET"}, ""),
    ],
    ids=str,
)
def test_the_one_difference_in_words(change: dict[str, Any], text: str) -> None:
    assert describe_difference(Call(**POST), Call(**{**POST, **change})) == text
