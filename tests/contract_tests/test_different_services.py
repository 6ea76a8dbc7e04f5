"""Correct services that are made otherwise than most are not accused by any sequence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from contract_tests.audit import Audit
from contract_tests.sequences import iter_sequences
from contract_tests.settings import parse_settings
from contract_tests.target import ASGIAdapter
from tests.services.moments import SHARED

LAG = 0.08
"""How old a copy is that is read from, in seconds."""

PERIOD = 3
"""Every so many requests a list is made anew."""

Books = dict[int, dict[str, Any]]

_ID = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}
_TITLE = {"title": {"type": "string", "maxLength": 40}, "pages": {"type": "integer", "minimum": 1}}
_SENT = {"type": "object", "required": ["title"], "properties": _TITLE}
_BOOK = {"type": "object", "required": ["id"], "properties": {"id": {"type": "integer"}, **_TITLE}}


def _body(schema: Any) -> dict[str, Any]:
    return {"content": {"application/json": {"schema": schema}}}


def _answers(**schemas: Any) -> dict[str, Any]:
    return {
        status.removeprefix("_"): {"description": "", **(_body(schema) if schema else {})}
        for status, schema in schemas.items()
    }


DOCUMENT = {
    "openapi": "3.1.0",
    "info": {"title": "Books", "version": "1"},
    "paths": {
        "/books": {
            "get": {"responses": _answers(_200={"type": "array", "items": _BOOK})},
            "post": {"requestBody": {"required": True, **_body(_SENT)}, "responses": _answers(_201=_BOOK, _422=None)},
        },
        "/books/{id}": {
            "parameters": [_ID],
            "get": {"responses": _answers(_200=_BOOK, _404=None)},
            "put": {
                "requestBody": {"required": True, **_body(_SENT)},
                "responses": _answers(_200=_BOOK, _404=None, _422=None),
            },
            "delete": {"responses": _answers(_204=None, _404=None)},
        },
    },
}


class Shelf:
    """Books, and how they were at each moment: reads may be of a copy that lags, lists of one made now and then."""

    def __init__(self, *, listed: int | None = None, reads_lag: bool = False, reuses_ids: bool = False) -> None:
        self.listed, self.reads_lag, self.reuses_ids = listed, reads_lag, reuses_ids
        self.list: Books = {}
        self.past: list[tuple[float, Books]] = [(0.0, {})]
        self.highest = 0

    @property
    def now(self) -> Books:
        return self.past[-1][1]

    def write(self, books: Books) -> None:
        self.past.append((SHARED.now(), books))

    def read(self) -> Books:
        limit = SHARED.now() - (LAG if self.reads_lag else 0)
        return next(books for moment, books in reversed(self.past) if moment <= limit)

    def read_all(self) -> Books:
        if self.listed is None:
            return self.now
        self.listed += 1
        if self.listed % PERIOD == 0:
            self.list = self.now
        return self.list

    def free_id(self) -> int:
        self.highest += 1
        if not self.reuses_ids:
            return self.highest
        return next(number for number in range(1, self.highest + 1) if number not in self.now)

    async def body(self, request: Request) -> dict[str, Any] | None:
        try:
            value = json.loads(await request.body())
        except ValueError:
            return None
        is_book = isinstance(value, dict) and isinstance(value.get("title"), str) and len(value["title"]) <= 40
        if not is_book or (type(value.get("pages", 1)) is not int or value.get("pages", 1) < 1):
            return None
        return {name: value[name] for name in _TITLE if name in value}

    async def all(self, request: Request) -> Response:
        if request.method in {"GET", "HEAD"}:
            return JSONResponse([*self.read_all().values()])
        sent = await self.body(request)
        if sent is None:
            return Response(status_code=422)
        number = self.free_id()
        self.write({**self.now, number: {"id": number, **sent}})
        return JSONResponse(self.now[number], 201)

    async def one(self, request: Request) -> Response:
        number = request.path_params["id"]
        if request.method in {"GET", "HEAD"}:
            book = self.read().get(number)
            return JSONResponse(book) if book else Response(status_code=404)
        sent = await self.body(request) if request.method == "PUT" else {}
        if sent is None or number not in self.now:
            return Response(status_code=422 if sent is None else 404)
        if request.method == "DELETE":
            self.write({key: book for key, book in self.now.items() if key != number})
            return Response(status_code=204)
        self.write({**self.now, number: {"id": number, **sent}})
        return JSONResponse(self.now[number])

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/books", self.all, methods=["GET", "POST"]),
                Route("/books/{id:int}", self.one, methods=["GET", "PUT", "DELETE"]),
            ]
        )


def judge(tmp_path: Path, shelf: Shelf) -> dict[str, list[str]]:
    """What each sequence says of a shelf."""
    spec = tmp_path / "spec.json"
    spec.write_text(json.dumps(DOCUMENT))
    audit = Audit(parse_settings(spec=str(spec), base_url="http://127.0.0.1:4010"), SHARED)
    adapter = ASGIAdapter(shelf.app())
    audit.restart(adapter)
    try:
        found = {s.id: list(s.run(audit.session, s.resource)) for s in iter_sequences(audit.contract)}
    finally:
        adapter.close()
    return {title: [finding.sentence for finding in told] for title, told in found.items() if told}


@pytest.mark.parametrize(
    "options",
    [{"reads_lag": True}, {"reuses_ids": True}, *({"listed": start} for start in range(PERIOD))],
    ids=lambda options: " ".join(f"{name}={value}" for name, value in options.items()),
)
def test_no_sequence_speaks_of_what_is_merely_different(options: dict[str, Any], tmp_path: Path) -> None:
    assert judge(tmp_path, Shelf(**options)) == {}
