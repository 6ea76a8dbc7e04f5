"""Values that hardly come back by chance: whether a service keeps what it is sent is seen by them."""

from __future__ import annotations

from typing import Any

from contract_tests.ordering import is_in_order
from contract_tests.probes.bodies import Bodies

_UNUSUAL: tuple[Any, ...] = (
    "Understudy 7q", "understudy7q", "q7x", "7f2b8c1e-9d4a-4e7b-8a6c-5d1f0e2b7a94", "2019-03-14T01:02:03Z",
    "2019-03-14", "understudy-7q@example.com", "https://example.com/understudy-7q", 7213, 37, 23.75,
)  # fmt: skip
"""What comes back hardly by chance: no document has it for an example."""


def unusual_body(bodies: Bodies) -> tuple[dict[str, Any], set[str]]:
    """A full body with unusual values, and the names of its members that have one."""
    body, changed = dict(bodies.full), set()
    for name, value in bodies.full.items():
        for candidate in _UNUSUAL if not isinstance(value, bool) else ():
            told = {**body, name: candidate}
            if (
                isinstance(candidate, str) is isinstance(value, str)
                and is_in_order(told)
                and bodies.validator.is_valid(told)
            ):
                body[name] = candidate
                changed.add(name)
                break
    return body, changed
