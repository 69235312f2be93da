"""Jobs and ticks. A job is deferred in the transaction that wants it; a tick runs in the worker every few seconds.

Delivery is at least once, so the effect of a job must be harmless when repeated: a UNIQUE key holds it.
The one file that touches procrastinate.
"""

import asyncio
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Concatenate, ParamSpec
from uuid import UUID

import procrastinate
import psycopg
import structlog
from flask import Flask
from procrastinate.tasks import Task
from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from foundation import clock
from foundation.database import DatabaseSource, advisory_lock, psycopg_connection, transaction
from foundation.embedded import EmbeddedServerError
from foundation.models import TaskProgress, WorkerSeen

P = ParamSpec("P")
log = structlog.get_logger()

queue = procrastinate.App(connector=procrastinate.SyncPsycopgConnector())
WORKER_STALE_SECONDS = 60
"""A worker not seen for this long counts as dead (`/readyz`, `flask doctor`)."""
GRACE_SECONDS = 10.0
"""For jobs at work when the worker is told to stop; `make run` waits longer than that for the worker."""
CONCURRENCY = 4
"""Jobs at the same time: three may wait for servers outside (e-mail, text messages, webhooks), and one is always left."""
CONNECT_SECONDS = 3.0
LOOK_SECONDS = 0.2
PAUSE_SECONDS = 2.0
"""Between two tries of a worker whose database is away."""
WAITS = text("SELECT EXISTS (SELECT FROM procrastinate_jobs WHERE status = 'todo' AND task_name = :name)")


@dataclass(frozen=True)
class Tick:
    """Something the worker does every `seconds` in a transaction of its own."""

    name: str
    seconds: float
    work: Callable[[Session, datetime], None]


TICKS: list[Tick] = []


def every(
    *, seconds: float
) -> Callable[[Callable[[Session, datetime], None]], Callable[[Session, datetime], None]]:
    """Register a function as a tick of the worker."""

    def register(work: Callable[[Session, datetime], None]) -> Callable[[Session, datetime], None]:
        TICKS.append(Tick(f"{work.__module__}.{work.__name__}", seconds, work))
        return work

    return register


def job(
    name: str, *, retries: int = 5, lock: str | None = None
) -> Callable[[Callable[Concatenate[Session, datetime, P], None]], "Job"]:
    """Make a function `(session, now, **plain JSON)` a job; each run has its own transaction."""

    def register(work: Callable[Concatenate[Session, datetime, P], None]) -> Job:
        def run(**arguments: Any) -> None:
            with transaction() as session:
                work(session, clock.now(), **arguments)  # type: ignore[call-arg]  # arguments come from JSON

        return _registered(name, run, retries, lock)

    return register


def long_job(name: str, *, retries: int = 5, lock: str | None = None) -> Callable[[Callable[P, None]], "Job"]:
    """Make a function `(**plain JSON)` a job that opens a transaction for each of its steps.

    A killed worker loses the step at hand; the run is repeated from the start, so each step must see what is done.
    """

    def register(work: Callable[P, None]) -> Job:
        return _registered(name, work, retries, lock)

    return register


def _registered(name: str, work: Callable[..., None], retries: int, lock: str | None) -> "Job":
    def run(context: procrastinate.JobContext, /, **arguments: Any) -> None:
        app: Flask = context.additional_context["app"]
        with app.app_context():
            work(**arguments)

    retry = procrastinate.RetryStrategy(max_attempts=retries, exponential_wait=2)
    return Job(queue.task(name=name, retry=retry, lock=lock, pass_context=True)(run))


@dataclass(frozen=True)
class Job:
    """A job that can be deferred."""

    task: "Task[Any, Any, Any]"

    def defer(self, session: Session, **arguments: Any) -> None:
        """Queue a run in the session's own transaction: rolled back together, or not at all."""
        self.task.configure(connection=psycopg_connection(session)).defer(**arguments)

    def defer_once(self, session: Session, **arguments: Any) -> bool:
        """Queue a run unless one waits already; False when it does. For work that a single run finds by itself.

        Whoever asks at the same instant waits until this transaction ends.
        """
        # Not by a `queueing_lock`: its unique index would refuse to give the run of a dead worker back to the queue
        # while the next one waits there, and with it the jobs of all dead workers.
        advisory_lock(session, f"defer-once:{self.task.name}")
        if session.scalar(WAITS, {"name": self.task.name}):
            return False
        self.defer(session, **arguments)
        return True


def work_off(app: Flask) -> None:
    """Run the jobs that are due, and return when the queue is empty. Ticks do not run."""
    asyncio.run(_work(app, concurrency=1, wait=False, stop=threading.Event()))


def run_worker(app: Flask, *, concurrency: int = CONCURRENCY) -> None:
    """Work off the queue and tick until SIGINT or SIGTERM; for the main thread of a process of its own.

    A database that goes away is waited for. A job that is still running some seconds after the signal is cut
    off, and done again by the next worker.
    """
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    ticker = threading.Thread(target=_tick_until, args=(app, stop), name="ticker", daemon=True)
    ticker.start()
    while not stop.is_set():
        try:
            asyncio.run(_work(app, concurrency=concurrency, wait=True, stop=stop))
        except (procrastinate.exceptions.ConnectorException, psycopg.Error, EmbeddedServerError) as problem:
            log.warning("worker waits for the database", problem=type(problem).__name__)
            stop.wait(PAUSE_SECONDS)
    ticker.join(timeout=GRACE_SECONDS)


async def _work(app: Flask, *, concurrency: int, wait: bool, stop: threading.Event) -> None:
    source: DatabaseSource = app.extensions["database_source"]
    # One connection listens, one gives signs of life, and every job that ends writes that it has.
    connector = procrastinate.PsycopgConnector(
        conninfo=source.application_dsn(),
        min_size=1,
        max_size=concurrency + 3,
        timeout=CONNECT_SECONDS,
        reconnect_timeout=CONNECT_SECONDS,
    )
    # The worker has a connector of its own: with it `queue` could not defer a job inside a job or a tick.
    worker = queue.with_connector(connector)
    async with worker.open_async():
        working = worker.run_worker_async(
            concurrency=concurrency,
            wait=wait,
            additional_context={"app": app},
            delete_jobs="successful",
            install_signal_handlers=False,
            shutdown_graceful_timeout=GRACE_SECONDS,
        )
        await _until(stop, asyncio.ensure_future(working))


async def _until(stop: threading.Event, task: "asyncio.Future[None]") -> None:
    """Wait for the worker. When told to stop it is cancelled: it takes no more jobs and ends with those at work."""
    while not task.done() and not stop.is_set():
        await asyncio.wait([task], timeout=LOOK_SECONDS)
    # Once only: a second one would cut off what the worker still waits for.
    if task.cancel():
        await asyncio.wait([task], timeout=GRACE_SECONDS + CONNECT_SECONDS)
    if task.done() and not task.cancelled():
        task.result()


def _tick_until(app: Flask, stop: threading.Event) -> None:
    due = {tick.name: time.monotonic() for tick in TICKS}
    while not stop.is_set():
        for tick in TICKS:
            if time.monotonic() >= due[tick.name]:
                due[tick.name] = time.monotonic() + tick.seconds
                run_tick(app, tick)
        stop.wait(max(0.0, min(due.values()) - time.monotonic()))


def run_tick(app: Flask, tick: Tick) -> None:
    """Run one tick; whatever goes wrong in it is logged, and the others and its next turn are not touched by it."""
    try:
        with app.app_context(), transaction() as session:
            tick.work(session, clock.now())
    except (SQLAlchemyError, EmbeddedServerError) as problem:
        log.warning("tick failed", tick=tick.name, problem=type(problem).__name__)
    except Exception:
        # One tick with a mistake must not end the thread that runs them all.
        log.exception("tick broken", tick=tick.name)


@every(seconds=10)
def note_worker(session: Session, now: datetime) -> None:
    """Leave a sign of life."""
    row = {"name": "worker", "at": now}
    session.execute(
        insert(WorkerSeen).values(row).on_conflict_do_update(index_elements=["name"], set_={"at": now})
    )


@every(seconds=30)
def requeue_stalled(session: Session, now: datetime) -> None:
    """Give the jobs of dead workers back to the queue: a killed worker left them as 'doing'."""
    del now
    session.execute(
        text(
            # A dead worker's row is pruned by the next one that starts, which leaves its jobs without a worker.
            "UPDATE procrastinate_jobs SET status = 'todo', worker_id = NULL WHERE status = 'doing' "
            "AND (worker_id IS NULL OR worker_id NOT IN (SELECT id FROM procrastinate_workers "
            "WHERE last_heartbeat > now() - interval '30 seconds'))"
        )
    )


def given_up(session: Session, of: Job) -> list[dict[str, Any]]:
    """The arguments of those runs of a job that failed for the last time; each is told once and then forgotten."""
    rows = session.execute(
        text("DELETE FROM procrastinate_jobs WHERE status = 'failed' AND task_name = :name RETURNING args"),
        {"name": of.task.name},
    )
    return [dict(row[0]) for row in rows]


def start_progress(
    session: Session, kind: str, owner_id: UUID, *, total: int, facts: dict[str, Any], now: datetime
) -> TaskProgress:
    """A row somebody can watch while a job works."""
    row = TaskProgress(
        kind=kind, owner_id=owner_id, facts=facts, state="waiting", total=total, created_at=now
    )
    session.add(row)
    session.flush()
    return row
