"""Whether what a service gives back is what it was given."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from contract_tests.contract import Contract, Operation
from contract_tests.exchanges import Answer, Call
from contract_tests.forms import decode_form
from contract_tests.resources import answer_shape, shared_properties, shown_shape, visible
from contract_tests.things import Exchange
from contract_tests.verdicts import Finding, Verdict


def same(sent: Any, got: Any) -> bool:
    """Whether two JSON values mean the same: numbers by value, instants by the moment, objects by what was sent.

    `...` was sent where it is not known what is kept of it.
    """
    if sent is ...:
        return True  # nobody knows what becomes of it
    if isinstance(sent, bool) or isinstance(got, bool) or sent is None or got is None:
        return sent is got
    if isinstance(sent, int | float) and isinstance(got, int | float):
        return sent == got
    if isinstance(sent, Mapping) and isinstance(got, Mapping):
        return all((name in got and same(value, got[name])) or (value is None and name not in got)
                   for name, value in sent.items())  # fmt: skip
    if isinstance(sent, list) and isinstance(got, list):
        return len(sent) == len(got) and all(map(same, sent, got))
    if isinstance(sent, str) and isinstance(got, str):
        return sent == got or _is_same_decimal(sent, got) or _is_same_moment(sent, got) or _uuid(sent) == _uuid(got)
    return False


def merge(target: Any, patch: Any) -> Any:
    """What a merge patch makes of a value (RFC 7396, section 2)."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = merge(result.get(name), value)
    return result


def _is_same_moment(sent: str, got: str) -> bool:
    """Whether two texts are one moment, of which a clock of milliseconds (JavaScript's) may have kept no more."""
    first, second = _moment(sent), _moment(got)
    if first is None or second is None:
        return False
    is_coarse = second.microsecond % 1000 == 0
    return abs(first - second) < timedelta(milliseconds=1) if is_coarse else first == second


def _moment(text: str) -> datetime | None:
    if len(text) < 19 or text[10:11] not in {"T", "t", " "}:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def _is_same_decimal(sent: str, got: str) -> bool:
    """Whether two texts are one number with decimals: `-5` and `-5.00`."""
    return bool("." in sent + got and _DECIMAL.fullmatch(sent) and _DECIMAL.fullmatch(got)) and (
        Decimal(sent) == Decimal(got)
    )


_DECIMAL = re.compile(r"-?[0-9]{1,40}(\.[0-9]{1,40})?")


def _uuid(text: str) -> object:
    return text.lower() if len(text) == 36 and text.count("-") == 4 else object()


def sent_members(
    contract: Contract, call: Call, shared: Mapping[str, tuple[Any, str, Any, str]]
) -> dict[str, Any] | None:
    """What an answer should show of the `shared` members that were sent; None where no object was."""
    sent = _sent(contract, call, {name: entry[0] for name, entry in shared.items()})
    if not isinstance(sent, dict):
        return None
    return {name: visible(contract, shared[name][0], value) for name, value in sent.items() if name in shared}


def echoed_members(
    contract: Contract, operation: Operation, exchange: Exchange
) -> dict[str, tuple[Any, str, Any, str]]:
    """The members that a request and its answer have in common, with the schemas and pointers of both."""
    told = answer_shape(contract, operation, exchange.answer.status)
    return shared_properties(contract, shown_shape(contract, operation), told)


def iter_echo_problems(
    contract: Contract, operation: Operation, exchange: Exchange, *, partial: bool = False
) -> Iterator[Finding]:
    """Members of a request that its answer documents too, and shows otherwise; and defaults that are not as said."""
    call, answer, got = exchange.call, exchange.answer, exchange.body
    shared = echoed_members(contract, operation, exchange)
    sent = sent_members(contract, call, shared)
    if sent is None or not isinstance(got, dict):
        return
    for name, (schema, _, told, pointer) in shared.items():
        if name in sent:
            asked = merge(None, sent[name]) if partial else sent[name]  # a null takes away, or brings a default back
            if name in got and same(asked, got[name]):
                continue
            if name in got and _is_bounded(contract, schema, sent[name], got[name]):
                continue
            if sent[name] is None and (partial or name not in got):
                continue  # a null in a merge patch takes the member away
            shown = json.dumps(got[name], ensure_ascii=False) if name in got else "nothing"
            problem = f"was sent {name}={json.dumps(sent[name], ensure_ascii=False)} and answers with {shown}"
            yield value_bug(operation, "echo", name, problem, pointer, call, answer, sent[name])
            continue
        if partial:
            continue
        default = default_of(contract, schema, told)
        if default is not ... and name in got and not same(default, got[name]):
            shown = json.dumps(got[name], ensure_ascii=False)
            problem = f"gives {name} the value {shown} where none is sent, not its default {json.dumps(default)}"
            yield value_bug(operation, "default", name, problem, pointer, call, answer, default)


_BOUNDED = re.compile(r"\b(beyond|past|capped|clamp\w*|at the (very )?end|appended|largest possible)\b", re.IGNORECASE)


def _is_bounded(contract: Contract, schema: Any, sent: Any, got: Any) -> bool:
    """Whether a number is said to be taken for a smaller one where it is too large: a position beyond the end."""
    numbers = [value for value in (sent, got) if isinstance(value, int | float) and not isinstance(value, bool)]
    return len(numbers) == 2 and got < sent and _BOUNDED.search(contract.description(schema)) is not None


def _sent(contract: Contract, call: Call, schemas: Mapping[str, Any]) -> Any:
    """What the body of a request stands for: JSON, or the texts of a form as the schemas read them."""
    form = decode_form(call.header("content-type") or "", call.body or b"")
    if form is not None:
        held = {name: _typed(contract, schemas[name], texts) for name, texts in form.items() if name in schemas}
        parts = [_object(texts[-1]) for name, texts in form.items() if name not in schemas]
        return {name: value for part in parts for name, value in part.items() if name in schemas} | held
    try:
        return json.loads(call.body or b"null")
    except ValueError:
        return None


def _object(text: str) -> dict[str, Any]:
    """A part that is a JSON object; nothing of any other."""
    try:
        value = json.loads(text)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _typed(contract: Contract, schema: Any, texts: list[str]) -> Any:
    types = contract.json_types(schema)
    if "array" in types:
        return texts
    try:
        return texts[-1] if "string" in types else json.loads(texts[-1])
    except ValueError:
        return texts[-1]


def default_of(contract: Contract, *schemas: Any) -> Any:
    """The first default of these schemas; `...` when there is none."""
    for schema in schemas:
        node, _ = contract.resolve(schema, "")
        if isinstance(node, Mapping) and "default" in node:
            return node["default"]
    return ...


def value_bug(
    operation: Operation, claim: str, subject: str, problem: str, pointer: str, call: Call, answer: Answer, wanted: Any
) -> Finding:
    """A value that is not what was sent or promised."""
    return Finding(
        verdict=Verdict.BUG,
        operation=str(operation),
        claim=claim,
        subject=subject,
        sentence=f"{operation} {problem}",
        pointer=pointer or operation.pointer,
        expected=json.dumps(wanted, ensure_ascii=False, default=str)[:300],
        got=str(answer),
        call=call,
    )
