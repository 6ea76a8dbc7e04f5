"""Which sentences say that a parent stays as long as it has something."""

from __future__ import annotations

import pytest

from contract_tests.resources import Resource
from contract_tests.sequences.holding import _condition


@pytest.mark.parametrize(
    ("sentence", "state"),
    [
        ("A vehicle with a booking that is confirmed is not deleted (409).", "confirmed"),
        ("A vehicle with bookings cannot be deleted.", ""),
        ("A vehicle with bookings below it is kept and answered 409.", ""),
        ("Refused with 409 while any booking, of whatever state, names the vehicle.", ""),
        ("The vehicle still has bookings", ""),
        ("The vehicle has a booking.", ""),
        ("Refused while there are bookings", ""),
        ("Refused while there are open bookings", None),
        ("A vehicle with a booking of today is not deleted.", None),
        ("A vehicle with bookings that are confirmed by phone is not deleted.", None),
        ("A vehicle with bookings which cost something is not deleted.", None),
        ("A driver that is in a vehicle cannot be deleted: 409.", ""),
        ("A driver that is used by any booking is refused.", ""),
        ("A driver that is in a booking of today is not deleted.", None),
        ("A vehicle with photos cannot be deleted.", None),
        ("The tag is not current", None),
    ],
)
def test_what_must_be_below(sentence: str, state: str | None) -> None:
    assert _condition(sentence, Resource("/vehicles/{vehicle_id}/bookings/{id}", "id")) == state
