"""What depends on the state of a thing is no bug: a photo that nobody put there, a change that does not suit it."""

from __future__ import annotations

import hashlib
import itertools
import json
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from contract_tests.values import merge
from mockserver import load_spec
from tests.contract_tests.auditing import audit
from tests.services.serving import serve_asgi

_SIDE = {"type": "number", "exclusiveMinimum": 0}
_SIZE = {"type": "object", "additionalProperties": False, "properties": {"width": _SIDE, "height": _SIDE}}
_WHOLE = {**_SIZE, "required": ["width", "height"]}
_SENT = {"sku": {"type": "string", "pattern": "^[A-Z]{6}$"}, "size": {"oneOf": [{"type": "null"}, _WHOLE]}}
_PATCH = {"sku": _SENT["sku"], "size": {"oneOf": [{"type": "null"}, _SIZE]}}
_REF = {name: {"$ref": f"#/components/schemas/{name}"} for name in ("New", "Change", "Box")}
_TAG = {"headers": {"ETag": {"schema": {"type": "string"}}}}
_PHOTO: dict[str, Any] = {"content": {"image/png": {}}}
_MATCH = {"name": "If-Match", "in": "header", "schema": {"type": "string"}}


def _body(name: str, media: str = "application/json") -> dict[str, Any]:
    return {"content": {media: {"schema": _REF[name]}}}


def _answers(*others: str, **known: Any) -> dict[str, Any]:
    return {status.removeprefix("_"): {"description": "", **known.get(status, {})} for status in (*known, *others)}


DOCUMENT = {
    "openapi": "3.1.0",
    "info": {"title": "Boxes", "version": "1"},
    "paths": {
        "/boxes": {
            "post": {
                "requestBody": {"required": True, **_body("New")},
                "responses": _answers("400", "409", "415", "422", _201=_body("Box") | _TAG),
            }
        },
        "/boxes/{id}": {
            "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}],
            "get": {"responses": _answers("404", _200=_body("Box") | _TAG)},
            "patch": {
                "parameters": [_MATCH],
                "requestBody": {"required": True, **_body("Change", "application/merge-patch+json")},
                "responses": _answers("400", "404", "409", "412", "415", "422", _200=_body("Box") | _TAG),
            },
        },
        "/boxes/{id}/photo": {
            "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}],
            "get": {"responses": _answers("404", _200=_PHOTO)},
            "put": {"requestBody": {"required": True, **_PHOTO}, "responses": _answers("204", "400", "404", "415")},
        },
    },
    "components": {
        "schemas": {
            "New": {"type": "object", "required": ["sku"], "additionalProperties": False, "properties": _SENT},
            "Change": {"type": "object", "minProperties": 1, "additionalProperties": False, "properties": _PATCH},
            "Box": {"type": "object", "required": ["id", "sku"], "properties": {"id": {"type": "integer"}, **_SENT}},
        }
    },
}


class Refused(Exception):
    """A request that is answered with a status and nothing else."""


class Boxes:
    """Boxes with a sku of their own, a size that is whole or none, and a photo. `fault` is one thing that is wrong."""

    def __init__(self, fault: str = "") -> None:
        self.fault = fault
        self.document = load_spec(DOCUMENT).document
        self.numbers = itertools.count(1)
        self.boxes: dict[int, dict[str, Any]] = {}
        self.photos: dict[int, bytes] = {}

    def is_valid(self, name: str, value: Any) -> bool:
        return bool(self.document.validator(f"#/components/schemas/{name}").is_valid(value))

    async def body(self, request: Request, name: str, media: str) -> Any:
        self.check_type(request, media)
        try:
            value = json.loads((await request.body()).decode(), parse_constant=float.fromhex)
        except (ValueError, RecursionError):
            raise Refused(400) from None
        if not self.is_valid(name, value):
            raise Refused(422)
        return value

    def check_type(self, request: Request, media: str) -> None:
        if request.headers.get("content-type", "").partition(";")[0].lower() != media:
            raise Refused(415)

    def find(self, request: Request) -> dict[str, Any]:
        if request.path_params["id"] not in self.boxes:
            raise Refused(404)
        return self.boxes[request.path_params["id"]]

    def keep(self, box: dict[str, Any], status: int) -> Response:
        if any(other["sku"] == box["sku"] and other["id"] != box["id"] for other in self.boxes.values()):
            raise Refused(409)
        self.boxes[box["id"]] = box
        return self.show(box, status)

    def tag(self, box: dict[str, Any]) -> str:
        return f'"{hashlib.sha256(repr(sorted(box.items())).encode()).hexdigest()[:12]}"'

    def show(self, box: dict[str, Any], status: int = 200) -> Response:
        return JSONResponse(box, status, {"ETag": self.tag(box)})

    async def create(self, request: Request) -> Response:
        sent = await self.body(request, "New", "application/json")
        return self.keep({"id": next(self.numbers), **sent}, 201)

    async def one(self, request: Request) -> Response:
        if request.method != "PATCH":
            return self.show(self.find(request))
        sent, box = await self.body(request, "Change", "application/merge-patch+json"), self.find(request)
        if request.headers.get("if-match", "*") not in ("*", self.tag(box)):
            raise Refused(412)
        changed = {"id": box["id"], **merge(box, sent)}
        if not self.is_valid("Box", changed) or (
            self.fault == "no size is taken" and isinstance(sent.get("size"), dict)
        ):
            raise Refused(422)
        return self.keep(changed, 200)

    async def photo(self, request: Request) -> Response:
        box = self.find(request)
        if request.method == "PUT":
            self.check_type(request, "image/png")
            if not (data := await request.body()):
                raise Refused(400)
            self.photos[box["id"]] = data
            return Response(status_code=204)
        if box["id"] not in self.photos or self.fault == "no photo is found":
            raise Refused(404)
        return Response(self.photos[box["id"]], media_type="image/png")

    def app(self) -> Starlette:
        def refuse(request: Request, error: Exception) -> Response:
            return Response(status_code=error.args[0])

        return Starlette(
            routes=[
                Route("/boxes", self.create, methods=["POST"]),
                Route("/boxes/{id:int}", self.one, methods=["GET", "PATCH"]),
                Route("/boxes/{id:int}/photo", self.photo, methods=["GET", "PUT"]),
            ],
            exception_handlers={Refused: refuse},
        )


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        ("", ""),
        ("no size is taken", "PATCH /boxes/{id} refuses"),
        ("no photo is found", "GET /boxes/{id}/photo"),
    ],
)
def test_only_what_is_wrong_whatever_the_state_is_told(fault: str, sentence: str, tmp_path: Path) -> None:
    spec = tmp_path / "spec.json"
    spec.write_text(json.dumps(DOCUMENT))
    with serve_asgi(Boxes(fault).app()) as url:
        run = audit(url, "--spec", str(spec), "--max-examples", "30")

    assert run.code == bool(fault), run.text
    assert sentence in run.text
