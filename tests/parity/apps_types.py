"""One application for each kind of type: in a body, a list, a union, a query."""

import datetime as dt
import decimal
import enum
import inspect
import ipaddress
import uuid
from collections.abc import Callable
from functools import partial
from typing import Annotated, Any, Generic, Literal, NamedTuple, Optional, TypeVar

import pydantic
from fastapi import Body, FastAPI, Query
from pydantic import BaseModel, Field, RootModel, create_model
from pydantic.alias_generators import to_camel
from typing_extensions import TypeAliasType

Item = TypeVar("Item")


class Colour(enum.StrEnum):
    RED = "red"
    BLUE = "blue"


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


class Leaf(BaseModel):
    name: str
    size: int = 1


class Node(BaseModel):
    value: int
    children: list["Node"] = []
    parent: "Node | None" = None


class Cat(BaseModel):
    kind: Literal["cat"]
    lives: int = Field(9, ge=1)


class Dog(BaseModel):
    kind: Literal["dog", "hound"]
    name: str


class Mail(BaseModel):
    model_config = pydantic.ConfigDict(alias_generator=to_camel)
    sent_by: Literal["mail"]
    to_whom: str


class Text(BaseModel):
    model_config = pydantic.ConfigDict(alias_generator=to_camel)
    sent_by: Literal["sms", "mms"] = "sms"
    number: int


class Closed(BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid")
    a: int


class Open(BaseModel):
    model_config = pydantic.ConfigDict(extra="allow")
    a: int


class Point(NamedTuple):
    x: int
    y: float


class Place(NamedTuple):
    name: str
    height: float = 0
    label: str | None = None


class Numbers(RootModel[list[int]]):
    pass


class Aliased(BaseModel):
    first_name: str = Field(alias="firstName")
    class_: int = Field(1, alias="class")
    copy_of: str | None = Field(None, alias="copy")


class Page(BaseModel, Generic[Item]):
    items: list[Item]
    total: int = 0


Number = decimal.Decimal
Key = Annotated[str, Field(pattern="^[a-z]+$")]
Nested = TypeAliasType("Nested", "dict[str, Nested] | list[Nested] | int | None")
Pet = Annotated[Cat | Dog, Field(discriminator="kind")]

QUERIED: dict[str, Any] = {
    "integer": int,
    "float": float,
    "boolean": bool,
    "string": str,
    "bounded_integer": Annotated[int, Field(ge=1, lt=10)],
    "multiple": Annotated[int, Field(multiple_of=3)],
    "long_integer": Annotated[int, Field(ge=-(2**63), le=2**63 - 1)],
    "bounded_float": Annotated[float, Field(gt=0, le=2.5)],
    "bounded_string": Annotated[str, Field(min_length=2, max_length=5)],
    "pattern": Annotated[str, Field(pattern="^[a-z]+-?[0-9]*$")],
    "lookahead": Annotated[str, Field(max_length=9)],
    "str_enum": Colour,
    "int_enum": Level,
    "literal": Literal["a", "b"],
    "literal_integer": Literal[1, 2],
    "literal_one": Literal["only"],
    "datetime": dt.datetime,
    "date": dt.date,
    "time": dt.time,
    "duration": dt.timedelta,
    "uuid": uuid.UUID,
    "uuid4": pydantic.UUID4,
    "decimal": Number,
    "bounded_decimal": Annotated[Number, Field(ge=0, lt=100)],
    "email": pydantic.EmailStr,
    "http_url": pydantic.HttpUrl,
    "any_url": pydantic.AnyUrl,
    "short_url": Annotated[pydantic.HttpUrl, Field(max_length=20)],
    "ipv4": ipaddress.IPv4Address,
    "ipv6": ipaddress.IPv6Address,
    "ip_any": pydantic.IPvAnyAddress,
    "network": ipaddress.IPv4Network,
    "union_scalar": int | str,
    "union_number": int | float | bool,
    "union_date": dt.date | int,
    "secret": pydantic.SecretStr,
    "bytes": bytes,
}
TYPES: dict[str, Any] = {
    **QUERIED,
    "any": Any,
    "base64": pydantic.Base64Bytes,
    "json": pydantic.Json[list[int]],
    "byte_size": pydantic.ByteSize,
    "list": list[int],
    "list_any": list,
    "list_bounded": Annotated[list[Annotated[int, Field(gt=1)]], Field(min_length=1, max_length=3)],
    "set": set[int],
    "set_bounded": Annotated[set[str], Field(min_length=1)],
    "tuple": tuple[int, str],
    "named_tuple": Point,
    "named_tuple_defaults": Place,
    "dict": dict[str, int],
    "dict_any": dict,
    "dict_pattern": dict[Key, int],
    "dict_enum": dict[Colour, float],
    "dict_uuid": dict[uuid.UUID, Leaf],
    "dict_bounded": Annotated[dict[str, str], Field(min_length=1, max_length=2)],
    "model": Leaf,
    "recursive": Node,
    "recursive_alias": Nested,
    "aliased": Aliased,
    "closed": Closed,
    "open": Open,
    "generic": Page[Leaf],
    "root_model": Numbers,
    "discriminated": Pet,
    "discriminated_alias": Annotated[Mail | Text, Field(discriminator="sent_by")],
    "union_models": Leaf | Closed | Node,
    "union_mixed": int | Leaf | list[str] | None,
    "union_nested": dict[str, int | Leaf] | list[Pet],
    "union_bounded": Annotated[int, Field(ge=10)] | Annotated[str, Field(max_length=3)],
    "optional_list": list[Leaf] | None,
}


def build(name: str) -> FastAPI:
    """An application that takes a type in a body, in an optional field, in a list, embedded, and in a query."""
    kind: Any = TYPES[name]
    app = FastAPI()
    maybe: Any = Optional[kind]  # noqa: UP045  some of the types have no `|`
    fields: Any = {"value": (kind, ...), "maybe": (maybe, None), "many": (list[kind], [])}
    holder: Any = create_model(f"{name.title().replace('_', '')}Holder", **fields)

    # Annotations that are values are set on the functions, which a type checker would not read.
    def add(method: str, path: str, **parameters: Any) -> None:
        def endpoint(**_values: Any) -> None: ...

        kinds = {key: value if isinstance(value, tuple) else (value,) for key, value in parameters.items()}
        signature = inspect.Signature(
            [
                inspect.Parameter(key, inspect.Parameter.KEYWORD_ONLY, annotation=value[0], default=value[1])
                if len(value) == 2
                else inspect.Parameter(key, inspect.Parameter.KEYWORD_ONLY, annotation=value[0])
                for key, value in kinds.items()
            ]
        )
        vars(endpoint)["__signature__"] = signature
        app.add_api_route(path, endpoint, methods=[method])

    add("POST", "/model", body=holder)
    add("PUT", "/whole", body=Annotated[kind, Body()])
    add("PATCH", "/parts/{number}", number=int, first=Annotated[kind, Body()], second=(Annotated[int, Body()], 1))
    if name in QUERIED:
        add(
            "GET",
            "/query",
            one=Annotated[kind, Query()],
            maybe=(Annotated[maybe, Query()], None),
            many=(Annotated[list[kind], Query()], []),
        )
    return app


APPS: dict[str, Callable[[], FastAPI]] = {name: partial(build, name) for name in TYPES}
