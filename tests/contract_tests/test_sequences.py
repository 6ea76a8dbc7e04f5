"""Each rule about sequences sees a service that breaks it, says so in its words, and is silent on one that does not."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any

import pytest
from requests.adapters import BaseAdapter

from contract_tests.audit import Audit
from contract_tests.exchanges import Answer, Call
from contract_tests.sequences import RULES, Sequence, iter_sequences
from contract_tests.sequences.filters import is_asked_for
from contract_tests.sequences.rules import differences
from contract_tests.settings import parse_settings
from contract_tests.target import ASGIAdapter
from tests.contract_tests.broken_services import BROKEN
from tests.services import box_office, depot, diary, gazette, larder, notes, pinboard
from tests.services.moments import SHARED
from tests.services.scoring import Scorer, load_service

SMALL = {
    "notes": notes,
    "depot": depot,
    "diary": diary,
    "gazette": gazette,
    "box_office": box_office,
    "larder": larder,
    "pinboard": pinboard,
}
"""Services in one file, whose faults are named by what is wrong."""


@cache
def audit_of(service: str) -> Audit:
    if service not in SMALL:
        return Scorer(load_service(service)).audit
    return Audit(parse_settings(spec=str(SMALL[service].CONTRACT), base_url="http://127.0.0.1:4010"), SHARED)


def adapter_of(service: str, variant: str) -> BaseAdapter:
    if service in SMALL:
        return ASGIAdapter(SMALL[service].build("" if variant == "REF" else variant))
    loaded = load_service(service)
    return loaded.adapter(loaded[variant])


def run(service: str, variant: str, sequence: Sequence) -> list[str]:
    audit, adapter = audit_of(service), adapter_of(service, variant)
    audit.restart(adapter)
    try:
        return [finding.sentence for finding in sequence.run(audit.session, sequence.resource)]
    finally:
        adapter.close()


def sequence_of(service: str, item: str, title: str) -> Sequence:
    found = [s for s in iter_sequences(audit_of(service).contract) if (str(s.resource), s.rule.title) == (item, title)]
    return found[0]


@pytest.fixture(autouse=True)
def impatience(monkeypatch: pytest.MonkeyPatch) -> None:
    """These services show at once what was written."""
    monkeypatch.setattr("contract_tests.patience.PATIENCE", 0.0)


@pytest.mark.parametrize(
    ("title", "service", "variant", "item", "words"), BROKEN, ids=[f"{row[0]}-{row[1]} {row[2]}" for row in BROKEN]
)
def test_a_rule_sees_who_breaks_it(title: str, service: str, variant: str, item: str, words: str) -> None:
    sentences = run(service, variant, sequence_of(service, item, title))

    assert [sentence for sentence in sentences if re.search(words, sentence)], sentences


@pytest.mark.parametrize(
    ("service", "variant"),
    [*((service, "REF") for service in ("tracker", "library", "fleet", *SMALL)), ("pinboard", pinboard.VERSIONED)],
)
def test_no_rule_speaks_of_a_correct_service(service: str, variant: str) -> None:
    audit, adapter = audit_of(service), adapter_of(service, variant)
    audit.restart(adapter)
    found = {s.id: [f.sentence for f in s.run(audit.session, s.resource)] for s in iter_sequences(audit.contract)}
    adapter.close()

    assert {title: sentences for title, sentences in found.items() if sentences} == {}


@pytest.mark.parametrize(("state", "names"), [("running", []), ("draft", ["pins"])])
def test_what_runs_fills_in_what_is_empty(state: str, names: list[str]) -> None:
    session = audit_of("pinboard").session
    read = session.contract.by_label["GET /boards/{board_id}"]
    bodies = ({"pins": [], "state": state}, {"pins": ["a"], "state": "draft"})
    first, second = (
        session.exchange(read, Call("GET", "/boards/1"), Answer(200, {}, json.dumps(body).encode())) for body in bodies
    )

    assert [name for name, _, _ in differences(session, read, first, read, second)] == names


def test_what_takes_a_while_is_done_before_it_is_used() -> None:
    audit, adapter = audit_of("fleet"), adapter_of("fleet", "REF")
    audit.restart(adapter)
    rows = audit.contract.by_label["GET /reports/{report_id}/rows"]
    draft = audit.session.draft(rows)
    assert draft is not None
    found = audit.session.send(rows, draft)
    adapter.close()

    assert found is not None
    assert found.answer.status == 200


def test_every_rule_has_a_service_that_breaks_it() -> None:
    assert {rule.title for rule in RULES} == {row[0] for row in BROKEN}


@pytest.mark.parametrize(
    ("wanted", "held", "is_so"),
    [
        ("true", True, True),
        ("true", False, False),
        ("7", 7, True),
        ("7", 7.5, False),
        ("a", "a", True),
        ("null", None, False),
        (True, True, True),
    ],
)
def test_a_query_asks_for_what_reads_like_its_text(wanted: Any, held: Any, is_so: bool) -> None:
    assert is_asked_for(wanted, held) is is_so
