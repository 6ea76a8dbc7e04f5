"""Credentials that are almost right, by the name of what is wrong with them."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType

from contract_tests.contract import Way

WRONG = "a-credential-that-is-wrong"

_TEXTS: Mapping[str, str] = {
    "extended": "the right credential with one more character",
    "truncated": "the right credential with its last character missing",
    "changed": "the right credential with a character changed",
    "foreign": "a credential that is not ASCII",
    "begun": "a credential that begins like the right one",
    "cased": "the right credential in another case",
    "initial": "the first character of the right credential",
    "null": "the word null for a credential",
    "undefined": "the word undefined for a credential",
    "empty": "an empty credential",
    "bare": "the right credential without its scheme",
    "schemed": "the right credential under another scheme",
}
_BASIC_TEXTS: Mapping[str, str] = {
    **_TEXTS,
    "renamed": "the right password under another name",
    "passwordless": "the right name without a password",
}


def _changed(secret: str) -> str:
    """The last character changed; of a signed token one further in, since its last has bits that say nothing."""
    at = -3 if secret.count(".") == 2 else -1
    return secret[:at] + ("a" if secret[at:][:1] != "a" else "b") + secret[len(secret) + at + 1 :]


_CHANGES: Mapping[str, Callable[[str], str]] = MappingProxyType(
    {
        "extended": lambda secret: f"{secret}x",
        "truncated": lambda secret: secret[:-1],
        "changed": _changed,
        "foreign": lambda secret: f"{secret}é",
        "begun": lambda secret: f"{secret[: max(1, len(secret) // 2)]}understudy",
        "cased": str.swapcase,
        "initial": lambda secret: secret[:1],
        "null": lambda _: "null",
        "undefined": lambda _: "undefined",
        "passwordless": lambda _: "",
    }
)


_ELSEWHERE: Mapping[str, str] = MappingProxyType(
    {
        "elsewhere": f"Bearer {WRONG}",
        "elsewhere basic": f"Basic {base64.b64encode(f'{WRONG}:{WRONG}'.encode()).decode()}",
    }
)
"""What may stand in `Authorization` in place of a credential that belongs into another header."""


def iter_forgeries(way: Way) -> Iterator[tuple[str, str]]:
    """Name of each forgery of a way, and how it reads in a sentence."""
    yield from (_BASIC_TEXTS if way.is_basic else _TEXTS).items()


def choose(name: str, way: Way | None, right: Mapping[Way, str]) -> Mapping[Way, str] | None:
    """The credentials that a probe carries, by their name (see `Probe`); None where there is no such forgery."""
    if name == "none" or way is None:
        return {}
    if name == "alone":
        return {way: right[way]}
    if name == "small":  # nor have schemes (section 11.1)
        return {way: right[way].replace(way.prefix, way.prefix.lower(), 1)}
    if name == "lower":  # names of header fields have no case (RFC 9110, section 5.1)
        return {replace(way, name=way.name.lower()): right[way]}
    if name == "wrong":
        return {way: f"{way.prefix}{WRONG}"}
    if name in _ELSEWHERE:
        return {Way(way.label, "header", "Authorization"): _ELSEWHERE[name]}
    if name == "query names":
        return _in_query(way, right[way].removeprefix(way.prefix))
    place, _, elsewhere = name.partition(" ")
    if place in {"query", "cookie"}:
        return {Way(way.label, place, elsewhere): right[way].removeprefix(way.prefix)}
    forged = forge(name, way, right[way])
    return None if forged is None else {way: forged}


def _in_query(way: Way, value: str) -> Mapping[Way, str] | None:
    """The name and the password of Basic credentials as parameters, under each name that is usual for them."""
    try:
        user, colon, password = base64.b64decode(value, validate=True).decode().partition(":")
    except ValueError:
        return None
    shown = {**dict.fromkeys(("username", "user", "login"), user), **dict.fromkeys(("password", "pass"), password)}
    return {Way(way.label, "query", name): text for name, text in shown.items()} if colon else None


def forge(name: str, way: Way, right: str) -> str | None:
    """The text to send in place of the `right` credential, which has its prefix; None where nothing would differ.

    The parts of Basic credentials are changed before they are encoded (RFC 7617): decoders overlook a changed end.
    """
    value = right.removeprefix(way.prefix)
    if name == "empty":
        forged = way.prefix
    elif name == "bare":
        forged = value if way.prefix else f"Key {value}"
    elif name == "schemed":
        forged = f"Basic {value}" if way.prefix and not way.is_basic else f"Bearer {value}"
    elif way.is_basic:
        forged = _forge_basic(name, way, value)
    else:
        forged = f"{way.prefix}{_CHANGES[name](value)}"
    return None if forged == right else forged


def _forge_basic(name: str, way: Way, value: str) -> str:
    try:
        user, _, password = base64.b64decode(value, validate=True).decode().partition(":")
    except ValueError:
        return f"{way.prefix}{WRONG}"
    if name == "renamed":
        user = f"{user}x"
    else:
        password = _CHANGES[name](password)
    return way.prefix + base64.b64encode(f"{user}:{password}".encode()).decode()
