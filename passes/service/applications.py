"""What applying and reviewing have in common: fetch under lock, ask the table of moves, change, record."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from accounts.permissions import Actor, Permission
from accounts.public import person_names
from audit.public import record
from foundation.problems import DomainProblem, NotFound
from passes.application_queries import decides, find_application, owns
from passes.models import Application
from passes.rules.applying import AlreadyTaken
from passes.rules.moves import ApplicationAction, ApplicationState, Move, next_application_move
from passes.service.announcing import announce_application
from passes.service.batch_items import note_move


def own_application(session: Session, actor: Actor, application_id: UUID) -> Application:
    """The applicant's own application, its row held. Raises `NotFound` for unknown and foreign alike."""
    found = find_application(session, application_id, lock=True)
    if found is None or not owns(actor, found):
        raise NotFound
    return found


def decided_here(session: Session, actor: Actor, application_id: UUID) -> Application:
    """An application that the actor's body decides, its row held. Raises `NotFound`."""
    found = find_application(session, application_id, lock=True)
    if found is None or not decides(actor, found):
        raise NotFound
    return found


def held_application(
    session: Session, actor: Actor, application_id: UUID, action: ApplicationAction, version: int | None
) -> tuple[Application, Move]:
    """An application the officer has taken, and the move to make.

    Raises `NotFound`, `NotAllowed`, `AlreadyTaken` when somebody else has it, `edit.conflict` when it is no longer
    the version the officer saw. A lease that has run out takes nothing away until somebody else takes it.
    """
    found = decided_here(session, actor, application_id)
    move = permitted(actor, found, action)
    if found.taken_by != actor.id:
        raise AlreadyTaken(action, name_of(session, found.taken_by))
    check_version(found, version)
    return found, move


def permitted(actor: Actor, found: Application, action: ApplicationAction) -> Move:
    """The move the table holds. Raises `NotAllowed`, `permission.missing`."""
    move = next_application_move(ApplicationState(found.state), action)
    if not actor.may(Permission(move.permission)):
        raise DomainProblem("permission.missing", permission=move.permission)
    return move


def check_version(found: Application, version: int | None) -> None:
    """Raises `edit.conflict` when the application has moved on since the page was made."""
    if version is not None and version != found.version:
        raise DomainProblem("edit.conflict")


def name_of(session: Session, person_id: UUID | None) -> str:
    """The name of a person; empty for nobody."""
    return person_names(session, [person_id]).get(person_id, "") if person_id else ""


def record_move(
    session: Session,
    actor: Actor,
    found: Application,
    action: ApplicationAction,
    to: str,
    *,
    now: datetime,
    reason: str | None = None,
    facts: Mapping[str, Any] | None = None,
) -> UUID:
    """Write the new state and the event of the move; return the event's id."""
    was, found.state = found.state, ApplicationState(to).value
    found.version += 1
    found.updated_at = now
    if found.state != ApplicationState.IN_REVIEW:
        found.taken_by = found.lease_until = None
    session.flush()
    note_move(session, found, was, now=now)
    event = record(
        session,
        actor,
        f"application:{action}",
        "application",
        found.id,
        now=now,
        from_state=was,
        to_state=to,
        reason=reason,
        facts=facts,
    )
    announce_application(session, found, event, now=now)
    return event
