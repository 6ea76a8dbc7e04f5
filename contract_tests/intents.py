"""What a request was meant to be: it decides what must follow."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

AT_LIMIT = "limit"
"""The keyword of a valid request that is as large as it may be."""

BEFORE_ALL = "security"
"""The keyword of a request whose credentials are said to be looked at before anything else."""

STATED = "stated"
"""The keyword of a request that standards leave to the reader, and that the document says is refused."""


class Kind(Enum):
    """The kinds of requests that the suite knows an answer to."""

    VALID = "valid"
    INVALID = "invalid"
    LAX = "wrong by the contract, yet taken by common parsers"
    UNCERTAIN = "made to be invalid, but perhaps valid as it is sent"
    MALFORMED = "not parsable"
    MISENCODED = "not UTF-8, yet read by common parsers"
    CONSTANT = "NaN for a text: no JSON, yet Python reads it, and FastAPI then fails to show what was wrong"
    MEDIA_TYPE = "valid, with another media type"
    ANONYMOUS = "valid, without credentials"
    FORGED = "valid, with credentials that are wrong"
    SCHEME = "valid, with the scheme of its credentials in lower case"
    TRIED = "valid, with the only credential that is known, in a place that nobody named it for"
    ANONYMOUS_HEAD = "HEAD in place of GET, without credentials"
    UNSCOPED = "valid, with a token that lacks a scope"
    METHOD = "a method that is not documented"
    ELSEWHERE = "valid, for an id that nothing has, close to one that exists"
    OVERSIZED = "valid, and larger than a service can want that documents 413"
    HEAD = "HEAD in place of GET"
    VERB = "another method than is documented, which any answer but a failure will do for"
    NESTED = "nested more deeply than common parsers follow"
    ANY = "unusual: any answer but a failure will do"


@dataclass(frozen=True, slots=True)
class Intent:
    """One request's purpose.

    `said` names it within a sentence ("accepts wait=maybe"). `location` (`path`, `query`, `header`, `cookie`, `body`)
    and `field` say where an invalid request is broken, as a path of names; `pointer` is where the contract says so, and
    `keyword` what it says there, where that is all that is wrong. `further` are more broken places, independent of the
    first. A generated request may be broken in places that nobody knows, so that an error need not name this one.
    `accept` is the media type that it asks for, `indices` are those of the items that `field` leaves out. `union` is
    what holds the field where that is one of several alternatives: an error may name it, or anything further inside.
    """

    kind: Kind
    said: str
    location: str = ""
    field: tuple[str, ...] = ()
    pointer: str = ""
    is_generated: bool = False
    keyword: str = ""
    further: tuple[tuple[str, tuple[str, ...]], ...] = ()
    accept: str = ""
    indices: tuple[int, ...] = ()
    union: tuple[str, ...] | None = None
