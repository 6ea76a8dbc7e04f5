"""What must hold of an answer, given what the request was meant to be."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from contract_tests.contract import escape
from contract_tests.credential_oracle import CredentialOracle
from contract_tests.error_oracle import ErrorOracle
from contract_tests.exchanges import Answer
from contract_tests.intents import AT_LIMIT, Intent, Kind
from contract_tests.leniency import is_of_pydantic
from contract_tests.messages import iter_message_problems
from contract_tests.method_oracle import MethodOracle
from contract_tests.oracle import UNTRUSTED, Oracle, Situation
from contract_tests.reasons import OF_BODIES, forbids_other_encodings, wanted_statuses
from contract_tests.resources import is_condition, value_shape
from contract_tests.statuses import ABOUT_THE_REQUEST, ABSENT, GATEWAY, REFUSED_CREDENTIALS, TOO_LARGE, VALIDATION
from contract_tests.verdicts import Finding, Verdict

# Statuses that are standard for a situation (RFC 9110, RFC 6585): undocumented, they are gaps of the document.
STANDARD = {
    Kind.MALFORMED: frozenset({400, 415}),
    Kind.MISENCODED: frozenset({400, 415}),
    Kind.MEDIA_TYPE: frozenset({400, 415}),
    Kind.ANONYMOUS: REFUSED_CREDENTIALS,
    Kind.FORGED: REFUSED_CREDENTIALS,
}


@dataclass(frozen=True, slots=True)
class Judge(Oracle):
    """Judges answers of one operation, whatever was asked."""

    def judge(self, intent: Intent, answer: Answer, situation: Situation) -> list[Finding]:
        """What is to be said about an answer. Its body and headers are judged elsewhere, by `documents`."""
        return list(self._iter_findings(intent, answer, situation))

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
            yield from MethodOracle(self.contract, self.operation).head(intent, answer, situation)
        elif intent.kind is Kind.ANONYMOUS_HEAD:
            yield from CredentialOracle(self.contract, self.operation).unguarded(intent, answer)
        elif intent.kind is Kind.OVERSIZED:
            yield from self._oversized(intent, answer)
        elif intent.kind is Kind.ELSEWHERE:
            yield from self._elsewhere(intent, answer, situation)
        elif intent.kind is Kind.VALID:
            yield from self._valid(intent, answer, situation)
        elif intent.kind is Kind.METHOD:
            yield from MethodOracle(self.contract, self.operation).undeclared(intent, answer, situation)
        elif intent.kind is Kind.SCHEME:
            yield from CredentialOracle(self.contract, self.operation).schemed(intent, answer)
        elif intent.kind is Kind.TRIED:
            yield from CredentialOracle(self.contract, self.operation).tried(intent, answer, situation)
        elif intent.kind in UNTRUSTED:
            yield from CredentialOracle(self.contract, self.operation).untrusted(intent, answer)
        else:
            yield from self._invalid(intent, answer, situation)

    def miscoded(self, intent: Intent, answer: Answer, problem: str) -> Finding:
        """A finding about the coding of an answer, which its request says what it takes of."""
        sentence = f"{self.operation} answers {intent.said} with {problem} (RFC 9110, section 12.5.3)"
        return self._bug(intent, answer, "coding", "", sentence)

    # --- Answers that mean the same whatever was asked -------------------------------------------------------------

    def _everywhere(self, intent: Intent, answer: Answer, situation: Situation) -> list[Finding] | None:
        status = answer.status
        is_usual = intent.kind is Kind.METHOD and intent.said.partition(" ")[0] in _USUAL
        if status == 501 and is_usual and self.contract.says_of_requests(self.operation, _SAID_405):
            sentence = f"{intent.said}, which is not documented, is answered 501, though it is said to be 405"
            return [self._bug(intent, answer, "method", "501", sentence, expected="405 with Allow")]
        if status == 501 and intent.kind in {Kind.METHOD, Kind.HEAD, Kind.ANONYMOUS_HEAD, Kind.VERB}:
            return []  # RFC 9110, section 9.1
        if status in TOO_LARGE and intent.kind is Kind.OVERSIZED:
            return self._undocumented(intent, answer)
        if status in GATEWAY:
            return [
                self._say(Verdict.ENVIRONMENT, intent, answer, "gateway", str(status), f"{{}} is answered {status}")
            ]
        is_own = self.contract.spec.is_fastapi or b"<title>500 Internal Server Error</title>" in answer.body
        if status >= 500 and intent.kind is Kind.NESTED and is_own:
            # Python's json gives up at a depth of about 1,000, and Flask then answers 500 by itself.
            return [self._say(Verdict.POLICY, intent, answer, "nesting", str(status), f"{{}} is answered {status}")]
        if status >= 500 and intent.kind is Kind.CONSTANT:
            return []
        if status >= 500:
            sentence = f"{self.operation} fails with {status} on {intent.said}"
            return [self._bug(intent, answer, "server error", str(status), sentence)]
        if (
            status == 304
            and self.operation.method not in {"GET", "HEAD"}
            and intent.kind not in {Kind.METHOD, Kind.HEAD}
        ):
            sentence = f"{self.operation} answers 304 to {intent.said}: only GET and HEAD have it (RFC 9110, 15.4.5)"
            return [self._bug(intent, answer, "not modified", "304", sentence, expected="a success or 412")]
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

    def _oversized(self, intent: Intent, answer: Answer) -> Iterator[Finding]:
        if answer.status < 300:
            sentence = f"{self.operation} accepts {intent.said}, although it documents 413"
            yield self._bug(intent, answer, "oversized", "413", sentence, expected="413")
        elif answer.status in VALIDATION and (not intent.field or self._has_too_large_files()):
            sentence = f"{self.operation} refuses {intent.said} with {answer.status} instead of 413"
            yield self._bug(intent, answer, "refusal status", str(answer.status), sentence, expected="413")

    def _has_too_large_files(self) -> bool:
        """Whether 413 is said to be for files, not for bodies alone."""
        found = self.contract.find_response(self.operation, 413)
        texts = [self.contract.said_at(self.operation.pointer), self.contract.said_at(found.pointer) if found else ""]
        return _FILE.search(texts[1]) is not None or re.search(rf"{_FILE.pattern}[^.;]*\b413\b", texts[0]) is not None

    def _elsewhere(self, intent: Intent, answer: Answer, situation: Situation) -> Iterator[Finding]:
        if answer.status < 300 and situation.looks_up and not self._may_make(intent):
            sentence = f"{self.operation} takes {intent.said} for the one that exists"
            yield self._bug(intent, answer, "another id", intent.said, sentence, expected="404")
        elif answer.status < 400:
            yield from self._accepted_status(intent, answer)

    def _may_make(self, intent: Intent) -> bool:
        """Whether a PUT may make what its path names, as nothing else makes such things."""
        collection, _, last = self.operation.path.rpartition("/")
        is_named = len(intent.field) > 0 and last == f"{{{intent.field[0]}}}"
        return self.operation.method == "PUT" and is_named and f"POST {collection}" not in self.contract.by_label

    def _invalid(self, intent: Intent, answer: Answer, situation: Situation) -> Iterator[Finding]:
        status = answer.status
        if status < 400:
            yield from self._invalid_accepted(intent, answer)
        elif intent.kind is Kind.UNCERTAIN or (
            _is_beside_the_point(intent, status, situation) and not self._says_ill_formed(intent)
        ):
            yield from self._undocumented(intent, answer)
        elif self._is_for_another_reason(intent, status):
            wanted = " or ".join(map(str, sorted(wanted_statuses(self.contract, self.operation, intent))))
            sentence = (
                f"{self.operation} refuses {intent.said} with {status}, though it is {wanted} that is said to be for it"
            )
            yield self._bug(intent, answer, "refusal status", str(status), sentence, expected=wanted)
        elif self._documented(VALIDATION & {status}):
            yield from ErrorOracle(self.contract, self.operation).entries(intent, answer)
        elif self._is_fitting(intent, status, situation):
            yield from self._undocumented(intent, answer)
        else:
            documented = " or ".join(self._documented(VALIDATION)) or self.contract.statuses(self.operation)
            sentence = f"{self.operation} refuses {intent.said} with {status} instead of {documented}"
            yield self._bug(intent, answer, "refusal status", str(status), sentence)

    def _is_for_another_reason(self, intent: Intent, status: int) -> bool:
        """Whether a status speaks of the request, and it is others that the document describes as being for this."""
        asked = OF_BODIES if intent.kind is Kind.INVALID else ABOUT_THE_REQUEST
        wanted = wanted_statuses(self.contract, self.operation, intent) if status in asked else frozenset()
        return bool(wanted) and status not in wanted

    def _says_ill_formed(self, intent: Intent) -> bool:
        """Whether a parameter is said to be refused for its form, so that an ill-formed one is not merely unknown."""
        if intent.kind is not Kind.INVALID or intent.is_generated:
            return False
        return any(
            _ILL_FORMED.search(" ".join(text.split()))
            for parameter in self.operation.parameters
            if (parameter.location, (parameter.name,)) == (intent.location, intent.field)
            for text in (parameter.description, self.contract.description(parameter.schema))
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
            return not forbids_other_encodings(self.contract, self.operation)
        if intent.kind is Kind.LAX and self.contract.says_of_requests(self.operation, _SAID_STRICT):
            return self.contract.spec.is_fastapi
        body, is_typed = self.operation.request_body, intent.location == "body" and self._takes_json()
        if intent.kind is not Kind.LAX or not is_typed or self.contract.spec.is_fastapi:
            return intent.kind is Kind.LAX
        return body is not None and any(is_of_pydantic(self.contract, media.schema) for media in body.content)

    # --- The pieces ------------------------------------------------------------------------------------------------

    def refuses_as_invalid(self, status: int) -> bool:
        """Whether the operation documents this status for invalid requests."""
        return bool(self._documented(VALIDATION & {status}))

    def _is_no_grant(self, status: int) -> bool:
        """Whether a token endpoint refuses an account or a client that is none of its own (RFC 6749, section 5.2)."""
        return status in {400, 401} and self.operation.path in self.contract.spec.token_paths

    def _is_missing_reference(self, status: int) -> bool:
        """A documented 404 may be about something that the body refers to (`duplicate_id`)."""
        if status != 404 or not any(parameter.location == "path" for parameter in self.operation.parameters):
            return status == 404
        shape = value_shape(self.operation)
        members = self.contract.iter_properties(*shape) if shape is not None else ()
        return any(
            re.search(r"(_id|Id|ID|_uuid)s?$", name) and not self.contract.is_read_only(schema)
            for name, schema, _ in members
        )


_USUAL = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})
_SAID_405 = re.compile(r"\bmethods?\b[^.;]*\b405\b", re.IGNORECASE)
_SAID_STRICT = re.compile(
    r"\bvalues?\b[^.;]*\b(its|the|their) schemas? (does|do) not allow\b[^.;]*\b4\d\d\b"
    r"|\b4\d\d\b[^.;]*\bthat (does|do) not fit (its|the|their) schema\b"
    r"|\bparameters?\b[^.;]*\b(does|do) not fit (its|the|their) schema\b[^.;]*\b4\d\d\b"
    r"|\b(no (value|parameter|text)s?|nothing) (is|are) (ever )?(converted|coerced)\b",
    re.IGNORECASE,
)
# Traces of Python, Java, .NET and JavaScript, and what databases say.
_INSIDES = re.compile(
    r"Traceback \(most recent call last\)|\n\s+at .+\.(?:java|kt|js|ts|cs):(?:line )?\d+"
    r"|SQLSTATE\[|ORA-\d{5}|error in your SQL syntax|psycopg\d?\.errors|sqlalchemy\.exc|sqlite3\.\w+Error"
)
_FILE = re.compile(r"\b([Ff]iles?|[Uu]ploads?|[Ii]mages?|[Aa]ttachments?|[Dd]ocuments?|[Pp]ictures?)\b")
_ILL_FORMED = re.compile(
    r"\b(another|a different|a wrong|the wrong|any other) (form|format|shape)\b[^.;]*\b(400|422)\b"
    r"|\bis (no|not an?)( valid| well-formed)? (uuid|ulid|number|integer|date)\b[^.;]*\b(400|422)\b"
    r"|\b(malformed|ill-formed)\b[^.;]*\b(400|422)\b",
    re.IGNORECASE,
)


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
