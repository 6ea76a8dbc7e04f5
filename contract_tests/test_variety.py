"""Claims about requests that Schemathesis generates: the document's examples, its boundaries, and random ones."""

from typing import Any

from schemathesis import Case

from contract_tests.plugin import audit


@audit().schema.parametrize()
def test_generated_requests_get_documented_answers(case: Case[Any]) -> None:
    """Every answer has a documented status, media type, headers and body, whatever the request."""
    audit().check_case(case)
