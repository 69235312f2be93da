"""What an officer does with a batch as a whole: take it, keep it, give it back. One lease for all of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, and_, or_, select, update
from sqlalchemy.orm import Session, aliased

from accounts.permissions import Actor, Permission
from audit.public import record, record_many
from foundation.models import TaskProgress
from foundation.problems import DomainProblem, NotFound
from passes.batch_models import BatchReview
from passes.models import Application
from passes.queue_queries import oldest_batch_waiting, oldest_waiting
from passes.rules.applying import LEASE, AlreadyTaken
from passes.rules.moves import ApplicationAction, ApplicationState
from passes.service.applications import name_of
from passes.service.batch_items import waiting_of
from passes.service.reviewing import Taken, take

UNFINISHED_RUN = ("waiting", "running")
RENEWED_AFTER = timedelta(minutes=5)
"""A lease younger than this is not renewed: renewing writes every application of the batch."""


@dataclass(frozen=True)
class TakenBatch:
    """A taken batch: how many applications came with it, and whose lease had run out, if anybody's had."""

    batch_id: UUID
    taken: int
    was_with: str


def take_next(session: Session, actor: Actor, *, now: datetime) -> Taken | TakenBatch | None:
    """Take what has waited longest at the body, an application or a batch; None when nothing waits.

    Looked at first and held afterwards: who held the first of both kinds would hide one from a colleague.
    """
    batch, single = oldest_batch_waiting(session, actor, now), oldest_waiting(session, actor, now)
    batch_first = batch is not None and (single is None or batch < single)
    for take_one in (_next_batch, _next_single) if batch_first else (_next_single, _next_batch):
        taken = take_one(session, actor, now)
        if taken is not None:
            return taken
    return None


def _next_single(session: Session, actor: Actor, now: datetime) -> Taken | None:
    held = oldest_waiting(session, actor, now, hold=True)
    return take(session, actor, held[1], now=now) if held else None


def _next_batch(session: Session, actor: Actor, now: datetime) -> TakenBatch | None:
    held = oldest_batch_waiting(session, actor, now, hold=True)
    return take_batch(session, actor, held[1], now=now) if held else None


def take_batch(session: Session, actor: Actor, batch_id: UUID, *, now: datetime) -> TakenBatch:
    """Take all that waits of a batch: of any number of officers at the same instant exactly one gets it.

    Whoever has it already keeps it with a new lease, and gets what came back to it meanwhile. Raises `NotFound`,
    `NotAllowed` for a batch of which nothing waits, and `AlreadyTaken` with the name of the officer who has it.
    """
    if not actor.may(Permission.APPLICATION_REVIEW):
        raise DomainProblem("permission.missing", permission=str(Permission.APPLICATION_REVIEW))
    had = _take_item(session, actor, batch_id, now)
    other = had if had != actor.id else None
    rows = _take_applications(session, actor, batch_id, now)
    _record_taken(session, actor, rows, now)
    if had != actor.id:
        facts = {"body": str(actor.body_id), "applications": len(rows), "from": str(other) if other else None}
        record(session, actor, "batch:take", "batch", batch_id, now=now, facts=facts)
    return TakenBatch(batch_id, len(rows), name_of(session, other))


def _take_item(session: Session, actor: Actor, batch_id: UUID, now: datetime) -> UUID | None:
    """Make the item the officer's; who had it before."""
    before = aliased(BatchReview)
    row = session.execute(
        update(BatchReview)
        .where(
            *_item(actor, batch_id),
            BatchReview.batch_id == before.batch_id,
            BatchReview.body_id == before.body_id,
            BatchReview.finished_at.is_(None),
            or_(
                BatchReview.taken_by.is_(None),
                BatchReview.taken_by == actor.id,
                BatchReview.lease_until <= now,
            ),
        )
        .values(taken_by=actor.id, lease_until=now + LEASE)
        .returning(before.taken_by)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    if row is None:
        raise _not_taken(session, actor, batch_id)
    taken_by: UUID | None = row[0]
    return taken_by


def _item(actor: Actor, batch_id: UUID) -> tuple[ColumnElement[bool], ...]:
    return BatchReview.batch_id == batch_id, BatchReview.body_id == actor.body_id


def _not_taken(session: Session, actor: Actor, batch_id: UUID) -> DomainProblem:
    """Why the update found no row: unknown or foreign, decided already, or somebody has it."""
    found = find_item(session, actor, batch_id)
    if found.finished_at is not None:
        return DomainProblem("batch.decided")
    return AlreadyTaken(ApplicationAction.TAKE, name_of(session, found.taken_by))


def find_item(session: Session, actor: Actor, batch_id: UUID, *, lock: bool = False) -> BatchReview:
    """The part of a batch that the officer's body decides. Raises `NotFound` for unknown and foreign alike."""
    may = actor.may(Permission.APPLICATION_REVIEW) and actor.body_id is not None
    key = (batch_id, actor.body_id)
    found = (
        session.get(BatchReview, key, with_for_update=lock or None, populate_existing=True) if may else None
    )
    if found is None:
        raise NotFound
    return found


def held_item(session: Session, actor: Actor, batch_id: UUID, action: str) -> BatchReview:
    """An item the officer has taken, its row held. Raises `NotFound`, `AlreadyTaken`, `batch.not_taken`,
    `batch.decided`, and `batch.at_work` while a decision on many of its applications is being carried out."""
    found = find_item(session, actor, batch_id, lock=True)
    if found.finished_at is not None:
        raise DomainProblem("batch.decided")
    if found.taken_by is None:
        raise DomainProblem("batch.not_taken")
    if found.taken_by != actor.id:
        raise AlreadyTaken(action, name_of(session, found.taken_by))
    if run_at_work(session, found) is not None:
        raise DomainProblem("batch.at_work")
    return found


def run_of(session: Session, item: BatchReview) -> TaskProgress | None:
    """The newest decision on many applications of the item."""
    return session.get(TaskProgress, item.run_id) if item.run_id else None


def run_at_work(session: Session, item: BatchReview) -> TaskProgress | None:
    """The decision that is being carried out at this moment."""
    found = run_of(session, item)
    return found if found is not None and found.state in UNFINISHED_RUN else None


def _take_applications(
    session: Session, actor: Actor, batch_id: UUID, now: datetime
) -> Sequence[Row[UUID, str, UUID | None]]:
    """Everything of the batch that waits goes into the officer's hands in one statement."""
    before = aliased(Application)
    reviewed = Application.state == ApplicationState.IN_REVIEW
    rows = session.execute(
        update(Application)
        .where(
            Application.batch_id == batch_id,
            Application.body_id == actor.body_id,
            Application.id == before.id,
            or_(
                Application.state == ApplicationState.SUBMITTED,
                and_(reviewed, Application.taken_by != actor.id, Application.lease_until <= now),
            ),
        )
        .values(
            state=ApplicationState.IN_REVIEW.value,
            taken_by=actor.id,
            lease_until=now + LEASE,
            version=Application.version + 1,
            updated_at=now,
        )
        .returning(Application.id, before.state, before.taken_by)
        .execution_options(synchronize_session=False)
    ).all()
    _renew_applications(session, actor, batch_id, now)
    session.expire_all()
    return rows


def _record_taken(
    session: Session, actor: Actor, rows: Sequence[Row[UUID, str, UUID | None]], now: datetime
) -> None:
    """One event for each application, as if it had been taken by itself."""
    for state in {row[1] for row in rows}:
        subjects = [(row[0], _from(row[2])) for row in rows if row[1] == state]
        record_many(
            session,
            actor,
            f"application:{ApplicationAction.TAKE}",
            "application",
            subjects,
            now=now,
            from_state=state,
            to_state=ApplicationState.IN_REVIEW,
        )


def _from(taken_by: UUID | None) -> Mapping[str, Any] | None:
    return {"from": str(taken_by)} if taken_by else None


def renew_batch_lease(session: Session, actor: Actor, batch_id: UUID, *, now: datetime) -> bool:
    """Begin the lease again because the officer is at work on the batch; False when it is not the officer's."""
    old = now + LEASE - RENEWED_AFTER
    statement = select(BatchReview.lease_until).where(
        *_item(actor, batch_id), BatchReview.taken_by == actor.id, BatchReview.finished_at.is_(None)
    )
    until = session.scalar(statement)
    if until is None:
        return False
    if until > old:
        return True
    renewed = session.execute(
        update(BatchReview)
        .where(*_item(actor, batch_id), BatchReview.taken_by == actor.id)
        .values(lease_until=now + LEASE)
        .returning(BatchReview.batch_id)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    if renewed is not None:
        _renew_applications(session, actor, batch_id, now)
        session.expire_all()
    return renewed is not None


def _renew_applications(session: Session, actor: Actor, batch_id: UUID, now: datetime) -> None:
    session.execute(
        update(Application)
        .where(*_held(actor, batch_id), Application.lease_until < now + LEASE)
        .values(lease_until=now + LEASE)
        .execution_options(synchronize_session=False)
    )


def _held(actor: Actor, batch_id: UUID) -> tuple[ColumnElement[bool], ...]:
    return (
        Application.batch_id == batch_id,
        Application.body_id == actor.body_id,
        Application.state == ApplicationState.IN_REVIEW,
        Application.taken_by == actor.id,
    )


def release_batch(session: Session, actor: Actor, batch_id: UUID, *, now: datetime) -> int:
    """Give a batch back to the queue, where it keeps its place; how many applications went back.

    Raises what `held_item` raises.
    """
    item = held_item(session, actor, batch_id, ApplicationAction.RELEASE)
    item.taken_by = item.lease_until = None
    session.flush()
    released = session.scalars(
        update(Application)
        .where(*_held(actor, batch_id))
        .values(
            state=ApplicationState.SUBMITTED.value,
            taken_by=None,
            lease_until=None,
            version=Application.version + 1,
            updated_at=now,
        )
        .returning(Application.id)
        .execution_options(synchronize_session=False)
    ).all()
    session.expire_all()
    record_many(
        session,
        actor,
        f"application:{ApplicationAction.RELEASE}",
        "application",
        [(one, None) for one in released],
        now=now,
        from_state=ApplicationState.IN_REVIEW,
        to_state=ApplicationState.SUBMITTED,
    )
    facts = {"body": str(actor.body_id), "applications": len(released)}
    record(session, actor, "batch:release", "batch", batch_id, now=now, facts=facts)
    return len(released)


def next_of_batch(session: Session, actor: Actor, batch_id: UUID, after: UUID) -> UUID | None:
    """The next application of a batch in the officer's hands: the one after `after`, else the first."""
    statement = select(Application.id).where(*_held(actor, batch_id)).order_by(Application.id).limit(1)
    following = session.scalar(statement.where(Application.id > after))
    return following or session.scalar(statement.where(Application.id != after))


def of_open_item(session: Session, actor: Actor, found: Application) -> UUID | None:
    """The batch by which an application is taken up; None for a single one."""
    if found.batch_id is None or not waiting_of(session, found.batch_id, actor.body_id):
        return None
    return found.batch_id
