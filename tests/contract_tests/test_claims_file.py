"""Claims beside the document: asserted, or off until a policy asks for them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from contract_tests.claims import find_home, load_volatile
from contract_tests.contract import Contract
from contract_tests.settings import parse_settings
from contract_tests.target import load_contract
from mockserver import default_spec_path, load_spec
from tests.contract_tests.auditing import KEY_VARIABLE, audit
from tests.services.clone_harmless import in_other_words
from tests.services.clone_variants import API_KEY, VM_ID, Variant, name_of
from tests.services.serving import serve_asgi
from tests.services.twisting import Answered, Asked, twist

POLICIES = (
    "clone-of-clone",
    "clone-session-uuid",
    "clone-sessions",
    "clone-snapshot-named",
    "clone-snapshot-unnamed",
    "clone-status",
    "clone-vm-id",
    "clone-wait-false",
    "clone-wait-true",
)
FEW = ("--max-examples", "1", "-k", "claims")
EVERY = tuple(word for name in POLICIES for word in ("--policy", f"{name}=error"))


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY_VARIABLE, API_KEY)


def answering(**changes: Any) -> Any:
    """The clone service with these properties in each accepted answer."""

    def after(asked: Asked, answered: Answered) -> None:
        if answered.status == 200:
            answered.set_json({**answered.json(), **changes})

    return twist(Variant("").build(), after=after)


def test_every_policy_holds_of_the_mock_and_of_the_real_service() -> None:
    with serve_asgi(Variant("").build()) as url:
        real = audit(url, "--api-key-env", KEY_VARIABLE, *FEW, *EVERY)
    mock = audit(*FEW, *EVERY)

    assert (real.code, mock.code) == (0, 0), real.text + mock.text
    assert "17 passed" in real.text
    assert "17 passed" in mock.text


@pytest.mark.parametrize(("words", "skipped"), [("claims", "2 skipped"), ("is accepted", "3 skipped")])
def test_a_name_in_use_is_a_conflict_and_no_broken_claim(words: str, skipped: str) -> None:
    """No page says whether snapshots may share one."""
    used: set[str] = set()

    def before(asked: Asked) -> Answered | None:
        name = name_of(asked)
        if not isinstance(name, str):
            return None
        is_used = name in used
        used.add(name)
        return Answered.of(409, {"detail": "in use"}) if is_used else None

    with serve_asgi(twist(Variant("").build(), before=before)) as url:
        run = audit(url, "--api-key-env", KEY_VARIABLE, "--max-examples", "1", "-k", words)

    assert run.code == 0, run.text
    assert skipped in run.text


@pytest.mark.parametrize("change", [{}, {"/v1/vms": {"get": {"responses": {"200": {"description": ""}}}}}])
@pytest.mark.parametrize("summary", ["Clone Vm", "Make a copy of a virtual machine"])
def test_the_claims_of_the_vendored_contract_go_with_its_copies(
    change: dict[str, Any], summary: str, tmp_path: Path
) -> None:
    document = json.loads(default_spec_path().read_text())
    document["paths"]["/v1/vms/{vm_id}/clone"]["post"]["summary"] = summary
    copy = tmp_path / "copy.json"
    copy.write_text(json.dumps({**document, "paths": {**document["paths"], **change}}))
    with serve_asgi(answering(vm_id="vmid-amber-1", session_id="0e4b5f2c-6d7f-4c0e-9b43-1a2b3c4d5e6f")) as url:
        run = audit(url, "--spec", str(copy), "--api-key-env", KEY_VARIABLE, *FEW)

    assert run.code == 1
    assert "two calls make two clones" in run.text


def test_the_claims_of_the_vendored_contract_are_its_own(tmp_path: Path) -> None:
    """Nor are they those of a mock that knows nothing but the copy."""
    document = json.loads(default_spec_path().read_text())
    copy, other = tmp_path / "copy.json", tmp_path / "other.json"
    copy.write_text(json.dumps(document))
    del document["components"]["schemas"]["VMCloneResponse"]["properties"]["vm_id"]
    other.write_text(json.dumps(document))

    for spec, url in ((other, "http://127.0.0.1:1"), (copy, None)):
        settings = parse_settings(spec=str(spec), base_url=url)
        assert find_home(settings, load_contract(settings)) == spec


@pytest.mark.parametrize(
    ("changes", "policy"),
    [
        ({"snapshot_deleted": False}, "clone-snapshot-unnamed"),
        ({"snapshot_deleted": True}, "clone-snapshot-named"),
        ({"status": "active"}, "clone-wait-false"),
        ({"status": "running"}, "clone-wait-true"),
        ({"status": "copying"}, "clone-status"),
    ],
    ids=str,
)
def test_a_policy_is_off_until_it_is_asked_for(changes: dict[str, Any], policy: str) -> None:
    with serve_asgi(answering(**changes)) as url:
        codes = [
            audit(url, "--api-key-env", KEY_VARIABLE, *FEW, *option).code
            for option in ((), ("--policy", f"{policy}=warn"), ("--policy", f"{policy}=error"))
        ]

    assert codes == [0, 0, 1]


def test_session_ids_are_never_reused_unless_that_policy_is_off() -> None:
    with serve_asgi(answering(session_id="d2719c9f-0d1c-4c2d-9c3a-5a0f5b3a3c11")) as url:
        codes = [
            audit(url, "--api-key-env", KEY_VARIABLE, *FEW, *option).code
            for option in ((), ("--policy", "clone-sessions=warn"), ("--policy", "clone-sessions=off"))
        ]

    assert codes == [1, 0, 0]


def renamed(answered: Answered) -> None:
    """A machine under a name that it does not have."""
    if answered.status == 200 and (vm_id := answered.json()["vm_id"]):
        answered.set_json({**answered.json(), "vm_id": vm_id.upper()})


def test_a_clone_can_be_cloned_unless_that_policy_is_off() -> None:
    service = twist(Variant("").build(vm_ids=frozenset({VM_ID})), after=lambda _, answered: renamed(answered))
    with serve_asgi(service) as url:
        codes = [
            audit(url, "--api-key-env", KEY_VARIABLE, *FEW, "--set", f"vm_id={VM_ID}", *option).code
            for option in ((), ("--policy", "clone-of-clone=warn"), ("--policy", "clone-of-clone=off"))
        ]

    assert codes == [1, 0, 0]


@pytest.mark.parametrize(("options", "code"), [((), 0), (("--policy", "clone-of-clone=error"), 1)])
def test_a_stand_in_of_another_framework_may_know_a_fixed_set_of_machines(options: tuple[str, ...], code: int) -> None:
    service = in_other_words(Variant("", after=lambda asked, answered: renamed(answered)))
    with serve_asgi(service.build(vm_ids=frozenset({VM_ID}))) as url:
        run = audit(url, "--api-key-env", KEY_VARIABLE, *FEW, "--set", f"vm_id={VM_ID}", *options)

    assert run.code == code, run.text


def test_a_session_id_is_a_uuid_where_that_policy_is_on() -> None:
    options = ("--policy", "clone-sessions=off")
    with serve_asgi(answering(session_id="session-1")) as url:
        codes = [
            audit(url, "--api-key-env", KEY_VARIABLE, *FEW, *options, *option).code
            for option in ((), ("--policy", "clone-session-uuid=error"))
        ]

    assert codes == [0, 1]


@pytest.mark.parametrize("entry", ['level = "error"', 'policy = "mine"\nlevel = "loud"'])
def test_a_level_is_one_of_a_policy(entry: str, tmp_path: Path) -> None:
    spec = tmp_path / "openapi.json"
    spec.write_text(default_spec_path().read_text())
    claims = f'[[claim]]\ntitle = "a title"\noperation = "POST /v1/vms/{{vm_id}}/clone"\n{entry}\n'
    (tmp_path / "openapi.claims.toml").write_text(claims)

    run = audit("--spec", str(spec), "--list-policies")

    assert run.code == 2
    assert "level is that of a policy: off, warn, error" in run.text


@pytest.mark.parametrize(("status", "code"), [(200, 1), (404, 0)])
def test_a_claim_may_be_about_a_refusal(status: int, code: int) -> None:
    def after(asked: Asked, answered: Answered) -> None:
        if "no-such-id" in asked.path and status == 404:
            answered.status = 404
            answered.set_json({"detail": "VM not found"})

    with serve_asgi(twist(Variant("").build(), after=after)) as url:
        run = audit(url, "--api-key-env", KEY_VARIABLE, *FEW, "--policy", "clone-unknown-vm=error")

    assert run.code == code, run.text
    assert ("it answers 200, not 404" in run.text) is bool(code)


def test_the_policies_of_the_claims_are_listed() -> None:
    listed = audit("--list-policies").text

    assert [name for name in POLICIES if name not in listed] == []


SPEC = {
    "openapi": "3.1.0",
    "info": {"title": "t", "version": "1"},
    "paths": {"/a": {"get": {"responses": {"200": {"description": "fine"}}}}},
}


@pytest.mark.parametrize("place", ["document", "operation"])
@pytest.mark.parametrize(("session", "code"), [(None, 0), ("one-for-all", 1)])
def test_claims_within_the_document(place: str, session: str | None, code: int, tmp_path: Path) -> None:
    document = json.loads(default_spec_path().read_text())
    claim = {"title": "sessions differ", "requests": [{}, {}], "distinct": ["0.session_id", "1.session_id"]}
    operation = document["paths"]["/v1/vms/{vm_id}/clone"]["post"]
    if place == "operation":
        operation["x-contract"] = {"claim": [claim]}
    else:
        document["x-contract"] = {"claim": [{**claim, "operation": "POST /v1/vms/{vm_id}/clone"}]}
    (tmp_path / "spec.json").write_text(json.dumps(document))

    with serve_asgi(answering(**({"session_id": session} if session else {}))) as url:
        run = audit(url, "--spec", str(tmp_path / "spec.json"), "--api-key-env", KEY_VARIABLE, *FEW)

    assert run.code == code, run.text
    assert ("breaks the claim that sessions differ" in run.text) is bool(code)


def test_the_volatile_members_of_file_and_document(tmp_path: Path) -> None:
    (tmp_path / "spec.json").write_text(json.dumps({**SPEC, "x-contract": {"volatile": ["checksum"]}}))
    (tmp_path / "spec.claims.toml").write_text('volatile = ["seen"]')
    contract = Contract(load_spec(tmp_path / "spec.json"))

    assert load_volatile(parse_settings(spec=str(tmp_path / "spec.json")), contract) == {"checksum", "seen"}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("volatile = 5", "volatile must be a list"),
        ("volatile = [5]", "a list of names"),
        ("claims = []", "holds `claim` and `volatile`"),
        ("claim = [5]", "claim 1 must be a table"),
        ("[[claim]", "Expected"),
        ('[[claim]]\ntitle = "x"', "claim 1 needs a title and an operation"),
        ('[[claim]]\ntitle = "x"\noperation = "GET /a"\nwhen = 1', "claim 1 has the unknown key when"),
        ('[[claim]]\ntitle = "x"\noperation = "GET /a"\nrequests = [{ where = {} }]', "1 to 10 requests"),
        ('[[claim]]\ntitle = "x"\noperation = "GET /a"\nanswers = [{ type = "nothing" }]', "no JSON Schema"),
    ],
    ids=[
        "no list",
        "no names",
        "another name",
        "no table",
        "no TOML",
        "no operation",
        "unknown key",
        "unknown place",
        "no schema",
    ],
)
def test_a_file_of_claims_that_cannot_be_used_is_exit_2(text: str, sentence: str, tmp_path: Path) -> None:
    (tmp_path / "spec.json").write_text(json.dumps(SPEC))
    (tmp_path / "spec.claims.toml").write_text(text)

    run = audit("--spec", str(tmp_path / "spec.json"))

    assert (run.code, "Traceback" in run.text) == (2, False), run.text
    assert sentence in run.text
