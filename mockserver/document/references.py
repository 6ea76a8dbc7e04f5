"""References of every kind made into JSON pointers of one document.

Other files are read and bundled; `$id` and `$anchor` names become pointers; what leads nowhere is reported and, in a
schema, taken away, so that the rest of the document can be served.
"""

from __future__ import annotations

import copy
import posixpath
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final
from urllib.parse import urljoin

from mockserver.document.dynamic import DynamicReferences
from mockserver.document.pointers import escape, in_uri_form, leads, lookup
from mockserver.document.reading import is_url, read_mapping
from mockserver.errors import Finding, SpecError
from mockserver.types import JSON

FILES: Final = "x-files"
"""Where the schemas of other files stand in the bundled document."""
BOUND: Final = "bound"
"""Under this name among them the copies that dynamic references led to."""
MAX_FILES: Final = 500
MAX_CHAIN: Final = 100
"""So long may a chain of references be."""
MAX_INLINED: Final = 20_000
"""So many objects of other files may be written out in place of references."""

CONTAINERS: Final = (dict, list)
SCHEMA_KEYS: Final = frozenset(("schema", "itemSchema"))
SCHEMA_MAPS: Final = frozenset(("schemas", "definitions"))
NAMED: Final = frozenset(
    ("properties", "patternProperties", "dependentSchemas", "$defs", "definitions", "schemas", "parameters",
     "responses", "headers", "requestBodies", "callbacks", "links", "content", "pathItems", "paths", "webhooks",
     "securitySchemes", "mediaTypes", "encoding", "additionalOperations")
)  # fmt: skip
"""The objects whose keys are names that an author chose."""
DATA: Final = frozenset(("example", "default", "enum", "const", "value", "dataValue"))
IDENTIFYING: Final = frozenset(("$id", "$anchor", "$dynamicAnchor", "$dynamicRef"))


def bundle(content: dict[str, Any], source: str, *, allow_remote: bool) -> tuple[Finding, ...]:
    """Make every reference a JSON pointer, in place; returns what could not be resolved."""
    references, is_identified = _survey(content)
    if not is_identified and not any(_problem(content, reference) for reference in references):
        return ()
    bundler = _Bundler(content, source, allow_remote=allow_remote)
    bundler.run()
    return tuple(dict.fromkeys(bundler.findings))


def _survey(content: JSON) -> tuple[set[str], bool]:
    """Every reference in the document, and whether any schema has a name of its own; fast, as it knows no grammar.

    Those inside of the document are put into the form of a URI on the way.
    """
    known: dict[str, str] = {}
    is_identified = False
    pending: list[JSON] = [content]
    while pending:
        node = pending.pop()
        if isinstance(node, dict):
            if isinstance(reference := node.get("$ref"), str):
                if reference not in known:
                    known[reference] = in_uri_form(content, reference) if reference.startswith("#/") else reference
                node["$ref"] = known[reference]
            is_identified = is_identified or not IDENTIFYING.isdisjoint(node)
            pending += [value for value in node.values() if isinstance(value, CONTAINERS)]
        elif isinstance(node, list):
            pending += [value for value in node if isinstance(value, CONTAINERS)]
    return set(known.values()), is_identified


def _problem(content: JSON, reference: str) -> str:
    """What is wrong with a reference inside the document; empty when it leads to something."""
    seen: list[str] = []
    while True:
        if reference in seen:
            return "leads round in a circle"
        seen.append(reference)
        if not reference.startswith("#/"):
            return "leaves the document"
        try:
            node = lookup(content, reference)
        except KeyError:
            return "leads nowhere"
        if not isinstance(node, dict) or not isinstance(following := node.get("$ref"), str) or len(seen) > MAX_CHAIN:
            return ""
        reference = following


class _Place:
    """Where a reference stands: its file, the schema resource around it and its pointer in the bundled document."""

    __slots__ = ("base", "depth", "in_schema", "pointer", "resource", "root")

    def __init__(
        self, base: str, root: str, pointer: str, *, in_schema: bool = False, resource: str = "", depth: int = 0
    ) -> None:
        self.base, self.root, self.pointer, self.in_schema = base, root, pointer, in_schema
        self.resource, self.depth = resource, depth

    def child(self, key: str, *, in_schema: bool) -> _Place:
        pointer = f"{self.pointer}/{escape(key)}"
        return _Place(
            self.base, self.root, pointer, in_schema=in_schema, resource=self.resource, depth=self.depth
        )  # fmt: skip


class _Bundler:
    def __init__(self, content: dict[str, Any], source: str, *, allow_remote: bool) -> None:
        self.content = content
        self.source = source
        self.allow_remote = allow_remote
        self.findings: list[Finding] = []
        self.names: dict[str, str] = {}
        """Pointers by `$id`, and by the anchors behind them."""
        self.mounted: dict[str, str] = {_as_base(source): "#"}
        """The pointer under which each other file stands, by its location."""
        self.originals: dict[str, JSON] = {}
        self.inlined = 0
        self.is_dynamic = False

    def run(self) -> None:
        if isinstance(itself := self.content.get("$self"), str):  # OpenAPI 3.2, section 4.1.2
            self.names[itself.partition("#")[0]] = "#"
        for node, place in self._walk(self.content, _Place(self.source, "#", "#")):
            self._identify(node, place)
        for node, place in list(self._walk(self.content, _Place(self.source, "#", "#"))):
            self._settle(node, place)
        if self.is_dynamic:
            self._bind()
        # With pointers everywhere a base URI would only lead them astray.
        for node, place in self._walk(self.content, _Place(self.source, "#", "#")):
            if place.in_schema:
                for key in ("$id", "$anchor", "$dynamicAnchor"):
                    if isinstance(node.get(key), str):
                        del node[key]

    def _bind(self) -> None:
        """Make the dynamic references plain ones."""
        placed = {place.pointer: place for _, place in self._walk(self.content, _Place(self.source, "#", "#"))}
        schemas = {
            pointer: place.resource or _root(pointer, placed) for pointer, place in placed.items() if place.in_schema
        }
        section = f"#/{FILES}/{BOUND}"
        dynamic = DynamicReferences(self.content, schemas.items(), self.names, section)
        for pointer in dict.fromkeys(_root(pointer, placed) for pointer in schemas):
            dynamic.bind(lookup(self.content, pointer), pointer, {})
        for pointer, reference in dynamic.broken.items():
            self.findings.append(Finding("error", pointer, f"the reference {reference!r} leads nowhere"))
        if dynamic.copies:
            self.content.setdefault(FILES, {})[BOUND] = dynamic.copies

    # --- Walking ------------------------------------------------------------------------------------------------------

    def _walk(self, node: JSON, place: _Place, *, names: bool = False) -> Iterator[tuple[dict[str, Any], _Place]]:
        """Every object that may hold a reference, not the data of examples and defaults."""
        if isinstance(node, list):
            for number, item in enumerate(node):
                yield from self._walk(item, place.child(str(number), in_schema=place.in_schema))
        if not isinstance(node, dict):
            return
        if not names:
            if place.in_schema and isinstance(named := node.get("$id"), str):
                base = place.base
                with suppress(SpecError):  # what is no URI names nothing
                    base = base if "#" in named else _joined(base, named)
                place = _Place(
                    base, place.root, place.pointer, in_schema=True, resource=place.pointer, depth=place.depth
                )  # fmt: skip
            yield node, place
        for key, value in list(node.items()):
            if not names and (key in DATA or (key.startswith("x-") and key != FILES)):
                continue
            if not names and key == "examples" and isinstance(value, list):
                continue
            in_schema = place.in_schema or (not names and (key in SCHEMA_KEYS or key in SCHEMA_MAPS))
            yield from self._walk(
                value, place.child(key, in_schema=in_schema), names=not names and _is_named(key, value)
            )

    def _identify(self, node: dict[str, Any], place: _Place) -> None:
        self.is_dynamic = self.is_dynamic or "$dynamicRef" in node
        if not place.in_schema:
            return
        if isinstance(node.get("$id"), str):
            self.names.setdefault(place.base, place.pointer)
            self.names.setdefault(node["$id"], place.pointer)
        for key in ("$anchor", "$dynamicAnchor"):
            if isinstance(anchor := node.get(key), str):
                self.names.setdefault(f"{place.base.partition('#')[0]}#{anchor}", place.pointer)
                self.names.setdefault(f"#{anchor}", place.pointer)

    # --- References ---------------------------------------------------------------------------------------------------

    def _settle(self, node: dict[str, Any], place: _Place) -> None:
        if isinstance(reference := node.get("$ref"), str):
            try:
                self._settle_reference(node, reference, place)
            except SpecError as error:
                self.findings.append(Finding("error", place.pointer, error.problem, error.remedy))
                if place.in_schema:
                    del node["$ref"]
        discriminator = node.get("discriminator")
        mapping = discriminator.get("mapping") if isinstance(discriminator, dict) and place.in_schema else None
        if not isinstance(mapping, dict):
            return
        for value, target in list(mapping.items()):
            if isinstance(target, str) and not target.startswith("#/") and ("#" in target or "." in target):
                holder = {"$ref": target}
                self._settle(holder, place)
                mapping[value] = holder.get("$ref", target)

    def _settle_reference(self, node: dict[str, Any], reference: str, place: _Place) -> None:
        if (named := self._named(reference, place)) is not None:
            node["$ref"] = named
            return
        if reference.startswith("#") and place.root == "#":
            problem = _problem(self.content, reference)
            if problem in ("leads nowhere", "leads round in a circle") or not reference.startswith("#/"):
                raise _broken(reference, problem)
            return
        location, _, fragment = _joined(place.base, reference).partition("#")
        pointer = self._mount(location, reference) if not reference.startswith("#") else place.root
        # `#/` names a member without a name; whoever writes it means the whole file.
        target = in_uri_form(self.content, f"{pointer}{'' if fragment == '/' else fragment}")
        if not leads(self.content, target):
            raise _broken(reference, "leads nowhere")
        if place.in_schema or pointer == "#":
            node["$ref"] = target
        else:
            self._inline(node, target, location, pointer, place)

    def _named(self, reference: str, place: _Place) -> str | None:
        """The pointer behind an `$id`, an anchor, or a pointer that is relative to the schema around it."""
        if place.resource and reference.startswith(("#/", "#")):
            inner = f"{place.resource}{reference[1:]}"
            if reference == "#" or (reference.startswith("#/") and leads(self.content, inner)):
                return inner
        resource, _, fragment = _joined(place.base, reference).partition("#")
        for name in (reference, f"{resource}#{fragment}" if fragment else resource):
            if name in self.names and not name.startswith("#/"):
                return self.names[name]
        inner = f"{self.names.get(resource, '')}{fragment}"
        return inner if fragment.startswith("/") and inner != fragment and leads(self.content, inner) else None

    def _mount(self, location: str, reference: str) -> str:
        """Where another file stands in the bundled document; reads it when it is new."""
        if location in self.mounted:
            return self.mounted[location]
        self._check_allowed(location, reference)
        if len(self.mounted) >= MAX_FILES:
            raise SpecError(f"the reference {reference!r} would need more than {MAX_FILES} files")
        content = read_mapping(location)
        folder = posixpath.dirname(_as_base(self.source)) or "."
        name = location if is_url(location) else posixpath.relpath(location, folder)
        pointer = self.mounted[location] = f"#/{FILES}/{escape(name)}"
        self.content.setdefault(FILES, {})[name] = content
        # What is not known to be a schema is folded and walked as one: that is what other files mostly hold.
        place = _Place(location, pointer, pointer, in_schema=True)
        for node, where in self._walk(content, place):
            self._identify(node, where)
        for node, where in list(self._walk(content, place)):
            if _is_schema_like(node):
                self._settle(node, where)
        return pointer

    def _check_allowed(self, location: str, reference: str) -> None:
        if is_url(location):
            if not self.allow_remote:
                remedy = "Start with --allow-remote-refs, or bundle the document first."
                raise SpecError(f"the reference {reference!r} leads to another machine", remedy=remedy)
            return
        if "://" in location or is_url(self.source) or location.startswith("urn:"):
            raise SpecError(
                f"the reference {reference!r} leaves the document", remedy="Bundle the files into one first."
            )
        if Path(reference.partition("#")[0]).is_absolute():
            raise SpecError(f"the reference {reference!r} is an absolute path", remedy="Make it relative.")
        if self.source in ("-", "the document"):
            raise SpecError(
                f"the reference {reference!r} leaves the document", remedy="Bundle the files into one first."
            )

    def _inline(self, node: dict[str, Any], target: str, location: str, pointer: str, place: _Place) -> None:
        """Write out a parameter, response or path item of another file: its place decides how it is read."""
        self.inlined += 1
        if self.inlined > MAX_INLINED or place.depth > 50:
            raise SpecError(f"the reference {node['$ref']!r} leads to a circle of files")
        found = lookup(self._original(location), f"#{target.removeprefix(pointer)}")
        if not isinstance(found, dict):
            raise _broken(node["$ref"], "leads to no object")
        siblings = {key: value for key, value in node.items() if key != "$ref"}
        node.clear()
        node.update({**copy.deepcopy(found), **siblings})
        inner = _Place(location, pointer, place.pointer, depth=place.depth + 1)
        for child, where in list(self._walk(node, inner)):
            self._settle(child, where)

    def _original(self, location: str) -> JSON:
        """A file as it was before its own references were settled."""
        if location not in self.originals:
            self.originals[location] = read_mapping(location)
        return self.originals[location]


def _root(pointer: str, placed: Mapping[str, _Place]) -> str:
    """The outermost schema around a schema."""
    while (outer := _parent(pointer, placed)) is not None:
        pointer = outer
    return pointer


def _parent(pointer: str, placed: Mapping[str, _Place]) -> str | None:
    """The schema around a schema: the nearest object above it that is one."""
    while pointer := pointer.rpartition("/")[0]:
        if pointer in placed:
            return pointer if placed[pointer].in_schema else None
    return None


def _is_named(key: str, value: JSON) -> bool:
    """Whether the keys of the object under a key are names. `examples` of a schema is a list, elsewhere a map."""
    return isinstance(value, dict) and (key in NAMED or key == "examples")


def _is_schema_like(node: dict[str, Any]) -> bool:
    return isinstance(node.get("$ref"), str) or "discriminator" in node


def _broken(reference: str, why: str) -> SpecError:
    return SpecError(f"the reference {reference!r} {why}", remedy="Check its spelling.")


def _joined(base: str, reference: str) -> str:
    """A reference as a location. Raises `SpecError`."""
    try:
        return urljoin(_as_base(base), reference)
    except ValueError:  # `//[` and the like
        raise _broken(reference, "is no URI") from None


def _as_base(source: str) -> str:
    """A location that references can be joined to: a path with the separators of a URL."""
    return source if is_url(source) else Path(source).as_posix()
