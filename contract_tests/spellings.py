"""How the values of parameters stand in a request: the styles of OpenAPI (3.1, section 4.8.12.2), written out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from contract_tests.contract import Parameter
from contract_tests.drafts import Draft

_DELIMITERS: Mapping[str, str] = {"form": ",", "simple": ",", "spaceDelimited": " ", "pipeDelimited": "|"}
_RESERVED = frozenset(",|&=;[]")
"""What would cut a text into pieces of its own."""


def text_of(value: Any) -> str | None:
    """A scalar as it is spelled in a parameter; None for anything else."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, str | int | float) else None


def can_spell(parameter: Parameter, value: Any) -> bool:
    """Whether an array or an object has one reading only when it is spelled as its parameter's style has it.

    An array of nothing, an empty text and a text with a delimiter in it have more than one.
    """
    if parameter.media_type or not _has_style(parameter, value):
        return False
    leaves = [*value.values()] if isinstance(value, dict) else value if isinstance(value, list) else []
    texts = [text_of(leaf) for leaf in [*leaves, *(value if isinstance(value, dict) else ())]]
    return bool(leaves) and all(text and not _RESERVED & {*text} and text == text.strip() for text in texts)


def _has_style(parameter: Parameter, value: Any) -> bool:
    if isinstance(value, dict):
        return parameter.location == "query" and parameter.style == "deepObject"
    if parameter.location == "query":
        return parameter.style in _DELIMITERS
    return parameter.style == "simple" and parameter.location in {"header", "path"}


def spelled(draft: Draft, parameter: Parameter, value: Any) -> Draft:
    """The draft with an array or an object in a parameter, in place of what it had. `can_spell` says which can be."""
    name, location = parameter.name, parameter.location
    if location == "query":
        kept = tuple(pair for pair in draft.query if pair[0] != name and not pair[0].startswith(f"{name}["))
        draft = replace(draft, query=(*kept, *_iter_pairs(parameter, value)))
    else:
        draft = draft.with_parameter(location, name, ",".join(filter(None, map(text_of, value))))
    return _with_commas(draft, parameter, value)


def _iter_pairs(parameter: Parameter, value: Any) -> Iterator[tuple[str, str]]:
    texts = {key: text_of(leaf) or "" for key, leaf in (value.items() if isinstance(value, dict) else enumerate(value))}
    if parameter.style == "deepObject":
        yield from ((f"{parameter.name}[{key}]", text) for key, text in texts.items())
    elif parameter.explode:
        yield from ((parameter.name, text) for text in texts.values())
    else:
        yield parameter.name, _DELIMITERS[parameter.style].join(texts.values())


def _with_commas(draft: Draft, parameter: Parameter, value: Any) -> Draft:
    """Commas that delimit stand as such: an encoded one is a part of a text (RFC 6570, section 3.2.1)."""
    if isinstance(value, dict) or len(value) < 2 or _DELIMITERS.get(parameter.style) != ",":
        return draft
    pieces = [quote(text_of(leaf) or "", safe="") for leaf in value]
    if parameter.location == "query" and not parameter.explode:
        name = quote(parameter.name, safe="")
        return draft.respelled(f"{name}={'%2C'.join(pieces)}", f"{name}={','.join(pieces)}")
    return draft.respelled("%2C".join(pieces), ",".join(pieces)) if parameter.location == "path" else draft
