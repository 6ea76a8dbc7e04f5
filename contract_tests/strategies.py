"""The Schemathesis schema of a run, and one valid request to start from for each operation."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from contextlib import suppress
from random import Random
from typing import Any
from urllib.parse import quote

import hypothesis
import jsonschema_rs
import schemathesis
from hypothesis import HealthCheck, Phase
from schemathesis import APIOperation, BaseSchema, Case, Config, GenerationMode

from contract_tests.contract import Contract, Parameter, escape, is_ours

Operation = APIOperation[Any, Any, Any, Any]

MAX_PROBLEMS = 20
"""How many relative URLs of a document are looked past."""


def load_schema(
    contract: Contract, *, pins: Mapping[str, str], seed: int, max_examples: int, base_url: str
) -> BaseSchema:
    """What Schemathesis generates from: the document without its credentials, which are added to every request.

    `pins` fixes parameters by name. Methods and media types that are not documented are left to the probes, which know
    what must follow.
    """
    config = Config.from_dict(
        {
            "seed": seed,
            "parameters": _located(contract, pins),
            "suppress-health-check": ["all"],
            # Nothing may depend on what other runs, or other requests of this one, have left behind.
            "generation": {"max-examples": max_examples, "database": "none", "with-security-parameters": False},
            "phases": {
                "coverage": {"unexpected-methods": []},
                "fuzzing": {"extra-data-sources": {"responses": False}, "error-feedback": {"enabled": False}},
            },
        }
    )
    schema = schemathesis.openapi.from_dict(prepare_document(contract), config=config)
    schema.config.update(base_url=base_url)
    return schema


def _located(contract: Contract, pins: Mapping[str, str]) -> dict[str, str]:
    """Pins by location and name; Schemathesis takes the values of path parameters as they stand in a URL."""
    return {
        f"{parameter.location}.{parameter.name}": quote(pins[parameter.name], safe="")
        if parameter.location == "path"
        else pins[parameter.name]
        for operation in contract.operations
        for parameter in operation.parameters
        if parameter.name in pins
    }


def negative_parts(case: Case[Any]) -> list[str]:
    """Which parts of a generated request were made to be wrong."""
    return [place.value for place, info in case.meta.components.items() if info.mode.is_negative] if case.meta else []


def is_pinned_over(case: Case[Any], pins: Mapping[str, str]) -> bool:
    """Whether the path of a case was to be wrong, and Schemathesis has put a pinned value where the wrong one was."""
    if case.meta is None or "path" not in negative_parts(case):
        return False
    values, wrong = case.path_parameters, getattr(case.meta.phase.data, "parameter", None)
    names = [wrong] if wrong in values else [*values]
    return all(name in pins and values[name] == quote(pins[name], safe="") for name in names)


def prepare_document(contract: Contract) -> dict[str, Any]:
    """A copy of the document to generate from: without credentials, and without null outside bodies.

    Schemathesis would send a null parameter as the text `null`, which a correct service refuses.
    """
    document = copy.deepcopy(dict(contract.document))
    document.pop("security", None)
    for operation in contract.operations:
        node = document["paths"][operation.path].get(operation.method.lower(), {})
        node.pop("security", None)
        entries = [parameter for parameter in operation.parameters if is_ours(parameter)]
        node["parameters"] = [_entry(contract, parameter) for parameter in entries]
    for item in document["paths"].values():
        item.pop("parameters", None)  # each operation has its own by now
    return document


def _entry(contract: Contract, parameter: Parameter) -> dict[str, Any]:
    """A parameter as OpenAPI writes it, without null."""
    pointer = parameter.pointer.removesuffix("/schema")
    pointer = pointer.rpartition("/content/")[0] if parameter.media_type else pointer
    entry = copy.deepcopy(contract.spec.document.lookup(pointer))
    if "schema" in entry:
        entry["schema"] = _without_null(contract.resolve(entry["schema"], "")[0])
    return dict(entry)


def _without_null(schema: Any) -> Any:
    if not isinstance(schema, dict):
        return schema
    schema = {key: value for key, value in schema.items() if key not in {"nullable", "x-nullable"}}
    if isinstance(types := schema.get("type"), list):
        schema["type"] = [name for name in types if name != "null"]
    for keyword in ("anyOf", "oneOf"):
        if branches := schema.get(keyword):
            schema[keyword] = [_without_null(branch) for branch in branches if branch != {"type": "null"}]
    return schema


def find_problem(source: Mapping[str, Any]) -> str:
    """The first breach of the OpenAPI specification in a document, with its JSON pointer; empty when there is none.

    A relative URL where the specification has a `uri` is no breach: FastAPI's `tokenUrl` is one.
    """
    document = copy.deepcopy(dict(source))
    for _ in range(MAX_PROBLEMS):
        try:
            schemathesis.openapi.from_dict(document, config=Config()).validate()
        except jsonschema_rs.ValidationError as error:
            if error.kind.name != "format":
                return f"#{''.join(f'/{escape(str(part))}' for part in error.instance_path)}: {error.message}"
            _replace(document, error.instance_path, "https://example.com/")
        else:
            break
    return ""


def _replace(document: Any, path: list[str | int], value: str) -> None:
    for part in path[:-1]:
        document = document[part]
    document[path[-1]] = value


def find_operation(schema: BaseSchema, label: str) -> Operation | None:
    """The Schemathesis operation of `POST /v1/vms/{vm_id}/clone`; None when Schemathesis cannot read it."""
    method, _, path = label.partition(" ")
    try:
        return schema[path][method]
    except Exception:  # what a broken definition raises is not part of Schemathesis' documented surface
        return None


def generate_smallest(operation: Operation, *, seed: int) -> Case[Any] | None:
    """The smallest valid case, with a body if the operation takes one; None when Schemathesis can generate none."""
    strategy = operation.as_strategy(generation_mode=GenerationMode.POSITIVE)
    settings = hypothesis.settings(
        database=None,
        deadline=None,
        max_examples=100,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )

    def has_body(case: Case[Any]) -> bool:
        return not operation.body or case.media_type is not None

    try:
        return hypothesis.find(strategy, has_body, settings=settings, random=Random(seed))
    except (hypothesis.errors.HypothesisException, schemathesis.errors.SchemathesisError):
        return None


def run_cases(
    operation: Operation, check: Callable[[Case[Any]], None], *, mode: GenerationMode, seed: int, examples: int
) -> None:
    """Call `check` with generated cases. What stops generating ends them; an operation without any has none."""

    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=examples,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        verbosity=hypothesis.Verbosity.quiet,
    )
    @hypothesis.given(operation.as_strategy(generation_mode=mode))
    def each(case: Case[Any]) -> None:
        check(case)

    with suppress(hypothesis.errors.HypothesisException, schemathesis.errors.SchemathesisError):
        each()
