"""Reads of scans and actions, and who reaches which checkpoint."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from accounts.permissions import Actor, Permission, covers
from checkpoints.ledger import receipts_of
from checkpoints.models import Action, Scan, ServiceArea
from checkpoints.register import Point, Register
from checkpoints.rules import RoadsideAction

PAGE = 50


@dataclass(frozen=True)
class ScanLine:
    """A scan with the action that counts: the last one that was not undone."""

    scan: Scan
    action: Action | None


def reaches_point(actor: Actor, point: Point) -> bool:
    """Whether a party may see what happens at a checkpoint: its own staff, roaming officers and command of the area."""
    if actor.may(Permission.SCAN_RECORD):
        if actor.checkpoint_code is not None:
            return actor.checkpoint_code == point.code
        return covers(actor.area, point.county)
    # Command sees its area; an administrator, who also reads the audit, has no business with plates.
    command = actor.may(Permission.AUDIT_READ) and actor.may(Permission.PASS_READ)
    return command and covers(actor.area, point.county)


def points_for(actor: Actor, places: Register) -> list[Point]:
    """The checkpoints an officer can choose from."""
    return [point for point in places.points.values() if reaches_point(actor, point)]


def find_scan(session: Session, event_id: UUID) -> Scan | None:
    """A scan by its id, found through its receipt."""
    receipt = receipts_of(session, [event_id]).get(event_id)
    if receipt is None or receipt.kind != "scan":
        return None
    return session.get(Scan, (receipt.plate, receipt.received_at, event_id))


def actions_of_scan(session: Session, scan_id: UUID) -> Sequence[Action]:
    """What was done after a scan, in the order in which it was done."""
    return session.scalars(
        select(Action).where(Action.scan_id == scan_id).order_by(Action.acted_at, Action.event_id)
    ).all()


def standing_action(actions: Iterable[Action]) -> Action | None:
    """The last action that was not undone."""
    ordered = list(actions)
    undone = {action.undoes for action in ordered}
    counting = [
        action
        for action in ordered
        if action.action != RoadsideAction.UNDONE and action.event_id not in undone
    ]
    return counting[-1] if counting else None


def scan_page(
    session: Session, checkpoint: str, *, before: UUID | None = None, limit: int = PAGE
) -> list[ScanLine]:
    """The scans of a checkpoint, newest first, a page at a time; `before` is the id of the last one seen."""
    statement = select(Scan).where(Scan.checkpoint == checkpoint)
    last = find_scan(session, before) if before else None
    if last is not None:
        older = tuple_(Scan.received_at, Scan.event_id) < (last.received_at, last.event_id)
        statement = statement.where(older)
    ordered = statement.order_by(Scan.received_at.desc(), Scan.event_id.desc()).limit(limit)
    return with_actions(session, session.scalars(ordered).all())


def with_actions(session: Session, scans: Sequence[Scan]) -> list[ScanLine]:
    """Scans with the action that counts of each, in the same order."""
    ids = [scan.event_id for scan in scans]
    done: dict[UUID, list[Action]] = {}
    statement = select(Action).where(Action.scan_id.in_(ids)).order_by(Action.acted_at, Action.event_id)
    for action in session.scalars(statement) if ids else ():
        done.setdefault(action.scan_id, []).append(action)
    return [ScanLine(scan, standing_action(done.get(scan.event_id, ()))) for scan in scans]


def service_areas(session: Session) -> Sequence[ServiceArea]:
    """The service areas, in their order."""
    return session.scalars(select(ServiceArea).order_by(ServiceArea.position)).all()
