"""Generators of strings: by format, by pattern, by length."""

from __future__ import annotations

import datetime
import itertools
import math
import re
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, Final, TypeAlias

from mockserver.generation.entropy import Entropy

# By name, since type checkers disagree with themselves on whether these submodules exist.
sre: Any = import_module("re._constants")
_parser: Any = import_module("re._parser")

StringGenerator: TypeAlias = Callable[[Entropy], str]

WORDS: Final = (
    "amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "heron",
    "iris", "jade", "kelp", "lotus", "maple", "north", "ocean", "pine",
)  # fmt: skip
EPOCH: Final = datetime.datetime(2024, 1, 1, tzinfo=datetime.UTC)
SPAN_SECONDS: Final = 2 * 365 * 24 * 3600
PRINTABLE: Final = tuple(map(chr, range(0x21, 0x7F)))
MAX_REPEAT: Final = 8
"""How often an unbounded repetition of a pattern repeats at the most."""
UUID_VERSION_4: Final = 0x4 << 76 | 0x2 << 62
UUID_MASK: Final = ~(0xF << 76 | 0x3 << 62)
TABLE: Final = 4096
"""How many combinations of characters a table may hold."""
MAX_BITS: Final = 128
"""So large may one draw be."""
ANCHORS: Final = (sre.AT_BEGINNING, sre.AT_BEGINNING_STRING, sre.AT_END, sre.AT_END_STRING)
CHARACTERS: Final = (sre.IN, sre.ANY, sre.NOT_LITERAL, sre.CATEGORY)


class UnsupportedPattern(Exception):
    """The pattern has a construct that nothing can be generated from, such as a look-around."""


def words(minimum: int, maximum: int | None) -> StringGenerator:
    """Words joined by hyphens, cut or filled up to the length."""

    def generate(entropy: Entropy) -> str:
        text = entropy.choice(WORDS)
        while len(text) < minimum:
            text = f"{text}-{entropy.choice(WORDS)}"[: max(minimum, len(text) + 1)]
        return text if maximum is None else text[:maximum]

    return generate


def uuid4(entropy: Entropy) -> str:
    """A random UUID (RFC 9562, version 4)."""
    bits = entropy.below(1 << 128)
    text = f"{bits & UUID_MASK | UUID_VERSION_4:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def _moment(entropy: Entropy) -> datetime.datetime:
    return EPOCH + datetime.timedelta(seconds=entropy.below(SPAN_SECONDS))


FORMATS: Final[Mapping[str, StringGenerator]] = {
    "uuid": uuid4,
    "date-time": lambda entropy: _moment(entropy).strftime("%Y-%m-%dT%H:%M:%SZ"),
    "date": lambda entropy: _moment(entropy).strftime("%Y-%m-%d"),
    "time": lambda entropy: _moment(entropy).strftime("%H:%M:%SZ"),
    "duration": lambda entropy: f"PT{entropy.between(1, 59)}M",
    "email": lambda entropy: f"{entropy.choice(WORDS)}.{entropy.choice(WORDS)}@example.com",
    "hostname": lambda entropy: f"{entropy.choice(WORDS)}.example.com",
    "uri": lambda entropy: f"https://example.com/{entropy.choice(WORDS)}/{entropy.between(1, 999)}",
    "uri-reference": lambda entropy: f"/{entropy.choice(WORDS)}/{entropy.between(1, 999)}",
    # RFC 5737 and RFC 3849 keep these ranges for documentation.
    "ipv4": lambda entropy: f"192.0.2.{entropy.between(1, 254)}",
    "ipv6": lambda entropy: f"2001:db8::{entropy.between(1, 0xFFFF):x}",
}


def pattern(expression: str) -> StringGenerator:
    """Strings that match a regular expression. Raises `UnsupportedPattern`."""
    try:
        compiled = _sequence(_parser.parse(expression))
    except (re.error, OverflowError, RecursionError) as error:
        raise UnsupportedPattern(str(error)) from None
    return compiled if not isinstance(compiled, str) else lambda _entropy: compiled


Part: TypeAlias = str | StringGenerator
"""A piece of a pattern: a literal, or what generates one."""


def _sequence(parsed: Any) -> Part:
    parts: list[Part] = [""]
    for operation, argument in parsed:
        part = _token(operation, argument)
        if isinstance(part, str) and isinstance(last := parts[-1], str):
            parts[-1] = last + part
        else:
            parts.append(part)
    parts = [part for part in parts if part != ""]
    if len(parts) < 2:
        return parts[0] if parts else ""
    return lambda entropy: "".join([part if isinstance(part, str) else part(entropy) for part in parts])


def _token(operation: Any, argument: Any) -> Part:
    if operation is sre.LITERAL:
        return chr(argument)
    if operation is sre.AT and argument in ANCHORS:  # whatever is generated starts and ends where it should
        return ""
    if operation is sre.SUBPATTERN:
        return _sequence(argument[3])
    if operation is sre.BRANCH:
        return _branch([_sequence(alternative) for alternative in argument[1]])
    if operation in (sre.MAX_REPEAT, sre.MIN_REPEAT):
        return _repeat(*argument)
    if operation in CHARACTERS:
        return _one_of(_characters(operation, argument), 1, 1)
    raise UnsupportedPattern(str(operation).lower())


def _branch(alternatives: list[Part]) -> StringGenerator:
    def generate(entropy: Entropy) -> str:
        part = entropy.choice(alternatives)
        return part if isinstance(part, str) else part(entropy)

    return generate


def _repeat(low: int, high: int, parsed: Any) -> StringGenerator:
    most = max(low, min(int(high), low + MAX_REPEAT))
    if len(parsed) == 1 and parsed[0][0] in CHARACTERS:
        return _one_of(_characters(*parsed[0]), low, most)
    part = _sequence(parsed)
    return lambda entropy: "".join(
        [part if isinstance(part, str) else part(entropy) for _ in range(entropy.between(low, most))]
    )


def _one_of(allowed: tuple[str, ...], low: int, most: int) -> StringGenerator:
    """So many characters of a class, looked up several at a time in a table of all their combinations."""
    if low == most == 1:
        return lambda entropy: entropy.choice(allowed)
    chunk = max(1, int(math.log(TABLE, max(2, len(allowed)))))
    tables = [["".join(text) for text in itertools.product(allowed, repeat=size)] for size in range(1, chunk + 1)]

    if low == most and low % chunk == 0 and (most // chunk) * (size := len(tables[-1])).bit_length() <= MAX_BITS:
        return _from_one_draw(tables[-1], low // chunk, size)

    def generate(entropy: Entropy) -> str:
        full, rest = divmod(entropy.between(low, most) if most > low else low, chunk)
        parts = [entropy.choice(tables[-1]) for _ in range(full)]
        if rest:
            parts.append(entropy.choice(tables[rest - 1]))
        return "".join(parts)

    return generate


def _from_one_draw(table: list[str], count: int, size: int) -> StringGenerator:
    """So many entries of a table, taken from the digits of one number."""
    limit = size**count

    def generate(entropy: Entropy) -> str:
        number = entropy.below(limit)
        text = ""
        for _ in range(count):
            number, index = divmod(number, size)
            text += table[index]
        return text

    return generate


def _characters(operation: Any, argument: Any) -> tuple[str, ...]:
    """The printable ASCII characters that a class allows, or its own where it has only others."""
    if operation is sre.ANY:
        return PRINTABLE
    items = argument if operation is sre.IN else [(operation, argument)]
    negated = items[0][0] is sre.NEGATE
    allowed = [char for char in PRINTABLE if any(_allows(item, char) for item in items) != negated]
    allowed = allowed or [char for char in " \t" if any(_allows(item, char) for item in items) != negated]
    if not allowed and not negated:
        allowed = [chr(arg if op is sre.LITERAL else arg[0]) for op, arg in items if op in (sre.LITERAL, sre.RANGE)]
    if not allowed:
        raise UnsupportedPattern("a class of characters outside printable ASCII")
    return tuple(allowed)


def _allows(item: tuple[Any, Any], char: str) -> bool:
    operation, argument = item
    if operation is sre.LITERAL:
        return chr(argument) == char
    if operation is sre.NOT_LITERAL:
        return chr(argument) != char
    if operation is sre.RANGE:
        return bool(argument[0] <= ord(char) <= argument[1])
    if operation is sre.CATEGORY:
        return _CATEGORIES[argument](char)
    return False


_CATEGORIES: Final[Mapping[Any, Callable[[str], bool]]] = {
    sre.CATEGORY_DIGIT: str.isdigit,
    sre.CATEGORY_NOT_DIGIT: lambda char: not char.isdigit(),
    sre.CATEGORY_SPACE: str.isspace,
    sre.CATEGORY_NOT_SPACE: lambda char: not char.isspace(),
    sre.CATEGORY_WORD: lambda char: char.isalnum() or char == "_",
    sre.CATEGORY_NOT_WORD: lambda char: not (char.isalnum() or char == "_"),
}
