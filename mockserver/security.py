"""Credentials: alternatives of schemes that must all be satisfied, and the right challenge when none is."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final
from urllib.parse import unquote

from mockserver.parameters import RawParameters
from mockserver.spec import Operation, SecurityScheme, Spec
from mockserver.types import Rejection

# RFC 9110, section 11.6.1: a 401 carries a challenge. `APIKey` is what FastAPI says, since no scheme is registered.
CHALLENGES: Final = {"apiKey": "APIKey", "oauth2": "Bearer", "openIdConnect": "Bearer", "mutualTLS": ""}

SECRET_NAMES: Final = frozenset({"access_token", "api_key", "api-key", "apikey", "key", "password", "token"})
"""Query parameters that are taken for credentials whatever the document says."""


class Security:
    """Whether the credentials of a request are good enough for one operation.

    `accepted` are the good credentials: API keys, bearer tokens and `user:password` pairs in base64, as sent. None
    accepts whatever is not empty.
    """

    def __init__(self, operation: Operation, accepted: Collection[str] | None = None) -> None:
        self._alternatives = [requirement.schemes for requirement in operation.security]
        self._accepted = accepted

    def check(self, raw: RawParameters) -> Rejection | None:
        """None when one alternative is satisfied, else the 401 to answer."""
        if not self._alternatives:
            return None
        for schemes in self._alternatives:
            for scheme in schemes:
                if not self._good(scheme, raw):
                    break
            else:
                return None
        challenge = _challenge(self._alternatives[0][0])
        headers = (("www-authenticate", challenge),) if challenge else ()
        return Rejection(401, "Not authenticated", headers)

    def _good(self, scheme: SecurityScheme, raw: RawParameters) -> bool:
        credential = _credential(scheme, raw)
        return bool(credential) and (self._accepted is None or credential in self._accepted)


def _credential(scheme: SecurityScheme, raw: RawParameters) -> str:
    if scheme.type == "apiKey":
        if scheme.location == "query":
            return raw.query.get(scheme.parameter, [""])[-1]
        if scheme.location == "cookie":
            return raw.cookies.get(scheme.parameter, "")
        return raw.request.headers.get(scheme.parameter) or ""
    wanted = scheme.scheme if scheme.type == "http" else "bearer"
    given, _, credential = (raw.request.headers.get("authorization") or "").partition(" ")
    return credential if given.lower() == wanted else ""


def _challenge(scheme: SecurityScheme) -> str:
    return scheme.scheme.capitalize() if scheme.type == "http" else CHALLENGES.get(scheme.type, "")


def redact_query(query: str, spec: Spec) -> str:
    """A query string for a log: the values of credentials are left out."""
    if not query:
        return query
    names = SECRET_NAMES | spec.secret_query_parameters
    pairs = (pair.partition("=") for pair in query.split("&"))
    return "&".join(
        f"{name}=..." if unquote(name).lower() in names else f"{name}{sep}{value}" for name, sep, value in pairs
    )
