"""What is said on a connection of its own: how answers are framed, and what no client of HTTP shows of a service.

Each conversation is had once in a run, with one operation, over a socket, and its answers are read strictly. What the
servers do by themselves on which services usually stand is held against nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from contract_tests.line import Line, Sent
from contract_tests.records import ClaimUnchecked
from contract_tests.sockets import Heard
from contract_tests.target import Target
from contract_tests.verdicts import Finding

ROUNDS = 2
"""So often a conversation is taken up again that the service ended after an answer."""

TIMES = 20
"""So many requests are sent, each on a connection of its own, to see whether all of them are answered."""

QUICK = 0.25
"""A service that takes longer, in seconds, is not asked so often."""

ENDLESS = frozenset({"short", "last chunk"})
"""Subjects of findings about answers that break off."""

# Servers known by what they say of themselves. http.server leaves it to each service to read chunks, and WSGI to each
# framework, of which Django reads as much as Content-Length says. Waitress (3.0) and Cheroot (11.1) send to HEAD what
# they are given.
_LEAVES_CHUNKS = ("BaseHTTP/", "SimpleHTTP/", "WSGIServer/", "Werkzeug/", "gunicorn", "Cheroot/", "granian")
_LEAVES_HEAD = ("waitress", "Cheroot/")


@dataclass(frozen=True, slots=True)
class Conversation:
    """One conversation: what it claims, and what is wrong with how the service takes part."""

    id: str
    find: Callable[[Line], Iterator[Finding]]

    def run(self, line: Line) -> list[Finding]:
        """What is found twice in a row. Raises `ClaimUnchecked`, `BudgetSpent`."""
        found = [*self.find(line)]
        if not found:
            return []
        line.forget()
        again = {finding.cause for finding in self.find(line)}
        return [finding for finding in found if finding.cause in again]


def iter_conversations(target: Target) -> Iterator[Conversation]:
    """The conversations of a run; none where there is no socket to have them over."""
    if target.has_socket:
        yield from _CONVERSATIONS


def _find_framing(line: Line) -> Iterator[Finding]:
    sent, heard = line.first()
    yield from _framing(line, [sent], heard)


def _find_head(line: Line) -> Iterator[Finding]:
    sent = line.head()
    heard = line.ask([sent])
    if not any(answer.header("server").startswith(_LEAVES_HEAD) for answer in heard.reading.answers):
        yield from _framing(line, [sent], heard)


def _find_empty(line: Line) -> Iterator[Finding]:
    for sent in line.iter_empty():
        yield from _framing(line, [sent], line.ask([sent]))


def _framing(line: Line, sent: list[Sent], heard: Heard) -> Iterator[Finding]:
    """What is wrong with how the answers of a conversation are written."""
    reading = heard.reading
    for problem in (*reading.problems, *([reading.surplus] if reading.surplus else [])):
        asked = sent[problem.number]
        sentence = f"{asked.said} is answered with {problem.sentence}"
        yield line.finding(asked, "framing", problem.subject, sentence, "an answer as HTTP/1.1 has it", heard)


def _find_chunked(line: Line) -> Iterator[Finding]:
    plain = line.plain()
    if plain.version == "1.0":
        raise ClaimUnchecked("HTTP/1.0 knows no chunks")
    sent = line.valid(chunked=True)
    if not sent.call.body:
        raise ClaimUnchecked(f"{line.operation} takes no body")
    heard = line.ask([sent])
    yield from _framing(line, [sent], heard)
    may_be_lost = plain.header("server").startswith(_LEAVES_CHUNKS)
    if said := line.problem(heard, tolerated={411, 501, *({400, 415, 422} if may_be_lost else ())}):
        sentence = f"{sent.said}, in chunks, {said} (RFC 9112, section 7.1)"
        yield line.finding(sent, "chunked", "", sentence, f"{plain.status}, as with a Content-Length, or 411", heard)
    elif line.may_lack_body and plain.status < 400 and not may_be_lost:
        yield from _find_lost(line)


def _find_lost(line: Line) -> Iterator[Finding]:
    """Where a body that is lost is not missed: one that is no JSON is refused only by who reads it."""
    plain, sent = line.valid(body=b'{"'), line.valid(body=b'{"', chunked=True)
    refused, taken = line.ask([plain]).reading.answers, line.ask([sent])
    if refused and taken.reading.answers and refused[0].status in {400, 422} and taken.reading.answers[0].status < 300:
        status = taken.reading.answers[0].status
        sentence = f"{line.operation} takes no notice of a body in chunks: it answers {status} to broken JSON"
        expected = f"{refused[0].status}, as with a Content-Length, or 411"
        yield line.finding(sent, "chunked", "", f"{sentence} (RFC 9112, section 7.1)", expected, taken)


def _find_pipelined(line: Line) -> Iterator[Finding]:
    plain, left = line.plain(), line.refused()
    if plain.version == "1.0":
        raise ClaimUnchecked("HTTP/1.0 has one request on each connection")
    for _ in range(ROUNDS):
        sent = [one for refused in left for one in (refused, line.valid())]
        if not sent:
            return
        kept = [replace(one, stays=number < len(sent) - 1) for number, one in enumerate(sent)]
        heard = line.ask(kept)
        answers = heard.reading.answers
        yield from _framing(line, kept, heard)
        for number, refused in enumerate(left):
            if len(answers) <= 2 * number + 1:
                break
            first, second = (answer.status for answer in answers[2 * number : 2 * number + 2])
            if line.is_wrong(second) and first < 400 <= second:
                sentence = f"{line.operation} answers two requests that came together in the wrong order"
                yield _about_pair(line, kept, number, "order", sentence, "their order", heard)
                return
            if line.is_wrong(second):
                sentence = (
                    f"{line.operation} answers {second}, not {plain.status}, to a valid request behind "
                    f"{refused.said}, answered {first}, on one connection: what it did not read of the first "
                    "it takes for the next (RFC 9112, section 9.3)"
                )
                expected = f"{plain.status}, or the connection closed behind the {first}"
                yield _about_pair(line, kept, number, refused.word, sentence, expected, heard)
                return
        is_cut = heard.closed and (answers or heard.reset)
        if not is_cut and not heard.reading.problems and len(answers) < len(kept) and line.is_in_time(len(kept)):
            end = "closes" if heard.closed else "leaves open"
            sentence = (
                f"{line.operation} answers {len(answers)} of {len(kept)} requests that came together, and {end} the "
                "connection (RFC 9112, section 9.3.2)"
            )
            expected = "an answer to each, or the connection closed"
            yield _about_pair(line, kept, len(answers) // 2, "unanswered", sentence, expected, heard)
            return
        if not heard.closed:
            return
        left = left[(len(answers) + 1) // 2 :] if answers else []


def _about_pair(
    line: Line, sent: list[Sent], number: int, subject: str, sentence: str, expected: str, heard: Heard
) -> Finding:
    """What two of the requests that came together show."""
    refused, valid = sent[2 * number : 2 * number + 2]
    pair = [refused, replace(valid, stays=False)]
    return line.finding(valid, "pipelined", subject, sentence, expected, heard, all_=pair)


def _find_expect(line: Line) -> Iterator[Finding]:
    plain = line.plain()
    sent = line.valid(headers={"Expect": "100-continue"})
    if plain.version == "1.0" or not sent.call.body:
        raise ClaimUnchecked(f"{line.operation} takes no body, or the server speaks HTTP/1.0")
    heard = line.ask([sent], apart=True)
    yield from _framing(line, [sent], heard)
    if said := line.problem(heard, tolerated={417}):
        sentence = f"{sent.said}, with Expect: 100-continue, {said} (RFC 9110, section 10.1.1)"
        yield line.finding(sent, "expect", "", sentence, f"100 and {plain.status}, {plain.status} or 417", heard)


def _find_old(line: Line) -> Iterator[Finding]:
    sent = replace(line.valid(), version="1.0")
    heard = line.ask([sent])
    yield from _framing(line, [sent], heard)
    answers = heard.reading.answers
    # Chunks are common: uvicorn sends them, and so do proxies.
    said = "" if answers and answers[0].status < 500 else line.problem(heard, tolerated={501, 505})
    if said:
        sentence = f"{sent.said}, in HTTP/1.0, {said} (RFC 9112, section 2.5)"
        yield line.finding(sent, "http/1.0", "", sentence, "an answer that ends with its length", heard, all_=[sent])


def _find_capitals(line: Line) -> Iterator[Finding]:
    plain, sent = line.plain(), line.valid()
    headers = (("Host", line.host), *sent.call.headers, ("Connection", "close"))
    capitals = replace(sent.call, headers=tuple((name.upper(), value) for name, value in headers))
    sent = replace(sent, call=capitals, stays=True)
    heard = line.ask([sent])
    yield from _framing(line, [sent], heard)
    if said := line.problem(heard):
        sentence = f"{sent.said}, with the names of its headers in capitals, {said} (RFC 9110, section 5.1)"
        yield line.finding(sent, "header case", "", sentence, str(plain.status), heard)


def _find_dropped(line: Line) -> Iterator[Finding]:
    plain = line.plain()
    if line.seconds > QUICK:
        raise ClaimUnchecked(f"{line.operation} takes long to answer")
    heard = [(sent := line.valid(), line.ask([sent])) for _ in range(TIMES)]
    lost = [(sent, one) for sent, one in heard if one.closed and not one.reading.answers and not one.reading.is_begun]
    if 0 < len(lost) < TIMES:
        sent, found = lost[0]
        sentence = f"{sent.said} is not answered {len(lost)} of {TIMES} times: the connection is closed"
        yield line.finding(sent, "dropped", "", sentence, f"{plain.status} each time", found)


def _find_odd(line: Line) -> Iterator[Finding]:
    """What many servers refuse, and some frameworks trip over."""
    plain, valid = line.plain(), line.valid()
    bare = tuple(pair for pair in valid.call.headers if pair[0].lower() not in {"user-agent", "accept"})
    path, _, query = valid.call.url.partition("?")
    for said, call in {
        "without User-Agent and Accept": replace(valid.call, headers=bare),
        "with a % in its path that encodes nothing": replace(valid.call, url=f"{path}%zz?{query}"),
        "with a % in its query that encodes nothing": replace(valid.call, url=f"{path}?{query}&understudy=%zz"),
    }.items():
        sent = replace(valid, call=call)
        heard = line.ask([sent])
        if any(answer.status >= 500 for answer in heard.reading.answers):
            sentence = f"{sent.said}, {said}, fails with {heard.reading.answers[0].status}"
            yield line.finding(sent, "odd", said, sentence, f"{plain.status}, or a refusal", heard)


_CONVERSATIONS = (
    Conversation("the head and the length of an answer are right", _find_framing),
    Conversation("HEAD is answered without a body", _find_head),
    Conversation("204 and 304 come without a body", _find_empty),
    Conversation("a body in chunks is read", _find_chunked),
    Conversation("requests that come together are answered in order", _find_pipelined),
    Conversation("Expect: 100-continue is answered", _find_expect),
    Conversation("HTTP/1.0 is answered", _find_old),
    Conversation("the names of headers are read in capitals", _find_capitals),
    Conversation("a request with an odd head is no failure", _find_odd),
    Conversation("each request is answered", _find_dropped),
)
