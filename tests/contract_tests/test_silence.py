"""A service that hangs up: its bug when it is this request's doing, the machine's when it is not."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.contract_tests.auditing import audit

SPEC = """
openapi: 3.1.0
info: {title: t, version: "1"}
paths:
  /things:
    get: {responses: {"200": {description: fine}}}
"""
FINE = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


@contextmanager
def hanging_up(when: Callable[[int, bytes], bool]) -> Iterator[str]:
    """A server that closes the connection without an answer `when` the number and line of a request say so."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            number = 0
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    data = connection.recv(65536)
                    number += 1
                    if data and not when(number, data.partition(b"\r\n")[0]):
                        connection.sendall(FINE)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join(5)


@pytest.mark.parametrize(
    ("when", "code", "sentence"),
    [
        (lambda number, line: b"/things" in line, 1, "gives no answer to"),
        (lambda number, line: b"/things" in line and number % 3 == 0, 0, ""),
        (lambda number, line: number > 4, 0, "environment: not the implementation's fault"),
    ],
    ids=["on one request", "now and then", "on everything, from some moment on"],
)
def test_a_hang_up(when: Callable[[int, bytes], bool], code: int, sentence: str, tmp_path: Path) -> None:
    (tmp_path / "spec.yaml").write_text(SPEC)
    with hanging_up(when) as url:
        run = audit(url, "--spec", str(tmp_path / "spec.yaml"), "--max-examples", "2", "-k", "valid or generated")

    assert run.code == code, run.text
    assert sentence in run.text
