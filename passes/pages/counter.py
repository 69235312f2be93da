"""The counter 窗口办理: a walk-in's application on one page, the sheet or slip that comes of it, and hand-overs."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from flask import Response, flash, make_response, redirect, render_template, request, url_for
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from accounts.guards import current_actor, requires
from accounts.permissions import Permission
from accounts.public import Body, Told, form_page, mask_name
from foundation import clock
from foundation.clock import SHOWN_IN
from foundation.database import db, transaction
from foundation.i18n import gettext
from foundation.parsing import from_form
from foundation.problems import InvalidInput, NotFound
from passes.application_queries import body_of, deciding, last_notes, live_pass_of, needed, other_open
from passes.application_words import FIELD_WORDS
from passes.catalogue import Catalogue
from passes.counter_queries import find_entry, handovers_of, newest_entries
from passes.counter_schema import HANDOVER_FIELDS, WALK_IN_FIELDS, read_receiver, read_walk_in
from passes.counter_words import COUNTER_LABELS, DOCUMENT_WORDS
from passes.models import Application, Pass
from passes.pages.application_form import choices, filled, form_token, fresh, typed, version
from passes.pages.blueprint import pages
from passes.pages.own_applications import content_facts
from passes.pages.telling import application_state, moment
from passes.queries import find_pass
from passes.rules import parse_plate
from passes.rules.counter import Document
from passes.rules.moves import ApplicationState
from passes.schemas import read_application
from passes.service.counter import WalkIn, enter, hand_over, note_printing
from passes.service.links import make_link
from passes.service.sheets import PDF, sheet_pdf
from passes.sheet_jobs import press
from passes.symbols import QUIET_ZONE, symbol_path, text_symbol
from passes.workshop import catalogue, tools, workshop

Plain = dict[str, Any]


@pages.route("/counter", methods=["GET", "POST"])
@requires(Permission.APPLICATION_REVIEW)
def counter() -> AnyResponse:
    """The form for a walk-in, and what was entered last."""
    return form_page(lambda problem: _draw_form(None, problem), lambda: _enter(), COUNTER_LABELS)


@pages.route("/counter/<uuid:application_id>/mend", methods=["GET", "POST"])
@requires(Permission.APPLICATION_REVIEW)
def mend_entry(application_id: UUID) -> AnyResponse:
    """An entry that another body has returned: its applicant has no account, so the counter mends it."""
    found = _entry(db.session(), application_id)
    if found.state != ApplicationState.RETURNED and request.method == "GET":
        return redirect(url_for("passes.counter_entry", application_id=application_id))
    return form_page(lambda problem: _draw_form(found, problem), lambda: _enter(), COUNTER_LABELS)


def _entry(session: Session, application_id: UUID) -> Application:
    found = find_entry(session, current_actor(), application_id)
    if found is None:
        raise NotFound
    return found


def _enter() -> AnyResponse:
    now, plain = clock.now(), typed()
    about = {name: plain.pop(name) for name in WALK_IN_FIELDS if name in plain}
    holder, receiver, gaps = read_walk_in(about)
    with transaction() as session:
        bench = tools(session, now=now)
        values, unread = read_application(plain, bench.catalogue)
        found = enter(
            session,
            current_actor(),
            form_token(),
            values,
            WalkIn(holder, receiver),
            bench,
            now=now,
            version=version(),
            unread=(*gaps, *unread),
        )
        where = url_for("passes.counter_entry", application_id=found.id)
    return redirect(where, 303)


def _draw_form(found: Application | None, problem: Told | None) -> str:
    now, session = clock.now(), db.session()
    known = catalogue(session, now=now)
    posted = request.method == "POST"
    given = typed() if posted else _first_given(session, found, now)
    token = form_token() if posted else found.form_token if found else uuid4()
    values, _unread = read_application(_application_only(given), known)
    return render_template(
        "passes/counter.html",
        found=found,
        given=given,
        token=token,
        version=(version() if posted else None) or (found.version if found else 1),
        problem=problem,
        notes=_notes(session, found),
        documents=_documents(),
        entries=[_entry_line(row[0], row[1]) for row in newest_entries(session, current_actor())],
        **_outlook(session, values, known, now),
        **choices(known, given),
    )


def _documents() -> list[tuple[str, Any]]:
    return [(document.value, DOCUMENT_WORDS[document]) for document in Document]


def _application_only(given: Plain) -> Plain:
    return {name: value for name, value in given.items() if name not in WALK_IN_FIELDS}


def _first_given(session: Session, found: Application | None, now: datetime) -> Plain:
    """A fresh form in the officer's own county, or an entry as it was handed in."""
    if found is not None:
        return {**filled(found), "holder_name": found.holder_name}
    start = {name: value for name, value in fresh(now).items() if name in {"not_before", "hours"}}
    own = body_of(session, current_actor().body_id)
    known = catalogue(session, now=now)
    county = own is not None and known.areas[own.area].level == "county"
    return {**start, **({"area": own.area} if own is not None and county else {})}


def _notes(session: Session, found: Application | None) -> list[tuple[Any, str]]:
    if found is None:
        return []
    return [(FIELD_WORDS[note.field], note.words) for note in last_notes(session, found.id)]


@pages.post("/counter/check")
@requires(Permission.APPLICATION_REVIEW)
def check_entry() -> AnyResponse:
    """What the form tells so far. POST, because a plate is no part of an address."""
    now, session = clock.now(), db.session()
    known = catalogue(session, now=now)
    values, _unread = read_application(_application_only(typed()), known)
    return make_response(
        render_template("passes/counter_outlook.html", **_outlook(session, values, known, now))
    )


def _outlook(session: Session, values: Plain, known: Catalogue, now: datetime) -> dict[str, Any]:
    """The pass the vehicle has, what else waits for it, whether a pass is asked for, and who decides."""
    begin = values.get("not_before") or now
    period = Range(begin, begin + timedelta(hours=max(values.get("hours") or 1, 1)))
    plate = _plate(values)
    held = live_pass_of(session, plate, values.get("plate_colour"), period) if plate else None
    route = (values.get("origin"), values.get("destination"))
    body = _decider(session, values, known, now)
    asked_for = needed(session, known, route[0], route[1], period) if route[0] and route[1] else None
    return {
        "held": _held(held),
        "waiting": other_open(session, plate, None) if plate else 0,
        "asked_for": asked_for,
        "decider": body,
        "own": body is not None and body.id == current_actor().body_id,
        "replaces": bool(values.get("replaces")),
    }


def _plate(values: Plain) -> str | None:
    try:
        return parse_plate(values["plate"]).text if values.get("plate") else None
    except InvalidInput:
        return None


def _held(held: Pass | None) -> dict[str, Any] | None:
    """A pass may be another body's and its holder anybody, so the name is masked."""
    if held is None:
        return None
    return {
        "number": held.number,
        "holder": mask_name(held.holder_name),
        "until": moment(held.validity.upper),
        "ours": held.body_id == current_actor().body_id,
    }


def _decider(session: Session, values: Plain, known: Catalogue, now: datetime) -> Body | None:
    origin, destination = values.get("origin"), values.get("destination")
    if origin is None or destination is None:
        return None
    kind = known.kind_for(origin, destination)
    found = deciding(session, known, kind, values, on=now.astimezone(SHOWN_IN).date())
    return found[0] if found else None


def _entry_line(row: Application, body: str) -> dict[str, Any]:
    return {
        "id": row.id,
        "slip": row.slip,
        "plate": row.plate,
        "plate_colour": row.plate_colour,
        "holder": row.holder_name,
        "state": row.state,
        "state_words": application_state(row),
        "body": body,
        "number": row.pass_number,
        "at": moment(row.submitted_at),
    }


@pages.get("/counter/<uuid:application_id>")
@requires(Permission.APPLICATION_REVIEW)
def counter_entry(application_id: UUID) -> str:
    """What came of an entry: the pass to print and hand over, or the slip with the body that decides."""
    session, now = db.session(), clock.now()
    found = _entry(session, application_id)
    known = catalogue(session, now=now)
    body = body_of(session, found.body_id)
    made = find_pass(session, found.pass_number) if found.pass_number else None
    return render_template(
        "passes/counter_entry.html",
        found=found,
        body=body,
        own=found.body_id == current_actor().body_id,
        made=made,
        content=content_facts(known, found),
        state_words=application_state(found),
        submitted=moment(found.submitted_at),
        notes=_notes(session, found) if found.state == ApplicationState.RETURNED else [],
        handovers=handover_lines(session, made) if made else [],
    )


def handover_lines(session: Session, found: Pass) -> list[dict[str, Any]]:
    """The hand-overs of a pass as pages show them."""
    return [
        {
            "to": row[0].handed_to,
            "document": DOCUMENT_WORDS[Document(row[0].document)],
            "last4": row[0].document_last4,
            "by": row[1],
            "revision": row[0].revision,
            "at": moment(row[0].at),
        }
        for row in handovers_of(session, found)
    ]


@pages.post("/passes/<number>/print")
@requires(Permission.APPLICATION_REVIEW)
def print_pass(number: str) -> Response:
    """The sheet to be printed here and now; every printing has its event."""
    now, actor = clock.now(), current_actor()
    with transaction() as session:
        document = sheet_pdf(session, actor, number, press(session, now=now), now=now)
        note_printing(session, actor, number, now=now)
    headers = {"Content-Disposition": f'inline; filename="{number}.pdf"', "Cache-Control": "no-store"}
    return Response(document.content, mimetype=PDF, headers=headers)


@pages.route("/passes/<number>/handovers", methods=["GET", "POST"])
@requires(Permission.APPLICATION_REVIEW)
def hand_over_pass(number: str) -> AnyResponse:
    """Record to whom a sheet is handed over, also of a pass that was issued on line and is fetched here."""
    return form_page(
        lambda problem: _draw_handover(number, problem), lambda: _hand_over(number), COUNTER_LABELS
    )


def _draw_handover(number: str, problem: Told | None) -> str:
    session = db.session()
    found = find_pass(session, number)
    if found is None or found.body_id != current_actor().body_id:
        raise NotFound
    return render_template(
        "passes/counter_handover.html",
        found=found,
        problem=problem,
        given=from_form(request.form),
        documents=_documents(),
        handovers=handover_lines(session, found),
    )


def _hand_over(number: str) -> AnyResponse:
    plain = {name: value for name, value in from_form(request.form).items() if name in HANDOVER_FIELDS}
    found = find_pass(db.session(), number)
    if found is None or found.body_id != current_actor().body_id:
        raise NotFound
    with transaction() as session:
        hand_over(session, current_actor(), number, read_receiver(plain), now=clock.now())
    flash(gettext("已记录交付。"), "success")
    return redirect(url_for("passes.hand_over_pass", number=number), 303)


@pages.post("/passes/<number>/link-on-screen")
@requires(Permission.APPLICATION_REVIEW)
def show_link(number: str) -> str:
    """A new driver's link as a code on the screen, for a walk-in's own phone; shown this once."""
    with transaction() as session:
        token = make_link(session, current_actor(), number, now=clock.now())
    address = f"{workshop().public_url}{url_for('passes.driver_pass', token=token)}"
    symbol = text_symbol(address)
    return render_template(
        "passes/counter_link.html",
        number=number,
        address=address,
        symbol=symbol_path(symbol, quiet=QUIET_ZONE),
        side=symbol.modules + 2 * QUIET_ZONE,
    )
