"""What names another thing names one that exists: services refuse anything else, and nothing further would be seen."""

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

from contract_tests.contract import Contract
from contract_tests.references import find_references
from contract_tests.resources import find_elsewhere, iter_resources
from contract_tests.settings import parse_settings
from contract_tests.target import ASGIAdapter
from mockserver import load_spec
from tests.services.judging import Judge
from tests.services.pinboard import CONTRACT as PINBOARD

NUMBER, TEXT = {"type": "integer"}, {"type": "string", "maxLength": 40}


def body(schema: dict[str, Any]) -> dict[str, Any]:
    return {"content": {"application/json": {"schema": schema}}}


def document(properties: dict[str, Any], *, path: str = "/authors/{id}", key: Any = NUMBER) -> dict[str, Any]:
    """Authors, and books that name some."""
    author = {"type": "object", "required": ["name"], "properties": {"name": TEXT}}
    book = {"type": "object", "required": [*properties], "properties": properties}
    refused = {"422": {"description": "not valid, or names nothing"}}

    def post(schema: dict[str, Any]) -> dict[str, Any]:
        told = {**schema, "properties": {**schema["properties"], "id": {}}}
        return {
            "requestBody": {"required": True, **body(schema)},
            "responses": {"201": {"description": "made", **body(told)}, **refused},
        }

    def get(name: str, key: Any, schema: dict[str, Any]) -> dict[str, Any]:
        responses = {"200": {"description": "this", **body(schema)}, "404": {"description": "none"}, **refused}
        parameter = {"name": name, "in": "path", "required": True, "schema": key}
        return {"parameters": [parameter], "get": {"responses": responses}}

    collection, _, last = path.rpartition("/")
    paths = {
        collection: {"post": post(author)},
        path: get(last.strip("{}"), key, author),
        "/books": {"post": post(book)},
        "/books/{id}": get("id", NUMBER, book),
    }
    return {"openapi": "3.1.0", "info": {"title": "Books", "version": "1"}, "paths": paths}


UUID = {"type": "string", "format": "uuid"}


@pytest.mark.parametrize(
    ("properties", "path", "key", "found"),
    [
        ({"author_id": NUMBER}, "/authors/{id}", NUMBER, {"author_id"}),
        ({"authorId": NUMBER}, "/v1/authors/{author_id}", NUMBER, {"authorId"}),
        ({"author": NUMBER}, "/authors/{id}", NUMBER, {"author"}),
        ({"author": UUID}, "/authors/{id}", UUID, {"author"}),
        ({"author": TEXT}, "/authors/{id}", TEXT, set()),  # may be a name
        ({"author_id": {"type": ["string", "null"]}}, "/authors/{id}", TEXT, {"author_id"}),
        ({"category_id": TEXT}, "/categories/{id}", TEXT, {"category_id"}),
        ({"box_ref": TEXT}, "/boxes/{key}", TEXT, {"box_ref"}),
        ({"isbn": TEXT}, "/authors/{isbn_number}", TEXT, set()),
        (
            {"lines": {"type": "array", "items": {"type": "object", "properties": {"author_id": NUMBER}}}},
            "/authors/{id}",
            NUMBER,
            {"author_id"},
        ),
        ({"author_id": {"enum": [1, 2]}}, "/authors/{id}", NUMBER, set()),
        ({"author_id": {"type": "boolean"}}, "/authors/{id}", NUMBER, set()),
    ],
)
def test_what_names_another_thing(properties: dict[str, Any], path: str, key: Any, found: set[str]) -> None:
    contract = Contract(load_spec(document(properties, path=path, key=key)))
    operation = contract.by_label["POST /books"]

    assert {*find_references(contract, iter_resources(contract), operation)} == found


def test_what_names_another_thing_of_its_kind_or_what_is_put_into_one() -> None:
    contract = Contract(load_spec(PINBOARD))
    resources = tuple(iter_resources(contract))
    found = {
        str(operation): {name: str(each.resource) for name, each in references.items()}
        for operation in contract.operations
        if (references := find_references(contract, resources, operation))
    }
    board, board_id = {"parent_id": "/boards/{board_id}"}, {"board_id": "/boards/{board_id}"}

    assert found == {
        "GET /boards": board,
        "POST /boards": board,
        "PUT /boards/{board_id}": board,
        "PATCH /boards/{board_id}": board,
        "POST /boards/{board_id}/merge": {"duplicate_id": "/boards/{board_id}"},
        "POST /boards/{board_id}/pins": {"key": "/pins/{key}"},
        "POST /meetings": board_id,
    }


def test_what_is_named_where_it_has_no_path_of_its_own() -> None:
    contract = Contract(load_spec(PINBOARD))
    found = find_elsewhere(contract, tuple(iter_resources(contract)))

    assert {item: str(resource) for item, resource in found.items()} == {
        "/notes/{note_id}": "/boards/{board_id}/notes/{id}"
    }


def build(*, trims: bool) -> Starlette:
    """A service that refuses a book by somebody it does not know."""
    authors: dict[int, Any] = {}
    books: dict[int, Any] = {}
    numbers = itertools.count(41)

    async def make(request: Request) -> Response:
        things, is_book = (books, True) if request.url.path == "/books" else (authors, False)
        try:
            sent = json.loads(await request.body(), parse_constant=int)
            text = sent["title" if is_book else "name"]
            is_known = not is_book or (type(sent["author_id"]) is int and sent["author_id"] in authors)
            is_valid = isinstance(text, str) and len(text) <= 40 and is_known
        except (ValueError, KeyError, TypeError, RecursionError):
            is_valid = False
        if not is_valid or "json" not in request.headers.get("content-type", ""):
            return Response(status_code=422)
        if is_book and trims:
            sent["title"] = sent["title"].strip()
        number = next(numbers)
        things[number] = {**sent, "id": number}
        return JSONResponse(things[number], 201)

    async def read(request: Request) -> Response:
        things, text = books if request.url.path.startswith("/books") else authors, request.path_params["id"]
        if not text.removeprefix("-").isdecimal() or not text.isascii():
            return Response(status_code=422)
        found = things.get(int(text))
        return Response(status_code=404) if found is None else JSONResponse(found)

    ways = [("/books", make, ["POST"]), ("/authors", make, ["POST"])]
    ways += [("/books/{id}", read, ["GET"]), ("/authors/{id}", read, ["GET"])]
    return Starlette(routes=[Route(path, endpoint, methods=methods) for path, endpoint, methods in ways])


@pytest.mark.parametrize("trims", [False, True])
def test_books_are_made_by_authors_who_exist(trims: bool, tmp_path: Path) -> None:
    (tmp_path / "openapi.json").write_text(json.dumps(document({"title": TEXT, "author_id": NUMBER})))
    settings = parse_settings(spec=str(tmp_path / "openapi.json"), base_url="http://127.0.0.1:4010")

    bugs = Judge(settings, examples=20).judge(ASGIAdapter(build(trims=trims)), until=lambda _: False).bugs

    assert [bug for bug in bugs if "was sent title=" not in bug] == []
    assert any('was sent title=" padded " and answers with "padded"' in bug for bug in bugs) is trims
