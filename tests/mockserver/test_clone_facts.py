"""What is known of the clone API, row by row, on the mock."""

from __future__ import annotations

import re
import uuid
from dataclasses import replace
from typing import Any

import pytest

from mockserver.app import create_app
from tests.asgi import JSON_BODY, Client, Wire

KEY = (b"x-api-key", b"instavm_sk_test")
MISSING = b'{"detail":[{"type":"missing","loc":["body"],"msg":"Field required","input":null}]}'
UNPARSABLE = b'{"detail":"There was an error parsing the body"}'
JSON_INVALID = (
    b'{"detail":[{"type":"json_invalid","loc":["body",1],"msg":"JSON decode error","input":{},'
    b'"ctx":{"error":"Expecting property name enclosed in double quotes"}}]}'
)
NOT_FOUND = b'{"detail":"Not Found"}'


def bool_parsing(value: str) -> dict[str, Any]:
    message = "Input should be a valid boolean, unable to interpret input"
    return {"type": "bool_parsing", "loc": ["query", "wait"], "msg": message, "input": value}


def not_an_object(value: Any) -> dict[str, Any]:
    message = "Input should be a valid dictionary or object to extract fields from"
    return {"type": "model_attributes_type", "loc": ["body"], "msg": message, "input": value}


NOT_A_STRING = {
    "type": "string_type", "loc": ["body", "snapshot_name"], "msg": "Input should be a valid string", "input": 5,
}  # fmt: skip

BYTES = {
    "no body": (Wire(body=b""), 422, MISSING),
    "null body": (Wire(body=b"null"), 422, MISSING),
    "undecodable bytes": (Wire(body=b'{"snapshot_name":"\xff"}'), 400, UNPARSABLE),
    "GET": (Wire("GET"), 405, b'{"detail":"Method Not Allowed"}'),
    "unknown path": (Wire(path=b"/v1/vms"), 404, NOT_FOUND),
    "empty vm_id": (Wire(path=b"/v1/vms//clone"), 404, NOT_FOUND),
    "encoded slash in vm_id": (Wire(path=b"/v1/vms/a%2Fb/clone"), 404, NOT_FOUND),
    "no credentials": (Wire(headers=(JSON_BODY,)), 401, b'{"detail":"Not authenticated"}'),
    "two slashes in front": (Wire(path=b"//v1/vms/a/clone"), 404, NOT_FOUND),
    "trailing slash": (Wire(path=b"/v1/vms/a/clone/", query=b"wait=true"), 307, b""),
    "invalid JSON before credentials": (
        Wire(headers=(JSON_BODY,), body=b"{"), 422, JSON_INVALID,
    ),
    "credentials before a wrong type": (
        Wire(headers=(JSON_BODY,), query=b"wait=maybe"), 401, b'{"detail":"Not authenticated"}',
    ),
}  # fmt: skip


@pytest.mark.parametrize(("wire", "status", "body"), BYTES.values(), ids=BYTES)
def test_refusals_have_these_bytes(client: Client, wire: Wire, status: int, body: bytes) -> None:
    """Status and body, to the byte."""
    answer = client(wire)
    assert (answer.status, answer.body) == (status, body)


def test_a_clone_of_a_clone_is_another_machine(client: Client) -> None:
    """Whatever the id of the source looks like."""
    source = client(Wire()).json["vm_id"]
    ids = [client(Wire(path=f"/v1/vms/{source}/clone".encode())).json["vm_id"] for _ in range(20)]
    assert source not in ids


HEADERS = {
    "401 challenges": (Wire(headers=(JSON_BODY,)), "www-authenticate", "Bearer"),
    "405 lists the methods": (Wire("DELETE"), "allow", "POST"),
    "307 leads to the path without the slash": (
        Wire(path=b"/v1/vms/a/clone/", query=b"wait=true"), "location", "http://127.0.0.1:4010/v1/vms/a/clone?wait=true",
    ),
    "422 is JSON": (Wire(body=b"[]"), "content-type", "application/json"),
}  # fmt: skip


@pytest.mark.parametrize(("wire", "name", "value"), HEADERS.values(), ids=HEADERS)
def test_refusals_have_these_headers(client: Client, wire: Wire, name: str, value: str) -> None:
    """The header that the status calls for."""
    assert client(wire).headers[name] == value


ITEMS = {
    "an array": (Wire(body=b"[]"), [not_an_object([])]),
    "a string": (Wire(body=b'"x"'), [not_an_object("x")]),
    "a number as the name": (Wire(body=b'{"snapshot_name":5}'), [NOT_A_STRING]),
    "wait=maybe": (Wire(query=b"wait=maybe"), [bool_parsing("maybe")]),
    "wait=none": (Wire(query=b"wait=none"), [bool_parsing("none")]),
    "wait=2": (Wire(query=b"wait=2"), [bool_parsing("2")]),
    "wait empty": (Wire(query=b"wait="), [bool_parsing("")]),
    "query before body": (
        Wire(query=b"wait=maybe", body=b'{"snapshot_name":5}'), [bool_parsing("maybe"), NOT_A_STRING],
    ),
    "the last wait wins": (Wire(query=b"wait=true&wait=x"), [bool_parsing("x")]),
    "NaN": (Wire(body=b'{"snapshot_name":NaN}'), [{**NOT_A_STRING, "input": None}]),
}  # fmt: skip


@pytest.mark.parametrize(("wire", "items"), ITEMS.values(), ids=ITEMS)
def test_422_lists_every_error(client: Client, wire: Wire, items: list[dict[str, Any]]) -> None:
    """One answer with all the items, in FastAPI's order."""
    answer = client(wire)
    assert (answer.status, answer.json) == (422, {"detail": items})


SPELLINGS = [word for pair in ("true/false", "1/0", "yes/no", "on/off", "t/f", "y/n") for word in pair.split("/")]


@pytest.mark.parametrize("text", [*SPELLINGS, *(word.upper() for word in SPELLINGS), "Yes", "oFF"])
def test_wait_is_spelled_in_many_ways(client: Client, text: str) -> None:
    """Every spelling of a boolean that pydantic takes, in any case."""
    awaited = text.lower() in ("true", "1", "yes", "on", "t", "y")
    assert client(Wire(query=f"wait={text}".encode())).json["status"] == ("active" if awaited else "provisioning")


ACCEPTED = {
    "null name": Wire(body=b'{"snapshot_name":null}'),
    "empty name": Wire(body=b'{"snapshot_name":""}'),
    "unknown keys": Wire(body=b'{"color":"red"}'),
    "bearer token": Wire(headers=(JSON_BODY, (b"authorization", b"Bearer token"))),
    "no Content-Type": Wire(headers=(KEY,)),
    "wait twice": Wire(query=b"wait=x&wait=true"),
    "vm_id that is encoded": Wire(path=b"/v1/vms/a%20%C3%A9/clone"),
}


@pytest.mark.parametrize("wire", ACCEPTED.values(), ids=ACCEPTED)
def test_these_requests_are_accepted(client: Client, wire: Wire) -> None:
    """200 with all five fields, in the documented order."""
    answer = client(wire)
    assert answer.status == 200
    assert list(answer.json) == ["vm_id", "session_id", "status", "snapshot_id", "snapshot_deleted"]


ANSWERS = {
    "wait": (Wire(query=b"wait=true"), {"status": "active", "snapshot_deleted": True}),
    "wait omitted": (Wire(), {"status": "active", "snapshot_deleted": True}),
    "no wait": (Wire(query=b"wait=false"), {"status": "provisioning", "vm_id": None}),
    "named": (Wire(body=b'{"snapshot_name":"nightly"}'), {"snapshot_deleted": False}),
    "null name": (Wire(body=b'{"snapshot_name":null}'), {"snapshot_deleted": True}),
    "named, no wait": (
        Wire(query=b"wait=0", body=b'{"snapshot_name":"n"}'),
        {"status": "provisioning", "vm_id": None, "snapshot_deleted": False},
    ),
}


@pytest.mark.parametrize(("wire", "fields"), ANSWERS.values(), ids=ANSWERS)
def test_the_answer_follows_from_the_question(client: Client, wire: Wire, fields: dict[str, Any]) -> None:
    """The state of the clone and the fate of its snapshot."""
    content = client(wire).json
    assert {name: content[name] for name in fields} == fields
    if content["status"] == "active":
        assert re.fullmatch(r"vmid-[a-z]+-[0-9]+", content["vm_id"])
    assert uuid.UUID(content["session_id"]).version == 4
    assert content["snapshot_id"]


def test_every_call_makes_another_clone(client: Client) -> None:
    """There is no idempotency key: the same call twice makes two clones, each with a session of its own."""
    assert len({client(Wire()).json["session_id"] for _ in range(50)}) == 50


def test_same_seed_and_same_requests_give_the_same_bytes() -> None:
    """Across engines; another seed gives other data."""
    wires = [Wire(), Wire(), Wire(query=b"wait=false"), Wire(path=b"/v1/vms/other/clone")]

    def run(seed: int, order: list[Wire]) -> list[bytes]:
        client = Client(create_app(seed=seed))
        bodies = [client(wire).body for wire in order]
        client.close()
        return bodies

    assert run(0, wires) == run(0, wires)
    assert sorted(run(0, wires)) == sorted(run(0, wires[::-1]))
    assert set(run(0, wires)).isdisjoint(run(1, wires))


FAILURES = {
    b"vmid-forbidden-403": (403, "application/json", b'{"detail":"Cloning is not available on this plan"}'),
    b"vmid-missing-404": (404, "application/json", b'{"detail":"VM not found"}'),
    b"vmid-quota-429": (429, "application/json", b'{"detail":"Quota exceeded"}'),
    b"vmid-slow-504": (504, "text/html", None),
}


@pytest.mark.parametrize(("vm_id", "expected"), FAILURES.items(), ids=str)
def test_some_machines_cannot_be_cloned(client: Client, vm_id: bytes, expected: tuple[int, str, bytes | None]) -> None:
    """An id of the source VM chooses the failure, so that a client that cannot send headers meets each of them."""
    answer = client(Wire(path=b"/v1/vms/" + vm_id + b"/clone"))
    assert (answer.status, answer.headers["content-type"]) == expected[:2]
    if expected[2] is not None:
        assert answer.body == expected[2]


CREDENTIALS = {
    "accepted key": ((b"x-api-key", b"one"), 200),
    "other accepted key": ((b"x-api-key", b"two"), 200),
    "accepted token": ((b"authorization", b"bearer one"), 200),
    "another key": ((b"x-api-key", b"three"), 401),
    "part of a key": ((b"x-api-key", b"on"), 401),
    "another token": ((b"authorization", b"Bearer three"), 401),
    "another scheme": ((b"authorization", b"Basic one"), 401),
    "no scheme": ((b"authorization", b"one"), 401),
    "empty": ((b"x-api-key", b""), 401),
}


@pytest.mark.parametrize(("header", "status"), CREDENTIALS.values(), ids=CREDENTIALS)
def test_accepted_credentials_can_be_narrowed(header: tuple[bytes, bytes], status: int) -> None:
    """Only the named ones, as key or as token."""
    client = Client(create_app(api_keys=["one", "two"]))
    assert client(Wire(headers=(JSON_BODY, header))).status == status
    client.close()


def test_credentials_can_be_switched_off() -> None:
    """With `auth=False` nobody is asked."""
    client = Client(create_app(auth=False))
    assert client(Wire(headers=(JSON_BODY,))).status == 200
    client.close()


NEWER = {
    "null body": (Wire(body=b"null"), [not_an_object(None)]),
    "no Content-Type": (Wire(headers=(KEY,)), [not_an_object("{}")]),
    "no body": (Wire(body=b""), [{"type": "missing", "loc": ["body"], "msg": "Field required", "input": None}]),
}


@pytest.mark.parametrize(("wire", "items"), NEWER.values(), ids=NEWER)
def test_newer_fastapi_reads_bodies_otherwise(wire: Wire, items: list[dict[str, Any]]) -> None:
    """Since 0.132 a body needs a JSON Content-Type, and since 0.155 or a little before `null` is a body."""
    client = Client(create_app(fastapi_version=(0, 155)))
    answer = client(wire)
    client.close()
    assert (answer.status, answer.json) == (422, {"detail": items})


PREFERENCES = {
    "a documented status": (b"code=404", 404, {"detail": "VM not found"}),
    "in quotes": (b'code="429"', 429, {"detail": "Quota exceeded"}),
    "an undocumented status": (
        b"code=418", 400,
        {"detail": "Prefer: code=418 is not among the documented responses: 200, 422, 403, 404, 429, 504"},
    ),
    "an unknown example": (
        b"code=404, example=x", 400, {"detail": "Prefer: example=x is not among the documented examples: example"},
    ),
}  # fmt: skip


@pytest.mark.parametrize(("prefer", "status", "content"), PREFERENCES.values(), ids=PREFERENCES)
def test_prefer_chooses_the_answer(client: Client, prefer: bytes, status: int, content: Any) -> None:
    """`Prefer: code=`; what cannot be had is said, with the choices."""
    wire = Wire()
    answer = client(replace(wire, headers=(*wire.headers, (b"prefer", prefer))))
    assert (answer.status, answer.json) == (status, content)


def test_a_forced_422_is_valid_whatever_was_sent(client: Client) -> None:
    """The generated example of an error has the documented shape."""
    wire = Wire()
    answer = client(replace(wire, headers=(*wire.headers, (b"prefer", b"code=422"))))
    assert answer.status == 422
    assert set(answer.json["detail"][0]) == {"loc", "msg", "type"}
