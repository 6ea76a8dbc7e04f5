"""Resources: which operations make, read, list, change and delete the same thing, as the paths of a document say."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from contract_tests.contract import Contract, MediaType, Operation, Parameter
from contract_tests.forms import form_media, is_binary
from contract_tests.normalising import normalised

_TEMPLATE = re.compile(r"\{([^{}]+)\}")
MAX_DEPTH = 6
_IDENTITIES = ("id", "uuid", "key", "slug", "name")
_DRY = frozenset({"dryrun", "validateonly", "preview", "simulate", "whatif", "testonly"})
_SCOPES = frozenset(
    {
        "tenant",
        "organization",
        "organisation",
        "org",
        "workspace",
        "account",
        "customer",
        "namespace",
        "team",
        "company",
        "department",
        "division",
        "fleet",
        "realm",
        "household",
        "brand",
        "branch",
        "site",
    }
)


_SAID_SCOPE = re.compile(
    r"\bsees? nothing of (each other|one another)\b|\b(you|to) (act|work) (for|in)\b|\btenants?\b"
    r"|\b(any |an)?other\b[^.;]*\b(not exist|neither|not (found|listed|seen))\b|\b(in whose name|on whose behalf)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Resource:
    """A kind of thing. `item` is the path of one (`/orders/{order_id}`), whose last `parameter` names it.

    A thing of which there is one only (`/settings`, `/users/{id}/avatar`) has an empty `parameter`.
    """

    item: str
    parameter: str
    create: Operation | None = None
    listing: Operation | None = None
    read: Operation | None = None
    replace: Operation | None = None
    patch: Operation | None = None
    delete: Operation | None = None

    def __str__(self) -> str:
        return self.item

    @property
    def collection(self) -> str:
        """What many of them are called in the path, folded."""
        return fold(self.item.rpartition("/")[0].rpartition("/")[2])

    @property
    def nouns(self) -> set[str]:
        """What many of them are called, and one."""
        return {self.collection, *singulars(self.collection)}

    @property
    def is_single(self) -> bool:
        """Whether there is only one, that nobody makes."""
        return not self.parameter

    @property
    def maker(self) -> Operation | None:
        """What makes one: the operation of the collection, or a PUT to an id that whoever sends it has chosen."""
        if self.create is not None or self.replace is None or self.is_single:
            return self.create
        statuses = {response.status for response in self.replace.responses}
        return self.replace if "201" in statuses or not statuses & {"404", "410"} else None

    @property
    def source(self) -> Operation | None:
        """What there must be to have one: what makes it, or what reads the only one."""
        return self.read if self.is_single else self.maker


def iter_resources(contract: Contract) -> Iterator[Resource]:
    """The resources of a document, parents before their children."""
    by_path: dict[str, dict[str, Operation]] = {}
    for operation in contract.operations:
        by_path.setdefault(operation.path.rstrip("/") or "/", {})[operation.method] = operation
    made = {path: _find_creator(contract, by_path, path) for path in by_path if _TEMPLATE.fullmatch(_last(path))}
    creators = {str(each) for each in made.values()}
    for path in sorted(by_path, key=lambda path: path.count("/")):
        items = by_path[path]
        kept = {"read": items.get("GET"), "replace": items.get("PUT"), "patch": items.get("PATCH")}
        if path in made:
            all_, create = by_path.get(path.rpartition("/")[0], {}), made[path]
            listing = all_.get("GET") or _listing_beside(contract, by_path, create)
            yield Resource(path, _last(path)[1:-1], create, listing, **kept, delete=items.get("DELETE"))
        elif _is_single(contract, items):
            yield Resource(path, "", **kept)
        elif _has_ids(contract, items) and str(items["POST"]) not in creators:
            name = "own_id" if "{id}" in path else "id"
            yield Resource(f"{path}/{{{name}}}", name, items["POST"], items["GET"])


def find_elsewhere(contract: Contract, resources: Iterable[Resource]) -> dict[str, Resource]:
    """What is named where it has no path of its own: `/notes/{note_id}/files`, of a note that another path makes."""
    known, found = {resource.item: resource for resource in resources}, dict[str, Resource]()
    for operation in contract.operations:
        for match in re.finditer(r"/([^/{}]+)/\{([^{}]+)\}(?=/)", operation.path):
            item, words = operation.path[: match.end()], {fold(match[1]), *singulars(fold(match[1]))}
            made = [each for each in known.values() if each.create is not None and each.nouns & words]
            above = [each for each in made if each.create is not None and not each.create.path.startswith(f"{item}/")]
            if item not in known and len(made) == len(above) == 1:
                found[item] = made[0]
    return found


def _last(path: str) -> str:
    return path.rpartition("/")[2]


def _find_creator(contract: Contract, by_path: Mapping[str, Mapping[str, Operation]], path: str) -> Operation | None:
    """What makes the things that stand at a path: the operation of the collection, or one that leads there."""
    own = by_path.get(path.rpartition("/")[0], {}).get("POST")
    return own or next(_iter_linked_creators(contract, path, by_path[path].values()), None)


def _listing_beside(
    contract: Contract, by_path: Mapping[str, Mapping[str, Operation]], made: Operation | None
) -> Operation | None:
    """What lists things where they are made (`/calendars/{id}/events`), though each has its path elsewhere."""
    items = by_path.get(made.path.rstrip("/"), {}) if made is not None else {}
    return items.get("GET") if _has_ids(contract, items) else None


def _is_single(contract: Contract, items: Mapping[str, Operation]) -> bool:
    """Whether the operations of a path read and write one object."""
    writes = [items[method] for method in ("PUT", "PATCH") if method in items]
    told = answer_shape(contract, items["GET"], 200) if "GET" in items else None
    if told is None or not writes or "POST" in items:
        return False
    media = [told, *map(json_media, writes)]
    return all(one is not None and contract.json_types(one.schema) - {"null"} == {"object"} for one in media)


def _has_ids(contract: Contract, items: Mapping[str, Operation]) -> bool:
    """Whether the operations of a path make and list things with an `id`, though none has a path of its own."""
    made = answer_shape(contract, items["POST"], 201) if "POST" in items else None
    told = answer_shape(contract, items["GET"], 200) if "GET" in items else None
    if made is None or told is None or all(response.status != "201" for response in items["POST"].responses):
        return False
    lists = [told, *(Shape(schema, pointer) for _, schema, pointer in iter_members(contract, *told))]
    return _has_id(contract, made) and any(
        _has_id(contract, Shape(node["items"], f"{at}/items"))
        for node, at in (contract.resolve(*each) for each in lists)
        if isinstance(node, Mapping) and "items" in node
    )


def _has_id(contract: Contract, shape: Shape) -> bool:
    return any(name == "id" for name, _, _ in iter_members(contract, *shape))


def find_makers(contract: Contract, resource: Resource) -> list[Operation]:
    """The operation that makes one, and all whose success links to it."""
    items = (resource.read, resource.replace, resource.patch, resource.delete)
    linked = list(_iter_linked_creators(contract, resource.item, [each for each in items if each is not None]))
    return [each for each in contract.operations if each == resource.create or each in linked]


def _iter_linked_creators(contract: Contract, item: str, items: Iterable[Operation]) -> Iterator[Operation]:
    """The operations whose success links to one of these, or has a `Location` of their path."""
    names = {operation.operation_id for operation in items} - {""}
    collection = f"{item.rpartition('/')[0]}/"
    for operation in contract.operations:
        is_linked = any(link.get("operationId") in names for link in _links(contract, operation))
        if operation.method == "POST" and (is_linked or _leads_below(contract, operation, collection)):
            yield operation


def _leads_below(contract: Contract, operation: Operation, collection: str) -> bool:
    """Whether a success has a `Location` whose pattern or example is of what stands below a path."""
    if "{" in collection or collection.startswith(f"{operation.path}/"):
        return False
    for response in operation.responses:
        headers = {name.lower(): header for name, header in response.headers.items()}
        header, _ = contract.resolve(headers.get("location"), "")
        if response.status[:1] == "2" and isinstance(header, Mapping):
            schema, _ = contract.resolve(header.get("schema"), "")
            nodes = [header, schema] if isinstance(schema, Mapping) else [header]
            told = [str(node.get(key, "")).replace("\\/", "/") for node in nodes for key in ("pattern", "example")]
            if any(collection in text for text in told):
                return True
    return False


def _links(contract: Contract, operation: Operation) -> Iterator[Mapping[str, Any]]:
    for response in operation.responses:
        node = contract.spec.document.lookup(response.pointer)
        for link in (node.get("links") or {}).values() if isinstance(node, Mapping) else ():
            resolved, _ = contract.resolve(link, "")
            if isinstance(resolved, Mapping):
                yield resolved


STATES = ("status", "state", "phase", "stage")
RUNNING = frozenset({
    "queued", "pending", "running", "inprogress", "processing", "started", "created", "accepted", "provisioning",
    "creating", "scheduled", "waiting", "submitted", "starting", "building", "new", "working", "preparing", "ongoing",
})  # fmt: skip


def is_running(body: Any) -> bool:
    """Whether a thing says that it is not done yet."""
    items = body.items() if isinstance(body, Mapping) else ()
    return any(fold(name) in STATES and fold(str(value)) in RUNNING for name, value in items)


def find_identity(contract: Contract, resource: Resource, body: Any, location: str | None) -> str | None:
    """The id of what an answer says was made: by its link, by `Location`, or by the member that is named like one."""
    if resource.create and isinstance(body, Mapping):
        for link in _links(contract, resource.create):
            expression = str((link.get("parameters") or {}).get(resource.parameter, ""))
            if expression.startswith("$response.body#/"):
                value = whole(body.get(expression.removeprefix("$response.body#/")))
                if _is_identity(value):
                    return str(value)
    if isinstance(body, Mapping):
        names = [*identity_names(resource)]
        names += [name for name in body if fold(name) == fold(resource.parameter)]
        names += [name for name in body if fold(name).endswith("id")]
        for name in names:
            if _is_identity(value := whole(body.get(name))):
                return str(value)
    if location:
        return location.split("?")[0].rstrip("/").rpartition("/")[2] or None
    return None


def identity_names(resource: Resource) -> tuple[str, ...]:
    """The members that may hold what the path names, the likeliest first: `flag_key`, then `key`, then `id`."""
    parameter = fold(resource.parameter)
    return (resource.parameter, *sorted(_IDENTITIES, key=lambda name: not parameter.endswith(name)))


def whole(value: Any) -> Any:
    """1.0 is 1, however it is written (JSON Schema 2020-12, section 4.2.3)."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def values_of_identity(text: str) -> list[str | int]:
    """What a body may have for an id that a path has as this text."""
    return [text, int(text)] if text.isdecimal() else [text]


def _is_identity(value: Any) -> bool:
    return isinstance(value, str | int) and not isinstance(value, bool) and str(value) != ""


def fold(name: str) -> str:
    """A name without case and separators."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def find_dry_run(operation: Operation) -> Parameter | None:
    """The flag that asks for a rehearsal."""
    return next((p for p in operation.parameters if p.location == "query" and fold(p.name) in _DRY), None)


def find_scope(operation: Operation) -> Parameter | None:
    """The header that says on whose behalf a request is made (`X-Tenant`); one that may be left out has a default."""
    for parameter in operation.parameters:
        words = set(re.split(r"[^a-z]+", parameter.name.lower()))
        is_said = _SAID_SCOPE.search(parameter.description) is not None
        schema = parameter.schema if isinstance(parameter.schema, Mapping) else {}
        has_default = isinstance(schema.get("default"), str)
        is_named = bool(words & _SCOPES) and (parameter.required or (has_default and "enum" in schema))
        if parameter.location == "header" and (is_named or (is_said and (parameter.required or has_default))):
            return parameter
    return None


def scope_of(scope: Parameter, headers: Iterable[tuple[str, str]]) -> str:
    """On whose behalf a request with these headers is made."""
    default = scope.schema.get("default", "") if isinstance(scope.schema, Mapping) else ""
    return next((value for name, value in headers if name.lower() == scope.name.lower()), str(default))


def is_on_behalf(operation: Operation, headers: Iterable[tuple[str, str]]) -> bool:
    """Whether a request is made on behalf of another than the default: what that one may do, nobody says."""
    scope = find_scope(operation)
    default = scope.schema.get("default") if scope is not None and isinstance(scope.schema, Mapping) else None
    return scope is not None and isinstance(default, str) and scope_of(scope, headers) != default


def find_key(operation: Operation) -> Parameter | None:
    """The header that makes an operation idempotent."""
    return find_header(operation, *_KEYS)


def find_header(operation: Operation, *names: str) -> Parameter | None:
    """A documented header parameter by its folded name."""
    return next((p for p in operation.parameters if p.location == "header" and fold(p.name) in names), None)


def find_path_parameter(operation: Operation, name: str) -> Parameter | None:
    """The parameter of an operation's path with this name."""
    return next((p for p in operation.parameters if (p.location, p.name) == ("path", name)), None)


_CONDITIONS = frozenset({"ifmatch", "ifnonematch", "ifmodifiedsince", "ifunmodifiedsince", "ifrange", "range"})
_KEYS = frozenset({"idempotencykey", "xidempotencykey"})
_TOKENS = ("cursor", "token", "after", "before", "marker", "continuation")


def is_condition(name: str) -> bool:
    """Whether a header makes a request conditional (RFC 9110, section 13.1)."""
    return fold(name) in _CONDITIONS


def is_meaningful(operation: Operation, parameter: Parameter) -> bool:
    """Whether a well-formed value may be wrong: a cursor, a precondition, a used key, the tenant of what is named."""
    name = fold(parameter.name)
    if parameter.location == "header":
        # A free text that has to be there may say whose the thing is that the path names.
        listed = {"enum", "const"} & parameter.schema.keys() if isinstance(parameter.schema, Mapping) else set()
        may_be_whose = parameter == find_scope(operation) or (parameter.required and not listed)
        return name in _CONDITIONS | _KEYS or (may_be_whose and "{" in operation.path)
    is_moment = isinstance(parameter.schema, Mapping) and parameter.schema.get("format") in {"date", "date-time"}
    return parameter.location == "query" and not is_moment and any(word in name for word in _TOKENS)


def json_media(operation: Operation) -> MediaType | None:
    """The JSON media type of a request body."""
    return _first_json(operation.request_body.content) if operation.request_body else None


def _first_json(content: Iterable[MediaType]) -> MediaType | None:
    return next((media for media in content if "json" in media.name.lower()), None)


def value_media(operation: Operation) -> MediaType | None:
    """The media type of a request body that stands for a value: JSON, or else a form."""
    return json_media(operation) or form_media(operation)


class Shape(NamedTuple):
    """A schema, and the pointer to it."""

    schema: Any
    pointer: str

    @classmethod
    def of(cls, media: MediaType) -> Shape:
        return cls(media.schema, f"{media.pointer}/schema")


def value_shape(operation: Operation) -> Shape | None:
    """The schema of the value that a request body stands for."""
    media = value_media(operation)
    return None if media is None else Shape.of(media)


def shown_shape(contract: Contract, operation: Operation) -> Shape | None:
    """The schema of what an answer may show of a request body: with the members of the part of a form that is JSON."""
    shape, part = value_shape(operation), part_of(contract, operation)
    return shape if shape is None or part is None else Shape({"allOf": [shape.schema, part[1]]}, shape.pointer)


def part_of(contract: Contract, operation: Operation) -> tuple[str, Any] | None:
    """Name and schema of the one part of a form that is an object: it describes the rest."""
    media = form_media(operation) if json_media(operation) is None else None
    members = contract.iter_properties(media.schema, "") if media else ()
    found = [(name, schema) for name, schema, _ in members if contract.json_types(schema) == {"object"}]
    return found[0] if len(found) == 1 else None


def answer_shape(contract: Contract, operation: Operation, status: int) -> Shape | None:
    """The schema of the JSON value that a documented response shows, without an envelope."""
    found = find_answer(contract, operation, status)
    return None if found is None else found[1]


def find_answer(contract: Contract, operation: Operation, status: int) -> tuple[str, Shape] | None:
    """The member of a documented response that holds all there is to say (`data`), or an empty text; and its shape."""
    response = contract.find_response(operation, status)
    media = _first_json(response.content) if response else None
    if media is None:
        return None
    shape = Shape.of(media)
    return (_find_envelope(contract, operation, shape) if 200 <= status < 300 else None) or ("", shape)


_ENVELOPES = frozenset({"data", "result", "response", "payload", "item", "resource", "record", "entity", "object"})
_BESIDE = frozenset({
    "meta", "metadata", "links", "message", "messages", "success", "ok", "error", "errors", "warnings", "code",
    "status", "requestid", "traceid", "correlationid", "version", "apiversion", "timestamp", "pagination", "paging",
})  # fmt: skip


def _find_envelope(contract: Contract, operation: Operation, shape: Shape) -> tuple[str, Shape] | None:
    """The one member that holds the thing; what stands beside it is about the answer.

    What is sent in an envelope too is compared with it as it is.
    """
    members = list(contract.iter_properties(*shape))
    asked = json_media(operation)
    sent = {name for name, _, _ in contract.iter_properties(asked.schema, "")} if asked else set()
    inside = [
        (name, Shape(*contract.resolve(schema, pointer)))
        for name, schema, pointer in members
        if _is_envelope(operation, name) and contract.json_types(schema) - {"null"} == {"object"}
    ]
    beside = {name for name, _, _ in members} - {name for name, _ in inside}
    return inside[0] if len(inside) == 1 and set(map(fold, beside)) <= _BESIDE and inside[0][0] not in sent else None


def _is_envelope(operation: Operation, name: str) -> bool:
    """Whether a member is called after nothing in particular, or after what the path is about (`/orders`: `order`)."""
    words = [word for word in operation.path.split("/") if word and "{" not in word]
    return fold(name) in _ENVELOPES or (len(words) > 0 and fold(name) in singulars(fold(words[-1])))


def singulars(plural: str) -> set[str]:
    """What one may be called of what has this folded name."""
    found = {plural.removesuffix("s"), plural.removesuffix("es")} - {""}
    if plural.endswith("ves"):  # shelves, knives
        found |= {f"{plural[:-3]}f", f"{plural[:-3]}fe"}
    return {*found, f"{plural[:-3]}y"} if plural.endswith("ies") else found


def shared_properties(
    contract: Contract, asked: Shape | None, told: Shape | None
) -> dict[str, tuple[Any, str, Any, str]]:
    """The members that a request and an answer have in common, with the schemas and pointers of both."""
    if asked is None or told is None:
        return {}
    ours = {n: (s, p) for n, s, p in iter_members(contract, *asked)}
    theirs = {n: (s, p) for n, s, p in iter_members(contract, *told)}
    return {
        name: (*ours[name], *theirs[name])
        for name in ours.keys() & theirs.keys()
        if not contract.is_read_only(ours[name][0])
        and contract.json_types(ours[name][0]) & contract.json_types(theirs[name][0])
        and contract.text_format(ours[name][0]) == contract.text_format(theirs[name][0])
        and not _is_write_only(contract, ours[name][0])
    }


def visible(contract: Contract, schema: Any, value: Any, depth: int = 0) -> Any:
    """What an answer shows of a value that was sent: its members, at every depth, but those that are only written.

    A text is as its description says that it is kept, `...` where that is not exact.
    """
    if isinstance(value, str) and value:
        return normalised(contract.description(schema), value)
    if not isinstance(value, dict | list) or depth > MAX_DEPTH:
        return value
    if isinstance(value, list):
        node, _ = contract.resolve(schema, "")
        items = node.get("items", True) if isinstance(node, Mapping) else True
        return [visible(contract, items, each, depth + 1) for each in value]
    members = {name: child for name, child, _ in iter_members(contract, schema, "")}
    hidden = {n for n, s in members.items() if _is_write_only(contract, s) or contract.is_read_only(s)}
    return {
        name: visible(contract, members.get(name, True), held, depth + 1)
        for name, held in value.items()
        if name not in hidden
    }


def _is_write_only(contract: Contract, schema: Any) -> bool:
    schema, _ = contract.resolve(schema, "")
    return isinstance(schema, Mapping) and (
        schema.get("writeOnly") is True or schema.get("format") == "password" or is_binary(contract, schema)
    )


def alternatives(contract: Contract, schema: Any, pointer: str) -> list[tuple[Any, str]]:
    """The object schemas that a schema is one of, each with its pointer; itself where it is not one of several."""
    node, at = contract.resolve(schema, pointer)
    for keyword in ("oneOf", "anyOf") if isinstance(node, Mapping) and "properties" not in node else ():
        branches = [contract.resolve(b, f"{at}/{keyword}/{n}") for n, b in enumerate(node.get(keyword, ()))]
        if objects := [entry for entry in branches if "object" in contract.json_types(entry[0])]:
            return objects
    return [(schema, pointer)]


def iter_members(contract: Contract, schema: Any, pointer: str) -> Iterator[tuple[str, Any, str]]:
    """Name, schema and pointer of each property of an object schema, those of all its alternatives included."""
    for branch, at in alternatives(contract, schema, pointer):
        yield from contract.iter_properties(branch, at)
