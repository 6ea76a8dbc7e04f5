"""What a service makes of a text before it keeps it, where the description of the member says so."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from typing import Any

_SPACE = r"(white[- ]?space|spaces?|blanks?|tabs?|line[- ]?(break|feed)s?)"
_OUTER = r"(around|leading|trailing|surround\w*|both ends|either end|before and after)"
_REMOVED = r"(removed?s?|trimm(ed|s)|trims?|stripp(ed|s)|strips?|dropped|drops?|discarded|cut( off)?)"
_TRIMMED = re.compile(
    rf"{_SPACE}.*{_OUTER}.*\b{_REMOVED}\b|{_OUTER}.*{_SPACE}.*\b{_REMOVED}\b|\b{_REMOVED}\b.*{_OUTER}.*{_SPACE}"
    r"|\b(is|are|be|gets?) (trimmed|stripped)\b|^(trimmed|stripped)\b"
)
_KEPT = r"(stored|kept|shown|saved|converted|normali[sz]ed|turned|returned|written)"
_CASED = re.compile(
    rf"\b{_KEPT}\b.*\b(in|to|into|as) (?P<case>lower|upper)[- ]?case\b|\b(?P<cased>lower|upper)-?cased\b"
)
_FORM = re.compile(r"\bnormali[sz]ed\b.*\b(nfk?[cd])\b")
_DENIED = re.compile(r"\b(not|nothing|never|no|none|nor|without|neither|may|unless|if|when)\b")


def normalised(description: Any, text: str) -> Any:
    """The text as it is kept; `...` where the description does not tell exactly."""
    for change in _iter_changes(str(description or "")):
        changed = change(text)
        if changed is None:
            return ...
        text = changed
    return text


def _iter_changes(description: str) -> Iterator[Callable[[str], str | None]]:
    for sentence in re.split(r"[.;]\s+|\n", description.lower()):
        said = sentence.rstrip(".; ")
        if _DENIED.search(said):
            continue
        if _TRIMMED.search(said):
            yield _trim_all if re.search(r"white|tab|line", said) else _trim
        if found := _CASED.search(said):
            yield str.lower if "lower" in {found["case"], found["cased"]} else str.upper
        if found := _FORM.search(said):
            yield _as_form(found[1].upper())


def _trim_all(text: str) -> str | None:
    return _agreed(text.strip(), text.strip(" \t\r\n"))


def _trim(text: str) -> str | None:
    """The words may mean spaces alone, or what else is white."""
    return _agreed(text.strip(" "), text.strip())


def _agreed(one: str, other: str) -> str | None:
    return one if one == other else None


def _as_form(name: str) -> Callable[[str], str]:
    return lambda text: unicodedata.normalize(name, text)  # type: ignore[arg-type]
