"""Errors of the mock server, sorted by who must act.

    MockServerError
    └── SpecError        the author of the OpenAPI document must act

A bad request is no exception: it is data, answered with a 4xx. A bad argument is a `TypeError` or `ValueError`.
"""

from __future__ import annotations

from dataclasses import dataclass


class MockServerError(Exception):
    """Base of every error that this package raises on purpose."""


class SpecError(MockServerError):
    """The OpenAPI document cannot be served as it is.

    `source` names the document, `pointer` is the JSON pointer of the offending place (empty when the document as a
    whole is at fault), `problem` says what is wrong and `remedy` what usually helps.
    """

    def __init__(self, problem: str, *, source: str = "", pointer: str = "", remedy: str = "") -> None:
        self.problem = problem
        self.source = source
        self.pointer = pointer
        self.remedy = remedy
        place = " ".join(part for part in (source, pointer) if part)
        sentence = f"{place}: {problem}" if place else problem
        super().__init__(f"{sentence}. {remedy}" if remedy else sentence)

    def at(self, source: str) -> SpecError:
        """The same error, with the document named."""
        return SpecError(self.problem, source=source, pointer=self.pointer, remedy=self.remedy)

    def finding(self) -> Finding:
        """The same as a finding, for where the rest of the document is served all the same."""
        return Finding("error", self.pointer, self.problem, self.remedy)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something in a document that is not served as it stands there.

    `severity` is `error` where a part cannot be served and is left out, `warning` where it is served otherwise than its
    author may think. The other fields are those of `SpecError`.
    """

    severity: str
    pointer: str
    problem: str
    remedy: str = ""

    def __str__(self) -> str:
        sentence = f"{self.severity}: {self.pointer or '#'}: {self.problem}"
        return f"{sentence}. {self.remedy}" if self.remedy else sentence
