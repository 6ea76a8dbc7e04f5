"""What one request costs in process: the mock against the same route in real FastAPI, as a ratio within one run.

    .venv/bin/python benchmarks/in_process.py

Both are called as ASGI applications, without a socket and without a client library. Rounds are interleaved and the best
of each is compared, so that a busy machine disturbs both alike.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import fastapi

from mockserver.app import create_app
from tests.services.fastapi_clone import build_app

ROUNDS = 60
REQUESTS = 100
BODIES = {
    "valid body": (200, b'{"snapshot_name":"nightly"}'),
    "invalid body": (422, b'{"snapshot_name":5}'),
}

App = Callable[[Any, Any, Any], Awaitable[None]]


async def call(app: App, body: bytes) -> int:
    """One request; returns its status."""
    statuses: list[int] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": "/v1/vms/vmid-abc-15/clone",
        "raw_path": b"/v1/vms/vmid-abc-15/clone",
        "query_string": b"wait=true",
        "root_path": "",
        "server": ("127.0.0.1", 4010),
        "client": ("127.0.0.1", 50000),
        "headers": [
            (b"host", b"127.0.0.1:4010"),
            (b"accept", b"*/*"),
            (b"content-type", b"application/json"),
            (b"content-length", b"%d" % len(body)),
            (b"x-api-key", b"instavm_sk_test"),
        ],
    }
    await app(scope, receive, send)
    return statuses[0]


async def measure(app: App, body: bytes) -> float:
    """Microseconds a request, over one round."""
    started = time.perf_counter()
    for _ in range(REQUESTS):
        await call(app, body)
    return (time.perf_counter() - started) / REQUESTS * 1e6


async def compare(body: bytes, status: int) -> tuple[float, float]:
    """The best round of the mock and of FastAPI, in microseconds a request."""
    apps: list[App] = [create_app(), build_app()]
    for app in apps:
        assert await call(app, body) == status
    rounds = [[await measure(app, body) for app in apps] for _ in range(ROUNDS)]
    mock, real = (min(column) for column in zip(*rounds, strict=True))
    return mock, real


def main() -> None:
    print(f"FastAPI {fastapi.__version__}, Python {sys.version.split()[0]}, {ROUNDS} rounds of {REQUESTS} requests")
    print(f"{'':14}{'mock us':>10}{'FastAPI us':>12}{'ratio':>8}")
    for name, (status, body) in BODIES.items():
        mock, real = asyncio.run(compare(body, status))
        print(f"{name:14}{mock:10.1f}{real:12.1f}{mock / real:8.2f}")


if __name__ == "__main__":
    main()
