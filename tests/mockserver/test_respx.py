"""httpx clients are answered without a socket, and what they should not have asked fails the test."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from mockserver.app import create_app
from mockserver.respx import UnknownOperation, mock_api
from tests.asgi import Client, Wire
from tests.mockserver.conftest import document

BASE = "https://api.example.com"
PATH = "/v1/vms/vmid-abc-15/clone"
KEY = {"X-API-Key": "instavm_sk_test"}

REQUESTS: dict[str, tuple[dict[str, Any], Wire]] = {
    "valid": ({"json": {}}, Wire(body=b"{}")),
    "invalid field": ({"json": {"snapshot_name": 5}}, Wire(body=b'{"snapshot_name":5}')),
    "invalid query": ({"json": {}, "params": {"wait": "maybe"}}, Wire(query=b"wait=maybe")),
    "broken JSON": ({"content": b"{", "headers": {"Content-Type": "application/json"}}, Wire(body=b"{")),
}


@pytest.mark.parametrize(("arguments", "wire"), REQUESTS.values(), ids=REQUESTS)
def test_both_kinds_of_client_get_the_answer_of_the_server(
    client: Client, arguments: dict[str, Any], wire: Wire
) -> None:
    """The same engine behind all doors: the same status and the same bytes."""
    arguments = {**arguments, "headers": {**KEY, **arguments.get("headers", {})}}
    expected = client(wire)

    with mock_api(base_url=BASE), httpx.Client(base_url=BASE) as sync:
        answer = sync.post(PATH, **arguments)
    assert (answer.status_code, answer.content) == (expected.status, expected.body)

    async def ask() -> httpx.Response:
        async with httpx.AsyncClient(base_url=BASE) as session:
            return await session.post(PATH, **arguments)

    with mock_api(base_url=BASE):
        answer = asyncio.run(ask())
    assert (answer.status_code, answer.content) == (expected.status, expected.body)


UNKNOWN = {
    "misspelled path": ("POST", "/v1/vm/x/clone"),
    "wrong method": ("GET", PATH),
    "another path": ("POST", "/v2/machines"),
}


@pytest.mark.parametrize(("method", "path"), UNKNOWN.values(), ids=UNKNOWN)
def test_an_unknown_operation_fails_the_test(method: str, path: str) -> None:
    """With the request and the nearest operation in the message."""
    with mock_api(base_url=BASE), pytest.raises(UnknownOperation) as caught:
        httpx.request(method, BASE + path)
    expected = f"{method} {path} is not an operation of InstaVM API; the nearest is POST /v1/vms/{{vm_id}}/clone"
    assert str(caught.value) == expected


def test_a_documented_404_is_an_answer() -> None:
    """Only what leads to no operation fails the test."""
    with mock_api(base_url=BASE):
        answer = httpx.post(f"{BASE}/v1/vms/vmid-missing-404/clone", json={}, headers=KEY)
    assert (answer.status_code, answer.json()) == (404, {"detail": "VM not found"})


def test_the_base_url_may_have_a_path() -> None:
    """The path of `base_url` is no part of the operation's path."""
    with mock_api(base_url=f"{BASE}/cloud"):
        assert httpx.post(f"{BASE}/cloud{PATH}", json={}, headers=KEY).status_code == 200


def test_calls_can_be_inspected() -> None:
    """The router is respx's own."""
    with mock_api(base_url=BASE) as router:
        httpx.post(BASE + PATH, json={}, headers=KEY)
        assert router.calls.last.request.url.path == PATH


def test_routes_of_ones_own_come_first() -> None:
    """What a test says of one call wins over the mock."""
    with mock_api(base_url=BASE) as router:
        router.post(PATH).respond(503)
        assert httpx.post(BASE + PATH, json={}, headers=KEY).status_code == 503
        assert httpx.post(f"{BASE}/v1/vms/other/clone", json={}, headers=KEY).status_code == 200


def test_any_document_will_do() -> None:
    """A dict is a document too."""
    schema = {"type": "array", "items": {"type": "integer"}, "minItems": 1}
    content = {"application/json": {"schema": schema}}
    spec = document({"/pets": {"get": {"responses": {"200": {"description": "", "content": content}}}}})
    with mock_api(spec, base_url=BASE):
        assert all(isinstance(item, int) for item in httpx.get(f"{BASE}/pets").json())


def test_accepted_keys_can_be_narrowed() -> None:
    """As on the server."""
    with mock_api(base_url=BASE, api_keys=["right"]):
        assert httpx.post(BASE + PATH, json={}, headers=KEY).status_code == 401
        assert httpx.post(BASE + PATH, json={}, headers={"X-API-Key": "right"}).status_code == 200


def test_the_application_and_the_router_agree_on_data() -> None:
    """Same seed, same bytes."""
    app = Client(create_app(seed=7))
    with mock_api(base_url=BASE, seed=7):
        answer = httpx.post(BASE + PATH, content=b"{}", headers={**KEY, "Content-Type": "application/json"})
    assert answer.content == app(Wire()).body
    app.close()
