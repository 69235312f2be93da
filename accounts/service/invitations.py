"""Invitations to a firm: an address with a secret, good once and for a week."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from accounts.firm_queries import invitation_by_token, invitation_of, invitations_since
from accounts.models import Firm, Invitation, Person
from accounts.permissions import FIRM_ROLES, Actor, ActorKind, Role
from accounts.rules import INVITATION_LIFE, INVITATIONS_MOST
from accounts.service.colleagues import held_leads, own_firm
from accounts.service.persons import NewAccount, keep_account
from accounts.tokens import hash_of, new_token, seal
from audit.public import record
from foundation import outbox
from foundation.base import new_id
from foundation.problems import DomainProblem, InvalidInput, NotFound, field_problem

INVITATION = "accounts.invitation"
JOINED = "accounts.colleague_joined"


@dataclass(frozen=True)
class Invited:
    """Who is invited, and as what; with an e-mail address the invitation is sent there too."""

    name: str
    role: Role
    email: str | None = None


def invite(
    session: Session, actor: Actor, given: Invited, *, secret_key: str, now: datetime
) -> tuple[Invitation, str]:
    """An invitation to the own firm, with its row; the token is kept nowhere but, sealed, in an e-mail that waits.

    Raises what `held_leads` raises, `InvalidInput` for a role no firm has, and `invitation.too_many` beyond
    `INVITATIONS_MOST` in `INVITATION_LIFE`.
    """
    if given.role not in FIRM_ROLES:
        raise InvalidInput(field_problem("role", "choice.unknown"))
    if actor.kind is not ActorKind.PERSON or actor.id is None:
        raise DomainProblem("login.needed")
    firm_id, _ = held_leads(session, actor)
    if invitations_since(session, firm_id, now - INVITATION_LIFE) >= INVITATIONS_MOST:
        raise DomainProblem("invitation.too_many", most=INVITATIONS_MOST)
    token = new_token()
    row = Invitation(
        id=new_id(),
        token_hash=hash_of(token),
        firm_id=firm_id,
        name=given.name,
        email=given.email,
        role=str(given.role),
        invited_by=actor.id,
        created_at=now,
        expires_at=now + INVITATION_LIFE,
    )
    session.add(row)
    session.flush()
    record(session, actor, "invitation:create", "invitation", row.id, now=now, facts={"role": row.role})
    if row.email:
        facts = {"firm": session.get_one(Firm, firm_id).name, "sealed": seal(secret_key, token)}
        outbox.put_email(session, row.email, INVITATION, facts, key=f"invitation:{row.id}", now=now)
    return row, token


def revoke_invitation(session: Session, actor: Actor, invitation_id: UUID, *, now: datetime) -> None:
    """Close an invitation; doing it twice, or after it was accepted, changes nothing.

    Raises `permission.missing`, `NotFound` (unknown, foreign).
    """
    row = invitation_of(session, own_firm(actor), invitation_id)
    if row is None:
        raise NotFound
    if row.revoked_at is None and row.accepted_at is None:
        row.revoked_at = now
        record(session, actor, "invitation:revoke", "invitation", row.id, now=now)


def look_at_invitation(session: Session, token: str, *, now: datetime) -> Invitation:
    """What an invitation says, changing nothing.

    Raises `invitation.gone`: unknown, expired, revoked and used are one answer.
    """
    found = invitation_by_token(session, hash_of(token), now=now)
    if found is None:
        raise DomainProblem("invitation.gone")
    return found


def accept_invitation(session: Session, token: str, given: NewAccount, *, now: datetime) -> Person:
    """Make the account of the invited person, once. Raises `invitation.gone`, `InvalidInput` as for any account."""
    found = invitation_by_token(session, hash_of(token), now=now, lock=True)
    if found is None:
        raise DomainProblem("invitation.gone")
    account = replace(given, firm_id=found.firm_id, area=None)
    person = keep_account(session, Actor(ActorKind.PERSON), account, [Role(found.role)], now=now)
    found.accepted_at, found.accepted_by = now, person.id
    session.flush()
    acting = Actor(ActorKind.PERSON, person.id, firm_id=found.firm_id)
    record(session, acting, "invitation:accept", "invitation", found.id, now=now)
    _tell_inviter(session, found, person.name, now)
    return person


def _tell_inviter(session: Session, invitation: Invitation, name: str, now: datetime) -> None:
    inviter = session.get_one(Person, invitation.invited_by)
    recipient = outbox.Recipient(inviter.id, inviter.email, inviter.locale)
    facts = {"name": name, "role": invitation.role}
    outbox.put(session, recipient, JOINED, facts, key=f"joined:{invitation.id}", now=now)
