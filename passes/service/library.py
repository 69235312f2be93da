"""What an applicant keeps to apply again: vehicles and routes added, changed, taken out; what was applied with, kept."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from accounts.permissions import Actor, ActorKind, Permission
from audit.public import record
from foundation.base import new_id
from foundation.problems import DomainProblem, FieldProblem, InvalidInput, NotFound, field_problem
from passes.catalogue import Catalogue
from passes.library_models import LibraryDriver, SavedRoute, Vehicle
from passes.library_queries import belongs, find_kept
from passes.rules.library import (
    RouteGiven,
    VehicleGiven,
    check_route,
    check_vehicle,
    keepable_drivers,
    keepable_vehicle,
)

K = TypeVar("K", Vehicle, LibraryDriver, SavedRoute)
KINDS: Mapping[type[Any], str] = {Vehicle: "vehicle", LibraryDriver: "driver", SavedRoute: "route"}
"""What the audit calls them."""


def owner_of(actor: Actor) -> dict[str, UUID]:
    """The owner of what an actor keeps: the firm, or the person without one.

    Raises `permission.missing` for whoever applies for nobody, such as an officer at the counter.
    """
    if actor.may(Permission.APPLICATION_APPLY):
        if actor.firm_id is not None:
            return {"firm_id": actor.firm_id}
        if actor.kind is ActorKind.PERSON and actor.id is not None and actor.body_id is None:
            return {"person_id": actor.id}
    raise DomainProblem("permission.missing", permission=str(Permission.APPLICATION_APPLY))


def keep_one(
    session: Session,
    actor: Actor,
    model: type[K],
    values: Mapping[str, Any],
    same: Iterable[ColumnElement[bool]],
    *,
    now: datetime,
) -> tuple[K, bool]:
    """The row with these values and True, or the row that is the same one already and False.

    Two connections that add the same at the same instant get one row: the unique index decides, not a look before.
    """
    row = {**values, **owner_of(actor), "id": new_id(), "version": 1, "created_at": now}
    conditions = (belongs(actor, model), model.archived_at.is_(None), *same)
    while True:
        made: K | None = session.scalar(insert(model).values(row).on_conflict_do_nothing().returning(model))
        if made is not None:
            record(session, actor, f"{KINDS[model]}:add", KINDS[model], made.id, now=now)
            return made, True
        found: K | None = session.scalar(select(model).where(*conditions))
        if found is not None:
            return found, False


def change_one(
    session: Session,
    actor: Actor,
    model: type[K],
    kept_id: UUID,
    values: Mapping[str, Any],
    version: int | None,
    taken: FieldProblem,
    *,
    now: datetime,
) -> K:
    """Write values into a row of the library.

    Raises `NotFound`, `edit.conflict` when it was changed or taken out since the page was made, and `InvalidInput`
    with `taken` when another row is the same one.
    """
    found = _held(session, actor, model, kept_id)
    if found.archived_at is not None or (version is not None and version != found.version):
        raise DomainProblem("edit.conflict")
    changed = sorted(name for name, value in values.items() if getattr(found, name) != value)
    if not changed:
        return found
    try:
        with session.begin_nested():
            for name in changed:
                setattr(found, name, values[name])
            found.version += 1
            session.flush()
    except IntegrityError as refused:
        if f"uq_{model.__tablename__}_" not in str(refused.orig):
            raise
        raise InvalidInput(taken) from refused
    facts = {"fields": changed}
    record(session, actor, f"{KINDS[model]}:change", KINDS[model], found.id, now=now, facts=facts)
    return found


def archive_one(
    session: Session, actor: Actor, model: type[K], kept_id: UUID, deed: str, *, now: datetime
) -> K:
    """Take a row out of the library; it stays for the audit. A second time nothing happens. Raises `NotFound`."""
    found = _held(session, actor, model, kept_id)
    if found.archived_at is None:
        found.archived_at = now
        session.flush()
        record(session, actor, f"{KINDS[model]}:{deed}", KINDS[model], found.id, now=now)
    return found


def _held(session: Session, actor: Actor, model: type[K], kept_id: UUID) -> K:
    found = find_kept(session, actor, model, kept_id, lock=True)
    if found is None:
        raise NotFound
    return found


def add_vehicle(
    session: Session, actor: Actor, given: VehicleGiven, *, now: datetime
) -> tuple[Vehicle, bool]:
    """The vehicle, and whether it is new: the same plate and colour twice is one. Raises what `check_vehicle` raises."""
    values = _vehicle_values(given)
    same = (Vehicle.plate == values["plate"], Vehicle.plate_colour == values["plate_colour"])
    return keep_one(session, actor, Vehicle, values, same, now=now)


def change_vehicle(
    session: Session,
    actor: Actor,
    vehicle_id: UUID,
    given: VehicleGiven,
    version: int | None = None,
    *,
    now: datetime,
) -> Vehicle:
    """Raises what `check_vehicle` and `change_one` raise."""
    taken = field_problem("plate", "library.vehicle_kept")
    values = _vehicle_values(given)
    return change_one(session, actor, Vehicle, vehicle_id, values, version, taken, now=now)


def _vehicle_values(given: VehicleGiven) -> dict[str, Any]:
    plate, colour = check_vehicle(given)
    return {
        "plate": plate.text,
        "plate_colour": int(colour),
        "words": given.words,
        "papers_end_on": given.papers_end_on,
    }


def add_route(
    session: Session, actor: Actor, given: RouteGiven, known: Catalogue, *, now: datetime
) -> SavedRoute:
    """A new saved route. Raises `InvalidInput`, also for a name that another one has."""
    values = _route_values(given, known)
    found, new = keep_one(session, actor, SavedRoute, values, (SavedRoute.name == given.name,), now=now)
    if not new:
        raise InvalidInput(field_problem("name", "library.route_kept"))
    return found


def change_route(
    session: Session,
    actor: Actor,
    route_id: UUID,
    given: RouteGiven,
    known: Catalogue,
    version: int | None = None,
    *,
    now: datetime,
) -> SavedRoute:
    """Raises `InvalidInput` and what `change_one` raises."""
    taken = field_problem("name", "library.route_kept")
    values = _route_values(given, known)
    return change_one(session, actor, SavedRoute, route_id, values, version, taken, now=now)


def _route_values(given: RouteGiven, known: Catalogue) -> dict[str, Any]:
    longest = max(kind.max_hours for kind in known.kinds.values())
    check_route(given, known.roads, known.goods, longest)
    return {**vars(given), "stops": list(given.stops), "roads": list(given.roads)}


# --- what was applied with ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Remembered:
    """How many rows are new in the library."""

    vehicles: int = 0
    drivers: int = 0


def remember(session: Session, actor: Actor, values: Mapping[str, Any], *, now: datetime) -> Remembered:
    """Keep the vehicle and the drivers of an application (`values` as `passes.schemas.read_application` gives them)."""
    return remember_many(session, actor, [values], now=now)


def remember_many(
    session: Session, actor: Actor, applications: Iterable[Mapping[str, Any]], *, now: datetime
) -> Remembered:
    """Keep the vehicles and drivers of many applications: one statement for all vehicles, one for all drivers.

    What is kept already stays as it is, and what could not stand in the library is left out, so that it may be called
    again and again with anything. Raises `permission.missing`.
    """
    row = {**owner_of(actor), "version": 1, "created_at": now}
    told = list(applications)
    vehicles = {vehicle for values in told if (vehicle := keepable_vehicle(values))}
    drivers = {(name, last4): phone for values in told for name, last4, phone in keepable_drivers(values)}
    # In one order everywhere, so that two who keep the same vehicles at once do not wait for each other in a ring.
    made = Remembered(
        _keep_all(
            session,
            Vehicle,
            [{**row, "plate": plate, "plate_colour": colour} for plate, colour in sorted(vehicles)],
        ),
        _keep_all(
            session,
            LibraryDriver,
            [
                {**row, "name": name, "last4": last4, "phone": phone}
                for (name, last4), phone in sorted(drivers.items())
            ],
        ),
    )
    if made != Remembered():
        [(owner, owner_id)] = owner_of(actor).items()
        kind = owner.removesuffix("_id")
        record(session, actor, "library:remember", kind, owner_id, now=now, facts=vars(made))
    return made


def _keep_all(session: Session, model: type[K], rows: Collection[dict[str, Any]]) -> int:
    """Insert what is not there yet; how many rows that were."""
    if not rows:
        return 0
    statement = insert(model).on_conflict_do_nothing().returning(model.id)
    return len(session.scalars(statement, [{**row, "id": new_id()} for row in rows]).all())


def remember_route(
    session: Session, actor: Actor, name: str, values: Mapping[str, Any], *, now: datetime
) -> SavedRoute:
    """Keep the route and goods of an application that was taken, under a name; the one that has it is replaced."""
    fields = ("origin", "destination", "goods", "goods_words", "hours")
    content = {field: values.get(field) for field in fields}
    content |= {field: list(values.get(field) or []) for field in ("stops", "roads")}
    found, new = keep_one(
        session, actor, SavedRoute, {**content, "name": name}, (SavedRoute.name == name,), now=now
    )
    if new:
        return found
    taken = field_problem("name", "library.route_kept")
    return change_one(session, actor, SavedRoute, found.id, content, None, taken, now=now)
