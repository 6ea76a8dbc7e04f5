"""What descriptions say of texts that are not kept as they come."""

from __future__ import annotations

from typing import Any

import pytest

from contract_tests.normalising import normalised
from contract_tests.values import same


@pytest.mark.parametrize(
    ("description", "text", "kept"),
    [
        ("Spaces, tabs and line breaks around it are removed; what is inside stays as it was sent.", " a b\n", "a b"),
        ("Leading and trailing whitespace is trimmed.", "\ta ", "a"),
        ("The service removes surrounding white space.", " a ", "a"),
        ("Trimmed.", " a ", "a"),
        ("It is trimmed", " a ", "a"),
        ("Spaces around it are removed", "a\n", ...),
        ("Spaces around it are removed", "a ", "a"),
        ("Whitespace around it is removed", "a\N{NO-BREAK SPACE}", ...),
        ("Stored and shown in lower case.", "A@b.Example", "a@b.example"),
        ("The code, kept in upper-case.", "ab", "AB"),
        ("Lower-cased.", "Ab", "ab"),
        ("Normalized to NFC", "e\u0301", "é"),
        ("Whitespace around it is removed. Stored in lower case.", " Ab ", "ab"),
        ("It is not trimmed", " a ", " a "),
        ("Kept character by character: nothing is trimmed, escaped or normalised", " a ", " a "),
        ("Spaces around it are never removed", " a ", " a "),
        ("Shown as it was sent, in lower case if it was", "A", "A"),
        ("Spaces are removed", "a b", "a b"),
        ("Letter case is ignored when it is compared", "A", "A"),
        (None, " a ", " a "),
    ],
)
def test_what_is_kept_of_a_text(description: str | None, text: str, kept: Any) -> None:
    assert normalised(description, text) == kept


def test_what_nobody_knows_is_like_anything() -> None:
    assert same(..., "a")
    assert same({"a": [...]}, {"a": ["b"]})
