"""Reports of the motor pool, which take a while."""

from __future__ import annotations

import datetime
import itertools

from tests.services.fleet.reading import Reading, Refused, problem
from tests.services.fleet.vehicles import PREFIX, Record, negotiated
from tests.services.moments import SHARED
from tests.services.twisting import Answered, Asked

DURATION = 0.04


class Reports:
    """All reports by id."""

    def __init__(self, fault: str, reading: Reading) -> None:
        self.has, self.reading = fault.__eq__, reading
        self.all: dict[str, Record] = {}
        self.numbers = itertools.count(100_001)
        self.duration = 0.4 if self.has("B23") else DURATION

    def shown(self, report: Record) -> Record:
        has = self.has
        out = {name: value for name, value in report.items() if name not in {"started", "reads"}}
        passed, status = SHARED.now() - report["started"], "queued"
        if passed > self.duration:
            status = "done"
        elif passed > self.duration / 3:
            status = "running"
        report["reads"] += 1
        if has("T01") and status == "done":
            status = "running"
        if has("T07") and status == "done":
            status = "failed"
        if has("T08") and status == "done" and report["reads"] % 2:
            status = "running"
        if has("T14"):
            status = "queued" if status == "running" else "running" if status == "queued" else status
        out["status"] = "complete" if has("R29") and status == "done" else status
        out["rows"] = len(self.days(report)) if status == "done" and not has("T09") else None
        if has("R28") and status == "done":
            out["rows"] = -1
        if has("T12"):
            out["kind"] = {"usage": "costs", "costs": "usage"}[out["kind"]] if report["reads"] > 1 else out["kind"]
        return out

    def days(self, report: Record) -> list[str]:
        first, last = (datetime.date.fromisoformat(report[name]) for name in ("from", "to"))
        count = max(0, min((last - first).days + 1, 31))
        return [(first + datetime.timedelta(n)).isoformat() for n in range(count)]

    def start(self, asked: Asked, path: dict[str, str]) -> Answered:
        has, body = self.has, self.reading.json(asked, "startReport")
        fields = {
            "kind": body["kind"],
            "from": body.get("from", "2020-01-01"),
            "to": body["to"],
            "title": body.get("title"),
        }
        if has("V28"):
            fields["title"] = None
        if has("V29"):
            fields["from"], fields["to"] = fields["to"], fields["from"]
        id = f"rep-{next(self.numbers)}"
        report = {"id": id, **fields, "started": SHARED.now(), "reads": 0}
        if not has("T02"):
            self.all[id] = report
        answered = Answered.of(200 if has("S08") else 201 if has("S09") else 202, self.shown(report))
        headers = {"Location": f"{PREFIX}/reports/{id[:-1] + '0' if has('T03') else id}", "Retry-After": "0"}
        if has("T04"):
            del headers["Location"]
        if has("T05"):
            headers["Retry-After"] = "soon"
        if has("T06"):
            del headers["Retry-After"]
        answered.headers |= headers
        return answered

    def find(self, operation: str, asked: Asked, path: dict[str, str]) -> Record:
        self.reading.arguments(operation, asked, path)
        if path["report_id"] not in self.all:
            if self.has("S17"):
                raise Refused(Answered(204))
            raise Refused(problem(404, "No such report"))
        return self.all[path["report_id"]]

    def read(self, asked: Asked, path: dict[str, str]) -> Answered:
        report = self.find("readReport", asked, path)
        if self.has("T13") and report["reads"] > 3:
            report |= {"started": SHARED.now(), "reads": 0}
        return Answered.of(200, self.shown(report))

    def delete(self, asked: Asked, path: dict[str, str]) -> Answered:
        report = self.find("deleteReport", asked, path)
        if not self.has("U21"):
            del self.all[report["id"]]
        return Answered(204)

    def rows(self, asked: Asked, path: dict[str, str]) -> Answered:
        has, report = self.has, self.find("readRows", asked, path)
        media = negotiated(asked, "text/csv", "application/json")
        if media is None and not has("B28"):
            return problem(500 if has("H14") else 406, "CSV or JSON")
        is_done = SHARED.now() - report["started"] > self.duration
        if (not is_done and not has("T10")) or has("T11"):
            return problem(409, "The report is not done")
        days = self.days(report)
        if media == "application/json" and not has("C13"):
            return Answered.of(
                200, [{"day": each.replace("-", "/") if has("R38") else each, "count": 1} for each in days]
            )
        lines = "".join(f"{line}\r\n" for line in ["day,count", *(f"{each},1" for each in days)])
        return Answered(200, {"content-type": "application/json" if has("C10") else "text/csv"}, lines.encode())
