"""Parameters: texts just inside and just outside of what their schemas allow, read as OpenAPI has it."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from contract_tests.contract import Contract, Operation, Parameter, is_ours
from contract_tests.drafts import Draft
from contract_tests.intents import Intent, Kind
from contract_tests.leniency import is_naive, read_exactly, read_leniently, type_keyword
from contract_tests.ordering import is_in_order, lacks_an_end, put_in_order
from contract_tests.patterns import NoSample
from contract_tests.probes.tables import LONG_WRONG, QUOTED, REFUSED, SHOWN, VERBS, Change, Probe
from contract_tests.resources import fold, is_meaningful
from contract_tests.samples import Samples
from contract_tests.spellings import can_spell, spelled, text_of

MAX_TEXTS = 60
"""Of one parameter; a document with hundreds of parameters would otherwise never end."""

_SPELLED = "understudy"
MAX_READINGS = 64
"""How many readings of an array or an object are looked at."""

_ORDERS = ("sort", "order")
SAID_ONCE = re.compile(
    r"\bparameters?\b[^.]*\b(may|must|can|is to) (only )?be given (only |at most )?once\b"
    rf"|\b(repeated|duplicated?)( query)? parameters?\b[^.;]*{REFUSED}"
    r"|\bparameters?( that| which)? (is |are )?(repeated|(given|sent|passed|named) (twice|more than once|again))\b"
    rf"[^.;]*{REFUSED}"
    rf"|\bparameters?\b[^.;]*\b(repeated|(comes|given|sent|passed|named) (twice|more than once))\b[^.;]*{REFUSED}"
    r"|\bonly `?\w+`? (may|can) be (given|sent|repeated|passed|named)( more than once| twice| several times| again)?\b"
    r"|\bquery parameters?\b[^.]*\b(one|any)( (that|which) is)?"
    rf" (repeated|(given|sent|passed|named) (twice|more than once))\b[^.;]*{REFUSED}",
    re.IGNORECASE,
)
_TEXT = frozenset({"string"})


def near_parameters(contract: Contract, operation: Operation, parameter: Parameter) -> Iterator[Probe]:
    """A parameter's values around its boundaries, each with what the document says of it."""
    types = contract.json_types(parameter.schema) - {"null"}
    if not is_ours(parameter) or parameter.media_type:
        return
    samples = Samples(contract)
    try:
        base = samples.make(parameter.schema, full=True)
    except NoSample:
        return
    if types in ({"array"}, {"object"}):
        yield from _composed(contract, operation, parameter, samples, base)
    elif len(types) <= 2 and not types & {"object", "array"}:
        yield from _scalars(contract, operation, parameter, samples, base)
        if parameter.location == "query":
            yield from _repeated(contract, operation, parameter, text_of(base))
            yield from _misencoded(operation, parameter) if types == _TEXT else ()


# --- Texts --------------------------------------------------------------------------------------------------------


def _scalars(
    contract: Contract, operation: Operation, parameter: Parameter, samples: Samples, base: Any
) -> Iterator[Probe]:
    types = contract.json_types(parameter.schema)
    validator = contract.spec.document.validator(parameter.pointer)
    beside = [other for other in operation.parameters if other.location == parameter.location]
    names, required = [other.name for other in beside], _required(samples, beside)
    seen: set[str] = set()
    for path, candidate in [((), ""), *samples.iter_near(parameter.schema, base)]:
        text = text_of(candidate)
        if path or text is None or text in seen or len(seen) >= MAX_TEXTS or not _is_sendable(text, parameter):
            continue
        seen.add(text)
        exact = read_exactly(text, types - {"null"})
        if any(validator.is_valid(value) for value in exact):
            kind = Kind.VALID
        elif is_naive(text) or any(validator.is_valid(value) for value in read_leniently(text, types)):
            kind = Kind.LAX
        else:
            # An empty text is often taken for none; not where the document says how long one is at least.
            kind = Kind.INVALID if text or _says_length(contract, parameter) else Kind.LAX
        if kind is Kind.VALID and (parameter.location in {"path", "cookie"} or is_meaningful(operation, parameter)):
            if parameter.location == "path" and operation.method != "GET":
                continue  # a thing that is somebody's may be called so
            kind = Kind.ANY
        sent = {**required, parameter.name: candidate}
        if kind is Kind.VALID and (lacks_an_end(names, sent) or not is_in_order(sent)):
            kind = Kind.UNCERTAIN  # its other end has a default that nobody says, or is on the wrong side
        yield _text_probe(operation, parameter, kind, text, types)
    if parameter.location == "query" and types <= {"integer", "null"} and types:
        intent = Intent(Kind.ANY, f"{parameter.name}={10**20}", "query", (parameter.name,), parameter.pointer)
        yield Probe(operation, f"{intent.said} is no failure", intent, _with_query(parameter.name, str(10**20)))
    odd = {
        f"a wrong {parameter.name} of {LONG_WRONG:,} characters": "x" * LONG_WRONG,
        f"a wrong {parameter.name} with quotes and line feeds": QUOTED,
    }
    for said, text in odd.items() if parameter.location == "query" else ():
        if not validator.is_valid(text):
            keyword = type_keyword(text, types)
            intent = Intent(Kind.INVALID, said, "query", (parameter.name,), parameter.pointer, keyword=keyword)
            yield Probe(operation, f"{said} is refused", intent, _with_query(parameter.name, text))


def _required(samples: Samples, parameters: list[Parameter]) -> dict[str, Any]:
    """What a request has of these parameters at least."""
    try:
        return put_in_order({each.name: samples.make(each.schema) for each in parameters if each.required})
    except NoSample:
        return {}


def _misencoded(operation: Operation, parameter: Parameter) -> Iterator[Probe]:
    """Bytes that are not UTF-8 in a parameter that is free text, and NUL: refused or replaced, as one likes."""
    name = parameter.name
    for said, text in (("a byte that is not UTF-8", "%FF"), ("NUL", "%00")):
        intent = Intent(Kind.ANY, f"{name} with {said}", "query", (name,), parameter.pointer)
        yield Probe(operation, f"{intent.said} is no failure", intent, _spelled_as(name, text))


def _spelled_as(name: str, text: str) -> Change:
    return lambda draft: draft.with_parameter("query", name, _SPELLED).respelled(f"{name}={_SPELLED}", f"{name}={text}")


def _says_length(contract: Contract, parameter: Parameter) -> bool:
    schema, _ = contract.resolve(parameter.schema, "")
    low = schema.get("minLength", 0) if isinstance(schema, Mapping) else 0
    return contract.json_types(schema) == {"string"} and isinstance(low, int) and low > 0


def _repeated(contract: Contract, operation: Operation, parameter: Parameter, text: str | None) -> Iterator[Probe]:
    """A parameter given twice, which few documents speak of: FastAPI takes the last."""
    if text is None:
        return
    is_refused = contract.says_of_requests(operation, SAID_ONCE)
    said = f"{parameter.name} given twice"
    values = {said: (text, text)}
    if contract.spec.is_fastapi and contract.json_types(parameter.schema) == {"boolean"}:
        values[f"{said}, right and wrong"] = ("true", "maybe")
    for title, (first, last) in values.items():
        kind, verb = (Kind.INVALID, "is refused") if is_refused else (Kind.UNCERTAIN, "is handled")
        intent = Intent(kind, title, "query", (parameter.name,), parameter.pointer)
        yield Probe(operation, f"{title} {verb}", intent, _twice(parameter.name, first, last))


def _with_query(name: str, text: str) -> Change:
    return lambda draft: draft.with_parameter("query", name, text)


def _twice(name: str, first: str, last: str) -> Change:
    return lambda draft: draft.with_parameter("query", name, first).adding_query(name, last)


def _text_probe(operation: Operation, parameter: Parameter, kind: Kind, text: str, types: frozenset[str]) -> Probe:
    location, name = parameter.location, parameter.name
    shown = f"{name}={text if text.isprintable() else json.dumps(text)}"[:SHOWN]
    intent = Intent(kind, shown, location, (name,), parameter.pointer, keyword=type_keyword(text, types))
    return Probe(
        operation, f"{shown} {VERBS.get(kind, 'is refused')}", intent, lambda d: d.with_parameter(location, name, text)
    )


def _is_sendable(text: str, parameter: Parameter) -> bool:
    if parameter.location == "path":
        return text != "" and "/" not in text and text not in {".", ".."} and text.isprintable()
    if parameter.location in {"header", "cookie"}:
        return text.isascii() and text.isprintable() and text == text.strip() and text != ""
    return True


# --- Arrays and objects -------------------------------------------------------------------------------------------


def _composed(
    contract: Contract, operation: Operation, parameter: Parameter, samples: Samples, base: Any
) -> Iterator[Probe]:
    """Arrays and objects of scalars: too few and too many, twice the same, and each item or member by itself."""
    validator = contract.spec.document.validator(parameter.pointer)
    seen: set[str] = set()
    for field, value in _iter_values(contract, parameter, samples, base):
        if not isinstance(value, list | dict):
            continue
        shown = str(spelled(Draft(operation.method, "", {}), parameter, value)) if can_spell(parameter, value) else ""
        if not shown or shown in seen or len(seen) >= MAX_TEXTS or not _fits(parameter, value):
            continue
        seen.add(shown)
        exact, *lenient = [*itertools.islice(_iter_readings(contract, parameter, value), MAX_READINGS)]
        if validator.is_valid(exact):
            kind = Kind.VALID if is_in_order(exact) else Kind.UNCERTAIN
        else:
            kind = Kind.LAX if any(map(validator.is_valid, lenient)) else Kind.INVALID
        several = isinstance(value, dict) or len(value) > 1
        contradicts = several and any(word in fold(parameter.name) for word in _ORDERS) and not is_one_each(value)
        if kind is Kind.VALID and (parameter.location == "path" or is_meaningful(operation, parameter) or contradicts):
            continue
        yield _value_probe(operation, parameter, kind, (parameter.name, *field), value)


def _iter_values(
    contract: Contract, parameter: Parameter, samples: Samples, base: Any
) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Values near a valid one, with the member that was changed."""
    schema, _ = contract.resolve(parameter.schema, "")
    required = contract.required(schema)
    yield (), base
    for path, candidate in samples.iter_near(schema, base):
        if not path:
            yield (), candidate
        elif len(path) == 1 and isinstance(base, dict):
            # Alone: two members may contradict each other (`min` and `max`).
            yield (str(path[0]),), {**{name: base[name] for name in required & base.keys()}, path[0]: candidate}
        elif len(path) == 1 and isinstance(base, list):
            yield (), [candidate]
            yield (), [base[0], candidate]
    if isinstance(base, dict):
        for name in sorted(required & base.keys()):
            yield (name,), {key: held for key, held in base.items() if key != name}
        if schema.get("additionalProperties") is False:
            yield ("understudy",), {**base, "understudy": "x"}


def _iter_readings(contract: Contract, parameter: Parameter, value: Any) -> Iterator[Any]:
    """What a spelled array or object stands for: read exactly, then in each lenient way."""
    schema, _ = contract.resolve(parameter.schema, "")
    if isinstance(value, dict):
        members = {name: child for name, child, _ in contract.iter_properties(schema, "")}
        leaves = [(members.get(name), text_of(leaf) or "") for name, leaf in value.items()]
    else:
        leaves = [(schema.get("items"), text_of(leaf) or "") for leaf in value]
    types = [contract.json_types(child) if child is not None else frozenset({"string"}) for child, _ in leaves]
    exact = [
        (read_exactly(text, kinds - {"null"}) or [text])[0] for (_, text), kinds in zip(leaves, types, strict=True)
    ]
    lenient = [read_leniently(text, kinds) or [text] for (_, text), kinds in zip(leaves, types, strict=True)]
    for chosen in itertools.chain([exact], itertools.product(*lenient)):
        yield dict(zip(value, chosen, strict=True)) if isinstance(value, dict) else list(chosen)


def is_one_each(value: Any) -> bool:
    """Whether orders are of different members: `name` and `-name` contradict each other."""
    names = [str(leaf).strip("+-").partition(":")[0] for leaf in value] if isinstance(value, list) else []
    return 0 < len(names) == len(set(names))


def _fits(parameter: Parameter, value: Any) -> bool:
    texts = [text_of(leaf) or "" for leaf in (value.values() if isinstance(value, dict) else value)]
    return all(_is_sendable(text, parameter) for text in texts)


def _value_probe(operation: Operation, parameter: Parameter, kind: Kind, field: tuple[str, ...], value: Any) -> Probe:
    shown = f"{parameter.name}={json.dumps(value, ensure_ascii=False)}"
    shown = shown if len(shown) <= SHOWN else f"{shown[:SHOWN]}... ({len(value)})"
    intent = Intent(kind, shown, parameter.location, field, parameter.pointer)
    title = f"{shown} {VERBS.get(kind, 'is refused')}"
    return Probe(operation, title, intent, lambda draft: spelled(draft, parameter, value))
