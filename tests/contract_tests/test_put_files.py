"""Bytes that are put under a name of the client's choice, with a digest that must be theirs."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.contract_tests.small_services import bugs_of

BYTES = {"application/octet-stream": {"schema": {"type": "string", "minLength": 1}}}
SHOWN = {
    "type": "object",
    "required": ["version", "sha256"],
    "properties": {"version": {"type": "string"}, "sha256": {"type": "string"}},
}
VERSION = {"name": "version", "in": "path", "required": True, "schema": {"type": "string", "pattern": "^[0-9]{1,3}$"}}
CHECKSUM = {
    "name": "X-Checksum-SHA256",
    "in": "header",
    "description": "It must be the SHA-256 of the body in hexadecimal; otherwise the answer is 409.",
    "schema": {"type": "string"},
}
MADE = {"description": "", "content": {"application/json": {"schema": SHOWN}}}
STATUSES = {status: {"description": ""} for status in ("404", "409", "415", "422")}
DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Images", "version": "1"},
    "paths": {
        "/images/{version}": {
            "parameters": [VERSION],
            "put": {
                "parameters": [CHECKSUM],
                "requestBody": {"required": True, "content": BYTES},
                "responses": {"200": MADE, "201": MADE, **STATUSES},
            },
            "get": {"responses": {"200": {"description": "", "content": BYTES}, **STATUSES}},
        }
    },
}


def build(fault: str) -> Starlette:
    images: dict[str, bytes] = {}

    async def image(request: Request) -> Response:
        version, body = request.path_params["version"], await request.body()
        if not re.fullmatch("[0-9]{1,3}", version):
            return Response(status_code=422)
        if request.method in {"GET", "HEAD"}:
            found = images.get(version)
            shown = base64.b64encode(found) if found and fault == "shown in Base64" else found
            return (
                Response(status_code=404) if shown is None else Response(shown, media_type="application/octet-stream")
            )
        if request.headers.get("content-type") != "application/octet-stream":
            return Response(status_code=415)
        if not body:
            return Response(status_code=422)
        digest, status = hashlib.sha256(body).hexdigest(), 200 if version in images else 201
        is_wrong = request.headers.get("x-checksum-sha256", digest) != digest and fault != "any digest"
        if not is_wrong or fault == "stored all the same":
            images[version] = body if version not in images or fault != "the first stays" else images[version]
        if is_wrong:
            return Response(status_code=409)
        told = hashlib.sha256(b"" if fault == "another digest" else body).hexdigest()
        return JSONResponse({"version": version, "sha256": told}, status)

    return Starlette(routes=[Route("/images/{version}", image, methods=["GET", "PUT"])])


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("", ""),
        ("shown in Base64", "GET /images/{version} answers"),
        ("any digest", "not what X-Checksum-SHA256 says"),
        ("stored all the same", "from byte 11 on"),
        ("the first stays", "GET /images/{version} answers"),
        ("another digest", "which is not that of the bytes"),
    ],
)
def test_bytes_that_are_put_are_those_that_are_there(fault: str, words: str, tmp_path: Path) -> None:
    bugs = bugs_of(build(fault), DOCUMENT, tmp_path)

    assert any(words in bug for bug in bugs) if words else bugs == ()
