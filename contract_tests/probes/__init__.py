"""Deterministic requests derived from the document: one difference each from a request known to be valid."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from contract_tests.contract import JSON_TYPES, Contract, MediaType, Operation, Parameter, is_ours
from contract_tests.drafts import Draft
from contract_tests.forms import form_media
from contract_tests.intents import Intent, Kind
from contract_tests.leniency import has_default, is_lax_value, type_keyword
from contract_tests.probes.credentials import iter_credential_probes, iter_scope_probes
from contract_tests.probes.forms import near_forms
from contract_tests.probes.near import near_bodies
from contract_tests.probes.parameters import near_parameters
from contract_tests.probes.paths import iter_path_probes
from contract_tests.probes.tables import LONG, QUOTED, Change, Probe, unchanged, with_header, with_value
from contract_tests.probes.wire import iter_exotic_probes

__all__ = [
    "METHODS",
    "UNSAFE",
    "Probe",
    "is_first_look",
    "iter_credential_probes",
    "iter_method_probes",
    "iter_probes",
    "iter_scope_probes",
    "json_media_type",
]

METHODS = ("GET", "PUT", "POST", "DELETE", "PATCH", "TRACE")
"""Tried on every path. HEAD and OPTIONS are answered by frameworks on their own."""

_NO_METHOD = "BREW"

UNSAFE = frozenset({"PUT", "POST", "DELETE", "PATCH"})

# A value of each JSON type, with how it reads in a sentence. The text is one that no parser takes for anything else.
_SAMPLES: Mapping[str, Any] = {
    "string": "maybe",
    "integer": 5,
    "number": 1.5,
    "boolean": True,
    "array": [],
    "object": {},
}
# What `if not value` takes for absent, although it is not null.
_FALSY: tuple[tuple[str, Any], ...] = (("boolean", False), ("integer", 0))
_LAX_TEXT = {"boolean": ("yes", "1"), "integer": ("5.0",)}
_FLAGS = ("no", "on", "OFF", "T", "f", "Y", "n", "none", "null", " true")
"""What pydantic reads as a boolean, and others may not, and what it does not read, and others may."""
_WRONG_TEXT = {"boolean": ("maybe", "2", "tru"), "integer": ("maybe", "1.5"), "number": ("maybe",)}
_LETTERS = "Zoë 北京 🎉"
_COLUMNS = (64, 128, 255, 256)
"""Lengths at which columns end."""
_NOT_LISTED = "no-such-value"


def iter_probes(contract: Contract) -> Iterator[Probe]:
    """The table of requests that must be accepted or refused for their content, operation by operation."""
    for operation in contract.operations:
        yield Probe(operation, "a valid request is accepted", Intent(Kind.VALID, "a valid request"), unchanged)
        seen: set[str] = set()
        for probe in _content_probes(contract, operation):
            if probe.title not in seen:
                seen.add(probe.title)
                yield probe


def is_first_look(probe: Probe) -> bool:
    """Whether a probe asks for a whole list: it comes before anything is made, since one of nothing is a list, too."""
    operation = probe.operation
    is_plain = operation.method == "GET" and "{" not in operation.path and probe.intent.kind is Kind.VALID
    return is_plain and probe.change is unchanged and probe.credentials == "right"


def _content_probes(contract: Contract, operation: Operation) -> Iterator[Probe]:
    media = json_media_type(operation)
    for parameter in operation.parameters:
        if is_ours(parameter):
            yield from _parameter_probes(contract, operation, parameter)
            yield from near_parameters(contract, operation, parameter)
    yield from _body_probes(contract, operation)
    if media is not None:
        yield from near_bodies(contract, operation, media)
        yield from _everywhere_probes(contract, operation, media)
    elif (form := form_media(operation)) is not None:
        yield from near_forms(contract, operation, form)
    yield from iter_path_probes(contract, operation)
    yield from _encoded_name_probes(contract, operation)
    yield from iter_exotic_probes(contract, operation, media)


def _encoded_name_probes(contract: Contract, operation: Operation) -> Iterator[Probe]:
    """A wrong value under a name with a letter as `%77`, which is the same name (RFC 3986, section 6.2.2.2)."""
    for parameter in operation.parameters:
        name = parameter.name
        if parameter.location != "query" or not is_ours(parameter) or not (name[0].isascii() and name[0].isalpha()):
            continue
        probes = _parameter_probes(contract, operation, parameter)
        wrong = next(
            (p for p in probes if p.intent.kind is Kind.INVALID and p.intent.said.startswith(f"{name}=")), None
        )
        if wrong is not None:
            usual = quote(name, safe="")
            other = f"%{ord(name[0]):02X}{usual[1:]}"
            intent = replace(wrong.intent, said=f"{wrong.intent.said} as {other}")
            yield Probe(
                operation, f"{intent.said} is refused", intent, _respelled(wrong.change, f"{usual}=", f"{other}=")
            )
            return


def _respelled(change: Change, usual: str, other: str) -> Change:
    return lambda draft: change(draft).respelled(usual, other)


def json_media_type(operation: Operation) -> MediaType | None:
    """The JSON media type of an operation's body."""
    body = operation.request_body
    return next((media for media in body.content if _is_json(media)), None) if body else None


def iter_method_probes(contract: Contract) -> Iterator[Probe]:
    """Every method that a path does not document."""
    paths = {operation.path: operation for operation in reversed(contract.operations)}
    for path, operation in reversed(paths.items()):
        for method in METHODS:
            if method not in contract.methods(path):
                intent = Intent(Kind.METHOD, f"{method} {path}")
                yield Probe(operation, f"{method} is refused", intent, _with_method(method))
        unknown = Intent(Kind.VERB, f"{_NO_METHOD} {path}")
        yield Probe(operation, "a method that nobody knows is no failure", unknown, _with_method(_NO_METHOD))
        if not contract.methods(path) & {"GET", "HEAD"}:
            yield Probe(operation, "HEAD is no failure", Intent(Kind.VERB, f"HEAD {path}"), _with_method("HEAD"))


# --- Parameters ---------------------------------------------------------------------------------------------------


def _parameter_probes(contract: Contract, operation: Operation, parameter: Parameter) -> Iterator[Probe]:
    location, name = parameter.location, parameter.name
    types = contract.json_types(parameter.schema) - {"null"}

    def probe(kind: Kind, value: str) -> Probe:
        verb = {Kind.VALID: "is accepted", Kind.LAX: "is refused or read leniently"}.get(kind, "is refused")
        intent = Intent(
            kind, f"{name}={value}", location, (name,), parameter.pointer, keyword=type_keyword(value, types)
        )
        return Probe(operation, f"{name}={value} {verb}", intent, lambda d: d.with_parameter(location, name, value))

    if parameter.required and location != "path":
        kind = Kind.UNCERTAIN if has_default(contract, parameter.schema) else Kind.INVALID
        intent = Intent(kind, f"a request without {name}", location, (name,), parameter.pointer)
        yield Probe(operation, f"{name} missing is refused", intent, lambda d: d.without_parameter(location, name))
    if types == {"boolean"} and not contract.enum(parameter.schema) and location != "path":
        yield from (probe(Kind.VALID, value) for value in ("true", "false"))
    if types == {"string"} and contract.enum(parameter.schema):
        yield probe(Kind.INVALID, _NOT_LISTED)
    scalar = next((kind for kind in ("boolean", "integer", "number") if types <= _WIDER[kind]), None)
    if scalar is None or not types:
        return
    yield from (probe(Kind.INVALID, value) for value in _WRONG_TEXT.get(scalar, ()))
    if location == "query":
        yield from (probe(Kind.LAX, value) for value in _LAX_TEXT.get(scalar, ()))
        if scalar == "boolean" and contract.spec.is_fastapi:
            yield from (probe(Kind.LAX, value) for value in _FLAGS)


_WIDER = {"boolean": {"boolean"}, "integer": {"integer"}, "number": {"integer", "number"}}


def _everywhere_probes(contract: Contract, operation: Operation, media: MediaType) -> Iterator[Probe]:
    """A parameter and a member of the body, both valid, one broken, or both, which FastAPI reports in one answer."""
    parameters = [
        probe
        for p in operation.parameters
        if p.location == "query" and is_ours(p)
        for probe in _parameter_probes(contract, operation, p)
    ]
    members = [*_property_probes(contract, operation, media)]
    texts = [probe for probe in members if probe.intent.kind is Kind.VALID and not probe.intent.said.endswith("=null")]
    wrong = [probe for probe in members if probe.intent.kind is Kind.INVALID]
    first_wrong = {p.intent.field: p for p in reversed(parameters) if p.intent.kind is Kind.INVALID}
    for first in (probe for probe in parameters if probe.intent.kind is Kind.VALID):
        for second in texts[:1]:
            yield _together(first, second, Kind.VALID, second.intent)
        for second in wrong[:1]:  # a service may take another way for each choice
            yield _together(first, second, Kind.INVALID, second.intent)
    for first in first_wrong.values():
        for second in texts[:1]:
            yield _together(first, second, Kind.INVALID, first.intent)
    if not contract.spec.is_fastapi:
        return
    for first in [*first_wrong.values()][:1]:
        for second in wrong[:1]:
            said = f"{first.intent.said} with {second.intent.said}"
            intent = replace(first.intent, said=said, keyword="", further=(("body", second.intent.field),))
            yield Probe(operation, f"{said}: each is told", intent, _both(first.change, second.change))


def _together(first: Probe, second: Probe, kind: Kind, of: Intent) -> Probe:
    """Two changes in one request, which is refused for what one of them is about."""
    said = f"{first.intent.said} with {second.intent.said}"
    title = f"{said} {'is accepted' if kind is Kind.VALID else 'is refused'}"
    intent = Intent(Kind.VALID, said) if kind is Kind.VALID else replace(of, said=said)
    return Probe(first.operation, title, intent, _both(first.change, second.change))


# --- Bodies -------------------------------------------------------------------------------------------------------


def _body_probes(contract: Contract, operation: Operation) -> Iterator[Probe]:
    body = operation.request_body
    media = next((media for media in body.content if _is_json(media)), None) if body else None
    if body is None or media is None:
        return
    pointer = f"{media.pointer}/schema"
    if body.required:
        yield from _absent_body_probes(contract, operation, media)
    elif _may_lack_body(contract, operation, media):
        intent = Intent(Kind.VALID, "a request without a body", pointer=f"{operation.pointer}/requestBody")
        yield Probe(operation, "no body is accepted", intent, lambda draft: draft.with_body(None))
    yield from _malformed_probes(operation, pointer)
    types = contract.json_types(media.schema)
    if types == {"object"}:
        for text in ("[]", '"text"', "5", "false"):
            intent = Intent(Kind.INVALID, f"the body {text}", "body", (), pointer)
            yield Probe(operation, f"body {text} is refused", intent, _with_body(text.encode()))
        intent = Intent(Kind.INVALID, "a valid body in a list", "body", (), pointer)
        yield Probe(operation, f"{intent.said} is refused", intent, _in_a_list)
        yield from _property_probes(contract, operation, media)
        yield from _quoted_probes(contract, operation, media)
    intent = Intent(Kind.MEDIA_TYPE, "JSON sent as text/plain")
    yield Probe(operation, "Content-Type: text/plain is handled", intent, with_header("Content-Type", "text/plain"))


def _may_lack_body(contract: Contract, operation: Operation, media: MediaType) -> bool:
    """Whether a document says that a body may be left out, and does not merely forget to say that it may not."""
    node, _ = contract.resolve(contract.spec.document.lookup(operation.pointer), operation.pointer)
    body, _ = contract.resolve(node.get("requestBody"), f"{operation.pointer}/requestBody")
    is_said = isinstance(body, Mapping) and body.get("required") is False
    return is_said and (contract.body_validator(media).is_valid({}) or contract.body_validator(media).is_valid(None))


def _absent_body_probes(contract: Contract, operation: Operation, media: MediaType) -> Iterator[Probe]:
    pointer = f"{operation.pointer}/requestBody"
    intent = Intent(Kind.MALFORMED, "a request without a body", "body", (), pointer)
    yield Probe(operation, "no body is refused", intent, lambda draft: draft.with_body(None))
    intent = Intent(Kind.MALFORMED, "an empty body", "body", (), pointer)
    yield Probe(operation, "an empty body is refused", intent, _with_body(b""))
    if "null" not in contract.json_types(media.schema):
        intent = Intent(Kind.INVALID, "the body null", "body", (), f"{media.pointer}/schema")
        yield Probe(operation, "body null is refused", intent, _with_body(b"null"))


def _malformed_probes(operation: Operation, pointer: str) -> Iterator[Probe]:
    for title, body in (("a truncated JSON body", b'{"a": '), ("a body that is no JSON", b"{maybe}")):
        intent = Intent(Kind.MALFORMED, title, "body", (), pointer)
        yield Probe(operation, f"{title} is refused", intent, _with_body(body))


def _property_probes(contract: Contract, operation: Operation, media: MediaType) -> Iterator[Probe]:
    required = contract.required(media.schema)
    for name, schema, pointer in contract.iter_properties(media.schema, f"{media.pointer}/schema"):
        if contract.is_read_only(schema):
            continue
        if name in required:
            said, kind = f"a body without {name}", Kind.UNCERTAIN if has_default(contract, schema) else Kind.INVALID
            intent = Intent(kind, said, "body", (name,), pointer, keyword="required")
            yield Probe(operation, f"{name} missing is refused", intent, _without_property(name))
        yield from _value_probes(contract, operation, name, schema, pointer)


def _quoted_probes(contract: Contract, operation: Operation, media: MediaType) -> Iterator[Probe]:
    """A wrong value whose text must be escaped where an error shows it."""
    for name, schema, pointer in contract.iter_properties(media.schema, f"{media.pointer}/schema"):
        if not contract.json_types(schema) & {"array", "object"} and not contract.is_read_only(schema):
            intent = Intent(Kind.INVALID, f"{name}=[{json.dumps(QUOTED)}]", "body", (name,), pointer, keyword="type")
            yield Probe(operation, f"{intent.said} is refused", intent, with_value(name, [QUOTED]))
            return


def _value_probes(contract: Contract, operation: Operation, name: str, schema: Any, pointer: str) -> Iterator[Probe]:
    types = contract.json_types(schema)

    def probe(kind: Kind, value: Any, keyword: str = "type") -> Probe:
        shown = f"{name}={json.dumps(value, ensure_ascii=False)}"
        verb = {Kind.VALID: "is accepted", Kind.LAX: "is refused or read leniently"}.get(kind, "is refused")
        intent = Intent(kind, shown, "body", (name,), pointer, keyword=keyword if value else "")
        return Probe(operation, f"{shown} {verb}", intent, lambda draft: draft.with_property((name,), value))

    for kind, value in (*_SAMPLES.items(), *(_FALSY if "null" in types else ())):
        if kind not in types and not (kind == "integer" and "number" in types):
            lax = is_lax_value(value, types, contract.text_format(schema))
            yield probe(Kind.LAX if lax else Kind.INVALID, value)
    if "null" not in types:
        yield probe(Kind.INVALID, None)
    elif types != JSON_TYPES and None in contract.enum(schema, default=[None]):
        yield probe(Kind.VALID, None)
    if text := _lax_text(types):
        yield probe(Kind.LAX, text)
    if contract.is_free_text(schema, len(_LETTERS)):
        yield probe(Kind.VALID, _LETTERS)
    for length in (length for length in _COLUMNS if contract.is_free_text(schema, length)):
        intent = Intent(Kind.ANY, f"a {name} of {length} characters", "body", (name,), pointer)
        yield Probe(operation, f"{intent.said} is no failure", intent, with_value(name, "x" * length))
    if contract.is_free_text(schema, LONG):
        intent = Intent(Kind.ANY, f"a long {name}", "body", (name,), pointer)
        yield Probe(operation, f"a long {name} is no failure", intent, with_value(name, "x" * LONG))
    if "string" in types and contract.enum(schema):
        yield probe(Kind.INVALID, _NOT_LISTED, "enum")


def _lax_text(types: frozenset[str]) -> str | None:
    if "string" in types:
        return None
    return "5" if types & {"integer", "number"} else "yes" if "boolean" in types else None


# --- Changes ------------------------------------------------------------------------------------------------------


def _both(first: Change, second: Change) -> Change:
    return lambda draft: second(first(draft))


def _with_body(body: bytes) -> Change:
    return lambda draft: draft.with_body(body)


def _in_a_list(draft: Draft) -> Draft:
    return draft.with_body(b"[" + (draft.body or b"{}") + b"]")


def _with_method(method: str) -> Change:
    return lambda draft: draft.with_method(method)


def _without_property(name: str) -> Change:
    return lambda draft: draft.without_property(name)


def _is_json(media: MediaType) -> bool:
    name = media.name.partition(";")[0].strip().lower()
    return name in {"application/json", "*/*", "application/*"} or name.endswith("+json")
