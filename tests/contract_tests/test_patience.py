"""A service that lags is waited for; one that never does what it is told does not hold up a run."""

from __future__ import annotations

from dataclasses import dataclass, field

from contract_tests.clock import Clock
from contract_tests.patience import MAX_VAIN, PATIENCE, Patience


@dataclass
class Time:
    """Time that passes only while somebody sleeps."""

    now: float = 0.0
    slept: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.slept.append(seconds)


def make_patience() -> tuple[Patience, Time]:
    clock = Time()
    return Patience(Clock(lambda: clock.now, clock.sleep)), clock


def wait_for(patience: Patience, clock: Time, lag: float) -> list[str]:
    """Wait for what a service shows after `lag` seconds."""
    shown = clock.now + lag
    return patience.until(lambda: [] if clock.now >= shown else ["not shown"])


def test_what_is_right_at_once_is_not_waited_for() -> None:
    patience, clock = make_patience()

    assert wait_for(patience, clock, 0) == []
    assert clock.slept == []


def test_what_lags_is_waited_for() -> None:
    patience, clock = make_patience()

    assert wait_for(patience, clock, PATIENCE * 0.9) == []


def test_what_never_comes_is_waited_for_a_few_times_only() -> None:
    patience, clock = make_patience()

    for _ in range(100):
        assert wait_for(patience, clock, float("inf"))
    assert clock.now < 2 * PATIENCE * MAX_VAIN


def test_a_service_that_lags_is_waited_for_as_long_as_it_took_even_where_some_waits_are_in_vain() -> None:
    patience, clock = make_patience()
    lag = PATIENCE / 4

    assert wait_for(patience, clock, lag) == []
    for _ in range(2 * MAX_VAIN):
        assert wait_for(patience, clock, float("inf"))
    assert wait_for(patience, clock, lag) == []
