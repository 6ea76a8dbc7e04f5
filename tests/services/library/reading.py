"""How the media library reads requests, and the faults of a reader that got a rule wrong."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import jsonschema_rs
import yaml
from flask import Response, request
from werkzeug.datastructures import MultiDict

CONTRACT = Path(__file__).with_name("openapi.yaml")
DOCUMENT: Any = yaml.safe_load(CONTRACT.read_text())
KINDS = ("image", "video", "audio", "other")
LIMIT = 300_000
FILE = 200_000


class Refused(Exception):
    """An answer that ends the handling of a request."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status_code)
        self.response = response


def answer(status: int, content: Any, headers: Mapping[str, str] | None = None) -> Response:
    body = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return Response(body, status, headers, mimetype="application/json")


def error(status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> Response:
    return answer(status, {"error": {"code": code, "message": message}}, headers)


class Reading:
    """Reads and validates; one instance has at most one fault."""

    def __init__(self, fault: str) -> None:
        self.has = fault.__eq__
        document = modern(copy.deepcopy(DOCUMENT))
        schemas = document["components"]["schemas"]
        for name, path in (("Bulk", "/assets/bulk"), ("ExportIn", "/exports")):
            body = document["paths"][path]["post"]["requestBody"]
            schemas[name] = body["content"]["application/json"]["schema"]
        form = document["paths"]["/assets"]["post"]["requestBody"]["content"]["multipart/form-data"]["schema"]
        schemas["Upload"] = {**form, "properties": {k: v for k, v in form["properties"].items() if k != "file"}}
        schemas["Upload"]["required"] = ["title"]
        edit(schemas, fault)
        self.validators = {
            name: jsonschema_rs.Draft202012Validator(
                {"$ref": f"#/components/schemas/{name}", "components": {"schemas": schemas}}, validate_formats=True
            )
            for name in ("Bulk", "ExportIn", "Upload", "AssetPatch", "Rule", "Resize", "Watermark", "Retitle", "Remove")
        }

    def invalid(self, *fields: str) -> Refused:
        has, listed = self.has, [{"field": field, "message": f"{field or 'the body'} is not valid"} for field in fields]
        status = 422
        if has("E01"):
            listed = [{**each, "field": ""} for each in listed]
        if has("E02"):
            listed = [{**each, "field": "title" if each["field"] != "title" else "kind"} for each in listed]
        if has("E03"):
            listed = listed[:1]
        if has("E04"):
            return Refused(error(422, "invalid", "not valid"))
        if has("E05"):
            status = 400
        if has("E06"):
            return Refused(Response("<html><body>Unprocessable Entity</body></html>", 422, mimetype="text/html"))
        if has("E07"):
            status = 200
        if has("E08"):
            return Refused(error(500, "internal", "KeyError: 'title'"))
        if has("E09"):
            listed = []
        if has("E10"):
            listed = [
                {**each, "message": "sqlalchemy.exc.DataError: (psycopg2.errors) value too long"} for each in listed
            ]
        if has("E11") and request.method == "PATCH":
            status = 400
        content = {"error": {"code": "invalid", "message": "not valid", "fields": listed}}
        return Refused(answer(status, content))

    def raw(self, media_type: str) -> bytes:
        has, given = self.has, request.mimetype
        if given != media_type and not (has("N01") and given != "multipart/form-data"):
            raise Refused(error(500 if has("H09") else 415, "media_type", "another media type"))
        if has("W01") and not request.headers["content-type"].startswith(media_type):
            raise Refused(error(415, "media_type", "another media type"))
        raw = request.get_data()
        if len(raw) > (FILE if "octet" in media_type else LIMIT) and not has("W02"):
            raise Refused(error(500 if has("W03") else 413, "size", "too large"))
        return raw

    def json(self, schema: str) -> Any:
        """The valid body."""
        has, raw = self.has, self.raw("application/json")

        def constant(name: str) -> float:
            if has("W04"):
                return 0.5
            raise ValueError(name)

        def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
            if len(dict(pairs)) != len(pairs) and not has("W05"):
                raise ValueError("a member is repeated")
            return dict(pairs)

        try:
            if has("W06") and raw[:3] == b"\xef\xbb\xbf":
                raise Refused(error(500, "internal", "bom"))
            body = json.loads(raw.decode(), object_pairs_hook=members, parse_constant=constant)
            json.dumps(body, ensure_ascii=False, allow_nan=False).encode()
        except RecursionError:
            raise Refused(error(500, "internal", "depth")) if has("W07") else self.invalid("") from None
        except (ValueError, OverflowError):
            raise Refused(error(500, "internal", "json")) if has("E12") else self.invalid("") from None
        return self.valid(self.coerced(body), schema)

    def valid(self, body: Any, schema: str) -> Any:
        """The same value; refuses with 422. A value of one of several kinds is held against the one that it names."""
        if schema == "Rule" and isinstance(body, dict) and body.get("type") in ("resize", "watermark"):
            schema = body["type"].capitalize()
        problems = list(self.validators[schema].iter_errors(body))
        if problems:
            raise self.invalid(*dict.fromkeys(field_of(problem) for problem in problems[:10]))
        if self.crashes(body):
            raise Refused(error(500, "internal", "crash"))
        return body

    def coerced(self, body: Any) -> Any:
        has = self.has
        if has("N02") and body is None:
            return {}
        if not isinstance(body, dict):
            return body
        for name in ("width", "height"):
            if has("N03") and isinstance(body.get(name), str) and body[name].isdigit():
                body[name] = int(body[name])
            if has("N04") and isinstance(body.get(name), float) and 16 <= body[name] <= 4096:
                body[name] = int(body[name])
        if has("N05") and isinstance(body.get("wait"), int | str):
            body["wait"] = bool(body["wait"])
        if has("N06") and isinstance(body.get("format"), str):
            body["format"] = body["format"].lower()
        if has("N07") and isinstance(body.get("title"), int | float):
            body["title"] = str(body["title"])
        if has("N08") and isinstance(body.get("tags"), str):
            body["tags"] = []
        if has("N09") and isinstance(body.get("type"), str):
            body["type"] = body["type"].strip().lower()
        if has("P01") and body.get("rating", 1) is None:
            raise self.invalid("rating")
        if has("P02") and isinstance(body.get("width"), float):
            raise self.invalid("width")
        if has("P03") and len(body) > 2 and "title" in body and "tags" in body:
            raise self.invalid("title")
        return body

    def crashes(self, body: Any) -> bool:
        has, title = self.has, str(body.get("title", ""))
        return bool(
            (has("X01") and any(ord(letter) > 0xFFFF for letter in title))
            or (has("X02") and body.get("width") == body.get("height") and "width" in body)
            or (has("X03") and body.get("alt") == "")
            or (has("X04") and body.get("rating") == 0)
            or (has("X05") and "'" in title + str(body.get("text", "")))
            or (has("X06") and body.get("tags") == [])
        )

    # --- Parameters ---------------------------------------------------------------------------------------------------

    def number(self, field: str, text: str) -> int:
        """An id in a path."""
        if re.fullmatch("[0-9]{1,400}", text) and int(text) >= 1:
            return int(text)
        if self.has("E13"):
            raise Refused(error(500, "internal", f"invalid literal for int() with base 10: {text!r}"))
        raise self.invalid(field)

    def search(self) -> dict[str, Any]:
        has, given = self.has, request.args
        query: dict[str, Any] = {
            "offset": self.integer(given, "offset", 0, 10**15, 0),
            "limit": self.integer(
                given, "limit", 0 if has("N11") else 1, 51 if has("N12") else 50, 20 if has("G06") else 10
            ),
        }
        kinds = given.getlist("kind")
        if has("G07"):
            kinds = kinds[:1]
        if any(kind not in KINDS for kind in kinds) and not has("N13"):
            raise self.invalid("kind")
        tags = [tag for text in given.getlist("tags") for tag in text.split(",")] if "tags" in given else []
        if (len(tags) > 4 or any(not re.fullmatch("[a-z0-9-]{1,16}", tag) for tag in tags)) and not has("N14"):
            raise self.invalid("tags")
        sizes = {name: given[name] for name in given if name.startswith("size[")}
        if any(name not in {"size[min]", "size[max]"} for name in sizes) and not has("N15"):
            raise self.invalid("size")
        for bound in ("min", "max"):
            query[bound] = self.integer(given, f"size[{bound}]", 0, 10**15, None)
        return {**query, "kinds": kinds, "tags": tags}

    def integer(self, given: MultiDict[str, str], name: str, low: int, high: int, default: int | None) -> Any:
        has, values = self.has, given.getlist(name)
        if not values:
            return default
        if len(values) > 1 and not has("N16"):
            raise self.invalid(name)
        text = values[0]
        if has("N17") and not re.fullmatch("-?[0-9]{1,16}", text):
            return default
        if has("X07") and text == "" and name == "offset":
            raise Refused(error(500, "internal", "empty"))
        if not re.fullmatch("-?[0-9]{1,16}", text) or not low <= int(text) <= high:
            if has("N18") and name == "offset" and text.startswith("-"):
                return 0
            raise self.invalid(name.partition("[")[0])
        if has("P04") and name == "limit" and int(text) == 50:
            raise self.invalid(name)
        return int(text)


def field_of(problem: jsonschema_rs.ValidationError) -> str:
    """`changes.0.title`, with the name of the member that is missing or not allowed."""
    path = [str(part) for part in problem.instance_path]
    if match := re.search(r"'(\w+)' (?:is a required|was unexpected)|\"(\w+)\" is a required", problem.message):
        path.append(match[1] or match[2])
    return ".".join(path)


def modern(schema: Any) -> Any:
    """OpenAPI 3.0's dialect as JSON Schema 2020-12."""
    if isinstance(schema, list):
        return [modern(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    changed = {name: modern(value) for name, value in schema.items()}
    if changed.pop("nullable", None) is True:
        changed["type"] = [changed["type"], "null"]
    if changed.get("exclusiveMinimum") is True:
        changed["exclusiveMinimum"] = changed.pop("minimum")
    return changed


def edit(schemas: Any, fault: str) -> None:
    """The faults of a validator that was given slightly other rules."""
    resize, mark, patch, upload = (
        schemas[name]["properties"] for name in ("Resize", "Watermark", "AssetPatch", "Upload")
    )
    extra, tags = "additionalProperties", schemas["Tags"]
    edits: dict[str, Callable[[], Any]] = {
        "N20": lambda: schemas["Resize"].pop(extra),
        "N21": lambda: resize["width"].pop("minimum"),
        "N22": lambda: resize["height"].update(maximum=4097),
        "N23": lambda: mark["opacity"].update(exclusiveMinimum=-1),
        "N24": lambda: mark["color"].update(pattern="#[0-9A-Fa-f]{6}"),
        "N25": lambda: mark["text"].update(maxLength=31),
        "N26": lambda: patch["rating"].pop("multipleOf"),
        "N27": lambda: patch["rating"].update(maximum=10),
        "N28": lambda: tags.pop("uniqueItems"),
        "N29": lambda: tags["items"].pop("pattern"),
        "N30": lambda: tags.update(maxItems=5),
        "N31": lambda: upload["title"].pop("maxLength"),
        "N32": lambda: upload["kind"].update({"$ref": "#/components/schemas/Text"}),
        "N33": lambda: schemas["AssetPatch"].pop(extra),
        "N34": lambda: schemas["AssetPatch"].pop("minProperties"),
        "N35": lambda: schemas["Bulk"]["properties"]["changes"].pop("minItems"),
        "N36": lambda: schemas["Bulk"]["properties"]["changes"].update(maxItems=11),
        "N37": lambda: schemas["Resize"].update(required=["type", "width"]),
        "N38": lambda: patch["title"].update(type=["string", "null"]),
        "N39": lambda: schemas["Remove"].pop(extra),
        "N40": lambda: schemas["ExportIn"]["properties"]["format"].pop("enum"),
        "N41": lambda: upload["alt"].pop("maxLength"),
        "P10": lambda: resize["width"].update(minimum=17),
        "P11": lambda: resize["height"].update(maximum=4095),
        "P12": lambda: mark["color"].update(type="string"),
        "P13": lambda: mark["color"].update(pattern="^#[0-9a-f]{6}$"),
        "P14": lambda: mark["opacity"].update(exclusiveMaximum=1),
        "P15": lambda: patch["alt"].update(type="string"),
        "P16": lambda: patch["rating"].update(minimum=0.5),
        "P17": lambda: tags.update(maxItems=3),
        "P18": lambda: tags["items"].update(pattern="^[a-z0-9-]{1,15}$"),
        "P19": lambda: upload["title"].update(maxLength=49),
        "P20": lambda: schemas["Kind"].update(enum=["image", "video", "audio"]),
        "P21": lambda: schemas["Bulk"]["properties"]["changes"].update(maxItems=9),
        "P22": lambda: schemas["ExportIn"].update(required=["format", "wait"]),
        "P23": lambda: mark["text"].update(pattern="^[ -~]*$"),
        "P24": lambda: upload.update(alt={"type": "string", "minLength": 1, "maxLength": 100}),
    }
    schemas["Text"] = {"type": "string"}
    if fault in edits:
        edits[fault]()
