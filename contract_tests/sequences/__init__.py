"""Short deterministic sequences of requests, and what must hold of their values."""

from __future__ import annotations

from collections.abc import Iterator

from contract_tests.contract import Contract
from contract_tests.resources import iter_resources
from contract_tests.sequences.caching import CACHING
from contract_tests.sequences.lifecycle import LIFECYCLE
from contract_tests.sequences.listing import LISTING
from contract_tests.sequences.rules import Rule, Sequence
from contract_tests.sequences.writing import WRITING

__all__ = ["Rule", "Sequence", "iter_sequences"]


def iter_sequences(contract: Contract) -> Iterator[Sequence]:
    """Each rule for each resource that has the operations it needs."""
    for resource in iter_resources(contract):
        for rule in (*LIFECYCLE, *WRITING, *LISTING, *CACHING):
            if all(getattr(resource, name) is not None for name in rule.needs):
                yield Sequence(resource, rule)
