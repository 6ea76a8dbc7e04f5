"""Orders of two members that descriptions state."""

from __future__ import annotations

from typing import Any

import pytest

from contract_tests.contract import Contract
from contract_tests.probes.bodies import Bodies
from contract_tests.probes.stated import iter_stated
from mockserver import load_spec

DAY = {"type": "string", "format": "date"}
COUNT = {"type": "integer"}


def bodies_of(description: str, kind: dict[str, Any]) -> Bodies:
    schema = {
        "type": "object",
        "required": ["first", "second"],
        "properties": {"first": kind, "second": {**kind, "description": description}},
    }
    operation = {
        "requestBody": {"content": {"application/json": {"schema": schema}}},
        "responses": {"200": {"description": ""}},
    }
    document = {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": {"/a": {"post": operation}}}
    contract = Contract(load_spec(document))
    body = contract.operations[0].request_body
    assert body is not None
    return Bodies(contract, body.content[0])


@pytest.mark.parametrize(
    ("description", "signs"),
    [
        ("Not before `first` (422 otherwise); the same day is fine.", [-1, 0]),
        ("Must not be earlier than first.", [-1, 0]),
        ("Must be after first.", [-1]),
        ("Has to be before `first`, else 422", [1]),
        ("Must be on or before `first`", [1, 0]),
        ("Not later than `first`", [1, 0]),
        ("Usually after first.", []),
        ("After first, if that is given; 422 otherwise.", []),
        ("Comes after first.", []),
        ("A day before another; must be a working day", []),
        ("", []),
    ],
)
def test_days_in_the_order_that_is_stated(description: str, signs: list[int]) -> None:
    found = [(body, is_valid) for _, body, is_valid in iter_stated(bodies_of(description, DAY))]

    order = [(body["second"] > body["first"]) - (body["second"] < body["first"]) for body, _ in found]
    assert order == signs
    assert [is_valid for _, is_valid in found] == [sign == 0 for sign in signs]


@pytest.mark.parametrize(
    ("description", "apart"),
    [
        ("Must be at least `first`.", [-1, 0]),
        ("Must be greater than `first`.", [-1, 0]),
        ("At most first (400 otherwise)", [1, 0]),
    ],
)
def test_numbers_in_the_order_that_is_stated(description: str, apart: list[int]) -> None:
    found = [body["second"] - body["first"] for _, body, _ in iter_stated(bodies_of(description, COUNT))]

    assert found == apart


@pytest.mark.parametrize(
    ("description", "signs"),
    [
        ("Later than `first`. The end itself is no part of it.", [-1, 0]),
        ("Must be earlier than first", [1, 0]),
        ("Later than first where there is one.", []),
    ],
)
def test_what_is_later_is_not_at_the_same_time(description: str, signs: list[int]) -> None:
    found = [(body, is_valid) for _, body, is_valid in iter_stated(bodies_of(description, DAY))]

    order = [(body["second"] > body["first"]) - (body["second"] < body["first"]) for body, _ in found]
    assert order == signs
    assert not any(is_valid for _, is_valid in found)
