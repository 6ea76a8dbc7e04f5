"""The plugin within pytest: lazy, polite to its neighbours, and the same over several processes."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from fastapi import FastAPI, HTTPException

from tests.contract_tests.auditing import KEY_VARIABLE, Run, audit
from tests.services.clone_variants import API_KEY, FAULTS
from tests.services.serving import serve_asgi

ROOT = Path(__file__).parents[2]


def run_pytest(*arguments: str, folder: Path, **environment: str) -> Run:
    """pytest in a process of its own, with no configuration but what is given."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q", *arguments],
        cwd=folder,
        env={**os.environ, KEY_VARIABLE: API_KEY, **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return Run(done.returncode, done.stdout + done.stderr)


def test_a_run_without_claims_imports_nothing_heavy(tmp_path: Path) -> None:
    (tmp_path / "test_mine.py").write_text(
        "import sys\n\ndef test_mine():\n    assert 'contract_tests.audit' not in sys.modules\n"
    )

    run = run_pytest(folder=tmp_path)

    assert run.code == 0, run.text
    assert "contract" not in run.text.replace("contract_tests", "")


def test_importing_the_plugin_imports_no_schemathesis() -> None:
    code = (
        "import contract_tests.plugin, sys; assert not {'schemathesis', 'hypothesis', 'starlette'} & set(sys.modules)"
    )

    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


def test_a_bare_checkout_needs_no_installed_package(tmp_path: Path) -> None:
    for name in ("contract_tests", "mockserver"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("conftest.py", "openapi.json", "openapi.overlay.json"):
        shutil.copy(ROOT / name, tmp_path / name)

    options = ("-p", "schemathesis.pytest.plugin", "contract_tests", "--max-examples", "5")
    run = run_pytest(*options, folder=tmp_path, PYTEST_DISABLE_PLUGIN_AUTOLOAD="1")

    assert run.code == 0, run.text
    assert "the mock, in process" in run.text


NEIGHBOUR = """
def pytest_addoption(parser):
    parser.addoption("--base-url", default=None)
"""


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_neighbour_that_owns_base_url_is_asked(when: str, tmp_path: Path) -> None:
    (tmp_path / "pytest_base_url.py").write_text(NEIGHBOUR)
    order = ["-p", "pytest_base_url", "-p", "contract_tests.plugin"]
    plugins = order if when == "before" else [*order[2:], *order[:2]]
    with serve_asgi(FAULTS["405 without Allow"].build()) as url:
        arguments = [*plugins, "--pyargs", "contract_tests", "--base-url", url, "--api-key-env", KEY_VARIABLE]
        run = run_pytest(*arguments, "-k", "DELETE", folder=tmp_path, PYTHONPATH=str(tmp_path))

    assert run.code == 1, run.text
    assert f"{url}: " in run.text
    assert "405 without the header Allow" in run.text


def test_several_processes_report_together(tmp_path: Path) -> None:
    """In one summary; each process tells a root cause in full once, since it cannot know what another has told."""
    with serve_asgi(FAULTS["any wait"].build()) as url:
        arguments = ["--pyargs", "contract_tests", "--base-url", url, "--api-key-env", KEY_VARIABLE, "-n", "2"]
        run = run_pytest(*arguments, "--max-examples", "5", folder=tmp_path)

    assert run.code == 1, run.text
    assert run.text.count("accepts wait=maybe, which the contract forbids\n  claim") in {1, 2}
    assert "the answer 405 to another method is not documented" in run.text
    assert f"{url}: " in run.text


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--api-key-env", "NOT_SET"], "The environment variable NOT_SET (--api-key-env) is not set."),
        (["--spec", "none.json"], "none.json: no such file"),
        (["--base-url", "http://127.0.0.1:1"], "http://127.0.0.1:1 cannot be reached"),
    ],
    ids=["variable", "document", "target"],
)
def test_what_cannot_be_audited_ends_pytest_with_a_sentence(
    arguments: list[str], sentence: str, tmp_path: Path
) -> None:
    run = run_pytest("--pyargs", "contract_tests", *arguments, folder=tmp_path)

    assert run.code == pytest.ExitCode.USAGE_ERROR, run.text
    assert sentence in run.text
    assert "Traceback" not in run.text


def test_a_run_within_a_run_collects_its_own_claims(tmp_path: Path) -> None:
    """Those of the run around it belong to other options, and would be checked against the wrong document."""
    (tmp_path / "test_inner.py").write_text(
        "from contract_tests import cli\n\n"
        "def test_inner(capsys):\n"
        "    assert cli.main(['-k', 'claims', '--policy', 'clone-status=error']) == 0\n"
        "    assert '11 passed' in capsys.readouterr().out\n"
    )

    run = run_pytest("--pyargs", "contract_tests", "test_inner.py", "-k", "claims or inner", folder=tmp_path)

    assert run.code == 0, run.text
    assert "11 passed" in run.text


def test_lists_are_asked_for_before_anything_is_made(tmp_path: Path) -> None:
    """One of nothing is a list, too."""
    kept: list[dict[str, str]] = []
    app = FastAPI(title="Notes", version="1")

    @app.post("/notes", status_code=201)
    async def add(note: dict[str, str]) -> dict[str, str]:
        kept.append(note)
        return note

    @app.get("/notes")
    async def notes() -> list[dict[str, str]]:
        if not kept:
            raise HTTPException(404, "there are no notes")
        return kept

    spec = tmp_path / "openapi.json"
    spec.write_text(json.dumps(app.openapi()))
    with serve_asgi(app) as url:
        run = audit(url, "--spec", str(spec), "-x")

    assert run.code == 1
    assert "GET /notes refuses a valid request with 404" in run.text
