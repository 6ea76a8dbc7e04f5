"""Strings and numbers: what the schema says, and within that what the name, examples and description suggest."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping, Sequence, Set
from typing import TYPE_CHECKING, Final

from mockserver.generation import hints
from mockserver.generation.conjunction import Flat, has_type
from mockserver.generation.entropy import Entropy
from mockserver.generation.failures import NotFound, Unsatisfiable
from mockserver.generation.numbers import NumberGenerator, numbers
from mockserver.generation.patterns import StringGenerator
from mockserver.generation.strings import ALIASES, EPOCH, by_format, strings
from mockserver.types import JSON

if TYPE_CHECKING:
    from mockserver.generation.compiler import Compiler

DAY: Final = 24 * 3600
MOMENTS: Final[Mapping[str, Sequence[str]]] = {
    "date-time": [
        f"%Y-%m-%dT%H:%M:%S{end}" for end in ("Z", ".000Z", "+00:00", ".000000Z", ".000+00:00", ".000000+00:00")
    ],
    "date": ["%Y-%m-%d"],
}
"""How moments are written, the usual way first."""
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


def compile_string(compiler: Compiler, flat: Flat, name: str) -> StringGenerator:
    """A generator of strings. Raises `Unsatisfiable` or `UnsupportedPattern`."""
    is_valid = compiler.accepts(flat.parts)
    shown = [value for value in examples(flat, "string") if value and is_valid(value)]
    formats = {
        ALIASES.get(str(schema["format"]), str(schema["format"])) for schema in flat.schemas if "format" in schema
    }
    patterned = any("pattern" in schema for schema in flat.schemas)
    for style in _styles(formats, shown):
        moments = _moments(name, style)
        is_free = not any(key in schema for schema in flat.schemas for key in ("pattern", "minLength", "maxLength"))
        if is_free or all(is_valid(moments(Entropy(b"%d" % number))) for number in range(3)):
            return moments
    if (faker := _requested(flat)) and (pool := hints.faked(faker, compiler.options.locale)):
        liked: list[str] = list(pool)
    elif shown and (shape := _shape(shown[0], name)) and not patterned and not formats - {"uuid"}:
        shaped = _shaped(shape)
        trial = [shaped(Entropy(b"%d" % number)) for number in range(48)]
        liked = trial if all(map(is_valid, trial)) else list(map(str, shown))
        if liked is trial and not formats:
            return shaped
    elif formats - {"email", "uri", "hostname", "ipv4", "idn-email", "password", "byte", "binary"} and any(
        by_format(entry) for entry in formats
    ):
        liked = []
    elif hint := hints.text_hint(name):
        liked = list(hints.pool(hint, compiler.options.locale))
        if (
            shown and hint in ("thing", "status", "word", "sentence", "title", "version", "url", "image_url", "state")
        ) or (shown and hint == "name" and not re.fullmatch(r"[\w.'-]+( [\w.'-]+)+", str(shown[0]))):
            liked = list(map(str, shown))
    else:
        liked = list(map(str, shown))
    try:
        return strings(flat.schemas, is_valid, liked)
    except ValueError as error:
        raise Unsatisfiable(str(error)) from None


def compile_number(compiler: Compiler, flat: Flat, name: str, type_name: str) -> NumberGenerator:
    """A generator of numbers. Raises `Unsatisfiable`."""
    whole = type_name == "integer"
    usual = hints.usual_range(name)
    shown = [value for value in examples(flat, type_name) if value]
    if usual is None and shown and abs(shown[0]) < 1e15:
        value = shown[0]
        low, high = sorted((value, value * 1.5 if not whole else value + max(1, abs(value) // 2)))
        usual = (int(low), int(high)) if whole else (round(low, 2), round(high, 2))
    if usual is not None and whole:
        usual = (int(usual[0]), int(usual[1]))
    if usual is not None and any(str(schema.get("format")).endswith("8") for schema in flat.schemas):
        usual = None
    try:
        generate = numbers(flat.schemas, usual, whole=whole)
    except ValueError as error:
        raise Unsatisfiable(str(error)) from None
    if any("multipleOf" in schema for schema in flat.schemas) and not whole:
        is_valid = compiler.accepts(flat.parts)
        pool = [value for number in range(64) if is_valid(value := generate(Entropy(b"%d" % number)))]
        if not pool:
            raise NotFound("no multiple was found between the bounds")
        return lambda entropy: entropy.choice(pool)
    return generate


def _requested(flat: Flat) -> str | None:
    """The method of Faker that `x-faker` or `x-fake-data` asks for: `name.firstName` and `first_name` are one."""
    for schema in flat.schemas:
        for key in ("x-faker", "x-fake-data"):
            if isinstance(wanted := schema.get(key), str):
                last = wanted.rpartition(".")[2].strip("{} ")
                return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", last).lower()
    return None


def _styles(formats: Set[str], shown: Sequence[JSON]) -> list[str]:
    """How a moment may be written, as an example is first."""
    lengths = {len(str(value)) for value in shown}
    styles = [style for name in formats for style in MOMENTS.get(name, ())] if len(formats) == 1 else []
    return sorted(styles, key=lambda style: len(EPOCH.strftime(style)) not in lengths)


def _moments(name: str, style: str) -> StringGenerator:
    """Moments of one entity in the order in which they come in its life."""
    later = hints.rank(name) * SPAN_DAYS

    def generate(entropy: Entropy) -> str:
        start = entropy.below(400 * DAY)
        seconds = start + later * DAY + (entropy.below((SPAN_DAYS - 1) * DAY) if later else 0)
        return (EPOCH + datetime.timedelta(seconds=seconds)).strftime(style)

    return generate


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
