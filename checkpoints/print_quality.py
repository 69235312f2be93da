"""How well the printed codes of each body could be read: the unused error correction that readers report.

A code that is read with hardly any of it left is the next one that can't be read at all. No officer at the barrier
can do anything about a printer; the body that prints can.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, text, true
from sqlalchemy.orm import Session

from accounts.permissions import Actor, Permission, area_prefix
from accounts.public import Body
from checkpoints.models import PrintQuality
from checkpoints.statistics import WEAK, day_of, start_of

DAYS: Final = 30
"""What the page looks back on; the last seven of them are compared with the rest."""
LATELY: Final = 7
ENOUGH: Final = 20
"""Reads below which a share says nothing."""
OFTEN: Final = 0.2
SOMETIMES: Final = 0.05
"""Shares of weak reads from which the printing, or a part of it, is at fault. Folds and dirt spoil some of every
printer's codes: in the trials of damaged prints (research of codes, 4.2) one in twenty."""

COUNT = text(
    """
    INSERT INTO print_quality (body_id, day, reads, weak, uec_sum)
    SELECT p.body_id, CAST(s.received_at AT TIME ZONE 'Asia/Shanghai' AS date) AS day, count(*),
        count(*) FILTER (WHERE s.uec < :weak), sum(s.uec)
    FROM scan AS s
    JOIN pass AS p ON p.plate = s.plate AND p.number = CAST(s.number AS bpchar)
    WHERE s.received_at >= :since AND s.received_at <= :now AND s.uec IS NOT NULL
    AND s.means IN ('camera', 'picture')
    AND s.verdict NOT IN ('malformed', 'not_canonical', 'key_revoked', 'bad_signature', 'never_issued')
    GROUP BY 1, 2
    ORDER BY 1, 2
    ON CONFLICT (body_id, day) DO UPDATE
    SET reads = excluded.reads, weak = excluded.weak, uec_sum = excluded.uec_sum
    """
)
"""By the day on which a read arrived, so a day that is over changes no more."""


@dataclass(frozen=True)
class Quality:
    """Reads of a body's codes: how many, how many of them weak, the mean unused error correction (0 to 1)."""

    reads: int
    weak: int
    uec: float

    @property
    def share(self) -> float:
        """Weak reads among all."""
        return self.weak / self.reads

    @property
    def advice(self) -> str:
        """What to do: "few" (too few reads to say), "good", "sometimes", "often"."""
        if self.reads < ENOUGH:
            return "few"
        if self.share >= OFTEN:
            return "often"
        return "sometimes" if self.share >= SOMETIMES else "good"


@dataclass(frozen=True)
class OfBody:
    """A body with its reads of `DAYS` days, and those of the last `LATELY` days where there are any."""

    body: Body
    whole: Quality
    lately: Quality | None


def count_reads(session: Session, *, now: datetime) -> None:
    """Count today and yesterday anew; the days before are settled."""
    session.execute(COUNT, {"weak": WEAK, "since": start_of(day_of(now) - timedelta(days=1)), "now": now})


def bodies_read(session: Session, actor: Actor, *, now: datetime) -> list[OfBody]:
    """The bodies a party sees whose codes were read, the worst first."""
    today = day_of(now)
    recent = PrintQuality.day > today - timedelta(days=LATELY)
    sums = (func.sum(PrintQuality.reads), func.sum(PrintQuality.weak), func.sum(PrintQuality.uec_sum))
    rows = session.execute(
        select(Body, *sums, *(total.filter(recent) for total in sums))
        .join(PrintQuality, PrintQuality.body_id == Body.id)
        .where(_seen_by(actor), PrintQuality.day > today - timedelta(days=DAYS))
        .group_by(Body.id)
    ).all()
    found = [OfBody(row[0], _quality(*row[1:4]), _quality(*row[4:7]) if row[4] else None) for row in rows]
    return sorted(found, key=lambda one: (one.whole.reads < ENOUGH, -one.whole.share, one.body.code))


def body_read(session: Session, actor: Actor, code: str) -> Body | None:
    """A body by its code; None when there is none or the party may not see it."""
    return session.scalar(select(Body).where(Body.code == code, _seen_by(actor)))


def days_of(session: Session, body_id: UUID, *, now: datetime) -> Sequence[tuple[date, Quality]]:
    """The days of a body on which its codes were read, newest first."""
    rows = session.scalars(
        select(PrintQuality)
        .where(PrintQuality.body_id == body_id, PrintQuality.day > day_of(now) - timedelta(days=DAYS))
        .order_by(PrintQuality.day.desc())
    )
    return [(row.day, _quality(row.reads, row.weak, row.uec_sum)) for row in rows]


def _seen_by(actor: Actor) -> ColumnElement[bool]:
    """Command sees the bodies of its area, everybody else the own one."""
    if not actor.may(Permission.AUDIT_READ):
        return Body.id == actor.body_id
    return Body.area.startswith(area_prefix(actor.area)) if actor.area else ~true()


def _quality(reads: Any, weak: Any, uec_sum: Any) -> Quality:
    return Quality(int(reads), int(weak), float(uec_sum) / int(reads))
