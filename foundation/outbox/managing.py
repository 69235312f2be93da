"""The outbox for whoever looks after it: what waits, what failed, sending again and stopping."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session

from foundation.models import Message
from foundation.outbox.rules import (
    Channel,
    MessageAction,
    MessageState,
    next_state,
    not_before,
    open_actions,
)
from foundation.problems import NotAllowed, NotFound

PAGE: Final = 50
RECENTLY: Final = timedelta(days=1)
LAST_HOUR: Final = timedelta(hours=1)
MOST_AT_ONCE: Final = 10_000
"""Messages sent again by one click; whoever has more clicks twice."""
COUNTED: Final = 9_999
"""Beyond this a number says "more": counting half a million messages of a notice would take half a second."""
COUNT: Final = text("""
    SELECT channel, state, found
    FROM unnest(CAST(:channels AS text[])) AS channel CROSS JOIN unnest(CAST(:states AS text[])) AS state
    CROSS JOIN LATERAL (
        SELECT count(*) AS found FROM (
            SELECT FROM message WHERE message.channel = channel.channel AND message.state = state.state
            AND message.channel <> 'inbox'
            AND message.id > CASE WHEN state.state = ANY(CAST(:over AS text[])) THEN CAST(:since AS uuid)
                ELSE CAST('00000000-0000-0000-0000-000000000000' AS uuid) END
            LIMIT :most
        ) AS some_of_them
    ) AS counted
    WHERE found > 0
""")
OVER: Final = (MessageState.SENT, MessageState.CAUGHT, MessageState.STOPPED)
"""Where messages stay: of these only the last day's are counted."""


@dataclass(frozen=True)
class Moved:
    """What a person did to a message."""

    channel: str
    was: str
    state: str


def counts(session: Session, *, now: datetime) -> Mapping[tuple[str, str], int]:
    """How many e-mails and text messages are in each (channel, state), as far as `COUNTED`.

    Of what is over only the last day's are counted.
    """
    given = {"over": [str(state) for state in OVER], "since": _first_id(now - RECENTLY), "most": COUNTED + 1}
    pairs = {
        "channels": [str(one) for one in (Channel.EMAIL, Channel.SMS)],
        "states": list(map(str, MessageState)),
    }
    return {(row.channel, row.state): row.found for row in session.execute(COUNT, given | pairs)}


def _first_id(moment: datetime) -> UUID:
    """The least id that a message of this moment can have: a UUIDv7 begins with its time in milliseconds."""
    return UUID(int=int(moment.timestamp() * 1000) << 80)


def listed(
    session: Session, state: MessageState, channel: Channel, *, before: UUID | None = None
) -> Sequence[Message]:
    """A page of the messages in one state on one channel, newest first, with one more to see whether there are more."""
    statement = select(Message).where(Message.state == state, Message.channel == channel)
    if before:
        statement = statement.where(Message.id < before)
    return session.scalars(statement.order_by(Message.id.desc()).limit(PAGE + 1)).all()


def move(session: Session, message_id: UUID, action: MessageAction, *, now: datetime) -> Moved:
    """Do what a person may do with a message: send it again, its tries counted anew, or keep it from being sent.

    Raises `NotFound` (unknown, or of an inbox), `NotAllowed`.
    """
    message = session.get(Message, message_id, with_for_update=True)
    if message is None or message.channel == Channel.INBOX:
        raise NotFound
    if action not in open_actions(message.state):
        raise NotAllowed(message.state, action)
    was, message.state = message.state, next_state(message.state, action)
    again = not_before(now, message.channel, urgent=message.urgent)
    message.next_try_at = again if message.state == MessageState.QUEUED else None
    message.attempts = 0 if message.state == MessageState.QUEUED else message.attempts
    return Moved(message.channel, was, message.state)


def resend_failed(session: Session, channel: Channel, *, now: datetime) -> int:
    """Send again what failed on a channel within the last hour; how many. Text messages keep the quiet of the night."""
    failed = (
        select(Message.id)
        .where(
            Message.state == MessageState.FAILED,
            Message.channel == channel,
            Message.tried_at >= now - LAST_HOUR,
        )
        .order_by(Message.id)
        .limit(MOST_AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    ids = session.scalars(failed).all()
    for urgent in (True, False):
        session.execute(
            update(Message)
            .where(Message.id.in_(ids), Message.urgent.is_(urgent))
            .values(
                state=MessageState.QUEUED,
                attempts=0,
                next_try_at=not_before(now, channel, urgent=urgent),
            )
        )
    return len(ids)


def release(session: Session, notice_id: UUID, channel: Channel, most: int, *, now: datetime) -> int:
    """Let as many held messages of a notice on a channel go, oldest first; how many went."""
    chosen = (
        select(Message.id)
        .where(Message.notice_id == notice_id, Message.state == MessageState.HELD, Message.channel == channel)
        .order_by(Message.id)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    ids = session.scalars(chosen).all()
    if ids:
        session.execute(
            update(Message).where(Message.id.in_(ids)).values(state=MessageState.QUEUED, next_try_at=now)
        )
    return len(ids)


def stop_held(session: Session, notice_id: UUID, most: int) -> int:
    """Stop messages of a notice that have not left yet, a piece at a time; how many."""
    waiting = (MessageState.HELD, MessageState.QUEUED)
    chosen = (
        select(Message.id)
        .where(Message.notice_id == notice_id, Message.state.in_(waiting))
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    ids = session.scalars(chosen).all()
    if ids:
        session.execute(
            update(Message).where(Message.id.in_(ids)).values(state=MessageState.STOPPED, next_try_at=None)
        )
    return len(ids)


def states_of_notice(session: Session, notice_id: UUID) -> Mapping[tuple[str, str], int]:
    """How many messages of a notice are in each (channel, state)."""
    rows = session.execute(
        select(Message.channel, Message.state, func.count())
        .where(Message.notice_id == notice_id)
        .group_by(Message.channel, Message.state)
    )
    return {(channel, state): found for channel, state, found in rows}
