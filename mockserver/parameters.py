"""Raw query, path, header and cookie text to values."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from http.cookies import _unquote
from typing import Final
from urllib.parse import parse_qsl, unquote, unquote_plus

from mockserver.document import Document
from mockserver.spec import Parameter
from mockserver.types import ABSENT, JSON, Request, Schema, is_json, json_type


class RawParameters:
    """The parameters of one request as text, read when first asked for."""

    __slots__ = ("_cookies", "_query", "path", "request")

    def __init__(self, request: Request, path: Mapping[str, str]) -> None:
        self.request = request
        self.path = path
        self._query: dict[str, list[str]] | None = None
        self._cookies: dict[str, str] | None = None

    @property
    def query(self) -> dict[str, list[str]]:
        """Values by name; a name without `=` has the value ``""``."""
        if self._query is None:
            text = self.request.query
            self._query = _parse_known(text) if len(text) <= MAX_KNOWN else parse_query(text)
        return self._query

    @property
    def cookies(self) -> dict[str, str]:
        """Cookies by name; the last of a name wins."""
        if self._cookies is None:
            self._cookies = parse_cookies(self.request.headers.get("cookie") or "")
        return self._cookies

    def get(self, parameter: Parameter) -> str | None:
        """The value that counts of a parameter: the last in a query, the first header."""
        location, name = parameter.location, parameter.name
        if location == "querystring":
            return self.request.query or None
        if location == "path":
            return self.path.get(name)
        if location == "query":
            values = self.query.get(name)
            return values[-1] if values else None
        return self.request.headers.get(name) if location == "header" else self.cookies.get(name)

    def getlist(self, parameter: Parameter) -> list[str]:
        """Every value of a parameter; empty when it is absent."""
        if parameter.location == "query":
            return self.query.get(parameter.name, [])
        if parameter.location == "header":
            return self.request.headers.getlist(parameter.name)
        if parameter.location == "querystring":
            return [unquote(self.request.query)] if self.request.query else []
        source = self.path if parameter.location == "path" else self.cookies
        value = source.get(parameter.name)
        return [] if value is None else [value]


def parse_query(query: str) -> dict[str, list[str]]:
    """A query string as values by name, in the order of arrival."""
    values: dict[str, list[str]] = {}
    if not query:
        return values
    if "%" in query or "+" in query:
        pairs = parse_qsl(query, keep_blank_values=True)
    else:  # the same without decoding, which takes most of the time
        pairs = [(name, value) for name, _, value in [pair.partition("=") for pair in query.split("&") if pair]]
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    return values


MAX_KNOWN: Final = 128
_parse_known = lru_cache(maxsize=256)(parse_query)
"""Short queries come again and again. Nobody changes what they are read as."""


def parse_cookies(header: str) -> dict[str, str]:
    """A `Cookie` header as browsers read it: a chunk without `=` is a value that has no name."""
    values: dict[str, str] = {}
    for chunk in header.split(";"):
        name, separator, value = chunk.partition("=")
        name, value = (name.strip(), value.strip()) if separator else ("", name.strip())
        if name or value:
            values[name] = _unquote(value)
    return values


# --- Styles (OpenAPI 3.1, section 4.8.12.2) ---------------------------------------------------------------------------

MAX_SHAPE_DEPTH: Final = 4
DELIMITERS: Final = {
    "form": ",",
    "simple": ",",
    "spaceDelimited": " ",
    "pipeDelimited": "|",
    "label": ",",
    "matrix": ",",
}


@dataclass(frozen=True, slots=True)
class Shape:
    """What a schema says of how a value is written: its types, of its items and of its properties."""

    types: tuple[str, ...] = ()
    items: Shape | None = None
    properties: Mapping[str, Shape] = field(default_factory=dict)

    @classmethod
    def of(cls, schema: Schema, document: Document, pointer: str, depth: int = 0) -> Shape:
        """The shape of a schema, its references and branches included."""
        schema, pointer = document.resolve(schema, pointer)
        if not isinstance(schema, Mapping) or depth > MAX_SHAPE_DEPTH:
            return cls()
        named = schema.get("type")
        types = [name for name in (named if isinstance(named, list) else [named]) if isinstance(name, str)]
        if not types:  # the values themselves say it
            values = [schema["const"]] if "const" in schema else _list(schema, "enum")
            types = [json_type(value) for value in values]
        items = cls.of(schema["items"], document, pointer, depth + 1) if "items" in schema else None
        described = schema.get("properties")
        properties = {
            name: cls.of(node, document, pointer, depth + 1)
            for name, node in (described.items() if isinstance(described, Mapping) else ())
        }
        for keyword in ("allOf", "anyOf", "oneOf"):
            for branch in _list(schema, keyword):
                other = cls.of(branch, document, pointer, depth + 1)
                types += other.types
                items = items or other.items
                properties = {**other.properties, **properties}
        implied = ["object"] if properties and not types else []
        return cls(tuple(dict.fromkeys([*types, *implied])), items, properties)

    @property
    def is_composed(self) -> bool:
        """Whether values have parts."""
        return "array" in self.types or "object" in self.types

    def read(self, text: str) -> JSON:
        """A text as the first of the types that it spells, a string last; the text itself when it spells none."""
        return decode_text(text, tuple(sorted(self.types, key=lambda name: name == "string")) or ("string",))

    def read_list(self, texts: Iterable[str]) -> list[JSON]:
        """Texts as the items of an array."""
        item = self.items or Shape()
        return [item.read(text) for text in texts]

    def read_object(self, pairs: Iterable[tuple[str, str]]) -> dict[str, JSON]:
        """Pairs of name and text as an object."""
        return {name: self.properties.get(name, Shape()).read(text) for name, text in pairs}


def _list(schema: Mapping[str, JSON], keyword: str) -> list[JSON]:
    """What stands at a keyword that needs a list; nothing where something else does."""
    value = schema.get(keyword)
    return value if isinstance(value, list) else []


class Decoder:
    """Reads one parameter as its style has it."""

    def __init__(self, parameter: Parameter, document: Document) -> None:
        self._parameter = parameter
        self._shape = Shape.of(parameter.schema, document, parameter.pointer)

    def decode(self, raw: RawParameters) -> JSON:
        """The value, `ABSENT` when there is none. Raises `ValueError` for JSON content that is none."""
        parameter, shape = self._parameter, self._shape
        if "object" in shape.types and not parameter.media_type and parameter.location == "query":
            if parameter.style == "deepObject":
                return self._deep_object(raw)
            if parameter.explode:
                return self._exploded_query(raw)
        if not (values := raw.getlist(parameter)):
            return ABSENT
        if parameter.location == "querystring" and "form" in parameter.media_type:
            return self._form(raw)
        if parameter.media_type:
            return json.loads(values[-1]) if is_json(parameter.media_type) else values[-1]
        if "array" in shape.types and parameter.explode and parameter.location in ("query", "cookie"):
            return shape.read_list(values)
        if parameter.location == "header":  # RFC 9110, section 5.3: several fields are one list
            values = [", ".join(values)]
        if not shape.is_composed:
            return shape.read(self._unwrapped(values[-1], parameter.style, explode=parameter.explode)[0])
        return self._compose(values[-1], raw.request.query)

    def _compose(self, text: str, query: str) -> JSON:
        explode, shape, location = self._parameter.explode, self._shape, self._parameter.location
        text, delimiter = self._unwrapped(text, self._parameter.style, explode=explode)
        pieces = text.split(delimiter)
        if location == "header":
            pieces = [piece.strip() for piece in pieces]
        elif location == "query" and "%" in query and delimiter == ",":
            pieces = self._encoded_pieces(query) or pieces
        if "array" in shape.types:
            return shape.read_list(pieces if text else ())
        pairs = (
            [piece.partition("=")[::2] for piece in pieces] if explode else zip(pieces[::2], pieces[1::2], strict=False)
        )
        return shape.read_object(pairs)

    def _encoded_pieces(self, query: str) -> list[str]:
        """The parts between the commas that were sent as such; none when all are encoded, as many clients do it."""
        raw = [value for name, _, value in (pair.partition("=") for pair in query.split("&"))
               if unquote_plus(name) == self._parameter.name]  # fmt: skip
        return [unquote_plus(piece) for piece in raw[-1].split(",")] if raw and "," in raw[-1] else []

    def _unwrapped(self, text: str, style: str, *, explode: bool) -> tuple[str, str]:
        """The text without what its style puts in front, and what stands between its parts."""
        if style == "label" and text.startswith("."):
            return text[1:], "." if explode else ","
        if style == "matrix" and text.startswith(";"):
            name = f"{self._parameter.name}="
            if explode and "object" not in self._shape.types:
                return text[1:].removeprefix(name).replace(f";{name}", ";"), ";"
            return text[1:].removeprefix(name), ";" if explode else ","
        return text, DELIMITERS.get(style, ",")

    def _exploded_query(self, raw: RawParameters) -> JSON:
        present = {name: values[-1] for name, values in raw.query.items() if name in self._shape.properties}
        return self._shape.read_object(present.items()) if present else ABSENT

    def _form(self, raw: RawParameters) -> JSON:
        """The whole query string as one form (OpenAPI 3.2, `in: querystring`)."""
        properties = self._shape.properties
        return {
            name: shape.read_list(texts) if "array" in (shape := properties.get(name, Shape())).types
            else shape.read(texts[-1])
            for name, texts in raw.query.items()
        }  # fmt: skip

    def _deep_object(self, raw: RawParameters) -> JSON:
        """`filter[a]=1&filter[b][c]=2`; `filter[a][]` and a repeated `filter[a]` are arrays, as clients write them."""
        value: dict[str, JSON] = {}
        for name, texts in raw.query.items():
            path = re.findall(r"\[([^\]]*)\]", name)
            if not path or name.partition("[")[0] != self._parameter.name:
                continue
            keys = path[:-1] if path[-1] == "" and len(path) > 1 else path
            shape, holder = self._shape, value
            for key in keys[:-1]:
                shape, holder = shape.properties.get(key, Shape()), holder.setdefault(key, {})
                if not isinstance(holder, dict):
                    break
            else:
                shape = shape.properties.get(keys[-1], Shape())
                is_list = "array" in shape.types or keys is not path
                holder[keys[-1]] = shape.read_list(texts) if is_list else shape.read(texts[-1])
        return value or ABSENT


def decode_text(text: str, types: tuple[str, ...]) -> JSON:
    """The text of a parameter as the first of the JSON types that it spells; the text itself when it spells none."""
    for name in types:
        if name == "string":
            return text
        if name == "null" and text == "null":
            return None
        if name == "boolean" and text in ("true", "false"):
            return text == "true"
        if name in ("integer", "number"):
            try:
                value = json.loads(text)
            except ValueError:
                continue
            if isinstance(value, int | float) and not isinstance(value, bool) and value - value == 0:  # finite
                return value
    return text
