"""The bookings of a vehicle: pages by number, a state that is decided, quotes."""

from __future__ import annotations

import itertools
from typing import Any

from tests.services.fleet.reading import Reading, Refused, instant, problem
from tests.services.fleet.vehicles import PREFIX, Record, Vehicles, merged, now
from tests.services.twisting import Answered, Asked

RATES = {"compact": 29.0, "estate": 39.0, "van": 59.0, "truck": 99.0}


class Bookings:
    """All bookings by number."""

    def __init__(self, fault: str, reading: Reading, vehicles: Vehicles) -> None:
        self.has, self.reading, self.vehicles = fault.__eq__, reading, vehicles
        self.rows = vehicles.bookings
        self.numbers = itertools.count(1, 7919) if self.has("B22") else itertools.count(1)

    def shown(self, booking: Record) -> Record:
        has, payment = self.has, dict(booking["payment"])
        out = {name: value for name, value in booking.items() if name != "pin" or has("R23")}
        if not has("R22"):
            payment.pop("number", None)
        if has("R24"):
            payment["method"] = {"card": "invoice", "invoice": "card"}[payment["method"]]
        out["payment"] = payment
        if has("R21"):
            out["driver"] = {name: value for name, value in out["driver"].items() if name != "email"}
        if has("R25"):
            del out["vehicle_id"]
        if has("R37") and out["passengers"] == 9:
            out["note"] = 9
        if has("R44"):
            out["ends_at"] = out["ends_at"][:10]
        if has("R45"):
            out["extras"] = ",".join(out["extras"])
        if has("R46"):
            out["id"] = str(out["id"])
        return out

    def find(self, operation: str, asked: Asked, path: dict[str, str]) -> Record:
        has = self.has
        self.reading.arguments(operation, asked, path)
        booking = self.rows.get(int(path["booking_id"]))
        if not has("U23"):
            self.vehicles.find(path)
        if booking is None or (booking["vehicle_id"] != path["vehicle_id"].lower() and not has("U10")):
            raise Refused(problem(500 if has("S05") else 404, "No such booking"))
        return booking

    def list(self, asked: Asked, path: dict[str, str]) -> Answered:
        has, query = self.has, self.reading.arguments("listBookings", asked, path)
        vehicle = self.vehicles.find(path)
        rows = [each for each in self.rows.values() if each["vehicle_id"] == vehicle["id"] or has("G30")]
        if "status" in query and not has("G25"):
            rows = [each for each in rows if each["status"] == query["status"]]
        if "starts_after" in query and not has("G26"):
            least = instant(query["starts_after"])
            rows = [each for each in rows if instant(each["starts_at"]) > least]
        if "sort" in query and not has("G27"):
            rows = sorted(rows, key=lambda each: instant(each["starts_at"]), reverse=query["sort"][0] == "-")
        if has("G35"):
            rows = rows[1:]
        page, size, total = query["page"], query["per_page"], len(rows)
        first = 0 if has("G19") else (page - 1) * size + (has("G36") and page > 1)
        shown = rows[first:] if has("G22") else rows[first : first + size]
        if has("G31") and not shown and page > 1:
            return problem(404, "No such page")
        said = len(shown) if has("G20") else total + has("G21")
        content = {"items": [self.shown(each) for each in shown], "page": 1 if has("G32") else page}
        content |= {"per_page": size, "total": said}
        answered = Answered.of(200, content)
        if not has("R31"):
            answered.headers["X-Total-Count"] = str(said + has("G28"))
        if links := self.links(vehicle["id"], page, size, total, asked.query):
            answered.headers["Link"] = links
        return answered

    def links(self, vehicle_id: str, page: int, size: int, total: int, query: str) -> str:
        has, links = self.has, []
        kept = "".join(f"&{part}" for part in query.split("&") if part and not part.startswith(("page=", "per_page=")))
        base = f"{PREFIX}/vehicles/{vehicle_id}/bookings?per_page={size}{kept}"
        if page * size < total and not has("G23"):
            links.append(f'<{base}&page={page if has("G24") else page + 1}>; rel="next"')
        if page > 1 and not has("G37"):
            links.append(f'<{base}&page={page - 1}>; rel="prev"')
        return ", ".join(links)

    def create(self, asked: Asked, path: dict[str, str]) -> Answered:
        has = self.has
        self.reading.arguments("createBooking", asked, path)
        vehicle = self.vehicles.find(path)
        try:
            body = self.reading.json(asked, "Booking")
        except Refused:
            if has("U24") and self.rows:
                number = next(self.numbers)
                self.rows[number] = {**next(iter(self.rows.values())), "id": number, "vehicle_id": vehicle["id"]}
            raise
        payment = dict(body["payment"])
        if payment.get("method") == "invoice":
            payment.setdefault("days", 30)
            if has("V23"):
                payment["days"] = 30
        if has("V22") and "holder" in payment:
            payment["holder"] = payment["holder"].upper()
        booking = {
            "id": next(self.numbers), "vehicle_id": vehicle["id"], "status": "pending", "created_at": now(),
            "passengers": 2 if has("V20") else 1, "extras": [], "note": None, **body, "payment": payment,
            "driver": {"licence": None, **body["driver"]},
        }  # fmt: skip
        if has("V18"):
            for name in ("starts_at", "ends_at"):
                booking[name] = booking[name][:19] + "Z"
        if has("V19"):
            booking["starts_at"] = booking["starts_at"][:17] + "00" + booking["starts_at"][19:]
        if has("V21"):
            booking["extras"] = []
        if has("V38"):
            booking.pop("purpose", None)
        if has("V39"):
            booking["driver"]["email"] = booking["driver"]["email"].lower().replace("+", "")
        if has("U26"):
            booking["id"] = len(self.rows) + 1
        if has("U28") and isinstance(asked_id(asked), int):
            booking["id"] = asked_id(asked)
        if not has("U07"):
            self.rows[booking["id"]] = booking
        location = f"{PREFIX}/vehicles/{vehicle['id']}/bookings/{booking['id'] + has('R16')}"
        answered = Answered.of(200 if has("S03") else 201, self.shown(booking))
        answered.headers |= {} if has("R47") else {"Location": location}
        return answered

    def read(self, asked: Asked, path: dict[str, str]) -> Answered:
        booking = self.find("readBooking", asked, path)
        return Answered.of(200, self.shown({**booking, "status": "pending"} if self.has("U11") else booking))

    def update(self, asked: Asked, path: dict[str, str]) -> Answered:
        has, booking = self.has, self.find("updateBooking", asked, path)
        body = self.reading.json(asked, "BookingPatch", "application/merge-patch+json")
        new = merged(booking, body)
        new |= {"note": None} if body.get("note", "") is None else {}
        if "licence" in body.get("driver", {}):
            new["driver"]["licence"] = body["driver"]["licence"]
        if has("M14") and "note" not in body:
            new["note"] = None
        if has("M16") and body.get("driver", {}).get("licence", "") is None:
            new["driver"]["licence"] = booking["driver"]["licence"]
        if has("M17"):
            new["created_at"] = now()
        if has("M21") and "driver" in body:
            new["driver"] = {"name": "?", "email": "a@example.com", "licence": None, **body["driver"]}
        if not has("M15"):
            self.rows[booking["id"]] = new
        return Answered.of(200, self.shown(new))

    def delete(self, asked: Asked, path: dict[str, str]) -> Answered:
        has, booking = self.has, self.find("deleteBooking", asked, path)
        if not has("U08"):
            del self.rows[booking["id"]]
        if has("U09"):
            self.rows.clear()
        return Answered.of(200, None) if has("S15") else Answered(204)

    def decide(self, asked: Asked, path: dict[str, str]) -> Answered:
        has, booking = self.has, self.find("decideBooking", asked, path)
        status = self.reading.json(asked, "decideBooking")["status"]
        allowed = {"pending": {"confirmed", "cancelled"}, "confirmed": {"cancelled"}, "cancelled": set()}
        if has("U13"):
            allowed["cancelled"] = {"confirmed"}
        if has("P49"):
            allowed["confirmed"] = set()
        if status not in allowed[booking["status"]] and not (has("N53") and status not in allowed["pending"]):
            if has("U25"):
                booking["status"] = status
            if has("S18"):
                return Answered.of(200, self.shown(booking))
            return problem(500 if has("S21") else 409, f"The booking is {booking['status']}")
        if status in allowed["pending"]:
            booking["status"] = "confirmed" if has("U12") else status
        return Answered.of(200, self.shown(booking))

    def quote(self, asked: Asked, path: dict[str, str]) -> Answered:
        has, body = self.has, self.reading.form(asked)
        extras = body.get("extras", [])
        days = body["days"] - (has("V32") and body["days"] > 1)
        total: Any = round(RATES.get(body.get("class", "van"), 1) * days + 5.5 * len(extras), 2)
        content = {"class": "van", "express": False, **body, "days": days, "extras": extras}
        content |= {"total": str(total) if has("R33") else total, "currency": "eur" if has("R32") else "EUR"}
        if has("V30"):
            content["express"] = False
        if has("V31"):
            content["extras"] = sorted(extras)
        if has("V40"):
            content.pop("promo", None)
        if has("V41"):
            content["extras"] = extras[-1:]
        return Answered.of(201 if has("S14") else 200, content)


def asked_id(asked: Asked) -> Any:
    content = asked.json()
    return content.get("id") if isinstance(content, dict) else None
