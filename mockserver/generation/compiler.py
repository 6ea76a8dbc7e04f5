"""Nodes compiled to generators: a closure for each, decided once, checked where it could not be proven."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from mockserver.document import Document
from mockserver.generation.amounts import compile_number
from mockserver.generation.arrays import compile_array
from mockserver.generation.conjunction import Flat, likely_types
from mockserver.generation.entropy import MASK, SHIFT, Constant, Entropy, factor
from mockserver.generation.failures import FAILURES, Beyond, Failure, NotFound, Unsatisfiable
from mockserver.generation.hints import likelihood
from mockserver.generation.nodes import Located, Node, key_of, pointers
from mockserver.generation.objects import MAX_DEPTH, compile_object
from mockserver.generation.scalars import compile_string
from mockserver.generation.search import Candidate, Generate, search
from mockserver.generation.slots import rarity
from mockserver.generation.structure import Structure
from mockserver.types import JSON

SCALARS: Final = frozenset(("string", "number", "integer", "boolean", "null"))
MAX_CANDIDATES: Final = 12
HARD_DEPTH: Final = 70
ATTEMPTS: Final = ("", "again", "once more", "at last")
"""So often a value that must be validated is drawn before one that was found beforehand is taken."""
MAX_TRIES: Final = 20_000
"""So many values are validated at the most while a response is compiled, fewer where they are large."""
PARTS: Final = 50
"""So many parts more of a value count as another try."""


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
        self._compiled: dict[tuple[tuple[str, ...], str, bool], Generate] = {}
        structure = self.structure = Structure.of(document)
        self.flats, self.is_possible, self.height = structure.flats, structure.is_possible, structure.height
        self.object_shape, self.matches, self.accepts = structure.object_shape, structure.matches, structure.accepts

    def begin(self) -> int:
        """Start with another response; returns how many optional parts were left out before."""
        self._tries_left = MAX_TRIES
        return len(self.left_out)

    def generator(self, node: Node, name: str = "", *, is_item: bool = False) -> Generate:
        """The generator of a node that a property called `name` holds, or each item of it.

        Raises one of `FAILURES`, or `SpecError`.
        """
        key = (key_of(node), name, is_item)
        if (known := self._compiled.get(key)) is None:

            def later(entropy: Entropy) -> JSON:
                if entropy.depth > HARD_DEPTH:
                    raise RecursionError("it has no end")
                return self._compiled[key](entropy)

            self._compiled[key] = later
            try:
                known = self._compiled[key] = self._compile(node, name, is_item=is_item)
            except BaseException as error:
                del self._compiled[key]
                if isinstance(error, Failure) and not error.pointer and node:
                    error.pointer = pointers(node)[-1]
                raise
        return known

    @staticmethod
    def located(entries: Sequence[tuple[Any, str]]) -> Node:
        """Schemas with their pointers as a node."""
        return tuple(Located(schema, pointer) for schema, pointer in entries)

    def _compile(self, node: Node, name: str, *, is_item: bool) -> Generate:
        fitting = self._fitting(node)
        candidates = list(self._candidates(fitting, node, name))
        if not candidates:
            self.exact = self.exact and all(flat.exact for flat in fitting)
            return Constant(None)
        if all(candidate.flat.exact for candidate in candidates):
            # No service tells a number now as such and now as a text.
            generate = self._varied(candidates[:1] if _are_scalars(candidates) else candidates)
        else:
            generate = self._checked(node, candidates)
        is_worth_a_null = name and not is_item and self.options.optional == "some" and not candidates[0].flat.is_null
        return (
            _sometimes_null(generate, *rarity(name))
            if is_worth_a_null and self._may_be_null(node, fitting)
            else generate
        )

    def _fitting(self, node: Node) -> list[Flat]:
        """The ways to satisfy a node that come to an end. Raises `Unsatisfiable`."""
        fitting = self.structure.fitting(node)
        return [flat for flat in fitting if not flat.is_fallback] or fitting

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
            self._tries_left -= 1 + parts_of(value) // PARTS
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
                    entropy.state, entropy.seed = state * factor(attempt) >> SHIFT & MASK, seed[:32] + attempt.encode()
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
            likely, cases = likelihood(name)
            return Candidate(flat, lambda entropy: entropy.below(cases) < likely)
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


def _sometimes_null(generate: Generate, mask: int, luck: int) -> Generate:
    """Null where these bits of the state are so."""

    def generate_nullable(entropy: Entropy) -> JSON:
        return None if entropy.state >> 170 & mask == luck else generate(entropy)

    return generate_nullable


def _constrained(flat: Flat) -> bool:
    """Whether the enumerated values must keep more than a type."""
    about = {"type", "enum", "title", "description", "default", "example", "examples", "nullable", "deprecated",
             "$ref", "allOf", "anyOf", "oneOf", "readOnly", "writeOnly", "externalDocs", "xml"}  # fmt: skip
    return any(key not in about and not key.startswith("x-") for schema in flat.schemas for key in schema)


def _are_scalars(candidates: Sequence[Candidate]) -> bool:
    """Whether all are texts, numbers or truths of which nothing is listed."""
    flats = [candidate.flat for candidate in candidates]
    return all(flat.options is None and SCALARS.issuperset(flat.types) for flat in flats)


def parts_of(value: JSON) -> int:
    """How many values there are in a value."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + sum(map(parts_of, inner))


def _nothing(_entropy: Entropy) -> JSON:
    raise NotFound("no candidate gives a valid value")


__all__ = ["Compiler", "Generate", "Options"]
