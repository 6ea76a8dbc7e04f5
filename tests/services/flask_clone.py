"""The clone operation in Flask, validated by hand: another framework, other texts, the same contract."""

from __future__ import annotations

import itertools
import json
from collections.abc import Collection
from typing import Any

from flask import Flask, Response, request

Problem = dict[str, Any]


def build_app(*, api_keys: Collection[str], vm_ids: Collection[str] | None = None) -> Flask:
    """A correct implementation, stricter than FastAPI: credentials come first, a boolean is `true` or `false`."""
    app = Flask(__name__)
    numbers = itertools.count(1)
    machines = set(vm_ids or ())

    @app.post("/v1/vms/<vm_id>/clone")
    def clone_vm(vm_id: str) -> tuple[Any, int] | Response:
        given = {request.headers.get("X-API-Key"), request.headers.get("Authorization", "").removeprefix("Bearer ")}
        if not given & set(api_keys):
            return Response("who are you?", 401, {"WWW-Authenticate": 'Bearer realm="vms"'}, mimetype="text/plain")
        wait, problems = read_wait()
        name, more = read_name(request.get_data())
        if problems or more:
            return {"detail": [*more, *problems], "hint": "see the documentation"}, 422
        if machines and vm_id not in machines:
            return {"error": "no such machine"}, 404
        number = next(numbers)
        session = f"session-{number}"
        if not wait:
            return {"session_id": session, "status": "creating", "vm_id": None}, 200
        clone = f"{vm_id}-clone-{number}"
        if machines:
            machines.add(clone)
        return {
            "status": "ACTIVE",
            "session_id": session,
            "vm_id": clone,
            "snapshot_deleted": name is None,
        }, 200

    return app


def read_wait() -> tuple[bool, list[Problem]]:
    """The query parameter; the last one wins."""
    text = (request.args.getlist("wait") or ["true"])[-1]
    if text in {"true", "false"}:
        return text == "true", []
    return True, [problem(["query", "wait"], "must be true or false")]


def read_name(data: bytes) -> tuple[str | None, list[Problem]]:
    """The one member of the body."""
    if not data:
        return None, [problem(["body"], "a body is needed")]
    try:
        body = json.loads(data)
    except ValueError:
        return None, [problem(["body"], "not JSON")]
    if not isinstance(body, dict):
        return None, [problem(["body"], "an object is needed")]
    name = body.get("snapshot_name")
    if name is not None and not isinstance(name, str):
        return None, [problem(["body", "snapshot_name"], "a text or nothing")]
    return name, []


def problem(loc: list[str], message: str) -> Problem:
    return {"loc": loc, "msg": message, "type": "invalid"}
