"""How many documented responses of a folder of OpenAPI documents get a valid body, from this mock and from Prism.

    .venv/bin/python benchmarks/answers.py FOLDER [--prism] [--most N]

The bodies are those that are really sent; `judging` validates them by the letter of the documents, formats asserted.
With `--prism` the same requests go to Prism's dynamic mode, which npm installs into a temporary folder. Neither
validates the request, so that bodies alone are compared. `--most` limits the responses of a document, chosen evenly.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.judging import Exchange, Judge, read
from mockserver import SpecError
from mockserver.app import create_app
from tests.asgi import Client, Wire

ROOT = Path(__file__).resolve().parents[1]
PRISM = "@stoplight/prism-cli@5"
PRISM_SECONDS = 180
KINDS = ("valid", "diagnosed", "invalid", "other status", "no JSON", "not compiled")


class Answered(NamedTuple):
    status: int
    body: bytes


Answers = Iterator[tuple[Exchange, Answered]]


def ask_mock(raw: dict[str, Any], exchanges: Sequence[Exchange], *, dynamic: bool = True) -> Answers:
    """What the mock answers over ASGI. Raises `SpecError` for a document that it cannot serve."""
    client = Client(create_app(raw, auth=False))
    for exchange in exchanges:
        preference = f"code={exchange.status}{', dynamic=true' if dynamic else ''}"
        headers = ((b"prefer", preference.encode()), (b"accept", exchange.media_type.encode()))
        answer = client(Wire(exchange.method, exchange.url.encode(), b"", headers, b""))
        if answer.error is not None:
            raise answer.error
        yield exchange, Answered(answer.status, answer.body)
    client.close()


def ask_prism(path: Path, exchanges: Sequence[Exchange], folder: Path) -> Answers:
    """What Prism answers in its own process."""
    lines = "".join(json.dumps(exchange.__dict__) + "\n" for exchange in exchanges)
    command = ["timeout", str(PRISM_SECONDS), "node", str(folder / "prism.cjs"), str(path)]
    output = subprocess.run(command, input=lines, capture_output=True, text=True, check=False).stdout
    answers = [json.loads(line) for line in output.splitlines() if line.startswith('{"status"')]
    # What it did not come to, for a document that it cannot read or that takes too long, is no answer.
    answers += [{"status": 0, "body": ""}] * (len(exchanges) - len(answers))
    for exchange, answer in zip(exchanges, answers, strict=True):
        yield exchange, Answered(answer["status"], answer["body"].encode("utf-8", "replace"))


def kind(judge: Judge, exchange: Exchange, answer: Answered) -> tuple[str, str]:
    """What became of a request, one of `KINDS`, and the reason."""
    if str(answer.status) != exchange.status:
        return ("diagnosed" if answer.status == 501 else "other status"), f"{answer.status} {answer.body[:300]!r}"
    try:
        value = json.loads(answer.body)
    except ValueError:
        return "no JSON", repr(answer.body[:100])
    breach = judge.breach(exchange.pointer, value)
    return ("valid" if breach is None else "invalid" if breach else "not compiled"), breach or ""


def count(judge: Judge, answers: Answers, *, told: Callable[[str], None]) -> Counter[str]:
    """How often each kind came; what is not valid is told."""
    counts: Counter[str] = Counter()
    for exchange, answer in answers:
        found, reason = kind(judge, exchange, answer)
        counts[found] += 1
        if found not in ("valid", "not compiled"):
            told(f"  {found}: {exchange.method} {exchange.url} {exchange.status} {exchange.pointer}: {reason}")
    return counts


def chosen(judge: Judge, most: int | None) -> list[Exchange]:
    """The requests of a document, evenly thinned out."""
    exchanges = list(judge.exchanges())
    step = 1 if most is None else max(1, -(-len(exchanges) // most))
    return exchanges[::step]


def install_prism(folder: Path) -> bool:
    """Whether npm has fetched Prism into a folder."""
    (folder / "prism.cjs").write_text((ROOT / "benchmarks/prism.cjs").read_text())
    command = ["npm", "install", "--silent", "--ignore-scripts", "--prefix", str(folder), PRISM]
    try:
        return subprocess.run(command, capture_output=True, timeout=600, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def documents(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        if path.suffix in (".json", ".yaml", ".yml") and path.name not in ("index.json", "package.json"):
            yield path


def rate(counts: Counter[str]) -> str:
    judged = counts.total() - counts["not compiled"]
    listed = ", ".join(f"{counts[name]} {name}" for name in KINDS if counts[name])
    return f"{100 * counts['valid'] / max(1, judged):.2f} % of {judged}: {listed}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--prism", action="store_true")
    parser.add_argument("--most", type=int)
    options = parser.parse_args()
    totals: dict[str, Counter[str]] = {"mock": Counter()}
    with tempfile.TemporaryDirectory() as name:
        if options.prism and install_prism(Path(name)):
            totals["Prism"] = Counter()
        elif options.prism:
            print("npm cannot fetch Prism; the mock is measured alone")
        for path in documents(options.folder):
            judge = Judge(raw := read(path))
            exchanges = chosen(judge, options.most)
            try:
                mine = count(judge, ask_mock(raw, exchanges), told=print)
            except SpecError as error:
                print(f"{path.name}: not served: {error}")
                continue
            totals["mock"] += mine
            line = f"{path.name}: {rate(mine)}"
            if "Prism" in totals:
                theirs = count(judge, ask_prism(path, exchanges, Path(name)), told=lambda _line: None)
                totals["Prism"] += theirs
                line += f" | Prism {rate(theirs)}"
            print(line, flush=True)
    for who, counts in totals.items():
        print(f"{who:6} {rate(counts)}")


if __name__ == "__main__":
    main()
