"""Arrays: a few items, each with a place of its own."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from mockserver.generation.conjunction import Flat, equal
from mockserver.generation.entropy import INSIDE, MASK, SHIFT, Entropy, factor
from mockserver.generation.failures import NotFound, Unsatisfiable
from mockserver.generation.hints import canonical, singular
from mockserver.generation.objects import MAX_DEPTH, POPULATION
from mockserver.generation.shapes import ArrayShape
from mockserver.generation.slots import Slot
from mockserver.types import JSON

if TYPE_CHECKING:
    from mockserver.generation.compiler import Compiler

ROOT_ITEMS: Final = 4
NESTED_ITEMS: Final = 3
POSITIONS: Final = (
    ("coordinates?|coords?|position|lnglat|lonlat|center|centroid|geolocation", "longitude", "latitude"),
    ("latlng|latlon", "latitude", "longitude"),
    ("(bbox|boundingbox|bounds|extent)", "longitude", "latitude", "longitude", "latitude"),
)
"""Patterns of names, with those of the numbers that stand there."""
ITEM_NODES: Final = 60
"""So many parts more may a page have for each item that was asked for."""
TRIES: Final = 400
"""So many items are drawn in vain at the most, where they must differ."""
EAGER_TRIES: Final = 20
"""After so many an array that may be shorter stays as it is."""


def compile_array(compiler: Compiler, flat: Flat, name: str) -> Callable[[Entropy], JSON]:
    """A generator of arrays. Raises `Unsatisfiable`."""
    shape = ArrayShape(flat)
    low, high = shape.low, shape.high
    item_name = singular(name)
    slots, high = _slots(compiler, shape, item_name)
    if low > high:
        raise Unsatisfiable("the items that it needs cannot be")
    contained = _contained(compiler, shape, item_name)
    fixed = shape.prefix
    positions = len(slots) - fixed
    unique = shape.unique

    def slot_at(index: int) -> Slot | None:
        if fixed <= index < len(contained):
            return contained[index]
        return slots[min(index, len(slots) - 1)] if slots else None

    def generate_array(entropy: Entropy) -> JSON:
        base = entropy.state
        wanted = low
        page, entropy.page = entropy.page, None
        offset = 0
        if entropy.depth < MAX_DEPTH and entropy.left > 0:
            usual = (
                2 + (base >> 180) % ROOT_ITEMS
                if entropy.depth == 0 or page is not None
                else 1 + (base >> 180) % NESTED_ITEMS
            )
            wanted = max(low, fixed, min(high, usual if positions < 2 else positions))
        if page is not None and page.count is not None:
            base, offset, wanted = page.state, page.offset, max(low, page.count)
            entropy.left += ITEM_NODES * wanted
        wanted = min(wanted, high)
        start = (base >> 64) % POPULATION
        base ^= INSIDE
        entropy.depth += 1
        values: list[JSON] = []
        tried = 0
        while len(values) < wanted and (slot := slot_at(len(values))) is not None:
            place = offset + len(values) + tried
            entropy.state = base * factor(f"[{place}]") >> SHIFT & MASK
            entropy.start, entropy.index = start, place
            value = slot(entropy)
            entropy.index = None
            if unique and any(equal(value, other) for other in values):
                tried += 1
                if tried > TRIES or (tried > EAGER_TRIES and len(values) >= low):
                    break
                continue
            # Nobody lists a text twice, though it may be.
            if type(value) is str and value in values and tried < EAGER_TRIES and len(values) >= fixed:
                tried += 1
                continue
            values.append(value)
        entropy.depth -= 1
        entropy.spend(len(values))
        if not low and all(value == {} for value in values):
            return []  # too deep for more: nothing says less than objects of nothing
        if len(values) < low:
            raise NotFound("too few different items were found")
        return values

    return generate_array


def _slots(compiler: Compiler, shape: ArrayShape, name: str) -> tuple[list[Slot], int]:
    """The items that differ by their place, the last of which stands for all that follow; and how many there may be."""
    slots: list[Slot] = []
    named = _position(compiler, shape, name)
    for index in range(min(max(shape.prefix + 1, len(named)), shape.high)):
        node = shape.item(index)
        if node is None or not compiler.is_possible(node):
            return slots, index
        slots.append(Slot(compiler, node, named[index] if named else name, f"[{index}]"))
    return slots, min(shape.high, max(shape.low, len(named))) if named else shape.high


def _position(compiler: Compiler, shape: ArrayShape, name: str) -> Sequence[str]:
    """What the numbers of a position are, as GeoJSON has them (RFC 7946, section 3.1.1); nothing for other arrays."""
    named = next((names for names in POSITIONS if re.fullmatch(names[0], canonical(name))), ("",))[1:]
    node = shape.item(0) if named and not shape.prefix else None
    if not node or not all(set(flat.types) <= {"number", "integer"} for flat in compiler.flats(node)):
        return ()
    return named


def _contained(compiler: Compiler, shape: ArrayShape, name: str) -> list[Slot]:
    """The items that `contains` asks for."""
    contained: list[Slot] = []
    for located, fewest, _ in shape.contained:
        node = (*(shape.item(shape.prefix) or ()), located)
        if fewest and compiler.is_possible(node):
            contained += [Slot(compiler, node, name, "[contained]")] * fewest
    return contained
