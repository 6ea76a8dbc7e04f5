"""Many more faults of the clone service, sorted by kind; `clone_harmless.py` has what merely differs.

They are measured in process, all of them, by `benchmarks/clone_faults.py`.
"""

from __future__ import annotations

import itertools
import json
import math
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from tests.services.clone_variants import (
    API_KEY,
    FAULTS,
    VM_ID,
    Variant,
    answer_when,
    become,
    body_of,
    is_authentic,
    is_clone,
    is_malformed,
    let_in,
    name_of,
    refuse_when,
    replacing,
    set_header,
    status_of,
    without,
    without_header,
)
from tests.services.twisting import After, Answered, Asked, Before

Condition = Callable[[Asked], bool]

GROUPS = {
    "R": "response shape", "S": "status code", "C": "media type", "J": "JSON encoding", "N": "accepts invalid",
    "P": "rejects valid", "E": "error body", "A": "authentication", "H": "methods and headers", "W": "wire level",
    "D": "path decoding", "T": "wait", "U": "identity", "X": "crash or rare input",
}  # fmt: skip


def asking(condition: Condition, after: After) -> After:
    """A change of the accepted answers to requests that meet a condition."""

    def changed(asked: Asked, answered: Answered) -> None:
        if is_clone(asked) and answered.status == 200 and condition(asked):
            after(asked, answered)

    return changed


def bytes_of(status: int, change: Callable[[bytes], bytes]) -> After:
    return status_of(status, lambda answered: setattr(answered, "body", change(answered.body)))


def errors(change: Callable[[dict[str, Any]], dict[str, Any]]) -> After:
    """A change of each entry of a 422."""
    return body_of(422, lambda body: {"detail": [change(error) for error in body["detail"]]})


def fails(condition: Condition) -> Before:
    return answer_when(lambda asked: is_authentic(asked) and condition(asked), 500, {"detail": "Internal Server Error"})


def reading(change: Callable[[Any], Any]) -> Before:
    """A service that reads another body than it was sent."""

    def before(asked: Asked) -> None:
        if is_clone(asked) and is_authentic(asked):
            body = change(asked.body)
            if body is not asked.body:
                asked.set_json(body)
                asked.headers["content-type"] = "application/json"

    return before


def when_json(condition: Callable[[Any], bool], value: Any) -> Before:
    def change(body: bytes) -> Any:
        try:
            return value if condition(json.loads(body)) else body
        except (ValueError, RecursionError):
            return body

    return reading(change)


def when_name(condition: Callable[[Any], bool]) -> Before:
    """A service that takes names of another type."""
    return when_json(lambda body: isinstance(body, dict) and condition(body.get("snapshot_name")), {})


def wait_is(*texts: str) -> Condition:
    return lambda asked: any(f"wait={text}" in asked.query.split("&") for text in texts)


def taking_wait(*texts: str, where: Condition = lambda _: True) -> Before:
    def before(asked: Asked) -> None:
        if is_clone(asked) and wait_is(*texts)(asked) and where(asked):
            asked.query = ""

    return before


def text_name(condition: Callable[[str], bool]) -> Condition:
    def holds(asked: Asked) -> bool:
        name = name_of(asked)
        return isinstance(name, str) and condition(name)

    return holds


def looking_up(change: Callable[[str], str]) -> Before:
    """A service that changes the id of the path before it looks the machine up."""

    def before(asked: Asked) -> None:
        if found := re.fullmatch(r"(/v1/vms/)([\s\S]*)(/clone)", asked.path):
            asked.path = f"{found[1]}{change(found[2])}{found[3]}"

    return before


def every(number: int, then: After) -> After:
    counter = itertools.count(1)

    def after(asked: Asked, answered: Answered) -> None:
        if is_clone(asked) and next(counter) % number == 0:
            then(asked, answered)

    return after


def one_for_each_name() -> After:
    made: dict[tuple[str, str], bytes] = {}

    def after(asked: Asked, answered: Answered) -> None:
        if is_clone(asked) and answered.status == 200 and isinstance(name_of(asked), str):
            answered.body = made.setdefault((name_of(asked), asked.query), answered.body)

    return after


def allowing(methods: str) -> After:
    return lambda _, answered: set_header("allow", methods)(answered) if answered.status == 405 else None


def header_is(name: str, condition: Callable[[str], bool]) -> Condition:
    return lambda asked: condition(asked.headers.get(name, ""))


def refusing_accept(condition: Callable[[str], Any]) -> Before:
    """406 to what is accepted so; there is an empty text where nothing is said."""
    return answer_when(
        lambda asked: bool(condition(asked.headers.get("accept", ""))), 406, {"detail": "Not Acceptable"}
    )


def paged(_: Asked, answered: Answered) -> None:
    answered.headers["content-type"], answered.body = "text/html", b"<h1>Cloned</h1>"


def unnamed(asked: Asked) -> None:
    """A service that compares the names of parameters as they are spelled."""
    asked.query = "&".join(part for part in asked.query.split("&") if "%" not in part.partition("=")[0])


def becoming(status: int, value: Any) -> After:
    return lambda asked, answered: become(status, value)(answered)


def method(name: str, status: int, value: Any, **headers: str) -> Before:
    return lambda asked: Answered.of(status, value, **headers) if asked.method == name else None


def problem(title: str) -> Callable[[Answered], None]:
    """The body becomes one of RFC 9457."""

    def change(answered: Answered) -> None:
        answered.set_json({"type": "about:blank", "title": title, "status": answered.status})
        answered.headers["content-type"] = "application/problem+json"

    return change


def unknown(asked: Asked) -> bool:
    body = asked.json()
    return isinstance(body, dict) and bool(body.keys() - {"snapshot_name"})


def is_json(body: bytes) -> bool:
    try:
        json.loads(body)
    except (ValueError, RecursionError):
        return False
    return True


def is_cut(body: bytes) -> bool:
    return body.startswith(b"{") and not body.rstrip().endswith(b"}")


def doubled(body: bytes) -> bool:
    return body.count(b'"snapshot_name"') > 1 or body.count(b'"a"') > 1


def is_encoded(asked: Asked) -> bool:
    return "%" in asked.raw_path and is_clone(asked)


def long_path(asked: Asked) -> Answered | None:
    return Answered.of(500, {}) if is_clone(asked) and len(asked.path) > 300 else None


def failing_path(text: str) -> Before:
    return fails(lambda asked: text in asked.raw_path.lower())


def nameless_without_waiting(asked: Asked) -> None:
    if is_clone(asked) and wait_is("false")(asked) and isinstance(name_of(asked), int | float | list | dict):
        asked.set_json({})


def taking_forms(asked: Asked) -> None:
    if is_clone(asked) and is_authentic(asked) and "form" in asked.headers.get("content-type", ""):
        asked.set_json({})
        asked.headers["content-type"] = "application/json"


def default_wait(asked: Asked) -> None:
    if is_clone(asked) and "wait=" not in asked.query:
        asked.query = "&".join(filter(None, (asked.query, "wait=false")))


def default_wait_of_names(asked: Asked) -> None:
    if isinstance(name_of(asked), str):
        default_wait(asked)


def emptied(answered: Answered) -> None:
    answered.status, answered.body = 204, b""
    answered.headers.pop("content-type", None)


def waiting_as(text: str, condition: Condition) -> Before:
    """A service that takes some requests for ones with another value of `wait`."""

    def before(asked: Asked) -> None:
        if is_clone(asked) and condition(asked):
            asked.query = f"wait={text}"

    return before


def hastened_by_body(asked: Asked) -> bool:
    body = asked.json()
    return isinstance(body, dict) and body.get("wait") is False


def going_on(asked: Asked) -> None:
    if asked.method == "POST" and "/clone/" in asked.path:
        asked.path = asked.path.partition("/clone/")[0] + "/clone"


def split_by_query(asked: Asked, answered: Answered) -> None:
    """A service that writes the query into a header as it is: what stands behind the end of a line is a header, too."""
    for line in unquote(asked.query).split("\r\n")[1:]:
        name, _, value = line.partition(": ")
        answered.headers[name] = value


TRACE = 'Traceback (most recent call last):\n  File "app.py", line 3, in clone\nKeyError: 5'
KEYS = {"x-api-key", "authorization"}
SESSION = "6f1c0c0e-5c2b-4a55-9d0f-0f4b9b6f7c11"

MORE: dict[str, dict[str, Variant]] = {
    "R": {
        "session id a number": Variant("", after=body_of(200, replacing("session_id", 7))),
        "no session for a clone of a clone": Variant(
            "", after=asking(lambda a: VM_ID not in a.path, body_of(200, without("session_id")))
        ),
        "session id null": Variant("", after=body_of(200, replacing("session_id", None))),
        "status a number": Variant("", after=body_of(200, replacing("status", 1))),
        "status missing": Variant("", after=body_of(200, without("status"))),
        "snapshot id a number": Variant("", after=body_of(200, replacing("snapshot_id", 1))),
        "flag a number": Variant("", after=body_of(200, replacing("snapshot_deleted", 1))),
        "vm id a list": Variant("", after=body_of(200, replacing("vm_id", ["a"]))),
        "null": Variant("", after=body_of(200, lambda _: None)),
        "wrapped": Variant("", after=body_of(200, lambda body: {"data": body})),
        "no session without waiting": Variant(
            "", after=asking(wait_is("false"), lambda _, a: a.set_json(without("session_id")(a.json())))
        ),
        "flag a text with a name": Variant(
            "",
            after=asking(
                text_name(lambda name: True), lambda _, a: a.set_json({**a.json(), "snapshot_deleted": "kept"})
            ),
        ),
        "status null with an empty name": Variant(
            "", after=asking(text_name(lambda name: not name), lambda _, a: a.set_json({**a.json(), "status": None}))
        ),
    },
    "S": {
        "202": Variant("", after=status_of(200, lambda a: setattr(a, "status", 202))),
        "202 without waiting": Variant("", after=asking(wait_is("false"), lambda _, a: setattr(a, "status", 202))),
        "303": Variant("", after=status_of(200, become(303, {}))),
        "404 for a machine that exists": Variant("", after=status_of(200, become(404, {"detail": "VM not found"}))),
        "403 with right credentials": Variant("", after=status_of(200, become(403, {"detail": "Forbidden"}))),
        "422 as 409": Variant("", after=status_of(422, lambda a: setattr(a, "status", 409))),
        "422 as 500": Variant("", after=status_of(422, become(500, {"detail": "x"}))),
        "422 as 404": Variant("", after=status_of(422, become(404, {"detail": "Not Found"}))),
    },
    "C": {
        "200 as html": Variant("", after=status_of(200, set_header("content-type", "text/html"))),
        "two types that differ": Variant("", after=status_of(200, set_header("Content-Type", "text/html"))),
        "200 as xml": Variant("", after=status_of(200, set_header("content-type", "application/xml"))),
        "200 as octets": Variant("", after=status_of(200, set_header("content-type", "application/octet-stream"))),
        "422 as text": Variant("", after=status_of(422, set_header("content-type", "text/plain"))),
        "422 without a type": Variant("", after=status_of(422, without_header("content-type"))),
        "problem details": Variant("", after=status_of(422, problem("invalid"))),
        "a broken type": Variant("", after=status_of(200, set_header("content-type", "json"))),
    },
    "J": {
        "a member twice": Variant("", after=bytes_of(200, lambda b: b[:-1] + b',"status":"x"}')),
        "a member twice in an error": Variant("", after=bytes_of(422, lambda b: b[:-1] + b',"detail":[]}')),
        "NaN": Variant("", after=bytes_of(200, lambda b: b[:-1] + b',"cost":NaN}')),
        "a byte order mark": Variant("", after=bytes_of(200, lambda b: b"\xef\xbb\xbf" + b)),
        "a comma too many": Variant("", after=bytes_of(200, lambda b: b[:-1] + b",}")),
        "latin-1": Variant("", after=bytes_of(200, lambda b: b[:-1] + b',"note":"\xe9"}')),
        "single quotes": Variant("", after=bytes_of(200, lambda b: b.replace(b'"', b"'"))),
        "two texts": Variant("", after=bytes_of(200, lambda b: b + b)),
        "utf-16": Variant("", after=bytes_of(200, lambda b: b.decode().encode("utf-16"))),
        "a text of JSON": Variant("", after=bytes_of(200, lambda b: json.dumps(b.decode()).encode())),
        "an error cut short": Variant("", after=bytes_of(422, lambda b: b[:-3])),
        "Infinity for a number that is too large": Variant(
            "", after=lambda a, b: setattr(b, "body", b'{"detail":[],"input":Infinity}') if b"1e400" in a.body else None
        ),
    },
    "N": {
        "boolean as name": Variant("", before=when_name(lambda name: isinstance(name, bool))),
        "fraction as name": Variant("", before=when_name(lambda name: isinstance(name, float))),
        "list as name": Variant("", before=when_name(lambda name: isinstance(name, list))),
        "object as name": Variant("", before=when_name(lambda name: isinstance(name, dict))),
        "list as body": Variant("", before=when_json(lambda body: isinstance(body, list), {})),
        "text as body": Variant("", before=when_json(lambda body: isinstance(body, str), {})),
        "number as body": Variant("", before=when_json(lambda body: isinstance(body, int | float), {})),
        "wait=maybe": Variant("", before=taking_wait("maybe")),
        "wait=2": Variant("", before=taking_wait("2")),
        "any wait with a name": Variant("", before=taking_wait("maybe", "2", "1.5", where=text_name(bool))),
        "any name without waiting": Variant("", before=nameless_without_waiting),
        "false as name": Variant("", before=when_name(lambda name: name is False)),
        "0 as name": Variant("", before=when_name(lambda name: name == 0 and name is not False)),
        "false as body": Variant("", before=when_json(lambda body: body is False, {})),
        "the first body of a list": Variant(
            "", before=when_json(lambda body: isinstance(body, list) and body != [], {})
        ),
        "a cut body": Variant("", before=reading(lambda body: {} if is_cut(body) else body)),
        "no JSON": Variant("", before=reading(lambda body: {} if body and not is_json(body) else body)),
        "a text behind": Variant("", before=reading(lambda body: {} if body.endswith(b" x") else body)),
        "a comma too many": Variant("", before=reading(lambda body: {} if body.endswith(b",}") else body)),
        "single quotes": Variant("", before=reading(lambda body: {} if body.startswith(b"{'") else body)),
        "an empty body": Variant("", before=reading(lambda body: {} if body == b"" else body)),
        "a form": Variant("", before=taking_forms),
        "NaN as name": Variant("", before=when_name(lambda name: isinstance(name, float) and math.isnan(name))),
    },
    "P": {
        "white space around JSON": Variant("", before=refuse_when(lambda a: a.body != a.body.strip(), "body")),
        "empty name": Variant("", before=refuse_when(text_name(lambda n: n == ""), "body", "snapshot_name")),
        "name with spaces": Variant("", before=refuse_when(text_name(lambda n: " " in n), "body", "snapshot_name")),
        "name not ASCII": Variant(
            "", before=refuse_when(text_name(lambda n: not n.isascii()), "body", "snapshot_name")
        ),
        "long name": Variant("", before=refuse_when(text_name(lambda n: len(n) > 64), "body", "snapshot_name")),
        "name with an underscore": Variant(
            "", before=refuse_when(text_name(lambda n: "_" in n), "body", "snapshot_name")
        ),
        "name in capitals": Variant(
            "", before=refuse_when(text_name(lambda n: n != n.lower()), "body", "snapshot_name")
        ),
        "name required": Variant("", before=refuse_when(lambda a: name_of(a) is ..., "body", "snapshot_name")),
        "unknown member": Variant("", before=refuse_when(unknown, "body")),
        "unknown member beside a name": Variant(
            "", before=refuse_when(lambda a: unknown(a) and isinstance(name_of(a), str), "body")
        ),
        "wait required": Variant("", before=refuse_when(lambda a: "wait" not in a.query, "query", "wait")),
        "wait=true": Variant("", before=refuse_when(wait_is("true"), "query", "wait")),
        "wait=false with a name": Variant(
            "", before=refuse_when(lambda a: wait_is("false")(a) and isinstance(name_of(a), str), "query", "wait")
        ),
        "charset": Variant(
            "", before=answer_when(header_is("content-type", lambda text: ";" in text), 415, {"detail": "JSON"})
        ),
        "Accept: application/json": Variant(
            "", before=answer_when(header_is("accept", "application/json".__eq__), 406, {"detail": "no"})
        ),
        "key": Variant(
            "", before=answer_when(lambda a: "x-api-key" in a.headers, 401, {"detail": "no"}, www_authenticate="Bearer")
        ),
        "conflict without waiting": Variant("", before=answer_when(wait_is("false"), 409, {"detail": "Conflict"})),
    },
    "E": {
        "code always missing": Variant("", after=errors(lambda error: {**error, "type": "missing"})),
        "code always too long": Variant("", after=errors(lambda error: {**error, "type": "string_too_long"})),
        "no code": Variant("", after=errors(without("type"))),
        "code a number": Variant("", after=errors(lambda error: {**error, "type": 5})),
        "no loc": Variant("", after=errors(without("loc"))),
        "loc a text": Variant("", after=errors(lambda error: {**error, "loc": ".".join(map(str, error["loc"]))})),
        "loc with a fraction": Variant(
            "", after=errors(lambda error: {**error, "loc": [*error["loc"], 0.5]} if "ctx" in error else error)
        ),
        "loc without its place": Variant("", after=errors(lambda error: {**error, "loc": error["loc"][1:]})),
        "loc always the body": Variant("", after=errors(lambda error: {**error, "loc": ["body"]})),
        "loc always the query": Variant("", after=errors(lambda error: {**error, "loc": ["query", "wait"]})),
        "msg a number": Variant("", after=errors(lambda error: {**error, "msg": 5})),
        "an object as detail": Variant("", after=body_of(422, lambda body: {"detail": body["detail"][0]})),
        "errors for detail": Variant("", after=body_of(422, lambda body: {"detail": "x", "errors": body["detail"]})),
        "a list as body": Variant("", after=body_of(422, lambda body: body["detail"])),
        "a trace": Variant("", after=errors(lambda error: {**error, "msg": TRACE})),
        "a message for JSON errors": Variant(
            "", before=answer_when(lambda a: is_authentic(a) and is_malformed(a), 422, {"detail": "not JSON"})
        ),
        "a page for JSON errors": Variant(
            "",
            before=lambda a: (
                Answered(422, {"content-type": "text/html"}, b"<h1>no</h1>")
                if is_clone(a) and is_authentic(a) and is_malformed(a)
                else None
            ),
        ),
    },
    "A": {
        "empty key": Variant("", before=let_in(lambda a: a.headers.get("x-api-key") == "")),
        "key without its end": Variant("", before=let_in(lambda a: a.headers.get("x-api-key") == API_KEY[:-1])),
        "first half of the key": Variant(
            "", before=let_in(lambda a: a.headers.get("x-api-key", "").startswith(API_KEY[:12]))
        ),
        "first letter of the key": Variant("", before=let_in(lambda a: a.headers.get("x-api-key") == API_KEY[:1])),
        "the word null": Variant("", before=let_in(lambda a: a.headers.get("x-api-key") == "null")),
        "a local address": Variant("", before=let_in(header_is("x-forwarded-for", "127.0.0.1".__eq__))),
        "a local address behind a proxy": Variant("", before=let_in(header_is("x-real-ip", "127.0.0.1".__eq__))),
        "any password": Variant("", before=let_in(header_is("authorization", lambda text: text.startswith("Basic ")))),
        "any scheme": Variant("", before=let_in(lambda a: API_KEY in a.headers.get("authorization", ""))),
        "key without case": Variant(
            "", before=let_in(lambda a: a.headers.get("x-api-key", "").lower() == API_KEY.lower())
        ),
        "token in the query": Variant("", before=let_in(lambda a: "access_token=" in a.query)),
        "key in the query": Variant("", before=let_in(lambda a: "api_key=" in a.query)),
        "key in a cookie": Variant("", before=let_in(header_is("cookie", lambda text: API_KEY in text))),
        "no credentials without waiting": Variant("", before=let_in(wait_is("false"))),
        "no header at all": Variant("", before=let_in(lambda a: not KEYS & a.headers.keys())),
        "token refused": Variant(
            "", before=answer_when(lambda a: "authorization" in a.headers, 401, {"detail": "no"}, www_authenticate="B")
        ),
        "500 without credentials": Variant("", after=status_of(401, become(500, {}))),
        "401 as 422": Variant("", after=status_of(401, become(422, {"detail": []}))),
        "401 as 302": Variant("", after=status_of(401, become(302, {}))),
        "401 says 200": Variant("", after=status_of(401, become(200, {"session_id": "", "status": "unauthorized"}))),
    },
    "H": {
        "If-None-Match: * is 304": Variant("", before=answer_when(header_is("if-none-match", "*".__eq__), 304, None)),
        "GET implemented": Variant("", before=method("GET", 200, {"status": "active"})),
        "PUT does the same": Variant("", before=lambda a: setattr(a, "method", "POST") if a.method == "PUT" else None),
        "405 allows what it refuses": Variant(
            "", after=lambda _, a: set_header("allow", "GET, POST")(a) if a.status == 405 else None
        ),
        "HEAD fails": Variant("", before=method("HEAD", 500, {})),
        "OPTIONS fails": Variant("", before=method("OPTIONS", 500, {})),
        "TRACE implemented": Variant("", before=method("TRACE", 200, {})),
        "405 as 400": Variant("", after=lambda _, a: become(422, {})(a) if a.status == 405 else None),
        "Allow without what is documented": Variant("", after=allowing("GET")),
        "Allow with what is refused": Variant("", after=allowing("POST, DELETE")),
        "405 as 500": Variant("", after=lambda _, a: become(500, {})(a) if a.status == 405 else None),
        "Accept of a browser fails": Variant("", before=fails(header_is("accept", "text/html".__eq__))),
        "Accept that is broken fails": Variant("", before=fails(header_is("accept", lambda text: ";;" in text))),
        "Accept with a weight is refused": Variant(
            "", before=refusing_accept(re.compile("application/json;.*").fullmatch)
        ),
        "no Accept is refused": Variant("", before=refusing_accept(lambda text: not text)),
        "Accept of a browser is refused": Variant("", before=refusing_accept(lambda text: "xhtml" in text)),
        "a page for who takes one": Variant(
            "", after=asking(header_is("accept", lambda text: "html" in text and "json" in text), paged)
        ),
        "304 to POST": Variant("", before=answer_when(lambda a: "if-none-match" in a.headers, 304, {})),
        "a tag without quotes": Variant("", after=status_of(200, set_header("etag", "c1"))),
        "a weak tag in small letters": Variant("", after=status_of(200, set_header("etag", 'w/"c1"'))),
        "a weighed language fails": Variant("", before=fails(header_is("accept-language", lambda text: ";q=" in text))),
        "another media type fails": Variant("", before=fails(header_is("content-type", lambda text: "xml" in text))),
        "no media type fails": Variant("", before=fails(lambda a: "content-type" not in a.headers)),
        "a date that is no HTTP date": Variant("", after=status_of(200, set_header("date", "2026-11-30T10:09:42Z"))),
        "a header written by the query": Variant("", after=split_by_query),
        "a capital in the media type fails": Variant(
            "", before=fails(header_is("content-type", lambda text: text != text.lower()))
        ),
    },
    "W": {
        "a large body fails": Variant("", before=fails(lambda a: len(a.body) > 100_000)),
        "a deep body fails": Variant("", before=fails(lambda a: b"[[[[" in a.body)),
        "a byte order mark fails": Variant("", before=fails(lambda a: a.body.startswith(b"\xef\xbb\xbf"))),
        "UTF-16 fails": Variant("", before=fails(lambda a: a.body.startswith((b"\xff\xfe", b"\xfe\xff")))),
        "a lone surrogate fails": Variant("", before=fails(lambda a: b"\\ud800" in a.body)),
        "a NUL fails": Variant("", before=fails(text_name(lambda n: "\0" in n))),
        "a member given twice fails": Variant("", before=fails(lambda a: doubled(a.body))),
        "a member called __proto__ fails": Variant("", before=fails(lambda a: b"__proto__" in a.body)),
        "NaN fails": Variant("", before=fails(lambda a: b"NaN" in a.body)),
        "a huge number fails": Variant("", before=fails(lambda a: b"1e400" in a.body)),
        "bytes that are not UTF-8 fail": Variant("", before=fails(lambda a: b"\xff" in a.body)),
        "an empty body fails": Variant("", before=fails(lambda a: a.body == b"")),
        "a parameter given twice fails": Variant("", before=fails(lambda a: a.query.count("wait=") > 1)),
        "an encoding that is none": Variant("", after=status_of(200, set_header("content-encoding", "gzip"))),
        "escaped members are unknown": Variant(
            "", before=refuse_when(lambda a: b"\\u00" in a.body.partition(b":")[0], "body", "snapshot_name")
        ),
    },
    "D": {
        "percent-encoding is not decoded": Variant(
            "", before=lambda a: Answered.of(404, {"detail": "VM not found"}) if is_encoded(a) else None
        ),
        "spaces are trimmed": Variant("", before=looking_up(str.strip)),
        "decoded twice": Variant("", before=looking_up(unquote)),
        "only the beginning counts": Variant("", before=looking_up(lambda text: text[: len(VM_ID)])),
        "an encoded query is not decoded": Variant(
            "", before=refuse_when(lambda a: "%74" in a.query or "%66" in a.query, "query", "wait")
        ),
        "an encoded name is not decoded": Variant("", before=unnamed),
        "the path fails on a long id": Variant("", before=long_path),
        "the path fails beyond ASCII": Variant("", before=fails(lambda a: not a.path.isascii())),
        "the path fails on a dot": Variant("", before=fails(lambda a: "." in a.path)),
        "the path fails on a quote": Variant("", before=fails(lambda a: "'" in a.path)),
        "the path fails on a NUL": Variant("", before=fails(lambda a: "\0" in a.path)),
        "the path fails on an encoded slash": Variant("", before=failing_path("%2f")),
        "the path fails on a byte that is not UTF-8": Variant("", before=failing_path("%ff")),
        "the path may go on": Variant("", before=going_on),
    },
    "T": {
        "wait is false by default": Variant("", before=default_wait),
        "wait is false by default with a name": Variant("", before=default_wait_of_names),
        "wait=false is taken for true by status": Variant("", after=asking(wait_is("false"), becoming(201, {}))),
        "wait=0 is taken for true": Variant("", before=waiting_as("true", wait_is("0"))),
        "only who does not ask waits": Variant("", before=waiting_as("false", wait_is("true"))),
        "wait in the body is obeyed": Variant("", before=waiting_as("false", hastened_by_body)),
        "204 without waiting": Variant("", after=asking(wait_is("false"), lambda _, a: emptied(a))),
    },
    "U": {
        "one session for all": Variant("", after=body_of(200, lambda body: {**body, "session_id": SESSION})),
        "one machine for all": Variant("", after=body_of(200, lambda b: {**b, "vm_id": b["vm_id"] and "vmid-clone-1"})),
        "one machine for each name": Variant("", after=one_for_each_name()),
    },
    "X": {
        "Idempotency-Key": Variant("", before=fails(header_is("idempotency-key", bool))),
        "64 characters fail": Variant("", before=fails(lambda a: len(str(name_of(a))) == 64)),
        "every tenth request": Variant("", after=every(10, becoming(500, {}))),
        "every tenth request hangs up in words": Variant("", after=every(10, becoming(418, {}))),
        "beyond the BMP": Variant("", before=fails(text_name(lambda n: any(ord(c) > 0xFFFF for c in n)))),
        "apostrophe": Variant("", before=fails(text_name(lambda n: "'" in n))),
        "percent": Variant("", before=fails(text_name(lambda n: "%" in n))),
        "brace": Variant("", before=fails(text_name(lambda n: "{" in n))),
        "backslash": Variant("", before=fails(text_name(lambda n: "\\" in n))),
        "right-to-left letters": Variant("", before=fails(text_name(lambda n: any("א" <= c <= "ی" for c in n)))),
        "long name": Variant("", before=fails(text_name(lambda n: len(n) > 255))),
        "empty name": Variant("", before=fails(text_name(lambda n: n == ""))),
        "padded name": Variant("", before=fails(text_name(lambda n: n != n.strip()))),
        "control character": Variant("", before=fails(text_name(lambda n: any(ord(c) < 32 for c in n)))),
        "right-to-left mark": Variant("", before=fails(text_name(lambda n: "\u202e" in n))),
        "the text null": Variant("", before=fails(text_name(lambda n: n == "null"))),
        "null name": Variant("", before=fails(lambda a: name_of(a) is None)),
        "name without waiting": Variant(
            "", before=fails(lambda a: wait_is("false")(a) and isinstance(name_of(a), str))
        ),
        "null without waiting": Variant("", before=fails(lambda a: wait_is("false")(a) and name_of(a) is None)),
        "unknown member": Variant("", before=fails(unknown)),
        "combining characters": Variant("", before=fails(text_name(lambda n: "\u0301" in n))),
    },
}


ALL_FAULTS: dict[str, Variant] = {
    **{f"Z {name}": variant for name, variant in FAULTS.items()},
    **{f"{group} {name}": variant for group, variants in MORE.items() for name, variant in variants.items()},
}
