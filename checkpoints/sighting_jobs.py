"""Ticks and jobs over scans: passes seen where they cannot be, and how well printed codes could be read."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import current_app
from sqlalchemy import event
from sqlalchemy.orm import Session

from checkpoints.print_quality import count_reads
from checkpoints.sightings import find_sightings
from foundation.jobs import every, job

OVERLAP = timedelta(minutes=2)
"""An upload carries the time at which it began and can be seen only once it has ended: no upload takes this long."""
AFTER_A_START = timedelta(days=2)
"""How far a worker looks back on its first run: what arrived while none was running."""


@dataclass
class _LastLook:
    """When this process last looked and what it found was kept."""

    at: datetime | None = None


@every(seconds=10)
def look_for_sightings(session: Session, now: datetime) -> None:
    """Find passes that were seen where they cannot be; the next list tells every scanner."""
    last: _LastLook = current_app.extensions.setdefault("checkpoints.sightings", _LastLook())
    find_sightings(session, since=last.at - OVERLAP if last.at else now - AFTER_A_START, now=now)

    @event.listens_for(session, "after_commit", once=True)
    def kept(_: Session) -> None:
        last.at = now


@job("checkpoints.print_quality", lock="checkpoints.print_quality")
def count_print_quality(session: Session, now: datetime) -> None:
    """Count how well codes were read today and yesterday."""
    count_reads(session, now=now)


@every(seconds=900)
def want_print_quality(session: Session, now: datetime) -> None:
    """Have the reads counted; never twice in the queue."""
    del now
    count_print_quality.defer_once(session)
