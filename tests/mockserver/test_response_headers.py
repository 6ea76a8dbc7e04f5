"""The documented headers of a response: what well-known ones say, and where the schema wants something else."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from mockserver import Headers, MockEngine, Reply, Request, load_spec
from tests.mockserver.conftest import document

TEXT = {"type": "string"}
NUMBER = {"type": "integer"}
HTTP_DATE = r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT"

VALUES: dict[str, tuple[str, Any, str]] = {
    "an entity tag": ("ETag", TEXT, r'"[0-9a-f]{16}"'),
    "a moment": ("Last-Modified", TEXT, HTTP_DATE),
    "a moment as the schema has it": ("Last-Modified", {**TEXT, "format": "date-time"}, r"\d{4}-\d\d-\d\dT[\d:.]+\S+"),
    "seconds": ("Retry-After", NUMBER, r"[1-9]\d?"),
    "seconds as text": ("Retry-After", TEXT, r"[1-9]\d?"),
    "seconds within bounds": ("Retry-After", {**NUMBER, "minimum": 500, "maximum": 501}, "50[01]"),
    "a limit": ("X-RateLimit-Limit", NUMBER, "1000"),
    "what is left of it": ("X-RateLimit-Remaining", NUMBER, r"\d{1,3}"),
    "an identifier": ("X-Request-ID", TEXT, r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}"),
    "an identifier as the schema has it": ("X-Request-ID", {**TEXT, "pattern": "^req_[0-9]{4}$"}, r"req_\d{4}"),
    "a cookie": ("Set-Cookie", TEXT, r"session=[0-9a-f]{16}; Path=/; HttpOnly; SameSite=Lax"),
    "a link": ("Link", TEXT, r'</v1/users\?page=2>; rel="next"'),
    "a URI": ("Location", {**TEXT, "format": "uri"}, r"http://api\.example/v1/users"),
    "nothing known": ("X-Colour", {"enum": ["red"]}, "red"),
}


def answer(headers: dict[str, Any], method: str = "GET", path: str = "/v1/users", **responses: Any) -> Reply:
    body = {"application/json": {"schema": {"type": "object", "required": ["id"], "properties": {
        "id": {"type": "integer"}}}}}  # fmt: skip
    response = {"description": "", "headers": {name: {"schema": schema} for name, schema in headers.items()}}
    operation = {"responses": responses or {"200": {**response, "content": body}}}
    item = {"responses": {"204": response}}
    paths = {"/users": {"get": operation, "post": operation}, "/users/{id}": {"put": item}}
    engine = MockEngine(load_spec(document(paths, servers=[{"url": "/v1"}])))
    return engine.handle(Request(method, path, "", Headers([(b"host", b"api.example")])))


@pytest.mark.parametrize(("name", "schema", "pattern"), VALUES.values(), ids=VALUES)
def test_headers_say_what_they_are_known_to_say(name: str, schema: Any, pattern: str) -> None:
    """Where the schema takes it; else what the schema wants."""
    value = dict(answer({name: schema}).headers)[name.lower()]
    assert re.fullmatch(pattern, value), value


def test_a_location_leads_to_what_was_made() -> None:
    """RFC 9110, section 10.2.2: to the item whose identifier the body has."""
    reply = answer({"Location": TEXT}, "POST")
    assert dict(reply.headers)["location"] == f"/v1/users/{json.loads(reply.body)['id']}"


def test_a_location_leads_to_what_was_changed() -> None:
    assert dict(answer({"Content-Location": TEXT}, "PUT", "/v1/users/7").headers)["content-location"] == "/v1/users/7"


def test_headers_are_the_same_for_the_same_request() -> None:
    assert answer({"ETag": TEXT}).headers == answer({"ETag": TEXT}).headers
    assert answer({"ETag": TEXT}).headers != answer({"ETag": TEXT}, path="/users").headers
