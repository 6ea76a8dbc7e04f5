"""The documented headers of a response."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from hashlib import blake2b
from typing import Any, Final

from mockserver.document import Document
from mockserver.document.pointers import escape
from mockserver.engine.header_values import Target, find_maker
from mockserver.errors import SpecError
from mockserver.generation import Generator
from mockserver.spec import Response
from mockserver.types import ABSENT, JSON

# OpenAPI 3.1, section 4.8.16.1: a documented Content-Type is ignored; the others are the connection's own.
NOT_GENERATED: Final = frozenset({"content-type", "content-length", "transfer-encoding", "connection", "date"})


class ResponseHeaders:
    """Makes the headers of one response. `problems` are those that it cannot make, which are left out."""

    def __init__(self, response: Response, document: Document) -> None:
        self.problems: list[SpecError] = []
        self._headers: list[tuple[str, Callable[[bytes, Target], JSON]]] = []
        for name, entry in response.headers.items():
            if name.lower() in NOT_GENERATED:
                continue
            try:
                self._add(name.lower(), entry, f"{response.pointer}/headers/{escape(name)}", document)
            except SpecError as error:
                self.problems.append(error)

    def _add(self, name: str, entry: JSON, pointer: str, document: Document) -> None:
        node, pointer = document.resolve(entry, pointer)
        if not isinstance(node, Mapping):
            return
        if (example := _example(node, document, pointer)) is not ABSENT:
            self._headers.append((name, lambda _identity, _target: example))
        elif "schema" in node:
            self._headers.append((name, _maker(name, node["schema"], f"{pointer}/schema", document)))

    def values(self, identity: bytes, target: Target) -> tuple[tuple[str, str], ...]:
        """Names and texts for an identity."""
        pairs: list[tuple[str, str]] = []
        for name, make in self._headers:
            value = make(identity, target)
            # Several cookies are several fields (RFC 6265, section 3); other lists are one.
            several = value if name == "set-cookie" and isinstance(value, list) else [value]
            pairs += [(name, _text(item)) for item in several]
        return tuple(pairs)


def _maker(name: str, schema: JSON, pointer: str, document: Document) -> Callable[[bytes, Target], JSON]:
    """What makes the values of a header: what it is known to say where its schema takes that, else the generator."""
    key = name.encode("utf-8", "replace")
    if isinstance(schema, Mapping) and (known := find_maker(name, document.validator(pointer).is_valid)) is not None:
        return lambda identity, target: known(_number(identity + key), target)
    generator = Generator([(schema, pointer)], document, name=name.removeprefix("x-"))
    return lambda identity, _target: generator.generate(identity + key)


def _number(identity: bytes) -> int:
    return int.from_bytes(blake2b(identity, digest_size=8).digest(), "big")


def _example(node: Mapping[str, Any], document: Document, pointer: str) -> JSON:
    """The documented value of a header that keeps its schema."""
    examples = node.get("examples")
    named = list(examples.values()) if isinstance(examples, Mapping) else []
    values = (
        [node["example"]]
        if "example" in node
        else [entry["value"] for entry in named if isinstance(entry, Mapping) and "value" in entry]
    )
    is_valid = document.validator(f"{pointer}/schema").is_valid if isinstance(node.get("schema"), Mapping) else bool
    return next((value for value in values if is_valid(value)), ABSENT)


def _text(value: JSON) -> str:
    """A value in the style `simple`, with nothing in it that would end the field."""
    if isinstance(value, list):
        text = ",".join(map(_text, value))
    elif isinstance(value, dict):
        text = ",".join(f"{name},{_text(item)}" for name, item in value.items())
    else:
        text = value if isinstance(value, str) else json.dumps(value)
    return "".join(char for char in text if char.isprintable()).encode("latin-1", "replace").decode("latin-1")
