"""The variants of the tracker in words, and those that change only what goes in or comes out."""

from __future__ import annotations

import gzip
import json
import time
import uuid
from typing import Any
from urllib.parse import parse_qsl

from contract_tests.target import ASGIAdapter
from tests.services.serving import serve_asgi
from tests.services.tracker.app import KEYS, build
from tests.services.tracker.reading import CONTRACT
from tests.services.twisting import After, Answered, ASGIApp, Asked, Before, reversed_members, twist
from tests.services.variant import Service, Variant, read_faults

PROBLEM = "application/problem+json"
SILENT = {"N32", "N43", "S05", "U13", "V19", "W08", "X05"}


class _Counter:
    """Answers every n-th request."""

    def __init__(self, every: int) -> None:
        self.every, self.total = every, 0

    def __call__(self, asked: Asked) -> Answered | None:
        self.total += 1
        return Answered.of(503, {"title": "busy"}) if self.total % self.every == 0 else None


def unroutable(asked: Asked) -> Answered | None:
    return Answered.of(200, {}) if asked.method == "PUT" and asked.path == "/projects" else None


def only(method: str, status: int) -> Before:
    return lambda asked: Answered.of(status, {"title": "x"}) if asked.method == method else None


def negotiated(asked: Asked) -> Answered | None:
    accept = asked.headers.get("accept", "*/*")
    return None if "json" in accept or "*" in accept else Answered.of(500, {"title": "x"})


def with_xml(asked: Asked, answered: Answered) -> None:
    if asked.headers.get("accept") == "application/xml" and answered.status == 200:
        answered.headers["content-type"], answered.body = "application/xml", b"<answer/>"


def repeated(asked: Asked) -> Answered | None:
    return Answered.of(500, {}) if ", " in asked.headers.get("if-none-match", "") else None


def header(name: str, value: str | None, *, status: int | None = None, path: str = "", media: str = "") -> After:
    """Sets or removes a header, of answers with this status, path ending or media type."""

    def after(asked: Asked, answered: Answered) -> None:
        if (status or answered.status) != answered.status or not asked.path.endswith(path):
            return
        if media and not answered.headers.get("content-type", "").startswith(media):
            return
        answered.headers.pop(name, None)
        if value is not None:
            answered.headers[name] = value

    return after


def is_project(asked: Asked, answered: Answered) -> bool:
    return asked.path.count("/") <= 2 and answered.status in {200, 201} and b'"key"' in answered.body


def encoded(change: Any, *, path: str = "") -> After:
    """Changes the bytes of projects, or of answers of the paths with this part."""

    def after(asked: Asked, answered: Answered) -> None:
        if (path in asked.path and answered.status < 300) if path else is_project(asked, answered):
            answered.body = change(answered.body)

    return after


def nan(body: bytes) -> bytes:
    return body if b'"weight"' in body else body.replace(b'"status":', b'"weight": NaN, "status":')


def other_404(asked: Asked, answered: Answered) -> None:
    if answered.status == 404:
        answered.set_json({"error": "nope"})


def page_404(asked: Asked, answered: Answered) -> None:
    if answered.status == 404:
        answered.headers["content-type"], answered.body = "text/html", b"<h1>404</h1>"


def cut_problems(asked: Asked, answered: Answered) -> None:
    if answered.status >= 400:
        answered.body = answered.body[:-2]


def missing_405(asked: Asked, answered: Answered) -> None:
    if answered.status == 405:
        answered.status = 404
        answered.headers.pop("allow", None)


def projects_typed(media_type: str | None) -> After:
    def after(asked: Asked, answered: Answered) -> None:
        if asked.path.startswith("/projects") and "/tasks" not in asked.path and answered.status in {200, 201}:
            answered.headers.pop("content-type")
            if media_type is not None:
                answered.headers["content-type"] = media_type

    return after


BEFORE: dict[str, Any] = {
    "H01": lambda: unroutable,
    "H05": lambda: only("HEAD", 500),
    "H06": lambda: only("HEAD", 404),
    "H07": lambda: only("OPTIONS", 500),
    "H08": lambda: only("TRACE", 200),
    "H10": lambda: negotiated,
    "H12": lambda: repeated,
    "X05": lambda: _Counter(41),
}
AFTER: dict[str, After] = {
    "C01": header("content-type", "application/json", media="application/problem+json"),
    "C02": projects_typed("text/plain"),
    "C03": header("content-type", None, status=200, path="/projects"),
    "C04": projects_typed("application/problem+json"),
    "C05": page_404,
    "C06": header("content-type", "application/x-yaml", status=200, path="/tasks"),
    "E11": other_404,
    "H02": header("allow", None, status=405),
    "H03": header("allow", "GET", status=405),
    "H04": missing_405,
    "H11": with_xml,
    "J01": encoded(nan),
    "J02": encoded(lambda body: body.replace(b'"version":', b'"version": 7, "version":')),
    "J03": encoded(lambda body: body[:-1], path="/tasks/"),
    "J04": encoded(lambda body: b"\xef\xbb\xbf" + body),
    "J05": encoded(lambda body: body.decode().encode("latin-1", "replace")),
    "J06": encoded(lambda body: body + b" // made by tracker"),
    "J07": encoded(lambda body: body.decode().encode("utf-16")),
    "J08": cut_problems,
    "K04": header("etag", None, status=304),
}


# --- Correct but different --------------------------------------------------------------------------------------------


def compressed(asked: Asked, answered: Answered) -> None:
    if "gzip" in asked.headers.get("accept-encoding", "") and answered.body:
        answered.body = gzip.compress(answered.body)
        answered.headers["content-encoding"] = "gzip"


def decorated(asked: Asked, answered: Answered) -> None:
    answered.headers |= {"x-request-id": str(uuid.uuid4()), "cache-control": "no-cache", "server": "nginx", "vary": "*"}


def rewritten(change: Any) -> After:
    def after(asked: Asked, answered: Answered) -> None:
        if "json" in answered.headers.get("content-type", "") and answered.body:
            answered.body = change(answered.json()).encode()

    return after


def charset(asked: Asked, answered: Answered) -> None:
    if "json" in answered.headers.get("content-type", ""):
        answered.headers["content-type"] += "; charset=utf-8"


def detailed(asked: Asked, answered: Answered) -> None:
    if answered.status >= 400 and answered.body:
        answered.set_json(
            {**answered.json(), "detail": "Das war nichts.", "instance": "/problems/7", "trace_id": "8f2c"}
        )


def reordered_errors(asked: Asked, answered: Answered) -> None:
    if answered.status == 400:
        content = answered.json()
        answered.set_json({**content, "errors": content.get("errors", [])[::-1]})


def absolute(asked: Asked, answered: Answered) -> None:
    if "location" in answered.headers:
        answered.headers["location"] = f"http://{asked.headers['host']}{answered.headers['location']}"


def weak(asked: Asked, answered: Answered) -> None:
    if "etag" in answered.headers:
        answered.headers["etag"] = "W/" + answered.headers["etag"]


def gone_is_missing(asked: Asked, answered: Answered) -> None:
    if answered.status == 410:
        answered.status = 404
        answered.set_json({**answered.json(), "status": 404})


def small_bodies(asked: Asked) -> Answered | None:
    if len(asked.body) <= 20_000 or asked.headers.get("x-api-key") not in KEYS:
        return None
    return problem(413, "The body is over 20 kB")


def guarded(asked: Asked) -> Answered | None:
    if asked.headers.get("x-api-key") in KEYS:
        return None
    return problem(401, "unauthorized", www_authenticate="ApiKey")


def problem(status: int, title: str, **headers: str) -> Answered:
    content = {"type": "about:blank", "title": title, "status": status}
    return Answered.of(status, content, **{"content_type": "application/problem+json", **headers})


def options(asked: Asked) -> Answered | None:
    if asked.method != "OPTIONS":
        return None
    return Answered(204, {"allow": "GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE", "access-control-allow-origin": "*"})


def no_head(asked: Asked, answered: Answered) -> None:
    if asked.method == "HEAD":
        answered.status, answered.body = 405, b""
        answered.headers = {"allow": "GET, PUT, PATCH, DELETE, POST"}


class _Limiter:
    """Refuses two requests in a row out of a hundred, as a gateway does."""

    def __init__(self) -> None:
        self.total = 0

    def __call__(self, asked: Asked) -> Answered | None:
        self.total += 1
        return problem(429, "Too many requests", retry_after="0") if self.total % 100 in {98, 99} else None


class _Warming:
    """Is not there yet for the first requests."""

    def __init__(self) -> None:
        self.total = 0

    def __call__(self, asked: Asked) -> Answered | None:
        self.total += 1
        return problem(503, "Starting", retry_after="0") if self.total <= 5 else None


QUERY = {"/projects": {"status", "q", "sort", "limit", "cursor"}, "/tasks": {"state"}}


def only_declared(asked: Asked) -> Answered | None:
    names = next((names for ending, names in QUERY.items() if asked.path.endswith(ending)), set())
    if asked.headers.get("x-api-key") not in KEYS or set(dict(parse_qsl(asked.query, keep_blank_values=True))) <= names:
        return None
    body = {"type": "about:blank", "title": "Unknown parameter", "status": 400}
    return Answered.of(400, {**body, "errors": [{"code": "extra", "parameter": "?"}]}, content_type=PROBLEM)


def as_fractions(content: Any) -> Any:
    """Numbers as JavaScript never writes them, and everybody reads them."""
    if isinstance(content, dict):
        return {name: as_fractions(value) for name, value in content.items()}
    if isinstance(content, list):
        return [as_fractions(each) for each in content]
    return float(content) if isinstance(content, int) and not isinstance(content, bool) else content


def in_zulu(content: Any) -> Any:
    if isinstance(content, dict):
        return {name: in_zulu(value) for name, value in content.items()}
    if isinstance(content, list):
        return [in_zulu(each) for each in content]
    return content[:-6] + "Z" if isinstance(content, str) and content.endswith("+00:00") else content


def crossed(asked: Asked, answered: Answered) -> None:
    answered.headers |= {"access-control-allow-origin": "*", "access-control-expose-headers": "ETag", "vary": "Origin"}
    if asked.method == "OPTIONS" and answered.status == 405:
        answered.status, answered.body = 200, b""
        answered.headers |= {"allow": "GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE", "access-control-max-age": "9"}
        answered.headers.pop("content-type", None)


def slow(asked: Asked) -> Answered | None:
    time.sleep(0.004)
    return None


BENIGN: dict[str, tuple[str, Before | None, After | None]] = {
    "B01": ("gzip where the client takes it", None, compressed),
    "B02": ("more headers", None, decorated),
    "B03": ("members in another order", None, rewritten(lambda content: json.dumps(reversed_members(content)))),
    "B04": ("pretty-printed ASCII and a line feed", None, rewritten(lambda c: json.dumps(c, indent=2) + "\n")),
    "B05": ("charset=utf-8", None, charset),
    "B06": ("other and more words in problems", None, detailed),
    "B07": ("errors in another order", None, reordered_errors),
    "B08": ("Location is absolute", None, absolute),
    "B09": ("weak entity tags", None, weak),
    "B10": ("a deleted project is not found", None, gone_is_missing),
    "B11": ("bodies over 20 kB are refused", small_bodies, None),
    "B12": ("the key is checked before the route", guarded, None),
    "B13": ("OPTIONS is answered 204", options, None),
    "B14": ("HEAD is not there", None, no_head),
    "B15": ("429 now and then", None, None),
    "B16": ("4 ms slower", slow, None),
    "B17": ("every connection is closed", None, header("connection", "close")),
    "B18": ("a body is read before the project is looked up", None, None),
    "B19": ("the version is asked for before the body is read", None, None),
    "B20": ("lists of the newest first where sort is not given", None, None),
    "B21": ("503 until it has started", None, None),
    "B22": ("undeclared query parameters are refused", only_declared, None),
    "B23": ("integers are written 1.0", None, rewritten(lambda content: json.dumps(as_fractions(content)))),
    "B24": ("moments end in Z", None, rewritten(lambda content: json.dumps(in_zulu(content)))),
    "B25": ("other origins are served", None, crossed),
}


def variants() -> tuple[Variant, ...]:
    rows = [Variant("REF", "the correct implementation")]
    rows += [Variant(id, text, after=AFTER.get(id), silent=id in SILENT) for id, text in read_faults(__file__)]
    rows += [Variant(id, text, before, after) for id, (text, before, after) in BENIGN.items()]
    return tuple(rows)


def application(variant: Variant) -> ASGIApp:
    makers: dict[str, Any] = {**BEFORE, "B15": _Limiter, "B21": _Warming}
    before = makers[variant.id]() if variant.id in makers else variant.before
    app = build("" if variant.id == "REF" else variant.id)
    return twist(app, before=before, after=variant.after) if before or variant.after else app


SERVICE = Service(
    name="tracker",
    contract=CONTRACT,
    variants=variants(),
    serve=lambda variant: serve_asgi(application(variant)),
    adapter=lambda variant: ASGIAdapter(application(variant)),
    credential=next(iter(KEYS)),
    other=[*KEYS][1],
)
