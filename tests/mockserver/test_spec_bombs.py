"""Documents that are small and would take for ever: each is answered at once, with a reason where it cannot be."""

from __future__ import annotations

from typing import Any

import pytest

from mockserver import Headers, MockEngine, Request, load_spec
from mockserver.lint import iter_findings
from tests.mockserver.conftest import document


def chain(length: int, link: Any, end: Any) -> dict[str, Any]:
    """Schemas A0, A1, ... each made of the next one."""
    schemas = {f"A{number}": link(reference(f"A{number + 1}")) for number in range(length)}
    return {**schemas, f"A{length}": end}


def reference(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}"}


TEXT = {"type": "string"}
ROOT = reference("A0")

BOMBS: dict[str, tuple[Any, dict[str, Any], str]] = {
    "allOf that fans out": (ROOT, chain(30, lambda node: {"allOf": [node, node]}, {"type": "object"}), "look at one"),
    "oneOf that fans out": (ROOT, chain(25, lambda node: {"oneOf": [node, node]}, TEXT), "look at one"),
    "not that fans out": (ROOT, chain(40, lambda node: {"not": {"allOf": [node, node]}}, TEXT), "look at one"),
    "back to itself": (
        ROOT, {"A0": {"allOf": [reference("A1")]}, "A1": {"anyOf": [ROOT, TEXT]}}, "leads back to itself"),
    "properties that fan out": (
        ROOT, chain(30, lambda node: {"type": "object", "required": ["x", "y"], "properties": {"x": node, "y": node}},
                    TEXT), "a value must have more than 40,000 parts"),
    "lists of lists": (
        ROOT, chain(4, lambda node: {"type": "array", "minItems": 100, "items": node}, TEXT),
        "a value must have more than 40,000 parts"),
    "a long list": ({"type": "array", "minItems": 10**9}, {}, "it must have 1000000000 items"),
    "a large object": ({"type": "object", "minProperties": 10**8}, {}, "it must have 100000000 properties"),
    "a long text": ({"type": "string", "minLength": 10**9}, {}, "it must be 1000000000 characters long"),
    "an endless value": (
        ROOT, {"A0": {"type": "object", "required": ["next"], "properties": {"next": ROOT}}}, "has no end"),
    "choices that multiply": (
        {"allOf": [{"anyOf": [{"properties": {f"p{i}{j}": TEXT}} for j in range(6)]} for i in range(12)]}, {}, ""),
    "conditions that multiply": (
        {"allOf": [{"if": {"required": [f"a{i}"]}, "then": {"required": [f"b{i}"]}, "else": {"required": [f"c{i}"]}}
                   for i in range(20)]}, {}, ""),
    "a regular expression that goes back": ({"type": "string", "pattern": "^(a+)+$", "minLength": 40}, {}, ""),
    "a regular expression that is large": (
        {"type": "string", "pattern": "^((a{1,1000}){1,1000}){1,1000}$"}, {}, "cannot be used as a regular expression"),
    "repeated lookahead": (
        {"type": "string", "pattern": r"^(?=.*[A-Z])(?=.*[a-z])(?=.*\d)(?=.*[^\w])\S{8,64}$"}, {}, ""),
}  # fmt: skip
BODIES = (b"", b'{"a":1,"x":{"x":{}}}', b'"' + b"a" * 40 + b'b"', b"[" * 150 + b"]" * 150)


@pytest.mark.parametrize(("schema", "schemas", "problem"), BOMBS.values(), ids=BOMBS)
def test_a_bomb_does_not_go_off(schema: Any, schemas: dict[str, Any], problem: str) -> None:
    """As answer, as body and as error; lint says what is beyond the mock, and why."""
    content = {"content": {"application/json": {"schema": schema}}}
    responses = {status: {"description": "", **content} for status in ("200", "400")}
    spec = load_spec(document({"/a": {"post": {"requestBody": content, "responses": responses}}},
                              components={"schemas": schemas}))  # fmt: skip
    engine = MockEngine(spec)
    headers = Headers([(b"content-type", b"application/json")])
    for body in BODIES:
        assert engine.handle(Request("POST", "/a", "", headers, body)).status in (200, 400, 422, 501)
    problems = [finding.problem for finding in iter_findings(spec)]
    assert [True for found in problems if problem in found][:1] == [True] * bool(problem)
