"""Carrying out a decision on many applications of a batch: one transaction each, seen as it goes, taken up again.

The order names its applications and counts how far it is; deciding one and counting it is one transaction. So a
killed worker loses the application at hand at most, nothing is decided twice, and what cannot be decided is noted
beside the order and stays in review.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from accounts.permissions import Actor, Permission
from accounts.public import acting_person
from foundation import clock
from foundation.database import db, transaction
from foundation.jobs import every, given_up, long_job
from foundation.models import TaskProgress
from foundation.problems import DomainProblem
from passes.catalogue import Catalogue
from passes.service.batch_deciding import (
    Decision,
    Deed,
    as_noted,
    decision_of,
    deed_of,
    finish_decision,
    plan_decision,
    retry_decision,
)
from passes.service.batch_review import UNFINISHED_RUN, renew_batch_lease
from passes.workshop import tools

log = structlog.get_logger()
NOTED_AT_ONCE = 20
"""Problems are written together, because each writing writes all of the order."""
RENEWED_EVERY = 25
"""Applications between two looks at the lease."""


def order_decision(
    session: Session, actor: Actor, batch_id: UUID, decision: Decision, known: Catalogue, *, now: datetime
) -> TaskProgress:
    """Decide many applications of a batch; see `plan_decision` for what it raises."""
    run = plan_decision(session, actor, batch_id, decision, known, now=now)
    decide_batch.defer(session, order=str(run.id))
    return run


def resume_decision(session: Session, actor: Actor, batch_id: UUID, *, now: datetime) -> TaskProgress:
    """Go on with an order that has stopped; see `retry_decision` for what it raises."""
    run = retry_decision(session, actor, batch_id, now=now)
    decide_batch.defer(session, order=str(run.id))
    return run


class _OvertakenError(Exception):
    """Another worker is at the same order, and further."""


@dataclass
class _Run:
    """An order at work, with the problems that are not written yet."""

    id: UUID
    batch_id: UUID
    actor: Actor
    deed: Deed
    ids: Sequence[str]
    done: int
    unwritten: dict[str, Any] = field(default_factory=dict)

    @property
    def place(self) -> int:
        """The application at hand."""
        return self.done + len(self.unwritten)


@long_job("passes.decide_batch")
def decide_batch(order: str) -> None:
    """Carry out an order from where it is. Delivered twice, the second worker sees that it is overtaken and stops."""
    run = _begin(UUID(order))
    if run is None:
        return
    try:
        while run.place < len(run.ids):
            _decide_one(run)
        _finish(run)
    except _OvertakenError:
        log.info("decision is carried out elsewhere", order=order)


def _begin(order: UUID) -> _Run | None:
    now = clock.now()
    with transaction() as session:
        row = session.get(TaskProgress, order, with_for_update=True, populate_existing=True)
        if row is None or row.state not in UNFINISHED_RUN:
            return None
        actor = acting_person(session, row.owner_id)
        if actor is None or not actor.may(Permission.APPLICATION_REVIEW):
            row.state, row.problem, row.finished_at = "failed", "batch.officer_gone", now
            return None
        row.state = "running"
        deed = deed_of(decision_of(row.facts), actor, tools(session, now=now), clock.now)
        return _Run(row.id, UUID(row.facts["batch"]), actor, deed, row.facts["ids"], row.done)


def _decide_one(run: _Run) -> None:
    """Decide the application at hand, or note what stands in its way."""
    one = run.ids[run.place]
    if run.place % RENEWED_EVERY == 0:
        with transaction() as session:
            renew_batch_lease(session, run.actor, run.batch_id, now=clock.now())
    try:
        with transaction() as session:
            _hold(session, run)
            run.deed(session, UUID(one))
            _count(session, run, more=1)
    except DomainProblem as problem:
        run.unwritten[one] = as_noted(problem)
    except (_OvertakenError, OperationalError):
        raise
    except Exception:
        # One application with something unheard of must not keep the others from being decided.
        log.exception("application not decided", application=one)
        run.unwritten[one] = {"code": "batch.fault", "facts": {}, "errors": []}
    else:
        run.done, run.unwritten = run.place + 1, {}
    db.session.remove()
    if len(run.unwritten) >= NOTED_AT_ONCE:
        _write_problems(run)


def _hold(session: Session, run: _Run) -> None:
    """Hold the order, if it is still where this worker left it. The names in it are not read again each time."""
    row = session.execute(
        select(TaskProgress.state, TaskProgress.done).where(TaskProgress.id == run.id).with_for_update()
    ).one()
    if row.state != "running" or row.done != run.done:
        raise _OvertakenError


def _count(session: Session, run: _Run, *, more: int) -> None:
    """Count what is done, with the problems before it."""
    values: dict[str, Any] = {"done": run.place + more}
    if run.unwritten:
        facts = session.scalar(select(TaskProgress.facts).where(TaskProgress.id == run.id)) or {}
        values["facts"] = {**facts, "problems": {**facts["problems"], **run.unwritten}}
    session.execute(
        update(TaskProgress)
        .where(TaskProgress.id == run.id)
        .values(values)
        .execution_options(synchronize_session=False)
    )


def _write_problems(run: _Run) -> None:
    with transaction() as session:
        _hold(session, run)
        _count(session, run, more=0)
    run.done, run.unwritten = run.place, {}


def _finish(run: _Run) -> None:
    if run.unwritten:
        _write_problems(run)
    with transaction() as session:
        _hold(session, run)
        row = session.get_one(TaskProgress, run.id, populate_existing=True)
        finish_decision(session, run.actor, row, now=clock.now())


@every(seconds=20)
def stop_given_up(session: Session, now: datetime) -> None:
    """An order that failed for the last time has stopped, and says so; a button goes on with it."""
    for arguments in given_up(session, decide_batch):
        row = session.get(TaskProgress, UUID(arguments["order"]), with_for_update=True)
        if row is not None and row.state in UNFINISHED_RUN:
            row.state, row.problem, row.finished_at = "failed", "batch.given_up", now
