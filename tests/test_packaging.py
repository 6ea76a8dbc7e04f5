"""What is published: the wheel, the public names, the entry points."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from importlib.metadata import entry_points
from pathlib import Path

import pytest

import mockserver

ROOT = Path(__file__).resolve().parents[1]


def test_the_public_names_of_mockserver() -> None:
    """A name is added or taken away here on purpose."""
    assert mockserver.__all__ == [
        "Headers",
        "MockEngine",
        "MockServerError",
        "Reply",
        "Request",
        "Spec",
        "SpecError",
        "default_spec_path",
        "load_spec",
    ]
    assert mockserver.__all__ == sorted(mockserver.__all__)


def test_the_wheel_holds_the_contract(tmp_path: Path) -> None:
    """Installed without the repository, both commands still have their default document."""
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert {"mockserver/openapi.json", "mockserver/openapi.overlay.json", "mockserver/py.typed"} <= set(names)
    assert not [name for name in names if name.startswith("tests/")]


@pytest.mark.parametrize("name", ["contract_tests.plugin", "mockserver.plugin"])
def test_a_plugin_is_named_after_its_module(name: str) -> None:
    """Or pytest would register it twice."""
    (entry_point,) = entry_points(group="pytest11", name=name)
    assert entry_point.value == name


@pytest.mark.parametrize("module", ["mockserver.plugin", "contract_tests.plugin"])
def test_a_plugin_costs_nothing_until_it_is_used(module: str) -> None:
    """Every pytest run of the user's environment imports it."""
    heavy = ("schemathesis", "hypothesis", "starlette", "respx", "pydantic", "httpx", "uvicorn")
    code = f"import sys, {module}; print([name for name in {heavy!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
