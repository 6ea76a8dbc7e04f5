"""The values that pass between the engine and its adapters. No framework, no I/O."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, TypeAlias

JSON: TypeAlias = Any
"""What `json.loads` gives: dict, list, str, int, float, bool or None."""

Schema: TypeAlias = Mapping[str, Any] | bool
"""A JSON Schema of the 2020-12 dialect, as it stands in the document (references not resolved)."""

JSON_MEDIA_TYPE: Final = "application/json"


class _Absent:
    def __repr__(self) -> str:
        return "ABSENT"


ABSENT: Final = _Absent()
"""No value at all, as opposed to `null`."""


def json_type(value: JSON) -> str:
    """What JSON Schema calls the type of a value; a number without a fraction is an `integer`."""
    if value is None or isinstance(value, bool):
        return "null" if value is None else "boolean"
    if isinstance(value, int | float):
        return "integer" if value == value // 1 else "number"
    if isinstance(value, str):
        return "string"
    return "array" if isinstance(value, list) else "object"


def repeated_name(pairs: Iterable[tuple[str, JSON]]) -> str:
    """The first name among an object's members that is there again, as one is."""
    names = [name for name, _ in pairs]
    return next(name for name in names if names.count(name) > 1)


def is_json(media_type: str) -> bool:
    """Whether a media type is JSON: its subtype is `json` or ends in `+json`; parameters do not matter."""
    essence = media_type.partition(";")[0].strip().lower()
    return essence.endswith(("/json", "+json"))


_NAMES: Final[dict[str, bytes]] = {}
MAX_NAMES: Final = 1000


def _encode_name(name: str) -> bytes:
    """A header's name as it is looked up by; those of documents come again with every request, and so are kept."""
    encoded = name.lower().encode("latin-1")
    if len(_NAMES) < MAX_NAMES:
        _NAMES[name] = encoded
    return encoded


class Headers:
    """Request headers as the wire has them: names in any case, several values a name, bytes read as Latin-1."""

    __slots__ = ("_values",)

    def __init__(self, raw: Iterable[tuple[bytes, bytes]] = ()) -> None:
        self._values: dict[bytes, list[bytes]] = {}
        for name, value in raw:
            self._values.setdefault(name.lower(), []).append(value)

    def get(self, name: str) -> str | None:
        """The first value of a header, or None."""
        values = self._values.get(_NAMES.get(name) or _encode_name(name))
        return values[0].decode("latin-1") if values else None

    def items(self) -> Iterator[tuple[str, str]]:
        """Names in lower case and their values."""
        for name, values in self._values.items():
            for value in values:
                yield name.decode("latin-1"), value.decode("latin-1")

    def getlist(self, name: str) -> list[str]:
        """Every value of a header, in the order of arrival."""
        return [value.decode("latin-1") for value in self._values.get(name.lower().encode("latin-1"), ())]


class Request(NamedTuple):
    """One HTTP request.

    `path` is percent-decoded, `raw_path` the same as it was sent (empty when nobody knows), `query` the raw text behind
    `?`. `root_path` is what stands before `path` where the API is mounted below another application.
    """

    method: str
    path: str
    query: str = ""
    headers: Headers = Headers()
    body: bytes = b""
    scheme: str = "http"
    raw_path: str = ""
    root_path: str = ""


class Reply(NamedTuple):
    """One HTTP answer.

    `operation` is the `METHOD /path` of the operation that answered, empty when none did; `note` says in a few words
    why the answer is what it is, for a log line.
    """

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    operation: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why a request is refused before it reaches the operation's answer.

    `detail` is a sentence, or the list of validation errors as pydantic reports them: `type`, `loc`, `msg`, `input` and
    sometimes `ctx`.
    """

    status: int
    detail: str | list[dict[str, Any]]
    headers: tuple[tuple[str, str], ...] = ()
