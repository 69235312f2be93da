"""What was said: the inbox of a person, and what a demo would have sent."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from foundation.models import Message
from foundation.outbox.rules import Channel


def inbox(
    session: Session, person_id: UUID, *, before: UUID | None = None, limit: int = 50
) -> Sequence[Message]:
    """A page of somebody's inbox, newest first."""
    statement = select(Message).where(Message.recipient_id == person_id, Message.channel == Channel.INBOX)
    if before:
        statement = statement.where(Message.id < before)
    return session.scalars(statement.order_by(Message.id.desc()).limit(limit)).all()


def unread(session: Session, person_id: UUID) -> int:
    """How many messages of the inbox were not opened yet."""
    return (
        session.scalar(
            select(func.count())
            .select_from(Message)
            .where(
                Message.recipient_id == person_id,
                Message.channel == Channel.INBOX,
                Message.read_at.is_(None),
            )
        )
        or 0
    )


def mark_read(session: Session, person_id: UUID, *, now: datetime) -> None:
    """All messages of the inbox have been seen."""
    session.execute(
        update(Message)
        .where(Message.recipient_id == person_id, Message.channel == Channel.INBOX, Message.read_at.is_(None))
        .values(read_at=now)
    )


def caught(session: Session, *, before: UUID | None = None, limit: int = 100) -> Sequence[Message]:
    """A page of e-mails and text messages, whatever became of them, newest first: the local catcher of the demo."""
    statement = select(Message).where(Message.channel != Channel.INBOX)
    if before:
        statement = statement.where(Message.id < before)
    return session.scalars(statement.order_by(Message.id.desc()).limit(limit)).all()
