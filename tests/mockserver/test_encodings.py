"""Bodies in the media type that they are announced as."""

from __future__ import annotations

import csv
import io
import json
import xml.etree.ElementTree as ET
import zipfile
from typing import Any

import pytest

from mockserver import MockEngine, Reply, Request, load_spec
from tests.mockserver.conftest import document

PET = {
    "type": "object",
    "required": ["id", "tags", "name"],
    "properties": {
        "id": {"type": "integer", "xml": {"attribute": True}},
        "name": {"type": "string", "xml": {"name": "label"}},
        "tags": {"type": "array", "minItems": 2, "items": {"type": "string", "xml": {"name": "tag"}},
                 "xml": {"name": "tagList", "wrapped": True}},
    },
    "xml": {"name": "pet", "prefix": "p", "namespace": "urn:pets"},
}  # fmt: skip
PETS = {"type": "array", "items": {"$ref": "#/components/schemas/Pet"}}


def answer(media_type: str, **entry: Any) -> Reply:
    responses = {"200": {"description": "", "content": {media_type: entry}}}
    spec = load_spec(document({"/a": {"get": {"responses": responses}}}, components={"schemas": {"Pet": PET}}))
    return MockEngine(spec, optional="always").handle(Request("GET", "/a"))


def body(media_type: str, **entry: Any) -> bytes:
    return answer(media_type, **entry).body


def test_xml_has_the_names_of_the_document() -> None:
    """Attributes, wrappers, prefixes and namespaces too."""
    pet = ET.fromstring(body("application/xml", schema={"$ref": "#/components/schemas/Pet"}))
    assert pet.tag == "{urn:pets}pet"
    assert pet.attrib["id"].isdigit()
    assert [child.tag for child in pet] == ["label", "tagList"] or {child.tag for child in pet} == {"label", "tagList"}
    assert {tag.tag for tag in pet.findall("tagList/tag")} == {"tag"}


def test_an_xml_list_has_a_root() -> None:
    """Named after its items."""
    root = ET.fromstring(body("application/xml", schema=PETS))
    assert {child.tag for child in root} == {"{urn:pets}pet"}


def test_csv_has_a_line_for_each_item() -> None:
    """Below a line of names."""
    rows = list(csv.DictReader(io.StringIO(body("text/csv", schema=PETS).decode())))
    assert len(rows) > 1
    assert all(row["id"].isdigit() and json.loads(row["tags"]) for row in rows)


@pytest.mark.parametrize("entry", [{"schema": PETS}, {"itemSchema": PETS["items"]}], ids=["schema", "itemSchema"])
def test_lines_of_json_hold_an_item_each(entry: dict[str, Any]) -> None:
    """From the schema of an array, or of its items (OpenAPI 3.2)."""
    lines = body("application/x-ndjson", **entry).decode().splitlines()
    assert len(lines) > 1
    assert all(json.loads(line)["id"] for line in lines)


def test_events_are_framed() -> None:
    """As `text/event-stream` has it."""
    event = {"type": "object", "required": ["event", "data"],
             "properties": {"event": {"const": "pet"}, "data": {"type": "string"}}}  # fmt: skip
    frames = body("text/event-stream", itemSchema=event).decode().split("\n\n")[:-1]
    assert len(frames) == 3
    assert all(frame.startswith("event: pet\ndata: ") for frame in frames)


MAGIC = {
    "image/png": b"\x89PNG\r\n\x1a\n", "image/gif": b"GIF89a", "image/jpeg": b"\xff\xd8\xff",
    "application/pdf": b"%PDF-",
    "image/*": b"\x89PNG", "application/gzip": b"\x1f\x8b",
}  # fmt: skip


@pytest.mark.parametrize(("media_type", "start"), MAGIC.items(), ids=MAGIC)
def test_files_are_real(media_type: str, start: bytes) -> None:
    """Tiny, but of their kind."""
    assert body(media_type, schema={"type": "string", "format": "binary"}).startswith(start)


def test_an_archive_opens() -> None:
    """It is empty."""
    assert zipfile.ZipFile(io.BytesIO(body("application/zip"))).namelist() == []


def test_text_is_not_quoted() -> None:
    """It is no JSON."""
    assert not body("text/plain", schema={"type": "string"}).startswith(b'"')


WILDCARDS = {
    "*/*": (PET, "application/json"),
    "application/*": ({"type": "string"}, "application/json"),
    "*/* of bytes": ({"type": "string", "format": "binary"}, "application/octet-stream"),
    "text/*": ({"type": "string"}, "text/plain"),
    "image/*": ({"type": "string"}, "image/png"),
    "video/*": ({"type": "string"}, "application/octet-stream"),
}


@pytest.mark.parametrize(("name", "expected"), WILDCARDS.items(), ids=WILDCARDS)
def test_a_wildcard_is_answered_in_one_media_type(name: str, expected: tuple[dict[str, Any], str]) -> None:
    """And the body is what it says."""
    schema, content_type = expected
    reply = answer(name.partition(" ")[0], schema=schema)
    assert reply.headers[0] == ("content-type", content_type)
    assert content_type != "application/json" or json.loads(reply.body)
