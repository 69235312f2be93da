"""Jobs and ticks. A job is deferred in the transaction that wants it; a tick runs in the worker every few seconds.

Delivery is at least once, so the effect of a job must be harmless when repeated: a UNIQUE key holds it.
The one file that touches procrastinate.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Concatenate, ParamSpec
from uuid import UUID

import procrastinate
import structlog
from flask import Flask
from procrastinate.tasks import Task
from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from foundation import clock
from foundation.database import DatabaseSource, db, psycopg_connection, transaction
from foundation.models import TaskProgress, WorkerSeen

P = ParamSpec("P")
log = structlog.get_logger()

queue = procrastinate.App(connector=procrastinate.SyncPsycopgConnector())
WORKER_STALE_SECONDS = 60
"""A worker not seen for this long counts as dead (`/readyz`, `flask doctor`)."""


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
        def run(context: procrastinate.JobContext, /, **arguments: Any) -> None:
            app: Flask = context.additional_context["app"]
            with app.app_context(), transaction() as session:
                work(session, clock.now(), **arguments)  # type: ignore[call-arg]  # arguments come from JSON

        retry = procrastinate.RetryStrategy(max_attempts=retries, exponential_wait=2)
        return Job(queue.task(name=name, retry=retry, lock=lock, pass_context=True)(run))

    return register


@dataclass(frozen=True)
class Job:
    """A job that can be deferred."""

    task: "Task[Any, Any, Any]"

    def defer(self, session: Session, **arguments: Any) -> None:
        """Queue a run in the session's own transaction: rolled back together, or not at all."""
        self.task.configure(connection=psycopg_connection(session)).defer(**arguments)


def run_worker(app: Flask, *, concurrency: int = 2, wait: bool = True) -> None:
    """Work off the queue and tick until stopped by a signal; with `wait=False` until the queue is empty."""
    source: DatabaseSource = app.extensions["database_source"]
    connector = procrastinate.PsycopgConnector(
        conninfo=source.application_dsn(), min_size=1, max_size=concurrency + 3
    )
    stop = threading.Event()
    ticker = threading.Thread(target=_tick_until, args=(app, stop), name="ticker", daemon=True)
    with queue.replace_connector(connector):
        if wait:
            ticker.start()
        try:
            queue.run_worker(
                concurrency=concurrency, wait=wait, additional_context={"app": app}, delete_jobs="successful"
            )
        finally:
            stop.set()
            if wait:
                ticker.join(timeout=10)


def _tick_until(app: Flask, stop: threading.Event) -> None:
    due = {tick.name: 0.0 for tick in TICKS}
    elapsed = 0.0
    while not stop.is_set():
        for tick in TICKS:
            if elapsed >= due[tick.name]:
                due[tick.name] = elapsed + tick.seconds
                run_tick(app, tick)
        stop.wait(1.0)
        elapsed += 1.0


def run_tick(app: Flask, tick: Tick) -> None:
    """Run one tick; a database that is away is logged and met again at the next."""
    try:
        with app.app_context(), transaction() as session:
            tick.work(session, clock.now())
    except SQLAlchemyError as problem:
        log.warning("tick failed", tick=tick.name, problem=type(problem).__name__)
        with app.app_context():
            db.session.remove()


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
            "UPDATE procrastinate_jobs SET status = 'todo', worker_id = NULL WHERE status = 'doing' "
            "AND worker_id IS NOT NULL AND worker_id NOT IN (SELECT id FROM procrastinate_workers "
            "WHERE last_heartbeat > now() - interval '30 seconds')"
        )
    )


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
