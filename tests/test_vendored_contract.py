"""The vendored `openapi.json` says what the documentation page says, and what FastAPI emits for such a route."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mockserver import default_spec_path, load_spec
from mockserver.document import Document
from tests.services.fastapi_clone import build_app

PAGE = Path(__file__).resolve().parents[2] / "shared" / "contract" / "clone-page.txt"
OPERATION = "#/paths/~1v1~1vms~1{vm_id}~1clone/post"
STRING_OR_NULL = {"anyOf": [{"type": "string"}, {"type": "null"}]}


@pytest.fixture(scope="module")
def document() -> Document:
    return load_spec(default_spec_path(), overlays=()).document


def resolved(node: Any, document: Document) -> Any:
    """The node with every reference replaced by what it points at."""
    node, _ = document.resolve(node, "")
    if isinstance(node, dict):
        return {key: resolved(value, document) for key, value in node.items()}
    return [resolved(item, document) for item in node] if isinstance(node, list) else node


# Transcribed from the documentation page.
REQUEST = {
    "properties": {"snapshot_name": {**STRING_OR_NULL, "title": "Snapshot Name"}},
    "type": "object",
    "title": "VMCloneRequest",
}
RESPONSE = {
    "properties": {
        "vm_id": {**STRING_OR_NULL, "title": "Vm Id"},
        "session_id": {"type": "string", "title": "Session Id"},
        "status": {"type": "string", "title": "Status"},
        "snapshot_id": {**STRING_OR_NULL, "title": "Snapshot Id"},
        "snapshot_deleted": {"anyOf": [{"type": "boolean"}, {"type": "null"}], "title": "Snapshot Deleted"},
    },
    "type": "object",
    "required": ["session_id", "status"],
    "title": "VMCloneResponse",
}
ERROR = {
    "properties": {
        "detail": {
            "items": {
                "properties": {
                    "loc": {
                        "items": {"anyOf": [{"type": "string"}, {"type": "integer"}]},
                        "type": "array",
                        "title": "Location",
                    },
                    "msg": {"type": "string", "title": "Message"},
                    "type": {"type": "string", "title": "Error Type"},
                },
                "type": "object",
                "required": ["loc", "msg", "type"],
                "title": "ValidationError",
            },
            "type": "array",
            "title": "Detail",
        }
    },
    "type": "object",
    "title": "HTTPValidationError",
}
JSON_CONTENT = "content/application~1json/schema"
EXPECTED = {
    "request body": (f"{OPERATION}/requestBody/{JSON_CONTENT}", REQUEST),
    "request body required": (f"{OPERATION}/requestBody/required", True),
    "200": (f"{OPERATION}/responses/200/{JSON_CONTENT}", RESPONSE),
    "200 description": (f"{OPERATION}/responses/200/description", "Successful Response"),
    "422": (f"{OPERATION}/responses/422/{JSON_CONTENT}", ERROR),
    "422 description": (f"{OPERATION}/responses/422/description", "Validation Error"),
    "summary": (f"{OPERATION}/summary", "Clone Vm"),
    "operationId": (f"{OPERATION}/operationId", "clone_vm_v1_vms__vm_id__clone_post"),
    "security": (f"{OPERATION}/security", [{"OAuth2PasswordBearer": []}]),
    "security scheme": (
        "#/components/securitySchemes/OAuth2PasswordBearer",
        {"type": "oauth2", "flows": {"password": {"scopes": {}, "tokenUrl": "token"}}},
    ),
    "version": ("#/openapi", "3.1.0"),
}


@pytest.mark.parametrize(("pointer", "expected"), EXPECTED.values(), ids=EXPECTED)
def test_the_document_says_what_the_page_says(document: Document, pointer: str, expected: Any) -> None:
    """Each schema and field equals the table transcribed from the page."""
    assert resolved(document.lookup(pointer), document) == expected


@pytest.mark.parametrize(
    ("name", "place", "required", "schema"),
    [
        ("vm_id", "path", True, {"type": "string", "title": "Vm Id"}),
        (
            "wait", "query", False,
            {"type": "boolean", "default": True, "title": "Wait", "description": "Wait for clone VM to be provisioned"},
        ),
        ("X-API-Key", "header", False, {**STRING_OR_NULL, "title": "X-Api-Key"}),
    ],
)  # fmt: skip
def test_the_parameters_are_those_of_the_page(
    document: Document, name: str, place: str, required: bool, schema: dict[str, Any]
) -> None:
    """Name, place, type, default and whether it is required."""
    parameters = {parameter["name"]: parameter for parameter in document.lookup(f"{OPERATION}/parameters")}
    assert list(parameters) == ["vm_id", "wait", "X-API-Key"]
    parameter = parameters[name]
    assert (parameter["in"], parameter["required"], parameter["schema"]) == (place, required, schema)


def test_only_200_and_422_are_documented(document: Document) -> None:
    """Nothing else stands on the page."""
    assert list(document.lookup(f"{OPERATION}/responses")) == ["200", "422"]


@pytest.mark.skipif(not PAGE.exists(), reason="the documentation page is not beside this checkout")
def test_the_schemas_are_the_json_blocks_of_the_page(document: Document) -> None:
    """The page's own JSON, in the page's order."""
    blocks = [
        json.loads("{" + text.split("\nField details")[0])
        for text in PAGE.read_text().split("Resolved schema:\n\n{")[1:]
    ]
    pointers = (
        f"{OPERATION}/requestBody/{JSON_CONTENT}",
        f"{OPERATION}/responses/200/{JSON_CONTENT}",
        f"{OPERATION}/responses/422/{JSON_CONTENT}",
    )
    assert blocks == [resolved(document.lookup(pointer), document) for pointer in pointers]


def test_fastapi_emits_the_document(document: Document) -> None:
    """The equivalent route in a FastAPI of the documented age gives the same document, to the key."""
    assert build_app().openapi() == document.content
