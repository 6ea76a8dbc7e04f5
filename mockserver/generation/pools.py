"""Texts of each kind that a hint names: a few of our own, so that they fit together, and those of Faker."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Any, Final

from mockserver.generation.hints import PERSON
from mockserver.generation.texts import COLUMNS, OWN, PLACES

POOL: Final = 64
MAX_LENGTH: Final = 300
ENGLISH: Final = "en_US"


def known_locale(name: str) -> str:
    """A locale as Faker writes it: `de-de` is `de_DE`. Raises `ValueError` for one that Faker does not have."""
    if name == ENGLISH:
        return name
    from faker.config import AVAILABLE_LOCALES  # noqa: PLC0415  # takes 70 ms to import

    folded = {known.lower(): known for known in AVAILABLE_LOCALES}
    if (known := folded.get(name.replace("-", "_").lower())) is not None:
        return known
    alike = sorted(known for known in AVAILABLE_LOCALES if known[:2] == name[:2].lower())[:3]
    raise ValueError(f"locale is {name!r}, which is none of Faker's: {', '.join(alike or ('de_DE', 'fr_FR'))}, ...")


@lru_cache(maxsize=1024)
def pool(hint: str, locale: str = ENGLISH) -> tuple[str, ...]:
    """Texts of a kind; those of a person and of a place have the same order."""
    if hint in COLUMNS and locale == ENGLISH:
        return tuple(place[COLUMNS.index(hint)] for place in PLACES)
    if hint in OWN and (hint != "phone_number" or locale == ENGLISH):
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
def faked(method: str, locale: str = ENGLISH) -> tuple[str, ...]:
    """Texts of a method of Faker; empty when it has none of this name that needs no arguments."""
    from faker import Faker  # noqa: PLC0415  # takes 70 ms to import

    fake = Faker(locale)
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
