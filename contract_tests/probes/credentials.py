"""Credentials that are missing, almost right, another scheme's, or too weak for what is asked."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping

from contract_tests.contract import Contract, Operation, Parameter, Way, is_ours
from contract_tests.drafts import Draft
from contract_tests.forgeries import iter_forgeries
from contract_tests.intents import BEFORE_ALL, Intent, Kind
from contract_tests.probes.tables import Change, Probe, as_head, unchanged

MAX_CHOICES = 4
_HERE = "127.0.0.1"
_PLACES = {"query": "the query", "cookie": "a cookie"}


def iter_credential_probes(
    contract: Contract,
    known: Callable[[Operation], Collection[Way]],
    likely: Callable[[Operation], Collection[Way]] = lambda _: (),
) -> Iterator[Probe]:
    """Requests without credentials and, for operations with `known` right ones, with wrong ones in each place.

    Those near the right one are tried where the right one is `likely` to hold, too.
    """
    for operation in filter(contract.needs_credentials, contract.operations):
        said = "a request without credentials"
        yield Probe(operation, "no credentials are refused", Intent(Kind.ANONYMOUS, said), unchanged, "none")
        intent = Intent(Kind.ANONYMOUS, f"{said} that says it comes from this machine")
        yield Probe(operation, f"no credentials from {_HERE} are refused", intent, _from_here, "none")
        if operation.method == "GET":
            intent = Intent(Kind.ANONYMOUS_HEAD, "HEAD without credentials")
            yield Probe(operation, f"{intent.said} is refused", intent, as_head, "none")
        if contract.spec.is_fastapi and operation.request_body is not None:
            intent = Intent(Kind.ANONYMOUS, f"{said} with the body []", "body")
            yield Probe(operation, "no credentials with the body [] are refused", intent, _with_list, "none")
        yield from _before_all(contract, operation, said)
        for name, value, change in _iter_choices(contract, operation):
            intent = Intent(Kind.ANONYMOUS, f"{said} with {name}={value}")
            yield Probe(operation, f"no credentials with {name}={value} are refused", intent, change, "none")
        right = known(operation)
        yield from _right(contract, operation, right)
        for way in contract.ways(operation) if right else ():
            said = f"a wrong credential ({way.label})"
            yield Probe(operation, f"{said} is refused", Intent(Kind.FORGED, said), unchanged, "wrong", way)
        for way in right:
            yield from _near(contract, operation, way)
        for way in likely(operation):
            alone = Intent(Kind.TRIED, f"the right credential in {way.name} alone")
            yield Probe(operation, f"{alone.said} is no invalid request ({way.label})", alone, unchanged, "likely", way)
            both = Intent(Kind.VALID, "the right credential in both places")
            yield Probe(operation, f"{both.said} is accepted ({way.label})", both, unchanged, "right", way)
            yield from _schemed(operation, way)
            # Who takes a key in either header may not ask how it is introduced.
            yield from (probe for probe in _near(contract, operation, way) if probe.credentials != "bare")


def _right(contract: Contract, operation: Operation, right: Collection[Way]) -> Iterator[Probe]:
    """The right credential alone, and in a header whose name is in lower case (RFC 9110, section 5.1)."""
    for way in contract.sufficient_ways(operation) if len(right) > 1 else ():
        if way in right:
            intent = Intent(Kind.VALID, f"a valid request with {way.label} alone")
            yield Probe(operation, f"{way.label} alone is accepted", intent, unchanged, "alone", way)
    joint = contract.joint_ways(operation)
    for way in (way for way in right if way not in joint):
        if way.location == "header":
            said = f"the right credential in {way.name.lower()} ({way.label})"
            yield Probe(operation, f"{said} is accepted", Intent(Kind.VALID, said), unchanged, "lower", way)
        yield from _schemed(operation, way)


def _schemed(operation: Operation, way: Way) -> Iterator[Probe]:
    """The scheme in lower case."""
    if way.prefix:
        said = f"the right credential after {way.prefix.lower().strip()}"
        yield Probe(operation, f"{said} is no failure", Intent(Kind.SCHEME, said), unchanged, "small", way)


def _near(contract: Contract, operation: Operation, way: Way) -> Iterator[Probe]:
    """What is near the right credential, or is it, in another place."""
    found = [(name, f"{text} ({way.label})", "") for name, text in iter_forgeries(way)]
    if way.location == "header" and way.name.lower() != "authorization":
        found += [
            (name, f"{what} in place of the credential ({way.label})", "")
            for name, what in (("elsewhere", "a wrong bearer token"), ("elsewhere basic", "a wrong password"))
        ]
    if way.is_basic:
        found.append(("query names", f"the right name and password in the query ({way.label})", "query"))
    documented = {(other.location, other.name) for other in contract.ways(operation)}
    found += [
        (f"{place} {name}", f"the right credential as {name} in {_PLACES[place]} ({way.label})", place)
        for place, name in (_elsewhere(way) if way.location == "header" else ())
        if (place, name) not in documented
    ]
    for credentials, said, place in found:
        intent = Intent(Kind.FORGED, said, place)
        yield Probe(operation, f"{said} is refused", intent, unchanged, credentials, way)


def _elsewhere(way: Way) -> Iterator[tuple[str, str]]:
    """Where services take a credential that belongs in a header, although nobody says so."""
    own = () if way.name.lower() == "authorization" else (way.name,)
    yield from (("query", name) for name in ("access_token", "api_key", "token", *own))
    yield "cookie", "access_token" if way.name.lower() == "authorization" else way.name


def _iter_choices(contract: Contract, operation: Operation) -> Iterator[tuple[str, str, Change]]:
    """Each choice of a query parameter: a service may take another way for each, and forget the guard of one."""
    for parameter in operation.parameters:
        types, listed = contract.json_types(parameter.schema), contract.enum(parameter.schema)
        values = ["true", "false"] if types == {"boolean"} else [v for v in listed if isinstance(v, str)]
        if parameter.location == "query" and is_ours(parameter):
            for value in values[:MAX_CHOICES]:
                yield parameter.name, value, _with_query(parameter.name, value)


def iter_scope_probes(
    contract: Contract,
    lacks: Callable[[Operation], tuple[str, ...]],
    scoped: Callable[[Operation], Mapping[Way, str]],
) -> Iterator[Probe]:
    """Requests with a token that has only some scopes; `lacks` names those that an operation misses in it."""
    for operation in filter(contract.needs_credentials, contract.operations):
        way = next(iter(scoped(operation)), None)
        if way is None:
            continue
        if missing := lacks(operation):
            said = f"a token without the scope {missing[0]}"
            yield Probe(operation, f"{said} is refused", Intent(Kind.UNSCOPED, said), unchanged, "scoped", way)
        elif "{" not in operation.path:  # what has an id may be out of the reach of whose token it is
            said = "a valid request with a token that has the scope"
            yield Probe(
                operation, "a token with the scope is accepted", Intent(Kind.VALID, said), unchanged, "scoped", way
            )


_CREDENTIALS_FIRST = re.compile(
    r"\b401\b[^.;]*\bwhatever else\b|\bwhatever else\b[^.;]*\b401\b"
    r"|\b(in this|in the following) order: (the )?(credentials?|token|authentication|authorization)\b",
    re.IGNORECASE,
)


def _before_all(contract: Contract, operation: Operation, said: str) -> Iterator[Probe]:
    """Something else is wrong, too, where the document says that credentials come first."""
    if not contract.says_of_requests(operation, _CREDENTIALS_FIRST):
        return
    wrong: dict[str, Change] = {
        f"{said} and without {p.name}": _without(p)
        for p in operation.parameters
        if p.location == "header" and p.required and is_ours(p)
    }
    if operation.request_body is not None:
        wrong[f"{said} with half a body"] = lambda draft: draft.with_body(b'{"a": ')
    for what, change in wrong.items():
        intent = Intent(Kind.ANONYMOUS, what, keyword=BEFORE_ALL)
        yield Probe(operation, f"{what} is refused for its credentials", intent, change, "none")


def _without(parameter: Parameter) -> Change:
    return lambda draft: draft.without_parameter(parameter.location, parameter.name)


def _with_query(name: str, value: str) -> Change:
    return lambda draft: draft.with_parameter("query", name, value)


def _from_here(draft: Draft) -> Draft:
    """What a proxy says of a client; who is no proxy may write it as well."""
    for name in ("X-Forwarded-For", "X-Real-IP"):
        draft = draft.with_parameter("header", name, _HERE)
    return draft


def _with_list(draft: Draft) -> Draft:
    return draft.with_body(b"[]")
