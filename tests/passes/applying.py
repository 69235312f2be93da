"""Applicants, officers and their applications for tests, built through the services."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any
from uuid import uuid4

from sqlalchemy.orm import Session

from accounts.permissions import Actor, ActorKind, Role, permissions_of
from accounts.public import Firm, Person
from passes.models import Application
from passes.service.drafting import hand_in
from passes.service.reviewing import take
from tests.builders import NOON, a_body, a_plate, some_tools

_numbers = count(1)


def a_person(session: Session, role: Role, **changes: Any) -> Person:
    """Somebody who can log in."""
    number = next(_numbers)
    person = Person(
        **{
            "login": f"person{number}",
            "name": f"王{number}",
            "phone": "13800000000",
            "password_hash": "none",
            "created_at": NOON,
            **changes,
        }
    )
    session.add(person)
    session.flush()
    return person


def acting(person: Person, role: Role, area: str | None = None) -> Actor:
    """The person as an acting party."""
    return Actor(
        ActorKind.PERSON,
        person.id,
        permissions_of([role]),
        frozenset({role}),
        body_id=person.body_id,
        firm_id=person.firm_id,
        area=area,
    )


def a_firm(session: Session, **changes: Any) -> Firm:
    """An approved firm in 长春南关."""
    firm = Firm(
        **{
            "name": f"吉林粮运{next(_numbers)}有限公司",
            "credit_code": f"9122{next(_numbers):014d}",
            "area": "220102",
            "phone": "043180000000",
            "state": "approved",
            "created_at": NOON,
            **changes,
        }
    )
    session.add(firm)
    session.flush()
    return firm


def an_applicant(
    session: Session, firm: Firm | None = None, *, role: Role = Role.APPLICANT, **changes: Any
) -> Actor:
    """A person of a firm, of a new one by default."""
    belongs = (firm or a_firm(session)).id
    return acting(a_person(session, role, firm_id=belongs, **changes), role)


def an_owner_driver(session: Session) -> Actor:
    """A person without a firm."""
    return acting(a_person(session, Role.APPLICANT), Role.APPLICANT)


def an_officer(session: Session, body: str = "changchun-nanguan-commerce", **changes: Any) -> Actor:
    """An issuing officer of a body; by default the one that decides eggs and milk from 长春南关."""
    found = a_body(session, body)
    return acting(
        a_person(session, Role.ISSUING_OFFICER, body_id=found.id, **changes), Role.ISSUING_OFFICER, found.area
    )


def asked(**changes: Any) -> dict[str, Any]:
    """Values of a complete form: eggs and milk from 长春南关 to 北京大兴 by G1 for three days."""
    values = {
        "plate": a_plate(),
        "plate_colour": 0,
        "goods": 12,
        "origin": "220102",
        "destination": "110115",
        "roads": ["G1"],
        "not_before": NOON,
        "hours": 72,
        "contact_phone": "13800000000",
        "drivers": [{"name": "李四", "phone": "13900000000", "last4": "123X"}],
        **changes,
    }
    return {name: value for name, value in values.items() if value is not None}


def an_application(session: Session, actor: Actor, **changes: Any) -> Application:
    """A submitted application."""
    known = some_tools(session).catalogue
    return hand_in(session, actor, uuid4(), asked(**changes), known, now=NOON)


def in_review(session: Session, actor: Actor, officer: Actor, **changes: Any) -> Application:
    """An application an officer has taken."""
    application = an_application(session, actor, **changes)
    return take(session, officer, application.id, now=NOON).application


@contextmanager
def rolled_back(session: Session) -> Iterator[None]:
    """What a failing request leaves behind: nothing."""
    nested = session.begin_nested()
    try:
        yield
    finally:
        nested.rollback()
        session.expire_all()
