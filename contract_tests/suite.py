"""Every check that the document gives rise to, beside generated requests: what says most for a request comes first."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from contract_tests.audit import Audit
from contract_tests.defaults import iter_defaults
from contract_tests.probes import (
    is_first_look,
    iter_credential_probes,
    iter_method_probes,
    iter_probes,
    iter_scope_probes,
)
from contract_tests.sequences import iter_sequences
from contract_tests.strangers import iter_trespasses


@dataclass(frozen=True, slots=True)
class Check:
    """One check, the operations that it says something of, and what runs it (see `Audit` for what it raises)."""

    id: str
    operations: frozenset[str]
    run: Callable[[], None]


def iter_checks(audit: Audit) -> Iterator[Check]:
    """The checks of an audit, the same ones each time."""
    contract = audit.contract
    for probe in filter(is_first_look, iter_probes(contract)):
        yield Check(f"{probe.id} at first", frozenset({str(probe.operation)}), partial(audit.check_probe, probe))
    for sequence in iter_sequences(contract):
        used = (
            getattr(sequence.resource, name) for name in ("create", "listing", "read", "replace", "patch", "delete")
        )
        labels = frozenset(str(operation) for operation in used if operation is not None)
        yield Check(sequence.id, labels, partial(audit.check_sequence, sequence))
    target = audit.target
    credentials = iter_credential_probes(contract, target.known_ways, target.likely_credentials)
    for probe in (*iter_probes(contract), *credentials):
        yield Check(probe.id, frozenset({str(probe.operation)}), partial(audit.check_probe, probe))
    for probe in iter_scope_probes(contract, target.lacks, target.scoped_credentials):
        yield Check(probe.id, frozenset({str(probe.operation)}), partial(audit.check_probe, probe))
    for trespass in iter_trespasses(contract, target.strange_credentials):
        yield Check(trespass.id, frozenset({str(trespass.operation)}), partial(audit.check_trespass, trespass))
    for probe in iter_method_probes(contract):
        labels = frozenset(str(other) for other in contract.operations if other.path == probe.operation.path)
        yield Check(probe.id, labels, partial(audit.check_probe, probe))
    for default in iter_defaults(contract):
        yield Check(default.id, frozenset({str(default.operation)}), partial(audit.check_default, default))
    for claim in audit.iter_claims():
        yield Check(claim.id, frozenset({claim.operation}), partial(audit.check_claim, claim))
