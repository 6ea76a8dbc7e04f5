"""The service under test: one gate through which every request passes, over a socket or in process."""

from __future__ import annotations

import asyncio
import base64
import logging
import os
import re
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from io import BytesIO
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit

import requests
from requests.adapters import BaseAdapter, HTTPAdapter
from requests.utils import get_environ_proxies, select_proxy
from urllib3 import HTTPHeaderDict, HTTPResponse

from contract_tests.claims import load_claims
from contract_tests.clock import SYSTEM, Clock
from contract_tests.contract import Contract, Operation, Way
from contract_tests.exchanges import Call
from contract_tests.policies import POLICIES
from contract_tests.safety import Budget, Pace, Redactor
from contract_tests.settings import Settings, UsageProblem
from contract_tests.sockets import begins_an_answer
from mockserver import SpecError, default_spec_path, load_spec

IN_PROCESS_URL = "http://127.0.0.1:4010"
"""Where `mockserver` listens by default, so that a curl from an in-process run works once it is started."""

IN_PROCESS_KEY = "a-key-made-up-for-this-run"
IN_PROCESS_BASIC = base64.b64encode(f"understudy:{IN_PROCESS_KEY}".encode()).decode()

# What every HTTP client sends; without them a firewall may answer in the service's place.
_USUAL_HEADERS = {"User-Agent": "contract-tests", "Accept": "*/*", "Accept-Encoding": "gzip, deflate"}


_BROKEN_OFF = ("Connection aborted", "IncompleteRead", "Connection broken", "ended prematurely")

PAUSES = (0.0, 0.1, 0.4)
"""Seconds to wait after each attempt that was hung up on; after the last, the service hangs up on this request."""


class NoAnswer(Exception):
    """No answer came: the connection failed or timed out.

    `closed` when the service accepted the request and hung up, or sent what nobody can read; `malformed` when that is
    the head of an answer, which no network spoils.
    """

    def __init__(self, sentence: str, *, closed: bool = False, malformed: bool = False) -> None:
        super().__init__(sentence)
        self.closed = closed
        self.malformed = malformed


class Unsendable(Exception):
    """A request that no HTTP client can put on the wire."""


def load_contract(settings: Settings) -> Contract:
    """The contract of a run. Raises `UsageProblem` for a document that cannot be read."""
    try:
        # An overlay beside the document says how to mock it, not what the service promised: only those that are named.
        contract = Contract(load_spec(settings.spec or default_spec_path(), overlays=settings.overlays))
    except SpecError as error:
        raise UsageProblem(str(error)) from None
    known = {parameter.name for operation in contract.operations for parameter in operation.parameters}
    if unknown := [name for name in settings.pins if name not in known]:
        raise UsageProblem(
            f"--set {unknown[0]}: no operation has such a parameter. There are: {', '.join(sorted(known))}."
        )
    policies = {**POLICIES, **dict.fromkeys(filter(None, (claim.policy for claim in load_claims(settings, contract))))}
    if unknown := [name for name in settings.policies if name not in policies]:
        raise UsageProblem(f"--policy {unknown[0]}: there is no such policy. There are: {', '.join(policies)}.")
    if not contract.operations:
        raise UsageProblem(f"{contract.spec.document.source} has no operations: there is nothing to check.")
    return contract


class Target:
    """Where requests go. `session` is for Schemathesis, `send` for everything else; both pass the same gate."""

    def __init__(self, settings: Settings, contract: Contract, clock: Clock = SYSTEM) -> None:
        self.contract = contract
        self.clock = clock
        self.base_url = settings.base_url or IN_PROCESS_URL
        self.in_process = settings.base_url is None
        self._known = _known_values(settings)
        self._strangers = {kind == "bearer": value for kind, (_, value) in settings.strangers.items()}
        self._scoped = settings.scoped[1] if settings.scoped else ""
        self._scopes = settings.scopes
        self.redact = Redactor(settings.secrets)
        self.gate = Gate(
            _adapter(settings),
            budget=Budget(settings.max_requests, seconds=settings.max_time, clock=clock.now),
            pace=Pace(settings.interval, clock),
            timeout=settings.timeout,
        )
        self._adapter = SessionAdapter(self.gate)
        self.session = requests.Session()
        self.session.trust_env = False  # a .netrc would put its own credentials in place of ours
        self.session.mount("http://", self._adapter)
        self.session.mount("https://", self._adapter)

    @property
    def sent(self) -> int:
        """Requests so far."""
        return self.gate.budget.spent

    @property
    def has_socket(self) -> bool:
        """Whether requests go to the service itself over a plain connection, which anybody may open."""
        is_plain = isinstance(self.gate.inner, HTTPAdapter) and self.base_url.lower().startswith("http://")
        return is_plain and self.gate.is_direct(self.base_url)

    def send(self, call: Call, credentials: Mapping[Way, str] | None = None) -> requests.Response:
        """Send a request exactly as it is, with these credentials. Raises `NoAnswer`, `Unsendable`, `BudgetSpent`."""
        return self.gate.send(self.prepare(call, credentials))

    def send_together(self, calls: Sequence[Call], credentials: Mapping[Way, str]) -> list[requests.Response | None]:
        """Send requests at the same time, each on a connection of its own; None for each that was not answered.

        Raises `Unsendable`, `BudgetSpent`.
        """
        return self.gate.send_together([self.prepare(call, credentials) for call in calls])

    def prepare(self, call: Call, credentials: Mapping[Way, str] | None = None) -> requests.PreparedRequest:
        """A request with these credentials and what every client sends. Raises `Unsendable`."""
        request = requests.Request(call.method, call.url, headers=dict(call.headers), data=call.body)
        try:
            prepared = request.prepare()
        except (requests.RequestException, ValueError, UnicodeError) as error:
            raise Unsendable(str(error)) from None
        if call.body == b"":
            prepared.body, prepared.headers["Content-Length"] = b"", "0"
        # requests decodes %41 where it could stand as a letter; a service must do that by itself (RFC 3986, 6.2.2.2).
        if prepared.url != call.url and unquote_to_bytes(str(prepared.url)) == unquote_to_bytes(call.url):
            prepared.url = call.url
        for name, value in _USUAL_HEADERS.items():
            prepared.headers.setdefault(name, value)
        if not prepared.headers["Accept"]:
            del prepared.headers["Accept"]
        add_credentials(prepared, credentials or {})
        return prepared

    def known_ways(self, operation: Operation) -> tuple[Way, ...]:
        """The ways for which the right credential is known."""
        return tuple(way for way in self.contract.ways(operation) if way.is_bearer in self._known)

    def right_credentials(self, operation: Operation) -> dict[Way, str]:
        """The right credential for each way, as the text that it is sent as."""
        return {way: _shown(way, self._known[way.is_bearer]) for way in self.known_ways(operation)}

    def likely_credentials(self, operation: Operation) -> dict[Way, str]:
        """The only credential that is known, for the ways that nobody named one for: it may hold there, too."""
        if len(self._known) != 1:
            return {}
        ways = (way for way in self.contract.ways(operation) if way.is_bearer not in self._known and not way.is_basic)
        return {way: _shown(way, next(iter(self._known.values()))) for way in ways}

    def strange_credentials(self, operation: Operation) -> dict[Way, str]:
        """The other caller's credential for each way; none where there is no other caller."""
        ways = (way for way in self.contract.ways(operation) if way.is_bearer in self._strangers)
        return {way: _shown(way, self._strangers[way.is_bearer]) for way in ways}

    def scoped_credentials(self, operation: Operation) -> dict[Way, str]:
        """The token that has only some scopes, where an operation takes tokens; none where there is no such token."""
        ways = self.contract.ways(operation) if self._scoped else ()
        return {way: f"{way.prefix}{self._scoped}" for way in ways if way.is_bearer}

    def lacks(self, operation: Operation) -> tuple[str, ...]:
        """The scopes that an operation asks for and the scoped token does not have; none where it suffices."""
        missing: list[list[str]] = [
            [scope for scheme in requirement.schemes for scope in scheme.scopes if scope not in self._scopes]
            for requirement in operation.security
        ]
        return tuple(sorted(missing, key=len)[0]) if missing else ()

    def authenticate(self, operation: Operation) -> None:
        """Give what the session sends from now on the right credentials of this operation."""
        self._adapter.credentials = self.right_credentials(operation)

    def is_answering(self) -> bool:
        """Whether the service answers anything at all at this moment. Raises `BudgetSpent`."""
        try:
            self.send(Call("GET", f"{self.base_url}/"))
        except NoAnswer:
            return False
        return True

    def check_reachable(self) -> None:
        """Ask for anything at all. Raises `UsageProblem` when the service cannot be reached."""
        if self.in_process:
            return
        try:
            response = self.send(Call("GET", f"{self.base_url}/"))
        except NoAnswer as error:
            if error.malformed or (error.closed and begins_an_answer(f"{self.base_url}/")):
                return  # it is there, and what is wrong with it will be told
            raise UsageProblem(f"{self.base_url} cannot be reached: {error}. Is the service running?") from None
        ours, theirs = urlsplit(self.base_url), urlsplit(response.headers.get("location", ""))
        # A redirect elsewhere may be the root's alone (to the documentation); one to https is everything's.
        if response.is_redirect and theirs.hostname == ours.hostname and theirs.scheme not in {"", ours.scheme}:
            raise UsageProblem(f"{self.base_url} redirects to {theirs.scheme}://{theirs.netloc}: audit that URL.")

    def close(self) -> None:
        self.session.close()
        self.gate.inner.close()


class Gate:
    """Budget, pace and timeout for every request; nothing is sent around it."""

    def __init__(self, inner: BaseAdapter, *, budget: Budget, pace: Pace, timeout: float) -> None:
        self.inner = inner
        self.budget = budget
        self.pace = pace
        self.timeout = timeout
        self.is_impatient = False
        """Set once answers are known that break off: each connection ends with its answer, and nobody asks again."""
        self.verify = os.environ.get("REQUESTS_CA_BUNDLE") or True
        self._proxies: dict[str, dict[str, str]] = {}

    def send(self, request: requests.PreparedRequest) -> requests.Response:
        """Raises `BudgetSpent`, `NoAnswer`, `Unsendable`."""
        for pause in PAUSES[:1] if self.is_impatient else PAUSES:
            try:
                return self._send_once(request)
            except requests.ConnectionError as error:
                if not _was_closed(error):
                    raise NoAnswer(_reason(error)) from None
                reason = _reason(error)
            # A kept-alive connection may have been closed between two requests, and a busy machine resets some: neither
            # is an answer to this request.
            self.pace.clock.sleep(pause)
        raise NoAnswer(reason, closed=True)

    def send_together(self, requested: Sequence[requests.PreparedRequest]) -> list[requests.Response | None]:
        """The answers to requests that are sent at the same time; None where none came. Raises `BudgetSpent`."""
        for _ in requested:
            self.admit()
        if isinstance(self.inner, ASGIAdapter):
            return self.inner.send_together(requested)

        def send(request: requests.PreparedRequest) -> requests.Response | None:
            with suppress(NoAnswer, Unsendable, requests.ConnectionError):
                return self._send_by(LoopbackAdapter(), request)
            return None

        with ThreadPoolExecutor(len(requested)) as pool:
            return list(pool.map(send, requested))

    def admit(self) -> None:
        """Return when one more request may be sent. Raises `BudgetSpent`."""
        self.budget.spend()
        self.pace.wait()

    def is_direct(self, url: str) -> bool:
        """Whether no proxy stands between this machine and an origin."""
        return select_proxy(url, self._environment_proxies(url)) is None

    def _send_once(self, request: requests.PreparedRequest) -> requests.Response:
        self.admit()
        return self._send_by(self.inner, request)

    def _send_by(self, adapter: BaseAdapter, request: requests.PreparedRequest) -> requests.Response:
        if self.is_impatient:
            request.headers["Connection"] = "close"
        try:
            proxies = self._environment_proxies(str(request.url))
            response = adapter.send(request, timeout=self.timeout, verify=self.verify, proxies=proxies)
            response.content  # noqa: B018 - reads the body while errors are still caught here
        except requests.Timeout:
            raise NoAnswer(f"no answer within {self.timeout:g} seconds") from None
        except requests.exceptions.ChunkedEncodingError as error:
            raise requests.ConnectionError(error) from None
        except requests.exceptions.ContentDecodingError as error:
            raise NoAnswer(f"the body cannot be decoded ({error})", closed=True) from None
        except requests.exceptions.InvalidHeader as error:  # of the answer: those of requests are seen before
            raise NoAnswer(f"a header of the answer is wrong: {error}", closed=True, malformed=True) from None
        except (requests.exceptions.InvalidURL, UnicodeError, ValueError) as error:
            raise Unsendable(str(error)) from None
        return response

    def _environment_proxies(self, url: str) -> dict[str, str]:
        """The proxies that the environment names for an origin; finding them out takes longer than a request."""
        origin = "/".join(url.split("/", 3)[:3])
        if origin not in self._proxies:
            self._proxies[origin] = get_environ_proxies(url)
        return self._proxies[origin]


class SessionAdapter(BaseAdapter):
    """Hands what Schemathesis sends to the gate, with credentials added."""

    def __init__(self, gate: Gate) -> None:
        super().__init__()
        self.gate = gate
        self.credentials: Mapping[Way, str] = {}

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        add_credentials(request, self.credentials)
        return self.gate.send(request)

    def close(self) -> None:
        return None


class SocketAdapter(HTTPAdapter):
    """A connection that does not wait for the end of a body of which nobody can know it."""

    def __init__(self) -> None:
        super().__init__()
        logging.getLogger("urllib3.connection").addFilter(_is_untold)

    def send(self, *arguments: Any, **options: Any) -> requests.Response:
        response = super().send(*arguments, **options)
        if line := _find_lost_length(response):
            response.close()
            sentence = f"the head of the answer has a line that is no header: {line[:60]!r} (RFC 9112, section 5)"
            raise NoAnswer(sentence, closed=True, malformed=True)
        return response


class LoopbackAdapter(SocketAdapter):
    """A connection for each request.

    On a kept one, a server that sends headers and body apart without TCP_NODELAY waits 40 ms for the acknowledgement of
    the first each time (uvicorn with a socket of its own does); a new connection costs 1 ms.
    """

    def send(self, *arguments: Any, **options: Any) -> requests.Response:
        response = super().send(*arguments, **options)
        response.content  # noqa: B018 - reads it before the connection goes
        self.poolmanager.clear()
        return response


class ASGIAdapter(BaseAdapter):
    """Calls an ASGI application in place of a socket."""

    def __init__(self, app: Any) -> None:
        super().__init__()
        self.app = app
        self.loop = asyncio.new_event_loop()
        self._builder = HTTPAdapter()

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        return self._built(request, *self.loop.run_until_complete(self._call(request)))

    def send_together(self, requested: Sequence[requests.PreparedRequest]) -> list[requests.Response | None]:
        """The answers to calls that run at the same time, as far as the application waits."""

        async def gathered() -> list[tuple[int, list[tuple[str, str]], bytes]]:
            return await asyncio.gather(*map(self._call, requested))

        answers = self.loop.run_until_complete(gathered())
        return [self._built(request, *answer) for request, answer in zip(requested, answers, strict=True)]

    def _built(
        self, request: requests.PreparedRequest, status: int, headers: list[tuple[str, str]], body: bytes
    ) -> requests.Response:
        if status in {204, 304}:
            body = b""  # what no server puts on the wire
        raw = HTTPResponse(
            BytesIO(body),
            headers=HTTPHeaderDict(headers),
            status=status,
            preload_content=False,
            request_method=request.method,  # the length of an answer to HEAD is that of GET
        )
        return self._builder.build_response(request, raw)

    def close(self) -> None:
        self.loop.close()

    async def _call(self, request: requests.PreparedRequest) -> tuple[int, list[tuple[str, str]], bytes]:
        url = urlsplit(str(request.url))
        body = request.body.encode() if isinstance(request.body, str) else request.body or b""
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": request.method,
            "scheme": url.scheme,
            "path": unquote_to_bytes(url.path).decode("utf-8", "replace"),
            "raw_path": url.path.encode(),
            "root_path": "",
            "query_string": url.query.encode(),
            "headers": [(b"host", url.netloc.encode()), *map(_raw_header, request.headers.items())],
            "client": ("127.0.0.1", 0),
            "server": (url.hostname, url.port or 80),
        }
        sent: list[Mapping[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Mapping[str, Any]) -> None:
            sent.append(message)

        await self.app(scope, receive, send)
        start = next(message for message in sent if message["type"] == "http.response.start")
        headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in start["headers"]]
        # Starlette leaves it to the server to send no body to HEAD.
        body = b"" if request.method == "HEAD" else b"".join(message.get("body", b"") for message in sent)
        return start["status"], headers, body


def add_credentials(request: requests.PreparedRequest, values: Mapping[Way, str]) -> None:
    """Put credentials where their ways say."""
    for way, value in values.items():
        if way.location == "header":
            request.headers[way.name] = value
        elif way.location == "query":
            request.prepare_url(request.url, {way.name: value})
        else:
            cookies = request.headers.get("Cookie")
            request.headers["Cookie"] = "; ".join(filter(None, (cookies, f"{way.name}={value}")))


def _shown(way: Way, value: str) -> str:
    if way.is_basic and value == IN_PROCESS_KEY:
        value = IN_PROCESS_BASIC
    elif way.is_basic and ":" in value:
        value = base64.b64encode(value.encode()).decode()
    return f"{way.prefix}{value}"


def _known_values(settings: Settings) -> dict[bool, str]:
    """The right credential values, by whether they are bearer tokens."""
    if settings.base_url is None and not settings.credentials:
        return {False: IN_PROCESS_KEY, True: IN_PROCESS_KEY}
    return {kind == "bearer": value for kind, (_, value) in settings.credentials.items()}


def _adapter(settings: Settings) -> BaseAdapter:
    if settings.base_url is None:
        return ASGIAdapter(_mock(settings))
    return LoopbackAdapter() if settings.is_local else SocketAdapter()


def _mock(settings: Settings) -> Any:
    from mockserver.app import create_app  # noqa: PLC0415 - only a run in process needs the mock

    keys = tuple(settings.secrets.values()) or (IN_PROCESS_KEY, IN_PROCESS_BASIC)
    try:
        return create_app(settings.spec or default_spec_path(), seed=settings.seed, auth=True, api_keys=keys)
    except SpecError as error:
        raise UsageProblem(str(error)) from None


def _raw_header(pair: tuple[Any, Any]) -> tuple[bytes, bytes]:
    name, value = (part if isinstance(part, bytes) else str(part).encode("latin-1") for part in pair)
    return name.lower(), value


def _is_untold(record: logging.LogRecord) -> bool:
    """Whether a warning of urllib3's is about anything but a head, which findings tell of."""
    return not str(record.msg).startswith("Failed to parse headers")


def _find_lost_length(response: requests.Response) -> str:
    """The line of a head behind which its Content-Length or Transfer-Encoding is lost: it is no header.

    http.client reads a head up to such a line, and would then wait for the end of the connection.
    """
    message = getattr(getattr(response.raw, "_original_response", None), "msg", None)
    lost = str(message.get_payload()) if message is not None and message.defects else ""
    return lost.partition("\n")[0].strip() if re.search(r"(?im)^(content-length|transfer-encoding):", lost) else ""


def _was_closed(error: Exception) -> bool:
    return any(words in str(error) for words in _BROKEN_OFF)


def _reason(error: Exception) -> str:
    """The innermost reason of a chain of library errors, in one line."""
    text = str(error.args[0] if error.args else error)
    for known in (
        "Connection refused",
        "Name or service not known",
        "nodename nor servname",
        "CERTIFICATE_VERIFY_FAILED",
    ):
        if known in text:
            return known.lower().replace("_", " ")
    return "the connection was closed without an answer" if _was_closed(error) else text.splitlines()[0][:200]
