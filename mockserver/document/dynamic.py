"""`$dynamicRef` made into plain references: each use of a generic schema becomes a copy of it with its parts bound.

JSON Schema 2020-12, section 8.2.3.2: `$dynamicRef` leads to the `$dynamicAnchor` of the outermost resource through
which the way led. A component without an `$id` counts as a resource too, since authors write their generic schemas so.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from typing import Final, TypeAlias
from urllib.parse import unquote

from mockserver.document.pointers import escape, in_uri_form, lookup
from mockserver.types import JSON

MAX_COPIES: Final = 2000
"""So many copies are made; what lies behind them stays general."""

Bindings: TypeAlias = Mapping[str, str]
"""Where each dynamic anchor leads, by name; the outermost has come first."""


class DynamicReferences:
    """Those of one document. `copies` are the schemas that were made, by the name that each has below `section`, and
    `broken` the references that lead nowhere, by their place.

    `schemas` are pointers to all its schemas, each with that of the resource around it; `names` are the pointers behind
    anchors and identifiers.
    """

    def __init__(
        self, content: JSON, schemas: Iterable[tuple[str, str]], names: Mapping[str, str], section: str
    ) -> None:
        self.copies: dict[str, JSON] = {}
        self.broken: dict[str, str] = {}
        self._content = copy.deepcopy(content)
        self._names = names
        self._section = section
        self._resources = dict(schemas)
        self._anchors: dict[str, dict[str, str]] = {}
        for pointer, resource in self._resources.items():
            if isinstance(name := lookup(content, pointer).get("$dynamicAnchor"), str):
                self._anchors.setdefault(resource, {}).setdefault(name, pointer)
        self._known: dict[tuple[str, frozenset[tuple[str, str]]], str] = {}
        self._reaching: dict[str, bool] = {}

    def bind(self, node: JSON, pointer: str, bindings: Bindings) -> None:
        """Rewrite a schema in place: what it refers to by the anchors that are bound, its own where none are."""
        if isinstance(node, list):
            for number, item in enumerate(node):
                self.bind(item, f"{pointer}/{number}", bindings)
        if not isinstance(node, dict):
            return
        bindings = {**self._anchors.get(pointer, {}), **bindings}
        for key, value in node.items():
            self.bind(value, f"{pointer}/{escape(key)}", bindings)
        if pointer not in self._resources:
            return
        if isinstance(reference := node.get("$ref"), str):
            node["$ref"] = self._bound(reference, bindings)
        dynamic = node.pop("$dynamicRef", None)
        if isinstance(dynamic, str) and (target := self._target(dynamic, pointer)) is None:
            self.broken.setdefault(pointer, dynamic)
        elif isinstance(dynamic, str) and target is not None:
            name = lookup(self._content, target).get("$dynamicAnchor")
            bound = self._bound(bindings.get(name, target) if isinstance(name, str) else target, bindings)
            if "$ref" in node:
                node["allOf"] = [*node.get("allOf", ()), {"$ref": bound}]
            else:
                node["$ref"] = bound

    def _target(self, reference: str, pointer: str) -> str | None:
        """Where a dynamic reference leads before the way to it counts; None for nowhere."""
        if reference in self._resources:
            return reference
        own = self._anchors.get(self._resources[pointer], {})
        return own.get(reference[1:]) or self._names.get(reference)

    def _bound(self, reference: str, bindings: Bindings) -> str:
        """A reference to a schema as it is under these bindings."""
        if reference not in self._resources or not self._reaches(reference):
            return reference
        bindings = {**self._anchors.get(self._resources[reference], {}), **bindings}
        if bindings == self._anchors.get(reference, {}):
            return reference  # it is bound so where it stands
        key = (reference, frozenset(bindings.items()))
        if key not in self._known:
            if len(self.copies) >= MAX_COPIES:
                return reference
            name = f"{len(self.copies) + 1}-{unquote(reference.rpartition('/')[2])}"
            self._known[key] = in_uri_form(None, f"{self._section}/{escape(name)}")
            self.copies[name] = copied = copy.deepcopy(lookup(self._content, reference))
            self.bind(copied, reference, bindings)
        return self._known[key]

    def _reaches(self, pointer: str) -> bool:
        """Whether a schema leads to a dynamic reference."""
        if pointer not in self._reaching:
            seen, pending, found = {pointer}, [lookup(self._content, pointer)], False
            while pending and not found:
                node = pending.pop()
                if isinstance(node, dict):
                    found = "$dynamicRef" in node
                    target = node.get("$ref")
                    if isinstance(target, str) and target in self._resources and target not in seen:
                        seen.add(target)
                        pending.append(lookup(self._content, target))
                pending += node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
            self._reaching[pointer] = found
        return self._reaching[pointer]
