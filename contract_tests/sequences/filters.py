"""Filters of lists: what a parameter names is what is listed, all of it, and only that."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any
from urllib.parse import urljoin, urlsplit

from contract_tests.drafts import Draft
from contract_tests.forms import as_text
from contract_tests.resources import Resource, answer_shape, fold, iter_members
from contract_tests.sequences.actions import find_actions
from contract_tests.sequences.effects import body_of, do
from contract_tests.sequences.paging import (
    MAX_PAGES,
    follow,
    identities,
    items_of,
    largest_size,
    next_link,
    size_parameter,
    totals_of,
)
from contract_tests.sequences.queries import (
    MAX_VALUES,
    Field,
    Listing,
    Place,
    find_place,
    held_at,
    iter_fields,
    prepare,
)
from contract_tests.sequences.rules import Rule, bug, parameter_says, show
from contract_tests.sequences.searches import SAYS_ANY_CASE, text_mode
from contract_tests.session import Exchange, Made, Session
from contract_tests.values import same
from contract_tests.verdicts import Finding

MAX_ACTIONS = 4
_EXACTLY = r"\bexact(ly)?\b"

SETTLING = (0.0, 0.2, 0.6)
"""Seconds to wait before it is looked again what a filter keeps: what is running may have gone on."""


def filtered(session: Session, resource: Resource) -> Iterator[Finding]:
    """A parameter that is named like a member keeps what has that value, all of it, and only that."""
    listing = prepare(session, resource)
    if listing is None:
        return
    held = listing.held()
    listing = _varied(listing, held)
    sure: list[tuple[Field, Any, list[str]]] = []
    whole = listing.whole()
    for field in iter_fields(session, listing.operation):
        place = _place_of(field, held)
        there = [held_at(item, place) for item in whole or ()] if place else []
        for value in _values(session, field, held_at(held, place), there) if place else ():
            found = listing.ask((field, value))
            if found is None or place is None:
                continue
            findings = list(_kept(listing, field, place, value, found, whole))
            for pause in SETTLING if findings else ():  # what changes by itself may have done so meanwhile
                session.clock.sleep(pause)
                again, listing = listing.ask((field, value)), listing.renewed()
                whole = listing.whole()
                findings = list(_kept(listing, field, place, value, again, whole)) if again else []
                if not findings:
                    break
            yield from findings
            if not findings and whole and 0 < len(listing.items(found)) < len(whole):
                if all(field is not known for known, *_ in sure):
                    yield from _linked(listing, field, place, value)
                    yield from _counted(listing, field, value, found)
                    yield from _turned(listing, field, value, found)
                sure.append((field, value, listing.names(listing.items(found))))
    yield from _flagged(listing)
    yield from _together(listing, sure)


def _flagged(listing: Listing) -> Iterator[Finding]:
    """A flag that is named like one of a member's listed values (`archived`) keeps those that have it, or have not."""
    contract = listing.session.contract
    shape = answer_shape(contract, listing.resource.read, 200) if listing.resource.read else None
    members = {n: contract.enum(s) for n, s, _ in iter_members(contract, *shape)} if shape else {}
    for field in iter_fields(listing.session, listing.operation):
        parameter = field.parameter
        if field.key or contract.json_types(parameter.schema) - {"null"} != {"boolean"}:
            continue
        named = fold(parameter.name).removeprefix("is")
        alike = [(n, value) for n, values in members.items() for value in values if fold(str(value)) == named]
        # `archived=true` may mean that those are listed, too.
        flags = (False,) if parameter_says(parameter, r"\b(includ|also\b|too\b)") else (True, False)
        for flag in flags if len(alike) == 1 and parameter.name not in members else ():
            (member, value), found = alike[0], listing.ask((field, flag))
            for item in listing.items(found) if found else ():
                if found is not None and member in item and same(value, item[member]) is not flag:
                    problem = f"lists {member}={show(item[member])} for {parameter.name}={as_text(flag)}"
                    yield bug(listing.operation, "filter", parameter.name, problem, found, flag)
                    break


def _place_of(field: Field, held: dict[str, Any]) -> Place | None:
    """The member that a filter stands for; None where it is a search in texts."""
    return find_place(field.name, held) if text_mode(field, held) is None else None


def _varied(listing: Listing, held: dict[str, Any]) -> Listing:
    """The same list with things in further states in it, and some whose texts are those of another and more."""
    session, resource, sent = listing.session, listing.resource, listing.made.sent
    for action in find_actions(session, resource)[:MAX_ACTIONS]:
        made = session.make(resource, sent)
        if made is not None:
            do(session, action, "", made, body_of(session, action))
    for field in iter_fields(session, listing.operation) if isinstance(sent, dict) else ():
        place = _place_of(field, held)
        own = sent.get(place[0]) if place is not None and len(place) == 1 else None
        if place is None or own != held.get(place[0]):
            continue
        if isinstance(own, list) and own and isinstance(own[0], str):
            session.make(resource, {**sent, place[0]: [f"{own[0]}x"]})
        elif isinstance(own, str) and field.says(_EXACTLY):
            session.make(resource, {**sent, place[0]: f"{own}x"})
    return listing.renewed()


def _values(session: Session, field: Field, own: Any, there: list[Any]) -> list[Any]:
    """What to ask a filter for: what a thing has, what the document lists, and two values that are `there`."""
    node, _ = session.contract.resolve(field.schema, field.pointer)
    is_array = session.contract.json_types(field.schema) - {"null"} == {"array"}
    schema = node.get("items", {}) if is_array and isinstance(node, dict) else field.schema
    candidates = [*(own if isinstance(own, list) else [own]), *session.contract.enum(schema)]
    candidates += [not own] if isinstance(own, bool) else []
    # Whether one of several is there is a question of the whole; that of a text may be one of a part.
    candidates += [item[:-1] for item in own if isinstance(item, str)][:1] if isinstance(own, list) else []
    validator = session.contract.spec.document.validator(field.pointer)
    kept: list[Any] = []
    for value in candidates:
        if (
            isinstance(value, str | int | float)
            and value not in kept
            and validator.is_valid([value] if is_array else value)
        ):
            kept.append(value)
    if is_array and len(kept) > 1:
        held = sorted((value for value in kept if value in there), key=there.count)  # few fit one page
        kept = [*kept[: MAX_VALUES - 1], held[:2] if len(held) > 1 else kept[:2]]
    return kept[:MAX_VALUES]


def _kept(
    listing: Listing, field: Field, place: Place, value: Any, found: Exchange, whole: list[dict[str, Any]] | None
) -> Iterator[Finding]:
    name, wanted = field.name, value if isinstance(value, list) else [value]
    text = ",".join(map(as_text, wanted))
    needs_all = field.says(r"\ball (of|the|these)\b|\bevery\b|\band\b")
    items = listing.items(found)
    for item in items:
        held = held_at(item, place)
        if held is not ... and not (_has_all if needs_all else _has_any)(held, wanted):
            problem = f"lists {'.'.join(place)}={show(held)} for {name}={text}"
            yield bug(listing.operation, "filter", name, problem, found, value)
            return
    matching = [item for item in whole or [] if (held := held_at(item, place)) is not ... and _has_all(held, wanted)]
    if whole and listing.is_all(found) and len(matching) > len(items) and len(items) < len(whole):
        problem = f"lists {len(items)} for {name}={text}, and without it {len(matching)} that have this value"
        yield bug(listing.operation, "filter", name, problem, found, len(matching))


def _counted(listing: Listing, field: Field, value: Any, found: Exchange) -> Iterator[Finding]:
    """How many there are is how many the filter keeps."""
    count = len(listing.items(found))
    for name, total in totals_of(found).items() if listing.is_all(found) else ():
        if total != count:
            problem = f"says {name}={total} for {field.name}={as_text(value)}, and lists {count}"
            yield bug(listing.operation, "filter", f"{name} of {field.name}", problem, found, count)
            return


def _turned(listing: Listing, field: Field, value: Any, found: Exchange) -> Iterator[Finding]:
    """Page by page, a list keeps to its filter."""
    resource, kept = listing.resource, listing.names(listing.items(found))
    sizes, size = size_parameter(listing.operation), (len(kept) + 1) // 2
    if len(kept) < 2 or sizes is None or not listing.is_all(found):
        return
    pages = listing.turn(size, (field, value))
    again, seen = listing.ask((field, value)), identities(pages, resource)
    is_steady = again is not None and listing.names(listing.items(again)) == kept
    if 1 < len(pages) < MAX_PAGES and is_steady and sorted(seen) != sorted(kept):
        said = f"for {field.name}={as_text(value)}"
        problem = f"lists {len(seen)} {said} when turned page by page ({sizes.name}={size}), and {len(kept)} at once"
        yield bug(listing.operation, "filter", f"{field.name} turned", problem, pages[-1], kept)


def _linked(listing: Listing, field: Field, place: Place, value: Any) -> Iterator[Finding]:
    """The link to the next page keeps what the filter keeps."""
    page = listing.ask((field, value), size=1)
    link = next_link(page) if page is not None and listing.items(page) else None
    url = urljoin(page.call.url, link) if page is not None and link else ""
    if page is None or urlsplit(url).netloc != urlsplit(page.call.url).netloc:
        return
    draft, sizes = follow(listing.session, listing.operation, url), size_parameter(listing.operation)
    found = listing.session.send(listing.operation, draft)
    if found is not None and found.answer.status in {400, 404, 422}:
        problem = f"has a link to the next page, {link}, that is answered {found.answer.status}"
        yield bug(listing.operation, "filter", "link", problem, found, 200)
        return
    if sizes is not None:  # all that follows, of which the next may be right by chance
        draft = draft.with_parameter("query", sizes.name, str(largest_size(listing.session, sizes)))
    found = listing.session.send(listing.operation, draft)
    findings = list(_kept(listing, field, place, value, found, None)) if found is not None and found.is_success else []
    for finding in findings[:1]:
        yield replace(finding, sentence=f"{finding.sentence} behind the link to the next page", subject="link")


def _has_any(held: Any, wanted: list[Any]) -> bool:
    return any(is_asked_for(value, one) for value in wanted for one in (held if isinstance(held, list) else [held]))


def is_asked_for(wanted: Any, held: Any) -> bool:
    """Whether a thing holds what a query asks for, where everything is a text: `done=true` asks for true."""
    return same(wanted, held) or (isinstance(held, bool | int | float) and as_text(held) == wanted)


def _has_all(held: Any, wanted: list[Any]) -> bool:
    """Whether something is listed whichever way several values are meant: one of them, or all."""
    if not isinstance(held, list):
        return _has_any(held, wanted)
    return all(any(is_asked_for(value, one) for one in held) for value in wanted)


def _together(listing: Listing, sure: list[tuple[Field, Any, list[str]]]) -> Iterator[Finding]:
    """Two filters at once keep what each of them keeps."""
    pairs = [(one, two) for one in sure for two in sure if one[0].name < two[0].name]
    for (first, one, kept), (second, two, also) in pairs[:MAX_VALUES]:
        found = listing.ask((first, one), (second, two))
        if found is None or not listing.is_all(found):
            continue
        wanted = set(kept) & set(also)
        for pause in SETTLING if set(listing.names(listing.items(found))) != wanted else ():
            listing.session.clock.sleep(pause)
            alone = [listing.ask((first, one)), listing.ask((second, two))]
            found = listing.ask((first, one), (second, two))
            if found is None or any(each is None or not listing.is_all(each) for each in alone):
                return  # what is on further pages is not seen here
            wanted = set.intersection(*(set(listing.names(listing.items(each))) for each in alone if each))
            if set(listing.names(listing.items(found))) == wanted:
                break
        got = set(listing.names(listing.items(found)))
        if got != wanted:
            said = f"{first.name}={as_text(one)} with {second.name}={as_text(two)}"
            problem = f"lists {len(got)} for {said}, and {len(wanted)} for both of them alone"
            yield bug(listing.operation, "filter", f"{first.name} with {second.name}", problem, found, len(wanted))
            return


# --- How a text is written in a query --------------------------------------------------------------------------------

_PLUS_IS_SPACE = re.compile(r"`?\+`? (stands|is read) (for|as) a space\b|`?\+`? (means|is) a space\b", re.IGNORECASE)


def spelled(session: Session, resource: Resource) -> Iterator[Finding]:
    """A filter finds a text that must be encoded in a URL, and in another case where that is said not to matter."""
    fields = list(iter_fields(session, resource.listing)) if resource.listing else []
    listing = prepare(session, resource) if fields else None
    if listing is None or not isinstance(listing.made.sent, dict):
        return
    held, sent = listing.held(), listing.made.sent
    for field in fields:
        mode = text_mode(field, held)
        found = find_place(field.name, held)
        for place in mode.places if mode else (found,) if found is not None else ():
            name = place[0] if len(place) == 1 else ""
            if isinstance(held.get(name), str) and same(sent.get(name), held[name]):
                yield from _by_spellings(listing, field, name, held[name])
                yield from _by_case(listing, field, name, held[name]) if mode is None else ()


def _by_spellings(listing: Listing, field: Field, name: str, text: str) -> Iterator[Finding]:
    session, resource = listing.session, listing.resource
    is_valid = session.contract.spec.document.validator(field.pointer).is_valid
    bodies = session.bodies(resource.maker) if resource.maker else None
    odd = next(
        (
            each
            for each in _odd(text)
            if is_valid(each) and bodies and bodies.validator.is_valid({**listing.made.sent, name: each})
        ),
        "",
    )
    made = session.make(resource, {**listing.made.sent, name: odd}) if odd else None
    shown = session.on(resource.read, made) if made and resource.read else made.exchange if made else None
    if made is None or shown is None or not isinstance(shown.body, dict) or shown.body.get(name) != odd:
        return
    spellings = {odd: _as_it_is}
    if field.says(SAYS_ANY_CASE):
        spellings[odd.swapcase()] = _as_it_is
    if " " in odd and session.contract.says_of_requests(listing.operation, _PLUS_IS_SPACE):
        spellings[f"{odd}, its spaces as +,"] = _with_plus
    for said, change in spellings.items():
        text = said if change is _as_it_is else odd
        findings = session.until(partial(_not_found, listing, field, made, text, said, change))
        if findings:
            yield from findings
            return


def _odd(text: str) -> tuple[str, ...]:
    """Texts that are another where they are decoded twice, or not at all."""
    start = text[:8].strip()
    return (text.replace("@", "+a@", 1),) if "@" in text else (f"{start} a+b%41", f"{start} a+b", f"{start}-%2B")


def _by_case(listing: Listing, field: Field, name: str, text: str) -> Iterator[Finding]:
    """A filter that is said to be exact does not keep what is written in another case."""
    session, resource = listing.session, listing.resource
    bodies = session.bodies(resource.maker) if resource.maker else None
    if bodies is None or not field.says(_EXACTLY) or field.says(SAYS_ANY_CASE):
        return
    text = text if text != text.swapcase() else "Understudy"
    texts = [text, text.swapcase()]
    made = [
        session.make(resource, {**listing.made.sent, name: each})
        for each in texts
        if bodies.validator.is_valid({**listing.made.sent, name: each})
    ]
    found = listing.ask((field, text)) if len(made) == len(texts) and None not in made else None
    for item in listing.items(found) if found is not None else ():
        if found is not None and item.get(name) == text.swapcase():
            problem = f"lists {name}={text.swapcase()} for {field.name}={text}, which is said to be exact"
            yield bug(listing.operation, "filter", f"{field.name} case", problem, found, text)
            return


def _as_it_is(draft: Draft) -> Draft:
    return draft


def _with_plus(draft: Draft) -> Draft:
    return draft.respelled("%20", "+")


def _not_found(
    listing: Listing, field: Field, made: Made, text: str, said: str, change: Callable[[Draft], Draft]
) -> list[Finding]:
    found = listing.answer((field, text), change=change)
    if found is None or not found.is_success or items_of(found.body) is None or not listing.is_all(found):
        return []
    if made.path_values[listing.resource.parameter] in listing.names(listing.items(found)):
        return []
    problem = f"leaves out what was made with {show(text)} for {field.name}={said}"
    return [bug(listing.operation, "filter", f"{field.name} spelled", problem, found, text)]


FILTERS = (
    Rule("a filter keeps what it names", ("maker", "listing"), filtered),
    Rule("a filter finds a text however it is written", ("maker", "listing"), spelled),
)
