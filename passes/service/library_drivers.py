"""The drivers an applicant keeps: added, changed, read in full for a reason, and gone from the firm with their passes."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from accounts.permissions import Actor
from audit.public import record
from foundation.problems import InvalidInput, NotFound, field_problem
from passes.library_models import LibraryDriver
from passes.library_queries import bound_passes, find_kept
from passes.rules.library import DriverGiven
from passes.rules.moves import PassAction, PassReason
from passes.service.change import change_pass
from passes.service.library import archive_one, change_one, keep_one, owner_of


def add_driver(
    session: Session, actor: Actor, given: DriverGiven, *, now: datetime
) -> tuple[LibraryDriver, bool]:
    """The driver, and whether the row is new: the same name and last four twice is one."""
    values = {
        "name": given.name,
        "phone": given.phone,
        "identity_number": given.whole,
        "last4": given.last4,
    }
    same = (LibraryDriver.name == given.name, LibraryDriver.last4 == given.last4)
    return keep_one(session, actor, LibraryDriver, values, same, now=now)


def change_driver(
    session: Session,
    actor: Actor,
    driver_id: UUID,
    given: DriverGiven,
    version: int | None = None,
    *,
    now: datetime,
) -> LibraryDriver:
    """Change what was given; an empty phone or identity stays as it is. Raises what `change_one` raises."""
    found = find_kept(session, actor, LibraryDriver, driver_id)
    if found is None:
        raise NotFound
    values: dict[str, Any] = {"name": given.name}
    if given.phone:
        values["phone"] = given.phone
    # The last four of a number that is known whole already say nothing new.
    if given.whole or (given.identity and given.last4 != found.last4):
        values |= {"identity_number": given.whole, "last4": given.last4}
    taken = field_problem("name", "library.driver_kept")
    return change_one(session, actor, LibraryDriver, driver_id, values, version, taken, now=now)


def read_driver(
    session: Session, actor: Actor, driver_id: UUID, reason: str, *, now: datetime
) -> LibraryDriver:
    """The driver with phone and identity number to be shown in full, once; who and why is kept.

    Raises `NotFound`, `permission.missing`, `InvalidInput` without a reason.
    """
    owner_of(actor)
    found = find_kept(session, actor, LibraryDriver, driver_id)
    if found is None:
        raise NotFound
    if not reason:
        raise InvalidInput(field_problem("reason", "field.required"))
    record(session, actor, "driver:identity_read", "driver", found.id, reason=reason, now=now)
    return found


def driver_left(session: Session, actor: Actor, driver_id: UUID, *, now: datetime) -> LibraryDriver:
    """The driver has left 离职: offered no more; the passes that name him stay until something is done about each."""
    owner_of(actor)
    return archive_one(session, actor, LibraryDriver, driver_id, "leave", now=now)


def surrender_bound(
    session: Session, actor: Actor, driver_id: UUID, number: str | None = None, *, now: datetime
) -> list[str]:
    """Hand back the passes that name a driver, all of them or one; the numbers handed back.

    Raises `NotFound` (unknown, foreign, a pass that does not name him) and what `change_pass` raises.
    """
    driver = find_kept(session, actor, LibraryDriver, driver_id)
    if driver is None:
        raise NotFound
    bound = [row[0].number for row in bound_passes(session, actor, driver.name, driver.last4, now)]
    numbers = [number] if number is not None else bound
    if not set(numbers) <= set(bound):
        raise NotFound
    for one in sorted(numbers):
        change_pass(session, actor, one, PassAction.SURRENDER, reason=PassReason.HOLDER_REQUEST, now=now)
    return numbers
