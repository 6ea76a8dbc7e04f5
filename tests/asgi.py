"""Call an ASGI application with exactly the bytes that a test wants, as a server such as uvicorn would."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

App = Callable[[Any, Any, Any], Awaitable[None]]
JSON_BODY = (b"content-type", b"application/json")


@dataclass(frozen=True)
class Wire:
    """A request as bytes. `path` is percent-encoded."""

    method: str = "POST"
    path: bytes = b"/v1/vms/vmid-abc-15/clone"
    query: bytes = b""
    headers: tuple[tuple[bytes, bytes], ...] = (JSON_BODY, (b"x-api-key", b"instavm_sk_test"))
    body: bytes = b"{}"


@dataclass(frozen=True)
class Answer:
    """What the application sent; status 500 with the error when it raised instead."""

    status: int
    headers: dict[str, str]
    body: bytes
    error: Exception | None = None

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Client:
    """Calls one application, in an event loop of its own."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._runner = asyncio.Runner()

    def __call__(self, wire: Wire) -> Answer:
        return self._runner.run(_call(self._app, wire))

    def close(self) -> None:
        self._runner.close()


async def _call(app: App, wire: Wire) -> Answer:
    messages: list[dict[str, Any]] = []
    events = iter([{"type": "http.request", "body": wire.body, "more_body": False}])

    async def receive() -> dict[str, Any]:
        if (event := next(events, None)) is None:
            await asyncio.Event().wait()  # the client stays until it has the answer
        return event or {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        messages.append(message)

    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": wire.method,
        "scheme": "http",
        "path": unquote(wire.path.decode("ascii")),
        "raw_path": wire.path,
        "query_string": wire.query,
        "root_path": "",
        "server": ("127.0.0.1", 4010),
        "client": ("127.0.0.1", 50000),
        "headers": [(b"host", b"127.0.0.1:4010"), *wire.headers],
    }
    error: Exception | None = None
    try:
        await app(scope, receive, send)
    except Exception as raised:
        error = raised
    start = next((message for message in messages if message["type"] == "http.response.start"), None)
    status = 500 if start is None else start["status"]
    headers = [] if start is None else start["headers"]
    body = b"".join(message.get("body", b"") for message in messages if message["type"] == "http.response.body")
    return Answer(status, {name.decode(): value.decode() for name, value in headers}, body, error)
