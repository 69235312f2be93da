"""Telling firms' servers: what is due is claimed, sent side by side, and each answer written down at once.

Delivery is at least once: a claim runs out, so a killed worker's deliveries are sent again with the same id. No
transaction is open while anybody's server is waited for.
"""

import asyncio
import json
import socket
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from operator import attrgetter
from typing import Final
from urllib.parse import urlsplit
from uuid import UUID

import httpx
from flask import current_app
from sqlalchemy import ColumnElement, and_, delete, exists, func, or_, select, true, update
from sqlalchemy.orm import Session

from accounts.webhook_models import WebhookDelivery, WebhookEndpoint, WebhookEvent
from accounts.webhook_rules import (
    GONE,
    DeliveryState,
    event_content,
    is_public,
    is_taken,
    next_try,
    secret_of,
    signed_headers,
)
from foundation import clock
from foundation.database import transaction
from foundation.jobs import every, long_job
from foundation.settings import Settings

CLAIM: Final = timedelta(minutes=2)
"""How long a claimed delivery is left to the worker that claimed it."""
AT_ONCE: Final = 64
EACH: Final = 8
"""Deliveries of one round, and of one endpoint in it: a firm with thousands of them does not keep others waiting."""
DEADLINE_SECONDS: Final = 15.0
"""For a whole answer, however slowly it drips."""
ROUND_SECONDS: Final = 5.0
"""After which a round sends nothing more to an endpoint, so that a slow one does not keep the next round waiting."""
KEPT: Final = timedelta(days=30)
"""How long the log is kept."""
LISTENING: Final = (WebhookEndpoint.removed_at.is_(None), WebhookEndpoint.paused.is_(False))


@dataclass(frozen=True)
class Telling:
    """One event for one endpoint, with everything that sending it needs."""

    id: UUID
    endpoint_id: UUID
    url: str
    event_id: str
    secret: bytes
    body: bytes


@dataclass(frozen=True)
class Answer:
    """What came of a telling: a status, or the code of what went wrong on the way."""

    telling: Telling
    status: int | None
    problem: str | None


@every(seconds=1)
def start_telling(session: Session, now: datetime) -> None:
    """Start a round when anything is due and none waits to run already."""
    if session.scalar(select(exists().where(_due(now)))):
        tell_due.defer_once(session)


@every(seconds=3600)
def forget_events(session: Session, now: datetime) -> None:
    """Drop the log of what was told, or given up, long ago."""
    old = select(WebhookEvent.id).where(WebhookEvent.at < now - KEPT).scalar_subquery()
    session.execute(delete(WebhookDelivery).where(WebhookDelivery.event_id.in_(old)))
    session.execute(delete(WebhookEvent).where(WebhookEvent.at < now - KEPT))


@long_job("accounts.tell_webhooks", lock="webhooks")
def tell_due() -> None:
    """Tell what is due, round by round, until nothing is."""
    settings: Settings = current_app.extensions["settings"]
    key = str(current_app.config["SECRET_KEY"]).encode()
    while True:
        with transaction() as session:
            claimed = claim(session, key, now=clock.now())
        if not claimed:
            return
        asyncio.run(_tell(claimed, private=settings.webhook_private))


def _due(now: datetime) -> ColumnElement[bool]:
    """Queued and due, at an endpoint that neither rests nor was removed."""
    return and_(
        WebhookDelivery.state == DeliveryState.QUEUED,
        WebhookDelivery.next_try_at <= now,
        WebhookDelivery.endpoint_id.in_(select(WebhookEndpoint.id).where(*LISTENING)),
    )


def claim(session: Session, server_key: bytes, *, now: datetime) -> Sequence[Telling]:
    """Take what is due for this worker: of two workers at the same instant, each gets other deliveries.

    Of every endpoint the first, then of every endpoint the second: whoever has thousands waiting takes no turns of
    others.
    """
    of_one = (
        select(WebhookDelivery.id, WebhookDelivery.event_id, WebhookDelivery.next_try_at)
        .where(
            WebhookDelivery.endpoint_id == WebhookEndpoint.id,
            WebhookDelivery.state == DeliveryState.QUEUED,
            WebhookDelivery.next_try_at <= now,
        )
        .order_by(WebhookDelivery.next_try_at, WebhookDelivery.event_id)
        .limit(EACH)
        .with_for_update(skip_locked=True)
        .lateral("of_one")
    )
    turn = func.row_number().over(
        partition_by=WebhookEndpoint.id, order_by=(of_one.c.next_try_at, of_one.c.event_id)
    )
    due = (
        select(of_one.c.id, of_one.c.next_try_at, turn.label("turn"))
        .select_from(WebhookEndpoint)
        .join(of_one, true())
        .where(*LISTENING)
        .subquery()
    )
    chosen = select(due.c.id).order_by(due.c.turn, due.c.next_try_at).limit(AT_ONCE)
    claimed = session.scalars(
        update(WebhookDelivery)
        .where(WebhookDelivery.id.in_(chosen))
        .values(next_try_at=now + CLAIM)
        .returning(WebhookDelivery.id)
    ).all()
    return _tellings(session, claimed, server_key)


def _tellings(session: Session, claimed: Sequence[UUID], server_key: bytes) -> Sequence[Telling]:
    rows = session.execute(
        select(WebhookDelivery.id, WebhookEndpoint, WebhookEvent)
        .join(WebhookEndpoint, WebhookEndpoint.id == WebhookDelivery.endpoint_id)
        .join(WebhookEvent, WebhookEvent.id == WebhookDelivery.event_id)
        .where(WebhookDelivery.id.in_(claimed))
        .order_by(WebhookDelivery.endpoint_id, WebhookEvent.id)
    )
    return [_telling(delivery, endpoint, event, server_key) for delivery, endpoint, event in rows]


def _telling(delivery: UUID, endpoint: WebhookEndpoint, event: WebhookEvent, server_key: bytes) -> Telling:
    content = event_content(str(event.id), event.kind, event.subject, event.at)
    return Telling(
        delivery,
        endpoint.id,
        endpoint.url,
        str(event.id),
        secret_of(server_key, str(endpoint.id), endpoint.generation),
        json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode(),
    )


async def _tell(claimed: Sequence[Telling], *, private: bool) -> None:
    limits = httpx.Limits(max_connections=AT_ONCE, max_keepalive_connections=0)
    async with httpx.AsyncClient(timeout=DEADLINE_SECONDS, limits=limits, trust_env=False) as client:
        groups = [list(group) for _, group in groupby(claimed, attrgetter("endpoint_id"))]
        await asyncio.gather(*(_tell_endpoint(client, group, private) for group in groups))


async def _tell_endpoint(client: httpx.AsyncClient, group: Sequence[Telling], private: bool) -> None:
    """One after the other, in the order of the events; the first failure lets the endpoint rest."""
    began = time.monotonic()
    for place, telling in enumerate(group):
        if place and time.monotonic() - began > ROUND_SECONDS:
            with transaction() as session:
                give_back(session, group[place:], now=clock.now())
            return
        answer = await send(client, telling, private=private)
        with transaction() as session:
            note_answer(session, answer, now=clock.now())
        if not is_taken(answer.status):
            return


def give_back(session: Session, unsent: Sequence[Telling], *, now: datetime) -> None:
    """Let go of what was claimed and not sent."""
    session.execute(
        update(WebhookDelivery)
        .where(
            WebhookDelivery.id.in_([telling.id for telling in unsent]),
            WebhookDelivery.state == DeliveryState.QUEUED,
        )
        .values(next_try_at=now)
    )


async def send(client: httpx.AsyncClient, telling: Telling, *, private: bool) -> Answer:
    """Send one event. Redirects are not followed, and no more of an answer is read than its status."""
    headers = {"content-type": "application/json; charset=utf-8", "user-agent": "Changtong-Webhooks/1"}
    headers |= signed_headers(telling.secret, telling.event_id, clock.now(), telling.body)
    try:
        async with asyncio.timeout(DEADLINE_SECONDS):
            where, extra = await _pinned(telling.url, private=private)
            sent = client.stream(
                "POST",
                where,
                content=telling.body,
                headers={**headers, **extra},
                extensions=_sni(telling.url),
            )
            async with sent as answer:
                return Answer(telling, answer.status_code, None)
    except TimeoutError:
        return Answer(telling, None, "webhook.timeout")
    except PermissionError:
        return Answer(telling, None, "webhook.private_address")
    except (httpx.HTTPError, OSError, UnicodeError):
        return Answer(telling, None, "webhook.unreachable")


async def _pinned(url: str, *, private: bool) -> tuple[str, Mapping[str, str]]:
    """The address with the host's number in it, so that what was checked is what is connected to.

    Raises `PermissionError` when the name leads into a network that is not the open Internet.
    """
    parts, host = urlsplit(url), _host(url)
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, parts.port or parts.scheme, type=socket.SOCK_STREAM)
    if not private and not all(is_public(str(each[4][0])) for each in found):
        raise PermissionError(host)
    numbered = _place(str(found[0][4][0]), parts.port)
    return parts._replace(netloc=numbered).geturl(), {"host": _place(host, parts.port)}


def _host(url: str) -> str:
    """The host's name as it goes over the wire: one in Chinese letters in ASCII."""
    return (urlsplit(url).hostname or "").encode("idna").decode()


def _place(host: str, port: int | None) -> str:
    written = f"[{host}]" if ":" in host else host
    return f"{written}:{port}" if port else written


def _sni(url: str) -> dict[str, str]:
    """TLS is still spoken with the host's name, whatever number stands in the address."""
    return {"sni_hostname": _host(url)}


def note_answer(session: Session, answer: Answer, *, now: datetime) -> None:
    """Write down what came of a telling. One that was taken stays taken, whatever a late answer says."""
    row = session.get(WebhookDelivery, answer.telling.id, with_for_update=True)
    if row is None or row.state != DeliveryState.QUEUED:
        return
    row.attempts += 1
    row.last_status, row.last_problem = answer.status, answer.problem
    if is_taken(answer.status):
        row.state, row.delivered_at, row.next_try_at = DeliveryState.DELIVERED.value, now, None
        return
    row.next_try_at = next_try(row.attempts, now)
    if row.next_try_at is None:
        row.state = DeliveryState.GIVEN_UP.value
    _let_rest(session, row, now, gone=answer.status == GONE)


def _let_rest(session: Session, row: WebhookDelivery, now: datetime, *, gone: bool) -> None:
    """What else is queued for an endpoint that has just failed waits as long; one that is gone is paused."""
    if gone:
        session.execute(
            update(WebhookEndpoint).where(WebhookEndpoint.id == row.endpoint_id).values(paused=True)
        )
    until = row.next_try_at or next_try(1, now)
    session.execute(
        update(WebhookDelivery)
        .where(
            WebhookDelivery.endpoint_id == row.endpoint_id,
            WebhookDelivery.id != row.id,
            WebhookDelivery.state == DeliveryState.QUEUED,
            # Those that were claimed with it and not yet sent are given back.
            or_(WebhookDelivery.next_try_at < until, WebhookDelivery.attempts == 0),
        )
        .values(next_try_at=until)
    )
