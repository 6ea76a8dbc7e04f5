"""A box office: what refers to the same seat at the same time conflicts, is redeemed once, and belongs to a team."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from tests.services.frame import Refused, Service, serve
from tests.services.moments import SHARED

CONTRACT = Path(__file__).with_name("box_office_openapi.yaml")
TAKES = 0.3
"""Seconds that a job takes."""

Thing = dict[str, Any]


class BoxOffice(Service):
    """The service, and one thing that it gets wrong: `fault` is in the words of a test."""

    def __init__(self, fault: str = "") -> None:
        super().__init__(CONTRACT, fault)
        self.seats: dict[str, Thing] = {}
        self.holds: dict[int, tuple[str, Thing]] = {}
        self.jobs: dict[int, float] = {}
        self.done: set[int] = set()
        self.keys: dict[tuple[str, str], tuple[Thing, Thing]] = {}
        self.views: dict[str, bytes] = {}
        self.log: list[Thing] = []
        self.rates = {"adult": {"price": 20}, "child": {"price": 10}}

    async def body(self, request: Request, schema: str = "") -> Any:
        try:
            value = json.loads((await request.body()).decode())
        except (ValueError, RecursionError):
            raise Refused(422) from None
        return self.checked(value, schema)

    def team(self, request: Request) -> str:
        team = request.headers.get("x-team", "")
        if not (2 <= len(team) <= 12 and team.isascii() and team.isalpha() and team.islower()):
            raise Refused(422)
        return team

    def number(self, request: Request, name: str) -> int:
        text = request.path_params[name]
        if not (text.isascii() and text.isdigit() and 0 < len(text) < 9 and int(text)):
            raise Refused(422)
        return int(text)

    # --- Seats and holds ---

    async def add_seat(self, request: Request) -> Response:
        label = (await self.body(request, "SeatIn"))["label"]
        is_same = str.__eq__ if self.fault == "labels have case" else lambda a, b: a.casefold() == b.casefold()
        if any(is_same(label, seat["label"]) for seat in self.seats.values()):
            raise Refused(409)
        number = next(self.numbers)
        if self.fault == "numbers of seats are given again":
            number = max((int(name[-4:]) for name in self.seats), default=0) + 1
        seat = {"id": f"seat-{number:04}", "label": label}
        self.seats[seat["id"]] = seat
        self.note("a seat")
        return JSONResponse(self.shown(seat["id"]), 201)

    async def seat(self, request: Request) -> Response:
        name = request.path_params["seat_id"]
        if not self.document.validator("#/components/schemas/Seat/properties/id").is_valid(name):
            raise Refused(422)
        if name not in self.seats:
            raise Refused(404)
        if request.method == "DELETE":
            if any(hold["seat"] == name for _, hold in self.holds.values()) and self.fault != "seats go all the same":
                raise Refused(409)
            del self.seats[name]
            self.views.pop(name, None)
            return Response(status_code=204)
        return JSONResponse(self.shown(name))

    def shown(self, name: str) -> Thing:
        return {**self.seats[name], "has_view": name in self.views and self.fault != "views are not told"}

    async def rate(self, request: Request) -> Response:
        kind = request.path_params["kind"]
        if kind not in self.rates:
            raise Refused(422)
        if request.method == "PUT":
            sent = await self.body(request, "Rate")
            kinds = [*self.rates] if self.fault == "all rates are one" else [kind]
            self.rates |= dict.fromkeys(kinds, sent)
        return JSONResponse(self.rates[kind])

    async def view(self, request: Request) -> Response:
        await self.seat(request)
        name, data = request.path_params["seat_id"], await request.body()
        if request.method == "PUT" and request.headers.get("content-type") != "application/octet-stream":
            raise Refused(415)
        if request.method == "PUT" and not data:
            raise Refused(422)
        if request.method == "PUT" and len(data) > 4096 and self.fault != "large views":
            raise Refused(413)
        if name not in (self.seats if request.method == "PUT" else self.views):
            raise Refused(404)
        if request.method == "PUT":
            self.views[name] = data[:2048] if self.fault == "views are cut" else data
            return Response(status_code=204)
        return Response(self.views[name], media_type="application/octet-stream")

    def note(self, what: str) -> None:
        moment = self.now()
        self.log.append({"id": next(self.numbers), "created_at": moment, "what": what})

    async def all_lines(self, _: Request) -> Response:
        return JSONResponse(self.log[:20] if self.fault == "the log begins with the oldest" else self.log[:-21:-1])

    def now(self) -> str:
        return datetime.fromtimestamp(SHARED.now(), UTC).isoformat()

    async def hold(self, request: Request) -> Response:
        team, sent, key = self.team(request), await self.body(request, "HoldIn"), request.headers.get("idempotency-key")
        if key is not None and not 8 <= len(key) <= 64:
            raise Refused(422)
        owner = "all" if self.fault == "all teams have the same keys" else team
        if key is not None and (owner, key) in self.keys:
            known, hold = self.keys[owner, key]
            if known != sent:
                raise Refused(409)
            shown = self.holds[hold["id"]][1] if self.fault == "a repeated answer is up to date" else hold
            return self.held(shown, 200 if self.fault == "a repeated answer is 200" else 201)
        start, end = (datetime.fromisoformat(sent[name]) for name in ("starts_at", "ends_at"))
        if start >= end:
            raise Refused(422)
        if sent["seat"] not in self.seats or "code" in sent or self.is_taken(sent, self.holds):
            raise Refused(409)
        hold = {"id": next(self.numbers), "note": "", **sent, "state": "held", "redeemed_at": None, "released_at": None}
        hold["updated_at"] = self.now()
        if self.fault == "holds are redeemed when they are made":
            hold["redeemed_at"] = self.now()
        if self.fault == "times are in UTC":
            hold["ends_at"] = end.astimezone(UTC).isoformat()
        self.holds[hold["id"]] = team, hold
        if key is not None:
            self.keys[owner, key] = sent, dict(hold)
        return self.held(hold, 201)

    def is_taken(self, wanted: Thing, others: Iterable[int]) -> bool:
        return self.fault != "holds overlap" and any(self.overlap(wanted, self.holds[number][1]) for number in others)

    def overlap(self, one: Thing, two: Thing) -> bool:
        if one["seat"] != two["seat"] or (two["state"] == "released" and self.fault != "what is released stays taken"):
            return False
        (a, b), (c, d) = (
            [datetime.fromisoformat(each[name]) for name in ("starts_at", "ends_at")] for each in (one, two)
        )
        if self.fault == "only the same start is taken":
            return a == c
        return (a <= d and c <= b) if self.fault == "what touches overlaps" else (a < d and c < b)

    def held(self, hold: Thing, status: int) -> Response:
        return JSONResponse(hold, status, {"Location": f"/holds/{hold['id']}"} if status == 201 else {})

    def own(self, request: Request) -> Thing:
        team, number = self.team(request), self.number(request, "hold_id")
        owner, hold = self.holds.get(number, ("", {}))
        is_lax = self.fault == "foreign holds are redeemed" and request.url.path.endswith("/redeem")
        if not hold or (owner != team and not is_lax):
            raise Refused(404)
        return hold

    async def one_hold(self, request: Request) -> Response:
        if request.method == "PATCH":
            changes = await self.body(request, "HoldPatch")
            hold = self.own(request)
            if hold["state"] != "held" and self.fault != f"{hold['state']} holds are changed":
                if self.fault == "a change that is too late is noted":
                    hold["note"] = "too late"
                raise Refused(409)
            changed = {**hold, **changes}
            if datetime.fromisoformat(changed["starts_at"]) >= datetime.fromisoformat(changed["ends_at"]):
                raise Refused(422)
            others = self.holds if self.fault == "a hold overlaps itself" else self.holds.keys() - {hold["id"]}
            if self.fault != "changes overlap" and self.is_taken(changed, others):
                raise Refused(409)
            if any(hold[name] != value for name, value in changes.items()) or self.fault == "idle changes are noted":
                hold["updated_at"] = self.now()
            hold.update(changes)
        return JSONResponse(self.own(request))

    async def redeem(self, request: Request) -> Response:
        hold = self.own(request)
        if hold["state"] == "redeemed" and self.fault != "redeemed twice":
            raise Refused(409)
        hold["state"] = "redeemed"
        hold["redeemed_at"] = None if self.fault == "nobody knows when it was redeemed" else self.now()
        hold["released_at"] = self.now() if self.fault == "what is redeemed is released" else None
        return JSONResponse(hold)

    async def release(self, request: Request) -> Response:
        hold = self.own(request)
        hold["state"] = "released"
        hold["released_at"] = self.now()
        hold["redeemed_at"] = None
        return JSONResponse(hold)

    async def move(self, request: Request) -> Response:
        sent = await self.body(request, "Move")
        hold = self.own(request)
        if sent["to"] != "released" or hold["state"] == "released":
            if self.fault != f"{hold['state']} holds are {sent['to']} again":
                raise Refused(409)
        elif self.fault == "holds are not released" and hold["state"] == "held":
            raise Refused(409)
        hold |= {"state": sent["to"], "redeemed_at": None, "released_at": self.now()}
        return JSONResponse(hold)

    async def add_guest(self, request: Request) -> Response:
        if self.fault == "a refused guest is noted" and request.path_params["hold_id"].isdecimal():
            self.own(request)["note"] = "a guest"
        guest = await self.body(request, "Guest")
        if self.fault != "guests of nobody":
            self.own(request)["updated_at"] = (
                self.now() if self.fault != "guests are not noted" else "2026-01-01T00:00:00Z"
            )
        return JSONResponse(
            {"age": None, **guest, **({"age": None} if self.fault == "guests lose their age" else {})}, 201
        )

    async def remarks(self, request: Request) -> Response:
        if request.method == "POST":
            sent = await self.body(request, "RemarkIn")
            self.own(request).setdefault("remarks", []).append({"id": next(self.numbers), **sent})
            return JSONResponse(self.own(request)["remarks"][-1], 201)
        limit, offset = (self.count(request, *each) for each in (("limit", 20, 1, 50), ("offset", 0, 0, 9999)))
        remarks = self.own(request).get("remarks", [])
        count = len(remarks) + (self.fault == "remarks are counted once too often")
        return JSONResponse(remarks[offset : offset + limit], headers={"X-Total-Count": str(count)})

    def count(self, request: Request, name: str, default: int, low: int, high: int) -> int:
        text = request.query_params.get(name, str(default))
        if not (text.isascii() and text.isdigit() and len(text) < 9 and low <= int(text) <= high):
            raise Refused(422)
        return int(text)

    # --- Jobs ---

    async def print(self, request: Request) -> Response:
        await self.body(request, "PrintIn")
        number = next(self.numbers)
        self.jobs[number] = SHARED.now() + TAKES
        return JSONResponse({"id": number, "status": "queued", "seat_ids": []}, 202, {"Location": f"/jobs/{number}"})

    def due(self, request: Request) -> tuple[int, float]:
        number = self.number(request, "job_id")
        if number not in self.jobs:
            raise Refused(404)
        return number, self.jobs[number] - SHARED.now()

    async def job(self, request: Request) -> Response:
        wait = request.query_params.get("wait", "false")
        if wait not in {"true", "false"}:
            raise Refused(422)
        number, left = self.due(request)
        if wait == "true" and left > 0 and self.fault != "nobody waits":
            SHARED.sleep(left)
            left = 0
        if left > 0:
            return JSONResponse({"id": number, "status": "running", "seat_ids": []})
        return JSONResponse({"id": number, "status": "done", "seat_ids": [self.added(number)]})

    def added(self, number: int) -> str:
        """The seat that a job has added."""
        name = f"seat-{9000 + number:04}"
        if number not in self.done and self.fault != "seats of jobs are lost":
            self.seats[name] = {"id": name, "label": f"extra {number}"}
        self.done.add(number)
        return name

    async def pages(self, request: Request) -> Response:
        _, left = self.due(request)
        if left > 0 and self.fault == "what is not ready is not found":
            raise Refused(404)
        if left > 0 and self.fault != "pages come early":
            raise Refused(409)
        return PlainTextResponse("one page")

    def app(self) -> Starlette:
        return serve(
            [
                Route("/seats", self.add_seat, methods=["POST"]),
                Route("/seats/{seat_id}", self.seat, methods=["GET", "DELETE"]),
                Route("/seats/{seat_id}/view", self.view, methods=["GET", "PUT"]),
                Route("/rates/{kind}", self.rate, methods=["GET", "PUT"]),
                Route("/log", self.all_lines),
                Route("/holds/{hold_id}/guests", self.add_guest, methods=["POST"]),
                Route("/holds/{hold_id}/remarks", self.remarks, methods=["GET", "POST"]),
                Route("/holds", self.hold, methods=["POST"]),
                Route("/holds/{hold_id}", self.one_hold, methods=["GET", "PATCH"]),
                Route("/holds/{hold_id}/redeem", self.redeem, methods=["POST"]),
                Route("/holds/{hold_id}/moves", self.move, methods=["POST"]),
                Route("/holds/{hold_id}/release", self.release, methods=["POST"]),
                Route("/prints", self.print, methods=["POST"]),
                Route("/jobs/{job_id}", self.job),
                Route("/jobs/{job_id}/pages", self.pages),
            ]
        )


def build(fault: str = "") -> Starlette:
    """The service with one thing that is wrong, or none."""
    return BoxOffice(fault).app()
