"""One implementation of a contract: correct, correct but different, or with one seeded fault."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from requests.adapters import BaseAdapter

from tests.services.twisting import After, Before

GROUPS = {
    "R": "response shape", "S": "status code", "C": "media type", "J": "JSON encoding", "N": "accepts invalid",
    "P": "rejects valid", "E": "error body", "A": "authentication", "H": "HTTP methods and headers", "W": "wire level",
    "D": "path and query decoding", "K": "entity tags", "I": "idempotency key", "M": "PUT and merge patch",
    "G": "lists and pages", "U": "identity and state", "V": "values read back", "F": "files", "T": "async",
    "O": "bulk operations", "X": "rare inputs", "B": "benign",
}  # fmt: skip


@dataclass(frozen=True)
class Variant:
    """One row of a kill table. The first letter of its id is its group; `silent` faults break what no contract says."""

    id: str
    text: str
    before: Before | None = None
    after: After | None = None
    silent: bool = False

    @property
    def group(self) -> str:
        return GROUPS[self.id[0]]

    @property
    def is_fault(self) -> bool:
        return self.id != "REF" and self.id[0] != "B"


@dataclass(frozen=True)
class Service:
    """A contract and its variants.

    `serve` is a context manager that yields the URL of one over a socket, `adapter` the same in process for `requests`.
    `path` stands before the paths of the contract. `credential` is the right one, without the prefix of its scheme,
    `token` a right bearer token beside it, and `other` the credential of another caller, where there is one.
    """

    name: str
    contract: Path
    variants: tuple[Variant, ...]
    serve: Callable[[Variant], AbstractContextManager[str]]
    adapter: Callable[[Variant], BaseAdapter]
    credential: str
    path: str = ""
    token: str = ""
    other: str = ""

    def __getitem__(self, id: str) -> Variant:
        return next(variant for variant in self.variants if variant.id == id)


def read_faults(module: str) -> Iterator[tuple[str, str]]:
    """Id and text of each fault, from `faults.txt` beside a module."""
    for line in Path(module).with_name("faults.txt").read_text(encoding="utf-8").splitlines():
        id, _, text = line.partition(" ")
        yield id, text
