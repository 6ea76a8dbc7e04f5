"""Path to operation: concrete segments beat templated ones, and the cost does not grow with the number of paths."""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import parse_qsl, unquote

from mockserver.spec import Operation, template_names
from mockserver.types import Request


class Route(NamedTuple):
    """An operation with the names of its path parameters.

    `conditions` are the pairs behind `?` or `#` in a path of the document (`/#X-Amz-Target=Service.Action`): no path
    has them, but that is how descriptions of RPC services tell their operations apart.
    """

    names: tuple[str, ...]
    operation: Operation
    conditions: tuple[tuple[str, str], ...] = ()
    order: tuple[bool, int] = (False, 0)
    """Which of the document's operations it is, behind whether that says little of when it was declared.

    A path stands where the first of its operations was declared; which one that was does not show. Whoever declares a
    templated one before a concrete one of the same method declares that for nothing, which is seldom done.
    """


Leaf = dict[str, tuple[Route, ...]]
"""The operations of one path by method."""

Fits = Callable[[Operation, Mapping[str, str], Request], bool]
"""Whether path parameters, as decoded text, are what an operation takes."""


@dataclass(frozen=True, slots=True)
class Match:
    """Where a path leads: its operations by method, none when the path is unknown.

    `others` are what later paths of the document have for methods that this one has not.
    """

    leaf: Leaf
    values: tuple[str, ...] = ()
    others: tuple[Match, ...] = ()

    @property
    def methods(self) -> list[str]:
        """The methods that the path has, in the document's order."""
        return list(dict.fromkeys([*self.leaf, *(method for other in self.others for method in other.leaf)]))

    def operation(
        self, method: str, request: Request | None = None, fits: Fits | None = None
    ) -> tuple[Operation, dict[str, str]] | None:
        """The operation of a method, with the path parameters as decoded text.

        Among several for one path the request decides by the conditions that it fulfils, then by what `fits`.
        """
        routes = self.leaf.get(method)
        if routes is None:
            found = (other.operation(method, request, fits) for other in self.others)
            return next(filter(None, found), None)
        if len(routes) > 1 and request is not None:
            routes = _fulfilled(routes, request) or routes
        named = [(route.operation, dict(zip(route.names, self.values, strict=True))) for route in routes]
        if len(named) > 1 and request is not None and fits is not None:
            return next((found for found in named if fits(*found, request)), named[0])
        return named[0]


NO_MATCH = Match({})


@dataclass(slots=True)
class _Node:
    """One level of the tree of path segments. `rest` takes all the segments that are left, as one value."""

    concrete: dict[str, _Node] = field(default_factory=dict)
    templated: dict[str, tuple[re.Pattern[str] | None, _Node]] = field(default_factory=dict)
    rest: _Node | None = None
    leaf: Leaf = field(default_factory=dict)


class Router:
    """Finds the operation of a path, segment by segment.

    With `in_order` the first path of the document that matches wins, as in Starlette, where else a concrete segment
    beats a templated one; and a last parameter that is named like a path takes slashes too, since FastAPI's documents
    do not tell `{file_path:path}` from `{file_path}`.
    """

    def __init__(self, operations: Iterable[Operation], *, in_order: bool = False) -> None:
        self._root = _Node()
        self._templates: list[str] = []
        self._in_order = in_order
        self._is_ambiguous = False
        listed = list(operations)
        shared = Counter(operation.path for operation in listed)
        for operation in listed:
            self._add(operation, is_shared=shared[operation.path] > 1)

    def match(self, path: str) -> Match:
        """The operations on a percent-decoded path, as Starlette finds them: no path parameter has a slash in it."""
        # A trailing line feed is dropped, as `$` does in the expressions that Starlette compiles its routes to.
        for candidate in (path, path[:-1]) if path.endswith("\n") else (path,):
            segments = candidate.split("/")
            if self._in_order and self._is_ambiguous:
                if found := self._first(segments):
                    return found
            elif found := self._find(self._root, segments, 0, ()):
                return found
        return NO_MATCH

    def match_raw(self, path: str) -> Match:
        """The operations on a path as it was sent: an encoded slash is part of a parameter (RFC 3986, section 2.2)."""
        segments = [unquote(segment) for segment in path.split("/")] if "%" in path else path.split("/")
        return self._find(self._root, segments, 0, ()) or NO_MATCH

    def match_raw_every(self, path: str) -> Match:
        """As `match_raw`, with the less concrete paths behind the best one, for the methods that it has not."""
        found = list(self._iter_all(self._root, [unquote(segment) for segment in path.split("/")], 0, ()))
        return Match(found[0].leaf, found[0].values, tuple(found[1:])) if found else NO_MATCH

    def nearest(self, method: str, path: str) -> str | None:
        """The operation (`METHOD /path`) most like what was asked for, for an error message."""
        return next(iter(difflib.get_close_matches(f"{method} {path}", self._templates, 1, cutoff=0)), None)

    # --- Building -----------------------------------------------------------------------------------------------------

    def _add(self, operation: Operation, *, is_shared: bool) -> None:
        self._templates.append(str(operation))
        path, conditions = split_conditions(operation.path)
        parent = node = self._root
        *_, last = segments = path.split("/")
        for segment in segments:
            parent, node = node, self._child(node, segment, operation, is_last=segment is last)
        order = (is_shared and "{" in path, len(self._templates))
        route = Route(tuple(template_names(path)), operation, conditions, order)
        node.leaf[operation.method] = (*node.leaf.get(operation.method, ()), route)
        if self._in_order and is_greedy(last, in_order=True):
            parent.rest = node

    def _child(self, node: _Node, segment: str, operation: Operation, *, is_last: bool) -> _Node:
        if "{" not in segment:
            child = node.concrete.setdefault(segment if self._in_order else unquote(segment), _Node())
        elif is_last and not self._in_order and is_greedy(segment, in_order=False):
            node.rest = child = node.rest or _Node()
        else:
            shape = re.sub(r"\{[^}]*\}", "{}", segment)
            listed = _listed(segment, operation) if "}{" in segment else {}
            pattern = _compile(shape, [listed.get(name, ".+") for name in template_names(segment)])
            _, child = node.templated.setdefault(shape + "".join(listed.values()), (pattern, _Node()))
            # The more of a segment is written out, the earlier it is tried.
            node.templated = dict(sorted(node.templated.items(), key=lambda entry: -len(entry[0])))
        self._is_ambiguous = self._is_ambiguous or bool(node.concrete and node.templated) or len(node.templated) > 1
        return child

    # --- Finding ------------------------------------------------------------------------------------------------------

    def _find(self, node: _Node, segments: list[str], index: int, values: tuple[str, ...]) -> Match | None:
        for number in range(index, len(segments)):
            segment = segments[number]
            child = node.concrete.get(segment)
            if node.templated or node.rest:  # the only places with a choice, and so the only ones to come back to
                if child is not None and (found := self._find(child, segments, number + 1, values)):
                    return found
                return self._find_templated(node, segments, number, values)
            if child is None:
                return None
            node = child
        return Match(node.leaf, values) if node.leaf else None

    def _find_templated(self, node: _Node, segments: list[str], index: int, values: tuple[str, ...]) -> Match | None:
        segment = segments[index]
        if len(node.templated) == 1 and (only := node.templated.get("{}")):  # by far the most frequent
            if segment and (found := self._find(only[1], segments, index + 1, (*values, segment))):
                return found
            return self._find_rest(node, segments, index, values) if node.rest else None
        for child, groups in _templated(node, segment):
            if found := self._find(child, segments, index + 1, (*values, *groups)):
                return found
        return self._find_rest(node, segments, index, values)

    def _find_rest(self, node: _Node, segments: list[str], index: int, values: tuple[str, ...]) -> Match | None:
        rest = "/".join(segments[index:])
        # The empty text is a path too for Starlette (`.*`), which is followed `in_order`.
        return Match(node.rest.leaf, (*values, rest)) if node.rest and (rest or self._in_order) else None

    def _first(self, segments: list[str]) -> Match | None:
        """The first operation of the document that matches, with the later ones behind it."""
        found = [
            (route.order, Match({method: (route,)}, match.values))
            for match in self._iter_all(self._root, segments, 0, ())
            for method, routes in match.leaf.items()
            for route in routes
        ]
        if not found:
            return None
        first, *others = (match for _, match in sorted(found, key=lambda pair: pair[0]))
        return Match(first.leaf, first.values, tuple(others))

    def _iter_all(self, node: _Node, segments: list[str], index: int, values: tuple[str, ...]) -> Iterator[Match]:
        if index == len(segments):
            if node.leaf:
                yield Match(node.leaf, values)
            return
        if (child := node.concrete.get(segments[index])) is not None:
            yield from self._iter_all(child, segments, index + 1, values)
        for child, groups in _templated(node, segments[index]):
            yield from self._iter_all(child, segments, index + 1, (*values, *groups))
        is_rest = index < len(segments) - 1 or not segments[index]
        if is_rest and node.rest and (found := self._find_rest(node, segments, index, values)):
            yield found


def _templated(node: _Node, segment: str) -> Iterator[tuple[_Node, tuple[str, ...]]]:
    for pattern, child in node.templated.values():
        groups: tuple[str, ...] = (segment,) if segment else ()
        if pattern is not None:
            groups = match.groups() if (match := pattern.fullmatch(segment)) else ()
        if groups:
            yield child, groups


def is_greedy(segment: str, *, in_order: bool) -> bool:
    """Whether a last segment takes slashes: `{proxy+}`, `{path*}`, `{*path}`; FastAPI's by its name alone."""
    if in_order:
        return bool(re.fullmatch(r"\{\w*path\}", segment, re.IGNORECASE))
    return bool(re.fullmatch(r"\{(\*[^}]*|[^}]*[+*])\}", segment))


def split_conditions(path: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    """A path of a document without what stands behind `?` or `#`, and that as pairs; it begins with a slash."""
    bare, *pieces = re.split(r"[?#]", path)
    pairs = tuple(pair for piece in pieces for pair in parse_qsl(piece, keep_blank_values=True))
    return bare if bare.startswith("/") else f"/{bare}", pairs


def _fulfilled(routes: tuple[Route, ...], request: Request) -> tuple[Route, ...]:
    """The routes whose conditions a request fulfils, in its query, headers or form."""
    if not any(route.conditions for route in routes):
        return ()
    form = request.body.decode("latin-1") if "form" in (request.headers.get("content-type") or "") else ""
    pairs = {*parse_qsl(request.query, keep_blank_values=True), *parse_qsl(form, keep_blank_values=True)}
    names = {name for name, _ in pairs}

    def fulfils(route: Route) -> bool:
        return bool(route.conditions) and all(
            pair in pairs or request.headers.get(pair[0]) == pair[1] or (pair[1].startswith("{") and pair[0] in names)
            for pair in route.conditions
        )

    return tuple(filter(fulfils, routes))


def _listed(segment: str, operation: Operation) -> dict[str, str]:
    """Expressions for the parameters of a segment whose values are listed, which tells where the next one begins."""
    listed: dict[str, str] = {}
    for parameter in operation.parameters:
        values = parameter.schema.get("enum") if isinstance(parameter.schema, Mapping) else None
        if parameter.location == "path" and parameter.name in template_names(segment) and isinstance(values, list):
            listed[parameter.name] = "|".join(re.escape(str(value)) for value in values) or ".+"
    return listed


def _compile(shape: str, parts: list[str]) -> re.Pattern[str] | None:
    """An expression for a templated segment; None for a segment that is one parameter and nothing else."""
    if shape == "{}":
        return None
    fixed = [re.escape(text) for text in shape.split("{}")]
    return re.compile(
        fixed[0] + "".join(f"({part}){text}" for part, text in zip(parts, fixed[1:], strict=True)), re.DOTALL
    )
