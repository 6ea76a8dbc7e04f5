"""What a description says of a value: the kind of text, the values that it names, and the range of numbers."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from mockserver.generation.quantities import TIMESTAMPS

MAX_LENGTH: Final = 1000
"""So much of a description is read."""

DESCRIBED: Final[tuple[tuple[str, str], ...]] = (
    (r"\bISO[- ]?8601\b(?! duration)|RFC[- ]?3339|\bdate and time\b|\btimestamp\b|\bdate-time\b", "moment"),
    (r"\bUUID\b|\bGUID\b", "uuid"),
    (r"\be-?mail address\b", "email"),
    (r"\bphone number\b|\bE\.164\b", "phone_number"),
    (r"\bISO[- ]?3166|(two|2)[- ](letter|character) country", "country_code"),
    (r"\bISO[- ]?4217|(three|3)[- ](letter|character) (ISO )?currency|\bcurrency code\b", "currency_code"),
    (r"\bIP(v4)? address\b", "ipv4"),
    (r"\bMAC address\b", "mac_address"),
    (r"\bARN\b|Amazon Resource Name", "arn"),
    (
        r"\b(image|avatar|logo|picture|photo|icon|thumbnail)\b.*\b(URL|URI)\b|\bURL of (the|an?) (image|avatar|logo)",
        "image_url",
    ),
    (r"\b(URL|URI|hyperlink)\b", "url"),
    (r"\bISO[- ]?639|\blanguage code\b|\bBCP[- ]?47\b", "language"),
    (r"\btime ?zone\b", "timezone"),
    (r"\b(MIME|media|content) type\b", "mime_type"),
    (r"\b(host|domain) ?name\b|\bFQDN\b", "domain_name"),
    (r"\bJSON[- ](string|object|encoded)\b|\bstringified\b", "json"),
    (r"\bcron\b", "cron"),
    (r"\bregular expression\b|\bregex\b", "regex"),
    (r"\bHTML (content|body|code|markup|text|version|snippet|format|string)\b|^(the )?HTML\b|\b(as|in) HTML\b", "html"),
    (r"\bmarkdown\b", "markdown"),
    (r"\b(SHA-?\d+|MD5|hash|digest|checksum|fingerprint)\b", "hash"),
    (r"\b(access|auth\w*|bearer|refresh|pagination|continuation|page|session|next) ?token\b|\bcursor\b", "token"),
    (r"\bfile ?name\b", "file_name"),
    (r"\b(file|directory|folder) ?path\b|\bpath (to|of)\b", "path"),
    (r"\bversion (number|of)\b", "version"),
    (r"\bname of (the|an?|this) (user|person|customer|employee|author|owner|contact|member|patient)\b", "name"),
    (r"\bnames? (of|for) (the|an?|this|each)\b|^(the )?(display |friendly )?name\b", "thing"),
    (r"\b(identifier|ID) (of|for|assigned)\b|\bunique (identifier|ID)\b|^(the )?(identifier|ID)\b", "identifier"),
    (r"\b(error|failure) message\b", "error"),
    (r"\bhuman[- ]readable\b|\bfree[- ]?(form|text)\b|\b(description|explanation|summary) (of|about)\b", "sentence"),
    (r"\bdescribes\b|\bexplain(s|ing)\b|^(an? |the )?((short|brief|long|optional) )*description\b", "sentence"),
    (r"^(an? |the )?((short|brief|long|optional|additional) )*(text|comments?|notes?)\b", "sentence"),
    (r"\bmessages?\b", "message"),
)  # fmt: skip
"""What a description asks for; the first that matches decides."""

QUOTED: Final = re.compile(r"`([^`\n]{1,60})`|\"([^\"\n]{1,60})\"|“([^”\n]{1,60})”|(?<!\w)'([^'\n]{1,60})'(?!\w)")
INTRODUCED: Final = re.compile(
    r"\be\.?g\.?[,:]?|\bfor (example|instance)\b[,:]?|\bexamples?:|\bsuch as\b|\bone of\b|\beither\b|"
    r"\b(possible|valid|allowed|supported|accepted|available|permitted|acceptable) (values?|options?|types?|states?)\b|"
    r"\b(can|could|may|must|will) be\b|\bvalues? (is|are|include)\b|\b(values|options)\b ?:|\bshould be\b|\balways\b",
    re.IGNORECASE,
)
SENTENCE_END: Final = re.compile(r"[.;]\s+(?=[A-Z])|\n\n")
LIST: Final = re.compile(
    r"(?:\bone of|\bvalues?(?: are| is)?|\boptions?(?: are)?|\beither|\bcan be|\bmay be)\s*:?\s*\(?\[?"
    r"((?:[A-Za-z0-9_-]{1,30}(?:\s*(?:,\s*(?:or |and )?|\||/|\s+or\s+)\s*))+[A-Za-z0-9_-]{1,30})\]?(?=[\s.)]|$)",
    re.IGNORECASE,
)
CODED: Final = re.compile(r"\(?\be\.?g\.?[,:]?\s+([A-Za-z0-9][A-Za-z0-9_.:/@+-]{1,59})(?=[\s,;)]|\.?$)")
UNLIKE: Final = frozenset(
    ("null", "none", "true", "false", "string", "number", "integer", "object", "array", "the", "a", "an", "and", "or",
     "of", "be", "is", "are", "value", "values", "empty", "any", "other")
)  # fmt: skip
"""What stands where a value is named and is none."""
MAX_LITERALS: Final = 8

BETWEEN: Final = re.compile(
    r"\b(?:between|from|range(?: is| of)?:?)\s+(-?\d{1,9}(?:\.\d+)?)\s*(?:and|to|-|\u2013|\.\.)\s*(-?\d{1,9}(?:\.\d+)?)"
    r"(?![\w.]\d)"
    r"|(?:^|\()\s*(-?\d{1,6}(?:\.\d+)?)\s*(?:-|\u2013|\.\.|to)\s*(-?\d{1,6}(?:\.\d+)?)\s*(?:\)|$)",
    re.IGNORECASE,
)
RANGES: Final[tuple[tuple[str, tuple[float, float]], ...]] = (
    (r"\b(unix|epoch|posix)\b|\bsince (the )?(unix )?epoch\b|\bseconds since\b", TIMESTAMPS),
    (r"\bpercent(age)?\b|%", (0, 100)),
    (r"\bin cents\b|\b(smallest|minor) (currency )?unit", (500, 20000)),
    (r"\bmilliseconds?\b", (20, 4000)),
    (r"\bseconds?\b", (5, 600)),
    (r"\bminutes?\b", (5, 90)),
    (r"\bbytes?\b", (1024, 500000)),
    (r"\bdegrees?\b", (0, 359)),
    (r"\b(number|count|amount) of\b|\bhow many\b", (1, 50)),
)
"""In which range a description says that numbers lie; the first that matches decides."""


@lru_cache(maxsize=8192)
def described(description: str) -> str | None:
    """The kind of text that a description asks for."""
    return next((hint for pattern, hint in DESCRIBED if re.search(pattern, description, re.IGNORECASE)), None)


@lru_cache(maxsize=8192)
def literals(description: str) -> tuple[str, ...]:
    """The values that a description names: what is quoted behind `e.g.` or `one of`, and lists of single words."""
    found: list[str] = []
    for introduced in INTRODUCED.finditer(description):
        rest = SENTENCE_END.split(description[introduced.end() :], maxsplit=1)[0]
        found += [next(filter(None, match.groups())) for match in QUOTED.finditer(rest)]
    if not found:
        for match in LIST.finditer(description):
            found += re.split(r"\s*(?:,\s*(?:or |and )?|\||/|\s+or\s+)\s*", match[1])
    if not found:
        found = [match[1] for match in CODED.finditer(description) if re.search(r"[A-Z0-9_./:@-]", match[1][1:])]
    plain = [text.strip().rstrip(".,;") for text in found]
    return tuple(dict.fromkeys(text for text in plain if text and text.lower() not in UNLIKE))[:MAX_LITERALS]


@lru_cache(maxsize=8192)
def described_range(description: str) -> tuple[float, float] | None:
    """The range in which a description says that numbers lie."""
    if match := BETWEEN.search(description):
        low, high = (float(text) for text in match.groups() if text is not None)
        if low < high:
            return low, high
    return next((limits for pattern, limits in RANGES if re.search(pattern, description, re.IGNORECASE)), None)
