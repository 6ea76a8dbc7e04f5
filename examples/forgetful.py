"""A service that breaks its contract in one place, to see what `contract-tests` says of it.

INSTAVM_API_KEY=secret uvicorn --app-dir examples forgetful:app
"""

from __future__ import annotations

import os
import uuid

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

WAIT = {"true": True, "false": False}


async def clone(request: Request) -> JSONResponse:
    """Start a clone. Who does not wait gets no session, which the contract promises to everybody."""
    try:
        body = await request.json()
    except ValueError:
        return invalid("body", "is not JSON")
    if request.headers.get("x-api-key") != os.environ["INSTAVM_API_KEY"]:
        return JSONResponse({"detail": "Not authenticated"}, 401, {"WWW-Authenticate": "Bearer"})
    wait = WAIT.get(request.query_params.get("wait", "true"))
    if wait is None:
        return invalid("query", "wait", "is neither true nor false")
    if not isinstance(body, dict):
        return invalid("body", "is no object")
    if not isinstance(body.get("snapshot_name"), str | None):
        return invalid("body", "snapshot_name", "is no string")
    if not wait:
        return JSONResponse({"status": "provisioning"})
    session = uuid.uuid4()
    return JSONResponse({"vm_id": f"vmid-oak-{session.int}", "session_id": str(session), "status": "active"})


def invalid(*loc_and_message: str) -> JSONResponse:
    """A refusal in the documented shape."""
    *loc, message = loc_and_message
    return JSONResponse({"detail": [{"loc": loc, "msg": message, "type": "invalid"}]}, 422)


app = Starlette(routes=[Route("/v1/vms/{vm_id}/clone", clone, methods=["POST"])])
