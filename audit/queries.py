"""Reads of the audit: the history of one subject, and how old the oldest unsealed event is."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from audit.models import AuditEvent, AuditPending

PAGE = 50


def history(session: Session, subject_kind: str, subject_id: object) -> Sequence[AuditEvent]:
    """All events of one subject, oldest first."""
    return session.scalars(
        select(AuditEvent)
        .where(AuditEvent.subject_kind == subject_kind, AuditEvent.subject_id == str(subject_id))
        .order_by(AuditEvent.at, AuditEvent.id)
    ).all()


def newest_events(
    session: Session, *, tag: str | None = None, before: UUID | None = None, limit: int = PAGE
) -> Sequence[AuditEvent]:
    """A page of events, newest first, before the id `before`."""
    statement = select(AuditEvent).order_by(AuditEvent.id.desc()).limit(limit)
    if tag:
        statement = statement.where(AuditEvent.tag == tag)
    if before:
        statement = statement.where(AuditEvent.id < before)
    return session.scalars(statement).all()


def oldest_unsealed(session: Session) -> datetime | None:
    """When the oldest event that no seal covers was recorded (UTC)."""
    return session.scalar(
        select(func.min(AuditEvent.at)).join(AuditPending, AuditPending.event_id == AuditEvent.id)
    )
