"""An OpenAPI document as a frozen model in the specification's own nouns."""

from __future__ import annotations

import gc
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urljoin, urlsplit

from mockserver.document import Document, load_document
from mockserver.document.pointers import escape
from mockserver.errors import Finding, SpecError
from mockserver.types import ABSENT, JSON, Schema, is_json

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace", "query")
VALIDATION_ERROR = "#/components/schemas/ValidationError"
LOCATIONS = ("path", "query", "header", "cookie", "querystring")
MAX_URLS = 100
"""So many URLs of one server are told apart."""
IGNORED_HEADERS = frozenset({"accept", "content-type", "authorization"})
"""OpenAPI 3.1, section 4.8.12.1: header parameters of these names are ignored; FastAPI's own documents mean them."""


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
    description: str = ""


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
    """One entry of a `content` map. `examples` are the documented values by name; a single `example` is called so.

    `item_schema` is that of each item of a sequence (OpenAPI 3.2, `itemSchema`), None when there is none.
    """

    name: str
    schema: Schema
    examples: Mapping[str, JSON]
    cases: tuple[Case, ...]
    pointer: str
    item_schema: Schema | None = None


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
    """A way to show credentials. `type`, `scheme`, `location` and `parameter` are OpenAPI's (`in` and `name`).

    `scopes` are those that the requirement asks for.

    A scheme without a `type` is not described in the document and asks for nothing.
    """

    name: str
    type: str
    scheme: str = ""
    location: str = ""
    parameter: str = ""
    scopes: tuple[str, ...] = ()


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
    deprecated: bool = False

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


@dataclass(frozen=True)
class Spec:
    """An OpenAPI document, parsed. `document.content` is the document itself, as a dict.

    `findings` is what the operations had to leave out so that the rest can be served.
    """

    document: Document
    title: str
    version: str
    operations: tuple[Operation, ...]
    findings: tuple[Finding, ...] = ()
    is_fastapi: bool = False
    """Whether FastAPI emitted the document: it has FastAPI's own error component or names for operations."""

    @cached_property
    def base_paths(self) -> tuple[str, ...]:
        """The paths of the document's servers, longest first; a path is served with each of them and without."""
        items = [self.document.content, *self.document.content.get("paths", {}).values()]
        operations = [value for item in items if isinstance(item, Mapping) for value in item.values()]
        holders = [node for node in (*items, *operations) if isinstance(node, Mapping)]
        servers = [
            server
            for holder in holders
            if isinstance(listed := holder.get("servers"), list)
            for server in listed
            if isinstance(server, Mapping)
        ]
        paths = {_path_of(url).rstrip("/") for server in servers for url in _server_urls(server)}
        return tuple(sorted(paths - {""}, key=len, reverse=True))

    @cached_property
    def token_paths(self) -> frozenset[str]:
        """The paths at which the document's OAuth2 flows give tokens, with and without the base path of a server."""
        components = self.document.content.get("components")
        schemes = _values(components, "securitySchemes") if isinstance(components, Mapping) else []
        flows = [flow for scheme in schemes if isinstance(scheme, Mapping) for flow in _values(scheme, "flows")]
        urls = [url for flow in flows if isinstance(flow, Mapping) and isinstance(url := flow.get("tokenUrl"), str)]
        bases = [f"{base}/" for base in (*self.base_paths, "")]
        return frozenset(_path_of(url, base) for url in urls for base in bases) - {""}

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


def _values(node: Mapping[str, Any], key: str) -> list[JSON]:
    value = node.get(key)
    return list(value.values()) if isinstance(value, Mapping) else []


def _is_fastapi(content: Mapping[str, Any]) -> bool:
    node: Any = content
    for key in ("components", "schemas", "HTTPValidationError", "properties", "detail", "items", "$ref"):
        node = node.get(key) if isinstance(node, Mapping) else None
    return bool(node == VALIDATION_ERROR) or any(_is_named_by_fastapi(content))


def _is_named_by_fastapi(content: Mapping[str, Any]) -> Iterator[bool]:
    """Of each operation, whether `fastapi.utils.generate_unique_id` named it: nothing else tells the documents of
    applications without parameters, which have no error component."""
    for path, item in content.get("paths", {}).items():
        for method, node in item.items() if isinstance(item, Mapping) else ():
            if isinstance(node, Mapping) and isinstance(node.get("operationId"), str):
                answer = node.get("responses")
                described = answer.values() if isinstance(answer, Mapping) else ()
                ending = re.sub(r"\W", "_", str(path)) + f"_{method}"
                yield node["operationId"].endswith(ending) and any(
                    isinstance(entry, Mapping) and entry.get("description") == "Successful Response"
                    for entry in described
                )


def _path_of(url: str, base: str = "") -> str:
    """The path of a URL that may be relative to another; empty for what is no URL."""
    try:
        return urlsplit(urljoin(base, url)).path
    except ValueError:
        return ""


def _server_urls(server: Mapping[str, Any]) -> list[str]:
    """The URLs of a server: with the default and with each other documented value of its variables in place."""
    urls = [str(server.get("url", ""))]
    variables = server.get("variables")
    for name, variable in variables.items() if isinstance(variables, Mapping) else ():
        if isinstance(variable, Mapping) and any(f"{{{name}}}" in url for url in urls):
            documented = variable.get("enum")
            values = [variable.get("default", ""), *(documented if isinstance(documented, list) else ())]
            urls = [url.replace(f"{{{name}}}", str(value)) for url in urls for value in dict.fromkeys(map(str, values))]
            del urls[MAX_URLS:]
    return urls


def load_spec(
    source: str | Path | Mapping[str, Any] | Spec,
    *,
    overlays: Iterable[str | Path] | None = None,
    allow_remote_refs: bool = False,
) -> Spec:
    """Read and parse an OpenAPI document: a path, a URL, `-` for standard input, or the document as a dict.

    `overlays` are applied in order; None takes the one beside the file (`openapi.overlay.json` beside `openapi.json`),
    `()` none. `allow_remote_refs` lets references lead to other machines. Raises `SpecError` when nothing can be
    served; what can be left out is left out and stands in `findings`.
    """
    if isinstance(source, Spec):
        return source
    with _no_collection():
        return parse_spec(load_document(source, overlays=overlays, allow_remote_refs=allow_remote_refs))


@contextmanager
def _no_collection() -> Iterator[None]:
    """Without garbage collection: a document of 7 MB has no garbage, and looking for it takes 40 % of the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def default_spec_path() -> Path:
    """Where the vendored contract lies: inside the installed package, or at the top of the repository."""
    here = Path(__file__).resolve().parent
    inside = here / "openapi.json"
    return inside if inside.is_file() else here.parent / "openapi.json"


def parse_spec(document: Document) -> Spec:
    """Turn a document into the model; what is not as OpenAPI has it is left out and stands in `findings`.

    Raises `SpecError` when no operation is left.
    """
    info = document.content.get("info")
    info = info if isinstance(info, Mapping) else {}
    parser = _Parser(document)
    operations = tuple(parser.iter_operations())
    # A reference that loading has reported is met again here, where less is known of why it is broken.
    known = {finding.pointer for finding in document.findings}
    own = (finding for finding in parser.findings if finding.pointer not in known)
    findings = (*document.findings, *dict.fromkeys(own))
    if not operations and (broken := next((entry for entry in findings if entry.severity == "error"), None)):
        raise SpecError(broken.problem, source=document.source, pointer=broken.pointer, remedy=broken.remedy)
    title, version = str(info.get("title", "untitled")), str(info.get("version", ""))
    return Spec(document, title, version, operations, findings, is_fastapi=parser.is_fastapi)


def template_names(path: str) -> list[str]:
    """The names of the parameters in a path template, in their order."""
    return re.findall(r"\{([^}]*)\}", path)


def query_template(path: str) -> dict[str, str]:
    """The names in the query of what a path writes behind its `?`, by placeholder (`/find?q={term}`).

    OpenAPI has no query in a path, but documents have; their parameters say `in: path`.
    """
    pairs = [pair for part in re.split("[?#]", path)[1:] for pair in parse_qsl(part)]
    return {value[1:-1]: name for name, value in pairs if re.fullmatch(r"\{[^{}]+\}", value)}


def _moved(parameter: Parameter, queried: Mapping[str, str]) -> Parameter:
    """A parameter where the path really has it."""
    if parameter.location != "path" or parameter.name not in queried:
        return parameter
    return replace(parameter, location="query", name=queried[parameter.name], style="form", explode=True)


T = TypeVar("T")


class _Parser:
    def __init__(self, document: Document) -> None:
        self.document = document
        self.findings: list[Finding] = []
        self.is_fastapi = _is_fastapi(document.content)

    def iter_operations(self) -> Iterator[Operation]:
        for path, item in self.document.content.get("paths", {}).items():
            if path.startswith("x-"):
                continue
            place = f"#/paths/{escape(path)}"
            if (found := self.tolerate(self.mapping, item, place)) is not None:
                yield from self.path_item(path, *found)

    def path_item(self, path: str, item: Mapping[str, Any], pointer: str) -> Iterator[Operation]:
        shared = self.tolerate(self.entries, item, "parameters", pointer) or []
        entries = [(method, item[method], f"{pointer}/{method}") for method in METHODS if method in item]
        if found := self.tolerate(
            self.mapping, item.get("additionalOperations", {}), f"{pointer}/additionalOperations"
        ):
            others, place = found
            entries += [(method, node, f"{place}/{escape(method)}") for method, node in others.items()]
        for method, node, place in entries:
            if (found := self.tolerate(self.mapping, node, place)) is not None:
                yield self.operation(method, path, shared, *found)

    def tolerate(self, parse: Callable[..., T], *arguments: Any) -> T | None:
        """What a part is parsed to, None when it is broken: then it is left out and found."""
        try:
            return parse(*arguments)
        except SpecError as error:
            self.findings.append(error.finding())
            return None

    def operation(
        self, method: str, path: str, shared: list[tuple[JSON, str]], node: Mapping[str, Any], pointer: str
    ) -> Operation:
        entries = [*shared, *(self.tolerate(self.entries, node, "parameters", pointer) or [])]
        queried = query_template(path)
        parsed = [
            _moved(parameter, queried)
            for entry in entries
            if (parameter := self.tolerate(self.parameter, *entry)) is not None
        ]
        # A parameter of the operation replaces one of the path item with the same name and place.
        parameters = {(p.location, p.name if p.location != "header" else p.name.lower()): p for p in parsed}
        body = node.get("requestBody")
        return Operation(
            method=method.upper(),
            path=path,
            operation_id=str(node.get("operationId", "")),
            summary=str(node.get("summary", "")),
            parameters=tuple(parameter for parameter in parameters.values() if self.is_meant(parameter, path)),
            request_body=None if body is None else self.tolerate(self.request_body, body, f"{pointer}/requestBody"),
            responses=tuple(self.iter_responses(node, pointer)),
            security=tuple(self.iter_security(node, pointer)),
            pointer=pointer,
            deprecated=node.get("deprecated") is True,
        )

    def is_meant(self, parameter: Parameter, path: str) -> bool:
        """Whether a parameter can be there at all."""
        if parameter.location == "path" and parameter.name not in template_names(re.split("[?#]", path)[0]):
            problem = f"the path {path} has no {{{parameter.name}}}, so that this parameter is ignored"
            self.findings.append(Finding("warning", parameter.pointer.removesuffix("/schema"), problem))
            return False
        return self.is_fastapi or parameter.location != "header" or parameter.name.lower() not in IGNORED_HEADERS

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
            description=str(node.get("description") or ""),
        )

    def request_body(self, node: JSON, pointer: str) -> RequestBody:
        node, pointer = self.mapping(node, pointer)
        return RequestBody(bool(node.get("required", False)), tuple(self.media_types(node, pointer)))

    def iter_responses(self, node: Mapping[str, Any], pointer: str) -> Iterator[Response]:
        found = self.tolerate(self.mapping, node.get("responses", {}), f"{pointer}/responses")
        responses, pointer = found or ({}, pointer)
        for status, entry in responses.items():
            if status.startswith("x-"):
                continue
            if not re.fullmatch("[2-5]([0-9][0-9]|XX)|default", status, re.IGNORECASE):
                what = "only comes before an answer" if re.fullmatch("1..", status) else "is no status code"
                problem = f"{status!r} {what}, so that this response is never sent"
                self.findings.append(Finding("warning", f"{pointer}/{escape(status)}", problem))
            elif response := self.tolerate(self.response, status, entry, f"{pointer}/{escape(status)}"):
                yield response

    def response(self, status: str, entry: JSON, pointer: str) -> Response:
        node, pointer = self.mapping(entry, pointer)
        headers = (self.tolerate(self.mapping, node.get("headers", {}), f"{pointer}/headers") or ({}, ""))[0]
        return Response(status, tuple(self.media_types(node, pointer)), headers, node.get("x-mock-when"), pointer)

    def media_types(self, node: Mapping[str, Any], pointer: str) -> Iterator[MediaType]:
        content, pointer = self.mapping(node.get("content", {}), f"{pointer}/content")
        for name, entry in content.items():
            if (found := self.tolerate(self.mapping, entry, f"{pointer}/{escape(name)}")) is not None:
                yield self.media_type(name, *found)

    def media_type(self, name: str, node: Mapping[str, Any], pointer: str) -> MediaType:
        cases = (
            Case(case.get("when", True), case.get("schema", True), place)
            for case, place in (self.mapping(*raw) for raw in self.entries(node, "x-mock-cases", pointer))
        )
        examples = self.tolerate(self.examples, node, pointer, name) or {}
        return MediaType(name, node.get("schema", True), examples, tuple(cases), pointer, node.get("itemSchema"))

    def examples(self, node: Mapping[str, Any], pointer: str, media_type: str = "") -> Mapping[str, JSON]:
        if "example" in node:
            return {"example": node["example"]}
        entries, pointer = self.mapping(node.get("examples", {}), f"{pointer}/examples")
        values: dict[str, JSON] = {}
        for name, entry in entries.items():
            found = self.tolerate(self.mapping, entry, f"{pointer}/{escape(name)}")
            if found is not None and (value := self.example(*found, media_type)) is not ABSENT:
                values[name] = value
        return values

    def example(self, node: Mapping[str, Any], pointer: str, media_type: str) -> JSON:
        """The value of an Example Object; `dataValue` and `serializedValue` are those of OpenAPI 3.2."""
        for key in ("value", "dataValue"):
            if key in node:
                return node[key]
        if isinstance(text := node.get("serializedValue"), str):
            try:
                return json.loads(text) if is_json(media_type) else text
            except ValueError:
                raise self.error("serializedValue is no JSON", pointer) from None
        if "externalValue" in node:
            self.findings.append(Finding("warning", pointer, "externalValue is not fetched, so this example is unused"))
        return ABSENT

    def iter_security(self, node: Mapping[str, Any], pointer: str) -> Iterator[SecurityRequirement]:
        holder, place = (node, pointer) if "security" in node else (self.document.content, "#")
        for requirement, at in self.tolerate(self.entries, holder, "security", place) or []:
            if (found := self.tolerate(self.mapping, requirement, at)) is not None:
                names, at = found
                yield SecurityRequirement(tuple(self.security_scheme(name, names[name], at) for name in names))

    def security_scheme(self, name: str, scopes: JSON, pointer: str) -> SecurityScheme:
        reference = f"#/components/securitySchemes/{escape(name)}"
        node, _ = self.tolerate(self.mapping, {"$ref": reference}, pointer) or ({}, "")
        return SecurityScheme(
            name=name,
            type=str(node.get("type", "")),
            scheme=str(node.get("scheme", "")).lower(),
            location=str(node.get("in", "")),
            parameter=str(node.get("name", "")),
            scopes=tuple(map(str, scopes)) if isinstance(scopes, list) else (),
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
