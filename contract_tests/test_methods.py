"""Claims about methods that the document does not name."""

import pytest

from contract_tests.plugin import audit
from contract_tests.probes import Probe, iter_method_probes


@pytest.mark.parametrize("probe", [*iter_method_probes(audit().contract)])
def test_undocumented_methods_are_refused(probe: Probe) -> None:
    """A method that the contract does not document is refused with 405 and Allow."""
    audit().check_probe(probe)
