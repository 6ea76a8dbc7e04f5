"""Strings: what the schema says, and within that what the name, examples and description suggest."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from mockserver.generation import descriptions, hints, pools
from mockserver.generation.annotations import description_of, examples, requested
from mockserver.generation.conjunction import Flat
from mockserver.generation.entropy import Entropy
from mockserver.generation.failures import Unsatisfiable
from mockserver.generation.moments import DATE, ISO_DATE, ISO_TIME, MOMENTS, moments
from mockserver.generation.patterns import StringGenerator
from mockserver.generation.strings import EPOCH, MADE, by_format, formats_of, strings, usual_name
from mockserver.types import JSON

if TYPE_CHECKING:
    from mockserver.generation.compiler import Compiler

VAGUE: Final = frozenset(("email", "uri", "hostname", "ipv4", "password", "binary"))
"""Formats about whose values a name says more."""
STRONG: Final = hints.PERSON | hints.PLACE | {
    "company", "job", "phone_number", "secondary_address", "currency_code", "locale", "ipv4", "mac_address",
    "user_agent", "domain_name", "iban", "swift", "isbn13", "ean13", "license_plate", "color", "mime_type",
    "file_name", "card_brand",
}  # fmt: skip
"""Hints that know better than an example, whose variety is that of the world."""
SPECIFIC: Final = frozenset(
    ("email", "phone_number", "country_code", "currency_code", "ipv4", "mac_address", "arn", "image_url", "url",
     "language", "timezone", "mime_type", "domain_name", "json", "cron", "regex", "html", "markdown", "file_name",
     "path")
)  # fmt: skip
"""What a description asks for more exactly than a name may."""
CASED: Final = re.compile(r"\b(lower|upper)[- ]?case\b", re.IGNORECASE)
BEGINNING: Final = 48
"""So much of a description is what it is about."""
SHORT: Final[Mapping[str, str]] = {
    "country": "country_code", "locale": "language", "status": "code", "category": "code", "type": "code",
    "currency_name": "currency_code", "state": "abbreviation",
}  # fmt: skip
"""Hints that are written shorter where there is little room."""
TRIAL: Final = 12
"""So many texts are tried before a generator is taken for one whose texts mostly keep a pattern or a length."""


class _Text(NamedTuple):
    """What is known of a text besides its constraints."""

    name: str
    description: str
    shown: list[str]
    formats: frozenset[str]
    is_patterned: bool
    is_tight: bool


def compile_string(compiler: Compiler, flat: Flat, name: str) -> StringGenerator:
    """A generator of strings. Raises `Unsatisfiable` or `UnsupportedPattern`."""
    is_valid = compiler.accepts(flat.parts)
    text = _known(flat, name, is_valid)
    locale = compiler.options.locale
    liked: Sequence[str] = ()
    if (faker := requested(flat)) and (found := pools.faked(faker, locale)):
        liked = found
    else:
        is_free = not any(key in schema for schema in flat.schemas for key in ("pattern", "minLength", "maxLength"))
        is_free = is_free and not text.formats - MOMENTS.keys()
        for made in _made(text):
            if is_free:
                return made
            samples = [made(Entropy(b"%d" % number)) for number in range(TRIAL)]
            if all(map(is_valid, samples)):
                return _verified(made, is_valid, samples)
        if not text.formats - VAGUE or not any(by_format(entry) for entry in text.formats):
            liked = _pool(text, locale, is_valid)
    try:
        return strings(flat.schemas, is_valid, liked)
    except ValueError as error:
        raise Unsatisfiable(str(error)) from None


def _verified(made: StringGenerator, is_valid: Callable[[JSON], bool], samples: Sequence[str]) -> StringGenerator:
    """What is made where it is valid, else one of the samples that are."""

    def generate_verified(entropy: Entropy) -> str:
        text = made(entropy)
        return text if is_valid(text) else samples[entropy.below(len(samples))]

    return generate_verified


def _known(flat: Flat, name: str, is_valid: Callable[[JSON], bool]) -> _Text:
    formats = {name for schema in flat.schemas for name in formats_of(schema) if by_format(name)}
    shown = [value for value in map(str, examples(flat, "string")) if value]
    description = description_of(flat)
    if not shown and not formats:
        shown = list(descriptions.literals(description))
    trimmed = [stripped if is_valid(stripped := value.strip()) else value for value in shown]
    return _Text(
        name,
        description,
        [value for value in trimmed if is_valid(value)],
        frozenset(map(usual_name, formats)),
        any("pattern" in schema for schema in flat.schemas),
        any(key in schema for schema in flat.schemas for key in ("pattern", "minLength", "maxLength")),
    )


def _made(text: _Text) -> Iterator[StringGenerator]:
    """Generators of moments, or of what is made at random: like an example, or as the name says; the best first."""
    if (style := _style(text)) is not None:
        yield moments(text.name, style)
        return
    if text.formats - {"uuid"}:
        return
    if text.shown:
        if (shape := _shape(text.shown[0], text.name)) is not None:
            yield _shaped(shape)
        return
    if text.formats:
        return
    kind = hints.made_of(text.name)
    asked = descriptions.described(text.description)
    hint = hints.text_hint(text.name)
    if kind in (None, "identifier") and asked == "uuid":
        kind = "uuid"
    kind = hint if kind is None and hint in MADE else kind
    if kind is None and (hint is None or text.is_patterned):
        kind = hints.number_in_text(text.name) or (asked if hint is None else None)
    if kind in ("decimal", "count"):
        yield _number_in_text(text.name)
    elif kind is not None and kind in MADE:
        yield MADE[kind]
    if text.is_patterned and hint is None:
        # A pattern of numbers or days has room for absurd ones.
        yield from (moments(text.name, DATE), MADE["count"], MADE["decimal"])


def _number_in_text(name: str) -> StringGenerator:
    """A number of the usual range, with two decimals where such numbers have some."""
    low, high = hints.usual_range(name) or (1, 100)
    if hints.number_in_text(name) == "count":
        return lambda entropy: str(entropy.between(int(low), int(high)))
    return lambda entropy: f"{entropy.between(int(low * 100), int(high * 100)) / 100:.2f}"


def _pool(text: _Text, locale: str, is_valid: Callable[[JSON], bool]) -> Sequence[str]:
    """Texts of the kind that the name asks for, else the description; the examples where these know better."""
    hint = "email" if "email" in text.formats else hints.text_hint(text.name)
    if text.shown and hint not in STRONG:
        return text.shown
    asked = descriptions.described(text.description if hint is None else text.description[:BEGINNING])
    is_exact = asked in SPECIFIC and (hint not in STRONG or SHORT.get(hint) == asked)
    if asked not in MADE and (hint is None or is_exact):
        hint = asked
    if hint == "name" and text.shown and not re.fullmatch(r"[\w.'-]+( [\w.'-]+)+", text.shown[0]):
        return text.shown
    if hint is None:
        return ()
    found = pools.pool(hint, locale)
    if cased := CASED.search(text.description):
        found = tuple(map(str.lower if cased[1].lower() == "lower" else str.upper, found))
    # In a pattern or a few characters a country is its code.
    is_code = hint in SHORT and text.is_tight and not any(map(is_valid, found))
    return pools.pool(SHORT[hint], locale) if is_code else found


def _shape(example: JSON, name: str) -> str | None:
    """The example, if it looks like an identifier whose digits and letters could be others."""
    text = str(example)
    plain = hints.canonical(name)
    looks = re.fullmatch(r"(?=.*[0-9])[0-9A-Za-z]+([-_:.][0-9A-Za-z]+)*", text) and 4 <= len(text) <= 64
    return text if looks and re.search("(id|key|token|code|number|reference|ref|sku|hash|etag)$", plain) else None


def _shaped(example: str) -> StringGenerator:
    """Texts like an example: its prefix, then digits for digits and letters for letters."""
    prefix = re.match(r"(?:[A-Za-z]+[-_:])*", example)
    kept = prefix.group() if prefix else ""
    rest = example[len(kept) :]
    if re.fullmatch("[0-9a-f-]+", rest) and re.search("[a-f]", rest):
        alphabets = ["-" if char == "-" else "0123456789abcdef" for char in rest]
    else:
        alphabets = [
            "123456789" if char.isdigit() and (not number or char != "0") else "0123456789" if char.isdigit()
            else "abcdefghijkmnpqrstuvwxyz" if char.islower()
            else "ABCDEFGHJKLMNPQRSTUVWXYZ" if char.isupper() else char
            for number, char in enumerate(rest)
        ]  # fmt: skip
    return lambda entropy: kept + "".join([entropy.choice(alphabet) for alphabet in alphabets])


def _style(text: _Text) -> str | None:
    """How a moment is written, as an example is if there is one; None when it is none."""
    kind = next(iter(text.formats), "") if len(text.formats) < 2 else ""
    if not text.formats and not text.is_patterned:
        if text.shown:
            kind = "date-time" if re.fullmatch(ISO_TIME, text.shown[0]) else ""
            kind = "date" if re.fullmatch(ISO_DATE, text.shown[0]) else kind
        elif hints.is_moment(text.name) or descriptions.described(text.description) == "moment":
            kind = "date" if hints.is_day(text.name) else "date-time"
    lengths = {len(value) for value in text.shown}
    styles = MOMENTS.get(kind, ())
    return min(styles, key=lambda style: len(EPOCH.strftime(style)) not in lengths, default=None)
