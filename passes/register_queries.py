"""Reads of the register: the passes that an office sees, by number or by plate."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, func, select
from sqlalchemy.orm import Session

from accounts.permissions import Actor, Permission
from passes.application_queries import PAGE
from passes.models import Pass, PassNumberRow, PassRevision
from passes.rules.moves import PassState


def register_page(
    session: Session,
    actor: Actor,
    state: str,
    now: datetime,
    *,
    channel: str = "",
    before: str | None = None,
    limit: int = PAGE,
) -> Sequence[Row[Pass, PassRevision]]:
    """Passes within an office's reach with what they say now, newest number first; one more than a page if there is one."""
    statement = _reached(actor)
    if state:
        statement = statement.where(_in_state(state, now))
    if channel:
        statement = statement.where(Pass.channel == channel)
    key = PassNumberRow.number if _commands(actor) else Pass.number
    if before:
        statement = statement.where(key < before)
    return session.execute(statement.order_by(key.desc()).limit(limit + 1)).all()


def register_of_plate(session: Session, actor: Actor, plate: str) -> Sequence[Row[Pass, PassRevision]]:
    """The passes of one vehicle within an office's reach, newest first."""
    statement = _reached(actor).where(Pass.plate == plate)
    return session.execute(statement.order_by(Pass.issued_at.desc()).limit(PAGE)).all()


def _commands(actor: Actor) -> bool:
    """Whether the reach is an area, not a body: whoever may read the audit reads every pass below."""
    return actor.may(Permission.AUDIT_READ) and actor.area is not None


def _reached(actor: Actor) -> Select[Pass, PassRevision]:
    current = and_(
        PassRevision.plate == Pass.plate,
        PassRevision.number == Pass.number,
        PassRevision.revision == Pass.revision,
    )
    statement = select(Pass, PassRevision).join(PassRevision, current)
    if not _commands(actor):
        return statement.where(Pass.body_id == actor.body_id)
    # The number begins with the area, and the numbers are indexed, so an area is a range of them.
    numbers = and_(PassNumberRow.plate == Pass.plate, PassNumberRow.number == Pass.number)
    return statement.join(PassNumberRow, numbers).where(*_numbers_of(actor.area or ""))


def _numbers_of(area: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """The range of numbers of an area and all that lie below it (GB/T 2260: province 2 digits, prefecture 4)."""
    prefix = area.removesuffix("0000") if area.endswith("0000") else area.removesuffix("00")
    return PassNumberRow.number >= prefix, PassNumberRow.number < str(int(prefix) + 1)


def _in_state(state: str, now: datetime) -> ColumnElement[bool]:
    """Live and expired are told apart by the end of the validity."""
    ends: ColumnElement[Any] = func.upper(Pass.validity)
    if state == "expired":
        return and_(Pass.state == PassState.LIVE, ends <= now)
    if state == PassState.LIVE:
        return and_(Pass.state == PassState.LIVE, ends > now)
    return Pass.state == state
