"""Applications of every shape that FastAPI lets one write: models of parameters, forms, files, credentials, classes."""

import dataclasses
import datetime as dt
import decimal
import enum
import inspect
import uuid
from collections.abc import Callable
from typing import Annotated, Any, Generic, Literal, TypeVar

import fastapi
import pydantic
from fastapi import APIRouter, Body, Cookie, Depends, FastAPI, File, Form, Header, Path, Query, Security, UploadFile
from fastapi.responses import RedirectResponse
from fastapi.security import (
    APIKeyHeader,
    HTTPAuthorizationCredentials,
    HTTPBasic,
    HTTPBearer,
    OAuth2,
    OAuth2AuthorizationCodeBearer,
    OAuth2PasswordBearer,
    OAuth2PasswordRequestForm,
    OAuth2PasswordRequestFormStrict,
    OpenIdConnect,
    SecurityScopes,
)
from fastapi.security.http import HTTPBase
from pydantic import BaseModel, ConfigDict, Field, RootModel, computed_field
from typing_extensions import TypedDict

Item = TypeVar("Item")
Key = TypeVar("Key")


class Common(BaseModel):
    x_tag: list[str] = []
    x_token: str = Field(min_length=2)
    save_data: bool
    if_modified_since: dt.datetime | None = None
    traceparent: str | None = Field(None, max_length=5)


def header_models() -> FastAPI:
    app = FastAPI()

    @app.get("/model")
    def model(headers: Annotated[Common, Header()]) -> None: ...

    @app.post("/beside/{number}")
    def beside(number: int, headers: Annotated[Common, Header()], q: int, track: Annotated[str, Cookie()]) -> None: ...

    return app


class Filters(BaseModel):
    model_config = ConfigDict(extra="forbid")
    limit: int = Field(100, gt=0, le=100)
    order_by: Literal["created_at", "updated_at"] = "created_at"
    since: dt.date
    tags: list[str] = []


class Cookies(BaseModel):
    session_id: str
    ads: int | None = None


class Open(BaseModel):
    model_config = ConfigDict(extra="allow")
    first_page: int


def declared_models() -> FastAPI:
    """Models of parameters that the document says to be such, in an extension."""
    app = FastAPI()

    @app.get("/forbid", openapi_extra={"x-mock-parameters": {"query": "forbid"}})
    def forbid(filters: Annotated[Filters, Query()]) -> None: ...

    @app.get("/open", openapi_extra={"x-mock-parameters": {"query": "allow", "cookie": "ignore"}})
    def open_(filters: Annotated[Open, Query()], cookies: Annotated[Cookies, Cookie()]) -> None: ...

    return app


class Upload(BaseModel):
    title: str
    document: UploadFile
    pages: list[int] = []


class ClosedUpload(BaseModel):
    model_config = ConfigDict(extra="forbid")
    scan: UploadFile | None = None
    note: str = Field("", max_length=3)


def forms_with_files() -> FastAPI:
    app = FastAPI()

    @app.post("/model")
    def model(form: Annotated[Upload, Form(media_type="multipart/form-data")]) -> None: ...

    @app.post("/closed")
    def closed(form: Annotated[ClosedUpload, Form(media_type="multipart/form-data")]) -> None: ...

    @app.post("/optional")
    def optional(
        files: list[UploadFile] | None = None,
        cover: Annotated[UploadFile | None, File()] = None,
        tags: Annotated[list[str] | None, Form()] = None,
        level: Annotated[Literal["low", "high"] | None, Form()] = None,
    ) -> None: ...

    @app.post("/bounded")
    def bounded(
        files: Annotated[list[UploadFile], File(max_length=2)],
        ids: Annotated[set[uuid.UUID], Form()],
        price: Annotated[decimal.Decimal, Form(gt=0)] = decimal.Decimal(1),
    ) -> None: ...

    @app.put("/depends")
    def depends(form: Annotated[OAuth2PasswordRequestFormStrict, Depends()]) -> None: ...

    @app.patch("/depends")
    def optional_grant(form: Annotated[OAuth2PasswordRequestForm, Depends()], note: str = "") -> None: ...

    return app


class Circle(BaseModel):
    kind: Literal["circle"]
    radius: float = Field(gt=0)


class Square(BaseModel):
    kind: Literal["square"]
    side: int
    names: list[str] = []


def form_unions() -> FastAPI:
    app = FastAPI()

    @app.post("/either")
    def either(form: Annotated[Circle | Square, Form()]) -> None: ...

    return app


def bare() -> FastAPI:
    """No parameter at all, and so no error component in the document."""
    app = FastAPI()

    @app.get("/")
    def root() -> None: ...

    @app.get("/health", dependencies=[Depends(HTTPBearer())])
    def health() -> None: ...

    @app.get("/who")
    def who(key: Annotated[str, Security(APIKeyHeader(name="x-key"))]) -> None: ...

    return app


def scopes() -> FastAPI:
    app = FastAPI()
    oauth2 = OAuth2PasswordBearer(tokenUrl="token", scopes={"me": "Own data", "items": "Items"})
    code = OAuth2AuthorizationCodeBearer(authorizationUrl="auth", tokenUrl="code")

    def current(security_scopes: SecurityScopes, token: Annotated[str, Depends(oauth2)]) -> str:
        return token

    @app.get("/me")
    def me(user: Annotated[str, Security(current, scopes=["me"])], size: int = 3) -> None: ...

    @app.post("/items")
    def items(user: Annotated[str, Security(current, scopes=["me", "items"])], names: list[str]) -> None: ...

    @app.get("/code")
    def by_code(token: Annotated[str, Depends(code)], q: str) -> None: ...

    return app


def other_schemes() -> FastAPI:
    app = FastAPI()

    @app.get("/plain")
    def plain(token: Annotated[str, Depends(OAuth2(flows={"password": {"tokenUrl": "t", "scopes": {}}}))]) -> None: ...

    @app.get("/connect")
    def connect(token: Annotated[str, Depends(OpenIdConnect(openIdConnectUrl="/openid"))], n: int) -> None: ...

    @app.get("/base")
    def base(credentials: Annotated[HTTPAuthorizationCredentials, Depends(HTTPBase(scheme="Token"))]) -> None: ...

    @app.get("/both", dependencies=[Depends(HTTPBasic())])
    def both(n: int, q: Annotated[str, Query(min_length=2)]) -> None: ...

    return app


def all_needed() -> FastAPI:
    """A router asks for one key, the operation for another; both are documented as alternatives."""
    app = FastAPI()
    router = APIRouter(prefix="/v1", dependencies=[Depends(APIKeyHeader(name="x-key"))])

    @router.get("/one/{number}")
    def one(number: Annotated[int, Path(le=9)]) -> None: ...

    app.include_router(router)
    return app


def needed_headers() -> FastAPI:
    """A router whose dependency needs a header and a cookie, and says so before the path is looked at."""
    app = FastAPI()

    def tenant(x_tenant: Annotated[int, Header(gt=0)], region: Annotated[Literal["eu", "us"], Cookie()]) -> None: ...

    router = APIRouter(prefix="/things", dependencies=[Depends(tenant)])

    @router.get("/{number}")
    def read(number: int, depth: int = 1) -> None: ...

    @router.put("/{number}")
    def replace(number: int, square: Square, x_count: Annotated[int, Header()]) -> None: ...

    @router.get("/")
    def listed(page: int, q: Annotated[str | None, Query(max_length=3)] = None) -> None: ...

    app.include_router(router)
    return app


def search(
    q: Annotated[str | None, Query(min_length=2)] = None,
    page: Annotated[int, Query(ge=1)] = 1,
    size: Annotated[int, Query(ge=1, le=100)] = 20,
    order: Literal["asc", "desc"] = "asc",
) -> None: ...


def long_queries() -> FastAPI:
    """A dependency of four parameters, which are listed behind the route's own and looked at before them."""
    app = FastAPI()

    @app.get("/books/{shelf}")
    def books(shelf: int, found: Annotated[None, Depends(search)], year: int | None = None) -> None: ...

    @app.get("/authors")
    def authors(
        found: Annotated[None, Depends(search)], born: dt.date, x_page: Annotated[int, Header()] = 1
    ) -> None: ...

    @app.get("/series")
    def series(page: int = 1, q: str = "") -> None: ...

    return app


def filters(model: type[BaseModel]) -> Callable[..., None]:
    """A dependency that takes the fields of a model from the query, as libraries of filters make them."""

    def dependency(**_: Any) -> None: ...

    parameters = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=field.default, annotation=field.annotation)
        for name, field in model.model_fields.items()
    ]
    dependency.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return dependency


class Listed(BaseModel):
    sort_by: Literal["created", "updated"] = "created"
    operator: Literal["and", "or"] = "and"
    page: int = 1
    size: int = 20


class Runs(Listed):
    number: int | None = None


class Users(Listed):
    active: bool | None = None


def filtered_queries() -> FastAPI:
    """Dependencies that begin alike, behind parameters of the routes' own; and one of fastapi-pagination."""
    app = FastAPI()

    @app.get("/runs")
    def runs(found: Annotated[None, Depends(filters(Runs))], hydrate: bool = False) -> None: ...

    @app.get("/users/{number}")
    def users(found: Annotated[None, Depends(filters(Users))], number: int, hydrate: bool = False) -> None: ...

    @app.get("/all")
    def everything(found: Annotated[None, Depends(filters(Listed))]) -> None: ...

    def pages(
        page: Annotated[int, Query(ge=1, description="Page number")] = 1,
        size: Annotated[int, Query(ge=1, le=100, description="Page size")] = 50,
    ) -> None: ...

    @app.get("/paged/{number}", dependencies=[Depends(pages)])
    def paged(number: int, q: Annotated[str, Query(min_length=2)]) -> None: ...

    return app


@dataclasses.dataclass
class Size:
    width: int
    height: int = 1


class Movie(TypedDict):
    name: str
    year: int


class Flags(enum.IntFlag):
    READ = 1
    WRITE = 2


class Envelope(BaseModel, Generic[Key, Item]):
    key: Key
    item: Item
    history: list[Item] = []


class Ids(RootModel[list[int]]):
    pass


class Named(RootModel[dict[str, Circle]]):
    pass


class Person(BaseModel):
    model_config = ConfigDict(populate_by_name=True)
    first: str = Field(alias="firstName")
    last: str = Field(validation_alias="lastName", min_length=1)
    born: dt.date | None = Field(None, serialization_alias="bornOn")
    tags: Annotated[list[Annotated[str, Field(max_length=3)]], Field(max_length=2)] = Field(default_factory=list)
    secret: pydantic.SecretStr | None = None
    blob: bytes = b""
    config: pydantic.Json[dict[str, int]] | None = None

    @computed_field
    def full(self) -> str:
        return f"{self.first} {self.last}"


def classes() -> FastAPI:
    app = FastAPI()

    @app.post("/people", response_model=Person)
    def people(person: Person) -> Any:
        return person

    @app.post("/envelopes")
    def envelopes(body: Envelope[int, Person | Circle]) -> None: ...

    @app.post("/roots")
    def roots(ids: Ids, named: Named, when: Annotated[dt.datetime, Body()]) -> None: ...

    @app.post("/root")
    def root(ids: Ids) -> None: ...

    @app.put("/shape")
    def shape(shape: Annotated[Circle | Square, Body(discriminator="kind")]) -> None: ...

    @app.put("/shapes")
    def shapes(shapes: list[Annotated[Circle | Square, Field(discriminator="kind")]]) -> None: ...

    @app.patch("/union")
    def union(shape: Circle | Square | list[int] | None = None) -> None: ...

    return app


class Nested(BaseModel):
    sizes: list[Size] = Field(min_length=1)
    movie: Movie | None = None
    flags: Flags = Flags.READ
    pair: tuple[int, Circle] | None = None
    matrix: list[list[float]] = []
    by_id: dict[uuid.UUID, list[Square]] = {}


def one_way_schemas() -> FastAPI:
    app = FastAPI(separate_input_output_schemas=False, servers=[{"url": "/api"}])
    router = APIRouter(prefix="/{tenant}", dependencies=[Depends(paging)])

    @router.post("/shapes", status_code=201)
    def shapes(tenant: str, shape: Square) -> Square:
        return shape

    @router.get("/shapes", responses={404: {"description": "none"}})
    def listed(tenant: str, kind: str | None = None) -> list[Square]:
        return []

    app.include_router(router, prefix="/v2")
    return app


def paging(offset: Annotated[int, Query(ge=0)] = 0, limit: Annotated[int, Query(le=50)] = 10) -> None: ...


def old_document() -> FastAPI:
    app = FastAPI(redirect_slashes=True)
    app.openapi_version = "3.0.2"

    @app.get("/files/{file_path:path}")
    def files(file_path: str, depth: int | None = None) -> None: ...

    @app.get("/odd")
    def odd(
        x_under: Annotated[str, Header(convert_underscores=False)],
        ids: Annotated[list[int], Query(default_factory=list)],
        level: Annotated[Flags | None, Query()] = None,
        old: Annotated[str, Query(alias="item-query", deprecated=True, max_length=3)] = "x",
        hidden: Annotated[str | None, Query(include_in_schema=True)] = None,
    ) -> None: ...

    @app.post("/embedded")
    def embedded(size: Annotated[int, Body(embed=True, gt=0)]) -> None: ...

    @app.post("/many")
    def many(one: Circle, other: Square | None = None, note: Annotated[str | None, Body()] = None) -> None: ...

    return app


class Contact(BaseModel):
    name: str = Field(min_length=2)
    ages: list[int] = []


class Stored(BaseModel):
    model_config = ConfigDict(val_json_bytes="base64")
    data: bytes
    more: list[bytes] = []


def several_form_models() -> FastAPI:
    app = FastAPI()

    @app.post("/two")
    def two(contact: Annotated[Contact, Form()], token: Annotated[str, Form()]) -> None: ...

    @app.post("/file")
    def file(contact: Annotated[Contact, Form()], avatar: UploadFile) -> None: ...

    @app.post("/maybe")
    def maybe(token: Annotated[int, Form()], contact: Annotated[Contact | None, Form()] = None) -> None: ...

    @app.put("/maybe")
    def only_maybe(contact: Annotated[Contact | None, Form()] = None) -> None: ...

    @app.post("/shape")
    def shape(shape: Annotated[Circle | Square, Form(discriminator="kind")], n: Annotated[int, Form()] = 1) -> None: ...

    @app.put("/shape")
    def any_shape(shape: Annotated[Circle | Square | None, Form()] = None) -> None: ...

    return app


def base64_bytes() -> FastAPI:
    app = FastAPI()

    @app.post("/store")
    def store(stored: Stored, plain: Annotated[bytes, Body()]) -> None: ...

    return app


NEWER = tuple(int(part) for part in fastapi.__version__.split(".")[:2]) >= (0, 161)


def only_documented() -> FastAPI:
    """Bodies that FastAPI knows nothing of, beside one that it validates."""
    app = FastAPI()
    schema = {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}}
    body = {"requestBody": {"content": {"application/json": {"schema": schema}}, "required": True}}

    @app.post("/raw", openapi_extra=body)
    def raw() -> None: ...

    @app.put("/raw/{number}", openapi_extra=body)
    def replace(number: int, q: str | None = None) -> None: ...

    @app.post("/square")
    def square(square: Square) -> None: ...

    return app


def statuses() -> FastAPI:
    """The route's own status is the first that is documented, whatever else is."""
    app = FastAPI()

    @app.get("/accepted", status_code=202, responses={200: {"description": "done"}, 404: {"description": "none"}})
    def accepted() -> None: ...

    @app.get("/usual", responses={201: {"description": "made"}, "default": {"description": "else"}})
    def usual(n: int) -> None: ...

    @app.post("/see", status_code=303, responses={200: {"description": "done"}})
    def see() -> None: ...

    @app.get("/elsewhere", response_class=RedirectResponse, responses={200: {"description": "stay"}})
    def elsewhere() -> str:
        return "/usual"

    return app


APPS: dict[str, Callable[[], FastAPI]] = {
    "header_models": header_models,
    "declared_models": declared_models,
    "forms_with_files": forms_with_files,
    "form_unions": form_unions,
    "bare": bare,
    "scopes": scopes,
    "other_schemes": other_schemes,
    "all_needed": all_needed,
    "needed_headers": needed_headers,
    "long_queries": long_queries,
    "filtered_queries": filtered_queries,
    "classes": classes,
    "one_way_schemas": one_way_schemas,
    "old_document": old_document,
    "statuses": statuses,
    "only_documented": only_documented,
    **({"several_form_models": several_form_models, "base64_bytes": base64_bytes} if NEWER else {}),
}
