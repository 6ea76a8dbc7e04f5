"""Answers look like production: names, descriptions and examples decide where the schema leaves a choice."""

from __future__ import annotations

import datetime
import re
from typing import Any

import pytest
from faker.config import AVAILABLE_LOCALES

from mockserver import MockEngine, load_spec
from mockserver.generation.descriptions import DESCRIBED
from mockserver.generation.names import LAST, NAMED, TEXTS
from mockserver.generation.pools import faked, known_locale, pool
from mockserver.generation.strings import MADE
from mockserver.generation.texts import OWN, PLACES
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


@pytest.mark.parametrize(("name", "known"), {"de_DE": "de_DE", "de-de": "de_DE", "EN": "en", "en_US": "en_US"}.items())
def test_a_locale_is_read_as_people_write_it(name: str, known: str) -> None:
    assert known_locale(name) == known


@pytest.mark.filterwarnings("ignore:fr_QC locale is deprecated")
def test_every_locale_has_a_name_for_people_and_places() -> None:
    for locale in AVAILABLE_LOCALES:
        assert all(faked(kind, locale) for kind in ("first_name", "last_name", "city")), locale


@pytest.mark.parametrize("name", ["", "xx_YY", "de_DE_EURO", "klingon"])
def test_a_locale_that_there_is_not_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="none of Faker's"):
        engine(STRING, locale=name)


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


MORE_NAMES: dict[str, tuple[str, str, dict[str, Any], str]] = {
    "by its last two words": ("", "default_payment_method", {}, "card|paypal|bank_transfer"),
    "no method of HTTP": ("", "capture_method", {}, "standard|basic|premium|custom"),
    "a category": ("", "product_category", {}, "[A-Z].*"),
    "what its name is the name of": ("", "genre_names", {}, "[A-Z].*"),
    "the name of a company": ("Vendor", "name", {}, r"[A-Z].*"),
    "the name of a role": ("UserRole", "name", {}, "admin|editor|member|viewer|owner"),
    "the name of a column": ("Column", "name", {}, "[a-z_]+"),
    "the message of an error": ("ValidationProblem", "message", {}, r"(The|A|Too) .*\."),
    "an address in links": ("Links", "commits", {}, "https://example.com/.*"),
    "how a token is used": ("", "token_type", {}, "Bearer"),
    "the text of a question": ("", "quiz_text", {}, r".*\?"),
    "the state of what is no address": ("Asset", "state", {}, "active|pending|completed|processing"),
    "an acronym": ("", "ABN", {}, "[A-Z][0-9]{3}"),
    "quoted as an example": ("", "shade", {"description": "The shade, e.g. `crimson` or `teal`."}, "crimson|teal"),
    "listed": ("", "shade", {"description": "One of: light, dark, dimmed"}, "light|dark|dimmed"),
    "listed in quotes": ("", "mode", {"description": 'Can be "fast" or "slow". The "old" one is gone.'}, "fast|slow"),
    "described as in lower case": ("", "currency", {"description": "ISO code, in lowercase"}, "usd|eur|gbp"),
    "described as a code of two letters": ("", "country", {"description": "Two-letter country code."}, "[A-Z]{2}"),
    "described as for readers": ("", "blurb", {"description": "Human-readable text"}, r"[A-Z].*\."),
    "a number of some digits": ("", "AccountNumber", {}, "[0-9]{6}"),
    "a number in a pattern": ("", "Latitude", {"pattern": r"^-?\d{1,2}\.\d{1,5}$"}, r"-?\d\d?\.\d\d"),
    "a day in a pattern": ("", "effective", {"pattern": r"^\d{4}-\d{2}-\d{2}$"}, r"202\d-[01]\d-[0-3]\d"),
    "a country in a pattern": ("", "Country", {"pattern": "^[A-Z]{2}$"}, "DE|FR|US|CA|GB|ES|JP|AU|PT|NL"),
    "an email, whatever its name": ("", "login", {"format": "email"}, r"[a-z]+\.[a-z]+@example\.com"),
    "a region that is none of a country": ("", "region", {}, "[a-z]+-[a-z]+-[0-9]"),
}  # fmt: skip


@pytest.mark.parametrize(("kind", "name", "schema", "pattern"), MORE_NAMES.values(), ids=MORE_NAMES)
def test_a_text_is_what_is_said_of_it(kind: str, name: str, schema: dict[str, Any], pattern: str) -> None:
    """By the kind of its owner, all of its name, or its description."""
    schemas = {kind or "Odd": required(**{name: {**STRING, **schema}})}
    mock = engine(reference(kind or "Odd"), schemas)
    for number in range(20):
        value = ask(f"/things/{number}", engine=mock)
        assert re.fullmatch(pattern, value[name]), value


NARROW = {
    "few days": ("effective", r"^\d{4}-\d{2}-([01]\d|2[0-7])$"),
    "small amounts": ("price", r"^\d{1,2}\.\d{2}$|^[1-3]\d\d\.\d{2}$"),
    "even counts": ("steps", r"^\d*[02468]$"),
}


@pytest.mark.parametrize(("name", "pattern"), NARROW.values(), ids=NARROW)
def test_what_keeps_a_pattern_mostly_is_sent_only_where_it_does(name: str, pattern: str) -> None:
    """Numbers and days are better than letters at random, and no better than the pattern."""
    for value in values(required(**{name: {**STRING, "pattern": pattern}}), count=300):
        assert re.fullmatch(pattern, value[name])


RANGES: dict[str, tuple[str, dict[str, Any], float, float]] = {
    "by its name": ("salary", {}, 32_000, 140_000),
    "by a part of its name": ("amount_before_rebate", {}, 5, 499),
    "by its description": ("heat", {"description": "A value between 20 and 30."}, 20, 30),
    "in percent": ("heat", {"description": "Percentage of the maximum"}, 0, 100),
    "around its example": ("price", {"example": 4000}, 4000, 6000),
    "as usual, where its example is usual": ("month", {"example": 11}, 1, 12),
    "of these years": ("frozen", {"description": "Unix timestamp"}, 1_704_067_200, 1_800_000_000),
    "of these years by its format": ("frozen", {"format": "unix-time"}, 1_704_067_200, 1_800_000_000),
    "of these years by its name": ("assigned_at", {}, 1_704_067_200, 1_800_000_000),
}


@pytest.mark.parametrize(("name", "schema", "low", "high"), RANGES.values(), ids=RANGES)
def test_numbers_are_in_their_range(name: str, schema: dict[str, Any], low: float, high: float) -> None:
    """The schema may allow more."""
    assert all(low <= value[name] <= high for value in values(required(**{name: {**INTEGER, **schema}})))


def test_a_position_is_longitude_and_latitude() -> None:
    """As GeoJSON has it, though the schema says only that these are numbers."""
    numbers = {"type": "array", "items": {"type": "number"}}
    for value in values(required(coordinates=numbers, bbox=numbers)):
        longitude, latitude = value["coordinates"]
        assert -180 <= longitude <= 180
        assert -90 <= latitude <= 90
        assert len(value["bbox"]) == 4


def test_what_has_ended_is_rare() -> None:
    """Moments of it are not there if they need not be, and flags of it mostly say no."""
    nullable = {"anyOf": [{"type": "string", "format": "date-time"}, {"type": "null"}]}
    schema = required(deleted_at=nullable, archived={"type": "boolean"}, is_active={"type": "boolean"})
    schema["properties"]["cancelled_at"] = {"type": "string", "format": "date-time"}
    found = values(schema, count=60)
    assert all(value["deleted_at"] is None and "cancelled_at" not in value for value in found)
    assert sum(value["archived"] for value in found) < 15
    assert sum(value["is_active"] for value in found) > 45


def test_no_list_has_a_text_twice_or_a_null() -> None:
    """If it need not."""
    item = {"anyOf": [{"type": "string"}, {"type": "null"}]}
    for value in values(required(tags={"type": "array", "items": item})):
        assert None not in value["tags"]
        assert len(set(value["tags"])) == len(value["tags"])


def test_an_entity_has_its_id_in_its_address() -> None:
    """And the labels of a map are those of such a map."""
    properties = {"id": INTEGER, "url": STRING, "labels": {"type": "object", "additionalProperties": STRING}}
    mock = engine({"type": "array", "items": reference("Invoice")}, {"Invoice": required(**properties)})
    for value in ask("/things/1", engine=mock):
        assert value["url"] == f"https://example.com/invoices/{value['id']}"
        assert value["labels"].keys() <= {"environment", "team", "plan"}


def test_a_reference_looks_like_the_id_that_it_refers_to() -> None:
    """Which the component of that kind shows."""
    item = required(id={**STRING, "example": "prd_01h1s5z6vf2m"})
    mock = engine(reference("Line"), {"MenuItem": item, "Line": required(id=STRING, menuItemId=STRING)})
    for number in range(10):
        assert re.fullmatch("prd_[0-9a-z]{12}", ask(f"/things/{number}", engine=mock)["menuItemId"])


def test_a_message_beside_a_success_is_of_one() -> None:
    """Not what people write to one another."""
    for value in values(required(success={"type": "boolean"}, message=STRING)):
        assert value["message"] in OWN["confirmation"]


def test_the_value_beside_a_currency_is_an_amount() -> None:
    """Also as a text."""
    for value in values(required(value=STRING, currency=STRING)):
        assert re.fullmatch(r"\d+\.\d\d", value["value"])


def test_a_choice_between_scalars_is_made_once() -> None:
    """A field that may be a number or a text is always the same."""
    either = {"anyOf": [{"type": "number"}, {"type": "string", "pattern": "^[0-9.]+$"}]}
    assert {type(value["latitude"]) for value in values(required(latitude=either))} == {float}


def test_beside_a_result_there_is_no_error() -> None:
    """If there need not be."""
    properties = {"data": required(id=INTEGER), "errors": {"type": "array", "items": STRING}}
    assert all(value.keys() == {"data"} for value in values({"type": "object", "properties": properties}))


def test_every_hint_has_texts() -> None:
    """Of our own, of Faker, or made at random."""
    hinted = {hint for table in (TEXTS, NAMED) for _, hint in table} | set(LAST.values())
    hinted |= {kind for _, kind in DESCRIBED} - {"moment"}
    assert {hint for hint in hinted if hint not in MADE and len(pool(hint)) < 2} == set()
