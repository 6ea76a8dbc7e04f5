"""A project tracker on Starlette: problem details, entity tags, merge patches, cursors, idempotency keys, two tenants.

Correct unless it is built with the id of a fault: `has("K06")` is true in the variant K06 only.
"""

from __future__ import annotations

import copy
import datetime
import html
import itertools
import json
import unicodedata
import uuid
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import unquote

from starlette.applications import Starlette
from starlette.convertors import StringConvertor, register_url_convertor
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.services.moments import SHARED
from tests.services.tracker.reading import Reading, Refused, problem

KEYS = {"trk_live_9d3f0a71c2": "acme", "trk_live_b64e8870aa": "globex"}
"""Credentials, and the tenant that each stands for."""

MOVES = {("todo", "doing"), ("doing", "done"), ("doing", "todo")}
Record = dict[str, Any]
Endpoint = Callable[[Request], Awaitable[Response]]


class Anything(StringConvertor):
    """Starlette's `path` convertor stops at a line feed."""

    regex = r"[\s\S]*"


register_url_convertor("anything", Anything())


def build(fault: str = "") -> Starlette:
    """The application, with the fault of this id."""
    tracker = Tracker(fault)

    def route(path: str, **handlers: Callable[..., Awaitable[Response]]) -> Route:
        async def endpoint(request: Request) -> Response:
            try:
                tracker.guard(request)
                handler = handlers.get(request.method) or handlers["GET"]  # HEAD
                return await handler(request, **request.path_params)
            except Refused as refused:
                return refused.response

        return Route(path, endpoint, methods=list(handlers))

    project, task = "/projects/{project_id}", "/projects/{project_id}/tasks/{task_id}"
    app = Starlette(
        routes=[
            route("/projects", GET=tracker.list_projects, POST=tracker.create_project),
            route(
                project,
                GET=tracker.get_project,
                PUT=tracker.replace_project,
                PATCH=tracker.patch_project,
                DELETE=tracker.delete_project,
            ),
            route(f"{project}/tasks", GET=tracker.list_tasks, POST=tracker.create_task),
            route(task, GET=tracker.get_task, PATCH=tracker.patch_task, DELETE=tracker.delete_task),
            route(f"{task}/transition", POST=tracker.move_task),
            route("/labels/{label:anything}", GET=tracker.count_label),
        ],
        exception_handlers={HTTPException: unrouted},
    )
    app.router.redirect_slashes = False
    return app


async def unrouted(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return problem(error.status_code, error.detail, dict(error.headers or {}))


class Tracker:
    """The projects of all tenants, and the operations on them."""

    def __init__(self, fault: str) -> None:
        self.has = fault.__eq__
        self.reading = Reading(fault)
        self.projects: dict[str, Record] = {}
        self.tasks: dict[int, Record] = {}
        self.numbers = itertools.count(1)
        self.replays: dict[tuple[str, ...], tuple[bytes, Response]] = {}
        self.remaining = itertools.count(100_000, -1)

    # --- Around the operations ----------------------------------------------------------------------------------------

    def guard(self, request: Request) -> None:
        has, key = self.has, request.headers.get("x-api-key")
        tenant = KEYS.get(key or "")
        if has("A11"):
            tenant = tenant or KEYS.get(request.query_params.get("api_key", request.query_params.get("X-API-Key", "")))
        if key and has("A09"):
            tenant = tenant or next((KEYS[good] for good in KEYS if good.startswith(key)), None)
        if key and has("A17"):
            tenant = tenant or next((KEYS[good] for good in KEYS if key.startswith(good)), None)
        if key and has("A10"):
            tenant = tenant or {good.lower(): name for good, name in KEYS.items()}.get(key.lower())
        is_open = (
            has("A01")
            or (has("A02") and key)
            or (has("A03") and request.method == "GET" and request.url.path == "/projects")
            or (has("A04") and request.method == "DELETE" and "/tasks/" in request.url.path)
            or (has("A05") and request.method == "PATCH" and "/tasks/" not in request.url.path)
            or (has("A06") and request.url.path.endswith("/transition"))
            or (has("A16") and key == "")
            or (has("A19") and "authorization" in request.headers)
        )
        if is_open:
            tenant = tenant or "acme"
        if tenant is None:
            challenge = {} if has("A07") else {"WWW-Authenticate": 'ApiKey realm="tracker"'}
            raise Refused(problem(403 if has("A08") else 401, "A valid X-API-Key is needed", challenge))
        request.state.tenant = tenant

    def answer(self, status: int, content: Any, **headers: str) -> Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if not self.has("R15"):
            named["X-RateLimit-Remaining"] = str(next(self.remaining))
        else:
            named["X-RateLimit-Remaining"] = "many"
        return Response(json.dumps(content, ensure_ascii=False).encode(), status, named, "application/json")

    def project(self, request: Request, project_id: str, *, foreign: bool = False) -> Record:
        """The project that the path names; refuses with 400, 404 or 410."""
        try:
            number = str(uuid.UUID(project_id)) if len(project_id) == 36 else ""
        except ValueError:
            number = ""
        if not number:
            raise self.reading.invalid({"parameter": "project_id", "code": "format"})
        project = self.projects.get(number)
        if project is None or (project["tenant"] != request.state.tenant and not foreign):
            raise Refused(problem(400 if self.has("S04") else 404, "No such project"))
        if project["deleted"] and not self.has("U05"):
            raise Refused(problem(410, "The project was deleted"))
        return project

    def task(self, request: Request, project_id: str, task_id: str, *, foreign: bool = False) -> Record:
        project = self.project(request, project_id, foreign=foreign)
        number = int(task_id) if task_id.isascii() and task_id.isdigit() and len(task_id) < 400 else 0
        if number < 1:
            raise self.reading.invalid({"parameter": "task_id", "code": "type"})
        task = self.tasks.get(number)
        if task is None or (task["project"] != project["id"] and not self.has("U10")):
            raise Refused(problem(500 if self.has("S08") else 404, "No such task"))
        return task

    def check_version(self, request: Request, project: Record, method: str) -> None:
        has, given = self.has, request.headers.get("if-match")
        if (has("K06") and method == "PUT") or (has("K10") and method == "DELETE"):
            return
        if given is None:
            if has("K07"):
                return
            raise Refused(problem(428, "If-Match is needed"))
        if given.strip() == "*" and not has("K08"):
            return
        if self.tag(project) not in [tag.strip().removeprefix("W/") for tag in given.split(",")]:
            if has("K14"):
                project["name"] += "!"
            raise Refused(problem(409 if has("K13") else 412, "Another version"))
        if has("K09") and method == "PATCH":
            raise Refused(problem(412, "Another version"))

    def tag(self, project: Record) -> str:
        return f'"{project["version"]}-{project["id"][:6]}"'

    def shown(self, project: Record) -> Record:
        has = self.has
        out = {name: value for name, value in project.items() if name not in {"tenant", "deleted"}}
        if has("R01"):
            del out["status"]
        if has("R02"):
            out["id"] = out["id"].replace("-", "")
        if has("R03"):
            out["tenant"] = project["tenant"]
        if has("R04"):
            out["labels"] = out.get("labels") or None
        if has("R05"):
            out["created_at"] = 1_700_000_000
        if has("R07"):
            out["version"] = str(out["version"])
        if has("R08"):
            out["visibility"] = out["visibility"].upper()
        if has("R10") and "owner" in out:
            out["owner"] = out["owner"]["email"]
        if has("R11") and "starts_on" in out:
            out["starts_on"] += "T00:00:00"
        if has("R13") and "settings" in out:
            out["settings"] = {name: str(value) for name, value in out["settings"].items()}
        if has("R19") and len(out.get("labels", ())) >= 3:
            out["updated_at"] = None
        return out

    def shown_task(self, task: Record) -> Record:
        out = {name: value for name, value in task.items() if name != "project"}
        if self.has("R09") and out["state"] == "doing":
            out["state"] = "in_progress"
        if self.has("R12") and "due" in out:
            out["due"] = out["due"][:19]
        if self.has("R20"):
            out["urgent"] = int(out["urgent"])
        return out

    def stored(self, body: Record) -> Record:
        """The body as it is kept, with the defaults."""
        has, body = self.has, copy.deepcopy(body)
        project = {"description": None, "visibility": "team", **body}
        text = body.get("description")
        if has("V01") and text:
            project["description"] = text[:100]
        if has("V02"):
            project["name"] = html.escape(project["name"])[:60]
        if has("V03") and "labels" in body:
            project["labels"] = sorted(body["labels"])
        if has("V04") and "weight" in body:
            project["weight"] = round(body["weight"], 1) or 0.1
        if has("V05") and "budget" in body:
            project["budget"] = body["budget"] // 10 * 10
        if has("V06") and "visibility" not in body:
            project["visibility"] = "private"
        if has("V07"):
            project["visibility"] = "team"
        if has("V08") and "starts_on" in body and body["starts_on"] > "0001-01-02":
            earlier = datetime.date.fromisoformat(body["starts_on"]) - datetime.timedelta(1)
            project["starts_on"] = earlier.isoformat()
        if has("V09"):
            project.pop("owner", None)
        if has("V10") and text is None:
            project["description"] = ""
        if has("V11"):
            project["name"] = unicodedata.normalize("NFKC", project["name"])[:60]
        if has("V13") and "settings" in body:
            project["settings"] = {name.lower(): value for name, value in body["settings"].items()}
        if has("V15"):
            project["name"] = project["name"].strip() or project["name"]
        return project

    def touch(self, project: Record) -> None:
        project["version"] += 1
        project["updated_at"] = now()

    async def replayed(self, request: Request, scope: str, raw: bytes, make: Callable[[], Response]) -> Response:
        """What an idempotency key promises: the same request has the same answer."""
        has, key = self.has, request.headers.get("idempotency-key")
        if key is None or (has("I01") and scope == "projects") or (has("I02") and scope != "projects"):
            return make()
        if not 1 <= len(key) <= 64:
            raise self.reading.invalid({"parameter": "Idempotency-Key", "code": "length"})
        name = (request.state.tenant, scope, key)
        if name not in self.replays:
            self.replays[name] = (raw, make())
        before, response = self.replays[name]
        if before != raw and not has("I03"):
            raise Refused(problem(422, "The idempotency key was used with another request"))
        if has("I04") and before == raw and request.headers.get("x-first") is None and response.status_code == 201:
            again = Response(response.body, 201, dict(response.headers))
            self.replays[name] = (raw, again)
            response.status_code, again.status_code = 201, 200
        if has("I07"):
            first = Response(response.body, response.status_code, dict(response.headers))
            if "location" in response.headers:
                del response.headers["location"]
            return first
        return response

    # --- Projects -----------------------------------------------------------------------------------------------------

    async def create_project(self, request: Request) -> Response:
        body, raw = await self.reading.body(request, "ProjectIn")

        def make() -> Response:
            self.check_key(body["key"], request.state.tenant, None)
            project = {
                "id": str(uuid.uuid4()), **self.stored(body), "status": "active", "version": 1, "created_at": now(),
                "updated_at": now(), "tenant": request.state.tenant, "deleted": False,
            }  # fmt: skip
            if not self.has("U03"):
                self.projects[project["id"]] = project
            location = f"/{'project' if self.has('R17') else 'projects'}/{project['id']}"
            headers = {} if self.has("R16") else {"Location": location}
            status = 200 if self.has("S01") else 201
            return self.answer(status, self.shown(project), ETag=self.shown_tag(project), **headers)

        return await self.replayed(request, "projects", raw, make)

    def check_key(self, key: str, tenant: str, own: str | None) -> None:
        taken = [p for p in self.projects.values() if p["key"] == key and p["tenant"] == tenant and not p["deleted"]]
        if any(p["id"] != own for p in taken) and not self.has("U13"):
            raise Refused(problem(400 if self.has("S05") else 409, "The key is taken"))

    def shown_tag(self, project: Record) -> str:
        has, tag = self.has, self.tag(project)
        if has("K01"):
            return f'"{project["id"][:6]}"'
        if has("K02"):
            return f'"{project["version"]}-{next(self.numbers)}"'
        return tag.strip('"') if has("K11") else tag

    async def get_project(self, request: Request, project_id: str) -> Response:
        has = self.has
        project = self.project(request, project_id, foreign=has("A13"))
        if has("U12"):
            self.touch(project)
        tag, given = self.shown_tag(project), request.headers.get("if-none-match")
        if given and not has("K03"):
            tags = [each.strip().removeprefix("W/") for each in given.split(",")]
            if has("K05") or "*" in tags or tag in tags:
                return Response(b"", 304, {"ETag": tag})
        out = self.shown(project)
        if has("V12"):
            out["name"] = out["name"].title()
        return self.answer(200, out, **({} if has("R14") else {"ETag": tag}))

    async def replace_project(self, request: Request, project_id: str) -> Response:
        has = self.has
        if has("M11") and project_id not in self.projects:
            body, _ = await self.reading.body(request, "ProjectIn")
            return self.answer(200, {**self.stored(body), **made(project_id)}, ETag='"1"')
        project = self.project(request, project_id)
        if has("B19"):
            self.check_version(request, project, "PUT")
        body, _ = await self.reading.body(request, "ProjectIn")
        self.check_version(request, project, "PUT")
        self.check_key(body["key"], request.state.tenant, project["id"])
        names = ("id", "status", "version", "created_at", "updated_at", "tenant", "deleted")
        kept = {name: project[name] for name in names}
        fresh = {**project, **body} if has("M04") else {**self.stored(body), **kept}
        if has("M06"):
            fresh["id"] = str(uuid.uuid4())
        if has("M07"):
            fresh["created_at"] = now()
        target = dict(project) if has("M05") else project
        target.clear()
        target.update(fresh)
        if not has("K15"):
            self.touch(target)
        return self.answer(200, self.shown(target), ETag=self.shown_tag(target))

    async def patch_project(self, request: Request, project_id: str) -> Response:
        has = self.has
        project = self.project(request, project_id, foreign=has("A15"))
        try:
            body, _ = await self.reading.body(request, "ProjectPatch", "application/merge-patch+json")
        except Refused:
            if has("M12"):
                project["description"] = "changed"
            raise
        old = self.shown_tag(project)
        self.check_version(request, project, "PATCH")
        if has("M01"):
            gone = [
                name for name in ("budget", "weight", "starts_on", "owner", "labels", "settings") if name in project
            ]
            for name in gone:
                del project[name]
            project["description"] = None
        after = merged(project, body, deep=not has("M03"), removes=not has("M02"))
        if "description" in body:
            after["description"] = body["description"]
        if has("M10") and "labels" in body:
            after["labels"] = list(dict.fromkeys([*project.get("labels", ()), *body["labels"]]))[:5]
        if len(after.get("settings") or ()) > 3:
            raise self.reading.invalid({"pointer": "/settings", "code": "length"})
        target = dict(project) if has("M09") else project
        target.clear()
        target.update(after)
        self.touch(target)
        if has("S06"):
            return Response(status_code=204)
        return self.answer(200, self.shown(target), ETag=old if has("K12") else self.shown_tag(target))

    async def delete_project(self, request: Request, project_id: str) -> Response:
        has = self.has
        if has("U02") and self.projects.get(project_id, {}).get("deleted"):
            return Response(status_code=204)
        project = self.project(request, project_id, foreign=has("A14"))
        self.check_version(request, project, "DELETE")
        if not has("U01"):
            project["deleted"] = True
        if has("U14"):
            others = [each for each in self.projects.values() if each["tenant"] == project["tenant"]]
            others[-1]["deleted"] = True
        return self.answer(200, {"deleted": True}) if has("S02") else Response(status_code=204)

    async def list_projects(self, request: Request) -> Response:
        has, query = self.has, self.reading.query(request)
        tenant = request.state.tenant
        rows = [
            each
            for each in self.projects.values()
            if (each["tenant"] == tenant or has("A12")) and (not each["deleted"] or has("G12"))
        ]
        if has("U04"):
            rows = rows[:-1]
        if query.get("status") and not has("G07"):
            rows = [each for each in rows if each["status"] == query["status"]]
        if has("G11") and "status" in query:
            rows = rows[1:]
        if query.get("q") and not has("G14"):
            rows = [each for each in rows if query["q"].casefold() in each["name"].casefold()]
        sort = query.get("sort", "-created_at" if has("B20") else "created_at")
        if not has("G08"):
            member = sort.removeprefix("-")
            # Python's sort is stable, so that equal ones keep the order of creation.
            rows.sort(key=lambda each: each[member], reverse=sort.startswith("-") and not has("G09"))
        limit, start = query.get("limit", 10 if has("G06") else 20), self.start(query.get("cursor"))
        if has("G02"):
            limit += 1
        page = rows[start:] if has("G01") else rows[start : start + limit]
        after = start + len(page)
        if has("G03"):
            after -= len(page) > 1
        if has("G04"):
            after += 1
        more = after < len(rows) - (1 if has("G05") else 0)
        cursor = format(after, "x").rjust(8, "0") if more else None
        items = [self.shown(each) for each in page]
        named = f"/projects?limit={limit}&cursor={request.query_params.get('cursor', '') if has('G10') else cursor}"
        headers = {"Link": f'<{named}>; rel="next"'} if more else {}
        if has("R06"):
            return self.answer(200, {"items": items}, **headers)
        status = 206 if has("S11") else 200
        return self.answer(status, {"items": items, "next_cursor": cursor}, **headers)

    def start(self, cursor: str | None) -> int:
        if cursor is None:
            return 0
        if len(cursor) == 8 and all(digit in "0123456789abcdef" for digit in cursor):
            return int(cursor, 16)
        if self.has("N31"):
            return 0
        if self.has("E12"):
            raise Refused(problem(500, "Internal error"))
        raise self.reading.invalid({"parameter": "cursor", "code": "format"})

    # --- Tasks --------------------------------------------------------------------------------------------------------

    async def list_tasks(self, request: Request, project_id: str) -> Response:
        project = self.project(request, project_id, foreign=self.has("A18"))
        state = self.reading.state(request)
        rows = [task for task in self.tasks.values() if task["project"] == project["id"]]
        if state and not self.has("G15"):
            rows = [task for task in rows if task["state"] == state]
        return self.answer(200, [self.shown_task(task) for task in rows])

    async def create_task(self, request: Request, project_id: str) -> Response:
        has = self.has
        if has("B18"):
            await self.reading.body(request, "TaskIn")
        project = self.project(request, project_id)
        if has("U06"):
            self.add_task(project, {"title": "?"})
        body, raw = await self.reading.body(request, "TaskIn")

        def make() -> Response:
            task = self.add_task(project, body)
            base = "" if has("R18") else f"/projects/{project['id']}"
            return self.answer(201, self.shown_task(task), Location=f"{base}/tasks/{task['id']}")

        return await self.replayed(request, project["id"], raw, make)

    def add_task(self, project: Record, body: Record) -> Record:
        has = self.has
        task = {
            "points": None, "done_ratio": 0, "urgent": False, **body, "id": next(self.numbers), "state": "todo",
            "project": project["id"],
        }  # fmt: skip
        if has("V14"):
            task["points"] = None
        if has("V16") and "urgent" not in body:
            task["urgent"] = True
        if has("V17") and task["done_ratio"]:
            task["done_ratio"] = round(task["done_ratio"], 1)
        if has("V18"):
            task["title"] = task["title"].capitalize()
        if not has("U15"):
            self.tasks[task["id"]] = task
        return task

    async def get_task(self, request: Request, project_id: str, task_id: str) -> Response:
        task = self.task(request, project_id, task_id, foreign=self.has("A18"))
        return self.answer(200, self.shown_task(task))

    async def patch_task(self, request: Request, project_id: str, task_id: str) -> Response:
        has, task = self.has, self.task(request, project_id, task_id)
        body, _ = await self.reading.body(request, "TaskPatch", "application/merge-patch+json")
        after = merged(task, body)
        if "points" in body:
            after["points"] = body["points"]
        if has("M14"):
            after.setdefault("due", None)
            after = {**after, "urgent": body.get("urgent", False), "points": body.get("points")}
            after = {name: value for name, value in after.items() if name != "due" or value is not None}
        if not has("M15"):
            task.clear()
            task.update(after)
        return self.answer(200, self.shown_task(after))

    async def delete_task(self, request: Request, project_id: str, task_id: str) -> Response:
        has, task = self.has, self.task(request, project_id, task_id)
        if not has("U16"):
            del self.tasks[task["id"]]
        if has("U09"):
            self.tasks = {number: each for number, each in self.tasks.items() if each["project"] != task["project"]}
        return self.answer(200, None) if has("S10") else Response(status_code=204)

    async def move_task(self, request: Request, project_id: str, task_id: str) -> Response:
        has, task = self.has, self.task(request, project_id, task_id)
        body, _ = await self.reading.body(request, "Transition")
        if (task["state"], body["to"]) not in MOVES:
            if has("U11"):
                task["state"] = body["to"]
            if has("S07"):
                return self.answer(200, self.shown_task(task))
            raise Refused(problem(409, f"A task does not go from {task['state']} to {body['to']}"))
        after = {**task, "state": body["to"]}
        if not has("U07"):
            task["state"] = body["to"]
        if has("U08"):
            after["state"] = task["state"] = "done"
        return self.answer(200, self.shown_task(after))

    # --- Labels -------------------------------------------------------------------------------------------------------

    async def count_label(self, request: Request, label: str) -> Response:
        has, raw = self.has, request.scope.get("raw_path", b"").decode("latin-1").partition("?")[0].split("/", 2)[-1]
        if has("D06") and "/" in label:
            raise Refused(problem(404, "Not Found"))
        if not 1 <= len(label) <= 20:
            raise self.reading.invalid({"parameter": "label", "code": "length"})
        owned = [each for each in self.projects.values() if each["tenant"] == request.state.tenant]
        counted = sum(label in each.get("labels", ()) for each in owned if not each["deleted"])
        changes: dict[str, Callable[[str], str]] = {
            "D01": lambda text: raw,
            "D02": unquote,
            "D03": lambda text: text.replace("+", " "),
            "D04": str.lower,
            "D05": str.strip,
            "D07": lambda text: text.encode().decode("latin-1"),
        }
        for fault, change in changes.items():
            if has(fault):
                label = change(label)
        return self.answer(200, {"label": label, "projects": counted + has("V19")})


def merged(old: Record, patch: Record, *, deep: bool = True, removes: bool = True) -> Record:
    """RFC 7396, section 2."""
    after = dict(old)
    for name, value in patch.items():
        if value is None and removes:
            after.pop(name, None)
        elif value is None:
            continue
        elif isinstance(value, dict) and deep:
            before = after.get(name)
            after[name] = merged(before if isinstance(before, dict) else {}, value)
        else:
            after[name] = value
    return after


def made(project_id: str) -> Record:
    return {"id": project_id, "status": "active", "version": 1, "created_at": now(), "updated_at": now()}


def now() -> str:
    return datetime.datetime.fromtimestamp(SHARED.now(), datetime.UTC).isoformat()
