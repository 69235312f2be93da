"""The life of a notice as a table of moves, its limits, and how many of its messages may go now."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from foundation.problems import NotAllowed

LONGEST_SUBJECT = 40
LONGEST_WORDS = 300
"""Characters: five parts of a text message, as operators count them (70 characters each, less what joins them)."""
PACES = (60, 300, 600, 1200, 3000)
"""Messages a minute on each channel. 320,000 at the greatest pace take an hour and three quarters."""
PACE = 600
LONGEST_ARREARS = timedelta(minutes=1)
"""What was not let go for longer (a pause, a night, no worker) is not made up for in one burst."""
FIRST = timedelta(seconds=5)
"""What may go at the first look."""


class NoticeState(StrEnum):
    """Where a notice stands."""

    DRAFT = "draft"
    SENDING = "sending"
    PAUSED = "paused"
    SENT = "sent"
    STOPPED = "stopped"


class NoticeAction(StrEnum):
    """What is done with a notice; `finish` is done by the worker, the others by a person."""

    START = "start"
    PAUSE = "pause"
    RESUME = "resume"
    STOP = "stop"
    FINISH = "finish"


NOTICE_MOVES: Mapping[tuple[NoticeState, NoticeAction], NoticeState] = {
    (NoticeState.DRAFT, NoticeAction.START): NoticeState.SENDING,
    (NoticeState.SENDING, NoticeAction.PAUSE): NoticeState.PAUSED,
    (NoticeState.PAUSED, NoticeAction.RESUME): NoticeState.SENDING,
    (NoticeState.SENDING, NoticeAction.STOP): NoticeState.STOPPED,
    (NoticeState.PAUSED, NoticeAction.STOP): NoticeState.STOPPED,
    (NoticeState.SENDING, NoticeAction.FINISH): NoticeState.SENT,
}


def next_notice_state(state: str, action: NoticeAction) -> NoticeState:
    """Where a move leads. Raises `NotAllowed` for one that the table does not hold."""
    found = NOTICE_MOVES.get((NoticeState(state), action))
    if found is None:
        raise NotAllowed(state, action)
    return found


def open_notice_actions(state: str) -> tuple[NoticeAction, ...]:
    """What a person can do with a notice in this state: its buttons."""
    return tuple(action for (at, action) in NOTICE_MOVES if at == state and action is not NoticeAction.FINISH)


def may_go(per_minute: int, released_at: datetime | None, now: datetime) -> int:
    """How many messages of each channel may go now, at this pace, after those that went at `released_at`."""
    since = FIRST if released_at is None else min(now - released_at, LONGEST_ARREARS)
    return max(0, int(per_minute * since / timedelta(minutes=1)))
