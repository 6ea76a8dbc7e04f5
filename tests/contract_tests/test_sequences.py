"""Each rule about sequences sees a service that breaks it, says so in its words, and is silent on one that does not."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import pytest
from requests.adapters import BaseAdapter

from contract_tests.audit import Audit
from contract_tests.sequences import RULES, Sequence, iter_sequences
from contract_tests.sequences.filters import is_asked_for
from contract_tests.settings import parse_settings
from contract_tests.target import ASGIAdapter
from tests.services import box_office, depot, diary, gazette, larder, notes
from tests.services.moments import SHARED
from tests.services.scoring import Scorer, load_service

PROJECT, TASK = "/projects/{project_id}", "/projects/{project_id}/tasks/{task_id}"
VEHICLE, BOOKING = "/vehicles/{vehicle_id}", "/vehicles/{vehicle_id}/bookings/{booking_id}"
BIN, PART = "/bins/{bin}", "/bins/{bin}/parts/{part_id}"
VEHICLE, PHOTO = "/vehicles/{vehicle_id}", "/vehicles/{vehicle_id}/photos/{photo_id}"
ENTRY, TOPIC = "/entries/{entry_id}", "/topics/{topic}"
JOB, JOB_OF = "/jobs/{id}", "/jobs/{job_id}"
KEYED, RESULT = "a repeated Idempotency-Key makes nothing more", "what a job makes is there when it is done"
RATE, NOTATION = "/rates/{kind}", "a moment comes back in its own notation where that is said"
BY_MEMBER = "a list is in the order of the member that is said"
MOVES = "only those moves are open that are said"
GUARDED = "what is said to be impossible in a state is refused in it"
APART = "what may not overlap does not"
ORDER = "a list of what nobody makes is in its order"
REMARK = "/holds/{hold_id}/remarks/{id}"
JAR, REPORT, AT = "/racks/{rack_id}/jars/{jar_id}", "/reports/{report_id}", "what is put at a place moves the others"
GOOD, MOVE, SHELF = "/goods/{good_id}", "/moves/{id}", "/shelves/{shelf}"
EFFECT, MANY = "what is done with a thing shows, once, and stays", "many are changed as each is asked"
SPELLED = "a name is found as it is spelled"
SEAT, HOLD = "/seats/{seat_id}", "/holds/{hold_id}"
ASSET, RULE, EXPORT = "/assets/{asset_id}", "/rules/{rule_id}", "/exports/{export_id}"

SMALL = {"notes": notes, "depot": depot, "diary": diary, "gazette": gazette, "box_office": box_office, "larder": larder}
"""Services in one file, whose faults are named by what is wrong."""

BROKEN = [
    (EFFECT, "larder", "moves leave the tag alone", GOOD, "POST /moves changes stock, and the tag of GET .* stays"),
    (EFFECT, "larder", "lists show no stock", GOOD, "shows stock=0 after POST /moves, and GET /goods/{good_id} 4"),
    (EFFECT, "larder", "a refused move takes all", GOOD, "refuses a request with 409, yet GET .* shows stock=0 then"),
    (
        EFFECT,
        "larder",
        "changes lose the stock",
        GOOD,
        "turns stock from .*, which POST /moves made of it, into 0 again",
    ),
    (EFFECT, "larder", "what is in stock is deleted", GOOD, "deletes what has stock=.*, though it is said to need"),
    (EFFECT, "larder", "a key moves twice", GOOD, "changes stock from 4 to 8 when a request is repeated"),
    (
        "what is said to be added is",
        "larder",
        "moves lose one",
        GOOD,
        "is to change stock by 4, and GET .* shows 3 after 0",
    ),
    (
        "what names nothing is refused as it is said",
        "larder",
        "unknown goods are not found",
        GOOD,
        "refuses good_id=.*, which nothing has, with 404 and not with the 409",
    ),
    (
        "what is made of each kind is kept",
        "larder",
        "frozen goods are lost",
        GOOD,
        "does not find .* made with kind=.frozen",
    ),
    (
        "what is made of each kind is kept",
        "larder",
        "fresh goods are not listed",
        GOOD,
        "does not list .* with kind=.fresh",
    ),
    (
        "what an action was done to stays listed",
        "larder",
        "closed goods are not listed",
        GOOD,
        "does not list what POST .*/close brought to state=.closed",
    ),
    ("what is new is in its first state", "larder", "new goods are closed", GOOD, "is said to begin with open"),
    (
        "what is taken cannot be had again",
        "larder",
        "PUT takes what is taken",
        GOOD,
        "PUT .* gives a thing the code of another",
    ),
    ("what is changed is noted", "larder", "versions go up by two", GOOD, "version goes from 1 to 3"),
    ("a refused write changes nothing", "larder", "what is refused is counted", GOOD, "with 422, yet changes version"),
    (
        "PATCH changes what it is sent and nothing else",
        "larder",
        "sizes are replaced",
        GOOD,
        "refuses size=.* with 422, which changes nothing of",
    ),
    (MANY, "larder", "many goods end with a wrong one", GOOD, "answers with 2 results to 3 items"),
    (MANY, "larder", "many goods are sorted", GOOD, "answers with statuses .201, 201, 422."),
    (MANY, "larder", "closings are sorted", GOOD, "in another order"),
    (MANY, "larder", "closings end with an unknown one", GOOD, "answers with 2 results to 3 items"),
    (
        MANY,
        "larder",
        "what follows an unknown one stays open",
        GOOD,
        "leaves state=.open. behind an unknown id, and .closed",
    ),
    ("an Idempotency-Key is as the document says", "larder", "refusals are kept", MOVE, "of one that was refused"),
    (SPELLED, "larder", "a plus is a space", SHELF, "does not find under q.c what it finds under q%2Bc"),
    (SPELLED, "larder", "small escapes are not read", SHELF, "does not find under q%2bc"),
    (SPELLED, "larder", "shelves are in small letters", SHELF, "says name=.qa1. for .Qa1."),
    (
        "an order that is asked for is kept",
        "larder",
        "orders are not kept",
        JAR,
        "was sent jar_ids=.*, and GET .* lists",
    ),
    ("an order that is asked for is kept", "larder", "jars that are not named are last", JAR, "takes jar_ids=.* of"),
    (AT, "larder", "a jar takes the place of another", JAR, "was sent position=0, and GET .* lists"),
    (AT, "larder", "jars are counted from one", JAR, "shows the places .1, 2, 3. of 3"),
    (
        "a change of a parent leaves what is below it",
        "larder",
        "racks lose their jars",
        JAR,
        "listed 1 before, and none",
    ),
    (
        "what is deleted is gone",
        "larder",
        "jars with the same content go together",
        JAR,
        "deletes more than what its path",
    ),
    (
        "what comes of a job is of the type that was asked for",
        "larder",
        "reports are tables",
        REPORT,
        "answers as text/csv what was asked for as format=.json",
    ),
    (
        "what comes of a job is not changed later",
        "larder",
        "reports show later goods",
        REPORT,
        "shows what was changed or made after it had ended",
    ),
    (
        "what comes of a job is of one tenant",
        "notes",
        "foreign exports",
        "/exports/{export_id}",
        "shows for X-Tenant: .* what X-Tenant: .* made",
    ),
    (GUARDED, "larder", "locked shelves are forbidden", SHELF, "answers 403 where locked=true, though it is said"),
    ("a filter keeps what it names", "larder", "moves of all goods are listed", MOVE, "lists good_id=.* for good_id="),
    ("a filter of a part keeps what has it", "larder", "case does not matter", GOOD, "lists code=.* for q="),
    (GUARDED, "larder", "locked shelves are removed", SHELF, "answers 204 where locked=true"),
    (
        "what a job says it made is there",
        "box_office",
        "seats of jobs are lost",
        JOB_OF,
        "says seat_ids=.*, of which GET /seats/{seat_id} does not find seat-9",
    ),
    (
        "a change of nothing moves nothing where that is said",
        "box_office",
        "idle changes are noted",
        HOLD,
        "changes nothing, yet updated_at goes from",
    ),
    (
        "what counts as a change is noted",
        "box_office",
        "guests are not noted",
        HOLD,
        "guests leaves updated_at of GET .* as it was, though it is said",
    ),
    (MOVES, "box_office", "released holds are held again", HOLD, "answers 200 to a move from released to held"),
    (MOVES, "box_office", "holds are not released", HOLD, "answers 409 to a move from held to released, which is said"),
    (
        "what is new is in its first state",
        "box_office",
        "holds are redeemed when they are made",
        HOLD,
        "shows redeemed_at=.* of what was just made, though it is said: .Null until",
    ),
    (
        GUARDED,
        "box_office",
        "redeemed holds are changed",
        HOLD,
        "answers 200 where state=.redeemed., though it is said",
    ),
    (
        GUARDED,
        "box_office",
        "released holds are changed",
        HOLD,
        "answers 200 where state=.released., though it is said",
    ),
    (GUARDED, "box_office", "a change that is too late is noted", HOLD, "refuses .*, yet changes note from"),
    ("a number of things goes up and down with them", "depot", "what is deleted is counted", PART, "says part_count="),
    (
        "what holds something is not deleted where it is said to stay",
        "box_office",
        "seats go all the same",
        HOLD,
        "deletes what it should refuse to: 'Holds are still there.'",
    ),
    ("what is deleted is gone", "box_office", "numbers of seats are given again", SEAT, "the id of what was deleted"),
    ("pages hold everything once", "box_office", "remarks are counted once too often", REMARK, "says x-total-count="),
    ("a write leaves others as they are", "depot", "a change of one is a change of the next", PART, "of another from"),
    ("a write leaves others as they are", "box_office", "all rates are one", RATE, "changes price of another .*child"),
    ("a flag says whether something is there", "box_office", "views are not told", SEAT, "says has_view=false after"),
    (KEYED, "box_office", "all teams have the same keys", HOLD, "under the same Idempotency-Key"),
    (NOTATION, "box_office", "times are in UTC", HOLD, "shows ends_at=.*is said to come back as it is"),
    (BY_MEMBER, "depot", "bins are in the order they were made", BIN, "is not in the order of bin"),
    ("a filter keeps what it names", "depot", "filters hold for one page", PART, "when turned page by page"),
    (
        "pages are not disturbed by what is made meanwhile",
        "depot",
        "new parts shift the pages",
        PART,
        "on two pages, because",
    ),
    ("an outdated tag stops a write", "diary", "one tag only", ENTRY, "answers 412 to If-Match: .*, a list"),
    ("a request makes one thing", "diary", "a key makes two", ENTRY, "makes 2 at once"),
    ("pages hold everything once", "depot", "the last page leads on", PART, "has a Link with rel=next on page"),
    ("an unknown id is not found", "box_office", "guests of nobody", HOLD, "POST .*guests answers 201 for an id that"),
    (
        "what is refused below a thing leaves it as it is",
        "box_office",
        "a refused guest is noted",
        HOLD,
        "guests refuses a request with 422, yet GET .* shows note=",
    ),
    (APART, "box_office", "holds overlap", HOLD, "at the time of another"),
    (APART, "box_office", "only the same start is taken", HOLD, "at the time of another"),
    (APART, "box_office", "what touches overlaps", HOLD, "answers 409 to what begins when another ends"),
    (APART, "box_office", "what is released stays taken", HOLD, "at the time of what .*release has ended"),
    (APART, "box_office", "changes overlap", HOLD, "moves it into the time of another"),
    (APART, "box_office", "a hold overlaps itself", HOLD, "answers 409 to a change of its own time"),
    ("what is taken cannot be had again", "box_office", "labels have case", SEAT, "label of another in other letters"),
    (
        "what can be done once is refused a second time",
        "box_office",
        "redeemed twice",
        HOLD,
        "answers 200 a second time",
    ),
    (
        "tenants do not see each other",
        "box_office",
        "foreign holds are redeemed",
        HOLD,
        "POST .*redeem shows or changes",
    ),
    (
        "a repeated Idempotency-Key makes nothing more",
        "box_office",
        "a repeated answer is 200",
        HOLD,
        "answers 200, not",
    ),
    (
        "a repeated Idempotency-Key makes nothing more",
        "box_office",
        "a repeated answer is up to date",
        HOLD,
        "not the first",
    ),
    ("who waits for a job sees it done", "box_office", "nobody waits", JOB_OF, "still says status="),
    ("PUT of bytes replaces them", "box_office", "views are cut", SEAT, "answers 2048 bytes where PUT .* sent 4096"),
    ("PUT of bytes replaces them", "box_office", "large views", SEAT, "accepts 4097 bytes"),
    (
        "a list of what nobody makes is in its order",
        "box_office",
        "the log begins with the oldest",
        REMARK,
        "newest first",
    ),
    ("what is made below a thing is as asked", "box_office", "guests lose their age", HOLD, "was sent age="),
    (RESULT, "box_office", "pages come early", JOB_OF, "answers 200 while"),
    (
        "what a job makes is there when it is done",
        "box_office",
        "what is not ready is not found",
        JOB_OF,
        "answers 404 while",
    ),
    ("what is made is as asked", "tracker", "V05", PROJECT, "was sent budget="),
    ("what is made is as asked", "tracker", "V14", TASK, "was sent points="),
    ("what is made is as asked", "library", "V04", ASSET, "was sent tags="),
    ("what is made can be read back", "tracker", "U15", TASK, "does not find what POST"),
    ("what is made can be read back", "tracker", "V12", PROJECT, "shows name="),
    ("Location leads to what was made", "tracker", "R17", PROJECT, "points to /project/"),
    ("Location leads to what was made", "library", "T05", EXPORT, "points to /api/v2/jobs/"),
    ("what is deleted is gone", "tracker", "U16", TASK, "that DELETE .* deleted"),
    ("what is deleted is gone", "tracker", "U14", PROJECT, "deletes more than"),
    ("what is deleted is gone", "tracker", "U02", PROJECT, "answers 204 a second time"),
    ("an unknown id is not found", "tracker", "M11", PROJECT, "answers 200 for an id that nothing has"),
    ("an unknown id is not found", "fleet", "S04", VEHICLE, "answers 400 for a well-formed id"),
    ("an unknown id is not found", "fleet", "S20", VEHICLE, "answers 410 .* does not document"),
    ("what is deleted is gone", "fleet", "S16", PHOTO, "answers 200 for something that DELETE"),
    ("tenants do not see each other", "notes", "foreign reads", "/notes/{id}", "shows or changes for X-Tenant"),
    ("tenants do not see each other", "notes", "foreign lists", "/notes/{id}", "GET /notes shows or changes"),
    ("tenants do not see each other", "notes", "foreign deletes", "/notes/{id}", "DELETE .* shows or changes"),
    ("what belongs to one parent is not found under another", "tracker", "U10", TASK, "under another project_id"),
    (
        "what holds something is not deleted where it is said to stay",
        "fleet",
        "U14",
        BOOKING,
        "deletes what it should refuse to: 'A vehicle with a booking that is confirmed is not deleted",
    ),
    ("a dry run has no effect", "notes", "rehearsals store", "/notes/{id}", "although dry_run=true"),
    ("PUT stores what it is sent", "tracker", "M05", PROJECT, "then GET .* shows"),
    ("PUT stores what it is sent", "tracker", "M07", PROJECT, "changes created_at from"),
    ("PUT replaces and does not merge", "tracker", "M04", PROJECT, "which was not sent again"),
    ("PATCH changes what it is sent and nothing else", "tracker", "M01", PROJECT, "changes description from"),
    ("PATCH changes what it is sent and nothing else", "tracker", "M02", PROJECT, "was sent budget=null"),
    ("PATCH changes what it is sent and nothing else", "tracker", "M03", PROJECT, "was sent settings="),
    ("PATCH changes what it is sent and nothing else", "tracker", "M15", TASK, "then GET .* shows"),
    ("PATCH changes what it is sent and nothing else", "library", "M06", ASSET, "changes uploaded_at"),
    ("a refused write changes nothing", "tracker", "M12", PROJECT, "refuses a request with 400, yet changes"),
    ("who is turned away changes nothing", "diary", "what has no tag is changed", ENTRY, "with 428, yet changes title"),
    (
        "who is turned away makes nothing",
        "diary",
        "what is no JSON is kept",
        ENTRY,
        "415, yet makes something",
    ),
    ("a refused write changes nothing", "tracker", "U06", TASK, "yet makes something"),
    ("a repeated Idempotency-Key makes nothing more", "tracker", "I02", TASK, "makes a second thing"),
    ("a repeated Idempotency-Key makes nothing more", "tracker", "I03", PROJECT, "accepts another body"),
    (
        "a repeated Idempotency-Key makes nothing more",
        "diary",
        "the last letter of a key does not count",
        ENTRY,
        "takes another Idempotency-Key for the first",
    ),
    (
        "an Idempotency-Key is as the document says",
        "diary",
        "a refusal uses up a key",
        ENTRY,
        "of one that was refused",
    ),
    ("an Idempotency-Key is as the document says", "diary", "keys know bytes", ENTRY, "in another order"),
    (
        "a repeated Idempotency-Key makes nothing more",
        "diary",
        "another body is kept",
        ENTRY,
        "409, yet makes something",
    ),
    (
        "a repeated Idempotency-Key makes nothing more",
        "diary",
        "another body is not valid",
        ENTRY,
        "answers 422 to another",
    ),
    (
        "a repeated Idempotency-Key makes nothing more",
        "diary",
        "nothing is said to be repeated",
        ENTRY,
        "does not say Idempotency-Replayed",
    ),
    (
        "an action changes the tag and deletes nothing",
        "diary",
        "a seal leaves the tag alone",
        ENTRY,
        "and the tag of GET",
    ),
    (
        "an action changes the tag and deletes nothing",
        "diary",
        "what is sealed is deleted all the same",
        ENTRY,
        "with 409, yet GET .* no longer finds the thing",
    ),
    ("two requests make two things", "notes", "one id", "/notes/{id}", "gives two things one id"),
    ("two requests make two things", "notes", "alike replaces", "/notes/{id}", "does not find the first of"),
    ("two requests make two things", "notes", "few ids", "/notes/{id}", "gives two things one id"),
    (
        "what is made at the same time is told apart",
        "notes",
        "late number",
        "/notes/{id}",
        "to two things that are made",
    ),
    ("what is made is listed", "tracker", "U04", PROJECT, "does not list what POST"),
    ("what is made is listed", "tracker", "G12", PROJECT, "still lists what DELETE"),
    ("pages hold everything once", "tracker", "G03", PROJECT, "on two pages"),
    ("pages hold everything once", "tracker", "G04", PROJECT, "leaves out"),
    ("pages hold everything once", "tracker", "G06", PROJECT, "items by default, not 20"),
    ("pages hold everything once", "tracker", "G10", PROJECT, "has a Link to the next page"),
    ("pages hold everything once", "library", "G02", ASSET, "has no last page"),
    ("pages hold everything once", "library", "G13", ASSET, "says total="),
    ("a parameter is shown as it was sent", "library", "V09", ASSET, "says offset=0 for offset="),
    ("a text in a path is shown as it was sent", "tracker", "D02", "/labels/{label}", 'for "a%2Fb"'),
    ("a filter keeps what it names", "tracker", "G07", PROJECT, "lists status="),
    ("a filter keeps what it names", "library", "G09", ASSET, "lists tags="),
    ("a filter finds a text however it is written", "notes", "a plus is a space", "/notes/{id}", "leaves out what was"),
    ("a filter of a part keeps what has it", "diary", "a prefix stands anywhere", ENTRY, "keep what begins with it"),
    ("a list is in the order that is asked for", "tracker", "G09", PROJECT, "not in the order of sort=-name"),
    ("a current tag saves the body", "tracker", "K03", PROJECT, "answers 200 to If-None-Match"),
    ("a current tag saves the body", "tracker", "K11", PROJECT, "which is not quoted"),
    ("an outdated tag stops a write", "tracker", "K06", PROJECT, "to an If-Match that is not current"),
    ("an outdated tag stops a write", "tracker", "K08", PROJECT, r"answers 412 to If-Match: \*"),
    ("PUT stores what it is sent", "diary", "a replaced topic is a new one", TOPIC, "where it replaces something"),
    ("a name is found as it is spelled", "diary", "topics are lower-cased", TOPIC, 'for "Qa1"'),
    ("a name is found as it is spelled", "diary", "topics are decoded twice", TOPIC, 'for "q%41d"'),
    ("a name is found as it is spelled", "diary", "topics are trimmed", TOPIC, 'for "q b "'),
    ("a name is found as it is spelled", "diary", "topics are normalised", TOPIC, r"for 'q\\xeb'"),
    ("a name is found as it is spelled", "diary", "topics have no extension", TOPIC, 'for "q.g.txt"'),
    ("a name is found as it is spelled", "diary", "topics are put as they are spelled", TOPIC, "does not find topic="),
    ("what is made by PUT is made under its conditions", "diary", "any topic is replaced", TOPIC, "If-None-Match: "),
    ("what is made by PUT is made under its conditions", "diary", "topics are made under any tag", TOPIC, "under If-M"),
    ("an outdated tag stops a write", "diary", "weak tags hold", ENTRY, "200 to If-Match: W/"),
    ("a refused write changes nothing", "diary", "what is right of a patch is kept", ENTRY, "with 422, yet changes"),
    ("what is made is as asked", "diary", "a new topic is a replaced one", TOPIC, "answers 200, not 201"),
    (
        "nothing is below what does not exist",
        "depot",
        "parts are in bins that do not exist",
        PART,
        "GET .* answers 200 below a bin that nothing has",
    ),
    ("an outdated tag stops a write", "diary", "tags stand still", ENTRY, "and its tag stays the same"),
    ("an outdated tag stops a write", "tracker", "K12", PROJECT, "answers with the tag"),
    ("an action is seen in what is read", "tracker", "U07", TASK, 'answers state="doing", and then'),
    ("an action is seen in what is read", "tracker", "U11", TASK, "refuses a request with 409, yet changes state"),
    ("an action is seen in what is read", "tracker", "S07", TASK, "was sent to="),
    ("what is uploaded is what is downloaded", "library", "F06", ASSET, "answers .* bytes where POST"),
    ("what is uploaded is what is downloaded", "fleet", "C09", PHOTO, "answers as image/png what POST"),
    ("what is uploaded is what is downloaded", "library", "F08", ASSET, "says sha256="),
    ("what is uploaded is what is downloaded", "library", "F16", ASSET, "answers 65536 bytes where POST"),
    ("PUT of bytes replaces them", "library", "F14", ASSET, "bytes where PUT"),
    ("PUT of bytes replaces them", "library", "F15", ASSET, "says bytes="),
    ("what is started ends", "library", "T12", EXPORT, 'after it said "done"'),
    ("waiting is for what is done", "library", "T03", EXPORT, "answers 202 to wait=true"),
    ("waiting is for what is done", "library", "T04", EXPORT, "it is not done"),
    ("waiting is for what is done", "library", "T06", EXPORT, "answers 200 without wait, and 202 to wait=false"),
    ("waiting is for what is done", "gazette", "always waits", JOB, "which it documents for true"),
    ("waiting is for what is done", "gazette", "waits for long", JOB, "seconds to answer wait=true"),
    ("what is started ends", "gazette", "ends before its start", JOB, "says finished_at=.*, before started_at="),
    (
        "what a job was started for is done when it has ended",
        "gazette",
        "nothing is published",
        JOB,
        "still shows status=",
    ),
    ("what a job was started for is done when it has ended", "gazette", "twice", JOB, 'published" already'),
    ("what a job was started for is done when it has ended", "gazette", "at the same time", JOB, "before still runs"),
    ("what a job was started for is done when it has ended", "gazette", "tags stay", JOB, "with the tag"),
    ("what was waited for is done", "gazette", "nothing is published in the end", JOB, "still shows status="),
    ("what is made is as asked", "depot", "204 for a new bin", BIN, "answers 204, not 201"),
    ("what is made can be read back", "depot", "slots are lost", BIN, "was sent slots=4, then GET .* shows nothing"),
    ("what is made is listed", "depot", "the newest bin is not listed", BIN, "does not list what PUT"),
    (
        "what belongs to one parent is not found under another",
        "depot",
        "parts of all bins are listed",
        PART,
        "lists under one bin what was made under another",
    ),
    ("what is deleted takes along what is below it", "depot", "parts outlive their bin", PART, "below something that"),
    ("a parent counts what is below it", "depot", "parts are counted once too often", PART, "says part_count=2 where"),
    ("what a path says is what is shown", "depot", "the bin is always main", PART, 'says bin="main" of what is at'),
    ("PUT stores what it is sent", "depot", "settings are not stored", "/settings", "was sent motto="),
    ("PUT replaces and does not merge", "depot", "settings are merged", "/settings", "keeps reserve="),
    ("PUT replaces and does not merge", "depot", "bins are merged", BIN, "keeps slots="),
    ("what is changed is noted", "depot", "a reader changes updated_at", PART, "when it is only read"),
    ("what is changed is noted", "depot", "revisions stand still", PART, "revision goes from 1 to 1"),
    ("what is changed is noted", "depot", "updated_at stands still", PART, "and updated_at stays"),
    ("what only the service sets cannot be sent", "depot", "read-only members are stored", BIN, "stores bin="),
    ("what only the service sets cannot be sent", "tracker", "N35", PROJECT, "accepts id, which the contract forbids"),
    ("what is taken cannot be had again", "depot", "codes need not be unique", PART, "with the code of another"),
    ("what is taken cannot be had again", "depot", "codes of others are taken", PART, "PATCH .* the code of another"),
    (
        "what is taken cannot be had again",
        "depot",
        "codes stay taken",
        PART,
        "refuses the code of something that DELETE",
    ),
    ("what is taken cannot be had again", "tracker", "U13", PROJECT, "with the key of another"),
    ("a cursor is one that a page gave", "depot", "any cursor is accepted", PART, "which no page gave"),
    ("a filter keeps what it names", "depot", "any tag will do", PART, "lists tags="),
    ("a range keeps what lies within", "depot", "min_price is ignored", PART, "lists price=.* for min_price="),
    ("a range keeps what lies within", "depot", "min_price is not included", PART, "leaves out price="),
    ("a range keeps what lies within", "library", "G11", ASSET, r"lists bytes=.* for size\[min\]="),
    ("a search finds what holds the text", "depot", "q is ignored", PART, "which none of them holds"),
    ("a search finds what holds the text", "notes", "nothing is not found", "/notes/{id}", "answers 404 for q="),
    ("a search finds what holds the text", "tracker", "G14", PROJECT, "which none of them holds"),
    ("a list is in the order that is asked for", "depot", "down is up", PART, "not in the order of sort=-price"),
    ("a list is in the order that it is said to have", "depot", "the oldest come first", PART, "the newest first"),
    ("what has not been modified is not sent again", "depot", "If-Modified-Since is ignored", PART, "its own Last-Mod"),
    ("what is deleted is gone", "depot", "a late change brings back what is deleted", PART, "DELETE .* deleted"),
    ("PATCH changes what it is sent and nothing else", "depot", "two changes undo the first", PART, "changes name"),
    ("a current tag saves the body", "fleet", "K19", VEHICLE, "RFC 9110, 15.3.2"),
    ("a repeated Idempotency-Key makes nothing more", "fleet", "I01", VEHICLE, "repeated with its"),
    ("a repeated Idempotency-Key makes nothing more", "fleet", "I05", VEHICLE, "yet makes something more"),
    ("PATCH changes what it is sent and nothing else", "fleet", "M13", VEHICLE, "attributes=.* yet GET .* still shows"),
    ("PATCH changes what it is sent and nothing else", "fleet", "M16", BOOKING, "licence.* yet GET .* still shows"),
    ("a range keeps what lies within", "fleet", "G12", VEHICLE, "leaves out registered_on="),
    ("a list is in the order that is asked for", "fleet", "G16", VEHICLE, "order of sort=mileage,-plate"),
    ("a filter keeps what it names", "fleet", "G13", VEHICLE, "lists fuel=.* for electric="),
    ("pages hold everything once", "fleet", "G23", BOOKING, "no Link with rel=next on page 1"),
    ("pages hold everything once", "fleet", "G37", BOOKING, "no Link with rel=prev on page 2"),
    ("pages hold everything once", "fleet", "G31", BOOKING, "answers 404 beyond the last page"),
    ("an action is seen in what is read", "fleet", "U12", BOOKING, 'was sent status="cancelled"'),
    ("an action is seen in what is read", "fleet", "U25", BOOKING, "refuses a request with 409, yet changes status"),
    ("what is started ends", "fleet", "T11", "/reports/{report_id}", "says that it is done"),
    ("what is started ends", "fleet", "T09", "/reports/{report_id}", "says rows=null of what is done"),
    ("many are changed as each is asked", "library", "O02", ASSET, "says status=200 of an id that nothing has"),
    ("many are changed as each is asked", "library", "O03", ASSET, "answers 200 for something that POST /assets/bulk"),
    ("many are changed as each is asked", "library", "O04", ASSET, "then GET .* shows title="),
    ("many are changed as each is asked", "fleet", "O07", VEHICLE, "none of which was sent"),
    (
        "many are changed as each is asked",
        "fleet",
        "O09",
        VEHICLE,
        "refuses a list that is not valid with 422, yet changes",
    ),
    ("many are changed as each is asked", "library", "O06", ASSET, "in another order"),
    ("many are changed as each is asked", "depot", "a batch is added up to what is wrong", PART, "yet makes something"),
    ("many are changed as each is asked", "depot", "a batch is named after its first", PART, "was sent code="),
    ("many are changed as each is asked", "depot", "only the first is deleted", PART, "parts/delete deleted"),
    ("many are changed as each is asked", "depot", "unknown ids are counted", PART, "says deleted=3 of 3 items"),
]


@cache
def audit_of(service: str) -> Audit:
    if service not in SMALL:
        return Scorer(load_service(service)).audit
    return Audit(parse_settings(spec=str(SMALL[service].CONTRACT), base_url="http://127.0.0.1:4010"), SHARED)


def adapter_of(service: str, variant: str) -> BaseAdapter:
    if service in SMALL:
        return ASGIAdapter(SMALL[service].build("" if variant == "REF" else variant))
    loaded = load_service(service)
    return loaded.adapter(loaded[variant])


def run(service: str, variant: str, sequence: Sequence) -> list[str]:
    audit, adapter = audit_of(service), adapter_of(service, variant)
    audit.restart(adapter)
    try:
        return [finding.sentence for finding in sequence.run(audit.session, sequence.resource)]
    finally:
        adapter.close()


def sequence_of(service: str, item: str, title: str) -> Sequence:
    found = [s for s in iter_sequences(audit_of(service).contract) if (str(s.resource), s.rule.title) == (item, title)]
    return found[0]


@pytest.fixture(autouse=True)
def impatience(monkeypatch: pytest.MonkeyPatch) -> None:
    """These services show at once what was written."""
    monkeypatch.setattr("contract_tests.patience.PATIENCE", 0.0)


@pytest.mark.parametrize(
    ("title", "service", "variant", "item", "words"), BROKEN, ids=[f"{row[0]}-{row[1]} {row[2]}" for row in BROKEN]
)
def test_a_rule_sees_who_breaks_it(title: str, service: str, variant: str, item: str, words: str) -> None:
    sentences = run(service, variant, sequence_of(service, item, title))

    assert [sentence for sentence in sentences if re.search(words, sentence)], sentences


@pytest.mark.parametrize(
    "service", ["tracker", "library", "fleet", "notes", "depot", "diary", "gazette", "box_office", "larder"]
)
def test_no_rule_speaks_of_a_correct_service(service: str) -> None:
    audit, adapter = audit_of(service), adapter_of(service, "REF")
    audit.restart(adapter)
    found = {s.id: [f.sentence for f in s.run(audit.session, s.resource)] for s in iter_sequences(audit.contract)}
    adapter.close()

    assert {title: sentences for title, sentences in found.items() if sentences} == {}


def test_what_takes_a_while_is_done_before_it_is_used() -> None:
    audit, adapter = audit_of("fleet"), adapter_of("fleet", "REF")
    audit.restart(adapter)
    rows = audit.contract.by_label["GET /reports/{report_id}/rows"]
    draft = audit.session.draft(rows)
    assert draft is not None
    found = audit.session.send(rows, draft)
    adapter.close()

    assert found is not None
    assert found.answer.status == 200


def test_every_rule_has_a_service_that_breaks_it() -> None:
    assert {rule.title for rule in RULES} == {row[0] for row in BROKEN}


@pytest.mark.parametrize(
    ("wanted", "held", "is_so"),
    [
        ("true", True, True),
        ("true", False, False),
        ("7", 7, True),
        ("7", 7.5, False),
        ("a", "a", True),
        ("null", None, False),
        (True, True, True),
    ],
)
def test_a_query_asks_for_what_reads_like_its_text(wanted: Any, held: Any, is_so: bool) -> None:
    assert is_asked_for(wanted, held) is is_so
