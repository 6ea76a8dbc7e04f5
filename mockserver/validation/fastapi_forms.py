"""Forms as FastAPI extracts and validates them (`_extract_form_body`)."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from pydantic_core import SchemaValidator

from mockserver.document import Document
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
from mockserver.validation.fastapi_errors import NO_ERRORS, missing, run
from mockserver.validation.fastapi_habits import Habits
from mockserver.validation.pydantic_types import TypeCompiler, is_array

UNPARSABLE: Final = Rejection(400, "There was an error parsing the body")
UPLOAD_TYPES: Final = (bytes, Part)

Form: TypeAlias = dict[str, list[str | Part]]
"""The values of a form by name, in the order of arrival."""


def _object(schema: Schema, pointer: str, document: Document) -> tuple[Mapping[str, Any], str]:
    """What a schema refers to; one that says nothing in place of a boolean."""
    node, pointer = document.resolve(schema, pointer)
    return (node if isinstance(node, Mapping) else {}), pointer


class FormBody:
    """A form of several parameters, each under its own name, of one model, or of models and parameters together."""

    exists = True

    def __init__(
        self, media_type: MediaType, types: TypeCompiler, *, required: bool, habits: Habits, embedded: bool
    ) -> None:
        schema, pointer = media_type.schema, f"{media_type.pointer}/schema"
        self._habits = habits
        self._models: list[_FormModel] = []
        self._fields: list[_FormField] = []
        if not embedded:
            self._models.append(_FormModel(schema, pointer, types, habits, required=required))
            return
        node, pointer = _object(schema, pointer, types.document)
        if "allOf" in node and "properties" not in node and "title" not in node:
            node, pointer = _object(node["allOf"][0], f"{pointer}/allOf/0", types.document)
        for number, part in enumerate(node.get("allOf", ())):
            place = f"{pointer}/allOf/{number}"
            if _is_model(part):
                self._models.append(_FormModel(part, place, types, habits, required=True))
            elif isinstance(part, Mapping) and "properties" in part:  # a name that two parameters share
                shared = {"properties": part["properties"], "required": node.get("required", ())}
                self._fields += _fields_of(shared, place, types, embedded=True)
        self._fields = [*_fields_of(node, pointer, types, embedded=True), *self._fields]

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
        errors: list[dict[str, Any]] = []
        # What is optional comes last in Python; that models stand before single parameters is only a custom.
        for model in self._models:
            errors += NO_ERRORS if model.is_optional else model.validate(body)
        for field in self._fields:
            errors += field.validate(field.extract(body, self._habits))
        for model in self._models:
            errors += model.validate(body) if model.is_optional else NO_ERRORS
        return errors


def _is_model(part: JSON) -> bool:
    """Whether a condition of a form is a model, and not about a name that is used twice or about what must be sent."""
    return isinstance(part, Mapping) and any(key in part for key in ("$ref", "anyOf", "oneOf", "allOf"))


def _fields_of(node: JSON, pointer: str, types: TypeCompiler, *, embedded: bool) -> list[_FormField]:
    properties = node.get("properties", {}) if isinstance(node, Mapping) else {}
    needed = node.get("required", ()) if isinstance(node, Mapping) else ()
    return [
        _FormField.of(name, field, types, f"{pointer}/properties/{name}", name in needed, embedded=embedded)
        for name, field in properties.items()
    ]


class _FormModel:
    """One model, or one of several, that takes its fields from a form."""

    def __init__(self, schema: Schema, pointer: str, types: TypeCompiler, habits: Habits, *, required: bool) -> None:
        types = types.for_forms
        self._habits = habits
        schema, pointer, is_optional = _without_absence(schema, pointer)
        nodes, place, discriminator = _branches(schema, pointer, types)
        branches = [types.document.resolve(node, f"{place}/{number}") for number, node in enumerate(nodes)]
        fields = [_fields_of(node, pointer, types, embedded=False) for node, pointer in branches]
        self._fields = fields[0] if len(fields) == 1 else []
        self._names = {field.name for found in fields for field in found}
        self.is_optional = is_optional or (not required and habits.skips_absent_models)
        self._takes_extra = any(
            isinstance(node, Mapping) and node.get("additionalProperties") is not None for node, _ in branches
        )
        if len(nodes) == 1 or not habits.reads_forms_by_branch:
            self._validator = types.validator(schema, pointer)
        else:
            self._validator = types.union_validator(nodes, place, discriminator, [self._normalize(f) for f in fields])

    def validate(self, form: Form) -> list[dict[str, Any]]:
        """What is wrong with the fields of the model, or nothing when it may be absent and is."""
        if self.is_optional and not (self._names & form.keys() or (self._takes_extra and form)):
            return []
        return run(self._validator, self._extract(form, self._fields), ("body",))[1]

    def _extract(self, form: Form, fields: list[_FormField]) -> dict[str, Any]:
        values = {field.name: field.extract(form, self._habits) for field in fields}
        given = {name: value for name, value in values.items() if value is not ABSENT}
        last_counts = self._habits.keeps_empty_texts
        extra = {
            name: found[-1] if last_counts or len(found) == 1 else found
            for name, found in form.items()
            if name not in values
        }
        return {**given, **extra}

    def _normalize(self, fields: list[_FormField]) -> Callable[[Any], Any]:
        """Reads the values of a form as one branch of a union has them: lists and single texts."""

        def normalize(value: Any) -> Any:
            if not isinstance(value, dict):
                return value
            form = {name: items if isinstance(items, list) else [items] for name, items in value.items()}
            return self._extract(form, fields)

        return normalize


def _without_absence(schema: Schema, pointer: str) -> tuple[Schema, str, bool]:
    """The schema of a model; of one that is optional in newer documents, without what says how it is left out."""
    if isinstance(schema, Mapping) and isinstance(branches := schema.get("anyOf"), list) and len(branches) == 2:
        absent = branches[0]
        if isinstance(absent, Mapping) and (absent == {} or "not" in absent or "maxProperties" in absent):
            return branches[1], f"{pointer}/anyOf/1", True
    return schema, pointer, False


def _branches(schema: Schema, pointer: str, types: TypeCompiler) -> tuple[list[JSON], str, str | None]:
    """The models of a union with the pointer to their list and the tag that tells them apart; else the one model."""
    discriminator = None
    while isinstance(schema, Mapping):
        found = schema.get("discriminator")
        discriminator = str(found.get("propertyName")) if isinstance(found, Mapping) else discriminator
        key = next((key for key in ("anyOf", "oneOf", "allOf") if key in schema), None)
        if key is None:
            node, place = types.document.resolve(schema, pointer)
            if node is schema or not isinstance(node, Mapping):
                break
            if "properties" in node or not any(key in node for key in ("anyOf", "oneOf", "allOf")):
                break
            schema, pointer = node, place
            continue
        nodes = [node for node in schema[key] if node != {"type": "null"}]
        if len(nodes) > 1:
            return nodes, f"{pointer}/{key}", discriminator
        if not nodes:
            break
        schema, pointer = nodes[0], f"{pointer}/{key}/0"
    return [schema], pointer.rpartition("/")[0], discriminator


@dataclass(frozen=True, slots=True)
class _FormField:
    name: str
    validator: SchemaValidator | None
    required: bool
    is_list: bool
    default: JSON
    embedded: bool

    @classmethod
    def of(
        cls, name: str, schema: Schema, types: TypeCompiler, pointer: str, required: bool, *, embedded: bool
    ) -> _FormField:
        is_list = is_array(schema, types.document)
        default = schema.get("default") if isinstance(schema, Mapping) else None
        validator = types.for_forms.validator(schema, pointer) if embedded else None
        return cls(name, validator, required, is_list, default, embedded)

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
        return run(self.validator, value, loc)[1] if self.validator is not None else []


def _is_empty_file(item: str | Part) -> bool:
    return isinstance(item, Part) and item.filename == "" and not item.data
