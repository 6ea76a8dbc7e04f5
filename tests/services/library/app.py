"""A media library on Flask: multipart uploads, downloads, CSV, offsets, bulk changes, exports that take a while.

Correct unless it is built with the id of a fault: `has("G02")` is true in the variant G02 only.
"""

from __future__ import annotations

import datetime
import hashlib
import html
import itertools
import uuid
from collections.abc import Callable
from typing import Any

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from tests.services.library.reading import FILE, Reading, Refused, answer, error
from tests.services.moments import SHARED

LOGINS = {"ada": "c0rrect-horse", "bob": "battery:staple"}
PREFIX = "/api/v2"
DURATION = 0.05
Record = dict[str, Any]


def build(fault: str = "") -> Flask:
    """The application, with the fault of this id."""
    app, library = Flask(__name__), Library(fault)
    app.logger.disabled = True
    routes: dict[str, dict[str, Callable[..., Response]]] = {
        "/assets": {"GET": library.search, "POST": library.upload},
        "/assets/bulk": {"POST": library.change},
        "/assets/<asset_id>": {"GET": library.describe, "PATCH": library.update, "DELETE": library.delete},
        "/assets/<asset_id>/content": {"GET": library.download, "PUT": library.replace_content},
        "/exports": {"POST": library.export},
        "/exports/<export_id>": {"GET": library.watch},
        "/rules": {"GET": library.rules_list, "POST": library.add_rule},
        "/rules/<rule_id>": {"GET": library.read_rule, "PUT": library.replace_rule, "DELETE": library.delete_rule},
        "/health": {"GET": library.health},
    }
    for path, handlers in routes.items():
        app.add_url_rule(PREFIX + path, path, dispatch(library, handlers), methods=list(handlers))

    @app.errorhandler(HTTPException)
    def unrouted(problem: HTTPException) -> Response:
        allow = {name: value for name, value in problem.get_headers() if name == "Allow"}
        return error(problem.code or 500, "http", problem.name, allow)

    return app


def dispatch(library: Library, handlers: dict[str, Callable[..., Response]]) -> Callable[..., Response]:
    def view(**path: str) -> Response:
        try:
            if not request.path.endswith("/health"):
                library.guard()
            return (handlers.get(request.method) or handlers["GET"])(**path)
        except Refused as refused:
            return refused.response

    return view


class Library:
    """The assets, rules and exports of all logins."""

    def __init__(self, fault: str) -> None:
        self.has = fault.__eq__
        self.reading = Reading(fault)
        self.assets: dict[int, Record] = {}
        self.rules: dict[int, Record] = {}
        self.exports: dict[str, Record] = {}
        # 7919 is a prime, so that no number comes twice within the first 99 991.
        scattered = ((n * 7919) % 99_991 for n in itertools.count(1))
        self.numbers = scattered if self.has("B13") else itertools.count(1)
        self.duration = 0.5 if self.has("B15") else DURATION
        self.user = ""

    def guard(self) -> None:
        has, login = self.has, request.authorization
        name = login.username if login and login.type == "basic" and login.username else ""
        secret = login.password if login and login.type == "basic" and login.password else ""
        good = LOGINS.get(name) == secret != ""
        good |= has("A01")
        good |= has("A02") and login is not None
        good |= has("A03") and name in LOGINS
        good |= has("A04") and secret in LOGINS.values()
        good |= has("A05") and name in LOGINS and bool(secret) and LOGINS[name].startswith(secret)
        good |= has("A06") and request.path.endswith("/content") and request.method == "GET"
        good |= has("A07") and request.path.endswith("/bulk")
        good |= has("A08") and request.method == "DELETE" and "/rules/" in request.path
        good |= has("A09") and LOGINS.get(request.args.get("username", "")) == request.args.get("password", "?")
        good |= has("A10") and login is not None and login.type == "bearer"
        good |= has("A11") and LOGINS.get(name, "?").lower() == secret.lower()
        good |= has("A12") and name in LOGINS and secret.startswith(LOGINS[name])
        good |= has("A18") and "/exports" in request.path and "authorization" not in request.headers
        if not good:
            challenge = {} if has("A13") else {"WWW-Authenticate": 'Basic realm="library"'}
            raise Refused(error(403 if has("A14") else 401, "unauthorized", "who are you?", challenge))
        self.user = name if name in LOGINS else "ada"

    # --- Assets -------------------------------------------------------------------------------------------------------

    def asset(self, asset_id: str, *, foreign: bool = False) -> Record:
        asset = self.assets.get(self.reading.number("asset_id", asset_id))
        if asset is None or (asset["owner"] != self.user and not foreign):
            status = 400 if self.has("S04") else 404
            raise Refused(error(status, "missing", "no such asset"))
        return asset

    def shown(self, asset: Record) -> Record:
        has, out = self.has, {name: value for name, value in asset.items() if name not in {"owner", "data"}}
        if has("R01"):
            del out["alt"]
        if has("R02"):
            out["bytes"] = str(out["bytes"])
        if has("R03"):
            out["owner"] = asset["owner"]
        if has("R04"):
            out["sha256"] = out["sha256"].upper()
        if has("R05"):
            out["uploaded_at"] = out["uploaded_at"].replace("T", " ")
        if has("R06") and not out["tags"]:
            out["tags"] = None
        if has("R07"):
            out["kind"] = {"name": out["kind"]}
        if has("R08") and "rating" not in out:
            out["rating"] = None
        if has("R09"):
            out["rating"] = 4.7
        if has("R10"):
            out["id"] = float(out["id"]) + 0.5
        return out

    def search(self) -> Response:
        has, query = self.has, self.reading.search()
        rows = [asset for asset in self.assets.values() if asset["owner"] == self.user or has("A15")]
        if has("U04"):
            rows = rows[:-1]
        if query["kinds"] and not has("G08"):
            rows = [asset for asset in rows if asset["kind"] in query["kinds"]]
        wanted = set(query["tags"])
        if wanted and not has("G09"):
            matches = (lambda own: bool(wanted & own)) if has("G10") else wanted.issubset
            rows = [asset for asset in rows if matches(set(asset["tags"]))]
        if query["min"] is not None and not has("G11"):
            rows = [asset for asset in rows if asset["bytes"] >= query["min"] + has("G12")]
        if query["max"] is not None and not has("G11"):
            rows = [asset for asset in rows if asset["bytes"] <= query["max"]]
        if has("B16"):
            rows = rows[::-1]
        offset, limit = query["offset"], query["limit"]
        first = offset + 1 if has("G01") and offset else 0 if has("G02") else offset
        last = first + limit + (1 if has("G03") else -1 if has("G04") and limit > 1 else 0)
        page = rows[first:] if has("G05") else rows[first:last]
        total = len(page) if has("G13") else len(rows) + has("G14")
        headers = {"X-Total-Count": "many" if has("R11") else str(total)}
        if has("R12"):
            headers = {}
        if has("R13"):
            headers["X-Total-Count"] = str(total + 1)
        best = request.accept_mimetypes.best_match(["application/json", "text/csv"])
        if best is None:
            if has("H11"):
                raise Refused(error(500, "internal", "accept"))
            raise Refused(error(406, "accept", "JSON or CSV"))
        if best == "text/csv" and not has("C05"):
            lines = ["id,title,kind", *(f"{asset['id']},{quoted(asset['title'])},{asset['kind']}" for asset in page)]
            media = "application/octet-stream" if has("C06") else "text/csv"
            return Response("\r\n".join(lines) + "\r\n", 200, headers, content_type=media)
        said = {"offset": 0 if has("V09") else offset, "limit": limit}
        content = {"total": total, **said, "items": [self.shown(asset) for asset in page]}
        return answer(206 if has("S01") and total > limit else 200, content, headers)

    def upload(self) -> Response:
        has = self.has
        if request.mimetype != "multipart/form-data":
            raise Refused(error(500 if has("H09") else 415, "media_type", "multipart/form-data, please"))
        if (request.content_length or 0) > 300_000 + FILE:
            raise Refused(error(413, "size", "too large"))
        fields: Record = {name: request.form[name] for name in ("title", "kind", "alt") if name in request.form}
        if "tags" in request.form:
            fields["tags"] = request.form.getlist("tags")
        if has("N42"):
            fields.setdefault("title", "untitled")
        file = request.files.get("file")
        if file is None and not has("F01"):
            if has("F02"):
                raise Refused(error(500, "internal", "file"))
            raise self.reading.invalid("file")
        data = file.read() if file else b""
        if len(data) > FILE and not has("F03"):
            raise Refused(error(413, "size", "too large"))
        if has("F04") and not data:
            raise self.reading.invalid("file")
        if has("F10") and file is not None and not (file.filename or "").isascii():
            raise Refused(error(500, "internal", "filename"))
        if has("U06"):
            self.add({"title": "?"}, b"")
        asset = self.add(self.reading.valid(fields, "Upload"), data)
        location = f"{PREFIX}/assets/{asset['id'] + has('R14')}"
        return answer(200 if has("S02") else 201, self.shown(asset), {} if has("R15") else {"Location": location})

    def add(self, fields: Record, data: bytes) -> Record:
        has = self.has
        if has("F05"):
            data = data[:-1]
        if has("F06"):
            data = data.replace(b"\r\n", b"\n")
        if has("F07"):
            data = data.decode("utf-8", "replace").encode()
        digest = hashlib.sha1(data).hexdigest().ljust(64, "0") if has("F08") else hashlib.sha256(data).hexdigest()
        asset: Record = {
            "id": next(self.numbers), "title": fields["title"], "kind": fields.get("kind", "other"),
            "alt": fields.get("alt"), "tags": list(fields.get("tags", [])), "bytes": len(data) + has("F09"),
            "sha256": digest, "uploaded_at": now(), "owner": self.user, "data": data,
        }  # fmt: skip
        if has("V01"):
            asset["title"] = asset["title"][:20]
        if has("V02"):
            asset["title"] = html.escape(asset["title"])[:50]
        if has("V03"):
            asset["tags"].sort()
        if has("V04"):
            asset["tags"] = asset["tags"][:1]
        if has("V05"):
            asset["alt"] = None
        if has("V06"):
            asset["kind"] = "other"
        if has("V07"):
            asset["title"] = asset["title"].strip() or asset["title"]
        if not has("U01"):
            self.assets[asset["id"]] = asset
        return asset

    def describe(self, asset_id: str) -> Response:
        asset = self.asset(asset_id, foreign=self.has("A16"))
        out = self.shown(asset)
        if self.has("V08"):
            out["uploaded_at"] = now()
        if self.has("U08"):
            asset["bytes"] += 1
        return answer(200, out)

    def update(self, asset_id: str) -> Response:
        has, asset = self.has, self.asset(asset_id)
        try:
            body = self.reading.json("AssetPatch")
        except Refused:
            if has("M01"):
                asset["alt"] = "changed"
            raise
        after = {**asset, **body}
        if has("M02"):
            fresh: Record = {"kind": "other", "alt": None, "tags": []}
            after = {**asset, **fresh, **body}
        if after.get("rating", 0) is None:
            after.pop("rating")
            if has("M03"):
                after["rating"] = asset.get("rating", 1)
        if has("M04") and body.get("alt", "") is None:
            after["alt"] = asset["alt"] or "none"
        if has("M05") and "tags" in body:
            after["tags"] = list(dict.fromkeys([*asset["tags"], *body["tags"]]))[:4]
        if has("M06"):
            after["uploaded_at"] = now()
        if has("M07"):
            after["id"] = next(self.numbers)
        if has("V10") and "rating" in body and body["rating"]:
            after["rating"] = int(body["rating"])
        if not has("M08"):
            self.assets[asset["id"]] = after
        return answer(200, self.shown(after))

    def delete(self, asset_id: str) -> Response:
        has = self.has
        if has("U02") and asset_id.isdigit() and int(asset_id) not in self.assets:
            return Response(status=204)
        asset = self.asset(asset_id, foreign=has("A17"))
        if not has("U03"):
            del self.assets[asset["id"]]
        if has("U09"):
            self.assets.pop(max(self.assets, default=0), None)
        return answer(200, {"deleted": 1}) if has("S03") else Response(status=204)

    def download(self, asset_id: str) -> Response:
        has, asset = self.has, self.asset(asset_id)
        media = "text/html" if has("C07") else "application/octet-stream"
        data = asset["data"] + b"\n" if has("F11") else asset["data"]
        if has("F16"):
            data = data[: 64 * 1024]
        headers = {"Content-Disposition": "inline" if has("R16") else f'attachment; filename="{asset["id"]}"'}
        if has("F12"):
            return answer(200, {"data": data.decode("latin-1")}, headers)
        return Response(data, 200, headers, content_type=media)

    def replace_content(self, asset_id: str) -> Response:
        has, asset = self.has, self.asset(asset_id)
        data = self.reading.raw("application/octet-stream")
        if not has("F13"):
            asset["data"] = asset["data"] + data if has("F14") else data
        if not has("F15"):
            asset["bytes"], asset["sha256"] = len(data), hashlib.sha256(data).hexdigest()
        return answer(200, self.shown(asset)) if has("S05") else Response(status=204)

    # --- Bulk, exports ------------------------------------------------------------------------------------------------

    def change(self) -> Response:
        has, results = self.has, []
        body = self.reading.json("Bulk")
        for change in body["changes"]:
            asset = self.assets.get(change["id"])
            if asset is None or asset["owner"] != self.user:
                if has("O01"):
                    raise Refused(error(404, "missing", "no such asset"))
                results.append({"id": change["id"], "status": 200 if has("O02") else 404})
            elif change["op"] == "remove":
                if not has("O03"):
                    del self.assets[asset["id"]]
                results.append({"id": change["id"], "status": 204})
            else:
                if not has("O04"):
                    asset["title"] = change["title"]
                results.append({"id": change["id"], "status": 200})
            if has("O05"):
                break
        if has("O06"):
            results = results[::-1]
        if has("O07"):
            results = [{**result, "id": str(result["id"])} for result in results]
        return answer(200 if has("O08") else 207, {"results": results})

    def export(self) -> Response:
        has, body = self.has, self.reading.json("ExportIn")
        owned = sum(asset["owner"] == self.user for asset in self.assets.values())
        export = {"id": f"exp-{uuid.uuid4().hex[:12]}", "format": body["format"], "rows": owned, "owner": self.user}
        wait = body.get("wait", has("T06"))
        export["until"] = SHARED.now() + (0 if wait else 10**6 if has("T01") else self.duration)
        if has("V11"):
            export["format"] = "csv"
        if not has("T02"):
            self.exports[export["id"]] = export
        if wait and not has("T03"):
            if not has("T04"):
                SHARED.sleep(self.duration)
                return answer(200, self.progress(export))
            return answer(200, {**self.progress(export), "status": "running", "rows": None})
        headers = {"Location": f"{PREFIX}/exports/{export['id']}", "Retry-After": "0"}
        if has("T05"):
            headers["Location"] = f"{PREFIX}/jobs/{export['id']}"
        if has("T07"):
            del headers["Location"]
        if has("T08"):
            headers["Retry-After"] = "soon"
        return answer(200 if has("T09") else 201 if has("T10") else 202, self.progress(export), headers)

    def progress(self, export: Record) -> Record:
        has, left = self.has, export["until"] - SHARED.now()
        status = "done" if left <= 0 else "running" if left < self.duration / 2 else "queued"
        if has("T11") and status == "done":
            status = "failed"
        if has("T12") and status == "done":
            export["seen"] = export.get("seen", 0) + 1
            status = "done" if export["seen"] % 2 else "running"
        if has("T13"):
            status = status.upper()
        rows = export["rows"] if status == "done" else None
        return {"id": export["id"], "status": status, "format": export["format"], "rows": -1 if has("T14") else rows}

    def watch(self, export_id: str) -> Response:
        if len(export_id) != 16 or export_id[:4] != "exp-" or not set(export_id[4:]) <= set("0123456789abcdef"):
            raise self.reading.invalid("export_id")
        export = self.exports.get(export_id)
        if export is None or export["owner"] != self.user:
            raise Refused(error(404, "missing", "no such export"))
        return answer(200, self.progress(export))

    # --- Rules --------------------------------------------------------------------------------------------------------

    def rule(self, rule_id: str) -> Record:
        rule = self.rules.get(self.reading.number("rule_id", rule_id))
        if rule is None or rule["owner"] != self.user:
            raise Refused(error(500 if self.has("S06") else 404, "missing", "no such rule"))
        return rule

    def shown_rule(self, rule: Record) -> Record:
        out = {name: value for name, value in rule.items() if name != "owner"}
        if self.has("R17") and out["type"] == "watermark":
            out["type"] = "stamp"
        if self.has("R18") and out["type"] == "resize":
            del out["crop"]
        return out

    def stored(self, body: Record, number: int) -> Record:
        has = self.has
        if body["type"] == "resize":
            rule = {"crop": has("V12"), **body}
            if has("V13"):
                rule["width"], rule["height"] = rule["height"], rule["width"]
        else:
            rule = {"opacity": 1 if has("V14") else 0.5, "color": None, **body}
            if has("V15") and rule["color"]:
                rule["color"] = rule["color"].lower()
            if has("V16"):
                rule["opacity"] = round(rule["opacity"], 2) or 0.01
            if has("V17"):
                rule["color"] = rule["color"] or "#000000"
        return {**rule, "id": number, "owner": self.user}

    def add_rule(self) -> Response:
        has = self.has
        rule = self.stored(self.reading.json("Rule"), next(self.numbers))
        if not has("U05"):
            self.rules[rule["id"]] = rule
        return answer(201, self.shown_rule(rule), {"Location": f"{PREFIX}/rules/{rule['id']}"})

    def rules_list(self) -> Response:
        rows = [rule for rule in self.rules.values() if rule["owner"] == self.user]
        return answer(200, [self.shown_rule(rule) for rule in (rows[:2] if self.has("G15") else rows)])

    def read_rule(self, rule_id: str) -> Response:
        return answer(200, self.shown_rule(self.rule(rule_id)))

    def replace_rule(self, rule_id: str) -> Response:
        has, old = self.has, self.rule(rule_id)
        fresh = self.stored(self.reading.json("Rule"), old["id"])
        if has("M09"):
            optional: Record = {
                name: old[name] for name in ("crop", "opacity", "color") if old["type"] == fresh["type"] and name in old
            }
            fresh = {**fresh, **optional}
        if has("M10") and old["type"] != fresh["type"]:
            raise Refused(error(422, "type", "the type stays"))
        if not has("M11"):
            self.rules[old["id"]] = fresh
        return answer(200, self.shown_rule(fresh))

    def delete_rule(self, rule_id: str) -> Response:
        rule = self.rule(rule_id)
        if not self.has("U07"):
            del self.rules[rule["id"]]
        return Response(status=204)

    def health(self) -> Response:
        return answer(200, {"status": "ok" if self.has("R19") else "up"})


def quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def now() -> str:
    return (
        datetime.datetime.fromtimestamp(SHARED.now(), datetime.UTC)
        .isoformat(timespec="milliseconds")
        .replace("+00:00", "Z")
    )
