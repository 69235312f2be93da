"""What the form of an application takes from the library: its choices, and the form filled in with what was chosen."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from flask import request
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from accounts.permissions import Actor
from foundation.clock import SHOWN_IN
from foundation.i18n import gettext
from foundation.problems import NotFound
from passes.catalogue import Catalogue
from passes.library_models import LibraryDriver, SavedRoute, Vehicle
from passes.library_queries import MOST_OFFERED, K, find_kept, library_page, vehicles_of
from passes.rules import PlateColour, normalise_plate
from passes.rules.content import MOST_DRIVERS
from passes.rules.library import Papers, papers_state
from passes.schemas import LONGEST_NAME, printable
from passes.service.library import Remembered, remember, remember_route
from passes.words import COLOUR_WORDS

Plain = dict[str, Any]
FILL = "fill"
"""The button that fills the form in."""
OWN_FIELDS = ("from_vehicle", "from_route", "remember", "route_name")
"""What the form carries for the library; the rows `from_drivers` are taken out by `without_choices`."""


def without_choices(plain: Plain) -> Plain:
    """What was typed, without the drivers to be taken from the library."""
    return {name: value for name, value in plain.items() if name != "from_drivers"}


def offered(session: Session, actor: Actor, known: Catalogue, now: datetime) -> dict[str, Any]:
    """What can be chosen, as pairs of id and words, as far as a list is still a list; `more` where it is not."""
    day = now.astimezone(SHOWN_IN).date()
    vehicles = library_page(session, actor, Vehicle, limit=MOST_OFFERED)
    drivers = library_page(session, actor, LibraryDriver, limit=MOST_OFFERED)
    routes = library_page(session, actor, SavedRoute, limit=MOST_OFFERED)
    return {
        "vehicles": [(row.id, _vehicle_words(row, day)) for row in vehicles[:MOST_OFFERED]],
        "drivers": [(row.id, f"{row.name} ···{row.last4}") for row in drivers[:MOST_OFFERED]],
        "routes": [
            (row.id, f"{row.name}（{known.route(row.origin, row.destination)}）")
            for row in routes[:MOST_OFFERED]
        ],
        "more": max(len(vehicles), len(drivers), len(routes)) > MOST_OFFERED,
    }


def _vehicle_words(row: Vehicle, day: date) -> str:
    parts = [row.plate, str(COLOUR_WORDS[PlateColour(row.plate_colour)]), row.words or ""]
    if papers_state(row.papers_end_on, day) is Papers.OVER:
        parts.append(gettext("道路运输证已到期"))
    return " · ".join(part for part in parts if part)


def fill_in(session: Session, actor: Actor, plain: Plain, chosen: MultiDict[str, str]) -> Plain:
    """The form with what was chosen put in; what was typed beside it stays. Raises `NotFound` for a foreign choice.

    `chosen` is the form, or the arguments of the address that leads to it.
    """
    vehicle = _chosen(session, actor, Vehicle, chosen.get("from_vehicle"))
    route = _chosen(session, actor, SavedRoute, chosen.get("from_route"))
    keys = sorted(key for key in chosen if key.partition(".")[0] == "from_drivers")
    found = (_chosen(session, actor, LibraryDriver, chosen.get(key)) for key in keys)
    filled = dict(plain)
    filled |= _of_vehicle(vehicle) if vehicle else _colour_of_typed(session, actor, plain)
    filled |= _of_route(route) if route else {}
    drivers = [driver for driver in found if driver]
    return {**filled, "drivers": _with_drivers(filled.get("drivers"), drivers)} if drivers else filled


def _chosen(session: Session, actor: Actor, model: type[K], text: str | None) -> K | None:
    if not text:
        return None
    try:
        row = find_kept(session, actor, model, UUID(text))
    except ValueError:
        row = None
    if row is None or row.archived_at is not None:
        raise NotFound
    return row


def _of_vehicle(row: Vehicle) -> Plain:
    return {"plate": row.plate, "plate_colour": PlateColour(row.plate_colour).name.lower()}


def _colour_of_typed(session: Session, actor: Actor, plain: Plain) -> Plain:
    """The vehicle of the library whose plate was typed: of more vehicles than a list can hold, too."""
    plate = plain.get("plate")
    if not isinstance(plate, str) or plain.get("plate_colour"):
        return {}
    found = vehicles_of(session, actor, [printable(normalise_plate(plate))])
    rows = [row for rows in found.values() for row in rows]
    return _of_vehicle(rows[0]) if len(rows) == 1 else {}


def _of_route(row: SavedRoute) -> Plain:
    """Origin to roads as they were saved; goods and hours only where they were."""
    content: Plain = {
        "origin": row.origin,
        "destination": row.destination,
        "stops": list(row.stops),
        "roads": list(row.roads),
    }
    for name in ("goods", "goods_words", "hours"):
        if (value := getattr(row, name)) is not None:
            content[name] = value
    return content


def _with_drivers(typed: Any, drivers: Sequence[LibraryDriver]) -> list[Any]:
    """The drivers typed so far and the chosen ones, each once, as many as a pass has room for."""
    listed = [driver for driver in typed if isinstance(driver, dict)] if isinstance(typed, list) else []
    there = {(driver.get("name"), str(driver.get("last4", ""))[-4:]) for driver in listed}
    added = (driver for driver in drivers if (driver.name, driver.last4) not in there)
    rows = [{"name": row.name, "phone": row.phone, "last4": row.last4} for row in dict.fromkeys(added)]
    return [*listed, *rows][: max(MOST_DRIVERS, len(listed))]


def keep_asked(session: Session, actor: Actor, values: Mapping[str, Any], now: datetime) -> Iterator[str]:
    """Keep what an application was handed in with, where its form asks for it; what was kept, in words."""
    if request.form.get("remember"):
        made = remember(session, actor, values, now=now)
        yield _kept_words(made)
    name = printable(request.form.get("route_name", ""))[:LONGEST_NAME]
    if name:
        remember_route(session, actor, name, values, now=now)
        yield gettext("线路已存为“%(name)s”。", name=name)


def _kept_words(made: Remembered) -> str:
    if made == Remembered():
        return gettext("车辆库里已有这辆车和驾驶员。")
    return gettext("已存入车辆库：车辆 %(vehicles)s 辆，驾驶员 %(drivers)s 名。", **vars(made))
