"""Applying: the one page with the form, its drafts, and what it tells while it is filled in."""

from contextlib import suppress
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from flask import flash, jsonify, make_response, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from accounts.guards import current_actor, requires
from accounts.permissions import Permission
from accounts.public import Told, form_page, told
from foundation import clock
from foundation.clock import SHOWN_IN
from foundation.database import db, transaction
from foundation.i18n import gettext, moment_words
from foundation.problems import DomainProblem, NotFound
from passes.application_queries import by_form_token, find_application, last_notes, newest_draft, owns
from passes.application_words import FORM_LABELS
from passes.models import Application
from passes.outlook import look_ahead
from passes.pages.application_form import (
    Plain,
    again,
    choices,
    filled,
    form_token,
    fresh,
    typed,
    version,
)
from passes.pages.blueprint import pages
from passes.pages.from_library import FILL, fill_in, keep_asked, offered
from passes.pages.telling import duration_words, moment
from passes.rules.applying import EDITABLE, UNFINISHED
from passes.rules.moves import ApplicationState
from passes.schemas import read_application
from passes.service.drafting import hand_in, save_draft
from passes.trips import free_from
from passes.workshop import catalogue


@pages.route("/apply", methods=["GET", "POST"])
@requires(Permission.APPLICATION_APPLY)
def apply() -> Response:
    """A new application; `?like=` fills it in from an earlier one of the applicant's own.

    `?from_vehicle=`, `?from_route=` and `?from_drivers.0=` fill it in from the library, by id.
    """
    if _is_to_be_filled():
        return make_response(_draw_new(None))
    return form_page(_draw_new, _send, FORM_LABELS)


@pages.route("/applications/<uuid:application_id>/edit", methods=["GET", "POST"])
@requires(Permission.APPLICATION_APPLY)
def edit_application(application_id: UUID) -> Response:
    """A draft, a returned application, or one that nobody has taken yet."""
    application = own_or_not_found(db.session(), application_id)
    if ApplicationState(application.state) not in EDITABLE and request.method == "GET":
        return redirect(url_for("passes.own_application", application_id=application_id))
    if application.about is not None and request.method == "GET":
        return redirect(url_for("passes.mend_change", application_id=application_id))
    if _is_to_be_filled():
        return make_response(draw_form(application, None))
    return form_page(lambda problem: draw_form(application, problem), _send, FORM_LABELS)


def _is_to_be_filled() -> bool:
    """Whether the form was sent to be filled in from the library and shown again; nothing is kept by that."""
    return request.method == "POST" and request.form.get("deed") == FILL


def _typed(session: Session) -> Plain:
    """What was typed, with what was chosen from the library put in."""
    plain = typed()
    return fill_in(session, current_actor(), plain, request.form) if _is_to_be_filled() else plain


def own_or_not_found(session: Session, application_id: UUID) -> Application:
    """The applicant's own application. Raises `NotFound`."""
    found = find_application(session, application_id)
    if found is None or not owns(current_actor(), found):
        raise NotFound
    return found


def _draw_new(problem: Told | None) -> str:
    now, session = clock.now(), db.session()
    if request.method == "POST":
        # The form may have become a draft while it was filled in: what is drawn again goes on being that draft.
        return _page(session, None, _typed(session), form_token(), version() or 1, problem, now)
    like = request.args.get("like", type=UUID)
    given = _again(session, like, now) if like else fresh(now)
    return _page(
        session, None, fill_in(session, current_actor(), given, request.args), uuid4(), 1, problem, now
    )


def _again(session: Session, like: UUID, now: datetime) -> Plain:
    """The same trip once more, from when the applicant's own pass of the vehicle ends."""
    found = own_or_not_found(session, like)
    free = free_from(session, current_actor(), found.plate, found.plate_colour, now)
    if free is not None:
        until = moment_words(free)
        flash(
            gettext(
                "这辆车的现有通行证有效至 %(until)s，新证从那时开始。需要更早请改开始时间。", until=until
            ),
            "info",
        )
    return again(found, now, free)


def draw_form(application: Application, problem: Told | None, *, sent: bool = True) -> str:
    """The form of an application that is there already; what was typed stays when there is a problem."""
    given = _typed(db.session()) if request.method == "POST" and sent else filled(application)
    seen = (version() if request.method == "POST" and sent else None) or application.version
    return _page(db.session(), application, given, application.form_token, seen, problem, clock.now())


def _page(
    session: Session,
    application: Application | None,
    given: Plain,
    token: UUID,
    seen: int,
    problem: Told | None,
    now: datetime,
) -> str:
    known = catalogue(session, now=now)
    values, _ = read_application(given, known)
    state = ApplicationState(application.state) if application else ApplicationState.DRAFT
    notes = last_notes(session, application.id) if state is ApplicationState.RETURNED and application else ()
    return render_template(
        "passes/apply.html",
        application=application,
        state=state,
        unfinished=state in UNFINISHED,
        given=given,
        token=token,
        version=seen,
        problem=problem,
        notes={note.field: note.words for note in notes},
        draft=newest_draft(session, current_actor()) if request.method == "GET" and not application else None,
        library=offered(session, current_actor(), known, now),
        keep={name: request.form.get(name) for name in ("remember", "route_name")},
        **_outlook(session, values, application, now),
        **choices(known, given),
    )


def _outlook(
    session: Session, values: dict[str, Any], application: Application | None, now: datetime
) -> dict[str, Any]:
    known = catalogue(session, now=now)
    outlook = look_ahead(session, current_actor(), values, known, now=now, but=application)
    ends = outlook.existing.validity.upper if outlook.existing else outlook.held_until
    return {
        "outlook": outlook,
        "wait": duration_words(outlook.wait) if outlook.wait else None,
        "held_until": moment(ends),
        "replaces": bool(values.get("replaces")),
    }


def _send() -> Response:
    """Hand the form in, or keep it as a draft; refused, it is kept as a draft all the same."""
    plain, deed, kept = typed(), request.form.get("deed"), ""
    try:
        with transaction() as session:
            if deed == "draft":
                found = _save(session, plain)
            else:
                found, kept = _hand_in(session, plain)
            slip, where = found.slip, url_for("passes.own_application", application_id=found.id)
    except NotFound:
        raise
    except DomainProblem:
        db.session.rollback()
        with suppress(DomainProblem), transaction() as session:
            _save(session, plain)
        raise
    said = (
        gettext("草稿已保存。") if deed == "draft" else gettext("申请已提交，受理回执 %(slip)s。", slip=slip)
    )
    flash(said + kept, "success")
    return redirect(where, 303)


def _hand_in(session: Session, plain: Plain) -> tuple[Application, str]:
    """The application, and what of it is now in the library."""
    now, actor = clock.now(), current_actor()
    known = catalogue(session, now=now)
    values, unread = read_application(plain, known)
    found = hand_in(session, actor, form_token(), values, known, now=now, version=version(), unread=unread)
    return found, "".join(keep_asked(session, actor, values, now))


def _save(session: Session, plain: Plain) -> Application:
    now = clock.now()
    values, _ = read_application(plain, catalogue(session, now=now))
    return save_draft(session, current_actor(), form_token(), values, now=now, version=version())


@pages.post("/apply/draft")
@requires(Permission.APPLICATION_APPLY)
def keep_draft() -> Response:
    """Save the form while it is filled in; fields that cannot be read yet wait until they can."""
    with transaction() as session:
        saved = _save(session, typed())
        seen = saved.version
    at = clock.now().astimezone(SHOWN_IN).strftime("%H:%M")
    return jsonify({"saved_at": at, "fields": {"version": str(seen)}})


@pages.post("/apply/check")
@requires(Permission.APPLICATION_APPLY)
def check_application() -> Response:
    """What the form tells so far, as the part of the page that shows it. POST, because a plate is no part of an address."""
    now, session = clock.now(), db.session()
    values, _ = read_application(typed(), catalogue(session, now=now))
    return make_response(
        render_template("passes/apply_outlook.html", **_outlook(session, values, _of_form(session), now))
    )


def _of_form(session: Session) -> Application | None:
    found = by_form_token(session, form_token(), lock=False)
    return found if found is not None and owns(current_actor(), found) else None


def draw_problem(application: Application, problem: DomainProblem) -> Response:
    """The form of an application that could not be handed in as it stands, with what is wrong with it."""
    found = told(problem, FORM_LABELS)
    return make_response(draw_form(application, found, sent=False), found.status)
