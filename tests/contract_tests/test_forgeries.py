"""Credentials that are almost right."""

from __future__ import annotations

import base64

import pytest

from contract_tests.contract import Way
from contract_tests.forgeries import choose, forge, iter_forgeries

KEY = Way("key", "header", "X-API-Key")
BEARER = Way("token", "header", "Authorization", "Bearer ")
BASIC = Way("login", "header", "Authorization", "Basic ")
LOGIN = "Basic " + base64.b64encode(b"ada:Secret").decode()


@pytest.mark.parametrize(
    ("name", "way", "right", "forged"),
    [
        ("extended", KEY, "k1", "k1x"),
        ("truncated", BEARER, "Bearer abc", "Bearer ab"),
        ("begun", KEY, "abcd", "abunderstudy"),
        ("cased", KEY, "aB1", "Ab1"),
        ("empty", BEARER, "Bearer abc", "Bearer "),
        ("bare", BEARER, "Bearer abc", "abc"),
        ("bare", KEY, "abc", "Key abc"),
        ("schemed", BEARER, "Bearer abc", "Basic abc"),
        ("schemed", BASIC, LOGIN, f"Bearer {LOGIN.removeprefix('Basic ')}"),
    ],
)
def test_forged_text(name: str, way: Way, right: str, forged: str) -> None:
    assert forge(name, way, right) == forged


@pytest.mark.parametrize(
    ("name", "login"),
    [
        ("extended", "ada:Secretx"),
        ("truncated", "ada:Secre"),
        ("cased", "ada:sECRET"),
        ("renamed", "adax:Secret"),
        ("passwordless", "ada:"),
    ],
)
def test_basic_credentials_are_changed_before_they_are_encoded(name: str, login: str) -> None:
    forged = forge(name, BASIC, LOGIN)

    assert forged is not None
    assert base64.b64decode(forged.removeprefix("Basic ")).decode() == login


def test_the_parts_of_basic_credentials_stand_in_the_query_under_their_usual_names() -> None:
    shown = choose("query names", BASIC, {BASIC: LOGIN})

    assert shown is not None
    assert {(way.location, way.name, text) for way, text in shown.items()} >= {
        ("query", "username", "ada"),
        ("query", "password", "Secret"),
    }
    assert choose("query names", BASIC, {BASIC: "Basic no-base64"}) is None


def test_a_credential_without_letters_has_no_other_case() -> None:
    assert forge("cased", KEY, "0042") is None


@pytest.mark.parametrize("way", [KEY, BEARER, BASIC], ids=["key", "bearer", "basic"])
def test_no_forgery_is_the_right_credential(way: Way) -> None:
    right = LOGIN if way.is_basic else f"{way.prefix}Abc-1"

    assert right not in {forge(name, way, right) for name, _ in iter_forgeries(way)}
