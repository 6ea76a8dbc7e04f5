"""Parameters as FastAPI reads and validates them: single ones, and models of several (`request_params_to_args`)."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from mockserver.document import Document
from mockserver.errors import SpecError
from mockserver.parameters import RawParameters
from mockserver.spec import LOCATIONS, Operation, Parameter
from mockserver.types import JSON
from mockserver.validation.fastapi_dependencies import Dependencies
from mockserver.validation.fastapi_errors import NO_ERRORS, missing, run
from mockserver.validation.fastapi_habits import Habits
from mockserver.validation.pydantic_types import TypeCompiler, is_array

PLAIN: Final = (str, int, float, list, type(None))
"""The values of parameters that a JSON Schema can look at; of others it sees the text."""

EXTENSION: Final = "x-mock-parameters"
"""How an operation says, in the document or its overlay, what its parameters do not show."""

EXTRAS: Final[Mapping[str, dict[str, bool]]] = {
    "forbid": {"additionalProperties": False},
    "allow": {"additionalProperties": True},
    "ignore": {},
}
MODELLED: Final = ("query", "header", "cookie")
REMEDY: Final = f"A model is one of {', '.join(MODELLED)} with {', '.join(EXTRAS)}, and `dependencies` a list of names."


class Field(Protocol):
    """What one argument of the application takes from a request."""

    def read(self, raw: RawParameters, decoded: dict[str, Any]) -> list[dict[str, Any]]:
        """Put the values into the decoded request, by location and name; returns the errors."""


def compile_parameters(
    operation: Operation, types: TypeCompiler, habits: Habits, dependencies: Dependencies
) -> list[Field]:
    """The documented parameters in the order in which FastAPI looks at them: those of dependencies first."""
    declared = Declared.of(operation, types.document)
    ordered = [
        parameter for location in LOCATIONS for parameter in operation.parameters if parameter.location == location
    ]
    shared = dependencies.among(ordered)
    if declared.dependencies is not None:
        shared = {(entry.location, entry.name) for entry in ordered if entry.name in declared.dependencies}
    ordered.sort(key=lambda parameter: (parameter.location, parameter.name) not in shared)
    models = _models(declared, ordered, types, habits)
    fields: list[Field] = []
    for parameter in ordered:
        members, model = models.get(parameter.location, ([], None))
        if parameter not in members or model is None:
            fields.append(SingleParameter(parameter, types))
        elif parameter is members[0]:
            fields.append(model)
    return fields


@dataclass(frozen=True, slots=True)
class Declared:
    """What the extension of an operation says of its parameters.

    `extras` has by location the `extra` of the model that takes it, one of `EXTRAS`. `dependencies` are the names of
    the parameters that belong to a dependency, None where that is left open.
    """

    extras: Mapping[str, str]
    dependencies: tuple[str, ...] | None

    @classmethod
    def of(cls, operation: Operation, document: Document) -> Declared:
        """That of an operation. Raises `SpecError` for what it cannot say."""
        node = document.lookup(operation.pointer)
        said = node.get(EXTENSION, {}) if isinstance(node, Mapping) else {}
        pointer = f"{operation.pointer}/{EXTENSION}"
        if not isinstance(said, Mapping):
            raise SpecError("is no object", source=document.source, pointer=pointer, remedy=REMEDY)
        names = said.get("dependencies")
        known = {parameter.name for parameter in operation.parameters}
        if names is not None and not (isinstance(names, list) and known.issuperset(map(str, names))):
            problem = "`dependencies` is no list of names of parameters of the operation"
            raise SpecError(problem, source=document.source, pointer=pointer, remedy=REMEDY)
        extras = {str(place): str(extra) for place, extra in said.items() if place != "dependencies"}
        for place, extra in extras.items():
            if place not in MODELLED or extra not in EXTRAS:
                problem = f"`{place}: {extra}` says nothing of parameters"
                raise SpecError(problem, source=document.source, pointer=pointer, remedy=REMEDY)
        return cls(extras, None if names is None else tuple(map(str, names)))


def _models(
    declared: Declared, ordered: list[Parameter], types: TypeCompiler, habits: Habits
) -> dict[str, tuple[list[Parameter], ParameterModel]]:
    """The models of parameters by location, with their members: of headers by their titles, others as declared."""
    extras = dict(declared.extras)
    headers = [parameter for parameter in ordered if _may_be_member(parameter, types)]
    if any(_is_member(parameter, types) for parameter in headers):
        extras.setdefault("header", "ignore")
    found: dict[str, tuple[list[Parameter], ParameterModel]] = {}
    for place, extra in extras.items():
        members = headers if place == "header" else [parameter for parameter in ordered if parameter.location == place]
        if members:
            found[place] = members, ParameterModel(members, types, habits, extra=extra)
    return found


def _is_member(parameter: Parameter, types: TypeCompiler) -> bool:
    """Whether a header is a field of a model: the title is made of the field's name before its underscores become
    hyphens, and for a single header after it (`X Tag` against `X-Tag`)."""
    name = parameter.name
    return _may_be_member(parameter, types) and "-" in name and _title(parameter, types) == _spaced(name)


def _may_be_member(parameter: Parameter, types: TypeCompiler) -> bool:
    return parameter.location == "header" and _title(parameter, types) in (None, _spaced(parameter.name))


def _spaced(name: str) -> str:
    return name.replace("-", "_").title().replace("_", " ")


def _title(parameter: Parameter, types: TypeCompiler) -> JSON:
    return _nodes(parameter, types)[-1].get("title")


def _nodes(parameter: Parameter, types: TypeCompiler) -> list[Mapping[str, Any]]:
    """The schema of a parameter, what it refers to first."""
    schema, _ = types.document.resolve(parameter.schema, parameter.pointer)
    nodes: list[Mapping[str, Any]] = [node for node in (schema, parameter.schema) if isinstance(node, Mapping)]
    return nodes or [{}]


def _default(parameter: Parameter, types: TypeCompiler) -> JSON:
    for node in reversed(_nodes(parameter, types)):
        if "default" in node:
            return node["default"]
    return None


def _is_valued(parameter: Parameter, types: TypeCompiler) -> bool:
    """Whether there is no value that stands for an absent one."""
    nodes = _nodes(parameter, types)
    return not any("default" in node or {"type": "null"} in node.get("anyOf", ()) for node in nodes)


class SingleParameter:
    """One parameter."""

    __slots__ = ("_default", "_is_array", "_loc", "_location", "_name", "_parameter", "_validator")

    def __init__(self, parameter: Parameter, types: TypeCompiler) -> None:
        self._parameter = parameter
        self._location = parameter.location
        self._name = parameter.name
        self._loc = (parameter.location, parameter.name)
        self._validator = types.parameter_validator(parameter.schema, parameter.pointer)
        self._is_array = is_array(parameter.schema, types.document)
        self._default = _default(parameter, types)

    def read(self, raw: RawParameters, decoded: dict[str, Any]) -> list[dict[str, Any]]:
        """Of a repeated parameter the last one counts, of a repeated header the first."""
        text = raw.getlist(self._parameter) or None if self._is_array else raw.get(self._parameter)
        values = decoded[self._location]
        if text is None:
            default = self._default
            values[self._name] = copy.copy(default) if isinstance(default, list | dict) else default
            return [missing(self._loc)] if self._parameter.required else NO_ERRORS
        if self._validator is None:
            values[self._name] = text
            return NO_ERRORS
        value, errors = run(self._validator, text, self._loc)
        values[self._name] = value if isinstance(value, PLAIN) else text
        return errors


class ParameterModel:
    """A model of parameters of one location, validated as one value together with all else that is sent there."""

    def __init__(self, parameters: list[Parameter], types: TypeCompiler, habits: Habits, *, extra: str) -> None:
        self._habits = habits
        self._location = parameters[0].location
        self._is_open = extra == "ignore"
        self._parameters = [(parameter, is_array(parameter.schema, types.document)) for parameter in parameters]
        self._defaults = {parameter.name: _default(parameter, types) for parameter in parameters}
        self._aliases = {
            parameter.name: parameter.name.replace("-", "_") if _is_member(parameter, types) else parameter.name
            for parameter in parameters
        }
        self._names = {alias: name for name, alias in self._aliases.items()}
        schema: dict[str, Any] = {
            "type": "object",
            "title": "Parameters",
            "properties": {self._aliases[parameter.name]: parameter.schema for parameter in parameters},
            "required": [self._aliases[parameter.name] for parameter in parameters if parameter.required],
            **EXTRAS[extra],
        }
        # A field that is neither needed nor nullable nor has a default is needed after all: the model is optional.
        needed = [] if schema["required"] else [p for p, is_list in self._parameters if _is_valued(p, types) > is_list]
        self._is_optional = bool(needed)
        schema["required"] += [self._aliases[parameter.name] for parameter in needed]
        pointer = parameters[0].pointer
        self._validator = types.validator_of(lambda: types.annotation(schema, pointer), pointer)

    def read(self, raw: RawParameters, decoded: dict[str, Any]) -> list[dict[str, Any]]:
        """Validate the fields by their own names, and report them as the version does."""
        others = self._others(raw)
        is_absent = self._is_optional and all(raw.get(parameter) is None for parameter, _ in self._parameters)
        if is_absent and (self._is_open or not others):
            return NO_ERRORS
        given: dict[str, Any] = {}
        for parameter, is_list in self._parameters:
            value: Any = raw.getlist(parameter) or None if is_list else raw.get(parameter)
            if value is None and not self._habits.validates_null:
                value = copy.copy(self._defaults[parameter.name])
            if value is not None:
                given[self._aliases[parameter.name]] = decoded[self._location][parameter.name] = value
        given |= {name: texts[0] if len(texts) == 1 else texts for name, texts in others.items()}
        _, errors = run(self._validator, given, (self._location,))
        if not self._habits.names_headers_as_sent:
            return errors
        return [{**error, "loc": self._sent(error["loc"])} for error in errors]

    def _others(self, raw: RawParameters) -> dict[str, list[str]]:
        """What is sent in the same location beside the fields."""
        # Newer versions know an unconverted name too, and leave it out.
        known = {*self._names.values(), *(self._names if self._habits.names_headers_as_sent else ())}
        if self._location == "query":
            return {name: texts for name, texts in raw.query.items() if name not in known}
        if self._location == "cookie":
            return {name: [text] for name, text in raw.cookies.items() if name not in known}
        others: dict[str, list[str]] = {}
        for name, text in raw.request.headers.items():
            if name not in known:
                others.setdefault(name, []).append(text)
        return others

    def _sent(self, loc: tuple[str | int, ...]) -> tuple[str | int, ...]:
        location, *rest = loc
        return (location, self._names.get(str(rest[0]), rest[0]), *rest[1:]) if rest else loc
