"""Pages: the list of an answer is as long as was asked for, and what stands beside it agrees."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mockserver.generation.hints import canonical
from mockserver.types import JSON

if TYPE_CHECKING:
    from mockserver.generation.slots import Slot

LISTS: Final = frozenset(
    ("data", "items", "results", "result", "records", "entries", "values", "value", "content", "list", "rows",
     "elements", "objects", "resources", "hits", "edges", "nodes", "collection", "members", "documents")
)  # fmt: skip
NEXT: Final = re.compile("next(page)?(url|uri|link|href|token|cursor)?")
PREVIOUS: Final = re.compile("prev(ious)?(page)?(url|uri|link|href|token|cursor)?")
ENVELOPES: Final = frozenset(("data", "result", "response", "payload", "body"))


@dataclass(frozen=True, slots=True)
class Page:
    """The part of a collection that an answer shows.

    `limit` is how many items a page has at the most, None where the request cannot say; `state` is what the items of
    the whole collection are a function of.
    """

    limit: int | None = None
    offset: int = 0
    total: int = 0
    state: int = 0
    first: int = 1
    """The number of the first page."""

    @property
    def count(self) -> int | None:
        """How many items it has, None where that is left open."""
        return None if self.limit is None else max(0, min(self.limit, self.total - self.offset))

    def facts(self, count: int) -> dict[str, JSON]:
        """What is said beside a list of so many items, by canonical names."""
        limit = max(1, self.limit if self.limit is not None else count)
        total = self.total if self.limit is not None else count
        pages = -(-total // limit)
        number = self.offset // limit + self.first
        has_more, is_first = self.offset + count < total, self.offset == 0
        named: Sequence[tuple[str, JSON]] = (
            ("total totalcount totalitems totalresults totalelements totalrecords totalsize totalhits numfound", total),
            ("count resultcount numberofelements itemcount returned currentitemcount", count),
            ("pages totalpages pagecount numpages lastpage", pages),
            ("page currentpage pagenumber pageindex number", number),
            ("perpage pagesize pagelen limit itemsperpage size", limit),
            ("offset skip startindex", self.offset),
            ("hasmore hasnext hasnextpage more hasmoreitems", has_more),
            ("hasprevious haspreviouspage hasprev", not is_first),
            ("islast last", not has_more),
            ("isfirst first", is_first),
            ("isempty empty", count == 0),
            ("nextpage", number + 1 if has_more else None),
            ("previouspage prevpage", None if is_first else number - 1),
        )
        return {name: value for names, value in named for name in names.split()}


def listed_slot(slots: Sequence[Slot], *, is_entity: bool) -> Slot | None:
    """The property of an answer that holds its list, or the envelope around one; an entity's lists are its own."""
    if is_entity:
        return None
    lists = [slot for slot in slots if slot.is_list]
    named = [slot for slot in lists if canonical(slot.key) in LISTS]
    if named or len(lists) == 1:
        return (named or lists)[0]
    envelopes = [slot for slot in slots if canonical(slot.key) in ENVELOPES and slot.is_container]
    return envelopes[0] if len(envelopes) == 1 and not lists else None


def tell(value: dict[str, JSON], slots: Sequence[Slot], listed: Slot, page: Page) -> None:
    """Let what stands beside a list agree with it, there and in an object such as `meta` or `pagination`."""
    if not isinstance(items := value.get(listed.key), list):
        return
    facts = page.facts(len(items))
    _end(value, slots, has_next=bool(facts["hasmore"]), has_previous=bool(facts["hasprevious"]))
    for slot in slots:
        if slot is listed or slot.key not in value:
            continue
        entry = value[slot.key]
        if isinstance(entry, dict):
            told = {**entry, **{key: fact for key in entry if _is_like(entry[key], fact := facts.get(canonical(key)))}}
            if told != entry and slot.accepts(told):
                value[slot.key] = told
        elif _is_like(entry, fact := facts.get(canonical(slot.key))) and slot.accepts(fact):
            value[slot.key] = fact


def _end(value: dict[str, JSON], slots: Sequence[Slot], *, has_next: bool, has_previous: bool) -> None:
    """Take away what leads to a page that is not there: null if that may be, else nothing."""
    for slot in slots:
        leads = NEXT.fullmatch(canonical(slot.key)) if not has_next else None
        leads = leads or (PREVIOUS.fullmatch(canonical(slot.key)) if not has_previous else None)
        if leads is None or not isinstance(value.get(slot.key), str):
            continue
        if slot.accepts(None):
            value[slot.key] = None
        elif slot.optional:
            del value[slot.key]


def _is_like(value: JSON, fact: JSON) -> bool:
    """Whether a value may be replaced: a number by a number, a truth by a truth."""
    if isinstance(value, bool) or isinstance(fact, bool):
        return isinstance(value, bool) and isinstance(fact, bool)
    return isinstance(value, int) and isinstance(fact, int)


def numbered(value: JSON) -> int | None:
    """A parameter as a whole number from zero on."""
    text = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
    return int(text) if text.isdecimal() and text.isascii() and len(text) < 10 else None


__all__ = ["Page", "listed_slot", "numbered", "tell"]
