"""Forms as FastAPI extracts and validates them (`_extract_form_body`)."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from pydantic_core import SchemaValidator

from mockserver.forms import (
    MULTIPART,
    URLENCODED,
    FormError,
    MalformedFormError,
    Part,
    form_type,
    parse_multipart,
    parse_urlencoded,
)
from mockserver.spec import MediaType
from mockserver.types import ABSENT, JSON, Rejection, Request, Schema
from mockserver.validation.fastapi_errors import missing, no_upload, run
from mockserver.validation.fastapi_habits import Habits
from mockserver.validation.formats import is_file
from mockserver.validation.pydantic_types import TypeCompiler, is_array

UNPARSABLE: Final = Rejection(400, "There was an error parsing the body")
UPLOAD_TYPES: Final = (bytes, Part)

Form: TypeAlias = dict[str, list[str | Part]]
"""The values of a form by name, in the order of arrival."""


class FormBody:
    """A form of several parameters, each under its own name, or of one model."""

    exists = True

    def __init__(
        self, media_type: MediaType, types: TypeCompiler, *, required: bool, habits: Habits, embedded: bool
    ) -> None:
        schema, pointer = media_type.schema, f"{media_type.pointer}/schema"
        self._habits = habits
        self._required = required
        self._model = None if embedded else types.validator(schema, pointer)
        node, pointer = types.document.resolve(schema, pointer)
        for branch in node.get("anyOf", node.get("allOf", ())) if isinstance(node, Mapping) else ():
            if isinstance(branch, Mapping) and "$ref" in branch:
                node, pointer = types.document.resolve(branch, pointer)
                break
        properties = node.get("properties", {}) if isinstance(node, Mapping) else {}
        needed = node.get("required", ()) if isinstance(node, Mapping) else ()
        self._fields = [
            _FormField.of(name, field, types, f"{pointer}/properties/{name}", name in needed, embedded=embedded)
            for name, field in properties.items()
        ]

    def read(self, request: Request) -> JSON | Rejection:
        content_type = request.headers.get("content-type") or ""
        kind = form_type(content_type)
        form: Form = {}
        try:
            if kind == MULTIPART:
                for part in parse_multipart(request.body, content_type):
                    form.setdefault(part.name, []).append(part if part.filename is not None else part.text)
            elif kind == URLENCODED:
                limits: dict[str, float] = (
                    {} if self._habits.names_broken_forms else dict.fromkeys(("max_fields", "max_field_size"), 1e9)
                )
                for name, text in parse_urlencoded(request.body, **limits):
                    form.setdefault(name, []).append(text)
        except MalformedFormError as error:
            return Rejection(400, str(error)) if self._habits.names_broken_forms and kind == MULTIPART else UNPARSABLE
        except FormError as error:
            return Rejection(400, str(error))
        return form

    def validate(self, body: JSON) -> list[dict[str, Any]]:
        values = {field.name: field.extract(body, self._habits) for field in self._fields}
        if self._model is not None:
            return self._validate_model(self._model, body, values)
        errors: list[dict[str, Any]] = []
        for field in self._fields:
            errors += field.validate(values[field.name])
        return errors

    def _validate_model(self, model: SchemaValidator, form: Form, values: dict[str, Any]) -> list[dict[str, Any]]:
        if (
            not self._required
            and self._habits.skips_absent_models
            and not any(field.name in form for field in self._fields)
        ):
            return []
        given = {name: value for name, value in values.items() if value is not ABSENT}
        last_counts = self._habits.keeps_empty_texts
        extra = {
            name: found[-1] if last_counts or len(found) == 1 else found
            for name, found in form.items()
            if name not in values
        }
        return run(model, {**given, **extra}, ("body",))[1]


@dataclass(frozen=True, slots=True)
class _FormField:
    name: str
    validator: SchemaValidator | None
    required: bool
    is_list: bool
    is_file: bool
    default: JSON
    embedded: bool

    @classmethod
    def of(
        cls, name: str, schema: Schema, types: TypeCompiler, pointer: str, required: bool, *, embedded: bool
    ) -> _FormField:
        branches = [schema]
        if isinstance(schema, Mapping) and "anyOf" in schema:
            branches = [node for node in schema["anyOf"] if node != {"type": "null"}]
        is_list = is_array(schema, types.document)
        inner = branches[0].get("items", {}) if is_list and isinstance(branches[0], Mapping) else branches[0]
        file = is_file(inner)
        default = schema.get("default") if isinstance(schema, Mapping) else None
        validator = None if file or not embedded else types.validator(schema, pointer)
        return cls(name, validator, required, is_list, file, default, embedded)

    def extract(self, form: Form, habits: Habits) -> Any:
        """The value of the field; `ABSENT` where FastAPI takes it for missing."""
        found: list[str | Part] = form.get(self.name, [])
        if habits.knows_forms_by_data:  # what a browser sends when no file is selected
            found = [item for item in found if not _is_empty_file(item)]
        value: Any = found if self.is_list else (found[-1] if found else None)
        # An empty text is no value; older versions knew a form field by its own declaration, which a model has not.
        empty = value == "" and (self.embedded or habits.knows_forms_by_data)
        if value is None or empty or value == []:
            if not self.required and self.default is not None and not habits.validates_null:
                return copy.deepcopy(self.default)
            return "" if empty and habits.keeps_empty_texts else ABSENT
        return value

    def validate(self, value: Any) -> list[dict[str, Any]]:
        loc = ("body", self.name)
        if value is ABSENT:
            return [missing(loc)] if self.required else []
        if self.is_file:
            items = enumerate(value) if self.is_list else [(None, value)]
            return [
                no_upload(loc if number is None else (*loc, number), item)
                for number, item in items
                if isinstance(item, str)
            ]
        return run(self.validator, value, loc)[1] if self.validator is not None else []


def _is_empty_file(item: str | Part) -> bool:
    return isinstance(item, Part) and item.filename == "" and not item.data
