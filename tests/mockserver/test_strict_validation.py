"""Strict validation: every error at once, named where it is; bodies of every media type, broken ones included."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mockserver import Headers, MockEngine, Reply, Request, load_spec
from mockserver.types import JSON
from tests.mockserver.conftest import document

TEXT = {"type": "string"}
NUMBER = {"type": "integer"}
TIME = {"type": "string", "readOnly": True}


def an_object(required: str = "", **properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": required.split()}


def ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


SCHEMAS: dict[str, Any] = {
    "Cat": an_object("kind lives", kind=TEXT, lives=NUMBER),
    "Dog": an_object("kind name", kind=TEXT, name={"type": "string", "minLength": 2}),
    "Pet": {
        "oneOf": [ref("Cat"), ref("Dog")],
        "discriminator": {"propertyName": "kind", "mapping": {"feline": "#/components/schemas/Cat", "canine": "Dog"}},
    },
    "Named": {"oneOf": [ref("Cat"), ref("Dog")], "discriminator": {"propertyName": "kind"}},
    "Parent": {**an_object("kind", kind=TEXT), "discriminator": {"propertyName": "kind", "mapping": {"c": "Child"}}},
    "Child": {"allOf": [ref("Parent"), an_object("age", age=NUMBER)]},
    "Stored": {"allOf": [an_object("", id=ref("Id"), made=TIME), {"required": ["id", "made", "name"]}]},
    "Id": {"type": "integer", "readOnly": True},
    "Tree": an_object("id name", id=ref("Id"), name=TEXT, children={"type": "array", "items": ref("Tree")}),
}

Errors = list[tuple[list[str | int], str]]

# A schema, a value, and where what is wrong with it.
VALUES: dict[str, tuple[Any, JSON, Errors]] = {
    "several at once": (
        an_object("a b", a=NUMBER, b=TEXT, c={"type": "array", "items": NUMBER}), {"b": 1, "c": [1, "x", 3, None]},
        [(["a"], "required"), (["b"], "type"), (["c", 1], "type"), (["c", 3], "type")],
    ),
    "properties that are too many": (
        {**an_object(a=TEXT), "additionalProperties": False}, {"x": 1, "y": 2},
        [(["x"], "additionalProperties"), (["y"], "additionalProperties")],
    ),
    "discriminator with mapping": (ref("Pet"), {"kind": "canine", "name": "x"}, [(["name"], "minLength")]),
    "discriminator by name": (ref("Named"), {"kind": "Cat", "lives": "9"}, [(["lives"], "type")]),
    "discriminator unknown": (ref("Pet"), {"kind": "bird"}, [(["kind"], "discriminator")]),
    "discriminator missing": (ref("Pet"), {"name": "x"}, [(["kind"], "required")]),
    "discriminator where both hold": (ref("Named"), {"kind": "Dog", "name": "Rex", "lives": 9}, []),
    # A discriminator must not change the outcome, and no keyword leads from a parent to its children.
    "discriminator of a parent": (ref("Parent"), {"kind": "c"}, []),
    "discriminator of a parent, in a child": (ref("Child"), {"kind": "c"}, [(["age"], "required")]),
    "nearest branch": (
        {"anyOf": [an_object("a b c", a=NUMBER, b=NUMBER, c=NUMBER), an_object("a d", a=NUMBER, d=NUMBER)]},
        {"a": 1, "d": "x"}, [(["d"], "type")],
    ),
    "branch by constant": (
        {"oneOf": [an_object("t a b", t={"const": "1"}, a=NUMBER, b=NUMBER), an_object("t", t={"const": "2"})]},
        {"t": "1"}, [(["a"], "required"), (["b"], "required")],
    ),
    "or null": ({"anyOf": [an_object("a", a=NUMBER), {"type": "null"}]}, {"a": "x"}, [(["a"], "type")]),
    "none of the types": (an_object(a={"anyOf": [NUMBER, {"type": "null"}]}), {"a": "x"}, [(["a"], "type")]),
    "nested unions": (
        {"oneOf": [TEXT, an_object("in", **{"in": {"oneOf": [NUMBER, an_object("deep", deep=NUMBER)]}})]},
        {"in": {"deep": "x"}}, [(["in", "deep"], "type")],
    ),
    "readOnly need not be sent": (ref("Tree"), {"name": "a", "children": [{"name": "b", "children": []}]}, []),
    "readOnly is ignored": (ref("Tree"), {"name": "a", "id": "no integer"}, []),
    "readOnly of another branch": (ref("Stored"), {"name": "a"}, []),
    "the others are required": (ref("Tree"), {"children": [{"id": 1}]},
                                [(["name"], "required"), (["children", 0, "name"], "required")]),
    "int32": (an_object(a={"type": "integer", "format": "int32"}), {"a": 2**31}, [(["a"], "maximum")]),
    "byte": (an_object(a={"type": "string", "format": "byte"}), {"a": "%%"}, [(["a"], "format")]),
    "dependent": ({"type": "object", "dependentRequired": {"a": ["b"]}}, {"a": 1}, [(["b"], "required")]),
    "names of properties": (
        {"type": "object", "propertyNames": {"pattern": "^a"}}, {"b": 1}, [(["b"], "propertyNames")],
    ),
    "a long value": (an_object(a={"type": "string", "maxLength": 3}), {"a": "x" * 5000}, [(["a"], "maxLength")]),
}  # fmt: skip


def engine_of(content: dict[str, Any], **options: Any) -> MockEngine:
    operation = {"requestBody": {"content": content}, "responses": {"200": {"description": ""}}}
    spec = document({"/a": {"post": operation}}, components={"schemas": SCHEMAS})
    return MockEngine(load_spec(spec), errors="fastapi", **options)


def post(engine: MockEngine, body: bytes, content_type: str = "application/json") -> Reply:
    headers = Headers([(b"content-type", content_type.encode())] if content_type else [])
    return engine.handle(Request("POST", "/a", "", headers, body))


def errors_of(reply: Reply) -> Errors:
    detail = json.loads(reply.body)["detail"] if reply.status != 200 else []
    return [(error["loc"][1:], error["type"]) for error in detail]


@pytest.mark.parametrize(("schema", "value", "expected"), VALUES.values(), ids=VALUES)
def test_each_error_is_named(schema: Any, value: JSON, expected: Errors) -> None:
    """By its place and the keyword that it breaks; no message quotes a whole body."""
    reply = post(engine_of({"application/json": {"schema": schema}}), json.dumps(value).encode())
    assert errors_of(reply) == expected
    messages = [error["msg"] for error in json.loads(reply.body)["detail"]] if expected else []
    assert all(len(message) <= 200 for message in messages)


ANYTHING: dict[str, Any] = {"application/json": {"schema": {}}}
DAMAGED: dict[str, tuple[bytes, str]] = {
    "cut short": (b'{"a":', "application/json"),
    "more behind it": (b"{} {}", "application/json"),
    "NaN": (b"[NaN]", "application/json"),
    "infinite": (b"[1e999]", "application/json"),
    "too many digits": (b"1" * 5000, "application/json"),
    "key twice": (b'{"a":1,"a":2}', "application/vnd.api+json"),
    "byte order mark": (b"\xef\xbb\xbf{}", "application/json"),
    "UTF-16": ("{}".encode("utf-16"), "application/json"),
    "no UTF-8": (b'"\xff"', "application/json"),
    "half a surrogate pair": (b'"\\ud800"', "application/json"),
    "too deep": (b"[" * 100_000, "application/json"),
    "just too deep": (b"[" * 201 + b"]" * 201, "application/json"),
    "no boundary": (b"--x--", "multipart/form-data"),
    "cut multipart": (b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb', "multipart/form-data; boundary=x"),
    "nameless part": (b"--x\r\nA: b\r\n\r\nb\r\n--x--", "multipart/form-data; boundary=x"),
    "cut XML": (b"<a><b>", "application/xml"),
    "entities": (b'<!DOCTYPE a [<!ENTITY e "eeee">]><a>&e;</a>', "application/xml"),
    "deep XML": (b"<a>" * 1000, "text/xml"),
    "another charset": ("é".encode("latin-1"), "text/plain; charset=utf-8"),
}


@pytest.mark.parametrize(("body", "content_type"), DAMAGED.values(), ids=DAMAGED)
def test_damaged_bodies_are_refused(body: bytes, content_type: str) -> None:
    """400 and a sentence; with validation off they pass."""
    content: dict[str, Any] = {content_type.partition(";")[0]: {"schema": {}}}
    assert post(engine_of(content), body, content_type).status == 400
    assert post(engine_of(content, validation="off"), body, content_type).status == 200


FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=x"
ITEM = an_object("name", name=TEXT, count=NUMBER)


def multipart(*parts: tuple[str, str, bytes]) -> bytes:
    """A multipart body of parts: the rest of the disposition, more headers, data."""
    body = b""
    for disposition, headers, data in parts:
        body += f"--x\r\nContent-Disposition: form-data; {disposition}\r\n{headers}\r\n".encode() + data + b"\r\n"
    return body + b"--x--\r\n"


PICTURE = {"multipart/form-data": {
    "schema": an_object("photo", photo={"type": "string", "format": "binary"}, about=ITEM, tags={
        "type": "array", "items": NUMBER,
    }),
    "encoding": {"photo": {"contentType": "image/png, image/jpeg", "headers": {
        "X-Hash": {"required": True, "schema": {"type": "string", "pattern": "^[0-9]+$"}},
        "X-Sizes": {"schema": {"type": "array", "items": NUMBER}}, "Content-Type": {"required": True}}}},
}}  # fmt: skip
HASHED = "Content-Type: image/png\r\nX-Hash: 1\r\n"
XML_ORDER = {"application/xml": {"schema": {
    "type": "object", "xml": {"name": "order"}, "required": ["id"], "properties": {
        "id": {"type": "integer", "xml": {"attribute": True}},
        "lines": {"type": "array", "xml": {"wrapped": True}, "items": {**ITEM, "xml": {"name": "line"}}},
        "note": {"type": "array", "items": TEXT, "xml": {"name": "remark", "prefix": "o"}},
    },
}}}  # fmt: skip

BODIES: dict[str, tuple[dict[str, Any], str, bytes, Errors]] = {
    "urlencoded": ({FORM: {"schema": ITEM}}, FORM, b"name=a+b&count=3", []),
    "urlencoded, wrong": ({FORM: {"schema": ITEM}}, FORM, b"count=x", [(["name"], "required"), (["count"], "type")]),
    "repeated": ({FORM: {"schema": an_object(t={"type": "array", "items": NUMBER})}}, FORM, b"t=1&t=2&t=x",
                 [(["t", 2], "type")]),
    "joined": ({FORM: {"schema": an_object(t={"type": "array", "items": NUMBER}),
                       "encoding": {"t": {"style": "pipeDelimited", "explode": False}}}}, FORM, b"t=1|x",
               [(["t", 1], "type")]),
    "nested": ({FORM: {"schema": an_object(item=ITEM)}}, FORM, b"item[name]=a&item[count]=x",
               [(["item", "count"], "type")]),
    "nested lists": ({FORM: {"schema": an_object(items={"type": "array", "items": ITEM})}}, FORM,
                     b"items[0][name]=a&items[0][count]=1&items[1][count]=x",
                     [(["items", 1, "name"], "required"), (["items", 1, "count"], "type")]),
    "multipart": (PICTURE, MULTIPART, multipart(
        ('name="photo"; filename="a.png"', HASHED, b"\x89PNG\xff"), ('name="about"', "", b'{"name":"a"}'),
        ('name="tags"', "", b"1"), ('name="tags"', "", b"2"),
    ), []),
    "multipart, wrong": (PICTURE, MULTIPART, multipart(
        ('name="about"', "Content-Type: application/json\r\n", b'{"name":1}'), ('name="tags"', "", b"x"),
    ), [(["photo"], "required"), (["about", "name"], "type"), (["tags", 0], "type")]),
    "part of another type, without its header": (PICTURE, MULTIPART, multipart(
        ('name="photo"; filename="a"', "Content-Type: text/plain\r\n", b"x"),
    ), [(["photo"], "contentType"), (["photo"], "required")]),
    "part with a header that is wrong": (PICTURE, MULTIPART, multipart(
        ('name="photo"; filename="a"', "X-Hash: x\r\nX-Sizes: 1,x\r\n", b"x"),
    ), [(["photo"], "pattern"), (["photo", 1], "type")]),
    "XML": (XML_ORDER, "application/xml",
            b"<order id='7'><lines><line><name>a</name></line></lines><o:remark>x</o:remark></order>",
            []),
    "XML, wrong": (XML_ORDER, "text/xml; charset=utf-8", b"<order><lines><line><count>x</count></line></lines></order>",
                   [(["id"], "required"), (["lines", 0, "name"], "required"), (["lines", 0, "count"], "type")]),
    "text": ({"text/plain": {"schema": NUMBER}}, "text/plain", b"seven", [([], "type")]),
    "text in its charset": ({"text/*": {"schema": {"const": "é"}}}, "text/csv; charset=latin-1", b"\xe9", []),
    "wildcard": ({"*/*": {"schema": ITEM}}, "application/json", b"{}", [(["name"], "required")]),
    "suffix": ({"application/*+json": {"schema": ITEM}}, "application/a+json", b"{}", [(["name"], "required")]),
    "no type": ({"application/json": {"schema": ITEM}}, "", b"{}", [(["name"], "required")]),
    "no JSON Schema": ({"application/json": {"schema": {**ITEM, "pattern": "(", "minimum": "0"}}}, "application/json",
                       b"{}", [(["name"], "required")]),
    "binary": ({"application/pdf": {"schema": {"type": "string", "format": "binary"}}}, "application/pdf", b"\xff", []),
}  # fmt: skip


@pytest.mark.parametrize(("content", "content_type", "body", "expected"), BODIES.values(), ids=BODIES)
def test_bodies_of_every_media_type(content: dict[str, Any], content_type: str, body: bytes, expected: Errors) -> None:
    """Read as documented and validated."""
    content = {**content, "text/xml": content["application/xml"]} if "application/xml" in content else content
    reply = post(engine_of(content), body, content_type)
    assert sorted(errors_of(reply), key=str) == sorted(expected, key=str)


UNSUPPORTED = {
    "media type": "text/csv",
    "charset": "application/json; charset=klingon",
    "JSON in Latin-1": "application/json; charset=latin-1",
}


@pytest.mark.parametrize("content_type", UNSUPPORTED.values(), ids=UNSUPPORTED)
def test_what_cannot_be_read_is_said(content_type: str) -> None:
    """415 with what is accepted (RFC 9110, section 15.5.16)."""
    reply = post(engine_of(ANYTHING), b"{}", content_type)
    assert (reply.status, dict(reply.headers)["accept"]) == (415, "application/json")


def test_a_body_may_be_as_large_as_it_may() -> None:
    """413 for the next byte."""
    engine = engine_of(ANYTHING, max_body=4)
    assert [post(engine, body).status for body in (b"[11]", b"[111]")] == [200, 413]


def test_strict_is_for_documents_of_fastapi_too() -> None:
    """On request: text is no integer in a JSON body."""
    statuses = [
        MockEngine(load_spec("openapi.json"), validation=mode).handle(Request(
            "POST", "/v1/vms/a/clone", "wait=maybe",
            Headers([(b"x-api-key", b"k"), (b"content-type", b"application/json")]), b'{"snapshot_name":5}',
        )).status
        for mode in ("fastapi", "strict", "off")
    ]  # fmt: skip
    assert statuses == [422, 422, 200]
