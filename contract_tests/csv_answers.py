"""Tables of comma-separated values, where a document says by which rules they are written (RFC 4180)."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator

from contract_tests.contract import Contract, Operation
from contract_tests.exchanges import Answer
from contract_tests.intents import Intent
from contract_tests.verdicts import Finding, Verdict

_SAYS_CRLF = re.compile(r"\bCR ?LF\b")
_SAYS_HEADER = re.compile(
    r"\b(?:first (?:row|line|record)|header(?: row| line)?)\b[^.;`]*`([\w-]+(?:,[\w-]+)+)`", re.IGNORECASE
)
_SAYS_RULES = re.compile(r"\bRFC[- ]?4180\b", re.IGNORECASE)
_BARE = re.compile(rb"(?<!\r)\n")


def iter_csv_problems(contract: Contract, operation: Operation, intent: Intent, answer: Answer) -> Iterator[Finding]:
    """A table that is torn: lines that end otherwise than is said, or records of another number of fields."""
    response = contract.find_response(operation, answer.status)
    if answer.media_type != "text/csv" or not answer.body or response is None or answer.status >= 300:
        return
    said = " ".join(contract.said_at(part.pointer) for part in (operation, response))
    problem = ""
    if _SAYS_CRLF.search(said) and _BARE.search(re.sub(rb'"[^"]*"', b"", answer.body)):
        problem = "has a line that does not end in CRLF"
    elif (named := _SAYS_HEADER.search(said)) and re.split(rb"\r?\n", answer.body)[0].decode("latin-1") != named[1]:
        problem = f"does not begin with {named[1]}"
    elif _SAYS_RULES.search(said) and len(counts := _field_counts(answer)) > 1:
        problem = f"has records of {' and '.join(map(str, sorted(counts)))} fields"
    if problem:
        yield Finding(
            verdict=Verdict.BUG,
            operation=str(operation),
            claim="csv",
            subject=problem,
            sentence=f"{operation}: the table that answers {intent.said} {problem} (RFC 4180, section 2)",
            pointer=response.pointer,
            expected="a table as the document says that it is written",
            got=str(answer),
        )


def _field_counts(answer: Answer) -> set[int]:
    text = answer.body.decode("utf-8", "replace")
    return {len(record) for record in csv.reader(io.StringIO(text, newline="")) if record}
