"""What a run found beside its failures, and how it is summed up."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from contract_tests.safety import Redactor
from contract_tests.verdicts import Finding, Verdict, group_findings

_TITLES = {
    Verdict.GAP: "gaps: the contract is silent about",
    Verdict.POLICY: "policies: lax but common",
    Verdict.ENVIRONMENT: "environment: not the implementation's fault, and not judged",
}


@dataclass
class Ledger:
    """Everything a process noted. Ledgers of several processes add up.

    `answers` holds for each operation the lowest status that a valid request was answered with; `judged` counts the
    answers that came from the service itself.
    """

    findings: list[Finding] = field(default_factory=list)
    answers: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    sent: int = 0
    judged: int = 0

    def note(self, sentence: str) -> None:
        """Remember a sentence for the summary, once."""
        if sentence not in self.notes:
            self.notes.append(sentence)

    def tried(self, operation: str, status: int) -> None:
        """A valid request was answered with this status."""
        self.answers[operation] = min(status, self.answers.get(operation, status))

    def add(self, other: Ledger) -> None:
        """Take over what another process noted."""
        self.findings += other.findings
        for operation, status in other.answers.items():
            self.tried(operation, status)
        for sentence in other.notes:
            self.note(sentence)
        self.sent += other.sent
        self.judged += other.judged

    def to_json(self) -> dict[str, Any]:
        """Plain data for another process; of each root cause one finding."""
        findings = [finding.to_json() for finding, _ in group_findings(self.findings)]
        return {**vars(self), "findings": findings}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Ledger:
        """The inverse of `to_json`."""
        return cls(**{**data, "findings": [Finding.from_json(finding) for finding in data["findings"]]})


def iter_summary(
    ledger: Ledger, *, where: str, seconds: float, seed: int, parameters: dict[str, tuple[str, ...]], redact: Redactor
) -> Iterator[str]:
    """The lines of the summary. `parameters` are each operation's path parameters that nobody pinned."""
    for operation, status in sorted(ledger.answers.items()):
        if status >= 400:
            remedy = _remedy(status, parameters.get(operation, ()))
            yield redact(f"NOTHING ACCEPTED: {operation} never accepted a valid request (answer {status}). {remedy}")
    for verdict in (Verdict.BUG, Verdict.GAP, Verdict.POLICY, Verdict.ENVIRONMENT):
        groups = group_findings(finding for finding in ledger.findings if finding.verdict is verdict)
        if not groups:
            continue
        yield _TITLES.get(verdict, "bugs, one line for each root cause")
        for finding, count in groups:
            prefix = "" if finding.operation in finding.sentence else f"{finding.operation}: "
            times = f" ({count} times)" if count > 1 and verdict is Verdict.BUG else ""
            yield redact(f"  {prefix}{finding.sentence}{times}")
    yield from map(redact, ledger.notes)
    requests = f"{ledger.sent} request{'' if ledger.sent == 1 else 's'}"
    yield redact(f"{where}: {requests} in {seconds:.1f} s, seed {seed}")


def _remedy(status: int, names: tuple[str, ...]) -> str:
    if status in {401, 403}:
        return "Name the variable that holds its credentials with --api-key-env or --bearer-env."
    if names:
        pins = " ".join(f"--set {name}=..." for name in names)
        return f"Most of its claims could not be checked: name something that exists with {pins}"
    return "Most of its claims could not be checked."
