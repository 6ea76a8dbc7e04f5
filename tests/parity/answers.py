"""How the answer of the mock is held against that of the application."""

from __future__ import annotations

from typing import Any

import fastapi
from fastapi import FastAPI

from mockserver.app import create_app, parse_version
from tests.asgi import Answer, Client, Wire

VERSION = parse_version(fastapi.__version__)


class Pair:
    """An application and the mock of its document."""

    def __init__(self, app: FastAPI) -> None:
        self.document = app.openapi()
        self.mock = Client(create_app(self.document, fastapi_version=VERSION, auth=True))
        self.real = Client(app)

    def close(self) -> None:
        self.mock.close()
        self.real.close()

    def difference(self, wire: Wire) -> str:
        """What tells the mock from the application; empty when nothing does."""
        real, mock = self.real(wire), self.mock(wire)
        if real.status == 500:  # FastAPI could not send the error back
            return "" if mock.status in (422, 400) else f"500 against {mock.status}"
        if is_error(real) != is_error(mock) or (is_error(real) and real.status != mock.status):
            return f"status {real.status} against {mock.status}: {shown(real)} against {shown(mock)}"
        if is_error(real) and wire.method != "HEAD" and content(real) != content(mock):
            return f"body {shown(real)} against {shown(mock)}"
        return ""


def is_error(answer: Answer) -> bool:
    return 400 <= answer.status < 500


def content(answer: Answer) -> Any:
    return answer.json if answer.body else None


def shown(answer: Answer) -> str:
    return answer.body[:1500].decode(errors="replace")
