"""A diary in one file: entries that are changed under their tag alone, and are about one of two kinds of moments."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.services.frame import Refused, Service, serve

CONTRACT = Path(__file__).with_name("diary_openapi.yaml")

Entry = dict[str, Any]


class Diary(Service):
    """The service, and one thing that it gets wrong: `fault` is in the words of a test."""

    def __init__(self, fault: str = "") -> None:
        super().__init__(CONTRACT, fault)
        self.entries: dict[int, Entry] = {}
        self.versions: dict[int, int] = {}
        self.keys: dict[str | None, tuple[Any, Response]] = {}
        self.topics: dict[str, Any] = {}

    def tag(self, number: int) -> str:
        return f'"{number}-{0 if self.fault == "tags stand still" else self.versions[number]}"'

    def shown(self, number: int, status: int = 200) -> Response:
        return JSONResponse(self.entries[number], status, {"ETag": self.tag(number)})

    def keep(self, number: int, entry: Entry) -> None:
        if self.entries.get(number) != entry:
            self.versions[number] = self.versions.get(number, 0) + 1
        self.entries[number] = entry

    async def all_entries(self, request: Request) -> Response:
        if request.method == "GET":
            prefix = request.query_params.get("title_prefix", "")
            has = str.__contains__ if self.fault == "a prefix stands anywhere" else str.startswith
            return JSONResponse([entry for entry in self.entries.values() if has(entry["title"], prefix)])
        key, text = request.headers.get("idempotency-key"), await request.body()
        try:
            sent = await self.body(request, "EntryIn")
        except Refused:
            if self.fault == "a refusal uses up a key" and key:
                self.keys[key] = None, Response(status_code=409)
            raise
        basis: Any = text if self.fault == "keys know bytes" else sent
        if self.fault == "the last letter of a key does not count" and key:
            key = key[:-1]
        if key in self.keys:
            known, answer = self.keys[key]
            if known is not None and known != basis:
                if self.fault == "another body is kept":
                    self.keep(next(self.numbers), {"mood": None, **sent})
                raise Refused(422 if self.fault == "another body is not valid" else 409)
            if self.fault != "nothing is said to be repeated":
                answer.headers["Idempotency-Replayed"] = "true"
            return answer
        is_json = "json" in request.headers.get("content-type", "")
        if not is_json and self.fault != "what is no JSON is kept":
            raise Refused(415)
        number = next(self.numbers)
        self.keep(number, {"id": number, "mood": None, "state": "open", **sent})
        if not is_json:
            raise Refused(415)
        answer = self.shown(number, 201)
        if key and self.fault == "a key makes two":
            self.keep(another := next(self.numbers), {**self.entries[number], "id": another})
        if key:
            self.keys[key] = basis, self.shown(number, 201)
        return answer

    async def one_entry(self, request: Request) -> Response:
        number = int(request.path_params["entry_id"])
        given = request.headers.get("if-match")
        if request.method in {"PUT", "PATCH"} and given is None:
            if self.fault == "what has no tag is changed" and number in self.entries:
                self.keep(number, {**self.entries[number], **await self.body(request, "EntryPatch")})
            raise Refused(428)
        if self.fault == "what is right of a patch is kept" and request.method == "PATCH" and number in self.entries:
            await self.keep_in_part(number, await request.json())
        sent = await self.body(request, {"PUT": "EntryIn", "PATCH": "EntryPatch"}.get(request.method, "")) \
            if request.method in {"PUT", "PATCH"} else {}  # fmt: skip
        if number not in self.entries:
            raise Refused(404)
        if request.method == "DELETE":
            is_sealed = self.entries[number]["state"] == "sealed"
            if not is_sealed or self.fault == "what is sealed is deleted all the same":
                del self.entries[number]
            return Response(status_code=409 if is_sealed else 204)
        if self.fault == "weak tags hold" and given is not None:
            given = given.removeprefix("W/")
        known = {"*", self.tag(number)}
        if given is not None and known.isdisjoint([given] if self.fault == "one tag only" else given.split(", ")):
            raise Refused(412)
        if request.method == "PUT":
            self.keep(number, {"id": number, "mood": None, "state": self.entries[number]["state"], **sent})
        if request.method == "PATCH":
            # Members of both kinds of moments would be neither: a new kind takes the place of the other.
            self.keep(number, {**self.entries[number], **sent})
        return self.shown(number)

    async def seal(self, request: Request) -> Response:
        number = int(request.path_params["entry_id"])
        if number not in self.entries:
            raise Refused(404)
        version = self.versions[number]
        self.keep(number, {**self.entries[number], "state": "sealed"})
        if self.fault == "a seal leaves the tag alone":
            self.versions[number] = version
        return self.shown(number)

    async def keep_in_part(self, number: int, patch: Entry) -> None:
        is_valid = self.document.validator("#/components/schemas/EntryPatch").is_valid
        if not is_valid(patch):
            right = {name: value for name, value in patch.items() if is_valid({name: value})}
            self.keep(number, {**self.entries[number], **right})

    async def one_topic(self, request: Request) -> Response:
        name = request.path_params["topic"]
        name = {
            "topics are lower-cased": name.lower(),
            "topics are decoded twice": unquote(name),
            "topics are trimmed": name.strip(),
            "topics are normalised": unicodedata.normalize("NFC", name),
            "topics have no extension": re.sub(r"\.[a-z]{1,4}$", "", name),
            "topics are put as they are spelled": quote(name) if request.method == "PUT" else name,
        }.get(self.fault, name)
        if request.method == "PUT":
            sent, known = await self.body(request, "TopicIn"), name in self.topics
            given, only_new = request.headers.get("if-match"), request.headers.get("if-none-match") == "*"
            if only_new and known and self.fault != "any topic is replaced":
                raise Refused(412)
            if given is not None and not (known and given == "*") and self.fault != "topics are made under any tag":
                raise Refused(412)
            self.topics[name] = {"topic": name, **sent}
            status = 200 if known and self.fault != "a replaced topic is a new one" else 201
            status = 200 if self.fault == "a new topic is a replaced one" else status
            return JSONResponse(self.topics[name], status)
        if name not in self.topics:
            raise Refused(404)
        return JSONResponse(self.topics[name])


def build(fault: str = "") -> Starlette:
    """The diary, with one fault or none."""
    diary = Diary(fault)

    return serve(
        [
            Route("/entries", diary.all_entries, methods=["GET", "POST"]),
            Route("/entries/{entry_id:int}/seal", diary.seal, methods=["POST"]),
            Route("/topics/{topic}", diary.one_topic, methods=["GET", "PUT"]),
            Route("/entries/{entry_id:int}", diary.one_entry, methods=["GET", "PUT", "PATCH", "DELETE"]),
        ]
    )
