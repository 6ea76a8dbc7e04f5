"""Real documents, and the gallery of the documentation."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest

from benchmarks.gallery import iter_lines
from benchmarks.generation_corpus import outcome, responses
from mockserver import SpecError, load_spec

ROOT = Path(__file__).parents[2]
CORPUS = os.environ.get("UNDERSTUDY_CORPUS", "")
DOCUMENTS = [path for path in sorted(Path(CORPUS).iterdir()) if path.name != "index.json"] if CORPUS else []


@pytest.mark.slow
@pytest.mark.skipif(not DOCUMENTS, reason="UNDERSTUDY_CORPUS names no folder of OpenAPI documents")
def test_every_response_of_real_documents_is_valid_or_diagnosed() -> None:
    """No crash, no invalid answer, and at most one in 200 beyond the generator."""
    counts: Counter[str] = Counter()
    for path in DOCUMENTS:
        try:
            spec = load_spec(path)
        except SpecError:
            continue
        counts.update(outcome(schema, pointer, spec)[0] for schema, pointer in responses(spec))
    assert counts["invalid"] == counts["crash"] == 0, counts
    assert counts["not found"] + counts["beyond"] + counts["error"] <= 0.005 * counts.total(), counts


@pytest.mark.slow
@pytest.mark.skipif(not DOCUMENTS, reason="UNDERSTUDY_CORPUS names no folder of OpenAPI documents")
def test_the_gallery_shows_what_is_answered() -> None:
    """`benchmarks/gallery.py` prints it."""
    assert (ROOT / "docs/gallery.md").read_text() == "\n".join(iter_lines(Path(CORPUS))) + "\n"
