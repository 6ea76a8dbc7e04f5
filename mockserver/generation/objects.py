"""Objects: each property draws from a place of its own, and an entity from its identity."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from typing import TYPE_CHECKING, Final, NamedTuple

from mockserver.generation.conjunction import Flat
from mockserver.generation.discriminators import Tag
from mockserver.generation.entropy import INSIDE, MASK, SHIFT, Entropy
from mockserver.generation.failures import Unsatisfiable
from mockserver.generation.hints import canonical
from mockserver.generation.nodes import Node
from mockserver.generation.paging import Page, listed_slot, tell
from mockserver.generation.shapes import ObjectShape
from mockserver.generation.slots import IDS, Slot, kind_of, slots_of
from mockserver.types import ABSENT, JSON

if TYPE_CHECKING:
    from mockserver.generation.compiler import Compiler, Options

MAX_DEPTH: Final = 6
"""Below this depth optional properties and items are left out, so that recursion ends."""
POPULATION: Final = 89
"""So many entities of a kind are known to one another."""


class Objects(NamedTuple):
    """A generator of objects, and the state of the entity that it is about to generate, if that is one."""

    generate: Callable[[Entropy], JSON]
    entity: Callable[[Entropy], int] | None


def compile_object(compiler: Compiler, flat: Flat, node: Node, name: str) -> Objects:
    """A generator of objects. Raises `Unsatisfiable`."""
    shape = compiler.object_shape(flat)
    kind = kind_of(node, name, compiler)
    slots = _bounded(_tagged(compiler, slots_of(compiler, shape, kind), shape, flat.tags), shape)
    return _generator(compiler.options, shape, kind, slots)


def _generator(options: Options, shape: ObjectShape, kind: str, slots: list[Slot]) -> Objects:
    must = [slot for slot in slots if not slot.optional]
    floor, needs, echoed = shape.low, shape.needs, options.echoed
    identity, listed = _settle(slots, kind, echoed)
    chance = options.optional == "some"
    usual = must if options.optional == "never" else slots
    linked = bool(echoed) and any(slot.echo in echoed or slot is identity for slot in slots)
    leading = [slot for slot in slots if slot.leads_to] if identity is not None else []

    def generate_object(entropy: Entropy) -> JSON:
        base = entropy.state
        depth = entropy.depth
        page, entropy.page = entropy.page, None
        chosen = usual if depth < MAX_DEPTH and entropy.left > 0 else must
        echo = entropy.echo if linked else None
        value: dict[str, JSON] = {}
        known: JSON = ABSENT
        if identity is not None and (known := _identify(identity, kind, entropy, echo)) is not ABSENT:
            base = entropy.entity(kind, str(known))
        base ^= INSIDE
        entropy.depth = depth + 1
        entropy.spend(len(chosen))
        for slot in chosen:
            if (constant := slot.constant) is not ABSENT and not (slot.optional and chance):
                value[slot.key] = constant
                continue
            state = base * slot.factor >> SHIFT & MASK
            if slot.is_special:
                if slot is identity and known is not ABSENT:
                    value[slot.key] = known
                    continue
                if (
                    slot.optional
                    and chance
                    and state >> 200 & slot.mask == slot.luck
                    and (depth or not slot.mask or not slot.is_container)
                ):
                    continue
                if slot.repeats and echo is not None and (said := slot.echoed(echo)) is not ABSENT:
                    value[slot.key] = said
                    continue
                if slot is listed:
                    entropy.page = page
                # What a call returns that is no entity itself, such as the id of a job, is new and refers to nothing.
                if slot.reference is not None and (depth or identity is not None):
                    state = entropy.entity(slot.reference, f"#{(state >> 64) % POPULATION}")
            entropy.state = state
            if (made := slot.made or slot.make()) is not None:
                value[slot.key] = made(entropy)
        if leading or listed is not None:
            entropy.page = None
            _agree(value, slots, leading, known, listed, page)
        if len(value) < floor or needs or (not value and chosen):
            _complete(value, slots, base, max(floor, min(1, len(chosen))), needs, entropy)
        entropy.depth = depth
        return value

    return Objects(generate_object, None if identity is None else _entity(identity, kind, is_linked=linked))


def _settle(slots: list[Slot], kind: str, echoed: Set[str]) -> tuple[Slot | None, Slot | None]:
    """The identity of an entity and the list of a page, where there are such, having told all slots what they are."""
    identity = next((slot for slot in slots if canonical(slot.key) in IDS or canonical(slot.key) == f"{kind}id"), None)
    listed = listed_slot(slots, is_entity=identity is not None)
    for slot in slots:
        slot.settle(is_special=slot is identity or slot is listed, repeats=slot.echo in echoed)
    return identity, listed


def _entity(identity: Slot, kind: str, *, is_linked: bool) -> Callable[[Entropy], int]:
    """The state of the entity that is about to be generated."""

    def entity(entropy: Entropy) -> int:
        state, index = entropy.state, entropy.index
        known = _identify(identity, kind, entropy, entropy.echo if is_linked else None)
        entropy.state, entropy.index = state, index
        return entropy.entity(kind, str(known))

    return entity


def _identify(identity: Slot, kind: str, entropy: Entropy, echo: Mapping[str, str] | None) -> JSON:
    """The id of an entity: what the path says, else that of one of its kind, or a new one at the top of an answer."""
    depth, base = entropy.depth, entropy.state
    index, entropy.index = entropy.index, None
    if echo is not None and index is None:
        text = echo.get(f"@{kind}") or (echo.get("@") if depth == 0 else None)
        if text is not None and (known := identity.repeated(text)) is not ABSENT:
            return known
    if depth:
        place = (base >> 64) % POPULATION if index is None else (entropy.start + index) % POPULATION
        entropy.state = entropy.entity(kind, f"#{place}")
    entropy.depth = depth + 1
    known = identity(entropy)
    entropy.depth = depth
    return known


def _agree(
    value: dict[str, JSON], slots: list[Slot], leading: list[Slot], known: JSON, listed: Slot | None, page: Page | None
) -> None:  # fmt: skip
    """Let the addresses of an entity have its id, and what stands beside a list agree with it."""
    for slot in leading:
        if isinstance(value.get(slot.key), str) and isinstance(known, str | int):
            value[slot.key] = f"{slot.leads_to}{known}"
    if page is not None and listed is not None:
        tell(value, slots, listed, page)


def _complete(
    value: dict[str, JSON], slots: list[Slot], base: int, floor: int, needs: Mapping[str, list[str]], entropy: Entropy
) -> None:  # fmt: skip
    """Add properties that chance left out: as many as there must be, and those that others ask for."""
    for slot in slots:
        is_needed = any(slot.key in needs[present] for present in needs if present in value)
        if slot.key not in value and (len(value) < floor or is_needed):
            entropy.state = base * slot.factor >> SHIFT & MASK
            if (entry := slot(entropy)) is not ABSENT:
                value[slot.key] = entry


def _bounded(slots: list[Slot], shape: ObjectShape) -> list[Slot]:
    """As many of the properties as there may be."""
    if len(slots) < shape.low:
        raise Unsatisfiable("more properties are required than may be there")
    if len(slots) <= shape.high:
        return slots
    must = [slot for slot in slots if not slot.optional]
    return [*must, *[slot for slot in slots if slot.optional][: shape.high - len(must)]]


def _tagged(compiler: Compiler, slots: list[Slot], shape: ObjectShape, tags: Sequence[Tag]) -> list[Slot]:
    """The properties with those that tell the schema of the object saying so."""
    for key, values in tags:
        slot = next((slot for slot in slots if slot.key == key), None)
        if slot is None:
            if (node := shape.child(key)) is None:
                continue
            slots.append(slot := Slot(compiler, node, key, key))
        is_valid = compiler.accepts(slot.node)
        alike = {canonical(text) for text in values}
        options = [value for way in compiler.flats(slot.node) for value in way.options or ()]
        listed = [value for value in options if isinstance(value, str) and canonical(value) in alike]
        if (value := next(filter(is_valid, [*values, *listed]), None)) is not None:
            slot.set(value)
    return slots
