"""Forms: parts that nobody declared, forms that break off, other encodings, and files of other types."""

from __future__ import annotations

import json
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from werkzeug.formparser import FormDataParser
from werkzeug.http import parse_options_header

from tests.contract_tests.small_services import bugs_of

MULTIPART, URLENCODED = "multipart/form-data", "application/x-www-form-urlencoded"
TITLE = {"type": "string", "minLength": 1, "maxLength": 400}
FORM = {"type": "object", "required": ["title"], "additionalProperties": False, "properties": {"title": TITLE}}
UPLOAD = {
    **FORM,
    "required": ["title", "file"],
    "properties": {"title": TITLE, "file": {"type": "string", "format": "binary", "minLength": 1}},
}
UNREADABLE = (
    *("a body that is no form", "a body that is no form"),
    *("a form cut short", "a form without its end", "a form without a boundary"),
)
STATUSES = ("201", "415", "422")


def document(*, statuses: tuple[str, ...] = STATUSES, file_types: str = "image/png, image/jpeg") -> dict[str, Any]:
    responses = {status: {"description": "this"} for status in statuses}
    upload = {MULTIPART: {"schema": UPLOAD, "encoding": {"file": {"contentType": file_types}}}}
    bodies = {"/notes": {URLENCODED: {"schema": FORM}}, "/files": upload}
    posts = {
        path: {"post": {"requestBody": {"required": True, "content": content}, "responses": responses}}
        for path, content in bodies.items()
    }
    return {"openapi": "3.1.0", "info": {"title": "Forms", "version": "1"}, "paths": posts}


def build(fault: str) -> Starlette:
    """A service that reads its forms by werkzeug, which says what is no form."""

    async def take(request: Request) -> Response:
        media_type, options = parse_options_header(request.headers.get("content-type"))
        is_upload, body = request.url.path == "/files", await request.body()
        wanted = MULTIPART if is_upload else URLENCODED
        if fault == "any encoding" and is_upload and media_type == URLENCODED:
            return Response(status_code=201)
        if fault == "JSON, too" and media_type == "application/json" and "title" in json.loads(body):
            return Response(status_code=201)
        if fault == "lenient" and media_type not in {wanted, MULTIPART}:
            return Response(status_code=201 if b"title" in body and b"understudy" not in body else 422)
        if media_type != wanted:
            return Response(status_code=415 if fault != "lenient" else 422)
        try:
            parser = FormDataParser(stream_factory=lambda *_, **__: BytesIO(), silent=fault == "lenient")
            _, fields, files = parser.parse(BytesIO(body), media_type, len(body), options)
        except Exception:
            return Response(status_code=500 if fault == "fails" else 422)
        file = files.get("file")
        undeclared = {*fields} - {"title"} | {*files} - {"file"}
        if (undeclared and fault != "undeclared") or not 1 <= len(fields.get("title", "")) <= 400:
            return Response(status_code=422)
        if is_upload and (file is None or not file.read(1)):
            return Response(status_code=422)
        is_image = file is None or file.mimetype in {"image/png", "image/jpeg"}
        return Response(status_code=201 if is_image or fault in {"any file", "lenient"} else 415)

    return Starlette(routes=[Route(path, take, methods=["POST"]) for path in ("/notes", "/files")])


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ("", []),
        ("undeclared", ["accepts the undeclared member understudy_undeclared"] * 2),
        ("fails", [f"fails with 500 on {what}" for what in UNREADABLE]),
        ("any file", ["POST /files accepts a file of image/gif as file"]),
        ("any encoding", ["POST /files accepts its values as a URL-encoded form in place of multipart/form-data"]),
        ("JSON, too", ["accepts its values as JSON in place of"] * 2),
    ],
)
def test_what_a_form_may_not_be(fault: str, told: list[str], tmp_path: Path) -> None:
    bugs = bugs_of(build(fault), document(), tmp_path)

    assert len(bugs) == len(told)
    assert all(text in bug for text, bug in zip(told, bugs, strict=True))


def test_who_documents_no_415_may_read_forms_and_files_of_other_types(tmp_path: Path) -> None:
    assert bugs_of(build("lenient"), document(statuses=("201", "422")), tmp_path) == ()


def test_a_file_of_any_text_is_one_of_a_listed_range(tmp_path: Path) -> None:
    bugs = bugs_of(build("any file"), document(file_types="image/*, text/*, application/*"), tmp_path)

    assert bugs == ()
