"""What a name says about a value: one table from names to kinds of data, and the data."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

POOL: Final = 64
MAX_LENGTH: Final = 300

# The first pattern that a canonical name (lower case, without separators) ends in decides.
TEXTS: Final[tuple[tuple[str, str], ...]] = (
    ("(first|given)name|fname|forename", "first_name"),
    ("(last|family|sur)name|lname", "last_name"),
    ("(user|screen|login|nick)name|login|handle|nickname", "user_name"),
    ("(full|display|contact|customer|person|author|owner|holder|recipient|sender|employee|patient|member)name", "name"),
    ("author|createdby|updatedby|modifiedby|assignee|owner|reviewer", "name"),
    ("e?mail(address)?", "email"),
    ("(company|organi[sz]ation|employer|vendor|merchant|supplier|publisher|brand|manufacturer)(name)?", "company"),
    ("(phone|mobile|fax|tel|telephone|cell)(number|no)?", "phone_number"),
    ("jobtitle|job|occupation|position|profession", "job"),
    ("(street|address)(line)?1?|streetaddress|streetname|addressline1", "street_address"),
    ("(address|street)line2|address2", "secondary_address"),
    ("city|town|locality", "city"),
    ("state|province|region|county", "state"),
    ("country(code|iso2?)", "country_code"),
    ("country(name)?", "country"),
    ("(zip|postal|post)(code)?", "postcode"),
    ("timezone|tz", "timezone"),
    ("currency(code|iso)?", "currency_code"),
    ("(locale|language|lang)(code)?", "locale"),
    ("(avatar|image|photo|picture|thumbnail|logo|icon|cover|banner)(url|uri|link|src)?", "image_url"),
    ("(website|homepage|site|blog)(url|uri)?", "url"),
    ("(html|self|next|previous|prev|callback|redirect|download|web)?(url|uri|href|link)", "url"),
    ("ip|ipv4|ipaddress|(remote|client)addr(ess)?", "ipv4"),
    ("macaddress|mac", "mac_address"),
    ("useragent", "user_agent"),
    ("host|hostname|domain|domainname", "domain_name"),
    ("(hex)?colou?r", "color"),
    ("(file)name|file", "file_name"),
    ("mime(type)?|contenttype|mediatype", "mime_type"),
    ("iban", "iban"),
    ("bic|swift", "swift"),
    ("isbn(13)?", "isbn13"),
    ("ean(13)?|gtin|barcode|upc", "ean13"),
    ("licenseplate|plate", "license_plate"),
    ("title|headline|subject|caption", "title"),
    ("description|summary|bio|about|comment|note|notes|remarks|content|body|text|message|msg|excerpt|reason|detail",
     "sentence"),
    ("sku|partnumber|productcode", "sku"),
    ("slug|tag|tags|keyword|keywords|category|label|labels|topic|genre", "word"),
    ("status", "status"),
    ("version", "version"),
    ("(product|item|project|team|group|plan|room|device|channel|event)?name", "thing"),
)  # fmt: skip
PERSONS: Final = frozenset(
    ("user", "person", "customer", "author", "member", "employee", "contact", "owner", "patient", "student",
     "teacher", "client", "account", "profile", "driver", "passenger", "guest", "attendee", "follower",
     "manager", "actor", "artist", "candidate", "applicant", "recipient", "player", "tenant", "staff",
     "doctor", "subscriber", "cardholder", "payer", "agent", "assignee", "reviewer")
)  # fmt: skip
"""Kinds of entities whose `name` is that of a person."""

USUAL: Final[tuple[tuple[str, tuple[float, float]], ...]] = (
    ("lat|latitude", (-60, 70)),
    ("lon|lng|long|longitude", (-170, 170)),
    ("price|amount|total|subtotal|cost|fee|balance|tax|discount|revenue|salary|budget", (5, 499)),
    ("rating|stars", (1, 5)),
    ("percent|percentage|progress|score|humidity", (0, 100)),
    ("age", (18, 80)),
    ("year", (2005, 2025)),
    ("month", (1, 12)),
    ("day", (1, 28)),
    ("hour", (0, 23)),
    ("minute|second", (0, 59)),
    ("(created|updated|modified|deleted|expires|published|started|ended|last.*|due)(at|on|time|date)?|timestamp|date",
     (1704067200, 1767139200)),
    ("page|pagenumber", (1, 1)),
    ("(per|page)page|pagesize|perpage|limit", (20, 20)),
    ("offset|skip", (0, 0)),
    ("(count|quantity|qty|stock|total.*|num.*|.*count)", (1, 50)),
    ("port", (1024, 9999)),
    ("width|height", (320, 1920)),
    ("(file)?size|bytes|length", (1024, 500000)),
    ("weight", (1, 90)),
    ("duration|seconds|minutes|elapsed|timeout|ttl", (5, 600)),
    ("priority|order|rank|position|index|level", (1, 10)),
    ("temperature|temp", (-5, 32)),
    ("code|statuscode", (100, 599)),
)  # fmt: skip
RANKS: Final[tuple[tuple[str, int], ...]] = (
    ("birth|born|dob", -120),
    ("creat|regist|join|added|order(ed)?(at|date|on)|issued|submitted|insert", 0),
    ("start|begin|open|publish|scheduled|accepted|approved|from", 1),
    ("updat|modif|chang|edited|last|seen|sync", 2),
    ("finish|end|complet|clos|deliver|resolved|paid|until|to$", 3),
    ("delet|remov|archiv|cancel|expir|due|revoked|renew", 4),
)
"""Moments of one entity come in this order."""

PERSON: Final = frozenset(("first_name", "last_name", "name", "email", "user_name"))
PLACE: Final = frozenset(("city", "state", "postcode", "country", "country_code", "street_address", "timezone"))

WORDS: Final = (
    "amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "heron",
    "iris", "jade", "kelp", "lotus", "maple", "north", "ocean", "pine",
)  # fmt: skip
STATUSES: Final = ("active", "pending", "completed", "active", "processing")
PLACES: Final = (
    ("Berlin", "Berlin", "10115", "Germany", "DE", "Europe/Berlin"),
    ("Lyon", "Auvergne-Rhône-Alpes", "69002", "France", "FR", "Europe/Paris"),
    ("Austin", "Texas", "78701", "United States", "US", "America/Chicago"),
    ("Seattle", "Washington", "98101", "United States", "US", "America/Los_Angeles"),
    ("Toronto", "Ontario", "M5H 2N2", "Canada", "CA", "America/Toronto"),
    ("Leeds", "England", "LS1 4DY", "United Kingdom", "GB", "Europe/London"),
    ("Madrid", "Madrid", "28013", "Spain", "ES", "Europe/Madrid"),
    ("Osaka", "Osaka", "530-0001", "Japan", "JP", "Asia/Tokyo"),
    ("Melbourne", "Victoria", "3000", "Australia", "AU", "Australia/Melbourne"),
    ("Porto", "Porto", "4000-322", "Portugal", "PT", "Europe/Lisbon"),
    ("Utrecht", "Utrecht", "3511", "Netherlands", "NL", "Europe/Amsterdam"),
    ("Denver", "Colorado", "80202", "United States", "US", "America/Denver"),
)
THINGS: Final = tuple(
    f"{one} {other}" for other in ("Atlas", "Harbor", "Lantern", "Meadow", "Orbit", "Summit", "Willow", "Compass")
    for one in ("Amber", "Blue", "Cedar", "Northern", "Silver", "Bright", "Little", "Grand")
)  # fmt: skip
SENTENCES: Final = (
    "Works as described, with a short guide in the box.", "Updated after the last review; nothing else has changed.",
    "Please check the details before the end of the week.", "A compact choice for small teams and busy days.",
    "Everything arrived on time and in good condition.", "The second part follows as soon as the first is done.",
    "Made to last, easy to repair and simple to use.", "Thanks for the quick answer, this helps a lot.",
    "Covers the basics first and the special cases later.", "Ready for pickup at the front desk from nine o'clock.",
    "Approved by the team and scheduled for next month.", "A quiet place close to the station and the park.",
)  # fmt: skip
OWN: Final[Mapping[str, Sequence[str]]] = {
    "status": STATUSES,
    "sentence": SENTENCES,
    "thing": THINGS,
    "title": tuple(f"{thing} {what}" for thing in THINGS[:32] for what in ("overview", "release notes")),
    "word": tuple(WORDS),
    "version": ("1.0.0", "1.4.2", "2.0.1", "2.3.0", "3.1.4"),
    "image_url": tuple(f"https://picsum.photos/seed/{word}/200" for word in WORDS),
    "url": tuple(f"https://example.com/{word}" for word in WORDS),
    "domain_name": tuple(f"{word}.example.com" for word in WORDS),
    "ipv4": tuple(f"192.0.2.{number}" for number in range(1, POOL)),
    "locale": ("en-US", "de-DE", "fr-FR", "es-ES", "en-GB"),
    "currency_code": ("USD", "EUR", "GBP", "EUR", "USD"),
    "color": ("#3b82f6", "#10b981", "#f59e0b", "#ef4444", "#8b5cf6"),
    "mime_type": ("image/png", "application/pdf", "image/jpeg", "text/csv"),
    "file_name": tuple(f"{word}.{kind}" for word in WORDS for kind in ("pdf", "png", "csv")),
    "sku": tuple(f"{word[:3].upper()}-{number}" for word in WORDS for number in (1042, 2071, 3350)),
}
COLUMNS: Final = ("city", "state", "postcode", "country", "country_code", "timezone")


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


@lru_cache(maxsize=8192)
def text_hint(name: str, kind: str = "") -> str | None:
    """The kind of text that a property's name asks for."""
    plain = canonical(name)
    if plain == "name" and kind in PERSONS:
        return "name"
    for pattern, hint in TEXTS:
        if re.fullmatch(pattern, plain):
            return hint
    # `billing_city` is a city and `contact_email` an email; a last word that is a common noun proves less.
    if len(parts := re.findall(r"[A-Z]?[a-z0-9]+|[A-Z]+", name)) > 1:
        last = text_hint(parts[-1])
        return None if last in ("status", "thing", "word", "version", "state") and last != "thing" else last
    return None


@lru_cache(maxsize=8192)
def usual_range(name: str) -> tuple[float, float] | None:
    """The range in which numbers of this name usually lie."""
    plain = canonical(name)
    parts = [part.lower() for part in re.findall(r"[A-Z]?[a-z0-9]+|[A-Z]+", name)]
    for text in dict.fromkeys((plain, parts[-1] if parts else plain)):
        for pattern, limits in USUAL:
            if re.fullmatch(pattern, text):
                return limits
    return None


@lru_cache(maxsize=8192)
def rank(name: str) -> int:
    """Where a moment of this name stands in the life of an entity."""
    plain = canonical(name)
    return next((number for pattern, number in RANKS if re.search(pattern, plain)), 0)


def group(name: str, hint: str) -> str:
    """What the properties of one person or one place share, so that they fit together."""
    plain = canonical(name)
    prefix = re.sub("(first|last|given|family|sur|full|user|display)?name|e?mail.*|login", "", plain)
    if hint in PERSON:
        return f"@person {prefix if prefix not in PERSONS else ''}"
    if hint in PLACE:
        return f"@place {re.sub('city|town|state|province|region|country|code|zip|postal|name|timezone', '', plain)}"
    return name


@lru_cache(maxsize=1024)
def pool(hint: str, locale: str = "en_US") -> tuple[str, ...]:
    """Texts of a kind; those of a person and of a place have the same order."""
    if hint in COLUMNS and locale == "en_US":
        return tuple(place[COLUMNS.index(hint)] for place in PLACES)
    if hint in OWN:
        return tuple(OWN[hint])
    if hint in PERSON:
        return _people(locale)[hint]
    return faked(hint, locale)


@lru_cache(maxsize=16)
def _people(locale: str) -> dict[str, tuple[str, ...]]:
    first, last = faked("first_name", locale), faked("last_name", locale)
    pairs = list(zip(first, last, strict=True))
    mailbox = [f"{_ascii(one)}.{_ascii(other)}" for one, other in pairs]
    return {
        "first_name": first,
        "last_name": last,
        "name": tuple(f"{one} {other}" for one, other in pairs),
        "email": tuple(f"{name}@example.com" for name in mailbox),
        "user_name": tuple(name.replace(".", "_") for name in mailbox),
    }


def _ascii(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z]", "", plain.lower()) or "someone"


@lru_cache(maxsize=1024)
def faked(method: str, locale: str = "en_US") -> tuple[str, ...]:
    """Texts of a method of Faker; empty when it has none of this name that needs no arguments."""
    from faker import Faker  # noqa: PLC0415  # takes 70 ms to import

    try:
        fake = Faker(locale)
    except (AttributeError, ImportError):
        fake = Faker("en_US")
    known = {name for provider in fake.get_providers() for name in dir(provider) if not name.startswith("_")}
    if method not in known:
        return ()
    fake.seed_instance(f"understudy {method} {locale}")
    values: list[str] = []
    try:
        for _ in range(POOL):
            value: Any = getattr(fake, method)()
            if not isinstance(value, str | int) or len(str(value)) > MAX_LENGTH:
                return ()
            values.append(str(value))
    except Exception:  # a method of Faker that needs an argument or an extra package
        return ()
    return tuple(values)
