"""Schemathesis' side of judging: what a generated case was meant to be, and whether an answer is as documented."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any, cast
from urllib.parse import parse_qsl, urlsplit

import requests
import schemathesis
from schemathesis import APIOperation, Case, CheckFunction, Response
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.openapi.checks import (
    JsonSchemaError,
    MalformedMediaType,
    MissingContentType,
    MissingHeaders,
    UndefinedContentType,
)

from contract_tests.contract import Contract, MediaType, Operation, escape
from contract_tests.decoding import NotJSON, decode
from contract_tests.exchanges import Answer, Call
from contract_tests.forms import MULTIPART, URLENCODED, essence, file_members
from contract_tests.intents import Intent, Kind
from contract_tests.leniency import has_default, is_filled_in, is_lax_body, is_lax_text, type_keyword
from contract_tests.ordering import is_in_order, lacks_an_end
from contract_tests.resources import iter_members, json_media
from contract_tests.verdicts import Finding, Verdict

_MEDIA_TYPE = re.compile(r"[\w!#$&^.+-]+/[\w!#$&^.+-]+")
_DOCUMENTED = ("content_type_conformance", "response_headers_conformance", "response_schema_conformance")


def iter_undocumented(
    contract: Contract, operation: Operation, case: Case[Any], response: Response, intent: Intent
) -> Iterator[Finding]:
    """Where the answer's media type, headers or body are not as documented for its status."""
    documented = contract.find_response(operation, response.status_code)
    if documented is None:
        return
    answer = answer_of(response)
    bodyless = operation.method == "HEAD" or response.status_code in {204, 304}
    checks = _DOCUMENTED[1:2] if bodyless else _DOCUMENTED[:2] if _is_stream(answer) else _DOCUMENTED
    seen: set[str] = set()
    for failure in _failures(case, response, checks):
        if isinstance(failure, MalformedMediaType) and _MEDIA_TYPE.fullmatch(answer.media_type):
            continue  # it is the document's that is malformed
        if isinstance(failure, JsonSchemaError) and _is_json_in_header(contract, documented, answer, failure):
            continue
        claim, subject, problem, expected, place = _explain(contract, documented, answer, failure)
        if subject in seen:
            continue
        seen.add(subject)
        yield Finding(
            verdict=Verdict.BUG,
            operation=str(operation),
            claim=claim,
            subject=f"{response.status_code} {subject}",
            sentence=f"{operation}: the {response.status_code} answer to {intent.said} {problem}",
            pointer=place,
            expected=expected,
            got=str(answer),
        )


def _is_stream(answer: Answer) -> bool:
    """Whether a body has no end, so that `schema` speaks of the whole and not of what Schemathesis reads of it."""
    return answer.media_type == "text/event-stream"


def intent_of(contract: Contract, operation: Operation, case: Case[Any], response: Response) -> Intent:
    """What a generated request was meant to be. One that is invalid only as it was generated is uncertain."""
    meta = case.meta
    if meta is None or meta.generation.mode.is_positive:
        # Schemathesis does not generate every `format` everywhere (4.32: not that of a nullable string).
        is_valid = _has_valid_body(contract, operation, case) and not _has_empty_array(contract, operation, case)
        # No bytes at all may be a file of its kind, but they are also no body where there has to be one.
        is_valid = is_valid and not (_requires_body(operation) and not response.request.body)
        in_order = (
            is_in_order(case.body) and is_in_order(dict(case.query)) and not _is_half(contract, operation, case.body)
        )
        kind = Kind.VALID if is_valid and in_order else Kind.UNCERTAIN
        return Intent(kind, "a generated valid request", pointer=operation.pointer, is_generated=True)
    data = meta.phase.data
    negative = [place.value for place, info in meta.components.items() if info.mode.is_negative]
    location = "path" if "path" in negative else next(iter(negative), "")
    said = _describe(case, location)
    scenario = str(getattr(data, "scenario", ""))
    if scenario.endswith("content_type"):
        said = f"a body sent as {case.headers.get('Content-Type', 'nothing')}"
        # Where no body is awaited, a type alone may be taken or refused.
        return Intent(Kind.MEDIA_TYPE if operation.request_body else Kind.UNCERTAIN, said, is_generated=True)
    pointer = _pointer_of(operation, location, data.parameter)
    is_no_form = _is_form(case) and not isinstance(case.body, dict)
    if "body" in negative and (isinstance(case.body, bytes) or is_no_form or scenario == "missing_parameter"):
        kind = Kind.MALFORMED
    else:
        kind = Kind.INVALID
    is_nested = sum(p.location == "path" for p in operation.parameters) > 1
    if "path" in negative and is_nested and response.status_code in {404, 410}:
        kind = Kind.UNCERTAIN  # nothing is placed in a path that is wrong: its other ids name nothing
    if response.status_code < 400 and "body" in negative and "json" not in str(case.media_type or "json").lower():
        kind = Kind.UNCERTAIN  # a form has texts alone: what is no number in JSON may be one in it
    elif response.status_code < 400 and _is_array(contract, operation, data.parameter, location):
        kind = Kind.UNCERTAIN  # a text is an array of one, and of more where it has a delimiter
    elif response.status_code < 400 and _is_left_out(contract, operation, data.parameter, location, response):
        kind = Kind.UNCERTAIN  # an object that is empty, or whose members are parameters, sends nothing of its name
    elif response.status_code < 400 and _is_filled_in(contract, operation, case, negative):
        kind = Kind.UNCERTAIN
    elif response.status_code < 400:
        if not any(_failures(case, response, ("negative_data_rejection",))):
            kind = Kind.UNCERTAIN
        elif _is_lax(contract, operation, case, response):
            kind = Kind.LAX
    field = (data.parameter,) if data.parameter and location != "body" else ()
    keyword = _path_keyword(contract, operation, case, field) if location == "path" else ""
    return Intent(kind, said, location, field, pointer, is_generated=True, keyword=keyword)


def _is_half(contract: Contract, operation: Operation, body: Any) -> bool:
    """Whether a patch changes one end only of what has two."""
    media = json_media(operation) if operation.method == "PATCH" else None
    names = [name for name, _, _ in contract.iter_properties(media.schema, "")] if media else []
    return lacks_an_end(names, body)


def _is_filled_in(contract: Contract, operation: Operation, case: Case[Any], negative: list[str]) -> bool:
    media = _media_of_value(operation, case) if negative == ["body"] else None
    return media is not None and is_filled_in(contract, media, case.body)


def _media_of_value(operation: Operation, case: Case[Any]) -> MediaType | None:
    """The documented media type of a body that is a value; None for bytes and for what is not sent."""
    body, has_value = (
        operation.request_body,
        case.body is None or isinstance(case.body, dict | list | str | int | float),
    )
    return next((m for m in body.content if m.name == case.media_type), None) if body and has_value else None


def _path_keyword(contract: Contract, operation: Operation, case: Case[Any], field: tuple[str, ...]) -> str:
    found = (p for p in operation.parameters if p.location == "path" and field == (p.name,))
    texts = ((str((case.path_parameters or {}).get(p.name)), contract.json_types(p.schema)) for p in found)
    return next((type_keyword(text, types) for text, types in texts), "type")


def _is_form(case: Case[Any]) -> bool:
    return essence(case.media_type or "") in {MULTIPART, URLENCODED}


def _is_left_out(contract: Contract, operation: Operation, name: str | None, location: str, response: Response) -> bool:
    """Whether nothing was sent of what is wrong, where nothing need be sent."""
    if location == "body":
        return not response.request.body and not (operation.request_body and operation.request_body.required)
    named = [p for p in operation.parameters if (p.location, p.name) == (location, name)]
    if location != "query" or any(p.required and not has_default(contract, p.schema) for p in named):
        return False
    sent = parse_qsl(urlsplit(str(response.request.url)).query, keep_blank_values=True)
    return name is not None and not any(key == name or key.startswith(f"{name}[") for key, _ in sent)


def _is_array(contract: Contract, operation: Operation, name: str | None, location: str) -> bool:
    return any(
        p.location == location and p.name == name and "array" in contract.json_types(p.schema)
        for p in operation.parameters
    )


def _has_empty_array(contract: Contract, operation: Operation, case: Case[Any]) -> bool:
    """Whether a query holds an array of nothing, which is spelled like one of an empty text."""
    arrays = {p.name for p in operation.parameters if "array" in contract.json_types(p.schema)}
    return any(name in arrays and value in ("", [], [""]) for name, value in (case.query or {}).items())


def _requires_body(operation: Operation) -> bool:
    return operation.request_body is not None and operation.request_body.required


def _has_valid_body(contract: Contract, operation: Operation, case: Case[Any]) -> bool:
    """Whether a body is valid by the document itself, as far as that is JSON, or made of texts and bytes."""
    body = operation.request_body
    media = next((media for media in body.content if media.name == case.media_type), None) if body else None
    if media is not None and "json" not in media.name.lower():
        # Any text is generated for what is a table.
        return not any(kind.startswith("text/") for kind in file_members(contract, media).values())
    if media is None or not isinstance(case.body, dict | list | str | int | float):
        return True
    is_valid = contract.body_validator(media).is_valid(case.body)
    # FastAPI takes what it does not forbid in its document.
    return is_valid and (contract.spec.is_fastapi or not _has_undeclared(contract, media.schema, case.body))


def _has_undeclared(contract: Contract, schema: Any, value: Any) -> bool:
    """Whether a value has members that its schema neither names nor speaks of: many frameworks refuse them unasked."""
    schema, _ = contract.resolve(schema, "")
    if not isinstance(schema, Mapping):
        return False
    if isinstance(value, list):
        return any(_has_undeclared(contract, schema.get("items"), item) for item in value)
    declared = {name: child for name, child, _ in contract.iter_properties(schema, "")}
    if not isinstance(value, dict) or not declared or schema.keys() & _OPEN:
        return False
    return any(name not in declared or _has_undeclared(contract, declared[name], held) for name, held in value.items())


_OPEN = {"additionalProperties", "patternProperties", "unevaluatedProperties", "anyOf", "oneOf", "$dynamicRef"}
"""Keywords that speak of members beside `properties`."""


def iter_unreadable(operation: Operation, intent: Intent, answer: Answer) -> Iterator[Finding]:
    """An answer that says it is JSON must be read alike by every reader."""
    if not answer.body or not (answer.media_type.endswith("+json") or answer.media_type == "application/json"):
        return
    try:
        decode(answer.body)
    except NotJSON as problem:
        yield Finding(
            verdict=Verdict.BUG,
            operation=str(operation),
            claim="json",
            subject=f"{answer.status} {str(problem).partition('(')[0]}",
            sentence=f"{operation}: the {answer.status} answer to {intent.said} {problem}",
            pointer=operation.pointer,
            expected="JSON that every reader reads alike",
            got=str(answer),
        )


def iter_disguised(contract: Contract, operation: Operation, intent: Intent, answer: Answer) -> Iterator[Finding]:
    """A success whose body has an undocumented error, and nothing of what is documented, is a failure in disguise.

    Where something is required, its schema says so already.
    """
    documented = contract.find_response(operation, answer.status) if 200 <= answer.status < 300 else None
    media = next((media for media in documented.content if "json" in media.name.lower()), None) if documented else None
    body = answer.json() if media is not None else None
    if documented is None or media is None or not isinstance(body, dict):
        return
    known = {name for name, _, _ in iter_members(contract, media.schema, f"{media.pointer}/schema")}
    told = next((name for name in _ERRORS if body.get(name) and isinstance(body[name], dict | list | str)), None)
    if told is not None and known and not known & body.keys() and not contract.required(media.schema):
        yield Finding(
            verdict=Verdict.BUG,
            operation=str(operation),
            claim="disguised",
            subject=str(answer.status),
            sentence=f"{operation} answers {answer.status} to {intent.said} with an error and no more: {told}",
            pointer=documented.pointer,
            expected="a status that says so, or the documented body",
            got=str(answer),
        )


_ERRORS = ("error", "errors", "exception", "fault", "errorMessage", "error_message")


def call_of(request: requests.PreparedRequest) -> Call:
    """A request as it was sent."""
    headers = tuple((_text(name), _text(value)) for name, value in request.headers.items())
    if "Accept" not in request.headers:
        headers += (("Accept", ""),)
    body = request.body.encode() if isinstance(request.body, str) else request.body
    return Call(str(request.method), str(request.url), headers, body)


def _text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def answer_of(response: Response) -> Answer:
    """A Schemathesis response as plain data."""
    headers = {name.lower(): tuple(values) for name, values in response.headers.items()}
    return Answer(response.status_code, headers, response.content or b"")


def manual_case(operation: APIOperation[Any, Any, Any, Any]) -> Case[Any]:
    """A case that only carries its operation, for judging the answer to a request made without Schemathesis."""
    names = [parameter.name for parameter in operation.path_parameters]
    return operation.Case(path_parameters=dict.fromkeys(names, "0"))


def _failures(case: Case[Any], response: Response, names: tuple[str, ...]) -> list[Failure]:
    load_all_checks()
    try:
        case.validate_response(response, checks=[cast("CheckFunction", CHECKS.get_one(name)) for name in names])
    except FailureGroup as group:
        return list(group.exceptions)
    except schemathesis.errors.SchemathesisError:
        return []  # the documented schema cannot be used; the claim about the document reports it
    return []


def _explain(contract: Contract, documented: Any, answer: Answer, failure: Failure) -> tuple[str, str, str, str, str]:
    """Claim, subject, problem, expectation and place of a failure."""
    names = ", ".join(media.name for media in documented.content)
    content = f"{documented.pointer}/content"
    if isinstance(failure, MissingContentType):
        return "media type", "no Content-Type", "has no Content-Type", names, content
    if isinstance(failure, UndefinedContentType | MalformedMediaType):
        got = answer.header("content-type") or "nothing"
        return "media type", answer.media_type, f"is {got}, not {names}", names, content
    if isinstance(failure, MissingHeaders):
        missing = ", ".join(failure.missing_headers)
        return "header", missing, f"lacks the required header {missing}", missing, f"{documented.pointer}/headers"
    if not isinstance(failure, JsonSchemaError):
        first = (failure.message or failure.title).splitlines()[0]
        return "body", failure.title, f"cannot be read: {first}", names, content
    if "header" in failure.title:
        name = next((name for name in documented.headers if answer.header(name) == str(failure.instance)), "")
        return (
            "header",
            f"{failure.title} {name}".strip(),
            f"has a wrong header{name and ' '}{name}: {failure.validation_message}",
            "",
            f"{documented.pointer}/headers",
        )
    path = ".".join(str(part) for part in failure.instance_path if isinstance(part, str))
    where = f"has a wrong `{path}`" if path else "has a wrong body"
    pointer = _schema_pointer(contract, documented, answer, [str(part) for part in failure.schema_path])
    subject = f"{path} {failure.schema_path[-1] if failure.schema_path else ''} {_missing_name(failure)}".strip()
    return "body", subject, f"{where}: {failure.validation_message}", _keyword(contract, pointer), pointer


def _is_json_in_header(contract: Contract, documented: Any, answer: Answer, failure: JsonSchemaError) -> bool:
    """Whether an object or array in a header is JSON, where OpenAPI's `simple` would have names, values and commas."""
    if "header" not in failure.title:
        return False
    for name, header in documented.headers.items():
        found, pointer = contract.resolve(header, f"{documented.pointer}/headers/{escape(name)}")
        text = answer.header(name) or ""
        if isinstance(found, Mapping) and "schema" in found and text.startswith(("{", "[")):
            with suppress(ValueError):
                value, whole = json.loads(text), failure.instance == text
                is_part = bool(failure.instance_path) or isinstance(failure.instance, dict | list)
                if (whole or is_part) and contract.spec.document.validator(f"{pointer}/schema").is_valid(value):
                    return True
    return False


def _missing_name(failure: JsonSchemaError) -> str:
    return failure.validation_message if failure.schema_path and failure.schema_path[-1] == "required" else ""


def _schema_pointer(contract: Contract, documented: Any, answer: Answer, path: list[str]) -> str:
    media = next((m for m in documented.content if m.name.lower() == answer.media_type), None)
    media = media or next(iter(documented.content), None)
    return contract.schema_at(f"{media.pointer}/schema", path) if media else documented.pointer


def _keyword(contract: Contract, pointer: str) -> str:
    """The documented keyword as text (`type: string`)."""
    node = contract.spec.document.lookup(pointer)
    return f"{pointer.rpartition('/')[2]}: {json.dumps(node, ensure_ascii=False)[:200]}"


def _describe(case: Case[Any], location: str) -> str:
    meta = case.meta
    data = meta.phase.data if meta else None
    what = " ".join(((data.description if data else "") or "not as documented").split())
    name = data.parameter if data and data.parameter and location != "body" else ""
    return f"an invalid {location} ({f'{name}: ' if name else ''}{what[:1].lower()}{what[1:]})".replace("  ", " ")


def _pointer_of(operation: Operation, location: str, name: str | None) -> str:
    if location == "body" and operation.request_body and operation.request_body.content:
        return f"{operation.request_body.content[0].pointer}/schema"
    found = (p.pointer for p in operation.parameters if p.location == location and p.name == name)
    return next(found, operation.pointer)


def _is_lax(contract: Contract, operation: Operation, case: Case[Any], response: Response) -> bool:
    """Whether each negative part of an accepted case is merely spelled leniently."""
    meta = case.meta
    negative = [place.value for place, info in meta.components.items() if info.mode.is_negative] if meta else []
    return bool(negative) and all(_is_lax_part(contract, operation, case, response, place) for place in negative)


def _is_lax_part(contract: Contract, operation: Operation, case: Case[Any], response: Response, location: str) -> bool:
    if location == "body":
        media = _media_of_value(operation, case)
        return media is not None and is_lax_body(contract, media, case.body)
    if location == "query":
        sent = parse_qsl(urlsplit(str(response.request.url)).query, keep_blank_values=True)
    else:
        container = {"path": case.path_parameters, "header": case.headers, "cookie": case.cookies}[location]
        sent = [(str(name), str(value)) for name, value in container.items()]
    known = {p.name.lower(): p for p in operation.parameters if p.location == location}
    given = [(known[name.lower()], text) for name, text in sent if name.lower() in known]
    names = {given.lower() for given, _ in sent}
    missing = [
        p for name, p in known.items() if p.required and name not in names and not has_default(contract, p.schema)
    ]
    return not missing and all(is_lax_text(contract, p.schema, p.pointer, text) for p, text in given)
