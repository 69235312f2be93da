"""Reads of the room: who stands behind a cookie or a token, persons, bodies, firms, and their lists."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, and_, bindparam, false, func, or_, select, true
from sqlalchemy.orm import Session, selectinload

from accounts.models import ApiToken, Body, Firm, LoginAttempt, LoginSession, OneTimeCode, Person, RoleGrant
from accounts.permissions import Actor, ActorKind, area_prefix
from accounts.rules import SESSION_IDLE, FirmState
from foundation.base import table_of

PAGE = 50
"""Rows of one page of a list."""
HOME_AREA = func.coalesce(Body.area, Firm.area, Person.area)
"""Where a person belongs: the area of the body, of the firm, or the person's own."""


@dataclass(frozen=True)
class PersonHere:
    """The logged-in person as every page needs it. Plain values, so a page about a lost database can use them."""

    id: UUID
    login: str
    name: str
    phone: str
    email: str | None
    identity_number: str | None
    locale: str
    area: str | None
    body_id: UUID | None
    body_name: str | None
    firm_id: UUID | None
    firm_name: str | None
    firm_state: str | None
    checkpoint_code: str | None
    has_totp: bool
    totp_required: bool


@dataclass(frozen=True)
class SessionHere:
    """The session of this request."""

    id: UUID
    created_at: datetime
    last_seen_at: datetime
    second_step_owed: bool


@dataclass(frozen=True)
class Known:
    """All that one query tells about a cookie."""

    session: SessionHere
    person: PersonHere
    roles: tuple[str, ...]
    body_area: str | None


def known_by_token(session: Session, token_hash: bytes, *, now: datetime) -> Known | None:
    """Session, person, employer and roles behind a cookie, in one query; None for an unknown or ended session."""
    given = {"hash": token_hash, "present": now, "seen_after": now - SESSION_IDLE}
    row = session.execute(_everything_of_a_session(), given).first()
    return _known(row) if row else None


@cache
def _everything_of_a_session() -> Select[*tuple[Any, ...]]:
    """Asked for by every page, so it is built once."""
    roles = select(func.array_agg(RoleGrant.role)).where(RoleGrant.person_id == Person.id).scalar_subquery()
    return (
        select(
            LoginSession.id.label("session_id"),
            LoginSession.created_at,
            LoginSession.last_seen_at,
            # Who must have a second step and has none yet owes it, even in a session from before it was asked for.
            or_(
                LoginSession.second_step_owed, and_(Person.totp_required, Person.totp_secret.is_(None))
            ).label("second_step_owed"),
            *(getattr(Person, name) for name in _OWN),
            Person.totp_secret.is_not(None).label("has_totp"),
            HOME_AREA.label("area"),
            Body.name.label("body_name"),
            Body.area.label("body_area"),
            Firm.name.label("firm_name"),
            Firm.state.label("firm_state"),
            roles.label("roles"),
        )
        .join(Person, Person.id == LoginSession.person_id)
        .outerjoin(Body, Body.id == Person.body_id)
        .outerjoin(Firm, Firm.id == Person.firm_id)
        .where(
            LoginSession.token_hash == bindparam("hash"),
            LoginSession.revoked_at.is_(None),
            LoginSession.expires_at > bindparam("present"),
            LoginSession.last_seen_at > bindparam("seen_after"),
            Person.active,
        )
    )


_OWN = (
    "id",
    "login",
    "name",
    "phone",
    "email",
    "identity_number",
    "locale",
    "body_id",
    "firm_id",
    "checkpoint_code",
    "totp_required",
)


def _known(row: Row[Any]) -> Known:
    employer = {name: getattr(row, name) for name in ("area", "body_name", "firm_name", "firm_state")}
    person = PersonHere(**{name: getattr(row, name) for name in _OWN}, **employer, has_totp=row.has_totp)
    here = SessionHere(row.session_id, row.created_at, row.last_seen_at, row.second_step_owed)
    return Known(here, person, tuple(row.roles or ()), row.body_area)


@dataclass(frozen=True)
class TokenHere:
    """The bearer token of a request."""

    id: UUID
    holder: str
    scopes: list[str]
    firm_id: UUID | None
    checkpoint_code: str | None
    last_used_at: datetime | None
    expires_at: datetime
    revoked_at: datetime | None
    firm_state: str | None


def token_holder(session: Session, token_hash: bytes) -> TokenHere | None:
    """The bearer token with this hash, also when it has ended, and the state of its firm; one query."""
    row = session.execute(_token(), {"hash": token_hash}).one_or_none()
    return TokenHere(*row) if row else None


@cache
def _token() -> Select[*tuple[Any, ...]]:
    """Asked for by every request of a program, so it is built once, and on tables, which run in half the time."""
    token, firm = table_of(ApiToken), table_of(Firm)
    return (
        select(*(token.c[name] for name in _OF_A_TOKEN), firm.c.state.label("firm_state"))
        .select_from(token.outerjoin(firm, firm.c.id == token.c.firm_id))
        .where(token.c.token_hash == bindparam("hash"))
    )


_OF_A_TOKEN = tuple(field.name for field in fields(TokenHere) if field.name != "firm_state")


def wrong_tries(session: Session, subject: bytes, *, since: datetime, limit: int) -> Sequence[datetime]:
    """Times of the newest wrong tries of a subject since its last right one, newest first."""
    last_right = (
        select(func.max(LoginAttempt.at))
        .where(LoginAttempt.subject == subject, LoginAttempt.succeeded)
        .scalar_subquery()
    )
    return session.scalars(
        select(LoginAttempt.at)
        .where(
            LoginAttempt.subject == subject,
            ~LoginAttempt.succeeded,
            LoginAttempt.at > func.greatest(since, last_right),
        )
        .order_by(LoginAttempt.at.desc())
        .limit(limit)
    ).all()


def person_by_login(session: Session, login: str) -> Person | None:
    """The person with this login (as `rules.normal_login` gives it), active or not."""
    return session.scalar(select(Person).where(Person.login == login))


def sessions_of(session: Session, person_id: UUID, *, now: datetime) -> Sequence[LoginSession]:
    """The sessions of a person that still let somebody in, last seen first."""
    return session.scalars(
        select(LoginSession)
        .where(
            LoginSession.person_id == person_id,
            LoginSession.revoked_at.is_(None),
            LoginSession.expires_at > now,
            LoginSession.last_seen_at > now - SESSION_IDLE,
        )
        .order_by(LoginSession.last_seen_at.desc())
    ).all()


def usable_codes(
    session: Session, person_id: UUID, purpose: str, *, since: datetime
) -> Sequence[OneTimeCode]:
    """Codes of a purpose made since a time, newest first, locked: two tries at once must both be counted."""
    return session.scalars(
        select(OneTimeCode)
        .where(
            OneTimeCode.person_id == person_id, OneTimeCode.purpose == purpose, OneTimeCode.created_at > since
        )
        .order_by(OneTimeCode.id.desc())
        .with_for_update()
    ).all()


def within(actor: Actor) -> ColumnElement[bool]:
    """What an administrator reaches of persons: those who belong to the area of the administrator's body."""
    if actor.kind in {ActorKind.COMMAND_LINE, ActorKind.SYSTEM}:
        return true()
    return HOME_AREA.startswith(area_prefix(actor.area)) if actor.area else false()


def persons(
    session: Session, actor: Actor, *, search: str | None = None, before: UUID | None = None
) -> Sequence[Person]:
    """A page of the persons an administrator reaches, newest first, one more than `PAGE` where there are more.

    `search` is a whole login, a whole telephone number, or the beginning of a name.
    """
    statement = _with_employer(select(Person)).where(within(actor))
    if search:
        by_name = Person.name.startswith(search, autoescape=True)
        statement = statement.where(or_(Person.login == search.lower(), Person.phone == search, by_name))
    if before:
        statement = statement.where(Person.id < before)
    return session.scalars(statement.order_by(Person.id.desc()).limit(PAGE + 1)).all()


def person_within(session: Session, actor: Actor, person_id: UUID, *, lock: bool = False) -> Person | None:
    """One person, if the administrator reaches that person."""
    statement = _with_employer(select(Person)).where(Person.id == person_id, within(actor))
    return session.scalar(statement.with_for_update(of=Person) if lock else statement)


def _with_employer(statement: Select[Person]) -> Select[Person]:
    return (
        statement.outerjoin(Body, Body.id == Person.body_id)
        .outerjoin(Firm, Firm.id == Person.firm_id)
        .options(selectinload(Person.grants), selectinload(Person.body), selectinload(Person.firm))
    )


def firms(
    session: Session,
    actor: Actor,
    *,
    state: str | None = None,
    search: str | None = None,
    before: UUID | None = None,
) -> Sequence[Firm]:
    """A page of the firms of the administrator's area, newest first, one more than `PAGE` where there are more."""
    statement = select(Firm).where(_firm_within(actor))
    if state:
        statement = statement.where(Firm.state == state)
    if search:
        by_name = Firm.name.startswith(search, autoescape=True)
        statement = statement.where(or_(Firm.credit_code == search.upper(), Firm.phone == search, by_name))
    if before:
        statement = statement.where(Firm.id < before)
    return session.scalars(statement.order_by(Firm.id.desc()).limit(PAGE + 1)).all()


def firm_within(session: Session, actor: Actor, firm_id: UUID, *, lock: bool = False) -> Firm | None:
    """One firm, if the administrator reaches it."""
    statement = select(Firm).where(Firm.id == firm_id, _firm_within(actor))
    return session.scalar(statement.with_for_update() if lock else statement)


def _firm_within(actor: Actor) -> ColumnElement[bool]:
    if actor.kind in {ActorKind.COMMAND_LINE, ActorKind.SYSTEM}:
        return true()
    return Firm.area.startswith(area_prefix(actor.area)) if actor.area else false()


def pending_firms(session: Session, actor: Actor) -> int:
    """How many firms wait for the administrator."""
    waiting = select(func.count()).select_from(Firm).where(_firm_within(actor))
    return session.scalar(waiting.where(Firm.state == FirmState.PENDING)) or 0


def bodies_within(session: Session, actor: Actor) -> Sequence[Body]:
    """The bodies an administrator may give persons to, from the whole area down."""
    if actor.area is None:
        return []
    return session.scalars(
        select(Body)
        .where(Body.area.startswith(area_prefix(actor.area)), Body.merged_into.is_(None))
        .order_by(Body.area, Body.code)
    ).all()


def devices_within(
    session: Session, actor: Actor, *, ended: bool, before: UUID | None = None, now: datetime
) -> Sequence[ApiToken]:
    """A page of devices, newest first, one more than `PAGE` where there are more: those whose token works or has ended.

    They are those of the party's checkpoint, and those made within the area of an administrator.
    """
    working = and_(ApiToken.revoked_at.is_(None), ApiToken.expires_at > now)
    statement = _tokens("device", actor).where(~working if ended else working)
    if before:
        statement = statement.where(ApiToken.id < before)
    return session.scalars(statement.order_by(ApiToken.id.desc()).limit(PAGE + 1)).all()


def token_within(session: Session, actor: Actor, token_id: UUID) -> ApiToken | None:
    """One token of a device, if the party reaches it."""
    one = _tokens("device", actor).where(ApiToken.id == token_id)
    return session.scalar(one.with_for_update(of=ApiToken))


def exchange_tokens_within(session: Session, actor: Actor) -> Sequence[ApiToken]:
    """Tokens of other systems made within the area of an administrator."""
    newest_first = _tokens("exchange", actor).order_by(ApiToken.revoked_at.is_not(None), ApiToken.id.desc())
    return session.scalars(newest_first.limit(PAGE * 4)).all()


def exchange_token_within(session: Session, actor: Actor, token_id: UUID) -> ApiToken | None:
    """One token of another system, if the administrator reaches it."""
    one = _tokens("exchange", actor).where(ApiToken.id == token_id)
    return session.scalar(one.with_for_update(of=ApiToken))


def _tokens(holder: str, actor: Actor) -> Select[ApiToken]:
    reached: list[ColumnElement[bool]] = []
    if actor.checkpoint_code:
        reached.append(ApiToken.checkpoint_code == actor.checkpoint_code)
    elif actor.area:
        # Officers of a checkpoint need not belong to a body; their own area tells where they are then.
        reached.append(func.coalesce(Body.area, Person.area).startswith(area_prefix(actor.area)))
        # Tokens made at the command line have no maker: they are the province's.
        reached.extend([ApiToken.person_id.is_(None)] if actor.area.endswith("0000") else [])
    return (
        select(ApiToken)
        .outerjoin(Person, Person.id == ApiToken.person_id)
        .outerjoin(Body, Body.id == Person.body_id)
        .where(ApiToken.holder == holder, or_(false(), *reached))
    )
