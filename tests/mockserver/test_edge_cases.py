"""What other mock servers get wrong, row by row: which answer, which path, which parameter, which credentials.

Each row is a document's `paths` (with what else the document has), one request, and what matters of the answer.
"""

from __future__ import annotations

import json
from typing import Any, Final

import pytest

from mockserver import Headers, MockEngine, Request, load_spec
from mockserver.types import is_json
from tests.mockserver.conftest import document

Row = tuple[dict[str, Any], dict[str, Any], dict[str, Any]]


def reply(example: Any = "ok", **more: Any) -> dict[str, Any]:
    return {"description": "", "content": {"application/json": {"example": example}}, **more}


def operation(example: Any = "ok", **more: Any) -> dict[str, Any]:
    return {"responses": {"200": reply(example)}, **more}


def query(schema: dict[str, Any], **more: Any) -> dict[str, Any]:
    return operation(parameters=[{"name": "p", "in": "query", "schema": schema, **more}])


def body(schema: dict[str, Any], **more: Any) -> dict[str, Any]:
    return operation(requestBody={"content": {"application/json": {"schema": schema}}, **more})


def server(url: str, **variables: Any) -> dict[str, Any]:
    return {"servers": [{"url": url, "variables": variables}]}


INTEGERS: Final = {"type": "array", "items": {"type": "integer"}}
TEXTS: Final = {"type": "array", "items": {"type": "string", "maxLength": 3}, "maxItems": 2}
OAUTH: Final = {"type": "oauth2", "flows": {"password": {"tokenUrl": "/token", "scopes": {"read": "", "write": ""}}}}
BEARER: Final = {"type": "http", "scheme": "bearer"}
KEY: Final = {"type": "apiKey", "in": "header", "name": "X-Key"}


def secured(*alternatives: dict[str, list[str]], **schemes: Any) -> dict[str, Any]:
    return {"/a": {"get": operation(security=list(alternatives))}, "components": {"securitySchemes": schemes}}


QUERIED: Final = {
    "/now?lat={latitude}&lon={lon}": {"get": operation("by place", parameters=[
        {"name": name, "in": "path", "required": True, "schema": {"type": "number"}} for name in ("latitude", "lon")])},
    "/now?city={city}": {"get": operation("by name", parameters=[
        {"name": "city", "in": "path", "required": True, "schema": {"type": "string"}}])},
}  # fmt: skip
SHARED: Final = {
    "/a": {"$ref": "#/components/pathItems/Shared"},
    "/b": {"$ref": "#/components/pathItems/Shared"},
    "components": {"pathItems": {"Shared": {"get": operation()}}},
}  # fmt: skip
TWINS: Final = {
    "/a/{number}": {"get": operation("by number", parameters=[
        {"name": "number", "in": "path", "required": True, "schema": {"type": "integer"}}])},
    "/a/{name}": {"get": operation("by name", parameters=[
        {"name": "name", "in": "path", "required": True, "schema": {"type": "string", "pattern": "^[a-z]+$"}}])},
}  # fmt: skip

RESPONSES: dict[str, Row] = {
    "the lowest success, whatever is listed first": (
        {"/a": {"get": {"responses": {"404": reply("no"), "202": reply("later"), "201": reply("yes")}}}},
        {}, {"status": 201, "json": "yes"}),
    "2XX is 200": ({"/a": {"get": {"responses": {"500": reply("no"), "2XX": reply("yes")}}}}, {}, {"status": 200}),
    "only an error is documented: it says so": (
        {"/a": {"get": {"responses": {"404": reply("no")}}}}, {},
        {"status": 404, "x-mock-note": "no success is documented"}),
    "nothing is documented: it says so": (
        {"/a": {"get": {"responses": {}}}}, {}, {"status": 200, "x-mock-note": "no response is documented"}),
    "a code of a range": ({"/a": {"get": {"responses": {"200": reply(), "4XX": reply("no")}}}},
                          {"prefer": "code=418"}, {"status": 418, "json": "no"}),
    "a preference in other letters and quotes, among others": (
        {"/a": {"get": {"responses": {"200": reply(), "404": reply("no")}}}},
        {"prefer": 'respond-async, Code="404"; foo=bar'}, {"status": 404, "preference-applied": "code=404"}),
    "null is an example": ({"/a": {"get": operation(None)}}, {}, {"json": None}),
    "false is an example": ({"/a": {"get": operation(False)}}, {}, {"json": False}),
    "0 is an example": ({"/a": {"get": operation(0)}}, {}, {"json": 0}),
    "an empty text is an example": ({"/a": {"get": operation("")}}, {}, {"json": ""}),
    "the examples of a schema": (
        {"/a": {"get": {"responses": {"200": {"description": "", "content": {"application/json": {
            "schema": {"type": "string", "examples": ["of the schema"]}}}}}}}}, {}, {"json": "of the schema"}),
    "an example elsewhere": (
        {"/a": {"get": {"responses": {"200": {"description": "", "content": {"application/json": {
            "examples": {"one": {"$ref": "#/components/examples/One"}}}}}}}},
         "components": {"examples": {"One": {"value": "there"}}}}, {}, {"json": "there"}),
    "dataValue": (
        {"/a": {"get": {"responses": {"200": {"description": "", "content": {"application/json": {
            "examples": {"one": {"dataValue": [1]}}}}}}}}}, {}, {"json": [1]}),
    "205 has no body": ({"/a": {"get": {"responses": {"205": reply()}}}}, {}, {"status": 205, "text": "",
                                                                           "content-type": None}),
    "304 has no body": ({"/a": {"get": {"responses": {"304": reply()}}}}, {}, {"status": 304, "content-type": None}),
    "an invalid example is not sent": (
        {"/a": {"get": {"responses": {"200": {"description": "", "content": {"application/json": {
            "schema": {"const": "valid"}, "example": "invalid"}}}}}}}, {}, {"json": "valid"}),
    "a deprecated operation": ({"/a": {"get": operation(deprecated=True)}}, {}, {"deprecation": "true"}),
    "one that is not": ({"/a": {"get": operation()}}, {}, {"deprecation": None}),
    "a weight of 0 excludes": (
        {"/a": {"get": operation()}}, {"accept": "application/json;q=0, */*"}, {"status": 406}),
    "a charset in Accept": ({"/a": {"get": operation()}}, {"accept": "application/json; charset=utf-8"},
                            {"status": 200}),
    "no body, so Accept does not matter": (
        {"/a": {"get": {"responses": {"200": {"description": ""}}}}}, {"accept": "image/png"}, {"status": 200}),
    "of one media type twice, the one with a schema": (
        {"/a": {"get": {"responses": {"200": {"description": "", "content": {
            "application/json": {}, "application/json; charset=utf-8": {"schema": {"const": 1}}}}}}}}, {},
        {"text": "1"}),
    "a header of numbers": (
        {"/a": {"get": {"responses": {"200": reply(headers={"X-Total": {"schema": {"const": 7}}})}}}},
        {}, {"x-total": "7"}),
    "100 comes before an answer and is none": (
        {"/a": {"get": {"responses": {"100": reply(), "default": reply("yes")}}}}, {}, {"status": 200, "json": "yes"}),
    "nor can it be asked for": ({"/a": {"get": {"responses": {"100": reply(), "200": reply()}}}},
                                {"prefer": "code=100"}, {"status": 400}),
    "a header that cannot be made is left out": (
        {"/a": {"get": {"responses": {"200": reply(headers={
            "X-Gone": {"$ref": "#/gone"}, "X-None": {"schema": False}, "X-Total": {"schema": {"const": 7}}})}}}},
        {}, {"status": 200, "x-total": "7", "x-gone": None, "x-none": None}),
    "several cookies": (
        {"/a": {"get": {"responses": {"200": reply(headers={"Set-Cookie": {
            "schema": {"type": "array"}, "example": ["a=1", "b=2"]}})}}}}, {}, {"set-cookie": "a=1|b=2"}),
}  # fmt: skip

ROUTES: dict[str, Row] = {
    "a concrete path, though listed later": (
        {"/users/{id}": {"get": operation("any")}, "/users/me": {"get": operation("me")}},
        {"path": "/users/me"}, {"json": "me"}),
    "but only for the methods that it has": (
        {"/users/{id}": {"put": operation("any")}, "/users/me": {"get": operation("me")}},
        {"path": "/users/me", "method": "PUT"}, {"json": "any"}),
    "Allow has the methods of both": (
        {"/users/{id}": {"put": operation("any")}, "/users/me": {"get": operation("me")}},
        {"path": "/users/me", "method": "POST"}, {"status": 405, "allow": "GET, PUT, HEAD"}),
    "a segment of two parameters": (
        {"/a/{x}-{y}": {"get": operation("two")}, "/a/{x}": {"get": operation("one")}},
        {"path": "/a/b-c"}, {"json": "two"}),
    "a parameter with a slash in it": (
        {"/a/{x}/b": {"get": operation("b")}}, {"path": "/a/1%2F2/b"}, {"json": "b"}),
    "a path in another script": ({"/straße/{x}": {"get": operation()}}, {"path": "/stra%C3%9Fe/%E5%8C%97"},
                                 {"status": 200}),
    "a parameter right behind another, of listed values": (
        {"/a/{name}{ext}": {"get": operation("ext", parameters=[
            {"name": "ext", "in": "path", "required": True, "schema": {"enum": [".json", ".xml"]}}])}},
        {"path": "/a/b.json"}, {"json": "ext"}),
    "and values that are not listed": (
        {"/a/{name}{ext}": {"get": operation("ext", parameters=[
            {"name": "ext", "in": "path", "required": True, "schema": {"enum": [".json", ".xml"]}}])}},
        {"path": "/a/b.csv"}, {"status": 404}),
    "paths that only their parameters tell apart": (TWINS, {"path": "/a/7"}, {"json": "by number"}),
    "the other of them": (TWINS, {"path": "/a/x"}, {"json": "by name"}),
    "neither of them": (TWINS, {"path": "/a/X"}, {"status": 422}),
    "a path that is written encoded": (
        {"/caf%C3%A9/{id}": {"get": operation()}}, {"path": "/caf%C3%A9/1"}, {"status": 200}),
    "two paths that are one path item: the first": (SHARED, {"path": "/a"}, {"operation": "GET /a"}),
    "the second": (SHARED, {"path": "/b"}, {"operation": "GET /b"}),
    "an unknown path: the nearest one is named": (
        {"/users/{id}": {"get": operation()}}, {"path": "/user/7"},
        {"status": 404, "x-mock-note": "the nearest operation is GET /users/{id}"}),
    "a path with a query that has parameters": (
        QUERIED, {"path": "/now", "query": "lat=1&lon=2"}, {"json": "by place"}),
    "another query": (QUERIED, {"path": "/now", "query": "city=Rome"}, {"json": "by name"}),
    "a parameter there that is wrong": (QUERIED, {"path": "/now", "query": "lat=x&lon=2"}, {"status": 422}),
    "a parameter there that is missing": (QUERIED, {"path": "/now", "query": "lat=1"}, {"status": 422}),
    "a trailing slash leads to the path": ({"/a": {"get": operation()}}, {"path": "/a/"}, {"status": 307}),
    "below the path of a server": ({"/a": {"get": operation()}, **server("https://x.org/v1")}, {"path": "/v1/a"},
                                   {"status": 200}),
    "and without it": ({"/a": {"get": operation()}, **server("https://x.org/v1")}, {}, {"status": 200}),
    "a server's variable": (
        {"/a": {"get": operation()}, **server("https://x.org/{v}", v={"default": "v1", "enum": ["v1", "v2"]})},
        {"path": "/v2/a"}, {"status": 200}),
    "a value that the variable has not": (
        {"/a": {"get": operation()}, **server("https://x.org/{v}", v={"default": "v1", "enum": ["v1", "v2"]})},
        {"path": "/v3/a"}, {"status": 404}),
    "the server of an operation": (
        {"/a": {"get": operation(**server("/deep"))}}, {"path": "/deep/a"}, {"status": 200}),
    "OPTIONS that is documented": ({"/a": {"options": operation("mine")}}, {"method": "OPTIONS"}, {"json": "mine"}),
    "QUERY": ({"/a": {"query": operation("found")}, "openapi": "3.2.0"}, {"method": "QUERY"}, {"json": "found"}),
    "a method of its own": (
        {"/a": {"additionalOperations": {"COPY": operation("copied")}}, "openapi": "3.2.0"}, {"method": "COPY"},
        {"json": "copied"}),
}  # fmt: skip

PARAMETERS: dict[str, Row] = {
    "absent is not empty": ({"/a": {"get": query(INTEGERS, required=True)}}, {}, {"status": 422}),
    "an empty one where that is allowed": (
        {"/a": {"get": query({"type": "integer"}, allowEmptyValue=True)}}, {"query": "p="}, {"status": 200}),
    "an encoded delimiter is part of a value": (
        {"/a": {"get": query(TEXTS, explode=False)}}, {"query": "p=a%2Cb,c"}, {"status": 200}),
    "which an undivided value is not": (
        {"/a": {"get": query(TEXTS, explode=False)}}, {"query": "p=a,b,c"}, {"status": 422}),
    "a client that encodes every delimiter is understood": (
        {"/a": {"get": query(INTEGERS, explode=False)}}, {"query": "p=1%2C2"}, {"status": 200}),
    "an encoded pipe": ({"/a": {"get": query(INTEGERS, style="pipeDelimited", explode=False)}},
                        {"query": "p=1%7C2"}, {"status": 200}),
    "a plus is a space": ({"/a": {"get": query(INTEGERS, style="spaceDelimited", explode=False)}},
                          {"query": "p=1+2"}, {"status": 200}),
    "reserved characters": ({"/a": {"get": query({"const": "a/b?c:d"}, allowReserved=True)}},
                            {"query": "p=a/b?c:d"}, {"status": 200}),
    "NaN is no number": ({"/a": {"get": query({"type": "number"})}}, {"query": "p=NaN"}, {"status": 422}),
    "Infinity is no number": ({"/a": {"get": query({"type": "number"})}}, {"query": "p=1e999"}, {"status": 422}),
    "an operation's parameter replaces that of its path": (
        {"/a": {"parameters": [{"name": "p", "in": "query", "schema": {"type": "integer"}}],
                "get": query({"type": "string"})}}, {"query": "p=x"}, {"status": 200}),
    "Accept as a parameter is not meant": (
        {"/a": {"get": operation(parameters=[
            {"name": "Accept", "in": "header", "required": True, "schema": {"type": "integer"}}])}}, {},
        {"status": 200}),
    "the whole query string": (
        {"openapi": "3.2.0", "/a": {"get": operation(parameters=[{"name": "q", "in": "querystring", "content": {
            "application/x-www-form-urlencoded": {"schema": {"properties": {"n": {"type": "integer"}}}}}}])}},
        {"query": "n=x"}, {"status": 422}),
    "a number above 2^53": ({"/a": {"get": query({"const": 9007199254740993})}}, {"query": "p=9007199254740993"},
                            {"status": 200}),
    "minimum 0 is a minimum": ({"/a": {"get": query({"type": "integer", "minimum": 0})}}, {"query": "p=-1"},
                               {"status": 422}),
    "collectionFormat": (
        {"swagger": "2.0", "/a": {"get": {"parameters": [{"name": "p", "in": "query", "type": "array",
         "collectionFormat": "pipes", "items": {"type": "integer"}}], "responses": {"200": {"description": ""}}}}},
        {"query": "p=1|x"}, {"status": 422}),
    "formData": (
        {"swagger": "2.0", "/a": {"post": {"consumes": ["application/x-www-form-urlencoded"], "parameters": [
         {"name": "n", "in": "formData", "type": "integer", "required": True}],
         "responses": {"200": {"description": ""}}}}},
        {"method": "POST", "body": "n=x", "content-type": "application/x-www-form-urlencoded"}, {"status": 422}),
}  # fmt: skip

SCHEMAS: dict[str, Row] = {
    "nullable": (
        {"openapi": "3.0.3", "/a": {"post": body({"type": "string", "nullable": True})}},
        {"method": "POST", "body": "null"}, {"status": 200}),
    "nullable beside an enum without null takes null": (
        {"openapi": "3.0.3", "/a": {"post": body({"type": "string", "nullable": True, "enum": ["a"]})}},
        {"method": "POST", "body": "null"}, {"status": 200}),
    "but does not give it": (
        {"openapi": "3.0.3", "/a": {"get": {"responses": {"200": {"description": "", "content": {"application/json": {
            "schema": {"type": "string", "nullable": True, "enum": ["a"]}}}}}}}}, {}, {"json": "a"}),
    "3.0 ignores what stands beside a reference": (
        {"openapi": "3.0.3", "/a": {"post": body({"$ref": "#/components/schemas/T", "maxLength": 1})},
         "components": {"schemas": {"T": {"type": "string"}}}}, {"method": "POST", "body": '"ab"'}, {"status": 200}),
    "3.1 does not": (
        {"/a": {"post": body({"$ref": "#/components/schemas/T", "maxLength": 1})},
         "components": {"schemas": {"T": {"type": "string"}}}}, {"method": "POST", "body": '"ab"'}, {"status": 422}),
    "3.0's exclusiveMinimum": (
        {"openapi": "3.0.3", "/a": {"post": body({"type": "integer", "minimum": 1, "exclusiveMinimum": True})}},
        {"method": "POST", "body": "1"}, {"status": 422}),
    "readOnly is not asked of a client, at any depth": (
        {"/a": {"post": body({"type": "array", "items": {"allOf": [
            {"properties": {"id": {"type": "integer", "readOnly": True}}}, {"required": ["id"]}]}})}},
        {"method": "POST", "body": "[{}]"}, {"status": 200}),
    "an illegal keyword is ignored, the others count": (
        {"/a": {"post": body({"type": "string", "pattern": "[", "maxLength": 2})}},
        {"method": "POST", "body": '"abc"'}, {"status": 422}),
    "and does not keep the operation from being served": (
        {"/a": {"post": body({"type": "string", "pattern": "[", "maxLength": 2})}},
        {"method": "POST", "body": '"ab"'}, {"status": 200}),
    "a reference that leads nowhere is one to anything": (
        {"/a": {"post": body({"properties": {"x": {"$ref": "#/components/schemas/Gone"}, "y": {"type": "integer"}}})}},
        {"method": "POST", "body": '{"x":1,"y":"z"}'}, {"status": 422}),
}  # fmt: skip

SECURITY: dict[str, Row] = {
    "one of two": (secured({"k": []}, {"b": []}, k=KEY, b=BEARER), {"x-key": "1"}, {"status": 200}),
    "both of two": (secured({"k": [], "b": []}, k=KEY, b=BEARER), {"x-key": "1"}, {"status": 401}),
    "none, where that is one of the choices": (secured({}, {"b": []}, b=BEARER), {}, {"status": 200}),
    "but not malformed ones": (secured({}, {"b": []}, b=BEARER), {"authorization": "Bearer"}, {"status": 401}),
    "an operation that asks for nothing": (
        {"security": [{"b": []}], **secured(b=BEARER)}, {}, {"status": 200}),
    "what to send is said": (
        secured({"k": [], "b": []}, {"o": []}, k=KEY, b={"type": "http", "scheme": "basic"}, o=OAUTH), {},
        {"detail": "Not authenticated. Send an API key in the header X-Key and Basic credentials, or a Bearer token."}),
    "the scopes are named in the challenge": (
        secured({"o": ["read", "write"]}, o=OAUTH), {},
        {"status": 401, "www-authenticate": 'Bearer scope="read write"'}),
}  # fmt: skip

TABLES: Final = {**RESPONSES, **ROUTES, **PARAMETERS, **SCHEMAS, **SECURITY}


def ask(described: dict[str, Any], asked: dict[str, Any]) -> dict[str, Any]:
    """The answer to a request, with what may matter of it."""
    top = {key: value for key, value in described.items() if not key.startswith("/")}
    paths = {key: value for key, value in described.items() if key.startswith("/")}
    content = document(paths, **top)
    if "swagger" in top:
        del content["openapi"]
    known = {"method", "path", "query", "body"}
    given = {"content-type": "application/json", **asked} if "body" in asked else asked
    headers = Headers([(name.encode(), value.encode()) for name, value in given.items() if name not in known])
    path = asked.get("path", "/a")
    request = Request(asked.get("method", "GET"), path, asked.get("query", ""), headers, asked.get("body", "").encode())
    answer = MockEngine(load_spec(content)).handle(request)
    named: dict[str, list[str]] = {}
    for name, value in answer.headers:
        named.setdefault(name, []).append(value)
    found: dict[str, Any] = {name: "|".join(values) for name, values in named.items()}
    found |= {"status": answer.status, "text": answer.body.decode(), "operation": answer.operation}
    if is_json(found.get("content-type", "")):
        found["json"] = json.loads(answer.body)
        found |= {"detail": found["json"]["detail"]} if found["content-type"] == "application/problem+json" else {}
    return found


@pytest.mark.parametrize(("described", "asked", "expected"), TABLES.values(), ids=TABLES)
def test_edge_case(described: dict[str, Any], asked: dict[str, Any], expected: dict[str, Any]) -> None:
    """The answer has what the row says; None says that it has no such header."""
    found = ask(described, asked)
    assert {name: found.get(name) for name in expected} == expected, found
