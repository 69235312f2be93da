"""Passes that their holder changes, for tests."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.permissions import Actor
from passes.application_queries import find_application
from passes.models import Application, Pass
from passes.queries import current_revision, find_pass
from passes.service.changing import Outcome, ask_amendment, change_drivers, change_vehicle, renew_pass
from passes.service.issue import Issued
from passes.service.reviewing import issue, take
from tests.builders import NOON, a_plate, some_tools
from tests.passes.applying import an_application, an_officer

OFFICE = "changchun-nanguan-commerce"
SOON = NOON + timedelta(hours=30)
"""When a pass of three days from noon on ends within 48 hours."""
LI = {"name": "李四", "phone": "13900000000", "last4": "123X"}
ZHAO = {"name": "赵六", "phone": "13700000000", "last4": "4567"}


def a_reviewed_pass(session: Session, holder: Actor, **changes: Any) -> Pass:
    """A pass of the holder that an officer issued at noon for three days."""
    application = an_application(session, holder, **changes)
    officer = an_officer(session, OFFICE)
    take(session, officer, application.id, now=NOON)
    issued = issue(session, officer, application.id, some_tools(session), now=NOON)
    return the_pass(session, issued.number)


def the_pass(session: Session, number: str) -> Pass:
    """A pass as it is now."""
    found = session.scalars(
        select(Pass).where(Pass.number == number).execution_options(populate_existing=True)
    ).one()
    session.expire_all()
    return found


def renewed(session: Session, holder: Actor, number: str, now: datetime = SOON, **how: Any) -> Outcome:
    """A renewal on a form of its own."""
    return renew_pass(session, holder, number, uuid4(), some_tools(session), now=now, **how)


def swapped(
    session: Session, holder: Actor, number: str, now: datetime = SOON, plate: str = "", colour: int = 0
) -> Outcome:
    """Another truck, a new one by default."""
    tools = some_tools(session)
    return change_vehicle(session, holder, number, uuid4(), plate or a_plate(), colour, tools, now=now)


def driven_by(
    session: Session, holder: Actor, number: str, *drivers: dict[str, str], now: datetime = SOON
) -> Outcome:
    """Other drivers."""
    return change_drivers(session, holder, number, uuid4(), drivers, some_tools(session), now=now)


def amended(session: Session, holder: Actor, number: str, now: datetime = SOON, **changes: Any) -> Outcome:
    """The same content but for the changes, asked for."""
    found = find_pass(session, number)
    assert found is not None
    said = current_revision(session, found)
    values = {
        name: getattr(said, name)
        for name in ("goods", "goods_words", "origin", "destination", "stops", "roads", "drivers")
    }
    values |= {"hours": said.duration_minutes // 60}
    values |= {"not_before": found.validity.lower, **changes}
    return ask_amendment(session, holder, number, uuid4(), values, some_tools(session), now=now)


def agreed(session: Session, outcome: Outcome, now: datetime = SOON) -> Issued:
    """An officer of the body issues what was asked for."""
    officer = an_officer(session, OFFICE)
    take(session, officer, outcome.application.id, now=now)
    return issue(session, officer, outcome.application.id, some_tools(session), now=now)


def application_of(session: Session, outcome: Outcome) -> Application:
    """The application of a change as it is now."""
    found = find_application(session, outcome.application.id, lock=True)
    assert found is not None
    return found
