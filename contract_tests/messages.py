"""What HTTP asks of any answer's header fields, whatever the document says of them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from contract_tests.exchanges import Answer, Call

INJECTED = "x-understudy-injected"
"""A header that no service sends by itself: one of our requests tries to write it into the answer."""

_DATE = re.compile(
    r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} \d\d:\d\d:\d\d GMT"
)
_TAG = re.compile(r'(W/)?"[!#-~\x80-\xff]*"')


def coding_problem(call: Call, answer: Answer) -> str:
    """How an answer is coded although the request does not take that, behind "answers ... with"; empty when it is not.

    RFC 9110, section 12.5.3. What the request does not speak of is not acceptable.
    """
    given = call.header("accept-encoding")
    coding = (answer.header("content-encoding") or "identity").strip().lower()
    if given is None or coding == "identity" or not answer.body:
        return ""
    takes = {part.partition(";")[0].strip().lower() for part in given.split(",")}
    return "" if takes & {coding, "*"} else f"Content-Encoding: {coding}, which Accept-Encoding: {given} does not take"


def iter_message_problems(answer: Answer) -> Iterator[tuple[str, str]]:
    """What is wrong with an answer as a message: a word for it, and how it reads behind "answers ... with"."""
    types = {*answer.headers.get("content-type", ())}
    if len(types) > 1:
        yield "content types", f"several Content-Types ({', '.join(sorted(types))}; RFC 9110, section 8.3)"
    for name in ("date", "last-modified"):
        text = answer.header(name)
        if text is not None and not _DATE.fullmatch(text):
            yield name, f"{name.title()}: {text[:40]}, which is no HTTP date (RFC 9110, section 5.6.7)"
    challenge = answer.header("www-authenticate")
    if challenge is not None and not challenge.strip():
        yield "challenge", "an empty WWW-Authenticate, which is no challenge (RFC 9110, section 11.6.1)"
    tag = answer.header("etag")
    if tag is not None and not _TAG.fullmatch(tag):
        yield "etag", f"ETag: {tag[:40]}, which is no entity tag (RFC 9110, section 8.8.3)"
    if answer.header(INJECTED) is not None:
        yield "injected", "a header that the request's query wrote into it"
