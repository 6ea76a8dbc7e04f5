"""The command `mockserver` as a user runs it: a process, a socket, exit codes, what it prints."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from mockserver import default_spec_path
from tests.mockserver.conftest import document

COMMAND = [sys.executable, "-m", "mockserver"]
PATH = "/v1/vms/vmid-abc-15/clone"
KEY = {"X-API-Key": "instavm_sk_secret"}


class Process:
    """A running mock server: what it has printed so far, and where it listens."""

    def __init__(self, process: subprocess.Popen[str], output: Path) -> None:
        self.process = process
        self.output = output
        self.url = self.wait_for(r"listening on (\S+)")[1]
        self._wait_for_port()

    def wait_for(self, pattern: str) -> re.Match[str]:
        deadline = time.monotonic() + 20
        while not (match := re.search(pattern, self.output.read_text())):
            assert self.process.poll() is None, self.output.read_text()
            assert time.monotonic() < deadline, f"no {pattern!r} in {self.output.read_text()!r}"
            time.sleep(0.02)
        return match

    def _wait_for_port(self) -> None:
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            try:
                httpx.get(self.url)
            except httpx.TransportError:
                time.sleep(0.02)
            else:
                return
        raise AssertionError("nothing listens")

    def interrupt(self) -> int:
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(10)


@contextmanager
def serving(tmp_path: Path, *arguments: str, environment: dict[str, str] | None = None) -> Iterator[Process]:
    output = tmp_path / "output"
    with output.open("w") as file:
        process = subprocess.Popen(
            [*COMMAND, "--port", "0", *arguments],
            stdout=file, stderr=subprocess.STDOUT, text=True, env={**os.environ, **(environment or {})},
        )  # fmt: skip
    try:
        yield Process(process, output)
    finally:
        process.kill()
        process.wait()


def run(*arguments: str, environment: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments],
        capture_output=True, text=True, timeout=30, check=False, env={**os.environ, **(environment or {})},
    )  # fmt: skip


def test_it_serves_says_so_and_stops_cleanly(tmp_path: Path) -> None:
    """The greeting, a curl that runs as it is, a log line per request without secrets, exit code 0 after Ctrl-C."""
    with serving(tmp_path) as mock:
        greeting = mock.output.read_text()
        assert greeting.startswith("InstaVM API 1.0.0, from ")
        assert re.search(r"POST +/v1/vms/\{vm_id\}/clone +Clone Vm", greeting)
        curl = shlex.split(mock.wait_for(r"curl .*")[0])
        answer = subprocess.run([*curl, "-s"], capture_output=True, text=True, timeout=30, check=True)
        assert json.loads(answer.stdout)["status"] == "active"

        httpx.post(mock.url + PATH, params={"wait": "maybe", "token": "hidden"}, headers=KEY, json={})
        line = mock.wait_for(r".*-> 422.*")[0]
        assert re.search(
            r"POST /v1/vms/vmid-abc-15/clone\?wait=maybe&token=\.\.\. -> 422 .*query\.wait: Input should", line
        )

        assert mock.interrupt() == 0
        printed = mock.output.read_text()
    assert printed.endswith("stopped\n")
    assert not re.search("Traceback|hidden|instavm_sk_secret", printed)


def test_a_log_line_is_one_line(tmp_path: Path) -> None:
    """Whatever the path holds."""
    with serving(tmp_path) as mock:
        httpx.get(f"{mock.url}/a%0Ab%1B[31m")
        assert mock.wait_for(r"GET /a%0Ab.*")[0].startswith("GET /a%0Ab%1B%5B31m -> 404")


OPTIONS = {
    "--auth off": (["--auth", "off"], {}, {}, 200),
    "MOCKSERVER_AUTH=off": ([], {"MOCKSERVER_AUTH": "off"}, {}, 200),
    "--api-key": (["--api-key", "a", "--api-key", "b"], {}, {"X-API-Key": "b"}, 200),
    "another key": (["--api-key", "a", "--api-key", "b"], {}, {"X-API-Key": "c"}, 401),
    "MOCKSERVER_API_KEYS": ([], {"MOCKSERVER_API_KEYS": "a,b"}, {"X-API-Key": "c"}, 401),
    "no option": ([], {}, {}, 401),
}


@pytest.mark.parametrize(("arguments", "environment", "headers", "status"), OPTIONS.values(), ids=OPTIONS)
def test_credentials_are_an_option(
    tmp_path: Path, arguments: list[str], environment: dict[str, str], headers: dict[str, str], status: int
) -> None:
    """On the command line or in the environment."""
    with serving(tmp_path, *arguments, environment=environment) as mock:
        assert httpx.post(mock.url + PATH, headers=headers, json={}).status_code == status


def test_the_seed_and_the_version_are_options(tmp_path: Path) -> None:
    """Same seed, same bytes after a restart; the newer FastAPI reads a null body otherwise."""
    bodies = []
    for _ in range(2):
        with serving(tmp_path, "--seed", "3") as mock:
            bodies.append(httpx.post(mock.url + PATH, headers=KEY, json={}).content)
    with serving(tmp_path, "--fastapi-version", "0.132") as mock:
        answer = httpx.post(mock.url + PATH, headers=KEY, json=None, content=b"null")
    assert bodies[0] == bodies[1]
    assert answer.json()["detail"][0]["type"] == "model_attributes_type"


def test_overlays_are_an_option(tmp_path: Path) -> None:
    """Repeatable, in order, in place of the one beside the document."""
    responses = {"200": {"description": "", "content": {"application/json": {"example": "none"}}}}
    (tmp_path / "api.json").write_text(json.dumps(document({"/a": {"get": {"responses": responses}}})))
    arguments = [str(tmp_path / "api.json")]
    for name in ("api.overlay", "first", "second"):
        actions = [{"target": "$.paths['/a'].get.responses['200'].content.*", "update": {"example": name}}]
        (tmp_path / f"{name}.json").write_text(json.dumps({"overlay": "1.0.0", "actions": actions}))
    with serving(tmp_path, *arguments) as mock:
        assert httpx.get(f"{mock.url}/a").json() == "api.overlay"
    for name in ("first", "second"):
        arguments += ["--overlay", str(tmp_path / f"{name}.json")]
    with serving(tmp_path, *arguments) as mock:
        assert httpx.get(f"{mock.url}/a").json() == "second"


def test_several_workers_answer_for_one_service(tmp_path: Path) -> None:
    """No session id is given out twice, whichever process answers; Ctrl-C ends them all."""
    with serving(tmp_path, "--workers", "2") as mock:
        answers = [httpx.post(mock.url + PATH, headers=KEY, json={}) for _ in range(30)]
        assert len({answer.json()["session_id"] for answer in answers}) == 30
        assert mock.interrupt() == 0


def test_a_changed_document_is_read_again(tmp_path: Path) -> None:
    """With --reload; a broken text leaves the old one in place and is said."""
    file = tmp_path / "api.json"
    answer = {"200": {"description": "", "content": {"application/json": {"example": "old"}}}}
    text = json.dumps(document({"/a": {"get": {"responses": answer}}}))
    file.write_text(text)
    with serving(tmp_path, str(file), "--reload") as mock:
        assert httpx.get(f"{mock.url}/a").json() == "old"
        file.write_text("{")
        mock.wait_for("not reloaded: .*api.json: is not JSON")
        assert httpx.get(f"{mock.url}/a").json() == "old"
        file.write_text(text.replace("old", "new"))
        mock.wait_for("reloaded .*api.json")
        assert httpx.get(f"{mock.url}/a").json() == "new"


def test_the_factory_serves_under_any_asgi_server() -> None:
    """`uvicorn mockserver.app:create_app --factory`, configured by the environment."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    command = [sys.executable, "-m", "uvicorn", "mockserver.app:create_app", "--factory", "--port", port]
    process = subprocess.Popen(command, env={**os.environ, "MOCKSERVER_AUTH": "off"}, stderr=subprocess.DEVNULL)
    try:
        answer = None
        for _ in range(500):
            try:
                answer = httpx.post(f"http://127.0.0.1:{port}{PATH}", json={})
                break
            except httpx.TransportError:
                time.sleep(0.02)
        assert answer is not None
        assert answer.status_code == 200
    finally:
        process.kill()
        process.wait()


FILES = {
    "cut.json": '{"openapi": "3.1.0"',
    "cut.yaml": "openapi: '3.1.0\npaths: {}",
    "list.json": "[]",
    "empty.yaml": "",
    "other.json": '{"name": "package"}',
    "swagger.json": '{"swagger": "1.2", "paths": {}}',
    "twice.json": '{"openapi": "3.1.0",\n "info": {"title": "a",\n "title": "b"}}',
    "twice.yaml": "openapi: 3.1.0\ninfo:\n  title: a\n  title: b\n",
    "bomb.yaml": "a: &a [x, x]\n"
    + "".join(
        f"{new}: &{new} [{', '.join([f'*{old}'] * 9)}]\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
    ),
    "circle.yaml": "a: &a\n  b: *a\n",
    "paths.json": '{"openapi": "3.1.0", "paths": []}',
    "reference.json": '{"openapi": "3.1.0", "paths": {"/a": {"$ref": "#/components/x"}}}',
    "circle.json": '{"openapi": "3.1.0", "paths": {"/a": {"$ref": "#/paths/~1a"}}}',
    "remote.json": '{"openapi": "3.1.0", "paths": {"/a": {"$ref": "https://example.com/x.json"}}}',
    "operation.json": '{"openapi": "3.1.0", "paths": {"/a": {"get": 5}}}',
}
REFUSED = {
    "cut.json": "is not JSON: Expecting ',' delimiter: line 1",
    "cut.yaml": "is not YAML: while scanning a quoted scalar",
    "list.json": "holds no object at its top. Is it an OpenAPI document?",
    "empty.yaml": "holds no object at its top. Is it an OpenAPI document?",
    "other.json": "has no `openapi` field. Swagger 2.0 and OpenAPI 3.0, 3.1 and 3.2 are served.",
    "swagger.json": "is OpenAPI 1.2. Swagger 2.0 and OpenAPI 3.0, 3.1 and 3.2 are served.",
    "twice.json": "has the key 'title' twice in one object, line 3",
    "twice.yaml": "is not YAML: the key 'title' is there twice",
    "bomb.yaml": "is not YAML: aliases multiply this to more than 5000000 values",
    "circle.yaml": "is not YAML: an alias leads into itself",
    "paths.json": "#/paths: must be an object of paths",
    "reference.json": "#/paths/~1a: the reference '#/components/x' leads nowhere. Check its spelling.",
    "circle.json": "#/paths/~1a: the reference '#/paths/~1a' leads round in a circle",
    "remote.json": "#/paths/~1a: the reference 'https://example.com/x.json' leads to another machine. Start with",
    "operation.json": "#/paths/~1a/get: must be an object, not int",
    "missing.json": "no such file. Check the path.",
    ".": "cannot be read",
}


@pytest.mark.parametrize(("name", "problem"), REFUSED.items(), ids=REFUSED)
def test_a_document_that_cannot_be_served_is_refused(tmp_path: Path, name: str, problem: str) -> None:
    """Exit code 2 and one sentence that names the file, the place and what is wrong."""
    file = tmp_path / name
    if name in FILES:
        file.write_text(FILES[name])
    done = run(str(file), "--port", "0")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"mockserver: {file}")
    assert problem in done.stderr
    assert done.stderr.count("\n") == 1


BAD_OPTIONS: dict[str, tuple[Sequence[str], dict[str, str], str]] = {
    "unknown option": (["--bogus"], {}, "unrecognized arguments: --bogus"),
    "no port": (["--port", "http"], {}, "argument --port: 'http' is no number from 0 to 65535"),
    "port out of range": (["--port", "70000"], {}, "argument --port: '70000' is no number from 0 to 65535"),
    "port in the environment": ([], {"MOCKSERVER_PORT": "x"}, "argument --port: 'x' is no number from 0 to 65535"),
    "no workers": (["--workers", "0"], {}, "argument --workers: '0' is no number from 1 to 64"),
    "auth": (["--auth", "maybe"], {}, "argument --auth: 'maybe' is neither on nor off"),
    "validation": (["--validation", "x"], {}, "argument --validation: 'x' is none of auto, fastapi, strict, off"),
    "errors": ([], {"MOCKSERVER_ERRORS": "x"}, "argument --errors: 'x' is none of auto, fastapi, document, problem"),
    "body size": (["--max-body", "1k"], {}, "argument --max-body: '1k' is no number from 0 to 1073741824"),
    "version": (["--fastapi-version", "new"], {}, "argument --fastapi-version: 'new' is no version such as 0.128"),
    "locale": (
        ["--locale", "de_XX"],
        {},
        "--locale: locale is 'de_XX', which is none of Faker's: de, de_AT, de_CH, ...",
    ),
    "seed": (["--seed", "x"], {}, "argument --seed: invalid int value: 'x'"),
}


@pytest.mark.parametrize(("arguments", "environment", "problem"), BAD_OPTIONS.values(), ids=BAD_OPTIONS)
def test_a_bad_option_is_refused(arguments: Sequence[str], environment: dict[str, str], problem: str) -> None:
    """Exit code 2 and the option in the message."""
    done = run(*arguments, environment=environment)
    assert done.returncode == 2
    assert done.stderr.endswith(f"{problem}\n")


def test_a_busy_port_is_refused() -> None:
    """With the remedy."""
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = busy.getsockname()[1]
        done = run("--port", str(port))
    assert done.returncode == 2
    assert done.stderr.startswith(f"mockserver: cannot listen on 127.0.0.1:{port}: Address already in use. Stop what")


def test_the_default_document_is_the_vendored_one() -> None:
    """It stands at the top of the repository, with its overlay."""
    assert default_spec_path().name == "openapi.json"
    assert default_spec_path().with_name("openapi.overlay.json").is_file()
