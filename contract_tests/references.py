"""References: members and parameters that name another thing (`author_id`, `lines[].product`), which must exist."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from contract_tests.contract import Contract, Operation
from contract_tests.resources import Resource, fold, iter_members, singulars, value_media, values_of_identity

MAX_DEPTH = 4
_PLAIN = frozenset({"id", "uuid", "key", "name", "slug", "code"})
"""Names of path parameters that say nothing of what they name."""

_ENDINGS = ("", "id", "uuid", "ref")


@dataclass(frozen=True, slots=True)
class Reference:
    """The resource that a value names, and where the schema of the value stands."""

    resource: Resource
    pointer: str


def find_references(contract: Contract, resources: Iterable[Resource], operation: Operation) -> Mapping[str, Reference]:
    """The references in an operation's body, at every depth, and among its query parameters, by their names."""
    others = [resource for resource in resources if _can_be_named(resource, operation)]
    namesakes = [each for each in others if _is_put_in(contract, operation, each)]
    own = next((each for each in resources if _is_about(operation, each)), None)
    found: dict[str, Reference] = {}
    for name, schema, pointer in _iter_named(contract, operation):
        resource = _find(contract, others, name, schema)
        if resource is None and contract.json_types(schema) <= {"string", "integer"}:
            resource = next((each for each in namesakes if fold(each.parameter) == fold(name)), None)
        if resource is None and own is not None and _names_another(contract, operation, own, name, schema):
            resource = own
        if name not in found and resource is not None:
            found[name] = Reference(resource, pointer)
    return found


def _is_about(operation: Operation, resource: Resource) -> bool:
    """Whether an operation makes, changes or lists things of a kind, or is an action on one."""
    is_action = operation.method == "POST" and operation.path.rpartition("/")[0] == resource.item
    direct = (resource.create, resource.replace, resource.patch, resource.listing)
    return resource.create is not None and resource.item.count("{") == 1 and (operation in direct or is_action)


def _names_another(contract: Contract, operation: Operation, own: Resource, name: str, schema: Any) -> bool:
    """Whether a member names another thing of the same kind: the parent in a tree, `duplicate_id` of a merge."""
    folded, types = fold(name), contract.json_types(schema) - {"null"}
    if not types or not types <= {"string", "integer"} or contract.enum(schema) or contract.is_read_only(schema):
        return False
    is_id = types == {"integer"} or contract.text_format(schema) == "uuid" or is_id_of(contract, own, schema)
    if folded in {"parent", "parentid"}:
        return is_id or folded == "parentid"
    said = f"{operation.summary} {contract.said_at(operation.pointer)}".lower()
    is_action = operation.path.startswith(own.item) and operation is not own.replace and operation is not own.patch
    is_told = folded.endswith("id") and folded != "id" and folded.removesuffix("id") in re.findall(r"[a-z]+", said)
    return is_action and is_told and bool(own.nouns & set(re.findall(r"[a-z]+", said)))


def _is_put_in(contract: Contract, operation: Operation, resource: Resource) -> bool:
    """Whether an operation puts things into another, under their names: `POST /books/{id}/recipes` with a slug.

    What can be read there is no thing from elsewhere.
    """
    own = operation.path.rpartition("/")[2]
    reads = (each.path for each in contract.operations if each.method == "GET" and "{" in each.path.rpartition("/")[2])
    is_below = operation.method == "POST" and "{" in operation.path and fold(own) == resource.collection
    return is_below and operation.path not in {path.rpartition("/")[0] for path in reads}


def _can_be_named(resource: Resource, operation: Operation) -> bool:
    """Whether a thing can be made to be named, and is none that the path names already."""
    is_own = f"{operation.path}/".startswith(f"{resource.item}/") or operation is resource.maker
    return resource.maker is not None and not resource.is_single and not is_own


def _iter_named(contract: Contract, operation: Operation) -> Iterator[tuple[str, Any, str]]:
    media = value_media(operation)
    if media is not None:
        yield from _iter_deep(contract, media.schema, f"{media.pointer}/schema", 0)
    for parameter in operation.parameters:
        if parameter.location == "query":
            yield parameter.name, parameter.schema, parameter.pointer


def _iter_deep(contract: Contract, schema: Any, pointer: str, depth: int) -> Iterator[tuple[str, Any, str]]:
    if depth > MAX_DEPTH:
        return
    for name, child, place in iter_members(contract, schema, pointer):
        yield name, child, place
        node, at = contract.resolve(child, place)
        types = contract.json_types(node)
        if types == {"object"} and isinstance(node, Mapping):
            yield from _iter_deep(contract, node, at, depth + 1)
        elif types == {"array"} and isinstance(node, Mapping):
            yield from _iter_deep(contract, node.get("items"), f"{at}/items", depth + 1)


def _find(contract: Contract, resources: Iterable[Resource], name: str, schema: Any) -> Resource | None:
    types = contract.json_types(schema) - {"null"}
    if not types <= {"string", "integer"} or contract.enum(schema) or contract.is_read_only(schema):
        return None
    folded = fold(name)
    of_ids = types == {"integer"} or contract.text_format(schema) == "uuid"
    for resource in resources:
        is_certain = of_ids or is_id_of(contract, resource, schema)
        names = {f"{single}{ending}" for single in _singulars(resource) for ending in _ENDINGS if ending or is_certain}
        if fold(resource.parameter) not in _PLAIN:
            names.add(fold(resource.parameter))
        if folded in names:
            return resource
    return None


def is_id_of(contract: Contract, resource: Resource, schema: Any) -> bool:
    """Whether a text has the pattern of the ids in a resource's path."""
    operations = (resource.read, resource.replace, resource.patch, resource.delete)
    schemas = [p.schema for one in operations if one for p in one.parameters if p.name == resource.parameter]
    patterns = {node.get("pattern") for each in schemas if isinstance(node := contract.resolve(each, "")[0], Mapping)}
    own, _ = contract.resolve(schema, "")
    return isinstance(own, Mapping) and own.get("pattern") is not None and own["pattern"] in patterns


def _singulars(resource: Resource) -> set[str]:
    """What one thing of a collection may be called: `categories` has a `category`, `boxes` a `box`."""
    segments = [segment for segment in resource.item.split("/") if segment and "{" not in segment]
    plural = fold(segments[-1]) if segments else ""
    return singulars(plural)


def value_of(contract: Contract, pointer: str, identity: str) -> str | int | None:
    """An id that a path has as this text, as the schema at a pointer has it; None where it has no such ids."""
    return next(filter(contract.spec.document.validator(pointer).is_valid, values_of_identity(identity)), None)


def value_or_text(contract: Contract, pointer: str, identity: str) -> str | int:
    """The same, or the text itself where the schema has no such ids."""
    value = value_of(contract, pointer, identity)
    return identity if value is None else value


def values_of(value: Any, name: str) -> Iterator[str | int]:
    """The texts and numbers of this name within a JSON value."""
    if isinstance(value, list):
        for item in value:
            yield from values_of(item, name)
    elif isinstance(value, dict):
        for key, held in value.items():
            if key == name and isinstance(held, str | int) and not isinstance(held, bool):
                yield held
            else:
                yield from values_of(held, name)


def put_references(value: Any, identities: Mapping[str, str | int]) -> Any:
    """A JSON value with these identities in place of what stands under their names."""
    if isinstance(value, list):
        return [put_references(item, identities) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key: identities[key]
        if key in identities and isinstance(held, str | int) and not isinstance(held, bool)
        else put_references(held, identities)
        for key, held in value.items()
    }
