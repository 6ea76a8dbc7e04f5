"""Applications that nobody here wrote: found in a folder of Python modules, and run without their own functions."""

from __future__ import annotations

import contextlib
import functools
import importlib
import inspect
import json
import logging
import subprocess
import sys
import tarfile
import warnings
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import fastapi.dependencies.utils
import fastapi.routing
from fastapi import FastAPI, Response
from fastapi.security.base import SecurityBase

from tests.asgi import Answer, Client, Wire
from tests.parity.answers import Pair

FRAMEWORK = ("fastapi", "starlette")


def fetch_sdist(requirement: str, folder: Path) -> Path:
    """The unpacked source distribution of a requirement such as `fastapi==0.128.0`, from the package index."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:"]
    subprocess.run([*command, "--dest", str(folder), requirement], check=True, capture_output=True)
    (archive,) = folder.glob("*.tar.gz")
    with tarfile.open(archive) as packed:
        packed.extractall(folder, filter="data")
    return folder / archive.name.removesuffix(".tar.gz")


def load_applications(root: Path, folders: list[str], refused: Counter[str]) -> Iterator[tuple[str, FastAPI]]:
    """The applications that modules below `root` define, each document once; `refused` counts why modules do not load.

    The modules are imported, from the working directory that they expect. Call `take_out_functions` before.
    """
    seen: set[str] = set()
    sys.path.insert(0, str(root))
    with contextlib.chdir(root):
        for path in sorted(path for folder in folders for path in root.glob(f"{folder}/**/*.py")):
            if "FastAPI(" not in path.read_text(errors="replace"):
                continue
            if "sqlmodel" in sys.modules:  # modules that each define the same tables
                sys.modules["sqlmodel"].SQLModel.metadata.clear()
                sys.modules["sqlmodel"].main.default_registry.dispose()
            name = ".".join(path.relative_to(root).with_suffix("").parts)
            try:
                found = _applications_of(name)
            except BaseException as error:
                refused[f"{type(error).__name__}: {str(error)[:70]}"] += 1
                continue
            for variable, app in found:
                document = json.dumps(app.openapi(), default=str)
                if document not in seen and app.openapi().get("paths"):
                    seen.add(document)
                    yield f"{name}:{variable}", app


def load_application(place: str) -> FastAPI:
    """The application `module:name`, which may be a function that makes one."""
    module, _, name = place.partition(":")
    found: Any = functools.reduce(getattr, name.split("."), importlib.import_module(module))
    app = found if isinstance(found, FastAPI) else found()
    assert isinstance(app, FastAPI), place
    return app


def _applications_of(name: str) -> list[tuple[str, FastAPI]]:
    with warnings.catch_warnings(), contextlib.redirect_stdout(None), contextlib.redirect_stderr(None):
        warnings.simplefilter("ignore")
        logging.disable(logging.CRITICAL)
        module = importlib.import_module(name)
        found = [(key, value) for key, value in vars(module).items() if isinstance(value, FastAPI)]
        for _, app in found:
            app.openapi()
    return found


class Trace:
    """What became of the last request to an application without its own functions."""

    reached = False
    """Whether FastAPI called the function of a route."""
    unchecked = False
    """Whether credentials were left to a class of the application's own."""


def take_out_functions() -> Trace:
    """From now on applications are built without functions of their own: what answers is FastAPI alone.

    A route answers 200 with nothing, a dependency is None; FastAPI's own dependencies (its security) stay. So no
    database is needed, nothing waits, and no answer depends on what only code says.
    """
    trace = Trace()
    utils: Any = fastapi.dependencies.utils
    routing: Any = fastapi.routing
    get_dependant = utils.get_dependant
    kept: dict[int, tuple[Any, Any]] = {}

    def dependency(*arguments: Any, **named: Any) -> Any:
        dependant = get_dependant(*arguments, **named)
        call = dependant.call
        if not _is_of_framework(call):
            # One for each, as FastAPI calls a dependency that several share once.
            _, dependant.call = kept.setdefault(id(call), (call, _nothing_like(call, trace)))
        return dependant

    def route(*arguments: Any, **named: Any) -> Any:
        dependant = get_dependant(*arguments, **named)
        dependant.call = _route_like(dependant.call, trace)
        return dependant

    utils.get_dependant = dependency
    routing.get_dependant = route
    return trace


def _is_of_framework(call: Any) -> bool:
    called = call if inspect.isclass(call) or inspect.isroutine(call) else type(call)
    return str(getattr(called, "__module__", "")).startswith(FRAMEWORK)


def _kind(call: Any) -> str:
    inner = inspect.unwrap(call.func if isinstance(call, functools.partial) else call)
    for function in (inner,) if inspect.isclass(inner) else (inner, type(inner).__call__):
        if inspect.isasyncgenfunction(function):
            return "asynchronous generator"
        if inspect.isgeneratorfunction(function):
            return "generator"
    return "function"


def _nothing_like(call: Any, trace: Trace) -> Callable[..., Any]:
    async def nothing(**_: Any) -> None:
        trace.unchecked |= isinstance(call, SecurityBase)

    async def asynchronous(**_: Any) -> AsyncIterator[None]:
        yield None

    def synchronous(**_: Any) -> Iterator[None]:
        yield None

    return {"function": nothing, "generator": synchronous, "asynchronous generator": asynchronous}[_kind(call)]


def _route_like(call: Any, trace: Trace) -> Callable[..., Any]:
    async def answer(**_: Any) -> Response:
        trace.reached = True
        return Response()

    async def asynchronous(**_: Any) -> AsyncIterator[None]:
        trace.reached = True
        for line in list[None]():
            yield line

    def synchronous(**_: Any) -> Iterator[None]:
        trace.reached = True
        yield from ()

    return {"function": answer, "generator": synchronous, "asynchronous generator": asynchronous}[_kind(call)]


class TracedPair(Pair):
    """An application and its mock; `route` is the route that the last request came to, None where there was none."""

    def __init__(self, app: FastAPI, trace: Trace) -> None:
        super().__init__(app)
        self.app = app
        self.trace = trace
        self.route: Any = None
        self.real.close()
        self.real = Client(self._traced)

    async def _traced(self, scope: Any, receive: Any, send: Any) -> None:
        try:
            await self.app(scope, receive, send)
        finally:
            self.route = scope.get("route")

    def ask(self, wire: Wire) -> tuple[Answer, Answer]:
        """The answers of application and mock."""
        self.trace.reached = self.trace.unchecked = False
        return self.real(wire), self.mock(wire)
