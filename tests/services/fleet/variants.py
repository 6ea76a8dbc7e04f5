"""The variants of the motor pool in words, and those that change only what goes in or comes out."""

from __future__ import annotations

import gzip
import itertools
import json
import re
import time
import uuid
from collections.abc import Callable
from typing import Any

from contract_tests.target import ASGIAdapter
from tests.services.fleet.app import KEY, PREFIX, build
from tests.services.fleet.reading import CONTRACT, problem
from tests.services.serving import serve_asgi
from tests.services.twisting import After, Answered, ASGIApp, Asked, Before, reversed_members, twist
from tests.services.variant import Service, Variant, read_faults

SILENT = {"C12", "I06", "N71", "N91", "T10", "U26", "W08", "X05"}
"""What neither the contract nor a standard says in so many words, or says only as SHOULD."""


# --- Faults around the application ------------------------------------------------------------------------------------


def only(method: str, status: int) -> Before:
    return lambda asked: problem(status, "x") if asked.method == method else None


def header(name: str, value: str | None, *, status: int = 0, path: str = "", media: str = "") -> After:
    """Sets or removes a header of answers of this status, of paths that match and of a media type."""

    def after(asked: Asked, answered: Answered) -> None:
        matches = re.search(path, asked.path) and answered.headers.get("content-type", "").startswith(media)
        if matches and status in {0, answered.status}:
            answered.headers.pop(name, None)
            if value is not None:
                answered.headers[name] = value

    return after


def encoded(change: Callable[[bytes], bytes], *, path: str = "/vehicles(/[^/]+)?$", least: int = 200) -> After:
    """Changes the bytes of JSON answers of the paths that match: those that succeed, or fail."""

    def after(asked: Asked, answered: Answered) -> None:
        is_json = "json" in answered.headers.get("content-type", "")
        if is_json and re.search(path, asked.path) and least <= answered.status < least + 200:
            answered.body = change(answered.body)

    return after


def latin(body: bytes) -> bytes:
    return json.dumps(json.loads(body), ensure_ascii=False).encode("latin-1", "replace")


def lines(body: bytes) -> bytes:
    return b"\n".join(json.dumps(each).encode() for each in json.loads(body)["results"])


def other_404(asked: Asked, answered: Answered) -> None:
    if answered.status == 404:
        answered.body = b'{"error": "nope"}'


def page_404(asked: Asked, answered: Answered) -> None:
    if answered.status == 404:
        answered.headers["content-type"], answered.body = "text/html", b"<h1>404</h1>"


def missing_405(asked: Asked, answered: Answered) -> None:
    if answered.status == 405:
        answered.status = 404


def no_status(asked: Asked, answered: Answered) -> None:
    if answered.headers.get("content-type") == "application/problem+json":
        answered.set_json({name: value for name, value in answered.json().items() if name != "status"})


BEFORE: dict[str, Before] = {
    "H05": only("HEAD", 500),
    "H06": only("HEAD", 404),
    "H07": only("OPTIONS", 500),
    "H08": only("TRACE", 200),
}
BOOKING, VEHICLE = r"/bookings/[0-9]+$", r"/vehicles(/[^/]+)?$"
AFTER: dict[str, After] = {
    "C01": header("content-type", "application/json", media="application/problem+json"),
    "C02": header("content-type", "text/plain", status=200, path=r"/vehicles/[^/]+$", media="application/json"),
    "C03": header("content-type", None, status=200, path=r"/vehicles$"),
    "C04": header("content-type", "application/problem+json", status=200, path=BOOKING),
    "C05": page_404,
    "C11": header("content-type", "application/x-yaml", path="/health$"),
    "E11": other_404,
    "E23": no_status,
    "J01": encoded(lambda body: body if b'"load"' in body else body.replace(b'"plate":', b'"load": NaN, "plate":')),
    "J02": encoded(lambda body: body.replace(b'"plate":', b'"version": 7, "plate":')),
    "J03": encoded(lambda body: body[:-1], path="/bookings"),
    "J04": encoded(lambda body: b"\xef\xbb\xbf" + body),
    "J05": encoded(latin),
    "J06": encoded(lambda body: body + b" // made by fleet"),
    "J07": encoded(lambda body: body.decode().encode("utf-16")),
    "J08": encoded(lambda body: body[:-2], path="", least=400),
    "J09": encoded(lambda body: body.replace(b'"', b"'"), path="/bookings"),
    "J10": encoded(lambda body: re.sub(rb'"total": [0-9.]+', b'"total": Infinity', body), path="/quotes"),
    "J11": encoded(lines, path="/bulk"),
    "J12": encoded(lambda body: body.replace(b"\\n", b"\n")),
}


# --- Correct but different --------------------------------------------------------------------------------------------


def compressed(asked: Asked, answered: Answered) -> None:
    if "gzip" in asked.headers.get("accept-encoding", "") and answered.body:
        answered.body = gzip.compress(answered.body)
        answered.headers |= {"content-encoding": "gzip", "vary": "Accept-Encoding"}


def decorated(asked: Asked, answered: Answered) -> None:
    answered.headers |= {
        "x-request-id": str(uuid.uuid4()),
        "cache-control": "no-store",
        "server": "nginx",
        "via": "1.1 x",
    }


def rewritten(change: Callable[[Any], str]) -> After:
    def after(asked: Asked, answered: Answered) -> None:
        if "json" in answered.headers.get("content-type", "") and answered.body:
            answered.body = change(answered.json()).encode()

    return after


def mapped(change: Callable[[str, Any], Any]) -> After:
    """Changes the values of all members."""

    def walk(name: str, content: Any) -> Any:
        if isinstance(content, dict):
            return {key: walk(key, value) for key, value in content.items()}
        if isinstance(content, list):
            return [walk(name, each) for each in content]
        return change(name, content)

    return rewritten(lambda content: json.dumps(walk("", content)))


def charset(asked: Asked, answered: Answered) -> None:
    if "json" in answered.headers.get("content-type", ""):
        answered.headers["content-type"] += "; charset=UTF-8"


def problems(change: Callable[[Any], Any]) -> After:
    def after(asked: Asked, answered: Answered) -> None:
        if answered.headers.get("content-type") == "application/problem+json":
            answered.set_json(change(answered.json()))

    return after


def wordy(content: Any) -> Any:
    errors = [{**each, "detail": "Ungültig", "allowed": [1]} for each in content.get("errors", [])]
    more = {"detail": "Das war nichts.", "instance": "/problems/7", "trace_id": "8f2c", "title": "Fehler"}
    return {**content, "type": "https://fleet.example/problems/1", **more, **({"errors": errors} if errors else {})}


def reversed_errors(content: Any) -> Any:
    return {**content, "errors": content["errors"][::-1]} if "errors" in content else content


def located(change: Callable[[Asked, str], str]) -> After:
    def after(asked: Asked, answered: Answered) -> None:
        for name in ("Location",):
            if name in answered.headers:
                answered.headers[name] = change(asked, answered.headers[name])

    return after


def weak(asked: Asked, answered: Answered) -> None:
    for name in ("ETag", "etag"):
        if name in answered.headers:
            answered.headers[name] = "W/" + answered.headers[name]


def strong(asked: Asked) -> Answered | None:
    if "if-match" in asked.headers:
        asked.headers["if-match"] = asked.headers["if-match"].replace("W/", "")
    return None


def tagged(asked: Asked, answered: Answered) -> None:
    if asked.method == "GET" and answered.status == 200:
        answered.headers.setdefault("ETag", f'"{hash(answered.body):x}"')


def restatused(old: int, new: int) -> After:
    def after(asked: Asked, answered: Answered) -> None:
        if answered.status == old and asked.method in {"POST", "PUT", "PATCH"} and b'"pointer"' in answered.body:
            answered.status = new
            answered.set_json({**answered.json(), "status": new})

    return after


def is_known(asked: Asked) -> bool:
    return asked.headers.get("x-api-key") == KEY or asked.headers.get("authorization", "") == f"Bearer {KEY}"


def guarded(asked: Asked) -> Answered | None:
    if is_known(asked) or asked.path.endswith("/health"):
        return None
    return problem(401, "Unauthorized", headers={"www-authenticate": 'ApiKey, Bearer realm="x"'})


def no_head(asked: Asked, answered: Answered) -> None:
    if asked.method == "HEAD":
        answered.status, answered.body, answered.headers = 405, b"", {"allow": "GET, PUT, PATCH, DELETE, POST"}


def no_options(asked: Asked) -> Answered | None:
    return problem(405, "x", headers={"allow": "GET"}) if asked.method == "OPTIONS" else None


def from_proxy(asked: Asked, answered: Answered) -> None:
    if answered.status == 405 or (answered.status == 404 and b"No such path" in answered.body):
        answered.headers["content-type"], answered.body = "text/html", b"<html>nginx</html>"


def bounded(asked: Asked) -> Answered | None:
    if len(asked.query) > 4000:
        return Answered(414, {"content-type": "text/html"}, b"<html>nginx</html>")
    if sum(map(len, asked.headers.values())) > 8000:
        return Answered(431, {"content-type": "text/html"}, b"<html>nginx</html>")
    return None


def replayed(asked: Asked, answered: Answered) -> None:
    if "idempotency-key" in asked.headers:
        answered.headers["Idempotent-Replayed"] = "true"


def limiter() -> Before:
    counted = itertools.count(1)
    return lambda asked: problem(429, "Later", headers={"retry-after": "0"}) if next(counted) % 90 in {0, 1} else None


def slow(asked: Asked) -> Answered | None:
    time.sleep(0.004)
    return None


def floats(name: str, value: Any) -> Any:
    whole = (
        isinstance(value, int) and not isinstance(value, bool) and name in {"seats", "mileage", "passengers", "days"}
    )
    return float(value) if whole else value


def zulu(name: str, value: Any) -> Any:
    return value[:19] + "Z" if name in {"created_at", "updated_at"} and isinstance(value, str) else value


BENIGN: dict[str, tuple[str, Before | None, After | None]] = {
    "B01": ("gzip where the client takes it", None, compressed),
    "B02": ("more headers", None, decorated),
    "B03": ("members in another order", None, rewritten(lambda content: json.dumps(reversed_members(content)))),
    "B04": ("indented ASCII and a line feed", None, rewritten(lambda content: json.dumps(content, indent=1) + "\n")),
    "B05": ("charset=UTF-8", None, charset),
    "B06": ("other and more words in problems", None, problems(wordy)),
    "B07": ("errors in another order", None, problems(reversed_errors)),
    "B08": ("Location is absolute", None, located(lambda asked, path: f"http://{asked.headers['host']}{path}")),
    "B09": ("weak entity tags", strong, weak),
    "B10": ("Location is relative", None, located(lambda asked, path: "/".join(path.split("/")[-2:]))),
    "B11": ("HEAD is not there", None, no_head),
    "B12": ("429 now and then", None, None),
    "B13": ("4 ms slower", slow, None),
    "B14": ("every connection is closed", None, header("connection", "close")),
    "B15": ("the key is checked before the route", guarded, None),
    "B16": ("what is not ASCII is not escaped", None, rewritten(lambda c: json.dumps(c, ensure_ascii=False))),
    "B17": ("invalid bodies are answered 400", None, restatused(422, 400)),
    "B18": ("malformed JSON is answered 422", None, restatused(400, 422)),
    "B19": ("every GET has an entity tag", None, tagged),
    "B20": ("whole numbers are sent as 1.0", None, mapped(floats)),
    "B21": ("times end in Z and have no fraction", None, mapped(zulu)),
    "B22": ("numbers of bookings are not in sequence", None, None),
    "B23": ("reports take 0.4 s", None, None),
    "B24": ("unknown paths and methods are answered by a proxy", None, from_proxy),
    "B25": ("long queries and headers are refused", bounded, None),
    "B26": ("answers with a key are said to be repeated", None, replayed),
    "B27": ("OPTIONS is answered 405", no_options, None),
    "B28": ("an Accept of neither is ignored", None, None),
    "B29": ("problems without type", None, problems(lambda c: {name: c[name] for name in c if name != "type"})),
    "B30": ("rate limits on every answer", None, header("X-RateLimit-Remaining", "7")),
}  # fmt: skip


def variants() -> tuple[Variant, ...]:
    rows = [Variant("REF", "the correct implementation")]
    rows += [Variant(id, text, BEFORE.get(id), AFTER.get(id), id in SILENT) for id, text in read_faults(__file__)]
    return (*rows, *(Variant(id, text, before, after) for id, (text, before, after) in BENIGN.items()))


def application(variant: Variant) -> ASGIApp:
    fleet = build("" if variant.id == "REF" else variant.id)
    before = limiter() if variant.id == "B12" else variant.before
    return twist(None, before=lambda asked: (before and before(asked)) or fleet(asked), after=variant.after)  # type: ignore[arg-type]


SERVICE = Service(
    name="fleet",
    contract=CONTRACT,
    variants=variants(),
    serve=lambda variant: serve_asgi(application(variant)),
    adapter=lambda variant: ASGIAdapter(application(variant)),
    credential=KEY,
    path=PREFIX,
    token=KEY,
)
