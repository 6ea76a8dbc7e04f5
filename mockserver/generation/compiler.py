"""Nodes compiled to generators: a closure for each, decided once, checked where it could not be proven."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import jsonschema_rs

from mockserver.document import Document
from mockserver.errors import SpecError
from mockserver.generation.arrays import compile_array
from mockserver.generation.conjunction import (
    Expander,
    Flat,
    Located,
    Node,
    Unsatisfiable,
    has_type,
    likely_types,
)  # fmt: skip
from mockserver.generation.entropy import PRIME, Constant, Entropy, factor
from mockserver.generation.objects import compile_object
from mockserver.generation.patterns import UnsupportedPattern
from mockserver.generation.scalars import compile_number, compile_string
from mockserver.generation.shapes import ArrayShape, ObjectShape
from mockserver.types import ABSENT, JSON

Generate: TypeAlias = Callable[[Entropy], JSON]

MAX_HEIGHT: Final = 24
"""A value that must be nested deeper than this is taken for one without end."""
SAMPLES: Final = 10
"""How often each candidate is tried when a node must be checked."""
MAX_CANDIDATES: Final = 12
MAX_POOL: Final = 24
HARD_DEPTH: Final = 70
MAX_NAMES: Final = 60
MAX_PATCHES: Final = 3000
WRONG: Final[tuple[JSON, ...]] = (None, 0, "", [], {}, True, "x", 1.5, [None])
NULLS: Final = 12
"""One in so many values that may be null is."""

FAILURES: Final = (Unsatisfiable, UnsupportedPattern, OverflowError, ValueError, RecursionError)


@dataclass(frozen=True)
class Options:
    """How values are chosen where a schema leaves a choice.

    `optional` is `always`, `some` (most are there, some are not, decided by the identity) or `never`; `locale` one of
    Faker's; `echoed` are canonical names of parameters that properties repeat; `kind` is what the value is an instance
    of where its schema has no name.
    """

    optional: str = "some"
    locale: str = "en_US"
    echoed: frozenset[str] = frozenset()
    kind: str = ""


class Compiler:
    """Compiles the schemas of one response body, each part when it is first drawn."""

    def __init__(self, document: Document, options: Options) -> None:
        self.document = document
        self.options = options
        self.exact = True
        """Whether every part compiled so far is proven to give valid values."""
        self._expander = Expander(document)
        self._flats: dict[tuple[str, ...], list[Flat]] = {}
        self._fits: dict[tuple[tuple[str, ...], int], bool] = {}
        self._compiled: dict[tuple[tuple[str, ...], str], Generate] = {}
        self._matchers: dict[str, Callable[[Any], bool]] = {}

    def generator(self, node: Node, name: str = "") -> Generate:
        """The generator of a node that a property called `name` holds. Raises one of `FAILURES` or `SpecError`."""
        key = (_key(node), name)
        if (known := self._compiled.get(key)) is None:

            def later(entropy: Entropy) -> JSON:
                if entropy.depth > HARD_DEPTH:
                    raise RecursionError("it has no end")
                return self._compiled[key](entropy)

            self._compiled[key] = later
            try:
                known = self._compiled[key] = self._compile(node, name)
            except BaseException:
                del self._compiled[key]
                raise
        return known

    def flats(self, node: Node) -> list[Flat]:
        """The ways to satisfy a node."""
        key = _key(node)
        if (flats := self._flats.get(key)) is None:
            flats = self._flats[key] = self._expander.alternatives(node)
        return flats

    def fits(self, node: Node, height: int = MAX_HEIGHT) -> bool:
        """Whether the node has a value that is nested no deeper, as far as its structure tells."""
        if height <= 0:
            return False
        key = (_key(node), height)
        if (known := self._fits.get(key)) is None:
            self._fits[key] = False  # whatever leads back here at the same height has no end
            known = self._fits[key] = any(self._fits_flat(flat, height) for flat in self.flats(node))
        return known

    def height(self, flat: Flat) -> int:
        """How deep the smallest value of a flat schema is nested."""
        for height in (1, 2, 3, 4, 6, 8, 12):
            if self._fits_flat(flat, height):
                return height
        return MAX_HEIGHT

    def _fits_flat(self, flat: Flat, height: int) -> bool:
        if flat.options is not None or any(name not in ("object", "array") for name in flat.types):
            return True
        for name in flat.types:
            try:
                if name == "object":
                    shape = self.object_shape(flat)
                    must = [shape.children[required] for required in shape.required]
                else:
                    items = ArrayShape(flat)
                    must = [items.item(index) or () for index in range(min(items.low, items.prefix + 1))]
            except FAILURES:
                continue
            if all(not child or self.fits(child, height - 1) for child in must):
                return True
        return False

    def _why(self, flat: Flat) -> str:
        """What keeps a flat schema from having a value."""
        try:
            if "object" in flat.types:
                shape = self.object_shape(flat)
                bad = [name for name in shape.required if not self.fits(shape.children[name])]
                return f"its required property {bad[0]!r} cannot be, or has no end" if bad else "it has no end"
            ArrayShape(flat)
        except FAILURES as error:
            return str(error)
        return "its required items contradict one another or have no end"

    def object_shape(self, flat: Flat) -> ObjectShape:
        """The properties of an object."""
        names = [
            f"{part.pointer}/propertyNames"
            for part in flat.parts if isinstance(part.schema, Mapping) and "propertyNames" in part.schema
        ]  # fmt: skip
        accepts = self.document.validator(*names).is_valid if names else _anything
        return ObjectShape(flat, self.matches, accepts)

    def matches(self, pattern: str, text: str) -> bool:
        """Whether a regular expression is found in a text, by the validator's engine, which has a limit on its work."""
        if (matcher := self._matchers.get(pattern)) is None:
            matcher = self._matchers[pattern] = jsonschema_rs.Draft202012Validator({"pattern": pattern}).is_valid
        return matcher(text)

    @staticmethod
    def located(entries: Sequence[tuple[Any, str]]) -> Node:
        """Schemas with their pointers as a node."""
        return tuple(Located(schema, pointer) for schema, pointer in entries)

    def accepts(self, node: Sequence[Located]) -> Callable[[Any], bool]:
        """Whether a value is valid for a node."""
        pointers = list(dict.fromkeys(located.pointer for located in node))
        validator: list[Callable[[Any], bool]] = []

        def is_valid(value: JSON) -> bool:
            if not validator:
                validator.append(self.document.validator(*pointers).is_valid if pointers else _anything)
            return validator[0](value)

        return is_valid

    def _compile(self, node: Node, name: str) -> Generate:
        reasons: list[Exception] = []
        flats = self.flats(node)
        if not flats:
            raise Unsatisfiable("its parts contradict one another")
        fitting = [flat for flat in flats if self._fits_flat(flat, MAX_HEIGHT)]
        if not fitting:
            raise Unsatisfiable(self._why(flats[0]))
        is_null = [flat.types == ["null"] or flat.options == [None] for flat in fitting]
        valued = [flat for flat, null in zip(fitting, is_null, strict=True) if not null]
        nullable = len(valued) < len(fitting) or any("null" in flat.types for flat in valued)
        candidates: list[tuple[Flat, Generate]] = []
        for flat in valued or fitting:
            for type_name in likely_types(flat)[:3] if flat.options is None else ("",):
                try:
                    candidates.append((flat, self._typed(flat, type_name, node, name)))
                except FAILURES as error:
                    reasons.append(error)
                    continue
                if flat.exact:
                    break
            if len(candidates) >= MAX_CANDIDATES:
                break
        if not candidates:
            if nullable:
                return lambda _entropy: None
            raise reasons[0] if reasons else Unsatisfiable("no part of it can be generated")
        proven = [(flat, generate) for flat, generate in candidates if flat.exact]
        if len(proven) == len(candidates):
            generate = self._varied(candidates)
        else:
            generate = self._checked(node, candidates, nullable=nullable)
        if nullable and valued and name and self.options.optional == "some":
            return _sometimes_null(generate)
        return generate

    def _varied(self, candidates: list[tuple[Flat, Generate]]) -> Generate:
        """One of the generators, the one with the smallest values where the depth or budget is used up."""
        generators = [generate for _, generate in candidates]
        if len(generators) == 1:
            return generators[0]
        leanest: list[Generate] = []

        def generate_any(entropy: Entropy) -> JSON:
            if entropy.left <= 0 or entropy.depth >= 5:
                if not leanest:
                    leanest.append(min(candidates, key=lambda candidate: self.height(candidate[0]))[1])
                return leanest[0](entropy)
            state = entropy.state
            picked = generators[(state >> 190) % len(generators)]
            return picked(entropy)

        return generate_any

    def _checked(self, node: Node, candidates: list[tuple[Flat, Generate]], *, nullable: bool) -> Generate:
        """What the candidates give, validated; else another try; else a value that was found valid beforehand."""
        self.exact = False
        is_valid = self.accepts(node)
        pool: list[JSON] = []
        good = self._sampled(candidates, is_valid, pool)
        if not pool and (spoiled := self._spoiled(node, candidates, is_valid)) is not None:
            good = self._sampled([spoiled], is_valid, pool)
        if not pool:
            pool += self._last_resort(node, is_valid)
        if not pool and nullable and is_valid(None):
            pool.append(None)
        if not pool:
            raise Unsatisfiable("no value was found that keeps all of it")
        best = [(flat, generate) for hits, flat, generate in good if hits * 2 >= SAMPLES]
        chosen = self._varied(best or [(flat, generate) for _, flat, generate in good]) if good else None

        def generate_checked(entropy: Entropy) -> JSON:
            state = entropy.state
            depth = entropy.depth
            if chosen is not None:
                for attempt in ("", "again", "once more", "at last"):
                    entropy.depth = depth
                    try:
                        value = chosen(entropy)
                    except FAILURES:
                        value = pool[0]
                    if is_valid(value):
                        entropy.depth = depth
                        return value
                    entropy.state = state * factor(attempt or "2") % PRIME
            entropy.depth = depth
            return pool[(state >> 8) % len(pool)]

        return generate_checked

    def _sampled(
        self, candidates: list[tuple[Flat, Generate]], is_valid: Callable[[Any], bool], pool: list[JSON]
    ) -> list[tuple[int, Flat, Generate]]:  # fmt: skip
        """The candidates that give valid values, with how often they do; the values go into the pool."""
        good = []
        for flat, generate in candidates:
            hits = 0
            for number in range(SAMPLES):
                entropy = Entropy(b"sample%d" % number)
                entropy.depth = 0 if number % 3 else 5
                entropy.left = 60
                try:
                    value = generate(entropy)
                except FAILURES:
                    continue
                if is_valid(value):
                    hits += 1
                    if len(pool) < MAX_POOL:
                        pool.append(value)
            if hits:
                good.append((hits, flat, generate))
        return good

    def _last_resort(self, node: Node, is_valid: Callable[[Any], bool]) -> list[JSON]:
        """Simple values, and those that the schemas name."""
        named: list[JSON] = []
        for flat in self.flats(node)[:8]:
            for schema in flat.schemas:
                named += [schema[key] for key in ("const", "default", "example") if key in schema]
                named += [*schema.get("enum", ()), *_list(schema.get("examples"))]
        simple: list[JSON] = [
            {}, [], "", "a", "amber", 0, 1, -1, 0.5, 1.5, True, False, None, [1], ["a"], [1, 2], ["a", "b"], {"a": 1},
            "2025-01-01", "2025-01-01T00:00:00Z", "1", [None], [{}], [[]], 12, 100, 1e300, "1.5", "https://example.com",
        ]  # fmt: skip
        return [value for value in [*named, *simple] if is_valid(value)][:MAX_POOL]

    def _spoiled(
        self, node: Node, candidates: list[tuple[Flat, Generate]], is_valid: Callable[[Any], bool]
    ) -> tuple[Flat, Generate] | None:  # fmt: skip
        """A generator of objects that satisfy one branch of a choice and break the others, by properties of theirs."""
        names: dict[str, None] = {}
        for located in node:
            _collect_names(located.schema, names, 0, self.document)
        tries = 0
        for flat, generate in candidates:
            for number in range(4):
                entropy = Entropy(b"spoil%d" % number)
                entropy.depth, entropy.left = (0 if number % 2 else 5), 60
                try:
                    value = generate(entropy)
                except FAILURES:
                    continue
                if not isinstance(value, dict):
                    continue
                for patch in _patches(value, list(names)[:MAX_NAMES]):
                    tries += 1
                    if is_valid({key: entry for key, entry in {**value, **patch}.items() if entry is not ABSENT}):
                        return flat, _patched(generate, patch)
                    if tries > MAX_PATCHES:
                        return None
        return None

    def _typed(self, flat: Flat, type_name: str, node: Node, name: str) -> Generate:
        if flat.options is not None:
            options = [value for value in flat.options if value is not None] or flat.options
            if not flat.exact or _constrained(flat):
                is_valid = self.accepts(flat.parts)
                options = [value for value in options if is_valid(value)]
                if not options:
                    raise Unsatisfiable("none of the enumerated values keeps the rest of the schema")
            if len(options) == 1:
                return Constant(options[0])
            return lambda entropy: entropy.choice(options)
        if type_name == "object":
            return compile_object(self, flat, node, name)
        if type_name == "array":
            return compile_array(self, flat, name)
        if type_name == "string":
            return compile_string(self, flat, name)
        if type_name in ("integer", "number"):
            return compile_number(self, flat, name, type_name)
        if type_name == "boolean":
            return lambda entropy: entropy.below(2) == 1
        return lambda _entropy: None


def _patches(value: dict[str, JSON], names: list[str]) -> Iterator[dict[str, JSON]]:
    """Changes to an object that some branch of a choice may refuse: a property less, one more, or several more."""
    missing = [name for name in names if name not in value]
    for wrong in WRONG if missing else ():
        yield dict.fromkeys(missing, wrong)
    for name in names:
        if name in value:
            yield {name: ABSENT}
        else:
            yield from ({name: wrong} for wrong in WRONG)
    for kept in names:
        yield from ({name: wrong for name in missing if name != kept} for wrong in WRONG[:3])
        yield {name: ABSENT for name in names if name in value and name != kept}


def _patched(generate: Generate, patch: Mapping[str, JSON]) -> Generate:
    def generate_patched(entropy: Entropy) -> JSON:
        value = {**generate(entropy), **patch}
        return {key: entry for key, entry in value.items() if entry is not ABSENT}

    return generate_patched


def _sometimes_null(generate: Generate) -> Generate:
    def generate_nullable(entropy: Entropy) -> JSON:
        return None if (entropy.state >> 170) % NULLS == 0 else generate(entropy)

    return generate_nullable


def _constrained(flat: Flat) -> bool:
    """Whether the enumerated values must keep more than a type."""
    about = {"type", "enum", "title", "description", "default", "example", "examples", "nullable", "deprecated",
             "$ref", "allOf", "anyOf", "oneOf", "readOnly", "writeOnly", "externalDocs", "xml"}  # fmt: skip
    return any(key not in about and not key.startswith("x-") for schema in flat.schemas for key in schema)


def _collect_names(schema: JSON, names: dict[str, None], depth: int, document: Document) -> None:
    """The properties that a schema speaks of, in its branches too."""
    if not isinstance(schema, Mapping) or depth > 4 or len(names) > 200:
        return
    names.update(dict.fromkeys(_mapping(schema.get("properties"))))
    names.update(dict.fromkeys(_list(schema.get("required"))))
    for key in ("allOf", "anyOf", "oneOf"):
        for branch in _list(schema.get(key)):
            _collect_names(branch, names, depth + 1, document)
    for key in ("not", "if", "then", "else"):
        _collect_names(schema.get(key), names, depth + 1, document)
    if "$ref" in schema:
        try:
            target = document.resolve({"$ref": schema["$ref"]}, "")[0]
        except SpecError:
            return
        _collect_names(target, names, depth + 1, document)


def _key(node: Node) -> tuple[str, ...]:
    return tuple(located.pointer for located in node)


def _list(value: JSON) -> Sequence[Any]:
    return value if isinstance(value, list) else ()


def _mapping(value: JSON) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _anything(_value: JSON) -> bool:
    return True


__all__ = ["FAILURES", "Compiler", "Generate", "Options", "has_type"]
