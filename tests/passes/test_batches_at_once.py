"""Batches with several connections, with killed workers, and with thousands of rows."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from accounts.permissions import Actor
from audit.public import AuditEvent, seal_pending, verify_chain
from foundation import clock
from foundation.clock import SHOWN_IN
from foundation.files import store
from foundation.jobs import work_off
from passes import batch_jobs
from passes.batch_models import Batch, BatchReview, BatchRow
from passes.batch_queries import batch_counts, row_page
from passes.models import Application
from passes.pages.batch_view import problem_of
from passes.service import accepting
from passes.service.batches import accept, send_file, send_rows
from tests.builders import NOON, own_transaction
from tests.passes.applying import a_firm, an_applicant
from tests.passes.batching import a_batch, a_row, accepted
from tests.passes.test_batch_review_deciding import try_until_given_up
from tests.races import race

CHILD = Path(__file__).with_name("batch_and_die.py")
ROOT = Path(__file__).resolve().parents[2]
TARGET_SECONDS = 20
"""For 5,000 rows, from the click to the last application (issue of the bulk, "Speed")."""


def rows(count: int, **changes: Any) -> list[dict[str, Any]]:
    """Good rows that begin in an hour from now."""
    begin = (clock.now() + timedelta(hours=1)).astimezone(SHOWN_IN)
    return [a_row(not_before=f"{begin:%Y-%m-%d %H:%M}", **changes) for _ in range(count)]


def of(actor: Actor, work: Callable[[Session, Actor], object]) -> Callable[[Session], object]:
    return lambda session: work(session, actor)


def test_the_same_file_sent_at_the_same_instant_is_one_batch(clone: Callable[..., Flask]) -> None:
    app = clone()
    with own_transaction(app) as session:
        firm = a_firm(session)
        colleagues = [an_applicant(session, firm) for _ in range(4)]

    def send(session: Session, actor: Actor) -> UUID:
        return send_file(session, actor, b"one and the same", "a.csv", now=NOON).id

    ids = race(app, [of(actor, send) for actor in colleagues])
    assert len(set(ids)) == 1
    with own_transaction(app) as session:
        assert session.scalar(select(func.count()).select_from(Batch)) == 1
        assert session.scalar(text("SELECT count(*) FROM procrastinate_jobs")) == 1


def test_two_batches_of_one_owner_accepted_at_the_same_instant_make_nothing_twice(
    clone: Callable[..., Flask],
) -> None:
    app = clone()
    same = [a_row() for _ in range(20)]
    with own_transaction(app) as session:
        firm = an_applicant(session)
        chosen = [a_batch(session, firm, [*same, a_row()], key=str(turn)).id for turn in range(2)]

    def take(batch_id: UUID) -> Callable[[Session], object]:
        return lambda session: accepted(session, firm, session.get_one(Batch, batch_id)).state

    assert race(app, [take(one) for one in chosen]) == ["accepted", "accepted"]
    with own_transaction(app) as session:
        plates = session.scalars(select(Application.plate)).all()
        assert len(plates) == len(set(plates)) == 22


def run_child(app: Flask, batch: UUID, actor: Actor, kill_after: int) -> int:
    """Work on the batch in a process of its own that kills itself after so many statements; its return code."""
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
    command = [sys.executable, str(CHILD), str(batch), str(actor.id), str(kill_after)]
    return subprocess.run(
        command, env=environment, cwd=ROOT, check=False, stdout=subprocess.DEVNULL
    ).returncode


def assert_whole(session: Session, batch: UUID) -> None:
    """As many rows as were read; for each accepted one its application, its event and its place in the queue."""
    found = session.get_one(Batch, batch)
    kept = session.scalars(select(BatchRow).where(BatchRow.batch_id == batch)).all()
    assert len(kept) == found.read_rows
    became = {row.application_id for row in kept if row.application_id}
    assert became == set(session.scalars(select(Application.id)))
    events = session.scalars(select(AuditEvent.subject_id).where(AuditEvent.tag == "application:submit"))
    assert sorted(events) == sorted(map(str, became))
    assert (session.scalar(select(func.sum(BatchReview.total))) or 0) == len(became)


def deaths(app: Flask, batch: UUID, actor: Actor) -> int:
    """Workers die one after the other, each a little later than the last, until one comes to the end; how many died."""
    died = 0
    while run_child(app, batch, actor, 2 * died) == -signal.SIGKILL:
        died += 1
        with own_transaction(app) as session:
            assert_whole(session, batch)
    return died


def test_a_worker_that_dies_after_any_statement_loses_and_doubles_no_row(clone: Callable[..., Flask]) -> None:
    app = clone()
    with own_transaction(app) as session:
        firm = an_applicant(session)
        batch = send_rows(session, firm, rows(4), key="k", now=clock.now()).id
    assert deaths(app, batch, firm) >= 3
    with own_transaction(app) as session:
        accept(session, firm, batch, session.get_one(Batch, batch).version, now=clock.now())
    assert deaths(app, batch, firm) >= 4
    with own_transaction(app) as session:
        assert session.get_one(Batch, batch).state == "accepted"
        assert session.scalar(select(func.count()).select_from(Application)) == 4
        while seal_pending(session, now=clock.now()):
            pass
        assert verify_chain(session).broken_at is None


def test_five_thousand_rows_become_applications_in_time(clone: Callable[..., Flask]) -> None:
    app = clone()
    with own_transaction(app) as session:
        firm = an_applicant(session)
        sent = send_rows(session, firm, rows(5000), key="k", now=clock.now()).id
    begun = time.perf_counter()
    work_off(app)
    read = time.perf_counter() - begun
    with own_transaction(app) as session:
        batch = session.get_one(Batch, sent)
        assert (batch.state, batch.read_rows) == ("ready", 5000)
        accept(session, firm, batch.id, batch.version, now=clock.now())
    begun = time.perf_counter()
    work_off(app)
    took = time.perf_counter() - begun
    with own_transaction(app) as session:
        assert session.scalar(select(func.count()).select_from(Application)) == 5000
        begun = time.perf_counter()
        assert len(row_page(session, sent, after=4000)) == 101
        page = time.perf_counter() - begun
    print(f"read {read:.1f} s, accepted {took:.1f} s, page {page * 1000:.0f} ms")
    assert took < TARGET_SECONDS
    assert read < TARGET_SECONDS
    assert page < 0.5


def test_reading_that_fails_for_the_last_time_says_so_and_the_file_can_be_sent_again(
    clone: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch
) -> None:
    app = clone()
    with own_transaction(app) as session:
        firm = an_applicant(session)
        first = send_rows(session, firm, rows(2), key="k", now=clock.now()).id
    with monkeypatch.context() as patched:
        patched.setattr(batch_jobs, "read_piece", break_down)
        try_until_given_up(app)
    with own_transaction(app) as session:
        batch_jobs.stop_given_up(session, clock.now())
    with own_transaction(app) as session:
        batch = session.get_one(Batch, first)
        assert (batch.state, batch.problem) == ("unreadable", "batch.unread")
        content = store().get(batch.sha256)
        assert content is not None
        again = send_rows(session, firm, json.loads(content), key="k", now=clock.now()).id
    assert again != first
    work_off(app)
    with own_transaction(app) as session:
        assert session.get_one(Batch, again).state == "ready"


def test_accepting_that_fails_for_the_last_time_keeps_what_it_made_and_goes_on_when_asked(
    clone: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch
) -> None:
    app = clone()
    monkeypatch.setattr(accepting, "ACCEPT_AT_ONCE", 2)
    with own_transaction(app) as session:
        firm = an_applicant(session)
        batch = a_batch(session, firm, rows(5), now=clock.now())
        accept(session, firm, batch.id, batch.version, now=clock.now())
        batch_id = batch.id
    whole, turns = accepting.accept_piece, iter([True])

    def once_and_never_again(*arguments: Any, **named: Any) -> bool:
        return whole(*arguments, **named) if next(turns, False) else break_down()

    with monkeypatch.context() as patched:
        patched.setattr(batch_jobs, "accept_piece", once_and_never_again)
        try_until_given_up(app)
    with own_transaction(app) as session:
        batch_jobs.stop_given_up(session, clock.now())
    with own_transaction(app) as session:
        stopped = session.get_one(Batch, batch_id)
        assert (stopped.state, stopped.facts["stopped"]) == ("accepted", "batch.stopped")
        assert batch_counts(session, batch_id).good == 3
        assert problem_of(stopped) is not None
        going_on = accept(session, firm, batch_id, stopped.version, now=clock.now())
        assert "stopped" not in going_on.facts
    work_off(app)
    with own_transaction(app) as session:
        assert session.get_one(Batch, batch_id).state == "accepted"
        assert session.scalar(select(func.count()).select_from(Application)) == 5
        assert_whole(session, batch_id)


def break_down(*_arguments: Any, **_named: Any) -> bool:
    """What nobody has heard of."""
    raise RuntimeError("the disk is full")
