"""Forms: which members of a schema are files, and what a form looks like on the wire."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qs, urlencode

from urllib3.filepost import encode_multipart_formdata

from contract_tests.contract import Contract, MediaType, Operation

BOUNDARY = "understudy-form-7f3a9c1e"
MULTIPART, URLENCODED = "multipart/form-data", "application/x-www-form-urlencoded"

SAMPLE_FILE = "\x89PNG\r\n\x1a\n\x00\xffZo\xeb\r\n--not-a-boundary\n"
"""Bytes, as the characters of the same numbers, that change where a service takes them for text."""

JPEG = "\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00\xff\xd9"

FILE_NAME = "sample.bin"

_COLUMNS = re.compile(r"`(\w+(?:,\w+)+)`")


def is_text(media: MediaType) -> bool:
    """Whether a body is a text that is no JSON, as a table is."""
    return media.name.lower().startswith("text/") and "json" not in media.name.lower()


def form_media(operation: Operation) -> MediaType | None:
    """The form that an operation takes, multipart before urlencoded."""
    content = operation.request_body.content if operation.request_body else ()
    by_name = {essence(media.name): media for media in content}
    return by_name.get(MULTIPART) or by_name.get(URLENCODED)


def essence(content_type: str) -> str:
    """`type/subtype` in lower case."""
    return content_type.partition(";")[0].strip().lower()


def content_type_of(media: MediaType) -> str:
    """The Content-Type to send a form with."""
    name = essence(media.name)
    return f"{name}; boundary={BOUNDARY}" if name == MULTIPART else name


_FIELDS = frozenset({"", "text/plain", "application/json", "*/*"})
"""The media types of parts that are texts, not files."""


def file_members(contract: Contract, media: MediaType) -> Mapping[str, str]:
    """The members that are files or lists of files, and the media type that each is sent as."""
    files: dict[str, str] = {}
    for name, schema, _ in contract.iter_properties(media.schema, media.pointer):
        ranges = accepted_ranges(contract, media, name)
        first = next(iter(ranges), "")
        is_file = bool(_encoded(contract, media, name)) and first not in _FIELDS
        is_file = is_file and contract.json_types(schema) == {"string"}
        if is_file or is_binary(contract, schema) or is_binary(contract, _items(contract, schema)):
            files[name] = first if first and "*" not in first else "application/octet-stream"
    return files


def accepted_ranges(contract: Contract, media: MediaType, name: str) -> tuple[str, ...]:
    """The media types that a file may be of, as far as the document lists them, in small letters: `image/*`."""
    encoded = tuple(filter(None, map(essence, _encoded(contract, media, name).split(","))))
    return encoded or _said_types(contract, media, name)


def _encoded(contract: Contract, media: MediaType, name: str) -> str:
    """The `contentType` of a part."""
    entry = contract.spec.document.lookup(media.pointer)
    encoding = entry.get("encoding") if isinstance(entry, Mapping) else None
    described = encoding.get(name) if isinstance(encoding, Mapping) else None
    return str(described.get("contentType", "")) if isinstance(described, Mapping) else ""


_TYPE = re.compile(r"\b(?:text|image|audio|video|application)/[a-z0-9][a-z0-9.+-]*[a-z0-9]")
_OTHER_TYPES = frozenset({"application/json", "application/octet-stream", "application/problem+json"})


def _said_types(contract: Contract, media: MediaType, name: str) -> tuple[str, ...]:
    """The media types that words list, of the member or with its operation, where they list more than one."""
    told = next((schema for known, schema, _ in contract.iter_properties(media.schema, "") if known == name), None)
    for text in (contract.description(told), contract.said_at(media.pointer.partition("/requestBody")[0])):
        for sentence in re.split(r"(?<=[.;])\s+", text.lower()):
            found = tuple(dict.fromkeys(each for each in _TYPE.findall(sentence) if each not in _OTHER_TYPES))
            if len(found) > 1:
                return found
    return ()


def accepted_types(contract: Contract, media: MediaType, name: str) -> tuple[str, ...]:
    """Those of them that are no wildcards."""
    return tuple(part for part in accepted_ranges(contract, media, name) if "*" not in part)


def content_of(media_type: str, row: Mapping[str, Any] | None = None) -> str:
    """Bytes that begin as files of this type do, a table of one row where it is one."""
    if media_type == "text/csv":
        table = io.StringIO()
        csv.writer(table).writerows([row.keys(), map(as_text, row.values())] if row else [["a", "b"], [1, 2]])
        return table.getvalue()
    if media_type.startswith("text/"):
        return "Some text.\n"
    return JPEG if media_type == "image/jpeg" else SAMPLE_FILE


def columns_said(said: str) -> tuple[str, ...]:
    """The columns of a table, as a description names them (`name,price`); none where it does not."""
    match = _COLUMNS.search(said)
    return tuple(match[1].split(",")) if match is not None else ()


def with_file_type(body: bytes, usual: str, media_type: str) -> bytes:
    """The body of a multipart form whose first file of the `usual` media type is said to be of another."""
    head, tail = f'; filename="{FILE_NAME}"\r\nContent-Type: ', "\r\n\r\n"
    return body.replace(f"{head}{usual}{tail}".encode(), f"{head}{media_type}{tail}".encode(), 1)


def with_file_name(body: bytes, name: str) -> bytes:
    """The body of a multipart form whose first file is called otherwise, in UTF-8 (RFC 7578, section 4.2)."""
    return body.replace(f'; filename="{FILE_NAME}"'.encode(), f'; filename="{name}"'.encode(), 1)


def _items(contract: Contract, schema: Any) -> Any:
    return next((items for each in _iter_branches(contract, schema) if (items := each.get("items"))), None)


def is_binary(contract: Contract, schema: Any) -> bool:
    """Whether a schema is that of bytes: `format: binary`, or 3.1's `contentMediaType` without an encoding."""
    return any(
        each.get("format") == "binary" or ("contentMediaType" in each and "contentEncoding" not in each)
        for each in _iter_branches(contract, schema)
    )


def _iter_branches(contract: Contract, schema: Any) -> Iterator[Mapping[str, Any]]:
    """A schema and its alternatives: an optional file of FastAPI is one, or null."""
    schema, _ = contract.resolve(schema, "")
    if isinstance(schema, Mapping):
        yield schema
        for keyword in ("anyOf", "oneOf"):
            for branch in schema.get(keyword, ()):
                node, _ = contract.resolve(branch, "")
                if isinstance(node, Mapping):
                    yield node


def encode_form(content_type: str, value: Mapping[str, Any], files: Mapping[str, str]) -> bytes:
    """The body of a form, its `files` with their media types. The text of a file holds a byte in each character."""
    pairs = [(name, item) for name, held in value.items() for item in _iter_items(held)]
    if essence(content_type) == URLENCODED:
        return urlencode([(name, as_text(item)) for name, item in pairs]).encode()
    fields: list[tuple[str, Any]] = []
    for name, item in pairs:
        if name in files and isinstance(item, str):
            fields.append((name, (FILE_NAME, item.encode("latin-1", "replace"), files[name])))
        elif isinstance(item, dict):
            fields.append((name, (None, json.dumps(item), "application/json")))
        else:
            fields.append((name, as_text(item)))
    return encode_multipart_formdata(fields, boundary=BOUNDARY)[0]


def decode_form(content_type: str, body: bytes) -> dict[str, list[str]] | None:
    """The texts of a form that `encode_form` wrote, those of its files left out; None for anything else."""
    name = essence(content_type)
    if name == URLENCODED:
        return parse_qs(body.decode(), keep_blank_values=True)
    if name != MULTIPART or BOUNDARY not in content_type:
        return None
    found: dict[str, list[str]] = {}
    for part in body.split(f"--{BOUNDARY}".encode())[1:-1]:
        head, _, text = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        named = re.search(rb'; name="([^"]*)"', head)
        if named and b"filename" not in head:
            found.setdefault(named[1].decode(), []).append(text.removesuffix(b"\r\n").decode("utf-8", "replace"))
    return found


def _iter_items(value: Any) -> Iterator[Any]:
    if isinstance(value, list):
        yield from value
    elif value is not None:
        yield value


def as_text(value: Any) -> str:
    """A scalar as a form or a query spells it."""
    return value if isinstance(value, str) else json.dumps(value)
