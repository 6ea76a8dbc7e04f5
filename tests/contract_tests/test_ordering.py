"""A beginning comes before its end, wherever names say that there is one of each."""

from __future__ import annotations

from typing import Any

import pytest

from contract_tests.ordering import between, is_in_order, put_in_order

NOON, DAY, NEXT = "2024-05-17T12:00:00Z", "2024-05-17", "2024-05-18"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"starts_at": NOON, "ends_at": "2024-05-17T12:00:01Z"}, True),
        ({"starts_at": NOON, "ends_at": NOON}, False),
        ({"startsAt": NOON, "endsAt": "2024-05-17T13:00:00+02:00"}, False),
        ({"from": DAY, "to": NEXT}, True),
        ({"valid_from": NEXT, "valid_until": DAY}, False),
        ({"minPrice": 2, "maxPrice": 2}, True),
        ({"min": 3, "max": 2}, False),
        ({"window": {"start": DAY, "end": DAY}}, False),
        ({"windows": [{"start": DAY, "end": NEXT}, {"start": NEXT, "end": DAY}]}, False),
        ({"first_name": "Zoë", "last_name": "Abel"}, True),
        ({"from": "a@example.com", "to": "a@example.com"}, True),
        ({"start": DAY, "end": NOON}, True),
        ({"start": True, "end": False}, True),
        ({"starts_at": NEXT, "created_at": DAY}, True),
        ([], True),
    ],
)
def test_what_is_in_order(value: Any, expected: bool) -> None:
    assert is_in_order(value) is expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"starts_at": NOON, "ends_at": NOON}, {"starts_at": NOON, "ends_at": "2024-05-18T12:00:00Z"}),
        ({"from": DAY, "to": DAY, "x": 1}, {"from": DAY, "to": NEXT, "x": 1}),
        ({"low": 3, "high": 1}, {"low": 3, "high": 3}),
        ({"from": DAY, "to": NEXT}, {"from": DAY, "to": NEXT}),
        ({"from": "9999-12-31", "to": DAY}, {"from": "9999-12-31", "to": DAY}),
    ],
)
def test_what_is_put_in_order(value: Any, expected: Any) -> None:
    assert put_in_order(value) == expected


@pytest.mark.parametrize(
    ("first", "last", "quarters", "expected"),
    [
        (NOON, "2024-05-17T13:00:00Z", 1, "2024-05-17T12:15:00Z"),
        (NOON, "2024-05-17T12:00:01Z", 1, NOON),
        (NOON, "2024-05-17T13:00:00Z", -2, "2024-05-17T11:30:00Z"),
        ("2024-05-17T12:00:00+02:00", "2024-05-17T11:00:00Z", 4, "2024-05-17T13:00:00+02:00"),
        (DAY, NEXT, 1, DAY),
        (DAY, NEXT, 6, "2024-05-19"),
        (DAY, NOON, 1, None),
        ("2024-05-17T12:00:00", NOON, 1, None),
        ("9999-12-30", "9999-12-31", 9, None),
        ("noon", NOON, 1, None),
    ],
)
def test_what_is_between(first: str, last: str, quarters: int, expected: str | None) -> None:
    assert between(first, last, quarters) == expected
