"""How long the command takes on the clone contract: in process, over a socket, and until the first fault is found.

    .venv/bin/python benchmarks/suite_times.py

Each run is a process of its own, start-up included; the services run in this one. Of three runs the best is shown:
seconds by the clock, and seconds of processor time, which a busy machine does not change.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.services.clone_variants import API_KEY, FAULTS, VM_ID, Variant
from tests.services.serving import serve_asgi

ROUNDS = 3
COMMAND = str(Path(sys.executable).with_name("contract-tests"))
KNOWN = frozenset({VM_ID})
KEYED = ("--api-key-env", "UNDERSTUDY_KEY", "--set", f"vm_id={VM_ID}")


def measure(title: str, *words: str) -> None:
    """Run a process a few times and print its best times."""
    clock, processor = [], []
    for _ in range(ROUNDS):
        started, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(words, env={**os.environ, "UNDERSTUDY_KEY": API_KEY}, capture_output=True, check=False)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        clock.append(time.perf_counter() - started)
        processor.append(after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime)
    print(f"{min(clock):7.2f}{min(processor):11.2f}  {title}")


def main() -> None:
    """Print the table."""
    print("  clock  processor")
    measure("the mock, in process", COMMAND)
    with serve_asgi(Variant("").build(vm_ids=KNOWN)) as url:
        measure("FastAPI, over a socket", COMMAND, url, *KEYED)
    for name in ("session id missing", "any wait", "405 without Allow"):
        with serve_asgi(FAULTS[name].build(vm_ids=KNOWN)) as url:
            measure(f"over a socket, until the first fault: {name}", COMMAND, url, *KEYED, "-x")


if __name__ == "__main__":
    main()
