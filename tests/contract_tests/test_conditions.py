"""What prose says of the states in which a member is null."""

from __future__ import annotations

import re

import pytest

from contract_tests.audit import Audit
from contract_tests.conditions import read_condition
from contract_tests.settings import parse_settings
from contract_tests.target import ASGIAdapter
from tests.services import box_office
from tests.services.moments import SHARED

JOB = ("queued", "running", "succeeded", "failed")
TICKET = ("open", "resolved", "closed")
REPORT = ("draft", "submitted", "approved")

SAID = [
    ("Null until the job has succeeded or failed; then the time.", JOB, {"queued", "running"}, {"succeeded", "failed"}),
    ("null until the job is succeeded.", JOB, {"queued", "running"}, {"succeeded"}),
    ("`null` unless `status` is `failed`.", JOB, {"queued", "running", "succeeded"}, {"failed"}),
    ("Present when the job has succeeded, otherwise null.", JOB, {"queued", "running", "failed"}, {"succeeded"}),
    ("Set when it has failed. Null otherwise.", JOB, {"queued", "running", "succeeded"}, {"failed"}),
    ("Only set when the job failed.", JOB, {"queued", "running", "succeeded"}, set()),
    ("Present only if `failed`.", JOB, {"queued", "running", "succeeded"}, set()),
    ("`null` while queued.", JOB, {"queued"}, set()),
    ("Null as long as it is queued or running, the time it was done afterwards.", JOB, {"queued", "running"}, set()),
    ("`null` as long as the report is a draft.", REPORT, {"draft"}, set()),
    ("Null when the report is not approved.", REPORT, {"draft", "submitted"}, set()),
    ("Null unless the ticket was resolved.", TICKET, set(), {"resolved"}),
    ("Null until the ticket is resolved.", TICKET, set(), {"resolved"}),  # it may be opened again, and keep it
]  # fmt: skip


@pytest.mark.parametrize(("text", "states", "null_in", "set_in"), SAID)
def test_prose_says_when_a_member_is_null(
    text: str, states: tuple[str, ...], null_in: set[str], set_in: set[str]
) -> None:
    condition = read_condition(text, states)

    assert condition is not None
    assert (set(condition.null_in), set(condition.set_in)) == (null_in, set_in)


@pytest.mark.parametrize(
    "text",
    [
        "Set when the report is made.",
        "Null until then.",
        "Left out when none was sent.",
        "Null before that or without a reason.",
        "The report that was submitted before.",
        "",
    ],
)
def test_what_says_nothing_of_states_is_no_condition(text: str) -> None:
    assert read_condition(text, REPORT) is None


@pytest.mark.parametrize(
    ("fault", "action", "words"),
    [
        ("nobody knows when it was redeemed", "redeem", "GET .* shows no redeemed_at where state='redeemed', though"),
        ("what is redeemed is released", "redeem", "shows released_at=.* where state='redeemed', though it is said"),
        ("", "redeem", ""),
        ("", "release", ""),
    ],
)
def test_every_answer_of_a_sequence_is_held_to_it(fault: str, action: str, words: str) -> None:
    audit = Audit(parse_settings(spec=str(box_office.CONTRACT), base_url="http://127.0.0.1:4010"), SHARED)
    adapter = ASGIAdapter(box_office.build(fault))
    audit.restart(adapter)
    hold = next(each for each in audit.session.resources if each.item == "/holds/{hold_id}")
    assert audit.session.remembers(hold)
    made = audit.session.make(hold)
    assert made is not None
    audit.session.on(audit.contract.by_label[f"POST /holds/{{hold_id}}/{action}"], made)
    audit.session.on(hold.read, made)
    adapter.close()
    sentences = [finding.sentence for finding in audit.judging.take_observed()]

    assert [sentence for sentence in sentences if words and re.search(words, sentence)] or (not sentences and not words)
