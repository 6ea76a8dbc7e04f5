"""Entity tags and preconditions (RFC 9110, sections 8.8 and 13)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from contract_tests.contract import Operation
from contract_tests.drafts import Draft
from contract_tests.resources import Resource, find_header
from contract_tests.sequences.rules import (
    Rule,
    bug,
    differences,
    documents,
    full_body,
    make_full,
    make_new,
    operations_below,
    other_body,
    parameter_says,
    show,
)
from contract_tests.session import Exchange, Made, Session
from contract_tests.verdicts import Finding

LONG_AGO = "Thu, 01 Jan 1998 00:00:00 GMT"
_LISTED = r"\b(tags|one of (these|them)|list|comma|commas|RFC 9110|RFC 7232)\b"


def revalidated(session: Session, resource: Resource) -> Iterator[Finding]:
    """A tag that is current saves the body; another does not."""
    read = resource.read
    made = make_full(session, resource)
    if made is None or read is None:
        return
    yield from _revalidated_below(session, resource, made)
    first, second = session.on(read, made), session.on(read, made)
    tag = first.answer.header("etag") if first else None
    if first is None or second is None or tag is None:
        return
    if second.answer.header("etag") != tag and first.body == second.body:
        yield bug(read, "etag", "changes", "gives one thing two tags", second, tag)
        return
    if not tag.startswith(('"', 'W/"')) or not tag.endswith('"'):
        yield bug(
            read, "etag", "form", f"gives the tag {tag}, which is not quoted (RFC 9110, 8.8.3)", first, f'"{tag}"'
        )
        return
    if not documents(read, "304"):
        return
    told = made.exchange.answer.header("etag")
    if told is not None and told != tag and made.exchange.body == first.body and resource.maker is not None:
        problem = f"answers with the tag {told}, and {read} with {tag} (RFC 9110, 15.3.2)"
        yield bug(resource.maker, "etag", "made", problem, made.exchange, tag)
    opaque = tag.removeprefix("W/")
    for value in (tag, f'"other", {tag}', "*", f"W/{opaque}"):
        found = _get(session, read, made, "If-None-Match", value)
        if found is None:
            continue
        if found.answer.status != 304:
            problem = f"answers {found.answer.status} to If-None-Match: {value}, which is current"
            yield bug(read, "if-none-match", "current", problem, found, 304)
        elif found.answer.body:
            yield bug(read, "if-none-match", "body", "sends a body with 304", found, "no body")
        elif found.answer.header("etag") not in {tag, opaque, f"W/{opaque}"}:
            problem = f"sends 304 with the tag {found.answer.header('etag')}"
            yield bug(read, "if-none-match", "tag", problem, found, tag)
    found = _get(session, read, made, "If-None-Match", '"understudy-other"')
    if found is not None and found.answer.status == 304:
        yield bug(read, "if-none-match", "other", "answers 304 for a tag that is not current", found, 200)


def _revalidated_below(session: Session, resource: Resource, made: Made) -> Iterator[Finding]:
    """The same of what is read below a thing: its content, its picture."""
    for read in operations_below(session, resource, "GET"):
        if not documents(read, "304"):
            continue
        first, second = session.on(read, made), session.on(read, made)
        tag = first.answer.header("etag") if first is not None and first.is_success else None
        if tag is None or second is None or second.answer.header("etag") != tag:
            continue
        found = _get(session, read, made, "If-None-Match", tag)
        if found is not None and found.is_success:
            problem = f"answers {found.answer.status} to If-None-Match: {tag}, which is current"
            yield bug(read, "if-none-match", "current", problem, found, 304)


def _get(session: Session, read: Operation, made: Made, name: str, value: str) -> Exchange | None:
    draft = session.draft_on(read, made)
    return session.send(read, draft.with_parameter("header", name, value)) if draft else None


def guarded(session: Session, resource: Resource) -> Iterator[Finding]:
    """A write under an outdated tag is refused with 412 and changes nothing; under the current one it is done."""
    read = resource.read
    for write in (resource.replace, resource.patch, resource.delete):
        made = make_full(session, resource)
        if read is None or write is None or made is None:
            continue
        if not (find_header(write, "ifmatch") or documents(write, "412")):
            continue
        before = session.on(read, made)
        tag = before.answer.header("etag") if before else None
        if before is None or tag is None:
            continue
        yield from _stale(session, read, write, made, before)
        if documents(write, "428"):
            found = _write(session, write, made, None)
            if found is not None and found.answer.status != 428:
                problem = f"answers {found.answer.status} to a request without If-Match"
                yield bug(write, "if-match", "missing", problem, found, 428)
        yield from _weak(session, write, made, tag)
        yield from _current(session, read, write, made, before, tag)
        if write is not resource.delete:
            yield from _any_version(session, write, made)


def _weak(session: Session, write: Operation, made: Made, tag: str) -> Iterator[Finding]:
    """A weak tag is none that If-Match knows (RFC 9110, 13.1.1), where the document says so: many let it hold."""
    match = find_header(write, "ifmatch")
    is_told = match is not None and parameter_says(match, r"\bstrong")
    found = _write(session, write, made, f"W/{tag}") if is_told and tag.startswith('"') else None
    if found is not None and found.is_success:
        problem = (
            f"answers {found.answer.status} to If-Match: W/{tag}, a weak tag that holds for nothing (RFC 9110, 13.1.1)"
        )
        yield bug(write, "if-match", "weak", problem, found, 412)


def _any_version(session: Session, write: Operation, made: Made) -> Iterator[Finding]:
    found = _write(session, write, made, "*")
    if found is not None and found.answer.status == 412:
        problem = "answers 412 to If-Match: *, which any version meets (RFC 9110, 13.1.1)"
        yield bug(write, "if-match", "any", problem, found, "a success")
        return
    # It may have changed what it was sent to.
    current = session.on(made.resource.read, made)
    tag = current.answer.header("etag") if current else None
    match = find_header(write, "ifmatch")
    tags = f'"understudy-other", {tag}'
    if match is None or tag is None or not parameter_says(match, _LISTED):
        return  # services that know one tag only are many
    if not session.contract.spec.document.validator(match.pointer).is_valid(tags):
        return
    found = _write(session, write, made, tags)
    if found is not None and found.answer.status == 412 and tag.startswith('"'):
        problem = f"answers 412 to If-Match: {tags}, a list that the current tag stands in (RFC 9110, 13.1.1)"
        yield bug(write, "if-match", "list", problem, found, "a success")


def _current(
    session: Session, read: Operation, write: Operation, made: Made, before: Exchange, tag: str
) -> Iterator[Finding]:
    """Under the current tag a write is done, and its thing has another tag then."""
    found = _write(session, write, made, tag)
    if found is None:
        return
    if found.answer.status == 409 and documents(write, "409"):
        return  # it is about something else than the tag
    if not found.is_success:
        problem = f"answers {found.answer.status} to the current If-Match"
        yield bug(write, "if-match", "current", problem, found, "a success")
        return
    after = session.on(read, made) if write.method != "DELETE" else None
    if after is None:
        return
    now = after.answer.header("etag")
    if after.body != before.body and now == tag:
        yield bug(write, "etag", "kept", "changes something, and its tag stays the same", after, "another tag")
    told = found.answer.header("etag")
    if told is not None and told != now:
        yield bug(write, "etag", "told", f"answers with the tag {told}, and {read} with {now}", found, now)
    later = _write(session, write, made, tag) if now != tag else None
    if later is not None and later.is_success:
        yield bug(write, "if-match", "outdated", "accepts an If-Match that is outdated", later, 412)


def _stale(session: Session, read: Operation, write: Operation, made: Made, before: Exchange) -> Iterator[Finding]:
    found = _write(session, write, made, '"understudy-stale"')
    if found is None:
        return
    if found.answer.status != 412:
        problem = f"answers {found.answer.status} to an If-Match that is not current"
        yield bug(write, "if-match", "stale", problem, found, 412)
    after = session.on(read, made)
    if after is not None and not found.is_success:
        for name, a, b in differences(session, read, before, read, after):
            problem = f"answers {found.answer.status}, yet changes {name} from {show(a)} to {show(b)}"
            yield bug(write, "if-match", "changes", problem, found, a)


def _write(session: Session, write: Operation, made: Made, tag: str | None) -> Exchange | None:
    draft = session.draft_on(write, made)
    if draft is None:
        return None
    if write.request_body is not None:
        body = full_body(session, write)
        changed = other_body(session, write, body)
        if write.method == "PATCH" and isinstance(changed, dict):
            bodies = session.bodies(write)
            taken = session.renewal.unique(made.resource.maker) if made.resource.maker else ()
            name = next(
                (n for n in changed if n not in taken and bodies and bodies.validator.is_valid({n: changed[n]})), None
            )
            changed = {name: changed[name]} if name else changed
        draft = session.renewal.renewed(write, draft.with_json(changed))
    draft = draft.without_header("if-match")
    return session.send(write, draft if tag is None else draft.with_parameter("header", "If-Match", tag))


def unmodified(session: Session, resource: Resource) -> Iterator[Finding]:
    """What has not changed since its `Last-Modified` is answered 304; what has changed since long ago is sent."""
    read, made = resource.read, make_full(session, resource)
    if read is None or made is None or not documents(read, "304") or not find_header(read, "ifmodifiedsince"):
        return
    found = session.on(read, made)
    moment = found.answer.header("last-modified") if found else None
    if moment is None:
        return
    same_again = _get(session, read, made, "If-Modified-Since", moment)
    if same_again is not None and same_again.is_success:
        problem = f"answers {same_again.answer.status} to If-Modified-Since: {moment}, its own Last-Modified"
        yield bug(read, "if-modified-since", "current", problem, same_again, 304)
    before = _get(session, read, made, "If-Modified-Since", LONG_AGO)
    if before is not None and before.answer.status == 304:
        problem = f"answers 304 to If-Modified-Since: {LONG_AGO}, although it changed later"
        yield bug(read, "if-modified-since", "outdated", problem, before, 200)


def made_under_condition(session: Session, resource: Resource) -> Iterator[Finding]:
    """A PUT that is to make only is refused for what is there, and one that is to change only for what is not."""
    put, read = resource.replace, resource.read
    if put is None or read is None or resource.maker is not put or not documents(put, "412"):
        return
    made = session.make(resource) if find_header(put, "ifnonematch") else None
    held = session.on(read, made) if made else None
    draft = session.draft_on(put, made) if made and held and held.is_success else None
    if draft is not None:
        found = session.send(put, draft.without_header("if-match").with_parameter("header", "If-None-Match", "*"))
        if found is not None and found.is_success:
            problem = (
                f"answers {found.answer.status} to If-None-Match: *, although it replaces something (RFC 9110, 13.1.2)"
            )
            yield bug(put, "if-none-match", "made", problem, found, 412)
    for tag in ("*", '"understudy-stale"') if find_header(put, "ifmatch") else ():
        fresh = make_new(
            session, resource, change=partial(Draft.with_parameter, location="header", name="If-Match", value=tag)
        )
        if fresh is not None:
            problem = f"makes something under If-Match: {tag}, where there is nothing yet (RFC 9110, 13.1.1)"
            yield bug(put, "if-match", "made", problem, fresh.exchange, 412)


CACHING = (
    Rule("what has not been modified is not sent again", ("source", "read"), unmodified),
    Rule("a current tag saves the body", ("source", "read"), revalidated),
    Rule("what is made by PUT is made under its conditions", ("replace", "read"), made_under_condition),
    Rule("an outdated tag stops a write", ("source", "read"), guarded),
)
