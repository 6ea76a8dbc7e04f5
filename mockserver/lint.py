"""Everything that is wrong with a document, or that the mock cannot honour in it, with the place and a remedy."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from mockserver.document import Document
from mockserver.document.pointers import escape
from mockserver.engine import MockEngine, Progress
from mockserver.errors import Finding, SpecError
from mockserver.security import UNCHECKED
from mockserver.spec import MediaType, Operation, Parameter, Spec, template_names
from mockserver.types import ABSENT, JSON

STYLES: Mapping[str, frozenset[str]] = {
    "path": frozenset({"simple", "label", "matrix"}),
    "query": frozenset({"form", "spaceDelimited", "pipeDelimited", "deepObject"}),
    "header": frozenset({"simple"}),
    "cookie": frozenset({"form", "cookie"}),
}
"""OpenAPI 3.1, section 4.8.12.2, and `cookie` of 3.2."""


def iter_findings(spec: Spec, *, progress: Progress | None = None) -> Iterator[Finding]:
    """Each finding once: those of loading first, then operation by operation.

    `progress` is told how many operations are done, and how many there are.
    """
    seen: set[tuple[str, str]] = set()
    for finding in _iter_all(spec, progress):
        if (finding.pointer, finding.problem) not in seen:
            seen.add((finding.pointer, finding.problem))
            yield finding


def _iter_all(spec: Spec, progress: Progress | None) -> Iterator[Finding]:
    yield from spec.findings
    yield from _iter_path_findings(spec.operations)
    yield from _iter_repeated_ids(spec.operations)
    yield from MockEngine(spec).warm_up(progress, every=True)
    for operation in spec.operations:
        yield from _iter_security_findings(operation)
        for parameter in operation.parameters:
            yield from _iter_parameter_findings(parameter, spec.document)
        body = operation.request_body.content if operation.request_body else ()
        for media_type in (*body, *(entry for response in operation.responses for entry in response.content)):
            yield from _iter_example_findings(media_type, spec.document)
        if not operation.responses:
            remedy = "Document at least one."
            yield Finding("warning", f"{operation.pointer}/responses", "no response is documented", remedy)


def _iter_path_findings(operations: Iterable[Operation]) -> Iterator[Finding]:
    shapes: dict[tuple[str, str], str] = {}
    for operation in operations:
        path, pointer = operation.path, f"#/paths/{escape(operation.path)}"
        if not path.startswith("/"):
            yield Finding("warning", pointer, "the path does not begin with a slash; it is served as if it did")
        if re.search(r"[?#]", path):
            problem = "a path has no query and no fragment; what stands there selects among operations of one path"
            yield Finding("warning", pointer, problem)
        described = {parameter.name for parameter in operation.parameters if parameter.location == "path"}
        for name in template_names(path):
            if name not in described:
                problem = f"the path parameter {{{name}}} is not described; any text is accepted"
                yield Finding("warning", operation.pointer, problem, "Add it to `parameters`.")
        shape = (operation.method, re.sub(r"\{[^}]*\}", "{}", path))
        if shapes.setdefault(shape, path) != path:
            problem = f"only the values of its parameters tell it from {shapes[shape]}, which answers if both would do"
            yield Finding("warning", operation.pointer, problem, "Keep one of them.")


def _iter_repeated_ids(operations: Iterable[Operation]) -> Iterator[Finding]:
    named = [operation for operation in operations if operation.operation_id]
    counts = Counter(operation.operation_id for operation in named)
    for operation in named:
        if counts[operation.operation_id] > 1:
            problem = f"the operationId {operation.operation_id!r} is there {counts[operation.operation_id]} times"
            yield Finding("warning", f"{operation.pointer}/operationId", problem, "Make each unique.")


def _iter_security_findings(operation: Operation) -> Iterator[Finding]:
    for requirement in operation.security:
        for scheme in requirement.schemes:
            if scheme.type in UNCHECKED:
                problem = f"the security scheme {scheme.name!r} is not checked: it is {scheme.type or 'not described'}"
                yield Finding("warning", f"{operation.pointer}/security", problem)


def _iter_parameter_findings(parameter: Parameter, document: Document) -> Iterator[Finding]:
    pointer = parameter.pointer.removesuffix("/schema")
    if not parameter.media_type and parameter.style not in STYLES.get(parameter.location, frozenset()):
        known = ", ".join(sorted(STYLES.get(parameter.location, ())))
        problem = f"the style {parameter.style!r} is none of a {parameter.location} parameter"
        yield Finding("warning", pointer, problem, f"Those are {known}." if known else "It needs `content`.")
    if parameter.example is not ABSENT:
        yield from _iter_invalid({"example": parameter.example}, parameter.schema, parameter.pointer, pointer, document)


def _iter_example_findings(media_type: MediaType, document: Document) -> Iterator[Finding]:
    place = f"{media_type.pointer}/schema"
    yield from _iter_invalid(media_type.examples, media_type.schema, place, media_type.pointer, document)


def _iter_invalid(
    examples: Mapping[str, JSON], schema: Any, place: str, pointer: str, document: Document
) -> Iterator[Finding]:
    """The examples that break their schema."""
    # What a schema is without examples, whoever compiles it says.
    if not isinstance(schema, Mapping) or not examples:
        return
    try:
        validator = document.validator(place)
    except SpecError as error:
        yield error.finding()
        return
    for name, value in examples.items():
        if (breach := next(validator.iter_errors(value), None)) is not None:
            where = pointer if name == "example" else f"{pointer}/examples/{escape(name)}"
            problem = f"the example {name!r} breaks its schema: {breach.message[:200]}"
            yield Finding("warning", where, problem, "It is not sent; correct it.")
