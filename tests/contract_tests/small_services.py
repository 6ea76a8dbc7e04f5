"""Audits of small services that tests write themselves."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from starlette.applications import Starlette

from contract_tests.settings import parse_settings
from contract_tests.target import ASGIAdapter
from tests.services.judging import Judge


def bugs_of(app: Starlette, document: dict[str, Any], folder: Path, *, key: str = "") -> tuple[str, ...]:
    """What a run says of a service in this process; `key` is the right API key."""
    (folder / "openapi.json").write_text(json.dumps(document))
    settings = parse_settings(
        spec=str(folder / "openapi.json"),
        base_url="http://127.0.0.1:4010",
        api_key_env="KEY" if key else None,
        environment={"KEY": key},
    )
    return Judge(settings).judge(ASGIAdapter(app), until=lambda _: False).bugs
