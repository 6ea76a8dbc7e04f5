"""JSON Schema validation, for documents that are not FastAPI's: every error at once, nothing coerced in a body."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mockserver.document import Document
from mockserver.parameters import Decoder, RawParameters
from mockserver.spec import LOCATIONS, Operation, Parameter
from mockserver.types import ABSENT, JSON, Rejection, Request
from mockserver.validation.request_bodies import BodyReader, DecodedBody
from mockserver.validation.request_schemas import RequestSchema
from mockserver.validation.schema_errors import make_error, validate_value


class StrictValidator:
    """Validates the requests to one operation by the document's own schemas.

    Unless it `refuses`, it decodes what it can and lets everything pass.
    """

    body_before_credentials = False

    def __init__(self, operation: Operation, document: Document, *, refuses: bool = True) -> None:
        self._refuses = refuses
        self._fields = [_Field(parameter, document) for parameter in operation.parameters]
        self._body = operation.request_body
        self._reader = BodyReader(self._body, document) if self._body else None
        self._schemas = {
            media_type.pointer: RequestSchema(media_type.schema, f"{media_type.pointer}/schema", document)
            for media_type in (self._body.content if self._body and refuses else ())
            if isinstance(media_type.schema, Mapping)
        }

    def read_body(self, request: Request) -> JSON | Rejection:
        if self._reader is None or not request.body:
            return ABSENT
        body = self._reader.read(request)
        return ABSENT if isinstance(body, Rejection) and not self._refuses else body

    def validate(self, raw: RawParameters, body: JSON) -> dict[str, Any] | Rejection:
        decoded: dict[str, Any] = {location: {} for location in LOCATIONS}
        errors: list[dict[str, Any]] = []
        for field in self._fields:
            errors += field.decode(raw, decoded)
        if self._refuses:
            errors += self._body_errors(body)
            if errors:
                return Rejection(422, errors)
        value = body.value if isinstance(body, DecodedBody) else None
        decoded["body"] = None if isinstance(value, bytes) else value
        return decoded

    def _body_errors(self, body: JSON) -> Iterator[dict[str, Any]]:
        if isinstance(body, DecodedBody):
            yield from body.errors
            if (schema := self._schemas.get(body.media_type.pointer)) and not isinstance(body.value, bytes):
                yield from validate_value(schema, body.value, ("body",))
        elif self._body is not None and self._body.required:
            yield make_error("required", ("body",), "the body is required", None)


class _Field:
    """One parameter."""

    def __init__(self, parameter: Parameter, document: Document) -> None:
        self._parameter = parameter
        self._loc = (parameter.location, parameter.name)
        self._decoder = Decoder(parameter, document)
        self._schema = RequestSchema(parameter.schema, parameter.pointer, document) if parameter.schema else None
        schema, _ = document.resolve(parameter.schema, parameter.pointer)
        self._default = schema.get("default", ABSENT) if isinstance(schema, Mapping) else ABSENT

    def decode(self, raw: RawParameters, decoded: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """Put the value into the decoded request; the errors are what it yields."""
        parameter = self._parameter
        try:
            value = self._decoder.decode(raw)
        except (ValueError, RecursionError) as error:
            yield make_error("json", self._loc, f"the value is not JSON: {error}", raw.getlist(parameter)[-1])
            return
        if value is ABSENT and parameter.required:
            yield make_error("required", self._loc, "the parameter is required", None)
        if value is ABSENT:
            value = self._default
        elif self._schema is not None and not (value == "" and parameter.allow_empty):
            yield from validate_value(self._schema, value, self._loc)
        if value is not ABSENT:
            decoded[parameter.location][parameter.name] = value
