"""Schema to generator: compiled once, then a pure function of the identity. What it returns is valid, always."""

from __future__ import annotations

from typing import Final

import jsonschema_rs

from mockserver.document import Document
from mockserver.errors import SpecError
from mockserver.generation.entropy import Entropy
from mockserver.generation.values import Compiler, Generate, Unsatisfiable, UnsupportedPattern
from mockserver.types import JSON, Schema

SAMPLES: Final = 8
"""How many values of a new generator are validated before any is sent."""


class Generator:
    """Values of the schemas at some pointers, all of which hold at once."""

    def __init__(self, schemas: list[tuple[Schema, str]], document: Document) -> None:
        """Compile, and validate a sample. Raises `SpecError` when no value can be made, naming the schema."""
        pointer = schemas[0][1]
        combined: Schema = schemas[0][0] if len(schemas) == 1 else {"allOf": [schema for schema, _ in schemas]}
        try:
            self._generate: Generate = Compiler(document).compile(combined, pointer)
            self._check(document.validator(*(place for _, place in schemas)), document, pointer)
        except (Unsatisfiable, UnsupportedPattern, RecursionError) as error:
            reason = f" ({error})" if str(error) else ""
            raise SpecError(
                f"no value of this schema can be generated{reason}",
                source=document.source,
                pointer=pointer,
                remedy="Give it an example.",
            ) from None

    def generate(self, identity: bytes) -> JSON:
        """The value of an identity."""
        return self._generate(Entropy(identity))

    def _check(self, validator: jsonschema_rs.Draft202012Validator, document: Document, pointer: str) -> None:
        for number in range(SAMPLES):
            value = self.generate(bytes([number]))
            if (error := next(validator.iter_errors(value), None)) is not None:
                raise SpecError(
                    f"a generated value would be invalid: {error.message}",
                    source=document.source,
                    pointer=pointer,
                    remedy="Give it an example.",
                )


__all__ = ["Entropy", "Generator"]
