"""Sending: what is due is claimed, handed over, and what came of it written down.

A message is `sending` in a transaction of its own before anybody's server is spoken to, so whoever is killed leaves
it so, and it becomes `unknown`: nothing is sent a second time by itself. No transaction is open during a talk.
"""

from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import datetime
from typing import Final
from uuid import UUID

import structlog
from flask import current_app
from sqlalchemy import ColumnElement, case, exists, select, update
from sqlalchemy.orm import Session

from foundation import clock
from foundation.database import transaction
from foundation.jobs import every, long_job
from foundation.models import Message
from foundation.outbox.gateway import Gateway
from foundation.outbox.rules import (
    MESSAGE_MOVES,
    SIGHT_LOST_AFTER,
    Channel,
    Circuit,
    MessageAction,
    MessageState,
    Outcome,
    next_ask,
    next_state,
    next_try,
    not_before,
)
from foundation.outbox.smtp import Post
from foundation.outbox.ways import Catcher, Letter, Way
from foundation.outbox.words import words_of
from foundation.settings import Settings

log = structlog.get_logger()
Present = Callable[[], datetime]
ROUNDS: Final = 200
"""Talks of one run; then other jobs have their turn, and the next tick starts another run."""
ASKED_AT_ONCE: Final = 50
SENT_BY: Final = (Channel.EMAIL, Channel.SMS)


@every(seconds=1)
def start_sending(session: Session, now: datetime) -> None:
    """Start a run for each channel that has something due, and whose server does not need a rest."""
    for channel, run in ((Channel.EMAIL, send_emails), (Channel.SMS, send_text_messages)):
        if _circuit(channel).open(now) and _anything(session, channel, now):
            run.defer_once(session)


@every(seconds=30)
def lose_sight(session: Session, now: datetime) -> None:
    """What is `sending` for too long has lost its worker, and nobody knows whether it arrived."""
    session.execute(
        update(Message)
        .where(
            Message.state == MessageState.SENDING,
            Message.channel.in_(SENT_BY),
            Message.tried_at < now - SIGHT_LOST_AFTER,
        )
        .values(
            state=MessageState.UNKNOWN,
            last_error="worker.lost",
            next_try_at=case((Message.channel == Channel.SMS, now), else_=None),
        )
    )


@long_job("outbox.send_emails", lock="outbox.email")
def send_emails() -> None:
    """Send the e-mails that are due."""
    send_due(Channel.EMAIL)


@long_job("outbox.send_text_messages", lock="outbox.sms")
def send_text_messages() -> None:
    """Send the text messages that are due, and ask what became of those that nobody knows about."""
    send_due(Channel.SMS)
    ask_receipts()


def send_due(channel: Channel, present: Present = clock.now) -> None:
    """Send what is due on a channel, until nothing is, its server needs a rest, or others want their turn."""
    claimed: list[Letter] = []
    outcomes: list[Outcome] = []
    with closing(_way(channel)) as way:
        for _ in range(ROUNDS):
            with transaction() as session:
                _note_all(session, channel, claimed, outcomes, present())
                claimed = claim(session, channel, _width(channel, way, present()), now=present())
            if not claimed:
                return
            outcomes = way.send(claimed)
        with transaction() as session:
            _note_all(session, channel, claimed, outcomes, present())


def claim(session: Session, channel: Channel, most: int, *, now: datetime) -> list[Letter]:
    """Take what is due, urgent first: of two workers at the same instant, each gets other messages.

    A message whose words cannot be made has failed.
    """
    rows = _due(session, channel, most, now, urgent=True)
    rows += _due(session, channel, most - len(rows), now, urgent=False)
    for message in rows:
        message.state = next_state(message.state, MessageAction.TAKE)
        message.attempts, message.tried_at, message.next_try_at = message.attempts + 1, now, None
    session.flush()
    return [letter for message in rows if (letter := _letter(message)) is not None]


def _due(session: Session, channel: Channel, most: int, now: datetime, *, urgent: bool) -> list[Message]:
    if most <= 0:
        return []
    return list(
        session.scalars(
            select(Message)
            .where(*_queued(channel, now), Message.urgent.is_(urgent))
            .order_by(Message.next_try_at)
            .limit(most)
            .with_for_update(skip_locked=True)
        )
    )


def _queued(channel: Channel, now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (Message.state == MessageState.QUEUED, Message.channel == channel, Message.next_try_at <= now)


def _unknown(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        Message.state == MessageState.UNKNOWN,
        Message.channel == Channel.SMS,
        Message.next_try_at <= now,
    )


def _anything(session: Session, channel: Channel, now: datetime) -> bool:
    """Whether there is something to do on a channel."""
    due = session.scalar(select(exists().where(*_queued(channel, now))))
    asks = channel is Channel.SMS and _settings().sms_url
    return bool(due or (asks and session.scalar(select(exists().where(*_unknown(now))))))


def _letter(message: Message) -> Letter | None:
    try:
        return Letter(message.id, message.address or "", words_of(message))
    except Exception:
        # One message with a mistake must not keep all others from being sent.
        log.exception("message has no words", template=message.template)
        message.state = next_state(message.state, MessageAction.REFUSE)
        message.last_error = "words.broken"
        return None


def _note_all(
    session: Session, channel: Channel, letters: Sequence[Letter], outcomes: Sequence[Outcome], now: datetime
) -> None:
    rows = _locked(session, [letter.id for letter in letters])
    for letter, outcome in zip(letters, outcomes, strict=True):
        _circuits()[channel] = _circuit(channel).after(outcome, now)
        note(rows[letter.id], outcome, now)


def _locked(session: Session, ids: Sequence[UUID]) -> dict[UUID, Message]:
    found = session.scalars(select(Message).where(Message.id.in_(ids)).order_by(Message.id).with_for_update())
    return {message.id: message for message in found} if ids else {}


def note(message: Message, outcome: Outcome, now: datetime) -> None:
    """Write down what came of a try. An answer that comes after the message has moved on changes nothing."""
    state = MESSAGE_MOVES.get((MessageState(message.state), outcome.action))
    if state is None:
        return
    again = _next_try(message, outcome, now)
    if state is MessageState.QUEUED and again is None:
        state = MessageState.FAILED
    message.state, message.next_try_at, message.last_error = state, again, outcome.error
    if state in {MessageState.SENT, MessageState.CAUGHT}:
        message.sent_at, message.provider_id = now, outcome.provider_id or message.provider_id


def _next_try(message: Message, outcome: Outcome, now: datetime) -> datetime | None:
    """When to send it again, or to ask about it; None when neither will be done by itself."""
    if outcome.action is MessageAction.PUT_OFF:
        again = next_try(message.attempts, now, outcome.wait)
        return again and not_before(again, message.channel, urgent=message.urgent)
    asks = outcome.action is MessageAction.LOSE_SIGHT and message.channel == Channel.SMS
    return next_ask(message.tried_at or now, now) if asks else None


def ask_receipts(present: Present = clock.now) -> None:
    """Ask the gateway about text messages of which nobody knows whether they arrived."""
    if not _settings().sms_url:
        return
    with transaction() as session:
        asked = _take_to_ask(session, present())
    if not asked:
        return
    with closing(_gateway()) as gateway:
        receipts = gateway.ask(asked)
    with transaction() as session:
        rows = _locked(session, asked)
        for message_id, outcome in zip(asked, receipts, strict=True):
            if outcome is not None:
                note(rows[message_id], outcome, present())


def _take_to_ask(session: Session, now: datetime) -> list[UUID]:
    rows = session.scalars(
        select(Message)
        .where(*_unknown(now))
        .order_by(Message.next_try_at)
        .limit(ASKED_AT_ONCE)
        .with_for_update(skip_locked=True)
    ).all()
    for message in rows:
        message.next_try_at = next_ask(message.tried_at or now, now)
    return [message.id for message in rows]


def _settings() -> Settings:
    settings: Settings = current_app.extensions["settings"]
    return settings


def _way(channel: Channel) -> Way:
    settings = _settings()
    if channel is Channel.EMAIL and settings.smtp_url:
        return Post(settings.smtp_url, settings.mail_from, settings.public_url)
    if channel is Channel.SMS and settings.sms_url:
        return _gateway()
    return Catcher()


def _gateway() -> Gateway:
    settings = _settings()
    return Gateway(settings.sms_url, settings.sms_token, settings.sms_sender, settings.public_url)


def _circuits() -> dict[Channel, Circuit]:
    """How each channel fares in this process; another worker finds out by itself."""
    found: dict[Channel, Circuit] = current_app.extensions.setdefault("outbox_circuits", {})
    return found


def _circuit(channel: Channel) -> Circuit:
    return _circuits().get(channel, Circuit())


def _width(channel: Channel, way: Way, now: datetime) -> int:
    """How many to claim: none while the channel rests, and one alone to try it after a fault."""
    circuit = _circuit(channel)
    if not circuit.open(now):
        return 0
    return 1 if circuit.faults else way.width
