"""Prints docs/gallery.md: answers to small documents in the style of well-known kinds of APIs.

.venv/bin/python examples/gallery.py > docs/gallery.md
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from mockserver import MockEngine, Request, load_spec

STRING, INTEGER, NUMBER, BOOLEAN = ({"type": name} for name in ("string", "integer", "number", "boolean"))
WHEN, DAY, UUID = ({"type": "string", "format": name} for name in ("date-time", "date", "uuid"))
URL = {"type": "string", "format": "uri"}


def enum(*values: str) -> dict[str, Any]:
    return {"type": "string", "enum": list(values)}


def many(items: Any) -> dict[str, Any]:
    return {"type": "array", "items": items}


def entity(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": list(properties), "properties": properties}


# Title: (path of the list or item, name of the component, its schema, whether a list is answered).
APIS: dict[str, tuple[str, str, dict[str, Any], bool]] = {
    "A web shop": (
        "/products",
        "Product",
        entity(
            id=UUID,
            name=STRING,
            sku=STRING,
            price=NUMBER,
            currency=STRING,
            stock_count=INTEGER,
            image_url=URL,
            created_at=WHEN,
        ),
        True,
    ),
    "A payment service": (
        "/v1/charges/ch_3Nq8Zb2eZvKY",
        "Charge",
        entity(
            id={"type": "string", "example": "ch_3MmlLrLkdIwHu7ix"},
            amount={"type": "integer", "minimum": 50},
            currency=STRING,
            status=enum("succeeded", "pending", "failed"),
            receipt_email=STRING,
            paid=BOOLEAN,
            created=INTEGER,
        ),
        False,
    ),
    "A code host": (
        "/repos",
        "Repository",
        entity(
            id=INTEGER,
            full_name={"type": "string", "example": "octo/spoon"},
            description=STRING,
            stargazers_count=INTEGER,
            private=BOOLEAN,
            owner=entity(login=STRING, id=INTEGER, avatar_url=URL),
            created_at=WHEN,
            updated_at=WHEN,
        ),
        True,
    ),
    "A team chat": (
        "/messages",
        "Message",
        entity(id=UUID, channel_id=UUID, text=STRING, author=STRING, sent_at=WHEN),
        True,
    ),
    "A human resources system": (
        "/employees/1042",
        "Employee",
        entity(
            id=INTEGER,
            first_name=STRING,
            last_name=STRING,
            email=STRING,
            job_title=STRING,
            city=STRING,
            country=STRING,
            phone=STRING,
            hired_on=DAY,
        ),
        False,
    ),
    "A weather service": (
        "/observations",
        "Observation",
        entity(
            station_id={"type": "string", "pattern": "^[A-Z]{4}$"},
            latitude=NUMBER,
            longitude=NUMBER,
            temperature=NUMBER,
            humidity=INTEGER,
            observed_at=WHEN,
        ),
        True,
    ),
    "A booking site": (
        "/bookings/7d0f2b6e-6f0c-4c0e-9d63-0f1f0a4b5b11",
        "Booking",
        entity(
            id=UUID,
            guest=entity(name=STRING, email=STRING),
            check_in=DAY,
            rooms={"type": "integer", "minimum": 1, "maximum": 3},
            total_price=NUMBER,
            currency=STRING,
            status=enum("confirmed", "cancelled"),
        ),
        False,
    ),
    "A cloud provider": (
        "/servers",
        "Server",
        entity(
            id={"type": "string", "example": "srv-0a1b2c3d"},
            hostname=STRING,
            ip_address={"type": "string", "format": "ipv4"},
            region=enum("eu-west-1", "us-east-1"),
            status=enum("running", "stopped"),
            tags=many(STRING),
        ),
        True,
    ),
    "A library": (
        "/books/12",
        "Book",
        entity(
            id=INTEGER,
            title=STRING,
            author=STRING,
            isbn=STRING,
            year=INTEGER,
            publisher=STRING,
            rating={"type": "number", "minimum": 0, "maximum": 5},
        ),
        False,
    ),
    "A parcel service": (
        "/shipments",
        "Shipment",
        entity(
            id=UUID,
            tracking_number={"type": "string", "pattern": "^1Z[0-9]{8}$"},
            recipient_name=STRING,
            address=entity(street=STRING, city=STRING, postal_code=STRING, country_code=STRING),
            weight=NUMBER,
            shipped_at=WHEN,
            delivered_at=WHEN,
        ),
        True,
    ),
}


def document(path: str, name: str, schema: dict[str, Any], is_list: bool) -> dict[str, Any]:
    """A document of one operation."""
    reference = {"$ref": f"#/components/schemas/{name}"}
    content = {"application/json": {"schema": many(reference) if is_list else reference}}
    operation: dict[str, Any] = {"responses": {"200": {"description": "", "content": content}}}
    if not is_list:
        base, _, _ = path.rpartition("/")
        path = f"{base}/{{id}}"
        operation["parameters"] = [{"name": "id", "in": "path", "required": True, "schema": schema["properties"]["id"]}]
    return {
        "openapi": "3.1.0",
        "info": {"title": name, "version": "1"},
        "paths": {path: {"get": operation}},
        "components": {"schemas": {name: schema}},
    }


def answer(path: str, name: str, schema: dict[str, Any], is_list: bool) -> Any:
    """What the mock answers; the first two of a list."""
    engine = MockEngine(load_spec(document(path, name, schema, is_list)))
    value = json.loads(engine.handle(Request("GET", path)).body)
    return value[:2] if is_list else value


def iter_lines() -> Iterator[str]:
    """The page."""
    yield "# Gallery"
    yield ""
    yield "Answers with seed 0, the first two of each list. The documents stand in `examples/gallery.py`, which prints"
    yield "this page; they have types and names and no hints for the mock."
    for title, (path, name, schema, is_list) in APIS.items():
        yield ""
        yield f"## {title}: `GET {path}`"
        yield ""
        yield "```json"
        yield json.dumps(answer(path, name, schema, is_list), indent=2, ensure_ascii=False)
        yield "```"


if __name__ == "__main__":
    print("\n".join(iter_lines()))
