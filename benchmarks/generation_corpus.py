"""How many responses of a folder of OpenAPI documents get a valid generated body.

    .venv/bin/python benchmarks/generation_corpus.py FOLDER

Each body is validated by jsonschema-rs, formats asserted. What cannot be generated is listed with the reason given.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from mockserver import SpecError, load_spec
from mockserver.generation import Generator
from mockserver.spec import Spec

IDENTITIES = 5
SLOW = 1.0


def responses(spec: Spec) -> Iterator[tuple[object, str]]:
    """The schema of every media type of every response, once."""
    seen: set[str] = set()
    for operation in spec.operations:
        for response in operation.responses:
            for media_type in response.content:
                pointer = f"{media_type.pointer}/schema"
                if pointer not in seen and not isinstance(media_type.schema, bool):
                    seen.add(pointer)
                    yield media_type.schema, pointer


def outcome(schema: object, pointer: str, spec: Spec) -> tuple[str, str]:
    """`valid`, `invalid`, `unsatisfiable`, `not found`, `beyond`, `error` or `crash`, and the reason."""
    document = spec.document
    try:
        generator = Generator([(schema, pointer)], document)  # type: ignore[list-item]
        is_valid = document.responses.validator(pointer).is_valid
        for number in range(IDENTITIES):
            if not is_valid(generator.generate(b"%d" % number)):
                return "invalid", ""
    except SpecError as error:
        kinds = {"no value can": "unsatisfiable", "no valid value": "not found", "beyond": "beyond"}
        return next((kind for text, kind in kinds.items() if text in error.problem), "error"), str(error)
    except Exception as error:
        return "crash", f"{type(error).__name__}: {error}"
    return "valid", ""


def main() -> None:
    total: Counter[str] = Counter()
    for path in sorted(Path(sys.argv[1]).iterdir()):
        if path.suffix not in (".json", ".yaml", ".yml") or path.name == "index.json":
            continue
        started = time.perf_counter()
        try:
            spec = load_spec(path)
        except SpecError as error:
            print(f"{path.name}: not loaded: {error}")
            total["not loaded"] += 1
            continue
        loaded = time.perf_counter()
        counts: Counter[str] = Counter()
        for schema, pointer in responses(spec):
            begun = time.perf_counter()
            kind, reason = outcome(schema, pointer, spec)
            counts[kind] += 1
            if (seconds := time.perf_counter() - begun) > SLOW:
                counts["slow"] += 1
                print(f"  slow: {pointer} {seconds:.1f} s")
            if reason or kind == "invalid":
                print(f"  {kind}: {pointer}: {reason}"[:400])
        total += counts
        done = time.perf_counter()
        print(
            f"{path.name}: {dict(counts)} load {loaded - started:.2f} s, generation {done - loaded:.2f} s", flush=True
        )
    print(dict(total))


if __name__ == "__main__":
    main()
