"""Form bodies to fields and files, with Starlette's limits and Starlette's words for what is wrong.

The parser is `python-multipart`, which is Starlette's own; the rules around it are those of `starlette.formparsers`
0.50 and 1.10. Nothing is written to disk.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote_plus

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, QuerystringParser, parse_options_header

from mockserver.types import Headers

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

# What is wrong with a form is answered; without a handler it would moreover be printed.
logging.getLogger("python_multipart").addHandler(logging.NullHandler())

URLENCODED: Final = "application/x-www-form-urlencoded"
MULTIPART: Final = "multipart/form-data"

MAX_FIELDS: Final = 1000
MAX_FILES: Final = 1000
MAX_PART_SIZE: Final = 1024 * 1024
"""The largest value of a field that is no file, in bytes."""


class FormError(ValueError):
    """A form that is refused; the text is Starlette's."""


class MalformedFormError(FormError):
    """A form whose syntax is broken, which older Starlettes left to the framework above to put into words."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a multipart body. It is a file when it has a `filename`, even an empty one."""

    name: str
    filename: str | None
    headers: Headers
    data: bytes
    charset: str = "utf-8"

    @property
    def content_type(self) -> str | None:
        """The part's own `Content-Type`, None when it has none."""
        return self.headers.get("content-type")

    @property
    def text(self) -> str:
        """The data as text in the charset of the form, else in Latin-1, which reads anything."""
        return _decode(self.data, self.charset)


def form_type(content_type: str) -> str:
    """The media type of a `Content-Type` header in lower case, as the form parser reads it."""
    return parse_options_header(content_type)[0].decode("latin-1")


def parse_urlencoded(
    body: bytes, *, max_fields: float = MAX_FIELDS, max_field_size: float = MAX_PART_SIZE
) -> list[tuple[str, str]]:
    """Names and texts of an `application/x-www-form-urlencoded` body, in the order of arrival. Raises `FormError`."""
    fields: list[tuple[bytearray, bytearray]] = []

    def on_field_start() -> None:
        if len(fields) >= max_fields:
            raise FormError(f"Too many fields. Maximum number of fields is {max_fields}.")
        fields.append((bytearray(), bytearray()))

    def on_field_name(data: bytes, start: int, end: int) -> None:
        add(fields[-1][0], data[start:end])

    def on_field_data(data: bytes, start: int, end: int) -> None:
        add(fields[-1][1], data[start:end])

    def add(half: bytearray, data: bytes) -> None:
        if sum(map(len, fields[-1])) + len(data) > max_field_size:
            raise FormError(f"Field exceeded maximum size of {max_field_size // 1024:.0f}KB.")
        half += data

    parser = QuerystringParser({
        "on_field_start": on_field_start,
        "on_field_name": on_field_name,
        "on_field_data": on_field_data,
    })  # fmt: skip
    try:
        parser.write(body)
        parser.finalize()
    except FormParserError as error:
        raise MalformedFormError("Invalid form data.") from error
    return [tuple(unquote_plus(half.decode("latin-1")) for half in field) for field in fields]  # type: ignore[misc]


def parse_multipart(body: bytes, content_type: str) -> list[Part]:
    """The parts of a `multipart/form-data` body, whose `Content-Type` header has the boundary. Raises `FormError`."""
    _, options = parse_options_header(content_type)
    if b"boundary" not in options:
        raise FormError("Missing boundary in multipart.")
    reader = _MultipartReader(options.get(b"charset", b"utf-8").decode("latin-1"))
    try:
        parser = MultipartParser(options[b"boundary"], reader.callbacks())
        parser.write(body)
        parser.finalize()
    except FormParserError as error:
        raise MalformedFormError("Invalid multipart data.") from error
    except UnicodeError as error:  # a charset that is none
        raise MalformedFormError("Invalid multipart data.") from error
    return reader.parts


class _MultipartReader:
    """Collects the parts of one body."""

    def __init__(self, charset: str) -> None:
        self.parts: list[Part] = []
        self._charset = charset
        self._files = 0
        self._fields = 0
        self._begin()

    def callbacks(self) -> MultipartCallbacks:
        return {
            "on_part_begin": self._begin,
            "on_part_data": self._data_part,
            "on_part_end": self._end,
            "on_header_field": self._header_name_part,
            "on_header_value": self._header_value_part,
            "on_header_end": self._end_header,
            "on_headers_finished": self._end_headers,
        }

    def _begin(self) -> None:
        self._headers: list[tuple[bytes, bytes]] = []
        self._header_name = b""
        self._header_value = b""
        self._data = bytearray()
        self._name = ""
        self._filename: str | None = None

    def _header_name_part(self, data: bytes, start: int, end: int) -> None:
        self._header_name += data[start:end]

    def _header_value_part(self, data: bytes, start: int, end: int) -> None:
        self._header_value += data[start:end]

    def _end_header(self) -> None:
        self._headers.append((self._header_name.lower(), self._header_value))
        self._header_name = self._header_value = b""

    def _end_headers(self) -> None:
        disposition = dict(self._headers).get(b"content-disposition")  # of several the last one
        _, options = parse_options_header(disposition)
        if b"name" not in options:
            raise FormError('The Content-Disposition header field "name" must be provided.')
        self._name = _decode(options[b"name"], self._charset)
        if b"filename" in options:
            self._filename = _decode(options[b"filename"], self._charset)
            self._files += 1
            if self._files > MAX_FILES:
                raise FormError(f"Too many files. Maximum number of files is {MAX_FILES}.")
        else:
            self._fields += 1
            if self._fields > MAX_FIELDS:
                raise FormError(f"Too many fields. Maximum number of fields is {MAX_FIELDS}.")

    def _data_part(self, data: bytes, start: int, end: int) -> None:
        if self._filename is None and len(self._data) + end - start > MAX_PART_SIZE:
            raise FormError(f"Part exceeded maximum size of {MAX_PART_SIZE // 1024}KB.")
        self._data += data[start:end]

    def _end(self) -> None:
        self.parts.append(Part(self._name, self._filename, Headers(self._headers), bytes(self._data), self._charset))


def _decode(data: bytes, charset: str) -> str:
    try:
        return data.decode(charset)
    except (UnicodeDecodeError, LookupError):
        return data.decode("latin-1")
