"""Reads for holders: where the vehicles of their passes were checked, and what was done with them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import CTE, ColumnElement, Subquery, and_, exists, select, true, tuple_
from sqlalchemy.orm import Session, aliased

from accounts.permissions import Actor
from checkpoints.models import Action, Scan
from checkpoints.queries import find_scan
from checkpoints.rules import RoadsideAction
from passes.public import Pass

PAGE = 50
MOST_PASSES = 1_000
"""Passes of a holder, newest number first, whose scans the list goes through; older ones are on their own pages."""
REFUSALS = (RoadsideAction.TURNED_BACK.value, RoadsideAction.HELD.value)


@dataclass(frozen=True)
class OwnScan:
    """A scan, and what was done after it and not undone, in the order in which it was done."""

    scan: Scan
    actions: tuple[Action, ...]


def scans_of_holder(
    session: Session, actor: Actor, *, refusals: bool = False, before: UUID | None = None, limit: int = PAGE
) -> list[OwnScan]:
    """The scans of an applicant's passes, newest first; with `refusals` those after which a vehicle was turned back or
    held. `before` is the id of the last one seen; one more than a page when there is a next page."""
    if actor.firm_id is not None:
        mine: ColumnElement[bool] = Pass.firm_id == actor.firm_id
    else:
        mine = and_(Pass.person_id == actor.id, Pass.firm_id.is_(None))
    newest = select(Pass.plate, Pass.number).where(mine).order_by(Pass.number.desc()).limit(MOST_PASSES)
    return _scans(session, newest.cte("held"), refusals, before, limit)


def scans_of_pass(
    session: Session,
    plate: str,
    number: str,
    *,
    refusals: bool = False,
    before: UUID | None = None,
    limit: int = PAGE,
) -> list[OwnScan]:
    """The same for one pass, by its plate and number."""
    one = select(Pass.plate, Pass.number).where(Pass.plate == plate, Pass.number == number)
    return _scans(session, one.cte("held"), refusals, before, limit)


def _scans(session: Session, held: CTE, refusals: bool, before: UUID | None, limit: int) -> list[OwnScan]:
    last = find_scan(session, before) if before else None
    place = (last.received_at, last.event_id) if last is not None else None
    found = (_refused if refusals else _newest)(held, place, limit + 1)
    scan = aliased(Scan, found)
    statement = select(scan).order_by(scan.received_at.desc(), scan.event_id.desc()).limit(limit + 1)
    return _with_actions(session, session.scalars(statement).all())


Place = tuple[datetime, UUID]


def _older(place: Place | None) -> ColumnElement[bool]:
    return tuple_(Scan.received_at, Scan.event_id) < place if place is not None else true()


def _newest(held: CTE, place: Place | None, limit: int) -> Subquery:
    """For each pass its newest scans by the primary key: none is read deeper than a page, however many it has."""
    of_one = select(Scan).where(Scan.plate == held.c.plate, Scan.number == held.c.number, _older(place))
    ordered = of_one.order_by(Scan.received_at.desc(), Scan.event_id.desc()).limit(limit).lateral("newest")
    return select(ordered).select_from(held.join(ordered, true())).subquery("found")


def _refused(held: CTE, place: Place | None, limit: int) -> Subquery:
    """The scans of the refusals of each pass's vehicle: refusals are few, so they are looked for first."""
    del limit
    undone = aliased(Action)
    # Plate by plate: the key of every table of the roadside begins with it.
    taken_back = exists().where(
        undone.plate == Action.plate, undone.scan_id == Action.scan_id, undone.undoes == Action.event_id
    )
    refused = (
        select(Action.scan_id)
        .where(Action.plate == held.c.plate, Action.action.in_(REFUSALS), ~taken_back)
        .distinct()
        .lateral("refused")
    )
    same = and_(
        Scan.plate == held.c.plate,
        Scan.number == held.c.number,
        Scan.event_id == refused.c.scan_id,
        _older(place),
    )
    return select(Scan).select_from(held.join(refused, true())).join(Scan, same).subquery("found")


def _with_actions(session: Session, scans: Sequence[Scan]) -> list[OwnScan]:
    ids = [scan.event_id for scan in scans]
    statement = select(Action).where(Action.scan_id.in_(ids)).order_by(Action.acted_at, Action.event_id)
    actions = session.scalars(statement).all() if ids else ()
    undone = {action.undoes for action in actions}
    counting = [
        action
        for action in actions
        if action.action != RoadsideAction.UNDONE and action.event_id not in undone
    ]
    return [
        OwnScan(scan, tuple(action for action in counting if action.scan_id == scan.event_id))
        for scan in scans
    ]
