"""Moments: those of one entity come in the order in which such things happen."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from mockserver.generation import hints
from mockserver.generation.entropy import Entropy, factor
from mockserver.generation.patterns import StringGenerator
from mockserver.generation.strings import EPOCH

DAY: Final = 24 * 3600
DATE: Final = "%Y-%m-%d"
TIME: Final = "%Y-%m-%dT%H:%M:%S"
MOMENTS: Final[Mapping[str, Sequence[str]]] = {
    "date-time": [f"{TIME}{end}" for end in ("Z", ".000Z", "+00:00", ".000000Z", ".000+00:00", ".000000+00:00")],
    "date": [DATE],
}
"""How moments are written, the usual way first."""
ISO_DATE: Final = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
ISO_TIME: Final = ISO_DATE + r"T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{3}|\.[0-9]{6})?(Z|\+00:00)"
SPAN_DAYS: Final = 90
"""So far apart are the moments of one entity that come in order."""


def moments(name: str, style: str) -> StringGenerator:
    """Moments of one entity in the order in which they come in its life."""
    draw = seconds(name)
    # `isoformat` takes a third of the time of `strftime`.
    length, end = (10, "") if style == DATE else (19, style.removeprefix(TIME))
    return lambda entropy: (EPOCH + datetime.timedelta(seconds=draw(entropy))).isoformat()[:length] + end


def seconds(name: str) -> Callable[[Entropy], int]:
    """When in the life of an entity a moment of this name is, from an epoch that all share."""
    later = hints.rank(name) * SPAN_DAYS
    span = (SPAN_DAYS - 1) * DAY if later else DAY
    # Moments of one rank are told apart, and no two come at the same time of different days.
    own = factor(name) % span

    def draw(entropy: Entropy) -> int:
        start = entropy.below(400 * DAY)
        return start + later * DAY + (entropy.below(span) + own) % span

    return draw
