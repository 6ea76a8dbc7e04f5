"""A document read tolerantly and for one direction: what is no JSON Schema in it is left out and said.

Real documents say `type: String`, `required: true` or a regular expression of another language. Refusing them would
leave the whole operation without an answer; the rest of the schema still says enough.
"""

from __future__ import annotations

import difflib
import operator
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any, Final, TypeAlias

import jsonschema_rs

from mockserver.document.dialect import DATA, MAPS, SUBSCHEMA_LISTS, SUBSCHEMA_MAPS, SUBSCHEMAS
from mockserver.document.pointers import escape
from mockserver.document.references import CONTAINERS, FILES, SCHEMA_KEYS
from mockserver.errors import SpecError
from mockserver.types import JSON

ONE_SCHEMA: Final = frozenset((*SUBSCHEMAS, "unevaluatedProperties", "unevaluatedItems", "contentSchema"))
MANY_SCHEMAS: Final = frozenset(SUBSCHEMA_LISTS)
NAMED_SCHEMAS: Final = frozenset(SUBSCHEMA_MAPS)
NAMES: Final = frozenset(("object", "array", "string", "integer", "number", "boolean", "null"))
MAX_FOLLOWED: Final = 30
"""So many references are followed to find out whether a property is written only."""

Lookup = Callable[[str], JSON]


def _is_number(value: JSON) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value - value == 0


def _is_count(value: JSON) -> bool:
    return _is_number(value) and value >= 0 and value == int(value)


def _is_type(value: JSON) -> bool:
    return value in NAMES if isinstance(value, str) else _is_names(value) and bool(value) and NAMES.issuperset(value)


def _is_names(value: JSON) -> bool:
    return isinstance(value, list) and all(isinstance(name, str) for name in value)


def _is_text(value: JSON) -> bool:
    return isinstance(value, str)


@lru_cache(maxsize=4096)
def is_regex(pattern: str) -> bool:
    """Whether the validator takes a text for a regular expression."""
    try:
        jsonschema_rs.Draft202012Validator({"pattern": pattern})
    except (jsonschema_rs.ValidationError, ValueError):
        return False
    return True


LEGAL: Final[Mapping[str, Callable[[JSON], bool]]] = {
    "type": _is_type,
    "enum": lambda value: isinstance(value, list),
    "required": _is_names,
    "pattern": lambda value: isinstance(value, str) and is_regex(value),
    "format": _is_text,
    "multipleOf": lambda value: _is_number(value) and value > 0,
    "uniqueItems": lambda value: isinstance(value, bool),
    "dependentRequired": lambda value: isinstance(value, Mapping) and all(map(_is_names, value.values())),
    "anyOf": lambda value: isinstance(value, list) and bool(value),
    "oneOf": lambda value: isinstance(value, list) and bool(value),
    "allOf": lambda value: isinstance(value, list) and bool(value),
    "prefixItems": lambda value: isinstance(value, list) and bool(value),
    **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"), _is_number),
    **dict.fromkeys(
        ("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties", "minContains"), _is_count
    ),
    "maxContains": _is_count,
    **dict.fromkeys(NAMED_SCHEMAS, lambda value: isinstance(value, Mapping)),
    **dict.fromkeys(ONE_SCHEMA, lambda value: isinstance(value, bool | Mapping)),
    **dict.fromkeys(("contentEncoding", "contentMediaType", "title", "description"), _is_text),
    # OpenAPI 3.1, section 4.8.24.
    "discriminator": lambda value: _is_text(value.get("propertyName") if isinstance(value, Mapping) else value),
    "xml": lambda value: isinstance(value, Mapping),
}
"""What a keyword needs for a validator to take it."""


SIGNS: Final = frozenset((
    "$ref", "type", "enum", "properties", "items", "allOf", "anyOf", "oneOf", "additionalProperties", "required",
))  # fmt: skip
"""Keywords that only a schema has, where they are legal."""


TEXTS: Final = frozenset(("title", "description", "format", "contentEncoding", "contentMediaType"))
"""Keywords that are legal when they are texts; they are many, and looked at no further."""
ANNOTATIONS: Final = frozenset((
    "default", "example", "examples", "deprecated", "readOnly", "writeOnly", "externalDocs", "$id", "$schema",
    "$anchor", "$dynamicAnchor", "$dynamicRef", "$comment", "$vocabulary",
))  # fmt: skip
"""What a schema may have beside the keywords that constrain."""
OBSOLETE: Final = {
    "nullable": "`nullable` has no effect since OpenAPI 3.1; add null to the type",
    "dependencies": "`dependencies` has no effect in JSON Schema 2020-12; write dependentRequired or dependentSchemas",
    "additionalItems": "`additionalItems` has no effect in JSON Schema 2020-12; write prefixItems and items",
    "$recursiveRef": "`$recursiveRef` has no effect in JSON Schema 2020-12; write $dynamicRef",
}


@lru_cache(maxsize=4096)
def _without_effect(key: str) -> str:
    """What is wrong with a keyword that is none, where it looks as if one was meant; empty where it does not."""
    if key in OBSOLETE or key.startswith("x-"):
        return OBSOLETE.get(key, "")
    known = {name.lower(): name for name in (*LEGAL, *ANNOTATIONS)}
    meant = difflib.get_close_matches(key.lower(), known, 1, cutoff=0.85)
    return f"{key!r} is no keyword and has no effect; {known[meant[0]]!r} may be meant" if meant else ""


FAMILY: Final = frozenset(("properties", "allOf", "required"))
"""Keywords to which it matters that a property is not sent."""
NAMED: Final = MAPS | {"paths", "webhooks"}

Place: TypeAlias = "tuple[Place, str | int] | str"
"""Where a part stands: the place around it and the key; a pointer at the outermost. Built without writing it out."""


class Reading:
    """One pass over a document. `findings` are pairs of a JSON pointer and what was wrong there.

    With `unsent` (`writeOnly` for responses, `readOnly` for requests) the properties that carry this mark are left out,
    also from what is required (OpenAPI 3.0.3, section 4.7.24.2).
    """

    def __init__(self, lookup: Lookup, unsent: str = "") -> None:
        self.findings: list[tuple[str, str]] = []
        self._lookup = lookup
        self._unsent = unsent
        self._leading: set[str] = set()
        self.has_write_only = False

    def object(self, node: Mapping[str, Any], place: Place, *, names: bool = False) -> Mapping[str, Any]:
        """An object of OpenAPI; with `names` its keys are the author's names, no keywords."""
        changed = {
            key: new
            for key, value in node.items()
            if (isinstance(value, CONTAINERS) or key in SCHEMA_KEYS)
            and (new := self._entry(key, value, (place, key), not names)) is not value
        }
        return _with(node, changed)

    def _entry(self, key: str, value: JSON, place: Place, is_keyword: bool) -> JSON:
        if is_keyword and key in SCHEMA_KEYS:
            return self.schema(value, place)
        if not isinstance(value, CONTAINERS) or (is_keyword and key in DATA):
            return value
        if is_keyword and key == "schemas" and isinstance(value, dict):
            return _replaced(value, lambda name, node: self.schema(node, (place, name)))
        if is_keyword and key == FILES:
            return self._loosely(value, place)
        if is_keyword and key.startswith("x-") and key != "x-mock-cases":
            return value
        if isinstance(value, dict):
            return self.object(value, place, names=is_keyword and key in NAMED)
        return _listed(value, lambda n, item: self.object(item, (place, n)) if isinstance(item, dict) else item)

    def _loosely(self, node: JSON, place: Place) -> JSON:
        """What stands in other files: nobody knows where in a document it belongs, but schemas show what they are."""
        if not isinstance(node, dict):
            return node
        if any(key in SIGNS and LEGAL.get(key, _is_text)(value) for key, value in node.items()):
            return self.schema(node, place)
        return _replaced(node, lambda key, value: self._loosely(value, (place, key)))

    def schema(self, node: JSON, place: Place, unsent: frozenset[str] = frozenset()) -> JSON:
        """A schema without what no validator would take; `unsent` are names that a schema around it leaves out."""
        if not isinstance(node, dict):
            if isinstance(node, bool):
                return node
            self._find(place, f"is no schema but {type(node).__name__}; it is read as one of anything")
            return True
        if self._unsent and not FAMILY.isdisjoint(node):
            unsent = unsent.union(self._unsent_names(node, {}))
        changed = {
            key: new
            for key, value in node.items()
            if not (key in TEXTS and isinstance(value, str))
            and (new := self._keyword(key, value, (place, key), unsent)) is not value
        }
        return _with(node, changed)

    def _keyword(self, key: str, value: JSON, place: Place, unsent: frozenset[str]) -> JSON:
        if key == "$ref":
            return self._reference(value, place)
        if (is_legal := LEGAL.get(key)) is None:
            self.has_write_only = self.has_write_only or key == "writeOnly"
            if key not in ANNOTATIONS and (problem := _without_effect(key)):
                self._find(place, problem)
            return value
        if not is_legal(value):
            what = "cannot be used as a regular expression" if key == "pattern" else "is not legal in JSON Schema"
            self._find(place, f"{what} ({str(value)[:60]!r}); it is ignored")
            return DROPPED
        if key in ONE_SCHEMA:
            return self.schema(value, place)
        if key in MANY_SCHEMAS:
            inherited = unsent if key == "allOf" else frozenset()
            return _listed(value, lambda number, node: self.schema(node, (place, number), inherited))
        if key == "required" and unsent.intersection(value):
            return [name for name in value if name not in unsent]
        if key in NAMED_SCHEMAS:
            if key == "patternProperties":
                value = self._legal_names(value, place)
            left_out = unsent if key == "properties" else frozenset()
            return _replaced(
                value, lambda name, node: DROPPED if name in left_out else self.schema(node, (place, name))
            )
        return value

    def _legal_names(self, value: Mapping[str, Any], place: Place) -> Mapping[str, Any]:
        illegal = [pattern for pattern in value if not is_regex(pattern)]
        for name in illegal:
            self._find((place, name), "is no regular expression; it is ignored")
        return {name: entry for name, entry in value.items() if name not in illegal} if illegal else value

    def _reference(self, value: JSON, place: Place) -> JSON:
        problem = "is no reference"
        if isinstance(value, str):
            if value in self._leading:
                return value
            try:
                if value.startswith("#/"):
                    self._lookup(value)
            except SpecError:
                problem = f"leads nowhere ({value!r})"
            else:
                self._leading.add(value)
                return value
        self._find(place, f"{problem}; it is read as a schema of anything")
        return DROPPED

    def _find(self, place: Place, problem: str) -> None:
        tokens: list[str] = []
        while isinstance(place, tuple):
            place, token = place
            tokens.append(escape(str(token)))
        self.findings.append(("/".join([place, *reversed(tokens)]), problem))

    def _unsent_names(self, node: JSON, seen: dict[int, None]) -> Iterator[str]:
        """The properties that are not sent, of the schema and of what it includes."""
        if not self._unsent or not isinstance(node, Mapping) or id(node) in seen or len(seen) > MAX_FOLLOWED:
            return
        seen[id(node)] = None
        properties = node.get("properties")
        for name, entry in properties.items() if isinstance(properties, Mapping) else ():
            if self._is_unsent(entry):
                yield name
        if isinstance(branches := node.get("allOf"), list):
            for branch in branches:
                yield from self._unsent_names(self._followed(branch), seen)
        if "$ref" in node:
            yield from self._unsent_names(self._followed(node), seen)

    def _is_unsent(self, entry: JSON, depth: int = 0) -> bool:
        if not isinstance(entry, Mapping) or depth > 5:
            return False
        if entry.get(self._unsent) is True:
            return True
        branches = entry.get("allOf")
        if isinstance(branches, list) and any(self._is_unsent(branch, depth + 1) for branch in branches):
            return True
        return "$ref" in entry and self._is_unsent(self._followed(entry), depth + 1)

    def _followed(self, node: JSON) -> JSON:
        reference = node.get("$ref") if isinstance(node, Mapping) else None
        if not isinstance(reference, str):
            return node
        try:
            return self._lookup(reference)
        except Exception:
            return None


DROPPED: Final = object()


def _replaced(node: Mapping[str, Any], change: Callable[[str, JSON], JSON]) -> Mapping[str, Any]:
    """The mapping with each entry changed or dropped; the very same one when nothing changes, to spare memory."""
    return _with(node, {key: new for key, value in node.items() if (new := change(key, value)) is not value})


def _with(node: Mapping[str, Any], changed: Mapping[str, JSON]) -> Mapping[str, Any]:
    if not changed:
        return node
    return {key: new for key, value in node.items() if (new := changed.get(key, value)) is not DROPPED}


def _listed(node: list[JSON], change: Callable[[int, JSON], JSON]) -> list[JSON]:
    """The same for a list, of which nothing is dropped."""
    changed = [change(number, item) for number, item in enumerate(node)]
    return node if all(map(operator.is_, changed, node)) else changed
