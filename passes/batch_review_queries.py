"""Reads of a batch for the body that decides it, and of the passes that have come of it for both sides."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy.orm import Session

from accounts.permissions import Actor, Permission
from foundation.problems import NotFound
from passes.application_queries import IN_HAND, PAGE
from passes.batch_models import BatchReview
from passes.batch_queries import find_batch, owns_batch
from passes.models import Application, Pass, PassRevision
from passes.rules.moves import ApplicationState, PassState


@dataclass(frozen=True)
class LivePass:
    """A pass of a batch that can be used or will be: what its sheet and its drivers' links are made from."""

    number: str
    plate: str
    plate_colour: int
    drivers: list[dict[str, Any]]
    ends_at: datetime


def undecided_of_item() -> tuple[ColumnElement[bool], ...]:
    """That an application belongs to a `BatchReview` and is not decided yet.

    The body is compared as an expression: by the index of the batch a few thousand rows are read at most, and a planner
    that has no statistics yet must not choose the queue of the body instead, which may be a hundred thousand long.
    """
    of_body = func.coalesce(Application.body_id, Application.body_id) == BatchReview.body_id
    return Application.batch_id == BatchReview.batch_id, of_body, Application.state.in_(IN_HAND)


def state_counts(session: Session, actor: Actor, batch_id: UUID) -> Mapping[str, int]:
    """How many applications of a batch stand in each state at the officer's body; straight from the index."""
    rows = session.execute(
        select(Application.state, func.count())
        .where(Application.batch_id == batch_id, Application.body_id == actor.body_id)
        .group_by(Application.state)
    )
    return {row[0]: row[1] for row in rows}


def undecided(session: Session, actor: Actor, batch_id: UUID, *, mine: bool = False) -> Sequence[Application]:
    """The applications of a batch that the body has not decided, by id; with `mine` those in the officer's hands."""
    statement = _of_body(actor, batch_id).where(Application.state.in_(IN_HAND))
    if mine:
        statement = statement.where(
            Application.state == ApplicationState.IN_REVIEW, Application.taken_by == actor.id
        )
    return session.scalars(statement.order_by(Application.id)).all()


def rows_page(
    session: Session,
    actor: Actor,
    batch_id: UUID,
    states: Sequence[str],
    *,
    after: UUID | None = None,
    limit: int = PAGE,
) -> Sequence[Application]:
    """The applications of a batch in some states, in the order of the file; one more than a page if there is one."""
    statement = _of_body(actor, batch_id).where(Application.state.in_(states))
    if after is not None:
        statement = statement.where(Application.id > after)
    return session.scalars(statement.order_by(Application.id).limit(limit + 1)).all()


def _of_body(actor: Actor, batch_id: UUID) -> Select[Application]:
    return select(Application).where(Application.batch_id == batch_id, Application.body_id == actor.body_id)


def reach_batch(session: Session, actor: Actor, batch_id: UUID) -> bool:
    """Whether the batch is the actor's own; False for an officer whose body decides a part of it.

    Raises `NotFound` for unknown and foreign alike.
    """
    found = find_batch(session, batch_id)
    if found is not None and owns_batch(actor, found):
        return True
    may = actor.may(Permission.APPLICATION_REVIEW) and actor.body_id is not None
    if found is None or not may or session.get(BatchReview, (batch_id, actor.body_id)) is None:
        raise NotFound
    return False


def live_passes(session: Session, actor: Actor, batch_id: UUID, *, now: datetime) -> list[LivePass]:
    """The passes of a batch that are live and not over, by number: all for the applicant, of the own body for an officer.

    Raises `NotFound`.
    """
    statement = _live(batch_id, now)
    if not reach_batch(session, actor, batch_id):
        statement = statement.where(Pass.body_id == actor.body_id)
    return [LivePass(*row) for row in session.execute(statement)]


def _live(batch_id: UUID, now: datetime) -> Select[*tuple[Any, ...]]:
    made = and_(Pass.plate == Application.plate, Pass.application_id == Application.id)
    current = and_(
        PassRevision.plate == Pass.plate,
        PassRevision.number == Pass.number,
        PassRevision.revision == Pass.revision,
    )
    ends: Any = func.upper(Pass.validity)
    return (
        select(Pass.number, Pass.plate, Pass.plate_colour, PassRevision.drivers, ends)
        .select_from(Application)
        .join(Pass, made)
        .join(PassRevision, current)
        .where(Application.batch_id == batch_id, Pass.state == PassState.LIVE, ends > now)
        .order_by(Pass.number)
    )
