"""Taking in scans and actions: one by one, once, in either order, with facts for the hotline."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from accounts.permissions import COMMAND_LINE, Actor, ActorKind, Permission
from checkpoints.facts import write_missed_facts
from checkpoints.models import Action, RoadsideFact, Scan, ScanReceipt
from checkpoints.service import Outcome, take_in
from foundation.database import db, transaction
from passes.public import PassAction, PassReason, change_pass
from tests.builders import NOON, a_plate, an_issued_pass, own_transaction
from tests.checkpoints.roadside import ELSEWHERE, HERE, a_blue_scan, a_scan, an_action, an_undo, text_of
from tests.races import race

DEVICE = Actor(ActorKind.DEVICE, uuid4(), frozenset({Permission.SCAN_RECORD}), checkpoint_code=HERE)
MINUTE = timedelta(minutes=1)
LATER = NOON + 25 * MINUTE


def took(session: Session, *events: object) -> list[Outcome]:
    return take_in(session, DEVICE, events, now=LATER)


def said(outcomes: list[Outcome]) -> list[str]:
    return [outcome.problem.code if outcome.problem else outcome.status for outcome in outcomes]


def kinds(session: Session) -> list[str]:
    return list(session.scalars(select(RoadsideFact.kind).order_by(RoadsideFact.id)))


def counted(session: Session, model: Any) -> int | None:
    return session.scalar(select(func.count()).select_from(model))


def test_a_scan_and_its_action_are_kept_with_who_sent_them(session: Session) -> None:
    scan = a_scan(NOON, number="220100000001", list_seq=7, sequence=3)
    assert said(took(session, scan, an_action(NOON, scan, "passed"))) == ["accepted", "accepted"]
    row = session.scalars(select(Scan)).one()
    assert (row.plate, row.number, row.device_id, row.person_id) == (
        "吉A12345",
        "220100000001",
        DEVICE.id,
        None,
    )
    assert (row.scanned_at, row.time_low, row.received_at, row.list_seq) == (NOON, NOON, LATER, 7)
    assert session.scalars(select(Action.action)).one() == "passed"
    assert kinds(session) == []


def test_an_event_sent_again_is_known_and_other_content_under_its_id_is_refused(session: Session) -> None:
    scan = a_scan(NOON)
    assert said(took(session, scan)) == ["accepted"]
    assert said(took(session, scan, {**scan, "plate": "吉A54321"})) == ["repeated", "event_conflict"]
    assert counted(session, Scan) == 1


def test_the_same_event_twice_in_one_upload_is_kept_once(session: Session) -> None:
    scan = a_scan(NOON)
    other = {**scan, "plate_seen": "unknown"}
    assert said(took(session, scan, dict(reversed(scan.items())), other)) == [
        "accepted",
        "repeated",
        "event_conflict",
    ]
    assert counted(session, ScanReceipt) == 1


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"kind": "photo"}, "kind", "event.kind"),
        ({"event_id": "7"}, "event_id", "field.invalid_uuid"),
        ({"plate": "吉AO1234"}, "plate", "plate.letter_o_or_i"),
        ({"plate": "\x00"}, "plate", "plate.length"),
        ({"checkpoint": "CP999"}, "checkpoint", "checkpoint.unknown"),
        ({"number": "22010000000"}, "number", "number.digits"),
        ({"number": "22010000000１"}, "number", "number.digits"),
        ({"scanned_at": "2022-04-16T12:00:00"}, "scanned_at", "field.invalid"),
        ({"level": "red"}, "level", "event.level_differs"),
        ({"verdict": "good"}, "verdict", "choice.unknown"),
        ({"reasons": ["off_route"]}, "reasons", "event.reason_missing"),
        ({"list_seq": -1}, "list_seq", "number.range"),
        ({"colour": "blue"}, "colour", "field.unknown"),
        ({"verdict": "expired", "reasons": ["expired"]}, "level", "event.level_differs"),
    ],
)
def test_a_bad_scan_is_refused_with_its_field_and_stops_no_other(
    session: Session, changes: dict[str, Any], field: str, code: str
) -> None:
    bad, good = took(session, a_scan(NOON, **changes), a_scan(NOON))
    assert good.status == "accepted"
    assert bad.problem is not None
    assert (field, code) in {(error.field, error.code) for error in bad.problem.errors}
    assert counted(session, Scan) == 1


@pytest.mark.parametrize("junk", [None, 7, "scan", [], {}, {"kind": {}}, {"event_id": ["x"]}])
def test_what_is_no_event_at_all_is_refused_like_any_other(session: Session, junk: object) -> None:
    refused, accepted = took(session, junk, a_scan(NOON))
    assert (refused.event_id, refused.status, accepted.status) == (None, "refused", "accepted")


def test_an_event_of_a_wrong_clock_is_taken_by_its_trusted_time_and_marked(session: Session) -> None:
    year_ago = (NOON - timedelta(days=365)).isoformat()
    trusted = {"time_low": NOON.isoformat(), "time_high": NOON.isoformat()}
    outcomes = took(session, a_scan(NOON, scanned_at=year_ago), a_scan(NOON, scanned_at=year_ago, **trusted))
    assert said(outcomes) == ["event.too_old", "accepted"]
    assert session.scalars(select(Scan.flags)).one() == ["clock_off"]


def test_an_event_of_another_checkpoint_is_kept_and_marked(session: Session) -> None:
    took(session, a_scan(NOON, checkpoint=ELSEWHERE))
    assert session.scalars(select(Scan.flags)).one() == ["other_checkpoint"]


@pytest.mark.parametrize("action", ["turned_back", "held"])
def test_turning_a_good_vehicle_back_needs_a_reason_and_tells_the_hotline_once(
    session: Session, action: str
) -> None:
    scan = a_scan(NOON)
    bare = an_action(NOON, scan, action)
    given = an_action(NOON, scan, action, reason="no_test")
    assert said(took(session, scan, bare, given)) == ["accepted", "reason.missing", "accepted"]
    assert said(took(session, given)) == ["repeated"]
    fact = session.scalars(select(RoadsideFact)).one()
    assert (fact.unique_key, fact.kind) == (given["event_id"], "refusal")
    assert fact.subject["reason"] == "no_test"
    assert fact.subject["recognised"] is True
    assert fact.subject["checkpoint"] == HERE


def test_an_action_that_arrives_before_its_scan_is_kept_and_still_tells_the_hotline(session: Session) -> None:
    scan = a_blue_scan(NOON)
    assert said(took(session, an_action(NOON, scan, "turned_back"))) == ["accepted"]
    assert kinds(session) == []
    assert said(took(session, scan)) == ["accepted"]
    assert kinds(session) == ["refusal"]


def test_a_forged_pass_may_be_turned_back_without_a_word(session: Session) -> None:
    scan = a_scan(NOON, level="red", verdict="bad_signature", reasons=["bad_signature"])
    assert said(took(session, scan, an_action(NOON, scan, "turned_back"))) == ["accepted", "accepted"]
    assert kinds(session) == []


def test_an_expired_pass_counts_as_none_so_turning_back_is_seen(session: Session) -> None:
    scan = a_scan(NOON, level="red", verdict="expired", reasons=["expired"])
    action = an_action(NOON, scan, "turned_back", reason="lacks_pass")
    assert said(took(session, scan, action)) == ["accepted", "accepted"]
    assert session.scalars(select(RoadsideFact)).one().subject["recognised"] is False


def test_an_undone_refusal_is_told_only_to_whoever_had_read_of_it(session: Session) -> None:
    scan = a_scan(NOON)
    action = an_action(NOON, scan, "held", reason="fever")
    took(session, scan, action)
    assert said(took(session, an_undo(NOON + MINUTE, action))) == ["accepted"]
    assert kinds(session) == ["refusal", "refusal_undone"]
    another = a_scan(NOON)
    mistaken = an_action(NOON, another, "held", reason="fever")
    took(session, an_undo(NOON + MINUTE, mistaken), mistaken, another)
    assert kinds(session) == ["refusal", "refusal_undone"]


def test_undoing_is_refused_when_late_or_when_it_speaks_of_another_scan(session: Session) -> None:
    scan, other = a_scan(NOON), a_scan(NOON)
    action = an_action(NOON, scan, "passed")
    took(session, scan, other, action)
    late = an_undo(NOON + 3 * MINUTE, action)
    foreign = an_undo(NOON, action, scan_id=other["event_id"])
    nothing = an_action(NOON, scan, "undone")
    assert said(took(session, late, foreign, nothing)) == [
        "action.undo_too_late",
        "action.other_scan",
        "input.invalid",
    ]


def test_a_late_undo_that_came_first_does_not_hide_the_refusal(session: Session) -> None:
    scan = a_scan(NOON)
    action = an_action(NOON, scan, "held", reason="fever")
    assert said(took(session, an_undo(NOON + 3 * MINUTE, action))) == ["accepted"]
    took(session, scan, action)
    assert kinds(session) == ["refusal"]


def test_a_refusal_whose_scan_crossed_it_is_found_by_the_tick_once(session: Session) -> None:
    """Two uploads that commit at the same instant cannot see each other's rows; the fact is missing then."""
    scan = a_scan(NOON)
    took(session, scan, an_action(NOON, scan, "held", reason="fever"))
    session.execute(text("DELETE FROM roadside_fact"))
    assert [write_missed_facts(session, now=LATER) for _ in range(2)] == [1, 0]


@pytest.mark.usefixtures("keys")
class TestWithTheText:
    """The server judges again what the phone has read."""

    def server_verdict(self, session: Session, scan: dict[str, Any]) -> str | None:
        took(session, scan)
        return session.scalars(
            select(Scan.server_verdict).where(Scan.event_id == UUID(scan["event_id"]))
        ).one()

    def scanned(self, session: Session, **changes: Any) -> dict[str, Any]:
        issued = an_issued_pass(session, plate=(plate := a_plate()))
        return a_scan(
            NOON + MINUTE * 20,
            **{"plate": plate, "number": issued.number, "text": text_of(issued), **changes},
        )

    def test_an_agreeing_server_says_nothing(self, session: Session) -> None:
        scan = self.scanned(session)
        assert self.server_verdict(session, scan) is None

    def test_a_pass_revoked_since_the_phone_last_heard_is_told(self, session: Session) -> None:
        scan = self.scanned(session)
        change_pass(
            session, COMMAND_LINE, scan["number"], PassAction.REVOKE, reason=PassReason.MISUSE, now=NOON
        )
        assert self.server_verdict(session, scan) == "revoked"

    def test_a_code_altered_by_one_digit_goes_the_long_way(self, session: Session) -> None:
        scan = self.scanned(session)
        last = "1" if scan["text"][-1] != "1" else "2"
        assert self.server_verdict(session, {**scan, "text": scan["text"][:-1] + last}) == "bad_signature"

    def test_a_wrong_hint_of_number_or_plate_changes_nothing(self, session: Session) -> None:
        scan = self.scanned(session, plate="?", number=None)
        assert self.server_verdict(session, scan) is None
        assert (
            self.server_verdict(session, {**a_scan(NOON), "text": "https://ct.example.cn/p/12"})
            == "malformed"
        )

    def test_a_good_pass_that_a_stale_phone_called_red_and_turned_back_is_seen_by_the_province(
        self, session: Session
    ) -> None:
        scan = self.scanned(session, level="red", verdict="never_issued", reasons=["never_issued"])
        took(session, scan, an_action(NOON, scan, "turned_back"))
        assert session.scalars(select(RoadsideFact)).one().subject["server_verdict"] == "valid"


def test_the_same_upload_by_four_connections_at_once_keeps_each_event_once(
    clone: Callable[[], Flask],
) -> None:
    app = clone()
    scans = [a_scan(NOON) for _ in range(200)]
    events = [*scans, *(an_action(NOON, scan, "held", reason="fever") for scan in scans)]
    orders = [events, events[::-1], events[100:] + events[:100], events]
    works: list[Callable[[Session], object]] = [lambda s, o=order: said(took(s, *o)) for order in orders]  # type: ignore[misc]  # mypy cannot infer a default argument
    results = race(app, works)
    accepted = sum(result.count("accepted") for result in results)  # type: ignore[attr-defined]  # lists of words
    assert accepted == 400
    assert all(set(result) <= {"accepted", "repeated"} for result in results)  # type: ignore[call-overload]  # lists
    with own_transaction(app) as session:
        assert [counted(session, model) for model in (ScanReceipt, Scan, Action)] == [400, 200, 200]
        write_missed_facts(session, now=LATER)
        assert counted(session, RoadsideFact) == 200


def test_an_upload_that_dies_before_its_commit_leaves_nothing_and_can_be_sent_again(
    clone: Callable[[], Flask],
) -> None:
    app = clone()
    scan = a_scan(NOON)
    events = [scan, an_action(NOON, scan, "held", reason="fever")]

    def die() -> None:
        with app.app_context(), transaction() as session:
            took(session, *events)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        die()
    with own_transaction(app) as session:
        assert [counted(session, model) for model in (ScanReceipt, Scan, Action, RoadsideFact)] == [0] * 4
        assert said(took(session, *events)) == ["accepted", "accepted"]


def test_a_month_without_a_partition_loses_nothing_and_gets_its_own_when_it_is_made(
    clone: Callable[[], Flask], as_owner: Callable[[str, str], None]
) -> None:
    app = clone()
    with own_transaction(app) as session:
        database = session.scalar(text("SELECT current_database()")) or ""
        month = session.scalar(text("SELECT to_char(now() AT TIME ZONE 'UTC', 'YYYYMM')"))
        moment = session.scalar(text("SELECT now()"))
    as_owner(database, f"DROP TABLE scan_{month}")
    where = text("SELECT tableoid::regclass::text FROM scan")
    with own_transaction(app) as session:
        assert moment is not None
        scan = a_scan(moment)
        outcomes = take_in(session, DEVICE, [scan], now=moment)
        assert said(outcomes) == ["accepted"]
        assert session.scalar(where) == "scan_default"
    with own_transaction(app) as session:
        session.execute(text("SELECT ensure_month_partitions(3)"))
        session.execute(text("SELECT ensure_month_partitions(3)"))
    with own_transaction(app) as session:
        assert session.scalar(where) == f"scan_{month}"
        assert said(take_in(session, DEVICE, [scan], now=moment)) == ["repeated"]
    with app.app_context():
        db.session.remove()


def test_rows_of_two_months_lie_in_two_partitions(session: Session) -> None:
    months = session.execute(
        text(
            "SELECT now(), date_trunc('month', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' + interval '40 days'"
        )
    ).one()
    for moment in months:
        take_in(session, DEVICE, [a_scan(moment)], now=moment)
    tables = session.scalars(text("SELECT tableoid::regclass::text FROM scan ORDER BY 1")).all()
    assert tables == sorted(f"scan_{moment:%Y%m}" for moment in months)
