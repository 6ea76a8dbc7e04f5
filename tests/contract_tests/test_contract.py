"""What the suite reads from a document where authors write one thing in several ways."""

from __future__ import annotations

from typing import Any

import pytest

from contract_tests.contract import Contract
from contract_tests.probes.bodies import Bodies
from contract_tests.resources import is_meaningful, visible
from mockserver import load_spec

CARD = {
    "type": "object",
    "required": ["holder", "number"],
    "properties": {"holder": {"type": "string"}, "number": {"type": "string", "writeOnly": True}},
}
SCHEMAS: dict[str, Any] = {
    "State": {"type": "string", "enum": ["open", "paid"]},
    "Text": {"type": "string"},
    "Map": {"type": "object", "additionalProperties": {"type": "integer"}},
    "Card": CARD,
    "Order": {
        "type": "object",
        "additionalProperties": False,
        "required": ["id", "state", "card"],
        "properties": {
            "id": {"type": "integer", "readOnly": True},
            "state": {"$ref": "#/components/schemas/State", "readOnly": True},
            "card": {"$ref": "#/components/schemas/Card"},
            "cards": {"type": "array", "items": {"$ref": "#/components/schemas/Card"}},
            "note": {"$ref": "#/components/schemas/Text", "maxLength": 4, "default": "none"},
        },
    },
}
FINE = {"200": {"description": "fine"}}


@pytest.fixture(scope="module")
def contract() -> Contract:
    body = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Order"}}}}
    by_id = {"parameters": [{"name": "id", "in": "path", "required": True, "schema": {}}], "get": {"responses": FINE}}
    paths = {
        "/orders": {"post": {"requestBody": body, "responses": FINE}},
        "/orders/latest": {"put": {"responses": FINE}},
        "/orders/{id}": by_id,
    }
    info = {"title": "t", "version": "1"}
    return Contract(load_spec({"openapi": "3.1.0", "info": info, "paths": paths, "components": {"schemas": SCHEMAS}}))


def properties(contract: Contract) -> dict[str, tuple[Any, str]]:
    found = contract.iter_properties({"$ref": "#/components/schemas/Order"}, "")
    return {name: (schema, pointer) for name, schema, pointer in found}


def test_what_stands_beside_a_reference_counts(contract: Contract) -> None:
    note, pointer = contract.resolve(*properties(contract)["note"])

    assert note == {"type": "string", "maxLength": 4, "default": "none"}
    assert not contract.spec.document.validator(pointer).is_valid("12345")
    assert contract.is_read_only(properties(contract)["state"][0])


def test_a_reference_alone_leads_to_its_own_pointer(contract: Contract) -> None:
    assert contract.resolve(*properties(contract)["card"]) == (CARD, "#/components/schemas/Card")


def test_bodies_lack_what_is_only_read(contract: Contract) -> None:
    operation = contract.by_label["POST /orders"]
    assert operation.request_body is not None
    bodies = Bodies(contract, operation.request_body.content[0])

    assert bodies.small == {"card": {"holder": "a", "number": "a"}}
    assert not bodies.validator.is_valid({"card": {"holder": "a"}})
    assert bodies.validator.is_valid({**bodies.small, "id": 5})


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ({"card": {"holder": "a", "number": "1"}, "note": "x"}, {"card": {"holder": "a"}, "note": "x"}),
        ({"cards": [{"holder": "a", "number": "1"}], "id": 5}, {"cards": [{"holder": "a"}]}),
        ({"unknown": {"number": "1"}}, {"unknown": {"number": "1"}}),
        (None, None),
    ],
)
def test_what_answers_show_of_a_body(contract: Contract, sent: Any, shown: Any) -> None:
    assert visible(contract, {"$ref": "#/components/schemas/Order"}, sent) == shown


def test_the_methods_of_a_concrete_path_are_its_own(contract: Contract) -> None:
    assert contract.own_methods("/orders/latest") == {"PUT"}
    assert contract.methods("/orders/latest") == {"GET", "PUT"}


@pytest.mark.parametrize(
    ("name", "schema", "expected"),
    [
        ("cursor", {"type": "string"}, True),
        ("after", {"type": "string"}, True),
        ("starts_after", {"type": "string", "format": "date-time"}, False),
        ("before", {"type": "string", "format": "date"}, False),
        ("limit", {"type": "integer"}, False),
    ],
)
def test_what_a_token_is(name: str, schema: Any, expected: bool) -> None:
    get = {"parameters": [{"name": name, "in": "query", "schema": schema}], "responses": FINE}
    spec = load_spec({"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": {"/a": {"get": get}}})

    assert is_meaningful(spec.operations[0], spec.operations[0].parameters[0]) is expected
