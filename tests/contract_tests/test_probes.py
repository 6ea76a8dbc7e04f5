"""The tables of probes, and what counts as lenient."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from contract_tests.contract import Contract, Way
from contract_tests.drafts import Draft
from contract_tests.intents import Kind
from contract_tests.leniency import is_lax_body, is_lax_value, read_leniently
from contract_tests.probes import iter_credential_probes, iter_method_probes, iter_probes, json_media_type
from contract_tests.probes.near import near_bodies
from mockserver import default_spec_path, load_spec

CLONE = Contract(load_spec(default_spec_path(), overlays=()))


def test_the_requests_of_the_clone_contract() -> None:
    prefix = "POST /v1/vms/{vm_id}/clone · "

    titles = {probe.id.removeprefix(prefix) for probe in iter_probes(CLONE)}
    wanted = [
        "a valid request is accepted",
        "wait=true is accepted",
        "wait=false is accepted",
        "wait=maybe is refused",
        "wait=2 is refused",
        "wait=yes is refused or read leniently",
        "wait=1 is refused or read leniently",
        "no body is refused",
        "an empty body is refused",
        "body null is refused",
        "a truncated JSON body is refused",
        "a body that is no JSON is refused",
        "body [] is refused",
        'body "text" is refused',
        "body 5 is refused",
        "body false is refused",
        "a valid body in a list is refused",
        "snapshot_name=5 is refused",
        "snapshot_name=1.5 is refused",
        "snapshot_name=true is refused",
        "snapshot_name=[] is refused",
        "snapshot_name={} is refused",
        "snapshot_name=false is refused",
        "snapshot_name=0 is refused",
        "snapshot_name=null is accepted",
        'snapshot_name="Zoë 北京 🎉" is accepted',
        "Content-Type: text/plain is handled",
        "a body with a text behind it is refused",
        "OPTIONS is no failure",
        "Content-Type: application/json; charset=utf-8 is accepted",
        "a member given twice is no failure",
        "a member called __proto__ is no failure",
        "NaN in an undeclared member is no failure",
        "no Accept is served",
        'snapshot_name=" padded " is accepted',
        "a long snapshot_name is no failure",
        "vm_id, percent-encoded, is the same",
        "vm_id with a space behind is another",
        "vm_id with a NUL is no failure",
        "a NUL in a text is no failure",
        "wait=true, percent-encoded, is accepted",
        "wait=maybe with snapshot_name=5: each is told",
        'wait=maybe with snapshot_name="Zoë 北京 🎉" is refused',
        "wait=false with snapshot_name=5 is refused",
        'wait=false with snapshot_name="Zoë 北京 🎉" is accepted',
    ]
    assert [title for title in wanted if title not in titles] == []


def test_the_credentials_of_the_clone_contract() -> None:
    bearer = Way("OAuth2PasswordBearer", "header", "Authorization", "Bearer ")
    key = Way("X-API-Key header", "header", "X-API-Key")

    assert CLONE.ways(CLONE.operations[0]) == (bearer, key)
    probes = [*iter_credential_probes(CLONE, CLONE.ways)]
    forged = [
        "extended",
        "truncated",
        "changed",
        "foreign",
        "begun",
        "cased",
        "initial",
        "null",
        "undefined",
        "empty",
        "bare",
        "schemed",
    ]
    elsewhere = ["query access_token", "query api_key", "query token"]
    assert [(probe.credentials, probe.way) for probe in probes] == [
        *[("none", None)] * 5,
        ("alone", bearer),
        ("lower", bearer),
        ("small", bearer),
        ("lower", key),
        ("wrong", bearer),
        ("wrong", key),
        *((name, bearer) for name in [*forged, *elsewhere, "cookie access_token"]),
        *(
            (name, key)
            for name in [*forged, "elsewhere", "elsewhere basic", *elsewhere, "query X-API-Key", "cookie X-API-Key"]
        ),
    ]


@pytest.mark.parametrize(
    ("title", "target"),
    [
        ("vm_id, percent-encoded, is the same", "/v1/vms/%76%6D%69%64%2D%31/clone"),
        ("vm_id with a space behind is another", "/v1/vms/vmid-1%20/clone"),
        ("vm_id beyond ASCII is no failure", "/v1/vms/vmid-1-%C3%AB-%F0%9F%8E%89/clone"),
        ("vm_id with a quote and a dot is no failure", "/v1/vms/vmid-1%27.x/clone"),
        ("vm_id encoded twice is another", "/v1/vms/%2576mid-1/clone"),
        ("wait=maybe as %77ait is refused", "/v1/vms/vmid-1/clone?%77ait=maybe"),
        ("wait=true, percent-encoded, is accepted", "/v1/vms/vmid-1/clone?wait=%74%72%75%65"),
    ],
)
def test_spellings_of_a_path(title: str, target: str) -> None:
    probe = next(probe for probe in iter_probes(CLONE) if probe.title == title)
    draft = Draft("POST", "/v1/vms/{vm_id}/clone", {"vm_id": "vmid-1"})

    assert probe.change(draft).call("http://a").url == f"http://a{target}"


def test_wrong_credentials_are_claimed_only_where_right_ones_are_known() -> None:
    assert [probe.credentials for probe in iter_credential_probes(CLONE, lambda _: ())] == ["none"] * 5


@pytest.mark.parametrize(("security", "known"), [([{"a": [], "b": []}], 0), ([{"a": []}, {"b": []}], 2)])
def test_a_right_credential_is_shown_otherwise_where_it_is_enough(security: list[Any], known: int) -> None:
    schemes = {name: {"type": "apiKey", "in": "header", "name": f"X-{name}"} for name in ("a", "b")}
    operation = {"security": security, "responses": {"200": {"description": ""}}}
    document = {
        "openapi": "3.1.0",
        "info": {"title": "", "version": ""},
        "components": {"securitySchemes": schemes},
        "paths": {"/": {"get": operation}},
    }
    contract = Contract(load_spec(document))

    probes = [*iter_credential_probes(contract, contract.ways)]
    assert [probe.credentials for probe in probes].count("lower") == known


def test_the_methods_of_the_clone_contract() -> None:
    assert [probe.title.split()[0] for probe in iter_method_probes(CLONE)] == [
        *("GET", "PUT", "DELETE", "PATCH", "TRACE", "a", "HEAD")
    ]


def contract_of(schema: Any, *, required: bool = False) -> Contract:
    """An operation whose body has one property `x`."""
    body = {"type": "object", "properties": {"x": schema}, "required": ["x"] if required else []}
    operation = {
        "requestBody": {"content": {"application/json": {"schema": body}}},
        "responses": {"200": {"description": ""}},
    }
    document = {"openapi": "3.1.0", "info": {"title": "", "version": ""}, "paths": {"/a": {"post": operation}}}
    return Contract(load_spec(document))


@pytest.mark.parametrize(
    ("schema", "refused", "lenient", "accepted"),
    [
        ({"type": "integer"}, ['"maybe"', "1.5", "[]", "{}", "null"], ["true", '"5"'], []),
        ({"type": "number"}, ['"maybe"', "[]", "{}", "null"], ["true", '"5"'], []),
        ({"type": "boolean"}, ['"maybe"', "5", "1.5", "[]", "{}", "null"], ['"yes"'], []),
        ({"type": "array"}, ['"maybe"', "5", "1.5", "true", "{}", "null"], [], []),
        ({"type": "object"}, ['"maybe"', "5", "1.5", "true", "[]", "null"], [], []),
        ({"type": ["string", "null"]}, ["5", "1.5", "true", "[]", "{}"], [], ["null", '"Zoë 北京 🎉"']),
        ({"type": "string", "maxLength": 3}, ["5", "1.5", "true", "[]", "{}", "null"], [], []),
        ({"type": "string", "format": "date"}, ["true", "[]", "{}", "null"], ["5", "1.5"], []),
        ({"enum": ["a", "b"]}, ["5", "1.5", "true", "[]", "{}", "null", '"no-such-value"'], [], []),
        ({"enum": ["a", None]}, ["5", "1.5", "true", "[]", "{}", '"no-such-value"'], [], ["null"]),
        ({"type": "string", "readOnly": True}, [], [], []),
        ({}, [], [], []),
        (True, [], [], []),
    ],
    ids=str,
)  # fmt: skip
def test_probes_of_a_property(schema: Any, refused: list[str], lenient: list[str], accepted: list[str]) -> None:
    titles = [probe.title for probe in iter_probes(contract_of(schema)) if probe.title.startswith("x=")]

    def of(ending: str) -> set[str]:
        return {title.removeprefix("x=").removesuffix(f" {ending}") for title in titles if title.endswith(ending)}

    assert set(refused) <= of("is refused")
    assert set(lenient) <= of("is refused or read leniently")
    assert set(accepted) <= of("is accepted")
    assert not of("is accepted") & of("is refused")


def test_each_value_of_an_enumeration_is_sent_in_another_case() -> None:
    probes = [*iter_probes(contract_of({"enum": ["Europe/Berlin", "UTC"]}))]

    assert {'x="utc" is refused', 'x="eUROPE/bERLIN" is refused'} <= {probe.title for probe in probes}


@pytest.mark.parametrize(
    ("name", "is_sent"),
    [("application/merge-patch+json", True), ("application/json", False), ("application/*", False)],
)
def test_plain_json_is_another_media_type_where_only_special_json_is_documented(name: str, is_sent: bool) -> None:
    body = {"content": {name: {"schema": {"type": "object"}}}}
    operation = {"requestBody": body, "responses": {"200": {"description": ""}}}
    document = {"openapi": "3.1.0", "info": {"title": "", "version": ""}, "paths": {"/a": {"patch": operation}}}
    titles = {probe.title for probe in iter_probes(Contract(load_spec(document)))}

    assert ("Content-Type: application/json is handled" in titles) is is_sent


@pytest.mark.parametrize(
    ("types", "others", "is_sent"),
    [
        (["application/json"], ["400"], True),
        (["application/json"], ["406"], False),
        (["application/json", "text/csv"], [], False),
        (["text/csv"], [], False),
    ],
)
def test_accept_is_left_out_where_nothing_is_chosen_by_it(types: list[str], others: list[str], is_sent: bool) -> None:
    responses = {"200": {"description": "", "content": {name: {} for name in types}}}
    operation = {"responses": responses | {status: {"description": ""} for status in others}}
    document = {"openapi": "3.1.0", "info": {"title": "", "version": ""}, "paths": {"/a": {"get": operation}}}
    titles = {probe.title for probe in iter_probes(Contract(load_spec(document)))}

    assert ("no Accept is served" in titles) is is_sent


@pytest.mark.parametrize(
    ("method", "parameters", "is_sent"),
    [("post", [], True), ("get", [], False), ("put", [{"name": "If-None-Match", "in": "header", "schema": {}}], False)],
)
def test_a_tag_of_nothing_is_sent_where_no_other_is_documented(
    method: str, parameters: list[dict[str, Any]], is_sent: bool
) -> None:
    operation = {"parameters": parameters, "responses": {"200": {"description": ""}}}
    document = {"openapi": "3.1.0", "info": {"title": "", "version": ""}, "paths": {"/a": {method: operation}}}
    titles = {probe.title for probe in iter_probes(Contract(load_spec(document)))}

    assert ("If-None-Match with a tag of nothing is done" in titles) is is_sent


@pytest.mark.parametrize(
    ("name", "schema", "target"),
    [
        ("size", {"type": "integer"}, "/a?%73ize=maybe"),
        ("filter[kind]", {"type": "string", "enum": ["a"]}, "/a?%66ilter%5Bkind%5D=no-such-value"),
        ("q", {"type": "string"}, ""),
        ("_size", {"type": "integer"}, ""),
    ],
)
def test_a_name_that_is_percent_encoded(name: str, schema: Any, target: str) -> None:
    parameter = {"name": name, "in": "query", "schema": schema}
    operation = {"parameters": [parameter], "responses": {"200": {"description": ""}}}
    document = {"openapi": "3.1.0", "info": {"title": "", "version": ""}, "paths": {"/a": {"get": operation}}}
    probes = [probe for probe in iter_probes(Contract(load_spec(document))) if " as %" in probe.title]

    assert [probe.change(Draft("GET", "/a", {})).call("").url for probe in probes] == ([target] if target else [])


@pytest.mark.parametrize(("kind", "is_sent"), [("integer", True), ("string", False)])
def test_a_path_holds_a_number_beyond_64_bits(kind: str, is_sent: bool) -> None:
    parameter = {"name": "id", "in": "path", "required": True, "schema": {"type": kind}}
    operation = {"parameters": [parameter], "responses": {"200": {"description": ""}}}
    document = {"openapi": "3.1.0", "info": {"title": "", "version": ""}, "paths": {"/a/{id}": {"get": operation}}}
    titles = {probe.title for probe in iter_probes(Contract(load_spec(document)))}

    assert ("id=9223372036854775808 is no failure" in titles) is is_sent


@pytest.mark.parametrize(("body", "left"), [(b'{"a": 1, "b": 2}', b'{"b": 2}'), (None, b"{}"), (b"[1]", b"{}")])
def test_a_body_without_a_property(body: bytes | None, left: bytes) -> None:
    """An optional body need not be there."""
    draft = Draft("POST", "/", {}, headers=(("Content-Type", "application/json"),), body=body)

    assert draft.without_property("a").body == left


def test_a_required_property_is_left_out() -> None:
    titles = [probe.title for probe in iter_probes(contract_of({"type": "string"}, required=True))]

    assert "x missing is refused" in titles


@pytest.mark.parametrize(
    ("text", "types", "values"),
    [
        ("yes", {"boolean"}, [True]),
        ("OFF", {"boolean"}, [False]),
        ("maybe", {"boolean"}, []),
        ("5", {"integer"}, [5]),
        ("5.0", {"integer"}, [5]),
        ("1_0", {"integer"}, [10]),
        ("1.5", {"number"}, [1.5]),
        ("x", {"integer"}, []),
        ("", {"null"}, [None]),
        ("x", {"string"}, ["x"]),
    ],
)
def test_reading_a_text_leniently(text: str, types: set[str], values: list[Any]) -> None:
    assert read_leniently(text, frozenset(types)) == values


@pytest.mark.parametrize(
    ("value", "types", "lax"),
    [
        ("5", {"integer"}, True),
        ("x", {"integer"}, False),
        (True, {"integer"}, True),
        (1, {"boolean"}, True),
        (2, {"boolean"}, False),
        ("true", {"boolean"}, True),
        (5, {"string"}, False),
        (True, {"string"}, False),
        ([], {"string"}, False),
        (None, {"integer"}, False),
        ("x", {"array"}, False),
    ],
)
def test_what_lenient_binders_convert(value: Any, types: set[str], lax: bool) -> None:
    assert is_lax_value(value, types) is lax


@pytest.mark.parametrize(
    ("value", "lax"),
    [
        ({"day": 5}, True),
        ({"day": 5, "gift": "yes"}, True),
        ({"days": [{"day": 0}]}, True),
        ({"maybe": 5}, True),
        ({"maybe": []}, False),
        ({"gift": "maybe"}, False),
        ({"day": 5, "gift": "maybe"}, False),
        ({"name": 5}, False),
        ([], False),
        ({}, False),  # nothing is wrong with it: it was not refused for being lax
    ],
    ids=str,
)
def test_a_body_is_lax_when_all_that_is_wrong_is(value: Any, lax: bool) -> None:
    day = {"type": "string", "format": "date"}
    maybe = {"anyOf": [day, {"type": "null"}]}
    inner = {"type": "object", "properties": {"day": day}}
    properties = {"day": day, "maybe": maybe, "gift": {"type": "boolean"}, "name": {"type": "string"}}
    schema = {"type": "object", "properties": {**properties, "days": {"type": "array", "items": inner}}}
    contract = contract_of(True)
    operation = contract.document["paths"]["/a"]["post"]
    operation["requestBody"]["content"]["application/json"]["schema"] = schema
    contract = Contract(load_spec(contract.document))
    body = contract.operations[0].request_body

    assert body is not None
    assert is_lax_body(contract, body.content[0], value) is lax


def parameter_titles(parameter: dict[str, Any], *, location: str = "query") -> dict[str, str]:
    """The targets of the probes of the parameter `x`, by their titles."""
    entry = {"name": "x", "in": location, **parameter}
    operation = {"parameters": [entry], "responses": {"200": {"description": ""}}}
    document = {"openapi": "3.1.0", "info": {"title": "", "version": ""}, "paths": {"/a": {"get": operation}}}
    probes = [p for p in iter_probes(Contract(load_spec(document))) if p.intent.location == location]
    calls = {probe.title: probe.change(Draft("GET", "/a", {})).call("") for probe in probes}
    return {title: call.url if location == "query" else call.header("x") or "" for title, call in calls.items()}


WORDS = {"type": "array", "minItems": 1, "maxItems": 2, "uniqueItems": True, "items": {"enum": ["one", "two", "three"]}}


@pytest.mark.parametrize(
    ("parameter", "targets"),
    [
        ({}, ["/a?x=three&x=two&x=one", "/a?x=two&x=two", "/a?x=maybe", "/a?x=TWO"]),
        ({"explode": False}, ["/a?x=three,two,one", "/a?x=two,two", "/a?x=maybe"]),
        ({"style": "spaceDelimited", "explode": False}, ["/a?x=three%20two%20one", "/a?x=two%20two", "/a?x=maybe"]),
        ({"style": "pipeDelimited", "explode": False}, ["/a?x=three%7Ctwo%7Cone", "/a?x=two%7Ctwo", "/a?x=maybe"]),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",
)
def test_arrays_in_a_query_are_spelled_in_their_style(parameter: dict[str, Any], targets: list[str]) -> None:
    titles = parameter_titles({"schema": WORDS, **parameter})
    refused = [target for title, target in titles.items() if title.endswith("is refused")]

    assert [target for target in targets if target not in refused] == []
    assert "/a?x=one" in titles.values()
    assert not any(url.endswith("x=") or url == "/a" for url in titles.values())


def test_an_array_in_a_header() -> None:
    titles = parameter_titles({"schema": WORDS}, location="header")

    assert {"three,two,one", "two,two", "maybe"} <= {t for n, t in titles.items() if n.endswith("is refused")}
    assert {"one", "two,one"} <= {text for title, text in titles.items() if title.endswith("is accepted")}


def test_an_object_in_a_query() -> None:
    members = {"min": {"type": "integer", "minimum": 0}, "max": {"type": "integer", "minimum": 0}}
    schema = {"type": "object", "additionalProperties": False, "properties": members}
    titles = parameter_titles({"style": "deepObject", "explode": True, "schema": schema})

    refused = {target for title, target in titles.items() if title.endswith("is refused")}
    assert {"/a?x%5Bmin%5D=-1", "/a?x%5Bmax%5D=maybe", "/a?x%5Bmax%5D=1.5"} <= refused
    assert any("understudy" in target for target in refused)
    assert "/a?x%5Bmin%5D=0" in titles.values()


@pytest.mark.parametrize(
    ("schema", "refused"),
    [
        ({"type": "string", "minLength": 1}, True),
        ({"type": "string"}, False),
        ({"type": "integer", "minimum": 1}, False),
        ({"enum": ["a", "b"]}, False),
    ],
    ids=str,
)
def test_an_empty_text_is_refused_where_a_text_has_a_length(schema: Any, refused: bool) -> None:
    titles = parameter_titles({"schema": schema})

    assert ("x= is refused" in titles) is refused


def test_members_that_only_the_answer_has_are_refused() -> None:
    asked = {"type": "object", "additionalProperties": False, "properties": {"name": {"type": "string"}}}
    told = {"type": "object", "properties": {"name": {}, "id": {"type": "integer"}, "state": {"enum": ["on"]}}}
    operation = {
        "requestBody": {"content": {"application/json": {"schema": asked}}},
        "responses": {"201": {"description": "", "content": {"application/json": {"schema": told}}}},
    }
    document = {"openapi": "3.1.0", "info": {"title": "", "version": ""}, "paths": {"/a": {"post": operation}}}

    titles = {probe.title for probe in iter_probes(Contract(load_spec(document)))}
    assert {f"the undeclared member {name} is refused" for name in ("id", "state")} <= titles
    assert "the undeclared member name is refused" not in titles


KEEPER = {
    "type": "object",
    "required": ["name", "email"],
    "properties": {"name": {"type": "string"}, "email": {"type": "string", "format": "email"}},
    "additionalProperties": False,
}
CARD = {"type": "object", "required": ["card"], "properties": {"card": {"type": "string", "pattern": "^[0-9]{16}$"}}}
BILL = {
    "type": "object",
    "required": ["days"],
    "properties": {"days": {"type": "integer", "enum": [14, 30]}},
    "additionalProperties": False,
}


@pytest.mark.parametrize(
    ("member", "refused", "accepted"),
    [
        pytest.param(
            KEEPER,
            [{"name": "Some text, kept", "email": "no-at-sign"}, {"name": "Some text, kept"}, {}],
            [{"name": "a", "email": "someone@example.com"}],
            id="one thing is wrong with a member of a member",
        ),
        pytest.param(
            {"oneOf": [CARD, BILL]},
            [{"days": 15}, {}, {"days": 30, "understudy_undeclared": "x"}, {"days": "30"}],
            [{"days": 14}, {"days": 30}],
            id="another alternative",
        ),
        pytest.param(
            {"type": "object", "maxProperties": 2, "additionalProperties": {"type": "integer", "minimum": 1}},
            [{"keyOne": 0, "key-2": 4}, {"keyOne": 4, "key-2": 4, "k_3": 4}],
            [{"keyOne": 4, "key-2": 4}, {"keyOne": 1, "key-2": 4}],
            id="a map",
        ),
        pytest.param(
            {"type": "object", "propertyNames": {"enum": ["de", "en"]}, "additionalProperties": {"type": "string"}},
            [{"en": "Some text, kept", "DE": "Some text, kept"}],
            [{"de": "Some text, kept", "en": "Some text, kept"}],
            id="a map with names",
        ),
        pytest.param(
            {"type": "object", "patternProperties": {"^x-[a-c]$": {"type": "boolean"}}, "additionalProperties": False},
            [{"x-b": True, "X-A": True}, {"x-a": "maybe", "x-b": True}],
            [{"x-a": False, "x-b": True}],
            id="a map with patterns",
        ),
    ],
)
def test_probes_within_a_member(member: Any, refused: list[Any], accepted: list[Any]) -> None:
    schema = {"type": "object", "required": ["id"], "properties": {"id": {"const": 1}, "member": member}}
    sent = dict(iter_sent(schema))

    assert [value for value in refused if sent.get(shown({"id": 1, "member": value})) is not Kind.INVALID] == []
    assert [value for value in accepted if sent.get(shown({"id": 1, "member": value})) is not Kind.VALID] == []


def test_a_member_that_another_asks_for_is_left_out() -> None:
    schema = {
        "type": "object",
        "properties": {"until": {"type": "string", "format": "date"}, "by": {"type": "string", "minLength": 1}},
        "dependentRequired": {"until": ["by"]},
    }
    sent = dict(iter_sent(schema))

    assert sent[shown({"until": "2024-05-17"})] is Kind.INVALID
    assert sent[shown({"by": "Some text, kept"})] is Kind.VALID
    assert sent[shown({"until": "2024-02-30", "by": "Some text, kept"})] is Kind.INVALID


def test_a_large_body_is_probed_in_all_of_its_members() -> None:
    """A limit on their number must not leave out what comes last in the document."""
    names = [f"m{number}" for number in range(60)]
    schema = {"type": "object", "properties": {name: {"type": "string", "maxLength": 9} for name in names}}
    sent = dict(iter_sent(schema))

    assert [name for name in names if sent.get(shown({name: "x" * 10})) is not Kind.INVALID] == []


def shown(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def iter_sent(schema: Any) -> Iterator[tuple[str, Kind]]:
    """The JSON bodies that are sent for the schema of a whole body, and what each is meant to be."""
    content = {"application/json": {"schema": schema}}
    post = {"requestBody": {"required": True, "content": content}, "responses": {"204": {"description": "done"}}}
    document = {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": {"/things": {"post": post}}}
    contract = Contract(load_spec(document))
    [operation] = contract.operations
    media = json_media_type(operation)
    assert media is not None
    for probe in near_bodies(contract, operation, media):
        body = probe.change(Draft("POST", "/things", {})).body
        yield shown(json.loads(body or b"null")), probe.intent.kind


def test_each_alternative_of_a_form_is_probed() -> None:
    def kind(name: str, **members: Any) -> dict[str, Any]:
        properties = {"kind": {"const": name}, **members}
        return {"type": "object", "required": [*properties], "properties": properties}

    schema = {"oneOf": [kind("drink", volume={"type": "integer"}), kind("cake", slices={"type": "integer"})]}
    post = {"requestBody": {"content": {"multipart/form-data": {"schema": schema}}}, "responses": {"201": {}}}
    document = {"openapi": "3.1.0", "info": {"title": "", "version": ""}, "paths": {"/a": {"post": post}}}

    titles = {probe.title for probe in iter_probes(Contract(load_spec(document)))}
    assert {f"a form without {name} is refused" for name in ("kind", "volume", "slices")} <= titles


def test_both_ends_of_a_required_period_are_sent() -> None:
    ends = [
        {"name": n, "in": "query", "required": True, "schema": {"type": "string", "format": "date"}}
        for n in ("from", "to")
    ]
    operation = {"parameters": ends, "responses": {"200": {"description": ""}}}
    document = {"openapi": "3.1.0", "info": {"title": "", "version": ""}, "paths": {"/a": {"get": operation}}}
    titles = {probe.title for probe in iter_probes(Contract(load_spec(document)))}

    assert "from=2024-02-29 is accepted" in titles
    assert "to=2024-02-29 is handled" in titles  # it comes before the sample of `from`


@pytest.mark.parametrize(
    ("said", "is_sent"),
    [
        ("Query parameters that are not declared are ignored.", True),
        ("Unknown query parameters are ignored.", True),
        ("Query parameters that an operation does not know are ignored.", True),
        ("Unknown query parameters are refused.", False),
        ("", False),
    ],
)
def test_undeclared_parameters_are_sent_where_they_are_said_to_be_ignored(said: str, is_sent: bool) -> None:
    operation = {"responses": {"200": {"description": ""}}}
    document = {"openapi": "3.1.0", "info": {"title": "", "version": "", "description": said}}
    contract = Contract(load_spec({**document, "paths": {"/a": {"get": operation}}}))

    assert ("an undeclared query parameter is ignored" in {probe.title for probe in iter_probes(contract)}) is is_sent
