"""Findings and how grave they are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from enum import Enum
from typing import Any

from contract_tests.exchanges import Call


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


@dataclass(frozen=True, slots=True)
class Finding:
    """One observation about one operation.

    `claim` and `subject` identify the root cause (`status`, `loc`; `wait`, `422`); `pointer` is the place in the
    contract. `call` is absent when no single request shows it.
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

    @property
    def cause(self) -> tuple[str, str, str, str]:
        """Equal for findings with one root cause."""
        return (self.verdict.value, self.operation, self.claim, self.subject)

    def to_json(self) -> dict[str, Any]:
        """Plain data without the call, for another process."""
        return {**asdict(self), "verdict": self.verdict.value, "call": None}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Finding:
        """The inverse of `to_json`."""
        return cls(**{**data, "verdict": Verdict(data["verdict"])})


def group_findings(findings: Iterable[Finding]) -> list[tuple[Finding, int]]:
    """One finding for each root cause, the first seen, with how often it was seen; in the order of first sight."""
    first: dict[tuple[str, str, str, str], Finding] = {}
    count: dict[tuple[str, str, str, str], int] = {}
    for finding in findings:
        first.setdefault(finding.cause, finding)
        count[finding.cause] = count.get(finding.cause, 0) + 1
    return [(finding, count[cause]) for cause, finding in first.items()]
