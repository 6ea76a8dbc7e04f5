"""JSON Schema to the pydantic types that a FastAPI application would have declared."""

from __future__ import annotations

import datetime
import decimal
import ipaddress
import uuid
from collections.abc import Mapping
from enum import Enum
from typing import Annotated, Any, Final, Literal, Union, cast

from pydantic import AnyUrl, BaseModel, ConfigDict, Field, PydanticUserError, TypeAdapter, create_model
from pydantic.fields import FieldInfo
from pydantic_core import SchemaError, SchemaValidator

from mockserver.document import Document
from mockserver.errors import SpecError
from mockserver.types import JSON, Schema

FORMATS: Final[Mapping[tuple[str, str], Any]] = {
    ("string", "date-time"): datetime.datetime,
    ("string", "date"): datetime.date,
    ("string", "time"): datetime.time,
    ("string", "duration"): datetime.timedelta,
    ("string", "uuid"): uuid.UUID,
    ("string", "uri"): AnyUrl,
    ("string", "ipv4"): ipaddress.IPv4Address,
    ("string", "ipv6"): ipaddress.IPv6Address,
    ("string", "binary"): bytes,
    ("string", "decimal"): decimal.Decimal,
}
SCALARS: Final[Mapping[str, Any]] = {"string": str, "integer": int, "number": float, "boolean": bool, "null": None}

CONSTRAINTS: Final[Mapping[str, str]] = {
    "minimum": "ge",
    "maximum": "le",
    "exclusiveMinimum": "gt",
    "exclusiveMaximum": "lt",
    "multipleOf": "multiple_of",
    "minLength": "min_length",
    "maxLength": "max_length",
    "pattern": "pattern",
    "minItems": "min_length",
    "maxItems": "max_length",
    "minProperties": "min_length",
    "maxProperties": "max_length",
}

MAX_REASON: Final = 200


def is_array(schema: Schema, document: Document) -> bool:
    """Whether FastAPI collects all values of such a parameter: an array, or an array or null."""
    node, _ = document.resolve(schema, "")
    if not isinstance(node, Mapping):
        return False
    return node.get("type") == "array" or any(is_array(branch, document) for branch in node.get("anyOf", ()))


class TypeCompiler:
    """Compiles the schemas of one document; a component becomes one model, named like it."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self._components: dict[str, Any] = {}
        self._models: dict[str, Any] = {}

    def validator(self, schema: Schema, pointer: str) -> SchemaValidator:
        """A validator for values of the schema. Raises `SpecError` when pydantic has no such type."""
        try:
            annotation = self.annotation(schema, pointer)
            for model in self._models.values():
                model.model_rebuild(_types_namespace=self._models, raise_errors=False)
            return cast("SchemaValidator", TypeAdapter(annotation).validator)
        except (PydanticUserError, SchemaError, TypeError, ValueError, RecursionError) as error:
            reason = " ".join(str(error).split())[:MAX_REASON]
            problem = f"cannot be validated as FastAPI would ({reason})"
            raise SpecError(problem, source=self.document.source, pointer=pointer) from None

    def annotation(self, schema: Schema, pointer: str) -> Any:
        """The Python annotation of a schema."""
        if not isinstance(schema, Mapping):
            return Any
        if isinstance(reference := schema.get("$ref"), str):
            return self._component(reference, pointer)
        if "const" in schema:
            return Literal[schema["const"]]
        if "enum" in schema:
            return Literal[tuple(schema["enum"])]
        for keyword in ("anyOf", "oneOf"):
            if keyword in schema:
                return self._union(schema, keyword, pointer)
        if len(branches := schema.get("allOf", ())) == 1:
            return self.annotation(branches[0], f"{pointer}/allOf/0")
        types = schema.get("type")
        if isinstance(types, list):
            return _union_of([self._typed(schema, name, pointer) for name in types])
        return self._typed(schema, types, pointer)

    def _component(self, reference: str, pointer: str) -> Any:
        if reference not in self._components:
            name = reference.rpartition("/")[2]
            self._components[reference] = name  # a forward reference while the component is being compiled
            node, place = self.document.resolve({"$ref": reference}, pointer)
            compiled: Any
            if isinstance(node, Mapping) and "enum" in node:
                compiled = _enum(name, node["enum"])
            elif isinstance(node, Mapping) and "properties" in node:
                compiled = self._model(name, node, place)
            else:
                compiled = self.annotation(node, place)
            self._components[reference] = compiled
            if isinstance(compiled, type) and issubclass(compiled, BaseModel):
                self._models[name] = compiled
        return self._components[reference]

    def _union(self, schema: Mapping[str, Any], keyword: str, pointer: str) -> Any:
        branches = [
            self.annotation(branch, f"{pointer}/{keyword}/{number}") for number, branch in enumerate(schema[keyword])
        ]
        union = _union_of(branches)
        discriminator = schema.get("discriminator")
        if isinstance(discriminator, Mapping) and "propertyName" in discriminator and len(branches) > 1:
            return Annotated[union, Field(discriminator=discriminator["propertyName"])]
        return union

    def _typed(self, schema: Mapping[str, Any], name: JSON, pointer: str) -> Any:
        if name == "object" or (name is None and "properties" in schema):
            return self._object(schema, pointer)
        if name == "array":
            return self._array(schema, pointer)
        if name not in SCALARS:
            return Any
        scalar = FORMATS.get((name, str(schema.get("format"))), SCALARS[name])
        return _constrained(scalar, schema)

    def _object(self, schema: Mapping[str, Any], pointer: str) -> Any:
        if "properties" in schema:
            return self._model(str(schema.get("title", "Model")), schema, pointer)
        values = self.annotation(schema.get("additionalProperties", True), f"{pointer}/additionalProperties")
        return _constrained(dict[str, values], schema)  # type: ignore[valid-type]

    def _array(self, schema: Mapping[str, Any], pointer: str) -> Any:
        if "prefixItems" in schema:
            items = enumerate(schema["prefixItems"])
            return tuple[tuple(self.annotation(item, f"{pointer}/prefixItems/{n}") for n, item in items)]  # type: ignore[misc]
        item = self.annotation(schema.get("items", True), f"{pointer}/items")
        collection: Any = set[item] if schema.get("uniqueItems") else list[item]  # type: ignore[valid-type]
        return _constrained(collection, schema)

    def _model(self, name: str, schema: Mapping[str, Any], pointer: str) -> type[BaseModel]:
        required = schema.get("required", ())
        fields: dict[str, Any] = {}
        for number, (alias, node) in enumerate(schema["properties"].items()):
            annotation = self.annotation(node, f"{pointer}/properties/{alias}")
            # The attribute's own name never shows: errors are located by alias, and any text can be an alias.
            default = ... if alias in required else None
            fields[f"field_{number}"] = (annotation, Field(default, alias=alias))
        extra: Literal["forbid", "ignore"] = "forbid" if schema.get("additionalProperties") is False else "ignore"
        config = ConfigDict(extra=extra, protected_namespaces=())
        return create_model(name, __config__=config, **fields)


def _enum(name: str, values: list[JSON]) -> Any:
    enum_of: Any = Enum
    return enum_of(name, [(f"member_{number}", value) for number, value in enumerate(values)])


def _union_of(branches: list[Any]) -> Any:
    return Union[tuple(branches)]  # noqa: UP007  there is no other way to write one of a list


def _constrained(annotation: Any, schema: Mapping[str, Any]) -> Any:
    constraints = {argument: schema[keyword] for keyword, argument in CONSTRAINTS.items() if keyword in schema}
    if not constraints:
        return annotation
    field: FieldInfo = Field(**constraints)
    return Annotated[annotation, field]
