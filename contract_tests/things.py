"""What passed between a run and a service: a request with its answer, and a thing that was made."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from contract_tests.exchanges import Answer, Call
from contract_tests.resources import Resource


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request and its answer."""

    call: Call
    answer: Answer
    form: Any = None

    @property
    def is_success(self) -> bool:
        return 200 <= self.answer.status < 300

    @property
    def body(self) -> Any:
        return self.answer.json()

    @property
    def sent(self) -> Any:
        """What the body of the request stands for; None when it has none."""
        try:
            return self.form if self.form is not None else json.loads(self.call.body or b"null")
        except ValueError:
            return None


@dataclass(frozen=True, slots=True)
class Made:
    """A thing that this run made: what was asked for, the answer, and the path values that name it."""

    resource: Resource
    sent: Any
    exchange: Exchange
    path_values: Mapping[str, str]
    headers: tuple[tuple[str, str], ...] = ()
