"""A parameter that is left out means its documented default: seen by comparing answers, whatever they mean."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from contract_tests.contract import Contract, Operation, Parameter
from contract_tests.exchanges import Answer
from contract_tests.forms import as_text
from contract_tests.resources import is_meaningful
from contract_tests.values import default_of

MAX_DEPTH = 4
ROUNDS = 2
"""What differs between two answers to one request says nothing."""


_LENGTH = "the length of "
_PRESENCE = "whether there is "


@dataclass(frozen=True, slots=True)
class Default:
    """A query parameter with a documented default, as text, and another value that is allowed."""

    operation: Operation
    parameter: Parameter
    value: str
    other: str

    @property
    def id(self) -> str:
        return f"{self.operation} · {self.parameter.name} omitted means {self.value}"


def iter_defaults(contract: Contract) -> Iterator[Default]:
    """The optional query parameters of one scalar that have a default."""
    for operation in contract.operations:
        for parameter in operation.parameters:
            if parameter.location != "query" or parameter.required or is_meaningful(operation, parameter):
                continue
            default = default_of(contract, parameter.schema)
            other = _other(contract, parameter, default)
            if isinstance(default, str | int) and other is not None:
                yield Default(operation, parameter, as_text(default), as_text(other))


def _other(contract: Contract, parameter: Parameter, default: Any) -> Any:
    candidates: list[Any] = contract.enum(parameter.schema)
    if isinstance(default, bool):
        candidates = [not default]
    elif isinstance(default, int):
        candidates += [default + 1, default - 1]
    valid = contract.spec.document.validator(parameter.pointer).is_valid
    return next((value for value in candidates if value not in (default, None) and valid(value)), None)


def problem(default: list[Answer], other: list[Answer], omitted: list[Answer], *, asked: str) -> str:
    """What says that the omitted parameter was taken for the other value; empty when nothing does.

    Each list holds the answers to one request. Only what is the same in all answers to a request counts; in all of that
    the answers without the parameter must be those to the other value, and in something they must differ from those to
    the default. A length tells only where it is what was `asked` for with the other value: mocks, which make an answer
    up for each request, often make lists alike.
    """
    ours, theirs, got = map(_steady, (default, other, omitted))
    differing = [place for place in ours if place in theirs and ours[place] != theirs[place]]
    telling = [place for place in differing if not place.startswith(_LENGTH) or str(theirs[place]) == asked]
    if not telling or got != theirs:
        return ""
    place = telling[0]
    return f"{place} is {got[place]!r} as for the other value, not {ours[place]!r}"


def as_other(default: list[Answer], other: list[Answer], found: list[Answer]) -> str:
    """What says that a request with more members was answered as for the other value; empty when nothing does.

    What differs between the answers to the default and to the other value must all be as for the other.
    """
    ours, theirs, got = map(_steady, (default, other, found))
    telling = [
        place for place in ours if not place.startswith(_LENGTH) and place in theirs and theirs[place] != ours[place]
    ]
    if not telling or any(got.get(place, ...) != theirs[place] for place in telling):
        return ""
    return f"{telling[0]} is {got[telling[0]]!r} as for the other value, not {ours[telling[0]]!r}"


def odd(default: list[Answer], omitted: list[Answer], name: str) -> str:
    """What differs between a default that is asked for and one that is not; empty when nothing that tells does.

    Values may repeat what was asked (a link, an echo of the query): only the status, and what there is, tell.
    """
    ours, got = _steady(default), _steady(omitted)
    for place, value in ours.items():
        tells = place == "status" or (place.startswith(_PRESENCE) and name not in place)
        if tells and place in got and got[place] != value:
            return f"{place} is {got[place]!r}, not {value!r}"
    return ""


_SPELLINGS = {"true": ("1", "yes", "on", "True"), "false": ("0", "no", "off", "False")}


def unlikely_spellings(value: str) -> tuple[str, ...]:
    """Other spellings of a value of a flag, for services that read more than `true` and `false`."""
    return _SPELLINGS.get(value, ())


def _steady(answers: list[Answer]) -> Mapping[str, Any]:
    seen = [dict(_features(answer)) for answer in answers]
    return {place: value for place, value in seen[0].items() if all(other.get(place, ...) == value for other in seen)}


def _features(answer: Answer) -> Iterator[tuple[str, Any]]:
    yield "status", answer.status
    yield from _values(answer.json(), "", 0)


def _values(value: Any, place: str, depth: int) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict) and depth < MAX_DEPTH:
        for name, held in value.items():
            yield f"{_PRESENCE}{place}{name}", held is not None
            yield from _values(held, f"{place}{name}.", depth + 1)
    elif isinstance(value, list):
        yield f"{_LENGTH}{place.rstrip('.') or 'the list'}", len(value)
        for item in value[:1]:
            yield from _values(item, f"{place}0.", depth + 1)
    elif value is not None:
        yield place.rstrip("."), value
