"""What a document shows of dependencies (`Depends`), whose errors come before those of a route's own parameters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeAlias
from weakref import WeakValueDictionary

from mockserver.document import Document
from mockserver.spec import Parameter
from mockserver.types import JSON

DECLARED: Final = ("query", "header", "cookie")

OWN_ERROR: Final = "#/components/schemas/HTTPValidationError"

MIN_SHARED: Final = 3
"""So many operations need the header of a dependency."""

MIN_RUN: Final = 4
"""So many parameters of a query are declared once, in a dependency, when two operations have them."""

MAX_ENDING: Final = 40
"""So many parameters at the end of a query are compared."""

PAGES: Final = frozenset({"Page number", "Page size limit", "Cursor for the next page"})
"""How fastapi-pagination describes the first parameter of the dependencies that it adds."""

Signature = tuple[str, str]
"""The name and the schema of a parameter."""

Run: TypeAlias = tuple[Signature, ...]
"""Parameters that follow each other in a query."""


class Dependencies:
    """What a document shows of dependencies: parameters that no one declares again and again.

    A dependency fails before the route's own parameters are looked at, though its parameters are listed behind them.
    Such are the headers and cookies that several operations need, what all of them need of a query, long queries that
    end alike, and what begins one query and stands inside of another. Whether two parameters that recur, such as those
    of pages, are a dependency's cannot be told.
    """

    def __init__(self, document: Document) -> None:
        needed: Counter[tuple[str, Signature]] = Counter()
        endings: Counter[Run] = Counter()
        starts: set[Run] = set()
        insides: set[Run] = set()
        operations = list(_iter_operations(document))
        for operation in operations:
            listed = operation.get("parameters")
            nodes = listed if isinstance(listed, list) else []
            parameters = [node for node in nodes if isinstance(node, Mapping)]
            for node in parameters:
                if node.get("required") and node.get("in") in DECLARED:
                    needed[node["in"], _signature(node)] += 1
            query = [_signature(node) for node in parameters if node.get("in") == "query"]
            endings.update(_endings(query))
            first, *later = _runs(query) or [()]
            starts.add(first)
            insides.update(later)
        self._needed = {
            (place, name)
            for (place, (name, _)), count in needed.items()
            if count >= (max(MIN_SHARED, len(operations)) if place == "query" else MIN_SHARED)
        }
        self._endings = {ending for ending, count in endings.items() if count > 1}
        self._starts = starts & insides
        self.tells_validation = any(_is_own_error(operation) for operation in operations)
        """Whether operations that are validated say so: FastAPI adds its 422 to them, unless somebody removed it."""

    @classmethod
    def of(cls, document: Document) -> Dependencies:
        """Those of a document, which its operations share."""
        key = id(document.content)
        if (found := _DEPENDENCIES.get(key)) is None:
            found = _DEPENDENCIES[key] = cls(document)
        return found

    def among(self, parameters: list[Parameter]) -> set[tuple[str, str]]:
        """Location and name of those of an operation's parameters that belong to a dependency."""
        found = {(parameter.location, parameter.name) for parameter in parameters} & self._needed
        query = [entry for entry in parameters if entry.location == "query"]
        return found | {("query", entry.name) for entry in query[self._start(query) :]}

    def _start(self, query: list[Parameter]) -> int:
        """Where the parameters of dependencies begin, which are listed behind the route's own."""
        names = [(entry.name, repr(entry.schema)) for entry in query]
        starts = [number for number, run in enumerate(_runs(names)) if run in self._starts]
        if starts:
            return starts[-1]
        endings = [len(names) - len(ending) for ending in _endings(names) if ending in self._endings]
        pages = [number for number, entry in enumerate(query) if _description(entry) in PAGES]
        return min([*endings, *pages], default=len(query))


def _description(parameter: Parameter) -> JSON:
    return parameter.schema.get("description") if isinstance(parameter.schema, Mapping) else None


def _iter_operations(document: Document) -> Iterator[Mapping[str, Any]]:
    for item in document.content.get("paths", {}).values():
        for node in item.values() if isinstance(item, Mapping) else ():
            if isinstance(node, Mapping):
                yield node


def _is_own_error(operation: Mapping[str, Any]) -> bool:
    """Whether an operation has the 422 that FastAPI adds."""
    node: Any = operation
    for key in ("responses", "422", "content", "application/json", "schema", "$ref"):
        node = node.get(key) if isinstance(node, Mapping) else None
    return bool(node == OWN_ERROR)


def _signature(node: Mapping[str, Any]) -> Signature:
    return str(node.get("name")), repr(node.get("schema"))


def _endings(query: list[Signature]) -> Iterator[Run]:
    """The endings of a query that are long enough to tell a dependency, the longest first."""
    start = max(0, len(query) - MAX_ENDING)
    return (tuple(query[number:]) for number in range(start, len(query) - MIN_RUN + 1))


def _runs(query: list[Signature]) -> list[Run]:
    """What is just long enough to tell a dependency, from each place of a query."""
    return [tuple(query[number : number + MIN_RUN]) for number in range(len(query) - MIN_RUN + 1)]


_DEPENDENCIES: WeakValueDictionary[int, Dependencies] = WeakValueDictionary()
