"""The printed curl, run by a real shell against a real server, sends what was sent."""

from __future__ import annotations

import json
import os
import subprocess
from typing import Any

import pytest
from flask import Flask, request

from contract_tests.exchanges import Call, Step
from contract_tests.failures import iter_commands, render_curl, render_finding
from contract_tests.report import Ledger, iter_summary
from contract_tests.safety import Redactor
from contract_tests.verdicts import Finding, Verdict, group_findings
from tests.services.serving import serve_wsgi

SECRET = 'sk_o\'neil "$HOME" `id` \\ end'
REDACT = Redactor({"CLONE_KEY": SECRET})
JSON = ("Content-Type", "application/json")


def echo() -> tuple[list[dict[str, Any]], Flask]:
    """An application that remembers what it was sent."""
    received: list[dict[str, Any]] = []
    app = Flask(__name__)

    @app.route("/<path:path>", methods=["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD"])
    def remember(path: str) -> tuple[str, int]:
        headers = {
            name: request.headers.get(name) for name in ("X-Api-Key", "Content-Type", "X-Empty", "X-Odd", "Accept")
        }
        target = request.environ["RAW_URI"]
        received.append({"method": request.method, "target": target, "body": request.get_data(), **headers})
        return "", 207

    return received, app


@pytest.mark.parametrize(
    ("method", "target", "headers", "body"),
    [
        ("GET", "/a", (), None),
        ("POST", "/a", (JSON,), b'{"a": "it\'s $HOME `id` \\\\ !"}'),
        ("POST", "/a", (JSON,), '{"name": "Zoë 北京 🎉"}'.encode()),
        ("POST", "/a", (JSON,), b"@/etc/hostname"),
        ("POST", "/a", (JSON,), b"\x00\xff%s%%'\"\\n\n\r\t"),
        ("POST", "/a", (JSON,), b""),
        ("POST", "/a", (), b"no content type"),
        pytest.param("POST", "/a", (JSON,), b'{"it": "100%"}' + b" " * 100_000, id="many spaces"),
        ("PUT", "/a", (JSON,), b"{}"),
        ("DELETE", "/a", (), None),
        ("PATCH", "/a", (JSON,), b"[1]"),
        ("HEAD", "/a", (), None),
        ("GET", "/a/../b?x=[1]&y={2}&z=%27;%20ls", (), None),
        ("GET", "/a", (("X-Api-Key", SECRET),), None),
        ("GET", "/a", (("Accept", ""),), None),
        ("GET", "/a", (("X-Empty", ""), ("X-Odd", "it's; `id` $HOME")), None),
    ],
    ids=str,
)
def test_curl_repeats_the_request(
    method: str, target: str, headers: tuple[tuple[str, str], ...], body: bytes | None
) -> None:
    received, app = echo()
    with serve_wsgi(app) as url:
        command = render_curl(Call(method, f"{url}{target}", headers, body), redact=REDACT)
        done = subprocess.run(
            ["bash", "-euc", command], env={**os.environ, "CLONE_KEY": SECRET}, capture_output=True, check=False
        )

    assert SECRET not in command
    assert len(command) < 1000
    assert b" 207 " in done.stdout.splitlines()[0], done.stderr
    [request_] = received
    sent = dict(headers)
    assert request_ == {
        "method": method,
        "target": target,
        "body": body or b"",
        "X-Api-Key": sent.get("X-Api-Key"),
        "Content-Type": sent.get("Content-Type"),
        "X-Empty": sent.get("X-Empty"),
        "X-Odd": sent.get("X-Odd"),
        "Accept": sent.get("Accept", "*/*") or None,
    }


def test_a_step_hands_its_id_on_whatever_its_member_is_called() -> None:
    received, app = echo()
    with serve_wsgi(app) as url:
        made = Step(Call("POST", f"{url}/a", (JSON,), b"{}"), "7", ("it's; `id` $HOME",))
        commands = list(iter_commands([made], Call("GET", f"{url}/a/7"), redact=REDACT))
        given = "python3() { printf %s '{\"it'\\''s; `id` $HOME\": 7}' | command python3 \"$@\"; }"
        subprocess.run(["bash", "-euc", "\n".join([given, *commands])], capture_output=True, check=True)

    assert [one["target"] for one in received] == ["/a", "/a/7"]


def finding(**changes: Any) -> Finding:
    facts: dict[str, Any] = {
        "verdict": Verdict.BUG,
        "operation": "POST /a",
        "claim": "status",
        "subject": "201",
        "sentence": "POST /a answers 201",
        "pointer": "#/paths/~1a/post",
        "expected": "200",
        "got": f"201 {SECRET}",
        "call": Call("POST", "http://h/a", (("X-Api-Key", SECRET),), b"{}"),
    }
    return Finding(**{**facts, **changes})


def test_a_failure_begins_with_the_sentence_and_ends_with_the_curl() -> None:
    curl = "curl -sS -i --globoff --path-as-is"

    assert render_finding(finding(), redact=REDACT, claim="Every answer is documented.").splitlines() == [
        "POST /a answers 201",
        "  claim     Every answer is documented.",
        "  request   POST http://h/a {}",
        "  expected  200",
        "  got       201 $CLONE_KEY",
        "  contract  #/paths/~1a/post",
        "",
        f"  {curl} http://h/a -H 'X-Api-Key: '\"$CLONE_KEY\" -H 'Content-Type:' --data-binary '{{}}'",
    ]


def test_findings_with_one_root_cause_are_one_line() -> None:
    other = finding(subject="202")

    assert group_findings([finding(), finding(got="x"), other]) == [(finding(), 2), (other, 1)]


def test_what_breaks_a_shared_schema_is_one_root_cause() -> None:
    shared = {"claim": "body", "subject": "200 id type", "pointer": "#/components/schemas/Thing/properties/id/type"}
    read, listed = finding(operation="GET /a", **shared), finding(operation="GET /b", **shared)

    assert group_findings([read, listed]) == [(read, 2)]
    assert len(group_findings([finding(), finding(operation="GET /b")])) == 2
    lines = [*iter_summary(Ledger([read, listed]), where="h", seconds=1, seed=0, parameters={}, redact=REDACT)]
    assert lines[1] == "  GET /a: POST /a answers 201 (2 times); also GET /b"


def test_a_finding_crosses_processes_with_its_request() -> None:
    crossed = json.loads(json.dumps(finding(call=Call("PUT", "http://h/a", (), b"\xff\x00")).to_json()))

    assert Finding.from_json(crossed) == finding(call=Call("PUT", "http://h/a", (), b"\xff\x00"))
