"""Time for a service and the run that asks it, in one process: nobody sleeps, the time is just later."""

from __future__ import annotations

import time

from contract_tests.clock import Clock


class Moments:
    """Time that passes as it does everywhere, and at once where somebody sleeps."""

    def __init__(self) -> None:
        self._skipped = 0.0
        self.clock = Clock(self.now, self.sleep)

    def now(self) -> float:
        """Seconds since 1970 began, and those that were slept since."""
        return time.time() + self._skipped

    def sleep(self, seconds: float) -> None:
        self._skipped += seconds


SHARED = Moments().clock
"""That of the services of the tests, and of the runs that ask them."""
