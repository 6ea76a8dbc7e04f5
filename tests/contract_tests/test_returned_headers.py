"""Ids of requests: those that are sent come back, and those that are made up are each of one request."""

from __future__ import annotations

import itertools
import json
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.contract_tests.small_services import bugs_of

TITLE = {"type": "string", "minLength": 1, "maxLength": 40}
SENT: Any = {"type": "object", "required": ["title"], "additionalProperties": False, "properties": {"title": TITLE}}
SHOWN: Any = {**SENT, "required": ["id", "title"], "properties": {"id": {"type": "integer"}, "title": TITLE}}
UNITS: Any = {"type": "string", "enum": ["km", "mi"]}
NAMES = ("X-Request-Id", "X-Units", "X-Api-Version")


def document(*, asks: bool = True, says: str = "", info: str = "") -> dict[str, Any]:
    """Notes; the headers are documented for requests where the document `asks` for them."""

    def body(schema: Any) -> dict[str, Any]:
        return {"content": {"application/json": {"schema": schema}}}

    schemas = {"X-Request-Id": {"type": "string", "maxLength": 60}, "X-Units": UNITS, "X-Api-Version": UNITS}
    headers = {name: {"description": says, "schema": schema} for name, schema in schemas.items()}
    asked = [{"name": name, "in": "header", "schema": schema} for name, schema in schemas.items()] if asks else []

    def responses(status: str, schema: Any) -> dict[str, Any]:
        refused = {status: {"description": "no", "headers": headers} for status in ("404", "422")}
        return {"responses": {status: {"description": "this", "headers": headers, **body(schema)}, **refused}}

    identity = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}
    paths = {
        "/notes": {
            "parameters": asked,
            "post": {"requestBody": {"required": True, **body(SENT)}, **responses("201", SHOWN)},
        },
        "/notes/{id}": {"parameters": [identity, *asked], "get": responses("200", SHOWN)},
    }
    return {"openapi": "3.1.0", "info": {"title": "Notes", "version": "1", "description": info}, "paths": paths}


Reply = Callable[[Request, int], dict[str, str]]


def build(headers: Reply) -> Starlette:
    """A service of notes with some headers on each of its answers."""
    notes: dict[int, Any] = {}
    numbers = itertools.count(1)

    async def make(request: Request) -> Response:
        try:
            sent = json.loads(await request.body(), parse_constant=int)
            title = sent["title"] if sent.keys() == {"title"} else None
        except (ValueError, KeyError, AttributeError, TypeError, RecursionError):
            title = None
        is_valid = isinstance(title, str) and 1 <= len(title) <= 40 and is_fine(request)
        if not is_valid or "json" not in request.headers.get("content-type", "").lower():
            return Response(status_code=422, headers=headers(request, 422))
        number = next(numbers)
        notes[number] = {"id": number, "title": title}
        return JSONResponse(notes[number], 201, headers(request, 201))

    async def read(request: Request) -> Response:
        text = request.path_params["id"].removeprefix("-")
        if not text.isdecimal() or not text.isascii() or not is_fine(request):
            return Response(status_code=422, headers=headers(request, 422))
        note = notes.get(int(request.path_params["id"]))
        return JSONResponse(note, 200 if note else 404, headers(request, 200 if note else 404))

    routes = [Route("/notes", make, methods=["POST"]), Route("/notes/{id}", read, methods=["GET"])]
    return Starlette(routes=routes)


def is_fine(request: Request) -> bool:
    units = [request.headers.get(name, "km") for name in NAMES[1:]]
    return len(request.headers.get("x-request-id", "")) <= 60 and {*units} <= {"km", "mi"}


def repeated(request: Request, status: int) -> dict[str, str]:
    """The id that was sent, if it is one, and what else was asked for."""
    sent = request.headers.get("x-request-id", "")
    is_id = len(sent) == 36 and sent.count("-") == 4
    told = {"X-Request-Id": sent if is_id else str(uuid.uuid4()), "X-Api-Version": "km"}
    return {**told, "X-Units": "mi" if request.headers.get("x-units") == "mi" else "km"}


def own(request: Request, status: int) -> dict[str, str]:
    return {**repeated(request, status), "X-Request-Id": str(uuid.uuid4())}


def constant(request: Request, status: int) -> dict[str, str]:
    return {**repeated(request, status), "X-Request-Id": request.headers.get("x-request-id", "request")[:60]}


def of_success(request: Request, status: int) -> dict[str, str]:
    return repeated(request, status) if status < 400 else own(request, status)


def without(request: Request, status: int) -> dict[str, str]:
    return {}


def kilometres(request: Request, status: int) -> dict[str, str]:
    return {**repeated(request, status), "X-Units": "km"}


@pytest.mark.parametrize(
    ("document", "reply", "told"),
    [
        (document(), repeated, ""),
        (
            document(),
            own,
            "was sent X-Request-Id: 5f0c2a34-7f0e-4d8b-9a3e-6c1d2b7e8f90 and answers with X-Request-Id: ",
        ),
        (document(), of_success, "POST /notes was sent X-Request-Id: 5f0c2a34-7f0e-4d8b-9a3e-6c1d2b7e8f90"),
        (document(), constant, "answers with X-Request-Id: request, which another answer had"),
        (document(), kilometres, "was sent X-Units: mi and answers with X-Units: km"),
        (document(), without, ""),
        (document(says="Echoed when sent"), without, "and answers with no X-Request-Id"),
        (document(asks=False), own, ""),
        (document(asks=False, says="Echoed when sent"), repeated, ""),
        (
            document(asks=False, info="Every answer has an X-Request-Id; one that is sent is used again."),
            own,
            "was sent",
        ),
        (document(says="Names an exchange; never used twice."), constant, "which another answer had"),
        (document(asks=False, says="Echoed when sent"), own, "was sent X-Request-Id: 5f0c2a34"),
    ],
)
def test_what_comes_back(document: dict[str, Any], reply: Reply, told: str, tmp_path: Path) -> None:
    bugs = bugs_of(build(reply), document, tmp_path)

    others = [bug for bug in bugs if told not in bug and "and answers with no X-Units" not in bug]
    assert (bool(bugs), others) == (bool(told), [])


@pytest.mark.parametrize(
    ("says", "told"),
    [
        ("Another one for every request.", "which another answer had"),
        ("Differs from request to request.", "which another answer had"),
        ("How many requests each account has left.", ""),
        ("The version.", ""),
    ],
)
def test_what_is_said_to_be_another_each_time(says: str, told: str, tmp_path: Path) -> None:
    def fixed(request: Request, status: int) -> dict[str, str]:
        return {"X-Trace": "1", **repeated(request, status)}

    changed = json.loads(json.dumps(document(asks=False)).replace('"X-Api-Version"', '"X-Trace"'))
    for path in changed["paths"].values():
        for operation in (held for method, held in path.items() if method != "parameters"):
            for response in operation["responses"].values():
                response["headers"]["X-Trace"] = {"description": says, "schema": {"type": "string"}}
    bugs = bugs_of(build(fixed), changed, tmp_path)

    assert (bool(bugs), [bug for bug in bugs if told not in bug]) == (bool(told), [])
