"""Saying something: in the transaction that has something to say. It leaves after the commit, within a second or two."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from foundation.base import new_id
from foundation.models import Message
from foundation.outbox.rules import Channel, MessageState, not_before
from foundation.outbox.words import TEMPLATES


@dataclass(frozen=True)
class Recipient:
    """Whom a message is for; without an e-mail address it goes to the inbox only."""

    person_id: UUID
    email: str | None
    locale: str = "zh"


@dataclass(frozen=True)
class _Said:
    """One thing to say, whichever way it goes."""

    name: str
    facts: dict[str, Any]
    key: str
    now: datetime
    urgent: bool
    recipient_id: UUID | None


def put(
    session: Session,
    recipient: Recipient,
    name: str,
    facts: dict[str, Any],
    *,
    key: str,
    now: datetime,
    urgent: bool = False,
    email: bool = True,
) -> None:
    """Say something to a person: to the inbox, and by e-mail where there is an address. The same `key` says it once.

    `urgent` overtakes everything that is not; `email=False` says it in the inbox alone. Raises `ValueError` for a
    `name` that no template has.
    """
    said = _Said(name, {**facts, "locale": recipient.locale}, key, now, urgent, recipient.person_id)
    rows = [_row(said, Channel.INBOX, None)]
    if email and recipient.email:
        rows.append(_row(said, Channel.EMAIL, recipient.email))
    _write(session, rows)


def put_email(
    session: Session,
    address: str,
    name: str,
    facts: dict[str, Any],
    *,
    key: str,
    now: datetime,
    locale: str = "zh",
    urgent: bool = False,
) -> None:
    """Write an e-mail to somebody without an account. The same `key` says it once; raises as `put` does."""
    said = _Said(name, {**facts, "locale": locale}, key, now, urgent, None)
    _write(session, [_row(said, Channel.EMAIL, address)])


def put_sms(
    session: Session,
    phone: str,
    name: str,
    facts: dict[str, Any],
    *,
    key: str,
    now: datetime,
    locale: str = "zh",
    urgent: bool = False,
    recipient_id: UUID | None = None,
) -> None:
    """Send a text message, with or without an account behind the number. The same `key` says it once.

    What is not urgent waits from 22:00 to 07:00 Beijing time. `phone` may hold spaces and hyphens. Raises as
    `put` does.
    """
    said = _Said(name, {**facts, "locale": locale}, key, now, urgent, recipient_id)
    _write(session, [_row(said, Channel.SMS, phone.replace(" ", "").replace("-", ""))])


def _row(said: _Said, channel: Channel, address: str | None) -> dict[str, Any]:
    if said.name not in TEMPLATES:
        raise ValueError(f"no such template: {said.name}")
    inbox = channel is Channel.INBOX
    return {
        "id": new_id(),
        "unique_key": f"{said.key}:{channel}",
        "recipient_id": said.recipient_id,
        "channel": channel,
        "address": address,
        "template": said.name,
        "facts": said.facts,
        "state": MessageState.SENT if inbox else MessageState.QUEUED,
        "urgent": said.urgent,
        "attempts": 0,
        "created_at": said.now,
        "next_try_at": None if inbox else not_before(said.now, channel, urgent=said.urgent),
        "sent_at": said.now if inbox else None,
    }


def _write(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    session.execute(insert(Message).values(rows).on_conflict_do_nothing(index_elements=["unique_key"]))
