"""A clone service with FastAPI's own errors is held against FastAPI; one of another framework may differ."""

from __future__ import annotations

from urllib.parse import parse_qsl

import pytest

from contract_tests.target import ASGIAdapter
from tests.contract_tests.auditing import KEY_VARIABLE, audit
from tests.services.clone_harmless import OTHERWISE, in_other_words
from tests.services.clone_variants import API_KEY, VM_ID, Variant, answer_when, body_of, is_authentic
from tests.services.judging import Judge, make_clone_judge
from tests.services.serving import serve_asgi
from tests.services.twisting import Answered, Asked

KNOWN = frozenset({VM_ID})


@pytest.fixture(scope="module")
def judge() -> Judge:
    return make_clone_judge()


def asked_as(text: str, status: int, detail: object) -> Variant:
    return Variant("", before=answer_when(lambda asked: is_authentic(asked) and text in asked.query, status, detail))


def relabelled(old: str, new: str) -> Variant:
    """One code in place of another, in the errors of the query alone."""

    def change(body: dict[str, list[dict[str, str]]]) -> dict[str, list[dict[str, str]]]:
        return {"detail": [{**e, "type": new if e["type"] == old else e["type"]} for e in body["detail"]]}

    return Variant("", after=body_of(422, change))


@pytest.mark.parametrize("variant", OTHERWISE.values(), ids=OTHERWISE.keys())
def test_what_no_fastapi_service_does_is_a_bug_of_one(variant: Variant, judge: Judge) -> None:
    assert judge.judge(ASGIAdapter(variant.build(vm_ids=KNOWN))).bugs


@pytest.mark.parametrize("translated", [False, True])
def test_a_flag_that_pydantic_reads(translated: bool, judge: Judge) -> None:
    error = {"type": "bool_parsing", "loc": ["query", "wait"], "msg": "no flag"}
    variant = asked_as("wait=on", 422, {"detail": [error]})
    service = in_other_words(variant) if translated else variant

    bugs = judge.judge(ASGIAdapter(service.build(vm_ids=KNOWN)), until=lambda _: False).bugs

    assert ["refuses wait=on with 422" in bug for bug in bugs] == ([] if translated else [True])


@pytest.mark.parametrize("is_own", [False, True], ids=["in FastAPI's words", "in words of its own"])
def test_a_service_may_read_a_flag_itself_and_say_so(is_own: bool, judge: Judge) -> None:
    def strict(asked: Asked) -> Answered | None:
        wait = dict(parse_qsl(asked.query)).get("wait", "true")
        if not is_authentic(asked) or wait in {"true", "false"}:
            return None
        words = "Input should be a valid boolean, unable to interpret input"
        code, text = ("bool", "true or false") if is_own else ("bool_parsing", words)
        return Answered.of(422, {"detail": [{"type": code, "loc": ["query", "wait"], "msg": text, "input": wait}]})

    bugs = judge.judge(ASGIAdapter(Variant("", before=strict).build(vm_ids=KNOWN)), until=lambda _: False).bugs

    assert any("refuses wait=yes with 422" in bug for bug in bugs) is not is_own
    assert not (is_own and bugs)


def test_a_code_of_another_error_is_told(judge: Judge) -> None:
    variant = relabelled("json_invalid", "missing")

    bugs = judge.judge(ASGIAdapter(variant.build(vm_ids=KNOWN))).bugs

    assert any("tells missing at body" in bug for bug in bugs)


def test_the_policy_can_be_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY_VARIABLE, API_KEY)
    options = ("--api-key-env", KEY_VARIABLE, "--max-examples", "1", "-k", "JSON")
    with serve_asgi(OTHERWISE["400 on malformed json"].build()) as url:
        codes = [audit(url, *options, *more).code for more in ((), ("--policy", "fastapi=off"))]

    assert codes == [1, 0]
