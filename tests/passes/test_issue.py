"""Issuing a pass: numbers, one vehicle one pass, what is refused, and what is written."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from accounts.permissions import COMMAND_LINE
from audit.public import AuditEvent
from foundation.problems import DomainProblem, InvalidInput, NotAllowed, NotFound
from passes.credential import build_text, decode_payload
from passes.judging import judge_text
from passes.ledgers import StatusChange
from passes.models import Pass, PassRevision
from passes.public import PassAction, PassReason, PlateSeen, change_pass, workshop
from tests.builders import NOON, a_content, a_plate, an_issued_pass, own_transaction, with_keys
from tests.races import race


@pytest.fixture(autouse=True)
def _keys(session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys of this test only: their rows are rolled back, so their files must not stay either."""
    monkeypatch.setattr(workshop().keys, "folder", tmp_path)
    monkeypatch.setattr(workshop().keys, "_loaded", {})
    with_keys(session, tmp_path)


def test_an_issued_pass_has_number_credential_revision_and_event(session: Session) -> None:
    issued = an_issued_pass(session)
    assert issued.number == "220100000001"
    found = session.scalars(select(Pass).where(Pass.number == issued.number)).one()
    revision = session.scalars(select(PassRevision).where(PassRevision.number == issued.number)).one()
    assert found.state == "live"
    assert revision.payload == issued.payload
    assert decode_payload(issued.payload).number == issued.number
    tags = session.scalars(select(AuditEvent.tag).where(AuditEvent.subject_id == issued.number)).all()
    assert tags == ["pass:issue"]
    assert session.scalar(select(func.count()).select_from(StatusChange)) == 1


def test_numbers_of_one_area_count_without_gaps_across_kinds(session: Session) -> None:
    first = an_issued_pass(session)
    with pytest.raises(InvalidInput):
        an_issued_pass(session, hours=0)
    second = an_issued_pass(session, kind=1, destination="220202")
    assert [first.number[-1], second.number[-1]] == ["1", "2"]


def test_a_second_pass_for_the_same_vehicle_is_refused_with_the_first_ones_number(session: Session) -> None:
    plate = a_plate()
    first = an_issued_pass(session, plate=plate)
    with pytest.raises(DomainProblem, match="pass.overlap") as refused:
        an_issued_pass(session, plate=plate, kind=1, destination="220202")
    assert refused.value.facts["number"] == first.number
    assert an_issued_pass(session, plate=plate, not_before=NOON + timedelta(hours=72)).number != first.number


def test_suspend_a_then_issue_b_is_refused_because_a_still_holds_the_vehicle(session: Session) -> None:
    plate = a_plate()
    first = an_issued_pass(session, plate=plate)
    change_pass(session, COMMAND_LINE, first.number, PassAction.SUSPEND, reason=PassReason.MISUSE, now=NOON)
    with pytest.raises(DomainProblem, match="pass.overlap"):
        an_issued_pass(session, plate=plate)


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"hours": 0}, "hours", "period.backwards"),
        ({"hours": 721}, "hours", "period.too_long"),
        ({"not_before": NOON - timedelta(hours=4)}, "not_before", "period.in_the_past"),
        ({"not_before": NOON + timedelta(days=31)}, "not_before", "period.too_far_ahead"),
        ({"origin": "229999"}, "origin", "area.unknown"),
        ({"origin": "220100"}, "origin", "area.unknown"),
        ({"stops": ("22010A",)}, "stops.0", "area.unknown"),
        ({"roads": ("G99999",)}, "roads.0", "road.unknown"),
        ({"goods": 62}, "goods", "goods.unknown"),
        ({"plate": "吉AO1234"}, "plate", "plate.letter_o_or_i"),
        ({"plate": "吉A1234挂"}, "plate", "plate.trailer"),
        ({"plate_colour": 2}, "plate_colour", "plate.colour"),
        ({"plate_colour": 9}, "plate_colour", "choice.unknown"),
        ({"destination": "220202"}, "destination", "kind.not_cross_province"),
        ({"kind": 1}, "destination", "kind.leaves_province"),
        ({"stops": ("220103", "220104", "220105", "220106")}, "stops", "stops.too_many"),
    ],
)
def test_bad_content_is_refused_with_field_and_code(
    session: Session, changes: dict[str, Any], field: str, code: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        an_issued_pass(session, **changes)
    assert (field, code) in {(error.field, error.code) for error in refused.value.errors}
    assert session.scalar(select(func.count()).select_from(Pass)) == 0


def test_a_start_that_was_in_time_when_asked_for_stays_good_while_the_application_waits(
    session: Session,
) -> None:
    later = NOON + timedelta(hours=5)
    with pytest.raises(InvalidInput):
        an_issued_pass(session, now=later)
    assert an_issued_pass(session, now=later, asked_at=NOON).number == "220100000001"


def test_a_period_that_ended_while_the_application_waited_is_refused(session: Session) -> None:
    with pytest.raises(InvalidInput) as refused:
        an_issued_pass(session, now=NOON + timedelta(hours=72), asked_at=NOON)
    assert [error.code for error in refused.value.errors] == ["period.over"]


def test_all_faults_are_told_at_once(session: Session) -> None:
    with pytest.raises(InvalidInput) as refused:
        an_issued_pass(session, hours=0, origin="000000", goods=62)
    assert len(refused.value.errors) == 3


def judged(session: Session, issued: object, **changes: object) -> str:
    text_ = build_text(workshop().prefix, issued.payload, issued.signature)  # type: ignore[attr-defined]  # an Issued
    return judge_text(
        session, text_, now=NOON + timedelta(hours=1), plate_seen=PlateSeen.MATCHES
    ).verdict.code


def test_verdicts_follow_the_life_of_a_pass(session: Session) -> None:
    issued = an_issued_pass(session)
    assert judged(session, issued) == "valid"
    for action, reason, verdict in (
        (PassAction.SUSPEND, PassReason.MISUSE, "suspended"),
        (PassAction.RESUME, None, "valid"),
        (PassAction.REVOKE, PassReason.MISUSE, "revoked"),
    ):
        change_pass(session, COMMAND_LINE, issued.number, action, reason=reason, now=NOON)
        assert judged(session, issued) == verdict
    with pytest.raises(NotAllowed):
        change_pass(session, COMMAND_LINE, issued.number, PassAction.RESUME, now=NOON)


def test_a_stop_without_a_reason_is_refused(session: Session) -> None:
    issued = an_issued_pass(session)
    with pytest.raises(DomainProblem, match="reason.missing"):
        change_pass(session, COMMAND_LINE, issued.number, PassAction.REVOKE, now=NOON)
    assert judged(session, issued) == "valid"


def test_an_unknown_number_is_not_found(session: Session) -> None:
    with pytest.raises(NotFound):
        change_pass(session, COMMAND_LINE, "220100999999", PassAction.RESUME, now=NOON)


def test_a_lost_private_key_stops_issuing_and_nothing_is_written(session: Session) -> None:
    for file in workshop().keys.folder.glob("220100-*.pem"):
        file.unlink()
    with pytest.raises(DomainProblem, match="signing_key.missing"):
        an_issued_pass(session)


def test_the_database_refuses_a_pass_without_its_revision(session: Session) -> None:
    issued = an_issued_pass(session)
    session.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
    with pytest.raises(Exception, match="fk_pass_current_revision"):
        session.execute(text("UPDATE pass SET revision = 1 WHERE number = :n"), {"n": issued.number})


def test_of_ten_issues_for_one_vehicle_at_the_same_instant_exactly_one_wins(
    clone: Callable[[], Flask],
) -> None:
    app = clone()
    with own_transaction(app) as session:
        with_keys(session, app.extensions["passes"].keys.folder)
    plate = a_plate()
    results = race(app, [lambda s: an_issued_pass(s, plate=plate)] * 6)
    refused = [r for r in results if isinstance(r, DomainProblem)]
    won = [r for r in results if not isinstance(r, DomainProblem)]
    assert len(won) == 1
    assert {(r.code, r.facts["number"]) for r in refused} == {("pass.overlap", won[0].number)}  # type: ignore[attr-defined]  # an Issued


def test_resume_of_a_and_issue_of_b_cannot_both_hold_the_vehicle(clone: Callable[[], Flask]) -> None:
    """A suspended pass holds its vehicle, so B can only be issued for another period; the race is with revoke."""
    app = clone()
    plate = a_plate()
    with own_transaction(app) as session:
        with_keys(session, app.extensions["passes"].keys.folder)
        a = an_issued_pass(session, plate=plate)
        change_pass(session, COMMAND_LINE, a.number, PassAction.SUSPEND, reason=PassReason.MISUSE, now=NOON)
    results = race(
        app,
        [
            lambda s: change_pass(s, COMMAND_LINE, a.number, PassAction.RESUME, now=NOON).number,
            lambda s: an_issued_pass(s, plate=plate),
        ],
    )
    assert results[0] == a.number
    assert isinstance(results[1], DomainProblem)
    assert results[1].facts["number"] == a.number


def test_serials_taken_at_the_same_time_have_no_gap(clone: Callable[[], Flask]) -> None:
    app = clone()
    with own_transaction(app) as session:
        with_keys(session, app.extensions["passes"].keys.folder)
    race(app, [lambda s: an_issued_pass(s) for _ in range(8)])
    with own_transaction(app) as session:
        numbers = session.scalars(select(Pass.number).order_by(Pass.number)).all()
    assert [int(number[-6:]) for number in numbers] == list(range(1, 9))


def test_content_of_the_builder_is_what_the_rules_take() -> None:
    assert a_content().not_after == NOON + timedelta(hours=72)
