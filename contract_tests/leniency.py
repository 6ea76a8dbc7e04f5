"""What common parsers take although the contract's types do not: reported as a policy, not as a bug.

The spellings are those of pydantic's lax mode, of Python's `int` and `float`, and of query-string binders.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

from contract_tests.contract import Contract, MediaType

TRUE_TEXT = frozenset({"true", "1", "yes", "on", "t", "y"})
FALSE_TEXT = frozenset({"false", "0", "no", "off", "f", "n"})
_TIME_FORMATS = frozenset({"date-time", "date", "time", "duration"})


def read_leniently(text: str, types: frozenset[str]) -> list[Any]:
    """The values that a lenient parser could read from a parameter's text; the exact reading comes first."""
    values: list[Any] = []
    folded = text.strip().lower()
    if "boolean" in types and folded in TRUE_TEXT | FALSE_TEXT:
        values.append(folded in TRUE_TEXT)
    if types & {"integer", "number"}:
        values += _numbers(text)
    if "string" in types:
        values.append(text)
    if "null" in types and folded in {"", "null"}:
        values.append(None)
    return values


def read_exactly(text: str, types: frozenset[str]) -> list[Any]:
    """What a text stands for when nothing is forgiven."""
    if "string" in types:
        return [text]
    if types == {"boolean"}:
        return {"true": [True], "false": [False]}.get(text, [])
    try:
        value = json.loads(text)
    except ValueError:
        return []
    if not isinstance(value, int | float) or isinstance(value, bool):
        return []
    return [value] if "number" in types or isinstance(value, int) else []


def type_keyword(text: str, types: frozenset[str]) -> str:
    """`type` for a text of none of these types; empty for one that breaks another keyword, if any."""
    return "" if read_exactly(text, types - {"null"}) else "type"


def _numbers(text: str) -> list[Any]:
    try:
        return [int(text)]
    except ValueError:
        pass
    try:
        number = float(text)
    except ValueError:
        return []
    return [int(number)] if math.isfinite(number) and number.is_integer() else [number]


def is_lax_value(value: Any, types: Iterable[str], text_format: str = "") -> bool:
    """Whether a lenient binder converts this JSON value to one of the types."""
    types = frozenset(types)
    numeric = bool(types & {"integer", "number"})
    if isinstance(value, bool):
        return numeric
    if isinstance(value, str):
        return bool(read_leniently(value, types - {"string", "null"}))
    if isinstance(value, int | float):
        return ("boolean" in types and value in {0, 1}) or ("string" in types and text_format in _TIME_FORMATS)
    return False


def is_of_pydantic(contract: Contract, schema: Any) -> bool:
    """Whether pydantic wrote a schema: it titles each member by its name (`first_name`: "First Name")."""
    schema, _ = contract.resolve(schema, "")
    if not isinstance(schema, Mapping):
        return False
    if "items" in schema:
        return is_of_pydantic(contract, schema["items"])
    properties = schema.get("properties")
    members = properties.items() if isinstance(properties, Mapping) else ()
    titles = [
        (child.get("title"), str(name).title().replace("_", " ").strip())
        for name, child in members
        if isinstance(child, Mapping) and "type" in child
    ]
    return bool(titles) and all(title == usual for title, usual in titles)


def is_lax_text(contract: Contract, schema: Any, pointer: str, text: str) -> bool:
    """Whether a parameter's text breaks its schema only by being spelled otherwise, or is empty for "not given"."""
    if text == "":
        return True
    validator = contract.spec.document.validator(pointer)
    return any(validator.is_valid(value) for value in read_leniently(text, contract.json_types(schema)))


def is_lax_body(contract: Contract, media: MediaType, body: Any) -> bool:
    """Whether every error in a JSON body is a value that lenient binders convert."""
    broken = {error.kind.name for error in contract.body_validator(media).iter_errors(body)}
    # By the document itself, whose places are looked up below, what is only read is missing.
    found = contract.spec.document.validator(f"{media.pointer}/schema").iter_errors(body)
    errors = [error for error in found if error.kind.name in broken]
    return bool(errors) and all(_is_lax_error(contract, error) for error in errors)


def is_filled_in(contract: Contract, media: MediaType, body: Any) -> bool:
    """Whether a JSON body lacks nothing but required members that have a default: it says what stands for them."""
    lacking = {error.kind.name for error in contract.body_validator(media).iter_errors(body)} == {"required"}
    found = contract.spec.document.validator(f"{media.pointer}/schema").iter_errors(body) if lacking else ()
    return lacking and all(_is_default(contract, error) for error in found if error.kind.name == "required")


def _is_default(contract: Contract, error: Any) -> bool:
    """Whether the member that an error misses has a default, or is only read."""
    schema = _at(contract.document, error.schema_path[:-1])
    held = _at(schema, ("properties", error.kind.property))
    return has_default(contract, held) or contract.is_read_only(held)


def has_default(contract: Contract, schema: Any) -> bool:
    """Whether the document says what stands for a value that is not given, though it may also require one."""
    found, _ = contract.resolve(schema, "")
    return isinstance(found, Mapping) and "default" in found


def _at(node: Any, path: Iterable[str | int]) -> Any:
    for step in path:
        try:
            node = node[int(step)] if isinstance(node, list) else node[str(step)]  # a member may be called 10
        except (LookupError, TypeError, ValueError):
            return {}
    return node


def is_naive(text: str) -> bool:
    """Whether a text is a date and a time without an offset, which RFC 3339 asks for and many parsers do not."""
    return re.fullmatch(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?", text) is not None


def _is_lax_error(contract: Contract, error: Any) -> bool:
    if error.kind.name == "type":
        schema = _at(contract.document, error.schema_path[:-1])  # from the top of the document
        return is_lax_value(error.instance, error.kind.types, contract.text_format(schema))
    if error.kind.name == "format":  # pydantic reads a number in a text as a moment, and needs no offset
        named = _at(contract.document, error.schema_path[:-1])
        is_time = isinstance(named, dict) and named.get("format") in _TIME_FORMATS
        return (
            is_time and isinstance(error.instance, str) and bool(_numbers(error.instance) or is_naive(error.instance))
        )
    if error.kind.name in {"anyOf", "oneOf"}:
        return any(branch and all(_is_lax_error(contract, inner) for inner in branch) for branch in error.kind.context)
    return False
