"""Suspend, resume, revoke, surrender: one change of state, told to the scanners in the same transaction."""

from datetime import datetime

from sqlalchemy import update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from accounts.permissions import Actor, Permission
from audit.public import record
from foundation.problems import DomainProblem, NotAllowed, NotFound
from passes.models import Pass
from passes.queries import reaches
from passes.rules.moves import NO_BUTTONS, STATUS_OF, PassAction, PassReason, PassState, next_pass_move
from passes.service.announcing import announce_pass
from passes.service.issue import ends_of, held_pass, note_status, overlap
from passes.service.messages import tell_holder

ONE_VEHICLE = "ex_pass_one_vehicle_one_pass"


def change_pass(
    session: Session,
    actor: Actor,
    number: str,
    action: PassAction,
    *,
    reason: PassReason | None = None,
    now: datetime,
) -> Pass:
    """Move a pass; what only follows from an issue (`NO_BUTTONS`) is no move of its own.

    Raises `NotFound` (unknown or foreign), `NotAllowed`, `permission.missing`, `reason.missing`, and `pass.overlap`
    when a resumed pass meets another one of its vehicle.
    """
    found = held_pass(session, number)
    if found is None or not reaches(session, actor, found):
        raise NotFound
    was = PassState(found.state)
    if action in NO_BUTTONS:
        raise NotAllowed(was, action)
    move = next_pass_move(was, action, reason)
    if not actor.may(Permission(move.permission)):
        raise DomainProblem("permission.missing", permission=move.permission)
    _set_state(session, found, PassState(move.to), reason, now)
    status = STATUS_OF[PassState(move.to)]
    note_status(session, number, status, found.revision, found.step, ends_of(found), now=now)
    event = record(
        session,
        actor,
        f"pass:{action}",
        "pass",
        number,
        now=now,
        from_state=was,
        to_state=move.to,
        reason=reason,
    )
    announce_pass(session, found, action, move.to, event, now=now)
    if action is not PassAction.SURRENDER:
        tell_holder(
            session, found, f"pass.{action}", {"number": number, "reason": reason}, key=str(event), now=now
        )
    return found


def _set_state(
    session: Session, found: Pass, to: PassState, reason: PassReason | None, now: datetime
) -> None:
    """Write the state. Only a resumed pass can meet another one, and only then a savepoint is worth its cost."""
    values = {"state": to.value, "state_reason": reason, "state_changed_at": now, "step": found.step + 1}
    statement = update(Pass).where(Pass.plate == found.plate, Pass.number == found.number).values(values)
    if to is not PassState.LIVE:
        session.execute(statement)
        return
    try:
        with session.begin_nested():
            session.execute(statement)
    except IntegrityError as refused:
        if ONE_VEHICLE not in str(refused.orig):
            raise
        raise overlap(session, found.plate, found.plate_colour, found.validity) from refused
