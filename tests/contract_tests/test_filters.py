"""Filters of a part of a text, of members of members, and ranges whose member only the description names."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.contract_tests.small_services import bugs_of

NAME, NUMBER = {"type": "string", "minLength": 3, "maxLength": 24}, {"type": "integer", "minimum": 1, "maximum": 90}
ADDRESS: Any = {
    "type": "object",
    "required": ["city"],
    "additionalProperties": False,
    "properties": {"city": {**NAME, "maxLength": 12}},
}
SENT: Any = {
    "type": "object",
    "required": ["name", "seat_count", "address"],
    "additionalProperties": False,
    "properties": {"name": NAME, "seat_count": NUMBER, "address": ADDRESS},
}
SHOWN: Any = {
    **SENT,
    "required": ["id", *SENT["required"]],
    "properties": {"id": {"type": "integer"}, **SENT["properties"]},
}
PAGE = 50
TEXT = {"type": "string"}

Room = dict[str, Any]
Test = Callable[[Room, str], bool]


def document(name: str, description: str = "", schema: Any = TEXT) -> dict[str, Any]:
    """Rooms, listed by pages, and one filter."""

    def body(schema: Any) -> dict[str, Any]:
        return {"content": {"application/json": {"schema": schema}}}

    def answer(schema: Any) -> dict[str, Any]:
        return {"description": "this", **body(schema)}

    refused = {"422": {"description": "not valid"}}
    query = [{"name": name, "in": "query", "description": description, "schema": schema}]
    query.append({"name": "offset", "in": "query", "schema": {"type": "integer", "minimum": 0, "maximum": 10**6}})
    query.append({"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": PAGE}})
    identity = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}
    listing = {"200": answer({"type": "array", "items": SHOWN}), **refused}
    made = {"201": answer(SHOWN), **refused}
    paths = {
        "/rooms": {
            "get": {"parameters": query, "responses": listing},
            "post": {"requestBody": {"required": True, **body(SENT)}, "responses": made},
        },
        "/rooms/{id}": {
            "parameters": [identity],
            "get": {"responses": {"200": answer(SHOWN), "404": {"description": "none"}, **refused}},
        },
    }
    return {"openapi": "3.1.0", "info": {"title": "Rooms", "version": "1"}, "paths": paths}


def is_name(value: Any, high: int) -> bool:
    return isinstance(value, str) and 3 <= len(value) <= high


def is_room(sent: Any) -> bool:
    return (
        isinstance(sent, dict)
        and sent.keys() == {"name", "seat_count", "address"}
        and is_name(sent["name"], 24)
        and type(sent["seat_count"]) in (int, float)
        and sent["seat_count"] == int(sent["seat_count"])
        and 1 <= sent["seat_count"] <= 90
        and isinstance(sent["address"], dict)
        and sent["address"].keys() == {"city"}
        and is_name(sent["address"]["city"], 12)
    )


def build(parameter: str, keeps: Test) -> Starlette:
    """A service that lists by its parameter what the test keeps."""
    rooms: dict[int, Room] = {}
    numbers = itertools.count(1)

    async def make(request: Request) -> Response:
        try:
            sent = json.loads(await request.body(), parse_constant=int)
        except (ValueError, RecursionError):
            sent = None
        if not is_room(sent) or "json" not in request.headers.get("content-type", ""):
            return Response(status_code=422)
        number = next(numbers)
        rooms[number] = {**sent, "id": number}
        return JSONResponse(rooms[number], 201)

    async def find(request: Request) -> Response:
        query = request.query_params
        first, size = query.get("offset", "0"), query.get("limit", "10")
        if not all(text.isdecimal() and text.isascii() for text in (first, size)):
            return Response(status_code=422)
        if int(first) > 10**6 or not 1 <= int(size) <= PAGE:
            return Response(status_code=422)
        try:
            kept = [room for room in rooms.values() if parameter not in query or keeps(room, query[parameter])]
        except ValueError:
            return Response(status_code=422)
        return JSONResponse(kept[int(first) : int(first) + int(size)])

    async def read(request: Request) -> Response:
        text = request.path_params["id"].removeprefix("-")
        if not text.isdecimal() or not text.isascii():
            return Response(status_code=422)
        room = rooms.get(int(request.path_params["id"]))
        return JSONResponse(room) if room else Response(status_code=404)

    async def rooms_of(request: Request) -> Response:
        return await (make if request.method == "POST" else find)(request)

    routes = [Route("/rooms", rooms_of, methods=["GET", "POST"]), Route("/rooms/{id}", read, methods=["GET"])]
    return Starlette(routes=routes)


def nothing(room: Room, text: str) -> bool:
    return True


def begins(room: Room, text: str) -> bool:
    return bool(room["name"].startswith(text))


def begins_in_any_case(room: Room, text: str) -> bool:
    return bool(room["name"].casefold().startswith(text.casefold()))


def holds(room: Room, text: str) -> bool:
    return text in room["name"]


def equals(room: Room, text: str) -> bool:
    return bool(room["name"] == text)


def is_in(room: Room, text: str) -> bool:
    return bool(room["address"]["city"] == text)


def counted(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 90:
        raise ValueError(text)
    return int(text)


def seats(room: Room, text: str) -> bool:
    return bool(room["seat_count"] >= counted(text))


def more_seats(room: Room, text: str) -> bool:
    return bool(room["seat_count"] > counted(text))


COUNT = {"type": "integer", "minimum": 1, "maximum": 90}
LEAST = "Those whose `seat_count` is at least this"


@pytest.mark.parametrize(
    ("document", "keeps", "told"),
    [
        (document("name_prefix"), begins, ""),
        (document("name_prefix"), begins_in_any_case, ""),
        (document("name_prefix"), nothing, "for name_prefix=.*, where it should keep what begins with it"),
        (document("name_prefix"), holds, "for name_prefix=.*, where it should keep what begins with it"),
        (document("name_prefix"), equals, "leaves out name=.* for name_prefix="),
        (document("name_prefix", "In any case"), begins, "leaves out name=.* for name_prefix="),
        (document("nameContains"), holds, ""),
        (document("nameContains"), begins, "leaves out name=.* for nameContains="),
        (document("name", "The name contains this"), holds, ""),
        (document("name", "The name contains this"), equals, "leaves out name=.* for name="),
        (document("name", "The beginning of the name"), begins, ""),
        (document("name", "The part of town that it is in"), equals, ""),
        (document("name", "What does not contain this"), nothing, ""),
        (document("name"), equals, ""),
        (document("name"), holds, ""),
        (document("city"), is_in, ""),
        (document("city"), nothing, "lists address.city=.* for city="),
        (document("address.city"), nothing, "lists address.city=.* for address.city="),
        (document("filter[address_city]"), nothing, r"lists address.city=.* for filter\[address_city\]="),
        (document("min", LEAST, COUNT), seats, ""),
        (document("min", LEAST, COUNT), more_seats, "leaves out seat_count=.* for min="),
        (document("min", "At least so many", COUNT), more_seats, ""),
    ],
)
def test_what_a_filter_keeps(document: dict[str, Any], keeps: Test, told: str, tmp_path: Path) -> None:
    name = document["paths"]["/rooms"]["get"]["parameters"][0]["name"]

    bugs = bugs_of(build(name, keeps), document, tmp_path)

    assert bool(bugs) == bool(told)
    assert not told or any(re.search(told, bug) for bug in bugs)
