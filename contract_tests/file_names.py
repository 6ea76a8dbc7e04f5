"""The name that a file was uploaded under, where a member of the answer is described as just that."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from contract_tests.contract import Contract, Operation
from contract_tests.exchanges import Call
from contract_tests.resources import answer_shape, iter_members
from contract_tests.things import Exchange
from contract_tests.values import value_bug
from contract_tests.verdicts import Finding

_DESCRIBED = re.compile(r"\bfile[- _]?name`?\b[^.;]*\b(part|upload|uploaded|multipart|sent)\b", re.IGNORECASE)
_DENIED = re.compile(r"\b(not|never|generated|unique|saniti[sz]ed|cleaned|slug)\b", re.IGNORECASE)
_BARE = re.compile(r"\bwithout (the |its |any )?(director(y|ies)|folders?|paths?)\b|\bbase ?name\b", re.IGNORECASE)
_SENT = re.compile(rb'; filename="([^"\r\n]*)"')


def iter_name_problems(contract: Contract, operation: Operation, exchange: Exchange) -> Iterator[Finding]:
    """What an answer says a file is called, and was not sent as; beyond ASCII there is more than one way to send it."""
    sent, got = _name_sent(exchange.call), exchange.body
    shape = answer_shape(contract, operation, exchange.answer.status)
    if sent is None or not sent.isascii() or shape is None or not isinstance(got, Mapping):
        return
    for name, schema, pointer in iter_members(contract, *shape):
        description = contract.description(schema)
        if name not in got or not _DESCRIBED.search(description) or _DENIED.search(description):
            continue
        wanted = re.split(r"[/\\]", sent)[-1] if _BARE.search(description) else sent
        if got[name] != wanted:
            problem = f"was sent a file called {sent} and answers with {name}={got[name]!r}"
            yield value_bug(operation, "echo", name, problem, pointer, exchange.call, exchange.answer, wanted)


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
