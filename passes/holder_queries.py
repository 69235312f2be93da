"""Reads of a holder's own passes, for programs."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, func, select
from sqlalchemy.orm import Session

from accounts.permissions import Actor
from passes.models import Pass, PassNumberRow, PassRevision
from passes.rules.moves import PassState

CURRENT = and_(
    PassRevision.plate == Pass.plate,
    PassRevision.number == Pass.number,
    PassRevision.revision == Pass.revision,
)


def firm_passes(
    session: Session, actor: Actor, state: str | None, now: datetime, *, after: str | None, limit: int
) -> Sequence[Row[Pass, PassRevision]]:
    """A page of a firm's passes with what they say now, newest number first; one more than `limit` if there is one."""
    statement = _of_firm(actor)
    if state is not None:
        statement = statement.where(_in_state(state, now))
    if after is not None:
        statement = statement.where(Pass.number < after)
    return session.execute(statement.order_by(Pass.number.desc()).limit(limit + 1)).all()


def firm_pass(
    session: Session, actor: Actor, number: str, *, lock: bool = False
) -> Row[Pass, PassRevision] | None:
    """One pass of a firm with what it says now; with `lock` its row is held, and read anew."""
    numbered = and_(PassNumberRow.plate == Pass.plate, PassNumberRow.number == Pass.number)
    statement = _of_firm(actor).join(PassNumberRow, numbered).where(PassNumberRow.number == number)
    if lock:
        statement = statement.with_for_update(of=Pass).execution_options(populate_existing=True)
    return session.execute(statement).one_or_none()


def _of_firm(actor: Actor) -> Select[Pass, PassRevision]:
    return select(Pass, PassRevision).join(PassRevision, CURRENT).where(Pass.firm_id == actor.firm_id)


def _in_state(state: str, now: datetime) -> ColumnElement[bool]:
    """Live and expired are told apart by the end of the validity."""
    ends: ColumnElement[Any] = func.upper(Pass.validity)
    if state == "expired":
        return and_(Pass.state == PassState.LIVE, ends <= now)
    if state == PassState.LIVE:
        return and_(Pass.state == PassState.LIVE, ends > now)
    return Pass.state == state
