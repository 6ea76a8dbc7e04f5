"""Valid bodies of one operation, and those in which the values of several members meet."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from contract_tests.contract import Contract, MediaType
from contract_tests.forms import columns_said, content_of, file_members
from contract_tests.ordering import is_in_order
from contract_tests.patterns import NoSample
from contract_tests.resources import value_shape
from contract_tests.samples import Samples, bounds

MAX_COMBINATIONS = 120


class Bodies:
    """The valid bodies of one operation that its probes start from: JSON, or the values of a form.

    `schema` is that of the body, or the one of its alternatives that these bodies are of.
    """

    def __init__(self, contract: Contract, media: MediaType, branch: tuple[Any, str] | None = None) -> None:
        self.contract, self.media = contract, media
        self.schema: Any
        self.schema, self.pointer = branch or (media.schema, f"{media.pointer}/schema")
        self.validator = contract.body_validator(media)
        self.samples = Samples(contract)
        self.small = self._make(full=False)
        self.full = self._make(full=True)

    def _make(self, *, full: bool) -> Any:
        try:
            value = self.samples.make(self.schema, full=full)
        except NoSample:
            return None
        if isinstance(value, dict):
            members = [entry for entry in file_members(self.contract, self.media).items() if entry[0] in value]
            texts = [(name, content_of(kind, self._row() if kind == "text/csv" else None)) for name, kind in members]
            files = [(name, held) for name, text in texts for held in (text, [text])]
            value |= {name: held for name, held in files if self.validator.is_valid({**value, name: held})}
        if full and isinstance(value, dict) and not self.validator.is_valid(value):
            # Members that together are too much, or that no sample was found for, are left out.
            wrong = {str(path[0]) for error in self.validator.iter_errors(value) if (path := list(error.instance_path))}
            value = {name: held for name, held in value.items() if name not in wrong}
        return value if self.validator.is_valid(value) else None

    def _row(self) -> dict[str, Any]:
        """Valid values of the columns that are said to be in a table, as another body has members of these names."""
        columns = columns_said(self.contract.said_at(self.media.pointer.partition("/requestBody")[0]))
        for operation in self.contract.operations if columns else ():
            shape = value_shape(operation)
            members = {name: schema for name, schema, _ in self.contract.iter_properties(*shape)} if shape else {}
            if members.keys() >= set(columns):
                with suppress(NoSample):
                    return {name: self.samples.make(members[name], full=True) for name in columns}
        return dict.fromkeys(columns, 1)

    def keyword(self, body: Any) -> str:
        """The keyword that a body breaks; empty unless it breaks one alone."""
        errors = list(itertools.islice(self.validator.iter_errors(body), 2))
        return str(errors[0].kind.name) if len(errors) == 1 else ""


# --- Combinations --------------------------------------------------------------------------------------------------


def iter_combinations(bodies: Bodies, full: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Bodies in which listed values meet, and those in which numbers and lists at their ends do."""
    yield from _combinations(bodies, full)
    yield from _extremes(bodies, full)


def _combinations(bodies: Bodies, full: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Bodies in which every three values of small domains stand together."""
    domains: dict[str, list[Any]] = {}
    for name, schema, _ in bodies.contract.iter_properties(bodies.schema, bodies.pointer):
        if name not in full:
            continue
        values: list[Any] = list(bodies.contract.enum(schema)) or _small_domain(bodies, name, schema, full)
        if 1 < len(values) <= 6:
            domains[name] = values
    names = list(domains)
    open_triples = {
        tuple(zip(chosen, values, strict=True))
        for chosen in itertools.combinations(names, min(3, len(names)))
        for values in itertools.product(*(range(len(domains[name])) for name in chosen))
    }
    if len(names) < 2 or len(open_triples) > 3000:
        return
    ordered = sorted(open_triples)
    for _ in range(MAX_COMBINATIONS):
        row = _next_row(names, ordered)
        if not row:
            return
        ordered = [triple for triple in ordered if any(row[name] != at for name, at in triple)]
        body = {**full, **{name: domains[name][at] for name, at in row.items()}}
        if bodies.validator.is_valid(body):
            yield body


def _extremes(bodies: Bodies, full: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Bodies in which any two members stand at each of their ends: the largest, the smallest, or one of both."""
    ends = {name: pair for name, schema, _ in bodies.contract.iter_properties(bodies.schema, bodies.pointer)
            if name in full and (pair := _ends(bodies, name, schema, full))}  # fmt: skip
    bits = range(max(len(ends) - 1, 0).bit_length())
    for flip in (0, 1):
        for chosen in (None, *bits):
            row = {
                name: pair[flip if chosen is None else (number >> chosen & 1) ^ flip]
                for number, (name, pair) in enumerate(ends.items())
            }
            if len(ends) > 1 and bodies.validator.is_valid({**full, **row}) and is_in_order({**full, **row}):
                yield {**full, **row}


def _ends(bodies: Bodies, name: str, schema: Any, full: dict[str, Any]) -> list[Any]:
    """The smallest and the largest value of a number within bounds or of a list that may have so many items."""
    node, _ = bodies.contract.resolve(schema, "")
    if not isinstance(node, dict) or node.keys() & {"enum", "const"}:
        return []
    near = (value for path, value in bodies.samples.iter_near(node, full[name]) if not path)
    values: list[Any]
    if isinstance(full[name], list):
        values = [value for value in near if isinstance(value, list)] if "maxItems" in node else []
    else:
        is_bounded = all(bound is not None for bound in bounds(node))
        values = [value for value in near if type(value) in (int, float)] if is_bounded else []
    values = sorted(values, key=lambda value: len(value) if isinstance(value, list) else value)
    values = [value for value in values if bodies.validator.is_valid({**full, name: value})]
    return [values[0], values[-1]] if values else []


def _next_row(names: list[str], triples: list[Any]) -> dict[str, int]:
    row: dict[str, int] = {}
    for triple in triples:
        if all(row.get(name, at) == at for name, at in triple):
            row.update(triple)
        if len(row) == len(names):
            break
    return {name: row.get(name, 0) for name in names} if row else {}


def _small_domain(bodies: Bodies, name: str, schema: Any, full: dict[str, Any]) -> list[Any]:
    types = bodies.contract.json_types(schema)
    if types == {"boolean"}:
        return [False, True]
    if types == {"array"}:
        node, _ = bodies.contract.resolve(schema, "")
        low, high = int(node.get("minItems", 0)), int(node.get("maxItems", node.get("minItems", 0) + 3))
        sizes = sorted({low, low + 1, (low + high) // 2, high - 1, high} & set(range(low, min(high, low + 8) + 1)))
        try:
            return [bodies.samples.items(node, size) for size in sizes]
        except NoSample:
            return []
    if "null" in types:
        return [full[name], None]
    return []


class Part(Bodies):
    """The valid values of a part of a form that is JSON."""

    def __init__(self, form: Bodies, schema: Any, pointer: str, value: Any) -> None:
        self.contract, self.media, self.schema, self.pointer = form.contract, form.media, schema, pointer
        self.validator, self.samples = form.contract.spec.document.validator(pointer), form.samples
        self.small = self.full = value
