"""Statuses of HTTP, by what they speak of (RFC 9110, RFC 6585)."""

from __future__ import annotations

GATEWAY = frozenset({502, 503, 504})
REFUSED_CREDENTIALS = frozenset({401, 403})
TOO_LARGE = frozenset({413, 414, 431})
VALIDATION = frozenset({400, 422})
# Statuses that say what is wrong with a request; others (409, 412) speak of the state of the service.
ABOUT_THE_REQUEST = frozenset({400, 404, 405, 406, 415, 422})
# A service that answers one of these has passed the check of credentials, and looked at the thing itself.
ABOUT_THE_STATE = frozenset({409, 412, 428})
ABSENT = frozenset({403, 404, 410})
