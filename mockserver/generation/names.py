"""Tables from the names of properties and kinds to what their values are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

# The first pattern that a whole canonical name (lower case, without separators) matches decides.
TEXTS: Final[tuple[tuple[str, str], ...]] = (
    ("(first|given)name|fname|forename|middlename", "first_name"),
    ("(last|family|sur)name|lname", "last_name"),
    ("(user|screen|login|nick)name|login|handle|nickname", "user_name"),
    ("(full|display|real|legal|contact|customer|person|author|owner|recipient|sender|employee|patient)name", "name"),
    ("(member|buyer|seller|guest|driver|student|teacher|client|billing|shipping|assignee|manager)name", "name"),
    ("(card|account)?holder(name)?", "name"),
    ("nameoncard", "name"),
    ("author|createdby|updatedby|modifiedby|assignee|owner|reviewer|approver|creator|editor|artist", "name"),
    (
        (
            "(approved|submitted|deleted|changed|uploaded|assigned|requested|added|posted|published|reviewed|sent|"
            "edited)by"
        ),
        "name",
    ),
    ("e?mail(address)?", "email"),
    ("(card|payment)brand|cardtype|cardnetwork", "card_brand"),
    ("(company|organi[sz]ation|employer|vendor|merchant|supplier|publisher|brand|manufacturer)(name)?", "company"),
    ("(bank|issuer|provider|agency|institution|insurer|airline)(name)?|(app|service)provider", "company"),
    ("(phone|mobile|fax|tel|telephone|cell)(number|no)?", "phone_number"),
    ("jobtitle|job|occupation|position|profession", "job"),
    ("(street|address)(line)?1?|streetaddress|streetname|addressline1|line1", "street_address"),
    ("(address|street)(line)?[234]|addressline[234]|line[234]", "secondary_address"),
    ("city|town|locality|location|birthplace|hometown|venue", "city"),
    ("state|province|region|county|state(or)?province|administrative(district|area)(level)?1?", "state"),
    ("country(code|iso2?)|market|countryof(origin|residence|birth)?code", "country_code"),
    ("country(name)?|countryof(origin|residence|birth)", "country"),
    ("(zip|postal|post)(code)?", "postcode"),
    ("timezone|tz", "timezone"),
    ("unit(symbol|name|type|label)", "unit"),
    ("currency(code|iso)?|(price|currency)unit", "currency_code"),
    ("currencysymbol", "currency_symbol"),
    ("(locale|language|lang)(code)?", "locale"),
    ("(avatar|image|photo|picture|thumbnail|logo|icon|cover|banner)[0-9]*(url|uri|link|src)?", "image_url"),
    ("(website|homepage|site|blog)(url|uri)?", "url"),
    ("(html|self|next|previous|prev|callback|redirect|download|web)?(url|uri|href|link)|src|permalink", "url"),
    ("ip|ipv4|ipaddress|(remote|client)addr(ess)?", "ipv4"),
    ("macaddress|mac", "mac_address"),
    ("useragent", "user_agent"),
    ("host|hostname|domain|domainname|fqdn|server", "domain_name"),
    ("(hex)?colou?r", "color"),
    ("(file)name|file|attachment", "file_name"),
    ("mime(type)?|contenttype|mediatype", "mime_type"),
    ("iban", "iban"),
    ("(bic|swift)(code)?", "swift"),
    ("isbn(13)?", "isbn13"),
    ("ean(13)?|gtin|barcode|upc", "ean13"),
    ("licenseplate|plate", "license_plate"),
    ("title|headline|subject|caption|heading|subtitle", "title"),
    ("sku|partnumber|productcode", "sku"),
    ("dept|department(name)?", "department"),
    ("role(name)?|jobrole|userrole", "role"),
    ("(day(of)?week|weekday|.*dayofweek)", "weekday"),
    ("payment(method|type|mode)", "payment_method"),
    ("tokentype|(auth|token)scheme", "token_type"),
    ("(quiz|question|poll)(text|title|body|content)", "question"),
    ("(shipping|delivery|shipment)(method|type|service|option)", "shipping_method"),
    ("(http|request)?method|verb", "http_method"),
    ("operatingsystem|os(name)?|osversion", "operating_system"),
    ("(sort|order)(order|direction|by)", "order"),
    ("(error|failure)(phrase|message|reason|text|detail|description)", "error"),
    ("(error|failure)(code|type|kind)", "error_code"),
    (
        (
            "(method|function|class|variable|table|column|field|property|attribute|parameter|param|metric|key|"
            "module)name"
        ),
        "identifier_name",
    ),
    ("(event|webhook)type", "event_name"),
    ("(thing|product|item|project|plan|room|device|channel|event|display)?name", "thing"),
)  # fmt: skip

LAST: Final[Mapping[str, str]] = {
    word: hint
    for hint, words in {
        "sentence": "description desc summary overview about details detail info information synopsis abstract "
                    "excerpt snippet definition explanation purpose copyright disclaimer content body citation terms",
        "message": "comment comments note notes remark remarks message msg text memo feedback answer response "
                   "reply prompt instruction instructions hint tooltip warning bio input output transcript",
        "error": "error fault failure exception",
        "reason": "reason reasons cause justification rationale",
        "question": "question",
        "category": "category categories classification genre industry sector segment",
        "topic": "topic theme interest",
        "tag": "tag tags keyword keywords label labels",
        "slug": "slug alias permalink subdomain bucket",
        "status": "status outcome result phase",
        "priority": "priority severity urgency level importance",
        "visibility": "visibility privacy access",
        "gender": "gender sex",
        "type": "type kind subtype variant class style mode option policy strategy profile",
        "version": "version revision release build",
        "code": "code",
        "number": "number num no serial",
        "reference": "reference ref",
        "path": "path directory dir folder filepath",
        "source": "source origin channel medium",
        "action": "action operation activity",
        "format": "format extension",
        "unit": "unit units uom",
        "field": "field column attribute parameter param property header",
        "environment": "environment env stage namespace",
        "platform": "platform",
        "service": "service component module",
        "group": "group audience",
        "team": "team squad",
        "plan": "plan tier subscription package",
        "frequency": "frequency period interval recurrence schedule cadence",
        "scope": "scope scopes permission permissions privilege",
        "symbol": "symbol ticker",
        "exchange": "exchange",
        "language_name": "nationality",
        "license": "license licence",
        "algorithm": "algorithm cipher",
        "protocol": "protocol scheme",
        "encoding": "encoding charset",
        "direction": "direction",
        "branch": "branch",
        "template": "template layout",
        "query": "query filter search expression condition criteria",
        "html": "html",
        "markdown": "markdown",
        "json": "json payload data metadata config configuration properties",
        "month": "month",
        "school": "school college university",
        "model": "model",
        "device": "device",
        "browser": "browser",
        "runtime": "runtime engine framework",
        "architecture": "architecture arch cpu",
        "carrier": "carrier courier",
        "relationship": "relationship relation",
        "rel": "rel",
        "resource": "resource entity",
        "step": "step",
        "size": "size",
        "url": "endpoint webhook",
        "company": "provider operator authority authorities agency bank institution vendor sponsor",
        "name": "contact creator recipient participant speaker passenger",
        "user_name": "twitter facebook linkedin instagram github username me user",
        "thing": "item product project object collection series campaign resource",
        "file_name": "document filename",
        "repository": "repository repo",
        "title": "subtitle section chapter course lesson episode book movie song album",
        "cron": "cron crontab",
        "initials": "initials",
        "orientation": "orientation",
        "emoji": "emoji",
        "day_time": "opens closes",
        "abbreviation": "abbreviation abbrev abbr acronym",
        "order": "sort",
        "zone": "zone availabilityzone",
        "separator": "separator delimiter",
        "command": "command cmd script",
        "rating": "rating",
        "key": "key",
        "value": "value",
        "event_name": "event trigger",
    }.items()
    for word in words.split()
}  # fmt: skip
"""What the last word of a name says, where the whole name says nothing."""

PERSONS: Final = frozenset(
    ("user", "person", "customer", "author", "member", "employee", "contact", "owner", "patient", "student",
     "teacher", "client", "profile", "driver", "passenger", "guest", "attendee", "follower",
     "manager", "actor", "artist", "candidate", "applicant", "recipient", "player", "tenant", "staff",
     "doctor", "subscriber", "cardholder", "payer", "agent", "assignee", "reviewer", "speaker", "participant", "lead",
     "seller", "buyer", "sender", "creator", "instructor", "coach", "volunteer", "resident", "people")
)  # fmt: skip
"""Kinds of entities whose `name` is that of a person."""

NAMED: Final[tuple[tuple[str, str], ...]] = (
    (
        (
            "company|organi[sz]ation|org|vendor|brand|merchant|supplier|publisher|employer|bank|airline|manufacturer|"
            "agency|institution|business|insurer|partner|retailer|provider|store|shop|restaurant"
        ),
        "company",
    ),
    ("city|town|location|venue|destination", "city"),
    ("country", "country"),
    ("province|region|county", "state"),
    ("state|status", "status"),
    ("file|document|attachment|asset|upload", "file_name"),
    ("tag|label|keyword", "tag"),
    ("category|genre|industry|productcategory|producttype", "category"),
    ("topic|subject", "topic"),
    ("role|userrole", "role"),
    ("permission|scope|privilege", "scope"),
    ("group|usergroup", "group"),
    ("team|squad", "team"),
    ("department", "department"),
    ("plan|tier|subscription|subscriptionplan|package", "plan"),
    ("language", "language_name"),
    ("repository|repo", "repository"),
    ("branch", "branch"),
    (
        (
            "server|host|node|vm|virtualmachine|machine|cluster|container|pod|database|datasource|"
            "loadbalancer|network|subnet|volume|disk|queue|bucket"
        ),
        "host_label",
    ),
    (
        (
            "field|parameter|param|attribute|header|column|metric|property|variable|propertydefinition|key|cookie|"
            "dimension|table|method|function|input|output"
        ),
        "identifier_name",
    ),
    ("device|phone|computer", "device"),
    ("school|college|university", "school"),
    ("event|meeting|webinar|conference|calendarevent", "title"),
    (
        (
            "book|movie|song|album|track|film|course|lesson|article|post|page|issue|task|ticket|story|episode|report|"
            "playlist|survey|form|note|board|dashboard|milestone|goal|agenda"
        ),
        "title",
    ),
    ("service|microservice", "service"),
    ("environment|stage|namespace", "environment"),
    ("template|emailtemplate", "template"),
    ("webhook|trigger", "event_name"),
    ("paymentmethod|paymenttype", "payment_method"),
    ("carrier|courier", "carrier"),
    ("unit|unitofmeasure", "unit"),
    ("colou?r", "color_name"),
    ("currency", "currency_name"),
)  # fmt: skip
"""What the `name` of an entity of a kind is, else that of a thing."""

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
    ("creat|regist|join|added|order(ed)?(at|date|on)|issued|submitted|insert", 0),
    ("start|begin|open|publish|scheduled|accepted|approved|from|received|since|arriv|checkin", 1),
    ("updat|modif|chang|edited|last|seen|sync", 2),
    ("finish|end|complet|clos|deliver|resolved|paid|until|to$|depart|checkout", 3),
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

MADE: Final[tuple[tuple[str, str], ...]] = (
    ("(.*[^a-z0-9])?(uuid|guid)|.*(uuid|guid)", "uuid"),
    ("(commit|head|base|git|blob|tree)?(sha1?|commit(hash|sha|id)?)", "sha"),
    ("sha256|md5|checksum|digest|hash|.*hash|fingerprint|thumbprint|etag", "hash"),
    (
        (
            "(.*)(token|secret|cursor|nonce|signature|(api|access|secret|public|private|license|session|client|"
            "encryption|auth)key|clientsecret|session|certificate|cert|hmac|ciphertext|jwt|base64)"
        ),
        "token",
    ),
    ("last(4|four)(digits)?|mcc|pin", "digits"),
    ("otp|(verification|confirmation|security|access|pass)code", "passcode"),
    ("(?!.*(phone|mobile|fax|tel|cell|street|house|apartment|line|version)).*number|(account|order|invoice|serial)?(no|num)",
     "number"),
    ("(.*)(identifier|uid|sid|kid)", "identifier"),
    ("bin", "passcode"),
    ("password|passwd|passphrase", "password"),
    ("ref|reference|.*(reference|referencecode)", "reference"),
)  # fmt: skip
"""Names of texts that are made of letters and digits at random."""

DATES: Final = frozenset(("date", "datetime", "timestamp"))
EVENTS: Final = frozenset(
    ("start", "end", "begin", "finish", "created", "creation", "update", "updated", "expiry", "expiration", "due",
     "arrival", "departure", "modified", "modification", "published", "login", "access", "event", "air", "airs",
     "opening", "closing", "birth", "release", "issue", "order", "delivery", "hire", "join", "invoice", "payment",
     "transaction", "posted", "scheduled", "received", "sent", "submitted", "pickup", "completion", "completed",
     "change", "changed", "execution", "request", "sync", "refresh", "check", "upload", "capture", "registration",
     "insert")
)  # fmt: skip
"""What has a date or a time."""
DECIMALS: Final = frozenset(
    ("price", "amount", "total", "subtotal", "cost", "fee", "balance", "tax", "discount", "revenue", "salary", "budget",
     "latitude", "longitude", "lat", "lng")
)  # fmt: skip
COUNTS: Final = frozenset(
    ("count", "quantity", "qty", "width", "height", "duration", "percent", "percentage", "age", "year", "port",
     "length", "seconds", "minutes", "days", "hours", "months", "weeks", "pages", "views", "likes", "users")
)  # fmt: skip
