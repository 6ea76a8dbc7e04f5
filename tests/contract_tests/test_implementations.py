"""Every broken service is found and named; every correct one passes in silence.

All are audited in this process, but a few over a socket, by the command, as its users do.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from contract_tests.target import ASGIAdapter
from tests.contract_tests.auditing import KEY_VARIABLE, Run, audit
from tests.services import flask_clone
from tests.services.clone_faults import MORE
from tests.services.clone_harmless import ALL_BENIGN
from tests.services.clone_travelled import TRAVELLED
from tests.services.clone_variants import API_KEY, BENIGN, FAULTS, VM_ID, Variant
from tests.services.judging import Judge, make_clone_judge
from tests.services.serving import serve_asgi, serve_node, serve_wsgi

EXAMPLES = ("--max-examples", "15")
KEYED = ("--api-key-env", KEY_VARIABLE)
KNOWN = frozenset({VM_ID})


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY_VARIABLE, API_KEY)


@pytest.fixture(scope="module")
def judge() -> Judge:
    return make_clone_judge()


def run(variant: Variant, *options: str, vm_ids: frozenset[str] | None = None) -> Run:
    with serve_asgi(variant.build(vm_ids=vm_ids)) as url:
        return audit(url, *options)


@pytest.mark.parametrize("variant", FAULTS.values(), ids=FAULTS.keys())
def test_a_fault_is_found_and_named(variant: Variant, judge: Judge) -> None:
    def is_named(sentence: str) -> bool:
        return all(word in sentence for word in variant.words)

    outcome = judge.judge(ASGIAdapter(variant.build(vm_ids=KNOWN)), until=is_named)

    assert any(map(is_named, outcome.bugs)), outcome.bugs


@pytest.mark.parametrize(
    "variant",
    [
        pytest.param(variant, id=f"{group} {name}")
        for group, variants in MORE.items()
        for name, variant in variants.items()
    ]
    + [pytest.param(variant, id=name) for name, variant in TRAVELLED.items()],
)
def test_a_fault_is_found(variant: Variant, judge: Judge) -> None:
    assert judge.judge(ASGIAdapter(variant.build(vm_ids=KNOWN))).bugs


@pytest.mark.parametrize("variant", ALL_BENIGN.values(), ids=ALL_BENIGN.keys())
def test_a_harmless_difference_is_no_bug(variant: Variant, judge: Judge) -> None:
    assert judge.judge(ASGIAdapter(variant.build(vm_ids=KNOWN)), until=lambda _: False).bugs == ()


@pytest.mark.parametrize("fault", ["truncated json", "500 on non-ascii name", "key compared by prefix", "500 on PUT"])
def test_a_fault_is_found_over_a_socket(fault: str) -> None:
    result = run(FAULTS[fault], *KEYED, *EXAMPLES)

    assert result.code == 1, result.text
    bugs = result.text.partition("bugs, one line")[2].partition("\ngaps")[0]
    assert any(all(word in line for word in FAULTS[fault].words) for line in bugs.splitlines()), bugs


@pytest.mark.parametrize("name", ["correct", "gzip", "credentials before routing", "503 now and then"])
def test_a_harmless_difference_is_no_bug_over_a_socket(name: str) -> None:
    result = run(ALL_BENIGN[name], *KEYED, "--set", f"vm_id={VM_ID}", *EXAMPLES, vm_ids=KNOWN)

    assert result.code == 0, result.text
    assert "NOTHING ACCEPTED" not in result.text


@pytest.mark.parametrize("known", [None, frozenset({VM_ID})], ids=["every machine exists", "one machine exists"])
@pytest.mark.parametrize("pins", [(), ("--set", f"vm_id={VM_ID}")], ids=["unpinned", "pinned"])
@pytest.mark.parametrize(
    "named", [("--api-key-env",), ("--bearer-env",), ("--api-key-env", "--bearer-env"), ()], ids=str
)
def test_fastapi_passes_with_any_options(
    named: tuple[str, ...], pins: tuple[str, ...], known: frozenset[str] | None
) -> None:
    credentials = [word for option in named for word in (option, KEY_VARIABLE)]

    result = run(BENIGN["correct"], *credentials, *pins, *EXAMPLES, vm_ids=known)

    assert result.code == 0, result.text
    assert ("NOTHING ACCEPTED" in result.text) is (not named or (known is not None and not pins))


@pytest.mark.parametrize("known", [None, {VM_ID}], ids=["every machine exists", "one machine exists"])
@pytest.mark.parametrize("pins", [(), ("--set", f"vm_id={VM_ID}")], ids=["unpinned", "pinned"])
def test_flask_passes(pins: tuple[str, ...], known: set[str] | None) -> None:
    with serve_wsgi(flask_clone.build_app(api_keys={API_KEY}, vm_ids=known)) as url:
        result = audit(url, *KEYED, *pins, *EXAMPLES)

    assert result.code == 0, result.text
    assert ("NOTHING ACCEPTED" in result.text) is (known is not None and not pins)


@pytest.mark.skipif(shutil.which("node") is None, reason="there is no Node")
@pytest.mark.parametrize("pins", [(), ("--set", f"vm_id={VM_ID}")], ids=["unpinned", "pinned"])
def test_node_passes(pins: tuple[str, ...]) -> None:
    with serve_node(Path(flask_clone.__file__).with_name("node_clone.js"), API_KEY, VM_ID) as url:
        result = audit(url, *KEYED, "--bearer-env", KEY_VARIABLE, *pins, *EXAMPLES)

    assert result.code == 0, result.text
    assert ("NOTHING ACCEPTED" in result.text) is (not pins)


@pytest.mark.parametrize("fault", ["400 for 422", "loc empty", "DELETE implemented"])
def test_a_fault_is_found_without_a_machine_that_exists(fault: str) -> None:
    result = run(FAULTS[fault], *KEYED, *EXAMPLES, vm_ids=frozenset({VM_ID}))

    assert result.code == 1, result.text
