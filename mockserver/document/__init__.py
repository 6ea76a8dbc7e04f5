"""Bytes to an OpenAPI document: reading, overlays, one dialect, references."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import jsonschema_rs

from mockserver.document.dialect import fold
from mockserver.document.families import Families, families
from mockserver.document.legality import Reading
from mockserver.document.overlays import apply_overlay, overlay_beside
from mockserver.document.pointers import lookup
from mockserver.document.reading import read_mapping
from mockserver.document.references import bundle
from mockserver.document.weights import Weights
from mockserver.errors import Finding, SpecError
from mockserver.types import JSON

_URI = "urn:openapi"
"""What the document is called where a validator refers to it."""

VERSIONS = ("2.0", "3.0", "3.1", "3.2")


@dataclass(frozen=True)
class Document:
    """An OpenAPI document with its overlays applied and its files bundled. `source` is what the user called it."""

    content: Mapping[str, Any]
    source: str
    overlays: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    """What had to be left out so that the rest can be served."""
    has_write_only: bool = True
    """Whether a schema may say `writeOnly`."""

    def resolve(self, node: JSON, pointer: str) -> tuple[JSON, str]:
        """Follow `$ref` until something else stands there; returns it with its own pointer.

        Raises `SpecError` for a reference that leads nowhere, round in a circle or out of this document.
        """
        seen: list[str] = []
        while isinstance(node, Mapping) and isinstance(reference := node.get("$ref"), str):
            if reference in seen:
                raise self._broken(reference, pointer, "refers to itself")
            seen.append(reference)
            node, pointer = self.lookup(reference, pointer), reference
        return node, pointer

    def lookup(self, reference: str, pointer: str = "") -> JSON:
        """What a reference inside this document (`#/components/...`) points at."""
        if not reference.startswith("#/"):
            raise self._broken(reference, pointer, "leaves the document", "Bundle the files into one document first.")
        try:
            return lookup(self.content, reference)
        except KeyError:
            raise self._broken(reference, pointer, "leads nowhere", "Check its spelling.") from None

    def validator(self, *pointers: str, keyword: str = "allOf") -> jsonschema_rs.Draft202012Validator:
        """A JSON Schema validator for the schemas at these pointers, combined by a keyword; formats are asserted."""
        for pointer in pointers:
            self.check(pointer)
        references = [{"$ref": f"{_URI}#{quote(unquote(pointer[1:]), safe='/~$')}"} for pointer in pointers]
        try:
            return jsonschema_rs.Draft202012Validator(
                {keyword: references}, registry=self._registry, validate_formats=True
            )
        except (jsonschema_rs.ValidationError, ValueError) as error:
            reason = str(error).splitlines()[0]
            raise SpecError(f"is no JSON Schema ({reason})", source=self.source, pointer=pointers[0]) from None

    def check(self, pointer: str) -> None:
        """Raise `SpecError` for a schema that would keep a validator busy for ever."""
        try:
            self._weights.check(pointer)
        except SpecError as error:
            raise SpecError(error.problem, source=self.source, pointer=pointer) from None

    @cached_property
    def _weights(self) -> Weights:
        return Weights(self.lookup)

    @cached_property
    def responses(self) -> Document:
        """The document as its responses are read: without the properties that are only written."""
        if not self.has_write_only:
            return self
        content = Reading(self.lookup, "writeOnly").object(self.content, "#")
        return self if content is self.content else replace(self, content=content)

    @cached_property
    def families(self) -> Families:
        """Which components are composed of which."""
        return families(self.content)

    @cached_property
    def _registry(self) -> jsonschema_rs.Registry:
        return jsonschema_rs.Registry([(_URI, dict(self.content))])

    def _broken(self, reference: str, pointer: str, why: str, remedy: str = "") -> SpecError:
        return SpecError(f"the reference {reference!r} {why}", source=self.source, pointer=pointer, remedy=remedy)


def load_document(
    source: str | Path | Mapping[str, Any],
    *,
    overlays: Iterable[str | Path] | None = None,
    allow_remote_refs: bool = False,
) -> Document:
    """Read an OpenAPI document, apply overlays to it in order, bundle its files and fold it into the 3.1 dialect.

    `source` is a path, a URL, `-` for standard input, or the document as a dict. `overlays` None takes the one that is
    named like the file and stands beside it (`openapi.overlay.json` beside `openapi.json`), if there is one; `()` takes
    none. References to other files are followed below and beside a document that is a file, those to other machines
    only with `allow_remote_refs`. Raises `SpecError`.
    """
    if isinstance(source, Mapping):
        name, content, beside = "the document", _as_json(source), []
    else:
        name, content, beside = str(source), read_mapping(source), overlay_beside(source)
    paths = beside if overlays is None else [Path(overlay) for overlay in overlays]
    try:
        for overlay in paths:
            content = apply_overlay(content, read_mapping(overlay), source=str(overlay))
        content = {key: value for key, value in content.items() if value is not None}
        _check_version(content, name)
        findings = bundle(content, name, allow_remote=allow_remote_refs)
        return _legal(Document(fold(content), name, tuple(map(str, paths)), findings))
    except RecursionError:
        raise SpecError("is nested too deeply", source=name) from None


def _legal(document: Document) -> Document:
    """The document without what no validator would take, which stands among its findings."""
    reading = Reading(document.lookup)
    content = reading.object(document.content, "#")
    findings = [Finding("warning", pointer, problem) for pointer, problem in dict.fromkeys(reading.findings)]
    return replace(
        document,
        content=content,
        findings=(*document.findings, *findings),
        has_write_only=reading.has_write_only,
    )


def _as_json(source: Mapping[str, Any]) -> dict[str, Any]:
    """A dict as JSON has it: a copy with text for keys, and for dates, as a YAML loader makes them."""
    content: dict[str, Any] = json.loads(json.dumps(source, default=str))
    return content


def _check_version(content: Mapping[str, Any], source: str) -> None:
    version = content.get("openapi", content.get("swagger"))
    if not str(version).startswith(VERSIONS):
        found = "has no `openapi` field" if version is None else f"is OpenAPI {version}"
        raise SpecError(found, source=source, remedy="Swagger 2.0 and OpenAPI 3.0, 3.1 and 3.2 are served.")
    if not isinstance(content.get("paths", {}), Mapping):
        raise SpecError("must be an object of paths", source=source, pointer="#/paths")
