"""Which of the documented responses answers a request."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

import jsonschema_rs

from mockserver.document import Document
from mockserver.spec import MediaType, Operation, Response
from mockserver.types import Rejection, Request, is_json

# RFC 7240, section 2: `Prefer: code=404, example=notFound`.
PREFERENCE: Final = re.compile(r"""([\w-]+)\s*=\s*(?:"([^"]*)"|([^\s,;"]+))""")


class Negotiator:
    """Chooses among the responses of one operation; `in_order` says that its own stands first, as FastAPI has it."""

    def __init__(self, operation: Operation, document: Document, *, in_order: bool = False) -> None:
        self._by_status = {response.status.upper(): response for response in operation.responses}
        primary = (_own_response(operation) if in_order else None) or primary_response(operation)
        self._primary = None if primary is None else (status_code(primary), primary)
        self.note = ""
        """Why the usual answer is not the success that a client expects; empty where it is."""
        if primary is None:
            self.note = "no response is documented"
        elif status_code(primary) >= 400:
            self.note = "no success is documented"
        conditions = [
            f"{response.pointer}/x-mock-when" for response in operation.responses if response.when is not None
        ]
        # One question instead of many for the requests that meet no condition, which are most.
        self._any_condition = document.validator(*conditions, keyword="anyOf") if conditions else None
        self._conditional: list[tuple[jsonschema_rs.Draft202012Validator, tuple[int, Response]]] = [
            (document.validator(f"{response.pointer}/x-mock-when"), (status_code(response), response))
            for response in operation.responses
            if response.when is not None
        ]

    def preferred(self, preferences: Mapping[str, str]) -> tuple[int, Response] | Rejection | None:
        """What `Prefer: code=` asks for; None when it asks for nothing, a 400 when it asks for the impossible."""
        code = preferences.get("code")
        if code is None:
            return None
        response = self._by_status.get(code) or self._by_status.get(f"{code[:1]}XX") or self._by_status.get("DEFAULT")
        if response is None or not re.fullmatch("[2-5][0-9][0-9]", code):
            known = ", ".join(response.status for response in self._by_status.values())
            return Rejection(400, f"Prefer: code={code} is not among the documented responses: {known}")
        return int(code), response

    def choose(self, decoded: dict[str, Any]) -> tuple[int, Response] | None:
        """The response for a valid request: one whose `x-mock-when` holds, else the first success."""
        if self._any_condition is not None and self._any_condition.is_valid(decoded):
            for condition, chosen in self._conditional:
                if condition.is_valid(decoded):
                    return chosen
        return self._primary


def parse_prefer(request: Request) -> dict[str, str]:
    """The preferences of a request by lower-case name; the first of a name counts (RFC 7240, section 2)."""
    preferences: dict[str, str] = {}
    for header in request.headers.getlist("prefer"):
        for name, quoted, token in PREFERENCE.findall(header):
            preferences.setdefault(name.lower(), quoted or token)
    return preferences


def primary_response(operation: Operation) -> Response | None:
    """The lowest documented 2xx, else `2XX`, else `default`, else the lowest of the others."""

    def rank(response: Response) -> tuple[int, str]:
        status = response.status.upper()
        if status.startswith("2"):
            return (1 if status == "2XX" else 0), status
        return (2 if status == "DEFAULT" else 3), status

    return min((response for response in operation.responses if response.when is None), key=rank, default=None)


def _own_response(operation: Operation) -> Response | None:
    """The first response, unless it is an error and there are others that are none: then somebody sorted them."""
    numbered = [entry for entry in operation.responses if entry.when is None and entry.status.isdigit()]
    is_sorted = bool(numbered) and int(numbered[0].status) >= 400 and any(int(entry.status) < 400 for entry in numbered)
    return numbered[0] if numbered and not is_sorted else None


def status_code(response: Response) -> int:
    """A status to send: `2XX` stands for 200, `default` for 200."""
    status = response.status.upper().replace("XX", "00")
    return int(status) if status.isdigit() else 200


def choose_media_type(response: Response, accept: str | None) -> MediaType | Rejection | None:
    """The media type to answer in, None for a response without a body, a 406 when the client accepts none.

    The most acceptable one wins (RFC 9110, section 12.5.1); among equals the one that is named first in `accept`, then
    JSON, then what has a schema, then the first documented.
    """
    if not response.content:
        return None
    ranked = sorted(response.content, key=lambda entry: (not is_json(entry.name), entry.schema is True))
    if not accept:
        return ranked[0]
    ranges = parse_accept(accept)
    order = {name: -place for place, (name, _) in reversed([*enumerate(ranges)])}
    best = max(ranked, key=lambda entry: (quality(entry.name, ranges), order.get(_essence(entry.name), -len(ranges))))
    if quality(best.name, ranges) == 0:
        offered = ", ".join(entry.name for entry in response.content)
        return Rejection(406, f"None of the documented media types is acceptable: {offered}")
    return best


def parse_accept(accept: str) -> list[tuple[str, float]]:
    """The media ranges of an `Accept` with their weights; other parameters do not count."""
    ranges = []
    for item in accept.split(","):
        name, *parameters = (part.strip().lower() for part in item.split(";"))
        weight = next((part[2:] for part in parameters if part.startswith("q=")), "1")
        ranges.append((name, float(weight) if re.fullmatch(r"[01](\.[0-9]{0,3})?", weight) else 1.0))
    return ranges


def quality(media_type: str, ranges: list[tuple[str, float]]) -> float:
    """How acceptable a media type is: the weight of the most specific range that matches it."""
    essence = _essence(media_type)
    for pattern in (essence, f"{essence.partition('/')[0]}/*", "*/*"):
        if weights := [weight for name, weight in ranges if name == pattern or (pattern == "*/*" and name == "*")]:
            return max(weights)
    # A wildcard in the document is acceptable to whoever accepts anything of that kind.
    if "*" in essence:
        kind = essence.partition("/")[0]
        return max((weight for name, weight in ranges if kind == "*" or name.startswith(f"{kind}/")), default=0.0)
    return 0.0


def _essence(media_type: str) -> str:
    return media_type.partition(";")[0].strip().lower()
