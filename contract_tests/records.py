"""What a claim has found so far, and what it raises."""

from __future__ import annotations

from dataclasses import dataclass, field

from contract_tests.verdicts import Finding

TOLD_ABOVE = " (told above)"
"""Ends the text of a finding whose root cause has been told."""


class ContractBroken(AssertionError):
    """An answer broke the contract; the claim's record holds the findings."""


class ClaimUnchecked(Exception):
    """A claim that cannot be checked; its text says why."""


@dataclass
class Record:
    """What one claim, that is one test, found: the smallest example of each bug, in the order of first sight."""

    bugs: dict[tuple[str, str, str, str], Finding] = field(default_factory=dict)

    def keep(self, finding: Finding) -> None:
        kept = self.bugs.get(finding.cause)
        if kept is None or _size(finding) < _size(kept):
            self.bugs[finding.cause] = finding


def _size(finding: Finding) -> int:
    return finding.call.size if finding.call else 0
