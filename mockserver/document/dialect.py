"""Swagger 2.0 and OpenAPI 3.0 folded into OpenAPI 3.1, whose schemas are JSON Schema 2020-12.

Nothing is lost: what 3.1 has no word for stays where it stands.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from mockserver.document.references import FILES, NAMED
from mockserver.types import JSON

SUBSCHEMAS: Final = ("items", "additionalProperties", "not", "if", "then", "else", "contains", "propertyNames")
SUBSCHEMA_LISTS: Final = ("allOf", "anyOf", "oneOf", "prefixItems")
SUBSCHEMA_MAPS: Final = ("properties", "patternProperties", "definitions", "$defs", "dependentSchemas")

MAPS: Final = frozenset(
    (
        "parameters",
        "responses",
        "headers",
        "requestBodies",
        "callbacks",
        "links",
        "content",
        "pathItems",
        "securitySchemes",
    )
)
"""The objects of OpenAPI whose keys are names that the author chose."""

DATA: Final = frozenset(("example", "examples", "default", "enum", "const", "value"))
"""What is data of the author, whatever it looks like."""

DOUBTFUL_NULL: Final = "x-doubtful-null"
"""Marks a schema that takes null by the intent of its author and not by the letter of 3.0: it is accepted, not sent."""

HTTP_METHODS: Final = ("get", "put", "post", "delete", "options", "head", "patch")


def fold(content: Mapping[str, Any]) -> dict[str, Any]:
    """The document in the 3.1 dialect; a document that is in it already comes back as it is."""
    if "swagger" in content:
        content = {**swagger_to_openapi(content), "openapi": "3.0.3"}
    if not str(content.get("openapi", "")).startswith("3.0"):
        return dict(content)
    files = {FILES: _fold_loosely(content[FILES])} if FILES in content else {}
    return {**_fold_object(content), **files, "openapi": "3.1.0"}


def _fold_loosely(node: JSON, *, names: bool = False) -> JSON:
    """What stands in other files, of which nobody knows where in a document it belongs: every object as a schema."""
    if isinstance(node, list):
        return [_fold_loosely(item) for item in node]
    if not isinstance(node, Mapping):
        return node
    folded = {
        key: value if not names and key in DATA else _fold_loosely(value, names=not names and key in NAMED)
        for key, value in node.items()
    }
    return folded if names else _fold_keywords(folded)


# --- OpenAPI 3.0: schemas ---------------------------------------------------------------------------------------------


def _fold_object(node: Mapping[str, Any], *, names: bool = False) -> dict[str, Any]:
    """An object of OpenAPI with every schema in it folded; with `names` its keys are names, not keywords."""
    return {key: _fold_entry(key, value, keyword=not names) for key, value in node.items()}


def _fold_entry(key: str, value: JSON, *, keyword: bool) -> JSON:
    if keyword and (key in DATA or str(key).startswith("x-")):
        return value
    if keyword and key == "schema":
        return fold_schema(value)
    if keyword and key == "schemas" and isinstance(value, Mapping):
        return {name: fold_schema(schema) for name, schema in value.items()}
    if isinstance(value, Mapping):
        return _fold_object(value, names=keyword and key in MAPS)
    return (
        [_fold_object(item) if isinstance(item, Mapping) else item for item in value]
        if isinstance(value, list)
        else value
    )


def fold_schema(schema: JSON) -> JSON:
    """A schema of OpenAPI 3.0 as one of JSON Schema 2020-12."""
    if not isinstance(schema, Mapping):
        return schema
    if isinstance(schema.get("$ref"), str):  # 3.0, section 4.8.23: what stands beside it is ignored
        return {"$ref": schema["$ref"]}
    return _fold_keywords({key: _fold_keyword(key, value) for key, value in schema.items()})


def _fold_keywords(folded: dict[str, Any]) -> dict[str, Any]:
    """The keywords of one schema whose subschemas are folded already."""
    _fold_bound(folded, "minimum", "exclusiveMinimum")
    _fold_bound(folded, "maximum", "exclusiveMaximum")
    if folded.get("type") == "file":  # Swagger 2.0
        folded.update(type="string", format="binary")
    if isinstance(name := folded.get("discriminator"), str):  # Swagger 2.0
        folded["discriminator"] = {"propertyName": name}
    return _nullable(folded) if folded.pop("nullable", False) is True else folded


def _fold_keyword(key: str, value: JSON) -> JSON:
    if key in SUBSCHEMAS:
        return fold_schema(value)
    if key in SUBSCHEMA_LISTS and isinstance(value, list):
        return [fold_schema(branch) for branch in value]
    if key in SUBSCHEMA_MAPS and isinstance(value, Mapping):
        return {name: fold_schema(branch) for name, branch in value.items()}
    return value


def _fold_bound(schema: dict[str, Any], bound: str, exclusive: str) -> None:
    """In 3.0 the exclusive keyword is a boolean beside the bound, in 2020-12 it is the bound."""
    if isinstance(schema.get(exclusive), bool) and schema.pop(exclusive) and bound in schema:
        schema[exclusive] = schema.pop(bound)


def _nullable(schema: dict[str, Any]) -> dict[str, Any]:
    if isinstance(schema.get("type"), str):
        # 3.0.3: null must be in the enumeration too; most authors leave it out and mean it.
        is_left_out = isinstance(schema.get("enum"), list) and None not in schema["enum"]
        enum = {"enum": [*schema["enum"], None], DOUBTFUL_NULL: True} if is_left_out else {}
        return {**schema, "type": [schema["type"], "null"], **enum}
    # Without a type the keyword has no effect by the letter of 3.0.3, which nobody means who writes it.
    return {"anyOf": [schema, {"type": "null", DOUBTFUL_NULL: True}]} if schema else schema


# --- Swagger 2.0 ------------------------------------------------------------------------------------------------------

PREFIXES: Final = {
    "#/definitions/": "#/components/schemas/",
    "#/parameters/": "#/components/parameters/",
    "#/responses/": "#/components/responses/",
}
# collectionFormat: (style, explode); `tsv` has no equal and is read as `csv`.
COLLECTIONS: Final = {
    "csv": ("form", False),
    "multi": ("form", True),
    "ssv": ("spaceDelimited", False),
    "pipes": ("pipeDelimited", False),
    "tsv": ("form", False),
}
PARAMETER_KEYS: Final = frozenset(("name", "in", "description", "required", "allowEmptyValue", "collectionFormat"))
FLOWS: Final = {
    "implicit": "implicit",
    "password": "password",
    "application": "clientCredentials",
    "accessCode": "authorizationCode",
}


def swagger_to_openapi(content: Mapping[str, Any]) -> dict[str, Any]:
    """A Swagger 2.0 document as OpenAPI 3.0."""
    return _Swagger(content).convert()


class _Swagger:
    def __init__(self, content: Mapping[str, Any]) -> None:
        self.content = content
        self.parameters = _mapping(content.get("parameters"))
        self.consumes = content.get("consumes", ["application/json"])
        self.produces = content.get("produces", ["application/json"])

    def convert(self) -> dict[str, Any]:
        content = self.content
        components = {
            "schemas": _mapping(content.get("definitions")),
            "parameters": {
                name: self.parameter(node)
                for name, node in self.parameters.items()
                if _location(node) not in ("body", "formData")
            },
            "responses": {
                name: self.response(node, self.produces) for name, node in _mapping(content.get("responses")).items()
            },
            "securitySchemes": {
                name: self.security_scheme(node) for name, node in _mapping(content.get("securityDefinitions")).items()
            },
        }
        kept = {key: content[key] for key in ("info", "security", "tags", "externalDocs") if key in content}
        extensions = {key: value for key, value in content.items() if key.startswith("x-")}
        paths = content.get("paths", {})
        converted = (
            {path: self.path_item(item) for path, item in paths.items()} if isinstance(paths, Mapping) else paths
        )
        document = {**kept, **extensions, "servers": self.servers(), "paths": converted, "components": components}
        rewritten: dict[str, Any] = _rewritten(document)
        return rewritten

    def servers(self) -> list[dict[str, str]]:
        host, base = self.content.get("host"), self.content.get("basePath", "/")
        if not host:
            return [{"url": base}]
        return [{"url": f"{scheme}://{host}{base}"} for scheme in _names(self.content.get("schemes")) or ["https"]]

    def path_item(self, item: JSON) -> JSON:
        if not isinstance(item, Mapping):
            return item
        shared = item.get("parameters", [])
        converted = {key: value for key, value in item.items() if key not in (*HTTP_METHODS, "parameters")}
        for method in HTTP_METHODS:
            if method in item:
                converted[method] = self.operation(item[method], shared)
        return converted

    def operation(self, node: JSON, shared: JSON) -> JSON:
        if not isinstance(node, Mapping):
            return node
        own = node.get("parameters", [])
        parameters = [self.resolved(entry) for entry in (*_list(shared), *_list(own))]
        # A parameter of the operation replaces the one of its path with the same name and place.
        by_place = {(_location(entry), str(_mapping(entry).get("name"))): entry for entry in parameters}
        left_out = ("parameters", "consumes", "produces", "schemes", "responses")
        converted = {key: value for key, value in node.items() if key not in left_out}
        converted["parameters"] = [
            self.parameter(entry) for (place, _), entry in by_place.items() if place not in ("body", "formData")
        ]
        if body := self.request_body(list(by_place.values()), node.get("consumes", self.consumes)):
            converted["requestBody"] = body
        produces = node.get("produces", self.produces)
        responses = node.get("responses", {})
        converted["responses"] = (
            {status: self.response(response, produces) for status, response in responses.items()}
            if isinstance(responses, Mapping) else responses
        )  # fmt: skip
        return converted

    def resolved(self, node: JSON) -> JSON:
        """A shared parameter in place of a reference to it: what becomes a body is no parameter any more."""
        reference = _mapping(node).get("$ref")
        if isinstance(reference, str) and reference.startswith("#/parameters/"):
            return self.parameters.get(reference.removeprefix("#/parameters/"), node)
        return node

    def parameter(self, node: JSON) -> JSON:
        if not isinstance(node, Mapping) or "$ref" in node:
            return node
        converted = {key: value for key, value in node.items() if key in PARAMETER_KEYS or key.startswith("x-")}
        schema = {key: value for key, value in node.items() if key not in converted}
        if schema.get("type") == "array":
            style, explode = COLLECTIONS.get(str(converted.pop("collectionFormat", "csv")), ("form", False))
            converted.update(style=style if node.get("in") == "query" else "simple", explode=explode)
        return {**converted, "schema": _without_collection_format(schema)}

    def request_body(self, parameters: list[JSON], consumes: JSON) -> dict[str, Any] | None:
        body = next((entry for entry in parameters if _location(entry) == "body"), None)
        if body is not None:
            media_type = {"schema": body.get("schema", {})}
            return {
                "required": body.get("required", False),
                "description": body.get("description", ""),
                "content": dict.fromkeys(_names(consumes) or ["application/json"], media_type),
            }
        fields = [entry for entry in parameters if _location(entry) == "formData" and "$ref" not in entry]
        if not fields:
            return None
        schema = {
            "type": "object",
            "properties": {str(entry["name"]): self.parameter(entry)["schema"] for entry in fields if "name" in entry},
            "required": [str(entry["name"]) for entry in fields if entry.get("required") and "name" in entry],
        }
        forms = [name for name in _names(consumes) if "form" in name]
        if any(entry.get("type") == "file" for entry in fields):
            forms = ["multipart/form-data"]
        names = forms or ["application/x-www-form-urlencoded"]
        return {"required": bool(schema["required"]), "content": {name: {"schema": schema} for name in names}}

    def response(self, node: JSON, produces: JSON) -> JSON:
        if not isinstance(node, Mapping) or "$ref" in node:
            return node
        converted = {key: value for key, value in node.items() if key not in ("schema", "examples", "headers")}
        converted["headers"] = {name: self.header(header) for name, header in _mapping(node.get("headers")).items()}
        examples = _mapping(node.get("examples"))
        if "schema" in node or examples:
            schema = {"schema": node["schema"]} if "schema" in node else {}
            names = _names(produces) or ["application/json"]
            converted["content"] = {
                name: {**schema, **({"example": examples[name]} if name in examples else {})}
                for name in dict.fromkeys([*names, *examples])
            }
        return converted

    def header(self, node: JSON) -> JSON:
        if not isinstance(node, Mapping):
            return node
        described = {"description": node["description"]} if "description" in node else {}
        schema = {key: value for key, value in node.items() if key != "description"}
        return {**described, "schema": _without_collection_format(schema)}

    def security_scheme(self, node: JSON) -> JSON:
        if not isinstance(node, Mapping):
            return node
        if node.get("type") == "basic":
            return {"type": "http", "scheme": "basic"}
        if node.get("type") != "oauth2":
            return dict(node)
        urls = {key: node[key] for key in ("authorizationUrl", "tokenUrl") if key in node}
        flow = FLOWS.get(str(node.get("flow")), "implicit")
        return {"type": "oauth2", "flows": {flow: {**urls, "scopes": node.get("scopes", {})}}}


def _without_collection_format(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in schema.items() if key != "collectionFormat"}


def _rewritten(node: JSON) -> Any:
    """References to where the definitions stand now."""
    if isinstance(node, list):
        return [_rewritten(item) for item in node]
    if not isinstance(node, Mapping):
        return node
    return {key: _moved(value) if key == "$ref" else _rewritten(value) for key, value in node.items()}


def _moved(reference: JSON) -> JSON:
    if isinstance(reference, str):
        for before, after in PREFIXES.items():
            if reference.startswith(before):
                return after + reference.removeprefix(before)
    return _rewritten(reference)


def _location(node: JSON) -> str:
    return str(_mapping(node).get("in", ""))


def _names(node: JSON) -> list[str]:
    return [name for name in _list(node) if isinstance(name, str)]


def _mapping(node: JSON) -> Mapping[str, Any]:
    return node if isinstance(node, Mapping) else {}


def _list(node: JSON) -> list[JSON]:
    return node if isinstance(node, list) else []
