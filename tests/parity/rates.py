"""Agreement over many requests, as figures: `python -m tests.parity.rates [REQUESTS] [APP ...]`."""

from __future__ import annotations

import random
import sys
import warnings
from collections import Counter

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from tests.parity.answers import Pair
from tests.parity.requests import Requests
from tests.parity.test_parity import APPS


def measure(pair: Pair, count: int, total: Counter[str]) -> list[str]:
    """The differences of one application."""
    requests = Requests(pair.document)
    found: list[str] = []

    @seed(random.randrange(10**9))
    @settings(
        max_examples=count,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.data())
    def compare(data: st.DataObject) -> None:
        wire = data.draw(requests.wires)
        difference = pair.difference(wire)
        total["requests"] += 1
        total["4xx"] += 400 <= pair.real(wire).status < 500
        total["status differs"] += difference.startswith(("status", "500"))
        total["body differs"] += difference.startswith("body")
        if difference:
            found.append(f"{wire.method} {wire.path!r} {wire.query!r} {wire.headers} {wire.body!r}\n      {difference}")

    compare()
    return found


def main(count: int, names: list[str]) -> None:
    """Print how often status and body agree, and the first differences of each application."""
    total: Counter[str] = Counter()
    for name in names or APPS:
        pair = Pair(APPS[name]())
        if found := measure(pair, count, total):
            print(f"{name}: {len(found)} differ\n   ", "\n    ".join(sorted(found, key=len)[:2])[:1800])
        pair.close()
    print(dict(total))


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100, sys.argv[2:])
