"""How long a run waits for a service to show what it was told: some read from a copy that lags."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from contract_tests.clock import Clock

Found = TypeVar("Found")

PATIENCE = 1.5
"""How long a service may take to show what was written, in seconds."""

MAX_VAIN = 4
"""After so many waits in vain a run has seen how long this service takes, and waits little longer than that."""

PAUSE = 0.05


class Patience:
    """Waits for what may still change, and learns how long that takes.

    A service that never stores anything would else be waited for at every step of every sequence.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._vain = 0
        self._slowest = 0.0

    @property
    def seconds(self) -> float:
        """How long the next wait may take."""
        return PATIENCE if self._vain < MAX_VAIN else min(PATIENCE, 2 * self._slowest)

    def until(self, check: Callable[[], Found]) -> Found:
        """What `check` finds, asked again for a while as long as it finds something wrong."""
        started = self._clock.now()
        deadline = started + self.seconds
        pause = PAUSE
        if not (found := check()):
            return found
        while found and self._clock.now() < deadline:
            self._clock.sleep(pause)
            pause *= 2
            found = check()
        if found:
            self._vain += 1
        else:
            self._slowest = max(self._slowest, self._clock.now() - started)
        return found
