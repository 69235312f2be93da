"""Where were my trucks checked or stopped: the scans of one's own passes. No officer is named."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import render_template, request, url_for

from accounts.guards import current_actor, requires
from accounts.permissions import Permission
from checkpoints.models import Action
from checkpoints.own_scans import PAGE, OwnScan, scans_of_holder, scans_of_pass
from checkpoints.pages.blueprint import pages
from checkpoints.pages.figures import TONES, facts_of, notes_of
from checkpoints.register import Point, register
from checkpoints.rules import RefusalReason, RoadsideAction
from checkpoints.statistics import OfPass, figures
from checkpoints.words import ACTION_WORDS, REASON_WORDS
from foundation import clock
from foundation.database import db
from foundation.i18n import gettext
from foundation.problems import NotFound
from passes.public import LEVEL_WORDS, VERDICT_WORDS, Level, VerdictCode, find_pass, reaches

REFUSED = "refused"


@pages.get("/my-scans")
@requires(Permission.ACCOUNT_OWN)
def own_scans() -> str:
    """The scans of all passes of the firm, or of the person without one, newest first."""
    only, before = _asked()
    found = scans_of_holder(db.session(), current_actor(), refusals=only, before=before)
    return _draw("checkpoints.own_scans", found, only)


@pages.get("/passes/<number>/scans")
@requires(Permission.ACCOUNT_OWN)
def pass_scans(number: str) -> str:
    """The scans of one pass, for its holder, its body and the command above; an office also reads how each was made."""
    session, actor = db.session(), current_actor()
    found = find_pass(session, number)
    if found is None or not reaches(session, actor, found):
        raise NotFound
    only, before = _asked()
    scans = scans_of_pass(session, found.plate, number, refusals=only, before=before)
    office = OfPass(found.plate, number) if actor.may(Permission.PASS_READ) else None
    return _draw("checkpoints.pass_scans", scans, only, number=number, office=office)


def _asked() -> tuple[bool, UUID | None]:
    """Whether only refusals are wanted, and the id after which the page goes on."""
    return request.args.get("only") == REFUSED, request.args.get("before", type=UUID)


def _draw(
    endpoint: str,
    found: Sequence[OwnScan],
    only: bool,
    *,
    number: str | None = None,
    office: OfPass | None = None,
) -> str:
    places = register(db.session(), now=clock.now()).points
    where: dict[str, Any] = {"number": number} if number else {}
    last = found[PAGE - 1].scan.event_id if len(found) > PAGE else None
    refused = REFUSED if only else None
    return render_template(
        "checkpoints/own_scans.html",
        # Pages follow the order in which scans arrived; on a page they stand in the order in which they were made.
        lines=[_line(places, one) for one in sorted(found[:PAGE], key=_scanned_at, reverse=True)],
        number=number,
        first=request.args.get("before") is None,
        only=only,
        tabs=[
            (gettext("全部"), url_for(endpoint, **where), not only, None),
            (gettext("被劝返或暂扣"), url_for(endpoint, **where, only=REFUSED), only, None),
        ],
        older=url_for(endpoint, **where, only=refused, before=last) if last else None,
        office=office is not None,
        counted=_counted(office) if office and found and "before" not in request.args else None,
    )


def _counted(of: OfPass) -> list[tuple[str, Any]]:
    """The figures of a pass as pairs of words."""
    counted, and_ = figures(db.session(), of), gettext("、")
    levels = (f"{LEVEL_WORDS[Level(level)]} {count}" for level, count in counted.levels.items())
    done = (
        f"{ACTION_WORDS[RoadsideAction(action)]} {count}"
        for action, count in counted.actions.items()
        if count
    )
    return [
        (gettext("查验"), counted.scans),
        (gettext("结论"), and_.join(levels)),
        (gettext("处置"), and_.join(done) or gettext("未记录")),
        (gettext("应放行而劝返或暂扣"), counted.refused_good),
        *facts_of(counted, None),
    ]


def _scanned_at(one: OwnScan) -> datetime:
    return one.scan.scanned_at


def _line(places: Mapping[str, Point], one: OwnScan) -> dict[str, Any]:
    scan = one.scan
    point = places.get(scan.checkpoint)
    return {
        "scan": scan,
        "where": point.name if point else scan.checkpoint,
        "road": f"{point.county_words} {point.road} {point.stake}" if point else None,
        "level": LEVEL_WORDS[Level(scan.level)],
        "tone": TONES[scan.level],
        # What is green needs no explanation, and a list is read for what is not.
        "verdict": VERDICT_WORDS[VerdictCode(scan.verdict)] if scan.level != Level.GREEN else None,
        "checked_again": VERDICT_WORDS[VerdictCode(scan.server_verdict)] if scan.server_verdict else None,
        "actions": [_action(action) for action in one.actions],
        "notes": notes_of(scan),
    }


def _action(action: Action) -> dict[str, Any]:
    return {
        "words": ACTION_WORDS[RoadsideAction(action.action)],
        "tone": "good" if action.action == RoadsideAction.PASSED else "warn",
        "reason": REASON_WORDS[RefusalReason(action.reason)] if action.reason else None,
    }
