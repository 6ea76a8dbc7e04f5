"""A depot in one file: things made by PUT, things of which there is one, children, ranges, batches and revisions."""

from __future__ import annotations

import base64
import json
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.services.frame import Refused, Service, serve

CONTRACT = Path(__file__).with_name("depot_openapi.yaml")

Part = dict[str, Any]


class Depot(Service):
    """The service, and one thing that it gets wrong: `fault` is the text of a row of `FAULTS`."""

    def __init__(self, fault: str = "") -> None:
        super().__init__(CONTRACT, fault)
        self.settings: dict[str, Any] = {"motto": "All in its place", "reserve": 5}
        self.bins: dict[str, dict[str, Any]] = {}
        self.parts: dict[str, dict[int, Part]] = {}
        self.clock = datetime(2024, 5, 1, tzinfo=UTC)
        self.deletions: Counter[str] = Counter()
        self.gone: dict[int, Part] = {}
        self.first_names: dict[int, str] = {}

    def now(self) -> str:
        self.clock += timedelta(seconds=1)
        return self.clock.isoformat()

    async def body(self, request: Request, schema: str = "") -> Any:
        value = await super().body(request, schema)
        if not isinstance(value, dict):
            return value
        known = self.document.lookup(f"#/components/schemas/{schema}")["properties"]
        keeps_all = self.fault == "read-only members are stored"
        return {name: held for name, held in value.items() if name in known or keeps_all}

    # --- The only ones, and those made by PUT ------------------------------------------------------------------------

    async def only(self, request: Request) -> Response:
        if request.method == "PUT":
            sent = await self.body(request, "Settings")
            kept = self.settings if self.fault == "settings are merged" else {"reserve": 5}
            answer = {**kept, **sent}
            if self.fault != "settings are not stored":
                self.settings = answer
            return JSONResponse(answer)
        return JSONResponse(self.settings)

    def shown(self, name: str) -> dict[str, Any]:
        count = len(self.parts[name]) + (self.fault == "parts are counted once too often" and bool(self.parts[name]))
        left = sum(part["bin"] == name for part in self.gone.values())
        count += left if self.fault == "what is deleted is counted" else 0
        return {"bin": name, **self.bins[name], "part_count": count}

    async def all_bins(self, _: Request) -> Response:
        names = [*self.bins][: -1 if self.fault == "the newest bin is not listed" else None]
        is_made_order = self.fault == "bins are in the order they were made"
        return JSONResponse([self.shown(name) for name in (names if is_made_order else sorted(names))])

    async def one_bin(self, request: Request) -> Response:
        name = request.path_params["bin"]
        if request.method == "PUT":
            sent, known = await self.body(request, "BinIn"), name in self.bins
            stored = {"color": sent["color"]} if self.fault == "slots are lost" else sent
            self.bins[name] = {**self.bins.get(name, {}), **stored} if self.fault == "bins are merged" else stored
            self.parts.setdefault(name, {})
            return Response(status_code=204 if known or self.fault == "204 for a new bin" else 201)
        if name not in self.bins:
            raise Refused(404)
        if request.method == "DELETE":
            del self.bins[name]
            if self.fault != "parts outlive their bin":
                del self.parts[name]
            return Response(status_code=204)
        return JSONResponse(self.shown(name))

    # --- Parts -------------------------------------------------------------------------------------------------------

    def within(self, request: Request) -> dict[int, Part]:
        name = request.path_params["bin"]
        if name not in self.bins and self.fault == "parts are in bins that do not exist":
            return {}
        if name not in self.parts or (name not in self.bins and self.fault != "parts outlive their bin"):
            raise Refused(404)
        return self.parts[name]

    def add(self, parts: dict[int, Part], bin: str, sent: dict[str, Any]) -> Part:
        there = [*parts.values(), *(self.gone.values() if self.fault == "codes stay taken" else ())]
        if any(part["code"] == sent["code"] for part in there) and self.fault != "codes need not be unique":
            raise Refused(409)
        number = next(self.numbers)
        told = self.now()
        part = {"id": number, "bin": "main" if self.fault == "the bin is always main" else bin, **sent, "revision": 1}
        part |= {"created_at": told, "updated_at": told}
        parts[number] = part
        if self.fault == "a third part replaces the first" and len(parts) >= 3:
            parts[min(parts)] |= {"name": part["name"], "price": part["price"]}
        return part

    async def all_parts(self, request: Request) -> Response:
        parts = self.within(request)
        if request.method == "POST":
            return JSONResponse(self.add(parts, request.path_params["bin"], await self.body(request, "PartIn")), 201)
        if self.fault == "parts of all bins are listed":
            parts = {number: part for all_ in self.parts.values() for number, part in all_.items()}
        start, newest = self.start(request.query_params.get("cursor"))
        newest = newest if newest and self.fault != "new parts shift the pages" else max(parts, default=0)
        asked = {} if start and self.fault == "filters hold for one page" else request.query_params
        items = self.selected([part for part in list(parts.values())[::-1] if part["id"] <= newest], asked)
        size = int(request.query_params.get("limit", 50))
        cursor = base64.urlsafe_b64encode(b"after:%d:%d" % (start + size, newest)).decode()
        following = cursor if start + size < len(items) else None
        page = items[start : start + size]
        shows_more = following or self.fault == "the last page leads on"
        next_page = request.url.include_query_params(cursor=following or request.query_params.get("cursor", ""))
        links = {"Link": f'<{next_page}>; rel="next"'} if shows_more else {}
        return JSONResponse({"parts": page, "next": following, "total": len(items)}, headers=links)

    def start(self, cursor: str | None) -> tuple[int, int]:
        """How many parts stand before a page, and the newest that was there when the first one was asked for."""
        if cursor is None:
            return 0, 0
        try:
            start, newest = base64.urlsafe_b64decode(cursor).decode().removeprefix("after:").split(":")
            return int(start), int(newest)
        except ValueError:
            if self.fault == "any cursor is accepted":
                return 0, 0
            raise Refused(500 if self.fault == "a cursor that is none is answered 500" else 422) from None

    def selected(self, parts: list[Part], query: Any) -> list[Part]:
        if self.fault == "the oldest come first":
            parts = parts[::-1]
        if (text := query.get("q")) and self.fault != "q is ignored":
            parts = [part for part in parts if text.lower() in part["name"].lower()]
        if (low := query.get("min_price")) and self.fault != "min_price is ignored":
            above = float(low)
            is_open = self.fault == "min_price is not included"
            parts = [part for part in parts if part["price"] > above or (part["price"] == above and not is_open)]
        if high := query.get("max_price"):
            parts = [part for part in parts if part["price"] <= float(high)]
        if tags := query.get("tags"):
            which: Callable[..., bool] = any if self.fault == "any tag will do" else all
            parts = [part for part in parts if which(tag in part.get("tags", ()) for tag in tags.split(","))]
        if sort := query.get("sort"):
            name, down = sort.lstrip("-"), sort.startswith("-") and self.fault != "down is up"
            parts = sorted(parts, key=lambda part: part[name], reverse=down)
        return parts

    async def one_part(self, request: Request) -> Response:
        parts, number = self.within(request), int(request.path_params["part_id"])
        late = self.fault == "a late change brings back what is deleted" and request.method == "PATCH"
        if late and number in self.gone:
            parts[number] = self.gone[number]
        if number not in parts:
            raise Refused(404)
        part = parts[number]
        if request.method == "DELETE":
            return self.deleted(parts, number)
        if request.method == "PATCH":
            sent = await self.body(request, "PartPatch")
            others = {other["code"] for other in parts.values() if other is not part}
            if sent.get("code") in others and self.fault != "codes of others are taken" and not late:
                raise Refused(409)
            changed = {name: value for name, value in {**part, **sent}.items() if value is not None}
            if "revision" not in sent:
                changed["revision"] = part["revision"] + (self.fault != "revisions stand still")
            if self.fault != "updated_at stands still":
                changed["updated_at"] = self.now()
            if self.fault == "two changes undo the first" and part["revision"] == 2:
                changed["name"] = self.first_names[number]
            self.first_names.setdefault(number, part["name"])
            parts[number] = part = changed
            following = min((other for other in parts if other > number), default=None)
            if self.fault == "a change of one is a change of the next" and following is not None:
                parts[following] = {**parts[following], "name": part["name"]}
        moment = datetime.fromisoformat(part["updated_at"])
        since = request.headers.get("if-modified-since")
        headers = {"Last-Modified": format_datetime(moment, usegmt=True)}
        known = request.method == "GET" and since and self.fault != "If-Modified-Since is ignored"
        if known and parsedate_to_datetime(since or "") >= moment:
            return Response(status_code=304, headers=headers)
        if self.fault == "a reader changes updated_at":
            part = part | {"updated_at": self.now()}
        return JSONResponse(part, headers=headers)

    def deleted(self, parts: dict[int, Part], number: int) -> Response:
        gone = parts.pop(number)
        self.deletions[gone["bin"]] += 1
        if self.fault == "a second deletion hides the oldest" and self.deletions[gone["bin"]] == 2 and parts:
            del parts[min(parts)]
        if self.fault == "deleting two brings the first back":
            parts |= {held["id"]: held for held in self.gone.values() if held["bin"] == gone["bin"]}
        self.gone[number] = gone
        return Response(status_code=204)

    async def batch(self, request: Request) -> Response:
        parts, bin = self.within(request), request.path_params["bin"]
        value = json.loads(await request.body())
        valid = self.document.validator("#/components/schemas/PartIn").is_valid
        if not isinstance(value, list) or not value:
            raise Refused(422)
        if self.fault != "a batch is added up to what is wrong" and not all(map(valid, value)):
            raise Refused(422)
        codes = [part["code"] for part in parts.values()] + [sent["code"] for sent in value if valid(sent)]
        if len(set(codes)) < len(codes):
            raise Refused(409)
        made = []
        for sent in value:
            if not valid(sent):
                raise Refused(422)
            made.append(dict(self.add(parts, bin, sent)))
        if self.fault == "a batch is named after its first":
            parts[made[-1]["id"]]["code"] = made[0]["code"]
        return JSONResponse(made, 201)

    async def delete_many(self, request: Request) -> Response:
        parts, value = self.within(request), json.loads(await request.body())
        if not isinstance(value, dict) or not isinstance(ids := value.get("ids"), list) or not ids:
            raise Refused(422)
        gone = [number for number in ids if number in parts]
        for number in gone[: 1 if self.fault == "only the first is deleted" else None]:
            del parts[number]
        return JSONResponse({"deleted": len(ids if self.fault == "unknown ids are counted" else gone)})


def build(fault: str = "") -> Starlette:
    """The depot, with one fault or none."""
    depot = Depot(fault)
    routes = [
        ("/settings", depot.only, ["GET", "PUT"]),
        ("/bins", depot.all_bins, ["GET"]),
        ("/bins/{bin}", depot.one_bin, ["GET", "PUT", "DELETE"]),
        ("/bins/{bin}/parts", depot.all_parts, ["GET", "POST"]),
        ("/bins/{bin}/parts/batch", depot.batch, ["POST"]),
        ("/bins/{bin}/parts/delete", depot.delete_many, ["POST"]),
        ("/bins/{bin}/parts/{part_id:int}", depot.one_part, ["GET", "PATCH", "DELETE"]),
    ]

    return serve(Route(path, endpoint, methods=methods) for path, endpoint, methods in routes)
