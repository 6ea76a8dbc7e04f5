"""The README is a promise that runs: its commands, their output, its Python."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from examples.forgetful import app as forgetful
from mockserver.app import create_app
from mockserver.server import serve_in_thread

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
SECTION = README.partition("## Quick start")[2]
QUICK_START = re.findall(r"^```\w*\n(.*?)^```$", SECTION, re.MULTILINE | re.DOTALL)
MOCK, FORGETFUL = "http://127.0.0.1:4010", "http://127.0.0.1:8000"
KEY = "instavm_sk_readme"


@pytest.fixture
def urls(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """Where the services of the README really listen."""
    monkeypatch.setenv("INSTAVM_API_KEY", KEY)
    with serve_in_thread(create_app()) as mock, serve_in_thread(forgetful) as service:
        yield {MOCK: mock, FORGETFUL: service}


def shell(command: str, urls: dict[str, str]) -> str:
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    for shown, real in urls.items():
        command = command.replace(shown, real)
    done = subprocess.run(
        command, shell=True, capture_output=True, text=True, timeout=120, cwd=ROOT, env=environment,
        check=False,
    )  # fmt: skip
    printed = done.stdout + done.stderr
    for shown, real in urls.items():
        printed = printed.replace(real, shown)
    return printed


def test_the_quick_start_is_three_lines() -> None:
    """One runs the mock, one runs the tests, one is the curl to paste."""
    assert [block.count("\n") for block in QUICK_START[:3]] == [1, 1, 1]
    assert QUICK_START[0].endswith(".venv/bin/mockserver\n")
    assert QUICK_START[1].endswith(".venv/bin/pytest -n auto\n")


def test_the_curl_of_the_quick_start_answers(urls: dict[str, str]) -> None:
    """200."""
    curl = QUICK_START[2].strip()
    assert shell(f"{curl} -s -o /dev/null -w '%{{http_code}}'", urls) == "200"


def test_the_commands_print_what_is_shown(urls: dict[str, str]) -> None:
    """Line by line: a `$` line is typed, the lines below it are its output; `...` stands for lines left out."""
    transcripts = [text for kind, text in BLOCKS if kind == "console"]
    assert transcripts
    for transcript in transcripts:
        for command, expected in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", transcript, re.MULTILINE):
            pattern = ".*".join(re.escape(part) for part in expected.strip().split("..."))
            printed = shell(command, urls).strip()
            assert re.fullmatch(pattern, printed, re.DOTALL), f"{command}\n{printed}"
            assert KEY not in printed


def test_the_python_runs(tmp_path: Path) -> None:
    """As a test module of its own."""
    (tmp_path / "test_readme.py").write_text("\n\n".join(text for kind, text in BLOCKS if kind == "python"))
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)],
        capture_output=True, text=True, timeout=120, cwd=tmp_path, check=False,
    )  # fmt: skip
    assert " passed" in done.stdout, done.stdout
    assert done.returncode == 0


def test_it_is_short() -> None:
    """Under 150 lines, with code on the first screen."""
    lines = README.splitlines()
    assert len(lines) < 150
    assert "```sh" in lines[:25]


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\((?!https?://)([^)#]+)", README))))
def test_links_lead_somewhere(link: str) -> None:
    """Into this repository."""
    assert (ROOT / link).exists()
