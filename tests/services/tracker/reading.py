"""How the tracker reads requests: JSON, schemas and parameters, and the faults of a reader that got a rule wrong."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema_rs
import yaml
from starlette.requests import Request
from starlette.responses import Response

CONTRACT = Path(__file__).with_name("openapi.yaml")
DOCUMENT: Any = yaml.safe_load(CONTRACT.read_text())
MIB = 1 << 20
CODES = {
    "required": "required", "type": "type", "minimum": "range", "maximum": "range", "exclusiveMinimum": "range",
    "maxLength": "length", "minLength": "length", "maxItems": "length", "maxProperties": "length",
    "minProperties": "length", "enum": "enum", "format": "format", "pattern": "pattern",
    "additionalProperties": "extra", "uniqueItems": "unique",
}  # fmt: skip


class Refused(Exception):
    """An answer that ends the handling of a request."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status_code)
        self.response = response


def problem(status: int, title: str, headers: dict[str, str] | None = None, **more: Any) -> Response:
    """RFC 9457."""
    content = {"type": "about:blank", "title": title, "status": status, **more}
    return Response(json.dumps(content).encode(), status, headers, "application/problem+json")


def changed(response: Response, old: bytes, new: bytes) -> bytes:
    return bytes(response.body).replace(old, new)


class Reading:
    """Reads and validates; one instance has at most one fault."""

    def __init__(self, fault: str) -> None:
        self.has = fault.__eq__
        self.nulls = itertools.count()
        schemas = json.loads(json.dumps(DOCUMENT["components"]["schemas"]))
        transition = DOCUMENT["paths"]["/projects/{project_id}/tasks/{task_id}/transition"]["post"]["requestBody"]
        schemas["Transition"] = json.loads(json.dumps(transition["content"]["application/json"]["schema"]))
        edit(schemas, fault)
        self.validators = {
            name: jsonschema_rs.Draft202012Validator(
                {"$ref": f"#/components/schemas/{name}", "components": {"schemas": schemas}}, validate_formats=True
            )
            for name in ("ProjectIn", "ProjectPatch", "TaskIn", "TaskPatch", "Transition")
        }

    def invalid(self, *errors: dict[str, str]) -> Refused:
        has, listed = self.has, [{**error, "message": f"not valid: {error['code']}"} for error in errors]
        status, more = 400, {}
        if has("E01"):
            listed = [{**error, "pointer": ""} if "pointer" in error else error for error in listed]
        if has("E02"):
            listed = [{**error, "pointer": "/other"} if "pointer" in error else error for error in listed]
        if has("E03"):
            listed = [{**error, "code": "required"} for error in listed]
        if has("E04"):
            listed = listed[:1]
        if has("E07"):
            return Refused(Response(b"invalid", 400, media_type="text/plain"))
        if has("E08"):
            return Refused(problem(500, "Internal error"))
        if has("E09"):
            more = {"detail": 'Traceback (most recent call last):\n  File "/srv/app/reading.py", line 93, in body'}
        if has("E13"):
            listed = [
                {k: v.replace("/", ".").strip(".") if k == "pointer" else v for k, v in e.items()} for e in listed
            ]
        if has("E14"):
            listed = []
        if has("E15"):
            listed = [{**error, "parameter": "id"} if "parameter" in error else error for error in listed]
        if has("S03"):
            status = 422
        if has("S12"):
            status = 200
        response = problem(status, "The request is not valid", None, errors=listed, **more)
        if has("E05"):
            response = problem(400, "The request is not valid", None, errors=listed)
            response = Response(changed(response, b'"status": 400', b'"status": 500'), 400, None, response.media_type)
        if has("E06"):
            body = changed(response, b'"title": "The request is not valid", ', b"")
            response = Response(body, 400, None, response.media_type)
        return Refused(response)

    async def body(self, request: Request, schema: str, media_type: str = "application/json") -> tuple[Any, bytes]:
        """The valid body and its bytes; refuses with 413, 415 or 400."""
        has, given = self.has, request.headers.get("content-type", "")
        essence, _, parameters = given.partition(";")
        plain = essence.strip() if has("W01") else essence.strip().lower()
        if (plain != media_type and not has("N34")) or (has("P18") and parameters):
            raise Refused(problem(500 if has("H09") else 415, "Unsupported media type"))
        raw = await request.body()
        if len(raw) > MIB and not has("W04"):
            raise Refused(problem(500 if has("W05") else 413, "The body is over 1 MiB"))
        body = self.coerced(self.decoded(raw))
        errors = [
            {"pointer": pointer(error), "code": CODES.get(str(list(error.schema_path)[-1]), "type")}
            for error in self.validators[schema].iter_errors(body)
        ]
        if errors:
            raise self.invalid(*errors[:20])
        if self.crashes(body):
            raise Refused(problem(500, "Internal error"))
        self.check_rules(body)
        return body, raw

    def decoded(self, raw: bytes) -> Any:
        has = self.has

        def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
            if len(dict(pairs)) != len(pairs) and not has("N32"):
                raise ValueError("a member is repeated")
            return dict(pairs)

        def constant(name: str) -> float:
            if has("W09"):
                return 1.0
            raise ValueError(name)

        try:
            if has("W02") and raw.startswith(b"\xef\xbb\xbf"):
                raise Refused(problem(500, "Internal error"))
            text = raw.decode("utf-8", "replace" if has("W08") else "strict")
            if has("W07"):
                body, _ = json.JSONDecoder(object_pairs_hook=members, parse_constant=constant).raw_decode(text.lstrip())
            else:
                body = json.loads(text, object_pairs_hook=members, parse_constant=constant)
            json.dumps(body, ensure_ascii=False, allow_nan=False).encode()  # refuses lone surrogates and 1e400
        except RecursionError:
            raise Refused(problem(500, "Internal error")) if has("W03") else self.malformed() from None
        except (ValueError, OverflowError):
            infinite = has("W10") and b"e400" in raw
            surrogate = has("W11") and b"\\ud" in raw.lower()
            crash = has("E10") or infinite or surrogate
            raise Refused(problem(500, "Internal error")) if crash else self.malformed() from None
        if has("W06") and b"\\u0000" in raw:
            raise Refused(problem(500, "Internal error"))
        return body

    def malformed(self) -> Refused:
        return self.invalid({"pointer": "", "code": "json"})

    def coerced(self, body: Any) -> Any:
        has = self.has
        if has("N22") and body is None:
            return {"key": f"NULL{next(self.nulls) % 10**5}", "name": "null"}
        if not isinstance(body, dict):
            return body
        budget, to = body.get("budget"), body.get("to")
        if has("N01") and "key" in body:
            body.setdefault("name", "untitled")
        if has("N26") and not body.keys() & {"key", "to"}:
            body.setdefault("title", "untitled")
        if has("N19") and isinstance(body.get("description"), int | float):
            body["description"] = str(body["description"])
        if has("N20") and isinstance(budget, str) and budget.strip().isdigit():
            body["budget"] = int(budget)
        if has("N21") and isinstance(budget, bool):
            body["budget"] = int(budget)
        if has("N39") and isinstance(to, str):
            body["to"] = to.strip()
        if has("N40") and isinstance(body.get("urgent"), str):
            body["urgent"] = body["urgent"].lower() in {"true", "1", "yes"}
        if has("N41") and isinstance(body.get("labels"), str):
            body["labels"] = [body["labels"][:20] or "x"]
        if has("N42") and isinstance(budget, float) and 0 <= budget < 10**9:
            body["budget"] = int(budget)
        return body

    def crashes(self, body: Any) -> bool:
        has, name = self.has, body.get("name", "") or ""
        return bool(
            (has("X01") and any(ord(letter) > 0xFFFF for letter in name))
            or (has("X02") and body.get("points") == 5)
            or (has("X03") and body.get("description") == "")
            or (has("X06") and str(body.get("starts_on")).endswith("02-29"))
            or (has("X08") and body.get("labels") == [])
            or (has("X09") and body.get("visibility") == "public" and body.get("budget") == 0)
        )

    def check_rules(self, body: Any) -> None:
        """Faults that refuse what is valid, where no keyword says it."""
        has = self.has
        if has("P10") and not str(body.get("name", "")).isascii():
            raise self.invalid({"pointer": "/name", "code": "pattern"})
        if has("P16") and "key" not in body and "title" not in body and len(body) == 2:
            raise self.invalid({"pointer": "", "code": "length"})
        if has("P17") and body.get("done_ratio") == 1:
            raise self.invalid({"pointer": "/done_ratio", "code": "range"})

    def query(self, request: Request) -> dict[str, Any]:
        """The parameters of the list of projects."""
        has, given = self.has, request.query_params
        query: dict[str, Any] = {}
        allowed = {"status": ["active", "archived"], "sort": ["name", "-name", "created_at", "-created_at"]}
        for name in ("status", "q", "sort", "limit", "cursor"):
            values = given.getlist(name)
            if not values:
                continue
            if len(values) > 1 and not has("N43"):
                raise self.invalid({"parameter": name, "code": "type"})
            query[name] = values[0]
        for name, values in allowed.items():
            tolerant = has("N29") if name == "sort" else has("N30")
            if name in query and (query[name] not in values or (has("P12") and query[name] == "-name")):
                if not tolerant:
                    raise self.invalid({"parameter": name, "code": "enum"})
                del query[name]
        if "q" in query and not (0 if has("N44") else 1) <= len(query["q"]) <= 40:
            raise self.invalid({"parameter": "q", "code": "length"})
        if has("X07") and "%" in query.get("q", ""):
            raise Refused(problem(500, "Internal error"))
        if "limit" in query:
            query["limit"] = self.limit(query["limit"])
        return query

    def limit(self, text: str) -> int:
        has = self.has
        if not text.isascii() or not text.removeprefix("-").isdigit() or len(text) > 18:
            raise self.invalid({"parameter": "limit", "code": "type"})
        value = int(text)
        if has("X04") and value == 7:
            raise Refused(problem(500, "Internal error"))
        lowest, highest = 0 if has("N27") else 1, 101 if has("N28") else 99 if has("P11") else 100
        if not lowest <= value <= highest:
            raise self.invalid({"parameter": "limit", "code": "range"})
        return value

    def state(self, request: Request) -> str | None:
        values = request.query_params.getlist("state")
        if values and (len(values) > 1 or values[0] not in {"todo", "doing", "done"}):
            if self.has("N45"):
                return None
            raise self.invalid({"parameter": "state", "code": "enum"})
        return values[0] if values else None


def pointer(error: jsonschema_rs.ValidationError) -> str:
    path = [str(part).replace("~", "~0").replace("/", "~1") for part in error.instance_path]
    return "".join(f"/{part}" for part in path)


def edit(schemas: Any, fault: str) -> None:
    """The faults of a validator that was given slightly other rules."""
    project, patch, task = (schemas[name]["properties"] for name in ("ProjectIn", "ProjectPatch", "TaskIn"))
    extra, state = "additionalProperties", schemas["State"]
    edits: dict[str, Callable[[], Any]] = {
        "N01": lambda: schemas["ProjectIn"].update(required=["key"]),
        "N02": lambda: schemas["ProjectIn"].pop(extra),
        "N03": lambda: project["name"].pop("minLength"),
        "N04": lambda: project["name"].update(maxLength=61),
        "N05": lambda: project["visibility"].update(enum=["private", "team", "public", "PUBLIC", "Public", "TEAM"]),
        "N06": lambda: project["visibility"].pop("enum"),
        "N07": lambda: project["budget"].pop("minimum"),
        "N08": lambda: project["budget"].update(maximum=1_000_000_001),
        "N09": lambda: project["weight"].update(minimum=0) or project["weight"].pop("exclusiveMinimum"),
        "N10": lambda: project["weight"].pop("maximum"),
        "N11": lambda: project["starts_on"].pop("format"),
        "N12": lambda: schemas["Email"].pop("format"),
        "N13": lambda: schemas["Labels"].pop("uniqueItems"),
        "N14": lambda: schemas["Labels"].update(maxItems=6),
        "N15": lambda: schemas["Labels"]["items"].pop("minLength"),
        "N16": lambda: schemas["Settings"].update(maxProperties=4),
        "N17": lambda: schemas["Settings"].pop(extra),
        "N18": lambda: project["key"].update(pattern="^[A-Z][A-Z0-9]{1,9}"),
        "N23": lambda: patch["name"].update(type=["string", "null"]),
        "N24": lambda: schemas["ProjectPatch"].pop(extra),
        "N25": lambda: task["points"].update(enum=[1, 2, 3, 4, 5, 8, 13, None]),
        "N35": lambda: project.update(status={}, version={}, id={}),
        "N36": lambda: state.pop("enum"),
        "N38": lambda: schemas["ProjectPatch"].pop("minProperties"),
        "N46": lambda: schemas["Owner"].pop("required"),
        "N47": lambda: schemas["Owner"].pop(extra),
        "N48": lambda: task["done_ratio"].update(maximum=100),
        "N49": lambda: patch["budget"].update(minimum=-1),
        "P01": lambda: project["key"].update(pattern="^[A-Z][A-Z0-9]{1,8}$"),
        "P02": lambda: project["name"].update(maxLength=59),
        "P03": lambda: project["description"].update(type="string"),
        "P04": lambda: project["visibility"].update(enum=["private", "team"]),
        "P05": lambda: project["budget"].update(minimum=1),
        "P06": lambda: project["weight"].update(maximum=9.999),
        "P07": lambda: schemas["Labels"].update(minItems=1),
        "P08": lambda: schemas["ProjectIn"].update(required=["key", "name", "owner"]),
        "P09": lambda: schemas["Labels"].update(maxItems=4),
        "P13": lambda: task["points"].update(enum=[1, 2, 3, 5, 8, None]),
        "P14": lambda: task["points"].update(enum=[1, 2, 3, 5, 8, 13]),
        "P15": lambda: task["due"].update(pattern="Z$"),
        "P19": lambda: schemas["Settings"].update(minProperties=1),
        "P20": lambda: patch["budget"].update(type="integer"),
        "P21": lambda: schemas["Settings"].update(additionalProperties={"type": "integer", "minimum": 0}),
    }
    if fault in edits:
        edits[fault]()
