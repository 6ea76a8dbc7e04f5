"""Request bodies as values: the media type decides how the bytes are read, the schema what their texts spell."""

from __future__ import annotations

import codecs
import json
import math
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from mockserver.document import Document
from mockserver.document.pointers import escape
from mockserver.errors import SpecError
from mockserver.forms import MULTIPART, URLENCODED, FormError, Part, parse_multipart, parse_urlencoded
from mockserver.parameters import DELIMITERS, Decoder, RawParameters, Shape
from mockserver.spec import MediaType, Parameter, RequestBody
from mockserver.types import ABSENT, JSON, Rejection, Request, is_json, repeated_name
from mockserver.validation.request_schemas import RequestSchema
from mockserver.validation.schema_errors import make_error, validate_value
from mockserver.validation.xml_bodies import XMLError, parse_xml

MAX_DEPTH: Final = 200
"""JSON that is nested deeper is refused; the validator's own limit is 255."""

BRACKETS: Final = re.compile(r"\[([^\[\]]*)\]")
MAX_BRACKETS: Final = 8
BOUNDARY: Final = re.compile(r"""boundary\s*=\s*"?([^";]+)""", re.IGNORECASE)
SURROGATE: Final = re.compile(r"\\u[dD][89a-fA-F]")


@dataclass(frozen=True, slots=True)
class DecodedBody:
    """A body that could be read: its value, the documented media type, and what is wrong with single parts of it."""

    value: JSON
    media_type: MediaType
    errors: tuple[dict[str, Any], ...] = ()


def media_type_of(content_type: str) -> str:
    """A `Content-Type` without its parameters, in lower case (RFC 9110, section 8.3.1)."""
    return content_type.partition(";")[0].strip().lower()


def match_media_type(content_type: str, body: RequestBody) -> MediaType | None:
    """The entry of `content` for a `Content-Type`: the exact one before `text/*` before `*/*`.

    A body without a declared type is taken for the first one documented.
    """
    if not content_type:
        return next(iter(body.content), None)
    essence = media_type_of(content_type)
    kind, _, subtype = essence.partition("/")
    by_name = {media_type_of(entry.name): entry for entry in body.content}
    for name in (essence, f"{kind}/*+{subtype.rpartition('+')[2]}", f"{kind}/*", "*/*"):
        if name in by_name:
            return by_name[name]
    return None


class BodyReader:
    """Reads the bodies of one operation."""

    def __init__(self, body: RequestBody, document: Document) -> None:
        self._body = body
        self._document = document
        self._accepted = ", ".join(entry.name for entry in body.content)
        self._shapes: dict[str, Shape] = {}
        self._encodings: dict[str, dict[str, _Encoding]] = {}

    def read(self, request: Request) -> DecodedBody | Rejection:
        """The value of a body that is not empty; 415 for a type that is not documented, 400 for what it is not."""
        content_type = request.headers.get("content-type") or ""
        media_type = match_media_type(content_type, self._body)
        if media_type is None:
            return self._unsupported(f"The body is {content_type or 'of no declared type'}")
        if "*" in media_type.name and not content_type:
            return DecodedBody(request.body, media_type)
        essence = media_type_of(content_type or media_type.name)
        charset = _charset(content_type)
        if charset is None:
            return self._unsupported("The charset of the body is unknown")
        try:
            return self._read(essence, media_type, request.body, content_type or media_type.name, charset)
        except (FormError, XMLError, _Malformed) as error:
            return Rejection(400, f"The body is malformed: {error}")

    def _read(
        self, essence: str, media_type: MediaType, body: bytes, content_type: str, charset: str
    ) -> DecodedBody | Rejection:
        if is_json(essence):
            if charset not in ("", "utf-8", "ascii"):
                return self._unsupported(f"JSON is UTF-8, not {charset}")
            return DecodedBody(parse_json(body), media_type)
        if essence == URLENCODED:
            fields: list[tuple[str, str, Part | None]] = [(name, text, None) for name, text in parse_urlencoded(body)]
            return self._form(fields, media_type)
        if essence == MULTIPART:
            parts = parse_multipart(body, content_type)
            if (found := BOUNDARY.search(content_type)) and f"--{found[1].strip()}--".encode() not in body:
                raise _Malformed("the multipart body ends before its last boundary")
            return self._form([(part.name, part.text, part) for part in parts], media_type)
        if essence.endswith(("/xml", "+xml")):
            return DecodedBody(parse_xml(body, media_type, self._document), media_type)
        if essence.startswith("text/"):
            return DecodedBody(self._shape(media_type).read(_text(body, charset or "utf-8")), media_type)
        return DecodedBody(body, media_type)

    def _unsupported(self, problem: str) -> Rejection:
        return Rejection(415, f"{problem}; accepted: {self._accepted}", (("accept", self._accepted),))

    def _shape(self, media_type: MediaType) -> Shape:
        if media_type.pointer not in self._shapes:
            shape = Shape.of(media_type.schema, self._document, f"{media_type.pointer}/schema")
            self._shapes[media_type.pointer] = shape
        return self._shapes[media_type.pointer]

    def _encoding(self, media_type: MediaType) -> dict[str, _Encoding]:
        if media_type.pointer not in self._encodings:
            node = self._document.lookup(media_type.pointer)
            encoding = node.get("encoding") if isinstance(node, Mapping) else None
            self._encodings[media_type.pointer] = {
                name: _Encoding(entry, f"{media_type.pointer}/encoding/{escape(name)}", self._document)
                for name, entry in (encoding.items() if isinstance(encoding, Mapping) else ())
                if isinstance(entry, Mapping)
            }
        return self._encodings[media_type.pointer]

    def _form(self, fields: list[tuple[str, str, Part | None]], media_type: MediaType) -> DecodedBody:
        shape, encodings = self._shape(media_type), self._encoding(media_type)
        errors: list[dict[str, Any]] = []
        grouped: dict[str, list[tuple[str, Part | None]]] = {}
        value: dict[str, JSON] = {}
        for name, text, part in fields:
            if part is not None:
                errors += encodings[name].errors(part) if name in encodings else ()
            base, bracket, _ = name.partition("[")
            if bracket and name not in shape.properties and base:
                _nest(value, base, BRACKETS.findall(name)[:MAX_BRACKETS], text, shape)
            else:
                grouped.setdefault(name, []).append((text, part))
        for name, entries in grouped.items():
            property_ = shape.properties.get(name, Shape())
            value[name] = _field_value(entries, property_, encodings[name].node if name in encodings else {})
        return DecodedBody(value, media_type, tuple(errors))


class _Malformed(ValueError):
    """The bytes are not what their media type says."""


def parse_json(body: bytes) -> JSON:
    """A JSON text (RFC 8259) of one value, without what two readers would read differently. Raises `ValueError`."""
    try:
        if body.startswith(codecs.BOM_UTF8):
            raise _Malformed("JSON must not begin with a byte order mark")
        text = body.decode()
        if text.count("[") + text.count("{") > MAX_DEPTH and _depth(text) > MAX_DEPTH:
            raise _Malformed(f"the JSON is nested deeper than {MAX_DEPTH} levels")
        value = _DECODER.decode(text)
        if SURROGATE.search(text):
            json.dumps(value, ensure_ascii=False).encode()
    except _Malformed:
        raise
    except UnicodeDecodeError as error:
        raise _Malformed(f"JSON must be UTF-8, and byte {error.start} is not") from None
    except UnicodeEncodeError:
        raise _Malformed("the JSON has half of a surrogate pair") from None
    except (ValueError, RecursionError) as error:
        raise _Malformed(f"it is no JSON: {error}") from None
    return value


def _unique(pairs: list[tuple[str, JSON]]) -> dict[str, JSON]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise _Malformed(f"the JSON has the key {repeated_name(pairs)[:60]!r} twice in one object")
    return value


def _finite(text: str) -> float:
    if math.isinf(value := float(text)):
        raise _Malformed(f"the number {text[:20]} is too large")
    return value


def _refuse_constant(name: str) -> JSON:
    raise _Malformed(f"{name} is no JSON number")


_DECODER: Final = json.JSONDecoder(object_pairs_hook=_unique, parse_float=_finite, parse_constant=_refuse_constant)


def _depth(text: str) -> int:
    """How deep the brackets outside of strings are nested."""
    deepest = depth = 0
    for bracket in re.findall(r'"(?:[^"\\]|\\.)*"|[\[\]{}]', text):
        if bracket in ("[", "{"):
            depth += 1
            deepest = max(deepest, depth)
        elif bracket in ("]", "}"):
            depth -= 1
    return deepest


def _charset(content_type: str) -> str | None:
    """The charset of a `Content-Type` under Python's name; empty when there is none, None when nobody knows it."""
    found = re.search(r""";\s*charset\s*=\s*["']?([^"';\s]+)""", content_type, re.IGNORECASE)
    if found is None:
        return ""
    try:
        codec = codecs.lookup(found[1])
    except (LookupError, ValueError):
        return None
    return codec.name if codec._is_text_encoding else None


def _text(body: bytes, charset: str) -> str:
    try:
        return body.decode(charset)
    except (UnicodeError, ValueError):
        raise _Malformed(f"the text is not {charset}") from None


# --- Forms (OpenAPI 3.1, section 4.8.15) ------------------------------------------------------------------------------


class _Encoding:
    """How one field of a form is sent: the Encoding Object `node`, its headers compiled."""

    def __init__(self, node: Mapping[str, Any], pointer: str, document: Document) -> None:
        self.node = node
        self._accepted = [media_type_of(name) for name in str(node.get("contentType", "")).split(",") if name.strip()]
        self._headers: list[_PartHeader] = []
        headers = node.get("headers")
        for name, header in headers.items() if isinstance(headers, Mapping) else ():
            if name.lower() == "content-type":
                continue  # OpenAPI 3.1, section 4.8.15.1: it is described by `contentType`
            with suppress(SpecError):  # found at load
                self._headers.append(_PartHeader(name, header, f"{pointer}/headers/{escape(name)}", document))

    def errors(self, part: Part) -> Iterator[dict[str, Any]]:
        """Where a part is not of the documented type, or its headers are not as documented."""
        if self._accepted and part.content_type and not _is_among(media_type_of(part.content_type), self._accepted):
            message = f"the part is {part.content_type[:60]}; accepted: {', '.join(self._accepted)}"
            yield make_error("contentType", ("body", part.name), message, part.content_type)
        for header in self._headers:
            yield from header.errors(part)


class _PartHeader:
    """A header of a part."""

    def __init__(self, name: str, header: JSON, pointer: str, document: Document) -> None:
        node, pointer = document.resolve(header, pointer)
        node = node if isinstance(node, Mapping) else {}
        schema = node.get("schema", True)
        self._parameter = Parameter(name, "header", node.get("required") is True, schema, f"{pointer}/schema")
        self._decoder = Decoder(self._parameter, document)
        self._schema = RequestSchema(schema, f"{pointer}/schema", document) if isinstance(schema, Mapping) else None

    def errors(self, part: Part) -> Iterator[dict[str, Any]]:
        place = ("body", part.name)
        value = self._decoder.decode(RawParameters(Request("", "", headers=part.headers), {}))
        if value is ABSENT:
            if self._parameter.required:
                yield make_error("required", place, f"the part has no header {self._parameter.name}", None)
        elif self._schema is not None:
            for error in validate_value(self._schema, value, place):
                yield {**error, "msg": f"the header {self._parameter.name}: {error['msg']}"}


def _field_value(entries: list[tuple[str, Part | None]], shape: Shape, encoding: Mapping[str, Any]) -> JSON:
    """The value of a field, which may have come several times."""
    if "array" in shape.types:
        style = str(encoding.get("style", "form"))
        explode = encoding.get("explode", style == "form") is not False
        item = shape.items or Shape()
        if len(entries) == 1 and (text := entries[0][0]).lstrip().startswith("[") and entries[0][1] is not None:
            return _json_or_text(text, shape)
        if not explode and entries[-1][1] is None:
            text = entries[-1][0]
            return shape.read_list(text.split(DELIMITERS.get(style, ",")) if text else ())
        return [_one_value(text, part, item, encoding) for text, part in entries]
    text, part = entries[-1]
    return _one_value(text, part, shape, encoding)


def _one_value(text: str, part: Part | None, shape: Shape, encoding: Mapping[str, Any]) -> JSON:
    if part is not None and part.filename is not None and not is_json(part.content_type or ""):
        return part.data.decode("latin-1")
    declared = (part.content_type if part is not None else None) or str(encoding.get("contentType", ""))
    if is_json(declared):
        return parse_json(text.encode("utf-8", "surrogatepass"))
    # OpenAPI 3.1, section 4.8.15.1: what is no scalar is JSON by default.
    return _json_or_text(text, shape) if "object" in shape.types else shape.read(text)


def _json_or_text(text: str, shape: Shape) -> JSON:
    try:
        return parse_json(text.encode("utf-8", "surrogatepass"))
    except _Malformed:
        return shape.read(text)


def _nest(value: dict[str, JSON], base: str, keys: list[str], text: str, shape: Shape) -> None:
    """Put `a[b][c]=1`, `a[]=1` and `a[0][b]=1` where they belong, as deepObject and its relatives write them."""
    shape = shape.properties.get(base, Shape())
    holder: JSON = value
    key: str | int = base
    for name in keys:
        is_list = not name or (name.isdecimal() and "array" in shape.types)
        child = _child(holder, key, [] if is_list else {})
        if not isinstance(child, list if is_list else dict):
            return
        shape = (shape.items or Shape()) if is_list else shape.properties.get(name, Shape())
        holder, key = child, (min(int(name[:6] or len(child)), len(child)) if is_list else name)
    _put(holder, key, shape.read(text))


def _child(holder: JSON, key: str | int, empty: JSON) -> JSON:
    if isinstance(holder, list):
        if isinstance(key, int) and key < len(holder):
            return holder[key]
        holder.append(empty)
        return empty
    return holder.setdefault(key, empty)


def _put(holder: JSON, key: str | int, value: JSON) -> None:
    if isinstance(holder, list) and key == len(holder):
        holder.append(value)
    else:
        holder[key] = value


def _is_among(essence: str, wanted: list[str]) -> bool:
    return any(name in (essence, "*/*", f"{essence.partition('/')[0]}/*") for name in wanted)
