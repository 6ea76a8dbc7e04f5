"""Which part of a collection a request asks for, by the names that its query parameters usually have."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from hashlib import blake2b
from typing import Any, Final

from mockserver.document import Document
from mockserver.errors import SpecError
from mockserver.generation import Page, numbered
from mockserver.generation.hints import canonical
from mockserver.spec import Operation, Parameter

LIMITS: Final = frozenset(
    ("limit", "perpage", "pagesize", "size", "maxresults", "maxitems", "top", "take", "rows", "itemsperpage",
     "pagelimit", "pagelen", "resultsperpage", "count", "maxpagesize", "pagecount")
)  # fmt: skip
NUMBERS: Final = frozenset(("page", "pagenumber", "pageno", "pagenum", "currentpage", "pageindex"))
OFFSETS: Final = frozenset(("offset", "skip", "start", "startindex", "startat", "pageoffset"))
USUAL: Final = 5
"""So many items has a page whose size is not asked for."""
MOST: Final = 100
FEWEST_IN_ALL: Final = 11
SPAN: Final = 37
"""A collection has so many items more than the fewest, at the most."""


class Pages:
    """The paging of one operation that lists a collection."""

    def __init__(self, operation: Operation, document: Document) -> None:
        query = [parameter for parameter in operation.parameters if parameter.location == "query"]
        # `$count` may be a truth where `$top` is the number.
        query.sort(key=lambda parameter: _schema(parameter, document).get("type") not in ("integer", "number"))
        self._limit = _named(query, LIMITS)
        self._number = _named(query, NUMBERS)
        self._offset = _named(query, OFFSETS)
        self._first = 0 if self._number is not None and _starts_at_zero(self._number, document) else 1
        self.is_list = operation.method == "GET" and not operation.path.rstrip("/").endswith("}")
        self._is_paged = self._limit is not None or self._number is not None or self._offset is not None

    def page(self, query: Mapping[str, list[str]], seed: str, path: str) -> Page | None:
        """What the query of a request to a path asks for; None where the operation lists nothing."""
        if not self.is_list:
            return None
        if not self._is_paged:
            return Page()
        digest = blake2b(f"{seed}\0{path}".encode("utf-8", "surrogatepass"), digest_size=32).digest()
        state = int.from_bytes(digest, "big")
        asked = _value(query, self._limit)
        limit = USUAL if asked is None else min(asked, MOST)
        number = _value(query, self._number)
        offset = (number - self._first) * limit if number is not None else _value(query, self._offset) or 0
        return Page(limit, max(0, offset), FEWEST_IN_ALL + state % SPAN, state, self._first)


def _named(parameters: Iterable[Parameter], names: frozenset[str]) -> Parameter | None:
    return next((parameter for parameter in parameters if canonical(parameter.name) in names), None)


def _value(query: Mapping[str, list[str]], parameter: Parameter | None) -> int | None:
    texts = query.get(parameter.name) if parameter is not None else None
    return numbered(texts[-1]) if texts else None


def _starts_at_zero(parameter: Parameter, document: Document) -> bool:
    schema = _schema(parameter, document)
    return 0 in (schema.get("minimum"), schema.get("default"))


def _schema(parameter: Parameter, document: Document) -> Mapping[str, Any]:
    try:
        schema, _ = document.resolve(parameter.schema, parameter.pointer)
    except SpecError:  # said at load
        return {}
    return schema if isinstance(schema, Mapping) else {}
