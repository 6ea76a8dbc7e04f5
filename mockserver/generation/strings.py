"""Generators of strings: by format, by length, by pattern, and by all of them together."""

from __future__ import annotations

import datetime
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

import jsonschema_rs

from mockserver.generation.entropy import Entropy
from mockserver.generation.failures import UnsupportedPattern
from mockserver.generation.patterns import MAX_LENGTH, Pattern, StringGenerator
from mockserver.generation.texts import PLAIN, WORDS

EPOCH: Final = datetime.datetime(2024, 1, 1, tzinfo=datetime.UTC)
SPAN_SECONDS: Final = 2 * 365 * 24 * 3600
UUIDS: Final = 1 << 128
UUID_VERSION_4: Final = 0x4 << 76 | 0x2 << 62
UUID_MASK: Final = ~(0xF << 76 | 0x3 << 62)
POOL: Final = 32
"""So many values are found beforehand where each must be checked."""
ENOUGH: Final = 8
DRAWS: Final = 200
HOPELESS: Final = 12
"""A source that has given nothing after so many draws is left."""
WORK: Final = 1_000_000
"""So many characters are drawn in one search."""
LONG: Final = 256
"""Longer texts are tried only where they are asked for."""
RICH: Final = "Aa1!Bb2-Cc3_Dd4.Ee5@Ff6#Gg7"
"""Has characters of every kind that the rules for passwords ask for."""

Accepts = Callable[[Any], bool]


def words(minimum: int, maximum: int | None) -> StringGenerator:
    """Words joined by hyphens, cut or filled up to the length."""

    def generate(entropy: Entropy) -> str:
        text = entropy.choice(PLAIN)
        while len(text) < minimum:
            text = f"{text}-{entropy.choice(PLAIN)}" if minimum < 200 else text.ljust(minimum, "x")
        if maximum is not None and len(text) > maximum:
            text = text[:maximum]
            return text if not text.endswith("-") else f"{text[:-1]}x"
        return text

    return generate


def uuid4(entropy: Entropy) -> str:
    """A random UUID (RFC 9562, version 4)."""
    bits = entropy.below(UUIDS)
    text = f"{bits & UUID_MASK | UUID_VERSION_4:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def moment(entropy: Entropy) -> datetime.datetime:
    """A second of two recent years."""
    return EPOCH + datetime.timedelta(seconds=entropy.below(SPAN_SECONDS))


def _time(pattern: str) -> StringGenerator:
    return lambda entropy: moment(entropy).strftime(pattern)


def characters(alphabet: str, count: int) -> StringGenerator:
    """So many characters of an alphabet, up to twenty from one draw."""
    size = len(alphabet)
    draws = [min(20, count - start) for start in range(0, count, 20)]

    def generate(entropy: Entropy) -> str:
        text = ""
        for length in draws:
            number = entropy.below(size**length)
            for _ in range(length):
                number, index = divmod(number, size)
                text += alphabet[index]
        return text

    return generate


PREFIXES: Final = ("REF", "TX", "AB", "QN", "KD")
MADE: Final[Mapping[str, StringGenerator]] = {
    "uuid": uuid4,
    "identifier": characters("abcdefghjkmnpqrstuvwxyz23456789", 10),
    "sha": characters("0123456789abcdef", 40),
    "hash": characters("0123456789abcdef", 32),
    "token": characters("ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789", 20),
    "digits": characters("0123456789", 4),
    "passcode": characters("123456789", 6),
    "number": lambda entropy: str(entropy.between(100_000, 999_999)),
    "reference": lambda entropy: f"{entropy.choice(PREFIXES)}-{entropy.between(10_000, 99_999)}",
    "password": lambda entropy: f"{entropy.choice(WORDS).title()}-{entropy.between(100, 999)}!",
    "decimal": lambda entropy: f"{entropy.between(5, 499)}.{entropy.below(100):02}",
    "count": lambda entropy: str(entropy.between(1, 50)),
}
"""Texts that are made at random, by what `hints` calls them."""


def _base64(count: int) -> StringGenerator:
    """The base64 of so many bytes, which are letters."""
    return lambda entropy: b64encode("".join(entropy.choice("abcdefgh") for _ in range(count)).encode()).decode()


def _uuid_of(version: int) -> StringGenerator:
    """Identifiers of a version that a type of pydantic asks for."""

    def generate(entropy: Entropy) -> str:
        text = uuid4(entropy)
        return f"{text[:14]}{version}{text[15:]}"

    return generate


FORMATS: Final[Mapping[str, StringGenerator]] = {
    "uuid": uuid4,
    "date-time": _time("%Y-%m-%dT%H:%M:%SZ"),
    "date": _time("%Y-%m-%d"),
    "time": _time("%H:%M:%SZ"),
    "duration": lambda entropy: f"PT{entropy.between(1, 59)}M",
    "email": lambda entropy: f"{entropy.choice(WORDS)}.{entropy.choice(WORDS)}@example.com",
    "hostname": lambda entropy: f"{entropy.choice(WORDS)}.example.com",
    "uri": lambda entropy: f"https://example.com/{entropy.choice(WORDS)}/{entropy.between(1, 999)}",
    "uri-reference": lambda entropy: f"/{entropy.choice(WORDS)}/{entropy.between(1, 999)}",
    # RFC 5737 and RFC 3849 keep these ranges for documentation.
    "ipv4": lambda entropy: f"192.0.2.{entropy.between(1, 254)}",
    "ipv6": lambda entropy: f"2001:db8::{entropy.between(1, 0xFFFF):x}",
    "json-pointer": lambda entropy: f"/{entropy.choice(WORDS)}/{entropy.below(10)}",
    "relative-json-pointer": lambda entropy: f"{entropy.below(3)}/{entropy.choice(WORDS)}",
    "uri-template": lambda entropy: f"https://example.com/{entropy.choice(WORDS)}/{{id}}",
    "regex": lambda entropy: f"^{entropy.choice(WORDS)}[0-9]+$",
    # Not of JSON Schema: formats of OpenAPI's registry that say what a string looks like.
    "byte": lambda entropy: entropy.choice(("aGVsbG8=", "d29ybGQ=", "YW1iZXI=", "bWFwbGU=")),
    "base64url": lambda entropy: entropy.choice(("aGVsbG8", "d29ybGQ", "YW1iZXI", "bWFwbGU")),
    "binary": lambda entropy: entropy.choice(WORDS),
    "password": lambda entropy: f"{entropy.choice(WORDS).title()}-{entropy.between(100, 999)}!",
    "decimal": lambda entropy: f"{entropy.between(1, 999)}.{entropy.below(100):02}",
    "char": lambda entropy: entropy.choice("abcdefgh"),
    "int64": lambda entropy: str(entropy.between(1, 99999)),
    "unix-time": lambda entropy: str(int(moment(entropy).timestamp())),
    "rfc2822": _time("%a, %d %b %Y %H:%M:%S +0000"),
    "http-date": _time("%a, %d %b %Y %H:%M:%S GMT"),
    # Those of pydantic.
    **{f"uuid{version}": _uuid_of(version) for version in (1, 3, 5, 6, 7, 8)},
    "ipv4network": lambda entropy: f"192.0.2.{16 * entropy.below(16)}/28",
    "ipv6network": lambda entropy: f"2001:db8:{entropy.between(1, 0xFFFF):x}::/64",
    "ipv4interface": lambda entropy: f"192.0.2.{entropy.between(1, 254)}/24",
    "ipv6interface": lambda entropy: f"2001:db8::{entropy.between(1, 0xFFFF):x}/64",
    "json-string": lambda entropy: f'{{"{entropy.choice(WORDS)}": {entropy.below(100)}}}',
    "file-path": lambda entropy: f"/data/{entropy.choice(WORDS)}.txt",
    "directory-path": lambda entropy: f"/data/{entropy.choice(WORDS)}",
    "color": lambda entropy: f"#{entropy.below(1 << 24):06x}",
}
ALIASES: Final = {
    "idn-email": "email", "idn-hostname": "hostname", "iri": "uri", "iri-reference": "uri-reference", "url": "uri",
    "guid": "uuid", "ip": "ipv4", "datetime": "date-time", "host-name": "hostname", "uint64": "int64",
    "date-time-rfc-2822": "rfc2822", "rfc-2822": "rfc2822", "rfc822": "rfc2822", "rfc3339": "date-time",
    "uuid4": "uuid", "ipvanyaddress": "ipv4", "ipvanynetwork": "ipv4network", "ipvanyinterface": "ipv4interface",
    "base64": "byte", "iso8601": "date-time", "iso-8601": "date-time", "timestamp": "date-time",
}  # fmt: skip
ASSERTED: Final = frozenset((
    "date-time", "date", "time", "duration", "email", "hostname", "uri", "uri-reference", "uri-template",
    "ipv4", "ipv6", "uuid", "json-pointer", "relative-json-pointer", "regex",
))  # fmt: skip
"""Formats that a validator checks."""
# The shapes of one moment or one thing that documents ask for besides a format.
SHAPES: Final[Mapping[str, tuple[StringGenerator, ...]]] = {
    "date-time": (
        _time("%Y-%m-%dT%H:%M:%S.000Z"), _time("%Y-%m-%dT%H:%M:%S+00:00"), _time("%Y-%m-%dT%H:%M:%S.000+00:00"),
        _time("%Y-%m-%dT%H:%M:%S.000000Z"), _time("%Y-%m-%dT%H:%M:%S.000000+00:00"), _time("%Y-%m-%dT00:00:00Z"),
    ),
    "time": (_time("%H:%M:%S.000Z"), _time("%H:%M:%S+00:00")),
    "duration": (lambda entropy: f"P{entropy.between(1, 9)}D", lambda entropy: f"PT{entropy.between(1, 9)}H"),
    "uri": (lambda entropy: f"http://example.com/{entropy.choice(WORDS)}", lambda _entropy: "https://a.io",
            lambda entropy: f"urn:example:{entropy.choice(WORDS)}"),
    "email": (lambda entropy: f"{entropy.choice(WORDS)}@example.com", lambda _entropy: "a@b.co"),
    "byte": tuple(_base64(count) for count in (1, 2, 3, 6, 12, 24, 48, 96, 192, 384)),
    "base64url": tuple(_base64(count) for count in (3, 6, 12, 24, 48, 96, 192, 384)),
}  # fmt: skip


def formats_of(schema: Mapping[str, Any]) -> list[str]:
    """What a schema says a string looks like: its format, and the encoding of its content (2020-12, section 8.3)."""
    named = [str(schema["format"])] if "format" in schema else []
    encoding = schema.get("contentEncoding")
    return [*named, *(["byte"] if encoding == "base64" else ["base64url"] if encoding == "base64url" else [])]


def usual_name(name: object) -> str:
    """A format by its usual name: `dateTime` is `date-time`."""
    key = str(name).lower().replace("_", "-")
    return ALIASES.get(key, key)


def by_format(name: object) -> StringGenerator | None:
    """The generator of a format, or None for one that says nothing about the text."""
    return FORMATS.get(usual_name(name))


def strings(schemas: Sequence[Mapping[str, Any]], accepts: Accepts, liked: Sequence[str] = ()) -> StringGenerator:
    """Strings that keep the lengths, patterns and formats of all the schemas; one of the `liked` where these do.

    Raises `ValueError` when no string can, `UnsupportedPattern` when none is found.
    """
    low = int(max((schema["minLength"] for schema in schemas if "minLength" in schema), default=0))
    highs = [int(schema["maxLength"]) for schema in schemas if "maxLength" in schema]
    high = min(highs, default=None)
    if high is not None and high < low:
        raise ValueError("the shortest length is above the longest")
    if low > MAX_LENGTH:
        raise UnsupportedPattern(f"it must be {low} characters long")
    expressions = list(dict.fromkeys(schema["pattern"] for schema in schemas if "pattern" in schema))
    formats = list(dict.fromkeys(name for schema in schemas for name in formats_of(schema)))
    made = [generate for name in formats if (generate := by_format(name))]
    if liked:
        fitting = [text for text in liked if accepts(text)] if expressions or made or low or high is not None else liked
        if len(fitting) >= min(3, len(liked)):
            return _from(fitting)
    if not expressions and low == 0 and high is None and len(made) <= 1:
        return made[0] if made else words(0, None)
    if not expressions and not made:
        return words(low, high)
    if len(expressions) == 1 and low == 0 and high is None and not made:
        pattern = Pattern(expressions[0])
        generate = pattern.generator()
        if pattern.exact and accepts(generate(Entropy(b"0"))) and accepts(generate(Entropy(b"1"))):
            return generate
    return _from(_searched(tuple(expressions), tuple(formats), low, high))


def _from(pool: Sequence[str]) -> StringGenerator:
    size = len(pool)
    return lambda entropy: pool[entropy.below(size)]


@lru_cache(maxsize=4096)
def _searched(expressions: tuple[str, ...], formats: tuple[str, ...], low: int, high: int | None) -> tuple[str, ...]:
    """A pool of strings that are accepted, from whatever might give some."""
    keywords: dict[str, Any] = {"minLength": low} if high is None else {"minLength": low, "maxLength": high}
    parts = [{"pattern": expression} for expression in expressions] + [{"format": name} for name in formats]
    accepts = jsonschema_rs.Draft202012Validator({**keywords, "allOf": [*parts, {}]}, validate_formats=True).is_valid
    found: dict[str, None] = {}
    problems: list[str] = []
    work = WORK
    is_unasserted = any(by_format(name) for name in formats if ALIASES.get(name, name) not in ASSERTED)
    for source, is_of_format in _sources(expressions, formats, low, high, problems):
        if found and is_unasserted and not is_of_format:
            break  # no validator tells what is of this format and what is not
        hits = 0
        for tried in range(DRAWS):
            if len(found) >= POOL or (hits == 0 and tried >= HOPELESS) or work < 0:
                break
            text = source(Entropy(b"%d" % tried))
            work -= len(text)
            if text not in found and accepts(text):
                found[text] = None
                hits += 1
        if len(found) >= ENOUGH or work < 0:
            break
    if not found:
        raise UnsupportedPattern((*problems, "no string was found that keeps its pattern, lengths and format")[0])
    return tuple(found)


def _sources(
    expressions: Sequence[str], formats: Sequence[str], low: int, high: int | None, problems: list[str]
) -> Iterator[tuple[StringGenerator, bool]]:  # fmt: skip
    """Generators that may give some, each with whether it gives what is of a format."""
    for name in formats:
        if (usual := by_format(name)) is not None:
            yield from ((source, True) for source in (usual, *SHAPES.get(ALIASES.get(name, name), ())))
    yield from ((source, False) for source in _others(expressions, formats, low, high, problems))


def _others(
    expressions: Sequence[str], formats: Sequence[str], low: int, high: int | None, problems: list[str]
) -> Iterator[StringGenerator]:  # fmt: skip
    longest = 64 if high is None else min(high, max(low, LONG))
    # Fixed numbers of repetitions find the length where random ones would miss it.
    steps = sorted({*range(9), 10, 12, 15, 16, 20, 24, 31, 32, 36, 40, low, max(0, low - 1), low // 2,
                    max(0, longest - 1), longest, longest // 2})  # fmt: skip
    steps.sort(key=lambda count: count != low > LONG)
    for expression in sorted(expressions, key=len, reverse=True):
        try:
            pattern = Pattern(expression)
            yield pattern.generator()
            yield from (_joined(usual, pattern.generator()) for name in formats if (usual := by_format(name)))
            yield pattern.generator(most=1)
            for count in steps:
                yield pattern.generator(fewest=count, most=count)
        except UnsupportedPattern as error:
            problems.append(str(error))
    yield words(low, high)
    # What look-aheads ask for: some of every kind, as long as it may be.
    for length in dict.fromkeys((max(low, 12), low, longest, *range(1, 41))):
        if length >= low and (high is None or length <= high):
            yield _rich(length)
    for text in ("", "a", "A", "0", "1", " ", "/", "a/b", "1.0", "1.0.0", "a@b.co", "*"):
        yield _constant(text)


def _joined(*parts: StringGenerator) -> StringGenerator:
    return lambda entropy: "".join([part(entropy) for part in parts])


def _rich(length: int) -> StringGenerator:
    alphabets = (RICH, "Aa1", "a", "A", "1", "abc123", "é")

    def generate(entropy: Entropy) -> str:
        alphabet = entropy.choice(alphabets)
        start = entropy.below(len(alphabet))
        return (alphabet[start:] + alphabet * (length // len(alphabet) + 1))[:length]

    return generate


def _constant(text: str) -> StringGenerator:
    return lambda _entropy: text
