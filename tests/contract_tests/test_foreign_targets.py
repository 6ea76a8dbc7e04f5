"""What the suite does to a service that is not this machine's: nothing that nobody named or that it did not make."""

from __future__ import annotations

import json
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
import requests
from requests.adapters import BaseAdapter, HTTPAdapter
from schemathesis import GenerationMode
from urllib3 import HTTPResponse

from contract_tests.audit import Audit
from contract_tests.records import ClaimUnchecked, ContractBroken
from contract_tests.safety import BudgetSpent
from contract_tests.settings import REMOTE_REQUESTS, parse_settings
from contract_tests.starts import NO_SUCH_ID
from contract_tests.strategies import find_operation, run_cases
from contract_tests.suite import iter_checks
from tests.services.moments import SHARED

NAME = {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}}
THING = {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}, "name": {"type": "string"}}}
BODY = {"required": True, "content": {"application/json": {"schema": NAME}}}


def answers(*statuses: str) -> dict[str, Any]:
    content = {"application/json": {"schema": THING}}
    return {status: {"description": "", **({"content": content} if status[:2] == "20" else {})} for status in statuses}


ID = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
DOCUMENT = {
    "openapi": "3.1.0",
    "info": {"title": "Things", "version": "1"},
    "paths": {
        "/things": {"post": {"requestBody": BODY, "responses": answers("201", "413", "422")}},
        "/things/{id}": {
            "parameters": [ID],
            "get": {"responses": answers("200", "404")},
            "put": {"requestBody": BODY, "responses": answers("200", "404", "422")},
            "delete": {"responses": {"204": {"description": ""}, "404": {"description": ""}}},
        },
    },
}


class Elsewhere(BaseAdapter):
    """A service of somebody else, with a thing that is theirs; without a network."""

    def __init__(self, *, makes: bool) -> None:
        super().__init__()
        self.makes = makes
        self.things = {"theirs": {"id": "theirs", "name": "precious"}}
        self.made: set[str] = set()
        self.asked: list[tuple[str, str, int]] = []

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        path = unquote(urlsplit(str(request.url)).path)
        body = request.body if isinstance(request.body, bytes) else str(request.body or "").encode()
        self.asked.append((str(request.method), path, len(body)))
        status, value = self.answer(str(request.method), path.removeprefix("/things").removeprefix("/"), body)
        raw = HTTPResponse(
            BytesIO(json.dumps(value).encode()), {"Content-Type": "application/json"}, status, preload_content=False
        )
        return HTTPAdapter().build_response(request, raw)

    def answer(self, method: str, name: str, body: bytes) -> tuple[int, Any]:
        try:
            value = json.loads(body or b"{}")
        except ValueError:
            return 422, {}
        is_valid = isinstance(value, dict) and isinstance(value.get("name"), str)
        if method == "POST" and not name:
            if not self.makes or not is_valid:
                return 403 if is_valid else 422, {}
            name = f"made-{len(self.made)}"
            self.made.add(name)
        elif method not in {"GET", "PUT", "DELETE"} or not name:
            return 405, {}
        elif name not in self.things:
            return 404, {}
        if method == "DELETE":
            return 204, self.things.pop(name)
        if method != "GET" and is_valid:
            self.things[name] = {**value, "id": name}
        return (201 if method == "POST" else 200 if method == "GET" or is_valid else 422), self.things.get(name, {})

    def close(self) -> None:
        return None


def run(service: Elsewhere, file: Path, *pins: str, requests: int | None = None) -> Audit:
    """Everything that a run does against https://staging.example.com, as if at once."""
    file.write_text(json.dumps(DOCUMENT))
    url = "https://staging.example.com"
    audit = Audit(parse_settings(spec=str(file), base_url=url, pins=pins, max_requests=requests), SHARED)
    audit.restart(service)
    try:
        for check in iter_checks(audit):
            audit.begin()
            try:
                check.run()
            except (ContractBroken, ClaimUnchecked):
                continue
        for label in audit.contract.by_label:
            operation = find_operation(audit.schema, label)
            assert operation is not None
            run_cases(operation, audit.check_generated, mode=GenerationMode.POSITIVE, seed=0, examples=5)
    except BudgetSpent:
        pass
    return audit


@pytest.mark.parametrize("makes", [True, False], ids=["things can be made", "nothing can be made"])
def test_only_what_the_run_made_is_changed(makes: bool, tmp_path: Path) -> None:
    service = Elsewhere(makes=makes)
    audit = run(service, tmp_path / "openapi.json")
    changed = {
        path.removeprefix("/things/") for method, path, _ in service.asked if method in {"PUT", "PATCH", "DELETE"}
    }

    assert service.things["theirs"] == {"id": "theirs", "name": "precious"}
    known = (NO_SUCH_ID, "x" * 100, *service.made)
    assert sorted(name for name in changed if not unquote(name).startswith(known)) == []
    assert bool(service.made) is makes
    assert ("DELETE", "/things") not in {(method, path) for method, path, _ in service.asked}
    assert len(service.asked) <= REMOTE_REQUESTS
    assert max(size for *_, size in service.asked) < 1_000_000
    audit.close()
    assert set(service.things) == {"theirs"} or len(service.asked) >= REMOTE_REQUESTS


def test_what_is_pinned_may_be_changed(tmp_path: Path) -> None:
    service = Elsewhere(makes=False)
    run(service, tmp_path / "openapi.json", "id=theirs", requests=3000)

    assert ("PUT", "/things/theirs") in {(method, path) for method, path, _ in service.asked}


def test_a_redirect_is_not_followed_and_the_rate_is_kept() -> None:
    settings = parse_settings(base_url="https://staging.example.com")

    assert (settings.interval, settings.max_requests) == (0.1, REMOTE_REQUESTS)
    assert parse_settings(base_url="http://127.0.0.1:1").max_requests is None
