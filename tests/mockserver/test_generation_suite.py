"""The schemas of the JSON Schema Test Suite, draft 2020-12: a valid value for each, or a finding.

The suite comes with the source distribution of the package `jsonschema`, fetched when the test runs.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tarfile
from typing import Any

import pytest

from mockserver import SpecError
from mockserver.document import load_document
from mockserver.generation import Generator
from tests.mockserver.conftest import document

pytestmark = pytest.mark.slow
POINTER = "#/components/schemas/It"


@pytest.fixture(scope="module")
def groups(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, Any, list[Any]]]:
    """Names, schemas and the values that the suite says are valid."""
    folder = tmp_path_factory.mktemp("suite")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:", "jsonschema"]
    fetched = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=False)
    archives = list(folder.glob("jsonschema-*.tar.gz"))
    if fetched.returncode or not archives:
        pytest.skip(f"the source distribution cannot be fetched: {fetched.stderr[-200:]}")
    with tarfile.open(archives[0]) as archive:
        archive.extractall(folder, filter="data")
    found = []
    files = sorted((next(folder.glob("jsonschema-*/")) / "json/tests/draft2020-12").rglob("*.json"))
    for path in files:
        for group in json.loads(path.read_text()):
            valid = [case["data"] for case in group["tests"] if case["valid"]]
            found.append((f"{path.stem}: {group['description']}", group["schema"], valid))
    return found


def embedded(node: Any) -> Any:
    """A schema with its references to itself as they are inside an OpenAPI document."""
    if isinstance(node, list):
        return [embedded(item) for item in node]
    if not isinstance(node, dict):
        return node
    reference = node.get("$ref")
    is_local = isinstance(reference, str) and (reference == "#" or reference.startswith("#/"))
    moved = {"$ref": POINTER + str(reference)[1:]} if is_local else {}
    return {**{key: embedded(value) for key, value in node.items()}, **moved}


def outcome(schema: Any, valid: list[Any]) -> str:
    """What became of a schema, held against the suite's own values."""
    schema = schema if isinstance(schema, bool) or "$id" in schema else embedded(schema)
    parsed = load_document(document({}, components={"schemas": {"It": schema}}))
    schema = parsed.content["components"]["schemas"]["It"]
    try:
        validator = parsed.responses.validator(POINTER)
    except SpecError:
        return "not compiled"
    satisfiable = any(validator.is_valid(value) for value in valid)
    try:
        generator = Generator([(schema, POINTER)], parsed)
    except SpecError:
        return "missed" if satisfiable else "finding"
    values = [generator.generate(bytes([number])) for number in range(20)]
    return "valid" if all(map(validator.is_valid, values)) else "invalid"


def test_a_value_or_a_finding_for_every_schema(groups: list[tuple[str, Any, list[Any]]]) -> None:
    """What the suite's own values satisfy is generated."""
    outcomes = {name: outcome(schema, valid) for name, schema, valid in groups}
    assert len(outcomes) > 300
    assert [name for name, kind in outcomes.items() if kind in ("missed", "invalid")] == []
    skipped = [name for name, kind in outcomes.items() if kind == "not compiled"]
    assert len(skipped) < 40, skipped  # references to schemas of other servers and documents
