"""Tables of the audit: events, what is still to be sealed, and the chain of seals."""

from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from foundation.base import Base, Id, Moment


class AuditEvent(Base):
    """One deed. The application's role can insert and read, never change or remove."""

    __tablename__ = "audit_event"
    __table_args__ = (
        CheckConstraint("octet_length(content_hash) = 32", "content_hash_length"),
        # The history of one subject is read newest first.
        Index("ix_audit_event_subject", "subject_kind", "subject_id", "at"),
        Index("ix_audit_event_actor", "actor_id", "at"),
    )

    id: Mapped[Id]
    at: Mapped[Moment]
    actor_kind: Mapped[str]
    actor_id: Mapped[UUID | None]
    tag: Mapped[str]
    subject_kind: Mapped[str]
    subject_id: Mapped[str]
    from_state: Mapped[str | None]
    to_state: Mapped[str | None]
    reason: Mapped[str | None]
    facts: Mapped[dict[str, Any]]
    content_hash: Mapped[bytes] = mapped_column(LargeBinary)


class AuditPending(Base):
    """An event that no seal covers yet; the sealer empties this table."""

    __tablename__ = "audit_pending"

    event_id: Mapped[UUID] = mapped_column(ForeignKey("audit_event.id"), primary_key=True)


class AuditSeal(Base):
    """The place of an event in the chain: hash = SHA-256(previous ‖ content hash of the event)."""

    __tablename__ = "audit_seal"
    __table_args__ = (
        CheckConstraint("octet_length(previous) = 32 AND octet_length(hash) = 32", "hash_length"),
        CheckConstraint("position > 0", "position_positive"),
    )

    position: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    event_id: Mapped[UUID] = mapped_column(ForeignKey("audit_event.id"), unique=True)
    previous: Mapped[bytes] = mapped_column(LargeBinary)
    hash: Mapped[bytes] = mapped_column(LargeBinary)
    sealed_at: Mapped[Moment]


class AuditHead(Base):
    """A signed head of the chain: who keeps one elsewhere can prove that nothing before it was changed."""

    __tablename__ = "audit_head"

    position: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    hash: Mapped[bytes] = mapped_column(LargeBinary)
    signed_at: Mapped[Moment]
    jws: Mapped[str]
