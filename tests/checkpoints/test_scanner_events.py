"""What the scanner adds: how a read was, hand-overs of shifts, and what a device hands in whose token has ended."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from accounts.permissions import Actor, ActorKind, Permission
from checkpoints.models import Action, Scan, ScanReceipt, ShiftChange
from checkpoints.quick import read_quickly
from checkpoints.schemas import ScanEvent
from checkpoints.service import Outcome, take_in
from foundation import clock
from tests.builders import NOON, a_plate, an_issued_pass, own_transaction
from tests.checkpoints.roadside import (
    ELSEWHERE,
    HERE,
    a_blue_scan,
    a_device,
    a_hand_over,
    a_scan,
    an_action,
    browsing,
    call,
    text_of,
)
from tests.races import race

DEVICE = Actor(ActorKind.DEVICE, uuid4(), frozenset({Permission.SCAN_RECORD}), checkpoint_code=HERE)
REVOKED = replace(DEVICE, ended="token_revoked", ended_at=NOON)
EXPIRED = replace(DEVICE, ended="token_expired", ended_at=NOON)
MINUTE = timedelta(minutes=1)
LATER = NOON + 30 * MINUTE
READ = {"means": "camera", "uec": 0.25, "symbol_version": 9, "frames": 4, "read_ms": 31}


def took(session: Session, *events: object, by: Actor = DEVICE) -> list[str]:
    return [said(outcome) for outcome in take_in(session, by, events, now=LATER)]


def said(outcome: Outcome) -> str:
    return outcome.problem.code if outcome.problem else outcome.status


def test_how_a_read_was_is_kept_with_the_scan(session: Session) -> None:
    scan = a_scan(NOON, **READ)
    assert took(session, scan) == ["accepted"]
    row = session.scalars(select(Scan)).one()
    kept = {name: getattr(row, name) for name in READ}
    assert kept == READ
    assert took(session, scan, {**scan, "uec": 0.5}) == ["repeated", "event_conflict"]


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("京a·12345", "京A12345"),
        ("警 0001", "警0001"),
        ("WJ吉1234\x00", "WJ吉1234"),
        ("\ud800", None),
        ("\x00", None),
    ],
)
def test_what_stands_on_the_truck_is_kept_even_when_it_is_no_usual_plate(
    session: Session, written: str, kept: str | None
) -> None:
    assert took(session, a_blue_scan(NOON, seen_plate=written)) == ["accepted"]
    assert session.scalars(select(Scan.seen_plate)).one() == kept


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "means": st.sampled_from(["camera", "picture", "typed", "book", "address", "plate", "x", None]),
            "seen_plate": st.one_of(st.none(), st.text(max_size=34), st.integers()),
            "uec": st.one_of(st.none(), st.floats(), st.integers(-1, 2), st.booleans()),
            "symbol_version": st.one_of(st.none(), st.integers(-1, 42), st.floats(0, 9)),
            "frames": st.one_of(st.none(), st.integers(-(2**33), 2**33)),
            "read_ms": st.one_of(st.none(), st.integers(), st.floats(0, 99)),
        },
    )
)
def test_what_the_quick_way_takes_the_long_way_takes_alike(more: dict[str, Any]) -> None:
    event = a_scan(NOON, **more)
    quickly = read_quickly(event)
    if quickly is not None:
        assert quickly == ScanEvent().load(event)


@pytest.mark.usefixtures("keys")
def test_a_scan_of_a_phone_that_knew_no_time_is_judged_for_when_it_arrived(session: Session) -> None:
    """Its latest moment is a year ahead; the pass was good whenever it can have been read."""
    issued = an_issued_pass(session, plate=(plate := a_plate()))
    scan = a_scan(
        NOON + 20 * MINUTE,
        plate=plate,
        number=issued.number,
        text=text_of(issued),
        level="amber",
        verdict="clock_untrusted",
        reasons=["clock_untrusted"],
        time_low=(NOON - timedelta(days=3)).isoformat(),
        time_high=(NOON + timedelta(days=363)).isoformat(),
    )
    assert took(session, scan) == ["accepted"]
    assert session.scalars(select(Scan.server_verdict)).one() == "valid"


def test_a_hand_over_is_kept_once_with_who_takes_over_and_what_the_device_counted(session: Session) -> None:
    event = a_hand_over(NOON, officer=" 小王\x00 ", note="扫描枪没电", sequence=9)
    assert took(session, event) == ["accepted"]
    assert took(session, event, {**event, "officer": "老李"}) == ["repeated", "event_conflict"]
    row = session.scalars(select(ShiftChange)).one()
    assert (row.officer, row.note, row.checkpoint, row.device_id) == ("小王", "扫描枪没电", HERE, DEVICE.id)
    assert (row.counts["scans"], row.sequence, row.received_at, row.flags) == (12, 9, LATER, [])
    receipt = session.scalars(select(ScanReceipt)).one()
    assert (receipt.kind, receipt.plate) == ("shift", "?")


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"officer": ""}, "officer", "text.too_long"),
        ({"officer": " \x00 "}, "officer", "field.required"),
        ({"officer": "王" * 21}, "officer", "text.too_long"),
        ({"note": "好" * 201}, "note", "text.too_long"),
        ({"counts": {}}, "counts.scans", "field.required"),
        ({"counts": None}, "counts", "field.required"),
        ({"checkpoint": "CP999"}, "checkpoint", "checkpoint.unknown"),
        ({"changed_at": "2022-04-16T12:00:00"}, "changed_at", "field.invalid"),
        ({"plate": "吉A12345"}, "plate", "field.unknown"),
    ],
)
def test_a_bad_hand_over_is_refused_with_its_field(
    session: Session, changes: dict[str, Any], field: str, code: str
) -> None:
    (outcome,) = take_in(session, DEVICE, [{**a_hand_over(NOON), **changes}], now=LATER)
    assert outcome.problem is not None
    assert (field, code) in {(error.field, error.code) for error in outcome.problem.errors}
    assert session.scalar(select(func.count()).select_from(ShiftChange)) == 0


def test_the_same_hand_over_by_four_connections_at_once_is_kept_once(clone: Callable[[], Flask]) -> None:
    app = clone()
    events = [a_hand_over(NOON + place * MINUTE) for place in range(5)]
    orders = [events, events[::-1], events, events[::-1]]
    works: list[Callable[[Session], object]] = [lambda s, o=order: took(s, *o) for order in orders]  # type: ignore[misc]  # mypy cannot infer a default argument
    results = race(app, works)
    assert sorted(word for result in results for word in result) == ["accepted"] * 5 + ["repeated"] * 15  # type: ignore[attr-defined]  # lists of words
    with own_transaction(app) as session:
        assert session.scalar(select(func.count()).select_from(ShiftChange)) == 5


def test_a_revoked_device_hands_in_what_it_recorded_before_and_nothing_after(session: Session) -> None:
    before, after = a_scan(NOON - MINUTE), a_scan(NOON + MINUTE)
    events = [
        before,
        after,
        an_action(NOON - MINUTE, before, "passed"),
        an_action(NOON, after, "passed"),
        a_hand_over(NOON - MINUTE),
        a_hand_over(NOON + MINUTE),
    ]
    refused = "device.revoked"
    assert took(session, *events, by=REVOKED) == [
        "accepted",
        refused,
        "accepted",
        refused,
        "accepted",
        refused,
    ]
    for model in (Scan, Action, ShiftChange):
        assert session.scalars(select(model.flags)).all() == [["token_revoked"]]
    assert session.scalar(select(func.count()).select_from(ScanReceipt)) == 3


def test_a_phone_that_knows_no_time_may_have_recorded_it_before(session: Session) -> None:
    span = {
        "time_low": (NOON - timedelta(days=1)).isoformat(),
        "time_high": (NOON + timedelta(days=365)).isoformat(),
    }
    assert took(session, a_scan(NOON + MINUTE, **span), by=REVOKED) == ["accepted"]


def test_an_expired_device_hands_in_everything_marked(session: Session) -> None:
    events = [a_scan(NOON - MINUTE), a_scan(NOON + MINUTE, checkpoint=ELSEWHERE)]
    assert took(session, *events, by=EXPIRED) == ["accepted", "accepted"]
    flags = {tuple(found) for found in session.scalars(select(Scan.flags))}
    assert flags == {("token_expired",), ("other_checkpoint", "token_expired")}


def test_what_was_taken_before_the_end_is_known_when_it_is_sent_again_after(session: Session) -> None:
    scan = a_scan(NOON - MINUTE)
    assert took(session, scan) == ["accepted"]
    assert took(session, scan, by=REVOKED) == ["repeated"]
    assert session.scalars(select(Scan.flags)).one() == []


def test_an_upload_by_the_api_takes_all_three_kinds(client: FlaskClient, session: Session) -> None:
    now = clock.now()
    scan = a_scan(now, **READ)
    events = [scan, an_action(now, scan, "passed"), a_hand_over(now)]
    answer = call(client, "/api/v1/scans", {"events": events}, a_device(session))
    body = answer.get_json()
    assert body is not None
    assert [result["status"] for result in body["results"]] == ["accepted"] * 3
    assert session.scalars(select(ShiftChange.event_id)).one() == UUID(str(events[2]["event_id"]))


FAR_OFFSET, AFTER_ALL_CALENDARS = "2022-04-16T12:00:00+16:30", "9999-12-31T23:00:00Z"
ODD_TIMES = (FAR_OFFSET, AFTER_ALL_CALENDARS, "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59")


@pytest.mark.parametrize("odd", ODD_TIMES)
@pytest.mark.parametrize("name", ["scanned_at", "time_low", "time_high", "acted_at", "changed_at"])
def test_no_time_of_one_event_stops_an_upload_or_a_page(
    client: FlaskClient, session: Session, name: str, odd: str
) -> None:
    token, now = a_device(session), clock.now()
    good = a_scan(now)
    made = [a_scan(now), an_action(now, good, "passed"), a_hand_over(now)]
    events = [good, *({**one, name: odd} for one in made if name in one or name.startswith("time_"))]
    answer = call(client, "/api/v1/scans", {"events": events}, token)
    assert answer.status_code == 200
    results = answer.get_json()["results"]
    assert results[0]["status"] == "accepted"
    if odd != FAR_OFFSET:
        assert {(one["code"], one["errors"][0]["code"]) for one in results[1:]} == {
            ("input.invalid", "field.invalid")
        }
    lead = browsing(client, session)
    for page in (f"/checkpoints/{HERE}/scans", f"/checkpoints/{HERE}/shifts", "/checkpoints/staff"):
        lead.get(page)


@pytest.mark.parametrize("odd", ODD_TIMES)
def test_a_question_about_an_odd_time_is_no_fault_of_ours(
    client: FlaskClient, session: Session, odd: str
) -> None:
    question = {"plate": "吉A12345", "checkpoint": HERE, "at": odd}
    answer = call(client, "/api/v1/verdicts", question, a_device(session))
    assert answer.status_code == (200 if odd == FAR_OFFSET else 422)
