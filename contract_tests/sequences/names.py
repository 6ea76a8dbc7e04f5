"""Names that whoever sends them has chosen: what is put under one is found under it as it was spelled, and no other."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from unicodedata import normalize
from urllib.parse import quote

from contract_tests.contract import Operation, Parameter
from contract_tests.resources import Resource, answer_shape, find_path_parameter, fold, identity_names, iter_members
from contract_tests.sequences.lifecycle import follow_location
from contract_tests.sequences.rules import GONE, Rule, bug, show
from contract_tests.session import Exchange, Made, Session
from contract_tests.verdicts import Finding


@dataclass(frozen=True, slots=True)
class Name:
    """A text, and another that a service which reads paths wrongly takes for it.

    `unless` is what a document says that has them be one.
    """

    text: str
    other: str
    unless: str = ""


_CASE = r"\bcase[- ]?insensitiv|\b(ignor|regard)\w*\b.*\bcase\b|lower|upper|capital"
_SPACE = r"\b(trim|strip)|white[- ]?space|\b(spaces|blanks)\b"
_FORM = r"normali[sz]|\bnfk?[cd]\b|canonical|composed|ascii"
_APART = r"\b(different|differs?|distinct|matters?|counts?|sensitive|significant|kept|preserved)\b"
_SLASH = r"%2f\b|\bslash(es)?\b"
_DENIED = r"\b(no|not|never|without|except|neither|nor|cannot|forbidden|but)\b"

_TEXTS = ("summary", "description", "title")
_REFUSED = frozenset({400, 404, 405, 422})

_NAMES = (
    Name("Qa1", "qa1", _CASE),
    Name("q b ", "q b", _SPACE),
    Name("q+c", "q c"),
    Name("q%41d", "qAd"),
    Name("që", "qe\u0308", _FORM),
    Name("qe\u0301f", "qéf", _FORM),
    Name("q.g.txt", "q.g"),
    Name("q'\"h", "qh"),
    Name("q;i=1", "q"),
    Name("q?j", "q"),
    Name("q#k", "q"),
    Name("q\\l", "q/l"),
    Name("q_m", "q m"),
    Name("q&o=1", "q"),
    Name("q北🎉", "q"),
    Name("q/n", "q%2Fn"),
)
"""Services decode a path once, as UTF-8, behind having split it (RFC 3986, sections 2.4 and 6.2.2)."""


def kept_apart(session: Session, resource: Resource) -> Iterator[Finding]:
    """What is put under a name is found under it, is called so, and is not what is found under a name like it."""
    parameter = find_name(resource)
    if parameter is None or resource.maker is not resource.replace:
        return
    plain = session.make(resource)
    if plain is None:
        return
    said, own = _said(session, resource, parameter), _own_name(session, resource, plain)
    is_valid = session.contract.spec.document.validator(parameter.pointer).is_valid
    for name in _NAMES:
        if not is_valid(name.text) or (name.unless and _says_one(said, name.unless)):
            continue
        if "/" not in name.text:
            yield from _apart(session, resource, name, own)
        elif not any(other.path.startswith(f"{resource.item}/") for other in session.contract.operations):
            is_done = yield from _apart(session, resource, name, own)
            if not is_done and _is_slash_told(session, parameter):
                yield from _slashed(session, resource, plain, name)


def _says_one(said: str, pattern: str) -> bool:
    """Whether it is said that two spellings are one, and not that they are two."""
    sentences = [each for each in re.split(r"[.;]\s", said) if re.search(pattern, each, re.IGNORECASE)]
    return any(not re.search(_APART, each, re.IGNORECASE) for each in sentences)


def _apart(session: Session, resource: Resource, name: Name, own: str | None) -> Generator[Finding, None, bool]:
    """Put something there; whether that is possible."""
    before = _look_up(session, resource, name.other)
    made = session.make(resource, change=lambda draft: draft.with_parameter("path", resource.parameter, name.text))
    if made is None:
        return False
    yield from _found(session, resource, made, name.text, own)
    after = _look_up(session, resource, name.other)
    if before and after and before.answer.status in GONE and after.is_success and resource.read:
        one, other = _spell(name.text, name.other)
        problem = f"takes {resource.parameter}={other} for {one}, which {resource.replace} made just before"
        yield bug(resource.read, "names", "apart", problem, after, 404)
    if resource.delete is not None:
        session.on(resource.delete, made)
    return True


def _spell(text: str, other: Any) -> tuple[str, str]:
    """Both texts, so that one sees in what they differ."""
    are_one = normalize("NFC", text) == normalize("NFC", str(other))
    return (ascii(text), ascii(other)) if are_one else (show(text), show(other))


def _look_up(session: Session, resource: Resource, text: str) -> Exchange | None:
    read = resource.read
    draft = session.draft(read) if read else None
    return session.send(read, draft.with_parameter("path", resource.parameter, text)) if read and draft else None


def _slashed(session: Session, resource: Resource, plain: Made, name: Name) -> Iterator[Finding]:
    """A slash within a name is refused by many routers and proxies, which is wrong only where a document has one."""
    put = resource.replace
    draft = session.draft_on(put, plain) if put else None
    done = session.send(put, draft.with_parameter("path", resource.parameter, name.text)) if draft and put else None
    if put is not None and done is not None and done.answer.status in _REFUSED:
        problem = (
            f"answers {done.answer.status} to {resource.parameter}={show(name.text)}, although it may have a slash"
        )
        yield bug(put, "names", "slash", problem, done, "a success")


def _found(session: Session, resource: Resource, made: Made, text: str, own: str | None) -> Iterator[Finding]:
    """What was put under a name is there, is called so, and is what `Location` leads to."""
    read, put = resource.read, resource.replace
    if read is None or put is None:
        return

    def look() -> list[Finding]:
        found = session.on(read, made)
        if found is None or not (found.is_success or found.answer.status in GONE):
            return []
        if not found.is_success:
            problem = f"does not find {resource.parameter}={show(text)} that {put} made (answer {found.answer.status})"
            return [bug(read, "names", "missing", problem, found, 200)]
        shown = found.body.get(own) if own and isinstance(found.body, dict) else None
        if shown in (None, text):
            return []
        one, other = _spell(text, shown)
        return [bug(read, "names", "shown", f"says {own}={other} for {one}", found, text)]

    yield from session.until(look)
    yield from _respelled(session, read, made, resource.parameter, own)
    if made.exchange.answer.status == 201:
        yield from follow_location(session, resource, made)


def _respelled(session: Session, read: Operation, made: Made, parameter: str, own: str | None) -> Iterator[Finding]:
    """The letters of an escape have no case, and in a path `+` is itself (RFC 3986, sections 2.1 and 2.2)."""
    draft = session.draft_on(read, made)
    text = made.path_values[parameter]
    usual = quote(text, safe="")
    small = re.sub(r"%[0-9A-F]{2}", lambda match: match[0].lower(), usual)
    for other in {small, usual.replace("%2B", "+")} - {usual}:
        found = session.send(read, draft.respelled(usual, other)) if draft is not None else None
        shown = found.body.get(own, text) if found is not None and own and isinstance(found.body, dict) else text
        if found is not None and (found.answer.status in GONE or (found.is_success and shown != text)):
            problem = f"does not find under {other} what it finds under {usual} (answer {found.answer.status})"
            yield bug(read, "names", "escapes", problem, found, 200)
            return


def _own_name(session: Session, resource: Resource, plain: Made) -> str | None:
    """The member of an answer that shows what a thing is called: of the parameter's name, or of its schema."""
    read, parameter = resource.read, find_name(resource)
    shape = answer_shape(session.contract, read, 200) if read else None
    members = {name: schema for name, schema, _ in iter_members(session.contract, *shape)} if shape else {}
    found, sent = session.on(read, plain), plain.sent if isinstance(plain.sent, dict) else {}
    like = [name for name, schema in members.items() if parameter and _is_one_schema(schema, parameter.schema)]
    alike = [name for name in members if fold(name) == fold(resource.parameter)]
    for name in [*alike, *like, *(name for name in identity_names(resource) if name in members)]:
        shown = found.body.get(name) if found is not None and isinstance(found.body, dict) else None
        if name not in sent and shown == plain.path_values[resource.parameter]:
            return name
    return None


def _is_one_schema(schema: Any, other: Any) -> bool:
    is_named = isinstance(schema, Mapping) and isinstance(other, Mapping) and "$ref" in schema
    return is_named and schema["$ref"] == other.get("$ref")


# --- What a document says of names -----------------------------------------------------------------------------------


def find_name(resource: Resource) -> Parameter | None:
    """The parameter of what makes a thing that says what it is called."""
    return find_path_parameter(resource.replace, resource.parameter) if resource.replace else None


def _said(session: Session, resource: Resource, parameter: Parameter) -> str:
    """What is said of a name wherever it stands, of what makes and reads a thing, and of the whole service."""
    contract = session.contract
    lookup, read = contract.spec.document.lookup, resource.read
    shape = answer_shape(contract, read, 200) if read else None
    members = [schema for name, schema, _ in iter_members(contract, *shape) if name == parameter.name] if shape else []
    schemas = [parameter.schema, *members]
    nodes = [
        lookup(parameter.pointer.removesuffix("/schema")),
        *schemas,
        *(contract.resolve(schema, "")[0] for schema in schemas),
        *(lookup(operation.pointer) for operation in (resource.replace, read) if operation),
        contract.document.get("info"),
    ]
    return " ".join(str(node.get(key, "")) for node in nodes if isinstance(node, Mapping) for key in _TEXTS)


def _is_slash_told(session: Session, parameter: Parameter) -> bool:
    """Whether a document has a name with a slash, or says how to write one."""
    node, _ = session.contract.resolve(parameter.schema, "")
    place = session.contract.spec.document.lookup(parameter.pointer.removesuffix("/schema"))
    nodes = [each for each in (place, parameter.schema, node) if isinstance(each, Mapping)]
    listed = [value for each in nodes for value in (each.get("example"), *_examples(each.get("examples")))]
    if any(isinstance(value, str) and "/" in value.strip("/") for value in listed):
        return True
    sentences = [said for each in nodes for said in re.split(r"[.;]\s", str(each.get("description", "")))]
    return any(re.search(_SLASH, s, re.I) and not re.search(_DENIED, s, re.I) for s in sentences)


def _examples(held: Any) -> list[Any]:
    """The values of `examples`: a list of them in a schema, objects by name beside a parameter."""
    if isinstance(held, Mapping):
        return [each.get("value") for each in held.values() if isinstance(each, Mapping)]
    return held if isinstance(held, list) else []


NAMES = (Rule("a name is found as it is spelled", ("replace", "read"), kept_apart),)
