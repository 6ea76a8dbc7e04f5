"""Applications with what no document shows: settings, sub-applications, handlers of errors, several ways to be let in.

What can be told is told by the extensions that the mock reads; for the rest the mock makes a choice.
"""

import datetime as dt
import inspect
from collections.abc import Callable
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body, Cookie, Depends, FastAPI, Form, Header, HTTPException, Query, Security
from fastapi.security import APIKeyHeader, APIKeyQuery, HTTPBasic, HTTPBearer, OAuth2PasswordBearer
from pydantic import BaseModel, ConfigDict, Field

from mockserver.validation.fastapi_habits import Habits
from tests.parity.answers import VERSION
from tests.parity.apps_shapes import Square


def documented(app: FastAPI, **extensions: Any) -> FastAPI:
    """The application with extensions at the top of its document, as an overlay would put them there."""
    document = {**app.openapi(), **extensions}
    app.openapi = lambda: document  # type: ignore[method-assign]
    return app


def strict_slashes() -> FastAPI:
    """`/items/` is not `/items`, and nobody is sent from one to the other."""
    app = FastAPI(redirect_slashes=False)

    @app.get("/items/{number}")
    def item(number: int) -> None: ...

    @app.post("/items/")
    def create(square: Square) -> None: ...

    return documented(app, **{"x-mock-fastapi": {"redirect_slashes": False}})


def any_content_type() -> FastAPI:
    """A body without a content type is read as JSON, as older versions do."""
    named = {"strict_content_type": False} if "strict_content_type" in inspect.signature(FastAPI).parameters else {}
    app = FastAPI(**named)  # type: ignore[arg-type]

    @app.post("/one")
    def one(square: Square) -> None: ...

    @app.post("/two")
    def two(square: Square, note: Annotated[str, Body()]) -> None: ...

    return documented(app, **{"x-mock-fastapi": {"strict_content_type": False}})


def sub_applications() -> FastAPI:
    """What is mounted has a document of its own; of the main one its paths are unknown."""
    app, admin = FastAPI(), FastAPI()

    @admin.get("/users/{number}")
    def user(number: int) -> None: ...

    @app.get("/items/{number}")
    def item(number: int, q: str) -> None: ...

    app.mount("/admin", admin)
    return app


def other_handlers() -> FastAPI:
    """Handlers of other errors than FastAPI's own change nothing that FastAPI answers."""
    app = FastAPI()

    class OutOfStock(Exception):
        pass

    @app.exception_handler(OutOfStock)
    def handle(request: Any, error: Exception) -> None: ...

    @app.get("/items/{number}", responses={404: {"description": "no such item"}, 409: {"description": "sold"}})
    def item(number: int) -> None: ...

    return app


def two_schemes() -> FastAPI:
    """Both are needed when a route has two dependencies; the document lists them as alternatives all the same."""
    app = FastAPI()
    key = APIKeyHeader(name="x-key", auto_error=False)
    token = OAuth2PasswordBearer(tokenUrl="token", auto_error=False)

    def either(key: Annotated[str | None, Security(key)], token: Annotated[str | None, Security(token)]) -> None:
        if not (key or token):
            raise HTTPException(401 if Habits(VERSION).answers_401 else 403, "Not authenticated")

    @app.get("/either/{number}", dependencies=[Depends(either)])
    def read(number: int) -> None: ...

    return app


def optional_credentials() -> FastAPI:
    """Credentials that may be left out: an overlay says so with an empty alternative."""
    app = FastAPI()

    @app.get("/maybe")
    def maybe(q: int, token: Annotated[Any, Depends(HTTPBearer(auto_error=False))]) -> None: ...

    @app.get("/needed")
    def needed(q: int, token: Annotated[Any, Depends(HTTPBearer())]) -> None: ...

    document = app.openapi()
    document["paths"]["/maybe"]["get"]["security"] = [{"HTTPBearer": []}, {}]
    return documented(app)


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Filter(Strict):
    since: dt.date
    limit: int = Field(10, gt=0, le=100)
    tags: list[Literal["a", "b"]] = []


class Tracking(Strict):
    session: str = Field(min_length=2)
    visits: int | None = None


class Client(Strict):
    host: str
    x_tag: list[str] = []
    x_count: int = 1


def closed_models() -> FastAPI:
    """Models of parameters that take nothing else."""
    app = FastAPI()

    @app.get("/query/{number}", openapi_extra={"x-mock-parameters": {"query": "forbid"}})
    def query(number: int, found: Annotated[Filter, Query()]) -> None: ...

    @app.get("/cookie", openapi_extra={"x-mock-parameters": {"cookie": "forbid"}})
    def cookie(found: Annotated[Tracking, Cookie()], q: int = 1) -> None: ...

    @app.post("/header", openapi_extra={"x-mock-parameters": {"header": "forbid"}})
    def header(found: Annotated[Client, Header()], square: Square) -> None: ...

    @app.get("/all", openapi_extra={"x-mock-parameters": {"query": "forbid", "header": "forbid", "cookie": "forbid"}})
    def everything(
        query: Annotated[Filter, Query()], header: Annotated[Client, Header()], cookie: Annotated[Tracking, Cookie()]
    ) -> None: ...

    return app


def pages(skip: Annotated[int, Query(ge=0)] = 0, limit: Annotated[int, Query(le=100)] = 20) -> None: ...


def declared_dependencies() -> FastAPI:
    """Dependencies that too little tells; the document names their parameters."""
    app = FastAPI()
    router = APIRouter(dependencies=[Depends(pages)])

    @router.get("/items/{number}", openapi_extra={"x-mock-parameters": {"dependencies": ["skip", "limit"]}})
    def items(number: int, q: Annotated[str | None, Query(max_length=3)] = None) -> None: ...

    @app.get("/own/{number}", openapi_extra={"x-mock-parameters": {"dependencies": []}})
    def own(number: int, skip: int, limit: int, q: int, size: int) -> None: ...

    app.include_router(router)
    return app


class Address(BaseModel):
    street: str = Field(min_length=1)
    zip: int


def form_and_more() -> FastAPI:
    """Forms beside everything else that a request has."""
    app = FastAPI()

    @app.post("/login/{realm}")
    def login(
        realm: Literal["eu", "us"],
        name: Annotated[str, Form(min_length=2)],
        codes: Annotated[list[int], Form()],
        key: Annotated[str, Security(APIKeyQuery(name="key"))],
        x_trace: Annotated[int | None, Header()] = None,
        remember: Annotated[bool, Form()] = False,
    ) -> None: ...

    @app.put("/address", dependencies=[Depends(HTTPBasic())])
    def address(address: Annotated[Address, Form()], dry: bool = False) -> None: ...

    return app


APPS: dict[str, Callable[[], FastAPI]] = {
    "strict_slashes": strict_slashes,
    "any_content_type": any_content_type,
    "sub_applications": sub_applications,
    "other_handlers": other_handlers,
    "two_schemes": two_schemes,
    "optional_credentials": optional_credentials,
    "declared_dependencies": declared_dependencies,
    "form_and_more": form_and_more,
    "closed_models": closed_models,
}
