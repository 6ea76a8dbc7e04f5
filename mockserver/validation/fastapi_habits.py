"""What FastAPI does differently from version to version and by an application's settings, and what a document shows."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Final

from mockserver.document import Document
from mockserver.document.pointers import leads
from mockserver.errors import SpecError

Version = tuple[int, int]

EXTENSION: Final = "x-mock-fastapi"
"""Where a document, or its overlay, says at its top how its application was set."""

DEFAULT_VERSION: Final = (0, 128)
"""Assumed of a document whose `ValidationError` component has only loc, msg and type, as in the vendored contract."""

NEWER_VERSION: Final = (0, 165)
"""Assumed of a document whose `ValidationError` component has `input` and `ctx` too, which came with 0.132."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What no document shows and its extension may say; the names are those of the arguments of `FastAPI`."""

    version: Version | None = None
    redirect_slashes: bool = True
    strict_content_type: bool = True

    @classmethod
    def of(cls, document: Document) -> Settings:
        """Those of a document. Raises `SpecError` for one that is unknown."""
        said = document.content.get(EXTENSION, {})
        names = {field.name for field in fields(cls)}
        if not isinstance(said, Mapping) or (unknown := said.keys() - names):
            problem = f"`{min(unknown)}` is no setting" if isinstance(said, Mapping) else "is no object of settings"
            raise _wrong(document, problem, f"Those are {', '.join(sorted(names))}.")
        values: dict[str, Any] = dict(said)
        for name, value in values.items():
            if name != "version" and not isinstance(value, bool):
                raise _wrong(document, f"`{name}` is neither true nor false")
        if "version" in values:
            values["version"] = _version(document, str(values["version"]))
        return cls(**values)


def _version(document: Document, text: str) -> Version:
    if not (match := re.fullmatch(r"(\d+)\.(\d+)(\.\d+)?", text)):
        raise _wrong(document, f"`version` is no version of FastAPI: {text}", 'Write it as a text: "0.128".')
    return int(match[1]), int(match[2])


def _wrong(document: Document, problem: str, remedy: str = "") -> SpecError:
    return SpecError(problem, source=document.source, pointer=f"#/{EXTENSION}", remedy=remedy)


@dataclass(frozen=True, slots=True)
class Habits:
    """The habits of one version, each found in the first of the releases that was looked at to have it."""

    version: Version
    strict_content_type: bool = True

    @property
    def all(self) -> dict[str, bool]:
        """Every habit by its name."""
        names = [name for name, value in vars(Habits).items() if isinstance(value, property) and name != "all"]
        return {name: getattr(self, name) for name in names}

    @property
    def keeps_empty_texts(self) -> bool:
        """An empty form field is validated as a text and not missing, unless it has a default other than None."""
        return self.version < (0, 122)

    @property
    def reads_files_to_echo(self) -> bool:
        """A file where a text was expected is sent back as what is left in it, and with Starlette's size limit."""
        return self.version >= (0, 122)

    @property
    def answers_401(self) -> bool:
        """Missing credentials are 401 with a challenge for every scheme; before, most were 403 without."""
        return self.version >= (0, 122)

    @property
    def needs_content_type(self) -> bool:
        """A body without `Content-Type` is not read as JSON."""
        return self.version >= (0, 132) and self.strict_content_type

    @property
    def skips_bytes(self) -> bool:
        """Embedded parameters of a body that is not JSON have their defaults, instead of all being missing."""
        return self.version >= (0, 140)

    @property
    def knows_forms_by_data(self) -> bool:
        """An empty field of a form model is missing too, and so is a file without name and content."""
        return self.version >= (0, 150)

    @property
    def names_broken_forms(self) -> bool:
        """Forms are parsed by Starlette 1, which says what is wrong with them and has limits for every kind."""
        return self.version >= (0, 150)

    @property
    def validates_null(self) -> bool:
        """A `null` is a value to validate; before, it was a missing one."""
        return self.version >= (0, 155)

    @property
    def names_headers_as_sent(self) -> bool:
        """Errors in a model of headers name the header, not the field with its underscores."""
        return self.version >= (0, 155)

    @property
    def reads_forms_by_branch(self) -> bool:
        """Each model of a union reads a form in its own way: what is a list in one may be a single text in another."""
        return self.version >= (0, 155)

    @property
    def skips_absent_models(self) -> bool:
        """An optional form model is validated only when one of its fields was sent."""
        return self.version >= (0, 161)


def infer_version(document: Document) -> Version:
    """The FastAPI that a document says to come from, else that it looks like."""
    if (said := Settings.of(document).version) is not None:
        return said
    properties = "#/components/schemas/ValidationError/properties"
    told = any(leads(document.content, f"{properties}/{name}") for name in ("input", "ctx"))
    return NEWER_VERSION if told else DEFAULT_VERSION
