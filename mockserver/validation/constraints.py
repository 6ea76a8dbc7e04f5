"""What schemas say of numbers, texts and collections beyond their types, as pydantic's constraints."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, Final

import pydantic
from pydantic import Field, GetCoreSchemaHandler
from pydantic_core import CoreSchema, SchemaError, SchemaValidator, core_schema

from mockserver.types import JSON

NUMBERS: Final = {
    "minimum": "ge",
    "maximum": "le",
    "exclusiveMinimum": "gt",
    "exclusiveMaximum": "lt",
    "multipleOf": "multiple_of",
}
LENGTHS: Final = {
    "string": {"minLength": "min_length", "maxLength": "max_length"},
    "array": {"minItems": "min_length", "maxItems": "max_length"},
    "object": {"minProperties": "min_length", "maxProperties": "max_length"},
}
SIZED_STRINGS: Final = frozenset({str, bytes, pydantic.SecretStr})


def constrained(annotation: Any, schema: Mapping[str, Any], kind: str) -> Any:
    """A type with what the schema, whose type is `kind`, says of its values beyond that."""
    names = NUMBERS if kind in ("integer", "number") else LENGTHS.get(kind, {})
    if kind == "string" and annotation not in SIZED_STRINGS:
        return annotation  # what bounds a URL or a UUID is part of its type
    metadata: list[Any] = []
    constraints = {argument: schema[key] for key, argument in names.items() if schema.get(key) is not None}
    if kind == "integer":
        constraints = {argument: _whole_bound(argument, value) for argument, value in constraints.items()}
    if constraints:
        metadata.append(Field(**constraints))
    if kind == "string" and annotation is str and isinstance(pattern := schema.get("pattern"), str):
        metadata += _pattern(pattern)
    return Annotated[(annotation, *metadata)] if metadata else annotation


def _pattern(pattern: str) -> list[Any]:
    try:
        SchemaValidator(core_schema.str_schema(pattern=pattern))
    except SchemaError:
        try:
            re.compile(pattern)
        except re.error:
            return []  # neither engine reads it, so no application runs with it
        return [_PythonPattern(pattern)]
    return [Field(pattern=pattern)]


def _whole_bound(argument: str, value: JSON) -> JSON:
    """A bound of integers, which FastAPI writes as a float and pydantic takes only as an integer."""
    if not isinstance(value, float) or not math.isfinite(value):
        return value
    bound = math.floor(value) if argument in ("le", "gt") else math.ceil(value)
    # The largest integer of so many bits has no float of its own: 2**63 - 1 is written as 9.223372036854776e+18.
    is_rounded = argument == "le" and bound >= 2**53 and bound.bit_count() == 1
    return bound - 1 if is_rounded else bound


def whole(value: JSON) -> JSON:
    """A bound of a decimal, which pydantic writes as a float: `1.0` was 1."""
    if isinstance(value, float):
        return int(value) if value.is_integer() else Decimal(str(value))
    return value


class _PythonPattern:
    """A pattern for Python's `re`: one with look-around, which pydantic's own engine has not."""

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        schema = handler(source)
        if schema["type"] == "str":
            return {**schema, "pattern": self._pattern, "regex_engine": "python-re"}
        return schema
