"""A run that may send few requests spends them on all operations."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from tests.contract_tests.auditing import audit
from tests.services.serving import serve_asgi

KINDS = ("apples", "birds", "clouds", "doors", "eggs")
NAME: dict[str, Any] = {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}}


def content(schema: dict[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


def document() -> dict[str, Any]:
    thing = {"type": "object", "required": ["id"], "properties": {"id": {"type": "integer"}, **NAME["properties"]}}
    made = {"201": {"description": "", "content": content(thing)}, "422": {"description": ""}}
    read = {"200": {"description": "", "content": content(thing)}, "404": {"description": ""}}
    where = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}
    paths: dict[str, Any] = {}
    for kind in KINDS:
        paths[f"/{kind}"] = {"post": {"requestBody": {"required": True, "content": content(NAME)}, "responses": made}}
        paths[f"/{kind}/{{id}}"] = {"parameters": [where], "get": {"responses": read}}
    return {"openapi": "3.1.0", "info": {"title": "Things", "version": "1"}, "paths": paths}


def service(asked: Counter[str]) -> Starlette:
    things: dict[tuple[str, int], Any] = {}

    async def make(request: Request) -> JSONResponse:
        asked[f"POST {request.path_params['kind']}"] += 1
        try:
            body = await request.json()
        except ValueError:
            body = None
        if not isinstance(body, dict) or not isinstance(body.get("name"), str):
            return JSONResponse({}, 422)
        number = len(things) + 1
        things[request.path_params["kind"], number] = thing = {"id": number, "name": body["name"]}
        return JSONResponse(thing, 201)

    async def read(request: Request) -> JSONResponse:
        asked[f"GET {request.path_params['kind']}"] += 1
        found = things.get((request.path_params["kind"], request.path_params["id"]))
        return JSONResponse({}, 404) if found is None else JSONResponse(found)

    return Starlette(routes=[Route("/{kind}", make, methods=["POST"]), Route("/{kind}/{id:int}", read)])


def test_each_operation_has_its_first_checks_before_any_has_all(tmp_path: Path) -> None:
    spec = tmp_path / "openapi.json"
    spec.write_text(json.dumps(document()))
    asked: Counter[str] = Counter()
    with serve_asgi(service(asked)) as url:
        audit(url, "--spec", str(spec), "--max-requests", "150", "--max-examples", "1")

    assert sum(asked.values()) <= 150
    assert {name for name, times in asked.items() if times >= 5} == {f"{m} {k}" for m in ("GET", "POST") for k in KINDS}
