"""The command `mockserver`."""

from __future__ import annotations

import argparse
import errno
import gc
import json
import os
import shlex
import sys
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import quote, urlencode

from mockserver import server
from mockserver.app import create_app, parse_version
from mockserver.engine import MAX_BODY, MockEngine
from mockserver.engine.rendering import ERROR_FORMS
from mockserver.errors import SpecError
from mockserver.generation import Generator
from mockserver.generation.pools import known_locale
from mockserver.lint import iter_findings
from mockserver.spec import MediaType, Operation, Parameter, Spec, load_spec
from mockserver.types import ABSENT, JSON, is_json
from mockserver.validation import VALIDATIONS

LISTED = 20
"""How many operations the start-up message lists."""

CHECKED = 50
"""A document with no more operations is compiled at once, so that what cannot be served is said at start-up."""

LOOPBACK = ("127.0.0.1", "localhost", "::1")


def main(argv: Sequence[str] | None = None) -> int:
    """Serve until interrupted. Returns 0 after Ctrl-C, 2 when the document or an option cannot be used."""
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        if words[:1] == ["lint"]:
            return _lint(_lint_parser().parse_args(words[1:]))
        arguments = _parser().parse_args(words)
        _to_environment(arguments)
        return _run(arguments)
    except (SpecError, ValueError) as error:
        return _fail(str(error))
    except BrokenPipeError:  # the reader of the output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _lint_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="mockserver lint",
        description="List what is wrong with an OpenAPI document, and what of it the mock cannot honour.",
        epilog="Exit codes: 0 nothing but warnings, 1 errors, 2 a document that cannot be served at all.",
    )
    parser.add_argument("spec", metavar="SPEC", help="the document: a path, a URL, or - for standard input")
    parser.add_argument("--overlay", action="append", metavar="FILE", help="apply this overlay first; repeatable")
    parser.add_argument("--allow-remote-refs", action="store_true", help="follow references to other machines")
    return parser


def _lint(arguments: argparse.Namespace) -> int:
    """Print every finding. Returns 1 when one of them is an error."""
    spec = load_spec(arguments.spec, overlays=arguments.overlay, allow_remote_refs=arguments.allow_remote_refs)
    findings = list(iter_findings(spec, progress=_progress if sys.stderr.isatty() else None))
    for finding in findings:
        print(finding)
    errors = sum(finding.severity == "error" for finding in findings)
    print(f"{arguments.spec}: {len(spec.operations)} operations, {errors} errors, {len(findings) - errors} warnings")
    return 1 if errors else 0


def _progress(done: int, total: int) -> None:
    end = "\r" if done < total else "\r\x1b[K"
    print(f"  {done} of {total} operations", end=end, file=sys.stderr, flush=True)


def _run(arguments: argparse.Namespace) -> int:
    if arguments.spec == "-" and (arguments.reload or arguments.workers > 1):
        return _fail("standard input can be read once only. Leave --reload and --workers out, or name a file.")
    gc.disable()
    app = create_app(reload=arguments.reload)
    if not arguments.reload:
        gc.freeze()  # the document stays as long as the server does: no collection need look through it
    gc.enable()
    try:
        listener = server.bind(arguments.host, arguments.port)
    except OSError as error:
        taken = error.errno == errno.EADDRINUSE
        remedy = "Stop what listens there, or choose another port with --port." if taken else "Check --host and --port."
        return _fail(f"cannot listen on {arguments.host}:{arguments.port}: {error.strerror or error}. {remedy}")
    url = server.address(listener)
    print("\n".join(_greeting(app.mock.engines, arguments.host, url)), flush=True)
    try:
        if arguments.workers > 1:
            port = listener.getsockname()[1]
            listener.close()
            server.serve_workers("mockserver.app:create_app", arguments.host, port, workers=arguments.workers)
        else:
            server.serve(app, listener)
    except KeyboardInterrupt:
        pass
    print("stopped", flush=True)
    return 0


def _fail(problem: str) -> int:
    print(f"mockserver: {problem}", file=sys.stderr)
    return 2


# --- Options ----------------------------------------------------------------------------------------------------------


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="mockserver",
        description="Serve a mock of the API that an OpenAPI document describes.",
        epilog="Each option can be given as an environment variable too: MOCKSERVER_PORT=4011 and so on.",
    )
    parser.add_argument("--version", action="version", version=f"understudy {version('understudy')}")
    parser.add_argument(
        "spec",
        nargs="?",
        metavar="SPEC",
        help="Swagger 2 or OpenAPI 3 document, JSON or YAML: a path, a URL, or - for standard input (default: the "
        "vendored VM clone contract); `lint SPEC` lists what is wrong with a document instead",
    )
    add = _Options(parser)
    add("--host", "127.0.0.1", help="address to listen on (default %(default)s: this machine only)")
    add("--port", "4010", type=_port, help="port to listen on, 0 for a free one (default %(default)s)")
    add("--seed", "0", type=int, metavar="N", help="other data; same seed and same requests, same bytes (default 0)")
    add(
        "--optional", "some", choices=("always", "some", "never"),
        help="how often optional and nullable parts of an answer are there (default %(default)s: mostly)",
    )  # fmt: skip
    add(
        "--locale", "en_US", type=_locale, metavar="NAME",
        help="of names and places in answers, such as de_DE (default %(default)s)",
    )  # fmt: skip
    add(
        "--auth",
        "on",
        type=_on_or_off,
        metavar="on|off",
        help="require credentials where the document does (default on)",
    )
    add("--workers", "1", type=_positive, metavar="N", help="processes that answer (default 1)")
    add(
        "--fastapi-version", "", type=_fastapi_version, metavar="X.Y",
        help="for FastAPI's documents: whose habits to follow, such as 0.115 for 403 where credentials are missing "
        "(default: what the document shows)",
    )  # fmt: skip
    add(
        "--validation", "auto", type=_validation, metavar="|".join(VALIDATIONS),
        help="how requests are validated: as FastAPI does, strictly by JSON Schema, or not at all (default auto: "
        "FastAPI's documents as FastAPI does, others strictly)",
    )  # fmt: skip
    add(
        "--errors", "auto", type=_error_form, metavar="|".join(ERROR_FORMS),
        help="form of error bodies: FastAPI's, the documented schema filled with what is wrong, or RFC 9457 (default "
        "auto: the first of these that the document has)",
    )  # fmt: skip
    add(
        "--max-body", str(MAX_BODY), type=_body_size, metavar="BYTES",
        help="answer 413 to a larger request body (default %(default)s)",
    )  # fmt: skip
    parser.add_argument(
        "--api-key", action="append", metavar="VALUE",
        help="accept this credential only, as API key or bearer token; repeatable (default: any that is not empty)",
    )  # fmt: skip
    parser.add_argument(
        "--overlay", action="append", metavar="FILE",
        help="apply this OpenAPI Overlay; repeatable (default: the one beside the document, as api.overlay.json)",
    )  # fmt: skip
    parser.add_argument(
        "--mount", action="append", metavar="PREFIX=SPEC",
        help="serve another document below a path, as /billing=billing.yaml; repeatable",
    )  # fmt: skip
    add(
        "--query-preferences", "off", type=_on_or_off, metavar="on|off",
        help="take ?__code=404, ?__example=name and ?__dynamic=true for the header Prefer (default off)",
    )  # fmt: skip
    parser.add_argument(
        "--allow-remote-refs", action="store_true",
        help="follow references of the document to other machines",
    )  # fmt: skip
    parser.add_argument("--reload", action="store_true", help="read the document again when it changes")
    return parser


class _Options:
    """Adds options whose default comes from the environment."""

    def __init__(self, parser: argparse.ArgumentParser) -> None:
        self._parser = parser

    def __call__(self, name: str, default: str, **keywords: Any) -> None:
        variable = f"MOCKSERVER_{name.removeprefix('--').replace('-', '_').upper()}"
        self._parser.add_argument(name, default=os.environ.get(variable, default), **keywords)


def _to_environment(arguments: argparse.Namespace) -> None:
    """Where `create_app` finds the options, in this process and in every worker."""
    values = {
        "SPEC": arguments.spec,
        "OVERLAYS": os.pathsep.join(arguments.overlay) if arguments.overlay else None,
        "SEED": str(arguments.seed),
        "AUTH": arguments.auth,
        "API_KEYS": ",".join(arguments.api_key) if arguments.api_key else None,
        "FASTAPI_VERSION": arguments.fastapi_version or None,
        "VALIDATION": arguments.validation,
        "OPTIONAL": arguments.optional,
        "LOCALE": arguments.locale,
        "ERRORS": arguments.errors,
        "MAX_BODY": str(arguments.max_body),
        "WORKERS": str(arguments.workers),
        "MOUNTS": os.pathsep.join(arguments.mount) if arguments.mount else None,
        "QUERY_PREFERENCES": arguments.query_preferences,
        "ALLOW_REMOTE_REFS": "on" if arguments.allow_remote_refs else None,
    }
    os.environ.update({f"MOCKSERVER_{name}": value for name, value in values.items() if value is not None})


def _port(text: str) -> int:
    return _number(text, 0, 65535)


def _on_or_off(text: str) -> str:
    if text not in ("on", "off"):
        _refuse(f"{text!r} is neither on nor off")
    return text


def _positive(text: str) -> int:
    return _number(text, 1, 64)


def _number(text: str, low: int, high: int) -> int:
    if not text.isdecimal() or not low <= int(text) <= high:
        _refuse(f"{text!r} is no number from {low} to {high}")
    return int(text)


def _body_size(text: str) -> int:
    return _number(text, 0, 1 << 30)


def _validation(text: str) -> str:
    return _one_of(text, VALIDATIONS)


def _error_form(text: str) -> str:
    return _one_of(text, ERROR_FORMS)


def _one_of(text: str, choices: Sequence[str]) -> str:
    if text not in choices:
        _refuse(f"{text!r} is none of {', '.join(choices)}")
    return text


def _locale(text: str) -> str:
    try:
        return known_locale(text)
    except ValueError as problem:
        _refuse(str(problem))


def _fastapi_version(text: str) -> str:
    try:
        parse_version(text)
    except ValueError:
        _refuse(f"{text!r} is no version such as 0.128")
    return text


def _refuse(problem: str) -> NoReturn:
    raise argparse.ArgumentTypeError(problem)


# --- What is printed at start-up --------------------------------------------------------------------------------------


def _greeting(engines: Mapping[str, MockEngine], host: str, url: str) -> Iterator[str]:
    shown = {prefix: engine for prefix, engine in engines.items() if engine.spec.operations or len(engines) == 1}
    for prefix, engine in shown.items():
        spec = engine.spec
        sources = " + ".join(_shorten(source) for source in (spec.document.source, *spec.document.overlays))
        yield f"{spec.title} {spec.version}, from {sources}{f', below {prefix}' if prefix else ''}"
    yield f"listening on {url} (Ctrl-C stops it)"
    if host not in LOOPBACK:
        yield "other machines can reach it"
    yield ""
    for prefix, engine in shown.items():
        yield from _operations(engine, prefix)
    prefix, engine = next(iter(shown.items()))
    if engine.spec.operations:
        yield f"\nTry it:\n  {curl(engine.spec.operations[0], engine, url + prefix)}\n"


def _operations(engine: MockEngine, prefix: str) -> Iterator[str]:
    """What one document offers, and what of it cannot be served."""
    spec = engine.spec
    for operation in spec.operations[:LISTED]:
        yield f"  {operation.method:7} {prefix}{operation.path}  {operation.summary}".rstrip()
    if len(spec.operations) > LISTED:
        yield f"  ... and {len(spec.operations) - LISTED} more"
    for path in sorted(spec.token_paths, key=len)[:1]:
        yield f"  POST    {prefix}{path}  gives tokens"
    findings = [*spec.findings, *(engine.warm_up() if len(spec.operations) <= CHECKED else ())]
    yield from map(str, findings[:LISTED])
    if findings:
        yield f"  `mockserver lint {_shorten(spec.document.source)}` lists all"


def _shorten(source: str) -> str:
    """A path as it is typed: relative where the file lies below the working directory."""
    path = Path(source)
    return str(path.relative_to(Path.cwd())) if path.is_absolute() and path.is_relative_to(Path.cwd()) else source


def curl(operation: Operation, engine: MockEngine, url: str) -> str:
    """A command that calls the operation with a valid request."""
    spec = engine.spec
    path, query = operation.path, {}
    words = ["curl", "-X", operation.method]
    for parameter in operation.parameters:
        if not parameter.required:
            continue
        value = _text(_sample(parameter, spec))
        if parameter.location == "path":
            path = path.replace(f"{{{parameter.name}}}", quote(value, safe=""))
        elif parameter.location == "query":
            query[parameter.name] = value
        elif parameter.location == "header":
            words += ["-H", f"{parameter.name}: {value}"]
    words.insert(3, f"{url}{path}" + (f"?{urlencode(query)}" if query else ""))
    if engine.auth:
        words += _credentials(operation, engine)
    if operation.request_body and (content := operation.request_body.content):
        words += ["-H", f"Content-Type: {content[0].name}"]
        if is_json(content[0].name):
            words += ["-d", json.dumps(_sample(content[0], spec))]
    return " ".join(word if word.startswith("-") else shlex.quote(word) for word in words)


def _sample(source: Parameter | MediaType, spec: Spec) -> JSON:
    if isinstance(source, MediaType):
        pointer, example = f"{source.pointer}/schema", next(iter(source.examples.values()), ABSENT)
    else:
        pointer, example = source.pointer, source.example
    if example is not ABSENT:
        return example
    try:
        return Generator([(source.schema, pointer)], spec.document).generate(b"curl")
    except SpecError:
        return ""


def _text(value: JSON) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _credentials(operation: Operation, engine: MockEngine) -> list[str]:
    """The header that the last alternative asks for: what is added to a document is the simplest."""
    for requirement in reversed(operation.security):
        for scheme in requirement.schemes:
            if scheme.type == "apiKey" and scheme.location == "header":
                return ["-H", f"{scheme.parameter}: {'YOUR_KEY' if engine.api_keys else 'test'}"]
            if scheme.type in ("oauth2", "openIdConnect") or scheme.scheme == "bearer":
                return ["-H", f"Authorization: Bearer {'YOUR_TOKEN' if engine.api_keys else 'test'}"]
    return []
