"""What a run has learnt of the service: which requests it accepts, and what exists."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import quote, urlsplit

from contract_tests.checks import call_of
from contract_tests.contract import Operation, Way
from contract_tests.drafts import Draft
from contract_tests.exchanges import Call
from contract_tests.probes import UNSAFE
from contract_tests.report import Ledger
from contract_tests.session import Session
from contract_tests.statuses import ABSENT
from contract_tests.target import NoAnswer


class Knowledge:
    """Asked once and remembered, for one service. `accepted` holds the accepted request of each operation."""

    def __init__(self, session: Session, ledger: Ledger) -> None:
        self.session, self.ledger = session, ledger
        self.contract, self.target, self.settings = session.contract, session.target, session.settings
        self.accepted: dict[str, Call] = {}
        self._reached: dict[str, bool] = {}
        self._validated: dict[str, frozenset[tuple[str, ...]]] = {}
        self._looking_up: dict[str, bool] = {}
        self._written: set[str] = set()
        self._holding: dict[Way, bool] = {}

    def may_touch(self, operation: Operation) -> bool:
        """Whether an operation may be called: one that changes something elsewhere only on what is known."""
        return self.settings.is_local or operation.method not in UNSAFE or self.session.is_placed(operation)

    def is_reached(self, operation: Operation, draft: Draft) -> bool:
        """Whether the operation accepts the valid request that probes start from; asked once."""
        label = str(operation)
        if not self.may_touch(operation):
            return False
        if label not in self._reached and operation.method == "DELETE":
            return self.session.is_placed(operation)  # asking would delete what the probes are for
        if label not in self._reached:
            try:
                call, credentials = draft.call(self.target.base_url), self.target.right_credentials(operation)
                response = self.target.send(call, credentials)
                if response.status_code == 500:  # one that is just starting fails once, and has failed all the same
                    self.session.observe(operation, response)
                    response = self.target.send(call, credentials)
                if response.status_code in ABSENT and self.is_vacant(operation, call) and self._fill(operation, call):
                    response = self.target.send(call, credentials)
                for _ in self.session.hasten(operation) if response.status_code == 409 else ():
                    draft = self.session.draft(operation) or draft
                    response = self.target.send(draft.call(self.target.base_url), credentials)
                    if response.status_code != 409:
                        break
                self._reached[label] = response.status_code < 400
                if self._reached[label]:
                    self.accepted[label] = call_of(response.request)
                self.ledger.tried(label, response.status_code)
            except NoAnswer:
                self._reached[label] = False
        return self._reached[label]

    def was_asked(self, operation: Operation) -> bool:
        """Whether it is known whether an operation accepts a valid request."""
        return str(operation) in self._reached

    def is_vacant(self, operation: Operation, call: Call) -> bool:
        """Whether nothing need be where a request goes: a place below a thing (`/users/{id}/photo`), filled by PUT."""
        is_place = "{" in operation.path and "{" not in operation.path.rpartition("/")[2]
        if not is_place or not any(response.status == "404" for response in operation.responses):
            return False
        return self._putting(operation) not in (None, operation) and urlsplit(call.url).path not in self._written

    def note_written(self, call: Call) -> None:
        """What was put somewhere is there until it is deleted."""
        if call.method == "PUT":
            self._written.add(urlsplit(call.url).path)
        elif call.method == "DELETE":
            self._written.discard(urlsplit(call.url).path)

    def _putting(self, operation: Operation) -> Operation | None:
        return next((o for o in self.contract.operations if (o.method, o.path) == ("PUT", operation.path)), None)

    def _fill(self, operation: Operation, call: Call) -> bool:
        """Put something where a request goes; whether it is there now."""
        put = self._putting(operation)
        draft = self.session.draft(put) if put is not None and self.may_touch(put) else None
        found = self.session.send(put, draft) if put is not None and draft is not None else None
        if found is None or not found.is_success or urlsplit(found.call.url).path != urlsplit(call.url).path:
            return False
        self.note_written(found.call)
        return True

    def is_sure(self, operation: Operation, call: Call | None = None) -> bool:
        """Whether everything that the path names exists: pinned and not deleted by this run, or made by it.

        What a `call` went to may be gone by now, and another be in its place.
        """
        names = {p.name for p in operation.parameters if p.location == "path"}
        deletions = (other.path for other in self.contract.operations if other.method == "DELETE" and "{" in other.path)
        deleted = any(f"{operation.path}/".startswith(f"{path}/") for path in deletions)
        values = self.session.named(operation) if operation.method != "DELETE" else {}
        segments = urlsplit(call.url).path.split("/") if call is not None else ()
        made = {name for name, value in values.items() if call is None or quote(value, safe="") in segments}
        return names <= made | (set() if deleted else self.settings.pins.keys())

    def looks_up(self, operation: Operation) -> bool:
        """Whether ids that nothing has are not found; asked once."""
        label = str(operation)
        if label not in self._looking_up:
            draft = self.session.draft(operation)
            names = {
                p.name: self.session.unlikely(operation, p.name) for p in operation.parameters if p.location == "path"
            }
            is_safe = self.settings.is_local or not any(map(str.isdecimal, names.values()))
            found = self.session.send(operation, replace(draft, path_values=names)) if draft and is_safe else None
            self._looking_up[label] = found is not None and found.answer.status in ABSENT and self.is_sure(operation)
        return self._looking_up[label]

    def holds(self, operation: Operation, way: Way, value: str) -> bool:
        """Whether a credential is enough in a place that nobody named it for; asked once."""
        if way not in self._holding:
            draft = self.session.draft(operation)
            if draft is None or not self.is_reached(operation, draft):
                return False
            found = self.session.send(operation, draft, {way: value})
            self._holding[way] = found is not None and found.is_success
        return self._holding[way]

    def was_reached(self, operation: Operation) -> bool:
        """Whether the operation is known to accept a valid request; asks nothing."""
        return self._reached.get(str(operation), False)

    def validated(self, operation: Operation) -> frozenset[tuple[str, ...]]:
        """The path parameters whose wrong values were refused as invalid, each with the keyword that they broke."""
        return self._validated.get(str(operation), frozenset())

    def note_validated(self, operation: Operation, field: tuple[str, ...], keyword: str) -> None:
        """A wrong value of a path parameter was refused as invalid: whoever looks at its type looks at the rest."""
        self._validated[str(operation)] = self.validated(operation) | {(*field, keyword), (*field, "")}
