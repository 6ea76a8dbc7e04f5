"""Values looked for beforehand, where a schema is not proven to be kept: candidates are tried, mended and validated."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from typing import Any, Final, NamedTuple, TypeAlias

from mockserver.document import Document
from mockserver.errors import SpecError
from mockserver.generation.conjunction import Flat
from mockserver.generation.entropy import Entropy
from mockserver.generation.failures import FAILURES, NotFound
from mockserver.generation.nodes import Node, pointers
from mockserver.types import ABSENT, JSON

Generate: TypeAlias = Callable[[Entropy], JSON]
Accepts: TypeAlias = Callable[[Any], bool]

SAMPLES: Final = 10
"""How often each candidate is tried when a node must be checked."""
MAX_POOL: Final = 24
ENOUGH: Final = 8
MAX_NAMES: Final = 60
MAX_PATCHES: Final = 3000
MAX_DEPTH: Final = 12
"""So deep are the properties of branches looked for."""
WRONG: Final[tuple[JSON, ...]] = (None, 0, "", [], {}, True, "x", 1.5, [None])
SIMPLE: Final[tuple[JSON, ...]] = (
    {}, [], "", "a", "amber", 0, 1, -1, 0.5, 1.5, True, False, None, [1], ["a"], [1, 2], ["a", "b"], {"a": 1},
    "2025-01-01", "2025-01-01T00:00:00Z", "1", [None], [{}], [[]], 12, 100, 1e300, "1.5", "https://example.com",
)  # fmt: skip


class Candidate(NamedTuple):
    """A way to satisfy a node, and its generator, whose values may break what the way does not say.

    `entity` is the state of the entity that would be generated, where that is one.
    """

    flat: Flat
    generate: Generate
    entity: Callable[[Entropy], int] | None = None


class Found(NamedTuple):
    """The candidates that give valid values at least every other time, or else at all, and some of their values."""

    candidates: list[Candidate]
    pool: list[JSON]


def search(node: Node, candidates: Sequence[Candidate], is_valid: Accepts, document: Document) -> Found:
    """Look for valid values. Raises `NotFound` when there are none."""
    found = _sampled(candidates, is_valid)
    if not found.pool and (spoiled := _spoiled(node, candidates, is_valid, document)) is not None:
        found = _sampled([spoiled], is_valid)
    if not found.pool:
        found = Found([], _spoiled_within(node, candidates, is_valid, document))
    if not found.pool:
        found = Found([], _last_resort([candidate.flat for candidate in candidates], is_valid))
    if not found.pool:
        raise NotFound("no value was found that keeps all of it")
    return found


def _sampled(candidates: Sequence[Candidate], is_valid: Accepts) -> Found:
    good: list[tuple[int, Candidate]] = []
    pool: list[JSON] = []
    for candidate in candidates:
        values = [value for value in _samples(candidate.generate, SAMPLES) if is_valid(value)]
        pool += values
        good += [(len(values), candidate)] if values else []
    best = [candidate for hits, candidate in good if hits * 2 >= SAMPLES]
    return Found(best or [candidate for _, candidate in good], pool[:MAX_POOL])


def _samples(generate: Generate, count: int) -> Iterator[JSON]:
    """Values of a generator, lean ones among them."""
    for number in range(count):
        entropy = Entropy(b"sample%d" % number)
        entropy.depth, entropy.left = (0 if number % 3 else 5), 60
        try:
            yield generate(entropy)
        except FAILURES:
            continue


def _last_resort(flats: Sequence[Flat], is_valid: Accepts) -> list[JSON]:
    """Simple values, and those that the schemas name."""
    named: list[JSON] = []
    for flat in flats[:8]:
        for schema in flat.schemas:
            named += [schema[key] for key in ("const", "default", "example") if key in schema]
            named += [*schema.get("enum", ()), *_list(schema.get("examples"))]
    return [value for value in [*named, *SIMPLE] if is_valid(value)][:MAX_POOL]


def _spoiled(
    node: Node, candidates: Sequence[Candidate], is_valid: Accepts, document: Document
) -> Candidate | None:  # fmt: skip
    """A candidate of objects that satisfy one branch of a choice and break the others, by properties of theirs."""
    names: dict[str, None] = {}
    for located in node:
        _collect_names(located.schema, names, 0, document)
    tries = 0
    for flat, generate, entity in candidates:
        # Broken are the other branches: the value stays one of the branch that it came from, whose tag it may carry.
        is_own = document.validator(*pointers(flat.parts)).is_valid
        own = {name for schema in flat.schemas for name in schema.get("properties", ())}
        for value in _samples(generate, 4):
            if not isinstance(value, dict):
                continue
            for patch in _patches(value, list(names)[:MAX_NAMES], own):
                tries += 1
                if is_valid(patched := _patched(value, patch)) and is_own(patched):
                    return Candidate(flat, _patching(generate, patch), entity)
                if tries > MAX_PATCHES:
                    return None
    return None


def _spoiled_within(
    node: Node, candidates: Sequence[Candidate], is_valid: Accepts, document: Document
) -> list[JSON]:  # fmt: skip
    """Values of one branch of a choice that break the others somewhere inside."""
    names: dict[str, None] = {}
    for located in node:
        _collect_names(located.schema, names, 0, document, inside=True)
    found: list[JSON] = []
    tries = 0
    for candidate in candidates:
        for value in _samples(candidate.generate, 4):
            for path in _paths_of_objects(value):
                for spoiled in _spoiled_at(value, path, list(names)):
                    tries += 1
                    if is_valid(spoiled):
                        found.append(spoiled)
                        break
                if tries > MAX_PATCHES or len(found) >= ENOUGH:
                    return found
    return found


def _paths_of_objects(value: JSON, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    if isinstance(value, dict):
        yield path
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, entry in entries:
        yield from _paths_of_objects(entry, (*path, key))


def _spoiled_at(value: JSON, path: tuple[str | int, ...], names: Sequence[str]) -> Iterator[JSON]:
    """Copies of a value in which the object at a path has properties that are not its own, with odd values."""
    for wrong in WRONG:
        for added in [names, *([name] for name in names)]:
            spoiled = json.loads(json.dumps(value))
            place = spoiled
            for key in path:
                place = place[key]
            place.update({name: wrong for name in added if name not in place})
            yield spoiled


def _patches(value: Mapping[str, JSON], names: Sequence[str], own: Set[str]) -> Iterator[dict[str, JSON]]:
    """Changes to an object that some branch of a choice may refuse: a property less, one more, or several more."""
    missing = [name for name in names if name not in value]
    if foreign := [name for name in names if name not in own]:
        yield from (dict.fromkeys(foreign, wrong) for wrong in WRONG)
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


def _patched(value: Mapping[str, JSON], patch: Mapping[str, JSON]) -> dict[str, JSON]:
    return {key: entry for key, entry in {**value, **patch}.items() if entry is not ABSENT}


def _patching(generate: Generate, patch: Mapping[str, JSON]) -> Generate:
    return lambda entropy: _patched(generate(entropy), patch)


def _collect_names(
    schema: JSON, names: dict[str, None], depth: int, document: Document, *, inside: bool = False
) -> None:  # fmt: skip
    """The properties that a schema speaks of, in its branches too and, with `inside`, in its parts."""
    if not isinstance(schema, Mapping) or depth > MAX_DEPTH or len(names) > MAX_NAMES:
        return
    properties = schema.get("properties")
    properties = properties if isinstance(properties, Mapping) else {}
    names.update(dict.fromkeys(properties))
    names.update(dict.fromkeys(_list(schema.get("required"))))
    parts = [branch for key in ("allOf", "anyOf", "oneOf") for branch in _list(schema.get(key))]
    parts += [schema.get(key) for key in ("not", "if", "then", "else")]
    parts += [*properties.values(), schema.get("items")] if inside else []
    if "$ref" in schema:
        try:
            parts.append(document.resolve({"$ref": schema["$ref"]}, "")[0])
        except SpecError:
            return
    for part in parts:
        _collect_names(part, names, depth + 1, document, inside=inside)


def _list(value: JSON) -> Sequence[Any]:
    return value if isinstance(value, list) else ()
