"""Reading an answer's JSON as RFC 8259 and RFC 7493 have it, where Python's own reader is forgiving."""

from __future__ import annotations

import json
from typing import Any

from mockserver.types import repeated_name


class NotJSON(ValueError):
    """What is wrong with a body, as the end of a sentence."""


def decode(body: bytes) -> Any:
    """The value of a JSON text. Raises `NotJSON` for what other readers refuse or read differently."""
    if body.startswith(b"\xef\xbb\xbf"):
        raise NotJSON("begins with a byte order mark (RFC 8259, section 8.1)")
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        raise NotJSON("is not UTF-8 (RFC 8259, section 8.1)") from None
    try:
        return json.loads(text, object_pairs_hook=_members, parse_constant=_constant)
    except NotJSON:
        raise
    except (ValueError, RecursionError) as error:
        raise NotJSON(f"is no JSON ({error})") from None


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise NotJSON(f"holds the member `{repeated_name(pairs)}` twice (RFC 8259, section 4)")
    return members


def _constant(name: str) -> Any:
    raise NotJSON(f"holds {name}, which is no JSON number")
