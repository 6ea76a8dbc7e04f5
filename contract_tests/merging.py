"""What a partial update makes of a thing: that the request is valid by itself does not say that the result is."""

from __future__ import annotations

import json
from dataclasses import replace

import requests
from schemathesis import Response

from contract_tests.checks import call_of
from contract_tests.contract import Operation
from contract_tests.intents import Intent, Kind
from contract_tests.resources import answer_shape, json_media
from contract_tests.session import Session
from contract_tests.statuses import VALIDATION
from contract_tests.values import merge


def excused(session: Session, operation: Operation, intent: Intent, response: Response | requests.Response) -> Intent:
    """The intent of a request that was answered: a valid change that is refused may be wrong for the thing as it is."""
    if intent.kind is not Kind.VALID or operation.method != "PATCH" or response.status_code not in VALIDATION:
        return intent
    is_wrong = _leads_astray(session, operation, call_of(response.request).body)
    return replace(intent, kind=Kind.UNCERTAIN) if is_wrong else intent


def _leads_astray(session: Session, operation: Operation, body: bytes | None) -> bool:
    """Whether a PATCH would make something that the document does not allow of what is there.

    `{"size": {}}` may be a valid patch and leave a size without its width; the service then has to refuse it.
    """
    resource = next((resource for resource in session.resources if resource.patch is operation), None)
    media = json_media(operation)
    if resource is None or resource.read is None or media is None or "json-patch" in media.name:
        return False
    try:
        sent = json.loads(body or b"")
    except ValueError:
        return False
    draft, shape = session.draft(resource.read), answer_shape(session.contract, resource.read, 200)
    found = session.send(resource.read, draft) if draft is not None else None
    if shape is None or found is None or not isinstance(found.body, dict) or not isinstance(sent, dict):
        return False
    is_valid = session.contract.spec.document.validator(shape.pointer).is_valid
    # Some services merge deeply, others replace whole members; a null that is allowed takes a member away for both.
    taken = {name for name, value in sent.items() if value is None}
    results = [merge(found.body, sent), {n: v for n, v in {**found.body, **sent}.items() if n not in taken}]
    return is_valid(found.body) and not all(map(is_valid, results))
