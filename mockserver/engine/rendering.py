"""A refused request as the answer that says so, in the form that the document or the user asks for."""

from __future__ import annotations

import json
from typing import Any, Final

from mockserver.engine.facts import Facts, facts_of, summary
from mockserver.engine.problem_details import PROBLEM_MEDIA_TYPE, problem_details
from mockserver.spec import Operation, Spec
from mockserver.types import JSON_MEDIA_TYPE, Rejection, Reply, Request

ERROR_FORMS: Final = ("auto", "fastapi", "problem")
"""What the option `errors` may be."""

# As Starlette's `JSONResponse` writes it, down to the digits of a float.
_ENCODER: Final = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))


class ErrorRenderer:
    """Renders what the mock refuses. `form` is one of `ERROR_FORMS`; `auto` lets the document decide."""

    def __init__(self, spec: Spec, form: str, *, seed: int = 0) -> None:
        if form not in ERROR_FORMS:
            raise ValueError(f"errors is {form!r}, which is none of {', '.join(ERROR_FORMS)}")
        self._form = form
        self._seed = seed
        self._speaks_fastapi = form == "fastapi" or (form == "auto" and spec.is_fastapi)

    def render(self, rejection: Rejection, request: Request, operation: Operation | None = None) -> Reply:
        """The answer to a refused request; `operation` is None when it led to none."""
        name = str(operation) if operation is not None else ""
        if self._speaks_fastapi or (operation is None and self._form != "problem"):
            return _reply(rejection, {"detail": rejection.detail}, JSON_MEDIA_TYPE, name)
        facts = facts_of(rejection, request, rejection.status)
        return _problem(rejection, facts, name)


def _problem(rejection: Rejection, facts: Facts, operation: str) -> Reply:
    return _reply(rejection, problem_details(facts), PROBLEM_MEDIA_TYPE, operation, facts.status)


def _reply(rejection: Rejection, body: Any, media_type: str, operation: str, status: int | None = None) -> Reply:
    headers = (("content-type", media_type), *rejection.headers)
    return Reply(status or rejection.status, headers, encode(body), operation, summary(rejection))


def encode(body: Any) -> bytes:
    """JSON bytes; a lone surrogate, which no request can be quoted with, becomes a question mark."""
    return _ENCODER.encode(body).encode("utf-8", "replace")
