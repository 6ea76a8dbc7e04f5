"""The Starlette door: ASGI messages to the engine and back."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.types import Receive, Scope, Send

from mockserver.engine import MAX_BODY, MockEngine
from mockserver.errors import SpecError
from mockserver.security import redact_query
from mockserver.spec import Spec, default_spec_path, load_spec
from mockserver.types import Headers, Reply, Request

RELOAD_SECONDS: Final = 0.5
"""How often a watched document is looked at."""

log = logging.getLogger("mockserver")


def create_app(
    spec: Spec | str | Path | Mapping[str, Any] | None = None,
    *,
    overlays: Sequence[str | Path] | None = None,
    seed: int | None = None,
    auth: bool | None = None,
    api_keys: Collection[str] | None = None,
    fastapi_version: tuple[int, int] | None = None,
    validation: str | None = None,
    errors: str | None = None,
    max_body: int | None = None,
    optional: str | None = None,
    locale: str | None = None,
    reload: bool = False,
) -> MockApplication:
    """A mock of the API that an OpenAPI document describes; the vendored contract when none is named.

    The arguments are those of `load_spec` and `MockEngine`; with `reload` a document that is a file is read again when
    it changes. What is not given comes from the environment, so that any ASGI server can start it with options
    (`uvicorn mockserver.app:create_app --factory`): MOCKSERVER_SPEC, MOCKSERVER_OVERLAYS (separated like PATH),
    MOCKSERVER_SEED, MOCKSERVER_AUTH (`on` or `off`), MOCKSERVER_API_KEYS (comma-separated),
    MOCKSERVER_FASTAPI_VERSION (as `0.128`), MOCKSERVER_VALIDATION, MOCKSERVER_ERRORS, MOCKSERVER_MAX_BODY (bytes),
    MOCKSERVER_OPTIONAL and MOCKSERVER_LOCALE.
    Raises `SpecError` for a document that cannot be served.
    """
    environment = os.environ
    source = spec if spec is not None else environment.get("MOCKSERVER_SPEC") or default_spec_path()
    if overlays is None and (listed := environment.get("MOCKSERVER_OVERLAYS")):
        overlays = listed.split(os.pathsep)
    if seed is None:
        seed = int(environment.get("MOCKSERVER_SEED", "0"))
    if auth is None:
        auth = environment.get("MOCKSERVER_AUTH", "on") != "off"
    if api_keys is None and (named := environment.get("MOCKSERVER_API_KEYS")):
        api_keys = named.split(",")
    if fastapi_version is None:
        fastapi_version = parse_version(environment.get("MOCKSERVER_FASTAPI_VERSION", ""))
    validation = validation or environment.get("MOCKSERVER_VALIDATION", "auto")
    optional = optional or environment.get("MOCKSERVER_OPTIONAL", "some")
    locale = locale or environment.get("MOCKSERVER_LOCALE", "en_US")
    errors = errors or environment.get("MOCKSERVER_ERRORS", "auto")
    max_body = int(environment.get("MOCKSERVER_MAX_BODY", MAX_BODY)) if max_body is None else max_body
    # Several workers answer for one service, and each counts only the writes that it sees itself.
    instance = os.getpid() if int(environment.get("MOCKSERVER_WORKERS", "1")) > 1 else 0

    def build() -> MockEngine:
        return MockEngine(
            load_spec(source, overlays=overlays),
            seed=seed,
            auth=auth,
            api_keys=api_keys,
            fastapi_version=fastapi_version,
            validation=validation,
            errors=errors,
            max_body=max_body,
            optional=optional,
            locale=locale,
            instance=instance,
        )

    mock = Mock(build())

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        task = asyncio.create_task(_reload(mock, build)) if reload else None
        yield
        if task is not None:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    return MockApplication(mock, lifespan=lifespan)


def parse_version(text: str) -> tuple[int, int] | None:
    """A FastAPI version as `0.128` or `0.128.3`; None for an empty text. Raises `ValueError`."""
    if not text:
        return None
    major, minor, *_ = (*map(int, text.split(".")), 0)
    return major, minor


class MockApplication(Starlette):
    """A Starlette application whose every request the engine answers, which routes for itself.

    A request of a browser on another origin goes through Starlette's CORS middleware; the others need none of
    Starlette's stack and skip it (37 us against 33 us a request, measured with benchmarks/in_process.py).
    """

    def __init__(self, mock: Mock, **keywords: Any) -> None:
        super().__init__(middleware=[_cors()], **keywords)
        self.mock = mock
        self.router.redirect_slashes = False
        self.router.default = mock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and all(name != b"origin" for name, _ in scope["headers"]):
            await self.mock(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


class Mock:
    """The ASGI endpoint. `engine` may be replaced at any time."""

    def __init__(self, engine: MockEngine) -> None:
        self.engine = engine

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1000})
            return
        started = time.perf_counter()
        if (body := await _read(receive, self.engine.max_body)) is None:
            return
        query = scope["query_string"].decode("latin-1")
        raw_path = scope.get("raw_path", b"").decode("latin-1")
        headers = Headers(scope["headers"])
        request = Request(scope["method"], scope["path"], query, headers, body, scope["scheme"], raw_path)
        reply = self.engine.handle(request)
        fields = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in reply.headers]
        fields.append((b"content-length", b"%d" % len(reply.body)))
        await send({"type": "http.response.start", "status": reply.status, "headers": fields})
        await send({"type": "http.response.body", "body": b"" if request.method == "HEAD" else reply.body})
        if log.isEnabledFor(logging.INFO):
            _log(request, reply, self.engine.spec, time.perf_counter() - started)


async def _read(receive: Receive, limit: int) -> bytes | None:
    """The body, cut short once it is too large; None when the client has gone."""
    message = await receive()
    body: bytes = message.get("body", b"")
    while message["type"] == "http.request" and message.get("more_body") and len(body) <= limit:
        message = await receive()
        body += message.get("body", b"")
    return None if message["type"] == "http.disconnect" else body


def _log(request: Request, reply: Reply, spec: Spec, seconds: float) -> None:
    """One line; percent-encoding keeps it one line, and credentials are left out of it."""
    query = redact_query(request.query, spec)
    target = quote(request.path, safe="/:@!$&'()*+,;=~") + (f"?{query}" if query else "")
    note = f"  {reply.note}" if reply.note else ""
    log.info("%s %s -> %d  %.1f ms%s", request.method, target, reply.status, seconds * 1000, note)


def _cors() -> Middleware:
    """A browser application on any origin may use the mock, with credentials: it holds nothing worth protecting."""
    return Middleware(
        CORSMiddleware,
        allow_origin_regex=".*",
        allow_methods=["*"],
        allow_headers=["*"],
        allow_credentials=True,
        expose_headers=["*"],
    )


async def _reload(mock: Mock, build: Callable[[], MockEngine]) -> None:
    """Replace the engine when its document changes; keep the old one while the new text cannot be served."""
    document = mock.engine.spec.document
    watched = [Path(source) for source in (document.source, *document.overlays)]
    seen = _times(watched)
    while True:
        await asyncio.sleep(RELOAD_SECONDS)
        if (now := _times(watched)) == seen:
            continue
        seen = now
        try:
            mock.engine = await asyncio.to_thread(build)
        except SpecError as error:
            log.error("not reloaded: %s", error)
        else:
            log.info("reloaded %s", document.source)


def _times(paths: list[Path]) -> list[int]:
    return [path.stat().st_mtime_ns if path.exists() else 0 for path in paths]
