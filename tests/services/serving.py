"""Real servers on free loopback ports, each in a thread of its own."""

from __future__ import annotations

import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import requests
import uvicorn
from requests.adapters import BaseAdapter, HTTPAdapter
from urllib3 import HTTPHeaderDict, HTTPResponse
from werkzeug.datastructures import Headers
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.test import EnvironBuilder, run_wsgi_app

from tests.services import flask_clone
from tests.services.clone_variants import API_KEY, VM_ID


@contextmanager
def serve_asgi(app: Any) -> Iterator[str]:
    """An ASGI application under uvicorn; yields its URL."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(128)
        config = uvicorn.Config(app, log_level="critical", lifespan="off", ws="none", timeout_graceful_shutdown=1)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.005)
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(5)


@contextmanager
def serve_node(script: Path, *arguments: str) -> Iterator[str]:
    """A script of Node's that prints the port it listens on; yields its URL."""
    with subprocess.Popen(["node", str(script), *arguments], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.terminate()


class _Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, type: str, message: str, *args: Any) -> None:
        return None


@contextmanager
def serve_wsgi(app: Any) -> Iterator[str]:
    """A WSGI application under werkzeug's threaded server; yields its URL."""
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join(5)
        server.server_close()


@contextmanager
def serve_handler(version: str) -> Iterator[str]:
    """The Flask clone behind http.server as it is, which leaves bodies to its handlers; yields its URL."""
    app = flask_clone.build_app(api_keys={API_KEY}, vm_ids={VM_ID})

    class Handler(BaseHTTPRequestHandler):
        protocol_version = version

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            path, _, query = self.path.partition("?")
            headers = Headers(list(self.headers.items()))
            environ = EnvironBuilder(
                path=unquote(path), query_string=query, method=self.command, headers=headers, data=body
            )
            content, status, answered = run_wsgi_app(app, environ.get_environ(), buffered=True)
            self.send_response(int(status.partition(" ")[0]))
            for name, value in answered.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(b"".join(content))

        do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_PATCH = do_OPTIONS = answer  # noqa: N815

        def log_message(self, format: str, *args: Any) -> None:
            return None

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join(5)
        server.server_close()


class WSGIAdapter(BaseAdapter):
    """Calls a WSGI application in place of a socket."""

    def __init__(self, app: Any) -> None:
        super().__init__()
        self.app = app
        self._builder = HTTPAdapter()

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        url = urlsplit(str(request.url))
        body = request.body.encode() if isinstance(request.body, str) else request.body or b""
        environ = EnvironBuilder(
            path=unquote(url.path),
            query_string=url.query,
            base_url=f"{url.scheme}://{url.netloc}",
            method=str(request.method),
            headers=Headers([(name, _text(value)) for name, value in request.headers.items()]),
            input_stream=BytesIO(body),
        ).get_environ()
        environ["CONTENT_LENGTH"] = str(len(body))
        content, status, headers = run_wsgi_app(self.app, environ, buffered=True)
        raw = HTTPResponse(
            BytesIO(b"" if request.method == "HEAD" else b"".join(content)),  # no server lets a body through
            headers=HTTPHeaderDict(list(headers)),
            status=int(status.partition(" ")[0]),
            preload_content=False,
            request_method=request.method,  # the length of an answer to HEAD is that of GET
        )
        return self._builder.build_response(request, raw)

    def close(self) -> None:
        return None


def _text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)
