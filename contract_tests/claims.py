"""Claims of one API that OpenAPI cannot make: read from the TOML file beside the document, or from `x-contract` in it.

`openapi.claims.toml` beside `openapi.json` holds a `[[claim]]` for each; `x-contract`, at the top of the document or in
an operation, a list `claim` of the same. One without a `policy` is always asserted; one with a policy has its `level`
(`off` where it has none) until `--policy NAME=error`, `NAME=warn` or `NAME=off` asks for another. `volatile` lists the
members whose values change by themselves.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs

from contract_tests.contract import Contract
from contract_tests.drafts import Draft
from contract_tests.settings import Settings, UsageProblem
from mockserver import default_spec_path, load_spec

MAX_REQUESTS = 10
"""A claim may send at most so many requests."""

_KEYS = {
    "title",
    "operation",
    "policy",
    "level",
    "requests",
    "statuses",
    "answers",
    "equal",
    "distinct",
    "together",
    "framework",
}
_LEVELS = ("off", "warn", "error")
_PLACES = {"path", "query", "header", "body"}
_REFERENCE = re.compile(r"\{(\d+)\.([^{}]+)\}")


class NoSuchValue(Exception):
    """An answer does not hold what a claim needs of it."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What must hold of the answers to a few requests.

    Each of `requests` names what differs from an accepted request: `path`, `query`, `header` (values by name) and
    `body` (JSON). `{0.vm_id}` in a value is that property of the first answer. `answers` are JSON Schemas of the
    bodies, in the same order, `statuses` the statuses where any success will not do. `equal` and `distinct` name values
    (`0.status`) that are all the same or all different. `together`: the requests are sent at the same time. `level` is
    that of the policy until a run asks for another; with the `framework` `fastapi` only of a service whose errors are
    FastAPI's own, and of any other none is asked.
    """

    title: str
    operation: str
    policy: str = ""
    level: str = "off"
    requests: tuple[Mapping[str, Any], ...] = ({},)
    statuses: tuple[int, ...] = ()
    answers: tuple[Mapping[str, Any], ...] = ()
    equal: tuple[str, ...] = ()
    distinct: tuple[str, ...] = ()
    together: bool = False
    framework: str = ""
    source: str = field(default="", compare=False)

    @property
    def id(self) -> str:
        return f"{self.operation} · {self.title}"

    def level_in(self, policies: Mapping[str, str]) -> str:
        """How a run with these policies takes this claim: `off`, `warn` or `error`."""
        return policies.get(self.policy, self.level) if self.policy else "error"

    def draft(self, number: int, accepted: Draft, answers: list[Any]) -> Draft:
        """The request of this number, given the answers so far. Raises `NoSuchValue`."""
        draft = accepted
        for place in ("path", "query", "header"):
            for name, value in self.requests[number].get(place, {}).items():
                draft = draft.with_parameter(place, name, _fill(str(value), answers))
        return draft.with_json(self.requests[number]["body"]) if "body" in self.requests[number] else draft

    def is_aside(self, number: int, status: int) -> bool:
        """Whether a refusal is another claim's: what an answer names is not known, and values are to be compared."""
        is_about_answer = bool(_REFERENCE.search(str(self.requests[number])))
        return status >= 400 and is_about_answer and bool(self.equal or self.distinct) and not self.statuses

    def status_problem(self, number: int, status: int) -> str:
        """What is wrong with the status of the answer of this number; empty when nothing is."""
        wanted = self.statuses[number] if number < len(self.statuses) else None
        is_right = status == wanted if wanted else status < 300
        return "" if is_right else f"it answers {status}" + (f", not {wanted}" if wanted else "")

    def problem(self, answers: list[Any]) -> str:
        """What is wrong with the answers so far, as a sentence; empty when nothing is."""
        for number, (schema, answer) in enumerate(zip(self.answers, answers, strict=False)):
            if error := next(iter(jsonschema_rs.Draft202012Validator(dict(schema)).iter_errors(answer)), None):
                path = ".".join(map(str, error.instance_path))
                return f"answer {number + 1}: {f'{path}: ' if path else ''}{error.message}"
        if len(answers) < len(self.requests):
            return ""
        if self.equal and len(set(values := [repr(_value(name, answers)) for name in self.equal])) > 1:
            return f"{' and '.join(self.equal)} are not the same: {', '.join(values)}"
        if self.distinct and len(set(values := [repr(_value(name, answers)) for name in self.distinct])) < len(values):
            return f"{' and '.join(self.distinct)} are not all different: {', '.join(values)}"
        return ""


def find_home(settings: Settings, contract: Contract) -> Path:
    """The document beside which the claims of a run stand.

    Those of the vendored contract hold of its service whichever copy of the document is at hand, with other words or
    examples in it. The mock of a copy knows only what that says.
    """
    vendored = default_spec_path()
    spec = settings.spec or vendored
    if settings.base_url is None or _file_beside(spec).exists():
        return spec
    return vendored if has_clone(contract) else spec


def has_clone(contract: Contract) -> bool:
    """Whether a document has the operation of the vendored contract, in whatever words."""
    return _vendored_names().items() <= _names(contract).items()


@cache
def _vendored_names() -> Mapping[str, frozenset[tuple[str, str]]]:
    return _names(Contract(load_spec(default_spec_path(), overlays=())))


def _names(contract: Contract) -> dict[str, frozenset[tuple[str, str]]]:
    """What each operation is made of: the names of its parameters and of the members of its body and good answers."""
    found = {}
    for label, operation in contract.by_label.items():
        contents = {"body": operation.request_body.content if operation.request_body else ()}
        contents |= {r.status: r.content for r in operation.responses if r.status.startswith("2")}
        members = {
            (place, name)
            for place, content in contents.items()
            for media in content
            for name, *_ in contract.iter_properties(media.schema, "")
        }
        found[label] = frozenset(members | {(p.location, p.name.lower()) for p in operation.parameters})
    return found


def _file_beside(spec: Path) -> Path:
    return spec.with_name(f"{spec.stem}.claims.toml")


def load_claims(settings: Settings, contract: Contract) -> tuple[Claim, ...]:
    """The claims of a run, in its document and beside it, about operations that it has. Raises `UsageProblem`."""
    spec = find_home(settings, contract)
    claims = [
        _claim(entry, f"{where}: claim {number}")
        for where, entries in _iter_tables(spec, contract, "claim")
        for number, entry in enumerate(entries, 1)
    ]
    return tuple(claim for claim in claims if claim.operation in contract.by_label)


def load_volatile(settings: Settings, contract: Contract) -> frozenset[str]:
    """The names of members whose values change by themselves, as a run is told. Raises `UsageProblem`."""
    spec = find_home(settings, contract)
    names = [name for _, names in _iter_tables(spec, contract, "volatile") for name in names]
    if not all(isinstance(name, str) for name in names):
        raise UsageProblem(f"{spec}: volatile is a list of names of members.")
    return frozenset(names)


def _iter_tables(spec: Path, contract: Contract, key: str) -> Iterator[tuple[str, list[Any]]]:
    """The lists called `key`, each with where it stands: the TOML file, and `x-contract` of document and operations."""
    file = _file_beside(spec)
    tables: list[tuple[str, str, Any]] = []
    try:
        tables = [(str(file), "", tomllib.loads(file.read_text(encoding="utf-8")))]
    except FileNotFoundError:
        pass
    except (OSError, ValueError) as error:
        raise UsageProblem(f"{file}: {error}") from None
    places = {"": "#", **{label: operation.pointer for label, operation in contract.by_label.items()}}
    for label, pointer in places.items():
        node = contract.document if pointer == "#" else contract.spec.document.lookup(pointer)
        if isinstance(node, Mapping) and "x-contract" in node:
            tables.append((f"{pointer}/x-contract", label, node["x-contract"]))
    for where, label, table in tables:
        if not isinstance(table, Mapping) or table.keys() - {"claim", "volatile"}:
            raise UsageProblem(f"{where} holds `claim` and `volatile`, each a list.")
        entries = table.get(key, [])
        if not isinstance(entries, list):
            raise UsageProblem(f"{where}: {key} must be a list.")
        # A claim within an operation is about it.
        yield where, [{"operation": label, **e} if label and isinstance(e, Mapping) else e for e in entries]


def _claim(entry: Any, where: str) -> Claim:
    if not isinstance(entry, Mapping):
        raise UsageProblem(f"{where} must be a table with a title and an operation.")
    if unknown := entry.keys() - _KEYS:
        raise UsageProblem(f"{where} has the unknown key {min(unknown)}; there are {', '.join(sorted(_KEYS))}.")
    if not entry.get("title") or not entry.get("operation"):
        raise UsageProblem(f"{where} needs a title and an operation, such as `GET /things`.")
    if (level := entry.get("level", "off")) not in _LEVELS or (level != "off" and not entry.get("policy")):
        raise UsageProblem(f"{where}: level is that of a policy: {', '.join(_LEVELS)}.")
    lists = {key: tuple(entry[key]) for key in ("requests", "statuses", "answers", "equal", "distinct") if key in entry}
    requests = lists.get("requests", ({},))
    if not 0 < len(requests) <= MAX_REQUESTS or any(request.keys() - _PLACES for request in requests):
        raise UsageProblem(f"{where}: 1 to {MAX_REQUESTS} requests, each of {', '.join(sorted(_PLACES))}.")
    for schema in lists.get("answers", ()):
        try:
            jsonschema_rs.Draft202012Validator(dict(schema))
        except (jsonschema_rs.ValidationError, ValueError) as error:
            raise UsageProblem(f"{where}: an answer is no JSON Schema ({str(error).splitlines()[0]}).") from None
    framework = entry.get("framework", "")
    if framework not in {"", "fastapi"} or (framework and not entry.get("policy")):
        raise UsageProblem(f"{where}: framework is that of a policy, and `fastapi`.")
    together = entry.get("together", False)
    if not isinstance(together, bool):
        raise UsageProblem(f"{where}: together is true or false.")
    return Claim(
        entry["title"],
        entry["operation"],
        entry.get("policy", ""),
        level,
        **lists,
        together=together,
        framework=framework,
        source=where,
    )


def _fill(text: str, answers: list[Any]) -> str:
    return _REFERENCE.sub(lambda match: str(_value(f"{match[1]}.{match[2]}", answers)), text)


def _value(name: str, answers: list[Any]) -> Any:
    number, *path = name.split(".")
    try:
        value = answers[int(number)]
        for part in path:
            value = value[int(part)] if isinstance(value, list) else value[part]
    except (LookupError, TypeError, ValueError):
        value = None
    if value is None:
        raise NoSuchValue(f"answer {name.replace('.', ' has no ', 1)}")
    return value
