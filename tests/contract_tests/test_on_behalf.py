"""What only words tell: readers who may not write, tables as bodies, spans of days, parts of lists."""

from __future__ import annotations

import csv
import io
import itertools
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from contract_tests.contract import Contract
from contract_tests.resources import is_on_behalf
from mockserver import load_spec
from tests.contract_tests.small_services import bugs_of

TITLE = {"type": "string", "minLength": 1, "maxLength": 40}
SENT: Any = {"type": "object", "required": ["title"], "additionalProperties": False, "properties": {"title": TITLE}}
SHOWN: Any = {**SENT, "required": ["id", "title"], "properties": {"id": {"type": "integer"}, "title": TITLE}}
ACTOR = {"type": "string", "enum": ["ada", "ben"], "default": "ada"}
SAID = "The member on whose behalf the request is made; ben may read."
TABLE = "A table with the header line `title,pages`; another one is answered 422."


def _json(schema: Any) -> dict[str, Any]:
    return {"content": {"application/json": {"schema": schema}}}


def document() -> dict[str, Any]:
    """Books, their import as a table, and the list of what was read in a span of days."""
    actor = {"name": "X-Acting-User", "in": "header", "schema": ACTOR, "description": SAID}
    part = {
        "type": "object",
        "required": ["items", "next"],
        "properties": {
            "items": {"type": "array", "items": SHOWN},
            "next": {
                "type": ["string", "null"],
                "description": "The path of the next part; null when this is the last.",
            },
        },
    }
    refused = {code: {"description": "No."} for code in ("400", "403", "415", "422")}
    numbers = {"type": "integer", "minimum": 0, "maximum": 9999}
    parts = [
        {"name": "limit", "in": "query", "schema": {**numbers, "minimum": 1, "maximum": 50, "default": 20}},
        {"name": "offset", "in": "query", "schema": {**numbers, "default": 0}},
    ]
    days = [{"name": name, "in": "query", "schema": {"type": "string", "format": "date"}} for name in ("from", "to")]
    table = {"text/csv": {"schema": {"type": "string"}, "example": "title,pages\r\nA book,12\r\n"}}
    identity = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}
    made = {"201": {"description": "Made.", **_json(SHOWN)}, **refused}
    paths = {
        "/books": {
            "parameters": [actor],
            "get": {"parameters": parts, "responses": {"200": {"description": "Some.", **_json(part)}, **refused}},
            "post": {"requestBody": {"required": True, **_json(SENT)}, "responses": made},
        },
        "/books/{id}": {
            "parameters": [actor, identity],
            "get": {
                "responses": {
                    "200": {"description": "It.", **_json(SHOWN)},
                    "404": {"description": "None."},
                    "422": {"description": "No."},
                }
            },
        },
        "/tables": {
            "post": {
                "description": TABLE,
                "requestBody": {"required": True, "content": table},
                "responses": {
                    "204": {"description": "Done."},
                    "415": {"description": "No."},
                    "422": {"description": "No."},
                },
            },
        },
        "/days": {
            "get": {
                "parameters": days,
                "responses": {
                    "200": {"description": "Days.", **_json({"type": "array"})},
                    "422": {"description": "No."},
                },
            },
        },
    }
    return {"openapi": "3.1.0", "info": {"title": "Books", "version": "1"}, "paths": paths}


def build() -> Starlette:
    """Books, which only ada adds."""
    books: list[dict[str, Any]] = []
    numbers = itertools.count(1)

    def number(request: Request, name: str, default: int, low: int, high: int) -> int:
        text = request.query_params.get(name, str(default))
        if len(request.query_params.getlist(name)) > 1 or not text.isascii() or not text.isdecimal() or len(text) > 6:
            raise ValueError
        if not low <= int(text) <= high:
            raise ValueError
        return int(text)

    async def all_books(request: Request) -> Response:
        actor = request.headers.get("x-acting-user", "ada")
        if actor not in {"ada", "ben"}:
            return Response(status_code=422)
        if request.method == "GET":
            try:
                size, start = number(request, "limit", 20, 1, 50), number(request, "offset", 0, 0, 9999)
            except ValueError:
                return Response(status_code=422)
            following = f"/books?limit={size}&offset={start + size}" if start + size < len(books) else None
            return JSONResponse({"items": books[start : start + size], "next": following})
        if actor != "ada":
            return Response(status_code=403)
        if "json" not in request.headers.get("content-type", "").lower():
            return Response(status_code=415)
        try:
            sent = json.loads(await request.body(), parse_constant=int)
        except (ValueError, TypeError, RecursionError):
            return Response(status_code=400)
        title = sent.get("title") if isinstance(sent, dict) and sent.keys() == {"title"} else None
        if not isinstance(title, str) or not 1 <= len(title) <= 40:
            return Response(status_code=422)
        books.append({"id": next(numbers), "title": title})
        return JSONResponse(books[-1], 201)

    async def one_book(request: Request) -> Response:
        if request.headers.get("x-acting-user", "ada") not in {"ada", "ben"}:
            return Response(status_code=422)
        found = [book for book in books if str(book["id"]) == request.path_params["id"]]
        return JSONResponse(found[0]) if found else Response(status_code=404)

    async def table(request: Request) -> Response:
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "text/csv":
            return Response(status_code=415)
        try:
            rows = list(csv.reader(io.StringIO((await request.body()).decode())))
        except (ValueError, csv.Error):
            return Response(status_code=422)
        return Response(status_code=204 if rows[:1] == [["title", "pages"]] else 422)

    async def days(request: Request) -> Response:
        try:
            texts = [request.query_params.get(name, "2024-05-01") for name in ("from", "to")]
            first, last = (date.fromisoformat(text) for text in texts if len(text) == 10 and text[4] == "-")
        except ValueError:
            return Response(status_code=422)
        return JSONResponse([]) if first <= last else Response(status_code=422)

    return Starlette(
        routes=[
            Route("/books", all_books, methods=["GET", "POST"]),
            Route("/books/{id}", one_book, methods=["GET"]),
            Route("/tables", table, methods=["POST"]),
            Route("/days", days, methods=["GET"]),
        ]
    )


def test_what_only_words_tell_is_no_fault(tmp_path: Path) -> None:
    assert bugs_of(build(), document(), tmp_path) == ()


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ((), False),
        ((("X-Acting-User", "ada"),), False),
        ((("x-acting-user", "ben"),), True),
        ((("Other", "ben"),), False),
    ],
)
def test_a_header_says_on_whose_behalf(headers: tuple[tuple[str, str], ...], expected: bool) -> None:
    contract = Contract(load_spec(document()))

    assert is_on_behalf(contract.by_label["POST /books"], headers) is expected
