"""Reading documents, applying overlays, following references."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mockserver import SpecError, load_spec
from mockserver.document import Document, load_document
from mockserver.document.overlays import apply_overlay
from mockserver.document.reading import parse_yaml
from tests.mockserver.conftest import document

CONTENT = document(
    {"/a~b/{c}": {"get": {"tags": ["x", "y", "z"], "responses": {}}}}, components={"x": {"%": [1, {"k": 2}]}}
)


@pytest.mark.parametrize(
    ("reference", "found"),
    [
        ("#/info/title", "Small"),
        ("#/components/x/%25/1/k", 2),
        ("#/paths/~1a~0b~1{c}/get/tags/0", "x"),
        ("#/paths/~1a~0b~1%7Bc%7D/get/tags/2", "z"),
    ],
)
def test_references_are_followed(reference: str, found: Any) -> None:
    """JSON pointers, escaped and percent-encoded (RFC 6901)."""
    assert Document(CONTENT, "x.json").lookup(reference) == found


@pytest.mark.parametrize(
    "reference", ["#/nowhere", "#/info/title/x", "#/components/x/%25/7", "#/components/x/%25/k", "#x"]
)
def test_a_broken_reference_names_itself(reference: str) -> None:
    """And the place where it stands."""
    with pytest.raises(SpecError, match=r"the reference '#.*' (leads nowhere|leaves the document)") as caught:
        Document(CONTENT, "x.json").lookup(reference, "#/here")
    assert (caught.value.source, caught.value.pointer) == ("x.json", "#/here")


YAML = {
    "2024-01-31": "2024-01-31",
    "no": "no",
    "on": "on",
    "12:30": "12:30",
    "010": 10,
    "1_000": "1_000",
    "0x1F": 31,
    "12345678901234567890": 12345678901234567890,
    "true": True,
    "~": None,
    "1.5": 1.5,
    "1e3": 1000.0,
    "'1'": "1",
}


@pytest.mark.parametrize(("text", "value"), YAML.items(), ids=YAML)
def test_yaml_is_read_as_json_data(text: str, value: Any) -> None:
    """By the core schema of YAML 1.2: Norway stays a country and half past twelve a time."""
    assert parse_yaml(f"it: {text}") == {"it": value}


def test_yaml_keys_are_text(tmp_path: Path) -> None:
    """A status that is written as a number is a key like others; merge keys work."""
    file = tmp_path / "api.yaml"
    file.write_text("""
openapi: 3.1.0
info: {title: Dates, version: 2024-01-31}
x-answers: &answers {200: {description: fine}}
paths:
  /a: {get: {responses: {<<: *answers, 404: {description: gone}}}}
""")
    spec = load_spec(file)
    assert spec.version == "2024-01-31"
    assert [response.status for response in spec.operations[0].responses] == ["200", "404"]


ACTIONS: dict[str, tuple[dict[str, Any], str, Any]] = {
    "objects merge": ({"target": "$.info", "update": {"title": "New", "contact": {"name": "n"}}}, "#/info",
                      {"title": "New", "version": "1", "contact": {"name": "n"}}),
    "an array gets an element": ({"target": "$.paths.*.get.tags", "update": "w"}, "#/paths/~1a~0b~1{c}/get/tags",
                                 ["x", "y", "z", "w"]),
    "arrays inside are joined": ({"target": "$.paths.*.get", "update": {"tags": ["w"]}}, "#/paths/~1a~0b~1{c}/get/tags",
                                 ["x", "y", "z", "w"]),
    "a key is removed": ({"target": "$.info.title", "remove": True}, "#/info", {"version": "1"}),
    "elements are removed": ({"target": "$.paths.*.get.tags[?@ != 'y']", "remove": True},
                             "#/paths/~1a~0b~1{c}/get/tags", ["y"]),
}  # fmt: skip


@pytest.mark.parametrize(("action", "pointer", "expected"), ACTIONS.values(), ids=ACTIONS)
def test_overlay_actions(action: dict[str, Any], pointer: str, expected: Any) -> None:
    """OpenAPI Overlay 1.0: recursive merge, append, remove; the original stays as it was."""
    before = json.dumps(CONTENT)
    changed = apply_overlay(CONTENT, {"overlay": "1.0.0", "actions": [action]})
    assert Document(changed, "").lookup(pointer) == expected
    assert json.dumps(CONTENT) == before


@pytest.mark.parametrize(
    ("overlay", "problem"),
    [
        ({"actions": []}, "is no OpenAPI Overlay 1.x"),
        ({"overlay": "1.0.0", "actions": [{"target": "$.nothing", "update": {}}]}, "target $.nothing matches nothing"),
        ({"overlay": "1.0.0", "actions": [{"target": "$[", "update": {}}]}, "#/actions/0: has no usable target"),
        ({"overlay": "1.0.0", "actions": [{"update": {}}]}, "#/actions/0: has no usable target"),
        ({"overlay": "1.0.0", "actions": [{"target": "$.info.title", "update": "x"}]}, "updates neither an object"),
    ],
)
def test_a_bad_overlay_is_refused(overlay: dict[str, Any], problem: str) -> None:
    """With the action that is at fault."""
    with pytest.raises(SpecError) as caught:
        apply_overlay(CONTENT, overlay)
    assert problem in str(caught.value)


def test_the_overlay_beside_a_document_is_applied(tmp_path: Path) -> None:
    """Named like it; none when none is wanted; another when another is named."""
    (tmp_path / "api.json").write_text(json.dumps(CONTENT))
    for name, title in (("api.overlay.yaml", "Beside"), ("other.yaml", "Other")):
        (tmp_path / name).write_text(f"overlay: 1.0.0\nactions: [{{target: $.info, update: {{title: {title}}}}}]")
    beside = load_document(tmp_path / "api.json")
    assert (beside.content["info"]["title"], beside.overlays) == ("Beside", (str(tmp_path / "api.overlay.yaml"),))
    assert load_document(tmp_path / "api.json", overlays=()).content["info"]["title"] == "Small"
    assert load_document(tmp_path / "api.json", overlays=[tmp_path / "other.yaml"]).content["info"]["title"] == "Other"
