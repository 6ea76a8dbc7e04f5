"""Options: what they mean, and what is refused with which sentence."""

from __future__ import annotations

from typing import Any

import pytest

from contract_tests.settings import UsageProblem, is_loopback, parse_settings

SECRET = "instavm_sk_d41d8cd98f00b204"
ENVIRONMENT = {"API_KEY": "k-1", "lower_case": "k-2", "BROKEN": "k\n", "EMPTY": ""}


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"base_url": "staging.example.com"}, "'staging.example.com' is no URL"),
        ({"base_url": "ftp://h"}, "'ftp://h' is no URL"),
        ({"base_url": "http://"}, "'http://' is no URL"),
        ({"base_url": "http://h:port"}, "'http://h:port' is no URL"),
        ({"base_url": "http://[::1"}, r"'http://\[::1' is no URL"),
        ({"base_url": f"https://me:{SECRET}@h"}, "The URL holds credentials"),
        ({"base_url": f"//me:{SECRET}@h"}, "What was given is no URL"),
        ({"base_url": "http://h/?a=1"}, "has a query or a fragment"),
        ({"pins": ["vm_id"]}, "--set takes NAME=VALUE"),
        ({"pins": ["=x"]}, "--set takes NAME=VALUE"),
        ({"pins": ["vm_id="]}, "--set takes NAME=VALUE"),
        ({"pins": [f"X-API-Key={SECRET}"]}, "--set does not take X-API-Key"),
        ({"pins": [f"authorization=Bearer {SECRET}"]}, "--set does not take authorization"),
        ({"api_key_env": "MISSING"}, r"The environment variable MISSING \(--api-key-env\) is not set"),
        ({"bearer_env": "EMPTY"}, r"The environment variable EMPTY \(--bearer-env\) is not set"),
        ({"api_key_env": SECRET}, "--api-key-env takes the name of an environment variable"),
        ({"bearer_env": f"{SECRET}.{SECRET}"}, "--bearer-env takes the name of an environment variable"),
        ({"api_key_env": "BROKEN"}, "BROKEN holds spaces at its ends or a line break"),
        ({"rate": "fast"}, "--rate: 'fast' is no rate"),
        ({"max_requests": 0}, "--max-requests must be at least 1"),
        ({"max_examples": 0}, "--max-examples must be at least 1"),
    ],
    ids=str,
)
def test_what_cannot_be_used_is_said_in_one_sentence(options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(UsageProblem, match=sentence) as caught:
        parse_settings(**options, environment=ENVIRONMENT)

    assert SECRET not in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize(
    ("options", "interval", "max_requests", "max_examples"),
    [
        ({}, 0.0, None, 50),
        ({"base_url": "http://127.0.0.1:4010"}, 0.0, None, 50),
        ({"base_url": "http://localhost/api/"}, 0.0, None, 50),
        ({"base_url": "https://staging.example.com"}, 0.1, 300, 20),
        ({"base_url": "https://staging.example.com", "rate": "5/s", "max_requests": 9}, 0.2, 9, 20),
        ({"rate": "60/m", "max_requests": 9, "max_examples": 7}, 1.0, 9, 7),
    ],
    ids=str,
)
def test_another_machine_is_spared(
    options: dict[str, Any], interval: float, max_requests: int | None, max_examples: int
) -> None:
    settings = parse_settings(**options, environment=ENVIRONMENT)

    assert (settings.interval, settings.max_requests, settings.max_examples) == (interval, max_requests, max_examples)


def test_values_are_read() -> None:
    settings = parse_settings(
        base_url="http://h/api/", pins=["vm_id=a=b", "wait=true"], api_key_env="API_KEY", bearer_env="lower_case",
        environment=ENVIRONMENT,
    )  # fmt: skip

    assert settings.base_url == "http://h/api"
    assert settings.pins == {"vm_id": "a=b", "wait": "true"}
    assert settings.secrets == {"API_KEY": "k-1", "lower_case": "k-2"}


def test_several_processes_share_budget_and_rate() -> None:
    share = parse_settings(base_url="https://h", rate="10/s", max_requests=300, environment={}).divided(4)

    assert share.interval == pytest.approx(0.4)
    assert share.max_requests == 75


@pytest.mark.parametrize(
    ("url", "local"),
    [
        ("http://127.0.0.1:1", True),
        ("http://127.8.8.8", True),
        ("http://[::1]:80", True),
        ("http://localhost:4010", True),
        ("http://app.localhost", True),
        ("http://localhost.example.com", False),
        ("http://10.0.0.1", False),
        ("https://example.com", False),
    ],
)
def test_loopback(url: str, local: bool) -> None:
    assert is_loopback(url) is local
