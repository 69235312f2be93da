"""The kill test: issuing dies after its k-th statement, for every k, and nothing is half done."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

from flask import Flask
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from accounts.permissions import Actor
from audit.public import AuditEvent, seal_pending, verify_chain
from foundation.base import new_id
from foundation.models import Message
from passes.ledgers import StatusChange
from passes.models import Application, Pass, PassNumberRow, PassRevision, SerialCounter
from passes.service import drafting, reviewing
from passes.status import StatusBook, publish
from seeds.demo.people import make_people
from tests.builders import NOON, a_plate, an_issued_pass, own_transaction, some_tools, with_keys

CHILD = Path(__file__).with_name("issue_and_die.py")
ROOT = Path(__file__).resolve().parents[2]


def run_child(app: Flask, officer: Actor, application: UUID, kill_after: int) -> int:
    """Decide in a process of its own that kills itself after so many statements; its return code."""
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
    command = [
        sys.executable,
        str(CHILD),
        str(officer.id),
        str(officer.body_id),
        str(application),
        str(kill_after),
    ]
    return subprocess.run(
        command, env=environment, cwd=ROOT, check=False, stdout=subprocess.DEVNULL
    ).returncode


def a_taken_application(session: Session) -> tuple[Actor, UUID]:
    """An application of the demo's firm in the hands of the demo's officer."""
    people = make_people(session, now=NOON)
    values = {
        "plate": a_plate(),
        "plate_colour": 1,
        "goods": 23,
        "origin": "220102",
        "destination": "110115",
        "roads": ["G1"],
        "area": "220102",
        "not_before": NOON,
        "hours": 72,
        "contact_phone": "0431-05300001",
    }
    known = some_tools(session).catalogue
    found = drafting.hand_in(session, people["firm"], new_id(), values, known, now=NOON)
    reviewing.take(session, people["officer"], found.id, now=NOON)
    return people["officer"], found.id


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
    assert session.scalar(select(SerialCounter.last_serial).where(SerialCounter.area == "220102")) == len(
        passes
    )


def test_whatever_statement_issuing_dies_after_nothing_is_half_done(clone: Callable[..., Flask]) -> None:
    app = clone()
    with own_transaction(app) as session:
        with_keys(session, app.extensions["passes"].keys.folder)
        an_issued_pass(session, body="changchun-nanguan-agriculture")
        officer, application = a_taken_application(session)
    statement, died = 0, 0
    while run_child(app, officer, application, statement) == -signal.SIGKILL:
        died += 1
        statement += 1
        with own_transaction(app) as session:
            assert_whole(session)
            assert session.get_one(Application, application).state == "in_review"
            assert session.scalar(select(func.count()).select_from(Pass)) == 1
            assert session.scalar(select(func.count()).select_from(Message)) == 0
            assert session.scalar(text("SELECT count(*) FROM procrastinate_jobs")) == 0
    # The last child was told to die after a statement that never came: it has issued, and says so to the firm.
    assert died >= 10
    with own_transaction(app) as session:
        assert_whole(session)
        assert session.get_one(Application, application).state == "issued"
        assert session.scalar(select(func.count()).select_from(Pass)) == 2
        assert {message.template for message in session.scalars(select(Message))} == {"application.issued"}
        assert session.scalar(text("SELECT count(*) FROM procrastinate_jobs")) == 1
        publish(session, now=NOON)
        assert [area["bits"] for area in StatusBook().full(session, now=NOON)["areas"]] == ["11"]
        while seal_pending(session, now=NOON):
            pass
        assert verify_chain(session).broken_at is None
