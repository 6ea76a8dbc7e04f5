"""A parameter that is left out: what is compared, and what follows."""

from __future__ import annotations

import json
from typing import Any

import pytest

from contract_tests.contract import Contract
from contract_tests.defaults import iter_defaults, problem
from contract_tests.exchanges import Answer
from mockserver import default_spec_path, load_spec
from tests.contract_tests.auditing import KEY_VARIABLE, audit
from tests.services.clone_variants import API_KEY, Variant
from tests.services.serving import serve_asgi
from tests.services.twisting import Asked


@pytest.mark.parametrize(
    ("schema", "values"),
    [
        ({"type": "boolean", "default": True}, [("true", "false")]),
        ({"type": "integer", "default": 10, "maximum": 10}, [("10", "9")]),
        ({"enum": ["new", "old"], "default": "new"}, [("new", "old")]),
        ({"type": "string", "default": "x"}, []),
        ({"type": "boolean"}, []),
        ({"type": "array", "items": {"type": "integer"}, "default": [1]}, []),
    ],
    ids=str,
)
def test_what_is_compared(schema: Any, values: list[tuple[str, str]]) -> None:
    operation = {
        "parameters": [{"name": "p", "in": "query", "schema": schema}],
        "responses": {"200": {"description": ""}},
    }
    document = {"openapi": "3.1.0", "info": {"title": "", "version": ""}, "paths": {"/a": {"get": operation}}}

    assert [(default.value, default.other) for default in iter_defaults(Contract(load_spec(document)))] == values


def test_the_default_of_the_clone_contract() -> None:
    [default] = iter_defaults(Contract(load_spec(default_spec_path(), overlays=())))

    assert default.id == "POST /v1/vms/{vm_id}/clone · wait omitted means true"


def answers(*bodies: Any) -> list[Answer]:
    return [Answer(200, {}, json.dumps(body).encode()) for body in bodies]


@pytest.mark.parametrize(
    ("default", "other", "omitted", "said"),
    [
        ({"state": "a"}, {"state": "b"}, {"state": "a"}, ""),
        ({"state": "a"}, {"state": "b"}, {"state": "b"}, "state is 'b'"),
        ({"state": "a"}, {"state": "b"}, {"state": "c"}, ""),
        ({"state": "a"}, {"state": "a"}, {"state": "a"}, ""),
        ({"vm": "x"}, {"vm": None}, {"vm": None}, "whether there is vm is False"),
        ({"of": [1, 2]}, {"of": [1]}, {"of": [1]}, "the length of of is 1"),
        ({"of": [1]}, {"of": [1, 2]}, {"of": [1, 2]}, ""),
        ({"of": {"state": "a"}, "n": 1}, {"of": {"state": "b"}, "n": 2}, {"of": {"state": "b"}, "n": 1}, ""),
        ({"of": ["a", "b"]}, {"of": ["c"]}, {"of": ["d"]}, ""),
    ],
)
def test_what_is_taken_for_the_other_value(default: Any, other: Any, omitted: Any, said: str) -> None:
    found = problem(answers(default, default), answers(other, other), answers(omitted, omitted), asked="1")

    assert found.startswith(said) if said else found == ""


def test_what_changes_by_itself_says_nothing() -> None:
    found = problem(
        answers({"id": 1}, {"id": 2}), answers({"id": 3}, {"id": 4}), answers({"id": 3}, {"id": 3}), asked="2"
    )

    assert found == ""


def test_a_value_that_counts_only_without_other_members_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY_VARIABLE, API_KEY)

    def before(asked: Asked) -> None:
        if b"snapshot_name" in asked.body:
            asked.query = "wait=false"

    with serve_asgi(Variant("", before=before).build()) as url:
        run = audit(url, "--api-key-env", KEY_VARIABLE, "-k", "omitted")

    assert run.code == 1, run.text
    assert "takes wait=true for false where the body has every member" in run.text


@pytest.mark.parametrize(("default", "code"), [("true", 0), ("false", 1)])
def test_a_service_with_another_default_is_found(default: str, code: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY_VARIABLE, API_KEY)

    def before(asked: Asked) -> None:
        if "wait=" not in asked.query:
            asked.query = f"wait={default}"

    with serve_asgi(Variant("", before=before).build()) as url:
        run = audit(url, "--api-key-env", KEY_VARIABLE, "-k", "omitted")

    assert run.code == code, run.text
    assert ("takes an omitted wait for false, not for its default" in run.text) is bool(code)
