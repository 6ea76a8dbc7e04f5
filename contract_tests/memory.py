"""Whether a service keeps what it is sent: seen by values that hardly come back by chance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from contract_tests.ordering import is_in_order
from contract_tests.probes.bodies import Bodies
from contract_tests.resources import Resource, Shape, answer_shape, shared_properties
from contract_tests.values import same

if TYPE_CHECKING:
    from contract_tests.session import Session

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


class Memory:
    """Whether one service keeps what it is sent, by resource; asked once of each."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._kept: dict[str, bool] = {}

    @property
    def is_there(self) -> bool:
        """Whether things of any kind were found to be kept so far."""
        return any(self._kept.values())

    def keeps(self, resource: Resource) -> bool:
        """Whether things of this kind are kept; while that is being asked, they are not."""
        if resource.item not in self._kept:
            self._kept[resource.item] = False
            self._kept[resource.item] = self._find(resource)
        return self._kept[resource.item]

    def _find(self, resource: Resource) -> bool:
        if resource.is_single:
            return self._others_keep(resource) or self._holds(resource)
        unknown = self._session.unknown(resource) if resource.read else None
        if unknown is not None and unknown.answer.status in {404, 410}:
            return True
        writer = resource.maker
        bodies = self._session.bodies(writer) if writer else None
        if writer is None or bodies is None or not isinstance(bodies.full, dict):
            # What cannot be made here is judged like the rest of the service.
            return self._others_keep(resource)
        body, unusual = unusual_body(bodies)
        made = self._session.make(resource, body) or self._session.make(resource)
        if made is None and resource.create is None:  # those that an enumeration names are all there
            return self._others_keep(resource)
        if made is None or not isinstance(made.sent, dict):
            return False
        read = self._session.on(resource.read, made) if resource.read else None
        is_value = read is not None and read.is_success and isinstance(read.body, dict)
        back, status = (read, 200) if read is not None and is_value else (made.exchange, None)
        told = answer_shape(
            self._session.contract, resource.read if status and resource.read else writer, back.answer.status
        )
        return self._comes_back(bodies, told, made.sent, unusual, back.body)

    def _others_keep(self, resource: Resource) -> bool:
        return any(
            self.keeps(other) for other in self._session.resources if other is not resource and self._shows(other)
        )

    def _holds(self, resource: Resource) -> bool:
        """Whether what is written to the only one of its kind is read afterwards."""
        writer = resource.replace or resource.patch
        bodies, made = self._session.bodies(writer) if writer else None, self._session.only(resource)
        if writer is None or bodies is None or made is None or not isinstance(bodies.full, dict):
            return False
        body, unusual = unusual_body(bodies)
        done, read = self._session.on(writer, made, body), self._session.on(resource.read, made)
        if done is None or read is None or not done.is_success or resource.read is None:
            return False
        told = answer_shape(self._session.contract, resource.read, read.answer.status)
        return self._comes_back(bodies, told, body, unusual, read.body)

    def _comes_back(self, bodies: Bodies, told: Shape | None, sent: Any, unusual: set[str], back: Any) -> bool:
        """Whether most of the unusual values that were sent stand in an answer."""
        shared = shared_properties(self._session.contract, Shape.of(bodies.media), told)
        names = [name for name in shared if name in unusual & sent.keys()]
        kept = [name for name in names if isinstance(back, dict) and same(sent[name], back.get(name))]
        return 0 < len(names) <= 2 * len(kept)

    def _shows(self, resource: Resource) -> bool:
        """Whether one can be made whose values could come back."""
        bodies = self._session.bodies(resource.maker) if resource.maker else None
        return bodies is not None and isinstance(bodies.full, dict)
