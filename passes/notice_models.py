"""The table of notices: one text to all holders of an area or of a category of goods."""

from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from foundation.base import AreaCode, Base, Id, Moment


class Notice(Base):
    """A notice to holders: who is meant, what is said, and how far it has come. `cursor` is the last pass looked at."""

    __tablename__ = "notice"
    __table_args__ = (
        CheckConstraint("state IN ('draft', 'sending', 'paused', 'sent', 'stopped')", "state"),
        CheckConstraint("per_minute > 0", "per_minute"),
        CheckConstraint("(state = 'draft') = (started_at IS NULL)", "started_has_time"),
        CheckConstraint("(state = 'sent') = (finished_at IS NOT NULL)", "sent_has_time"),
    )

    id: Mapped[Id]
    area: Mapped[AreaCode] = mapped_column(
        ForeignKey("area.code"), comment="passes issued here or touching it"
    )
    category: Mapped[str | None] = mapped_column(ForeignKey("goods_category.code"))
    subject: Mapped[str]
    words: Mapped[str]
    urgent: Mapped[bool]
    by_sms: Mapped[bool]
    per_minute: Mapped[int]
    state: Mapped[str]
    cursor: Mapped[str | None]
    found: Mapped[int] = mapped_column(default=0, comment="holders put into the outbox so far")
    gathered_at: Mapped[Moment | None] = mapped_column(comment="when the last holder was found")
    released_at: Mapped[Moment | None] = mapped_column(comment="when messages were last let go, for the pace")
    reach: Mapped[dict[str, Any] | None] = mapped_column(
        comment="whom it would reach when it was written: holders, without_account, emails, text_messages"
    )
    created_by: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[Moment]
    started_at: Mapped[Moment | None]
    finished_at: Mapped[Moment | None]
