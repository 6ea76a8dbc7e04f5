"""An OpenAPI document as a frozen model in the specification's own nouns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from mockserver.document import Document, load_document
from mockserver.errors import SpecError
from mockserver.types import ABSENT, JSON, Schema

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
VALIDATION_ERROR = "#/components/schemas/ValidationError"
LOCATIONS = ("path", "query", "header", "cookie")


@dataclass(frozen=True, slots=True)
class Parameter:
    """A path, query, header or cookie parameter.

    `location` is the document's `in` and `pointer` leads to the schema. `style` and `explode` have OpenAPI's defaults
    filled in; `media_type` is that of a parameter with `content`, which has no style.
    """

    name: str
    location: str
    required: bool
    schema: Schema
    pointer: str
    example: JSON = ABSENT
    style: str = "simple"
    explode: bool = False
    media_type: str = ""
    allow_empty: bool = False


@dataclass(frozen=True, slots=True)
class Case:
    """A narrower schema for the answers to some requests (`x-mock-cases`).

    `when` is a JSON Schema of the decoded request, an object of `path`, `query`, `header`, `cookie` and `body`, and
    `schema` one that the answer keeps in addition to its own.
    """

    when: Schema
    schema: Schema
    pointer: str


@dataclass(frozen=True, slots=True)
class MediaType:
    """One entry of a `content` map. `examples` are the documented values by name; a single `example` is called so."""

    name: str
    schema: Schema
    examples: Mapping[str, JSON]
    cases: tuple[Case, ...]
    pointer: str


@dataclass(frozen=True, slots=True)
class RequestBody:
    """What an operation accepts as its body."""

    required: bool
    content: tuple[MediaType, ...]


@dataclass(frozen=True, slots=True)
class Response:
    """One entry of `responses`. `status` is `200`, `2XX` or `default`; `when` is the document's `x-mock-when`, a JSON
    Schema of the decoded request that selects this response."""

    status: str
    content: tuple[MediaType, ...]
    headers: Mapping[str, Any]
    when: Schema | None
    pointer: str


@dataclass(frozen=True, slots=True)
class SecurityScheme:
    """A way to show credentials. `type`, `scheme`, `location` and `parameter` are OpenAPI's (`in` and `name`)."""

    name: str
    type: str
    scheme: str = ""
    location: str = ""
    parameter: str = ""


@dataclass(frozen=True, slots=True)
class SecurityRequirement:
    """Schemes that must all be satisfied. Those of an operation are alternatives; an empty one asks for nothing."""

    schemes: tuple[SecurityScheme, ...]


@dataclass(frozen=True, slots=True)
class Operation:
    """A method on a path."""

    method: str
    path: str
    operation_id: str
    summary: str
    parameters: tuple[Parameter, ...]
    request_body: RequestBody | None
    responses: tuple[Response, ...]
    security: tuple[SecurityRequirement, ...]
    pointer: str

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


@dataclass(frozen=True)
class Spec:
    """An OpenAPI document, parsed. `document.content` is the document itself, as a dict."""

    document: Document
    title: str
    version: str
    operations: tuple[Operation, ...]

    @cached_property
    def is_fastapi(self) -> bool:
        """Whether FastAPI emitted the document: it declares FastAPI's own error component."""
        schemas = self.document.content.get("components", {}).get("schemas", {})
        properties = schemas.get("HTTPValidationError", {}).get("properties", {})
        return bool(properties.get("detail", {}).get("items", {}).get("$ref") == VALIDATION_ERROR)

    @cached_property
    def base_paths(self) -> tuple[str, ...]:
        """The paths of the document's servers, longest first; a path is served with each of them and without."""
        items = [self.document.content, *self.document.content.get("paths", {}).values()]
        operations = [value for item in items if isinstance(item, Mapping) for value in item.values()]
        holders = [node for node in (*items, *operations) if isinstance(node, Mapping)]
        servers = [
            server for holder in holders for server in holder.get("servers") or () if isinstance(server, Mapping)
        ]
        paths = {urlsplit(_server_url(server)).path.rstrip("/") for server in servers}
        return tuple(sorted(paths - {""}, key=len, reverse=True))

    @cached_property
    def secret_query_parameters(self) -> frozenset[str]:
        """The query parameters, in lower case, that carry an API key."""
        return frozenset(
            scheme.parameter.lower()
            for operation in self.operations
            for requirement in operation.security
            for scheme in requirement.schemes
            if scheme.location == "query"
        )


def _server_url(server: Mapping[str, Any]) -> str:
    """The URL of a server with the default of each of its variables in place."""
    url = str(server.get("url", ""))
    variables = server.get("variables")
    for name, variable in variables.items() if isinstance(variables, Mapping) else ():
        if isinstance(variable, Mapping):
            url = url.replace(f"{{{name}}}", str(variable.get("default", "")))
    return url


def load_spec(source: str | Path | Mapping[str, Any] | Spec, *, overlays: Iterable[str | Path] | None = None) -> Spec:
    """Read and parse an OpenAPI document: a path, or the document as a dict.

    `overlays` are applied in order; None takes the one beside the file (`openapi.overlay.json` beside `openapi.json`),
    `()` none. Raises `SpecError`.
    """
    if isinstance(source, Spec):
        return source
    return parse_spec(load_document(source, overlays=overlays))


def default_spec_path() -> Path:
    """Where the vendored contract lies: inside the installed package, or at the top of the repository."""
    here = Path(__file__).resolve().parent
    inside = here / "openapi.json"
    return inside if inside.is_file() else here.parent / "openapi.json"


def parse_spec(document: Document) -> Spec:
    """Turn a document into the model. Raises `SpecError` with the JSON pointer of what is not as OpenAPI has it."""
    info = document.content.get("info")
    info = info if isinstance(info, Mapping) else {}
    operations = tuple(_Parser(document).iter_operations())
    return Spec(document, str(info.get("title", "untitled")), str(info.get("version", "")), operations)


def escape(token: str) -> str:
    """A key as a reference token of a JSON pointer (RFC 6901)."""
    return token.replace("~", "~0").replace("/", "~1")


class _Parser:
    def __init__(self, document: Document) -> None:
        self.document = document

    def iter_operations(self) -> Iterator[Operation]:
        for path, item in self.document.content.get("paths", {}).items():
            if path.startswith("x-"):
                continue
            item, pointer = self.mapping(item, f"#/paths/{escape(path)}")
            shared = self.entries(item, "parameters", pointer)
            for method in METHODS:
                if method in item:
                    yield self.operation(method, path, shared, *self.mapping(item[method], f"{pointer}/{method}"))

    def operation(
        self, method: str, path: str, shared: list[tuple[JSON, str]], node: Mapping[str, Any], pointer: str
    ) -> Operation:
        # A parameter of the operation replaces one of the path item with the same name and place.
        parameters = [self.parameter(*entry) for entry in [*shared, *self.entries(node, "parameters", pointer)]]
        body = node.get("requestBody")
        return Operation(
            method=method.upper(),
            path=path,
            operation_id=str(node.get("operationId", "")),
            summary=str(node.get("summary", "")),
            parameters=tuple({(p.location, p.name.lower()): p for p in parameters}.values()),
            request_body=None if body is None else self.request_body(*self.mapping(body, f"{pointer}/requestBody")),
            responses=tuple(self.iter_responses(node, pointer)),
            security=tuple(self.iter_security(node, pointer)),
            pointer=pointer,
        )

    def parameter(self, node: JSON, pointer: str) -> Parameter:
        node, pointer = self.mapping(node, pointer)
        name, location = node.get("name"), node.get("in")
        if not isinstance(name, str) or location not in LOCATIONS:
            raise self.error(f"is no parameter: it needs a name and `in` one of {', '.join(LOCATIONS)}", pointer)
        content = next(iter(self.media_types(node, pointer)), None)
        style = str(node.get("style", "form" if location in ("query", "cookie") else "simple"))
        return Parameter(
            name=name,
            location=location,
            required=bool(node.get("required", False)),
            schema=node.get("schema", {}) if content is None else content.schema,
            pointer=f"{pointer if content is None else content.pointer}/schema",
            example=next(iter(self.examples(node, pointer).values()), ABSENT),
            style=style,
            explode=bool(node.get("explode", style in ("form", "deepObject"))),
            media_type="" if content is None else content.name,
            allow_empty=node.get("allowEmptyValue") is True,
        )

    def request_body(self, node: Mapping[str, Any], pointer: str) -> RequestBody:
        return RequestBody(bool(node.get("required", False)), tuple(self.media_types(node, pointer)))

    def iter_responses(self, node: Mapping[str, Any], pointer: str) -> Iterator[Response]:
        responses, pointer = self.mapping(node.get("responses", {}), f"{pointer}/responses")
        for status, entry in responses.items():
            if str(status).startswith("x-"):
                continue
            response, place = self.mapping(entry, f"{pointer}/{status}")
            headers, _ = self.mapping(response.get("headers", {}), f"{place}/headers")
            content = tuple(self.media_types(response, place))
            yield Response(str(status), content, headers, response.get("x-mock-when"), place)

    def media_types(self, node: Mapping[str, Any], pointer: str) -> Iterator[MediaType]:
        content, pointer = self.mapping(node.get("content", {}), f"{pointer}/content")
        for name, entry in content.items():
            place = f"{pointer}/{escape(name)}"
            entry, place = self.mapping(entry, place)
            cases = (
                Case(case.get("when", True), case.get("schema", True), case_pointer)
                for case, case_pointer in (self.mapping(*raw) for raw in self.entries(entry, "x-mock-cases", place))
            )
            yield MediaType(name, entry.get("schema", True), self.examples(entry, place), tuple(cases), place)

    def examples(self, node: Mapping[str, Any], pointer: str) -> Mapping[str, JSON]:
        if "example" in node:
            return {"example": node["example"]}
        examples, pointer = self.mapping(node.get("examples", {}), f"{pointer}/examples")
        resolved = {name: self.mapping(entry, f"{pointer}/{escape(name)}")[0] for name, entry in examples.items()}
        return {name: entry["value"] for name, entry in resolved.items() if "value" in entry}

    def iter_security(self, node: Mapping[str, Any], pointer: str) -> Iterator[SecurityRequirement]:
        holder, place = (node, pointer) if "security" in node else (self.document.content, "#")
        for requirement, at in self.entries(holder, "security", place):
            names, at = self.mapping(requirement, at)
            yield SecurityRequirement(tuple(self.security_scheme(name, at) for name in names))

    def security_scheme(self, name: str, pointer: str) -> SecurityScheme:
        reference = f"#/components/securitySchemes/{escape(name)}"
        node, pointer = self.mapping({"$ref": reference}, pointer)
        return SecurityScheme(
            name=name,
            type=str(node.get("type", "")),
            scheme=str(node.get("scheme", "")).lower(),
            location=str(node.get("in", "")),
            parameter=str(node.get("name", "")),
        )

    def mapping(self, node: JSON, pointer: str) -> tuple[Mapping[str, Any], str]:
        node, pointer = self.document.resolve(node, pointer)
        if not isinstance(node, Mapping):
            raise self.error(f"must be an object, not {type(node).__name__}", pointer)
        return node, pointer

    def entries(self, node: Mapping[str, Any], key: str, pointer: str) -> list[tuple[JSON, str]]:
        entries = node.get(key, [])
        if not isinstance(entries, list):
            raise self.error(f"must be an array, not {type(entries).__name__}", f"{pointer}/{key}")
        return [(entry, f"{pointer}/{key}/{number}") for number, entry in enumerate(entries)]

    def error(self, problem: str, pointer: str) -> SpecError:
        return SpecError(problem, source=self.document.source, pointer=pointer)
