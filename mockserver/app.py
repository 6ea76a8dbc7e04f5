"""The Starlette door: ASGI messages to the engine and back."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.types import Message, Receive, Scope, Send

from mockserver.engine import MAX_BODY, MockEngine
from mockserver.errors import SpecError
from mockserver.security import redact_query
from mockserver.spec import Spec, default_spec_path, load_spec
from mockserver.types import Headers, Reply, Request

RELOAD_SECONDS: Final = 0.5
"""How often a watched document is looked at."""

NOTHING: Final = {"openapi": "3.1.0", "info": {"title": "Mounted documents", "version": ""}, "paths": {}}
"""What is served at the top where documents are mounted and none is named for it."""

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
    query_preferences: bool | None = None,
    allow_remote_refs: bool | None = None,
    mounts: Mapping[str, Spec | str | Path | Mapping[str, Any]] | None = None,
    reload: bool = False,
) -> MockApplication:
    """A mock of the API that an OpenAPI document describes; the vendored contract when none is named.

    The arguments are those of `load_spec` and `MockEngine`; `mounts` are further documents by the path below which they
    are served (`{"/billing": "billing.yaml"}`), instead of the vendored contract where `spec` is None; with `reload`
    documents that are files are read again when they change. What is not given comes from the environment, so that any
    ASGI server can start it with options
    (`uvicorn mockserver.app:create_app --factory`): MOCKSERVER_SPEC, MOCKSERVER_OVERLAYS (separated like PATH),
    MOCKSERVER_SEED, MOCKSERVER_AUTH (`on` or `off`), MOCKSERVER_API_KEYS (comma-separated),
    MOCKSERVER_FASTAPI_VERSION (as `0.128`), MOCKSERVER_VALIDATION, MOCKSERVER_ERRORS, MOCKSERVER_MAX_BODY (bytes),
    MOCKSERVER_OPTIONAL, MOCKSERVER_LOCALE,
    MOCKSERVER_QUERY_PREFERENCES and MOCKSERVER_ALLOW_REMOTE_REFS (`on` or `off`) and MOCKSERVER_MOUNTS (`PREFIX=SPEC`,
    separated like PATH). Raises `SpecError` for a document that cannot be served, `ValueError` for a bad argument.
    """
    environment = os.environ
    source = spec if spec is not None else environment.get("MOCKSERVER_SPEC")
    if mounts is None:
        mounts = parse_mounts(filter(None, environment.get("MOCKSERVER_MOUNTS", "").split(os.pathsep)))
    if source is None:
        source = NOTHING if mounts else default_spec_path()
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
    if query_preferences is None:
        query_preferences = environment.get("MOCKSERVER_QUERY_PREFERENCES") == "on"
    if allow_remote_refs is None:
        allow_remote_refs = environment.get("MOCKSERVER_ALLOW_REMOTE_REFS") == "on"
    # Several workers answer for one service, and each counts only the writes that it sees itself.
    instance = os.getpid() if int(environment.get("MOCKSERVER_WORKERS", "1")) > 1 else 0

    def build(source: Any, beside: Sequence[str | Path] | None) -> MockEngine:
        return MockEngine(
            load_spec(source, overlays=beside, allow_remote_refs=allow_remote_refs),
            seed=seed,
            auth=auth,
            api_keys=api_keys,
            fastapi_version=fastapi_version,
            validation=validation,
            errors=errors,
            max_body=max_body,
            optional=optional,
            locale=locale,
            query_preferences=query_preferences,
            instance=instance,
        )

    def build_all() -> dict[str, MockEngine]:
        # Overlays that are named belong to the one document that is served at the top.
        return {"": build(source, overlays), **{prefix: build(other, None) for prefix, other in mounts.items()}}

    mock = Mock(build_all())

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        task = asyncio.create_task(_reload(mock, build_all)) if reload else None
        yield
        if task is not None:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    return MockApplication(mock, lifespan=lifespan)


def parse_mounts(texts: Iterable[str]) -> dict[str, str]:
    """Documents by path, from texts as `/billing=billing.yaml`. Raises `ValueError`."""
    mounts: dict[str, str] = {}
    for text in texts:
        prefix, _, source = text.partition("=")
        prefix = prefix.rstrip("/")
        if not prefix.startswith("/") or not source:
            raise ValueError(f"{text!r} is no mount such as /billing=billing.yaml")
        if prefix in mounts:
            raise ValueError(f"{prefix} is mounted twice")
        mounts[prefix] = source
    return mounts


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
        if scope["type"] == "http" and not _has_origin(scope["headers"]):
            await self.mock(scope, receive, send)
        else:
            scope["mockserver.exposes"] = True
            await super().__call__(scope, receive, send)


def _has_origin(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    for name, _ in headers:  # noqa: SIM110 - a generator would take longer than the loop
        if name == b"origin":
            return True
    return False


class Mock:
    """The ASGI endpoint. `engines` are by the path below which each serves; they may be replaced at any time."""

    def __init__(self, engines: dict[str, MockEngine]) -> None:
        self.engines = engines

    @property
    def engine(self) -> MockEngine:
        """The engine of the document that is served at the top."""
        return self.engines[""]

    def find(self, path: str) -> tuple[str, MockEngine]:
        """The engine that answers for a path, with its prefix."""
        prefixes = sorted(self.engines, key=len, reverse=True)
        prefix = next(prefix for prefix in prefixes if path == prefix or path.startswith(f"{prefix}/") or not prefix)
        return prefix, self.engines[prefix]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1000})
            return
        started = time.perf_counter()
        path, raw_path, root = scope["path"], scope.get("raw_path", b"").decode("latin-1"), ""
        engine = self.engine
        if len(self.engines) > 1 or scope.get("root_path"):
            # ASGI keeps in `path` the part below which another application mounts this one.
            outer = scope.get("root_path", "")
            outer = outer if path.startswith(f"{outer}/") else ""
            prefix, engine = self.find(path[len(outer) :])
            root = outer + prefix
            path, raw_path = path[len(root) :] or "/", raw_path.removeprefix(quote(root)) or "/"
        message = await receive()
        if message.get("more_body") or message["type"] != "http.request":
            if (whole := await _read(message, receive, engine.max_body)) is None:
                return
            body = whole
        else:
            body = message.get("body", b"")
        query = scope["query_string"].decode("latin-1")
        headers = Headers(scope["headers"])
        request = Request(scope["method"], path, query, headers, body, scope["scheme"], raw_path, root)
        reply = engine.handle(request)
        fields = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in reply.headers]
        if "mockserver.exposes" in scope and fields:
            # To a request with credentials a wildcard would be a name like any other (Fetch, section 3.3.5).
            fields.append((b"access-control-expose-headers", b", ".join(dict(fields))))
        fields.append((b"content-length", b"%d" % len(reply.body)))
        await send({"type": "http.response.start", "status": reply.status, "headers": fields})
        await send({"type": "http.response.body", "body": b"" if request.method == "HEAD" else reply.body})
        if log.isEnabledFor(logging.INFO):
            _log(request, reply, engine.spec, time.perf_counter() - started)


async def _read(message: Message, receive: Receive, limit: int) -> bytes | None:
    """The body that begins with a message, cut short once it is too large; None when the client has gone."""
    body: bytes = message.get("body", b"")
    while message["type"] == "http.request" and message.get("more_body") and len(body) <= limit:
        message = await receive()
        body += message.get("body", b"")
    return None if message["type"] == "http.disconnect" else body


def _log(request: Request, reply: Reply, spec: Spec, seconds: float) -> None:
    """One line; percent-encoding keeps it one line, and credentials are left out of it."""
    query = redact_query(request.query, spec)
    target = quote(request.root_path + request.path, safe="/:@!$&'()*+,;=~") + (f"?{query}" if query else "")
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
    )


async def _reload(mock: Mock, build: Callable[[], dict[str, MockEngine]]) -> None:
    """Replace the engines when a document changes; keep the old ones while the new text cannot be served."""
    documents = [engine.spec.document for engine in mock.engines.values()]
    watched = [Path(source) for document in documents for source in (document.source, *document.overlays)]
    seen = _times(watched)
    while True:
        await asyncio.sleep(RELOAD_SECONDS)
        if (now := _times(watched)) == seen:
            continue
        changed = [path for path, before, after in zip(watched, seen, now, strict=True) if before != after]
        seen = now
        try:
            mock.engines = await asyncio.to_thread(build)
        except SpecError as error:
            log.error("not reloaded: %s", error)
        else:
            log.info("reloaded %s", ", ".join(map(str, changed)))


def _times(paths: list[Path]) -> list[int]:
    return [path.stat().st_mtime_ns if path.exists() else 0 for path in paths]
