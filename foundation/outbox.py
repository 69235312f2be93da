"""Messages to people: put in the transaction that has something to say, delivered after it."""

import smtplib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import make_msgid
from typing import Any
from urllib.parse import unquote, urlsplit
from uuid import UUID

from flask import current_app
from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from foundation.base import new_id
from foundation.i18n import in_language
from foundation.jobs import job
from foundation.models import Message
from foundation.settings import Settings

TIMEOUT_SECONDS = 20


@dataclass(frozen=True)
class Recipient:
    """Whom a message is for; without an e-mail address it goes to the inbox only."""

    person_id: UUID
    email: str | None
    locale: str = "zh"


@dataclass(frozen=True)
class Words:
    """A message in the language of its reader."""

    subject: str
    body: str
    link: str | None = None


Template = Callable[[dict[str, Any]], Words]
TEMPLATES: dict[str, Template] = {}


def template(name: str) -> Callable[[Template], Template]:
    """Register the words of a kind of message; they are made from the stored facts when it is shown or sent."""

    def register(make: Template) -> Template:
        TEMPLATES[name] = make
        return make

    return register


def put(
    session: Session, recipient: Recipient, name: str, facts: dict[str, Any], *, key: str, now: datetime
) -> None:
    """Say something to a person: to the inbox, and by e-mail where there is an address. The same `key` says it once."""
    if name not in TEMPLATES:
        raise ValueError(f"no such template: {name}")
    told = {**facts, "locale": recipient.locale}
    channels = [("inbox", None, "sent")] + ([("email", recipient.email, "queued")] if recipient.email else [])
    rows = [
        {
            "id": new_id(),
            "unique_key": f"{key}:{channel}",
            "recipient_id": recipient.person_id,
            "channel": channel,
            "address": address,
            "template": name,
            "facts": told,
            "state": state,
            "attempts": 0,
            "created_at": now,
            "next_try_at": now if state == "queued" else None,
            "sent_at": now if channel == "inbox" else None,
        }
        for channel, address, state in channels
    ]
    made = session.execute(
        insert(Message)
        .values(rows)
        .on_conflict_do_nothing(index_elements=["unique_key"])
        .returning(Message.id, Message.channel)
    )
    for message_id, channel in made:
        if channel == "email":
            send_email.defer(session, message_id=str(message_id))


@job("outbox.send_email")
def send_email(session: Session, now: datetime, message_id: str) -> None:
    """Deliver one e-mail; without SMTP_URL it is caught and shown on the catcher page."""
    message = session.get(Message, UUID(message_id), with_for_update=True)
    if message is None or message.state != "queued":
        return
    settings: Settings = current_app.extensions["settings"]
    if settings.smtp_url:
        _deliver(settings, message)
    message.state = "sent" if settings.smtp_url else "caught"
    message.sent_at, message.next_try_at = now, None


def _deliver(settings: Settings, message: Message) -> None:
    words = words_of(message)
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = settings.mail_from, message.address, words.subject
    # The id of our row makes a repeated delivery recognisable to the receiving server.
    mail["Message-ID"] = make_msgid(str(message.id), "changtong")
    mail.set_content(words.body + (f"\n\n{settings.public_url}{words.link}" if words.link else ""))
    server = urlsplit(settings.smtp_url)
    with smtplib.SMTP(server.hostname or "localhost", server.port or 25, timeout=TIMEOUT_SECONDS) as smtp:
        if server.scheme == "smtps+starttls":
            smtp.starttls()
        if server.username:
            smtp.login(unquote(server.username), unquote(server.password or ""))
        smtp.send_message(mail)


def words_of(message: Message) -> Words:
    """The message in its recipient's language."""
    with in_language(message.facts.get("locale", "zh")):
        return TEMPLATES[message.template](message.facts)


def inbox(
    session: Session, person_id: UUID, *, before: UUID | None = None, limit: int = 50
) -> Sequence[Message]:
    """A page of somebody's inbox, newest first."""
    statement = select(Message).where(Message.recipient_id == person_id, Message.channel == "inbox")
    if before:
        statement = statement.where(Message.id < before)
    return session.scalars(statement.order_by(Message.id.desc()).limit(limit)).all()


def unread(session: Session, person_id: UUID) -> int:
    """How many messages of the inbox were not opened yet."""
    return (
        session.scalar(
            select(func.count())
            .select_from(Message)
            .where(Message.recipient_id == person_id, Message.channel == "inbox", Message.read_at.is_(None))
        )
        or 0
    )


def mark_read(session: Session, person_id: UUID, *, now: datetime) -> None:
    """All messages of the inbox have been seen."""
    session.execute(
        update(Message)
        .where(Message.recipient_id == person_id, Message.channel == "inbox", Message.read_at.is_(None))
        .values(read_at=now)
    )


def caught(session: Session, *, limit: int = 100) -> Sequence[Message]:
    """E-mails that were caught or sent, newest first: the local catcher of the demo."""
    return session.scalars(
        select(Message).where(Message.channel == "email").order_by(Message.id.desc()).limit(limit)
    ).all()
