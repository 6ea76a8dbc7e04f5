"""Path to operation: concrete segments beat templated ones, and the cost does not grow with the number of paths."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import unquote

from mockserver.spec import Operation

Leaf = dict[str, tuple[tuple[str, ...], Operation]]
"""The operations of one path by method, each with the names of its path parameters."""


@dataclass(frozen=True, slots=True)
class Match:
    """Where a path leads: its operations by method, none when the path is unknown."""

    leaf: Leaf
    values: tuple[str, ...] = ()

    @property
    def methods(self) -> list[str]:
        """The methods that the path has, in the document's order."""
        return list(self.leaf)

    def operation(self, method: str) -> tuple[Operation, dict[str, str]] | None:
        """The operation of a method, with the path parameters as decoded text."""
        if (found := self.leaf.get(method)) is None:
            return None
        names, operation = found
        return operation, dict(zip(names, self.values, strict=True))


NO_MATCH = Match({})


@dataclass(slots=True)
class _Node:
    """One level of the tree of path segments."""

    concrete: dict[str, _Node] = field(default_factory=dict)
    templated: dict[str, tuple[re.Pattern[str] | None, _Node]] = field(default_factory=dict)
    leaf: Leaf = field(default_factory=dict)


class Router:
    """Finds the operation of a decoded path, segment by segment."""

    def __init__(self, operations: Iterable[Operation]) -> None:
        self._root = _Node()
        self._templates: list[str] = []
        for operation in operations:
            self._add(operation)

    def match(self, path: str) -> Match:
        """The operations on a percent-decoded path, as Starlette finds them: no path parameter has a slash in it."""
        # A trailing line feed is dropped, as `$` does in the expressions that Starlette compiles its routes to.
        for candidate in (path, path[:-1]) if path.endswith("\n") else (path,):
            if found := self._find(self._root, candidate.split("/"), 0, ()):
                return found
        return NO_MATCH

    def match_raw(self, path: str) -> Match:
        """The operations on a path as it was sent: an encoded slash is part of a parameter (RFC 3986, section 2.2)."""
        segments = [unquote(segment) for segment in path.split("/")] if "%" in path else path.split("/")
        return self._find(self._root, segments, 0, ()) or NO_MATCH

    def nearest(self, method: str, path: str) -> str | None:
        """The operation (`METHOD /path`) most like what was asked for, for an error message."""
        return next(iter(difflib.get_close_matches(f"{method} {path}", self._templates, 1, cutoff=0)), None)

    def _add(self, operation: Operation) -> None:
        self._templates.append(str(operation))
        node, names = self._root, []
        for segment in operation.path.split("/"):
            if "{" not in segment:
                node = node.concrete.setdefault(segment, _Node())
                continue
            names += re.findall(r"\{([^}]*)\}", segment)
            shape = re.sub(r"\{[^}]*\}", "{}", segment)
            _, node = node.templated.setdefault(shape, (_compile(shape), _Node()))
        node.leaf[operation.method] = (tuple(names), operation)

    def _find(self, node: _Node, segments: list[str], index: int, values: tuple[str, ...]) -> Match | None:
        for number in range(index, len(segments)):
            segment = segments[number]
            child = node.concrete.get(segment)
            if node.templated:  # the only place with a choice, and so the only one to come back to
                if child is not None and (found := self._find(child, segments, number + 1, values)):
                    return found
                return self._find_templated(node, segments, number, values)
            if child is None:
                return None
            node = child
        return Match(node.leaf, values) if node.leaf else None

    def _find_templated(self, node: _Node, segments: list[str], index: int, values: tuple[str, ...]) -> Match | None:
        segment = segments[index]
        for pattern, child in node.templated.values():
            groups: tuple[str, ...] = (segment,) if segment else ()
            if pattern is not None:
                groups = match.groups() if (match := pattern.fullmatch(segment)) else ()
            if groups and (found := self._find(child, segments, index + 1, (*values, *groups))):
                return found
        return None


def _compile(shape: str) -> re.Pattern[str] | None:
    """An expression for a templated segment; None for a segment that is one parameter and nothing else."""
    if shape == "{}":
        return None
    return re.compile("(.+)".join(re.escape(part) for part in shape.split("{}")), re.DOTALL)
