"""Sentences of documents that are taken at their word, in whatever words they come."""

from __future__ import annotations

import pytest

from contract_tests.contract import Contract
from contract_tests.probes.parameters import SAID_ONCE
from contract_tests.probes.wire import SAID_TWICE
from contract_tests.resources import find_scope
from mockserver import load_spec


@pytest.mark.parametrize(
    ("text", "is_said"),
    [
        ("Member names must not repeat, and a lone surrogate is refused with 422.", True),
        ("A body in which a member occurs twice in one object is refused like any other text that is not JSON.", True),
        ("JSON is UTF-8 without a byte order mark, and no object may have a member twice; all else is 422.", True),
        ("Bad syntax is 422. So is a JSON body in which a member name occurs twice in an object.", True),
        ("Duplicate keys in a JSON object are rejected.", True),
        ("**Bodies.** JSON is UTF-8, and no object may have a member twice; anything else is answered 422.", True),
        ("Where a member of a JSON object occurs twice, the last one counts and is not refused.", False),
        ("No two members may have one address, and repeated invitations are refused.", False),
        ("The same key with another JSON body is answered 409: an Idempotency-Key may not be used again.", False),
        ("Bodies are JSON. Lists may not have an item twice.", False),
    ],
)
def test_repeated_members_are_refused(text: str, is_said: bool) -> None:
    assert bool(SAID_TWICE.search(text)) is is_said


@pytest.mark.parametrize(
    ("text", "is_said"),
    [
        ("Query parameters that are not listed are ignored; a listed one may be given only once.", True),
        ("A query parameter may be given once; a repeated one is refused with 422.", True),
        ("A query parameter may be given only once unless it says otherwise.", True),
        ("Repeated query parameters are rejected.", True),
        ("A parameter that is repeated is answered 422.", True),
        ("Query parameters that are not known are ignored; a known one given more than once is answered 422.", True),
        ("A parameter that may come once and comes twice is answered 422.", True),
        ("Of a parameter that is repeated the last value counts.", False),
        ("Parameters may be repeated.", False),
    ],
)
def test_repeated_parameters_are_refused(text: str, is_said: bool) -> None:
    assert bool(SAID_ONCE.search(text)) is is_said


@pytest.mark.parametrize(
    ("name", "said", "is_scope"),
    [
        ("X-Department", "", True),
        ("X-Unit", "The unit that you act for.", True),
        ("X-Unit", "Units see nothing of each other.", True),
        ("X-Unit", "The unit of measurement.", False),
        ("X-Session", "What the request belongs to.", False),
    ],
)
def test_a_header_that_says_for_whom(name: str, said: str, is_scope: bool) -> None:
    header = {"name": name, "in": "header", "required": True, "description": said, "schema": {"type": "string"}}
    operation = {"parameters": [header], "responses": {"200": {"description": ""}}}
    document = {"openapi": "3.1.0", "info": {"title": "", "version": ""}, "paths": {"/a": {"get": operation}}}

    assert (find_scope(Contract(load_spec(document)).operations[0]) is not None) is is_scope
