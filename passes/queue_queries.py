"""Reads of the queue of a body: single applications and batches in one list, oldest first.

The applications of a batch are one item: they are not listed by themselves while they wait or are reviewed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    and_,
    exists,
    func,
    literal_column,
    or_,
    select,
    true,
    tuple_,
    union_all,
)
from sqlalchemy.orm import Session

from accounts.permissions import Actor
from accounts.public import Firm, Person
from passes.application_queries import DECIDED, PAGE
from passes.batch_models import Batch, BatchReview
from passes.batch_review_queries import undecided_of_item
from passes.models import Application
from passes.rules.moves import ApplicationState

Place = tuple[datetime, UUID]
"""Where a page of the queue begins: the time of submission and the id of the row before it."""
NEWEST_FIRST = frozenset({"returned", "decided"})
"""Parts of the queue that list applications only, also those of batches, the newest first."""

# Written out, because a plan that is made once for all values cannot use an index of some states.
_SUBMITTED = Application.state == literal_column("'submitted'")
_REVIEWED = Application.state == literal_column("'in_review'")
_SINGLE = Application.batch_id.is_(None)


@dataclass(frozen=True)
class BatchItem:
    """A batch as the queue shows it. `vehicles` counts the applications that are not decided yet."""

    batch_id: UUID
    slip: str
    file_name: str
    holder: str
    submitted_at: datetime
    taken_by: UUID | None
    lease_until: datetime | None
    by: str | None
    vehicles: int


@dataclass(frozen=True)
class SingleItem:
    """An application as the queue shows it, with the name of who has it or decided it."""

    application: Application
    by: str | None


Item = BatchItem | SingleItem


def place_of(item: Item) -> Place:
    """The key by which the queue is paged."""
    if isinstance(item, BatchItem):
        return item.submitted_at, item.batch_id
    found = item.application
    if found.submitted_at is None:
        raise ValueError("what was not handed in has no place in a queue")
    return found.submitted_at, found.id


@dataclass(frozen=True)
class QueueCounts:
    """The figures over an officer's queue; `waiting`, `mine` and `others` count items, as the lists do."""

    singles: int
    batches: int
    vehicles: int
    mine: int
    others: int
    returned: int
    oldest: datetime | None

    @property
    def waiting(self) -> int:
        """Applications and batches that wait to be taken."""
        return self.singles + self.batches


def queue_counts(session: Session, actor: Actor, now: datetime) -> QueueCounts:
    """What waits, what the officer holds, what others hold and what was returned, in one query."""
    counted = select(
        _single(_SUBMITTED, actor).scalar_subquery().label("submitted"),
        _single(_ran_out(actor, now), actor).scalar_subquery().label("ran_out"),
        _single(_is_mine(actor), actor).scalar_subquery().label("mine"),
        _single(_by_others(actor, now), actor).scalar_subquery().label("others"),
        _count(Application.state == ApplicationState.RETURNED, actor).scalar_subquery().label("returned"),
        _oldest(_SUBMITTED, actor).label("oldest_submitted"),
        _oldest(_ran_out(actor, now), actor).label("oldest_ran_out"),
    ).subquery()
    batches = _batch_counts(actor, now).subquery()
    row = session.execute(select(counted, batches).join(batches, true())).one()
    return QueueCounts(
        singles=row.submitted + row.ran_out,
        batches=row.batches,
        vehicles=row.vehicles or 0,
        mine=row.mine + row.my_batches,
        others=row.others + row.others_batches,
        returned=row.returned,
        oldest=min(filter(None, (row.oldest_submitted, row.oldest_ran_out, row.oldest_batch)), default=None),
    )


def _count(condition: ColumnElement[bool], actor: Actor) -> Select[int]:
    counted = select(func.count()).select_from(Application)
    return counted.where(Application.body_id == actor.body_id, condition)


def _single(condition: ColumnElement[bool], actor: Actor) -> Select[int]:
    return _count(condition, actor).where(_SINGLE)


def _oldest(condition: ColumnElement[bool], actor: Actor) -> Any:
    """The first of the index, which a minimum over a filter would not be."""
    first = select(Application.submitted_at).where(Application.body_id == actor.body_id, _SINGLE, condition)
    return first.order_by(Application.submitted_at, Application.id).limit(1).scalar_subquery()


def _batch_counts(actor: Actor, now: datetime) -> Select[*tuple[Any, ...]]:
    vehicles = _vehicles()
    waits = _batch_waits(actor, now)
    return (
        select(
            func.count().filter(waits).label("batches"),
            func.sum(vehicles.c.count).filter(waits).label("vehicles"),
            func.count().filter(BatchReview.taken_by == actor.id).label("my_batches"),
            func.count().filter(_batch_by_others(actor, now)).label("others_batches"),
            func.min(BatchReview.submitted_at).filter(waits).label("oldest_batch"),
        )
        .select_from(BatchReview)
        .join(vehicles, true())
        .where(BatchReview.body_id == actor.body_id, BatchReview.finished_at.is_(None), vehicles.c.count > 0)
    )


def _vehicles() -> Any:
    """How many applications of an item are not decided yet."""
    return (
        select(func.count().label("count"))
        .select_from(Application)
        .where(*undecided_of_item())
        .lateral("vehicles")
    )


def _ran_out(actor: Actor, now: datetime) -> ColumnElement[bool]:
    """Taken by a colleague whose lease has run out: open to be taken."""
    return and_(_REVIEWED, Application.taken_by != actor.id, Application.lease_until <= now)


def _is_mine(actor: Actor) -> ColumnElement[bool]:
    return and_(_REVIEWED, Application.taken_by == actor.id)


def _by_others(actor: Actor, now: datetime) -> ColumnElement[bool]:
    return and_(_REVIEWED, Application.taken_by != actor.id, Application.lease_until > now)


def _batch_waits(actor: Actor, now: datetime) -> ColumnElement[bool]:
    ran_out = and_(BatchReview.taken_by != actor.id, BatchReview.lease_until <= now)
    return or_(BatchReview.taken_by.is_(None), ran_out)


def _batch_by_others(actor: Actor, now: datetime) -> ColumnElement[bool]:
    return and_(BatchReview.taken_by != actor.id, BatchReview.lease_until > now)


def queue_items(
    session: Session,
    actor: Actor,
    part: str,
    now: datetime,
    *,
    after: Place | None = None,
    limit: int = PAGE,
) -> list[Item]:
    """A part of the queue of the officer's body; one item more than a page when there is a next page.

    `waiting`, `mine` and `others` are oldest first with batches among the applications; `returned` and `decided`
    list applications only, newest first.
    """
    singles = queue_page(session, actor, part, now, after=after, limit=limit)
    items: list[Item] = [SingleItem(row[0], row[1]) for row in singles]
    if part in NEWEST_FIRST:
        return items
    items += batch_items(session, actor, part, now, after=after, limit=limit)
    return sorted(items, key=place_of)[: limit + 1]


def queue_page(
    session: Session,
    actor: Actor,
    part: str,
    now: datetime,
    *,
    after: Place | None = None,
    limit: int = PAGE,
) -> Sequence[Row[Application, str | None]]:
    """The single applications of a part with the name of who has each; one more than a page if there is one."""
    newest_first = part in NEWEST_FIRST
    key = (Application.submitted_at, Application.id)
    order: tuple[Any, ...] = tuple(column.desc() for column in key) if newest_first else key
    where = [Application.body_id == actor.body_id]
    if not newest_first:
        where.append(_SINGLE)
    if after is not None:
        where.append(tuple_(*key) < after if newest_first else tuple_(*key) > after)
    firsts = [
        select(select(Application.id).where(*where, one).order_by(*order).limit(limit + 1).subquery().c.id)
        for one in _streams(part, actor, now)
    ]
    who = func.coalesce(Application.taken_by, Application.decided_by)
    statement = (
        select(Application, Person.name)
        .join(Person, Person.id == who, isouter=True)
        .where(Application.id.in_(union_all(*firsts)))
    )
    return session.execute(statement.order_by(*order).limit(limit + 1)).all()


def _streams(part: str, actor: Actor, now: datetime) -> tuple[ColumnElement[bool], ...]:
    """The conditions of a part, each of which the index gives in order; asked for together they would be sorted whole."""
    streams: Mapping[str, tuple[ColumnElement[bool], ...]] = {
        "waiting": (_SUBMITTED, _ran_out(actor, now)),
        "mine": (_is_mine(actor),),
        "others": (_by_others(actor, now),),
        "returned": (Application.state == ApplicationState.RETURNED,),
        "decided": tuple(Application.state == state for state in DECIDED),
    }
    return streams[part]


def batch_items(
    session: Session,
    actor: Actor,
    part: str,
    now: datetime,
    *,
    after: Place | None = None,
    limit: int = PAGE,
) -> list[BatchItem]:
    """The batches of a part (`waiting`, `mine`, `others`), oldest first; one more than a page if there is one."""
    parts: dict[str, ColumnElement[bool]] = {
        "waiting": _batch_waits(actor, now),
        "mine": BatchReview.taken_by == actor.id,
        "others": _batch_by_others(actor, now),
    }
    statement = _batches().where(
        BatchReview.body_id == actor.body_id, BatchReview.finished_at.is_(None), parts[part]
    )
    if after is not None:
        statement = statement.where(tuple_(BatchReview.submitted_at, BatchReview.batch_id) > after)
    order = (BatchReview.submitted_at, BatchReview.batch_id)
    return [BatchItem(*row) for row in session.execute(statement.order_by(*order).limit(limit + 1))]


def _batches() -> Select[*tuple[Any, ...]]:
    officer, sender = Person.__table__.alias("officer"), Person.__table__.alias("sender")
    vehicles = _vehicles()
    return (
        select(
            BatchReview.batch_id,
            Batch.slip,
            Batch.file_name,
            func.coalesce(Firm.name, sender.c.name, ""),
            BatchReview.submitted_at,
            BatchReview.taken_by,
            BatchReview.lease_until,
            officer.c.name,
            vehicles.c.count,
        )
        .join(Batch, Batch.id == BatchReview.batch_id)
        .join(Firm, Firm.id == Batch.firm_id, isouter=True)
        .join(sender, sender.c.id == Batch.person_id, isouter=True)
        .join(officer, officer.c.id == BatchReview.taken_by, isouter=True)
        .join(vehicles, true())
        .where(vehicles.c.count > 0)
    )


def oldest_waiting(session: Session, actor: Actor, now: datetime, *, hold: bool = False) -> Place | None:
    """The single application that has waited longest; with `hold` one that nobody is taking, whose row is then held."""
    streams = (_SUBMITTED, _ran_out(actor, now))
    return min(filter(None, (_oldest_single(session, actor, one, hold) for one in streams)), default=None)


def _oldest_single(
    session: Session, actor: Actor, condition: ColumnElement[bool], hold: bool
) -> Place | None:
    statement = (
        select(Application.submitted_at, Application.id)
        .where(Application.body_id == actor.body_id, _SINGLE, condition)
        .order_by(Application.submitted_at, Application.id)
        .limit(1)
    )
    return _first(session, statement.with_for_update(skip_locked=True) if hold else statement)


def oldest_batch_waiting(
    session: Session, actor: Actor, now: datetime, *, hold: bool = False
) -> Place | None:
    """The batch that has waited longest; with `hold` one that nobody is taking, whose row is then held."""
    statement = (
        select(BatchReview.submitted_at, BatchReview.batch_id)
        .where(
            BatchReview.body_id == actor.body_id,
            BatchReview.finished_at.is_(None),
            _batch_waits(actor, now),
            exists().where(*undecided_of_item()),
        )
        .order_by(BatchReview.submitted_at, BatchReview.batch_id)
        .limit(1)
    )
    return _first(session, statement.with_for_update(skip_locked=True) if hold else statement)


def _first(session: Session, statement: Select[*tuple[Any, ...]]) -> Place | None:
    row = session.execute(statement).one_or_none()
    return (row[0], row[1]) if row else None
