"""Texts of each kind that a hint names: a few of our own, so that they fit together, and those of Faker."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

from mockserver.generation.hints import PERSON

POOL: Final = 64
MAX_LENGTH: Final = 300

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
    "weekday": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "department": ("Engineering", "Sales", "Marketing", "Finance", "Support", "Operations", "Design", "Legal"),
    "role": ("admin", "editor", "member", "viewer", "owner"),
    "visibility": ("public", "private", "public", "internal"),
    "gender": ("female", "male", "female", "male", "non-binary"),
    "priority": ("low", "medium", "high", "medium"),
    "type": ("standard", "basic", "premium", "custom"),
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
    # Numbers that the North American plan keeps for fiction.
    "phone_number": tuple(
        f"+1-{area}-555-01{number:02}" for number in range(0, 100, 7) for area in (202, 312, 415, 646)
    ),
    "card_brand": ("Visa", "Mastercard", "American Express", "Visa", "Discover"),
    "sku": tuple(f"{word[:3].upper()}-{number}" for word in WORDS for number in (1042, 2071, 3350)),
}
COLUMNS: Final = ("city", "state", "postcode", "country", "country_code", "timezone")


@lru_cache(maxsize=1024)
def pool(hint: str, locale: str = "en_US") -> tuple[str, ...]:
    """Texts of a kind; those of a person and of a place have the same order."""
    if hint in COLUMNS and locale == "en_US":
        return tuple(place[COLUMNS.index(hint)] for place in PLACES)
    if hint in OWN and (hint != "phone_number" or locale == "en_US"):
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
