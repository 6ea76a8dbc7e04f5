"""What an error body says of a request: which place each of its entries names, and by which code.

Only what the document itself declares is read: an entry has a place and a code where the schema of the error has
members that are named like one.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, get_args

from pydantic_core import core_schema

from contract_tests.contract import Contract, Response

MAX_DEPTH = 4
"""Entries further inside an error body than this are not looked for."""

_PLACES = (
    "loc", "pointer", "jsonpointer", "instancepath", "datapath", "field", "fieldname", "fieldpath", "property",
    "propertyname", "propertypath", "parameter", "parametername", "param", "path", "attribute", "name",
)  # fmt: skip
_VAGUE = ("name", "path")
_OTHER_PLACES = ("pointer", "jsonpointer", "field", "parameter", "parametername", "param", "header")
"""An entry may have one of these for bodies and another for parameters (JSON:API's `source`)."""

_WHERE = ("in", "location", "where", "source", "part")
_CODES = ("type", "code", "kind", "keyword", "rule", "constraint", "validator", "errorcode")
_PROSE = ("message", "msg", "title", "detail", "details", "description", "reason", *_CODES)
_POINTER = re.compile(r"\bjson[- ]pointer\b", re.IGNORECASE)
_NAME_OF = re.compile(r"\b(name|path) of the ((wrong|invalid|offending) )?(field|parameter|member|property)\b", re.I)
_TO_MISSING = re.compile(
    r"\bto the (absent|missing) (field|member|property)\b|\b(absent|missing)\b[^.;]*\bwhere it would (be|stand)\b",
    re.IGNORECASE,
)
_TO_VALUE = re.compile(r"\b(to|of) the (\w+ )?value\b", re.IGNORECASE)
_LOCATIONS = frozenset({"body", "query", "path", "header", "headers", "cookie"})
_HOLDERS = frozenset({"", "required", "additionalProperties", "oneOf", "anyOf"})
"""Keywords whose errors JSON Schema reports at the object that holds the member."""

_PYDANTIC = frozenset(get_args(core_schema.ErrorType))

_WORDS: Mapping[str, frozenset[str]] = {
    name: frozenset(words.split())
    for name, words in {
        "required": "missing required absent blank null empty",
        "type": "type parsing parse cast base",
        "enum": "enum choice choices literal inclusion only allowed const",
        "range": "range min max minimum maximum small large big greater less multiple step exclusive",
        "length": "length long short min max small large big size many few",
        "pattern": "pattern regex format mismatch match",
        "additionalProperties": "extra additional unknown unexpected unrecognized undeclared forbidden",
        "uniqueItems": "unique duplicate duplicates",
    }.items()
}
_TYPES = {"int", "integer", "number", "float", "bool", "boolean", "string", "array", "list", "object", "dict"}
"""Say something only where nothing else does: `string_too_long` is of a length, `isInt` of a type."""

_CLASSES: Mapping[str, str] = {
    "required": "required",
    "type": "type",
    "enum": "enum",
    "const": "enum",
    **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"), "range"),
    **dict.fromkeys(("minLength", "maxLength", "minItems", "maxItems"), "length"),
    **dict.fromkeys(("pattern", "format"), "pattern"),
    "additionalProperties": "additionalProperties",
    "uniqueItems": "uniqueItems",
}
# What validators that are in wide use say of a keyword beside its own word: Zod calls what is missing an
# `invalid_type`, pydantic a wrong format a parsing error, JSON binders a word that is not listed one of the wrong type.
_ALSO: Mapping[str, frozenset[str]] = {
    "required": frozenset({"type"}),
    "type": frozenset({"pattern", "enum", "range"}),
    "enum": frozenset({"type"}),
    "range": frozenset({"length"}),
    "length": frozenset({"range"}),
    "pattern": frozenset({"type"}),
}


@dataclass(frozen=True, slots=True)
class Form:
    """How a documented error body is made: the members that lead to its entries, and those of an entry.

    `pointer` is that of the member that names the place, `others` are further ones that may; `where` is the one that
    says in which part of the request that is. `codes` are those that the document lists. A JSON pointer is exact, and
    may be said to lead to the very member that is missing, and not to what should hold it, or to the wrong value, and
    not to the list that it stands in.
    """

    path: tuple[str, ...]
    place: str
    code: str
    codes: tuple[str, ...]
    pointer: str
    is_list: bool
    is_required: bool
    others: tuple[str, ...] = ()
    where: str = ""
    is_pointer: bool = False
    leads_to_missing: bool = False
    leads_to_value: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """One error: the names of its place without indices, and its code; `shown` is the place as it came.

    `where` is the part of the request (`query`) that it says, if any; `indices` are those of its place.
    """

    names: tuple[str, ...]
    code: str
    shown: str
    is_text: bool
    where: str = ""
    indices: tuple[int, ...] = ()


def find_form(contract: Contract, response: Response | None) -> Form | None:
    """The form of a documented response's JSON body; None when its schema declares no place."""
    media = next((media for media in response.content if "json" in media.name.lower()), None) if response else None
    return _find(contract, media.schema, f"{media.pointer}/schema", (), is_list=False) if media else None


def _find(contract: Contract, schema: Any, pointer: str, path: tuple[str, ...], *, is_list: bool) -> Form | None:
    # A member may be described in several branches, and its entries in one of them.
    described = [*contract.iter_properties(schema, pointer)]
    members = {name: (child, place) for name, child, place in described}
    by_name = {re.sub(r"[^a-z]", "", name.lower()): name for name in members}
    # One error alone may have the name of its class, and the path of the request.
    named = [by_name[name] for name in _PLACES if name in by_name and (is_list or name not in _VAGUE)]
    told = [name for name, (child, _) in members.items() if name not in _PROSE and _says_place(contract, child)]
    place = next(iter([*named, *told]), None)
    if place is not None and path and _is_place(contract, members[place][0]):
        code = next((by_name[name] for name in _CODES if name in by_name), "")
        codes = tuple(v for v in contract.enum(members[code][0]) if isinstance(v, str)) if code else ()
        required = place in contract.required(schema)
        others = tuple(by_name[name] for name in _OTHER_PLACES if name in by_name and by_name[name] != place)
        others = tuple(name for name in others if _is_place(contract, members[name][0]))
        where = next((by_name[name] for name in _WHERE if name in by_name and by_name[name] != place), "")
        where = where if where and len(_LOCATIONS & {*contract.enum(members[where][0])}) > 1 else ""
        said = contract.description(members[place][0])
        exact = contract.text_format(members[place][0]) == "json-pointer" or bool(_POINTER.search(said))
        whole = exact and bool(_TO_MISSING.search(said))
        value = exact and bool(_TO_VALUE.search(said))
        return Form(path, place, code, codes, members[place][1], is_list, required, others, where, exact, whole, value)
    if len(path) >= MAX_DEPTH:
        return None
    for name, child, at in described:
        node, at = contract.resolve(child, at)
        if not isinstance(node, Mapping):
            continue
        if "array" in contract.json_types(node) and "items" in node:
            found = _find(contract, node["items"], f"{at}/items", (*path, name), is_list=True)
        else:
            found = _find(contract, node, at, (*path, name), is_list=is_list)
        if found is not None:
            return found
    return None


def _says_place(contract: Contract, schema: Any) -> bool:
    """Whether a member that is named like no place is said to be one."""
    said = contract.description(schema)
    return bool(_POINTER.search(said) or _NAME_OF.search(said)) and _is_place(contract, schema)


def _is_place(contract: Contract, schema: Any) -> bool:
    types = contract.json_types(schema) - {"null"}
    return types in ({"string"}, {"array"})


def iter_entries(form: Form, body: Any) -> Iterator[Entry]:
    """The entries of an error body that have a place."""
    nodes = [body]
    for name in form.path:
        held = [node[name] for node in nodes if isinstance(node, dict) and name in node]
        nodes = [item for node in held for item in (node if isinstance(node, list) else [node])]
    for node, name in itertools.product(nodes, (form.place, *form.others)):
        place = node.get(name) if isinstance(node, dict) else None
        if isinstance(place, str | list):
            code, where = node.get(form.code), node.get(form.where)
            text = isinstance(place, str)
            parts = re.split(r"[./\[\]#$]+", place) if isinstance(place, str) else [p for p in place if p is not None]
            names = tuple(_fold(part) for part in parts if isinstance(part, str) and part and not part.isdigit())
            indices = tuple(int(part) for part in parts if str(part).isdecimal())
            said = where.rstrip("s") if isinstance(where, str) and where in _LOCATIONS else ""
            yield Entry(names, code if isinstance(code, str) else "", str(place), text, said, indices)


def names_place(
    entry: Entry,
    location: str,
    field: tuple[str, ...],
    keyword: str,
    *,
    strict: bool,
    exact: bool = False,
    indexed: bool = False,
    indices: tuple[int, ...] = (),
    union: tuple[str, ...] | None = None,
) -> bool:
    """Whether an entry names the broken field, or what is on the way to it from an alternative (`union`).

    FastAPI's is exact (`strict`): location, then field; who has codes of its own is another. Elsewhere the field will
    do without its location, and what holds it for what is missing or too much: JSON Schema reports it there. A JSON
    pointer (`exact`) is the whole way to the field, with the right `indices`: all of them, where it is said to lead to
    the value itself (`indexed`).
    """
    if exact and location == "body" and entry.is_text and not re.match(r"$|#?/|#$", entry.shown):
        return False
    wanted = tuple(_fold(part) for part in field if not part.isdecimal() or not exact)
    if entry.where and entry.where != location:
        return False
    strict = strict and entry.code in _PYDANTIC
    is_indexed = len(entry.indices) == len(indices) or (indexed and location == "body" and bool(indices))
    if (strict or exact) and is_indexed and entry.indices != indices:
        return False
    if strict and keyword in _HOLDERS and len(wanted) > 1 and entry.names == (location, *wanted[:-1]):
        return True  # of a discriminator that is missing pydantic names what should hold it
    if strict:
        is_whole = all(name in entry.names for name in wanted)
        return entry.names[:1] == (location,) and (is_whole or _is_between(entry.names[1:], union, wanted))
    rest = entry.names
    if rest and rest[0] in _LOCATIONS and rest[:1] != wanted[:1]:
        if rest[0].rstrip("s") != location:
            return False
        rest = rest[1:]
        if not rest and location != "body":
            return True
    if not wanted:
        return True  # Zod's path of the whole body is empty
    if _is_between(rest, union, wanted):
        return True
    if exact and location == "body" and rest[-1:] == wanted[-1:]:
        return rest[-len(wanted) :] == wanted
    if rest[-1:] == wanted[-1:] or all(name in rest for name in wanted) or _fold(entry.shown) == wanted[-1]:
        return True
    is_holder = rest == wanted[: len(rest)] and (bool(entry.names) or entry.is_text)
    return is_holder and keyword in _HOLDERS


def _is_between(names: tuple[str, ...], union: tuple[str, ...] | None, field: tuple[str, ...]) -> bool:
    return union is not None and len(union) <= len(names) and names == field[: len(names)]


def code_problem(form: Form, entry: Entry, keyword: str) -> str:
    """Why a code cannot be that of a broken keyword, as the end of a sentence; empty when it can, or nobody knows."""
    own = _CLASSES.get(keyword)
    if own is None or not re.fullmatch(r"[A-Za-z][\w.\-/]{0,39}", entry.code):
        return ""
    said = _classes(entry.code)
    if said:
        return "" if said & ({own} | _ALSO.get(own, frozenset())) else f"its code is {entry.code}"
    better = [code for code in form.codes if own in _classes(code)]
    return f"its code is {entry.code}, not {better[0]}" if better and entry.code not in better else ""


def _classes(code: str) -> set[str]:
    words = {word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", code)}
    said = {name for name, known in _WORDS.items() if known & words}
    return said or ({"type"} if words & _TYPES else set())


def _fold(part: Any) -> str:
    return str(part).lower().replace("_", "-")


def show_entries(entries: Iterable[Entry]) -> str:
    """The places of entries in a sentence."""
    return "; ".join(entry.shown for entry in entries) or "no place"
