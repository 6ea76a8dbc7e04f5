"""Headers that come back: an answer repeats the id of its request, or makes up one that no other answer has."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from contract_tests.contract import Contract, Operation, Response, escape
from contract_tests.exchanges import Answer, Call
from contract_tests.resources import fold
from contract_tests.values import same, value_bug
from contract_tests.verdicts import Finding

_IDS = frozenset(f"{start}{name}id" for start in ("", "x") for name in ("request", "correlation", "trace"))
_SAYS_REPEATED = (
    r"\becho|\brepeat(s|ed)?\b|\b(is|are) (used again|reused|sent back|returned as (it|they))\b"
    r"|\b(as|if|when|where) (it (was|is) )?(sent|given)\b"
    r"|\b(same|one|id)\W? (as in|of|in|from) the request"
)
_SAYS_OWN = re.compile(
    r"\b(another|a different|a new|a fresh|unique|distinct)\b[^.;]*\b(every|each|per) (request|answer|response)\b"
    r"|\bnever (used|sent|given|repeated) (twice|again)\b|\bnever (reused|repeated)\b"
    r"|\b(differs|different|unique) (from|with|for|in) (every |each )?(request|answer|response)\b",
    re.IGNORECASE,
)
_CACHED = ("age", "x-cache")
"""Headers of an answer that is not its first sender's, so that its id may be older."""


@dataclass(frozen=True, slots=True)
class Returned:
    """A header of an answer that repeats one of the request: the schema of that, if it has one."""

    name: str
    pointer: str
    schema: Any
    is_said: bool

    def takes(self, contract: Contract, text: str) -> bool:
        """Whether a service must not replace a text: a value that is listed, an id as the document or most have it."""
        if self.pointer and not contract.spec.document.validator(self.pointer).is_valid(text):
            return False
        node, _ = contract.resolve(self.schema, "")
        keywords = node.keys() if isinstance(node, Mapping) else set()
        if fold(self.name) in _IDS:
            return bool(keywords & {"pattern", "format"}) or _is_uuid(text)
        # A version or a token that is asked for need not be the one that there is.
        return "enum" in keywords and re.search(r"^x-(?!.*(version|token|cache))", self.name, re.IGNORECASE) is not None


def returned_headers(contract: Contract, operation: Operation, status: int | None = None) -> Iterator[Returned]:
    """The headers that an operation's answers repeat, as documented for both or in words; those of one `status`."""
    asked = {fold(p.name): p for p in operation.parameters if p.location == "header"}
    one = contract.find_response(operation, status) if status is not None else None
    for response in operation.responses if status is None else filter(None, [one]):
        for name, header in _documented(contract, response):
            told = " ".join([contract.description(header), *_said_of(contract, name)])
            parameter, is_said = asked.get(fold(name)), re.search(_SAYS_REPEATED, told, re.IGNORECASE) is not None
            if parameter is not None:
                yield Returned(parameter.name, parameter.pointer, parameter.schema, is_said)
            elif fold(name) in _IDS and is_said:
                yield Returned(name, "", {}, is_said)


def _said_of(contract: Contract, name: str) -> list[str]:
    """What the document says of a header where it speaks of all answers: the sentence that names it."""
    return _sentences_naming(contract.description(contract.document.get("info")), name)


@lru_cache(maxsize=256)  # asked of every answer
def _sentences_naming(text: str, name: str) -> list[str]:
    text = " ".join(text.split())
    return [
        each for each in re.split(r"(?<=[.])\s+", text) if re.search(rf"\b{re.escape(name)}\b", each, re.IGNORECASE)
    ]


def _documented(contract: Contract, response: Response) -> Iterator[tuple[str, Any]]:
    node = contract.spec.document.lookup(response.pointer)
    headers = node.get("headers") if isinstance(node, Mapping) else None
    yield from headers.items() if isinstance(headers, Mapping) else ()


class ReturnedHeaders:
    """Compares the headers of answers with those of their requests, and with those of other answers."""

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self._made_up: dict[tuple[str, str], Call] = {}

    def note(self, operation: Operation, call: Call, answer: Answer) -> Iterator[Finding]:
        """What is wrong with the headers of an answer; remembers those that the service made up."""
        if call.method != operation.method:
            return
        own: dict[str, str] = {}
        for each in returned_headers(self._contract, operation, answer.status):
            name, sent, got = each.name, call.header(each.name), answer.header(each.name)
            if sent is None:
                own[name] = each.pointer
            elif each.takes(self._contract, sent) and not same(sent, got) and (got is not None or each.is_said):
                problem = f"was sent {name}: {sent} and answers with {f'{name}: {got}' if got else f'no {name}'}"
                yield value_bug(operation, "header echo", name, problem, each.pointer, call, answer, sent)
        own = {name: pointer for name, pointer in own.items() if fold(name) in _IDS}
        own |= {name: at for name, at in self._said_own(operation, answer.status) if call.header(name) is None}
        for name, pointer in own.items():
            yield from self._distinct(operation, name, pointer, call, answer)

    def _said_own(self, operation: Operation, status: int) -> Iterator[tuple[str, str]]:
        """The headers of a response that are said to be others in every answer; a number may come back."""
        response = self._contract.find_response(operation, status)
        if response is None:
            return
        for name, header in _documented(self._contract, response):
            node, _ = self._contract.resolve(header, "")
            types = self._contract.json_types(node.get("schema")) if isinstance(node, Mapping) else frozenset()
            if "string" in types and "integer" not in types and _SAYS_OWN.search(self._contract.description(node)):
                yield name, f"{response.pointer}/headers/{escape(name)}"

    def _distinct(self, operation: Operation, name: str, pointer: str, call: Call, answer: Answer) -> Iterator[Finding]:
        """An id that the service made up is of one request only, unless an answer is that of another request.

        What refuses a request before it is read may have no id for it.
        """
        got = answer.header(name)
        is_old = any(fold(header).endswith("idempotencykey") for header, _ in call.headers) or answer.status == 304
        is_shared = is_old or answer.status >= 400 or any(answer.header(header) for header in _CACHED)
        if got is None or is_shared:
            return
        first = self._made_up.setdefault((fold(name), got), call)
        if first is not call:
            problem = f"answers with {name}: {got}, which another answer had, where none is sent"
            yield value_bug(operation, "header made up", name, problem, pointer, call, answer, "one of its own")


def _is_uuid(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False
