"""What a service does wrong on a connection is found and named; what servers do by themselves is no fault."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from pathlib import Path

import pytest

from contract_tests import sockets
from contract_tests.audit import Audit
from contract_tests.conversations import iter_conversations
from contract_tests.records import ClaimUnchecked, ContractBroken
from contract_tests.settings import parse_settings
from contract_tests.verdicts import Finding
from mockserver import default_spec_path
from mockserver.app import create_app
from tests.contract_tests.auditing import KEY_VARIABLE, audit
from tests.services import fastapi_clone, flask_clone
from tests.services.bare import FAULTS, Serve, serve_bare, serve_connections
from tests.services.clone_variants import API_KEY, VM_ID
from tests.services.serving import serve_asgi, serve_handler, serve_node, serve_wsgi

WAITED_FOR = frozenset({"length too great", "no last chunk"})
"""Until the first answer is given up, ten seconds pass."""


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sockets, "DEADLINE", 1.0)


def find(url: str, spec: str | None = None) -> tuple[list[Finding], int]:
    """The bugs of all conversations with a service, and how many could not be had."""
    pins = () if spec else (f"vm_id={VM_ID}",)
    settings = parse_settings(spec=spec, base_url=url, pins=pins, api_key_env="KEY", environment={"KEY": API_KEY})
    running = Audit(settings)
    unchecked = 0
    try:
        for conversation in iter_conversations(running.target):
            with suppress(ContractBroken):
                try:
                    running.check_conversation(conversation)
                except ClaimUnchecked:
                    unchecked += 1
    finally:
        running.close()
    return running.ledger.bugs(), unchecked


@pytest.mark.parametrize(
    "fault", [pytest.param(fault, marks=pytest.mark.slow if fault in WAITED_FOR else ()) for fault in FAULTS]
)
def test_a_fault_on_the_wire_is_found_and_named(fault: str) -> None:
    with serve_bare(fault) as url:
        bugs, _ = find(url)

    assert [bug.sentence for bug in bugs if re.search(FAULTS[fault], bug.sentence)], [bug.sentence for bug in bugs]


@pytest.mark.parametrize("lag", [0, 0.06], ids=["fast", "slow"])
def test_a_correct_server_is_passed_in_silence(lag: float) -> None:
    with serve_bare(lag=lag) as url:
        bugs, unchecked = find(url)

    assert (bugs, unchecked) == ([], 0)


def test_a_service_that_takes_long_is_not_hurried() -> None:
    with serve_bare("reads one request a time", lag=0.3) as url:
        bugs, _ = find(url)

    assert bugs == []


async def break_off(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answers anything with the head of an answer, and chunks that do not end."""
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n")
    await writer.drain()
    writer.close()


async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.close()


@pytest.mark.parametrize(
    ("serve", "code", "words"), [(break_off, 1, "without a last chunk"), (hang_up, 2, "cannot be reached")]
)
def test_a_service_all_of_whose_answers_break_off_is_there(serve: Serve, code: int, words: str) -> None:
    with serve_connections(serve) as url:
        run = audit(url, "-x")

    assert run.code == code, run.text
    assert words in run.text


FLAG = {
    "openapi": "3.1.0",
    "info": {"title": "a flag", "version": "1"},
    "paths": {
        "/flag": {
            "get": {"responses": {"200": {"description": "it"}, "304": {"description": "as before"}}},
            "put": {
                "requestBody": {"content": {"application/json": {"schema": {"type": "boolean"}}}},
                "responses": {"204": {"description": "done"}},
            },
        }
    },
}


@pytest.mark.parametrize("told", ["", "204", "304"])
def test_what_has_no_body_comes_without_one(told: str, tmp_path: Path) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                length = re.search(r"(?i)content-length: *(\d+)", head)
                if "transfer-encoding" in head.lower():
                    await reader.readuntil(b"0\r\n\r\n")
                await reader.readexactly(int(length[1]) if length else 0)
                status, body = "200 OK", b"true"
                if head.startswith("PUT"):
                    status, body = "204 No Content", b"{}" if told == "204" else b""
                elif "if-none-match" in head.lower():
                    status, body = "304 Not Modified", b"{}" if told == "304" else b""
                counted = f"Content-Length: {len(body)}\r\n" if body else ""
                body = b"" if head.startswith("HEAD") else body
                writer.write(f'HTTP/1.1 {status}\r\nETag: "1"\r\n{counted}\r\n'.encode() + body)
        writer.close()

    (tmp_path / "openapi.json").write_text(json.dumps(FLAG))
    with serve_connections(serve) as url:
        bugs, _ = find(url, str(tmp_path / "openapi.json"))

    named = [bug.sentence for bug in bugs if told and f"behind a {told}, which has no body" in bug.sentence]
    assert (bool(named), bool(bugs)) == (bool(told), bool(told)), bugs


SERVERS: dict[str, Callable[[], AbstractContextManager[str]]] = {
    "uvicorn": lambda: serve_asgi(fastapi_clone.build_app(api_keys={API_KEY}, vm_ids={VM_ID})),
    "the mock": lambda: serve_asgi(create_app(default_spec_path(), auth=True, api_keys=(API_KEY,))),
    "werkzeug": lambda: serve_wsgi(flask_clone.build_app(api_keys={API_KEY}, vm_ids={VM_ID})),
    "node": lambda: serve_node(Path(flask_clone.__file__).with_name("node_clone.js"), API_KEY, VM_ID),
    "http.server": lambda: serve_handler("HTTP/1.1"),
    "http.server of HTTP/1.0": lambda: serve_handler("HTTP/1.0"),
}


@pytest.mark.parametrize("name", SERVERS)
def test_what_a_server_does_by_itself_is_no_fault(name: str) -> None:
    if name == "node" and shutil.which("node") is None:
        pytest.skip("there is no Node")
    with SERVERS[name]() as url:
        bugs, _ = find(url)

    assert [bug.sentence for bug in bugs] == []


def test_a_finding_comes_with_a_command_that_shows_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """What curl cannot send is written to a socket by bash."""
    monkeypatch.setenv(KEY_VARIABLE, API_KEY)
    with serve_bare("404 leaves the body") as url:
        result = audit(url, "--api-key-env", KEY_VARIABLE, "-k", "conversations")
        command = next(line for line in result.text.splitlines() if "/dev/tcp/" in line).strip()
        shown = subprocess.run(
            ["bash", "-c", command],
            env={**os.environ, KEY_VARIABLE: API_KEY},
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )

    assert result.code == 1, result.text
    assert API_KEY not in command
    assert re.findall(r"HTTP/1.1 (\d+)", shown.stdout) == ["404", "400"], shown


def test_answers_whose_length_nobody_can_know_are_not_waited_for() -> None:
    """A line that is no header hides those behind it from http.client: each request took ten seconds."""
    started = time.monotonic()
    with serve_bare("space in a name") as url:
        result = audit(url, "--max-examples", "5")

    assert result.code == 1, result.text
    assert "a line that is no header: 'Bad Header : x' (RFC 9112, section 5)" in result.text
    assert time.monotonic() - started < 30


@pytest.mark.slow
@pytest.mark.parametrize("fault", sorted(WAITED_FOR))
def test_answers_that_break_off_are_waited_for_once(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY_VARIABLE, API_KEY)
    started = time.monotonic()
    with serve_bare(fault) as url:
        result = audit(url, "--api-key-env", KEY_VARIABLE, "--max-examples", "5")

    assert result.code == 1, result.text
    assert re.search(FAULTS[fault], result.text)
    assert time.monotonic() - started < 40


def test_in_process_there_is_nothing_to_say() -> None:
    running = Audit(parse_settings(environment={}))
    try:
        assert list(iter_conversations(running.target)) == []
    finally:
        running.close()
