"""How many documents of a folder load and serve, and what each operation answers to a good and to bad requests.

    .venv/bin/python benchmarks/serving_corpus.py FOLDER [--operations 30] [--every 1] [--show]

The folder is searched for JSON and YAML, each document in a process of its own. The good request is generated from the
document's schemas: a 4xx to it is a false rejection, unless the document contradicts itself. Bad ones are a truncated
body, a mis-declared one and no credentials. A traceback or a 5xx other than 501 is a defect.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import sys
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from mockserver import Headers, MockEngine, Request, SpecError, load_spec
from mockserver.generation import Generator
from mockserver.routing import split_conditions
from mockserver.spec import Operation, Parameter, Spec
from mockserver.types import is_json

TIMEOUT = 120.0
"""Seconds for one document."""


def text(value: Any) -> str:
    if isinstance(value, list):
        return ",".join(map(text, value))
    if isinstance(value, dict):
        return ",".join(f"{key},{text(entry)}" for key, entry in value.items())
    return value if isinstance(value, str) else json.dumps(value)


def generated(schema: Any, pointer: str, spec: Spec) -> Any:
    return Generator([(schema, pointer)], spec.document).generate(b"0")


def good_request(operation: Operation, spec: Spec) -> Request | None:
    """A request with every required part, each generated; None where a part is beyond this script."""
    path, conditions = split_conditions(operation.path)
    described = {parameter.name for parameter in operation.parameters}
    conditions = tuple(pair for pair in conditions if pair[0] not in described)
    query: list[tuple[str, str]] = list(conditions)
    headers = [(b"authorization", b"Bearer token"), *((name.encode(), value.encode()) for name, value in conditions)]
    for parameter in operation.parameters:
        if not parameter.required:
            continue
        value = parameter.example if parameter.media_type else generated(parameter.schema, parameter.pointer, spec)
        if not place(parameter, value, query, headers):
            return None
        if parameter.location == "path":
            path = path.replace(f"{{{parameter.name}}}", quote(text(value), safe=""))
    for requirement in operation.security[:1]:
        for scheme in requirement.schemes:
            if scheme.location == "query":
                query.append((scheme.parameter, "key"))
            elif scheme.location:
                name = "cookie" if scheme.location == "cookie" else scheme.parameter
                headers.append((name.encode(), f"{scheme.parameter}=key".encode() if name == "cookie" else b"key"))
            elif scheme.scheme == "basic":
                headers[0] = (b"authorization", b"Basic YTpi")
    if operation.request_body and (media := next((m for m in operation.request_body.content if is_json(m.name)), None)):
        body = json.dumps(generated(media.schema, f"{media.pointer}/schema", spec)).encode()
        headers.append((b"content-type", media.name.encode()))
    elif operation.request_body and operation.request_body.required:
        return None
    else:
        body = b""
    return Request(operation.method, path, urlencode(query), Headers(headers), body)


def place(parameter: Parameter, value: Any, query: list[tuple[str, str]], headers: list[tuple[bytes, bytes]]) -> bool:
    if isinstance(value, dict) or parameter.media_type or parameter.style in ("label", "matrix"):
        return False
    if parameter.location == "query":
        explode = isinstance(value, list) and parameter.explode
        delimiter = {"spaceDelimited": " ", "pipeDelimited": "|"}.get(parameter.style, ",")
        joined = delimiter.join(map(text, value)) if isinstance(value, list) else text(value)
        query.extend((parameter.name, text(entry)) for entry in value) if explode else query.append(
            (parameter.name, joined)
        )
    elif parameter.location == "header":
        headers.append((parameter.name.lower().encode(), text(value).encode("utf-8")))
    elif parameter.location == "cookie":
        headers.append((b"cookie", f"{parameter.name}={text(value)}".encode()))
    return True


def bad_requests(operation: Operation) -> Iterator[Request]:
    path = split_conditions(operation.path)[0].replace("{", "%7B").replace("}", "%7D")
    yield Request(operation.method, path, "", Headers(), b"")
    json_type = Headers([(b"content-type", b"application/json"), (b"authorization", b"Bearer token")])
    yield Request(operation.method, path, "limit=x&a[b]=1", json_type, b'{"a": [1, {"b"')
    form = Headers([(b"content-type", b"multipart/form-data; boundary=x"), (b"authorization", b"Basic YTpi")])
    yield Request(operation.method, path, "", form, b"--x\r\nContent-Disposition: form-data; name=\xff\r\n\r\n")


def measure(path: Path, limit: int, queue: Any) -> None:
    """Put one line per fact of a document into the queue."""
    counts: Counter[str] = Counter()
    lines: list[str] = []
    started = time.perf_counter()
    try:
        spec = load_spec(path)
        loaded = time.perf_counter() - started
        engine = MockEngine(spec)
        step = max(1, len(spec.operations) // limit)
        for operation in spec.operations[::step]:
            serve(operation, spec, engine, counts, lines)
    except SpecError as error:
        counts["refused"] += 1
        lines.append(f"refused: {error}")
        loaded = time.perf_counter() - started
    except Exception:
        counts["traceback"] += 1
        lines.append(traceback.format_exc(limit=-4))
        loaded = time.perf_counter() - started
    queue.put((counts, lines, loaded, time.perf_counter() - started))


def serve(operation: Operation, spec: Spec, engine: MockEngine, counts: Counter[str], lines: list[str]) -> None:
    counts["operations"] += 1
    begun = time.perf_counter()
    try:
        request = good_request(operation, spec)
    except SpecError as error:
        counts["no good request"] += 1
        lines.append(f"  no good request: {operation}: {error}"[:300])
        request = None
    except Exception:
        counts["traceback"] += 1
        lines.append(f"  {operation} (generating a request): {traceback.format_exc(limit=-3)}")
        request = None
    try:
        if request is not None:
            reply = engine.handle(request)
            ok = reply.status < 400 or not any(r.status[0] in "123d" for r in operation.responses)
            counts["good answered" if ok else f"good answered {reply.status}"] += 1
            if not ok or reply.operation != str(operation):
                lines.append(
                    f"  good: {operation}: {reply.status} ({reply.operation}) {reply.note} {reply.body[:200]!r}"
                )
        for bad in bad_requests(operation):
            reply = engine.handle(bad)
            counts[f"bad answered {reply.status // 100}xx"] += 1
            if reply.status >= 500 and not any(r.status == str(reply.status) for r in operation.responses):
                lines.append(f"  bad: {operation}: {reply.status} {reply.body[:200]!r}")
    except Exception:
        counts["traceback"] += 1
        lines.append(f"  {operation}: {traceback.format_exc(limit=-4)}")
    if (seconds := time.perf_counter() - begun) > 2:
        lines.append(f"  slow: {operation}: {seconds:.1f} s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--operations", type=int, default=30, help="the most that are asked of each document")
    parser.add_argument("--every", type=int, default=1, help="take every n-th document")
    parser.add_argument("--show", action="store_true", help="print what is remarkable of each document")
    options = parser.parse_args()
    paths = sorted(p for p in options.folder.rglob("*") if p.suffix in (".json", ".yaml", ".yml"))[:: options.every]
    total: Counter[str] = Counter()
    context = multiprocessing.get_context("fork")
    for number, path in enumerate(paths):
        queue = context.Queue()
        process = context.Process(target=measure, args=(path, options.operations, queue))
        process.start()
        try:
            counts, lines, loaded, whole = queue.get(timeout=TIMEOUT)
        except Exception:
            counts, lines, loaded, whole = Counter({"hung": 1}), ["hung"], 0.0, TIMEOUT
        process.kill()
        total += counts
        total["documents"] += 1
        if options.show and (lines or whole > 20):
            print(f"{path.relative_to(options.folder)}: load {loaded:.2f} s, all {whole:.1f} s", flush=True)
            print("\n".join(lines), flush=True)
        if number % 50 == 49:
            print(f"{number + 1}/{len(paths)} {dict(total)}", file=sys.stderr, flush=True)
    for name, count in sorted(total.items()):
        print(f"{count:8} {name}")


if __name__ == "__main__":
    main()
