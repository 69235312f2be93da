"""The people of a firm, in the hands of its leads: roles changed, somebody removed, never the last lead."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from accounts.firm_queries import leads_of
from accounts.models import Person, RoleGrant
from accounts.permissions import FIRM_ROLES, Actor, ActorKind, Permission, Role
from accounts.service.login import end_sessions
from accounts.service.persons import grant, revoke_invitations_of
from audit.public import record
from foundation.database import advisory_lock
from foundation.problems import DomainProblem, InvalidInput, NotFound, field_problem


def own_firm(actor: Actor) -> UUID:
    """The firm the party looks after. Raises `permission.missing`, and `NotFound` for a party without a firm."""
    if not actor.may(Permission.FIRM_OWN):
        raise DomainProblem("permission.missing", permission=str(Permission.FIRM_OWN))
    if actor.firm_id is None:
        raise NotFound
    return actor.firm_id


def change_role(session: Session, actor: Actor, person_id: UUID, role: Role, *, now: datetime) -> None:
    """Give a person of the own firm another role, oneself too.

    Raises `NotFound` for anybody else, `InvalidInput` for a role no firm has, `firm.last_lead`, and
    `permission.missing` for who is a lead no longer.
    """
    if role not in FIRM_ROLES:
        raise InvalidInput(field_problem("role", "choice.unknown"))
    person, leads = _held(session, actor, person_id)
    if not person.active:
        raise NotFound
    if role is not Role.FIRM_LEAD:
        _keep_a_lead(leads, person)
        revoke_invitations_of(session, actor, person.id, now=now)
    session.execute(delete(RoleGrant).where(RoleGrant.person_id == person.id))
    grant(session, actor, person.id, [role], now)
    session.expire(person, ["grants"])
    facts = {"roles": [str(role)]}
    record(session, actor, "person:roles", "person", person.id, now=now, facts=facts)


def remove_colleague(session: Session, actor: Actor, person_id: UUID, *, now: datetime) -> None:
    """Let a person of the own firm in no more: sessions and open invitations end; tokens stay, they are the firm's.

    Passes and applications stay as they are: they belong to the firm. Doing it twice is harmless.
    Raises `NotFound` for anybody else, `firm.last_lead`, `permission.missing` for who is a lead no longer.
    """
    person, leads = _held(session, actor, person_id)
    if not person.active:
        return
    _keep_a_lead(leads, person)
    person.active = False
    for ended in end_sessions(session, person.id, now=now):
        record(session, actor, "session:revoke", "session", ended, reason="left_firm", now=now)
    revoke_invitations_of(session, actor, person.id, now=now)
    record(session, actor, "person:deactivate", "person", person.id, reason="left_firm", now=now)


def held_leads(session: Session, actor: Actor) -> tuple[UUID, frozenset[UUID]]:
    """The firm and its leads, under a lock that its leads take one after the other until their transactions end.

    Raises what `own_firm` raises, and `permission.missing` for who is a lead no longer.
    """
    firm_id = own_firm(actor)
    # Two leads who demote each other at the same instant would each still see the other, and one who is removed at
    # this instant would leave an invitation or a token behind.
    advisory_lock(session, f"firm-leads:{firm_id}")
    leads = frozenset(leads_of(session, firm_id))
    if actor.kind is ActorKind.PERSON and actor.id not in leads:
        raise DomainProblem("permission.missing", permission=str(Permission.FIRM_OWN))
    return firm_id, leads


def _held(session: Session, actor: Actor, person_id: UUID) -> tuple[Person, frozenset[UUID]]:
    """The person and the firm's leads, held."""
    firm_id, leads = held_leads(session, actor)
    person = session.scalar(
        select(Person)
        .where(Person.id == person_id, Person.firm_id == firm_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if person is None:
        raise NotFound
    return person, leads


def _keep_a_lead(leads: Iterable[UUID], person: Person) -> None:
    if set(leads) == {person.id}:
        raise DomainProblem("firm.last_lead")
