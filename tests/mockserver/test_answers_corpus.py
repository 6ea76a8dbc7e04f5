"""Real documents, judged by a reading of their standard that shares nothing with the mock."""

from __future__ import annotations

import os
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import schemathesis
from schemathesis.core.failures import Failure

from benchmarks.answers import ask_mock, count, documents
from benchmarks.judging import Judge, read
from benchmarks.schemathesis_corpus import misreading, run
from mockserver import SpecError
from tests.mockserver.conftest import document

CORPUS = os.environ.get("UNDERSTUDY_CORPUS", "")
DOCUMENTS = list(documents(Path(CORPUS))) if CORPUS else []


def judged(raw: dict[str, Any]) -> tuple[Counter[str], list[str]]:
    judge, told = Judge(raw), list[str]()
    return count(judge, ask_mock(raw, list(judge.exchanges())), told=told.append), told


@pytest.mark.slow
@pytest.mark.skipif(not DOCUMENTS, reason="UNDERSTUDY_CORPUS names no folder of OpenAPI documents")
def test_every_answer_to_real_documents_is_valid() -> None:
    """Over ASGI; what cannot be answered says so, and is at most one in 100."""
    counts: Counter[str] = Counter()
    problems: list[str] = []
    for path in DOCUMENTS:
        try:
            found, told = judged(read(path))
        except SpecError:
            continue
        counts += found
        problems += told
    bad = [problem for problem in problems if "diagnosed" not in problem]
    assert len(bad) <= 0.0005 * counts.total(), bad
    assert counts["diagnosed"] <= 0.01 * counts.total(), counts


@pytest.mark.slow
@pytest.mark.skipif(not DOCUMENTS, reason="UNDERSTUDY_CORPUS names no folder of OpenAPI documents")
def test_schemathesis_finds_every_answer_as_documented() -> None:
    """Some valid requests for each operation of each document; what it misreads is little, and for a reason."""
    counts: Counter[str] = Counter()
    problems: list[str] = []
    for path in DOCUMENTS:
        with suppress(SpecError):
            counts += run(read(path), examples=2, most=25, told=problems.append)
    assert counts["answered"] > 20 * len(DOCUMENTS)
    assert counts["broken"] == 0, problems
    assert counts["misread"] <= counts["answered"] / 500, problems


def answered(content: dict[str, Any]) -> dict[str, Any]:
    return document({"/things": {"get": {"responses": {"200": {"description": "", "content": content}}}}})


def listed(schema: dict[str, Any]) -> dict[str, Any]:
    return {"responses": {"200": {"description": "", "content": {"application/json": {"schema": schema}}}}}


DETAIL = {"type": "array", "items": {"$ref": "#/components/schemas/ValidationError"}}
ROUTES = document(
    {
        "/things/{id}": {"get": {**listed({"type": "integer"}), "parameters": [
            {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}]}},
        "/things/all": {"get": listed({"type": "object"})},
    },
    components={"schemas": {
        "HTTPValidationError": {"properties": {"detail": DETAIL}, "type": "object"}, "ValidationError": {}}},
)  # fmt: skip
MISREAD: dict[str, tuple[dict[str, Any], str]] = {
    "a stream as its events": (answered({"text/event-stream": {"schema": {"type": "string"}}}), "whole stream"),
    "the second of two routes": (ROUTES, "/things/{id} stands before it"),
    "a media type that is none": (answered({"application": {"schema": {"type": "string"}}}), "is none"),
}  # fmt: skip


@pytest.mark.parametrize(("raw", "reason"), MISREAD.values(), ids=MISREAD)
def test_what_any_answer_would_be_accused_of_is_told_apart(raw: dict[str, Any], reason: str) -> None:
    """With the reason."""
    told: list[str] = []
    counts = run(raw, examples=2, most=5, told=told.append)
    assert all(reason in line for line in told)
    assert counts["misread"] > 0 == counts["broken"]


class Accused(NamedTuple):
    title: str
    content: dict[str, Any]


BLAMED = {
    "an event that has a schema of its own": Accused(
        "SSE event violates schema", {"text/event-stream": {"itemSchema": {"type": "string"}}}
    ),
    "anything else": Accused("Response violates schema", {"application/json": {"schema": {"type": "string"}}}),
}


@pytest.mark.parametrize(("title", "content"), BLAMED.values(), ids=BLAMED)
def test_what_an_answer_is_to_blame_for_is_not_excused(title: str, content: dict[str, Any]) -> None:
    """By the same rules."""
    operation = schemathesis.openapi.from_dict(answered(content))["/things"]["GET"]
    assert misreading(Failure(operation="", title=title, message=""), operation, "/things") == ""


def test_schemathesis_agrees_with_the_mock() -> None:
    """Of a document with headers, references, choices and several media types."""
    counts = run(ORDERS, examples=20, most=20, told=print)
    assert counts["answered"] > 10
    assert counts["broken"] == 0


UUID = {"type": "string", "format": "uuid"}
ORDER = {"type": "object", "required": ["id", "paid_with"], "properties": {
    "id": UUID, "total": {"type": "number", "minimum": 0, "multipleOf": 0.01},
    "paid_with": {"oneOf": [{"$ref": "#/components/schemas/Card"}, {"$ref": "#/components/schemas/Cash"}],
                  "discriminator": {"propertyName": "kind"}}}}  # fmt: skip
ORDERS = document(
    {
        "/orders/{id}": {
            "parameters": [{"name": "id", "in": "path", "required": True, "schema": UUID}],
            "get": {"responses": {"200": {
                "description": "", "headers": {"X-Rate-Limit": {"schema": {"type": "integer"}, "required": True}},
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Order"}},
                            "text/csv": {"schema": {"type": "string"}}},
            }}},
            "delete": {"responses": {"204": {"description": ""}}},
        },
    },
    components={"schemas": {
        "Order": ORDER,
        "Card": {"type": "object", "required": ["kind"], "properties": {
            "kind": {"type": "string"}, "last4": {"type": "string", "pattern": "^[0-9]{4}$"}}},
        "Cash": {"type": "object", "required": ["kind", "received"], "properties": {
            "kind": {"type": "string"}, "received": {"type": "integer", "minimum": 1}}},
    }},
)  # fmt: skip


PET = {"type": "object", "required": ["id", "password"], "properties": {
    "id": {"type": "integer"}, "password": {"type": "string", "writeOnly": True},
    "kind": {"type": "string", "enum": ["cat"], "nullable": True}}}  # fmt: skip


def test_the_judge_is_strict() -> None:
    """What the letter of OpenAPI 3.0 refuses it refuses, and what the mock sends it takes."""
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Pet"}}}
    raw = document(
        {"/pets/{id}": {"get": {"responses": {"200": {"description": "", "content": content}}}}},
        components={"schemas": {"Pet": PET}},
    )
    raw["openapi"] = "3.0.3"
    judge = Judge(raw)
    pointer = next(judge.exchanges()).pointer
    assert judge.breach(pointer, {"id": 1, "kind": "cat"}) is None
    for wrong in ({}, {"id": 1, "password": "x"}, {"id": 1, "kind": None}, {"id": None}):
        assert judge.breach(pointer, wrong)
    assert judged(raw)[0] == {"valid": 1}
