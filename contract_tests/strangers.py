"""Another caller: what one makes, another may not read, list, change or delete.

The document does not say whose a thing is. That the second credential is a stranger's is what its option says; a
document that has 403 or 404 for an operation has a place for the refusal, so that only there a success is a bug.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from contract_tests.contract import Contract, Operation, Way
from contract_tests.records import ClaimUnchecked
from contract_tests.resources import Resource, find_identity, iter_resources
from contract_tests.sequences.paging import items_of
from contract_tests.sequences.rules import GONE, make_full
from contract_tests.session import Exchange, Made, Session
from contract_tests.values import same, value_bug
from contract_tests.verdicts import Finding, Verdict

REFUSALS = frozenset({"403", "404"})
_SAFE = frozenset({"GET", "HEAD"})


@dataclass(frozen=True, slots=True)
class Trespass:
    """An operation that another caller asks for, about what the first made."""

    resource: Resource
    operation: Operation

    @property
    def id(self) -> str:
        return f"{self.operation} · what another caller made is out of reach"

    @property
    def is_listing(self) -> bool:
        return self.operation is self.resource.listing

    def run(self, session: Session, strangers: Mapping[Way, str]) -> Iterator[Finding]:
        """What another caller may do. Raises `ClaimUnchecked` when nothing is made or kept, or nobody is known."""
        if not session.remembers(self.resource):
            raise ClaimUnchecked(f"nothing is kept at {self.resource}")
        made = make_full(session, self.resource)
        draft = session.draft_on(self.operation, made) if made else None
        if made is None or draft is None:
            raise ClaimUnchecked(f"nothing could be made at {self.resource}")
        found = session.send(self.operation, draft, strangers)
        if found is None or found.answer.status == 401:
            raise ClaimUnchecked("the other credential is refused")
        if self.is_listing:
            yield from self._listed(session, found)
        elif found.is_success:
            if self._is_about(session, made, found):
                yield self._trespassed(
                    session.contract, found, f"answers {found.answer.status} about what another made"
                )
        elif self.operation.method not in _SAFE and self.resource.read is not None:
            kept = session.on(self.resource.read, made)
            if kept is not None and kept.answer.status in GONE:
                problem = f"refuses another caller with {found.answer.status}, and does it all the same"
                yield self._trespassed(session.contract, found, problem)

    def _is_about(self, session: Session, made: Made, found: Exchange) -> bool:
        """Whether a success was about what was made, and not about a thing of the stranger's with the same number."""
        if not made.path_values[self.resource.parameter].isdecimal():
            return True
        if self.operation is self.resource.read:
            return _is_alike(made, found.body)
        kept = session.on(self.resource.read, made) if self.resource.read else None
        return kept is not None and (kept.answer.status in GONE or not _is_alike(made, kept.body))

    def _listed(self, session: Session, found: Exchange) -> Iterator[Finding]:
        """Whatever this run made may stand on the first page, where the last thing need not."""
        ours = {
            made.path_values[self.resource.parameter]: made for made in session.made if made.resource == self.resource
        }
        for item in items_of(found.body) or []:
            identity = find_identity(session.contract, self.resource, item, None) if isinstance(item, dict) else None
            if identity in ours and (not identity.isdecimal() or _is_alike(ours[identity], item)):
                yield self._trespassed(session.contract, found, "lists what another made")
                return

    def _trespassed(self, contract: Contract, found: Exchange, problem: str) -> Finding:
        claim = "other-reads" if self.operation.method in _SAFE else "other-writes"
        finding = value_bug(
            self.operation, claim, "another caller", problem, "", found.call, found.answer, "403 or 404"
        )
        asked = [self.operation]
        if self.is_listing:  # a list refuses nobody; what it leaves out is what its items refuse
            asked = [each for each in contract.operations if each.path == self.resource.item]
        documented = any(response.status in REFUSALS for each in asked for response in each.responses)
        return finding if documented else replace(finding, verdict=Verdict.POLICY)


def _is_alike(made: Made, shown: Any) -> bool:
    """Whether what is shown has what was sent when the thing was made."""
    if not isinstance(made.sent, dict) or not isinstance(shown, dict):
        return False
    names = made.sent.keys() & shown.keys()
    return bool(names) and all(same(made.sent[name], shown[name]) for name in names)


def iter_trespasses(contract: Contract, strangers: Callable[[Operation], Mapping[Way, str]]) -> Iterator[Trespass]:
    """Each operation on a thing that a run can make, and on the list of its kind, for which a stranger is known."""
    makeable = [resource for resource in iter_resources(contract) if resource.create is not None]
    for operation in contract.operations:
        if not (contract.needs_credentials(operation) and strangers(operation)):
            continue
        listed = next((each for each in makeable if each.listing is operation), None)
        owners = [each for each in makeable if f"{operation.path}/".startswith(f"{each.item}/")]
        owner = listed or max(owners, key=lambda each: len(each.item), default=None)
        if owner is not None:
            yield Trespass(owner, operation)
