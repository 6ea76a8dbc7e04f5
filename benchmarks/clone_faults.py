"""Which faults of the clone service the suite finds, kind by kind, and which correct services it wrongly accuses.

    .venv/bin/python benchmarks/clone_faults.py [WORD...]

Each service is audited in process, pinned to a machine that exists, until the first bug; the correct ones to the end.
With words, only those whose names hold one. The services are those of `tests/services/clone_faults.py`.
"""

from __future__ import annotations

import statistics
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from contract_tests.target import ASGIAdapter
from tests.services.clone_faults import ALL_FAULTS, GROUPS
from tests.services.clone_harmless import ALL_BENIGN, OTHERWISE
from tests.services.clone_travelled import TRAVELLED
from tests.services.clone_variants import VM_ID, Variant
from tests.services.judging import Verdict, make_clone_judge

_GROUPS = {**GROUPS, "F": "otherwise than FastAPI", "V": "values"}


def main(words: list[str]) -> int:
    """Print the table; exit code 1 when a fault survives or a correct service is accused."""
    clone_judge = make_clone_judge()

    def judge(variant: Variant, until: Callable[[str], bool] = bool) -> Verdict:
        return clone_judge.judge(ASGIAdapter(variant.build(vm_ids=frozenset({VM_ID}))), until=until)

    def chosen(variants: dict[str, Variant]) -> dict[str, Variant]:
        return {name: one for name, one in variants.items() if not words or any(word in name for word in words)}

    faults = ALL_FAULTS | TRAVELLED | {f"F {name}": variant for name, variant in OTHERWISE.items()}
    outcomes = {name: judge(variant) for name, variant in chosen(faults).items()}
    alarms = {name: judge(variant, lambda _: False) for name, variant in chosen(ALL_BENIGN).items()}
    made, found = Counter(name[0] for name in outcomes), Counter(name[0] for name, one in outcomes.items() if one.bugs)
    for name in (name for name, one in outcomes.items() if not one.bugs):
        print(f"survives: {name}")
    for name, outcome in alarms.items():
        for sentence in outcome.bugs:
            print(f"false alarm: {name}: {sentence}")
    print(f"{'found':>6}{'of':>5}  kind of fault")
    for group in sorted(made):
        print(f"{found[group]:>6}{made[group]:>5}  {group} {_GROUPS.get(group, 'one of each kind')}")
    print(f"{found.total():>6}{made.total():>5}  all")
    accused = sum(bool(outcome.bugs) for outcome in alarms.values())
    print(f"{accused} of {len(alarms)} correct services accused")
    seen = [outcome for outcome in outcomes.values() if outcome.bugs]
    if seen:
        requests, seconds = (statistics.median(getattr(one, name) for one in seen) for name in ("requests", "seconds"))
        print(f"until the first bug, in the median: {requests:.0f} requests, {seconds:.2f} s")
    return 1 if accused or found.total() < made.total() else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
