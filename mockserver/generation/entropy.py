"""Repeatable randomness that is cheap to start and has an address for every part of a value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final, TypeVar

from mockserver.generation.failures import TooLarge

if TYPE_CHECKING:
    from mockserver.generation.paging import Page

T = TypeVar("T")

FLOOR: Final = 1 << 144
"""The state is hashed anew below this. A draw of up to 128 bits from what is left has a bias below 2**-16."""

SHIFT: Final = 64
MASK: Final = (1 << 256) - 1
"""The state of a part is the middle of a product, `state * factor >> SHIFT & MASK`: a third of a remainder's time."""
INSIDE: Final = int.from_bytes(blake2b(b"inside", digest_size=32).digest(), "big")
"""What the state of a whole is XORed with for those of its parts: products alone would not tell `a.b` from `b.a`."""

RARELY: Final = 15
"""One part in so many and one, that may be missing or null, is. Written as a mask of the state's bits."""
MAX_NODES: Final = 600
"""Once a value has so many parts, only what must be there is added."""
LEAST_LEFT: Final = -40_000
"""Once so much more is there, what must be there is too much."""


@lru_cache(maxsize=65536)
def factor(name: str) -> int:
    """What a state is multiplied by to get that of the part called so."""
    digest = blake2b(name.encode("utf-8", "surrogatepass"), digest_size=16).digest()
    return int.from_bytes(digest, "big") | 1 | 1 << 127


class Constant:
    """A generator of one value, told apart so that no state is spent on it."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __call__(self, _entropy: Entropy) -> Any:
        return self.value


class Entropy:
    """Numbers that are a pure function of the identity, the same on every machine and Python version.

    The state is one large number; a draw is its remainder and leaves the quotient. A `random.Random` would take 5 us a
    request to seed. Each property and item of a value draws from a state of its own, so that it does not depend on what
    else is there: the user of a list is the user of the item even where one schema has more properties.
    """

    __slots__ = ("depth", "echo", "index", "left", "page", "seed", "start", "state")

    def __init__(
        self, identity: bytes, seed: bytes = b"", echo: Mapping[str, str] | None = None, page: Page | None = None
    ) -> None:
        self.state = int.from_bytes(blake2b(identity).digest(), "big") & MASK
        self.seed = seed
        """What the identity of an entity is a function of besides its kind and id."""
        self.echo = echo
        """Texts that properties repeat, by canonical name."""
        self.index: int | None = None
        """Which item of an array is drawn, until an entity has taken it for its place among its kind."""
        self.start = 0
        """Where the entities of the array start among their kind."""
        self.page = page
        """Which part of a collection the next list shows, until one has taken it for its own."""
        self.depth = 0
        """How deep in a value the draw takes place; kept by the generators of objects and arrays."""
        self.left = MAX_NODES
        """How many parts the value may still have before it gets lean."""

    def spend(self, parts: int) -> None:
        """Count parts of a value. Raises `TooLarge` when what must be there has no end in sight."""
        self.left -= parts
        if self.left < LEAST_LEFT:
            raise TooLarge(f"a value must have more than {-LEAST_LEFT:,} parts")

    def below(self, limit: int) -> int:
        """A number from 0 to `limit - 1`; `limit` has up to 128 bits."""
        if self.state < FLOOR:
            self.state = int.from_bytes(blake2b(self.state.to_bytes(18, "big")).digest(), "big")
        self.state, number = divmod(self.state, limit)
        return number

    def between(self, low: int, high: int) -> int:
        """A number from `low` to `high`, both included."""
        return low + self.below(high - low + 1)

    def choice(self, options: Sequence[T]) -> T:
        """One of the options."""
        return options[self.below(len(options))]

    def entity(self, kind: str, key: str) -> int:
        """The state of the entity of a kind with a key, wherever it appears."""
        text = f"{kind}\0{key}".encode("utf-8", "surrogatepass")
        return int.from_bytes(blake2b(text, digest_size=32, key=self.seed[:64]).digest(), "big")
