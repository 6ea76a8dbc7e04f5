"""The verdict on an answer, for each kind of request and each situation."""

from __future__ import annotations

import json
from typing import Any

import pytest

from contract_tests.contract import Contract
from contract_tests.exchanges import Answer
from contract_tests.intents import Intent, Kind
from contract_tests.oracle import Situation
from contract_tests.oracles import Judge
from contract_tests.verdicts import Verdict
from mockserver import default_spec_path, load_spec

CONTRACT = Contract(load_spec(default_spec_path(), overlays=()))
JUDGE = Judge(CONTRACT, CONTRACT.operations[0])

REACHED = Situation(reached=True, authenticated=True)
GUESSED = Situation(authenticated=True, guessed=True)
KEYLESS = Situation()


def verdicts(judge: Judge, kind: Kind, status: int, situation: Situation, **headers: str) -> list[str]:
    """Verdict and claim of each finding; the request is broken at the query parameter `wait`."""
    location, field = ("query", ("wait",)) if kind in {Kind.INVALID, Kind.LAX} else ("", ())
    loc: list[Any] = ["query", "wait"]
    body = b'{"detail": [{"loc": ["query", "wait"], "msg": "", "type": ""}]}' if loc and status == 422 else b"{}"
    answer = Answer(status, {name: (value,) for name, value in headers.items()}, body)
    findings = judge.judge(Intent(kind, "the request", location, field), answer, situation)
    return [f"{finding.verdict.value}: {finding.claim}" for finding in findings]


@pytest.mark.parametrize(
    ("kind", "status", "situation", "expected"),
    [
        (Kind.VALID, 200, REACHED, []),
        (Kind.VALID, 201, REACHED, ["bug: status"]),
        (Kind.VALID, 302, REACHED, ["bug: status"]),
        (Kind.VALID, 422, REACHED, ["bug: valid refused"]),
        (Kind.VALID, 400, REACHED, ["bug: valid refused"]),
        (Kind.VALID, 404, REACHED, ["bug: valid refused"]),
        (Kind.VALID, 409, REACHED, ["bug: valid refused"]),
        (Kind.VALID, 415, REACHED, ["bug: valid refused"]),
        (Kind.VALID, 401, REACHED, ["bug: right credentials"]),
        (Kind.VALID, 403, REACHED, ["bug: right credentials"]),
        (Kind.VALID, 401, KEYLESS, ["gap: undocumented"]),
        (Kind.VALID, 404, GUESSED, ["gap: undocumented"]),
        (Kind.VALID, 403, GUESSED, ["gap: undocumented"]),
        (Kind.VALID, 401, GUESSED, ["bug: right credentials"]),
        (Kind.VALID, 429, REACHED, ["gap: undocumented"]),
        (Kind.VALID, 413, REACHED, ["bug: valid refused"]),
        (Kind.VALID, 413, Situation(reached=True, authenticated=True, large=True), ["gap: undocumented"]),
        (Kind.VALID, 500, REACHED, ["bug: server error"]),
        (Kind.VALID, 501, REACHED, ["bug: server error"]),
        (Kind.VALID, 502, REACHED, ["environment: gateway"]),
        (Kind.VALID, 503, REACHED, ["environment: gateway"]),
        (Kind.VALID, 504, REACHED, ["environment: gateway"]),
        (Kind.INVALID, 422, REACHED, []),
        (Kind.INVALID, 400, REACHED, ["bug: refusal status"]),
        (Kind.INVALID, 200, REACHED, ["bug: invalid accepted"]),
        (Kind.INVALID, 201, REACHED, ["bug: invalid accepted"]),
        (Kind.INVALID, 404, REACHED, ["bug: refusal status"]),
        (Kind.INVALID, 404, GUESSED, ["gap: undocumented"]),
        (Kind.INVALID, 401, KEYLESS, ["gap: undocumented"]),
        (Kind.INVALID, 401, REACHED, ["bug: refusal status"]),
        (Kind.INVALID, 405, REACHED, ["bug: refusal status"]),
        (Kind.INVALID, 415, REACHED, ["bug: refusal status"]),
        (Kind.INVALID, 429, REACHED, ["gap: undocumented"]),
        (Kind.INVALID, 500, REACHED, ["bug: server error"]),
        (Kind.LAX, 200, REACHED, ["policy: lax"]),
        (Kind.LAX, 422, REACHED, []),
        (Kind.LAX, 400, REACHED, ["bug: refusal status"]),
        (Kind.UNCERTAIN, 200, REACHED, []),
        (Kind.UNCERTAIN, 201, REACHED, ["bug: status"]),
        (Kind.UNCERTAIN, 404, REACHED, ["gap: undocumented"]),
        (Kind.MALFORMED, 422, REACHED, []),
        (Kind.MALFORMED, 400, REACHED, ["gap: undocumented"]),
        (Kind.MALFORMED, 415, REACHED, ["gap: undocumented"]),
        (Kind.MALFORMED, 200, REACHED, ["bug: invalid accepted"]),
        (Kind.MALFORMED, 404, REACHED, ["bug: refusal status"]),
        (Kind.MALFORMED, 500, REACHED, ["bug: server error"]),
        (Kind.MEDIA_TYPE, 415, REACHED, ["gap: undocumented"]),
        (Kind.MEDIA_TYPE, 400, REACHED, ["gap: undocumented"]),
        (Kind.MEDIA_TYPE, 422, REACHED, []),
        (Kind.MEDIA_TYPE, 200, REACHED, ["policy: lax"]),
        (Kind.MEDIA_TYPE, 500, REACHED, ["bug: server error"]),
        (Kind.ANONYMOUS, 422, KEYLESS, ["bug: refusal status"]),
        (Kind.ANONYMOUS, 403, KEYLESS, ["gap: undocumented"]),
        (Kind.ANONYMOUS, 200, KEYLESS, ["bug: credentials"]),
        (Kind.ANONYMOUS, 404, KEYLESS, ["gap: undocumented"]),
        (Kind.ANONYMOUS, 401, KEYLESS, ["gap: undocumented", "policy: challenge"]),
        (Kind.FORGED, 401, KEYLESS, ["gap: undocumented", "policy: challenge"]),
        (Kind.FORGED, 200, KEYLESS, ["bug: credentials"]),
        (Kind.ANONYMOUS, 409, KEYLESS, ["bug: credentials"]),
        (Kind.FORGED, 412, KEYLESS, ["bug: credentials"]),
        (Kind.UNSCOPED, 403, KEYLESS, ["gap: undocumented"]),
        (Kind.UNSCOPED, 200, KEYLESS, ["bug: credentials"]),
        (Kind.UNSCOPED, 401, KEYLESS, ["gap: undocumented", "policy: scope-status", "policy: challenge"]),
        (Kind.TRIED, 200, REACHED, []),
        (Kind.TRIED, 401, REACHED, []),
        (Kind.TRIED, 422, REACHED, ["bug: refusal status"]),
        (Kind.TRIED, 422, KEYLESS, []),
        (Kind.NESTED, 400, REACHED, []),
        (Kind.NESTED, 500, REACHED, ["policy: nesting"]),
        (Kind.HEAD, 200, REACHED, []),
        (Kind.HEAD, 405, REACHED, []),
        (Kind.HEAD, 404, REACHED, ["policy: method"]),
        (Kind.HEAD, 500, REACHED, ["bug: server error"]),
        (Kind.METHOD, 405, REACHED, ["bug: no allow", "gap: undocumented"]),
        (Kind.METHOD, 404, REACHED, ["policy: method"]),
        (Kind.METHOD, 501, REACHED, []),
        (Kind.METHOD, 401, REACHED, []),
        (Kind.METHOD, 200, REACHED, ["bug: undeclared method"]),
        (Kind.METHOD, 422, REACHED, ["bug: undeclared method"]),
        (Kind.METHOD, 500, REACHED, ["bug: server error"]),
    ],
)
def test_verdict(kind: Kind, status: int, situation: Situation, expected: list[str]) -> None:
    assert verdicts(JUDGE, kind, status, situation) == expected


def test_a_complete_405_is_a_gap() -> None:
    assert verdicts(JUDGE, Kind.METHOD, 405, REACHED, allow="POST") == ["gap: undocumented"]


@pytest.mark.parametrize(
    ("tag", "is_right"),
    [
        ('"a1"', True),
        ('W/"a1"', True),
        ('""', True),
        ('"caf\xe9!"', True),
        ("a1", False),
        ('w/"a1"', False),
        ('"a b"', False),
        ('"a"b"', False),
        ("'a1'", False),
        ("", False),
    ],
)
def test_a_tag_is_quoted(tag: str, is_right: bool) -> None:
    assert verdicts(JUDGE, Kind.VALID, 200, REACHED, etag=tag) == ([] if is_right else ["bug: message"])


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"type": "string"}, ["bug: message"]),
        ({"type": "integer"}, []),
        ({"type": "string", "pattern": "^[0-9a-f]+$"}, []),
    ],
)
def test_a_document_may_have_tags_that_are_none(schema: Any, expected: list[str]) -> None:
    responses = {"200": {"description": "", "headers": {"ETag": {"schema": schema}}}}
    document = {
        "openapi": "3.1.0",
        "info": {"title": "", "version": ""},
        "paths": {"/a": {"get": {"responses": responses}}},
    }
    contract = Contract(load_spec(document))

    assert verdicts(Judge(contract, contract.operations[0]), Kind.VALID, 200, REACHED, etag="15") == expected


def test_an_allow_may_come_in_several_lines() -> None:
    intent = Intent(Kind.METHOD, "DELETE /v1/vms/{vm_id}/clone")
    findings = JUDGE.judge(intent, Answer(405, {"allow": ("OPTIONS", "POST")}, b"{}"), REACHED)
    assert [finding.verdict for finding in findings] == [Verdict.GAP]


def test_an_allow_without_any_documented_method_is_wrong() -> None:
    assert verdicts(JUDGE, Kind.METHOD, 405, REACHED, allow="GET") == ["bug: allow", "gap: undocumented"]


def test_an_allow_that_names_what_was_refused_is_wrong() -> None:
    intent = Intent(Kind.METHOD, "DELETE /v1/vms/{vm_id}/clone")
    findings = [*JUDGE.judge(intent, Answer(405, {"allow": ("POST, DELETE",)}, b"{}"), REACHED)]
    assert [finding.sentence for finding in findings if finding.verdict is Verdict.BUG] == [
        "DELETE /v1/vms/{vm_id}/clone is answered 405 with an Allow that names DELETE (RFC 9110, section 10.2.1)"
    ]


@pytest.mark.parametrize("other", ["/v1/vms/{vm_id}/{action}", "/v1/{rest}", "/v1/vms/first/clone"])
def test_the_router_of_fastapi_names_the_methods_of_the_first_path_that_matches(other: str) -> None:
    document = json.loads(default_spec_path().read_text())
    document["paths"][other] = {"get": {"responses": {"200": {"description": ""}}}}
    contract = Contract(load_spec(document))
    assert verdicts(
        Judge(contract, contract.by_label["POST /v1/vms/{vm_id}/clone"]), Kind.METHOD, 405, REACHED, allow="GET"
    ) == [
        "policy: allow",
        "gap: undocumented",
    ]


@pytest.mark.parametrize(
    ("status", "allow", "situation", "expected"),
    [
        (404, "", REACHED, ["bug: method"]),
        (404, "", Situation(), ["policy: method"]),
        (404, "", GUESSED, ["policy: method"]),
        (405, "GET, HEAD", REACHED, ["gap: undocumented"]),
        (405, "POST", REACHED, ["bug: allow", "gap: undocumented"]),
    ],
)
def test_a_method_of_a_path_that_exists(status: int, allow: str, situation: Situation, expected: list[str]) -> None:
    assert verdicts(judge_of("200"), Kind.METHOD, status, situation, **({"allow": allow} if allow else {})) == expected


@pytest.mark.parametrize(
    ("status", "situation", "expected"),
    [
        (200, REACHED, []),
        (204, REACHED, ["bug: status"]),
        (304, REACHED, ["bug: status"]),
        (404, REACHED, ["bug: method"]),
        (404, GUESSED, []),
        (404, KEYLESS, []),
        (405, REACHED, []),
        (501, REACHED, []),
        (500, REACHED, ["bug: server error"]),
    ],
)
def test_head_is_answered_like_get(status: int, situation: Situation, expected: list[str]) -> None:
    found = verdicts(judge_of("200"), Kind.HEAD, status, situation)

    assert [each for each in found if not each.startswith("gap")] == expected


@pytest.mark.parametrize(
    ("statuses", "got", "expected"),
    [
        (("200", "406"), "text/csv", []),
        (("200", "406"), "application/json", ["bug: accept"]),
        (("200",), "text/csv", []),
        (("200",), "application/json", ["policy: accept"]),
    ],
)
def test_what_accept_names_is_answered(statuses: tuple[str, ...], got: str, expected: list[str]) -> None:
    answer = Answer(200, {"content-type": (f"{got}; charset=utf-8",)}, b"1")
    intent = Intent(Kind.VALID, "a request with Accept: text/csv", accept="text/csv")
    findings = judge_of(*statuses).judge(intent, answer, REACHED)

    assert [f"{finding.verdict.value}: {finding.claim}" for finding in findings] == expected


@pytest.mark.parametrize(("proven", "expected"), [(False, []), (True, ["bug: refusal status"])])
def test_a_conflict_that_is_none(proven: bool, expected: list[str]) -> None:
    situation = Situation(reached=True, authenticated=True, proven=proven)

    assert verdicts(judge_of("200", "400", "409"), Kind.INVALID, 409, situation) == expected


@pytest.mark.parametrize(
    ("name", "expected"), [("If-Match", []), ("X-Trace", ["bug: refusal status"])], ids=["a precondition", "another"]
)
def test_a_precondition_that_is_missing_is_required(name: str, expected: list[str]) -> None:
    intent = Intent(Kind.INVALID, f"a request without {name}", "header", (name,))
    situation = Situation(reached=True, authenticated=True, proven=True)
    findings = judge_of("200", "422", "428").judge(intent, Answer(428, {}, b""), situation)

    assert [f"{finding.verdict.value}: {finding.claim}" for finding in findings] == expected


@pytest.mark.parametrize(
    ("status", "looks_up", "expected"),
    [
        (200, True, ["bug: another id"]),
        (200, False, []),
        (404, True, []),
        (422, True, []),
        (500, True, ["bug: server error"]),
    ],
)
def test_an_id_close_to_one_that_exists(status: int, looks_up: bool, expected: list[str]) -> None:
    situation = Situation(reached=True, authenticated=True, looks_up=looks_up)

    assert verdicts(judge_of("200", path="/things/{id}"), Kind.ELSEWHERE, status, situation) == expected


@pytest.mark.parametrize(
    ("text", "leaks"),
    [
        ('Traceback (most recent call last):\n  File "app.py", line 3, in f', True),
        ("boom\n    at com.example.Clone.run(Clone.java:31)", True),
        ("Error: x\n    at clone (/srv/app/index.js:10:5)", True),
        ("SQLSTATE[42000]: Syntax error", True),
        ("the name was not found at line 3", False),
        ("Meet me at noon (see page.js)", False),
    ],
)
def test_a_refusal_that_shows_the_inside(text: str, leaks: bool) -> None:
    findings = judge_of("200", "422").judge(Intent(Kind.INVALID, "x"), Answer(422, {}, text.encode()), REACHED)

    assert [finding.claim for finding in findings] == (["leak"] if leaks else [])


def test_a_redirect_to_another_spelling_of_the_path_is_lax() -> None:
    assert verdicts(JUDGE, Kind.VALID, 307, REACHED, location="/v1/vms/x/clone") == ["policy: redirect"]


def test_a_challenge_makes_a_401_complete() -> None:
    assert verdicts(JUDGE, Kind.ANONYMOUS, 401, KEYLESS, **{"www-authenticate": "Bearer"}) == ["gap: undocumented"]


def judge_of(*statuses: str, path: str = "/things") -> Judge:
    """A judge of an operation that documents these statuses."""
    parameters = [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}] if "{" in path else []
    responses = {status: {"description": ""} for status in statuses}
    operation = {"parameters": parameters, "responses": responses}
    document = {"openapi": "3.1.0", "info": {"title": "", "version": ""}, "paths": {path: {"get": operation}}}
    contract = Contract(load_spec(document))
    return Judge(contract, contract.operations[0])


@pytest.mark.parametrize(
    ("statuses", "kind", "status", "expected"),
    [
        (("200",), Kind.INVALID, 400, ["gap: undocumented"]),
        (("200",), Kind.INVALID, 422, ["gap: undocumented"]),
        (("200", "404"), Kind.INVALID, 400, ["gap: undocumented"]),
        (("200", "400"), Kind.INVALID, 422, ["bug: refusal status"]),
        (("200", "4XX"), Kind.INVALID, 400, []),
        (("200", "default"), Kind.INVALID, 409, []),
        (("200", "409", "422"), Kind.INVALID, 409, []),
        (("200", "404", "422"), Kind.INVALID, 404, ["bug: refusal status"]),
        (("2XX",), Kind.VALID, 202, []),
        (("default",), Kind.VALID, 204, []),
        (("200", "409"), Kind.VALID, 409, []),
        (("200", "404"), Kind.VALID, 404, []),
        (("200", "401"), Kind.ANONYMOUS, 403, ["bug: refusal status"]),
        (("200", "401", "403"), Kind.ANONYMOUS, 403, []),
        (("200", "429"), Kind.VALID, 429, []),
    ],
)
def test_verdict_depends_on_what_is_documented(
    statuses: tuple[str, ...], kind: Kind, status: int, expected: list[str]
) -> None:
    assert verdicts(judge_of(*statuses), kind, status, REACHED) == expected


@pytest.mark.parametrize(
    ("validated", "keyword", "expected"),
    [
        (set(), "", []),
        ({("id", "")}, "", ["bug: refusal status"]),
        ({("id", "")}, "type", []),
        ({("id", ""), ("id", "type")}, "type", ["bug: refusal status"]),
    ],
)
def test_a_service_that_refused_a_wrong_id_as_invalid_must_refuse_another(
    validated: set[tuple[str, ...]], keyword: str, expected: list[str]
) -> None:
    judge = judge_of("200", "404", "422", path="/things/{id}")
    situation = Situation(reached=True, authenticated=True, validated=frozenset(validated))

    findings = judge.judge(Intent(Kind.INVALID, "id=0", "path", ("id",), keyword=keyword), Answer(404), situation)

    assert [f"{finding.verdict.value}: {finding.claim}" for finding in findings] == expected


@pytest.mark.parametrize(
    ("locs", "code", "named"),
    [
        ([["query", "wait"]], "bool_parsing", True),
        ([["body", "snapshot_name"], ["query", "wait"]], "bool_parsing", True),
        ([["query", "WAIT"]], "bool_parsing", True),
        ([["wait"]], "bool_parsing", False),
        ([["header", "wait"]], "bool_parsing", False),
        ([["query"]], "bool_parsing", False),
        ([[]], "bool_parsing", False),
        ([], "bool_parsing", False),
        ([["wait"]], "wait.type", True),
        ([["query", "wait"]], "wait.type", True),
        ([["body", "wait"]], "wait.type", False),
        ([["snapshot_name"]], "wait.type", False),
        ([[]], "wait.type", False),
    ],
)
def test_an_error_names_the_broken_field(locs: list[Any], code: str, named: bool) -> None:
    body = {"detail": [{"loc": loc, "msg": "", "type": code} for loc in locs]}
    answer = Answer(422, {}, repr(body).replace("'", '"').encode())

    findings = JUDGE.judge(Intent(Kind.INVALID, "wait=maybe", "query", ("wait",)), answer, REACHED)

    assert [finding.claim for finding in findings] == ([] if named else ["loc"])


@pytest.mark.parametrize(
    ("content_type", "body", "expected"),
    [
        ("application/problem+json", b'{"status": 422}', []),
        ("application/problem+json; charset=utf-8", b'{"status": 500}', ["bug: problem status"]),
        ("application/problem+json", b'{"title": "none"}', []),
        ("application/problem+json", b"[422]", []),
        ("application/json", b'{"status": 500}', []),
    ],
)
def test_problem_details_say_the_status_that_was_sent(content_type: str, body: bytes, expected: list[str]) -> None:
    """RFC 9457, section 3.1.3; another media type may mean another thing by `status`."""
    answer = Answer(422, {"content-type": (content_type,)}, body)
    findings = JUDGE.judge(Intent(Kind.UNCERTAIN, "the request"), answer, REACHED)
    assert [f"{finding.verdict.value}: {finding.claim}" for finding in findings] == expected


@pytest.mark.parametrize(
    ("text", "value"), [("1.0", 1), ("-3.0e2", -300), ("1.5", 1.5), ("1e400", float("inf")), ("1e30", 1e30)]
)
def test_a_number_is_read_by_its_value(text: str, value: float) -> None:
    read = Answer(200, {}, text.encode()).json()

    assert (read, type(read)) == (value, type(value))


@pytest.mark.parametrize(("is_reached", "causes"), [(False, 1), (True, 2)])
def test_what_accepts_nothing_has_one_fault_whatever_is_asked_of_it(*, is_reached: bool, causes: int) -> None:
    wait = ("#/components/schemas/Wait", ("wait",))
    name = ("#/components/schemas/Name", ("name",))
    findings = [
        JUDGE.judge(Intent(Kind.VALID, "the request", "query", field, pointer), Answer(400, {}, b"{}"), situation)
        for pointer, field in (wait, name)
        for situation in [Situation(reached=is_reached, authenticated=True)]
    ]

    assert len({finding.cause for found in findings for finding in found}) == causes


@pytest.mark.parametrize("challenge", ['Basic realm="x"', "Negotiate"])
def test_a_challenge_for_what_the_contract_does_not_have_is_no_challenge(challenge: str) -> None:
    headers = {"www-authenticate": challenge}
    assert verdicts(JUDGE, Kind.ANONYMOUS, 401, REACHED, **headers)[-1] == "policy: challenge"
    assert verdicts(JUDGE, Kind.ANONYMOUS, 401, REACHED, **{"www-authenticate": f"Bearer, {challenge}"}) == [
        "gap: undocumented"
    ]


@pytest.mark.parametrize(("allow", "expected"), [("POST", ["gap: undocumented"]), ("post", ["bug: allow"])])
def test_methods_have_a_case(allow: str, expected: list[str]) -> None:
    answer = Answer(405, {"allow": (allow,)}, b"{}")
    found = JUDGE.judge(Intent(Kind.METHOD, "GET /a"), answer, REACHED)

    assert [f"{finding.verdict.value}: {finding.claim}" for finding in found][:1] == expected
