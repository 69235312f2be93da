"""Whether the product works: checks that `/readyz` and `flask doctor` share."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from foundation.jobs import WORKER_STALE_SECONDS
from foundation.models import WorkerSeen
from foundation.schema import at_head

Probe = Callable[[Session, datetime], str | None]


@dataclass(frozen=True)
class Finding:
    """One check: `problem` is a short code when it failed."""

    check: str
    problem: str | None


def probes() -> dict[str, Probe]:
    """What must hold before a request can be served well."""
    return {
        "migrations": lambda session, now: None if at_head(session) else "not_at_head",
        "worker": _worker,
    }


def look(session: Session, now: datetime) -> Iterator[Finding]:
    """Run every probe; one that cannot be run has failed."""
    for name, probe in probes().items():
        try:
            yield Finding(name, probe(session, now))
        except SQLAlchemyError:
            session.rollback()
            yield Finding(name, "unreadable")


def _worker(session: Session, now: datetime) -> str | None:
    seen = session.scalar(select(WorkerSeen.at))
    if seen is None or now - seen > timedelta(seconds=WORKER_STALE_SECONDS):
        return "not_seen"
    return None
