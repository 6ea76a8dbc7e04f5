"""Claims about credentials."""

import pytest

from contract_tests.plugin import audit
from contract_tests.probes import Probe, iter_credential_probes


@pytest.mark.parametrize("probe", [*iter_credential_probes(audit().contract, audit().target.known_ways)])
def test_credentials_are_enforced(probe: Probe) -> None:
    """Right credentials are accepted; without any, or with wrong ones, a request is refused."""
    audit().check_probe(probe)
