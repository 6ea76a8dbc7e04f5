"""Documents with something else where something is expected: refused with a pointer, or served with what is left."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path
from typing import Any, Final

import pytest

from mockserver import Headers, MockEngine, Request, SpecError, load_spec
from mockserver.lint import iter_findings
from tests.mockserver.conftest import document

WRONG: Final[tuple[Any, ...]] = (
    None, [], {}, "", 7, -1.5, True, "x", [None], ["a"], {"a": None}, {"$ref": "#/gone"}, {"$ref": 5}, {"$ref": "#"},
    10**30, [{}], [[]], {"": {}}, "http://[x", {"type": ["string", "null"]},
)  # fmt: skip
ROUNDS: Final = 2
"""So many wrong values are put in every place, others in each."""

PET: Final = {
    "type": "object", "required": ["name", "kind"], "description": "One of them.", "xml": {"name": "pet"},
    "discriminator": {"propertyName": "kind", "mapping": {"dog": "#/components/schemas/Dog"}},
    "properties": {
        "name": {"type": "string", "minLength": 1, "maxLength": 20, "pattern": "^[A-Z]", "example": "Rex"},
        "kind": {"type": "string", "enum": ["dog", "pet"]},
        "age": {"type": "integer", "format": "int32", "minimum": 0, "maximum": 30, "default": 3},
        "tags": {"type": "array", "items": {"$ref": "#/components/schemas/Tag"}, "uniqueItems": True, "maxItems": 3},
        "owner": {"anyOf": [{"$ref": "#/components/schemas/Owner"}, {"type": "null"}]},
        "secret": {"type": "string", "writeOnly": True},
        "extra": {"type": "object", "additionalProperties": {"type": "number", "multipleOf": 0.5}},
    },
}  # fmt: skip
ERROR: Final = {"type": "object", "properties": {"message": {"type": "string"}, "errors": {
    "type": "array", "items": {"type": "object", "properties": {"field": {"type": "string"}}}}}}  # fmt: skip
RICH: Final = document(
    {
        "/pets/{id}": {
            "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}],
            "put": {
                "operationId": "put", "tags": ["pets"], "security": [{"key": []}, {"oauth": ["read"]}],
                "parameters": [
                    {"name": "filter", "in": "query", "style": "deepObject", "explode": True,
                     "schema": {"type": "object", "properties": {"a": {"type": "integer"}}}},
                    {"name": "X-Page", "in": "header", "content": {"application/json": {"schema": {"type": "array"}}}},
                ],
                "requestBody": {"required": True, "content": {
                    "application/json": {"schema": {"$ref": "#/components/schemas/Pet"}},
                    "multipart/form-data": {
                        "schema": {"type": "object", "properties": {"f": {"type": "string", "format": "binary"}}},
                        "encoding": {"f": {"contentType": "image/png", "headers": {"X-H": {"schema": {}}}}}},
                }},
                "responses": {
                    "200": {"description": "", "headers": {"ETag": {"schema": {"type": "string"}}}, "content": {
                        "application/json": {
                            "schema": {"type": "array", "items": {"$ref": "#/components/schemas/Pet"}},
                            "examples": {"one": {"value": []}}},
                        "application/xml": {"schema": {"$ref": "#/components/schemas/Pet"}}}},
                    "400": {"$ref": "#/components/responses/Bad"},
                },
            },
        }
    },
    servers=[{"url": "https://x.org/{v}", "variables": {"v": {"default": "v1", "enum": ["v1", "v2"]}}}],
    components={
        "schemas": {
            "Pet": PET,
            "Dog": {"allOf": [{"$ref": "#/components/schemas/Pet"}, {"required": ["age"]}]},
            "Owner": {"type": "object", "properties": {"pets": {"type": "array", "items": {
                "$ref": "#/components/schemas/Pet"}}}},
            "Tag": {"oneOf": [{"type": "string"}, {"type": "integer", "not": {"const": 3}}]},
        },
        "responses": {"Bad": {"description": "", "content": {"application/json": {"schema": ERROR}}}},
        "securitySchemes": {
            "key": {"type": "apiKey", "in": "header", "name": "X-Key"},
            "oauth": {"type": "oauth2", "flows": {"password": {"tokenUrl": "/token", "scopes": {"read": ""}}}},
        },
    },
)  # fmt: skip
SWAGGER: Final = {
    "swagger": "2.0", "info": {"title": "", "version": ""}, "host": "x.org", "basePath": "/v1", "schemes": ["https"],
    "consumes": ["application/json"], "produces": ["application/json"],
    "paths": {"/pets/{id}": {
        "parameters": [{"$ref": "#/parameters/Id"}],
        "put": {
            "parameters": [{"name": "pet", "in": "body", "schema": {"$ref": "#/definitions/Pet"}}],
            "responses": {"200": {"description": "", "schema": {"$ref": "#/definitions/Pet"},
                                  "headers": {"X-A": {"type": "array", "items": {"type": "string"}}},
                                  "examples": {"application/json": {"name": "a"}}}}},
        "post": {
            "consumes": ["multipart/form-data"],
            "parameters": [
                {"name": "f", "in": "formData", "type": "file", "required": True},
                {"name": "q", "in": "query", "type": "array", "collectionFormat": "pipes",
                 "items": {"type": "integer"}}],
            "responses": {"default": {"$ref": "#/responses/Bad"}}},
    }},
    "parameters": {"Id": {"name": "id", "in": "path", "type": "integer", "required": True}},
    "responses": {"Bad": {"description": "", "schema": ERROR}},
    "definitions": {"Pet": {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}},
    "securityDefinitions": {"key": {"type": "apiKey", "in": "query", "name": "k"}, "basic": {"type": "basic"}},
    "security": [{"key": []}],
}  # fmt: skip
CLONE: Final = json.loads((Path(__file__).resolve().parents[2] / "openapi.json").read_text())
DOCUMENTS: Final = {
    "3.1": RICH,
    "3.0": {**copy.deepcopy(RICH), "openapi": "3.0.3"},
    "2.0": SWAGGER,
    "FastAPI's": CLONE,
}
JSON_TYPE = (b"content-type", b"application/json")
REQUESTS = (
    (Headers(), b""),
    (Headers([JSON_TYPE, (b"authorization", b"Bearer t"), (b"x-key", b"k")]), b'{"name":"Rex","kind":"dog","age":"x"}'),
    (Headers([(b"content-type", b"multipart/form-data; boundary=b"), (b"x-key", b"k")]),
     b'--b\r\nContent-Disposition: form-data; name="f"\r\n\r\nx\r\n--b--\r\n'),
)  # fmt: skip


def places(node: Any) -> Iterator[tuple[Any, Any]]:
    """Every place of a document: what holds it, and its key."""
    for key, value in list(node.items() if isinstance(node, dict) else enumerate(node)):
        yield node, key
        if isinstance(value, dict | list):
            yield from places(value)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_mangled_document_is_refused_or_served(name: str) -> None:
    """Never a traceback: a `SpecError`, or answers; lint ends too."""
    content = copy.deepcopy(DOCUMENTS[name])
    wrong = cycle(WRONG)
    for holder, key in list(places(content)):
        kept = holder[key]
        for value in (next(wrong) for _ in range(ROUNDS)):
            holder[key] = copy.deepcopy(value)
            try:
                exercise(content)
            except Exception as error:
                error.add_note(f"with {value!r} at {key!r}, in place of {str(kept)[:200]}")
                raise
        holder[key] = kept
        next(wrong)


def exercise(content: dict[str, Any]) -> None:
    try:
        spec = load_spec(content)
    except SpecError:
        return
    assert all(map(str, iter_findings(spec)))
    engine = MockEngine(spec)
    for operation in spec.operations:
        path = operation.path.replace("{id}", "7")
        for headers, body in REQUESTS:
            engine.handle(Request(operation.method, path, "filter[a]=x&q=1|x", headers, body))
