"""New values for members that no two things may share stay valid, however many of them were taken."""

from __future__ import annotations

from typing import Any

from contract_tests.contract import Contract
from contract_tests.freshness import Fresh
from mockserver import load_spec

SCHEMAS: dict[str, Any] = {
    "Email": {"type": "string", "format": "email", "maxLength": 40},
    "Code": {"type": "string", "pattern": "^[A-Z][0-9]{2}[A-Z]$"},
    "Name": {"type": "string", "maxLength": 12},
}


def test_many_values_that_are_taken_do_not_make_the_next_ones_invalid() -> None:
    document = {
        "openapi": "3.1.0",
        "info": {"title": "T", "version": "1"},
        "paths": {},
        "components": {"schemas": SCHEMAS},
    }
    contract = Contract(load_spec(document))
    fresh = Fresh(contract)
    seen = set()
    for _ in range(200):
        for name, schema in SCHEMAS.items():
            text = fresh.text(schema, f"#/components/schemas/{name}", "a")
            assert text is not None, name
            seen.add(text)
        fresh.again()

    assert len(seen) == 600
