"""How a path is written: spellings that are equal by RFC 3986, and ids that are close to one that exists."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from contract_tests.contract import Contract, Operation, Parameter, is_ours
from contract_tests.drafts import Draft
from contract_tests.intents import Intent, Kind
from contract_tests.probes.tables import LONG, Change, Probe


def iter_path_probes(contract: Contract, operation: Operation) -> Iterator[Probe]:
    """Percent-encoding, and near misses of ids that are free text."""
    longer = f"{operation.path}/understudy"
    if operation.method == "POST" and not contract.methods(longer):
        intent = Intent(Kind.ELSEWHERE, "a path that goes on behind its end", "path")
        yield Probe(operation, f"{intent.said} is another", intent, lambda draft: replace(draft, path=longer))
    for said, path in _other_paths(operation.path).items() if contract.spec.is_fastapi else ():
        intent = Intent(Kind.ANY, said, "path")
        yield Probe(operation, f"{said} is no failure", intent, _at(path))
    for parameter in operation.parameters:
        name = parameter.name
        if parameter.location == "query" and is_ours(parameter) and _has_letters(contract, parameter):
            listed = _listed(contract, parameter)
            marked = [value for value in listed if isinstance(value, str) and not value.isalnum()]
            value = "true" if contract.json_types(parameter.schema) == {"boolean"} else (marked or listed)[0]
            intent = Intent(Kind.VALID, f"{name}={value}, percent-encoded")
            yield Probe(operation, f"{name}={value}, percent-encoded, is accepted", intent, _spelled(name, str(value)))
        if parameter.location != "path":
            continue
        intent = Intent(Kind.VALID, f"{name}, percent-encoded", pointer=parameter.pointer)
        yield Probe(operation, f"{name}, percent-encoded, is the same", intent, _escaped(name))
        if contract.json_types(parameter.schema) == {"integer"}:
            intent = Intent(Kind.ANY, f"{name}={2**63}", "path", (name,), parameter.pointer)
            yield Probe(operation, f"{name}={2**63} is no failure", intent, _changed(name, lambda _: str(2**63)))
        intent = Intent(Kind.ANY, f"{name} with a byte that is not UTF-8", "path", (name,), parameter.pointer)
        yield Probe(operation, f"{intent.said} is no failure", intent, _misencoded(name))
        is_free = contract.is_free_text(parameter.schema, 4)
        if is_free and not operation.path.endswith(f"{{{name}}}"):
            intent = Intent(Kind.ELSEWHERE, f"an empty {name}", "path", (name,), parameter.pointer)
            yield Probe(operation, f"an empty {name} is another", intent, _changed(name, lambda _: ""))
        is_code = contract.json_types(parameter.schema) == {"string"} and not contract.enum(parameter.schema)
        for said, change in (_NEAR if is_free else _NEAR_CODES if is_code else {}).items():
            intent = Intent(Kind.ELSEWHERE, f"{name} {said}", "path", (name,), parameter.pointer)
            yield Probe(operation, f"{name} {said} is another", intent, _changed(name, change))
        if is_code and _has_small_letters_only(contract, parameter):
            intent = Intent(Kind.ELSEWHERE, f"{name} in capitals", "path", (name,), parameter.pointer)
            yield Probe(operation, f"{intent.said} is another", intent, _changed(name, _capitals))
        if not is_free:
            continue
        intent = Intent(Kind.ANY, f"a long {name}", "path", (name,), parameter.pointer)
        yield Probe(operation, f"a long {name} is no failure", intent, _changed(name, lambda _: "x" * LONG))
        for said, change in _ODD.items():
            intent = Intent(Kind.ANY, f"{name} {said}", "path", (name,), parameter.pointer)
            yield Probe(operation, f"{name} {said} is no failure", intent, _changed(name, change))


def _at(path: str) -> Change:
    return lambda draft: replace(draft, path=path)


def _other_paths(path: str) -> dict[str, str]:
    """Paths that some frameworks take for this one: Express one in capitals, Rails one that names a format."""
    parts = re.split(r"(\{[^}]*\})", path)
    return {
        "a path in capitals": "".join(part if part.startswith("{") else part.upper() for part in parts),
        "a path that ends in .json": f"{path}.json",
        "a path with a slash behind": f"{path}/",
        "a path with an encoded query behind": f"{path}%3Fa=b",
    }


def _has_small_letters_only(contract: Contract, parameter: Parameter) -> bool:
    """Whether a pattern has small letters, and does not let capitals stand in their place."""
    node, _ = contract.resolve(parameter.schema, "")
    pattern = str(node.get("pattern", "")) if isinstance(node, Mapping) else ""
    return re.search(r"a-[f-z]", pattern) is not None and re.search(r"[A-Z]|\\[wpS]|\(\?|\.", pattern) is None


def _capitals(value: str) -> str:
    """The same text in capitals, or one that has one more."""
    return value.upper() if value != value.upper() else f"{value}X"


def _renumbered(value: str) -> str:
    """An id that looks like this one, and that nothing is likely to have."""
    changed = re.sub(r"\d+$", "987654321", value)
    return f"{value}9" if changed == value else changed


_NEAR: Mapping[str, Callable[[str], str]] = {
    "with a space behind": lambda value: f"{value} ",
    "with an encoded question mark behind": lambda value: f"{value}?x",
    "in the same form": _renumbered,
    "with more behind": lambda value: f"{value}-understudy",
    "encoded twice": lambda value: f"%{ord(value[0]):02X}{value[1:]}",
}
_NEAR_CODES: Mapping[str, Callable[[str], str]] = {
    "with a space behind": _NEAR["with a space behind"],
    "with more behind": lambda value: f"{value}x9",  # of letters and digits, as most patterns have it
}

_ODD: Mapping[str, Callable[[str], str]] = {
    "beyond ASCII": lambda value: f"{value}-ë-🎉",
    "of digits alone": lambda value: re.sub(r"\D", "", value) + "98765432109",
    "with a quote and a dot": lambda value: f"{value}'.x",
    "with a NUL": lambda value: f"{value}\0",
    "with an encoded slash": lambda value: f"{value}/x",
}


def _listed(contract: Contract, parameter: Parameter) -> list[Any]:
    """The values that a parameter lists, of an array those of its items."""
    node, _ = contract.resolve(parameter.schema, "")
    items = node.get("items", {}) if isinstance(node, Mapping) else {}
    return contract.enum(parameter.schema) or contract.enum(items)


def _has_letters(contract: Contract, parameter: Parameter) -> bool:
    values = _listed(contract, parameter)
    return contract.json_types(parameter.schema) == {"boolean"} or bool(
        values and isinstance(values[0], str) and values[0][:1].isascii() and values[0][:1].isalpha()
    )


def _escape(text: str) -> str:
    """The text as it may stand in a URL: every character as `%41`, where it need not be, too (RFC 3986, 6.2.2.2)."""
    return "".join(f"%{byte:02X}" for byte in text.encode())


def _escaped(name: str) -> Change:
    def changed(draft: Draft) -> Draft:
        value = draft.path_values[name]
        # Behind a slash: the beginning of the path may hold the same letters (`/v1`).
        return draft.respelled(f"/{quote(value, safe='')}", f"/{_escape(value)}")

    return changed


def _misencoded(name: str) -> Change:
    def changed(draft: Draft) -> Draft:
        usual = f"/{quote(draft.path_values[name], safe='')}"
        return draft.respelled(usual, f"{usual}%FF")

    return changed


def _spelled(name: str, value: str) -> Change:
    def changed(draft: Draft) -> Draft:
        return draft.with_parameter("query", name, value).respelled(f"{name}={value}", f"{name}={_escape(value)}")

    return changed


def _changed(name: str, change: Callable[[str], str]) -> Change:
    return lambda draft: draft.with_parameter("path", name, change(draft.path_values[name]))
