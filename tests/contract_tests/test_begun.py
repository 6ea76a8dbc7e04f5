"""What nobody waits for, where one is waited for unless one asks otherwise: it is followed to its end."""

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

from contract_tests.settings import parse_settings
from contract_tests.target import ASGIAdapter
from tests.services.judging import Judge
from tests.services.moments import SHARED

TAKES = 0.2
JOB = {
    "type": "object",
    "required": ["id", "state", "rows"],
    "properties": {
        "id": {"type": "integer", "minimum": 1},
        "state": {"type": "string", "enum": ["pending", "done"]},
        "rows": {"type": ["integer", "null"], "description": "`null` while pending."},
    },
}
SHOWN: Any = {"description": "The export.", "content": {"application/json": {"schema": JOB}}}
REFUSED = {"description": "Not valid."}
WAIT = {
    "name": "wait",
    "in": "query",
    "description": "With `true` the answer comes when it is done (200), with `false` at once (202).",
    "schema": {"type": "boolean", "default": True},
}
ID = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer", "minimum": 1, "maximum": 999999}}
BEGUN = {**SHOWN, "headers": {"Location": {"required": True, "schema": {"type": "string"}}}}
DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Exports", "version": "1"},
    "paths": {
        "/exports": {"post": {"parameters": [WAIT], "responses": {"200": SHOWN, "202": BEGUN, "422": REFUSED}}},
        "/exports/{id}": {
            "parameters": [ID],
            "get": {"responses": {"200": SHOWN, "404": {"description": "None."}, "422": REFUSED}},
        },
    },
}


def build(fault: str) -> Starlette:
    """A service that makes an export in a while, and waits for it unless it is asked not to."""
    due: dict[int, float] = {}
    numbers = itertools.count(1)

    def shown(number: int) -> dict[str, Any]:
        is_done = SHARED.now() >= due[number]
        rows = 3 if is_done and fault != "no rows" else None
        return {"id": number, "state": "done" if is_done else "pending", "rows": rows}

    async def begin(request: Request) -> Response:
        wait, number = request.query_params.get("wait", "true"), next(numbers)
        if wait not in {"true", "false"}:
            return Response(status_code=422)
        due[number] = SHARED.now() + (3600 if fault == "never done" and wait == "false" else TAKES)
        if wait == "true" or fault == "always waits":
            SHARED.sleep(TAKES)
            return JSONResponse(shown(number))
        answer = JSONResponse(shown(number), 202, {"Location": f"/exports/{number + (fault == 'leads elsewhere')}"})
        if fault == "lost":
            del due[number]
        return answer

    async def read(request: Request) -> Response:
        text = request.path_params["id"]
        if not (text.isascii() and text.isdigit() and 0 < int(text[:9]) < 1000000):
            return Response(status_code=422)
        return JSONResponse(shown(int(text))) if int(text) in due else Response(status_code=404)

    return Starlette(routes=[Route("/exports", begin, methods=["POST"]), Route("/exports/{id}", read)])


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("", ""),
        ("never done", 'still says state="pending"'),
        ("no rows", "says rows=null of what is done"),
        ("leads elsewhere", "points to /exports/"),
        ("lost", "does not find what POST /exports began"),
        ("always waits", "answers false for wait with 200, which it documents for true"),
    ],
)
def test_what_nobody_waits_for_is_followed(fault: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "openapi.json").write_text(json.dumps(DOCUMENT))
    settings = parse_settings(spec=str(tmp_path / "openapi.json"), base_url="http://127.0.0.1:4010")
    bugs = Judge(settings, clock=SHARED).judge(ASGIAdapter(build(fault)), until=lambda _: False).bugs

    assert any(words in bug for bug in bugs) if words else bugs == ()
