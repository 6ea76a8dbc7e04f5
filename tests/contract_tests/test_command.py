"""The command as its users meet it: exit codes, sentences, secrets, budgets, repeatability."""

from __future__ import annotations

import json
import re
import socket
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from starlette.applications import Starlette
from starlette.requests import Request as StarletteRequest
from starlette.responses import Response as StarletteResponse
from starlette.routing import Route

from contract_tests import cli
from contract_tests.line import NOWHERE
from contract_tests.probes.tables import LONG
from tests.contract_tests.auditing import KEY_VARIABLE, audit, command
from tests.services import notes
from tests.services.clone_variants import API_KEY, FAULTS, VM_ID, Variant
from tests.services.serving import serve_asgi
from tests.services.twisting import Answered, Asked, twist

KEYED = ("--api-key-env", KEY_VARIABLE)
FEW = ("--max-examples", "5")


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY_VARIABLE, API_KEY)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def written(folder: Path, name: str, text: str) -> str:
    (folder / name).write_text(text)
    return str(folder / name)


def test_a_correct_service_passes_in_a_process_of_its_own(tmp_path: Path) -> None:
    with serve_asgi(Variant("").build()) as url:
        run = command(url, *KEYED, folder=tmp_path, environment={KEY_VARIABLE: API_KEY})

    assert run.code == 0, run.text
    assert "Traceback" not in run.text
    assert "warning" not in run.text


def test_a_broken_service_fails_in_a_process_of_its_own(tmp_path: Path) -> None:
    with serve_asgi(FAULTS["number as name"].build()) as url:
        run = command(url, *KEYED, folder=tmp_path, environment={KEY_VARIABLE: API_KEY})

    assert run.code == 1, run.text
    assert "accepts snapshot_name=5, which the contract forbids" in run.text
    assert "-H 'X-API-Key: '\"$CLONE_KEY\"" in run.text
    assert API_KEY not in run.text


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--sped", "x"], "unrecognized arguments: --sped"),
        (["--seed", "x"], "argument --seed: invalid int value: 'x'"),
        (["localhost:80"], "'localhost:80' is no URL"),
        (["--api-key-env", "sk_live_0123456789"], "--api-key-env takes the name of an environment variable"),
        (["--spec", "/no/such/file.json"], "/no/such/file.json: no such file"),
        (["--set", "vm_id"], "--set takes NAME=VALUE"),
        (["--set", "vmid=x"], "--set vmid: no operation has such a parameter. There are: X-API-Key, vm_id, wait."),
        (["--rate", "5"], "'5' is no rate"),
        (["-k", "nothing of this name"], "no claim was checked"),
    ],
    ids=str,
)
def test_a_usage_error_is_exit_2_and_a_sentence(arguments: list[str], sentence: str) -> None:
    run = audit(*arguments)

    assert run.code == 2
    assert sentence in run.text
    assert "Traceback" not in run.text
    assert "sk_live" not in run.text


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{", "is not JSON"),
        ("[]", "holds no object"),
        ('{"openapi": "3.1.0"', "is not JSON"),
        ('{"hello": 1}', "has no `openapi` field"),
        ('{"openapi": "3.1.0", "paths": {"/a": {"get": {"$ref": "#/nowhere"}}}}', "leads nowhere"),
        ('{"openapi": "3.1.0", "paths": {}}', "has no operations"),
    ],
    ids=["truncated", "a list", "unclosed", "no OpenAPI", "broken reference", "no operations"],
)
def test_a_document_that_cannot_be_audited_is_exit_2(text: str, sentence: str, tmp_path: Path) -> None:
    run = audit("--spec", written(tmp_path, "spec.json", text))

    assert (run.code, "Traceback" in run.text) == (2, False), run.text
    assert sentence in run.text


def test_a_service_that_cannot_be_reached_is_exit_2() -> None:
    url = f"http://127.0.0.1:{free_port()}"

    run = audit(url)

    assert run.code == 2
    assert run.text.strip() == f"contract-tests: {url} cannot be reached: connection refused. Is the service running?"


def redirecting(location: str) -> Any:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 301, "headers": [(b"location", location.encode())]})
        await send({"type": "http.response.body"})

    return app


def test_a_redirect_is_an_answer_like_others_and_not_followed() -> None:
    other = Recorder()
    with serve_asgi(other.build()) as elsewhere, serve_asgi(redirecting(elsewhere)) as url:
        run = audit(url, *KEYED, *FEW)

    assert run.code == 1
    assert "answers 301 to a valid request, a status that the contract does not document" in run.text
    assert other.asked == []


def test_a_redirect_to_https_says_which_url_to_audit() -> None:
    with serve_asgi(redirecting("https://127.0.0.1/")) as url:
        run = audit(url, *KEYED)

    assert run.code == 2
    assert f"{url} redirects to https://127.0.0.1: audit that URL." in run.text


def test_in_process_the_mock_keeps_the_contract() -> None:
    run = audit()

    assert run.code == 0, run.text
    assert "the mock, in process" in run.text
    assert "NOTHING ACCEPTED" not in run.text


def test_a_secret_that_the_service_echoes_is_not_printed() -> None:
    def leak(asked: Asked, answered: Answered) -> None:
        if answered.status == 200:
            answered.set_json({"session_id": asked.headers.get("x-api-key"), "status": 5})

    with serve_asgi(twist(Variant("").build(), after=leak)) as url:
        run = audit(url, *KEYED)

    assert run.code == 1
    assert '"session_id": "$CLONE_KEY"' in run.text
    assert API_KEY not in run.text


def test_nothing_accepted_is_said_with_its_remedy() -> None:
    with serve_asgi(Variant("").build(vm_ids=frozenset({VM_ID}))) as url:
        unpinned, keyless = audit(url, *KEYED), audit(url)

    assert (unpinned.code, keyless.code) == (0, 0)
    assert "NOTHING ACCEPTED: POST /v1/vms/{vm_id}/clone" in unpinned.text
    assert "--set vm_id=..." in unpinned.text
    assert "NOTHING ACCEPTED: POST /v1/vms/{vm_id}/clone" in keyless.text
    assert "--api-key-env" in keyless.text


def test_a_pinned_machine_must_exist() -> None:
    with serve_asgi(Variant("").build(vm_ids=frozenset({VM_ID}))) as url:
        run = audit(url, *KEYED, "--set", "vm_id=vmid-other-1")

    assert run.code == 1
    assert "refuses a valid request with 404" in run.text


class Recorder:
    """The correct service, remembering what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, str, bytes, str | None]] = []

    def build(self) -> Any:
        return twist(Variant("").build(), before=self.remember)

    def remember(self, asked: Asked) -> None:
        self.asked.append((asked.method, asked.path, asked.query, asked.body, asked.headers.get("x-api-key")))


def requests_of(*options: str) -> list[Any]:
    recorder = Recorder()
    with serve_asgi(recorder.build()) as url:
        assert audit(url, *KEYED, *options).code == 0
    # Clones get ids by chance, and are cloned.
    return [(method, re.sub(r"vmid-clone-\d+", "vmid-clone", path), *rest) for method, path, *rest in recorder.asked]


UNKNOWN = "understudy-no-such-id"


def test_the_same_seed_sends_the_same_requests() -> None:
    first = requests_of("--seed", "3")

    assert len(first) > 50
    assert requests_of("--seed", "3") == first
    assert requests_of("--seed", "4") != first


def test_a_pin_holds_in_every_request_but_those_that_break_it() -> None:
    asked = requests_of("--set", "vm_id=a b%20+c", "--set", "wait=false")

    # `asked` holds decoded paths; the one request to `/` asks whether the service is there.
    names = [path.removeprefix("/v1/vms/").removesuffix("/clone") for _, path, *_ in asked]
    odd = {"a b%20+c ", "a b%20+c-understudy", "a b%20+c\0", "a b%20+c-ë-🎉", "a b%20+c'.x", "%61 b%20+c", "x" * LONG}
    odd |= {"a b%20+c/x", "a b%20+c/clone/understudy", "a b%20+c\N{REPLACEMENT CHARACTER}"}
    odd |= {"/V1/VMS/a b%20+c/CLONE", "a b%20+c/clone.json", "a b%20+c/clone/", "a b%20+c/clone?a=b", "vmid-clone"}
    odd |= {"", "a b%20+c?x", "a b%20+c9", "a b%20+c/clone%zz", "2098765432109"}
    assert set(names) == {"/", NOWHERE, "a b%20+c", UNKNOWN, *odd}
    assert names.count("a b%20+c") >= len(names) - 30
    queries = [query for method, _, query, *_ in asked if method == "POST"]
    assert queries.count("wait=false") > len(queries) / 2


def test_the_budget_ends_the_run_and_says_so() -> None:
    recorder = Recorder()
    with serve_asgi(recorder.build()) as url:
        run = audit(url, *KEYED, "--max-requests", "10")

    assert run.code == 0
    assert len(recorder.asked) <= 11  # the command itself asks once whether the service is there
    assert "Not everything was checked: the budget of 10 requests is used up (--max-requests)." in run.text
    assert re.search(r"^\d+ claims were left out\.$", run.text, re.MULTILINE)


def test_only_the_claims_that_match_are_checked() -> None:
    run = audit("-k", "wait=yes", "-v")

    assert run.code == 0
    assert "POST /v1/vms/{vm_id}/clone · wait=yes is refused or read leniently] PASSED" in run.text
    assert "1 passed" in run.text


def test_stops_at_the_first_failure() -> None:
    with serve_asgi(FAULTS["400 for 422"].build()) as url:
        run = audit(url, *KEYED, "-x")

    assert run.code == 1
    assert "1 failed" in run.text


def test_help_names_every_option() -> None:
    run = audit("--help")

    assert run.code == 0
    for option in ("--spec", "--set", "--api-key-env", "--bearer-env", "--rate", "--max-requests", "--seed"):
        assert option in run.text


def test_a_service_behind_a_gateway_that_fails_is_not_passed() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 502, "headers": [(b"content-type", b"text/html")]})
        await send({"type": "http.response.body", "body": b"<h1>Bad Gateway</h1>"})

    with serve_asgi(app) as url:
        run = audit(url, *KEYED)

    assert run.code == 2
    assert "No answer could be judged" in run.text


def test_every_option_is_documented() -> None:
    documentation = (Path(__file__).parents[2] / "docs" / "contract-tests.md").read_text()
    options = set(re.findall(r"(--[a-z][a-z-]+)", audit("--help").text)) - {"--help", "--exitfirst", "--verbose"}

    assert {option for option in options if option not in documentation} == set()


def test_what_takes_no_body_is_not_called_lax_about_one() -> None:
    with serve_asgi(notes.build()) as url:
        run = audit(url, "--spec", str(notes.CONTRACT), "--set", "X-Tenant=acme", "-k", "test_variety")

    assert "GET /notes: a body sent as" not in run.text


def test_a_service_that_refuses_undeclared_members_is_not_accused(tmp_path: Path) -> None:
    """As marshmallow does, and .NET and Jackson when they are told to."""
    spec = tmp_path / "openapi.json"
    pet = {"type": "object", "required": ["name"], "properties": {"name": {"type": "string", "maxLength": 9}}}
    answers = {"204": {"description": "fed"}, "422": {"description": "no such pet"}}
    body = {"required": True, "content": {"application/json": {"schema": pet}}}
    post = {"requestBody": body, "responses": answers}
    document = {"openapi": "3.1.0", "info": {"title": "Pets", "version": "1"}, "paths": {"/fed": {"post": post}}}
    spec.write_text(json.dumps(document))
    strict = {**pet, "additionalProperties": False}

    async def feed(request: StarletteRequest) -> StarletteResponse:
        try:
            is_valid = jsonschema_rs.is_valid(strict, json.loads(await request.body()))
        except ValueError:
            is_valid = False
        return StarletteResponse(status_code=204 if is_valid else 422)

    with serve_asgi(Starlette(routes=[Route("/fed", feed, methods=["POST"])])) as url:
        run = audit(url, "--spec", str(spec), "-k", "test_variety")

    assert run.code == 0, run.text


def test_a_root_cause_is_told_once_however_many_claims_it_fails() -> None:
    async def refuse(_: StarletteRequest) -> StarletteResponse:
        return StarletteResponse(status_code=422)

    app = Starlette(routes=[Route("/notes", refuse, methods=["GET", "POST"])])
    with serve_asgi(app) as url:
        run = audit(url, "--spec", str(notes.CONTRACT), "--set", "X-Tenant=acme", "-k", "POST and notes")

    told = re.findall(r"^POST /notes refuses .*", run.text, re.MULTILINE)
    assert run.code == 1
    assert len(told) == 1, run.text
    assert run.text.count("test_requests.py::") == 1
    assert int(re.findall(r"(\d+) failed as told above", run.text)[0]) > 5


@pytest.mark.parametrize(
    ("words", "limit"), [((), "--max-time=100.0"), (("--max-time", "7"), "--max-time=7.0"), (("--max-time", "0"), "")]
)
def test_the_command_ends_by_itself(words: tuple[str, ...], limit: str) -> None:
    told = [word for word in cli.pytest_arguments(cli.parse([*words])) if word.startswith("--max-time")]

    assert told == [limit] * bool(limit)
