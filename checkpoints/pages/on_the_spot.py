"""Issue on the spot 现场核发, on one page and without scripts: plate, driver, goods, destination."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import make_response, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from accounts.guards import current_actor, requires
from accounts.permissions import Permission
from accounts.public import Told, form_page
from checkpoints.models import Slip
from checkpoints.pages.blueprint import pages
from checkpoints.pages.staff import ISSUING, chosen_point
from checkpoints.queries import points_for
from checkpoints.register import Point, register
from checkpoints.rules_slip import code_of_event
from checkpoints.slip_schemas import SlipForm
from checkpoints.slip_telling import SlipProblem, problem_of
from checkpoints.slip_words import SLIP_LABELS
from checkpoints.slips import slip_asked, take_slip
from foundation import clock
from foundation.base import new_id
from foundation.database import db, transaction
from foundation.parsing import from_form, load
from foundation.problems import DomainProblem
from foundation.words import words_of
from passes.public import COLOUR_WORDS, SPOT_HOURS, Catalogue, catalogue, tools

Groups = list[tuple[str, list[tuple[str, str]]]]


@pages.route("/checkpoints/issue", methods=["GET", "POST"])
@requires(Permission.PASS_ISSUE_ON_THE_SPOT)
def on_the_spot() -> Response:
    """The form, and the pass that comes of it at once; a refusal leaves everything typed on the page."""
    return form_page(_draw, _issue, SLIP_LABELS)


def _draw(problem: Told | None) -> str:
    session, now = db.session(), clock.now()
    point, known = chosen_point(session), catalogue(session, now=now)
    offered = points_for(current_actor(), register(session, now=now))
    return render_template(
        "checkpoints/on_the_spot.html",
        problem=problem,
        given=from_form(request.form) if request.method == "POST" else {},
        point=point,
        points=[each for each in offered if each.may_issue],
        may_change=current_actor().checkpoint_code is None,
        event_id=new_id(),
        then=ISSUING,
        hours=SPOT_HOURS,
        colours=[(int(colour), words) for colour, words in COLOUR_WORDS.items()],
        goods=_goods(known),
        counties=_counties(known, point) if point else [],
    )


def _goods(known: Catalogue) -> Groups:
    """The items of goods by category, with the plain words people use for each."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for item in known.goods.values():
        plain = "、".join(word for word in item.plain.split()[:4] if word != item.name)
        words = f"{item.name}（{plain}）" if plain else item.name
        groups.setdefault(item.category_name, []).append((str(item.number), words))
    return list(groups.items())


def _counties(known: Catalogue, point: Point) -> Groups:
    """The counties of the checkpoint's province by prefecture; choosing takes one thumb, and nothing can be misspelt."""
    province, groups = known.province_of(point.county), dict[str, list[tuple[str, str]]]()
    for area in known.areas.values():
        above = known.upwards(area.code)
        if area.level == "county" and above[-1] == province:
            groups.setdefault(known.areas[above[1]].name, []).append((area.code, known.place(area.code)))
    return list(groups.items())


def _issue() -> Response:
    now = clock.now()
    given = load(SlipForm(), from_form(request.form))
    with transaction() as session:
        slip = _taken(session, given, now)
        problem, where = problem_of(slip), url_for("checkpoints.slip", slip_id=slip.event_id)
    return _refused(problem) if problem else redirect(where, 303)


def _taken(session: Session, given: Mapping[str, Any], now: datetime) -> Slip:
    point = chosen_point(session)
    if point is None:
        raise DomainProblem("checkpoint.not_chosen")
    told = {
        **given,
        "code": code_of_event(given["event_id"]),
        "checkpoint": point.code,
        "made_at": now,
        "time_low": None,
        "time_high": None,
        "offline": False,
    }
    return take_slip(session, current_actor(), slip_asked(told), tools(session, now=now), now=now)


def _refused(problem: SlipProblem) -> Response:
    """The form again, with what to tell the driver above it."""
    status = words_of(problem.code).status
    told = Told(status, problem.title, " ".join(problem.steps), ())
    return make_response(_draw(told), status)
