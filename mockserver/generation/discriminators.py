"""What a discriminator says of a value (OpenAPI 3.1, section 4.8.25): which schema it is of, and which tag tells so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from mockserver.document import Document
from mockserver.document.families import SCHEMAS, iter_descendants
from mockserver.errors import SpecError
from mockserver.types import JSON, Schema

MAX_MEMBERS: Final = 12
"""So many members of a family are taken for an answer of its base."""


class Tag(NamedTuple):
    """The property that tells a schema, and the values that do, the best first."""

    property: str
    values: tuple[str, ...]


class Discriminator:
    """The discriminator of a schema at a pointer."""

    def __init__(self, schema: Mapping[str, Any], pointer: str, document: Document) -> None:
        node = schema["discriminator"]
        # Swagger 2.0 has the name alone.
        name = node.get("propertyName") if isinstance(node, Mapping) else node
        self.property = name if isinstance(name, str) else ""
        mapping = node.get("mapping") if isinstance(node, Mapping) else None
        self._mapping = mapping if isinstance(mapping, Mapping) else {}
        self._pointer = pointer
        self._document = document

    def tag(self, pointer: str) -> Tag:
        """What tells the schema at a pointer: the keys mapped to it, what AutoRest's extension says, its name."""
        mapped = [str(key) for key, target in self._mapping.items() if self._place(target) == pointer]
        return Tag(self.property, (*mapped, *self._named(pointer)))

    def members(self) -> list[tuple[Schema, str]]:
        """The schemas that are composed of this one, with their pointers."""
        found = list(iter_descendants(self._pointer, self._document.families))
        mapped = [place for target in self._mapping.values() if (place := self._place(target)) in found]
        chosen = list(dict.fromkeys([*mapped, *found]))[:MAX_MEMBERS]
        return [(self._document.lookup(pointer), pointer) for pointer in chosen]

    def member_among(self, pointers: Sequence[str]) -> str | None:
        """The member of the family that is meant already, if one is."""
        found = set(iter_descendants(self._pointer, self._document.families))
        return next((pointer for pointer in pointers if pointer in found), None)

    def _named(self, pointer: str) -> list[str]:
        if not pointer.startswith(SCHEMAS):
            return []
        name = pointer.removeprefix(SCHEMAS).replace("~1", "/").replace("~0", "~")
        schema = self._document.lookup(pointer)
        own = schema.get("x-ms-discriminator-value") if isinstance(schema, Mapping) else None
        return [own, name] if isinstance(own, str) else [name]

    def _place(self, target: JSON) -> str:
        """Where a mapping leads, which names a schema or refers to it."""
        reference = str(target) if "/" in str(target) else SCHEMAS + str(target)
        try:
            return self._document.resolve({"$ref": reference}, "")[1]
        except SpecError:
            return ""


def discriminator(schema: Mapping[str, Any], pointer: str, document: Document) -> Discriminator | None:
    """The discriminator of a schema, if it has one that names a property."""
    if "discriminator" not in schema:
        return None
    found = Discriminator(schema, pointer, document)
    return found if found.property else None
