"""The documented schema of an error, filled with what is really wrong; what it returns is valid, or nothing is."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from hashlib import blake2b
from typing import Any, Final, TypeAlias
from uuid import UUID

from mockserver.document import Document
from mockserver.engine import error_names as names
from mockserver.engine.error_names import in_style, keyword_words, match_word, normal, status_words
from mockserver.engine.error_views import NO_TEXT, View, generate, iter_values, view_of
from mockserver.engine.facts import Detail, Facts
from mockserver.errors import SpecError
from mockserver.spec import MediaType
from mockserver.types import ABSENT, JSON

Fill: TypeAlias = Callable[[Facts, Detail, JSON], JSON]
"""Facts, the error that is told, and the documented example at this place, to a value or `ABSENT`."""

MAX_DEPTH: Final = 6
MAX_OBJECTS: Final = 60
"""So many objects of one schema are filled, each with its own meaning."""
MAX_PROPERTIES: Final = 25
"""An object with more is an entity of the service, which an error only shows (Stripe's have a whole payment)."""
MAX_FAILURES: Final = 3
"""After so many parts that could not be generated no more are tried."""
MAX_REPAIRS: Final = 20
MAX_VALUE: Final = 200
"""So much of an input is quoted as text."""
EPOCH: Final = 1735689600


class ErrorSchema:
    """Fills the schema of one media type."""

    def __init__(self, media_type: MediaType, document: Document, *, seed: int = 0) -> None:
        pointer = f"{media_type.pointer}/schema"
        self._is_valid = document.validator(pointer)
        self._identity = f"{seed}\0{pointer}".encode()
        self._document = document
        valid = (value for value in media_type.examples.values() if self._is_valid.is_valid(value))
        self._example = next(valid, ABSENT)
        view = view_of([(media_type.schema, pointer)], document)
        self._fill = _Compiler(document, self._identity).value(view, "errors", is_detail=False, depth=0, is_root=True)
        self._fallback: JSON = self._example
        if self._fallback is ABSENT:
            with suppress(SpecError, RecursionError, ValueError, TypeError):
                value = generate(view, document, self._identity)
                self._fallback = value if self._is_valid.is_valid(value) else ABSENT

    def fill(self, facts: Facts) -> JSON:
        """A valid body that tells the facts; `ABSENT` when none can be made."""
        value = self._filled(facts)
        if not facts.details and not self._keeps(value):
            # One branch of a union may need a list of errors to be told from another.
            listed = self._filled(replace(facts, details=(Detail("", facts.message),)))
            value = listed if self._keeps(listed) else value
        if value is not ABSENT and not self._keeps(value):
            value = copy.deepcopy(value)  # it shares what the example has
            for _ in range(MAX_REPAIRS):
                value = self._repaired(value)
                if value is ABSENT or self._keeps(value):
                    break
        return value if self._keeps(value) else self._fallback

    def _keeps(self, value: JSON) -> bool:
        """Whether a value is one, and valid."""
        try:
            return value is not ABSENT and self._is_valid.is_valid(value)
        except ValueError:  # nested too deeply, or text that UTF-8 has no bytes for
            return False

    def _filled(self, facts: Facts) -> JSON:
        first = facts.details[0] if facts.details else Detail("", facts.message)
        value = self._fill(facts, first, self._example)
        return value if value is not ABSENT else self._fallback

    def _repaired(self, value: JSON) -> JSON:
        """The value with one wrong place taken from the example, or left out."""
        try:
            error = next(self._is_valid.iter_errors(value))
        except ValueError:
            return ABSENT
        while nearest := min(filter(None, getattr(error.kind, "context", ())), key=len, default=None):
            error = nearest[0]
        path = list(error.instance_path)
        if hasattr(error.kind, "property"):
            path.append(error.kind.property)
        if not path:
            return ABSENT
        parent = next(iter_values(value, path[:-1]), None)
        replacement = next(iter_values(self._fallback, path), ABSENT)
        if isinstance(parent, list) and isinstance(path[-1], int):
            parent.pop(path[-1])
        elif not isinstance(parent, dict):
            return ABSENT
        elif path[-1] in parent and (
            replacement is ABSENT or parent[path[-1]] == replacement or any(isinstance(token, int) for token in path)
        ):
            parent.pop(path[-1])  # what one entry of a list says would be wrong in another
        elif replacement is ABSENT:
            return ABSENT
        else:
            parent[str(path[-1])] = replacement
        return value


class _Compiler:
    """Compiles views to functions, once for each schema."""

    def __init__(self, document: Document, identity: bytes) -> None:
        self._document = document
        self._identity = identity
        self._objects = 0
        self._failures = 0

    def value(self, view: View, name: str, *, is_detail: bool, depth: int, is_root: bool = False) -> Fill:
        """What fills a value that is an object, an array or a text about the error."""
        if depth > MAX_DEPTH or self._objects > MAX_OBJECTS or (depth and len(view.properties) > MAX_PROPERTIES):
            return _absent  # what is required is generated
        self._objects += view.is_object
        if view.is_object and not view.properties:
            return self._map(view, depth) if is_root or name in names.LISTS else self._default(view)
        if view.is_object:
            return self._object(view, is_detail=is_detail, depth=depth)
        if view.is_array:
            return self._list(view, name, depth, is_root=is_root)
        return lambda facts, _detail, _base: _text(view, facts.message)

    def _object(self, view: View, *, is_detail: bool, depth: int) -> Fill:
        siblings = {normal(name) for name in view.properties}
        views = {name: view_of(parts, self._document) for name, parts in view.properties.items()}
        texts = {normal(name) for name, node in views.items() if not node.is_object and not node.is_array
                 and (node.allows("string")) and not (node.options and normal(name) not in names.MESSAGES[:3])
                 and node.keywords.get("format") not in NO_TEXT}  # fmt: skip
        best = next((name for name in names.MESSAGES if name in texts), "")
        lists = {normal(name) for name, node in views.items() if node.is_array or node.is_object} & names.LISTS
        if lists and best in names.PHRASES | {"error", "reason"}:
            best = ""  # the list tells it
        fills: list[tuple[str, Fill, Fill, bool]] = []
        for name, node in views.items():
            role = _Role(normal(name), node, siblings, best, is_detail=is_detail)
            fill = role.fill() or self._nested(node, role.name, is_detail=is_detail, depth=depth)
            fills.append((name, fill, self._default(node), name in view.required))
        unknown = [name for name in view.required if name not in views]

        def fill_object(facts: Facts, detail: Detail, base: JSON) -> JSON:
            known = base if isinstance(base, Mapping) else {}
            value: dict[str, JSON] = {}
            for name, fill, default, required in fills:
                entry = fill(facts, detail, known.get(name, ABSENT))
                if entry is ABSENT and normal(name) not in names.LISTS | names.FIELDS:
                    entry = known.get(name, ABSENT)
                if entry is ABSENT and required:
                    entry = known[name] if name in known else default(facts, detail, ABSENT)
                if entry is not ABSENT:
                    value[name] = entry
            extra = {name: entry for name, entry in known.items() if name not in views}
            return {**dict.fromkeys(unknown, facts.message), **value, **extra}

        return fill_object

    def _nested(self, view: View, name: str, *, is_detail: bool, depth: int) -> Fill:
        """What has no meaning by its name: an envelope of the error, a list of errors, or something else."""
        if name in names.NOT_IN_ERRORS:
            return _absent
        if view.is_object or view.is_array:
            return self.value(view, name, is_detail=is_detail, depth=depth + 1)
        return self._default(view) if depth < 2 and not is_detail else _absent

    def _list(self, view: View, name: str, depth: int, *, is_root: bool) -> Fill:
        item = view_of(view.items, self._document) if view.items else View([])
        meanings = {normal(key) for key in item.properties} & {*names.MESSAGES, *names.DETAIL_FIELDS}
        if not (is_root or name in names.LISTS or (len(meanings) > 1 and name not in names.NOT_IN_ERRORS)):
            return _absent
        fill = self.value(item, "", is_detail=True, depth=depth + 1) if item.is_object else None
        most = int(view.keywords.get("maxItems", 1 << 20))
        least = int(view.keywords.get("minItems", 0))

        def fill_list(facts: Facts, _detail: Detail, base: JSON) -> JSON:
            details = facts.details or (Detail("", facts.message),)
            bases = base if isinstance(base, list) else []
            if not facts.details and depth and not bases and not least and name not in ("errors", "messages"):
                return ABSENT
            shown = bases[0] if bases else ABSENT
            if fill is None:
                values = [_text(item, detail.sentence) for detail in details[:most]]
            else:
                values = [fill(facts, detail, shown) for detail in details[:most]]
            return [value for value in values if value is not ABSENT] or ABSENT

        return fill_list

    def _map(self, view: View, depth: int) -> Fill:
        """Messages by field, as Rails, Laravel, Django and ASP.NET list them."""
        entry = view_of(view.additional, self._document) if view.additional else View([])
        fill: Fill | None = None
        if entry.is_object and entry.properties:
            fill = self.value(entry, "", is_detail=True, depth=depth + 1)
        elif entry.is_array and entry.items:
            item = view_of(entry.items, self._document)
            inner = self.value(item, "", is_detail=True, depth=depth + 1) if item.is_object else None
            fill = lambda facts, detail, _base: [  # noqa: E731
                inner(facts, detail, ABSENT) if inner else _text(item, detail.message)
            ]
        elif entry.types and "array" not in entry.types:
            fill = lambda _facts, detail, _base: _text(entry, detail.message)  # noqa: E731
        if view.is_closed:
            return _absent

        def fill_map(facts: Facts, _detail: Detail, _base: JSON) -> JSON:
            value: dict[str, JSON] = {}
            for detail in facts.details or ((Detail("", facts.message, "request"),) if depth == 0 else ()):
                key = detail.field or detail.location or "request"
                found = fill(facts, detail, ABSENT) if fill else [detail.message]
                if isinstance(found, list) and isinstance(value.get(key), list):
                    value[key] += found
                elif found is not ABSENT:
                    value[key] = found
            return value or ABSENT

        return fill_map

    def _default(self, view: View) -> Fill:
        """The generated value, which is the same every time."""
        made: list[JSON] = []

        def default(_facts: Facts, _detail: Detail, base: JSON) -> JSON:
            if base is not ABSENT:
                return base
            if not made:
                made.append(ABSENT)
                if self._failures < MAX_FAILURES:
                    self._failures += 1
                    with suppress(SpecError, RecursionError, ValueError, TypeError):
                        made[0] = generate(view, self._document, self._identity)
                        self._failures -= 1
            return made[0]

        return default


class _Role:
    """What a property is for, by its name, its type and its siblings."""

    def __init__(self, name: str, view: View, siblings: set[str], best: str, *, is_detail: bool) -> None:
        self.name = name
        self._view = view
        self._siblings = siblings
        self._best = best
        self._is_detail = is_detail

    def fill(self) -> Fill | None:
        """What fills it; None when the name says nothing, or speaks of something that has parts."""
        view, name = self._view, self.name
        if view.is_object or (view.options is not None and len(view.options) == 1):
            return None
        if view.is_array:
            return _path_list(view) if self._is_detail and name in names.DETAIL_FIELDS else None
        if name in names.SUCCESSES | names.FAILURES and view.types and set(view.types) <= {"boolean", "null"}:
            failed = name in names.FAILURES
            return lambda _facts, _detail, _base: failed
        if name == self._best:
            if self._is_detail:
                return lambda _facts, detail, _base: _text(view, detail.message)
            return lambda facts, _detail, _base: _text(view, facts.message)
        return self._of_detail() if self._is_detail else self._of_whole()

    def _of_detail(self) -> Fill | None:
        view, name = self._view, self.name
        if name in names.POINTERS:
            return lambda _facts, detail, _base: _text(view, detail.pointer) if detail.location == "body" else ABSENT
        if name in names.VALUES:
            return lambda _facts, detail, _base: (
                _value(view, detail.value) if detail.keyword not in ("", "required", "missing") else ABSENT
            )
        is_place = name in names.LOCATIONS and (self._siblings & names.DETAIL_FIELDS - {"location"} or name == "in")
        if is_place or (name == "source" and not view.options):
            return lambda _facts, detail, _base: _word(
                view, names.LOCATION_WORDS.get(detail.location, (detail.location,)), ABSENT
            )
        if name in names.DETAIL_FIELDS | {"header"}:
            return lambda _facts, detail, _base: self._field(detail)
        if name in names.STATUSES:
            return self._status
        if name in names.PHRASES:
            return lambda facts, _detail, _base: _text(view, facts.phrase)
        if name in names.DETAIL_CODES:
            return lambda facts, detail, base: (
                _word(view, keyword_words(detail.keyword), base)
                if detail.keyword
                else _code(view, facts, base, self._siblings)
            )
        if name in names.MESSAGES:
            return lambda _facts, detail, _base: _text(view, detail.message)
        return _identity(view) if name in names.IDENTITIES else None

    def _field(self, detail: Detail) -> JSON:
        """The place of an error; beside a pointer only what stands outside of the body."""
        if self._siblings & names.POINTERS and detail.location == "body":
            return ABSENT
        if (self.name == "header") != (detail.location == "header") and self._siblings & {"header"}:
            return ABSENT
        return _text(self._view, detail.field or detail.location)

    def _of_whole(self) -> Fill | None:
        view, name = self._view, self.name
        if name in names.STATUSES:
            return self._status
        if name in names.PHRASES:
            return lambda facts, _detail, _base: _text(view, facts.phrase)
        if name == "type" and self._siblings & {"title", "instance"}:
            return lambda _facts, _detail, base: _text(view, "about:blank") if base is ABSENT else base
        if name == "error" and self._siblings & names.STATUSES | self._siblings & {"timestamp"} and not view.options:
            return lambda facts, _detail, _base: _text(view, facts.phrase)
        if name in names.CODES | {"error", "reason", "name"}:
            return lambda facts, _detail, base: _code(view, facts, base, self._siblings)
        if name in names.FIELDS | {"pointer"}:
            return lambda _facts, detail, _base: _text(view, detail.field) if detail.field else ABSENT
        if name in names.REQUEST_PATHS:
            return lambda facts, _detail, _base: _text(view, facts.request.path)
        if name in names.METHODS:
            return lambda facts, _detail, _base: _word(view, (facts.request.method,), facts.request.method)
        if name in names.COUNTS and view.allows("integer"):
            return lambda facts, _detail, _base: len(facts.details) or 1
        if name in names.TIMES:
            return _time(view)
        if name in names.MESSAGES:
            return lambda facts, _detail, _base: _text(view, facts.message)
        return _identity(view) if name in names.IDENTITIES else None

    def _status(self, facts: Facts, _detail: Detail, base: JSON) -> JSON:
        view, sample = self._view, self._view.sample if base is ABSENT else base
        if view.types and "string" not in view.types:
            return _value(view, facts.status)
        is_word = isinstance(sample, str) and not sample[:1].isdigit()
        if view.options or is_word or (self._siblings & {"code"} and self.name == "status" and not self._is_detail):
            words = ("error", "fail", "failure", "failed", str(facts.status), *_words(facts))
            words = _words(facts)[::1] if is_word and normal(str(sample)) not in words else words
            words = words if view.options or is_word else ("invalid_argument", *_words(facts))
            return _word(view, words, sample if is_word else "INVALID_ARGUMENT")
        return _text(view, str(facts.status))


def _words(facts: Facts) -> tuple[str, ...]:
    return status_words(facts.status, is_validation=bool(facts.details))


def _code(view: View, facts: Facts, base: JSON, siblings: set[str]) -> JSON:
    """The status for a number; a word for a text, written as the documented ones are."""
    if view.types and "string" not in view.types:
        return _value(view, facts.status)
    sample = view.sample if base is ABSENT else base
    if isinstance(sample, str) and sample.isdigit() and not view.options:
        return _text(view, str(facts.status))
    # RFC 6749, section 5.2 has no other word for it.
    words = ("invalid_request", *_words(facts)) if "errordescription" in siblings and facts.details else _words(facts)
    return _word(view, words, sample)


def _word(view: View, words: tuple[str, ...], sample: JSON) -> JSON:
    if view.options is not None:
        return next(match_word(words, view.options), ABSENT)
    return _text(view, in_style(words[0], sample if sample is not ABSENT else view.sample))


def _text(view: View, text: str) -> JSON:
    """A text if the schema takes one like it."""
    if view.options is not None:
        return text if text in view.options else ABSENT
    if not view.allows("string") or view.keywords.get("format") in NO_TEXT:
        return ABSENT
    most = view.keywords.get("maxLength")
    if isinstance(most, int) and len(text) > most:
        text = text[:most]
    if len(text) < int(view.keywords.get("minLength", 0)):
        return ABSENT
    pattern = view.keywords.get("pattern")
    if isinstance(pattern, str):
        with suppress(re.error):
            return text if re.search(pattern, text) else ABSENT
    return text


def _value(view: View, value: JSON) -> JSON:
    """A value as it is, or as text where only a text is taken."""
    if view.options is not None:
        return value if value in view.options else ABSENT
    if not view.types or _type(value) in view.types or (_type(value) == "integer" and "number" in view.types):
        return value
    if value is None or "string" not in view.types:
        return ABSENT
    return _text(view, value if isinstance(value, str) else json.dumps(value)[:MAX_VALUE])


def _type(value: JSON) -> str:
    kinds = ((bool, "boolean"), (int, "integer"), (float, "number"), (str, "string"), (list, "array"), (dict, "object"))
    return next((name for kind, name in kinds if isinstance(value, kind)), "null")


def _path_list(view: View) -> Fill:
    """The place as a list, as pydantic has it."""
    item = view.items[0][0] if view.items else True
    only_text = isinstance(item, Mapping) and item.get("type") == "string"

    def fill(_facts: Facts, detail: Detail, _base: JSON) -> JSON:
        path = [token for token in (detail.location, *detail.path) if token != ""]
        return [str(token) if only_text else token for token in path]

    return fill


def _time(view: View) -> Fill | None:
    if view.types and "string" not in view.types:
        milliseconds = isinstance(view.sample, int) and view.sample > EPOCH * 100
        return lambda _facts, _detail, base: EPOCH * (1000 if milliseconds else 1) if base is ABSENT else base
    if "format" in view.keywords:
        return None
    return lambda _facts, _detail, base: _text(view, "2025-01-01T00:00:00Z") if base is ABSENT else base


def _identity(view: View) -> Fill | None:
    """An id that follows from the request."""
    if (view.types and "string" not in view.types) or view.keywords.get("format") not in (None, "uuid"):
        return None

    def fill(facts: Facts, _detail: Detail, _base: JSON) -> JSON:
        request = facts.request
        text = f"{request.method}\0{request.path}\0{request.query}\0".encode("utf-8", "surrogatepass")
        return _text_of_id(view, str(UUID(bytes=blake2b(text + request.body, digest_size=16).digest(), version=4)))

    return fill


def _text_of_id(view: View, text: str) -> JSON:
    return text if view.keywords.get("format") == "uuid" and view.options is None else _text(view, text)


def _absent(_facts: Facts, _detail: Detail, base: Any) -> JSON:
    return base


__all__ = ["ErrorSchema"]
