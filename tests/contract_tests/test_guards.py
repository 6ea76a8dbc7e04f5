"""What prose says of the states in which something may not be done."""

from __future__ import annotations

import pytest

from contract_tests.guards import Guard, iter_guards, read_first, read_moves

REPORT = ("draft", "submitted", "approved", "rejected")
TICKET = ("open", "in_progress", "on_hold", "resolved", "closed")
PAYMENT = ("authorized", "captured", "partially_refunded", "refunded")
COURSE = ("draft", "published", "confirmed")
NOWHERE: dict[str, set[str]] = {state: set() for state in TICKET}
NOUNS = {"report", "reports", "ticket", "tickets", "payment", "payments", "course", "courses"}

SAID = [
    ("Only drafts can be changed; otherwise 409.", REPORT, True, {"draft"}, "changed"),
    ("Only a draft may be deleted.", REPORT, True, {"draft"}, "deleted"),
    ("A report can only be changed while it is a draft.", REPORT, True, {"draft"}, "changed"),
    ("Possible only in state `draft`.", REPORT, True, {"draft"}, ""),
    ("Possible only while open, on hold or in progress.", TICKET, True, {"open", "on_hold", "in_progress"}, ""),
    ("Only tickets that are `in_progress` can be resolved.", TICKET, True, {"in_progress"}, "resolved"),
    ("A published course cannot be deleted (409).", COURSE, False, {"published"}, "deleted"),
    ("Once submitted, a report can no longer be changed.", REPORT, False, {"submitted"}, "changed"),
    ("A report cannot be changed once it is submitted.", REPORT, False, {"submitted"}, "changed"),
    ("Approved and rejected reports may not be edited.", REPORT, False, {"approved", "rejected"}, "edited"),
    ("Reports that are not drafts cannot be changed.", REPORT, True, {"draft"}, "changed"),
    ("A report cannot be deleted unless it is a draft.", REPORT, True, {"draft"}, "deleted"),
    ("Anything but a draft is answered 409.", REPORT, True, {"draft"}, ""),
    ("Any state other than `draft` is refused with 409.", REPORT, True, {"draft"}, ""),
    ("A report that is submitted already is answered 409.", REPORT, False, {"submitted"}, ""),
    ("409 for a course that is published already, or while its job goes on.", COURSE, False, {"published"}, ""),
    ("A payment that is not `authorized`, and more than it, are answered 409.", PAYMENT, True, {"authorized"}, ""),
    (
        "Only what was captured can go back: refunds of one that is `authorized` or `refunded` are answered 409.",
        PAYMENT,
        False,
        {"authorized", "refunded"},
        "",
    ),
    ("Makes a submitted report `approved`. Any other report is answered 409.", REPORT, True, {"submitted"}, ""),
    ("For open tickets (409, `wrong_state`), up to what is due.", TICKET, True, {"open"}, ""),
    ("Closed tickets take no comments: 409.", TICKET, False, {"closed"}, ""),
    ("Comments on a closed ticket are refused with 409.", TICKET, False, {"closed"}, ""),
    ("Takes up an open ticket. A closed one is refused with 409.", TICKET, False, {"closed"}, ""),
]  # fmt: skip

REFUSALS = [
    ("The report is not a draft.", REPORT, True, {"draft"}),
    ("Not a draft.", REPORT, True, {"draft"}),
    ("The ticket is closed.", TICKET, False, {"closed"}),
    ("The ticket is already closed or resolved.", TICKET, False, {"closed", "resolved"}),
    ("It was submitted already.", REPORT, False, {"submitted"}),
    ("Already resolved.", TICKET, False, {"resolved"}),
    ("The ticket is in a state other than open.", TICKET, True, {"open"}),
]

NOTHING = [
    "With `wait=false` the report is submitted and answered at once with 202.",
    "A new report is a draft.",
    "A submitted report must have a title; otherwise 422.",
    "Only the owner can publish a draft.",
    "Only what was approved can be paid.",
    "Refused with 409 while it has submitted invoices.",
    "Submitting a report that is submitted already changes nothing.",
    "A report that was submitted with the same key is answered 409.",
    "A report cannot be changed once submitted, unless it is rejected.",
    "`rejected_by` cannot be changed.",
    "Only a report with a title can be submitted, and only once; otherwise 409.",
    "A draft of a rejected report cannot be deleted.",
]


@pytest.mark.parametrize(("text", "states", "allowed", "wanted", "verb"), SAID)
def test_prose_says_in_which_states_something_may_be_done(
    text: str, states: tuple[str, ...], allowed: bool, wanted: set[str], verb: str
) -> None:
    guard = next(iter_guards(text, states, NOUNS))

    assert (set(guard.states), guard.allowed, guard.verb) == (wanted, allowed, verb)


@pytest.mark.parametrize(("text", "states", "allowed", "wanted"), REFUSALS)
def test_a_refusal_is_said_to_be_for_a_state(
    text: str, states: tuple[str, ...], allowed: bool, wanted: set[str]
) -> None:
    guard = next(iter_guards(text, states, NOUNS, is_refusal=True))

    assert (set(guard.states), guard.allowed) == (wanted, allowed)


@pytest.mark.parametrize("text", NOTHING)
def test_what_is_said_of_something_else_guards_nothing(text: str) -> None:
    assert list(iter_guards(text, REPORT, NOUNS)) == []


def test_a_guard_is_about_what_its_verb_says() -> None:
    operations = [
        ("PATCH", "/reports/{id}"),
        ("DELETE", "/reports/{id}"),
        ("POST", "/reports/{id}/submit"),
        ("POST", "/reports/{id}/comments"),
    ]

    def about(verb: str) -> list[str]:
        guard = Guard(frozenset({"draft"}), True, verb, "")
        return [method for method, path in operations if guard.is_about(method, path)]

    assert (about("edited"), about("deleted"), about("commented"), about("")) == (["PATCH"], ["DELETE"], ["POST"], [])
    assert Guard(frozenset({"draft"}), True, "submitted", "").is_about("POST", "/reports/{id}/submit")


@pytest.mark.parametrize(
    ("text", "moves"),
    [
        (
            "From `open` to `on_hold` or `resolved`, from resolved to open or closed. Closed is final. All else: 409.",
            {**NOWHERE, "open": {"on_hold", "resolved"}, "resolved": {"open", "closed"}},
        ),
        ("Only from `open` to `resolved`; any other is refused with 409.", {**NOWHERE, "open": {"resolved"}}),
        (
            "An open ticket can be resolved or closed, a resolved one closed; closed ones stay. All else: 409.",
            {**NOWHERE, "open": {"resolved", "closed"}, "resolved": {"closed"}},
        ),
        ("Open tickets may be resolved. All else: 409.", {**NOWHERE, "open": {"resolved"}}),
        ("An open ticket cannot be closed, a resolved one can. All else: 409.", {}),
        ("A closed ticket stays closed.", {"closed": set()}),
        ("`closed` is final.", {"closed": set()}),
        ("From open to resolved.", {}),
        ("It goes from open over in progress to closed, never back.", {}),
        ("A ticket stays in its queue.", {}),
    ],
)
def test_prose_says_which_ways_are_open(text: str, moves: dict[str, set[str]]) -> None:
    assert {state: set(targets) for state, targets in read_moves(text, TICKET, NOUNS).items()} == moves


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("A new ticket is open.", {"open"}),
        ("New tickets are `open`.", {"open"}),
        ("A ticket starts as open and ends as closed.", {"open"}),
        ("Initially open.", {"open"}),
        ("It is created in the state on_hold.", {"on_hold"}),
        ("A new ticket is not open.", set()),
        ("Makes a new ticket of an open one.", set()),
        ("New tickets are told to those who have open ones.", set()),
    ],
)
def test_prose_says_what_is_new(text: str, first: set[str]) -> None:
    assert read_first(text, TICKET, NOUNS) == first
