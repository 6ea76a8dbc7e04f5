"""An ASGI middleware that changes whole requests and answers: how one service becomes many that differ in one thing."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

ASGIApp = Callable[..., Any]


@dataclass
class Asked:
    """A request on its way in; everything may be changed."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes
    raw_path: str = ""

    def json(self) -> Any:
        """The body decoded, or None when it is no JSON."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None

    def set_json(self, value: Any) -> None:
        self.body = json.dumps(value).encode()
        self.headers["content-length"] = str(len(self.body))


@dataclass
class Answered:
    """An answer on its way out; everything may be changed."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    @classmethod
    def of(cls, status: int, value: Any, **headers: str) -> Answered:
        """A JSON answer."""
        named = {name.replace("_", "-"): text for name, text in headers.items()}
        return cls(status, {"content-type": "application/json", **named}, json.dumps(value).encode())

    def json(self) -> Any:
        return json.loads(self.body)

    def set_json(self, value: Any) -> None:
        self.body = json.dumps(value).encode()


Before = Callable[[Asked], Answered | None]
After = Callable[[Asked, Answered], None]


def twist(app: ASGIApp, *, before: Before | None = None, after: After | None = None) -> ASGIApp:
    """The same application with a change: `before` may change the request or answer it, `after` change the answer."""

    async def twisted(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        asked = await _read(scope, receive)
        answered = before(asked) if before else None
        if answered is None:
            answered = await _call(app, scope, asked)
        if after:
            after(asked, answered)
        answered.headers = {name: text for name, text in answered.headers.items() if name.lower() != "content-length"}
        if answered.status not in {204, 304}:  # RFC 9110, section 8.6
            answered.headers["content-length"] = str(len(answered.body))
        headers = [(name.encode(), value.encode()) for name, value in answered.headers.items()]
        await send({"type": "http.response.start", "status": answered.status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if asked.method == "HEAD" else answered.body})

    return twisted


async def _read(scope: Any, receive: Any) -> Asked:
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    raw_path = scope.get("raw_path", b"").decode("latin-1")
    return Asked(scope["method"], scope["path"], scope["query_string"].decode("latin-1"), headers, body, raw_path)


async def _call(app: ASGIApp, scope: Any, asked: Asked) -> Answered:
    answered = Answered(0)
    changed = {
        **scope,
        "method": asked.method,
        "path": asked.path,
        "query_string": asked.query.encode("latin-1"),
        "headers": [(name.encode("latin-1"), value.encode("latin-1")) for name, value in asked.headers.items()],
    }

    async def receive() -> Any:
        return {"type": "http.request", "body": asked.body, "more_body": False}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            answered.status = message["status"]
            answered.headers = {n.decode("latin-1"): v.decode("latin-1") for n, v in message["headers"]}
        else:
            answered.body += message.get("body", b"")

    await app(changed, receive, send)
    return answered


def reversed_members(content: Any) -> Any:
    """JSON with the members of each object in the other order."""
    if isinstance(content, dict):
        return {name: reversed_members(value) for name, value in reversed(content.items())}
    return [reversed_members(each) for each in content] if isinstance(content, list) else content
