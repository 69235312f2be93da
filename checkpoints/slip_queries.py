"""Reads of slips."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from accounts.permissions import Actor, ActorKind
from accounts.public import acting_person, device
from checkpoints.models import Slip
from checkpoints.queries import PAGE, reaches_point
from checkpoints.register import Point


def find_slip(session: Session, event_id: UUID) -> Slip | None:
    """A slip by the id of its event."""
    return session.get(Slip, event_id)


def slip_of_code(session: Session, code: str) -> Slip | None:
    """A slip by its code, written as `read_slip_code` gives it."""
    return session.scalar(select(Slip).where(Slip.code == code))


def slip_page(
    session: Session, checkpoint: str, *, before: UUID | None = None, limit: int = PAGE
) -> Sequence[Slip]:
    """The slips of a checkpoint, newest first; one more than a page where there are more. `before`: the last one seen."""
    statement = select(Slip).where(Slip.checkpoint == checkpoint)
    last = find_slip(session, before) if before else None
    if last is not None and last.checkpoint == checkpoint:
        statement = statement.where(
            tuple_(Slip.received_at, Slip.event_id) < (last.received_at, last.event_id)
        )
    ordered = statement.order_by(Slip.received_at.desc(), Slip.event_id.desc())
    return session.scalars(ordered.limit(limit + 1)).all()


def issues_at(session: Session, actor: Actor, point: Point) -> bool:
    """Whether a party may issue at a checkpoint: where it belongs, or where whoever enrolled the device may go.

    A phone that was moved on still brings slips of the place where it was before.
    """
    if reaches_point(actor, point):
        return True
    if actor.kind is not ActorKind.DEVICE:
        return False
    enrolled_by = device(session, actor).person_id
    person = acting_person(session, enrolled_by) if enrolled_by else None
    return person is not None and reaches_point(person, point)
