"""How the answer of the mock is held against that of the application."""

from __future__ import annotations

from typing import Any

import fastapi
from fastapi import FastAPI
from fastapi.exceptions import ResponseValidationError

from mockserver import load_spec
from mockserver.app import create_app, parse_version
from mockserver.validation.fastapi_habits import Habits, Version, infer_version
from tests.asgi import Answer, Client, Wire

VERSION = parse_version(fastapi.__version__) or (0, 0)


def version_to_say(document: dict[str, Any]) -> Version | None:
    """The installed FastAPI where its documents do not show its habits; None where they do."""
    return None if Habits(infer_version(load_spec(document).document)).all == Habits(VERSION).all else VERSION


class Pair:
    """An application and the mock of its document."""

    def __init__(self, app: FastAPI) -> None:
        self.document = app.openapi()
        self.mock = Client(create_app(self.document, fastapi_version=version_to_say(self.document), auth=True))
        self.real = Client(app)

    def close(self) -> None:
        self.mock.close()
        self.real.close()

    def difference(self, wire: Wire) -> str:
        """What tells the mock from the application; empty when nothing does."""
        real, mock = self.real(wire), self.mock(wire)
        if real.status == 500:  # FastAPI could not send the error back, or the route's own answer was no good
            expected = (200, 201) if isinstance(real.error, ResponseValidationError) else (422, 400)
            return "" if mock.status in expected else f"500 ({real.error!r}) against {mock.status}"
        if real.status != mock.status:
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
