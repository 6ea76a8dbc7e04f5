"""Operations on many things at once: each is done, or said not to be; what is not named stays as it is."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from contract_tests.contract import Operation
from contract_tests.references import is_id_of
from contract_tests.resources import STATES, Resource, Shape, alternatives, answer_shape, fold, value_shape, whole
from contract_tests.sequences.paging import count_of, items_of
from contract_tests.sequences.rules import (
    GONE,
    Rule,
    bug,
    differences,
    documents,
    make_full,
    members_of,
    says,
    show,
    small_body,
    states_after,
)
from contract_tests.session import Exchange, Made, Session
from contract_tests.values import same
from contract_tests.verdicts import Finding

_TAKES_AWAY = re.compile(r"delet|remov|destroy|purge|discard", re.IGNORECASE)
_IS_RELATIVE = re.compile(r"adjust|increment|decrement|transfer|reorder", re.IGNORECASE)
"""Such values are added to what there is, or say where it goes."""

_DONE = frozenset({
    "succeeded", "successful", "success", "processed", "updated", "deleted", "removed", "created", "changed",
    "modified", "affected", "inserted", "imported",
})  # fmt: skip
_FAILED = frozenset({"failed", "failures", "failure", "rejected", "notfound"})
MAX_WORD = 20
"""A longer text of an item is no name of what to do."""

_ONE_EACH = (
    r"\bone (result|entry|item|answer|line)? ?(for|per) \w+"
    r"|\b(each|every) (item|entry|one)\b[^.;]*\b(own|a) (result|entry)\b"
)
_IDENTITIES = frozenset({"id", "uuid", "key", "name", "number"})
_OUTCOMES = frozenset({"outcome", "result", "status", "state", "success", "ok"})
_STATUSES = ("status", "statuscode", "code", "httpstatus")


@dataclass(frozen=True, slots=True)
class Bulk:
    """An operation whose body lists things, one of its kinds of items, and what names the thing in one.

    `member` is that of the body which holds the list, None where the body is the list. `identity` is None where each
    item makes a thing, and `...` where an item is nothing but an id.
    """

    operation: Operation
    member: str | None
    schema: Any
    pointer: str
    identity: Any
    common: Mapping[str, Any] = field(default_factory=dict)

    def body(self, base: Any, items: list[Any]) -> Any:
        """The body of these items; its other members are those of a valid one, and what is `common` to all items."""
        return items if self.member is None else {**base, **self.common, self.member: items}

    def takes_away(self, item: Any) -> bool:
        """Whether an item deletes what it names, as the method, a word of its own or the operation's name says."""
        told = [value for name, value in item.items() if name != self.identity] if isinstance(item, Mapping) else []
        if self.operation.method == "DELETE" or told:
            words = [word for word in told if isinstance(word, str) and len(word) <= MAX_WORD]
            return self.operation.method == "DELETE" or any(map(_TAKES_AWAY.match, words))
        return _TAKES_AWAY.search(f"{self.operation.path.rpartition('/')[2]} {self.operation.operation_id}") is not None


def _find(session: Session, resource: Resource) -> Iterator[Bulk]:
    """The operations on many of these: below or on their collection, with a list in the body."""
    collection = resource.item.rpartition("/")[0]
    makers = {str(each.create) for each in session.resources} | {str(resource.listing)}
    for operation in session.contract.operations:
        tail = _tail(operation.path, collection)
        if operation.method == "GET" or str(operation) in makers or "{" in tail:
            continue
        bodies = session.bodies(operation)
        if bodies is None or _IS_RELATIVE.search(f"{tail} {operation.operation_id}"):
            continue
        is_below = tail != operation.path and tail[:1] in ("", "/", ":")
        members = list(session.contract.iter_properties(bodies.schema, bodies.pointer))
        lists: list[tuple[str | None, Any, str]] = [
            (name, schema, pointer)
            for name, schema, pointer in members
            if session.contract.json_types(schema) - {"null"} == {"array"}
        ]
        if session.contract.json_types(bodies.schema) == {"array"}:
            lists = [(None, bodies.schema, bodies.pointer)]
        for member, schema, pointer in lists[:1]:
            node, at = session.contract.resolve(schema, pointer)
            # Elsewhere, a pattern says whose ids are listed.
            if not is_below and not is_id_of(session.contract, resource, node.get("items", {})):
                continue
            yield from _kinds(session, resource, operation, member, node.get("items", {}), f"{at}/items")


def _tail(path: str, collection: str) -> str:
    """What stands behind the path of a collection; nothing behind that of many of its things (`/bulk/orders`)."""
    first, _, last = path.rpartition("/")
    is_bulk = re.search(r"/(bulk|batch|multi|many)$", first) is not None and collection.endswith(f"/{last}")
    return "" if is_bulk and "{" not in path else path.removeprefix(collection)


def _common(session: Session, resource: Resource, operation: Operation) -> Mapping[str, Any]:
    """What is set on each thing that is named (`{"ids": [...], "set": {...}}`), other than most have it."""
    bodies, patch = session.bodies(operation), resource.patch or resource.replace
    known = value_shape(patch) if patch is not None else None
    if bodies is None or known is None or not isinstance(bodies.full, dict):
        return {}
    sendable = {name for name, _, _ in session.contract.iter_properties(*known)}
    for name, value in bodies.full.items():
        if isinstance(value, dict) and value and value.keys() <= sendable:
            told = dict(value)
            for path, candidate in bodies.samples.iter_near(bodies.schema, bodies.full):
                if len(path) == 2 and path[0] == name and candidate not in (None, "", [], {}):
                    changed = {**told, path[1]: candidate}
                    is_new = (
                        path[1] in value and same(told[path[1]], value[path[1]]) and not same(candidate, told[path[1]])
                    )
                    if is_new and bodies.validator.is_valid({**bodies.full, name: changed}):
                        told = changed
            return {name: told}
    return {}


def _kinds(
    session: Session, resource: Resource, operation: Operation, member: str | None, schema: Any, pointer: str
) -> Iterator[Bulk]:
    """What the items of a list are: ids, changes of things with an id, or new things."""
    contract = session.contract
    if contract.json_types(schema) <= {"string", "integer", "number"}:
        is_exact = is_id_of(contract, resource, schema)
        if (
            member is None
            or is_exact
            or fold(member).rstrip("s").endswith(("id", "key", "uuid", fold(resource.parameter)))
        ):
            yield Bulk(operation, member, schema, pointer, ..., _common(session, resource, operation))
        return
    for branch, at in alternatives(contract, schema, pointer):
        node, at = contract.resolve(branch, at)
        names = {name for name, _, _ in contract.iter_properties(node, at)}
        wanted = {fold(resource.parameter), "id", "uuid"}
        identity = next((name for name in sorted(names) if fold(name) in wanted), None)
        if identity is not None or _is_made_of(session, resource, names):
            yield Bulk(operation, member, node, at, identity)
        elif not names and (shape := _said_shape(session, resource, operation, member)) is not None:
            yield Bulk(operation, member, shape.schema, shape.pointer, None)


def _said_shape(session: Session, resource: Resource, operation: Operation, member: str | None) -> Shape | None:
    """What the items of a list are that is open to any object, and called after what one operation makes."""
    create = resource.create
    if create is None or member is None or fold(member) != resource.collection:
        return None
    is_named = bool(create.operation_id) and create.operation_id in session.contract.said_at(operation.pointer)
    return value_shape(create) if is_named else None


def _is_made_of(session: Session, resource: Resource, names: set[str]) -> bool:
    """Whether members are those of the body that makes one."""
    bodies = session.bodies(resource.create) if resource.create else None
    if bodies is None:
        return False
    known = {name for name, _, _ in session.contract.iter_properties(bodies.schema, bodies.pointer)}
    return bool(names) and session.contract.required(bodies.schema) <= names <= known


def bulk(session: Session, resource: Resource) -> Iterator[Finding]:
    """Each thing that is named is changed as asked, in that order; others are not; what is refused changes nothing."""
    for kind in _find(session, resource):
        if kind.identity is None:
            yield from _made_together(session, resource, kind)
        elif resource.read is not None:
            yield from _changed_together(session, resource, resource.read, kind)


# --- Changing and deleting -------------------------------------------------------------------------------------------


def _changed_together(session: Session, resource: Resource, read: Operation, kind: Bulk) -> Iterator[Finding]:
    made = [one for one in (make_full(session, resource) for _ in range(3)) if one is not None]
    if len(made) < 3:
        return
    bystander, (first, second) = made[0], sorted(made[1:], key=lambda one: one.path_values[resource.parameter])
    before = session.on(read, bystander)
    items = [item for one in (second, first) if (item := _item(session, kind, one, read)) is not None]
    done = _send(session, kind, bystander, items)
    if len(items) == 2 and done is not None and done.is_success and done.answer.status != 202:
        yield from _told(session, kind, items, done)
        for one, item in zip((second, first), items, strict=True):
            yield from session.until(partial(_effect, session, kind, read, one, item))
        after = session.on(read, bystander)
        if before is not None and after is not None and after.answer.status in GONE:
            yield bug(kind.operation, "bulk", "others", "deletes what it was not sent", done, 200)
        elif before is not None and after is not None:
            for name, a, b in differences(session, read, before, read, after):
                problem = f"changes {name} of what it was not sent from {show(a)} to {show(b)}"
                yield bug(kind.operation, "bulk", "others", problem, done, a)
    yield from _partly(session, resource, read, kind)
    yield from _refused_together(session, resource, read, kind)


def _refused_together(session: Session, resource: Resource, read: Operation, kind: Bulk) -> Iterator[Finding]:
    """A list with an item that is not valid is done for none, where it is refused."""
    made, bodies = make_full(session, resource), session.bodies(kind.operation)
    item, before = _item(session, kind, made, read), session.on(read, made) if made else None
    if made is None or bodies is None or item is None or before is None:
        return
    wrong = kind.body(
        small_body(session, kind.operation), [item, None if kind.identity is ... else {**item, kind.identity: None}]
    )
    done = None if bodies.validator.is_valid(wrong) else session.on(kind.operation, made, wrong)
    after = session.on(read, made) if done is not None and done.answer.status >= 400 else None
    if done is None or after is None:
        return
    changed = [name for name, _, _ in differences(session, read, before, read, after)]
    if changed or (after.answer.status in GONE and before.is_success):
        what = f"changes {changed[0]}" if changed else "deletes a thing"
        problem = f"refuses a list that is not valid with {done.answer.status}, yet {what}"
        yield bug(kind.operation, "bulk", "invalid", problem, done, "no change")


def _partly(session: Session, resource: Resource, read: Operation, kind: Bulk) -> Iterator[Finding]:
    """An id that nothing has, between two that something has: either all is refused, or the others are done."""
    made = [one for one in (make_full(session, resource), make_full(session, resource)) if one is not None]
    items = [_item(session, kind, one, read) for one in made]
    unknown = _unknown_item(session, kind, made[0], read) if made else None
    if len(made) < 2 or unknown is None or None in items:
        return
    before = [session.on(read, one) for one in made]
    done = _send(session, kind, made[0], [items[0], unknown, items[1]])
    if done is None or done.answer.status == 202:
        return
    if done.is_success:
        for one, item in zip(made, items, strict=True):
            yield from session.until(partial(_effect, session, kind, read, one, item))
        yield from _told(session, kind, [items[0], unknown, items[1]], done, unknown=1)
        yield from _alike(session, kind, read, made, items_of(done.body) or [], done)
        return
    for one, first in zip(made, before, strict=True):
        after = session.on(read, one)
        if first is None or after is None:
            return
        if after.answer.status in GONE or any(differences(session, read, first, read, after)):
            problem = f"refuses three items with {done.answer.status}, yet does one of them"
            yield bug(kind.operation, "bulk", "refused", problem, done, "no change")
            return
    if documents(kind.operation, "207") and 400 <= done.answer.status < 500:
        problem = f"refuses all with {done.answer.status} where one id is unknown, and not by its own status in a 207"
        yield bug(kind.operation, "bulk", "partly", problem, done, 207)


def _alike(
    session: Session, kind: Bulk, read: Operation, made: list[Made], results: list[Any], done: Exchange
) -> Iterator[Finding]:
    """What becomes of one thing becomes of another that was made alike, and is listed behind an id that nothing has."""
    if len(results) == len(made) + 1 and all(isinstance(result, dict) for result in results):
        first, last = results[0], results[-1]
        for name in first.keys() & last.keys():
            is_plain = isinstance(first[name], str | bool) and str(first[name]) not in made[0].path_values.values()
            if is_plain and (fold(name) in _OUTCOMES) and not same(first[name], last[name]):
                problem = (
                    f"says {name}={show(last[name])} of what is behind an unknown id, and {show(first[name])} before"
                )
                yield bug(kind.operation, "bulk", f"{name} alike", problem, done, first[name])
                return
    one, two = (members_of(session.on(read, each)) for each in made)
    for name in one.keys() & two.keys():
        if fold(name) in STATES and not same(one[name], two[name]):
            problem = f"leaves {name}={show(two[name])} behind an unknown id, and {show(one[name])} before it"
            yield bug(kind.operation, "bulk", f"{name} alike", problem, done, one[name])


def _item(session: Session, kind: Bulk, made: Made | None, read: Operation, identity: Any = None) -> Any:
    """An item for a thing, whose members differ from what the thing has; None when no valid one is found."""
    bodies = session.bodies(kind.operation)
    if made is None or bodies is None:
        return None
    text = made.path_values[made.resource.parameter] if identity is None else identity
    id_schema = kind.schema if kind.identity is ... else _member(session, kind, kind.identity)
    value = int(text) if str(text).isdecimal() and "integer" in session.contract.json_types(id_schema) else text
    if kind.identity is ...:
        return value if _is_valid(session, kind, [value]) else None
    item = {**bodies.samples.make(kind.schema, full=True), kind.identity: value}
    found = session.on(read, made)
    held = members_of(found)
    for path, candidate in bodies.samples.iter_near(kind.schema, item):
        if len(path) != 1 or path[0] == kind.identity or path[0] not in held or candidate in (None, "", [], {}):
            continue
        changed = {**item, path[0]: candidate}
        if (
            same(held[path[0]], item[path[0]])
            and not same(held[path[0]], candidate)
            and _is_valid(session, kind, [changed])
        ):
            item = changed
    return item if _is_valid(session, kind, [item]) else None


def _member(session: Session, kind: Bulk, name: str) -> Any:
    return next(schema for known, schema, _ in session.contract.iter_properties(kind.schema, "") if known == name)


def _unknown_item(session: Session, kind: Bulk, made: Made | None, read: Operation) -> Any:
    identity = session.unlikely(read, made.resource.parameter) if made else ""
    if made is None or (identity.isdecimal() and not session.settings.is_local):
        return None  # elsewhere a number may be somebody's
    return _item(session, kind, made, read, identity)


def _is_valid(session: Session, kind: Bulk, items: list[Any]) -> bool:
    bodies = session.bodies(kind.operation)
    return bodies is not None and bool(bodies.validator.is_valid(kind.body(small_body(session, kind.operation), items)))


def _send(session: Session, kind: Bulk, made: Made, items: list[Any]) -> Exchange | None:
    bodies = session.bodies(kind.operation)
    if bodies is None or not items or not _is_valid(session, kind, items):
        return None
    return session.on(kind.operation, made, kind.body(small_body(session, kind.operation), items))


def _effect(session: Session, kind: Bulk, read: Operation, made: Made, item: Any) -> list[Finding]:
    """What became of one thing that a list named, and should not have."""
    found = session.on(read, made)
    if found is None:
        return []
    if kind.takes_away(item):
        problem = f"answers {found.answer.status} for something that {kind.operation} deleted"
        return [bug(read, "bulk", "still there", problem, found, 404)] if found.is_success else []
    held = found.body if isinstance(found.body, dict) else {}
    wanted = {name: value for name, value in item.items() if name != kind.identity} if isinstance(item, dict) else {}
    wanted |= {name: value for told in kind.common.values() for name, value in told.items()}
    for word in [value for value in wanted.values() if isinstance(value, str) and len(value) <= MAX_WORD]:
        wanted |= dict(states_after(session, read, word))
    sent = show({**kind.common, str(kind.member): [item]} if kind.common else item)
    return [
        bug(kind.operation, "bulk", name, f"was sent {sent}, then {read} shows {name}={show(held[name])}", found, value)
        for name, value in wanted.items()
        if name in held and not same(value, held[name])
    ]  # fmt: skip


def _told(
    session: Session, kind: Bulk, items: list[Any], done: Exchange, unknown: int | None = None
) -> Iterator[Finding]:
    """The answer has a result for each item, with its id and a status that is so; its counts are right.

    The results are in the order of the items where the document speaks of one.
    """
    failed = 0 if unknown is None else 1
    for name, value in done.body.items() if isinstance(done.body, dict) else ():
        number = len(items) - failed if fold(name).removesuffix("count") in _DONE else failed
        if fold(name).removesuffix("count") in _DONE | _FAILED and type(value) is int and value != number:
            problem = f"says {name}={value} of {len(items)} items, {failed} of which nothing has"
            yield bug(kind.operation, "bulk", name, problem, done, number)
    results = items_of(done.body)
    if not results or not all(isinstance(result, dict) for result in results):
        return
    if len(results) != len(items) and says(session, kind.operation, _ONE_EACH):
        problem = f"answers with {len(results)} results to {len(items)} items"
        yield bug(kind.operation, "bulk", "results", problem, done, len(items))
        return
    names = [kind.identity, "id"] if isinstance(kind.identity, str) else ["id"]
    wanted = [str(item if kind.identity is ... else item[kind.identity]) for item in items]
    name = next((name for name in names if all(name in result for result in results)), None)
    got = [str(whole(result[name])) for result in results] if name else []
    if set(got) & set(wanted) and unknown is None and sorted(got) != sorted(wanted):
        problem = f"answers with results of {show(got)} to {show(wanted)}"
        yield bug(kind.operation, "bulk", "results", problem, done, wanted)
    elif len(got) == len(wanted) and not set(got) & set(wanted) and (name == kind.identity or kind.identity is ...):
        problem = f"answers with results of {show(got)}, none of which was sent, to {show(wanted)}"
        yield bug(kind.operation, "bulk", "results", problem, done, wanted)
    elif sorted(got) == sorted(wanted) and got != wanted:
        if says(session, kind.operation, r"\border\b"):
            problem = f"answers with results of {show(got)} to {show(wanted)}, in another order"
            yield bug(kind.operation, "bulk", "order", problem, done, wanted)
    elif len(results) == len(items) and got in ([], wanted):
        yield from _statuses(kind, results, done, unknown)


def _statuses(kind: Bulk, results: list[Any], done: Exchange, unknown: int | None) -> Iterator[Finding]:
    for number, result in enumerate(results):
        name = next((name for name in result if fold(name) in _STATUSES), None)
        status = result.get(name) if name else None
        if not isinstance(status, int) or not 100 <= status < 600:
            continue
        if (status >= 400) is not (number == unknown):
            kind_of = "an id that nothing has" if number == unknown else "what exists"
            problem = f"says {name}={status} of {kind_of}"
            yield bug(kind.operation, "bulk", f"{name} of {kind_of}", problem, done, 404 if number == unknown else 200)


# --- Making ----------------------------------------------------------------------------------------------------------


def _made_together(session: Session, resource: Resource, kind: Bulk) -> Iterator[Finding]:
    """Each item makes a thing that is as asked; a list with a wrong item makes none, where it is refused."""
    made, bodies = make_full(session, resource), session.bodies(kind.operation)
    if made is None or bodies is None:
        return
    items = [_new(session, resource, kind), _new(session, resource, kind)]
    done = _send(session, kind, made, items)
    if done is not None and done.is_success and done.answer.status != 202:
        results = [_thing(each) for each in items_of(done.body) or []]
        if len(results) == len(items) and _is_shown(session, kind, done.answer.status):
            for item, result in zip(items, results, strict=True):
                yield from _shown(session, resource, kind, made, item, result, done)
        yield from _made_partly(session, resource, kind, made)
    count, again = count_of(session, resource, made), count_of(session, resource, made)
    wrong = kind.body(
        small_body(session, kind.operation),
        [_new(session, resource, kind), {**items[0], next(iter(items[0])): {"wrong": []}}],
    )
    if count is None or count != again or bodies.validator.is_valid(wrong):
        return
    refused = session.on(kind.operation, made, wrong)
    later = count_of(session, resource, made)
    if refused is not None and not refused.is_success and later is not None and later > count:
        problem = f"refuses a list with {refused.answer.status}, yet makes something of it"
        yield bug(kind.operation, "bulk", "made", problem, refused, count)


def _thing(result: Any) -> Any:
    """The thing that a result is, or the one member of it that is one."""
    inner = [each for each in result.values() if isinstance(each, dict)] if isinstance(result, dict) else []
    return inner[0] if len(inner) == 1 and not _IDENTITIES & result.keys() else result


def _made_partly(session: Session, resource: Resource, kind: Bulk, made: Made) -> Iterator[Finding]:
    """An item that is not valid, between two that are: where others are made all the same, each is told what became."""
    first, last = _new(session, resource, kind), _new(session, resource, kind)
    wrong = {**first, next(iter(first)): {"wrong": []}} if first else {}
    done = _send(session, kind, made, [first, wrong, last])
    results = items_of(done.body) if done is not None and done.is_success and done.answer.status != 202 else None
    if done is None or results is None or not all(isinstance(result, dict) for result in results):
        return
    if len(results) != 3 and says(session, kind.operation, _ONE_EACH):
        yield bug(kind.operation, "bulk", "results", f"answers with {len(results)} results to 3 items", done, 3)
        return
    statuses = [next((each[name] for name in each if fold(name) in _STATUSES), None) for each in results]
    is_http = len(statuses) == 3 and all(isinstance(status, int) and status >= 100 for status in statuses)
    if is_http and [isinstance(status, int) and status >= 400 for status in statuses] != [False, True, False]:
        problem = f"answers with statuses {show(statuses)} to an item that is not valid between two that are"
        yield bug(kind.operation, "bulk", "statuses", problem, done, [201, 422, 201])


def _new(session: Session, resource: Resource, kind: Bulk) -> Any:
    """A new body, with new values for what no two things may share."""
    bodies = session.bodies(resource.create) if resource.create else None
    base = session.base(resource.create) if resource.create else None
    if bodies is None or base is None or resource.create is None:
        return {}
    body = bodies.full if bodies.full is not None else bodies.small
    known = {name for name, _, _ in session.contract.iter_properties(kind.schema, kind.pointer)}
    fresh = session.renewal.renewed(resource.create, base.with_value(body)).value
    return {name: value for name, value in fresh.items() if name in known}


def _is_shown(session: Session, kind: Bulk, status: int) -> bool:
    return answer_shape(session.contract, kind.operation, status) is not None


def _shown(
    session: Session, resource: Resource, kind: Bulk, made: Made, item: Any, result: Any, done: Exchange
) -> Iterator[Finding]:
    """A result shows what was sent, and its id leads to it."""
    if not isinstance(result, dict):
        return
    for name, value in item.items():
        if name in result and not same(value, result[name]):
            problem = f"was sent {name}={show(value)} and answers with {show(result[name])}"
            yield bug(kind.operation, "bulk", name, problem, done, value)
    identity = next((result[name] for name in (resource.parameter, "id", "uuid", "key") if name in result), None)
    if identity is None or resource.read is None:
        return
    values = {**made.path_values, resource.parameter: str(identity)}
    one = Made(resource, item, done, values, made.headers)
    session.made.append(one)

    def look() -> list[Finding]:
        found = session.on(resource.read, one)
        if found is None or resource.read is None:
            return []
        if found.answer.status in GONE:
            problem = f"does not find what {kind.operation} made (answer {found.answer.status})"
            return [bug(resource.read, "bulk", "missing", problem, found, 200)]
        held = found.body if isinstance(found.body, dict) else {}
        return [
            bug(kind.operation, "bulk", name, f"was sent {name}={show(value)}, then {resource.read} shows "
                f"{show(held[name])}", found, value)
            for name, value in item.items()
            if name in held and not same(value, held[name])
        ]  # fmt: skip

    yield from session.until(look)


BULK = (Rule("many are changed as each is asked", ("create",), bulk),)
