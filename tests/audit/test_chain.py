"""The sealed record: order, breaks, and what the database itself refuses."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

from accounts.permissions import SYSTEM
from audit.public import history, record, record_many, seal_pending, verify_chain
from foundation.database import db, transaction

NOON = datetime(2022, 4, 16, 4, 0, tzinfo=UTC)


def record_three(session: Session) -> None:
    for number in range(3):
        record(session, SYSTEM, "pass:issue", "pass", number, now=NOON, facts={"n": number, "word": "畅通"})


def test_sealed_events_form_a_whole_chain(session: Session) -> None:
    record_three(session)
    assert seal_pending(session, now=NOON) == 3
    assert seal_pending(session, now=NOON) == 0
    report = verify_chain(session)
    assert (report.length, report.broken_at) == (3, None)


def test_a_tag_that_is_no_tag_is_refused(session: Session) -> None:
    with pytest.raises(ValueError, match="not a tag"):
        record(session, SYSTEM, "Issued a pass!", "pass", 1, now=NOON)


@pytest.mark.parametrize(
    "statement", ["UPDATE audit_event SET tag = 'a:b'", "DELETE FROM audit_event", "TRUNCATE audit_seal"]
)
def test_the_application_cannot_rewrite_the_audit(session: Session, statement: str) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"):
        session.execute(text(statement))


@pytest.mark.parametrize(
    ("statement", "position", "what"),
    [
        ("UPDATE audit_event SET reason = 'x' WHERE subject_id = '1'", 2, "the event was changed"),
        ("DELETE FROM audit_seal WHERE position = 2", 3, "a seal is missing"),
        (
            "UPDATE audit_seal SET hash = decode(repeat('00', 32), 'hex') WHERE position = 2",
            2,
            "the seal was changed",
        ),
    ],
)
def test_a_change_behind_the_applications_back_is_named(
    clone: Callable[[], Flask], as_owner: Callable[[str, str], None], statement: str, position: int, what: str
) -> None:
    app = clone()
    with app.app_context():
        with transaction() as session:
            record_three(session)
        with transaction() as session:
            seal_pending(session, now=NOON)
        database = db.session.scalar(text("SELECT current_database()"))
        db.session.remove()
        as_owner(str(database), statement)
        report = verify_chain(db.session())
    assert (report.broken_at, report.what) == (position, what)


def test_an_event_that_is_neither_sealed_nor_pending_is_found(session: Session) -> None:
    record_three(session)
    session.execute(text("DELETE FROM audit_pending"))
    report = verify_chain(session)
    assert report.what == "3 events are neither sealed nor pending"


def test_many_deeds_recorded_at_once_are_sealed_like_any_others(session: Session) -> None:
    record(session, SYSTEM, "pass:issue", "pass", 0, now=NOON)
    subjects = [(number, {"n": number}) for number in range(1, 4)]
    record_many(session, SYSTEM, "pass:issue", "pass", subjects, now=NOON, to_state="live")
    record_many(session, SYSTEM, "pass:issue", "pass", [], now=NOON)
    assert seal_pending(session, now=NOON) == 4
    assert verify_chain(session).broken_at is None
    (event,) = history(session, "pass", 3)
    assert (event.facts, event.to_state, event.actor_kind) == ({"n": 3}, "live", "system")
