"""`$dynamicRef` made into plain references: each use of a generic schema becomes a copy of it with its parts bound.

JSON Schema 2020-12, section 8.2.3.2: `$dynamicRef` leads to the `$dynamicAnchor` of the outermost schema through which
the way led. A component without an `$id` counts as one such schema, since authors write their generic ones so too.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, TypeAlias

from mockserver.types import JSON

MAX_COPIES: Final = 2000
"""So many copies are made; what is behind them stays general."""

Bindings: TypeAlias = Mapping[str, str]
"""Where each dynamic anchor leads, by name."""


class Dynamics:
    """The dynamic anchors of a document. `lookup` follows pointers, `names` are the pointers behind anchors elsewhere."""

    def __init__(self, nodes: Iterable[tuple[dict[str, Any], str, str]], names: Mapping[str, str]) -> None:
        """`nodes` are the schemas of the document, each with its pointer and that of the schema with an `$id` around
        it, which is empty where there is none."""
        self._names = names
        self._originals: dict[str, dict[str, Any]] = {}
        self._resources: dict[str, str] = {}
        self._anchors: dict[str, dict[str, str]] = {}
        self.copies: dict[str, JSON] = {}
        """What the references lead to, by the name under which it has to stand in `section`."""
        for node, pointer, resource in nodes:
            self._resources[pointer] = resource or root_of(pointer)
            self._originals[pointer] = node
            if isinstance(name := node.get("$dynamicAnchor"), str):
                self._anchors.setdefault(self._resources[pointer], {})[name] = pointer
        self._originals = {pointer: copy.deepcopy(node) for pointer, node in self._originals.items()}
        self._known: dict[tuple[str, frozenset[tuple[str, str]]], str] = {}
        self._reaching: dict[str, bool] = {}

    def settle(self, node: dict[str, Any], pointer: str, section: str) -> None:
        """Bind what a root schema uses, in place."""
        self._section = section
        self._rewrite(node, pointer, self._anchors.get(self._resources[pointer], {}))

    def _rewrite(self, node: JSON, pointer: str, bindings: Bindings) -> None:
        if isinstance(node, list):
            for number, item in enumerate(node):
                self._rewrite(item, f"{pointer}/{number}", bindings)
        if not isinstance(node, dict):
            return
        if pointer in self._anchors:
            bindings = {**self._anchors[pointer], **bindings}
        for key, value in list(node.items()):
            if key not in ("$ref", "$dynamicRef"):
                self._rewrite(value, f"{pointer}/{escape(key)}", bindings)
        if pointer not in self._resources:
            return
        if isinstance(reference := node.get("$ref"), str):
            node["$ref"] = self._bound(reference, bindings)
        if isinstance(dynamic := node.pop("$dynamicRef", None), str) and (target := self._target(dynamic, pointer)):
            name = self._originals[target].get("$dynamicAnchor") if target in self._originals else None
            bound = self._bound(bindings.get(name, target) if isinstance(name, str) else target, bindings)
            if "$ref" in node:
                node["allOf"] = [*node.get("allOf", ()), {"$ref": bound}]
            else:
                node["$ref"] = bound

    def _target(self, reference: str, pointer: str) -> str | None:
        """Where a dynamic reference leads before the way to it counts."""
        if reference.startswith("#/"):
            return reference
        own = self._anchors.get(self._resources[pointer], {})
        return own.get(reference[1:]) or self._names.get(reference)

    def _bound(self, reference: str, bindings: Bindings) -> str:
        """A reference to a schema as it is under these bindings."""
        resource = self._resources.get(reference)
        if resource is None or not self._reaches(reference):
            return reference
        bindings = {**self._anchors.get(resource, {}), **bindings}
        key = (reference, frozenset(bindings.items()))
        if key not in self._known:
            if len(self.copies) >= MAX_COPIES:
                return reference
            name = f"{reference} {len(self.copies) + 1}"
            self._known[key] = f"{self._section}/{escape(name)}"
            self.copies[name] = copied = copy.deepcopy(self._originals[reference])
            self._rewrite(copied, reference, bindings)
        return self._known[key]

    def _reaches(self, pointer: str) -> bool:
        """Whether a schema leads to a dynamic reference."""
        if pointer not in self._reaching:
            seen, todo, found = {pointer}, [pointer], False
            while todo and not found:
                pending: list[JSON] = [self._originals.get(todo.pop())]
                while pending:
                    node = pending.pop()
                    if isinstance(node, dict):
                        found = found or "$dynamicRef" in node
                        if isinstance(target := node.get("$ref"), str) and target not in seen:
                            seen.add(target)
                            todo.append(target)
                    pending += node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
            self._reaching[pointer] = found
        return self._reaching[pointer]
