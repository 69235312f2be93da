"""Webhooks of a firm: its endpoints, the events it is told of, and telling one again."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from accounts.permissions import Actor, ActorKind, Permission
from accounts.webhook_models import WebhookDelivery, WebhookEndpoint, WebhookEvent
from accounts.webhook_queries import delivery_of, endpoint_of, endpoints_of
from accounts.webhook_rules import MOST_ENDPOINTS, DeliveryState, WebhookKind, url_problems
from audit.public import record
from foundation.base import new_id, table_of
from foundation.database import advisory_lock
from foundation.problems import DomainProblem, InvalidInput, NotFound

_ENDPOINT, _EVENT = table_of(WebhookEndpoint), table_of(WebhookEvent)
# Nearly every firm has no endpoint, and issuing a pass must not pay for those that have: one small read for it.
LISTENING: Final = select(_ENDPOINT.c.id).where(
    _ENDPOINT.c.firm_id == bindparam("of_firm"),
    _ENDPOINT.c.removed_at.is_(None),
    _ENDPOINT.c.paused.is_(False),
)
ADD_EVENT: Final = insert(_EVENT).on_conflict_do_nothing(index_elements=["unique_key"]).returning(_EVENT.c.id)
ADD_DELIVERIES: Final = insert(table_of(WebhookDelivery))


def announce(
    session: Session,
    firm_id: UUID | None,
    kind: WebhookKind,
    subject: Mapping[str, Any],
    *,
    key: str,
    now: datetime,
    only: UUID | None = None,
) -> None:
    """Tell a firm's servers of something, once this transaction has committed; the same `key` tells it once.

    `subject` holds ids, numbers and states, never personal data. Nothing happens for nobody's firm, or a firm
    without endpoints. `only` names one endpoint.
    """
    if firm_id is None:
        return
    listening = session.scalars(LISTENING, {"of_firm": firm_id}).all()
    told = [endpoint for endpoint in listening if only in {None, endpoint}]
    event = {"id": new_id(), "unique_key": key, "firm_id": firm_id, "kind": str(kind), "at": now}
    if not told or session.scalar(ADD_EVENT, {**event, "subject": dict(subject)}) is None:
        return
    queued = {"event_id": event["id"], "state": DeliveryState.QUEUED.value, "attempts": 0}
    queued |= {"next_try_at": now, "created_at": now}
    session.execute(ADD_DELIVERIES, [{**queued, "id": new_id(), "endpoint_id": one} for one in told])


def add_endpoint(
    session: Session, actor: Actor, url: str, *, private: bool, now: datetime
) -> WebhookEndpoint:
    """A new address of the firm's own server.

    Raises `permission.missing`, `InvalidInput` for an address that cannot be one, `webhook.too_many`.
    """
    firm_id = _firm(actor)
    problems = url_problems(url, private=private)
    if problems:
        raise InvalidInput(*problems)
    # Two requests at the same instant are counted one after the other.
    advisory_lock(session, f"webhooks:{firm_id}")
    if len(endpoints_of(session, firm_id)) >= MOST_ENDPOINTS:
        raise DomainProblem("webhook.too_many", most=MOST_ENDPOINTS)
    by = actor.id if actor.kind is ActorKind.PERSON else None
    row = WebhookEndpoint(id=new_id(), firm_id=firm_id, url=url, created_at=now, created_by=by)
    session.add(row)
    session.flush()
    record(session, actor, "webhook:add", "webhook", row.id, now=now)
    return row


def remove_endpoint(session: Session, actor: Actor, endpoint_id: UUID, *, now: datetime) -> None:
    """Tell this address nothing more. Raises `NotFound` (unknown, foreign)."""
    row = _own(session, actor, endpoint_id)
    row.removed_at = now
    record(session, actor, "webhook:remove", "webhook", row.id, now=now)


def pause_endpoint(session: Session, actor: Actor, endpoint_id: UUID, *, paused: bool, now: datetime) -> None:
    """Rest an address, or go on; what happens while it rests is not told later. Raises `NotFound`."""
    row = _own(session, actor, endpoint_id)
    row.paused = paused
    record(session, actor, "webhook:pause" if paused else "webhook:go_on", "webhook", row.id, now=now)


def renew_secret(session: Session, actor: Actor, endpoint_id: UUID, *, now: datetime) -> WebhookEndpoint:
    """A new secret; the old one signs nothing from now on. Raises `NotFound`."""
    row = _own(session, actor, endpoint_id)
    row.generation += 1
    record(session, actor, "webhook:new_secret", "webhook", row.id, now=now)
    return row


def ping(session: Session, actor: Actor, endpoint_id: UUID, *, now: datetime) -> None:
    """Send an event that says nothing, to try an address. Raises `NotFound`, `webhook.paused`."""
    row = _own(session, actor, endpoint_id)
    if row.paused:
        raise DomainProblem("webhook.paused")
    key = f"ping:{new_id()}"
    announce(session, row.firm_id, WebhookKind.PING, {}, key=key, now=now, only=row.id)
    record(session, actor, "webhook:ping", "webhook", row.id, now=now)


def send_again(session: Session, actor: Actor, delivery_id: UUID, *, now: datetime) -> UUID:
    """Tell an event once more, whatever became of it; returns the endpoint. Raises `NotFound` (unknown, foreign)."""
    row = delivery_of(session, _firm(actor), delivery_id)
    if row is None:
        raise NotFound
    row.state, row.attempts, row.next_try_at, row.delivered_at = DeliveryState.QUEUED.value, 0, now, None
    record(session, actor, "webhook:send_again", "webhook_delivery", row.id, now=now)
    return row.endpoint_id


def _firm(actor: Actor) -> UUID:
    if not actor.may(Permission.FIRM_OWN):
        raise DomainProblem("permission.missing", permission=str(Permission.FIRM_OWN))
    if actor.firm_id is None:
        raise NotFound
    return actor.firm_id


def _own(session: Session, actor: Actor, endpoint_id: UUID) -> WebhookEndpoint:
    row = endpoint_of(session, _firm(actor), endpoint_id, lock=True)
    if row is None:
        raise NotFound
    return row
