"""The body of a response: a documented example, else generated and narrowed by the cases that apply."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final, NamedTuple

from mockserver.document import Document
from mockserver.engine.encodings import concrete, encoder
from mockserver.engine.examples import usable_examples
from mockserver.generation import Compiler, Generator, Options, Page
from mockserver.spec import MediaType
from mockserver.types import JSON

NOTE: Final = "x-mock-note"
STREAMED: Final = 3
"""So many items has a sequence whose items alone are described."""


class Wanted(NamedTuple):
    """Which value is wanted: that of an identity, among the entities of a seed, repeating the parameters in `echo`.

    A `dynamic` one is generated though there is an example; of a collection the `page` is shown.
    """

    identity: bytes
    seed: bytes = b"0"
    echo: Mapping[str, str] | None = None
    dynamic: bool = False
    page: Page | None = None


class Body:
    """The bodies of one media type."""

    def __init__(self, media_type: MediaType, document: Document, options: Options | None = None) -> None:
        self._document = document
        self._options = options or Options()
        self._schema = (media_type.schema, f"{media_type.pointer}/schema")
        entry = document.lookup(media_type.pointer)
        self._is_stream = isinstance(entry, Mapping) and "itemSchema" in entry and "schema" not in entry
        if self._is_stream:  # OpenAPI 3.2, section 4.14: the schema of each item of a sequence
            self._schema = (entry["itemSchema"], f"{media_type.pointer}/itemSchema")
        self.encode: Callable[[JSON], bytes] = encoder(media_type, document)
        self.examples, self.note = usable_examples(media_type, "" if self._is_stream else self._schema[1], document)
        self.headers = (("content-type", concrete(media_type, document)), *note_headers(self.note))
        self._cases = media_type.cases
        self._conditions = [
            (1 << number, document.validator(f"{case.pointer}/when")) for number, case in enumerate(self._cases)
        ]
        self._generators: dict[int, Generator] = {}

    def value(self, example: str | None, decoded: dict[str, Any], wanted: Wanted) -> JSON:
        """The value for a decoded request. Raises `SpecError`."""
        if self.examples and not wanted.dynamic:
            return self.examples[example or next(iter(self.examples))]
        applicable = 0
        for bit, condition in self._conditions:
            if condition.is_valid(decoded):
                applicable |= bit
        generator = self._generator(applicable)
        if self._is_stream:
            identities = [b"%b %d" % (wanted.identity, number) for number in range(STREAMED)]
            return [generator.generate(identity, seed=wanted.seed, echo=wanted.echo) for identity in identities]
        return generator.generate(wanted.identity, seed=wanted.seed, echo=wanted.echo, page=wanted.page)

    def warm_up(self, compiler: Compiler | None = None) -> list[tuple[str, str]]:
        """Compile what is answered where no case applies; with a `compiler` only to see whether that can be done.

        Returns the pointers of the optional parts that answers go without, with the reasons. Raises `SpecError`.
        """
        if self.examples:
            return []
        if compiler is not None:
            return Generator([self._schema], self._document, compiler=compiler).left_out
        return self._generator(0).left_out

    def _generator(self, applicable: int) -> Generator:
        """The generator for a set of cases, given as bits."""
        if (generator := self._generators.get(applicable)) is None:
            cases = [case for number, case in enumerate(self._cases) if applicable >> number & 1]
            schemas = [self._schema, *((case.schema, f"{case.pointer}/schema") for case in cases)]
            # What a case says of a property is meant to be seen.
            options = replace(self._options, optional="always") if cases else self._options
            generator = self._generators[applicable] = Generator(schemas, self._document, options=options)
        return generator


def note_headers(note: str) -> tuple[tuple[str, str], ...]:
    """A header that tells the client why an answer is not what it may expect; none without a note."""
    return ((NOTE, note.encode("ascii", "backslashreplace").decode("ascii")),) if note else ()
