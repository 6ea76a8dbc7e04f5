"""Maps: objects whose keys are data, and keys that look like those of such a map."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from mockserver.errors import SpecError
from mockserver.generation.entropy import Entropy
from mockserver.generation.failures import FAILURES, UnsupportedPattern
from mockserver.generation.nodes import Node
from mockserver.generation.patterns import Pattern
from mockserver.generation.shapes import ObjectShape

if TYPE_CHECKING:
    from mockserver.generation.compiler import Compiler

MAP_KEYS: Final[Mapping[str, Sequence[str]]] = {
    "string": ("environment", "team", "plan"),
    "integer": ("active", "pending", "completed"),
    "number": ("active", "pending", "completed"),
    "boolean": ("read", "write", "share"),
    "": ("primary", "secondary", "fallback"),
}
"""The keys of a map by the type of its values."""
LANGUAGES: Final = ("en", "de", "fr")
HEADERS: Final = ("content-type", "x-request-id", "user-agent")
TRANSLATED: Final = re.compile("translation|locali[sz]ation|i18n|localized|bylanguage|languages")


def add_keys(compiler: Compiler, children: dict[str, Node], shape: ObjectShape, kind: str) -> None:
    """Entries of a map, and as many as the object must have."""
    wanted = max(shape.low, len(children))
    if shape.is_map and not children:
        wanted = max(shape.low, min(2, shape.high))
    if len(children) >= wanted:
        return
    for key in _keys(compiler, shape, wanted, kind):
        if len(children) >= min(wanted, shape.high):
            return
        if key not in children and (node := shape.child(key)) is not None and is_possible(compiler, node):
            children[key] = node


def _map_keys(compiler: Compiler, shape: ObjectShape, kind: str) -> Sequence[str]:
    """Keys that look like those of such a map."""
    if TRANSLATED.search(kind):
        return LANGUAGES
    if kind.endswith("header"):
        return HEADERS
    node = shape.child(MAP_KEYS[""][0])
    types = [name for flat in compiler.flats(node) for name in flat.types] if node else []
    return MAP_KEYS[types[0] if types and types[0] in MAP_KEYS else "" if types else "string"]


def _keys(compiler: Compiler, shape: ObjectShape, wanted: int, kind: str) -> list[str]:
    usual = _map_keys(compiler, shape, kind)
    keys = [] if shape.patterns else list(usual)
    for pattern in shape.patterns:
        try:
            generate = Pattern(pattern).generator()
        except UnsupportedPattern:
            continue
        keys += [text for n in range(wanted + 20) if compiler.matches(pattern, text := generate(Entropy(b"key%d" % n)))]
    names = [
        (part.schema["propertyNames"], f"{part.pointer}/propertyNames")
        for part in shape.parts if isinstance(part.schema, dict) and "propertyNames" in part.schema
    ]  # fmt: skip
    if names:
        try:
            make = compiler.generator((*compiler.located(names),), "key")
            keys = [str(make(Entropy(b"key%d" % number))) for number in range(wanted + 40)] + keys
        except (*FAILURES, SpecError):
            pass
    return [*keys, *usual, *(f"{usual[n % 3]}{n}" for n in range(wanted)), "a", "A", "1", "x-a", "_"]


def is_possible(compiler: Compiler, node: Node) -> bool:
    """Whether an optional property can be there at all."""
    try:
        return not node or compiler.is_possible(node)
    except FAILURES:
        return False
