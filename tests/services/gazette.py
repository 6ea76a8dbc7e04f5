"""Articles that a job publishes: an action that can be done once to each."""

from __future__ import annotations

import hashlib
import itertools
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.services.moments import SHARED

TAKES = 0.15
"""Seconds that a job takes."""

CONTRACT = Path(__file__).with_name("gazette_openapi.json")


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()


class Gazette:
    """`fault` is one thing that is wrong."""

    def __init__(self, fault: str = "") -> None:
        self.fault = fault
        self.numbers = itertools.count(1)
        self.articles: dict[int, dict[str, Any]] = {}
        self.jobs: dict[int, dict[str, Any]] = {}

    async def create(self, request: Request) -> Response:
        if request.headers.get("content-type", "").partition(";")[0].lower() != "application/json":
            return Response(status_code=415)
        try:
            sent = json.loads((await request.body()).decode())
        except (ValueError, RecursionError):
            return Response(status_code=400)
        title = sent.get("title") if isinstance(sent, dict) and len(sent) == 1 else None
        if not isinstance(title, str) or not 0 < len(title) <= 40 or "\x00" in title:
            return Response(status_code=422)
        if any("\ud800" <= letter <= "\udfff" for letter in title):
            return Response(status_code=400)
        number = next(self.numbers)
        article = self.articles[number] = {"id": number, "title": title, "status": "draft"}
        return JSONResponse(article, 201)

    async def read(self, request: Request) -> Response:
        article = self.articles.get(request.path_params["id"])
        self.settle()
        if article is None:
            return Response(status_code=404)
        marked = article["title"] if self.fault == "tags stay" else repr(article)
        return JSONResponse(article, headers={"ETag": f'"{hashlib.sha256(marked.encode()).hexdigest()[:8]}"'})

    async def job(self, request: Request) -> Response:
        self.settle()
        job = self.jobs.get(request.path_params["id"])
        return Response(status_code=404) if job is None else JSONResponse(self.shown(job))

    def shown(self, job: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in job.items() if not name.startswith("_")}

    def settle(self) -> None:
        for job in self.jobs.values():
            if job["finished_at"] is None and SHARED.now() >= job["_due"]:
                job["status"] = "succeeded"
                job["finished_at"] = _moment(SHARED.now() - 60 * (self.fault == "ends before its start"))
                is_kept = self.fault == "nothing is published" and not job["_waited"]
                if not is_kept and not (self.fault == "nothing is published in the end" and job["_waited"]):
                    job["_article"]["status"] = "published"

    async def publish(self, request: Request) -> Response:
        asked, article = request.query_params.get("wait", "false"), self.articles.get(request.path_params["id"])
        if article is None:
            return Response(status_code=404)
        if asked not in ("true", "false") and self.fault != "any flag":
            return Response(status_code=400)
        self.settle()
        is_done, running = article["status"] == "published", self.running(article)
        if (is_done and self.fault != "twice") or (running and self.fault != "at the same time"):
            return Response(status_code=409)
        job, waits = self.start(article, waits=asked == "true"), asked == "true"
        if self.fault == "waits by default" and "wait" not in request.query_params:
            waits = True
        if waits or self.fault == "always waits":
            SHARED.sleep(1.9 if self.fault == "waits for long" else TAKES)
            job["_due"] = 0.0
            self.settle()
            return JSONResponse(self.shown(job), 200)
        number = job["id"] + (1000 if self.fault == "leads nowhere" else 0)
        return JSONResponse(self.shown(job), 202, {"Location": f"/jobs/{number}"})

    def running(self, article: dict[str, Any]) -> bool:
        return any(job["_article"] is article and job["finished_at"] is None for job in self.jobs.values())

    def start(self, article: dict[str, Any], *, waits: bool) -> dict[str, Any]:
        now, number = SHARED.now(), next(self.numbers)
        job = {"id": number, "status": "queued", "started_at": _moment(now), "finished_at": None}
        job |= {"_article": article, "_due": now + TAKES, "_waited": waits}
        self.jobs[number] = job
        return job

    def app(self) -> Starlette:
        """The service; a path or a method that there is not is answered by the framework."""
        routes = [
            Route("/articles", self.create, methods=["POST"]),
            Route("/articles/{id:int}", self.read),
            Route("/articles/{id:int}/publish", self.publish, methods=["POST"]),
            Route("/jobs/{id:int}", self.job),
        ]
        return Starlette(routes=routes)


def build(fault: str = "") -> Starlette:
    """The service with one thing that is wrong, or none."""
    return Gazette(fault).app()
