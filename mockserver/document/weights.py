"""How much work a schema makes of one value, so that no document can keep a validator busy for ever.

References that fan out (`allOf` of two that are each `allOf` of two, and so on) make a validator look at one value
exponentially often, and one that leads back to itself without going down into the value has no end at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from mockserver.errors import SpecError
from mockserver.types import JSON

MAX_LOOKS: Final = 100_000
"""So many subschemas may apply to one and the same value."""
MAX_DEPTH: Final = 200
LISTS: Final = ("allOf", "anyOf", "oneOf")
ONES: Final = ("not", "if", "then", "else")


class Weights:
    """Weighs the schemas of one document, each once. `lookup` follows a pointer."""

    def __init__(self, lookup: Callable[[str], JSON]) -> None:
        self._lookup = lookup
        self._known: dict[str, int | None] = {}
        self._problems: dict[int, str] = {}
        """What is wrong with each schema that was weighed, by its `id`; empty for a light one."""

    def check(self, pointer: str) -> None:
        """Raise `SpecError` for a schema that would keep a validator busy, or one that it leads to."""
        pending: list[JSON] = [{"$ref": pointer}]
        while pending:
            node = pending.pop()
            if isinstance(node, list):
                pending += node
            if not isinstance(node, Mapping):
                continue
            if (known := self._problems.get(id(node))) is not None:
                if known:
                    raise SpecError(known)
                continue
            self._weigh(node)
            pending += node.values()
            if isinstance(reference := node.get("$ref"), str) and reference.startswith("#/"):
                pending.append(self._lookup(reference))

    def _weigh(self, node: Mapping[str, Any]) -> None:
        try:
            self._looks(node, 0)
        except SpecError as error:
            self._problems[id(node)] = error.problem
            raise
        self._problems[id(node)] = ""

    def _looks(self, node: JSON, depth: int) -> int:
        """At how many subschemas a validator looks for one value."""
        if not isinstance(node, Mapping):
            return 1
        if depth > MAX_DEPTH:
            raise SpecError(f"applies more than {MAX_DEPTH} schemas within one another to one value")
        looks = 1 + sum(self._looks(branch, depth + 1) for branch in _branches(node))
        if isinstance(reference := node.get("$ref"), str) and reference.startswith("#/"):
            looks += self._behind(reference, depth)
        if looks > MAX_LOOKS:
            raise SpecError(f"makes a validator look at one value more than {MAX_LOOKS:,} times")
        return looks

    def _behind(self, reference: str, depth: int) -> int:
        if reference not in self._known:
            self._known[reference] = None
            try:
                self._known[reference] = self._looks(self._lookup(reference), depth + 1)
            finally:
                if self._known[reference] is None:
                    del self._known[reference]
        if (looks := self._known[reference]) is None:
            raise SpecError(f"the reference {reference!r} leads back to itself for one and the same value")
        return looks


def _branches(node: Mapping[str, Any]) -> Iterator[JSON]:
    for key in LISTS:
        if isinstance(branches := node.get(key), list):
            yield from branches
    for key in ONES:
        if key in node:
            yield node[key]
    if isinstance(dependent := node.get("dependentSchemas"), Mapping):
        yield from dependent.values()
