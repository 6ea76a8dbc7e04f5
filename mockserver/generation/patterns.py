"""Strings that match a regular expression of ECMA-262, as far as its constructs can be generated from."""

from __future__ import annotations

import itertools
import math
import re
import warnings
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, Final, TypeAlias

from mockserver.generation.entropy import Entropy
from mockserver.generation.failures import UnsupportedPattern

# By name, since type checkers disagree with themselves on whether these submodules exist.
sre: Any = import_module("re._constants")
_parser: Any = import_module("re._parser")

StringGenerator: TypeAlias = Callable[[Entropy], str]

PRINTABLE: Final = tuple(map(chr, range(0x21, 0x7F)))
USUAL: Final = tuple(char for char in PRINTABLE if char.isalnum())
"""What stands for a class that says only what is not in it."""
USUAL_REPEAT: Final = 8
"""How often an unbounded repetition of a pattern repeats at the most."""
TABLE: Final = 4096
"""How many combinations of characters a table may hold."""
MAX_BITS: Final = 128
"""So large may one draw be."""
MAX_LENGTH: Final = 100_000
"""What must be longer is beyond us."""
ANCHORS: Final = (sre.AT_BEGINNING, sre.AT_BEGINNING_STRING, sre.AT_END, sre.AT_END_STRING)
CHARACTERS: Final = (sre.IN, sre.ANY, sre.NOT_LITERAL, sre.CATEGORY)


class Pattern:
    """A regular expression, and whether all that its strings need is known.

    `exact` is False where a look-around or a word boundary is left to chance, so that strings must be matched.
    """

    def __init__(self, expression: str) -> None:
        """Raises `UnsupportedPattern`."""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                self._parsed = _parser.parse(translate(expression))
        except (re.error, OverflowError, RecursionError, ValueError) as error:
            raise UnsupportedPattern(str(error)) from None
        self.exact = _is_exact(self._parsed)

    def generator(self, *, fewest: int = 0, most: int = USUAL_REPEAT) -> StringGenerator:
        """Strings whose repetitions repeat `fewest` to `most` times more than they must, where they may."""
        try:
            compiled = _Builder(fewest, most).sequence(self._parsed)
        except (OverflowError, RecursionError, MemoryError) as error:
            raise UnsupportedPattern(str(error)) from None
        return compiled if not isinstance(compiled, str) else lambda _entropy: compiled


CLASSES: Final = {"L": "A-Za-z", "Lu": "A-Z", "Ll": "a-z", "N": "0-9", "Nd": "0-9", "P": "!-/:-@", "S": "$+<=>^`|~",
                  "Z": " ", "Zs": " ", "Letter": "A-Za-z", "Alphabetic": "A-Za-z", "M": "\u0300-\u036f"}  # fmt: skip
# An escape of ECMA-262 or of the validator's dialect that Python's parser has no word for, or reads otherwise.
ESCAPE: Final = re.compile(
    r"\\(?:([pP])(?:\{\^?(?:\w+=)?(\w+)\}|(\w))|u\{([0-9a-fA-F]{1,6})\}|c([A-Za-z])|k<(\w+)>|([zZhHRGKyY/'\"<>@#&%,:;=`~_-])|(.))",
    re.DOTALL,
)


def translate(expression: str) -> str:
    """An expression of ECMA-262 as one of Python; classes of Unicode become their ASCII members."""
    text, start, inside = [], 0, False
    while start < len(expression):
        char = expression[start]
        if char == "\\" and (match := ESCAPE.match(expression, start)):
            text.append(_escape(match, inside=inside))
            start = match.end()
            continue
        if not inside and expression.startswith("(?<", start) and expression[start + 3 : start + 4] not in "=!":
            text.append("(?P<")
            start += 3
            continue
        if char == "[" and not inside:
            inside = True
            for empty, meaning in (("[^]", "[\\s\\S]"), ("[]", "(?!)")):
                if expression.startswith(empty, start) and "]" not in expression[start + len(empty) :]:
                    text.append(meaning)
                    start, inside = start + len(empty), False
                    break
            else:
                text.append("[")
                start += 1
            continue
        if char == "]":
            inside = False
        elif inside and char == "[":
            char = "\\["
        text.append(char)
        start += 1
    return "".join(text)


def _escape(match: re.Match[str], *, inside: bool) -> str:
    negated, name, letter, code, control, group, plain, _other = match.groups()
    if negated:
        members = CLASSES.get(name or letter, CLASSES.get((name or letter)[:1], "A-Za-z"))
        if negated == "P":
            return "!-/" if inside else f"[^{members}]"
        return members if inside else f"[{members}]"
    if code:
        return re.escape(chr(int(code, 16)))
    if control:
        return re.escape(chr(ord(control) % 32))
    if group:
        return f"(?P={group})"
    if plain and plain not in "zZ":
        return re.escape(plain)
    return "$" if plain else match.group()


def _is_exact(parsed: Any) -> bool:
    return all(_is_exact_token(operation, argument) for operation, argument in parsed)


def _is_exact_token(operation: Any, argument: Any) -> bool:
    if operation is sre.SUBPATTERN:
        return not argument[1] and _is_exact(argument[3])
    if operation is sre.BRANCH:
        return all(_is_exact(alternative) for alternative in argument[1])
    if operation in (sre.MAX_REPEAT, sre.MIN_REPEAT):
        return _is_exact(argument[2])
    return operation is sre.LITERAL or operation in CHARACTERS or (operation is sre.AT and argument in ANCHORS)


Part: TypeAlias = str | StringGenerator
"""A piece of a pattern: a literal, or what generates one."""


class _Builder:
    def __init__(self, fewest: int, most: int) -> None:
        self._fewest = fewest
        self._most = most
        self._groups: dict[int, Part] = {}
        self._times = 1
        """How often the part that is being built is repeated by those around it."""

    def sequence(self, parsed: Any) -> Part:
        parts: list[Part] = [""]
        for operation, argument in parsed:
            part = self._token(operation, argument)
            if isinstance(part, str) and isinstance(last := parts[-1], str):
                parts[-1] = last + part
            else:
                parts.append(part)
        return _joined([part for part in parts if part != ""])

    def _token(self, operation: Any, argument: Any) -> Part:
        if operation is sre.LITERAL:
            return chr(argument)
        # Whatever is generated starts and ends where it should; a look-around is left to chance.
        if operation in (sre.AT, sre.ASSERT, sre.ASSERT_NOT):
            return ""
        if operation is sre.SUBPATTERN:
            part = self._groups[argument[0]] = self.sequence(argument[3])
            return part
        if operation in (sre.GROUPREF,) and isinstance(group := self._groups.get(argument), str):
            return group
        if operation is sre.BRANCH:
            return _branch([self.sequence(alternative) for alternative in argument[1]])
        if operation is sre.ATOMIC_GROUP:
            return self.sequence(argument)
        if operation in (sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT):
            return self._repeat(*argument)
        if operation in CHARACTERS:
            return _one_of(_characters(operation, argument), 1, 1)
        raise UnsupportedPattern(str(operation).lower())

    def _repeat(self, low: int, high: int, parsed: Any) -> Part:
        room = MAX_LENGTH // self._times
        if low > room:
            raise UnsupportedPattern(f"it repeats {low * self._times} times")
        least = min(int(high), low + self._fewest, room)
        most = max(least, min(int(high), low + self._most, room))
        if len(parsed) == 1 and parsed[0][0] in CHARACTERS:
            return _one_of(_characters(*parsed[0]), least, most)
        self._times *= max(1, most)
        part = self.sequence(parsed)
        self._times //= max(1, most)
        return lambda entropy: "".join(
            [part if isinstance(part, str) else part(entropy) for _ in range(entropy.between(least, most))]
        )


def _joined(parts: list[Part]) -> Part:
    """Pieces one after the other, with as little to do for each draw as can be."""
    generators = [part for part in parts if not isinstance(part, str)]
    if not generators:
        return "".join(part for part in parts if isinstance(part, str))
    if len(parts) == 1:
        return generators[0]
    template = "".join(part.replace("%", "%%") if isinstance(part, str) else "%s" for part in parts)
    if len(generators) == 1:
        only = generators[0]
        return lambda entropy: template % only(entropy)
    if len(generators) == 2:
        first, second = generators
        return lambda entropy: template % (first(entropy), second(entropy))
    if len(generators) == 3:
        first, second, third = generators
        return lambda entropy: template % (first(entropy), second(entropy), third(entropy))
    return lambda entropy: template % tuple([generate(entropy) for generate in generators])


def _branch(alternatives: list[Part]) -> StringGenerator:
    count = len(alternatives)
    texts = [part for part in alternatives if isinstance(part, str)]
    if len(texts) == count:
        return lambda entropy: texts[entropy.below(count)]

    def generate(entropy: Entropy) -> str:
        part = alternatives[entropy.below(count)]
        return part if isinstance(part, str) else part(entropy)

    return generate


def _one_of(allowed: tuple[str, ...], low: int, most: int) -> StringGenerator:
    """So many characters of a class, looked up several at a time in a table of all their combinations."""
    if low == most == 1:
        count = len(allowed)
        return lambda entropy: allowed[entropy.below(count)]
    chunk = max(1, int(math.log(TABLE, max(2, len(allowed)))))
    tables = [["".join(text) for text in itertools.product(allowed, repeat=size)] for size in range(1, chunk + 1)]

    if low == most and low % chunk == 0 and (most // chunk) * (size := len(tables[-1])).bit_length() <= MAX_BITS:
        return _from_one_draw(tables[-1], low // chunk, size)

    sizes = [len(table) for table in tables]
    span = most - low + 1

    def generate_few(entropy: Entropy) -> str:
        count = low + entropy.below(span)
        return tables[count - 1][entropy.below(sizes[count - 1])] if count else ""

    if low < most <= chunk:
        return generate_few

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
        return USUAL
    items = argument if operation is sre.IN else [(operation, argument)]
    negated = items[0][0] is sre.NEGATE
    is_open = negated or operation is sre.NOT_LITERAL
    allowed = [char for char in USUAL if is_open and any(_allows(item, char) for item in items) != negated]
    allowed = allowed or [char for char in PRINTABLE if any(_allows(item, char) for item in items) != negated]
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
