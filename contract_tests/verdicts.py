"""Findings and how grave they are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from enum import Enum
from typing import Any

from contract_tests.exchanges import Call, Step


class Verdict(Enum):
    """Who must act on a finding. Only a bug fails a run."""

    BUG = "bug"
    """The implementation breaks the contract."""
    GAP = "gap"
    """The contract is silent about an answer that is standard for its situation."""
    POLICY = "policy"
    """Lax but common."""
    ENVIRONMENT = "environment"
    """The network or a gateway failed, not the implementation."""


_SHARED = ("#/components/", "#/definitions/")
_OF_SCHEMAS = {"body", "loc", "error-code", "every-error", "invalid accepted", "valid refused"}
"""Claims whose subject is a part of a schema, so that the same part is broken for every operation that has it."""

ON_THE_SOCKET = frozenset({"framing", "chunked", "pipelined", "expect", "http/1.0", "header case"})
"""Claims about how messages are written: most HTTP clients hide what these are about."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One observation about one operation.

    `claim` and `subject` identify the root cause (`status`, `loc`; `wait`, `422`); `pointer` is the place in the
    contract. `call` is absent when no single request shows it; `accepted` is the accepted request that
    `call` was made from. `media_type` is that of the answer. `repeated` says how often the request failed when it was
    repeated, where that was not every time. `steps` are the requests that come before `call`. `written` is what went
    over the socket, where no HTTP client would send it.
    """

    verdict: Verdict
    operation: str
    claim: str
    subject: str
    sentence: str
    pointer: str = ""
    expected: str = ""
    got: str = ""
    call: Call | None = None
    accepted: Call | None = None
    media_type: str = ""
    repeated: str = ""
    steps: tuple[Step, ...] = ()
    written: str = ""

    @property
    def cause(self) -> tuple[str, str, str, str]:
        """Equal for findings with one root cause: what breaks a schema that operations share is one bug."""
        is_shared = self.verdict is Verdict.BUG and self.claim in _OF_SCHEMAS and self.pointer.startswith(_SHARED)
        where = self.pointer if is_shared else self.operation
        return (self.verdict.value, where, self.claim, self.subject)

    def to_json(self) -> dict[str, Any]:
        """Plain data, for another process."""
        calls = {name: call.to_json() if call else None for name, call in self._calls().items()}
        steps = [step.to_json() for step in self.steps]
        return {**asdict(self), "verdict": self.verdict.value, **calls, "steps": steps}

    def after(self, steps: Sequence[Step]) -> Finding:
        """The finding with the requests that led to it."""
        return replace(self, steps=tuple(steps))

    def _calls(self) -> dict[str, Call | None]:
        return {"call": self.call, "accepted": self.accepted}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Finding:
        """The inverse of `to_json`."""
        calls = {name: Call.from_json(data[name]) if data[name] else None for name in ("call", "accepted")}
        steps = tuple(map(Step.from_json, data["steps"]))
        return cls(**{**data, "verdict": Verdict(data["verdict"]), **calls, "steps": steps})


def group_findings(findings: Iterable[Finding]) -> list[tuple[Finding, int]]:
    """One finding for each root cause, the first seen, with how often it was seen; in the order of first sight."""
    first: dict[tuple[str, str, str, str], Finding] = {}
    count: dict[tuple[str, str, str, str], int] = {}
    for finding in findings:
        first.setdefault(finding.cause, finding)
        count[finding.cause] = count.get(finding.cause, 0) + 1
    return [(finding, count[cause]) for cause, finding in first.items()]
