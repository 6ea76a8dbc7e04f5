"""A larder in one file: goods whose stock is moved elsewhere, lists of goods in one request, and shelves with names."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from contract_tests.values import merge
from mockserver import load_spec

CONTRACT = Path(__file__).with_name("larder_openapi.yaml")

Good = dict[str, Any]


class Refused(Exception):
    """A request that is answered with a status and nothing else."""


class Larder:
    """The service, and one thing that it gets wrong: `fault` is in the words of a test."""

    def __init__(self, fault: str = "") -> None:
        self.fault = fault
        self.document = load_spec(CONTRACT).document
        self.goods: dict[str, Good] = {}
        self.moves: list[dict[str, Any]] = []
        self.shelves: dict[str, Any] = {}
        self.numbers = itertools.count(1)
        self.answers: dict[str, tuple[Any, Any, int]] = {}

    def checked(self, value: Any, schema: str) -> Any:
        if not self.document.validator(f"#/components/schemas/{schema}").is_valid(value):
            raise Refused(422)
        return value

    async def body(self, request: Request, schema: str = "") -> Any:
        try:
            value = json.loads(await request.body())
        except ValueError:
            raise Refused(422) from None
        return self.checked(value, schema) if schema else value

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
        results = []
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
        results = []
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
        if good["stock"] + sent["quantity"] < 0:
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


def build(fault: str = "") -> Starlette:
    """The larder, with one fault or none."""
    larder = Larder(fault)

    async def refuse(_: Request, refused: Exception) -> Response:
        return Response(status_code=refused.args[0])

    return Starlette(
        routes=[
            Route("/goods", larder.all_goods, methods=["GET", "POST"]),
            Route("/goods/bulk", larder.bulk, methods=["POST"]),
            Route("/goods/{good_id}", larder.one_good, methods=["GET", "PUT", "PATCH", "DELETE"]),
            Route("/goods/{good_id}/close", larder.close, methods=["POST"]),
            Route("/closings", larder.closings, methods=["POST"]),
            Route("/moves", larder.all_moves, methods=["GET", "POST"]),
            Route("/shelves/{shelf:path}", larder.one_shelf, methods=["GET", "PUT", "DELETE"]),
        ],
        exception_handlers={Refused: refuse},
    )
