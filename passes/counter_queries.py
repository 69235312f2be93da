"""Reads of the counter: what a body's officers entered, and to whom sheets were handed over."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, false, select
from sqlalchemy.orm import Session, aliased

from accounts.permissions import Actor, Permission
from accounts.public import Body, Person
from passes.models import Application, Pass, PassHandover
from passes.rules.counter import CHANNEL

LISTED = 20


def find_entry(session: Session, actor: Actor, application_id: UUID) -> Application | None:
    """An application that an officer of the actor's body entered at the counter."""
    return session.scalar(_entries(actor).where(Application.id == application_id))


def newest_entries(session: Session, actor: Actor) -> Sequence[Row[Application, str]]:
    """What the officers of a body entered last, with the name of the body that decides, newest first."""
    entered = _entries(actor).subquery()
    entry = aliased(Application, entered)
    statement = select(entry, Body.name).join(Body, Body.id == entry.body_id)
    return session.execute(statement.order_by(entry.id.desc()).limit(LISTED)).all()


def _entries(actor: Actor) -> Select[Application]:
    colleagues = select(Person.id).where(Person.body_id == actor.body_id)
    may = actor.may(Permission.APPLICATION_REVIEW) and actor.body_id is not None
    entered = select(Application).where(
        Application.entered_by.in_(colleagues), Application.channel == CHANNEL
    )
    return entered if may else entered.where(false())


def handovers_of(session: Session, found: Pass) -> Sequence[Row[PassHandover, str]]:
    """The hand-overs of a pass with the officer's name, newest first."""
    statement: Any = (
        select(PassHandover, Person.name)
        .join(Person, Person.id == PassHandover.handed_by)
        .where(PassHandover.plate == found.plate, PassHandover.number == found.number)
        .order_by(PassHandover.id.desc())
    )
    rows: Sequence[Row[PassHandover, str]] = session.execute(statement).all()
    return rows
