"""What a description says that a thing may not be which is named: not active, discontinued, off duty."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from contract_tests.audit import Audit
from contract_tests.sequences.dangling import iter_forbidden
from contract_tests.settings import parse_settings


def document(said: str) -> dict[str, Any]:
    """Products, and orders that name some; `said` is said of making an order."""
    product = {
        "type": "object",
        "required": ["active"],
        "properties": {
            "active": {"type": "boolean"},
            "archived": {"type": "boolean"},
            "on_sale": {"type": "boolean"},
            "phase": {"type": "string", "enum": ["new", "discontinued"]},
        },
    }
    order = {"type": "object", "required": ["product_id"], "properties": {"product_id": {"type": "integer"}}}

    def post(schema: dict[str, Any], said: str = "") -> dict[str, Any]:
        sent = {"required": True, "content": {"application/json": {"schema": schema}}}
        made = {"description": "It.", "content": {"application/json": {"schema": {"properties": {"id": {}}}}}}
        return {
            "description": said,
            "requestBody": sent,
            "responses": {"201": made, "409": {"description": "No."}},
        }

    place = [{"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}]
    read = {"parameters": place, "get": {"responses": {"200": {"description": "It."}, "404": {"description": "None."}}}}
    paths = {"/products": {"post": post(product)}, "/products/{id}": read, "/orders": {"post": post(order, said)}}
    return {"openapi": "3.1.0", "info": {"title": "Shop", "version": "1"}, "paths": paths}


@pytest.mark.parametrize(
    ("said", "members"),
    [
        ("Only active products can be ordered (409).", [{"active": False}]),
        ("Inactive products cannot be ordered.", [{"active": False}]),
        ("The product must exist and be active; otherwise 409.", [{"active": False}]),
        ("409 if the product is not active.", [{"active": False}]),
        ("409 means that the product is off sale.", [{"on_sale": False}]),
        ("Archived products cannot be ordered: 409.", [{"archived": True}]),
        ("Discontinued products cannot be ordered: 409.", [{"phase": "discontinued"}]),
        ("No discontinued product is taken.", [{"phase": "discontinued"}]),
        ("The product may be discontinued.", []),
        ("Archived orders cannot be changed.", []),
        ("New products come first.", []),
    ],
)
def test_what_is_named_may_not_be(said: str, members: list[dict[str, Any]], tmp_path: Path) -> None:
    (tmp_path / "openapi.json").write_text(json.dumps(document(said)))
    session = Audit(parse_settings(spec=str(tmp_path / "openapi.json"), base_url="http://127.0.0.1:4010")).session
    operation = session.contract.by_label["POST /orders"]
    reference = session.renewal.references(operation)["product_id"]

    assert [dict(each.members) for each in iter_forbidden(session, operation, "product_id", reference)] == members
