"""A run's side of the conversation: it sends valid requests on things that it has made, and remembers those."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import requests

from contract_tests.checks import call_of
from contract_tests.contract import Contract, Operation, Way
from contract_tests.drafts import Draft
from contract_tests.exchanges import Answer, Call, Step
from contract_tests.fullness import Fullness
from contract_tests.memory import Memory
from contract_tests.patience import Patience
from contract_tests.probes import UNSAFE
from contract_tests.renewal import Renewal, with_new_key
from contract_tests.resources import (
    Resource,
    find_answer,
    find_elsewhere,
    find_header,
    find_identity,
    find_key,
    find_makers,
    find_path_parameter,
    find_scope,
    is_running,
    iter_resources,
    values_of_identity,
)
from contract_tests.safety import BudgetSpent
from contract_tests.settings import Settings
from contract_tests.starts import Starts
from contract_tests.target import NoAnswer, Target, Unsendable
from contract_tests.things import Exchange, Made

__all__ = ["Exchange", "Made", "Session", "answer_of"]

SETTLING = 3.0
"""How long what was answered 202 is waited for before it is used."""

MAX_MADE = 10_000
MAX_TRACE = 200
"""So many of the last requests that may have changed something are kept, to tell how a finding came about."""

MAX_OPENERS = 4
_ENDS = re.compile(r"cancel|void|close|archiv|delet|reject|abort|stop|end|finish|revoke|withdraw", re.IGNORECASE)
BUSY = frozenset({429, 503})
TAKEN = frozenset({400, 409, 422})
"""How services refuse a second thing of the same name."""


class Session(Starts):
    """Sends well-formed requests and remembers what they made."""

    def __init__(self, contract: Contract, target: Target, settings: Settings) -> None:
        super().__init__(contract, settings, target.base_url)
        self.target = target
        self.resources = tuple(iter_resources(contract))
        self._by_item = {resource.item: resource for resource in self.resources}
        self._elsewhere = find_elsewhere(contract, self.resources)
        self._envelopes: dict[tuple[str, int], str] = {}
        self.clock = target.clock
        self.trace: deque[Step] = deque(maxlen=MAX_TRACE)
        self.observe: Callable[[Operation, requests.Response], None] = lambda *_: None
        self.restart()

    def restart(self) -> None:
        """Another service: what was made on the last one is not there, and nothing is known of it."""
        self._hasty: dict[str, bool] = {}
        self._openers: dict[str, Operation | None] = {}
        self._calm: set[str] = set()
        self._living: dict[tuple[str, tuple[tuple[str, str], ...]], Made | None] = {}
        self._memory = Memory(self)
        self.renewal = Renewal(self)
        self.fullness = Fullness(self)
        self.until = Patience(self.clock).until
        self.chosen.clear()
        self.made: list[Made] = []

    # --- Drafts ----------------------------------------------------------------------------------------------------

    def draft(self, operation: Operation) -> Draft | None:
        """A valid request on something that exists, as far as this run can make it."""
        draft = self.base(operation)
        if draft is None:
            return None
        return self.current(operation, replace(draft, path_values={**draft.path_values, **self.place(operation)}))

    def current(self, operation: Operation, draft: Draft) -> Draft:
        """A draft with what must be new or up to date: unique members, a required `Idempotency-Key`, an `If-Match`."""
        draft = self.renewal.renewed(operation, draft)
        if (key := find_key(operation)) is not None and key.required:
            draft = with_new_key(operation, draft)
        match = find_header(operation, "ifmatch")
        asked = any(response.status == "428" for response in operation.responses)
        resource = self._by_item.get(operation.path)
        if match is not None and (match.required or asked) and resource is not None and resource.read is not None:
            base = self.base(resource.read)
            found = self.send(resource.read, replace(base, path_values=draft.path_values)) if base else None
            if found is not None and (tag := found.answer.header("etag")) is not None:
                draft = draft.with_parameter("header", match.name, tag)
        return draft

    # --- Things ----------------------------------------------------------------------------------------------------

    def place(self, operation: Operation) -> dict[str, str]:
        """The path values that name something this run made, for those that nobody pinned."""
        opener, is_below = self._openers.get(str(operation)), str(operation) in self._openers
        find = self._above if is_below else self.subject
        resource = find(operation) if self.is_hasty(operation) else None
        made = self._make_to_open(resource) if resource is not None and is_below else None
        made = made or (self.make(resource) if resource is not None else None)
        if made is None or resource is None:
            return self._named(operation.path)
        if opener is not None:
            self.on(opener, made)
        if self._hasty[str(operation)]:
            self._settle(made)
        return {name: made.path_values[name] for name in re.findall(r"\{([^{}]+)\}", resource.item)}

    def is_hasty(self, operation: Operation) -> bool:
        """Whether an operation is given a new thing each time."""
        return str(operation) in self._hasty

    def hasten(self, operation: Operation) -> Iterator[bool]:
        """Give an operation a new thing each time, one that need not be done and then one that is.

        What has been cancelled, published or paid for cannot be so again. Whoever asks for no more is content.
        """
        if any(response.status == "409" for response in operation.responses) and self.renewal.enrich(operation):
            yield True
        resource = None if self.is_hasty(operation) or str(operation) in self._calm else self._above(operation)
        if resource is None or resource.create is None:
            return
        is_begun = any(response.status == "202" for response in resource.create.responses)
        is_refused = any(response.status == "409" for response in operation.responses)
        ways = (False, True) if is_begun else (True,) if is_refused else ()
        for is_done in ways if self.subject(operation) is not None else ():
            self._hasty[str(operation)] = is_done
            yield is_done
        for opener in (None, *self._iter_openers(operation, resource)) if is_refused else ():
            self._hasty[str(operation)], self._openers[str(operation)] = True, opener
            yield True
        self._openers.pop(str(operation), None)
        self._hasty.pop(str(operation), None)
        self._calm.add(str(operation))

    def find_opener(self, operation: Operation) -> Operation | None:
        """The action that has to be done to a thing before an operation below it is possible, once one has helped."""
        for _ in self.hasten(operation):
            draft = self.draft(operation)
            done = self.send(operation, draft) if draft is not None else None
            if done is not None and done.is_success:
                break
        return self._openers.get(str(operation))

    def _iter_openers(self, operation: Operation, resource: Resource) -> Iterator[Operation]:
        """The actions that may bring a thing into the state that another operation on it needs, what ends it last."""
        collections = {each.create.path for each in self.resources if each.create is not None}
        found = [
            each
            for each in self.contract.operations
            if each.method == "POST"
            and each.path.rpartition("/")[0] == resource.item
            and each.path not in {*collections, operation.path}
        ]
        yield from sorted(found, key=lambda each: _ENDS.search(each.path.rpartition("/")[2]) is not None)[:MAX_OPENERS]

    def _make_to_open(self, resource: Resource) -> Made | None:
        """One with every member: what is opened, and then paid for or shipped, must have something in it."""
        body = self.fullness.body(resource.maker) if resource.maker is not None else None
        return self.make(resource, body) if body is not None else None

    def starters(self, resource: Resource) -> list[Operation]:
        """The actions on other things that make one (`POST /articles/{id}/publish`: a job)."""
        own = resource.item.rpartition("/")[0]
        return [each for each in find_makers(self.contract, resource) if each.path != own and "{" in each.path]

    def subject(self, operation: Operation) -> Resource | None:
        """What an action is done to, where this run can make one; what makes things below it is no action."""
        makes_below = any(each.item.rpartition("/")[0] == operation.path for each in self.resources)
        return None if makes_below else self._above(operation)

    def _above(self, operation: Operation) -> Resource | None:
        """What a write is sent below, where this run can make one."""
        items = [resource for resource in self.resources if operation.path.startswith(f"{resource.item}/")]
        resource = max(items, key=lambda resource: len(resource.item), default=None)
        if resource is None or resource.create is None or resource.parameter in self.settings.pins:
            return None
        rest = operation.path.removeprefix(f"{resource.item}/")
        return None if "{" in rest or operation.method not in {"POST", "PUT"} else resource

    def names(self, operation: Operation) -> set[str]:
        """The path parameters of an operation that this run can give the ids of things that it made."""
        return {*self.named(operation)}

    def named(self, operation: Operation) -> dict[str, str]:
        """The ids of things that this run made, by the path parameters of an operation."""
        return self._named(operation.path)

    def _named(self, path: str) -> dict[str, str]:
        values: dict[str, str] = {}
        for match in re.finditer(r"\{([^{}]+)\}", path):
            name, item = match[1], path[: match.end()]
            resource = self._by_item.get(item)
            if name in self.settings.pins:
                continue
            if resource is None:
                made = self.living(elsewhere) if (elsewhere := self._elsewhere.get(item)) is not None else None
                values |= {name: made.path_values[made.resource.parameter]} if made is not None else {}
                continue
            made = self.living(resource, values)
            if made is not None:  # it may have been made below another than was asked for
                values |= {each: made.path_values[each] for each in re.findall(r"\{([^{}]+)\}", item)}
        return values

    def is_placed(self, operation: Operation) -> bool:
        """Whether every id in the path is pinned or was made by this run."""
        names = {p.name for p in operation.parameters if p.location == "path"}
        return names <= self.settings.pins.keys() | self.names(operation)

    def living(self, resource: Resource, parents: Mapping[str, str] | None = None) -> Made | None:
        """One that exists, made at first need."""
        key = (resource.item, tuple(sorted((parents or {}).items())))
        if key not in self._living:
            self._living[key] = None  # what makes it may be an action on another of its kind
            self._living[key] = made = self.make(resource, is_needed=True)
            if made is not None:
                self._settle(made)
        return self._living[key]

    def _settle(self, made: Made) -> None:
        """What takes a while is waited for: until it is done, there is little to ask of it."""
        deadline, pause = self.clock.now() + SETTLING, 0.02
        while made.exchange.answer.status == 202 and self.clock.now() < deadline:
            read = self.on(made.resource.read, made)
            if read is None or not is_running(read.body):
                break
            self.clock.sleep(pause)
            pause *= 2

    def forget(self, operation: Operation) -> None:
        """What an operation's path names is gone, or may be."""
        self._living = {key: made for key, made in self._living.items() if not key[0].startswith(operation.path)}
        self.renewal.forget(f"{operation.path}/")

    def is_gone(self, operation: Operation) -> bool:
        """Whether what an operation's path names was made by this run and cannot be read any more."""
        items = [item for item, _ in self._living if f"{operation.path}/".startswith(f"{item}/")]
        resource = self._by_item.get(max(items, key=len, default=""))
        base = self.base(resource.read) if resource and resource.read else None
        if resource is None or resource.read is None or base is None:
            return False
        found = self.send(resource.read, replace(base, path_values={**base.path_values, **self.place(resource.read)}))
        return found is not None and found.answer.status in {404, 410}

    def forget_all(self) -> None:
        """Nothing that this run made need be there any more."""
        self._living.clear()
        self.renewal.forget()

    def renew(self, operation: Operation) -> None:
        """Aim an operation at another thing from now on: the last may be in a state that allows nothing."""
        items = [item for item, _ in self._living if f"{operation.path}/".startswith(f"{item}/")]
        last = max(items, key=len, default="")
        self._living = {key: made for key, made in self._living.items() if key[0] != last}

    def make(
        self,
        resource: Resource,
        body: Any = None,
        *,
        change: Callable[[Draft], Draft] = lambda draft: draft,
        again: bool = False,
        is_needed: bool = False,
    ) -> Made | None:
        """Make one, with this JSON body; None when the service refuses or its answer has no id.

        Members that must be unique get new values, unless the request is to be the same `again`. What other requests
        need is made however many there are.
        """
        maker = resource.maker
        draft = self.base(maker) if maker else None
        if maker is None or draft is None or (len(self.made) > MAX_MADE and not is_needed):
            return None
        is_put = maker is resource.replace
        place = self._named(resource.item.rpartition("/")[0]) if is_put else self.place(maker)
        values = {**draft.path_values, **place}
        if is_put:
            if (chosen := self._chosen_place(resource, maker, place)) is None:
                return None
            values |= chosen
        draft = replace(draft, path_values=values)
        draft = draft if body is None else draft.with_value(body)
        draft = change(draft if again else self.current(maker, draft))
        exchange = self.send(maker, draft)
        if not again and exchange is not None and exchange.answer.status in TAKEN:
            draft, exchange = self.renewal.again(resource, maker, draft, exchange)
        opener = self._openers.get(str(maker)) if not again else None
        if opener is not None and exchange is not None and exchange.answer.status == 409:
            base = self.base(opener)
            opened = self.send(opener, replace(base, path_values=draft.path_values)) if base is not None else None
            exchange = self.send(maker, draft) if opened is not None and opened.is_success else exchange
        is_used_up = not again and exchange is not None and exchange.answer.status == 409
        for _ in self.hasten(maker) if is_used_up else ():
            if (made := self.make(resource, body, change=change)) is not None:
                return made
        return self.note(resource, draft, exchange) if exchange is not None and exchange.is_success else None

    def only(self, resource: Resource) -> Made | None:
        """The only one of its kind, as it is; None where it is not found, or is somebody's."""
        draft = self.draft(resource.read) if resource.read else None
        if draft is None or resource.read is None or not (self.settings.is_local or self.is_placed(resource.read)):
            return None
        found = self.send(resource.read, draft)
        return Made(resource, None, found, draft.path_values, draft.headers) if found and found.is_success else None

    def _chosen_place(self, resource: Resource, maker: Operation, place: Mapping[str, str]) -> dict[str, str] | None:
        """A new place for what is made by PUT. Elsewhere than on this machine any place may be somebody's.

        Where the last of its names is one of a few (`/plans/{day}/{slot}`), it is the one before that is new.
        """
        if not self.settings.is_local or resource.parameter in self.settings.pins:
            return None
        for name in reversed(re.findall(r"\{([^{}]+)\}", resource.item)):
            if name in place or name in self.settings.pins:
                break
            if (text := self._chosen(maker, name)) is not None:
                return {name: text}
        return None

    def _chosen(self, maker: Operation, name: str) -> str | None:
        """A new value for a path parameter."""
        parameter = find_path_parameter(maker, name)
        if parameter is None or self.contract.enum(parameter.schema):
            return None
        if "string" in self.contract.json_types(parameter.schema):
            base = self.base(maker)
            sample = base.path_values[name] if base else "a"
            unlikely, fresh = self.unlikely(maker, name), self.renewal.fresh
            texts = (fresh.text(parameter.schema, parameter.pointer, sample) for _ in range(2))
            text = next((each for each in texts if each != unlikely), None)
            self.chosen |= {text} if text is not None else set()
            return text
        return self.renewal.fresh.number(parameter.pointer)

    def note(self, resource: Resource, draft: Draft, exchange: Exchange) -> Made | None:
        """Remember what an exchange made."""
        if exchange.call.method == "PUT":
            identity = draft.path_values.get(resource.parameter)
        else:
            identity = find_identity(self.contract, resource, exchange.body, exchange.answer.header("location"))
        if identity is None or not self._fits(resource, identity):
            return None
        values = {**draft.path_values, resource.parameter: identity}
        sent = draft.value
        headers = tuple(pair for pair in draft.headers if pair[0].lower() != "content-type")
        made = Made(resource, sent, exchange, values, headers)
        self.made.append(made)
        if self.trace and self.trace[-1].call == exchange.call:
            self.trace[-1] = exchange.step(identity)
        return made

    def _fits(self, resource: Resource, identity: str) -> bool:
        """Whether what looks like an id may stand in the path: the answer may have another for people."""
        operations = filter(None, (resource.read, resource.replace, resource.patch, resource.delete))
        found = (find_path_parameter(operation, resource.parameter) for operation in operations)
        parameter = next(filter(None, found), None)
        if parameter is None:
            return True
        is_valid = self.contract.spec.document.validator(parameter.pointer).is_valid
        return any(map(is_valid, values_of_identity(identity)))

    def remembers(self, resource: Resource) -> bool:
        """Whether a service keeps what it is sent. A mock makes its answers up: nothing follows from their values."""
        return self._memory.keeps(resource)

    @property
    def has_remembered(self) -> bool:
        """Whether it is known by now that a service keeps something of what it is sent."""
        return self._memory.is_there

    def remembers_any(self) -> bool:
        """Whether a service keeps anything of what it is sent."""
        return any(map(self.remembers, self.resources))

    def unknown(self, resource: Resource, operation: Operation | None = None) -> Exchange | None:
        """The answer to a request for something that does not exist."""
        operation = operation or resource.read
        draft = self.draft(operation) if operation else None
        if draft is None or operation is None or resource.is_single:
            return None
        identity = self.unlikely(operation, resource.parameter)
        if identity.isdecimal() and operation.method in UNSAFE and not self.settings.is_local:
            return None  # elsewhere a number may be somebody's
        values = {**draft.path_values, resource.parameter: identity}
        return self.send(operation, replace(draft, path_values=values))

    # --- Sending ---------------------------------------------------------------------------------------------------

    def send(self, operation: Operation, draft: Draft, credentials: Mapping[Way, str] | None = None) -> Exchange | None:
        """Send a request with the right credentials; None when nothing came back."""
        call = draft.call(self.target.base_url)
        ways = self.target.right_credentials(operation) if credentials is None else credentials
        for attempt in range(3):
            try:
                response = self.target.send(call, ways)
            except (NoAnswer, Unsendable):
                return None
            exchange = self.exchange(operation, call_of(response.request), answer_of(response), draft.form)
            self.observe(operation, response)
            if exchange.answer.status not in BUSY or attempt == 2:
                break
            after = exchange.answer.header("retry-after") or "0.1"
            self.clock.sleep(min(float(after) if after.replace(".", "", 1).isdigit() else 1.0, 2.0))
        if operation.method in UNSAFE:
            self.trace.append(Step(exchange.call))
        return exchange

    def send_anew(self, operation: Operation, draft: Draft) -> Exchange | None:
        """Send a request, to a new thing where the operation uses up what it is done to."""
        if self.is_hasty(operation):
            draft = replace(draft, path_values={**draft.path_values, **self.place(operation)})
        found = self.send(operation, draft)
        for _ in self.hasten(operation) if found is not None and found.answer.status == 409 else ():
            found = self.send(operation, replace(draft, path_values={**draft.path_values, **self.place(operation)}))
            if found is not None and found.answer.status != 409:
                break
        return found

    def send_together(self, operation: Operation, drafts: Iterable[Draft]) -> list[Exchange | None]:
        """Send requests at the same time, with the right credentials; None for each that was not answered."""
        calls = [draft.call(self.target.base_url) for draft in drafts]
        try:
            answers = self.target.send_together(calls, self.target.right_credentials(operation))
        except Unsendable:
            return []
        found: list[Exchange | None] = []
        for response in answers:
            if response is not None:
                self.observe(operation, response)
                self.trace.append(Step(call_of(response.request)))
                found.append(self.exchange(operation, call_of(response.request), answer_of(response)))
            else:
                found.append(None)
        return found

    def exchange(self, operation: Operation, call: Call, answer: Answer, form: Any = None) -> Exchange:
        """What passed between this run and an operation."""
        key = (str(operation), answer.status)
        if key not in self._envelopes:
            found = find_answer(self.contract, operation, answer.status)
            self._envelopes[key] = found[0] if found else ""
        return Exchange(call, answer, form, self._envelopes[key])

    def on(self, operation: Operation | None, made: Made, body: Any = ...) -> Exchange | None:
        """Send an operation's valid request for a thing."""
        draft = self.draft_on(operation, made, body)
        return None if draft is None or operation is None else self.send(operation, draft)

    def draft_on(self, operation: Operation | None, made: Made, body: Any = ...) -> Draft | None:
        """The valid request of an operation for a thing, on whose behalf it was made."""
        base = self.base(operation) if operation else None
        if base is None or operation is None:
            return None
        draft = replace(base, path_values={**base.path_values, **made.path_values})
        if (scope := find_scope(operation)) is not None:
            value = next((v for n, v in made.headers if n.lower() == scope.name.lower()), None)
            draft = draft if value is None else draft.with_parameter("header", scope.name, value)
        return self.current(operation, draft if body is ... else draft.with_value(body))

    def clean_up(self) -> Iterator[str]:
        """Delete what was made, the last first; says what could not be."""
        for made in reversed(self.made):
            if made.resource.delete is None:
                continue
            try:
                done = self.on(made.resource.delete, made)
            except BudgetSpent:
                yield "The budget did not suffice to delete everything that this run made."
                return
            if done is None or not (done.is_success or done.answer.status in {404, 410}):
                yield f"{made.resource} could not be deleted: {dict(made.path_values)}"
        self.made.clear()


def answer_of(response: requests.Response) -> Answer:
    """A response as plain data."""
    headers: dict[str, tuple[str, ...]] = {}
    for name, value in response.raw.headers.items() if response.raw is not None else response.headers.items():
        headers[name.lower()] = (*headers.get(name.lower(), ()), value)
    return Answer(response.status_code, headers, response.content or b"")
