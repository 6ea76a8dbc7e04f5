"""Which properties and items a flat schema allows, and what holds of each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from mockserver.generation.conjunction import Flat
from mockserver.generation.failures import Beyond, Unsatisfiable
from mockserver.generation.nodes import Located, Node, child, shown

Matches = Callable[[str, str], bool]
MAX_ITEMS: Final = 20_000
"""An array or object that must have more parts is beyond us."""


class ObjectShape:
    """The properties of an object. Raises `Unsatisfiable` when a required one cannot be there."""

    def __init__(self, flat: Flat, matches: Matches, accepts_name: Callable[[str], bool]) -> None:
        self._flat = flat
        self.parts = flat.parts
        self._matches = matches
        self._accepts_name = accepts_name
        schemas = flat.schemas
        needs: dict[str, list[str]] = {}
        for schema in schemas:
            for name, others in schema.get("dependentRequired", {}).items():
                needs.setdefault(name, []).extend(others)
        self.needs = needs
        self.required = list(dict.fromkeys(name for schema in schemas for name in schema.get("required", ())))
        for name in self.required:  # grows while it is walked
            self.required += [other for other in needs.get(name, ()) if other not in self.required]
        self.low = int(max((schema["minProperties"] for schema in schemas if "minProperties" in schema), default=0))
        self.high = int(
            min((schema["maxProperties"] for schema in schemas if "maxProperties" in schema), default=10**6)
        )
        declared = dict.fromkeys(name for schema in schemas for name in schema.get("properties", ()))
        self.children: dict[str, Node] = {}
        for name in [*declared, *(name for name in self.required if name not in declared)]:
            node = self.child(name)
            if node is not None:
                self.children[name] = node
            elif name in self.required:
                raise Unsatisfiable(f"the required property {name!r} is not allowed")
        if self.low > MAX_ITEMS:
            raise Beyond(f"it must have {self.low} properties")
        if len(self.required) > self.high or self.low > self.high:
            raise Unsatisfiable("fewer properties are allowed than required")
        if self.low > MAX_ITEMS:
            raise OverflowError(f"it must have {self.low} properties")

    def child(self, name: str) -> Node | None:
        """What holds of a property; None when it must not be there."""
        if name in self._flat.absent or not self._accepts_name(name):
            return None
        node: list[Located] = []
        evaluated = False
        rest: list[Located] = []
        for part in self._flat.parts:
            schema = part.schema
            if not isinstance(schema, Mapping):
                continue
            found = list(self._named(part, schema, name))
            if not found and "additionalProperties" in schema:
                found = [child(part, "additionalProperties")]
            evaluated = evaluated or bool(found)
            node += found
            if "unevaluatedProperties" in schema:
                rest.append(child(part, "unevaluatedProperties"))
        node += [] if evaluated else rest
        if node:
            node += [example for part in self._flat.parts for example in shown(part, name)]
        return None if any(located.schema is False for located in node) else tuple(node)

    def _named(self, part: Located, schema: Mapping[str, Any], name: str) -> Iterator[Located]:
        if name in schema.get("properties", ()):
            yield child(part, "properties", name)
        for pattern in schema.get("patternProperties", ()):
            if self._matches(pattern, name):
                yield child(part, "patternProperties", pattern)

    @property
    def is_map(self) -> bool:
        """Whether the properties are the entries of a map rather than known names."""
        return any(
            "patternProperties" in schema or (isinstance(schema.get("additionalProperties"), Mapping)
            and schema["additionalProperties"] != {}) for schema in self._flat.schemas
        )  # fmt: skip

    @property
    def patterns(self) -> list[str]:
        return [pattern for schema in self._flat.schemas for pattern in schema.get("patternProperties", ())]


class ArrayShape:
    """The items of an array. Raises `Unsatisfiable` when too few are possible."""

    def __init__(self, flat: Flat) -> None:
        self._flat = flat
        schemas = flat.schemas
        self.low = int(max((schema["minItems"] for schema in schemas if "minItems" in schema), default=0))
        self.high = int(min((schema["maxItems"] for schema in schemas if "maxItems" in schema), default=10**6))
        self.unique = any(schema.get("uniqueItems") for schema in schemas)
        self.prefix = max((len(schema.get("prefixItems", ())) for schema in schemas), default=0)
        self.contained: list[tuple[Located, int, int]] = []
        for part in flat.parts:
            if isinstance(part.schema, Mapping) and "contains" in part.schema:
                fewest, most = part.schema.get("minContains", 1), part.schema.get("maxContains", 10**6)
                if fewest > most:
                    raise Unsatisfiable("more items must match `contains` than may")
                self.contained.append((child(part, "contains"), int(fewest), int(most)))
        self.low = max(self.low, *(fewest for _, fewest, _ in self.contained)) if self.contained else self.low
        if self.low > MAX_ITEMS:
            raise Beyond(f"it must have {self.low} items")
        for index in range(min(self.prefix + 1, self.high)):
            if self.item(index) is None:
                self.high = index
                break
        if self.low > self.high:
            raise Unsatisfiable("fewer items are allowed than required")
        if self.low > MAX_ITEMS:
            raise OverflowError(f"it must have {self.low} items")

    def item(self, index: int) -> Node | None:
        """What holds of the item at an index; None when there must be none."""
        node: list[Located] = []
        rest: list[Located] = []
        evaluated = False
        for part in self._flat.parts:
            schema = part.schema
            if not isinstance(schema, Mapping):
                continue
            if index < len(schema.get("prefixItems", ())):
                node.append(child(part, "prefixItems", index))
                evaluated = True
            elif "items" in schema:
                node.append(child(part, "items"))
                evaluated = True
            if "unevaluatedItems" in schema:
                rest.append(child(part, "unevaluatedItems"))
        if not evaluated and not self.contained:
            node += rest
        if node:
            node += [example for part in self._flat.parts for example in shown(part, None)]
        return None if any(located.schema is False for located in node) else tuple(node)
