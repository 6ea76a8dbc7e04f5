"""The documented examples of a media type: those that are sent, and what is said of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

from mockserver.document import Document
from mockserver.document.dialect import DOUBTFUL_NULL
from mockserver.spec import MediaType
from mockserver.types import JSON


def usable_examples(media_type: MediaType, pointer: str, document: Document) -> tuple[dict[str, JSON], str]:
    """The examples that are valid for the schema at a pointer, and a note on the others and on doubtful ones.

    Without a pointer, as for the items of a stream, all are taken. Raises `SpecError` for a schema that cannot be used.
    """
    if not media_type.examples or not pointer or not isinstance(media_type.schema, Mapping):
        return dict(media_type.examples), ""
    is_valid = document.responses.validator(pointer).is_valid
    examples = {name: value for name, value in media_type.examples.items() if is_valid(value)}
    notes = []
    if dropped := [name for name in media_type.examples if name not in examples]:
        notes.append(f"invalid examples are not used: {', '.join(dropped)}")
    if nulls := [name for name, value in examples.items() if _has_null(value)]:
        is_listed = _by_the_letter(_Identical(document.responses)).validator(pointer).is_valid
        if doubtful := [name for name in nulls if not is_listed(examples[name])]:
            notes.append(f"examples are sent with a null that their enumeration does not list: {', '.join(doubtful)}")
    return examples, "; ".join(notes)


class _Identical:
    """A document as a key: equal to itself alone."""

    def __init__(self, document: Document) -> None:
        self.document = document

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Identical) and other.document is self.document

    def __hash__(self) -> int:
        return id(self.document)


@lru_cache(maxsize=4)
def _by_the_letter(key: _Identical) -> Document:
    """A document without the nulls that its author has probably meant and has not written."""
    return replace(key.document, content=_undoubted(key.document.content))


def _undoubted(node: Any) -> Any:
    if isinstance(node, list):
        return [_undoubted(item) for item in node]
    if not isinstance(node, Mapping):
        return node
    if DOUBTFUL_NULL in node:
        if "enum" not in node:
            return False
        node = {**node, "enum": [value for value in node["enum"] if value is not None]}
    return {key: _undoubted(value) for key, value in node.items()}


def _has_null(value: JSON) -> bool:
    if isinstance(value, dict):
        return any(map(_has_null, value.values()))
    return any(map(_has_null, value)) if isinstance(value, list) else value is None
