"""Schema to generator: compiled once, then a pure function of seed and identity. What it returns is valid, always."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from mockserver.document import Document
from mockserver.errors import SpecError
from mockserver.generation.compiler import Compiler, Options
from mockserver.generation.entropy import Entropy
from mockserver.generation.failures import FAILURES, Failure, NotFound, TooLarge, Unsatisfiable
from mockserver.generation.nodes import Located
from mockserver.generation.paging import Page, numbered
from mockserver.types import JSON, Schema

SAMPLES: Final = 8
"""How many values of a new generator are validated before any is sent."""
ATTEMPTS: Final = 6


class Generator:
    """Values of the schemas at some pointers, all of which hold at once."""

    def __init__(
        self,
        schemas: list[tuple[Schema, str]],
        document: Document,
        *,
        options: Options | None = None,
        name: str = "",
        compiler: Compiler | None = None,
    ) -> None:
        """Compile, and validate a sample. `name` is what the value is called, which says what it may be like.

        A `compiler` that other generators of the document have used needs not compile again what they share.
        Raises `SpecError` when no value can be made, naming the schema.
        """
        document = document.responses
        # A media type without a schema is one of anything, and nothing stands at its pointer.
        said = [pointer for schema, pointer in schemas if schema is not True]
        node = tuple(Located(document.lookup(pointer), pointer) for pointer in said)
        self._compiler = compiler or Compiler(document, options or Options())
        self._first_left_out = self._compiler.begin()
        self._is_valid = self._compiler.accepts(node)
        self._pool: list[JSON] = []
        self._trusted = False
        try:
            self._generate = self._compiler.generator(node, name)
            self._sample()
        except FAILURES as error:
            raise _beyond(error, document, schemas[0][1]) from None

    def generate(
        self,
        identity: bytes,
        *,
        seed: bytes = b"",
        echo: Mapping[str, str] | None = None,
        page: Page | None = None,
    ) -> JSON:
        """The value of an identity. Entities are a function of the `seed`; `echo` are parameters to repeat, by name.

        Of a collection the `page` is shown.
        """
        if self._trusted and self._compiler.exact:
            try:
                return self._generate(Entropy(identity, seed, echo, page))
            except (*FAILURES, SpecError):  # a part that is drawn for the first time
                self._trusted = False
        return self._attempt(identity, seed, echo, page)

    @property
    def left_out(self) -> list[tuple[str, str]]:
        """The optional parts of which no value was found, by their pointers, with the reasons."""
        return self._compiler.left_out[self._first_left_out :]

    def _attempt(self, identity: bytes, seed: bytes, echo: Mapping[str, str] | None, page: Page | None) -> JSON:
        """A value that has been validated, leaner with each try."""
        reason: Exception = NotFound("what was generated was not valid")
        for attempt in range(ATTEMPTS):
            entropy = Entropy(identity if attempt == 0 else b"%b %d" % (identity, attempt), seed, echo, page)
            entropy.left = max(0, entropy.left >> (2 * attempt)) if attempt < ATTEMPTS - 1 else 0
            try:
                value = self._generate(entropy)
            except TooLarge:
                raise
            except (*FAILURES, SpecError) as error:
                reason = error
                continue
            if self._is_valid(value):
                return value
        if not self._pool:
            raise reason
        return self._pool[int.from_bytes(identity[:4], "big") % len(self._pool)]

    def _sample(self) -> None:
        trusted = True
        for number in range(SAMPLES):
            entropy = Entropy(bytes([number]))
            try:
                value = self._generate(entropy)
            except TooLarge:
                raise
            except FAILURES:
                trusted = False
                continue
            if self._is_valid(value):
                self._pool.append(value)
            else:
                trusted = False
        self._trusted = trusted
        if not self._pool:
            self._pool.append(self._attempt(b"", b"", None, None))


def _beyond(error: Exception, document: Document, pointer: str) -> SpecError:
    reason = str(error)
    if isinstance(error, Failure) and error.pointer not in ("", pointer):
        reason = f"{error.pointer}: {reason}"
    if isinstance(error, Unsatisfiable):
        problem = f"no value can be valid ({reason})"
    elif isinstance(error, NotFound):
        problem = f"no valid value was found ({reason})"
    else:
        problem = f"this schema is beyond the generator ({reason})"
    return SpecError(problem, source=document.source, pointer=pointer, remedy="Give it an example.")


__all__ = ["Compiler", "Entropy", "Generator", "Options", "Page", "numbered"]
