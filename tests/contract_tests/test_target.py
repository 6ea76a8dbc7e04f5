"""The gate to the service: silence, hang-ups, cookies, and what may not be sent."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from contract_tests.checks import call_of
from contract_tests.contract import Contract, Way
from contract_tests.drafts import Draft
from contract_tests.exchanges import Call
from contract_tests.safety import BudgetSpent
from contract_tests.settings import Settings
from contract_tests.target import NoAnswer, Target, Unsendable
from mockserver import default_spec_path, load_spec
from tests.services.serving import serve_asgi

CONTRACT = Contract(load_spec(default_spec_path(), overlays=()))


@contextmanager
def raw_server(answer: bytes | None) -> Iterator[str]:
    """A server that answers every connection with these bytes and hangs up; with None it says nothing."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(8)
        opened: list[socket.socket] = []

        def serve() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                opened.append(connection)
                connection.recv(65536)
                if answer is not None:
                    connection.sendall(answer)
                    connection.close()

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)
        for connection in opened:
            connection.close()


def target_at(url: str, **options: Any) -> Target:
    return Target(Settings(base_url=url, **{"timeout": 0.3, **options}), CONTRACT)


def test_silence_is_the_networks() -> None:
    with raw_server(None) as url, pytest.raises(NoAnswer, match=r"no answer within 0\.3 seconds") as caught:
        target_at(url).send(Call("GET", url))
    assert not caught.value.closed


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf",
        CHUNKED + b"9\r\nhalf",
        CHUNKED + b"4\r\nhalf\r\n",
    ],
    ids=["nothing", "half", "half a chunk", "no last chunk"],
)
def test_a_hang_up_is_the_services(answer: bytes) -> None:
    with raw_server(answer) as url, pytest.raises(NoAnswer) as caught:
        target_at(url).send(Call("GET", url))
    assert caught.value.closed


def test_what_is_not_http_is_no_answer() -> None:
    with raw_server(b"SSH-2.0-OpenSSH_9.6\r\n") as url, pytest.raises(NoAnswer):
        target_at(url).send(Call("GET", url))


def test_an_answer_of_two_lengths_is_the_services() -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}"
    with raw_server(answer) as url, pytest.raises(NoAnswer, match="header of the answer") as caught:
        target_at(url).send(Call("GET", url))
    assert caught.value.malformed


def test_a_body_that_cannot_be_decoded_is_no_answer() -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nabcd"
    with raw_server(answer) as url, pytest.raises(NoAnswer, match="cannot be decoded"):
        target_at(url).send(Call("GET", url))


@pytest.mark.parametrize("headers", [(("X-A", "a\nb"),), (("X-A", "北京"),)], ids=repr)
def test_what_no_client_can_send_is_not_sent(headers: tuple[tuple[str, str], ...]) -> None:
    target = target_at("http://127.0.0.1:1")
    with pytest.raises(Unsendable):
        target.send(Call("GET", "http://127.0.0.1:1/", headers))


def test_the_budget_counts_every_request() -> None:
    with raw_server(b"HTTP/1.1 204 No Content\r\n\r\n") as url:
        target = target_at(url, max_requests=1)
        assert target.send(Call("GET", url)).status_code == 204
        with pytest.raises(BudgetSpent):
            target.send(Call("GET", url))
    assert target.sent == 1


@pytest.mark.parametrize(
    ("way", "expected"),
    [
        (Way("k", "header", "X-Key"), {"x-key": "secret"}),
        (Way("k", "query", "key"), {"query": "a=1&key=secret"}),
        (Way("k", "cookie", "session"), {"cookie": "b=2; session=secret"}),
        (Way("k", "header", "Authorization", "Bearer "), {"authorization": "Bearer secret"}),
    ],
    ids=lambda value: value.location if isinstance(value, Way) else "",
)
def test_credentials_go_where_the_contract_says(way: Way, expected: dict[str, str]) -> None:
    seen: dict[str, str] = {}

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.update({name.decode(): value.decode() for name, value in scope["headers"]})
        seen["query"] = scope["query_string"].decode()
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})

    with serve_asgi(app) as url:
        call = Call("GET", f"{url}/?a=1", (("Cookie", "b=2"),))
        target_at(url, timeout=5).send(call, {way: f"{way.prefix}secret"})

    assert expected.items() <= seen.items()


@pytest.mark.parametrize("value", ["", "text/html", None])
def test_an_empty_accept_is_none(value: str | None) -> None:
    headers = () if value is None else (("Accept", value),)
    prepared = target_at("http://127.0.0.1:1").prepare(Call("GET", "http://127.0.0.1:1/", headers))

    assert prepared.headers.get("Accept", "") == ("*/*" if value is None else value)
    assert call_of(prepared).header("Accept") == ("*/*" if value is None else value)


def test_a_space_in_a_query_is_no_plus() -> None:
    """Not everyone reads `+` as a space outside of forms: OpenAPI refers to RFC 3986, which knows no such rule."""
    draft = Draft("GET", "/a", {}).with_parameter("query", "q", "a b+c&d/e")

    assert draft.call("").url == "/a?q=a%20b%2Bc%26d%2Fe"
