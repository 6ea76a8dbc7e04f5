"""The requests that led to a finding, with variables in place of ids that the service gave, so that they run again."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol
from urllib.parse import quote, urlsplit

from contract_tests.exchanges import Call, Step

MAX_STEPS = 16
"""More requests than these nobody reads: the last one is told alone then."""


class Redact(Protocol):
    """How secrets are taken out of text (`contract_tests.safety.Redactor`)."""

    def __call__(self, text: str) -> str: ...

    def iter_pieces(self, text: str) -> Iterator[tuple[str, str]]: ...


@dataclass(frozen=True)
class Named:
    """A redactor that knows ids by the variables that hold them, too."""

    inner: Redact
    names: Mapping[str, str]

    def __call__(self, text: str) -> str:
        return "".join(f"${name}" if name else piece for piece, name in self.iter_pieces(text))

    def iter_pieces(self, text: str) -> Iterator[tuple[str, str]]:
        for piece, name in self.inner.iter_pieces(text):
            if name or not self.names:
                yield piece, name
                continue
            for part in re.split("|".join(f"({re.escape(token)})" for token in self.names), piece):
                if part:
                    yield part, self.names.get(part, "")


def name_ids(steps: Sequence[Step], call: Call, redact: Redact) -> tuple[list[Step], Call, Named]:
    """The steps and the last request with a token in place of each id that a service gave, and who reads the tokens."""
    named: list[Step] = []
    tokens: dict[str, str] = {}
    names: dict[str, str] = {}
    for step in steps:
        named.append(replace(step, call=_with_tokens(step.call, tokens)))
        if step.identity and step.call.method == "POST" and step.identity not in tokens:
            tokens[step.identity] = token = f"understudy-id-{len(tokens) + 1}-token"
            names[token] = f"id{len(tokens)}"
    return named, _with_tokens(call, tokens), Named(redact, names)


def variable_of(step: Step, named: Named, steps: Iterable[Step]) -> str:
    """The variable that takes the id of a step; empty where it gives none that another needs."""
    given = [one.identity for one in steps if one.identity and one.call.method == "POST"]
    order = list(dict.fromkeys(given))
    if step.call.method != "POST" or step.identity not in order or not named.names:
        return ""
    return f"id{order.index(step.identity) + 1}"


def _with_tokens(call: Call, tokens: Mapping[str, str]) -> Call:
    parts = urlsplit(call.url)
    by_segment = {quote(identity, safe=""): token for identity, token in tokens.items()}
    path = "/".join(by_segment.get(segment, segment) for segment in parts.path.split("/"))
    return replace(call, url=parts._replace(path=path).geturl())


def relevant(trace: Iterable[Step], call: Call) -> tuple[Step, ...]:
    """The steps of a trace that a request depends on: those that made or changed what its path names, or lists."""
    before = list(trace)
    if before and before[-1].call == call:
        before.pop()
    path = urlsplit(call.url).path
    made = {quote(step.identity, safe="") for step in before if step.identity}
    wanted = made & set(path.split("/"))
    kept: list[Step] = []
    for step in reversed(before):
        own = urlsplit(step.call.url).path
        if quote(step.identity, safe="") in wanted or wanted & set(own.split("/")) or own.startswith(path):
            kept.append(step)
            wanted |= made & set(own.split("/"))
    return tuple(reversed(kept)) if len(kept) <= MAX_STEPS else ()
