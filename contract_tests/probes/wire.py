"""Requests that are unusual on the wire: broken or odd JSON, media types, `Accept`, sizes, HEAD and OPTIONS."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from contract_tests.contract import Contract, MediaType, Operation
from contract_tests.drafts import Draft
from contract_tests.intents import STATED, Intent, Kind
from contract_tests.messages import INJECTED
from contract_tests.probes.tables import NESTED, REFUSED, VERBS, Change, Probe, as_head, with_header, with_value
from contract_tests.resources import find_header, find_key
from contract_tests.returned_headers import returned_headers

MAX_NULS = 4
HUGE = 8 * 1024 * 1024
"""Sent only to this machine, and only where the document has a 413 for what is too large."""
LARGE = 128 * 1024


def iter_exotic_probes(contract: Contract, operation: Operation, media: MediaType | None) -> Iterator[Probe]:
    """What a client may send by accident, and what an intermediary may make of a request."""
    yield from _accept(operation)
    if operation.method == "GET":
        intent = Intent(Kind.HEAD, f"HEAD {operation.path}")
        yield Probe(operation, "HEAD is answered like GET", intent, as_head)
    if operation.method in {"POST", "PUT", "PATCH"}:
        intent = Intent(Kind.VALID, "a request with Range")  # which only GET has (RFC 9110, section 14.2)
        yield Probe(operation, "Range is ignored", intent, with_header("Range", "bytes=0-1"))
    if operation.method in {"POST", "PUT", "PATCH"} and find_header(operation, "ifnonematch") is None:
        # Nothing has the tag; and 304 is an answer to GET and HEAD alone (RFC 9110, section 13.1.2).
        intent = Intent(Kind.VALID, f"a request with If-None-Match: {_NO_TAG}")
        yield Probe(
            operation, "If-None-Match with a tag of nothing is done", intent, with_header("If-None-Match", _NO_TAG)
        )
        # `*` may be taken for what is there already: 412, and no 304.
        yield _any(operation, "a request with If-None-Match: *", with_header("If-None-Match", "*"))
    if operation.method == "POST" and find_key(operation) is None:
        yield _any(operation, "a request with an Idempotency-Key", with_header("Idempotency-Key", _ID))  # as SDKs send
    yield from _returned(contract, operation, media)
    options = Intent(Kind.VERB, "OPTIONS")
    yield Probe(operation, "OPTIONS is no failure", options, lambda draft: draft.with_method("OPTIONS"))
    if contract.says_of_requests(operation, _UNDECLARED_IGNORED):
        intent = Intent(Kind.VALID, "an undeclared query parameter")
        yield Probe(operation, f"{intent.said} is ignored", intent, lambda draft: draft.adding_query("understudy", "x"))
    injection = f"x\r\n{INJECTED}: x"
    yield _any(operation, "ends of lines in the query", lambda draft: draft.adding_query("understudy", injection))
    yield _any(operation, "a query that is not UTF-8", _misencoded)
    if media is not None and _WELL_FORMED.fullmatch(media.name):
        yield from _bodies(contract, operation, media)
        yield from _media_types(operation, media)
    elif media is None and operation.method in {"POST", "PUT"}:
        yield from _other_media_types(operation)


def _misencoded(draft: Draft) -> Draft:
    return draft.adding_query("understudy", "x").respelled("understudy=x", "understudy=%FF")


_ACCEPTING = (
    "application/json",
    "application/json;q=0.9",
    "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",  # as browsers have it
    "text/html, application/json;q=0.9",
)
"""What takes JSON, where nothing else is documented."""

_OTHERS = (
    r"(undeclared|not declared|unknown|unrecogni[sz]ed|undocumented|unlisted|not (documented|listed|named|known)"
    r"|do(es)? not (know|declare|list|define|document))"
)
_UNDECLARED_IGNORED = re.compile(
    rf"\b(parameters?\b[^.;]*\b{_OTHERS}|{_OTHERS}\b[^.;]*\bparameters?)\b[^.;]*\bignored\b", re.IGNORECASE
)

_NO_TAG = '"understudy-no-such-tag"'
_ID = "5f0c2a34-7f0e-4d8b-9a3e-6c1d2b7e8f90"


def _returned(contract: Contract, operation: Operation, media: MediaType | None) -> Iterator[Probe]:
    """An id of a request that comes back, with an answer and, where there is a body to break, with a refusal."""
    for name in dict.fromkeys(each.name for each in returned_headers(contract, operation) if each.takes(contract, _ID)):
        identified, said = with_header(name, _ID), f"a request with {name}: {_ID}"
        kind = Kind.ANY if operation.method == "DELETE" else Kind.VALID
        yield Probe(operation, f"{said} {VERBS.get(kind, 'is no failure')}", Intent(kind, said), identified)
        if media is not None:
            intent = Intent(Kind.MALFORMED, f"{said} and half a body", "body", (), f"{media.pointer}/schema")
            yield Probe(operation, f"{intent.said} is refused", intent, _half(identified))


def _half(change: Change) -> Change:
    return lambda draft: change(draft).with_body(b'{"a": ')


def _bodies(contract: Contract, operation: Operation, media: MediaType) -> Iterator[Probe]:
    pointer = f"{media.pointer}/schema"
    for title, change in _BROKEN.items():
        intent = Intent(Kind.MALFORMED, title, "body", (), pointer)
        yield Probe(operation, f"{title} is refused", intent, _on_body(change))
    # Node's Buffer.toString, and so Express, reads such bytes as U+FFFD: lenient, and common.
    intent = Intent(Kind.MISENCODED, _NOT_UTF8)
    yield Probe(
        operation, f"{_NOT_UTF8} is refused or read leniently", intent, _on_body(lambda _: b'{"a": "\xff\xfe"}')
    )
    members = {name: schema for name, schema, _ in contract.iter_properties(media.schema, "")}
    yield from _constants(contract, operation, media, members)
    intent = Intent(Kind.MALFORMED, _RAW, "body", (), pointer)
    texts = [name for name, schema in members.items() if _is_text(contract, schema)]
    yield Probe(operation, f"{_RAW} is refused", intent, _with_constant((texts or ["a"])[0], '"a\nb"'))
    if media.name.lower() == "application/json" and not any("form" in name for name in _media_names(operation)):
        intent = Intent(Kind.MALFORMED, _FORM, pointer=pointer)  # it is the Content-Type that is wrong, or the body
        yield Probe(operation, f"{_FORM} is refused", intent, _as_form(next(iter(members), "a")))
    if not contract.json_types(media.schema) & {"string"}:
        intent = Intent(Kind.INVALID, _QUOTED, "body", (), pointer)
        yield Probe(
            operation, f"{_QUOTED} is refused", intent, _on_body(lambda body: json.dumps(body.decode()).encode())
        )
    for said, before in _SPACED.items():
        yield Probe(operation, f"{said} is accepted", Intent(Kind.VALID, said), _spaced(before))
    for title, change in _ODD.items():
        stated = _SAID_OF.get(title)
        if stated is not None and contract.says_of_requests(operation, stated):
            intent = Intent(Kind.MALFORMED, title, "body", (), pointer, keyword=STATED)
            yield Probe(operation, f"{title} is refused", intent, _on_body(change))
        else:
            yield _any(operation, title, _on_body(change))
    if texts and contract.says_of_requests(operation, _SAID_SURROGATE):
        intent = Intent(Kind.MALFORMED, _SURROGATE, "body", (), pointer, keyword=STATED)
        yield Probe(operation, f"{_SURROGATE} is refused", intent, _with_constant(texts[0], '"\\ud800"'))
    for number, name in enumerate(texts[:MAX_NULS] or ["a"]):  # PostgreSQL refuses a NUL
        yield _any(operation, f"a NUL in {name}" if number else "a NUL in a text", with_value(name, "a\0"))
    intent = Intent(Kind.NESTED, f"a body nested {_DEEPEST:,} deep", "body", (), pointer)
    yield Probe(operation, f"{intent.said} is no failure", intent, _on_body(_nested(_DEEPEST)))
    if any(response.status == "413" for response in operation.responses):
        intent = Intent(Kind.OVERSIZED, _HUGE, "body", (), pointer)
        yield Probe(operation, f"{_HUGE} is refused", intent, _on_body(lambda body: body + b" " * HUGE))


def _constants(
    contract: Contract, operation: Operation, media: MediaType, members: Mapping[str, Any]
) -> Iterator[Probe]:
    """What is no JSON, or no double, and yet is read as a number by many: in place of a number, or of a text."""
    pointer, is_fastapi = f"{media.pointer}/schema", contract.spec.is_fastapi
    numeric = [name for name, schema in members.items() if contract.json_types(schema) & {"number", "integer"}]
    others = [name for name in members if name not in numeric]
    # Python's parser reads these, pydantic takes them for numbers, and FastAPI fails to show them.
    for name in others[:1] if is_fastapi else [*numeric, *others, "a"][:1]:
        for word in ("NaN", "Infinity", "-Infinity"):
            title = f"a body with {word} (no JSON)"
            intent = Intent(Kind.CONSTANT if is_fastapi else Kind.MALFORMED, title, "body", (), pointer)
            yield Probe(operation, f"{title} is refused", intent, _with_constant(name, word))
    if is_fastapi and others:
        intent = Intent(Kind.CONSTANT, "a number too large for a double in place of a text")
        yield Probe(operation, f"{intent.said} is told of as JSON", intent, _with_constant(others[0], "1e400"))
    if is_fastapi and members and not _minds_others(contract, media.schema):
        yield _any(operation, "NaN in an undeclared member", _with_constant("understudy", "NaN"))


def _media_types(operation: Operation, media: MediaType) -> Iterator[Probe]:
    """Types and subtypes have no case (RFC 9110, section 8.3.1)."""
    name = media.name
    if name.lower() == "application/json":
        intent = Intent(Kind.VALID, f"a body sent as {name}; charset=utf-8")
        yield Probe(
            operation, f"Content-Type: {name}; charset=utf-8 is accepted", intent, _as(f"{name}; charset=utf-8")
        )
    if any(response.status == "415" for response in operation.responses):
        intent = Intent(Kind.VALID, f"a body sent as {name.title()}")
        yield Probe(operation, f"Content-Type: {name.title()} is accepted", intent, _as(name.title()))
    else:  # nobody promised to look at it
        yield _any(operation, f"Content-Type: {name.title()}", _as(name.title()))
    yield _any(operation, f'Content-Type: {name.upper()};Charset="UTF-8"', _as(f'{name.upper()};Charset="UTF-8"'))
    documented = operation.request_body.content if operation.request_body else ()
    plain = ("application/json",) if all("+json" in other.name for other in documented) else ()  # a patch is no value
    for value in ("application/xml", "application/octet-stream", *plain):
        intent = Intent(Kind.MEDIA_TYPE, f"JSON sent as {value}")
        yield Probe(operation, f"Content-Type: {value} is handled", intent, _as(value))
    yield _any(operation, "a body without Content-Type", lambda draft: draft.without_header("content-type"))


def _other_media_types(operation: Operation) -> Iterator[Probe]:
    """A body of a medium that is much like the one that is documented, where another has a status: 415."""
    names = _media_names(operation)
    if not any(response.status == "415" for response in operation.responses):
        return
    near = next((alike for alike in _ALIKE if all(name.startswith(alike[0][:6]) for name in names)), ())
    is_exact = all(_WELL_FORMED.fullmatch(name) for name in names)
    for value in [name for name in near if name not in names][:MAX_MEDIA] if is_exact and names else ():
        intent = Intent(Kind.MEDIA_TYPE, f"a body sent as {value}")
        yield Probe(operation, f"Content-Type: {value} is refused", intent, _as(value))


def _accept(operation: Operation) -> Iterator[Probe]:
    good = [response for response in operation.responses if response.status.startswith("2")]
    names = {media.name.lower() for response in good for media in response.content}
    if "application/json" in names:
        for value in _ACCEPTING:
            intent = Intent(Kind.VALID, f"a request with Accept: {value}")
            yield Probe(operation, f"Accept: {value} is served", intent, _accepting(value))
    chooses = len(names) > 1 or any(response.status == "406" for response in operation.responses)
    if "application/json" in names and not chooses:
        # It takes anything (RFC 9110, section 12.5.1); yet Werkzeug's `best_match` then finds nothing that is wanted.
        intent = Intent(Kind.VALID, "a request without Accept")
        yield Probe(operation, "no Accept is served", intent, _accepting(""))
    for response in good:
        several = [media.name.lower() for media in response.content if _WELL_FORMED.fullmatch(media.name)]
        for value in several if len(several) > 1 else ():
            intent = Intent(Kind.VALID, f"a request with Accept: {value}", accept=value)
            yield Probe(operation, f"Accept: {value} is answered so", intent, _accepting(value))
    for value in sorted({"application/xml", "text/csv"} - names) if names else ():
        intent = Intent(Kind.ANY, f"a request with Accept: {value}", accept=value)
        yield Probe(operation, f"Accept: {value} is no failure", intent, _accepting(value))
    for value in ("text/html", "image/*", ";;"):
        yield _any(operation, f"Accept: {value}", _accepting(value))
    # Starlette's middleware compresses for `gzip;q=0`, too.
    yield _any(operation, "Accept-Encoding: identity", with_header("Accept-Encoding", "identity"))
    for value in ("de-CH, de;q=0.9, *;q=0.5", ";;"):
        yield _any(operation, f"Accept-Language: {value}", with_header("Accept-Language", value))


def _any(operation: Operation, title: str, change: Change) -> Probe:
    return Probe(operation, f"{title} is no failure", Intent(Kind.ANY, title), change)


def _accepting(value: str) -> Change:
    return with_header("Accept", value)


def _as(name: str) -> Change:
    return with_header("Content-Type", name)


def _on_body(change: Any) -> Change:
    def changed(draft: Draft) -> Draft:
        return draft.with_body(change(draft.body or b"{}"))

    return changed


def _spaced(before: bytes) -> Change:
    """A body within white space; no body where none was found that is valid."""

    def changed(draft: Draft) -> Draft:
        return draft if draft.body is None else draft.with_body(before + draft.body + b"\n ")

    return changed


def _doubled(body: bytes) -> bytes:
    value = json.loads(body)
    if not isinstance(value, dict) or not value:
        return b'{"a": 1, "a": 2}'
    name, held = next(iter(value.items()))
    return b"{" + json.dumps(name).encode() + b": " + json.dumps(held).encode() + b", " + body.strip()[1:]


def _with_prototype(body: bytes) -> bytes:
    value = json.loads(body)
    return json.dumps({"__proto__": {}, **(value if isinstance(value, dict) else {})}).encode()


def _nested(depth: int) -> Any:
    return lambda _: b"[" * depth + b"]" * depth


_WELL_FORMED = re.compile(r"[a-z0-9.+-]+/[a-z0-9.+-]+", re.IGNORECASE)
_DEEPEST = 3000
_ALIKE = (
    ("text/csv", "text/plain", "text/html"),
    ("image/jpeg", "image/png", "image/gif"),
    ("audio/mpeg", "audio/wav", "audio/ogg"),
)
MAX_MEDIA = 2
_BROKEN = {
    "a body with a text behind it": lambda body: body + b" x",
    "a body with a comma too many": lambda body: body.rstrip()[:-1] + b",}",
    "a body in single quotes": lambda _: b"{'a': 'b'}",
    "a body cut short": lambda body: body.rstrip()[:-1],
}
_FORM = "a form in place of JSON"
_SPACED = {
    "a body with white space around it": b" \r\n\t",
    "a body behind 6,000 spaces": b" " * 6000,  # who reads it in pieces must read them all
}
_RAW = "a body with a line feed inside of a text"
_NOT_UTF8 = "a body that is not UTF-8"
_TWICE = "a member given twice"
_SURROGATE = "a text with a lone surrogate"
# Standards leave both to the reader (RFC 8259, sections 4 and 8.2); a document may say that they are refused.
# A sentence that has all of this, in whatever order. "Body" will not do: people are members, too.
SAID_TWICE = re.compile(
    r"(?:^|(?<=\.))(?=[^.]*\b(members?|keys?|property|properties)\b)"
    r"(?=[^.]*\b(JSON|objects?|(member|key|property) names?|names? of (a )?(members?|keys?|property|properties))\b)"
    r"(?=[^.]*\b(twice|repeat\w*|duplicat\w*|more than once|again)\b)"
    rf"(?=[^.]*({REFUSED}|\b(no|not|never|so is|so are)\b))(?![^.]*\b(first|last|ignored|idempoten\w+)\b)",
    re.IGNORECASE,
)
_SAID_SURROGATE = re.compile(rf"\blone surrogates?\b[^.;]*{REFUSED}", re.IGNORECASE)
_SAID_MARK = re.compile(
    rf"{REFUSED}[^.;]*\bbyte[ -]order mark\b(?![^.;]*\b(ignored|accepted|skipped)\b)"
    rf"|\bbyte[ -]order mark\b[^.;]*{REFUSED}",
    re.IGNORECASE,
)
_QUOTED = "JSON in a text"
_MARK = "a byte order mark"
_SAID_OF = {_TWICE: SAID_TWICE, _MARK: _SAID_MARK}
_ODD = {
    _TWICE: _doubled,
    "a member called __proto__": _with_prototype,
    _MARK: lambda body: b"\xef\xbb\xbf" + body,
    "UTF-16": lambda body: body.decode().encode("utf-16"),
    NESTED: _nested(100),  # from 128 and 255 on, parsers in Rust give up
    "a number too large for a double": lambda _: b'{"a": 1e400}',
    "a number of more than 64 bits": lambda _: b'{"a": 123456789012345678901234567890}',
    "a lone surrogate": lambda _: b'{"a": "\\ud800"}',
    "a large body": lambda body: body + b" " * LARGE,
}
_HUGE = f"a body of {HUGE // 1024 // 1024} MB"


def _minds_others(contract: Contract, schema: Any) -> bool:
    """Whether anything is said of undeclared members: FastAPI fails to show the NaN that it refuses or keeps."""
    node, _ = contract.resolve(schema, "")
    return not isinstance(node, Mapping) or bool(node.keys() & {"additionalProperties", "unevaluatedProperties"})


def _is_text(contract: Contract, schema: Any) -> bool:
    """Whether a member is a text in which any character may stand."""
    node, _ = contract.resolve(schema, "")
    is_limited = not isinstance(node, Mapping) or bool(node.keys() & {"pattern", "format", "enum", "const"})
    return contract.is_free_text(schema, 2) or (contract.json_types(schema) == {"string"} and not is_limited)


def _as_form(name: str) -> Change:
    """No JSON at all, whatever the member is called."""
    body = f"{quote(name)}=a".encode()
    return lambda draft: draft.with_body(body).with_parameter(
        "header", "Content-Type", "application/x-www-form-urlencoded"
    )


def _media_names(operation: Operation) -> list[str]:
    return [media.name.lower() for media in operation.request_body.content] if operation.request_body else []


def _with_constant(name: str, word: str) -> Change:
    """A constant in place of a number, where there is one: the type must not be what is refused."""

    def changed(draft: Draft) -> Draft:
        body = draft.with_property((name,), "understudy-constant").body or b""
        return draft.with_body(body.replace(b'"understudy-constant"', word.encode()))

    return changed
