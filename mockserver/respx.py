"""The respx door: httpx clients, synchronous and asynchronous, are answered by the engine without a socket."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import httpx
import respx

from mockserver.engine import MockEngine
from mockserver.spec import Spec, default_spec_path, load_spec
from mockserver.types import Headers, Request

CATCH_ALL = "understudy"


class UnknownOperation(AssertionError):
    """The client under test asked for something that the document does not have."""


def mock_api(
    spec: Spec | str | Path | Mapping[str, Any] | None = None,
    *,
    base_url: str = "http://127.0.0.1:4010",
    seed: int = 0,
    auth: bool = True,
    api_keys: Collection[str] | None = None,
    validation: str = "auto",
    errors: str = "auto",
) -> respx.MockRouter:
    """A respx router that answers every request below `base_url` as the documented API would.

    Use it as a context manager, decorator or fixture; `spec` is a path or a dict, the vendored contract when None, and
    the other arguments are those of `MockEngine`. A request that leads to no operation raises `UnknownOperation`, which
    names the nearest one. Routes added to the router take precedence over the mock.
    """
    engine = MockEngine(
        load_spec(spec or default_spec_path()),
        seed=seed,
        auth=auth,
        api_keys=api_keys,
        validation=validation,
        errors=errors,
    )
    router = _MockRouter(assert_all_called=False, base_url=base_url)
    prefix = urlsplit(base_url).path.rstrip("/")

    def answer(request: httpx.Request) -> httpx.Response:
        return _answer(engine, request, prefix)

    router.route(name=CATCH_ALL).mock(side_effect=answer)
    return router


class _MockRouter(respx.MockRouter):
    """Keeps the mock behind the routes that a test adds, since respx asks its routes in the order of their addition."""

    def add(self, route: respx.Route, *, name: str | None = None) -> respx.Route:
        mock = self.pop(CATCH_ALL, None)
        added = super().add(route, name=name)
        if mock is not None:
            self.routes.add(mock, name=CATCH_ALL)
        return added


def _answer(engine: MockEngine, request: httpx.Request, prefix: str) -> httpx.Response:
    raw_path, _, query = request.url.raw_path.decode("ascii").partition("?")
    raw_path = raw_path.removeprefix(prefix)
    path, headers = unquote(raw_path), Headers(request.headers.raw)
    reply = engine.handle(Request(request.method, path, query, headers, request.read(), request.url.scheme, raw_path))
    if not reply.operation and reply.status in (404, 405):
        nearest = engine.nearest(request.method, path)
        raise UnknownOperation(
            f"{request.method} {path} is not an operation of {engine.spec.title}"
            + (f"; the nearest is {nearest}" if nearest else "")
        )
    content = b"" if request.method == "HEAD" else reply.body
    return httpx.Response(reply.status, headers=list(reply.headers), content=content)
