"""What web frameworks do by themselves, each as a service that does nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from contract_tests.values import same
from tests.contract_tests.auditing import Run, audit
from tests.services.serving import serve_wsgi

Reply = tuple[str, dict[str, str], Any]

ERROR: dict[str, Any] = {"description": "", "content": {"application/json": {"schema": {"type": "object"}}}}
PROBLEM: Reply = ("400 Bad Request", {}, {})
ABSENT: Reply = ("404 Not Found", {}, {})
REFUSED: Reply = ("405 Method Not Allowed", {}, {})


def run(folder: Path, paths: dict[str, Any], reply: Callable[[str, str, bytes], Reply], *options: str) -> Run:
    """An audit of a service that answers a method, a path and a body."""

    def app(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        items = [item for template, item in paths.items() if path.count("/") == template.count("/")]
        allowed = [name.upper() for item in items for name in item]
        is_known = ("GET" if method == "HEAD" else method) in allowed
        status, headers, value = reply(method, path, body) if is_known else REFUSED
        shown = {"Content-Type": "application/json", "Allow": ", ".join(allowed), **headers}
        start(status, list(shown.items()))
        return [b"" if method == "HEAD" else json.dumps(value).encode()]

    document = {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": paths}
    (folder / "spec.json").write_text(json.dumps(document))
    with serve_wsgi(app) as url:
        return audit(url, "--spec", str(folder / "spec.json"), "--max-examples", "10", *options)


def test_a_router_finds_nothing_at_what_is_no_number_and_a_validator_refuses_0(tmp_path: Path) -> None:
    """Connexion: the document's `minimum` is looked at once a route was found."""
    number = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer", "minimum": 1}}
    get = {"parameters": [number], "responses": {"200": ERROR, "400": ERROR, "404": ERROR}}

    def reply(method: str, path: str, body: bytes) -> Reply:
        text = path.rpartition("/")[2]
        if not text.removeprefix("-").isdecimal():
            return ABSENT
        return ("200 OK", {}, {}) if int(text) > 0 else PROBLEM

    found = run(tmp_path, {"/pets/{id}": {"get": get}}, reply, "--set", "id=1", "-k", "id=")

    assert found.code == 0, found.text


def test_a_pinned_thing_that_the_run_has_deleted_is_not_found(tmp_path: Path) -> None:
    """Schemathesis sends the pin where it says that it sends a wrong id."""
    number = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer", "minimum": 1, "maximum": 99}}
    get = {"parameters": [number], "responses": {"200": ERROR, "404": ERROR, "422": ERROR}}
    delete = {"parameters": [number], "responses": {"204": {"description": ""}, "404": ERROR, "422": ERROR}}
    pets = {7}

    def reply(method: str, path: str, body: bytes) -> Reply:
        text = path.rpartition("/")[2]
        if not (text.isdecimal() and text.isascii() and 1 <= int(text) <= 99):
            return ("422 Unprocessable Content", {}, {})
        if int(text) not in pets:
            return ABSENT
        if method == "DELETE":
            pets.remove(int(text))
        return ("204 No Content" if method == "DELETE" else "200 OK", {}, {})

    found = run(tmp_path, {"/pets/{id}": {"get": get, "delete": delete}}, reply, "--set", "id=7")

    assert found.code == 0, found.text


@pytest.mark.parametrize(("total", "code"), [(3, 0), ("three", 1)])
def test_an_object_in_a_header_may_be_json(total: object, code: int, tmp_path: Path) -> None:
    """flask-smorest documents `X-Pagination` as an object, and sends it so."""
    schema = {"type": "object", "required": ["total"], "properties": {"total": {"type": "integer"}}}
    get = {"responses": {"200": {**ERROR, "headers": {"X-Pagination": {"schema": schema}}}}}
    header = json.dumps({"total": total})

    found = run(tmp_path, {"/pets": {"get": get}}, lambda *_: ("200 OK", {"X-Pagination": header}, {}))

    assert found.code == code, found.text
    assert ("wrong header X-Pagination" in found.text) is (code == 1)


@pytest.mark.parametrize(("title", "code"), [("First Leg", 0), ("A leg", 1)])
def test_pydantic_converts_scalars_of_its_models(title: str, code: int, tmp_path: Path) -> None:
    """Django Ninja, spectree, Quart-Schema: each member of the document is titled by its name."""
    leg = {"type": "integer", "title": title}
    schema = {"type": "object", "required": ["first_leg"], "properties": {"first_leg": leg}}
    post = {
        "requestBody": {"required": True, "content": {"application/json": {"schema": schema}}},
        "responses": {"200": ERROR, "400": ERROR},
    }

    def reply(method: str, path: str, body: bytes) -> Reply:
        try:
            int(json.loads(body.decode(), parse_constant=int)["first_leg"])
            is_whole = float(json.loads(body)["first_leg"]).is_integer()
        except (ValueError, TypeError, LookupError, RecursionError):
            return PROBLEM
        return ("200 OK", {}, {}) if is_whole else PROBLEM

    found = run(tmp_path, {"/pets": {"post": post}}, reply, "-k", "first_leg")

    assert found.code == code, found.text


def test_a_wrong_value_that_was_taken_and_is_shown_is_one_bug(tmp_path: Path) -> None:
    schema = {"type": "object", "required": ["born"], "properties": {"born": {"type": "string", "format": "date"}}}
    body = {"content": {"application/json": {"schema": schema}}}
    post = {"requestBody": {"required": True, **body}, "responses": {"200": {"description": "", **body}, "400": ERROR}}

    def reply(method: str, path: str, body: bytes) -> Reply:
        try:
            value = json.loads(body.decode(), parse_constant=int)
        except (ValueError, RecursionError):
            return PROBLEM
        is_text = isinstance(value, dict) and isinstance(value.get("born"), str)
        return ("200 OK", {}, value) if is_text else PROBLEM

    found = run(tmp_path, {"/pets": {"post": post}}, reply, "-k", "born")

    assert 'accepts born="' in found.text
    assert "has a wrong" not in found.text


def test_what_is_required_and_has_a_default_may_be_left_out(tmp_path: Path) -> None:
    """Fastify's documents require what its Ajv fills in."""
    limit = {"name": "limit", "in": "query", "required": True, "schema": {"type": "integer", "default": 20}}
    solo = {"type": "boolean", "default": True}
    part = {"type": "object", "required": ["solo"], "properties": {"solo": solo}, "default": {}}
    schema = {"type": "object", "required": ["part", "solo"], "properties": {"part": part, "solo": solo}}
    post = {
        "parameters": [limit],
        "requestBody": {"required": True, "content": {"application/json": {"schema": schema}}},
        "responses": {"200": ERROR, "400": ERROR},
    }

    def reply(method: str, path: str, body: bytes) -> Reply:
        return ("200 OK", {}, {})

    found = run(tmp_path, {"/songs": {"post": post}}, reply, "-k", "without or missing")

    assert found.code == 0, found.text
    assert "passed" in found.text


@pytest.mark.parametrize(
    ("got", "is_same"),
    [
        ("2024-05-18T00:04:56.123Z", True),
        ("2024-05-18T00:04:56.124Z", True),
        ("2024-05-18T00:04:56.122Z", False),
        ("2024-05-18T00:04:56Z", False),
        ("2024-05-18T00:04:56.123457Z", False),
    ],
)
def test_a_clock_of_milliseconds_keeps_no_more(got: str, is_same: bool) -> None:
    assert same("2024-05-17T12:34:56.123456-11:30", got) is is_same
