"""A mutation score: what the suite sees of the faults that a document suggests, and what nobody could see."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from contract_tests.mutations import Mutant, iter_mutants
from contract_tests.selfcheck import EQUIVALENT, KILLED, SURVIVED, Bench, Fate, Score, iter_table
from tests.contract_tests.auditing import audit

FLOOR = "90"

DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Shop", "version": "1"},
    "paths": {
        "/orders": {
            "post": {
                "requestBody": {
                    "required": True,
                    "content": {
                        "application/json": {
                            "schema": {
                                "type": "object",
                                "required": ["amount"],
                                "additionalProperties": False,
                                "properties": {
                                    "amount": {"type": "integer", "minimum": 1, "maximum": 9},
                                    "colour": {"enum": ["red", "blue"]},
                                },
                            }
                        }
                    },
                },
                "responses": {
                    "201": {
                        "description": "made",
                        "headers": {"X-Id": {"required": True, "schema": {"type": "string"}}},
                        "content": {
                            "application/json": {
                                "schema": {
                                    "type": "object",
                                    "required": ["id"],
                                    "properties": {"id": {"type": "integer"}},
                                }
                            }
                        },
                    },
                    "422": {"description": "refused"},
                },
            }
        }
    },
}


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    file = tmp_path_factory.mktemp("selfcheck") / "openapi.json"
    file.write_text(json.dumps(DOCUMENT))
    return Bench(str(file))


def titles(bench: Bench) -> dict[str, Mutant]:
    return {mutant.title: mutant for mutant in iter_mutants(bench.contract)}


@pytest.mark.parametrize(
    "title",
    [
        "body: amount may be left out",
        "body.amount: integer becomes string",
        "201 becomes 202",
        "X-Id is missing",
        "201 comes as text/html",
        "201 is cut short",
        "id is missing",
        'id is "x"',
        "a 405 comes without Allow",
        "another method is answered 200",
        "422 becomes 200",
        "422 becomes 500",
    ],
)
def test_a_fault_is_made_and_killed(title: str, bench: Bench) -> None:
    fate = bench.judge(titles(bench)[title])

    assert fate.outcome == KILLED, fate
    assert fate.sentence


def test_every_kind_of_fault_is_made(bench: Bench) -> None:
    made = titles(bench)

    for title in (
        "body: unknown properties are taken",
        "body.amount: minimum 1 relaxed to 0",
        "body.amount: minimum 1 tightened to 2",
        "body.amount: maximum 9 relaxed to 10",
        "body.amount: null is taken",
        'body.colour: "blue" is refused',
        "body.colour: enum is not checked",
        "body: colour must be given",
    ):
        assert title in made


def test_what_cannot_be_seen_from_outside_does_not_count(bench: Bench) -> None:
    nothing = Mutant("POST /orders", "answer", "nothing changes", twist=lambda method, answer: answer)
    unused = Mutant("POST /orders", "type", "a place that nobody reads", edits=(("#/x-nothing", 1),))

    assert [bench.judge(mutant).outcome for mutant in (nothing, unused)] == [EQUIVALENT, EQUIVALENT]


def test_the_table_begins_with_the_survivors() -> None:
    alive, dead, twin = (Mutant("GET /a", group, group) for group in ("bounds", "type", "null"))
    score = Score(9, [Fate(dead, KILLED), Fate(alive, SURVIVED), Fate(twin, EQUIVALENT)], 1.25)

    assert list(iter_table(score)) == [
        "survivors: 1 faults that the suite does not see",
        "  GET /a · bounds",
        "  killed    of    score  kind of fault",
        "       0     1     0.0%  bounds",
        "       1     1   100.0%  type",
        "       1     2    50.0%  all",
        "3 of 9 mutants tried in 1.2 s; 1 not counted: 1 not seen from outside, 0 cannot be served",
    ]


@pytest.mark.parametrize(("floor", "code"), [("0", 0), ("100.1", 1)])
def test_the_floor_decides_the_exit_code(floor: str, code: int) -> None:
    run = audit("selfcheck", "--max-mutants", "4", "--floor", floor)

    assert run.code == code, run.text
    assert "4 of " in run.text


def test_a_document_that_is_not_there_is_exit_2(tmp_path: Path) -> None:
    assert audit("selfcheck", "--spec", str(tmp_path / "none.json")).code == 2


def test_the_score_of_the_vendored_contract_keeps_its_floor() -> None:
    run = audit("selfcheck", "--max-mutants", "12", "--floor", FLOOR, "--seed", "1")

    assert run.code == 0, run.text


def test_every_option_is_documented() -> None:
    documentation = (Path(__file__).parents[2] / "docs" / "contract-tests.md").read_text()

    for option in ("selfcheck", "--max-mutants", "--max-time", "--floor", "--seed", "--spec"):
        assert option in audit("selfcheck", "--help").text
        assert option in documentation
