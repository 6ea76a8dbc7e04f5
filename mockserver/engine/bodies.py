"""The body of a response: a documented example, else generated and narrowed by the cases that apply."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic_core import to_json

from mockserver.document import Document
from mockserver.generation import Generator
from mockserver.spec import MediaType
from mockserver.types import JSON, is_json


class Body:
    """The bodies of one media type."""

    def __init__(self, media_type: MediaType, document: Document) -> None:
        self._is_json = is_json(media_type.name)
        self.content_type = ("content-type", media_type.name)
        self._document = document
        self._schema = (media_type.schema, f"{media_type.pointer}/schema")
        self._has_schema = isinstance(media_type.schema, Mapping)
        valid = document.validator(self._schema[1]).is_valid if self._has_schema else lambda _value: True
        self.examples = {name: value for name, value in media_type.examples.items() if valid(value)}
        dropped = [name for name in media_type.examples if name not in self.examples]
        self.note = f"invalid examples are not used: {', '.join(dropped)}" if dropped else ""
        self._cases = media_type.cases
        self._conditions = [
            (1 << number, document.validator(f"{case.pointer}/when")) for number, case in enumerate(self._cases)
        ]
        self._generators: dict[int, Generator] = {}

    def encode(self, value: JSON) -> bytes:
        """A value as the media type has it."""
        return to_json(value, inf_nan_mode="null") if self._is_json else str(value).encode()

    def value(self, example: str | None, decoded: dict[str, Any], identity: bytes, *, dynamic: bool = False) -> JSON:
        """The value for a decoded request; no example when it is to be `dynamic`. Raises `SpecError`."""
        if self.examples and not dynamic:
            return self.examples[example or next(iter(self.examples))]
        applicable = 0
        for bit, condition in self._conditions:
            if condition.is_valid(decoded):
                applicable |= bit
        return self._generator(applicable).generate(identity)

    def _generator(self, applicable: int) -> Generator:
        """The generator for a set of cases, given as bits."""
        if (generator := self._generators.get(applicable)) is None:
            cases = [case for number, case in enumerate(self._cases) if applicable >> number & 1]
            schemas = [self._schema, *((case.schema, f"{case.pointer}/schema") for case in cases)]
            generator = self._generators[applicable] = Generator(schemas, self._document)
        return generator
