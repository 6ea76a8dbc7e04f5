"""Forms: members just inside and just outside of what is allowed, as texts; and files."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from fnmatch import fnmatch
from typing import Any
from urllib.parse import parse_qsl

from contract_tests.contract import Contract, MediaType, Operation
from contract_tests.drafts import Draft
from contract_tests.file_names import is_bare
from contract_tests.forms import (
    FILE_NAME,
    MULTIPART,
    URLENCODED,
    accepted_ranges,
    accepted_types,
    as_text,
    content_of,
    essence,
    file_members,
    is_binary,
    with_file_type,
)
from contract_tests.intents import AT_LIMIT, Intent, Kind
from contract_tests.leniency import read_exactly, read_leniently
from contract_tests.ordering import is_in_order
from contract_tests.probes.bodies import Bodies, Part
from contract_tests.probes.near import near_parts
from contract_tests.probes.tables import SHOWN, VERBS, Change, Probe, with_header
from contract_tests.resources import alternatives
from contract_tests.samples import UNDECLARED

MAX_PROBES = 200
MAX_FILE = 4 << 20
"""Larger files are not sent, whatever the document allows."""

_NAMES = ("Zoë 北京.png", "a b;c.tar.gz", "noextension")


def near_forms(contract: Contract, operation: Operation, media: MediaType) -> Iterator[Probe]:
    """One member of a form changed at a time, or left out; then its files. Each alternative of the form is one."""
    for branch in alternatives(contract, media.schema, f"{media.pointer}/schema"):
        yield from _near_form(Bodies(contract, media, branch), operation)
    if essence(media.name) == URLENCODED:
        intent = Intent(
            Kind.VALID, "a form with every character percent-encoded", "body", (), f"{media.pointer}/schema"
        )
        yield Probe(operation, f"{intent.said} is accepted", intent, _encoded)
    yield from _unreadable(operation, media)
    yield from _otherwise_encoded(operation, media)


def _near_form(bodies: Bodies, operation: Operation) -> Iterator[Probe]:
    contract, media = bodies.contract, bodies.media
    base = bodies.full if isinstance(bodies.full, dict) else bodies.small
    if not isinstance(base, dict):
        return
    files = file_members(contract, media)
    members = {name: (schema, place) for name, schema, place in contract.iter_properties(bodies.schema, bodies.pointer)}
    for name in sorted(contract.required(bodies.schema) & base.keys() & members.keys()):
        without = {key: value for key, value in base.items() if key != name}
        yield _probe(operation, Kind.INVALID, f"a form without {name}", name, members[name][1], _to(without))
    for name in filter(members.__contains__, base):
        without = {key: value for key, value in base.items() if key != name}
        if name not in contract.required(bodies.schema) and bodies.validator.is_valid(without):
            yield _probe(operation, Kind.VALID, f"a form without {name}", name, members[name][1], _to(without))
    seen: set[str] = set()
    for path, candidate in bodies.samples.iter_near(bodies.schema, base):
        if len(path) != 1 or path[0] not in members or path[0] in files or len(seen) >= MAX_PROBES:
            continue
        name = str(path[0])
        kind = _kind(bodies, base, name, members[name][0], candidate)
        whole = f"{name}={json.dumps(candidate, ensure_ascii=False)}"
        shown = whole if len(whole) <= SHOWN else f"{whole[:SHOWN]}... ({len(as_text(candidate))} characters)"
        if kind is not None and shown not in seen:
            seen.add(shown)
            yield _probe(operation, kind, shown, name, members[name][1], _to({**base, name: candidate}))
    extra = {**base, UNDECLARED: "x"}
    if not bodies.validator.is_valid(extra):
        said = f"the undeclared member {UNDECLARED}"
        intent = Intent(Kind.INVALID, said, "body", (), bodies.pointer, keyword=bodies.keyword(extra))
        yield Probe(operation, f"{said} is refused", intent, _to(extra))
    if essence(media.name) == MULTIPART:
        yield from _parts(bodies, operation, base, members)


def _parts(
    bodies: Bodies, operation: Operation, base: Mapping[str, Any], members: Mapping[str, tuple[Any, str]]
) -> Iterator[Probe]:
    """What is near the parts that are JSON, and the files."""
    contract, files = bodies.contract, file_members(bodies.contract, bodies.media)
    for name, (schema, place) in members.items():
        if contract.json_types(schema) == {"object"} and isinstance(base.get(name), dict):
            yield from _part(Part(bodies, schema, place, base[name]), operation, base, name)
            if [*accepted_types(contract, bodies.media, name)] == ["application/json"]:
                intent = Intent(Kind.MEDIA_TYPE, f"{name} as text/plain in place of application/json", "body", (name,))
                yield Probe(operation, f"{intent.said} is handled", intent, _part_as(name, "text/plain"))
    for name in sorted(name for name in files if isinstance(base.get(name), str) and name in members):
        yield from _files(contract, operation, base, name, *members[name])
        yield from _file_types(bodies, operation, base, name, members[name][1])


def _part(part: Part, operation: Operation, base: Mapping[str, Any], name: str) -> Iterator[Probe]:
    """A part that is JSON: what is near it, as in a body."""
    for probe, value in near_parts(part, operation):
        intent = replace(probe.intent, said=f"{name} with {probe.intent.said}", field=(name, *probe.intent.field))
        yield replace(probe, title=f"{name} with {probe.title}", intent=intent, change=_to({**base, name: value}))


def _kind(bodies: Bodies, base: Mapping[str, Any], name: str, schema: Any, candidate: Any) -> Kind | None:
    """What a value is as a text; None where no text says it, or another one does as well."""
    types = bodies.contract.json_types(schema) - {"null"}
    if types == {"array"}:
        items = candidate if isinstance(candidate, list) else []
        is_text = bool(items) and all(isinstance(item, str) for item in items)
        return _validity(bodies, {**base, name: items}) if is_text else None
    if isinstance(candidate, list | dict) or candidate is None or types & {"object", "array"}:
        return None
    text = as_text(candidate)
    if "string" in types:
        if not text and bodies.contract.spec.is_fastapi:
            return None  # FastAPI takes an empty text in a form for none
        return _validity(bodies, {**base, name: text}) if isinstance(candidate, str) else None
    if any(bodies.validator.is_valid({**base, name: value}) for value in read_exactly(text, types)):
        return Kind.VALID
    lax = any(bodies.validator.is_valid({**base, name: value}) for value in read_leniently(text, types))
    return Kind.LAX if lax or not text else Kind.INVALID


def _validity(bodies: Bodies, value: Mapping[str, Any]) -> Kind:
    if bodies.validator.is_valid(value):
        return Kind.VALID if is_in_order(value) else Kind.UNCERTAIN
    return Kind.INVALID


def _files(
    contract: Contract, operation: Operation, base: Mapping[str, Any], name: str, schema: Any, pointer: str
) -> Iterator[Probe]:
    node, _ = contract.resolve(schema, "")
    node = node if isinstance(node, Mapping) else {}
    low, high = int(node.get("minLength", 0)), node.get("maxLength")
    limit = said_limit(operation, str(node.get("description", "")))
    sizes = [(0, low == 0)] if low <= 1 else [(low - 1, False), (low, True)]
    if isinstance(high, int) and high < MAX_FILE:
        sizes += [(high, True), (high + 1, False)]
    for size, is_valid in sizes:
        kind, said = Kind.VALID if is_valid else Kind.INVALID, f"a file of {size} bytes as {name}"
        # A file that is a text by its schema is of a form of its own, a table perhaps.
        is_text = contract.json_types(schema) == {"string"} and not is_binary(contract, schema)
        is_other = is_text or (size == 0 and _speaks_of_size(contract, operation, node))
        if is_valid and is_other:
            kind = Kind.UNCERTAIN
        yield _probe(operation, kind, said, name, pointer, _to({**base, name: "x" * size}))
    if limit is not None and high is None:
        said = f"a file of {limit} bytes as {name}"
        at_limit = Intent(Kind.VALID, said, "body", (name,), pointer, keyword=AT_LIMIT)
        yield Probe(operation, f"{said} is accepted", at_limit, _to({**base, name: "x" * limit}))
        yield _oversized(operation, base, name, pointer, limit)
    elif high is None and (limit := _limit_elsewhere(contract, operation)) is not None:
        yield _oversized(operation, base, name, pointer, limit)
    for text in (*_NAMES, *(("folder/sample.bin",) if is_bare(contract, operation) else ())):
        said = f"a file called {text} as {name}"
        yield _probe(operation, Kind.VALID, said, name, pointer, _called(text))
    if not contract.json_types(schema) - {"string"}:
        intent = Intent(Kind.ANY, f"{name} as a text and no file")
        yield Probe(operation, f"{intent.said} is no failure", intent, _without_file_name)


def _oversized(operation: Operation, base: Mapping[str, Any], name: str, pointer: str, limit: int) -> Probe:
    said = f"a file of {limit + 1} bytes as {name}"
    intent = Intent(Kind.OVERSIZED, said, "body", (name,), pointer)
    return Probe(operation, f"{said} is refused", intent, _to({**base, name: "x" * (limit + 1)}))


def _limit_elsewhere(contract: Contract, operation: Operation) -> int | None:
    """The limit of a file by what is said of an operation, or of its 413, in a clause about files."""
    too_large = [response.pointer for response in operation.responses if response.status == "413"]
    texts = [contract.said_at(pointer) for pointer in (operation.pointer, *too_large)]
    clauses = (clause for text in texts for clause in re.split(r"\. |, (?=or )", " ".join(text.split())))
    found = {said_limit(operation, f"{clause}: 413") for clause in clauses if _A_FILE.search(clause)} - {None}
    return found.pop() if len(found) == 1 else None


def said_limit(operation: Operation, text: str) -> int | None:
    """How many bytes a file may have by what is said of it, where a 413 is documented for more."""
    found = {int(re.sub(r"\D", "", number)) * _UNITS[unit.lower()] for number, unit in _SIZE.findall(text)}
    is_limit = len(found) == 1 and _LIMIT.search(text) and any(r.status == "413" for r in operation.responses)
    return found.pop() if is_limit and max(found) < MAX_FILE else None


_UNITS = {"bytes": 1, "kib": 1024, "mib": 1024 * 1024}
_SIZE = re.compile(r"(?<![\d.,])(\d{1,3}(?:[ ,_\u202f]\d{3})+|\d+) ?(bytes|KiB|MiB)\b", re.IGNORECASE)
_A_FILE = re.compile(r"\b(files?|photos?|images?|pictures?|uploads?|attachments?|PNG|JPEG|PDF)\b", re.IGNORECASE)
_LIMIT = re.compile(
    r"\b413\b|\bbeyond\b|\bat most\b|\bup to\b|\bmaximum\b|\bno (more|larger)\b|\b\d+ to \d", re.IGNORECASE
)


def _unlisted(ranges: tuple[str, ...]) -> str | None:
    """A common media type that is in none of the listed ones (`image/png`, `image/*`); None where none is listed."""
    near = ("image/gif",) if any(each.startswith("image/") for each in ranges) else ()
    names = (*near, "text/plain", "application/zip")
    return next((name for name in names if not any(fnmatch(name, each) for each in ranges)), None) if ranges else None


def _unreadable(operation: Operation, media: MediaType) -> Iterator[Probe]:
    """Forms that break off or are none: parsers take what they can, or refuse it."""
    changes: dict[str, Change] = {"a body that is no form": lambda draft: draft.with_body(b"\x00\xff=%zz&%\r\n--")}
    if essence(media.name) == MULTIPART:
        changes["a form cut short"] = lambda draft: draft.with_body((draft.body or b"")[: len(draft.body or b"") // 2])
        changes["a form without its end"] = lambda draft: draft.with_body((draft.body or b"").rstrip()[:-2])
        changes["a form without a boundary"] = with_header("Content-Type", MULTIPART)
    for said, change in changes.items():
        yield Probe(operation, f"{said} is no failure", Intent(Kind.ANY, said), change)


def _otherwise_encoded(operation: Operation, media: MediaType) -> Iterator[Probe]:
    """The same values in an encoding that is not documented."""
    documented = {essence(other.name) for other in (operation.request_body.content if operation.request_body else ())}
    if documented & {"*/*", "application/*"}:
        return
    for name, kind in (("application/json", "JSON"), (URLENCODED, "a URL-encoded form"), ("text/plain", "a text")):
        if name not in documented:
            intent = Intent(Kind.MEDIA_TYPE, f"its values as {kind} in place of {essence(media.name)}")
            yield Probe(operation, f"{intent.said} are handled", intent, _encoded_as(name))


def _encoded_as(name: str) -> Change:
    def change(draft: Draft) -> Draft:
        values = {key: held for key, held in (draft.value or {}).items() if key not in draft.files}
        told = draft.with_parameter("header", "Content-Type", name)
        if name == URLENCODED:
            return told.with_form(name, values, {})
        return told.with_json(values)

    return change


def _file_types(
    bodies: Bodies, operation: Operation, base: Mapping[str, Any], name: str, pointer: str
) -> Iterator[Probe]:
    """A file of each media type that is listed, and of one that is not."""
    contract, media = bodies.contract, bodies.media
    usual = file_members(contract, media)[name]
    for media_type in accepted_types(contract, media, name):
        content = base[name] if media_type == usual else content_of(media_type)
        change = _typed({**base, name: content}, usual, media_type)
        yield _probe(operation, Kind.VALID, f"a file of {media_type} as {name}", name, pointer, change)
    if (other := _unlisted(accepted_ranges(contract, media, name))) is not None:
        intent = Intent(Kind.MEDIA_TYPE, f"a file of {other} as {name}", "body", (name,))
        change = _typed({**base, name: "No picture, no table."}, usual, other)
        yield Probe(operation, f"{intent.said} is handled", intent, change)
    listed = accepted_types(contract, media, name)
    if listed and any(response.status == "415" for response in operation.responses):
        # Types have no case (RFC 9110, section 8.3.1); who refuses none need not look at them.
        content = base[name] if listed[0] == usual else content_of(listed[0])
        change = _typed({**base, name: content}, usual, listed[0].upper())
        yield _probe(operation, Kind.VALID, f"a file of {listed[0].upper()} as {name}", name, pointer, change)


def _speaks_of_size(contract: Contract, operation: Operation, node: Mapping[str, Any]) -> bool:
    """Whether words say how large a file may be: then perhaps not 0 bytes, whatever its schema leaves open."""
    described = contract.spec.document.lookup(operation.pointer)
    texts = [described, described.get("requestBody", {}), node]
    return any(re.search(r"\bempty\b|\bbytes?\b", str(text.get("description", "")), re.IGNORECASE) for text in texts)


def _called(text: str) -> Change:
    usual = f'filename="{FILE_NAME}"'.encode()
    return lambda draft: replace(draft, body=(draft.body or b"").replace(usual, f'filename="{text}"'.encode()))


def _typed(value: Mapping[str, Any], usual: str, media_type: str) -> Change:
    def change(draft: Draft) -> Draft:
        told = draft.with_value(value)
        return replace(told, body=with_file_type(told.body or b"", usual, media_type))

    return change


def _encoded(draft: Draft) -> Draft:
    """The same form in other letters: `%41` is `A` (RFC 3986, section 2.1)."""
    pairs = parse_qsl((draft.body or b"").decode("latin-1"), keep_blank_values=True)
    told = ("=".join("".join(f"%{byte:02X}" for byte in text.encode()) for text in pair) for pair in pairs)
    return replace(draft, body="&".join(told).encode())


def _part_as(name: str, media_type: str) -> Change:
    """The part that is JSON, said to be of another type."""
    head = f'; name="{name}"\r\nContent-Type: '
    usual, told = (f"{head}{each}\r\n".encode() for each in ("application/json", media_type))
    return lambda draft: replace(draft, body=(draft.body or b"").replace(usual, told, 1))


def _without_file_name(draft: Draft) -> Draft:
    return replace(draft, body=(draft.body or b"").replace(f'; filename="{FILE_NAME}"'.encode(), b""))


def _to(value: Mapping[str, Any]) -> Change:
    return lambda draft: draft.with_value(value)


def _probe(operation: Operation, kind: Kind, said: str, name: str, pointer: str, change: Change) -> Probe:
    intent = Intent(kind, said, "body", (name,), pointer)
    return Probe(operation, f"{said} {VERBS.get(kind, 'is refused')}", intent, change)
