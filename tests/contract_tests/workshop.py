"""A workshop: parts with a file, jobs that end by themselves, boxes that are put and patched; right but for a fault."""

from __future__ import annotations

import hashlib
import itertools
import json
import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from io import BytesIO
from typing import Any
from urllib.parse import urlencode

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from werkzeug.formparser import FormDataParser
from werkzeug.http import parse_options_header

from contract_tests.values import merge
from mockserver import load_spec
from tests.contract_tests.workshop_document import DEFAULTS, DOCUMENT, MOST
from tests.services.moments import SHARED

KEY = "a-key-of-the-workshop"
LASTS = 0.1
"""Seconds that a job takes."""

Thing = dict[str, Any]


class Refused(Exception):
    """A request that is answered with a status and nothing else."""


class Workshop:
    """`fault` names one thing that is wrong."""

    def __init__(self, fault: str = "") -> None:
        self.fault = fault
        self.document = load_spec(DOCUMENT).document
        self.numbers = itertools.count(0x5EED0001)
        self.things: dict[str, Thing] = {}
        self.contents: dict[str, bytes] = {}
        self.started: dict[str, float] = {}

    def check(self, name: str, value: Any) -> None:
        if not self.document.validator(f"#/components/schemas/{name}").is_valid(value):
            raise Refused(422)

    def keep(self, kind: str, thing: Thing) -> Thing:
        kept = {"id": f"{kind}_{next(self.numbers):08x}", **thing}
        return self.things.setdefault(kept["id"], kept)

    def find(self, request: Request, kind: str) -> Thing:
        name = request.path_params["id"]
        if self.fault == "ids with more behind":
            name = name[: len("box_01234567")]
        if name not in self.things or not name.startswith(kind):
            raise Refused(410 if self.fault == "unknown boxes are gone" and kind == "box" else 404)
        return self.things[name]

    async def value(self, request: Request, name: str, media: str = "application/json") -> Any:
        if parse_options_header(request.headers.get("content-type"))[0].lower() != media:
            raise Refused(415)
        self.check(name, value := parse(await request.body()))
        return value

    # --- Parts ---

    async def upload(self, request: Request) -> Response:
        media, options = parse_options_header(request.headers.get("content-type"))
        if media.lower() != "multipart/form-data":
            raise Refused(415)
        body = await request.body()
        try:
            parser = FormDataParser(stream_factory=lambda *_, **__: BytesIO(), silent=False)
            _, fields, files = parser.parse(BytesIO(body), media.lower(), len(body), options)
        except ValueError:
            raise Refused(422) from None
        if {*fields} != {"metadata"} or {*files} != {"content"}:
            raise Refused(422)
        content = files["content"].read()
        if len(content) > MOST:
            raise Refused(413)
        has_case = self.fault == "types with case" and files["content"].content_type != "image/png"
        if files["content"].mimetype.lower() != "image/png" or has_case:
            raise Refused(415)
        metadata = self.lenient(parse(fields["metadata"].encode()))
        self.check("Metadata", metadata)
        if not content:
            raise Refused(422)
        title = metadata["title"].upper() if self.fault == "titles are shouted" else metadata["title"]
        part = self.keep("prt", {"title": title, "tags": metadata.get("tags", [])})
        self.contents[part["id"]] = content[:4096] if self.fault == "files are cut" else content
        return JSONResponse(part, 201)

    def lenient(self, metadata: Any) -> Any:
        if isinstance(metadata, dict) and self.fault == "undeclared members of a part":
            metadata = {name: metadata[name] for name in ("title", "tags") if name in metadata}
        if isinstance(metadata, dict) and self.fault == "wrong types in a part":
            metadata |= {"title": str(metadata["title"])} if isinstance(metadata.get("title"), int) else {}
        return metadata

    async def part(self, request: Request) -> Response:
        part = self.find(request, "prt")
        if request.method != "DELETE":
            return JSONResponse(part)
        del self.things[part["id"]]
        return Response(status_code=204)

    async def content(self, request: Request) -> Response:
        name = request.path_params["id"]
        if self.fault != "contents outlive parts":
            self.find(request, "prt")
        if name not in self.contents:
            raise Refused(404)
        tag = f'"{hashlib.sha256(self.contents[name]).hexdigest()[:16]}"'
        if request.headers.get("if-none-match") == tag and self.fault != "tags of contents are not read":
            return Response(status_code=304, headers={"ETag": tag})
        is_odd = self.fault == "HEAD of contents is of another type" and request.method == "HEAD"
        return Response(self.contents[name], media_type="text/plain" if is_odd else "image/png", headers={"ETag": tag})

    async def parts(self, request: Request) -> Response:
        if request.method == "POST":
            return await self.upload(request)
        tag = request.query_params.get("tag")
        if tag is not None:
            self.check("NewBox", {"name": tag})
        has = str.startswith if self.fault == "tags by their beginnings" else str.__eq__
        parts = [thing for name, thing in self.things.items() if name.startswith("prt")]
        return JSONResponse([p for p in parts if tag is None or any(has(each, tag) for each in p["tags"])])

    # --- Jobs ---

    async def start(self, request: Request) -> Response:
        part = self.find(request, "prt")
        wait = request.query_params.get("wait", "false")
        if wait not in {"true", "false"}:
            raise Refused(422)
        start = {"part_id": part["id"], "status": "queued", "progress": 0, "error": None, "finished_at": None}
        job = self.keep("job", start)
        self.started[job["id"]] = SHARED.now()
        headers = {"Location": f"/jobs/{job['id']}"}
        if wait == "false":
            return JSONResponse(job, 202, headers)
        SHARED.sleep(LASTS)
        if self.fault == "waited jobs are lost":
            del self.things[job["id"]]
        return JSONResponse(self.now(job), 201, headers)

    def now(self, job: Thing) -> Thing:
        """A job as far as it is."""
        share = (SHARED.now() - self.started[job["id"]]) / LASTS
        goes_on = job["status"] == "cancelled" and self.fault == "cancelled jobs go on" and share >= 1
        if job["status"] in {"queued", "running"} or goes_on:
            job["status"] = "succeeded" if share >= 1 else "running" if share > 0.2 else "queued"
            falls = self.fault == "progress falls"
            job["progress"] = 100 if share >= 1 and not falls else int(100 * (1 - share if falls else share)) % 100
        is_over = job["status"] not in {"queued", "running"}
        if is_over and (job["finished_at"] is None or self.fault == "ends move"):
            job["finished_at"] = datetime.fromtimestamp(SHARED.now(), UTC).isoformat()
        return job

    async def jobs(self, request: Request) -> Response:
        status = request.query_params.get("status")
        if status is not None:
            self.check("Status", status)
        part = request.query_params.get("part_id")
        if part is not None:
            self.check("Name", part)
        part = None if self.fault == "jobs of all parts" else part
        jobs = [self.now(thing) for name, thing in self.things.items() if name.startswith("job")]
        return JSONResponse([j for j in jobs if status in (None, j["status"]) and part in (None, j["part_id"])])

    async def job(self, request: Request) -> Response:
        return JSONResponse(self.now(self.find(request, "job")))

    async def cancel(self, request: Request) -> Response:
        job = self.now(self.find(request, "job"))
        if job["status"] not in {"queued", "running"} and self.fault != "what is over is cancelled":
            if self.fault == "what is over is not told so":
                return JSONResponse(job)
            raise Refused(409)
        job["status"] = "cancelled"
        return JSONResponse(self.now(job))

    # --- Boxes ---

    def box_of(self, sent: Thing) -> Thing:
        settings = {**DEFAULTS["settings"], **sent.get("settings", {})}
        return {"colour": DEFAULTS["colour"], **sent, "settings": settings}

    async def make_box(self, request: Request) -> Response:
        return JSONResponse(self.keep("box", self.box_of(await self.value(request, "NewBox"))), 201)

    async def boxes(self, request: Request) -> Response:
        if request.method == "POST":
            return await self.make_box(request)
        asked = dict(request.query_params)
        if self.fault == "queries are UTF-8" and "\N{REPLACEMENT CHARACTER}" in asked.get("q", ""):
            raise Refused(500)
        self.check("NewBox", {"name": asked.get("q", "x"), "colour": asked.get("colour", "red")})
        numbers = [asked.get("limit", "100"), asked.get("offset", "0")]
        if not all(re.fullmatch("[0-9]{1,4}", text) for text in numbers):
            raise Refused(422)
        limit, offset = map(int, numbers)
        if not 1 <= limit <= 100 or offset > 1000:
            raise Refused(422)
        every = [thing for name, thing in self.things.items() if name.startswith("box")]
        has = str.startswith if self.fault == "q finds beginnings" else str.__contains__
        kept = [box for box in every if asked.get("colour") in (None, box["colour"])]
        kept = [box for box in kept if has(box["name"], asked.get("q", ""))]
        headers = {"X-Total-Count": str(len(every if self.fault == "totals forget filters" else kept))}
        if offset + limit < len(kept):
            kept_on = {} if self.fault == "links forget filters" else asked
            headers["Link"] = f'</boxes?{urlencode(kept_on | {"limit": limit, "offset": offset + limit})}>; rel="next"'
        return JSONResponse(kept[offset : offset + limit], headers=headers)

    async def about(self, request: Request) -> Response:
        return Response(status_code=200)

    async def box(self, request: Request) -> Response:
        box = self.find(request, "box")
        if request.method == "DELETE":
            del self.things[box["id"]]
            return Response(status_code=204)
        if request.method == "PUT":
            sent = await self.value(request, "NewBox")
            if self.fault == "PUT merges settings" and "settings" in sent:
                sent = {**sent, "settings": {**box["settings"], **sent["settings"]}}
            box = {"id": box["id"], **self.box_of(sent)}
        if request.method == "PATCH":
            sent = await self.value(request, "BoxPatch", "application/merge-patch+json")
            if self.fault == "nulls within are ignored" and isinstance(sent.get("settings"), dict):
                sent["settings"] = {name: value for name, value in sent["settings"].items() if value is not None}
            box = self.box_of(merge(box, sent))
        self.things[box["id"]] = box
        return JSONResponse(box)

    def guarded(self, endpoint: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
        async def guard(request: Request) -> Response:
            shown = request.headers.get("x-api-key")
            is_open = self.fault == "any key cancels" and request.url.path.endswith("/cancel") and bool(shown)
            is_open = is_open or (request.url.path == "/about" and self.fault != "about asks for a key")
            if shown != KEY and not is_open:
                return Response(status_code=401, headers={"WWW-Authenticate": 'ApiKey realm="workshop"'})
            return await endpoint(request)

        return guard

    def app(self) -> Starlette:
        def refuse(request: Request, error: Exception) -> Response:
            return Response(status_code=error.args[0])

        rows: list[tuple[str, str, Any]] = [
            ("GET", "/about", self.about),
            ("GET POST", "/parts", self.parts),
            ("GET DELETE", "/parts/{id}", self.part),
            ("GET", "/parts/{id}/content", self.content),
            ("POST", "/parts/{id}/jobs", self.start),
            ("GET", "/jobs", self.jobs),
            ("GET", "/jobs/{id}", self.job),
            ("POST", "/jobs/{id}/cancel", self.cancel),
            ("GET POST", "/boxes", self.boxes),
            ("GET PUT PATCH DELETE", "/boxes/{id}", self.box),
        ]
        routes = [Route(path, self.guarded(do), methods=methods.split()) for methods, path, do in rows]
        return Starlette(routes=routes, exception_handlers={Refused: refuse})


def parse(text: bytes) -> Any:
    """A JSON value; refuses what RFC 8259 does."""

    def refuse(_: str) -> Any:
        raise Refused(422)

    try:
        return json.loads(text.decode(), parse_constant=refuse)
    except (ValueError, RecursionError):
        raise Refused(422) from None
