"""Documents that are not FastAPI's: validated by their own schemas, answered as documented."""

from __future__ import annotations

import re
from typing import Any

import pytest

from mockserver import Headers, MockEngine, Reply, Request, load_spec
from mockserver.types import JSON
from tests.mockserver.conftest import document

ORDER = {
    "type": "object",
    "properties": {"sku": {"type": "string", "pattern": "^[A-Z]{3}$"}, "count": {"type": "integer", "minimum": 1}},
    "required": ["sku"],
    "additionalProperties": False,
}
JSON_CONTENT = {"application/json": {"schema": {"$ref": "#/components/schemas/Order"}}}
SHOP = document(
    {
        "/orders": {
            "post": {
                "requestBody": {"required": True, "content": JSON_CONTENT},
                "responses": {"400": {"description": ""}, "201": {"description": "", "content": JSON_CONTENT}},
            },
            "get": {
                "parameters": [
                    {"name": "limit", "in": "query", "schema": {"type": "integer", "maximum": 10, "default": 5}},
                    {"name": "tag", "in": "query", "schema": {"type": "array", "items": {"type": "integer"}}},
                    {"name": "X-Tenant", "in": "header", "required": True, "schema": {"type": "string"}},
                ],
                "responses": {"2XX": {"description": "", "content": {"text/plain": {"example": "two"}}}},
            },
        },
        "/orders/{number}": {
            "parameters": [{"name": "number", "in": "path", "required": True, "schema": {"type": "integer"}}],
            "delete": {"security": [], "responses": {"204": {"description": ""}}},
            "get": {"responses": {"200": {"description": "", "content": {"application/json": {
                "schema": {"type": "integer"},
                "examples": {"bad": {"value": "x"}, "good": {"value": 0}, "other": {"value": 7}},
            }}}}},
        },
    },
    components={
        "schemas": {"Order": ORDER},
        "securitySchemes": {
            "key": {"type": "apiKey", "in": "query", "name": "key"},
            "cookie": {"type": "apiKey", "in": "cookie", "name": "sid"},
            "basic": {"type": "http", "scheme": "Basic"},
        },
    },
    security=[{"key": [], "cookie": []}, {"basic": []}],
)  # fmt: skip
BASIC = (b"authorization", b"Basic dXNlcjpwYXNz")
JSON_TYPE = (b"content-type", b"application/json")
TENANT = (b"x-tenant", b"t")


@pytest.fixture(scope="module")
def engine() -> MockEngine:
    return MockEngine(load_spec(SHOP))


def ask(
    engine: MockEngine, method: str, path: str, query: str = "", body: bytes = b"",
    headers: tuple[tuple[bytes, bytes], ...] = (BASIC, JSON_TYPE, TENANT),
) -> Reply:  # fmt: skip
    return engine.handle(Request(method, path, query, Headers(headers), body))


STATUSES: dict[str, tuple[tuple[Any, ...], int]] = {
    "lowest success, though not the first": (("POST", "/orders", "", b'{"sku":"ABC"}'), 201),
    "range": (("GET", "/orders"), 200),
    "no content": (("DELETE", "/orders/7"), 204),
    "path parameter": (("GET", "/orders/seven"), 422),
    "query above its maximum": (("GET", "/orders", "limit=11"), 422),
    "query of another type": (("GET", "/orders", "limit=x"), 422),
    "array of integers": (("GET", "/orders", "tag=1&tag=2"), 200),
    "array in one where it is exploded": (("GET", "/orders", "tag=1,2"), 422),
    "array of other things": (("GET", "/orders", "tag=1&tag=x"), 422),
    "no required header": (("GET", "/orders", "", b"", (BASIC,)), 422),
    "no body, and 400 is documented": (("POST", "/orders"), 400),
    "strict about types": (("POST", "/orders", "", b'{"sku":"ABC","count":"1"}'), 400),
    "no JSON": (("POST", "/orders", "", b"{"), 400),
    "NaN is no JSON": (("POST", "/orders", "", b'{"sku":"ABC","count":NaN}'), 400),
    "too deep": (("POST", "/orders", "", b"[" * 100_000), 400),
    "another media type": (("POST", "/orders", "", b"<a/>", (BASIC, (b"content-type", b"text/xml"))), 415),
    "media type in other letters": (
        ("POST", "/orders", "", b'{"sku":"ABC"}', (BASIC, (b"content-type", b"Application/JSON; charset=utf-8"))), 201,
    ),
    "no credentials": (("GET", "/orders", "", b"", ()), 401),
    "credentials before the body": (("POST", "/orders", "", b"{", ()), 401),
    "half of an alternative": (("GET", "/orders", "key=k", b"", (TENANT,)), 401),
    "both halves": (("GET", "/orders", "key=k", b"", (TENANT, (b"cookie", b"a=b; sid=s"))), 200),
    "an operation without security": (("DELETE", "/orders/7", "", b"", ()), 204),
    "method": (("PATCH", "/orders"), 405),
}  # fmt: skip


@pytest.mark.parametrize(("request_", "status"), STATUSES.values(), ids=STATUSES)
def test_a_request_gets_its_status(engine: MockEngine, request_: tuple[Any, ...], status: int) -> None:
    """The documented success, or the reason why not."""
    assert ask(engine, *request_).status == status


def test_all_errors_come_at_once(engine: MockEngine) -> None:
    """Located like FastAPI's, with the keyword as type."""
    answer = ask(engine, "POST", "/orders", "", b'{"sku":"abc","count":0,"x":1}')
    assert {b'"keyword":"pattern"' in answer.body, b'"keyword":"minimum"' in answer.body} == {True}
    assert answer.note.count(";") == 2


def test_examples_answer_first(engine: MockEngine) -> None:
    """The first that is valid, falsy or not; another when asked for; the invalid one is never sent and said so."""
    answer = ask(engine, "GET", "/orders/7")
    assert (answer.body, answer.note) == (b"0", "invalid examples are not used: bad")
    preferred = (BASIC, (b"prefer", b"example=other"))
    assert ask(engine, "GET", "/orders/7", headers=preferred).body == b"7"


NULLABLE: dict[str, Any] = {"type": "string", "nullable": True, "enum": ["sold", "lost"]}
NULLS: dict[str, tuple[dict[str, Any], JSON, str]] = {
    "not listed": (NULLABLE, None, "examples are sent with a null that their enumeration does not list: example"),
    "listed": ({**NULLABLE, "enum": ["sold", None]}, None, ""),
    "not there": (NULLABLE, "sold", ""),
    "without a type": ({"nullable": True, "enum": ["sold"]}, None,
                       "examples are sent with a null that their enumeration does not list: example"),
}  # fmt: skip


@pytest.mark.parametrize(("schema", "example", "note"), NULLS.values(), ids=NULLS)
def test_an_example_may_have_a_null_that_its_schema_only_means(
    schema: dict[str, Any], example: JSON, note: str
) -> None:
    """It is sent, since its author knows what is; by the letter of OpenAPI 3.0 it is not valid, which is noted."""
    inner = {"type": "object", "properties": {"reason": schema}}
    content = {"application/json": {"schema": inner, "example": {"reason": example}}}
    raw = document({"/a": {"get": {"responses": {"200": {"description": "", "content": content}}}}})
    answer = ask(MockEngine(load_spec({**raw, "openapi": "3.0.3"})), "GET", "/a", headers=())
    assert answer.body == (b'{"reason":null}' if example is None else b'{"reason":"sold"}')
    assert answer.note == note


def test_text_is_sent_as_text(engine: MockEngine) -> None:
    """Without quotes."""
    assert ask(engine, "GET", "/orders").body == b"two"


def test_reading_is_repeatable_and_writing_is_not(engine: MockEngine) -> None:
    """The same GET is the same answer; the same POST is another order."""
    fresh = load_spec({**SHOP, "security": []})
    fresh_engine = MockEngine(fresh)
    writes = {ask(fresh_engine, "POST", "/orders", "", b'{"sku":"ABC"}').body for _ in range(5)}
    assert len(writes) > 1


def test_the_challenge_is_that_of_the_scheme() -> None:
    """`Basic` for basic credentials, with the realm that RFC 7617 requires."""
    engine = MockEngine(load_spec({**SHOP, "security": [{"basic": []}]}))
    assert ("www-authenticate", 'Basic realm="*"') in ask(engine, "GET", "/orders", headers=()).headers


def test_what_cannot_be_answered_is_said_beforehand() -> None:
    """With the pointer, at warm-up; and 501 when it is asked for all the same."""
    schema = {"allOf": [{"type": "string"}, {"type": "integer"}]}
    responses = {"200": {"description": "", "content": {"application/json": {"schema": schema}}}}
    engine = MockEngine(load_spec(document({"/a": {"get": {"responses": responses}}})))
    problem = "#/paths/~1a/get/responses/200/content/application~1json/schema"
    assert [finding.pointer for finding in engine.warm_up()] == [problem]
    answer = ask(engine, "GET", "/a")
    assert answer.status == 501
    assert problem.encode() in answer.body


def test_every_answer_is_looked_at_when_asked() -> None:
    """Not the usual ones alone; and what an answer goes without is said too."""
    impossible = {"type": "string", "pattern": "/^a$/"}
    schemas = {"200": {"type": "object", "properties": {"a": impossible, "b": {"type": "integer"}}}, "404": impossible}
    content = {status: {"application/json": {"schema": schema}} for status, schema in schemas.items()}
    responses = {status: {"description": "", "content": entry} for status, entry in content.items()}
    engine = MockEngine(load_spec(document({"/a": {"get": {"responses": responses}}})))
    place = "#/paths/~1a/get/responses/{}/content/application~1json/schema"
    optional = ("warning", place.format(200) + "/properties/a")
    assert [(finding.severity, finding.pointer) for finding in engine.warm_up()] == [optional]
    found = [(finding.severity, finding.pointer) for finding in engine.warm_up(every=True)]
    assert found == [optional, ("error", place.format(404))]


SERVERS = {
    "path": ([{"url": "https://api.example.com/v1"}], "/v1/a", 200),
    "without it": ([{"url": "https://api.example.com/v1"}], "/a", 200),
    "another path": ([{"url": "https://api.example.com/v1"}], "/v2/a", 404),
    "part of a segment": ([{"url": "https://api.example.com/v1"}], "/v1a", 404),
    "trailing slash": ([{"url": "/api/"}], "/api/a", 200),
    "second server": ([{"url": "/one"}, {"url": "/one/two"}], "/one/two/a", 200),
    "variable": ([{"url": "https://{host}/{stage}", "variables": {"stage": {"default": "beta"}}}], "/beta/a", 200),
    "redirect": ([{"url": "/api"}], "/api/a/", 307),
}


@pytest.mark.parametrize(("servers", "path", "status"), SERVERS.values(), ids=SERVERS)
def test_paths_are_served_with_the_base_path_of_a_server(servers: list[Any], path: str, status: int) -> None:
    """And without it, whichever the client has in its settings."""
    paths = {"/a": {"get": {"responses": {"200": {"description": ""}}}}}
    engine = MockEngine(load_spec(document(paths, servers=servers)))
    assert ask(engine, "GET", path).status == status


def test_the_servers_of_a_path_count_too() -> None:
    """As do those of an operation."""
    answer = {"responses": {"200": {"description": ""}}}
    paths = {"/a": {"get": {**answer, "servers": [{"url": "/x"}]}}, "/b": {"servers": [{"url": "/y"}], "get": answer}}
    engine = MockEngine(load_spec(document(paths)))
    assert [ask(engine, "GET", path).status for path in ("/x/a", "/y/b")] == [200, 200]


HELLO = {
    "200": {
        "description": "",
        "headers": {
            "X-Total": {"required": True, "schema": {"type": "integer", "minimum": 1}},
            "X-Tags": {"schema": {"type": "array", "items": {"const": "a"}, "minItems": 2}},
            "X-Example": {"schema": {"type": "string"}, "example": "shown"},
            "X-Invalid": {"schema": {"type": "integer", "minimum": 5, "maximum": 5}, "example": "not an integer"},
            "Set-Cookie": {"schema": {"type": "array", "items": {"type": "string"}}, "example": ["a=1", "b=2"]},
            "Content-Type": {"schema": {"const": "never/sent"}},
        },
        "content": {
            "text/plain": {"example": "hello"},
            "application/json": {"schema": {"type": "string", "minLength": 40}, "example": "x" * 40},
            "application/vnd.hello+json;v=2": {"example": {"hello": 2}},
        },
    }
}


@pytest.fixture(scope="module")
def hello() -> MockEngine:
    return MockEngine(load_spec(document({"/hello": {"get": {"responses": HELLO}}})))


ACCEPTED = {
    "nothing said": (None, "application/json"),
    "anything": ("*/*", "application/json"),
    "one": ("text/plain", "text/plain"),
    "weights": ("application/json;q=0.5, text/plain;q=0.9", "text/plain"),
    "specific before general": (
        "*/*;q=0.9, application/json;q=0.1, text/plain;q=0.2",
        "application/vnd.hello+json;v=2",
    ),
    "a kind": ("text/*", "text/plain"),
    "vendor": ("application/vnd.hello+json", "application/vnd.hello+json;v=2"),
    "other letters": ("TEXT/Plain; charset=utf-8", "text/plain"),
    "excluded": ("*/*, application/json;q=0, application/vnd.hello+json;q=0", "text/plain"),
}


@pytest.mark.parametrize(("accept", "media_type"), ACCEPTED.values(), ids=ACCEPTED)
def test_the_media_type_is_negotiated(hello: MockEngine, accept: str | None, media_type: str) -> None:
    """RFC 9110, section 12.5.1; JSON among equals."""
    headers = ((b"accept", accept.encode()),) if accept else ()
    assert dict(ask(hello, "GET", "/hello", headers=headers).headers)["content-type"] == media_type


def test_what_is_not_acceptable_is_said(hello: MockEngine) -> None:
    """406, with what there is."""
    answer = ask(hello, "GET", "/hello", headers=((b"accept", b"image/png"),))
    assert answer.status == 406
    assert b"text/plain, application/json, application/vnd.hello+json;v=2" in answer.body


def test_documented_headers_are_sent(hello: MockEngine) -> None:
    """Generated by their schemas, or the documented example; an invalid example is not sent; cookies one by one."""
    headers = ask(hello, "GET", "/hello", headers=()).headers
    values = dict(headers)
    assert int(values["x-total"]) >= 1
    assert re.fullmatch("a(,a){0,4}", values["x-tags"])
    assert (values["x-example"], values["x-invalid"]) == ("shown", "5")
    assert [value for name, value in headers if name == "set-cookie"] == ["a=1", "b=2"]
    assert values["content-type"] == "application/json"


def test_an_example_can_be_declined(hello: MockEngine) -> None:
    """`Prefer: dynamic=true` generates; what was honoured is confirmed (RFC 7240, section 3)."""
    prefer = (b"prefer", b"dynamic=true, handling=lenient")
    answer = ask(hello, "GET", "/hello", headers=(prefer,))
    assert answer.body != ask(hello, "GET", "/hello", headers=()).body
    assert ("preference-applied", "dynamic=true") in answer.headers


def test_an_encoded_slash_is_data() -> None:
    """Unlike in FastAPI, whose router decodes first."""
    parameter = {"name": "name", "in": "path", "required": True, "schema": {"const": "a/b"}}
    spec = load_spec(document({"/files/{name}": {"parameters": [parameter], "get": {"responses": HELLO}}}))
    request = Request("GET", "/files/a/b", raw_path="/files/a%2Fb")
    assert MockEngine(spec).handle(request).status == 200
