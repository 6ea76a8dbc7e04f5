"""`MockEngine.handle(Request) -> Reply`: the whole behaviour of the mock, without I/O, clock or chance."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from hashlib import blake2b
from typing import Final, TypeAlias
from urllib.parse import quote

from mockserver.engine.bodies import note_headers
from mockserver.engine.plan import Plan
from mockserver.engine.rendering import ErrorRenderer
from mockserver.errors import Finding, SpecError
from mockserver.generation import Compiler, Options
from mockserver.generation.pools import known_locale
from mockserver.parameters import Decoder, RawParameters
from mockserver.routing import Match, Router
from mockserver.security import TokenEndpoint
from mockserver.spec import Operation, Spec
from mockserver.types import JSON, Rejection, Reply, Request
from mockserver.validation import VALIDATIONS, Settings

SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
MAX_COUNTED: Final = 100_000
"""How many different writes are counted one by one."""
MAX_COMPARED: Final = 300
"""With more operations the nearest to an unknown path is not looked for, which takes time."""
MAX_BODY: Final = 10 * 1024 * 1024
"""A larger request body, in bytes, is answered 413 unless `max_body` says otherwise."""


Progress: TypeAlias = Callable[[int, int], None]
"""Is told how many operations are done, and how many there are."""


class MockEngine:
    """Answers requests as the service that an OpenAPI document describes would.

    - `seed`: same seed and same requests give the same bytes.
    - `auth`: whether credentials are required where the document says so.
    - `api_keys`: the accepted credentials (API keys and bearer tokens); None accepts any that is not empty.
    - `fastapi_version`: for documents of FastAPI, whose habits to follow where versions differ; None goes
      by what the document shows.
    - `validation`: `fastapi`, `strict` (JSON Schema), `off`, or `auto`, which lets the document decide.
    - `errors`: the form of error bodies: `fastapi`, `document` (the documented schema, filled with what is wrong),
      `problem` (RFC 9457), or `auto`, which lets the document decide.
    - `max_body`: a larger request body, in bytes, is answered 413.
    - `optional`: how often optional and nullable parts of an answer are there: `always`, `some` or `never`.
    - `locale`: of the names, places and texts in answers, as Faker calls it (`de_DE`), or `de-DE`.
    - `query_preferences`: whether `?__code=404&__example=name&__dynamic=true` mean what `Prefer` means.
    - `instance`: sets the writes of several engines apart that answer for one service.
    """

    def __init__(
        self,
        spec: Spec,
        *,
        seed: int = 0,
        auth: bool = True,
        api_keys: Collection[str] | None = None,
        fastapi_version: tuple[int, int] | None = None,
        validation: str = "auto",
        errors: str = "auto",
        max_body: int = MAX_BODY,
        optional: str = "some",
        locale: str = "en_US",
        query_preferences: bool = False,
        instance: int = 0,
    ) -> None:
        """Raises `ValueError` for an option that is none."""
        if validation not in VALIDATIONS:
            raise ValueError(f"validation is {validation!r}, which is none of {', '.join(VALIDATIONS)}")
        if optional not in ("always", "some", "never"):
            raise ValueError(f"optional is {optional!r}, which is none of always, some, never")
        self._options = Options(optional=optional, locale=known_locale(locale))
        self.spec = spec
        self.auth = auth
        self.api_keys = None if api_keys is None else frozenset(api_keys)
        self.fastapi_version = fastapi_version
        self._redirects = Settings.of(spec.document).redirect_slashes
        self.validation = validation
        self.max_body = max_body
        self.query_preferences = query_preferences
        self.seed = seed
        self._errors = ErrorRenderer(spec, errors, seed=seed)
        self._router = Router(spec.operations, in_order=spec.is_fastapi)
        # FastAPI's router sees the decoded path, so that an encoded slash is a slash.
        self._decodes_first = spec.is_fastapi
        self._find = self._router.match if spec.is_fastapi else self._router.match_raw
        self._fits = None if spec.is_fastapi else _PathFits(spec)
        self._tokens = TokenEndpoint(spec.token_paths, self.api_keys, seed=seed)
        self._plans: dict[int, Plan] = {}
        self._calls = _Calls(instance)

    def handle(self, request: Request) -> Reply:
        """The answer to one request."""
        path = request.path if self._decodes_first else request.raw_path or request.path
        match = self._match(path)
        if not match.leaf:
            return self._unrouted(request, path)
        found = match.operation(request.method, request, self._fits)
        if found is None and not self._decodes_first:
            match = self._match(path, every=True)
            found = match.operation(request.method, request, self._fits)
            if found is None and request.method == "HEAD":
                found = match.operation(
                    "GET", request, self._fits
                )  # RFC 9110, section 9.3.2; FastAPI's routes have none
        if found is None:
            return self._errors.render(Rejection(405, "Method Not Allowed", (("allow", self._allow(match)),)), request)
        operation, path_params = found
        if len(request.body) > self.max_body:
            too_large = Rejection(413, f"The request body is larger than {self.max_body} bytes")
            return self._errors.render(too_large, request, operation)
        try:
            answer = self._plan(operation).answer(request, RawParameters(request, path_params))
        except SpecError as error:
            answer = Rejection(501, f"The mock cannot answer this operation. {error}")
        return self._errors.render(answer, request, operation) if isinstance(answer, Rejection) else answer

    def nearest(self, method: str, path: str) -> str | None:
        """The operation (`METHOD /path`) most like what was asked for."""
        return self._router.nearest(method, path)

    def warm_up(self, progress: Progress | None = None, *, every: bool = False) -> Iterator[Finding]:
        """Compile every operation now instead of at its first request; yields what cannot be served, or not wholly.

        That is done for the usual answers, or for `every` documented one.
        """
        operations = self.spec.operations
        seen: set[str] = set()
        compiler = Compiler(self.spec.document.responses, self._options) if every else None
        for number, operation in enumerate(operations, 1):
            if progress is not None:
                progress(number, len(operations))
            try:
                yield from self._plan(operation).warm_up(seen, compiler)
            except SpecError as error:
                yield error.finding()

    def identify(self, request: Request, seed: str, fresh: bool) -> bytes:
        """What an answer is a function of: the seed and the request, and for a write also how often it came.

        A `fresh` answer counts the calls of a reading request too.
        """
        target = f"{seed}\0{request.method}\0{request.path}\0{request.query}\0"
        digest = blake2b(target.encode("utf-8", "surrogatepass") + request.body, digest_size=16).digest()
        return digest if request.method in SAFE_METHODS and not fresh else digest + self._calls.count(digest)

    def _allow(self, match: Match) -> str:
        methods = match.methods
        has_head = "GET" in methods and "HEAD" not in methods and not self._decodes_first
        return ", ".join([*methods, "HEAD"] if has_head else methods)

    def _match(self, path: str, *, every: bool = False) -> Match:
        """Where a path leads, with or without the base path of a server; with `every`, each path of the document."""
        find = self._router.match_raw_every if every else self._find
        match = find(path)
        if not match.leaf:
            for base in self.spec.base_paths:
                if path.startswith(f"{base}/") and (found := find(path[len(base) :])).leaf:
                    return found
        return match

    def _plan(self, operation: Operation) -> Plan:
        # Not by its pointer: two paths may refer to one path item.
        if (plan := self._plans.get(id(operation))) is None:
            plan = self._plans[id(operation)] = Plan(
                operation,
                self.spec,
                identify=self.identify,
                seed=self.seed,
                options=self._options,
                accepted=None if self.api_keys is None else self._tokens.is_accepted,
                tokens=self._tokens,
                auth=self.auth,
                query_preferences=self.query_preferences,
                fastapi_version=self.fastapi_version,
                validation=self.validation,
            )
        return plan

    def _unrouted(self, request: Request, path: str) -> Reply:
        other = path.rstrip("/") if path.endswith("/") else f"{path}/"
        if path != "/" and self._redirects and self._match(other).leaf:
            # As Starlette's router does it, query and all.
            query = request.query.encode("latin-1").decode("utf-8", "replace")
            origin = f"{request.scheme}://{request.headers.get('host') or 'localhost'}{request.root_path}"
            location = f"{origin}{other}?{query}" if query else f"{origin}{other}"
            return Reply(307, (("location", quote(location, safe=":/%#?=@[]!$&'()*+,;")),), note="redirected")
        if request.method == "POST" and path in self._tokens.paths:
            return self._tokens.answer(request)
        nearest = self.nearest(request.method, path) if len(self.spec.operations) <= MAX_COMPARED else None
        note = note_headers(f"the nearest operation is {nearest}") if nearest else ()
        return self._errors.render(Rejection(404, "Not Found", note), request)


class _PathFits:
    """Tells operations apart whose paths differ in the names of their parameters only, by the parameters' schemas."""

    def __init__(self, spec: Spec) -> None:
        self._document = spec.document
        self._fields: dict[str, list[tuple[Decoder, Callable[[JSON], bool]]]] = {}

    def __call__(self, operation: Operation, path_params: Mapping[str, str], request: Request) -> bool:
        if (fields := self._fields.get(operation.pointer)) is None:
            fields = self._fields[operation.pointer] = [
                (Decoder(parameter, self._document), self._document.validator(parameter.pointer).is_valid)
                for parameter in operation.parameters
                if parameter.location == "path" and isinstance(parameter.schema, Mapping)
            ]
        raw = RawParameters(request, path_params)
        try:
            return all(is_valid(decoder.decode(raw)) for decoder, is_valid in fields)
        except ValueError:
            return False


class _Calls:
    """How often each write came, so that the second clone is another than the first. Bounded in size."""

    def __init__(self, instance: int) -> None:
        self._instance = instance.to_bytes(8, "big")
        self._counts: dict[bytes, int] = {}
        self._uncounted = MAX_COUNTED

    def count(self, digest: bytes) -> bytes:
        if digest in self._counts or len(self._counts) < MAX_COUNTED:
            number = self._counts[digest] = self._counts.get(digest, 0) + 1
        else:  # fresh all the same, but no longer the same whatever came in between
            number = self._uncounted = self._uncounted + 1
        return self._instance + number.to_bytes(8, "big")
