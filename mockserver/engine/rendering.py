"""A refused request as the answer that says so."""

from __future__ import annotations

import json
from typing import Final

from mockserver.types import JSON_MEDIA_TYPE, Rejection, Reply

MAX_REASONS: Final = 3

# As Starlette's `JSONResponse` writes it, down to the digits of a float.
_ENCODER: Final = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def render(rejection: Rejection, operation: str = "") -> Reply:
    """The answer to a refused request, in FastAPI's words."""
    headers = (("content-type", JSON_MEDIA_TYPE), *rejection.headers)
    body = _ENCODER.encode({"detail": rejection.detail}).encode()
    return Reply(rejection.status, headers, body, operation, _reason(rejection))


def _reason(rejection: Rejection) -> str:
    if isinstance(rejection.detail, str):
        return rejection.detail
    return "; ".join(f"{'.'.join(map(str, error['loc']))}: {error['msg']}" for error in rejection.detail[:MAX_REASONS])
