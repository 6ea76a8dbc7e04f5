"""Runs the command as its users do, and returns what it printed."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

from contract_tests import cli

KEY_VARIABLE = "CLONE_KEY"


@dataclass(frozen=True)
class Run:
    """An exit code and everything that was printed."""

    code: int
    text: str


def audit(*arguments: str) -> Run:
    """The command in this process: the claims over a real socket, without a second of start-up."""
    printed = io.StringIO()
    with redirect_stdout(printed), redirect_stderr(printed):
        try:
            code = cli.main(arguments)
        except SystemExit as end:  # argparse
            code = int(end.code or 0)
    return Run(code, printed.getvalue())


def command(*arguments: str, folder: Path, environment: Mapping[str, str] | None = None) -> Run:
    """The command in a process of its own, in a folder of its own."""
    done = subprocess.run(
        [str(Path(sys.executable).with_name("contract-tests")), *arguments],
        cwd=folder,
        env={**os.environ, **(environment or {})},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return Run(done.returncode, done.stdout + done.stderr)
