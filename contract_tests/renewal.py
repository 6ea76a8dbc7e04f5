"""What a valid request needs to be accepted once more: values that nobody has, things to name, a time of its own."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from contract_tests.contract import Operation
from contract_tests.drafts import Draft
from contract_tests.forms import file_members
from contract_tests.freshness import MAX_TRIES, Fresh, iter_unique_candidates
from contract_tests.ordering import iter_periods, moved
from contract_tests.references import Reference, find_references, put_references, value_of, values_of
from contract_tests.resources import Resource, find_key

if TYPE_CHECKING:
    from contract_tests.session import Session
    from contract_tests.things import Exchange, Made

DAYS = 7
"""So much later is the next period, where no two may overlap."""


@dataclass
class Needs:
    """What the requests that make one kind of thing need, as far as a run has found out.

    No two things may share the members that are `unique`; `apart` things refer to no same thing, and those that are
    `later` stand at no same time.
    """

    unique: tuple[str, ...] = ()
    apart: bool = False
    later: bool = False


class Renewal:
    """Puts what is new or up to date into drafts for one service, and finds out what has to be."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.fresh = Fresh(session.contract)
        self._references: dict[str, Mapping[str, Reference]] = {}
        self._needs: dict[str, Needs] = {}
        self._named: dict[str, Made | None] = {}
        self._awaited: set[str] = set()
        self._enriched: set[str] = set()
        self._told: set[str | int] = set()
        self._days = 0

    def forget(self, below: str = "") -> None:
        """What stands below a path need not be there any more."""
        self._named = {item: made for item, made in self._named.items() if not item.startswith(below)}

    # --- Drafts ----------------------------------------------------------------------------------------------------

    def renewed(self, operation: Operation, draft: Draft) -> Draft:
        """A draft with values that suit the service as it is now, in place of those of samples.

        Members that no two things may share get new values, and those that name other things the ids of some.
        """
        needs = self._needs_of(operation)
        draft = self._referring(operation, draft)
        if needs.later and draft.form is None:
            draft = self._moved(operation, draft)
        body = _object(draft) if needs.unique else None
        if body is None:
            return draft
        changed = {name: text for name in needs.unique if (text := self._anew(operation, name, body.get(name)))}
        if draft.form is not None:
            return draft.with_value({**body, **changed}) if changed else draft
        for name, text in changed.items():
            draft = draft.with_member(name, body[name], text)
        return draft

    def renamed(self, operation: Operation, draft: Draft, *, keep: str = "") -> Draft:
        """A draft with other values in all members that no two things might share, also those that a probe chose.

        The member to `keep` is what the probe is about.
        """
        bodies, body = self.session.bodies(operation), _object(draft)
        if bodies is None or body is None or draft.form is not None:
            return draft
        for name, schema, pointer in iter_unique_candidates(self.session.contract, bodies.schema, bodies.pointer):
            held = body.get(name)
            if name != keep and isinstance(held, str) and (text := self.fresh.text(schema, pointer, held)) is not None:
                draft = draft.with_member(name, held, text)
        return draft

    def unique(self, operation: Operation) -> tuple[str, ...]:
        """The members of an operation's body that no two things may share, as far as this run has found out."""
        return self._needs_of(operation).unique

    def _needs_of(self, operation: Operation) -> Needs:
        resource = next((r for r in self.session.resources if operation in (r.create, r.replace)), None)
        return self._needs.get(resource.item, Needs()) if resource else Needs()

    def _anew(self, operation: Operation, name: str, value: Any) -> str | None:
        """A new value in place of one that we made up; None for any other, which is what a probe is about."""
        bodies = self.session.bodies(operation)
        if bodies is None or not isinstance(value, str):
            return None
        samples = [body.get(name) for body in (bodies.small, bodies.full) if isinstance(body, dict)]
        if value not in samples and value not in self.fresh.made:
            return None
        for known, schema, pointer in self.session.contract.iter_properties(bodies.schema, bodies.pointer):
            if known == name:
                return self.fresh.text(schema, pointer, next(s for s in (*samples, value) if isinstance(s, str)))
        return None

    # --- What is referred to ---------------------------------------------------------------------------------------

    def references(self, operation: Operation) -> Mapping[str, Reference]:
        """What names other things in the requests of an operation, by name."""
        label = str(operation)
        if label not in self._references:
            self._references[label] = find_references(self.session.contract, self.session.resources, operation)
        return self._references[label]

    def identities(self, operation: Operation) -> dict[str, str | int]:
        """Values for an operation's references that name things that exist; none for what cannot be made."""
        found: dict[str, str | int] = {}
        for name, reference in self.references(operation).items():
            if operation.path.startswith(f"{reference.resource.item}/"):
                self._part({name: reference})  # a duplicate can be merged once
            made = None if reference.resource.item in self._awaited else self._one(reference.resource)
            if made is None:
                continue
            identity = made.path_values[reference.resource.parameter]
            if (value := value_of(self.session.contract, reference.pointer, identity)) is not None:
                found[name] = value
                self._told.add(value)
        return found

    def enrich(self, operation: Operation) -> bool:
        """Refer to things with every member from now on: one that is not active may not be assigned to."""
        found = False
        for reference in self.references(operation).values():
            maker, item = reference.resource.maker, reference.resource.item
            if maker is None or item in self._enriched or item in self._awaited:
                continue
            self._enriched.add(item)
            made = self.session.make(reference.resource, self.session.fullness.body(maker))
            if made is not None:
                self._named[item] = made
                found = True
        return found

    def _one(self, resource: Resource) -> Made | None:
        """One to refer to, and for nothing else: what is referred to may not be deleted.

        Things that refer to each other cannot all be made first.
        """
        if resource.item not in self._named:
            self._awaited.add(resource.item)
            self._named[resource.item] = self.session.make(resource)
            self._awaited.remove(resource.item)
        return self._named[resource.item]

    def _referring(self, operation: Operation, draft: Draft) -> Draft:
        """A draft whose samples of references name what exists; what a probe put there stays."""
        references = self.references(operation)
        bodies = self.session.bodies(operation) if references else None
        if bodies is None or draft.value is None:
            return draft
        if self._needs_of(operation).apart:
            self._part(references)
        for name, new in self.identities(operation).items():
            samples = {*values_of(bodies.small, name), *values_of(bodies.full, name), *self._told}
            held = {*values_of(draft.value, name)}
            texts = {str(sample) for sample in samples if isinstance(sample, int)} if draft.form is None else set()
            for text in texts & held:
                draft = draft.with_member(name, str(text), str(new))  # that it is a text is what a probe is about
            for old in samples & held:
                if draft.form is not None:
                    draft = draft.with_value(put_references(draft.form, {name: new}))
                else:
                    draft = draft.with_member(name, old, new)
        return draft

    def _part(self, references: Mapping[str, Reference]) -> None:
        """What is named from now on is new."""
        for reference in references.values():
            if reference.resource.item not in self._awaited:
                self._named.pop(reference.resource.item, None)

    def _moved(self, operation: Operation, draft: Draft) -> Draft:
        """A draft whose periods begin after all those before; one that a probe is about stays where it is."""
        bodies, body = self.session.bodies(operation), _object(draft)
        if bodies is None or body is None:
            return draft
        samples = [each for each in (bodies.full, bodies.small) if isinstance(each, dict)]
        for names in iter_periods(body):
            sample = next((each for each in samples if names[0] in each and names[1] in each), None)
            if sample is None or any(body[n] not in {sample[n], *self._told} for n in names):
                continue
            self._days += DAYS
            for name in names:
                later = moved(sample[name], self._days)
                self._told.add(later)
                draft = draft.with_member(name, body[name], later)
        return draft

    # --- Conflicts -------------------------------------------------------------------------------------------------

    def again(self, resource: Resource, create: Operation, draft: Draft, refused: Exchange) -> tuple[Draft, Exchange]:
        """The request that was refused, with what may have to be new; finds out what has to."""
        bodies, body = self.session.bodies(create), _object(draft)
        if bodies is None or body is None or not bodies.validator.is_valid(body):
            return draft, refused
        needs = self._needs.setdefault(resource.item, Needs())
        for changed in self._iter_changes(create, needs, draft, body, is_conflict=refused.answer.status == 409):
            exchange = self.session.send(create, changed)
            if exchange is None:
                break
            if exchange.is_success:
                return changed, exchange
        return draft, refused

    def _iter_changes(
        self, create: Operation, needs: Needs, draft: Draft, body: dict[str, Any], *, is_conflict: bool
    ) -> Iterator[Draft]:
        """Drafts that may be accepted; what is asked for behind one shows that it was not."""
        known = needs.unique
        for names in self._iter_names(create, body, known):
            needs.unique = names
            yield self._with_new(create, draft, body, names)
            self.fresh.again()
        needs.unique = known
        if is_conflict and not needs.apart and self.references(create):
            needs.apart = True
            yield self.renewed(create, draft)
            needs.apart = False
        if is_conflict and not needs.later and any(iter_periods(body)):
            needs.later = True
            yield self.renewed(create, draft)
            needs.later = False

    def _iter_names(self, create: Operation, body: dict[str, Any], known: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
        """Which members may have to be new."""
        if known:
            self.fresh.again()
            yield from [known] * MAX_TRIES
            return
        names = [name for name in self._candidates(create) if isinstance(body.get(name), str)]
        # One member at a time, so that the others keep the values that the samples were made for.
        alone: list[tuple[str, ...]] = [(name,) for name in names]
        yield from [*alone, *([tuple(names)] if len(names) > 1 else [])][: MAX_TRIES * 2]

    def _candidates(self, create: Operation) -> dict[str, tuple[Any, str]]:
        bodies = self.session.bodies(create)
        found = iter_unique_candidates(self.session.contract, bodies.schema, bodies.pointer) if bodies else ()
        files = file_members(self.session.contract, bodies.media) if bodies else {}
        return {name: (schema, pointer) for name, schema, pointer in found if name not in files}

    def _with_new(self, create: Operation, draft: Draft, body: dict[str, Any], names: tuple[str, ...]) -> Draft:
        candidates = self._candidates(create)
        texts = {name: self.fresh.text(*candidates[name], body[name]) for name in names if name in candidates}
        return draft.with_value({**body, **{name: text for name, text in texts.items() if text is not None}})


def with_new_key(operation: Operation, draft: Draft) -> Draft:
    """A draft under a new `Idempotency-Key`, where the operation knows one."""
    key = find_key(operation)
    return draft if key is None else draft.with_parameter("header", key.name, str(uuid.uuid4()))


def _object(draft: Draft) -> dict[str, Any] | None:
    value = draft.value
    return value if isinstance(value, dict) else None
