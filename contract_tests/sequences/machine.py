"""Random interleavings: things are made, changed and deleted in any order, and each must stay as it was left.

Hypothesis chooses the steps and shrinks those that break something (`hypothesis.stateful`); a dict of what each thing
showed last is the oracle.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import hypothesis
from hypothesis import HealthCheck, Phase, Verbosity, strategies
from hypothesis.errors import HypothesisException
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from contract_tests.contract import Operation
from contract_tests.exchanges import Step
from contract_tests.resources import Resource, fold, is_running
from contract_tests.sequences.hierarchy import make_below, parent_of
from contract_tests.sequences.paging import is_whole, walk
from contract_tests.sequences.queries import Listing
from contract_tests.sequences.rules import (
    GONE,
    Rule,
    bug,
    documents,
    full_body,
    is_beside,
    is_volatile,
    make_full,
    makes,
    one_change,
    show,
    small_body,
    unlike,
    write_to,
)
from contract_tests.session import Exchange, Made, Session
from contract_tests.values import same
from contract_tests.verdicts import Finding

MAX_EXAMPLES, MAX_STEPS = 12, 10
MAX_THINGS = 4
MAX_RUNS = 100
"""Runs with those that shrink; then nothing more is sent."""


SHIFTED = frozenset({
    "position", "rank", "index", "order", "sortorder", "ordinal", "sequence", "default", "isdefault", "primary",
    "isprimary",
})  # fmt: skip
"""Members of which no two have the same value, so that others give way."""


class Broken(Exception):
    """A run of the machine broke something."""


@dataclass
class Thing:
    """Something and what it showed last, None once it is deleted. One that the run did not make is only looked at."""

    made: Made
    held: dict[str, Any] | None
    is_own: bool = True


@dataclass
class Search:
    """What the runs of one machine have in common: the shortest one that broke something, and how many there were."""

    session: Session
    resource: Resource
    runs: int = 0
    cause: tuple[str, ...] = ()
    found: list[Finding] = field(default_factory=list)

    def keep(self, finding: Finding) -> None:
        """A run broke something. Only the first root cause counts: shrinking must not slip from one to another."""
        cause = (finding.operation, finding.claim, finding.subject)
        if self.cause in ((), cause):
            self.cause = cause
            if not self.found or len(finding.steps) < len(self.found[0].steps):
                self.found = [finding]
            raise Broken


class Interleaving(RuleBasedStateMachine):
    """Things of one kind, and what may be done to them."""

    search: Search

    def __init__(self) -> None:
        super().__init__()
        self.session, self.resource = self.search.session, self.search.resource
        self.things: list[Thing] = []
        self.steps: list[Step] = []
        self.search.runs += 1
        self.is_idle = self.search.runs > MAX_RUNS
        self.kept = self._kept_names()
        self.above = None if self.is_idle else self._make_parent()
        if self.above is None and not self.is_idle:
            self._remember_oldest()

    def _kept_names(self) -> set[str]:
        """The members that nothing but a change of the thing itself changes, as far as names tell."""
        writes = (self.resource.maker, self.resource.replace, self.resource.patch)
        sent = [full_body(self.session, write) for write in writes if write is not None]
        names = set().union(*(body for body in sent if isinstance(body, dict)))
        return {name for name in names if fold(name) not in SHIFTED and not is_volatile(name)} | {"id"}

    def _make_parent(self) -> Made | None:
        """A parent of its own, in which nothing is yet."""
        parent = parent_of(self.session, self.resource)
        above = make_full(self.session, parent) if parent is not None and parent.maker is not None else None
        if parent is not None and above is not None:
            self.steps.append(above.exchange.step(above.path_values[parent.parameter]))
        return above

    def _remember_oldest(self) -> None:
        """What was made first is a thing of every run: it is the first to be overwritten."""
        made = next((one for one in self.session.made if one.resource is self.resource), None)
        found = self._read(made) if made is not None else None
        if made is not None and found is not None and found.is_success and isinstance(found.body, dict):
            self.things.append(Thing(made, found.body, is_own=False))

    @property
    def own(self) -> list[Thing]:
        return [thing for thing in self.things if thing.is_own]

    @property
    def alive(self) -> list[Thing]:
        return [thing for thing in self.own if thing.held is not None]

    # --- Steps -------------------------------------------------------------------------------------------------------

    @precondition(lambda self: len(self.things) < MAX_THINGS)
    @rule(is_full=strategies.booleans())
    def make(self, is_full: bool) -> None:
        maker, read = self.resource.maker, self.resource.read
        if maker is None or read is None or self.is_idle:
            return
        body = (full_body if is_full else small_body)(self.session, maker)
        made = make_below(self.session, self.resource, self.above, body) or self.session.make(self.resource, body)
        if made is None:
            return
        self.steps.append(made.exchange.step(made.path_values[self.resource.parameter]))
        # A service may give the id of what is deleted to the next: then it names that, and is found again.
        self.things = [t for t in self.things if t.held is not None or t.made.path_values != made.path_values]
        found = self._read_until(made, lambda found: found.is_success)
        if found is not None and found.is_success and isinstance(found.body, dict):
            self.things.append(Thing(made, found.body))

    @precondition(lambda self: self.own)
    @rule(number=strategies.integers(0, MAX_THINGS - 1), is_put=strategies.booleans())
    def change(self, number: int, is_put: bool) -> None:
        writes = [write for write in (self.resource.replace, self.resource.patch) if write is not None]
        thing = self.own[number % len(self.own)]
        if not writes or self.is_idle:
            return
        write = writes[0 if is_put else -1]
        body = one_change(self.session, write, thing.held or self._sent(thing))
        done = write_to(self.session, write, thing.made, body) if body else None
        if done is None:
            return
        self.steps.append(Step(done.call))
        if thing.held is None:
            self._refused(write, done)
        elif done.is_success and self.resource.read is not None and done.answer.status != 202:
            compare = partial(unlike, self.session, write, self.resource.read, done.sent)
            found = self._read_until(thing.made, lambda found: not any(compare(found)))
            if found is None or not found.is_success or not isinstance(found.body, dict):
                return
            for finding in compare(found):
                self._keep(finding)
            thing.held = found.body

    @precondition(lambda self: self.alive)
    @rule(number=strategies.integers(0, MAX_THINGS - 1))
    def delete(self, number: int) -> None:
        thing = self.alive[number % len(self.alive)]
        if self.resource.delete is None or self.is_idle:
            return
        done = self.session.on(self.resource.delete, thing.made)
        if done is None:
            return
        self.steps.append(Step(done.call))
        if done.is_success and done.answer.status != 202:
            thing.held = None

    def _sent(self, thing: Thing) -> dict[str, Any]:
        return thing.made.sent if isinstance(thing.made.sent, dict) else {}

    def _refused(self, write: Operation, done: Exchange) -> None:
        """What is deleted cannot be changed, unless a PUT may make it again."""
        if done.is_success and not makes(write) and documents(write, "404", "410"):
            self._keep(bug(write, "interleaved", "deleted", "changes what was deleted", done, 404))
        if done.is_success:
            self.things = [thing for thing in self.things if thing.held is not None]

    # --- What must hold ----------------------------------------------------------------------------------------------

    def teardown(self) -> None:
        """At the end of a run everything is as it was left; nothing else than the steps has touched it."""
        if self.is_idle or not self.things:
            return
        for thing in self.things:
            self._keep_first(self.session.until(partial(self._look, thing)))
        self._keep_first(self.session.until(self._look_at_list))

    def _look(self, thing: Thing) -> list[Finding]:
        read, found = self.resource.read, self._read(thing.made)
        if read is None or found is None:
            return []
        if thing.held is None:
            problem = f"answers {found.answer.status} for something that {self.resource.delete} deleted"
            return [bug(read, "interleaved", "deleted", problem, found, 404)] if found.is_success else []
        if found.answer.status in GONE:
            problem = f"no longer finds what nobody deleted (answer {found.answer.status})"
            return [bug(read, "interleaved", "gone", problem, found, 200)]
        return self._differences(read, thing.held, found, found.body)

    def _differences(self, operation: Operation, held: dict[str, Any], found: Exchange, shown: Any) -> list[Finding]:
        problem = "shows {name}={b}, where it was left with {a}"
        return [
            bug(
                operation,
                "interleaved",
                name,
                problem.format(name=name, a=show(value), b=show(shown[name])),
                found,
                value,
            )
            for name, value in held.items()
            if isinstance(shown, dict) and name in shown and name in self.kept and not same(value, shown[name])
            if not (value is None and is_running(held))
        ]

    def _look_at_list(self) -> list[Finding]:
        listing, first = self.resource.listing, self.things[0].made
        pages = walk(self.session, self.resource, first) if listing else []
        if listing is None or not pages or not is_whole(self.session, self.resource, pages):
            return []
        read = Listing(self.session, self.resource, listing, first)
        items = [item for page in pages for item in read.items(page)]
        by_name = dict(zip(read.names(items), items, strict=True))
        for thing in (each for each in self.things if is_beside(each.made, first)):
            name = thing.made.path_values[self.resource.parameter]
            if thing.held is None and name in by_name:
                return [bug(listing, "interleaved", "still listed", "still lists what was deleted", pages[-1])]
            if thing.held is not None and name not in by_name:
                return [bug(listing, "interleaved", "not listed", "does not list what nobody deleted", pages[-1], name)]
            if thing.held is not None and (told := self._differences(listing, thing.held, pages[-1], by_name[name])):
                return told
        return []

    def _read(self, made: Made) -> Exchange | None:
        return self.session.on(self.resource.read, made)

    def _read_until(self, made: Made, is_right: Callable[[Exchange], bool]) -> Exchange | None:
        """What is read once it is as it should be, or after that time in which a service may show it."""
        found: list[Exchange | None] = []

        def is_wrong() -> bool:
            found.append(self._read(made))
            return found[-1] is not None and not is_right(found[-1])

        self.session.until(is_wrong)
        return found[-1]

    def _keep_first(self, findings: list[Finding]) -> None:
        for finding in findings[:1]:
            self._keep(finding)

    def _keep(self, finding: Finding) -> None:
        self.search.keep(finding.after(self.steps))


def interleaved(session: Session, resource: Resource) -> Iterator[Finding]:
    """Whatever is done to others, and in which order, each thing stays as it was left."""
    search = Search(session, resource)
    machine = hypothesis.seed(session.settings.seed)(type("Things", (Interleaving,), {"search": search}))
    settings = hypothesis.settings(
        max_examples=MAX_EXAMPLES,
        stateful_step_count=MAX_STEPS,
        database=None,
        deadline=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
        verbosity=Verbosity.quiet,
        print_blob=False,
    )
    # What a run kept stays, whether or not Hypothesis could repeat it in the runs that it was allowed.
    with suppress(Broken, HypothesisException):
        run_state_machine_as_test(machine, settings=settings)
    yield from search.found


INTERLEAVED = (Rule("each stays as it was left, whatever is done to others", ("maker", "read"), interleaved),)
