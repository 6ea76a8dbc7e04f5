"""What a document says each refusal is for, and the answers that are judged by it."""

from __future__ import annotations

import pytest

from contract_tests.contract import Contract
from contract_tests.exchanges import Answer
from contract_tests.intents import STATED, Intent, Kind
from contract_tests.oracle import Situation
from contract_tests.oracles import Judge
from contract_tests.reasons import wanted_statuses
from mockserver import load_spec

REACHED = Situation(reached=True, authenticated=True)
BOTH = {"400": "The body is malformed or not UTF-8.", "422": "Well-formed, but not as the schema says."}
WORDS = {"400": "No JSON.", "415": "The Content-Type is none that this operation takes.", "422": "Not valid."}
PROSE = "Malformed JSON is answered 400; what breaks a schema 422."


def contract_of(refusals: dict[str, str], info: str = "", said: str = "") -> Contract:
    """A document of one operation that takes JSON, with descriptions of its refusals, of itself and of the whole."""
    responses = {"200": {"description": "Done."}} | {k: {"description": text} for k, text in refusals.items()}
    wait = {"name": "wait", "in": "query", "schema": {"type": "boolean"}}
    body = {"content": {"application/json": {"schema": {"type": "object"}}}}
    operation = {"description": said, "parameters": [wait], "requestBody": body, "responses": responses}
    paths = {"/things": {"post": operation, "get": {"description": said, "responses": responses}}}
    return Contract(
        load_spec({"openapi": "3.1.0", "info": {"title": "", "version": "", "description": info}, "paths": paths})
    )


@pytest.mark.parametrize(
    ("refusals", "info", "kind", "wanted"),
    [
        (BOTH, "", Kind.MALFORMED, {400}),
        (BOTH, "", Kind.MISENCODED, {400}),
        (BOTH, "", Kind.MEDIA_TYPE, set()),
        (WORDS, "", Kind.MALFORMED, {400}),
        (WORDS, "", Kind.MISENCODED, set()),
        (WORDS, "", Kind.MEDIA_TYPE, {415}),
        ({"400": "", "422": ""}, PROSE, Kind.MALFORMED, {400}),
        ({"400": "", "422": ""}, "Malformed JSON is answered 400, and what is not valid 422.", Kind.MALFORMED, set()),
        ({"400": "", "422": ""}, "Malformed ids are answered 404.", Kind.MALFORMED, set()),
        ({"401": "The token is malformed.", "422": "Not valid."}, "", Kind.MALFORMED, set()),
        ({"400": "Malformed.", "422": "Well-formed JSON that could not be read."}, "", Kind.MALFORMED, set()),
        (BOTH, "", Kind.INVALID, set()),
    ],
)
def test_descriptions_say_what_a_refusal_is_for(
    refusals: dict[str, str], info: str, kind: Kind, wanted: set[int]
) -> None:
    contract = contract_of(refusals, info)

    assert wanted_statuses(contract, contract.operations[0], Intent(kind, "it", "body")) == wanted


@pytest.mark.parametrize(
    ("second", "keyword", "wanted"),
    [
        ("A parameter or the body breaks its schema.", "minLength", {422}),
        ("Readable, but not valid.", "type", {422}),
        ("Well-formed, but not as documented.", "required", {422}),
        ("Readable, but not valid.", "", set()),
        ("Not processable.", "type", set()),
    ],
)
def test_what_breaks_a_schema_has_a_status_of_its_own(second: str, keyword: str, wanted: set[int]) -> None:
    contract = contract_of({"400": "The body is not well-formed JSON.", "422": second})
    intent = Intent(Kind.INVALID, "it", "body", ("a",), keyword=keyword)

    assert wanted_statuses(contract, contract.operations[0], intent) == wanted


def test_what_stands_in_a_part_or_is_left_to_the_reader_has_no_status_of_its_own() -> None:
    contract = contract_of(WORDS)
    operation = contract.operations[0]

    assert wanted_statuses(contract, operation, Intent(Kind.MEDIA_TYPE, "a file", "body", ("file",))) == set()
    assert wanted_statuses(contract, operation, Intent(Kind.MALFORMED, "twice", "body", keyword=STATED)) == set()


STRICT = "A query parameter with a value its schema does not allow is answered 422."


@pytest.mark.parametrize(
    ("refusals", "info", "intent", "status", "expected"),
    [
        (BOTH, "", Intent(Kind.MALFORMED, "it", "body"), 422, ["bug: refusal status"]),
        (BOTH, "", Intent(Kind.MALFORMED, "it", "body"), 400, []),
        (WORDS, "", Intent(Kind.MEDIA_TYPE, "it"), 400, ["bug: refusal status"]),
        (WORDS, "", Intent(Kind.MEDIA_TYPE, "it"), 415, []),
        (BOTH, "", Intent(Kind.MISENCODED, "it"), 200, ["bug: invalid accepted"]),
        (WORDS, "", Intent(Kind.MISENCODED, "it"), 200, ["policy: lax"]),
        (WORDS, STRICT, Intent(Kind.LAX, "it", "query", ("wait",)), 200, ["bug: invalid accepted"]),
        (WORDS, "", Intent(Kind.LAX, "it", "query", ("wait",)), 200, ["policy: lax"]),
        (WORDS, "GET also answers HEAD.", Intent(Kind.HEAD, "it"), 405, ["bug: method"]),
        (WORDS, "HEAD is answered like GET.", Intent(Kind.HEAD, "it"), 501, []),
        (WORDS, "", Intent(Kind.HEAD, "it"), 405, []),
        (WORDS, "", Intent(Kind.ANONYMOUS_HEAD, "it"), 200, ["bug: credentials"]),
        (WORDS, "", Intent(Kind.ANONYMOUS_HEAD, "it"), 405, []),
        (WORDS, "", Intent(Kind.ANONYMOUS_HEAD, "it"), 501, []),
    ],
)
def test_an_answer_is_judged_by_what_is_said(
    refusals: dict[str, str], info: str, intent: Intent, status: int, expected: list[str]
) -> None:
    contract = contract_of(refusals, info)
    judge = Judge(contract, contract.by_label["GET /things" if "HEAD" in intent.kind.name else "POST /things"])
    found = judge.judge(intent, Answer(status, {}, b"{}" if status < 300 else b""), REACHED)

    assert [f"{finding.verdict.value}: {finding.claim}" for finding in found] == expected
