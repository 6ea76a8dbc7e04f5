"""A schema of an error body seen as a whole: references followed, `allOf` joined, one branch of a union chosen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from mockserver.document import Document
from mockserver.document.pointers import escape
from mockserver.engine.error_names import DETAIL_FIELDS, LISTS, MESSAGES, normal
from mockserver.generation import Generator, Options
from mockserver.types import JSON, Schema

Parts: TypeAlias = list[tuple[Schema, str]]
"""Schemas that all hold for one value, each with its pointer."""

MAX_DEPTH: Final = 16
REQUIRED_ONLY: Final = Options(optional="never")
NO_TEXT: Final = frozenset(
    ("date-time", "date", "time", "duration", "uuid", "email", "ipv4", "ipv6", "hostname", "byte")
)
"""Formats that no message, name or code has."""


@dataclass(slots=True)
class View:
    """What the parts of a schema say together."""

    parts: Parts
    types: list[str] = field(default_factory=list)
    properties: dict[str, Parts] = field(default_factory=dict)
    required: set[str] = field(default_factory=set)
    items: Parts = field(default_factory=list)
    additional: Parts = field(default_factory=list)
    is_closed: bool = False
    options: list[JSON] | None = None
    keywords: dict[str, Any] = field(default_factory=dict)
    unions: list[Parts] = field(default_factory=list)

    @property
    def sample(self) -> JSON:
        """A value that the schema shows, for its style."""
        shown = [*self.keywords.get("examples", ()), self.keywords.get("example"), self.keywords.get("default")]
        return next((value for value in [*shown, *(self.options or ())] if value is not None), None)

    def allows(self, name: str) -> bool:
        """Whether a value may be of a type."""
        return not self.types or name in self.types or (name == "integer" and "number" in self.types)

    @property
    def is_object(self) -> bool:
        """Whether an object is meant."""
        return bool(self.properties) or "object" in self.types

    @property
    def is_array(self) -> bool:
        """Whether an array is meant."""
        return not self.is_object and ("array" in self.types or (bool(self.items) and not self.types))


def view_of(parts: Parts, document: Document) -> View:
    """The parts as one, with the most telling branch of each union taken."""
    view = View(list(parts))
    for schema, pointer in parts:
        _collect(view, schema, pointer, document, 0)
    for depth in range(MAX_DEPTH):
        if not view.unions:
            break
        branches, view.unions = view.unions[0], view.unions[1:]
        chosen = max(branches, key=lambda branch: _score(branch[0], branch[1], document), default=None)
        if chosen is not None:
            view.parts.append(chosen)
            _collect(view, *chosen, document, depth)
    return view


def generate(view: View, document: Document, identity: bytes) -> JSON:
    """A value of the schema, with what is required alone. Raises `SpecError`."""
    return Generator(view.parts, document, options=REQUIRED_ONLY).generate(identity)


def _collect(view: View, schema: JSON, pointer: str, document: Document, depth: int) -> None:
    schema, pointer = document.resolve(schema, pointer) if _is_plain_reference(schema) else (schema, pointer)
    if not isinstance(schema, Mapping) or depth > MAX_DEPTH:
        return
    types = schema.get("type", [])
    types = [types] if isinstance(types, str) else list(types)
    view.types = [name for name in types if name in view.types] or types or view.types
    for name, node in schema.get("properties", {}).items():
        view.properties.setdefault(name, []).append((node, f"{pointer}/properties/{escape(name)}"))
    view.required.update(name for name in schema.get("required", ()) if isinstance(name, str))
    if "items" in schema:
        view.items.append((schema["items"], f"{pointer}/items"))
    if isinstance(additional := schema.get("additionalProperties"), Mapping):
        view.additional.append((additional, f"{pointer}/additionalProperties"))
    view.is_closed = view.is_closed or additional is False
    options = [schema["const"]] if "const" in schema else schema.get("enum")
    if isinstance(options, list):
        view.options = options if view.options is None else [value for value in view.options if value in options]
    view.keywords.update({key: value for key, value in schema.items() if isinstance(value, str | int | float | list)})
    if "$ref" in schema:
        _collect(view, *document.resolve({"$ref": schema["$ref"]}, pointer), document, depth + 1)
    for number, branch in enumerate(schema.get("allOf", ())):
        _collect(view, branch, f"{pointer}/allOf/{number}", document, depth + 1)
    for keyword in ("oneOf", "anyOf"):
        if branches := schema.get(keyword):
            view.unions.append([(branch, f"{pointer}/{keyword}/{n}") for n, branch in enumerate(branches)])


def _is_plain_reference(schema: JSON) -> bool:
    return isinstance(schema, Mapping) and len(schema) == 1 and "$ref" in schema


def _score(schema: Schema, pointer: str, document: Document) -> int:
    """How much a branch can tell: names of messages, lists and fields; null tells nothing."""
    view = View([])
    _collect(view, schema, pointer, document, 0)
    if view.types == ["null"]:
        return -1
    names = {normal(name) for name in view.properties}
    return len(names & {*MESSAGES, *LISTS, *DETAIL_FIELDS})


def iter_values(value: JSON, path: list[str | int]) -> Iterator[JSON]:
    """The value at a path, if there is one."""
    for token in path:
        try:
            value = value[token]
        except (KeyError, IndexError, TypeError):
            return
    yield value
