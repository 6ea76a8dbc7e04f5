"""A source to the object it holds: JSON, or YAML read as JSON data."""

from __future__ import annotations

import http.client
import json
import re
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar, Final, cast

import yaml

from mockserver.errors import SpecError
from mockserver.types import JSON, repeated_name

SUFFIXES: Final = (".json", ".yaml", ".yml")
MAX_BYTES: Final = 64 * 1024 * 1024
"""A larger document is refused: it would not be an API description."""
FETCH_SECONDS: Final = 15.0
"""So long may a document on another machine take."""
MAX_NODES: Final = 5_000_000
"""So many values may a YAML document have once its aliases are written out."""


def read_mapping(source: str | Path) -> dict[str, Any]:
    """The JSON or YAML object in a file, behind a URL or, for `-`, on standard input.

    Raises `SpecError` that names the source and, where known, the line.
    """
    name = str(source)
    data = _read(name)
    if len(data) > MAX_BYTES:
        raise SpecError(f"is larger than {MAX_BYTES // 1024 // 1024} MiB", source=name)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SpecError(f"is not UTF-8 ({error})", source=name) from None
    content = parse_text(text, source=name)
    if not isinstance(content, dict):
        raise SpecError("holds no object at its top", source=name, remedy="Is it an OpenAPI document?")
    return cast("dict[str, Any]", content)


def is_url(source: str) -> bool:
    """Whether a source lies on another machine."""
    return source.lower().startswith(("http://", "https://"))


def _read(name: str) -> bytes:
    """At most one byte more than is allowed."""
    try:
        if name == "-":
            return sys.stdin.buffer.read(MAX_BYTES + 1)
        if is_url(name):
            accept = {"Accept": "application/json, application/yaml, */*"}
            request = urllib.request.Request(name, headers=accept)  # noqa: S310 - http(s) only
            with urllib.request.urlopen(request, timeout=FETCH_SECONDS) as response:  # noqa: S310 - http(s) only
                return cast("bytes", response.read(MAX_BYTES + 1))
        with Path(name).open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise SpecError("no such file", source=name, remedy="Check the path.") from None
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise SpecError(f"cannot be read ({error})", source=name) from None


def parse_text(text: str, *, source: str) -> JSON:
    """JSON or YAML text as data; what begins like JSON is read as JSON.

    Raises `SpecError`, also for a key that is there twice.
    """
    as_json = source.lower().endswith(".json")
    try:
        if as_json or text.lstrip()[:1] in ("{", "["):
            try:
                return json.loads(text, object_pairs_hook=_unique, parse_constant=_refuse_constant)
            except json.JSONDecodeError:
                if as_json:
                    raise
        return parse_yaml(text)
    except _Duplicate as error:
        line = _line_of(text, error.key)
        raise SpecError(f"has the key {error.key!r} twice in one object, line {line}", source=source) from None
    except json.JSONDecodeError as error:
        raise SpecError(f"is not JSON: {error}", source=source) from None
    except yaml.YAMLError as error:
        raise SpecError(f"is not YAML: {' '.join(str(error).split())}", source=source) from None
    except (RecursionError, ValueError) as error:
        reason = "is nested too deeply" if isinstance(error, RecursionError) else f"cannot be read: {error}"
        raise SpecError(reason, source=source) from None


def _refuse_constant(name: str) -> JSON:
    raise ValueError(f"{name} is no JSON number")


class _Duplicate(Exception):
    def __init__(self, key: str) -> None:
        self.key = key


def _unique(pairs: list[tuple[str, JSON]]) -> dict[str, JSON]:
    content = dict(pairs)
    if len(content) < len(pairs):
        raise _Duplicate(repeated_name(pairs))
    return content


def _line_of(text: str, key: str) -> int:
    """The line of the second place where a key stands; objects in between may have it too."""
    places = [match.start() for match in re.finditer(re.escape(json.dumps(key)) + r"\s*:", text)]
    return text.count("\n", 0, places[1] if len(places) > 1 else 0) + 1


# --- YAML -------------------------------------------------------------------------------------------------------------


def parse_yaml(text: str) -> JSON:
    """YAML 1.2 as JSON data. Raises `yaml.YAMLError`, also for duplicate keys and for aliases that multiply."""
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        if node is None:
            return None
        _size(node, {}, set())
        return loader.construct_document(node)
    finally:
        loader.dispose()


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """The core schema of YAML 1.2 (section 10.3.2), as OpenAPI asks for: `no` and dates are text, `12:30` no number.

    PyYAML implements YAML 1.1. Keys are always the text that stands there, so that `200:` is the key "200".
    """

    yaml_implicit_resolvers: ClassVar[dict[str, Any]] = {}  # none is inherited

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[str, JSON]:
        self.flatten_mapping(node)
        mapping: dict[str, JSON] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                raise yaml.constructor.ConstructorError(None, None, "a key must be text", key_node.start_mark)
            mapping[key_node.value] = self.construct_object(value_node, deep=deep)
        return mapping


def _construct_int(loader: Any, node: yaml.ScalarNode) -> int:
    text: str = loader.construct_scalar(node)
    return int(text, 0) if text.startswith(("0o", "0x")) else int(text)


for _tag, _pattern, _first in (
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", list("-+0123456789")),
    (
        "float",
        r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
        list("-+.0123456789"),
    ),
    ("merge", "<<", ["<"]),  # of YAML 1.1, and in wide use
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(rf"^(?:{_pattern})$"), _first)
_Loader.add_constructor("tag:yaml.org,2002:int", _construct_int)


def _size(node: yaml.Node, sizes: dict[int, int], open_nodes: set[int]) -> int:
    """How many values a node holds once its aliases are written out; duplicate keys are found on the way."""
    if (known := sizes.get(id(node))) is not None:
        return known
    if id(node) in open_nodes:
        raise yaml.composer.ComposerError(None, None, "an alias leads into itself", node.start_mark)
    open_nodes.add(id(node))
    size = 1 + sum(_size(child, sizes, open_nodes) for child in _children(node))
    open_nodes.discard(id(node))
    if size > MAX_NODES:
        problem = f"aliases multiply this to more than {MAX_NODES} values"
        raise yaml.composer.ComposerError(None, None, problem, node.start_mark)
    sizes[id(node)] = size
    return size


def _children(node: yaml.Node) -> Iterator[yaml.Node]:
    if isinstance(node, yaml.SequenceNode):
        yield from node.value
    elif isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode) and key.tag != "tag:yaml.org,2002:merge":
                if key.value in seen:
                    problem = f"the key {key.value!r} is there twice"
                    raise yaml.constructor.ConstructorError(None, None, problem, key.start_mark)
                seen.add(key.value)
            yield value
