"""References of every kind: to other files, to other machines, by name; and those that lead nowhere."""

from __future__ import annotations

import io
import json
import sys
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from mockserver import Headers, MockEngine, Request, SpecError, load_spec
from tests.mockserver.conftest import document

FILES = {
    "api.yaml": """
openapi: 3.0.3
info: {title: Pets, version: '1'}
paths:
  /pets: {$ref: paths/pets.yaml}
""",
    "paths/pets.yaml": """
parameters: [{$ref: '../common.yaml#/parameters/Limit'}]
get:
  responses:
    '200': {description: ok, content: {application/json: {schema: {type: array, items: {$ref: '../schemas/pet.json'}}}}}
""",
    "common.yaml": """
parameters: {Limit: {name: limit, in: query, schema: {type: integer, minimum: 1, exclusiveMinimum: true}}}
""",
    "schemas/pet.json": json.dumps({
        "type": "object", "required": ["name", "owner", "parents"],
        "properties": {"name": {"type": "string", "nullable": True}, "owner": {"$ref": "owner.json#/definitions/Owner"},
                       "parents": {"type": "array", "maxItems": 2, "items": {"$ref": "#"}}},
    }),
    "schemas/owner.json": json.dumps({"definitions": {
        "Owner": {"type": "object", "required": ["id"], "properties": {"id": {"$ref": "#/definitions/Id"}}},
        "Id": {"type": "integer", "minimum": 7, "maximum": 7},
    }}),
}  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
    return tmp_path


@pytest.fixture
def site(folder: Path) -> Iterator[str]:
    """The same files on a web server."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            return None

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def check_pets(source: str, **options: Any) -> None:
    """Every file took part: the owner's id is 7, and the limit excludes 1."""
    spec = load_spec(source, **options)
    assert spec.findings == ()
    engine = MockEngine(spec)
    pets = json.loads(engine.handle(Request("GET", "/pets", "limit=2")).body)
    assert {pet["owner"]["id"] for pet in pets} == {7}
    assert engine.handle(Request("GET", "/pets", "limit=1")).status == 422


def test_other_files_are_bundled(folder: Path) -> None:
    """Path items, parameters and schemas, each file's references relative to itself; 3.0's keywords hold there too."""
    check_pets(str(folder / "api.yaml"))


def test_a_document_comes_by_url(site: str) -> None:
    """What it refers to lies on another machine too, and is fetched when that is allowed."""
    check_pets(f"{site}/api.yaml", allow_remote_refs=True)
    with pytest.raises(SpecError, match=r"leads to another machine\. Start with --allow"):
        load_spec(f"{site}/api.yaml")


def test_a_url_that_leads_nowhere_is_refused(site: str) -> None:
    with pytest.raises(SpecError, match=r"missing.yaml: cannot be read \(HTTP Error 404"):
        load_spec(f"{site}/missing.yaml")


def test_a_document_comes_on_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    """JSON or YAML, told apart by what it begins with."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"openapi: 3.1.0\npaths: {/a: {get: {}}}")))
    assert [str(operation) for operation in load_spec("-").operations] == ["GET /a"]


def schema_document(schemas: dict[str, Any], root: Any, version: str = "3.1.0") -> dict[str, Any]:
    responses = {"200": {"description": "", "content": {"application/json": {"schema": root}}}}
    return {**document({"/a": {"get": {"responses": responses}}}, components={"schemas": schemas}), "openapi": version}


SEVEN: dict[str, Any] = {"const": 7}
NAMED: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "an identifier": ({"Seven": {"$id": "https://example.com/seven", **SEVEN}}, {"$ref": "https://example.com/seven"}),
    "an anchor": ({"Seven": {"$anchor": "seven", **SEVEN}}, {"$ref": "#seven"}),
    "an anchor of an identifier": (
        {"All": {"$id": "https://example.com/all", "$defs": {"Seven": {"$anchor": "seven", **SEVEN}}}},
        {"$ref": "https://example.com/all#seven"},
    ),
    "a pointer into an identifier": (
        {"All": {"$id": "https://example.com/all", "$defs": {"Seven": SEVEN}}},
        {"$ref": "https://example.com/all#/$defs/Seven"},
    ),
    "a pointer within an identifier": (
        {"All": {"$id": "https://example.com/all", "$defs": {"Seven": SEVEN}, "allOf": [{"$ref": "#/$defs/Seven"}]}},
        {"$ref": "#/components/schemas/All"},
    ),
    "a relative identifier": (
        {
            "All": {"$id": "https://example.com/all", "$ref": "seven"},
            "Seven": {"$id": "https://example.com/seven", **SEVEN},
        },
        {"$ref": "#/components/schemas/All"},
    ),
    "a pointer of the document within an identifier": (
        {"All": {"$id": "https://example.com/all", "$ref": "#/components/schemas/Seven"}, "Seven": SEVEN},
        {"$ref": "#/components/schemas/All"},
    ),
    "a pointer with escapes": ({"a/b~c %": SEVEN}, {"$ref": "#/components/schemas/a~1b~0c%20%25"}),
}  # fmt: skip


@pytest.mark.parametrize(("schemas", "root"), NAMED.values(), ids=NAMED)
def test_names_lead_to_schemas(schemas: dict[str, Any], root: dict[str, Any]) -> None:
    """JSON Schema 2020-12, section 8.2; a pointer that means the whole document is taken as meant."""
    spec = load_spec(schema_document(schemas, root))
    assert spec.findings == ()
    assert MockEngine(spec).handle(Request("GET", "/a")).body == b"7"


BROKEN: dict[str, tuple[Any, str]] = {
    "nowhere": ({"$ref": "#/components/schemas/No"}, "the reference '#/components/schemas/No' leads nowhere"),
    "a circle": ({"$ref": "#/components/schemas/A"}, "the reference '#/components/schemas/A' leads round in a circle"),
    "another machine": ({"$ref": "https://example.com/x"}, "the reference 'https://example.com/x' leads to another"),
    "a file, of a document that is none": ({"$ref": "x.json"}, "the reference 'x.json' leaves the document"),
    "an absolute path": ({"$ref": "file:///etc/passwd"}, "the reference 'file:///etc/passwd' leaves the document"),
    "no anchor": ({"$ref": "#nothing"}, "the reference '#nothing' leaves the document"),
}


@pytest.mark.parametrize(("root", "problem"), BROKEN.values(), ids=BROKEN)
def test_a_broken_reference_leaves_the_rest_served(root: Any, problem: str) -> None:
    """The schema around it says less, and the finding says so."""
    schemas = {"A": {"$ref": "#/components/schemas/B"}, "B": {"$ref": "#/components/schemas/A"}}
    spec = load_spec(schema_document(schemas, {"type": "object", "properties": {"a": root}, "required": ["a"]}))
    pointer = "#/paths/~1a/get/responses/200/content/application~1json/schema/properties/a"
    found = [finding for finding in spec.findings if finding.pointer == pointer]
    assert [finding.severity for finding in found] == ["error"]
    assert problem in found[0].problem
    assert MockEngine(spec).handle(Request("GET", "/a")).status == 200


def test_an_absolute_path_is_refused(tmp_path: Path) -> None:
    """A document does not choose among the files of the machine."""
    file = tmp_path / "api.json"
    file.write_text(json.dumps(schema_document({}, {"$ref": str(tmp_path / "other.json")})))
    assert "is an absolute path. Make it relative." in str(load_spec(file).findings[0])


def test_data_is_no_reference() -> None:
    """What looks like one in an example, a default or an enumeration is the author's data."""
    data = {"$ref": "#/nowhere"}
    spec = load_spec(schema_document({}, {"enum": [data], "default": data, "examples": [data]}))
    assert spec.findings == ()


PARTS: dict[str, tuple[dict[str, Any], str, str]] = {
    "a parameter": ({"parameters": [{"$ref": "#/no"}, {"name": "x", "in": "query", "required": True}]},
                    "#/paths/~1a/get/parameters/0", "GET x= 200"),
    "a request body": ({"requestBody": {"$ref": "#/no"}}, "#/paths/~1a/get/requestBody", "GET  200"),
    "a response": ({"responses": {"200": {"$ref": "#/no"}, "202": {"description": ""}}},
                   "#/paths/~1a/get/responses/200", "GET  202"),
    "a response of no status": ({"responses": {"ok": {"description": ""}, "202": {"description": ""}}},
                                "#/paths/~1a/get/responses/ok", "GET  202"),
    "an example": ({"responses": {"200": {"description": "", "content": {"application/json": {
        "examples": {"bad": {"$ref": "#/no"}, "good": {"value": 1}}}}}}},
        "#/paths/~1a/get/responses/200/content/application~1json/examples/bad", "GET  200"),
    "a parameter that the path has not": ({"parameters": [{"name": "id", "in": "path", "required": True}]},
                                          "#/paths/~1a/get/parameters/0", "GET  200"),
}  # fmt: skip


@pytest.mark.parametrize(("operation", "pointer", "exchange"), PARTS.values(), ids=PARTS)
def test_a_broken_part_is_left_out_and_found(operation: dict[str, Any], pointer: str, exchange: str) -> None:
    """The other parts of the operation are served."""
    spec = load_spec(document({"/a": {"get": {"responses": {"200": {"description": ""}}, **operation}}}))
    assert [finding.pointer for finding in spec.findings].count(pointer) == 1
    method, query, status = exchange.split(" ")
    assert MockEngine(spec).handle(Request(method, "/a", query)).status == int(status)


def test_keys_and_dates_of_a_dict_are_text() -> None:
    """As a YAML loader of the caller's leaves them."""
    import datetime

    responses = {200: {"description": "", "content": {"application/json": {"example": datetime.date(2024, 1, 31)}}}}
    engine = MockEngine(load_spec(document({"/a": {"get": {"responses": responses}}})))
    assert engine.handle(Request("GET", "/a")).body == b'"2024-01-31"'


# --- Names that no URI may hold, and dynamic references ---------------------------------------------------------------


@pytest.mark.parametrize("name", ["My Model", "List«Pet»", "a[b]", "a{b}", "a|b", "a%b", "a#b", 'a"b', "ü", "a/b~c"])
@pytest.mark.parametrize("is_encoded", [False, True])
@pytest.mark.parametrize("version", ["3.0.3", "3.1.0"])
def test_references_are_taken_as_authors_write_them(name: str, is_encoded: bool, version: str) -> None:
    """Springfox, .NET and others put into a reference what RFC 3986 allows in none."""
    token = name.replace("~", "~0").replace("/", "~1")
    node = {"$ref": f"#/components/schemas/{quote(token, safe='~') if is_encoded else token}"}
    schemas = {name: {"type": "object", "required": ["x"], "properties": {"x": SEVEN, "next": node}}}
    content = schema_document(schemas, {"type": "array", "minItems": 1, "items": node}, version)
    content["paths"]["/a"]["post"] = {
        "requestBody": {"content": {"application/json": {"schema": node}}},
        **content["paths"]["/a"]["get"],
    }
    spec = load_spec(content)
    assert spec.findings == ()
    engine = MockEngine(spec)
    assert {item["x"] for item in json.loads(engine.handle(Request("GET", "/a")).body)} == {7}
    headers = Headers([(b"content-type", b"application/json")])
    sent = {body: engine.handle(Request("POST", "/a", "", headers, body)).status for body in (b'{"x":7}', b'{"x":8}')}
    assert sent == {b'{"x":7}': 200, b'{"x":8}': 422}


USER = {"type": "object", "required": ["name"], "properties": {"name": {"const": "user"}}}
LIST = {
    "type": "object", "required": ["items"],
    "properties": {"items": {"type": "array", "minItems": 1, "maxItems": 1, "items": {"$dynamicRef": "#T"}}},
    "$defs": {"T": {"$dynamicAnchor": "T", "const": 0}},
}  # fmt: skip
GENERIC = {
    "User": USER,
    "List": LIST,
    "Users": {"$ref": "#/components/schemas/List",
              "$defs": {"T": {"$dynamicAnchor": "T", "$ref": "#/components/schemas/User"}}},
    "Identified": {"$id": "list", **LIST},
    "IdentifiedUsers": {"$id": "users", "$ref": "list",
                        "$defs": {"T": {"$dynamicAnchor": "T", "$ref": "#/components/schemas/User"}}},
    "Tree": {"$id": "tree", "$dynamicAnchor": "node", "type": "object", "required": ["data", "children"],
             "properties": {"data": SEVEN, "children": {"type": "array", "items": {"$dynamicRef": "#node"}}}},
    "Strict": {"$id": "strict", "$dynamicAnchor": "node", "$ref": "tree", "unevaluatedProperties": False},
    "Leaf": {"$dynamicAnchor": "leaf", "const": 5},
    "Holder": {"type": "object", "required": ["held"], "properties": {"held": {"$dynamicRef": "#leaf"}}},
    "Both": {"type": "object", "required": ["users", "list"], "properties": {
        "users": {"$ref": "#/components/schemas/Users"}, "list": {"$ref": "#/components/schemas/List"}}},
    "Nowhere": {"type": "object", "required": ["held"], "properties": {"held": {"$dynamicRef": "#gone"}}},
}  # fmt: skip
BOUND: dict[str, tuple[str, Any, Any]] = {
    "what the generic schema says itself": ("List", {"items": [0]}, {"items": [{"name": "user"}]}),
    "what a use of it says": ("Users", {"items": [{"name": "user"}]}, {"items": [0]}),
    "by identifiers": ("IdentifiedUsers", {"items": [{"name": "user"}]}, {"items": [0]}),
    "each use for itself": (
        "Both",
        {"users": {"items": [{"name": "user"}]}, "list": {"items": [0]}},
        {"users": {"items": [0]}, "list": {"items": [0]}},
    ),
    "an extension": (
        "Tree",
        {"data": 7, "children": [{"data": 7, "children": [], "x": 1}]},
        {"data": 7, "children": [{"data": 8, "children": []}]},
    ),
    "an extension at every depth": (
        "Strict",
        {"data": 7, "children": [{"data": 7, "children": []}]},
        {"data": 7, "children": [{"data": 7, "children": [], "x": 1}]},
    ),
    "an anchor elsewhere": ("Holder", {"held": 5}, {"held": 6}),
}


@pytest.mark.parametrize(("root", "valid", "invalid"), BOUND.values(), ids=BOUND)
def test_dynamic_references_lead_to_what_their_users_bind(root: str, valid: Any, invalid: Any) -> None:
    """JSON Schema 2020-12, section 8.2.3.2, with and without `$id`; in answers and in requests."""
    node = {"$ref": f"#/components/schemas/{root}"}
    content = schema_document(GENERIC, node)
    content["paths"]["/a"]["post"] = {
        "requestBody": {"content": {"application/json": {"schema": node}}},
        **content["paths"]["/a"]["get"],
    }
    engine = MockEngine(load_spec(content))
    headers = Headers([(b"content-type", b"application/json")])

    def status(body: bytes) -> int:
        return engine.handle(Request("POST", "/a", "", headers, body)).status

    assert status(json.dumps(valid).encode()) == 200
    assert status(json.dumps(invalid).encode()) == 422
    assert status(engine.handle(Request("GET", "/a")).body) == 200


def test_a_dynamic_reference_that_leads_nowhere_is_found() -> None:
    spec = load_spec(schema_document(GENERIC, {"$ref": "#/components/schemas/Nowhere"}))
    assert [finding.pointer for finding in spec.findings] == ["#/components/schemas/Nowhere/properties/held"]
    assert MockEngine(spec).handle(Request("GET", "/a")).status == 200


ITSELF = "https://example.com/apis/shop.json"


@pytest.mark.parametrize("reference", [f"{ITSELF}#/components/schemas/Seven", "api.json#/components/schemas/Seven"])
def test_a_document_may_call_itself_by_its_name(tmp_path: Path, reference: str) -> None:
    """By its `$self` (OpenAPI 3.2, section 4.1.2) or its file, for schemas and other objects; nothing is fetched."""
    content = schema_document({"Seven": SEVEN}, {"$ref": reference})
    content["components"]["responses"] = {"Ok": content["paths"]["/a"]["get"]["responses"]["200"]}
    response = reference.replace("/schemas/Seven", "/responses/Ok")
    content["paths"]["/a"]["get"]["responses"] = {"200": {"$ref": response}}
    file = tmp_path / "api.json"
    file.write_text(json.dumps({**content, "openapi": "3.2.0", "$self": ITSELF}))
    spec = load_spec(file)
    assert (spec.findings, list(spec.document.content.get("x-files", {}))) == ((), [])
    assert MockEngine(spec).handle(Request("GET", "/a")).body == b"7"


MISTAKES: dict[str, dict[str, Any]] = {
    "no URI": {"components": {"schemas": {"A": {"$ref": "http://[x"}}}},
    "components that are a list": {"components": []},
    "servers that are a number": {"servers": 7},
    "null where nothing is meant": {"servers": None, "components": None, "security": None, "tags": None},
}


@pytest.mark.parametrize("mistake", MISTAKES.values(), ids=MISTAKES)
def test_mistakes_elsewhere_do_not_keep_a_path_from_being_served(mistake: dict[str, Any]) -> None:
    content = {**document({"/a": {"get": {"responses": {"204": {"description": ""}}}}}), **mistake}
    assert MockEngine(load_spec(content)).handle(Request("GET", "/a")).status == 204


def test_illegal_keywords_of_other_files_are_ignored_too(folder: Path) -> None:
    """As in the document itself; and what is written only is not in an answer."""
    properties = {"name": {"type": "String", "const": "Rex"}, "secret": {"writeOnly": True}, "owner": {"pattern": "["}}
    pet = {"type": "object", "required": ["name", "secret", "owner"], "properties": properties}
    (folder / "schemas" / "pet.json").write_text(json.dumps(pet))
    engine = MockEngine(load_spec(folder / "api.yaml"))
    pets = json.loads(engine.handle(Request("GET", "/pets", "limit=2")).body)
    assert {(tuple(sorted(pet)), pet["name"]) for pet in pets} == {(("name", "owner"), "Rex")}
