"""What a document says in words only: each sentence is held; a service that heeds all of them is told of nothing."""

from __future__ import annotations

import json
import re
import uuid
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import jsonschema_rs
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from contract_tests.settings import parse_settings
from contract_tests.target import ASGIAdapter
from tests.services.judging import Judge

KEY = "key-of-the-tests"
TITLE = {"type": "string", "minLength": 1, "maxLength": 40}
ALBUM: dict[str, Any] = {
    "type": "object",
    "required": ["title", "link"],
    "additionalProperties": False,
    "properties": {"title": TITLE, "link": {"type": "string", "maxLength": 60, "pattern": "^https://"}},
}
CLOSE = {"type": "object", "additionalProperties": False, "properties": {"note": TITLE}}
SHOWN = {**ALBUM, "required": ["id"], "properties": {"id": {"type": "string", "format": "uuid"}, **ALBUM["properties"]}}
EVENTS = {"type": "array", "items": {"type": "object", "required": ["subject"]}}
ACCOUNT = {
    "name": "X-Account",
    "in": "header",
    "required": True,
    "schema": {"type": "string", "pattern": "^[a-z]{2,8}$"},
}
ALBUM_ID = {
    "name": "album_id",
    "in": "path",
    "required": True,
    "description": "A text that is no UUID is answered 422.",
    "schema": {"type": "string", "format": "uuid"},
}
Q = {
    "name": "q",
    "in": "query",
    "description": "Those whose title contains this, whatever the case.",
    "schema": {"type": "string"},
}
SAYS = """Without a valid key every operation answers 401, whatever else may be wrong.
What belongs to another account is answered as if it did not exist. Member names must not repeat, and a lone
surrogate is refused with 422. In a query `+` stands for a space. Query parameters that are not listed are ignored;
a listed one may be given only once. A bearer token is the same secret as the key."""


def operation(
    says: str = "", *, sent: Any = None, shown: Any = None, status: str = "200", **more: Any
) -> dict[str, Any]:
    """An operation whose body and answer are JSON of a schema, or bytes of a media type."""

    def content(schema: Any) -> dict[str, Any]:
        return {schema: {}} if isinstance(schema, str) else {"application/json": {"schema": schema}}

    header = {"required": True, "description": "Another one for every request.", "schema": {"type": "string"}}
    answer = {"description": "", "headers": {"X-Request-Id": header}, **({"content": content(shown)} if shown else {})}
    refusals = {refusal: {"description": ""} for refusal in ("401", "404", "415", "422")}
    body = {"requestBody": {"required": True, "content": content(sent)}} if sent else {}
    return {"description": says, **body, "responses": {status: answer, **refusals}, **more}


DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Albums", "version": "1", "description": SAYS},
    "security": [{"key": []}, {"token": []}],
    "components": {
        "securitySchemes": {
            "key": {"type": "apiKey", "in": "header", "name": "X-Api-Key"},
            "token": {"type": "http", "scheme": "bearer"},
        }
    },
    "paths": {
        "/albums": {
            "parameters": [ACCOUNT],
            "post": operation(sent=ALBUM, shown=SHOWN, status="201"),
            "get": operation(shown={"type": "array", "items": SHOWN}, parameters=[Q]),
        },
        "/albums/{album_id}": {
            "parameters": [ACCOUNT, ALBUM_ID],
            "get": operation(shown=SHOWN),
            "put": operation("Replaces the album; its cover stays.", sent=ALBUM, shown=SHOWN),
        },
        "/albums/{album_id}/cover": {
            "parameters": [ACCOUNT, ALBUM_ID],
            "put": operation(sent="image/png", status="204"),
            "get": operation(shown="image/png"),
        },
        "/albums/{album_id}/close": {
            "parameters": [ACCOUNT, ALBUM_ID],
            "post": operation(
                shown=SHOWN, requestBody={"required": False, "content": {"application/json": {"schema": CLOSE}}}
            ),
        },
        "/events": {"parameters": [ACCOUNT], "get": operation(shown=EVENTS)},
        "/table": {
            "parameters": [ACCOUNT],
            "get": operation("RFC 4180 with CRLF; the first row is `id,title`.", shown="text/csv"),
        },
    },
}


class Refusal(Exception):
    """A request that is refused with a status."""


def unlike(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) < len(pairs):
        raise ValueError
    return dict(pairs)


class Albums:
    """The service, with one fault or none."""

    def __init__(self, fault: str) -> None:
        self.fault = fault
        self.albums: dict[str, tuple[str, dict[str, Any]]] = {}
        self.covers: dict[str, bytes] = {}

    def app(self) -> Starlette:
        methods = ["GET", "HEAD", "PUT", "POST", "DELETE", "PATCH", "TRACE", "OPTIONS", "BREW"]
        return Starlette(routes=[Route("/{path:path}", self.answer, methods=methods)])

    async def answer(self, request: Request) -> Response:
        fixed = self.fault == "one request id"
        identified = {"X-Request-Id": "1" if fixed else str(uuid.uuid4())}
        try:
            response = self.answered(request, await request.body())
        except Refusal as refusal:
            status = int(str(refusal))
            response = Response(status_code=status, headers={"Allow": self.allowed(request)} if status == 405 else {})
        response.headers.update(identified)
        if request.method == "HEAD":
            is_short = self.fault == "HEAD is empty" and response.status_code == 200
            response.headers["content-length"] = "0" if is_short else str(len(response.body))
            response.body = b""
            response.status_code = 200 if self.fault == "HEAD finds all" else response.status_code
        return response

    def allowed(self, request: Request) -> str:
        template = self.template(request)
        return ", ".join(method.upper() for method in DOCUMENT["paths"][template] if method != "parameters")

    def template(self, request: Request) -> str:
        path = re.sub(r"(?<=/albums/)[^/]+", "{album_id}", request.url.path)
        if path not in DOCUMENT["paths"]:
            raise Refusal(404)
        return path

    def answered(self, request: Request, body: bytes) -> Response:
        template, method = self.template(request), "GET" if request.method == "HEAD" else request.method
        if method not in self.allowed(request).split(", "):
            raise Refusal(405)
        account, token = request.headers.get("x-account", ""), request.headers.get("authorization", "")
        is_token = token.lower().startswith("bearer ") and token[7:] == KEY and self.fault != "the key is no token"
        is_account = bool(re.fullmatch("[a-z]{2,8}", account))
        is_known = request.headers.get("x-api-key") == KEY or is_token
        if not is_known and (is_account or self.fault != "the account comes first"):
            raise Refusal(401)
        if not is_account:
            raise Refusal(422)
        number = self.number(request) if "{" in template else ""
        handle = {
            "/albums": self.many,
            "/albums/{album_id}": self.one,
            "/albums/{album_id}/cover": self.cover,
            "/albums/{album_id}/close": self.close,
            "/events": self.events,
            "/table": self.table,
        }[template]
        return handle(request, method, account, number, body)

    def number(self, request: Request) -> str:
        text = request.url.path.split("/")[2]
        if not re.fullmatch("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", text):
            raise Refusal(404 if self.fault == "what is no id is unknown" else 422)
        return text.lower()

    def read(self, request: Request, body: bytes, schema: Any) -> Any:
        if (request.headers.get("content-type") or "").lower().partition(";")[0] != "application/json":
            raise Refusal(415)
        try:
            hook = None if self.fault == "names repeat" else unlike
            value = json.loads(body.decode(), object_pairs_hook=hook, parse_constant=int)
            if self.fault != "surrogates are kept":
                json.dumps(value, ensure_ascii=False).encode()
        except (ValueError, RecursionError):
            raise Refusal(422) from None
        text = json.dumps(schema)
        if self.fault == "http will do":
            text = text.replace("^https://", "^https?://")
        if not jsonschema_rs.Draft202012Validator(json.loads(text)).is_valid(json.loads(json.dumps(value))):
            raise Refusal(422)
        return value

    def held(self, account: str, number: str) -> dict[str, Any]:
        owner, album = self.albums.get(number, ("", {}))
        if owner and owner != account and self.fault == "another's is forbidden":
            raise Refusal(403)
        if owner != account:
            raise Refusal(404)
        return album

    def many(self, request: Request, method: str, account: str, _: str, body: bytes) -> Response:
        if method == "POST":
            album = {"id": str(uuid.uuid4()), **self.read(request, body, ALBUM)}
            self.albums[album["id"]] = (account, album)
            return JSONResponse(album, 201)
        texts, others = request.query_params.getlist("q"), request.query_params.keys() - {"q"}
        if (len(texts) > 1 and self.fault != "q may repeat") or (others and self.fault == "others are refused"):
            raise Refusal(422)
        text = texts[0] if texts else ""
        if "\0" in text and self.fault == "NUL fails":
            raise Refusal(500)
        if self.fault == "a plus stays":
            text = re.sub(r"\+", "%2B", str(request.url.query))
            text = unquote(re.sub(r".*q=|&.*", "", text)) if "q=" in text else ""
        if self.fault == "a plus is a space in any form":
            text = text.replace("+", " ")
        fold = str if self.fault == "the case counts" else str.casefold
        found = [album for owner, album in self.albums.values() if owner == account]
        return JSONResponse([album for album in found if fold(text) in fold(album["title"])])

    def one(self, request: Request, method: str, account: str, number: str, body: bytes) -> Response:
        album = self.held(account, number)
        if method == "PUT":
            album = {"id": number, **self.read(request, body, ALBUM)}
            self.albums[number] = (account, album)
            if self.fault == "the cover goes":
                self.covers.pop(number, None)
        return JSONResponse(album)

    def cover(self, request: Request, method: str, account: str, number: str, body: bytes) -> Response:
        self.held(account, number)
        if method == "GET":
            if number not in self.covers:
                raise Refusal(404)
            return Response(self.covers[number], media_type="image/png")
        types = {"image/png"} | ({"image/jpeg"} if self.fault == "JPEG will do" else set())
        if (request.headers.get("content-type") or "").lower() not in types:
            raise Refusal(415)
        self.covers[number] = body
        return Response(status_code=204)

    def close(self, request: Request, method: str, account: str, number: str, body: bytes) -> Response:
        album = self.held(account, number)
        if body or self.fault == "a body is needed":
            self.read(request, body, CLOSE)
        return JSONResponse(album)

    def events(self, request: Request, method: str, account: str, number: str, body: bytes) -> Response:
        is_open = self.fault == "all events are told"
        return JSONResponse([{"subject": n} for n, (owner, _) in self.albums.items() if owner == account or is_open])

    def table(self, request: Request, method: str, account: str, number: str, body: bytes) -> Response:
        rows = [
            "id,name" if self.fault == "another first row" else "id,title",
            '1,"a, b"' if self.fault != "commas are not quoted" else "1,a, b",
            "",
        ]
        return Response(("\n" if self.fault == "lines end in LF" else "\r\n").join(rows), media_type="text/csv")


def bugs_of(fault: str, folder: Path, words: str) -> tuple[str, ...]:
    (folder / "openapi.json").write_text(json.dumps(DOCUMENT))
    settings = parse_settings(
        spec=str(folder / "openapi.json"),
        base_url="http://127.0.0.1:4010",
        api_key_env="KEY",
        environment={"KEY": KEY},
    )
    return (
        Judge(settings).judge(ASGIAdapter(Albums(fault).app()), until=lambda said: bool(words) and words in said).bugs
    )


def test_what_heeds_every_sentence_is_told_of_nothing(tmp_path: Path) -> None:
    assert bugs_of("", tmp_path, "") == ()


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("one request id", "answers with X-Request-Id: 1, which another answer had"),
        ("HEAD is empty", "HEAD with Content-Length: 0"),
        ("HEAD finds all", "HEAD with 200 for an id that nothing has"),
        ("the account comes first", "although credentials are said to come first"),
        ("what is no id is unknown", "with 404 instead of 422"),
        ("names repeat", "accepts a member given twice"),
        ("q may repeat", "accepts q given twice"),
        ("others are refused", "refuses an undeclared query parameter"),
        ("NUL fails", "fails with 500 on q with NUL"),
        ("the key is no token", "with 401, which is said to be the same"),
        ("surrogates are kept", "accepts a text with a lone surrogate"),
        ("http will do", 'accepts link="http://'),
        ("another's is forbidden", "answers 403 to X-Account"),
        ("all events are told", "GET /events names for X-Account"),
        ("a plus stays", "its spaces as +"),
        ("a plus is a space in any form", "leaves out what was made with"),
        ("the case counts", "leaves out"),
        ("the cover goes", "which is said to stay"),
        ("JPEG will do", "accepts a body sent as image/jpeg"),
        ("a body is needed", "refuses a request without a body"),
        ("another first row", "does not begin with id,title"),
        ("lines end in LF", "does not end in CRLF"),
        ("commas are not quoted", "records of 2 and 3 fields"),
    ],
)
def test_what_breaks_a_sentence_is_told_of_it(fault: str, words: str, tmp_path: Path) -> None:
    assert [bug for bug in bugs_of(fault, tmp_path, words) if words in bug]
