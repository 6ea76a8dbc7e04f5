"""JSON Schema to the pydantic types that a FastAPI application declared: `pydantic.json_schema`, inverted."""

from __future__ import annotations

import re
from collections import namedtuple
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from enum import Enum, IntEnum, StrEnum
from functools import cached_property
from typing import Annotated, Any, Final, ForwardRef, Literal, Union, cast
from weakref import WeakValueDictionary

import pydantic
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PydanticUserError,
    Tag,
    TypeAdapter,
    create_model,
)
from pydantic_core import SchemaError, SchemaValidator
from typing_extensions import TypeAliasType

from mockserver.document import Document
from mockserver.errors import SpecError
from mockserver.forms import Part
from mockserver.types import JSON, Schema
from mockserver.validation.constraints import constrained, whole
from mockserver.validation.formats import DECIMAL_START, decimal_type, is_byte_size, is_file, string_type
from mockserver.validation.union_tags import UnionTags, is_field_name, is_tag, iter_nodes

SCALARS: Final[Mapping[str, Any]] = {"integer": int, "number": float, "boolean": bool, "null": None}

UNTYPED: Final = (PydanticUserError, SchemaError, TypeError, ValueError, NameError, RecursionError)
"""What is raised where pydantic has no type for a schema."""

MAX_REASON: Final = 200
MAX_DEPTH: Final = 60
"""How deeply schemas may nest without a reference."""

_COMPILERS: WeakValueDictionary[int, TypeCompiler] = WeakValueDictionary()


def is_array(schema: Schema, document: Document) -> bool:
    """Whether FastAPI collects all values of such a parameter: an array, or an array or null."""
    node, _ = document.resolve(schema, "")
    if not isinstance(node, Mapping):
        return False
    return node.get("type") == "array" or any(is_array(branch, document) for branch in node.get("anyOf", ()))


class TypeCompiler:
    """Compiles the schemas of one document; a component becomes one type, named like the application's."""

    def __init__(self, document: Document, *, file_type: Any = None) -> None:
        self.document = document
        self._file_type = file_type
        self._for_forms: TypeCompiler | None = None
        self._components: dict[str, Any] = {}
        self._namespace: dict[str, Any] = {}
        self._recursive: set[str] = set()
        self._tags = UnionTags(document)
        self._incomplete: list[type[BaseModel]] = []
        self._depth = 0

    @classmethod
    def of(cls, document: Document) -> TypeCompiler:
        """The compiler of a document, which its operations share."""
        key = id(document.content)
        if (compiler := _COMPILERS.get(key)) is None:
            compiler = _COMPILERS[key] = cls(document)
        return compiler

    @property
    def for_forms(self) -> TypeCompiler:
        """The compiler of models that are filled from forms, where binary content is an uploaded file."""
        if self._for_forms is None:
            self._for_forms = TypeCompiler(self.document, file_type=Annotated[Any, AfterValidator(check_upload)])
        return self._for_forms

    @cached_property
    def _documents_digits(self) -> bool:
        """Whether the pydantic behind the document gives every `Decimal` a pattern, as 2.12 does and 2.14 does not."""
        return _has_decimal(self.document.content)

    def validator(self, schema: Schema, pointer: str) -> SchemaValidator:
        """A validator for values of the schema. Raises `SpecError` when pydantic has no such type."""
        return self.validator_of(lambda: self.annotation(schema, pointer), pointer)

    def parameter_validator(self, schema: Schema, pointer: str) -> SchemaValidator | None:
        """A validator for the text of a parameter; None for the most frequent types, which every text is a value of."""
        with suppress(*UNTYPED):
            if self.annotation(schema, pointer) in (Any, str, str | None):
                return None
        return self.validator(schema, pointer)

    def validator_of(self, annotation: Any, pointer: str) -> SchemaValidator:
        """A validator of the type that a function returns."""
        try:
            compiled = annotation()
            self._complete()
            adapter = TypeAdapter(compiled)
            # An alias finds itself by the name that stands for it.
            adapter.rebuild(raise_errors=True, _types_namespace=self._namespace)
            return cast("SchemaValidator", adapter.validator)
        except UNTYPED as error:
            reason = " ".join(str(error).split())[:MAX_REASON]
            problem = f"cannot be validated as FastAPI would ({reason})"
            raise SpecError(problem, source=self.document.source, pointer=pointer) from None

    def union_validator(
        self, nodes: list[JSON], pointer: str, discriminator: str | None, readers: list[Callable[[Any], Any]]
    ) -> SchemaValidator:
        """A validator of a union of models, each of which has a function that looks at the value first."""

        def union() -> Any:
            branches = []
            for number, (node, reader) in enumerate(zip(nodes, readers, strict=True)):
                model = self.annotation(node, f"{pointer}/{number}")
                branches.append(Annotated[model, BeforeValidator(reader), Tag(getattr(model, "__name__", "model"))])
            joined = _union_of(branches)
            return joined if discriminator is None else Annotated[joined, Field(discriminator=discriminator)]

        return self.validator_of(union, pointer)

    def annotation(self, schema: Schema, pointer: str) -> Any:
        """The Python annotation of a schema."""
        if not isinstance(schema, Mapping):
            return Any
        self._depth += 1
        try:
            if self._depth > MAX_DEPTH:
                raise ValueError(f"schemas nest more than {MAX_DEPTH} deep")
            return self._annotation(schema, pointer)
        finally:
            self._depth -= 1

    def _annotation(self, schema: Mapping[str, Any], pointer: str) -> Any:
        if isinstance(reference := schema.get("$ref"), str):
            return self._component(reference, pointer)
        if "const" in schema:
            return _literal([schema["const"]])
        if isinstance(values := schema.get("enum"), list) and values:
            return _literal(values)
        for name in ("anyOf", "oneOf"):
            if isinstance(schema.get(name), list) and schema[name]:
                return self._union(schema, name, pointer)
        if isinstance(branches := schema.get("allOf"), list) and len(branches) == 1:
            return self.annotation(branches[0], f"{pointer}/allOf/0")
        types = schema.get("type")
        if isinstance(types, list):
            return _union_of([self._typed(schema, name, pointer) for name in types])
        return self._typed(schema, types, pointer)

    # --- Components ---------------------------------------------------------------------------------------------------

    def _component(self, reference: str, pointer: str) -> Any:
        if isinstance(self._components.get(reference), ForwardRef):
            self._recursive.add(reference)
        if reference not in self._components:
            node, place = self.document.resolve({"$ref": reference}, pointer)
            alias = f"component_{len(self._components)}"
            # Stands for the component inside itself.
            self._components[reference] = ForwardRef(alias)
            depth, self._depth = self._depth, 0
            try:
                name = type_name(reference, node)
                compiled = self._named(name, node, place)
                if reference in self._recursive and not isinstance(compiled, type):
                    alias_of: Any = TypeAliasType  # without which it would have no end
                    compiled = alias_of(name, compiled)
            except BaseException:
                del self._components[reference]
                raise
            finally:
                self._depth = depth
            self._components[reference] = self._namespace[alias] = compiled
        return self._components[reference]

    def _named(self, name: str, node: JSON, pointer: str) -> Any:
        """What is declared under a name: an enum, a model, a root model, or an alias, which has no title."""
        if not isinstance(node, Mapping):
            return Any
        has_title = "title" in node
        values = node.get("enum", [node["const"]] if "const" in node else None)
        if isinstance(values, list) and values and has_title:
            return _enum(name, values)
        if isinstance(node.get("properties"), Mapping):
            return self._model(name, node, pointer)
        if isinstance(node.get("prefixItems"), list) and _field_names(node["prefixItems"]):
            return self._typed(node, "array", pointer, name)
        annotation = self.annotation(node, pointer)
        if not has_title or annotation is Any:
            return annotation
        # The default of a root model does not show, and a root model is named where an alias is not.
        base: Any = pydantic.RootModel[annotation]  # type: ignore[valid-type]
        model = type(name, (base,), {"__module__": __name__, "__doc__": None})
        self._watch(model)
        return model

    def _watch(self, model: type[BaseModel]) -> None:
        if not model.__pydantic_complete__:
            self._incomplete.append(model)

    def _complete(self) -> None:
        """Resolve the references of models to themselves and to each other."""
        if self._incomplete:
            for model in self._incomplete:
                model.model_rebuild(_types_namespace=self._namespace, raise_errors=False, force=True)
            self._incomplete = [model for model in self._incomplete if not model.__pydantic_complete__]

    def _model(self, name: str, schema: Mapping[str, Any], pointer: str) -> type[BaseModel]:
        required = schema.get("required", ())
        fields: dict[str, Any] = {}
        for number, (alias, node) in enumerate(schema["properties"].items()):
            annotation = self.annotation(node, f"{pointer}/properties/{alias}")
            default = ... if alias in required else None
            # A field is located by its alias; its name is needed only to find the discriminator of a union.
            if alias in self._tags.renamed and is_tag(node):
                fields[self._tags.renamed[alias]] = (annotation, Field(default, alias=alias))
            elif is_field_name(alias):
                fields[alias] = (annotation, Field(default))
            else:
                fields[f"field_{number}"] = (annotation, Field(default, alias=alias))
        base = self._base(schema, pointer)
        if any(_is_base64(node) for node in schema["properties"].values()):
            base = type(
                "Base64", (base,), {"model_config": ConfigDict(val_json_bytes="base64"), "__module__": __name__}
            )
        model: type[BaseModel] = create_model(name, __base__=base, **fields)
        self._watch(model)
        return model

    def _base(self, schema: Mapping[str, Any], pointer: str) -> type[BaseModel]:
        others = schema.get("additionalProperties")
        if others is False:
            return _Forbidding
        if isinstance(others, Mapping) and others:
            values = self.annotation(others, f"{pointer}/additionalProperties")
            annotations = {"__pydantic_extra__": dict[str, values]}  # type: ignore[valid-type]
            return type("Open", (_Allowing,), {"__annotations__": annotations, "__module__": __name__})
        return _Allowing if others is True or others == {} else _Ignoring

    # --- Unions -------------------------------------------------------------------------------------------------------

    def _union(self, schema: Mapping[str, Any], name: str, pointer: str) -> Any:
        nodes = schema[name]
        valued = [node for node in nodes if node != {"type": "null"}]
        if is_byte_size(valued):
            return pydantic.ByteSize if valued == nodes else pydantic.ByteSize | None
        branches = list(self._branches(nodes, f"{pointer}/{name}"))
        union = _union_of(branches)
        if len(branches) > 1 and (tag := self._tags.tag(schema, nodes)):
            return Annotated[union, Field(discriminator=self._tags.renamed.get(tag, tag))]
        return union

    def _branches(self, nodes: list[JSON], pointer: str) -> Iterator[Any]:
        valued = [node for node in nodes if not (isinstance(node, Mapping) and node.get("type") == "null")]
        number = 0
        while number < len(nodes):
            node = nodes[number]
            following = nodes[number + 1] if number + 1 < len(nodes) else None
            is_alone = len(valued) == 2 and not self._documents_digits
            if (decimal := decimal_type(node, following, certain=is_alone)) is not None:
                yield constrained(decimal, {key: whole(value) for key, value in node.items()}, "number")
                number += 2
                continue
            yield self.annotation(node, f"{pointer}/{number}")
            number += 1

    # --- Types --------------------------------------------------------------------------------------------------------

    def _typed(self, schema: Mapping[str, Any], name: JSON, pointer: str, title: str = "Tuple") -> Any:
        if name == "object" or (name is None and isinstance(schema.get("properties"), Mapping)):
            return self._object(schema, pointer)
        if name == "array" and isinstance(schema.get("prefixItems"), list):
            return self._tuple(schema, pointer, title)
        if name == "array":
            item = self.annotation(schema.get("items", True), f"{pointer}/items")
            collection: Any = set[item] if schema.get("uniqueItems") else list[item]  # type: ignore[valid-type]
            return constrained(collection, schema, "array")
        if name == "string":
            return self._string(schema, pointer)
        return constrained(SCALARS[name], schema, name) if isinstance(name, str) and name in SCALARS else Any

    def _string(self, schema: Mapping[str, Any], pointer: str) -> Any:
        if schema.get("contentMediaType") == "application/json" or schema.get("format") == "json-string":
            content = self.annotation(schema.get("contentSchema", True), f"{pointer}/contentSchema")
            json_of: Any = pydantic.Json
            return json_of[content]
        kind = string_type(schema)
        if self._file_type is not None and is_file(schema):
            return self._file_type
        return constrained(kind, schema, "string")

    def _tuple(self, schema: Mapping[str, Any], pointer: str, title: str) -> Any:
        nodes = schema["prefixItems"]
        items = [self.annotation(node, f"{pointer}/prefixItems/{number}") for number, node in enumerate(nodes)]
        if names := _field_names(nodes):
            named_tuple: Any = namedtuple
            kind = named_tuple(title, names, defaults=[None] * (len(names) - schema.get("minItems", len(names))))
            kind.__annotations__ = dict(zip(names, items, strict=True))
            return kind
        return tuple[tuple(items)]  # type: ignore[misc]

    def _object(self, schema: Mapping[str, Any], pointer: str) -> Any:
        if isinstance(schema.get("properties"), Mapping):
            return self._model(str(schema.get("title", "Model")), schema, pointer)
        keys: Any = str
        node, place = schema.get("additionalProperties", True), f"{pointer}/additionalProperties"
        patterns = schema.get("patternProperties")
        if isinstance(patterns, Mapping) and len(patterns) == 1:
            ((pattern, node),) = patterns.items()
            keys, place = constrained(str, {"pattern": pattern}, "string"), f"{pointer}/patternProperties/{pattern}"
        elif isinstance(names := schema.get("propertyNames"), Mapping):
            # Where the names are not references, pydantic leaves out that they are strings.
            names = names if "$ref" in names or "type" in names else {**names, "type": "string"}
            keys = self.annotation(names, f"{pointer}/propertyNames")
        mapping: Any = dict
        return constrained(mapping[keys, self.annotation(node, place)], schema, "object")


class _Ignoring(BaseModel):
    model_config = ConfigDict(extra="ignore", protected_namespaces=())


class _Forbidding(BaseModel):
    model_config = ConfigDict(extra="forbid", protected_namespaces=())


class _Allowing(BaseModel):
    model_config = ConfigDict(extra="allow", protected_namespaces=())


def _has_decimal(content: JSON) -> bool:
    """Whether the pattern of a `Decimal` is somewhere in a document."""
    patterns = (node.get("pattern") for node in iter_nodes(content))
    return any(isinstance(pattern, str) and pattern.startswith(DECIMAL_START) for pattern in patterns)


def _is_base64(node: JSON) -> bool:
    """Whether bytes of a model are written in base64, which is a setting of the model."""
    if not isinstance(node, Mapping):
        return False
    branches = [*node.get("anyOf", ()), node.get("items")]
    return node.get("contentEncoding") == "base64" or any(_is_base64(branch) for branch in branches)


def check_upload(value: Any) -> Any:
    """Refuses what is no uploaded file in the words of `fastapi.UploadFile`."""
    if not isinstance(value, Part):
        raise ValueError(f"Expected UploadFile, received: {type(value)}")
    return value


def type_name(reference: str, node: JSON) -> str:
    """The name of the class behind a component: `Page[Item]` for `Page_Item_`, `Item` for `Item-Input`.

    FastAPI derives the component's name from the class; the title is the class's own name unless it was given.
    """
    name = reference.rpartition("/")[2]
    bare = name.removesuffix("-Input").removesuffix("-Output")
    title = node.get("title") if isinstance(node, Mapping) else None
    if isinstance(title, str) and title:
        normal = re.sub(r"[^a-zA-Z0-9.\-_]", "_", title)
        if normal == bare or bare.endswith(f"__{normal}"):
            return title
    return bare


def _field_names(nodes: list[JSON]) -> list[str]:
    """The fields of a named tuple, whose items have titles where those of a plain tuple have none."""
    titles = [node.get("title") for node in nodes if isinstance(node, Mapping)]
    names = [title.lower().replace(" ", "_") for title in titles if isinstance(title, str)]
    good = all(is_field_name(name) for name in names) and len(set(names)) == len(nodes)
    return names if names and good else []


def _literal(values: list[JSON]) -> Any:
    hashable = tuple(value for value in values if value is None or isinstance(value, str | int | float | bool))
    if len(hashable) != len(values):
        return Any
    return Literal[hashable]


def _enum(name: str, values: list[JSON]) -> Any:
    members = [(f"member_{number}", value) for number, value in enumerate(values)]
    if all(isinstance(value, str) for value in values):
        return StrEnum(name, members)
    if all(isinstance(value, int) and not isinstance(value, bool) for value in values):
        return IntEnum(name, members)  # which alone takes the digits of a query
    enum_of: Any = Enum
    return enum_of(name, members)


def _union_of(branches: list[Any]) -> Any:
    return Union[tuple(branches)]  # noqa: UP007  there is no other way to write one of a list
