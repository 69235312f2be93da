"""Notices to holders: writing one, and starting, pausing, resuming and stopping it, by the table of moves."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from accounts.permissions import Actor, Permission, covers
from accounts.public import Area
from audit.public import record
from foundation.outbox import stop_held
from foundation.problems import DomainProblem, InvalidInput, NotFound, field_problem
from passes.catalogue_models import GoodsCategory
from passes.notice_models import Notice
from passes.notice_queries import find_notice
from passes.rules.notices import NoticeAction, NoticeState, next_notice_state

STOPPED_AT_ONCE = 5000
"""Messages stopped in one transaction."""


def write_notice(session: Session, actor: Actor, said: Mapping[str, Any], *, now: datetime) -> Notice:
    """Keep a notice as a draft: nobody is told before it is started.

    `said` has area, category (or None), subject, words, urgent, by_sms and per_minute. Raises `permission.missing`,
    `NotFound` for whoever is no person, `InvalidInput` on `area` (unknown, or beyond the actor's own) and `category`.
    """
    if not actor.may(Permission.NOTICE_SEND):
        raise DomainProblem("permission.missing", permission=str(Permission.NOTICE_SEND))
    if actor.id is None:
        raise NotFound
    _check(session, actor, said)
    notice = Notice(**said, state=NoticeState.DRAFT, created_by=actor.id, created_at=now)
    session.add(notice)
    session.flush()
    _record(session, actor, "write", notice, None, now)
    return notice


def _check(session: Session, actor: Actor, said: Mapping[str, Any]) -> None:
    known = exists().where(Area.code == said["area"])
    if not covers(actor.area, said["area"]) or not session.scalar(select(known)):
        raise InvalidInput(field_problem("area", "choice.unknown"))
    if said["category"] is not None and session.get(GoodsCategory, said["category"]) is None:
        raise InvalidInput(field_problem("category", "choice.unknown"))


def move_notice(
    session: Session, actor: Actor, notice_id: UUID, action: NoticeAction, *, now: datetime
) -> Notice:
    """Start, pause, resume or stop a notice; the caller defers the job that the new state needs.

    Raises `NotFound` (unknown, foreign), `NotAllowed`.
    """
    notice = find_notice(session, actor, notice_id, lock=True)
    was = notice.state
    notice.state = next_notice_state(was, action)
    if action is NoticeAction.START:
        notice.started_at = now
    # After a rest the pace begins anew.
    notice.released_at = None
    _record(session, actor, str(action), notice, was, now)
    return notice


def discard_draft(session: Session, actor: Actor, notice_id: UUID, *, now: datetime) -> None:
    """Throw a notice away that was never started. Raises `NotFound`, `NotAllowed`."""
    notice = find_notice(session, actor, notice_id, lock=True)
    if notice.state != NoticeState.DRAFT:
        next_notice_state(notice.state, NoticeAction.START)
    _record(session, actor, "discard", notice, notice.state, now)
    session.delete(notice)


def stop_some(session: Session, notice_id: UUID) -> int:
    """Stop the next messages of a stopped notice that have not left; how many, 0 when none is left."""
    return stop_held(session, notice_id, STOPPED_AT_ONCE)


def _record(
    session: Session, actor: Actor, deed: str, notice: Notice, was: str | None, now: datetime
) -> None:
    facts = {
        "area": notice.area,
        "category": notice.category,
        "urgent": notice.urgent,
        "by_sms": notice.by_sms,
        "per_minute": notice.per_minute,
        "found": notice.found or 0,
    }
    record(
        session,
        actor,
        f"notice:{deed}",
        "notice",
        notice.id,
        now=now,
        from_state=was,
        to_state=None if deed == "discard" else notice.state,
        facts=facts,
    )
