"""Requests as bytes over a socket: what no HTTP client sends, and answers of which none hides anything."""

from __future__ import annotations

import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from contract_tests.exchanges import Call
from contract_tests.framing import Reading, read_answers

DEADLINE = 5.0
"""So long a conversation may take, in seconds."""

PAUSE = 0.25
"""So long a part of a request waits for an answer before the next is sent."""

GRACE = 0.2
"""So long a connection that stays open is listened to when everything has come."""

MAX_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Heard:
    """What came back. `closed` when the service closed the connection, `reset` when it did so without listening."""

    reading: Reading
    closed: bool = False
    reset: bool = False


def write_request(call: Call, *, version: str = "1.1") -> bytes:
    """A request as bytes; with `Transfer-Encoding: chunked` among its headers its body comes in two chunks."""
    url, body = urlsplit(call.url), call.body or b""
    target = f"{url.path or '/'}{'?' if url.query else ''}{url.query}"
    host = () if call.header("host") else (("Host", url.netloc),)
    lines = [f"{call.method} {target} HTTP/{version}", *(f"{name}: {value}" for name, value in (*host, *call.headers))]
    if call.header("transfer-encoding") is not None:
        half = (len(body) + 1) // 2
        pieces = filter(None, (body[:half], body[half:]))
        body = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"
    return "".join(f"{line}\r\n" for line in [*lines, ""]).encode("latin-1") + body


def converse(url: str, parts: Sequence[bytes], methods: Sequence[str]) -> Heard:
    """Send the parts one after the other over a new connection, and read the answers to requests of these methods.

    Raises `OSError` when there is no connection.
    """
    place = urlsplit(url)
    with socket.create_connection((place.hostname or "", place.port or 80), DEADLINE) as line:
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return _Listener(line, methods).converse(parts)


def begins_an_answer(url: str) -> bool:
    """Whether a service begins to answer a GET as HTTP/1 does, however it goes on."""
    place = urlsplit(url)
    if place.scheme != "http":
        return False
    try:
        with socket.create_connection((place.hostname or "", place.port or 80), DEADLINE) as line:
            line.settimeout(DEADLINE)
            line.sendall(write_request(Call("GET", url, (("Connection", "close"),))))
            return line.recv(65536).startswith(b"HTTP/1.")
    except OSError:
        return False


class _Listener:
    def __init__(self, line: socket.socket, methods: Sequence[str]) -> None:
        self.line, self.methods = line, methods
        self.until = time.monotonic() + DEADLINE
        self.data = b""
        self.closed = self.reset = False

    def converse(self, parts: Sequence[bytes]) -> Heard:
        for number, part in enumerate(parts):
            try:
                self.line.settimeout(DEADLINE)
                self.line.sendall(part)
            except OSError:
                self.reset = True  # what came before that can still be read
            if number < len(parts) - 1:
                self._receive(PAUSE)
        while not self.closed and (left := self._left()) > 0 and self._receive(left):
            pass
        reading = self._read()
        if reading.is_begun and not self.closed:
            # Nobody is waited for longer; that the rest of a body with a length does not come is a fault of its own.
            late = read_answers(self.data, self.methods, closed=True)
            reading = late if any(problem.subject == "short" for problem in late.problems) else reading
        return Heard(reading, self.closed, self.reset)

    def _left(self) -> float:
        left, reading = self.until - time.monotonic(), self._read()
        is_full = len(reading.answers) == len(self.methods) or len(self.data) > MAX_BYTES
        return min(left, GRACE) if is_full or reading.problems else left

    def _receive(self, seconds: float) -> bool:
        """Take what comes; whether anything did."""
        self.line.settimeout(seconds)
        try:
            piece = self.line.recv(65536)
        except TimeoutError:
            return False
        except OSError:
            piece, self.reset = b"", True
        self.closed = not piece
        self.data += piece
        return bool(piece)

    def _read(self) -> Reading:
        return read_answers(self.data, self.methods, closed=self.closed)
