"""Numbers: what the schema says, and within that what the name, examples and description suggest."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from mockserver.generation import descriptions, hints
from mockserver.generation.annotations import description_of, examples
from mockserver.generation.conjunction import Flat
from mockserver.generation.entropy import Entropy
from mockserver.generation.failures import NotFound, Unsatisfiable
from mockserver.generation.moments import seconds
from mockserver.generation.numbers import NumberGenerator, numbers
from mockserver.generation.quantities import TIMESTAMPS
from mockserver.generation.strings import EPOCH
from mockserver.types import JSON

if TYPE_CHECKING:
    from mockserver.generation.compiler import Compiler

CLOCKS: Final = frozenset(("unix-time", "unixtime", "unix", "unix-timestamp", "epoch", "timestamp", "timestamp-ms"))
"""Formats of moments as numbers."""
UNKNOWN: Final = (1, 100)
"""The range of numbers of which nothing is known."""


def compile_number(compiler: Compiler, flat: Flat, name: str, type_name: str) -> NumberGenerator:
    """A generator of numbers. Raises `Unsatisfiable` or `NotFound`."""
    whole = type_name == "integer"
    shown = [value for value in examples(flat, type_name) if value]
    usual = _usual(name, shown, description_of(flat))
    if any(str(schema.get("format")).replace("_", "-") in CLOCKS for schema in flat.schemas):
        usual = TIMESTAMPS
    if usual == TIMESTAMPS:
        if (generate := _timestamps(compiler, flat, name, shown)) is not None:
            return generate
        usual = None
    if usual is not None and whole:
        usual = (int(usual[0]), max(int(usual[1]), int(usual[0]) + 1))
    if any(schema.get("format") in ("int8", "uint8") for schema in flat.schemas):
        usual = None
    looks_whole = whole or hints.is_whole(name) or (bool(shown) and all(isinstance(value, int) for value in shown))
    try:
        generate = _numbers(flat, usual, looks_whole=looks_whole, whole=whole)
    except ValueError as error:
        raise Unsatisfiable(str(error)) from None
    if any("multipleOf" in schema for schema in flat.schemas) and not whole:
        is_valid = compiler.accepts(flat.parts)
        pool = [value for number in range(64) if is_valid(value := generate(Entropy(b"%d" % number)))]
        if not pool:
            raise NotFound("no multiple was found between the bounds")
        return lambda entropy: entropy.choice(pool)
    return generate


def _numbers(flat: Flat, usual: tuple[float, float] | None, *, looks_whole: bool, whole: bool) -> NumberGenerator:
    """Whole numbers where they may be and look better, else such as the type has."""
    if looks_whole and not whole:
        with suppress(ValueError):
            ends = (int(usual[0]), int(usual[1])) if usual is not None else None
            return numbers(flat.schemas, ends, whole=True)
    return numbers(flat.schemas, usual, whole=whole)


def _usual(name: str, shown: Sequence[JSON], description: str) -> tuple[float, float] | None:
    """The range of such numbers, by their name or description; around an example that lies elsewhere."""
    asked = descriptions.described_range(description)
    usual = hints.usual_range(name) if asked != TIMESTAMPS else asked
    if usual is None and asked is None and hints.is_moment(name):
        usual = TIMESTAMPS
    if asked is not None and (usual is None or (usual != TIMESTAMPS and not _within(usual, asked))):
        usual = asked
    if shown and usual != TIMESTAMPS and abs(shown[0]) < 1e15:
        value = shown[0]
        if usual is None or not usual[0] <= value <= usual[1]:
            low, high = sorted((value, value * 1.5 if isinstance(value, float) else value + max(1, abs(value) // 2)))
            usual = (round(low, 2), round(high, 2))
    if usual is None and not hints.IDENTIFIER.fullmatch(name):
        usual = UNKNOWN
    return usual


def _within(usual: tuple[float, float], limits: tuple[float, float]) -> bool:
    return limits[0] <= usual[0] and usual[1] <= limits[1]


def _timestamps(compiler: Compiler, flat: Flat, name: str, shown: list[JSON]) -> NumberGenerator | None:
    """Moments as numbers: seconds since 1970, or milliseconds where an example has so many digits."""
    unit = 1000 if shown and shown[0] > 10**11 else 1
    draw = seconds(name)
    start = int(EPOCH.timestamp())

    def generate(entropy: Entropy) -> JSON:
        return (start + draw(entropy)) * unit

    is_valid = compiler.accepts(flat.parts)
    return generate if all(is_valid(generate(Entropy(b"%d" % number))) for number in range(8)) else None
