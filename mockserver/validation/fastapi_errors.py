"""FastAPI's validation errors: pydantic's, located by FastAPI and sent back by its `jsonable_encoder`."""

from __future__ import annotations

import datetime
import io
import math
from collections.abc import Mapping
from decimal import Decimal
from enum import Enum
from itertools import takewhile
from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import SchemaValidator

from mockserver.forms import Part
from mockserver.types import JSON
from mockserver.validation.fastapi_habits import Habits

NO_ERRORS: Final[list[dict[str, Any]]] = []
MAX_ECHO_DEPTH: Final = 200
SPOOL_SIZE: Final = 1024 * 1024


def run(validator: SchemaValidator, value: JSON, loc: tuple[str, ...]) -> tuple[Any, list[dict[str, Any]]]:
    """The validated value and no errors, or None and the errors."""
    try:
        return validator.validate_python(value, from_attributes=True), NO_ERRORS
    except ValidationError as error:
        return None, [{**item, "loc": (*loc, *item["loc"])} for item in error.errors(include_url=False)]


def missing(loc: tuple[str, ...]) -> dict[str, Any]:
    """FastAPI's error for a parameter or body that is not there."""
    return {"type": "missing", "loc": loc, "msg": "Field required", "input": None}


Places = dict[int, int] | None
"""How many lines of each file have been read, by the file's identity: what is echoed twice is read on. None of the
versions that do not read them."""


def echo_errors(errors: list[dict[str, Any]], habits: Habits) -> list[dict[str, Any]]:
    """The errors of one answer as JSON."""
    places: Places = {} if habits.reads_files_to_echo else None
    return [_echo_error(error, places) for error in errors]


def _echo_error(error: dict[str, Any], places: Places) -> dict[str, Any]:
    error = {**error, "input": echo(error["input"], places)}
    if "ctx" in error:
        error["ctx"] = echo(error["ctx"], places)
    return error


def echo(value: Any, places: Places, depth: int = 0) -> JSON:
    """A value as FastAPI's `jsonable_encoder` sends it back.

    Where FastAPI fails to send it and answers 500 (NaN, lone surrogates, undecodable bytes, endless nesting), the
    nearest value that JSON has stands in.
    """
    if isinstance(value, str) and not isinstance(value, Enum):
        return value.encode("utf-8", "replace").decode() if not value.isascii() else value
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if value is None or (isinstance(value, bool | int | float) and not isinstance(value, Enum)):
        return value
    if depth > MAX_ECHO_DEPTH:
        return None
    if isinstance(value, Mapping):
        # `jsonable_encoder` leaves out keys that look like SQLAlchemy's own.
        return {
            echo(key, places): echo(item, places, depth + 1)
            for key, item in value.items()
            if not (isinstance(key, str) and key.startswith("_sa"))
        }
    if isinstance(value, list | tuple | set | frozenset):
        return [echo(item, places, depth + 1) for item in value]
    return _echo_object(value, places)


def _echo_object(value: Any, places: Places) -> JSON:
    if isinstance(value, Enum):
        return echo(value.value, places)
    if isinstance(value, Part):
        return _echo_file(value, places)
    if isinstance(value, Decimal):
        exponent = value.as_tuple().exponent
        return int(value) if isinstance(exponent, int) and exponent >= 0 else float(value)
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, datetime.timedelta):
        return value.total_seconds()
    if isinstance(value, Exception):
        return {}  # it has no attributes of its own
    return str(value)


def _echo_file(part: Part, places: Places) -> JSON:
    """A file where a text was expected: the attributes of Starlette's `UploadFile`, nested as they are."""
    unset = dict.fromkeys(("suffix", "prefix", "encoding", "newline", "dir", "errors"))
    arguments = {"mode": "w+b", "buffering": -1, **unset}
    file: dict[str, JSON] = {
        "_file": {},
        "_max_size": SPOOL_SIZE,
        "_rolled": len(part.data) > SPOOL_SIZE,
        "_TemporaryFileArgs": {**arguments, "errors": None},
    }
    if places is not None:
        # `jsonable_encoder` tries `dict(file)` first, which takes lines of two bytes for pairs.
        lines = io.BytesIO(part.data).readlines()[places.get(id(part), 0) :]
        pairs = list(takewhile(lambda line: len(line) == 2, lines))
        if len(pairs) == len(lines):
            file = {str(line[0]): line[1] for line in lines}
        places[id(part)] = places.get(id(part), 0) + len(pairs) + 1
    echoed = {
        "filename": part.filename,
        "file": file,
        "size": len(part.data),
        "headers": dict(part.headers.items()),
    }
    return echoed if places is None else {**echoed, "_max_mem_size": SPOOL_SIZE}
