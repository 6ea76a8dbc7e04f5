"""What a name or a description says about a value: tables from names to kinds of data."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

# The first pattern that a canonical name (lower case, without separators) ends in decides.
TEXTS: Final[tuple[tuple[str, str], ...]] = (
    ("(first|given)name|fname|forename", "first_name"),
    ("(last|family|sur)name|lname", "last_name"),
    ("(user|screen|login|nick)name|login|handle|nickname", "user_name"),
    ("(full|display|real|legal|contact|customer|person|author|owner|recipient|sender|employee|patient)name", "name"),
    ("(member|buyer|seller|guest|driver|student|teacher|client|billing|shipping|assignee|manager)name", "name"),
    ("(card|account)?holder(name)?", "name"),
    ("nameoncard", "name"),
    ("author|createdby|updatedby|modifiedby|assignee|owner|reviewer", "name"),
    ("e?mail(address)?", "email"),
    ("(card|payment)brand|cardtype|cardnetwork", "card_brand"),
    ("(company|organi[sz]ation|employer|vendor|merchant|supplier|publisher|brand|manufacturer)(name)?", "company"),
    ("(phone|mobile|fax|tel|telephone|cell)(number|no)?", "phone_number"),
    ("jobtitle|job|occupation|position|profession", "job"),
    ("(street|address)(line)?1?|streetaddress|streetname|addressline1", "street_address"),
    ("(address|street)line2|address2", "secondary_address"),
    ("city|town|locality|location|birthplace|hometown|venue", "city"),
    ("state|province|region|county|state(or)?province|administrative(district|area)(level)?1?", "state"),
    ("country(code|iso2?)", "country_code"),
    ("country(name)?", "country"),
    ("(zip|postal|post)(code)?", "postcode"),
    ("timezone|tz", "timezone"),
    ("currency(code|iso)?|(price|currency)unit", "currency_code"),
    ("(locale|language|lang)(code)?", "locale"),
    ("(avatar|image|photo|picture|thumbnail|logo|icon|cover|banner)[0-9]*(url|uri|link|src)?", "image_url"),
    ("(website|homepage|site|blog)(url|uri)?", "url"),
    ("(html|self|next|previous|prev|callback|redirect|download|web)?(url|uri|href|link)", "url"),
    ("ip|ipv4|ipaddress|(remote|client)addr(ess)?", "ipv4"),
    ("macaddress|mac", "mac_address"),
    ("useragent", "user_agent"),
    ("host|hostname|domain|domainname", "domain_name"),
    ("(hex)?colou?r", "color"),
    ("(file)name|file", "file_name"),
    ("mime(type)?|contenttype|mediatype", "mime_type"),
    ("iban", "iban"),
    ("bic|swift", "swift"),
    ("isbn(13)?", "isbn13"),
    ("ean(13)?|gtin|barcode|upc", "ean13"),
    ("licenseplate|plate", "license_plate"),
    ("title|headline|subject|caption", "title"),
    ("description|summary|bio|about|comment|note|notes|remarks|content|body|text|message|msg|excerpt|reason|detail",
     "sentence"),
    ("sku|partnumber|productcode", "sku"),
    ("slug|tag|tags|keyword|keywords|category|label|labels|topic|genre", "word"),
    ("status", "status"),
    ("dept|department(name)?", "department"),
    ("role(name)?|jobrole|userrole", "role"),
    ("visibility|privacy", "visibility"),
    ("gender|sex", "gender"),
    ("priority|severity|urgency", "priority"),
    ("type|kind", "type"),
    ("version", "version"),
    ("(day(of)?week|weekday|.*dayofweek)", "weekday"),
    ("(thing|product|item|project|team|group|plan|room|device|channel|event)?name", "thing"),
)  # fmt: skip
PERSONS: Final = frozenset(
    ("user", "person", "customer", "author", "member", "employee", "contact", "owner", "patient", "student",
     "teacher", "client", "profile", "driver", "passenger", "guest", "attendee", "follower",
     "manager", "actor", "artist", "candidate", "applicant", "recipient", "player", "tenant", "staff",
     "doctor", "subscriber", "cardholder", "payer", "agent", "assignee", "reviewer")
)  # fmt: skip
"""Kinds of entities whose `name` is that of a person."""

TIMESTAMPS: Final[tuple[float, float]] = (1704067200, 1767139200)
"""The seconds of two recent years."""
USUAL: Final[tuple[tuple[str, tuple[float, float]], ...]] = (
    ("lat|latitude", (-60, 70)),
    ("lon|lng|long|longitude", (-170, 170)),
    ("price|amount|total|subtotal|cost|fee|balance|tax|discount|revenue|salary|budget", (5, 499)),
    ("rating|stars", (1, 5)),
    ("percent|percentage|progress|score|humidity|popularity", (0, 100)),
    ("probability|confidence|ratio", (0, 1)),
    ("pressure", (985, 1030)),
    ("cloudcover", (0, 100)),
    ("(v?cpus?|cores|vcpucount)", (1, 16)),
    ("(exp(iry|iration)?|card)year", (2026, 2031)),
    ("age", (18, 80)),
    ("year", (2005, 2025)),
    ("month", (1, 12)),
    ("day", (1, 28)),
    ("hour", (0, 23)),
    ("minute|second", (0, 59)),
    ("(created|updated|modified|deleted|expires|published|started|ended)(at|on|time|date)?", TIMESTAMPS),
    ("due(at|on|date)", TIMESTAMPS),
    ("timestamp|date|last(seen|login|updated?|modified|used|active|sync|accessed)(at|on|time|date)?", TIMESTAMPS),
    ("page|pagenumber", (1, 1)),
    ("(per|page)page|pagesize|perpage|limit", (20, 20)),
    ("offset|skip", (0, 0)),
    ("(count|quantity|qty|stock|total.*|num.*|.*count)", (1, 50)),
    ("port", (1024, 9999)),
    ("width|height", (320, 1920)),
    ("(file)?size|bytes|length", (1024, 500000)),
    ("weight", (1, 90)),
    ("duration|seconds|minutes|elapsed|timeout|ttl", (5, 600)),
    ("priority|order|rank|position|index|level", (1, 10)),
    ("temperature|temp", (-5, 32)),
    ("code|statuscode", (100, 599)),
)  # fmt: skip
RANKS: Final[tuple[tuple[str, int], ...]] = (
    ("birth|born|dob", -120),
    ("creat|regist|join|added|order(ed)?(at|date|on)|issued|submitted|insert", 0),
    ("start|begin|open|publish|scheduled|accepted|approved|from", 1),
    ("updat|modif|chang|edited|last|seen|sync", 2),
    ("finish|end|complet|clos|deliver|resolved|paid|until|to$", 3),
    ("delet|remov|archiv|cancel|expir|due|revoked|renew", 4),
)
"""Moments of one entity come in this order."""

PERSON: Final = frozenset(("first_name", "last_name", "name", "email", "user_name"))
PLACE: Final = frozenset(("city", "state", "postcode", "country", "country_code", "street_address", "timezone"))


def canonical(name: str) -> str:
    """A name without the habits of its writer: `user_id`, `userId` and `User-Id` are one."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def singular(name: str) -> str:
    """A noun of a collection as that of its member."""
    for plural, one in (("ies", "y"), ("sses", "ss"), ("xes", "x"), ("ches", "ch"), ("people", "person"), ("s", "")):
        if (name.endswith(plural) and not name.endswith(("ss", "us", "is"))) or (
            plural == "sses" and name.endswith(plural)
        ):
            return name[: -len(plural)] + one
    return name


DATES: Final = frozenset(("date", "datetime", "timestamp"))
EVENTS: Final = frozenset(
    ("start", "end", "begin", "finish", "created", "creation", "update", "updated", "expiry", "expiration", "due",
     "arrival", "departure", "modified", "modification", "published", "login", "access", "event", "air", "airs",
     "opening", "closing", "birth", "release", "issue", "order", "delivery", "hire", "join", "invoice", "payment",
     "transaction", "posted")
)  # fmt: skip
"""What has a date or a time."""
MOMENT: Final = re.compile(
    f"({'|'.join(sorted(EVENTS))})(date|time)|date|datetime|timestamp|time|created|updated|modified|published|added|"
    "(first|last)?aired|released|last(login|seen|updated?|modified)|expir(y|es|ation)|deadline|birthday|dateofbirth|dob"
)
"""Names of moments, without separators."""
DAYS: Final = frozenset(("date", "birthday", "birthdate", "dob", "on", "birth"))
EVENT: Final = re.compile(
    "(creat|updat|modifi|hir|due|start|end|complet|publish|join|paid|issu|clos|open|expir|deliver|sent|receiv|submit|cancel|"
    "register|approv|archiv|delet|last)[a-z]*"
)

ADDRESS: Final = re.compile("bill|ship|home|work|mail|address|birth|licen|issu|delivery|sender|recipient|tax|us")
"""How names begin that speak of an address."""

DESCRIBED: Final[tuple[tuple[str, str], ...]] = (
    (r"\bISO[- ]?8601\b|RFC[- ]?3339|\bdate and time\b|\btimestamp\b|\bdate-time\b", "moment"),
    (r"\bUUID\b|\bGUID\b", "uuid"),
    (r"\be-?mail address\b", "email"),
    (r"\bphone number\b|\bE\.164\b", "phone_number"),
    (r"\bISO[- ]?3166|(two|2)[- ](letter|character) country", "country_code"),
    (r"\bISO[- ]?4217|(three|3)[- ](letter|character) (ISO )?currency|\bcurrency code\b", "currency_code"),
    (r"\bIP(v4)? address\b", "ipv4"),
    (
        r"\b(image|avatar|logo|picture|photo|icon|thumbnail)\b.*\b(URL|URI)\b|\bURL of (the|an?) (image|avatar|logo)",
        "image_url",
    ),
    (r"\b(URL|URI|hyperlink)\b", "url"),
)
"""What a description asks for; the first that matches decides."""

MADE: Final[tuple[tuple[str, str], ...]] = (
    ("(.*[^a-z0-9])?(uuid|guid)|.*(uuid|guid)", "uuid"),
    ("sha1?|(commit|head|base|git)?(sha|commithash)", "sha"),
    ("sha256|md5|checksum|digest|hash|.*hash|fingerprint|etag", "hash"),
    ("(.*)(token|secret|cursor|nonce|signature|apikey|accesskey|secretkey|clientsecret)", "token"),
    ("last(4|four)(digits)?", "digits"),
)
"""Names of texts that are made of letters and digits at random."""
IDENTIFIER: Final = re.compile(r"(.*[a-z0-9])?(_id|-id|Id|ID|_ids|Ids)|id|ID|Id|[gsop]id|objectid|object_id")

DECIMALS: Final = frozenset(
    ("price", "amount", "total", "subtotal", "cost", "fee", "balance", "tax", "discount", "revenue", "salary", "budget",
     "latitude", "longitude", "lat", "lng")
)  # fmt: skip
COUNTS: Final = frozenset(
    ("count", "quantity", "qty", "width", "height", "duration", "percent", "percentage", "age", "year", "port",
     "length", "seconds", "minutes")
)  # fmt: skip


def words(name: str) -> list[str]:
    """The words of a name, however they are set apart."""
    return [part.lower() for part in re.findall(r"[A-Z]?[a-z0-9]+|[A-Z]+", name)]


@lru_cache(maxsize=8192)
def is_moment(name: str) -> bool:
    """Whether a text or number of this name is a moment."""
    *before, last = words(name) or [""]
    if MOMENT.fullmatch(canonical(name)) or last in DATES:
        return True
    if not before:
        return False
    is_event = last == "at" or (last == "time" and before[-1] in EVENTS)
    is_event = is_event or (last == "on" and EVENT.fullmatch(before[-1]) is not None)
    return is_event or (before[0] == "date" and (last.endswith("ed") or last in ("sent", "birth")))


def is_day(name: str) -> bool:
    """Whether a moment of this name is a day."""
    found = words(name)
    return bool(found) and (found[-1] in DAYS or found[0] == "date" or canonical(name).endswith(("date", "birthday")))


@lru_cache(maxsize=8192)
def made_of(name: str) -> str | None:
    """How an identifier, a hash or a token of this name is made, if it is one."""
    plain = canonical(name)
    found = next((kind for pattern, kind in MADE if re.fullmatch(pattern, plain)), None)
    return found or ("identifier" if IDENTIFIER.fullmatch(name) else None)


@lru_cache(maxsize=8192)
def described(description: str) -> str | None:
    """The kind of text that a description asks for."""
    return next((hint for pattern, hint in DESCRIBED if re.search(pattern, description, re.IGNORECASE)), None)


def number_in_text(name: str) -> str | None:
    """Whether a text of this name is a number: `decimal`, `count` or None."""
    found = words(name) or [""]
    if found[-1] in DECIMALS:
        return "decimal"
    return "count" if found[-1] in COUNTS or (len(found) > 1 and found[0] in ("num", "total")) else None


def is_whole(name: str) -> bool:
    """Whether a number of this name has no decimals, whatever its type."""
    is_count = number_in_text(name) == "count" or (words(name) or [""])[-1] == "size"
    return is_count or IDENTIFIER.fullmatch(name) is not None


def is_person(kind: str) -> bool:
    """Whether entities of this kind have the names of people."""
    return any(kind.endswith(person) for person in PERSONS)


def name_of(name: str, kind: str) -> str:
    """The name of a property with what its owner says of it: the names of things are not those of people."""
    plain = canonical(name)
    if plain == "name" and is_person(kind):
        return "personname"
    if plain in ("displayname", "fullname") and kind and not is_person(kind) and not kind.endswith("account"):
        return "thingname"
    if plain in ("number", "address", "value") and text_hint(kind) in ("phone_number", "email"):
        return kind
    return name


@lru_cache(maxsize=8192)
def text_hint(name: str, kind: str = "") -> str | None:
    """The kind of text that the name of a property, of an owner of some kind, asks for."""
    plain = canonical(name_of(name, kind) if kind else name)
    for pattern, hint in TEXTS:
        if re.fullmatch(pattern, plain):
            return hint
    # `billing_city` is a city and `contact_email` an email; the state of what is no address is another state.
    if len(parts := words(name)) > 1:
        last = text_hint(parts[-1])
        return "status" if last == "state" and not ADDRESS.match(plain) else last
    return None


@lru_cache(maxsize=8192)
def usual_range(name: str) -> tuple[float, float] | None:
    """The range in which numbers of this name usually lie."""
    plain = canonical(name)
    parts = words(name)
    for text in dict.fromkeys((plain, parts[-1] if parts else plain)):
        for pattern, limits in USUAL:
            if re.fullmatch(pattern, text):
                return limits
    return None


@lru_cache(maxsize=8192)
def rank(name: str) -> int:
    """Where a moment of this name stands in the life of an entity."""
    plain = canonical(name)
    return next((number for pattern, number in RANKS if re.search(pattern, plain)), 0)


PLACE_WORDS: Final = re.compile(
    "city|town|locality|county|stateor|state|province|region|country|administrative(district|area)|code|level|zip|postal|post|"
    "name|iso2?|timezone|tz|[0-9]"
)


def group(name: str, hint: str) -> str:
    """What the properties of one person or one place share, so that they fit together."""
    plain = canonical(name)
    prefix = re.sub("(first|last|given|family|sur|full|user|display)?name|e?mail.*|login", "", plain)
    if hint in PERSON:
        return f"@person {prefix if prefix not in PERSONS else ''}"
    if hint in PLACE:
        return f"@place {PLACE_WORDS.sub('', plain)}"
    return name
