"""The options of a run, checked."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from contract_tests.safety import parse_rate

DEFAULT_SEED = 0
REMOTE_REQUESTS = 300
REMOTE_INTERVAL = 0.1
LOCAL_EXAMPLES = 50
REMOTE_EXAMPLES = 20
TIMEOUT = 10.0
LEVELS = ("error", "warn", "off")

_CREDENTIAL_NAMES = {"authorization", "x-api-key", "api-key", "cookie", "proxy-authorization"}


class UsageProblem(Exception):
    """An option that cannot be used; its text is the one sentence to print."""


@dataclass(frozen=True)
class Settings:
    """One run's options.

    `spec` None means the vendored contract, `base_url` None in-process against the mock. `interval` is the time between
    two requests in seconds, `max_requests` None no limit, `max_time` the time after which nothing is sent. `overlays`
    are applied to the document; `policies` maps names to `error`, `warn` or `off`. `credentials` maps the kind
    (`api key`, `bearer`) to the name of the environment variable and its value, `strangers` those of another caller,
    who may not see what the first makes. `scoped` is a bearer token that has `scopes` alone.
    """

    spec: Path | None = None
    base_url: str | None = None
    pins: Mapping[str, str] = field(default_factory=dict)
    credentials: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    interval: float = 0.0
    max_requests: int | None = None
    seed: int = DEFAULT_SEED
    max_examples: int = LOCAL_EXAMPLES
    timeout: float = TIMEOUT
    max_time: float | None = None
    overlays: tuple[Path, ...] = ()
    policies: Mapping[str, str] = field(default_factory=dict)
    strangers: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    scoped: tuple[str, str] | None = None
    scopes: frozenset[str] = frozenset()

    @property
    def is_local(self) -> bool:
        """Whether the target is this machine, where neither pace nor budget is needed."""
        return self.base_url is None or is_loopback(self.base_url)

    @property
    def secrets(self) -> dict[str, str]:
        """Values that must never be printed, by the name of their environment variable."""
        scoped = [self.scoped] if self.scoped else []
        return dict([*self.credentials.values(), *self.strangers.values(), *scoped])

    def divided(self, workers: int) -> Settings:
        """The share of one of several processes: together they keep to the budget and the rate."""
        limit = self.max_requests if self.max_requests is None else max(1, self.max_requests // workers)
        return Settings(**{**vars(self), "interval": self.interval * workers, "max_requests": limit})


def parse_settings(
    *,
    spec: str | None = None,
    base_url: str | None = None,
    pins: Sequence[str] = (),
    api_key_env: str | None = None,
    bearer_env: str | None = None,
    other_api_key_env: str | None = None,
    other_bearer_env: str | None = None,
    scoped_bearer_env: str | None = None,
    rate: str | None = None,
    max_requests: int | None = None,
    seed: int = DEFAULT_SEED,
    max_examples: int | None = None,
    max_time: float | None = None,
    overlays: Sequence[str] = (),
    policies: Sequence[str] = (),
    environment: Mapping[str, str] = os.environ,
) -> Settings:
    """Settings from the texts of the options. Raises `UsageProblem`."""
    base_url = parse_url(base_url) if base_url else None
    local = base_url is None or is_loopback(base_url)
    own = {"api key": ("--api-key-env", api_key_env), "bearer": ("--bearer-env", bearer_env)}
    others = {"api key": ("--other-api-key-env", other_api_key_env), "bearer": ("--other-bearer-env", other_bearer_env)}
    credentials, strangers = _read_secrets(own, environment), _read_secrets(others, environment)
    if both := {value for _, value in credentials.values()} & {value for _, value in strangers.values()}:
        names = sorted(name for name, value in [*credentials.values(), *strangers.values()] if value in both)
        raise UsageProblem(f"{' and '.join(names)} hold the same credential: another caller needs one of their own.")
    scoped, scopes = _parse_scoped(scoped_bearer_env, environment)
    if max_requests is not None and max_requests < 1:
        raise UsageProblem("--max-requests must be at least 1.")
    if max_examples is not None and max_examples < 1:
        raise UsageProblem("--max-examples must be at least 1.")
    if max_time is not None and not max_time > 0:
        raise UsageProblem("--max-time must be more than 0 seconds.")
    return Settings(
        max_time=max_time,
        overlays=tuple(map(Path, overlays)),
        policies=dict(map(parse_policy, policies)),
        spec=Path(spec) if spec else None,
        base_url=base_url,
        pins=dict(map(parse_pin, pins)),
        credentials=credentials,
        strangers=strangers,
        scoped=scoped,
        scopes=scopes,
        interval=_interval(rate, local=local),
        max_requests=max_requests if max_requests is not None or local else REMOTE_REQUESTS,
        seed=seed,
        max_examples=max_examples or (LOCAL_EXAMPLES if local else REMOTE_EXAMPLES),
    )


def _read_secrets(
    named: Mapping[str, tuple[str, str | None]], environment: Mapping[str, str]
) -> dict[str, tuple[str, str]]:
    return {kind: (name, read_secret(option, name, environment)) for kind, (option, name) in named.items() if name}


def _parse_scoped(text: str | None, environment: Mapping[str, str]) -> tuple[tuple[str, str] | None, frozenset[str]]:
    """`VAR=SCOPE,SCOPE`: a token and all its scopes; `VAR=` is a token without any. Raises `UsageProblem`."""
    if text is None:
        return None, frozenset()
    name, equals, scopes = text.partition("=")
    if not equals:
        raise UsageProblem("--scoped-bearer-env takes VAR=SCOPE,SCOPE: a variable's name and all scopes of its token.")
    return (name, read_secret("--scoped-bearer-env", name, environment)), frozenset(re.split(r"[,\s]+", scopes)) - {""}


def parse_url(text: str) -> str:
    """A base URL without a trailing slash. Raises `UsageProblem`."""
    try:
        parts = urlsplit(text)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        usable = False
    if not usable:
        raise UsageProblem(
            f"{_shown(text)} is no URL. Write it as http://127.0.0.1:4010 or https://staging.example.com."
        )
    if parts.username or parts.password:
        raise UsageProblem(
            "The URL holds credentials. Name the variable that holds them with --api-key-env or --bearer-env instead."
        )
    if parts.query or parts.fragment:
        raise UsageProblem(f"{text!r} has a query or a fragment; the base URL is what stands before the paths.")
    return text.rstrip("/")


def _shown(text: str) -> str:
    """A text that is no URL may hold a password all the same."""
    return "What was given" if "@" in text else repr(text)


def parse_pin(text: str) -> tuple[str, str]:
    """`NAME=VALUE` of `--set`. Raises `UsageProblem`."""
    name, equals, value = text.partition("=")
    if not equals or not name.strip() or not value:
        raise UsageProblem(f"--set takes NAME=VALUE, such as --set vm_id=vmid-abc-15, not {name!r}.")
    if name.strip().lower() in _CREDENTIAL_NAMES:
        raise UsageProblem(
            f"--set does not take {name}: name an environment variable with --api-key-env or --bearer-env."
        )
    return name.strip(), value


def parse_policy(text: str) -> tuple[str, str]:
    """`NAME=error`, `NAME=warn` or `NAME=off` of `--policy`. Raises `UsageProblem`."""
    name, equals, value = text.partition("=")
    if not equals or not name or value not in LEVELS:
        raise UsageProblem(f"--policy takes NAME=error, NAME=warn or NAME=off, such as lax=error, not {text!r}.")
    return name, value


def read_secret(option: str, name: str, environment: Mapping[str, str]) -> str:
    """The credential that an environment variable holds. Raises `UsageProblem`, which never repeats a secret."""
    if value := environment.get(name):
        if not value.isprintable() or value != value.strip():
            raise UsageProblem(
                f"The variable {name} holds spaces at its ends or a line break, which no header can carry."
            )
        return value
    if re.fullmatch(r"[A-Z_][A-Z0-9_]*", name) is None:
        raise UsageProblem(
            f"{option} takes the name of an environment variable, such as INSTAVM_API_KEY, never the secret itself."
        )
    raise UsageProblem(f"The environment variable {name} ({option}) is not set.")


def is_loopback(url: str) -> bool:
    """Whether a URL's host is this machine."""
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _interval(rate: str | None, *, local: bool) -> float:
    if rate is None:
        return 0.0 if local else REMOTE_INTERVAL
    try:
        return parse_rate(rate)
    except ValueError as error:
        raise UsageProblem(f"--rate: {error}") from None
