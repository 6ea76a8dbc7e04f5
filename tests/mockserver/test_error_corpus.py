"""Real documents: a broken request to every operation is answered, and the body keeps the schema of its status."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from mockserver import Headers, MockEngine, Reply, Request, Spec, SpecError, load_spec
from mockserver.engine.rendering import documented_error
from mockserver.spec import Operation
from mockserver.types import is_json

CORPUS = os.environ.get("UNDERSTUDY_CORPUS")
DOCUMENTS = sorted(path for path in Path(CORPUS).iterdir() if path.name != "index.json") if CORPUS else []
MAX_BYTES = 1_000_000
"""Larger documents are for the nightly run."""

HEADERS = Headers([(b"content-type", b"application/json"), (b"authorization", b"Bearer t")])
BROKEN = (b'{"\xff', b"[[{]", b'{"id":{"a":[1e5]},"name":7,"type":[]}')


def broken_requests(operation: Operation) -> Iterator[Request]:
    """One with a body of another type, one with none and no credentials, one with three kinds of damage."""
    path = operation.path.replace("{", "%7B").replace("}", "%7D")
    yield Request(operation.method, path, "", Headers(), b"")
    yield Request(operation.method, path, "limit=x&page=&offset=-1", Headers([(b"content-type", b"a/b")]), b"abc")
    for body in BROKEN:
        yield Request(operation.method, path, "limit=x", HEADERS, body)


def problem_with(reply: Reply, operation: Operation, spec: Spec) -> str:
    """Why the body of an error is not as documented; empty when it is, or nothing is documented."""
    _, response = documented_error(operation, reply.status)
    content_type = dict(reply.headers).get("content-type", "")
    for media_type in response.content if response else ():
        if media_type.name == content_type and is_json(content_type) and isinstance(media_type.schema, dict):
            try:
                validator = spec.document.validator(f"{media_type.pointer}/schema")
            except SpecError:
                return ""
            return "; ".join(error.message for error in validator.iter_errors(json.loads(reply.body)))
    return ""


@pytest.mark.skipif(not DOCUMENTS, reason="UNDERSTUDY_CORPUS names no folder of documents")
@pytest.mark.parametrize("path", DOCUMENTS or [Path()], ids=lambda path: path.name)
def test_error_bodies_are_as_documented(path: Path) -> None:
    """No exception, no 5xx for a bad request, no invalid error body."""
    if path.stat().st_size > MAX_BYTES:
        pytest.skip("large")
    try:
        spec = load_spec(path)
    except SpecError:
        pytest.skip("refused at load")
    for auth in (True, False):
        engine = MockEngine(spec, auth=auth, errors="document")
        for operation in spec.operations:
            for request in broken_requests(operation):
                reply = engine.handle(request)
                if 400 <= reply.status < 500 and reply.operation == str(operation):
                    assert not problem_with(reply, operation, spec), f"{operation} {reply.status} {reply.body[:300]!r}"
