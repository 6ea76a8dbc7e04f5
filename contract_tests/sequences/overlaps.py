"""Periods that may not overlap (a room has one booking at a time): what is refused, what only touches, what is free."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from typing import Any

from contract_tests.contract import Operation
from contract_tests.ordering import between, iter_periods, later
from contract_tests.renewal import with_new_key
from contract_tests.resources import STATES, Resource, fold
from contract_tests.sequences.actions import find_actions
from contract_tests.sequences.rules import GONE, Rule, bug, documents, make_full, members_of, says, sentences
from contract_tests.session import Exchange, Made, Session
from contract_tests.verdicts import Finding

_REFUSED = r"\b(409|no|not|never|cannot|without|conflict\w*|refus\w+|reject\w+)\b"
_BEGINS = re.compile(r"^(starts?|begins?|from|at)(_?(at|on|time))?$", re.IGNORECASE)
_QUARTERS = (15, 10, 30, 5, 1)
"""Minutes or hours that a quarter of a length may be, the likeliest first."""
_TOUCHING = (
    r"\bmay (begin|start) when another ends\b|\b(touch\w*|adjacent|adjoin\w*|back.to.back|abut\w*)\b[^.;]*\bnot overlap"
)
_ITSELF = r"\bnot overlap (with )?itself\b"
_ASIDE = r"\b(aside|apart|except|not|unless|ignored|free|freed|frees)\b"
_WITHIN = (("within", 1, 3), ("over the end of", 2, 6), ("over the beginning of", -2, 2), ("around", -1, 5))
"""Where a period stands to one of four quarters, as quarters behind its beginning."""
_APART = 8
"""So many quarters lie between the beginnings of periods that have nothing to do with each other."""


class Calendar:
    """Periods of one kind of things, beside one that was made: all of them refer to the same thing.

    The second of the `names` is that of an end, or of a length in units of so many `minutes`.
    """

    def __init__(
        self, session: Session, create: Operation, made: Made, names: tuple[str, str], minutes: int = 0
    ) -> None:
        self.session, self.create, self.made, self.names = session, create, made, names
        self.minutes = minutes
        self.places = itertools.count(_APART, _APART)

    def period(self, begin: int, end: int) -> dict[str, Any] | None:
        """A period so many quarters behind the beginning of the one that was made; None where there is none."""
        first, last = (self.made.sent[name] for name in self.names)
        if self.minutes:
            quarter = last // 4
            time = later(first, begin * quarter * self.minutes)
            return None if time is None else {self.names[0]: time, self.names[1]: (end - begin) * quarter}
        times = [between(first, last, quarters) for quarters in (begin, end)]
        found = {name: time for name, time in zip(self.names, times, strict=True) if time is not None}
        return found if len(set(found.values())) == len(self.names) else None

    def ask(self, begin: int, end: int) -> Exchange | None:
        """The answer to who wants the same thing for a period."""
        draft, period = self.session.draft_on(self.create, self.made), self.period(begin, end)
        if draft is None or period is None:
            return None
        draft = with_new_key(self.create, draft.with_value({**self.made.sent, **period}))
        found = self.session.send(self.create, draft)
        if found is not None and found.is_success:
            self.session.note(self.made.resource, draft, found)
        return found

    def another(self) -> tuple[Made | None, int]:
        """One more for the same thing at another time, and the quarter that it begins with."""
        begin = next(self.places)
        found = self.ask(begin, begin + 4)
        return next((made for made in self.session.made if made.exchange is found), None), begin


def apart(session: Session, resource: Resource) -> Iterator[Finding]:
    """What may not overlap is refused where it does, and only there."""
    create = resource.create
    said = _sentences(session, create) if create is not None and documents(create, "409") else []
    made = make_full(session, resource) if said else None
    calendar = _find_calendar(session, create, made) if create is not None and made is not None else None
    if create is None or calendar is None:
        return
    for where, begin, end in _WITHIN:
        found = calendar.ask(begin, end)
        if found is not None and found.is_success:
            problem = f"answers {found.answer.status} to a period {where} another, at the time of another: {said[0]!r}"
            yield bug(create, "overlap", where, problem, found, 409)
            return
    yield from _touching(calendar)
    yield from _changed(calendar)
    for action in [*find_actions(session, resource), *([resource.delete] if resource.delete else [])]:
        yield from _freed(calendar, action, said)


def _find_calendar(session: Session, create: Operation, made: Made) -> Calendar | None:
    """The periods of such things, by their beginnings and their ends or lengths; None where they have none."""
    names = next(iter_periods(made.sent), None) if isinstance(made.sent, dict) else None
    return Calendar(session, create, made, names) if names is not None else _lasting(session, create, made)


def _lasting(session: Session, create: Operation, made: Made) -> Calendar | None:
    """The periods of things that have a beginning and a length: `starts_at`, `duration_minutes`."""
    bodies = session.bodies(create)
    members = list(session.contract.iter_properties(bodies.schema, bodies.pointer)) if bodies is not None else []
    sent = made.sent if isinstance(made.sent, dict) else {}
    begins = [name for name, value in sent.items() if _BEGINS.search(name) and later(value, 1) is not None]
    lengths = [(name, schema) for name, schema, _ in members if re.search(r"duration|length|minutes|hours", name)]
    if bodies is None or len(begins) != 1 or len(lengths) != 1:
        return None
    (begin,), ((length, schema),) = begins, lengths
    minutes = 60 if "hour" in f"{length} {session.contract.description(schema)}".lower() else 1
    for quarter in _QUARTERS:
        if all(bodies.validator.is_valid({**sent, length: count * quarter}) for count in (2, 4, 6)):
            first = session.make(made.resource, {**sent, length: 4 * quarter})
            if first is not None and isinstance(first.sent, dict) and later(first.sent.get(begin), 1) is not None:
                return Calendar(session, create, first, (begin, length), minutes)
    return None


def _sentences(session: Session, create: Operation) -> list[str]:
    """What says of an operation that periods may not overlap."""
    refusal = next((each for each in create.responses if each.status == "409"), None)
    told = session.contract.said_at(refusal.pointer) if refusal else ""
    texts = [told, *sentences(session.contract.said_at(create.pointer))]
    found = [
        text
        for text in texts
        if re.search(r"\boverlap", text, re.IGNORECASE)
        and (text == told or re.search(_REFUSED, text, re.IGNORECASE))
        and not re.search(_TOUCHING, text, re.IGNORECASE)
    ]
    aside = [text for text in texts if re.search(r"\bdo(es)? not count\b", text, re.IGNORECASE) and text not in found]
    return [*found, *aside] if found else []


def _touching(calendar: Calendar) -> Iterator[Finding]:
    """Where it is said that what only touches does not overlap, it is taken."""
    if not says(calendar.session, calendar.create, _TOUCHING):
        return
    found = calendar.ask(4, 6)
    if found is None or found.answer.status != 409:
        return
    control = calendar.ask(5, 7)  # what else may be there
    if control is not None and control.is_success:
        problem = "answers 409 to what begins when another ends"
        yield bug(calendar.create, "overlap", "touching", problem, found, control.answer.status)


def _changed(calendar: Calendar) -> Iterator[Finding]:
    """A change is held to the same, and does not count what it changes."""
    session, patch, read = calendar.session, calendar.made.resource.patch, calendar.made.resource.read
    bodies = session.bodies(patch) if patch is not None and read is not None else None
    other, begin = calendar.another()
    if patch is None or bodies is None or other is None:
        return
    own, taken = calendar.period(begin + 1, begin + 5), calendar.period(2, 6)
    if own is not None and bodies.validator.is_valid(own) and says(session, patch, _ITSELF):
        done = session.on(patch, other, own)
        if done is not None and done.answer.status == 409:
            yield bug(patch, "overlap", "itself", "answers 409 to a change of its own time", done, 200)
    done = session.on(patch, other, taken) if taken is not None and bodies.validator.is_valid(taken) else None
    now = members_of(session.on(read, other)) if done is not None and done.is_success else {}
    if done is not None and taken is not None and all(now.get(name) == taken[name] for name in calendar.names):
        yield bug(patch, "overlap", "changed", "moves it into the time of another", done, 409)


def _freed(calendar: Calendar, action: Operation, said: list[str]) -> Iterator[Finding]:
    """What is deleted, or in a state that does not count, is at no time any more."""
    session, read = calendar.session, calendar.made.resource.read
    one, begin = calendar.another()
    before = session.on(read, one) if read is not None and one is not None else None
    done = session.on(action, one) if before is not None and one is not None else None
    after = session.on(read, one) if done is not None and done.is_success and one is not None else None
    if before is None or after is None:
        return
    is_free = (
        after.answer.status in GONE if action.method == "DELETE" else _counts_no_more(before.body, after.body, said)
    )
    found = calendar.ask(begin, begin + 4) if is_free else None
    if found is not None and found.answer.status == 409:
        problem = f"answers 409 to a period at the time of what {action} has ended"
        yield bug(calendar.create, "overlap", action.path, problem, found, 201)


def _counts_no_more(before: Any, after: Any, said: list[str]) -> bool:
    """Whether it is said that something in the state it now is in does not count, or only what is as it was."""
    if not isinstance(before, Mapping) or not isinstance(after, Mapping):
        return False
    states = [
        (str(before[name]), str(value)) for name, value in after.items() if name in before and fold(name) in STATES
    ]
    for was, now in states:
        for text in said if was != now else ():
            if _names(text, now):
                return re.search(_ASIDE, text, re.IGNORECASE) is not None
            if _names(text, was):
                return True
    return False


def _names(text: str, state: str) -> bool:
    return re.search(rf"\b{re.escape(state)}\b", text, re.IGNORECASE) is not None


OVERLAPS = (Rule("what may not overlap does not", ("create",), apart),)
