"""The fullest body that a service takes: some members fit the schema, and are refused for what the service knows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from contract_tests.contract import Operation
from contract_tests.resources import Resource

if TYPE_CHECKING:
    from contract_tests.session import Session

MAX_MEMBERS = 12
"""So many optional members are tried one by one."""


class Fullness:
    """Which optional members a service refuses in the samples of what makes a thing; found out once of each."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._refused: dict[str, frozenset[str]] = {}

    def body(self, operation: Operation) -> Any:
        """A valid body with every member that is not refused, or the smallest; None where there is none."""
        bodies = self._session.bodies(operation)
        full = None if bodies is None else bodies.full if bodies.full is not None else bodies.small
        if bodies is None or not isinstance(full, dict):
            return full
        writers = (r for r in self._session.resources if operation in (r.maker, r.replace, r.patch))
        resource = next((each for each in writers if each.maker is not None and not each.is_single), None)
        refused = self._refused_by(resource) if resource is not None else frozenset()
        left = {name: held for name, held in full.items() if name not in refused}
        return left if bodies.validator.is_valid(left) else full

    def _refused_by(self, resource: Resource) -> frozenset[str]:
        key = f"{resource.item} {self._session.alternative}"
        if key not in self._refused:
            self._refused[key] = frozenset()  # while it is being found out
            self._refused[key] = self._find(resource)
        return self._refused[key]

    def _find(self, resource: Resource) -> frozenset[str]:
        """The optional members without which the rest is accepted."""
        session = self._session
        bodies = session.bodies(resource.maker) if resource.maker else None
        small, full = (bodies.small, bodies.full) if bodies else (None, None)
        if not isinstance(small, dict) or not isinstance(full, dict) or small == full:
            return frozenset()
        if session.make(resource, full) is not None or session.make(resource, small) is None:
            return frozenset()
        optional = [name for name in full if name not in small][:MAX_MEMBERS]
        for name in optional:
            if session.make(resource, {key: held for key, held in full.items() if key != name}) is not None:
                return frozenset({name})
        body = dict(small)
        for name in optional:
            if session.make(resource, {**body, name: full[name]}) is not None:
                body[name] = full[name]
        return frozenset(full) - frozenset(body)
