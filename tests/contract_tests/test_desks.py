"""A tenant that need not be named, a table as part of a form, and a number that is taken for a smaller one."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from starlette.applications import Starlette
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from contract_tests.settings import parse_settings
from contract_tests.target import ASGIAdapter
from tests.services.judging import Judge

# Starlette leaves the file of a form open that it cannot read.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

DESK = {
    "name": "Desk",
    "in": "header",
    "description": "The desk to work in. What lies on another desk is not found.",
    "schema": {"type": "string", "pattern": "^[a-z]{2,8}$", "default": "main"},
}
CARD_ID = {"name": "card_id", "in": "path", "required": True, "schema": {"type": "string", "maxLength": 20}}
POSITION = {"type": "integer", "minimum": 0, "maximum": 99, "description": "Beyond the end it is the last."}
CARD_IN: dict[str, Any] = {
    "type": "object",
    "required": ["title"],
    "additionalProperties": False,
    "properties": {"title": {"type": "string", "minLength": 1, "maxLength": 30}, "position": POSITION},
}
PLACE = {"type": "integer", "minimum": 0}
CARD = {**CARD_IN, "properties": {"id": {"type": "string"}, **CARD_IN["properties"], "position": PLACE}}
TABLE = {
    "schema": {
        "type": "object",
        "required": ["file"],
        "additionalProperties": False,
        "properties": {"file": {"type": "string", "description": "A table in UTF-8."}},
    },
    "encoding": {"file": {"contentType": "text/csv"}},
}


def content(schema: Any) -> dict[str, Any]:
    return {"content": {"application/json": {"schema": schema}}}


def document() -> dict[str, Any]:
    refused = {"422": {"description": "Not valid."}}
    missing = {**refused, "404": {"description": "There is none."}}
    added = {"type": "object", "required": ["count"], "properties": {"count": {"type": "integer", "minimum": 1}}}
    paths = {
        "/cards": {
            "parameters": [DESK],
            "post": {
                "requestBody": {"required": True, **content(CARD_IN)},
                "responses": {"201": {"description": "Made.", **content(CARD)}, **refused},
            },
            "get": {
                "responses": {"200": {"description": "All.", **content({"type": "array", "items": CARD})}, **refused}
            },
        },
        "/cards/{card_id}": {
            "parameters": [DESK, CARD_ID],
            "get": {"responses": {"200": {"description": "It.", **content(CARD)}, **missing}},
            "delete": {"responses": {"204": {"description": "Gone."}, **missing}},
        },
        "/imports": {
            "parameters": [DESK],
            "post": {
                "description": "The first line is `title,position`, and at least one other follows.",
                "requestBody": {"required": True, "content": {"multipart/form-data": TABLE}},
                "responses": {"200": {"description": "Added.", **content(added)}, **refused},
            },
        },
    }
    return {"openapi": "3.1.0", "info": {"title": "Desks", "version": "1"}, "paths": paths}


class Refused(Exception):
    """A request that is answered with a status and nothing else."""


class Desks:
    def __init__(self, fault: str) -> None:
        self.fault = fault
        self.cards: dict[str, list[dict[str, Any]]] = {}
        self.made = 0
        self.is_valid = jsonschema_rs.Draft202012Validator(CARD_IN).is_valid

    def desk(self, request: Request) -> list[dict[str, Any]]:
        name = request.headers.get("desk", "main")
        if not re.fullmatch("[a-z]{2,8}", name):
            raise Refused(422)
        return self.cards.setdefault("all" if self.fault == "desks see each other" else name, [])

    async def collection(self, request: Request) -> Response:
        desk = self.desk(request)
        if request.method == "GET":
            return JSONResponse([self.shown(desk, card) for card in desk])
        try:
            sent = json.loads(await request.body())
        except (ValueError, RecursionError):
            raise Refused(422) from None
        if not request.headers.get("content-type", "").startswith("application/json") or not self.is_valid(sent):
            raise Refused(422)
        position = int(min(sent.get("position", len(desk)), len(desk)))
        self.made += 1
        desk.insert(position, {"id": f"card-{self.made}", "title": sent["title"]})
        return JSONResponse(self.shown(desk, desk[position]), 201)

    def shown(self, desk: list[dict[str, Any]], card: dict[str, Any]) -> dict[str, Any]:
        return {**card, "position": desk.index(card)}

    async def item(self, request: Request) -> Response:
        desk = self.desk(request)
        found = next((card for card in desk if card["id"] == request.path_params["card_id"]), None)
        if found is None:
            raise Refused(404 if len(request.path_params["card_id"]) <= 20 else 422)
        if request.method == "DELETE":
            desk.remove(found)
            return Response(status_code=204)
        return JSONResponse(self.shown(desk, found))

    async def imports(self, request: Request) -> Response:
        self.desk(request)
        if "boundary=" not in request.headers.get("content-type", ""):
            raise Refused(422)
        async with request.form() as form:
            file = form.get("file")
            if not isinstance(file, UploadFile) or file.content_type != "text/csv" or set(form) != {"file"}:
                raise Refused(422)
            try:
                lines = (await file.read()).decode().splitlines()
            except ValueError:
                raise Refused(422) from None
        if len(lines) < 2 or lines[0] != "title,position":
            raise Refused(422)
        return JSONResponse({"count": 0 if self.fault == "nothing is added" else len(lines) - 1})

    def app(self) -> Starlette:
        routes = [
            Route("/cards", self.collection, methods=["GET", "POST"]),
            Route("/cards/{card_id}", self.item, methods=["GET", "DELETE"]),
            Route("/imports", self.imports, methods=["POST"]),
        ]
        return Starlette(
            routes=routes,
            exception_handlers={
                Refused: lambda _, error: Response(status_code=error.args[0]),
                Exception: lambda *_: Response(status_code=422),
            },
        )


def judged(folder: Path, fault: str) -> list[str]:
    spec = folder / "openapi.json"
    spec.write_text(json.dumps(document()))
    judge = Judge(parse_settings(spec=str(spec), base_url="http://127.0.0.1:4010"), 5)
    return list(judge.judge(ASGIAdapter(Desks(fault).app())).bugs)


def test_a_service_that_heeds_what_is_said_is_told_of_nothing(tmp_path: Path) -> None:
    assert judged(tmp_path, "") == []


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("desks see each other", "shows or changes for Desk: ab what Desk: main made"),
        ("nothing is added", "POST /imports: the 200 answer to .*count"),
    ],
)
def test_who_does_not_is_told(tmp_path: Path, fault: str, words: str) -> None:
    bugs = judged(tmp_path, fault)

    assert [bug for bug in bugs if re.search(words, bug)], bugs
