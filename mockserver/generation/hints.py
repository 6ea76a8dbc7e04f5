"""What a name says about a value: its kind of text, its usual range, its place in the life of an entity."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from mockserver.generation.names import DATES, EVENTS, LAST, MADE, NAMED, PERSONS, TEXTS
from mockserver.generation.quantities import COUNTS, DECIMALS, GONE, LIKELY, RANKS, UNLIKELY, USUAL

PERSON: Final = frozenset(("first_name", "last_name", "name", "email", "user_name"))
PLACE: Final = frozenset(("city", "state", "postcode", "country", "country_code", "street_address", "timezone"))


@lru_cache(maxsize=16384)
def canonical(name: str) -> str:
    """A name without the habits of its writer: `user_id`, `userId` and `User-Id` are one."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def singular(name: str) -> str:
    """A noun of a collection as that of its member."""
    for plural, one in (("ies", "y"), ("sses", "ss"), ("xes", "x"), ("ches", "ch"), ("people", "person"), ("s", "")):
        if (name.endswith(plural) and not name.endswith(("ss", "us", "is"))) or (
            plural == "sses" and name.endswith(plural)
        ):
            return name[: -len(plural)] + one
    return name


def plural(name: str) -> str:
    """A noun as that of a collection."""
    if re.search("[^aeiou]y$", name):
        return f"{name[:-1]}ies"
    return f"{name}es" if name.endswith(("s", "x", "ch", "sh")) else f"{name}s"


MOMENT: Final = re.compile(
    f"({'|'.join(sorted(EVENTS))})(date|time)|date|datetime|timestamp|time|created|updated|modified|published|added|"
    "(first|last)?aired|released|last(login|seen|updated?|modified)|expir(y|es|ation)|deadline|birthday|dateofbirth|dob"
)
"""Names of moments, without separators."""
DAYS: Final = frozenset(("date", "birthday", "birthdate", "dob", "on", "birth"))
EVENT: Final = re.compile(
    "(creat|updat|modifi|hir|due|start|end|complet|publish|join|paid|issu|clos|open|expir|deliver|sent|receiv|submit|cancel|"
    "register|approv|archiv|delet|last)[a-z]*"
)

ADDRESS: Final = re.compile("bill|ship|home|work|mail|address|birth|licen|issu|delivery|sender|recipient|tax|us")
"""How names begin that speak of an address."""

ACRONYM: Final = re.compile("[A-Z]{2,6}")
"""What nobody but the author of the document knows is a code of theirs."""
IDENTIFIER: Final = re.compile(r"(.*[a-z0-9])?(_id|-id|Id|ID|_ids|Ids)|id|ID|Id|[gsop]id|objectid|object_id")


@lru_cache(maxsize=16384)
def words(name: str) -> tuple[str, ...]:
    """The words of a name, however they are set apart."""
    return tuple(part.lower() for part in re.findall(r"[A-Z]?[a-z0-9]+|[A-Z]+", name))


@lru_cache(maxsize=8192)
def is_moment(name: str) -> bool:
    """Whether a text or number of this name is a moment."""
    *before, last = words(name) or ("",)
    if MOMENT.fullmatch(canonical(name)) or last in DATES:
        return True
    if not before:
        return False
    is_event = last == "at" or (last == "time" and before[-1] in EVENTS)
    is_event = is_event or (last == "on" and EVENT.fullmatch(before[-1]) is not None)
    return is_event or (before[0] == "date" and (last.endswith("ed") or last in ("sent", "birth")))


def is_day(name: str) -> bool:
    """Whether a moment of this name is a day."""
    found = words(name)
    return bool(found) and (found[-1] in DAYS or found[0] == "date" or canonical(name).endswith(("date", "birthday")))


@lru_cache(maxsize=8192)
def made_of(name: str) -> str | None:
    """How an identifier, a hash or a token of this name is made, if it is one."""
    plain = canonical(name)
    found = next((kind for pattern, kind in MADE if re.fullmatch(pattern, plain)), None)
    return found or ("identifier" if IDENTIFIER.fullmatch(name) else None)


def number_in_text(name: str) -> str | None:
    """Whether a text of this name is a number: `decimal`, `count` or None."""
    found = words(name) or ("",)
    if found[-1] in DECIMALS:
        return "decimal"
    return "count" if found[-1] in COUNTS or (len(found) > 1 and found[0] in ("num", "total")) else None


def is_whole(name: str) -> bool:
    """Whether a number of this name has no decimals, whatever its type."""
    is_count = number_in_text(name) == "count" or (words(name) or ("",))[-1] == "size"
    return is_count or IDENTIFIER.fullmatch(name) is not None


def is_person(kind: str) -> bool:
    """Whether entities of this kind have the names of people."""
    return any(kind.endswith(person) for person in PERSONS)


FAULT: Final = re.compile("(error|errors|problem|fault|exception|failure|issue|violation|warning)(detail)?")
BESIDE_LINKS: Final = frozenset(("rel", "type", "method", "title", "name", "text", "label", "id", "description", "key"))
"""What a link has besides addresses."""
NAMES: Final = frozenset(("name", "title", "label", "displayname"))


def name_of(name: str, kind: str) -> str:
    """The name of a property with what its owner says of it, as `@` and a hint where that is another than its own."""
    plain = canonical(name)
    if plain == "name" and is_person(kind):
        return "@name"
    if plain in NAMES and (hint := named(kind)) is not None:
        return f"@{hint}"
    if plain == "legalname" and kind and not is_person(kind):
        return "@company"
    if plain in ("displayname", "fullname") and kind and not is_person(kind) and not kind.endswith("account"):
        return "@thing"
    if plain in ("number", "address", "value") and text_hint(kind) in ("phone_number", "email"):
        return kind
    if kind == "link" and plain not in BESIDE_LINKS:
        return "@url"
    if kind != "issue" and FAULT.search(kind):
        if plain in ("message", "msg", "detail", "details", "description", "title"):
            return "@error"
        if plain in ("code", "type", "name", "category", "kind"):
            return "@error_code"
    return name


ENDS: Final = frozenset(
    ("role", "team", "plan", "event", "track", "album", "issue", "ticket", "group", "label", "field", "store", "branch",
     "device", "server", "tag", "report", "course", "article")
)  # fmt: skip
"""Short kinds that longer ones may end in."""


@lru_cache(maxsize=4096)
def named(kind: str) -> str | None:
    """What the name of an entity of a kind is, where more is known than that it is a thing."""
    for pattern, hint in NAMED:
        if re.fullmatch(pattern, kind):
            return hint
    for pattern, hint in NAMED:
        if any((len(end) > 5 or end in ENDS) and kind.endswith(end) for end in pattern.split("|")):
            return hint
    return None


@lru_cache(maxsize=8192)
def text_hint(name: str, kind: str = "") -> str | None:
    """The kind of text that the name of a property, of an owner of some kind, asks for."""
    name = name_of(name, kind) if kind else name
    if name.startswith("@"):
        return name[1:]
    plain = canonical(name)
    for pattern, found in TEXTS:
        if re.fullmatch(pattern, plain):
            return found
    parts = words(name)
    if len(parts) > 1 and parts[-1] in ("name", "names") and (hint := named("".join(parts[:-1]))) is not None:
        return hint
    # `billing_city` is a city and `contact_email` an email; the state of what is no address is another state.
    for start in range(1, len(parts)):
        last = text_hint("_".join(parts[start:])) if start < len(parts) - 1 else _last_hint(parts[-1])
        if last is not None:
            return "status" if last == "state" and not ADDRESS.match(plain) else last
    if len(parts) > 1:
        return None
    if (hint := LAST.get(plain) or LAST.get(singular(plain))) is None and ACRONYM.fullmatch(name):
        return "code"
    return hint


def _last_hint(word: str) -> str | None:
    """What the last word of a name says: most methods are none of HTTP."""
    return "type" if word == "method" else text_hint(word)


@lru_cache(maxsize=8192)
def usual_range(name: str) -> tuple[float, float] | None:
    """The range in which numbers of this name usually lie."""
    plain = canonical(name)
    parts = words(name)
    for text in dict.fromkeys((plain, "".join(parts[-2:]), parts[-1] if parts else plain)):
        for pattern, limits in USUAL:
            if re.fullmatch(pattern, text):
                return limits
    # `amount_before_tax_in_euro` is an amount.
    return next((usual_range(part) for part in parts if part in DECIMALS), None) if len(parts) > 1 else None


@lru_cache(maxsize=8192)
def is_gone(name: str) -> bool:
    """Whether a property of this name is of what has been deleted, cancelled and the like."""
    found = words(name)
    return bool(found) and re.fullmatch(GONE, found[0]) is not None


def likelihood(name: str) -> tuple[int, int]:
    """In how many cases out of how many a truth of this name is true."""
    found = set(words(name))
    return (1, 12) if found & UNLIKELY else (11, 12) if found & LIKELY else (1, 2)


@lru_cache(maxsize=8192)
def rank(name: str) -> int:
    """Where a moment of this name stands in the life of an entity."""
    plain = canonical(name)
    return next((number for pattern, number in RANKS if re.search(pattern, plain)), 0)


PLACE_WORDS: Final = re.compile(
    "city|town|locality|county|stateor|state|province|region|country|administrative(district|area)|code|level|zip|postal|post|"
    "name|iso2?|timezone|tz|[0-9]"
)


def group(name: str, hint: str) -> str:
    """What the properties of one person or one place share, so that they fit together."""
    plain = canonical(name)
    prefix = re.sub("(first|last|given|family|sur|full|user|display)?name|e?mail.*|login", "", plain)
    if hint in PERSON:
        return f"@person {prefix if prefix not in PERSONS else ''}"
    if hint in ("key", "paired"):
        return "@pair"
    if hint in PLACE:
        return f"@place {PLACE_WORDS.sub('', plain)}"
    return name
