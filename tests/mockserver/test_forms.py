"""Form bodies are read exactly as Starlette reads them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.datastructures import Headers, UploadFile
from starlette.formparsers import FormParser, MultiPartException, MultiPartParser

from mockserver.forms import FormError, MalformedFormError, form_type, parse_multipart, parse_urlencoded

MULTIPART = "multipart/form-data; boundary=b"


def body(*parts: bytes) -> bytes:
    return b"".join(b"--b\r\n" + part + b"\r\n" for part in parts) + b"--b--\r\n"


def field(value: bytes, disposition: bytes = b'form-data; name="a"') -> bytes:
    return b"Content-Disposition: " + disposition + b"\r\n\r\n" + value


def starlette_items(content: bytes, content_type: str) -> list[tuple[str, str | tuple[str | None, bytes]]]:
    """What Starlette reads: names with a text, or with a file's name and content."""

    async def stream() -> AsyncGenerator[bytes, None]:
        yield content
        yield b""

    async def parse() -> list[tuple[str, str | tuple[str | None, bytes]]]:
        headers = Headers({"content-type": content_type})
        kind = MultiPartParser if form_type(content_type) == "multipart/form-data" else FormParser
        form = await kind(headers, stream()).parse()
        items = [
            (name, (value.filename, await value.read()) if isinstance(value, UploadFile) else value)
            for name, value in form.multi_items()
        ]
        await form.close()
        return items

    return asyncio.run(parse())


URLENCODED_BODIES = [
    b"", b"a=1", b"a=1&b=2&a=3", b"a", b"a=", b"=1", b"&&a=1&", b"a=b=c", b"a+b=c+d", b"%C3%A9=%C3%A9", b"a=%FF",
    b"a=%", b"\xc3\xa9=\xff", b"a;b=1", b"a=1;b=2",
]  # fmt: skip


@pytest.mark.parametrize("content", URLENCODED_BODIES)
def test_urlencoded(content: bytes) -> None:
    assert parse_urlencoded(content) == starlette_items(content, "application/x-www-form-urlencoded")


@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        (body(field(b"1"), field(b"2")), MULTIPART),
        (body(field(b"")), MULTIPART),
        (body(field(b"\xc3\xa9")), MULTIPART),
        (body(field(b"\xff")), MULTIPART),
        (body(field(b"\xc3\xa9")), f"{MULTIPART}; charset=latin-1"),
        (body(field(b"\xc3\xa9")), f"{MULTIPART}; charset=nothing"),
        (body(field(b"x", b'form-data; name="f"; filename="a.txt"')), MULTIPART),
        (body(field(b"x", b'form-data; name="f"; filename=""')), MULTIPART),
        (body(field(b"x", b'form-data; name="f"; filename="C:\\\\dir\\\\a.txt"')), MULTIPART),
        (body(field(b"x", b"form-data; name=f")), MULTIPART),
        (body(), MULTIPART),
        (b"", MULTIPART),
        (body(field(b"1"))[:-8], MULTIPART),
        (body(field(b"x\r\n--c\r\ny")), 'multipart/form-data; boundary="b"'),
    ],
)
def test_multipart(content: bytes, content_type: str) -> None:
    read = [
        (part.name, part.text if part.filename is None else (part.filename, part.data))
        for part in parse_multipart(content, content_type)
    ]
    assert read == starlette_items(content, content_type)


@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        (body(field(b"1")), "multipart/form-data"),
        (body(field(b"1", b"form-data")), MULTIPART),
        (body(b"X-Other: 1\r\n\r\n1"), MULTIPART),
        (body(*[field(b"")] * 1001), MULTIPART),
        (body(*[field(b"", b"form-data; name=f; filename=f")] * 1001), MULTIPART),
        (body(field(b"x" * (1024 * 1024 + 1))), MULTIPART),
    ],
    ids=["no boundary", "no name", "no disposition", "many fields", "many files", "large field"],
)
def test_a_refused_form_is_refused_in_starlettes_words(content: bytes, content_type: str) -> None:
    with pytest.raises(MultiPartException) as theirs:
        starlette_items(content, content_type)
    with pytest.raises(FormError) as ours:
        parse_multipart(content, content_type)
    assert str(ours.value) == theirs.value.message


@pytest.mark.parametrize("content", [b"a=1", b"--x\r\n", b"--b\r\nbad header\r\n\r\n", b"--b\r\n\xff: 1\r\n\r\n"])
def test_a_malformed_multipart_body_is_told_apart(content: bytes) -> None:
    with pytest.raises(MalformedFormError, match=r"Invalid multipart data\."):
        parse_multipart(content, MULTIPART)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"&".join([b"a=1"] * 1001), "Too many fields. Maximum number of fields is 1000."),
        (b"a=" + b"x" * (1024 * 1024), "Field exceeded maximum size of 1024KB."),
    ],
    ids=["many fields", "large field"],
)
def test_urlencoded_forms_have_limits(content: bytes, message: str) -> None:
    """As Starlette has had them since 1.0; before, it had none."""
    with pytest.raises(FormError) as refused:
        parse_urlencoded(content)
    assert str(refused.value) == message
    assert parse_urlencoded(content, max_fields=float("inf"), max_field_size=float("inf"))


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.text("ab=&;+%C3 é\x00", max_size=20).map(str.encode))
def test_any_urlencoded_text(content: bytes) -> None:
    assert parse_urlencoded(content) == starlette_items(content, "application/x-www-form-urlencoded")
