"""Bodies as FastAPI reads and validates them: one parameter, several embedded ones, forms."""

from __future__ import annotations

import json
from collections.abc import Mapping
from email.message import Message
from functools import lru_cache
from typing import Any, Final, Protocol

from pydantic_core import SchemaValidator

from mockserver.spec import MediaType, RequestBody
from mockserver.types import ABSENT, JSON, Rejection, Request
from mockserver.validation.fastapi_errors import NO_ERRORS, missing, run
from mockserver.validation.fastapi_forms import UNPARSABLE, FormBody
from mockserver.validation.fastapi_habits import Habits
from mockserver.validation.pydantic_types import TypeCompiler

EMBEDDED: Final = "#/components/schemas/Body_"
"""How FastAPI names the model that it makes of several body parameters, and of every form that is no model."""


class Body(Protocol):
    """The body of one operation."""

    exists: bool

    def read(self, request: Request) -> JSON | Rejection:
        """The decoded body, `ABSENT` when there is none."""

    def validate(self, body: JSON) -> list[dict[str, Any]]:
        """What is wrong with a decoded body."""


def compile_body(body: RequestBody | None, types: TypeCompiler, habits: Habits, *, is_read: bool) -> Body:
    """The rules that FastAPI of some habits has for a documented body; `is_read` says whether it is FastAPI's own."""
    if body is None or not body.content or not is_read:
        return NoBody()
    media_type = body.content[0]
    is_embedded = _is_embedded(media_type)
    if media_type.name in ("application/x-www-form-urlencoded", "multipart/form-data"):
        return FormBody(media_type, types, required=body.required, habits=habits, embedded=is_embedded)
    if is_embedded:
        return EmbeddedBody(media_type, types, habits=habits)
    return JSONBody(media_type, types, required=body.required, habits=habits)


def is_written_out(body: RequestBody | None) -> bool:
    """Whether the model of a body is written out, where FastAPI would refer to a component."""
    schemas = [media_type.schema for media_type in body.content] if body else []
    return any(isinstance(schema, Mapping) and "properties" in schema for schema in schemas)


def _is_embedded(media_type: MediaType) -> bool:
    schema = media_type.schema
    branches = schema.get("allOf", [schema]) if isinstance(schema, Mapping) else []
    reference = branches[0].get("$ref", "") if branches and isinstance(branches[0], Mapping) else ""
    return isinstance(reference, str) and reference.startswith(EMBEDDED)


class NoBody:
    """An operation without a body, which FastAPI does not read."""

    exists = False

    def read(self, _request: Request) -> JSON | Rejection:
        return ABSENT

    def validate(self, _body: JSON) -> list[dict[str, Any]]:
        return NO_ERRORS


class JSONBody:
    """One parameter that is the whole body."""

    exists = True

    def __init__(self, media_type: MediaType, types: TypeCompiler, *, required: bool, habits: Habits) -> None:
        self._habits = habits
        self._required = required
        self._prepare(media_type, types)

    def _prepare(self, media_type: MediaType, types: TypeCompiler) -> None:
        self._validator = types.validator(media_type.schema, f"{media_type.pointer}/schema")

    def read(self, request: Request) -> JSON | Rejection:
        body = request.body
        if not body:
            return ABSENT
        content_type = request.headers.get("content-type")
        if not (reads_as_json(content_type) if content_type else not self._habits.needs_content_type):
            return body
        try:
            # `loads` guesses an encoding first, for which ASCII without NUL leaves one answer.
            value = json.loads(body.decode("ascii") if body.isascii() and b"\0" not in body else body)
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
        return ABSENT if value is None and not self._habits.validates_null else value

    def validate(self, body: JSON) -> list[dict[str, Any]]:
        if body is ABSENT:
            return [missing(("body",))] if self._required else NO_ERRORS
        return run(self._validator, body, ("body",))[1]


class EmbeddedBody(JSONBody):
    """Several parameters, or one with `embed`, each under its own name."""

    def __init__(self, media_type: MediaType, types: TypeCompiler, *, habits: Habits) -> None:
        super().__init__(media_type, types, required=True, habits=habits)

    def _prepare(self, media_type: MediaType, types: TypeCompiler) -> None:
        self._fields = list(iter_fields(media_type, types))

    def validate(self, body: JSON) -> list[dict[str, Any]]:
        if body is ABSENT or (self._habits.skips_bytes and isinstance(body, bytes)):
            body = {}
        errors: list[dict[str, Any]] = []
        for name, validator, required in self._fields:
            loc = ("body", name)
            if not isinstance(body, dict):
                errors.append(missing(loc))  # of an optional one too
                continue
            value = body.get(name, ABSENT)
            if value is None and not self._habits.validates_null:
                value = ABSENT
            if value is not ABSENT:
                errors += run(validator, value, loc)[1]
            elif required:
                errors.append(missing(loc))
        return errors


def iter_fields(media_type: MediaType, types: TypeCompiler) -> list[tuple[str, SchemaValidator, bool]]:
    """The parameters in a body: name, validator, and whether it is required."""
    node, pointer = types.document.resolve(media_type.schema, f"{media_type.pointer}/schema")
    if isinstance(node, Mapping) and "allOf" in node:
        node, pointer = types.document.resolve(node["allOf"][0], f"{pointer}/allOf/0")
    if not isinstance(node, Mapping):
        return []
    required = node.get("required", ())
    return [
        (name, types.validator(schema, f"{pointer}/properties/{name}"), name in required)
        for name, schema in node.get("properties", {}).items()
    ]


@lru_cache(maxsize=256)
def reads_as_json(content_type: str) -> bool:
    """Whether FastAPI reads a body of this type as JSON."""
    message = Message()
    message["content-type"] = content_type
    subtype = message.get_content_subtype()
    return message.get_content_maintype() == "application" and (subtype == "json" or subtype.endswith("+json"))
