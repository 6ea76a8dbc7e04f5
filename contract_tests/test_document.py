"""Claims about the document itself."""

import pytest

from contract_tests.plugin import audit


def test_the_document_is_valid() -> None:
    """The document is valid OpenAPI."""
    problem = audit().document_problem()
    if problem:
        pytest.fail(problem, pytrace=False)
