"""The vehicles of the library: the list with its search, a new one, the page of one."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from flask import flash, make_response, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from accounts.guards import current_actor, requires
from accounts.permissions import Permission
from accounts.public import Told, form_page
from foundation import clock
from foundation.clock import SHOWN_IN
from foundation.database import db, transaction
from foundation.i18n import gettext
from foundation.parsing import from_form, load
from foundation.problems import NotFound
from passes.library_models import Vehicle
from passes.library_queries import (
    PAGE,
    K,
    called,
    count_ending_papers,
    counted,
    ending_papers,
    find_kept,
    held_by_plate,
    library_page,
)
from passes.library_schemas import VehicleInput
from passes.library_words import PAPERS_TONES, PAPERS_WORDS, VEHICLE_LABELS
from passes.models import Pass
from passes.pages.blueprint import pages
from passes.pages.telling import moment
from passes.rules import PlateColour, normalise_plate
from passes.rules.library import VehicleGiven, colours_offered, papers_state
from passes.schemas import printable
from passes.service.library import add_vehicle, archive_one, change_vehicle
from passes.trips import trip_lines
from passes.words import COLOUR_WORDS
from passes.workshop import catalogue

OWN_FIELDS = ("csrf_token", "version")
LONGEST_SEARCH = 60
Tabs = list[tuple[str, str, bool, int | None]]


def tabs(session: Session, active: str) -> Tabs:
    """The three parts of the library with how much is in each."""
    vehicles, drivers, routes = counted(session, current_actor())
    return [
        (gettext("车辆"), url_for("passes.vehicles"), active == "vehicles", vehicles),
        (gettext("驾驶员"), url_for("passes.drivers"), active == "drivers", drivers),
        (gettext("常用线路"), url_for("passes.routes"), active == "routes", routes),
    ]


def typed() -> dict[str, Any]:
    """What was typed into a form of the library."""
    return from_form(request.form, ignore=OWN_FIELDS)


def version() -> int | None:
    """The version of the row the form was made from."""
    return request.form.get("version", type=int)


def searched() -> str:
    """What is searched for, cleaned. POST, because plates and names are no part of an address."""
    return printable(request.form.get("q", ""))[:LONGEST_SEARCH]


def kept_or_not_found(session: Session, model: type[K], kept_id: UUID) -> K:
    """A row of the own library, archived or not. Raises `NotFound`."""
    found = find_kept(session, current_actor(), model, kept_id)
    if found is None:
        raise NotFound
    return found


def older(endpoint: str, rows: Sequence[K], **values: Any) -> str | None:
    """The address of the next page, when there is one."""
    return url_for(endpoint, after=rows[PAGE - 1].id, **values) if len(rows) > PAGE else None


def many_found(rows: Sequence[Any]) -> int | None:
    """How many of what a search found are shown, when there are more: a search has no next page."""
    return PAGE if len(rows) > PAGE else None


def today(now: datetime) -> date:
    """The day in Beijing."""
    return now.astimezone(SHOWN_IN).date()


@pages.get("/library/vehicles")
@requires(Permission.APPLICATION_APPLY)
def vehicles() -> str:
    """The vehicles by plate, a page at a time; `?papers=ending` those whose papers end."""
    session, now = db.session(), clock.now()
    ending = request.args.get("papers") == "ending"
    where = [ending_papers(today(now))] if ending else []
    after = request.args.get("after", type=UUID)
    rows = library_page(session, current_actor(), Vehicle, *where, after=after)
    following = older("passes.vehicles", rows, papers="ending" if ending else None)
    return _draw_list(session, rows[:PAGE], now, ending=ending, older=following)


@pages.post("/library/vehicles/search")
@requires(Permission.APPLICATION_APPLY)
def search_vehicles() -> Response:
    """The vehicles whose plate has these signs in it, however they are typed."""
    session, now = db.session(), clock.now()
    text = normalise_plate(searched())
    if not text:
        return redirect(url_for("passes.vehicles"), 303)
    rows = library_page(session, current_actor(), Vehicle, called(Vehicle, text))
    return make_response(_draw_list(session, rows[:PAGE], now, searched=text, many=many_found(rows)))


def _draw_list(
    session: Session,
    rows: Sequence[Vehicle],
    now: datetime,
    *,
    ending: bool = False,
    searched: str = "",
    older: str | None = None,
    many: int | None = None,
) -> str:
    actor = current_actor()
    held = held_by_plate(session, actor, [row.plate for row in rows], now) if rows else {}
    return render_template(
        "passes/library_vehicles.html",
        tabs=tabs(session, "vehicles"),
        rows=[_line(row, held, now) for row in rows],
        ending=ending,
        ending_count=count_ending_papers(session, actor, today(now)),
        searched=searched,
        older=older,
        many=many,
    )


def _line(row: Vehicle, held: Mapping[tuple[str, int], Pass], now: datetime) -> dict[str, Any]:
    found = held.get((row.plate, row.plate_colour))
    return {"row": row, "papers": _papers(row, now), "held": _held(found)}


def _papers(row: Vehicle, now: datetime) -> dict[str, Any]:
    state = papers_state(row.papers_end_on, today(now))
    return {
        "state": state,
        "words": PAPERS_WORDS[state],
        "tone": PAPERS_TONES[state],
        "day": row.papers_end_on,
    }


def _held(found: Pass | None) -> dict[str, Any] | None:
    return {"number": found.number, "ends": moment(found.validity.upper)} if found else None


@pages.route("/library/vehicles/new", methods=["GET", "POST"])
@requires(Permission.APPLICATION_APPLY)
def new_vehicle() -> Response:
    """A new vehicle; one that is there already is opened instead."""
    return form_page(_draw_new, _add, VEHICLE_LABELS)


def _draw_new(problem: Told | None) -> str:
    given = request.form
    return render_template(
        "passes/library_vehicle_new.html", problem=problem, given=given, colours=_colours(given)
    )


def _colours(given: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """The colours to choose from; where nobody has chosen yet, those that the plate suggests."""
    offered: Sequence[PlateColour] = tuple(PlateColour)
    if given.get("plate") and not given.get("plate_colour"):
        offered = colours_offered(given["plate"])
    return [(colour.name.lower(), COLOUR_WORDS[colour]) for colour in offered]


def _add() -> Response:
    given: VehicleGiven = _given()
    with transaction() as session:
        found, new = add_vehicle(session, current_actor(), given, now=clock.now())
        vehicle_id = found.id
    if new:
        flash(gettext("车辆已加入车辆库。"), "success")
    else:
        flash(gettext("车辆库里已有这辆车，没有重复添加。"), "info")
    return redirect(url_for("passes.vehicle", vehicle_id=vehicle_id), 303)


def _given() -> VehicleGiven:
    given: VehicleGiven = load(VehicleInput(), typed())  # type: ignore[assignment]  # its post_load makes one
    return given


@pages.post("/library/vehicles/colours")
@requires(Permission.APPLICATION_APPLY)
def vehicle_colours() -> str:
    """The colours that fit the plate typed so far: the part of the form that shows them."""
    colours = _colours({"plate": request.form.get("plate", "")})
    chosen = request.form.get("plate_colour", "")
    offered = [code for code, _words in colours]
    return render_template(
        "passes/library_colours.html",
        colours=colours,
        chosen=chosen if chosen in offered else offered[0] if len(offered) == 1 else "",
    )


@pages.route("/library/vehicles/<uuid:vehicle_id>", methods=["GET", "POST"])
@requires(Permission.APPLICATION_APPLY)
def vehicle(vehicle_id: UUID) -> Response:
    """One vehicle: its data to change, its pass, and its last routes to drive again."""
    found = kept_or_not_found(db.session(), Vehicle, vehicle_id)
    return form_page(lambda problem: _draw(found.id, problem), lambda: _change(vehicle_id), VEHICLE_LABELS)


def _draw(vehicle_id: UUID, problem: Told | None) -> str:
    session, actor, now = db.session(), current_actor(), clock.now()
    found = kept_or_not_found(session, Vehicle, vehicle_id)
    given = request.form if problem else _filled(found)
    own = (found.plate, found.plate_colour)
    known = catalogue(session, now=now)
    return render_template(
        "passes/library_vehicle.html",
        found=found,
        problem=problem,
        given=given,
        version=version() if problem else found.version,
        colours=_colours(given),
        papers=_papers(found, now),
        held=_held(held_by_plate(session, actor, [found.plate], now).get(own)),
        trips=trip_lines(session, actor, known, own),
    )


def _filled(found: Vehicle) -> dict[str, Any]:
    return {
        "plate": found.plate,
        "plate_colour": PlateColour(found.plate_colour).name.lower(),
        "words": found.words,
        "papers_end_on": found.papers_end_on.isoformat() if found.papers_end_on else None,
    }


def _change(vehicle_id: UUID) -> Response:
    given = _given()
    with transaction() as session:
        change_vehicle(session, current_actor(), vehicle_id, given, version(), now=clock.now())
    flash(gettext("已保存。"), "success")
    return redirect(url_for("passes.vehicle", vehicle_id=vehicle_id), 303)


@pages.post("/library/vehicles/<uuid:vehicle_id>/archive")
@requires(Permission.APPLICATION_APPLY)
def archive_vehicle(vehicle_id: UUID) -> Response:
    """Take the vehicle out of the library; its applications and passes stay as they are."""
    with transaction() as session:
        archive_one(session, current_actor(), Vehicle, vehicle_id, "archive", now=clock.now())
    flash(gettext("车辆已移出车辆库，已有的申请和通行证不受影响。"), "success")
    return redirect(url_for("passes.vehicles"), 303)
