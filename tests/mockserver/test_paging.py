"""Lists are as long as was asked for, pages fit together, and totals agree with them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mockserver import MockEngine, Request, load_spec
from tests.mockserver.conftest import document
from tests.mockserver.test_identity import ID, answers, reference

USER = {"type": "object", "required": ["id", "name"],
        "properties": {"id": {"type": "integer"}, "name": {"type": "string"}}}  # fmt: skip
USERS = {"type": "array", "items": reference("User")}
COUNT, TRUTH = {"type": "integer"}, {"type": "boolean"}


def query(*names: str, **schema: Any) -> list[dict[str, Any]]:
    return [{"name": name, "in": "query", "schema": {"type": "integer", **schema}} for name in names]


def listing(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": list(properties), "properties": properties}


def engine(schema: Any, parameters: list[dict[str, Any]], optional: str = "some") -> MockEngine:
    paths = {
        "/users": {"get": {"parameters": parameters, "responses": answers(schema)}},
        "/users/{id}": {"parameters": [ID], "get": {"responses": answers(reference("User"))}},
    }
    return MockEngine(load_spec(document(paths, components={"schemas": {"User": USER}})), optional=optional)


def ask(mock: MockEngine, text: str = "", path: str = "/users") -> Any:
    return json.loads(mock.handle(Request("GET", path, text)).body)


SIZES = {
    "limit": ("limit", "limit=3", 3),
    "per_page": ("per_page", "per_page=7", 7),
    "pageSize": ("pageSize", "pageSize=1", 1),
    "page[size]": ("page[size]", "page%5Bsize%5D=4", 4),
    "$top": ("$top", "$top=2", 2),
    "$top beside $count": ("$top", "$count=true&$top=2", 2),
    "nothing": ("limit", "limit=0", 0),
}


@pytest.mark.parametrize(("name", "text", "length"), SIZES.values(), ids=SIZES)
def test_a_list_is_as_long_as_was_asked_for(name: str, text: str, length: int) -> None:
    """By the names that the parameter usually has."""
    parameters = [{"name": "$count", "in": "query", "schema": {"type": "boolean"}}, *query(name)]
    assert len(ask(engine(USERS, parameters), text)) == length


PAGED = listing(items=USERS, total=COUNT, page=COUNT, per_page=COUNT, has_more=TRUTH)
WAYS = {
    "pages": (query("page", "per_page"), "page={page}&per_page=4", 1),
    "pages from zero": (query("page", minimum=0) + query("size"), "page={page}&size=4", 0),
    "offsets": (query("offset", "limit"), "offset={offset}&limit=4", 0),
}


@pytest.mark.parametrize(("parameters", "template", "first"), WAYS.values(), ids=WAYS)
def test_the_pages_of_a_collection_fit_together(parameters: Any, template: str, first: int) -> None:
    """Every item once, as many as `total` says, and the last page has no more."""
    mock = engine(PAGED, parameters)
    seen: list[Any] = []
    for number in range(20):
        answer = ask(mock, template.format(page=number + first, offset=4 * number))
        seen += answer["items"]
        assert answer["has_more"] == (len(seen) < answer["total"])
        if not answer["has_more"]:
            break
    assert len(seen) == answer["total"] == len({user["id"] for user in seen})
    assert 10 < len(seen) < 50
    assert ask(mock, template.format(page=number + first + 1, offset=4 * number + 4))["items"] == []
    for user in seen[::5]:
        assert ask(mock, "", f"/users/{user['id']}") == user


def test_the_last_of_many_items_is_as_full_as_the_first() -> None:
    """A long page is no leaner than a short one."""
    wide = {"type": "object", "properties": {f"p{number}": {"type": "integer"} for number in range(40)}}
    mock = engine({"type": "array", "items": wide}, query("limit"), optional="always")
    assert {len(item) for item in ask(mock, "limit=100")} == {40}


BESIDE = {
    "at its side": (listing(data=USERS, total=COUNT, totalPages=COUNT), lambda value: (value, value["data"])),
    "in an object": (
        listing(users=USERS, meta=listing(total_count=COUNT, total_pages=COUNT)),
        lambda value: (
            {"total": value["meta"]["total_count"], "totalPages": value["meta"]["total_pages"]}, value["users"],
        ),
    ),
    "in an envelope": (
        listing(data=listing(items=USERS, total=COUNT, totalPages=COUNT)),
        lambda value: (value["data"], value["data"]["items"]),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("schema", "read"), BESIDE.values(), ids=BESIDE)
def test_totals_agree_with_the_list(schema: Any, read: Any) -> None:
    """Where no page can be asked for, all is shown."""
    told, items = read(ask(engine(schema, [])))
    assert told["total"] == len(items)
    assert told["totalPages"] == 1


NEXT = {
    "optional": ({"type": "string"}, lambda value: "next" not in value),
    "nullable": ({"type": ["string", "null"]}, lambda value: value["next"] is None),
}


@pytest.mark.parametrize(("schema", "is_ended"), NEXT.values(), ids=NEXT)
def test_nothing_leads_on_from_the_last_page(schema: Any, is_ended: Any) -> None:
    """And something does from the others."""
    page = {**listing(items=USERS), "properties": {"items": USERS, "next": schema}}
    mock = engine(page, query("limit"), optional="always")
    assert is_ended(ask(mock, "limit=60"))
    assert ask(mock, "limit=3&x=1")["next"]


def test_what_is_no_page_is_left_alone() -> None:
    """The total of an order is an amount, and so is that of a cart."""
    for schema in (listing(id=COUNT, items=USERS, total=COUNT), listing(items=USERS, total={"type": "number"})):
        value = ask(engine(schema, []))
        assert value["total"] != len(value["items"])
