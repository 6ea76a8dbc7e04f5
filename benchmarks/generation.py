"""What generating a value costs, in microseconds, and as a ratio to encoding the same value as JSON.

.venv/bin/python benchmarks/generation.py
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from pydantic_core import to_json

from mockserver import default_spec_path, load_spec
from mockserver.generation import Generator

ROUNDS, CALLS = 30, 500
NAMES = ("email", "city", "created_at", "status", "price", "description", "phone", "country", "count", "active")
KINDS: dict[str, dict[str, Any]] = {
    "created_at": {"type": "string", "format": "date-time"}, "price": {"type": "number"}, "count": {"type": "integer"},
    "active": {"type": "boolean"},
}  # fmt: skip
WIDE = {
    "type": "object",
    "properties": {"id": {"type": "integer"}}
    | {
        f"{prefix}_{name}" if prefix else name: KINDS.get(name, {"type": "string"})
        for prefix in ("", "home", "work", "bill", "ship")
        for name in NAMES
    },
}


def best(call: Callable[[int], Any]) -> float:
    """Microseconds a call, in the best of many rounds."""
    times = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        for number in range(CALLS):
            call(number)
        times.append((time.perf_counter() - started) / CALLS * 1e6)
    return min(times)


def main() -> None:
    wide = load_spec({"openapi": "3.1.0", "paths": {}, "components": {"schemas": {"Wide": WIDE}}}).document
    contract = load_spec(default_spec_path())
    media_type = contract.operations[0].responses[0].content[0]
    case = media_type.cases[0]
    clone = [(media_type.schema, f"{media_type.pointer}/schema"), (case.schema, f"{case.pointer}/schema")]
    generators = {
        "clone response": Generator(clone, contract.document),
        "50 properties": Generator([(WIDE, "#/components/schemas/Wide")], wide),
    }
    print(f"{'':16}{'us':>8}{'to_json us':>12}{'ratio':>8}")
    for name, generator in generators.items():
        value = generator.generate(b"")
        made = best(lambda number, generator=generator: generator.generate(number.to_bytes(4, "big")))  # type: ignore[misc]
        written = best(lambda _number, value=value: to_json(value))  # type: ignore[misc]
        print(f"{name:16}{made:8.1f}{written:12.1f}{made / written:8.1f}")


if __name__ == "__main__":
    main()
