"""Things that are made at the same time: a service that numbers them before it waits gives two of them one id."""

from __future__ import annotations

from collections.abc import Iterator

from contract_tests.resources import Resource, find_identity
from contract_tests.sequences.rules import Rule, bug
from contract_tests.session import Session
from contract_tests.verdicts import Finding

AT_ONCE = 4


def told_apart(session: Session, resource: Resource) -> Iterator[Finding]:
    """Each thing has an id of its own, however many are made at once."""
    create = resource.create
    if create is None or resource.is_single or not session.settings.is_local:
        return
    drafts = [draft for _ in range(AT_ONCE) if (draft := session.draft(create)) is not None]
    seen: set[str] = set()
    for draft, exchange in zip(drafts, session.send_together(create, drafts), strict=False):
        if exchange is None or not exchange.is_success or exchange.answer.status == 200:  # 200: it may have been there
            continue
        made = session.note(resource, draft, exchange)
        identity = find_identity(session.contract, resource, exchange.body, exchange.answer.header("location"))
        if made is None or identity is None:
            continue
        if identity in seen:
            problem = f"gives {identity!r} to two things that are made at the same time"
            yield bug(create, "told apart", "", problem, exchange, "an id for each")
            return
        seen.add(identity)


TOGETHER = (Rule("what is made at the same time is told apart", ("create",), told_apart),)
