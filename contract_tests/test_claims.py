"""Claims that stand beside the document, in its `.claims.toml`."""

import pytest

from contract_tests.claims import Claim
from contract_tests.plugin import audit


@pytest.mark.parametrize("claim", [*audit().iter_claims()])
def test_the_claims_beside_the_document_hold(claim: Claim) -> None:
    """What is written in the file of claims beside the document holds of the answers."""
    audit().check_claim(claim)
