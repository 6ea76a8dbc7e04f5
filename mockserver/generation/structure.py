"""What the schemas of a document allow, found out once for all the generators of its responses."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final
from weakref import WeakValueDictionary

import jsonschema_rs

from mockserver.document import Document
from mockserver.generation.conjunction import Expander, Flat
from mockserver.generation.failures import FAILURES, Beyond, Failure, Unsatisfiable
from mockserver.generation.nodes import Located, Node, key_of, pointers
from mockserver.generation.shapes import ArrayShape, ObjectShape
from mockserver.types import JSON

HEIGHTS: Final = (24, 64)
"""So deep may the smallest value be nested; the first is enough nearly always."""
MAX_HEIGHT: Final = HEIGHTS[-1]


class Structure:
    """The ways to satisfy each node of a document, and whether they come to an end."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self._expander = Expander(document)
        self._flats: dict[tuple[str, ...], list[Flat]] = {}
        self._cut_short: set[tuple[str, ...]] = set()
        self._fits: dict[tuple[tuple[str, ...], int], bool] = {}
        self._shapes: dict[int, tuple[Flat, ObjectShape]] = {}
        """By the `id` of the flat schema, which is kept beside it."""
        self._matchers: dict[str, Callable[[Any], bool]] = {}
        self._validators: dict[tuple[str, ...], Callable[[Any], bool]] = {}
        self.identities: Mapping[str, Node] | None = None
        """What the ids of each kind of entity look like, once that has been asked."""

    @classmethod
    def of(cls, document: Document) -> Structure:
        """That of a document, which its generators share."""
        if (structure := _STRUCTURES.get(id(document.content))) is None:
            structure = _STRUCTURES[id(document.content)] = cls(document)
        return structure

    def flats(self, node: Node) -> list[Flat]:
        """The ways to satisfy a node."""
        key = key_of(node)
        if (flats := self._flats.get(key)) is None:
            flats = self._flats[key] = self._expander.alternatives(node)
            if self._expander.is_cut_short:
                self._cut_short.add(key)
        return flats

    def fitting(self, node: Node) -> list[Flat]:
        """The ways to satisfy a node that come to an end. Raises a `Failure` when there is none."""
        flats = self.flats(node)
        if not flats:
            if key_of(node) in self._cut_short:
                raise Beyond("it offers too many choices")
            raise Unsatisfiable("its parts contradict one another")
        for height in HEIGHTS:
            if fitting := [flat for flat in flats if self._fits_flat(flat, height)]:
                return fitting
        raise self._why(node, flats[0])

    def is_possible(self, node: Node) -> bool:
        """Whether the node has a value that is not nested too deep, as far as its structure tells."""
        return any(self.fits(node, height) for height in HEIGHTS)

    def fits(self, node: Node, height: int) -> bool:
        """Whether the node has a value that is nested no deeper than this."""
        if height <= 0:
            return False
        key = (key_of(node), height)
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
                must = self._must(flat, name)
            except FAILURES:
                continue
            if all(not child or self.fits(child, height - 1) for child in must):
                return True
        return False

    def _must(self, flat: Flat, type_name: str) -> list[Node]:
        """The parts that an object or array cannot be without. Raises a failure."""
        if type_name == "object":
            shape = self.object_shape(flat)
            return [shape.children[required] for required in shape.required]
        items = ArrayShape(flat)
        return [items.item(index) or () for index in range(min(items.low, items.prefix + 1))]

    def _ends(self, node: Node) -> bool:
        """Whether the node has a value, however deep: from the leaves up, until no more nodes are known to."""
        ways: dict[tuple[str, ...], list[list[Node]]] = {}
        todo = [node]
        while todo:
            if (key := key_of(current := todo.pop())) not in ways:
                ways[key] = [must for flat in self.flats(current) for must in self._ways(flat)]
                todo += [part for must in ways[key] for part in must if part]
        ending: set[tuple[str, ...]] = {()}
        while True:
            more = {
                key for key, found in ways.items()
                if key not in ending and any(all(key_of(part) in ending for part in must) for must in found)
            }  # fmt: skip
            if not more:
                return key_of(node) in ending
            ending |= more

    def _ways(self, flat: Flat) -> Iterator[list[Node]]:
        """What each type of value that a flat schema allows cannot be without."""
        if flat.options is not None or any(name not in ("object", "array") for name in flat.types):
            yield []
        for name in flat.types:
            if name in ("object", "array"):
                with suppress(*FAILURES):
                    yield self._must(flat, name)

    def _why(self, node: Node, flat: Flat) -> Failure:
        """What keeps a node from having a value."""
        if self._ends(node):
            return Beyond(f"it must be nested more than {MAX_HEIGHT} deep")
        try:
            if "object" in flat.types:
                shape = self.object_shape(flat)
                bad = [name for name in shape.required if not self.is_possible(shape.children[name])]
                why = f"its required property {bad[0]!r} cannot be, or has no end" if bad else "it has no end"
                return Unsatisfiable(why)
            ArrayShape(flat)
        except Failure as error:
            return error
        except FAILURES as error:
            return Unsatisfiable(str(error))
        return Unsatisfiable("its required items contradict one another or have no end")

    def object_shape(self, flat: Flat) -> ObjectShape:
        """The properties of an object. Raises `Unsatisfiable`."""
        if (known := self._shapes.get(id(flat))) is not None:
            return known[1]
        names = [
            f"{part.pointer}/propertyNames"
            for part in flat.parts if isinstance(part.schema, Mapping) and "propertyNames" in part.schema
        ]  # fmt: skip
        accepts = self.document.validator(*names).is_valid if names else _anything
        shape = ObjectShape(flat, self.matches, accepts)
        self._shapes[id(flat)] = (flat, shape)
        return shape

    def matches(self, pattern: str, text: str) -> bool:
        """Whether a regular expression is found in a text, by the validator's engine, which has a limit on its work."""
        if (matcher := self._matchers.get(pattern)) is None:
            matcher = self._matchers[pattern] = jsonschema_rs.Draft202012Validator({"pattern": pattern}).is_valid
        return matcher(text)

    def accepts(self, node: Sequence[Located]) -> Callable[[Any], bool]:
        """Whether a value is valid for a node."""
        places = tuple(pointers(node))
        if (known := self._validators.get(places)) is None:
            known = self._validators[places] = self._validator(places)
        return known

    def _validator(self, places: Sequence[str]) -> Callable[[Any], bool]:
        """A validator that is made when it is first asked."""
        made: list[Callable[[Any], bool]] = []

        def is_valid(value: JSON) -> bool:
            if not made:
                made.append(self.document.validator(*places).is_valid if places else _anything)
            return made[0](value)

        return is_valid


_STRUCTURES: WeakValueDictionary[int, Structure] = WeakValueDictionary()
"""By the `id` of the content, which a structure keeps alive."""


def _anything(_value: JSON) -> bool:
    return True
