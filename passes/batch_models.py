"""Tables of batches 批次: a file of rows, what was read of each row, and the one item a body decides."""

from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from foundation.base import Base, Id, Moment


class Batch(Base):
    """Applications sent together. The same file of the same owner is one batch, however often it is sent."""

    __tablename__ = "batch"
    __table_args__ = (
        CheckConstraint(
            "state IN ('reading', 'unreadable', 'ready', 'accepting', 'accepted', 'discarded')", "state"
        ),
        CheckConstraint("(state = 'unreadable') = (problem IS NOT NULL)", "unreadable_has_problem"),
        CheckConstraint("(state = 'accepted') = (accepted_at IS NOT NULL)", "accepted_has_time"),
        CheckConstraint("num_nonnulls(firm_id, person_id) >= 1", "has_owner"),
        CheckConstraint("channel IN ('online', 'api')", "channel"),
        Index(
            "uq_batch_firm_file",
            "firm_id",
            "sha256",
            unique=True,
            postgresql_where=text("firm_id IS NOT NULL AND state NOT IN ('discarded', 'unreadable')"),
        ),
        Index(
            "uq_batch_person_file",
            "person_id",
            "sha256",
            unique=True,
            postgresql_where=text("firm_id IS NULL AND state NOT IN ('discarded', 'unreadable')"),
        ),
        Index("ix_batch_firm", "firm_id", "id"),
        Index("ix_batch_person", "person_id", "id"),
    )

    id: Mapped[Id]
    slip: Mapped[str] = mapped_column(unique=True, comment="受理回执 number of the whole batch")
    firm_id: Mapped[UUID | None] = mapped_column(ForeignKey("firm.id"))
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"), comment="who sent it")
    channel: Mapped[str]
    file_name: Mapped[str]
    sha256: Mapped[str] = mapped_column(ForeignKey("stored_file.sha256"))
    state: Mapped[str]
    problem: Mapped[str | None] = mapped_column(comment="code of the problem that made the file unreadable")
    facts: Mapped[dict[str, Any]] = mapped_column(
        default=dict, comment="sheet, header row, columns, facts of the problem"
    )
    version: Mapped[int] = mapped_column(
        default=1, comment="counts changes of rows, so that what is accepted is what was seen"
    )
    rows: Mapped[int] = mapped_column(default=0)
    read_rows: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[Moment]
    accepted_at: Mapped[Moment | None]
    demo: Mapped[bool] = mapped_column(default=False)


class BatchRow(Base):
    """One row of a batch: the cells as repaired, what was repaired, what is wrong, and the application it became."""

    __tablename__ = "batch_row"
    __table_args__ = (
        CheckConstraint("state IN ('good', 'bad', 'left_out', 'accepted')", "state"),
        CheckConstraint("(state = 'accepted') = (application_id IS NOT NULL)", "accepted_has_application"),
        CheckConstraint("state <> 'good' OR jsonb_array_length(problems) = 0", "good_has_no_problem"),
        CheckConstraint("position > 0", "position"),
        Index("ix_batch_row_state", "batch_id", "state", "position"),
    )

    batch_id: Mapped[UUID] = mapped_column(ForeignKey("batch.id"), primary_key=True)
    position: Mapped[int] = mapped_column(
        primary_key=True,
        autoincrement=False,
        comment="row of the file, counted from 1 as the program shows it",
    )
    plain: Mapped[dict[str, Any]] = mapped_column(comment="the cells by field of an application, as text")
    repairs: Mapped[list[dict[str, Any]]] = mapped_column(comment="[{field, code, was}]")
    problems: Mapped[list[dict[str, Any]]] = mapped_column(comment="[{field, code, facts}]")
    state: Mapped[str]
    application_id: Mapped[UUID | None] = mapped_column(ForeignKey("application.id"), unique=True)


class BatchReview(Base):
    """The part of a batch that one body decides: one item of its queue, under one lease."""

    __tablename__ = "batch_review"
    __table_args__ = (
        CheckConstraint("(taken_by IS NULL) = (lease_until IS NULL)", "lease_with_taker"),
        CheckConstraint("total > 0", "total"),
        Index(
            "ix_batch_review_queue", "body_id", "submitted_at", postgresql_where=text("finished_at IS NULL")
        ),
    )

    batch_id: Mapped[UUID] = mapped_column(ForeignKey("batch.id"), primary_key=True)
    body_id: Mapped[UUID] = mapped_column(ForeignKey("body.id"), primary_key=True)
    total: Mapped[int]
    submitted_at: Mapped[Moment]
    taken_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    lease_until: Mapped[Moment | None]
    finished_at: Mapped[Moment | None] = mapped_column(comment="when nothing of it waited any more")
    run_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("task_progress.id"), comment="the newest decision on many of its applications at once"
    )
