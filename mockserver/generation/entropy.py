"""Repeatable randomness that is cheap to start: digits of a hash of the identity."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from typing import Final, TypeVar

T = TypeVar("T")

FLOOR: Final = 1 << 256
"""The hash is taken again below this. A draw of up to 128 bits from what is left has a bias below 2**-128."""


class Entropy:
    """Numbers that are a pure function of the identity, the same on every machine and Python version.

    The hash is one large number; a draw is its remainder and leaves the quotient. A `random.Random` would take 5 us a
    request to seed.
    """

    __slots__ = ("_digest", "_state", "depth")

    def __init__(self, identity: bytes) -> None:
        self.depth = 0
        """How deep in a value the draw takes place; kept by the generators of objects and arrays."""
        self._digest = blake2b(identity).digest()
        self._state = int.from_bytes(self._digest, "big")

    def below(self, limit: int) -> int:
        """A number from 0 to `limit - 1`; `limit` has up to 128 bits."""
        if self._state < FLOOR:
            self._digest = blake2b(self._digest).digest()
            self._state = int.from_bytes(self._digest, "big")
        self._state, number = divmod(self._state, limit)
        return number

    def between(self, low: int, high: int) -> int:
        """A number from `low` to `high`, both included."""
        return low + self.below(high - low + 1)

    def choice(self, options: Sequence[T]) -> T:
        """One of the options."""
        return options[self.below(len(options))]
