"""Files: what is uploaded is what is downloaded, and what is said of it is true."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any
from urllib.parse import unquote

from contract_tests.contract import Operation
from contract_tests.drafts import Draft
from contract_tests.file_names import iter_name_problems
from contract_tests.forms import (
    SAMPLE_FILE,
    accepted_types,
    content_of,
    essence,
    file_members,
    form_media,
    with_file_name,
    with_file_type,
)
from contract_tests.probes.forms import said_limit
from contract_tests.resources import Resource, answer_shape, fold, iter_members
from contract_tests.sequences.rules import (
    GONE,
    Rule,
    bug,
    documents,
    full_body,
    make_full,
    members_of,
    parameter_says,
    says,
    show,
    unlike_get,
    write_to,
)
from contract_tests.session import Exchange, Made, Session
from contract_tests.verdicts import Finding

CONTENTS = (
    SAMPLE_FILE,
    "",
    "Zo\xc3\xab\r\nplain text\n",
    "\x00" * 300 + "\x1f\x8b",
    "a\r\nb\rc\nd",
    bytes(range(256)).decode("latin-1") * 24,
    bytes(range(256)).decode("latin-1") * 257,
)
"""Files that come back changed from services that decode, convert ends of lines or cut; a byte in each character."""

NAMES = ("Report 3.PDF", "Übersicht 3.bin")
_SAYS_NAME = re.compile(
    r"\bfile ?names?\b[^.;]*\b(upload|uploaded|sent|original|given)\b|\boriginal (file ?)?name\b", re.IGNORECASE
)
_FILE_NAME = re.compile(r"""filename\*?\s*=\s*(?:UTF-8'[^']*')?("(?:[^"\\]|\\.)*"|[^;\s]+)""", re.IGNORECASE)
_TYPES = frozenset({"contenttype", "mediatype", "mimetype", "mime"})
_SAYS_TYPE = re.compile(r"\b(part|sent|upload\w*|carri\w+)\b", re.IGNORECASE)
_NO_BYTES = re.compile(r"\b(empty|no) (body|file|image|upload|content|bytes)\b[^.;]*\b4\d\d\b", re.IGNORECASE)
_MUST = r"\bmust\b|\botherwise\b|\bmismatch"
_SIZES = frozenset({"size", "bytes", "filesize", "sizebytes", "sizeinbytes", "contentlength", "length", "bytesize"})
_DIGESTS: Mapping[str, Callable[[bytes], Any]] = {
    "sha256": hashlib.sha256,
    "sha1": lambda data: hashlib.sha1(data, usedforsecurity=False),
    "md5": lambda data: hashlib.md5(data, usedforsecurity=False),
    "sha512": hashlib.sha512,
}


def _download(session: Session, resource: Resource) -> Operation | None:
    """The operation that answers the bytes of a thing."""
    for operation in session.contract.operations:
        below = operation.path[len(resource.item) :] if operation.path.startswith(resource.item) else "{"
        if operation.method != "GET" or "{" in below:
            continue
        content = [m.name.lower() for r in operation.responses if r.status in {"200", "2XX"} for m in r.content]
        if content and not any("json" in name for name in content):
            return operation
    return None


def downloaded(session: Session, resource: Resource) -> Iterator[Finding]:
    """The bytes that were uploaded come back, and their number and digest are right."""
    create = resource.create
    media = form_media(create) if create else None
    if create is None or media is None:
        return
    body = full_body(session, create)
    if not isinstance(body, dict):
        return
    files = [name for name in file_members(session.contract, media) if isinstance(body.get(name), str)]
    if len(files) != 1:
        return
    name, download = files[0], _download(session, resource)
    bodies, first = session.bodies(create), None
    for content in CONTENTS:
        changed = {**body, name: content}
        made = session.make(resource, changed) if bodies and bodies.validator.is_valid(changed) else None
        if made is None:
            continue
        data = content.encode("latin-1")
        yield from _described(create, made.exchange, data)
        if download is not None:
            yield from _same_bytes(session, download, create, made, data)
            yield from _like_get(session, download, made) if content is CONTENTS[0] else ()
        first = first or (made, data)
    if download is not None and first is not None:  # what came after it is not what it is
        yield from _same_bytes(session, download, create, *first)
    yield from _named(session, resource, create, body)
    if download is not None:
        accepted = accepted_types(session.contract, media, name)
        for media_type in accepted:
            told = {**body, name: content_of(media_type)}
            yield from _same_type(session, resource, download, told, name, media_type)
        if not accepted:
            yield from _typed(session, resource, download, body, file_members(session.contract, media)[name])


def _named(session: Session, resource: Resource, create: Operation, body: Any) -> Iterator[Finding]:
    """A file keeps its name where that is said, its case and its letters beyond ASCII."""
    for name in NAMES:
        made = session.make(resource, body, change=partial(_called, name))
        if made is not None:
            found = session.on(resource.read, made) if resource.read is not None else None
            problems = list(iter_name_problems(session.contract, create, made.exchange))
            if found is not None and found.is_success and resource.read is not None and not problems:
                shown = replace(found, call=made.exchange.call)
                problems = [replace(f, call=None) for f in iter_name_problems(session.contract, resource.read, shown)]
            yield from problems or _disposed(session, resource, made, name)


def _disposed(session: Session, resource: Resource, made: Made, name: str) -> Iterator[Finding]:
    """The name that a download suggests is that of the upload, where the header is said to have it (RFC 6266)."""
    download = _download(session, resource)
    response = session.contract.find_response(download, 200) if download is not None else None
    headers = {key.lower(): header for key, header in response.headers.items()} if response is not None else {}
    said = session.contract.description(headers.get("content-disposition"))
    found = session.on(download, made) if _SAYS_NAME.search(said) and name.isascii() else None
    told = found.answer.header("content-disposition") if found is not None and found.is_success else None
    names = {unquote(match[1].strip('"')) for match in _FILE_NAME.finditer(told or "")}
    if download is not None and found is not None and names and name not in names:
        problem = f"answers with Content-Disposition: {told}, though it is said to have the name of the upload"
        yield bug(download, "content", "disposition", problem, found, name)


def _called(name: str, draft: Draft) -> Draft:
    return replace(draft, body=with_file_name(draft.body or b"", name))


def _typed(session: Session, resource: Resource, download: Operation, body: Any, usual: str) -> Iterator[Finding]:
    """The media type that a file is sent as is told of it, and is that of the download, where that is said."""
    create, kind = resource.create, "image/png" if usual != "image/png" else "image/gif"
    made = session.make(resource, body, change=lambda d: replace(d, body=with_file_type(d.body or b"", usual, kind)))
    shape = answer_shape(session.contract, create, made.exchange.answer.status) if create and made else None
    if create is None or made is None or shape is None:
        return
    told = members_of(made.exchange)
    for name, schema, _ in iter_members(session.contract, *shape):
        is_said = fold(name) in _TYPES and _SAYS_TYPE.search(session.contract.description(schema)) is not None
        if is_said and name in told and essence(str(told[name])) != kind:
            problem = f"was sent a file of {kind} and answers with {name}={show(told[name])}"
            yield bug(create, "content", name, problem, made.exchange, kind)
        found = session.on(download, made) if is_said and says(session, download, rf"\b{re.escape(name)}\b") else None
        if found is not None and found.is_success and essence(found.answer.header("content-type") or "") != kind:
            problem = f"answers as {found.answer.header('content-type')} what {create} sent as {kind}"
            yield bug(download, "content", "media type", problem, found, kind)


def _like_get(session: Session, download: Operation, made: Made) -> Iterator[Finding]:
    got, draft = session.on(download, made), session.draft_on(download, made)
    if got is not None and got.is_success and draft is not None:
        yield from unlike_get(download, session.send(download, replace(draft, method="HEAD")), got)


def _same_type(
    session: Session, resource: Resource, download: Operation, body: Mapping[str, Any], name: str, media_type: str
) -> Iterator[Finding]:
    """Bytes that come back as they were are of the type that they were sent as, where both are documented."""
    create = resource.create
    media = form_media(create) if create else None
    documented = {m.name.lower() for r in download.responses if r.status == "200" for m in r.content}
    if create is None or media is None or not {media_type} < documented:
        return
    usual = file_members(session.contract, media)[name]
    made = session.make(
        resource, body, change=lambda d: replace(d, body=with_file_type(d.body or b"", usual, media_type))
    )
    found = session.on(download, made) if made else None
    if found is None or not found.is_success or found.answer.body != str(body[name]).encode("latin-1"):
        return
    said = essence(found.answer.header("content-type") or "")
    if said in documented and said != media_type:
        problem = f"answers as {said} what {create} sent as {media_type}"
        yield bug(download, "content", "media type", problem, found, media_type)


def replaced(session: Session, resource: Resource) -> Iterator[Finding]:
    """PUT of bytes replaces them, and what is said of them."""
    download = _download(session, resource)
    if download is None:
        return
    put = session.contract.by_label.get(f"PUT {download.path}")
    if put is None or put.request_body is None or any("json" in m.name.lower() for m in put.request_body.content):
        return
    media_type = put.request_body.content[0].name
    made = make_full(session, resource)
    draft = session.draft_on(put, made) if made else None
    if made is None or draft is None:
        return
    plain = replace(draft, form=None)
    if "*" not in media_type:
        plain = plain.with_parameter("header", "Content-Type", media_type)
    yield from _first(session, download, put, made, plain)
    yield from _empty(session, put, plain)
    for content in (CONTENTS[0], CONTENTS[2], CONTENTS[5]):
        data = content.encode("latin-1")
        done = session.send(put, replace(plain, body=data))
        if done is None or not done.is_success:
            continue
        yield from _same_bytes(session, download, put, made, data)
        for found in filter(None, (done, session.on(resource.read, made))):
            yield from _described(put, found, data)
    yield from _checked(session, download, put, made, plain)
    yield from _at_limit(session, download, put, made, plain)
    yield from _kept_by_put(session, resource, download, made)


def _first(session: Session, download: Operation, put: Operation, made: Made, plain: Draft) -> Iterator[Finding]:
    """The first bytes make something (RFC 9110, section 9.3.4), and for this thing alone."""
    other = make_full(session, made.resource)
    before = [session.on(download, each) for each in (made, other) if each is not None]
    data = CONTENTS[2].encode("latin-1")
    done = session.send(put, replace(plain, body=data))
    if done is None or not done.is_success or other is None or None in before:
        return
    statuses = [each.answer.status for each in before if each is not None]
    if statuses[0] in GONE and done.answer.status != 201 and documents(put, "201"):
        problem = f"answers {done.answer.status} where nothing was there before (RFC 9110, section 9.3.4)"
        yield bug(put, "content", "201", problem, done, 201)
    after = session.on(download, other)
    if statuses[1] in GONE and after is not None and after.is_success and after.answer.body == data:
        problem = f"gives its bytes to another, of which {download} found none before"
        yield bug(put, "content", "another", problem, after, statuses[1])


def _empty(session: Session, put: Operation, plain: Draft) -> Iterator[Finding]:
    """No bytes at all are refused where that is said."""
    done = (
        session.send(put, replace(plain, body=b"")) if _NO_BYTES.search(session.contract.said_at(put.pointer)) else None
    )
    if done is not None and done.is_success:
        yield bug(put, "content", "empty", "accepts a body of 0 bytes, which is said to be refused", done, "a refusal")


def _checked(session: Session, download: Operation, put: Operation, made: Made, plain: Draft) -> Iterator[Finding]:
    """Bytes that have another digest than a header says are refused, where it must be theirs, and not stored."""
    data, others = b"understudy 1", b"understudy 2"
    for parameter in put.parameters:
        digest = next((make for name, make in _DIGESTS.items() if name in fold(parameter.name)), None)
        if parameter.location != "header" or digest is None or not parameter_says(parameter, _MUST):
            continue
        right, wrong = digest(data).hexdigest(), digest(others).hexdigest()
        done = session.send(put, replace(plain, body=data).with_parameter("header", parameter.name, right))
        if done is None or not done.is_success:
            return
        found = session.send(put, replace(plain, body=others).with_parameter("header", parameter.name, right))
        if found is not None and found.is_success:
            problem = f"accepts bytes whose digest is {wrong}, and not what {parameter.name} says"
            yield bug(put, "content", parameter.name, problem, found, "a refusal")
        elif found is not None and found.answer.status < 500:
            yield from _same_bytes(session, download, put, made, data)


def _at_limit(session: Session, download: Operation, put: Operation, made: Made, plain: Draft) -> Iterator[Finding]:
    """As many bytes as a description allows are stored, and one more is refused."""
    limit = said_limit(put, session.contract.said_at(put.pointer))
    if limit is None:
        return
    data = bytes(index * index % 251 for index in range(limit))
    done = session.send(put, replace(plain, body=data))
    if done is not None and done.is_success:
        yield from _same_bytes(session, download, put, made, data)
    elif done is not None and done.answer.status == 413:
        yield bug(put, "content", "limit", f"refuses {limit} bytes with 413, as many as it says it takes", done)
    more = session.send(put, replace(plain, body=data + b"x"))
    if more is not None and more.is_success:
        yield bug(put, "content", "limit", f"accepts {limit + 1} bytes, more than it says it takes", more, 413)


def _kept_by_put(session: Session, resource: Resource, download: Operation, made: Made) -> Iterator[Finding]:
    """The bytes are there when the thing is replaced that they belong to, where the document says that they stay."""
    write, name = resource.replace, re.escape(download.path.rpartition("/")[2])
    before = session.on(download, made)
    stays = rf"\b{name}\b[^.;]*\b(stays?|(is|are) kept|remains?|(is|are) left alone|survives?)\b"
    if write is None or before is None or not before.is_success or not says(session, write, stays):
        return
    done, after = write_to(session, write, made, full_body(session, write)), session.on(download, made)
    if done is not None and done.is_success and after is not None and after.answer.status in GONE:
        problem = f"takes away what {download} answered, which is said to stay"
        yield bug(write, "content", "replaced", problem, done, "what was there")


def _same_bytes(session: Session, download: Operation, write: Operation, made: Made, data: bytes) -> Iterator[Finding]:
    found = session.on(download, made)
    if found is not None and found.is_success and found.answer.body != data:
        got = found.answer.body
        at = next((n for n, (a, b) in enumerate(zip(data, got, strict=False)) if a != b), min(len(data), len(got)))
        problem = (
            f"answers {len(got)} bytes where {write} sent {len(data)}: from byte {at} on {got[at : at + 12]!r}, "
            f"not {data[at : at + 12]!r}"
        )
        yield bug(download, "content", "bytes", problem, found, f"{len(data)} bytes")
    elif found is not None and found.answer.status in {404, 410}:
        yield bug(download, "content", "missing", f"does not find what {write} sent", found, 200)


def _described(write: Operation, exchange: Exchange, data: bytes) -> Iterator[Finding]:
    for name, value in exchange.body.items() if isinstance(exchange.body, dict) else ():
        folded = fold(name)
        if folded in _SIZES and isinstance(value, int) and not isinstance(value, bool) and value != len(data):
            yield bug(write, "content", name, f"says {name}={value} of {len(data)} bytes", exchange, len(data))
        digest = _DIGESTS.get(folded.removesuffix("sum").removesuffix("hash").removesuffix("digest"))
        if digest is not None and isinstance(value, str) and value.lower() != digest(data).hexdigest():
            wanted = digest(data).hexdigest()
            if len(value) == len(wanted):
                yield bug(
                    write, "content", name, f"says {name}={value}, which is not that of the bytes", exchange, wanted
                )


FILES = (
    Rule("what is uploaded is what is downloaded", ("create",), downloaded),
    Rule("PUT of bytes replaces them", ("maker",), replaced),
)
