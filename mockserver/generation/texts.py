"""Texts of our own, by the kind of text that a hint names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

WORDS: Final = (
    "amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "heron",
    "iris", "jade", "kelp", "lotus", "maple", "north", "ocean", "pine",
)  # fmt: skip
PLAIN: Final = (
    "standard", "default", "general", "primary", "basic", "custom", "regular", "classic",
    "common", "extended", "internal", "shared", "main", "local", "simple", "advanced",
)  # fmt: skip
"""What a text of which nothing is known is, since it is likely to be a choice of some kind."""
PLACES: Final = (
    ("Berlin", "Berlin", "10115", "Germany", "DE", "Europe/Berlin"),
    ("Lyon", "Auvergne-Rhône-Alpes", "69002", "France", "FR", "Europe/Paris"),
    ("Austin", "Texas", "78701", "United States", "US", "America/Chicago"),
    ("Seattle", "Washington", "98101", "United States", "US", "America/Los_Angeles"),
    ("Toronto", "Ontario", "M5H 2N2", "Canada", "CA", "America/Toronto"),
    ("Leeds", "England", "LS1 4DY", "United Kingdom", "GB", "Europe/London"),
    ("Madrid", "Madrid", "28013", "Spain", "ES", "Europe/Madrid"),
    ("Osaka", "Osaka", "530-0001", "Japan", "JP", "Asia/Tokyo"),
    ("Melbourne", "Victoria", "3000", "Australia", "AU", "Australia/Melbourne"),
    ("Porto", "Porto", "4000-322", "Portugal", "PT", "Europe/Lisbon"),
    ("Utrecht", "Utrecht", "3511", "Netherlands", "NL", "Europe/Amsterdam"),
    ("Denver", "Colorado", "80202", "United States", "US", "America/Denver"),
)
COLUMNS: Final = ("city", "state", "postcode", "country", "country_code", "timezone")
THINGS: Final = tuple(
    f"{one} {other}" for other in ("Atlas", "Harbor", "Lantern", "Meadow", "Orbit", "Summit", "Willow", "Compass")
    for one in ("Amber", "Blue", "Cedar", "Northern", "Silver", "Bright", "Little", "Grand")
)  # fmt: skip
PAIRS: Final = (
    ("environment", "production"), ("team", "platform"), ("region", "eu-west-1"), ("cost_center", "4210"),
    ("owner", "operations"), ("tier", "standard"), ("project", "atlas"), ("locale", "en-US"),
)  # fmt: skip
"""Keys and values of labels, settings and the like."""

OWN: Final[Mapping[str, Sequence[str]]] = {
    "status": ("active", "pending", "completed", "active", "processing"),
    "weekday": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "month": ("January", "March", "April", "June", "September", "November"),
    "department": ("Engineering", "Sales", "Marketing", "Finance", "Support", "Operations", "Design", "Legal"),
    "role": ("admin", "editor", "member", "viewer", "owner"),
    "visibility": ("public", "private", "public", "internal"),
    "gender": ("female", "male", "female", "male", "non-binary"),
    "priority": ("low", "medium", "high", "medium"),
    "type": ("standard", "basic", "premium", "custom"),
    "thing": THINGS,
    "sentence": (
        "Covers the basics first and the special cases later.",
        "Updated after the last review; nothing else has changed.",
        "A compact choice for small teams and busy days.", "Made to last, easy to repair and simple to use.",
        "Approved by the team and scheduled for next month.", "Everything you need to get started in one place.",
        "Replaces the earlier version from last spring.", "Designed together with customers over two years.",
        "Available in all regions since the beginning of the year.",
        "For internal use; please do not share it outside.",
        "Includes support and updates for twelve months.", "Collects the results of the last quarter.",
    ),
    "message": (
        "Thanks for the quick answer, this helps a lot.", "Please check the details before the end of the week.",
        "Everything arrived on time and in good condition.", "The second part follows as soon as the first is done.",
        "Could you have a look at this today?", "Looks good to me, let's go ahead.",
        "I have moved the meeting to Thursday at ten.", "Please call me back when you have a minute.",
        "We will get back to you within two working days.", "The numbers are in, see the attached report.",
    ),
    "error": (
        "The request timed out.", "The item was not found.", "A required field is missing.",
        "The value is out of range.",
        "The session has expired.", "Too many requests, please try again later.",
    ),
    "reason": (
        "Requested by the customer.", "No longer needed.", "Based on recent activity.", "Replaced by a newer one.",
        "Approved by the team.", "Duplicate of another entry.",
    ),
    "confirmation": (
        "The changes have been saved.", "Done.", "The request has been accepted.", "Everything went well.",
    ),
    "token_type": ("Bearer", "Bearer"),
    "error_code": ("not_found", "invalid_request", "timeout", "rate_limited", "missing_field", "conflict"),
    "question": (
        "How do I reset my password?", "When will my order arrive?", "Which plan is right for a small team?",
        "Can I change the delivery address?", "How satisfied are you with our service?",
    ),
    "title": (
        "Getting started", "Quarterly review", "Summer collection", "Product launch", "Customer feedback",
        "Onboarding guide", "Annual report", "Design update", "Team offsite", "Weekly planning",
        "Roadmap for next year",
        "Notes from the workshop", "A closer look at the numbers", "Five things we learned", "Working from anywhere",
        "The long way home",
    ),
    "category": ("Electronics", "Books", "Home & Garden", "Outdoor", "Office", "Health", "Travel", "Food & Drink"),
    "topic": ("Technology", "Travel", "Health", "Finance", "Education", "Design"),
    "tag": ("new", "featured", "sale", "popular", "limited", "archived", "recommended", "seasonal"),
    "slug": ("getting-started", "summer-collection", "quarterly-review", "product-launch", "annual-report",
             "team-offsite"),
    "version": ("1.0.0", "1.4.2", "2.0.1", "2.3.0", "3.1.4"),
    "code": ("A102", "B204", "C310", "D415", "K015", "M220", "R307", "T118"),
    "path": ("/docs/guide.pdf", "/images/cover.png", "/reports/2024/summary.csv", "/data/export.json",
             "/home/readme.md"),
    "source": ("web", "mobile", "api", "import", "email"),
    "action": ("create", "update", "view", "delete", "export"),
    "format": ("json", "csv", "pdf", "png", "xml"),
    "unit": ("kg", "cm", "pcs", "hours", "m"),
    "field": ("email", "name", "postal_code", "amount", "start_date"),
    "identifier_name": ("created_at", "status", "customer_id", "total_amount", "email", "is_active"),
    "environment": ("production", "staging", "development"),
    "platform": ("ios", "android", "web", "windows"),
    "service": ("billing", "auth", "notifications", "search", "catalog"),
    "group": ("Administrators", "Editors", "Everyone", "Support", "Beta testers"),
    "team": ("Platform", "Growth", "Customer Success", "Data", "Mobile"),
    "plan": ("Free", "Pro", "Business", "Enterprise"),
    "frequency": ("daily", "weekly", "monthly", "yearly"),
    "scope": ("read", "write", "users:read", "orders:write", "admin"),
    "symbol": ("AAPL", "MSFT", "SAP", "NVDA", "TSLA", "ASML"),
    "exchange": ("NYSE", "NASDAQ", "LSE", "XETRA"),
    "language_name": ("English", "German", "French", "Spanish", "Portuguese", "Japanese"),
    "currency_name": ("US Dollar", "Euro", "Pound Sterling", "Swiss Franc"),
    "color_name": ("Blue", "Green", "Amber", "Red", "Violet"),
    "license": ("MIT", "Apache-2.0", "CC-BY-4.0", "BSD-3-Clause"),
    "algorithm": ("SHA-256", "RS256", "AES-256-GCM", "ES256"),
    "protocol": ("https", "tcp", "https", "udp"),
    "encoding": ("utf-8", "gzip", "utf-8", "base64"),
    "direction": ("inbound", "outbound"),
    "branch": ("main", "develop", "release/2.4", "feature/search"),
    "template": ("welcome-email", "invoice", "password-reset", "order-confirmation"),
    "query": ("status:active", "created after 2024-01-01", "customer = 1042", "amount > 100"),
    "html": ("<p>Covers the basics first and the special cases later.</p>", "<p>Thanks for the quick answer.</p>",
             "<h2>Overview</h2><p>Everything you need to get started.</p>"),
    "markdown": ("## Overview\n\nEverything you need to get started.", "Covers the **basics** first."),
    "json": ('{"enabled": true}', '{"theme": "dark", "language": "en"}', '{"items": 3}', '{"id": 1042}'),
    "school": ("Riverside High School", "Lakeview College", "Hillcrest Academy", "Northfield University"),
    "model": ("X200", "Pro 14", "Aero 5", "S-Line", "M3"),
    "device": ("iPhone 15", "Pixel 8", "Galaxy S24", "MacBook Pro", "ThinkPad X1"),
    "browser": ("Chrome", "Firefox", "Safari", "Edge"),
    "operating_system": ("Windows 11", "macOS 14", "Ubuntu 24.04", "Android 14", "iOS 17"),
    "runtime": ("python3.11", "nodejs20", "java21", "go1.22"),
    "architecture": ("x86_64", "arm64"),
    "carrier": ("DHL", "UPS", "FedEx", "DPD"),
    "payment_method": ("card", "paypal", "bank_transfer", "card"),
    "shipping_method": ("standard", "express", "pickup"),
    "http_method": ("GET", "POST", "GET", "PUT", "DELETE"),
    "relationship": ("spouse", "parent", "sibling", "friend"),
    "rel": ("self", "next", "related"),
    "resource": ("users", "orders", "invoices", "products"),
    "step": ("review", "approval", "payment", "delivery"),
    "size": ("S", "M", "L", "XL"),
    "host_label": ("web-01", "web-02", "db-primary", "cache-01", "worker-03", "edge-02"),
    "event_name": ("user.created", "order.paid", "invoice.sent", "item.updated"),
    "repository": ("storefront", "billing-service", "design-system", "mobile-app", "docs"),
    "cron": ("0 9 * * 1", "*/15 * * * *", "0 0 1 * *"),
    "initials": ("JD", "MK", "AS", "TR", "LW"),
    "orientation": ("portrait", "landscape"),
    "emoji": ("🎉", "👍", "🚀", "✅"),
    "day_time": ("09:00", "08:30", "17:00", "18:30"),
    "abbreviation": ("CA", "TX", "NY", "WA"),
    "order": ("asc", "desc"),
    "cloud_region": ("us-east-1", "eu-west-1", "eu-central-1", "ap-southeast-2"),
    "zone": ("us-east-1a", "eu-west-1b", "eu-central-1a"),
    "separator": (",", ";", "|"),
    "command": ("npm run build", "python manage.py migrate", "make test"),
    "rating": ("4.5", "3.8", "5.0", "4.1"),
    "key": tuple(key for key, _ in PAIRS),
    "paired": tuple(value for _, value in PAIRS),
    "value": ("42", "17.5", "on", "1200", "3"),
    "word": PLAIN,
    "image_url": tuple(f"https://picsum.photos/seed/{word}/200" for word in WORDS),
    "url": tuple(f"https://example.com/{word}" for word in WORDS),
    "domain_name": tuple(f"{word}.example.com" for word in WORDS),
    "ipv4": tuple(f"192.0.2.{number}" for number in range(1, 64)),
    "locale": ("en-US", "de-DE", "fr-FR", "es-ES", "en-GB"),
    "language": ("en", "de", "fr", "es", "pt"),
    "currency_code": ("USD", "EUR", "GBP", "EUR", "USD"),
    "currency_symbol": ("$", "€", "£"),
    "color": ("#3b82f6", "#10b981", "#f59e0b", "#ef4444", "#8b5cf6"),
    "mime_type": ("image/png", "application/pdf", "image/jpeg", "text/csv"),
    "file_name": tuple(
        f"{name}.{kind}"
        for name in ("report", "invoice-1042", "summary", "contract", "photo", "budget-2024", "notes", "slides")
        for kind in ("pdf", "png", "csv")
    ),
    # Numbers that the North American plan keeps for fiction.
    "phone_number": tuple(
        f"+1-{area}-555-01{number:02}" for number in range(0, 100, 7) for area in (202, 312, 415, 646)
    ),
    "card_brand": ("Visa", "Mastercard", "American Express", "Visa", "Discover"),
    "sku": tuple(f"{word[:3].upper()}-{number}" for word in WORDS for number in (1042, 2071, 3350)),
    "arn": tuple(f"arn:aws:iam::123456789012:role/{name}" for name in ("app", "deploy", "reader", "backup")),
    "regex": ("^[A-Z]{2}[0-9]+$", ".*", "^[a-z-]+$"),
}  # fmt: skip
