"""What holds of a value, as plain lists: references followed, `allOf` joined, a branch of each choice taken."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from mockserver.document import Document
from mockserver.document.dialect import DOUBTFUL_NULL
from mockserver.errors import SpecError
from mockserver.generation.discriminators import Tag, discriminator
from mockserver.generation.nodes import Choice, Located, Node, child, choices
from mockserver.types import JSON, Schema

TYPES: Final = ("object", "array", "string", "number", "integer", "boolean", "null")
IMPLIED: Final[Mapping[str, str]] = {
    **dict.fromkeys(
        ("properties", "additionalProperties", "required", "minProperties", "maxProperties", "patternProperties",
         "propertyNames", "dependentRequired", "dependentSchemas", "unevaluatedProperties"), "object",
    ),
    **dict.fromkeys(("items", "prefixItems", "minItems", "maxItems", "uniqueItems", "contains", "unevaluatedItems"),
                    "array"),
    **dict.fromkeys(("pattern", "format", "minLength", "maxLength", "contentMediaType", "contentEncoding"), "string"),
    **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"), "number"),
}  # fmt: skip
"""A schema that names no type says by its keywords which values it is about."""

MAX_ALTERNATIVES: Final = 24
MAX_STEPS: Final = 3000
"""So many combinations of branches are looked at for one node."""

CHECKED: Final = frozenset(
    ("contains", "propertyNames", "unevaluatedProperties", "unevaluatedItems", "dependentSchemas",
     "dependentRequired", "if", "$dynamicRef", "$recursiveRef", "contentSchema", "dependencies")
)  # fmt: skip
"""Keywords that the generators aim at and do not prove: each value is validated."""


@dataclass(slots=True)
class Flat:
    """One way to satisfy a node: schemas that hold, none of which leads to others or offers a choice any more."""

    parts: list[Located]
    avoided: list[Schema]
    absent: set[str]
    exact: bool
    types: list[str] = field(default_factory=list)
    options: list[JSON] | None = None
    """The only values that are possible, where the schemas enumerate them."""
    tags: list[Tag] = field(default_factory=list)
    """The properties that tell which schema the value is of."""
    is_fallback: bool = False
    """Whether this way is taken only when no other leads to a value."""
    schemas: list[Mapping[str, Any]] = field(init=False)
    """Those of the parts, without the boolean ones."""

    def __post_init__(self) -> None:
        self.schemas = [part.schema for part in self.parts if isinstance(part.schema, Mapping)]

    @property
    def is_null(self) -> bool:
        """Whether null is its only value."""
        return self.types == ["null"] or self.options == [None]

    @property
    def may_be_null(self) -> bool:
        """Whether null is one of its values by the letter of the document."""
        is_listed = self.options is None or None in self.options
        return "null" in self.types and is_listed and not any(DOUBTFUL_NULL in schema for schema in self.schemas)


@dataclass(slots=True)
class _Way:
    """A way to satisfy a node, as far as it has been followed."""

    parts: list[Located] = field(default_factory=list)
    avoided: list[Schema] = field(default_factory=list)
    absent: set[str] = field(default_factory=set)
    choices: list[list[Choice]] = field(default_factory=list)
    """What is still to be decided."""
    tags: list[Tag] = field(default_factory=list)
    is_fallback: bool = False

    def taking(self, choice: Choice) -> _Way:
        """This way with the first decision made."""
        return _Way(
            list(self.parts),
            [*self.avoided, *choice.avoids],
            self.absent | ({choice.absent} if choice.absent else set()),
            self.choices[1:],
            [*self.tags, choice.tag] if choice.tag else list(self.tags),
            self.is_fallback or choice.is_fallback,
        )


class Expander:
    """Lists the ways to satisfy a node."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._steps = 0
        self.is_cut_short = False
        """Whether some node had more combinations than are looked at."""

    def alternatives(self, node: Node) -> list[Flat]:
        """Some ways to satisfy the node, usual ones first; none when its schemas contradict one another."""
        self._steps = 0
        found = list(itertools.islice(self._expand(list(node), _Way()), MAX_ALTERNATIVES))
        # A null is the answer of last resort: it tells a front end nothing.
        return sorted(found, key=lambda flat: flat.is_null)

    def _expand(self, todo: list[Located], way: _Way) -> Iterator[Flat]:
        self._steps += 1
        if self._steps > MAX_STEPS:
            self.is_cut_short = True
            return
        seen = {part.pointer for part in way.parts}
        while todo:
            located = todo.pop(0)
            if located.schema is False:
                return
            if not isinstance(located.schema, Mapping) or located.pointer in seen:
                continue
            seen.add(located.pointer)
            todo[:0] = self._included(located)  # depth first, so that properties stay in the order of the document
            self._discriminate(located, way)
            way.parts.append(located)
            way.choices += choices(located, self._document)
        if not _types(way.parts):
            return
        if not way.choices:
            if (flat := _settled(way)) is not None:
                yield flat
            return
        for choice in way.choices[0]:
            yield from self._expand(list(choice.holds), way.taking(choice))

    def _discriminate(self, located: Located, way: _Way) -> None:
        """Let the discriminator of a base decide: for the member of its family that is meant, else for any of them."""
        schema, pointer = located
        assert isinstance(schema, Mapping)  # noqa: S101
        found = discriminator(schema, pointer, self._document)
        if found is None or "oneOf" in schema or "anyOf" in schema:
            return
        if (member := found.member_among([part.pointer for part in way.parts])) is not None:
            way.tags.append(found.tag(member))
        elif all(_is_wrapper(part.schema) for part in way.parts):
            itself = Choice([], tag=found.tag(pointer), is_fallback=True)
            members = [Choice([Located(*member)], tag=found.tag(member[1])) for member in found.members()]
            way.choices.append([*members, itself])

    def _included(self, located: Located) -> Iterator[Located]:
        """What a schema adds to itself: the targets of references and the branches of `allOf`."""
        schema = located.schema
        assert isinstance(schema, Mapping)  # noqa: S101
        for keyword in ("$ref", "$dynamicRef"):
            if isinstance(reference := schema.get(keyword), str):
                try:
                    yield Located(*self._document.resolve({"$ref": reference}, located.pointer))
                except SpecError:
                    if keyword == "$ref":
                        raise
        for number, _ in enumerate(schema.get("allOf", ())):
            yield child(located, "allOf", number)


def _is_wrapper(schema: Schema) -> bool:
    """Whether a schema only leads to another, adding nothing that a value would show."""
    if not isinstance(schema, Mapping):
        return True
    return not any(key in IMPLIED for key in schema) and len(schema.get("allOf", ())) < 2


def has_type(value: JSON, name: str) -> bool:
    """Whether a JSON value is of a JSON Schema type."""
    if isinstance(value, bool):
        return name == "boolean"
    if isinstance(value, int):
        return name in ("integer", "number")
    if isinstance(value, float):
        return name == "number" or (name == "integer" and value.is_integer())
    kinds: dict[str, type] = {"object": dict, "array": list, "string": str, "null": type(None)}
    return name in kinds and isinstance(value, kinds[name])


def equal(one: JSON, other: JSON) -> bool:
    """Whether two JSON values are the same: 1 is 1.0 and no true."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(equal, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(equal(value, other[key]) for key, value in one.items())
    return bool(one == other)


def contains(options: Sequence[JSON], value: JSON) -> bool:
    """Whether a value is among others."""
    return any(equal(option, value) for option in options)


def _types(parts: list[Located]) -> list[str]:
    """The types that all the schemas allow; `integer` stands for numbers where some schema wants whole ones."""
    left = list(TYPES)
    for part in parts:
        if isinstance(part.schema, Mapping) and "type" in part.schema:
            named = part.schema["type"]
            allowed = {named} if isinstance(named, str) else set(named)
            if "number" in allowed:
                allowed = allowed | {"integer"}
            left = [name for name in left if name in allowed]
    return [name for name in left if name != "integer" or "number" not in left]


def _settled(way: _Way) -> Flat | None:
    """The flat schema of a way that is decided; None when nothing is left of it."""
    flat = Flat(way.parts, [], way.absent, exact=True, types=_types(way.parts), tags=way.tags)
    flat.is_fallback = way.is_fallback
    avoided = list(way.avoided)
    for schema in flat.schemas:
        flat.exact = flat.exact and CHECKED.isdisjoint(schema)
        for values in ([schema["const"]] if "const" in schema else None, schema.get("enum")):
            if values is not None:
                flat.options = [value for value in values if flat.options is None or contains(flat.options, value)]
        if "not" in schema:
            avoided.append(schema["not"])
    for refused in avoided:
        if refused is True or refused == {}:
            return None
        if isinstance(refused, Mapping):
            _avoid(flat, refused)
    flat.exact = flat.exact and not flat.avoided
    if flat.options is not None:
        flat.options = [value for value in flat.options if any(has_type(value, name) for name in flat.types)]
    return flat if flat.types and flat.options != [] else None


def _avoid(flat: Flat, schema: Mapping[str, Any]) -> None:
    """Narrow a flat schema by one that must not hold, where that can be said in its own terms."""
    if schema.keys() == {"type"}:
        named = schema["type"]
        dropped = {named} if isinstance(named, str) else set(named)
        if "integer" in dropped and "number" in flat.types and "number" not in dropped:
            flat.avoided.append(schema)
        dropped |= {"integer"} if "number" in dropped else set()
        flat.types = [name for name in flat.types if name not in dropped]
    elif schema.keys() == {"required"} and len(schema["required"]) == 1:
        flat.absent.add(schema["required"][0])
    else:
        flat.avoided.append(schema)


def likely_types(flat: Flat) -> list[str]:
    """The types to generate, likely ones first: those whose keywords are there, then strings before all others."""
    implied = [IMPLIED[key] for schema in flat.schemas for key in schema if key in IMPLIED]
    implied = ["integer" if name == "number" and "number" not in flat.types else name for name in implied]
    order = ("object", "string", "integer", "number", "boolean", "array", "null")
    return [*dict.fromkeys(name for name in implied if name in flat.types),
            *(name for name in order if name in flat.types and name not in implied)]  # fmt: skip
