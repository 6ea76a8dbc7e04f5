"""What FastAPI does by itself is no bug of a service, whatever its document says; what a service adds is one."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import pytest
from fastapi import Body, Depends, FastAPI, File, Form, Header, HTTPException, Query, UploadFile
from fastapi.security import OAuth2PasswordBearer, OAuth2PasswordRequestForm
from pydantic import BaseModel, EmailStr

from contract_tests.settings import parse_settings
from contract_tests.target import ASGIAdapter
from tests.services.judging import Judge

KEY = "a-token-that-is-right"
SCHEME = OAuth2PasswordBearer(tokenUrl="token")


class Tagged(BaseModel):
    tags: set[str] = set()


def sets(app: FastAPI) -> None:
    @app.post("/things")
    def make(thing: Tagged) -> Tagged:
        return thing


def durations(app: FastAPI) -> None:
    @app.post("/waits")
    def wait(seconds: Annotated[timedelta, Body(embed=True)]) -> None: ...


def emails(app: FastAPI) -> None:
    @app.post("/mails")
    def mail(to: Annotated[EmailStr, Body(embed=True)]) -> None: ...


def numbered_maps(app: FastAPI) -> None:
    @app.post("/weights")
    def weigh(weights: dict[int, int]) -> None: ...


def optional_files(app: FastAPI) -> None:
    @app.post("/files")
    def upload(note: Annotated[str, Form()], file: Annotated[UploadFile | None, File()] = None) -> None: ...


def lists(app: FastAPI) -> None:
    @app.get("/things")
    def find(
        q: Annotated[list[str] | None, Query()] = None, x_tags: Annotated[list[str] | None, Header()] = None
    ) -> None: ...


def hosts(app: FastAPI) -> None:
    @app.get("/here")
    def here(host: Annotated[str, Header()], user_agent: Annotated[str, Header()]) -> None: ...


def logins(app: FastAPI) -> None:
    @app.post("/token")
    def login(form: Annotated[OAuth2PasswordRequestForm, Depends()]) -> None:
        raise HTTPException(400, f"nobody is called {form.username}")

    @app.get("/me")
    def me(token: Annotated[str, Depends(SCHEME)]) -> None:
        if token != KEY:
            raise HTTPException(401, "no", {"WWW-Authenticate": "Bearer"})


def refusals(app: FastAPI) -> None:
    @app.get("/things")
    def find(size: int, name: str) -> None:
        raise HTTPException(400, "no")


def bugs_of(define: Callable[[FastAPI], None], folder: Path) -> list[str]:
    app = FastAPI()
    define(app)
    (folder / "openapi.json").write_text(json.dumps(app.openapi()))
    settings = parse_settings(
        spec=str(folder / "openapi.json"),
        base_url="http://127.0.0.1:4010",
        bearer_env="KEY",
        environment={"KEY": KEY},
    )
    judge = Judge(settings, examples=30)
    judge.judge(ASGIAdapter(app), until=lambda _: False)
    return [bug.sentence for bug in judge.audit.ledger.bugs()]


@pytest.mark.parametrize(
    "define", [sets, durations, emails, numbered_maps, optional_files, lists, hosts, logins], ids=lambda f: f.__name__
)
def test_what_fastapi_does_is_no_bug(define: Callable[[FastAPI], None], tmp_path: Path) -> None:
    assert bugs_of(define, tmp_path) == []


def test_what_always_refuses_has_one_bug_and_not_one_for_each_request(tmp_path: Path) -> None:
    bugs = [bug for bug in bugs_of(refusals, tmp_path) if "although the contract allows it" in bug]

    assert bugs == ["GET /things refuses a valid request with 400, although the contract allows it"]
