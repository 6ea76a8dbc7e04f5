"""What a document shows of the FastAPI that emitted it, and what is made of schemas that FastAPI would not emit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI

from mockserver import Headers, MockEngine, Request, load_spec
from mockserver.errors import SpecError
from mockserver.lint import iter_findings
from mockserver.types import JSON
from mockserver.validation.fastapi_habits import infer_version
from tests.mockserver.conftest import document
from tests.parity.answers import VERSION, version_to_say

COMPONENT = {
    "HTTPValidationError": {
        "type": "object",
        "properties": {"detail": {"type": "array", "items": {"$ref": "#/components/schemas/ValidationError"}}},
    },
}
ERROR = {"loc": {"type": "array"}, "msg": {"type": "string"}, "type": {"type": "string"}}


def fastapi_document(operation: dict[str, Any], **error: Any) -> dict[str, Any]:
    """A document with FastAPI's error component."""
    schemas = {**COMPONENT, "ValidationError": {"type": "object", "properties": {**ERROR, **error}}}
    answers = {"responses": {"200": {"description": "Successful Response"}, "422": {"description": "Validation Error"}}}
    return document({"/items": {"post": {**answers, **operation}}}, components={"schemas": schemas})


def errors_of(contract: dict[str, Any], request: Request, **options: Any) -> JSON:
    reply = MockEngine(load_spec(contract), **options).handle(request)
    return json.loads(reply.body)["detail"] if reply.status == 422 else reply.status


@pytest.mark.parametrize(
    ("contract", "version"),
    [
        (fastapi_document({}), (0, 128)),
        (fastapi_document({}, input={}), (0, 165)),
        (fastapi_document({}, ctx={"type": "object"}), (0, 165)),
        (document({"/": {"get": {"responses": {}}}}), (0, 128)),
    ],
    ids=["three fields", "input", "ctx", "no error component"],
)
def test_the_error_component_tells_the_version(contract: dict[str, Any], version: tuple[int, int]) -> None:
    assert infer_version(load_spec(contract).document) == version


@pytest.mark.skipif(VERSION < (0, 122), reason="documents are the same from 0.115 to 0.128; the newer is assumed")
def test_the_installed_fastapi_is_recognized_by_its_documents() -> None:
    app = FastAPI()

    @app.get("/items/{number}")
    def read(number: int) -> None: ...

    assert version_to_say(app.openapi()) is None


OPERATION = {
    "operationId": "read_items_items__number__get",
    "responses": {"200": {"description": "Successful Response"}},
}


@pytest.mark.parametrize(
    ("operation", "is_fastapi"),
    [
        (OPERATION, True),
        ({**OPERATION, "operationId": "readItems"}, False),
        ({**OPERATION, "responses": {"200": {"description": "ok"}}}, False),
        ({"operationId": 5, "responses": {}}, False),
    ],
    ids=["named by FastAPI", "another name", "another description", "no name"],
)
def test_operations_named_as_fastapi_names_them_are_fastapi_s(operation: dict[str, Any], is_fastapi: bool) -> None:
    assert load_spec(document({"/items/{number}": {"get": operation}})).is_fastapi is is_fastapi


@pytest.mark.parametrize(
    ("schema", "sent", "wrong"),
    [
        ({"type": "integer", "minimum": "one"}, "x", "int_parsing"),
        ({"type": "integer", "multipleOf": 0}, "x", "int_parsing"),
        ({"type": "array", "items": {"type": "integer"}, "minItems": -1}, "x", "int_parsing"),
    ],
    ids=["a bound that is no number", "multiples of nothing", "less than nothing"],
)
def test_an_illegal_keyword_is_ignored_and_the_rest_is_validated(schema: Any, sent: str, wrong: str) -> None:
    parameter = {"name": "q", "in": "query", "required": True, "schema": schema}
    contract = fastapi_document({"parameters": [parameter]})
    assert [error["type"] for error in errors_of(contract, Request("POST", "/items", f"q={sent}"))] == [wrong]
    body = {"content": {"application/json": {"schema": {"type": "object", "properties": {"q": schema}}}}}
    request = Request("POST", "/items", "", Headers([(b"content-type", b"application/json")]), b'{"q": ["x"]}')
    assert errors_of(fastapi_document({"requestBody": body}), request) != 501


HEADERS = [
    {"name": "x-tag", "in": "header", "required": True, "schema": {"type": "integer", "title": "X Tag"}},
    {"name": "plain", "in": "header", "required": False, "schema": {"type": "string", "title": "Plain"}},
]
SENT = Headers([(b"host", b"h"), (b"plain", b"p")])


@pytest.mark.parametrize(
    ("title", "version", "loc", "given"),
    [
        ("X-Tag", (0, 128), "x-tag", None),
        ("X Tag", (0, 128), "x_tag", {"plain": "p", "host": "h"}),
        ("X Tag", (0, 165), "x-tag", {"plain": "p", "host": "h"}),
    ],
    ids=["single headers", "a model, located by field", "a model, located by header"],
)
def test_the_title_of_a_header_tells_a_model_from_single_headers(
    title: str, version: tuple[int, int], loc: str, given: JSON
) -> None:
    tag = {**HEADERS[0], "schema": {"type": "integer", "title": title}}
    contract = fastapi_document({"parameters": [tag, HEADERS[1]]})
    assert errors_of(contract, Request("POST", "/items", "", SENT), fastapi_version=version) == [
        {"type": "missing", "loc": ["header", loc], "msg": "Field required", "input": given}
    ]


@pytest.mark.parametrize(("security", "status"), [([{"key": []}], 401), ([{"key": []}, {}], 200)])
def test_an_empty_alternative_makes_credentials_optional(security: JSON, status: int) -> None:
    contract = fastapi_document({"security": security})
    contract["components"]["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
    assert MockEngine(load_spec(contract)).handle(Request("POST", "/items")).status == status


FORMS = ["multipart/form-data", "application/x-www-form-urlencoded"]
STRANGE: list[JSON] = [
    True,
    {"allOf": [True]},
    {"properties": {"a": True}},
    {"oneOf": [{"type": "null"}]},
    {"anyOf": []},
]


@pytest.mark.parametrize("media_type", [*FORMS, "application/json"])
@pytest.mark.parametrize("schema", STRANGE, ids=str)
@pytest.mark.parametrize("component", ["Body_x", "Model"])
def test_a_schema_that_fastapi_would_not_write_is_answered_all_the_same(
    component: str, schema: JSON, media_type: str
) -> None:
    body = {"content": {media_type: {"schema": {"$ref": f"#/components/schemas/{component}"}}}}
    contract = fastapi_document({"requestBody": body})
    contract["components"]["schemas"][component] = schema
    headers = Headers([(b"content-type", f"{media_type}; boundary=b".encode())])
    reply = MockEngine(load_spec(contract)).handle(Request("POST", "/items", "", headers, b"a=1"))
    assert reply.status in (200, 400, 422)


def test_the_number_of_files_is_bounded() -> None:
    """Each of them is a file, and there are not too many."""
    files = {"type": "array", "items": {"type": "string", "format": "binary"}, "maxItems": 1}
    schema = {"type": "object", "properties": {"files": files}, "required": ["files"]}
    body = {"content": {FORMS[0]: {"schema": {"$ref": "#/components/schemas/Body_x"}}}}
    contract = fastapi_document({"requestBody": body})
    contract["components"]["schemas"]["Body_x"] = schema
    part = b'--b\r\nContent-Disposition: form-data; name="files"; filename="f"\r\n\r\nx\r\n'
    headers = Headers([(b"content-type", b"multipart/form-data; boundary=b")])
    texts = part.replace(b'; filename="f"', b"") + b"--b--\r\n"
    found = errors_of(contract, Request("POST", "/items", "", headers, texts))
    assert [(error["type"], error["loc"]) for error in found] == [("value_error", ["body", "files", 0])]
    found = errors_of(contract, Request("POST", "/items", "", headers, part + part + b"--b--\r\n"))
    assert [(error["type"], error["loc"]) for error in found] == [("too_long", ["body", "files"])]


QUERY = {"parameters": [{"name": "q", "in": "query", "required": True, "schema": {"type": "integer"}}]}


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ({"query": "forbidden"}, "`query: forbidden` says nothing of parameters"),
        ({"path": "forbid"}, "`path: forbid` says nothing of parameters"),
        ({"dependencies": ["p"]}, "`dependencies` is no list of names of parameters of the operation"),
        ({"dependencies": "q"}, "`dependencies` is no list of names of parameters of the operation"),
        ("forbid", "is no object"),
    ],
    ids=str,
)
def test_an_extension_that_says_nothing_is_found(said: JSON, problem: str) -> None:
    contract = fastapi_document({**QUERY, "x-mock-parameters": said})
    errors = [finding for finding in iter_findings(load_spec(contract)) if finding.severity == "error"]
    assert [(error.pointer, error.problem) for error in errors] == [("#/paths/~1items/post/x-mock-parameters", problem)]


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ({"redirect_slash": False}, "`redirect_slash` is no setting"),
        ({"redirect_slashes": "no"}, "`redirect_slashes` is neither true nor false"),
        ({"version": "newest"}, "`version` is no version of FastAPI: newest"),
        ([], "is no object of settings"),
    ],
    ids=str,
)
def test_a_setting_that_there_is_not_stops_the_mock(said: JSON, problem: str) -> None:
    with pytest.raises(SpecError) as caught:
        MockEngine(load_spec({**fastapi_document({}), "x-mock-fastapi": said}))
    assert (caught.value.pointer, caught.value.problem) == ("#/x-mock-fastapi", problem)


def test_the_document_may_say_its_version() -> None:
    contract = {**fastapi_document({}, input={}), "x-mock-fastapi": {"version": "0.115.14"}}
    assert infer_version(load_spec(contract).document) == (0, 115)


MESSAGE = {"type": "object", "required": ["message"], "properties": {"message": {"type": "string"}}}
DETAILS = {"type": "object", "required": ["detail"], "properties": {"detail": {"type": "array", "items": {}}}}
MISSING = {"type": "missing", "loc": ["query", "q"], "msg": "Field required", "input": None}


@pytest.mark.parametrize(
    ("response", "body"),
    [
        ({"content": {"application/json": {"schema": MESSAGE}}}, {"message": "query.q: Field required"}),
        ({"content": {"application/json": {"schema": DETAILS}}}, {"detail": [MISSING]}),
        ({"content": {"application/json": {"schema": {}}}}, {"detail": [MISSING]}),
        ({}, {"detail": [MISSING]}),
    ],
    ids=["a form of its own", "FastAPI's form under another name", "any form", "no form"],
)
def test_a_422_that_a_route_declares_is_a_handler_s(response: dict[str, Any], body: JSON) -> None:
    """FastAPI documents its own where a route declares none."""
    contract = fastapi_document(QUERY)
    contract["paths"]["/items"]["post"]["responses"]["422"] |= response
    reply = MockEngine(load_spec(contract)).handle(Request("POST", "/items"))
    assert (reply.status, json.loads(reply.body)) == (422, body)


def test_the_documented_overlay_says_what_it_says(tmp_path: Path) -> None:
    text = (Path(__file__).parents[2] / "docs" / "fastapi.md").read_text()
    overlay = tmp_path / "overlay.yaml"
    overlay.write_text(text.partition("```yaml\n")[2].partition("```")[0])
    number = {"type": "integer", "default": 1}
    page = [{"name": name, "in": "query", "required": False, "schema": number} for name in ("skip", "limit")]
    contract = fastapi_document({}, input={})
    contract["paths"]["/items"]["get"] = {**contract["paths"]["/items"]["post"], "parameters": page}
    contract["components"]["securitySchemes"] = {"HTTPBearer": {"type": "http", "scheme": "bearer"}}
    spec = load_spec(contract, overlays=[overlay])
    assert [finding for finding in iter_findings(spec) if finding.severity == "error"] == []
    engine = MockEngine(spec)
    assert engine.handle(Request("GET", "/items/")).status == 404
    assert json.loads(engine.handle(Request("GET", "/items", "skip=1&page=2")).body)["detail"] == [
        {"type": "extra_forbidden", "loc": ["query", "page"], "msg": "Extra inputs are not permitted", "input": "2"}
    ]
