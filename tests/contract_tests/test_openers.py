"""What must be opened before something can be made below it: orders that are paid for once they are open."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.contract_tests.small_services import bugs_of

STATE = {"type": "string", "enum": ["draft", "open", "void"]}
TITLE = {"type": "string", "minLength": 1, "maxLength": 40}
ORDER: Any = {
    "type": "object",
    "required": ["id", "title", "state"],
    "properties": {"id": {"type": "integer"}, "title": TITLE, "state": STATE},
}
SENT: Any = {"type": "object", "required": ["title"], "additionalProperties": False, "properties": {"title": TITLE}}
AMOUNT: Any = {"amount": {"type": "integer", "minimum": 1, "maximum": 1000}}
PAID: Any = {"type": "object", "required": ["amount"], "additionalProperties": False, "properties": AMOUNT}
PAYMENT: Any = {**PAID, "required": ["id", "amount"], "properties": {"id": {"type": "integer"}, **AMOUNT}}


def document() -> dict[str, Any]:
    """Orders, their two actions, and the payments below them."""

    def answers(status: str, schema: Any, *refusals: str) -> dict[str, Any]:
        told = {"description": "It.", "content": {"application/json": {"schema": schema}}}
        return {"responses": {status: told, **{each: {"description": "No."} for each in refusals}}}

    def sends(schema: Any) -> dict[str, Any]:
        return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}

    parameters = [{"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}]
    paths = {
        "/orders": {"post": {**sends(SENT), **answers("201", ORDER, "422")}},
        "/orders/{id}": {"parameters": parameters, "get": answers("200", ORDER, "404")},
        "/orders/{id}/void": {"parameters": parameters, "post": answers("200", ORDER, "404", "409")},
        "/orders/{id}/open": {"parameters": parameters, "post": answers("200", ORDER, "404", "409")},
        "/orders/{id}/payments": {
            "parameters": parameters,
            "get": answers("200", {"type": "array", "items": PAYMENT}, "404"),
            "post": {**sends(PAID), **answers("201", PAYMENT, "404", "409", "422")},
        },
    }
    return {"openapi": "3.1.0", "info": {"title": "Orders", "version": "1"}, "paths": paths}


def build(fault: str = "") -> Starlette:
    """Orders, which are paid for while they are open."""
    orders: dict[int, dict[str, Any]] = {}
    payments: dict[int, list[dict[str, Any]]] = {}
    numbers = itertools.count(1)

    def find(request: Request) -> dict[str, Any] | None:
        text = request.path_params["id"]
        return orders.get(int(text)) if text.isascii() and text.isdecimal() else None

    async def body(request: Request, name: str) -> Any:
        if "json" not in request.headers.get("content-type", "").lower():
            return None
        try:
            sent = json.loads(await request.body(), parse_constant=int)
        except (ValueError, TypeError, RecursionError):
            return None
        return sent[name] if isinstance(sent, dict) and sent.keys() == {name} else None

    async def make(request: Request) -> Response:
        title = await body(request, "title")
        if not isinstance(title, str) or not 1 <= len(title) <= 40:
            return Response(status_code=422)
        number = next(numbers)
        orders[number], payments[number] = {"id": number, "title": title, "state": "draft"}, []
        return JSONResponse(orders[number], 201)

    async def read(request: Request) -> Response:
        order = find(request)
        return JSONResponse(order) if order else Response(status_code=404)

    async def act(request: Request) -> Response:
        order, verb = find(request), request.url.path.rpartition("/")[2]
        if order is None:
            return Response(status_code=404)
        if order["state"] != "draft":
            return Response(status_code=409)
        order["state"] = verb
        return JSONResponse(order)

    async def pay(request: Request) -> Response:
        order = find(request)
        if order is None:
            return Response(status_code=404)
        if request.method == "GET":
            return JSONResponse(payments[order["id"]])
        amount = await body(request, "amount")
        is_whole = isinstance(amount, int | float) and not isinstance(amount, bool) and amount == int(amount)
        if not is_whole or not 1 <= amount <= (9999 if fault == "too much is taken" else 1000):
            return Response(status_code=422)
        if order["state"] != "open":
            return Response(status_code=409)
        payment = {"id": next(numbers), "amount": int(amount)}
        if fault != "payments are lost":
            payments[order["id"]].append(payment)
        return JSONResponse(payment, 201)

    return Starlette(
        routes=[
            Route("/orders", make, methods=["POST"]),
            Route("/orders/{id}", read, methods=["GET"]),
            Route("/orders/{id}/payments", pay, methods=["GET", "POST"]),
            Route("/orders/{id}/{verb}", act, methods=["POST"]),
        ]
    )


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ("", ""),
        ("payments are lost", "GET /orders/{id}/payments does not list what POST /orders/{id}/payments made"),
        ("too much is taken", "POST /orders/{id}/payments accepts amount=1001"),
    ],
)
def test_what_has_to_be_open_is_opened(fault: str, told: str, tmp_path: Path) -> None:
    bugs = bugs_of(build(fault), document(), tmp_path)

    assert bool(bugs) is bool(told), bugs
    assert not told or any(told in bug for bug in bugs), bugs
