"""An `Idempotency-Key`: a repeated one repeats the answer, and what a document says beyond that of keys."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

from contract_tests.contract import Operation, Parameter
from contract_tests.drafts import Draft
from contract_tests.references import put_references
from contract_tests.renewal import with_new_key
from contract_tests.resources import Resource, find_key
from contract_tests.sequences.dangling import unlikely_reference
from contract_tests.sequences.hierarchy import parent_of
from contract_tests.sequences.paging import count_of
from contract_tests.sequences.rules import (
    GONE,
    Rule,
    bug,
    differences,
    documents,
    full_body,
    one_change,
    operations_below,
    other_body,
    sentences,
    show,
    tenants_of,
    write_to,
)
from contract_tests.session import Made, Session
from contract_tests.values import same
from contract_tests.verdicts import Finding

_OTHER = r"\b(another|a different|different|other|changed)\b.*\b(body|bodies|payload|content|request)\b|\bmismatch"
_OF_KEYS = re.compile(r"\bkeys?\b", re.IGNORECASE)
_PER_PATH = (
    r"\b(belongs?|is tied|are tied) to (one|an?|its|their|the) (operation|endpoint|path)\b|"
    r"\b(per|each|for (this|the|an?)|same|one) (operation|endpoint|path|address|url|resource)\b"
)
MAX_ACTIONS = 3
MIN_KEY, MAX_KEY = 8, 256
MAX_CHANGES = 4
_FIRST = (
    r"\b(same|first|original|initial|stored) (answer|response|reply|result)\b"
    r"|\bas (it was )?(first|originally) (answered|returned)\b|\banswered 20\d\b"
    r"|\b(answer|response|result) of the (first|original)\b|\bstatus and body unchanged\b"
)
_STATUS = r"\b4\d\d\b"
_FREE = (
    r"\b(refus|fail|reject|unsuccess|invalid)\w*\b.*"
    r"\b(no key|not (store|stored|kept|keep|remember|remembered|use|used|use up|used up|count))\b"
    r"|\banswers? other than (a )?20\d\b[^.;]*\bnot (kept|stored|remembered)\b"
    r"|\bonly (successful|20\d) (answers|responses|results)\b[^.;]*\b(kept|stored|remembered)\b"
)
_VALUES = r"\bas json\b|\bjson values?\b|\bsemantic|\border of (the |its |their )?(members|keys|properties|fields)\b"
_REPLAYED = re.compile(r"(x-)?idempoten\w*-replay(ed)?", re.IGNORECASE)
_TOLD = re.compile(rf"`?\b({_REPLAYED.pattern}): true\b", re.IGNORECASE)


def idempotent(session: Session, resource: Resource) -> Iterator[Finding]:
    """A repeated `Idempotency-Key` repeats the answer and makes nothing more."""
    create = resource.create
    header = find_key(create) if create else None
    if create is None or header is None:
        return

    def make(key: str, body: Any, *, there: Made | None = None) -> Made | None:
        def change(draft: Draft) -> Draft:
            place = {n: text for n, text in there.path_values.items() if n in draft.path_values} if there else {}
            keyed = draft.with_parameter("header", header.name, key)
            return replace(keyed, path_values={**keyed.path_values, **place})

        return session.make(resource, body, change=change, again=there is not None)

    full = full_body(session, create)
    key, further = str(uuid.uuid4()), str(uuid.uuid4())  # a key of an earlier run would repeat that one's answer
    first = make(key, full)
    count = count_of(session, resource, first) if first else None
    second = make(key, first.sent, there=first) if first else None
    later = count_of(session, resource, second) if second else None
    if first is None:
        return
    if second is None:
        draft = session.draft_on(create, first)
        same_again = draft.with_value(first.sent).with_parameter("header", header.name, key) if draft else None
        done = session.send(create, same_again) if same_again else None
        if done is not None and 400 <= done.answer.status < 500:
            problem = f"answers {done.answer.status} to a request that is repeated with its {header.name}"
            yield bug(create, "idempotency", "again", problem, done, first.exchange.answer.status)
        return
    if first.path_values != second.path_values:
        problem = f"makes a second thing for a repeated {header.name}"
        yield bug(create, "idempotency", "second", problem, second.exchange, first.path_values[resource.parameter])
    elif count is not None and later is not None and later > count:
        problem = f"answers a repeated {header.name} like the first time, yet makes something more"
        yield bug(create, "idempotency", "more", problem, second.exchange, count)
    elif first.exchange.body != second.exchange.body:
        for name, a, b in differences(session, create, first.exchange, create, second.exchange):
            problem = f"answers {name}={show(b)}, not {show(a)}, to a repeated {header.name}"
            yield bug(create, "idempotency", "answer", problem, second.exchange, a)
    yield from _answered(session, create, header, first, second)
    yield from _marked(session, create, header, first, second)
    yield from _reused(session, create, header, first, full, key)
    yield from _across(session, create, header, first, key)
    yield from _unusual(session, create, header, first, full)
    yield from _elsewhere(session, create, header, first, key)
    yield from _below_another(session, create, header, first, key)
    close = key[:-1] + ("a" if key[-1] != "a" else "b")
    for third in filter(None, (make(another, full) for another in (further, close, key.upper()))):
        if third.path_values == first.path_values:
            problem = f"takes another {header.name} for the first"
            yield bug(create, "idempotency", "another", problem, third.exchange)


def _unusual(session: Session, create: Operation, header: Parameter, first: Made, full: Any) -> Iterator[Finding]:
    """A key of every kind of letters that its schema allows is as good as another."""
    is_valid = session.contract.spec.document.validator(header.pointer).is_valid
    tail = uuid.uuid4().hex[:8]
    for text in (f"Key_{tail}", f"KEY-{tail}", f"key.{tail}", f"{tail}:/+~"):
        draft = session.draft_on(create, first, full) if is_valid(text) else None
        done = session.send(create, draft.with_parameter("header", header.name, text)) if draft is not None else None
        if done is not None and done.answer.status in {400, 422}:
            # What else it sends may be refused by itself.
            if session.make(first.resource, full, change=partial(with_new_key, create)) is not None:
                problem = f"refuses {header.name}: {text} with {done.answer.status}, although the contract allows it"
                yield bug(create, "idempotency", "unusual", problem, done, first.exchange.answer.status)
            return


def _elsewhere(session: Session, create: Operation, header: Parameter, first: Made, key: str) -> Iterator[Finding]:
    """A key that counts for one path is free on another, where that is said."""
    if not _sayings(session, create, header, _PER_PATH):
        return
    for other in session.contract.operations:
        again = find_key(other)
        if again is None or other == create:
            continue
        draft = session.draft(other)
        done = session.send(other, draft.with_parameter("header", again.name, key)) if draft is not None else None
        is_refused = done is not None and done.answer.status in {409, 422}
        if done is None or not (is_refused or done.body == first.exchange.body):
            continue
        # The same under a key of its own: what is taken, or not valid, is refused under any.
        draft = session.draft(other)
        control = session.send(other, with_new_key(other, draft)) if draft is not None else None
        if control is not None and control.is_success:
            problem = f"answers {done.answer.status} to a {again.name} that was used for {create} only"
            yield bug(other, "idempotency", "elsewhere", problem, done, control.answer.status)


def _below_another(session: Session, create: Operation, header: Parameter, first: Made, key: str) -> Iterator[Finding]:
    """A key that counts within one parent is free in another, where that is said ("in the same calendar")."""
    above = parent_of(session, first.resource) or next(
        (r for r in reversed(session.resources) if r.parameter and create.path.startswith(f"{r.item}/")), None
    )
    nouns = "|".join(map(re.escape, above.nouns)) if above is not None else ""
    if above is None or not _sayings(session, create, header, rf"\b(per|each|same|one|within an?) ({nouns})\b"):
        return
    other, draft = session.make(above), session.draft_on(create, first)
    if other is None or draft is None:
        return
    there = replace(draft, path_values={**draft.path_values, **other.path_values}).with_value(first.sent)
    done = session.send(create, there.with_parameter("header", header.name, key))
    is_first = done is not None and done.is_success and done.body == first.exchange.body
    if done is not None and (is_first or done.answer.status == 409):
        problem = f"answers {done.answer.status} to a {header.name} that was used below another {above.parameter} only"
        yield bug(create, "idempotency", "another parent", problem, done, first.exchange.answer.status)


def _across(session: Session, create: Operation, header: Parameter, first: Made, key: str) -> Iterator[Finding]:
    """The key of one tenant brings nothing of its own to another."""
    tenants, read = tenants_of(session, first), first.resource.read
    draft = session.draft_on(create, first) if tenants and read else None
    looks = session.draft_on(read, first) if draft is not None and read is not None else None
    if tenants is None or read is None or draft is None or looks is None:
        return
    scope, own, foreign = tenants
    other = draft.with_value(first.sent).with_parameter("header", header.name, key)
    found = session.send(create, other.with_parameter("header", scope.name, foreign))
    if found is None or not found.is_success or found.body != first.exchange.body:
        return
    # Each tenant may have numbers of its own.
    shown = session.send(read, looks.with_parameter("header", scope.name, foreign))
    if shown is not None and shown.answer.status in {403, *GONE}:
        problem = f"answers {scope.name}: {foreign} with what {scope.name}: {own} made under the same {header.name}"
        yield bug(create, "idempotency", "tenant", problem, found, "something of its own")


def _marked(session: Session, create: Operation, header: Parameter, first: Made, second: Made) -> Iterator[Finding]:
    """A documented header that says whether an answer is a repeated one says it of that one alone."""
    response = session.contract.find_response(create, second.exchange.answer.status)
    documented = [name for name in response.headers if _REPLAYED.fullmatch(name)] if response else []
    told = [match[1] for match in _TOLD.finditer(f"{header.description} {session.contract.said_at(create.pointer)}")]
    for name in (documented or told) if first.path_values == second.path_values else ():
        if (second.exchange.answer.header(name.lower()) or "false").lower() == "false":
            problem = f"does not say {name} of the answer to a repeated {header.name}"
            yield bug(create, "idempotency", "marked", problem, second.exchange, "true")
        if (first.exchange.answer.header(name.lower()) or "false").lower() != "false":
            problem = f"says {name} of an answer that is the first to its {header.name}"
            yield bug(create, "idempotency", "marked first", problem, first.exchange, "none")


def _answered(session: Session, create: Operation, header: Parameter, first: Made, second: Made) -> Iterator[Finding]:
    """Where the first answer is said to come again, it does: its status, and what it showed then."""
    if first.path_values != second.path_values or not _sayings(session, create, header, _FIRST):
        return
    status, wanted = second.exchange.answer.status, first.exchange.answer.status
    if status != wanted:
        problem = f"answers {status}, not {wanted}, to a repeated {header.name}"
        yield bug(create, "idempotency", "status", problem, second.exchange, wanted)
        return
    read, key = first.resource.read, _key_of(second, header)
    now = session.on(read, first) if read is not None and _changed(session, first) else None
    draft = session.draft_on(create, first) if now is not None and key is not None else None
    if draft is None or now is None or key is None or not isinstance(now.body, dict):
        return
    again = session.send(create, draft.with_value(first.sent).with_parameter("header", header.name, key))
    if again is None or not again.is_success or not isinstance(again.body, dict):
        return
    told = first.exchange.body if isinstance(first.exchange.body, dict) else {}
    for name in told.keys() & again.body.keys() & now.body.keys():
        old, new = told[name], again.body[name]
        if not same(old, new) and same(new, now.body[name]):
            problem = f"answers {name}={show(new)}, not the first answer's {show(old)}, to a repeated {header.name}"
            yield bug(create, "idempotency", "first answer", problem, again, old)
            return


def _key_of(made: Made, header: Parameter) -> str | None:
    return next((held for name, held in made.headers if name.lower() == header.name.lower()), None)


def _changed(session: Session, made: Made) -> bool:
    """Whether a thing could be changed, by a write or by an action on it."""
    write = made.resource.patch or made.resource.replace
    if write is not None:
        body = one_change(session, write, made.exchange.body)
        done = write_to(session, write, made, body) if body else None
        return done is not None and done.is_success
    actions = operations_below(session, made.resource, "POST")[:MAX_ACTIONS]
    return any(done is not None and done.is_success for done in (session.on(action, made) for action in actions))


def _reused(
    session: Session, create: Operation, header: Parameter, first: Made, full: Any, key: str
) -> Iterator[Finding]:
    """A key that was used is refused with another body, where the document has a status for it."""
    changed = other_body(session, create, full)
    if isinstance(changed, dict) and isinstance(full, dict):  # what it names must exist
        changed |= {name: full[name] for name in session.renewal.references(create) if name in full}
    if changed == full or not documents(create, "409", "422"):
        return
    draft = session.draft_on(create, first, changed)
    count = count_of(session, first.resource, first)
    exchange = session.send(create, draft.with_parameter("header", header.name, key)) if draft else None
    later = count_of(session, first.resource, first)
    if exchange is None:
        return
    if not exchange.is_success and isinstance(changed, dict):
        yield from _slightly(session, create, header, first, full, changed, key)
    told = {match for each in _sayings(session, create, header, _OTHER) for match in re.findall(_STATUS, each)}
    wanted = {int(status) for status in told if documents(create, status)} if len(told) == 1 else set()
    status = exchange.answer.status
    if exchange.is_success:
        problem = f"accepts another body under a {header.name} that was used"
        yield bug(create, "idempotency", "reuse", problem, exchange, "409 or 422")
    elif status not in (wanted or {409, 422, 400}) and status != 429:
        problem = f"answers {status} to another body under a {header.name} that was used"
        yield bug(create, "idempotency", "reuse status", problem, exchange, min(wanted, default="409 or 422"))
    elif count is not None and later is not None and later > count:
        problem = f"refuses another body under a {header.name} that was used with {status}, yet makes something"
        yield bug(create, "idempotency", "reuse made", problem, exchange, count)


def _slightly(
    session: Session, create: Operation, header: Parameter, first: Made, full: Any, changed: dict[str, Any], key: str
) -> Iterator[Finding]:
    """A body that differs in one member is another body."""
    unlike = [name for name in changed if name in full and not same(full[name], changed[name])]
    for name in unlike[-MAX_CHANGES:]:
        draft = session.draft_on(create, first)
        body = {**first.sent, name: changed[name]} if isinstance(first.sent, dict) else None
        done = (
            session.send(create, draft.with_value(body).with_parameter("header", header.name, key))
            if draft and body
            else None
        )
        if done is not None and done.is_success:
            problem = f"takes a body with another {name} for the same under a {header.name} that was used"
            yield bug(create, "idempotency", "reuse one", problem, done, "409 or 422")
            return


def as_told(session: Session, resource: Resource) -> Iterator[Finding]:
    """What a document says of keys: that one is free after a refusal, and what makes a body another."""
    create = resource.create
    header = find_key(create) if create else None
    bodies = session.bodies(create) if create else None
    full = full_body(session, create) if create else None
    if create is None or header is None or bodies is None or not isinstance(full, dict):
        return

    def keyed(draft: Draft) -> Draft:
        return draft.with_parameter("header", header.name, key)

    yield from _lengths(session, resource, create, header, full)
    wrong = {**full, next(iter(full), "a"): {"wrong": []}}
    others = [] if bodies.validator.is_valid(wrong) else [wrong]
    for body in [*others, *_naming_nothing(session, create, full)] if _sayings(session, create, header, _FREE) else ():
        key, draft = str(uuid.uuid4()), session.draft(create)
        refused = session.send(create, keyed(draft.with_value(body))) if draft else None
        is_refused = refused is not None and 400 <= refused.answer.status < 500
        # The second one finds out which members no two may share.
        plain = session.make(resource, full) and session.make(resource, full) if is_refused else None
        fresh = session.draft_on(create, plain, full) if plain else None
        done = session.send(create, keyed(fresh)) if fresh else None
        if done is not None and not done.is_success:
            problem = f"answers {done.answer.status} to a request with the {header.name} of one that was refused"
            yield bug(create, "idempotency", "refused", problem, done, "a success")
            break
    key = str(uuid.uuid4())
    first = session.make(resource, full, change=keyed) if _sayings(session, create, header, _VALUES) else None
    base = session.draft_on(create, first) if first is not None and first.exchange.form is None else None
    if first is None or base is None or not isinstance(first.sent, dict):
        return
    turned = json.dumps(dict(reversed(first.sent.items())), indent=2).encode()
    again = session.send(create, keyed(base.with_body(turned)))
    if again is not None and (
        again.answer.status in {400, 409, 422} or any(differences(session, create, first.exchange, create, again))
    ):
        problem = f"takes the members of a body in another order for another body under a {header.name}"
        yield bug(create, "idempotency", "order", problem, again, first.exchange.answer.status)


def _lengths(
    session: Session, resource: Resource, create: Operation, header: Parameter, full: dict[str, Any]
) -> Iterator[Finding]:
    """A key as short and as long as the document lets it be is taken like any other."""
    node = header.schema if isinstance(header.schema, dict) else {}
    is_valid = session.contract.spec.document.validator(header.pointer).is_valid
    for length in (node.get("minLength"), node.get("maxLength")):
        if not isinstance(length, int) or not MIN_KEY <= length <= MAX_KEY:
            continue
        texts = [(uuid.uuid4().hex * 9)[:length] for _ in range(2)]
        draft = session.draft(create) if all(map(is_valid, texts)) and session.make(resource, full) else None
        if draft is None:
            continue
        sent = (session.current(create, draft.with_value(full)).with_parameter("header", header.name, t) for t in texts)
        done = [session.send(create, each) for each in sent]
        if all(each is not None and each.answer.status in {400, 422} for each in done) and done[0] is not None:
            problem = f"refuses a {header.name} of {length} characters with {done[0].answer.status}"
            yield bug(create, "idempotency", "length", problem, done[0], "a success")


def _naming_nothing(session: Session, create: Operation, full: dict[str, Any]) -> list[Any]:
    """A body that names what does not exist, where one can."""
    for name, reference in session.renewal.references(create).items():
        if (value := unlikely_reference(session, reference)) is not None:
            return [put_references(full, {name: value})]
    return []


def _sayings(session: Session, create: Operation, header: Parameter, pattern: str) -> list[str]:
    """The sentences that are said of a key, by itself or with its operation, and match a pattern in any case."""
    of_keys = [said for said in sentences(session.contract.said_at(create.pointer)) if _OF_KEYS.search(said)]
    return [said for said in [*sentences(header.description), *of_keys] if re.search(pattern, said, re.IGNORECASE)]


KEYS = (
    Rule("a repeated Idempotency-Key makes nothing more", ("create",), idempotent),
    Rule("an Idempotency-Key is as the document says", ("create",), as_told),
)
