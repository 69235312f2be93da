"""Tables of areas, bodies, firms, persons, roles, sessions and tokens."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, SmallInteger, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column, relationship
from sqlalchemy.types import Text

from accounts.permissions import Role
from foundation.base import AreaCode, Base, Id, Moment


class Area(Base):
    """A province, prefecture or county (GB/T 2260)."""

    __tablename__ = "area"
    __table_args__ = (
        CheckConstraint("code ~ '^[0-9]{6}$'", "code_digits"),
        CheckConstraint("level IN ('province', 'prefecture', 'county')", "level"),
    )

    code: Mapped[AreaCode] = mapped_column(primary_key=True)
    name: Mapped[str]
    name_en: Mapped[str | None]
    level: Mapped[str]
    parent: Mapped[AreaCode | None] = mapped_column(ForeignKey("area.code"), index=True)
    synthetic: Mapped[bool] = mapped_column(default=False)


class Body(Base):
    """An organisation that acts. Never rewritten: a merged body points to its successor."""

    __tablename__ = "body"
    __table_args__ = (
        CheckConstraint("(merged_into IS NULL) = (merged_on IS NULL)", "merged_together"),
        CheckConstraint("merged_into <> id", "not_merged_into_itself"),
        CheckConstraint("duty IN ('issuing', 'control_group', 'checkpoint', 'hotline', 'command')", "duty"),
        Index("ix_body_routing", "area", "sector", postgresql_where=text("duty = 'issuing'")),
    )

    id: Mapped[Id]
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    area: Mapped[AreaCode] = mapped_column(ForeignKey("area.code"))
    duty: Mapped[str]
    sector: Mapped[int | None] = mapped_column(SmallInteger)
    phone: Mapped[str]
    merged_into: Mapped[UUID | None] = mapped_column(ForeignKey("body.id"))
    merged_on: Mapped[date | None]
    synthetic: Mapped[bool] = mapped_column(default=False)


class Firm(Base):
    """A company that applies for passes, known by its 统一社会信用代码."""

    __tablename__ = "firm"
    __table_args__ = (CheckConstraint("state IN ('pending', 'approved', 'suspended')", "state"),)

    id: Mapped[Id]
    name: Mapped[str]
    credit_code: Mapped[str] = mapped_column(unique=True)
    area: Mapped[AreaCode] = mapped_column(ForeignKey("area.code"))
    phone: Mapped[str]
    state: Mapped[str]
    created_at: Mapped[Moment]
    demo: Mapped[bool] = mapped_column(default=False)


class Invitation(Base):
    """An address by which a person of a firm makes the own account; only its hash is kept."""

    __tablename__ = "invitation"
    __table_args__ = (
        CheckConstraint("octet_length(token_hash) = 32", "token_hash_length"),
        CheckConstraint("role IN ('applicant', 'firm_lead')", "role"),
        CheckConstraint("(accepted_by IS NULL) = (accepted_at IS NULL)", "accepted_together"),
        CheckConstraint("accepted_at IS NULL OR revoked_at IS NULL", "accepted_or_revoked"),
    )

    id: Mapped[Id]
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    firm_id: Mapped[UUID] = mapped_column(ForeignKey("firm.id"), index=True)
    name: Mapped[str]
    email: Mapped[str | None]
    role: Mapped[str]
    invited_by: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[Moment]
    expires_at: Mapped[Moment]
    accepted_at: Mapped[Moment | None]
    accepted_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    revoked_at: Mapped[Moment | None]


class Person(Base):
    """Anybody who logs in. Belongs to a body, to a firm, or to neither (an owner-driver)."""

    __tablename__ = "person"
    __table_args__ = (
        CheckConstraint("body_id IS NULL OR firm_id IS NULL", "one_employer"),
        CheckConstraint("login = lower(login) AND login <> ''", "login_lower"),
    )

    id: Mapped[Id]
    login: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    phone: Mapped[str]
    email: Mapped[str | None]
    identity_number: Mapped[str | None]
    area: Mapped[AreaCode | None] = mapped_column(ForeignKey("area.code"))
    password_hash: Mapped[str]
    body_id: Mapped[UUID | None] = mapped_column(ForeignKey("body.id"), index=True)
    firm_id: Mapped[UUID | None] = mapped_column(ForeignKey("firm.id"), index=True)
    checkpoint_code: Mapped[str | None]
    totp_secret: Mapped[str | None]
    totp_last_step: Mapped[int | None]
    totp_required: Mapped[bool] = mapped_column(default=False)
    active: Mapped[bool] = mapped_column(default=True)
    locale: Mapped[str] = mapped_column(default="zh")
    created_at: Mapped[Moment]
    demo: Mapped[bool] = mapped_column(default=False)

    body: Mapped[Body | None] = relationship()
    firm: Mapped[Firm | None] = relationship()
    grants: Mapped[list["RoleGrant"]] = relationship(
        back_populates="person", foreign_keys="RoleGrant.person_id"
    )


class RoleGrant(Base):
    """A role of a person. What it reaches follows from the person's body, area, firm or checkpoint."""

    __tablename__ = "role_grant"
    __table_args__ = (CheckConstraint(f"role IN ({', '.join(repr(str(r)) for r in Role)})", "role"),)

    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), primary_key=True)
    role: Mapped[str] = mapped_column(primary_key=True)
    granted_at: Mapped[Moment]
    granted_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))

    person: Mapped[Person] = relationship(back_populates="grants", foreign_keys=[person_id])


class LoginSession(Base):
    """A logged-in browser: listed, revocable, expiring. The cookie holds a token; here is its hash."""

    __tablename__ = "login_session"
    __table_args__ = (
        CheckConstraint("octet_length(token_hash) = 32", "token_hash_length"),
        CheckConstraint("expires_at > created_at", "expires_later"),
    )

    id: Mapped[Id]
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), index=True)
    device_name: Mapped[str]
    created_at: Mapped[Moment]
    last_seen_at: Mapped[Moment]
    expires_at: Mapped[Moment]
    revoked_at: Mapped[Moment | None]
    second_step_owed: Mapped[bool] = mapped_column(default=False)

    person: Mapped[Person] = relationship()


class LoginAttempt(Base):
    """A wrong or right login; lock-out counts these rows, so it survives a restart and holds for every process."""

    __tablename__ = "login_attempt"
    __table_args__ = (Index("ix_login_attempt_subject", "subject", "at"),)

    id: Mapped[Id]
    subject: Mapped[bytes] = mapped_column(
        LargeBinary, comment="SHA-256 of the login or of the client's address"
    )
    at: Mapped[Moment]
    succeeded: Mapped[bool]


class OneTimeCode(Base):
    """A code for one purpose, once (password reset). Only its hash is kept."""

    __tablename__ = "one_time_code"
    __table_args__ = (CheckConstraint("wrong_tries >= 0", "wrong_tries"),)

    id: Mapped[Id]
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), index=True)
    purpose: Mapped[str]
    code_hash: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[Moment]
    expires_at: Mapped[Moment]
    used_at: Mapped[Moment | None]
    wrong_tries: Mapped[int] = mapped_column(SmallInteger, default=0)


class ApiToken(Base):
    """A bearer token of a device, a firm or an exchange: hashed, scoped, revocable, with its last use."""

    __tablename__ = "api_token"
    __table_args__ = (
        CheckConstraint("octet_length(token_hash) = 32", "token_hash_length"),
        CheckConstraint("holder IN ('device', 'firm', 'exchange')", "holder"),
        CheckConstraint("holder <> 'firm' OR firm_id IS NOT NULL", "firm_token_has_firm"),
        CheckConstraint("holder <> 'device' OR checkpoint_code IS NOT NULL", "device_token_has_checkpoint"),
        CheckConstraint("device_code ~ '^[0-9A-HJKMNP-TV-Z]{4}$'", "device_code_crockford"),
        CheckConstraint("(report IS NULL) = (reported_at IS NULL)", "reported_together"),
        Index("ix_api_token_firm", "firm_id", postgresql_where=text("holder = 'firm'")),
    )

    id: Mapped[Id]
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    holder: Mapped[str]
    name: Mapped[str]
    scopes: Mapped[list[str]] = mapped_column(ARRAY(Text()))
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    firm_id: Mapped[UUID | None] = mapped_column(ForeignKey("firm.id"))
    checkpoint_code: Mapped[str | None]
    device_code: Mapped[str | None] = mapped_column(unique=True, comment="begins every slip of the device")
    report: Mapped[dict[str, Any] | None] = mapped_column(comment="what a device last said of itself")
    reported_at: Mapped[Moment | None]
    created_at: Mapped[Moment]
    expires_at: Mapped[Moment]
    revoked_at: Mapped[Moment | None]
    last_used_at: Mapped[Moment | None]


class Enrolment(Base):
    """A one-time code by which a phone becomes a device of a checkpoint; only its hash is kept."""

    __tablename__ = "enrolment"
    __table_args__ = (
        CheckConstraint("octet_length(code_hash) = 32", "code_hash_length"),
        CheckConstraint("(used_at IS NULL) = (token_id IS NULL)", "used_together"),
        CheckConstraint("expires_at > created_at", "expires_later"),
    )

    id: Mapped[Id]
    code_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    name: Mapped[str]
    checkpoint_code: Mapped[str]
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[Moment]
    expires_at: Mapped[Moment]
    used_at: Mapped[Moment | None]
    token_id: Mapped[UUID | None] = mapped_column(ForeignKey("api_token.id"))
