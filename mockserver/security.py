"""Credentials: alternatives of schemes that must all be satisfied, and the right challenge when none is."""

from __future__ import annotations

import hmac
import json
from base64 import b64decode, urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Collection
from hashlib import blake2b
from typing import Any, Final
from urllib.parse import parse_qsl, unquote

from mockserver.parameters import RawParameters
from mockserver.spec import Operation, SecurityScheme, Spec
from mockserver.types import Rejection, Reply, Request

# RFC 9110, section 11.6.1: a 401 carries a challenge. `APIKey` is what FastAPI says, since no scheme is registered.
CHALLENGES: Final = {"apiKey": "APIKey", "oauth2": "Bearer", "openIdConnect": "Bearer", "mutualTLS": ""}
# What RFC 7617, section 2, and RFC 7616, section 3.3, require of a challenge.
CHALLENGE_PARAMETERS: Final = {"basic": ' realm="*"', "digest": ' realm="*", nonce="0", qop="auth"'}

UNCHECKED: Final = frozenset({"", "mutualTLS"})
"""Types of schemes that a mock cannot check: a name that is not described, and what happens below HTTP."""

SECRET_NAMES: Final = frozenset({"access_token", "api_key", "api-key", "apikey", "key", "password", "token"})
"""Query parameters that are taken for credentials whatever the document says."""


class Security:
    """Whether the credentials of a request are good enough for one operation.

    `accepted` says which credentials are good: API keys, bearer tokens and `user:password` pairs in base64, as sent.
    None accepts whatever is not empty. `tokens` knows the scopes of the tokens that it gave.
    """

    def __init__(
        self,
        operation: Operation,
        accepted: Callable[[str], bool] | None = None,
        tokens: TokenEndpoint | None = None,
    ) -> None:
        self._alternatives = [requirement.schemes for requirement in operation.security if requirement.schemes]
        self._is_optional = len(self._alternatives) < len(operation.security)
        self._refusal = _refusal(self._alternatives)
        self._accepted = accepted
        self._tokens = tokens

    def check(self, raw: RawParameters) -> Rejection | None:
        """None when one alternative is satisfied, else the 401 or 403 to answer."""
        lacking: Rejection | None = None
        for schemes in self._alternatives:
            if not all(self._good(scheme, raw) for scheme in schemes):
                continue
            refused = next(filter(None, (self._lacking(scheme, raw) for scheme in schemes)), None)
            if refused is None:
                return None
            lacking = lacking or refused
        if lacking is not None or not self._alternatives:
            return lacking
        if self._is_optional and not any(
            _is_shown(scheme, raw) for schemes in self._alternatives for scheme in schemes
        ):
            return None  # what is shown all the same must be good
        return self._refusal

    def _good(self, scheme: SecurityScheme, raw: RawParameters) -> bool:
        if scheme.type in UNCHECKED:
            return True
        credential = _credential(scheme, raw)
        return bool(credential) and (self._accepted is None or self._accepted(credential))

    def _lacking(self, scheme: SecurityScheme, raw: RawParameters) -> Rejection | None:
        """The 403 for a token of ours that was asked for with fewer scopes (RFC 6750, section 3.1)."""
        if not scheme.scopes or self._tokens is None or scheme.type not in ("oauth2", "openIdConnect"):
            return None
        granted = self._tokens.scopes(_credential(scheme, raw))
        if granted is None or granted.issuperset(scheme.scopes):
            return None
        scopes = " ".join(scheme.scopes)
        challenge = f'Bearer error="insufficient_scope", scope="{scopes}"'
        return Rejection(403, f"The token needs the scopes: {scopes}", (("www-authenticate", challenge),))


class TokenEndpoint:
    """Gives tokens at the paths of the OAuth2 flows (RFC 6749, sections 4.3, 4.4 and 5).

    A token is a JWT that is signed with a key made from the seed, so that every worker and every restart knows it.
    Where `accepted` narrows the credentials, the password or the secret must be one of them.
    """

    def __init__(self, paths: Collection[str], accepted: Collection[str] | None, *, seed: int) -> None:
        self.paths = paths
        self._accepted = accepted
        self._key = blake2b(f"token {seed}".encode()).digest()

    def is_accepted(self, credential: str) -> bool:
        """Whether a credential is one of those accepted, or a token that was given here."""
        return credential in (self._accepted or ()) or self._is_signed(credential)

    def _is_signed(self, credential: str) -> bool:
        signed, _, signature = credential.rpartition(".")
        return credential.isascii() and bool(signed) and hmac.compare_digest(signature, self._sign(signed))

    def scopes(self, credential: str) -> frozenset[str] | None:
        """The scopes that a token was asked for with; None for what is no token of ours, or was asked for with none."""
        if not self._is_signed(credential):
            return None
        claims = json.loads(urlsafe_b64decode(credential.split(".")[1] + "=="))
        return frozenset(claims["scope"].split()) if "scope" in claims else None

    def answer(self, request: Request) -> Reply:
        """A token, or what RFC 6749 says about the request."""
        form = dict(parse_qsl(request.body.decode("latin-1"), keep_blank_values=True))
        kind, _, basic = (request.headers.get("authorization") or "").partition(" ")
        user, _, secret = _decode_base64(basic).partition(":") if kind.lower() == "basic" else ("", "", "")
        user = form.get("username") or form.get("client_id") or user
        secrets = {form.get("password"), form.get("client_secret"), form.get("refresh_token"), form.get("code"), secret}
        if not user and not any(secrets):
            described = "username and password, or client_id and client_secret, are needed in a form"
            return _token_reply(400, {"error": "invalid_request", "error_description": described})
        if self._accepted is not None and not secrets & set(self._accepted):
            return _token_reply(400, {"error": "invalid_grant", "error_description": "the password is not accepted"})
        claims = {"sub": user, **({"scope": form["scope"]} if form.get("scope") else {})}
        signed = f"{_encode_base64({'alg': 'HS256', 'typ': 'JWT'})}.{_encode_base64(claims)}"
        token = {"access_token": f"{signed}.{self._sign(signed)}", "token_type": "bearer", "expires_in": 3600}
        return _token_reply(200, token)

    def _sign(self, text: str) -> str:
        return urlsafe_b64encode(hmac.digest(self._key, text.encode(), "sha256")).rstrip(b"=").decode()


def _token_reply(status: int, content: dict[str, Any]) -> Reply:
    headers = (("content-type", "application/json"), ("cache-control", "no-store"))
    return Reply(status, headers, json.dumps(content).encode(), note=str(content.get("error", "a token")))


def _encode_base64(value: dict[str, Any]) -> str:
    return urlsafe_b64encode(json.dumps(value, separators=(",", ":")).encode()).rstrip(b"=").decode()


def _decode_base64(text: str) -> str:
    try:
        return b64decode(text, validate=True).decode("utf-8", "replace")
    except ValueError:
        return ""


def _credential(scheme: SecurityScheme, raw: RawParameters) -> str:
    if scheme.type == "apiKey":
        if scheme.location == "query":
            return raw.query.get(scheme.parameter, [""])[-1]
        if scheme.location == "cookie":
            return raw.cookies.get(scheme.parameter, "")
        return raw.request.headers.get(scheme.parameter) or ""
    wanted = scheme.scheme if scheme.type == "http" else "bearer"
    given, _, credential = (raw.request.headers.get("authorization") or "").partition(" ")
    if given.lower() != wanted:
        return ""
    if wanted == "basic" and ":" not in _decode_base64(credential):
        return ""
    return credential


def _is_shown(scheme: SecurityScheme, raw: RawParameters) -> bool:
    """Whether a request tries to use a scheme, be its credential empty or malformed."""
    if scheme.type in UNCHECKED:
        return False
    if scheme.type == "apiKey":
        if scheme.location == "header":
            return raw.request.headers.get(scheme.parameter) is not None
        return scheme.parameter in (raw.query if scheme.location == "query" else raw.cookies)
    given = (raw.request.headers.get("authorization") or "").split(" ")[0]
    return given.lower() == (scheme.scheme if scheme.type == "http" else "bearer")


def _refusal(alternatives: list[tuple[SecurityScheme, ...]]) -> Rejection:
    """The 401 with every scheme that would help, each once."""
    named = dict.fromkeys(_challenge(scheme) for schemes in alternatives for scheme in schemes)
    challenge = ", ".join(filter(None, named))
    choices = dict.fromkeys(" and ".join(map(_described, schemes)) for schemes in alternatives)
    headers = (("www-authenticate", challenge),) if challenge else ()
    return Rejection(401, f"Not authenticated. Send {', or '.join(choices)}.", headers)


def _described(scheme: SecurityScheme) -> str:
    """What to send, in words."""
    if scheme.type == "apiKey":
        place = "query parameter" if scheme.location == "query" else scheme.location
        return f"an API key in the {place} {scheme.parameter}"
    if scheme.type in UNCHECKED:
        return f"what {scheme.name} asks for"
    if scheme.type == "http" and scheme.scheme != "bearer":
        return f"{scheme.scheme.capitalize()} credentials"
    return "a Bearer token"


def _challenge(scheme: SecurityScheme) -> str:
    if scheme.type == "http":
        return scheme.scheme.capitalize() + CHALLENGE_PARAMETERS.get(scheme.scheme, "")
    challenge = CHALLENGES.get(scheme.type, "")
    # RFC 6750, section 3: the scopes that would do.
    return f'{challenge} scope="{" ".join(scheme.scopes)}"' if challenge == "Bearer" and scheme.scopes else challenge


def redact_query(query: str, spec: Spec) -> str:
    """A query string for a log: the values of credentials are left out."""
    if not query:
        return query
    names = SECRET_NAMES | spec.secret_query_parameters
    pairs = (pair.partition("=") for pair in query.split("&"))
    return "&".join(
        f"{name}=..." if unquote(name).lower() in names else f"{name}{sep}{value}" for name, sep, value in pairs
    )
