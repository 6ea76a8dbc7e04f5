"""A node: schemas with their JSON pointers, all of which hold of one value, and the choices that they offer.

Every schema keeps its pointer, so that a validator for any node can be had from the document.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple, TypeAlias

from mockserver.document import Document
from mockserver.document.dialect import SUBSCHEMA_LISTS, SUBSCHEMA_MAPS, SUBSCHEMAS
from mockserver.errors import SpecError
from mockserver.generation.discriminators import Tag, discriminator
from mockserver.types import JSON, Schema

ANNOTATIONS: Final = frozenset(
    ("title", "description", "example", "examples", "default", "xml", "externalDocs", "deprecated", "readOnly",
     "$comment")
)  # fmt: skip
"""What makes no difference between two schemas."""


EXAMPLE: Final = "example of "
"""How the place of what is only shown begins, which is that of no schema."""
SAD: Final = re.compile(
    "^(?i:deleted|error|empty|null|missing|failed)|(Deleted|Error|Empty|NotFound|Failure|Exception)$"
)


class Located(NamedTuple):
    """A schema and where it stands."""

    schema: Schema
    pointer: str


Node: TypeAlias = tuple[Located, ...]


class Choice(NamedTuple):
    """One of several ways on: what holds then, what must not, a property that must be absent, and the tag to carry."""

    holds: list[Located]
    avoids: Sequence[Schema] = ()
    absent: str = ""
    tag: Tag | None = None
    is_fallback: bool = False


def child(located: Located, *keys: str | int) -> Located:
    """A schema inside a schema."""
    node: Any = located.schema
    pointer = located.pointer
    for key in keys:
        node = node[key]
        pointer = f"{pointer}/{str(key).replace('~', '~0').replace('/', '~1')}"
    return Located(node, pointer)


def shown(part: Located, key: str | None) -> Iterator[Located]:
    """What the example of an object shows of a property, and that of an array (with no key) of its items."""
    schema = part.schema if isinstance(part.schema, Mapping) else {}
    listed = schema.get("examples")
    for example in [schema.get("example"), *(listed if isinstance(listed, list) else ())]:
        if key is not None and isinstance(example, Mapping) and example.get(key) is not None:
            yield Located({"examples": [example[key]]}, f"{EXAMPLE}{part.pointer}/{key}")
        elif key is None and isinstance(example, list) and example:
            yield Located({"examples": example}, f"{EXAMPLE}{part.pointer}")


def pointers(node: Sequence[Located]) -> list[str]:
    """Where the schemas of a node stand, each once; what only examples show constrains nothing."""
    return list(dict.fromkeys(part.pointer for part in node if not part.pointer.startswith(EXAMPLE)))


def choices(located: Located, document: Document) -> Iterator[list[Choice]]:
    """The choices that a schema offers, each of which must be made."""
    schema = located.schema
    assert isinstance(schema, Mapping)  # noqa: S101
    for key in ("anyOf", "oneOf"):
        branches = schema.get(key, [])
        twins = _twins(branches, document) if key == "oneOf" else frozenset()
        options = [
            Choice(
                [child(located, key, n)],
                [*branches[:n], *branches[n + 1 :]] if key == "oneOf" else (),
                tag=tag,
                is_fallback=tag is None and _is_sad(branches[n]),
            )
            for n, tag in enumerate(_tags(located, branches, document))
            if n not in twins
        ]
        if branches:
            yield sorted(options, key=lambda choice: _is_null(choice.holds[0].schema))
    if "if" in schema:
        then = [child(located, "then")] if "then" in schema else []
        other = [child(located, "else")] if "else" in schema else []
        if then or other:
            # The second keeps both branches, whatever the condition says.
            yield [
                Choice([child(located, "if"), *then]), Choice([*then, *other]), Choice(other, [schema["if"]]),
            ]  # fmt: skip
    for name in schema.get("dependentSchemas", ()):
        yield [Choice([child(located, "dependentSchemas", name)]), Choice([], absent=name)]


def _tags(located: Located, branches: Sequence[JSON], document: Document) -> Iterator[Tag | None]:
    """What tells each branch of a choice."""
    assert isinstance(located.schema, Mapping)  # noqa: S101
    found = discriminator(located.schema, located.pointer, document)
    for branch in branches:
        is_named = found is not None and isinstance(branch, Mapping) and isinstance(branch.get("$ref"), str)
        yield found.tag(document.resolve(branch, located.pointer)[1]) if found is not None and is_named else None


def _is_sad(branch: JSON) -> bool:
    """Whether a branch is of what is gone or has failed, by its name: `DeletedCustomer` beside `Customer`."""
    reference = branch.get("$ref") if isinstance(branch, Mapping) else None
    return isinstance(reference, str) and SAD.search(reference.rpartition("/")[2]) is not None


def _twins(branches: Sequence[JSON], document: Document) -> frozenset[int]:
    """The branches that another one repeats: whatever satisfies one of these satisfies both, and so not exactly one."""
    shapes = [json.dumps(_bare(_target(branch, document)), sort_keys=True) for branch in branches]
    counts = Counter(shapes)
    return frozenset(number for number, shape in enumerate(shapes) if counts[shape] > 1)


def _target(schema: JSON, document: Document) -> JSON:
    """What a schema that is only a reference leads to."""
    if isinstance(schema, Mapping) and "$ref" in schema and not (schema.keys() - {"$ref"} - ANNOTATIONS):
        try:
            return document.lookup(schema["$ref"])
        except SpecError:
            return schema
    return schema


def _bare(schema: JSON) -> JSON:
    """A schema without what makes no difference."""
    if not isinstance(schema, Mapping):
        return schema
    bare: dict[str, JSON] = {}
    for key, value in schema.items():
        if key in ANNOTATIONS or key.startswith("x-"):
            continue
        if key in SUBSCHEMA_MAPS and isinstance(value, Mapping):
            bare[key] = {name: _bare(entry) for name, entry in value.items()}
        elif key in SUBSCHEMA_LISTS and isinstance(value, list):
            bare[key] = [_bare(entry) for entry in value]
        else:
            bare[key] = _bare(value) if key in SUBSCHEMAS else value
    return bare


def _is_null(schema: Schema) -> bool:
    return isinstance(schema, Mapping) and schema.get("type") in ("null", ["null"])


def key_of(node: Node) -> tuple[str, ...]:
    """What tells a node from others."""
    return tuple(located.pointer for located in node)
