"""Error bodies in the form that the document declares: the conventions of the world, filled with what is wrong."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from mockserver import Headers, MockEngine, Reply, Request, load_spec
from mockserver.types import JSON
from tests.mockserver.conftest import document

TEXT = {"type": "string"}
NUMBER = {"type": "integer"}


def an_object(required: str = "", **properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": required.split()}


def a_list(item: Any) -> dict[str, Any]:
    return {"type": "array", "items": item}


ORDER = an_object("items", items=a_list(an_object("name", name=TEXT, count={"type": "integer", "minimum": 1})))
BODY = b'{"items":[{"name":"a"},{"name":5}]}'
SENTENCE = 'body.items[1].name: 5 is not of type "string"'
MESSAGE = '5 is not of type "string"'
FIELD = "items[1].name"

# The schema of the error, and what the answer to BODY is.
CONVENTIONS: dict[str, tuple[Any, JSON]] = {
    "RFC 9457": (
        an_object("title status", type={"type": "string", "format": "uri-reference"}, title=TEXT, status=NUMBER,
                  detail=TEXT, instance=TEXT),
        {"type": "about:blank", "title": "Bad Request", "status": 400, "detail": SENTENCE, "instance": "/orders"},
    ),
    "JSON:API": (
        an_object("errors", errors=a_list(an_object(
            status=TEXT, code=TEXT, title=TEXT, detail=TEXT,
            source=an_object(pointer=TEXT, parameter=TEXT, header=TEXT),
        ))),
        {"errors": [{"status": "400", "code": "type", "title": "Bad Request", "detail": MESSAGE,
                     "source": {"pointer": "/items/1/name"}}]},
    ),
    "Google": (
        an_object("error", error=an_object("code message", code=NUMBER, message=TEXT, status=TEXT, details=a_list(
            an_object("field", field=TEXT, description=TEXT),
        ))),
        {"error": {"code": 400, "message": SENTENCE, "status": "INVALID_ARGUMENT",
                   "details": [{"field": FIELD, "description": MESSAGE}]}},
    ),
    "Stripe": (
        an_object("error", error=an_object(
            "type", type={"enum": ["api_error", "card_error", "invalid_request_error"]}, code=TEXT, message=TEXT,
            param=TEXT,
        )),
        {"error": {"type": "invalid_request_error", "code": "validation_error", "message": SENTENCE, "param": FIELD}},
    ),
    "GitHub": (
        an_object("message", message=TEXT, errors=a_list(an_object(
            "field code", field=TEXT, code={"enum": ["missing", "missing_field", "invalid", "already_exists"]},
        )), documentation_url={"type": "string", "const": "https://docs.example.com"}),
        {"message": SENTENCE, "errors": [{"field": FIELD, "code": "invalid"}],
         "documentation_url": "https://docs.example.com"},
    ),
    "Spring": (
        an_object("status", timestamp={"const": "2024-01-01T00:00:00Z", "type": "string"}, status=NUMBER, error=TEXT,
                  path=TEXT, message=TEXT),
        {"timestamp": "2024-01-01T00:00:00Z", "status": 400, "error": "Bad Request", "path": "/orders",
         "message": SENTENCE},
    ),
    "Azure": (
        an_object("error", error=an_object("code message", code={**TEXT, "example": "BadArgument"}, message=TEXT,
                  target=TEXT, details=a_list(an_object(code={**TEXT, "example": "BadArgument"}, message=TEXT,
                                                        target=TEXT)))),
        {"error": {"code": "ValidationError", "message": SENTENCE, "target": FIELD,
                   "details": [{"code": "Type", "message": MESSAGE, "target": FIELD}]}},
    ),
    "OAuth": (
        an_object("error", error=TEXT, error_description=TEXT),
        {"error": "invalid_request", "error_description": SENTENCE},
    ),
    "NestJS": (
        an_object("", statusCode=NUMBER, message=a_list(TEXT), error=TEXT),
        {"statusCode": 400, "message": [SENTENCE], "error": "Bad Request"},
    ),
    "Rails": (an_object("", errors={"type": "object", "additionalProperties": a_list(TEXT)}),
              {"errors": {FIELD: [MESSAGE]}}),
    "ASP.NET": (
        an_object("", title=TEXT, status=NUMBER, errors={"type": "object", "additionalProperties": a_list(TEXT)}),
        {"title": "Bad Request", "status": 400, "errors": {FIELD: [MESSAGE]}},
    ),
    "Django": ({"type": "object", "additionalProperties": a_list(TEXT)}, {FIELD: [MESSAGE]}),
    "messages by field": ({"type": "object", "additionalProperties": TEXT}, {FIELD: MESSAGE}),
    "envelope": (
        an_object("success", success={"type": "boolean"}, data={"type": ["object", "null"]}, message=TEXT),
        {"success": False, "message": SENTENCE},
    ),
    "text": (TEXT, SENTENCE),
    "texts": (a_list(TEXT), [SENTENCE]),
    "list of errors": (
        a_list(an_object("path message", path=TEXT, message=TEXT)), [{"path": FIELD, "message": MESSAGE}],
    ),
    "pydantic": (
        an_object("", detail=a_list(an_object("loc msg type", loc=a_list({"anyOf": [TEXT, NUMBER]}), msg=TEXT,
                                              type=TEXT))),
        {"detail": [{"loc": ["body", "items", 1, "name"], "msg": MESSAGE, "type": "type"}]},
    ),
    "place and input": (
        an_object("errors", errors=a_list(an_object(
            "", **{"in": {"enum": ["BODY", "QUERY"]}, "rejectedValue": TEXT, "reason": TEXT, "property": TEXT},
        ))),
        {"errors": [{"in": "BODY", "rejectedValue": "5", "reason": MESSAGE, "property": FIELD}]},
    ),
    "too short for the message": (an_object("message", message={**TEXT, "maxLength": 10}), {"message": SENTENCE[:10]}),
    "code among few": (an_object("code", code={"enum": ["E_VALIDATION", "E_OTHER"]}), {"code": "E_VALIDATION"}),
    "branch that tells more": (
        {"oneOf": [{"type": "null"}, an_object("message", message=TEXT), TEXT]}, {"message": SENTENCE},
    ),
    "allOf": ({"allOf": [an_object("code", code=NUMBER), an_object("message", message=TEXT)]},
              {"code": 400, "message": SENTENCE}),
}  # fmt: skip


def engine_of(responses: dict[str, Any], **options: Any) -> MockEngine:
    operation = {
        "requestBody": {"required": True, "content": {"application/json": {"schema": ORDER}}},
        "parameters": [{"name": "page", "in": "query", "schema": NUMBER}],
        "responses": {"200": {"description": ""}, **responses},
    }
    spec = document(
        {"/orders": {"post": operation}},
        components={"securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}}},
        security=[{"bearer": []}],
    )
    return MockEngine(load_spec(spec), **options)


def response(schema: Any, media_type: str = "application/json", **others: Any) -> dict[str, Any]:
    return {"description": "", "content": {media_type: {"schema": schema, **others}}}


def post(engine: MockEngine, body: bytes = BODY, query: str = "", *headers: tuple[bytes, bytes]) -> Reply:
    sent = headers or ((b"authorization", b"Bearer t"), (b"content-type", b"application/json"))
    return engine.handle(Request("POST", "/orders", query, Headers(sent), body))


def content_type(reply: Reply) -> str:
    return dict(reply.headers)["content-type"]


@pytest.mark.parametrize(("schema", "expected"), CONVENTIONS.values(), ids=CONVENTIONS)
def test_the_documented_schema_is_filled(schema: Any, expected: JSON) -> None:
    """With the message, the field, the code and the status where the names say so."""
    reply = post(engine_of({"400": response(schema)}))
    assert (reply.status, json.loads(reply.body)) == (400, expected)


PROBLEM = "application/problem+json"
ERROR = an_object("message", message=TEXT)
STATUSES: dict[str, tuple[dict[str, Any], tuple[int, str]]] = {
    "422": ({"422": response(ERROR), "400": response(TEXT)}, (422, "application/json")),
    "400": ({"400": response(ERROR), "default": response(TEXT)}, (400, "application/json")),
    "4XX": ({"4XX": response(ERROR), "default": response(TEXT)}, (422, "application/json")),
    "default": ({"default": response(ERROR)}, (422, "application/json")),
    "none": ({}, (422, PROBLEM)),
    "without a body": ({"400": {"description": ""}}, (400, PROBLEM)),
    "vendor type": ({"400": response(ERROR, "application/vnd.shop+json")}, (400, "application/vnd.shop+json")),
    "any type": ({"400": response(ERROR, "*/*")}, (400, "application/json")),
    "plain text": ({"400": response(TEXT, "text/plain")}, (400, "text/plain")),
    "no value": ({"400": response(False)}, (400, PROBLEM)),
}


@pytest.mark.parametrize(("responses", "expected"), STATUSES.values(), ids=STATUSES)
def test_the_status_is_a_documented_one(responses: dict[str, Any], expected: tuple[int, str]) -> None:
    """422 before 400, as Prism has it; a range or `default` where there is neither."""
    reply = post(engine_of(responses))
    assert (reply.status, content_type(reply)) == expected


REFUSALS: dict[str, tuple[tuple[Any, ...], int]] = {
    "credentials": ((BODY, "", (b"content-type", b"application/json")), 401),
    "media type": ((BODY, "", (b"authorization", b"Bearer t"), (b"content-type", b"text/csv")), 415),
    "size": ((b"x" * 300,), 413),
    "syntax": ((b"{",), 400),
    "preference": ((b'{"items":[]}', "", (b"authorization", b"Bearer t"), (b"prefer", b"code=777")), 400),
}


@pytest.mark.parametrize(("request_", "status"), REFUSALS.values(), ids=REFUSALS)
def test_every_refusal_has_the_documented_form(request_: tuple[Any, ...], status: int) -> None:
    """Whatever is refused, one shape."""
    reply = post(engine_of({"default": response(an_object("code message", code=NUMBER, message=TEXT))}, max_body=200),
                 *request_)  # fmt: skip
    body = json.loads(reply.body)
    assert (reply.status, body["code"], set(body)) == (status, status, {"code", "message"})


def test_an_example_keeps_what_nobody_knows_better() -> None:
    """The rest of a documented example stays."""
    example = {"message": "Kaputt", "help": "https://example.com/help", "support": {"phone": "1"}}
    schema = an_object("message help", message=TEXT, help=TEXT, support=an_object(phone=TEXT))
    reply = post(engine_of({"400": response(schema, example=example)}))
    assert json.loads(reply.body) == {**example, "message": SENTENCE}


FORMS: dict[str, tuple[str, Any]] = {
    "problem": (PROBLEM, {
        "type": "about:blank", "title": "Bad Request", "status": 400, "detail": SENTENCE, "instance": "/orders",
        "errors": [{"detail": MESSAGE, "pointer": "#/items/1/name", "location": "body", "keyword": "type"}],
    }),
    "document": ("application/json", {"message": SENTENCE}),
    "fastapi": ("application/json", {
        "detail": [{"type": "type", "loc": ["body", "items", 1, "name"], "msg": MESSAGE, "input": 5}],
    }),
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_the_form_is_an_option(form: str) -> None:
    """Against what the document declares, too."""
    reply = post(engine_of({"400": response(ERROR)}, errors=form))
    assert (content_type(reply), json.loads(reply.body)) == FORMS[form]


XML_ERROR = {
    **an_object("message", code={"type": "integer", "xml": {"attribute": True}}, message=TEXT, details=a_list(
        an_object(field=TEXT))),
    "xml": {"name": "Fault"},
}  # fmt: skip
XML_START = '<?xml version="1.0" encoding="UTF-8"?>\n'


@pytest.mark.parametrize("name", ["application/xml", "text/xml; charset=utf-8", "application/problem+xml"])
def test_an_error_that_is_documented_in_xml_is_sent_in_xml(name: str) -> None:
    """With the names of the document, and with what was sent escaped."""
    reply = post(engine_of({"400": response(XML_ERROR, name)}), b'{"items":[{"name":["<a>"]}]}')
    assert (reply.status, content_type(reply)) == (400, name)
    message = 'body.items[0].name: ["<a>"] is not of type "string"'
    assert reply.body.decode() == (
        f'{XML_START}<Fault code="400"><message>{html.escape(message)}</message>'
        "<details><field>items[0].name</field></details></Fault>\n"
    )


@pytest.mark.parametrize(("accept", "expected"), [("application/xml", "application/xml"), ("*/*", "application/json")])
def test_of_json_and_xml_the_acceptable_one_is_sent(accept: str, expected: str) -> None:
    """JSON where both are."""
    content = {**response(ERROR, "application/xml")["content"], **response(ERROR)["content"]}
    engine = engine_of({"400": {"description": "", "content": content}})
    headers = ((b"authorization", b"Bearer t"), (b"content-type", b"application/json"), (b"accept", accept.encode()))
    assert content_type(post(engine, BODY, "", *headers)) == expected


def test_options_that_are_none_are_refused() -> None:
    """By the engine, too."""
    for option in ("errors", "validation"):
        with pytest.raises(ValueError, match="'polite', which is none of auto"):
            engine_of({}, **{option: "polite"})


def test_markup_is_escaped() -> None:
    """What a request says does not become a page."""
    page = post(engine_of({"400": response(TEXT, "text/html")}), b'{"items":[{"name":"a"}],"items":"<script>"}')
    assert b"<script>" not in page.body
    assert page.status == 400


@pytest.mark.parametrize("form", ["fastapi", "document", "problem"])
@pytest.mark.parametrize("query", ["page=NaN", "page=1e999", "page=-Infinity", "page=%ff", "page=%ED%A0%80"])
def test_what_json_cannot_say_is_told_all_the_same(form: str, query: str) -> None:
    """Whatever a client sends."""
    echoing = response(an_object("errors", errors=a_list(an_object("value", value={}))))
    reply = post(engine_of({"400": echoing}, errors=form), b'{"items":[]}', query)
    assert reply.status in (400, 422)
    json.loads(reply.body, parse_constant=pytest.fail)


def test_a_union_that_only_a_list_decides() -> None:
    """As GitHub's 422, one of whose two forms has a list: the other would be both."""
    simple = an_object("message", message=TEXT)
    listed = an_object("message errors", message=TEXT, errors=a_list(an_object(message=TEXT)))
    union = {"oneOf": [listed, {**simple, "properties": {**simple["properties"], "errors": a_list(TEXT)}}]}
    body = json.loads(post(engine_of({"422": response(union)}), b"{").body)
    assert body["message"].startswith("The body is malformed")


def test_the_options_reach_the_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """By argument and by environment."""
    from mockserver.app import create_app

    monkeypatch.setenv("MOCKSERVER_VALIDATION", "off")
    monkeypatch.setenv("MOCKSERVER_MAX_BODY", "3")
    engine = create_app(errors="problem").mock.engine
    headers = Headers([(b"x-api-key", b"k"), (b"content-type", b"application/json")])
    replies = [engine.handle(Request("POST", "/v1/vms/a/clone", "", headers, body)) for body in (b"{", b"[[[[")]
    assert [reply.status for reply in replies] == [200, 413]
    assert content_type(replies[1]) == PROBLEM


def test_the_examples_of_the_documentation_are_what_is_answered() -> None:
    """docs/errors.md shows a documented 400, a request, and both answers."""
    page = (Path(__file__).parents[2] / "docs" / "errors.md").read_text(encoding="utf-8")
    responses, filled, problem = re.findall(r"```(?:yaml|json)\n(.*?)```", page, re.DOTALL)
    request = re.search(r"answers a body `(.*?)`", page)
    assert request
    body = request[1].encode()
    answer = post(engine_of(yaml.safe_load(responses)), body)
    assert json.loads(answer.body) == json.loads(filled)
    assert json.loads(post(engine_of({}), body).body) == json.loads(problem)
