"""JSON pointers in the form that references have: `#/components/schemas/Pet`."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote, unquote

from mockserver.types import JSON

SAFE: Final = "/%~!$&'()*+,;=:@?"
FRAGMENT: Final = re.compile(rf"(?:[\w.{re.escape(SAFE[:1] + SAFE[2:])}-]|%[0-9A-Fa-f]{{2}})*", re.ASCII)
"""What a fragment of a URI may be (RFC 3986, section 3.5)."""
PERCENT: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")
"""A percent sign that encodes nothing."""


def lookup(content: JSON, pointer: str) -> JSON:
    """What a JSON pointer in URI form (`#/a/b`, or `#`) leads to. Raises `KeyError`."""
    node = content
    for token in pointer[2:].split("/") if pointer not in ("#", "#/") else ():
        key = unquote(token).replace("~1", "/").replace("~0", "~")
        try:
            node = node[int(key)] if isinstance(node, list) else node[key]
        except (KeyError, IndexError, ValueError, TypeError):
            raise KeyError(pointer) from None
    return node


def escape(token: str) -> str:
    """A key as a reference token of a JSON pointer in a URI (RFC 6901, section 6)."""
    return token.replace("~", "~0").replace("/", "~1").replace("%", "%25")


def in_uri_form(content: JSON, reference: str) -> str:
    """A reference inside a document with what no URI may hold percent-encoded: authors write `#/.../List«Pet»`."""
    if not leads(content, reference) and leads(content, literal := reference.replace("%", "%25")):
        reference = literal  # the key itself has a percent sign
    if FRAGMENT.fullmatch(reference, 1):
        return reference
    return f"#{quote(PERCENT.sub('%25', reference[1:]), safe=SAFE)}"


def leads(content: JSON, reference: str) -> bool:
    """Whether a pointer leads to something."""
    try:
        lookup(content, reference)
    except KeyError:
        return False
    return True
