"""JSON Schema validation, for documents that are not FastAPI's: every error at once, nothing coerced in a body."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import jsonschema_rs

from mockserver.document import Document
from mockserver.parameters import Decoder, RawParameters
from mockserver.spec import LOCATIONS, MediaType, Operation, Parameter, RequestBody
from mockserver.types import ABSENT, JSON, Rejection, Request, is_json


class StrictValidator:
    """Validates the requests to one operation by the document's own schemas."""

    body_before_credentials = False

    def __init__(self, operation: Operation, document: Document) -> None:
        self._fields = [_Field(parameter, document) for parameter in operation.parameters]
        self._body = operation.request_body
        self._validators = {
            media_type.name: document.validator(f"{media_type.pointer}/schema")
            for media_type in (self._body.content if self._body else ())
            if isinstance(media_type.schema, Mapping)
        }

    def read_body(self, request: Request) -> JSON | Rejection:
        if self._body is None or not request.body:
            return ABSENT
        content_type = request.headers.get("content-type") or ""
        media_type = match_media_type(content_type, self._body)
        if media_type is None:
            accepted = ", ".join(entry.name for entry in self._body.content)
            return Rejection(415, f"The body is {content_type or 'of no declared type'}; accepted: {accepted}")
        if not is_json(media_type.name):
            return request.body
        try:
            return json.loads(request.body, parse_constant=_refuse_constant)
        except (ValueError, RecursionError) as error:
            return Rejection(400, f"The body is not JSON: {error}")

    def validate(self, raw: RawParameters, body: JSON) -> dict[str, Any] | Rejection:
        decoded: dict[str, Any] = {location: {} for location in LOCATIONS}
        errors: list[dict[str, Any]] = []
        for field in self._fields:
            errors += field.decode(raw, decoded)
        errors += self._body_errors(body)
        if errors:
            return Rejection(422, errors)
        decoded["body"] = None if body is ABSENT or isinstance(body, bytes) else body
        return decoded

    def _body_errors(self, body: JSON) -> Iterator[dict[str, Any]]:
        if self._body is None or isinstance(body, bytes):
            return
        if body is ABSENT:
            if self._body.required:
                yield _error("required", ("body",), "the body is required", None)
            return
        for name, validator in self._validators.items():
            if is_json(name):
                yield from _iter_errors(validator, body, ("body",))
                return


class _Field:
    """One parameter."""

    def __init__(self, parameter: Parameter, document: Document) -> None:
        self._parameter = parameter
        self._loc = (parameter.location, parameter.name)
        self._decoder = Decoder(parameter, document)
        self._validator = document.validator(parameter.pointer) if parameter.schema else None
        schema, _ = document.resolve(parameter.schema, parameter.pointer)
        self._default = schema.get("default", ABSENT) if isinstance(schema, Mapping) else ABSENT

    def decode(self, raw: RawParameters, decoded: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """Put the value into the decoded request; the errors are what it yields."""
        parameter = self._parameter
        try:
            value = self._decoder.decode(raw)
        except (ValueError, RecursionError) as error:
            yield _error("json", self._loc, f"the value is not JSON: {error}", raw.getlist(parameter)[-1])
            return
        if value is ABSENT and parameter.required:
            yield _error("required", self._loc, "the parameter is required", None)
        if value is ABSENT:
            value = self._default
        elif self._validator is not None and not (value == "" and parameter.allow_empty):
            yield from _iter_errors(self._validator, value, self._loc)
        if value is not ABSENT:
            decoded[parameter.location][parameter.name] = value


def media_type_of(content_type: str) -> str:
    """A `Content-Type` without its parameters, in lower case (RFC 9110, section 8.3.1)."""
    return content_type.partition(";")[0].strip().lower()


def match_media_type(content_type: str, body: RequestBody) -> MediaType | None:
    """The entry of `content` for a `Content-Type`: the exact one before `text/*` before `*/*`.

    A body without a declared type is taken for the first one documented.
    """
    if not content_type:
        return next(iter(body.content), None)
    essence = media_type_of(content_type)
    by_name = {media_type_of(entry.name): entry for entry in body.content}
    for name in (essence, f"{essence.partition('/')[0]}/*", "*/*"):
        if name in by_name:
            return by_name[name]
    return None


def _iter_errors(
    validator: jsonschema_rs.Draft202012Validator, value: JSON, loc: tuple[str, ...]
) -> Iterator[dict[str, Any]]:
    for error in validator.iter_errors(value):
        keyword = str(error.evaluation_path[-1]) if error.evaluation_path else "schema"
        yield _error(keyword, (*loc, *error.instance_path), error.message, error.instance)


def _error(kind: str, loc: tuple[str | int, ...], message: str, value: JSON) -> dict[str, Any]:
    return {"type": kind, "loc": loc, "msg": message, "input": value}


def _refuse_constant(name: str) -> JSON:
    raise ValueError(f"{name} is no JSON number")
