"""Faults of the clone service that show in what clients and intermediaries make of a request."""

from __future__ import annotations

import gzip
import itertools
import re

from tests.services.clone_faults import fails, waiting_as
from tests.services.clone_variants import (
    API_KEY,
    Variant,
    become,
    body_of,
    is_authentic,
    is_clone,
    replacing,
    set_header,
    status_of,
)
from tests.services.twisting import Answered, Asked, Before

AUTHENTIC = {"x-api-key": API_KEY}


def trusting(condition: object) -> Before:
    """A service that takes a credential that is almost right."""

    def before(asked: Asked) -> None:
        if is_clone(asked) and not is_authentic(asked) and callable(condition) and condition(asked):
            asked.headers |= AUTHENTIC

    return before


def only_once(asked: Asked) -> Answered | None:
    both = "x-api-key" in asked.headers and "authorization" in asked.headers
    return Answered.of(401, {"detail": "two credentials"}, www_authenticate="Bearer") if both else None


def spelled_bearer(asked: Asked) -> None:
    if asked.headers.get("authorization", "").startswith("bearer "):
        del asked.headers["authorization"]


def moved(pattern: str, path: str) -> Before:
    """A service that takes another path for the one that it has."""

    def before(asked: Asked) -> None:
        if found := re.fullmatch(pattern, asked.raw_path, re.IGNORECASE):
            asked.path = path.format(*found.groups())

    return before


def at_first() -> Before:
    numbers = itertools.count()
    return fails(lambda _: next(numbers) == 0)


def ids_of_four(asked: Asked, answered: Answered) -> None:
    if is_clone(asked) and answered.status == 200 and (vm_id := answered.json()["vm_id"]):
        answered.set_json({**answered.json(), "vm_id": f"vmid-clone-{int(vm_id.rpartition('-')[2]) % 4}"})


def packed(asked: Asked, answered: Answered) -> None:
    answered.body = gzip.compress(answered.body)
    answered.headers["content-encoding"] = "gzip"


def partial(asked: Asked, answered: Answered) -> None:
    if asked.headers.get("range") and answered.status == 200:
        answered.status = 206


def raw_texts(answered: Answered) -> None:
    answered.body = answered.body.replace(b"\\n", b"\n")


def elsewhere(asked: Asked, answered: Answered) -> None:
    if answered.status == 307:
        answered.headers["location"] = f"http://10.0.0.7:8080{asked.path.rstrip('/')}"


def spaces(asked: Asked) -> None:
    if is_clone(asked):
        asked.body = asked.body[:4096]


def line_feeds(asked: Asked) -> None:
    if is_clone(asked) and b"\n" in asked.body.strip():
        asked.body = asked.body.strip().replace(b"\n", b" ")


TRAVELLED: dict[str, Variant] = {
    "A last character of the key not looked at": Variant(
        "", before=trusting(lambda asked: asked.headers.get("x-api-key", "")[:-1] == API_KEY[:-1])
    ),
    "A both credentials refused": Variant("", before=only_once),
    "A scheme compared with case": Variant("", before=spelled_bearer),
    "A challenge of Basic": Variant("", after=status_of(401, set_header("www-authenticate", 'Basic realm="x"'))),
    "A 500 on a credential beyond ASCII": Variant(
        "",
        before=lambda a: None if a.headers.get("x-api-key", "").isascii() else Answered.of(500, {}),
    ),
    "D a name of a format behind the path": Variant(
        "", before=moved(r"/v1/vms/([^/]*)/clone\.json", "/v1/vms/{}/clone")
    ),
    "D an empty id": Variant("", before=moved(r"/v1/vms//clone", "/v1/vms/vmid-abc-15/clone")),
    "D an encoded query": Variant("", before=moved(r"/v1/vms/([^/]*)/clone%3F.*", "/v1/vms/{}/clone")),
    "D a redirect to another host": Variant("", after=elsewhere),
    "D 500 on an id of the same form": Variant(
        "", before=fails(lambda a: re.search(r"vmid-[a-z]+-\d{6,}/", a.path) is not None and "clone-" not in a.path)
    ),
    "H 206 to a Range": Variant("", after=partial),
    "H 500 to a method that nobody knows": Variant(
        "", before=lambda a: Answered.of(500, {}) if a.method == "BREW" else None
    ),
    "H Allow in lower case": Variant(
        "", after=lambda a, b: set_header("allow", "post")(b) if b.status == 405 else None
    ),
    "J line feeds as they are in errors": Variant("", after=status_of(422, raw_texts)),
    "N line feeds as they are in texts": Variant("", before=line_feeds),
    "T yes means false": Variant("", before=waiting_as("false", lambda a: "wait=yes" in a.query)),
    "T False means true": Variant("", before=waiting_as("true", lambda a: "wait=False" in a.query)),
    "U ids again after four": Variant("", after=ids_of_four),
    "W gzip for who takes none": Variant("", after=lambda a, b: packed(a, b) if b.status == 200 else None),
    "W the first 4096 bytes of a request": Variant("", before=spaces),
    "X the first request": Variant("", before=at_first()),
    "X numbers of more than 64 bits": Variant("", before=fails(lambda a: b"12345678901234567890" in a.body)),
    "V a state of another call": Variant("", after=body_of(200, replacing("session_id", "s-1"))),
    "S 500 for 307": Variant("", after=lambda _, b: become(500, {})(b) if b.status == 307 else None),
}
