"""By which property the models of a union are told apart, and what the field behind it is called."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import cached_property
from typing import Any

from pydantic import BaseModel

from mockserver.document import Document
from mockserver.errors import SpecError
from mockserver.types import JSON
from mockserver.validation.fastapi_habits import DEFAULT_VERSION, infer_version


class UnionTags:
    """The tags of the unions of one document."""

    def __init__(self, document: Document) -> None:
        self._document = document

    @cached_property
    def renamed(self) -> dict[str, str]:
        """Names of fields by their alias: of those that tell the branches of a union apart.

        FastAPI 0.128 leaves out a discriminator that has an alias, yet pydantic writes `oneOf` for no other union.
        Newer ones document the alias, which is told by its capitals. The name itself shows in nothing.
        """
        found: set[str] = set()
        names_aliases = infer_version(self._document) > DEFAULT_VERSION
        for node in iter_nodes(self._document.content):
            if not isinstance(branches := node.get("oneOf"), list):
                continue
            with suppress(SpecError):  # it is an example then
                tag = self.tag(node, branches)
                if tag and ("discriminator" not in node or (names_aliases and _renamed(tag) != f"{tag}_")):
                    found.add(tag)
        return {alias: _renamed(alias) for alias in found}

    def tag(self, union: Mapping[str, Any], branches: list[JSON]) -> str | None:
        """The property by which the models of a union are told apart, which is not always documented."""
        if isinstance(discriminator := union.get("discriminator"), Mapping):
            name = discriminator.get("propertyName")
            return name if isinstance(name, str) and self._is_tagged(branches, name) else None
        if not branches or "oneOf" not in union:
            return None
        models = [self._document.resolve(branch, "")[0] for branch in branches]
        found = [model.get("properties") if isinstance(model, Mapping) else None for model in models]
        fields = [properties if isinstance(properties, Mapping) else {} for properties in found]
        return next((name for name in fields[0] if self._tells_apart(name, fields)), None)

    def _tells_apart(self, name: str, fields: list[Mapping[str, Any]]) -> bool:
        """Whether no two models take the same values of a property, all of which are listed."""
        tags = [self._document.resolve(properties.get(name), "")[0] for properties in fields]
        if not (is_field_name(name) and all(map(is_tag, tags))):
            return False
        values = [value for tag in tags for value in ([tag["const"]] if "const" in tag else tag["enum"])]
        return len(values) == len(set(map(repr, values)))

    def _is_tagged(self, nodes: list[JSON], name: str) -> bool:
        """Whether every branch is a model (or a union of models) whose tag is a literal or an enum."""
        for node in nodes:
            resolved, _ = self._document.resolve(node, "")
            if not isinstance(resolved, Mapping):
                return False
            if isinstance(inner := resolved.get("oneOf"), list):
                if not self._is_tagged(inner, name):
                    return False
                continue
            tag, _ = self._document.resolve(resolved.get("properties", {}).get(name), "")
            if not (is_field_name(name) and is_tag(tag)):
                return False
        return True


def is_field_name(alias: str) -> bool:
    """Whether a field of a model may have this name."""
    return (
        alias.isidentifier()
        and not alias.startswith("_")
        and not keyword.iskeyword(alias)
        and not hasattr(BaseModel, alias)
    )


def is_tag(node: JSON) -> bool:
    """Whether a property may tell the branches of a union apart: a literal or an enum."""
    return isinstance(node, Mapping) and ("const" in node or "enum" in node)


def _renamed(alias: str) -> str:
    """What a field is called that has an alias: the alias in snake case, else with the underscore for taken names."""
    name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", alias).lower()
    return name if name != alias else f"{alias}_"


def iter_nodes(content: JSON) -> Iterator[Mapping[str, Any]]:
    """All objects of a document."""
    todo = [content]
    while todo:
        node = todo.pop()
        if isinstance(node, Mapping):
            yield node
            todo += node.values()
        elif isinstance(node, list):
            todo += node
