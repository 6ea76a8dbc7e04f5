"""What Prism's harness says about its mock mode, row by row: where we do the same, and where we differ on purpose.

The behaviours are Prism's; documents and requests are written anew. `docs/prism.md` gives the reasons to users.
"""

from __future__ import annotations

from typing import Any, Final

import pytest

from mockserver.engine import MockEngine
from mockserver.spec import load_spec
from mockserver.types import Headers, Request
from tests.mockserver.conftest import document

FORM: Final = "application/x-www-form-urlencoded"
PROBLEM: Final = "application/problem+json"
SCHEMES: Final = {
    "basic": {"type": "http", "scheme": "basic"},
    "digest": {"type": "http", "scheme": "digest"},
    "bearer": {"type": "http", "scheme": "bearer"},
    "header": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
    "query": {"type": "apiKey", "in": "query", "name": "key"},
    "cookie": {"type": "apiKey", "in": "cookie", "name": "SESSIONID"},
    "oauth": {"type": "oauth2", "flows": {"implicit": {"authorizationUrl": "/authorize", "scopes": {"read": ""}}}},
    "oidc": {"type": "openIdConnect", "openIdConnectUrl": "https://example.com/.well-known/openid-configuration"},
}
TYPES: Final = {
    "json": "application/json",
    "xml": "application/xml",
    "text": "text/plain",
    "vendor": "application/vnd.api+json",
}
Row = tuple[dict[str, Any], dict[str, str], dict[str, Any]]
"""An operation, a request to it, and what matters of the answer."""


def content(**by_type: Any) -> dict[str, Any]:
    """Media types with an example each."""
    return {"content": {TYPES[name]: {"example": example} for name, example in by_type.items()}}


def answers(more: dict[str, Any] | None = None, /, **responses: Any) -> dict[str, Any]:
    """An operation with these responses, `_200` for 200."""
    described = {name.lstrip("_"): {"description": "", **response} for name, response in responses.items()}
    return {"responses": described, **(more or {})}


def secured(*alternatives: str) -> dict[str, Any]:
    """An operation with these alternatives of credentials, `a+b` for both."""
    security: list[dict[str, Any]] = [{name: [] for name in names.split("+")} for names in alternatives]
    return answers({"security": security}, _200=content(json="in"))


def taking(media_type: str, schema: dict[str, Any], **more: Any) -> dict[str, Any]:
    """An operation with a request body."""
    return answers({"requestBody": {"content": {media_type: {"schema": schema, **more}}}}, _200=content(text="ok"))


def listing(**parameter: Any) -> dict[str, Any]:
    """An operation with one parameter."""
    return answers({"parameters": [{"name": "page", "in": "query", "required": True, **parameter}]}, _200={})


BOTH: Final = answers(_200=content(json="json", xml="<a>1</a>"))
TEXT: Final = answers(_200=content(text="hello"))
XML_FIRST: Final = answers(_200=content(xml="<a>1</a>", json="json"))
ITEM: Final = {
    "type": "object", "required": ["id"],
    "properties": {"id": {"type": "integer"}, "status": {"enum": ["open", "closed"]}},
}  # fmt: skip
TEXTS: Final = {"type": "array", "items": {"type": "string"}}
TAGS: Final = {"type": "object", "properties": {"tags": TEXTS}}
PAGE: Final = {"type": "object", "properties": {"offset": {"type": "integer"}, "limit": {"type": "integer"}}}
DEEP: Final = {
    "type": "object",
    "properties": {"key": {"type": "object", "properties": {
        "a": {"type": "string"}, "b": {"type": "object", "properties": {"c": TEXTS}}}}},
}  # fmt: skip
NAMED: Final = answers(_200={"content": {"application/json": {"examples": {
    "cat": {"value": "Fluffy"}, "dog": {"value": "Spot"}}}}})  # fmt: skip
SAMPLED: Final = {"required": ["name"], "properties": {"name": {"type": "string", "example": "doggie"}}}
PARTS: Final = '--b\r\nContent-Disposition: form-data; name="tags"\r\n\r\n{}\r\n'


def _multipart(*values: str) -> dict[str, str]:
    body = "".join(PARTS.replace("{}", value) for value in values) + "--b--\r\n"
    return {"method": "POST", "body": body, "content-type": "multipart/form-data; boundary=b"}


def _post(body: str, media_type: str = "application/json") -> dict[str, str]:
    return {"method": "POST", "body": body, "content-type": media_type}


SAME: Final[dict[str, Row]] = {
    # Which media type
    "a weight decides": (BOTH, {"accept": "application/json;q=0.8, application/xml"},
                         {"status": 200, "type": "application/xml", "body": "<a>1</a>"}),
    "among equal weights the order of Accept decides": (
        BOTH, {"accept": "application/xml, application/json"}, {"type": "application/xml"}),
    "the one that is left": (TEXT, {"accept": "application/json;q=0.8, application/xml, text/plain;q=0.5"},
                             {"status": 200, "type": "text/plain", "body": "hello"}),
    "a vendor's type": (answers(_200=content(json="json", vendor="vendor")), {"accept": "application/vnd.api+json"},
                        {"status": 200, "type": "application/vnd.api+json", "body": '"vendor"'}),
    "no Accept: the first": (BOTH, {}, {"status": 200, "type": "application/json", "body": '"json"'}),
    "anything": (TEXT, {"accept": "*/*"}, {"status": 200, "type": "text/plain", "body": "hello"}),
    "what a browser accepts": (
        answers(_200=content(json={"honey": "bees"})),
        {"accept": "text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8"},
        {"status": 200, "type": "application/json", "body": '{"honey":"bees"}'}),
    "nothing acceptable": (TEXT, {"accept": "application/json"}, {"status": 406, "type": PROBLEM}),
    "an Accept that is no media type": (TEXT, {"accept": "inv/alid"}, {"status": 406, "type": PROBLEM}),
    "no body, whatever is accepted": (answers(_204={}), {"accept": "application/json"}, {"status": 204, "body": ""}),
    # Which response
    "only a default": (answers(default=content(json="test")), {}, {"status": 200, "body": '"test"'}),
    "a code that only the default covers": (
        answers(_200=content(json="ok"), default=content(json="other")), {"prefer": "code=201"},
        {"status": 201, "body": '"other"'}),
    "a documented code": (answers(_200=content(json="ok"), _404=content(json="gone")), {"prefer": "code=404"},
                          {"status": 404, "body": '"gone"'}),
    "a code in the query": (answers(_200=content(json="ok"), _404=content(json="gone")), {"query": "__code=404"},
                            {"status": 404, "body": '"gone"'}),
    "the lowest 2xx": (answers(_210={}, _204={}, _202=content(json="ok")), {}, {"status": 202, "body": '"ok"'}),
    "a deprecated operation says so": (answers({"deprecated": True}, _200={}), {}, {"deprecation": "true"}),
    # Which example
    "the first example": (NAMED, {}, {"body": '"Fluffy"'}),
    "an example by name": (NAMED, {"prefer": "example=dog"}, {"status": 200, "body": '"Spot"'}),
    "an example by name in the query": (NAMED, {"query": "__example=dog"}, {"body": '"Spot"'}),
    "the example of a property": (answers(_200={"content": {"application/json": {"schema": SAMPLED}}}), {},
                                  {"body": '{"name":"doggie"}'}),
    # Credentials
    "none given": (secured("basic"), {}, {"status": 401, "www-authenticate": 'Basic realm="*"'}),
    "Basic": (secured("basic", "header"), {"authorization": "Basic dGVzdDp0ZXN0"}, {"status": 200}),
    "Basic that is no user and password": (
        secured("basic", "header"), {"authorization": "Basic abc123"}, {"status": 401}),
    "the other alternative": (secured("basic", "header"), {"x-api-key": "k"}, {"status": 200}),
    "Basic where Bearer is needed": (secured("oauth"), {"authorization": "Basic dGVzdDp0ZXN0"}, {"status": 401}),
    "Digest where Bearer is needed": (secured("oauth"), {"authorization": "Digest abc123"}, {"status": 401}),
    "Bearer for OAuth2": (secured("oauth"), {"authorization": "Bearer abc123"}, {"status": 200}),
    "Bearer for OpenID": (secured("oidc"), {"authorization": "Bearer abc123"}, {"status": 200}),
    "Bearer": (secured("bearer"), {"authorization": "Bearer abc123"}, {"status": 200}),
    "no key in the header": (secured("header"), {}, {"status": 401}),
    "no key in the query": (secured("query"), {}, {"status": 401}),
    "a key in the query": (secured("query"), {"query": "key=k"}, {"status": 200}),
    "no cookie": (secured("cookie"), {}, {"status": 401}),
    "a cookie": (secured("cookie"), {"cookie": "SESSIONID=s"}, {"status": 200}),
    "one of two keys": (secured("header+query"), {"query": "key=k"}, {"status": 401}),
    "both keys": (secured("header+query"), {"query": "key=k", "x-api-key": "k"}, {"status": 200}),
    "a documented 401": (answers({"security": [{"basic": []}]}, _200={}, _401=content(json="xyz")), {},
                         {"status": 401, "body": '"xyz"'}),
    "a documented 422 once the credentials are good": (
        answers({"security": [{"basic": []}], "parameters": [{"name": "age", "in": "query", "required": True}]},
                _200={}, _401=content(json="xyz"), _422=content(json="abc")),
        {"authorization": "Basic dGVzdDp0ZXN0"}, {"status": 422, "body": '"abc"'}),
    # Requests
    "a JSON body with two mistakes": (taking("application/json", ITEM), _post('{"status": "oops"}'),
                                      {"status": 422, "type": PROBLEM}),
    "a form with two mistakes": (taking(FORM, ITEM), _post("status=oops", FORM), {"status": 422, "type": PROBLEM}),
    "a good form": (taking(FORM, ITEM), _post("id=1&status=open", FORM), {"status": 200, "body": "ok"}),
    "another media type": (taking("application/json", ITEM), _post("<a/>", "application/xml"), {"status": 415}),
    "one part for an array": (taking("multipart/form-data", TAGS), _multipart("a"), {"status": 200}),
    "repeated parts for an array": (taking("multipart/form-data", TAGS), _multipart("a", "b"), {"status": 200}),
    "a deep object in a form": (
        taking(FORM, DEEP, encoding={"key": {"style": "deepObject", "explode": True}}),
        _post("key%5Ba%5D=s&key%5Bb%5D%5Bc%5D%5B0%5D=x", FORM), {"status": 200, "body": "ok"}),
    "a missing query parameter": (listing(schema={"type": "integer"}), {}, {"status": 422, "type": PROBLEM}),
    "an exploded object with texts for numbers": (listing(schema=PAGE), {"query": "limit=a&offset=b"}, {"status": 422}),
    "an object in one value with texts for numbers": (
        listing(schema=PAGE, explode=False), {"query": "page=limit,a,offset,b"}, {"status": 422}),
    "an object in one value": (
        listing(schema=PAGE, explode=False), {"query": "page=limit,1,offset,2"}, {"status": 200}),
    "an unknown path": (TEXT, {"path": "/b"}, {"status": 404}),
    "an undocumented method": (TEXT, {"method": "DELETE"}, {"status": 405}),
}  # fmt: skip

Difference = tuple[dict[str, Any], dict[str, str], dict[str, Any], dict[str, Any]]
"""An operation, a request, what matters of Prism's answer, and of ours."""

DIFFERENT: Final[dict[str, Difference]] = {
    "a code that is not documented is the request's mistake": (
        answers(_200=content(json="ok")), {"prefer": "code=304"}, {"status": 404}, {"status": 400}),
    "so is an example that is not documented": (NAMED, {"prefer": "example=cow"}, {"status": 404}, {"status": 400}),
    "without a preference JSON comes first": (
        XML_FIRST, {}, {"type": "application/xml"}, {"type": "application/json"}),
    "nor does */* prefer": (XML_FIRST, {"accept": "*/*"}, {"type": "application/xml"}, {"type": "application/json"}),
    "what is generated can be believed": (
        answers(_200={"content": {"application/json": {"schema": {"const": 7, "type": "integer"}}}}), {},
        {"body": "0"}, {"body": "7"}),
    "a 401 always has a challenge": (
        secured("header"), {}, {"www-authenticate": ""}, {"www-authenticate": "APIKey"}),
    "the challenge of OAuth2 is a registered one": (
        secured("oauth"), {}, {"www-authenticate": "OAuth2"}, {"www-authenticate": "Bearer"}),
    "both challenges, the same": (
        secured("oauth+basic"), {}, {"www-authenticate": 'OAuth2,Basic realm="*"'},
        {"www-authenticate": 'Bearer, Basic realm="*"'}),
    "a method that is not there is answered with those that are": (
        TEXT, {"method": "DELETE"}, {"allow": ""}, {"allow": "GET, POST, HEAD"}),
    "reserved characters in a form are read": (
        taking(FORM, {"type": "object", "properties": {"a": {"type": "string"}}},
               encoding={"a": {"allowReserved": False}}),
        _post("a=:/?#[]@!$'()*,;", FORM), {"status": 422}, {"status": 200}),
    "an object as text is JSON": (
        answers(_200=content(text={"name": "Clark"})), {}, {"status": 500},
        {"status": 200, "body": '{"name":"Clark"}'}),
    "no 2xx: the lowest of the others": (answers(_302={}, _404={}), {}, {"status": 500}, {"status": 302}),
    "no response at all": (answers(), {}, {"status": 500}, {"status": 200, "body": ""}),
    "outside of every operation an error is short": (
        TEXT, {"path": "/b"}, {"type": PROBLEM}, {"type": "application/json", "body": '{"detail":"Not Found"}'}),
    "the root of XML is a name of the schema": (
        answers(_200={"content": {"application/xml": {
            "schema": {"type": "object", "xml": {"name": "pet"}}, "example": {"id": 1}}}}), {},
        {"body": "<xml><id>1</id></xml>"},
        {"body": '<?xml version="1.0" encoding="UTF-8"?>\n<pet><id>1</id></pet>\n'}),
    "HEAD is GET without its body": (TEXT, {"method": "HEAD"}, {"status": 405}, {"status": 200}),
}  # fmt: skip


def observe(operation: dict[str, Any], asked: dict[str, str]) -> dict[str, Any]:
    """Status, media type, body and headers of the answer to `GET /a`, or what `asked` says."""
    asked = dict(asked)
    method, path, query, body = (asked.pop(name, default) for name, default in
                                 (("method", "GET"), ("path", "/a"), ("query", ""), ("body", "")))  # fmt: skip
    spec = load_spec(document({"/a": {"get": operation, "post": operation}}, components={"securitySchemes": SCHEMES}))
    headers = Headers([(name.encode(), value.encode()) for name, value in asked.items()])
    reply = MockEngine(spec, query_preferences=True).handle(Request(method, path, query, headers, body.encode()))
    sent = dict.fromkeys(("www-authenticate", "allow", "deprecation"), "") | dict(reply.headers)
    media_type = sent.get("content-type", "").partition(";")[0]
    return {**sent, "status": reply.status, "type": media_type, "body": reply.body.decode()}


def of(observed: dict[str, Any], names: dict[str, Any]) -> dict[str, Any]:
    """What matters of an answer."""
    return {name: observed[name] for name in names}


@pytest.mark.parametrize(("operation", "asked", "expected"), SAME.values(), ids=SAME)
def test_what_is_as_in_prism(operation: dict[str, Any], asked: dict[str, str], expected: dict[str, Any]) -> None:
    """The same answer, in what matters."""
    assert of(observe(operation, asked), expected) == expected


@pytest.mark.parametrize(("operation", "asked", "prism", "ours"), DIFFERENT.values(), ids=DIFFERENT)
def test_what_differs_from_prism_on_purpose(
    operation: dict[str, Any], asked: dict[str, str], prism: dict[str, Any], ours: dict[str, Any]
) -> None:
    """Ours, which is not Prism's; the page says why."""
    observed = observe(operation, asked)
    assert of(observed, ours) == ours
    assert of(observed, prism) != prism
