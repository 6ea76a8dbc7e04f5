"""Generated values are valid, repeatable and end."""

from __future__ import annotations

import base64
import ipaddress
import json
import re
import uuid
from collections.abc import Callable
from typing import Any

import jsonschema_rs
import pytest

from mockserver import SpecError, load_spec
from mockserver.document import Document
from mockserver.generation import Entropy, Generator
from mockserver.generation.failures import UnsupportedPattern
from mockserver.generation.patterns import Pattern
from mockserver.generation.strings import FORMATS, uuid4
from mockserver.types import Schema
from tests.mockserver.conftest import document

NODE = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "child": {"anyOf": [{"$ref": "#/components/schemas/Node"}, {"type": "null"}]},
    },
    "required": ["name"],
}
TREE = {"type": "object", "properties": {"branches": {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}}}}
PET = {"type": "object", "properties": {"kind": {"type": "string"}}, "required": ["kind"]}
SCHEMAS = {"Node": NODE, "Tree": TREE, "Pet": PET}


def generator(schema: Any) -> tuple[Generator, jsonschema_rs.Draft202012Validator]:
    parsed = Document(document({}, components={"schemas": {**SCHEMAS, "It": schema}}), "test.json")
    pointer = "#/components/schemas/It"
    return Generator([(schema, pointer)], parsed), parsed.validator(pointer)


def nested(depth: int) -> dict[str, Any]:
    """Objects that must be in objects."""
    schema: dict[str, Any] = {"type": "integer"}
    for _ in range(depth):
        schema = {"type": "object", "required": ["inner"], "properties": {"inner": schema}}
    return schema


SATISFIABLE: dict[str, Any] = {
    "deep": nested(40),
    "anything": True,
    "empty": {},
    "string": {"type": "string"},
    "long string": {"type": "string", "minLength": 30, "maxLength": 31},
    "short string": {"type": "string", "maxLength": 2},
    "no room": {"type": "string", "maxLength": 0},
    "pattern": {"type": "string", "pattern": "^[A-Z]{3}-[0-9]{4}$"},
    "pattern in a pattern, long": {"type": "string", "pattern": "^(([a-z]+)+)+$", "minLength": 5000},
    "moment of a length": {"type": "string", "format": "date-time", "minLength": 25, "maxLength": 25},
    "moment of a pattern": {"type": "string", "format": "date-time", "pattern": r"\.[0-9]{3}Z$"},
    "an optional part that cannot be": {"type": "object", "minProperties": 1, "properties": {
        "a": {"type": "string", "pattern": "/^a$/"}, "b": {"type": "integer"}}},
    "an identity that cannot be": {"type": "object", "properties": {
        "id": {"type": "string", "pattern": "/^a$/"}, "b": {"type": "integer"}}},
    "pattern and format": {"type": "string", "format": "uri", "minLength": 1, "maxLength": 65536,
                           "pattern": r".+/v[0-1](\.[0-9]+)*/?$"},
    "pattern beside null": {"anyOf": [{"type": "string"}, {"type": "null"}], "pattern": "^x+$"},
    **{f"format {name}": {"type": "string", "format": name} for name in [*FORMATS, "unknown"]},
    "integer": {"type": "integer"},
    "bounds": {"type": "integer", "minimum": 3, "maximum": 4},
    "minimum zero": {"type": "integer", "minimum": 0, "maximum": 0},
    "exclusive bounds": {"type": "integer", "exclusiveMinimum": 3, "exclusiveMaximum": 5},
    "negative": {"type": "integer", "maximum": -7},
    "multiple": {"type": "integer", "multipleOf": 7, "minimum": 50},
    "cents": {"type": "number", "multipleOf": 0.01, "minimum": 0.01, "maximum": 99.99},
    "narrow number": {"type": "number", "minimum": 0.001, "maximum": 0.002},
    "boolean": {"type": "boolean"},
    "null": {"type": "null"},
    "types": {"type": ["null", "integer"]},
    "enum": {"enum": ["a", 1, None]},
    "enum and type": {"type": "string", "enum": ["a", "b"]},
    "const": {"const": {"a": [1]}},
    "object": {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a", "b"]},
    "closed object": {"type": "object", "properties": {"a": {"type": "integer"}}, "additionalProperties": False},
    "object without type": {"properties": {"a": {"type": "integer"}}, "required": ["a"]},
    "array": {"type": "array", "items": {"type": "integer"}, "minItems": 3},
    "unique array": {"type": "array", "items": {"enum": [1, 2, 3]}, "minItems": 3, "uniqueItems": True},
    "long array": {"type": "array", "items": {"const": 0}, "minItems": 1500},
    "tuple": {"type": "array", "prefixItems": [{"type": "integer"}, {"type": "string"}], "items": False},
    "recursive": {"$ref": "#/components/schemas/Node"},
    "recursive array": {"$ref": "#/components/schemas/Tree"},
    "allOf": {"allOf": [{"type": "object", "properties": {"a": {"type": "integer", "minimum": 5}}, "required": ["a"]},
                        {"properties": {"a": {"maximum": 6}, "b": {"type": "string"}}, "required": ["b"]}]},
    "allOf of scalars": {"allOf": [{"type": "string", "minLength": 2}, {"maxLength": 3}]},
    "allOf with a reference": {"allOf": [{"$ref": "#/components/schemas/Pet"}, {"required": ["age"]}],
                               "properties": {"age": {"type": "integer"}}},
    "number and integer": {"allOf": [{"type": "number"}, {"type": "integer"}]},
    "oneOf": {"oneOf": [{"type": "string"}, {"type": "integer"}]},
    "null last": {"oneOf": [{"type": "null"}, {"type": "integer"}]},
    "anyOf narrowed": {"anyOf": [{"type": "string"}, {"type": "integer"}], "type": "integer"},
    "examples": {"type": "string", "examples": ["one", "two"]},
    "null outside the enumeration": {"type": "object", "required": ["a"],
                                     "properties": {"a": {"type": ["string", "null"], "enum": ["x", "y"]}}},
    "null in two branches": {"type": "object", "required": ["a"], "properties": {
        "a": {"oneOf": [{"type": ["string", "null"]}, {"type": ["integer", "null"]}]}}},
}  # fmt: skip


@pytest.mark.parametrize("schema", SATISFIABLE.values(), ids=SATISFIABLE)
def test_values_are_valid(schema: Any) -> None:
    """For every identity, formats asserted."""
    generate, validator = generator(schema)
    for number in range(200):
        value = generate.generate(number.to_bytes(2, "big"))
        assert validator.is_valid(value), value


ALIKE = {"type": "object", "properties": {"a": {"type": "string"}}}
CANNOT, NOT_FOUND, BEYOND = "no value can be valid", "no valid value was found", "beyond the generator"
UNSATISFIABLE: dict[str, tuple[Any, str]] = {
    "deeper than a value may be": (nested(100), BEYOND),
    "false": (False, CANNOT),
    "two types": ({"allOf": [{"type": "string"}, {"type": "integer"}]}, CANNOT),
    "two constants": ({"allOf": [{"const": 1}, {"const": 2}]}, CANNOT),
    "no common value": ({"allOf": [{"enum": [1]}, {"enum": [2]}]}, CANNOT),
    "empty range": ({"type": "integer", "minimum": 2, "maximum": 1}, CANNOT),
    "empty length": ({"type": "string", "minLength": 2, "maxLength": 1}, CANNOT),
    "required and forbidden": ({"type": "object", "properties": {"a": False}, "required": ["a"]}, CANNOT),
    "endless": (
        {"type": "object", "properties": {"a": {"$ref": "#/components/schemas/It"}}, "required": ["a"]}, CANNOT
    ),
    "a branch twice": ({"oneOf": [ALIKE, {**ALIKE, "title": "again"}]}, CANNOT),
    "impossible look-ahead": ({"type": "string", "pattern": "^(?=a)b$"}, BEYOND),
    "never unique": ({"type": "array", "items": {"enum": [1, 2]}, "minItems": 3, "uniqueItems": True}, NOT_FOUND),
    "neither": ({"type": "integer", "minimum": 1, "maximum": 2, "not": {"enum": [1, 2]}}, NOT_FOUND),
}  # fmt: skip


@pytest.mark.parametrize(("schema", "problem"), UNSATISFIABLE.values(), ids=UNSATISFIABLE)
def test_what_cannot_be_generated_is_said(schema: Any, problem: str) -> None:
    """With the JSON pointer of the schema, before anything is sent; what is proven apart from what was not found."""
    with pytest.raises(SpecError) as caught:
        generator(schema)
    assert caught.value.pointer == "#/components/schemas/It"
    assert problem in caught.value.problem


def test_the_place_inside_is_said() -> None:
    """The part that has no value, however deep it stands."""
    part = {"type": "object", "required": ["b"], "properties": {"b": {"type": "integer", "minimum": 2, "maximum": 1}}}
    with pytest.raises(SpecError, match="#/components/schemas/It/properties/a/properties/b: no number lies between"):
        generator({"type": "object", "required": ["a"], "properties": {"a": part}})


def listed(name: str) -> dict[str, Any]:
    items = {"type": "object", "properties": {name: {"type": "string"}}}
    return {"type": "object", "properties": {"entries": {"type": "array", "items": items}}}


BRANCHES = {
    "named alike, wrong inside": {"oneOf": [listed("a"), listed("b")]},
    "same beside a reference": {
        "oneOf": [{"$ref": "#/components/schemas/Pet", "required": ["a"]},
                  {"$ref": "#/components/schemas/Pet", "required": ["b"]}],
    },
}  # fmt: skip


@pytest.mark.parametrize("schema", BRANCHES.values(), ids=BRANCHES)
def test_overlapping_branches_are_told_apart(schema: Any) -> None:
    """By what one of them refuses."""
    generate, validator = generator(schema)
    assert all(validator.is_valid(generate.generate(bytes([number]))) for number in range(50))


def test_a_documented_null_is_the_last_resort() -> None:
    """An optional value is there."""
    generate, _ = generator(NODE)
    children = [generate.generate(bytes([number])).get("child", {}) for number in range(100)]
    assert 80 < sum(isinstance(child, dict) for child in children) < 100


DOUBTFUL = {
    "without a type": {"nullable": True, "allOf": [{"type": "string"}]},
    "not in the enumeration": {"nullable": True, "type": "string", "enum": ["x", "y"]},
}


@pytest.mark.parametrize("schema", DOUBTFUL.values(), ids=DOUBTFUL)
def test_a_null_is_not_sent_where_only_the_author_means_it(schema: Any) -> None:
    """By the letter of OpenAPI 3.0.3 `nullable` needs a type beside it, and null its place in an enumeration."""
    schemas = {"It": {"type": "object", "required": ["a"], "properties": {"a": schema}}}
    parsed = load_spec({**document({"/a": {"get": {"responses": {}}}}, components={"schemas": schemas}),
                        "openapi": "3.0.3"}).document  # fmt: skip
    generate = Generator([({}, "#/components/schemas/It")], parsed).generate
    assert all(isinstance(generate(bytes([number]))["a"], str) for number in range(100))
    assert parsed.validator("#/components/schemas/It").is_valid({"a": None})


def test_a_value_is_a_function_of_its_identity() -> None:
    """And of nothing else."""
    first, second = generator(NODE)[0], generator(NODE)[0]
    assert [first.generate(bytes([n])) for n in range(20)] == [
        second.generate(bytes([n])) for n in reversed(range(20))
    ][::-1]
    assert len({str(first.generate(bytes([n]))) for n in range(200)}) > 150


def test_the_stream_is_fixed() -> None:
    """The numbers of an identity never change, or every user's data would."""
    entropy = Entropy(b"understudy")
    assert [entropy.below(1000) for _ in range(4)] == [849, 906, 745, 605]
    assert uuid4(Entropy(b"understudy")) == "2af13650-cc9c-43c4-bd82-c303b973c4a1"


def test_places_with_the_same_steps_are_not_the_same() -> None:
    """What is second in the first is another than what is first in the second."""
    items = {"type": "array", "minItems": 2, "items": {"type": "array", "minItems": 2, "items": {"type": "integer"}}}
    for number in range(20):
        value = generator(items)[0].generate(bytes([number]))
        assert value[0][1] != value[1][0]


def test_draws_are_even() -> None:
    """Also after the hash has been used up many times."""
    entropy = Entropy(b"")
    counts = [0] * 10
    for _ in range(20_000):
        counts[entropy.below(10)] += 1
    assert all(1_850 < count < 2_150 for count in counts)


EXPRESSIONS = [
    "abc", "a|b|cd", "^(a|b)?c*$", "[^a-z]{2,3}", r"\d{3}-\w+\s?", "x{0}", ".", "(?:ab){2}", "[é-ü]", "^$", "a.c",
    r"^vmid-(amber|birch)-[1-9][0-9]{0,2}$", "[0-9a-f]{12}", "(?P<name>a+)b", "[+-]?[0-9]+",
]  # fmt: skip


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_patterns_are_matched(expression: str) -> None:
    """Whole, not only somewhere."""
    generate = Pattern(expression).generator()
    for number in range(100):
        assert re.search(expression, text := generate(Entropy(bytes([number])))), text


@pytest.mark.parametrize("expression", ["(", "[z-a]", "a{100001}"])
def test_unsupported_patterns_are_refused(expression: str) -> None:
    """Rather than answered with something that does not match."""
    with pytest.raises(UnsupportedPattern):
        Pattern(expression).generator()


def test_cases_narrow_the_answer() -> None:
    """Every schema of a list holds at once."""
    schemas: dict[str, Schema] = {
        "A": {"type": "object", "properties": {"a": {"type": ["string", "null"]}}, "required": ["a"]},
        "B": {"properties": {"a": {"type": "null"}}},
    }
    parsed = load_spec(document({}, components={"schemas": schemas})).document
    both = Generator([(schema, f"#/components/schemas/{name}") for name, schema in schemas.items()], parsed)
    assert both.generate(b"") == {"a": None}


READ: dict[str, tuple[dict[str, Any], Callable[[Any], object]]] = {
    "base64 whatever the name says": ({"format": "byte"}, lambda text: base64.b64decode(text, validate=True)),
    "base64 as JSON Schema has it": ({"contentEncoding": "base64", "contentMediaType": "image/png"},
                                     lambda text: base64.b64decode(text, validate=True)),
    "base64 of a length": ({"format": "byte", "minLength": 20, "maxLength": 400},
                           lambda text: base64.b64decode(text, validate=True)),
    "base64 that is not too long": ({"format": "byte", "maxLength": 9999},
                                    lambda text: base64.b64decode(text, validate=True)),
    "JSON in a text": ({"format": "json-string"}, json.loads),
    "a network": ({"format": "ipvanynetwork"}, ipaddress.ip_network),
    "an IPv6 network": ({"format": "ipv6network"}, ipaddress.IPv6Network),
    "an interface": ({"format": "ipv4interface"}, ipaddress.IPv4Interface),
}  # fmt: skip


@pytest.mark.parametrize(("schema", "read"), READ.values(), ids=READ)
@pytest.mark.parametrize("name", ["icon", "content", "name", "x"])
def test_texts_can_be_read_as_what_they_are(schema: dict[str, Any], read: Callable[[Any], object], name: str) -> None:
    """A client decodes them; no validator of JSON Schema does."""
    text = {"type": "string", **schema}
    made, _ = generator({"type": "object", "required": [name], "properties": {name: text}})
    for number in range(20):
        read(made.generate(b"%d" % number)[name])


@pytest.mark.parametrize("version", [1, 3, 4, 5, 6, 7, 8])
def test_a_uuid_has_the_version_that_its_format_asks_for(version: int) -> None:
    """As pydantic's types do, each of which takes no other."""
    made, _ = generator({"type": "string", "format": f"uuid{version}"})
    assert {uuid.UUID(made.generate(b"%d" % number)).version for number in range(20)} == {version}
