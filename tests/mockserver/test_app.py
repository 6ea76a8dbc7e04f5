"""The Starlette door: browsers, sizes, odd methods."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, MutableMapping
from dataclasses import replace
from typing import Any

import httpx
import pytest

from mockserver.app import create_app, parse_version
from mockserver.engine import MAX_BODY
from mockserver.server import bind, serve_in_thread
from tests.asgi import JSON_BODY, Client, Wire

ORIGIN = (b"origin", b"http://localhost:5173")
KEY = (b"x-api-key", b"instavm_sk_test")


def test_a_browser_may_ask_beforehand(client: Client) -> None:
    """The preflight of a request with a key and a JSON body."""
    asked = (
        ORIGIN,
        (b"access-control-request-method", b"POST"),
        (b"access-control-request-headers", b"content-type,x-api-key,prefer"),
    )
    answer = client(Wire("OPTIONS", headers=asked, body=b""))
    assert answer.status == 200
    assert answer.headers["access-control-allow-origin"] == "http://localhost:5173"
    assert "POST" in answer.headers["access-control-allow-methods"]
    assert answer.headers["access-control-allow-headers"] == "content-type,x-api-key,prefer"


CROSS_ORIGIN = {
    "accepted": Wire(headers=(ORIGIN, JSON_BODY, KEY)),
    "refused": Wire(headers=(ORIGIN, JSON_BODY, KEY), body=b"[]"),
    "no credentials": Wire(headers=(ORIGIN, JSON_BODY)),
    "unknown path": Wire(headers=(ORIGIN,), path=b"/x"),
    "failure on request": Wire(headers=(ORIGIN, JSON_BODY, KEY), path=b"/v1/vms/vmid-slow-504/clone"),
}


@pytest.mark.parametrize("wire", CROSS_ORIGIN.values(), ids=CROSS_ORIGIN)
def test_a_browser_may_read_every_answer(client: Client, wire: Wire) -> None:
    """Errors too, or the application sees a network error in place of the 422; never `*` beside credentials."""
    headers = client(wire).headers
    assert headers["access-control-allow-origin"] == "http://localhost:5173"
    assert headers["access-control-allow-credentials"] == "true"
    exposed = set(headers["access-control-expose-headers"].split(", "))
    assert exposed >= {"content-type", *(name for name in headers if name in ("www-authenticate", "x-mock-note"))}


def test_options_without_a_browser_is_a_method_like_others(client: Client) -> None:
    """Not documented, so refused."""
    answer = client(Wire("OPTIONS"))
    assert (answer.status, answer.headers["allow"]) == (405, "POST")


def test_a_body_that_is_too_large_is_refused(client: Client) -> None:
    """413, and the limit in the message."""
    body = b'{"snapshot_name":"' + b"x" * MAX_BODY + b'"}'
    answer = client(replace(Wire(), body=body))
    assert (answer.status, answer.json) == (413, {"detail": f"The request body is larger than {MAX_BODY} bytes"})


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with serve_in_thread(create_app()) as url:
        yield url


def test_a_large_body_is_not_read_to_its_end(url: str) -> None:
    """The answer comes, whatever the client still wants to send."""

    def endless() -> Iterator[bytes]:
        for _ in range(MAX_BODY // 65536 + 50):
            yield b"x" * 65536

    with httpx.Client() as client:
        try:
            answer = client.post(f"{url}/v1/vms/a/clone", content=endless(), headers={"X-API-Key": "k"})
        except httpx.WriteError:  # the server closed the connection in the middle of it
            return
    assert answer.status_code == 413


def test_head_has_no_body(url: str) -> None:
    """On the wire, with the headers that GET would have."""
    answer = httpx.head(f"{url}/v1/vms/a/clone")
    assert (answer.status_code, answer.headers["allow"], answer.content) == (405, "POST", b"")


def test_a_port_that_is_taken_is_an_error() -> None:
    """Of the operating system's own kind."""
    first = bind("127.0.0.1", 0)
    first.listen()
    with pytest.raises(OSError, match="in use"):
        bind("127.0.0.1", first.getsockname()[1])
    first.close()


@pytest.mark.parametrize(("text", "version"), [("", None), ("0.115", (0, 115)), ("0.132.4", (0, 132)), ("1", (1, 0))])
def test_versions_are_read(text: str, version: tuple[int, int] | None) -> None:
    """As FastAPI writes them."""
    assert parse_version(text) == version


def test_a_websocket_is_closed() -> None:
    """Politely, with or without an origin."""
    sent: list[str] = []

    async def receive() -> dict[str, str]:
        return {"type": "websocket.connect"}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message["type"])

    scope = {"type": "websocket", "path": "/", "raw_path": b"/", "headers": [], "query_string": b"", "root_path": ""}
    asyncio.run(create_app()(scope, receive, send))
    assert sent == ["websocket.close"]
