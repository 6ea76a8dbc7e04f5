"""The time from starting the command to its first answer, on the clone contract and on another document.

    .venv/bin/python benchmarks/cold_start.py DOCUMENT [--rounds 5]

In seconds of processor time of the server, which other processes disturb less than the clock on the wall; the rounds of
both documents take turns. `allowed` is three times the contract's plus what parsing the document's JSON takes.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from mockserver import load_spec
from mockserver.spec import Operation, default_spec_path

ROOT = Path(__file__).resolve().parents[1]
DEADLINE = 120.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def processor_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def cold_start(document: Path, operation: Operation) -> float:
    """Processor seconds until the operation has answered, whatever it answers."""
    port = free_port()
    command = [sys.executable, "-m", "mockserver", str(document), "--port", str(port)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            path = operation.path.replace("{", "").replace("}", "")
            request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", method=operation.method)
            started = time.monotonic()
            while time.monotonic() - started < DEADLINE and server.poll() is None:
                try:
                    urllib.request.urlopen(request, timeout=DEADLINE).close()
                except urllib.error.HTTPError:
                    pass
                except OSError:
                    time.sleep(0.02)
                    continue
                return processor_seconds(server.pid)
        finally:
            server.kill()
    raise SystemExit(f"{document} was not served within {DEADLINE:.0f} s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("document", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    contract, document = default_spec_path(), options.document.resolve()
    operations = {path: load_spec(path).operations for path in (contract, document)}
    times: dict[Path, list[float]] = {contract: [], document: []}
    for _ in range(options.rounds):
        for path, taken in times.items():
            middle = operations[path][len(operations[path]) // 2]
            taken.append(cold_start(path, middle))
    text = document.read_text()
    started = time.process_time()
    json.loads(text)
    parsing = time.process_time() - started
    small, large = (statistics.median(taken) for taken in times.values())
    print(f"contract  {small:.2f} s")
    print(f"document  {large:.2f} s  {len(text) / 1e6:.1f} MB, {len(operations[document])} operations")
    print(f"allowed   {3 * small + parsing:.2f} s, of which {parsing:.2f} s for JSON")


if __name__ == "__main__":
    main()
