"""The clone operation on a socket alone: a small server of HTTP/1.1 without any library, and its faults on the wire."""

from __future__ import annotations

import asyncio
import json
import re
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, unquote

from tests.services.clone_variants import API_KEY

FAULTS = {
    "HEAD with body": "HEAD has no body",
    "length too small": "more than its Content-Length",
    "length too great": "of the",
    "length twice": "2 Content-Lengths",
    "two lengths": "2 Content-Lengths",
    "length and chunks": "beside Transfer-Encoding",
    "no last chunk": "chunks without a last chunk",
    "space before colon": "a line that is no header",
    "space in a name": "a line that is no header",
    "bare line feeds": "line feed",
    "bare carriage return": "carriage return",
    "no status": "status line",
    "chunks lost": "in chunks, is answered 422",
    "chunks taken for a body": "in chunks, is answered",
    "chunks end the connection": "in chunks, gets no answer",
    "chunks are answered 500": "in chunks, is answered 500",
    "chunks hang": "in chunks, gets no answer within 5 seconds",
    "401 leaves the body": "behind a request without credentials",
    "404 leaves the body": "behind a request to a path that is not there",
    "405 leaves the body": "behind a PUT to its path",
    "reads one request a time": "requests that came together",
    "Expect is answered 500": "with Expect: 100-continue, is answered 500",
    "Expect is never answered": "with Expect: 100-continue, gets no answer",
    "HTTP/1.0 is hung up on": "in HTTP/1.0, gets no answer",
    "names as they are usual": "in capitals, is answered 401",
    "every ninth is dropped": "is not answered [23] of 20 times",
    "nobody asks": "without User-Agent and Accept, fails with 500",
    "decodes strictly": "a % in its path that encodes nothing, fails with 500",
}
"""What each fault is, and what a finding says of it: a pattern."""

_REASONS = {200: "OK", 401: "Unauthorized", 404: "Not Found", 405: "Method Not Allowed", 422: "Unprocessable Content"}

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[Any, Any, None]]


@dataclass(frozen=True)
class Asked:
    """A request that was read: header names are lower-case."""

    method: str
    target: str
    version: str
    headers: dict[str, str]
    body: bytes = b""


class Bare:
    """One service; `lag` is how long each answer takes, in seconds."""

    def __init__(self, fault: str = "", *, lag: float = 0) -> None:
        self.fault, self.lag = fault, lag
        self._clones = 0
        self._asked = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request after the other on a connection."""
        try:
            while await self._serve_one(reader, writer):
                await writer.drain()
        except (asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError, ValueError):
            pass
        finally:
            writer.close()

    async def _serve_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = await reader.readuntil(b"\r\n\r\n")
        asked = self._parse(head)
        await asyncio.sleep(self.lag)
        if asked is None:
            writer.write(self._answer(None, 400, {"detail": "what is this?"}))
            return False
        if asked.version == "1.0" and self.fault == "HTTP/1.0 is hung up on":
            return False
        self._asked += 1
        if self.fault == "every ninth is dropped" and self._asked % 9 == 0:
            return False
        is_agentless, is_odd = "user-agent" not in asked.headers, re.search(r"%(?![0-9A-Fa-f]{2})", asked.target)
        if (self.fault == "nobody asks" and is_agentless) or (self.fault == "decodes strictly" and is_odd):
            writer.write(self._answer(asked, 500, {"detail": "failed"}))
            return False
        early = self._refuse(asked)
        if early is not None and f"{early[0]} leaves the body" == self.fault:
            writer.write(self._answer(asked, *early))
            return True
        if (said := await self._expected(asked, writer)) is not None:
            return said
        body = await self._read_body(asked, reader)
        if body is None:
            if self.fault == "chunks are answered 500":
                writer.write(self._answer(asked, 500, {"detail": "failed"}))
            return False
        status, data = early or self._clone(asked, body)
        writer.write(self._answer(asked, status, data))
        if self.fault == "reads one request a time":
            await self._drop(reader)
        is_last = asked.version == "1.0" or asked.headers.get("connection", "").lower() == "close"
        return not is_last

    def _parse(self, head: bytes) -> Asked | None:
        first, *lines = head.decode("latin-1").strip("\r\n").split("\r\n")
        found = re.fullmatch(r"([A-Z]+) (\S+) HTTP/(1\.[01])", first)
        if found is None:
            return None
        pairs = [line.partition(":")[::2] for line in lines]
        if self.fault == "names as they are usual":
            pairs = [(name, value) for name, value in pairs if name != "X-API-KEY"]
        return Asked(found[1], found[2], found[3], {name.lower(): value.strip() for name, value in pairs})

    def _refuse(self, asked: Asked) -> tuple[int, object] | None:
        path = asked.target.partition("?")[0]
        if not re.fullmatch(r"/v1/vms/[^/]+/clone", path):
            return 404, {"detail": "Not Found"}
        if asked.method != "POST":
            return 405, {"detail": "Method Not Allowed"}
        if asked.headers.get("x-api-key") != API_KEY:
            return 401, {"detail": "Not authenticated"}
        return None

    async def _expected(self, asked: Asked, writer: asyncio.StreamWriter) -> bool | None:
        if asked.headers.get("expect", "").lower() != "100-continue":
            return None
        if self.fault == "Expect is answered 500":
            writer.write(self._answer(asked, 500, {"detail": "failed"}))
            return False
        if self.fault == "Expect is never answered":
            await asyncio.sleep(60)
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        return None

    async def _read_body(self, asked: Asked, reader: asyncio.StreamReader) -> bytes | None:
        """The body; None where the service gives up."""
        if "transfer-encoding" not in asked.headers:
            return await reader.readexactly(int(asked.headers.get("content-length", 0)))
        if self.fault == "chunks lost":
            await self._drop(reader)
            return b""
        if self.fault == "chunks taken for a body":
            return await reader.readuntil(b"0\r\n\r\n")
        if self.fault in {"chunks end the connection", "chunks are answered 500"}:
            await self._drop(reader)
            return None
        if self.fault == "chunks hang":
            await asyncio.sleep(60)
        body = b""
        while size := int(await reader.readline(), 16):
            body += await reader.readexactly(size)
            await reader.readline()
        await reader.readline()
        return body

    async def _drop(self, reader: asyncio.StreamReader) -> None:
        """Read what is there and forget it."""
        with suppress(TimeoutError):
            await asyncio.wait_for(reader.read(65536), 0.05)

    def _clone(self, asked: Asked, body: bytes) -> tuple[int, object]:
        wait = parse_qs(asked.target.partition("?")[2]).get("wait", ["true"])[-1]
        problems = [] if wait in {"true", "false"} else [{"loc": ["query", "wait"], "msg": "a boolean", "type": "bool"}]
        try:
            data = json.loads(body.decode())
        except ValueError:
            data = None
        name = data.get("snapshot_name") if isinstance(data, dict) else None
        if not isinstance(data, dict):
            problems.append({"loc": ["body"], "msg": "an object", "type": "object"})
        elif name is not None and not isinstance(name, str):
            problems.append({"loc": ["body", "snapshot_name"], "msg": "a text", "type": "string"})
        if problems:
            return 422, {"detail": problems}
        self._clones += 1
        vm_id = unquote(asked.target.split("/")[3])
        clone = {"vm_id": f"{vm_id}-{self._clones}", "session_id": f"session-{self._clones}", "status": "active"}
        return 200, {**clone, "snapshot_deleted": name is None}

    def _answer(self, asked: Asked | None, status: int, data: object) -> bytes:
        text = json.dumps(data).encode()
        is_head = asked is not None and asked.method == "HEAD"
        lines = [f"HTTP/1.1 {status} {_REASONS.get(status, 'Unknown')}"]
        more = {401: ["WWW-Authenticate: Bearer"], 405: ["Allow: POST"]}.get(status, [])
        faulty = {
            "space before colon": ["X-Served-By : me"],
            "space in a name": ["Bad Header : x"],
            "bare carriage return": ["X-Served-By: me\rtoo"],
        }.get(self.fault, [])
        length = len(text) + {"length too small": -1, "length too great": 7 if status == 200 else 0}.get(self.fault, 0)
        body, lengths = text, [f"Content-Length: {length}"]
        in_chunks = self.fault == "length and chunks" or (self.fault == "no last chunk" and status == 200)
        if in_chunks:
            body = b"%x\r\n%s\r\n" % (len(text), text) + (b"" if self.fault == "no last chunk" else b"0\r\n\r\n")
            lengths = ["Transfer-Encoding: chunked", *(lengths if self.fault == "length and chunks" else [])]
        lengths *= 2 if self.fault == "length twice" else 1
        lengths += [f"Content-Length: {len(body) + 3}"] if self.fault == "two lengths" else []
        if self.fault == "no status" and status == 200:
            lines = ["HTTP/1.1 OK"]
        end = "\n" if self.fault == "bare line feeds" else "\r\n"
        lines += ["Content-Type: application/json", *more, *faulty, *lengths, "", ""]
        return end.join(lines).encode("latin-1") + (b"" if is_head and self.fault != "HEAD with body" else body)


@contextmanager
def serve_bare(fault: str = "", *, lag: float = 0) -> Iterator[str]:
    """A bare service on a free port, in a thread of its own; yields its URL."""
    with serve_connections(Bare(fault, lag=lag).serve) as url:
        yield url


@contextmanager
def serve_connections(serve: Serve) -> Iterator[str]:
    """Something that answers on connections to a free port, in a thread of its own; yields its URL."""
    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(asyncio.start_server(serve, "127.0.0.1", 0))
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        asyncio.run_coroutine_threadsafe(_stop(server), loop).result(5)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)
        loop.close()


async def _stop(server: asyncio.Server) -> None:
    server.close()
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
