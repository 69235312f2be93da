"""Reads of a firm by its own leads: its people, open invitations and tokens, and who decides about the firm."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, and_, case, func, select
from sqlalchemy.orm import Session

from accounts.areas import administrative_path
from accounts.models import ApiToken, Body, Invitation, LoginSession, Person, RoleGrant
from accounts.permissions import Role
from accounts.rules import FirmState

PAGE = 50
"""Rows of one page of a list."""
TokenRow = Row[ApiToken, str, bool]


def colleagues(
    session: Session, firm_id: UUID, *, active: bool = True, after: UUID | None = None
) -> Sequence[Row[Any]]:
    """A page of the firm's people, the oldest account first, one more than `PAGE` where there are more.

    Rows are `id name login phone active role last_seen_at`; a lead is a lead, whatever else.
    """
    statement = _colleague().where(Person.firm_id == firm_id, Person.active.is_(active))
    if after:
        statement = statement.where(Person.id > after)
    return session.execute(statement.order_by(Person.id).limit(PAGE + 1)).all()


def colleague(session: Session, firm_id: UUID, person_id: UUID) -> Row[Any] | None:
    """One person of the firm, in the same words; None for anybody else."""
    return session.execute(
        _colleague().where(Person.firm_id == firm_id, Person.id == person_id)
    ).one_or_none()


def _colleague() -> Select[*tuple[Any, ...]]:
    leads = (
        select(RoleGrant.role)
        .where(RoleGrant.person_id == Person.id, RoleGrant.role == Role.FIRM_LEAD)
        .exists()
    )
    seen = (
        select(func.max(LoginSession.last_seen_at))
        .where(LoginSession.person_id == Person.id)
        .scalar_subquery()
    )
    own = (Person.id, Person.name, Person.login, Person.phone, Person.email, Person.active)
    role = case((leads, Role.FIRM_LEAD.value), else_=Role.APPLICANT.value)
    return select(*own, role.label("role"), seen.label("last_seen_at"))


def leads_of(session: Session, firm_id: UUID) -> Sequence[UUID]:
    """The active leads of a firm. Whoever decides by them holds the lock of `service.colleagues`."""
    return session.scalars(
        select(Person.id)
        .join(RoleGrant, RoleGrant.person_id == Person.id)
        .where(Person.firm_id == firm_id, Person.active, RoleGrant.role == Role.FIRM_LEAD)
    ).all()


def open_invitations(session: Session, firm_id: UUID, *, now: datetime) -> Sequence[Row[Invitation, str]]:
    """Invitations that somebody may still accept, newest first, as `(invitation, inviter's name)`."""
    return session.execute(
        select(Invitation, Person.name)
        .join(Person, Person.id == Invitation.invited_by)
        .where(Invitation.firm_id == firm_id, is_open(now))
        .order_by(Invitation.id.desc())
    ).all()


def invitations_since(session: Session, firm_id: UUID, since: datetime) -> int:
    """How many invitations the firm has made since a time, whatever became of them."""
    made = (Invitation.firm_id == firm_id, Invitation.created_at > since)
    return session.scalar(select(func.count()).select_from(Invitation).where(*made)) or 0


def is_open(now: datetime) -> ColumnElement[bool]:
    """Whether an invitation may still be accepted."""
    return and_(
        Invitation.accepted_at.is_(None), Invitation.revoked_at.is_(None), Invitation.expires_at > now
    )


def invitation_by_token(
    session: Session, token_hash: bytes, *, now: datetime, lock: bool = False
) -> Invitation | None:
    """The open invitation with this hash; with `lock` two who accept at once are taken one after the other."""
    statement = select(Invitation).where(Invitation.token_hash == token_hash, is_open(now))
    return session.scalar(statement.with_for_update() if lock else statement)


def invitation_of(session: Session, firm_id: UUID, invitation_id: UUID) -> Invitation | None:
    """One invitation of the firm, whatever became of it, locked."""
    return session.scalar(
        select(Invitation)
        .where(Invitation.id == invitation_id, Invitation.firm_id == firm_id)
        .with_for_update()
    )


def firm_tokens(session: Session, firm_id: UUID, *, made_by: UUID | None = None) -> Sequence[TokenRow]:
    """The newest `PAGE` tokens of the firm as `(token, maker's name, whether the maker is active)`, working ones first.

    With `made_by` only those of one maker that were not revoked.
    """
    statement = (
        select(ApiToken, Person.name, Person.active)
        .outerjoin(Person, Person.id == ApiToken.person_id)
        .where(ApiToken.firm_id == firm_id, ApiToken.holder == "firm")
    )
    if made_by:
        statement = statement.where(ApiToken.person_id == made_by, ApiToken.revoked_at.is_(None))
    newest = statement.order_by(ApiToken.revoked_at.is_not(None), ApiToken.id.desc())
    return session.execute(newest.limit(PAGE)).all()


def firm_token(session: Session, firm_id: UUID, token_id: UUID) -> ApiToken | None:
    """One token of the firm, locked."""
    return session.scalar(
        select(ApiToken)
        .where(ApiToken.id == token_id, ApiToken.firm_id == firm_id, ApiToken.holder == "firm")
        .with_for_update()
    )


def working_firm_tokens(session: Session, firm_id: UUID, *, now: datetime) -> int:
    """How many tokens of the firm let a program in."""
    counted = select(func.count()).select_from(ApiToken).where(ApiToken.firm_id == firm_id)
    working = (ApiToken.holder == "firm", ApiToken.revoked_at.is_(None), ApiToken.expires_at > now)
    return session.scalar(counted.where(*working)) or 0


def deciders_of(session: Session, state: str | None, area: str | None) -> Sequence[Body]:
    """The bodies whose administrators decide about a firm of an area, the nearest first; none for one that is approved."""
    if state in {None, FirmState.APPROVED} or area is None:
        return []
    path = administrative_path(session, area)
    decides = (
        select(Person.id)
        .join(RoleGrant, RoleGrant.person_id == Person.id)
        .where(Person.body_id == Body.id, Person.active, RoleGrant.role == Role.ADMINISTRATOR)
        .exists()
    )
    found = session.scalars(select(Body).where(Body.area.in_(path), Body.merged_into.is_(None), decides))
    return sorted(found, key=lambda body: (path.index(body.area), body.code))
