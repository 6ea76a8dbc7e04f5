"""An action that can be done once to a thing is done to a new one each time, and what it starts is followed."""

from __future__ import annotations

import json

import pytest

from contract_tests.settings import parse_settings
from contract_tests.target import IN_PROCESS_URL, ASGIAdapter
from tests.contract_tests.gazette import DOCUMENT, Gazette
from tests.services.judging import Judge


@pytest.fixture(scope="module")
def judge(tmp_path_factory: pytest.TempPathFactory) -> Judge:
    spec = tmp_path_factory.mktemp("gazette") / "openapi.json"
    spec.write_text(json.dumps(DOCUMENT))
    return Judge(parse_settings(spec=str(spec), base_url=IN_PROCESS_URL))


def test_a_gazette_as_its_document_says_is_accused_of_nothing(judge: Judge) -> None:
    assert judge.judge(ASGIAdapter(Gazette().app()), until=lambda _: False).bugs == ()


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ("any flag", "POST /articles/{id}/publish accepts wait=maybe"),
        ("leads nowhere", "POST /articles/{id}/publish points to /jobs/"),
        ("waits by default", "answers 200 without wait, and 202 to wait=false"),
    ],
)
def test_what_is_wrong_in_a_gazette(fault: str, told: str, judge: Judge) -> None:
    found = judge.judge(ASGIAdapter(Gazette(fault).app()), until=lambda sentence: told in sentence)

    assert any(told in sentence for sentence in found.bugs), found.bugs
