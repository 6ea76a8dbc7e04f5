"""The options of a run, once for the command and once for pytest: the table that both read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from contract_tests.settings import DEFAULT_SEED, Settings, parse_settings


@dataclass(frozen=True, slots=True)
class Option:
    """One option. `setting` is the keyword of `parse_settings`; "" for a file that is written after the run."""

    flag: str
    metavar: str
    help: str
    setting: str = ""
    type: type = str
    default: Any = None
    repeatable: bool = False

    @property
    def name(self) -> str:
        """Where argparse would put the value."""
        return self.flag.removeprefix("--").replace("-", "_")

    @property
    def dest(self) -> str:
        """Where we put it: a name that no other plugin of pytest uses."""
        return f"contract_{self.name}"

    @property
    def attributes(self) -> dict[str, Any]:
        """What `add_argument` and pytest's `addoption` take."""
        shared = {"metavar": self.metavar, "help": self.help, "dest": self.dest}
        if self.repeatable:
            return {**shared, "action": "append", "default": []}
        return {**shared, "type": self.type, "default": self.default}

    def read(self, options: Any) -> Any:
        """The value given. An option of this name that another plugin of pytest defined is as good."""
        if hasattr(options, self.dest):
            return getattr(options, self.dest)
        return getattr(options, self.name, [] if self.repeatable else self.default)


BASE_URL = Option(
    "--base-url", "URL", "the service to audit; without it, the document's mock in process", setting="base_url"
)
OVERLAY_OUT = Option("--overlay-out", "FILE", "write the overlay that documents the gaps")
REGRESSIONS = Option("--regressions", "FILE|DIR", "write a test that stands alone for each bug")
REPORT = Option("--report", "FILE", "write what was found as JSON, without secrets")

OPTIONS = (
    Option("--spec", "FILE", "the OpenAPI document (default: the vendored contract)", setting="spec"),
    Option(
        "--set",
        "NAME=VALUE",
        "pin a path, query or header parameter, such as vm_id=vmid-abc-15; repeatable",
        setting="pins",
        repeatable=True,
    ),
    Option("--api-key-env", "VAR", "the environment variable that holds an API key", setting="api_key_env"),
    Option("--bearer-env", "VAR", "the environment variable that holds a bearer token", setting="bearer_env"),
    Option(
        "--other-api-key-env",
        "VAR",
        "the variable that holds another caller's API key: what the first makes is out of their reach",
        setting="other_api_key_env",
    ),
    Option("--other-bearer-env", "VAR", "the same for another caller's bearer token", setting="other_bearer_env"),
    Option(
        "--scoped-bearer-env",
        "VAR=SCOPES",
        "the variable that holds a token which has only these scopes, such as READER=things:read,users:read",
        setting="scoped_bearer_env",
    ),
    Option(
        "--rate",
        "N/s",
        "at most this many requests, as 5/s or 60/m (default: 10/s, or no limit on this machine)",
        setting="rate",
    ),
    Option(
        "--max-requests",
        "N",
        "send at most N requests (default: 300, or no limit on this machine)",
        setting="max_requests",
        type=int,
    ),
    Option(
        "--seed",
        "N",
        f"the same seed sends the same requests (default: {DEFAULT_SEED})",
        setting="seed",
        type=int,
        default=DEFAULT_SEED,
    ),
    Option(
        "--max-examples",
        "N",
        "generated requests for each operation (default: 50 on this machine, else 20)",
        setting="max_examples",
        type=int,
    ),
    Option(
        "--max-time",
        "SECONDS",
        "send nothing more after so many seconds (default of the command: 100; 0: no limit; under pytest: no limit)",
        setting="max_time",
        type=float,
    ),
    Option(
        "--policy",
        "NAME=LEVEL",
        "make a policy error, warn or off; repeatable",
        setting="policies",
        repeatable=True,
    ),
    Option("--overlay", "FILE", "apply an overlay; repeatable", setting="overlays", repeatable=True),
    OVERLAY_OUT,
    REGRESSIONS,
    REPORT,
)


def add_options(add: Callable[..., object]) -> None:
    """Define the options with argparse's `add_argument` or pytest's `addoption`; `BASE_URL` is the caller's matter."""
    for option in OPTIONS:
        add(option.flag, **option.attributes)


def to_settings(options: Any) -> Settings:
    """The settings that argparse's or pytest's options stand for. Raises `UsageProblem`."""
    values = {option.setting: option.read(options) for option in (BASE_URL, *OPTIONS) if option.setting}
    return parse_settings(**values)


def to_words(options: Any) -> list[str]:
    """The command line that gives these options."""
    words: list[str] = []
    for option in (BASE_URL, *OPTIONS):
        value = option.read(options)
        values = value if option.repeatable else [] if value is None else [value]
        words += [f"{option.flag}={one}" for one in values]
    return words
