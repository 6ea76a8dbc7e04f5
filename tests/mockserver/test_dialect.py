"""Swagger 2.0 and OpenAPI 3.0 in the words of 3.1."""

from __future__ import annotations

from typing import Any

import pytest

from mockserver import Headers, MockEngine, Request, load_spec
from mockserver.document.dialect import fold, fold_schema

REFERENCE = {"$ref": "#/components/schemas/A"}
SCHEMAS: dict[str, tuple[Any, Any]] = {
    "nullable type": ({"type": "string", "nullable": True}, {"type": ["string", "null"]}),
    "nullable enum": (
        {"type": "string", "nullable": True, "enum": ["a"]},
        {"type": ["string", "null"], "enum": ["a", None], "x-doubtful-null": True},
    ),
    "nullable without type": (
        {"allOf": [REFERENCE], "nullable": True},
        {"anyOf": [{"allOf": [REFERENCE]}, {"type": "null", "x-doubtful-null": True}]},
    ),
    "not nullable": ({"type": "string", "nullable": False}, {"type": "string"}),
    "siblings of a reference": ({**REFERENCE, "description": "x", "nullable": True}, REFERENCE),
    "exclusive minimum": (
        {"type": "integer", "minimum": 0, "exclusiveMinimum": True},
        {"type": "integer", "exclusiveMinimum": 0},
    ),
    "inclusive maximum": ({"maximum": 5, "exclusiveMaximum": False}, {"maximum": 5}),
    "nested": (
        {
            "properties": {
                "nullable": {
                    "type": "object",
                    "nullable": True,
                    "additionalProperties": {"nullable": True, "type": "integer"},
                }
            }
        },
        {
            "properties": {
                "nullable": {"type": ["object", "null"], "additionalProperties": {"type": ["integer", "null"]}}
            }
        },
    ),
    "data is left alone": ({"example": {"nullable": True}, "default": {"$ref": "x"}},) * 2,
    "a boolean": (True, True),
}


@pytest.mark.parametrize(("before", "after"), SCHEMAS.values(), ids=SCHEMAS)
def test_schemas_of_30(before: Any, after: Any) -> None:
    """The keywords that mean something else in JSON Schema 2020-12."""
    assert fold_schema(before) == after


def test_schemas_are_folded_wherever_they_stand() -> None:
    """In components, parameters, headers and bodies; not in examples, nor under a name that looks like a keyword."""
    nullable, folded = {"type": "string", "nullable": True}, {"type": ["string", "null"]}
    operation = {
        "parameters": [{"name": "a", "in": "query", "schema": nullable, "example": {"schema": nullable}}],
        "responses": {"200": {"headers": {"schema": {"schema": nullable}}, "content": {"a/b": {"schema": nullable}}}},
    }
    document = fold(
        {
            "openapi": "3.0.3",
            "paths": {"/a": {"get": operation}},
            "components": {
                "schemas": {"schema": nullable},
                "parameters": {"schema": {"name": "x", "schema": nullable}},
            },
        }
    )
    got = document["paths"]["/a"]["get"]
    assert document["openapi"] == "3.1.0"
    assert got["parameters"][0] == {"name": "a", "in": "query", "schema": folded, "example": {"schema": nullable}}
    assert got["responses"]["200"]["headers"] == {"schema": {"schema": folded}}
    assert got["responses"]["200"]["content"] == {"a/b": {"schema": folded}}
    assert document["components"]["schemas"] == {"schema": folded}
    assert document["components"]["parameters"] == {"schema": {"name": "x", "schema": folded}}


def test_31_is_left_alone() -> None:
    """There `nullable` is no keyword."""
    document = {"openapi": "3.1.0", "components": {"schemas": {"A": {"type": "string", "nullable": True}}}}
    assert fold(document) == document


SWAGGER: dict[str, Any] = {
    "swagger": "2.0",
    "info": {"title": "Old", "version": "1"},
    "host": "api.example.com",
    "basePath": "/v1",
    "schemes": ["https", "http"],
    "consumes": ["application/json"],
    "produces": ["application/json", "text/plain"],
    "definitions": {
        "Pet": {"type": "object", "properties": {"name": {"type": "string", "x-nullable": True}}, "required": ["name"]}
    },
    "parameters": {
        "Body": {"name": "body", "in": "body", "required": True, "schema": {"$ref": "#/definitions/Pet"}},
        "Limit": {"name": "limit", "in": "query", "type": "integer", "maximum": 5, "exclusiveMaximum": True},
    },
    "responses": {"Gone": {"description": "gone", "schema": {"$ref": "#/definitions/Pet"}}},
    "securityDefinitions": {
        "basic": {"type": "basic"},
        "key": {"type": "apiKey", "in": "header", "name": "X-Key"},
        "oauth": {
            "type": "oauth2",
            "flow": "accessCode",
            "authorizationUrl": "a",
            "tokenUrl": "t",
            "scopes": {"s": ""},
        },
    },
    "paths": {
        "/pets": {
            "parameters": [{"$ref": "#/parameters/Limit"}],
            "get": {
                "parameters": [
                    {
                        "name": "tags",
                        "in": "query",
                        "type": "array",
                        "items": {"type": "string"},
                        "collectionFormat": "multi",
                    }
                ],
                "responses": {
                    "200": {
                        "description": "",
                        "schema": {"type": "array", "items": {"$ref": "#/definitions/Pet"}},
                        "headers": {"X-Total": {"type": "integer", "description": "all"}},
                        "examples": {"application/json": [{"name": "Rex"}]},
                    },
                    "404": {"$ref": "#/responses/Gone"},
                },
            },
            "post": {"parameters": [{"$ref": "#/parameters/Body"}], "responses": {"201": {"description": ""}}},
        },
        "/photos": {
            "post": {
                "consumes": ["multipart/form-data"],
                "parameters": [
                    {"name": "file", "in": "formData", "type": "file", "required": True},
                    {"name": "title", "in": "formData", "type": "string", "maxLength": 3},
                ],
                "responses": {"204": {"description": ""}},
            }
        },
    },
}
PET = {"$ref": "#/components/schemas/Pet"}
FOLDED: dict[str, tuple[list[str], Any]] = {
    "servers": (["servers"], [{"url": "https://api.example.com/v1"}, {"url": "http://api.example.com/v1"}]),
    "definitions": (["components", "schemas", "Pet", "required"], ["name"]),
    "shared parameter": (
        ["paths", "/pets", "get", "parameters", "0"],
        {"name": "limit", "in": "query", "schema": {"type": "integer", "exclusiveMaximum": 5}},
    ),
    "array parameter": (
        ["paths", "/pets", "get", "parameters", "1"],
        {
            "name": "tags",
            "in": "query",
            "style": "form",
            "explode": True,
            "schema": {"type": "array", "items": {"type": "string"}},
        },
    ),
    "response": (
        ["paths", "/pets", "get", "responses", "200", "content"],
        {
            "application/json": {"schema": {"type": "array", "items": PET}, "example": [{"name": "Rex"}]},
            "text/plain": {"schema": {"type": "array", "items": PET}},
        },
    ),
    "header": (
        ["paths", "/pets", "get", "responses", "200", "headers", "X-Total"],
        {"description": "all", "schema": {"type": "integer"}},
    ),
    "shared response": (["paths", "/pets", "get", "responses", "404"], {"$ref": "#/components/responses/Gone"}),
    "body": (
        ["paths", "/pets", "post", "requestBody"],
        {"required": True, "description": "", "content": {"application/json": {"schema": PET}}},
    ),
    "form": (
        ["paths", "/photos", "post", "requestBody"],
        {
            "required": True,
            "content": {
                "multipart/form-data": {
                    "schema": {
                        "type": "object",
                        "required": ["file"],
                        "properties": {
                            "file": {"type": "string", "format": "binary"},
                            "title": {"type": "string", "maxLength": 3},
                        },
                    }
                }
            },
        },
    ),
    "basic": (["components", "securitySchemes", "basic"], {"type": "http", "scheme": "basic"}),
    "key": (["components", "securitySchemes", "key"], {"type": "apiKey", "in": "header", "name": "X-Key"}),
    "oauth2": (
        ["components", "securitySchemes", "oauth"],
        {
            "type": "oauth2",
            "flows": {"authorizationCode": {"authorizationUrl": "a", "tokenUrl": "t", "scopes": {"s": ""}}},
        },
    ),
}


@pytest.mark.parametrize(("keys", "expected"), FOLDED.values(), ids=FOLDED)
def test_swagger_becomes_openapi(keys: list[str], expected: Any) -> None:
    """Everything finds its new place, and references follow."""
    node: Any = fold(SWAGGER)
    for key in keys:
        node = node[int(key)] if isinstance(node, list) else node[key]
    assert node == expected


@pytest.mark.parametrize(
    ("method", "path", "query", "body", "status"),
    [
        ("GET", "/pets", "limit=4", b"", 200),
        ("GET", "/pets", "limit=5", b"", 422),
        ("POST", "/pets", "", b'{"name":"Rex"}', 201),
        ("POST", "/pets", "", b"{}", 422),
        ("POST", "/pets", "", b"", 422),
    ],
)
def test_a_swagger_document_is_served(method: str, path: str, query: str, body: bytes, status: int) -> None:
    """Validated and answered like any other."""
    engine = MockEngine(load_spec(SWAGGER))
    headers = Headers([(b"content-type", b"application/json")])
    assert engine.handle(Request(method, path, query, headers, body)).status == status
