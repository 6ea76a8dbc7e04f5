"""The same entity for the same id, and values that fit together."""

from __future__ import annotations

import json
import random
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


def test_a_path_parameter_that_is_not_described_is_repeated_too() -> None:
    """As it was sent."""
    schema = reference("User")
    paths = {"/users/{id}": {"get": {"responses": answers(schema)}}}
    engine = MockEngine(load_spec(document(paths, components={"schemas": {"User": USER}})))
    assert ask("/users/42", engine=engine) == ask("/users/42")


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
import json, sys
from mockserver import Headers, MockEngine, Request, load_spec
document, requests = json.load(sys.stdin)
engine = MockEngine(load_spec(document), auth=False)
answers = {}
for method, path, accept in requests:
    # Of writes the answer depends on how often one came, so that no two are the same.
    reply = engine.handle(Request(method, path, f"as={accept}", Headers([(b"accept", accept.encode())])))
    answers[f"{method} {path} {accept}"] = [reply.status, reply.headers, reply.body.hex()]
print(json.dumps(answers, sort_keys=True))
"""


def answered(raw: dict[str, Any], requests: list[tuple[str, str, str]], hash_seed: str) -> str:
    """What a process of its own answers."""
    return subprocess.run(
        [sys.executable, "-c", PROGRAM], input=json.dumps([raw, requests]), capture_output=True, text=True, check=True,
        env={"PYTHONHASHSEED": hash_seed}, cwd=Path(__file__).parents[2],
    ).stdout  # fmt: skip


def in_many_media_types(schema: Any) -> dict[str, Any]:
    media_types = ("application/json", "application/xml", "text/csv", "application/x-ndjson", "text/event-stream")
    content = {name: {"schema": schema} for name in media_types}
    return {"200": {"description": "", "content": content, "headers": {"X-Trace": {"schema": {"type": "string"}}}}}


PROVEN_BY_TRIAL: dict[str, Any] = {
    "either": {"oneOf": [reference("User"), reference("Order")]},
    "neither": {"allOf": [reference("User"), {"not": {"properties": {"name": {"pattern": "^A"}}}}]},
    "in parts": {"type": "object", "unevaluatedProperties": False, "allOf": [reference("User")],
                 "properties": {"x": {}}},
    "patterns": {"type": "string", "allOf": [{"pattern": "^[a-z]+$"}, {"pattern": "q"}], "minLength": 4},
    "different": {"type": "array", "items": {"enum": ["a", "b", "c"]}, "minItems": 3, "uniqueItems": True},
    "itself": {"type": "object", "required": ["id"], "properties": {
        "id": {"type": "string"}, "parts": {"type": "array", "items": reference("itself")}}},
    "if": {"type": "object", "required": ["a", "b"], "properties": {"a": {"type": "boolean"}, "b": {"type": "integer"}},
           "if": {"properties": {"a": {"const": True}}}, "then": {"properties": {"b": {"minimum": 50}}}},
}  # fmt: skip


def random_schema(chance: random.Random, depth: int = 0) -> Any:
    """One of anything that a response may be."""
    if depth < 3 and chance.random() < 0.5:
        names = chance.sample(["id", "name", "user_id", "email", "tags", "price", "url", "created_at", "note"], 4)
        properties = {name: random_schema(chance, depth + 1) for name in names}
        return {"type": "object", "properties": properties, "required": names[:2]}
    if depth < 3 and chance.random() < 0.3:
        return {"type": "array", "items": random_schema(chance, depth + 1)}
    if chance.random() < 0.2:
        return {"oneOf": [{"type": "string", "maxLength": 9}, {"type": "integer", "minimum": 3}]}
    return {"type": chance.choice(["string", "integer", "number", "boolean"])}


def collection(schemas: dict[str, Any]) -> dict[str, Any]:
    """A document with an item and a list of each schema, and a write."""
    paths = {}
    for name in schemas:
        paths[f"/{name.replace(' ', '-')}"] = {
            "get": {"responses": in_many_media_types({"type": "array", "items": reference(name)})},
            "post": {"responses": in_many_media_types(reference(name))},
        }
        paths[f"/{name.replace(' ', '-')}/{{id}}"] = {"get": {"responses": in_many_media_types(reference(name))}}
    return document(paths, components={"schemas": {**schemas, "User": USER, "Order": ORDER}})


COLLECTIONS = {
    "a shop": {"User": USER, "Order": ORDER},
    "what is proven by trial": PROVEN_BY_TRIAL,
    "at random": {f"R{number}": random_schema(random.Random(number)) for number in range(12)},
}


@pytest.mark.parametrize("schemas", COLLECTIONS.values(), ids=COLLECTIONS)
def test_two_processes_answer_alike_in_any_order(schemas: dict[str, Any]) -> None:
    """Byte by byte, in every media type; though what is compiled first depends on what is asked first."""
    raw = collection(schemas)
    media_types = list(raw["paths"][next(iter(raw["paths"]))]["get"]["responses"]["200"]["content"])
    requests = [
        (method.upper(), path.replace("{id}", identifier), media_type)
        for path, item in raw["paths"].items()
        for method in item
        for identifier in (("42", "7") if "{id}" in path else ("",))
        for media_type in media_types
    ]
    shuffled = random.Random(1).sample(requests, len(requests))
    outputs = {answered(raw, order, seed) for order, seed in ((requests, "1"), (requests[::-1], "2"), (shuffled, "3"))}
    assert len(outputs) == 1
    assert outputs.pop().count("[200, ") == len(requests)
