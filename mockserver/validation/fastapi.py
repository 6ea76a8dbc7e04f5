"""What FastAPI does with a request before it calls the route: the order, the rules and the words are FastAPI's.

Read from `fastapi.routing.get_request_handler` and `fastapi.dependencies.utils` of 0.115, 0.128 and 0.165. The errors
themselves are pydantic's own, from types compiled from the document. `fastapi_body` has the rules of bodies.
"""

from __future__ import annotations

import copy
from typing import Any, Final

from pydantic_core import SchemaValidator

from mockserver.document import Document
from mockserver.parameters import RawParameters
from mockserver.spec import LOCATIONS, Operation, Parameter
from mockserver.types import JSON, Rejection, Request
from mockserver.validation.fastapi_body import JSONBody, compile_body
from mockserver.validation.fastapi_errors import NO_ERRORS, echo_error, missing, run
from mockserver.validation.fastapi_forms import UPLOAD_TYPES
from mockserver.validation.fastapi_habits import DEFAULT_VERSION, Habits, Version
from mockserver.validation.pydantic_types import TypeCompiler, is_array

PLAIN: Final = (str, int, float, list, type(None))
"""The values of parameters that a JSON Schema can look at; of others it sees the text."""


class FastAPIValidator:
    """Validates the requests to one operation of a FastAPI document."""

    body_before_credentials = True

    def __init__(self, operation: Operation, document: Document, *, version: Version = DEFAULT_VERSION) -> None:
        types = TypeCompiler.of(document)
        self._types = types  # which is kept as long as one of its validators is
        self._fields = [
            _Field(parameter, types)
            for location in LOCATIONS
            for parameter in operation.parameters
            if parameter.location == location
        ]
        self._body = compile_body(operation.request_body, types, Habits(version))

    def read_body(self, request: Request) -> JSON | Rejection:
        return self._body.read(request)

    def validate(self, raw: RawParameters, body: JSON) -> dict[str, Any] | Rejection:
        decoded: dict[str, Any] = {"path": {}, "query": {}, "header": {}, "cookie": {}}
        errors: list[dict[str, Any]] = []
        for field in self._fields:
            decoded[field.location][field.name], found = field.read(raw)
            if found:
                errors += found
        errors += self._body.validate(body)
        if errors:
            return Rejection(422, [echo_error(error) for error in errors])
        if self._body.exists:
            decoded["body"] = body if isinstance(self._body, JSONBody) and not isinstance(body, UPLOAD_TYPES) else None
        return decoded


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
        self._validator: SchemaValidator | None = None
        if annotation not in (Any, str, str | None):
            self._validator = types.validator(parameter.schema, parameter.pointer)
        self._is_array = is_array(parameter.schema, types.document)
        schema, _ = types.document.resolve(parameter.schema, parameter.pointer)
        self._default = None
        for node in (schema, parameter.schema):
            if isinstance(node, dict) and "default" in node:
                self._default = node["default"]

    def read(self, raw: RawParameters) -> tuple[JSON, list[dict[str, Any]]]:
        """The value and the errors; of a repeated parameter the last one counts, of a repeated header the first."""
        text = raw.getlist(self._parameter) or None if self._is_array else raw.get(self._parameter)
        if text is None:
            errors = [missing(self._loc)] if self._parameter.required else NO_ERRORS
            return copy.copy(self._default) if isinstance(self._default, list | dict) else self._default, errors
        if self._validator is None:
            return text, NO_ERRORS
        value, errors = run(self._validator, text, self._loc)
        return (value if isinstance(value, PLAIN) else text), errors
