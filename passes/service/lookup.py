"""Finding a pass without its code at hand: by number or plate, and for the public with the check code 校验码."""

import hmac
import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import and_, delete, select
from sqlalchemy.orm import Session

from foundation.database import advisory_lock
from foundation.problems import DomainProblem
from passes.models import CheckCodeAttempt, Pass, PassNumberRow, PassRevision
from passes.queries import find_pass, passes_of_plate
from passes.rules import HOLDS_THE_VEHICLE, PassState, normalise_plate
from passes.service.issue import starts_of

TRIES: Final = 5
"""Wrong check codes that lock what was asked for (issue 1, part e)."""
LOCKED_FOR: Final = timedelta(hours=1)
"""How long the lock holds, and how close together the tries must be."""
MOST_PASSES: Final = 20
"""Passes of one vehicle that are looked at, newest first."""
_NUMBER: Final = re.compile(r"[0-9]{12}")
_SUBJECT_LENGTH: Final = 12
_NO_CODE: Final = "000000"
_MEANT: Final = str.maketrans({"O": "0", "I": "1", "L": "1"})
"""Crockford base32 has no O, I and L, so whoever reads one means a digit."""


def look_up(session: Session, number_or_plate: str, *, now: datetime) -> Pass | None:
    """The pass with this number, or the one that speaks for the vehicle with this plate; for staff."""
    written = normalise_plate(number_or_plate)
    if _NUMBER.fullmatch(written):
        return find_pass(session, written)
    return speaking_pass(passes_of_plate(session, written, limit=MOST_PASSES), now=now)


def speaking_pass(found: Sequence[Pass], *, now: datetime) -> Pass | None:
    """Of several passes of a vehicle, newest first: the one in force, else the next to come, else the newest."""
    holding = [each for each in found if PassState(each.state) in HOLDS_THE_VEHICLE]
    in_force = [each for each in holding if now in each.validity]
    to_come = sorted(
        (each for each in holding if starts_of(each) > now), key=lambda each: (starts_of(each), each.number)
    )
    return next(iter([*in_force, *to_come, *found]), None)


def look_up_by_check_code(
    session: Session, number_or_plate: str, check_code: str, *, now: datetime
) -> Pass | None:
    """The pass whose number or plate and printed check code were given; None when they do not belong together.

    A wrong try is a row in the session, so the caller commits also when the answer is None. What is asked for
    is locked whether it exists or not, so that the lock tells nothing.

    Raises `check_code.locked` (fact `retry_after`, seconds) after five wrong tries within an hour.
    """
    subject = normalise_plate(number_or_plate)[:_SUBJECT_LENGTH]
    # Five processes that try at the same instant are counted one after the other.
    advisory_lock(session, f"check_code:{subject}")
    _refuse_locked(session, subject, now)
    given = normalise_plate(check_code).translate(_MEANT)
    matching = [found for found, code in _candidates(session, subject) if _same(code, given)]
    if not matching:
        _same(_NO_CODE, given)
        session.add(CheckCodeAttempt(number=subject, at=now))
        session.flush()
    return speaking_pass(matching, now=now)


def _same(code: str, given: str) -> bool:
    """Compared in constant time."""
    return hmac.compare_digest(code.encode(), given.encode())


def _refuse_locked(session: Session, subject: str, now: datetime) -> None:
    """Locked for an hour from the fifth wrong try on; no try is counted while the lock holds."""
    tries = session.scalars(
        select(CheckCodeAttempt.at)
        .where(CheckCodeAttempt.number == subject)
        .order_by(CheckCodeAttempt.at.desc())
        .limit(TRIES)
    ).all()
    if len(tries) < TRIES or tries[0] - tries[-1] > LOCKED_FOR or now >= tries[0] + LOCKED_FOR:
        return
    raise DomainProblem(
        "check_code.locked", retry_after=int((tries[0] + LOCKED_FOR - now).total_seconds()) + 1
    )


def _candidates(session: Session, subject: str) -> list[tuple[Pass, str]]:
    """The passes that can be meant with their newest check codes, in one read whether there are any or not."""
    plate = select(PassNumberRow.plate).where(PassNumberRow.number == subject).scalar_subquery()
    asked = (
        and_(Pass.plate == plate, Pass.number == subject)
        if _NUMBER.fullmatch(subject)
        else Pass.plate == subject
    )
    current = and_(
        PassRevision.plate == Pass.plate,
        PassRevision.number == Pass.number,
        PassRevision.revision == Pass.revision,
    )
    rows = session.execute(
        select(Pass, PassRevision.check_code)
        .join(PassRevision, current)
        .where(asked)
        .order_by(Pass.issued_at.desc())
        .limit(MOST_PASSES)
    )
    return [(row[0], row[1]) for row in rows]


def forget_tries(session: Session, *, now: datetime) -> None:
    """Drop the wrong tries that can lock nothing any more."""
    session.execute(delete(CheckCodeAttempt).where(CheckCodeAttempt.at < now - 2 * LOCKED_FOR))
