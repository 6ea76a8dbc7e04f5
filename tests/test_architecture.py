"""The layers: imports only point down, and each third-party package has its place."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

MOCKSERVER = [
    {"errors", "types"},
    {"document", "forms"},
    {"spec"},
    {"routing", "parameters", "validation", "generation", "security", "negotiation"},
    {"engine"},
    {"app", "respx", "server", "lint"},
    {"cli", "plugin"},
    {"__main__"},
]
# A row may grow an arrow: what stands first is used by its neighbours.
ARROWS = {("validation", "parameters"), ("security", "parameters")}

PLACES = {
    "starlette": {"mockserver.app"},
    "respx": {"mockserver.respx", "mockserver.plugin"},
    "httpx": {"mockserver.respx"},
    "python_multipart": {"mockserver.forms"},
    "faker": {"mockserver.generation.pools"},
    "uvicorn": {"mockserver.server"},
    "pytest": {"mockserver.plugin"},
    "schemathesis": set(),
    "hypothesis": set(),
    "contract_tests": set(),
}


def modules() -> Iterator[tuple[str, Path]]:
    for path in sorted((ROOT / "mockserver").rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        yield ".".join(part for part in parts if part != "__init__"), path


MODULES = dict(modules())


def imports(path: Path) -> set[str]:
    """Every module that a file imports, inside functions too."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.update([node.module, *(f"{node.module}.{alias.name}" for alias in node.names)])
    return found


def unit(module: str) -> str | None:
    """The entry of the table that a module belongs to."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 and parts[0] == "mockserver" else None


LEVEL = {name: level for level, names in enumerate(MOCKSERVER) for name in names}


@pytest.mark.parametrize(("module", "path"), MODULES.items(), ids=MODULES)
def test_imports_point_down(module: str, path: Path) -> None:
    """A module imports only from rows below its own."""
    own = unit(module)
    if own is None:  # the package itself, which re-exports the public names
        return
    assert own in LEVEL, f"{module} stands in no row of the table"
    for imported in imports(path):
        other = unit(imported)
        if other in LEVEL and other != own and (own, other) not in ARROWS:
            assert LEVEL[other] < LEVEL[own], f"{module} imports {imported}"


@pytest.mark.parametrize(("module", "path"), MODULES.items(), ids=MODULES)
def test_third_party_packages_have_their_place(module: str, path: Path) -> None:
    """The core knows no framework."""
    for imported in imports(path):
        package = imported.split(".")[0]
        if package in PLACES:
            assert module in PLACES[package], f"{module} imports {imported}"


def test_every_row_exists() -> None:
    """The table names no module that is gone."""
    assert {unit(module) for module in MODULES} - {None} == set(LEVEL)
