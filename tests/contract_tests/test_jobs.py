"""An action that can be done once to a thing is done to a new one each time, and what it starts is followed."""

from __future__ import annotations

import pytest

from contract_tests.settings import parse_settings
from contract_tests.target import IN_PROCESS_URL, ASGIAdapter
from tests.services import gazette
from tests.services.judging import Judge
from tests.services.moments import SHARED


@pytest.fixture(scope="module")
def judge() -> Judge:
    return Judge(parse_settings(spec=str(gazette.CONTRACT), base_url=IN_PROCESS_URL), clock=SHARED)


def test_a_gazette_as_its_document_says_is_accused_of_nothing(judge: Judge) -> None:
    assert judge.judge(ASGIAdapter(gazette.build()), until=lambda _: False).bugs == ()


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ("any flag", "POST /articles/{id}/publish accepts wait=maybe"),
        ("leads nowhere", "POST /articles/{id}/publish points to /jobs/"),
        ("waits by default", "answers 200 without wait, and 202 to wait=false"),
        ("always waits", "answers false for wait with 200, which it documents for true"),
        ("waits for long", "seconds to answer wait=true, not the 1 that it says"),
        ("ends before its start", "GET /jobs/{id} says finished_at="),
        ("nothing is published", "is done, and GET /articles/{id} still shows status="),
        ("nothing is published in the end", "is done, and GET /articles/{id} still shows status="),
        ("tags stay", 'from "draft" to "published", and GET /articles/{id} still answers with the tag'),
        ("twice", 'answers 202 to what has status="published" already'),
        ("at the same time", "answers 202 while what it started before still runs"),
    ],
)
def test_what_is_wrong_in_a_gazette(fault: str, told: str, judge: Judge) -> None:
    found = judge.judge(ASGIAdapter(gazette.build(fault)), until=lambda sentence: told in sentence)

    assert any(told in sentence for sentence in found.bugs), found.bugs
