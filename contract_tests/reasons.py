"""What each documented refusal is for, in the words of the document: "400: The body is not well-formed"."""

from __future__ import annotations

import re
from collections.abc import Iterator

from contract_tests.contract import Contract, Operation
from contract_tests.intents import Intent, Kind

_NO_JSON = re.compile(
    r"\b(malformed|ill-formed|unparsable|unparseable|unreadable|syntax)\b"
    r"|\b(not|no|isn't|invalid)( be| in)?( (a|an|the))?( valid| well-formed| proper)? json\b"
    r"|\bnot( be)? (well[ -]formed|parsable|parseable|readable)\b"
    r"|\b(cannot|can't|could not) be (parsed|read|decoded|understood)\b",
    re.IGNORECASE,
)
_READ = re.compile(
    r"^\W*(well[ -]formed|understood|parsed|readable)\b|\b(is|but|though) well[ -]formed\b", re.IGNORECASE
)
_MEDIA_TYPE = re.compile(r"\bcontent[ -]types?\b|\bmedia[ -]?types?\b", re.IGNORECASE)
_NO_UTF8 = re.compile(
    r"\b(not|no|invalid|isn't)( in| valid| be)* utf-?8\b"
    r"|\bbod(y|ies)\b[^.;]* (is|are|must be)( in| encoded in)? utf-?8\b[^.]*\b(anything else|otherwise)\b[^.]*\b400\b",
    re.IGNORECASE,
)
_BY_SCHEMA = re.compile(
    r"\b(break|violate|not fit|not match|not satisfy|not conform to)(s|es)? (its|the|a|their) schema\b"
    r"|^\W*(well[ -]formed|readable|understood|parsed)\b[^.;]*\bbut\b[^.;]*\b(not|in)[ -]?(valid|as documented)\b",
    re.IGNORECASE,
)
_KEYWORDS = frozenset(
    {"type", "required", "enum", "minLength", "maxLength", "minimum", "maximum", "pattern", "minItems"}
)
"""What no parser sees."""

OF_BODIES = frozenset({400, 415, 422})
"""What else is malformed is a credential, a path."""
_OF_BODIES = frozenset(map(str, OF_BODIES))
_STATUS = re.compile(r"\b4\d\d\b")


def wanted_statuses(contract: Contract, operation: Operation, intent: Intent) -> frozenset[int]:
    """The statuses of the refusals that are said to be for what is wrong with a request; none where nothing is said."""
    if intent.kind is Kind.MEDIA_TYPE and not intent.field:  # not that of a part
        return _described(contract, operation, _MEDIA_TYPE)
    if intent.kind is Kind.MISENCODED:
        return _described(contract, operation, _NO_UTF8)
    if intent.kind is Kind.INVALID and intent.keyword in _KEYWORDS and intent.location in {"body", "query"}:
        described = _described(contract, operation, _BY_SCHEMA)
        others = _described(contract, operation, _NO_JSON) - described
        return described if others else frozenset()
    if intent.kind is Kind.MALFORMED and intent.location == "body" and not intent.keyword:
        described = _described(contract, operation, _NO_JSON)
        if described and not described & _described(contract, operation, _READ):
            return described
        return _told(contract, operation, _NO_JSON)
    return frozenset()


def forbids_other_encodings(contract: Contract, operation: Operation) -> bool:
    """Whether it is said that a body that is not UTF-8 is refused."""
    return contract.says_of_requests(operation, _NO_UTF8)


def _described(contract: Contract, operation: Operation, pattern: re.Pattern[str]) -> frozenset[int]:
    """The refusals whose descriptions match."""
    return frozenset(
        int(response.status)
        for response in operation.responses
        if response.status in _OF_BODIES and pattern.search(contract.said_at(response.pointer))
    )


def _told(contract: Contract, operation: Operation, pattern: re.Pattern[str]) -> frozenset[int]:
    """The one documented status that stands in a sentence of the document or the operation that matches."""
    documented = {response.status for response in operation.responses} & _OF_BODIES
    found = {
        status
        for sentence in _sentences(contract, operation)
        if pattern.search(sentence) and len(told := set(_STATUS.findall(sentence))) == 1
        for status in told & documented
    }
    return frozenset(map(int, found)) if len(found) == 1 else frozenset()


def _sentences(contract: Contract, operation: Operation) -> Iterator[str]:
    for text in (contract.description(contract.document.get("info")), contract.said_at(operation.pointer)):
        yield from re.split(r"(?<=[.;])\s+", " ".join(text.split()))
