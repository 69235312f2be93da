"""The kill test: issuing dies after its k-th statement, for every k, and nothing is half done."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from flask import Flask
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from audit.public import AuditEvent, seal_pending, verify_chain
from foundation.models import Message
from passes.ledgers import StatusChange
from passes.models import Pass, PassNumberRow, PassRevision, SerialCounter
from passes.status import StatusBook, publish
from tests.builders import NOON, a_plate, an_issued_pass, own_transaction, with_keys

CHILD = Path(__file__).with_name("issue_and_die.py")
ROOT = Path(__file__).resolve().parents[2]


def run_child(app: Flask, plate: str, kill_after: int) -> int:
    """Issue in a process of its own that kills itself after so many statements; its return code."""
    settings = app.extensions["settings"]
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "DATABASE_URL": settings.database_url,
        "KEY_DIR": str(settings.key_dir),
        "INSTANCE_DIR": str(settings.instance_dir),
        "PUBLIC_URL": settings.public_url,
        "SECRET_KEY": "test",
    }
    command = [sys.executable, str(CHILD), plate, str(kill_after)]
    return subprocess.run(
        command, env=environment, cwd=ROOT, check=False, stdout=subprocess.DEVNULL
    ).returncode


def assert_whole(session: Session) -> None:
    """No pass without number, credential, revision and event; no gap in serials or in the status list."""
    passes = session.scalars(select(Pass.number).order_by(Pass.number)).all()
    assert passes == session.scalars(select(PassNumberRow.number).order_by(PassNumberRow.number)).all()
    assert passes == session.scalars(select(PassRevision.number).order_by(PassRevision.number)).all()
    assert passes == session.scalars(select(StatusChange.number).order_by(StatusChange.number)).all()
    events = (
        select(AuditEvent.subject_id).where(AuditEvent.tag == "pass:issue").order_by(AuditEvent.subject_id)
    )
    assert passes == session.scalars(events).all()
    assert [int(number[-6:]) for number in passes] == list(range(1, len(passes) + 1))
    assert session.scalar(select(SerialCounter.last_serial).where(SerialCounter.area == "220100")) == len(
        passes
    )


def test_whatever_statement_issuing_dies_after_nothing_is_half_done(clone: Callable[[], Flask]) -> None:
    app = clone()
    with own_transaction(app) as session:
        with_keys(session, app.extensions["passes"].keys.folder)
        an_issued_pass(session)
    plate, statement, died = a_plate(), 0, 0
    while run_child(app, plate, statement) == -signal.SIGKILL:
        died += 1
        statement += 1
        with own_transaction(app) as session:
            assert_whole(session)
            assert session.scalar(select(func.count()).select_from(Pass)) == 1
            assert session.scalar(select(func.count()).select_from(Message)) == 0
            assert session.scalar(text("SELECT count(*) FROM procrastinate_jobs")) == 0
    # The last child was told to die after a statement that never came: it has issued.
    assert died >= 7
    with own_transaction(app) as session:
        assert_whole(session)
        assert session.scalar(select(func.count()).select_from(Pass)) == 2
        publish(session, now=NOON)
        assert [area["bits"] for area in StatusBook().full(session, now=NOON)["areas"]] == ["11"]
        while seal_pending(session, now=NOON):
            pass
        assert verify_chain(session).broken_at is None
