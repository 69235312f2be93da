"""Scans and actions that an officer makes on our own pages: judged here, then taken in like any other event."""

import re
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from accounts.permissions import Actor
from checkpoints.register import Point
from checkpoints.rules import UNREAD, Means, RefusalReason, RoadsideAction
from checkpoints.rules_slip import read_slip_code
from checkpoints.service import take_in
from checkpoints.slip_queries import slip_of_code
from checkpoints.verdicts import NO_PASS, judge_found
from passes.public import Judged, PlateSeen, judge_text, normalise_plate

_NUMBER = re.compile(r"[0-9]{12}")


def judge_entry(
    session: Session, entered: str, point: Point, seen: PlateSeen | None, *, now: datetime
) -> Judged:
    """The verdict on what was typed or read: the text of a code, a pass number, or the plate in front of the officer;
    the code of a slip is no pass.

    Whoever types the plate has it before his eyes, so it counts as compared. Raises `not_found` for a number
    nobody was given and `InvalidInput` for what is no plate.
    """
    if read_slip_code(entered):
        return Judged(NO_PASS, None)
    if is_code(entered):
        return judge_text(session, entered, now=now, place=point.place, plate_seen=seen or PlateSeen.UNKNOWN)
    if number_in(entered) is not None:
        return judge_found(
            session, number_in(entered), None, at=now, point=point, seen=seen or PlateSeen.UNKNOWN
        )
    return judge_found(session, None, entered, at=now, point=point, seen=seen or PlateSeen.MATCHES)


def is_code(entered: str) -> bool:
    """Whether this is what a QR holds and not what a person types."""
    return ":" in entered or "/" in entered


def number_in(entered: str) -> str | None:
    """The pass number that was typed, with any spaces, dashes or full-width digits."""
    written = normalise_plate(entered)
    return written if _NUMBER.fullmatch(written) else None


def record_scan(
    session: Session,
    actor: Actor,
    event_id: UUID,
    entered: str,
    judged: Judged,
    point: Point,
    seen: PlateSeen | None,
    *,
    now: datetime,
) -> None:
    """Keep the scan. Raises `event_conflict` when the same page was sent twice."""
    verdict, credential = judged.verdict, judged.credential
    of_slip = read_slip_code(entered)
    typed = of_slip is None and not is_code(entered) and number_in(entered) is None
    plate = normalise_plate(entered) if typed else _plate_of_slip(session, of_slip)
    raw = {
        "kind": "scan",
        "event_id": str(event_id),
        "plate": credential.plate if credential else plate,
        "checkpoint": point.code,
        "scanned_at": now.isoformat(),
        "number": credential.number if credential else number_in(entered),
        "level": str(verdict.level),
        "verdict": str(verdict.code),
        "reasons": [str(code) for code in verdict.reasons],
        "plate_seen": str(seen or (PlateSeen.MATCHES if typed else PlateSeen.UNKNOWN)),
        "offline": False,
        "means": str(_means(entered, no_pass=typed and credential is None)),
    }
    _take_one(session, actor, raw, now)


def _means(entered: str, *, no_pass: bool) -> Means:
    """How it came into the page: the plate of a vehicle without a pass, a code off a photo, or typed."""
    if no_pass:
        return Means.PLATE
    return Means.PICTURE if is_code(entered) else Means.TYPED


def _plate_of_slip(session: Session, code: str | None) -> str:
    """The vehicle a slip was made for, as far as it is known here."""
    slip = slip_of_code(session, code) if code else None
    return slip.plate if slip else UNREAD


def record_action(
    session: Session,
    actor: Actor,
    event_id: UUID,
    scan_id: UUID,
    plate: str,
    checkpoint: str,
    action: RoadsideAction,
    *,
    reason: RefusalReason | None,
    undoes: UUID | None,
    now: datetime,
) -> None:
    """Keep what was done. Raises `reason.missing`, `action.*` and `event_conflict`."""
    raw = {
        "kind": "action",
        "event_id": str(event_id),
        "plate": plate,
        "checkpoint": checkpoint,
        "acted_at": now.isoformat(),
        "scan_id": str(scan_id),
        "action": str(action),
        "reason": str(reason) if reason else None,
        "undoes": str(undoes) if undoes else None,
    }
    _take_one(session, actor, raw, now)


def _take_one(session: Session, actor: Actor, raw: dict[str, Any], now: datetime) -> None:
    (outcome,) = take_in(session, actor, [raw], now=now)
    if outcome.problem is not None:
        raise outcome.problem
