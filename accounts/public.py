"""The door of the accounts for the rooms above."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.models import Area, Body, Firm, Person
from foundation.outbox import Recipient

__all__ = ["Area", "Body", "Firm", "Person", "recipients_of"]


def recipients_of(session: Session, *, person_id: UUID | None, firm_id: UUID | None) -> Sequence[Recipient]:
    """Whom a message to a holder reaches: all active persons of the firm, else the person."""
    if firm_id is None and person_id is None:
        return []
    holder = Person.firm_id == firm_id if firm_id else Person.id == person_id
    rows = session.execute(select(Person.id, Person.email, Person.locale).where(holder, Person.active))
    return [Recipient(row.id, row.email, row.locale) for row in rows]
