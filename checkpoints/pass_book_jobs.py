"""The job that keeps pass books up to date, and the tick that orders it."""

import time
from datetime import datetime

import structlog
from sqlalchemy.orm import Session

from checkpoints.pass_books import build_pass_books
from foundation.jobs import every, job

EVERY_SECONDS = 600
"""A pass that was issued since is no stranger: its code says all, and the status list tells which have ended."""
log = structlog.get_logger()


@job("checkpoints.build_pass_books", lock="checkpoints.pass_books")
def build_books(session: Session, now: datetime) -> None:
    """Build every book; repeated, it changes nothing."""
    started = time.perf_counter()
    built = build_pass_books(session, now=now)
    log.info(
        "pass books built",
        passes=built.passes,
        books=built.books,
        written=built.written,
        seconds=round(time.perf_counter() - started, 2),
    )


# Not within the tick itself: all ticks share one thread, and the status list must not wait for some hundred thousand rows.
@every(seconds=EVERY_SECONDS)
def order_books(session: Session, now: datetime) -> None:
    """Have the books built by the queue."""
    del now
    build_books.defer_once(session)
