"""A refused request as the answer that says so, in the form that the document or the user asks for."""

from __future__ import annotations

import html
import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from mockserver.engine.encodings import encoder
from mockserver.engine.error_schemas import ErrorSchema
from mockserver.engine.facts import Facts, facts_of, summary
from mockserver.engine.problem_details import PROBLEM_MEDIA_TYPE, problem_details
from mockserver.errors import SpecError
from mockserver.negotiation import choose_media_type
from mockserver.spec import MediaType, Operation, Response, Spec
from mockserver.types import ABSENT, JSON_MEDIA_TYPE, Rejection, Reply, Request, is_json

ERROR_FORMS: Final = ("auto", "fastapi", "document", "problem")
"""What the option `errors` may be."""

INVALID: Final = (422, 400)
"""The statuses of an invalid request; where only the other one is documented, that is answered, as Prism does."""

FASTAPI_ERROR: Final = "#/components/schemas/HTTPValidationError"

# As Starlette's `JSONResponse` writes it, down to the digits of a float.
_ENCODER: Final = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))


class ErrorRenderer:
    """Renders what the mock refuses. `form` is one of `ERROR_FORMS`; `auto` lets the document decide."""

    def __init__(self, spec: Spec, form: str, *, seed: int = 0) -> None:
        if form not in ERROR_FORMS:
            raise ValueError(f"errors is {form!r}, which is none of {', '.join(ERROR_FORMS)}")
        self._form = form
        self._seed = seed
        self._document = spec.document
        self._speaks_fastapi = form == "fastapi" or (form == "auto" and spec.is_fastapi)
        self._schemas: dict[str, ErrorSchema | None] = {}
        self._own_errors: dict[str, Callable[[Any], bool]] = {}

    def render(self, rejection: Rejection, request: Request, operation: Operation | None = None) -> Reply:
        """The answer to a refused request; `operation` is None when it led to none."""
        if operation is None and self._form == "problem":
            return _problem(rejection, facts_of(rejection, request, rejection.status), "")
        if operation is None or (self._speaks_fastapi and not self._has_own_form(rejection, operation)):
            return _detailed(rejection, operation)
        status, response = documented_error(operation, rejection.status)
        facts = facts_of(rejection, request, status)
        if self._form != "problem" and response is not None and status < 500:
            for media_type in _media_types(response, request):
                if (body := self._body(media_type, facts)) is not None:
                    return _reply(rejection, status, body, _concrete(media_type.name), str(operation))
        return _detailed(rejection, operation) if self._speaks_fastapi else _problem(rejection, facts, str(operation))

    def _has_own_form(self, rejection: Rejection, operation: Operation) -> bool:
        """Whether an application of FastAPI shows that it has a form of its own for errors of validation.

        Where a route declares its 422, FastAPI documents none; that another one is sent then is for a handler to do.
        """
        response = next((entry for entry in operation.responses if entry.status == str(INVALID[0])), None)
        if self._form != "auto" or rejection.status != INVALID[0] or response is None:
            return False
        schemas = [entry for entry in response.content if is_json(entry.name) and isinstance(entry.schema, Mapping)]
        if not schemas or schemas[0].schema == {"$ref": FASTAPI_ERROR}:
            return False
        pointer = f"{schemas[0].pointer}/schema"
        if (is_valid := self._own_errors.get(pointer)) is None:
            try:
                is_valid = self._document.validator(pointer).is_valid
            except SpecError:  # said at load, where it can be mended
                is_valid = bool
            self._own_errors[pointer] = is_valid
        return not is_valid(json.loads(_detailed(rejection, operation).body))

    def _body(self, media_type: MediaType, facts: Facts) -> bytes | None:
        """A documented body that tells the facts; None when this media type cannot."""
        name = _concrete(media_type.name)
        if not (is_json(name) or _is_xml(name)):
            return _text(media_type, facts)
        encoded = encode if is_json(name) else encoder(media_type, self._document)
        if media_type.schema is True:  # nothing says where the facts go: an example is sent as it stands
            return next((encoded(value) for value in media_type.examples.values()), None)
        schema = self._schema(media_type)
        value = ABSENT if schema is None else schema.fill(facts)
        return None if value is ABSENT else encoded(value)

    def _schema(self, media_type: MediaType) -> ErrorSchema | None:
        key = media_type.pointer
        if isinstance(media_type.schema, Mapping) and media_type.schema.keys() == {"$ref"} and not media_type.examples:
            key = str(media_type.schema["$ref"])  # which most operations share
        if key not in self._schemas:
            try:
                schema = ErrorSchema(media_type, self._document, seed=self._seed)
            except (SpecError, RecursionError):
                schema = None  # said at load, where it can be mended
            self._schemas[key] = schema
        return self._schemas[key]


def documented_error(operation: Operation, status: int) -> tuple[int, Response | None]:
    """The status to answer and the response that documents it: the exact one, else for an invalid request 422 or 400,
    else `4XX`, else `default`."""
    by_status: dict[str, Response] = {}
    for response in operation.responses:
        by_status.setdefault(response.status.upper(), response)
    for exact in (status, *(INVALID if status in INVALID else ())):
        if str(exact) in by_status:
            return exact, by_status[str(exact)]
    return status, by_status.get("4XX") or by_status.get("DEFAULT")


def _media_types(response: Response, request: Request) -> list[MediaType]:
    """The documented media types, the acceptable one first; an error is told even to who accepts none of them."""
    ranked = sorted(response.content, key=lambda entry: not is_json(_concrete(entry.name)))
    best = choose_media_type(response, request.headers.get("accept"))
    return [best, *ranked] if isinstance(best, MediaType) else ranked


def _is_xml(name: str) -> bool:
    return name.partition(";")[0].strip().lower().endswith(("/xml", "+xml"))


def _concrete(name: str) -> str:
    """A media type to send: JSON where the document leaves it open."""
    return JSON_MEDIA_TYPE if name.partition(";")[0].strip() in ("*/*", "application/*") else name.replace("*", "plain")


def _text(media_type: MediaType, facts: Facts) -> bytes | None:
    """The sentence, where the media type is text without structure."""
    name = _concrete(media_type.name).partition(";")[0].strip().lower()
    if not name.startswith("text/"):
        return None
    return (html.escape(facts.message) if name == "text/html" else facts.message).encode("utf-8", "replace")


def _detailed(rejection: Rejection, operation: Operation | None) -> Reply:
    body = encode({"detail": rejection.detail})
    return _reply(rejection, rejection.status, body, JSON_MEDIA_TYPE, str(operation or ""))


def _problem(rejection: Rejection, facts: Facts, operation: str) -> Reply:
    return _reply(rejection, facts.status, encode(problem_details(facts)), PROBLEM_MEDIA_TYPE, operation)


def _reply(rejection: Rejection, status: int, body: bytes, media_type: str, operation: str) -> Reply:
    headers = (("content-type", media_type), *rejection.headers)
    return Reply(status, headers, body, operation, summary(rejection))


def encode(body: Any) -> bytes:
    """JSON bytes. What a request has and JSON has not becomes null (NaN) or a question mark (half a surrogate pair)."""
    try:
        text = _ENCODER.encode(body)
    except ValueError:
        text = _ENCODER.encode(json.loads(json.dumps(body), parse_constant=lambda _name: None))
    return text.encode("utf-8", "replace")
