"""Why there is no value of a schema: none can be, none was found, or the generator cannot look for one.

Failure
├── Unsatisfiable        proven: the schemas contradict one another
├── NotFound             values were tried, and none was valid
└── Beyond               a limit or a construct that is not known
    ├── TooLarge
    └── UnsupportedPattern
"""

from __future__ import annotations

from typing import Final


class Failure(Exception):
    """A node has no generator. `pointer` is where, once that is known."""

    pointer: str = ""


class Unsatisfiable(Failure):
    """No value can keep this combination of schemas."""


class NotFound(Failure):
    """No value was found that keeps this combination of schemas."""


class Beyond(Failure):
    """The generator has a limit that this schema passes."""


class TooLarge(Beyond):
    """What must be there has no end in sight, and will have none at another try."""


class UnsupportedPattern(Beyond):
    """The pattern has a construct that nothing can be generated from."""


FAILURES: Final = (Failure, OverflowError, ValueError, RecursionError)
