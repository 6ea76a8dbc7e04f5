"""Overlays: changes to a document that stand beside it (OpenAPI Overlay Specification 1.0)."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import jsonpath

from mockserver.document.reading import SUFFIXES, is_url
from mockserver.errors import SpecError
from mockserver.types import JSON


def apply_overlay(
    content: dict[str, Any], overlay: Mapping[str, Any], *, source: str = "the overlay"
) -> dict[str, Any]:
    """A copy of the document with the actions of an overlay applied. Raises `SpecError` for one without effect."""
    if not str(overlay.get("overlay", "")).startswith("1.") or not isinstance(overlay.get("actions"), list):
        raise SpecError("is no OpenAPI Overlay 1.x", source=source, remedy="It needs `overlay: 1.0.0` and `actions`.")
    content = copy.deepcopy(content)
    for number, action in enumerate(overlay["actions"]):
        pointer = f"#/actions/{number}"
        try:
            matches = list(jsonpath.finditer(action["target"], content))
        except (jsonpath.JSONPathError, KeyError, TypeError) as error:
            raise SpecError(f"has no usable target ({error})", source=source, pointer=pointer) from None
        if not matches:
            raise SpecError(f"target {action['target']} matches nothing", source=source, pointer=pointer)
        for match in reversed(matches):  # from the end, so that removals do not shift what is still to be removed
            if action.get("remove") is True:
                _remove(match)
            else:
                _update(match, action.get("update"), source, pointer)
    return content


def _remove(match: jsonpath.JSONPathMatch) -> None:
    if match.parent is not None:
        del cast("Any", match.parent.obj)[match.parts[-1]]


def _update(match: jsonpath.JSONPathMatch, update: JSON, source: str, pointer: str) -> None:
    target = match.obj
    if isinstance(target, dict) and isinstance(update, Mapping):
        _merge(target, update)
    elif isinstance(target, list):
        target.append(copy.deepcopy(update))
    else:
        raise SpecError("updates neither an object nor an array", source=source, pointer=pointer)


def _merge(target: dict[str, Any], update: Mapping[str, Any]) -> None:
    """Overlay 1.0, section 4.4.3.1: objects merge recursively, arrays are joined, other values are replaced."""
    for key, value in update.items():
        present = target.get(key)
        if isinstance(present, dict) and isinstance(value, Mapping):
            _merge(present, value)
        elif isinstance(present, list) and isinstance(value, list):
            present.extend(copy.deepcopy(value))
        else:
            target[key] = copy.deepcopy(value)


def overlay_beside(source: str | Path) -> list[Path]:
    """The overlay that is named like a document: `api.overlay.yaml` beside `api.json`; none when there is none."""
    if str(source) == "-" or is_url(str(source)):
        return []
    path = Path(source)
    beside = (path.with_name(f"{path.stem}.overlay{suffix}") for suffix in SUFFIXES)
    return [overlay for overlay in beside if overlay.is_file()][:1]
