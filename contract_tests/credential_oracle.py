"""Requests with other credentials than the right ones."""

from __future__ import annotations

import re
from collections.abc import Iterator

from contract_tests.contract import is_credential
from contract_tests.exchanges import Answer
from contract_tests.intents import BEFORE_ALL, Intent, Kind
from contract_tests.oracle import Oracle, Situation
from contract_tests.statuses import ABOUT_THE_STATE, REFUSED_CREDENTIALS, VALIDATION
from contract_tests.verdicts import Finding, Verdict

_SAME_SECRET = re.compile(r"\bthe same (secret|key|token|credential|value)\b", re.IGNORECASE)


class CredentialOracle(Oracle):
    """Credentials are enforced, before anything else is looked at, and their refusal is told as one."""

    def untrusted(self, intent: Intent, answer: Answer) -> Iterator[Finding]:
        """Who has none, or another's, or not enough of them, is refused for that."""
        status = answer.status
        documented = self._documented(REFUSED_CREDENTIALS)
        if status < 300:
            yield from self.unguarded(intent, answer)
        elif status in ABOUT_THE_STATE:
            sentence = f"{self.operation} looks at what {intent.said} is about before its credentials (answer {status})"
            yield self._bug(intent, answer, "credentials", intent.said, sentence)
        elif status < 400:
            yield from self._accepted_status(intent, answer)
        elif intent.keyword == BEFORE_ALL and status in VALIDATION | {404, 413, 415}:
            sentence = (
                f"{self.operation} refuses {intent.said} with {status}, although credentials are said to come first"
            )
            yield self._bug(intent, answer, "credentials first", "", sentence, expected="401")
        elif status == 422 and not intent.location and not self._requires_key():
            sentence = f"{self.operation} refuses {intent.said} with 422, as if the request were invalid"
            yield self._bug(intent, answer, "refusal status", "422", sentence)
        elif status == 403 and documented and not self.documents(status):
            sentence = f"{self.operation} refuses {intent.said} with {status} instead of {' or '.join(documented)}"
            yield self._bug(intent, answer, "refusal status", str(status), sentence)
        else:
            yield from self._undocumented(intent, answer)
        if status == 401 and intent.kind is Kind.UNSCOPED:
            text = "{} is refused with 401 (RFC 6750, section 3.1, has 403)"
            yield self._say(Verdict.POLICY, intent, answer, "scope-status", "401", text)
        if status in VALIDATION and intent.location == "body":
            yield self._say(Verdict.POLICY, intent, answer, "order", str(status), f"{{}} is answered {status}")
        if status == 401 and (text := self._challenge_problem(answer)):
            yield self._say(Verdict.POLICY, intent, answer, "challenge", "401", text)

    def unguarded(self, intent: Intent, answer: Answer) -> Iterator[Finding]:
        """Who has no right credentials is given nothing."""
        if answer.status < 300:
            sentence = (
                f"{self.operation} does not enforce credentials: it accepts {intent.said} (answer {answer.status})"
            )
            pointer = f"{self.operation.pointer}/security"
            yield self._bug(intent, answer, "credentials", intent.said, sentence, pointer=pointer)

    def _challenge_problem(self, answer: Answer) -> str:
        """What is wrong with the challenge of a 401, if anything."""
        challenge = answer.header("www-authenticate")
        if challenge is None:
            return "a 401 comes without WWW-Authenticate (RFC 9110, section 11.6.1)"
        takes_basic = any(way.is_basic for way in self.contract.ways(self.operation))
        if re.match(r"(basic|digest|negotiate|ntlm)\b", challenge.lower()) and not takes_basic and "," not in challenge:
            return f"a 401 challenges for credentials that the contract does not have: {challenge}"
        return ""

    def schemed(self, intent: Intent, answer: Answer) -> Iterator[Finding]:
        """A scheme has no case (RFC 9110, section 11.1); that some services mind it is a policy."""
        if answer.status in REFUSED_CREDENTIALS:
            yield self._say(
                Verdict.POLICY, intent, answer, "scheme", str(answer.status), f"{{}} is answered {answer.status}"
            )
        elif answer.status < 400:
            yield from self._accepted_status(intent, answer)

    def tried(self, intent: Intent, answer: Answer, situation: Situation) -> Iterator[Finding]:
        """Whatever the credential is there, the request asks for nothing else than one that was accepted."""
        if answer.status < 400:
            yield from self._accepted_status(intent, answer)
        elif answer.status == 422 and situation.reached and not self._requires_key():
            sentence = f"{self.operation} refuses {intent.said} with 422, as if the request were invalid"
            yield self._bug(intent, answer, "refusal status", "422", sentence, expected="a success, 401 or 403")
        elif answer.status in REFUSED_CREDENTIALS and self.contract.says_of_requests(self.operation, _SAME_SECRET):
            sentence = f"{self.operation} refuses {intent.said} with {answer.status}, which is said to be the same"
            yield self._bug(intent, answer, "right credentials", "the same", sentence, expected="a success")

    def _requires_key(self) -> bool:
        """Whether a credential is a parameter that must be given, so that its absence is invalid, too."""
        return any(parameter.required and is_credential(parameter) for parameter in self.operation.parameters)
