"""A probe: a request to make and what it is meant to be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from contract_tests.contract import Operation, Way
from contract_tests.drafts import Draft
from contract_tests.intents import Intent, Kind

Change = Callable[[Draft], Draft]
SHOWN = 60
"""Characters of a value that a name shows."""

REFUSED = r"\b(malformed|refused|rejected|forbidden|not allowed|invalid|violations?|an error|400|422)\b"
"""How documents say of a request, behind what they say it of, that it is refused."""

NESTED = "a deeply nested body"
LONG = 2000
"""Characters of a text that is longer than most columns of databases."""

QUOTED = 'a"b\\c\nd\té 🎉'
"""A text of which JSON must escape a lot, and which has more bytes than characters."""

LONG_WRONG = 3000
"""Characters of a wrong value that is long, and yet shorter than a line of a header or a path may be."""

VERBS = {
    Kind.VALID: "is accepted",
    Kind.LAX: "is refused or read leniently",
    Kind.UNCERTAIN: "is handled",
}
"""What a title claims of a kind of request; of every other, that it is refused."""


@dataclass(frozen=True, slots=True)
class Probe:
    """A request to make and what it is meant to be.

    `credentials` names what it carries: the `right` ones, `none`, or only one, in the place that `way` names: the right
    one `alone`, a `wrong` one, the right one `extended` by a character. `scoped` is the token with some scopes,
    `likely` the only credential that is known, where nobody named it for.
    """

    operation: Operation
    title: str
    intent: Intent
    change: Change
    credentials: str = "right"
    way: Way | None = None

    @property
    def id(self) -> str:
        return f"{self.operation} · {self.title}"


def unchanged(draft: Draft) -> Draft:
    """The request as it is."""
    return draft


def as_head(draft: Draft) -> Draft:
    """The same request as HEAD."""
    return replace(draft, method="HEAD")


def with_header(name: str, value: str) -> Change:
    """The same request with this header."""
    return lambda draft: draft.with_parameter("header", name, value)


def with_value(name: str, value: Any) -> Change:
    """The same request with this value in a member of its JSON body."""
    return lambda draft: draft.with_property((name,), value)
