"""Going again: the trips an applicant drove last, in words, and from when a vehicle is free for the next one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from accounts.permissions import Actor, Permission
from passes.catalogue import Catalogue
from passes.library_queries import held_by_plate, last_trips


@dataclass(frozen=True)
class TripLine:
    """A trip as pages offer it: its application, from which the new form is filled in."""

    application_id: UUID
    plate: str
    plate_colour: int
    route: str
    goods: str


def trip_lines(
    session: Session, actor: Actor, known: Catalogue, vehicle: tuple[str, int] | None = None
) -> Sequence[TripLine]:
    """The last distinct pairs of vehicle and route, newest first; none for whoever does not apply."""
    if not actor.may(Permission.APPLICATION_APPLY):
        return []
    return [
        TripLine(
            trip.application_id,
            trip.plate,
            trip.plate_colour,
            known.route(trip.origin, trip.destination),
            known.goods[trip.goods].name,
        )
        for trip in last_trips(session, actor, vehicle)
    ]


def free_from(
    session: Session, actor: Actor, plate: str | None, colour: int | None, now: datetime
) -> datetime | None:
    """When the applicant's own pass of the vehicle ends, which a new one would otherwise overlap; None without one."""
    if plate is None or colour is None:
        return None
    held = held_by_plate(session, actor, [plate], now).get((plate, colour))
    return held.validity.upper if held else None
