"""Answers look like production: names, descriptions and examples decide where the schema leaves a choice."""

from __future__ import annotations

import datetime
import re
from typing import Any

import pytest

from mockserver import MockEngine, load_spec
from mockserver.generation.pools import PLACES
from tests.mockserver.conftest import document
from tests.mockserver.test_identity import answers, ask, reference

STRING, INTEGER = {"type": "string"}, {"type": "integer"}


def engine(schema: Any, components: dict[str, Any] | None = None, **options: Any) -> MockEngine:
    schemas = {"components": {"schemas": components}} if components else {}
    return MockEngine(
        load_spec(document({"/things/{n}": {"get": {"responses": answers(schema)}}}, **schemas)), **options
    )


def values(schema: Any, *, count: int = 30, **options: Any) -> list[Any]:
    mock = engine(schema, **options)
    return [ask(f"/things/{number}", engine=mock) for number in range(count)]


def required(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": list(properties), "properties": properties}


DAY, MOMENT = r"\d{4}-\d\d-\d\d", r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"
NAMES: dict[str, tuple[str, dict[str, Any], str]] = {
    "id": ("account_id", {}, r"[a-z2-9]{10}"),
    "uuid": ("deviceUuid", {}, r"[0-9a-f]{8}-[0-9a-f]{4}-4.*"),
    "hash": ("commit_sha", {}, r"[0-9a-f]{40}"),
    "token": ("accessToken", {}, r"[A-Za-z0-9]{20}"),
    "last digits": ("last4", {}, r"\d{4}"),
    "moment": ("createdAt", {}, MOMENT),
    "moment, the other way": ("date_created", {}, DAY),
    "day": ("birthday", {}, DAY),
    "day of an event": ("hired_on", {}, DAY),
    "a moment as its example is": ("seen", {"example": "2021-03-04T05:06:07.000Z"}, r".*T.*\.000Z"),
    "amount": ("total_price", {}, r"\d+\.\d\d"),
    "count": ("num_media", {}, r"\d+"),
    "email": ("contactEmail", {}, r"[a-z]+\.[a-z]+@example\.com"),
    "phone": ("phone", {}, r"\+1-\d{3}-555-01\d\d"),
    "picture": ("image_48", {"format": "uri"}, r"https://picsum\.photos/.*"),
    "department": ("department", {}, r"[A-Z][a-z]+"),
    "state of a process": ("cancelState", {}, r"active|pending|completed|processing"),
    "described as a URL": ("header", {"description": "URL of the page to show"}, r"https://example\.com/.*"),
    "described as a UUID": ("handle_of", {"description": "A UUID."}, r"[0-9a-f-]{36}"),
    "described as a moment": ("since", {"description": "In ISO 8601."}, MOMENT),
    "described as a currency": ("unit", {"description": "ISO 4217 code"}, r"[A-Z]{3}"),
    "no moment": ("format", {}, r"[a-z]+"),
    "no moment, though it ends so": ("candidate", {}, r"[a-z]+"),
    "no number, though it ends so": ("storage", {}, r"[a-z]+"),
    "no port": ("report", {}, r"[a-z]+"),
    "date and time": ("startTime", {}, MOMENT),
    "a date of its own": ("candidate_date", {}, DAY),
    "an example with a line break": ("label", {"example": "Blue\n"}, r"Blue"),
}  # fmt: skip


@pytest.mark.parametrize(("name", "schema", "pattern"), NAMES.values(), ids=NAMES)
def test_a_text_is_what_its_name_says(name: str, schema: dict[str, Any], pattern: str) -> None:
    """Or else what its description does."""
    for value in values(required(**{name: {**STRING, **schema}})):
        assert re.fullmatch(pattern, value[name], re.DOTALL), value


MOMENTS = {
    "texts": STRING,
    "of a format": {**STRING, "format": "date-time"},
    "seconds": INTEGER,
    "milliseconds": {**INTEGER, "example": 1704067200000},
}


@pytest.mark.parametrize("schema", MOMENTS.values(), ids=MOMENTS)
def test_nothing_is_updated_before_it_is_created(schema: Any) -> None:
    """Whatever the moments are written in."""
    for value in values(required(created_at=schema, updated_at=schema, deleted_at=schema)):
        assert value["created_at"] < value["updated_at"] < value["deleted_at"]


def test_no_two_moments_come_at_the_same_time_of_day() -> None:
    """Though all of an entity are counted from one."""
    for value in values(required(created_at=STRING, joined_at=STRING, start_time=STRING, end_time=STRING)):
        assert len({moment[11:] for moment in value.values()}) == 4


def test_milliseconds_are_of_these_years() -> None:
    """As their example is."""
    (value,) = values(required(created_at=MOMENTS["milliseconds"]), count=1)
    assert 2023 < datetime.datetime.fromtimestamp(value["created_at"] / 1000, datetime.UTC).year < 2028


def test_an_address_is_one_place() -> None:
    """Also where its parts have longer names."""
    names = ("city", "stateOrProvince", "postalCode", "country", "countryCode")
    places = {place[:5] for place in PLACES}
    assert {
        tuple(value[name] for name in names) for value in values(required(**dict.fromkeys(names, STRING)))
    } <= places


PET = {
    **required(name=STRING, tags={"type": "array", "items": STRING}, owner=required(code=STRING)),
    "example": {"name": "Rex", "tags": ["good", "small"], "owner": {"code": "AB-1234"}},
}


def test_the_example_of_an_object_shows_its_properties() -> None:
    """And those of its parts."""
    for value in values(PET):
        assert value["name"] == "Rex"
        assert set(value["tags"]) <= {"good", "small"}
        assert re.fullmatch("AB-[0-9]{4}", value["owner"]["code"])


FAKED = {"x-faker": "address.countryCode", "x-fake-data": "country_code"}


@pytest.mark.parametrize(("key", "method"), FAKED.items(), ids=FAKED)
def test_a_method_of_faker_may_be_named(key: str, method: str) -> None:
    """It is asked before the name and the format."""
    faked = values(required(created_at={**STRING, key: method}))
    assert all(re.fullmatch("[A-Z]{2}", value["created_at"]) for value in faked)
    assert len({value["created_at"] for value in faked}) > 5


NUMBERS: dict[str, tuple[str, dict[str, Any], type]] = {
    "a count": ("download_count", {}, int),
    "an id": ("group_id", {}, int),
    "an amount": ("total_price", {}, float),
    "an amount that is due": ("AmountDue", {}, float),
    "as its example is": ("speed", {"example": 40}, int),
    "a count that must have decimals": ("count", {"minimum": 0.2, "maximum": 0.8}, float),
}


@pytest.mark.parametrize(("name", "schema", "kind"), NUMBERS.values(), ids=NUMBERS)
def test_a_number_has_decimals_where_such_numbers_do(name: str, schema: dict[str, Any], kind: type) -> None:
    """Also where the type would allow them."""
    found = values(required(**{name: {"type": "number", **schema}}))
    assert any(isinstance(value[name], kind) for value in found)
    assert all(isinstance(value[name], int) for value in found) == (kind is int)
    assert all(value[name] < 100_000 for value in found)


KINDS = {
    "a person": ("Author", "name", r"[A-Z]\w+ [A-Z].*"),
    "a thing": ("Planet", "name", r"(Amber|Blue|Cedar|Northern|Silver|Bright|Little|Grand) \w+"),
    "a thing by its display name": (
        "RideType",
        "display_name",
        r"(Amber|Blue|Cedar|Northern|Silver|Bright|Little|Grand) \w+",
    ),
    "a phone": ("PhoneNumber", "number", r"\+1-.*"),
    "an email": ("EmailAddress", "value", r".*@example\.com"),
}


@pytest.mark.parametrize(("component", "name", "pattern"), KINDS.values(), ids=KINDS)
def test_whose_name_it_is_decides(component: str, name: str, pattern: str) -> None:
    """People are not called as things are."""
    mock = engine(reference(component), {component: required(**{name: STRING})})
    for number in range(20):
        assert re.fullmatch(pattern, ask(f"/things/{number}", engine=mock)[name])


def test_a_locale_has_names_of_its_own() -> None:
    """And cities, and phone numbers."""
    schema = required(first_name=STRING, city=STRING, phone=STRING)
    german, american = values(schema, locale="de_DE"), values(schema)
    for name in ("first_name", "city", "phone"):
        assert not {value[name] for value in german} & {value[name] for value in american}


def test_what_is_gone_is_not_answered_for_what_is_there() -> None:
    """By the name of the branch, where there is another."""
    components = {"Customer": required(name=STRING), "DeletedCustomer": required(deleted={"const": True})}
    mock = engine({"anyOf": [reference("DeletedCustomer"), reference("Customer")]}, components)
    assert all("name" in ask(f"/things/{number}", engine=mock) for number in range(30))


def test_an_answer_is_not_empty() -> None:
    """What holds all of it is there, though optional; and no list is one of empty objects."""
    inner = {"type": "object", "properties": {"a": INTEGER, "b": INTEGER}}
    assert all("thing" in value for value in values({"type": "object", "properties": {"thing": inner}}))
    deep: dict[str, Any] = inner
    for _ in range(12):
        deep = {"type": "object", "properties": {"children": {"type": "array", "items": deep}}}
    assert all("[{}" not in str(value) for value in values(deep))
