"""Faults that a service of a contract could have, one difference each: in what it accepts, and in what it answers."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from contract_tests.contract import Contract, MediaType, Operation, is_ours
from contract_tests.exchanges import Answer

Twist = Callable[[str, Answer], Answer]
"""Changes an answer, given the request's method."""

MAX_DEPTH = 5
"""Schemas further inside each other than this are not mutated."""

REMOVED = object()
OUTSIDER = "understudy-outsider"
FIRST = "0"
"""Stands for the first item of an array in a path."""

_BOUNDS = {
    "minimum": -1,
    "exclusiveMinimum": -1,
    "minLength": -1,
    "minItems": -1,
    "minProperties": -1,
    "maximum": 1,
    "exclusiveMaximum": 1,
    "maxLength": 1,
    "maxItems": 1,
    "maxProperties": 1,
}
_REMOVABLE = ("enum", "const", "pattern", "format", "multipleOf", "uniqueItems")
_OTHER_TYPE = {"string": "integer", "integer": "string", "number": "string", "boolean": "string"}
_OTHER_VALUE: Mapping[str, Any] = {
    "string": 5,
    "integer": "x",
    "number": "x",
    "boolean": "x",
    "array": {},
    "object": [],
}


@dataclass(frozen=True, slots=True)
class Mutant:
    """One fault: `edits` change the document that the mock serves (pointers and new values), `twist` its answers.

    `group` is the row of the kill table; `auth` is `off` when credentials are not looked at, `any` when any will do.
    """

    operation: str
    group: str
    title: str
    edits: tuple[tuple[str, Any], ...] = ()
    twist: Twist | None = None
    auth: str = ""

    def __str__(self) -> str:
        return f"{self.operation} · {self.title}"

    def document(self, original: Mapping[str, Any]) -> dict[str, Any]:
        """The document with the edits made."""
        document = copy.deepcopy(dict(original))
        for pointer, value in self.edits:
            *path, last = (token.replace("~1", "/").replace("~0", "~") for token in pointer.split("/")[1:])
            node: Any = document
            for token in path:
                node = node[int(token)] if isinstance(node, list) else node[token]
            if value is REMOVED:
                node.pop(last, None)
            else:
                node[last] = value
        return document


def iter_mutants(contract: Contract) -> Iterator[Mutant]:
    """Every fault that this contract suggests, operation by operation; the same ones each time."""
    seen: set[str] = set()
    for operation in contract.operations:
        yield from _request_mutants(contract, operation, seen)
        yield from _answer_mutants(contract, operation)
        yield from _protocol_mutants(contract, operation)


# --- What is accepted -------------------------------------------------------------------------------------------------


def _request_mutants(contract: Contract, operation: Operation, seen: set[str]) -> Iterator[Mutant]:
    for parameter in operation.parameters:
        if not is_ours(parameter):
            continue
        where = f"{parameter.location} {parameter.name}"
        holder = parameter.pointer.removesuffix("/schema")
        if parameter.location != "path" and holder not in seen:
            seen.add(holder)
            word = "optional" if parameter.required else "required"
            edit = (f"{holder}/required", not parameter.required)
            yield Mutant(str(operation), "required", f"{where} becomes {word}", (edit,))
        yield from _schema_mutants(contract, operation, where, parameter.pointer, seen, depth=0)
    media = json_media(operation.request_body.content) if operation.request_body else None
    if media is not None:
        yield from _schema_mutants(contract, operation, "body", f"{media.pointer}/schema", seen, depth=0)


def _schema_mutants(
    contract: Contract, operation: Operation, where: str, pointer: str, seen: set[str], *, depth: int
) -> Iterator[Mutant]:
    schema, pointer = contract.resolve(contract.spec.document.lookup(pointer), pointer)
    if not isinstance(schema, Mapping) or pointer in seen or depth > MAX_DEPTH:
        return
    seen.add(pointer)

    def mutant(group: str, title: str, keyword: str, value: Any) -> Mutant:
        return Mutant(str(operation), group, f"{where}: {title}", ((f"{pointer}/{keyword}", value),))

    yield from (mutant(*facts) for facts in _keyword_changes(schema))
    for name, child in schema.get("properties", {}).items():
        if not contract.is_read_only(child):
            token = name.replace("~", "~0").replace("/", "~1")
            place = f"{pointer}/properties/{token}"
            yield from _schema_mutants(contract, operation, f"{where}.{name}", place, seen, depth=depth + 1)
    for keyword in ("anyOf", "oneOf", "allOf"):
        for number, _ in enumerate(schema.get(keyword, ())):
            place = f"{pointer}/{keyword}/{number}"
            yield from _schema_mutants(contract, operation, where, place, seen, depth=depth + 1)
    if isinstance(schema.get("items"), Mapping):
        yield from _schema_mutants(contract, operation, f"{where}[]", f"{pointer}/items", seen, depth=depth + 1)


def _keyword_changes(schema: Mapping[str, Any]) -> Iterator[tuple[str, str, str, Any]]:
    """Group, title, keyword and new value of each change."""
    for keyword, step in _BOUNDS.items():
        limit = schema.get(keyword)
        if isinstance(limit, int | float) and not isinstance(limit, bool):
            for word, change in (("relaxed", step), ("tightened", -step)):
                if limit + change >= 0 or keyword.lower().endswith("imum"):
                    yield "bounds", f"{keyword} {limit} {word} to {limit + change}", keyword, limit + change
    for keyword in _REMOVABLE:
        if keyword in schema:
            yield keyword, f"{keyword} is not checked", keyword, REMOVED
    values = schema.get("enum")
    if isinstance(values, list) and len(values) > 1:
        yield "enum", f"{json.dumps(values[-1])} is refused", "enum", values[:-1]
    if isinstance(values, list) and all(isinstance(value, str) for value in values):
        yield "enum", f"{OUTSIDER} is taken", "enum", [*values, OUTSIDER]
    required = schema.get("required", [])
    for name in required:
        yield "required", f"{name} may be left out", "required", [other for other in required if other != name]
    for name in schema.get("properties", {}):
        if name not in required:
            yield "required", f"{name} must be given", "required", [*required, name]
    if schema.get("additionalProperties") is False:
        yield "additionalProperties", "unknown properties are taken", "additionalProperties", True
    yield from _type_changes(schema)


def _type_changes(schema: Mapping[str, Any]) -> Iterator[tuple[str, str, str, Any]]:
    declared = schema.get("type")
    names = [declared] if isinstance(declared, str) else list(declared or ())
    plain = [name for name in names if name != "null"]
    if len(plain) == 1 and plain[0] in _OTHER_TYPE:
        other = _OTHER_TYPE[plain[0]]
        yield "type", f"{plain[0]} becomes {other}", "type", [other, *names[len(plain) :]]
        yield "type", "the type is not checked", "type", REMOVED
    if plain and "null" in names:
        yield "null", "null is refused", "type", plain
    elif plain:
        yield "null", "null is taken", "type", [*plain, "null"]
    for keyword in ("anyOf", "oneOf"):
        branches = schema.get(keyword, [])
        if {"type": "null"} in branches:
            yield "null", "null is refused", keyword, [branch for branch in branches if branch != {"type": "null"}]


# --- What is answered -------------------------------------------------------------------------------------------------


def _answer_mutants(contract: Contract, operation: Operation) -> Iterator[Mutant]:
    for response in operation.responses:
        if not response.status.startswith("2") or not response.status.isdigit():
            continue
        status = int(response.status)
        other = next(
            code for code in (202, 201, 203, 206) if contract.find_response(operation, code) is None or code == 206
        )
        if contract.find_response(operation, other) is None:
            title = f"{status} becomes {other}"
            yield Mutant(str(operation), "status", title, twist=_on(status, _with_status(other)))
        for name, header in response.headers.items():
            resolved, _ = contract.resolve(header, "")
            if isinstance(resolved, Mapping) and resolved.get("required"):
                yield Mutant(str(operation), "header", f"{name} is missing", twist=_on(status, _without_header(name)))
        media = json_media(response.content)
        if media is None:
            continue
        title = f"{status} comes as text/html"
        yield Mutant(str(operation), "media type", title, twist=_on(status, _with_media_type("text/html")))
        yield Mutant(str(operation), "media type", f"{status} is cut short", twist=_on(status, _cut))
        for path, title, value in _wrong_values(contract, media.schema, (), 0):
            yield Mutant(
                str(operation),
                "answer",
                f"{'.'.join(path) or 'answer'} {title}",
                twist=_on(status, _setting(path, value)),
            )


def _wrong_values(
    contract: Contract, schema: Any, path: tuple[str, ...], depth: int
) -> Iterator[tuple[tuple[str, ...], str, Any]]:
    """A path, how the value there is wrong, and the value; `REMOVED` for one that is missing."""
    schema, _ = contract.resolve(schema, "")
    if not isinstance(schema, Mapping) or depth > MAX_DEPTH:
        return
    types = contract.json_types(schema)
    for name, wrong in _OTHER_VALUE.items():
        if types - {"null"} == {name} or (name == "number" and types - {"null"} == {"integer", "number"}):
            yield path, f"is {json.dumps(wrong)}", wrong
            break
    if schema.get("type") and "null" not in types:
        yield path, "is null", None
    if "enum" in schema and "string" in types:
        yield path, f"is {OUTSIDER}", OUTSIDER
    if "pattern" in schema and "string" in types and re.fullmatch(r"[\x20-\x7e]+", str(schema["pattern"])):
        yield path, "does not fit the pattern", "\u0000"
    yield from ((path, title, value) for title, value in _beyond(schema))
    if schema.get("additionalProperties") is False:
        yield (*path, OUTSIDER), "is there", 1
    for name in sorted(contract.required(schema)):
        yield (*path, name), "is missing", REMOVED
    for name, child, _ in contract.iter_properties(schema, ""):
        yield from _wrong_values(contract, child, (*path, name), depth + 1)
    if isinstance(schema.get("items"), Mapping):
        yield from _wrong_values(contract, schema["items"], (*path, FIRST), depth + 1)


def _beyond(schema: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Values that are one step outside a bound, with how they are wrong."""
    for keyword, step in _BOUNDS.items():
        if keyword in {"minimum", "maximum"} and isinstance(limit := schema.get(keyword), int | float):
            yield f"is beyond {keyword} by one", limit + step
        elif keyword == "maxLength" and isinstance(limit := schema.get(keyword), int) and limit < 10_000:
            yield "is too long by one", "a" * (limit + 1)
        elif keyword == "minLength" and isinstance(limit := schema.get(keyword), int) and 0 < limit < 10_000:
            yield "is too short by one", "a" * (limit - 1)


# --- How it is answered -----------------------------------------------------------------------------------------------


def _protocol_mutants(contract: Contract, operation: Operation) -> Iterator[Mutant]:
    label = str(operation)
    if contract.needs_credentials(operation):
        yield Mutant(label, "credentials", "credentials are not asked for", auth="off")
        yield Mutant(label, "credentials", "any credential is accepted", auth="any")
    yield Mutant(label, "methods", "a 405 comes without Allow", twist=_on(405, _without_header("allow")))
    yield Mutant(label, "methods", "another method is answered 200", twist=_on(405, _with_status(200)))
    for status in (400, 422):
        documented = contract.find_response(operation, status)
        if documented is None:
            continue
        for other in (200, 500):
            title = f"{status} becomes {other}"
            yield Mutant(label, "errors", title, twist=_on(status, _with_status(other)))
        media = json_media(documented.content)
        if media is None:
            continue
        validator = contract.spec.document.validator(f"{media.pointer}/schema")
        if not validator.is_valid(body := {"detail": [5]}):
            twist = _on(status, _setting((), body))
            yield Mutant(label, "errors", f"the body of {status} has another shape", twist=twist)
        if contract.spec.is_fastapi and status == 422:
            twist = _on(status, _wrong_loc)
            yield Mutant(label, "errors", "the loc of an error names another field", twist=twist)


# --- Pieces -----------------------------------------------------------------------------------------------------------


def json_media(content: tuple[MediaType, ...]) -> MediaType | None:
    """The first JSON media type."""
    return next((media for media in content if "json" in media.name.lower()), None)


def _with(answer: Answer, **changes: Any) -> Answer:
    facts = {"status": answer.status, "headers": answer.headers, "body": answer.body, **changes}
    return Answer(**facts)


def _on(status: int, change: Callable[[Answer], Answer]) -> Twist:
    return lambda method, answer: change(answer) if answer.status == status and method != "HEAD" else answer


def _without_header(name: str) -> Callable[[Answer], Answer]:
    def change(answer: Answer) -> Answer:
        return _with(answer, headers={key: value for key, value in answer.headers.items() if key != name.lower()})

    return change


def _with_status(status: int) -> Callable[[Answer], Answer]:
    return lambda answer: _with(answer, status=status)


def _with_media_type(name: str) -> Callable[[Answer], Answer]:
    return lambda answer: _with(answer, headers={**answer.headers, "content-type": (name,)})


def _cut(answer: Answer) -> Answer:
    return _with(answer, body=answer.body[: len(answer.body) // 2])


def _wrong_loc(answer: Answer) -> Answer:
    body = answer.json()
    if not isinstance(body, dict) or not isinstance(body.get("detail"), list):
        return answer
    detail = [{**error, "loc": [OUTSIDER]} if isinstance(error, dict) else error for error in body["detail"]]
    return _with(answer, body=json.dumps({**body, "detail": detail}).encode())


def _setting(path: tuple[str, ...], value: Any) -> Callable[[Answer], Answer]:
    def change(answer: Answer) -> Answer:
        body = answer.json()
        if not path:
            return _with(answer, body=json.dumps(value).encode())
        node = body
        for token in path[:-1]:
            node = _step(node, token)
        if isinstance(node, list) and node and path[-1] == FIRST and value is not REMOVED:
            node[0] = value
        elif isinstance(node, dict) and (path[-1] in node or path[-1] == OUTSIDER):
            node.pop(path[-1], None)
            if value is not REMOVED:
                node[path[-1]] = value
        else:
            return answer
        return _with(answer, body=json.dumps(body).encode())

    return change


def _step(node: Any, name: str) -> Any:
    if isinstance(node, list):
        return node[0] if node and name == FIRST else None
    return node.get(name) if isinstance(node, dict) else None
