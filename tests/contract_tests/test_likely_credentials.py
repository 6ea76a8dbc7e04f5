"""A key where nobody named it for: in the header of a token, and under the name of its header in lower case."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from contract_tests.settings import parse_settings
from contract_tests.target import IN_PROCESS_URL, ASGIAdapter
from tests.contract_tests.auditing import KEY_VARIABLE, audit
from tests.services.clone_faults import MORE
from tests.services.clone_variants import API_KEY, VM_ID, Variant, refuse_when
from tests.services.judging import Judge
from tests.services.twisting import Answered, Asked

ANY_SCHEME = MORE["A"]["any scheme"]


def no_token(asked: Asked) -> Answered | None:
    """Has tokens of its own, which a key is not, yet takes a key under any other scheme."""
    if asked.headers.get("authorization", "").startswith("Bearer "):
        return Answered.of(401, {"detail": "Not authenticated"}, www_authenticate="Bearer")
    return ANY_SCHEME.before(asked) if ANY_SCHEME.before else None


KEY_ASKED_FOR = Variant("", before=refuse_when(lambda asked: "x-api-key" not in asked.headers, "header", "X-API-Key"))
"""A token is not enough, although the key need not be given."""


@pytest.fixture(scope="module")
def judge() -> Judge:
    """Knows the key, and no token."""
    pins = (f"vm_id={VM_ID}",)
    environment = {"KEY": API_KEY}
    return Judge(parse_settings(base_url=IN_PROCESS_URL, api_key_env="KEY", pins=pins, environment=environment))


@pytest.mark.parametrize(
    ("variant", "told"),
    [
        (Variant("a key is a token"), ""),
        (ANY_SCHEME, "accepts the right credential under another scheme (OAuth2PasswordBearer)"),
        (MORE["A"]["token refused"], ""),
        (KEY_ASKED_FOR, "refuses the right credential in Authorization alone with 422"),
        (Variant("a key is no token", before=no_token), ""),
    ],
    ids=[
        "a key is a token",
        "under any scheme",
        "tokens of another kind",
        "a key must be given",
        "tokens of another kind, keys anywhere",
    ],
)
def test_a_key_is_tried_as_a_token_where_it_is_one(variant: Variant, told: str, judge: Judge) -> None:
    found = judge.judge(ASGIAdapter(variant.build(vm_ids=frozenset({VM_ID}))), until=lambda _: False)

    assert any(told in sentence for sentence in found.bugs) if told else found.bugs == ()


DOCUMENT: Any = {
    "openapi": "3.1.0",
    "info": {"title": "Clock", "version": "1"},
    "paths": {
        "/time": {
            "get": {
                "security": [{"key": []}],
                "responses": {
                    "200": {"description": "", "content": {"application/json": {"schema": {"type": "integer"}}}},
                    "401": {"description": ""},
                },
            }
        }
    },
    "components": {"securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "X-API-Key"}}},
}


class Clock(BaseHTTPRequestHandler):
    """Compares the names of header fields as they are on the wire, which no ASGI application sees.

    To any other method it says 501, as `http.server` does by itself.
    """

    protocol_version = "HTTP/1.1"
    minds_case = False

    def do_GET(self) -> None:
        name = "X-API-Key"
        shown = dict(self.headers.items()).get(name) if self.minds_case else self.headers.get(name)
        if self.path != "/time":
            self.answer(404)
        elif shown == API_KEY:
            self.answer(200)
        else:
            self.answer(401, ("WWW-Authenticate", 'ApiKey realm="clock"'))

    def answer(self, status: int, *headers: tuple[str, str]) -> None:
        body = b"1" if status == 200 else b""
        self.send_response(status)
        for name, value in (*headers, ("Content-Type", "application/json"), ("Content-Length", str(len(body)))):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        return None


@contextmanager
def served(handler: type[Clock]) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.parametrize("minds_case", [False, True], ids=["without case", "with case"])
def test_the_name_of_a_header_has_no_case(minds_case: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = tmp_path / "openapi.json"
    spec.write_text(json.dumps(DOCUMENT))
    monkeypatch.setenv(KEY_VARIABLE, API_KEY)

    with served(type("Served", (Clock,), {"minds_case": minds_case})) as url:
        run = audit(url, "--spec", str(spec), "--api-key-env", KEY_VARIABLE, "--max-examples", "5")

    assert run.code == minds_case, run.text
    assert ("the right credential in x-api-key (key) is accepted" in run.text) is minds_case
