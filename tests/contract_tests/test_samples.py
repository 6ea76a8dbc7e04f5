"""Values of schemas that services may be sent first: valid, and with room to take away from."""

from __future__ import annotations

from typing import Any

import pytest

from contract_tests.contract import Contract
from contract_tests.intents import Kind
from contract_tests.patterns import at_the_ends
from contract_tests.probes.near import near_bodies
from contract_tests.resources import json_media
from contract_tests.samples import Samples
from mockserver import load_spec

LINE: dict[str, Any] = {
    "type": "object",
    "required": ["amount"],
    "additionalProperties": False,
    "properties": {
        "amount": {"type": "number", "exclusiveMinimum": 0, "maximum": 100, "multipleOf": 0.25},
        "unit": {"type": "string", "enum": ["g", "kg"]},
    },
}
EITHER: dict[str, Any] = {
    "type": "object",
    "properties": {"sku": {"type": "string", "minLength": 3}, "price": {"type": "integer", "minimum": 7}},
}


def contract_of(schema: Any) -> Contract:
    body = {"required": True, "content": {"application/json": {"schema": schema}}}
    operation = {"requestBody": body, "responses": {"200": {"description": ""}, "422": {"description": ""}}}
    paths = {"/things": {"post": operation}}
    return Contract(load_spec({"openapi": "3.1.0", "info": {"title": "", "version": ""}, "paths": paths}))


@pytest.mark.parametrize(
    ("schema", "small", "full"),
    [
        ({"type": "number", "exclusiveMinimum": 0, "multipleOf": 0.25}, 0.25, 1.5),
        ({"type": "number", "exclusiveMinimum": 0, "multipleOf": 0.01}, 0.01, 0.06),
        ({"type": "number", "exclusiveMinimum": 0, "maximum": 0.5}, 0.25, 0.25),
        ({"type": "number", "minimum": 0.5}, 1, 4),
        ({"type": "integer", "minimum": -1000, "maximum": 1000}, 1, 4),
        ({"type": "integer", "minimum": -9, "maximum": 0}, -9, -6),
        ({"type": "integer", "multipleOf": 5, "minimum": 7}, 10, 25),
        ({"type": "array", "items": LINE}, [], [{"amount": 1.5, "unit": "kg"}] * 2),
        ({**EITHER, "anyOf": [{"required": ["sku"]}, {"required": ["price"]}]}, {"sku": "axx"}, None),
        ({**EITHER, "oneOf": [{"required": ["price"]}, {"required": ["sku"]}]}, {"price": 7}, {"price": 10}),
    ],
)
def test_a_value_is_valid_and_above_zero_where_it_may_be(schema: Any, small: Any, full: Any) -> None:
    contract = contract_of(schema)
    samples, validator = (
        Samples(contract),
        contract.spec.document.validator("#/paths/~1things/post/requestBody/content/application~1json/schema"),
    )

    made = [samples.make(schema), samples.make(schema, full=True)]

    assert all(map(validator.is_valid, made))
    assert made[0] == small
    if full is not None and not isinstance(full, list):
        assert made[1] == full
    elif full is not None:
        assert [each.keys() for each in made[1]] == [each.keys() for each in full]


def test_what_is_in_a_list_that_may_be_empty_is_broken_alone() -> None:
    lines = {"type": "array", "items": LINE}
    contract = contract_of({"type": "object", "required": ["lines"], "properties": {"lines": lines}})
    operation = contract.operations[0]
    media = json_media(operation)
    assert media is not None
    kinds = {probe.title: probe.intent.kind for probe in near_bodies(contract, operation, media)}

    assert kinds["lines.0.amount=0.5 is accepted"] is Kind.VALID
    assert kinds["lines.0.amount=0.375 is refused"] is Kind.INVALID
    assert kinds['lines.0.unit="G" is refused'] is Kind.INVALID


def test_a_number_that_is_denied_is_tried() -> None:
    amount = {"type": "number", "minimum": -5, "maximum": 5, "not": {"const": 0}}
    contract = contract_of({"type": "object", "required": ["amount"], "properties": {"amount": amount}})
    operation = contract.operations[0]
    media = json_media(operation)
    assert media is not None

    assert "amount=0 is refused" in {probe.title for probe in near_bodies(contract, operation, media)}


@pytest.mark.parametrize(
    ("schema", "value", "found"),
    [
        (
            {"pattern": "^[a-z]+-[0-9]+$", "minLength": 5, "maxLength": 8},
            "ab-12",
            {"ab-12", "ab-1", "ab-12222", "ab-122222"},
        ),
        ({"pattern": "^[A-Z]{2}$", "minLength": 2, "maxLength": 2}, "AB", {"AB"}),
        ({"pattern": "(?<!", "maxLength": 4}, "ab", set()),
        ({"pattern": "^x+$", "maxLength": 100_000}, "x", set()),
    ],
)
def test_texts_of_a_pattern_are_as_long_as_they_may_be_and_longer(schema: Any, value: str, found: set[str]) -> None:
    assert {*at_the_ends(schema, value)} == found
