"""Values for members that no two things may share: a name that is taken is refused with 409, whatever else is right."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from contract_tests.contract import Contract
from contract_tests.ordering import moved
from contract_tests.patterns import NoSample, counted, longest

MAX_TRIES = 6
"""A service that refuses so many new values refuses something else."""

MAX_STRIDE = 7**5
"""Numbers stay short enough for texts that have a limit, however many were taken."""

_TEXTS: Mapping[str, str] = {
    "uuid": "00000000-0000-4000-8000-{:012x}",
    "email": "someone.{}@example.com",
    "uri": "https://example.com/{}",
    "url": "https://example.com/{}",
    "hostname": "host-{}.example.com",
    "": "a{}",
}


class Fresh:
    """New values for text members, one after the other; the same ones in every run."""

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self._number = self._count = 0
        self._stride = 1
        self.made: set[str] = set()

    def again(self) -> None:
        """The last value was taken by somebody else: those that follow lie further on."""
        self._stride = min(self._stride * 7, MAX_STRIDE)

    def text(self, schema: Any, pointer: str, base: str) -> str | None:
        """A valid text that was not given before; None when there is none."""
        validator = self._contract.spec.document.validator(pointer)
        for _ in range(MAX_TRIES):
            self._number += self._stride
            self._count += 1
            # A short text has no room for a large number.
            for candidate in (
                *self._candidates(schema, base, self._number),
                *self._candidates(schema, base, self._count),
            ):
                if candidate != base and candidate not in self.made and validator.is_valid(candidate):
                    self.made.add(candidate)
                    return candidate
        return None

    def number(self, pointer: str) -> str | None:
        """A valid number that was not given before; None when there is none."""
        validator = self._contract.spec.document.validator(pointer)
        for _ in range(MAX_TRIES):
            self._number += self._stride
            for number in (90000 + self._number, self._number):
                if str(number) not in self.made and validator.is_valid(number):
                    self.made.add(str(number))
                    return str(number)
        return None

    def _candidates(self, schema: Any, base: str, number: int) -> Iterator[str]:
        node, _ = self._contract.resolve(schema, "")
        node = node if isinstance(node, Mapping) else {}
        name, high = self._contract.text_format(node), node.get("maxLength")
        if "pattern" not in node and name in _TEXTS:
            text = _TEXTS[name].format(number)
            yield text.ljust(int(node.get("minLength", 0)), "x")
        if name == "date":
            yield moved(base, number)
        yield counted(base, number)
        if "pattern" in node:
            with suppress(NoSample):
                yield counted(longest(str(node["pattern"])), number)
            yield f"{base}{number}"
        elif not name:
            yield counted("a" * min(int(high or 8), 8), number)


def iter_unique_candidates(contract: Contract, schema: Any, pointer: str) -> Iterator[tuple[str, Any, str]]:
    """Name, schema and pointer of the text members that may be unique, the likeliest first: required ones, then others.

    A member that lists its values, a text of a date or the like cannot be.
    """
    required = contract.required(schema)
    found = [
        (name, child, place)
        for name, child, place in contract.iter_properties(schema, pointer)
        if "string" in contract.json_types(child)
        and not contract.enum(child)
        and not contract.is_read_only(child)
        and contract.text_format(child) in _TEXTS
    ]
    yield from sorted(found, key=lambda entry: entry[0] not in required)
