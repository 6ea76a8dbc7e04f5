"""Serving an ASGI application on a socket, with uvicorn."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import uvicorn

START_SECONDS: Final = 10.0

SETTINGS: Final[dict[str, Any]] = {"access_log": False, "server_header": False, "timeout_graceful_shutdown": 3}
LOG_CONFIG: Final[dict[str, Any]] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s  %(message)s", "datefmt": "%H:%M:%S"}},
    "handlers": {"stdout": {"class": "logging.StreamHandler", "formatter": "line", "stream": "ext://sys.stdout"}},
    "loggers": {
        "mockserver": {"handlers": ["stdout"], "level": "INFO", "propagate": False},
        "uvicorn": {"handlers": ["stdout"], "level": "WARNING", "propagate": False},
    },
}


def bind(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes a free one. Raises `OSError`."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
    except OSError:
        listener.close()
        raise
    return listener


def address(listener: socket.socket) -> str:
    """The URL of a listening socket."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def serve(app: Any, listener: socket.socket) -> None:
    """Serve until interrupted; the application logs its requests itself."""
    uvicorn.Server(_config(app, log_config=LOG_CONFIG)).run([listener])


def serve_workers(factory: str, host: str, port: int, *, workers: int) -> None:
    """Serve with several processes until interrupted. `factory` is `module:function`, called in each process."""
    uvicorn.run(factory, host=host, port=port, workers=workers, factory=True, log_config=LOG_CONFIG, **SETTINGS)


@contextmanager
def serve_in_thread(app: Any, *, host: str = "127.0.0.1") -> Iterator[str]:
    """Serve in the background on a free port; the value is the URL. Raises `RuntimeError` when it does not start."""
    listener = bind(host, 0)
    server = uvicorn.Server(_config(app))
    thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()
    try:
        _await_start(server, thread)
        yield address(listener)
    finally:
        server.should_exit = True
        thread.join(START_SECONDS)
        listener.close()


def _await_start(server: uvicorn.Server, thread: threading.Thread) -> None:
    waiting = threading.Event()
    for _ in range(int(START_SECONDS / 0.01)):
        if server.started:
            return
        if not thread.is_alive():
            break
        waiting.wait(0.01)
    raise RuntimeError("the server did not start")


def _config(app: Any, *, log_config: dict[str, Any] | None = None) -> uvicorn.Config:
    return uvicorn.Config(app, log_config=log_config, **SETTINGS)
