"""What validating as FastAPI does costs: per valid request, and to compile the types of a large document.

    .venv/bin/python benchmarks/fastapi_validation.py

A request is measured as a whole and its validation by itself, rounds interleaved, the best of each taken. Compiling is
compared with what the application itself spends on defining its models and routes, in the same process.
"""

from __future__ import annotations

import datetime as dt
import gc
import inspect
import sys
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import fastapi
from fastapi import FastAPI, Header, Query
from pydantic import BaseModel, Field, create_model

from mockserver import Headers, MockEngine, Request, load_spec
from mockserver.parameters import RawParameters
from mockserver.validation import FastAPIValidator, infer_version

ROUNDS = 60
REQUESTS = 200
MODELS = 300
JSON_TYPE = (b"content-type", b"application/json")


class Line(BaseModel):
    sku: str = Field(pattern="^[A-Z]{3}$")
    count: int = Field(gt=0)


class Order(BaseModel):
    lines: list[Line]
    note: str | None = Field(None, max_length=100)


def small_app() -> FastAPI:
    app = FastAPI()

    @app.get("/orders/{number}", status_code=204)
    def read(number: int, q: str | None = None, limit: Annotated[int, Query(le=100)] = 10) -> None: ...

    @app.post("/orders", status_code=204)
    def create(order: Order, x_token: Annotated[str | None, Header()] = None) -> None: ...

    return app


REQUESTS_BY_NAME = {
    "path and query": Request("GET", "/orders/7", "q=a&limit=5"),
    "JSON body": Request(
        "POST", "/orders", "", Headers([JSON_TYPE]), b'{"lines":[{"sku":"ABC","count":2}],"note":"a"}'
    ),
}


def cost(call: Callable[[], Any]) -> float:
    """Microseconds a call."""
    started = time.perf_counter()
    for _ in range(REQUESTS):
        call()
    return (time.perf_counter() - started) / REQUESTS * 1e6


def measure_requests() -> None:
    spec = load_spec(small_app().openapi())
    engine = MockEngine(spec)
    print(f"{'':16}{'request us':>12}{'validation us':>15}{'share':>8}")
    for operation, (name, request) in zip(spec.operations, REQUESTS_BY_NAME.items(), strict=True):
        assert engine.handle(request).status == 204
        validator = FastAPIValidator(operation, spec.document, version=infer_version(spec.document))
        path_params = {"number": "7"} if request.method == "GET" else {}

        def validate(request: Request = request, path: Any = path_params, by: FastAPIValidator = validator) -> Any:
            return by.validate(RawParameters(request, path), by.read_body(request))

        assert isinstance(validate(), dict)
        rounds = [(cost(lambda: engine.handle(request)), cost(validate)) for _ in range(ROUNDS)]  # noqa: B023
        whole, validation = (min(column) for column in zip(*rounds, strict=True))
        print(f"{name:16}{whole:12.1f}{validation:15.1f}{validation / whole:8.2f}")


def large_app() -> FastAPI:
    """Three hundred models of eight fields, each of which holds others, and a route for each."""
    app = FastAPI()
    models: list[Any] = []
    for number in range(MODELS):
        part: Any = models[number // 2] if models else str
        fields: dict[str, Any] = {
            "id": (uuid.UUID, ...),
            "name": (Annotated[str, Field(min_length=1, max_length=50)], ...),
            "made": (dt.datetime, ...),
            "count": (Annotated[int, Field(ge=0)], 0),
            "price": (float | None, None),
            "state": (Literal["new", "old"], "new"),
            "tags": (list[str], []),
            "parts": (list[part], []),
        }
        models.append(create_model(f"Model{number}", **fields))
        add_route(app, f"/models/{number}", models[-1])
    return app


def add_route(app: FastAPI, path: str, model: Any) -> None:
    def endpoint(**_values: Any) -> None: ...

    parameter = inspect.Parameter("body", inspect.Parameter.KEYWORD_ONLY, annotation=model)
    vars(endpoint)["__signature__"] = inspect.Signature([parameter])
    app.post(path)(endpoint)


def measure_compilation() -> None:
    gc.collect()
    started = time.perf_counter()
    app = large_app()
    defined = time.perf_counter() - started
    spec = load_spec(app.openapi())
    started = time.perf_counter()
    version = infer_version(spec.document)
    # Kept, as the engine keeps them: they share the types of the document.
    validators = [FastAPIValidator(operation, spec.document, version=version) for operation in spec.operations]
    assert len(validators) == MODELS
    compiled = time.perf_counter() - started
    print(f"{MODELS} models: {compiled:.2f} s to compile, {defined:.2f} s to define, ratio {compiled / defined:.2f}")


def main() -> None:
    print(f"FastAPI {fastapi.__version__}, Python {sys.version.split()[0]}, {ROUNDS} rounds of {REQUESTS} requests")
    measure_requests()
    measure_compilation()


if __name__ == "__main__":
    main()
