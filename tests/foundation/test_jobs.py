"""Jobs are deferred with their transaction, done at least once and felt exactly once; ticks go on whatever fails."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from foundation import jobs
from foundation.clock import now as present
from foundation.database import DatabaseSource, db, transaction
from foundation.embedded import EmbeddedServer
from foundation.jobs import Tick, note_worker, requeue_stalled, run_tick, work_off
from foundation.models import Message, WorkerSeen
from tests.foundation.sample_jobs import fail, say, say_both
from tests.races import race

ROOT = Path(__file__).parents[2]
NOON = datetime(2022, 4, 16, 4, 0, tzinfo=UTC)
PATIENCE = 30.0


def said(app: Flask) -> list[str]:
    """The keys of the effects there are."""
    with app.app_context():
        return sorted(db.session().scalars(select(Message.unique_key)))


def queued(app: Flask) -> list[str]:
    """The states of the test's own jobs in the queue: a worker's ticks may queue some of theirs at any moment."""
    own = text("SELECT status::text FROM procrastinate_jobs WHERE task_name LIKE 'tests.%'")
    with app.app_context():
        return sorted(db.session().scalars(own))


def defer(app: Flask, *keys: str) -> None:
    with app.app_context(), transaction() as session:
        for key in keys:
            say.defer(session, key=key)


def defer_and_fail() -> None:
    with transaction() as session:
        say.defer(session, key="never")
        assert session.scalar(text("SELECT count(*) FROM procrastinate_jobs")) == 1
        raise LookupError("anything that goes wrong afterwards")


def dsn_of(app: Flask) -> str:
    source: DatabaseSource = app.extensions["database_source"]
    return source.application_dsn()


@contextmanager
def a_worker(app: Flask, point: str, **more: str) -> Iterator[subprocess.Popen[str]]:
    """A worker process on the app's database that hangs at a point of its first job."""
    environ = {
        **os.environ,
        "DATABASE_URL": dsn_of(app),
        "SECRET_KEY": "test",
        "PYTHONUNBUFFERED": "1",
        **more,
    }
    environ["INSTANCE_DIR"] = str(app.extensions["settings"].instance_dir)
    code = f"from tests.foundation import sample_jobs; sample_jobs.main({point!r})"
    process = subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, env=environ, stdout=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def wait_for_line(process: subprocess.Popen[str], line: str) -> None:
    """Read what the worker says until it says this."""
    assert process.stdout is not None
    watchdog = threading.Timer(PATIENCE, process.kill)
    watchdog.start()
    assert any(found.strip() == line for found in process.stdout), f"the worker never said {line}"
    watchdog.cancel()


def wait_until(holds: Callable[[], bool]) -> None:
    """Until something that another process does is done; the database has no event to wait for here."""
    pause, ends = threading.Event(), present().timestamp() + PATIENCE
    while not holds():
        assert present().timestamp() < ends, "it never happened"
        pause.wait(0.1)


def the_worker_is_long_dead(app: Flask) -> None:
    with app.app_context(), transaction() as session:
        session.execute(text("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 minute'"))


def test_a_deferred_job_runs_and_leaves_the_queue(clone: Callable[[], Flask]) -> None:
    app = clone()
    defer(app, "one", "two")
    assert said(app) == []
    work_off(app)
    assert said(app) == ["one", "two"]
    assert queued(app) == []


def test_a_transaction_that_is_rolled_back_defers_nothing(clone: Callable[[], Flask]) -> None:
    app = clone()
    with app.app_context(), pytest.raises(LookupError):
        defer_and_fail()
    assert queued(app) == []


def test_a_job_that_fails_leaves_nothing_and_is_kept_with_its_failure(clone: Callable[[], Flask]) -> None:
    app = clone()
    with app.app_context(), transaction() as session:
        fail.defer(session, key="half done")
    work_off(app)
    assert said(app) == []
    # One retry is planned for later.
    assert queued(app) == ["todo"]
    with app.app_context(), transaction() as session:
        session.execute(text("UPDATE procrastinate_jobs SET scheduled_at = now()"))
    work_off(app)
    assert (said(app), queued(app)) == ([], ["failed"])


def test_a_long_job_keeps_the_steps_it_has_made(clone: Callable[[], Flask]) -> None:
    app = clone()
    with app.app_context(), transaction() as session:
        say_both.defer(session, first="kept", second="lost")
    work_off(app)
    assert said(app) == ["kept"]
    assert queued(app) == ["todo"], "it is run again from the start"


@pytest.mark.parametrize("point", ["executed", "committed"])
def test_the_job_of_a_killed_worker_is_done_again_and_felt_once(
    clone: Callable[[], Flask], point: str
) -> None:
    app = clone()
    defer(app, "once")
    with a_worker(app, point) as worker:
        wait_for_line(worker, point)
        worker.send_signal(signal.SIGKILL)
        worker.wait()
    assert queued(app) == ["doing"]
    assert said(app) == (["once"] if point == "committed" else [])
    the_worker_is_long_dead(app)
    with app.app_context(), transaction() as session:
        requeue_stalled(session, NOON)
    assert queued(app) == ["todo"]
    work_off(app)
    assert (said(app), queued(app)) == (["once"], [])


def test_a_job_is_found_again_when_its_dead_worker_is_forgotten(clone: Callable[[], Flask]) -> None:
    app = clone()
    defer(app, "orphan")
    with a_worker(app, "executed") as worker:
        wait_for_line(worker, "executed")
    the_worker_is_long_dead(app)
    # The next worker that starts strikes the dead one from the register, and its jobs then name nobody.
    work_off(app)
    assert queued(app) == ["doing"]
    with app.app_context(), transaction() as session:
        requeue_stalled(session, NOON)
    work_off(app)
    assert (said(app), queued(app)) == (["orphan"], [])


def test_the_job_of_a_living_worker_is_left_to_it(clone: Callable[[], Flask]) -> None:
    app = clone()
    defer(app, "mine")
    with a_worker(app, "executed") as worker:
        wait_for_line(worker, "executed")
        with app.app_context(), transaction() as session:
            requeue_stalled(session, NOON)
        assert queued(app) == ["doing"]


def test_the_run_of_a_dead_worker_comes_back_although_the_next_one_waits(clone: Callable[[], Flask]) -> None:
    app = clone()

    def once(key: str) -> bool:
        with app.app_context(), transaction() as session:
            return say.defer_once(session, key=key)

    assert once("begun")
    with a_worker(app, "executed") as worker:
        wait_for_line(worker, "executed")
    assert once("next"), "what is at work does not wait"
    assert not once("too many")
    the_worker_is_long_dead(app)
    with app.app_context(), transaction() as session:
        requeue_stalled(session, NOON)
    assert queued(app) == ["todo", "todo"]
    work_off(app)
    assert (said(app), queued(app)) == (["begun", "next"], [])


def test_of_two_ticks_at_the_same_instant_one_defers(clone: Callable[[], Flask]) -> None:
    app = clone()
    assert sorted(map(str, race(app, [lambda session: say.defer_once(session, key="once")] * 2))) == [
        "False",
        "True",
    ]
    assert queued(app) == ["todo"]


def test_a_worker_gives_signs_of_life_seals_and_stops_when_asked(clone: Callable[[], Flask]) -> None:
    app = clone()
    with a_worker(app, "nowhere") as worker:
        wait_until(lambda: last_seen(app) is not None)
        defer(app, "while it runs")
        wait_until(lambda: said(app) == ["while it runs"])
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(PATIENCE) == 0
    assert queued(app) == []


def test_a_worker_outlives_an_absence_of_the_database(
    clone: Callable[[], Flask], server: EmbeddedServer
) -> None:
    app = clone()
    with app.app_context():
        name = db.session().scalar(select(func.current_database()))
        db.session.remove()
        db.engine.dispose()
    with a_worker(app, "nowhere") as worker:
        wait_until(lambda: last_seen(app) is not None)
        with server.connect() as superuser:
            superuser.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
            superuser.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name]
            )
            assert worker.poll() is None
            superuser.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
        with app.app_context():
            db.engine.dispose()
        defer(app, "afterwards")
        wait_until(lambda: said(app) == ["afterwards"])
        assert worker.poll() is None


def last_seen(app: Flask) -> datetime | None:
    with app.app_context():
        return db.session().scalar(select(WorkerSeen.at))


def test_a_tick_commits_and_each_has_a_transaction_of_its_own(clone: Callable[[], Flask]) -> None:
    app = clone()
    run_tick(app, Tick("seen", 1, note_worker))
    first = last_seen(app)
    assert first is not None
    run_tick(app, Tick("seen", 1, note_worker))
    second = last_seen(app)
    assert second is not None
    assert second > first


@pytest.mark.parametrize("mistake", ["SELECT nonsense", None])
def test_a_tick_that_fails_leaves_nothing_and_does_not_end_the_others(
    clone: Callable[[], Flask], mistake: str | None
) -> None:
    app = clone()

    def broken(session: Session, now: datetime) -> None:
        note_worker(session, now)
        if mistake:
            session.execute(text(mistake))
        raise KeyError("a mistake of ours")

    run_tick(app, Tick("broken", 1, broken))
    assert last_seen(app) is None
    run_tick(app, Tick("seen", 1, note_worker))
    assert last_seen(app) is not None


def test_every_tick_has_a_name_of_its_own_because_its_turn_is_kept_by_name(app: Flask) -> None:
    del app
    names = [tick.name for tick in jobs.TICKS]
    assert len(names) == len(set(names))
    assert {"audit.jobs.seal", "foundation.jobs.requeue_stalled", "foundation.schema.keep_partitions"} <= set(
        names
    )
