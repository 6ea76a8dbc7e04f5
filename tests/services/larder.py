"""A larder in one file: goods whose stock is moved elsewhere, lists of goods in one request, and shelves with names."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from contract_tests.values import merge
from tests.services.frame import Refused, Service, serve

CONTRACT = Path(__file__).with_name("larder_openapi.yaml")

Good = dict[str, Any]


class Larder(Service):
    """The service, and one thing that it gets wrong: `fault` is in the words of a test."""

    def __init__(self, fault: str = "") -> None:
        super().__init__(CONTRACT, fault)
        self.goods: dict[str, Good] = {}
        self.moves: list[dict[str, Any]] = []
        self.shelves: dict[str, Any] = {}
        self.racks: dict[int, dict[str, Any]] = {}
        self.jars: dict[int, list[dict[str, Any]]] = {}
        self.reports: dict[int, tuple[str, str]] = {}
        self.answers: dict[str, tuple[Any, Any, int]] = {}

    def good(self, request: Request) -> Good:
        if (good := self.goods.get(request.path_params["good_id"])) is None:
            raise Refused(404)
        return good

    def shown(self, good: Good, status: int = 200) -> Response:
        version = (
            f'"{good["version"]}-{0 if self.fault == "moves leave the tag alone" else good["stock"]}-{good["state"]}"'
        )
        return JSONResponse(good, status, {"ETag": version})

    def make(self, sent: Any) -> Good:
        self.checked(sent, "GoodIn")
        self.check_code(sent["code"])
        state = "closed" if self.fault == "new goods are closed" else "open"
        good = {"id": f"g{next(self.numbers):04}", "kind": "dry", **sent, "stock": 0, "state": state, "version": 1}
        if self.fault != "frozen goods are lost" or good["kind"] != "frozen":
            self.goods[good["id"]] = good
        return good

    def check_code(self, code: str, but: Good | None = None) -> None:
        if any(good["code"] == code and good is not but for good in self.goods.values()):
            raise Refused(409)

    # --- Goods -------------------------------------------------------------------------------------------------------

    async def all_goods(self, request: Request) -> Response:
        if request.method == "POST":
            return self.shown(self.make(await self.body(request)), 201)
        hidden = {"closed goods are not listed": "closed", "fresh goods are not listed": "fresh"}.get(self.fault)
        shown = [good for good in self.goods.values() if hidden not in {good["state"], good["kind"]}]
        text, is_loose = request.query_params.get("q", ""), self.fault == "case does not matter"
        shown = [g for g in shown if text in g["code"] or (is_loose and text.lower() in g["code"].lower())]
        is_old = self.fault == "lists show no stock"
        return JSONResponse([{**good, "stock": 0} for good in shown] if is_old else shown)

    async def one_good(self, request: Request) -> Response:
        good = self.good(request)
        if request.method == "DELETE":
            if good["stock"] and self.fault != "what is in stock is deleted":
                raise Refused(409)
            del self.goods[good["id"]]
            return Response(status_code=204)
        if request.method in {"PUT", "PATCH"}:
            if self.fault == "what is refused is counted":
                good["version"] += 1
            self.write(good, request.method, await self.body(request))
        return self.shown(good)

    def write(self, good: Good, method: str, sent: Any) -> None:
        own = {name: good[name] for name in ("code", "kind", "size") if name in good}
        if method == "PATCH":
            self.checked(sent, "GoodPatch")
            sent = {**own, **sent} if self.fault == "sizes are replaced" else merge(own, sent)
        self.checked(sent, "GoodIn")
        if method == "PATCH" or self.fault != "PUT takes what is taken":
            self.check_code(sent["code"], good)
        good["version"] += 2 if self.fault == "versions go up by two" else self.fault != "what is refused is counted"
        good.pop("size", None)
        good |= {"kind": "dry", **sent}
        if self.fault == "changes lose the stock":
            good["stock"] = 0

    async def close(self, request: Request) -> Response:
        good = self.good(request)
        good["state"] = "closed"
        return self.shown(good)

    # --- Many at once ------------------------------------------------------------------------------------------------

    async def bulk(self, request: Request) -> Response:
        value = await self.body(request)
        goods = value.get("goods") if isinstance(value, dict) else None
        if not isinstance(goods, list) or not goods or not all(isinstance(good, dict) for good in goods):
            raise Refused(422)
        results: list[dict[str, Any]] = []
        for sent in goods:
            try:
                results.append({"status": 201, "good": self.make(sent)})
            except Refused as refused:
                results.append({"status": refused.args[0]})
                if self.fault == "many goods end with a wrong one":
                    break
        if self.fault == "many goods are sorted":
            results.sort(key=lambda result: result["status"])
        return JSONResponse({"results": results})

    async def closings(self, request: Request) -> Response:
        ids = (await self.body(request))["ids"]
        if not isinstance(ids, list) or not all(isinstance(each, str) for each in ids):
            raise Refused(422)
        results: list[dict[str, Any]] = []
        for each in sorted(ids) if self.fault == "closings are sorted" else ids:
            is_known = each in self.goods
            if is_known and not (self.fault == "what follows an unknown one stays open" and "unknown" in str(results)):
                self.goods[each]["state"] = "closed"
            results.append({"id": each, "outcome": "closed" if is_known else "unknown"})
            if not is_known and self.fault == "closings end with an unknown one":
                break
        return JSONResponse({"results": results})

    # --- Moves -------------------------------------------------------------------------------------------------------

    async def all_moves(self, request: Request) -> Response:
        if request.method == "GET":
            wanted = None if self.fault == "moves of all goods are listed" else request.query_params.get("good_id")
            return JSONResponse([move for move in self.moves if wanted in {None, move["good_id"]}])
        key, sent = request.headers.get("idempotency-key"), await self.body(request, "MoveIn")
        if key is not None and not 8 <= len(key) <= (60 if self.fault == "long keys are refused" else 64):
            raise Refused(422)
        if key in self.answers:
            basis, answer, status = self.answers[key]
            if basis != sent:
                raise Refused(409)
            if self.fault == "a key moves twice":
                self.move(sent)
            return JSONResponse(answer, status)
        try:
            answer, status = self.move(sent), 201
        except Refused as refused:
            if self.fault != "refusals are kept":
                raise
            answer, status = None, refused.args[0]
        if key:
            self.answers[key] = sent, answer, status
        if status == 201:
            self.moves.append({"id": len(self.moves) + 1, **sent})
            answer |= self.moves[-1]
        return JSONResponse(answer, status)

    def move(self, sent: dict[str, Any]) -> dict[str, Any]:
        if (good := self.goods.get(sent["good_id"])) is None:
            raise Refused(404 if self.fault == "unknown goods are not found" else 409)
        if good["stock"] + sent["quantity"] < 0 and self.fault != "stock may be negative":
            if self.fault == "a refused move takes all":
                good["stock"] = 0
            raise Refused(409)
        good["stock"] += abs(sent["quantity"]) - 1 if self.fault == "moves lose one" else sent["quantity"]
        return {}

    # --- Shelves -----------------------------------------------------------------------------------------------------

    async def one_shelf(self, request: Request) -> Response:
        raw = request.scope["raw_path"].decode().rpartition("/")[2]
        name = request.path_params["shelf"]
        if self.fault == "a plus is a space" and "+" in raw:
            name = name.replace("+", " ")
        if self.fault == "small escapes are not read" and raw != raw.replace("%c3", "%C3").replace("%2b", "%2B"):
            name = raw
        if self.fault == "shelves are in small letters":
            name = name.lower()
        if request.method == "PUT":
            sent, known = await self.body(request, "ShelfIn"), name in self.shelves
            self.shelves[name] = {"name": name, "locked": sent["locked"]}
            self.shelves[name] |= {"length": sent["length"]} if "length" in sent else {}
            return JSONResponse(self.shelves[name], 200 if known else 201)
        if name not in self.shelves:
            raise Refused(404)
        if request.method == "DELETE":
            if self.shelves[name]["locked"] and self.fault != "locked shelves are removed":
                raise Refused(403 if self.fault == "locked shelves are forbidden" else 409)
            del self.shelves[name]
            return Response(status_code=204)
        return JSONResponse(self.shelves[name])

    # --- Racks of jars -----------------------------------------------------------------------------------------------

    async def all_racks(self, request: Request) -> Response:
        number = next(self.numbers)
        self.racks[number], self.jars[number] = (
            {"id": number, "label": (await self.body(request, "RackIn"))["label"]},
            [],
        )
        return JSONResponse(self.racks[number], 201)

    async def one_rack(self, request: Request) -> Response:
        if (rack := self.racks.get(request.path_params["rack_id"])) is None:
            raise Refused(404)
        if request.method == "PUT":
            rack["label"] = (await self.body(request, "RackIn"))["label"]
            if self.fault == "racks lose their jars":
                self.jars[rack["id"]] = []
        return JSONResponse(rack)

    def shown_jars(self, jars: list[dict[str, Any]]) -> list[dict[str, Any]]:
        first = 1 if self.fault == "jars are counted from one" else 0
        return [{**jar, "position": place} for place, jar in enumerate(jars, first)]

    async def all_jars(self, request: Request) -> Response:
        if (jars := self.jars.get(request.path_params["rack_id"])) is None:
            raise Refused(404)
        if request.method == "GET":
            return JSONResponse(self.shown_jars(jars))
        sent = await self.body(request, "JarIn")
        place = min(sent.get("position", len(jars)), len(jars))
        jar = {"id": next(self.numbers), "content": sent["content"]}
        if self.fault == "a jar takes the place of another":
            jars[place : place + 1] = [jar]
        else:
            jars.insert(place, jar)
        return JSONResponse({**jar, "position": sent.get("position", place)}, 201)

    async def one_jar(self, request: Request) -> Response:
        jars, number = self.jars.get(request.path_params["rack_id"], []), request.path_params["jar_id"]
        found = [jar for jar in jars if jar["id"] == number]
        if not found:
            raise Refused(404)
        alike = self.fault == "jars with the same content go together"
        jars[:] = [j for j in jars if j["id"] != number and not (alike and j["content"] == found[0]["content"])]
        return Response(status_code=204)

    async def order(self, request: Request) -> Response:
        if (jars := self.jars.get(request.path_params["rack_id"])) is None:
            raise Refused(404)
        wanted, known = (await self.body(request, "Order"))["jar_ids"], {jar["id"]: jar for jar in jars}
        is_each = sorted(wanted) == sorted(known)
        if not is_each and not (self.fault == "jars that are not named are last" and {*wanted} < {*known}):
            raise Refused(409)
        if self.fault != "orders are not kept":
            jars[:] = [known[each] for each in dict.fromkeys([*wanted, *known])]
        return Response(status_code=204)

    # --- Reports -----------------------------------------------------------------------------------------------------

    def listed(self) -> str:
        return json.dumps([[good["id"], good["kind"]] for good in self.goods.values()])

    async def all_reports(self, request: Request) -> Response:
        number, sent = next(self.numbers), await self.body(request, "ReportIn")
        self.reports[number] = (sent.get("format", "csv"), self.listed())
        return JSONResponse({"id": number, "format": self.reports[number][0]}, 201)

    async def one_report(self, request: Request) -> Response:
        if (report := self.reports.get(request.path_params["report_id"])) is None:
            raise Refused(404)
        if not request.url.path.endswith("/file"):
            return JSONResponse({"id": request.path_params["report_id"], "format": report[0]})
        text = self.listed() if self.fault == "reports show later goods" else report[1]
        is_csv = report[0] == "csv" or self.fault == "reports are tables"
        return Response(text, media_type="text/csv" if is_csv else "application/json")


def build(fault: str = "") -> Starlette:
    """The larder, with one fault or none."""
    larder = Larder(fault)

    return serve(
        [
            Route("/goods", larder.all_goods, methods=["GET", "POST"]),
            Route("/goods/bulk", larder.bulk, methods=["POST"]),
            Route("/goods/{good_id}", larder.one_good, methods=["GET", "PUT", "PATCH", "DELETE"]),
            Route("/goods/{good_id}/close", larder.close, methods=["POST"]),
            Route("/closings", larder.closings, methods=["POST"]),
            Route("/moves", larder.all_moves, methods=["GET", "POST"]),
            Route("/racks", larder.all_racks, methods=["POST"]),
            Route("/racks/{rack_id:int}", larder.one_rack, methods=["GET", "PUT"]),
            Route("/racks/{rack_id:int}/jars", larder.all_jars, methods=["GET", "POST"]),
            Route("/racks/{rack_id:int}/jars/{jar_id:int}", larder.one_jar, methods=["DELETE"]),
            Route("/racks/{rack_id:int}/order", larder.order, methods=["PUT"]),
            Route("/reports", larder.all_reports, methods=["POST"]),
            Route("/reports/{report_id:int}", larder.one_report, methods=["GET"]),
            Route("/reports/{report_id:int}/file", larder.one_report, methods=["GET"]),
            Route("/shelves/{shelf:path}", larder.one_shelf, methods=["GET", "PUT", "DELETE"]),
        ]
    )
