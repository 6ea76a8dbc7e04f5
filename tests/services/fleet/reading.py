"""How the motor pool reads requests, and the faults of a reader that got a rule wrong."""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import jsonschema_rs
import yaml
from werkzeug.datastructures import MultiDict
from werkzeug.formparser import FormDataParser
from werkzeug.http import parse_options_header

from tests.services.fleet.edits import edit_parameters, edit_schemas
from tests.services.twisting import Answered, Asked

CONTRACT = Path(__file__).with_name("openapi.yaml")
DOCUMENT: Any = yaml.safe_load(CONTRACT.read_text())
LARGEST, FILE = 1 << 18, 100_000
CODES = {
    "required": "required", "dependentRequired": "required", "type": "type", "minimum": "range", "maximum": "range",
    "exclusiveMinimum": "range", "exclusiveMaximum": "range", "multipleOf": "range", "maxLength": "length",
    "minLength": "length", "maxItems": "length", "minItems": "length", "maxProperties": "length",
    "minProperties": "length", "enum": "enum", "const": "enum", "format": "format", "pattern": "pattern",
    "additionalProperties": "extra", "uniqueItems": "unique", "propertyNames": "pattern",
}  # fmt: skip
Error = dict[str, str]


class Refused(Exception):
    """An answer that ends the handling of a request."""

    def __init__(self, answered: Answered) -> None:
        super().__init__(answered.status)
        self.answered = answered


def problem(status: int, title: str, *, headers: dict[str, str] | None = None, **more: Any) -> Answered:
    """RFC 9457."""
    content = {"type": "about:blank", "title": title, "status": status, **more}
    media = {"content-type": "application/problem+json"}
    return Answered(status, {**media, **(headers or {})}, json.dumps(content).encode())


class Reading:
    """Reads and validates; one instance has at most one fault."""

    def __init__(self, fault: str) -> None:
        self.has = fault.__eq__
        schemas = {name: for_requests(each) for name, each in DOCUMENT["components"]["schemas"].items()}
        self.parameters: dict[str, list[Any]] = {}
        for path in DOCUMENT["paths"].values():
            for operation in (each for each in path.values() if isinstance(each, dict)):
                listed = [resolved(each) for each in [*path.get("parameters", []), *operation.get("parameters", [])]]
                self.parameters[operation["operationId"]] = listed
                for media in operation.get("requestBody", {}).get("content", {}).values():
                    if "$ref" not in media["schema"]:
                        schemas[operation["operationId"]] = for_requests(media["schema"])
        schemas["addPhoto"]["properties"].pop("file")
        schemas["addPhoto"]["required"].remove("file")
        self.schemas = edit_schemas(schemas, fault)
        self.parameters = edit_parameters(self.parameters, fault)
        self._validators: dict[str, Any] = {}

    def iter_errors(self, value: Any, schema: Any) -> Iterator[Any]:
        """Of a schema, or of the component with a name."""
        key = json.dumps(schema)
        if key not in self._validators:
            top = {"$ref": f"#/components/schemas/{schema}"} if isinstance(schema, str) else for_requests(schema)
            whole = {**top, "components": {"schemas": self.schemas}}
            self._validators[key] = jsonschema_rs.Draft202012Validator(whole, validate_formats=True)
        yield from self._validators[key].iter_errors(value)

    # --- Refusals -----------------------------------------------------------------------------------------------------

    def unreadable(self, *errors: Error) -> Refused:
        if self.has("E16"):
            return Refused(problem(500, "Internal error"))
        if self.has("E15"):
            errors = tuple({**error, "parameter": "id"} if "parameter" in error else error for error in errors)
        return Refused(problem(400, "The request cannot be read", errors=[*errors]))

    def invalid(self, *errors: Error) -> Refused:
        has, listed = self.has, [{**error, "detail": f"not valid: {error['code']}"} for error in errors]
        changes: dict[str, Callable[[Error], Error]] = {
            "E01": lambda error: {**error, "pointer": ""},
            "E02": lambda error: {**error, "pointer": "/other"},
            "E03": lambda error: {**error, "code": "required"},
            "E13": lambda error: {**error, "pointer": error["pointer"].strip("/").replace("/", ".")},
            "E20": lambda error: {**error, "pointer": "/" + error["pointer"].rpartition("/")[2]},
            "E21": lambda error: {**error, "code": error["code"].upper()},
            "E22": lambda error: {**error, "pointer": re.sub(r"/[0-9]+", "/0", error["pointer"])},
            "E19": lambda error: {
                **error,
                "detail": "ERROR: syntax error at or near SELECT; psycopg2.errors.SyntaxError",
            },
        }
        for fault, change in changes.items():
            if has(fault):
                listed = [change(error) for error in listed]
        if has("E04"):
            listed = listed[:1]
        if has("E14"):
            listed = []
        if has("E07"):
            return Refused(Answered(422, {"content-type": "text/plain"}, b"invalid"))
        if has("E08"):
            return Refused(problem(500, "Internal error"))
        traced = 'Traceback (most recent call last):\n  File "/srv/app/reading.py", line 93'
        more: dict[str, Any] = {"detail": traced} if has("E09") else {}
        answered = problem(200 if has("E18") else 422, "The body is not valid", errors=listed, **more)
        if has("E05"):
            answered.body = answered.body.replace(b'"status": 422', b'"status": 500')
        if has("E06"):
            answered.body = answered.body.replace(b'"title": "The body is not valid", ', b"")
        return Refused(answered)

    # --- Bodies -------------------------------------------------------------------------------------------------------

    def json(self, asked: Asked, schema: str, media_type: str = "application/json") -> Any:
        """The valid body; refuses with 413, 415, 400 or 422."""
        has = self.has
        self.check_media_type(asked, media_type)
        if len(asked.body) > LARGEST and not has("W04"):
            raise Refused(problem(500 if has("W05") else 413, "The body is over 256 KiB"))
        body = self.coerced(self.decoded(asked.body))
        if isinstance(body, dict) and schema == "Booking":
            own = self.read_only & body.keys()
            if own and has("P23"):
                raise self.invalid({"pointer": f"/{min(own)}", "code": "extra"})
            body = {name: value for name, value in body.items() if name not in own}
        self.check(body, schema)
        return body

    read_only = frozenset({"id", "vehicle_id", "status", "created_at"})

    def check_media_type(self, asked: Asked, media_type: str) -> None:
        has, given = self.has, asked.headers.get("content-type", "")
        essence, _, parameters = given.partition(";")
        plain = essence.strip() if has("W01") else essence.strip().lower()
        lax = has("N89") or (has("N90") and asked.method == "PATCH" and plain == "application/json")
        if has("W15") and not given:
            raise Refused(problem(500, "Internal error"))
        if (plain != media_type and not lax) or (has("P28") and parameters and "multipart" not in plain):
            raise Refused(problem(500 if has("H09") else 415, "Unsupported media type"))

    def check(self, body: Any, schema: str) -> None:
        errors = [
            {"pointer": pointer(error), "code": CODES.get(str(list(error.schema_path)[-1]), "type")}
            for error in self.iter_errors(body, schema)
        ]
        if errors:
            raise self.invalid(*errors[:20])
        if self.crashes(body):
            raise Refused(problem(500, "Internal error"))
        if schema == "Booking" and not instant(body["starts_at"]) < instant(body["ends_at"]) and not self.has("N50"):
            raise self.invalid({"pointer": "/ends_at", "code": "rule"})

    def decoded(self, raw: bytes) -> Any:
        has = self.has

        def constant(name: str) -> float:
            if has("W09"):
                return 0.5
            raise ValueError(name)

        def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
            if len(dict(pairs)) != len(pairs) and not has("N91"):
                raise ValueError("a member is repeated")
            return dict(pairs)

        if has("W12") and not raw:
            raise Refused(problem(500, "Internal error"))
        if (has("W02") and raw[:3] == b"\xef\xbb\xbf") or (has("W06") and rb"\u0000" in raw):
            raise Refused(problem(500, "Internal error"))
        if has("W11") and re.search(rb"\\u[dD][89a-fA-F]", raw):
            raise Refused(problem(500, "Internal error"))
        if has("W10") and b"e400" in raw.lower():
            raise Refused(problem(500, "Internal error"))
        try:
            text = raw.decode("utf-8", "replace" if has("W08") else "strict")
            if has("W07"):
                return json.JSONDecoder(object_pairs_hook=members).raw_decode(text.strip())[0]
            body = json.loads(text, object_pairs_hook=members, parse_constant=constant)
            json.dumps(body, ensure_ascii=False, allow_nan=False).encode()
        except RecursionError:
            raise Refused(problem(500, "Internal error")) if has("W03") else self.malformed() from None
        except (ValueError, OverflowError):
            raise Refused(problem(500, "Internal error")) if has("E10") else self.malformed() from None
        return body

    def malformed(self) -> Refused:
        return self.unreadable({"pointer": "", "code": "malformed", "detail": "no JSON"})

    def coerced(self, body: Any) -> Any:
        """Faults of a lenient or of a hasty reader."""
        has = self.has
        if has("N35") and body is None:
            return {}
        if not isinstance(body, dict):
            return body
        seats, listed = body.get("seats"), body.get("features")
        if has("N29") and isinstance(seats, str) and seats.strip().isdigit():
            body["seats"] = int(seats)
        if has("N30") and isinstance(seats, bool):
            body["seats"] = int(seats)
        if has("N31") and isinstance(seats, float):
            body["seats"] = int(seats)
        if has("N32") and body.get("pooled") in ("true", "false", "yes", "no", "1", "0", 1, 0, "on", "off"):
            body["pooled"] = body["pooled"] in ("true", "yes", "1", 1, "on")
        if has("N33") and isinstance(listed, str):
            body["features"] = [listed]
        if has("N34") and isinstance(body.get("notes"), int | float):
            body["notes"] = str(body["notes"])
        if has("N06") and isinstance(body.get("class"), str):
            body["class"] = body["class"].lower()
        if has("P08") and isinstance(seats, float):
            raise self.invalid({"pointer": "/seats", "code": "type"})
        if has("P45") and {"load", "keeper", "manual"} <= body.keys():
            raise self.invalid({"pointer": "/load", "code": "rule"})
        for name in ("starts_at", "ends_at"):
            text = body.get(name)
            if has("P19") and isinstance(text, str) and not text.upper().endswith("Z"):
                raise self.invalid({"pointer": f"/{name}", "code": "format"})
            if has("P20") and isinstance(text, str) and "." in text:
                raise self.invalid({"pointer": f"/{name}", "code": "format"})
        return body

    def crashes(self, body: Any) -> bool:
        has, text = self.has, json.dumps(body, ensure_ascii=False)
        keeper = body.get("keeper") or {}
        return bool(
            (has("X01") and any(ord(letter) > 0xFFFF for letter in keeper.get("name", "")))
            or (has("X02") and body.get("seats") == 7)
            or (has("X03") and body.get("notes") == "")
            or (has("X06") and "-02-29" in text)
            or (has("X08") and body.get("features") == [])
            or (has("X09") and "'" in text)
            or (has("X10") and body.get("passengers") == 9 and len(body.get("extras", [])) == 3)
            or (has("X11") and body.get("days") == 31)
            or (has("X12") and re.search(r'"0[0-9]{3}-', text))
        )

    # --- Forms --------------------------------------------------------------------------------------------------------

    def form(self, asked: Asked) -> Any:
        has = self.has
        self.check_media_type(asked, "application/x-www-form-urlencoded")
        if len(asked.body) > LARGEST:
            raise Refused(problem(413, "The body is over 256 KiB"))
        text = asked.body.decode("latin-1")
        given = MultiDict(pairs(text))
        if has("D04"):
            given = MultiDict((part.partition("=")[0], part.partition("=")[2]) for part in text.split("&"))
        return self.fields(given, "quote")

    def fields(self, given: MultiDict[str, str], schema: str) -> Any:
        properties, body = self.schemas[schema]["properties"], dict[str, Any]()
        for name in given:
            of = self.of(properties.get(name, {}))
            values = given.getlist(name)
            if of.get("type") == "array":
                body[name] = [converted(text, self.of(of["items"])) for text in values]
            elif len(values) > 1:
                raise self.invalid({"pointer": f"/{name}", "code": "unique"})
            else:
                body[name] = converted(values[0], of)
                if self.has("N83") and name == "express" and not isinstance(body[name], bool):
                    body[name] = bool(values[0])
        self.check(body, schema)
        return body

    def upload(self, asked: Asked) -> tuple[Any, bytes, str]:
        """Fields, the file and its media type."""
        has = self.has
        essence, options = parse_options_header(asked.headers.get("content-type"))
        if has("F14") and essence == "application/x-www-form-urlencoded":
            return self.fields(MultiDict(pairs(asked.body.decode("latin-1"))), "addPhoto"), b"", "image/png"
        if essence != "multipart/form-data":
            raise Refused(problem(500 if has("H09") else 415, "multipart/form-data, please"))
        if len(asked.body) > 300_000 + FILE:
            raise Refused(problem(413, "The body is too large"))
        try:
            parser = FormDataParser(silent=False)
            _, given, files = parser.parse(BytesIO(asked.body), essence, len(asked.body), options)
        except Exception:  # whatever werkzeug raises, a form is not readable
            raise Refused(problem(500, "Internal error")) if has("W13") else self.malformed() from None
        data, media_type, name = b"", "image/png", ""
        file = files.get("file")
        if file is not None:
            data, media_type, name = file.read(), file.mimetype, file.filename or ""
        for each in files.values():
            each.close()
        if file is None and has("F02"):
            raise Refused(problem(500, "Internal error"))
        if file is None and not has("F01"):
            raise self.invalid({"pointer": "/file", "code": "required"})
        if media_type not in ({"image/png"} if has("P42") else {"image/png", "image/jpeg"}):
            if not has("F04"):
                raise Refused(problem(415, "PNG or JPEG"))
            media_type = "image/png"
        if len(data) > FILE and not has("F03"):
            raise Refused(problem(500 if has("F13") else 413, "The file is too large"))
        if (has("F12") and not data) or (has("F09") and not name.isascii()):
            raise Refused(problem(500, "Internal error"))
        return self.fields(given, "addPhoto"), data, media_type

    # --- Parameters ---------------------------------------------------------------------------------------------------

    def arguments(self, operation: str, asked: Asked, path: dict[str, str]) -> dict[str, Any]:
        """Valid values of all parameters by name, with their defaults; refuses with 400."""
        has, query, errors, values = self.has, asked.query, [], {}
        if has("D05"):
            query = query.replace("%2D", "%252D").replace("%2d", "%252D")
        if has("D07"):
            query = query.replace("%2B", "+").replace("%2b", "+")
        given = MultiDict(pairs(query))
        if has("D08"):
            given = MultiDict((k, v) for k, v in given.items(multi=True) if "[" not in k or "[" in query)
        for parameter in self.parameters[operation]:
            name, schema = parameter["name"], self.of(parameter["schema"])
            value, is_repeated = self.argument(parameter, schema, given, asked, path)
            if value is None:
                if "default" in schema:
                    values[name] = schema["default"]
                continue
            problems = list(self.iter_errors(value, parameter["schema"]))
            if is_repeated and not has("N71"):
                errors.append({"parameter": name, "code": "unique", "detail": "given more than once"})
            elif problems and has("N62") and name == "limit" and isinstance(value, str):
                value = 25
            elif problems:
                if (has("E12") and name == "cursor") or (has("E17") and name == "vehicle_id"):
                    raise Refused(problem(500, "Internal error"))
                if has("N95") and name == "vehicle_id":
                    raise Refused(problem(404, "No such vehicle"))
                code = CODES.get(str(list(problems[0].schema_path)[-1]), "type")
                errors.append({"parameter": name, "code": code, "detail": "not valid"})
            if has("X04") and name == "limit" and value == 13:
                raise Refused(problem(500, "Internal error"))
            values[name] = value
        if errors:
            raise self.unreadable(*errors)
        return values

    def argument(
        self, parameter: Any, schema: Any, given: MultiDict[str, str], asked: Asked, path: dict[str, str]
    ) -> tuple[Any, bool]:
        name = parameter["name"]
        if parameter["in"] == "path":
            return converted(path[name], schema), False
        if parameter["in"] == "header":
            text = asked.headers.get(name.lower())
            return (None if text is None else converted(text, schema)), False
        if parameter.get("style") == "deepObject":
            inner = {key[len(name) + 1 : -1]: key for key in given if key.startswith(f"{name}[") and key.endswith("]")}
            properties = schema["properties"]
            value = {each: converted(given[key], properties.get(each, {})) for each, key in inner.items()}
            return value or None, any(len(given.getlist(key)) > 1 for key in inner.values())
        texts = given.getlist(name)
        if not texts:
            return None, False
        if schema.get("type") != "array":
            return converted(texts[0], schema), len(texts) > 1
        if parameter.get("explode", True):
            return texts, False
        return texts[0].split(","), len(texts) > 1

    def of(self, schema: Any) -> Any:
        """The schema that a reference names."""
        if "$ref" not in schema:
            return schema
        found = self.schemas[schema["$ref"].rpartition("/")[2]]
        return {**found, **{name: value for name, value in schema.items() if name != "$ref"}}


def pairs(text: str) -> list[tuple[str, str]]:
    return parse_qsl(text, keep_blank_values=True, errors="replace")


def instant(text: str) -> Any:
    """A date-time, comparable with others; leap seconds count as the second before."""
    fixed = re.sub(r":60(?=[.Zz+-])", ":59", text.upper().replace(" ", "T").replace("Z", "+00:00"))
    fixed = re.sub(r"(\.[0-9]{6})[0-9]+", r"\1", fixed)
    try:
        found = datetime.datetime.fromisoformat(fixed)
        return found if found.tzinfo else found.replace(tzinfo=datetime.UTC)
    except ValueError:
        return datetime.datetime.min.replace(tzinfo=datetime.UTC)


def converted(text: str, schema: Any) -> Any:
    """The value that a text stands for, or the text where it stands for none of the type."""
    if schema.get("type") == "integer" and re.fullmatch("-?[0-9]{1,18}", text):
        return int(text)
    if schema.get("type") == "number" and re.fullmatch(r"-?[0-9]{1,18}(\.[0-9]{1,18})?([eE][+-]?[0-9]{1,2})?", text):
        return float(text)
    if schema.get("type") == "boolean" and text in ("true", "false"):
        return text == "true"
    return text


def resolved(parameter: Any) -> Any:
    if "$ref" not in parameter:
        return parameter
    return DOCUMENT["components"]["parameters"][parameter["$ref"].rpartition("/")[2]]


def pointer(error: Any) -> str:
    """Of the member that is not valid, missing or not allowed."""
    path = "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in error.instance_path)
    keyword = str(list(error.schema_path)[-1])
    if keyword in {"required", "dependentRequired", "additionalProperties"} and (
        match := re.search(r"""['"]([^'"]+)['"] (?:is a required|was unexpected)""", error.message)
    ):
        path += f"/{match[1]}"
    return path


def for_requests(schema: Any) -> Any:
    """The same for requests: read-only members are taken away before, and a discriminator names the branch."""
    if isinstance(schema, list):
        return [for_requests(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    changed = {name: for_requests(value) for name, value in schema.items()}
    properties = changed.get("properties")
    if isinstance(properties, dict):
        hidden = {name for name, each in properties.items() if isinstance(each, dict) and each.get("readOnly")}
        changed["properties"] = {name: each for name, each in properties.items() if name not in hidden}
        if "required" in changed:
            changed["required"] = [name for name in changed["required"] if name not in hidden]
    if isinstance(told := changed.pop("discriminator", None), dict):
        name, mapping = told["propertyName"], told["mapping"]
        del changed["oneOf"]
        changed |= {"type": "object", "required": [name], "properties": {name: {"enum": [*mapping]}}}
        changed["allOf"] = [
            {"if": {"properties": {name: {"const": value}}, "required": [name]}, "then": {"$ref": reference}}
            for value, reference in mapping.items()
        ]
    return changed
