"""Members that stand for a beginning and an end: services want them in order, which no keyword of a schema can say."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any

_ENDS: Mapping[str, tuple[str, ...]] = {
    "start": ("end", "stop", "finish"),
    "starts": ("ends",),
    "started": ("ended", "finished"),
    "begin": ("end",),
    "begins": ("ends",),
    "from": ("to", "until", "till"),
    "since": ("until", "till"),
    "after": ("before",),
    "min": ("max",),
    "minimum": ("maximum",),
    "lower": ("upper",),
    "low": ("high",),
    "first": ("last",),
    "in": ("out",),
    "opens": ("closes",),
    "effective": ("expires",),
}
MAX_DEPTH = 5


def is_in_order(value: Any, depth: int = 0) -> bool:
    """Whether every beginning in a value comes before its end, as far as the names of members tell."""
    if depth > MAX_DEPTH:
        return True
    if isinstance(value, list):
        return all(is_in_order(each, depth + 1) for each in value)
    if not isinstance(value, dict):
        return True
    return all(_comes_before(value[a], value[b]) for a, b in _iter_pairs(value)) and all(
        is_in_order(each, depth + 1) for each in value.values()
    )


def put_in_order(value: dict[str, Any]) -> dict[str, Any]:
    """The same object with each end a day after its beginning, where it comes no later."""
    result = dict(value)
    for first, second in _iter_pairs(value):
        if not _comes_before(result[first], result[second]):
            result[second] = _later(result[first], result[second])
    return result


def lacks_an_end(names: Iterable[str], value: Any) -> bool:
    """Whether a value has one of a beginning and its end, and not the other: what that is only the service knows."""
    pairs = _iter_pairs(dict.fromkeys(names)) if isinstance(value, dict) else ()
    return any((first in value) is not (second in value) for first, second in pairs)


def iter_periods(value: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The names of each beginning and its end that are moments."""
    for first, second in _iter_pairs(value):
        if _moment(value[first]) is not None and _moment(value[second]) is not None:
            yield first, second


def moved(text: str, days: int) -> str:
    """A date or a moment so many days later; as it is where there is none."""
    return _shifted(text, timedelta(days=days)) or text


def later(text: Any, minutes: int) -> str | None:
    """A moment so many minutes later; None where there is none."""
    return _shifted(text, timedelta(minutes=minutes)) if isinstance(_moment(text), datetime) else None


def _shifted(text: Any, by: timedelta) -> str | None:
    moment = _moment(text)
    if moment is None:
        return None
    try:
        found = (moment + by).isoformat()
    except OverflowError:
        return None
    return found.replace("+00:00", "Z") if text.endswith("Z") else found


def between(first: str, last: str, quarters: int) -> str | None:
    """The day or the second at so many quarters of the way between two; None where there is none."""
    start, end = _moment(first), _moment(last)
    if start is None or end is None or isinstance(start, datetime) is not isinstance(end, datetime):
        return None
    try:
        way = (end - start) * quarters / 4
        if not isinstance(start, datetime):
            return (start + timedelta(days=round(way / timedelta(days=1)))).isoformat()
        found = (start + timedelta(seconds=round(way.total_seconds()))).isoformat()
    except (OverflowError, TypeError):  # one with an offset, one without
        return None
    return found.replace("+00:00", "Z") if first.endswith("Z") else found


def _iter_pairs(value: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    words = {tuple(re.findall(r"[A-Z]?[a-z]+|[A-Z]+|\d+", name)): name for name in value}
    folded = {tuple(map(str.lower, parts)): name for parts, name in words.items()}
    for parts, name in folded.items():
        for at, word in enumerate(parts):
            for end in _ENDS.get(word, ()):
                other = folded.get((*parts[:at], end, *parts[at + 1 :]))
                if other is not None:
                    yield name, other


def _comes_before(first: Any, second: Any) -> bool:
    if _is_number(first) and _is_number(second):
        return bool(first <= second)
    a, b = _moment(first), _moment(second)
    if a is None or b is None or isinstance(a, datetime) is not isinstance(b, datetime):
        return True
    try:
        return a < b
    except TypeError:  # one with an offset, one without
        return True


def _later(first: Any, second: Any) -> Any:
    if _is_number(first):
        return first
    later = moved(first, 1)
    return second if later == first else later


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _moment(value: Any) -> date | datetime | None:
    if not isinstance(value, str):
        return None
    try:
        if re.fullmatch(r"\d{4}-\d\d-\d\d", value):
            return date.fromisoformat(value)
        return datetime.fromisoformat(value) if re.match(r"\d{4}-\d\d-\d\d[Tt ]", value) else None
    except ValueError:
        return None
