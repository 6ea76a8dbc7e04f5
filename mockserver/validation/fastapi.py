"""What FastAPI does with a request before it calls the route: the order, the rules and the words are FastAPI's.

Read from `fastapi.routing.get_request_handler` and `fastapi.dependencies.utils` of 0.128.0 and 0.165.0. The errors
themselves are pydantic's own, from types compiled from the document.
"""

from __future__ import annotations

import copy
import json
import math
from email.message import Message
from functools import lru_cache
from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import SchemaValidator

from mockserver.document import Document
from mockserver.parameters import RawParameters
from mockserver.spec import LOCATIONS, Operation, Parameter
from mockserver.types import ABSENT, JSON, Rejection, Request
from mockserver.validation.pydantic_types import TypeCompiler, is_array

DEFAULT_VERSION: Final = (0, 128)
"""The newest FastAPI whose `ValidationError` component has only loc, msg and type, as in the vendored contract."""

STRICT_CONTENT_TYPE: Final = (0, 132)
"""Since then a body without `Content-Type` is not read as JSON, and a body `null` counts as present."""

NO_ERRORS: Final[list[dict[str, Any]]] = []
UNPARSABLE: Final = Rejection(400, "There was an error parsing the body")
MAX_ECHO_DEPTH: Final = 200


class FastAPIValidator:
    """Validates the requests to one operation of a FastAPI document."""

    body_before_credentials = True

    def __init__(self, operation: Operation, document: Document, *, version: tuple[int, int] = DEFAULT_VERSION) -> None:
        self._strict_content_type = version >= STRICT_CONTENT_TYPE
        types = TypeCompiler(document)
        self._fields = [
            _Field(parameter, types)
            for location in LOCATIONS
            for parameter in operation.parameters
            if parameter.location == location
        ]
        self._body: SchemaValidator | None = None
        self._body_required = False
        if operation.request_body is not None and (content := operation.request_body.content):
            self._body = types.validator(content[0].schema, f"{content[0].pointer}/schema")
            self._body_required = operation.request_body.required

    def read_body(self, request: Request) -> JSON | Rejection:
        body = request.body
        if not body or self._body is None:
            return ABSENT
        content_type = request.headers.get("content-type")
        if not (reads_as_json(content_type) if content_type else not self._strict_content_type):
            return body
        try:
            value = json.loads(body)
        except json.JSONDecodeError as error:
            return Rejection(
                422,
                [
                    {
                        "type": "json_invalid",
                        "loc": ("body", error.pos),
                        "msg": "JSON decode error",
                        "input": {},
                        "ctx": {"error": error.msg},
                    }
                ],
            )
        except (ValueError, RecursionError):  # undecodable bytes, a number of too many digits, nested too deeply
            return UNPARSABLE
        return ABSENT if value is None and not self._strict_content_type else value

    def validate(self, raw: RawParameters, body: JSON) -> dict[str, Any] | Rejection:
        decoded: dict[str, Any] = {"path": {}, "query": {}, "header": {}, "cookie": {}}
        errors: list[dict[str, Any]] = []
        for field in self._fields:
            decoded[field.location][field.name], found = field.read(raw)
            if found:
                errors += found
        if self._body is not None:
            errors += self._validate_body(self._body, body)
            decoded["body"] = None if body is ABSENT else body
        if errors:
            return Rejection(422, [{**error, "input": echo(error["input"])} for error in errors])
        return decoded

    def _validate_body(self, validator: SchemaValidator, body: JSON) -> list[dict[str, Any]]:
        if body is ABSENT:
            return [missing(("body",))] if self._body_required else []
        _, errors = _validate(validator, body, ("body",))
        return errors


class _Field:
    """One parameter."""

    __slots__ = ("_default", "_is_array", "_loc", "_parameter", "_validator", "location", "name")

    def __init__(self, parameter: Parameter, types: TypeCompiler) -> None:
        self._parameter = parameter
        self.location = parameter.location
        self.name = parameter.name
        self._loc = (parameter.location, parameter.name)
        annotation = types.annotation(parameter.schema, parameter.pointer)
        # Every text is a valid string: the most frequent types need no validator.
        self._validator = None
        if annotation not in (Any, str, str | None):
            self._validator = types.validator(parameter.schema, parameter.pointer)
        self._is_array = is_array(parameter.schema, types.document)
        schema, _ = types.document.resolve(parameter.schema, parameter.pointer)
        self._default = schema.get("default") if isinstance(schema, dict) else None

    def read(self, raw: RawParameters) -> tuple[JSON, list[dict[str, Any]]]:
        """The value and the errors; of a repeated parameter the last one counts, of a repeated header the first."""
        text = raw.getlist(self._parameter) or None if self._is_array else raw.get(self._parameter)
        if text is None:
            errors = [missing(self._loc)] if self._parameter.required else NO_ERRORS
            return copy.copy(self._default), errors
        if self._validator is None:
            return text, NO_ERRORS
        value, errors = _validate(self._validator, text, self._loc)
        return (value if isinstance(value, str | int | float | list | None) else text), errors


def _validate(validator: SchemaValidator, value: JSON, loc: tuple[str, ...]) -> tuple[Any, list[dict[str, Any]]]:
    try:
        return validator.validate_python(value, from_attributes=True), NO_ERRORS
    except ValidationError as error:
        return None, [{**item, "loc": (*loc, *item["loc"])} for item in error.errors(include_url=False)]


def missing(loc: tuple[str, ...]) -> dict[str, Any]:
    """FastAPI's error for a parameter or body that is not there."""
    return {"type": "missing", "loc": loc, "msg": "Field required", "input": None}


@lru_cache(maxsize=256)
def reads_as_json(content_type: str) -> bool:
    """Whether FastAPI reads a body of this type as JSON."""
    message = Message()
    message["content-type"] = content_type
    subtype = message.get_content_subtype()
    return message.get_content_maintype() == "application" and (subtype == "json" or subtype.endswith("+json"))


def echo(value: JSON, depth: int = 0) -> JSON:
    """The offending input as FastAPI's `jsonable_encoder` sends it back.

    Where FastAPI fails to send it and answers 500 (NaN, lone surrogates, undecodable bytes, endless nesting), the
    nearest value that JSON has stands in.
    """
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode() if not value.isascii() else value
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if depth > MAX_ECHO_DEPTH:
        return None
    if isinstance(value, dict):
        # `jsonable_encoder` leaves out keys that look like SQLAlchemy's own.
        return {echo(key): echo(item, depth + 1) for key, item in value.items() if not key.startswith("_sa")}
    if isinstance(value, list):
        return [echo(item, depth + 1) for item in value]
    return value
