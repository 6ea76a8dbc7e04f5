"""Other methods than those that are documented for a path."""

from __future__ import annotations

import re
from collections.abc import Iterator

from contract_tests.contract import escape
from contract_tests.exchanges import Answer
from contract_tests.intents import Intent
from contract_tests.oracle import Oracle, Situation
from contract_tests.statuses import REFUSED_CREDENTIALS
from contract_tests.verdicts import Finding

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
SAID_HEAD = re.compile(
    r"\bGET may( also)? be sent as HEAD\b|\bGET\b[^.;]*\b(also )?(answers?|serves?|supports?|takes?) HEAD\b"
    r"|\bHEAD\b[^.;]*\b(is|are) (also )?(answered|served|supported|treated|handled)\b[^.;]*\b(like|as)( for)? GET\b"
    r"|\bHEAD (works|is supported|is answered)\b[^.;]*\b(like|as|wherever|for every|with every) GET\b",
    re.IGNORECASE,
)


class MethodOracle(Oracle):
    """What a path does not document is answered 405 with an `Allow`, and HEAD like GET (RFC 9110, section 9)."""

    def head(self, intent: Intent, answer: Answer, situation: Situation) -> Iterator[Finding]:
        """HEAD is GET without its body (RFC 9110, section 9.3.2); services without it say 405, or 501."""
        status = answer.status
        if status < 400:
            yield from self._accepted_status(intent, answer)
        elif status in {405, 501} and self.contract.says_of_requests(self.operation, SAID_HEAD):
            sentence = f"{intent.said} is answered {status}, though it is said to be answered like GET"
            yield self._bug(intent, answer, "method", "HEAD", sentence, expected="what GET answers, without its body")
        elif status == 404 and situation.reached and not situation.guessed:
            text = f"{intent.said} is answered {status}, where GET is answered otherwise"
            is_bug = not self.contract.spec.is_fastapi
            yield self._lenient(intent, answer, "method", "HEAD", text, self.operation.pointer, is_bug=is_bug)

    def undeclared(self, intent: Intent, answer: Answer, situation: Situation) -> Iterator[Finding]:
        """A method that the path does not document does nothing."""
        status = answer.status
        path = f"#/paths/{escape(self.operation.path)}"
        if status == 405:
            yield from self._allow(intent, answer, path)
            yield from self._undocumented(intent, answer)
        elif status < 300 or status in {409, 415, 422}:
            sentence = f"{intent.said} is not in the contract, yet it is answered {status} as if it were"
            yield self._bug(intent, answer, "undeclared method", intent.said, sentence, pointer=path)
        elif status not in REFUSED_CREDENTIALS:
            # RFC 9110 (section 15.5.6) has 405 for a resource that exists. Services that follow FastAPI's document in
            # another framework do as their router does.
            exists = situation.reached and not situation.guessed and not self.contract.spec.is_fastapi
            text = f"{intent.said}, which is not documented, is answered {status} rather than 405"
            yield self._lenient(intent, answer, "method", str(status), text, path, is_bug=exists)

    def _allow(self, intent: Intent, answer: Answer, pointer: str) -> Iterator[Finding]:
        allow = answer.listed("allow")
        if allow is None and intent.said.startswith("TRACE "):
            return  # servers and proxies refuse TRACE by themselves (nginx without Allow)
        if allow is None:
            sentence = f"{intent.said} is answered 405 without the header Allow (RFC 9110, section 15.5.6)"
            yield self._bug(intent, answer, "no allow", "405", sentence, pointer=pointer)
            return
        written = [method.strip() for method in allow.split(",")]
        if small := next((method for method in written if method.upper() in _METHODS - {method}), ""):
            text = (
                f"{intent.said} is answered 405 with an Allow that names {small}: methods have a case (RFC 9110, 9.1)"
            )
            yield self._bug(intent, answer, "allow", "case", text, pointer=pointer)
        allowed = {method.upper() for method in written}
        if (method := intent.said.partition(" ")[0]) in allowed:
            text = f"{intent.said} is answered 405 with an Allow that names {method} (RFC 9110, section 10.2.1)"
            yield self._bug(intent, answer, "allow", "405", text, pointer=pointer)
            return
        own = self.contract.own_methods(self.operation.path)
        if missing := sorted(own - allowed):
            # FastAPI's router names only the methods of the first route that matches (Starlette 0.50): some of the
            # path's own, unless another path matches as well.
            is_first = self.contract.spec.is_fastapi and (
                own & allowed or self.contract.is_shadowed(self.operation.path)
            )
            text = f"{intent.said}: the Allow of a 405 leaves out {', '.join(missing)} (RFC 9110, section 10.2.1)"
            yield self._lenient(intent, answer, "allow", "405", text, pointer, is_bug=not is_first)
