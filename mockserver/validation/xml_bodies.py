"""XML bodies as far as the document describes them: `name`, `wrapped`, `attribute`; prefixes are read past."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from xml.parsers import expat

from mockserver.document import Document
from mockserver.parameters import decode_text
from mockserver.spec import MediaType
from mockserver.types import JSON

MAX_DEPTH: Final = 100
MAX_ELEMENTS: Final = 100_000
MAX_COMPOSITION: Final = 16


class XMLError(ValueError):
    """The body is no XML, or XML that is refused."""


@dataclass(slots=True)
class _Element:
    name: str
    attributes: dict[str, str]
    children: list[_Element] = field(default_factory=list)
    text: str = ""


def parse_xml(body: bytes, media_type: MediaType, document: Document) -> JSON:
    """The value that an XML body spells by its schema. Raises `XMLError`."""
    return _Reader(document).read(_parse(body), media_type.schema, f"{media_type.pointer}/schema")


def _parse(body: bytes) -> _Element:
    """The tree of elements; a document type, and with it every entity, is refused."""
    root = _Element("", {})
    stack = [root]
    count = 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal count
        count += 1
        if len(stack) > MAX_DEPTH or count > MAX_ELEMENTS:
            raise XMLError("the XML is too deep or has too many elements")
        element = _Element(_local(name), {_local(key): value for key, value in attributes.items()})
        stack[-1].children.append(element)
        stack.append(element)

    def end(_name: str) -> None:
        stack.pop()

    def characters(text: str) -> None:
        stack[-1].text += text

    def refuse(*_arguments: object) -> None:
        raise XMLError("a document type is not accepted in XML")

    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = characters
    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    try:
        parser.Parse(body, True)
    except (expat.ExpatError, LookupError, ValueError) as error:
        raise error if isinstance(error, XMLError) else XMLError(f"it is no XML: {error}") from None
    return root.children[0]


def _local(name: str) -> str:
    return name.rpartition(":")[2]


class _Reader:
    """Elements to values (OpenAPI 3.1, section 4.8.26)."""

    def __init__(self, document: Document) -> None:
        self._document = document

    def read(self, element: _Element, schema: JSON, pointer: str) -> JSON:
        types, properties, items = self._composed(schema, pointer)
        if "array" in types:
            return [self.read(child, *items) for child in element.children]
        if properties or "object" in types:
            return self._object(element, properties)
        if element.children and not types:
            return {child.name: self.read(child, True, pointer) for child in element.children}
        return decode_text(element.text.strip(), tuple(sorted(types, key=lambda name: name == "string")) or ("string",))

    def _object(self, element: _Element, properties: Mapping[str, tuple[JSON, str]]) -> JSON:
        value: dict[str, JSON] = {}
        known: set[str] = set()
        for name, (schema, pointer) in properties.items():
            xml = self._xml(schema, pointer)
            label = str(xml.get("name", name))
            if xml.get("attribute") is True:
                if label in element.attributes:
                    value[name] = self.read(_Element(label, {}, text=element.attributes[label]), schema, pointer)
                continue
            types, _, items = self._composed(schema, pointer)
            wrapped = xml.get("wrapped") is True
            if "array" in types and not wrapped:
                label = str(self._xml(*items).get("name", label))
            known.add(label)
            found = [child for child in element.children if child.name == label]
            if found and "array" in types and not wrapped:
                value[name] = [self.read(child, *items) for child in found]
            elif found:
                value[name] = self.read(found[-1], schema, pointer)
        extra = {child.name: child for child in element.children if child.name not in known}
        return {**value, **{name: self.read(child, True, "") for name, child in extra.items() if name not in value}}

    def _xml(self, schema: JSON, pointer: str) -> Mapping[str, Any]:
        own = schema.get("xml") if isinstance(schema, Mapping) else None
        if isinstance(own, Mapping):
            return own
        node, _ = self._document.resolve(schema, pointer)
        xml = node.get("xml") if isinstance(node, Mapping) else None
        return xml if isinstance(xml, Mapping) else {}

    def _composed(
        self, schema: JSON, pointer: str, depth: int = 0
    ) -> tuple[list[str], dict[str, tuple[JSON, str]], tuple[JSON, str]]:
        """The types, properties and items of a schema, those of its branches included."""
        node, pointer = self._document.resolve(schema, pointer)
        items: tuple[JSON, str] = (True, pointer)
        if not isinstance(node, Mapping) or depth > MAX_COMPOSITION:
            return [], {}, items
        named = node.get("type", [])
        types = [named] if isinstance(named, str) else list(named)
        properties = {
            name: (entry, f"{pointer}/properties/{name}") for name, entry in node.get("properties", {}).items()
        }
        if "items" in node:
            items = (node["items"], f"{pointer}/items")
        for keyword in ("allOf", "anyOf", "oneOf"):
            for number, branch in enumerate(node.get(keyword, ())):
                more, inner, others = self._composed(branch, f"{pointer}/{keyword}/{number}", depth + 1)
                types += more
                properties = {**inner, **properties}
                items = others if items[0] is True else items
        return types, properties, items
