"""The name that a file was uploaded under, where a member of the answer is described as just that."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote

from contract_tests.contract import Contract, Operation
from contract_tests.exchanges import Call
from contract_tests.resources import answer_shape, fold, iter_members
from contract_tests.things import Exchange
from contract_tests.values import value_bug
from contract_tests.verdicts import Finding

_DESCRIBED = re.compile(
    r"\bfile[- _]?name`?\b[^.;]*\b(part|upload|uploaded|multipart|sent)\b"
    r"|\bname\b[^.;]*\bfile\b[^.;]*\b(uploaded|sent) (with|as|under)\b",
    re.IGNORECASE,
)
_KEPT = re.compile(r"`([\w.]+)`(?: and `[\w.]+`)? (?:is|are) kept as (?:it|they) (?:was|were) sent", re.IGNORECASE)
_UNDER = re.compile(
    r"\bunder the (file ?)?name (given|sent|that (was|is) (given|sent)|of the (part|upload))\b", re.IGNORECASE
)
_NAMES = frozenset({"filename", "name"})
_DENIED = re.compile(r"\b(not|never|generated|unique|saniti[sz]ed|cleaned|slug)\b", re.IGNORECASE)
_BARE = re.compile(r"\bwithout (the |its |any )?(director(y|ies)|folders?|paths?)\b|\bbase ?name\b", re.IGNORECASE)
_SENT = re.compile(rb'; filename="([^"\r\n]*)"')


def iter_name_problems(contract: Contract, operation: Operation, exchange: Exchange) -> Iterator[Finding]:
    """What an answer says a file is called, and was not sent as; beyond ASCII there is more than one way to send it."""
    sent = _name_sent(exchange.call)
    for name, held, description, pointer in (
        _iter_names(contract, operation, exchange, sent) if sent is not None else ()
    ):
        wanted = re.split(r"[/\\]", sent or "")[-1] if _BARE.search(description) else sent
        if held != wanted and not _is_misread(str(held), str(wanted)):
            problem = f"was sent a file called {sent} and answers with {name}={held!r}"
            yield value_bug(operation, "echo", name, problem, pointer, exchange.call, exchange.answer, wanted)


def _iter_names(
    contract: Contract, operation: Operation, exchange: Exchange, sent: str
) -> Iterator[tuple[str, Any, str, str]]:
    """The members that are said to be the name of the file that was sent: what they show, what is said, and where."""
    shape, got = answer_shape(contract, operation, exchange.answer.status), exchange.body
    if shape is None or not isinstance(got, Mapping):
        return
    is_under = _UNDER.search(contract.said_at(operation.pointer)) is not None
    for name, schema, pointer in iter_members(contract, *shape):
        description = contract.description(schema)
        # It is the name, in other letters, though nothing is said of it.
        is_cased = str(got.get(name)).lower() == sent.lower()
        is_described = _DESCRIBED.search(description) or ((is_under or is_cased) and fold(name) in _NAMES)
        if name in got and is_described and not _DENIED.search(description):
            yield name, got[name], description, pointer
    kept = _KEPT.search(contract.said_at(operation.pointer))
    outer, _, inner = kept[1].partition(".") if kept is not None else ("", "", "")
    within = got.get(outer)
    if isinstance(within, Mapping) and inner in {"name", "filename", "file_name"} and inner in within:
        yield f"{outer}.{inner}", within[inner], "", operation.pointer


def _is_misread(held: str, sent: str) -> bool:
    """Whether a name was read as ISO 8859-1, as some libraries do, or is in the notation of URLs."""
    try:
        return not sent.isascii() and sent in {held.encode("latin-1").decode(), unquote(held)}
    except ValueError:
        return False


def is_bare(contract: Contract, operation: Operation) -> bool:
    """Whether an operation is said to leave the directories out of the name of a file."""
    for response in operation.responses:
        shape = answer_shape(contract, operation, int(response.status)) if response.status.startswith("20") else None
        for _, schema, _ in iter_members(contract, *shape) if shape else ():
            description = contract.description(schema)
            if _DESCRIBED.search(description) and _BARE.search(description):
                return True
    return False


def _name_sent(call: Call) -> str | None:
    """The name of the only file of a form."""
    if not (call.header("content-type") or "").lower().startswith("multipart/"):
        return None
    found = _SENT.findall(call.body or b"")
    return found[0].decode("utf-8", "replace") if len(found) == 1 else None
