"""Claims about values across several requests."""

import pytest

from contract_tests.plugin import audit
from contract_tests.sequences import Sequence, iter_sequences


@pytest.mark.parametrize("sequence", [*iter_sequences(audit().contract)])
def test_values_are_kept(sequence: Sequence) -> None:
    """What is written can be read: as it was sent, once, by those who may, until it is deleted."""
    audit().check_sequence(sequence)
