"""What an answer repeats of its request: the parameters of the path."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from mockserver.generation import Options
from mockserver.generation.hints import canonical, singular
from mockserver.spec import Operation

PARAMETER: Final = re.compile(r"\{([^}]+)\}")
GENERIC: Final = frozenset(("id", "uuid", "guid", "key", "pk"))


class Echo:
    """The path parameters of an operation under the names that properties may have for them.

    `/users/{id}/orders` has `id` as `userid`; `/users/{id}` moreover as `@user`, the identity of a user, and `@`, that
    of whatever is answered.
    """

    def __init__(self, operation: Operation) -> None:
        self._names: list[tuple[str, tuple[str, ...]]] = []
        segments = [segment for segment in operation.path.split("/") if segment]
        before = ""
        for number, segment in enumerate(segments):
            match = PARAMETER.search(segment)
            if match is None:
                before = segment
                continue
            name = canonical(match[1])
            kind = singular(canonical(before)) if before else ""
            names = [] if name in GENERIC else [name]
            if kind and (name in GENERIC or name in (kind, f"{kind}id", f"{kind}uuid")):
                names += [f"{kind}id", f"@{kind}"]
            if number == len(segments) - 1 and operation.method != "POST" and _identifies(name, kind):
                names.append("@")
            self._names.append((match[1], tuple(dict.fromkeys(names))))
        last = next((segment for segment in reversed(segments) if not PARAMETER.search(segment)), "")
        self._kind = singular(canonical(last))

    def options(self, options: Options) -> Options:
        """The options with what is repeated."""
        names = frozenset(name for _, names in self._names for name in names)
        return replace(options, echoed=names, kind=self._kind)

    def values(self, decoded: Mapping[str, Any], raw: Mapping[str, str]) -> dict[str, str] | None:
        """What a request says, by the names of properties: as decoded, or as sent where nothing describes it."""
        if not self._names or not raw:
            return None
        path = {**raw, **decoded.get("path", {})}
        return {
            name: value if isinstance(value, str) else str(value)
            for parameter, names in self._names
            if isinstance(value := path.get(parameter), (str, int)) and not isinstance(value, bool)
            for name in names
        }


def _identifies(name: str, kind: str) -> bool:
    return name in GENERIC or name.endswith(("id", "uuid", "key")) or name == kind
