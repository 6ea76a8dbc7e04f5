"""The page of the documentation with answers of real APIs: `docs/gallery.md`.

    .venv/bin/python benchmarks/gallery.py FOLDER > docs/gallery.md

FOLDER has OpenAPI documents, among them those of `ENTRIES`, which are found by their titles. The slow tests hold the
page against what is answered.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.answers import documents
from benchmarks.judging import read
from mockserver import Headers, MockEngine, Request, load_spec
from mockserver.types import JSON

MOST_ITEMS: Final = 2
"""So many items of a list are shown."""


class Entry(NamedTuple):
    """A request to the API that a public document describes; `origin` is where that was published."""

    title: str
    origin: str
    path: str


ENTRIES: Final = (
    Entry("Adafruit IO REST API", "https://github.com/adafruit/io-api", "/api/v2/user"),
    Entry("PeerTube", "https://github.com/Chocobozzz/PeerTube", "/api/v1/server/followers"),
    Entry("PocketSmith", "https://github.com/pocketsmith/api", "/me"),
    Entry("Probely Developers", "https://developers.probely.com/openapi.yaml", "/billing/"),
    Entry("Xero Payroll AU API", "https://github.com/XeroAPI/Xero-OpenAPI", "/Settings"),
    Entry("Shorten.REST API Documentation", "https://docs.shorten.rest/swagger.json", "/aliases"),
    Entry("DevSpacesManagement", "https://github.com/Azure/azure-rest-api-specs",
          "/subscriptions/1/providers/Microsoft.DevSpaces/controllers"),
    Entry("Redocly Cafe", "https://github.com/Redocly/redocly-cli", "/orders/ord_01h1s5z6vf2mm1mz3hevnn9va7"),
    Entry("Mailsquad", "https://api.inboxroute.com/api/api-docs", "/contacts"),
    Entry("vRealize Network Insight API Reference", "https://developer.vmware.com/apis/vrealize-network-insight",
          "/data-sources/arista-switches/17"),
)  # fmt: skip
PREFER: Final = Headers([(b"prefer", b"dynamic=true")])


def iter_lines(folder: Path) -> Iterator[str]:
    """The lines of the page."""
    yield "# Gallery"
    yield ""
    yield "What the mock answers for ten public documents, as they are published: with seed 0, generated also where an"
    yield f"example is documented, the first {MOST_ITEMS} of each list. `benchmarks/gallery.py` prints this page."
    paths = {str(read(path)["info"].get("title")): path for path in documents(folder)}
    for entry in ENTRIES:
        yield ""
        yield f"## [{entry.title}]({entry.origin}): `GET {entry.path}`"
        yield ""
        yield "```json"
        yield json.dumps(_shortened(answer(paths[entry.title], entry.path)), indent=2, ensure_ascii=False)
        yield "```"


def answer(document: Path, path: str) -> JSON:
    """The generated body for a path."""
    engine = MockEngine(load_spec(document), auth=False, validation="off")
    return json.loads(engine.handle(Request("GET", path, "", PREFER)).body)


def _shortened(value: JSON) -> JSON:
    if isinstance(value, list):
        return [_shortened(item) for item in value[:MOST_ITEMS]]
    return {key: _shortened(item) for key, item in value.items()} if isinstance(value, dict) else value


if __name__ == "__main__":
    print("\n".join(iter_lines(Path(sys.argv[1]))))
