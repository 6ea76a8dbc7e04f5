"""The document of `workshop.py`."""

from __future__ import annotations

from typing import Any

MOST = 8192
"""Bytes that a file may have."""

STATES = ["queued", "running", "succeeded", "failed", "cancelled"]
TITLE: Any = {"type": "string", "minLength": 1, "maxLength": 40}
TEXT: Any = {"type": "string"}
VOLUME: Any = {"type": "integer", "minimum": 0, "maximum": 10}
MODE: Any = {"type": "string", "enum": ["auto", "manual", "off"]}
COLOUR: Any = {"type": "string", "enum": ["grey", "red", "blue"]}
DEFAULTS: dict[str, Any] = {"colour": "grey", "settings": {"volume": 3, "mode": "auto"}}


def _object(required: str, **members: Any) -> dict[str, Any]:
    return {"type": "object", "required": required.split(), "additionalProperties": False, "properties": members}


def _or_null(schema: Any) -> dict[str, Any]:
    return {"anyOf": [schema, {"type": "null"}]}


def _with(schema: Any, default: Any) -> dict[str, Any]:
    return {**schema, "default": default}


def _ref(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}"}


def _name(pattern: str) -> dict[str, Any]:
    return {"name": "id", "in": "path", "required": True, "schema": {"type": "string", "pattern": pattern}}


_SENT = _object("", volume=_with(VOLUME, 3), mode=_with(MODE, "auto"))
_SHOWN = _object("volume mode", volume=VOLUME, mode=MODE)
_ERROR = {"type": ["string", "null"], "description": "What went wrong; null unless `status` is `failed`"}
_TAGS = {"type": "array", "items": TITLE, "maxItems": 4}
SCHEMAS: Any = {
    "Status": {"type": "string", "enum": STATES},
    "Metadata": _object("title", title=TITLE, tags=_TAGS),
    "Part": _object("id title tags", id=TEXT, title=TITLE, tags=_TAGS),
    "Name": {"type": "string", "pattern": "^[a-z]{3}_[0-9a-f]{8}$"},
    "Job": _object(
        "id part_id status progress error finished_at",
        id=TEXT,
        part_id=_ref("Name"),
        finished_at={"type": ["string", "null"], "format": "date-time"},
        status=_ref("Status"),
        progress={"type": "integer", "minimum": 0, "maximum": 100},
        error=_ERROR,
    ),
    "NewBox": _object("name", name=TITLE, colour=_with(COLOUR, "grey"), settings=_with(_SENT, DEFAULTS["settings"])),
    "BoxPatch": _object(
        "",
        name=TITLE,
        colour=_or_null(COLOUR),
        settings=_or_null(_object("", volume=_or_null(VOLUME), mode=_or_null(MODE))),
    ),
    "Box": _object("id name colour settings", id=TEXT, name=TITLE, colour=COLOUR, settings=_SHOWN),
}


def _body(name: str, media: str = "application/json") -> dict[str, Any]:
    return {"required": True, "content": {media: {"schema": _ref(name)}}}


def _answers(*statuses: str, **known: Any) -> dict[str, Any]:
    """Answers without a body, and `_201="Part"` for one with a body."""
    told: dict[str, Any] = {status: {"description": ""} for status in ("401", *statuses)}
    for status, name in known.items():
        schema = _ref(name) if isinstance(name, str) else name
        told[status[1:]] = {"description": "", "content": {"application/json": {"schema": schema}}}
    return told


_LISTED = {"200": {"description": "", "content": {"image/png": {}}}}
_STARTED = _answers("404", "422", _201="Job", _202="Job")
for _answer in (_STARTED["201"], _STARTED["202"]):
    _answer["headers"] = {"Location": {"required": True, "schema": TEXT}}
    _answer["links"] = {"job": {"operationId": "readJob", "parameters": {"id": "$response.body#/id"}}}
_UPLOAD = {
    "schema": _object("metadata content", metadata=_ref("Metadata"), content={"type": "string", "format": "binary"}),
    "encoding": {"content": {"contentType": "image/png"}},
}
_QUERY: Any = {"in": "query", "required": False}
DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Workshop", "version": "1"},
    "security": [{"key": []}],
    "paths": {
        "/about": {"get": {"security": [], "responses": {"200": {"description": ""}}}},
        "/parts": {
            "get": {
                "parameters": [{**_QUERY, "name": "tag", "schema": TITLE}],
                "responses": _answers("422", _200={"type": "array", "items": _ref("Part")}),
            },
            "post": {
                "description": f"The content is a picture of 1 to {MOST} bytes.",
                "requestBody": {"required": True, "content": {"multipart/form-data": _UPLOAD}},
                "responses": _answers("413", "415", "422", _201="Part"),
            },
        },
        "/parts/{id}": {
            "parameters": [_name("^prt_[0-9a-f]{8}$")],
            "get": {"responses": _answers("404", _200="Part")},
            "delete": {"responses": _answers("204", "404")},
        },
        "/parts/{id}/content": {
            "parameters": [_name("^prt_[0-9a-f]{8}$")],
            "get": {"responses": _answers("304", "404") | _LISTED},
        },
        "/parts/{id}/jobs": {
            "parameters": [_name("^prt_[0-9a-f]{8}$")],
            "post": {
                "parameters": [{**_QUERY, "name": "wait", "schema": {"type": "boolean", "default": False}}],
                "responses": _STARTED,
            },
        },
        "/jobs": {
            "get": {
                "parameters": [
                    {**_QUERY, "name": "status", "schema": _ref("Status")},
                    {**_QUERY, "name": "part_id", "schema": _ref("Name")},
                ],
                "responses": _answers("422", _200={"type": "array", "items": _ref("Job")}),
            }
        },
        "/jobs/{id}": {
            "parameters": [_name("^job_[0-9a-f]{8}$")],
            "get": {"operationId": "readJob", "responses": _answers("404", _200="Job")},
        },
        "/jobs/{id}/cancel": {
            "parameters": [_name("^job_[0-9a-f]{8}$")],
            "post": {"responses": _answers("404", _200="Job") | {"409": {"description": "It is over already."}}},
        },
        "/boxes": {
            "get": {
                "parameters": [
                    {**_QUERY, "name": "colour", "schema": COLOUR},
                    {**_QUERY, "name": "q", "schema": TITLE, "description": "Those whose name contains this text."},
                    {**_QUERY, "name": "limit", "schema": {"type": "integer", "minimum": 1, "maximum": 100}},
                    {**_QUERY, "name": "offset", "schema": {"type": "integer", "minimum": 0, "maximum": 1000}},
                ],
                "responses": _answers("422", _200={"type": "array", "items": _ref("Box")}),
            },
            "post": {"requestBody": _body("NewBox"), "responses": _answers("415", "422", _201="Box")},
        },
        "/boxes/{id}": {
            "parameters": [_name("^box_[0-9a-f]{8}$")],
            "get": {"responses": _answers("404", _200="Box")},
            "put": {"requestBody": _body("NewBox"), "responses": _answers("404", "415", "422", _200="Box")},
            "patch": {
                "requestBody": _body("BoxPatch", "application/merge-patch+json"),
                "responses": _answers("404", "415", "422", _200="Box"),
            },
            "delete": {"responses": _answers("204", "404")},
        },
    },
    "components": {
        "securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "X-API-Key"}},
        "schemas": SCHEMAS,
    },
}
