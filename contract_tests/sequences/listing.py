"""Lists: what they hold, and parameters that come back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from typing import Any

from contract_tests.contract import Operation, Parameter
from contract_tests.resources import Resource, answer_shape, find_path_parameter, fold
from contract_tests.sequences.paging import TURNS_PAGES, identities, identity, is_whole, items_of, walk
from contract_tests.sequences.rules import GONE, Rule, bug, full_body, is_beside, make_full, show
from contract_tests.session import Made, Session
from contract_tests.values import default_of, iter_echo_problems, same
from contract_tests.verdicts import Finding

MAX_LISTED = 6
MAX_KINDS = 14
"""So many things are made of different kinds."""
LONG = "A text of two hundred characters, some of which go  in pairs. " * 3 + "The end."


def listed(session: Session, resource: Resource) -> Iterator[Finding]:
    """What is made is listed as it is read, and no longer once it is deleted."""
    listing, read = resource.listing, resource.read
    made = make_full(session, resource)
    if made is None or listing is None:
        return
    name = made.path_values[resource.parameter]

    def look() -> list[Finding]:
        pages = walk(session, resource, made)
        if not pages or not is_whole(session, resource, pages):
            return []
        if name in identities(pages, resource):
            return []
        return [bug(listing, "listed", "missing", f"does not list what {resource.maker} made", pages[-1], name)]

    problems = session.until(look)
    yield from problems
    if not problems and read is not None:
        yield from _listed_alike(session, resource, made)
    long = _make_long(session, resource, made) if not problems else None
    if long is not None and resource.maker is not None:
        yield from iter_echo_problems(session.contract, resource.maker, long.exchange)
        yield from _listed_alike(session, resource, long)
    if problems or resource.delete is None:
        return
    done = session.on(resource.delete, made)
    if done is None or not done.is_success or done.answer.status == 202:
        return

    def look_again() -> list[Finding]:
        pages = walk(session, resource, made)
        if name not in identities(pages, resource):
            return []
        return [bug(listing, "listed", "deleted", f"still lists what {resource.delete} deleted", pages[-1])]

    yield from session.until(look_again)


def _make_long(session: Session, resource: Resource, made: Made) -> Made | None:
    """One whose free texts are long: a list may be tempted to cut them."""
    maker = resource.maker
    bodies = session.bodies(maker) if maker is not None else None
    if bodies is None or not isinstance(made.sent, dict):
        return None
    body = dict(made.sent)
    for name, schema, _ in session.contract.iter_properties(bodies.schema, bodies.pointer):
        long = {**body, name: LONG}
        if (
            isinstance(body.get(name), str)
            and session.contract.is_free_text(schema, len(LONG))
            and bodies.validator.is_valid(long)
        ):
            body = long
    return session.make(resource, body) if body != made.sent else None


def _listed_alike(session: Session, resource: Resource, made: Made) -> Iterator[Finding]:
    listing, read = resource.listing, resource.read
    found = session.on(read, made)
    if found is None or not isinstance(found.body, dict) or listing is None:
        return
    for page in walk(session, resource, made):
        for item in items_of(page.body) or []:
            if isinstance(item, dict) and identity(item, resource) == made.path_values[resource.parameter]:
                for name in item.keys() & found.body.keys():
                    if not same(found.body[name], item[name]) and name in (made.sent or {}):
                        problem = f"lists {name}={show(item[name])}, where {read} shows {show(found.body[name])}"
                        yield bug(listing, "listed", name, problem, page, found.body[name])


def kept_of_each_kind(session: Session, resource: Resource) -> Iterator[Finding]:
    """What is made with each of the values that are listed for a member is there, and is listed."""
    maker, read = resource.maker, resource.read
    bodies, full = (session.bodies(maker), full_body(session, maker)) if maker is not None else (None, None)
    if maker is None or read is None or bodies is None or not isinstance(full, dict):
        return
    made: list[tuple[str, Any, Made]] = []
    for name, schema, _ in session.contract.iter_properties(bodies.schema, bodies.pointer):
        is_flag = session.contract.json_types(schema) == {"boolean"}
        for value in [True, False] if is_flag else session.contract.enum(schema)[:MAX_LISTED]:
            body = {**full, name: value}
            if name in full and len(made) < MAX_KINDS and value is not None and bodies.validator.is_valid(body):
                one = session.make(resource, body)
                made += [(name, value, one)] if one is not None and one.exchange.answer.status == 201 else []
    for name, value, one in made:
        found = session.on(read, one)
        if found is not None and found.answer.status in GONE:
            yield from session.until(partial(_lost, session, read, one, f"{name}={show(value)}"))
    listing = resource.listing
    made = [each for each in made if is_beside(each[2], made[0][2])]
    pages = walk(session, resource, made[0][2]) if listing is not None and made else []
    if listing is None or not pages or not is_whole(session, resource, pages):
        return
    names = identities(pages, resource)
    missing = [(name, value) for name, value, one in made if one.path_values[resource.parameter] not in names]
    if 0 < len(missing) < len(made) and not says_left_out(session, resource, missing[0]):
        name, value = missing[0]
        problem = f"does not list what {maker} made with {name}={show(value)}"
        yield bug(listing, "listed", f"{name} {value}", problem, pages[-1], "everything")


def _lost(session: Session, read: Operation, made: Made, said: str) -> list[Finding]:
    found = session.on(read, made)
    if found is None or found.answer.status not in GONE:
        return []
    problem = f"does not find what {made.resource.maker} made with {said} (answer {found.answer.status})"
    return [bug(read, "read back", f"with {said}", problem, found, 200)]


def says_left_out(session: Session, resource: Resource, kind: tuple[str, Any]) -> bool:
    """Whether a list may leave things of a kind out: it, or its parameters, speak of such things or have a default."""
    listing, (name, value) = resource.listing, kind
    if listing is None:
        return True
    stem = str(value).lower().removesuffix("ed")
    word = fold(name) if isinstance(value, bool) else re.escape(stem)
    asked = [p for p in listing.parameters if p.location == "query" and fold(p.name) not in TURNS_PAGES]
    texts = [session.contract.said_at(listing.pointer), listing.summary]
    texts += [f"{p.name} {p.description}" for p in asked if default_of(session.contract, p.schema) is not ...]
    return any(
        re.search(rf"{word}|\b(only|active|visible|public|hidden|by default)\b", text, re.IGNORECASE) for text in texts
    )


def reflected(session: Session, resource: Resource) -> Iterator[Finding]:
    """A query parameter that an answer shows by the same name is shown as it was sent, or with its default."""
    listing = resource.listing
    draft = session.draft(listing) if listing else None
    if listing is None or draft is None:
        return
    shape = answer_shape(session.contract, listing, 200)
    names = {n: s for n, s, _ in session.contract.iter_properties(*shape)} if shape else {}
    for parameter in listing.parameters:
        if parameter.location != "query" or parameter.name not in names:
            continue
        types = session.contract.json_types(parameter.schema) & session.contract.json_types(names[parameter.name])
        values = (
            [" a b ", "a+b", "a%2Fb", "Zoë 北", "a&b=c", "Ab"] if "string" in types else [1, 2, 7]
            if types & {"integer", "number"} else []
        )  # fmt: skip
        default = default_of(session.contract, parameter.schema)
        for value in [..., *values]:
            wanted = default if value is ... else value
            if wanted is ... or not _types_agree(session, parameter, wanted):
                continue
            sent = draft if value is ... else draft.with_parameter("query", parameter.name, str(value))
            found = session.send(listing, sent)
            if found is None or not found.is_success or not isinstance(found.body, dict):
                continue
            if parameter.name in found.body and not same(wanted, found.body[parameter.name]):
                said = "by default" if value is ... else f"for {parameter.name}={value}"
                problem = f"says {parameter.name}={show(found.body[parameter.name])} {said}, not {show(wanted)}"
                yield bug(listing, "reflected", parameter.name, problem, found, wanted)


_TEXTS = ("Mixed Case", "a+b", "100% a", "Zoë 北京", "Zoë", "a%41b", "a%2Fb", "a&b=c", " padded ", "a;b,c", "a/b")
"""Texts that a path holds percent-encoded; services decode them once, as UTF-8."""


def named(session: Session, resource: Resource) -> Iterator[Finding]:
    """A text in a path that an answer shows by the same name is shown as it was sent."""
    read = resource.read
    parameter = find_path_parameter(read, resource.parameter) if read else None
    draft = session.draft(read) if read else None
    if read is None or parameter is None or draft is None or resource.maker:
        return
    shape = answer_shape(session.contract, read, 200)
    told = {name for name, _, _ in session.contract.iter_properties(*shape)} if shape else set()
    if parameter.name not in told or "string" not in session.contract.json_types(parameter.schema):
        return
    for text in _TEXTS:
        if not _types_agree(session, parameter, text):
            continue
        found = session.send(read, draft.with_parameter("path", parameter.name, text))
        if found is None or not isinstance(found.body, dict) or parameter.name not in found.body:
            continue
        if found.is_success and not same(text, found.body[parameter.name]):
            problem = f"says {parameter.name}={show(found.body[parameter.name])} for {show(text)}"
            yield bug(read, "reflected", parameter.name, problem, found, text)


def _types_agree(session: Session, parameter: Parameter, value: Any) -> bool:
    return bool(session.contract.spec.document.validator(parameter.pointer).is_valid(value))


LISTING = (
    Rule("what is made is listed", ("maker", "listing"), listed),
    Rule("what is made of each kind is kept", ("maker", "read"), kept_of_each_kind),
    Rule("a parameter is shown as it was sent", ("listing",), reflected),
    Rule("a text in a path is shown as it was sent", ("read",), named),
)
