"""Things that conflict are made all the same: each refers to a seat of its own, or stands at a time of its own."""

from __future__ import annotations

import pytest

from contract_tests.settings import parse_settings
from contract_tests.target import IN_PROCESS_URL, ASGIAdapter
from tests.services import box_office
from tests.services.judging import Judge
from tests.services.moments import SHARED


@pytest.fixture(scope="module")
def judge() -> Judge:
    return Judge(parse_settings(spec=str(box_office.CONTRACT), base_url=IN_PROCESS_URL), examples=20, clock=SHARED)


def test_a_box_office_as_its_document_says_is_accused_of_nothing(judge: Judge) -> None:
    assert judge.judge(ASGIAdapter(box_office.build()), until=lambda _: False).bugs == ()


def test_holds_are_made_again_and_again_without_a_code_that_nobody_issued(judge: Judge) -> None:
    session, adapter = judge.audit.session, ASGIAdapter(box_office.build())
    judge.audit.restart(adapter)
    holds = next(resource for resource in session.resources if str(resource) == "/holds/{hold_id}")
    assert holds.create is not None
    full = session.fullness.body(holds.create)
    made = [session.make(holds, full) for _ in range(3)]
    adapter.close()

    assert sorted(full) == ["ends_at", "note", "seat", "starts_at"]
    assert len({hold.sent["seat"] for hold in made if hold is not None}) == 3


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ("redeemed twice", "POST /holds/{hold_id}/redeem answers 200 a second time to what it says can be done once"),
        ("a repeated answer is 200", "answers 200, not 201, to a repeated Idempotency-Key"),
        ("nobody waits", 'GET /jobs/{job_id} still says status="running" at once to wait=true'),
        ("pages come early", "GET /jobs/{job_id}/pages answers 200 while GET /jobs/{job_id} says status="),
    ],
)
def test_what_is_wrong_in_a_box_office(fault: str, told: str, judge: Judge) -> None:
    found = judge.judge(ASGIAdapter(box_office.build(fault)), until=lambda sentence: told in sentence)

    assert any(told in sentence for sentence in found.bugs), found.bugs
