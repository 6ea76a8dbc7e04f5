"""The mock and a real FastAPI service get the same requests and must not be told apart."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import fastapi
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from mockserver.app import create_app, parse_version
from tests.asgi import JSON_BODY, Client, Wire
from tests.services.fastapi_clone import build_app

VERSION = parse_version(fastapi.__version__)
KEY = (b"x-api-key", b"instavm_sk_test")
REQUESTS = 3000


@pytest.fixture(scope="module")
def clients() -> Iterator[tuple[Client, Client]]:
    mock, real = Client(create_app(fastapi_version=VERSION)), Client(build_app())
    yield mock, real
    mock.close()
    real.close()


# --- What is sent -----------------------------------------------------------------------------------------------------

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just("\ud800"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text() | st.just("_sa"), inner, max_size=3),
    max_leaves=6,
)
documents = st.one_of(
    st.fixed_dictionaries({}, optional={"snapshot_name": json_values, "other": json_values}),
    json_values,
)
texts = documents.map(json.dumps)
damaged = st.builds(
    lambda text, cut, junk: text[:cut] + junk + text[cut:], texts, st.integers(0, 20), st.text(max_size=3)
)
bodies = st.one_of(
    texts.map(str.encode),
    documents.map(lambda value: json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")),
    damaged.map(lambda text: text.encode("utf-8", "surrogatepass")),
    texts.flatmap(lambda text: st.sampled_from(["utf-16", "utf-16-le", "utf-32", "utf-8-sig"]).map(text.encode)),
    st.binary(max_size=20),
    st.sampled_from([
        b"", b"null", b"{", b"[]", b'"x"', b"{}", b"{}{}", b" {} ", b"\xff", b"NaN", b"-Infinity", b"1e400",
        b'{"snapshot_name":5}', b'{"snapshot_name":NaN}', b'{"snapshot_name":1,"snapshot_name":"b"}',
        b'{"snapshot_name":"\\ud800"}', b'{"snapshot_name":"\\u0000"}', b"9" * 5000, b"\x00", b"[" * 100_000,
        b'{"snapshot_name":' + b"9" * 4301 + b"}",
    ]),
)  # fmt: skip
media_types = st.sampled_from([
    "application/json", "Application/JSON", "application/json; charset=utf-8", "application/json;charset=latin-1",
    "application/problem+json", "application/vnd.api+json", "application/jsonx", "text/json", "text/plain", "json", "",
    "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "*/*", ";", "application/json, text/plain",
    " application/json ", "application/", "application/json\xa0",
])  # fmt: skip
booleans = st.sampled_from([
    "true", "false", "1", "0", "yes", "no", "on", "off", "t", "f", "y", "n", "TRUE", "Yes", "oN", "", " true", "true ",
    "2", "-1", "1.0", "maybe", "none", "null", "%00", "%FF", "t%72ue", "%20", "+", "tru%C3%A9", "[]", "%", "%zz",
])  # fmt: skip
pairs = st.one_of(
    booleans.map(lambda value: f"wait={value}"),
    st.sampled_from(
        ["wait", "Wait=maybe", "wait[]=maybe", "wait;x=1", "=1", "&", "other=1", "%77ait=maybe", "wait=a=b"]
    ),
    st.text("abw=&;+%[]", max_size=6),
)
queries = st.lists(pairs, max_size=3).map("&".join).map(str.encode)
segments = st.one_of(
    st.just(b"vmid-abc-15"),
    st.text("ab-%2F0A./ ~é", min_size=0, max_size=5).map(
        lambda text: text.replace("%", "%25").encode("ascii", "ignore")
    ),
    st.sampled_from(
        [b"%2F", b"a%2Fb", b"%20", b"%0A", b"%00", b"..", b".", b"%C3%A9", b"%FF", b"%", b"a;b", b"a?b", b""]
    ),
)
paths = st.one_of(
    segments.map(lambda segment: b"/v1/vms/" + segment + b"/clone"),
    st.sampled_from([
        b"/v1/vms/x/clone/", b"/v1/vms/x/clone//", b"/v1/vms/x/clone%0A", b"/v1/vms/x/clone%0A/", b"/v1/vms//clone",
        b"/v1/vms/clone", b"//v1/vms/x/clone", b"/", b"", b"/V1/vms/x/clone", b"/v1/vms/x/clone/y",
        b"/v1/vms/x%2Fclone", b"/v1/vms/x/clone%2F", b"/v1/vms/x/%63lone", b"/v1/vms/x/clone%20", b"/v1/vms/x",
    ]),
)  # fmt: skip
values = st.text(st.characters(min_codepoint=0x21, max_codepoint=0xFF), max_size=5).map(
    lambda text: text.encode("latin-1")
)
credentials = st.lists(
    st.one_of(
        st.just(KEY),
        values.map(lambda value: (b"x-api-key", value)),
        st.sampled_from([b"", b"Bearer t", b"bearer t", b"BEARER t", b"Bearer", b"Bearer ", b"Bearer  t", b"Basic t",
                         b"t", b"Bearer\tt", b"Token t", b"Bearer t t"]).map(lambda value: (b"authorization", value)),
    ),
    max_size=3,
)  # fmt: skip
others = st.lists(
    st.one_of(
        st.sampled_from([
            (b"accept", b"text/html"), (b"accept", b"application/xml;q=1"), (b"cookie", b"wait=maybe; x-api-key=k"),
            (b"wait", b"maybe"), (b"x-http-method-override", b"GET"), (b"content-encoding", b"gzip"),
            (b"x_api_key", b"k"), (b"transfer-encoding", b"chunked"), (b"expect", b"100-continue"),
        ]),
        st.tuples(st.sampled_from([b"x-other", b"range", b"if-match"]), values),
    ),
    max_size=2,
)  # fmt: skip


@st.composite
def wires(draw: st.DrawFn) -> Wire:
    """Mostly a valid request with one or several parts replaced."""
    wire = Wire()
    parts = draw(st.sets(st.sampled_from(["body", "type", "query", "path", "credentials", "others"]), max_size=4))
    headers: list[tuple[bytes, bytes]] = [JSON_BODY]
    if "type" in parts:
        drawn = draw(st.none() | media_types)
        headers = [] if drawn is None else [(b"content-type", drawn.encode("latin-1"))]
    headers += draw(credentials) if "credentials" in parts else [KEY]
    headers += draw(others) if "others" in parts else []
    wire = replace(wire, headers=tuple(headers))
    if "body" in parts:
        wire = replace(wire, body=draw(bodies))
    if "query" in parts:
        wire = replace(wire, query=draw(queries))
    if "path" in parts:
        wire = replace(wire, path=draw(paths))
    if draw(st.integers(0, 9)) == 0:
        wire = replace(
            wire, method=draw(st.sampled_from(["GET", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "X"]))
        )
    return wire


# --- What must hold ---------------------------------------------------------------------------------------------------


@settings(max_examples=REQUESTS, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(wire=wires())
@example(wire=Wire(body=b'{"snapshot_name":NaN}'))
@example(wire=Wire(body=b"\xff"))
@example(wire=Wire(body=b'[{"_sa_x":1,"b":["_sa"]}]'))
@example(wire=Wire(path=b"/v1/vms/x/clone%0A"))
def test_the_mock_answers_as_fastapi_does(clients: tuple[Client, Client], wire: Wire) -> None:
    """Same status, same JSON on every 4xx, same Allow, Location and WWW-Authenticate."""
    mock, real = (client(wire) for client in clients)
    if real.status == 500:  # FastAPI cannot send the error back: NaN, lone surrogates, undecodable bytes
        assert mock.status == 422, (mock, real.error)
        assert_is_validation_error(mock.json)
        return
    assert (mock.status, mock.error) == (real.status, None)
    for header in ("allow", "location", "www-authenticate", "content-type"):
        assert mock.headers.get(header) == real.headers.get(header), header
    if 400 <= real.status < 500 and wire.method != "HEAD":  # whose body the server drops
        assert mock.body == real.body
    elif real.status == 200:
        assert list(mock.json) == list(real.json)


def assert_is_validation_error(content: Any) -> None:
    assert content["detail"]
    for item in content["detail"]:
        assert {"type", "loc", "msg", "input"} <= set(item)
