"""The suite on three services that it was not written for: what it sees, and where it must be silent."""

from __future__ import annotations

import pytest

from tests.services.scoring import Scorer, find_rates, iter_table, load_service
from tests.services.variant import GROUPS

SERVICES = ("tracker", "library", "fleet")
FLOOR, CLASS_FLOOR = 90.0, 65.0
"""Per cent of the faults that are found, of all and of each group of five or more. Raise them with the rules."""


@pytest.fixture(autouse=True)
def impatience(monkeypatch: pytest.MonkeyPatch) -> None:
    """These services show at once what was written."""
    monkeypatch.setattr("contract_tests.patience.PATIENCE", 0.0)


@pytest.fixture(scope="module", params=SERVICES)
def scorer(request: pytest.FixtureRequest) -> Scorer:
    return Scorer(load_service(request.param))


SAMPLE = {
    "tracker": ("R09", "N02", "K06", "V03"),
    "library": ("R17", "F06", "U05", "T04"),
    "fleet": ("R23", "M21"),
}
"""Few, since each costs up to a second: the table of sequences has more, and a run with `-m slow` has all."""


def test_a_sample_of_the_faults_is_found(scorer: Scorer) -> None:
    found = {name: scorer.judge(scorer.service[name]).is_found for name in SAMPLE[scorer.service.name]}

    assert found == dict.fromkeys(found, True)


@pytest.mark.parametrize("name", SERVICES)
def test_every_variant_has_an_id_of_its_own_and_a_group(name: str) -> None:
    variants = load_service(name).variants

    assert len({variant.id for variant in variants}) == len(variants)
    assert {variant.id[0] for variant in variants} <= GROUPS.keys()


@pytest.mark.slow
def test_the_faults_are_found_and_nothing_else(scorer: Scorer) -> None:
    assert scorer.learn().bugs == ()
    outcomes = [
        scorer.judge(variant, whole=not variant.is_fault) for variant in scorer.service.variants if variant.id != "REF"
    ]

    table = "\n".join(iter_table(outcomes))
    print(table)
    rates = find_rates(outcomes)
    assert rates.pop("all") >= FLOOR, table
    assert min(rates.values()) >= CLASS_FLOOR, table
    assert [o.variant.id for o in outcomes if o.variant.id[0] == "B" and o.is_found] == [], table
