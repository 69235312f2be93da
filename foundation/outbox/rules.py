"""The life of a message as a table of moves, when it is tried again, and when a telephone may ring."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta, timezone
from enum import StrEnum

from foundation.problems import NotAllowed


class Channel(StrEnum):
    """A way to a person."""

    INBOX = "inbox"
    EMAIL = "email"
    SMS = "sms"


class MessageState(StrEnum):
    """Where a message stands. `unknown`: it may have arrived, so nothing sends it again by itself."""

    HELD = "held"
    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    CAUGHT = "caught"
    UNKNOWN = "unknown"
    FAILED = "failed"
    STOPPED = "stopped"


class MessageAction(StrEnum):
    """What happens to a message; the last two are done by a person."""

    RELEASE = "release"
    TAKE = "take"
    ACCEPT = "accept"
    CATCH = "catch"
    PUT_OFF = "put_off"
    LOSE_SIGHT = "lose_sight"
    REFUSE = "refuse"
    RESEND = "resend"
    STOP = "stop"


_S, _A = MessageState, MessageAction
MESSAGE_MOVES: Mapping[tuple[MessageState, MessageAction], MessageState] = {
    (_S.HELD, _A.RELEASE): _S.QUEUED,
    (_S.HELD, _A.STOP): _S.STOPPED,
    (_S.QUEUED, _A.TAKE): _S.SENDING,
    (_S.QUEUED, _A.STOP): _S.STOPPED,
    (_S.SENDING, _A.ACCEPT): _S.SENT,
    (_S.SENDING, _A.CATCH): _S.CAUGHT,
    (_S.SENDING, _A.PUT_OFF): _S.QUEUED,
    (_S.SENDING, _A.LOSE_SIGHT): _S.UNKNOWN,
    (_S.SENDING, _A.REFUSE): _S.FAILED,
    # Of what is unknown a late answer, a receipt or a person decides.
    (_S.UNKNOWN, _A.ACCEPT): _S.SENT,
    (_S.UNKNOWN, _A.PUT_OFF): _S.QUEUED,
    (_S.UNKNOWN, _A.REFUSE): _S.FAILED,
    (_S.UNKNOWN, _A.RESEND): _S.QUEUED,
    (_S.FAILED, _A.RESEND): _S.QUEUED,
    (_S.STOPPED, _A.RESEND): _S.QUEUED,
}
BY_HAND = (MessageAction.RESEND, MessageAction.STOP)

BACK_OFF = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(hours=1),
    timedelta(hours=4),
    timedelta(hours=4),
    timedelta(hours=4),
    timedelta(hours=4),
    timedelta(hours=4),
)
"""Pauses after the tries that were clearly not accepted: 21 hours and 21 minutes in all, then the message has failed."""
SIGHT_LOST_AFTER = timedelta(minutes=5)
"""A message that is `sending` for longer has lost its worker: the longest talk with a server takes a minute."""
ASK_FIRST = timedelta(minutes=1)
ASK_AT_MOST = timedelta(hours=4)
ASK_FOR = timedelta(days=1)
"""A gateway is asked what became of a message after a minute, then ever more rarely, for a day."""
FAULTS_IN_A_ROW = 5
REST = timedelta(minutes=1)
"""A channel whose server has failed this often in a row is left alone for so long."""
LONGEST_REST = timedelta(hours=1)

BEIJING = timezone(timedelta(hours=8))
"""All of China keeps UTC+8, without summer time."""
QUIET_FROM = time(22)
QUIET_UNTIL = time(7)
"""From ten at night to seven in the morning no telephone rings for what can wait."""


@dataclass(frozen=True)
class Outcome:
    """What came of one try.

    `error` is a code without personal data; `fault` says that the server, not the message, is to blame;
    `wait` is how long the server asked to be left alone.
    """

    action: MessageAction
    error: str | None = None
    provider_id: str | None = None
    fault: bool = False
    wait: timedelta | None = None


@dataclass(frozen=True)
class Circuit:
    """How a channel has fared: after some faults in a row it rests, and then one message tries the way."""

    faults: int = 0
    rests_until: datetime | None = None

    def open(self, now: datetime) -> bool:
        """Whether messages may be sent."""
        return self.rests_until is None or self.rests_until <= now

    def after(self, outcome: Outcome, now: datetime) -> "Circuit":
        """The circuit one try later."""
        if not outcome.fault:
            return Circuit()
        wait = min(outcome.wait, LONGEST_REST) if outcome.wait else None
        if self.faults + 1 >= FAULTS_IN_A_ROW:
            wait = max(wait or REST, REST)
        return replace(self, faults=self.faults + 1, rests_until=now + wait if wait else self.rests_until)


def next_state(state: str, action: MessageAction) -> MessageState:
    """Where a move leads. Raises `NotAllowed` for one that the table does not hold."""
    found = MESSAGE_MOVES.get((MessageState(state), action))
    if found is None:
        raise NotAllowed(state, action)
    return found


def open_actions(state: str) -> tuple[MessageAction, ...]:
    """What a person can do with a message in this state: its buttons."""
    return tuple(action for action in BY_HAND if (MessageState(state), action) in MESSAGE_MOVES)


def next_try(attempts: int, now: datetime, wait: timedelta | None = None) -> datetime | None:
    """When to try again after so many tries; None when it was the last. A server's own wish can only add to it."""
    if attempts > len(BACK_OFF):
        return None
    return now + max(BACK_OFF[attempts - 1], min(wait or timedelta(), timedelta(days=1)))


def next_ask(tried_at: datetime, now: datetime) -> datetime | None:
    """When to ask again what became of a message that was tried at `tried_at`; None when a day has gone by."""
    if now - tried_at >= ASK_FOR:
        return None
    return now + min(max(now - tried_at, ASK_FIRST), ASK_AT_MOST)


def is_quiet(now: datetime) -> bool:
    """Whether it is night in Beijing."""
    here = now.astimezone(BEIJING).time()
    return here >= QUIET_FROM or here < QUIET_UNTIL


def not_before(now: datetime, channel: str, *, urgent: bool) -> datetime:
    """The first moment at which a message may go out: at once, or in the morning for a text message that can wait.

    An e-mail wakes nobody; a pass that was issued at night is needed at night.
    """
    if urgent or channel != Channel.SMS or not is_quiet(now):
        return now
    here = now.astimezone(BEIJING)
    day = here.date() + timedelta(days=1 if here.time() >= QUIET_FROM else 0)
    return datetime.combine(day, QUIET_UNTIL, BEIJING).astimezone(now.tzinfo)
