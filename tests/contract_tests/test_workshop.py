"""Forms with a JSON part, jobs that move by themselves, and defaults that a null brings back."""

from __future__ import annotations

import json

import pytest

from contract_tests.settings import parse_settings
from contract_tests.target import IN_PROCESS_URL, ASGIAdapter
from tests.contract_tests.workshop import KEY, Workshop
from tests.contract_tests.workshop_document import DOCUMENT
from tests.services.judging import Judge
from tests.services.moments import SHARED


@pytest.fixture(scope="module")
def judge(tmp_path_factory: pytest.TempPathFactory) -> Judge:
    spec = tmp_path_factory.mktemp("workshop") / "openapi.json"
    spec.write_text(json.dumps(DOCUMENT))
    settings = parse_settings(spec=str(spec), base_url=IN_PROCESS_URL, api_key_env="KEY", environment={"KEY": KEY})
    return Judge(settings, clock=SHARED)


def test_a_workshop_as_its_document_says_is_accused_of_nothing(judge: Judge) -> None:
    """Its jobs move while they are listed, are answered 202 or 201, and cannot be cancelled once they are done."""
    assert judge.judge(ASGIAdapter(Workshop().app()), until=lambda _: False).bugs == ()


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (
            "undeclared members of a part",
            "POST /parts accepts metadata with the undeclared member understudy_undeclared",
        ),
        ("wrong types in a part", "POST /parts accepts metadata with title=5"),
        ("types with case", "POST /parts refuses a file of IMAGE/PNG as content with 415"),
        ("titles are shouted", "POST /parts was sent title="),
        ("tags by their beginnings", "GET /parts lists tags="),
        ("tags of contents are not read", "GET /parts/{id}/content answers 200 to If-None-Match"),
        ("HEAD of contents is of another type", "GET /parts/{id}/content answers HEAD with text/plain, not as GET"),
        ("jobs of all parts", "GET /jobs lists part_id="),
        ("ends move", "GET /jobs/{id} says finished_at="),
        ("what is over is cancelled", "POST /jobs/{id}/cancel answers 200 to what has ended"),
        ("what is over is not told so", "POST /jobs/{id}/cancel answers 200 to what has ended"),
        ("unknown boxes are gone", "GET /boxes/{id} answers 410 for an id that nothing ever had"),
        ("queries are UTF-8", "GET /boxes fails with 500 on q with a byte that is not UTF-8"),
        ("q finds beginnings", "GET /boxes leaves out name="),
        ("totals forget filters", "GET /boxes says x-total-count="),
        ("links forget filters", "behind the link to the next page"),
        ("about asks for a key", "GET /about refuses a valid request with 401"),
        ("files are cut", "GET /parts/{id}/content answers 4096 bytes where POST /parts sent 6144"),
        ("contents outlive parts", "GET /parts/{id}/content answers 200 for something that DELETE /parts/{id} deleted"),
        ("ids with more behind", "GET /boxes/{id} takes id with more behind for the one that exists"),
        ("PUT merges settings", "PUT /boxes/{id} keeps settings.mode="),
        ("nulls within are ignored", 'PATCH /boxes/{id} was sent settings={"mode": null}, yet'),
        ("progress falls", "GET /jobs/{id} says progress="),
        ("cancelled jobs go on", "POST /jobs/{id}/cancel is done, and GET /jobs/{id} then shows status="),
        ("waited jobs are lost", "GET /jobs/{id} answers 404 for what POST /parts/{id}/jobs was waited for"),
        ("any key cancels", "POST /jobs/{id}/cancel does not enforce credentials: it accepts a wrong credential"),
    ],
)
def test_what_is_wrong_in_a_workshop(fault: str, told: str, judge: Judge) -> None:
    found = judge.judge(ASGIAdapter(Workshop(fault).app()), until=lambda sentence: told in sentence)

    assert any(told in sentence for sentence in found.bugs), found.bugs
