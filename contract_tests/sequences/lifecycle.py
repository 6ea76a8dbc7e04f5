"""Making, reading, and deleting."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from urllib.parse import urljoin, urlsplit

from contract_tests.contract import Operation, Parameter
from contract_tests.exchanges import Call
from contract_tests.method_oracle import SAID_HEAD
from contract_tests.resources import (
    Resource,
    answer_shape,
    find_dry_run,
    find_scope,
    fold,
    identity_names,
    iter_members,
    scope_of,
)
from contract_tests.sequences.paging import identities, is_whole, items_of, largest_size, size_parameter, walk
from contract_tests.sequences.rules import (
    GONE,
    Rule,
    bug,
    differences,
    documents,
    is_beside,
    make_full,
    make_new,
    makes,
    operations_below,
    show,
    tenants_of,
    unlike,
    unlike_get,
)
from contract_tests.session import Exchange, Made, Session, answer_of
from contract_tests.target import NoAnswer
from contract_tests.values import iter_echo_problems
from contract_tests.verdicts import Finding

MAX_ACTIONS = 4
_ONCE = re.compile(
    r"\b(never|not)\b[^.;]*\b(again|twice|reused?|another|other)\b|\bunique for (all time|ever|good)\b", re.IGNORECASE
)
_TELLING = frozenset({"slug", "name", "key", "code", "handle", "title"})
"""Ids that are made of what is sent: each tenant may have the same."""
MIN_ID = 8
"""An id that is shorter may be that of two things."""


def made_as_asked(session: Session, resource: Resource) -> Iterator[Finding]:
    """What is made shows what was sent, and the status that says so."""
    made = make_full(session, resource)
    create = resource.maker
    if made is None or create is None:
        return
    exchange = made.exchange
    yield from iter_echo_problems(session.contract, create, exchange)
    documented = {response.status for response in create.responses}
    is_begun = exchange.answer.status == 202 and "202" in documented
    if "201" in documented and exchange.answer.status in {200, 202, 204} and not is_begun:
        # An earlier run may have left what a PUT then replaces.
        new = made if create is resource.create else make_new(session, resource)
        if new is not None and new.exchange.answer.status == exchange.answer.status:
            problem = f"makes something and answers {exchange.answer.status}, not 201"
            yield bug(create, "created status", str(exchange.answer.status), problem, new.exchange, 201)


def read_back(session: Session, resource: Resource) -> Iterator[Finding]:
    """What is read is what was made, twice."""
    made = make_full(session, resource)
    create, read = resource.maker, resource.read
    if made is None or create is None or read is None:
        return

    def look() -> list[Finding]:
        found = session.on(read, made)
        if found is None:
            return []
        if found.answer.status in GONE:
            problem = f"does not find what {create} made (answer {found.answer.status})"
            return [bug(read, "read back", "missing", problem, found, 200)]
        return [
            bug(read, "read back", name, f"shows {name}={show(b)} where {create} answered {show(a)}", found, a)
            for name, a, b in differences(session, create, made.exchange, read, found)
        ] or list(unlike(session, create, read, made.sent, found))

    yield from session.until(look)
    first, second = session.on(read, made), session.on(read, made)
    if first and second and first.is_success and second.is_success:
        for name, a, b in differences(session, read, first, read, second):
            yield bug(read, "repeated", name, f"answers {name}={show(a)}, then {show(b)}, to one request", second, a)
        if (draft := session.draft_on(read, made)) is not None:
            head = session.send(read, replace(draft, method="HEAD"))
            yield from unlike_get(read, head, second)
            yield from _without_headers(session, read, head, second)


def _without_headers(session: Session, read: Operation, head: Exchange | None, got: Exchange) -> Iterator[Finding]:
    """HEAD has the documented header fields of GET, where both are said to be answered alike (RFC 9110, 9.3.2)."""
    response = session.contract.find_response(read, got.answer.status)
    if head is None or response is None or head.answer.status != got.answer.status:
        return
    missing = [n for n in response.headers if got.answer.header(n.lower()) and not head.answer.header(n.lower())]
    if missing and session.contract.says_of_requests(read, SAID_HEAD):
        problem = f"answers HEAD without {missing[0]}, which GET has, though both are said to be answered alike"
        yield bug(read, "head", missing[0], problem, head, got.answer.header(missing[0].lower()))


def located(session: Session, resource: Resource) -> Iterator[Finding]:
    """`Location` leads to what was made."""
    for made in (make_full(session, resource), session.make(resource)):
        if made is not None and made.exchange.answer.status in {201, 202}:
            yield from follow_location(session, resource, made)
            return


def follow_location(session: Session, resource: Resource, made: Made) -> Iterator[Finding]:
    """What is wrong with where `Location` leads, if there is one."""
    create, read = resource.maker, resource.read
    if create is None or read is None:
        return
    location = made.exchange.answer.header("location")
    if location is None:
        return
    url = urljoin(made.exchange.call.url, location)
    if urlsplit(url).netloc != urlsplit(made.exchange.call.url).netloc:
        return
    base = session.draft_on(read, made)
    if base is None:
        return
    call = Call("GET", url, base.headers)

    def look() -> list[Finding]:
        try:
            answer = answer_of(session.target.send(call, session.target.right_credentials(read)))
            found = session.exchange(read, call, answer)
        except NoAnswer:
            return []
        if found.answer.status in GONE:
            return [bug(create, "location", "404", f"points to {location}, which is {found.answer.status}", found)]
        return [
            bug(create, "location", "other", f"points to something else: its {name} is {show(b)}", found, a)
            for name, a, b in differences(session, create, made.exchange, read, found)
        ] + [
            bug(create, "location", "other", f"points to something else: {resource.parameter} differs", found)
            for _ in [0]
            if isinstance(found.body, dict)
            and "id" in found.body
            and isinstance(made.exchange.body, dict)
            and found.body["id"] != made.exchange.body.get("id", found.body["id"])
        ]

    yield from session.until(look)


def deleted(session: Session, resource: Resource) -> Iterator[Finding]:
    """What is deleted is gone for every method; everything else stays."""
    made, other = make_full(session, resource), make_full(session, resource)
    delete = resource.delete
    if made is None or other is None or delete is None:
        return
    first = session.on(delete, made)
    if first is None or not first.is_success:
        return
    documented = {response.status for response in delete.responses}
    if "204" in documented and first.answer.status == 200 and "200" not in documented:
        yield bug(delete, "status", "200", "answers 200, not 204", first, 204)
    if first.answer.status == 202:
        return
    below = operations_below(session, resource, "GET", "POST", "PUT")
    below = [each for each in below if documents(each, "404", "410")]
    for operation in (resource.read, resource.replace, resource.patch, *below):
        if operation is None or (operation is resource.replace and makes(operation)):
            continue

        def look(operation: Operation = operation) -> list[Finding]:
            after = session.on(operation, made)
            if after is None or not after.is_success:
                return []
            problem = f"answers {after.answer.status} for something that {delete} deleted"
            return [bug(operation, "deleted", "still there", problem, after, 404)]

        yield from session.until(look)
    again = session.on(delete, made)
    if again is not None and again.is_success and "404" in documented:
        unknown = session.unknown(resource, delete)
        if unknown is None or not unknown.is_success or resource.read is not None:
            yield bug(delete, "deleted twice", "again", f"answers {again.answer.status} a second time", again, 404)

    yield from _given_again(session, resource, made)

    if resource.read is None and resource.listing is not None:
        yield from session.until(partial(_unlisted, session, resource, delete, made, other))

    def look_at_other() -> list[Finding]:
        kept = session.on(resource.read, other)
        if kept is None or kept.answer.status not in GONE:
            return []
        return [bug(delete, "deleted", "others", "deletes more than what its path names", kept, 200)]

    yield from session.until(look_at_other)


def _unlisted(session: Session, resource: Resource, delete: Operation, made: Made, other: Made) -> list[Finding]:
    """What was not deleted is listed still, where it cannot be read; both must have been in one list."""
    pages = walk(session, resource, other) if is_beside(made, other) else []
    name = other.path_values[resource.parameter]
    if resource.listing is None or not pages or not is_whole(session, resource, pages):
        return []
    if name in identities(pages, resource) or name == made.path_values[resource.parameter]:
        return []
    return [bug(delete, "deleted", "others", "deletes more than what its path names", pages[-1], name)]


def _given_again(session: Session, resource: Resource, made: Made) -> Iterator[Finding]:
    """The id of what is deleted is not given to another, where the document says so."""
    create = resource.create
    shape = answer_shape(session.contract, create, made.exchange.answer.status) if create else None
    told = [(name, schema) for name, schema, _ in iter_members(session.contract, *shape)] if shape else []
    said = " ".join(session.contract.description(schema) for name, schema in told if name in identity_names(resource))
    if create is None or not _ONCE.search(said):
        return
    last = make_full(session, resource)  # the next number may be one more than the highest
    done = session.on(resource.delete, last) if last else None
    new = make_full(session, resource) if done is not None and done.is_success else None
    for old in filter(None, (made, last)):
        if new is not None and new.path_values == old.path_values:
            problem = f"gives {old.path_values[resource.parameter]!r}, the id of what was deleted, to another"
            yield bug(create, "deleted", "id", problem, new.exchange, "one that nothing had")


def unknown_ids(session: Session, resource: Resource) -> Iterator[Finding]:
    """What does not exist is answered 404 where the document has it."""
    below = operations_below(session, resource, "POST", "PUT")
    for operation in (resource.read, resource.replace, resource.patch, resource.delete, *below):
        if operation is None or not documents(operation, "404"):
            continue
        # A PUT without a body puts there what its path names (`PUT /pages/{id}/labels/{label}`).
        if operation is resource.replace and (makes(operation) or operation.request_body is None):
            continue
        found = session.unknown(resource, operation)
        if found is not None and found.is_success:
            problem = f"answers {found.answer.status} for an id that nothing has"
            yield bug(operation, "unknown id", str(found.answer.status), problem, found, 404)
        elif found is not None and found.answer.status == 404 and operation.method == "GET":
            yield from _headed(session, resource, operation)
        elif found is not None and found.answer.status in {403, 410} and not _documents(operation, found):
            problem = (
                f"answers {found.answer.status} for an id that nothing ever had, a status that it does not document"
            )
            yield bug(operation, "unknown id", str(found.answer.status), problem, found, 404)
        elif found is not None and operation.method == "GET" and _is_number(session, operation, resource):
            status = found.answer.status
            if status in {400, 405, 409, 410, 422} and not any(r.status == str(status) for r in operation.responses):
                problem = f"answers {status} for an id that nothing has, a status that it does not document"
                yield bug(operation, "unknown id", str(status), problem, found, 404)
            elif status in {400, 422} and _is_uuid(session, operation, resource):
                problem = f"answers {status} for a well-formed id that nothing has, not the documented 404"
                yield bug(operation, "unknown id", str(status), problem, found, 404)


def _documents(operation: Operation, found: Exchange) -> bool:
    return documents(operation, str(found.answer.status), "4XX", "default")


def _headed(session: Session, resource: Resource, read: Operation) -> Iterator[Finding]:
    """What GET does not find is not there for HEAD, either (RFC 9110, section 9.3.2)."""
    draft = session.draft(read)
    if draft is None:
        return
    values = {**draft.path_values, resource.parameter: session.unlikely(read, resource.parameter)}
    head = session.send(read, replace(draft, method="HEAD", path_values=values))
    if head is not None and head.is_success:
        problem = f"answers HEAD with {head.answer.status} for an id that nothing has, and GET with 404"
        yield bug(read, "head", "unknown id", problem, head, 404)


def _is_number(session: Session, operation: Operation, resource: Resource) -> bool:
    """Whether ids are numbers or UUIDs, so that one that nothing has is surely well formed."""
    schema = next((p.schema for p in operation.parameters if p.name == resource.parameter), {})
    is_integer = session.contract.json_types(schema) <= {"integer", "number"}
    return is_integer or _is_uuid(session, operation, resource)


def _is_uuid(session: Session, operation: Operation, resource: Resource) -> bool:
    schema = next((p.schema for p in operation.parameters if p.name == resource.parameter), {})
    return session.contract.text_format(schema) == "uuid"


def scoped(session: Session, resource: Resource) -> Iterator[Finding]:
    """What belongs to one tenant is neither shown to another nor changed by it."""
    made = make_full(session, resource) if resource.maker and find_scope(resource.maker) else None
    tenants = tenants_of(session, made) if made else None
    if made is None or tenants is None:
        return
    scope, own, foreign = tenants
    actions = [each for each in operations_below(session, resource, "POST", "GET") if find_scope(each) is not None][
        :MAX_ACTIONS
    ]
    written = (resource.patch, *actions, resource.delete, resource.replace)
    for operation in (resource.read, resource.listing, *written):
        draft = session.draft_on(operation, made) if operation else None
        if operation is None or draft is None or find_scope(operation) is None:
            continue
        found = session.send(operation, draft.with_parameter("header", scope.name, foreign))
        if found is not None and found.answer.status in {403, 409} and _says_absent(session, operation, scope):
            status = found.answer.status
            problem = f"answers {status} to {scope.name}: {foreign}, for which nothing of {scope.name}: {own} is there"
            yield bug(operation, "scope", "status", problem, found, 404)
        if found is None or not found.is_success:
            continue
        if operation is resource.replace and found.answer.status == 201:
            continue  # a PUT under the same id may make one of the other's own
        if operation is resource.delete and (still := session.on(resource.read, made)) is not None and still.is_success:
            continue  # nothing is there to delete, which is as well
        if operation is resource.listing:
            identity = str(made.path_values[resource.parameter])
            if not _holds(found, identity):
                continue
        problem = f"shows or changes for {scope.name}: {foreign} what {scope.name}: {own} made"
        yield bug(operation, "scope", scope.name, problem, found, 404)
    if resource.listing is None or find_scope(resource.listing) is not None:
        yield from _told_elsewhere(session, resource, scope, (own, foreign))


def _says_absent(session: Session, operation: Operation, scope: Parameter) -> bool:
    """Whether the document says that what is another's is answered as if it were not there, and has 404 for that."""
    word = re.split(r"[^a-z]+", scope.name.lower())[-1]
    owner = rf"\b(an)?other( {word}|s| caller)?\b"
    said = re.compile(rf"{owner}[^.;]*\b(as (if|though) it (did|does|were) not|does not exist|404)\b", re.IGNORECASE)
    return documents(operation, "404") and session.contract.says_of_requests(operation, said)


def _told_elsewhere(
    session: Session, resource: Resource, scope: Parameter, values: tuple[str, str]
) -> Iterator[Finding]:
    """A list of something else names, for one tenant, the id that something of another was given."""
    name, (own, foreign) = scope.name, values
    for listing in session.contract.operations:
        is_other = listing.method == "GET" and "{" not in listing.path and listing is not resource.listing
        draft = session.draft(listing) if is_other and find_scope(listing) is not None else None
        if draft is not None and (sizes := size_parameter(listing)) is not None:
            draft = draft.with_parameter("query", sizes.name, str(largest_size(session, sizes)))
        found = session.send(listing, draft.with_parameter("header", name, foreign)) if draft else None
        items = items_of(found.body) if found is not None and found.is_success else None
        for made in session.made if items else ():
            identity = str(made.path_values.get(made.resource.parameter, ""))
            is_own = scope_of(scope, made.headers) == own and find_scope(made.resource.maker or listing) is not None
            is_given = made.resource.create is not None and len(identity) >= MIN_ID and not identity.isdecimal()
            is_given = is_given and fold(made.resource.parameter) not in _TELLING
            sent = made.sent.values() if isinstance(made.sent, dict) else ()
            is_derived = any(fold(str(value)).startswith(fold(identity)[:MIN_ID]) for value in sent)
            if found is not None and is_own and is_given and not is_derived and _holds(found, identity):
                problem = f"names for {name}: {foreign} what {name}: {own} made: {identity}"
                yield bug(listing, "scope", name, problem, found, "nothing of it")
                return


def _holds(found: Exchange, identity: str) -> bool:
    items = items_of(found.body) or []
    return any(identity in map(str, item.values()) for item in items if isinstance(item, dict))


def rehearsed(session: Session, resource: Resource) -> Iterator[Finding]:
    """A dry run has no effect."""
    create, read = resource.maker, resource.read
    flag = find_dry_run(create) if create else None
    if create is None or read is None or flag is None:
        return
    made = session.make(resource, change=lambda draft: draft.with_parameter("query", flag.name, "true"))
    if made is None:
        return
    session.made.remove(made)
    found = session.on(read, made)
    if found is not None and found.is_success:
        yield bug(create, "dry run", flag.name, f"makes something although {flag.name}=true", found, 404)
    status = made.exchange.answer.status
    if status == 201 and any(response.status == "200" for response in create.responses):
        yield bug(create, "dry run", "status", f"answers 201 to {flag.name}=true", made.exchange, 200)


LIFECYCLE = (
    Rule("what is made is as asked", ("maker",), made_as_asked),
    Rule("what is made can be read back", ("maker", "read"), read_back),
    Rule("Location leads to what was made", ("maker", "read"), located),
    Rule("what is deleted is gone", ("maker", "delete"), deleted),
    Rule("an unknown id is not found", (), unknown_ids),
    Rule("tenants do not see each other", ("maker",), scoped),
    Rule("a dry run has no effect", ("maker", "read"), rehearsed),
)
