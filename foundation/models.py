"""Tables that belong to no room: files, messages to be sent, progress of long tasks, workers."""

from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from foundation.base import Base, Id, Moment


class StoredFile(Base):
    """A file kept by its SHA-256 (hex); the bytes lie in the file store."""

    __tablename__ = "stored_file"
    __table_args__ = (
        CheckConstraint("sha256 ~ '^[0-9a-f]{64}$'", "sha256_hex"),
        CheckConstraint("size >= 0", "size"),
    )

    sha256: Mapped[str] = mapped_column(primary_key=True)
    media_type: Mapped[str]
    size: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[Moment]


class Message(Base):
    """One message to one person by one channel. `unique_key` makes a repeated job harmless."""

    __tablename__ = "message"
    __table_args__ = (
        CheckConstraint("channel IN ('inbox', 'email')", "channel"),
        CheckConstraint("state IN ('queued', 'sent', 'caught', 'failed')", "state"),
        CheckConstraint("channel = 'inbox' OR address IS NOT NULL", "email_has_address"),
        # The inbox of a person, newest first.
        Index("ix_message_recipient", "recipient_id", "channel", "id"),
        Index("ix_message_queued", "id", postgresql_where=text("state = 'queued'")),
    )

    id: Mapped[Id]
    unique_key: Mapped[str] = mapped_column(unique=True)
    recipient_id: Mapped[UUID]
    channel: Mapped[str]
    address: Mapped[str | None]
    template: Mapped[str]
    facts: Mapped[dict[str, Any]]
    state: Mapped[str]
    attempts: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str | None]
    created_at: Mapped[Moment]
    sent_at: Mapped[Moment | None]
    read_at: Mapped[Moment | None]


class TaskProgress(Base):
    """A long task somebody waits for: how far it is, and the file it made."""

    __tablename__ = "task_progress"
    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'running', 'done', 'failed')", "state"),
        CheckConstraint("done >= 0 AND done <= total", "done_within_total"),
        CheckConstraint("state <> 'done' OR done = total", "done_is_complete"),
    )

    id: Mapped[Id]
    kind: Mapped[str]
    owner_id: Mapped[UUID]
    facts: Mapped[dict[str, Any]]
    state: Mapped[str]
    total: Mapped[int]
    done: Mapped[int] = mapped_column(default=0)
    result_sha256: Mapped[str | None]
    problem: Mapped[str | None]
    created_at: Mapped[Moment]
    finished_at: Mapped[Moment | None]


class WorkerSeen(Base):
    """When each worker process was last alive; `/readyz` and `flask doctor` read it."""

    __tablename__ = "worker_seen"

    name: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[Moment]
