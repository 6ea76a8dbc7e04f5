"""Objects: each property draws from a place of its own, and an entity from its identity."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from mockserver.errors import SpecError
from mockserver.generation import hints
from mockserver.generation.conjunction import Flat
from mockserver.generation.discriminators import Tag
from mockserver.generation.entropy import PRIME, Constant, Entropy, factor
from mockserver.generation.failures import FAILURES, Unsatisfiable, UnsupportedPattern
from mockserver.generation.hints import canonical, singular
from mockserver.generation.nodes import Node
from mockserver.generation.patterns import Pattern
from mockserver.generation.shapes import ObjectShape
from mockserver.types import ABSENT, JSON

if TYPE_CHECKING:
    from mockserver.generation.compiler import Compiler

MAX_DEPTH: Final = 5
"""Below this depth optional properties and items are left out, so that recursion ends."""
MISSING: Final = 12
"""One in so many optional properties is not there."""
POPULATION: Final = 89
"""So many entities of a kind are known to one another."""
MAP_KEYS: Final = ("amber", "birch", "cedar")
IDS: Final = frozenset(("id", "uuid", "guid", "objectid"))
REFERENCE: Final = re.compile(r"^(.+?)(_ids?|-ids?|Ids?|IDs?|_uuid|Uuid)$")
DECORATION: Final = re.compile(
    "(summary|details?|response|read|public|output|out|dto|schema|full|short|simple|base|model|info|item|view|entity|"
    "object|resource|representation|payload|data|v[0-9]+)+$"
)


class Slot:
    """A property or an item: its generator, compiled when it is first drawn, and the place that it draws from."""

    __slots__ = (
        "_compiler",
        "_is_valid",
        "constant",
        "echo",
        "factor",
        "is_special",
        "key",
        "made",
        "name",
        "node",
        "optional",
        "reference",
        "repeats",
    )

    def __init__(self, compiler: Compiler, node: Node, name: str, key: str, *, optional: bool = False) -> None:
        self._compiler = compiler
        self.made: Callable[[Entropy], JSON] | None = None
        self._is_valid: Callable[[Any], bool] | None = None
        self.node = node
        self.name = name
        self.key = key
        self.factor = factor(key)
        self.optional = optional
        self.echo: str | None = None
        self.repeats = False
        self.is_special = False
        """Whether more than its generator may decide about it."""
        self.constant: JSON = ABSENT
        self.reference: str | None = None

    def __call__(self, entropy: Entropy) -> JSON:
        if self.made is None:
            self.made = self._compiler.generator(self.node, self.name)
            if isinstance(self.made, Constant) and not isinstance(self.made.value, dict | list):
                self.constant = self.made.value
        return self.made(entropy)

    def settle(self, *, is_identity: bool, repeats: bool) -> None:
        """Say what decides about it besides its generator."""
        self.repeats = repeats
        self.is_special = is_identity or repeats or self.optional or self.reference is not None

    def set(self, value: JSON) -> None:
        """Make this the value, whatever the place."""
        self.made = Constant(value)
        self.constant = value
        self.optional = False

    def echoed(self, echo: Mapping[str, str]) -> JSON:
        """What the request says of this property, if anything."""
        return self.repeated(echo[self.echo]) if self.echo is not None and self.echo in echo else ABSENT

    def repeated(self, text: str) -> JSON:
        """The text of a parameter as a value of this property; ABSENT when it would be none."""
        if self._is_valid is None:
            self._is_valid = self._compiler.accepts(self.node)
        readings: list[JSON] = [text]
        if re.fullmatch("-?[0-9]{1,18}", text):
            readings.insert(0, int(text))
        return next((value for value in readings if self._is_valid(value)), ABSENT)


class Objects(NamedTuple):
    """A generator of objects, and the state of the entity that it is about to generate, if that is one."""

    generate: Callable[[Entropy], JSON]
    entity: Callable[[Entropy], int] | None


def compile_object(compiler: Compiler, flat: Flat, node: Node, name: str) -> Objects:
    """A generator of objects. Raises `Unsatisfiable`."""
    shape = compiler.object_shape(flat)
    kind = kind_of(node, name, compiler)
    slots = _slots(compiler, shape, kind)
    _tag(compiler, slots, shape, flat.tags)
    slots = _bounded(slots, shape)
    must = [slot for slot in slots if not slot.optional]
    floor, needs = shape.low, shape.needs
    identity = next((slot for slot in slots if canonical(slot.key) in IDS or canonical(slot.key) == f"{kind}id"), None)
    chance = compiler.options.optional == "some"
    usual = must if compiler.options.optional == "never" else slots
    echoed = compiler.options.echoed
    linked = bool(echoed) and any(slot.echo in echoed or slot is identity for slot in slots)
    for slot in slots:
        slot.settle(is_identity=slot is identity, repeats=slot.echo in echoed)

    def generate_object(entropy: Entropy) -> JSON:
        base = entropy.state
        depth = entropy.depth
        chosen = usual if depth < MAX_DEPTH and entropy.left > 0 else must
        echo = entropy.echo if linked else None
        value: dict[str, JSON] = {}
        known: JSON = ABSENT
        if identity is not None:
            known = _identify(identity, kind, entropy, echo)
            base = entropy.entity(kind, str(known)) % PRIME
        entropy.depth = depth + 1
        entropy.left -= len(chosen)
        for slot in chosen:
            if (constant := slot.constant) is not ABSENT and not (slot.optional and chance):
                value[slot.key] = constant
                continue
            state = base * slot.factor % PRIME
            if slot.is_special:
                if slot is identity:
                    value[slot.key] = known
                    continue
                if slot.optional and chance and (state >> 200) % MISSING == 0:
                    continue
                if slot.repeats and echo is not None and (said := slot.echoed(echo)) is not ABSENT:
                    value[slot.key] = said
                    continue
                # What a call returns that is no entity itself, such as the id of a job, is new and refers to nothing.
                if slot.reference is not None and (depth or identity is not None):
                    state = entropy.entity(slot.reference, f"#{(state >> 64) % POPULATION}") % PRIME
            entropy.state = state
            value[slot.key] = slot(entropy) if (made := slot.made) is None else made(entropy)
        if len(value) < floor or needs:
            _complete(value, slots, base, floor, needs, entropy)
        entropy.depth = depth
        return value

    def entity(entropy: Entropy) -> int:
        state, index = entropy.state, entropy.index
        known = _identify(identity, kind, entropy, entropy.echo if linked else None) if identity is not None else ""
        entropy.state, entropy.index = state, index
        return entropy.entity(kind, str(known))

    return Objects(generate_object, entity if identity is not None else None)


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
        entropy.state = entropy.entity(kind, f"#{place}") % PRIME
    entropy.depth = depth + 1
    known = identity(entropy)
    entropy.depth = depth
    return known


def _complete(
    value: dict[str, JSON], slots: list[Slot], base: int, floor: int, needs: Mapping[str, list[str]], entropy: Entropy
) -> None:  # fmt: skip
    """Add properties that chance left out: as many as there must be, and those that others ask for."""
    for slot in slots:
        is_needed = any(slot.key in needs[present] for present in needs if present in value)
        if slot.key not in value and (len(value) < floor or is_needed):
            entropy.state = base * slot.factor % PRIME
            value[slot.key] = slot(entropy)


def _slots(compiler: Compiler, shape: ObjectShape, kind: str) -> list[Slot]:
    slots = []
    children = dict(shape.children)
    _add_keys(compiler, children, shape)
    for key, child in children.items():
        required = key in shape.required
        if not required and not _possible(compiler, child):
            continue
        called = "personname" if key == "name" and kind in hints.PERSONS else key
        slot = Slot(compiler, child, called, key, optional=not required)
        if not any(isinstance(part.schema, dict) and part.schema.get("x-mock-echo") is False for part in child):
            slot.echo = canonical(key)
        hint = hints.text_hint(key, kind)
        moment = any(
            isinstance(located.schema, dict) and located.schema.get("format") in ("date-time", "date")
            for located in child
        )
        if moment:
            slot.factor = factor("@moment")
        elif hint is not None:
            slot.factor = factor(hints.group(key, hint))
        if (match := REFERENCE.match(key)) and (stem := canonical(singular(match[1]))) not in (kind, ""):
            slot.reference = _target(compiler, children, match[1]) or stem
            slot.factor = factor(f"@{canonical(match[1])}")
        elif canonical(key) not in IDS and hint is None and not moment:
            slot.factor = factor(f"@{canonical(key)}")
        slots.append(slot)
    return slots


def _bounded(slots: list[Slot], shape: ObjectShape) -> list[Slot]:
    """As many of the properties as there may be."""
    if len(slots) < shape.low:
        raise Unsatisfiable("more properties are required than may be there")
    if len(slots) <= shape.high:
        return slots
    must = [slot for slot in slots if not slot.optional]
    return [*must, *[slot for slot in slots if slot.optional][: shape.high - len(must)]]


def _tag(compiler: Compiler, slots: list[Slot], shape: ObjectShape, tags: Sequence[Tag]) -> None:
    """Let the properties that tell the schema of the object say so."""
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


def _target(compiler: Compiler, children: dict[str, Node], stem: str) -> str | None:
    """The kind of the entity that stands beside a reference to it: that of `author` for `author_id`."""
    other = children.get(stem)
    return kind_of(other, stem, compiler) if other else None


def _possible(compiler: Compiler, node: Node) -> bool:
    """Whether an optional property can be there at all."""
    try:
        return not node or compiler.fits(node)
    except FAILURES:
        return False


def _add_keys(compiler: Compiler, children: dict[str, Node], shape: ObjectShape) -> None:
    """Entries of a map, and as many as the object must have."""
    wanted = max(shape.low, len(children))
    if shape.is_map and not children:
        wanted = max(shape.low, min(2, shape.high))
    if len(children) >= wanted:
        return
    for key in _keys(compiler, shape, wanted):
        if len(children) >= min(wanted, shape.high):
            return
        if key not in children and (node := shape.child(key)) is not None and _possible(compiler, node):
            children[key] = node


def _keys(compiler: Compiler, shape: ObjectShape, wanted: int) -> list[str]:
    keys = [] if shape.patterns else list(MAP_KEYS)
    for pattern in shape.patterns:
        try:
            generate = Pattern(pattern).generator()
        except UnsupportedPattern:
            continue
        keys += [text for n in range(wanted + 20) if compiler.matches(pattern, text := generate(Entropy(b"key%d" % n)))]
    names = [
        (part.schema["propertyNames"], f"{part.pointer}/propertyNames")
        for part in shape.parts if isinstance(part.schema, dict) and "propertyNames" in part.schema
    ]  # fmt: skip
    if names:
        try:
            make = compiler.generator((*compiler.located(names),), "key")
            keys = [str(make(Entropy(b"key%d" % number))) for number in range(wanted + 40)] + keys
        except (*FAILURES, SpecError):
            pass
    return [*keys, *MAP_KEYS, *(f"{MAP_KEYS[n % 3]}{n}" for n in range(wanted)), "a", "A", "1", "x-a", "_"]


def kind_of(node: Node, name: str, compiler: Compiler) -> str:
    """What an object is an instance of: its component, else the property that holds it, else the document's path."""
    for located in _with_targets(node):
        match = re.fullmatch(r"#/components/schemas/([^/]+)", located)
        if match:
            plain = canonical(match[1].rpartition(".")[2])
            plain = DECORATION.sub("", plain) or plain
            plain = re.sub("^(get|create|update|list|api)(?=[a-z]{3})", "", plain)
            return singular(plain)
    return singular(canonical(name)) or compiler.options.kind


def _with_targets(node: Node) -> list[str]:
    pointers = []
    for located in node:
        pointers.append(located.pointer)
        if isinstance(located.schema, dict) and isinstance(reference := located.schema.get("$ref"), str):
            pointers.append(reference)
        elif isinstance(located.schema, dict) and len(located.schema.get("allOf", ())) == 1:
            branch = located.schema["allOf"][0]
            if isinstance(branch, dict) and isinstance(reference := branch.get("$ref"), str):
                pointers.append(reference)
    return pointers
