"""Persons of bodies: made, switched off, given roles, helped with a second step, their identity read."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from accounts import passwords
from accounts.firm_queries import is_open
from accounts.models import ApiToken, Body, Invitation, Person, RoleGrant
from accounts.permissions import COMMAND_LINE, FIRM_ROLES, Actor, ActorKind, Permission, Role, covers
from accounts.queries import person_within
from accounts.rules import login_problems, normal_login, password_problems
from accounts.service.login import end_sessions
from accounts.service.reset import make_code
from accounts.tokens import new_token
from audit.public import record
from foundation.base import new_id
from foundation.problems import DomainProblem, FieldProblem, InvalidInput, NotFound, field_problem

AT_A_CHECKPOINT = frozenset({Role.CHECKPOINT_STAFF, Role.CHECKPOINT_LEAD})
"""Roles that mean nothing without a checkpoint."""


@dataclass(frozen=True)
class NewAccount:
    """What every account starts with. Without a password nobody can log in before a code was used."""

    login: str
    name: str
    phone: str
    email: str | None = None
    password: str | None = None
    identity_number: str | None = None
    area: str | None = None
    body_id: UUID | None = None
    firm_id: UUID | None = None
    checkpoint_code: str | None = None
    totp_required: bool = False
    demo: bool = False


def account_problems(given: NewAccount) -> list[FieldProblem]:
    """What is wrong with the login and the password of a new account."""
    login = normal_login(given.login)
    weak = password_problems(given.password, login) if given.password is not None else []
    return login_problems(login) + weak


def keep_account(
    session: Session, actor: Actor, given: NewAccount, roles: Iterable[Role], *, now: datetime
) -> Person:
    """The row of a new account with its roles, and its audit event. Raises `InvalidInput`, also for a login taken."""
    problems = account_problems(given)
    if problems:
        raise InvalidInput(*problems)
    values = {
        **{name: value for name, value in vars(given).items() if name != "password"},
        "id": new_id(),
        "login": normal_login(given.login),
        "password_hash": passwords.hash_password(given.password or new_token()),
        "active": True,
        "locale": "zh",
        "created_at": now,
    }
    # Two who ask for one login at once: the second finds it taken, by the constraint and not by a look before.
    made: Person | None = session.scalar(
        insert(Person).values(values).on_conflict_do_nothing(index_elements=["login"]).returning(Person)
    )
    if made is None:
        raise InvalidInput(field_problem("login", "login.taken"))
    acting = actor if actor.id or actor.kind is not ActorKind.PERSON else Actor(ActorKind.PERSON, made.id)
    grant(session, acting, made.id, roles, now)
    facts = {"roles": sorted(str(role) for role in roles)}
    record(session, acting, "person:create", "person", made.id, now=now, facts=facts)
    return made


def create_person(
    session: Session, actor: Actor, given: NewAccount, roles: Iterable[Role], *, now: datetime
) -> Person:
    """A person of a body, made by an administrator whose area covers the body.

    Raises `InvalidInput` for a body out of reach, missing roles, or a role at a checkpoint without one.
    """
    wanted = frozenset(roles)
    body = session.get(Body, given.body_id) if given.body_id else None
    problems = _staff_problems(actor, body, wanted, given.checkpoint_code) + account_problems(given)
    if problems:
        raise InvalidInput(*problems)
    return keep_account(session, actor, given, wanted, now=now)


def set_roles(
    session: Session,
    actor: Actor,
    person_id: UUID,
    roles: Iterable[Role],
    checkpoint_code: str | None,
    *,
    now: datetime,
) -> None:
    """Replace the roles of a person of a body. Raises `InvalidInput`, and `NotFound` out of reach."""
    person = _reached(session, actor, person_id)
    wanted = frozenset(roles)
    problems = _staff_problems(actor, person.body, wanted, checkpoint_code)
    if problems:
        raise InvalidInput(*problems)
    session.execute(delete(RoleGrant).where(RoleGrant.person_id == person.id))
    grant(session, actor, person.id, wanted, now)
    person.checkpoint_code = checkpoint_code
    session.expire(person, ["grants"])
    facts = {"roles": sorted(str(role) for role in wanted)}
    record(session, actor, "person:roles", "person", person.id, now=now, facts=facts)


def deactivate_person(session: Session, actor: Actor, person_id: UUID, *, now: datetime) -> None:
    """Let nobody in as this person any more: sessions, tokens the person made and open invitations end."""
    person = _another(session, actor, person_id)
    person.active = False
    for ended in end_sessions(session, person.id, now=now):
        record(session, actor, "session:revoke", "session", ended, reason="deactivated", now=now)
    tokens = session.scalars(
        update(ApiToken)
        .where(ApiToken.person_id == person.id, ApiToken.revoked_at.is_(None))
        .values(revoked_at=now)
        .returning(ApiToken.id)
    )
    for token in list(tokens):
        record(session, actor, "token:revoke", "token", token, reason="deactivated", now=now)
    revoke_invitations_of(session, actor, person.id, now=now)
    record(session, actor, "person:deactivate", "person", person.id, now=now)


def revoke_invitations_of(session: Session, actor: Actor, person_id: UUID, *, now: datetime) -> None:
    """Revoke what a person invited to that nobody accepted: who has to go must leave no door open."""
    revoked = session.scalars(
        update(Invitation)
        .where(Invitation.invited_by == person_id, is_open(now))
        .values(revoked_at=now)
        .returning(Invitation.id)
    )
    for one in list(revoked):
        record(session, actor, "invitation:revoke", "invitation", one, now=now)


def activate_person(session: Session, actor: Actor, person_id: UUID, *, now: datetime) -> None:
    """Let the person log in again; sessions and tokens stay ended."""
    person = _another(session, actor, person_id)
    person.active = True
    record(session, actor, "person:activate", "person", person.id, now=now)


def require_totp(session: Session, actor: Actor, person_id: UUID, *, required: bool, now: datetime) -> None:
    """Ask a second step of a person, or no longer."""
    person = _reached(session, actor, person_id)
    person.totp_required = required
    record(session, actor, "totp:require" if required else "totp:allow", "person", person.id, now=now)


def clear_totp(session: Session, actor: Actor, person_id: UUID, *, now: datetime) -> None:
    """Forget the second step of a person whose phone is lost; every session of the person ends."""
    person = _another(session, actor, person_id)
    person.totp_secret = person.totp_last_step = None
    end_sessions(session, person.id, now=now)
    record(session, actor, "totp:clear", "person", person.id, now=now)


def code_for(session: Session, actor: Actor, person_id: UUID, *, now: datetime) -> str:
    """A reset code that the administrator reads out to the person."""
    return make_code(session, actor, _another(session, actor, person_id), now=now)


def read_identity(
    session: Session, actor: Actor, person_id: UUID, reason: str, *, now: datetime
) -> str | None:
    """The whole identity number, for a reason that is kept. The caller has checked that the party reaches the person.

    Raises `permission.missing` for a party that may not read identity numbers.
    """
    if not (actor.may(Permission.IDENTITY_READ) or actor.may(Permission.PERSON_MANAGE)):
        raise DomainProblem("permission.missing", permission=str(Permission.IDENTITY_READ))
    person = session.get(Person, person_id)
    if person is None:
        raise NotFound
    record(session, actor, "identity:read", "person", person.id, reason=reason, now=now)
    return person.identity_number


def _staff_problems(
    actor: Actor, body: Body | None, roles: frozenset[Role], checkpoint_code: str | None
) -> list[FieldProblem]:
    found = []
    reached = actor.kind in {ActorKind.COMMAND_LINE, ActorKind.SYSTEM} or (
        body is not None and covers(actor.area, body.area)
    )
    if body is None or not reached or body.merged_into is not None:
        found.append(field_problem("body", "body.unknown"))
    if not roles or roles & FIRM_ROLES:
        found.append(field_problem("roles", "role.needed"))
    if roles & AT_A_CHECKPOINT and not checkpoint_code:
        found.append(field_problem("checkpoint_code", "checkpoint.needed"))
    return found


def grant(session: Session, actor: Actor, person_id: UUID, roles: Iterable[Role], now: datetime) -> None:
    """Add roles to a person who has none of them; whether that may be is for the caller."""
    by = actor.id if actor.kind is ActorKind.PERSON else None
    rows = [
        {"person_id": person_id, "role": str(role), "granted_at": now, "granted_by": by} for role in roles
    ]
    session.execute(insert(RoleGrant), rows)


def _reached(session: Session, actor: Actor, person_id: UUID) -> Person:
    person = person_within(session, actor, person_id, lock=True)
    if person is None:
        raise NotFound
    return person


def _another(session: Session, actor: Actor, person_id: UUID) -> Person:
    """The person, unless that is the acting one: nobody locks the own door from outside."""
    person = _reached(session, actor, person_id)
    if person.id == actor.id and actor is not COMMAND_LINE:
        raise DomainProblem("person.not_oneself")
    return person
