"""What keeps a run harmless: a request budget, a pace, and secrets that stay secret."""

from __future__ import annotations

import base64
import json
import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, quote_plus

from contract_tests.clock import Clock

MIN_PASSWORD = 4


class BudgetSpent(Exception):
    """The run may send no further request."""


@dataclass
class Budget:
    """At most `limit` requests, and none once so many `seconds` have passed; no limit when None."""

    limit: int | None
    spent: int = 0
    seconds: float | None = None
    clock: Callable[[], float] = time.monotonic
    _until: float | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self._until = None if self.seconds is None else self.clock() + self.seconds

    def allows(self, number: int) -> bool:
        """Whether so many more requests may be sent."""
        in_time = self._until is None or self.clock() < self._until
        return in_time and (self.limit is None or self.spent + number <= self.limit)

    def spend(self) -> None:
        """Count one request. Raises `BudgetSpent` when none is left."""
        if self.limit is not None and self.spent >= self.limit:
            raise BudgetSpent(f"the budget of {self.limit} requests is used up (--max-requests)")
        if self._until is not None and self.clock() >= self._until:
            raise BudgetSpent(f"the {self.seconds:g} seconds are used up (--max-time)")
        self.spent += 1


@dataclass
class Pace:
    """Spaces requests `interval` seconds apart."""

    interval: float
    clock: Clock
    _next: float = field(default=float("-inf"), init=False)

    def wait(self) -> None:
        """Return when the next request may be sent."""
        now = self.clock.now()
        if now < self._next:
            self.clock.sleep(self._next - now)
            now = self._next
        self._next = now + self.interval


def parse_rate(text: str) -> float:
    """`5/s`, `60/m` or `100/h` as seconds between two requests. Raises `ValueError`."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)/([smh])", text.strip())
    if match is None or float(match[1]) == 0:
        raise ValueError(f"{text!r} is no rate. Write it as 5/s, 60/m or 100/h.")
    return {"s": 1, "m": 60, "h": 3600}[match[2]] / float(match[1])


class Redactor:
    """Replaces secrets wherever they stand, by value: raw, percent-encoded, JSON-escaped and in base64.

    `secrets` maps the name of an environment variable to its value; `$NAME` takes the value's place.
    """

    def __init__(self, secrets: Mapping[str, str]) -> None:
        forms = {
            form: name
            for name, value in secrets.items()
            for secret in filter(None, (_password(value), value))
            for form in _forms(secret)
        }
        # The longest form first, so that no part of it is left over.
        self._names = dict(sorted(forms.items(), key=lambda item: -len(item[0])))
        self._pattern = re.compile("|".join(map(re.escape, self._names))) if self._names else None

    def __call__(self, text: str) -> str:
        """The text without the secrets."""
        return "".join(f"${name}" if name else piece for piece, name in self.iter_pieces(text))

    def iter_pieces(self, text: str) -> Iterator[tuple[str, str]]:
        """The text cut at its secrets: pairs of a piece and the variable that holds it, empty for plain text."""
        position = 0
        for match in self._pattern.finditer(text) if self._pattern else ():
            if match.start() > position:
                yield text[position : match.start()], ""
            yield match[0], self._names[match[0]]
            position = match.end()
        if position < len(text):
            yield text[position:], ""


def _password(value: str) -> str:
    """The password of `name:password`, as it is or in base64: it may stand alone. Too short a one hides nothing."""
    text = value
    if ":" not in value:
        try:
            text = base64.b64decode(value, validate=True).decode()
        except ValueError:
            return ""
    password = text.partition(":")[2]
    return password if len(password) >= MIN_PASSWORD else ""


def _forms(value: str) -> Iterator[str]:
    yield value
    yield quote(value, safe="")
    yield quote(value)
    yield quote_plus(value)
    yield json.dumps(value)[1:-1]
    yield json.dumps(value, ensure_ascii=False)[1:-1]
    raw = value.encode()
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        # Inside a longer text (`user:secret`) base64 reads differently at each of three offsets; its outermost
        # characters depend on the neighbours and are left out.
        for offset in range(3):
            text = encode(bytes(offset) + raw).decode().rstrip("=")
            inner = text[(0, 2, 3)[offset] : len(text) - ((offset + len(raw)) % 3 > 0)]
            if len(inner) >= 8:
                yield inner
