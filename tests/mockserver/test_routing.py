"""Paths to operations."""

from __future__ import annotations

from typing import Any

import pytest

from mockserver import load_spec
from mockserver.routing import Router
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
