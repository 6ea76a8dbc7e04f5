"""Requests that stand just inside or just outside of what a schema allows, at every depth."""

from __future__ import annotations

import itertools
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any

from contract_tests.contract import Contract, MediaType, Operation
from contract_tests.error_entries import find_form
from contract_tests.intents import Intent, Kind
from contract_tests.leniency import has_default, is_filled_in, is_lax_body
from contract_tests.ordering import is_in_order, lacks_an_end
from contract_tests.patterns import NoSample
from contract_tests.probes.bodies import Bodies, Part, iter_combinations
from contract_tests.probes.stated import iter_stated
from contract_tests.probes.tables import LONG_WRONG, SHOWN, VERBS, Change, Probe
from contract_tests.resources import alternatives, answer_shape, iter_members
from contract_tests.samples import UNDECLARED, put

MAX_PROBES = 600
"""For one operation; a document with hundreds of members would otherwise never end."""

MAX_PAIRS = 28
_SLASHED = "understudy/un~declared"
MAX_TOLD = 12


def near_parts(part: Part, operation: Operation) -> Iterator[tuple[Probe, Any]]:
    """Probes of the JSON of a part by itself, each with the value that it stands for."""
    probes = itertools.chain(_members(part, operation, part.full), _changed(part, operation, part.full))
    seen: set[str] = set()
    for probe, key in itertools.islice(probes, MAX_PROBES):
        if key not in seen:
            seen.add(key)
            yield probe, json.loads(key)


def near_bodies(contract: Contract, operation: Operation, media: MediaType) -> Iterator[Probe]:
    """One member changed at a time; then members left out, small domains combined, and two members broken at once."""
    for branch in alternatives(contract, media.schema, f"{media.pointer}/schema"):
        yield from _near_bodies(Bodies(contract, media, branch), operation)


def _near_bodies(bodies: Bodies, operation: Operation) -> Iterator[Probe]:
    base = bodies.small if bodies.small is not None else bodies.full
    if not isinstance(base, dict):
        return
    seen: set[str] = set()
    titles: Counter[str] = Counter()
    yield from _pairs(bodies, operation, base)
    probes = itertools.chain(
        _members(bodies, operation, base),
        _changed(bodies, operation, base),
        _stated(bodies, operation),
        _whole(bodies, operation),
    )
    for probe, key in itertools.islice(probes, MAX_PROBES * 4):
        if key not in seen and len(seen) < MAX_PROBES:
            seen.add(key)
            if probe.intent.kind is Kind.INVALID and is_filled_in(bodies.contract, bodies.media, json.loads(key)):
                continue  # Ajv, as Fastify uses it, takes the default
            titles[probe.title] += 1
            number = titles[probe.title]  # what is shown of two values may be the same
            yield replace(probe, title=f"{probe.title} ({number})") if number > 1 else probe
    yield from (probe for probe, _ in _long(bodies, operation, base))  # last: a short request is the better example


def _long(bodies: Bodies, operation: Operation, base: dict[str, Any]) -> Iterator[tuple[Probe, str]]:
    """A wrong value that is long, of a text and of something else: an error that repeats it may be cut short."""
    done: set[bool] = set()
    for name, schema, pointer in bodies.contract.iter_properties(bodies.schema, bodies.pointer):
        body, is_text = {**base, name: "x" * LONG_WRONG}, "string" in bodies.contract.json_types(schema)
        if is_text in done or bodies.contract.is_read_only(schema) or bodies.validator.is_valid(body):
            continue
        if _kind(bodies, body) is Kind.INVALID and _is_alone(bodies, body, (name,)):
            done.add(is_text)
            said, keyword = f"a wrong {name} of {LONG_WRONG:,} characters", bodies.keyword(body)
            yield _probe(operation, Kind.INVALID, said, (name,), pointer, body, keyword=keyword), _key(body)


def _stated(bodies: Bodies, operation: Operation) -> Iterator[tuple[Probe, str]]:
    """Two members in the order that a description states, and in the other; the error may name either."""
    for order, body, is_valid in iter_stated(bodies):
        kind = Kind.VALID if is_valid else Kind.INVALID
        shown = f"{order.name}={_show(body[order.name])} with {order.other}={_show(body[order.other])}"
        yield _probe(operation, kind, shown, (order.name,), order.pointer, body, alone=False), _key(body)


def _changed(bodies: Bodies, operation: Operation, base: Any) -> Iterator[tuple[Probe, str]]:
    contract = bodies.contract
    if not bodies.validator.is_valid({}):
        keyword = bodies.keyword({})
        yield _probe(operation, Kind.INVALID, "an empty object", (), bodies.pointer, {}, keyword=keyword), _key({})
    seconds: set[tuple[Any, ...]] = set()
    for path, candidate in _in_turns(bodies.samples.iter_near(bodies.schema, base)):
        body = put(_with_rest(bodies, base, path), path, candidate)
        field = tuple(str(part) for part in path if isinstance(part, str))
        shown = f"{'.'.join(map(str, path))}={_show(candidate)}"
        kind = _kind(bodies, body)
        pointer = _pointer(contract, bodies, field)
        union = _find_union(bodies, body, path) if kind is Kind.INVALID else None
        alone = kind is Kind.VALID or union is not None or _is_alone(bodies, body, path)
        keyword = bodies.keyword(body) if alone and candidate and union is None else ""
        indices = tuple(part for part in path if isinstance(part, int))
        probe = _probe(operation, kind, shown, field, pointer, body, alone=alone, keyword=keyword, indices=indices)
        probe = replace(probe, intent=replace(probe.intent, union=union))
        yield probe, _key(body)
        if kind is Kind.INVALID and alone and 0 in path:
            yield from _second(bodies, operation, path, candidate, seconds)
    for name, value in _iter_told(bodies, operation, base):
        body = {**base, name: value}
        if not bodies.validator.is_valid(body):
            shown, keyword = f"the undeclared member {name}", bodies.keyword(body)
            yield _probe(operation, Kind.INVALID, shown, (), bodies.pointer, body, keyword=keyword), _key(body)


def _members(bodies: Bodies, operation: Operation, base: Any) -> Iterator[tuple[Probe, str]]:
    """A member too many, and one too few, in each object."""
    full = bodies.full if isinstance(bodies.full, dict) else base
    for path in dict.fromkeys([*_objects(base), *_objects(full)]):
        base = base if path in _objects(base) else full
        held = _at(base, path)
        field = tuple(str(part) for part in path if isinstance(part, str))
        extra = {**held, UNDECLARED: "x"}
        body = put(base, path, extra)
        if not bodies.validator.is_valid(body):
            shown = f"the undeclared member {'.'.join((*field, UNDECLARED))}"
            keyword = bodies.keyword(body)
            yield _probe(operation, Kind.INVALID, shown, field, bodies.pointer, body, keyword=keyword), _key(body)
            if not path and _tells_pointers(bodies, operation):
                body, shown = {**held, _SLASHED: "x"}, f"the undeclared member {_SLASHED}"
                named = (_SLASHED.replace("~", "~0").replace("/", "~1"),)  # RFC 6901, section 3
                yield _probe(operation, Kind.INVALID, shown, named, bodies.pointer, body, keyword=keyword), _key(body)
        elif not path and bodies.contract.spec.is_fastapi and bodies.full is not None:  # others may take it for wrong
            body, shown = {**full, UNDECLARED: "x"}, "an undeclared member beside all others"
            yield _probe(operation, Kind.VALID, shown, (), bodies.pointer, body), _key(body)
        is_branch = bodies.schema is not bodies.media.schema
        for name in held if path or is_branch else ():
            body = put(base, path, {key: value for key, value in held.items() if key != name})
            if not bodies.validator.is_valid(body):
                shown = f"a body without {'.'.join((*field, name))}"
                keyword = bodies.keyword(body)
                place = (*field, name)
                yield _probe(operation, Kind.INVALID, shown, place, bodies.pointer, body, keyword=keyword), _key(body)


def _tells_pointers(bodies: Bodies, operation: Operation) -> bool:
    """Whether a refusal names what is wrong by a JSON Pointer."""
    responses = (bodies.contract.find_response(operation, status) for status in (422, 400))
    forms = [find_form(bodies.contract, response) for response in responses if response is not None]
    return any(form is not None and form.is_pointer for form in forms)


def _second(
    bodies: Bodies, operation: Operation, path: tuple[Any, ...], candidate: Any, seen: set[tuple[Any, ...]]
) -> Iterator[tuple[Probe, str]]:
    """The same in the second item of an array: an error that names one must name that one. Once for each member."""
    place = (*(1 if part == 0 else part for part in path),)
    if place in seen or path.count(0) > 1:
        return
    full = bodies.full if isinstance(bodies.full, dict) else {}
    try:
        _at(full, place[: place.index(1) + 1])
    except (LookupError, TypeError):
        return
    body = put(full, place, candidate)
    if bodies.validator.is_valid(body) or not _is_alone(bodies, body, place):
        return
    seen.add(place)
    field = tuple(str(part) for part in place if isinstance(part, str))
    shown, keyword = f"{'.'.join(map(str, place))}={_show(candidate)}", bodies.keyword(body)
    pointer = _pointer(bodies.contract, bodies, field)
    yield _probe(operation, Kind.INVALID, shown, field, pointer, body, keyword=keyword, indices=(1,)), _key(body)


def _iter_told(bodies: Bodies, operation: Operation, base: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Members that only the answer has (`id`, `status`), with likely values: nobody who asks may set them."""
    contract = bodies.contract
    known = {name for name, _, _ in iter_members(contract, bodies.media.schema, bodies.pointer)} | base.keys()
    shape = next(filter(None, (answer_shape(contract, operation, status) for status in (200, 201, 202))), None)
    members = iter_members(contract, *shape) if shape else iter(())
    for name, schema, _ in itertools.islice((each for each in members if each[0] not in known), MAX_TOLD):
        with suppress(NoSample):
            yield name, bodies.samples.make(schema, full=True)


def _in_turns(changes: Iterable[tuple[tuple[Any, ...], Any]]) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """One change of each place after the other, so that a limit cuts what is tried last everywhere."""
    by_path: dict[tuple[Any, ...], list[Any]] = {}
    for path, candidate in changes:
        by_path.setdefault(path, []).append(candidate)
    by_path.pop((), None)
    for row in itertools.zip_longest(*by_path.values(), fillvalue=...):
        yield from ((path, candidate) for path, candidate in zip(by_path, row, strict=True) if candidate is not ...)


def _with_rest(bodies: Bodies, base: dict[str, Any], path: tuple[Any, ...]) -> dict[str, Any]:
    """The body with all of the member that a path leads into, so that what is changed there is all that is wrong."""
    full = bodies.full
    is_there = path[0] in base and (len(path) <= 2 or base[path[0]] not in ([], {}))
    if is_there or not isinstance(full, dict) or path[0] not in full:
        return base
    larger = {**base, path[0]: full[path[0]]}
    return larger if bodies.validator.is_valid(larger) else full  # one may ask for another


def _pairs(bodies: Bodies, operation: Operation, base: dict[str, Any]) -> Iterator[Probe]:
    """Two members broken alike: what is read in stages (types, then bounds) reports both or neither."""
    members = bodies.contract.iter_properties(bodies.schema, bodies.pointer)
    filled = {name for name, schema, _ in members if has_default(bodies.contract, schema)}
    lacking = sorted((bodies.contract.required(bodies.schema) & base.keys()) - filled)[:2]
    without = {name: value for name, value in base.items() if name not in lacking}
    broken: dict[str, Any] = {}
    for path, candidate in bodies.samples.iter_near(bodies.schema, base):
        if len(path) != 1 or path[0] in broken or len(broken) == 2:
            continue
        body = {**base, path[0]: candidate}
        if bodies.keyword(body) in _CONSTRAINTS and _is_alone(bodies, body, path):
            broken[path[0]] = candidate
    for names, body, said in (
        (lacking, without, f"a body without {' and '.join(lacking)}"),
        (list(broken), {**base, **broken}, " with ".join(f"{name}={_show(value)}" for name, value in broken.items())),
    ):
        errors = list(bodies.validator.iter_errors(body))
        if len(names) == 2 and len(errors) == 2:
            first, second = names
            further = (("body", (second,)),)
            intent = Intent(Kind.INVALID, said, "body", (first,), bodies.pointer, further=further)
            yield Probe(operation, f"{said}: each is told", intent, _to(body))


_CONSTRAINTS = {"enum", "pattern", "format", "minLength", "maxLength"} | {
    *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"),
}


def _to(body: Any) -> Change:
    return lambda draft: draft.with_json(body)


def _whole(bodies: Bodies, operation: Operation) -> Iterator[tuple[Probe, str]]:
    full = bodies.full
    if not isinstance(full, dict):
        return
    yield _probe(operation, Kind.VALID, "a body with every member", (), bodies.pointer, full), _key(full)
    if bodies.contract.says_of_requests(operation, _READ_ONLY_IGNORED) and (told := _only_read(bodies)):
        said, body = "what is only read, which is said to be ignored,", {**full, **told}
        yield _probe(operation, Kind.VALID, said, (), bodies.pointer, body), _key(body)
    for name in full:
        body = {key: value for key, value in full.items() if key != name}
        kind = Kind.VALID if bodies.validator.is_valid(body) else Kind.INVALID
        if kind is Kind.VALID or name not in bodies.contract.required(bodies.schema):
            # Where another member asks for this one, the error may name either.
            alone = kind is Kind.VALID
            said = f"a full body without {name}"
            yield _probe(operation, kind, said, (), bodies.pointer, body, alone=alone), _key(body)
    least = {name: full[name] for name in bodies.contract.required(bodies.schema) & full.keys()}
    optional = [name for name in full if name not in least]
    for names in itertools.islice(itertools.combinations(optional, 2), MAX_PAIRS):
        body = {**least, **{name: full[name] for name in names}}
        if bodies.validator.is_valid(body):
            shown = f"a body of {' and '.join(sorted(body))}"[: SHOWN * 2]
            yield _probe(operation, Kind.VALID, shown, (), bodies.pointer, body), _key(body)
    for number, body in enumerate(iter_combinations(bodies, full)):
        yield _probe(operation, Kind.VALID, f"combination {number + 1}", (), bodies.pointer, body), _key(body)


_READ_ONLY_IGNORED = re.compile(r"\bread-?only\b[^.;]*\bignored\b|\bignor(es|ing)\b[^.;]*\bread-?only\b", re.IGNORECASE)


def _only_read(bodies: Bodies) -> dict[str, Any]:
    """Likely values of the members that are only read."""
    told: dict[str, Any] = {}
    for name, schema, _ in bodies.contract.iter_properties(bodies.schema, bodies.pointer):
        if bodies.contract.is_read_only(schema):
            with suppress(NoSample):
                told[name] = bodies.samples.make(schema, full=True)
    return told


# --- Pieces -------------------------------------------------------------------------------------------------------


def _kind(bodies: Bodies, body: Any) -> Kind:
    if bodies.validator.is_valid(body):
        return Kind.VALID if is_in_order(body) and not _is_half(bodies, body) else Kind.UNCERTAIN
    return Kind.LAX if is_lax_body(bodies.contract, bodies.media, body) else Kind.INVALID


def _is_half(bodies: Bodies, body: Any) -> bool:
    """Whether a body of which nothing is required, as that of a patch, changes one end only of what has two."""
    names = (name for name, _, _ in bodies.contract.iter_properties(bodies.schema, bodies.pointer))
    return not bodies.contract.required(bodies.schema) and lacks_an_end(names, body)


def _is_alone(bodies: Bodies, body: Any, path: tuple[Any, ...]) -> bool:
    """Whether what was changed is all that is wrong, and stands in no alternative: an error may name a part of one."""
    errors = list(bodies.validator.iter_errors(body))
    wanted = [str(part) for part in path]
    return all([str(part) for part in error.instance_path] == wanted for error in errors)


def _find_union(bodies: Bodies, body: Any, path: tuple[Any, ...]) -> tuple[str, ...] | None:
    """The names of what is one of several alternatives, where what was changed in it is all that keeps it from one."""
    errors = list(bodies.validator.iter_errors(body))
    wanted = [str(part) for part in path]
    place = [str(part) for part in errors[0].instance_path] if len(errors) == 1 else wanted
    if len(place) >= len(wanted) or place != wanted[: len(place)]:
        return None
    branches = getattr(errors[0].kind, "context", None) or ()
    if any(all([str(part) for part in error.instance_path] == wanted for error in branch) for branch in branches):
        return tuple(str(part) for part in path[: len(place)] if isinstance(part, str))
    return None


def _probe(
    operation: Operation,
    kind: Kind,
    shown: str,
    field: tuple[str, ...],
    pointer: str,
    body: Any,
    *,
    alone: bool = True,
    keyword: str = "",
    indices: tuple[int, ...] = (),
) -> Probe:
    intent = Intent(kind, shown, "body", field, pointer, is_generated=not alone, keyword=keyword, indices=indices)
    title = f"{shown} {VERBS.get(kind, 'is refused')}"
    return Probe(operation, title, intent, _to(body))


def _pointer(contract: Contract, bodies: Bodies, field: tuple[str, ...]) -> str:
    schema, pointer = bodies.schema, bodies.pointer
    for name in field:
        found = {n: (s, p) for n, s, p in contract.iter_properties(schema, pointer)}
        if name not in found:
            break
        schema, pointer = found[name]
    return pointer


def _objects(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if isinstance(value, dict):
        yield path
        for name, child in value.items():
            yield from _objects(child, (*path, name))
    elif isinstance(value, list) and value:
        yield from _objects(value[0], (*path, 0))


def _at(value: Any, path: tuple[Any, ...]) -> Any:
    for part in path:
        value = value[part]
    return value


def _key(body: Any) -> str:
    return json.dumps(body, sort_keys=True, default=str)


def _show(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= SHOWN and text.isprintable() else json.dumps(value)[:SHOWN]
