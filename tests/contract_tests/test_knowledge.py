"""What a run knows of one service."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

from contract_tests.audit import Audit
from contract_tests.settings import parse_settings
from contract_tests.target import ASGIAdapter
from tests.contract_tests.test_openers import build, document


def test_what_a_request_went_to_may_have_been_replaced_since(tmp_path: Path) -> None:
    (tmp_path / "openapi.json").write_text(json.dumps(document()))
    audit = Audit(parse_settings(spec=str(tmp_path / "openapi.json"), base_url="http://127.0.0.1:4010"))
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
