"""The overlay that would document what a contract is silent about (OpenAPI Overlay Specification 1.0)."""

from __future__ import annotations

import json
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from contract_tests.contract import Contract
from contract_tests.verdicts import Finding, Verdict


def document_gaps(contract: Contract, findings: Iterable[Finding]) -> dict[str, Any]:
    """One overlay with an action for each operation that has a gap; it adds the responses that were seen.

    A media type is documented when every answer with the status had one; its schema is left open, since few answers
    say little of what others may hold.
    """
    seen: dict[str, dict[str, set[str]]] = {}
    for finding in findings:
        if finding.verdict is Verdict.GAP and finding.subject.isdigit() and finding.operation in contract.by_label:
            seen.setdefault(finding.operation, {}).setdefault(finding.subject, set()).add(finding.media_type)
    actions = [
        {
            "target": json_path(f"{contract.by_label[label].pointer}/responses"),
            "update": {status: _response(status, statuses[status]) for status in sorted(statuses)},
        }
        for label, statuses in sorted(seen.items())
    ]
    title = f"Answers of {contract.spec.title} that its document does not name"
    return {"overlay": "1.0.0", "info": {"title": title, "version": "1.0.0"}, "actions": actions}


def json_path(pointer: str) -> str:
    """A JSON pointer (`#/paths/~1a/get`) as a JSONPath (RFC 9535): `$['paths']['/a']['get']`."""
    tokens = (token.replace("~1", "/").replace("~0", "~") for token in pointer.split("/")[1:])
    # JSON's string escapes are JSONPath's, but for the quote that stands around the name.
    names = (json.dumps(token, ensure_ascii=False)[1:-1].replace('\\"', '"').replace("'", "\\'") for token in tokens)
    return "$" + "".join(f"['{name}']" for name in names)


def _response(status: str, media_types: set[str]) -> dict[str, Any]:
    try:
        description = HTTPStatus(int(status)).phrase
    except ValueError:
        description = f"Status {status}"
    if "" in media_types:
        return {"description": description}
    return {"description": description, "content": {name: {"schema": {}} for name in sorted(media_types)}}
