"""Why a mock differs from an application: what the application has that its document does not carry.

Each cause is looked for in the application itself, so that a difference for which there is none stands out.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from fastapi import FastAPI, HTTPException
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from fastapi.security.base import SecurityBase
from pydantic import BaseModel
from starlette.exceptions import HTTPException as StarletteHTTPException

from tests.asgi import Answer, Wire
from tests.parity.answers import content, is_error

LIBRARIES: Final = ("fastapi", "pydantic", "starlette")
COERCED: Final = ("str_strip_whitespace", "str_to_lower", "str_to_upper", "coerce_numbers_to_str")
UNEXPLAINED: Final = "(unexplained)"


@dataclass(frozen=True)
class Difference:
    """One request that application and mock answer differently. `route` is None where no route of FastAPI matched."""

    wire: Wire
    real: Answer
    mock: Answer
    app: FastAPI
    route: Any
    reached: bool
    unchecked: bool

    @property
    def accepted(self) -> bool:
        """Whether the application took what the mock refused."""
        return self.reached and is_error(self.mock)

    @property
    def details(self) -> tuple[list[Any], list[Any]]:
        """The validation errors of application and mock, as far as they have some."""
        return _details(self.real), _details(self.mock)

    @property
    def only_real(self) -> list[Any]:
        """The errors that the application alone has."""
        real, mock = self.details
        return [error for error in real if error not in mock]


def _details(answer: Answer) -> list[Any]:
    try:
        found = content(answer)
    except ValueError:
        return []
    detail = found.get("detail") if isinstance(found, dict) else None
    return [error for error in detail if isinstance(error, dict)] if isinstance(detail, list) else []


def explain(difference: Difference) -> str:
    """The cause of a difference, `UNEXPLAINED` when there is none known."""
    if difference.mock.status >= 500:
        return UNEXPLAINED
    return next((cause for cause, holds in CAUSES.items() if holds(difference)), UNEXPLAINED)


def is_left_to_the_application(difference: Difference) -> bool:
    """Whether only its own functions, which are taken out here, refuse credentials."""
    return difference.mock.status in (401, 403) and (difference.unchecked or _leaves_credentials(difference.route))


# --- What an application has ------------------------------------------------------------------------------------------


def _has_middleware(it: Difference) -> bool:
    return bool(it.app.user_middleware) and it.route is None and it.real.status not in (404, 405)


def _is_undocumented(it: Difference) -> bool:
    return it.route is not None and not (isinstance(it.route, APIRoute) and it.route.include_in_schema)


def _has_handlers(it: Difference) -> bool:
    handlers = it.app.exception_handlers
    status = it.real.status if it.real.status >= 400 else it.mock.status
    kinds = (status, RequestValidationError if status == 422 else HTTPException, StarletteHTTPException, Exception)
    own = [kind for kind, handler in handlers.items() if not _module(handler).startswith(LIBRARIES)]
    return not it.reached and any(kind in kinds or kind is RequestValidationError for kind in own)


def _module(function: Any) -> str:
    return str(getattr(function, "__module__", ""))


def _has_routes_of_its_own(it: Difference) -> bool:
    route = it.route
    return isinstance(route, APIRoute) and not _module(type(route)).startswith(LIBRARIES) and not it.reached


def _has_convertors(it: Difference) -> bool:
    return ":" in str(getattr(it.route, "path", "")) or (it.real.status == 404 and it.route is None)


def _keeps_slashes(it: Difference) -> bool:
    return not it.app.router.redirect_slashes and it.mock.status == 307


def _takes_any_content(it: Difference) -> bool:
    lax = (
        getattr(it.app, "strict_content_type", True) is False or getattr(it.route, "strict_content_type", True) is False
    )
    return lax and bool(it.wire.body)


def _leaves_credentials(route: Any) -> bool:
    schemes = [dependant.call for dependant in _dependants(route) if isinstance(dependant.call, SecurityBase)]
    return any(getattr(scheme, "auto_error", True) is False for scheme in schemes)


def _needs_several_schemes(it: Difference) -> bool:
    schemes = {id(dependant.call) for dependant in _dependants(it.route) if isinstance(dependant.call, SecurityBase)}
    return len(schemes) > 1 and it.real.status in (401, 403)


def _has_parameter_models(it: Difference) -> bool:
    fields = [*_fields(it.route, "query"), *_fields(it.route, "cookie"), *_fields(it.route, "header")]
    return any(_models(field) for field in fields)


def _says_value_error(it: Difference) -> bool:
    own = ("value_error", "assertion_error")
    return any(error.get("type") in own or str(error.get("loc", "")) == "" for error in it.only_real)


def _has_node(*names: str) -> Callable[[Difference], bool]:
    def holds(it: Difference) -> bool:
        return any(name in _nodes_of(it.route) for name in names)

    return holds


def _only_order(it: Difference) -> bool:
    real, mock = it.details
    return bool(real) and _counted(real) == _counted(mock)


def _only_repeats(it: Difference) -> bool:
    real, mock = it.details
    return bool(real) and set(_counted(real)) == set(_counted(mock))


def _counted(errors: list[Any]) -> Counter[str]:
    return Counter(json.dumps(error, sort_keys=True) for error in errors)


def _fails_to_send(it: Difference) -> bool:
    return it.real.status == 500 and not it.reached and it.mock.status in (400, 422)


CAUSES: Final[dict[str, Callable[[Difference], bool]]] = {
    "a middleware answers": _has_middleware,
    "the route is not documented": _is_undocumented,
    "an exception handler of the application": _has_handlers,
    "a class of routes of the application": _has_routes_of_its_own,
    "a convertor in the path": _has_convertors,
    "redirect_slashes=False": _keeps_slashes,
    "strict_content_type=False": _takes_any_content,
    "several security schemes, all needed": _needs_several_schemes,
    "a custom validator or initializer": lambda it: _says_value_error(it) or _has_node("own")(it),
    "a table of SQLModel, which validates nothing": _has_node("table"),
    "strict types": _has_node("strict"),
    "a text that is stripped, lowered or made of a number": _has_node("text"),
    "past and future, aware and naive": _has_node("time"),
    "keys that are no texts": _has_node("keys"),
    "a dataclass or a TypedDict": _has_node("class"),
    "digits of a decimal": _has_node("digits"),
    "a tuple, a frozenset or a sequence": _has_node("sequence"),
    "bytes from a form": _has_node("bytes"),
    "a model of parameters": _has_parameter_models,
    "an error that FastAPI fails to send": _fails_to_send,
    "which parameters are a dependency's": lambda it: _only_order(it) or _only_repeats(it),
}


# --- The parts of a route ---------------------------------------------------------------------------------------------


def _dependants(route: Any) -> Iterator[Any]:
    todo = [route.dependant] if getattr(route, "dependant", None) is not None else []
    while todo:
        found = todo.pop()
        yield found
        todo += found.dependencies


def _fields(route: Any, place: str) -> list[Any]:
    return [field for dependant in _dependants(route) for field in getattr(dependant, f"{place}_params")]


def _models(field: Any) -> bool:
    annotation = field.field_info.annotation
    arguments = getattr(annotation, "__args__", ())
    return any(isinstance(kind, type) and issubclass(kind, BaseModel) for kind in (annotation, *arguments))


def _nodes_of(route: Any) -> set[str]:
    """What the types of a route have that a JSON Schema does not say."""
    found: set[str] = set()
    for place in ("path", "query", "header", "cookie", "body"):
        for field in _fields(route, place):
            _walk(field._type_adapter.core_schema, found)
    return found


def _walk(node: Any, found: set[str]) -> None:
    if isinstance(node, list | tuple):
        for item in node:
            _walk(item, found)
    if not isinstance(node, dict):
        return
    found |= set(_names(node))
    for key, item in node.items():
        if key not in ("metadata", "serialization"):
            _walk(item, found)


def _names(node: dict[str, Any]) -> Iterator[str]:
    return (name for name, holds in NODES.items() if holds(node, str(node.get("type"))))


def _is_own(node: dict[str, Any], kind: str) -> bool:
    if kind.startswith("function-"):
        inner = node.get("function")
        function = inner.get("function") if isinstance(inner, dict) else inner
        return not _module(getattr(function, "func", function)).startswith(LIBRARIES)
    own = ("custom-error", "is-instance", "is-subclass", "callable", "call")
    return kind in own or bool(node.get("custom_init")) or callable(node.get("discriminator"))


def _has_other_keys(node: dict[str, Any], kind: str) -> bool:
    keys = node.get("keys_schema", {})
    return kind == "dict" and str(keys.get("type", "any")) not in ("str", "any", "enum", "literal")


NODES: Final[dict[str, Callable[[dict[str, Any], str], bool]]] = {
    "own": _is_own,
    "strict": lambda node, _: node.get("strict") is True,
    "text": lambda node, _: any(node.get(name) for name in ("strip_whitespace", "to_lower", "to_upper", *COERCED)),
    "time": lambda node, _: bool(node.get("now_op") or node.get("tz_constraint")),
    "keys": _has_other_keys,
    "digits": lambda node, kind: kind == "decimal" and ("max_digits" in node or "decimal_places" in node),
    "sequence": lambda node, kind: kind in ("frozenset", "generator") or node.get("variadic_item_index") is not None,
    "table": lambda node, kind: kind == "model" and hasattr(node.get("cls"), "__table__"),
    "class": lambda _, kind: kind in ("dataclass", "typed-dict"),
    "bytes": lambda _, kind: kind == "bytes",
}
"""What a node of a core schema has, by the name that a cause calls it by."""
