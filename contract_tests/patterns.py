"""Texts that match a pattern, and those that stand just inside or outside of what it allows."""

from __future__ import annotations

import re
import string
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

import hypothesis
from hypothesis import strategies

from contract_tests.contract import is_loose

MAX_TEXT = 2000
"""No longer text is made for a boundary."""

MAX_MATCH = 24
"""Nor for a pattern, where a text with room to count is wanted."""

_ROOMY = "abcdefgh"
"""A text with room to count, where a pattern leaves it free."""

_CLASSES = (string.digits, string.ascii_lowercase, string.ascii_uppercase)


class NoSample(Exception):
    """No value of a schema could be made."""


def at_most(pattern: str, value: str) -> Iterator[str]:
    """Texts that are as long as a pattern of one class of characters lets them be, longer, and with a space in them."""
    match = _ONE_CLASS.fullmatch(pattern)
    if match is not None and value and int(match[1]) <= MAX_TEXT:
        yield from (value[-1] * length for length in (int(match[1]), int(match[1]) + 1))
        yield f"{value[-1] * (int(match[1]) // 2)} {value[-1]}"


def at_the_ends(schema: Mapping[str, Any], value: str) -> Iterator[str]:
    """Texts that match a pattern and are as short and as long as they may be, and by one shorter and longer."""
    low, high = schema.get("minLength"), schema.get("maxLength")
    lengths = [*((low, low - 1) if isinstance(low, int) and low > 0 else ())]
    lengths += [high, high + 1] if isinstance(high, int) and high <= MAX_TEXT else []
    texts = (_of_length(str(schema["pattern"]), value, length) for length in lengths)
    yield from (text for text in texts if text is not None)


@lru_cache(maxsize=2048)
def _of_length(pattern: str, text: str, length: int) -> str | None:
    """A text of this length that matches a pattern: another one, one of its characters repeated or some left out."""
    more = length - len(text)
    for place in range(len(text) - 1, -1, -1):
        kept = text[:place], text[place] * (more + 1) + text[place + 1 :] if more >= 0 else text[place - more :]
        if len(found := "".join(kept)) == length and search(pattern, found):
            return found
    return None


_ONE_CLASS = re.compile(r"\^?\[[^\]]+\]\{\d+,(\d+)\}\$?")


@lru_cache(maxsize=512)
def matching(pattern: str) -> str:
    """A text that matches a pattern, a short one. Raises `NoSample`."""
    settings = hypothesis.settings(database=None, deadline=None, max_examples=50, phases=[hypothesis.Phase.generate])
    try:
        found = hypothesis.find(strategies.from_regex(pattern), lambda text: text.isprintable(), settings=settings)
    except Exception:  # a pattern of another dialect; the caller goes on without
        raise NoSample(pattern) from None
    return str(found)


@lru_cache(maxsize=512)
def longest(pattern: str) -> str:
    """A text of a pattern with some room. Raises `NoSample`."""
    if is_loose(pattern, len(_ROOMY)):  # what is found of a class of nearly all characters is hardly ever plain
        return _ROOMY
    found = [matching(pattern)]

    @hypothesis.seed(0)
    @hypothesis.settings(
        database=None,
        deadline=None,
        max_examples=60,
        phases=[hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(strategies.from_regex(pattern))
    def collect(text: str) -> None:
        if text.isascii() and text.isprintable() and len(text) <= MAX_MATCH:
            found.append(text)

    collect()
    return max(found, key=lambda text: (len(text), sum(map(str.isalpha, set(text)))))


def search(pattern: str, text: str) -> bool:
    """Whether a text matches a pattern; not where that is of another dialect."""
    try:
        return bool(re.search(pattern, text))
    except re.error:
        return False


def less_beginnings(pattern: str, value: str) -> Iterator[str]:
    """A text without each of the characters that a pattern begins with as they are: `http:` of `^https:`."""
    found = _BEGINNING.match(pattern)
    literal = found[1].replace("\\", "") if found else ""
    if 1 < len(literal) <= MAX_BEGINNING and value.startswith(literal):
        yield from (literal[:at] + value[at + 1 :] for at in reversed(range(len(literal))))


_BEGINNING = re.compile(r"\^((?:(?:[\w:/@#%&=_~-]|\\[^\w\s])(?![?*+{]))+)(?!.*\|)")
MAX_BEGINNING = 12
"""What is longer is no prefix that somebody might know otherwise."""


def counted(text: str, number: int) -> str:
    """The text with its last letters and digits counted up by a number, each within its kind."""
    letters = list(text)
    for place in reversed(range(len(letters))):
        kind = next((kind for kind in _CLASSES if letters[place] in kind), "")
        if kind and number:
            number, digit = divmod(number + kind.index(letters[place]), len(kind))
            letters[place] = kind[digit]
    return "".join(letters) if number == 0 else text
