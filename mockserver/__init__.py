"""Understudy's mock server: an HTTP API that behaves as its OpenAPI document says."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mockserver.engine import MockEngine
    from mockserver.errors import MockServerError, SpecError
    from mockserver.spec import Spec, default_spec_path, load_spec
    from mockserver.types import Headers, Reply, Request

__all__ = [
    "Headers",
    "MockEngine",
    "MockServerError",
    "Reply",
    "Request",
    "Spec",
    "SpecError",
    "default_spec_path",
    "load_spec",
]

_HOMES = {
    "engine": ("MockEngine",),
    "errors": ("MockServerError", "SpecError"),
    "spec": ("Spec", "default_spec_path", "load_spec"),
    "types": ("Headers", "Reply", "Request"),
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used: pytest imports this package in every run, for its plugin."""
    for home, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f"mockserver.{home}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
