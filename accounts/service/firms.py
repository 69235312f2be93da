"""What an administrator does to firms, by the table of moves."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.models import Firm, Person
from accounts.permissions import Actor
from accounts.queries import firm_within
from accounts.rules import FirmAction, FirmState, firm_move
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


def _tell(session: Session, firm: Firm, reason: str | None, event: UUID, now: datetime) -> None:
    rows = session.execute(
        select(Person.id, Person.email, Person.locale).where(Person.firm_id == firm.id, Person.active)
    )
    facts = {"state": str(firm.state), "reason": reason}
    for row in rows.all():
        recipient = outbox.Recipient(row.id, row.email, row.locale)
        outbox.put(session, recipient, MESSAGE, facts, key=f"firm:{event}:{row.id}", now=now)
