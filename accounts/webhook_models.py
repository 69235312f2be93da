"""Tables of webhooks: where a firm wants to be told, what happened, and each telling of it."""

from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from foundation.base import Base, Id, Moment


class WebhookEndpoint(Base):
    """An address of a firm's own server. Its secret follows from the server's key, the id and the generation."""

    __tablename__ = "webhook_endpoint"
    __table_args__ = (
        CheckConstraint("url ~ '^https?://'", "url_http"),
        CheckConstraint("generation >= 1", "generation"),
        Index("ix_webhook_endpoint_firm", "firm_id", postgresql_where=text("removed_at IS NULL")),
    )

    id: Mapped[Id]
    firm_id: Mapped[UUID] = mapped_column(ForeignKey("firm.id"))
    url: Mapped[str]
    generation: Mapped[int] = mapped_column(SmallInteger, default=1)
    paused: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[Moment]
    created_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    removed_at: Mapped[Moment | None]


class WebhookEvent(Base):
    """Something that happened to an application or a pass of a firm; `unique_key` says it once."""

    __tablename__ = "webhook_event"
    __table_args__ = (Index("ix_webhook_event_firm", "firm_id", "id"),)

    id: Mapped[Id]
    unique_key: Mapped[str] = mapped_column(unique=True)
    firm_id: Mapped[UUID] = mapped_column(ForeignKey("firm.id"))
    kind: Mapped[str]
    subject: Mapped[dict[str, Any]]
    at: Mapped[Moment]


class WebhookDelivery(Base):
    """One event for one endpoint: queued until the receiver has answered 2xx, or given up after days."""

    __tablename__ = "webhook_delivery"
    __table_args__ = (
        CheckConstraint("state IN ('queued', 'delivered', 'given_up')", "state"),
        CheckConstraint("(state = 'delivered') = (delivered_at IS NOT NULL)", "delivered_has_time"),
        CheckConstraint("attempts >= 0", "attempts"),
        Index("ix_webhook_delivery_endpoint", "endpoint_id", "id"),
        # What is due is asked for endpoint by endpoint, so that one of them with thousands keeps nobody waiting.
        Index(
            "ix_webhook_delivery_due",
            "endpoint_id",
            "next_try_at",
            "event_id",
            postgresql_where=text("state = 'queued'"),
        ),
        Index("uq_webhook_delivery_event_id_endpoint_id", "event_id", "endpoint_id", unique=True),
    )

    id: Mapped[Id]
    event_id: Mapped[UUID] = mapped_column(ForeignKey("webhook_event.id"))
    endpoint_id: Mapped[UUID] = mapped_column(ForeignKey("webhook_endpoint.id"))
    state: Mapped[str]
    attempts: Mapped[int] = mapped_column(SmallInteger, default=0)
    next_try_at: Mapped[Moment | None]
    last_status: Mapped[int | None] = mapped_column(SmallInteger)
    last_problem: Mapped[str | None]
    created_at: Mapped[Moment]
    delivered_at: Mapped[Moment | None]
