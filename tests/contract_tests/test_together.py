"""What is made at the same time is told apart, in process and over a socket."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI, HTTPException
from pydantic import BaseModel

from contract_tests.target import ASGIAdapter
from tests.contract_tests.auditing import KEY_VARIABLE, audit
from tests.services.clone_variants import API_KEY
from tests.services.fastapi_clone import VMCloneRequest, VMCloneResponse
from tests.services.judging import Judge, make_clone_judge
from tests.services.serving import serve_asgi


class Note(BaseModel):
    text: str


class Noted(Note):
    id: int


def notes(*, races: bool) -> FastAPI:
    """A service that numbers its notes before or after it waits for its store."""
    app = FastAPI(title="Notes", version="1")
    kept: dict[int, str] = {}
    numbers = iter(range(1, 10**6))

    @app.post("/notes", status_code=201)
    async def add(note: Note) -> Noted:
        number = len(kept) + 1 if races else next(numbers)
        await asyncio.sleep(0.02)
        kept[number] = note.text
        return Noted(id=number, text=note.text)

    @app.get("/notes/{note_id}", responses={404: {"description": "no such note"}})
    async def read(note_id: int) -> Noted:
        if note_id not in kept:
            raise HTTPException(404, "no such note")
        return Noted(id=note_id, text=kept[note_id])

    return app


def clones(*, races: bool) -> FastAPI:
    app = FastAPI(title="Clones", version="1")
    made: list[int] = []

    @app.post("/v1/vms/{vm_id}/clone")
    async def clone(vm_id: str, body: VMCloneRequest, wait: bool = True) -> VMCloneResponse:
        number = len(made)
        if not races:
            made.append(number)
        await asyncio.sleep(0.02)
        if races:
            made.append(number)
        return VMCloneResponse(
            vm_id=f"vmid-a-{number}" if wait else None, session_id=f"s{len(made)}-{number}-{id(body)}", status="active"
        )

    return app


@pytest.mark.parametrize("races", [True, False])
def test_ids_of_things_that_are_made_at_the_same_time(races: bool, tmp_path: Path) -> None:
    spec = tmp_path / "openapi.json"
    spec.write_text(json.dumps(notes(races=races).openapi()))
    with serve_asgi(notes(races=races)) as url:
        run = audit(url, "--spec", str(spec), "-k", "same time")

    assert run.code == int(races), run.text
    assert ("to two things that are made at the same time" in run.text) is races


@pytest.mark.parametrize("races", [True, False])
def test_clones_that_are_made_at_the_same_time(races: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY_VARIABLE, API_KEY)
    with serve_asgi(clones(races=races)) as url:
        run = audit(url, "--api-key-env", KEY_VARIABLE, "-k", "same time")

    assert run.code == int(races), run.text
    assert ("calls at the same time make a clone each" in run.text) is races


@pytest.fixture(scope="module")
def judge() -> Judge:
    return make_clone_judge()


def test_clones_that_are_made_at_the_same_time_in_process(judge: Judge) -> None:
    service: Any = ASGIAdapter(clones(races=True))

    bugs = judge.judge(service, until=lambda _: False).bugs

    assert any("same time" in bug for bug in bugs)
