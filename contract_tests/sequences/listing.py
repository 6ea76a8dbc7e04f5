"""Lists: what they hold, their pages, filters, and parameters that come back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from contract_tests.contract import Operation, Parameter
from contract_tests.drafts import Draft
from contract_tests.resources import Resource, answer_media, fold
from contract_tests.samples import bounds
from contract_tests.sequences.rules import Rule, bug, make_full, other_body, show
from contract_tests.session import Exchange, Made, Session, until
from contract_tests.values import default_of, same
from contract_tests.verdicts import Finding

MAX_PAGES = 60
_SIZES = ("limit", "pagesize", "perpage", "size", "maxresults", "top", "first", "maxitems")
_OFFSETS = ("offset", "skip", "start")
_PAGES = ("page", "pagenumber")
_CURSORS = ("cursor", "after", "pagetoken", "nexttoken", "startingafter", "continuation", "continuationtoken", "marker")
_NEXT = ("next", "nextcursor", "nextpagetoken", "nexttoken", "cursor", "continuation", "continuationtoken", "endcursor",
         "nextmarker", "marker")  # fmt: skip
_TOTALS = ("total", "totalcount", "totalitems", "totalresults")


def items_of(body: Any) -> list[Any] | None:
    """The items of a list's answer: the body, or its one array of objects."""
    if isinstance(body, list):
        return body
    if isinstance(body, dict):
        arrays = [value for value in body.values() if isinstance(value, list)]
        return next((value for value in arrays if value and isinstance(value[0], dict)), arrays[0] if arrays else None)
    return None


def _query(operation: Operation, names: tuple[str, ...]) -> Parameter | None:
    return next((p for p in operation.parameters if p.location == "query" and fold(p.name) in names), None)


def _largest(session: Session, parameter: Parameter | None) -> int:
    node, _ = session.contract.resolve(parameter.schema, "") if parameter else ({}, "")
    high = bounds(node)[1] if isinstance(node, dict) else None
    return int(high) if high is not None else 100


def walk(session: Session, resource: Resource, made: Made, size: int | None = None) -> list[Exchange]:
    """The pages of a list, from the first to the last, as far as the document says how to turn them."""
    listing = resource.listing
    draft = session.draft_on(listing, made)
    if listing is None or draft is None:
        return []
    sizes = _query(listing, _SIZES)
    size = size or _largest(session, sizes)
    if sizes is not None:
        draft = draft.with_parameter("query", sizes.name, str(size))
    pages: list[Exchange] = []
    current: Draft | None = draft
    while current is not None and len(pages) < MAX_PAGES:
        page = session.send(listing, current)
        if page is None or not page.is_success or items_of(page.body) is None:
            break
        pages.append(page)
        current = _turn(listing, draft, current, page, pages, size if sizes is not None else None)
    return pages


def _turn(
    listing: Operation, draft: Draft, current: Draft, page: Exchange, pages: list[Exchange], size: int | None
) -> Draft | None:
    items = items_of(page.body) or []
    if cursor := _query(listing, _CURSORS):
        token = _next_token(page)
        if token is None:
            return None
        if "=" in token and "?" in token:
            query = dict(parse_qsl(urlsplit(token).query))
            token = query.get(cursor.name, "")
        return draft.with_parameter("query", cursor.name, token) if token else None
    if not items or (size is not None and len(items) < size):
        return None
    if offset := _query(listing, _OFFSETS):
        done = sum(len(items_of(p.body) or []) for p in pages)
        return draft.with_parameter("query", offset.name, str(done))
    if number := _query(listing, _PAGES):
        first = dict(current.query).get(number.name)
        return draft.with_parameter("query", number.name, str(int(first) + 1 if first else 2))
    return None


def _next_token(page: Exchange) -> str | None:
    body = page.body
    holders = [body] + [body[name] for name in ("links", "meta", "paging", "pagination") if isinstance(body, dict)
                        and isinstance(body.get(name), dict)]  # fmt: skip
    for holder in holders:
        for name, value in holder.items() if isinstance(holder, dict) else ():
            if fold(name) in _NEXT and isinstance(value, str | int) and not isinstance(value, bool) and value != "":
                return str(value)
    link = page.answer.header("link") or ""
    for part in link.split(","):
        if 'rel="next"' in part or "rel=next" in part:
            return part.partition("<")[2].partition(">")[0]
    return None


def _can_turn(listing: Operation) -> bool:
    return any(_query(listing, names) for names in (_CURSORS, _OFFSETS, _PAGES))


def _identities(pages: list[Exchange], resource: Resource) -> list[str]:
    found = []
    for page in pages:
        for item in items_of(page.body) or []:
            if isinstance(item, dict):
                name = next((n for n in (resource.parameter, "id", "uuid", "key", "name", "slug") if n in item), None)
                found.append(str(item.get(name)) if name else show(item))
            else:
                found.append(str(item))
    return found


def count_of(session: Session, resource: Resource, made: Made) -> int | None:
    """How many a list holds, when all of it can be seen."""
    if resource.listing is None:
        return None
    pages = walk(session, resource, made)
    if not pages or len(pages) >= MAX_PAGES or not _is_whole(session, resource, pages):
        return None
    return len(_identities(pages, resource))


def _is_whole(session: Session, resource: Resource, pages: list[Exchange]) -> bool:
    """Whether the pages are everything: turned to the end, or a first one that is not full."""
    listing = resource.listing
    if listing is None:
        return False
    sizes = _query(listing, _SIZES)
    if _can_turn(listing) or sizes is None:
        return True
    return len(items_of(pages[-1].body) or []) < _largest(session, sizes)


def listed(session: Session, resource: Resource) -> Iterator[Finding]:
    """What is made is listed as it is read, and no longer once it is deleted."""
    listing, read = resource.listing, resource.read
    made = make_full(session, resource)
    if made is None or listing is None:
        return
    identity = made.path_values[resource.parameter]

    def look() -> list[Finding]:
        pages = walk(session, resource, made)
        if not pages or not _is_whole(session, resource, pages):
            return []
        if identity in _identities(pages, resource):
            return []
        return [bug(listing, "listed", "missing", f"does not list what {resource.create} made", pages[-1], identity)]

    problems = until(look)
    yield from problems
    if not problems and read is not None:
        yield from _listed_alike(session, resource, made)
    if problems or resource.delete is None:
        return
    done = session.on(resource.delete, made)
    if done is None or not done.is_success or done.answer.status == 202:
        return

    def look_again() -> list[Finding]:
        pages = walk(session, resource, made)
        if identity not in _identities(pages, resource):
            return []
        return [bug(listing, "listed", "deleted", f"still lists what {resource.delete} deleted", pages[-1])]

    yield from until(look_again)


def _listed_alike(session: Session, resource: Resource, made: Made) -> Iterator[Finding]:
    listing, read = resource.listing, resource.read
    found = session.on(read, made)
    if found is None or not isinstance(found.body, dict) or listing is None:
        return
    for page in walk(session, resource, made):
        for item in items_of(page.body) or []:
            if isinstance(item, dict) and str(item.get("id", item.get(resource.parameter))) == made.path_values[
                resource.parameter
            ]:  # fmt: skip
                for name in item.keys() & found.body.keys():
                    if not same(found.body[name], item[name]) and name in (made.sent or {}):
                        problem = f"lists {name}={show(item[name])}, where {read} shows {show(found.body[name])}"
                        yield bug(listing, "listed", name, problem, page, found.body[name])


def paged(session: Session, resource: Resource) -> Iterator[Finding]:
    """Pages keep to their size and hold everything once."""
    listing = resource.listing
    sizes = _query(listing, _SIZES) if listing else None
    if listing is None or sizes is None:
        return
    made = [make_full(session, resource) for _ in range(3)]
    first = next((one for one in made if one is not None), None)
    if first is None:
        return
    whole = walk(session, resource, first)
    count = len(_identities(whole, resource))
    for size in (1, 2):
        if not session.contract.spec.document.validator(sizes.pointer).is_valid(size):
            continue
        pages = walk(session, resource, first, size) if count <= MAX_PAGES - 5 or size == 1 else []
        for page in pages[:1]:
            length = len(items_of(page.body) or [])
            if length > size or (length < size and count > size):
                problem = f"answers {length} items with {sizes.name}={size}"
                yield bug(listing, "page size", sizes.name, problem, page, size)
                return
        if not _can_turn(listing) or not pages or len(pages) >= MAX_PAGES:
            continue
        seen = _identities(pages, resource)
        wanted = _identities(whole, resource)
        again = _identities(walk(session, resource, first), resource)
        if again != wanted:
            continue  # others write to the list, or it has no order
        if len(set(seen)) < len(seen):
            yield bug(listing, "pages", "twice", f"shows something on two pages ({sizes.name}={size})", pages[-1])
        elif missing := set(wanted) - set(seen):
            problem = f"leaves out {len(missing)} of {len(wanted)} items when turned page by page ({sizes.name}={size})"
            yield bug(listing, "pages", "missing", problem, pages[-1], len(wanted))
        elif seen != wanted:
            problem = f"shows the items in another order page by page ({sizes.name}={size})"
            yield bug(listing, "pages", "order", problem, pages[-1])
    yield from _total(session, resource, whole)


def _total(session: Session, resource: Resource, pages: list[Exchange]) -> Iterator[Finding]:
    listing = resource.listing
    if listing is None or not pages or not _is_whole(session, resource, pages) or len(pages) >= MAX_PAGES:
        return
    body = pages[-1].body
    for name, value in body.items() if isinstance(body, dict) else ():
        if fold(name) in _TOTALS and isinstance(value, int) and value != len(_identities(pages, resource)):
            problem = f"says {name}={value}, and lists {len(_identities(pages, resource))}"
            yield bug(listing, "total", name, problem, pages[-1], len(_identities(pages, resource)))


def filtered(session: Session, resource: Resource) -> Iterator[Finding]:
    """A parameter that is named like a member keeps what has that value, and only that."""
    listing, create = resource.listing, resource.create
    made = make_full(session, resource)
    if made is None or listing is None or create is None or not isinstance(made.sent, dict):
        return
    other = session.make(resource, other_body(session, create, made.sent))
    shown = session.on(resource.read, made) or made.exchange
    values = shown.body if isinstance(shown.body, dict) else {}
    for parameter in listing.parameters:
        value = values.get(parameter.name)
        if parameter.location != "query" or value is None or isinstance(value, list | dict):
            continue
        text = str(value).lower() if isinstance(value, bool) else str(value)
        base = session.draft_on(listing, made)
        if base is None or not _types_agree(session, parameter, value):
            continue
        size = _query(listing, _SIZES)
        if size is not None:
            base = base.with_parameter("query", size.name, str(_largest(session, size)))
        found = session.send(listing, base.with_parameter("query", parameter.name, text))
        items = items_of(found.body) if found and found.is_success else None
        if found is None or items is None:
            continue
        for item in items:
            if isinstance(item, dict) and parameter.name in item and not same(value, item[parameter.name]):
                problem = f"lists {parameter.name}={show(item[parameter.name])} for {parameter.name}={text}"
                yield bug(listing, "filter", parameter.name, problem, found, value)
                break
        if not items and other is not None:
            problem = f"lists nothing for {parameter.name}={text}, which something has"
            yield bug(listing, "filter", parameter.name, problem, found, value)


def _types_agree(session: Session, parameter: Parameter, value: Any) -> bool:
    return bool(session.contract.spec.document.validator(parameter.pointer).is_valid(value))


def reflected(session: Session, resource: Resource) -> Iterator[Finding]:
    """A query parameter that an answer shows by the same name is shown as it was sent, or with its default."""
    listing = resource.listing
    draft = session.draft(listing) if listing else None
    if listing is None or draft is None:
        return
    media = answer_media(session.contract, listing, 200)
    names = {n: s for n, s, _ in session.contract.iter_properties(media.schema, media.pointer)} if media else {}
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


LISTING = (
    Rule("what is made is listed", ("create", "listing"), listed),
    Rule("pages hold everything once", ("create", "listing"), paged),
    Rule("a filter keeps what it names", ("create", "listing"), filtered),
    Rule("a parameter is shown as it was sent", ("listing",), reflected),
)
