"""Values that are said to come back exactly as they were sent: moments, which in another notation mean the same."""

from __future__ import annotations

import re
from collections.abc import Iterator

from contract_tests.contract import Operation
from contract_tests.resources import Resource
from contract_tests.sequences.rules import Rule, bug, full_body, members_of, sentences, show
from contract_tests.session import Session
from contract_tests.verdicts import Finding

MOMENT = "2031-05-06T07:08:09+02:00"
_SAME = re.compile(
    r"\bexactly as (it|they) (was|were) (sent|given|received)\b|\bverbatim\b|\boffset included\b"
    r"|\b(nothing|not|never|without)\b[^.;]*\b(another|other) (notation|format|zone|offset)\b",
    re.IGNORECASE,
)
_OF_ALL = re.compile(r"\b(values?|members|everything|nothing|what you send|times?)\b", re.IGNORECASE)


def written_alike(session: Session, resource: Resource) -> Iterator[Finding]:
    """A moment with an offset comes back as that text, where the document says so."""
    maker = resource.maker
    full, bodies = (full_body(session, maker), session.bodies(maker)) if maker else (None, None)
    if maker is None or bodies is None or not isinstance(full, dict):
        return
    for name, schema, _ in session.contract.iter_properties(bodies.schema, bodies.pointer):
        body = {**full, name: MOMENT}
        if session.contract.text_format(schema) != "date-time" or not bodies.validator.is_valid(body):
            continue
        if not _SAME.search(session.contract.description(schema)) and not _is_said_of_all(session, maker):
            continue
        made = session.make(resource, body)
        shown = session.on(resource.read, made) if made and resource.read else None
        for operation, found in ((maker, made.exchange if made else None), (resource.read, shown)):
            got = members_of(found).get(name)
            if operation is not None and found is not None and isinstance(got, str) and got != MOMENT:
                problem = f"shows {name}={show(got)} where {show(MOMENT)} was sent, and is said to come back as it is"
                yield bug(operation, "notation", name, problem, found, MOMENT)
                return


def _is_said_of_all(session: Session, maker: Operation) -> bool:
    said = sentences(session.contract.said_at(maker.pointer))
    return any(_SAME.search(each) and _OF_ALL.search(each) for each in said)


NOTATION = (Rule("a moment comes back in its own notation where that is said", ("maker",), written_alike),)
