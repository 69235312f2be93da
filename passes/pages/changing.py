"""Changing a pass: one page for each change, with what the library offers; and mending a change that was returned."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from flask import flash, make_response, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from accounts.guards import current_actor, requires
from accounts.permissions import Permission
from accounts.public import Told, form_page
from foundation import clock
from foundation.database import db, transaction
from foundation.i18n import gettext
from foundation.problems import FieldProblem, InvalidInput, NotFound, field_problem
from passes.application_queries import last_notes, owns
from passes.application_words import FORM_LABELS
from passes.catalogue import Catalogue
from passes.change_queries import origin_of, said_by, waiting_change
from passes.change_words import ABOUT_WORDS, PURPOSE_WORDS, WHY_WORDS
from passes.library_models import LibraryDriver, Vehicle
from passes.library_queries import find_kept, held_by_plate, library_page
from passes.models import Application, Pass
from passes.pages.application_form import Plain, choices, filled, form_token, typed, version
from passes.pages.apply import own_or_not_found
from passes.pages.blueprint import pages
from passes.pages.change_view import PURPOSES, open_changes, plain_of
from passes.pages.telling import moment
from passes.queries import current_revision, find_pass
from passes.rules.applying import EDITABLE
from passes.rules.changing import CHANGES, RENEWED_BEFORE, SIZE_CLASS, Purpose
from passes.rules.content import Content
from passes.rules.moves import ApplicationState
from passes.rules.plates import PlateColour, parse_plate
from passes.schemas import read_application
from passes.service.changing import (
    Outcome,
    ask_amendment,
    change_drivers,
    change_vehicle,
    renew_pass,
)
from passes.service.drafting import hand_in
from passes.service.issue import Tools, ends_of
from passes.service.links import make_link, send_link
from passes.workshop import catalogue, tools, workshop

OFFERED = 60
"""Vehicles or drivers of the library that the page lists; of more, the one meant is typed."""
OWN_FIELDS = ("start", "vehicle_id", "driver_id")
"""What the form carries beside the content of the pass."""


@pages.route("/passes/<number>/<any(renew, vehicle, drivers, amend):change>", methods=["GET", "POST"])
@requires(Permission.APPLICATION_APPLY)
def change_a_pass(number: str, change: str) -> Response:
    """Ask for a change of one's own pass; what a rule decides is done with the answer."""
    purpose = PURPOSES[change]
    return form_page(
        lambda problem: _draw(db.session(), number, purpose, problem),
        lambda: _send(number, purpose),
        FORM_LABELS,
    )


def _own(session: Session, number: str) -> Pass:
    found = find_pass(session, number)
    if found is None or not owns(current_actor(), found):
        raise NotFound
    return found


def _draw(session: Session, number: str, purpose: Purpose, problem: Told | None) -> str:
    now, found = clock.now(), _own(session, number)
    old = said_by(found, current_revision(session, found))
    sent = request.method == "POST"
    given = _typed() if sent else _fresh(session, found, old, purpose)
    return render_template(
        "passes/change_form.html",
        **_form(session, found, purpose, given, now),
        heading=gettext("%(what)s：通行证 %(number)s", what=PURPOSE_WORDS[purpose], number=number),
        action=request.path,
        token=(form_token() if sent else uuid4()),
        version=None,
        problem=problem,
        notes={},
        waiting=waiting_change(session, number),
        open=bool([one for one in open_changes(current_actor(), found, now=now) if one.url == request.path]),
        vehicles=_vehicles(session, found, now) if purpose is Purpose.OTHER_VEHICLE else [],
        drivers=_drivers(session, old) if purpose is Purpose.OTHER_DRIVER else [],
    )


def _typed() -> Plain:
    return {name: value for name, value in typed().items() if name not in OWN_FIELDS}


def _fresh(session: Session, found: Pass, old: Content, purpose: Purpose) -> Plain:
    """What the form holds before anybody types: nothing for another truck, else the pass as it is, and for a renewal
    the hours it was first given."""
    if purpose is Purpose.OTHER_VEHICLE:
        return {}
    plain = plain_of(old)
    return {**plain, "hours": origin_of(session, found.number).hours} if purpose is Purpose.RENEW else plain


def _form(session: Session, found: Pass, purpose: Purpose, given: Plain, now: datetime) -> dict[str, Any]:
    """What every form of a change is drawn from."""
    known = catalogue(session, now=now)
    return {
        "found": found,
        "purpose": purpose.value,
        "words": PURPOSE_WORDS[purpose],
        "about": ABOUT_WORDS[purpose],
        "fields": CHANGES[purpose].fields,
        "at_once": CHANGES[purpose].rule is not None,
        "given": given,
        "start": request.form.get("start", "end"),
        "ends": moment(ends_of(found)),
        "over": now >= ends_of(found),
        "early": now < ends_of(found) - RENEWED_BEFORE,
        **choices(known, given),
    }


@dataclass(frozen=True)
class _Offer:
    """Something of the library to choose with one click; `taken` is the pass that a vehicle has already, and one of
    `other_size` is looked at by a person."""

    id: UUID
    row: Vehicle | LibraryDriver
    taken: str | None = None
    other_size: bool = False


def _vehicles(session: Session, found: Pass, now: datetime) -> list[_Offer]:
    rows = library_page(session, current_actor(), Vehicle, limit=OFFERED)[:OFFERED]
    held = held_by_plate(session, current_actor(), [row.plate for row in rows], now)
    offers = [
        _Offer(
            row.id,
            row,
            other.number if (other := held.get((row.plate, row.plate_colour))) else None,
            SIZE_CLASS[PlateColour(row.plate_colour)] != SIZE_CLASS[PlateColour(found.plate_colour)],
        )
        for row in rows
        if (row.plate, row.plate_colour) != (found.plate, found.plate_colour)
    ]
    # What can be done at once stands first; the order is otherwise that of the library.
    return sorted(offers, key=lambda offer: (offer.taken is not None, offer.other_size))


def _drivers(session: Session, old: Content) -> list[_Offer]:
    rows = library_page(session, current_actor(), LibraryDriver, limit=OFFERED)[:OFFERED]
    bound = {(driver.name, driver.last4) for driver in old.drivers}
    return [_Offer(row.id, row) for row in rows if bound != {(row.name, row.last4)}]


def _send(number: str, purpose: Purpose) -> Response:
    now = clock.now()
    with transaction() as session:
        outcome = DEEDS[purpose](session, number, tools(session, now=now), now)
        done, where = outcome.number, url_for("passes.own_application", application_id=outcome.application.id)
        # A new number needs a new link; of a revision the old ones stay good.
        link = make_link(session, current_actor(), done, now=now) if done and done != number else None
    if done is None:
        flash(_sent_words(outcome), "info")
        return redirect(where, 303)
    return make_response(_draw_done(db.session(), number, done, purpose, link))


def _sent_words(outcome: Outcome) -> str:
    told = [gettext("已提交工作人员审核。"), *(str(WHY_WORDS[reason]) for reason in outcome.why)]
    return " ".join(told)


def _draw_done(session: Session, old: str, number: str, purpose: Purpose, link: str | None) -> str:
    found = _own(session, number)
    drivers = current_revision(session, found).drivers
    return render_template(
        "passes/change_done.html",
        found=found,
        old=old,
        words=PURPOSE_WORDS[purpose],
        begins=moment(found.validity.lower),
        ends=moment(found.validity.upper),
        address=f"{workshop().public_url}{url_for('passes.driver_pass', token=link)}" if link else None,
        phones=sum(1 for driver in drivers if driver["phone"]),
        token=uuid4(),
    )


def _renew(session: Session, number: str, bench: Tools, now: datetime) -> Outcome:
    values = _readable(session, now)
    return renew_pass(
        session,
        current_actor(),
        number,
        form_token(),
        bench,
        now=now,
        hours=values.get("hours"),
        from_now=request.form.get("start") == "now",
    )


def _readable(session: Session, now: datetime) -> dict[str, Any]:
    """The fields of the form. Raises `InvalidInput` for what cannot be read."""
    values, unread = read_application(_typed(), catalogue(session, now=now))
    if unread:
        raise InvalidInput(*unread)
    return values


def _other_vehicle(session: Session, number: str, bench: Tools, now: datetime) -> Outcome:
    plate, colour = _chosen_vehicle(session, now)
    return change_vehicle(session, current_actor(), number, form_token(), plate, colour, bench, now=now)


def _chosen_vehicle(session: Session, now: datetime) -> tuple[str, int]:
    """The vehicle clicked on, or the one that was typed. Raises `InvalidInput`."""
    chosen = request.form.get("vehicle_id", type=UUID)
    kept = find_kept(session, current_actor(), Vehicle, chosen) if chosen else None
    if kept is not None:
        return kept.plate, kept.plate_colour
    values = _readable(session, now)
    problems = [*_gaps(values), *_slips(values.get("plate"))]
    if problems:
        raise InvalidInput(*problems)
    return values["plate"], values["plate_colour"]


def _gaps(values: Mapping[str, Any]) -> list[FieldProblem]:
    missing = [name for name in ("plate", "plate_colour") if values.get(name) is None]
    return [field_problem(name, "field.required") for name in missing]


def _slips(plate: str | None) -> Sequence[FieldProblem]:
    """What is wrong with a typed plate, told together with a colour that is missing."""
    try:
        if plate is not None:
            parse_plate(plate)
    except InvalidInput as refused:
        return refused.errors
    return ()


def _other_drivers(session: Session, number: str, bench: Tools, now: datetime) -> Outcome:
    drivers = _chosen_drivers(session, now)
    return change_drivers(session, current_actor(), number, form_token(), drivers, bench, now=now)


def _chosen_drivers(session: Session, now: datetime) -> Sequence[Mapping[str, str]]:
    """The driver clicked on, alone; or those that were typed. Raises `InvalidInput`."""
    chosen = request.form.get("driver_id", type=UUID)
    kept = find_kept(session, current_actor(), LibraryDriver, chosen) if chosen else None
    if kept is not None:
        return [{"name": kept.name, "phone": kept.phone, "last4": kept.last4}]
    drivers: Sequence[Mapping[str, str]] = _readable(session, now).get("drivers", [])
    return drivers


def _amend(session: Session, number: str, bench: Tools, now: datetime) -> Outcome:
    values, unread = read_application(_typed(), bench.catalogue)
    actor = current_actor()
    return ask_amendment(session, actor, number, form_token(), values, bench, now=now, unread=unread)


DEEDS: Mapping[Purpose, Callable[[Session, str, Tools, datetime], Outcome]] = {
    Purpose.RENEW: _renew,
    Purpose.OTHER_VEHICLE: _other_vehicle,
    Purpose.OTHER_DRIVER: _other_drivers,
    Purpose.AMEND: _amend,
}


# --- mending a change --------------------------------------------------------------------------------------


@pages.route("/applications/<uuid:application_id>/change", methods=["GET", "POST"])
@requires(Permission.APPLICATION_APPLY)
def mend_change(application_id: UUID) -> Response:
    """A change that was returned, or that nobody has taken yet: only what it is about can be filled in."""
    application = own_or_not_found(db.session(), application_id)
    if application.about is None:
        raise NotFound
    if ApplicationState(application.state) not in EDITABLE and request.method == "GET":
        return redirect(url_for("passes.own_application", application_id=application_id))
    return form_page(lambda problem: _draw_mending(application_id, problem), _mend, FORM_LABELS)


def _draw_mending(application_id: UUID, problem: Told | None) -> str:
    now, session = clock.now(), db.session()
    application = own_or_not_found(session, application_id)
    found, sent = _own(session, application.about or ""), request.method == "POST"
    notes = last_notes(session, application.id) if application.state == ApplicationState.RETURNED else ()
    return render_template(
        "passes/change_form.html",
        **_form(session, found, Purpose(application.purpose), _typed() if sent else filled(application), now),
        heading=gettext("修改申请 %(slip)s", slip=application.slip),
        action=request.path,
        token=application.form_token,
        version=(version() if sent else None) or application.version,
        problem=problem,
        notes={note.field: note.words for note in notes},
        waiting=None,
        open=True,
        vehicles=[],
        drivers=[],
    )


def _mend() -> Response:
    now = clock.now()
    with transaction() as session:
        known: Catalogue = catalogue(session, now=now)
        values, unread = read_application(_typed(), known)
        found: Application = hand_in(
            session, current_actor(), form_token(), values, known, now=now, version=version(), unread=unread
        )
        where = url_for("passes.own_application", application_id=found.id)
        slip = found.slip
    flash(gettext("申请 %(slip)s 已重新提交。", slip=slip), "success")
    return redirect(where, 303)


# --- the link for the driver -------------------------------------------------------------------------------


@pages.post("/passes/<number>/links/send")
@requires(Permission.ACCOUNT_OWN)
def send_driver_link(number: str) -> Response:
    """A new link by text message to the drivers of the pass."""
    with transaction() as session:
        sent = send_link(session, current_actor(), number, key=str(form_token()), now=clock.now())
    flash(gettext("已短信发给 %(count)s 名驾驶员。", count=sent), "success")
    return redirect(url_for("passes.pass_page", number=number), 303)
