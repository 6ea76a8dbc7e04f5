"""What a run knows of one service."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import pytest

from contract_tests.audit import Audit
from contract_tests.settings import parse_settings
from contract_tests.target import ASGIAdapter
from tests.contract_tests.test_openers import build, document


def audit_of(folder: Path) -> Audit:
    (folder / "openapi.json").write_text(json.dumps(document()))
    return Audit(parse_settings(spec=str(folder / "openapi.json"), base_url="http://127.0.0.1:4010"))


def test_what_other_requests_need_is_made_however_many_there_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("contract_tests.session.MAX_MADE", 0)
    session = (audit := audit_of(tmp_path)).session
    with closing(ASGIAdapter(build())) as adapter:
        audit.restart(adapter)
        order = next(each for each in session.resources if each.item == "/orders/{id}")

        assert [session.make(order) is not None for _ in range(3)] == [True, False, False]
        assert session.living(order) is not None


def test_what_a_request_went_to_may_have_been_replaced_since(tmp_path: Path) -> None:
    audit = audit_of(tmp_path)
    with closing(ASGIAdapter(build())) as adapter:
        audit.restart(adapter)
        operation = audit.contract.by_label["GET /orders/{id}"]
        draft = audit.session.draft(operation)
        assert draft is not None
        call = draft.call(audit.target.base_url)
        assert audit.knowledge.is_sure(operation, call)

        audit.session.renew(operation)

        assert not audit.knowledge.is_sure(operation, call)
        assert audit.knowledge.is_sure(operation)
