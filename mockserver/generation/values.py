"""A schema compiled to a generator: a closure for every node, decided once."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from mockserver.document import Document
from mockserver.generation.entropy import Entropy
from mockserver.generation.schemas import Unsatisfiable, branches, flatten, has_type, types_of
from mockserver.generation.strings import FORMATS, UnsupportedPattern, pattern, words
from mockserver.types import JSON, Schema

Generate: TypeAlias = Callable[[Entropy], JSON]

MAX_DEPTH: Final = 5
"""Below this depth optional properties and items are left out, so that recursion ends."""
TRIES: Final = 1000
"""So many items are drawn in vain at the most, where they must differ."""
EAGER_TRIES: Final = 20
"""After so many an array that may be shorter stays as it is."""
HARD_DEPTH: Final = 60
"""A value that must be nested deeper than this has no end."""


class Compiler:
    """Compiles the schemas of one response body."""

    def __init__(self, document: Document) -> None:
        self._document = document
        # By identity of the schema object, which the entry keeps alive: a schema that contains itself ends here.
        self._compiled: dict[int, tuple[Schema, Generate]] = {}

    def compile(self, schema: Schema, pointer: str) -> Generate:
        """A generator for the schema. Raises `Unsatisfiable`, `UnsupportedPattern` or `SpecError`."""
        key = id(schema)
        if key not in self._compiled:

            def later(entropy: Entropy) -> JSON:
                if entropy.depth > HARD_DEPTH:
                    raise RecursionError(pointer)
                return self._compiled[key][1](entropy)

            self._compiled[key] = (schema, later)
            self._compiled[key] = (schema, self._compile(schema, pointer))
        return self._compiled[key][1]

    def _compile(self, schema: Schema, pointer: str) -> Generate:
        alternatives = branches(flatten(schema, self._document, pointer), self._document, pointer)
        # A null is the answer of last resort: it tells a front end nothing.
        flat = next((entry for entry in alternatives if types_of(entry) != ["null"]), alternatives[0])
        return self._typed(flat, pointer)

    def _typed(self, flat: Mapping[str, Any], pointer: str) -> Generate:
        if "const" in flat:
            constant = flat["const"]
            return lambda _entropy: constant
        types = types_of(flat) or ["string"]
        if options := _documented(flat, types):
            return lambda entropy: entropy.choice(options)
        name = next((name for name in types if name != "null"), "null")
        compile_type: dict[str, Callable[[Mapping[str, Any], str], Generate]] = {
            "object": self._object,
            "array": self._array,
            "string": _string,
            "integer": _number,
            "number": _number,
            "boolean": lambda _flat, _pointer: lambda entropy: bool(entropy.below(2)),
            "null": lambda _flat, _pointer: lambda _entropy: None,
        }
        return compile_type[name](flat, pointer)

    def _object(self, flat: Mapping[str, Any], pointer: str) -> Generate:
        required = flat.get("required", ())
        must: list[tuple[str, Generate]] = []
        every: list[tuple[str, Generate]] = []
        properties = dict(flat.get("properties", {}))
        for name in required:
            properties.setdefault(name, flat.get("additionalProperties", True))
        for name, node in properties.items():
            try:
                entry = (name, self.compile(node, f"{pointer}/properties/{name}"))
            except Unsatisfiable:
                if name in required:
                    raise
                continue
            every.append(entry)
            if name in required:
                must.append(entry)

        def generate_object(entropy: Entropy) -> JSON:
            chosen = every if entropy.depth < MAX_DEPTH else must
            entropy.depth += 1
            value = {name: generate(entropy) for name, generate in chosen}
            entropy.depth -= 1
            return value

        return generate_object

    def _array(self, flat: Mapping[str, Any], pointer: str) -> Generate:
        first = [self.compile(node, f"{pointer}/prefixItems/{n}") for n, node in enumerate(flat.get("prefixItems", ()))]
        low, high = int(flat.get("minItems", 0)), int(flat.get("maxItems", 1_000_000))
        try:
            item = self.compile(flat.get("items", True), f"{pointer}/items")
        except Unsatisfiable:
            high = min(high, len(first))
            item = None
        usual = min(max(low, len(first), 2), high)
        unique = bool(flat.get("uniqueItems"))

        def generate_array(entropy: Entropy) -> JSON:
            wanted = usual if entropy.depth < MAX_DEPTH else low
            entropy.depth += 1
            values = [generate(entropy) for generate in first[:high]]
            for tried in range(TRIES + wanted):
                if item is None or len(values) >= (wanted if tried < EAGER_TRIES else low):
                    break
                value = item(entropy)
                if not unique or value not in values:
                    values.append(value)
            entropy.depth -= 1
            return values

        return generate_array


def _documented(flat: Mapping[str, Any], types: list[str]) -> list[JSON]:
    """The values that the schema names itself: its enumeration, else its examples."""
    if "enum" in flat:
        options = [
            value for value in flat["enum"] if any(has_type(value, name) for name in types) or "type" not in flat
        ]
        if not options:
            raise Unsatisfiable
        return [value for value in options if value is not None] or options
    examples = [*flat.get("examples", ()), *([flat["example"]] if "example" in flat else ())]
    return [value for value in examples if any(has_type(value, name) for name in types)]


def _string(flat: Mapping[str, Any], _pointer: str) -> Generate:
    low, high = int(flat.get("minLength", 0)), flat.get("maxLength")
    if high is not None and high < low:
        raise Unsatisfiable
    if "pattern" in flat:
        return pattern(str(flat["pattern"]))
    return FORMATS.get(str(flat.get("format"))) or words(low, high)


def _number(flat: Mapping[str, Any], _pointer: str) -> Generate:
    """Multiples of a step between the bounds: 1 for integers, 0.01 for numbers, or what `multipleOf` says."""
    is_integer = "integer" in types_of(flat)
    step = flat.get("multipleOf", 1 if is_integer else 0.01)
    if is_integer and step != int(step):
        step = 1
    low = flat.get("minimum", flat.get("exclusiveMinimum"))
    high = flat.get("maximum", flat.get("exclusiveMaximum"))
    usual = 1000 * step
    if low is None:
        low = (high - usual) if high is not None and high < 1 else min(1, step if step < 1 else 1)
    if high is None:
        high = low + usual
    first, last = math.ceil(_scaled(low, step)), math.floor(_scaled(high, step))
    if flat.get("exclusiveMinimum") is not None and first * step <= flat["exclusiveMinimum"]:
        first += 1
    if flat.get("exclusiveMaximum") is not None and last * step >= flat["exclusiveMaximum"]:
        last -= 1
    if last < first:
        if is_integer or "multipleOf" in flat:
            raise Unsatisfiable
        return lambda _entropy: (low + high) / 2
    if is_integer:
        return lambda entropy: int(entropy.between(first, last) * step)
    return lambda entropy: round(entropy.between(first, last) * step, 10)


def _scaled(bound: float, step: float) -> float:
    """A bound in steps, without the last digits of binary fractions."""
    return round(bound / step, 9)


__all__ = ["Compiler", "Generate", "Unsatisfiable", "UnsupportedPattern"]
