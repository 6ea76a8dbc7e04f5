"""What was sent and what came back, free of any HTTP library's types."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

MAX_EXACT = 2**53
"""Up to here a double is exact."""

BODY_SHOWN = 400
"""An answer's body is shown up to this many characters."""


@dataclass(frozen=True, slots=True)
class Call:
    """A request as it goes over the wire. `url` is absolute; a `body` of None sends none, `b""` an empty one.

    An empty `Accept` is none at all: without the word, clients add one of their own.
    """

    method: str
    url: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None

    def header(self, name: str) -> str | None:
        """The value of the first header of this name, in any case."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    def with_headers(self, headers: Iterable[tuple[str, str]]) -> Call:
        """A copy with these headers in place of those of the same name."""
        added = tuple(headers)
        replaced = {name.lower() for name, _ in added}
        kept = tuple(pair for pair in self.headers if pair[0].lower() not in replaced)
        return Call(self.method, self.url, kept + added, self.body)

    def to_json(self) -> dict[str, Any]:
        """Plain data, for another process."""
        return {**asdict(self), "body": None if self.body is None else self.body.decode("latin-1")}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Call:
        """The inverse of `to_json`."""
        body = None if data["body"] is None else data["body"].encode("latin-1")
        return cls(data["method"], data["url"], tuple((name, value) for name, value in data["headers"]), body)

    @property
    def size(self) -> int:
        """How much there is to read: the smaller of two failing requests is the better example."""
        return len(self.url) + len(self.body or b"") + sum(len(name) + len(value) for name, value in self.headers)


@dataclass(frozen=True, slots=True)
class Step:
    """A request that comes before another, and the id that its answer gave: what it was, and where it stood in it.

    An id without members stands at the end of `Location`, or in the path of the request itself.
    """

    call: Call
    identity: str = ""
    members: tuple[str, ...] = ()

    @property
    def subscript(self) -> str:
        """What takes the id out of the decoded answer, in Python: `['data']['id']`."""
        return "".join(f"[{name!r}]" for name in self.members)

    def to_json(self) -> dict[str, Any]:
        """Plain data, for another process."""
        return {"call": self.call.to_json(), "identity": self.identity, "members": self.members}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Step:
        """The inverse of `to_json`."""
        return cls(Call.from_json(data["call"]), data["identity"], tuple(data["members"]))


@dataclass(frozen=True, slots=True)
class Answer:
    """A response. Header names are lower-case; each has all its values in order."""

    status: int
    headers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    body: bytes = b""

    def header(self, name: str) -> str | None:
        """The first value of a header."""
        return next(iter(self.headers.get(name.lower(), ())), None)

    def listed(self, name: str) -> str | None:
        """The value of a header that is a list, in however many lines it came (RFC 9110, section 5.3)."""
        lines = self.headers.get(name.lower(), ())
        return ", ".join(lines) if lines else None

    @property
    def media_type(self) -> str:
        """`type/subtype` of the Content-Type in lower case, without parameters; empty when there is none."""
        return (self.header("content-type") or "").partition(";")[0].strip().lower()

    def json(self) -> Any:
        """The body decoded, or None when it is no JSON. 1.0 is 1, however it is written."""
        try:
            return json.loads(self.body, parse_float=_number)
        except ValueError:
            return None

    def __str__(self) -> str:
        text = self.body.decode("utf-8", "replace")
        shown = text if len(text) <= BODY_SHOWN else f"{text[:BODY_SHOWN]}... ({len(self.body)} bytes)"
        return " ".join(part for part in (str(self.status), self.media_type, shown.strip()) if part)


def _number(text: str) -> int | float:
    """JSON has one kind of numbers, and JSON Schema (2020-12, section 4.2.3) as well."""
    number = float(text)
    return int(number) if number.is_integer() and abs(number) < MAX_EXACT else number
