"""Leniencies that are common and no bug unless a team says so, by the name that `--policy` takes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType

from contract_tests.verdicts import Finding, Verdict

POLICIES: Mapping[str, str] = MappingProxyType(
    {
        "allow": "the Allow of a 405 leaves out a documented method",
        "challenge": "a 401 comes without WWW-Authenticate",
        "lax": "a value of another type is converted, or another media type read as JSON",
        "method": "an undocumented method is answered 404 or another status in place of 405",
        "redirect": "a valid request is redirected (307, 308)",
    }
)


def apply_policies(findings: Iterable[Finding], levels: Mapping[str, str]) -> Iterator[Finding]:
    """The findings with those of a policy made a bug (`error`), kept (`warn`, as it is) or left out (`off`)."""
    for finding in findings:
        level = levels.get(finding.claim, "warn") if finding.verdict is Verdict.POLICY else "warn"
        if level == "error":
            yield replace(finding, verdict=Verdict.BUG)
        elif level == "warn":
            yield finding
