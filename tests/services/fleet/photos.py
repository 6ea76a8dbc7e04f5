"""The photos of a vehicle: multipart uploads and downloads."""

from __future__ import annotations

import hashlib
import itertools

from tests.services.fleet.reading import Reading, Refused, problem
from tests.services.fleet.vehicles import PREFIX, Record, Vehicles
from tests.services.twisting import Answered, Asked


class Photos:
    """All photos by id."""

    def __init__(self, fault: str, reading: Reading, vehicles: Vehicles) -> None:
        self.has, self.reading, self.vehicles = fault.__eq__, reading, vehicles
        self.rows, self.numbers = vehicles.photos, itertools.count(1)

    def shown(self, photo: Record) -> Record:
        has, out = self.has, {name: value for name, value in photo.items() if name not in {"data", "vehicle_id"}}
        if has("R26"):
            out["sha256"] = out["sha256"].upper()
        if has("R27"):
            out["media_type"] = "image/gif"
        if has("F15"):
            out["position"] = str(out["position"])
        if has("R48"):
            del out["angle"]
        return out

    def find(self, operation: str, asked: Asked, path: dict[str, str]) -> Record | None:
        self.reading.arguments(operation, asked, path)
        vehicle, photo = self.vehicles.find(path), self.rows.get(path["photo_id"])
        if photo is None or (photo["vehicle_id"] != vehicle["id"] and not self.has("U20")):
            if self.has("S16"):
                return None
            raise Refused(problem(404, "No such photo"))
        return photo

    def list(self, asked: Asked, path: dict[str, str]) -> Answered:
        self.reading.arguments("listPhotos", asked, path)
        vehicle = self.vehicles.find(path)
        rows = [each for each in self.rows.values() if each["vehicle_id"] == vehicle["id"]]
        return Answered.of(200, [self.shown(each) for each in rows][: -1 if self.has("U29") else None])

    def add(self, asked: Asked, path: dict[str, str]) -> Answered:
        has = self.has
        self.reading.arguments("addPhoto", asked, path)
        vehicle = self.vehicles.find(path)
        if has("F11"):
            self.reading.schemas["addPhoto"]["required"] = []
        fields, data, media_type = self.reading.upload(asked)
        changes = {
            "F05": data[:-1],
            "F06": data.replace(b"\r\n", b"\n"),
            "F07": data.decode("utf-8", "replace").encode(),
        }
        for fault, changed in changes.items():
            data = changed if has(fault) else data
        photo = {
            "id": f"ph_{next(self.numbers):08x}", "vehicle_id": vehicle["id"], "caption": fields.get("caption", "?"),
            "position": fields.get("position", 1), "angle": fields.get("angle", "rear" if has("V27") else "front"),
            "media_type": media_type, "size": len(data) + has("F16"), "data": data,
            "sha256": hashlib.sha1(data).hexdigest().ljust(64, "0") if has("F08") else hashlib.sha256(data).hexdigest(),
        }  # fmt: skip
        if has("V25"):
            photo["caption"] = photo["caption"].strip() or photo["caption"]
        if has("V26"):
            photo["position"] = 1
        if has("V42"):
            photo["caption"] = photo["caption"].encode("ascii", "replace").decode()
        if not has("U18"):
            self.rows[photo["id"]] = photo
        answered = Answered.of(200 if has("S06") else 201, self.shown(photo))
        name = "photo" if has("R49") else "photos"
        answered.headers["Location"] = f"{PREFIX}/vehicles/{vehicle['id']}/{name}/{photo['id']}"
        return answered

    def read(self, asked: Asked, path: dict[str, str]) -> Answered:
        has, photo = self.has, self.find("readPhoto", asked, path)
        if photo is None:
            return Answered(200, {"content-type": "image/png"}, b"")
        media_type = "application/octet-stream" if has("C08") else "image/png" if has("C09") else photo["media_type"]
        return Answered(200, {"content-type": media_type}, photo["data"] + (b"\n" if has("F10") else b""))

    def delete(self, asked: Asked, path: dict[str, str]) -> Answered:
        photo = self.find("deletePhoto", asked, path)
        if photo is not None and not self.has("U19"):
            del self.rows[photo["id"]]
        return Answered(204)
