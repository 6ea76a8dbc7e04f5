"""Strings and numbers: what the schema says, and within that what the name, examples and description suggest."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Final, NamedTuple

from mockserver.generation import hints, pools
from mockserver.generation.conjunction import Flat, has_type
from mockserver.generation.entropy import Entropy, factor
from mockserver.generation.failures import NotFound, Unsatisfiable
from mockserver.generation.numbers import NumberGenerator, numbers
from mockserver.generation.patterns import StringGenerator
from mockserver.generation.strings import ALIASES, EPOCH, MADE, by_format, formats_of, strings
from mockserver.types import JSON

if TYPE_CHECKING:
    from mockserver.generation.compiler import Compiler

DAY: Final = 24 * 3600
DATE: Final = "%Y-%m-%d"
TIME: Final = "%Y-%m-%dT%H:%M:%S"
MOMENTS: Final[Mapping[str, Sequence[str]]] = {
    "date-time": [f"{TIME}{end}" for end in ("Z", ".000Z", "+00:00", ".000000Z", ".000+00:00", ".000000+00:00")],
    "date": [DATE],
}
"""How moments are written, the usual way first."""
ISO_DATE: Final = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
ISO_TIME: Final = ISO_DATE + r"T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{3}|\.[0-9]{6})?(Z|\+00:00)"
VAGUE: Final = frozenset(("email", "uri", "hostname", "ipv4", "password", "binary"))
"""Formats about whose values a name says more."""
WEAK: Final = frozenset(
    ("thing", "status", "word", "sentence", "title", "version", "url", "image_url", "state", "type", "role", "priority",
     "department", "visibility")
)  # fmt: skip
"""Hints that an example knows better than."""
DESCRIBED: Final = frozenset(kind for _, kind in hints.DESCRIBED) - {"moment", "uuid"}
TRIAL: Final = 48
SPAN_DAYS: Final = 90
"""So far apart are the moments of one entity that come in order."""


def examples(flat: Flat, type_name: str) -> list[JSON]:
    """The values that the schemas themselves show."""
    shown: list[JSON] = []
    for schema in flat.schemas:
        listed = schema.get("examples")
        shown += [schema["example"]] if "example" in schema else []
        shown += listed if isinstance(listed, list) else list(listed.values()) if isinstance(listed, Mapping) else []
        shown += [schema["default"]] if "default" in schema else []
    return [value for value in shown if has_type(value, type_name)]


class _Text(NamedTuple):
    """What is known of a text besides its constraints."""

    name: str
    description: str
    shown: list[str]
    formats: frozenset[str]
    is_patterned: bool


def compile_string(compiler: Compiler, flat: Flat, name: str) -> StringGenerator:
    """A generator of strings. Raises `Unsatisfiable` or `UnsupportedPattern`."""
    is_valid = compiler.accepts(flat.parts)
    text = _known(flat, name, is_valid)
    locale = compiler.options.locale
    liked: Sequence[str] = ()
    if (faker := _requested(flat)) and (found := pools.faked(faker, locale)):
        liked = found
    elif made := _made(text):
        is_free = not any(key in schema for schema in flat.schemas for key in ("pattern", "minLength", "maxLength"))
        if is_free and not text.formats - MOMENTS.keys():
            return made
        liked = [made(Entropy(b"%d" % number)) for number in range(TRIAL)]
        if all(map(is_valid, liked)):
            return made
        liked = text.shown
    elif not text.formats - VAGUE or not any(by_format(entry) for entry in text.formats):
        liked = _pool(text, locale)
    try:
        return strings(flat.schemas, is_valid, liked)
    except ValueError as error:
        raise Unsatisfiable(str(error)) from None


def _known(flat: Flat, name: str, is_valid: Callable[[JSON], bool]) -> _Text:
    formats = {name for schema in flat.schemas for name in formats_of(schema) if by_format(name)}
    shown = [value for value in map(str, examples(flat, "string")) if value]
    trimmed = [stripped if is_valid(stripped := value.strip()) else value for value in shown]
    return _Text(
        name,
        next((text for schema in flat.schemas if isinstance(text := schema.get("description"), str)), "")[:400],
        [value for value in trimmed if is_valid(value)],
        frozenset(ALIASES.get(name, name) for name in formats),
        any("pattern" in schema for schema in flat.schemas),
    )


def _made(text: _Text) -> StringGenerator | None:
    """A generator of moments, or of what is made at random: like an example, or as the name says."""
    if (style := _style(text)) is not None:
        return _moments(text.name, style)
    if text.is_patterned or text.formats - {"uuid"}:
        return None
    if text.shown:
        shape = _shape(text.shown[0], text.name)
        return _shaped(shape) if shape else None
    if text.formats:
        return None
    kind = hints.made_of(text.name)
    if kind in (None, "identifier") and hints.described(text.description) == "uuid":
        kind = "uuid"
    if kind is None and hints.text_hint(text.name) is None:
        kind = hints.number_in_text(text.name)
    return MADE[kind] if kind is not None else None


def _pool(text: _Text, locale: str) -> Sequence[str]:
    """Texts of the kind that the name asks for, else the description; the examples where these know better."""
    hint = hints.text_hint(text.name)
    if text.shown and (hint in WEAK or hint is None):
        return text.shown
    if hint is None and (described := hints.described(text.description)) in DESCRIBED:
        hint = described
    if hint == "name" and text.shown and not re.fullmatch(r"[\w.'-]+( [\w.'-]+)+", text.shown[0]):
        return text.shown
    return pools.pool(hint, locale) if hint is not None else ()


def compile_number(compiler: Compiler, flat: Flat, name: str, type_name: str) -> NumberGenerator:
    """A generator of numbers. Raises `Unsatisfiable` or `NotFound`."""
    whole = type_name == "integer"
    shown = [value for value in examples(flat, type_name) if value]
    usual = _usual(name, shown, whole=whole)
    if any(str(schema.get("format")).endswith("8") for schema in flat.schemas):
        usual = None
    if usual == hints.TIMESTAMPS and not whole:
        usual = None
    if whole and usual == hints.TIMESTAMPS and (generate := _timestamps(compiler, flat, name, shown)) is not None:
        return generate
    looks_whole = whole or hints.is_whole(name) or (bool(shown) and all(isinstance(value, int) for value in shown))
    try:
        generate = _numbers(flat, usual, looks_whole=looks_whole, whole=whole)
    except ValueError as error:
        raise Unsatisfiable(str(error)) from None
    if any("multipleOf" in schema for schema in flat.schemas) and not whole:
        is_valid = compiler.accepts(flat.parts)
        pool = [value for number in range(64) if is_valid(value := generate(Entropy(b"%d" % number)))]
        if not pool:
            raise NotFound("no multiple was found between the bounds")
        return lambda entropy: entropy.choice(pool)
    return generate


def _numbers(flat: Flat, usual: tuple[float, float] | None, *, looks_whole: bool, whole: bool) -> NumberGenerator:
    """Whole numbers where they may be and look better, else such as the type has."""
    if looks_whole and not whole:
        with suppress(ValueError):
            ends = (int(usual[0]), int(usual[1])) if usual is not None else None
            return numbers(flat.schemas, ends, whole=True)
    return numbers(flat.schemas, usual, whole=whole)


def _usual(name: str, shown: list[JSON], *, whole: bool) -> tuple[float, float] | None:
    """The range of such numbers, by their name or else around an example."""
    usual = hints.usual_range(name)
    if usual is None and shown and abs(shown[0]) < 1e15:
        value = shown[0]
        low, high = sorted((value, value * 1.5 if not whole else value + max(1, abs(value) // 2)))
        usual = (int(low), int(high)) if whole else (round(low, 2), round(high, 2))
    return (int(usual[0]), int(usual[1])) if usual is not None and whole else usual


def _timestamps(compiler: Compiler, flat: Flat, name: str, shown: list[JSON]) -> NumberGenerator | None:
    """Moments as numbers: seconds since 1970, or milliseconds where an example has so many digits."""
    unit = 1000 if shown and shown[0] > 10**11 else 1
    draw = _seconds(name)
    start = int(EPOCH.timestamp())

    def generate(entropy: Entropy) -> JSON:
        return (start + draw(entropy)) * unit

    is_valid = compiler.accepts(flat.parts)
    return generate if all(is_valid(generate(Entropy(b"%d" % number))) for number in range(8)) else None


def _requested(flat: Flat) -> str | None:
    """The method of Faker that `x-faker` or `x-fake-data` asks for: `name.firstName` and `first_name` are one."""
    for schema in flat.schemas:
        for key in ("x-faker", "x-fake-data"):
            if isinstance(wanted := schema.get(key), str):
                last = wanted.rpartition(".")[2].strip("{} ")
                return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", last).lower()
    return None


def _style(text: _Text) -> str | None:
    """How a moment is written, as an example is if there is one; None when it is none."""
    kind = next(iter(text.formats), "") if len(text.formats) < 2 else ""
    if not text.formats and not text.is_patterned:
        if text.shown:
            kind = "date-time" if re.fullmatch(ISO_TIME, text.shown[0]) else ""
            kind = "date" if re.fullmatch(ISO_DATE, text.shown[0]) else kind
        elif hints.is_moment(text.name) or hints.described(text.description) == "moment":
            kind = "date" if hints.is_day(text.name) else "date-time"
    lengths = {len(value) for value in text.shown}
    styles = MOMENTS.get(kind, ())
    return min(styles, key=lambda style: len(EPOCH.strftime(style)) not in lengths, default=None)


def _moments(name: str, style: str) -> StringGenerator:
    """Moments of one entity in the order in which they come in its life."""
    draw = _seconds(name)
    # `isoformat` takes a third of the time of `strftime`.
    length, end = (10, "") if style == DATE else (19, style.removeprefix(TIME))
    return lambda entropy: (EPOCH + datetime.timedelta(seconds=draw(entropy))).isoformat()[:length] + end


def _seconds(name: str) -> Callable[[Entropy], int]:
    """When in the life of an entity a moment of this name is, from an epoch that all share."""
    later = hints.rank(name) * SPAN_DAYS
    span = (SPAN_DAYS - 1) * DAY if later else DAY
    # Moments of one rank are told apart, and no two come at the same time of different days.
    own = factor(name) % span

    def draw(entropy: Entropy) -> int:
        start = entropy.below(400 * DAY)
        return start + later * DAY + (entropy.below(span) + own) % span

    return draw


SEGMENT: Final = re.compile(r"[0-9]+|[a-z]+|[A-Z]+|[^0-9a-zA-Z]+")


def _shape(example: JSON, name: str) -> str | None:
    """The example, if it looks like an identifier whose digits and letters could be others."""
    text = str(example)
    plain = hints.canonical(name)
    looks = re.fullmatch(r"[A-Za-z]{0,12}[-_:]?[0-9A-Za-z]*[0-9][0-9A-Za-z_-]*", text) and 4 <= len(text) <= 64
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


__all__ = ["compile_number", "compile_string", "examples"]
