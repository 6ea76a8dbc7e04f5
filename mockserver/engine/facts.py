"""What is wrong with a request, as the facts that every form of error body is made of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from mockserver.document.pointers import escape
from mockserver.types import JSON, Rejection, Request

MAX_REASONS: Final = 3
"""So many errors are named in one sentence."""

MAX_DETAILS: Final = 100
"""So many errors are listed in one answer."""

# RFC 9110 renamed two; Python 3.11 has the old names.
PHRASES: Final = {413: "Content Too Large", 422: "Unprocessable Content"}


@dataclass(frozen=True, slots=True)
class Detail:
    """One error: what (`keyword`, `message`), where (`location` is `body`, `query` ...; `path` leads on), the value."""

    keyword: str
    message: str
    location: str = ""
    path: tuple[str | int, ...] = ()
    value: JSON = None

    @property
    def field(self) -> str:
        """The place as people write it: `items[3].name`; empty when the whole body or request is meant."""
        text = ""
        for token in self.path:
            text += f"[{token}]" if isinstance(token, int) else f".{token}" if text else token
        return text

    @property
    def pointer(self) -> str:
        """The place inside its location as a JSON pointer (RFC 6901)."""
        return "".join(f"/{escape(str(token))}" for token in self.path)

    @property
    def sentence(self) -> str:
        """The message with its place in front."""
        place = ".".join(part for part in (self.location, self.field) if part)
        return f"{place}: {self.message}" if place else self.message


@dataclass(frozen=True, slots=True)
class Facts:
    """A refused request: the status to answer, one sentence, and the single errors, if the request has any."""

    status: int
    message: str
    details: tuple[Detail, ...]
    request: Request

    @property
    def phrase(self) -> str:
        """The reason phrase of the status."""
        return reason_phrase(self.status)


def reason_phrase(status: int) -> str:
    """The registered name of a status (RFC 9110, section 15)."""
    if status in PHRASES:
        return PHRASES[status]
    return HTTPStatus(status).phrase if status in HTTPStatus._value2member_map_ else f"Status {status}"


def facts_of(rejection: Rejection, request: Request, status: int) -> Facts:
    """The facts of a refused request that is answered with a status."""
    details = tuple(_iter_details(rejection))
    return Facts(status, summary(rejection), details, request)


def summary(rejection: Rejection) -> str:
    """What is wrong, in one sentence."""
    if isinstance(rejection.detail, str):
        return rejection.detail
    sentences = [_detail(error).sentence for error in rejection.detail[:MAX_REASONS]]
    more = len(rejection.detail) - len(sentences)
    return "; ".join([*sentences, *([f"and {more} more"] if more else [])])


def _iter_details(rejection: Rejection) -> Iterator[Detail]:
    if not isinstance(rejection.detail, str):
        for error in rejection.detail[:MAX_DETAILS]:
            yield _detail(error)


def _detail(error: dict[str, Any]) -> Detail:
    location, *path = error["loc"]
    return Detail(error["type"], error["msg"], str(location), tuple(path), error.get("input"))
