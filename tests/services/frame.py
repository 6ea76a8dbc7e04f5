"""What the small services of tests share: they read bodies by their document, refuse, and get one thing wrong."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mockserver import load_spec


class Refused(Exception):
    """A request that is answered with a status and nothing else."""


class Service:
    """A service, and one thing that it gets wrong: `fault` is in the words of a test."""

    def __init__(self, contract: Path, fault: str = "") -> None:
        self.fault = fault
        self.document = load_spec(contract).document
        self.numbers = itertools.count(1)

    def checked(self, value: Any, schema: str) -> Any:
        """A value that fits a schema of the document. Raises `Refused`."""
        if not self.document.validator(f"#/components/schemas/{schema}").is_valid(value):
            raise Refused(422)
        return value

    async def body(self, request: Request, schema: str = "") -> Any:
        """The JSON body of a request. Raises `Refused`."""
        try:
            value = json.loads(await request.body())
        except (ValueError, RecursionError):
            raise Refused(422) from None
        return self.checked(value, schema) if schema else value


def serve(routes: Iterable[Route]) -> Starlette:
    """An application that answers what is refused with its status."""

    async def refuse(_: Request, refused: Exception) -> Response:
        return Response(status_code=refused.args[0])

    return Starlette(routes=list(routes), exception_handlers={Refused: refuse})
