"""Schemathesis' response checks against the mock of every document of a folder, in process.

    .venv/bin/python benchmarks/schemathesis_corpus.py FOLDER [--examples N] [--most N]

Counted are the answers that break what is documented of them. Answers without a body are not: Schemathesis misses a
`Content-Type` on those that Swagger 2.0 documents without a schema. What any answer would be accused of is `misread`,
which is counted apart: `misreading` gives the reasons.
"""

from __future__ import annotations

import argparse
import io
import re
import sys
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import hypothesis
import requests
import schemathesis
import urllib3
from hypothesis import HealthCheck, Phase
from requests.adapters import BaseAdapter, HTTPAdapter
from schemathesis import APIOperation, Case, Config, GenerationMode
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.core.result import Ok
from schemathesis.errors import SchemathesisError
from schemathesis.openapi.checks import MalformedMediaType

from benchmarks.answers import documents
from benchmarks.judging import read
from mockserver import SpecError
from mockserver.app import create_app
from tests.asgi import Client, Wire

NAMES = ("status_code_conformance", "content_type_conformance", "response_headers_conformance",
         "response_schema_conformance")  # fmt: skip


class Transport(BaseAdapter):
    """Requests of the `requests` library, answered by an ASGI application."""

    def __init__(self, app: Any) -> None:
        super().__init__()
        self._client = Client(app)

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        url = urlsplit(str(request.url))
        body = request.body.encode() if isinstance(request.body, str) else request.body or b""
        headers = tuple((_bytes(name).lower(), _bytes(value)) for name, value in request.headers.items())
        wire = Wire(str(request.method), url.path.encode(), url.query.encode(), headers, bytes(body))
        answer = self._client(wire)
        if answer.error is not None:
            raise answer.error
        raw = urllib3.HTTPResponse(
            io.BytesIO(answer.body), urllib3.HTTPHeaderDict(answer.headers), answer.status, preload_content=False,
            request_method=request.method,
        )  # fmt: skip
        response = HTTPAdapter().build_response(request, raw)
        response._content = answer.body
        return response

    def close(self) -> None:
        self._client.close()


def misreading(failure: Failure, operation: APIOperation[Any, Any, Any, Any], path: str) -> str:
    """Why any answer to an operation, asked for at a path, would be accused so; empty when the answer is to blame."""
    raw, definition = operation.schema.raw_schema, operation.definition.raw
    is_fastapi = "HTTPValidationError" in raw.get("components", {}).get("schemas", {})
    if is_fastapi and (first := _first_route(raw["paths"], operation.method, path)) != operation.path:
        # Of two routes that fit, FastAPI takes the first, in the application that is documented as in the mock of it.
        return f"{first} stands before it in the application and answers for it"
    if (name := _malformed(failure)) in _media_types(definition) and not re.match("[^/;]+/[^/;]+", name):
        return f"the documented media type {name!r} is none, whatever is sent"
    has_events = any("itemSchema" in entry for entry in _media_types(definition).values())
    if failure.title == "SSE event violates schema" and not has_events:
        # OpenAPI 3.2, section 4.14.3: `schema` is of the complete content; only `itemSchema` is of each event.
        return "the schema of a whole stream is held against each of its events"
    return ""


def _first_route(paths: Mapping[str, Any], method: str, path: str) -> str:
    """The one of the paths that FastAPI's router would choose."""
    for template, item in paths.items():
        pattern = "/".join(re.escape(part) if "{" not in part else "[^/]+" for part in template.split("/"))
        if method in item and re.fullmatch(pattern, path):
            return str(template)
    return ""


def _malformed(failure: Failure) -> str:
    """The media type that Schemathesis cannot read."""
    if isinstance(failure, MalformedMediaType):
        return failure.defined
    match = re.search("Malformed media type: `([^`]*)`", failure.message)
    return match[1] if match else ""


def _media_types(definition: Mapping[str, Any]) -> dict[str, Any]:
    """What an operation may be answered in."""
    responses = definition.get("responses", {}).values()
    contents = [response.get("content", {}) for response in responses if isinstance(response, Mapping)]
    return {name: entry for content in contents for name, entry in content.items()}


def run(raw: dict[str, Any], *, examples: int, most: int, told: Callable[[str], None]) -> Counter[str]:
    """The answers to some valid requests for each operation: how many there were, and what was wrong with them.

    Raises `SpecError` for a document that cannot be served.
    """
    load_all_checks()
    counts: Counter[str] = Counter()
    session = requests.Session()
    session.mount("http://", Transport(create_app(raw, auth=False)))
    schema = schemathesis.openapi.from_dict(raw, config=Config.from_dict({"seed": 1}))
    operations = list(schema.get_all_operations())
    for result in operations[:: max(1, len(operations) // most)]:
        if not isinstance(result, Ok):
            counts["not generated"] += 1
            continue
        try:
            _examine(result.ok(), session, counts, examples=examples, told=told)
        except (hypothesis.errors.HypothesisException, SchemathesisError):
            counts["not generated"] += 1  # Schemathesis finds no valid request
    session.close()
    return counts


def _examine(
    operation: APIOperation[Any, Any, Any, Any], session: requests.Session, counts: Counter[str], *, examples: int,
    told: Callable[[str], None],
) -> None:  # fmt: skip
    settings = hypothesis.settings(
        max_examples=examples, database=None, deadline=None, derandomize=True, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip

    @settings
    @hypothesis.given(case=operation.as_strategy(generation_mode=GenerationMode.POSITIVE))
    def examine(case: Case[Any]) -> None:
        try:
            response = case.call(base_url="http://mock", session=session)
        except requests.RequestException:
            counts["not sent"] += 1
            return
        kind = {5: "diagnosed", 4: "refused"}.get(response.status_code // 100, "answered")
        counts[kind] += 1
        if kind != "answered" or not response.content:
            return
        try:
            case.validate_response(response, checks=[CHECKS.get_one(name) for name in NAMES])  # type: ignore[misc]
        except FailureGroup as group:
            path = unquote(urlsplit(str(response.request.url)).path)
            for failure in group.exceptions:
                reason = misreading(failure, operation, path)
                counts["misread" if reason else "broken"] += 1
                told(f"  {operation.label} {response.status_code}: {reason or failure}"[:300].replace("\n", " "))

    examine()


def _bytes(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode("latin-1", "replace")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--examples", type=int, default=3)
    parser.add_argument("--most", type=int, default=50)
    options = parser.parse_args()
    total: Counter[str] = Counter()
    for path in documents(options.folder):
        try:
            counts = run(read(path), examples=options.examples, most=options.most, told=print)
        except SpecError:
            continue
        print(f"{path.name}: {dict(counts)}", flush=True)
        total += counts
    print(dict(total))


if __name__ == "__main__":
    main()
