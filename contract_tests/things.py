"""What passed between a run and a service: a request with its answer, and a thing that was made."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from contract_tests.exchanges import Answer, Call, Step
from contract_tests.resources import Resource


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request and its answer. `envelope` is the member of the answer that holds all there is to say, if one does."""

    call: Call
    answer: Answer
    form: Any = None
    envelope: str = ""

    @property
    def is_success(self) -> bool:
        return 200 <= self.answer.status < 300

    @property
    def body(self) -> Any:
        """What the answer shows, without an envelope; None when it is no JSON."""
        return self._opened()[1]

    def _opened(self) -> tuple[tuple[str, ...], Any]:
        """The names that lead to what the answer shows, and that."""
        body = self.answer.json()
        is_wrapped = isinstance(body, dict) and self.envelope in body
        return ((self.envelope,), body[self.envelope]) if is_wrapped and self.envelope else ((), body)

    @property
    def sent(self) -> Any:
        """What the body of the request stands for; None when it has none."""
        try:
            return self.form if self.form is not None else json.loads(self.call.body or b"null")
        except ValueError:
            return None

    def step(self, identity: str) -> Step:
        """The step that made something with this id."""
        path, body = self._opened()
        members = body.items() if isinstance(body, dict) else ()
        found = next(((*path, name) for name, value in members if str(value) == identity), ())
        return Step(self.call, identity, found)


@dataclass(frozen=True, slots=True)
class Made:
    """A thing that this run made: what was asked for, the answer, and the path values that name it."""

    resource: Resource
    sent: Any
    exchange: Exchange
    path_values: Mapping[str, str]
    headers: tuple[tuple[str, str], ...] = ()
