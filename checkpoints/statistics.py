"""Figures over scans, and the rows behind each of them: of a checkpoint on a day, and of a pass."""

from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, Text, case, cast, exists, func, select, tuple_
from sqlalchemy.orm import Session, aliased

from checkpoints.facts import REFUSAL
from checkpoints.models import Action, RoadsideFact, Scan
from checkpoints.queries import PAGE, ScanLine, find_scan, with_actions
from checkpoints.rules import REFUSALS, RoadsideAction
from foundation.clock import SHOWN_IN

Key = TypeVar("Key", bound=Hashable)

WEAK: Final = 0.3
"""A read with less unused error correction than this asks for a new print (research of codes, 6.6)."""

ACTION_BEFORE: Final = timedelta(days=1)
ACTION_AFTER: Final = timedelta(days=2)
"""An action is looked for so long before and after its scan arrived: one phone sends both, in either order."""

TRUSTED_SPAN: Final = timedelta(minutes=10)
"""A scan whose time is less certain than this says nothing of how long it waited."""

BITS: Final = {
    RoadsideAction.PASSED.value: 1,
    RoadsideAction.TURNED_BACK.value: 2,
    RoadsideAction.HELD.value: 4,
}
"""What was done after a scan, as bits: a truck may be held first and pass then, and is a scan of both."""

NONE_RECORDED: Final = "none"
REFUSED_GOOD: Final = "refused"
OFFLINE: Final = "offline"
CORRECTED: Final = "corrected"
FLAGGED: Final = "flagged"
WEAKLY_READ: Final = "weak"
ONLY: Final = (*BITS, NONE_RECORDED, REFUSED_GOOD, OFFLINE, CORRECTED, FLAGGED, WEAKLY_READ)
"""What rows can be asked for besides a level: what was done, or not; refusals of vehicles that may go on, which the
province was told of; read without a network; judged otherwise by the server; marked; hardly readable."""


def day_of(moment: datetime) -> date:
    """The day of a moment in Beijing time."""
    return moment.astimezone(SHOWN_IN).date()


def start_of(day: date) -> datetime:
    """When a day of Beijing time begins, aware."""
    return datetime.combine(day, datetime.min.time(), SHOWN_IN).astimezone(UTC)


@dataclass(frozen=True)
class OfDay:
    """The scans of a checkpoint that arrived on a day (Beijing time). A day that is over changes no more."""

    checkpoint: str
    day: date

    @property
    def start(self) -> datetime:
        """When the day begins, aware."""
        return start_of(self.day)

    @property
    def end(self) -> datetime:
        """When the next day begins, aware."""
        return self.start + timedelta(days=1)

    def conditions(self) -> list[Any]:
        """What a scan must fulfil."""
        return [
            Scan.checkpoint == self.checkpoint,
            Scan.received_at >= self.start,
            Scan.received_at < self.end,
        ]

    def near(self, action: Any) -> list[Any]:
        """What an action of such a scan fulfils: it keeps the reader off other months."""
        return [
            action.received_at >= self.start - ACTION_BEFORE,
            action.received_at < self.end + ACTION_AFTER,
        ]


@dataclass(frozen=True)
class OfPass:
    """All scans of a pass."""

    plate: str
    number: str

    def conditions(self) -> list[Any]:
        """What a scan must fulfil; the plate begins the key."""
        return [Scan.plate == self.plate, Scan.number == self.number]

    def near(self, action: Any) -> list[Any]:
        """Nothing more: a pass has few scans, and each action is found by its scan."""
        del action
        return []


Selection = OfDay | OfPass


@dataclass(frozen=True)
class Figures:
    """Counts of scans; `delays` are the median and 95th percentile in seconds from scan to arrival, None without any.

    `levels`, `verdicts` (level, verdict), `actions`, `means` and `flags` count scans by their words. `uec` is the mean
    unused error correction of `reads` codes, of which `weak` had less than `WEAK`.
    """

    scans: int
    levels: dict[str, int]
    verdicts: dict[tuple[str, str], int]
    actions: dict[str, int]
    acted: int
    refused_good: int
    offline: int
    corrected: int
    delays: tuple[float, float] | None
    reads: int
    weak: int
    uec: float | None
    means: dict[str, int]
    flags: dict[str, int]

    @property
    def unrecorded(self) -> int:
        """Scans after which nothing was recorded, or all of it was undone."""
        return self.scans - self.acted


def figures(session: Session, of: Selection) -> Figures:
    """Everything a page of scans counts: five reads, each over the rows of the selection alone."""
    rows = session.execute(_counts(of)).all()
    reads = sum(row.reads for row in rows)
    actions, acted = _actions(session, of)
    refused = select(func.count()).select_from(_refused(of).subquery())
    return Figures(
        scans=sum(row.scans for row in rows),
        levels=_sums(rows, lambda row: str(row.level)),
        verdicts=_sums(rows, lambda row: (str(row.level), str(row.verdict))),
        actions=actions,
        acted=acted,
        refused_good=session.scalar(refused) or 0,
        offline=sum(row.offline for row in rows),
        corrected=sum(row.corrected for row in rows),
        delays=_delays(session, of),
        reads=reads,
        weak=sum(row.weak for row in rows),
        uec=sum(row.uec or 0 for row in rows) / reads if reads else None,
        means=_sums([row for row in rows if row.means], lambda row: str(row.means)),
        flags=_flags(session, of),
    )


def _sums(rows: Sequence[Row[Any]], key: Callable[[Row[Any]], Key]) -> dict[Key, int]:
    found: Counter[Key] = Counter()
    for row in rows:
        found[key(row)] += row.scans
    return dict(found.most_common())


def _counts(of: Selection) -> Select[*tuple[Any, ...]]:
    return (
        select(
            Scan.level,
            Scan.verdict,
            Scan.means,
            func.count().label("scans"),
            func.count().filter(Scan.offline).label("offline"),
            func.count(Scan.server_verdict).label("corrected"),
            func.count(Scan.uec).label("reads"),
            func.count().filter(Scan.uec < WEAK).label("weak"),
            func.sum(Scan.uec).label("uec"),
        )
        .where(*of.conditions())
        .group_by(Scan.level, Scan.verdict, Scan.means)
    )


def _delays(session: Session, of: Selection) -> tuple[float, float] | None:
    """Median and 95th percentile of the seconds until a scan arrived, where its time is known."""
    waited = func.greatest(func.extract("epoch", Scan.received_at - Scan.time_low), 0)
    shares = func.percentile_cont([0.5, 0.95]).within_group(waited)
    certain = Scan.time_high - Scan.time_low < TRUSTED_SPAN
    found = session.scalar(select(shares).where(*of.conditions(), certain))
    return (float(found[0]), float(found[1])) if found else None


def _flags(session: Session, of: Selection) -> dict[str, int]:
    flag = func.unnest(Scan.flags).label("flag")
    marked = select(flag).where(*of.conditions(), func.cardinality(Scan.flags) > 0).subquery()
    rows = session.execute(select(marked.c.flag, func.count().label("scans")).group_by(marked.c.flag))
    return {row.flag: row.scans for row in rows}


def _actions(session: Session, of: Selection) -> tuple[dict[str, int], int]:
    """For each action the scans after which it was done and not undone; and the scans with any."""
    done = (
        select(Action.scan_id, Action.event_id, Action.action, Action.undoes)
        .join(Scan, Scan.event_id == Action.scan_id)
        .where(*of.conditions(), *of.near(Action))
        # Read once: the same rows tell what was done and what was undone.
        .cte("done")
        .prefix_with("MATERIALIZED", dialect="postgresql")
    )
    undone = select(done.c.undoes).where(done.c.undoes.is_not(None))
    bit = case(BITS, value=done.c.action)
    of_scan = (
        select(func.bit_or(bit).label("bits"))
        .where(done.c.action.in_(sorted(BITS)), done.c.event_id.not_in(undone))
        .group_by(done.c.scan_id)
        .subquery()
    )
    rows = session.execute(select(of_scan.c.bits, func.count().label("scans")).group_by(of_scan.c.bits)).all()
    by_action = {action: sum(row.scans for row in rows if row.bits & place) for action, place in BITS.items()}
    return by_action, sum(row.scans for row in rows)


def _standing(of: Selection, actions: Sequence[str]) -> ColumnElement[bool]:
    """Whether one of these actions was done after the scan and not undone."""
    taken_back = aliased(Action)
    undone = exists().where(
        taken_back.scan_id == Action.scan_id, taken_back.undoes == Action.event_id, *of.near(taken_back)
    )
    return exists().where(
        Action.scan_id == Scan.event_id, Action.action.in_(actions), *of.near(Action), ~undone
    )


def _refused(of: Selection) -> Select[UUID]:
    """Ids of the scans whose vehicle might have gone on and was turned back or held: what the province was told of."""
    taken_back = aliased(Action)
    undone = exists().where(taken_back.scan_id == Action.scan_id, taken_back.undoes == Action.event_id)
    told = exists().where(
        RoadsideFact.unique_key == cast(Action.event_id, Text), RoadsideFact.kind == REFUSAL
    )
    return (
        select(Scan.event_id)
        .join(Action, Action.scan_id == Scan.event_id)
        .where(*of.conditions(), *of.near(Action), Action.action.in_(sorted(REFUSALS)), told, ~undone)
        .distinct()
    )


@dataclass(frozen=True)
class Filter:
    """Which rows of a selection a page lists: of a level, and `only` one of `ONLY`."""

    level: str | None = None
    only: str | None = None


def rows_of(
    session: Session, of: Selection, wanted: Filter, *, before: UUID | None = None, limit: int = PAGE
) -> list[ScanLine]:
    """The scans of a selection, newest first, a page at a time; `before` is the id of the last one seen."""
    statement = select(Scan).where(*of.conditions())
    if wanted.level is not None:
        statement = statement.where(Scan.level == wanted.level)
    if wanted.only is not None:
        statement = statement.where(_only(of, wanted.only))
    last = find_scan(session, before) if before else None
    if last is not None:
        older = tuple_(Scan.received_at, Scan.event_id) < (last.received_at, last.event_id)
        statement = statement.where(older)
    ordered = statement.order_by(Scan.received_at.desc(), Scan.event_id.desc()).limit(limit)
    return with_actions(session, session.scalars(ordered).all())


def newest_day(session: Session, checkpoint: str, *, before: datetime) -> date | None:
    """The last day before a moment on which scans of a checkpoint arrived."""
    newest = select(func.max(Scan.received_at)).where(
        Scan.checkpoint == checkpoint, Scan.received_at < before
    )
    found = session.scalar(newest)
    return day_of(found) if found else None


def _only(of: Selection, only: str) -> ColumnElement[bool]:
    if only in BITS:
        return _standing(of, [only])
    plain: dict[str, ColumnElement[bool]] = {
        NONE_RECORDED: ~_standing(of, sorted(BITS)),
        REFUSED_GOOD: Scan.event_id.in_(_refused(of)),
        OFFLINE: Scan.offline.is_(True),
        CORRECTED: Scan.server_verdict.is_not(None),
        FLAGGED: func.cardinality(Scan.flags) > 0,
        WEAKLY_READ: Scan.uec < WEAK,
    }
    return plain[only]
