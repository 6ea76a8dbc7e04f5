"""What a refusal tells of the request: which fields are wrong, and in what."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial

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
from contract_tests.oracle import Oracle
from contract_tests.verdicts import Finding

_SOME = re.compile(r"\bat least one\b|\bthe first\b|\bone of the\b|\bnot (necessarily )?all\b", re.IGNORECASE)


class ErrorOracle(Oracle):
    """Judges the entries of error bodies, by what the document declares of them."""

    def entries(self, intent: Intent, answer: Answer) -> Iterator[Finding]:
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
        indexed = exact and form.leads_to_value
        exactly = partial(names_place, keyword=keyword, strict=strict, exact=exact, indexed=indexed)
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
        return any(_SOME.search(self.contract.said_at(place)) for place in places)

    def _may_lack(self, form: Form, answer: Answer) -> bool:
        """Whether a refusal has no list of errors, and need not have one. FastAPI's document asks for none, either."""
        response, body = self.contract.find_response(self.operation, answer.status), answer.json()
        media = next((m for m in response.content if "json" in m.name.lower()), None) if response else None
        if media is None or not form.path or self.contract.spec.is_fastapi or not isinstance(body, dict):
            return False
        return form.path[0] not in body and form.path[0] not in self.contract.required(media.schema)

    def _misplaced(self, intent: Intent, answer: Answer, form: Form, entries: list[Entry]) -> Finding:
        got = show_entries(entries)
        sentence = (
            f"{self.operation} refuses {intent.said}, but the error's {form.place} does not name the broken field"
        )
        wanted = ", ".join(f'"{part}"' for part in (intent.location, *intent.field))
        expected = f"{answer.status} with {'.'.join((*form.path[1:], form.place))} [{wanted}]"
        subject = self._subject(intent)
        return self._bug(intent, answer, "loc", subject, f"{sentence}: {got}", expected=expected, pointer=form.pointer)
