"""What must hold of an answer, given what the request was meant to be."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial

from contract_tests.contract import Contract, Operation, escape, is_credential
from contract_tests.error_entries import (
    Entry,
    Form,
    code_problem,
    find_form,
    iter_entries,
    names_place,
    show_entries,
)
from contract_tests.exchanges import Answer
from contract_tests.intents import Intent, Kind
from contract_tests.leniency import is_of_pydantic
from contract_tests.messages import iter_message_problems
from contract_tests.resources import is_condition
from contract_tests.verdicts import Finding, Verdict

AT_LIMIT = "limit"
"""The keyword of a valid request that is as large as it may be."""

BEFORE_ALL = "security"
"""The keyword of a request whose credentials are said to be looked at before anything else."""

GATEWAY = frozenset({502, 503, 504})
REFUSED_CREDENTIALS = frozenset({401, 403})
UNTRUSTED = frozenset({Kind.ANONYMOUS, Kind.FORGED, Kind.UNSCOPED})
TOO_LARGE = frozenset({413, 414, 431})

# Statuses that are standard for a situation (RFC 9110, RFC 6585): undocumented, they are gaps of the document.
STANDARD = {
    Kind.MALFORMED: frozenset({400, 415}),
    Kind.MISENCODED: frozenset({400, 415}),
    Kind.MEDIA_TYPE: frozenset({400, 415}),
    Kind.ANONYMOUS: REFUSED_CREDENTIALS,
    Kind.FORGED: REFUSED_CREDENTIALS,
}
VALIDATION = frozenset({400, 422})
# Statuses that say what is wrong with a request; others (409, 412) speak of the state of the service.
ABOUT_THE_REQUEST = frozenset({400, 404, 405, 406, 415, 422})
# A service that answers one of these has passed the check of credentials, and looked at the thing itself.
ABOUT_THE_STATE = frozenset({409, 412, 428})
ABSENT = frozenset({403, 404, 410})


@dataclass(frozen=True, slots=True)
class Situation:
    """What is known of the service when an answer is judged.

    `reached`: the operation accepted a valid request before. `authenticated`: the request carried credentials that the
    user says are right. `guessed`: the path holds an id that nobody named, so that it need not exist. `large`: the
    request is larger than servers commonly take. `validated`: the path parameters whose wrong values were refused as
    such before, so that another wrong value is not merely unknown. `looks_up`: an id that nothing has is not found.
    `proven`: a valid request to the same thing was fine right after.
    """

    reached: bool = False
    authenticated: bool = False
    guessed: bool = False
    large: bool = False
    validated: frozenset[tuple[str, ...]] = frozenset()
    looks_up: bool = False
    proven: bool = False


@dataclass(frozen=True, slots=True)
class Judge:
    """Judges answers of one operation."""

    contract: Contract
    operation: Operation

    def judge(self, intent: Intent, answer: Answer, situation: Situation) -> list[Finding]:
        """What is to be said about an answer. Its body and headers are judged elsewhere, by `documents`."""
        return list(self._iter_findings(intent, answer, situation))

    def documents(self, status: int) -> bool:
        """Whether this operation documents the status, so that headers and body must be as documented."""
        if not self.operation.responses:
            return True  # a document without responses says nothing of them
        return self.contract.find_response(self.operation, status) is not None

    def _iter_findings(self, intent: Intent, answer: Answer, situation: Situation) -> Iterator[Finding]:
        yield from self._leaks(intent, answer)
        yield from self._problem_status(intent, answer)
        yield from self._message(intent, answer)
        general = self._everywhere(intent, answer, situation)
        if general is not None:
            yield from general
        elif intent.kind in {Kind.ANY, Kind.NESTED, Kind.VERB}:
            return
        elif intent.kind is Kind.HEAD:
            yield from self._head(intent, answer, situation)
        elif intent.kind is Kind.OVERSIZED:
            yield from self._oversized(intent, answer)
        elif intent.kind is Kind.ELSEWHERE:
            yield from self._elsewhere(intent, answer, situation)
        elif intent.kind is Kind.VALID:
            yield from self._valid(intent, answer, situation)
        elif intent.kind is Kind.METHOD:
            yield from self._method(intent, answer, situation)
        elif intent.kind is Kind.SCHEME:
            yield from self._schemed(intent, answer)
        elif intent.kind is Kind.TRIED:
            yield from self._tried(intent, answer, situation)
        elif intent.kind in UNTRUSTED:
            yield from self._credentials(intent, answer)
        else:
            yield from self._invalid(intent, answer, situation)

    def miscoded(self, intent: Intent, answer: Answer, problem: str) -> Finding:
        """A finding about the coding of an answer, which its request says what it takes of."""
        sentence = f"{self.operation} answers {intent.said} with {problem} (RFC 9110, section 12.5.3)"
        return self._bug(intent, answer, "coding", "", sentence)

    # --- Answers that mean the same whatever was asked -------------------------------------------------------------

    def _everywhere(self, intent: Intent, answer: Answer, situation: Situation) -> list[Finding] | None:
        status = answer.status
        if status == 501 and intent.kind in {Kind.METHOD, Kind.HEAD, Kind.VERB}:
            return []  # RFC 9110, section 9.1
        if status in TOO_LARGE and intent.kind is Kind.OVERSIZED:
            return self._undocumented(intent, answer)
        if status in GATEWAY:
            return [
                self._say(Verdict.ENVIRONMENT, intent, answer, "gateway", str(status), f"{{}} is answered {status}")
            ]
        if status >= 500 and intent.kind is Kind.NESTED:
            # Python's json gives up at a depth of about 1,000, and Flask then answers 500 by itself.
            return [self._say(Verdict.POLICY, intent, answer, "nesting", str(status), f"{{}} is answered {status}")]
        if status >= 500 and intent.kind is Kind.CONSTANT:
            return []
        if status >= 500:
            sentence = f"{self.operation} fails with {status} on {intent.said}"
            return [self._bug(intent, answer, "server error", str(status), sentence)]
        if status == 429 or (status in TOO_LARGE and situation.large and intent.keyword != AT_LIMIT):
            return self._undocumented(intent, answer)
        return None

    def _leaks(self, intent: Intent, answer: Answer) -> Iterator[Finding]:
        """What a refusal tells must not be the inside of the service."""
        if 400 <= answer.status < 500 and (found := _INSIDES.search(answer.body.decode("utf-8", "replace"))):
            sentence = f"{self.operation} shows its inside when it refuses {intent.said}: {found[0].strip()[:80]}"
            yield self._bug(intent, answer, "leak", str(answer.status), sentence, expected="no trace and no query")

    def _problem_status(self, intent: Intent, answer: Answer) -> Iterator[Finding]:
        """What problem details say of their status must be so (RFC 9457, section 3.1.3)."""
        if not (answer.header("content-type") or "").lower().startswith("application/problem+json"):
            return
        problem = answer.json()
        said = problem.get("status") if isinstance(problem, dict) else None
        if isinstance(said, int) and said != answer.status:
            sentence = f"{self.operation} answers {answer.status} to {intent.said}, and its problem details say {said}"
            yield self._bug(intent, answer, "problem status", str(answer.status), sentence, expected=str(answer.status))

    def _message(self, intent: Intent, answer: Answer) -> Iterator[Finding]:
        """What HTTP asks of every answer must hold of this one."""
        for subject, said in iter_message_problems(answer):
            if subject != "etag" or not self._forbids_quotes(answer):
                sentence = f"{self.operation} answers {intent.said} with {said}"
                yield self._bug(intent, answer, "message", subject, sentence)

    def _forbids_quotes(self, answer: Answer) -> bool:
        """Whether the document itself has the tag of an answer as no entity tag."""
        documented = self.contract.find_response(self.operation, answer.status)
        if documented is None:
            return False
        for name, header in documented.headers.items():
            node, pointer = self.contract.resolve(header, f"{documented.pointer}/headers/{escape(name)}")
            if name.lower() == "etag" and isinstance(node, Mapping) and "schema" in node:
                validator = self.contract.spec.document.validator(f"{pointer}/schema")
                return not validator.is_valid(f'"{answer.header("etag")}"')
        return False

    # --- By kind of request ----------------------------------------------------------------------------------------

    def _valid(self, intent: Intent, answer: Answer, situation: Situation) -> Iterator[Finding]:
        status = answer.status
        if status < 400:
            yield from self._accepted_status(intent, answer)
            yield from self._negotiated(intent, answer)
        elif _is_excused(answer, situation) or self._is_no_grant(status) or _blames(answer, at=-1, name="[key]"):
            yield from self._undocumented(intent, answer)
        elif status in REFUSED_CREDENTIALS:
            sentence = f"{self.operation} refuses the right credentials with {status} ({intent.said})"
            if self.contract.is_public(self.operation):
                sentence = f"{self.operation} refuses {intent.said} with {status}, and is to ask for no credentials"
            yield self._bug(intent, answer, "right credentials", intent.said, sentence)
        elif (
            not self.documents(status)
            or (status in ABOUT_THE_REQUEST and not self._is_missing_reference(status))
            or intent.keyword == AT_LIMIT
        ):
            sentence = f"{self.operation} refuses {intent.said} with {status}, although the contract allows it"
            # One that accepts nothing has one fault, whatever is asked of it.
            subject, pointer = (self._subject(intent), "") if situation.reached else ("", self.operation.pointer)
            yield self._bug(intent, answer, "valid refused", subject, sentence, pointer=pointer)

    def _negotiated(self, intent: Intent, answer: Answer) -> Iterator[Finding]:
        """A service that documents 406 chooses by `Accept`; others may do as they like (RFC 9110, section 12.5.1)."""
        if not intent.accept or answer.status >= 300 or not answer.body or answer.media_type == intent.accept:
            return
        text = f"{self.operation} answers {intent.said} with {answer.media_type or 'no media type'}"
        pointer, negotiates = self.operation.pointer, bool(self._documented({406}))
        yield self._lenient(intent, answer, "accept", intent.accept, text, pointer, is_bug=negotiates)

    def _head(self, intent: Intent, answer: Answer, situation: Situation) -> Iterator[Finding]:
        """HEAD is GET without its body (RFC 9110, section 9.3.2); services without it say 405, or 501."""
        status = answer.status
        if status < 400:
            yield from self._accepted_status(intent, answer)
        elif status == 404 and situation.reached and not situation.guessed:
            text = f"{intent.said} is answered {status}, where GET is answered otherwise"
            is_bug = not self.contract.spec.is_fastapi
            yield self._lenient(intent, answer, "method", "HEAD", text, self.operation.pointer, is_bug=is_bug)

    def _oversized(self, intent: Intent, answer: Answer) -> Iterator[Finding]:
        if answer.status < 300:
            sentence = f"{self.operation} accepts {intent.said}, although it documents 413"
            yield self._bug(intent, answer, "oversized", "413", sentence, expected="413")
        elif answer.status in VALIDATION:
            sentence = f"{self.operation} refuses {intent.said} with {answer.status} instead of 413"
            yield self._bug(intent, answer, "refusal status", str(answer.status), sentence, expected="413")

    def _elsewhere(self, intent: Intent, answer: Answer, situation: Situation) -> Iterator[Finding]:
        if answer.status < 300 and situation.looks_up:
            sentence = f"{self.operation} takes {intent.said} for the one that exists"
            yield self._bug(intent, answer, "another id", intent.said, sentence, expected="404")
        elif answer.status < 400:
            yield from self._accepted_status(intent, answer)

    def _accepted_status(self, intent: Intent, answer: Answer) -> Iterator[Finding]:
        status = answer.status
        if self.documents(status):
            return
        if status in {307, 308} and answer.header("location"):
            yield self._say(Verdict.POLICY, intent, answer, "redirect", str(status), f"{{}} is redirected ({status})")
            return
        sentence = (
            f"{self.operation} answers {status} to {intent.said}, a status that the contract does not document "
            f"(it documents {self.contract.statuses(self.operation)})"
        )
        yield self._bug(intent, answer, "status", str(status), sentence)

    def _invalid(self, intent: Intent, answer: Answer, situation: Situation) -> Iterator[Finding]:
        status = answer.status
        if status < 400:
            yield from self._invalid_accepted(intent, answer)
        elif intent.kind is Kind.UNCERTAIN or (
            _is_beside_the_point(intent, status, situation) and not self._says_ill_formed(intent)
        ):
            yield from self._undocumented(intent, answer)
        elif self._documented(VALIDATION & {status}):
            yield from self._error_entries(intent, answer)
        elif self._is_fitting(intent, status, situation):
            yield from self._undocumented(intent, answer)
        else:
            documented = " or ".join(self._documented(VALIDATION)) or self.contract.statuses(self.operation)
            sentence = f"{self.operation} refuses {intent.said} with {status} instead of {documented}"
            yield self._bug(intent, answer, "refusal status", str(status), sentence)

    def _says_ill_formed(self, intent: Intent) -> bool:
        """Whether a parameter is said to be refused for its form, so that an ill-formed one is not merely unknown."""
        if intent.kind is not Kind.INVALID or intent.is_generated:
            return False
        lookup, description = self.contract.spec.document.lookup, self.contract.description
        return any(
            _ILL_FORMED.search(" ".join(description(node).split()))
            for parameter in self.operation.parameters
            if (parameter.location, (parameter.name,)) == (intent.location, intent.field)
            for node in (lookup(parameter.pointer.removesuffix("/schema")), parameter.schema)
        )

    def _is_fitting(self, intent: Intent, status: int, situation: Situation) -> bool:
        """Whether a refusal that is not the documented one for validation still suits the request."""
        if status in STANDARD.get(intent.kind, ()) or not self._documents_refusal() or self._is_no_grant(status):
            return True
        if status == 409 and not situation.proven:
            return True  # what else it sends may be in use
        if not self.documents(status):
            return False
        if status == 428 and intent.location == "header" and any(map(is_condition, intent.field)):
            return True  # RFC 6585, section 3
        exact = bool(self._documented(VALIDATION)) and intent.kind is Kind.INVALID
        return not exact or not (situation.proven or status in ABOUT_THE_REQUEST | {401, 403, 429})

    def _invalid_accepted(self, intent: Intent, answer: Answer) -> Iterator[Finding]:
        if intent.kind is Kind.UNCERTAIN or answer.status >= 300:
            yield from self._accepted_status(intent, answer)
        elif self._is_tolerated(intent):
            yield self._say(Verdict.POLICY, intent, answer, "lax", self._subject(intent), "{} is accepted")
        else:
            sentence = f"{self.operation} accepts {intent.said}, which the contract forbids"
            yield self._bug(intent, answer, "invalid accepted", self._subject(intent), sentence)

    def _is_tolerated(self, intent: Intent) -> bool:
        """Whether taking a request that the contract does not allow is merely lenient.

        pydantic converts scalars wherever a model is read; elsewhere a JSON type is what the contract says. The text of
        a parameter, or of a member of a form, has no type.
        """
        if intent.kind is Kind.MEDIA_TYPE:
            return not self._documented({415})
        if intent.kind is Kind.MISENCODED:
            return True
        body, is_typed = self.operation.request_body, intent.location == "body" and self._takes_json()
        if intent.kind is not Kind.LAX or not is_typed or self.contract.spec.is_fastapi:
            return intent.kind is Kind.LAX
        return body is not None and any(is_of_pydantic(self.contract, media.schema) for media in body.content)

    def _credentials(self, intent: Intent, answer: Answer) -> Iterator[Finding]:
        status = answer.status
        documented = self._documented(REFUSED_CREDENTIALS)
        if status < 300:
            sentence = f"{self.operation} does not enforce credentials: it accepts {intent.said} (answer {status})"
            pointer = f"{self.operation.pointer}/security"
            yield self._bug(intent, answer, "credentials", intent.said, sentence, pointer=pointer)
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

    def _challenge_problem(self, answer: Answer) -> str:
        """What is wrong with the challenge of a 401, if anything."""
        challenge = answer.header("www-authenticate")
        if challenge is None:
            return "a 401 comes without WWW-Authenticate (RFC 9110, section 11.6.1)"
        takes_basic = any(way.is_basic for way in self.contract.ways(self.operation))
        if re.match(r"(basic|digest|negotiate|ntlm)\b", challenge.lower()) and not takes_basic and "," not in challenge:
            return f"a 401 challenges for credentials that the contract does not have: {challenge}"
        return ""

    def _schemed(self, intent: Intent, answer: Answer) -> Iterator[Finding]:
        if answer.status in REFUSED_CREDENTIALS:
            yield self._say(
                Verdict.POLICY, intent, answer, "scheme", str(answer.status), f"{{}} is answered {answer.status}"
            )
        elif answer.status < 400:
            yield from self._accepted_status(intent, answer)

    def _tried(self, intent: Intent, answer: Answer, situation: Situation) -> Iterator[Finding]:
        """Whatever the credential is there, the request asks for nothing else than one that was accepted."""
        if answer.status < 400:
            yield from self._accepted_status(intent, answer)
        elif answer.status == 422 and situation.reached and not self._requires_key():
            sentence = f"{self.operation} refuses {intent.said} with 422, as if the request were invalid"
            yield self._bug(intent, answer, "refusal status", "422", sentence, expected="a success, 401 or 403")

    def _requires_key(self) -> bool:
        """Whether a credential is a parameter that must be given, so that its absence is invalid, too."""
        return any(parameter.required and is_credential(parameter) for parameter in self.operation.parameters)

    def _method(self, intent: Intent, answer: Answer, situation: Situation) -> Iterator[Finding]:
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

    # --- The pieces ------------------------------------------------------------------------------------------------

    def _error_entries(self, intent: Intent, answer: Answer) -> Iterator[Finding]:
        """Each thing that was broken must be named by an entry, by a code that fits, where the contract has either."""
        if intent.kind not in {Kind.INVALID, Kind.LAX, Kind.MALFORMED} or not intent.location or intent.is_generated:
            return
        form = find_form(self.contract, self.contract.find_response(self.operation, answer.status))
        if form is None:
            return
        entries = list(iter_entries(form, answer.json()))
        must_tell = form.is_required and intent.kind is Kind.INVALID and not self._may_lack(form, answer)
        if not entries and not must_tell:
            return
        strict = self.contract.spec.is_fastapi
        exact = form.is_pointer and (self.operation.request_body is None or self._takes_json())
        # Where the member itself is to be named, what holds it will not do.
        keyword = "missing" if form.leads_to_missing and intent.keyword == "required" else intent.keyword
        exactly = partial(names_place, keyword=keyword, strict=strict, exact=exact)
        first = partial(exactly, location=intent.location, indices=intent.indices, union=intent.union)
        naming = [entry for entry in entries if first(entry, field=intent.field)]
        named = [place for place in intent.further if any(exactly(entry, *place) for entry in entries)]
        if not naming and not named:
            yield self._misplaced(intent, answer, form, entries)
            return
        broken = [*([] if naming else [(intent.location, intent.field)]), *intent.further]
        unnamed = [".".join((place[0], *place[1])) for place in broken if place not in named]
        if unnamed and form.is_list and not self._says_some():
            sentence = f"{self.operation} refuses {intent.said} and reports only {show_entries(entries)}"
            expected = f"an entry for {' and '.join(unnamed)}, too"
            # Parameters and bodies are often checked one after the other.
            together = all(location == intent.location for location, _ in intent.further)
            yield self._lenient(
                intent, answer, "every-error", "", sentence, form.pointer, expected=expected, is_bug=together
            )
        # A parameter's code may name its location and no more.
        keyword = intent.keyword if intent.location == "body" else ""
        problems = [code_problem(form, entry, keyword) for entry in naming]
        if problems and all(problems):
            sentence = f"{self.operation} refuses {intent.said}, but the error is another's: {problems[0]}"
            expected = f"a code for {intent.keyword}"
            yield self._bug(intent, answer, "error-code", "", sentence, expected=expected, pointer=form.pointer)

    def _says_some(self) -> bool:
        """Whether the document says, of any refusal, that it need not tell every error."""
        responses = (response for operation in self.contract.operations for response in operation.responses)
        places = {response.pointer for response in responses if response.status in {"400", "422"}}
        lookup = self.contract.spec.document.lookup
        return any(_SOME.search(self.contract.description(lookup(place))) for place in places)

    def _may_lack(self, form: Form, answer: Answer) -> bool:
        """Whether a refusal has no list of errors, and need not have one. FastAPI's document asks for none, either."""
        response, body = self.contract.find_response(self.operation, answer.status), answer.json()
        media = next((m for m in response.content if "json" in m.name.lower()), None) if response else None
        if media is None or not form.path or self.contract.spec.is_fastapi or not isinstance(body, dict):
            return False
        return form.path[0] not in body and form.path[0] not in self.contract.required(media.schema)

    def _takes_json(self) -> bool:
        """Whether the body is JSON, into which a JSON pointer can point."""
        body = self.operation.request_body
        return body is not None and any("json" in media.name.lower() for media in body.content)

    def _misplaced(self, intent: Intent, answer: Answer, form: Form, entries: list[Entry]) -> Finding:
        got = show_entries(entries)
        sentence = (
            f"{self.operation} refuses {intent.said}, but the error's {form.place} does not name the broken field"
        )
        wanted = ", ".join(f'"{part}"' for part in (intent.location, *intent.field))
        expected = f"{answer.status} with {'.'.join((*form.path[1:], form.place))} [{wanted}]"
        subject = self._subject(intent)
        return self._bug(intent, answer, "loc", subject, f"{sentence}: {got}", expected=expected, pointer=form.pointer)

    def _undocumented(self, intent: Intent, answer: Answer) -> list[Finding]:
        """A gap unless the status is documented. That of another method is documented with those that there are."""
        status = answer.status
        if self.documents(status):
            return []
        text = " ".join(filter(None, ("the answer", str(status), _WHEN.get(status), "is not documented")))
        return [self._say(Verdict.GAP, intent, answer, "undocumented", str(status), text)]

    def refuses_as_invalid(self, status: int) -> bool:
        """Whether the operation documents this status for invalid requests."""
        return bool(self._documented(VALIDATION & {status}))

    def _documented(self, statuses: Iterable[int]) -> list[str]:
        wanted = set(map(str, statuses))
        return [response.status for response in self.operation.responses if response.status in wanted]

    def _documents_refusal(self) -> bool:
        return any(response.status.upper() in {"400", "422", "4XX", "DEFAULT"} for response in self.operation.responses)

    def _is_no_grant(self, status: int) -> bool:
        """Whether a token endpoint refuses an account or a client that is none of its own (RFC 6749, section 5.2)."""
        return status in {400, 401} and self.operation.path in self.contract.spec.token_paths

    def _is_missing_reference(self, status: int) -> bool:
        """A documented 404 of an operation without an id in its path is about something that the body refers to."""
        return status == 404 and not any(parameter.location == "path" for parameter in self.operation.parameters)

    def _expected(self, intent: Intent) -> str:
        if intent.kind is Kind.VALID:
            good = [r.status for r in self.operation.responses if r.status[0] in "23"]
            return " or ".join(good) or "a documented success"
        if intent.kind is Kind.METHOD:
            return "405 with Allow"
        if intent.kind in UNTRUSTED:
            return "401 or 403"
        return " or ".join(self._documented(VALIDATION)) or "a documented 4xx"

    def _subject(self, intent: Intent) -> str:
        return ".".join((intent.location, *intent.field)) if intent.location else intent.said

    def _say(self, verdict: Verdict, intent: Intent, answer: Answer, claim: str, subject: str, text: str) -> Finding:
        """A finding that fails nothing; `{}` in the text stands for the request."""
        pointer = intent.pointer or self.operation.pointer
        label = str(self.operation)
        return Finding(verdict, label, claim, subject, text.format(intent.said), pointer, "", str(answer))

    def _lenient(
        self,
        intent: Intent,
        answer: Answer,
        claim: str,
        subject: str,
        text: str,
        pointer: str,
        *,
        is_bug: bool,
        expected: str = "",
    ) -> Finding:
        """A bug, or a policy where frameworks do so by themselves."""
        finding = self._bug(intent, answer, claim, subject, text, expected=expected, pointer=pointer)
        return finding if is_bug else replace(finding, verdict=Verdict.POLICY)

    def _bug(
        self,
        intent: Intent,
        answer: Answer,
        claim: str,
        subject: str,
        sentence: str,
        *,
        expected: str = "",
        pointer: str = "",
    ) -> Finding:
        return Finding(
            verdict=Verdict.BUG,
            operation=str(self.operation),
            claim=claim,
            subject=subject,
            sentence=sentence,
            pointer=pointer or intent.pointer or self.operation.pointer,
            expected=expected or self._expected(intent),
            got=str(answer),
        )


# Traces of Python, Java, .NET and JavaScript, and what databases say.
_INSIDES = re.compile(
    r"Traceback \(most recent call last\)|\n\s+at .+\.(?:java|kt|js|ts|cs):(?:line )?\d+"
    r"|SQLSTATE\[|ORA-\d{5}|error in your SQL syntax|psycopg\d?\.errors|sqlalchemy\.exc|sqlite3\.\w+Error"
)
_ILL_FORMED = re.compile(
    r"\b(another|a different|a wrong|the wrong|any other) (form|format|shape)\b[^.;]*\b(400|422)\b"
    r"|\bis (no|not an?)( valid| well-formed)? (uuid|ulid|number|integer|date)\b[^.;]*\b(400|422)\b"
    r"|\b(malformed|ill-formed)\b[^.;]*\b(400|422)\b",
    re.IGNORECASE,
)
_SOME = re.compile(r"\bat least one\b|\bthe first\b|\bone of the\b|\bnot (necessarily )?all\b", re.IGNORECASE)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_WHEN = {
    400: "to a request that cannot be parsed",
    401: "to missing or wrong credentials",
    403: "to missing or wrong credentials",
    404: "to an unknown id",
    405: "to another method",
    413: "to a large request",
    415: "to another media type",
    429: "to too many requests",
}


def _is_excused(answer: Answer, situation: Situation) -> bool:
    """Whether a valid request may be refused: for an id that nobody named, or for credentials that nobody gave."""
    if situation.guessed and (answer.status in ABSENT or _blames(answer, at=0, name="path")):
        return True
    return answer.status in REFUSED_CREDENTIALS and not situation.authenticated


def _is_beside_the_point(intent: Intent, status: int, situation: Situation) -> bool:
    """Whether a service refused before it looked at what is wrong: for the credentials, or for an unknown id."""
    if status in ABSENT and intent.location == "path":
        # A router finds no route for a text that is not of its type, where a validator refuses the number 0.
        return intent.kind is not Kind.INVALID or (*intent.field, intent.keyword) not in situation.validated
    if status in ABSENT and situation.guessed and not situation.reached:
        return True
    return status in REFUSED_CREDENTIALS and not (situation.authenticated and situation.reached)


def _blames(answer: Answer, *, at: int, name: str) -> bool:
    """Whether FastAPI's errors blame the path, or names of a map, of which its documents do not say what they are."""
    body = answer.json() if answer.status in VALIDATION else None
    detail = body.get("detail") if isinstance(body, dict) else None
    locs = [error.get("loc") for error in detail if isinstance(error, dict)] if isinstance(detail, list) else []
    return any(isinstance(loc, list) and loc and loc[at] == name for loc in locs)
