"""A request in parts, so that exactly one of them can be changed."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

import requests
from schemathesis import Case

from contract_tests.exchanges import Call
from contract_tests.forms import encode_form

_OWN_HEADERS = {"user-agent", "accept-encoding", "accept", "connection", "x-schemathesis-testcaseid", "content-length"}


@dataclass(frozen=True, slots=True)
class Draft:
    """A request before it has a host. `path_values` are not yet percent-encoded; `path` is the template.

    `form` is what the body of a form stands for, whose `files` are sent as such.
    """

    method: str
    path: str
    path_values: Mapping[str, str]
    query: tuple[tuple[str, str], ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None
    respellings: tuple[tuple[str, str], ...] = ()
    """Texts of the target (path and query), and how they are spelled instead."""
    form: Mapping[str, Any] | None = None
    files: Mapping[str, str] = field(default_factory=dict)

    def call(self, base_url: str) -> Call:
        """The request to send to a service at `base_url`."""
        path = self.path
        for name, value in self.path_values.items():
            path = path.replace(f"{{{name}}}", quote(value, safe=""))
        # A space as %20: not everyone reads `+` as one outside of forms (RFC 3986).
        query = f"?{urlencode(self.query, quote_via=quote, safe='')}" if self.query else ""
        target = f"{path}{query}"
        for usual, other in self.respellings:
            target = target.replace(usual, other, 1)
        return Call(self.method, f"{base_url.rstrip('/')}{target}", self.headers, self.body)

    @property
    def is_json(self) -> bool:
        """Whether the body is sent as JSON."""
        return any(
            name.lower() == "content-type" and "json" in value.partition(";")[0].lower() for name, value in self.headers
        )

    def json(self) -> Any:
        """The decoded JSON body; None when there is none."""
        return json.loads(self.body) if self.body and self.is_json else None

    @property
    def value(self) -> Any:
        """What the body stands for, of a form or in JSON; None for bytes and what cannot be read."""
        try:
            return self.json() if self.form is None else dict(self.form)
        except (ValueError, RecursionError):
            return None

    def with_method(self, method: str) -> Draft:
        """Another method, without a body."""
        return replace(self, method=method, body=None, form=None).without_header("content-type")

    def respelled(self, usual: str, other: str) -> Draft:
        """The same request with another spelling of a part of its target."""
        return replace(self, respellings=(*self.respellings, (usual, other)))

    def with_body(self, body: bytes | None) -> Draft:
        return replace(self, body=body, form=None)

    def with_json(self, value: Any) -> Draft:
        return replace(self, body=json.dumps(value).encode(), form=None)

    def with_form(self, content_type: str, value: Mapping[str, Any], files: Mapping[str, str]) -> Draft:
        """A form as the body."""
        draft = self.with_parameter("header", "Content-Type", content_type)
        return replace(draft, form=dict(value), files=files, body=encode_form(content_type, value, files))

    def with_value(self, value: Any) -> Draft:
        """Another value in the body, encoded as the one before: as the same kind of form, or as JSON."""
        if self.form is None or not isinstance(value, Mapping):
            return self.with_json(value)
        content_type = next(value for name, value in self.headers if name.lower() == "content-type")
        return replace(self, form=dict(value), body=encode_form(content_type, value, self.files))

    def with_member(self, name: str, old: str | int, new: str | int) -> Draft:
        """The JSON body with another value in members of a name, and every other byte as it was."""
        pair = re.escape(json.dumps(name)) + r"\s*:\s*" + re.escape(json.dumps(old)) + r"(?=[\s,}\]])"
        text = f"{json.dumps(name)}: {json.dumps(new)}".encode()
        return replace(self, body=re.sub(pair.encode(), lambda _: text, self.body or b""))

    def with_property(self, path: tuple[str, ...], value: Any) -> Draft:
        """One property of the JSON body set; its objects are made where they are missing."""
        body = self.json()
        body = holder = body if isinstance(body, dict) else {}
        for name in path[:-1]:
            holder = holder.setdefault(name, {})
        holder[path[-1]] = value
        return self.with_json(body)

    def without_property(self, name: str) -> Draft:
        """The JSON body without a property; an empty object where there is no body, which may be optional."""
        body = self.json()
        kept = body if isinstance(body, dict) else {}
        return self.with_json({key: value for key, value in kept.items() if key != name})

    def with_parameter(self, location: str, name: str, value: str) -> Draft:
        """One parameter set; a query parameter takes the place of all of that name."""
        if location == "path":
            return replace(self, path_values={**self.path_values, name: value})
        draft = self.without_parameter(location, name)
        if location == "query":
            return replace(draft, query=(*draft.query, (name, value)))
        if location == "cookie":
            return replace(draft, headers=(*draft.headers, ("Cookie", f"{name}={value}")))
        return replace(draft, headers=(*draft.headers, (name, value)))

    def adding_query(self, name: str, value: str) -> Draft:
        """One more query parameter, beside others of that name."""
        return replace(self, query=(*self.query, (name, value)))

    def without_parameter(self, location: str, name: str) -> Draft:
        if location == "query":
            return replace(self, query=tuple(pair for pair in self.query if pair[0] != name))
        return self.without_header("cookie" if location == "cookie" else name)

    def without_header(self, name: str) -> Draft:
        return replace(self, headers=tuple(pair for pair in self.headers if pair[0].lower() != name.lower()))


def draft_of(case: Case[Any]) -> Draft:
    """The parts of a request that Schemathesis generated."""
    arguments = case.as_transport_kwargs(base_url="http://localhost")
    known = ("headers", "files", "data", "json", "params", "cookies")
    sent = requests.Request(
        case.method, arguments["url"], **{name: arguments.get(name) for name in known if name in arguments}
    ).prepare()
    headers = tuple((name, value) for name, value in sent.headers.items() if name.lower() not in _OWN_HEADERS)
    body = sent.body.encode() if isinstance(sent.body, str) else sent.body
    query = parse_qsl(urlsplit(sent.url or "").query, keep_blank_values=True)
    path_values = {name: unquote(str(value)) for name, value in case.path_parameters.items()}
    return Draft(case.method.upper(), case.path, path_values, tuple(query), headers, body)
