"""A value as its media type has it: JSON, text, XML, CSV, lines of JSON, server-sent events, and tiny real files."""

from __future__ import annotations

import base64
import csv
import io
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from pydantic_core import to_json

from mockserver.document import Document
from mockserver.errors import SpecError
from mockserver.spec import MediaType
from mockserver.types import JSON, is_json

Encoder = Callable[[JSON], bytes]

LINES: Final = frozenset(("application/x-ndjson", "application/jsonl", "application/x-jsonlines", "application/ndjson",
                          "application/json-seq", "application/stream+json", "application/x-json-stream"))  # fmt: skip
FILES: Final[Mapping[str, bytes]] = {
    "image/png": base64.b64decode(
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
    ),
    "image/gif": base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"),
    "image/svg+xml": b'<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"><rect width="1" height="1"/></svg>',
    "application/zip": b"PK\x05\x06" + bytes(18),
    "application/gzip": base64.b64decode("H4sIAAAAAAACAwMAAAAAAAAAAAA="),
    "application/pdf": (
        b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
        b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]>>endobj\nxref\n0 4\n0000000000 65535 f \n"
        b"0000000009 00000 n \n0000000052 00000 n \n0000000101 00000 n \ntrailer<</Size 4/Root 1 0 R>>\n"
        b"startxref\n164\n%%EOF\n"
    ),
    "image/jpeg": base64.b64decode(
        "/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAP//////////////////////////////////////////////////////////////////////"
        "////////////////wgALCAABAAEBAREA/8QAFBABAAAAAAAAAAAAAAAAAAAAAP/aAAgBAQABPxA="
    ),
}
ALIASES: Final = {"image/*": "image/png", "image/jpg": "image/jpeg", "application/x-zip-compressed": "application/zip",
                  "application/x-gzip": "application/gzip", "application/x-pdf": "application/pdf"}  # fmt: skip
MAX_DEPTH: Final = 60


def concrete(media_type: MediaType, document: Document) -> str:
    """The media type to send: where the document leaves it open, one that fits the schema."""
    essence = media_type.name.partition(";")[0].strip().lower()
    if "*" not in essence and essence:
        return media_type.name
    kind = essence.partition("/")[0]
    if f"{kind}/*" in ALIASES:
        return ALIASES[f"{kind}/*"]
    if kind == "text":
        return "text/plain"
    is_binary = kind not in ("", "*", "application") or _is_binary(media_type, document)
    return "application/octet-stream" if is_binary else "application/json"


def _is_binary(media_type: MediaType, document: Document) -> bool:
    try:
        schema, _ = document.resolve(media_type.schema, media_type.pointer)
    except SpecError:  # said at load
        return False
    return isinstance(schema, Mapping) and schema.get("format") == "binary"


def encoder(media_type: MediaType, document: Document) -> Encoder:
    """What turns a value of a media type into bytes."""
    essence = concrete(media_type, document).partition(";")[0].strip().lower()
    if essence in LINES:
        return _json_lines
    if is_json(essence):
        return _json
    if essence == "text/event-stream":
        return _events
    if essence.endswith(("/xml", "+xml")) and essence != "image/svg+xml":
        return Xml(media_type, document).encode
    if essence in ("text/csv", "application/csv"):
        return _csv
    if (file := FILES.get(ALIASES.get(essence, essence))) is not None:
        return lambda value: value.encode() if isinstance(value, str) and _is_documented(media_type, value) else file
    return _text


def _json(value: JSON) -> bytes:
    return to_json(value, inf_nan_mode="null")


def _text(value: JSON) -> bytes:
    return value.encode("utf-8", "replace") if isinstance(value, str) else _json(value)


def _is_documented(media_type: MediaType, value: str) -> bool:
    return any(value == example for example in media_type.examples.values())


def _json_lines(value: JSON) -> bytes:
    items = value if isinstance(value, list) else [value]
    return b"".join(_json(item) + b"\n" for item in items)


def _events(value: JSON) -> bytes:
    """Server-sent events, one for each item; an object of `event`, `data`, `id` and `retry` is one itself."""
    if isinstance(value, str) and value.startswith(("data:", "event:", "id:", ":")):
        return value.encode()
    events = []
    for item in value if isinstance(value, list) else [value]:
        fields = item if isinstance(item, dict) and "data" in item and item.keys() <= _FIELDS else {"data": item}
        lines = [
            f"{name}: {line}" for name, entry in fields.items() for line in _text(entry).decode().splitlines() or [""]
        ]
        events.append("\n".join(lines) + "\n\n")
    return "".join(events).encode()


_FIELDS: Final = {"event", "data", "id", "retry", "comment"}


def _csv(value: JSON) -> bytes:
    """RFC 4180: a header line of the names that occur, then a line for each item."""
    if isinstance(value, str):
        return value.encode()
    rows = value if isinstance(value, list) else [value]
    rows = [row if isinstance(row, dict) else {"value": row} for row in rows]
    names = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(names)
    writer.writerows([_cell(row.get(name)) for name in names] for row in rows)
    return text.getvalue().encode()


def _cell(value: JSON) -> str:
    return "" if value is None else value if isinstance(value, str) else _json(value).decode()


class Xml:
    """XML with the names, attributes, prefixes and wrappers of the schema's `xml` (OpenAPI 3.1, section 4.8.26)."""

    def __init__(self, media_type: MediaType, document: Document) -> None:
        self._document = document
        self._schema = media_type.schema
        self._pointer = f"{media_type.pointer}/schema"

    def encode(self, value: JSON) -> bytes:
        """A document whose root is named by the schema, its component or, failing both, `root`."""
        if isinstance(value, str) and value.lstrip().startswith("<"):
            return value.encode()
        schema, name = self._resolved(self._schema)
        if isinstance(value, list):
            items, item_name = self._resolved(schema.get("items"))
            tag = _xml(schema).get("name") or (f"{item_name}s" if item_name else name or "items")
            entry = _xml(items).get("name") or item_name or "item"
            inner = "".join(self._element(entry, item, items, 1) for item in value)
            return f'<?xml version="1.0" encoding="UTF-8"?>\n<{_tag(tag)}>{inner}</{_tag(tag)}>\n'.encode()
        text = self._element(_xml(schema).get("name") or name or "root", value, schema, 0)
        return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'.encode()

    def _resolved(self, schema: JSON) -> tuple[Mapping[str, Any], str]:
        """A schema with what `allOf` adds to it, and the name of its component."""
        try:
            found, pointer = self._document.resolve(schema, self._pointer)
        except SpecError:
            return {}, ""
        if not isinstance(found, Mapping):
            return {}, ""
        name = pointer.rpartition("/")[2] if pointer.startswith("#/components/schemas/") else ""
        merged = dict(found)
        for branch in [*_list(found.get("allOf")), *_list(found.get("anyOf")), *_list(found.get("oneOf"))]:
            part, inner = self._resolved(branch) if branch is not schema else ({}, "")
            merged["properties"] = {**part.get("properties", {}), **merged.get("properties", {})}
            for key in ("items", "xml"):
                if key in part and key not in merged:
                    merged[key] = part[key]
            name = name or inner
        return merged, name

    def _element(self, name: str, value: JSON, schema: Mapping[str, Any], depth: int) -> str:
        about = _xml(schema)
        tag = _tag(f"{about['prefix']}:{name}" if isinstance(about.get("prefix"), str) else name)
        space = ""
        if isinstance(namespace := about.get("namespace"), str):
            prefix = f":{about['prefix']}" if isinstance(about.get("prefix"), str) else ""
            space = f' xmlns{prefix}="{_escaped(namespace)}"'
        if depth > MAX_DEPTH or value is None:
            return f"<{tag}{space}/>"
        if not isinstance(value, dict):
            return f"<{tag}{space}>{_escaped(_scalar(value))}</{tag}>"
        attributes, inner = "", ""
        properties = schema.get("properties") or {}
        for key, entry in value.items():
            node, _ = self._resolved(properties.get(key, schema.get("additionalProperties")))
            meta = _xml(node)
            label = str(meta.get("name") or key)
            if (meta.get("attribute") or meta.get("nodeType") == "attribute") and not isinstance(entry, dict | list):
                prefix = f"{meta['prefix']}:" if isinstance(meta.get("prefix"), str) else ""
                attributes += f' {_tag(prefix + label)}="{_escaped(_scalar(entry))}"'
            elif isinstance(entry, list):
                inner += self._list(label, key, entry, node, depth)
            else:
                inner += self._element(label, entry, node, depth + 1)
        return f"<{tag}{space}{attributes}>{inner}</{tag}>"

    def _list(self, label: str, key: str, values: list[JSON], schema: Mapping[str, Any], depth: int) -> str:
        items, _ = self._resolved(schema.get("items"))
        wrapped = bool(_xml(schema).get("wrapped"))
        entry = str(_xml(items).get("name") or (label if wrapped else key))
        inner = "".join(self._element(entry, item, items, depth + 1) for item in values)
        return f"<{_tag(label)}>{inner}</{_tag(label)}>" if wrapped else inner


def _xml(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    about = schema.get("xml")
    return about if isinstance(about, Mapping) else {}


def _tag(name: str) -> str:
    """A name as XML allows it."""
    plain = re.sub(r"[^\w.:-]", "_", name)
    return plain if re.match(r"[A-Za-z_]", plain) else f"_{plain}"


def _scalar(value: JSON) -> str:
    return value if isinstance(value, str) else _json(value).decode()


def _escaped(text: str) -> str:
    legal = re.sub("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "", text)
    return legal.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")


def _list(value: JSON) -> list[JSON]:
    return value if isinstance(value, list) else []
