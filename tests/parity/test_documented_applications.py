"""The applications of FastAPI's documentation, which nobody here wrote, against the mocks of their documents."""

from __future__ import annotations

import json
import subprocess
import sys

import fastapi
import pytest

FLOORS = {"same_status": 97.5, "same_body": 91.0}
"""What is left is in the nature of the examples: each shows one thing, and some of them what no document says."""


@pytest.mark.slow
def test_what_differs_is_what_the_document_does_not_say() -> None:
    # A process of its own, as the functions of all applications that it builds are taken out.
    command = [sys.executable, "-m", "tests.parity.documented_applications", "--json", "--requests", "20"]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    figures = json.loads(answer.stdout)
    assert figures["unexplained"] == 0, answer.stderr
    assert figures["applications"] > 150
    assert {name: figures[name] for name, floor in FLOORS.items() if figures[name] < floor} == {}, fastapi.__version__
