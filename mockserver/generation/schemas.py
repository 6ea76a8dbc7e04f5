"""Schemas brought into a form that can be generated from: references followed, `allOf` intersected."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from mockserver.document import Document
from mockserver.types import JSON, Schema

TYPES: Final = ("object", "array", "string", "integer", "number", "boolean", "null")

IMPLIED_TYPE: Final[Mapping[str, str]] = {
    **dict.fromkeys(("properties", "additionalProperties", "required", "minProperties", "patternProperties"), "object"),
    **dict.fromkeys(("items", "prefixItems", "minItems", "uniqueItems", "contains"), "array"),
    **dict.fromkeys(("pattern", "format", "minLength", "maxLength", "contentMediaType"), "string"),
    **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"), "number"),
}


class Unsatisfiable(Exception):
    """No value can keep this combination of schemas."""


def flatten(schema: Schema, document: Document, pointer: str) -> dict[str, Any]:
    """The schema with references followed and `allOf` intersected at its top.

    Raises `Unsatisfiable` when nothing is left, `SpecError` for a reference that leads nowhere.
    """
    if schema is False:
        raise Unsatisfiable
    if not isinstance(schema, Mapping):
        return {}
    flat = {key: value for key, value in schema.items() if key not in ("$ref", "allOf")}
    for part in iter_parts(schema, document, pointer):
        flat = merge(flat, flatten(part, document, pointer))
    return flat


def iter_parts(schema: Mapping[str, Any], document: Document, pointer: str) -> Iterator[Schema]:
    """What the schema adds to itself: the target of `$ref` and the branches of `allOf`."""
    if "$ref" in schema:
        yield document.resolve({"$ref": schema["$ref"]}, pointer)[0]
    yield from schema.get("allOf", ())


def branches(flat: dict[str, Any], document: Document, pointer: str) -> list[dict[str, Any]]:
    """The satisfiable alternatives of `anyOf` and `oneOf`, each with what stands beside them."""
    for keyword in ("anyOf", "oneOf"):
        if keyword in flat:
            rest = {key: value for key, value in flat.items() if key not in (keyword, "discriminator")}
            found = [
                alternative for branch in flat[keyword] for alternative in _satisfiable(rest, branch, document, pointer)
            ]
            if not found:
                raise Unsatisfiable
            return found
    return [flat]


def _satisfiable(rest: dict[str, Any], branch: Schema, document: Document, pointer: str) -> list[dict[str, Any]]:
    try:
        return branches(merge(rest, flatten(branch, document, pointer)), document, pointer)
    except Unsatisfiable:
        return []


def types_of(flat: Mapping[str, Any]) -> list[str]:
    """The types that a value may have: those named, or those that the keywords and values imply."""
    if "type" in flat:
        named = flat["type"]
        return [named] if isinstance(named, str) else list(named)
    return list(dict.fromkeys(implied for key, implied in IMPLIED_TYPE.items() if key in flat))


def merge(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """The intersection of two flat schemas. Raises `Unsatisfiable` when types or values have nothing in common."""
    merged = dict(one)
    for key, value in other.items():
        merged[key] = _INTERSECT.get(key, _first)(one[key], value) if key in one else value
    if "const" in merged and "enum" in merged and merged["const"] not in merged["enum"]:
        raise Unsatisfiable
    types = types_of(merged) if "type" in merged else ()
    if types and "const" in merged and not any(has_type(merged["const"], name) for name in types):
        raise Unsatisfiable
    return merged


def has_type(value: JSON, name: str) -> bool:
    """Whether a JSON value is of a JSON Schema type."""
    kinds: dict[str, type | tuple[type, ...]] = {
        "object": dict, "array": list, "string": str, "boolean": bool, "null": type(None), "number": (int, float),
    }  # fmt: skip
    if name == "integer":
        return isinstance(value, int | float) and not isinstance(value, bool) and value == math.floor(value)
    return isinstance(value, kinds.get(name, ())) and (name == "boolean" or not isinstance(value, bool))


def _first(one: JSON, _other: JSON) -> JSON:
    return one


def _types(one: JSON, other: JSON) -> JSON:
    left, right = types_of({"type": one}), types_of({"type": other})
    common = [name for name in left if name in right]
    if "integer" not in common and {"integer", "number"} <= {*left, *right}:
        common.append("integer")
    if not common:
        raise Unsatisfiable
    return common[0] if len(common) == 1 else common


def _enum(one: list[JSON], other: list[JSON]) -> list[JSON]:
    common = [value for value in one if value in other]
    if not common:
        raise Unsatisfiable
    return common


def _const(one: JSON, other: JSON) -> JSON:
    if one != other:
        raise Unsatisfiable
    return one


def _both(one: Schema, other: Schema) -> Schema:
    return {"allOf": [one, other]}


def _properties(one: Mapping[str, Schema], other: Mapping[str, Schema]) -> dict[str, Schema]:
    return {**one, **{name: _both(one[name], node) if name in one else node for name, node in other.items()}}


def _union(one: list[JSON], other: list[JSON]) -> list[JSON]:
    return [*one, *(value for value in other if value not in one)]


_INTERSECT: Final[Mapping[str, Callable[[Any, Any], Any]]] = {
    "type": _types,
    "enum": _enum,
    "const": _const,
    "required": _union,
    "properties": _properties,
    "items": _both,
    "additionalProperties": _both,
    **dict.fromkeys(("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"), max),
    **dict.fromkeys(("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"), min),
    "uniqueItems": lambda one, other: one or other,
}
