"""Bodies just inside and just outside of a schema: at every depth, of every branch, and of every member in its turn."""

from __future__ import annotations

from typing import Any

import pytest

from contract_tests.contract import Contract
from contract_tests.drafts import Draft
from contract_tests.forms import content_type_of
from contract_tests.intents import Kind
from contract_tests.probes import near
from contract_tests.probes.forms import near_forms
from contract_tests.probes.parameters import is_one_each
from mockserver import load_spec

CARD = {
    "type": "object",
    "required": ["method", "number"],
    "additionalProperties": False,
    "properties": {"method": {"const": "card"}, "number": {"type": "string", "pattern": "^[0-9]{4}$"}},
}
BILL = {
    "type": "object",
    "required": ["method", "centre"],
    "properties": {"method": {"const": "bill"}, "centre": {"type": ["string", "null"], "maxLength": 3}},
}
BODY: dict[str, Any] = {
    "type": "object",
    "required": ["plate", "pay"],
    "dependentRequired": {"until": ["insurer"]},
    "properties": {
        "plate": {"type": "string"},
        "pay": {"oneOf": [CARD, BILL]},
        "keeper": {
            "type": "object",
            "required": ["name", "mail"],
            "properties": {"name": {"type": "string", "maxLength": 3}, "mail": {"type": "string"}},
        },
        "until": {"type": "integer", "maximum": 5},
        "insurer": {"type": "string"},
        "marks": {
            "type": "object",
            "maxProperties": 3,
            "propertyNames": {"pattern": "^m[0-9]$"},
            "additionalProperties": {"type": "integer"},
        },
    },
}


def contract_of(body: Any) -> Contract:
    operation = {"requestBody": {"content": {"application/json": {"schema": body}}}, "responses": {"200": {}}}
    info = {"title": "t", "version": "1"}
    return Contract(load_spec({"openapi": "3.1.0", "info": info, "paths": {"/a": {"post": operation}}}))


def bodies_of(contract: Contract) -> list[tuple[Kind, Any]]:
    operation = contract.operations[0]
    assert operation.request_body is not None
    probes = near.near_bodies(contract, operation, operation.request_body.content[0])
    draft = Draft("POST", "/a", {}).with_parameter("header", "Content-Type", "application/json")
    return [(probe.intent.kind, probe.change(draft).value) for probe in probes]


@pytest.fixture(scope="module")
def bodies() -> list[tuple[Kind, Any]]:
    return bodies_of(contract_of(BODY))


def is_there(bodies: list[tuple[Kind, Any]], kind: Kind, wanted: dict[str, Any]) -> bool:
    def fits(value: Any, part: Any) -> bool:
        if isinstance(part, dict):
            return isinstance(value, dict) and all(name in value and fits(value[name], part[name]) for name in part)
        return type(value) is type(part) and value == part

    return any(own is kind and fits(body, wanted) for own, body in bodies)


@pytest.mark.parametrize(
    ("kind", "wanted"),
    [
        (Kind.INVALID, {"keeper": {"name": "xxxx", "mail": "Some text, kept"}}),
        (Kind.VALID, {"keeper": {"name": "xxx", "mail": "Some text, kept"}}),
        (Kind.VALID, {"until": 5, "insurer": "Some text, kept"}),
        (Kind.INVALID, {"until": 6, "insurer": "Some text, kept"}),
        (Kind.INVALID, {"pay": {"method": "card", "number": "000"}}),
        (Kind.VALID, {"pay": {"method": "bill", "centre": None}}),
        (Kind.INVALID, {"pay": {"method": "bill", "centre": "xxxx"}}),
        (Kind.VALID, {"marks": {"m0": -1}}),
        (Kind.INVALID, {"marks": {"M0": 4}}),
        (Kind.INVALID, {"marks": {"m0": "maybe"}}),
    ],
)
def test_what_is_near(bodies: list[tuple[Kind, Any]], kind: Kind, wanted: dict[str, Any]) -> None:
    assert is_there(bodies, kind, wanted)


def test_what_another_member_needs_is_left_out(bodies: list[tuple[Kind, Any]]) -> None:
    assert any(kind is Kind.INVALID and "until" in body and "insurer" not in body for kind, body in bodies)
    assert any(kind is Kind.INVALID and body["pay"] == {"method": "bill"} for kind, body in bodies if "pay" in body)


def test_a_map_has_as_many_entries_as_it_may(bodies: list[tuple[Kind, Any]]) -> None:
    sizes = {(kind, len(body["marks"])) for kind, body in bodies if isinstance(body.get("marks"), dict)}

    assert {(Kind.VALID, 3), (Kind.INVALID, 4)} <= sizes


def test_no_member_is_left_out_where_there_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(near, "MAX_PROBES", 150)
    members = {f"member{number}": {"type": "integer", "minimum": 0, "maximum": 99} for number in range(9)}
    bodies = bodies_of(contract_of({"type": "object", "additionalProperties": False, "properties": members}))

    assert {name for _, body in bodies for name in body} >= members.keys() | {"understudy_undeclared"}


@pytest.mark.parametrize(
    "wanted",
    [
        {"seats": 9, "doors": 5, "extras": ["c3", "b2", "a1"]},
        {"seats": 9, "doors": 1},
        {"seats": 1, "doors": 5},
        {"doors": 5, "extras": []},
        {"mail": "Some.One+Tag@example.com"},
        {"page": "https://example.com/A/b?C=d&e=1#F"},
    ],
)
def test_what_is_at_its_ends_meets_and_texts_of_a_format_have_all_their_parts(wanted: dict[str, Any]) -> None:
    extras = {"type": "array", "maxItems": 3, "items": {"type": "string"}}
    members: dict[str, Any] = {
        "seats": {"type": "integer", "minimum": 1, "maximum": 9},
        "doors": {"type": "number", "minimum": 1, "maximum": 5},
        "mail": {"type": "string", "format": "email"},
        "page": {"type": "string", "format": "uri"},
    }
    bodies = bodies_of(contract_of({"type": "object", "properties": {**members, "extras": extras}}))

    assert any(kind is Kind.VALID and wanted.items() <= body.items() for kind, body in bodies)


@pytest.mark.parametrize(
    ("says", "is_sent"),
    [
        ("Members that are read-only are ignored.", True),
        ("The service ignores readOnly members.", True),
        ("Some members are read-only. Undeclared ones are ignored.", False),
        ("", False),
    ],
)
def test_what_is_only_read_is_sent_where_it_is_said_to_be_ignored(says: str, is_sent: bool) -> None:
    schema = {"type": "object", "properties": {"id": {"type": "integer", "readOnly": True}, "name": {"type": "string"}}}
    operation = {
        "description": says,
        "requestBody": {"content": {"application/json": {"schema": schema}}},
        "responses": {"200": {}},
    }
    info = {"title": "t", "version": "1"}
    contract = Contract(load_spec({"openapi": "3.1.0", "info": info, "paths": {"/a": {"post": operation}}}))

    assert any(kind is Kind.VALID and "id" in body for kind, body in bodies_of(contract)) is is_sent


def test_a_wrong_value_is_long_in_a_text_and_in_something_else() -> None:
    members = {
        "size": {"type": "integer"},
        "code": {"type": "string", "maxLength": 3},
        "mark": {"type": "string", "enum": ["a"]},
    }
    bodies = bodies_of(contract_of({"type": "object", "properties": members}))

    long = [{*body} for kind, body in bodies if kind is Kind.INVALID and "x" * 3000 in body.values()]
    assert long == [{"size"}, {"code"}]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (["plate", "-mileage"], True),
        (["plate", "-plate"], False),
        (["name:asc", "name:desc"], False),
        ({"a": 1}, False),
    ],
)
def test_orders_that_go_together(value: Any, expected: bool) -> None:
    assert is_one_each(value) is expected


def test_a_file_is_sent_as_each_type_that_is_listed() -> None:
    form = {
        "schema": {"type": "object", "properties": {"photo": {"type": "string", "format": "binary"}}},
        "encoding": {"photo": {"contentType": "image/png, image/jpeg, image/*"}},
    }
    operation = {"requestBody": {"content": {"multipart/form-data": form}}, "responses": {"200": {}}}
    info = {"title": "t", "version": "1"}
    contract = Contract(load_spec({"openapi": "3.1.0", "info": info, "paths": {"/a": {"post": operation}}}))
    body = contract.operations[0].request_body
    assert body is not None
    draft = Draft("POST", "/a", {}).with_form(content_type_of(body.content[0]), {"photo": "x"}, {"photo": "image/png"})
    probes = {probe.title: probe for probe in near_forms(contract, contract.operations[0], body.content[0])}
    sent = [probes[f"a file of {name} as photo is accepted"].change(draft).body for name in ("image/png", "image/jpeg")]

    assert b"Content-Type: image/png\r\n" in (sent[0] or b"")
    assert b"Content-Type: image/jpeg\r\n\r\n\xff\xd8" in (sent[1] or b"")
    assert "a file of image/* as photo is accepted" not in probes


def test_a_list_of_nothing_is_given_items_that_are_wrong() -> None:
    tags = {"type": "array", "uniqueItems": True, "items": {"type": "string", "minLength": 1}}
    contract = contract_of({"type": "object", "required": ["tags"], "properties": {"tags": tags}})
    wrong = [body for kind, body in bodies_of(contract) if kind is Kind.INVALID]

    assert {"tags": [""]} in wrong
    assert any(len(body["tags"]) == 2 and len(set(body["tags"])) == 1 for body in wrong if body.get("tags"))


def test_what_is_wrong_inside_of_an_alternative_is_in_one_of_several() -> None:
    contract = contract_of(BODY)
    operation = contract.operations[0]
    assert operation.request_body is not None
    intents = {
        (probe.intent.field, probe.intent.union)
        for probe in near.near_bodies(contract, operation, operation.request_body.content[0])
        if probe.intent.kind is Kind.INVALID and not probe.intent.is_generated
    }

    assert {(("pay", "number"), ("pay",)), (("keeper", "name"), None)} <= intents
