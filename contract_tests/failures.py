"""A finding as text: one sentence, the facts, and a curl command that repeats it."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from urllib.parse import parse_qsl, urlsplit

from contract_tests.exchanges import Call, Step
from contract_tests.steps import Redact, name_ids, variable_of
from contract_tests.verdicts import Finding

MAX_PADDING = 200
"""Spaces behind a body beyond so many are counted in a command, not written."""

_FROM_LOCATION = r"sed -n 's/^[Ll]ocation: .*\/\([^\/?]*\).*$/\1/p' | tr -d '\r'"

# Headers that curl or the connection supplies, and the one by which Schemathesis numbers its requests.
UNTOLD = {"host", "connection", "content-length", "accept-encoding", "user-agent", "x-schemathesis-testcaseid"}


def render_finding(finding: Finding, *, redact: Redact, claim: str = "") -> str:
    """The text a person acts on. `claim` is the sentence of the test that failed."""
    difference = describe_difference(finding.accepted, finding.call)
    facts = [
        ("claim", claim),
        ("accepted", _request_line(finding.accepted) if difference else ""),
        ("change", difference),
        ("request", _request_line(finding.call)),
        ("expected", finding.expected),
        ("got", finding.got),
        ("repeated", finding.repeated),
        ("contract", finding.pointer),
    ]
    lines = [finding.sentence, *(f"  {name:<10}{' '.join(text.split())}" for name, text in facts if text)]
    text = redact("\n".join(lines))
    if finding.call is None:
        return text
    commands = iter_finding_commands(finding, redact=redact)
    return "\n  ".join([f"{text}\n", *commands])


def iter_finding_commands(finding: Finding, *, redact: Redact) -> Iterator[str]:
    """Commands for bash that show a finding; none where no request shows it."""
    if finding.written and finding.call is not None:
        yield render_socket(finding.written, finding.call.url, redact=redact)
    elif finding.call is not None:
        yield from iter_commands(finding.steps, finding.call, redact=redact)


def describe_difference(accepted: Call | None, call: Call | None) -> str:
    """The one difference between a request and an accepted one, as text; empty when there is none or there are more."""
    if accepted is None or call is None:
        return ""
    before, after = _parts(accepted), _parts(call)
    changes = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    if len(changes) != 1:
        return ""
    [name] = changes
    old, new = before.get(name, ""), after.get(name, "")
    if not new:
        return f"without {name} (was {old})"
    return f"{name} {new}" if not old else f"{name} {new} (was {old})"


def _parts(call: Call) -> dict[str, str]:
    """What a request can differ in, by what it is called in a sentence."""
    url = urlsplit(call.url)
    body = "" if call.body is None else _request_line(call).split(" ", 2)[2] or "of no bytes"
    parts = {"method": call.method, "path": url.path, "body": body}
    for name, value in parse_qsl(url.query, keep_blank_values=True):
        key = f"query {name}"
        parts[key] = f"{parts[key]}, {value}" if key in parts else value or "(empty)"
    for name, value in call.headers:
        if name.lower() not in UNTOLD and (value or name.lower() != "accept"):
            parts[f"header {name.lower()}"] = value or "(empty)"
    return parts


def iter_commands(steps: Sequence[Step], call: Call, *, redact: Redact) -> Iterator[str]:
    """Commands for bash that send the steps and the last request; the ids of the service are variables."""
    named_steps, last, named = name_ids(steps, call, redact)
    for step in named_steps:
        command, variable = render_curl(step.call, redact=named), variable_of(step, named, steps)
        if variable and step.members:
            read = f"python3 -c {shlex.quote(f'import json, sys; print(json.load(sys.stdin){step.subscript})')}"
            command = f"{variable}=$({command.replace('curl -sS -i ', 'curl -sS ', 1)} | {read})"
        elif variable:
            command = f"{variable}=$({command} | {_FROM_LOCATION})"
        yield command
    yield render_curl(last, redact=named)


def render_curl(call: Call, *, redact: Redact) -> str:
    """A command for bash that sends the same request, with the variable's name in place of each secret."""
    words = ["curl", "-sS", "-i", "--globoff", "--path-as-is"]
    if call.method == "HEAD":
        words.append("--head")
    elif call.method != ("GET" if call.body is None else "POST"):
        words += ["-X", call.method]
    words.append(_quote(call.url, redact))
    for name, value in call.headers:
        if name.lower() in UNTOLD or (name.lower() == "accept" and value == "*/*"):
            continue
        # An empty value is written `Name;`: `Name:` takes away the header that curl would add.
        empty = f"{name}:" if name.lower() == "accept" else f"{name};"
        words += ["-H", _quote(f"{name}: {value}" if value.strip() else empty, redact)]
    if call.body is None:
        return " ".join(words)
    if call.header("content-type") is None:
        words += ["-H", "'Content-Type:'"]
    text = _plain_text(call.body)
    kept = call.body.rstrip(b" ")
    if text is not None and len(call.body) - len(kept) > MAX_PADDING:
        padded = f"printf '%s%*s' {_quote(kept.decode(), redact)} {len(call.body) - len(kept)} ''"
        return f"{padded} | {' '.join([*words, '--data-binary', '@-'])}"
    if text is not None:
        return " ".join([*words, "--data-binary", _quote(text, redact)])
    return f"printf {_printf_format(call.body)} | {' '.join([*words, '--data-binary', '@-'])}"


def render_socket(written: str, url: str, *, redact: Redact) -> str:
    """A command for bash that writes bytes, given as Latin-1, to a socket and shows what comes back in 5 seconds."""
    place, names, text = urlsplit(url), [], ""
    for piece, name in redact.iter_pieces(written):
        text += "%s" if name else _printf_format(piece.encode("latin-1"))[1:-1].replace("\\015\\012", "\\r\\n")
        names += [f' "${name}"'] if name else []
    opened = f"exec 3<>/dev/tcp/{place.hostname}/{place.port or 80}"
    return f"({opened}; printf '{text}'{''.join(names)} >&3; timeout 5 cat <&3)"


def _request_line(call: Call | None) -> str:
    if call is None:
        return ""
    body = f"{len(call.body)} bytes" if call.body and _plain_text(call.body) is None else (call.body or b"").decode()
    return f"{call.method} {call.url} {body[:200]}"


def _plain_text(body: bytes) -> str | None:
    """The body when it can stand between quotes: printable, and no `@`, which curl takes for a file's name."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return None
    return text if text.replace("\n", "").isprintable() and not text.startswith("@") else None


def _printf_format(body: bytes) -> str:
    plain = (
        set(b' !"#$&()*+,-./:;<=>?@[]^_{|}~') | set(range(0x30, 0x3A)) | set(range(0x41, 0x5B)) | set(range(0x61, 0x7B))
    )
    return "'" + "".join(chr(byte) if byte in plain else f"\\{byte:03o}" for byte in body) + "'"


def _quote(text: str, redact: Redact) -> str:
    """One shell word: single quotes round plain text, double quotes round a variable."""
    return "".join(f'"${name}"' if name else shlex.quote(piece) for piece, name in redact.iter_pieces(text)) or "''"
