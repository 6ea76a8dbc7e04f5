"""What a run found beside its failures, and how it is summed up."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from contract_tests.failures import describe_difference, iter_finding_commands
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
    shown: dict[str, Finding] = field(default_factory=dict)
    sent: int = 0
    judged: int = 0

    def note(self, sentence: str) -> None:
        """Remember a sentence for the summary, once."""
        if sentence not in self.notes:
            self.notes.append(sentence)

    def tried(self, operation: str, status: int) -> None:
        """A valid request was answered with this status."""
        self.answers[operation] = min(status, self.answers.get(operation, status))

    def show(self, finding: Finding) -> None:
        """Keep the example of a bug that its claim showed: the smallest, with how often it fails."""
        self.shown.setdefault("\0".join(finding.cause), finding)

    def bugs(self) -> list[Finding]:
        """One finding for each root cause of a bug, the shown example where there is one."""
        groups = group_findings(finding for finding in self.findings if finding.verdict is Verdict.BUG)
        return [self.shown.get("\0".join(finding.cause), finding) for finding, _ in groups]

    def add(self, other: Ledger) -> None:
        """Take over what another process noted."""
        self.findings += other.findings
        for operation, status in other.answers.items():
            self.tried(operation, status)
        for sentence in other.notes:
            self.note(sentence)
        for finding in other.shown.values():
            self.show(finding)
        self.sent += other.sent
        self.judged += other.judged

    def to_json(self) -> dict[str, Any]:
        """Plain data for another process; of each root cause one finding."""
        findings = [finding.to_json() for finding, _ in group_findings(self.findings)]
        return {**vars(self), "findings": findings, "shown": {key: bug.to_json() for key, bug in self.shown.items()}}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Ledger:
        """The inverse of `to_json`."""
        shown = {key: Finding.from_json(bug) for key, bug in data["shown"].items()}
        return cls(**{**data, "findings": [Finding.from_json(one) for one in data["findings"]], "shown": shown})


def to_report(ledger: Ledger, *, where: str, seed: int, redact: Redactor) -> dict[str, Any]:
    """The run as plain data to forward, without secrets: one entry for each root cause."""

    def entry(finding: Finding, count: int) -> dict[str, Any]:
        finding = ledger.shown.get("\0".join(finding.cause), finding)
        facts = ("operation", "claim", "subject", "sentence", "pointer", "expected", "got", "repeated")
        texts = {name: redact(str(getattr(finding, name))) for name in facts}
        commands = iter_finding_commands(finding, redact=redact)
        change = redact(describe_difference(finding.accepted, finding.call))
        return {
            "verdict": finding.verdict.value,
            **texts,
            "change": change,
            "curl": "\n".join(commands),
            "times": count,
        }

    never = sorted(operation for operation, status in ledger.answers.items() if status >= 400)
    return {
        "target": redact(where),
        "seed": seed,
        "requests": ledger.sent,
        "findings": [entry(finding, count) for finding, count in group_findings(ledger.findings)],
        "nothing_accepted": never,
        "notes": list(map(redact, ledger.notes)),
    }


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
            same = (one.operation for one in ledger.findings if verdict is Verdict.BUG and one.cause == finding.cause)
            others = set(same) - {finding.operation}
            also = f"; also {', '.join(sorted(others))}" if others else ""
            yield redact(f"  {prefix}{finding.sentence}{times}{also}")
        if verdict is Verdict.GAP:
            yield "  --overlay-out FILE writes the overlay that documents them; --overlay FILE applies it"
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
