"""Who is turned away (401, 415) has changed nothing and made nothing."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.contract_tests.small_services import bugs_of

KEY = "key-8Kq2Zt6v"
TITLE = {"type": "string", "minLength": 1, "maxLength": 40}
SENT: Any = {"type": "object", "required": ["title"], "additionalProperties": False, "properties": {"title": TITLE}}
SHOWN: Any = {**SENT, "required": ["id", "title"], "properties": {"id": {"type": "integer"}, "title": TITLE}}


def document() -> dict[str, Any]:
    def body(schema: Any) -> dict[str, Any]:
        return {"content": {"application/json": {"schema": schema}}}

    refused = {status: {"description": "no"} for status in ("401", "404", "415", "422")}
    challenged = {"description": "no", "headers": {"WWW-Authenticate": {"schema": {"type": "string"}}}}

    def operation(status: str, schema: Any = None, *, writes: bool = False) -> dict[str, Any]:
        answer = {"description": "this", **(body(schema) if schema else {})}
        sends = {"requestBody": {"required": True, **body(SENT)}} if writes else {}
        return {**sends, "responses": {status: answer, **refused, "401": challenged}}

    identity = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}
    paths = {
        "/jobs": {
            "get": operation("200", {"type": "array", "items": SHOWN}),
            "post": operation("201", SHOWN, writes=True),
        },
        "/jobs/{id}": {
            "parameters": [identity],
            "get": operation("200", SHOWN),
            "put": operation("200", SHOWN, writes=True),
            "delete": operation("204"),
        },
    }
    schemes = {"key": {"type": "apiKey", "in": "header", "name": "X-Key"}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Jobs", "version": "1"},
        "paths": paths,
        "security": [{"key": []}],
        "components": {"securitySchemes": schemes},
    }


def build(hasty: set[tuple[str, int]]) -> Starlette:
    """A service whose `hasty` methods do what they are asked to, and refuse with this status then."""
    jobs: dict[int, Any] = {}
    numbers = itertools.count(1)

    def do(request: Request, number: int | None, sent: Any) -> Response:
        if request.method == "DELETE" and number is not None:
            del jobs[number]
            return Response(status_code=204)
        key = next(numbers) if number is None else number
        jobs[key] = {"id": key, **sent}
        return JSONResponse(jobs[key], 201 if number is None else 200)

    async def answer(request: Request) -> Response:
        text = request.path_params.get("id", "")
        number = int(text) if text.isdecimal() and text.isascii() else None
        try:
            sent = json.loads(await request.body() or b"{}", parse_constant=int)
        except (ValueError, RecursionError):
            sent = None
        title = sent.get("title") if isinstance(sent, dict) and sent.keys() == {"title"} else None
        is_valid = isinstance(title, str) and 1 <= len(title) <= 40
        writes = request.method in {"POST", "PUT"}
        refusal = 0
        if request.headers.get("x-key") != KEY:
            refusal = 401
        elif writes and "json" not in request.headers.get("content-type", "").lower():
            refusal = 415
        is_known = not text or number in jobs
        if refusal:
            if (request.method, refusal) in hasty and is_known and (is_valid or not writes):
                do(request, number, sent)
            return Response(status_code=refusal, headers={"WWW-Authenticate": "Key"} if refusal == 401 else {})
        if text and number is None and not text.removeprefix("-").isdecimal():
            return Response(status_code=422)
        if writes and not is_valid:
            return Response(status_code=422)
        if not is_known:
            return Response(status_code=404)
        if request.method in {"GET", "HEAD"}:
            return JSONResponse(jobs[number] if number is not None else [*jobs.values()])
        return do(request, number, sent)

    one = Route("/jobs/{id}", answer, methods=["GET", "PUT", "DELETE"])
    return Starlette(routes=[Route("/jobs", answer, methods=["GET", "POST"]), one])


@pytest.mark.parametrize(
    ("method", "status", "told"),
    [
        ("", 0, []),
        ("PUT", 401, ["refuses a request without credentials with 401, yet changes title"]),
        ("PUT", 415, ["refuses a body sent as text/plain with 415, yet changes title"]),
        ("DELETE", 401, ["refuses a request without credentials with 401, yet GET /jobs/{id} no longer finds"]),
        ("POST", 401, ["refuses a request without credentials with 401, yet makes something"]),
        ("POST", 415, ["refuses a body sent as text/plain with 415, yet makes something"]),
    ],
)
def test_a_refusal_has_no_effect(method: str, status: int, told: list[str], tmp_path: Path) -> None:
    bugs = bugs_of(build({(method, status)}), document(), tmp_path, key=KEY)

    assert len(bugs) == len(told)
    assert all(text in bug for text, bug in zip(told, bugs, strict=True))
