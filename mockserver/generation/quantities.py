"""Tables from the names of numbers, truths and moments to what is usual of them."""

from __future__ import annotations

from typing import Final

TIMESTAMPS: Final[tuple[float, float]] = (1704067200, 1767139200)
"""The seconds of two recent years."""
USUAL: Final[tuple[tuple[str, tuple[float, float]], ...]] = (
    ("lat|latitude", (-60, 70)),
    ("lon|lng|long|longitude", (-170, 170)),
    ("salary|income|wage", (32000, 140000)),
    ("revenue|budget|turnover|sales", (10000, 500000)),
    (
        (
            "price|amount|total|subtotal|cost|fee|fees|balance|tax|taxes|discount|sum|charge|charges|credit|debit|paid|"
            "payment|net|gross|shipping|commission|deposit|premium|usd|eur"
        ),
        (5, 499),
    ),
    ("rating|stars", (1, 5)),
    (
        (
            "percent|percentage|progress|score|humidity|popularity|pct|usage|utili[sz]ation|occupancy|completion|"
            "complete|coverage|availability|battery(level)?|uptime"
        ),
        (0, 100),
    ),
    ("probability|confidence|ratio|opacity|alpha|relevance|similarity|accuracy|precision|recall", (0, 1)),
    ("sentiment", (-1, 1)),
    ("(interest|tax|vat|growth|conversion|bounce|churn|exchange|hit)?rate|vat", (0.5, 9.5)),
    ("temperature|temp", (-5, 32)),
    ("pressure", (985, 1030)),
    ("cloudcover", (0, 100)),
    ("(v?cpus?|cores|vcpucount)", (1, 16)),
    ("(exp(iry|iration)?|card)year", (2026, 2031)),
    ("age", (18, 80)),
    ("year|season", (2005, 2025)),
    ("month|months", (1, 12)),
    ("day|days", (1, 28)),
    ("hour|hours", (0, 23)),
    ("minute|second", (0, 59)),
    ("week|weeks", (1, 12)),
    ("(created|updated|modified|deleted|expires|published|started|ended)(at|on|time|date)?", TIMESTAMPS),
    ("due(at|on|date)|exp|iat|nbf", TIMESTAMPS),
    ("expiresin|expires", (3600, 3600)),
    ("timestamp|date|last(seen|login|updated?|modified|used|active|sync|accessed)(at|on|time|date)?", TIMESTAMPS),
    ("epoch|.*epoch|.*epochms|unixtime|.*timestamp|ts", TIMESTAMPS),
    ("(start|end|finish|begin|creation|modification|expiration|expiry|event|update)(ed)?time(stamp)?", TIMESTAMPS),
    ("page|pagenumber", (1, 1)),
    ("(per|page)page|pagesize|perpage|limit", (20, 20)),
    ("offset|skip", (0, 0)),
    (
        (
            "(fail(ed|ures?)?|errors?|retries|attempts|cancel(l?ed)?|rejected|skipped|bounced|unread|warnings?)(count)?"
        ),
        (0, 4),
    ),
    (
        (
            "(likes|views|clicks|votes|followers|following|subscribers|downloads|visits|impressions|shares|plays|"
            "installs|points)(count)?"
        ),
        (10, 4900),
    ),
    (
        (
            "(user|member|contact|customer|client|employee|student|attendee|participant|guest|seat|visitor)s(count)?"
        ),
        (5, 480),
    ),
    (
        (
            "(count|quantity|qty|stock|total.*|num.*|.*count|items?|lines?|rows?|pages?|units?|files?|devices?|"
            "results?|jobs?|messages?|comments?|reviews?|orders?|users?|pending|active|open|closed|completed|sent|"
            "delivered|received|remaining|available|used|left|processed|succeeded|success|finished|instances?|slots?|"
            "places?|rooms?)"
        ),
        (1, 50),
    ),
    ("population", (4000, 900000)),
    ("capacity|maximum|max|quota|threshold", (50, 200)),
    ("minimum|min", (1, 10)),
    ("port", (1024, 9999)),
    ("width|height", (320, 1920)),
    ("x|y|z|left|top|right|bottom", (0, 800)),
    ("red|green|blue", (0, 255)),
    ("angle|heading|bearing|rotation|direction|azimuth", (0, 359)),
    ("zoom", (3, 18)),
    ("altitude|elevation|ele", (5, 1800)),
    ("distance|radius|miles|km", (1, 40)),
    ("speed", (5, 110)),
    ("(file)?size|bytes|length", (1024, 500000)),
    ("memory|mem|ram|mb", (512, 16384)),
    ("gb|disk|storage", (8, 512)),
    ("weight", (1, 90)),
    ("ms|millis|milliseconds|latency|(response|load|process(ing)?)time|took", (12, 900)),
    ("duration|seconds|minutes|elapsed|timeout|ttl|delay|lifetime|expiresin|runtime|interval|sec|secs", (5, 600)),
    (
        (
            "priority|order|rank|position|index|level|sequence|depth|step|revision|version|episode|round|tier|row|"
            "column|sortorder|importance|severity"
        ),
        (1, 10),
    ),
    ("status|state|type|kind|category|mode|flags?", (1, 5)),
    ("factor|multiplier|scale", (0.5, 2)),
    ("attempt|term|period", (1, 12)),
    ("code|statuscode", (100, 599)),
    ("average|avg|mean|median|value", (1, 100)),
)  # fmt: skip
RANKS: Final[tuple[tuple[str, int], ...]] = (
    ("birth|born|dob", -120),
    ("creat|regist|queued|request|join|added|order(ed)?(at|date|on)|issued|submitted|insert", 0),
    ("start|begin|open|publish|scheduled|accepted|approved|from|received|since|arriv|checkin", 1),
    ("updat|modif|chang|edited|last|seen|sync|respon|repl|answer", 2),
    ("finish|end|stop|complet|clos|deliver|resolved|paid|until|to$|depart|checkout", 3),
    ("delet|remov|archiv|cancel|expir|due|revoked|renew|next", 4),
)
"""Moments of one entity come in this order."""

GONE: Final = "(is)?(delet|remov|archiv|cancel|revok|trash|purg|terminat|suspend|bann|void|refund|reject)[a-z]*"
"""How what has ended begins, which most have not."""
LIKELY: Final = frozenset(
    ("active", "enabled", "verified", "success", "valid", "available", "visible", "confirmed", "approved", "ok",
     "online",
     "succeeded", "accepted", "working", "healthy", "ready", "allowed", "authorized", "public", "supported")
)  # fmt: skip
"""What mostly is true."""
UNLIKELY: Final = frozenset(
    ("deleted", "archived", "disabled", "hidden", "locked", "blocked", "banned", "expired", "failed", "error",
     "cancelled",
     "canceled", "suspended", "deprecated", "removed", "revoked", "rejected", "test", "sandbox", "draft", "spam",
     "nsfw",
     "truncated", "overdue", "trashed", "blacklisted", "muted", "anonymous", "refunded", "disputed", "closed", "empty")
)  # fmt: skip
"""What mostly is false."""

DECIMALS: Final = frozenset(
    ("price", "amount", "total", "subtotal", "cost", "fee", "balance", "tax", "discount", "revenue", "salary", "budget",
     "latitude", "longitude", "lat", "lng")
)  # fmt: skip
COUNTS: Final = frozenset(
    ("count", "quantity", "qty", "width", "height", "duration", "percent", "percentage", "age", "year", "port",
     "length", "seconds", "minutes", "days", "hours", "months", "weeks", "pages", "views", "likes", "users")
)  # fmt: skip
