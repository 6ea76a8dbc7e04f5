"""What a request that makes nothing was sent is repeated by its answer, where its answers show that they repeat it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from contract_tests.contract import Contract
from contract_tests.echoes import MIN_VALUES, Echoes
from contract_tests.exchanges import Answer, Call
from contract_tests.things import Exchange
from mockserver import load_spec

DAYS = {"type": "integer", "minimum": 1, "maximum": 60}
ASKED = {
    "days": DAYS,
    "kind": {"enum": ["van", "car"]},
    "page": DAYS,
    "name": {"type": "string"},
    "sum": {"type": "integer"},
}
TOLD = {**ASKED, "page": DAYS, "sum": {"type": "integer", "minimum": 1}}


def find(*pairs: tuple[dict[str, Any], dict[str, Any]]) -> list[str]:
    """What is said of an operation that was sent the first of each pair and answered with the second."""
    media = [{"application/json": {"schema": {"type": "object", "properties": each}}} for each in (ASKED, TOLD)]
    post = {"requestBody": {"content": media[0]}, "responses": {"200": {"description": "", "content": media[1]}}}
    contract = Contract(
        load_spec({"openapi": "3.1.0", "info": {"title": "", "version": ""}, "paths": {"/quotes": {"post": post}}})
    )
    echoes = Echoes(contract)
    said = []
    for sent, shown in pairs:
        call = Call("POST", "http://h/quotes", (("Content-Type", "application/json"),), json.dumps(sent).encode())
        answer = Answer(200, {"content-type": ("application/json",)}, json.dumps(shown).encode())
        said += [finding.sentence for finding in echoes.note(contract.operations[0], Exchange(call, answer))]
    return said


def named(sent: str, shown: str) -> tuple[dict[str, Any], dict[str, Any]]:
    return {"name": sent}, {"name": shown}


def summed(sent: int, shown: int) -> tuple[dict[str, Any], dict[str, Any]]:
    return {"sum": sent}, {"sum": shown}


@pytest.mark.parametrize("at", [0, MIN_VALUES])
def test_one_value_that_comes_back_otherwise_is_told_once_wherever_it_stands(at: int) -> None:
    pairs = [named(f"name {number}", f"name {number}") for number in range(MIN_VALUES)]
    pairs.insert(at, named("Zoë", "zo"))

    assert find(*pairs, named("7", "7")) == ['POST /quotes was sent name="Zoë" and answers with "zo"']


@pytest.mark.parametrize(
    "pairs",
    [
        pytest.param([named("a", "a"), named("b", "c")], id="too little is known"),
        pytest.param([named("a", "a")] * 9 + [named("b", "c")], id="one value says nothing"),
        pytest.param([named(f"{n}", f"{n}!") for n in range(10)], id="something else"),
        pytest.param([summed(n, min(n, 4)) for n in range(1, 10)], id="a limit"),
        pytest.param([({"name": "a"}, {}), ({"name": "b"}, [])], id="nothing"),
    ],
)
def test_what_need_not_be_an_echo_is_not_held_against_anybody(pairs: list[Any]) -> None:
    assert find(*pairs) == []


def test_a_member_of_the_very_same_schema_is_repeated_where_others_are() -> None:
    sent = [{"kind": kind, "name": name, "days": 5} for kind, name in (("van", "a"), ("car", "b"))]

    said = find(*((one, {**one, "days": 4}) for one in sent))

    assert said
    assert set(said) == {"POST /quotes was sent days=5 and answers with 4"}


@pytest.mark.parametrize("other", ["sum", "page"])
def test_a_member_of_the_same_type_only_or_a_page_may_be_something_else(other: str) -> None:
    sent = [{"kind": kind, "name": name, other: 5} for kind, name in (("van", "a"), ("car", "b"))]

    assert find(*((one, {**one, other: 4}) for one in sent)) == []
