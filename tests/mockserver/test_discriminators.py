"""A discriminator says of which schema a value is, and the generated value is of that schema."""

from __future__ import annotations

from typing import Any

import pytest

from mockserver import MockEngine, load_spec
from tests.mockserver.conftest import document
from tests.mockserver.test_identity import ID, answers, ask, reference

CAT = {"type": "object", "required": ["kind", "purrs"],
       "properties": {"id": {"type": "integer"}, "kind": {"type": "string"}, "purrs": {"type": "boolean"}}}  # fmt: skip
DOG = {"type": "object", "required": ["kind", "barks"],
       "properties": {"id": {"type": "integer"}, "kind": {"type": "string"}, "barks": {"type": "boolean"}}}  # fmt: skip
BASE = {"type": "object", "required": ["kind"], "properties": {"id": {"type": "integer"}, "kind": {"type": "string"}}}


def child(name: str, *bases: str) -> dict[str, Any]:
    own = {"type": "object", "required": [name], "properties": {name: {"type": "boolean"}}}
    return {"allOf": [*map(reference, bases), own]}


def choice(keyword: str = "oneOf", **mapping: str) -> dict[str, Any]:
    discriminator = {"propertyName": "kind", **({"mapping": mapping} if mapping else {})}
    return {keyword: [reference("Cat"), reference("Dog")], "discriminator": discriminator}


def family(discriminator: Any, **others: Any) -> dict[str, Any]:
    return {"Pet": {**BASE, "discriminator": discriminator}, "Cat": child("purrs", "Pet"),
            "Dog": child("barks", "Pet"), **others}  # fmt: skip


KIND = {"propertyName": "kind"}
CASES: dict[str, tuple[dict[str, Any], Any, set[tuple[str, str]]]] = {
    "names of a choice": ({"Cat": CAT, "Dog": DOG}, choice(), {("Cat", "purrs"), ("Dog", "barks")}),
    "any of a choice": ({"Cat": CAT, "Dog": DOG}, choice("anyOf"), {("Cat", "purrs"), ("Dog", "barks")}),
    "mapped to references": (
        {"Cat": CAT, "Dog": DOG}, choice(c="#/components/schemas/Cat", d="#/components/schemas/Dog"),
        {("c", "purrs"), ("d", "barks")},
    ),
    "mapped to names": (
        {"Cat": CAT, "Dog": DOG}, choice(c="Cat", d="Dog"), {("c", "purrs"), ("d", "barks")}
    ),
    "one is not mapped": ({"Cat": CAT, "Dog": DOG}, choice(c="Cat"), {("c", "purrs"), ("Dog", "barks")}),
    "property that no branch names": (
        {"Cat": child("purrs"), "Dog": child("barks")}, choice(), {("Cat", "purrs"), ("Dog", "barks")}
    ),
    "base": (family(KIND), reference("Pet"), {("Cat", "purrs"), ("Dog", "barks")}),
    "base with a mapping": (
        family({**KIND, "mapping": {"c": "Cat", "d": "#/components/schemas/Dog"}}), reference("Pet"),
        {("c", "purrs"), ("d", "barks")},
    ),
    "base of Swagger 2.0": (family("kind"), reference("Pet"), {("Cat", "purrs"), ("Dog", "barks")}),
    "values of AutoRest": (
        family(KIND, Cat={**child("purrs", "Pet"), "x-ms-discriminator-value": "#Felis"}), reference("Pet"),
        {("#Felis", "purrs"), ("Dog", "barks")},
    ),
    "member": (family(KIND), reference("Dog"), {("Dog", "barks")}),
    "grandchild": (
        family(KIND, Puppy=child("chews", "Dog"), Cat=child("purrs")), reference("Pet"),
        {("Dog", "barks"), ("Puppy", "chews")},
    ),
    "nullable base": (
        family(KIND), {"anyOf": [reference("Pet"), {"type": "null"}]}, {("Cat", "purrs"), ("Dog", "barks")}
    ),
    "base without a family": ({"Pet": {**BASE, "discriminator": KIND}}, reference("Pet"), {("Pet", "")}),
    "choice of a family": (
        family(KIND), {"oneOf": [reference("Cat"), reference("Dog")]}, {("Cat", "purrs"), ("Dog", "barks")}
    ),
    "enumeration in other letters": (
        family(KIND, Pet={**BASE, "discriminator": KIND, "properties": {"kind": {"enum": ["cat", "dog"]}}}),
        reference("Pet"), {("cat", "purrs"), ("dog", "barks")},
    ),
    "a tag that the schema refuses": (
        family(KIND, Pet={**BASE, "discriminator": KIND, "properties": {"kind": {"enum": ["x"]}}}), reference("Pet"),
        {("x", "purrs"), ("x", "barks")},
    ),
}  # fmt: skip


@pytest.mark.parametrize(("schemas", "schema", "expected"), CASES.values(), ids=CASES)
def test_the_tag_is_that_of_the_schema(schemas: Any, schema: Any, expected: set[tuple[str, str]]) -> None:
    """By the mapping, else by the name of the component."""
    engine = MockEngine(
        load_spec(document({"/a/{n}": {"get": {"responses": answers(schema)}}}, components={"schemas": schemas}))
    )
    marks = ("chews", "purrs", "barks")
    values = [value for number in range(60) if (value := ask(f"/a/{number}", engine=engine)) is not None]
    assert {(value["kind"], next((mark for mark in marks if mark in value), "")) for value in values} == expected


def test_an_entity_is_of_one_schema_wherever_it_appears() -> None:
    """The pet of the list is the pet of the item."""
    engine = MockEngine(
        load_spec(
            document(
                {"/pets": {"get": {"responses": answers({"type": "array", "items": reference("Pet")})}},
                 "/pets/{id}": {"parameters": [ID], "get": {"responses": answers(reference("Pet"))}}},
                components={"schemas": family(KIND)},
            )
        ),
        optional="always",
    )  # fmt: skip
    pets = [pet for seed in range(9) for pet in ask("/pets", f"seed={seed}", engine=engine)]
    assert {pet["kind"] for pet in pets} == {"Cat", "Dog"}
    for seed in range(9):
        for pet in ask("/pets", f"seed={seed}", engine=engine):
            assert ask(f"/pets/{pet['id']}", f"seed={seed}", engine=engine) == pet
