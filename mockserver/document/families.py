"""Which components are composed of which: a schema whose `allOf` refers to another is of its family."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from mockserver.document.pointers import escape
from mockserver.types import JSON

SCHEMAS: Final = "#/components/schemas/"

Families = Mapping[str, tuple[str, ...]]
"""The pointers of the components that are composed of the component at a pointer, in the order of the document."""


def families(content: Mapping[str, Any]) -> Families:
    """The families of a document."""
    components = content.get("components")
    schemas = components.get("schemas") if isinstance(components, Mapping) else None
    found: dict[str, list[str]] = {}
    for name, schema in schemas.items() if isinstance(schemas, Mapping) else ():
        for parent in dict.fromkeys(_parents(schema)):
            found.setdefault(parent, []).append(SCHEMAS + escape(str(name)))
    return {parent: tuple(members) for parent, members in found.items()}


def iter_descendants(pointer: str, members: Families) -> Iterator[str]:
    """The members of a family, those of its members included."""
    seen = {pointer}
    waiting = list(members.get(pointer, ()))
    while waiting:
        member = waiting.pop(0)
        if member not in seen:
            seen.add(member)
            yield member
            waiting += members.get(member, ())


def _parents(schema: JSON) -> Iterator[str]:
    branches = schema.get("allOf") if isinstance(schema, Mapping) else None
    for branch in branches if isinstance(branches, list) else ():
        if isinstance(branch, Mapping) and isinstance(reference := branch.get("$ref"), str):
            yield reference
        else:
            yield from _parents(branch)
