"""What FastAPI makes of a request, for documents of FastAPI: they forbid what it takes, and do not say all it checks.

`tests/parity` holds the mock against FastAPI itself, request by request; so the mock is asked. What FastAPI does by
itself is no bug of a service; what a service does beyond it may be one.
"""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import unquote, urlsplit

from contract_tests.contract import Contract
from contract_tests.exchanges import Call
from contract_tests.intents import Intent, Kind
from contract_tests.statuses import VALIDATION
from mockserver import MockEngine
from mockserver.types import Headers, Reply, Request


class FastAPIReading:
    """Tells what a request is by what FastAPI would answer."""

    def __init__(self, contract: Contract, base_url: str) -> None:
        self._engine = MockEngine(contract.spec, auth=False) if contract.spec.is_fastapi else None
        self._prefix = urlsplit(base_url).path.rstrip("/")

    def reread(self, intent: Intent, call: Call) -> Intent:
        """The intent as it is after all: what FastAPI refuses need not be accepted, what it takes need not be refused.

        It refuses an email at a reserved domain, and what it cannot parse with 400; it takes an array with one item
        twice for a set.
        """
        if self._engine is None or intent.kind not in {Kind.VALID, Kind.INVALID, Kind.MALFORMED}:
            return intent
        status = self._reply(self._engine, call).status
        if intent.kind is Kind.VALID:
            return replace(intent, kind=Kind.UNCERTAIN) if status in VALIDATION else intent
        if status < 300:
            return replace(intent, kind=Kind.LAX)
        return replace(intent, kind=Kind.MALFORMED) if status == 400 else intent

    def reply(self, call: Call) -> Reply | None:
        """What FastAPI answers to a request with good credentials; None where the document is not FastAPI's."""
        return self._reply(self._engine, call) if self._engine is not None else None

    def _reply(self, engine: MockEngine, call: Call) -> Reply:
        url = urlsplit(call.url)
        raw_path = url.path.removeprefix(self._prefix)
        headers = Headers((name.encode("latin-1"), value.encode("latin-1")) for name, value in call.headers)
        return engine.handle(
            Request(call.method, unquote(raw_path), url.query, headers, call.body or b"", url.scheme, raw_path)
        )
