"""A motor pool without a framework: vehicles, bookings, photos, quotes and reports.

Correct unless it is built with the id of a fault: `has("G02")` is true in the variant G02 only.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from urllib.parse import parse_qs, unquote

from tests.services.fleet.bookings import Bookings
from tests.services.fleet.photos import Photos
from tests.services.fleet.reading import Reading, Refused, problem
from tests.services.fleet.reports import Reports
from tests.services.fleet.vehicles import Vehicles
from tests.services.twisting import Answered, Asked

PREFIX = "/fleet/v1"
KEY, READ_ONLY = "flt_live_8Kq2Zt6vWm3R", "flt_read_1Yb7"
Handler = Callable[..., Answered]


class Fleet:
    """Calls the handler of a path and method."""

    def __init__(self, fault: str) -> None:
        self.has, reading = fault.__eq__, Reading(fault)
        vehicles = Vehicles(fault, reading)
        bookings, photos = Bookings(fault, reading, vehicles), Photos(fault, reading, vehicles)
        reports = Reports(fault, reading)
        one, booking = "/vehicles/{vehicle_id}", "/vehicles/{vehicle_id}/bookings/{booking_id}"
        self.routes: dict[str, dict[str, Handler]] = {
            "/vehicles": {"GET": vehicles.list, "POST": vehicles.create},
            "/vehicles/bulk": {"POST": vehicles.change},
            one: {"GET": vehicles.read, "PUT": vehicles.replace, "PATCH": vehicles.update, "DELETE": vehicles.delete},
            f"{one}/bookings": {"GET": bookings.list, "POST": bookings.create},
            booking: {"GET": bookings.read, "PATCH": bookings.update, "DELETE": bookings.delete},
            f"{booking}/status": {"PUT": bookings.decide},
            f"{one}/photos": {"GET": photos.list, "POST": photos.add},
            f"{one}/photos/{{photo_id}}": {"GET": photos.read, "DELETE": photos.delete},
            "/quotes": {"POST": bookings.quote},
            "/reports": {"POST": reports.start},
            "/reports/{report_id}": {"GET": reports.read, "DELETE": reports.delete},
            "/reports/{report_id}/rows": {"GET": reports.rows},
            "/health": {"GET": self.health},
        }
        self.patterns = {path: re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path)) for path in self.routes}
        self.vehicles = vehicles
        self.requests = itertools.count(1)

    def __call__(self, asked: Asked) -> Answered:
        has = self.has
        if has("X05") and next(self.requests) % 41 == 0:
            return problem(503, "busy")
        raw = (asked.raw_path or asked.path).partition("?")[0]
        if has("D02") and "%2d" in raw.lower():
            return problem(404, "No such path")
        found = self.match(raw.removeprefix(PREFIX)) if raw.startswith(PREFIX) else None
        if found is None:
            return problem(404, "No such path")
        path, arguments = found
        handlers = self.routes[path]
        method = "GET" if asked.method == "HEAD" else asked.method
        allow = ", ".join(sorted([*handlers, "OPTIONS", *(["HEAD"] if "GET" in handlers else [])]))
        if method == "OPTIONS":
            return Answered(204, {"allow": allow})
        if method not in handlers:
            if (has("H01") and path == "/vehicles" and method == "PUT") or (
                has("H12") and path == "/reports" and method == "DELETE"
            ):
                return Answered.of(200, {})
            allowed = {} if has("H02") else {"allow": "GET" if has("H03") else allow}
            return problem(404 if has("H04") else 405, "Method not allowed", headers=allowed)
        try:
            if path != "/health":
                self.guard(asked, path, method)
            return handlers[method](asked, arguments)
        except Refused as refused:
            return refused.answered

    def match(self, raw: str) -> tuple[str, dict[str, str]] | None:
        for path, pattern in self.patterns.items():
            if match := pattern.fullmatch(raw):
                return path, {name: unquote(text, errors="replace") for name, text in match.groupdict().items()}
        return None

    def guard(self, asked: Asked, path: str, method: str) -> None:
        has, key, header = self.has, asked.headers.get("x-api-key"), asked.headers.get("authorization", "")
        scheme, _, token = header.partition(" ")
        is_token = scheme.lower() == "bearer" and not has("A19")
        good = key == KEY or (is_token and token in {KEY, READ_ONLY})
        query = parse_qs(asked.query)
        good |= any((
            has("A01"),
            has("A02") and key is not None,
            has("A03") and path == "/vehicles" and method == "GET",
            has("A04") and "photo_id" in path and method == "DELETE",
            has("A05") and "booking_id" in path and method == "PATCH",
            has("A06") and path == "/vehicles/bulk",
            has("A09") and bool(key) and KEY.startswith(key or "?"),
            has("A10") and (key or "").lower() == KEY.lower(),
            has("A11") and KEY in [*query.get("X-Api-Key", []), *query.get("api_key", []), *query.get("key", [])],
            has("A12") and key == "",
            has("A13") and (key or "").startswith(KEY),
            has("A14") and is_token and bool(token),
            has("A15") and bool(header),
            has("A16") and path == "/quotes",
            has("A17") and path == "/reports/{report_id}/rows",
            has("A18") and scheme.lower() in {"basic", "token"} and token == KEY,
            has("A20") and path.endswith("/photos") and method == "POST",
            has("A21") and is_token and token.startswith(KEY),
            has("A22") and not key and not header and method == "GET",
        ))  # fmt: skip
        if not good:
            challenge = {} if has("A07") else {"www-authenticate": 'Bearer realm="fleet"'}
            raise Refused(problem(403 if has("A08") else 401, "Who are you?", headers=challenge))
        if token == READ_ONLY and method != "GET" and path != "/quotes":
            raise Refused(problem(403, "The scope fleet.write is missing"))

    def health(self, asked: Asked, path: dict[str, str]) -> Answered:
        return Answered.of(200, {"status": "ok" if self.has("R34") else "up"})


def build(fault: str = "") -> Fleet:
    """The application, with the fault of this id."""
    return Fleet(fault)
