"""The variants of the media library in words, and those that change only what goes in or comes out."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Callable
from typing import Any

from flask import Flask, Response, request

from tests.services.library.app import LOGINS, PREFIX, build
from tests.services.library.reading import CONTRACT, answer, error
from tests.services.serving import WSGIAdapter, serve_wsgi
from tests.services.twisting import reversed_members
from tests.services.variant import Service, Variant, read_faults

SILENT = {"N16", "W05", "G10", "G11", "G12"}


# --- Differences around the application -------------------------------------------------------------------------------

Change = Callable[[Response], Response]


def is_json(response: Response) -> bool:
    return response.mimetype == "application/json"


def typed(media_type: str, *, errors: bool = False) -> Change:
    def change(response: Response) -> Response:
        if is_json(response) and (response.status_code >= 400) == errors:
            response.headers["Content-Type"] = media_type
            if not media_type:
                del response.headers["Content-Type"]
        return response

    return change


def encoded(change_bytes: Callable[[bytes], bytes]) -> Change:
    """Changes the bytes of JSON answers that succeed."""

    def change(response: Response) -> Response:
        if is_json(response) and response.status_code < 300:
            response.set_data(change_bytes(response.get_data()))
        return response

    return change


def rewritten(change_text: Callable[[Any], str]) -> Change:
    def change(response: Response) -> Response:
        if is_json(response) and response.get_data():
            response.set_data(change_text(json.loads(response.get_data())).encode())
        return response

    return change


def page_404(response: Response) -> Response:
    return Response("<h1>404</h1>", 404, mimetype="text/html") if response.status_code == 404 else response


def allow(value: str | None) -> Change:
    def change(response: Response) -> Response:
        if response.status_code == 405:
            response.headers.pop("Allow", None)
            if value:
                response.headers["Allow"] = value
        return response

    return change


def missing_405(response: Response) -> Response:
    return error(404, "missing", "no such path") if response.status_code == 405 else response


def compressed(response: Response) -> Response:
    data = response.get_data()
    if "gzip" in request.headers.get("Accept-Encoding", "") and data:
        response.set_data(gzip.compress(data))
        response.headers["Content-Encoding"] = "gzip"
    return response


def decorated(response: Response) -> Response:
    response.headers.extend({"X-Request-Id": "7", "Cache-Control": "private", "Strict-Transport-Security": "max-age=9"})
    return response


def words(response: Response) -> Response:
    if response.status_code >= 400 and is_json(response):
        content = json.loads(response.get_data())
        content["error"]["message"] = "Das geht nicht."
        response.set_data(json.dumps(content))
    return response


def reordered_fields(response: Response) -> Response:
    if response.status_code == 422 and is_json(response):
        content = json.loads(response.get_data())
        content["error"]["fields"].reverse()
        response.set_data(json.dumps(content))
    return response


def relative(response: Response) -> Response:
    if "Location" in response.headers:
        response.headers["Location"] = request.host_url.rstrip("/") + response.headers["Location"]
    return response


AFTER: dict[str, Change] = {
    "C01": typed("text/html"),
    "C02": typed(""),
    "C03": typed("text/plain", errors=True),
    "C04": typed("application/vnd.library+json"),
    "E14": page_404,
    "H02": allow(None),
    "H03": allow("HEAD"),
    "H04": missing_405,
    "J01": encoded(lambda body: body.replace(b'"bytes":', b'"rating":NaN,"bytes":')),
    "J02": encoded(lambda body: body.replace(b'{"id":', b'{"id":0,"id":')),
    "J03": encoded(lambda body: body[:-1]),
    "J04": encoded(lambda body: b"\xef\xbb\xbf" + body),
    "J05": encoded(lambda body: body.decode().encode("latin-1", "replace")),
    "J06": encoded(lambda body: body.replace(b'"total":', b'"total":Infinity,"was":') if b"total" in body else body),
    "J07": encoded(lambda body: body.replace(b'"', b"'")),
    "B01": compressed,
    "B02": decorated,
    "B03": rewritten(lambda content: json.dumps(reversed_members(content))),
    "B04": rewritten(lambda content: json.dumps(content, indent=1, ensure_ascii=True) + "\n"),
    "B05": typed("application/json; charset=utf-8"),
    "B06": words,
    "B07": reordered_fields,
    "B08": relative,
}


def answering(method: str, status: int, path: str = "") -> Callable[[], Response | None]:
    def before() -> Response | None:
        return answer(status, {}) if request.method == method and path in request.path else None

    return before


def is_known() -> bool:
    login = request.authorization
    return bool(login and login.type == "basic" and LOGINS.get(login.username or "") == login.password)


def small_bodies() -> Response | None:
    is_large = (request.content_length or 0) > 210_000
    return error(413, "size", "too large") if is_large and is_known() else None


def guarded() -> Response | None:
    if is_known() or request.path == f"{PREFIX}/health":
        return None
    return error(401, "unauthorized", "login", {"WWW-Authenticate": "Basic"})


def no_options() -> Response | None:
    return error(405, "http", "no", {"Allow": "GET"}) if request.method == "OPTIONS" else None


def busy() -> Callable[[], Response | None]:
    counted = iter(range(1, 1_000_000))

    def before() -> Response | None:
        return error(503, "busy", "try again", {"Retry-After": "0"}) if next(counted) % 150 == 149 else None

    return before


def before(id: str) -> Callable[[], Response | None] | None:
    rows: dict[str, Callable[[], Response | None]] = {
        "H01": answering("POST", 200, "/rules/"),
        "H05": answering("HEAD", 500),
        "H06": answering("HEAD", 204),
        "H07": answering("OPTIONS", 500),
        "H08": answering("TRACE", 200),
        "H12": answering("PATCH", 200, "/rules/"),
        "B09": small_bodies,
        "B10": guarded,
        "B11": no_options,
        "B12": busy(),
    }
    return rows.get(id)


BENIGN = {
    "B01": "gzip where the client takes it",
    "B02": "more headers",
    "B03": "members in another order",
    "B04": "indented ASCII and a line feed",
    "B05": "charset=utf-8",
    "B06": "other words in errors",
    "B07": "fields in another order",
    "B08": "Location is absolute",
    "B09": "requests over 210 kB are refused",
    "B10": "the login is checked before the route",
    "B11": "OPTIONS is answered 405",
    "B12": "503 now and then",
    "B13": "ids are not in sequence",
    "B14": "the server names itself and the date otherwise",
    "B15": "exports take half a second",
    "B16": "the newest asset comes first",
}


def variants() -> tuple[Variant, ...]:
    rows = [Variant("REF", "the correct implementation")]
    rows += [Variant(id, text, silent=id in SILENT) for id, text in read_faults(__file__)]
    return (*rows, *(Variant(id, text) for id, text in BENIGN.items()))


def application(id: str) -> Flask:
    app = build("" if id == "REF" else id)
    if first := before(id):
        app.before_request(first)
    if last := AFTER.get(id):
        app.after_request(last)
    return app


SERVICE = Service(
    name="library",
    contract=CONTRACT,
    variants=variants(),
    serve=lambda variant: serve_wsgi(application(variant.id)),
    adapter=lambda variant: WSGIAdapter(application(variant.id)),
    credential=base64.b64encode(":".join(next(iter(LOGINS.items()))).encode()).decode(),
    path=PREFIX,
    other=":".join([*LOGINS.items()][1]),
)
