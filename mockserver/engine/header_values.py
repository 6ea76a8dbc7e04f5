"""What well-known response headers say (RFC 9110 and common use), as a function of an identity; no clock, no chance."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from email.utils import formatdate
from typing import Final, NamedTuple, TypeAlias
from uuid import UUID

YEAR: Final = 365 * 24 * 3600
EPOCH: Final = 1704067200
"""2024-01-01, from which moments are counted."""
LIMIT: Final = 1000


class Target(NamedTuple):
    """Where an answer belongs: its origin (`http://host`), the path asked for and that of what was made or changed."""

    origin: str = "http://localhost"
    path: str = "/"
    location: str = "/"


Maker: TypeAlias = Callable[[int, Target], str | int]
"""A number of 64 bits, another for each answer, and the target, to the value."""


def _moment(number: int, _target: Target) -> str:
    return formatdate(EPOCH + number % YEAR, usegmt=True)


def _uuid(number: int, _target: Target) -> str:
    return str(UUID(int=number * 0x9E3779B97F4A7C15F39CC0605CEDC835 % (1 << 128), version=4))


def _next_page(_number: int, target: Target) -> str:
    return f'<{target.path}?page=2>; rel="next"'


def _location(_number: int, target: Target) -> str:
    return target.location


def _absolute_location(_number: int, target: Target) -> str:
    return target.origin + target.location


def _remaining(number: int, _target: Target) -> int:
    return number % LIMIT


def _seconds(number: int, _target: Target) -> int:
    return 1 + number % 60


_KNOWN: Final[Mapping[str, tuple[Maker, ...]]] = {
    "accept-ranges": (lambda _number, _target: "bytes",),
    "age": (_seconds,),
    "cache-control": (lambda _number, _target: "no-cache",),
    "content-disposition": (lambda _number, _target: 'attachment; filename="file"',),
    "content-language": (lambda _number, _target: "en",),
    "content-location": (_location, _absolute_location),
    "etag": (lambda number, _target: f'"{number:016x}"',),
    "expires": (_moment,),
    "last-modified": (_moment,),
    "link": (_next_page,),
    "location": (_location, _absolute_location),
    "retry-after": (_seconds, _moment),
    "set-cookie": (lambda number, _target: f"session={number:016x}; Path=/; HttpOnly; SameSite=Lax",),
    "sunset": (_moment,),
    "vary": (lambda _number, _target: "Accept",),
    "www-authenticate": (lambda _number, _target: "Bearer",),
}
_ENDINGS: Final[Mapping[str, tuple[Maker, ...]]] = {
    "ratelimit-limit": (lambda _number, _target: LIMIT,),
    "ratelimit-remaining": (_remaining,),
    "ratelimit-reset": (_seconds,),
    "rate-limit-limit": (lambda _number, _target: LIMIT,),
    "rate-limit-remaining": (_remaining,),
    "rate-limit-reset": (_seconds,),
    "request-id": (_uuid,),
    "requestid": (_uuid,),
    "correlation-id": (_uuid,),
    "trace-id": (_uuid,),
}


def find_maker(name: str, is_valid: Callable[[str | int], bool]) -> Maker | None:
    """What makes the values of a header, given in lower case; None where nothing is known that its schema takes."""
    makers = _KNOWN.get(name) or next((makers for end, makers in _ENDINGS.items() if name.endswith(end)), ())
    for maker in makers:
        for made in (maker, _in_words(maker)):
            if is_valid(made(1 << 63, Target())) and is_valid(made(12345, Target())):
                return made
    return None


def _in_words(maker: Maker) -> Maker:
    """The same as text, which is what many documents say of numbers in headers."""
    return lambda number, target: str(maker(number, target))
