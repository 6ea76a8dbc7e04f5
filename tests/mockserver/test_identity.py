"""The same entity for the same id, and values that fit together."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from mockserver import Headers, MockEngine, Request, load_spec
from tests.mockserver.conftest import document


def answers(schema: dict[str, Any]) -> dict[str, Any]:
    return {"200": {"description": "", "content": {"application/json": {"schema": schema}}}}


def reference(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


ID = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}
USER: dict[str, Any] = {
    "type": "object",
    "required": ["id", "name", "email", "created_at", "updated_at"],
    "properties": {
        "id": {"type": "integer"},
        "name": {"type": "string"},
        "email": {"type": "string", "format": "email"},
        "password": {"type": "string", "writeOnly": True},
        "created_at": {"type": "string", "format": "date-time"},
        "updated_at": {"type": "string", "format": "date-time"},
    },
}
ORDER = {
    "type": "object",
    "required": ["id", "user_id", "user", "total_price"],
    "properties": {
        "id": {"type": "string", "format": "uuid"},
        "user_id": {"type": "integer"},
        "user": reference("User"),
        "total_price": {"type": "number"},
    },
}
SHOP = document(
    {
        "/users": {"get": {"responses": answers({"type": "array", "items": reference("User")})}},
        "/users/{id}": {"parameters": [ID], "get": {"responses": answers(reference("User"))}},
        "/users/{id}/orders": {
            "parameters": [ID], "get": {"responses": answers({"type": "array", "items": reference("Order")})},
        },
        "/orders": {
            "get": {"responses": answers({"type": "array", "items": reference("Order")})},
            "post": {"responses": answers(reference("Order"))},
        },
    },
    components={"schemas": {"User": {**USER, "required": [*USER["required"], "password"]}, "Order": ORDER}},
)  # fmt: skip
ENGINE = MockEngine(load_spec(SHOP))


def ask(path: str, prefer: str = "", engine: MockEngine = ENGINE, method: str = "GET") -> Any:
    headers = Headers([(b"prefer", prefer.encode())] if prefer else [])
    return json.loads(engine.handle(Request(method, path, "", headers)).body)


def test_the_item_is_what_the_list_shows() -> None:
    """And what another entity holds, also after a restart."""
    for engine in (ENGINE, MockEngine(load_spec(SHOP))):
        for shown in [*ask("/users"), *(order["user"] for order in ask("/orders"))]:
            assert ask(f"/users/{shown['id']}", engine=engine) == shown


def test_references_agree_with_what_they_refer_to() -> None:
    """`user_id` is the id of the `user` beside it."""
    assert [order["user_id"] for order in ask("/orders")] == [order["user"]["id"] for order in ask("/orders")]


def test_an_author_is_the_author_beside_it() -> None:
    """Though a text of this name would be that of a person."""
    properties = {"id": {"type": "integer"}, "author": reference("User"), "author_id": {"type": "integer"}}
    note = {"type": "object", "required": list(properties), "properties": properties}
    components = {"schemas": {"User": USER, "Note": note}}
    notes = document({"/notes/{n}": {"get": {"responses": answers(reference("Note"))}}}, components=components)
    engine = MockEngine(load_spec(notes))
    for number in range(20):
        shown = ask(f"/notes/{number}", engine=engine)
        assert shown["author_id"] == shown["author"]["id"]


def test_path_parameters_are_repeated() -> None:
    """By the item, and by the members of its lists."""
    assert ask("/users/42")["id"] == 42
    assert {order["user_id"] for order in ask("/users/42/orders")} == {42}


def test_values_fit_together() -> None:
    """A person's address is that of the name, and nothing is updated before it is created."""
    for user in ask("/users"):
        first, last = user["name"].lower().split(" ", 1)
        assert user["email"] == f"{first}.{last}@example.com".replace(" ", "")
        assert user["created_at"] < user["updated_at"]


def test_what_is_only_written_is_not_answered() -> None:
    """Though it is required."""
    assert "password" not in ask("/users/42")
    assert all("password" not in order["user"] for order in ask("/orders"))


def test_a_seed_may_be_preferred() -> None:
    """It changes the person, not the id."""
    other = ask("/users/42", "seed=7")
    assert other["id"] == 42
    assert other != ask("/users/42")
    assert other == ask("/users/42", "seed=7")


def test_fresh_values_come_on_request() -> None:
    """Otherwise reading is repeatable."""
    assert ask("/users") == ask("/users")
    assert ask("/users", "fresh=true") != ask("/users", "fresh=true")


OPTIONAL = {"always": {3}, "never": {0}, "some": {1, 2, 3}}


@pytest.mark.parametrize(("policy", "counts"), OPTIONAL.items(), ids=OPTIONAL)
def test_optional_properties_follow_the_option(policy: str, counts: set[int]) -> None:
    """Decided by the identity."""
    schema = {"type": "object", "properties": {name: {"type": "boolean"} for name in ("a", "b", "c")}}
    engine = MockEngine(load_spec(document({"/a/{n}": {"get": {"responses": answers(schema)}}})), optional=policy)
    assert {len(ask(f"/a/{number}", engine=engine)) for number in range(60)} <= counts


PROGRAM = """
import sys
from mockserver import MockEngine, Request, load_spec
engine = MockEngine(load_spec(sys.argv[1]))
bodies = {path: engine.handle(Request("GET", path)).body for path in sys.argv[2:]}
print([bodies[path] for path in sorted(bodies)])
"""


def test_two_processes_answer_alike_in_any_order(tmp_path: Path) -> None:
    """Byte by byte."""
    path = tmp_path / "shop.json"
    path.write_text(json.dumps(SHOP))
    paths = ["/users", "/users/42", "/orders", "/users/42/orders"]
    outputs = {
        subprocess.run(
            [sys.executable, "-c", PROGRAM, str(path), *order], capture_output=True, text=True, check=True,
            env={"PYTHONHASHSEED": hash_seed}, cwd=Path(__file__).parents[2],
        ).stdout
        for order, hash_seed in ((paths, "1"), (paths[::-1], "2"))
    }  # fmt: skip
    assert len(outputs) == 1
