"""Services that put what they show into an envelope are seen through as others are."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from starlette.applications import Starlette
from starlette.middleware.base import BaseHTTPMiddleware, RequestResponseEndpoint
from starlette.requests import Request
from starlette.responses import Response

from contract_tests.audit import Audit
from contract_tests.contract import Contract
from contract_tests.exchanges import Answer, Call, Step
from contract_tests.resources import find_answer
from contract_tests.sequences import iter_sequences
from contract_tests.settings import parse_settings
from contract_tests.target import ASGIAdapter
from contract_tests.things import Exchange
from mockserver import load_spec
from tests.contract_tests.broken_services import BROKEN
from tests.services import depot

ROWS = [row for row in BROKEN if row[1] == "depot"]


@cache
def audit() -> Audit:
    document = yaml.safe_load(depot.CONTRACT.read_text())
    shared = document["components"]["responses"].values()
    own = [
        response
        for item in document["paths"].values()
        for operation in item.values()
        if isinstance(operation, dict)
        for response in operation["responses"].values()
    ]
    for media in [media for response in [*shared, *own] for media in response.get("content", {}).values()]:
        if media["schema"].get("type") != "array":
            members = {"data": media["schema"], "meta": {"type": "object"}}
            media["schema"] = {"type": "object", "required": ["data"], "properties": members}
    path = Path("wrapped.json")
    path.write_text(json.dumps(document, default=str))
    return Audit(parse_settings(spec=str(path), base_url="http://127.0.0.1:4010"))


class Envelope(BaseHTTPMiddleware):
    """Puts each JSON object of a success into an envelope."""

    async def dispatch(self, request: Request, call_next: RequestResponseEndpoint) -> Response:
        response = await call_next(request)
        body = b"".join([part async for part in response.body_iterator])  # type: ignore[attr-defined]
        if response.status_code < 300 and body.startswith(b"{"):
            body = json.dumps({"data": json.loads(body), "meta": {}}).encode()
        headers = {name: value for name, value in response.headers.items() if name != "content-length"}
        return Response(body, response.status_code, headers)


def run(fault: str, *, only: Callable[[Any], bool] = lambda _: True) -> list[str]:
    app: Starlette = depot.build(fault)
    app.add_middleware(Envelope)
    adapter = ASGIAdapter(app)
    audit().restart(adapter)
    try:
        return [
            finding.sentence
            for sequence in iter_sequences(audit().contract)
            if only(sequence)
            for finding in sequence.run(audit().session, sequence.resource)
        ]
    finally:
        adapter.close()


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """The depot shows at once what was written."""
    monkeypatch.chdir(tmp_path_factory.mktemp("wrapped"))
    monkeypatch.setattr("contract_tests.patience.PATIENCE", 0.0)


@pytest.mark.parametrize(("title", "_", "fault", "item", "words"), ROWS, ids=[row[2] for row in ROWS])
def test_a_rule_sees_who_breaks_it_in_an_envelope(title: str, _: str, fault: str, item: str, words: str) -> None:
    sentences = run(fault, only=lambda s: (str(s.resource), s.rule.title) == (item, title))

    assert [sentence for sentence in sentences if re.search(words, sentence)], sentences


def test_no_rule_speaks_of_a_correct_service_in_an_envelope() -> None:
    assert run("") == []


def shown(**members: Any) -> dict[str, Any]:
    return {"type": "object", "properties": members}


THING = shown(id={"type": "integer"}, name={"type": "string"})
ENVELOPES: dict[str, tuple[Any, str]] = {
    "data": (shown(data=THING), "data"),
    "data and what is said of the answer": (
        shown(data=THING, meta={"type": "object"}, success={"type": "boolean"}),
        "data",
    ),
    "called like the path": (shown(order=THING, requestId={"type": "string"}), "order"),
    "none": (THING, ""),
    "a thing with data": (shown(id={"type": "integer"}, data=THING), ""),
    "a job and its result": (shown(state={"type": "string"}, result=THING), ""),
    "a list": (shown(data={"type": "array", "items": THING}), ""),
    "two": (shown(data=THING, item=THING), ""),
    "called like something else": (shown(owner=THING), ""),
    "a text": (shown(data={"type": "string"}), ""),
}


@pytest.mark.parametrize(("schema", "envelope"), ENVELOPES.values(), ids=ENVELOPES)
def test_an_envelope_holds_one_thing_and_what_is_said_of_the_answer(schema: Any, envelope: str) -> None:
    assert envelope_in(schema) == envelope


def test_what_is_sent_in_an_envelope_is_compared_as_it_is() -> None:
    assert envelope_in(shown(order=THING), asked=shown(order=THING)) == ""


def envelope_in(schema: Any, asked: Any = None) -> str:
    body = {"requestBody": {"content": {"application/json": {"schema": asked}}}} if asked else {}
    answer = {"200": {"description": "", "content": {"application/json": {"schema": schema}}}}
    paths = {"/orders": {"post": {**body, "responses": answer}}}
    contract = Contract(load_spec({"openapi": "3.1.0", "info": {"title": "", "version": ""}, "paths": paths}))
    found = find_answer(contract, contract.operations[0], 200)
    assert found is not None
    return found[0]


@pytest.mark.parametrize("body", [b"7", b'"7"', b"[7]", b"null", b"no JSON"])
def test_what_is_no_object_is_in_no_envelope(body: bytes) -> None:
    """An id may be all that is answered, beside a `Location`."""
    exchange = Exchange(Call("POST", "http://h/orders"), Answer(201, {}, body))

    assert exchange.step("7") == Step(exchange.call, "7")
