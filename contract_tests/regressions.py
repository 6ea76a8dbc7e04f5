"""A bug as a pytest function that stands alone: it needs pytest, requests and the variables that hold the secrets."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from contract_tests.exchanges import Call
from contract_tests.failures import MAX_PADDING, UNTOLD
from contract_tests.settings import UsageProblem
from contract_tests.steps import Redact, name_ids, variable_of
from contract_tests.verdicts import ON_THE_SOCKET, Finding

_HEAD = '''"""{title}"""

import os
import re

import requests

BASE_URL = os.environ.get("BASE_URL", {base!r})


def values(node, path):
    """Every value at a path of names; arrays are looked through."""
    if isinstance(node, list):
        return [value for item in node for value in values(item, path)]
    if not path:
        return [node]
    return values(node[path[0]], path[1:]) if isinstance(node, dict) and path[0] in node else []


def is_type(value, names):
    kinds = {{"string": str, "integer": int, "number": (int, float), "boolean": bool, "array": list, "object": dict}}
    if isinstance(value, bool):
        return "boolean" in names
    return any(value is None if name == "null" else isinstance(value, kinds[name]) for name in names)
'''

_TEST = '''

def test_{name}():
    """{sentence}"""
{requests}
    {check}
'''

_REQUEST = """    answer = requests.request(
        {method!r},
        BASE_URL + {target},
        headers={headers},
        data={body},
        allow_redirects=False,
        timeout=30,
    )"""

# The claims whose requests must be refused, whatever the service says of them.
_MUST_REFUSE = frozenset({"invalid accepted", "credentials", "undeclared method"})
_COMPARED = {
    "minimum": "value >= {limit}",
    "maximum": "value <= {limit}",
    "exclusiveMinimum": "value > {limit}",
    "exclusiveMaximum": "value < {limit}",
    "minLength": "len(value) >= {limit}",
    "maxLength": "len(value) <= {limit}",
    "minItems": "len(value) >= {limit}",
    "maxItems": "len(value) <= {limit}",
    "enum": "value in {limit}",
    "const": "value == {limit}",
    "pattern": "re.search({limit}, value)",
}


def write_regressions(place: Path, findings: Iterable[Finding], *, base_url: str, redact: Redact) -> list[Path]:
    """Write the tests of these bugs: into one file when the name ends in `.py`, else one file each into a folder.

    Returns the files. Raises `UsageProblem` when they cannot be written.
    """
    tests = render_regressions(findings, base_url=base_url, redact=redact)
    head = _HEAD.format(title="Requests that broke the contract, written by contract-tests.", base=base_url)
    if place.suffix == ".py":
        files = {place: head + "".join(tests.values())}
    else:
        files = {place / f"test_{name}.py": head + test for name, test in tests.items()}
    try:
        for file, text in files.items():
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageProblem(f"--regressions {place}: {error.strerror or error}.") from None
    return list(files)


def render_regressions(findings: Iterable[Finding], *, base_url: str, redact: Redact) -> dict[str, str]:
    """The test function of each bug that a single request of `requests` shows, by a name of its own."""
    tests: dict[str, str] = {}
    for finding in findings:
        if finding.call is None or finding.claim in ON_THE_SOCKET:
            continue
        words = re.findall(r"[a-z0-9]+", redact(f"{finding.operation} {finding.claim} {finding.subject}").lower())
        name = stem = "_".join(words)[:80].rstrip("_")
        number = 2
        while name in tests:
            name, number = f"{stem}_{number}", number + 1
        tests[name] = _render(name, finding, finding.call, base_url, redact)
    return tests


def _render(name: str, finding: Finding, call: Call, base_url: str, redact: Redact) -> str:
    steps, last, named = name_ids(finding.steps, call, redact)
    requests = []
    for step in steps:
        requests.append(_request(step.call, base_url, named))
        if variable := variable_of(step, named, steps):
            place = (
                f"answer.json(){step.subscript}" if step.members else "answer.headers['Location'].rpartition('/')[2]"
            )
            requests.append(f"    {variable} = str({place})")
    return _TEST.format(
        name=name,
        sentence=redact(finding.sentence).replace("\\", "\\\\").replace('"', "'"),
        requests="\n".join([*requests, _request(last, base_url, named)]),
        check=_check(finding),
    )


def _request(call: Call, base_url: str, redact: Redact) -> str:
    target = call.url.removeprefix(base_url) if call.url.startswith(base_url) else _target(call.url)
    headers = [(key, value) for key, value in call.headers if key.lower() not in UNTOLD]
    values = {key: _expression(value, redact) if value or key.lower() != "accept" else "None" for key, value in headers}
    shown = "".join(f"\n            {key!r}: {value}," for key, value in values.items())
    return _REQUEST.format(
        method=call.method,
        target=_expression(target, redact),
        headers=f"{{{shown}\n        }}" if shown else "{}",
        body=_body(call.body, redact),
    )


def _check(finding: Finding) -> str:
    """The assertion that the right service passes and the one that was seen does not."""
    statuses = re.findall(r"\b(?:[1-5]\d\d|[1-5]XX)\b", finding.expected)
    got = finding.got.partition(" ")[0]
    if finding.steps and (check := _value_check(finding)):
        return check
    if finding.claim == "server error":
        return "assert answer.status_code < 500, answer.text"
    if finding.claim in _MUST_REFUSE:
        return "assert 400 <= answer.status_code < 500, answer.text"
    if finding.claim == "media type":
        return (
            f"assert answer.headers.get('Content-Type', '').partition(';')[0].strip().lower() in {finding.expected!r}"
        )
    if finding.claim == "no allow":
        return "assert answer.headers.get('Allow')"
    if finding.claim == "header" and finding.expected:
        return f"assert all(name in answer.headers for name in {finding.expected.split(', ')!r})"
    if finding.claim == "loc" and (match := re.search(r"loc (\[.*\])", finding.expected)):
        named = f"set({json.loads(match[1])!r}) <= set(error.get('loc', ()))"
        return f"assert any({named} for error in answer.json()['detail']), answer.text"
    if finding.claim == "every-error":
        names = [name.rpartition(".")[2] for name in re.findall(r"\S+\.\S+(?=,| and)", finding.expected)]
        return f"assert all(name in answer.text for name in {names!r}), answer.text"
    if finding.claim == "error-code" and (match := re.search(r"its code is ([\w.\-/]+)", finding.sentence)):
        return f"assert {json.dumps(match[1])!r} not in answer.text, answer.text"
    if finding.claim == "body" and (check := _body_check(finding)):
        return check
    if statuses and got not in statuses:
        return (
            f"assert any(re.fullmatch(status.replace('X', r'\\d'), str(answer.status_code)) for status in {statuses!r})"
        )
    return (
        f"assert not (answer.status_code == {int(got) if got.isdigit() else 0} and answer.text[:80] in {finding.got!r})"
    )


def _value_check(finding: Finding) -> str:
    """That a member of the answer has the value that it should have, where the finding is about one."""
    if f'"{finding.subject}"' not in finding.got:
        return ""
    try:
        wanted = json.loads(finding.expected)
    except ValueError:
        return ""
    equals = f"is {wanted!r}" if wanted is None or isinstance(wanted, bool) else f"== {wanted!r}"
    return f"assert answer.json().get({finding.subject!r}) {equals}, answer.text"


def _body_check(finding: Finding) -> str:
    keyword, colon, text = finding.expected.partition(": ")
    words = finding.subject.split(" ")
    try:
        limit: Any = json.loads(text)
    except ValueError:
        return ""
    # The subject is `200 path keyword`, with an empty path at the top.
    path = words[1].split(".") if len(words) > 2 and words[1] and words[1] != keyword else []
    each = f"for value in values(answer.json(), {path!r})"
    if keyword == "required" and colon:
        condition = f"isinstance(value, dict) and not set({limit!r}) - set(value)"
    elif keyword == "type":
        condition = f"is_type(value, {[limit] if isinstance(limit, str) else limit!r})"
    elif keyword in _COMPARED:
        condition = _COMPARED[keyword].format(limit=repr(limit))
    else:
        return ""
    return f"assert all({condition} {each}), answer.text"


def _body(body: bytes | None, redact: Redact) -> str:
    if body is None:
        return "None"
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return repr(body)
    kept = text.rstrip(" ")
    if len(text) - len(kept) > MAX_PADDING:
        return f"({_body(kept.encode(), redact)} + b' ' * {len(text) - len(kept)})"
    pieces = _expression(text, redact)
    return f"({pieces}).encode()" if "os.environ" in pieces or not text.isascii() else repr(body)


def _expression(text: str, redact: Redact) -> str:
    """A Python expression of the text, with the variable in place of each secret."""
    return " + ".join(_variable(name) if name else repr(piece) for piece, name in redact.iter_pieces(text)) or "''"


def _variable(name: str) -> str:
    return name if re.fullmatch(r"id\d+", name) else f"os.environ[{name!r}]"


def _target(url: str) -> str:
    parts = urlsplit(url)
    return url.removeprefix(f"{parts.scheme}://{parts.netloc}")
