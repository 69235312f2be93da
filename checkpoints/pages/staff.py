"""The page of checkpoint staff without the scanner: type or photograph, see one answer, record what was done."""

from typing import Any
from uuid import UUID

from flask import make_response, redirect, render_template, request, url_for
from flask import session as remembered
from marshmallow import fields
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from accounts.guards import current_actor, requires
from accounts.permissions import Permission
from accounts.public import Told, form_page
from checkpoints.models import Scan
from checkpoints.pages.blueprint import pages
from checkpoints.queries import find_scan, points_for, reaches_point, scan_page
from checkpoints.recording import is_code, judge_entry, record_action, record_scan
from checkpoints.register import Point, register
from checkpoints.rules import RefusalReason, RoadsideAction
from checkpoints.screen import screen_of
from checkpoints.slip_telling import slip_told
from checkpoints.verdicts import told
from checkpoints.words import ACTION_WORDS
from foundation import clock
from foundation.base import new_id
from foundation.database import db, transaction
from foundation.parsing import InputSchema, from_form, load
from foundation.problems import DomainProblem, InvalidInput, NotFound, field_problem
from passes.public import LEVEL_WORDS, Judged, PlateSeen, judge_text, read_symbol

RECENT = 10
REMEMBERED = "checkpoint"
ISSUING = "issue"
"""Where an officer goes on after choosing a checkpoint, if not to checking."""


class StaffEntry(InputSchema):
    """What the page sends: something typed or read, whether the plate matches, and the id the scan will have."""

    event_id = fields.UUID(required=True)
    entered = fields.String(load_default=None)
    plate_seen = fields.Enum(PlateSeen, by_value=True, load_default=None)


class StaffAction(InputSchema):
    """What was done."""

    event_id = fields.UUID(required=True)
    action = fields.Enum(RoadsideAction, by_value=True, required=True)
    reason = fields.Enum(RefusalReason, by_value=True, load_default=None)
    undoes = fields.UUID(load_default=None)


@pages.route("/checkpoints/staff", methods=["GET", "POST"])
@requires(Permission.SCAN_RECORD)
def staff() -> Response:
    """Ask for a number, a plate or a photo; answer with the verdict."""
    return form_page(_draw_staff, _judge)


def _draw_staff(problem: Told | None) -> str:
    session, now = db.session(), clock.now()
    point = chosen_point(session)
    return render_template(
        "checkpoints/staff.html",
        problem=problem,
        entered=request.form.get("entered", "") if problem else "",
        point=point,
        points=points_for(current_actor(), register(session, now=now)),
        may_change=current_actor().checkpoint_code is None,
        event_id=new_id(),
        lines=scan_page(session, point.code, limit=RECENT) if point else [],
        level_words=LEVEL_WORDS,
        action_words=ACTION_WORDS,
    )


def chosen_point(session: Session) -> Point | None:
    """The checkpoint the person belongs to, else the one chosen in this browser."""
    actor = current_actor()
    code = actor.checkpoint_code or remembered.get(REMEMBERED)
    point = register(session, now=clock.now()).points.get(code or "")
    return point if point is not None and reaches_point(actor, point) else None


def _point(session: Session) -> Point:
    point = chosen_point(session)
    if point is None:
        raise DomainProblem("checkpoint.not_chosen")
    return point


def _judge() -> Response:
    given = load(StaffEntry(), from_form(request.form))
    photo = request.files.get("photo")
    entered = given["entered"]
    if not entered and photo is not None and photo.filename:
        with photo.stream:
            texts = read_symbol(photo.stream.read())
        if len(texts) > 1:
            return _ask_which(given["event_id"], texts)
        entered = texts[0]
    if not entered:
        raise DomainProblem("photo.missing")
    return _answer(given["event_id"], entered, given["plate_seen"])


def _ask_which(event_id: UUID, texts: list[str]) -> Response:
    """Two different codes in one picture: the officer says which one is meant."""
    session, now = db.session(), clock.now()
    choices = []
    for text in texts:
        judged = judge_text(session, text, now=now)
        choices.append({"text": text, "content": told(session, judged, now=now)})
    return make_response(render_template("checkpoints/which.html", choices=choices, event_id=event_id))


def _answer(event_id: UUID, entered: str, seen: PlateSeen | None) -> Response:
    now = clock.now()
    with transaction() as session:
        point = _point(session)
        try:
            judged = judge_entry(session, entered, point, seen, now=now)
        except NotFound:
            raise InvalidInput(field_problem("entered", "number.unknown")) from None
        if judged.verdict.awaits_plate and seen is None:
            return _compare(session, event_id, entered, judged)
        if find_scan(session, event_id) is None:
            record_scan(session, current_actor(), event_id, entered, judged, point, seen, now=now)
        scan = _reached(session, event_id)
        screen = screen_of(session, scan, now=now, judged=judged)
        slip = slip_told(session, entered, staff=True)
    return make_response(render_template("checkpoints/verdict.html", screen=screen, slip=slip))


def _compare(session: Session, event_id: UUID, entered: str, judged: Judged) -> Response:
    """The content on white: colour comes with the officer's word on the plate (credential format, section 6)."""
    page = render_template(
        "checkpoints/compare.html",
        content=told(session, judged, now=clock.now()),
        event_id=event_id,
        entered=entered,
        by_code=is_code(entered),
    )
    return make_response(page)


def _reached(session: Session, scan_id: UUID) -> Scan:
    """A scan at a checkpoint the person reaches; unknown and foreign are the same."""
    scan = find_scan(session, scan_id)
    point = register(session, now=clock.now()).points.get(scan.checkpoint) if scan else None
    if scan is None or point is None or not reaches_point(current_actor(), point):
        raise NotFound
    return scan


@pages.post("/checkpoints/staff/checkpoint")
@requires(Permission.SCAN_RECORD)
def choose_checkpoint() -> Response:
    """Remember in this browser where the officer stands."""
    places = register(db.session(), now=clock.now())
    point = places.points.get(request.form.get("checkpoint", ""))
    if point is None or not reaches_point(current_actor(), point):
        raise NotFound
    remembered[REMEMBERED] = point.code
    issuing = request.form.get("then") == ISSUING
    return redirect(url_for("checkpoints.on_the_spot" if issuing else "checkpoints.staff"))


@pages.get("/checkpoints/staff/scans/<uuid:scan_id>")
@requires(Permission.SCAN_RECORD)
def staff_scan(scan_id: UUID) -> str:
    """The verdict of a scan, with what was done."""
    session = db.session()
    screen = screen_of(session, _reached(session, scan_id), now=clock.now())
    return render_template("checkpoints/verdict.html", screen=screen, slip=None)


@pages.post("/checkpoints/staff/scans/<uuid:scan_id>/actions")
@requires(Permission.SCAN_RECORD)
def act(scan_id: UUID) -> Response:
    """Record what was done, or undo it within two minutes."""
    given: dict[str, Any] = load(StaffAction(), from_form(request.form))
    now = clock.now()
    with transaction() as session:
        scan = _reached(session, scan_id)
        record_action(
            session,
            current_actor(),
            given["event_id"],
            scan_id,
            scan.plate,
            scan.checkpoint,
            given["action"],
            reason=given["reason"],
            undoes=given["undoes"],
            now=now,
        )
    return redirect(url_for("checkpoints.staff_scan", scan_id=scan_id))
