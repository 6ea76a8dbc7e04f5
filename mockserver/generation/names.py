"""Tables from the names of properties and kinds to what their texts are."""

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
        "resource": "resource entity object",
        "step": "step",
        "size": "size",
        "url": "endpoint webhook",
        "company": "provider operator authority authorities agency bank institution vendor sponsor",
        "name": "contact creator recipient participant speaker passenger",
        "user_name": "twitter facebook linkedin instagram github username me user actor",
        "thing": "item product project collection series campaign resource",
        "file_name": "document filename",
        "repository": "repository repo reponame",
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
