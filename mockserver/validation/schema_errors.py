"""What jsonschema-rs finds, as errors that name the field: located, branches chosen, one error for each property."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, Final, TypeAlias

from jsonschema_rs import ValidationError, ValidationErrorKind

from mockserver.types import JSON
from mockserver.validation.request_schemas import RequestSchema

Location: TypeAlias = tuple[str | int, ...]

MAX_ERRORS: Final = 100
"""So many errors of one value are reported."""
MAX_MESSAGE: Final = 200
"""A longer message quotes too much of the value and is put in other words."""

NAMED: Final = frozenset(("additionalProperties", "unevaluatedProperties"))


def validate_value(schema: RequestSchema, value: JSON, loc: tuple[str | int, ...]) -> Iterator[dict[str, Any]]:
    """The errors of a value; what the validator itself cannot take is one error of the whole value."""
    try:
        if not schema.validator.is_valid(value):
            yield from iter_errors(schema, value, loc)
    except ValueError as error:  # nested too deeply, half of a surrogate pair
        yield make_error("schema", loc, f"the value cannot be validated: {error}"[:200], None)


def iter_errors(schema: RequestSchema, value: JSON, loc: Location) -> Iterator[dict[str, Any]]:
    """Every error of a value that stands at `loc`, the properties in the order of the schema."""
    found = islice(schema.validator.iter_errors(value), MAX_ERRORS)
    yield from islice((item for error in found for item in _expand(error, schema, loc)), MAX_ERRORS)


def make_error(kind: str, loc: Location, message: str, value: JSON) -> dict[str, Any]:
    """An error in the shape that all validators share."""
    return {"type": kind, "loc": loc, "msg": message, "input": value}


def _expand(error: ValidationError, schema: RequestSchema, loc: Location) -> Iterator[dict[str, Any]]:
    kind, place = error.kind, (*loc, *error.instance_path)
    if isinstance(kind, ValidationErrorKind.Required):
        yield make_error("required", (*place, kind.property), "the property is required", error.instance)
    elif isinstance(kind, ValidationErrorKind.AdditionalProperties | ValidationErrorKind.UnevaluatedProperties):
        for name in kind.unexpected:
            value = error.instance.get(name) if isinstance(error.instance, dict) else None
            yield make_error(_keyword(error), (*place, name), "the property is not allowed", value)
    elif isinstance(kind, ValidationErrorKind.PropertyNames):
        name = str(kind.error.instance)
        yield make_error("propertyNames", (*place, name), f"the name is wrong: {_message(kind.error)}", name)
    elif isinstance(
        kind,
        ValidationErrorKind.AnyOf | ValidationErrorKind.OneOfNotValid | ValidationErrorKind.OneOfMultipleValid,
    ):
        yield from _branches(error, kind.context, schema, loc)
    else:
        yield make_error(_keyword(error), place, _message(error), error.instance)


def _branches(
    error: ValidationError, context: list[list[ValidationError]], schema: RequestSchema, loc: Location
) -> Iterator[dict[str, Any]]:
    """The errors of the one branch that was meant: the discriminator names it, else it is the nearest."""
    node = schema.node(list(error.schema_path)[:-1])
    discriminator = node.get("discriminator")
    place = (*loc, *error.instance_path)
    if isinstance(discriminator, Mapping) and isinstance(error.instance, dict) and context:
        tags = _tags(discriminator, node.get(_keyword(error), ()), schema)
        name = str(discriminator.get("propertyName"))
        if name not in error.instance:
            yield make_error("required", (*place, name), "the property is required", error.instance)
            return
        tag = error.instance[name]
        if tags and (not isinstance(tag, str) or tag not in tags):
            known = ", ".join(tags)
            yield make_error("discriminator", (*place, name), f"{name} is none of: {known}"[:MAX_MESSAGE], tag)
            return
        if tags and tags[str(tag)] < len(context):
            for inner in context[tags[str(tag)]]:
                yield from _expand(inner, schema, loc)
            return
    if isinstance(error.kind, ValidationErrorKind.OneOfMultipleValid):
        yield make_error("oneOf", place, "the value is valid under more than one of the given schemas", error.instance)
        return
    if expected := _expected_types(error, context):
        yield make_error("type", place, f"{_quoted(error.instance)} is not of type {expected}", error.instance)
        return
    for inner in min(context, key=lambda errors: _distance(errors, error), default=[]):
        yield from _expand(inner, schema, loc)


def _tags(discriminator: Mapping[str, Any], branches: list[JSON], schema: RequestSchema) -> dict[str, int]:
    """The number of the branch for each value of the discriminating property (OpenAPI 3.1, section 4.8.25)."""
    name = str(discriminator.get("propertyName"))
    tags: dict[str, int] = {}
    mapped = schema.tags(discriminator)
    for number, branch in enumerate(branches):
        reference = branch.get("$ref") if isinstance(branch, Mapping) else None
        named = [tag for tag, target in mapped.items() if target == reference] if reference else []
        node = schema.node([*str(reference)[2:].split("/")]) if reference else branch
        property_ = node.get("properties", {}).get(name, {}) if isinstance(node, Mapping) else {}
        if not named and isinstance(property_, Mapping):
            named = [str(property_["const"])] if "const" in property_ else list(map(str, property_.get("enum", ())))
        if not named and reference:
            named = [schema.component(reference)]
        tags.update({tag: number for tag in named if tag})
    return tags


def _expected_types(error: ValidationError, context: list[list[ValidationError]]) -> str:
    """The types of all branches when the value is of none of them."""
    types: list[str] = []
    for errors in context:
        if len(errors) != 1 or not _is_root_type(errors[0], error):
            return ""
        expected = errors[0].kind.value
        types += expected if isinstance(expected, list) else [str(expected)]
    return ", ".join(f'"{name}"' for name in dict.fromkeys(types))


def _is_root_type(inner: ValidationError, outer: ValidationError) -> bool:
    return isinstance(inner.kind, ValidationErrorKind.Type) and len(inner.instance_path) == len(outer.instance_path)


def _distance(errors: list[ValidationError], outer: ValidationError) -> tuple[bool, int, int]:
    """How far a value is from a branch: another type, then another constant in a property of its own, then errors."""
    depth = len(outer.instance_path) + 1
    constants = sum(
        isinstance(error.kind, ValidationErrorKind.Constant | ValidationErrorKind.Enum)
        and len(error.instance_path) <= depth
        for error in errors
    )
    return any(_is_root_type(error, outer) for error in errors), constants, len(errors)


def _keyword(error: ValidationError) -> str:
    path = [token for token in error.evaluation_path if isinstance(token, str)]
    return path[-1] if path else "schema"


def _message(error: ValidationError) -> str:
    if isinstance(error.kind, ValidationErrorKind.FalseSchema):
        return "no value is allowed here"
    if len(message := error.message) <= MAX_MESSAGE:
        return message
    wanted = str(getattr(error.kind, "value", ""))
    return f"the value does not keep {_keyword(error)} {wanted}"[:MAX_MESSAGE].strip()


def _quoted(value: JSON) -> str:
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "an array"
    return f'"{value}"'[:60] if isinstance(value, str) else str(value)[:60]
