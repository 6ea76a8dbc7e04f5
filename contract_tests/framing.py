"""Answers as bytes, read strictly: how HTTP/1.1 has them written (RFC 9112)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import h11

SHOWN = 60
"""So many characters of a wrong line are told."""

_END = re.compile(rb"\r?\n\r?\n")
# The space behind the code belongs there even without a reason (section 4), but few mind.
_STATUS_LINE = re.compile(rb"HTTP/1\.[01] [1-9]\d\d( [^\r\n\x00]*)?")
_FIELD = re.compile(rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]+):(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with an answer: a word for it, and how it reads behind "is answered with".

    `number` is the answer's place among those that were read.
    """

    subject: str
    sentence: str
    number: int = 0


@dataclass(frozen=True, slots=True)
class Framed:
    """A complete answer. Header names are lower-case; the body has no chunks any more."""

    status: int
    version: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str:
        """The first value of a header; empty when there is none."""
        return next((value for key, value in self.headers if key == name), "")


@dataclass(frozen=True, slots=True)
class Reading:
    """What came on a connection: complete answers, what is wrong with them, and what stands behind the last.

    `is_begun` when a part of another answer came.
    """

    answers: tuple[Framed, ...] = ()
    problems: tuple[Problem, ...] = ()
    surplus: Problem | None = None
    is_begun: bool = False


def read_answers(data: bytes, methods: Sequence[str], *, closed: bool) -> Reading:
    """Read the answers to requests of these methods; `closed` when nothing more will come."""
    answers: list[Framed] = []
    problems: list[Problem] = []
    for number, method in enumerate(methods):
        if not data:
            return Reading(tuple(answers), tuple(problems))
        found = _first(_iter_head_problems(data, closed=closed))
        try:
            answer, rest = _read(data, method, closed=closed)
        except h11.RemoteProtocolError as error:
            found = found or _first(_iter_causes(data, str(error)))
            problems += [replace(problem, number=number) for problem in found]
            return Reading(tuple(answers), tuple(problems), is_begun=True)
        problems += [replace(problem, number=number) for problem in found]
        if answer is None:
            return Reading(tuple(answers), tuple(problems), is_begun=True)
        answers.append(answer)
        data = rest
    surplus = replace(_surplus(answers[-1], methods[-1], len(data)), number=len(answers) - 1) if data else None
    return Reading(tuple(answers), tuple(problems), surplus)


def _read(data: bytes, method: str, *, closed: bool) -> tuple[Framed | None, bytes]:
    """The first answer and what follows it; None when there is more to come. Raises `h11.RemoteProtocolError`."""
    connection = h11.Connection(h11.CLIENT)
    connection.send(h11.Request(method=method, target="/", headers=[("Host", "localhost")]))
    connection.send(h11.EndOfMessage())
    connection.receive_data(data)
    if closed:
        connection.receive_data(b"")
    head: h11.Response | None = None
    body = b""
    while True:
        event = connection.next_event()
        if isinstance(event, h11.Response):
            head = event
        elif isinstance(event, h11.Data):
            body += event.data
        elif isinstance(event, h11.EndOfMessage) and head is not None:
            headers = tuple((name.decode(), value.decode("latin-1")) for name, value in head.headers)
            answer = Framed(head.status_code, head.http_version.decode(), headers, body)
            return answer, connection.trailing_data[0]
        elif not isinstance(event, h11.InformationalResponse):
            return None, b""


def _iter_head_problems(data: bytes, *, closed: bool) -> Iterator[Problem]:
    """What is wrong with the heads of the first answer: those of 1xx come before that of the last."""
    while (end := _END.search(data)) is not None:
        head, data = data[: end.end()], data[end.end() :]
        yield from _iter_problems_of(head)
        if not head.startswith((b"HTTP/1.1 1", b"HTTP/1.0 1")):
            return
    if closed and data:
        yield Problem("status line", f"what is no status line: {_shown(data)} (RFC 9112, section 4)")


def _iter_problems_of(head: bytes) -> Iterator[Problem]:
    first, *lines = head.rstrip(b"\r\n").split(b"\r\n")
    if not _STATUS_LINE.fullmatch(first.partition(b"\n")[0]):
        yield Problem("status line", f"what is no status line: {_shown(first)} (RFC 9112, section 4)")
    if re.search(rb"(?<!\r)\n", head):
        yield Problem("line feed", "a head in which a line ends with a bare line feed (RFC 9112, section 2.2)")
        return
    if re.search(rb"\r(?!\n)", head):
        yield Problem("carriage return", "a bare carriage return in its head (RFC 9112, section 2.2)")
    if b"\x00" in head:
        yield Problem("NUL", "a NUL in its head (RFC 9110, section 5.5)")
    yield from _iter_field_problems(lines)


def _iter_field_problems(lines: Sequence[bytes]) -> Iterator[Problem]:
    values: dict[bytes, list[bytes]] = {}
    for line in lines:
        if line.startswith((b" ", b"\t")):
            yield Problem("folded", f"a header that is folded over two lines: {_shown(line)} (RFC 9112, section 5.2)")
        elif (field := _FIELD.fullmatch(line)) is None:
            yield Problem("header name", f"a line that is no header: {_shown(line)} (RFC 9112, section 5)")
        else:
            values.setdefault(field[1].lower(), []).append(field[2].strip(b" \t"))
    lengths = values.get(b"content-length", [])
    if len(lengths) > 1:
        yield Problem("content-lengths", f"{len(lengths)} Content-Lengths (RFC 9110, section 8.6)")
    for length in lengths:
        if not re.fullmatch(rb"\d+", length):
            text = _shown(b"Content-Length: " + length)
            yield Problem("content-length", f"{text}, which is no length (RFC 9110, section 8.6)")
    if lengths and b"transfer-encoding" in values:
        yield Problem("length and coding", "Content-Length beside Transfer-Encoding (RFC 9112, section 6.2)")


def _iter_causes(data: bytes, error: str) -> Iterator[Problem]:
    """What h11 says of a body that is none; what else it says may be ours to blame."""
    if short := re.search(r"received (\d+) bytes, expected (\d+)", error):
        text = f"{short[1]} of the {short[2]} bytes that its Content-Length says (RFC 9112, section 6.3)"
        yield Problem("short", text)
    elif "incomplete chunked read" in error or ("unexpectedly closed" in error and _END.search(data)):
        yield Problem("last chunk", "chunks without a last chunk (RFC 9112, section 7.1)")
    elif "illegal chunk" in error or "malformed chunk" in error:
        yield Problem("chunk", "chunks that cannot be read (RFC 9112, section 7.1)")


def _surplus(answer: Framed, method: str, number: int) -> Problem:
    """What stands behind the last answer that was asked for."""
    more = f"{number} byte{'' if number == 1 else 's'}"
    if method == "HEAD":
        return Problem("HEAD", f"{more} behind the head, though a HEAD has no body (RFC 9110, section 9.3.2)")
    if answer.status in {204, 304}:
        section = "15.3.5" if answer.status == 204 else "15.4.5"
        return Problem(str(answer.status), f"{more} behind a {answer.status}, which has no body (RFC 9110, {section})")
    end = "last chunk" if answer.header("transfer-encoding") else "Content-Length says"
    return Problem("surplus", f"{more} more than its {end} (RFC 9112, section 6.3)")


def _shown(line: bytes) -> str:
    text = line.decode("latin-1").strip("\r\n")
    return repr(text if len(text) <= SHOWN else f"{text[:SHOWN]}...")


def _first(problems: Iterator[Problem]) -> list[Problem]:
    """The first of an answer's problems: the others often follow from it."""
    return [problem for problem, _ in zip(problems, range(1), strict=False)]
