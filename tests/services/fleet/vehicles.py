"""The vehicles of the motor pool: tags of entities, idempotency keys, merge patches, cursors and bulk changes."""

from __future__ import annotations

import csv
import datetime
import hashlib
import html
import io
import itertools
import json
import unicodedata
import uuid
from typing import Any

from werkzeug.datastructures import MIMEAccept
from werkzeug.http import parse_accept_header

from tests.services.fleet.reading import Reading, Refused, problem
from tests.services.moments import SHARED
from tests.services.twisting import Answered, Asked

PREFIX = "/fleet/v1"
Record = dict[str, Any]
DEFAULTS: Record = {
    "mileage": 0, "fuel": "petrol", "vin": None, "pooled": True, "features": [], "attributes": {}, "notes": None,
}  # fmt: skip


def now() -> str:
    return datetime.datetime.fromtimestamp(SHARED.now(), datetime.UTC).isoformat()


def merged(target: Any, patch: Any) -> Any:
    """RFC 7396."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = merged(result.get(name), value)
    return result


def negotiated(asked: Asked, *offered: str) -> str | None:
    """The offer that the client wants most."""
    accept = asked.headers.get("accept")
    return offered[0] if accept is None else parse_accept_header(accept, MIMEAccept).best_match(offered)


class Vehicles:
    """All vehicles by id."""

    def __init__(self, fault: str, reading: Reading) -> None:
        self.has, self.reading = fault.__eq__, reading
        self.rows: dict[str, Record] = {}
        self.bookings: dict[Any, Record] = {}
        self.photos: dict[Any, Record] = {}
        self.used: dict[str, tuple[bytes, Answered]] = {}
        self.reads = itertools.count(1)

    # --- What is shown ------------------------------------------------------------------------------------------------

    def status(self, vehicle: Record) -> str:
        booked = any(
            each["vehicle_id"] == vehicle["id"] and each["status"] == "confirmed" for each in self.bookings.values()
        )
        return "booked" if booked and not self.has("U15") else "available"

    def shown(self, vehicle: Record, units: str = "km") -> Record:
        has, hidden = self.has, {"unlock_code"}
        out = {name: value for name, value in vehicle.items() if name not in hidden}
        out["status"] = self.status(vehicle)
        if units == "mi" and not has("V37"):
            out["mileage"] = round(out["mileage"] / 1.609344, 1)
        changes: dict[str, Record] = {
            "R02": {"seats": str(out["seats"])}, "R03": {"internal_id": 7},
            "R05": {"created_at": out["created_at"][:19]},
            "R06": {"status": out["status"].upper()}, "R07": {"id": "v-12"}, "R08": {"mileage": str(out["mileage"])},
            "R09": {"keeper": (out.get("keeper") or {}).get("name", "?")}, "R12": {"version": 0},
            "R10": {"insured_until": out.get("insured_until", "2030-01-01") + "T00:00:00Z"},
            "R11": {"attributes": {name: str(value) for name, value in out["attributes"].items()}},
            "R36": {"unlock_code": vehicle.get("unlock_code", "0000")},
            "R40": {"registered_on": out["registered_on"] + "T00"},
            "R41": {"pooled": int(out["pooled"])}, "R42": {"updated_at": 1764087000},
        }  # fmt: skip
        for fault, change in changes.items():
            if has(fault):
                out |= change
        if has("R01"):
            del out["fuel"]
        if has("R04") and not out["features"]:
            out["features"] = None
        if has("R13") and "manual" in out:
            out["manual"] = "the manual"
        if has("R39") and out["notes"] is None:
            del out["notes"]
        if has("R43") and "load" not in out:
            out["load"] = None
        return out

    def etag(self, vehicle: Record, units: str = "km") -> str:
        has, version = self.has, vehicle["version"]
        if has("K01"):
            version = 1
        if has("K02"):
            version = f"{version}-{next(self.reads)}"
        tag = f"{version}{self.status(vehicle)[0]}{'m' if units == 'mi' else ''}"
        return tag if has("K11") else f'"{tag}"'

    def answer(self, status: int, vehicle: Record, headers: Record | None = None) -> Answered:
        answered = Answered.of(status, self.shown(vehicle), ETag=self.etag(vehicle))
        answered.headers |= headers or {}
        return answered

    # --- Lists --------------------------------------------------------------------------------------------------------

    def list(self, asked: Asked, path: dict[str, str]) -> Answered:
        has, query = self.has, self.reading.arguments("listVehicles", asked, path)
        media = negotiated(asked, "application/json", "text/csv")
        if media is None:
            if has("H10"):
                return problem(500, "Internal error")
            if not has("B28"):
                return problem(406, "JSON or CSV")
        if has("C12") and "json" in asked.headers.get("accept", ""):
            media = "application/json"
        rows = self.sorted(self.filtered([*self.rows.values()], query), query)
        limit = 10 if has("G06") and "limit=" not in asked.query else query["limit"]
        start = int(query["cursor"][2:], 16) if "cursor" in query and not has("G33") else 0
        size = 10**6 if has("G01") else limit + has("G02") - (has("G04") and limit > 1)
        first = max(0, start - 1) if has("G03") and start else start
        page, follows = rows[first : first + size], start + limit
        more = follows < len(rows) or has("G17")
        cursor = f"c_{follows:x}" if more and not has("G34") else None
        headers = {"X-RateLimit-Remaining": "lots" if has("R17") else "99"}
        if media == "text/csv" and not has("C07"):
            out = io.StringIO()
            writer = csv.writer(out)
            writer.writerow(["id", "plate", "class", "mileage"])
            writer.writerows([[each["id"], each["plate"], each["class"], each["mileage"]] for each in page])
            typed = {"content-type": "text/plain" if has("C06") else "text/csv; charset=utf-8"}
            return Answered(200, headers | typed, out.getvalue().encode())
        content = {"items": [self.shown(each) for each in page], "limit": limit, "next_cursor": cursor}
        if has("R19"):
            del content["next_cursor"]
        if has("R20"):
            content["limit"] = None
        answered = Answered.of(206 if has("S13") and more else 200, content)
        answered.headers |= headers
        return answered

    def filtered(self, rows: Any, query: Record) -> Any:
        has = self.has
        if has("G05"):
            rows = rows[:-1]
        classes = query.get("class", [])[: 1 if has("G08") else None]
        if classes and not has("G07"):
            rows = [each for each in rows if each["class"] in classes]
        bounds = {} if has("G09") else query.get("mileage", {})
        low, high = bounds.get("min", -1), bounds.get("max", 10**9)
        rows = [each for each in rows if low <= each["mileage"] <= high]
        if has("G10"):
            rows = [each for each in rows if low < each["mileage"]]
        if "registered_from" in query and not has("G11"):
            rows = [each for each in rows if each["registered_on"] >= query["registered_from"]]
        if "registered_to" in query:
            rows = [each for each in rows if each["registered_on"] <= query["registered_to"]]
            if has("G12"):
                rows = [each for each in rows if each["registered_on"] < query["registered_to"]]
        if "electric" in query and not has("G13"):
            rows = [each for each in rows if (each["fuel"] == "electric") == query["electric"]]
        return rows

    def sorted(self, rows: Any, query: Record) -> Any:
        has = self.has
        for name in reversed(query.get("sort", [])[: 1 if has("G16") else None]):
            if not has("G14") and name.lstrip("-") in {"plate", "mileage"}:
                rows = sorted(rows, key=lambda each: each[name.lstrip("-")], reverse=name[0] == "-" and not has("G15"))
        return rows

    # --- One vehicle --------------------------------------------------------------------------------------------------

    def find(self, path: dict[str, str]) -> Record:
        has, vehicle = self.has, self.rows.get(path["vehicle_id"].lower())
        if vehicle is None:
            if has("S20"):
                raise Refused(problem(410, "Gone"))
            raise Refused(problem(400 if has("S04") else 404, "No such vehicle"))
        return vehicle

    def made(self, body: Record) -> Record:
        has = self.has
        fields = {**DEFAULTS, **({"fuel": "diesel"} if has("V06") else {}), **body}
        if has("V16"):
            fields["pooled"] = body.get("pooled", False)
        if has("N01"):
            fields.setdefault("plate", "A-1")
        self.spoil(fields)
        stamp = now()
        return {"id": str(uuid.uuid4()), "version": 1, "created_at": stamp, "updated_at": stamp, **fields}

    def spoil(self, fields: Record) -> None:
        """The faults of what is stored."""
        has, keeper, notes = self.has, dict(fields.get("keeper") or {}), fields["notes"]
        if has("V02") and keeper:
            keeper["name"] = html.escape(keeper["name"])
        if has("V11") and keeper:
            keeper["name"] = unicodedata.normalize("NFKC", keeper["name"])
        if has("V17") and keeper.get("phone", "") is None:
            del keeper["phone"]
        if keeper:
            fields["keeper"] = keeper
        if has("V09"):
            fields.pop("keeper", None)
        if has("V34"):
            fields.pop("insured_until", None)
        if has("V14"):
            fields["vin"] = None
        if has("V10") and notes is None:
            fields["notes"] = ""
        changes: Record = {
            "V01": lambda text: text[:100], "V15": str.strip, "V35": lambda text: text.replace("\n", " "),
            "V36": lambda text: text or None, "V24": lambda text: text.encode().decode("latin-1"),
        }  # fmt: skip
        for fault, change in changes.items():
            if has(fault) and notes is not None:
                fields["notes"] = change(notes)
        if has("V03"):
            fields["features"] = sorted(fields["features"])
        if has("V04"):
            fields["mileage"] = int(fields["mileage"])
        if has("V05") and "load" in fields:
            fields["load"] = round(fields["load"], 1) or 0.1
        if has("V07"):
            fields["fuel"] = "petrol"
        if has("V08"):
            day = datetime.date.fromisoformat(fields["registered_on"])
            fields["registered_on"] = (day - datetime.timedelta(day > datetime.date.min)).isoformat()
        if has("V13"):
            fields["attributes"] = dict([*fields["attributes"].items()][:-1])
        if has("V33") and "manual" in fields:
            fields["manual"] = fields["manual"].partition("?")[0].partition("#")[0]

    def create(self, asked: Asked, path: dict[str, str]) -> Answered:
        has = self.has
        values = self.reading.arguments("createVehicle", asked, path)
        key = "" if has("I01") else values.get("Idempotency-Key", "")
        try:
            body = self.reading.json(asked, "VehicleIn")
        except Refused:
            if has("I06") and key:
                self.used[key] = (b"", problem(409, "The key was used"))
            if has("U06"):
                self.store(self.made({"plate": "A-1", "class": "van", "seats": 1, "registered_on": "2020-01-01"}))
            raise
        digest = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).digest()
        if key in self.used:
            first, answered = self.used[key]
            if first != digest and not has("I02"):
                return problem(409, "The key was used for another vehicle")
            return self.repeated(answered, body)
        if any(each["plate"] == body.get("plate") for each in self.rows.values()) and not has("U17"):
            return problem(500 if has("S11") else 409, "The plate is taken")
        vehicle = self.made(body)
        if not has("U03"):
            self.store(vehicle)
        location = {} if has("R15") else {"Location": f"{PREFIX}/vehicles/{vehicle['id']}"}
        answered = self.answer(200 if has("S01") else 201, vehicle, {**location, "X-RateLimit-Remaining": "98"})
        if has("K19"):
            answered.headers["ETag"] = '"0"'
        if key:
            self.used[key] = (digest, Answered(answered.status, dict(answered.headers), answered.body))
        return answered

    def repeated(self, answered: Answered, body: Record) -> Answered:
        has, headers = self.has, dict(answered.headers)
        if has("I04"):
            headers.pop("Location", None)
        if has("I05"):
            self.store({**self.made(body), "plate": "ZZZ-9999"})
        return Answered(200 if has("I03") else answered.status, headers, answered.body)

    def store(self, vehicle: Record) -> None:
        self.rows[vehicle["id"]] = vehicle

    def read(self, asked: Asked, path: dict[str, str]) -> Answered:
        has, values = self.has, self.reading.arguments("readVehicle", asked, path)
        vehicle, units = self.find(path), values["X-Units"]
        if has("U16"):
            vehicle["version"] += 1
        tag, wanted = self.etag(vehicle, units), values.get("If-None-Match")
        tags = [each.strip().removeprefix("W/") for each in (wanted or "").split(",")]
        if has("K18"):
            tags = [(wanted or "").removeprefix("W/")]
        if has("H13") and len(tags) > 1:
            return problem(500, "Internal error")
        known = tag in tags or (wanted == "*" and not has("H15"))
        if wanted is not None and (known or has("K05")) and not has("K03"):
            headers = {} if has("K04") else {"ETag": tag}
            return Answered(304, headers)
        shown = self.shown({**vehicle, "seats": vehicle["seats"] % 60 + 1} if has("V12") else vehicle, units)
        headers = {"ETag": tag, "X-Units": units, "Vary": "X-Units"}
        for fault, name in (("R14", "ETag"), ("R18", "X-Units")):
            if has(fault):
                del headers[name]
        answered = Answered.of(200, shown)
        answered.headers |= headers
        return answered

    def check_match(self, asked: Asked, vehicle: Record) -> None:
        has, wanted = self.has, asked.headers.get("if-match")
        if wanted is None:
            if asked.method == "PUT" and not has("K07"):
                raise Refused(problem(428, "If-Match, please"))
            return
        if has({"PUT": "K06", "PATCH": "K16", "DELETE": "K10"}[asked.method]):
            return
        tags = {self.etag(vehicle, "km"), self.etag(vehicle, "mi")}
        good = wanted.strip() == "*" or any(each.strip() in tags for each in wanted.split(","))
        if has("K08") and wanted.strip() == "*":
            good = False
        if has("K09") and asked.method == "PATCH":
            good = False
        if not good:
            if has("K14"):
                vehicle["notes"] = "changed"
            if has("K17") and asked.method == "DELETE":
                del self.rows[vehicle["id"]]
            raise Refused(problem(409 if has("K13") else 412, "Another version"))

    def replace(self, asked: Asked, path: dict[str, str]) -> Answered:
        has = self.has
        self.reading.arguments("replaceVehicle", asked, path)
        if has("M10") and path["vehicle_id"].lower() not in self.rows:
            body = self.reading.json(asked, "VehicleIn")
            vehicle = {**self.made(body), "id": path["vehicle_id"].lower()}
            self.store(vehicle)
            return self.answer(200, vehicle)
        old = self.find(path)
        self.check_match(asked, old)
        try:
            body = self.reading.json(asked, "VehicleIn")
        except Refused:
            if has("M12"):
                old["notes"] = "changed"
            raise
        if any(each["plate"] == body.get("plate") and each is not old for each in self.rows.values()):
            return problem(409, "The plate is taken")
        new = {**self.made(body), "id": old["id"], "version": old["version"] + 1, "created_at": old["created_at"]}
        if has("M04"):
            new = {**old, **body, "version": new["version"]}
        if has("M19") and "insurer" in old:
            new.setdefault("insurer", old["insurer"])
        if has("M06"):
            new["id"] = str(uuid.uuid4())
        if has("M07"):
            new["created_at"] = now()
        if has("K15"):
            new["version"] = old["version"]
        if not has("M05"):
            self.store(new)
        return self.answer(200, new)

    def update(self, asked: Asked, path: dict[str, str]) -> Answered:
        has = self.has
        self.reading.arguments("updateVehicle", asked, path)
        old = self.find(path)
        self.check_match(asked, old)
        try:
            body = self.reading.json(asked, "VehiclePatch", "application/merge-patch+json")
        except Refused:
            if has("M11"):
                old["notes"] = "changed"
            raise
        new = merged(old, body)
        new |= {name: None for name in ("vin", "notes") if body.get(name, "") is None}
        if has("M01"):
            new = {**old, **{k: v for k, v in DEFAULTS.items() if k not in {"fuel"}}, **body}
            new = {name: value for name, value in new.items() if value is not None or name in DEFAULTS}
        if has("M02") and "load" in old:
            new.setdefault("load", old["load"])
        if has("M03") and "keeper" in body:
            new["keeper"] = {"name": "?", "email": "a@example.com", **body["keeper"]}
        if has("M09") and "features" in body:
            new["features"] = [*dict.fromkeys([*old["features"], *body["features"]])][:6]
        if has("M13"):
            gone = {name for name, value in body.get("attributes", {}).items() if value is None}
            new["attributes"] |= {name: value for name, value in old["attributes"].items() if name in gone}
        if has("M20"):
            new["created_at"] = now()
        new["version"], new["updated_at"] = old["version"] + (not has("M18")), now()
        if len(new["attributes"]) > 4:
            raise self.reading.invalid({"pointer": "/attributes", "code": "length"})
        if "keeper" in new and not {"name", "email"} <= new["keeper"].keys():
            raise self.reading.invalid({"pointer": "/keeper", "code": "required"})
        tag = self.etag(old)
        if not has("M08"):
            self.store(new)
        answered = self.answer(200, new)
        if has("K12"):
            answered.headers["ETag"] = tag
        return Answered(204, {"ETag": tag}) if has("S12") else answered

    def delete(self, asked: Asked, path: dict[str, str]) -> Answered:
        has = self.has
        self.reading.arguments("deleteVehicle", asked, path)
        if has("U02") and path["vehicle_id"].lower() not in self.rows:
            return Answered(204)
        vehicle = self.find(path)
        self.check_match(asked, vehicle)
        booked = any(
            each["vehicle_id"] == vehicle["id"] and each["status"] == "confirmed" for each in self.bookings.values()
        )
        if booked and not has("U14"):
            return problem(409, "The vehicle is booked")
        self.remove(vehicle)
        return Answered.of(200, {"deleted": True}) if has("S02") else Answered(204)

    def remove(self, vehicle: Record) -> None:
        has, id = self.has, vehicle["id"]
        if has("U01"):
            return
        del self.rows[id]
        if has("U22") and self.rows:
            self.rows.popitem()
        if not has("U23"):
            for rows in (self.bookings, self.photos):
                kept = {key: each for key, each in rows.items() if each["vehicle_id"] != id}
                rows.clear()
                rows |= kept

    # --- Many vehicles ------------------------------------------------------------------------------------------------

    def change(self, asked: Asked, path: dict[str, str]) -> Answered:
        has, results = self.has, []
        try:
            body = self.reading.json(asked, "Changes")
        except Refused:
            if has("O09"):
                for each in self.rows.values():
                    each["notes"] = "changed"
            raise
        for change in body["changes"]:
            vehicle = self.rows.get(str(change.get("id", "")).lower())
            if vehicle is None:
                if has("O01"):
                    return problem(404, "No such vehicle")
                result: Record = {
                    "id": change["id"],
                    "status": 404,
                    "problem": {"title": "No such vehicle", "status": 404},
                }
                results.append({"id": change["id"], "status": 200} if has("O02") else result)
            elif change["op"] == "retire":
                if not has("O03"):
                    self.remove(vehicle)
                results.append({"id": change["id"], "status": 204})
            else:
                if not has("O04"):
                    vehicle["notes"] = change.get("notes")
                    vehicle["version"] += 1
                results.append({"id": change["id"], "status": 200})
            if has("O05"):
                break
        if has("O06"):
            results.reverse()
        if has("O07"):
            results = [{**each, "id": str(uuid.uuid4())} for each in results]
        if has("O08"):
            results = results[:-1]
        if has("R30"):
            results = [{**each, "status": str(each["status"])} for each in results]
        if has("O11"):
            results = [{**each, "problem": {"title": "fine"}} for each in results]
        return Answered.of(200 if has("S07") else 207, {"results": results})
