"""Firms and persons who register themselves to apply."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from accounts.areas import find_area
from accounts.models import Firm, Person
from accounts.permissions import Actor, ActorKind, Role
from accounts.rules import FirmState
from accounts.service.persons import NewAccount, account_problems, keep_account
from audit.public import record
from foundation.base import new_id
from foundation.problems import InvalidInput, field_problem

NOBODY_YET = Actor(ActorKind.PERSON)
"""Who registers acts as the person that comes of it."""


def register_person(session: Session, given: NewAccount, *, now: datetime) -> Person:
    """A person who applies without a firm; `given.area` is a county by code or name. Raises `InvalidInput`."""
    area = find_area(session, given.area or "", lowest=True)
    problems = account_problems(given) + ([] if area else [field_problem("area", "area.unknown")])
    if problems:
        raise InvalidInput(*problems)
    return keep_account(session, NOBODY_YET, replace(given, area=area), [Role.APPLICANT], now=now)


def register_firm(
    session: Session,
    firm_name: str,
    credit_code: str,
    given: NewAccount,
    *,
    approval: str,
    now: datetime,
) -> Person:
    """A firm and its first person; `given.area` is the county of the firm. `approval` as in FIRM_APPROVAL: `auto`, `manual`.

    Raises `InvalidInput`, also for a firm that is registered already.
    """
    area = find_area(session, given.area or "", lowest=True)
    problems = account_problems(given) + ([] if area else [field_problem("area", "area.unknown")])
    if problems:
        raise InvalidInput(*problems)
    state = FirmState.APPROVED if approval == "auto" else FirmState.PENDING
    values = {
        "id": new_id(),
        "name": firm_name,
        "credit_code": credit_code.upper(),
        "area": area,
        "phone": given.phone,
        "state": state,
        "created_at": now,
        "demo": given.demo,
    }
    made: Firm | None = session.scalar(
        insert(Firm).values(values).on_conflict_do_nothing(index_elements=["credit_code"]).returning(Firm)
    )
    if made is None:
        raise InvalidInput(field_problem("credit_code", "credit_code.registered"))
    account = replace(given, firm_id=made.id, area=None)
    person = keep_account(session, NOBODY_YET, account, [Role.FIRM_LEAD], now=now)
    actor = Actor(ActorKind.PERSON, person.id, firm_id=made.id)
    record(session, actor, "firm:register", "firm", made.id, to_state=state, now=now)
    return person
