"""What finding the operation of a path costs, with 1 operation and with 1,000.

    .venv/bin/python benchmarks/routing.py

The two take turns within one run; the ratio is of the medians.
"""

from __future__ import annotations

import statistics
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from mockserver import load_spec
from mockserver.routing import Router

ROUNDS = 60
CALLS = 2000


def router(count: int) -> Router:
    operation: dict[str, Any] = {"responses": {"204": {"description": ""}}}
    paths = {f"/group{number}/{{id}}/items/{{item}}": {"get": operation} for number in range(count)}
    return Router(load_spec({"openapi": "3.1.0", "info": {"title": "", "version": ""}, "paths": paths}).operations)


def microseconds(one: Router, path: str) -> float:
    started = time.perf_counter()
    for _ in range(CALLS):
        one.match_raw(path).operation("GET")
    return (time.perf_counter() - started) / CALLS * 1e6


def main() -> None:
    small, large = router(1), router(1000)
    pairs = [
        (microseconds(small, "/group0/1/items/2"), microseconds(large, "/group999/1/items/2")) for _ in range(ROUNDS)
    ]
    one, thousand = (statistics.median(times) for times in zip(*pairs, strict=True))
    print(f"1 operation       {one:.2f} us")
    print(f"1,000 operations  {thousand:.2f} us  ratio {thousand / one:.2f}")


if __name__ == "__main__":
    main()
