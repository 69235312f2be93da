"""Tables that belong to no room: files, messages to be sent, progress of long tasks, workers."""

from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, LargeBinary, SmallInteger, text
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
        CheckConstraint("channel IN ('inbox', 'email', 'sms')", "channel"),
        CheckConstraint(
            "state IN ('held', 'queued', 'sending', 'sent', 'caught', 'unknown', 'failed', 'stopped')",
            "state",
        ),
        CheckConstraint("channel = 'inbox' OR address IS NOT NULL", "sent_has_address"),
        CheckConstraint("channel <> 'inbox' OR recipient_id IS NOT NULL", "inbox_has_recipient"),
        CheckConstraint("state <> 'queued' OR next_try_at IS NOT NULL", "queued_has_time"),
        CheckConstraint("next_try_at IS NULL OR state IN ('queued', 'unknown')", "time_is_of_waiting"),
        CheckConstraint("state <> 'sending' OR tried_at IS NOT NULL", "sending_has_time"),
        # The inbox of a person, newest first.
        Index("ix_message_recipient", "recipient_id", "channel", "id"),
        # What a sender takes next: urgent ones first, then as long as they have waited.
        Index(
            "ix_message_due", "channel", "urgent", "next_try_at", postgresql_where=text("state = 'queued'")
        ),
        # What an administrator looks at: messages of one state, newest first.
        Index("ix_message_state", "channel", "state", "id", postgresql_where=text("channel <> 'inbox'")),
        # The messages of a notice that are let go next, and how many of it are in each state.
        Index(
            "ix_message_notice",
            "notice_id",
            "state",
            "channel",
            "id",
            postgresql_where=text("notice_id IS NOT NULL"),
        ),
    )

    id: Mapped[Id]
    unique_key: Mapped[str] = mapped_column(unique=True)
    recipient_id: Mapped[UUID | None] = mapped_column(comment="NULL for a driver without an account")
    notice_id: Mapped[UUID | None]
    channel: Mapped[str]
    address: Mapped[str | None]
    template: Mapped[str]
    facts: Mapped[dict[str, Any]]
    state: Mapped[str]
    urgent: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    attempts: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[Moment | None] = mapped_column(
        comment="queued: when it goes out; unknown: when the gateway is asked about it"
    )
    tried_at: Mapped[Moment | None] = mapped_column(comment="when it was last handed to a server")
    provider_id: Mapped[str | None] = mapped_column(comment="what the gateway calls it, for its receipts")
    last_error: Mapped[str | None] = mapped_column(comment="a code, never a server's sentence")
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


class IdempotentAnswer(Base):
    """What a program was answered under its Idempotency-Key: the same question gets the same answer for a day."""

    __tablename__ = "idempotent_answer"
    __table_args__ = (
        CheckConstraint("octet_length(question_hash) = 32", "question_hash_length"),
        Index("ix_idempotent_answer_created", "created_at"),
    )

    holder_id: Mapped[UUID] = mapped_column(primary_key=True, comment="the token that asked")
    key: Mapped[str] = mapped_column(primary_key=True)
    question_hash: Mapped[bytes] = mapped_column(LargeBinary)
    status: Mapped[int] = mapped_column(SmallInteger)
    answer: Mapped[dict[str, Any]]
    headers: Mapped[dict[str, Any]]
    created_at: Mapped[Moment]


class ApiUse(Base):
    """How often a token asked in one minute; counted in the database, so that the limit holds for all processes."""

    __tablename__ = "api_use"
    __table_args__ = (CheckConstraint("asked > 0", "asked"),)

    holder_id: Mapped[UUID] = mapped_column(primary_key=True)
    minute: Mapped[Moment] = mapped_column(primary_key=True)
    asked: Mapped[int]


class WorkerSeen(Base):
    """When each worker process was last alive; `/readyz` and `flask doctor` read it."""

    __tablename__ = "worker_seen"

    name: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[Moment]
