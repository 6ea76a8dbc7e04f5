"""The document under test: operations, what they document, and how their credentials travel."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import jsonschema_rs

from mockserver.document.pointers import escape
from mockserver.spec import MediaType, Operation, Parameter, Response, Spec

__all__ = [
    "JSON_TYPES",
    "Contract",
    "MediaType",
    "Operation",
    "Parameter",
    "Response",
    "Way",
    "escape",
    "is_credential",
    "is_ours",
]

JSON_TYPES = frozenset({"string", "integer", "number", "boolean", "null", "array", "object"})

_KEY_HEADERS = {"x-api-key", "api-key", "apikey", "x-auth-token", "x-access-token", "authorization"}

_TRANSPORT_HEADERS = {
    *("host", "connection", "content-length", "transfer-encoding", "accept-encoding", "te", "expect", "user-agent"),
}


@dataclass(frozen=True, slots=True)
class Way:
    """One way to show a credential: where it stands and what stands before it."""

    label: str
    location: str
    name: str
    prefix: str = ""

    @property
    def is_bearer(self) -> bool:
        return self.prefix == "Bearer "

    @property
    def is_basic(self) -> bool:
        return self.prefix == "Basic "


_ANY = ("a", "0012 ", "Zoë 北京 🎉", "<b>&amp; 'q' \"d\"", "A/b-c.")


def is_loose(pattern: str, length: int) -> bool:
    """Whether a pattern is met by texts of this length of all kinds: it forbids next to nothing (`\\S`)."""
    try:
        return all(re.search(pattern, (text * length)[:length]) for text in _ANY)
    except re.error:  # a pattern of another dialect
        return False


@dataclass(frozen=True)
class Contract:
    """A parsed OpenAPI document with the questions that the suite asks of it."""

    spec: Spec

    @cached_property
    def _validators(self) -> dict[str, jsonschema_rs.Draft202012Validator]:
        return {}

    @property
    def document(self) -> Mapping[str, Any]:
        """The OpenAPI document as a dict."""
        return self.spec.document.content

    @property
    def operations(self) -> tuple[Operation, ...]:
        return self.spec.operations

    @cached_property
    def by_label(self) -> Mapping[str, Operation]:
        """Operations by `POST /v1/vms/{vm_id}/clone`."""
        return {str(operation): operation for operation in self.operations}

    def find_response(self, operation: Operation, status: int) -> Response | None:
        """What the operation documents for a status: itself, its range (`4XX`) or `default`, in this order."""
        entries = {response.status.upper(): response for response in operation.responses}
        return entries.get(str(status)) or entries.get(f"{status // 100}XX") or entries.get("DEFAULT")

    def methods(self, path: str) -> frozenset[str]:
        """The methods that are documented for requests to a path, also under another template that covers it."""
        alike = self._by_length.get(path.count("/"), ())
        return frozenset(other.method for other in alike if _covers(other.path, path))

    @cached_property
    def _by_length(self) -> Mapping[int, list[Operation]]:
        """Operations by the number of slashes in their path: only these can cover a path."""
        found: dict[int, list[Operation]] = {}
        for operation in self.operations:
            found.setdefault(operation.path.count("/"), []).append(operation)
        return found

    def own_methods(self, path: str) -> frozenset[str]:
        """The methods that are documented for a path itself: the concrete one of several that match (OpenAPI)."""
        return frozenset(other.method for other in self.operations if other.path == path)

    def is_shadowed(self, path: str) -> bool:
        """Whether another documented path may match what this one does; a parameter may hold slashes (FastAPI)."""
        return any(
            other.path != path and (_matches(other.path, path) or _matches(path, other.path))
            for other in self.operations
        )

    def statuses(self, operation: Operation) -> str:
        """The documented statuses as text."""
        return " ".join(response.status for response in operation.responses) or "none"

    def resolve(self, node: Any, pointer: str) -> tuple[Any, str]:
        """Follow `$ref`; the node with its own pointer, or that of what it refers to where there is more below.

        What stands beside a reference counts, too (JSON Schema 2020-12, section 8.2.3.1).
        """
        found, place = self.spec.document.resolve(node, pointer)
        if not isinstance(node, Mapping) or len(node) < 2 or "$ref" not in node or not isinstance(found, Mapping):
            return found, place
        beside = {name: value for name, value in node.items() if name != "$ref"}
        return {**found, **beside}, place if found.keys() & _NESTING else pointer

    def schema_at(self, pointer: str, path: Iterable[str | int]) -> str:
        """The pointer one reaches by a validator's schema path from a schema; as far as it leads."""
        node = self.spec.document.lookup(pointer)
        for step in path:
            node, pointer = self.resolve(node, pointer)
            if step == "$ref":
                continue
            try:
                node = node[int(step)] if isinstance(node, list) else node[step]
            except (KeyError, IndexError, ValueError, TypeError):
                break
            pointer = f"{pointer}/{escape(str(step))}"
        return pointer

    # --- Schemas ---------------------------------------------------------------------------------------------------

    def json_types(self, schema: Any) -> frozenset[str]:
        """The JSON types that a schema may accept; more than it does when it is not clear from its outside."""
        schema, _ = self.resolve(schema, "")
        if not isinstance(schema, Mapping):
            return JSON_TYPES
        types = JSON_TYPES
        if (declared := schema.get("type")) is not None:
            types = frozenset([declared] if isinstance(declared, str) else declared)
            if schema.get("nullable") is True:
                types |= {"null"}
        elif isinstance(values := schema.get("enum", [schema["const"]] if "const" in schema else None), list):
            types = frozenset().union(*(_types_of(value) for value in values))
        for keyword in ("anyOf", "oneOf"):
            if branches := schema.get(keyword):
                types &= frozenset().union(*(self.json_types(branch) for branch in branches))
        for branch in schema.get("allOf", ()):
            types &= self.json_types(branch)
        return types | {"integer"} if "number" in types else types

    def iter_properties(self, schema: Any, pointer: str) -> Iterator[tuple[str, Any, str]]:
        """Name, schema and pointer of each property of an object schema, its own and those of its `allOf`."""
        schema, pointer = self.resolve(schema, pointer)
        if not isinstance(schema, Mapping):
            return
        for number, branch in enumerate(schema.get("allOf", ())):
            yield from self.iter_properties(branch, f"{pointer}/allOf/{number}")
        for name, child in schema.get("properties", {}).items():
            yield name, child, f"{pointer}/properties/{escape(name)}"

    def required(self, schema: Any) -> frozenset[str]:
        """The names of the required properties of an object schema, those of its `allOf` included."""
        schema, _ = self.resolve(schema, "")
        if not isinstance(schema, Mapping):
            return frozenset()
        return frozenset(schema.get("required", ())).union(*map(self.required, schema.get("allOf", ())))

    def enum(self, schema: Any, default: Iterable[Any] = ()) -> list[Any]:
        """The values that a schema lists, also within its alternatives; `default` when it lists none."""
        schema, _ = self.resolve(schema, "")
        if not isinstance(schema, Mapping):
            return list(default)
        branches = [branch for keyword in ("anyOf", "oneOf", "allOf") for branch in schema.get(keyword, ())]
        listed = [*schema.get("enum", ()), *(value for branch in branches for value in self.enum(branch))]
        if not listed:
            return list(default)
        return listed + [None for branch in branches if self.json_types(branch) == {"null"}]

    def is_free_text(self, schema: Any, length: int) -> bool:
        """Whether a schema accepts any text of this many characters."""
        schema, _ = self.resolve(schema, "")
        if not isinstance(schema, Mapping) or schema.keys() & {"allOf", "oneOf", "not"}:
            return False
        if branches := schema.get("anyOf"):
            return any(self.is_free_text(branch, length) for branch in branches)
        if "string" not in self.json_types(schema) or schema.keys() & {"format", "enum", "const"}:
            return False
        if "pattern" in schema and not is_loose(str(schema["pattern"]), length):
            return False
        low, high = int(schema.get("minLength", 0)), int(schema.get("maxLength", length))
        return bool(schema.get("type")) and low <= length <= high

    def description(self, node: Any) -> str:
        """What a schema, a header or a response says of itself, behind its `$ref`; empty when it says nothing."""
        node, _ = self.resolve(node, "")
        return str(node.get("description") or "") if isinstance(node, Mapping) else ""

    def said_at(self, pointer: str) -> str:
        """What stands at a place of the document says of itself."""
        return self.description(self.spec.document.lookup(pointer))

    def says_of_requests(self, operation: Operation, pattern: re.Pattern[str]) -> bool:
        """Whether the document says something of all requests, or of those to this operation or that it refuses."""
        texts = [self.description(self.document.get("info")), self.said_at(operation.pointer)]
        refusals = (response for response in operation.responses if response.status in {"400", "422"})
        texts += [f"Refused with {each.status}: {self.said_at(each.pointer)}" for each in refusals]
        return any(pattern.search(" ".join(text.split())) for text in texts)

    def text_format(self, schema: Any) -> str:
        """The `format` of a schema or of one of its alternatives; empty when there is none."""
        schema, _ = self.resolve(schema, "")
        if not isinstance(schema, Mapping):
            return ""
        branches = (branch for keyword in ("anyOf", "oneOf", "allOf") for branch in schema.get(keyword, ()))
        return str(schema.get("format") or next(filter(None, map(self.text_format, branches)), ""))

    def body_validator(self, media: MediaType) -> jsonschema_rs.Draft202012Validator:
        """A validator of bodies that are sent, without what is only read (OpenAPI 3.0.3, section 4.7.24.2)."""
        from mockserver.validation.request_schemas import RequestSchema  # noqa: PLC0415 - imports pydantic

        if media.pointer not in self._validators:
            schema = RequestSchema(media.schema, f"{media.pointer}/schema", self.spec.document)
            self._validators[media.pointer] = schema.validator
        return self._validators[media.pointer]

    def is_read_only(self, schema: Any) -> bool:
        """Whether a property stands only in answers."""
        schema, _ = self.resolve(schema, "")
        return isinstance(schema, Mapping) and schema.get("readOnly") is True

    # --- Credentials -----------------------------------------------------------------------------------------------

    def ways(self, operation: Operation) -> tuple[Way, ...]:
        """Every way in which this operation takes a credential, the documented schemes first."""
        schemes = (scheme for requirement in operation.security for scheme in requirement.schemes)
        ways = [way for scheme in schemes if (way := _way_of(scheme)) is not None]
        ways += [Way(f"{p.name} header", "header", p.name) for p in operation.parameters if is_credential(p)]
        return tuple({(way.location, way.name.lower()): way for way in reversed(ways)}.values())[::-1]

    def sufficient_ways(self, operation: Operation) -> tuple[Way, ...]:
        """The ways that the document says are enough by themselves."""
        alone = [requirement.schemes[0] for requirement in operation.security if len(requirement.schemes) == 1]
        return tuple(way for scheme in alone if (way := _way_of(scheme)) is not None)

    def joint_ways(self, operation: Operation) -> frozenset[Way]:
        """The ways that are enough only together with others."""
        together = [scheme for each in operation.security if len(each.schemes) > 1 for scheme in each.schemes]
        ways = {way for scheme in together if (way := _way_of(scheme)) is not None}
        return frozenset(ways - {*self.sufficient_ways(operation)})

    def is_public(self, operation: Operation) -> bool:
        """Whether the document says of this very operation that no credentials are asked for: `security: []`."""
        node = self.spec.document.lookup(operation.pointer)
        return isinstance(node, Mapping) and node.get("security") == []

    def needs_credentials(self, operation: Operation) -> bool:
        """Whether the document asks for credentials, and not merely allows them."""
        return bool(operation.security) and all(requirement.schemes for requirement in operation.security)


_NESTING = frozenset({"properties", "items", "allOf", "anyOf", "oneOf", "additionalProperties", "prefixItems"})


def is_credential(parameter: Parameter) -> bool:
    """Whether a header parameter carries a key, judged by its name."""
    return parameter.location == "header" and parameter.name.lower() in _KEY_HEADERS


def is_ours(parameter: Parameter) -> bool:
    """Whether a parameter's value is ours to choose: no credential, and no header that the client writes by itself.

    Such a header is ours all the same where the document says what it must look like.
    """
    is_transport = parameter.location == "header" and parameter.name.lower() in _TRANSPORT_HEADERS
    schema = parameter.schema if parameter.required and isinstance(parameter.schema, Mapping) else {}
    return not (is_transport and not schema.keys() & {"pattern", "enum", "const"}) and not is_credential(parameter)


def _covers(template: str, path: str) -> bool:
    """Whether a request to `path` may be routed to `template`: `/jobs/{id}` covers `/jobs/{name}`, `/jobs/latest`."""
    theirs, ours = template.split("/"), path.split("/")
    return len(theirs) == len(ours) and all(a == b or "{" in a for a, b in zip(theirs, ours, strict=True))


def _way_of(scheme: Any) -> Way | None:
    if scheme.type == "apiKey":
        return Way(scheme.name, scheme.location, scheme.parameter)
    if scheme.type in {"oauth2", "openIdConnect"} or (scheme.type == "http" and scheme.scheme == "bearer"):
        return Way(scheme.name, "header", "Authorization", "Bearer ")
    if scheme.type == "http":
        return Way(scheme.name, "header", "Authorization", f"{scheme.scheme.capitalize()} ")
    return None


def _types_of(value: Any) -> frozenset[str]:
    if isinstance(value, bool):
        return frozenset({"boolean"})
    names = {str: "string", int: "integer", float: "number", type(None): "null", list: "array", dict: "object"}
    return frozenset({names[type(value)]})


def _matches(template: str, path: str) -> bool:
    return re.fullmatch(re.sub(r"\\{.*?\\}", ".+", re.escape(template)), path) is not None
