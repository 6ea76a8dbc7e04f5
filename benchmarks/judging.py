"""A judge that knows nothing of `mockserver`: it reads a document by the letter of its standard and validates bodies.

It shares no code with what it judges. Swagger 2.0 and OpenAPI 3.0 are folded to JSON Schema 2020-12 as strictly as they
are written: `nullable` needs a `type` beside it and adds nothing to an `enum`; what is `writeOnly` must not be sent.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import jsonschema_rs
import yaml

URI = "urn:judged"
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
ONE = ("items", "additionalProperties", "not", "if", "then", "else", "contains", "propertyNames",
       "unevaluatedProperties", "unevaluatedItems")  # fmt: skip
LISTS = ("allOf", "anyOf", "oneOf", "prefixItems")
MAPS = ("properties", "patternProperties", "definitions", "$defs", "dependentSchemas")
DATA = ("example", "examples", "default", "enum", "const", "value")
BODILESS = ("204", "205", "304")


@dataclass(frozen=True)
class Exchange:
    """A request for one documented response in one media type, and where its schema stands."""

    method: str
    url: str
    status: str
    media_type: str
    pointer: str


class Judge:
    """The responses of one document."""

    def __init__(self, raw: Mapping[str, Any]) -> None:
        self.raw = raw
        self._is_old = str(raw.get("openapi") or raw.get("swagger")).startswith(("2", "3.0"))
        self._registry = jsonschema_rs.Registry([(URI, self._walk(raw, names=False))])
        self._validators: dict[str, jsonschema_rs.Draft202012Validator | None] = {}

    def breach(self, pointer: str, value: Any) -> str | None:
        """What is wrong with a body; an empty text when the schema is none that a validator takes."""
        if pointer not in self._validators:
            reference = f"{URI}#{quote(unquote(pointer[1:]), safe='/~$')}"
            try:
                validator = jsonschema_rs.Draft202012Validator(
                    {"$ref": reference}, registry=self._registry, validate_formats=True
                )
                self._validators[pointer] = validator
            except (jsonschema_rs.ValidationError, ValueError):
                self._validators[pointer] = None
        judge = self._validators[pointer]
        if judge is None:
            return ""
        error = next(judge.iter_errors(value), None)
        return None if error is None else f"{error.message[:200]} at {list(error.instance_path)}"

    def exchanges(self) -> Iterator[Exchange]:
        """One request for each response that has a JSON body with a schema."""
        paths = self.raw.get("paths") or {}
        shapes = Counter(re.sub(r"\{[^}]*\}", "{}", path) for path in paths)
        for path, item in paths.items():
            # No request can tell apart by their path what has a query there, or what OpenAPI calls identical: paths
            # that differ in the names of their parameters alone (3.1, section 4.8.8.1).
            is_known = shapes[re.sub(r"\{[^}]*\}", "{}", path)] == 1 and not re.search("[?#]", path)
            if not is_known or not isinstance(item, Mapping):
                continue
            for method in METHODS:
                if isinstance(operation := item.get(method), Mapping):
                    url = self._url(path, [*(item.get("parameters") or []), *(operation.get("parameters") or [])])
                    yield from self._responses(method, url, operation, f"#/paths/{_escape(path)}/{method}")

    def _responses(self, method: str, url: str, operation: Mapping[str, Any], place: str) -> Iterator[Exchange]:
        for status, node in (operation.get("responses") or {}).items():
            code = {"default": "599"}.get(str(status).lower(), re.sub("(?i)xx", "00", str(status)))
            if not re.fullmatch("[2-5][0-9][0-9]", code) or code in BODILESS or method == "head":
                continue
            try:
                response, pointer = self._follow(node, f"{place}/responses/{_escape(str(status))}")
            except (KeyError, IndexError, TypeError):
                continue  # a reference that leads nowhere
            for name, schema in self._contents(response, operation, pointer):
                essence = name.partition(";")[0].strip().lower()
                if essence.endswith(("/json", "+json")) or essence == "*/*":
                    yield Exchange(method.upper(), url, code, essence, schema)

    def _contents(
        self, response: Mapping[str, Any], operation: Mapping[str, Any], pointer: str
    ) -> Iterator[tuple[str, str]]:
        if "swagger" in self.raw:
            produces = operation.get("produces") or self.raw.get("produces") or ["application/json"]
            if "schema" in response:
                yield from ((name, f"{pointer}/schema") for name in produces)
            return
        for name, entry in (response.get("content") or {}).items():
            if isinstance(entry, Mapping) and "schema" in entry:
                yield name, f"{pointer}/content/{_escape(name)}/schema"

    def _url(self, path: str, parameters: list[Any]) -> str:
        values = {}
        for entry in parameters:
            try:
                parameter, _ = self._follow(entry, "")
            except (KeyError, IndexError, TypeError):
                continue
            if parameter.get("in") == "path":
                values[parameter.get("name")] = self._value(parameter)
        filled = re.sub(r"\{([^}]*)\}", lambda match: quote(values.get(match[1], "1"), safe=""), path)
        return quote(filled if filled.startswith("/") else f"/{filled}", safe="/%:@!$&'()*+,;=~-._")

    def _value(self, parameter: Mapping[str, Any]) -> str:
        try:
            schema, _ = self._follow(parameter.get("schema", parameter), "")
        except (KeyError, IndexError, TypeError):
            schema = {}
        listed = [*(schema.get("enum") or []), parameter.get("example"), schema.get("example"), schema.get("default")]
        return next((str(value) for value in listed if isinstance(value, str | int) and str(value)), "1")

    def _follow(self, node: Any, pointer: str) -> tuple[Mapping[str, Any], str]:
        while isinstance(node, Mapping) and isinstance(node.get("$ref"), str):
            pointer = node["$ref"]
            node = self.raw
            for token in pointer.removeprefix("#/").split("/"):
                key = unquote(token).replace("~1", "/").replace("~0", "~")
                node = node[int(key)] if isinstance(node, list) else node[key]
        return (node if isinstance(node, Mapping) else {}), pointer

    def _walk(self, node: Any, *, names: bool) -> Any:
        """The document with each schema folded where it stands."""
        if isinstance(node, list):
            return [self._walk(item, names=False) for item in node]
        if not isinstance(node, Mapping):
            return node
        walked: dict[str, Any] = {}
        for key, value in node.items():
            if not names and key in ("schema", "itemSchema"):
                walked[key] = self._folded(value)
            elif not names and key in ("schemas", "definitions") and isinstance(value, Mapping):
                walked[key] = {name: self._folded(schema) for name, schema in value.items()}
            elif not names and key in DATA:
                walked[key] = value
            else:
                is_map = key in ("parameters", "responses", "headers", "content", "paths", "requestBodies", "callbacks")
                walked[key] = self._walk(value, names=is_map and not names)
        return walked

    def _folded(self, schema: Any) -> Any:
        if not isinstance(schema, Mapping):
            return schema
        if self._is_old and isinstance(schema.get("$ref"), str):
            return {"$ref": schema["$ref"]}
        folded: dict[str, Any] = {}
        for key, value in schema.items():
            if key in LISTS and isinstance(value, list):
                folded[key] = [self._folded(entry) for entry in value]
            elif key in MAPS and isinstance(value, Mapping):
                folded[key] = {name: self._folded(entry) for name, entry in value.items()}
            else:
                folded[key] = self._folded(value) if key in ONE else value
        self._hide(schema, folded)
        return self._modern(folded) if self._is_old else folded

    def _hide(self, schema: Mapping[str, Any], folded: dict[str, Any]) -> None:
        """OpenAPI 3.0.3, section 4.7.24.2: `writeOnly` is not in responses, nor required there."""
        properties = schema.get("properties")
        hidden = [
            name for name, entry in (properties.items() if isinstance(properties, Mapping) else ())
            if isinstance(entry, Mapping) and entry.get("writeOnly") is True
        ]  # fmt: skip
        for name in hidden:
            folded["properties"][name] = False
        if hidden and isinstance(folded.get("required"), list):
            folded["required"] = [name for name in folded["required"] if name not in hidden]

    def _modern(self, schema: dict[str, Any]) -> dict[str, Any]:
        for bound, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
            if isinstance(schema.get(exclusive), bool) and schema.pop(exclusive) and bound in schema:
                schema[exclusive] = schema.pop(bound)
        if schema.get("type") == "file":
            schema["type"] = "string"
        if schema.pop("nullable", None) is True and isinstance(schema.get("type"), str):
            schema["type"] = [schema["type"], "null"]
        return schema


def read(path: Path) -> dict[str, Any]:
    """A document as JSON has it."""
    text = path.read_text(encoding="utf-8")
    content = json.loads(text) if path.suffix == ".json" else yaml.safe_load(text)
    plain: dict[str, Any] = json.loads(json.dumps(content, default=str))
    return plain


def _escape(token: str) -> str:
    return token.replace("~", "~0").replace("/", "~1")
