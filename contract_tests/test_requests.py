"""Claims about single requests that differ in one thing from a valid one."""

import pytest

from contract_tests.plugin import audit
from contract_tests.probes import Probe, iter_probes


@pytest.mark.parametrize("probe", [*iter_probes(audit().contract)])
def test_requests_are_accepted_or_refused_as_documented(probe: Probe) -> None:
    """Valid requests get a documented answer; invalid ones are refused with the documented error, naming the field."""
    audit().check_probe(probe)
