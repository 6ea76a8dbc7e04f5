"""Generators of numbers: exact multiples between exact bounds."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any, Final, TypeAlias

from mockserver.generation.entropy import Entropy
from mockserver.types import JSON

NumberGenerator: TypeAlias = Callable[[Entropy], JSON]

CENT: Final = Fraction(1, 100)
FORMATS: Final[Mapping[str, tuple[int, int]]] = {
    "int8": (-(2**7), 2**7 - 1), "int16": (-(2**15), 2**15 - 1), "int32": (-(2**31), 2**31 - 1),
    "uint8": (0, 2**8 - 1), "uint16": (0, 2**16 - 1), "uint32": (0, 2**32 - 1),
}  # fmt: skip


def exact(value: JSON) -> Fraction:
    """A number as the document writes it: 0.1 is a tenth."""
    return Fraction(value) if isinstance(value, int) else Fraction(repr(value))


def numbers(schemas: Sequence[Mapping[str, Any]], usual: tuple[float, float] | None, *, whole: bool) -> NumberGenerator:
    """Numbers that keep the bounds and steps of all the schemas, from the `usual` range where that leaves any.

    Raises `ValueError` when there is none.
    """
    low, high, step = _limits(schemas, whole)
    first = None if low is None else low[0]
    last = None if high is None else high[0]
    if usual is not None:
        start, end = exact(usual[0]), exact(usual[1])
        if (first is None or start >= first) and (last is None or end <= last):
            first, last, low, high = start, end, None, None
    reach = 1000 * (step or (Fraction(1) if whole else CENT * 100))
    if first is None:
        first = Fraction(0) if last is None or last >= 0 else last - reach
        first = first if first != 0 or (last is not None and last < 1) else min(Fraction(1), step or CENT)
        low = None
    if last is None:
        last = first + reach
        high = None
    # Beyond 2**53 a float has no digits left for cents.
    unit = step or (Fraction(1) if whole or max(abs(first), abs(last)) > 1 << 46 else CENT)
    bottom, top = math.ceil(first / unit), math.floor(last / unit)
    bottom += low is not None and low[1] and bottom * unit == first
    top -= high is not None and high[1] and top * unit == last
    if bottom > top:
        if step is not None or whole or first > last or (first == last and (_open(low) or _open(high))):
            raise ValueError("no number lies between the bounds")
        middle = _number((first + last) / 2)
        return lambda _entropy: middle
    span = min(top - bottom, (1 << 64) - 1)
    if usual is None and span > 10_000 and bottom < 0 < top:
        bottom, span = 0, min(top, 1000)  # the whole of an int32 looks like no data of anyone's
    elif usual is None and span > 10_000:
        span = 1000 if abs(bottom) < 1 << 53 else 10
    if whole or unit.denominator == 1:
        size = int(unit)
        return lambda entropy: (bottom + entropy.below(span + 1)) * size
    if unit == CENT:
        return lambda entropy: (bottom + entropy.below(span + 1)) / 100
    return lambda entropy: _number((bottom + entropy.below(span + 1)) * unit)


def _open(bound: tuple[Fraction, bool] | None) -> bool:
    return bound is not None and bound[1]


def _limits(
    schemas: Sequence[Mapping[str, Any]], whole: bool
) -> tuple[tuple[Fraction, bool] | None, tuple[Fraction, bool] | None, Fraction | None]:
    lows: list[tuple[Fraction, bool]] = []
    highs: list[tuple[Fraction, bool]] = []
    step: Fraction | None = None
    for schema in schemas:
        lows += [(exact(schema[key]), key != "minimum") for key in ("minimum", "exclusiveMinimum") if key in schema]
        highs += [(exact(schema[key]), key != "maximum") for key in ("maximum", "exclusiveMaximum") if key in schema]
        if whole and schema.get("format") in FORMATS:
            bottom, top = FORMATS[schema["format"]]
            lows.append((Fraction(bottom), False))
            highs.append((Fraction(top), False))
        if "multipleOf" in schema:
            other = exact(schema["multipleOf"])
            step = other if step is None else _common_multiple(step, other)
    if whole and step is not None:
        step = _common_multiple(step, Fraction(1))
    return max(lows, default=None), min(highs, key=lambda bound: (bound[0], not bound[1]), default=None), step


def _common_multiple(one: Fraction, other: Fraction) -> Fraction:
    return Fraction(math.lcm(one.numerator, other.numerator), math.gcd(one.denominator, other.denominator))


def _number(value: Fraction) -> JSON:
    return float(value) if value.denominator != 1 else int(value)
