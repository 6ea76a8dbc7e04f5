"""Request against operation, with all errors in one answer.

Two validators behind one protocol. The document decides which: FastAPI's own error component means FastAPI.
"""

from __future__ import annotations

from typing import Any, Final, Protocol

from mockserver.parameters import RawParameters
from mockserver.spec import Operation, Spec
from mockserver.types import JSON, Rejection, Request
from mockserver.validation.fastapi import FastAPIValidator
from mockserver.validation.fastapi_habits import Settings, infer_version
from mockserver.validation.fastapi_security import FastAPISecurity
from mockserver.validation.strict import StrictValidator

VALIDATIONS: Final = ("auto", "fastapi", "strict", "off")
"""What the option `validation` may be; `auto` lets the document decide, `off` decodes and refuses nothing."""


class Validator(Protocol):
    """Validates the requests to one operation; compiled once."""

    body_before_credentials: bool
    """Whether an unreadable body is refused before missing credentials are."""

    def read_body(self, request: Request) -> JSON | Rejection:
        """The decoded body (`ABSENT` when there is none), or why it cannot be decoded."""

    def validate(self, raw: RawParameters, body: JSON) -> dict[str, Any] | Rejection:
        """The decoded request (`path`, `query`, `header`, `cookie`, `body`), or all that is wrong with it."""


def compile_validator(
    operation: Operation, spec: Spec, *, fastapi_version: tuple[int, int] | None, validation: str = "auto"
) -> Validator:
    """The validator that the document or `validation`, one of `VALIDATIONS`, asks for.

    `fastapi_version` None goes by what the document shows.
    """
    if validation == "fastapi" or (validation == "auto" and spec.is_fastapi):
        version = fastapi_version or infer_version(spec.document)
        return FastAPIValidator(operation, spec.document, version=version)
    return StrictValidator(operation, spec.document, refuses=validation != "off")


__all__ = [
    "VALIDATIONS",
    "FastAPISecurity",
    "FastAPIValidator",
    "Settings",
    "StrictValidator",
    "Validator",
    "compile_validator",
    "infer_version",
]
