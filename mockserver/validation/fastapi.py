"""What FastAPI does with a request before it calls the route: the order, the rules and the words are FastAPI's.

Read from its releases 0.115, 0.128 and 0.165. Each module has what one part of FastAPI does:

- `fastapi_parameters`: `request_params_to_args`; `fastapi_dependencies`: whose errors come first;
- `fastapi_body`: `get_request_handler` and `request_body_to_args`; `fastapi_forms`: `_extract_form_body`;
- `fastapi_security`: `fastapi.security`;
- `fastapi_errors`: `request_validation_exception_handler` with `jsonable_encoder`;
- `fastapi_habits`: what differs by version and by the settings of the application;
- `pydantic_types`, `formats`, `constraints`, `union_tags`: `pydantic.json_schema`, inverted. Errors are pydantic's own.
"""

from __future__ import annotations

import re
from typing import Any, Final

from mockserver.document import Document
from mockserver.parameters import RawParameters
from mockserver.spec import Operation
from mockserver.types import JSON, Rejection, Request
from mockserver.validation.fastapi_body import JSONBody, compile_body, is_written_out
from mockserver.validation.fastapi_dependencies import Dependencies
from mockserver.validation.fastapi_errors import echo_errors
from mockserver.validation.fastapi_forms import UPLOAD_TYPES
from mockserver.validation.fastapi_habits import DEFAULT_VERSION, Habits, Settings, Version
from mockserver.validation.fastapi_parameters import compile_parameters
from mockserver.validation.pydantic_types import TypeCompiler

ERROR_RANGES: Final = frozenset(("422", "4XX", "DEFAULT"))
"""The statuses of which one is documented for every operation that FastAPI validates."""


class FastAPIValidator:
    """Validates the requests to one operation of a FastAPI document."""

    body_before_credentials = True

    def __init__(self, operation: Operation, document: Document, *, version: Version = DEFAULT_VERSION) -> None:
        types = TypeCompiler.of(document)
        self._types = types  # which is kept as long as one of its validators is, as are the dependencies
        habits = self._habits = Habits(version, Settings.of(document).strict_content_type)
        self._dependencies = Dependencies.of(document)
        is_validated = _is_validated(operation, self._dependencies)
        self._fields = compile_parameters(operation, types, habits, self._dependencies) if is_validated else []
        is_read = is_validated and not (self._dependencies.tells_validation and is_written_out(operation.request_body))
        self._body = compile_body(operation.request_body, types, habits, is_read=is_read)

    def read_body(self, request: Request) -> JSON | Rejection:
        return self._body.read(request)

    def validate(self, raw: RawParameters, body: JSON) -> dict[str, Any] | Rejection:
        decoded: dict[str, Any] = {"path": {}, "query": {}, "header": {}, "cookie": {}}
        errors: list[dict[str, Any]] = []
        for field in self._fields:
            if found := field.read(raw, decoded):
                errors += found
        errors += self._body.validate(body)
        if errors:
            return Rejection(422, echo_errors(errors, self._habits))
        if self._body.exists:
            decoded["body"] = body if isinstance(self._body, JSONBody) and not isinstance(body, UPLOAD_TYPES) else None
        return decoded


def _is_validated(operation: Operation, dependencies: Dependencies) -> bool:
    """Whether FastAPI validates what is documented.

    What an application only documents (`openapi_extra`) it reads itself. FastAPI adds no 422 then.
    """
    if not ERROR_RANGES.isdisjoint(response.status.upper() for response in operation.responses):
        return True
    if dependencies.tells_validation:
        return False
    ending = re.sub(r"\W", "_", operation.path) + f"_{operation.method.lower()}"
    return not (is_written_out(operation.request_body) and operation.operation_id.endswith(ending))
