"""How often the mock agrees with applications that nobody here wrote, and why it does not where it does not.

    python -m tests.parity.documented_applications [REQUIREMENT] [--folder docs_src ...] [--requests N]

Without a requirement these are the applications of FastAPI's own documentation, from the source distribution of the
installed version. Requests are drawn from the documents: valid, with something broken, damaged on the wire.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.metadata
import inspect
import json
import sys
import tempfile
import time
import warnings
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import fastapi
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.asgi import Answer, Wire
from tests.parity.answers import content, is_error, shown
from tests.parity.applications import (
    Trace,
    TracedPair,
    fetch_sdist,
    load_application,
    load_applications,
    take_out_functions,
)
from tests.parity.causes import UNEXPLAINED, Difference, explain, is_left_to_the_application
from tests.parity.requests import Requests


@dataclass
class Rates:
    """What was asked, and what differed by its cause."""

    requests: int = 0
    refusals: int = 0
    """The answers that are 4xx in either."""
    status: int = 0
    body: int = 0
    """The refusals that are not the same, in status or in body."""
    left_out: int = 0
    """Requests about whose credentials the application's own functions decide."""
    applications: int = 0
    operations: int = 0
    causes: Counter[tuple[str, str]] = field(default_factory=Counter)
    examples: defaultdict[str, list[tuple[str, Difference]]] = field(default_factory=lambda: defaultdict(list))

    @property
    def same_status(self) -> float:
        return 100 * (1 - self.status / max(1, self.requests))

    @property
    def same_body(self) -> float:
        return 100 * (1 - self.body / max(1, self.refusals))

    def add(self, name: str, difference: Difference) -> None:
        """Count a request, and what differs in its answers."""
        real, mock = difference.real, difference.mock
        if is_left_to_the_application(difference):
            self.left_out += 1
            return
        is_refusal = is_error(real) or is_error(mock)
        self.requests += 1
        self.refusals += is_refusal
        expected = expected_status(difference) if difference.reached else real.status
        if mock.status != expected:
            kind = "status"
        elif is_refusal and difference.wire.method != "HEAD" and not _is_same(real, mock):
            kind = "body"
        else:
            return
        cause = explain(difference)
        self.status += kind == "status"
        self.body += is_refusal
        self.causes[cause, kind] += 1
        self.examples[cause].append((name, difference))

    @property
    def figures(self) -> dict[str, float]:
        """The figures by name."""
        counted = {name: getattr(self, name) for name in ("applications", "operations", "requests", "refusals")}
        unexplained = len(self.examples.get(UNEXPLAINED, ()))
        return {**counted, "same_status": self.same_status, "same_body": self.same_body, "unexplained": unexplained}

    def table(self) -> str:
        """The figures and the causes, as text."""
        asked = f"{self.applications} applications, {self.operations} operations, {self.requests} requests"
        same = f"same status {self.same_status:.2f} %, same body of {self.refusals} refusals {self.same_body:.2f} %"
        lines = [f"{asked}: {same}"]
        for cause in sorted(self.examples, key=lambda cause: -len(self.examples[cause])):
            names = {name for name, _ in self.examples[cause]}
            status, body = self.causes[cause, "status"], self.causes[cause, "body"]
            lines.append(f"  {status:5} status {body:5} body {len(names):4} applications  {cause}")
        return "\n".join(lines)


def expected_status(difference: Difference) -> int:
    """What a route answers that was reached: its declared status, else that of its class of responses."""
    route = difference.route
    if (declared := getattr(route, "status_code", None)) is not None:
        return int(declared)
    kind = getattr(route, "response_class", None)
    kind = getattr(kind, "value", kind)
    parameter = inspect.signature(kind).parameters.get("status_code") if isinstance(kind, type) else None
    return parameter.default if parameter is not None and isinstance(parameter.default, int) else difference.real.status


def _is_same(real: Answer, mock: Answer) -> bool:
    try:
        return bool(content(real) == content(mock))
    except ValueError:
        return real.body == mock.body


def measure(name: str, app: FastAPI, trace: Trace, rates: Rates, *, count: int) -> None:
    """Send `count` requests for each operation to an application and its mock."""
    pair = TracedPair(app, trace)
    requests = Requests(pair.document)
    rates.applications += 1
    rates.operations += len(requests.operations)
    once = settings(
        max_examples=count,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    for number, operation in enumerate(requests.operations):

        @seed(number)
        @once
        @given(requests.wires_of(operation))
        def compare(wire: Wire) -> None:
            real, mock = pair.ask(wire)
            rates.add(name, Difference(wire, real, mock, app, pair.route, trace.reached, trace.unchecked))

        with contextlib.redirect_stdout(None):  # what middleware prints
            compare()
    pair.close()


def _applications(options: argparse.Namespace, folder: Path, refused: Counter[str]) -> Iterable[tuple[str, FastAPI]]:
    if options.app:
        return ((place, load_application(place)) for place in options.app)
    source: Path = options.source or fetch_sdist(options.requirement, folder)
    return load_applications(source.resolve(), options.folder, refused)


def main(arguments: list[str] | None = None) -> int:
    """Print the figures, the causes and some examples; 1 when a difference is not explained."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("requirement", nargs="?", default=f"fastapi=={fastapi.__version__}")
    parser.add_argument("--source", type=Path, help="a folder with modules, instead of a package's sources")
    parser.add_argument("--folder", nargs="*", default=["docs_src"], help="where below it the applications are")
    parser.add_argument("--app", nargs="*", default=[], help="MODULE:NAME of installed applications, instead of both")
    parser.add_argument("--requests", type=int, default=20, help="for each operation")
    parser.add_argument("--examples", type=int, default=2, help="of each cause")
    parser.add_argument("--only", default="", help="a part of the names of the applications")
    parser.add_argument("--json", action="store_true", help="the figures as JSON; all else goes to standard error")
    parser.add_argument("--verbose", action="store_true", help="name each application, and show examples of all causes")
    options = parser.parse_args(arguments)
    trace, rates, refused = take_out_functions(), Rates(), Counter[str]()
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        for name, app in _applications(options, Path(folder), refused):
            if options.only in name:
                if options.verbose:
                    print(name, flush=True)
                measure(name, app, trace, rates, count=options.requests)
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in ("fastapi", "starlette", "pydantic"))
    out = sys.stderr if options.json else sys.stdout
    print(f"{versions}; {time.monotonic() - started:.0f} s", file=out)
    print(rates.table(), file=out)
    for reason, number in refused.most_common(10):
        print(f"  {number:5} modules do not load: {reason}", file=out)
    for cause, found in rates.examples.items():
        if options.verbose or cause == UNEXPLAINED:
            print(f"\n== {cause}", file=out)
            for name, it in sorted(found, key=lambda item: len(item[1].wire.body))[: options.examples]:
                print(_shown(name, it), file=out)
    if options.json:
        print(json.dumps(rates.figures))
    return 1 if rates.figures["unexplained"] else 0


def _shown(name: str, it: Difference) -> str:
    wire = it.wire
    lines = [
        f"  {name}: {wire.method} {wire.path!r} {wire.query!r} {wire.headers} {wire.body!r}",
        f"      {it.real.status} {shown(it.real)[:700]} {it.real.error or ''!r}",
        f"      {it.mock.status} {shown(it.mock)[:700]}",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    sys.exit(main())
