"""What an administrator does to firms, by the table of moves."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from accounts.models import Firm, Person, RoleGrant
from accounts.permissions import Actor, Role
from accounts.queries import firm_within, person_within
from accounts.rules import FirmAction, FirmState, firm_move
from accounts.service.persons import grant
from audit.public import record
from foundation import outbox
from foundation.problems import DomainProblem, NotFound

MESSAGE = "accounts.firm_state"


def change_firm(
    session: Session,
    actor: Actor,
    firm_id: UUID,
    action: FirmAction,
    *,
    reason: str | None = None,
    now: datetime,
) -> Firm:
    """Approve, suspend or resume a firm, and tell its people.

    Raises `NotFound` out of reach, `NotAllowed` against the table, `reason.missing`.
    """
    firm = firm_within(session, actor, firm_id, lock=True)
    if firm is None:
        raise NotFound
    before = FirmState(firm.state)
    move = firm_move(before, action)
    if move.needs_reason and not reason:
        raise DomainProblem("reason.missing")
    firm.state = move.to
    event = record(
        session,
        actor,
        f"firm:{action}",
        "firm",
        firm.id,
        from_state=before,
        to_state=move.to,
        reason=reason,
        now=now,
    )
    _tell(session, firm, reason, event, now)
    return firm


def appoint_lead(session: Session, actor: Actor, person_id: UUID, *, now: datetime) -> None:
    """Make a person of a firm its lead, where the firm has lost its own; one more where it has not.

    Raises `NotFound` out of reach, and for who belongs to no firm or is switched off.
    """
    person = person_within(session, actor, person_id, lock=True)
    if person is None or person.firm_id is None or not person.active:
        raise NotFound
    session.execute(delete(RoleGrant).where(RoleGrant.person_id == person.id))
    grant(session, actor, person.id, [Role.FIRM_LEAD], now)
    session.expire(person, ["grants"])
    facts = {"roles": [str(Role.FIRM_LEAD)]}
    record(session, actor, "person:roles", "person", person.id, now=now, facts=facts)


def _tell(session: Session, firm: Firm, reason: str | None, event: UUID, now: datetime) -> None:
    rows = session.execute(
        select(Person.id, Person.email, Person.locale).where(Person.firm_id == firm.id, Person.active)
    )
    facts = {"state": str(firm.state), "reason": reason}
    for row in rows.all():
        recipient = outbox.Recipient(row.id, row.email, row.locale)
        outbox.put(session, recipient, MESSAGE, facts, key=f"firm:{event}:{row.id}", now=now)
