"""Which Python type a FastAPI application declared for a JSON Schema string: the inverse of `pydantic.json_schema`."""

from __future__ import annotations

import datetime
import ipaddress
import pathlib
import re
import uuid
from collections.abc import Mapping
from decimal import Decimal
from importlib.util import find_spec
from typing import Annotated, Any, Final

import pydantic
from pydantic import Field

FORMATS: Final[dict[str, Any]] = {
    "date-time": datetime.datetime,
    "date": datetime.date,
    "time": datetime.time,
    "duration": datetime.timedelta,
    "uuid": uuid.UUID,
    "uuid1": pydantic.UUID1,
    "uuid3": pydantic.UUID3,
    "uuid4": pydantic.UUID4,
    "uuid5": pydantic.UUID5,
    "uuid6": pydantic.UUID6,
    "uuid7": pydantic.UUID7,
    "uuid8": pydantic.UUID8,
    "multi-host-uri": pydantic.PostgresDsn,
    "ipv4": ipaddress.IPv4Address,
    "ipv6": ipaddress.IPv6Address,
    "ipv4network": ipaddress.IPv4Network,
    "ipv6network": ipaddress.IPv6Network,
    "ipv4interface": ipaddress.IPv4Interface,
    "ipv6interface": ipaddress.IPv6Interface,
    "ipvanyaddress": pydantic.IPvAnyAddress,
    "ipvanynetwork": pydantic.IPvAnyNetwork,
    "ipvanyinterface": pydantic.IPvAnyInterface,
    "binary": bytes,
    "base64": pydantic.Base64Bytes,
    "base64url": pydantic.Base64UrlBytes,
    "path": pathlib.Path,
    "file-path": pathlib.Path,  # whether there is such a file is not for the mock to know
    "directory-path": pathlib.Path,
    "regex": re.Pattern,
    "decimal": Decimal,
}
if find_spec("email_validator"):  # which pydantic needs for them
    FORMATS.update({"email": pydantic.EmailStr, "name-email": pydantic.NameEmail})

BYTE_SIZE: Final = r"^\s*(\d*\.?\d+)\s*(\w+)?"
HTTP_URL_LENGTH: Final = 2083

# `pydantic.json_schema.get_decimal_pattern`, read backwards.
DECIMAL_START: Final = r"^(?!^[-+.]*$)[+-]?0*"
DECIMAL_BOTH: Final = re.compile(r"\(\?=\[\\d\.\]\{1,(\d+)\}0\*\$\)\\d\{0,\d+\}\\\.\\d\{0,(\d+)\}")
DECIMAL_DIGITS: Final = re.compile(r"\(\?=\[\\d\.\]\{1,(\d+)\}0\*\$\)\\d\*")
DECIMAL_PLACES: Final = re.compile(r"^\\d\*\\\.\?\\d\{0,(\d+)\}0\*\$$")

NUMBER_KEYWORDS: Final = frozenset(
    {"type", "title", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"}
)


def string_type(schema: Mapping[str, Any]) -> Any:
    """The type of a schema whose type is `string`; `str` when nothing says otherwise."""
    name = schema.get("format")
    if name == "uri":
        if (length := schema.get("maxLength")) is None:
            return pydantic.AnyUrl
        return pydantic.HttpUrl if length == HTTP_URL_LENGTH else Annotated[pydantic.HttpUrl, Field(max_length=length)]
    if name == "password":  # a plain string when a password form said so
        return pydantic.SecretStr if schema.get("writeOnly") else str
    if name is None and schema.get("contentMediaType") == "application/octet-stream":
        return bytes
    return FORMATS.get(name, str) if isinstance(name, str) else str


def decimal_type(number: Any, text: Any, *, certain: bool) -> Any:
    """`Decimal`, for the pair of branches that pydantic writes for it; None when the pair is another.

    `certain` says that the pair is enough; else only a pattern tells it from `float | str`.
    """
    if not (isinstance(number, Mapping) and isinstance(text, Mapping)):
        return None
    if number.get("type") != "number" or not number.keys() <= NUMBER_KEYWORDS:
        return None
    pattern = text.get("pattern")
    if text.get("type") != "string" or not text.keys() <= {"type", "pattern", "title"}:
        return None
    if pattern is None:
        return Decimal if certain else None
    if not isinstance(pattern, str) or not pattern.startswith(DECIMAL_START):
        return None
    rest = pattern.removeprefix(DECIMAL_START)
    if match := DECIMAL_BOTH.search(rest):
        return Annotated[Decimal, Field(max_digits=int(match[1]) - 1, decimal_places=int(match[2]))]
    if match := DECIMAL_DIGITS.search(rest):
        return Annotated[Decimal, Field(max_digits=int(match[1]) - 1)]
    if match := DECIMAL_PLACES.search(rest):
        return Annotated[Decimal, Field(decimal_places=int(match[1]))]
    return Decimal


def is_byte_size(branches: list[Any]) -> bool:
    """Whether two branches are what pydantic writes for `ByteSize`."""
    patterns = [branch.get("pattern") for branch in branches if isinstance(branch, Mapping)]
    return len(branches) == 2 and BYTE_SIZE in patterns


def is_file(schema: Any) -> bool:
    """Whether a field of a form is a file, as `bytes` or as `UploadFile`."""
    return (
        isinstance(schema, Mapping)
        and schema.get("type") == "string"
        and (schema.get("format") == "binary" or schema.get("contentMediaType") == "application/octet-stream")
    )
