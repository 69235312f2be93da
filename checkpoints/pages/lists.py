"""Lists: the checkpoints, and the scans of one on a day with their figures."""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from flask import render_template, request, url_for
from sqlalchemy.orm import Session

from accounts.guards import current_actor, requires
from accounts.permissions import Permission
from checkpoints.pages.blueprint import pages
from checkpoints.pages.figures import TONES, facts_of, notes_of, tallies, verdicts_of
from checkpoints.queries import PAGE, ScanLine, reaches_point
from checkpoints.register import Point, register
from checkpoints.rules import RoadsideAction
from checkpoints.scan_words import ONLY_WORDS
from checkpoints.settling import commands, open_sightings
from checkpoints.statistics import ONLY, Filter, OfDay, day_of, figures, newest_day, rows_of, start_of
from checkpoints.words import ACTION_WORDS, DIRECTION_WORDS, KIND_WORDS, PLATE_SEEN_WORDS
from foundation import clock
from foundation.database import db
from foundation.problems import NotFound
from passes.public import LEVEL_WORDS, VERDICT_WORDS, Level, VerdictCode


@pages.get("/checkpoints")
@requires(Permission.PASS_LOOK_UP)
def register_list() -> str:
    """Every checkpoint that is kept, with the way to its scans where the reader may see them."""
    session, actor = db.session(), current_actor()
    places = register(session, now=clock.now())
    points = list(places.points.values())
    return render_template(
        "checkpoints/register.html",
        points=points,
        reached={point.code for point in points if reaches_point(actor, point)},
        sightings=open_sightings(session, actor, places) if commands(actor) else None,
        prints=actor.may(Permission.PASS_READ),
        kind_words=KIND_WORDS,
        direction_words=DIRECTION_WORDS,
    )


def reached_point(session: Session, code: str) -> Point:
    """A checkpoint whose scans the reader may see. Raises `NotFound` (unknown, foreign)."""
    point = register(session, now=clock.now()).points.get(code)
    if point is None or not reaches_point(current_actor(), point):
        raise NotFound
    return point


@dataclass(frozen=True)
class _Asked:
    """What a list of scans was asked for."""

    day: date
    today: date
    wanted: Filter
    before: UUID | None

    def address(self, code: str, **more: Any) -> str:
        """The list of the same day with other filters."""
        return url_for("checkpoints.scans", code=code, day=self.day.isoformat(), **more)


@pages.get("/checkpoints/<code>/scans")
@requires(Permission.PASS_LOOK_UP)
def scans(code: str) -> str:
    """The scans of one checkpoint that arrived on a day, newest first. Another's checkpoint is not found."""
    session = db.session()
    point, asked = reached_point(session, code), _asked()
    of = OfDay(code, asked.day)
    lines = rows_of(session, of, asked.wanted, before=asked.before, limit=PAGE + 1)
    return render_template(
        "checkpoints/scans.html",
        point=point,
        asked=asked,
        rows=[_row(line) for line in lines[:PAGE]],
        older=_older(code, asked, lines),
        # Further pages go on with the rows; what was counted stands on the first.
        counted=_counted(session, of, partial(asked.address, code)) if asked.before is None else None,
        days=_days(session, code, asked),
        level_words=LEVEL_WORDS,
        only_words=ONLY_WORDS,
        tones=TONES,
        passes=current_actor().may(Permission.PASS_READ),
    )


def _asked() -> _Asked:
    """An address with parts that mean nothing is an address that does not exist."""
    given, today = request.args, day_of(clock.now())
    level, only = given.get("level") or None, given.get("only") or None
    try:
        day = date.fromisoformat(given["day"]) if given.get("day") else today
        before = UUID(given["before"]) if given.get("before") else None
        start_of(day)
    except (ValueError, OverflowError):
        raise NotFound from None
    if (level and level not in list(Level)) or (only and only not in ONLY) or not 2020 <= day.year <= 9998:
        raise NotFound
    return _Asked(day, today, Filter(level, only), before)


def _older(code: str, asked: _Asked, lines: list[ScanLine]) -> str | None:
    if len(lines) <= PAGE:
        return None
    wanted = asked.wanted
    return asked.address(code, level=wanted.level, only=wanted.only, before=lines[PAGE - 1].scan.event_id)


def _counted(session: Session, of: OfDay, address: Any) -> dict[str, Any] | None:
    found = figures(session, of)
    if not found.scans:
        return None
    return {
        "tallies": tallies(found, address),
        "facts": facts_of(found, address),
        "verdicts": verdicts_of(found),
    }


def _days(session: Session, code: str, asked: _Asked) -> dict[str, str | None]:
    """Addresses of the day before on which there was something, and of the day after."""
    earlier = newest_day(session, code, before=start_of(asked.day))
    later = asked.day + timedelta(days=1)
    here = partial(url_for, "checkpoints.scans", code=code)
    return {
        "earlier": here(day=earlier.isoformat()) if earlier else None,
        "later": here(day=later.isoformat()) if later <= asked.today else None,
    }


def _row(line: ScanLine) -> dict[str, Any]:
    scan = line.scan
    return {
        "scan": scan,
        # What is green needs no explanation, and a list is read for what is not.
        "verdict": VERDICT_WORDS[VerdictCode(scan.verdict)] if scan.level != Level.GREEN else None,
        "checked_again": VERDICT_WORDS[VerdictCode(scan.server_verdict)] if scan.server_verdict else None,
        "plate_seen": PLATE_SEEN_WORDS[scan.plate_seen],
        "notes": notes_of(scan),
        "action": ACTION_WORDS[RoadsideAction(line.action.action)] if line.action else None,
    }
