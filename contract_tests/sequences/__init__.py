"""Short deterministic sequences of requests, and what must hold of their values."""

from __future__ import annotations

from collections.abc import Iterator

from contract_tests.contract import Contract
from contract_tests.resources import Resource, alternatives, iter_resources, value_media
from contract_tests.sequences.actions import ACTIONS
from contract_tests.sequences.bulk import BULK
from contract_tests.sequences.caching import CACHING
from contract_tests.sequences.contents import FILES
from contract_tests.sequences.dangling import DANGLING
from contract_tests.sequences.effects import EFFECTS
from contract_tests.sequences.filters import FILTERS
from contract_tests.sequences.hierarchy import HIERARCHY
from contract_tests.sequences.holding import HOLDING
from contract_tests.sequences.jobs import JOBS
from contract_tests.sequences.keys import KEYS
from contract_tests.sequences.lifecycle import LIFECYCLE
from contract_tests.sequences.listing import LISTING
from contract_tests.sequences.machine import INTERLEAVED
from contract_tests.sequences.memberships import MEMBERSHIPS
from contract_tests.sequences.metadata import METADATA
from contract_tests.sequences.names import NAMES
from contract_tests.sequences.neighbours import NEIGHBOURS
from contract_tests.sequences.notation import NOTATION
from contract_tests.sequences.orders import ORDERS
from contract_tests.sequences.overlaps import OVERLAPS
from contract_tests.sequences.paging import PAGING
from contract_tests.sequences.presence import PRESENCE
from contract_tests.sequences.ranges import RANGES
from contract_tests.sequences.refusals import REFUSALS
from contract_tests.sequences.reordering import REORDERING
from contract_tests.sequences.results import RESULTS
from contract_tests.sequences.rules import Rule, Sequence
from contract_tests.sequences.searches import SEARCHES
from contract_tests.sequences.states import STATED
from contract_tests.sequences.staying import STAYING
from contract_tests.sequences.together import TOGETHER
from contract_tests.sequences.waiting import WAITING
from contract_tests.sequences.writing import WRITING

RULES = (
    *LIFECYCLE,
    # These count what there is: where pages cannot be turned, that is only possible while there is little.
    *REFUSALS,
    *KEYS,
    *HIERARCHY,
    *HOLDING,
    *WRITING,
    *METADATA,
    *NOTATION,
    *NEIGHBOURS,
    *LISTING,
    *PAGING,
    *FILTERS,
    *RANGES,
    *SEARCHES,
    *ORDERS,
    *REORDERING,
    *CACHING,
    *ACTIONS,
    *DANGLING,
    *EFFECTS,
    *MEMBERSHIPS,
    *STAYING,
    *STATED,
    *OVERLAPS,
    *BULK,
    *FILES,
    *PRESENCE,
    *NAMES,
    *WAITING,
    *RESULTS,
    *JOBS,
    *TOGETHER,
)
MAX_ALTERNATIVES = 8
"""Of a body that is one of many, no more are tried in sequences."""

__all__ = ["Rule", "Sequence", "iter_sequences"]


def iter_sequences(contract: Contract) -> Iterator[Sequence]:
    """Each rule for each resource that has the operations it needs; last those that search."""
    resources = tuple(iter_resources(contract))
    for resource in resources:
        for rule in RULES:
            if rule.suits(resource):
                for number in range(_count_alternatives(contract, resource)):
                    yield Sequence(resource, rule, number)
    for resource in resources:
        yield from (Sequence(resource, rule) for rule in INTERLEAVED if rule.suits(resource))


def _count_alternatives(contract: Contract, resource: Resource) -> int:
    """How many kinds of bodies make such a thing: each is a sequence of its own."""
    writer = resource.create or resource.replace
    media = value_media(writer) if writer else None
    if media is None:
        return 1
    return min(len(alternatives(contract, media.schema, f"{media.pointer}/schema")), MAX_ALTERNATIVES)
