"""Paths to operations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from fastapi import FastAPI

from mockserver import load_spec
from mockserver.routing import Router
from tests.asgi import Client, Wire
from tests.mockserver.conftest import document

PATHS = ["/users/{id}", "/users/me", "/users/{id}/orders/{order}", "/files/{name}.json", "/files/{name}", "/a-{x}-{y}",
         "/", "/users/me/orders/{number}"]  # fmt: skip


@pytest.fixture(scope="module")
def router() -> Router:
    operations: dict[str, Any] = {path: {"get": {"responses": {}}} for path in PATHS}
    operations["/users/me"]["post"] = {"responses": {}}
    return Router(load_spec(document(operations)).operations)


MATCHES = {
    "/users/me": ("/users/me", {}),
    "/users/7": ("/users/{id}", {"id": "7"}),
    "/users/é/orders/a b": ("/users/{id}/orders/{order}", {"id": "é", "order": "a b"}),
    "/users/me/orders/1": ("/users/me/orders/{number}", {"number": "1"}),
    "/files/x.json": ("/files/{name}.json", {"name": "x"}),
    "/files/x.yaml": ("/files/{name}", {"name": "x.yaml"}),
    "/a-1-2": ("/a-{x}-{y}", {"x": "1", "y": "2"}),
    "/": ("/", {}),
    "/users/me\n": ("/users/{id}", {"id": "me\n"}),
    "/a-1-2\n": ("/a-{x}-{y}", {"x": "1", "y": "2\n"}),
}


@pytest.mark.parametrize(("path", "expected"), MATCHES.items(), ids=repr)
def test_a_path_leads_to_its_operation(router: Router, path: str, expected: tuple[str, dict[str, str]]) -> None:
    """Concrete before templated, whatever the order in the document."""
    found = router.match(path).operation("GET")
    assert found is not None
    assert (found[0].path, found[1]) == expected


@pytest.mark.parametrize(
    "path", ["/users", "/users/", "/users/7/", "/users//orders/1", "", "//", "/Users/me", "/a-1", "/x"]
)
def test_a_path_that_is_not_documented_leads_nowhere(router: Router, path: str) -> None:
    """A parameter is never empty and never holds a slash."""
    assert router.match(path).methods == []


def test_the_methods_of_a_path(router: Router) -> None:
    """What `Allow` lists."""
    assert router.match("/users/me").methods == ["GET", "POST"]
    assert router.match("/users/me").operation("PUT") is None


def test_the_nearest_operation(router: Router) -> None:
    """For the message to whoever mistyped it; none where there are no operations."""
    assert router.nearest("GET", "/file/{name}") == "GET /files/{name}"
    assert router.nearest("POST", "/users/mee") == "POST /users/me"
    assert Router([]).nearest("GET", "/") is None


RAW = {
    "/users/a%2Fb": {"id": "a/b"},
    "/users/a%20b": {"id": "a b"},
    "/users/%C3%A9": {"id": "é"},
    "/users/%6De": {},
    "/users/a%252Fb": {"id": "a%2Fb"},
    "/users/me%0A": {"id": "me\n"},
}


@pytest.mark.parametrize(("path", "values"), RAW.items(), ids=repr)
def test_a_path_as_it_was_sent(router: Router, path: str, values: dict[str, str]) -> None:
    """An encoded slash belongs to the parameter; an encoded letter is that letter."""
    found = router.match_raw(path).operation("GET")
    assert found is not None
    assert found[1] == values


REGISTERED = {
    "a template before": [("GET", "/jobs/{id}"), ("GET", "/jobs/all")],
    "a template behind": [("GET", "/jobs/all"), ("GET", "/jobs/{id}")],
    "a template before, of another method": [("POST", "/jobs/{name}"), ("GET", "/jobs/all"), ("GET", "/jobs/{id}")],
    "a template before, of both": [("POST", "/jobs/{name}"), ("GET", "/jobs/{id}"), ("GET", "/jobs/all")],
    "a template with a method before": [("POST", "/jobs/{id}"), ("GET", "/jobs/all"), ("GET", "/jobs/{id}")],
    "the rest of nothing": [("GET", "/jobs/all/{file_path:path}"), ("GET", "/jobs/{id}")],
    "two names": [("GET", "/jobs/{id}"), ("GET", "/jobs/{name}")],
    "the rest of a path": [("GET", "/{any}/all"), ("GET", "/jobs/{file_path:path}")],
    "the rest of a path, in one word": [("GET", "/{filepath:path}"), ("GET", "/jobs/{id}")],
    "the rest of a path before": [("GET", "/jobs/{file_path:path}"), ("GET", "/jobs/all")],
}


def numbered(number: int) -> Callable[[], int]:
    return lambda: number


@pytest.mark.parametrize("routes", REGISTERED.values(), ids=REGISTERED)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_first_route_answers_as_in_fastapi(routes: list[tuple[str, str]], method: str) -> None:
    """By the order of its operations, not of the places that they share."""
    app = FastAPI()
    for number, (verb, path) in enumerate(routes):
        app.add_api_route(path, numbered(number), methods=[verb], name=f"route_{number}")
    operations = load_spec(app.openapi()).operations
    found = Router(operations, in_order=True).match("/jobs/all").operation(method)
    client = Client(app)
    real = client(Wire(method, b"/jobs/all", b"", (), b""))
    client.close()
    expected = routes[real.json][1].replace(":path", "") if real.status == 200 else None
    assert (found[0].path if found else None) == expected
