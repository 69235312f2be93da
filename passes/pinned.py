"""What a phone is given once and pins: the roots that sign trust lists; and how complete its status list is."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from passes.ledgers import ListKey, StatusChange, StatusHead

ROOTS = ("root", "spare_root")


def roots(session: Session) -> list[dict[str, Any]]:
    """The public keys (`kid`, `jwk`) of the root and of the spare root that would follow it, in this order."""
    rows = session.execute(
        select(ListKey.kid, ListKey.jwk)
        .where(ListKey.purpose.in_(ROOTS), ListKey.retired_at.is_(None))
        .order_by(ListKey.purpose)
    )
    return [{"kid": row.kid, "jwk": row.jwk} for row in rows]


def complete_until(session: Session, seq: int, *, now: datetime) -> datetime:
    """Until when (UTC) a status list of this number lacks nothing: the first change that it does not hold, else now."""
    head = session.scalar(select(StatusHead.seq)) or 0
    if seq >= head:
        return now
    lacking = select(StatusChange.changed_at).where(StatusChange.seq > seq).order_by(StatusChange.seq)
    return session.scalar(lacking.limit(1)) or now
