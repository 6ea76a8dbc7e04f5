"""Claims about parameters that are left out."""

import pytest

from contract_tests.defaults import Default, iter_defaults
from contract_tests.plugin import audit


@pytest.mark.parametrize("default", [*iter_defaults(audit().contract)])
def test_omitted_means_default(default: Default) -> None:
    """A parameter that is left out means its documented default."""
    audit().check_default(default)
