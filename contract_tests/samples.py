"""Values of a schema: a smallest and a full one, and those that stand just inside or outside of each keyword.

Nothing here decides what is valid: the candidates are only likely, and a JSON Schema validator tells which they are.
"""

from __future__ import annotations

import copy
import itertools
import math
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from contract_tests.contract import Contract, is_loose
from contract_tests.ordering import put_in_order
from contract_tests.patterns import (
    MAX_TEXT,
    NoSample,
    at_most,
    at_the_ends,
    counted,
    less_beginnings,
    longest,
    matching,
    search,
)

MAX_DEPTH = 5
MAX_LISTED = 8
"""Of so many listed values the case is changed."""

_FULL = (127, 128, 255, 256, 32767, 32768, 65535, 65536)
MAX_DECIMALS = 9
"""0.06 is six times 0.01, and 0.060000000000000005 is not."""
MAX_RANGE = 128
"""Integer ranges up to this size are sent whole."""

_FORMATS: Mapping[str, str] = {
    "uuid": "3f2b8c1e-9d4a-4e7b-8a6c-5d1f0e2b7a93",
    "date-time": "2024-05-17T12:34:56Z",
    "date": "2024-05-17",
    "time": "12:34:56Z",
    "duration": "P1D",
    "email": "someone@example.com",
    "uri": "https://example.com/a",
    "url": "https://example.com/a",
    "uri-reference": "/a",
    "hostname": "example.com",
    "decimal": "1.50",
    "ipv4": "192.0.2.7",
    "ipv6": "2001:db8::7",
    "byte": "aGVsbG8=",
    "password": "Passw0rd-1",
    "binary": "content",
}
_FUTURE: Mapping[str, str] = {
    _FORMATS["date-time"]: "2099-05-17T12:34:56Z",
    _FORMATS["date"]: "2099-05-17",
}
_EXPIRES = re.compile(r"expir|valid_?until|good_?until", re.IGNORECASE)
"""What has expired is not found."""
_NEAR_FORMATS: Mapping[str, tuple[str, ...]] = {
    "uuid": ("not-a-uuid", "3f2b8c1e-9d4a-4e7b-8a6c-5d1f0e2b7a9", "3f2b8c1e-9d4a-4e7b-8a6c-5d1f0e2b7a9g"),
    "date-time": (
        "not-a-date", "2024-02-30T00:00:00Z", "2024-05-17T25:00:00Z", "2024-05-17T12:34:56+02:00",
        "2024-05-17T12:34:56.123456-11:30", "2024-02-29T23:59:59Z", "0999-12-31T23:59:59Z", "9999-12-31T23:59:59Z",
        "2024-05-17T12:34:56",
    ),
    "date": ("not-a-date", "2024-02-30", "2024-13-01", "17.05.2024", "2024-02-29", "0999-12-31"),
    "email": ("no-at-sign", "@example.com", "Some.One+Tag@example.com"),
    "uri": ("no scheme", "/a", "https://example.com/a b", "https://example.com/A/b?C=d&e=1#F"),
    "time": ("25:00:00Z", "12:34:56+02:00", "noon"),
    "hostname": ("-a.example.com", "a b", "a..b"),
    "ipv4": ("256.1.1.1", "1.2.3"),
    "ipv6": ("not::an::address",),
}  # fmt: skip
LADDER = (
    "a",
    " padded ",
    "MiXed  Case",
    "=1+1",
    "Zoë Ünïcode",
    "北京 שלום",
    "🎉🎈",
    "e\u0301 ﬁ ①",
    "<b>&amp; 'q' \"d\"",
    "<script>x'); DROP TABLE a;--",
    "a\nb\tc",
    "100% +a/b?c#d{}_\\",
    "null",
    "0012",
    "\u202eabc\u200d",
    "abcdefghijklmnopqrst",
)
"""Texts that come back changed from services that trim, fold, escape, normalise or count bytes."""

UNDECLARED = "understudy_undeclared"
"""A member that no document declares."""

MAX_ENTRIES = 64
"""A map is not made larger, whatever the document allows."""

_NAMES = ("keyOne", "key-2", "k_3", "4")
_NUMBERS = ("1", "2", "3", "4")
_PLAIN = {"pattern", "format", "enum", "const", "allOf", "oneOf", "not", "anyOf"}
FIRST = 6
"""So many values near a boundary are tried before those of another type."""

_OTHERS: tuple[Any, ...] = ("maybe", 5, 1.5, True, [], {}, None)


class Samples:
    """Makes values for the schemas of one document."""

    def __init__(self, contract: Contract) -> None:
        self.contract = contract

    def make(self, schema: Any, *, full: bool = False, depth: int = 0) -> Any:
        """A likely value of a schema. Raises `NoSample`."""
        schema, _ = self.contract.resolve(schema, "")
        if not isinstance(schema, Mapping):
            return {}
        if depth > MAX_DEPTH:
            raise NoSample("too deep")
        for keyword in ("const", "default", "example"):
            if keyword in schema and (keyword != "default" or (schema[keyword] is not None and not full)):
                return schema[keyword]
        if values := schema.get("enum"):
            told = [value for value in values if value is not None] or values
            return told[-1] if full else values[0]
        for keyword in ("anyOf", "oneOf"):
            if branches := schema.get(keyword):
                wanted = [b for b in branches if self.contract.json_types(b) != {"null"}] or branches
                branch = self._joined(schema, keyword, wanted) if "properties" in schema else wanted[0]
                return self.make(branch, full=full, depth=depth + 1)
        types = self.contract.json_types(schema) - {"null"}
        for kind in ("object", "array", "string", "integer", "number", "boolean"):
            if kind in types and (len(types) < 6 or kind in _hints(schema)):
                return getattr(self, f"_{kind}")(schema, full, depth)
        return self._object(schema, full, depth) if len(types) > 5 else None

    def _joined(self, schema: Mapping[str, Any], keyword: str, branches: list[Any]) -> dict[str, Any]:
        """An object with the first of some conditions on its members; without what makes it the other of two."""
        rest = {name: held for name, held in schema.items() if name != keyword}
        others = frozenset().union(*map(self.contract.required, branches[1:])) if keyword == "oneOf" else frozenset()
        others -= self.contract.required(branches[0]) | self.contract.required(rest)
        properties = {name: child for name, child in schema["properties"].items() if name not in others}
        return {**rest, "properties": properties, "allOf": [*schema.get("allOf", ()), branches[0]]}

    def _object(self, schema: Mapping[str, Any], full: bool, depth: int) -> Any:
        required = self.contract.required(schema)
        value: dict[str, Any] = {}
        for name, child, _ in self.contract.iter_properties(schema, ""):
            if self.contract.is_read_only(child) or not (full or name in required):
                continue
            try:
                made = self.make(child, full=full, depth=depth + 1)
                value[name] = _FUTURE.get(made, made) if isinstance(made, str) and _EXPIRES.search(name) else made
            except NoSample:
                if name in required:
                    raise
        if full and not value:
            size = min(max(int(schema.get("minProperties", 0)), 2), int(schema.get("maxProperties", 2)))
            for name, child in itertools.islice(self._iter_entries(schema), size):
                value[name] = self.make(child, full=full, depth=depth + 1)
        return put_in_order(value)

    def _iter_others(self, branch: Any, depth: int) -> Iterator[Any]:
        """Values of another alternative than that of the value at hand, and near it."""
        try:
            made = self.make(branch, full=True, depth=depth)
        except NoSample:
            return
        yield made
        yield from ({key: held for key, held in made.items() if key != name} for name in made)
        yield {**made, UNDECLARED: "x"}
        yield from (put(made, path, candidate) for path, candidate in self.iter_near(branch, made, depth=depth) if path)

    def _iter_entries(self, schema: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
        """Names and schemas for the entries of a map.

        The names are the sender's own, so that they must come back as they are. A document of FastAPI does not say what
        they are: numbers are texts too.
        """
        for pattern, child in schema.get("patternProperties", {}).items():
            name = longest(pattern)
            yield from ((counted(name, number), child) for number in range(len(_NAMES)))
        extra = schema.get("additionalProperties")
        if not isinstance(extra, Mapping):
            return
        if "propertyNames" not in schema:
            yield from ((name, extra) for name in (_NUMBERS if self.contract.spec.is_fastapi else _NAMES))
            yield from ((f"k{number}", extra) for number in range(MAX_ENTRIES))
            return
        named, _ = self.contract.resolve(schema["propertyNames"], "")
        if listed := self.contract.enum(named):
            yield from ((name, extra) for name in listed)
        elif isinstance(named, Mapping):
            name = longest(str(named["pattern"])) if "pattern" in named else self.make({**named, "type": "string"})
            yield from ((counted(name, number), extra) for number in range(MAX_ENTRIES))

    def _array(self, schema: Mapping[str, Any], full: bool, depth: int) -> Any:
        low = int(schema.get("minItems", 0))
        size = min(max(low, 2), int(schema.get("maxItems", 2))) if full else low
        return self.items(schema, size, full=full, depth=depth)

    def items(self, schema: Mapping[str, Any], size: int, *, full: bool = False, depth: int = 0) -> list[Any]:
        """An array of this size whose items differ where they can, the larger first; with all members, where `full`."""
        if size > 64:
            raise NoSample("too many items")
        kind = schema.get("items", True)
        is_object = self.contract.json_types(kind) == {"object"}
        first = self.make(kind, full=full and is_object, depth=depth + 1) if size else None
        other, _ = self.contract.resolve(schema.get("items", True), "")
        return [self._vary(other, first, number) for number in range(size, 0, -1)]

    def _vary(self, schema: Any, value: Any, number: int) -> Any:
        if not isinstance(schema, Mapping):
            return value
        if values := schema.get("enum"):
            return values[(number - 1) % len(values)]
        if isinstance(value, bool):
            return number % 2 == 1
        if isinstance(value, int | float):
            return value + (number - 1) * schema.get("multipleOf", 1)
        if isinstance(value, str) and not _PLAIN & schema.keys():
            text = f"{chr(96 + number % 26)}{number}"
            return text.ljust(int(schema.get("minLength", 0)), "x")[: int(schema.get("maxLength", 99))]
        if isinstance(value, str) and "pattern" in schema:
            return counted(longest(str(schema["pattern"])), number)
        if isinstance(value, dict):
            for name, child, _ in self.contract.iter_properties(schema, ""):
                if name in value:
                    child, _ = self.contract.resolve(child, "")
                    return {**value, name: self._vary(child, value[name], number)}
        return value

    def _string(self, schema: Mapping[str, Any], full: bool, _: int) -> str:
        pattern, text = schema.get("pattern"), _FORMATS.get(str(schema.get("format", "")))
        high = int(schema.get("maxLength", 60))
        if pattern and not (text is None and is_loose(str(pattern), max(high, 1))):
            return text if text is not None and search(str(pattern), text) else matching(str(pattern))
        if text:
            return text
        low = int(schema.get("minLength", 0))
        return (
            "Some text, kept".ljust(low, "x")[: max(low, high)] if full else "a".ljust(low, "x")[:high] if high else ""
        )

    def _integer(self, schema: Mapping[str, Any], full: bool, depth: int) -> Any:
        if "number" in self.contract.json_types(schema):
            return self._number(schema, full, depth)
        return int(self._number({**schema, "multipleOf": schema.get("multipleOf", 1)}, full, depth))

    def _number(self, schema: Mapping[str, Any], full: bool, _: int) -> Any:
        low, high = bounds(schema)
        if low is not None and low < 0 and (high is None or high > 1):
            low = 1  # what may be taken away, too, is put there first
        step = schema.get("multipleOf") or (1 if high is None or low is None or high - low >= 1 else (high - low) / 2)
        base = low if low is not None else (min(1, high) if high is not None else 1)
        value = math.ceil(base / step) * step
        if low is not None and value == low and schema.get("exclusiveMinimum") == low:
            value += step
        further = value + (3 if step >= 1 else 5) * step
        chosen = round(further if full and (high is None or further < high) else value, MAX_DECIMALS)
        return int(chosen) if chosen == int(chosen) else chosen

    def _boolean(self, _: Mapping[str, Any], full: bool, __: int) -> bool:
        return full

    # --- Near misses -------------------------------------------------------------------------------------------------

    def iter_near(self, schema: Any, value: Any, *, depth: int = 0) -> Iterator[tuple[tuple[Any, ...], Any]]:
        """Where to change a valid value, and to what: the whole at `()`, members and items below."""
        schema, _ = self.contract.resolve(schema, "")
        if not isinstance(schema, Mapping) or depth > MAX_DEPTH:
            return
        for candidate in self._candidates(schema, value):
            yield (), candidate
        yield from self._near_branches(schema, value, depth + 1)
        if isinstance(value, dict):
            yield from self._near_members(schema, value, depth + 1)
        yield from self._near_entries(schema, value, depth)
        for first in self._first(schema, value) if isinstance(value, list) else ():
            for path, candidate in self.iter_near(schema.get("items", True), first, depth=depth + 1):
                yield (0, *path), candidate

    def _first(self, schema: Mapping[str, Any], value: list[Any]) -> list[Any]:
        """The first item of a list, one that could be there where it has none; nothing where none can."""
        if value:
            return value[:1]
        with suppress(NoSample):
            return list(self.items(schema, 1))
        return []

    def _near_branches(
        self, schema: Mapping[str, Any], value: Any, depth: int
    ) -> Iterator[tuple[tuple[Any, ...], Any]]:
        for branch in schema.get("allOf", ()):
            yield from self.iter_near(branch, value, depth=depth)
        for keyword in ("anyOf", "oneOf"):
            branches = [branch for branch in schema.get(keyword, ()) if self.contract.json_types(branch) != {"null"}]
            for number, branch in enumerate(branches):
                if number and self.contract.json_types(branch) == {"object"}:
                    yield from (((), other) for other in self._iter_others(branch, depth))
                else:
                    yield from self.iter_near(branch, value, depth=depth)

    def _near_members(
        self, schema: Mapping[str, Any], value: Mapping[str, Any], depth: int
    ) -> Iterator[tuple[tuple[Any, ...], Any]]:
        for name, child, _ in self.contract.iter_properties({**schema, "allOf": []}, ""):
            if self.contract.is_read_only(child):
                continue
            try:
                base = value[name] if value.get(name) is not None else self.make(child, full=True, depth=depth)
            except NoSample:
                continue
            yield (name,), base
            for path, candidate in self.iter_near(child, base, depth=depth):
                yield (name, *path), candidate

    def _near_entries(self, schema: Mapping[str, Any], value: Any, depth: int) -> Iterator[tuple[tuple[Any, ...], Any]]:
        """Changes of the first entry of a map, other names for it, and maps about as large as they may be."""
        if not isinstance(value, dict) or not value or schema.get("properties"):
            return
        entries = dict(itertools.islice(self._iter_entries(schema), MAX_ENTRIES))
        name = next(iter(value))
        if name not in entries:
            return
        for path, candidate in self.iter_near(entries[name], value[name], depth=depth + 1):
            yield (name, *path), candidate
        rest = {other: held for other, held in value.items() if other != name}
        if schema.keys() & {"propertyNames", "patternProperties"}:
            for other in (name.swapcase(), f"{name} ", f"{name}-!", f"-{name}", name * 20, ""):
                yield (), {**rest, other: value[name]}
        low, high = int(schema.get("minProperties", 0)), schema.get("maxProperties")
        for size in sorted({low - 1, low, *([high, high + 1] if isinstance(high, int) else [])}):
            if 0 <= size <= len(entries):
                yield (), dict.fromkeys(itertools.islice(entries, size), value[name])

    def _candidates(self, schema: Mapping[str, Any], value: Any) -> Iterator[Any]:
        listed = schema.get("enum", ())
        yield from listed
        yield from (
            near
            for number in listed
            if isinstance(number, int) and not isinstance(number, bool)
            for near in (number - 1, number + 1)
            if near not in listed
        )
        own = self._own(schema, value)
        yield from itertools.islice(own, FIRST)
        yield from _OTHERS
        yield from own
        if isinstance(value, str | int | float):
            yield [value]

    def _own(self, schema: Mapping[str, Any], value: Any) -> Iterator[Any]:
        """What is near a value of its type, the boundaries first."""
        if isinstance(value, bool):
            yield from (True, False, "true", "True", 1, 0, "yes")
        elif isinstance(value, str):
            yield from self._texts(schema, value)
        elif isinstance(value, int | float):
            yield from self._numbers(schema, value)
        elif isinstance(value, list):
            yield from self._arrays(schema, value)

    def _texts(self, schema: Mapping[str, Any], value: str) -> Iterator[str]:
        if "enum" in schema or "const" in schema:
            yield from (value.swapcase(), value.title(), f" {value}", f"{value} ", f"{value}\n", "no-such-value", "")
            listed = [other for other in schema.get("enum", ())[:MAX_LISTED] if isinstance(other, str)]
            yield from (other.swapcase() for other in listed)
            return
        if schema.get("format") == "decimal":  # its pattern, where it has one, takes `-.` too
            yield from ("0.00", "12.5", "7", "1e2", "1,50", "abc", "")
            return
        if "pattern" in schema:
            longest = self._longest(schema, value)
            yield longest
            yield from at_most(str(schema["pattern"]), value)
            yield from at_the_ends(schema, value)
            yield from (f"{value}\n", f"x{value}", f"{value}x", value[:-1], value[1:])
            yield from (f" {value}", f"{value} ", value.swapcase(), "")
            yield from less_beginnings(str(schema["pattern"]), value)
            yield from (longest.lower(), longest.upper(), longest.swapcase())
            yield value.translate(dict(zip(b"0123456789", "٠١٢٣٤٥٦٧٨٩", strict=True)))
            if not is_loose(str(schema["pattern"]), int(schema.get("maxLength", MAX_TEXT))):
                return
            yield from (" ", "\t")
        name = str(schema.get("format", ""))
        if name:
            yield from _NEAR_FORMATS.get(name, ())
            if name in _NEAR_FORMATS:
                yield ""
            return
        low, high = int(schema.get("minLength", 0)), schema.get("maxLength")
        if schema.keys() & {"allOf", "oneOf", "not"}:
            return
        yield from ("x" * length for length in {low - 1, low} if length >= 0)
        if isinstance(high, int) and high <= MAX_TEXT:
            yield from (letter * length for letter in "xé🎉" for length in (high, high + 1))
        ceiling = high if isinstance(high, int) else MAX_TEXT
        yield from (text[:ceiling].ljust(low, "x") for text in LADDER)
        if high is None:
            yield "x" * max(low, 100)

    def _longest(self, schema: Mapping[str, Any], value: str) -> str:
        try:
            return longest(str(schema["pattern"]))
        except NoSample:
            return value

    def _numbers(self, schema: Mapping[str, Any], value: Any) -> Iterator[Any]:
        low, high = bounds(schema)
        declared = schema.get("type", ())
        whole = "number" not in ([declared] if isinstance(declared, str) else declared)
        step = schema.get("multipleOf") or (1 if whole else 0.5)
        yield str(value)
        if isinstance(value, int):
            yield float(value)
        if schema.get("multipleOf"):
            yield from (value + step, value + step / 2 if step != 1 else value + 0.5, value + step * 0.4)
        yield value + 0.5
        denied = schema.get("not")
        if isinstance(denied, Mapping):
            yield from (denied[name] for name in ("const",) if name in denied)
            yield from denied.get("enum", ())
        for bound in (low, high):
            if bound is not None:
                yield from (bound, bound - step, bound + step)
                yield from () if whole else (bound - 0.001, bound + 0.001)
        if low is None:
            yield from (0, -1, -step)
        if high is None:
            yield from (2**31 - 1,)
        if whole:  # where a byte, and where two, are full
            yield from (n for n in _FULL if (low is None or n >= low) and (high is None or n <= high))
        if whole and low is not None and high is not None and high - low <= MAX_RANGE:
            yield from range(math.ceil(low), math.floor(high) + 1)

    def _arrays(self, schema: Mapping[str, Any], value: list[Any]) -> Iterator[Any]:
        low, high = int(schema.get("minItems", 0)), schema.get("maxItems")
        sizes = {low - 1, low, low + 1, low + 2}
        if isinstance(high, int):
            sizes |= {high, high + 1} | (set(range(low, high + 1)) if high - low <= 8 else set())
        for size in sorted(size for size in sizes if size >= 0):
            try:
                yield self.items(schema, size)
            except NoSample:
                continue
        for first in self._first(schema, value):
            yield [first, first]
            yield first


def put(base: Any, path: tuple[Any, ...], value: Any) -> Any:
    """A copy of a value with one place of it changed; what leads there is made where it is not."""
    if not path:
        return value
    body = copy.deepcopy(base)
    holder = body
    for part, following in itertools.pairwise(path):
        if isinstance(part, int):
            holder[part:] = holder[part:] or [{}]
            holder = holder[part]
            continue
        empty: Any = [] if isinstance(following, int) else {}
        if not isinstance(holder.get(part), type(empty)):
            holder[part] = empty
        holder = holder[part]
    if isinstance(path[-1], int):
        holder[path[-1] : path[-1] + 1] = [value]
    else:
        holder[path[-1]] = value
    return body


def bounds(schema: Mapping[str, Any]) -> tuple[Any, Any]:
    """The lowest and the highest number that a schema names, exclusive ones too."""
    lows = [schema[k] for k in ("minimum", "exclusiveMinimum") if isinstance(schema.get(k), int | float)]
    highs = [schema[k] for k in ("maximum", "exclusiveMaximum") if isinstance(schema.get(k), int | float)]
    return (max(lows) if lows else None), (min(highs) if highs else None)


def _hints(schema: Mapping[str, Any]) -> set[str]:
    hints = {"properties": "object", "items": "array", "maxLength": "string", "pattern": "string", "minimum": "number"}
    return {kind for keyword, kind in hints.items() if keyword in schema}
