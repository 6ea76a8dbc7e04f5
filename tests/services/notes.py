"""Notes of tenants, in a few lines: what the larger services do not have (tenants by header, rehearsals)."""

from __future__ import annotations

import asyncio
import itertools
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

CONTRACT = Path(__file__).with_name("notes_openapi.json")


def build(fault: str = "") -> Starlette:
    """The service; faults are `foreign reads`, `foreign deletes`, `foreign lists`, `foreign exports`,
    `rehearsals store`, `one id`, `few ids`, `late number`, `alike replaces`, `nothing is not found` and
    `a plus is a space`.
    """
    notes: dict[int, tuple[str, Any]] = {}
    numbers = itertools.count(1)
    exports: dict[int, tuple[str, dict[str, Any], str]] = {}
    export_numbers = itertools.count(1)

    async def all_notes(request: Request) -> Response:
        nonlocal notes
        tenant = request.headers["x-tenant"]
        if request.method == "POST":
            number = 7 if fault == "one id" else next(numbers) % (9 if fault == "few ids" else 10**9)
            if fault == "late number":
                number = len(notes) + 1
                await asyncio.sleep(0.01)
            note = {"id": number, "text": (await request.json())["text"]}
            dry = request.query_params.get("dry_run") == "true"
            if fault == "alike replaces":
                notes = {n: held for n, held in notes.items() if held[1]["text"] != note["text"]}
            if not dry or fault == "rehearsals store":
                notes[number] = (tenant, note)
            return JSONResponse(note, 200 if dry else 201)
        text = request.query_params.get("q", "")
        text = text.replace("+", " ") if fault == "a plus is a space" else text
        shown = [note for owner, note in notes.values() if owner == tenant or fault == "foreign lists"]
        found = [note for note in shown if text in note["text"]]
        return JSONResponse(found, 404 if fault == "nothing is not found" and text and not found else 200)

    async def one_note(request: Request) -> Response:
        owner, note = notes.get(request.path_params["id"], ("", None))
        may = {"GET": fault == "foreign reads", "DELETE": fault == "foreign deletes"}.get(request.method)
        if note is None or (owner != request.headers["x-tenant"] and not may):
            return Response(status_code=404)
        if request.method == "DELETE":
            del notes[note["id"]]
            return Response(status_code=204)
        return JSONResponse(note)

    async def all_exports(request: Request) -> Response:
        number, tenant = next(export_numbers), request.headers["x-tenant"]
        texts = [note["text"] for owner, note in notes.values() if owner == tenant or fault == "foreign exports"]
        exports[number] = (tenant, {"id": number, "label": (await request.json())["label"]}, "\n".join(map(str, texts)))
        return JSONResponse(exports[number][1], 201)

    async def one_export(request: Request) -> Response:
        owner, export, text = exports.get(request.path_params["id"], ("", {}, ""))
        if owner != request.headers["x-tenant"]:
            return Response(status_code=404)
        return Response(text, media_type="text/plain") if request.url.path.endswith("/text") else JSONResponse(export)

    return Starlette(
        routes=[
            Route("/exports", all_exports, methods=["POST"]),
            Route("/exports/{id:int}", one_export, methods=["GET"]),
            Route("/exports/{id:int}/text", one_export, methods=["GET"]),
            Route("/notes", all_notes, methods=["GET", "POST"]),
            Route("/notes/{id:int}", one_note, methods=["GET", "DELETE"]),
        ]
    )
