"""Two callers, and a token with fewer scopes: on services that are real, with one fault and without."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from contract_tests.settings import UsageProblem, parse_settings
from contract_tests.target import ASGIAdapter
from tests.services.judging import Judge
from tests.services.scoring import load_service
from tests.services.twisting import Answered, Asked, twist
from tests.services.variant import Service

FAULTS = {"tracker": ("A12", "A13", "A14", "A15", "A18"), "library": ("A15", "A16", "A17")}


@pytest.fixture(autouse=True)
def impatience(monkeypatch: pytest.MonkeyPatch) -> None:
    """These services show at once what was written."""
    monkeypatch.setattr("contract_tests.patience.PATIENCE", 0.0)


@pytest.fixture(scope="module", params=FAULTS)
def service(request: pytest.FixtureRequest) -> Service:
    return load_service(request.param)


@pytest.fixture(scope="module")
def judge(service: Service) -> Judge:
    """A judge that has two credentials and lets the second trespass, and no more."""
    settings = parse_settings(
        spec=str(service.contract),
        base_url=f"http://127.0.0.1:4010{service.path}",
        api_key_env="KEY",
        other_api_key_env="OTHER",
        environment={"KEY": service.credential, "OTHER": service.other},
    )
    judge = Judge(settings)
    judge.checks = [check for check in judge.checks if "another caller" in check.id]
    return judge


def test_what_another_caller_may_do_is_found(service: Service, judge: Judge) -> None:
    found = {name: bool(judge.judge(service.adapter(service[name])).bugs) for name in FAULTS[service.name]}

    assert found == dict.fromkeys(FAULTS[service.name], True)


def test_a_service_that_keeps_others_out_is_accused_of_nothing(service: Service, judge: Judge) -> None:
    verdict = judge.judge(service.adapter(service["REF"]), until=lambda _: False)

    assert verdict.bugs == ()
    assert verdict.requests > 20


# --- Scopes -------------------------------------------------------------------------------------------------------

TOKENS = {"all": {"notes:read", "notes:write"}, "reader": {"notes:read"}}


def operation(scope: str, **responses: Any) -> dict[str, Any]:
    return {"security": [{"token": [scope]}], "responses": {status[1:]: {"description": ""} for status in responses}}


DOCUMENT = {
    "openapi": "3.1.0",
    "info": {"title": "Notes", "version": "1"},
    "paths": {
        "/notes": {
            "get": operation("notes:read", _200=0, _401=0, _403=0),
            "post": operation("notes:write", _201=0, _401=0, _403=0),
        }
    },
    "components": {
        "securitySchemes": {
            "token": {
                "type": "oauth2",
                "flows": {"clientCredentials": {"tokenUrl": "/token", "scopes": {"notes:read": "", "notes:write": ""}}},
            }
        }
    },
}


def notes(*, needs: dict[str, str], refusal: int = 403) -> Any:
    """A service whose methods need these scopes, and that refuses tokens without them so."""

    def answer(asked: Asked) -> Answered:
        scopes = TOKENS.get(asked.headers.get("authorization", "").removeprefix("Bearer "))
        if asked.method not in {"GET", "POST"}:
            return Answered.of(405, {}, allow="GET, POST")
        if scopes is None or not asked.headers["authorization"].startswith("Bearer "):
            return Answered.of(401, {}, www_authenticate="Bearer")
        if needs.get(asked.method, "notes:read") not in scopes:
            return Answered.of(refusal, {}, www_authenticate='Bearer error="insufficient_scope"')
        return Answered.of(201 if asked.method == "POST" else 200, {})

    return twist(None, before=answer)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("needs", "refusal", "bugs"),
    [
        ({"POST": "notes:write"}, 403, []),
        ({"POST": "notes:write"}, 401, []),
        ({}, 403, ["POST /notes does not enforce credentials: it accepts a token without the scope notes:write"]),
        ({"POST": "notes:write", "GET": "notes:write"}, 403, ["GET /notes refuses the right credentials with 403"]),
        ({"POST": "notes:write"}, 500, ["POST /notes fails with 500"]),
    ],
    ids=["enforced", "refused with 401", "not enforced", "too strict", "a failure"],
)
def test_a_token_with_some_scopes(needs: dict[str, str], refusal: int, bugs: list[str], tmp_path: Path) -> None:
    spec = tmp_path / "openapi.json"
    spec.write_text(json.dumps(DOCUMENT))
    settings = parse_settings(
        spec=str(spec),
        base_url="http://127.0.0.1:4010",
        bearer_env="ALL",
        scoped_bearer_env="READER=notes:read",
        environment={"ALL": "all", "READER": "reader"},
    )

    found = Judge(settings).judge(ASGIAdapter(notes(needs=needs, refusal=refusal)), until=lambda _: False).bugs
    assert len(found) == len(bugs)
    assert all(any(bug.startswith(start) for bug in found) for start in bugs)


# --- Options ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"scoped_bearer_env": "READER"}, "takes VAR=SCOPE,SCOPE"),
        ({"scoped_bearer_env": "NOBODY=notes:read"}, "NOBODY (--scoped-bearer-env) is not set"),
        ({"other_api_key_env": "NOBODY"}, "NOBODY (--other-api-key-env) is not set"),
        ({"api_key_env": "READER", "other_api_key_env": "READER"}, "another caller needs one of their own"),
    ],
)
def test_options_that_cannot_be_used(options: dict[str, str], problem: str) -> None:
    with pytest.raises(UsageProblem) as raised:
        parse_settings(**options, environment={"READER": "a-secret-token"})  # type: ignore[arg-type]

    assert problem in str(raised.value)
    assert "a-secret-token" not in str(raised.value)


def test_every_credential_is_a_secret() -> None:
    settings = parse_settings(
        api_key_env="A",
        other_bearer_env="B",
        scoped_bearer_env="C=x, y",
        environment={"A": "one-secret", "B": "two-secret", "C": "three-secret"},
    )

    assert settings.secrets == {"A": "one-secret", "B": "two-secret", "C": "three-secret"}
    assert settings.scopes == {"x", "y"}
