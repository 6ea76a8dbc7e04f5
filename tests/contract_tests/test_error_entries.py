"""What an error body says of a broken request: the place, the code, and whether everything is told."""

from __future__ import annotations

import json
from typing import Any

import pytest

from contract_tests.contract import Contract
from contract_tests.error_entries import Entry, Form, code_problem, find_form, iter_entries, names_place
from contract_tests.exchanges import Answer
from contract_tests.intents import Intent, Kind
from contract_tests.oracle import Situation
from contract_tests.oracles import Judge
from contract_tests.policies import apply_policies
from mockserver import load_spec

TEXT = {"type": "string"}
LOC = {"type": "array", "items": {"type": ["string", "integer"]}}


def judge_of(error: Any, said: str = "") -> Judge:
    """A judge of an operation that documents this schema for a 422."""
    refusal = {"description": said, "content": {"application/json": {"schema": error}}}
    operation = {"responses": {"200": {"description": ""}, "422": refusal}}
    document = {"openapi": "3.1.0", "info": {"title": "", "version": ""}, "paths": {"/a": {"post": operation}}}
    contract = Contract(load_spec(document))
    return Judge(contract, contract.operations[0])


def listed(**members: Any) -> dict[str, Any]:
    """An error body that is a list of entries, all members required."""
    entry = {"type": "object", "required": list(members), "properties": members}
    return {"type": "object", "properties": {"errors": {"type": "array", "items": entry}}}


ISSUES = listed(path={"type": "array", "items": TEXT}, code=TEXT)["properties"]["errors"]
ZOD = {"properties": {"error": {"type": "object", "properties": {"name": TEXT, "issues": ISSUES}}}}
NAMED = {"properties": {"error": {"type": "object", "properties": {"name": TEXT, "path": TEXT, "message": TEXT}}}}


SAID_POINTER = {"type": "string", "description": "In the body a JSON Pointer (RFC 6901) to the value that is wrong."}
SAID_NAME = {"type": "string", "description": "The name of the parameter."}


@pytest.mark.parametrize(
    ("error", "path", "place", "code", "required"),
    [
        (listed(loc=LOC, msg=TEXT, type=TEXT), ("errors",), "loc", "type", True),
        (listed(field=TEXT, code={"enum": ["a", "b"]}), ("errors",), "field", "code", True),
        (listed(jsonPointer=TEXT), ("errors",), "jsonPointer", "", True),
        (
            {"properties": {"error": {"type": "object", "properties": {"param": TEXT, "kind": TEXT}}}},
            ("error",),
            "param",
            "kind",
            False,
        ),
        (ZOD, ("error", "issues"), "path", "code", True),
        (listed(at=SAID_POINTER, code=TEXT), ("errors",), "at", "code", True),
        (listed(at=SAID_NAME, message=SAID_NAME), ("errors",), "at", "", True),
    ],
    ids=["loc", "field", "pointer", "one error", "an error with the name of its class", "said", "said of a name"],
)
def test_the_form_of_a_documented_error(error: Any, path: Any, place: str, code: str, required: bool) -> None:
    judge = judge_of(error)
    form = find_form(judge.contract, judge.contract.find_response(judge.operation, 422))

    assert form is not None
    assert (form.path, form.place, form.code, form.is_required) == (path, place, code, required)


@pytest.mark.parametrize(
    "error",
    [listed(message=TEXT), listed(message=SAID_NAME), {"properties": {"path": TEXT, "code": TEXT}}, NAMED, True],
    ids=str,
)
def test_a_body_without_a_place_has_no_form(error: Any) -> None:
    judge = judge_of(error)

    assert find_form(judge.contract, judge.contract.find_response(judge.operation, 422)) is None


@pytest.mark.parametrize(
    ("place", "field", "keyword", "named"),
    [
        (["body", "lines", 0, "amount"], ("lines", "amount"), "minimum", True),
        ("/lines/0/amount", ("lines", "amount"), "minimum", True),
        ("lines[0].amount", ("lines", "amount"), "minimum", True),
        ("$.lines[0].amount", ("lines", "amount"), "minimum", True),
        ("body.amount", ("amount",), "type", True),
        ("amount", ("amount",), "type", True),
        ("AMOUNT", ("amount",), "type", True),
        ("amount", ("lines", "amount"), "type", True),
        ("a.b", ("a.b",), "type", True),
        (["body"], ("amount",), "required", True),
        ("", ("amount",), "required", True),
        ("/lines/0", ("lines", "amount"), "required", True),
        (["body", "understudy_undeclared"], (), "additionalProperties", True),
        (["body"], (), "additionalProperties", True),
        ([], (), "additionalProperties", True),
        (["body"], ("amount",), "minimum", False),
        ("", ("amount",), "minimum", False),
        (["body", "other"], ("amount",), "minimum", False),
        ("/other", ("amount",), "required", False),
        (["query", "amount"], ("amount",), "type", False),
        (["body", 0.5, {}], ("amount",), "type", False),
        (["query"], ("amount",), "required", False),
        ([], ("amount",), "required", False),
    ],
    ids=str,
)
def test_a_place_names_the_broken_member(place: Any, field: tuple[str, ...], keyword: str, named: bool) -> None:
    form = Form(("errors",), "place", "", (), "", is_list=True, is_required=True)
    [entry] = iter_entries(form, {"errors": [{"place": place}]})

    assert names_place(entry, "body", field, keyword, strict=False) is named


@pytest.mark.parametrize(
    ("keyword", "fitting", "wrong"),
    [
        ("required", ["missing", "value.missing", "REQUIRED", "any.required", "invalid_type", "invalid"], ["too_long"]),
        ("type", ["type", "int_parsing", "string_type", "isInt", "number.base", "invalid", "Not a code"], ["missing"]),
        ("enum", ["enum", "literal_error", "invalid_choice", "any.only", "type_mismatch"], ["missing", "too_long"]),
        ("minimum", ["minimum", "greater_than_equal", "too_small", "out_of_range", "min"], ["missing", "type"]),
        ("multipleOf", ["multiple_of", "not_multiple_of", "range"], ["missing", "string_type"]),
        ("maxLength", ["string_too_long", "length", "too_big", "max", "value_error"], ["missing", "enum"]),
        ("pattern", ["string_pattern_mismatch", "regex", "format"], ["missing", "range"]),
        ("format", ["uuid_parsing", "invalid_format", "custom"], ["missing", "range"]),
        ("additionalProperties", ["extra_forbidden", "unrecognized_keys", "unknown"], ["missing", "type"]),
        ("uniqueItems", ["unique", "array.unique"], ["missing"]),
        ("anyOf", ["missing", "whatever"], []),
    ],
)  # fmt: skip
def test_a_code_fits_its_keyword(keyword: str, fitting: list[str], wrong: list[str]) -> None:
    form = Form(("errors",), "place", "code", (), "", is_list=True, is_required=True)

    def problem(code: str) -> str:
        return code_problem(form, Entry(("a",), code, "a", is_text=True), keyword)

    assert [code for code in fitting if problem(code)] == []
    assert [code for code in wrong if not problem(code)] == []


def test_a_code_that_says_nothing_is_wrong_where_the_document_has_a_better_one() -> None:
    form = Form(("errors",), "place", "code", ("invalid", "missing", "json"), "", is_list=True, is_required=True)
    entry = Entry(("a",), "json", "a", is_text=True)

    assert code_problem(form, entry, "required") == "its code is json, not missing"
    assert code_problem(form, entry, "maximum") == ""


@pytest.mark.parametrize(("said", "claims"), [("What is wrong", ["every-error"]), ("At least one error is named.", [])])
def test_a_document_may_ask_for_one_error_only(said: str, claims: list[str]) -> None:
    intent = Intent(Kind.INVALID, "x", "body", ("a",), keyword="required", further=(("body", ("b",)),))
    body = {"errors": [{"field": "a", "code": "missing"}]}
    answer = Answer(422, {"content-type": ("application/json",)}, json.dumps(body).encode())

    found = judge_of(listed(field=TEXT, code=TEXT), said).judge(intent, answer, Situation(reached=True))

    assert [finding.claim for finding in found] == claims


def test_a_refusal_need_not_hold_a_list_that_is_optional() -> None:
    intent = Intent(Kind.INVALID, "x", "query", ("a",), keyword="type")
    answer = Answer(422, {"content-type": ("application/json",)}, b"{}")

    assert judge_of(listed(field=TEXT, code=TEXT)).judge(intent, answer, Situation(reached=True)) == []


@pytest.mark.parametrize(
    ("errors", "claims"),
    [
        ([("a", "missing"), ("b", "missing")], []),
        ([("a", "missing")], ["every-error"]),
        ([("b", "missing")], ["every-error"]),
        ([("a", "enum"), ("b", "enum")], ["error-code"]),
        ([("c", "missing")], ["loc"]),
        ([], ["loc"]),
    ],
)
@pytest.mark.parametrize("level", ["", "warn", "off"])
def test_each_broken_member_is_told(errors: list[tuple[str, str]], claims: list[str], level: str) -> None:
    judge = judge_of(listed(field=TEXT, code=TEXT))
    body = {"errors": [{"field": field, "code": code} for field, code in errors]}
    intent = Intent(
        Kind.INVALID, "a body without both", "body", ("a",), "", keyword="required", further=(("body", ("b",)),)
    )
    answer = Answer(422, {"content-type": ("application/json",)}, json.dumps(body).encode())
    levels = dict.fromkeys(("every-error", "error-code"), level) if level else {}

    found = list(apply_policies(judge.judge(intent, answer, Situation(reached=True, authenticated=True)), levels))

    switched = [claim for claim in claims if claim != "loc"]
    assert [finding.claim for finding in found] == (claims if level != "off" or "loc" in claims else [])
    assert [finding.verdict.value for finding in found if finding.claim in switched] == (
        [] if level == "off" or not switched else ["policy" if level else "bug"]
    )


SOURCE = listed(pointer=TEXT, parameter=TEXT, code=TEXT)
SOURCE["properties"]["errors"]["items"]["required"] = ["code"]
PART = listed(field=TEXT, location={"enum": ["query", "body", "path"]})


@pytest.mark.parametrize(
    ("error", "entry", "location", "bugs"),
    [
        (SOURCE, {"pointer": "/x", "code": "a"}, "body", []),
        (SOURCE, {"pointer": "/y", "code": "a"}, "body", ["loc"]),
        (SOURCE, {"parameter": "x", "code": "a"}, "query", []),
        (SOURCE, {"parameter": "y", "code": "a"}, "query", ["loc"]),
        (SOURCE, {"code": "a"}, "query", []),
        (PART, {"field": "x", "location": "query"}, "query", []),
        (PART, {"field": "x", "location": "body"}, "query", ["loc"]),
        (PART, {"field": "x", "location": "url"}, "query", []),
    ],
    ids=json.dumps,
)
def test_an_entry_has_a_place_for_each_part_of_a_request(
    error: Any, entry: dict[str, str], location: str, bugs: list[str]
) -> None:
    answer = Answer(422, {"content-type": ("application/json",)}, json.dumps({"errors": [entry]}).encode())
    intent = Intent(Kind.INVALID, "x=1", location, ("x",))

    found = judge_of(error).judge(intent, answer, Situation(reached=True, authenticated=True))
    assert [finding.claim for finding in found] == bugs


POINTER = {"type": "string", "format": "json-pointer"}
BRANCHED = {
    "allOf": [
        {"properties": {"errors": {"type": "array", "items": {"type": "object", "properties": {"pointer": POINTER}}}}},
        {"properties": {"errors": {"type": "array", "minItems": 1}}, "required": ["errors"]},
    ]
}


@pytest.mark.parametrize(
    ("pointer", "keyword", "bugs"),
    [
        ("/lines/1/amount", "minimum", []),
        ("#/lines/1/amount", "minimum", []),
        ("/body/lines/1/amount", "minimum", []),
        ("/lines/1", "required", []),
        ("/amount", "minimum", ["loc"]),
        ("/lines/0/amount", "minimum", ["loc"]),
        ("/lines/1", "minimum", ["loc"]),
        ("", "minimum", ["loc"]),
        ("lines.1.amount", "minimum", ["loc"]),
        ("lines/1/amount", "minimum", ["loc"]),
    ],
)
@pytest.mark.parametrize("told", [POINTER, {"type": "string", "description": "In a body, a JSON Pointer (RFC 6901)."}])
def test_a_json_pointer_is_exact(told: Any, pointer: str, keyword: str, bugs: list[str]) -> None:
    branched = json.loads(json.dumps(BRANCHED).replace(json.dumps(POINTER), json.dumps(told)))
    answer = Answer(
        422, {"content-type": ("application/json",)}, json.dumps({"errors": [{"pointer": pointer}]}).encode()
    )
    intent = Intent(Kind.INVALID, "x", "body", ("lines", "amount"), keyword=keyword, indices=(1,))

    found = judge_of(branched).judge(intent, answer, Situation(reached=True, authenticated=True))
    assert [finding.claim for finding in found] == bugs


@pytest.mark.parametrize(
    ("said", "pointer", "bugs"),
    [
        ("A JSON Pointer: to the absent member if one is missing.", "/a", []),
        ("A JSON Pointer: to the absent member if one is missing.", "", ["loc"]),
        ("A JSON Pointer: for a member that is missing, to the object that lacks it.", "", []),
        ("A JSON Pointer; for a member that is missing, to where it would be.", "", ["loc"]),
    ],
)
def test_a_pointer_may_be_said_to_lead_to_what_is_missing(said: str, pointer: str, bugs: list[str]) -> None:
    answer = Answer(422, {"content-type": ("application/json",)}, json.dumps({"errors": [{"at": pointer}]}).encode())
    intent = Intent(Kind.INVALID, "x", "body", ("a",), keyword="required")

    found = judge_of(listed(at={**TEXT, "description": said})).judge(intent, answer, Situation(reached=True))
    assert [finding.claim for finding in found] == bugs


@pytest.mark.parametrize(
    ("said", "pointer", "bugs"),
    [
        ("A JSON Pointer to the offending value.", "/tags/1", []),
        ("A JSON Pointer to the offending value.", "/tags", ["loc"]),
        ("A JSON Pointer to the offending value.", "/tags/0", ["loc"]),
        ("A JSON Pointer to the field.", "/tags", []),
    ],
)
def test_a_pointer_to_the_value_itself_leads_into_a_list(said: str, pointer: str, bugs: list[str]) -> None:
    answer = Answer(422, {"content-type": ("application/json",)}, json.dumps({"errors": [{"at": pointer}]}).encode())
    intent = Intent(Kind.INVALID, "x", "body", ("tags",), keyword="type", indices=(1,))

    found = judge_of(listed(at={**TEXT, "description": said})).judge(intent, answer, Situation(reached=True))
    assert [finding.claim for finding in found] == bugs


@pytest.mark.parametrize(
    ("pointer", "bugs"),
    [("/method/number", []), ("/method", []), ("/number", ["loc"]), ("/method/type", ["loc"])],
)
def test_inside_of_an_alternative_what_is_one_of_several_may_be_named(pointer: str, bugs: list[str]) -> None:
    answer = Answer(422, {"content-type": ("application/json",)}, json.dumps({"errors": [{"at": pointer}]}).encode())
    intent = Intent(Kind.INVALID, "x", "body", ("method", "number"), union=("method",))

    found = judge_of(listed(at=SAID_POINTER)).judge(intent, answer, Situation(reached=True))
    assert [finding.claim for finding in found] == bugs
