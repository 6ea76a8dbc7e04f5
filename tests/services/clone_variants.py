"""The FastAPI clone service with exactly one fault, or with one harmless difference."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode

from tests.services.fastapi_clone import build_app
from tests.services.twisting import After, Answered, ASGIApp, Asked, Before, twist

API_KEY = "instavm_sk_2f6c+right/one="
"""The one accepted credential; it has characters that change when it is percent-encoded."""

VM_ID = "vmid-abc-15"


@dataclass(frozen=True)
class Variant:
    """One difference. `words` are what a failure must say of a fault; a harmless variant has none."""

    text: str
    words: tuple[str, ...] = ()
    before: Before | None = None
    after: After | None = None

    def build(self, *, vm_ids: frozenset[str] | None = None) -> ASGIApp:
        """The service, which knows one key."""
        return twist(build_app(api_keys={API_KEY}, vm_ids=vm_ids), before=self.before, after=self.after)


# --- Makers of changes ------------------------------------------------------------------------------------------------


def body_of(status: int, change: Callable[[Any], Any]) -> After:
    """Changes the JSON body of the answers with this status."""

    def after(asked: Asked, answered: Answered) -> None:
        if answered.status == status and is_clone(asked):
            answered.set_json(change(answered.json()))

    return after


def status_of(status: int, change: Callable[[Answered], None]) -> After:
    """Changes the answers of the clone operation with this status."""

    def after(asked: Asked, answered: Answered) -> None:
        if answered.status == status and is_clone(asked):
            change(answered)

    return after


def is_clone(asked: Asked) -> bool:
    return asked.method == "POST" and asked.path.endswith("/clone")


def without(name: str) -> Callable[[Any], Any]:
    return lambda body: {key: value for key, value in body.items() if key != name}


def replacing(name: str, value: Any) -> Callable[[Any], Any]:
    return lambda body: {**body, name: value}


def with_locs(change: Callable[[list[Any]], list[Any]]) -> After:
    """Changes the `loc` of every error."""
    return body_of(422, lambda body: {"detail": [{**error, "loc": change(error["loc"])} for error in body["detail"]]})


def set_header(name: str, value: str) -> Callable[[Answered], None]:
    def change(answered: Answered) -> None:
        answered.headers[name] = value

    return change


def without_header(name: str) -> Callable[[Answered], None]:
    def change(answered: Answered) -> None:
        answered.headers.pop(name, None)

    return change


def become(status: int, value: Any) -> Callable[[Answered], None]:
    def change(answered: Answered) -> None:
        answered.status = status
        answered.set_json(value)

    return change


def set_status(status: int) -> Callable[[Answered], None]:
    def change(answered: Answered) -> None:
        answered.status = status

    return change


def page(answered: Answered) -> None:
    answered.headers["content-type"] = "text/html"
    answered.body = b"<h1>Unprocessable</h1>"


def answer_when(condition: Callable[[Asked], bool], status: int, value: Any, **headers: str) -> Before:
    """Answers the requests of the clone operation that meet a condition."""
    return lambda asked: Answered.of(status, value, **headers) if is_clone(asked) and condition(asked) else None


def refuse_when(condition: Callable[[Asked], bool], *loc: str) -> Before:
    error = {"loc": list(loc), "msg": "Refused", "type": "value_error"}
    return answer_when(lambda asked: is_authentic(asked) and condition(asked), 422, {"detail": [error]})


def is_authentic(asked: Asked) -> bool:
    scheme, _, token = asked.headers.get("authorization", "").partition(" ")
    return API_KEY in {asked.headers.get("x-api-key"), token if scheme.lower() == "bearer" else None}


def name_of(asked: Asked) -> Any:
    body = asked.json()
    return body.get("snapshot_name", ...) if isinstance(body, dict) else ...


def accept_number_as_name(asked: Asked) -> None:
    if isinstance(name_of(asked), int):
        asked.set_json({"snapshot_name": str(name_of(asked))})


def accept_any_wait(asked: Asked) -> None:
    known = [(name, value) for name, value in parse_qsl(asked.query) if value in {"true", "false"}]
    asked.query = urlencode(known)


def accept_no_body(asked: Asked) -> None:
    if not asked.body:
        asked.set_json({})
        asked.headers["content-type"] = "application/json"


def accept_null_body(asked: Asked) -> None:
    if asked.body == b"null":
        asked.set_json({})


def let_in(condition: Callable[[Asked], bool]) -> Before:
    """Gives requests that meet a condition the right credential."""

    def before(asked: Asked) -> None:
        if condition(asked):
            asked.headers["x-api-key"] = API_KEY

    return before


def is_malformed(asked: Asked) -> bool:
    return bool(asked.body) and asked.json() is None and asked.body.strip() != b"null"


CREATED = {"session_id": "s", "status": "active"}

# --- Faults -----------------------------------------------------------------------------------------------------------

FAULTS: dict[str, Variant] = {
    "session id missing": Variant(
        "no session_id", ("session_id", "required"), after=body_of(200, without("session_id"))
    ),
    "status null": Variant("status is null", ("`status`", "null"), after=body_of(200, replacing("status", None))),
    "vm id a number": Variant("vm_id is 7", ("`vm_id`",), after=body_of(200, replacing("vm_id", 7))),
    "flag a text": Variant("a text", ("`snapshot_deleted`",), after=body_of(200, replacing("snapshot_deleted", "no"))),
    "answer a list": Variant("[answer]", ("wrong body", "object"), after=body_of(200, lambda body: [body])),
    "text/plain": Variant(
        "wrong media type",
        ("text/plain", "application/json"),
        after=status_of(200, set_header("content-type", "text/plain")),
    ),
    "no content type": Variant(
        "no media type",
        ("Content-Type",),
        after=status_of(200, without_header("content-type")),
    ),
    "truncated json": Variant(
        "half an answer", ("200", "no JSON"), after=status_of(200, lambda a: setattr(a, "body", a.body[:-5]))
    ),
    "201": Variant("201 instead of 200", ("201", "does not document"), after=status_of(200, set_status(201))),
    "204": Variant("204 instead of 200", ("204", "does not document"), after=status_of(200, set_status(204))),
    "detail a text": Variant(
        "a string as detail", ("422", "`detail`"), after=body_of(422, lambda _: {"detail": "not valid"})
    ),
    "error without msg": Variant(
        "no msg",
        ("422", "msg"),
        after=body_of(422, lambda body: {"detail": [{"loc": e["loc"], "type": e["type"]} for e in body["detail"]]}),
    ),
    "loc names another field": Variant(
        "loc", ("loc", "snapshot_name=5"), after=with_locs(lambda loc: [*loc[:1], "other"])
    ),
    "loc in another place": Variant("loc", ("loc", "wait=maybe"), after=with_locs(lambda loc: ["header", *loc[1:]])),
    "loc empty": Variant("loc", ("loc", "wait=maybe", "[]"), after=with_locs(lambda loc: [])),
    "no errors": Variant("detail is empty", ("loc", "wait=maybe"), after=body_of(422, lambda _: {"detail": []})),
    "400 for 422": Variant("another status", ("400", "422"), after=status_of(422, set_status(400))),
    "html error": Variant("a page", ("422", "text/html"), after=status_of(422, page)),
    "200 with errors": Variant("200", ("accepts wait=maybe",), after=status_of(422, become(200, CREATED))),
    "number as name": Variant("5 becomes '5'", ("accepts snapshot_name=5",), before=accept_number_as_name),
    "any wait": Variant("wait=maybe", ("accepts wait=maybe",), before=accept_any_wait),
    "no body": Variant("no body needed", ("accepts a request without a body",), before=accept_no_body),
    "null body": Variant("null is {}", ("accepts the body null",), before=accept_null_body),
    "500 on malformed json": Variant(
        "crash", ("500", "JSON"), before=answer_when(is_malformed, 500, {"detail": "Internal Server Error"})
    ),
    "500 on non-ascii name": Variant(
        "crash",
        ("500", "snapshot_name"),
        before=answer_when(
            lambda a: isinstance(name_of(a), str) and not name_of(a).isascii(), 500, "Internal Server Error"
        ),
    ),
    "500 on wait false": Variant(
        "crash", ("500", "wait=false"), before=answer_when(lambda a: "wait=false" in a.query, 500, {})
    ),
    "null name refused": Variant(
        "null",
        ("refuses snapshot_name=null",),
        before=refuse_when(lambda a: name_of(a) is None, "body", "snapshot_name"),
    ),
    "empty object refused": Variant(
        "{}", ("refuses a valid request",), before=refuse_when(lambda a: a.json() == {}, "body", "snapshot_name")
    ),
    "wait=false refused": Variant(
        "false", ("refuses wait=false",), before=refuse_when(lambda a: "wait=false" in a.query, "query", "wait")
    ),
    "conflict on no name": Variant(
        "409", ("409",), before=answer_when(lambda a: a.json() == {}, 409, {"detail": "Conflict"})
    ),
    "no credentials needed": Variant("open", ("credentials", "without"), before=let_in(lambda asked: True)),
    "any bearer": Variant(
        "open", ("credentials", "OAuth2PasswordBearer"), before=let_in(lambda a: "authorization" in a.headers)
    ),
    "any api key": Variant("open", ("credentials", "X-API-Key"), before=let_in(lambda a: "x-api-key" in a.headers)),
    "key compared by prefix": Variant(
        "open",
        ("credentials", "one more character"),
        before=let_in(lambda a: a.headers.get("x-api-key", "").startswith(API_KEY)),
    ),
    "right key refused": Variant(
        "shut",
        ("right credentials", "401"),
        before=answer_when(lambda asked: True, 401, {"detail": "Not authenticated"}, www_authenticate="Bearer"),
    ),
    "DELETE implemented": Variant(
        "another method",
        ("DELETE", "not in the contract"),
        before=lambda asked: Answered.of(200, {"deleted": True}) if asked.method == "DELETE" else None,
    ),
    "PATCH implemented": Variant(
        "another method",
        ("PATCH", "422"),
        before=lambda asked: Answered.of(422, {"detail": []}) if asked.method == "PATCH" else None,
    ),
    "405 without Allow": Variant(
        "no Allow", ("405", "Allow"), after=lambda _, answered: without_header("allow")(answered)
    ),
    "500 on PUT": Variant(
        "crash", ("500", "PUT"), before=lambda asked: Answered.of(500, {}) if asked.method == "PUT" else None
    ),
}

# --- Harmless differences ---------------------------------------------------------------------------------------------


def reordered(body: Any) -> Any:
    return dict(reversed(body.items()))


def other_messages(body: Any) -> Any:
    return {"detail": [{"loc": e["loc"], "msg": "Ungültig", "type": "custom"} for e in reversed(body["detail"])]}


def compressed(asked: Asked, answered: Answered) -> None:
    if "gzip" in asked.headers.get("accept-encoding", ""):
        answered.body = gzip.compress(answered.body)
        answered.headers["content-encoding"] = "gzip"


def decorated(asked: Asked, answered: Answered) -> None:
    answered.headers |= {"x-request-id": "r-1", "cache-control": "no-store", "server": "nginx", "connection": "close"}


def pretty(asked: Asked, answered: Answered) -> None:
    if answered.headers.get("content-type", "").startswith("application/json"):
        answered.body = json.dumps(answered.json(), indent=2).encode() + b"\n"


def with_charset(asked: Asked, answered: Answered) -> None:
    if answered.headers.get("content-type") == "application/json":
        answered.headers["content-type"] = "application/json; charset=utf-8"


def strict_wait(asked: Asked) -> Answered | None:
    wait = dict(parse_qsl(asked.query, keep_blank_values=True)).get("wait", "true")
    if not is_clone(asked) or not is_authentic(asked) or wait in {"true", "false"}:
        return None
    return Answered.of(422, {"detail": [{"loc": ["query", "wait"], "msg": "true or false", "type": "bool"}]})


def guarded(asked: Asked) -> Answered | None:
    return None if is_authentic(asked) else Answered.of(401, {"message": "unauthorized"}, www_authenticate="Bearer")


BENIGN: dict[str, Variant] = {
    "correct": Variant("nothing"),
    "members reordered": Variant("", after=body_of(200, reordered)),
    "more members": Variant("", after=body_of(200, replacing("region", "eu"))),
    "only what is required": Variant(
        "", after=body_of(200, lambda body: {name: body[name] for name in ("session_id", "status")})
    ),
    "other messages": Variant("", after=body_of(422, other_messages)),
    "charset": Variant("", after=with_charset),
    "more headers": Variant("", after=decorated),
    "gzip": Variant("", after=compressed),
    "pretty": Variant("", after=pretty),
    "403 for 401": Variant("", after=status_of(401, become(403, {"detail": "Forbidden"}))),
    "401 without challenge": Variant("", after=status_of(401, without_header("www-authenticate"))),
    "401 as a page": Variant("", after=status_of(401, page)),
    "credentials before routing": Variant("", before=guarded),
    "400 on malformed json": Variant(
        "", before=answer_when(lambda a: is_authentic(a) and is_malformed(a), 400, {"detail": "Malformed"})
    ),
    "415 on another media type": Variant(
        "",
        before=answer_when(
            lambda a: is_authentic(a) and "json" not in a.headers.get("content-type", "json"),
            415,
            {"detail": "JSON, please"},
        ),
    ),
    "strict booleans": Variant("", before=strict_wait),
    "404 for other methods": Variant(
        "", after=lambda asked, answered: None if is_clone(asked) else become(404, {})(answered)
    ),
    "429 now and then": Variant(
        "", before=answer_when(lambda a: name_of(a) is None, 429, {"detail": "Quota exceeded"})
    ),
    "503 now and then": Variant("", before=answer_when(lambda a: name_of(a) is None, 503, {"detail": "Try again"})),
}
