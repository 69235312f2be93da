"""The watch list: passes that were seen where they cannot be; every scanner hears of them with its next list."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select, text
from sqlalchemy.orm import Session

from passes.ledgers import PassWatch

PUT = text(
    """
    INSERT INTO pass_watch (number, reason, since, until)
    SELECT DISTINCT ON (w.number) w.number, w.reason, :now, w.until
    FROM unnest(CAST(:numbers AS bpchar[]), CAST(:reasons AS text[]), CAST(:untils AS timestamptz[]))
        AS w (number, reason, until)
    JOIN pass_number AS n ON n.number = w.number
    WHERE w.until > :now
    ORDER BY w.number, w.until DESC
    ON CONFLICT (number) DO UPDATE
    SET until = greatest(pass_watch.until, excluded.until),
        since = CASE WHEN pass_watch.until <= :now THEN excluded.since ELSE pass_watch.since END,
        reason = CASE WHEN pass_watch.until <= :now THEN excluded.reason ELSE pass_watch.reason END
    """
)
"""In the order of the numbers, so that two workers cannot wait for each other; numbers that are none of ours are left
out, for our list says nothing of them."""


@dataclass(frozen=True)
class Watch:
    """A pass to be watched, why (a word of the room that asks), and until when (aware)."""

    number: str
    reason: str
    until: datetime


def watch_pass(session: Session, number: str, reason: str, until: datetime, *, now: datetime) -> None:
    """Have every scanner say `seen_elsewhere` of a pass until then. Asked again, the later end counts."""
    watch_passes(session, [Watch(number, reason, until)], now=now)


def watch_passes(session: Session, watches: Sequence[Watch], *, now: datetime) -> None:
    """The same for many at once."""
    if not watches:
        return
    given = {
        "numbers": [one.number for one in watches],
        "reasons": [one.reason for one in watches],
        "untils": [one.until for one in watches],
        "now": now,
    }
    session.execute(PUT, given)


def unwatch_pass(session: Session, number: str) -> None:
    """End the watch on a pass; nothing happens when there is none."""
    session.execute(delete(PassWatch).where(PassWatch.number == number))


def watched_until(session: Session, number: str, *, now: datetime) -> datetime | None:
    """When the watch on a pass ends; None when it is not watched."""
    return session.scalar(select(PassWatch.until).where(PassWatch.number == number, PassWatch.until > now))


def watched_numbers(session: Session, *, now: datetime) -> list[str]:
    """Every pass that is watched now, in order."""
    current = select(PassWatch.number).where(PassWatch.until > now)
    return list(session.scalars(current.order_by(PassWatch.number)))


def drop_ended_watches(session: Session, *, now: datetime) -> None:
    """Forget watches that are over."""
    session.execute(delete(PassWatch).where(PassWatch.until <= now))
