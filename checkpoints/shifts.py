"""Shifts of a checkpoint: who had the device from when to when, and its counts beside those of the server."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

PAGE: Final = 20
COUNTED: Final = (
    "scans",
    "green",
    "amber",
    "red",
    "blue",
    "passed",
    "turned_back",
    "held",
    "offline",
)
"""What is counted, in the order in which a sheet shows it."""

SEARCHED_BACK: Final = timedelta(days=30)
"""The hand-over before is looked for no further back; a device that lay still for a month begins anew."""

FIRST_SHIFT: Final = timedelta(days=7)
"""How far back the events of a shift are looked for that nobody took over."""

LATE: Final = timedelta(days=2)
"""Events that arrive longer after the hand-over than this are no longer counted by the server."""

SHIFTS = text(
    """
    SELECT c.*, before.officer AS who, before.changed_at AS began, before.time_low AS began_low,
        before.sequence AS first_sequence
    FROM (
        SELECT * FROM shift_change
        WHERE checkpoint = :checkpoint AND (CAST(:one AS uuid) IS NULL OR event_id = CAST(:one AS uuid))
        AND (CAST(:at AS timestamptz) IS NULL
            OR (received_at, event_id) < (CAST(:at AS timestamptz), CAST(:before AS uuid)))
        ORDER BY received_at DESC, event_id DESC
        LIMIT :limit
    ) AS c
    LEFT JOIN LATERAL (
        SELECT p.officer, p.changed_at, p.time_low, p.sequence FROM shift_change AS p
        WHERE p.checkpoint = c.checkpoint AND p.device_id = c.device_id AND p.event_id <> c.event_id
        AND p.changed_at <= c.changed_at AND p.received_at > c.received_at - CAST(:back AS interval)
        ORDER BY p.changed_at DESC, p.received_at DESC
        LIMIT 1
    ) AS before ON true
    ORDER BY c.received_at DESC, c.event_id DESC
    """
)
ON_DUTY = text(
    """
    SELECT * FROM (
        SELECT DISTINCT ON (device_id) device_id, officer, changed_at FROM shift_change
        WHERE checkpoint = :checkpoint AND received_at > :since AND device_id IS NOT NULL
        ORDER BY device_id, changed_at DESC
    ) AS newest ORDER BY changed_at DESC
    """
)
_OF_SHIFTS = """
    WITH shift AS MATERIALIZED (
        SELECT * FROM unnest(CAST(:ids AS uuid[]), CAST(:devices AS uuid[]), CAST(:afters AS int[]),
            CAST(:befores AS int[]), CAST(:begans AS timestamptz[]), CAST(:ends AS timestamptz[]),
            CAST(:firsts AS timestamptz[]), CAST(:lasts AS timestamptz[]))
            AS t (id, device, after, before, began, ended, first, last)
    ), made AS MATERIALIZED (
        SELECT shift.id, s.event_id, s.received_at, s.plate, s.number, s.level, s.verdict, s.offline, s.scanned_at
        FROM shift
        JOIN LATERAL (
            SELECT * FROM scan
            WHERE scan.checkpoint = :checkpoint AND scan.received_at >= shift.first AND scan.received_at < shift.last
            AND scan.received_at >= :least AND scan.received_at < :most AND scan.device_id = shift.device
            AND CASE WHEN scan.sequence IS NULL OR shift.before IS NULL OR (shift.after IS NULL AND shift.began IS NOT NULL)
                THEN scan.scanned_at < shift.ended AND (shift.began IS NULL OR scan.scanned_at >= shift.began)
                ELSE scan.sequence < shift.before AND scan.sequence > coalesce(shift.after, -1) END
        ) AS s ON true
    ), done AS MATERIALIZED (
        SELECT made.id, a.event_id, a.scan_id, a.action, a.reason, a.undoes, a.acted_at
        FROM made JOIN action AS a ON a.scan_id = made.event_id
        WHERE a.received_at >= :least AND a.received_at < :most
    ), standing AS MATERIALIZED (
        SELECT * FROM done WHERE action <> 'undone'
        AND event_id NOT IN (SELECT undoes FROM done WHERE undoes IS NOT NULL)
    )
"""
COUNTS = text(
    _OF_SHIFTS  # noqa: S608 - both parts are constants
    + """
    SELECT id, count(*) AS scans, count(*) FILTER (WHERE level = 'green') AS green,
        count(*) FILTER (WHERE level = 'amber') AS amber, count(*) FILTER (WHERE level = 'red') AS red,
        count(*) FILTER (WHERE level = 'blue') AS blue, count(*) FILTER (WHERE offline) AS offline,
        (SELECT count(*) FROM standing WHERE standing.id = made.id AND action = 'passed') AS passed,
        (SELECT count(*) FROM standing WHERE standing.id = made.id AND action = 'turned_back') AS turned_back,
        (SELECT count(*) FROM standing WHERE standing.id = made.id AND action = 'held') AS held
    FROM made GROUP BY id
    """
)
REFUSALS = text(
    _OF_SHIFTS  # noqa: S608 - both parts are constants
    + """
    SELECT made.event_id, made.plate, made.number, made.level, made.verdict, standing.action, standing.reason,
        standing.acted_at,
        EXISTS (SELECT FROM roadside_fact AS f WHERE f.unique_key = standing.event_id::text AND f.kind = 'refusal') AS told
    FROM standing JOIN made ON made.event_id = standing.scan_id
    WHERE standing.action IN ('turned_back', 'held')
    ORDER BY standing.acted_at, made.event_id
    """
)


@dataclass(frozen=True)
class Shift:
    """A shift that was handed over. `officer` and `began` are None for the first one of a device.

    `device` and `server` count events by the words of `COUNTED`; the server counts what had arrived until `until`.
    """

    event_id: UUID
    checkpoint: str
    device_id: UUID | None
    officer: str | None
    successor: str
    began: datetime | None
    ended: datetime
    note: str | None
    received_at: datetime
    until: datetime
    flags: tuple[str, ...]
    device: dict[str, int]
    server: dict[str, int]

    @property
    def missing(self) -> int:
        """Scans and actions that the device counted and that have not arrived."""
        kinds = ("scans", "passed", "turned_back", "held")
        return sum(max(0, self.device.get(name, 0) - self.server[name]) for name in kinds)


@dataclass(frozen=True)
class OnDuty:
    """Who has a device now, and since when by the device's clock."""

    device_id: UUID
    officer: str
    since: datetime


def shifts_of(
    session: Session,
    checkpoint: str,
    *,
    before: tuple[datetime, UUID] | None = None,
    now: datetime,
    limit: int = PAGE,
) -> list[Shift]:
    """The shifts of a checkpoint, the last one handed over first; `before`: when the last one seen arrived, its id."""
    at, last = before or (None, None)
    rows = _read(session, {"checkpoint": checkpoint, "one": None, "at": at, "before": last, "limit": limit})
    return _with_counts(session, checkpoint, rows, now)


def one_shift(session: Session, checkpoint: str, event_id: UUID, *, now: datetime) -> Shift | None:
    """The shift that ended with this hand-over; None when there is none at this checkpoint."""
    rows = _read(session, {"checkpoint": checkpoint, "one": event_id, "at": None, "before": None, "limit": 1})
    found = _with_counts(session, checkpoint, rows, now)
    return found[0] if found else None


def refusals_of(session: Session, shift: Shift, *, now: datetime) -> Sequence[Row[Any]]:
    """What was turned back or held in a shift and not undone: plate, number, level, verdict, action, reason (a word),
    acted_at, and whether the province was told."""
    rows = _read(
        session,
        {"checkpoint": shift.checkpoint, "one": shift.event_id, "at": None, "before": None, "limit": 1},
    )
    return session.execute(REFUSALS, _bounds(shift.checkpoint, rows, now)).all()


def on_duty(session: Session, checkpoint: str, *, now: datetime) -> list[OnDuty]:
    """Who took over last on each device of a checkpoint, within a month."""
    rows = session.execute(ON_DUTY, {"checkpoint": checkpoint, "since": now - SEARCHED_BACK})
    return [OnDuty(row.device_id, row.officer, row.changed_at) for row in rows]


def _read(session: Session, given: dict[str, Any]) -> Sequence[Row[Any]]:
    return session.execute(SHIFTS, {**given, "back": SEARCHED_BACK}).all()


def _with_counts(session: Session, checkpoint: str, rows: Sequence[Row[Any]], now: datetime) -> list[Shift]:
    if not rows:
        return []
    counted = session.execute(COUNTS, _bounds(checkpoint, rows, now))
    by_id = {row.id: {name: int(row._mapping[name]) for name in COUNTED} for row in counted}
    nothing = dict.fromkeys(COUNTED, 0)
    return [_shift(row, by_id.get(row.event_id, nothing), now) for row in rows]


def _shift(row: Row[Any], server: dict[str, int], now: datetime) -> Shift:
    return Shift(
        event_id=row.event_id,
        checkpoint=row.checkpoint,
        device_id=row.device_id,
        officer=row.who,
        successor=row.officer,
        began=row.began,
        ended=row.changed_at,
        note=row.note,
        received_at=row.received_at,
        until=min(now, row.received_at + LATE),
        flags=tuple(row.flags),
        device=dict(row.counts),
        server=server,
    )


def _bounds(checkpoint: str, rows: Sequence[Row[Any]], now: datetime) -> dict[str, Any]:
    """Which events belong to which shift: by the device's own count, else by its clock; and when they can have
    arrived, so that no more of a month is read than that."""
    firsts = [row.began_low or row.received_at - FIRST_SHIFT for row in rows]
    lasts = [row.received_at + LATE for row in rows]
    return {
        "checkpoint": checkpoint,
        "ids": [row.event_id for row in rows],
        "devices": [row.device_id for row in rows],
        "afters": [row.first_sequence for row in rows],
        "befores": [row.sequence for row in rows],
        "begans": [row.began for row in rows],
        "ends": [row.changed_at for row in rows],
        "firsts": firsts,
        "lasts": lasts,
        "least": max(min(firsts), now - timedelta(days=400)),
        "most": max(lasts),
    }
