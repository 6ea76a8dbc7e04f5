"""What strict validation and a documented error body cost per request, in process, in microseconds.

    .venv/bin/python benchmarks/strict_validation.py

The same requests with validation off show what the rest costs; rounds are interleaved and the best of each is taken.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from mockserver import Headers, MockEngine, Request, load_spec

ROUNDS = 60
REQUESTS = 200
ITEM = {
    "type": "object",
    "properties": {"sku": {"type": "string", "pattern": "^[A-Z]{3}$"}, "count": {"type": "integer", "minimum": 1}},
    "required": ["sku"],
}
ORDER = {
    "type": "object",
    "properties": {"items": {"type": "array", "items": ITEM}, "note": {"type": "string", "maxLength": 100}},
    "required": ["items"],
}
ERROR = {
    "type": "object",
    "properties": {
        "code": {"type": "integer"},
        "message": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {"type": "object", "properties": {"field": {"type": "string"}, "message": {"type": "string"}}},
        },
    },
}
SPEC: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Orders", "version": "1"},
    "paths": {
        "/orders": {
            "post": {
                "parameters": [{"name": "page", "in": "query", "schema": {"type": "integer"}}],
                "requestBody": {"required": True, "content": {"application/json": {"schema": ORDER}}},
                "responses": {
                    "204": {"description": ""},
                    "400": {"description": "", "content": {"application/json": {"schema": ERROR}}},
                },
            }
        }
    },
}
HEADERS = Headers([(b"content-type", b"application/json")])
REQUESTS_BY_NAME = {
    "valid": Request("POST", "/orders", "page=1", HEADERS, b'{"items":[{"sku":"ABC","count":2}],"note":"a"}'),
    "invalid": Request("POST", "/orders", "page=1", HEADERS, b'{"items":[{"sku":"abc","count":0}],"note":5}'),
}
OPTIONS: dict[str, dict[str, str]] = {
    "off": {"validation": "off"},
    "strict, document": {"errors": "document"},
    "strict, problem": {"errors": "problem"},
}


def measure(engine: MockEngine, request: Request) -> float:
    """Microseconds a request, over one round."""
    started = time.perf_counter()
    for _ in range(REQUESTS):
        engine.handle(request)
    return (time.perf_counter() - started) / REQUESTS * 1e6


def main() -> None:
    spec = load_spec(SPEC)
    engines = {name: MockEngine(spec, **options) for name, options in OPTIONS.items()}  # type: ignore[arg-type]
    print(f"Python {sys.version.split()[0]}, best of {ROUNDS} rounds of {REQUESTS} requests")
    print(f"{'':10}" + "".join(f"{name:>18}" for name in engines))
    for kind, request in REQUESTS_BY_NAME.items():
        rounds = [[measure(engine, request) for engine in engines.values()] for _ in range(ROUNDS)]
        print(f"{kind:10}" + "".join(f"{min(column):18.1f}" for column in zip(*rounds, strict=True)))


if __name__ == "__main__":
    main()
