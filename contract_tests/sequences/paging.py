"""The pages of a list: how they are turned, and that they hold everything once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urljoin, urlsplit

from contract_tests.contract import Operation, Parameter
from contract_tests.drafts import Draft
from contract_tests.resources import Resource, answer_shape, fold, identity_names, iter_members, whole
from contract_tests.samples import bounds
from contract_tests.sequences.rules import Rule, bug, documents, make_full, parameter_says, says, show
from contract_tests.session import Exchange, Made, Session
from contract_tests.values import default_of
from contract_tests.verdicts import Finding

MAX_PAGES = 60
MOST_PAGES = MAX_PAGES - 5
"""So many pages are turned of a list whose length is known, and may grow."""
MAX_MORE = 4
NO_CURSOR = "understudy-no-such-cursor"

MAX_DEFAULT = 30
"""A default size above this is not filled."""

_SIZES = ("limit", "pagesize", "perpage", "size", "maxresults", "top", "first", "maxitems")
_OFFSETS = ("offset", "skip", "start")
_PAGES = ("page", "pagenumber")
TURNS_PAGES = frozenset((*_SIZES, *_OFFSETS, *_PAGES))
_MEANWHILE = (
    r"\b(add|creat|ma[dk]e|insert|new|chang|book|post|record|more)\w*\b[^.;]*\b(in the )?(meanwhile|meantime|in between"
    r"|while|during)\b|\b(meanwhile|while|during|in the meantime)\b[^.;]*\b(add|creat|ma[dk]e|insert|new|chang)\w*\b"
)
_LAST = re.compile(
    r"\bnull`? (on|for|at|after|with) the (very )?last( page)?\b|\bnull`? (when|if|where) (there|it|this) (is|are)\b"
    r"|\b(absent|missing|left out|omitted) (on|from|at|in) the last( page)?\b",
    re.IGNORECASE,
)
_CURSORS = ("cursor", "after", "pagetoken", "nexttoken", "startingafter", "continuation", "continuationtoken", "marker")
_NEXT = ("next", "nextcursor", "nextpagetoken", "nexttoken", "cursor", "continuation", "continuationtoken", "endcursor",
         "nextmarker", "marker")  # fmt: skip
_TOTALS = ("total", "totalcount", "totalitems", "totalresults", "xtotalcount", "xtotal")


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


def size_parameter(listing: Operation) -> Parameter | None:
    """The parameter that says how many items a page has."""
    return _query(listing, _SIZES)


def largest_size(session: Session, parameter: Parameter | None) -> int:
    """The largest page that the document allows."""
    node, _ = session.contract.resolve(parameter.schema, "") if parameter else ({}, "")
    high = bounds(node)[1] if isinstance(node, dict) else None
    return int(high) if high is not None else 100


def walk(
    session: Session,
    resource: Resource,
    made: Made,
    size: int | None = None,
    *,
    change: Callable[[Draft], Draft] = lambda draft: draft,
    between: Callable[[], object] = lambda: None,
) -> list[Exchange]:
    """The pages of a list, from the first to the last, as far as the document says how to turn them.

    The request for the list can be changed, and something be done between its first page and its second.
    """
    listing = resource.listing
    draft = session.draft_on(listing, made)
    if listing is None or draft is None:
        return []
    sizes = size_parameter(listing)
    size = size or largest_size(session, sizes)
    if sizes is not None:
        draft = draft.with_parameter("query", sizes.name, str(size))
    pages: list[Exchange] = []
    draft = change(draft)
    current: Draft | None = draft
    while current is not None and len(pages) < MAX_PAGES:
        page = session.send(listing, current)
        if page is None or not page.is_success or items_of(page.body) is None:
            break
        pages.append(page)
        if len(pages) == 1:
            between()
        current = _turn(listing, draft, current, page, pages, size if sizes is not None else None)
    return pages


def _turn(
    listing: Operation, draft: Draft, current: Draft, page: Exchange, pages: list[Exchange], size: int | None
) -> Draft | None:
    items = items_of(page.body) or []
    if cursor := _query(listing, _CURSORS):
        token = _cursor_of(page, cursor)
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
    token = _token_in(page.body)
    return (next_link(page) if token is None else token) or None


def _token_in(body: Any) -> str | None:
    """What a body names as the next page: a cursor, or where it is; empty where it says that there is none."""
    holders = [body] + [body[name] for name in ("links", "meta", "paging", "pagination") if isinstance(body, dict)
                        and isinstance(body.get(name), dict)]  # fmt: skip
    for holder in holders:
        for name, value in holder.items() if isinstance(holder, dict) else ():
            if fold(name) in _NEXT and "next" in fold(name) and value is None:
                return ""  # what a Link says beside it is told of elsewhere
            if fold(name) in _NEXT and isinstance(value, str | int) and not isinstance(value, bool) and value != "":
                return str(value)
    return None


def _can_turn(listing: Operation) -> bool:
    return any(_query(listing, names) for names in (_CURSORS, _OFFSETS, _PAGES))


def identities(pages: list[Exchange], resource: Resource) -> list[str]:
    """What the items of pages are called, in their order."""
    return [identity(item, resource) for page in pages for item in items_of(page.body) or []]


def identity(item: Any, resource: Resource) -> str:
    """What an item is called."""
    if not isinstance(item, dict):
        return str(item)
    name = next((name for name in identity_names(resource) if name in item), None)
    return str(whole(item.get(name))) if name else show(item)


def count_of(session: Session, resource: Resource, made: Made) -> int | None:
    """How many a list holds, when all of it can be seen."""
    if resource.listing is None:
        return None
    pages = walk(session, resource, made)
    if not pages or len(pages) >= MAX_PAGES or not is_whole(session, resource, pages):
        return None
    return len(identities(pages, resource))


def is_whole(session: Session, resource: Resource, pages: list[Exchange]) -> bool:
    """Whether the pages are everything: turned to the end, or a first one that is not full."""
    listing = resource.listing
    if listing is None:
        return False
    sizes = size_parameter(listing)
    if _can_turn(listing) or sizes is None:
        return True
    return len(items_of(pages[-1].body) or []) < largest_size(session, sizes)


def paged(session: Session, resource: Resource) -> Iterator[Finding]:
    """Pages keep to their size and hold everything once."""
    listing = resource.listing
    sizes = size_parameter(listing) if listing else None
    if listing is None or sizes is None:
        return
    made = [make_full(session, resource) for _ in range(3)]
    first = next((one for one in made if one is not None), None)
    if first is None:
        return
    whole = walk(session, resource, first)
    count = len(identities(whole, resource))
    for size in (1, 2, *_full_sizes(session, resource, count, largest_size(session, sizes))):
        if not session.contract.spec.document.validator(sizes.pointer).is_valid(size):
            continue
        pages = walk(session, resource, first, size) if count <= size * MOST_PAGES or size == 1 else []
        for page in pages[:1]:
            length = len(items_of(page.body) or [])
            if length > size or (length < size and count > size):
                problem = f"answers {length} items with {sizes.name}={size}"
                yield bug(listing, "page size", sizes.name, problem, page, size)
                return
        if not _can_turn(listing) or not pages:
            continue
        if len(pages) >= MAX_PAGES:
            if count < MAX_PAGES // 2 or len({*identities(pages, resource)}) < MAX_PAGES // 2:
                problem = f"has no last page of {count} items ({sizes.name}={size})"
                yield bug(listing, "pages", "endless", problem, pages[-1])
            continue
        yield from _linked(session, resource, pages)
        yield from _has_links(session, listing, pages)
        yield from _beyond(session, resource, first, pages, size)
        yield from _ends(session, listing, pages)
        yield from _complete(session, resource, first, pages, size)
        yield from _total(session, resource, pages)
    yield from _total(session, resource, whole)
    yield from _default_size(session, resource, first)


def _full_sizes(session: Session, resource: Resource, count: int, largest: int) -> tuple[int, ...]:
    """A size at which the last page of a long list is full, which one more thing may make possible."""
    least = -(-count // MOST_PAGES)
    for more in range(MAX_MORE) if least > 1 else ():
        if more and make_full(session, resource) is None:
            break
        if fitting := [size for size in range(max(3, least), largest + 1) if (count + more) % size == 0]:
            return (fitting[0],)
    return ()


def _ends(session: Session, listing: Operation, pages: list[Exchange]) -> Iterator[Finding]:
    """Where the last page is said to name no next one, none that is empty follows it."""
    shape = answer_shape(session.contract, listing, 200)
    members = list(iter_members(session.contract, *shape)) if shape is not None else []
    told = [session.contract.description(schema) for name, schema, _ in members if fold(name) in _NEXT]
    is_said = any(map(_LAST.search, told))
    is_followed = len(pages) > 1 and _next_token(pages[-2]) is not None
    if is_said and is_followed and not items_of(pages[-1].body) and items_of(pages[-2].body):
        problem = "promises one more page on the last one, and that is empty"
        yield bug(listing, "pages", "empty", problem, pages[-2], None)


def _complete(session: Session, resource: Resource, first: Made, pages: list[Exchange], size: int) -> Iterator[Finding]:
    """Page by page, a list holds what it holds at once, in the same order."""
    listing = resource.listing
    sizes = size_parameter(listing) if listing else None
    if listing is None or sizes is None:
        return
    wanted, again = (identities(walk(session, resource, first), resource) for _ in range(2))
    seen = identities(pages, resource)
    if again != wanted:
        return  # others write to the list, or it has no order
    if len(set(seen)) < len(seen):
        yield bug(listing, "pages", "twice", f"shows something on two pages ({sizes.name}={size})", pages[-1])
    elif missing := set(wanted) - set(seen):
        problem = f"leaves out {len(missing)} of {len(wanted)} items when turned page by page ({sizes.name}={size})"
        yield bug(listing, "pages", "missing", problem, pages[-1], len(wanted))
    elif seen != wanted:
        problem = f"shows the items in another order page by page ({sizes.name}={size})"
        yield bug(listing, "pages", "order", problem, pages[-1])


def _total(session: Session, resource: Resource, pages: list[Exchange]) -> Iterator[Finding]:
    listing = resource.listing
    if listing is None or not pages or not is_whole(session, resource, pages) or len(pages) >= MAX_PAGES:
        return
    count = len(identities(pages, resource))
    for page in (pages[0], pages[-1]):
        for name, value in totals_of(page).items():
            if value != count:
                yield bug(listing, "total", name, f"says {name}={value}, and lists {count}", page, count)
                return


def totals_of(page: Exchange) -> dict[str, int]:
    """What a page says of how many there are, in its body and its headers."""
    body, headers = page.body, page.answer.headers.items()
    told = {name: value for name, value in body.items() if fold(name) in _TOTALS} if isinstance(body, dict) else {}
    told |= {name: int(values[0]) for name, values in headers if fold(name) in _TOTALS and values[0].isdigit()}
    return {name: value for name, value in told.items() if isinstance(value, int) and not isinstance(value, bool)}


def _linked(session: Session, resource: Resource, pages: list[Exchange]) -> Iterator[Finding]:
    """The link of a page leads to the page that follows (RFC 8288)."""
    listing = resource.listing
    if listing is None or len(pages) < 2:
        return
    link = next_link(pages[0])
    url = urljoin(pages[0].call.url, link) if link else ""
    if not link or urlsplit(url).netloc != urlsplit(pages[0].call.url).netloc:
        return
    path = urlsplit(url).path
    if not path.endswith(urlsplit(pages[0].call.url).path) and not urlsplit(pages[0].call.url).path.endswith(path):
        return
    followed = session.send(listing, follow(session, listing, url))
    if followed is None:
        return
    wanted, got = identities(pages[1:2], resource), identities([followed], resource)
    if got[: len(wanted)] != wanted:  # it may lead to a page of the usual size
        problem = f"has a link to the next page, {link}, that leads to another one"
        yield bug(listing, "pages", "link", problem, followed, wanted[:3])


def _has_links(session: Session, listing: Operation, pages: list[Exchange]) -> Iterator[Finding]:
    """Each page has the relations of `Link` that the document speaks of, where there is a page that they lead to."""
    response = session.contract.find_response(listing, 200)
    header = next((h for n, h in response.headers.items() if n.lower() == "link"), None) if response else None
    said = session.contract.description(header).lower()
    pages = [page for page in pages if items_of(page.body)]
    for number, page in enumerate(pages):
        relations = set(re.findall(r"rel=\"?(\w+)", page.answer.listed("link") or ""))
        for relation, is_there in (("next", number < len(pages) - 1), ("prev", number > 0)):
            named = relations & {relation, "previous"} if relation == "prev" else relations & {relation}
            if re.search(rf"\b{relation}", said) and bool(named) is not is_there:
                problem = (
                    f"has {'no' if is_there else 'a'} Link with rel={relation} on page {number + 1} of {len(pages)}"
                )
                yield bug(listing, "pages", f"link {relation}", problem, page, "one" if is_there else "none")
                return


def undisturbed(session: Session, resource: Resource) -> Iterator[Finding]:
    """What is made while pages are turned neither hides nor repeats anything, where the document says so."""
    listing = resource.listing
    cursor = _query(listing, _CURSORS) if listing else None
    if (
        listing is None
        or cursor is None
        or not (says(session, listing, _MEANWHILE) or parameter_says(cursor, _MEANWHILE))
    ):
        return
    made = [make_full(session, resource) for _ in range(3)]
    first = next((one for one in made if one is not None), None)
    wanted = identities(walk(session, resource, first), resource) if first else []
    size = min(max(1, len(wanted) // 3), largest_size(session, size_parameter(listing)))
    pages = walk(session, resource, first, size, between=lambda: make_full(session, resource)) if first else []
    seen = identities(pages, resource)
    if not 2 < len(pages) < MAX_PAGES:
        return
    if repeated := next((name for name in wanted if seen.count(name) > 1), None):
        problem = f"shows {repeated} on two pages, because something was made while they were turned"
        yield bug(listing, "pages", "meanwhile twice", problem, pages[1], "each once")
    elif missing := [name for name in wanted if name not in seen]:
        problem = f"leaves out {missing[0]} when something is made while its pages are turned"
        yield bug(listing, "pages", "meanwhile missing", problem, pages[-1], "each once")


def _beyond(session: Session, resource: Resource, first: Made, pages: list[Exchange], size: int) -> Iterator[Finding]:
    """A page beyond the last holds nothing; where the document says that it is empty, it is no error."""
    listing = resource.listing
    turn = _query(listing, _OFFSETS) or _query(listing, _PAGES) if listing else None
    draft = session.draft_on(listing, first)
    sizes = size_parameter(listing) if listing else None
    if listing is None or turn is None or draft is None or sizes is None:
        return
    far = str(len(identities(pages, resource)) + 10)
    draft = draft.with_parameter("query", sizes.name, str(size)).with_parameter("query", turn.name, far)
    found = session.send(listing, draft)
    if found is not None and found.is_success and items_of(found.body):
        problem = f"lists something beyond the last page ({turn.name}={far})"
        yield bug(listing, "pages", "beyond", problem, found, 0)
    elif found is not None and not found.is_success and says(session, listing, r"empty (page )?(beyond|after|past)"):
        problem = f"answers {found.answer.status} beyond the last page ({turn.name}={far}), which is to be empty"
        yield bug(listing, "pages", "beyond", problem, found, 200)


def follow(session: Session, listing: Operation, url: str) -> Draft:
    """The request for the list that a link leads to."""
    base = session.draft(listing) or Draft(listing.method, listing.path, {})
    return replace(base, query=tuple(parse_qsl(urlsplit(url).query, keep_blank_values=True)))


def next_link(page: Exchange) -> str | None:
    """Where a page says that the next one is: in its `Link`, or in its body."""
    for part in (page.answer.listed("link") or "").split(","):
        if 'rel="next"' in part or "rel=next" in part:
            return part.partition("<")[2].partition(">")[0]
    token = _token_in(page.body)
    return token if token is not None and re.match(r"(https?:/)?/[^?]*\?|\?", token) else None


def _default_size(session: Session, resource: Resource, made: Made) -> Iterator[Finding]:
    """A page has as many items as the default says, where there are more."""
    listing = resource.listing
    sizes = size_parameter(listing) if listing else None
    default = default_of(session.contract, sizes.schema) if sizes else ...
    if (
        listing is None
        or not isinstance(default, int)
        or not session.settings.is_local
        or not 0 < default <= MAX_DEFAULT
    ):
        return
    for _ in range(default + 1 - (count_of(session, resource, made) or 0)):
        if make_full(session, resource) is None:
            return
    if (count_of(session, resource, made) or 0) <= default:
        return
    found = session.on(listing, made)
    length = len(items_of(found.body) or []) if found and found.is_success else default
    if found is not None and length != default:
        yield bug(listing, "page size", "default", f"answers {length} items by default, not {default}", found, default)


def turned(session: Session, resource: Resource) -> Iterator[Finding]:
    """A cursor that no page gave is refused; one that is damaged crashes nothing."""
    listing = resource.listing
    cursor = _query(listing, _CURSORS) if listing else None
    made = make_full(session, resource) if cursor else None
    if listing is None or cursor is None or made is None:
        return
    make_full(session, resource)
    pages = walk(session, resource, made, 1)
    draft = session.draft_on(listing, made)
    token = _cursor_of(pages[0], cursor) if len(pages) > 1 else None
    if token is None or draft is None or token in identities(pages, resource):
        return  # where cursors are ids, one that nothing has may stand for a place in the order all the same
    validator = session.contract.spec.document.validator(cursor.pointer)
    for text in (NO_CURSOR, "%", "-1", token[:-1], f"{token}x", token[::-1], "e30=", "bnVsbA=="):
        if not text or not validator.is_valid(text):
            continue
        found = session.send(listing, draft.with_parameter("query", cursor.name, text))  # a failure is seen at once
        if (
            text == NO_CURSOR
            and found is not None
            and found.is_success
            and documents(listing, "400", "422", "404", "410")
        ):
            problem = f"accepts {cursor.name}={text}, which no page gave"
            yield bug(listing, "cursor", cursor.name, problem, found, "a refusal")


def _cursor_of(page: Exchange, cursor: Parameter) -> str | None:
    """The text that turns a page, also where it stands in the URL of the next one."""
    token = _next_token(page)
    if token is not None and "=" in token and "?" in token:
        return dict(parse_qsl(urlsplit(token).query)).get(cursor.name)
    return token


PAGING = (
    Rule("pages hold everything once", ("maker", "listing"), paged),
    Rule("pages are not disturbed by what is made meanwhile", ("maker", "listing"), undisturbed),
    Rule("a cursor is one that a page gave", ("maker", "listing"), turned),
)
