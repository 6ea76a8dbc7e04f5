"""Errors as RFC 9457 has them: `application/problem+json`, every single error under `errors`."""

from __future__ import annotations

from typing import Any, Final

from mockserver.engine.facts import Detail, Facts

PROBLEM_MEDIA_TYPE: Final = "application/problem+json"


def problem_details(facts: Facts) -> dict[str, Any]:
    """The problem that tells the facts. `about:blank` says that the status is the type (RFC 9457, section 4.2.1)."""
    problem = {
        "type": "about:blank",
        "title": facts.phrase,
        "status": facts.status,
        "detail": facts.message,
        "instance": facts.request.path,
    }
    return {**problem, "errors": [_entry(detail) for detail in facts.details]} if facts.details else problem


def _entry(detail: Detail) -> dict[str, Any]:
    """As in the example of RFC 9457, section 3: a pointer into the body, or the name of the parameter."""
    place = {"pointer": f"#{detail.pointer}"} if detail.location == "body" else {"parameter": detail.field}
    return {"detail": detail.message, **place, "location": detail.location, "keyword": detail.keyword}
