"""Answers are read strictly as RFC 9112 has them written."""

from __future__ import annotations

import pytest

from contract_tests.framing import read_answers

FINE = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"HTTP/1.1 200 OK\r\nBad Header : x\r\nContent-Length: 2\r\n\r\n{}", "'Bad Header : x'"),
        (b"HTTP/1.1 200 OK\r\nContent-Length : 2\r\n\r\n{}", "'Content-Length : 2'"),
        (b"HTTP/1.1 200 OK\r\nContent-Length\r\n\r\n{}", "section 5"),
        (b"HTTP/1.1 200 OK\r\n: x\r\nContent-Length: 2\r\n\r\n{}", "section 5"),
        (b"HTTP/1.1 200 OK\r\nX-A: a\r\n b\r\nContent-Length: 2\r\n\r\n{}", "folded"),
        (b"HTTP/1.1 200 OK\nContent-Length: 2\n\n{}", "line feed"),
        (b"HTTP/1.1 200 OK\r\nX-A: a\nContent-Length: 2\r\n\r\n{}", "line feed"),
        (b"HTTP/1.1 200 OK\r\nX-A: a\rb\r\nContent-Length: 2\r\n\r\n{}", "carriage return"),
        (b"HTTP/1.1 200 OK\r\nX-A: a\x00b\r\nContent-Length: 2\r\n\r\n{}", "NUL"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\n{}", "2 Content-Lengths"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}", "2 Content-Lengths"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: two\r\n\r\n{}", "Content-Length: two"),
        (
            b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
            "beside",
        ),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n", "last chunk"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{}", "chunk"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{}\r\n", "chunks that cannot be read"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}0\r\n\r\n", "chunks that cannot be read"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}", "2 of the 9 bytes"),
        (b"200 OK\r\nContent-Length: 2\r\n\r\n{}", "status line"),
        (b"HTTP/1.1 OK\r\nContent-Length: 2\r\n\r\n{}", "status line"),
        (b"HTTP/1.1 2000 OK\r\nContent-Length: 2\r\n\r\n{}", "status line"),
        (b"{}", "status line"),
    ],
)
def test_what_is_wrong_with_an_answer_is_named(data: bytes, words: str) -> None:
    [problem] = read_answers(data, ["POST"], closed=True).problems
    assert words in problem.sentence


@pytest.mark.parametrize(
    ("data", "method", "words"),
    [
        (FINE + b"}", "POST", "1 byte more than its Content-Length"),
        (FINE + b"\r\n", "POST", "2 bytes more than its Content-Length"),
        (FINE, "HEAD", "HEAD"),
        (b"HTTP/1.1 204 No Content\r\n\r\n{}", "POST", "204"),
        (b"HTTP/1.1 304 Not Modified\r\n\r\n{}", "GET", "304"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n}", "POST", "last chunk"),
    ],
)
def test_what_follows_the_last_answer_is_named(data: bytes, method: str, words: str) -> None:
    reading = read_answers(data, [method], closed=True)
    assert reading.surplus is not None
    assert words in reading.surplus.sentence


@pytest.mark.parametrize(
    ("data", "method"),
    [
        (FINE, "POST"),
        (b"HTTP/1.1 100 Continue\r\n\r\n" + FINE, "POST"),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n" + FINE, "POST"),
        (b"HTTP/1.0 200 OK\r\n\r\n{}", "POST"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", "POST"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n1;a=b\r\n}\r\n0\r\nX-A: b\r\n\r\n", "POST"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n", "HEAD"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "HEAD"),
        (b"HTTP/1.1 204 No Content\r\n\r\n", "POST"),
        (b"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n", "POST"),
        (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 2\r\n\r\n", "GET"),
        (b"HTTP/1.1 299 \r\nContent-Length: 0\r\n\r\n", "GET"),
        (b"HTTP/1.1 299\r\nContent-Length: 0\r\n\r\n", "GET"),
        (b"HTTP/1.1 200 Sch\xf6n\r\nX-A: \xe4\r\nX-B:\r\nX-C:\tc \r\nContent-Length: 0\r\n\r\n", "GET"),
    ],
)  # fmt: skip
def test_what_is_right_is_read_in_silence(data: bytes, method: str) -> None:
    reading = read_answers(data, [method], closed=True)
    assert (reading.problems, reading.surplus, len(reading.answers)) == ((), None, 1)


def test_answers_are_read_in_order() -> None:
    refused = FINE.replace(b"200 OK", b"401 Unauthorized")
    reading = read_answers(refused + FINE + b"HTTP/1.1 2", ["POST", "POST", "POST"], closed=False)
    assert [answer.status for answer in reading.answers] == [401, 200]
    assert (reading.problems, reading.is_begun) == ((), True)


def test_what_has_not_come_yet_is_no_problem() -> None:
    for end in range(len(FINE)):
        reading = read_answers(FINE[:end], ["POST"], closed=False)
        assert (reading.answers, reading.problems, reading.is_begun) == ((), (), end > 0)


def test_a_coding_that_nobody_here_reads_is_not_judged() -> None:
    reading = read_answers(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nabc", ["POST"], closed=True)
    assert (reading.answers, reading.problems) == ((), ())
