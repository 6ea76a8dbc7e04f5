"""How one operation is answered, compiled part by part when first needed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final
from urllib.parse import quote

from mockserver.engine.bodies import Body, Wanted, note_headers
from mockserver.engine.echoes import Echo
from mockserver.engine.header_values import Target
from mockserver.engine.headers import ResponseHeaders
from mockserver.engine.pages import Pages
from mockserver.errors import Finding, SpecError
from mockserver.generation import Compiler, Options
from mockserver.negotiation import Negotiator, choose_media_type, parse_prefer
from mockserver.parameters import RawParameters
from mockserver.security import Security, TokenEndpoint
from mockserver.spec import MediaType, Operation, Response, Spec
from mockserver.types import ABSENT, JSON, Rejection, Reply, Request
from mockserver.validation import FastAPISecurity, compile_validator, infer_version

BODILESS: Final = frozenset({204, 205, 304})
IDENTIFIERS: Final = ("id", "uuid", "key", "name", "slug", "code")
"""Properties by which a thing that was made may be found."""
APPLIED: Final = frozenset({"code", "example", "dynamic", "seed", "fresh"})
"""The preferences that are honoured, and so confirmed by `Preference-Applied` (RFC 7240, section 3)."""


class Plan:
    """Decides about the requests to one operation.

    The arguments are those of `MockEngine`; `accepted` says which credentials are good, None that all are.
    """

    def __init__(
        self,
        operation: Operation,
        spec: Spec,
        *,
        identify: Callable[[Request, str, bool], bytes],
        seed: int,
        options: Options,
        accepted: Callable[[str], bool] | None,
        tokens: TokenEndpoint,
        auth: bool,
        query_preferences: bool,
        fastapi_version: tuple[int, int] | None,
        validation: str,
    ) -> None:
        self._name = str(operation)
        self._items = _item_names(operation, spec)
        self._query_preferences = query_preferences
        self._document = spec.document
        self._identify = identify
        self._seed = str(seed)
        self._echo = Echo(operation)
        self._options = self._echo.options(options)
        self._pages = Pages(operation, spec.document)
        # FastAPI answers in its one media type, whatever the client accepts.
        self._honours_accept = not spec.is_fastapi
        self._bodies: dict[str, Body] = {}
        self._usual: dict[str, MediaType | Rejection | None] = {}
        self._headers: dict[str, ResponseHeaders] = {}
        self._validator = compile_validator(operation, spec, fastapi_version=fastapi_version, validation=validation)
        self._security: Security | FastAPISecurity | None = Security(operation, accepted, tokens) if auth else None
        if auth and spec.is_fastapi:
            version = fastapi_version or infer_version(spec.document)
            self._security = FastAPISecurity(operation, accepted, version=version)
        self._negotiator = Negotiator(operation, spec.document, in_order=spec.is_fastapi)
        self._responses = operation.responses
        self._note = self._negotiator.note
        self._always = note_headers(self._note)
        if operation.deprecated and not spec.is_fastapi:
            self._always = (*self._always, ("deprecation", "true"))

    def answer(self, request: Request, raw: RawParameters) -> Reply | Rejection:
        """The documented answer, or what is wrong with the request."""
        preferences = parse_prefer(request)
        if self._query_preferences:
            named = {name: raw.query[f"__{name}"][-1] for name in APPLIED if f"__{name}" in raw.query}
            preferences = {**preferences, **named}
        chosen = self._negotiator.preferred(preferences)
        if isinstance(chosen, Rejection):
            return chosen
        decoded = self._decode(request, raw)
        if isinstance(decoded, Rejection):
            # An enforced status wins over validation; the examples of an error need no valid request.
            if chosen is None or decoded.status == 401:
                return decoded
            decoded = {}
        chosen = chosen or self._negotiator.choose(decoded)
        if chosen is None:
            return Reply(200, self._always, operation=self._name, note=self._note)
        return self._respond(*chosen, raw, decoded, preferences)

    def warm_up(self, seen: set[str], compiler: Compiler | None = None) -> Iterator[Finding]:
        """Compile what the usual answer needs; yields what cannot be answered, or not wholly.

        With a `compiler` it is tried for every answer. Of a component that several operations answer with, one tells of
        all; `seen` are those that have told.
        """
        every = compiler is not None
        chosen = self._negotiator.choose({})
        for response in self._responses if every else [chosen[1]] if chosen else []:
            usual = choose_media_type(response, None)
            for media_type in response.content if every else [usual]:
                if isinstance(media_type, MediaType) and not _is_seen(media_type, seen):
                    yield from self._iter_problems(media_type, compiler)
            yield from (error.finding() for error in self._response_headers(response).problems)

    def _iter_problems(self, media_type: MediaType, compiler: Compiler | None) -> Iterator[Finding]:
        try:
            left_out = self._body(media_type).warm_up(compiler)
        except SpecError as error:
            yield error.finding()
            return
        for pointer, reason in left_out:
            yield Finding("warning", pointer, f"answers go without this optional part: {reason}")

    def _decode(self, request: Request, raw: RawParameters) -> dict[str, Any] | Rejection:
        validator = self._validator
        body: JSON = ABSENT
        if validator.body_before_credentials and isinstance(body := validator.read_body(request), Rejection):
            return body
        if self._security is not None and (refused := self._security.check(raw)):
            return refused
        if not validator.body_before_credentials and isinstance(body := validator.read_body(request), Rejection):
            return body
        return validator.validate(raw, body)

    def _respond(
        self, status: int, response: Response, raw: RawParameters, decoded: dict[str, Any], preferences: dict[str, str]
    ) -> Reply | Rejection:
        request = raw.request
        media_type = self._media_type(response, request)
        if isinstance(media_type, Rejection):
            return media_type
        seed, is_fresh = self._seed, False
        if preferences:
            seed, is_fresh = preferences.get("seed", seed), preferences.get("fresh") == "true"
        identity = b""
        if media_type is not None or response.headers:
            identity = self._identify(request, seed, is_fresh)
        headers = self._always
        if preferences:
            applied = ", ".join(f"{name}={value}" for name, value in preferences.items() if name in APPLIED)
            headers = (*headers, ("preference-applied", applied)) if applied else headers
        if media_type is None or status in BODILESS:
            if response.headers:
                headers = (*self._made_headers(response, identity, request, None), *headers)
            return Reply(status, headers, operation=self._name, note=self._note)
        body = self._body(media_type)
        if (name := preferences.get("example")) is not None and name not in body.examples:
            known = ", ".join(body.examples) or "there are none"
            return Rejection(400, f"Prefer: example={name} is not among the documented examples: {known}")
        page = self._pages.page(raw.query, seed, request.path) if self._pages.is_list else None
        wanted = Wanted(
            identity, seed.encode(), self._echo.values(decoded, raw.path), preferences.get("dynamic") == "true", page
        )
        value = body.value(name, decoded, wanted)
        if response.headers:
            headers = (*self._made_headers(response, identity, request, value), *headers)
        return Reply(status, (*body.headers, *headers), body.encode(value), self._name, body.note or self._note)

    def _made_headers(
        self, response: Response, identity: bytes, request: Request, value: JSON
    ) -> tuple[tuple[str, str], ...]:
        path = request.root_path + quote(request.path, safe="/:@!$&'()*+,;=~")
        location = path
        if request.method == "POST":  # RFC 9110, section 9.3.3: what was made
            names = (*self._items, *IDENTIFIERS) if isinstance(value, Mapping) else ()
            made = next((made for name in names if isinstance(made := value.get(name), str | int)), identity.hex()[:12])
            location = f"{path.rstrip('/')}/{quote(str(made), safe='')}" if self._items or names else path
        origin = f"{request.scheme}://{request.headers.get('host') or 'localhost'}"
        return self._response_headers(response).values(identity, Target(origin, path, location))

    def _media_type(self, response: Response, request: Request) -> MediaType | Rejection | None:
        if self._honours_accept and (accept := request.headers.get("accept")):
            return choose_media_type(response, accept)
        if response.pointer not in self._usual:
            self._usual[response.pointer] = choose_media_type(response, None)
        return self._usual[response.pointer]

    def _body(self, media_type: MediaType) -> Body:
        if (body := self._bodies.get(media_type.pointer)) is None:
            body = self._bodies[media_type.pointer] = Body(media_type, self._document, self._options)
        return body

    def _response_headers(self, response: Response) -> ResponseHeaders:
        if (headers := self._headers.get(response.pointer)) is None:
            headers = self._headers[response.pointer] = ResponseHeaders(response, self._document)
        return headers


def _item_names(operation: Operation, spec: Spec) -> tuple[str, ...]:
    """The names under which the path of an item has its identifier, where the operation's path is that of all items."""
    prefix = f"{operation.path}/{{"
    paths = (other.path for other in spec.operations if other.path.startswith(prefix))
    return tuple(dict.fromkeys(path[len(prefix) : -1] for path in paths if path.find("}") == len(path) - 1))


def _is_seen(media_type: MediaType, seen: set[str]) -> bool:
    """Whether the schema is a component that was seen before, and nothing else."""
    schema = media_type.schema
    reference = schema.get("$ref") if isinstance(schema, Mapping) and len(schema) == 1 else None
    if reference is None or media_type.cases or media_type.examples:
        return False
    is_known = reference in seen
    seen.add(reference)
    return is_known
