"""Requests to the operations of a document: valid, with one thing broken, with several, damaged on the wire."""

from __future__ import annotations

import json
import string
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

from hypothesis import strategies as st

from tests.asgi import Wire

TEXTS: dict[str, list[str]] = {
    "date-time": ["2024-02-29T12:00:00Z", "2024-02-29T12:00:00", "2024-02-30T00:00:00Z", "1", "2024-02-29"],
    "date": ["2024-02-29", "2023-02-29", "2024-02-29T00:00:00", "2024-2-9"],
    "time": ["12:00:00", "12:00", "25:00", "12:00:00+02:00"],
    "duration": ["P1D", "PT1H", "3 days", "P", "12:00:00"],
    "uuid": ["12345678-1234-4678-9234-567812345678", "1234567812344678923456781234567", "x"],
    "email": ["a@example.com", "a@b", "@", "a b@example.com", "ab.example.com"],
    "uri": ["https://example.com/a?b=c", "ftp://example.com", "example.com", "http://", "http://a b"],
    "multi-host-uri": ["postgres://u:p@h:5432/d", "postgres://h", "http://h"],
    "ipv4": ["127.0.0.1", "256.0.0.1", "::1"],
    "ipv6": ["::1", "127.0.0.1", ":::"],
    "ipv4network": ["10.0.0.0/8", "10.0.0.1/8", "x"],
    "ipvanyaddress": ["::1", "127.0.0.1", "x"],
    "base64": ["aGk=", "aGk", "%"],
    "base64url": ["aGk=", "-_-_", "%"],
    "regex": ["a+", "(", "["],
    "path": ["/a/b", "a"],
}
TEXTS |= dict.fromkeys(("uuid1", "uuid3", "uuid4", "uuid5"), TEXTS["uuid"])

junk: st.SearchStrategy[Any] = st.sampled_from([
    None, True, False, 0, 1, -1, 2.0, 2.5, 10**20, "", "a", "1", "1.0", "true", "null", " 1 ", "é", [], [1], ["a", 2],
    {}, {"a": 1}, {"_sa": 1, "b": "c"}, [[]], [{}], 1e300,
])  # fmt: skip
words = st.text(string.ascii_letters + string.digits + " -_é", max_size=8)


class Requests:
    """Draws requests from a document. `risk` is how many percent of the nodes of a value are junk."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.document = document
        self.operations = [
            (method.upper(), path, operation)
            for path, item in document["paths"].items()
            for method, operation in item.items()
        ]

    @property
    def wires(self) -> st.SearchStrategy[Wire]:
        return st.sampled_from(self.operations).flatmap(self.wires_of)

    def resolve(self, node: Any) -> Any:
        while isinstance(node, Mapping) and "$ref" in node:
            target: Any = self.document
            for token in node["$ref"][2:].split("/"):
                target = target[token]
            node = target
        return node

    def wires_of(self, operation: tuple[str, str, Any]) -> st.SearchStrategy[Wire]:
        """Requests to one operation: method, path template and node of the document."""

        @st.composite
        def build(draw: st.DrawFn) -> Wire:
            method, path, node = operation
            risk = draw(st.sampled_from([0, 0, 8, 8, 40]))
            query: list[tuple[str, str]] = []
            headers: list[tuple[bytes, bytes]] = []
            cookies: list[str] = []
            for parameter in node.get("parameters", ()):
                name, place = parameter["name"], parameter["in"]
                if place != "path" and draw(st.integers(0, 99)) < (30 if not parameter["required"] else risk):
                    continue
                value = draw(self.value(parameter["schema"], risk))
                values = value if isinstance(value, list) else [value]
                texts = [text(item) for item in values]
                if risk and draw(st.integers(0, 9)) == 0:
                    texts = [*texts, draw(words)]
                if place == "path":
                    path = path.replace(f"{{{name}}}", quote(texts[0] if texts and texts[0] else "x", safe=""))
                elif place == "query":
                    query += [(name, item) for item in texts]
                elif place == "header":
                    headers += [(name.lower().encode(), item.encode("latin-1", "replace").strip()) for item in texts]
                else:
                    cookies += [f"{name}={quote(item)}" for item in texts[:1]]
            if risk and draw(st.integers(0, 5)) == 0:
                query.append((draw(st.sampled_from(["extra", "_x", ""])), draw(words)))
            if cookies:
                headers.append((b"cookie", "; ".join(cookies).encode()))
            headers += self._credentials(draw, node, query)
            body, content = self._body(draw, node.get("requestBody"), risk)
            if content is not None:
                headers.append((b"content-type", content))
            encoded = quote(path, safe="/%")
            if draw(st.integers(1, 40)) == 40:
                method = draw(st.sampled_from(["GET", "POST", "PUT", "DELETE", "PATCH"]))
            if draw(st.integers(1, 40)) == 40:
                encoded += draw(st.sampled_from(["/", "/x", "%2F"]))
            return Wire(method, encoded.encode(), urlencode(query).encode(), tuple(headers), body)

        return build()

    def _credentials(
        self, draw: st.DrawFn, node: Mapping[str, Any], query: list[tuple[str, str]]
    ) -> list[tuple[bytes, bytes]]:
        headers: list[tuple[bytes, bytes]] = []
        schemes = self.document.get("components", {}).get("securitySchemes", {})
        for requirement in node.get("security", ()):
            for name in requirement:
                scheme = schemes[name]
                if scheme["type"] == "apiKey":
                    value = draw(st.sampled_from(["k", "k", "k", "", None]))
                    if value is None:
                        continue
                    if scheme["in"] == "query":
                        query.append((scheme["name"], value))
                    elif scheme["in"] == "cookie":
                        headers.append((b"cookie", f"{scheme['name']}={value}".encode()))
                    else:
                        headers.append((scheme["name"].lower().encode(), value.encode()))
                    continue
                good = {"basic": b"Basic YTpi", "digest": b"Digest x"}.get(scheme.get("scheme", ""), b"Bearer t")
                values = [good, good, good, good, b"", b"Bearer", b"Bearer ", b"Basic", b"Basic YWI=", b"Basic %", b"x",
                          b"Basic \xc3\xa9", b"basic YTpi", b"bearer t", b"Token t", b"Digest a", None]  # fmt: skip
                if (credential := draw(st.sampled_from(values))) is not None:
                    headers.append((b"authorization", credential))
        return headers

    def _body(self, draw: st.DrawFn, node: Any, risk: int) -> tuple[bytes, bytes | None]:
        if node is None:
            return b"", None
        ((name, media_type),) = node["content"].items()
        if draw(st.integers(0, 99)) < risk / 2 or (not node.get("required") and draw(st.integers(0, 3)) == 0):
            return b"", draw(st.sampled_from([None, name.encode()]))
        value = draw(self.value(media_type["schema"], risk))
        if name == "multipart/form-data":
            return multipart(draw, value, risk)
        if name == "application/x-www-form-urlencoded":
            pairs = [
                (key, text(item))
                for key, items in (value.items() if isinstance(value, dict) else ())
                for item in (items if isinstance(items, list) else [items])
                if item is not None
            ]
            return urlencode(pairs).encode(), name.encode()
        body = json.dumps(value, ensure_ascii=draw(st.booleans())).encode()
        content = name.encode()
        if risk and draw(st.integers(0, 9)) == 0:
            content = draw(
                st.sampled_from([b"text/plain", b"application/vnd.api+json", b"application/JSON; x=y", b"", b"a"])
            )
        if risk and draw(st.integers(0, 9)) == 0:
            cut = draw(st.integers(0, len(body)))
            body = (
                body[:cut]
                + draw(st.sampled_from([b"", b"}", b",", b"\xff", b"x", b'"', b"NaN", b"\n"]))
                + body[cut + 1 :]
            )
        return body, draw(st.sampled_from([content, content, content, None])) if risk else content

    def value(self, schema: Any, risk: int, depth: int = 0) -> st.SearchStrategy[Any]:
        """Values of a schema, some of them near misses."""

        @st.composite
        def build(draw: st.DrawFn) -> Any:
            node = self.resolve(schema)
            if draw(st.integers(0, 99)) < risk / 2 or not isinstance(node, Mapping) or depth > 6:
                return draw(junk)
            if "const" in node:
                return node["const"]
            if "enum" in node:
                return draw(st.sampled_from(node["enum"]))
            for keyword in ("anyOf", "oneOf", "allOf"):
                if keyword in node:
                    return draw(self.value(draw(st.sampled_from(node[keyword])), risk, depth + 1))
            return self._typed(draw, node, risk, depth)

        return build()

    def _typed(self, draw: st.DrawFn, node: Mapping[str, Any], risk: int, depth: int) -> Any:
        kind = node.get("type")
        if kind == "object":
            return self._object(draw, node, risk, depth)
        if kind == "array":
            if "prefixItems" in node:
                items = [draw(self.value(item, risk, depth + 1)) for item in node["prefixItems"]]
                return items[: draw(st.integers(0, len(items)))] if draw(st.integers(0, 99)) < risk else items
            low = node.get("minItems", 0)
            count = draw(st.integers(low, min(node.get("maxItems", low + 2), low + 2)))
            count += draw(st.sampled_from([-1, 1, 2])) if draw(st.integers(0, 99)) < risk else 0
            return [draw(self.value(node.get("items", {}), risk, depth + 1)) for _ in range(max(count, 0))]
        if kind in ("integer", "number"):
            return self._number(draw, node, risk)
        if kind == "boolean":
            return draw(st.booleans())
        if kind == "null":
            return None
        return draw(junk) if kind is None else self._text(draw, node, risk)

    def _object(self, draw: st.DrawFn, node: Mapping[str, Any], risk: int, depth: int) -> Any:
        value: dict[str, Any] = {}
        for name, schema in node.get("properties", {}).items():
            skipped = risk if name in node.get("required", ()) else 40
            if draw(st.integers(0, 99)) >= skipped:
                value[name] = draw(self.value(schema, risk, depth + 1))
        others = node.get("additionalProperties", True)
        if "properties" in node:
            if draw(st.integers(0, 99)) < risk / 2 + 3:
                value[draw(st.sampled_from(["extra", "", "_sa_x", "é"]))] = draw(self.value(others, risk, depth + 1))
            return value
        names = st.sampled_from(["a", "ab", "1", "x y", "2024-01-01", "12345678-1234-4678-9234-567812345678", ""])
        if "propertyNames" in node:
            names = names | self.value(node["propertyNames"], 0).filter(lambda key: isinstance(key, str))
        patterns = node.get("patternProperties")
        others = next(iter(patterns.values())) if patterns else others
        return {draw(names): draw(self.value(others, risk, depth + 1)) for _ in range(draw(st.integers(0, 2)))}

    def _number(self, draw: st.DrawFn, node: Mapping[str, Any], risk: int) -> Any:
        low = node.get("minimum", node.get("exclusiveMinimum", -5))
        high = node.get("maximum", node.get("exclusiveMaximum", max(low, 0) + 10))
        if draw(st.integers(0, 99)) < risk:
            edges = [
                low - 1,
                low,
                high,
                high + 1,
                0,
                1.5,
                str(low),
                str(high),
                "1.5",
                "1e2",
                " 7",
                "0x1",
                "1_000",
                "1,5",
            ]
            return draw(st.sampled_from(edges))
        value: Any = draw(st.integers(int(low), int(high))) if int(low) <= int(high) else low
        if step := node.get("multipleOf"):
            value = round(value / step) * step
        return value + draw(st.sampled_from([0, 0.25])) if node["type"] == "number" else int(value)

    def _text(self, draw: st.DrawFn, node: Mapping[str, Any], risk: int) -> Any:
        form = str(node.get("format", ""))
        if form in TEXTS:
            return draw(st.sampled_from(TEXTS[form] if risk else TEXTS[form][:1]))
        if "pattern" in node and draw(st.integers(0, 3)):
            return draw(st.sampled_from(["abc", "ABC-1", "1", "1.5", "12.345", "password", "+3"]))
        if node.get("contentMediaType") == "application/json":
            return draw(st.sampled_from(["[1]", "{}", "[", '["a"]', "1"]))
        low, high = node.get("minLength", 0), node.get("maxLength", 8)
        value = draw(st.text(string.ascii_letters + "é ", min_size=low, max_size=max(low, min(high, low + 8))))
        if draw(st.integers(0, 99)) < risk:
            return draw(
                st.sampled_from(["", value + "x" * min(high + 1, 300), value[: max(low - 1, 0)], 5, None, "\x00"])
            )
        return value


def text(value: Any) -> str:
    """A value in a URL or a form."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)


def multipart(draw: st.DrawFn, value: Any, risk: int) -> tuple[bytes, bytes]:
    """A multipart body; a text of a form may come as a file and the other way round."""
    parts = []
    for name, items in value.items() if isinstance(value, dict) else ():
        for item in items if isinstance(items, list) else [items]:
            if item is None:
                continue
            kind = b'; filename="f.txt"' if isinstance(item, str) and draw(st.integers(0, 9)) < 7 else b""
            if risk and draw(st.integers(0, 9)) == 0:
                kind = draw(st.sampled_from([b"", b'; filename=""', b'; filename="g.bin"\r\nContent-Type: a/b']))
            disposition = b"Content-Disposition: form-data; name=" + json.dumps(name).encode() + kind
            parts.append(b"--b\r\n" + disposition + b"\r\n\r\n" + text(item).encode() + b"\r\n")
    body = b"".join(parts) + b"--b--\r\n"
    content = b"multipart/form-data; boundary=b"
    if risk and draw(st.integers(0, 9)) == 0:
        body = draw(st.sampled_from([b"", b"--b", b"x", b"--b\r\n\r\n\r\n--b--", body[:-5], body]))
        content = draw(st.sampled_from([content, b"multipart/form-data", b"application/json", content]))
    return body, content
