"""Tables of keys, trust lists and the status list: what scanners are told."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from foundation.base import AreaCode, Base, Id, Moment, PassNumber


class SigningKey(Base):
    """The public part of a key that signs passes of one area; the private part is a file."""

    __tablename__ = "signing_key"
    __table_args__ = (
        CheckConstraint("key BETWEEN 0 AND 255", "key_fits_credential"),
        CheckConstraint("state IN ('next', 'signing', 'old', 'bad')", "state"),
        # Each area always has exactly one key that signs and one announced to follow it.
        Index("uq_signing_key_signing", "area", unique=True, postgresql_where=text("state = 'signing'")),
        Index("uq_signing_key_next", "area", unique=True, postgresql_where=text("state = 'next'")),
    )

    area: Mapped[AreaCode] = mapped_column(primary_key=True)
    key: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    jwk: Mapped[dict[str, Any]]
    state: Mapped[str]
    announced_at: Mapped[Moment]
    signs_from: Mapped[Moment | None]
    retired_at: Mapped[Moment | None]


class ListKey(Base):
    """The public part of a key that signs lists: a root (trust list) or a status key."""

    __tablename__ = "list_key"
    __table_args__ = (
        CheckConstraint("purpose IN ('root', 'spare_root', 'status')", "purpose"),
        Index("uq_list_key_purpose", "purpose", unique=True, postgresql_where=text("retired_at IS NULL")),
    )

    kid: Mapped[str] = mapped_column(primary_key=True)
    purpose: Mapped[str]
    jwk: Mapped[dict[str, Any]]
    announced_at: Mapped[Moment]
    retired_at: Mapped[Moment | None]


class TrustList(Base):
    """A signed trust list; the newest is served."""

    __tablename__ = "trust_list"

    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    issued_at: Mapped[Moment]
    content_hash: Mapped[str]
    jws: Mapped[str]


class ImportedTrust(Base):
    """Another province's trust list, imported by an administrator 全国互认."""

    __tablename__ = "imported_trust"

    root_kid: Mapped[str] = mapped_column(primary_key=True)
    seq: Mapped[int]
    payload: Mapped[dict[str, Any]]
    imported_at: Mapped[Moment]


class StatusChange(Base):
    """A change of a pass that scanners must learn. Written unnumbered; the publisher numbers what has committed."""

    __tablename__ = "status_change"
    __table_args__ = (
        CheckConstraint("code BETWEEN 0 AND 5", "code"),
        Index("uq_status_change_seq", "seq", unique=True),
        Index("ix_status_change_unnumbered", "id", postgresql_where=text("seq IS NULL")),
    )

    id: Mapped[Id]
    number: Mapped[PassNumber]
    code: Mapped[int] = mapped_column(SmallInteger)
    revision: Mapped[int] = mapped_column(SmallInteger)
    step: Mapped[int]
    ends_at: Mapped[Moment]
    changed_at: Mapped[Moment]
    seq: Mapped[int | None] = mapped_column(BigInteger)


class StatusEntry(Base):
    """The state of a serial as of the published head; only the publisher writes it."""

    __tablename__ = "status_entry"

    area: Mapped[AreaCode] = mapped_column(primary_key=True)
    serial: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    code: Mapped[int] = mapped_column(SmallInteger)
    revision: Mapped[int] = mapped_column(SmallInteger)
    step: Mapped[int]
    ends_at: Mapped[datetime]


class StatusHead(Base):
    """One row: the number of the last published change, and when the publisher last ran."""

    __tablename__ = "status_head"
    __table_args__ = (CheckConstraint("id = 1", "one_row"),)

    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    seq: Mapped[int] = mapped_column(BigInteger)
    published_at: Mapped[Moment]


class PassWatch(Base):
    """A pass that was seen where it cannot be: `seen_elsewhere` at every checkpoint until the watch is over."""

    __tablename__ = "pass_watch"
    __table_args__ = (
        CheckConstraint("until > since", "ends_later"),
        Index("ix_pass_watch_until", "until"),
    )

    number: Mapped[PassNumber] = mapped_column(ForeignKey("pass_number.number"), primary_key=True)
    reason: Mapped[str]
    since: Mapped[Moment]
    until: Mapped[Moment]
