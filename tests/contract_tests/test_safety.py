"""Budget, pace and redaction."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote

import pytest

from contract_tests.clock import Clock
from contract_tests.safety import Budget, BudgetSpent, Pace, Redactor, parse_rate

SECRET = 'sk_a+b/c="d é'


@pytest.mark.parametrize(
    ("text", "interval"), [("5/s", 0.2), ("60/m", 1.0), ("100/h", 36.0), (" 2/s ", 0.5), ("0.5/s", 2.0)]
)
def test_rate(text: str, interval: float) -> None:
    assert parse_rate(text) == pytest.approx(interval)


@pytest.mark.parametrize("text", ["", "5", "5/d", "0/s", "-1/s", "s/5", "5 per s"])
def test_what_is_no_rate(text: str) -> None:
    with pytest.raises(ValueError, match="5/s, 60/m or 100/h"):
        parse_rate(text)


def test_pace_spaces_requests_by_the_clock() -> None:
    now, slept = [100.0], []

    def sleep(seconds: float) -> None:
        slept.append(round(seconds, 6))
        now[0] += seconds

    pace = Pace(0.5, Clock(lambda: now[0], sleep))
    pace.wait()
    pace.wait()  # at once: half a second to wait
    now[0] += 0.2
    pace.wait()  # after a request of 0.2 s: the rest
    now[0] += 9.0
    pace.wait()  # nothing to wait for, and nothing saved up
    pace.wait()

    assert slept == [0.5, 0.3, 0.5]


def test_budget_ends() -> None:
    budget = Budget(2)
    budget.spend()
    budget.spend()
    with pytest.raises(BudgetSpent, match="budget of 2 requests"):
        budget.spend()
    assert budget.spent == 2


def test_no_budget_has_no_end() -> None:
    budget = Budget(None)
    for _ in range(1000):
        budget.spend()
    assert budget.spent == 1000


@pytest.mark.parametrize(
    "text",
    [
        f"Bearer {SECRET}",
        f"?key={quote(SECRET, safe='')}",
        json.dumps({"echo": SECRET}),
        json.dumps({"echo": SECRET}, ensure_ascii=False),
        base64.b64encode(f"user:{SECRET}".encode()).decode(),
        base64.b64encode(f"ab:{SECRET}".encode()).decode(),
        base64.urlsafe_b64encode(f"u:{SECRET}:more".encode()).decode(),
    ],
    ids=["raw", "percent-encoded", "json", "json unescaped", "base64", "base64 shifted", "base64 urlsafe"],
)
def test_a_secret_is_taken_out_in_every_form(text: str) -> None:
    redacted = Redactor({"KEY": SECRET})(text)

    assert "$KEY" in redacted
    assert text[8:-8] not in redacted  # in base64 a few characters at the ends belong to the neighbours


def test_a_secret_within_another_is_taken_out_whole() -> None:
    assert Redactor({"SHORT": "abc-1", "LONG": "abc-1-and-more"})("abc-1-and-more abc-1") == "$LONG $SHORT"


def test_text_without_secrets_stays() -> None:
    assert Redactor({})("nothing here") == "nothing here"
    assert Redactor({"EMPTY": ""})("nothing here") == "nothing here"


@pytest.mark.parametrize("login", ["ada:c0rrect-horse", base64.b64encode(b"ada:c0rrect-horse").decode()])
def test_a_password_that_stands_alone_is_redacted(login: str) -> None:
    assert "c0rrect" not in Redactor({"LOGIN": login})("?username=ada&password=c0rrect-horse")
