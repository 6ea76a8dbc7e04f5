"""Names that the client chooses, on services that read paths as their frameworks do, and on one that has slashes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI, HTTPException, Response
from pydantic import BaseModel

from contract_tests.audit import Audit
from contract_tests.sequences import iter_sequences
from contract_tests.settings import parse_settings
from contract_tests.target import IN_PROCESS_URL, ASGIAdapter

TITLES = {"a name is found as it is spelled", "what is made is as asked"}


class RoomIn(BaseModel):
    seats: int = 1


class Room(RoomIn):
    name: str


def rooms(
    *,
    description: str = "",
    path: str = "/rooms/{name}",
    change: Callable[[str], str] = str,
    kept: dict[str, Room] | None = None,
) -> FastAPI:
    """Rooms under names, of which `change` makes the one that is kept; `kept` is what is there from the start."""
    app, held = FastAPI(), {} if kept is None else kept

    @app.put(path, responses={201: {"model": Room}, 200: {"model": Room}}, description=description)
    def put(name: str, room: RoomIn, response: Response) -> Room:
        response.status_code = 200 if change(name) in held else 201
        held[change(name)] = Room(name=change(name), seats=room.seats)
        return held[change(name)]

    @app.get(path, responses={404: {}}, description=description)
    def get(name: str) -> Room:
        if change(name) not in held:
            raise HTTPException(404)
        return held[change(name)]

    return app


def find_sentences(app: FastAPI, folder: Path, edit: Callable[[Any], None] = lambda _: None) -> list[str]:
    """What is said of names, by a document that is edited first."""
    document = app.openapi()
    document["paths"] = {p.replace(":path", ""): item for p, item in document["paths"].items()}
    edit(document["paths"]["/rooms/{name}"])
    spec = folder / "openapi.json"
    spec.write_text(json.dumps(document))
    audit = Audit(parse_settings(spec=str(spec), base_url=IN_PROCESS_URL, environment={}))
    adapter = ASGIAdapter(app)
    audit.restart(adapter)
    sequences = [each for each in iter_sequences(audit.contract) if each.rule.title in TITLES]
    found = [finding.sentence for each in sequences for finding in each.run(audit.session, each.resource)]
    adapter.close()
    return found


def describe(text: str) -> Callable[[Any], None]:
    def edit(item: Any) -> None:
        for operation in item.values():
            operation["parameters"][0]["description"] = text

    return edit


@pytest.mark.parametrize(
    ("description", "change"),
    [
        ("", str),
        ("Names are compared regardless of their case.", str.lower),
        ("Names are trimmed.", str.strip),
    ],
)
def test_a_service_that_does_as_it_says_is_accused_of_nothing(
    description: str, change: Callable[[str], str], tmp_path: Path
) -> None:
    """Its framework decodes a path before it looks at its segments: no name has a slash."""
    assert find_sentences(rooms(description=description, change=change), tmp_path) == []


def test_what_an_earlier_run_has_left_is_not_made(tmp_path: Path) -> None:
    kept: dict[str, Room] = {}

    assert find_sentences(rooms(kept=kept), tmp_path) == []
    assert find_sentences(rooms(kept=kept), tmp_path) == []


@pytest.mark.parametrize(
    ("text", "is_told"),
    [
        ("A slash is written as %2F.", True),
        ("A name must not contain a slash.", False),
        ("Anything.", False),
    ],
)
def test_a_slash_is_refused_where_the_document_has_it(text: str, is_told: bool, tmp_path: Path) -> None:
    told = 'PUT /rooms/{name} answers 404 to name="q/n", although it may have a slash'

    assert find_sentences(rooms(), tmp_path, describe(text)) == ([told] if is_told else [])
    assert find_sentences(rooms(path="/rooms/{name:path}"), tmp_path, describe(text)) == []


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (str.lower, 'GET /rooms/{name} takes name="qa1" for "Qa1", which PUT /rooms/{name} made just before'),
        (lambda name: name.partition(";")[0], 'GET /rooms/{name} says name="q" for "q;i=1"'),
        (lambda name: name.replace("_", " "), 'GET /rooms/{name} says name="q m" for "q_m"'),
        (lambda name: name.encode("ascii", "ignore").decode(), 'GET /rooms/{name} says name="q" for "që"'),
    ],
)
def test_a_name_is_the_one_that_was_sent(change: Callable[[str], str], told: str, tmp_path: Path) -> None:
    assert told in find_sentences(rooms(change=change), tmp_path)
