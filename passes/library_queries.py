"""Reads of an applicant's library, and of what the applicant holds and drove that belongs to it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Row, and_, false, func, or_, select, true, tuple_
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from accounts.permissions import Actor, ActorKind
from passes.library_models import LibraryDriver, SavedRoute, Vehicle
from passes.models import Application, Pass, PassRevision
from passes.queries import HOLDING
from passes.rules.library import IDENTITY_LENGTH, PAPERS_SOON
from passes.rules.moves import ApplicationState

PAGE = 50
MOST_OFFERED = 300
"""How many vehicles or drivers a list of choices holds; of more, the library itself is searched."""
LOOKED_BACK = 200
"""Among how many of the newest applications trips are looked for, so that the first page costs the same each year."""
TRIPS = 5
DRIVEN = (
    ApplicationState.SUBMITTED.value,
    ApplicationState.IN_REVIEW.value,
    ApplicationState.ISSUED.value,
)
"""What was asked for as it should be: neither a draft nor anything sent back, refused or withdrawn."""
K = TypeVar("K", Vehicle, LibraryDriver, SavedRoute)
Owned = type[Vehicle] | type[LibraryDriver] | type[SavedRoute] | type[Pass] | type[Application]


def belongs(actor: Actor, model: Owned) -> ColumnElement[bool]:
    """Whose rows an applicant reaches: those of the firm, or of the person where there is no firm."""
    if actor.firm_id is not None:
        return model.firm_id == actor.firm_id
    if actor.kind is not ActorKind.PERSON or actor.id is None:
        return false()
    return and_(model.person_id == actor.id, model.firm_id.is_(None))


def find_kept(
    session: Session, actor: Actor, model: type[K], kept_id: UUID, *, lock: bool = False
) -> K | None:
    """A vehicle, driver or route of the applicant's, archived or not; with `lock` its row is held and read anew."""
    statement = select(model).where(model.id == kept_id, belongs(actor, model))
    if lock:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    return session.scalar(statement)


def _order(model: type[Any]) -> tuple[InstrumentedAttribute[Any], ...]:
    """The order of a list: that of its unique index, so that a page is one walk along it."""
    orders: Mapping[type[Any], tuple[InstrumentedAttribute[Any], ...]] = {
        Vehicle: (Vehicle.plate, Vehicle.plate_colour),
        LibraryDriver: (LibraryDriver.name, LibraryDriver.last4),
        SavedRoute: (SavedRoute.name,),
    }
    return orders[model]


def library_page(
    session: Session,
    actor: Actor,
    model: type[K],
    *where: ColumnElement[bool],
    after: UUID | None = None,
    limit: int = PAGE,
) -> Sequence[K]:
    """A page of the library in the order of plate or name; one row more than a page when there is a next page.

    `after` is the id of the last row of the page before: plates and names stand in no address.
    """
    order = _order(model)
    statement = select(model).where(belongs(actor, model), model.archived_at.is_(None), *where)
    last = find_kept(session, actor, model, after) if after else None
    if last is not None:
        statement = statement.where(tuple_(*order) > tuple(getattr(last, column.key) for column in order))
    return session.scalars(statement.order_by(*order).limit(limit + 1)).all()


def called(model: type[K], text: str) -> ColumnElement[bool]:
    """What a search means: a part of the plate or the name, the last four or the whole identity number.

    A part is looked for in the rows of one applicant, of which there are thousands at most.
    """
    if model is Vehicle:
        return Vehicle.plate.contains(text, autoescape=True)
    if model is SavedRoute:
        return SavedRoute.name.contains(text, autoescape=True)
    if len(text) == IDENTITY_LENGTH:
        return LibraryDriver.identity_number == text
    return or_(LibraryDriver.name.contains(text, autoescape=True), LibraryDriver.last4 == text.upper())


def counted(session: Session, actor: Actor) -> tuple[int, int, int]:
    """How many vehicles, drivers and routes the applicant keeps, in one query."""
    counts = [
        select(func.count())
        .select_from(model)
        .where(belongs(actor, model), model.archived_at.is_(None))
        .scalar_subquery()
        for model in (Vehicle, LibraryDriver, SavedRoute)
    ]
    vehicles, drivers, routes = session.execute(select(*counts)).one()
    return vehicles, drivers, routes


def ending_papers(today: date) -> ColumnElement[bool]:
    """Vehicles whose papers have ended or end soon; see `rules.library.papers_state`."""
    return Vehicle.papers_end_on <= today + PAPERS_SOON


def count_ending_papers(session: Session, actor: Actor, today: date) -> int:
    """How many vehicles that are."""
    statement = select(func.count()).select_from(Vehicle)
    kept = (belongs(actor, Vehicle), Vehicle.archived_at.is_(None), ending_papers(today))
    return session.scalar(statement.where(*kept)) or 0


def vehicles_of(session: Session, actor: Actor, plates: Iterable[str]) -> Mapping[str, Sequence[Vehicle]]:
    """The applicant's vehicles with these plates (normalised), in one query; a plate can have two colours."""
    found: dict[str, list[Vehicle]] = defaultdict(list)
    kept = (belongs(actor, Vehicle), Vehicle.archived_at.is_(None), Vehicle.plate.in_(set(plates)))
    for vehicle in session.scalars(select(Vehicle).where(*kept).order_by(*_order(Vehicle))):
        found[vehicle.plate].append(vehicle)
    return found


def drivers_of(session: Session, actor: Actor, names: Iterable[str]) -> Mapping[str, Sequence[LibraryDriver]]:
    """The applicant's drivers with these names, in one query; two may share a name and differ in their last four."""
    found: dict[str, list[LibraryDriver]] = defaultdict(list)
    kept = (
        belongs(actor, LibraryDriver),
        LibraryDriver.archived_at.is_(None),
        LibraryDriver.name.in_(set(names)),
    )
    for driver in session.scalars(select(LibraryDriver).where(*kept).order_by(*_order(LibraryDriver))):
        found[driver.name].append(driver)
    return found


# --- passes ------------------------------------------------------------------------------------------------


def _held(actor: Actor, now: datetime) -> tuple[ColumnElement[bool], ...]:
    """Passes of the applicant that hold a vehicle now or later."""
    return (belongs(actor, Pass), Pass.state.in_(HOLDING), func.upper(Pass.validity) > now)


def bound_passes(
    session: Session, actor: Actor, name: str, last4: str, now: datetime
) -> Sequence[Row[Pass, PassRevision]]:
    """The applicant's live and suspended passes that name a driver in what they say now, the first to end first.

    As many rows are read as the firm has passes that have not ended (`ix_pass_firm_ends`), however many have: the
    limit keeps the planner, which does not know how few revisions name one driver, from reading all of them.
    """
    current = and_(
        PassRevision.plate == Pass.plate,
        PassRevision.number == Pass.number,
        PassRevision.revision == Pass.revision,
    )
    said = aliased(PassRevision, select(PassRevision).where(current).limit(1).lateral("said"))
    return session.execute(
        select(Pass, said)
        .join(said, true())
        .where(*_held(actor, now), said.drivers.contains([{"name": name, "last4": last4}]))
        .order_by(func.upper(Pass.validity), Pass.number)
    ).all()


def held_by_plate(
    session: Session, actor: Actor, plates: Iterable[str], now: datetime
) -> Mapping[tuple[str, int], Pass]:
    """For each vehicle the applicant's pass that ends last, in one query."""
    rows = session.scalars(
        select(Pass)
        .where(Pass.plate.in_(set(plates)), *_held(actor, now))
        .order_by(func.upper(Pass.validity))
    )
    return {(found.plate, found.plate_colour): found for found in rows}


# --- trips -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Trip:
    """A vehicle on a route as it was last asked for: the newest application of that pair."""

    application_id: UUID
    plate: str
    plate_colour: int
    origin: str
    destination: str
    goods: int
    not_before: datetime
    hours: int


def last_trips(
    session: Session, actor: Actor, plate: tuple[str, int] | None = None, *, limit: int = TRIPS
) -> Sequence[Trip]:
    """The applicant's newest distinct pairs of vehicle and route, newest first; of one vehicle where it is given."""
    newest = select(Application).where(belongs(actor, Application), Application.state.in_(DRIVEN))
    if plate is not None:
        newest = newest.where(Application.plate == plate[0], Application.plate_colour == plate[1])
    among = newest.order_by(Application.id.desc()).limit(LOOKED_BACK).subquery().c
    same = (among.plate, among.plate_colour, among.origin, among.destination, among.stops, among.roads)
    last = (
        select(
            among.id,
            among.plate,
            among.plate_colour,
            among.origin,
            among.destination,
            among.goods,
            among.not_before,
            among.hours,
        )
        .ext(distinct_on(*same))
        .order_by(*same, among.id.desc())
        .subquery()
    )
    rows = session.execute(select(last).order_by(last.c.id.desc()).limit(limit))
    return [Trip(*row) for row in rows]
