"""Lists: the checkpoints, and the scans of one."""

from uuid import UUID

from flask import render_template, request

from accounts.guards import current_actor, requires
from accounts.permissions import Permission
from checkpoints.pages.blueprint import pages
from checkpoints.queries import PAGE, reaches_point, scan_page
from checkpoints.register import register
from checkpoints.words import ACTION_WORDS, DIRECTION_WORDS, KIND_WORDS, PLATE_SEEN_WORDS
from foundation import clock
from foundation.database import db
from foundation.problems import NotFound
from passes.public import LEVEL_WORDS, VERDICT_WORDS


@pages.get("/checkpoints")
@requires(Permission.PASS_LOOK_UP)
def register_list() -> str:
    """Every checkpoint that is kept, with the way to its scans where the reader may see them."""
    places, actor = register(db.session(), now=clock.now()), current_actor()
    points = list(places.points.values())
    return render_template(
        "checkpoints/register.html",
        points=points,
        reached={point.code for point in points if reaches_point(actor, point)},
        kind_words=KIND_WORDS,
        direction_words=DIRECTION_WORDS,
    )


@pages.get("/checkpoints/<code>/scans")
@requires(Permission.PASS_LOOK_UP)
def scans(code: str) -> str:
    """The scans of one checkpoint, newest first. Another's checkpoint is not found."""
    session = db.session()
    point = register(session, now=clock.now()).points.get(code)
    if point is None or not reaches_point(current_actor(), point):
        raise NotFound
    lines = scan_page(session, code, before=_before())
    return render_template(
        "checkpoints/scans.html",
        point=point,
        lines=lines,
        older=lines[-1].scan.event_id if len(lines) == PAGE else None,
        first=request.args.get("before") is None,
        level_words=LEVEL_WORDS,
        verdict_words={str(code): words for code, words in VERDICT_WORDS.items()},
        action_words=ACTION_WORDS,
        plate_seen_words=PLATE_SEEN_WORDS,
    )


def _before() -> UUID | None:
    """The id after which the page goes on; anything else is an address that does not exist."""
    given = request.args.get("before")
    try:
        return UUID(given) if given else None
    except ValueError:
        raise NotFound from None
