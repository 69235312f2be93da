"""The verdict screen: what stands on it, whether the verdict was just given or is read from a scan's row."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from checkpoints.models import Action, Scan
from checkpoints.queries import actions_of_scan, standing_action
from checkpoints.register import Point, register
from checkpoints.rules import (
    REFUSALS,
    UNDO_WITHIN,
    RefusalReason,
    RoadsideAction,
    Standing,
    consequence,
)
from checkpoints.verdicts import Told, judged_pass, standing, told
from checkpoints.words import ACTION_WORDS, GOOD_BUT_PLATE_UNSEEN, MAY_WORDS, REASON_WORDS, WATCHED
from foundation.base import new_id
from passes.public import LEVEL_WORDS, VERDICT_WORDS, Judged, PlateSeen, VerdictCode, look_up


@dataclass(frozen=True)
class Choice:
    """A button of the screen: an action, whether it asks for a reason, and the id its event will have."""

    action: RoadsideAction
    words: Any
    needs_reason: bool
    event_id: UUID


@dataclass(frozen=True)
class Done:
    """The action that counts, and whether it can still be undone."""

    event_id: UUID
    words: Any
    reason: Any
    refused: bool
    at: datetime
    undo_id: UUID | None


@dataclass(frozen=True)
class Screen:
    """Everything the verdict screen shows. Words are lazy; `content` only when a signature can be believed."""

    scan_id: UUID
    level: str
    level_words: Any
    words: Any
    more: tuple[Any, ...]
    rule: Any
    watched: Any
    plate: str
    plate_seen: str
    content: Told | None
    point: Point | None
    at: datetime
    choices: tuple[Choice, ...]
    done: Done | None
    reasons: tuple[tuple[str, Any], ...]


def screen_of(session: Session, scan: Scan, *, now: datetime, judged: Judged | None = None) -> Screen:
    """The screen of a scan. `judged` when it was given just now; else the content is read again by the number."""
    here = standing(scan.level, scan.verdict)
    actions = actions_of_scan(session, scan.event_id)
    return Screen(
        scan_id=scan.event_id,
        level=scan.level,
        level_words=LEVEL_WORDS[scan.level],
        words=_words(scan),
        more=tuple(VERDICT_WORDS[VerdictCode(code)] for code in scan.reasons if code != scan.verdict),
        rule=MAY_WORDS[here],
        watched=WATCHED,
        plate=scan.plate,
        plate_seen=scan.plate_seen,
        content=_content(session, scan, judged, now),
        point=register(session, now=now).points.get(scan.checkpoint),
        at=scan.scanned_at,
        choices=_choices(here),
        done=_done(actions, now),
        reasons=tuple((str(reason), REASON_WORDS[reason]) for reason in RefusalReason),
    )


def _words(scan: Scan) -> Any:
    if scan.verdict == VerdictCode.VALID and scan.plate_seen == PlateSeen.UNKNOWN:
        return GOOD_BUT_PLATE_UNSEEN
    return VERDICT_WORDS[VerdictCode(scan.verdict)]


def _content(session: Session, scan: Scan, judged: Judged | None, now: datetime) -> Told | None:
    if judged is not None:
        return told(session, judged, now=now)
    # A code with a bad signature names a number that need not be its own, so nothing of ours is shown for it.
    if scan.number is None or not believed(scan.reasons):
        return None
    found = look_up(session, scan.number, now=now)
    return (
        told(session, judged_pass(session, found, now, None, PlateSeen.UNKNOWN), now=now) if found else None
    )


def believed(reasons: Sequence[str]) -> bool:
    """Whether a verdict rests on a good signature."""
    doubts = {
        VerdictCode.MALFORMED,
        VerdictCode.NOT_CANONICAL,
        VerdictCode.BAD_SIGNATURE,
        VerdictCode.KEY_REVOKED,
        VerdictCode.UNKNOWN_KEY,
        VerdictCode.UNKNOWN_ISSUER,
        VerdictCode.NO_PASS,
    }
    return doubts.isdisjoint(VerdictCode(code) for code in reasons)


def _choices(here: Standing) -> tuple[Choice, ...]:
    offered = (RoadsideAction.PASSED, RoadsideAction.TURNED_BACK, RoadsideAction.HELD)
    return tuple(
        Choice(action, ACTION_WORDS[action], consequence(here, action).needs_reason, new_id())
        for action in offered
    )


def _done(actions: Sequence[Action], now: datetime) -> Done | None:
    action = standing_action(actions)
    if action is None:
        return None
    return Done(
        event_id=action.event_id,
        words=ACTION_WORDS[RoadsideAction(action.action)],
        reason=REASON_WORDS[RefusalReason(action.reason)] if action.reason else None,
        refused=RoadsideAction(action.action) in REFUSALS,
        at=action.acted_at,
        undo_id=new_id() if now - action.acted_at <= UNDO_WITHIN else None,
    )
