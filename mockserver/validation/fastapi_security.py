"""Credentials as `fastapi.security` asks for them: its statuses, words and challenges (0.115, 0.128 and 0.165)."""

from __future__ import annotations

import binascii
from base64 import b64decode
from collections.abc import Callable
from typing import Final

from mockserver.parameters import RawParameters
from mockserver.spec import Operation, SecurityScheme
from mockserver.types import Rejection
from mockserver.validation.fastapi_habits import Habits, Version

NOT_AUTHENTICATED: Final = "Not authenticated"
PLAIN_OAUTH2: Final = "OAuth2"
"""How the class `OAuth2` is documented, which passes on whatever `Authorization` says; its subclasses want a bearer."""
INVALID: Final = "Invalid authentication credentials"


class FastAPISecurity:
    """Whether the credentials of a request are good enough for one operation.

    `accepted` says which credentials are good; None accepts what FastAPI's own classes let through.
    Of several schemes one must do: FastAPI documents those that it needs all and those of which it needs one alike.
    """

    def __init__(self, operation: Operation, accepted: Callable[[str], bool] | None, *, version: Version) -> None:
        self._alternatives = [requirement.schemes for requirement in operation.security]
        self._accepted = accepted
        self._is_old = not Habits(version).answers_401
        self._refusals: dict[tuple[str, int, str], Rejection] = {}

    def check(self, raw: RawParameters) -> Rejection | None:
        """None when one alternative is satisfied, else what FastAPI answers for the first."""
        refused: Rejection | None = None
        for schemes in self._alternatives:
            for scheme in schemes:
                if (found := self._refuse(scheme, raw)) is not None:
                    refused = refused or found
                    break
            else:
                return None
        return refused

    def _refuse(self, scheme: SecurityScheme, raw: RawParameters) -> Rejection | None:
        credential = self._api_key(scheme, raw) if scheme.type == "apiKey" else self._authorization(scheme, raw)
        if isinstance(credential, Rejection):
            return credential
        # An empty token passes `OAuth2PasswordBearer`, yet not the application that looks at several.
        if self._accepted is None and (credential or len(self._alternatives) == 1):
            return None
        good = credential and self._accepted is not None and self._accepted(credential)
        return None if good else self._refusal(scheme, 401)

    def _api_key(self, scheme: SecurityScheme, raw: RawParameters) -> str | Rejection:
        if scheme.location == "query":
            key = raw.query.get(scheme.parameter, [""])[-1]
        elif scheme.location == "cookie":
            key = raw.cookies.get(scheme.parameter, "")
        else:
            key = raw.request.headers.get(scheme.parameter) or ""
        return key or self._refusal(scheme, 403)

    def _authorization(self, scheme: SecurityScheme, raw: RawParameters) -> str | Rejection:
        authorization = raw.request.headers.get("authorization") or ""
        given, _, credential = authorization.partition(" ")
        if scheme.type == "openIdConnect":
            return credential or authorization or self._refusal(scheme, 403)
        if scheme.name == PLAIN_OAUTH2:
            return authorization or self._refusal(scheme, 403)
        if scheme.type != "http":
            return credential if given.lower() == "bearer" else self._refusal(scheme, 401)
        if scheme.scheme == "basic":
            return self._basic(scheme, given, credential)
        if not (given and credential):
            return self._refusal(scheme, 403)
        if scheme.scheme in ("bearer", "digest") and given.lower() != scheme.scheme:
            return self._refusal(scheme, 403, INVALID)
        return credential

    def _basic(self, scheme: SecurityScheme, given: str, credential: str) -> str | Rejection:
        if given.lower() != "basic":
            return self._refusal(scheme, 401)
        try:
            text = b64decode(credential).decode("ascii")
        except (ValueError, binascii.Error):
            text = ""
        return credential if ":" in text else self._refusal(scheme, 401, INVALID)

    def _refusal(self, scheme: SecurityScheme, old_status: int, old_detail: str = NOT_AUTHENTICATED) -> Rejection:
        """The answer; `old_status` and `old_detail` are those of the versions that did not answer 401."""
        key = (scheme.name, old_status, old_detail)
        if (refusal := self._refusals.get(key)) is None:
            refusal = self._refusals[key] = self._made_refusal(scheme, old_status, old_detail)
        return refusal

    def _made_refusal(self, scheme: SecurityScheme, old_status: int, old_detail: str) -> Rejection:
        if self._is_old and old_status == 403:
            return Rejection(403, old_detail)
        if scheme.type == "apiKey":
            challenge = "APIKey"
        else:
            challenge = scheme.scheme.title() if scheme.type == "http" else "Bearer"
        detail = old_detail if self._is_old else NOT_AUTHENTICATED
        return Rejection(401, detail, (("www-authenticate", challenge),))
