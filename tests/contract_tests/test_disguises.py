"""An error inside of a success, where the document has neither."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from tests.contract_tests.small_services import bugs_of

OPEN: Any = {"type": "object", "properties": {"price": {"type": "number"}, "currency": {"type": "string"}}}
WITH_ERRORS: Any = {**OPEN, "properties": {**OPEN["properties"], "error": {"type": "object"}}}


def document(schema: Any) -> dict[str, Any]:
    responses = {"200": {"description": "a price", "content": {"application/json": {"schema": schema}}}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Prices", "version": "1"},
        "paths": {"/price": {"get": {"responses": responses}}},
    }


@pytest.mark.parametrize(
    ("schema", "answer", "told"),
    [
        (OPEN, {"error": {"code": "E7", "message": "no such price"}}, "answers 200 to a valid request with an error"),
        (OPEN, {"errors": ["no such price"]}, "answers 200 to a valid request with an error and no more: errors"),
        (OPEN, {"price": 1, "error": "rounded"}, ""),
        (OPEN, {"error": None}, ""),
        (OPEN, {}, ""),
        (WITH_ERRORS, {"error": {"code": "E7"}}, ""),
        ({"type": "object"}, {"error": {"code": "E7"}}, ""),
    ],
)
def test_a_success_is_none_with_an_error_and_no_more(schema: Any, answer: Any, told: str, tmp_path: Path) -> None:
    async def price(request: Request) -> JSONResponse:
        return JSONResponse(answer)

    bugs = bugs_of(Starlette(routes=[Route("/price", price)]), document(schema), tmp_path)

    assert bool(bugs) == bool(told)
    assert told in next(iter(bugs), "")
    assert all("with an error and no more" in bug for bug in bugs)
