"""What legal and merely common documents have beside the usual: paths, methods, tokens, mounts, lint."""

from __future__ import annotations

import base64
import json
import os
from pathlib import Path
from typing import Any

import httpx
import pytest

from mockserver import Headers, MockEngine, Reply, Request, load_spec
from mockserver.app import create_app
from mockserver.cli import main
from mockserver.lint import iter_findings
from mockserver.server import serve_in_thread
from tests.mockserver.conftest import document

OK = {"responses": {"200": {"description": "", "content": {"application/json": {"example": {"ok": True}}}}}}


def named(name: str, **more: Any) -> dict[str, Any]:
    """An operation that answers with its name."""
    return {"responses": {"200": {"description": "", "content": {"application/json": {"example": name}}}}, **more}


def ask(engine: MockEngine, method: str, path: str, query: str = "", body: Any = b"", **headers: str) -> Reply:
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return engine.handle(Request(method, path, query, Headers(raw), body))


# --- Paths and methods ------------------------------------------------------------------------------------------------

RPC = document({
    "/#X-Amz-Target=Shop.Buy": {"post": named("buy")},
    "/#X-Amz-Target=Shop.Sell": {"post": named("sell")},
    "/query?Action=Start": {"get": named("start")},
    "/query?Action=Stop": {"get": named("stop"), "post": named("stop by form")},
    "/query?Action=Go": {"post": named("go by form")},
    "/proxy/{rest+}": {"get": named("rest")},
    "/proxy/{one}/known": {"get": named("known")},
    "slashless": {"get": named("slashless")},
    "/files/{name}": {"get": named("any")},
    "/files/{name}.json": {"get": named("json")},
})  # fmt: skip
ROUTED: dict[str, tuple[tuple[Any, ...], dict[str, str], str]] = {
    "a header selects": (("POST", "/"), {"X_Amz_Target": "Shop.Sell"}, "sell"),
    "none selects the first": (("POST", "/"), {}, "buy"),
    "a query selects": (("GET", "/query", "Action=Stop&x=1"), {}, "stop"),
    "a form selects": (("POST", "/query", "", b"x=1&Action=Go"),
                       {"Content_Type": "application/x-www-form-urlencoded"}, "go by form"),
    "all that is left": (("GET", "/proxy/a/b/c"), {}, "rest"),
    "what is written out comes before all that is left": (("GET", "/proxy/a/known"), {}, "known"),
    "a path without a slash": (("GET", "/slashless"), {}, "slashless"),
    "a suffix, though documented later": (("GET", "/files/a.json"), {}, "json"),
}  # fmt: skip


@pytest.mark.parametrize(("request_", "headers", "name"), ROUTED.values(), ids=ROUTED)
def test_unusual_paths_lead_to_their_operations(request_: tuple[Any, ...], headers: dict[str, str], name: str) -> None:
    """RPC services whose documents put the action behind `?` or `#`, proxies, suffixes."""
    assert json.loads(ask(MockEngine(load_spec(RPC)), *request_, **headers).body) == name


def test_head_is_answered_as_get_is() -> None:
    """RFC 9110, section 9.3.2; and `Allow` says so."""
    engine = MockEngine(load_spec(document({"/a": {"get": OK, "put": OK}})))
    assert ask(engine, "HEAD", "/a").status == 200
    assert dict(ask(engine, "DELETE", "/a").headers)["allow"] == "GET, PUT, HEAD"


FASTAPI = {
    "ValidationError": {"type": "object"},
    "HTTPValidationError": {
        "properties": {"detail": {"type": "array", "items": {"$ref": "#/components/schemas/ValidationError"}}}
    },
}


def test_the_first_path_wins_in_documents_of_fastapi() -> None:
    """As in Starlette's router; a method that it has not is looked for in the later ones. HEAD is none of GET's."""
    paths = {"/users/{name}": {"get": named("name")}, "/users/me": {"get": named("me"), "put": named("put")},
             "/files/{file_path}": {"get": named("file")}}  # fmt: skip
    engine = MockEngine(load_spec(document(paths, components={"schemas": FASTAPI})))
    answers = [json.loads(ask(engine, *asked).body) for asked in
               (("GET", "/users/me"), ("PUT", "/users/me"), ("GET", "/files/a/b"))]  # fmt: skip
    assert answers == ["name", "put", "file"]
    assert ask(engine, "HEAD", "/users/me").status == 405


def test_methods_of_openapi_3_2() -> None:
    """QUERY and whatever else stands under `additionalOperations`."""
    paths = {"/a": {"query": OK, "additionalOperations": {"COPY": OK}}}
    engine = MockEngine(load_spec({**document(paths), "openapi": "3.2.0"}))
    assert [ask(engine, method, "/a").status for method in ("QUERY", "COPY", "GET")] == [200, 200, 405]


QUERYSTRING = {
    "in": "querystring", "name": "all", "required": True,
    "content": {"application/x-www-form-urlencoded": {"schema": {
        "type": "object", "required": ["q"],
        "properties": {"q": {"type": "integer"}, "tag": {"type": "array", "items": {"type": "string"}}}}}},
}  # fmt: skip


@pytest.mark.parametrize(("query", "status"), [("q=1&tag=a&tag=b", 200), ("q=x", 422), ("tag=a", 422), ("", 422)])
def test_the_whole_query_string_may_be_one_parameter(query: str, status: int) -> None:
    """OpenAPI 3.2, `in: querystring`."""
    engine = MockEngine(
        load_spec({**document({"/a": {"get": {**OK, "parameters": [QUERYSTRING]}}}), "openapi": "3.2.0"})
    )
    assert ask(engine, "GET", "/a", query).status == status


EXAMPLES = {
    "data": ({"dataValue": [1]}, b"[1]"),
    "serialized": ({"serializedValue": '{"a": 1}'}, b'{"a":1}'),
    "null": ({"value": None}, b"null"),
    "false": ({"value": False}, b"false"),
    "zero": ({"value": 0}, b"0"),
    "empty": ({"value": ""}, b'""'),
}


@pytest.mark.parametrize(("example", "body"), EXAMPLES.values(), ids=EXAMPLES)
def test_examples_of_every_form_answer(example: dict[str, Any], body: bytes) -> None:
    """Those of OpenAPI 3.2, and those that are false in Python."""
    content = {"application/json": {"examples": {"one": example}}}
    spec = load_spec(document({"/a": {"get": {"responses": {"200": {"description": "", "content": content}}}}}))
    assert ask(MockEngine(spec), "GET", "/a").body == body


def test_header_parameters_that_openapi_ignores_are_ignored() -> None:
    """OpenAPI 3.1, section 4.8.12.1: Accept, Content-Type and Authorization are described elsewhere."""
    parameters = [{"name": name, "in": "header", "required": True} for name in ("accept", "Authorization")]
    engine = MockEngine(load_spec(document({"/a": {"get": {**OK, "parameters": parameters}}})))
    assert ask(engine, "GET", "/a").status == 200


# --- Preferences in the query -----------------------------------------------------------------------------------------


def test_preferences_may_stand_in_the_query() -> None:
    """Prism's `__code`, where they are asked for."""
    responses = {**OK["responses"], "404": {"description": ""}}
    spec = load_spec(document({"/a": {"get": {"responses": responses}}}))
    assert ask(MockEngine(spec, query_preferences=True), "GET", "/a", "__code=404").status == 404
    assert ask(MockEngine(spec), "GET", "/a", "__code=404").status == 200


# --- Tokens -----------------------------------------------------------------------------------------------------------

OAUTH: dict[str, Any] = {
    **document({"/a": {"get": OK}}),
    "servers": [{"url": "https://example.com/v1"}],
    "security": [{"login": []}],
    "components": {
        "securitySchemes": {"login": {"type": "oauth2", "flows": {"password": {"tokenUrl": "token", "scopes": {}}}}}
    },
}
FORM = "application/x-www-form-urlencoded"


def test_a_token_is_given_and_accepted() -> None:
    """By every engine of the same seed, and by no other."""
    spec = load_spec(OAUTH)
    engine = MockEngine(spec, api_keys=["secret"])
    given = ask(engine, "POST", "/token", "", b"username=u&password=secret&scope=read", Content_Type=FORM)
    token = json.loads(given.body)["access_token"]
    assert json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "==")) == {"sub": "u", "scope": "read"}
    statuses = [
        ask(other, "GET", "/a", Authorization=f"Bearer {text}").status
        for other, text in ((engine, token), (MockEngine(spec, api_keys=["secret"]), token), (engine, f"{token}x"),
                            (MockEngine(spec, api_keys=["secret"], seed=1), token), (engine, "x.y.z"))
    ]  # fmt: skip
    assert statuses == [200, 200, 401, 401, 401]


TOKENS: dict[str, tuple[bytes, dict[str, str], tuple[int, str]]] = {
    "nothing": (b"", {}, (400, "invalid_request")),
    "another password": (b"username=u&password=x", {}, (400, "invalid_grant")),
    "client credentials": (b"grant_type=client_credentials&client_id=c&client_secret=secret", {}, (200, "")),
    "client credentials in the header": (
        b"grant_type=client_credentials", {"Authorization": "Basic YzpzZWNyZXQ="}, (200, "")),
    "a broken header": (b"grant_type=client_credentials", {"Authorization": "Basic !"}, (400, "invalid_request")),
}  # fmt: skip


@pytest.mark.parametrize(("body", "headers", "expected"), TOKENS.values(), ids=TOKENS)
def test_the_token_endpoint(body: bytes, headers: dict[str, str], expected: tuple[int, str]) -> None:
    """RFC 6749, section 5; with the base path of a server too."""
    engine = MockEngine(load_spec(OAUTH), api_keys=["secret"])
    answer = ask(engine, "POST", "/v1/token", "", body, Content_Type=FORM, **headers)
    assert (answer.status, json.loads(answer.body).get("error", "")) == expected


def test_a_scheme_that_cannot_be_checked_asks_for_nothing() -> None:
    """And lint says so."""
    schemes = {"tls": {"type": "mutualTLS"}}
    spec = load_spec(document({"/a": {"get": {**OK, "security": [{"tls": [], "gone": []}]}}},
                              components={"securitySchemes": schemes}))  # fmt: skip
    assert ask(MockEngine(spec), "GET", "/a").status == 200
    found = [finding.problem for finding in iter_findings(spec) if finding.pointer == "#/paths/~1a/get/security"]
    assert found == ["the security scheme 'tls' is not checked: it is mutualTLS",
                     "the security scheme 'gone' is not checked: it is not described"]  # fmt: skip


# --- Mounts -----------------------------------------------------------------------------------------------------------


def test_several_documents_on_one_port() -> None:
    """Each below its path, at a real socket; redirects and mistakes stay there."""
    billing, shop = document({"/bills": {"get": named("bills")}}), document({"/bills": {"get": named("shop")}})
    app = create_app(mounts={"/billing": billing, "/billing/shop": shop})
    with serve_in_thread(app) as url:
        assert httpx.get(f"{url}/billing/bills").json() == "bills"
        assert httpx.get(f"{url}/billing/shop/bills").json() == "shop"
        assert httpx.get(f"{url}/billing/bills/").headers["location"] == f"{url}/billing/bills"
        assert [httpx.get(f"{url}{path}").status_code for path in ("/bills", "/billing", "/billings/bills")] == [
            404
        ] * 3


def test_the_mock_may_be_mounted_in_another_application() -> None:
    """Below its path, as ASGI has it."""
    from starlette.applications import Starlette
    from starlette.routing import Mount

    outer = Starlette(routes=[Mount("/mock", create_app(document({"/a": {"get": named("a")}})))])
    with serve_in_thread(outer) as url:
        assert httpx.get(f"{url}/mock/a").json() == "a"


@pytest.mark.parametrize(
    ("option", "problem"),
    [
        ("billing=x.yaml", "'billing=x.yaml' is no mount such as /billing=billing.yaml"),
        ("/billing=", "'/billing=' is no mount such as /billing=billing.yaml"),
        ("/billing=missing.yaml", "missing.yaml: no such file. Check the path."),
    ],
)
def test_a_bad_mount_is_refused(
    option: str, problem: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit code 2 and one sentence."""
    monkeypatch.setattr(os, "environ", {**os.environ})  # the command leaves its options there for the workers
    assert main(["--mount", option, "--port", "0"]) == 2
    assert capsys.readouterr().err == f"mockserver: {problem}\n"


# --- Lint -------------------------------------------------------------------------------------------------------------

LINTED: dict[str, Any] = document(
    {
        "/a/{id}": {"get": {"operationId": "same", "responses": {}}},
        "/a/{name}": {"get": {"operationId": "same", **OK}},
        "/b#x=1": {"post": {**OK, "parameters": [
            {"name": "q", "in": "query", "style": "matrix", "schema": {"type": "integer"}, "example": "x"}]}},
        "/c": {"get": {"responses": {"200": {"description": "", "content": {"application/json": {
            "schema": {"type": "integer"},
            "examples": {"bad": {"value": "x"}, "far": {"externalValue": "x.json"}}}}}}}},
        "/d": {"get": {"responses": {"200": {"$ref": "#/gone"}}}},
    }
)  # fmt: skip
FOUND = """\
error: #/paths/~1d/get/responses/200: the reference '#/gone' leads nowhere. Check its spelling.
warning: #/paths/~1c/get/responses/200/content/application~1json/examples/far: externalValue is not fetched, so this
 example is unused
warning: #/paths/~1a~1{id}/get: the path parameter {id} is not described; any text is accepted. Add it to `parameters`.
warning: #/paths/~1a~1{name}/get: the path parameter {name} is not described; any text is accepted. Add it to
 `parameters`.
warning: #/paths/~1a~1{name}/get: only the values of its parameters tell it from /a/{id}, which answers if both would
 do. Keep one of them.
warning: #/paths/~1b#x=1: a path has no query and no fragment; what stands there selects among operations of one path
warning: #/paths/~1a~1{id}/get/operationId: the operationId 'same' is there 2 times. Make each unique.
warning: #/paths/~1a~1{name}/get/operationId: the operationId 'same' is there 2 times. Make each unique.
warning: #/paths/~1a~1{id}/get/responses: no response is documented. Document at least one.
warning: #/paths/~1b#x=1/post/parameters/0: the style 'matrix' is none of a query parameter. Those are deepObject, form,
 pipeDelimited, spaceDelimited.
warning: #/paths/~1b#x=1/post/parameters/0: the example 'example' breaks its schema: "x" is not of type "integer". It is
 not sent; correct it.
warning: #/paths/~1c/get/responses/200/content/application~1json/examples/bad: the example 'bad' breaks its schema: "x"
 is not of type "integer". It is not sent; correct it.
warning: #/paths/~1d/get/responses: no response is documented. Document at least one.
""".replace("\n ", " ")


def test_lint_lists_what_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With pointer, severity and remedy; 1 for errors."""
    file = tmp_path / "api.json"
    file.write_text(json.dumps(LINTED))
    assert main(["lint", str(file)]) == 1
    assert capsys.readouterr().out == f"{FOUND}{file}: 5 operations, 1 errors, 12 warnings\n"


def test_lint_is_content_with_the_vendored_contract(capsys: pytest.CaptureFixture[str]) -> None:
    """0."""
    contract = Path(__file__).resolve().parents[2] / "openapi.json"
    assert main(["lint", str(contract)]) == 0
    assert capsys.readouterr().out == f"{contract}: 1 operations, 0 errors, 0 warnings\n"


def test_lint_of_what_is_no_document(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """2."""
    assert main(["lint", str(tmp_path / "none.json")]) == 2
    assert "no such file" in capsys.readouterr().err


KEYWORDS: dict[str, tuple[dict[str, Any], str]] = {
    "misspelt": ({"type": "string", "maxlength": 3}, "'maxlength' is no keyword and has no effect; 'maxLength' may be"),
    "of another version": ({"type": "string", "nullable": True}, "`nullable` has no effect since OpenAPI 3.1"),
    "of an older JSON Schema": ({"dependencies": {"a": ["b"]}}, "`dependencies` has no effect in JSON Schema 2020-12"),
    "illegal": ({"type": "String"}, "is not legal in JSON Schema ('String'); it is ignored"),
    "a regular expression of another language": ({"pattern": "[a"}, "cannot be used as a regular expression"),
}


@pytest.mark.parametrize(("schema", "problem"), KEYWORDS.values(), ids=KEYWORDS)
def test_lint_names_keywords_without_effect(schema: dict[str, Any], problem: str) -> None:
    """Where they stand, and what may be meant; the rest of the schema counts."""
    responses = {"200": {"description": "", "content": {"application/json": {"schema": schema}}}}
    found = list(iter_findings(load_spec(document({"/a": {"get": {"responses": responses}}}))))
    pointer = "#/paths/~1a/get/responses/200/content/application~1json/schema"
    assert [(finding.severity, finding.pointer.rpartition("/")[0]) for finding in found] == [("warning", pointer)]
    assert problem in found[0].problem


def test_keywords_of_the_author_are_left_alone() -> None:
    schema = {"type": "string", "x-internal": 1, "kind": "name", "example": "a", "xml": {"name": "b"}}
    responses = {"200": {"description": "", "content": {"application/json": {"schema": schema}}}}
    assert list(iter_findings(load_spec(document({"/a": {"get": {"responses": responses}}})))) == []


@pytest.mark.parametrize(
    ("asked", "granted"), [("read write", 200), ("read", 403), ("", 200)], ids=["all", "too few", "none in particular"]
)
def test_a_token_has_the_scopes_that_it_was_asked_for_with(asked: str, granted: int) -> None:
    """RFC 6750, section 3.1; one that was asked for without scopes has them all."""
    flows = {"password": {"tokenUrl": "/token", "scopes": {"read": "", "write": ""}}}
    content = document(
        {"/a": {"get": {**OK, "security": [{"oauth": ["read", "write"]}]}}},
        components={"securitySchemes": {"oauth": {"type": "oauth2", "flows": flows}}},
    )
    engine = MockEngine(load_spec(content))
    form = f"username=me&password=secret&scope={asked}".encode()
    token = json.loads(ask(engine, "POST", "/token", "", form).body)["access_token"]
    answer = ask(engine, "GET", "/a", authorization=f"Bearer {token}")
    assert answer.status == granted
    if granted == 403:
        challenge = 'Bearer error="insufficient_scope", scope="read write"'
        assert dict(answer.headers)["www-authenticate"] == challenge
