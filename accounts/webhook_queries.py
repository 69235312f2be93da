"""Reads of webhooks: a firm's endpoints, and the log of what each was told."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from accounts.webhook_models import WebhookDelivery, WebhookEndpoint, WebhookEvent

PAGE = 50


def endpoints_of(session: Session, firm_id: UUID) -> Sequence[WebhookEndpoint]:
    """The endpoints a firm has, in the order in which they were made."""
    return session.scalars(
        select(WebhookEndpoint)
        .where(WebhookEndpoint.firm_id == firm_id, WebhookEndpoint.removed_at.is_(None))
        .order_by(WebhookEndpoint.id)
    ).all()


def endpoint_of(
    session: Session, firm_id: UUID, endpoint_id: UUID, *, lock: bool = False
) -> WebhookEndpoint | None:
    """One endpoint of a firm; with `lock` its row is held until the transaction ends."""
    statement = select(WebhookEndpoint).where(
        WebhookEndpoint.id == endpoint_id,
        WebhookEndpoint.firm_id == firm_id,
        WebhookEndpoint.removed_at.is_(None),
    )
    return session.scalar(statement.with_for_update() if lock else statement)


def delivery_of(session: Session, firm_id: UUID, delivery_id: UUID) -> WebhookDelivery | None:
    """One delivery to an endpoint of a firm, its row held until the transaction ends."""
    return session.scalar(
        select(WebhookDelivery)
        .join(WebhookEndpoint, WebhookEndpoint.id == WebhookDelivery.endpoint_id)
        .where(
            WebhookDelivery.id == delivery_id,
            WebhookEndpoint.firm_id == firm_id,
            WebhookEndpoint.removed_at.is_(None),
        )
        .with_for_update(of=WebhookDelivery)
    )


def log_of(
    session: Session, endpoint_id: UUID, *, before: UUID | None = None, limit: int = PAGE
) -> Sequence[Row[WebhookDelivery, WebhookEvent]]:
    """What an endpoint was told, newest first; one row more than a page when there is a next page."""
    statement = (
        select(WebhookDelivery, WebhookEvent)
        .join(WebhookEvent, WebhookEvent.id == WebhookDelivery.event_id)
        .where(WebhookDelivery.endpoint_id == endpoint_id)
    )
    if before is not None:
        statement = statement.where(WebhookDelivery.id < before)
    return session.execute(statement.order_by(WebhookDelivery.id.desc()).limit(limit + 1)).all()
