"""Clone services that are correct, and merely different."""

from __future__ import annotations

import gzip
import itertools
from dataclasses import replace

from tests.services.clone_faults import doubled, errors, method, problem, reading
from tests.services.clone_variants import (
    BENIGN,
    Variant,
    become,
    body_of,
    is_authentic,
    is_clone,
    set_header,
    status_of,
)
from tests.services.twisting import After, Answered, Asked


def squeezed(asked: Asked, answered: Answered) -> None:
    answered.headers.pop("content-length", None)
    if "gzip" in asked.headers.get("accept-encoding", ""):
        answered.body = gzip.compress(answered.body)
        answered.headers |= {"content-encoding": "gzip", "vary": "Accept-Encoding"}


def in_capitals(asked: Asked, answered: Answered) -> None:
    answered.headers = {name.title(): value for name, value in answered.headers.items()}


def limited() -> After:
    numbers = itertools.count(1)

    def after(asked: Asked, answered: Answered) -> None:
        if is_clone(asked) and next(numbers) % 11 == 0:
            answered.headers = {"content-type": "application/json", "retry-after": "0"}
            become(429, {"detail": "Quota exceeded"})(answered)

    return after


def only_first(asked: Asked, answered: Answered) -> None:
    if answered.status == 422 and is_clone(asked):
        answered.set_json({"detail": answered.json()["detail"][:1]})


def strict_media(asked: Asked) -> Answered | None:
    if not is_clone(asked) or not is_authentic(asked):
        return None
    if asked.headers.get("content-type", "").partition(";")[0].strip().lower() == "application/json":
        return None
    return Answered.of(415, {"detail": "Unsupported Media Type"})


def strict_json(asked: Asked) -> Answered | None:
    """Refuses what RFC 8259 leaves open: repeated members, and a byte order mark."""
    if is_clone(asked) and is_authentic(asked) and (doubled(asked.body) or asked.body.startswith(b"\xef\xbb\xbf")):
        error = {"loc": ["body"], "msg": "not strict JSON", "type": "json_invalid"}
        return Answered.of(422, {"detail": [error]})
    return None


def bounded(asked: Asked) -> Answered | None:
    return Answered.of(413, {"detail": "too large"}) if len(asked.body) > 50_000 else None


def single(asked: Asked) -> Answered | None:
    """Refuses a parameter that is given twice."""
    if not is_clone(asked) or not is_authentic(asked) or asked.query.count("wait=") < 2:
        return None
    return Answered.of(422, {"detail": [{"loc": ["query", "wait"], "msg": "given twice", "type": "invalid"}]})


def cors(asked: Asked) -> Answered | None:
    headers = {"access_control_allow_origin": "*", "allow": "POST, OPTIONS"}
    return Answered.of(200, {}, **headers) if asked.method == "OPTIONS" else None


def acceptable(asked: Asked) -> Answered | None:
    accept = asked.headers.get("accept", "*/*")
    if not is_clone(asked) or "json" in accept or "*/*" in accept:
        return None
    return Answered.of(406, {"detail": "Not Acceptable"})


def in_other_words(variant: Variant) -> Variant:
    """The service of another framework, which has texts of its own."""
    translated = errors(lambda error: {**error, "msg": "Ungültig"})

    def after(asked: Asked, answered: Answered) -> None:
        if variant.after is not None:
            variant.after(asked, answered)
        if answered.status == 422:
            translated(asked, answered)

    return replace(variant, after=after)


MORE_BENIGN: dict[str, Variant] = {
    "bytes that are not UTF-8 read leniently": Variant(
        "", before=reading(lambda body: {} if b"\xff" in body else body)
    ),
    "gzip with Vary": Variant("", after=squeezed),
    "header names in capitals": Variant("", after=in_capitals),
    "429 with Retry-After": Variant("", after=limited()),
    "one constant code": Variant("", after=errors(lambda error: {**error, "type": "value_error"})),
    "other codes": Variant("", after=errors(lambda error: {**error, "type": "E1001", "url": "https://example.com/e"})),
    "only the first error": Variant("", after=only_first),
    "input and context left out": Variant(
        "", after=errors(lambda error: {name: error[name] for name in ("loc", "msg", "type")})
    ),
    "415 for what is not JSON": Variant("", before=strict_media),
    "repeated members refused": Variant("", before=strict_json),
    "413 for a large body": Variant("", before=bounded),
    "a repeated parameter refused": Variant("", before=single),
    "OPTIONS answered": Variant("", before=cors),
    "TRACE refused by a firewall": Variant("", before=method("TRACE", 403, {"detail": "Forbidden"})),
    "a media type in capitals": Variant(
        "", after=status_of(200, set_header("content-type", "Application/JSON ; Charset=UTF-8"))
    ),
    "two challenges": Variant("", after=status_of(401, set_header("www-authenticate", 'Bearer, ApiKey realm="vms"'))),
    "a machine that is named before it is there": Variant(
        "", after=body_of(200, lambda b: {**b, "vm_id": b["vm_id"] or "vmid-" + b["session_id"]})
    ),
    "406 for another Accept": Variant("", before=acceptable),
    "status in capitals": Variant("", after=body_of(200, lambda body: {**body, "status": body["status"].upper()})),
    "creating": Variant(
        "",
        after=body_of(200, lambda body: {**body, "status": body["status"].replace("provisioning", "creating")}),
    ),
    "numbers as session ids": Variant(
        "", after=body_of(200, lambda body: {**body, "session_id": body["session_id"][:8]})
    ),
    "no snapshot is told": Variant(
        "", after=body_of(200, lambda body: {**body, "snapshot_id": None, "snapshot_deleted": None})
    ),
    "a weak tag": Variant("", after=status_of(200, set_header("etag", 'W/"c-1!"'))),
    "404 in other words": Variant("", after=status_of(404, become(404, {"error": {"code": "vm_not_found"}}))),
    "403 for a foreign machine": Variant("", after=status_of(404, become(403, {"detail": "not yours"}))),
    "ASCII only": Variant("", after=body_of(422, lambda body: body)),
    "problem details for 401": Variant(
        "",
        after=status_of(401, problem("Unauthorized")),
    ),
}

_OTHERWISE = (
    "bytes that are not UTF-8 read leniently",
    "400 on malformed json",
    "401 without challenge",
    "404 for other methods",
    "415 on another media type",
    "only the first error",
)

OTHERWISE: dict[str, Variant] = {
    name: variant for name, variant in {**BENIGN, **MORE_BENIGN}.items() if name in _OTHERWISE
}
"""What no FastAPI service does, in FastAPI's own words: something around it does, and is at fault."""

ALL_BENIGN: dict[str, Variant] = {
    name: in_other_words(variant) if name in OTHERWISE else variant
    for name, variant in {**BENIGN, **MORE_BENIGN}.items()
}
