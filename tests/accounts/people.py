"""People for the tests of this room, made through its services."""

from itertools import count
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.models import Body, Person
from accounts.permissions import COMMAND_LINE, Actor, ActorKind, Role, permissions_of
from accounts.service.persons import NewAccount, create_person, keep_account
from accounts.service.registration import register_firm, register_person
from foundation import clock
from tests.browser import Browser, Page

PASSWORD = "green-truck-2022"
CREDIT_CODE = "91220101MA0Y3KXG03"
ANOTHER_CREDIT_CODE = "91220102MA17ABCD05"
"""Made up, with right check digits."""
IDENTITY = "360426199101010071"
_numbers = count(1)


def a_login(start: str) -> str:
    """A login no other test has used."""
    return f"{start}{next(_numbers)}"


def an_account(start: str, **changes: object) -> NewAccount:
    """A valid new account."""
    given: dict[str, object] = {
        "login": a_login(start),
        "name": "王小明",
        "phone": "13812345678",
        "password": PASSWORD,
    }
    return NewAccount(**{**given, **changes})  # type: ignore[arg-type]  # tests name only fields of the class


def body_id(session: Session, code: str) -> UUID:
    """The id of a body of the reference data."""
    return session.scalars(select(Body.id).where(Body.code == code)).one()


def staff(
    session: Session, role: Role = Role.ISSUING_OFFICER, body: str = "changchun-transport", **changes: object
) -> Person:
    """A person of a body."""
    account = an_account("staff", body_id=body_id(session, body), **changes)
    made = create_person(session, COMMAND_LINE, account, [role], now=clock.now())
    session.commit()
    return made


def administrator(session: Session, body: str = "changchun-transport") -> Person:
    """An administrator of a body."""
    return staff(session, Role.ADMINISTRATOR, body)


def owner_driver(session: Session, area: str = "220102") -> Person:
    """A person who registered without a firm."""
    account = an_account("driver", area=area, identity_number=IDENTITY)
    made = register_person(session, account, now=clock.now())
    session.commit()
    return made


def firm_person(
    session: Session, credit_code: str = CREDIT_CODE, *, area: str = "220102", approval: str = "auto"
) -> Person:
    """The first person of a firm that registered."""
    made = register_firm(
        session,
        "吉林粮运有限公司",
        credit_code,
        an_account("firm", area=area),
        approval=approval,
        now=clock.now(),
    )
    session.commit()
    return made


def logged_in(browser: Browser, login: str, password: str = PASSWORD) -> Page:
    """Log in as people do."""
    return browser.post_form("/login", {"login": login, "password": password}, action="/login")


def colleague_of(session: Session, person: Person, role: Role = Role.APPLICANT) -> Person:
    """Another person of the same firm, with a login of the own."""
    account = an_account("colleague", firm_id=person.firm_id, name="赵强")
    made = keep_account(session, COMMAND_LINE, account, [role], now=clock.now())
    session.commit()
    return made


def acting_as(person: Person) -> Actor:
    """The person of a firm as the party that the roles make."""
    roles = frozenset(Role(grant.role) for grant in person.grants)
    return Actor(ActorKind.PERSON, person.id, permissions_of(roles), roles, firm_id=person.firm_id)
