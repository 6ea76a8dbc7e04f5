"""The suite on the applications of FastAPI's documentation, which nobody here wrote: only what is so is told."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import fastapi
import pytest

from contract_tests.settings import parse_settings
from contract_tests.target import ASGIAdapter
from tests.parity.applications import fetch_sdist, load_applications
from tests.services.judging import Judge

BROKEN = {
    "additional_status_codes.": "PUT answers 201, which its document does not have",
    "response_change_status_code.": "PUT answers 201, which its document does not have",
    "app_testing.app_b": "another token is answered 400, which its document does not have",
    "bigger_applications.": "another token is answered 400, which its document does not have",
    "dependencies.tutorial006": "another token is answered 400, which its document does not have",
    "dependencies.tutorial012": "another token is answered 400, which its document does not have",
    "authentication_error_status_code.": "it takes any token",
    "security.tutorial001": "it takes any token",
    "security.tutorial002": "it takes any token",
    "security.tutorial003": "it knows only the tokens of its two users",
    "security.tutorial006": "it knows only its own user",
    "custom_request_and_route.tutorial002": "its 422 has a body of its own",
    "handling_errors.tutorial004": "it answers 400 where its document has 422, and 405 without Allow",
    "query_params_str_validations.tutorial015": "it checks the beginnings of ids, which its document does not say",
    "request_files.": "it answers HTML where its document has JSON",
    "websockets.": "it answers HTML where its document has JSON",
    "response_directly.tutorial002": "it answers XML where its document has JSON",
}
"""Applications that do not keep their contract, by the beginning of their module's name below `docs_src`."""

OWN_FAILURE = "fails with 500"
"""Many keep numbers and texts that JSON cannot show, or look up what is not there: said, and true."""


class Failing:
    """An application under a server: what it raises is an answer with 500."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        started = False

        async def mark(message: Any) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, mark)
        except Exception:  # whatever an example does not catch
            if not started:
                await send({"type": "http.response.start", "status": 500, "headers": []})
                await send({"type": "http.response.body", "body": b""})


@pytest.mark.slow
def test_only_what_breaks_its_contract_is_accused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("contract_tests.patience.PATIENCE", 0.0)
    root, refused = fetch_sdist(f"fastapi=={fastapi.__version__}", tmp_path), Counter[str]()
    accused: dict[str, list[str]] = {}
    audited = 0
    for name, app in load_applications(root, ["docs_src"], refused):
        spec = tmp_path / "openapi.json"
        spec.write_text(json.dumps(app.openapi()))
        settings = parse_settings(
            spec=str(spec),
            base_url="http://127.0.0.1:4010",
            api_key_env="KEY",
            bearer_env="KEY",
            environment={"KEY": "fake-super-secret-token"},
        )
        bugs = Judge(settings, examples=5).judge(ASGIAdapter(Failing(app)), until=lambda _: False).bugs
        audited += 1
        if found := [bug for bug in bugs if OWN_FAILURE not in bug]:
            accused[name.removeprefix("docs_src.")] = found

    assert audited > 150, refused
    assert {name: bugs for name, bugs in accused.items() if not name.startswith(tuple(BROKEN))} == {}
    assert [beginning for beginning in BROKEN if not any(name.startswith(beginning) for name in accused)] == []
