"""What came of slips: the pass on the officer's screen and on paper, and the list of a checkpoint."""

from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Response, render_template, request
from sqlalchemy.orm import Session

from accounts.guards import current_actor, requires
from accounts.permissions import Permission
from accounts.public import mask_phone
from audit.public import record
from checkpoints.models import Slip
from checkpoints.pages.blueprint import pages
from checkpoints.queries import PAGE, reaches_point
from checkpoints.register import Point, register
from checkpoints.slip_queries import find_slip, slip_page
from checkpoints.slip_telling import pass_of, problem_of
from checkpoints.slip_words import SLIP_STATE_TONES, SLIP_STATE_WORDS
from checkpoints.verdicts import county_words
from foundation import clock
from foundation.database import db, transaction
from foundation.problems import NotFound
from passes.public import (
    PDF,
    QUIET_ZONE,
    CarriedPass,
    PassState,
    catalogue,
    make_sheet,
    make_symbol,
    press,
    strip_pdf,
    symbol_path,
    workshop,
)

QUIET_DRAWN = QUIET_ZONE // 2
"""Modules of white in the picture itself; the white border that the style gives it is as wide again."""


@pages.get("/checkpoints/issue/<uuid:slip_id>")
@requires(Permission.PASS_ISSUE_ON_THE_SPOT)
def slip(slip_id: UUID) -> str:
    """The pass with its QR as large as the screen allows, or why there is none."""
    session, now = db.session(), clock.now()
    found, point = _reached(session, slip_id)
    carried, known = pass_of(session, found), catalogue(session, now=now)
    goods = known.goods.get(found.goods)
    return render_template(
        "checkpoints/slip.html",
        slip=found,
        point=point,
        carried=carried,
        good=carried is not None and _is_good(carried, now),
        problem=problem_of(found),
        phone=mask_phone(found.phone),
        goods=goods.name if goods else str(found.goods),
        destination=county_words(known, found.destination),
        **(_drawn(carried) if carried else {}),
    )


def _is_good(carried: CarriedPass, now: datetime) -> bool:
    return carried.state == PassState.LIVE and now < carried.not_after


def _drawn(carried: CarriedPass) -> dict[str, Any]:
    """Level M is enough for a screen, and its larger modules are read from farther away."""
    symbol = make_symbol(workshop().prefix, carried.digits, "M")
    return {
        "symbol": symbol_path(symbol, quiet=QUIET_DRAWN),
        "side": symbol.modules + 2 * QUIET_DRAWN,
    }


def _reached(session: Session, slip_id: UUID) -> tuple[Slip, Point]:
    """A slip of a checkpoint the person reaches; unknown and foreign are the same."""
    found = find_slip(session, slip_id)
    point = register(session, now=clock.now()).points.get(found.checkpoint) if found else None
    if found is None or point is None or not reaches_point(current_actor(), point):
        raise NotFound
    return found, point


@pages.post("/checkpoints/issue/<uuid:slip_id>/print-a4")
@requires(Permission.PASS_ISSUE_ON_THE_SPOT)
def print_slip_sheet(slip_id: UUID) -> Response:
    """The sheet of the pass, to be printed here and now."""
    return _printed(slip_id, narrow=False)


@pages.post("/checkpoints/issue/<uuid:slip_id>/print-58")
@requires(Permission.PASS_ISSUE_ON_THE_SPOT)
def print_slip_strip(slip_id: UUID) -> Response:
    """The pass on a strip 58 mm wide, for a portable printer."""
    return _printed(slip_id, narrow=True)


def _printed(slip_id: UUID, *, narrow: bool) -> Response:
    """A PDF of the pass; each paper that leaves the barrier has its event."""
    now, actor = clock.now(), current_actor()
    with transaction() as session:
        number = _reached(session, slip_id)[0].number
        if number is None:
            raise NotFound
        tools = press(session, now=now)
        content = (
            strip_pdf(session, number, tools, now=now)
            if narrow
            else make_sheet(session, actor, number, tools, now=now).content
        )
        record(session, actor, "pass:print", "pass", number, now=now, facts={"narrow": narrow})
    headers = {"Content-Disposition": f'inline; filename="{number}.pdf"', "Cache-Control": "no-store"}
    return Response(content, mimetype=PDF, headers=headers)


@pages.get("/checkpoints/<code>/slips")
@requires(Permission.PASS_LOOK_UP)
def slips(code: str) -> str:
    """The slips of one checkpoint, newest first. Another's checkpoint is not found."""
    session, now, actor = db.session(), clock.now(), current_actor()
    point = register(session, now=now).points.get(code)
    if point is None or not reaches_point(actor, point):
        raise NotFound
    found, known = slip_page(session, code, before=_before()), catalogue(session, now=now)
    return render_template(
        "checkpoints/slips.html",
        point=point,
        lines=[_line(known, each) for each in found[:PAGE]],
        older=found[PAGE - 1].event_id if len(found) > PAGE else None,
        first=request.args.get("before") is None,
        opens=actor.may(Permission.PASS_ISSUE_ON_THE_SPOT),
        state_words=SLIP_STATE_WORDS,
        tones=SLIP_STATE_TONES,
    )


def _line(known: Any, found: Slip) -> dict[str, Any]:
    goods, problem = known.goods.get(found.goods), problem_of(found)
    return {
        "slip": found,
        "goods": goods.name if goods else str(found.goods),
        "destination": known.place(found.destination),
        "phone": mask_phone(found.phone),
        "why": problem.title if problem else None,
    }


def _before() -> UUID | None:
    """The id after which the page goes on; anything else is an address that does not exist."""
    given = request.args.get("before")
    try:
        return UUID(given) if given else None
    except ValueError:
        raise NotFound from None
