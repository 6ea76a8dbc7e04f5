"""What answers show of requests that make nothing: a quote, a conversion, a check."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from contract_tests.contract import Contract, Operation
from contract_tests.resources import fold
from contract_tests.sequences.paging import TURNS_PAGES
from contract_tests.things import Exchange
from contract_tests.values import echoed_members, iter_echo_problems, sent_members
from contract_tests.verdicts import Finding

MIN_VALUES = 3
"""So many values must have come back as they were sent before one that did not is held against anybody."""

MIN_OTHERS = 2
"""So many members must be repeated before one of the very same schema is expected to be, whatever came back of it."""

_SAYS_NOTHING = frozenset({"type", "title", "description", "default", "example", "examples", "deprecated"})


@dataclass
class _Seen:
    """The values of one member, as JSON, that came back as sent, and those that did not; what is still to be said."""

    kept: set[str] = field(default_factory=set)
    changed: set[str] = field(default_factory=set)
    untold: list[Finding] = field(default_factory=list)

    @property
    def is_echo(self) -> bool:
        """Whether the member is what was sent, not something else of that name. A number may be held within limits."""
        texts = self.kept | self.changed
        return len(self.kept) >= max(MIN_VALUES, 2 * len(self.changed)) and not any(
            text[-1].isdigit() for text in texts
        )


class Echoes:
    """Learns from many requests which members an answer repeats. What is made and read back is judged elsewhere."""

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self._seen: dict[str, dict[str, _Seen]] = defaultdict(lambda: defaultdict(_Seen))

    def note(self, operation: Operation, exchange: Exchange) -> Iterator[Finding]:
        """Learn from a valid request; yields what is wrong as soon as there is enough to say so."""
        if not isinstance(exchange.body, dict):
            return
        problems = {
            finding.subject: finding
            for finding in iter_echo_problems(self._contract, operation, exchange)
            if finding.claim == "echo"
        }
        seen, shared = self._seen[str(operation)], echoed_members(self._contract, operation, exchange)
        for name, value in (sent_members(self._contract, exchange.call, shared) or {}).items():
            if fold(name) in TURNS_PAGES:
                continue
            text = json.dumps(value, sort_keys=True)
            if name in problems:
                seen[name].changed.add(text)
                seen[name].untold.append(problems[name])
            else:
                seen[name].kept.add(text)
        repeated = {name for name, member in seen.items() if len(member.kept) >= 2 and not member.changed}
        for name, member in seen.items():
            if member.untold and (member.is_echo or (len(repeated) >= MIN_OTHERS and self._is_alike(shared.get(name)))):
                yield from member.untold
                member.untold.clear()

    def _is_alike(self, entry: tuple[Any, str, Any, str] | None) -> bool:
        """Whether the document says the same of a member that is sent as of one that comes back, not just a type."""
        if entry is None:
            return False
        ours, theirs = (self._said(schema) for schema in (entry[0], entry[2]))
        return bool(ours) and ours == theirs

    def _said(self, schema: Any) -> dict[str, Any]:
        node, _ = self._contract.resolve(schema, "")
        return {k: v for k, v in node.items() if k not in _SAYS_NOTHING} if isinstance(node, dict) else {}
