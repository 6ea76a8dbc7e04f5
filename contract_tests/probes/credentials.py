"""Credentials that are missing, almost right, another scheme's, or too weak for what is asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from contract_tests.contract import Contract, Operation, Way, is_ours
from contract_tests.forgeries import iter_forgeries
from contract_tests.intents import Intent, Kind
from contract_tests.probes.tables import Change, Probe, unchanged

MAX_CHOICES = 4
_PLACES = {"query": "the query", "cookie": "a cookie"}


def iter_credential_probes(contract: Contract, known: Callable[[Operation], tuple[Way, ...]]) -> Iterator[Probe]:
    """Requests without credentials and, for operations with `known` right ones, with wrong ones in each place."""
    for operation in filter(contract.needs_credentials, contract.operations):
        said = "a request without credentials"
        yield Probe(operation, "no credentials are refused", Intent(Kind.ANONYMOUS, said), unchanged, "none")
        for name, value, change in _iter_choices(contract, operation):
            intent = Intent(Kind.ANONYMOUS, f"{said} with {name}={value}")
            yield Probe(operation, f"no credentials with {name}={value} are refused", intent, change, "none")
        right = known(operation)
        for way in contract.sufficient_ways(operation) if len(right) > 1 else ():
            if way in right:
                intent = Intent(Kind.VALID, f"a valid request with {way.label} alone")
                yield Probe(operation, f"{way.label} alone is accepted", intent, unchanged, "alone", way)
        for way in contract.ways(operation) if right else ():
            said = f"a wrong credential ({way.label})"
            yield Probe(operation, f"{said} is refused", Intent(Kind.FORGED, said), unchanged, "wrong", way)
        for way in right:
            for credentials, text in iter_forgeries(way):
                said = f"{text} ({way.label})"
                yield Probe(operation, f"{said} is refused", Intent(Kind.FORGED, said), unchanged, credentials, way)
            if way.location == "header" and way.name.lower() != "authorization":
                for name, what in (("elsewhere", "a wrong bearer token"), ("elsewhere basic", "a wrong password")):
                    said = f"{what} in place of the credential ({way.label})"
                    yield Probe(operation, f"{said} is refused", Intent(Kind.FORGED, said), unchanged, name, way)
            if way.is_basic:
                said = f"the right name and password in the query ({way.label})"
                forged = Intent(Kind.FORGED, said, "query")
                yield Probe(operation, f"{said} are refused", forged, unchanged, "query names", way)
            for place, name in _elsewhere(way) if way.location == "header" else ():
                if any((other.location, other.name) == (place, name) for other in contract.ways(operation)):
                    continue
                said = f"the right credential as {name} in {_PLACES[place]} ({way.label})"
                forged = Intent(Kind.FORGED, said, place)
                yield Probe(operation, f"{said} is refused", forged, unchanged, f"{place} {name}", way)


def _elsewhere(way: Way) -> Iterator[tuple[str, str]]:
    """Where services take a credential that belongs in a header, although nobody says so."""
    yield from (("query", name) for name in ("access_token", "api_key", "token"))
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


def _with_query(name: str, value: str) -> Change:
    return lambda draft: draft.with_parameter("query", name, value)
