"""Names and sizes of files, as descriptions speak of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from starlette.applications import Starlette
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.contract_tests.auditing import audit
from tests.services.serving import serve_asgi

SAID = "The file name of the uploaded part, without directories."


def document(said: str) -> dict[str, Any]:
    file = {"type": "string", "format": "binary", "description": "Up to 2 000 bytes (413 beyond)."}
    form = {"type": "object", "required": ["file"], "properties": {"file": file}}
    shown = {
        "type": "object",
        "required": ["id", "name"],
        "properties": {"id": {"type": "integer"}, "name": {"type": "string", "description": said}},
    }
    stored = {"description": "stored", "content": {"application/json": {"schema": shown}}}
    identity = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}
    post = {
        "requestBody": {"required": True, "content": {"multipart/form-data": {"schema": form}}},
        "responses": {"201": stored, "413": {"description": "too large"}, "422": {"description": "wrong"}},
    }
    read = {"parameters": [identity], "responses": {"200": stored, "404": {"description": "none"}}}
    paths = {"/files": {"post": post}, "/files/{id}": {"get": read}}
    return {"openapi": "3.1.0", "info": {"title": "Files", "version": "1"}, "paths": paths}


def service(named: Callable[[str], str], limit: int) -> Starlette:
    kept: dict[int, str] = {}

    async def add(request: Request) -> Response:
        try:
            async with request.form() as form:
                file = form.get("file")
                content = await file.read() if isinstance(file, UploadFile) else None
        except Exception:
            return Response(status_code=422)
        if content is None or not isinstance(file, UploadFile):
            return Response(status_code=422)
        if len(content) > limit:
            return Response(status_code=413)
        number = len(kept) + 1
        kept[number] = named(file.filename or "")
        return JSONResponse({"id": number, "name": kept[number]}, 201)

    async def read(request: Request) -> Response:
        number = request.path_params["id"]
        return JSONResponse({"id": number, "name": kept[number]}) if number in kept else Response(status_code=404)

    return Starlette(routes=[Route("/files", add, methods=["POST"]), Route("/files/{id:int}", read)])


def bare(name: str) -> str:
    return name.replace("\\", "/").rpartition("/")[2]


@pytest.mark.parametrize(
    ("named", "limit", "said", "words"),
    [
        (bare, 2000, SAID, ""),
        (lambda _: "upload.bin", 2000, SAID, "a file called sample.bin and answers with name='upload.bin'"),
        (lambda _: "upload.bin", 2000, "A name of its own for the file", ""),
        (lambda _: "upload.bin", 2000, "The file name of the upload, sanitised", ""),
        (str, 2000, SAID, "a file called folder/sample.bin and answers with name='folder/sample.bin'"),
        (bare, 1999, SAID, "refuses a file of 2000 bytes as file with 413"),
        (bare, 9999, SAID, "accepts a file of 2001 bytes as file, although it documents 413"),
    ],
    ids=["right", "lost", "no such promise", "cleaned", "with directories", "too small a limit", "too large a limit"],
)
def test_files_are_called_and_limited_as_they_are_said_to_be(
    named: Callable[[str], str], limit: int, said: str, words: str, tmp_path: Path
) -> None:
    spec = tmp_path / "openapi.yaml"
    spec.write_text(yaml.safe_dump(document(said)))
    with serve_asgi(service(named, limit)) as url:
        run = audit(url, "--spec", str(spec), "-k", "called or bytes or valid", "--max-examples", "1")

    assert run.code == bool(words), run.text
    assert words in run.text
