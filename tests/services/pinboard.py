"""A pinboard in one file: boards in a tree, what is put on them by name, and notes whose replies stand elsewhere."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from contract_tests.values import merge
from tests.services.frame import Refused, Service, serve

CONTRACT = Path(__file__).with_name("pinboard_openapi.yaml")
VERSIONED = "boards say by which version of the service they are shown"
"""No fault: the document says nothing of it."""

CONTENT = ("title", "parent_id", "labels", "tints", "frame")

Board = dict[str, Any]


class Pinboard(Service):
    """The service, and one thing that it gets wrong: `fault` is in the words of a test."""

    def __init__(self, fault: str = "") -> None:
        super().__init__(CONTRACT, fault)
        self.boards: dict[int, Board] = {}
        self.changes: dict[int, int] = {}
        self.meetings: dict[int, dict[str, Any]] = {}
        self.pins: dict[str, dict[str, str]] = {}
        self.notes: dict[int, tuple[int, dict[str, Any]]] = {}
        self.replies: dict[int, list[dict[str, Any]]] = {}
        self.shifts: dict[tuple[str, str], dict[str, str]] = {}

    # --- Boards ------------------------------------------------------------------------------------------------------

    def board(self, request: Request) -> Board:
        if (board := self.boards.get(request.path_params["board_id"])) is None:
            raise Refused(404)
        return board

    def shown(self, board: Board, status: int = 200) -> Response:
        known = {name: board.get(name) for name in (*CONTENT, "state", "pins", "hidden")}
        if self.fault == "a label leaves the tag alone":
            del known["labels"]
        tag = hashlib.sha256(json.dumps(known).encode()).hexdigest()[:12]
        more = {"version": 3} if self.fault == VERSIONED else {}
        return JSONResponse({**board, **more}, status, {"ETag": f'"{tag}"'})

    def content(self, sent: Board) -> Board:
        self.checked(sent, "BoardIn")
        parent = self.boards.get(sent.get("parent_id") or 0, {"state": ""})
        is_archived = parent["state"] == "archived" and self.fault != "parents may be archived"
        if is_archived or (sent.get("parent_id") is not None and sent["parent_id"] not in self.boards):
            raise Refused(409)
        parent_id = None if self.fault == "parents are lost" else sent.get("parent_id")
        content = {"title": sent["title"], "parent_id": parent_id, "labels": sent.get("labels", [])}
        return {**content, "tints": sent.get("tints", {}), **({"frame": sent["frame"]} if "frame" in sent else {})}

    async def all_boards(self, request: Request) -> Response:
        if request.method == "POST":
            number, sent = next(self.numbers), await self.body(request)
            try:
                content = self.content(sent)
            except Refused:
                if self.fault == "boards below nothing are made":
                    self.boards[number] = {"id": number, "labels": [], "pins": [], "state": "draft", **sent}
                raise
            self.changes[number] = 0
            self.boards[number] = {"id": number, **content, "pins": [], "state": "draft"}
            return self.shown(self.boards[number], 201)
        query = request.query_params
        limit, offset = (self.number(query.get(name, text)) for name, text in (("limit", "5"), ("offset", "0")))
        if not 1 <= limit <= 10 or (query.get("parent_id") and not query["parent_id"].isdecimal()):
            raise Refused(422)
        found = [board for board in self.boards.values() if self.is_wanted(board, request)]
        following = offset + limit + (self.fault == "next leaves one out")
        kept = [(name, text) for name, text in query.multi_items() if name not in {"limit", "offset"}]
        more = f"/boards?{urlencode([*kept, ('limit', limit), ('offset', following)])}"
        return JSONResponse(
            {"items": found[offset : offset + limit], "next": more if len(found) > offset + limit else None}
        )

    def number(self, text: str) -> int:
        if not (text.isascii() and text.isdecimal() and len(text) < 9):
            raise Refused(422)
        return int(text)

    def is_wanted(self, board: Board, request: Request) -> bool:
        query = request.query_params
        states, label, parent = query.getlist("state"), query.get("label"), query.get("parent_id")
        if {*states} - {"draft", "published", "archived"}:
            raise Refused(422)
        states = states[:1] if self.fault == "only the first state counts" else states
        is_loose = self.fault == "labels need only begin alike"
        is_labelled = label is None or any(
            each == label or (is_loose and each.startswith(label)) for each in board["labels"]
        )
        return (not states or board["state"] in states) and is_labelled and parent in {None, str(board["parent_id"])}

    async def one_board(self, request: Request) -> Response:
        board = self.board(request)
        if request.method in {"PUT", "PATCH"}:
            sent = await self.body(request, "BoardPatch" if request.method == "PATCH" else "BoardIn")
            own = {name: board[name] for name in CONTENT if name in board}
            if request.method == "PATCH" and self.fault == "tints stay":
                sent["tints"] = {name: text or "none" for name, text in sent.get("tints", {}).items()}
            if request.method == "PATCH" and self.fault == "frames may be halves" and sent.get("frame"):
                board["frame"] = sent.pop("frame")
            changed = self.content(merge(own, sent) if request.method == "PATCH" else sent)
            board.pop("frame", None) if self.fault != "frames may be halves" else None
            board |= changed
            self.changes[board["id"]] += 1
            if request.method == "PUT" and self.fault == "what is replaced is a draft":
                board["state"] = "draft"
        return self.shown(board)

    async def all_changes(self, request: Request) -> Response:
        changes = [{"number": number} for number in range(self.changes[self.board(request)["id"]], 0, -1)]
        return JSONResponse(changes[::-1] if self.fault == "changes begin with the oldest" else changes)

    async def hide(self, request: Request) -> Response:
        board, sent = self.board(request), await self.body(request)
        if not isinstance(sent, dict) or sent.get("reason") not in ("old", "wrong", "rude"):
            raise Refused(422)
        board["hidden"] = {"reason": "old" if self.fault == "what is hidden is old" else sent["reason"]}
        return self.shown(board)

    async def move(self, request: Request) -> Response:
        board, verb = self.board(request), request.url.path.rpartition("/")[2]
        state = {"publish": "published", "archive": "archived"}[verb]
        if board["state"] == state:
            raise Refused(409)
        board["state"] = state
        return self.shown(board)

    async def merge(self, request: Request) -> Response:
        board, other = self.board(request), (await self.body(request, "Merge"))["duplicate_id"]
        if other == board["id"]:
            raise Refused(409)
        if other not in self.boards:
            raise Refused(409 if self.fault == "unknown duplicates are a conflict" else 404)
        del self.boards[int(other)]
        return self.shown(board)

    # --- What is put on boards ---------------------------------------------------------------------------------------

    async def label(self, request: Request) -> Response:
        board, label = self.board(request), request.path_params["label"]
        labels = board["labels"] = list(board["labels"])
        if request.method == "DELETE":
            if label not in labels and self.fault != "labels are taken off twice":
                raise Refused(404)
            if label in labels and self.fault != "labels stay":
                labels.remove(label)
        elif label not in labels or self.fault == "labels are there twice":
            if self.fault == "a label takes the place of others":
                labels.clear()
            labels.insert(0 if self.fault == "labels come first" else len(labels), label)
            if self.fault == "labels are lost":
                labels.remove(label)
            for other in self.boards.values() if self.fault == "labels are on every board" else ():
                other["labels"] = list(dict.fromkeys([*other["labels"], label]))
        return Response(status_code=204)

    async def pins_on(self, request: Request) -> Response:
        board = self.board(request)
        if request.method == "PUT":
            wanted = (await self.body(request, "Pins"))["pins"]
            if sorted(wanted) != sorted(board["pins"]):
                raise Refused(409)
            board["pins"] = board["pins"] if self.fault == "the order of pins is not kept" else wanted
            return self.shown(board)
        key = (await self.body(request, "PinOn"))["key"]
        if key not in self.pins:
            raise Refused(409 if self.fault == "unknown pins are a conflict" else 404)
        if key in board["pins"] and self.fault != "pins are put on twice":
            raise Refused(409)
        board["pins"] = list(dict.fromkeys([*board["pins"], key]))
        return self.shown(board, 201)

    async def pin_on(self, request: Request) -> Response:
        board, key = self.board(request), request.path_params["key"]
        if key not in board["pins"]:
            raise Refused(404)
        board["pins"] = [each for each in board["pins"] if each != key]
        if self.fault == "pins that are taken off are gone":
            del self.pins[key]
        return Response(status_code=204)

    async def pin(self, request: Request) -> Response:
        key = request.path_params["key"]
        if request.method == "PUT":
            sent, status = await self.body(request, "PinIn"), 200 if key in self.pins else 201
            self.pins[key] = sent
            return JSONResponse(sent, status)
        if key not in self.pins:
            raise Refused(404)
        if request.method != "DELETE":
            return JSONResponse(self.pins[key])
        del self.pins[key]
        for board in self.boards.values() if self.fault != "deleted pins stay on boards" else ():
            board["pins"] = [each for each in board["pins"] if each != key]
        return Response(status_code=204)

    # --- Notes, replies, shifts --------------------------------------------------------------------------------------

    async def all_notes(self, request: Request) -> Response:
        board = self.board(request)["id"]
        if request.method != "POST":
            notes = [note for owner, note in self.notes.values() if owner == board]
            return JSONResponse(notes[::-1] if self.fault == "notes are listed backwards" else notes)
        note = {"id": next(self.numbers), **await self.body(request, "PinIn")}
        self.notes[note["id"]], self.replies[note["id"]] = (board, note), []
        return JSONResponse(note, 201)

    async def all_replies(self, request: Request) -> Response:
        if (replies := self.replies.get(request.path_params["note_id"])) is None:
            raise Refused(404)
        if request.method != "POST":
            return JSONResponse(replies)
        reply = {"id": next(self.numbers), **await self.body(request, "PinIn")}
        if self.fault != "replies are lost":
            replies.append(reply)
        return JSONResponse(reply, 201)

    def period(self, meeting: dict[str, Any]) -> tuple[datetime, datetime]:
        try:
            begin = datetime.fromisoformat(meeting["starts_at"]).astimezone(UTC)
            return begin, begin + timedelta(minutes=meeting["minutes"])
        except (OverflowError, ValueError):  # leap seconds, the last minutes of all time
            raise Refused(422) from None

    async def all_meetings(self, request: Request) -> Response:
        sent = {"minutes": 30, **await self.body(request, "MeetingIn")}
        if sent["board_id"] not in self.boards:
            raise Refused(404)
        begin, end = self.period(sent)
        for other in self.meetings.values() if self.fault != "meetings overlap" else ():
            counts = other["state"] == "planned" or self.fault == "cancelled meetings count"
            start, stop = self.period(other)
            is_before = start < end and begin < stop
            if counts and other["board_id"] == sent["board_id"] and is_before:
                raise Refused(409)
        number = next(self.numbers)
        self.meetings[number] = {"id": number, **sent, "state": "planned"}
        return JSONResponse(self.meetings[number], 201)

    async def one_meeting(self, request: Request) -> Response:
        if (meeting := self.meetings.get(request.path_params["meeting_id"])) is None:
            raise Refused(404)
        meeting["state"] = "cancelled" if request.method == "POST" else meeting["state"]
        return JSONResponse(meeting)

    async def shift(self, request: Request) -> Response:
        place = request.path_params["day"], request.path_params["shift"]
        if place[1] not in {"early", "late"}:
            raise Refused(404)
        if request.method == "PUT":
            sent, status = await self.body(request, "PinIn"), 200 if place in self.shifts else 201
            self.shifts[place] = sent
            return JSONResponse(sent, status)
        if place not in self.shifts:
            raise Refused(404)
        if request.method != "DELETE":
            return JSONResponse(self.shifts[place])
        if self.fault != "shifts cannot be freed":
            for each in [each for each in self.shifts if each[0] == place[0]]:
                if each == place or self.fault == "whole days are freed":
                    del self.shifts[each]
        return Response(status_code=204)


def build(fault: str = "") -> Starlette:
    """The pinboard, with one fault or none."""
    pinboard = Pinboard(fault)
    return serve(
        [
            Route("/boards", pinboard.all_boards, methods=["GET", "POST"]),
            Route("/boards/{board_id:int}", pinboard.one_board, methods=["GET", "PUT", "PATCH"]),
            Route("/boards/{board_id:int}/changes", pinboard.all_changes, methods=["GET"]),
            Route("/boards/{board_id:int}/hide", pinboard.hide, methods=["POST"]),
            Route("/boards/{board_id:int}/publish", pinboard.move, methods=["POST"]),
            Route("/boards/{board_id:int}/archive", pinboard.move, methods=["POST"]),
            Route("/boards/{board_id:int}/merge", pinboard.merge, methods=["POST"]),
            Route("/boards/{board_id:int}/labels/{label}", pinboard.label, methods=["PUT", "DELETE"]),
            Route("/boards/{board_id:int}/pins", pinboard.pins_on, methods=["POST", "PUT"]),
            Route("/boards/{board_id:int}/pins/{key}", pinboard.pin_on, methods=["DELETE"]),
            Route("/pins/{key}", pinboard.pin, methods=["GET", "PUT", "DELETE"]),
            Route("/boards/{board_id:int}/notes", pinboard.all_notes, methods=["GET", "POST"]),
            Route("/notes/{note_id:int}/replies", pinboard.all_replies, methods=["GET", "POST"]),
            Route("/meetings", pinboard.all_meetings, methods=["POST"]),
            Route("/meetings/{meeting_id:int}", pinboard.one_meeting, methods=["GET"]),
            Route("/meetings/{meeting_id:int}/cancel", pinboard.one_meeting, methods=["POST"]),
            Route("/shifts/{day}/{shift}", pinboard.shift, methods=["GET", "PUT", "DELETE"]),
        ]
    )
