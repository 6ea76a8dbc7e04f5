"""What the names of error fields mean in the APIs of the world, and the words that their codes are made of."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from mockserver.types import JSON

# From the most to the least likely to be read by people; the first that a schema has is given the message.
MESSAGES: Final = (
    "message", "msg", "errormessage", "errordescription", "detail", "errormsg", "usermessage", "developermessage",
    "description", "faultstring", "text", "details", "longmessage", "shortmessage", "error", "errors", "reason",
    "title", "summary", "info", "issue", "fault",
)  # fmt: skip
PHRASES: Final = frozenset(("title", "summary", "shortmessage"))
"""Short forms of the message where there is a longer one beside them."""

LISTS: Final = frozenset((
    "errors", "error", "details", "detail", "violations", "issues", "fielderrors", "validationerrors", "validation",
    "validations", "messages", "message", "invalidparams", "invalidparameters", "causes", "problems", "suberrors",
    "errordetails", "fields", "constraintviolations", "errormessages", "failures", "fieldviolations", "badfields",
    "innererrors", "globalerrors", "additionaldetails", "modelstate", "nonfielderrors", "reasons", "faults", "warnings",
)) - {"warnings"}  # fmt: skip
CODES: Final = frozenset(("code", "errorcode", "errcode", "type", "errortype", "kind", "category", "faultcode"))
DETAIL_CODES: Final = CODES | {"keyword", "rule", "constraint", "validator", "reason", "issue", "error", "tag"}
STATUSES: Final = frozenset(("status", "statuscode", "httpstatus", "httpcode", "httpstatuscode", "statusnumber"))
FIELDS: Final = frozenset((
    "field", "param", "parameter", "property", "attribute", "target", "fieldname", "propertyname", "propertypath",
    "parametername", "fieldpath", "argument",
))  # fmt: skip
DETAIL_FIELDS: Final = FIELDS | {"name", "path", "key", "loc", "jsonpath", "datapath", "instancepath", "location"}
POINTERS: Final = frozenset(("pointer", "jsonpointer", "instancepath", "datapath"))
LOCATIONS: Final = frozenset(("in", "location", "source", "place", "where", "locationtype", "paramtype"))
VALUES: Final = frozenset((
    "value", "input", "rejectedvalue", "invalidvalue", "received", "actual", "given", "providedvalue", "currentvalue",
    "attemptedvalue",
))  # fmt: skip
REQUEST_PATHS: Final = frozenset(("path", "instance", "uri", "requesturi", "requestpath", "endpoint"))
METHODS: Final = frozenset(("method", "httpmethod", "requestmethod", "verb"))
TIMES: Final = frozenset(("timestamp", "time", "date", "datetime", "occurredat", "errortime", "servertime"))
IDENTITIES: Final = frozenset((
    "traceid", "requestid", "correlationid", "transactionid", "errorid", "eventid", "logid", "id", "debugid",
    "operationid", "reference", "incidentid", "xrequestid", "sessionid",
))  # fmt: skip
COUNTS: Final = frozenset(("count", "total", "errorcount", "totalerrors", "errorscount", "numerrors"))
SUCCESSES: Final = frozenset(("success", "ok", "succeeded", "issuccess", "successful", "issuccessful", "valid"))
FAILURES: Final = frozenset(("error", "iserror", "haserror", "haserrors", "failed", "failure"))
NOT_IN_ERRORS: Final = frozenset((
    "data", "result", "results", "payload", "response", "items", "stack", "stacktrace", "innererror", "inner", "cause",
    "debug", "trace", "links",
))  # fmt: skip
"""What an error body has no good value for; left out where that is allowed."""

STATUS_WORDS: Final[dict[int, tuple[str, ...]]] = {
    400: ("invalid_request", "bad_request", "malformed_request", "invalid_argument", "invalid_json", "parse_error"),
    401: ("unauthorized", "unauthenticated", "authentication_error", "authentication_required", "invalid_token",
          "invalid_client", "not_authenticated", "access_denied", "auth"),
    403: ("forbidden", "permission_denied", "access_denied", "insufficient_scope", "unauthorized"),
    404: ("not_found", "resource_not_found", "missing"),
    405: ("method_not_allowed", "not_allowed"),
    406: ("not_acceptable", "unsupported_accept"),
    413: ("payload_too_large", "content_too_large", "request_too_large", "too_large"),
    415: ("unsupported_media_type", "invalid_content_type", "unsupported"),
}  # fmt: skip
VALIDATION_WORDS: Final = (
    "validation_error", "validation_failed", "validation", "invalid_request", "invalid_request_error",
    "invalid_argument", "invalid_input", "invalid_parameter", "invalid_parameters", "invalid_params", "bad_parameter",
    "invalid_data", "invalid_body", "bad_request", "unprocessable_entity", "unprocessable_content", "unprocessable",
    "invalid", "bad_input", "client_error", "request_error",
)  # fmt: skip
GENERAL_WORDS: Final = ("invalid_request", "bad_request", "request_error", "client_error", "error", "fail", "failure")

KEYWORD_WORDS: Final[dict[str, tuple[str, ...]]] = {
    "required": ("missing", "missing_field", "missing_required", "required_field", "field_required",
                 "missing_parameter", "is_required", "blank", "not_null", "null", "empty"),
    "type": ("invalid_type", "type_error", "type_mismatch", "wrong_type", "typemismatch", "invalid_format"),
    "additionalProperties": ("unknown_field", "unexpected", "unrecognized", "unknown", "extra", "not_allowed"),
    "enum": ("invalid_choice", "inclusion", "not_in_list", "unsupported_value", "invalid_value"),
    "pattern": ("invalid_format", "format", "mismatch"),
    "format": ("invalid_format", "pattern"),
    "maxLength": ("too_long", "length", "size", "max_length"),
    "minLength": ("too_short", "length", "size", "min_length", "blank"),
    "minimum": ("too_small", "min", "out_of_range", "range", "less_than"),
    "maximum": ("too_large", "max", "out_of_range", "range", "greater_than"),
}  # fmt: skip
INVALID_WORDS: Final = ("invalid", "invalid_value", "invalid_field", "invalid_parameter", "validation_error", "custom")

LOCATION_WORDS: Final[dict[str, tuple[str, ...]]] = {
    "body": ("body", "request_body", "requestbody", "payload", "json"),
    "query": ("query", "querystring", "query_string", "url", "params", "query_parameter"),
    "path": ("path", "url", "uri", "params", "path_parameter"),
    "header": ("header", "headers"),
    "cookie": ("cookie", "cookies"),
}


def normal(name: str) -> str:
    """A name without case and punctuation: `error_code`, `errorCode` and `Error-Code` are one."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def status_words(status: int, *, is_validation: bool) -> tuple[str, ...]:
    """Codes for a whole error, the best first."""
    if is_validation:
        return VALIDATION_WORDS
    return (*STATUS_WORDS.get(status, ()), *GENERAL_WORDS)


def keyword_words(keyword: str) -> tuple[str, ...]:
    """Codes for one error, the best first."""
    snake = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", keyword).lower()
    own = (snake, f"invalid_{snake}") if snake else ()
    return (*own, *KEYWORD_WORDS.get(keyword, ()), *INVALID_WORDS)


def match_word(words: Iterable[str], options: Iterable[JSON]) -> Iterator[JSON]:
    """The options that are one of the words, best first; then those that have one in them."""
    texts = [(option, normal(option)) for option in options if isinstance(option, str)]
    names = [normal(word) for word in words]
    for name in names:
        yield from (option for option, text in texts if text == name)
    for name in names:
        yield from (option for option, text in texts if name in text)


def in_style(word: str, sample: JSON) -> str:
    """A snake-case word as the sample is written: `BAD_REQUEST`, `BadRequest`, `bad-request` or `bad_request`."""
    if not isinstance(sample, str) or not sample:
        return word
    if sample.isupper():
        return word.upper().replace("_", "-" if "-" in sample else "_")
    parts = word.split("_")
    if " " in sample:
        return " ".join([parts[0].capitalize(), *parts[1:]])
    if "_" not in sample and "-" not in sample and any(letter.isupper() for letter in sample):
        text = "".join(part.capitalize() for part in parts)
        return text if sample[0].isupper() else text[0].lower() + text[1:]
    return word.replace("_", "-") if "-" in sample else word
