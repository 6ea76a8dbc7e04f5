"""The pytest fixtures, in a project of somebody else."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

TESTS = """
import json, urllib.request
import httpx

def test_without_a_socket(mock_api):
    answer = httpx.post("https://cloud.test/v1/vms/a/clone", json={}, headers={"X-API-Key": "k"})
    assert answer.json()["status"] == "active"
    assert mock_api.calls.call_count == 1

def test_on_a_socket(mock_url):
    request = urllib.request.Request(
        mock_url + "/v1/vms/a/clone", b"{}", {"X-API-Key": "k", "Content-Type": "application/json"}, method="POST"
    )
    assert json.load(urllib.request.urlopen(request))["status"] == "active"
"""
SMALL = """
openapi: 3.1.0
info: {title: Small, version: "1"}
paths:
  /a: {get: {responses: {200: {description: fine, content: {application/json: {example: small}}}}}}
"""


def run_pytest(folder: Path, settings: str, tests: str) -> str:
    (folder / "pytest.ini").write_text(f"[pytest]\n{settings}")
    (folder / "test_it.py").write_text(tests)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        cwd=folder, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    return done.stdout + done.stderr


def test_the_fixtures_serve_the_vendored_contract(tmp_path: Path) -> None:
    """With respx for httpx, on a socket for the others."""
    assert "2 passed" in run_pytest(tmp_path, "mock_base_url = https://cloud.test", TESTS)


def test_the_fixtures_serve_a_document_of_ones_own(tmp_path: Path) -> None:
    """Named relative to the project."""
    (tmp_path / "small.yaml").write_text(SMALL)
    tests = "import httpx\ndef test_it(mock_url): assert httpx.get(mock_url + '/a').json() == 'small'\n"
    assert "1 passed" in run_pytest(tmp_path, "mock_spec = small.yaml", tests)


def test_an_unknown_operation_fails_with_the_nearest(tmp_path: Path) -> None:
    """In the output that a developer reads."""
    tests = "import httpx\ndef test_it(mock_api): httpx.get('http://127.0.0.1:4010/v1/vms')\n"
    output = run_pytest(tmp_path, "", tests)
    assert "1 failed" in output
    assert "GET /v1/vms is not an operation of InstaVM API; the nearest is POST /v1/vms/{vm_id}/clone" in output
