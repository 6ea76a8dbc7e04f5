"""Applications in the style of FastAPI's tutorial: parameters, bodies, forms, files, security, and whole services."""

import datetime as dt
import decimal
import enum
import uuid
from collections.abc import Callable
from typing import Annotated, Any, Generic, Literal, TypeVar

from fastapi import APIRouter, Body, Cookie, Depends, FastAPI, File, Form, Header, Path, Query, Security, UploadFile
from fastapi.security import (
    APIKeyCookie,
    APIKeyHeader,
    APIKeyQuery,
    HTTPBasic,
    HTTPBearer,
    HTTPDigest,
    OAuth2PasswordBearer,
    OAuth2PasswordRequestForm,
)
from pydantic import BaseModel, ConfigDict, EmailStr, Field, HttpUrl

Row = TypeVar("Row")


class Size(enum.StrEnum):
    S = "small"
    L = "large"


class Image(BaseModel):
    url: HttpUrl
    name: str


class Item(BaseModel):
    name: str = Field(examples=["Foo"], min_length=1, max_length=50)
    description: str | None = Field(default=None, max_length=300)
    price: float = Field(gt=0, description="greater than zero")
    tax: float | None = None
    tags: set[str] = set()
    images: list[Image] | None = None
    size: Size = Size.S


class User(BaseModel):
    username: str
    email: EmailStr
    full_name: str | None = None


def path_parameters() -> FastAPI:
    app = FastAPI()

    @app.get("/items/{item_id}")
    def item(item_id: Annotated[int, Path(ge=1, le=1000)], size: Annotated[float, Query(gt=0, lt=10.5)]) -> None: ...

    @app.get("/sizes/{size}/users/{user}")
    def sizes(size: Size, user: uuid.UUID, when: dt.date | None = None) -> None: ...

    @app.get("/names/{name}")
    def names(name: Annotated[str, Path(min_length=2, pattern="^[a-z]+$")]) -> None: ...

    return app


def query_parameters() -> FastAPI:
    app = FastAPI()

    @app.get("/items/")
    def items(
        skip: int = 0,
        limit: Annotated[int, Query(le=100)] = 10,
        q: Annotated[str | None, Query(min_length=3, max_length=50, pattern="^[a-z]+$")] = None,
        short: bool = False,
        size: Size | None = None,
        tag: Annotated[list[str], Query()] = ["a"],  # noqa: B006
        ids: Annotated[list[int] | None, Query(alias="id")] = None,
        order: Literal["asc", "desc"] = "asc",
    ) -> None: ...

    @app.get("/needy")
    def needy(
        needed: str, numbers: Annotated[list[int], Query(min_length=1, max_length=2)], other: int | None
    ) -> None: ...

    @app.get("/sets")
    def sets(
        tags: Annotated[set[int], Query()], old: Annotated[str | None, Query(deprecated=True, alias="o-l d")] = None
    ) -> None: ...

    return app


def headers_and_cookies() -> FastAPI:
    app = FastAPI()

    @app.get("/")
    def read(
        user_agent: Annotated[str | None, Header()] = None,
        x_token: Annotated[list[int] | None, Header()] = None,
        strange: Annotated[str, Header(alias="x_strange")] = "s",
        x_number: Annotated[int, Header(ge=3)] = 3,
        session: Annotated[int | None, Cookie()] = None,
        ads: Annotated[Literal["yes", "no"] | None, Cookie()] = None,
    ) -> None: ...

    @app.post("/needed/{number}")
    def needed(
        number: int,
        body: Item,
        x_key: Annotated[str, Header(min_length=2)],
        track: Annotated[bool, Cookie()],
        q: Annotated[int, Query()],
    ) -> None: ...

    return app


def dependencies() -> FastAPI:
    app = FastAPI()

    def page(skip: Annotated[int, Query(ge=0)] = 0, limit: int = 100) -> dict[str, int]:
        return {"skip": skip, "limit": limit}

    class Filter:
        def __init__(self, q: Annotated[str | None, Query(max_length=3)] = None, min_price: float = 0) -> None:
            self.q = q

    @app.get("/items")
    def items(page: Annotated[dict[str, int], Depends(page)], chosen: Annotated[Filter, Depends()]) -> None: ...

    @app.get("/users")
    def users(page: Annotated[dict[str, int], Depends(page)]) -> None: ...

    return app


def one_body() -> FastAPI:
    app = FastAPI()

    @app.post("/items")
    def create(item: Item) -> None: ...

    @app.put("/items/{item_id}")
    def update(item_id: int, item: Item, q: str | None = None) -> None: ...

    @app.patch("/items/{item_id}")
    def patch(item_id: int, item: Item | None = None) -> None: ...

    @app.post("/embedded")
    def embedded(item: Annotated[Item, Body(embed=True)]) -> None: ...

    @app.post("/optional-embedded")
    def optional(item: Annotated[Item | None, Body(embed=True)] = None) -> None: ...

    return app


def several_bodies() -> FastAPI:
    app = FastAPI()

    @app.put("/items/{item_id}")
    def update(
        item_id: Annotated[int, Path(ge=0)],
        item: Item,
        user: User,
        importance: Annotated[int, Body(gt=0)],
        q: str | None = None,
    ) -> None: ...

    @app.post("/optional")
    def optional(item: Item | None = None, note: Annotated[str | None, Body(max_length=5)] = None) -> None: ...

    @app.post("/process/{item_id}")
    def process(
        item_id: uuid.UUID,
        start: Annotated[dt.datetime, Body()],
        every: Annotated[dt.timedelta, Body()],
        at: Annotated[dt.time | None, Body()] = None,
    ) -> None: ...

    return app


def plain_bodies() -> FastAPI:
    app = FastAPI()

    @app.post("/images")
    def images(images: list[Image]) -> None: ...

    @app.post("/weights")
    def weights(weights: dict[str, float]) -> None: ...

    @app.post("/number")
    def number(number: Annotated[int, Body(ge=1)]) -> None: ...

    @app.post("/text")
    def text(text: Annotated[str, Body()]) -> None: ...

    @app.post("/anything")
    def anything(anything: Annotated[Any, Body()]) -> None: ...

    @app.post("/maybe")
    def maybe(maybe: Annotated[int | None, Body()] = None) -> None: ...

    @app.post("/object")
    def object_(payload: dict[str, Any]) -> None: ...

    @app.delete("/many")
    def many(ids: Annotated[list[uuid.UUID], Body(min_length=1)]) -> None: ...

    return app


def forms() -> FastAPI:
    app = FastAPI()

    @app.post("/login")
    def login(username: Annotated[str, Form()], password: Annotated[str, Form(min_length=3)]) -> None: ...

    @app.post("/many")
    def many(
        numbers: Annotated[list[int], Form()],
        size: Annotated[Size, Form()] = Size.S,
        agreed: Annotated[bool, Form()] = False,
        note: Annotated[str | None, Form(max_length=5)] = None,
        when: Annotated[dt.date | None, Form()] = None,
    ) -> None: ...

    @app.post("/token")
    def token(form: Annotated[OAuth2PasswordRequestForm, Depends()]) -> None: ...

    return app


class LoginForm(BaseModel):
    username: str = Field(min_length=1)
    age: int
    tags: list[str] = []


class ClosedForm(BaseModel):
    model_config = ConfigDict(extra="forbid")
    username: str
    score: float = 1.0


def form_models() -> FastAPI:
    app = FastAPI()

    @app.post("/open")
    def open_(form: Annotated[LoginForm, Form()]) -> None: ...

    @app.post("/closed")
    def closed(form: Annotated[ClosedForm, Form()]) -> None: ...

    return app


def files() -> FastAPI:
    app = FastAPI()

    @app.post("/one")
    def one(file: UploadFile) -> None: ...

    @app.post("/many")
    def many(files: list[UploadFile], note: Annotated[str | None, Form()] = None) -> None: ...

    @app.post("/maybe")
    def maybe(file: UploadFile | None = None, token: Annotated[int, Form()] = 1) -> None: ...

    @app.post("/mixed")
    def mixed(
        file: Annotated[UploadFile, File()], name: Annotated[str, Form(min_length=2)], n: Annotated[int, Form()]
    ) -> None: ...

    return app


def secured(dependency: Any) -> Callable[[], FastAPI]:
    def build() -> FastAPI:
        app = FastAPI()

        @app.get("/read", dependencies=[Security(dependency)])
        def read(q: int) -> None: ...

        @app.post("/write")
        def write(item: Item, credentials: Annotated[Any, Depends(dependency)]) -> None: ...

        return app

    return build


class Page(BaseModel, Generic[Row]):
    rows: list[Row]
    total: int


class ProductIn(BaseModel):
    sku: str = Field(pattern=r"^[A-Z]{3}-\d+$")
    title: str = Field(min_length=1, max_length=20)
    price: decimal.Decimal = Field(gt=0)
    stock: int = Field(0, ge=0)
    released: dt.date | None = None
    attributes: dict[str, str | int | float | bool] = {}


class Product(ProductIn):
    id: uuid.UUID
    created_at: dt.datetime


class Card(BaseModel):
    method: Literal["card"]
    number: str = Field(min_length=12, max_length=19)


class Transfer(BaseModel):
    method: Literal["transfer"]
    iban: str


class Line(BaseModel):
    product: uuid.UUID
    quantity: int = Field(gt=0, le=99)


class Order(BaseModel):
    lines: list[Line] = Field(min_length=1)
    payment: Annotated[Card | Transfer, Field(discriminator="method")]
    ship_to: dict[Literal["home", "work"], str] | None = None
    gift: bool = False
    coupon: str | int | None = None


def shop() -> FastAPI:
    """A whole service with routers, pages, and input and output models of one name."""
    app = FastAPI()
    oauth2 = OAuth2PasswordBearer(tokenUrl="token")
    products = APIRouter(prefix="/products", tags=["products"])
    orders = APIRouter(prefix="/orders", dependencies=[Depends(oauth2)])

    @products.get("/", responses={200: {"model": Page[Product]}})
    def listed(
        page: Annotated[int, Query(ge=1)] = 1, size: Annotated[int, Query(ge=1, le=100)] = 50, search: str | None = None
    ) -> Any: ...

    @products.post("/", response_model=Product, status_code=201)
    def create(product: ProductIn) -> Any:
        return {**product.model_dump(), "id": uuid.uuid4(), "created_at": dt.datetime.now(dt.UTC)}

    @products.put("/{product_id}", response_model=Product)
    def replace(product_id: uuid.UUID, product: Product) -> Any:
        return product

    @products.delete("/{product_id}", status_code=204)
    def delete(product_id: uuid.UUID) -> None: ...

    @orders.post("/")
    def order(order: Order) -> Order:
        return order

    @orders.post("/bulk")
    def bulk(orders: list[Order], dry_run: bool = False) -> None: ...

    app.include_router(products)
    app.include_router(orders, prefix="/v1")
    return app


APPS: dict[str, Callable[[], FastAPI]] = {
    "path_parameters": path_parameters,
    "query_parameters": query_parameters,
    "headers_and_cookies": headers_and_cookies,
    "dependencies": dependencies,
    "one_body": one_body,
    "several_bodies": several_bodies,
    "plain_bodies": plain_bodies,
    "forms": forms,
    "form_models": form_models,
    "files": files,
    "oauth2": secured(OAuth2PasswordBearer(tokenUrl="token")),
    "bearer": secured(HTTPBearer()),
    "basic": secured(HTTPBasic()),
    "digest": secured(HTTPDigest()),
    "key_in_header": secured(APIKeyHeader(name="x-key")),
    "key_in_query": secured(APIKeyQuery(name="key")),
    "key_in_cookie": secured(APIKeyCookie(name="key")),
    "shop": shop,
}
