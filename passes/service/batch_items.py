"""A batch as one item of a body's queue: open while something of it waits, closed when nothing does."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, exists, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from foundation.jobs import every
from passes.application_queries import IN_HAND
from passes.batch_models import BatchReview
from passes.batch_review_queries import undecided_of_item
from passes.models import Application
from passes.rules.moves import ApplicationState

LOOKED_AFTER_SECONDS = 20


def note_move(session: Session, found: Application, was: str, *, now: datetime) -> None:
    """Keep the item of an application's batch in step with a move of the application; nothing for a single one."""
    if found.batch_id is None or found.body_id is None:
        return
    if found.state == ApplicationState.SUBMITTED and was == ApplicationState.RETURNED:
        open_item(session, found, now=now)
    elif found.state not in IN_HAND:
        _close(session, now, BatchReview.batch_id == found.batch_id, BatchReview.body_id == found.body_id)


def open_item(session: Session, found: Application, *, now: datetime) -> None:
    """What came back to a body waits there as a part of its batch, in its old place."""
    row = {
        "batch_id": found.batch_id,
        "body_id": found.body_id,
        "total": 1,
        "submitted_at": found.submitted_at or now,
    }
    session.execute(
        insert(BatchReview)
        .values(row)
        .on_conflict_do_update(index_elements=["batch_id", "body_id"], set_={"finished_at": None})
    )


def _close(session: Session, now: datetime, *which: ColumnElement[bool]) -> None:
    """Close those items of which nothing waits.

    An item that somebody else is changing is left to the tick: waiting for it while the row of an application is
    held could make two officers wait for each other.
    """
    over = session.execute(
        select(BatchReview.batch_id, BatchReview.body_id)
        .where(BatchReview.finished_at.is_(None), *which, ~_waits())
        .with_for_update(skip_locked=True)
    ).all()
    if not over:
        return
    # Asked once more when they are held: an application that came back in between opened its item, and was not seen.
    session.execute(
        update(BatchReview)
        .where(tuple_(BatchReview.batch_id, BatchReview.body_id).in_([tuple(key) for key in over]), ~_waits())
        .values(finished_at=now, taken_by=None, lease_until=None)
        .execution_options(synchronize_session=False)
    )


def _waits() -> ColumnElement[bool]:
    return exists().where(*undecided_of_item())


def waiting_of(session: Session, batch_id: UUID, body_id: UUID | None) -> bool:
    """Whether anything of a batch is not decided yet at a body."""
    item = (BatchReview.batch_id == batch_id, BatchReview.body_id == body_id)
    return session.scalar(select(BatchReview.batch_id).where(*item, _waits())) is not None


@every(seconds=LOOKED_AFTER_SECONDS)
def close_items(session: Session, now: datetime) -> None:
    """Close what two officers finished at the same instant, when neither saw the other's decision."""
    _close(session, now)
