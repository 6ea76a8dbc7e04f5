"""Claims about credentials, and about what each of them may do."""

import pytest

from contract_tests.plugin import audit
from contract_tests.probes import Probe, iter_credential_probes, iter_scope_probes
from contract_tests.strangers import Trespass, iter_trespasses


@pytest.mark.parametrize(
    "probe",
    [*iter_credential_probes(audit().contract, audit().target.known_ways, audit().target.likely_credentials)],
)
def test_credentials_are_enforced(probe: Probe) -> None:
    """Right credentials are accepted; without any, or with wrong ones, a request is refused."""
    audit().check_probe(probe)


@pytest.mark.parametrize(
    "probe", [*iter_scope_probes(audit().contract, audit().target.lacks, audit().target.scoped_credentials)]
)
def test_scopes_are_enforced(probe: Probe) -> None:
    """A token is refused where it lacks a scope that the operation asks for, and accepted where it lacks none."""
    audit().check_probe(probe)


@pytest.mark.parametrize("trespass", [*iter_trespasses(audit().contract, audit().target.strange_credentials)])
def test_others_are_kept_out(trespass: Trespass) -> None:
    """What one caller makes, another may not read, list, change or delete."""
    audit().check_trespass(trespass)
