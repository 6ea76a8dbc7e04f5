"""Orders of two members that only a description states: "Not before `starts_on` (422 otherwise)"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from contract_tests.probes.bodies import Bodies

_AFTER = r"after|later than|greater than|more than|above|larger than|higher than"
_BEFORE = r"before|earlier than|less than|lower than|below|smaller than"
_NOT = r"(not|never|no|cannot)( be| lie| come)?"
_LOW = rf"(?P<low>{_NOT} ({_BEFORE})|at least|on or after|(greater than|equal to) or (equal to|greater than))"
_HIGH = rf"(?P<high>{_NOT} ({_AFTER})|at most|on or before|(less than|equal to) or (equal to|less than))"
_ORDER = rf"\b({_LOW}|{_HIGH}|(?P<over>{_AFTER})|(?P<under>{_BEFORE}))(?: the| its)? `?(?P<name>{{}})\b`?"
_BINDING = re.compile(
    r"\b(must|has to|have to|needs to|otherwise|refused|rejected|invalid|422|400|cannot)\b|^(not|never|no) ",
    re.IGNORECASE,
)
_WHOLE = re.compile(
    r"(always |strictly )?(later|earlier|greater|less|more|larger|smaller|higher|lower) than `?\w+`?", re.I
)
"""A sentence that says nothing else says what has to be."""

_OPEN = re.compile(r"\b(if|when|unless|where|should|usually|may)\b", re.IGNORECASE)


class Order(NamedTuple):
    """A member that must not be on one side of another: `sign` is -1 where it must not be less, 1 where not more.

    Whether it may equal the other is None where words leave that open ("after").
    """

    name: str
    other: str
    pointer: str
    sign: int
    may_equal: bool | None


def iter_orders(bodies: Bodies) -> Iterator[Order]:
    """The orders that descriptions of members state in terms of other members, where they are binding."""
    members = {
        name: (schema, pointer)
        for name, schema, pointer in bodies.contract.iter_properties(bodies.schema, bodies.pointer)
    }
    for name, (schema, pointer) in members.items():
        description = bodies.contract.description(schema)
        others = "|".join(re.escape(other) for other in sorted(members, key=len, reverse=True) if other != name)
        if not description or not others:
            continue
        for sentence in re.split(r"[.;]\s+|\n", description.strip()):
            found = re.search(_ORDER.format(others), sentence, re.IGNORECASE)
            is_binding = _BINDING.search(sentence) or _WHOLE.fullmatch(sentence.rstrip("."))
            if found and is_binding and not _OPEN.search(sentence):
                is_floor = bool(found["low"] or found["over"])
                strict = found["over"] or found["under"]
                may_equal = None if strict and "than" not in strict.lower() else not strict
                yield Order(name, found["name"], pointer, -1 if is_floor else 1, may_equal)


def iter_stated(bodies: Bodies) -> Iterator[tuple[Order, Any, bool]]:
    """Bodies on the wrong side of an order, and on its very edge where that is allowed: whether each is valid."""
    full = bodies.full
    for order in iter_orders(bodies) if isinstance(full, dict) else ():
        edge = full.get(order.other)
        on_edge = [] if order.may_equal is None else [(edge, order.may_equal)]
        for value, is_valid in ((_moved(edge, order.sign), False), *on_edge):
            body = {**full, order.name: value}
            if value is not None and bodies.validator.is_valid(body):
                yield order, body, is_valid


def _moved(value: Any, sign: int) -> Any:
    """A day or one further; None for what has no order."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value + sign
    if not isinstance(value, str):
        return None
    try:
        if re.fullmatch(r"\d{4}-\d\d-\d\d", value):
            return (date.fromisoformat(value) + timedelta(days=sign)).isoformat()
        if re.match(r"\d{4}-\d\d-\d\d[Tt]", value):
            moved = (datetime.fromisoformat(value) + timedelta(days=sign)).isoformat()
            return moved.replace("+00:00", "Z") if value.endswith("Z") else moved
    except (ValueError, OverflowError):
        return None
    return None
