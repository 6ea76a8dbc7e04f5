"""Nodes compiled to generators: a closure for each, decided once, checked where it could not be proven."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import jsonschema_rs

from mockserver.document import Document
from mockserver.generation.arrays import compile_array
from mockserver.generation.conjunction import Expander, Flat, likely_types
from mockserver.generation.entropy import PRIME, Constant, Entropy, factor
from mockserver.generation.failures import FAILURES, Beyond, Failure, NotFound, Unsatisfiable
from mockserver.generation.nodes import Located, Node, pointers
from mockserver.generation.objects import MAX_DEPTH, compile_object
from mockserver.generation.scalars import compile_number, compile_string
from mockserver.generation.search import Candidate, Generate, search
from mockserver.generation.shapes import ArrayShape, ObjectShape
from mockserver.types import JSON

MAX_HEIGHT: Final = 24
"""A value that must be nested deeper than this is taken for one without end."""
MAX_CANDIDATES: Final = 12
HARD_DEPTH: Final = 70
ATTEMPTS: Final = ("", "again", "once more", "at last")
"""So often a value that must be validated is drawn before one that was found beforehand is taken."""
MAX_TRIES: Final = 20_000
"""So many values are validated at the most while a response is compiled."""
NULLS: Final = 12
"""One in so many values that may be null is."""


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
        self.left_out: list[tuple[str, str]] = []
        """Pointers of optional parts of which there is no value, and why."""
        self._tries_left = MAX_TRIES
        self._expander = Expander(document)
        self._flats: dict[tuple[str, ...], list[Flat]] = {}
        self._fits: dict[tuple[tuple[str, ...], int], bool] = {}
        self._compiled: dict[tuple[tuple[str, ...], str], Generate] = {}
        self._matchers: dict[str, Callable[[Any], bool]] = {}

    def generator(self, node: Node, name: str = "") -> Generate:
        """The generator of a node that a property called `name` holds. Raises one of `FAILURES`, or `SpecError`."""
        key = (_key(node), name)
        if (known := self._compiled.get(key)) is None:

            def later(entropy: Entropy) -> JSON:
                if entropy.depth > HARD_DEPTH:
                    raise RecursionError("it has no end")
                return self._compiled[key](entropy)

            self._compiled[key] = later
            try:
                known = self._compiled[key] = self._compile(node, name)
            except BaseException as error:
                del self._compiled[key]
                if isinstance(error, Failure) and not error.pointer and node:
                    error.pointer = pointers(node)[-1]
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

    def _why(self, flat: Flat) -> Failure:
        """What keeps a flat schema from having a value."""
        try:
            if "object" in flat.types:
                shape = self.object_shape(flat)
                bad = [name for name in shape.required if not self.fits(shape.children[name])]
                why = f"its required property {bad[0]!r} cannot be, or has no end" if bad else "it has no end"
                return Unsatisfiable(why)
            ArrayShape(flat)
        except Failure as error:
            return error
        except FAILURES as error:
            return Unsatisfiable(str(error))
        return Unsatisfiable("its required items contradict one another or have no end")

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
        places = pointers(node)
        validator: list[Callable[[Any], bool]] = []

        def is_valid(value: JSON) -> bool:
            if not validator:
                validator.append(self.document.validator(*places).is_valid if places else _anything)
            return validator[0](value)

        return is_valid

    def _compile(self, node: Node, name: str) -> Generate:
        fitting = self._fitting(node)
        candidates = list(self._candidates(fitting, node, name))
        if not candidates:
            self.exact = self.exact and all(flat.exact for flat in fitting)
            return Constant(None)
        if all(candidate.flat.exact for candidate in candidates):
            generate = self._varied(candidates)
        else:
            generate = self._checked(node, candidates)
        is_worth_a_null = name and self.options.optional == "some" and not candidates[0].flat.is_null
        return (
            _sometimes_null(generate, factor(name) % NULLS)
            if is_worth_a_null and self._may_be_null(node, fitting)
            else generate
        )

    def _fitting(self, node: Node) -> list[Flat]:
        """The ways to satisfy a node that come to an end. Raises `Unsatisfiable`."""
        flats = self.flats(node)
        if not flats:
            if self._expander.is_cut_short:
                raise Beyond("it offers too many choices")
            raise Unsatisfiable("its parts contradict one another")
        if fitting := [flat for flat in flats if self._fits_flat(flat, MAX_HEIGHT)]:
            return [flat for flat in fitting if not flat.is_fallback] or fitting
        raise self._why(flats[0])

    def _may_be_null(self, node: Node, fitting: list[Flat]) -> bool:
        if not any(flat.may_be_null for flat in fitting):
            return False
        return all(flat.exact for flat in fitting) or self.accepts(node)(None)

    def _candidates(self, fitting: list[Flat], node: Node, name: str) -> Iterator[Candidate]:
        """A generator for each way and likely type, up to a limit; none where only null is left. Raises a failure."""
        reason: Exception | None = None
        found = 0
        valued = [flat for flat in fitting if not flat.is_null]
        for flat in valued or fitting:
            for type_name in likely_types(flat)[:3] if flat.options is None else ("",):
                try:
                    candidate = self._typed(flat, type_name, node, name)
                except FAILURES as error:
                    # That a part was not found says more than that another cannot be.
                    reason = error if reason is None or not isinstance(error, Unsatisfiable) else reason
                    continue
                yield candidate
                found += 1
                if flat.exact:
                    break
            if found >= MAX_CANDIDATES:
                return
        if not found and len(valued) == len(fitting) and not any(flat.may_be_null for flat in fitting):
            raise reason or Unsatisfiable("no part of it can be generated")

    def _varied(self, candidates: list[Candidate]) -> Generate:
        """One of the generators, the one with the smallest values where the depth or budget is used up."""
        generators = [candidate.generate for candidate in candidates]
        if len(generators) == 1:
            return generators[0]
        leanest: list[Generate] = []
        # An entity is of the same branch wherever it appears.
        entity = candidates[0].entity if all(candidate.entity for candidate in candidates) else None

        def generate_any(entropy: Entropy) -> JSON:
            if entropy.left <= 0 or entropy.depth >= MAX_DEPTH:
                if not leanest:
                    leanest.append(min(candidates, key=lambda candidate: self.height(candidate.flat)).generate)
                return leanest[0](entropy)
            state = entropy.state if entity is None else entity(entropy)
            return generators[(state >> 190) % len(generators)](entropy)

        return generate_any

    def _checked(self, node: Node, candidates: list[Candidate]) -> Generate:
        """What the candidates give, validated; else another try; else a value that was found valid beforehand."""
        self.exact = False
        is_valid = self.accepts(node)

        def is_found(value: JSON) -> bool:
            self._tries_left -= 1
            if self._tries_left < 0:
                raise Beyond("too many values would have to be tried")
            return is_valid(value)

        found = search(node, candidates, is_found, self.document)
        pool = found.pool
        chosen = self._varied(found.candidates) if found.candidates else _nothing

        def generate_checked(entropy: Entropy) -> JSON:
            state, depth, seed, index = entropy.state, entropy.depth, entropy.seed, entropy.index
            for attempt in ATTEMPTS:
                entropy.depth, entropy.index = depth, index
                if attempt:  # another place, and another entity of the same id
                    entropy.state, entropy.seed = state * factor(attempt) % PRIME, seed[:32] + attempt.encode()
                try:
                    value = chosen(entropy)
                except FAILURES:
                    continue
                if is_valid(value):
                    entropy.depth, entropy.seed = depth, seed
                    return value
            entropy.depth, entropy.seed = depth, seed
            return pool[(state >> 8) % len(pool)]

        return generate_checked

    def _typed(self, flat: Flat, type_name: str, node: Node, name: str) -> Candidate:
        if flat.options is not None:
            return Candidate(flat, self._option(flat))
        if type_name == "object":
            return Candidate(flat, *compile_object(self, flat, node, name))
        if type_name == "array":
            return Candidate(flat, compile_array(self, flat, name))
        if type_name == "string":
            return Candidate(flat, compile_string(self, flat, name))
        if type_name in ("integer", "number"):
            return Candidate(flat, compile_number(self, flat, name, type_name))
        if type_name == "boolean":
            return Candidate(flat, lambda entropy: entropy.below(2) == 1)
        return Candidate(flat, Constant(None))

    def _option(self, flat: Flat) -> Generate:
        """One of the enumerated values."""
        options = [value for value in flat.options or () if value is not None] or [None]
        if not flat.exact or _constrained(flat):
            is_valid = self.accepts(flat.parts)
            options = [value for value in options if is_valid(value)]
            if not options:
                raise Unsatisfiable("none of the enumerated values keeps the rest of the schema")
        return Constant(options[0]) if len(options) == 1 else lambda entropy: entropy.choice(options)


def _sometimes_null(generate: Generate, luck: int) -> Generate:
    """Null now and then; `luck` sets apart the properties that draw from the same place."""

    def generate_nullable(entropy: Entropy) -> JSON:
        return None if ((entropy.state >> 170) + luck) % NULLS == 0 else generate(entropy)

    return generate_nullable


def _constrained(flat: Flat) -> bool:
    """Whether the enumerated values must keep more than a type."""
    about = {"type", "enum", "title", "description", "default", "example", "examples", "nullable", "deprecated",
             "$ref", "allOf", "anyOf", "oneOf", "readOnly", "writeOnly", "externalDocs", "xml"}  # fmt: skip
    return any(key not in about and not key.startswith("x-") for schema in flat.schemas for key in schema)


def _key(node: Node) -> tuple[str, ...]:
    return tuple(located.pointer for located in node)


def _nothing(_entropy: Entropy) -> JSON:
    raise NotFound("no candidate gives a valid value")


def _anything(_value: JSON) -> bool:
    return True


__all__ = ["Compiler", "Generate", "Options"]
