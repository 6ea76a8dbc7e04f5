"""The schemas of requests: what `readOnly` says of them worked in, everything they refer to in one bundle."""

from __future__ import annotations

import binascii
from base64 import b64decode
from collections.abc import Iterator, Mapping
from typing import Any, Final

import jsonschema_rs

from mockserver.document import Document
from mockserver.errors import SpecError
from mockserver.types import JSON, Schema

SCHEMAS: Final = frozenset((
    "items", "additionalProperties", "not", "if", "then", "else", "contains", "propertyNames", "unevaluatedItems",
    "unevaluatedProperties", "contentSchema",
))  # fmt: skip
SCHEMA_LISTS: Final = frozenset(("allOf", "anyOf", "oneOf", "prefixItems"))
SCHEMA_MAPS: Final = frozenset(("properties", "patternProperties", "dependentSchemas"))
LEFT_OUT: Final = frozenset((
    "$schema", "$comment", "$defs", "definitions", "title", "description", "default", "example", "examples", "xml",
    "externalDocs", "deprecated",
))  # fmt: skip
"""What constrains nothing; definitions come in by the references to them."""

BY_NAME: Final = frozenset(("$id", "$anchor", "$dynamicRef", "$dynamicAnchor", "$recursiveRef"))
"""Ways to refer that need the whole document around them."""

INTEGERS: Final = {"int32": 31, "int64": 63}
MAX_FAMILY_DEPTH: Final = 16


def is_base64(text: str) -> bool:
    """Whether a text is base64 (RFC 4648, section 4), the meaning of OpenAPI's format `byte`."""
    try:
        b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return False
    return True


FORMATS: Final = {"byte": is_base64}


class RequestSchema:
    """A compiled schema of what clients send. `node` finds the part of it that an error speaks of."""

    def __init__(self, schema: Schema, pointer: str, document: Document) -> None:
        document.check(pointer)
        self._bundle: JSON = None
        self._parts = _Bundle(document)
        try:
            self._bundle = self._parts.bundle(schema, pointer)
        except _NeedsDocument:
            self.validator = document.validator(pointer)
            return
        try:
            self.validator = jsonschema_rs.Draft202012Validator(
                self._bundle, validate_formats=True, formats=FORMATS, offline=True
            )
        except (jsonschema_rs.ValidationError, ValueError) as error:
            reason = str(error).splitlines()[0]
            raise SpecError(f"is no JSON Schema ({reason})", source=document.source, pointer=pointer) from None

    def node(self, path: list[str | int]) -> Mapping[str, Any]:
        """The schema at a place in the bundle; empty where the bundle has none."""
        node = self._bundle
        for token in path:
            try:
                node = node[int(token)] if isinstance(node, list) else node[str(token)]
            except (KeyError, IndexError, TypeError, ValueError):
                return {}
        return node if isinstance(node, Mapping) else {}

    def component(self, reference: str) -> str:
        """The name in the document of what a reference of the bundle leads to."""
        return self._parts.component(reference)

    def tags(self, discriminator: Mapping[str, Any]) -> dict[str, str]:
        """The references of the bundle that a discriminator maps values to."""
        mapping = discriminator.get("mapping")
        found = {}
        for tag, target in mapping.items() if isinstance(mapping, Mapping) else ():
            # A mapping names a schema or refers to it.
            reference = str(target) if "/" in str(target) else f"#/components/schemas/{target}"
            found[str(tag)] = self._parts.known(reference)
        return found


class _NeedsDocument(Exception):
    """The schema refers by a name that only the whole document resolves."""


class _Bundle:
    """Copies a schema and all that it refers to; a client need not send what is `readOnly`, and may all the same."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._names: dict[str, str] = {}
        self._waiting: list[tuple[str, Schema, str]] = []

    def bundle(self, schema: Schema, pointer: str) -> Schema:
        root = self._copy(schema, pointer)
        definitions: dict[str, JSON] = {}
        while self._waiting:
            name, node, place = self._waiting.pop()
            definitions[name] = self._copy(node, place)
        return {"allOf": [root], "$defs": definitions} if definitions else root

    def component(self, reference: str) -> str:
        place = next((place for place, name in self._names.items() if reference == f"#/$defs/{name}"), "")
        return place.rpartition("/")[2]

    def known(self, reference: str) -> str:
        """A reference of the document as one of the bundle; empty when the bundle has no such schema."""
        try:
            _, place = self._document.resolve({"$ref": reference}, "")
        except SpecError:
            return ""
        return f"#/$defs/{self._names[place]}" if place in self._names else ""

    def _copy(self, schema: JSON, pointer: str, read_only: frozenset[str] = frozenset()) -> JSON:
        if not isinstance(schema, Mapping):
            return schema
        if not BY_NAME.isdisjoint(schema):
            raise _NeedsDocument
        if "required" in schema or "allOf" in schema:
            read_only |= frozenset(self._iter_read_only(schema, pointer))
        copied: dict[str, JSON] = {}
        for key, value in schema.items():
            if key in LEFT_OUT or key.startswith("x-"):
                continue
            copied[key] = self._keyword(key, value, f"{pointer}/{key}", read_only)
        return _bounded(copied)

    def _keyword(self, key: str, value: JSON, place: str, read_only: frozenset[str]) -> JSON:
        if key == "$ref" and isinstance(value, str):
            return self._reference(value, place)
        if key == "required" and isinstance(value, list):
            return [name for name in value if name not in read_only]
        if key == "allOf" and isinstance(value, list):
            return [self._branch(branch, f"{place}/{n}", read_only) for n, branch in enumerate(value)]
        if key in SCHEMA_LISTS and isinstance(value, list):
            return [self._copy(branch, f"{place}/{n}") for n, branch in enumerate(value)]
        if key == "properties" and isinstance(value, Mapping):
            return {
                name: True if self._is_read_only(node, place) else self._copy(node, f"{place}/{name}")
                for name, node in value.items()
            }
        if key in SCHEMA_MAPS and isinstance(value, Mapping):
            return {name: self._copy(node, f"{place}/{name}") for name, node in value.items()}
        return self._copy(value, place) if key in SCHEMAS else value

    def _reference(self, reference: str, pointer: str) -> str:
        node, place = self._document.resolve({"$ref": reference}, pointer)
        if place not in self._names:
            self._names[place] = str(len(self._names))
            self._waiting.append((self._names[place], node, place))
        return f"#/$defs/{self._names[place]}"

    def _branch(self, branch: JSON, pointer: str, read_only: frozenset[str]) -> JSON:
        """A branch of `allOf`, which may require what another branch declares `readOnly`."""
        node, place = self._document.resolve(branch, pointer)
        if isinstance(node, Mapping) and not read_only.isdisjoint(node.get("required", ())):
            return self._copy(node, place, read_only)
        return self._copy(branch, pointer, read_only)

    def _iter_read_only(self, schema: JSON, pointer: str, depth: int = 0) -> Iterator[str]:
        """The `readOnly` properties of a schema and of what it is composed of."""
        node, pointer = self._document.resolve(schema, pointer)
        if not isinstance(node, Mapping) or depth > MAX_FAMILY_DEPTH:
            return
        properties = node.get("properties")
        for name, entry in properties.items() if isinstance(properties, Mapping) else ():
            if self._is_read_only(entry, pointer):
                yield name
        for branch in node.get("allOf", ()):
            yield from self._iter_read_only(branch, pointer, depth + 1)

    def _is_read_only(self, schema: JSON, pointer: str, depth: int = 0) -> bool:
        if not isinstance(schema, Mapping) or depth > MAX_FAMILY_DEPTH:
            return False
        if schema.get("readOnly") is True:
            return True
        if "$ref" in schema:
            node, pointer = self._document.resolve(schema, pointer)
            return self._is_read_only(node, pointer, depth + 1)
        return any(self._is_read_only(branch, pointer, depth + 1) for branch in schema.get("allOf", ()))


def _bounded(schema: dict[str, JSON]) -> dict[str, JSON]:
    """The formats `int32` and `int64` as the bounds that they mean; JSON Schema knows formats of strings only."""
    bits = INTEGERS.get(schema["format"]) if isinstance(schema.get("format"), str) else None
    types = schema.get("type")
    if bits is None or "integer" not in (types if isinstance(types, list) else [types]):
        return schema
    low, high = -(1 << bits), (1 << bits) - 1
    lower = {} if "exclusiveMinimum" in schema else {"minimum": max(schema.get("minimum", low), low)}
    upper = {} if "exclusiveMaximum" in schema else {"maximum": min(schema.get("maximum", high), high)}
    return {**schema, **lower, **upper}
