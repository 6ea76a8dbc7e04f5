"""Parameters as their styles write them, in every place and shape."""

from __future__ import annotations

from typing import Any

import pytest

from mockserver import Headers, Request, load_spec
from mockserver.parameters import Decoder, RawParameters, parse_cookies, parse_query
from mockserver.types import ABSENT
from tests.mockserver.conftest import document

INTEGERS = {"type": "array", "items": {"type": "integer"}}
COLOR = {"type": "object", "properties": {"R": {"type": "integer"}, "G": {"type": "integer"}}}
FILTER = {
    "type": "object",
    "properties": {
        "age": {"type": "integer"},
        "tags": {"type": "array", "items": {"type": "string"}},
        "address": {"type": "object", "properties": {"zip": {"type": "integer"}}},
    },
}
JSON_CONTENT = {"content": {"application/json": {"schema": COLOR}}}
RGB = {"R": 100, "G": 200}


def decode(parameter: dict[str, Any], *, query: str = "", path: str = "", header: str = "", cookie: str = "") -> Any:
    """What a parameter called `p` is in a request."""
    required = {"required": True} if parameter["in"] == "path" else {}
    operation = {"parameters": [{"name": "p", **required, **parameter}], "responses": {}}
    spec = load_spec(document({"/{p}": {"get": operation}}))
    headers = [(name, value.encode()) for name, value in ((b"p", header), (b"cookie", cookie)) if value]
    raw = RawParameters(Request("GET", f"/{path}", query, Headers(headers)), {"p": path})
    return Decoder(spec.operations[0].parameters[0], spec.document).decode(raw)


def schema(node: Any, place: str, **style: Any) -> dict[str, Any]:
    return {"in": place, "schema": node, **style}


QUERY: dict[str, tuple[dict[str, Any], str, Any]] = {
    "integer": (schema({"type": "integer"}, "query"), "p=7", 7),
    "not an integer": (schema({"type": "integer"}, "query"), "p=7.5x", "7.5x"),
    "number": (schema({"type": "number"}, "query"), "p=7.5", 7.5),
    "boolean": (schema({"type": "boolean"}, "query"), "p=true", True),
    "boolean in other letters": (schema({"type": "boolean"}, "query"), "p=True", "True"),
    "string that looks like a number": (schema({"type": "string"}, "query"), "p=7", "7"),
    "integer or string": (schema({"anyOf": [{"type": "string"}, {"type": "integer"}]}, "query"), "p=7", 7),
    "null": (schema({"type": ["integer", "null"]}, "query"), "p=null", None),
    "last of several": (schema({"type": "integer"}, "query"), "p=1&p=2", 2),
    "absent": (schema({"type": "integer"}, "query"), "q=1", ABSENT),
    "empty": (schema({"type": "string"}, "query"), "p=", ""),
    "form, exploded": (schema(INTEGERS, "query"), "p=1&p=2", [1, 2]),
    "form, exploded, one": (schema(INTEGERS, "query"), "p=1", [1]),
    "form, not exploded": (schema(INTEGERS, "query", explode=False), "p=1,2", [1, 2]),
    "form, not exploded, encoded": (schema(INTEGERS, "query", explode=False), "p=1%2C2", [1, 2]),
    "form, not exploded, empty": (schema(INTEGERS, "query", explode=False), "p=", []),
    "space": (schema(INTEGERS, "query", style="spaceDelimited", explode=False), "p=1%202", [1, 2]),
    "pipe": (schema(INTEGERS, "query", style="pipeDelimited", explode=False), "p=1|2", [1, 2]),
    "object, exploded": (schema(COLOR, "query"), "R=100&G=200&other=1", RGB),
    "object, exploded, absent": (schema(COLOR, "query"), "other=1", ABSENT),
    "object, not exploded": (schema(COLOR, "query", explode=False), "p=R,100,G,200", RGB),
    "deepObject": (schema(COLOR, "query", style="deepObject"), "p[R]=100&p[G]=200&q[R]=1", RGB),
    "deepObject, encoded": (schema(COLOR, "query", style="deepObject"), "p%5BR%5D=100", {"R": 100}),
    "deepObject, nested": (
        schema(FILTER, "query", style="deepObject"),
        "p[address][zip]=7&p[tags]=a&p[tags]=b&p[age]=3",
        {"address": {"zip": 7}, "tags": ["a", "b"], "age": 3},
    ),
    "deepObject, array with brackets": (schema(FILTER, "query", style="deepObject"), "p[tags][]=a", {"tags": ["a"]}),
    "deepObject, contradictory": (
        schema(FILTER, "query", style="deepObject"), "p[age]=1&p[age][x]=2", {"age": 1},
    ),
    "deepObject, absent": (schema(FILTER, "query", style="deepObject"), "p=1", ABSENT),
    "content": ({"in": "query", **JSON_CONTENT}, "p=%7B%22R%22:1%7D", {"R": 1}),
}  # fmt: skip


@pytest.mark.parametrize(("parameter", "query", "value"), QUERY.values(), ids=QUERY)
def test_query_parameters(parameter: dict[str, Any], query: str, value: Any) -> None:
    """Each style and shape of OpenAPI's table."""
    assert decode(parameter, query=query) == value


PATH: dict[str, tuple[dict[str, Any], str, Any]] = {
    "simple": (schema({"type": "integer"}, "path"), "7", 7),
    "simple array": (schema(INTEGERS, "path"), "1,2", [1, 2]),
    "simple object": (schema(COLOR, "path"), "R,100,G,200", RGB),
    "simple object, exploded": (schema(COLOR, "path", explode=True), "R=100,G=200", RGB),
    "label": (schema({"type": "integer"}, "path", style="label"), ".7", 7),
    "label array": (schema(INTEGERS, "path", style="label"), ".1,2", [1, 2]),
    "label array, exploded": (schema(INTEGERS, "path", style="label", explode=True), ".1.2", [1, 2]),
    "label object": (schema(COLOR, "path", style="label"), ".R,100,G,200", RGB),
    "label object, exploded": (schema(COLOR, "path", style="label", explode=True), ".R=100.G=200", RGB),
    "matrix": (schema({"type": "integer"}, "path", style="matrix"), ";p=7", 7),
    "matrix array": (schema(INTEGERS, "path", style="matrix"), ";p=1,2", [1, 2]),
    "matrix array, exploded": (schema(INTEGERS, "path", style="matrix", explode=True), ";p=1;p=2", [1, 2]),
    "matrix object": (schema(COLOR, "path", style="matrix"), ";p=R,100,G,200", RGB),
    "matrix object, exploded": (schema(COLOR, "path", style="matrix", explode=True), ";R=100;G=200", RGB),
}


@pytest.mark.parametrize(("parameter", "path", "value"), PATH.values(), ids=PATH)
def test_path_parameters(parameter: dict[str, Any], path: str, value: Any) -> None:
    """Each style and shape of OpenAPI's table."""
    assert decode(parameter, path=path) == value


OTHERS: dict[str, tuple[dict[str, Any], dict[str, str], Any]] = {
    "header array": (schema(INTEGERS, "header"), {"header": "1, 2"}, [1, 2]),
    "header object": (schema(COLOR, "header"), {"header": "R,100,G,200"}, RGB),
    "header object, exploded": (schema(COLOR, "header", explode=True), {"header": "R=100,G=200"}, RGB),
    "header content": ({"in": "header", **JSON_CONTENT}, {"header": '{"R":1}'}, {"R": 1}),
    "cookie": (schema({"type": "integer"}, "cookie"), {"cookie": "a=b; p=7"}, 7),
    "cookie array": (schema(INTEGERS, "cookie", explode=False), {"cookie": "p=1,2"}, [1, 2]),
}


@pytest.mark.parametrize(("parameter", "sent", "value"), OTHERS.values(), ids=OTHERS)
def test_header_and_cookie_parameters(parameter: dict[str, Any], sent: dict[str, str], value: Any) -> None:
    """Each style and shape of OpenAPI's table."""
    assert decode(parameter, **sent) == value


def test_content_that_is_not_json_is_an_error() -> None:
    """Of the request, for the validator to report."""
    with pytest.raises(ValueError, match="Expecting"):
        decode({"in": "query", **JSON_CONTENT}, query="p={")


def test_references_lead_to_the_shape() -> None:
    """Also those that lead back to themselves."""
    node = {"$ref": "#/components/schemas/Loop"}
    loop = {"type": "object", "properties": {"next": node, "R": {"type": "integer"}}}
    operation = {"parameters": [{"name": "p", "in": "query", "schema": node}], "responses": {}}
    spec = load_spec(document({"/a": {"get": operation}}, components={"schemas": {"Loop": loop}}))
    decoder = Decoder(spec.operations[0].parameters[0], spec.document)
    assert decoder.decode(RawParameters(Request("GET", "/a", "R=1"), {})) == {"R": 1}


@pytest.mark.parametrize(
    ("query", "values"),
    [
        ("", {}),
        ("a=1&b=2", {"a": ["1"], "b": ["2"]}),
        ("a=1&a=2", {"a": ["1", "2"]}),
        ("a", {"a": [""]}),
        ("a=b=c&&", {"a": ["b=c"]}),
        ("=x", {"": ["x"]}),
        ("a+b=c%20d", {"a b": ["c d"]}),
        ("a=%", {"a": ["%"]}),
        ("a=%FF", {"a": ["\ufffd"]}),
    ],
)
def test_query_strings_are_read(query: str, values: dict[str, list[str]]) -> None:
    """As Starlette reads them."""
    assert parse_query(query) == values


@pytest.mark.parametrize(
    ("header", "values"),
    [
        ("a=b; c=d", {"a": "b", "c": "d"}),
        ("a=b;a=c", {"a": "c"}),
        ('a="x y"', {"a": "x y"}),
        ("alone", {"": "alone"}),
        ("a=b=c", {"a": "b=c"}),
        ("", {}),
    ],
)
def test_cookies_are_read(header: str, values: dict[str, str]) -> None:
    """As browsers write them."""
    assert parse_cookies(header) == values
