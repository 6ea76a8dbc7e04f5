"""What some call a bug and others do not, by the name that `--policy` takes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType

from contract_tests.verdicts import Finding, Verdict

POLICIES: Mapping[str, str] = MappingProxyType(
    {
        "accept": "Accept names one of several documented media types and gets another (a bug where 406 is documented)",
        "allow": "the Allow of a 405 leaves out a documented method (a bug unless FastAPI's router wrote it)",
        "challenge": "a 401 comes without WWW-Authenticate",
        "error-code": "the code of an error is that of another keyword (a bug by default)",
        "every-error": "an error body that is a list reports only the first of two errors (a bug by default)",
        "fastapi": "a clone service with FastAPI's own errors answers otherwise than FastAPI (a bug by default)",
        "lax": "another type is converted, another media type read as JSON, or bytes that are not UTF-8 as text",
        "method": "an undocumented method is answered 404 in place of 405 (a bug where the path is known to exist)",
        "nesting": "JSON that is nested 3,000 deep is answered 500",
        "order": "a request without credentials is refused for what is wrong with its body, not with 401 or 403",
        "other-reads": "another caller reads or lists what the first made (a bug where 403 or 404 is documented)",
        "other-writes": "another caller changes or deletes what the first made (a bug where 403 or 404 is documented)",
        "redirect": "a valid request is redirected (307, 308)",
        "scheme": "a credential is refused where its scheme is in lower case (RFC 9110, section 11.1)",
        "scope-status": "a token without a scope is refused with 401, not 403 (RFC 6750, section 3.1)",
    }
)


def apply_policies(findings: Iterable[Finding], levels: Mapping[str, str]) -> Iterator[Finding]:
    """The findings with those of a policy made a bug (`error`), told (`warn`) or left out (`off`); else as they are."""
    for finding in findings:
        level = levels.get(finding.claim) if finding.claim in POLICIES else None
        if level is None:
            yield finding
        elif level != "off":
            yield replace(finding, verdict=Verdict.BUG if level == "error" else Verdict.POLICY)
