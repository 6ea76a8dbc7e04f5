"""Valid requests to start from, before anything exists: the smallest of each operation."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from schemathesis import BaseSchema

from contract_tests import strategies
from contract_tests.contract import Contract, Operation, is_ours
from contract_tests.drafts import Draft, draft_of
from contract_tests.forms import content_type_of, file_members, form_media, is_text
from contract_tests.ordering import put_in_order
from contract_tests.patterns import NoSample, counted, longest
from contract_tests.probes import json_media_type
from contract_tests.probes.bodies import Bodies
from contract_tests.resources import alternatives, find_path_parameter
from contract_tests.samples import Samples
from contract_tests.settings import Settings

NO_SUCH_ID = "understudy-no-such-id"

_FAR = tuple(987654321 // 10**less for less in range(9))


class Starts:
    """Makes one valid request of each operation from the document alone; of several kinds of bodies, the chosen one."""

    def __init__(self, contract: Contract, settings: Settings, base_url: str) -> None:
        self.contract, self.settings = contract, settings
        self._base_url = base_url
        self._bases: dict[str, Draft | None] = {}
        self._bodies: dict[str, list[Bodies]] = {}
        self.alternative = 0
        self.chosen: set[str] = set()
        self.samples = Samples(contract)

    @cached_property
    def schema(self) -> BaseSchema:
        """What Schemathesis generates requests from."""
        return strategies.load_schema(
            self.contract,
            pins=self.settings.pins,
            seed=self.settings.seed,
            max_examples=self.settings.max_examples,
            base_url=self._base_url,
        )

    def bodies(self, operation: Operation) -> Bodies | None:
        """The bodies of an operation, JSON or of a form, of the alternative that is chosen; None when it has none."""
        label = str(operation)
        if label not in self._bodies:
            media = json_media_type(operation) or form_media(operation)
            branches = alternatives(self.contract, media.schema, f"{media.pointer}/schema") if media else []
            self._bodies[label] = [Bodies(self.contract, media, branch) for branch in branches] if media else []
        bodies = self._bodies[label]
        return bodies[self.alternative % len(bodies)] if bodies else None

    def base(self, operation: Operation) -> Draft | None:
        """A valid request, its path filled with samples and pins."""
        label = str(operation)
        if label not in self._bases:
            draft = None if self._is_no_form(operation) else self._sampled(operation) or self._generated(operation)
            self._bases[label] = self._pinned(operation, draft) if draft else None
        return self._bases[label]

    def _is_no_form(self, operation: Operation) -> bool:
        """Whether a form is no object by its schema: no standard says how that is written."""
        media = form_media(operation) if json_media_type(operation) is None else None
        types = self.contract.json_types(media.schema) if media is not None else frozenset({"object"})
        return bool(types) and "object" not in types

    def _sampled(self, operation: Operation) -> Draft | None:
        draft = Draft(operation.method, operation.path, {})
        for parameter in operation.parameters:
            if not is_ours(parameter) or not (parameter.required or parameter.location == "path"):
                continue
            if parameter.media_type or self.contract.json_types(parameter.schema) & {"object", "array"}:
                return None
            try:
                value = self.samples.make(parameter.schema)
            except NoSample:
                return None
            text = ("true" if value else "false") if isinstance(value, bool) else str(value)
            if not self.contract.spec.document.validator(parameter.pointer).is_valid(value):
                return None
            if parameter.location == "path" and text in {"", "a"}:
                listed = [str(other) for other in self.contract.enum(parameter.schema) if other not in ("", None)]
                text = listed[0] if listed else "0"
            draft = draft.with_parameter(parameter.location, parameter.name, text)
        for name, text in put_in_order(dict(draft.query)).items():
            draft = draft.with_parameter("query", name, text)
        if operation.request_body is None:
            return draft
        bodies = self.bodies(operation)
        base = None if bodies is None else bodies.small if bodies.small is not None else bodies.full
        if bodies is None:
            return self._of_text(operation, draft)
        if base is None:
            return None
        if json_media_type(operation) is None:
            files = file_members(self.contract, bodies.media)
            return draft.with_form(content_type_of(bodies.media), base, files) if isinstance(base, dict) else None
        return draft.with_json(base).with_parameter("header", "Content-Type", bodies.media.name)

    def _of_text(self, operation: Operation, draft: Draft) -> Draft | None:
        """The example of a body that is a text: a schema seldom says what it must have, the columns of a table."""
        media = operation.request_body.content[0] if operation.request_body and operation.request_body.content else None
        node = self.contract.spec.document.lookup(media.pointer) if media is not None else None
        if media is None or not is_text(media) or not isinstance(node, Mapping):
            return None
        held = [node.get("example")]
        held += [each.get("value") for each in (node.get("examples") or {}).values() if isinstance(each, Mapping)]
        text = next((each for each in held if isinstance(each, str)), None)
        if text is None:
            return None
        return draft.with_body(text.encode()).with_parameter("header", "Content-Type", media.name)

    def _generated(self, operation: Operation) -> Draft | None:
        generated = strategies.find_operation(self.schema, str(operation))
        case = strategies.generate_smallest(generated, seed=self.settings.seed) if generated else None
        return draft_of(case) if case else None

    def _pinned(self, operation: Operation, draft: Draft) -> Draft:
        for parameter in operation.parameters:
            if parameter.name in self.settings.pins:
                draft = draft.with_parameter(parameter.location, parameter.name, self.settings.pins[parameter.name])
        return draft

    def unlikely(self, operation: Operation, name: str) -> str:
        """A well-formed id that nothing has."""
        parameter = find_path_parameter(operation, name)
        if parameter is None:
            return NO_SUCH_ID
        types = self.contract.json_types(parameter.schema)
        if "string" in types and self.contract.text_format(parameter.schema) == "uuid":
            return "00000000-0000-4000-8000-00000000dead"
        is_valid = self.contract.spec.document.validator(parameter.pointer).is_valid
        if "string" not in types:
            return next((str(number) for number in _FAR if is_valid(number)), str(_FAR[0]))
        node, _ = self.contract.resolve(parameter.schema, "")
        if not isinstance(node, Mapping) or "pattern" not in node:
            return NO_SUCH_ID
        try:
            base = longest(str(node["pattern"]))
        except NoSample:
            return NO_SUCH_ID
        # As far from the first ones as there is room for: those that are counted come from below.
        texts = (counted(base, number) for number in (*_FAR, *range(1, 50)))
        return next((text for text in texts if text not in {base, *self.chosen} and is_valid(text)), NO_SUCH_ID)
